//! The golden op `mla`: a whole DeepSeek-V3 attention layer put together on the device.
//!
//! The first tokens go through the prefill kernel, the others one by one through the decode kernel on a paged cache. The intermediate results that the file has are compared too.

use std::sync::Arc;

use ascend_hal::ops::{
    KvCacheWrite, Lengths, Matmul, MlaCache, MlaDecode, MlaInputs, MlaPrefill, MlaQueries, Norm, NormKind, Rope, RopeStyle, Weight,
};
use ascend_hal::{DType, DeviceExt, TensorView, TensorViewMut, host};

use crate::{Bench, Expected, GoldenFile, Result, Tolerance, Work};

/// Slots of a page; small, so that even short sequences have several.
const PAGE: usize = 4;

/// Tokens, heads and widths are refused beyond this: products of three of them still fit.
const MAX_SIZE: usize = 1 << 20;

/// The layer, as the file has it.
struct Layer {
    hidden: TensorView,
    /// The low-rank step before `q_proj`: projection and norm.
    q_low: Option<[TensorView; 2]>,
    q_proj: TensorView,
    kv_a_proj: TensorView,
    kv_a_norm: TensorView,
    kv_b_proj: TensorView,
    o_proj: TensorView,
    /// `[S, R/2]` f32.
    cos: TensorView,
    sin: TensorView,
    style: RopeStyle,
    tokens: usize,
    prefill: usize,
    heads: usize,
    nope: usize,
    rope: usize,
    v: usize,
    latent: usize,
    eps: f32,
    scale: f32,
}

pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let layer = Layer::read(file)?;
    let mut expected = vec![file.expected("out", "expected_out_f64", "out")?];
    let parts = [
        ("latent", "expected_latent_f64"),
        ("k_rope", "expected_k_rope_half_order_f64"),
        ("q_nope", "expected_q_nope_f64"),
        ("q_rope", "expected_q_rope_half_order_f64"),
        ("q_absorbed", "expected_q_absorbed_f64"),
        ("ctx_latent", "expected_ctx_latent_f64"),
    ];
    for (name, tensor) in parts {
        if file.has(tensor) {
            expected.push(part(name, file.values(tensor)?, layer.hidden.dtype()));
        }
    }
    Ok(Work::Composed { compose: Arc::new(move |bench| layer.run(bench)), expected })
}

/// An intermediate result, for which the files have no hint. Each op on its way rounds to the dtype once, and up to five of them lie behind one; relative to the largest
/// element, that is within eight units in the last place for the narrow types and, f32 sums included, within 1e-5 for f32 (what the files' own hints allow for `out`).
fn part(name: &'static str, values: Vec<f64>, dtype: DType) -> Expected {
    let relative = match dtype {
        DType::F32 => 1e-5,
        DType::F16 => 8.0 / 2048.0,
        _ => 8.0 / 256.0,
    };
    let largest = values.iter().fold(0f64, |m, x| m.max(x.abs()));
    let tolerance = Some(Tolerance { atol: relative * largest, rtol: relative });
    Expected { name, values, tolerance, off_by_one_allowed: Vec::new() }
}

impl Layer {
    fn read(file: &GoldenFile) -> Result<Self> {
        let size = |name: &str, n: usize| {
            if n <= MAX_SIZE { Ok(n) } else { Err(file.error(format!("`{name}` is {n}; at most {MAX_SIZE} is read"))) }
        };
        let count = |name: &str| file.count(name).and_then(|n| size(name, n));
        let weight = |name: &str| file.tensor(&format!("weights.{name}.weight"));
        let hidden = file.tensor("hidden")?;
        let (tokens, prefill, rope) = (size("tokens", hidden.dim(0))?, count("prefill")?, count("rope")?);
        if prefill > tokens {
            return Err(file.error(format!("a prefill of {prefill} of {tokens} tokens")));
        }
        let (q_low, q_proj) = if file.param("q_lora").is_null() {
            (None, weight("q_proj")?)
        } else {
            (Some([weight("q_a_proj")?, weight("q_a_layernorm")?]), weight("q_b_proj")?)
        };
        let factor = if file.param("rope_attention_scaling").is_null() { 1.0 } else { file.number("rope_attention_scaling")? };
        let frequencies = file.values("rope_inv_freq_f64")?;
        size("tokens * rope", tokens.saturating_mul(frequencies.len()) / 64)?;
        let table = |f: fn(f64) -> f64| -> Result<TensorView> {
            let angles = (0..tokens).flat_map(|t| frequencies.iter().map(move |w| t as f64 * w));
            let values: Vec<f32> = angles.map(|angle| (f(angle) * factor) as f32).collect();
            Ok(host::tensor(&values, [tokens, frequencies.len()])?)
        };
        Ok(Self {
            q_low,
            q_proj,
            kv_a_proj: weight("kv_a_proj_with_mqa")?,
            kv_a_norm: weight("kv_a_layernorm")?,
            kv_b_proj: weight("kv_b_proj")?,
            o_proj: weight("o_proj")?,
            cos: table(f64::cos)?,
            sin: table(f64::sin)?,
            style: if file.flag("interleave")? { RopeStyle::InterleavedToHalf } else { RopeStyle::Half },
            tokens,
            prefill,
            heads: count("heads")?,
            nope: count("nope")?,
            rope,
            v: count("v")?,
            latent: count("kv_lora")?,
            eps: file.number("rms_eps")? as f32,
            scale: file.number("softmax_scale")? as f32,
            hidden,
        })
    }

    fn run(&self, bench: &Bench<'_>) -> Result<Vec<(&'static str, TensorView)>> {
        let (s, h, p) = (self.tokens, self.heads, self.prefill);
        let dtype = self.hidden.dtype();
        let empty = |shape: &[usize]| -> Result<TensorViewMut> { Ok(bench.device.empty(dtype, ascend_hal::Dims::new(shape)?)?) };
        let hidden = bench.to_device(&self.hidden)?;

        let q = self.queries(bench, &hidden)?.reshape([s, h, self.nope + self.rope])?;
        let q_nope = q.narrow(2, 0, self.nope)?;
        let q_rope = self.turned(bench, &q.narrow(2, self.nope, self.rope)?)?;

        let kv = linear(bench, &hidden, &self.kv_a_proj)?;
        let latent = self.norm(bench, &kv.narrow(1, 0, self.latent)?, &self.kv_a_norm)?;
        let k_rope = self.turned(bench, &kv.narrow(1, self.latent, self.rope)?.reshape([s, 1, self.rope])?)?.reshape([s, self.rope])?;

        // The parts of kv_b_proj: [H, nope, C] takes queries into the latent space, [H, v, C] takes latents to values.
        let kv_b = bench.to_device(&self.kv_b_proj)?;
        let by_head = kv_b.reshape([h, self.nope + self.v, self.latent])?;
        let absorbed = empty(&[s, h, self.latent])?;
        let into_latent = Weight::kn(by_head.narrow(1, 0, self.nope)?);
        bench.run(Matmul::new(q_nope.transpose(0, 1)?, into_latent, absorbed.transpose(0, 1)?.to_mut()))?;

        let cache = self.cache(bench)?;
        let context = empty(&[s, h, self.latent])?;
        let attended = empty(&[s, h, self.v])?;
        let decode = |rows: std::ops::Range<usize>| -> Result<()> {
            let part = |x: &TensorView| x.narrow(0, rows.start, rows.len());
            let q = MlaQueries { latent: part(&absorbed)?, rope: part(&q_rope)? };
            let (q_lens, kv_lens) = (one_sequence(bench, rows.len())?, one_sequence(bench, rows.end)?);
            bench.run(MlaDecode::new(q, cache.clone(), q_lens, kv_lens, self.scale, part(&context)?.to_mut()))
        };
        if p > 0 {
            self.write(bench, &cache, &latent, &k_rope, 0..p)?;
            let kv = linear(bench, &latent.narrow(0, 0, p)?, &self.kv_b_proj)?.reshape([p, h, self.nope + self.v])?;
            let inputs = MlaInputs {
                q_nope: q_nope.narrow(0, 0, p)?,
                q_rope: q_rope.narrow(0, 0, p)?,
                k_nope: kv.narrow(2, 0, self.nope)?,
                k_rope: k_rope.narrow(0, 0, p)?,
                v: kv.narrow(2, self.nope, self.v)?,
            };
            let (q_lens, kv_lens) = (one_sequence(bench, p)?, one_sequence(bench, p)?);
            bench.run(MlaPrefill::new(inputs, q_lens, kv_lens, self.scale, attended.narrow(0, 0, p)?.to_mut()))?;
            // What decode makes of the same tokens, as if all of them were speculative.
            decode(0..p)?;
        }
        for t in p..s {
            self.write(bench, &cache, &latent, &k_rope, t..t + 1)?;
            decode(t..t + 1)?;
        }
        if p < s {
            let to_values = Weight::nk(by_head.narrow(1, self.nope, self.v)?)?;
            let rows = context.narrow(0, p, s - p)?.transpose(0, 1)?;
            bench.run(Matmul::new(rows, to_values, attended.narrow(0, p, s - p)?.transpose(0, 1)?.to_mut()))?;
        }
        let out = linear(bench, &attended.reshape([s, h * self.v])?, &self.o_proj)?;
        Ok(vec![
            ("out", out),
            ("latent", latent),
            ("k_rope", k_rope),
            ("q_nope", q_nope),
            ("q_rope", q_rope),
            ("q_absorbed", absorbed.view()),
            ("ctx_latent", context.view()),
        ])
    }

    fn queries(&self, bench: &Bench<'_>, hidden: &TensorView) -> Result<TensorView> {
        match &self.q_low {
            None => linear(bench, hidden, &self.q_proj),
            Some([a, norm]) => linear(bench, &self.norm(bench, &linear(bench, hidden, a)?, norm)?, &self.q_proj),
        }
    }

    fn norm(&self, bench: &Bench<'_>, x: &TensorView, weight: &TensorView) -> Result<TensorView> {
        let y = bench.device.empty(x.dtype(), *x.shape())?;
        bench.run(Norm::new(x.clone(), bench.to_device(weight)?, NormKind::Rms, self.eps, y.clone()))?;
        Ok(y.view())
    }

    fn turned(&self, bench: &Bench<'_>, x: &TensorView) -> Result<TensorView> {
        let y = bench.device.empty(x.dtype(), *x.shape())?;
        let positions: Vec<i32> = (0..self.tokens as i32).collect();
        let positions = bench.device.upload(&positions, [self.tokens])?;
        bench.run(Rope::new(x.clone(), bench.to_device(&self.cos)?, bench.to_device(&self.sin)?, positions, self.style, y.clone()))?;
        Ok(y.view())
    }

    /// A cache for the tokens, its pages last to first; unused slots are NaN.
    fn cache(&self, bench: &Bench<'_>) -> Result<MlaCache> {
        let pages = self.tokens.div_ceil(PAGE).max(1);
        let dtype = self.hidden.dtype();
        let of = |width: usize| -> Result<TensorView> {
            let junk = vec![f64::NAN; pages * PAGE * width];
            bench.to_device(&crate::generate::tensor(dtype, [pages, PAGE, width], &junk)?)
        };
        let table: Vec<i32> = (0..pages as i32).rev().collect();
        Ok(MlaCache { latent: of(self.latent)?, rope: of(self.rope)?, table: bench.device.upload(&table, [1, pages])? })
    }

    fn write(
        &self,
        bench: &Bench<'_>,
        cache: &MlaCache,
        latent: &TensorView,
        k_rope: &TensorView,
        rows: std::ops::Range<usize>,
    ) -> Result<()> {
        let pages = cache.table.numel();
        let slots: Vec<i32> = rows.clone().map(|t| ((pages - 1 - t / PAGE) * PAGE + t % PAGE) as i32).collect();
        let slots = bench.device.upload(&slots, [rows.len()])?;
        let part = |x: &TensorView| x.narrow(0, rows.start, rows.len());
        bench.run(KvCacheWrite::new(part(latent)?, slots, cache.latent.to_mut()).with_v(part(k_rope)?, cache.rope.to_mut()))
    }
}

/// `x @ weight^T`.
fn linear(bench: &Bench<'_>, x: &TensorView, weight: &TensorView) -> Result<TensorView> {
    let y = bench.device.empty(x.dtype(), [x.dim(0), weight.dim(0)])?;
    bench.run(Matmul::new(x.clone(), Weight::nk(bench.to_device(weight)?)?, y.clone()))?;
    Ok(y.view())
}

fn one_sequence(bench: &Bench<'_>, len: usize) -> Result<Lengths> {
    let sum = [0, i32::try_from(len).unwrap_or(i32::MAX)];
    Ok(Lengths::new(bench.device.upload(&sum, [2])?).with_host(sum))
}
