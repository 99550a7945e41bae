//! Tokenizers and chat templates as checkpoints carry them.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

use ascend_engine::checkpoint::{Checkpoint, GgufTokenizer, Stored, TokenType};
use ascend_engine::text::{Message, Tokenizer};
use ascend_engine::{Error, Result};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A checkpoint that holds a tokenizer and nothing else.
#[derive(Debug)]
struct OnlyTokenizer {
    path: PathBuf,
    config: Value,
    lists: Option<GgufTokenizer>,
}

impl Checkpoint for OnlyTokenizer {
    fn path(&self) -> &Path {
        &self.path
    }
    fn config(&self) -> &Value {
        &self.config
    }
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
    fn tensor(&self, _: &str) -> Result<Option<Stored<'_>>> {
        Ok(None)
    }
    fn tokenizer(&self) -> Result<Option<GgufTokenizer>> {
        Ok(self.lists.clone())
    }
}

fn of_lists(lists: &GgufTokenizer) -> Result<Tokenizer> {
    Tokenizer::of(&OnlyTokenizer { path: "model.gguf".into(), config: Value::Null, lists: Some(lists.clone()) })
}

fn of_folder(folder: &Path, config: Value) -> Result<Tokenizer> {
    Tokenizer::of(&OnlyTokenizer { path: folder.into(), config, lists: None })
}

/// Bytes as byte-level tokenizers write them: `Ġ` is a space, `Ã` and `©` are the bytes of `é`.
fn byte_level(pre: &str) -> GgufTokenizer {
    let mut lists = GgufTokenizer::default();
    lists.model = "gpt2".into();
    lists.pre = Some(pre.into());
    lists.tokens =
        ["a", "b", "c", "Ġ", "ab", "abc", "Ġa", "1", "2", "12", "Ã", "©", "<|im_end|>", "cc", "<|im_start|>"].map(String::from).into();
    lists.token_types = vec![TokenType::Normal; lists.tokens.len()];
    for mark in [12, 14] {
        lists.token_types[mark] = TokenType::Control;
    }
    lists.merges = [("a", "b"), ("ab", "c"), ("Ġ", "a"), ("1", "2")].map(|(l, r)| (l.into(), r.into())).into();
    lists
}

/// `▁` stands for a space; what has no token is spelled in bytes.
fn sentence_piece() -> GgufTokenizer {
    let mut lists = GgufTokenizer::default();
    let tokens = [
        ("<unk>", 0., TokenType::Unknown),
        ("<s>", 0., TokenType::Control),
        ("</s>", 0., TokenType::Control),
        ("<0xC3>", 0., TokenType::Byte),
        ("<0xA9>", 0., TokenType::Byte),
        ("▁", -1., TokenType::Normal),
        ("a", -2., TokenType::Normal),
        ("b", -3., TokenType::Normal),
        ("ab", -5., TokenType::Normal),
        ("▁a", -4., TokenType::Normal),
        ("▁ab", -6., TokenType::Normal),
    ];
    lists.model = "llama".into();
    lists.tokens = tokens.iter().map(|t| t.0.into()).collect();
    lists.scores = tokens.iter().map(|t| t.1).collect();
    lists.token_types = tokens.iter().map(|t| t.2).collect();
    (lists.unknown, lists.bos, lists.eos) = (Some(0), Some(1), Some(2));
    lists
}

#[test]
fn byte_level_merges_in_order_and_takes_marks_whole() {
    let tokenizer = of_lists(&byte_level("gpt-2")).unwrap();
    assert_eq!(tokenizer.encode("abc a<|im_end|>ba12").unwrap(), [5, 6, 12, 1, 0, 9]);
    assert_eq!(tokenizer.decode(&[5, 6, 12, 10, 11]).unwrap(), "abc aé");
    // Known by its name, though the file names no end mark.
    assert_eq!(tokenizer.stop_tokens(), [12]);
    assert_eq!(tokenizer.vocab(), 15);
}

#[test]
fn marks_between_the_messages_of_an_answer_do_not_end_it() {
    let with = |marks: &[&str]| {
        let mut lists = byte_level("gpt-4o");
        lists.tokens.extend(marks.iter().map(|mark| String::from(*mark)));
        lists.token_types.resize(lists.tokens.len(), TokenType::Control);
        of_lists(&lists).unwrap().stop_tokens().to_vec()
    };
    // A Phi ends its answer with `<|end|>`; a GPT-OSS ends its thoughts with it.
    assert_eq!(with(&["<|end|>"]), [12, 15]);
    assert_eq!(with(&["<|end|>", "<|return|>", "<|call|>"]), [12, 16, 17]);
}

#[test]
fn pre_tokenizers_split_as_their_models_do() {
    // Digits alone.
    assert_eq!(of_lists(&byte_level("smollm")).unwrap().encode("12a").unwrap(), [7, 8, 0]);
    // Whole words without merges; the mark at the beginning that such models expect.
    let mut lists = byte_level("llama-bpe");
    lists.bos = Some(14);
    assert_eq!(of_lists(&lists).unwrap().encode("cc").unwrap(), [14, 13]);
    assert_eq!(of_lists(&byte_level("gpt-2")).unwrap().encode("cc").unwrap(), [2, 2]);
    // Letters, marks and digits apart, so no merge leads over their borders; a space stays with the letters behind it.
    let mut lists = byte_level("deepseek-llm");
    lists.tokens[13] = "a!".into();
    lists.tokens.push("!".into());
    lists.token_types.push(TokenType::Normal);
    lists.merges.insert(0, ("a".into(), "!".into()));
    assert_eq!(of_lists(&lists).unwrap().encode("a!b a12").unwrap(), [0, 15, 1, 6, 9]);
    for pre in ["qwen2", "deepseek-llm", "deepseek-v3", "gpt-4o", "llama3", "default"] {
        assert_eq!(of_lists(&byte_level(pre)).unwrap().encode("abc a").unwrap(), [5, 6], "{pre}");
    }
    // Composed first: the vocabulary has no mark of its own for the accent.
    assert_eq!(of_lists(&byte_level("qwen2")).unwrap().encode("e\u{301}").unwrap(), [10, 11]);
}

#[test]
fn sentence_piece_merges_by_score_and_falls_back_to_bytes() {
    let tokenizer = of_lists(&sentence_piece()).unwrap();
    // `▁a` (-4) goes before `ab` (-5), then `▁a` + `b` is `▁ab`.
    assert_eq!(tokenizer.encode("ab").unwrap(), [1, 10]);
    assert_eq!(tokenizer.encode("bab").unwrap(), [1, 5, 7, 8]);
    assert_eq!(tokenizer.encode("é").unwrap(), [1, 5, 3, 4]);
    assert_eq!(tokenizer.decode(&[1, 10, 10, 3, 4]).unwrap(), "ab abé");
    let mut lists = sentence_piece();
    (lists.add_bos, lists.add_eos, lists.add_space_prefix) = (Some(false), Some(true), Some(false));
    assert_eq!(of_lists(&lists).unwrap().encode("ab").unwrap(), [8, 2]);
}

#[test]
fn text_streams_by_whole_characters_up_to_a_stop_text() {
    let tokenizer = of_lists(&byte_level("gpt-2")).unwrap();
    let mut stream = tokenizer.stream(&["c a".into()]);
    let pieces: Vec<String> = [10, 11, 0, 12, 2, 3, 2, 2, 6, 1].map(|token| stream.push(token).unwrap()).into();
    assert_eq!(pieces, ["", "é", "a", "", "", "", "c ", "c", "", ""]);
    assert!(stream.stopped());
    assert_eq!(stream.finish().unwrap(), "");
}

#[test]
fn text_that_never_becomes_whole_comes_out_in_the_end() {
    let tokenizer = of_lists(&byte_level("gpt-2")).unwrap();
    let mut stream = tokenizer.stream(&["xyz".into()]);
    assert_eq!((stream.push(0).unwrap(), stream.push(10).unwrap()), ("a".into(), String::new()));
    assert_eq!(stream.finish().unwrap(), "\u{fffd}");
    // Pieces add up to the whole, for SentencePiece's leading space too.
    let tokenizer = of_lists(&sentence_piece()).unwrap();
    let tokens = [10, 5, 10, 3, 4, 3, 4, 6, 3, 4, 7, 10];
    let mut stream = tokenizer.stream(&[]);
    let mut text: String = tokens.map(|token| stream.push(token).unwrap()).concat();
    text += &stream.finish().unwrap();
    assert_eq!(text, tokenizer.decode(&tokens).unwrap());
    assert_eq!(text, "ab  abééaéb ab");
}

#[test]
fn chat_templates_come_with_the_tokenizer() {
    let mut lists = byte_level("gpt-2");
    lists.chat_template = Some("{% for m in messages %}{{ m.content }}{% endfor %}<|im_end|>".into());
    assert_eq!(of_lists(&lists).unwrap().encode_chat(&[Message::system("ab"), Message::user("c")]).unwrap(), [5, 12]);
    let without = of_lists(&byte_level("gpt-2")).unwrap().encode_chat(&[Message::user("a")]);
    assert!(matches!(&without, Err(Error::Request { found, .. }) if found.contains("no chat template")), "{without:?}");
}

#[track_caller]
fn assert_refused(change: impl Fn(&mut GgufTokenizer), part: &str) {
    for mut lists in [byte_level("gpt-2"), sentence_piece()] {
        change(&mut lists);
        // What concerns one kind may be nothing or something else to the other.
        let message = of_lists(&lists).err().map(|e| e.to_string()).unwrap_or_default();
        if message.contains("model.gguf") && message.contains(part) {
            return;
        }
    }
    panic!("`{part}` was expected");
}

#[test]
fn broken_lists_are_refused_by_name() {
    assert_refused(|lists| lists.tokens[1] = lists.tokens[0].clone(), "1 and 0 are both");
    assert_refused(|lists| lists.merges.push((String::new(), "a".into())), "merge 4 has an empty part");
    assert_refused(|lists| lists.merges.push(("a".into(), "nowhere".into())), "nowhere");
    assert_refused(|lists| lists.merges.push(("c".into(), "b".into())), "cb");
    assert_refused(|lists| lists.pre = Some("klingon".into()), "pre-tokenizer `klingon`");
    assert_refused(|lists| lists.model = "bert".into(), "tokenizer `bert`");
    assert_refused(|lists| lists.scores.clear(), "tokenizer.ggml.scores");
    assert_refused(|lists| lists.tokens[9] = "x".repeat(5000), "token 9 has 5000 bytes");
    assert_refused(|lists| lists.eos = Some(4000), "token 4000 ends an answer");
    assert_refused(|lists| lists.chat_template = Some("{% if %}".into()), "chat template");
    let nothing = OnlyTokenizer { path: "model.gguf".into(), config: Value::Null, lists: None };
    assert!(Tokenizer::of(&nothing).unwrap_err().to_string().contains("holds no tokenizer"));
}

/// A folder with a `tokenizer.json` of the letters a to d.
fn hf_folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    let json = json!({
        "version": "1.0",
        "added_tokens": [{"id": 3, "content": "d", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true}],
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "d": 3}, "merges": []},
        "decoder": {"type": "Fuse"},
    });
    fs::write(folder.path().join("tokenizer.json"), json.to_string()).unwrap();
    folder
}

fn put(folder: &TempDir, name: &str, text: &str) {
    fs::write(folder.path().join(name), text).unwrap();
}

#[test]
fn hugging_face_folders_tell_end_marks_and_template() {
    let folder = hf_folder();
    let open = |config: Value| of_folder(folder.path(), config).unwrap();
    assert_eq!(open(json!({"eos_token_id": 3})).stop_tokens(), [3]);
    put(&folder, "generation_config.json", r#"{"eos_token_id": [1, 3]}"#);
    assert_eq!(open(json!({"eos_token_id": 2})).stop_tokens(), [1, 3]);
    assert_eq!(open(Value::Null).encode("abd").unwrap(), [0, 1, 3]);
    assert_eq!(open(Value::Null).decode(&[0, 3, 2]).unwrap(), "ac");

    let chat = |tokenizer: Tokenizer| tokenizer.encode_chat(&[Message::user("a")]).unwrap();
    put(
        &folder,
        "tokenizer_config.json",
        r#"{"chat_template": "{{ messages[0].content }}{{ eos_token }}", "eos_token": {"content": "d"}}"#,
    );
    assert_eq!(chat(open(Value::Null)), [0, 3]);
    let named =
        r#"{"chat_template": [{"name": "rag", "template": "c"}, {"name": "default", "template": "b{{ bos_token }}"}], "bos_token": "d"}"#;
    put(&folder, "tokenizer_config.json", named);
    assert_eq!(chat(open(Value::Null)), [1, 3]);
    put(&folder, "chat_template.jinja", "cc");
    assert_eq!(chat(open(Value::Null)), [2, 2]);
}

#[test]
fn prompts_are_neither_cut_nor_filled_up() {
    let folder = hf_folder();
    let path = folder.path().join("tokenizer.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    json["truncation"] = json!({"max_length": 2, "strategy": "LongestFirst", "stride": 0, "direction": "Right"});
    json["padding"] = json!({"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 3, "pad_type_id": 0, "pad_token": "d"});
    fs::write(&path, json.to_string()).unwrap();
    assert_eq!(of_folder(folder.path(), Value::Null).unwrap().encode("abcab").unwrap(), [0, 1, 2, 0, 1]);
}

#[test]
fn begin_mark_that_only_the_companion_asks_for_comes_once() {
    let folder = hf_folder();
    let encoded = |companion: &str| {
        put(&folder, "tokenizer_config.json", companion);
        of_folder(folder.path(), Value::Null).unwrap().encode("ab").unwrap()
    };
    let asked = r#"{"tokenizer_class": "LlamaTokenizerFast", "add_bos_token": true, "bos_token": {"content": "d"}}"#;
    assert_eq!(encoded(asked), [3, 0, 1]);
    assert_eq!(encoded(&asked.replace("true", "false")), [0, 1]);
    assert_eq!(encoded(&asked.replace("LlamaTokenizerFast", "PreTrainedTokenizerFast")), [0, 1], "which takes tokenizer.json at its word");
    let path = folder.path().join("tokenizer.json");
    let mut json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mark = json!({"SpecialToken": {"id": "d", "type_id": 0}});
    json["post_processor"] = json!({
        "type": "TemplateProcessing",
        "single": [mark, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [mark, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {"d": {"id": "d", "ids": [3], "tokens": ["d"]}},
    });
    fs::write(&path, json.to_string()).unwrap();
    assert_eq!(encoded(asked), [3, 0, 1]);
    put(&folder, "tokenizer_config.json", &asked.replace(r#""content": "d""#, r#""content": "x""#));
    assert!(of_folder(folder.path(), Value::Null).unwrap_err().to_string().contains("begins each text"));
}

#[test]
fn broken_folders_are_refused_with_the_file() {
    let refused = |folder: &TempDir| of_folder(folder.path(), Value::Null).unwrap_err().to_string();
    let folder = TempDir::new().unwrap();
    assert!(refused(&folder).contains("tokenizer.json"));
    for broken in ["", "[]", "{", r#"{"model": {"type": "BPE"}}"#, r#"{"model": {"type": "Nothing", "vocab": {}, "merges": []}}"#] {
        put(&folder, "tokenizer.json", broken);
        assert!(refused(&folder).contains("tokenizer.json"), "{broken}");
    }
    // A prefix longer than what is merged: the library that reads it panics.
    let merges = json!([["a", "b"]]);
    let panics =
        json!({"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": merges, "continuing_subword_prefix": "####"}});
    put(&folder, "tokenizer.json", &panics.to_string());
    assert!(refused(&folder).contains("tokenizer.json"));

    let folder = hf_folder();
    for ids in ["-1", "\"2\"", "[1, null]", "9999999999999", "7"] {
        put(&folder, "generation_config.json", &format!(r#"{{"eos_token_id": {ids}}}"#));
        assert!(of_folder(folder.path(), Value::Null).is_err(), "{ids}");
    }
    put(&folder, "generation_config.json", "{}");
    put(&folder, "tokenizer_config.json", r#"{"chat_template": 3}"#);
    assert!(refused(&folder).contains("tokenizer_config.json"));
}
