#!/usr/bin/env python3
"""Writes the seeds: small model files of every kind that ascend-engine reads, and broken ones. Python's standard library only.

    python3 fuzz/seeds/make.py

Names tell what the replaying test expects: `valid_*` is accepted and runs, `broken_*` is refused with a typed error, `found_*` (not made here: what fuzzing found)
may end either way, but orderly.
"""

import json
import random
import struct
from pathlib import Path

HERE = Path(__file__).parent
rng = random.Random(7)


def put(path, data):
    path = HERE / path
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())


# GGUF ------------------------------------------------------------------------------------------------------------------------------------

U32, I32, F32, BOOL, TEXT, ARRAY, U64 = 4, 5, 6, 7, 8, 9, 10


def text(s):
    b = s if isinstance(s, bytes) else s.encode()
    return struct.pack("<Q", len(b)) + b


def value(kind, v):
    packed = {U32: "<I", I32: "<i", F32: "<f", BOOL: "<?", U64: "<Q"}
    return text(v) if kind == TEXT else struct.pack(packed[kind], v)


def array(kind, items):
    return struct.pack("<IQ", kind, len(items)) + b"".join(value(kind, i) for i in items)


def small(n):
    return [rng.uniform(-0.5, 0.5) for _ in range(n)]


def f16(n):
    return struct.pack(f"<{n}e", *small(n))


def f32(n):
    return struct.pack(f"<{n}f", *small(n))


def blocks(scales, codes):
    """Quantised blocks: small f16 scales, then random codes."""
    return lambda n, per: b"".join(struct.pack(f"<{scales}e", *[abs(x) / 100 for x in small(scales)]) + rng.randbytes(codes) for _ in range(n // per))


# ggml type number: (how many values share a block, how n values are written)
TYPES = {
    "f32": (0, lambda n: f32(n)),
    "f16": (1, lambda n: f16(n)),
    "q4_0": (2, lambda n: blocks(1, 16)(n, 32)),
    "q4_1": (3, lambda n: blocks(2, 16)(n, 32)),
    "q8_0": (8, lambda n: blocks(1, 32)(n, 32)),
    "q4_k": (12, lambda n: blocks(2, 140)(n, 256)),
    "q6_k": (14, lambda n: b"".join(rng.randbytes(208) + struct.pack("<e", 0.001) for _ in range(n // 256))),
    "bf16": (30, lambda n: b"".join(struct.pack("<f", x)[2:] for x in small(n))),
}


class Gguf:
    def __init__(self, arch):
        self.arch, self.entries, self.tensors = arch, [], []
        self.set("general.architecture", TEXT, arch)

    def set(self, key, kind, v):
        self.entries.append((key, kind, value(kind, v)))
        return self

    def of(self, key, kind, v):
        return self.set(f"{self.arch}.{key}", kind, v)

    def list(self, key, kind, items):
        self.entries.append((key, ARRAY, array(kind, items)))
        return self

    def tensor(self, name, shape, kind="q4_0"):
        """`shape` outermost first."""
        n = 1
        for d in shape:
            n *= d
        number, make = TYPES[kind]
        self.tensors.append([name, list(reversed(shape)), number, make(n)])
        return self

    def bytes(self):
        out = b"GGUF" + struct.pack("<IQQ", 3, len(self.tensors), len(self.entries))
        for key, kind, v in self.entries:
            out += text(key) + struct.pack("<I", kind) + v
        data = b""
        for name, dims, kind, bytes_ in self.tensors:
            data += bytes(-len(data) % 32)
            out += text(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, len(data))
            data += bytes_
        return out + bytes(-len(out) % 32) + data


VOCAB = ["<s>", "</s>", "a", "b", "A", "B", "Ġ", "ab", "Ġa", "4", "2", "Ċ", "Â", "ł", "â", "Ĥ", "¬", "abab"]
MERGES = ["a b", "Ġ a", "ab ab"]


def gpt2(file, tokens=VOCAB, merges=MERGES, pre="gpt-2"):
    file.set("tokenizer.ggml.model", TEXT, "gpt2").set("tokenizer.ggml.pre", TEXT, pre)
    file.list("tokenizer.ggml.tokens", TEXT, tokens).list("tokenizer.ggml.token_type", I32, [3, 3] + [1] * (len(tokens) - 2))
    file.list("tokenizer.ggml.merges", TEXT, merges)
    file.set("tokenizer.ggml.bos_token_id", U32, 0).set("tokenizer.ggml.eos_token_id", U32, 1).set("tokenizer.ggml.add_bos_token", BOOL, True)
    return file.set("tokenizer.chat_template", TEXT, "{% for m in messages %}{{ m.content }}{% endfor %}")


PIECES = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] + ["▁", "a", "b", "ab", "▁a", "abab"]


def sentence_piece(file, pieces=PIECES, scores=None):
    file.set("tokenizer.ggml.model", TEXT, "llama").list("tokenizer.ggml.tokens", TEXT, pieces)
    file.list("tokenizer.ggml.scores", F32, scores or [-float(i) for i in range(len(pieces))])
    file.list("tokenizer.ggml.token_type", I32, [2, 3, 3] + [6] * 256 + [1] * (len(pieces) - 259))
    return file.set("tokenizer.ggml.bos_token_id", U32, 1).set("tokenizer.ggml.unknown_token_id", U32, 0)


def base(arch, vocab=len(VOCAB)):
    file = Gguf(arch).of("context_length", U32, 64).of("embedding_length", U32, 32).of("block_count", U32, 1)
    file.of("attention.head_count", U32, 2).of("attention.head_count_kv", U32, 1).of("feed_forward_length", U32, 32)
    file.of("attention.layer_norm_rms_epsilon", F32, 1e-5).of("rope.freq_base", F32, 10000.0)
    if vocab == 0:
        return file.tensor("token_embd.weight", [0, 0], "f32")
    return file.tensor("token_embd.weight", [vocab, 32]).tensor("output_norm.weight", [32], "f32")


def attention(file):
    file.tensor("blk.0.attn_norm.weight", [32], "f32").tensor("blk.0.ffn_norm.weight", [32], "f32")
    file.tensor("blk.0.attn_q.weight", [32, 32]).tensor("blk.0.attn_k.weight", [16, 32], "q8_0")
    return file.tensor("blk.0.attn_v.weight", [16, 32], "q4_1").tensor("blk.0.attn_output.weight", [32, 32])


def experts(file, inner_key=None):
    file.of("expert_count", U32, 2).of("expert_used_count", U32, 1)
    if inner_key:
        file.of(inner_key, U32, 32)
    file.tensor("blk.0.ffn_gate_inp.weight", [2, 32], "f32").tensor("blk.0.ffn_gate_exps.weight", [2, 32, 32])
    return file.tensor("blk.0.ffn_up_exps.weight", [2, 32, 32]).tensor("blk.0.ffn_down_exps.weight", [2, 32, 32])


def llama():
    file = attention(base("llama")).tensor("blk.0.ffn_gate.weight", [32, 32]).tensor("blk.0.ffn_up.weight", [32, 32])
    return gpt2(file.tensor("blk.0.ffn_down.weight", [32, 32], "bf16"))


def ggufs():
    rest = llama().tensor("output.weight", [len(VOCAB), 32], "f16").tensor("more.q4_k", [256], "q4_k").tensor("more.q6_k", [256], "q6_k")
    yield "valid_llama", rest.bytes()
    pieces = len(PIECES)
    yield "valid_mixtral", sentence_piece(experts(attention(base("llama", pieces)))).bytes()
    qwen = experts(attention(base("qwen3moe")).of("attention.key_length", U32, 16), "expert_feed_forward_length")
    qwen.tensor("blk.0.attn_q_norm.weight", [16], "f32").tensor("blk.0.attn_k_norm.weight", [16], "f32")
    yield "valid_qwen3moe", gpt2(qwen).bytes()

    few = lambda: gpt2(base("llama"))
    good = few().bytes()
    yield "broken_empty", b""
    yield "broken_truncated_metadata", good[:300]
    yield "broken_truncated_data", good[:-100]
    yield "broken_tensor_count", good[:8] + struct.pack("<Q", 2**64 - 1) + good[16:]
    yield "broken_metadata_count", good[:16] + struct.pack("<Q", 2**60) + good[24:]
    yield "broken_key_length", good[:24] + struct.pack("<Q", 2**40) + good[32:]

    def with_entry(key, kind, raw):
        file = few()
        file.entries.append((key, kind, raw))
        return file.bytes()

    yield "broken_array_length", with_entry("x", ARRAY, struct.pack("<IQ", U64, 2**61))
    yield "broken_array_of_empty_texts", with_entry("x", ARRAY, struct.pack("<IQ", TEXT, 2**33))
    yield "broken_nested_arrays", with_entry("x", ARRAY, struct.pack("<IQ", ARRAY, 1) * 20)
    yield "broken_text_length", with_entry("x", TEXT, struct.pack("<Q", 2**64 - 1))

    def with_value(key, n):
        file = llama()
        file.entries = [(k, kind, struct.pack("<I", n) if k == key else v) for k, kind, v in file.entries]
        return file.bytes()

    for name, key in [("layers", "block_count"), ("context", "context_length"), ("hidden", "embedding_length"), ("heads", "attention.head_count")]:
        for what, n in [("huge", 2**32 - 1), ("large", 2**22)]:
            yield f"broken_{what}_{name}", with_value(f"llama.{key}", n)
    yield "broken_no_heads", with_value("llama.attention.head_count", 0)

    def with_tensor(name, dims, kind, data=b""):
        out = few()
        out.tensors.append([name, dims, kind, data])
        return out.bytes()

    yield "broken_tensor_size", with_tensor("t", [2**40, 2**40], 0)
    yield "broken_tensor_outside", with_tensor("t", [1024, 1024], 0)
    oss = base("gpt-oss").of("expert_count", U32, 4).of("expert_used_count", U32, 2).of("expert_feed_forward_length", U32, 32)
    oss.entries = [(k, kind, struct.pack("<I", 65536) if k.endswith("block_count") else v) for k, kind, v in oss.entries]
    yield "broken_layer_list", oss.bytes()
    crowd = base("llama").of("expert_count", U32, 2).of("expert_used_count", U32, 1)
    crowd.tensors.append(["blk.0.ffn_up_exps.weight", [0, 0, 2**18 - 8], 0, b""])
    yield "broken_crowd_of_empty_experts", crowd.bytes()


def tokenizers():
    yield "valid_gpt2", gpt2(base("llama", 0)).bytes()
    yield "valid_sentence_piece", sentence_piece(base("llama", 0)).bytes()
    for pre in ["smollm", "llama-bpe", "qwen2", "deepseek-v3", "gpt-4o"]:
        yield f"valid_{pre}", gpt2(base("llama", 0), pre=pre).bytes()
    # `ab` is made of `a` and `b`; here it leads to nothing, to itself, round in circles.
    yield "broken_merge_result_missing", gpt2(base("llama", 0), merges=["a b", "b a"]).bytes()
    yield "broken_merge_part_missing", gpt2(base("llama", 0), merges=["a z"]).bytes()
    yield "broken_merge_empty_part", gpt2(base("llama", 0), merges=["a b", "a "]).bytes()
    yield "broken_merge_without_space", gpt2(base("llama", 0), merges=["ab"]).bytes()
    yield "broken_tokens_twice", gpt2(base("llama", 0), tokens=VOCAB[:-1] + ["a"]).bytes()
    yield "broken_pre_tokenizer", gpt2(base("llama", 0), pre="no such").bytes()
    yield "broken_no_tokens", gpt2(base("llama", 0), tokens=["<s>", "</s>"]).bytes()
    yield "broken_long_piece", sentence_piece(base("llama", 0), PIECES[:-1] + ["a" * 5000]).bytes()
    # Cycles of merges: each part is what the merge before it makes, twice over, and the rank turns round.
    circle = VOCAB + ["aa", "aaa", "aaaa", "aab", "ba", "bab", "aba"]
    merges = ["aa aa", "a a", "a aa", "aa a", "b a", "b ab", "ba b", "a ba", "ab a", "aba b"] + MERGES[2:] + ["a b"]
    yield "found_merges_in_a_circle", gpt2(base("llama", 0), tokens=circle, merges=merges).bytes()
    scores = [0.0] * len(PIECES)
    yield "found_scores_all_equal", sentence_piece(base("llama", 0), scores=scores).bytes()
    yield "found_scores_nan", sentence_piece(base("llama", 0), scores=[float("nan")] * len(PIECES)).bytes()


# safetensors -----------------------------------------------------------------------------------------------------------------------------


def safetensors(header, data):
    header = header if isinstance(header, str) else json.dumps(header, separators=(",", ":"))
    return struct.pack("<Q", len(header.encode())) + header.encode() + data


def stored(tensors, data=None):
    header, at = {}, 0
    for name, dtype, shape, size in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    return safetensors(header, rng.randbytes(at) if data is None else data)


def weight_files():
    two = [("a", "F32", [2, 2], 16), ("b", "BF16", [3], 6)]
    yield "valid_two", stored(two)
    fp8 = [("w", "F8_E4M3", [130, 6], 780), ("w_scale_inv", "F32", [2, 1], 8), ("m_blocks", "U8", [2, 3, 16], 96), ("m_scales", "U8", [2, 3], 6)]
    yield "valid_block_scales", stored(fp8)
    yield "valid_types_not_used", stored([("i", "I64", [1], 8), ("f", "F64", [0, 5], 0), ("s", "F16", [], 2)])
    good = stored(two)
    yield "broken_truncated_header", good[:40]
    yield "broken_truncated_data", good[:-3]
    yield "broken_header_length", struct.pack("<Q", 2**64 - 1) + b"{}"
    yield "broken_header_longer_than_file", struct.pack("<Q", 2**26) + b"{}"
    yield "broken_deep_json", safetensors('{"a":' + "[" * 5000, b"")
    yield "broken_shape_overflows", stored([("a", "F32", [2**62, 4], 0)])
    yield "broken_shape_of_many_dimensions", stored([("a", "F32", [1] * 2000 + [2], 12)])
    yield "broken_offsets", safetensors({"a": {"dtype": "F32", "shape": [4], "data_offsets": [2**63, 2**63 + 16]}}, bytes(16))
    yield "broken_scales_count", stored([("w", "F8_E4M3", [2, 6], 12), ("w_scale_inv", "F32", [2, 1], 8)])
    yield "broken_scales_shape", stored([("m_blocks", "U8", [2, 3, 15], 90), ("m_scales", "U8", [2, 3], 6)])


def all_families():
    """One layer of each family: hidden 8, 2 heads of 4 on 1, 2 experts of 8, vocabulary 16."""
    layer, moe = "model.layers.0.", "model.layers.0.block_sparse_moe."
    shapes = {"model.embed_tokens.weight": [16, 8], "model.norm.weight": [8], "lm_head.weight": [16, 8]}
    norms = {"input_layernorm": 8, "post_attention_layernorm": 8, "self_attn.q_norm": 4, "self_attn.k_norm": 4, "self_attn.q_a_layernorm": 4, "self_attn.kv_a_layernorm": 4}
    shapes |= {f"{layer}{name}.weight": [n] for name, n in norms.items()}
    projections = {"q_proj": [8, 8], "k_proj": [4, 8], "v_proj": [4, 8], "o_proj": [8, 8], "q_a_proj": [4, 8], "q_b_proj": [8, 4]}
    projections |= {"kv_a_proj_with_mqa": [6, 8], "kv_b_proj": [12, 4]}
    shapes |= {f"{layer}self_attn.{name}.weight": shape for name, shape in projections.items()}
    shapes |= {f"{layer}self_attn.{name}.bias": projections[name][:1] for name in ["q_proj", "k_proj", "v_proj", "o_proj"]}
    shapes |= {f"{layer}self_attn.sinks": [2]}
    shapes |= {f"{layer}mlp.{name}.weight": [8, 8] for name in ["gate_proj", "up_proj", "down_proj"]}
    shapes |= {f"{layer}mlp.shared_experts.{name}.weight": [8, 8] for name in ["gate_proj", "up_proj", "down_proj"]}
    shapes |= {f"{layer}mlp.experts.{e}.{name}.weight": [8, 8] for e in range(2) for name in ["gate_proj", "up_proj", "down_proj"]}
    shapes |= {f"{moe}experts.{e}.{name}.weight": [8, 8] for e in range(2) for name in ["w1", "w2", "w3"]}
    shapes |= {f"{moe}gate.weight": [2, 8], f"{layer}mlp.gate.weight": [2, 8], f"{layer}mlp.gate.e_score_correction_bias": [2]}
    shapes |= {f"{layer}mlp.router.weight": [2, 8], f"{layer}mlp.router.bias": [2]}
    shapes |= {f"{layer}mlp.experts.{n}": s for n, s in {"gate_up_proj": [2, 8, 16], "gate_up_proj_bias": [2, 16], "down_proj": [2, 8, 8], "down_proj_bias": [2, 8]}.items()}
    tensors, data = [], b""
    for name, shape in shapes.items():
        n = 1
        for d in shape:
            n *= d
        tensors.append((name, "BF16", shape, 2 * n))
        data += TYPES["bf16"][1](n)
    return stored(tensors, data)


COMMON = {
    "vocab_size": 16, "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1,
    "head_dim": 4, "rms_norm_eps": 1e-5, "hidden_act": "silu", "max_position_embeddings": 32, "rope_theta": 10000.0, "eos_token_id": 1,
}  # fmt: skip
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 8, "beta_fast": 32.0, "beta_slow": 1.0}
FAMILIES = {
    "llama": ("LlamaForCausalLM", {"attention_bias": True}),
    "mixtral": ("MixtralForCausalLM", {"num_local_experts": 2, "num_experts_per_tok": 1}),
    "qwen3_moe": ("Qwen3MoeForCausalLM", {"num_experts": 2, "num_experts_per_tok": 1, "moe_intermediate_size": 8, "norm_topk_prob": True, "decoder_sparse_step": 1, "mlp_only_layers": []}),
    "gpt_oss": ("GptOssForCausalLM", {"num_local_experts": 2, "num_experts_per_tok": 1, "sliding_window": 2, "layer_types": ["sliding_attention"], "rope_scaling": YARN, "attention_bias": True}),
    "deepseek_v3": ("DeepseekV3ForCausalLM", {
        "num_key_value_heads": 2, "q_lora_rank": 4, "kv_lora_rank": 4, "qk_nope_head_dim": 2, "qk_rope_head_dim": 2, "v_head_dim": 4, "n_routed_experts": 2,
        "n_shared_experts": 1, "num_experts_per_tok": 1, "moe_intermediate_size": 8, "first_k_dense_replace": 0, "n_group": 1, "topk_group": 1,
        "norm_topk_prob": True, "routed_scaling_factor": 2.5, "rope_scaling": YARN | {"mscale": 1.0, "mscale_all_dim": 1.0},
    }),
}  # fmt: skip


def config(family, **changes):
    architecture, own = FAMILIES[family]
    return COMMON | {"model_type": family, "architectures": [architecture]} | own | changes


def configs():
    for family in FAMILIES:
        yield f"valid_{family}", json.dumps(config(family), indent=1)
    yield "valid_deepseek_dense", json.dumps(config("deepseek_v3", first_k_dense_replace=1))
    yield "broken_no_object", "[]"
    yield "broken_deep", '{"a":' + "[" * 3000
    yield "broken_not_json", '{"vocab_size": 16,'
    top, minus = 2**64 - 1, -1
    keys = ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "max_position_embeddings"]
    for key in keys:
        for what, n in [("huge", top), ("large", 2**22), ("minus", minus)]:
            yield f"broken_{what}_{key}", json.dumps(config("llama", **{key: n}))
    yield "broken_more_than_64_bits", json.dumps(config("llama", hidden_size=2**80))
    yield "broken_theta", json.dumps(config("llama", rope_theta=-1.0))
    yield "broken_theta_infinite", json.dumps(config("llama")).replace("10000.0", "1e999")
    yield "broken_eps", json.dumps(config("llama", rms_norm_eps=1e300))
    yield "broken_yarn_factor", json.dumps(config("gpt_oss", rope_scaling=YARN | {"factor": 0.0}))
    yield "broken_window", json.dumps(config("gpt_oss", sliding_window=0))
    yield "broken_k", json.dumps(config("mixtral", num_experts_per_tok=3))
    for key in ["num_local_experts", "num_experts_per_tok"]:
        yield f"broken_huge_{key}", json.dumps(config("mixtral", **{key: top}))
    for key in ["kv_lora_rank", "q_lora_rank", "qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim", "n_routed_experts", "n_shared_experts", "n_group"]:
        for what, n in [("huge", top), ("large", 2**22)]:
            yield f"broken_{what}_{key}", json.dumps(config("deepseek_v3", **{key: n}))


put("all_families.safetensors", all_families())
for kind, ending, seeds in [("gguf", "gguf", ggufs), ("tokenizer", "gguf", tokenizers), ("safetensors", "safetensors", weight_files), ("config", "json", configs)]:
    for name, data in seeds():
        put(f"{kind}/{name}.{ending}", data)
