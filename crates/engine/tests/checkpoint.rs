//! Checkpoints as files on disk: what is read from good ones, and that broken ones are refused by name.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use ascend_engine::Error;
use ascend_engine::checkpoint::{self, Checkpoint, Decoder, Encoding, GgufCheckpoint, HfCheckpoint};
use proptest::prelude::*;
use tempfile::TempDir;

/// Writes GGUF.
#[derive(Clone, Default)]
struct Gguf {
    entries: Vec<Vec<u8>>,
    tensors: Vec<(String, Vec<u64>, u32, u64)>,
    data: Vec<u8>,
}

fn text(s: &str) -> Vec<u8> {
    [&(s.len() as u64).to_le_bytes(), s.as_bytes()].concat()
}

impl Gguf {
    fn raw(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        self.entries.push([&text(key), &kind.to_le_bytes()[..], value].concat());
        self
    }
    fn u32(self, key: &str, n: u32) -> Self {
        self.raw(key, 4, &n.to_le_bytes())
    }
    fn f32(self, key: &str, x: f32) -> Self {
        self.raw(key, 6, &x.to_le_bytes())
    }
    fn text(self, key: &str, s: &str) -> Self {
        self.raw(key, 8, &text(s))
    }
    fn list(self, key: &str, kind: u32, elements: &[Vec<u8>]) -> Self {
        let head = [&kind.to_le_bytes()[..], &(elements.len() as u64).to_le_bytes()].concat();
        self.raw(key, 9, &[head, elements.concat()].concat())
    }
    /// `dims` innermost first, as in the file.
    fn tensor(mut self, name: &str, dims: &[u64], kind: u32, bytes: &[u8]) -> Self {
        self.data.resize(self.data.len().next_multiple_of(32), 0);
        self.tensors.push((name.into(), dims.into(), kind, self.data.len() as u64));
        self.data.extend_from_slice(bytes);
        self
    }
    fn bytes(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(3u32.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.entries.len() as u64).to_le_bytes());
        out.extend(self.entries.concat());
        for (name, dims, kind, offset) in &self.tensors {
            out.extend(text(name));
            out.extend((dims.len() as u32).to_le_bytes());
            out.extend(dims.iter().flat_map(|d| d.to_le_bytes()));
            out.extend(kind.to_le_bytes());
            out.extend(offset.to_le_bytes());
        }
        out.resize(out.len().next_multiple_of(32), 0);
        out.extend(&self.data);
        out
    }
}

fn base(arch: &str) -> Gguf {
    let key = |k: &str| format!("{arch}.{k}");
    Gguf::default()
        .text("general.architecture", arch)
        .u32(&key("context_length"), 64)
        .u32(&key("embedding_length"), 32)
        .u32(&key("block_count"), 2)
        .u32(&key("attention.head_count"), 4)
        .u32(&key("attention.head_count_kv"), 2)
        .u32(&key("feed_forward_length"), 48)
        .f32(&key("attention.layer_norm_rms_epsilon"), 1e-5)
        .f32(&key("rope.freq_base"), 500_000.0)
}

fn f32s(n: usize) -> Vec<u8> {
    (0..n).flat_map(|i| (i as f32).to_le_bytes()).collect()
}

fn llama() -> Gguf {
    base("llama")
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", "smollm")
        .list("tokenizer.ggml.tokens", 8, &["a", "b", "ab"].map(text))
        .list("tokenizer.ggml.token_type", 5, &[1i32, 1, 3].map(|n| n.to_le_bytes().to_vec()))
        .list("tokenizer.ggml.merges", 8, &["a b"].map(text))
        .u32("tokenizer.ggml.eos_token_id", 2)
        .text("tokenizer.chat_template", "{{ messages }}")
        .tensor("token_embd.weight", &[32, 3], 0, &f32s(96))
        .tensor("blk.0.attn_q.weight", &[32, 32], 8, &[0; 32 * 34])
        .tensor("blk.1.ffn_down.weight", &[48, 2], 0, &f32s(96))
        .tensor("output_norm.weight", &[32], 0, &f32s(32))
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn open_gguf(bytes: &[u8]) -> (TempDir, Result<GgufCheckpoint, Error>) {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "model.gguf", bytes);
    let opened = GgufCheckpoint::open(&path);
    (folder, opened)
}

/// The message with which a file is refused; it must name the file.
fn refusal(bytes: &[u8]) -> String {
    let message = open_gguf(bytes).1.expect_err("the file is broken").to_string();
    assert!(message.contains("model.gguf"), "{message}");
    message
}

#[track_caller]
fn assert_refused(bytes: &[u8], part: &str) {
    let message = refusal(bytes);
    assert!(message.contains(part), "`{part}` is not in: {message}");
}

#[test]
fn gguf_llama_reads_in_hugging_face_terms() {
    let folder = TempDir::new().unwrap();
    let path = write(&folder, "model.gguf", &llama().bytes());
    let checkpoint = checkpoint::open(&path).unwrap();
    let config = checkpoint.config();
    assert_eq!(config["model_type"], "llama");
    assert_eq!(config["hidden_size"], 32);
    assert_eq!(config["head_dim"], 8);
    assert_eq!(config["num_key_value_heads"], 2);
    assert_eq!(config["vocab_size"], 3);
    assert_eq!(config["rope_theta"], 500_000.0);
    assert_eq!(config["rms_norm_eps"], 1e-5);
    assert_eq!(config["rope_interleave"], true);
    assert_eq!(config["tie_word_embeddings"], true);
    assert_eq!(config["eos_token_id"], 2);
    let names =
        ["model.embed_tokens.weight", "model.layers.0.self_attn.q_proj.weight", "model.layers.1.mlp.down_proj.weight", "model.norm.weight"];
    assert_eq!(checkpoint.names(), names);
    let down = Decoder::open(&*checkpoint, names[2]).unwrap().unwrap();
    assert_eq!(down.shape(), [2, 48]);
    let mut row = [0f32; 48];
    down.decode(1, &mut row).unwrap();
    assert_eq!((row[0], row[47]), (48.0, 95.0));
    assert_eq!(checkpoint.tensor(names[1]).unwrap().unwrap().encoding, Encoding::Q8_0);

    let tokenizer = checkpoint.tokenizer().unwrap().unwrap();
    assert_eq!(tokenizer.tokens, ["a", "b", "ab"]);
    assert_eq!(tokenizer.merges, [("a".to_owned(), "b".to_owned())]);
    assert_eq!(tokenizer.pre.as_deref(), Some("smollm"));
    assert_eq!((tokenizer.eos, tokenizer.bos), (Some(2), None));
    assert_eq!(tokenizer.chat_template.as_deref(), Some("{{ messages }}"));
}

#[test]
fn gguf_stacked_experts_are_tensors_of_their_own() {
    let file = base("llama")
        .u32("llama.expert_count", 2)
        .u32("llama.expert_used_count", 1)
        .tensor("token_embd.weight", &[32, 3], 0, &f32s(96))
        .tensor("blk.0.ffn_up_exps.weight", &[32, 3, 2], 0, &f32s(192))
        .tensor("blk.0.ffn_gate_inp.weight", &[32, 2], 0, &f32s(64));
    let (_folder, checkpoint) = open_gguf(&file.bytes());
    let checkpoint = checkpoint.unwrap();
    assert_eq!(checkpoint.config()["model_type"], "mixtral");
    assert_eq!(checkpoint.config()["num_local_experts"], 2);
    let second = Decoder::open(&checkpoint, "model.layers.0.block_sparse_moe.experts.1.w3.weight").unwrap().unwrap();
    assert_eq!(second.shape(), [3, 32]);
    assert_eq!(second.decode_all::<f32>().unwrap()[..2], [96.0, 97.0]);
    assert!(checkpoint.tensor("model.layers.0.block_sparse_moe.gate.weight").unwrap().is_some());
    assert!(checkpoint.tensor("model.layers.0.block_sparse_moe.experts.2.w3.weight").unwrap().is_none());
}

#[test]
fn gguf_deepseek_and_qwen_and_gpt_oss_have_their_configurations() {
    let experts = |file: Gguf, arch: &str| {
        let file = file.u32(&format!("{arch}.expert_count"), 8).u32(&format!("{arch}.expert_used_count"), 2);
        file.u32(&format!("{arch}.expert_feed_forward_length"), 16).tensor("token_embd.weight", &[32, 3], 0, &f32s(96))
    };
    let deepseek = experts(base("deepseek2"), "deepseek2")
        .u32("deepseek2.attention.kv_lora_rank", 24)
        .u32("deepseek2.attention.key_length", 32)
        .u32("deepseek2.attention.value_length", 24)
        .u32("deepseek2.attention.key_length_mla", 24)
        .u32("deepseek2.attention.value_length_mla", 16)
        .u32("deepseek2.rope.dimension_count", 8)
        .u32("deepseek2.expert_gating_func", 2)
        .u32("deepseek2.expert_group_count", 4)
        .u32("deepseek2.expert_group_used_count", 2)
        .f32("deepseek2.expert_weights_scale", 2.5)
        .text("deepseek2.rope.scaling.type", "yarn")
        .f32("deepseek2.rope.scaling.factor", 40.0)
        .f32("deepseek2.rope.scaling.yarn_log_multiplier", 0.0707)
        .tensor("blk.1.exp_probs_b.bias", &[8], 0, &f32s(8));
    let (_folder, checkpoint) = open_gguf(&deepseek.bytes());
    let checkpoint = checkpoint.unwrap();
    let config = checkpoint.config();
    assert_eq!(config["model_type"], "deepseek_v3");
    assert_eq!((&config["qk_nope_head_dim"], &config["v_head_dim"]), (&16.into(), &16.into()));
    assert_eq!((&config["n_group"], &config["topk_group"]), (&4.into(), &2.into()));
    assert_eq!(config["rope_scaling"]["mscale_all_dim"], 0.707);
    assert_eq!(config["routed_scaling_factor"], 2.5);
    assert!(config["q_lora_rank"].is_null());
    assert!(checkpoint.tensor("model.layers.1.mlp.gate.e_score_correction_bias").unwrap().is_some());

    // A factor alone is of a linear stretch, under its old name too; two kinds of stretch are one too many.
    for key in ["llama.rope.scaling.factor", "llama.rope.scale_linear"] {
        let stretched = open_gguf(&llama().f32(key, 4.0).bytes()).1.unwrap();
        let scaling = &stretched.config()["rope_scaling"];
        assert_eq!((&scaling["rope_type"], &scaling["factor"]), (&"linear".into(), &4.0.into()), "{key}");
    }
    let factors = || llama().tensor("rope_freqs.weight", &[4], 0, &f32s(4));
    assert_refused(&factors().f32("llama.rope.scaling.factor", 4.0).bytes(), "rope_freqs.weight");
    let scaled = llama().text("llama.rope.scaling.type", "yarn").f32("llama.rope.scaling.factor", 4.0);
    assert_refused(&scaled.f32("llama.rope.scaling.attn_factor", 1.5).bytes(), "attn_factor");

    let (_folder, qwen) = open_gguf(&experts(base("qwen3moe"), "qwen3moe").u32("qwen3moe.attention.key_length", 16).bytes());
    let qwen = qwen.unwrap();
    assert_eq!((&qwen.config()["head_dim"], &qwen.config()["moe_intermediate_size"]), (&16.into(), &16.into()));

    let (_folder, oss) = open_gguf(&experts(base("gpt-oss"), "gpt-oss").u32("gpt-oss.attention.sliding_window", 8).bytes());
    let oss = oss.unwrap();
    assert_eq!(oss.config()["layer_types"], serde_json::json!(["sliding_attention", "full_attention"]));
    assert_eq!(oss.config()["sliding_window"], 8);
}

#[test]
fn gguf_truncated_anywhere_is_refused() {
    let bytes = llama().bytes();
    for len in 0..bytes.len() {
        assert!(open_gguf(&bytes[..len]).1.is_err(), "{len} of {} bytes", bytes.len());
    }
}

#[test]
fn gguf_absurd_counts_and_lengths_are_refused() {
    let patched = |at: usize, value: u64| {
        let mut bytes = llama().bytes();
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    assert_refused(&patched(8, u64::MAX), "tensors");
    assert_refused(&patched(16, 1 << 60), "metadata entries");
    assert_refused(&patched(24, 1 << 40), "key of metadata entry 0");
    let list = |kind: u32, len: u64| [&kind.to_le_bytes()[..], &len.to_le_bytes()].concat();
    assert_refused(&llama().raw("x", 9, &list(0, u64::MAX)).bytes(), "`x`");
    assert_refused(&llama().raw("x", 9, &list(12, u64::MAX / 8 + 2)).bytes(), "`x`");
    assert_refused(&llama().raw("x", 9, &list(13, 1)).bytes(), "`x`");
    assert_refused(&llama().raw("x", 9, &list(9, 1).repeat(9)).bytes(), "nested");
    assert_refused(&llama().raw("x", 8, &u64::MAX.to_le_bytes()).bytes(), "`x`");
    assert_refused(&llama().raw("x", 99, &[0]).bytes(), "value type 99");
    assert_refused(&llama().raw("x", 8, &[&2u64.to_le_bytes()[..], &[0xff, 0xfe]].concat()).bytes(), "UTF-8");
    assert_refused(&llama().u32("general.alignment", 0).bytes(), "general.alignment");
    assert_refused(&llama().u32("llama.block_count", 3).bytes(), "twice");
}

#[test]
fn gguf_tensors_that_do_not_fit_are_refused_by_name() {
    assert_refused(&llama().tensor("t", &[1 << 40, 1 << 40], 0, &[]).bytes(), "`t`");
    assert_refused(&llama().tensor("t", &[64], 0, &[0; 12]).bytes(), "`t`");
    assert_refused(&llama().tensor("t", &[33], 8, &[0; 68]).bytes(), "whole blocks");
    assert_refused(&llama().tensor("output_norm.weight", &[1], 0, &[0; 4]).bytes(), "twice");
    assert_refused(&llama().tensor("t", &[1; 5], 0, &[0; 4]).bytes(), "5 dimensions");
    let mut overlapping = llama().tensor("t", &[8], 0, &f32s(8));
    overlapping.tensors.last_mut().unwrap().3 = 64;
    assert_refused(&overlapping.bytes(), "overlap");
    let mut outside = llama();
    outside.tensors[0].3 = u64::MAX - 31;
    assert_refused(&outside.bytes(), "token_embd.weight");
    let crowd = base("llama").u32("llama.expert_count", 2).u32("llama.expert_used_count", 1);
    let crowd = crowd.tensor("token_embd.weight", &[32, 3], 0, &f32s(96)).tensor("blk.0.ffn_up_exps.weight", &[0, 0, 1 << 40], 0, &[]);
    assert_refused(&crowd.bytes(), "experts");
}

#[test]
fn gguf_unknown_types_and_architectures_are_named() {
    let (_folder, checkpoint) = open_gguf(&llama().tensor("blk.0.attn_k.weight", &[256], 10, &[0; 84]).bytes());
    let error = checkpoint.unwrap().tensor("model.layers.0.self_attn.k_proj.weight").unwrap_err();
    assert!(matches!(&error, Error::Unsupported { found, .. } if found.contains("Q2_K") && found.contains("k_proj")), "{error}");
    assert!(matches!(open_gguf(&base("rwkv").bytes()).1, Err(Error::Unsupported { found, .. }) if found == "rwkv"));
    let mut old = llama().bytes();
    old[4] = 1;
    assert!(matches!(open_gguf(&old).1, Err(Error::Unsupported { what: "GGUF version", .. })));
    assert_refused(&Gguf::default().bytes(), "general.architecture");
}

#[test]
fn gguf_tokenizer_lists_must_fit_each_other() {
    let tokenizer = |file: Gguf| {
        let (_folder, checkpoint) = open_gguf(&file.bytes());
        checkpoint.unwrap().tokenizer().unwrap_err().to_string()
    };
    let tokens = || base("llama").tensor("token_embd.weight", &[32, 3], 0, &f32s(96)).text("tokenizer.ggml.model", "gpt2");
    let tokens = || tokens().list("tokenizer.ggml.tokens", 8, &["a", "b"].map(text));
    assert!(tokenizer(tokens().u32("tokenizer.ggml.bos_token_id", 2)).contains("bos_token_id"));
    assert!(tokenizer(tokens().list("tokenizer.ggml.scores", 6, &[vec![0; 4]])).contains("scores"));
    assert!(tokenizer(tokens().list("tokenizer.ggml.merges", 8, &["ab"].map(text))).contains("merges"));
    assert!(tokenizer(tokens().list("tokenizer.ggml.token_type", 5, &[vec![9, 0, 0, 0], vec![1, 0, 0, 0]])).contains("token_type"));
}

fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

const TWO: &str = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]}}"#;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    write(&folder, "config.json", br#"{"model_type": "llama"}"#);
    for (name, bytes) in files {
        write(&folder, name, bytes);
    }
    folder
}

fn open_weights(bytes: &[u8]) -> Result<HfCheckpoint, Error> {
    HfCheckpoint::open(folder(&[("model.safetensors", bytes)]).path())
}

#[test]
fn hf_single_file_reads() {
    let folder = folder(&[("model.safetensors", &safetensors(TWO, &[f32s(4), vec![0x80, 0x3f, 0, 0, 0, 0]].concat()))]);
    let checkpoint = checkpoint::open(folder.path()).unwrap();
    assert_eq!(checkpoint.names(), ["a", "b"]);
    assert_eq!(checkpoint.config()["model_type"], "llama");
    let a = Decoder::open(&*checkpoint, "a").unwrap().unwrap();
    assert_eq!(a.decode_all::<f32>().unwrap(), [0.0, 1.0, 2.0, 3.0]);
    assert_eq!(Decoder::open(&*checkpoint, "b").unwrap().unwrap().decode_all::<f32>().unwrap(), [1.0, 0.0, 0.0]);
    assert!(checkpoint.tensor("c").unwrap().is_none());
    assert!(checkpoint.tokenizer().unwrap().is_none());
}

#[test]
fn hf_broken_weight_files_are_refused_by_name() {
    let refused = |bytes: &[u8], part: &str| {
        let message = open_weights(bytes).unwrap_err().to_string();
        assert!(message.contains("model.safetensors") && message.contains(part), "`{part}` is not in: {message}");
    };
    let whole = safetensors(TWO, &[0; 22]);
    for len in 0..whole.len() {
        assert!(open_weights(&whole[..len]).is_err(), "{len} bytes");
    }
    refused(&[&u64::MAX.to_le_bytes()[..], b"{}"].concat(), "header");
    refused(&[&(1u64 << 40).to_le_bytes()[..], b"{}"].concat(), "header");
    let a = |dtype: &str, shape: &str, offsets: &str| format!(r#"{{"a":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#);
    refused(&safetensors(&a("F32", "[2]", "[0,16]"), &[0; 16]), "`a`");
    refused(&safetensors(&a("F32", "[4]", "[16,0]"), &[0; 16]), "`a`");
    refused(&safetensors(&a("F32", "[4]", "[4,20]"), &[0; 20]), "`a`");
    refused(&safetensors(&a("F32", "[4]", "[0,16]"), &[0; 12]), "`a`");
    refused(&safetensors(&a("F32", "[4611686018427387904,4]", "[0,0]"), &[]), "`a`");
    refused(&safetensors(&a("F33", "[4]", "[0,16]"), &[0; 16]), "F33");
    refused(&safetensors(&a("F32", "[-4]", "[0,16]"), &[0; 16]), "`a`");
    refused(&safetensors(&a("F32", "[4]", "[0,16]"), &[0; 20]), "16");
    refused(&safetensors(&TWO.replace("[16,22]", "[14,20]"), &[0; 22]), "`b`");
    refused(&safetensors(&TWO.replace(r#""b""#, r#""a""#), &[0; 22]), "twice");
}

#[test]
fn hf_types_that_no_model_uses_are_refused_when_asked_for() {
    let header = r#"{"ids":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}"#;
    let folder = folder(&[("model.safetensors", &safetensors(header, &[0; 8]))]);
    let error = HfCheckpoint::open(folder.path()).unwrap().tensor("ids").unwrap_err();
    assert!(matches!(&error, Error::Unsupported { found, .. } if found == "I64 of ids"), "{error}");
}

#[test]
fn hf_shards_read_and_broken_indices_are_refused_by_name() {
    let shard = safetensors(TWO, &[0; 22]);
    let open = |index: &str| {
        let folder = folder(&[("one.safetensors", &shard), ("model.safetensors.index.json", index.as_bytes())]);
        HfCheckpoint::open(folder.path()).map(|c| c.names().iter().map(|n| n.to_string()).collect::<Vec<_>>())
    };
    assert_eq!(open(r#"{"weight_map":{"a":"one.safetensors","b":"one.safetensors"}}"#).unwrap(), ["a", "b"]);
    let refused = |index: &str, part: &str| {
        let message = open(index).unwrap_err().to_string();
        assert!(message.contains(part), "`{part}` is not in: {message}");
    };
    refused(r#"{"weight_map":{"c":"one.safetensors"}}"#, "`c`");
    refused(r#"{"weight_map":{"a":"two.safetensors"}}"#, "two.safetensors");
    refused(r#"{"weight_map":[]}"#, "index.json");
    refused("{", "index.json");
    for outside in ["../one.safetensors", "/etc/passwd", "./one.safetensors", "x/../one.safetensors", "..", "", "..\\\\one.safetensors"] {
        refused(&format!(r#"{{"weight_map":{{"a":"{outside}"}}}}"#), "`a`");
    }
}

#[test]
fn missing_and_misplaced_files_are_refused_by_name() {
    let empty = TempDir::new().unwrap();
    assert!(matches!(checkpoint::open(empty.path()), Err(Error::Io { path, .. }) if path.ends_with("config.json")));
    assert!(checkpoint::open(folder(&[]).path()).unwrap_err().to_string().contains("model.safetensors"));
    assert!(matches!(checkpoint::open(Path::new("no such file")), Err(Error::Io { .. })));
    write(&empty, "config.json", b"[]");
    assert!(matches!(checkpoint::open(empty.path()), Err(Error::Format { .. })));
}

/// Everything that a loader would look at.
fn read_all(checkpoint: &dyn Checkpoint) {
    for name in checkpoint.names() {
        if let Ok(Some(decoder)) = Decoder::open(checkpoint, name) {
            let _ = decoder.decode_all::<f32>();
        }
    }
    let _ = checkpoint.tokenizer();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn gguf_with_changed_bytes_never_panics(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        let mut bytes = llama().bytes();
        // The front of the file, where structure is.
        for (at, value) in changes {
            let at = at.index(1100.min(bytes.len()));
            bytes[at] = value;
        }
        if let (_folder, Ok(checkpoint)) = open_gguf(&bytes) {
            read_all(&checkpoint);
        }
    }

    #[test]
    fn safetensors_with_changed_bytes_never_panics(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut bytes = safetensors(TWO, &[0; 22]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let folder = folder(&[("model.safetensors", &bytes)]);
        if let Ok(checkpoint) = HfCheckpoint::open(folder.path()) {
            read_all(&checkpoint);
        }
    }
}
