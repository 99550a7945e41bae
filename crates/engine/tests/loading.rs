//! Models from checkpoints that are not quite the golden ones: other layouts that mean the same, and files that make no model.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod edited;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ascend_compute::{DType, Device};
use ascend_engine::Error;
use ascend_engine::cache::KvCache;
use ascend_engine::checkpoint::Encoding;
use ascend_engine::models::{self, LoadOptions};
use ascend_engine::quantize::Quantize;
use edited::{Counting, Edited, bytes, cpu, logits, step};
use serde_json::{Value, json};

fn refusal(checkpoint: &Edited) -> Error {
    models::load(checkpoint, &cpu(), DType::F32).map(|_| ()).unwrap_err()
}

#[test]
fn config_that_makes_no_model_is_refused_by_key() {
    let huge = json!(u64::MAX);
    for (model, key, value) in [
        ("llama_dense", "num_attention_heads", json!(0)),
        ("llama_dense", "num_attention_heads", huge.clone()),
        ("llama_dense", "num_key_value_heads", json!(0)),
        ("llama_dense", "num_key_value_heads", json!(3)),
        ("llama_dense", "head_dim", json!(15)),
        ("llama_dense", "head_dim", huge.clone()),
        ("llama_dense", "hidden_size", json!(0)),
        ("llama_dense", "hidden_size", huge.clone()),
        ("llama_dense", "vocab_size", huge.clone()),
        ("llama_dense", "num_hidden_layers", json!(0)),
        ("llama_dense", "max_position_embeddings", huge.clone()),
        ("llama_dense", "intermediate_size", huge.clone()),
        ("llama_dense", "rms_norm_eps", json!(-1.0)),
        ("mixtral", "num_local_experts", json!(0)),
        ("mixtral", "num_experts_per_tok", json!(5)),
        ("mixtral", "sliding_window", json!(0)),
        ("qwen3_moe", "num_experts", huge.clone()),
        ("qwen3_moe", "decoder_sparse_step", json!(0)),
        ("gpt_oss", "layer_types", json!(["full_attention"])),
        ("deepseek_v3", "n_group", json!(3)),
        ("deepseek_v3", "topk_group", json!(0)),
        ("deepseek_v3", "kv_lora_rank", json!(0)),
        ("deepseek_v3", "qk_rope_head_dim", json!(7)),
        ("deepseek_v3", "v_head_dim", huge),
    ] {
        let refused = refusal(&Edited::new(model).with(key, value.clone()));
        let told = matches!(&refused, Error::Format { message, .. } if message.contains(&format!("`{key}`")));
        assert!(told, "{model}, {key} = {value}: {refused}");
    }
    for (key, value) in [("hidden_size", json!(-1)), ("hidden_size", json!("64")), ("vocab_size", Value::Null), ("rope_scaling", json!(3))]
    {
        let refused = refusal(&Edited::new("llama_dense").with(key, value.clone()));
        assert!(matches!(&refused, Error::Format { message, .. } if message.contains("configuration")), "{key} = {value}: {refused}");
    }
}

#[test]
fn what_the_engine_does_not_know_is_named() {
    for (model, key, value, named) in [
        ("llama_dense", "architectures", json!(["MambaForCausalLM"]), "MambaForCausalLM"),
        ("llama_dense", "hidden_act", json!("gelu"), "gelu"),
        ("llama_dense", "rope_scaling", json!({"rope_type": "longrope", "factor": 2.0}), "longrope"),
        ("gpt_oss", "layer_types", json!(["linear_attention", "full_attention"]), "linear_attention"),
        ("deepseek_v3", "topk_method", json!("random"), "random"),
    ] {
        let refused = refusal(&Edited::new(model).with(key, value));
        assert!(matches!(&refused, Error::Unsupported { found, .. } if found == named), "{model}, {key}: {refused}");
    }
    let refused = refusal(&Edited::new("llama_dense").with("rope_scaling", json!({"rope_type": "yarn"})));
    assert!(matches!(&refused, Error::Format { message, .. } if message.contains("`factor`")), "{refused}");
    let integers = models::load(&Edited::new("llama_dense"), &cpu(), DType::I8).map(|_| ()).unwrap_err();
    assert!(matches!(integers, Error::Unsupported { .. }), "{integers}");
}

#[test]
fn missing_and_misshapen_tensors_are_named() {
    let missing = "model.layers.1.mlp.experts.7.up_proj.weight";
    let refused = refusal(&Edited::new("deepseek_v3").without_tensor(missing));
    assert!(matches!(&refused, Error::MissingTensor { name, .. } if name == missing), "{refused}");
    // A layer more than there is.
    let refused = refusal(&Edited::new("llama_dense").with("num_hidden_layers", json!(4_000_000)));
    assert!(matches!(&refused, Error::MissingTensor { name, .. } if name.contains("layers.2.")), "{refused}");
    let refused = refusal(&Edited::new("llama_dense").with("intermediate_size", json!(4_000_000)));
    assert!(matches!(&refused, Error::TensorShape { asked, found, .. } if asked == &[4_000_000, 64] && found == &[160, 64]), "{refused}");
}

#[test]
fn tensors_that_nobody_asks_for_are_refused() {
    let bias = "model.layers.1.self_attn.q_proj.bias";
    let with = |name: &str| Edited::new("llama_dense").with_tensor(name, Encoding::F32, &[64], bytes(&[0.0; 64]));
    let refused = refusal(&with(bias));
    assert!(matches!(&refused, Error::Unsupported { what: "tensor", found, .. } if found.contains(bias)), "{refused}");
    // What follows from the configuration, and layers beyond the last.
    for harmless in ["model.layers.0.self_attn.rotary_emb.inv_freq", "model.layers.2.mlp.up_proj.weight", "model.mtp.norm.weight"] {
        assert_eq!(logits(&with(harmless)), logits(&Edited::new("llama_dense")), "{harmless}");
    }
}

#[test]
fn choice_of_experts_follows_architecture_and_score_not_the_name() {
    let plain = logits(&Edited::new("deepseek_v3"));
    assert_eq!(logits(&Edited::new("deepseek_v3").with("model_type", json!("kimi_k2"))), plain);
    assert_eq!(logits(&Edited::new("deepseek_v3").with("scoring_func", json!("sigmoid"))), plain);
    let refused = refusal(&Edited::new("deepseek_v3").with("scoring_func", json!("tanh")));
    assert!(matches!(&refused, Error::Unsupported { found, .. } if found == "tanh"), "{refused}");
}

#[test]
fn rope_parameters_are_base_and_stretch_in_one() {
    let with = |parameters: Value| Edited::new("llama_dense").with("rope_theta", json!(7.0)).with("rope_parameters", parameters);
    let apart = |theta: f64, scaling: Value| Edited::new("llama_dense").with("rope_theta", json!(theta)).with("rope_scaling", scaling);
    assert_eq!(logits(&with(json!({"rope_type": "default", "rope_theta": 500.0}))), logits(&apart(500.0, Value::Null)));
    let linear = json!({"rope_type": "linear", "factor": 4.0});
    assert_eq!(logits(&with(json!({"rope_type": "linear", "factor": 4.0, "rope_theta": 500.0}))), logits(&apart(500.0, linear)));
    for (wrong, named) in [
        (with(json!({"rope_type": "default"})), "`rope_theta`"),
        (with(json!({"full_attention": {"rope_theta": 500.0}})), "`rope_theta`"),
        (apart(500.0, json!({"factor": 4.0})), "`rope_type`"),
    ] {
        let refused = refusal(&wrong);
        assert!(matches!(&refused, Error::Format { message, .. } if message.contains(named)), "{refused}");
    }
    let refused = refusal(&with(json!({"rope_theta": 500.0, "partial_rotary_factor": 0.5})));
    assert!(matches!(&refused, Error::Unsupported { what: "partial rotary factor", .. }), "{refused}");
}

#[test]
fn tied_embeddings_are_the_head() {
    let tied = Edited::new("llama_dense").with("tie_word_embeddings", json!(true)).without_tensor("lm_head.weight");
    let embedding = tied.floats("model.embed_tokens.weight");
    let apart = Edited::new("llama_dense").with_tensor("lm_head.weight", Encoding::F32, &[256, 64], bytes(&embedding));
    assert_eq!(logits(&tied), logits(&apart));
    assert_ne!(logits(&tied), logits(&Edited::new("llama_dense")));
}

#[test]
fn factors_of_frequencies_stretch_each_by_its_own() {
    let stretched = |scaling: Value| Edited::new("llama_dense").with("rope_scaling", scaling);
    let factors = |factors: &[f64]| stretched(json!({"rope_type": "factors", "factors": factors}));
    assert_eq!(logits(&factors(&[4.0; 8])), logits(&stretched(json!({"rope_type": "linear", "factor": 4.0}))));
    assert_ne!(logits(&factors(&[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 4.0])), logits(&factors(&[1.0; 8])));
    for wrong in [factors(&[1.0; 7]), stretched(json!({"rope_type": "factors"}))] {
        let refused = refusal(&wrong);
        assert!(matches!(&refused, Error::Format { message, .. } if message.contains("rope_scaling")), "{refused}");
    }
}

#[test]
fn interleaved_query_and_key_rows_give_the_same_model() {
    let plain = Edited::new("llama_dense");
    let mut interleaved = Edited::new("llama_dense").with("rope_interleave", json!(true));
    for layer in 0..2 {
        for (part, heads) in [("q_proj", 4), ("k_proj", 2)] {
            let name = format!("model.layers.{layer}.self_attn.{part}.weight");
            let rows = plain.floats(&name);
            // Row 2i of a head is its row i, row 2i + 1 its row i + 8.
            let row = |head: usize, r: usize| &rows[(head * 16 + r / 2 + r % 2 * 8) * 64..][..64];
            let moved: Vec<f32> = (0..heads).flat_map(|h| (0..16).flat_map(move |r| row(h, r).iter().copied())).collect();
            interleaved = interleaved.with_tensor(&name, Encoding::F32, &[heads * 16, 64], bytes(&moved));
        }
    }
    let (a, b) = (logits(&plain), logits(&interleaved));
    // Dot products of queries and keys add the same terms in another order.
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5));
    let forgotten = Edited { config: plain.config.clone(), ..interleaved };
    assert!(a.iter().zip(&logits(&forgotten)).any(|(a, b)| (a - b).abs() > 1e-2));
}

#[test]
fn mxfp4_experts_equal_the_floats_they_stand_for() {
    let (experts, hidden, inner) = (4usize, 64usize, 32usize);
    let (mut packed, mut floats) = (Edited::new("gpt_oss"), Edited::new("gpt_oss"));
    for layer in 0..2 {
        for (part, n, k) in [("gate_up_proj", 2 * inner, hidden), ("down_proj", hidden, inner)] {
            let name = format!("model.layers.{layer}.mlp.experts.{part}");
            let blocks: Vec<u8> = (0..experts * n * k / 2).map(|i| (i * 37 % 251) as u8).collect();
            let scales: Vec<u8> = (0..experts * n * k / 32).map(|i| 120 + (i % 5) as u8).collect();
            packed = packed
                .without_tensor(&name)
                .with_tensor(&format!("{name}_blocks"), Encoding::U8, &[experts, n, k / 32, 16], blocks)
                .with_tensor(&format!("{name}_scales"), Encoding::U8, &[experts, n, k / 32], scales);
            let decoded = packed.floats(&name);
            let at = |e: usize, k_at: usize, n_at: usize| decoded[(e * n + n_at) * k + k_at];
            let turned: Vec<f32> =
                (0..experts).flat_map(|e| (0..k).flat_map(move |i| (0..n).map(move |j| (e, i, j)))).map(|(e, i, j)| at(e, i, j)).collect();
            floats = floats.with_tensor(&name, Encoding::F32, &[experts, k, n], bytes(&turned));
        }
    }
    let (a, b) = (logits(&packed), logits(&floats));
    assert!(a.iter().all(|x| x.is_finite()) && a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-4 * a.abs().max(1.0)));
    assert_ne!(a, logits(&Edited::new("gpt_oss")));
}

#[test]
fn passes_allocate_nothing_once_one_of_their_size_has_run() {
    for model in ["llama_dense", "qwen3_moe", "gpt_oss", "deepseek_v3"] {
        let counting = Arc::new(Counting::over(cpu()));
        let device: Arc<dyn Device> = counting.clone();
        let model = models::load(&Edited::new(model), &device, DType::F32).unwrap();
        let cache = KvCache::new(&device, &model.cache_spec(), 1, 16).unwrap();
        let stream = device.create_stream().unwrap();
        let (long, short) = (step(&*device, &[3, 141, 59, 26, 5]), step(&*device, &[7]));
        model.forward(&stream, &long, &cache, None).unwrap();
        let (count, memory) = (counting.allocations.load(Ordering::Relaxed), device.memory().unwrap());
        for step in [&short, &long, &short, &long] {
            model.forward(&stream, step, &cache, None).unwrap();
        }
        stream.synchronize().unwrap();
        assert_eq!(counting.allocations.load(Ordering::Relaxed), count);
        assert_eq!(device.memory().unwrap(), memory);
    }
}

#[test]
fn cache_of_another_model_is_refused() {
    let device = cpu();
    let model = models::load(&Edited::new("llama_dense"), &device, DType::F32).unwrap();
    let mut spec = model.cache_spec();
    spec.layers = 1;
    let cache = KvCache::new(&device, &spec, 1, 16).unwrap();
    let stream = device.create_stream().unwrap();
    let refused = model.forward(&stream, &step(&*device, &[1]), &cache, None).unwrap_err();
    assert!(matches!(refused, Error::Request { .. }), "{refused}");
}

#[test]
fn loading_holds_one_matrix_twice_and_never_the_model() {
    // The largest matrices: gate and up of all experts, or of the one network.
    for (name, largest) in [("llama_dense", 320 * 64 * 4), ("qwen3_moe", 8 * 64 * 64 * 4), ("mixtral", 4 * 96 * 64 * 4)] {
        for quantize in [None, Some(Quantize::W8A8), Some(Quantize::W4A16)] {
            let device = cpu();
            let options = LoadOptions { dtype: DType::F32, quantize, stored: false };
            let _model = models::load(&Edited::new(name), &device, options).unwrap();
            let memory = device.memory().unwrap();
            let beyond = memory.peak_bytes - memory.used_bytes;
            assert!(beyond <= largest, "{name}, {quantize:?}: {beyond} bytes beyond the model's {}", memory.used_bytes);
        }
    }
}
