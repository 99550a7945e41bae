//! Multi-head latent attention (DeepSeek): absorbed decode on a paged latent cache, and prefill with the rope part apart.

use super::attention::*;
use super::lengths::{KeyRows, Lengths, Sequences, visible_pairs};
use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// `out = softmax(scale * (q_latent . latent + q_rope . rope)) @ latent`, one latent "head" shared by all query heads.
///
/// Causal, bottom-right: query `i` of a sequence stands at `p = L - S + i` and sees keys `j <= p`. `lse = ln(sum_j exp(s_j))` over them.
///
/// | | |
/// |---|---|
/// | dtypes | queries, caches and `out`: one of f32, f16, bf16; `lse`: f32; lengths and table: i32 |
/// | accumulated | f32: both dot products in one sum, scale, exponentials, sums; the weights stay f32 in the product with the latents |
/// | rounding | once, to `out`'s dtype |
/// | order | a row's result depends on its own query and the keys it sees only |
/// | source | aclnnFusedInferAttentionScoreV3 with queryRope and keyRope |
///
/// The order of the rope part's elements is the caller's: it only has to be the same in `q_rope` and in the cache.
#[derive(Clone, Debug)]
pub struct MlaDecode {
    /// `[sum S, Hq, C]`: queries absorbed into the latent space.
    pub q_latent: TensorView,
    /// `[sum S, Hq, R]`.
    pub q_rope: TensorView,
    /// `[pages, P, C]`.
    pub latent_cache: TensorView,
    /// `[pages, P, R]`.
    pub rope_cache: TensorView,
    /// `[B, max_pages]` i32; the first `ceil(L / P)` of a row must be pages of the cache, the others are not looked at.
    pub table: TensorView,
    /// Query lengths `S` (1, or more with speculative tokens).
    pub q_lens: Lengths,
    /// Cached lengths `L`, the queries' own places included.
    pub kv_lens: Lengths,
    /// Factor on the dot products, the YaRN factor included; finite.
    pub scale: f32,
    /// `[sum S, Hq, C]`. Rows beyond the last sequence are left untouched.
    pub out: TensorViewMut,
    /// `[sum S, Hq]` f32: natural log of the softmax denominator; -inf for a row that sees nothing.
    pub lse: Option<TensorViewMut>,
}

/// Queries of an [`MlaDecode`]: the absorbed part and the rope part.
#[derive(Clone, Debug)]
pub struct MlaQueries {
    /// `[sum S, Hq, C]`.
    pub latent: TensorView,
    /// `[sum S, Hq, R]`.
    pub rope: TensorView,
}

/// Cache of an [`MlaDecode`].
#[derive(Clone, Debug)]
pub struct MlaCache {
    /// `[pages, P, C]`.
    pub latent: TensorView,
    /// `[pages, P, R]`.
    pub rope: TensorView,
    /// `[B, max_pages]` i32.
    pub table: TensorView,
}

impl MlaDecode {
    /// Decode of `q` on `cache`, without `lse`.
    pub fn new(q: MlaQueries, cache: MlaCache, q_lens: Lengths, kv_lens: Lengths, scale: f32, out: TensorViewMut) -> Self {
        Self {
            q_latent: q.latent,
            q_rope: q.rope,
            latent_cache: cache.latent,
            rope_cache: cache.rope,
            table: cache.table,
            q_lens,
            kv_lens,
            scale,
            out,
            lse: None,
        }
    }

    /// Also gives the log of the softmax denominators, to merge chunks of a context.
    pub fn with_lse(mut self, lse: TensorViewMut) -> Self {
        self.lse = Some(lse);
        self
    }

    /// As [`Attention::sequences`].
    pub fn sequences(&self, ints: impl Fn(&TensorView) -> Result<Vec<i64>>) -> Result<Sequences> {
        let op = Self::KIND;
        let queries = self.q_lens.ranges(op, "q_lens", &ints(&self.q_lens.cumulative)?, self.q_latent.dim(0))?;
        let lens = self.kv_lens.ranges(op, "kv_lens", &ints(&self.kv_lens.cumulative)?, usize::MAX)?;
        Ok(Sequences { queries, keys: KeyRows::paged(op, lens, &self.table, &ints(&self.table)?, &self.latent_cache)? })
    }
}

/// Attention with keys in two parts: `out = softmax(scale * (q_nope . k_nope + q_rope . k_rope)) @ v`; `k_rope` is shared by all heads.
///
/// `causal` is bottom-right aligned: query `i` of a sequence stands at `p = L - S + i` and sees keys `j <= p`. `lse = ln(sum_j exp(s_j))` over the keys seen.
/// A chunk of earlier context runs with `causal` off, and the chunks are merged by their `lse`.
///
/// | | |
/// |---|---|
/// | dtypes | queries, keys, values and `out`: one of f32, f16, bf16; `lse`: f32; lengths: i32 |
/// | accumulated | f32: both dot products in one sum, scale, exponentials, sums; the weights stay f32 in the product with `v` |
/// | rounding | once, to `out`'s dtype |
/// | order | a row's result depends on its own query and the keys it sees only |
/// | source | aclnnFusedInferAttentionScoreV3 with queryRope and keyRope |
#[derive(Clone, Debug)]
pub struct MlaPrefill {
    /// `[sum S, Hq, Dn]`.
    pub q_nope: TensorView,
    /// `[sum S, Hq, R]`.
    pub q_rope: TensorView,
    /// `[sum L, Hq, Dn]`.
    pub k_nope: TensorView,
    /// `[sum L, R]`.
    pub k_rope: TensorView,
    /// `[sum L, Hq, Dv]`.
    pub v: TensorView,
    /// Query lengths `S`.
    pub q_lens: Lengths,
    /// Key lengths `L`.
    pub kv_lens: Lengths,
    /// Factor on the dot products, the YaRN factor included; finite.
    pub scale: f32,
    /// Causal, bottom-right; otherwise every key is seen (an earlier chunk of the context).
    pub causal: bool,
    /// `[sum S, Hq, Dv]`. Rows beyond the last sequence are left untouched.
    pub out: TensorViewMut,
    /// `[sum S, Hq]` f32: natural log of the softmax denominator; -inf for a row that sees nothing.
    pub lse: Option<TensorViewMut>,
}

/// Queries, keys and values of an [`MlaPrefill`].
#[derive(Clone, Debug)]
pub struct MlaInputs {
    /// `[sum S, Hq, Dn]`.
    pub q_nope: TensorView,
    /// `[sum S, Hq, R]`.
    pub q_rope: TensorView,
    /// `[sum L, Hq, Dn]`.
    pub k_nope: TensorView,
    /// `[sum L, R]`.
    pub k_rope: TensorView,
    /// `[sum L, Hq, Dv]`.
    pub v: TensorView,
}

impl MlaPrefill {
    /// Causal prefill, without `lse`.
    pub fn new(x: MlaInputs, q_lens: Lengths, kv_lens: Lengths, scale: f32, out: TensorViewMut) -> Self {
        let MlaInputs { q_nope, q_rope, k_nope, k_rope, v } = x;
        Self { q_nope, q_rope, k_nope, k_rope, v, q_lens, kv_lens, scale, causal: true, out, lse: None }
    }

    /// Every query sees every key of its sequence.
    pub fn without_causal(mut self) -> Self {
        self.causal = false;
        self
    }

    /// Also gives the log of the softmax denominators, to merge chunks of a context.
    pub fn with_lse(mut self, lse: TensorViewMut) -> Self {
        self.lse = Some(lse);
        self
    }

    /// As [`Attention::sequences`].
    pub fn sequences(&self, ints: impl Fn(&TensorView) -> Result<Vec<i64>>) -> Result<Sequences> {
        let op = Self::KIND;
        let queries = self.q_lens.ranges(op, "q_lens", &ints(&self.q_lens.cumulative)?, self.q_nope.dim(0))?;
        let lens = self.kv_lens.ranges(op, "kv_lens", &ints(&self.kv_lens.cumulative)?, self.k_nope.dim(0))?;
        Ok(Sequences { queries, keys: KeyRows::packed(lens) })
    }
}

impl Op for MlaDecode {
    const KIND: OpKind = OpKind::MlaDecode;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["paged"];
    const RULES: &'static [Rule] = &[
        NO_TOKENS,
        EMPTY_SEQUENCE,
        BOTTOM_RIGHT,
        BEFORE_FIRST_KEY,
        LARGE_LOGITS,
        INFINITE_LOGIT,
        MASKED_NAN,
        VISIBLE_NAN,
        TAIL_UNTOUCHED,
        UNUSED_SLOTS,
        BAD_TABLE,
        BAD_LENGTHS,
    ];

    tensors!(q_latent: in, q_rope: in, latent_cache: in, rope_cache: in, table: in, q_lens: in, kv_lens: in, out: Float, lse: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        let dtype = self.q_latent.dtype();
        c.dtype("q_latent", &self.q_latent, Self::DTYPES)?;
        let [t, hq, latent] = c.rank("q_latent", &self.q_latent, "[T, Hq, C]")?;
        c.dtype("q_rope", &self.q_rope, &[dtype])?;
        let [_, _, rope] = c.rank("q_rope", &self.q_rope, "[T, Hq, R]")?;
        c.shape("q_rope", &self.q_rope, [("T", t), ("Hq", hq), ("R", rope)])?;
        c.that(hq >= 1 && latent >= 1, "q_latent", "at least one head and C >= 1", self.q_latent.shape())?;
        c.that(rope >= 1, "q_rope", "R >= 1", self.q_rope.shape())?;
        c.dtype("latent_cache", &self.latent_cache, &[dtype])?;
        let [pages, p, _] = c.rank("latent_cache", &self.latent_cache, "[pages, P, C]")?;
        c.shape("latent_cache", &self.latent_cache, [("pages", pages), ("P", p), ("C", latent)])?;
        c.dtype("rope_cache", &self.rope_cache, &[dtype])?;
        c.shape("rope_cache", &self.rope_cache, [("pages", pages), ("P", p), ("R", rope)])?;
        self.q_lens.check(c, "q_lens")?;
        self.kv_lens.check(c, "kv_lens")?;
        let b = self.q_lens.sequences();
        c.shape("kv_lens", &self.kv_lens.cumulative, [("B + 1", b + 1)])?;
        check_table(c, &self.table, b, &self.latent_cache)?;
        check_scale(c, self.scale)?;
        c.dtype("out", &self.out, &[dtype])?;
        c.shape("out", &self.out, [("T", t), ("Hq", hq), ("C", latent)])?;
        check_lse(c, self.lse.as_ref(), t, hq)
    }

    /// As [`Attention`]'s: exact with lengths on the host, else sequences are taken to fill their table.
    fn cost(&self) -> Cost {
        let assumed = self.table.numel() as f64 * self.latent_cache.dim(1) as f64;
        let (pairs, keys) = visible_pairs((&self.q_lens, self.q_latent.dim(0)), (&self.kv_lens, assumed), true, None);
        let (latent, rope) = (self.latent_cache.dim(2) as f64, self.rope_cache.dim(2) as f64);
        let flops = pairs * self.q_latent.dim(1) as f64 * (4.0 * latent + 2.0 * rope + 5.0);
        let mut cost = Cost::streaming_but(self, flops, &["latent_cache", "rope_cache"]);
        cost.read_bytes += keys * (latent + rope) * (self.latent_cache.dtype().bits() / 8) as f64;
        cost
    }

    fn dtype(&self) -> DType {
        self.q_latent.dtype()
    }

    fn variant(&self) -> &'static str {
        "paged"
    }
}

impl Op for MlaPrefill {
    const KIND: OpKind = OpKind::MlaPrefill;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["causal", "full"];
    const RULES: &'static [Rule] = &[
        NO_TOKENS,
        EMPTY_SEQUENCE,
        BOTTOM_RIGHT,
        BEFORE_FIRST_KEY,
        LARGE_LOGITS,
        INFINITE_LOGIT,
        MASKED_NAN,
        VISIBLE_NAN,
        TAIL_UNTOUCHED,
        BAD_LENGTHS,
    ];

    fn applies(_: DType, variant: &str, rule: &str) -> bool {
        variant == "causal" || !matches!(rule, "causal_bottom_right" | "before_first_key" | "masked_nan")
    }

    tensors!(q_nope: in, q_rope: in, k_nope: in, k_rope: in, v: in, q_lens: in, kv_lens: in, out: Float, lse: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        let dtype = self.q_nope.dtype();
        c.dtype("q_nope", &self.q_nope, Self::DTYPES)?;
        let [t, hq, dn] = c.rank("q_nope", &self.q_nope, "[T, Hq, Dn]")?;
        let [_, _, rope] = c.rank("q_rope", &self.q_rope, "[T, Hq, R]")?;
        let [rows, _, _] = c.rank("k_nope", &self.k_nope, "[sum L, Hq, Dn]")?;
        let [_, _, dv] = c.rank("v", &self.v, "[sum L, Hq, Dv]")?;
        for (name, view) in [("q_rope", &self.q_rope), ("k_nope", &self.k_nope), ("k_rope", &self.k_rope), ("v", &self.v)] {
            c.dtype(name, view, &[dtype])?;
        }
        c.shape("q_rope", &self.q_rope, [("T", t), ("Hq", hq), ("R", rope)])?;
        c.shape("k_nope", &self.k_nope, [("sum L", rows), ("Hq", hq), ("Dn", dn)])?;
        c.shape("k_rope", &self.k_rope, [("sum L", rows), ("R", rope)])?;
        c.shape("v", &self.v, [("sum L", rows), ("Hq", hq), ("Dv", dv)])?;
        c.that(hq >= 1 && dn >= 1, "q_nope", "at least one head and Dn >= 1", self.q_nope.shape())?;
        c.that(rope >= 1, "q_rope", "R >= 1", self.q_rope.shape())?;
        c.that(dv >= 1, "v", "Dv >= 1", self.v.shape())?;
        self.q_lens.check(c, "q_lens")?;
        self.kv_lens.check(c, "kv_lens")?;
        c.shape("kv_lens", &self.kv_lens.cumulative, [("B + 1", self.q_lens.sequences() + 1)])?;
        check_scale(c, self.scale)?;
        c.product("the size of the outputs", &[t, hq, dv])?;
        c.dtype("out", &self.out, &[dtype])?;
        c.shape("out", &self.out, [("T", t), ("Hq", hq), ("Dv", dv)])?;
        check_lse(c, self.lse.as_ref(), t, hq)
    }

    /// As [`Attention`]'s: exact with lengths on the host, else sequences are taken to be of equal length.
    fn cost(&self) -> Cost {
        let keys = self.k_nope.dim(0) as f64;
        let (pairs, _) = visible_pairs((&self.q_lens, self.q_nope.dim(0)), (&self.kv_lens, keys), self.causal, None);
        let widths = self.k_nope.dim(2) as f64 + self.k_rope.dim(1) as f64 + self.v.dim(2) as f64;
        Cost::streaming(self, pairs * self.q_nope.dim(1) as f64 * (2.0 * widths + 5.0))
    }

    fn dtype(&self) -> DType {
        self.q_nope.dtype()
    }

    fn variant(&self) -> &'static str {
        if self.causal { "causal" } else { "full" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, OpCall, host};

    fn zeros(dtype: DType, shape: impl Into<crate::Dims>) -> TensorView {
        host::zeros(dtype, shape).unwrap().view()
    }

    fn lens() -> Lengths {
        Lengths::new(zeros(DType::I32, [3]))
    }

    /// Two sequences, T = 3, Hq = 2, C = 8, R = 4.
    fn decode() -> MlaDecode {
        let q = MlaQueries { latent: zeros(DType::BF16, [3, 2, 8]), rope: zeros(DType::BF16, [3, 2, 4]) };
        let cache =
            MlaCache { latent: zeros(DType::BF16, [5, 4, 8]), rope: zeros(DType::BF16, [5, 4, 4]), table: zeros(DType::I32, [2, 3]) };
        MlaDecode::new(q, cache, lens(), lens(), 0.5, zeros(DType::BF16, [3, 2, 8]).to_mut())
    }

    /// Two sequences, T = 3, sum L = 7, Hq = 2, Dn = 8, R = 4, Dv = 6.
    fn prefill() -> MlaPrefill {
        let x = MlaInputs {
            q_nope: zeros(DType::F32, [3, 2, 8]),
            q_rope: zeros(DType::F32, [3, 2, 4]),
            k_nope: zeros(DType::F32, [7, 2, 8]),
            k_rope: zeros(DType::F32, [7, 4]),
            v: zeros(DType::F32, [7, 2, 6]),
        };
        MlaPrefill::new(x, lens(), lens(), 0.5, zeros(DType::F32, [3, 2, 6]).to_mut())
    }

    fn argument(call: impl Into<OpCall>) -> &'static str {
        match call.into().check() {
            Err(Error::Shape { argument, .. } | Error::DType { argument, .. } | Error::Argument { argument, .. }) => argument,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn good_calls_pass() {
        OpCall::from(decode().with_lse(zeros(DType::F32, [3, 2]).to_mut())).check().unwrap();
        OpCall::from(prefill().with_lse(zeros(DType::F32, [3, 2]).to_mut())).check().unwrap();
        assert_eq!((prefill().variant(), prefill().without_causal().variant()), ("causal", "full"));
    }

    #[test]
    fn decode_refuses_wrong_arguments_by_name() {
        let fault = |change: fn(&mut MlaDecode)| {
            let mut op = decode();
            change(&mut op);
            argument(op)
        };
        assert_eq!(fault(|op| op.q_latent = zeros(DType::I32, [3, 2, 8])), "q_latent");
        assert_eq!(fault(|op| op.q_latent = zeros(DType::BF16, [3, 16])), "q_latent");
        assert_eq!(fault(|op| op.q_rope = zeros(DType::BF16, [3, 1, 4])), "q_rope");
        assert_eq!(fault(|op| op.q_rope = zeros(DType::F16, [3, 2, 4])), "q_rope");
        assert_eq!(fault(|op| op.latent_cache = zeros(DType::BF16, [5, 4, 7])), "latent_cache");
        assert_eq!(fault(|op| op.rope_cache = zeros(DType::BF16, [4, 4, 4])), "rope_cache");
        assert_eq!(fault(|op| op.rope_cache = zeros(DType::BF16, [5, 4, 5])), "rope_cache");
        assert_eq!(fault(|op| op.table = zeros(DType::I32, [1, 3])), "table");
        assert_eq!(fault(|op| op.kv_lens = Lengths::new(zeros(DType::I32, [2]))), "kv_lens");
        assert_eq!(fault(|op| op.scale = f32::INFINITY), "scale");
        assert_eq!(fault(|op| op.out = zeros(DType::BF16, [3, 2, 4]).to_mut()), "out");
        assert_eq!(fault(|op| op.lse = Some(zeros(DType::BF16, [3, 2]).to_mut())), "lse");
    }

    #[test]
    fn prefill_refuses_wrong_arguments_by_name() {
        let fault = |change: fn(&mut MlaPrefill)| {
            let mut op = prefill();
            change(&mut op);
            argument(op)
        };
        assert_eq!(fault(|op| op.q_nope = zeros(DType::I8, [3, 2, 8])), "q_nope");
        assert_eq!(fault(|op| op.q_rope = zeros(DType::F32, [2, 2, 4])), "q_rope");
        assert_eq!(fault(|op| op.k_nope = zeros(DType::F32, [7, 1, 8])), "k_nope");
        assert_eq!(fault(|op| op.k_rope = zeros(DType::F32, [7, 2, 4])), "k_rope");
        assert_eq!(fault(|op| op.k_rope = zeros(DType::F16, [7, 4])), "k_rope");
        assert_eq!(fault(|op| op.v = zeros(DType::F32, [6, 2, 6])), "v");
        assert_eq!(fault(|op| op.q_lens = Lengths::new(zeros(DType::I32, [3, 1]))), "q_lens");
        assert_eq!(fault(|op| op.scale = f32::NAN), "scale");
        assert_eq!(fault(|op| op.out = zeros(DType::F32, [3, 2, 8]).to_mut()), "out");
        assert_eq!(fault(|op| op.lse = Some(zeros(DType::F32, [3]).to_mut())), "lse");
    }
}
