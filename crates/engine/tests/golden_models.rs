//! The tiny models of `tests/golden/models` against what transformers computed.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../examples/generate.rs"]
mod example;

use std::path::{Path, PathBuf};

use ascend_compute::DType;
use ascend_engine::golden::{Golden, Setup};
use ascend_engine::validate_models;
use ascend_validate::report::{Report, Status};

fn folder(model: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/models").join(model)
}

fn validate(folder: &Path, dtype: DType) -> Report {
    validate_models(folder, &ascend_compute::open("cpu").unwrap(), dtype).unwrap()
}

/// As [`validate`], on a simulated NPU, whose CANN is the version that `ASCEND_SIM_CANN` names.
fn validate_simulated(folder: &Path) -> Report {
    validate_models(folder, &ascend_compute::open("sim:0").unwrap(), DType::F32).unwrap()
}

/// The failed cases, name and reason.
fn failures(report: &Report) -> Vec<String> {
    let failed = report.cases.iter().filter(|c| c.status == Status::Failed);
    failed.map(|c| format!("{}: {}", c.name, c.reason)).collect()
}

fn agrees(model: &str) {
    for report in [validate(&folder(model), DType::F32), validate_simulated(&folder(model))] {
        assert!(failures(&report).is_empty(), "{:#?}", failures(&report));
        // Logits, hidden states and greedy tokens of two prompts.
        assert_eq!((report.summary.passed, report.summary.cases), (3 * 2 * Setup::ALL.len(), 3 * 2 * Setup::ALL.len()));
    }
}

#[test]
fn llama_dense_agrees_with_transformers() {
    agrees("llama_dense");
}

#[test]
fn qwen3_moe_agrees_with_transformers() {
    agrees("qwen3_moe");
}

#[test]
fn mixtral_agrees_with_transformers() {
    agrees("mixtral");
}

#[test]
fn gpt_oss_agrees_with_transformers() {
    agrees("gpt_oss");
}

#[test]
fn deepseek_v3_agrees_with_transformers() {
    agrees("deepseek_v3");
}

#[test]
fn the_example_generates_what_transformers_did() {
    for device in ["cpu", "sim:0"] {
        for prompt in Golden::read(&folder("qwen3_moe")).unwrap().prompts {
            let ids = prompt.ids.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
            let (tokens, text) = example::generate(device, &folder("qwen3_moe"), prompt.greedy.len(), &ids).unwrap();
            assert!(text.is_none() && tokens.iter().map(|&token| token as i32).eq(prompt.greedy), "{device}: {tokens:?}");
        }
    }
}

#[test]
fn the_example_takes_text_where_a_model_has_a_tokenizer() {
    let gguf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/gguf/valid_llama.gguf");
    let (tokens, text) = example::generate("cpu", &gguf, 3, "ab").unwrap();
    assert!(!tokens.is_empty() && tokens.len() <= 3 && text.is_some_and(|text| !text.is_empty()), "{tokens:?}");
    let refused = example::generate("cpu", &folder("llama_dense"), 3, "ab").unwrap_err().to_string();
    assert!(refused.contains("tokenizer.json"), "{refused}");
}

#[test]
fn bf16_stays_near_and_skips_what_only_f32_can_show() {
    for model in ["llama_dense", "gpt_oss"] {
        let report = validate(&folder(model), DType::BF16);
        assert!(failures(&report).is_empty(), "{:#?}", failures(&report));
        assert_eq!((report.summary.passed, report.summary.skipped), (2 * Setup::ALL.len(), 4 * Setup::ALL.len()));
    }
}

/// A copy of the dense model in which the first numbers of a tensor are other ones.
fn damaged(tensor: &str) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in ["config.json", "goldens.safetensors", "model.safetensors"] {
        std::fs::write(copy.path().join(file), std::fs::read(folder("llama_dense").join(file)).unwrap()).unwrap();
    }
    let weights = copy.path().join("model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let begin = {
        let (header, _) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        8 + header + safetensors::SafeTensors::read_metadata(&bytes).unwrap().1.info(tensor).unwrap().data_offsets.0
    };
    bytes[begin..begin + 256].copy_from_slice(&[1f32.to_le_bytes(); 64].concat());
    std::fs::write(weights, bytes).unwrap();
    copy
}

#[test]
fn first_wrong_layer_is_named() {
    for (tensor, named) in [
        ("model.layers.0.mlp.down_proj.weight", "wrong first after layer 0:"),
        ("model.layers.1.self_attn.o_proj.weight", "wrong first after layer 1 and the final norm:"),
        ("model.norm.weight", "wrong first after layer 1 and the final norm:"),
    ] {
        let report = validate(damaged(tensor).path(), DType::F32);
        let hidden: Vec<&str> = report.cases.iter().filter(|c| c.name.ends_with("hidden_states")).map(|c| &*c.reason).collect();
        assert!(hidden.iter().all(|reason| reason.contains(named)), "{tensor}: {hidden:#?}");
        let logits = report.cases.iter().filter(|c| c.name.ends_with("logits"));
        assert!(logits.clone().count() > 0 && logits.into_iter().all(|c| c.status == Status::Failed && c.reason.contains("position")));
    }
}

#[test]
fn wrong_greedy_token_is_named() {
    // The head changes logits, not hidden states.
    let report = validate(damaged("lm_head.weight").path(), DType::F32);
    let of = |check: &str| report.cases.iter().filter(|c| c.name.ends_with(check)).collect::<Vec<_>>();
    assert!(of("hidden_states").iter().all(|c| c.status == Status::Passed));
    assert!(of("greedy_tokens").iter().any(|c| c.reason.contains("must be")), "{:#?}", failures(&report));
}

#[test]
fn model_that_cannot_be_loaded_is_a_failed_case() {
    let copy = damaged("lm_head.weight");
    std::fs::remove_file(copy.path().join("model.safetensors")).unwrap();
    let report = validate(copy.path(), DType::F32);
    assert_eq!((report.summary.failed, report.summary.cases), (1, 1));
    assert!(report.cases[0].reason.contains("model.safetensors"), "{}", report.cases[0].reason);
}

#[test]
fn folder_without_models_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    let device = ascend_compute::open("cpu").unwrap();
    let refused = validate_models(empty.path(), &device, DType::F32).unwrap_err();
    assert!(refused.to_string().contains("goldens.safetensors"), "{refused}");
    assert!(matches!(validate_models(&empty.path().join("absent"), &device, DType::F32), Err(ascend_engine::Error::Io { .. })));
}
