//! What the tests share: devices, candle's own arithmetic in f64, comparison.

use std::sync::Arc;

use ascend_candle::Session;
use candle_core::{DType, Device, Result, Tensor};

use crate::remote::Remote;

/// A session on the CPU, which computes in candle's memory, and one on a device that does not.
pub(crate) fn sessions() -> [Session; 2] {
    let cpu = ascend_compute::open("cpu").unwrap();
    [Session::new(cpu.clone()), Session::new(Arc::new(Remote::new(cpu)))]
}

/// Numbers in `(-1, 1)` that look random and are the same each time.
pub(crate) fn noise(seed: u32, shape: &[usize], dtype: DType) -> Tensor {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let values = (0..shape.iter().product()).map(|_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    });
    Tensor::from_vec(values.collect::<Vec<f32>>(), shape, &Device::Cpu).unwrap().to_dtype(dtype).unwrap()
}

/// The largest difference, relative to the largest expected value.
pub(crate) fn error(got: &Tensor, expected: &Tensor) -> f64 {
    let f64s = |t: &Tensor| t.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
    assert_eq!(got.dims(), expected.dims());
    let (got, expected) = (f64s(got), f64s(expected));
    let scale = expected.iter().fold(0f64, |m, x| m.max(x.abs()));
    assert!(scale > 0.0, "an expected result of zeros proves nothing");
    let worst = got.iter().zip(&expected).fold(0f64, |m, (g, e)| if g.is_nan() { f64::NAN } else { m.max((g - e).abs()) });
    worst / scale
}

/// What an element may be off by, relative to the largest: accumulation in f32, or some roundings to 16 bits.
pub(crate) fn bound(dtype: DType) -> f64 {
    match dtype {
        DType::F32 => 2e-6,
        DType::F16 => 2e-3,
        _ => 1.6e-2,
    }
}

pub(crate) fn assert_close(got: &Tensor, expected: &Tensor, bound: f64, what: &str) {
    let error = error(got, expected);
    assert!(error <= bound, "{what}: error {error:e}, bound {bound:e}");
}

pub(crate) fn assert_same_bits(a: &Tensor, b: &Tensor) {
    assert_eq!((a.dims(), a.dtype()), (b.dims(), b.dtype()));
    // Widening to f64 is exact; no test here has a NaN.
    let f64s = |t: &Tensor| t.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1::<f64>().unwrap();
    assert_eq!(f64s(a), f64s(b));
}

/// The expert layer, token by token and slot by slot, in f64.
pub(crate) fn moe_experts(x: &Tensor, ids: &Tensor, weights: &Tensor, gate_up: &Tensor, down: &Tensor) -> Result<Tensor> {
    let wide = |t: &Tensor| t.to_dtype(DType::F64);
    let (x, gate_up, down) = (wide(x)?, wide(gate_up)?, wide(down)?);
    let (ids, weights) = (ids.to_vec2::<u32>()?, wide(weights)?.to_vec2::<f64>()?);
    let inner = down.dim(2)?;
    let mut rows = Vec::new();
    for (t, (ids, weights)) in ids.iter().zip(&weights).enumerate() {
        let x = x.narrow(0, t, 1)?;
        let mut sum = x.zeros_like()?;
        for (&e, &w) in ids.iter().zip(weights) {
            let both = x.matmul(&gate_up.get(e as usize)?.t()?)?;
            let mixed = (both.narrow(1, 0, inner)?.silu()? * both.narrow(1, inner, inner)?)?;
            sum = (sum + (mixed.matmul(&down.get(e as usize)?.t()?)? * w)?)?;
        }
        rows.push(sum);
    }
    Tensor::cat(&rows, 0)
}

/// Causal attention of one sequence in f64: `q: [S, Hq, D]` at the end of `k`, `v`: `[L, Hkv, D]`.
pub(crate) fn attention(q: &Tensor, k: &Tensor, v: &Tensor, scale: f64, window: usize) -> Result<Tensor> {
    let wide = |t: &Tensor| t.to_dtype(DType::F64)?.transpose(0, 1)?.contiguous();
    let (q, k, v) = (wide(q)?, wide(k)?, wide(v)?);
    let (heads, queries, _) = q.dims3()?;
    let (kv_heads, keys, _) = k.dims3()?;
    let sees = |i: usize, j: usize| j <= keys - queries + i && keys - queries + i - j < window;
    let mask: Vec<f64> = (0..queries).flat_map(|i| (0..keys).map(move |j| if sees(i, j) { 0.0 } else { f64::NEG_INFINITY })).collect();
    let mask = Tensor::from_vec(mask, (queries, keys), &Device::Cpu)?;
    let mut out = Vec::new();
    for h in 0..heads {
        let (k, v) = (k.get(h / (heads / kv_heads))?, v.get(h / (heads / kv_heads))?);
        let logits = ((q.get(h)?.matmul(&k.t()?)? * scale)? + &mask)?;
        let exp = logits.broadcast_sub(&logits.max_keepdim(1)?)?.exp()?;
        out.push(exp.broadcast_div(&exp.sum_keepdim(1)?)?.matmul(&v)?);
    }
    Tensor::stack(&out, 1)
}
