//! The tokenizer of a GGUF file, in the terms of a Hugging Face `tokenizer.json`: from there on there is one kind of tokenizer.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::tokenizer::{Description, broken};
use crate::checkpoint::{GgufTokenizer, TokenType};
use crate::{Error, Result};

/// How `gpt2` tokenizers split a text before they merge bytes, by the name of the pre-tokenizer. Source: the `tokenizer.json` files of the models.
const SPLITS: &[(&[&str], &[&str])] = &[
    (&["default", "gpt-2"], &[GPT2]),
    (&["smollm"], &[r"\p{N}", GPT2]),
    (
        &["llama-bpe", "llama3", "llama-v3"],
        &[r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    ),
    (
        &["qwen2", "deepseek-r1-qwen"],
        &[r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    ),
    (
        &["deepseek-v3"],
        &[
            r"\p{N}{1,3}",
            r"[一-龥぀-ゟ゠-ヿ]+",
            r##"[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"##,
        ],
    ),
    (
        &["deepseek-llm"],
        &[
            r"[\r\n]",
            // Letters that have a case, but for those of formulas.
            r"\s?[[\p{Lu}\p{Ll}\p{Lt}]--[\x{1D400}-\x{1D7CB}]]+",
            r"\s?[!-/:-~！-／：-～‘-‟　-。]+",
            r"\s+$",
            r"[一-龥ࠀ-一가-퟿]+",
            r"\p{N}+",
        ],
    ),
    (
        &["gpt-4o"],
        &[
            r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        ],
    ),
];

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

/// Pre-tokenizers of models whose vocabulary has whole words that no merge leads to, and that begin each text with a mark.
const WHOLE_WORDS: &[&str] = &["llama-bpe", "llama3", "llama-v3"];

/// Pre-tokenizers of models whose texts are composed first (Unicode's NFC).
const COMPOSED: &[&str] = &["qwen2", "deepseek-r1-qwen"];

/// Marks that end an answer, under the names that models give them: files often name only one of several.
const END_MARKS: &[&str] = &[
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_turn>",
    "<｜end▁of▁sentence｜>",
    "</s>",
];

/// Longest token of a SentencePiece vocabulary: the merges that lead to it are searched for.
const MAX_PIECE_BYTES: usize = 1024;

pub(super) fn describe(path: &Path, lists: &GgufTokenizer) -> Result<Description> {
    let vocab = vocab(path, lists)?;
    let text = |id: Option<u32>| id.and_then(|id| lists.tokens.get(id as usize)).cloned();
    let parts = match lists.model.as_str() {
        "gpt2" => byte_level(path, lists)?,
        "llama" => sentence_piece(path, lists, &vocab)?,
        other => return Err(unsupported(path, "tokenizer", other, "gpt2, llama")),
    };
    let bos = text(lists.bos).filter(|_| lists.add_bos.unwrap_or(parts.begins_with_mark));
    let eos = text(lists.eos).filter(|_| lists.add_eos.unwrap_or(false));
    let Parts { mut model, normalizer, pre_tokenizer, decoder, .. } = parts;
    model.insert("vocab".into(), Value::Object(vocab.into_iter().map(|(token, id)| (token.to_owned(), id.into())).collect()));
    let json = json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added_tokens(lists),
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": marks_around(lists, bos.as_deref(), eos.as_deref()),
        "decoder": decoder,
        "model": model,
    });
    Ok(Description {
        path: path.to_owned(),
        json: serde_json::to_vec(&json).map_err(|e| broken(path, e.to_string()))?,
        stop_tokens: stop_tokens(lists),
        chat_template: lists.chat_template.clone(),
        begins_with: None,
        bos: text(lists.bos),
        eos: text(lists.eos),
    })
}

/// What differs between the kinds of tokenizers.
struct Parts {
    model: Map<String, Value>,
    normalizer: Value,
    pre_tokenizer: Value,
    decoder: Value,
    begins_with_mark: bool,
}

/// Tokens by their text.
fn vocab<'a>(path: &Path, lists: &'a GgufTokenizer) -> Result<HashMap<&'a str, u32>> {
    let mut vocab = HashMap::with_capacity(lists.tokens.len());
    for (id, token) in (0..).zip(&lists.tokens) {
        if let Some(other) = vocab.insert(token.as_str(), id) {
            return Err(broken(path, format!("metadata `tokenizer.ggml.tokens`: {id} and {other} are both {token:?}")));
        }
    }
    Ok(vocab)
}

/// Merges of pairs of bytes, the first in the list first.
fn byte_level(path: &Path, lists: &GgufTokenizer) -> Result<Parts> {
    let pre = lists.pre.as_deref().unwrap_or("default");
    let known = || SPLITS.iter().flat_map(|(names, _)| *names).copied().collect::<Vec<_>>().join(", ");
    let (_, splits) =
        SPLITS.iter().find(|(names, _)| names.contains(&pre)).ok_or_else(|| unsupported(path, "pre-tokenizer", pre, &known()))?;
    // Nothing is no token: a merge with it would change a text into itself.
    if let Some(i) = lists.merges.iter().position(|(left, right)| left.is_empty() || right.is_empty()) {
        return Err(broken(path, format!("metadata `tokenizer.ggml.merges`: merge {i} has an empty part")));
    }
    let mut steps: Vec<Value> =
        splits.iter().map(|regex| json!({"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated", "invert": false})).collect();
    let bytes = json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false});
    steps.push(bytes.clone());
    let whole_words = WHOLE_WORDS.contains(&pre);
    let model = json!({"type": "BPE", "ignore_merges": whole_words, "merges": lists.merges});
    Ok(Parts {
        model: object(model),
        normalizer: if COMPOSED.contains(&pre) { json!({"type": "NFC"}) } else { Value::Null },
        pre_tokenizer: json!({"type": "Sequence", "pretokenizers": steps}),
        decoder: bytes,
        begins_with_mark: whole_words,
    })
}

/// Merges of characters; the best score goes first. What has no token is spelled in bytes.
fn sentence_piece(path: &Path, lists: &GgufTokenizer, vocab: &HashMap<&str, u32>) -> Result<Parts> {
    if lists.scores.is_empty() {
        return Err(broken(path, "metadata `tokenizer.ggml.scores` is missing; a `llama` tokenizer merges by them"));
    }
    let pieces = lists.tokens.iter().zip(&lists.scores).enumerate().filter(|(id, _)| kind(lists, *id) == TokenType::Normal);
    let mut merges = Vec::new();
    for (id, (piece, &score)) in pieces {
        if piece.len() > MAX_PIECE_BYTES {
            return Err(broken(path, format!("token {id} has {} bytes; up to {MAX_PIECE_BYTES} are supported", piece.len())));
        }
        let first = merges.len();
        for (cut, _) in piece.char_indices().skip(1) {
            let (left, right) = piece.split_at(cut);
            if let (Some(l), Some(r)) = (vocab.get(left), vocab.get(right)) {
                merges.push((score, left, right, (*l, *r)));
            }
        }
        merges.get_mut(first..).unwrap_or_default().sort_unstable_by_key(|m| m.3);
    }
    // The order among equals is the one that the converters of SentencePiece models use: the longer first part, then the longer second.
    merges.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| (b.1.len(), b.2.len()).cmp(&(a.1.len(), a.2.len()))));
    let merges: Vec<[&str; 2]> = merges.iter().map(|m| [m.1, m.2]).collect();

    let space = |content: &str| json!({"type": "Replace", "pattern": {"String": " "}, "content": content});
    let prefix = lists.add_space_prefix.unwrap_or(true);
    let mut normalizers = vec![space("▁")];
    let mut decoders = vec![
        json!({"type": "Replace", "pattern": {"String": "▁"}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if prefix {
        normalizers.insert(0, json!({"type": "Prepend", "prepend": "▁"}));
        decoders.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    let unknown = lists.unknown.and_then(|id| lists.tokens.get(id as usize));
    let model = json!({"type": "BPE", "unk_token": unknown, "fuse_unk": true, "byte_fallback": true, "merges": merges});
    Ok(Parts {
        model: object(model),
        normalizer: json!({"type": "Sequence", "normalizers": normalizers}),
        pre_tokenizer: Value::Null,
        decoder: json!({"type": "Sequence", "decoders": decoders}),
        begins_with_mark: true,
    })
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn kind(lists: &GgufTokenizer, id: usize) -> TokenType {
    lists.token_types.get(id).copied().unwrap_or(TokenType::Normal)
}

/// Tokens that are matched as a whole before anything else happens to a text.
fn added_tokens(lists: &GgufTokenizer) -> Vec<Value> {
    let tokens = lists.tokens.iter().enumerate().filter_map(|(id, content)| {
        let special = match kind(lists, id) {
            TokenType::Control | TokenType::Unknown => true,
            TokenType::UserDefined => false,
            _ => return None,
        };
        Some(json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": special}))
    });
    tokens.filter(|token| token["content"] != "").collect()
}

/// The marks that are put around each text.
fn marks_around(lists: &GgufTokenizer, bos: Option<&str>, eos: Option<&str>) -> Value {
    let mark = |token: Option<&str>| token.map(|token| json!({"SpecialToken": {"id": token, "type_id": 0}}));
    let text = |id: &str| Some(json!({"Sequence": {"id": id, "type_id": 0}}));
    let around = |middle: Vec<Option<Value>>| [mark(bos)].into_iter().chain(middle).chain([mark(eos)]).flatten().collect::<Vec<_>>();
    let known = [(bos, lists.bos), (eos, lists.eos)].into_iter().filter_map(|(token, id)| {
        let (token, id) = (token?, id?);
        Some((token.to_owned(), json!({"id": token, "ids": [id], "tokens": [token]})))
    });
    json!({
        "type": "TemplateProcessing",
        "single": around(vec![text("A")]),
        "pair": around(vec![text("A"), text("B")]),
        "special_tokens": known.collect::<Map<_, _>>(),
    })
}

fn stop_tokens(lists: &GgufTokenizer) -> Vec<u32> {
    // An answer in the harmony format has several messages, each with `<|end|>` behind it.
    let has = |mark: &str| lists.tokens.iter().any(|token| token == mark);
    let harmony = has("<|return|>") && has("<|call|>");
    let named = (0..).zip(&lists.tokens).filter(|(id, token)| {
        kind(lists, *id as usize) == TokenType::Control && END_MARKS.contains(&token.as_str()) && !(harmony && *token == "<|end|>")
    });
    let mut tokens: Vec<u32> = lists.eos.into_iter().chain(lists.eot).chain(named.map(|(id, _)| id)).collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

fn unsupported(path: &Path, what: &'static str, found: &str, supported: &str) -> Error {
    Error::Unsupported { path: path.into(), what, found: found.into(), supported: supported.into() }
}
