//! Multi-head latent attention on a paged latent cache.

use ascend_compute::ops::{KvCacheWrite, Matmul, MlaCache, MlaDecode, MlaInputs, MlaPrefill, MlaQueries, Weight};
use ascend_compute::{DeviceExt, TensorView, TensorViewMut};

use super::{Context, Linear, RmsNorm, Rope};
use crate::Result;
use crate::step::Step;
use crate::weights::Weights;

/// Sizes of a latent attention layer.
#[derive(Clone, Copy, Debug)]
pub struct MlaShape {
    /// Hidden size `H`.
    pub hidden: usize,
    /// Heads `Hq`.
    pub heads: usize,
    /// Rank of the query projection; none: it is one matrix.
    pub q_rank: Option<usize>,
    /// Latent size `C`.
    pub latent: usize,
    /// Head elements without rope, `Dn`.
    pub nope: usize,
    /// Head elements with rope, `R`.
    pub rope: usize,
    /// Value dimension `Dv`.
    pub value: usize,
}

/// Attention that caches one latent and one rope part a token, shared by all heads.
///
/// Sequences without earlier context attend to keys and values that are expanded from their latents (cheaper for many queries); any other step stays in the latent space:
/// `W_UK` is absorbed into the queries, `W_UV` into the output. Both are parts of the same stored matrix, which is held a second time where the device reorders weights.
#[derive(Clone, Debug)]
pub struct Mla {
    shape: MlaShape,
    /// To the low rank of the queries, when they have one, with a norm.
    q_down: Option<(Linear, RmsNorm)>,
    q_up: Linear,
    kv_down: Linear,
    kv_norm: RmsNorm,
    kv_up: Linear,
    /// `[Hq, Dn, C]`.
    absorb_key: Weight,
    /// `[Hq, C, Dv]`.
    absorb_value: Weight,
    out: Linear,
    rope: Rope,
    scale: f32,
}

impl Mla {
    /// `{name}.q_proj` (or `q_a_proj`, `q_a_layernorm`, `q_b_proj`), `.kv_a_proj_with_mqa`, `.kv_a_layernorm`, `.kv_b_proj` (or `k_b_proj`, `v_b_proj`), `.o_proj`.
    ///
    /// `softmax_factor` is what the rope's stretch puts on the logits.
    pub fn load(weights: &Weights<'_>, name: &str, shape: MlaShape, rope: Rope, softmax_factor: f64, eps: f32, bias: bool) -> Result<Self> {
        let MlaShape { hidden, heads, q_rank, latent, nope, rope: turned, value } = shape;
        let part = |part: &str| format!("{name}.{part}");
        let linear = |name: &str, n, k, bias| Linear::load(weights, &part(name), n, k, bias);
        let (q_name, q_inputs) = q_rank.map_or(("q_proj", hidden), |rank| ("q_b_proj", rank));
        let q_down = |rank| {
            Ok::<_, crate::Error>((linear("q_a_proj", rank, hidden, bias)?, RmsNorm::load(weights, &part("q_a_layernorm"), rank, eps)?))
        };
        let kv_up = kv_up(weights, name, shape)?;
        let by_head = kv_up.reshape([heads, nope + value, latent])?;
        Ok(Self {
            shape,
            q_down: q_rank.map(q_down).transpose()?,
            q_up: linear(q_name, heads * (nope + turned), q_inputs, false)?,
            kv_down: linear("kv_a_proj_with_mqa", latent + turned, hidden, bias)?,
            kv_norm: RmsNorm::load(weights, &part("kv_a_layernorm"), latent, eps)?,
            absorb_key: weights.prepare(&Weight::kn(by_head.narrow(1, 0, nope)?))?,
            absorb_value: weights.prepare(&Weight::nk(by_head.narrow(1, nope, value)?)?)?,
            kv_up: Linear { weight: weights.prepare(&Weight::nk(kv_up)?)?, bias: None },
            out: linear("o_proj", hidden, heads * value, bias)?,
            rope,
            scale: (softmax_factor / ((nope + turned) as f64).sqrt()) as f32,
        })
    }

    /// What a token leaves in the cache: its latent `[C]` and its rope part `[R]`.
    pub fn cache_slots(&self) -> (Vec<usize>, Vec<usize>) {
        (vec![self.shape.latent], vec![self.shape.rope])
    }

    /// `x: [T, H]` to `[T, H]`.
    pub fn forward(&self, cx: Context<'_>, x: &TensorView, step: &Step, cache: &(TensorViewMut, TensorViewMut)) -> Result<TensorView> {
        let MlaShape { heads, latent, nope, rope, value, .. } = self.shape;
        let t = x.dim(0);
        let q = match &self.q_down {
            None => self.q_up.forward(cx, x)?,
            Some((down, norm)) => {
                let low = down.forward(cx, x)?;
                norm.in_place(cx, &low)?;
                self.q_up.forward(cx, &low)?
            }
        };
        let q = q.reshape([t, heads, nope + rope])?;
        let (q_nope, q_rope) = (q.narrow(2, 0, nope)?, q.narrow(2, nope, rope)?);
        self.rope.in_place(cx, &q_rope, &step.positions)?;

        let down = self.kv_down.forward(cx, x)?;
        let latents = self.kv_norm.forward(cx, &down.narrow(1, 0, latent)?)?;
        let k_rope = down.narrow(1, latent, rope)?;
        self.rope.in_place(cx, &k_rope.reshape([t, 1, rope])?, &step.positions)?;
        let (latent_cache, rope_cache) = cache;
        let write = KvCacheWrite::new(latents.clone(), step.slots.clone(), latent_cache.clone()).with_v(k_rope.clone(), rope_cache.clone());
        cx.device.kv_cache_write(cx.stream, write)?;

        let mixed = cx.empty([t, heads, value])?;
        if step.starts_sequences() {
            let kv = self.kv_up.forward(cx, &latents)?.reshape([t, heads, nope + value])?;
            let (k_nope, v) = (kv.narrow(2, 0, nope)?, kv.narrow(2, nope, value)?);
            let inputs = MlaInputs { q_nope, q_rope, k_nope, k_rope, v };
            let op = MlaPrefill::new(inputs, step.q_lens.clone(), step.kv_lens.clone(), self.scale, mixed.clone());
            cx.device.mla_prefill(cx.stream, op)?;
        } else {
            // Heads are the batch of these products: [Hq, T, ..] views of [T, Hq, ..] tensors.
            let absorbed = cx.empty([t, heads, latent])?;
            let by_head = |view: &TensorView| view.transpose(0, 1);
            let op = Matmul::new(by_head(&q_nope)?, self.absorb_key.clone(), by_head(&absorbed)?.to_mut());
            cx.device.matmul(cx.stream, op)?;

            let attended = cx.empty([t, heads, latent])?;
            let queries = MlaQueries { latent: absorbed.view(), rope: q_rope };
            let cache = MlaCache { latent: latent_cache.view(), rope: rope_cache.view(), table: step.tables.clone() };
            let op = MlaDecode::new(queries, cache, step.q_lens.clone(), step.kv_lens.clone(), self.scale, attended.clone());
            cx.device.mla_decode(cx.stream, op)?;

            let op = Matmul::new(by_head(&attended)?, self.absorb_value.clone(), by_head(&mixed)?.to_mut());
            cx.device.matmul(cx.stream, op)?;
        }
        self.out.forward(cx, &mixed.reshape([t, heads * value])?)
    }
}

/// `{name}.kv_b_proj: [Hq * (Dn + Dv), C]`, or the same put together from the two parts that GGUF files have: `k_b_proj: [Hq, C, Dn]` and `v_b_proj: [Hq, Dv, C]`.
fn kv_up(weights: &Weights<'_>, name: &str, shape: MlaShape) -> Result<TensorView> {
    let MlaShape { heads, latent, nope, value, .. } = shape;
    let (whole, whole_shape) = (format!("{name}.kv_b_proj.weight"), [heads * (nope + value), latent]);
    let keys = format!("{name}.k_b_proj.weight");
    if weights.has(&whole)? || !weights.has(&keys)? {
        return weights.tensor(&whole, &whole_shape);
    }
    let keys = weights.floats(&keys, &[heads, latent, nope])?;
    let values = weights.floats(&format!("{name}.v_b_proj.weight"), &[heads, value, latent])?;
    let mut joined = Vec::with_capacity(keys.len() + values.len());
    for (keys, values) in keys.chunks_exact(latent * nope).zip(values.chunks_exact(value * latent)) {
        joined.extend((0..nope).flat_map(|d| keys.iter().skip(d).step_by(nope)));
        joined.extend_from_slice(values);
    }
    weights.upload_floats(&joined, &whole_shape)
}
