//! A dense model split into experts gives what the dense model gives.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod edited;

use ascend_compute::DType;
use ascend_engine::Error;
use ascend_engine::checkpoint::{Checkpoint, Decoder, Encoding, SplitExperts};
use ascend_engine::models::LoadOptions;
use ascend_engine::quantize::Quantize;
use edited::{Edited, logits, logits_with};
use serde_json::json;

#[test]
fn experts_are_rows_and_columns_of_the_dense_matrices() {
    let dense = Edited::new("llama_dense");
    let split = SplitExperts::new(&dense, 8).unwrap();
    let floats = |name: &str| Decoder::open(&split, name).unwrap().unwrap().decode_all::<f32>().unwrap();
    let layer = "model.layers.1";
    for e in [0, 3, 7] {
        let of_expert = |part: &str| floats(&format!("{layer}.block_sparse_moe.experts.{e}.{part}.weight"));
        for (part, of) in [("w1", "gate_proj"), ("w3", "up_proj")] {
            assert_eq!(of_expert(part), dense.floats(&format!("{layer}.mlp.{of}.weight"))[e * 20 * 64..][..20 * 64]);
        }
        let down = dense.floats(&format!("{layer}.mlp.down_proj.weight"));
        let columns: Vec<f32> = down.chunks(160).flat_map(|row| row[e * 20..][..20].iter().map(|x| 8. * x)).collect();
        assert_eq!(of_expert("w2"), columns);
    }
    assert_eq!(floats(&format!("{layer}.block_sparse_moe.gate.weight")), [0.; 8 * 64]);
    // 24 and a router for the three of each layer.
    assert_eq!(split.names().len(), dense.names().len() + 2 * (24 + 1 - 3));
    assert!(split.tensor(&format!("{layer}.mlp.gate_proj.weight")).unwrap().is_none());
}

#[test]
fn split_models_equal_the_dense_one() {
    let dense = Edited::new("llama_dense");
    let want = logits(&dense);
    let largest = want.iter().fold(0f32, |m, x| m.max(x.abs()));
    for experts in [1, 2, 8, 32] {
        let got = logits(&SplitExperts::new(&dense, experts).unwrap());
        let off = got.iter().zip(&want).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
        // The same terms in another order: some dozen roundings of sums of this size.
        assert!(off <= 32. * f32::EPSILON * largest, "{experts} experts: off by {off:e} of {largest}");
    }
}

#[test]
fn split_models_quantise_like_any_other() {
    let dense = Edited::new("llama_dense");
    let split = SplitExperts::new(&dense, 8).unwrap();
    let options = LoadOptions::from(DType::F32).with_quantize(Quantize::W8A8);
    let (got, want) = (logits_with(&split, options), logits(&dense));
    let square = |x: f32| f64::from(x) * f64::from(x);
    let off = got.iter().zip(&want).map(|(a, b)| square(a - b)).sum::<f64>() / want.iter().map(|&x| square(x)).sum::<f64>();
    assert!(off.sqrt() < 0.05 && off > 0., "{}", off.sqrt());
}

#[test]
fn what_cannot_be_split_is_refused() {
    for model in ["mixtral", "qwen3_moe", "gpt_oss", "deepseek_v3"] {
        let checkpoint = Edited::new(model);
        assert!(matches!(SplitExperts::new(&checkpoint, 4), Err(Error::Unsupported { .. })), "{model}");
    }
    let biased = Edited::new("llama_dense").with("mlp_bias", json!(true));
    assert!(matches!(SplitExperts::new(&biased, 4), Err(Error::Unsupported { found, .. }) if found == "mlp_bias"));
    let dense = Edited::new("llama_dense");
    for experts in [0, 3, 5, 64] {
        let refused = SplitExperts::new(&dense, experts).map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("divides the intermediate size 160"), "{refused}");
    }
    // A tensor that is not what the configuration says.
    let name = "model.layers.0.mlp.gate_proj.weight";
    let short = Edited::new("llama_dense").with_tensor(name, Encoding::F32, &[7, 64], vec![0; 7 * 64 * 4]);
    let split = SplitExperts::new(&short, 8).unwrap();
    let refused = split.tensor("model.layers.0.block_sparse_moe.experts.2.w1.weight").map(|_| ()).unwrap_err();
    assert!(matches!(&refused, Error::Format { message, .. } if message.contains(name)), "{refused}");
}
