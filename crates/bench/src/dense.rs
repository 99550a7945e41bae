//! Dense products.

use ascend_hal::ops::{Matmul, Weight};
use ascend_hal::{DeviceExt, OpCall, Result};

use crate::storage::Storage;
use crate::{Bench, Case, largest_error};

/// `K` and `N`.
const CASES: [(&str, usize, usize); 4] =
    [("7168x2048", 7168, 2048), ("2048x7168", 2048, 7168), ("4096x4096", 4096, 4096), ("2048x1408", 2048, 1408)];
/// Matrices that take turns.
const VARIANTS: usize = 4;

pub(crate) fn all(bench: &mut Bench<'_>) -> Result<()> {
    let (chosen, storages) = (bench.chosen(&CASES.map(|(name, ..)| name))?, bench.storages()?);
    for (name, k, n) in CASES.into_iter().filter(|(name, ..)| chosen.contains(name)) {
        for &storage in &storages {
            case(bench, name, (k, n), storage)?;
        }
    }
    Ok(())
}

fn case(bench: &mut Bench<'_>, name: &str, (k, n): (usize, usize), storage: Storage) -> Result<()> {
    let weights = (0..VARIANTS as u64).map(|seed| bench.weight(storage, &[n, k], seed)).collect::<Result<Vec<_>>>()?;
    for m in bench.options.tokens.clone() {
        let (x, values) = bench.activations(storage, [m, k], storage.input_size(k))?;
        let code = |x: f32| (x * 127.0) as i8;
        let (x, x_scale) = if storage == Storage::Int8 {
            let codes: Vec<i8> = values.iter().map(|&x| code(x)).collect();
            (bench.device.upload(&codes, [m, k])?, Some(bench.device.upload(&vec![1.0 / 127.0f32; m], [m])?))
        } else {
            (x, None)
        };
        let y = bench.empty(storage.activations(), [m, n])?;
        let call = |weight: &Weight| OpCall::from(Matmul { x_scale: x_scale.clone(), ..Matmul::new(x.clone(), weight.clone(), y.clone()) });
        let calls: Vec<OpCall> = weights.iter().map(call).collect();
        bench.once(&calls[0])?;
        let exact = |x: f32| if storage == Storage::Int8 { f64::from(code(x)) / 127.0 } else { x.into() };
        let row: Vec<f64> = values[m / 2 * k..][..k].iter().map(|&x| exact(x)).collect();
        let want: Vec<f64> = (0..n).map(|n| storage.dot(n * k, k, 0, &row)).collect();
        let max_error = largest_error(&bench.read(&y)?[m / 2 * n..][..n], &want);
        let weight_bytes = (k * n) as f64 * storage.bits_per_weight() / 8.0;
        bench.measure(&Case {
            name: name.into(),
            tokens: m,
            dtype: storage.name(),
            calls,
            flops: 2.0 * (m * k * n) as f64,
            bytes: weight_bytes,
            weight_bytes: Some(weight_bytes),
            peak: storage.peak(),
            max_error,
        })?;
    }
    Ok(())
}
