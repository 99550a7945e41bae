//! The operators between the products.

use ascend_hal::ops::{Cast, FinalizeRouting, Glu, GluKind, InitRouting, Norm, NormKind, Quantize, Rope, RopeStyle};
use ascend_hal::{DType, DeviceExt, OpCall, Result, TensorView};

use crate::Bench;

/// Width of the rows, and experts per token.
const H: usize = 2048;
const K: usize = 8;

const CASES: [&str; 8] = ["rms_norm", "swiglu", "rope", "quantize", "cast_to_f32", "cast_to_bf16", "init_routing", "finalize_routing"];

pub(crate) fn all(bench: &mut Bench<'_>) -> Result<()> {
    for name in bench.chosen(&CASES)? {
        for t in bench.options.tokens.clone() {
            let (call, y) = call(bench, name, t)?;
            bench.measure_streaming(name, t, if name == "cast_to_bf16" { "f32" } else { "bf16" }, call, &y)?;
        }
    }
    Ok(())
}

/// A call on `t` rows, and its first output.
fn call(bench: &Bench<'_>, name: &str, t: usize) -> Result<(OpCall, TensorView)> {
    let x = || bench.floats(DType::BF16, [t, H]);
    let y = bench.empty(DType::BF16, [t, H])?;
    let out = y.view();
    Ok(match name {
        "rms_norm" => (Norm::new(x()?, bench.floats(DType::BF16, [H])?, NormKind::Rms, 1e-6, y).into(), out),
        "swiglu" => (Glu::new(bench.floats(DType::BF16, [t, 2 * H])?, GluKind::Swiglu, y).into(), out),
        "rope" => {
            let heads = [t, H / 128, 128];
            let positions = bench.device.upload(&(0..t as i32).collect::<Vec<_>>(), [t])?;
            let (cos, sin) = (bench.floats(DType::F32, [t, 64])?, bench.floats(DType::F32, [t, 64])?);
            let y = bench.empty(DType::BF16, heads)?;
            let out = y.view();
            (Rope::new(bench.floats(DType::BF16, heads)?, cos, sin, positions, RopeStyle::Half, y).into(), out)
        }
        "quantize" => {
            let codes = bench.empty(DType::I8, [t, H])?;
            let out = codes.view();
            (Quantize::new(x()?, codes, bench.empty(DType::F32, [t])?).into(), out)
        }
        "cast_to_f32" => {
            let y = bench.empty(DType::F32, [t, H])?;
            let out = y.view();
            (Cast::new(x()?, y).into(), out)
        }
        "cast_to_bf16" => (Cast::new(bench.floats(DType::F32, [t, H])?, y).into(), out),
        _ => {
            let ids: Vec<i32> = (0..t * K).map(|i| (i % K * 16 + i / K % 16) as i32).collect();
            let ids = bench.device.upload(&ids, [t, K])?;
            let (rows, flat_to_row) = (bench.empty(DType::BF16, [t * K, H])?, bench.empty(DType::I32, [t * K])?);
            let init = OpCall::from(InitRouting::new(x()?, ids, 128, rows.clone(), flat_to_row.clone()));
            if name == "init_routing" {
                (init, rows.view())
            } else {
                bench.once(&init)?;
                let weights = bench.floats(DType::F32, [t, K])?;
                (FinalizeRouting::new(rows.view(), flat_to_row.view(), y).with_weights(weights).into(), out)
            }
        }
    })
}
