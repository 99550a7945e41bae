//! The choice of experts.

use ascend_hal::ops::{Gating, GroupScore, Score};
use ascend_hal::{DType, OpCall, Result};

use crate::Bench;

pub(crate) fn all(bench: &mut Bench<'_>) -> Result<()> {
    let k = 8;
    for name in bench.chosen(&["softmax", "deepseek-v3"])? {
        for t in bench.options.tokens.clone() {
            let (weights, ids) = (bench.empty(DType::F32, [t, k])?, bench.empty(DType::I32, [t, k])?);
            let y = weights.view();
            let op = if name == "softmax" {
                Gating::new(bench.floats(DType::F32, [t, 128])?, Score::SoftmaxTopK, weights, ids).with_renormalize()
            } else {
                Gating::new(bench.floats(DType::F32, [t, 256])?, Score::Sigmoid, weights, ids)
                    .with_bias(bench.floats(DType::F32, [256])?)
                    .with_groups(8, 4, GroupScore::Top2Sum)
                    .with_renormalize()
                    .with_scale(2.5)
            };
            let call = OpCall::from(op);
            bench.measure_streaming(name, t, "f32", call, &y)?;
        }
    }
    Ok(())
}
