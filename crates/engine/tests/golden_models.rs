//! The tiny models of `tests/golden/models` against what transformers computed.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::sync::Arc;

use ascend_compute::{DType, Device};
use ascend_engine::checkpoint::HfCheckpoint;
use ascend_engine::golden::{Golden, Runner, Setup, largest_difference};
use ascend_engine::models;

fn device() -> Arc<dyn Device> {
    ascend_compute::open("cpu").unwrap()
}

fn check(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/models").join(name);
    let (device, checkpoint) = (device(), HfCheckpoint::open(&folder).unwrap());
    let golden = Golden::read(&folder).unwrap();
    let model = models::load(&checkpoint, &device, DType::F32).unwrap();
    assert_eq!(golden.prompts.len(), 2);
    for setup in Setup::ALL {
        for (n, prompt) in golden.prompts.iter().enumerate() {
            let runner = Runner::new(&device, &*model, *setup, prompt.ids.len() + prompt.greedy.len()).unwrap();
            let answer = runner.run(&prompt.ids, prompt.greedy.len()).unwrap();
            let at = |what: &str| format!("{name}, {}, prompt {n}: {what}", setup.name);
            assert_eq!(answer.hidden_states.len(), prompt.hidden_states.len(), "{}", at("number of layers"));
            let hidden = prompt.hidden_states.iter().zip(&answer.hidden_states).enumerate();
            for (layer, (want, got)) in hidden {
                let skipped = want.len() / prompt.ids.len() * answer.first;
                let (off, place) = largest_difference(got, want[skipped..].iter().map(|&x| x.into()));
                assert!(off <= golden.logits_atol, "{}", at(&format!("hidden states after layer {layer} differ by {off:e} at {place}")));
            }
            let skipped = model.vocab() * answer.first;
            let (off, place) = largest_difference(&answer.logits, prompt.logits_f32[skipped..].iter().map(|&x| x.into()));
            assert!(off <= golden.logits_atol, "{}", at(&format!("logits differ by {off:e} at {place}")));
            assert_eq!(answer.greedy, prompt.greedy, "{}", at("greedy tokens"));
        }
    }
}

#[test]
fn llama_dense_agrees_with_transformers() {
    check("llama_dense");
}

#[test]
fn qwen3_moe_agrees_with_transformers() {
    check("qwen3_moe");
}

#[test]
fn mixtral_agrees_with_transformers() {
    check("mixtral");
}

#[test]
fn gpt_oss_agrees_with_transformers() {
    check("gpt_oss");
}

#[test]
fn deepseek_v3_agrees_with_transformers() {
    check("deepseek_v3");
}
