//! Attention: MHA, GQA and MQA over packed or paged keys and values.

use super::lengths::{KeyRows, Lengths, Sequences, visible_pairs};
use super::tensors::tensors;
use super::{Arg, Check, Cost, Op, OpKind, Role, Rule, Tensors};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

/// Where keys and values are.
#[derive(Clone, Debug)]
pub enum KvSource {
    /// Sequences one after the other: `k: [sum L, Hkv, D]`, `v: [sum L, Hkv, Dv]`.
    Packed {
        /// Keys.
        k: TensorView,
        /// Values.
        v: TensorView,
    },
    /// Pages: `k: [pages, P, Hkv, D]`, `v: [pages, P, Hkv, Dv]`, `table: [B, max_pages]` i32 (-1: none). Slots beyond a sequence's length are never read into a result.
    Paged {
        /// Keys.
        k: TensorView,
        /// Values.
        v: TensorView,
        /// Page ids of each sequence; the first `ceil(L / P)` must be pages of the cache, the others are not looked at.
        table: TensorView,
    },
}

impl KvSource {
    /// The keys.
    pub fn k(&self) -> &TensorView {
        match self {
            Self::Packed { k, .. } | Self::Paged { k, .. } => k,
        }
    }

    /// The values.
    pub fn v(&self) -> &TensorView {
        match self {
            Self::Packed { v, .. } | Self::Paged { v, .. } => v,
        }
    }

    /// The page table, when there are pages.
    pub fn table(&self) -> Option<&TensorView> {
        match self {
            Self::Packed { .. } => None,
            Self::Paged { table, .. } => Some(table),
        }
    }

    /// Number of key/value heads.
    pub fn heads(&self) -> usize {
        self.k().dim(self.k().rank().saturating_sub(2))
    }
}

impl Tensors for KvSource {
    fn visit<'a>(&'a self, _: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        self.k().visit("k", role, f);
        self.v().visit("v", role, f);
        if let Some(table) = self.table() {
            table.visit("table", role, f);
        }
    }
    fn map_tensors(&self, _: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        let (k, v) = (self.k().map_tensors("k", role, f)?, self.v().map_tensors("v", role, f)?);
        Ok(match self {
            Self::Packed { .. } => Self::Packed { k, v },
            Self::Paged { table, .. } => Self::Paged { k, v, table: table.map_tensors("table", role, f)? },
        })
    }
}

/// `out = softmax(scale * q k^T) v` for each sequence and head; query head `h` uses key/value head `h / (Hq / Hkv)`.
///
/// With `s_j = scale * (q . k_j)`, or `c * tanh(scale * (q . k_j) / c)` with a softcap, over the keys `j` that the query sees, and `z` the head's sink (`-inf` without):
///
/// ```text
/// m = max(z, max_j s_j)    e_j = exp(s_j - m)    sum = exp(z - m) + sum_j e_j    out = (sum_j e_j v_j) / sum    lse = m + ln(sum)
/// ```
///
/// | | |
/// |---|---|
/// | dtypes | `q`, `k`, `v`, `out`: one of f32, f16, bf16; `sinks`: that dtype or f32; `lse`: f32; `mask`: u8 or bool; lengths and table: i32 |
/// | accumulated | f32: dot products, scale, softcap, exponentials, sums; the weights `e_j` stay f32 in the product with `v` |
/// | rounding | once, to `out`'s dtype |
/// | order | a row's result depends on its own query and the keys it sees only, not on which other rows there are |
/// | source | aclnnFusedInferAttentionScore, FlashAttention |
///
/// Two things differ from the vendor's operators: `lse` of a row that sees nothing is -inf (there: +inf), and weights are not rounded before the product with `v`.
///
/// `q`, `k` and `v` may have any strides: parts of a fused projection go in without a copy.
#[derive(Clone, Debug)]
pub struct Attention {
    /// `[sum S, Hq, D]`.
    pub q: TensorView,
    /// Keys and values.
    pub kv: KvSource,
    /// Query lengths `S`.
    pub q_lens: Lengths,
    /// Key/value lengths `L`.
    pub kv_lens: Lengths,
    /// Factor on the dot products; finite.
    pub scale: f32,
    /// Bottom-right aligned: query `i` stands at `p = L - S + i` and sees keys `j <= p`.
    pub causal: bool,
    /// With `causal` and no mask: only the last `window` keys up to and with its own place, `p - j < window`. At least 1.
    pub window: Option<usize>,
    /// `[sum S, max L]` u8 or bool, not 0 = visible; replaces `causal`. Row = packed query, column = key index within its sequence.
    pub mask: Option<TensorView>,
    /// `c * tanh(logit / c)` before the mask; finite and positive.
    pub softcap: Option<f32>,
    /// `[Hq]`: one more logit for each head, with no value.
    pub sinks: Option<TensorView>,
    /// `[sum S, Hq, Dv]`. Rows beyond the last sequence are left untouched.
    pub out: TensorViewMut,
    /// `[sum S, Hq]` f32: natural log of the softmax denominator, the sink included; -inf for a row that sees nothing.
    pub lse: Option<TensorViewMut>,
}

impl Attention {
    /// Causal attention; see the `with_` methods for the rest.
    pub fn new(q: TensorView, kv: KvSource, q_lens: Lengths, kv_lens: Lengths, scale: f32, out: TensorViewMut) -> Self {
        Self { q, kv, q_lens, kv_lens, scale, causal: true, window: None, mask: None, softcap: None, sinks: None, out, lse: None }
    }

    /// Every query sees every key of its sequence.
    pub fn without_causal(mut self) -> Self {
        self.causal = false;
        self
    }

    /// Each query sees the last `window` keys up to its own place.
    pub fn with_window(mut self, window: usize) -> Self {
        self.window = Some(window);
        self
    }

    /// The mask says which query sees which key.
    pub fn with_mask(mut self, mask: TensorView) -> Self {
        self.mask = Some(mask);
        self
    }

    /// Logits go through `c * tanh(logit / c)`.
    pub fn with_softcap(mut self, c: f32) -> Self {
        self.softcap = Some(c);
        self
    }

    /// One more logit for each head.
    pub fn with_sinks(mut self, sinks: TensorView) -> Self {
        self.sinks = Some(sinks);
        self
    }

    /// Also gives the log of the softmax denominators, to merge chunks of a context.
    pub fn with_lse(mut self, lse: TensorViewMut) -> Self {
        self.lse = Some(lse);
        self
    }

    /// Where the sequences' queries and keys are, with every value checked. `ints` reads an integer tensor.
    ///
    /// # Errors
    /// [`Error::Value`] naming `q_lens`, `kv_lens` or `table`; see [`Lengths::ranges`] and [`KeyRows::paged`]. Also when a sequence has more keys than the mask has columns.
    pub fn sequences(&self, ints: impl Fn(&TensorView) -> Result<Vec<i64>>) -> Result<Sequences> {
        let op = Self::KIND;
        let queries = self.q_lens.ranges(op, "q_lens", &ints(&self.q_lens.cumulative)?, self.q.dim(0))?;
        let rows = if self.kv.table().is_some() { usize::MAX } else { self.kv.k().dim(0) };
        let lens = self.kv_lens.ranges(op, "kv_lens", &ints(&self.kv_lens.cumulative)?, rows)?;
        if let Some(mask) = &self.mask
            && let Some(b) = lens.iter().position(|l| l.len() > mask.dim(1))
        {
            let asked = format!("lengths within the mask's {} columns", mask.dim(1));
            return Err(Error::Value { op, argument: "kv_lens", asked, found: format!("{} in sequence {b}", lens[b].len()) });
        }
        let keys = match self.kv.table() {
            None => KeyRows::packed(lens),
            Some(table) => KeyRows::paged(op, lens, table, &ints(table)?, self.kv.k())?,
        };
        Ok(Sequences { queries, keys })
    }
}

pub(super) const NO_TOKENS: Rule = Rule { name: "no_tokens", text: "T = 0 or B = 0: nothing is written, and no error." };
pub(super) const EMPTY_SEQUENCE: Rule =
    Rule { name: "empty_sequence", text: "A sequence may have no queries (no rows) or no keys (its rows are 0, lse -inf or the sink)." };
pub(super) const BOTTOM_RIGHT: Rule =
    Rule { name: "causal_bottom_right", text: "With S < L the last query sees every key: query i stands at p = L - S + i, not at i." };
pub(super) const BEFORE_FIRST_KEY: Rule = Rule {
    name: "before_first_key",
    text: "With S > L the first S - L queries stand before the first key and see nothing: out 0, lse -inf or the sink.",
};
pub(super) const MASKED_NAN: Rule = Rule {
    name: "masked_nan",
    text: "A key that a query does not see is skipped, not multiplied by 0: NaN or infinity in it does not reach that query's row.",
};
pub(super) const VISIBLE_NAN: Rule = Rule {
    name: "visible_nan",
    text: "A NaN in a visible key makes the row's head NaN throughout, lse too; a NaN in a visible value makes its column NaN. No other row is touched.",
};
pub(super) const INFINITE_LOGIT: Rule = Rule {
    name: "infinite_logit",
    text: "A logit of -inf has weight 0, and a row of nothing else counts as one that sees nothing; one of +inf makes the row's head NaN, lse too.",
};
pub(super) const LARGE_LOGITS: Rule = Rule { name: "large_logits", text: "Large logits do not overflow: the maximum is subtracted first." };
pub(super) const TAIL_UNTOUCHED: Rule =
    Rule { name: "tail_untouched", text: "Rows of the outputs beyond the last sequence are left untouched." };
pub(super) const UNUSED_SLOTS: Rule = Rule {
    name: "unused_slots",
    text: "Slots beyond a sequence's length, pages that no sequence has and table entries beyond its pages are not read into a result, whatever they hold.",
};
pub(super) const BAD_TABLE: Rule = Rule {
    name: "bad_table",
    text: "An id outside of the cache's pages (-1 too) among the ceil(L / P) that a sequence needs is refused when the call executes.",
};
pub(super) const BAD_LENGTHS: Rule = Rule {
    name: "bad_lengths",
    text: "Lengths that do not start with 0, fall, end beyond the rows, pages or mask columns there are, or differ from their host copy are refused when the call executes.",
};

impl Op for Attention {
    const KIND: OpKind = OpKind::Attention;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] =
        &["packed_full", "packed_causal", "packed_window", "packed_mask", "paged_full", "paged_causal", "paged_window", "paged_mask"];
    const RULES: &'static [Rule] = &[
        NO_TOKENS,
        EMPTY_SEQUENCE,
        BOTTOM_RIGHT,
        BEFORE_FIRST_KEY,
        Rule { name: "window_exact", text: "A window of W lets a query see exactly W keys, its own place included." },
        Rule { name: "masked_row", text: "A row whose mask is 0 throughout is 0, its lse -inf or the sink." },
        Rule { name: "sinks", text: "A sink counts in the denominator and in lse, and adds no value." },
        Rule { name: "sink_alone", text: "A row that sees nothing but its sink is 0, and its lse is the sink." },
        Rule { name: "softcap", text: "Logits are capped after the scale and before mask and sink; the sink is not capped." },
        LARGE_LOGITS,
        INFINITE_LOGIT,
        MASKED_NAN,
        VISIBLE_NAN,
        TAIL_UNTOUCHED,
        UNUSED_SLOTS,
        BAD_TABLE,
        BAD_LENGTHS,
    ];

    fn applies(_: DType, variant: &str, rule: &str) -> bool {
        match rule {
            "causal_bottom_right" | "before_first_key" => variant.ends_with("causal") || variant.ends_with("window"),
            "window_exact" => variant.ends_with("window"),
            "masked_row" => variant.ends_with("mask"),
            "masked_nan" => !variant.ends_with("full"),
            "unused_slots" | "bad_table" => variant.starts_with("paged"),
            _ => true,
        }
    }

    tensors!(q: in, kv: in, q_lens: in, kv_lens: in, mask: in, sinks: in, out: Float, lse: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        let dtype = self.q.dtype();
        c.dtype("q", &self.q, Self::DTYPES)?;
        let [t, hq, d] = c.rank("q", &self.q, "[T, Hq, D]")?;
        self.q_lens.check(c, "q_lens")?;
        self.kv_lens.check(c, "kv_lens")?;
        let b = self.q_lens.sequences();
        c.shape("kv_lens", &self.kv_lens.cumulative, [("B + 1", b + 1)])?;

        let (k, v) = (self.kv.k(), self.kv.v());
        c.dtype("k", k, &[dtype])?;
        c.dtype("v", v, &[dtype])?;
        let (hkv, dv) = match &self.kv {
            KvSource::Packed { .. } => {
                let [rows, hkv, _] = c.rank("k", k, "[sum L, Hkv, D]")?;
                let [_, _, dv] = c.rank("v", v, "[sum L, Hkv, Dv]")?;
                c.shape("k", k, [("sum L", rows), ("Hkv", hkv), ("D", d)])?;
                c.shape("v", v, [("sum L", rows), ("Hkv", hkv), ("Dv", dv)])?;
                (hkv, dv)
            }
            KvSource::Paged { table, .. } => {
                let [pages, p, hkv, _] = c.rank("k", k, "[pages, P, Hkv, D]")?;
                let [_, _, _, dv] = c.rank("v", v, "[pages, P, Hkv, Dv]")?;
                c.shape("k", k, [("pages", pages), ("P", p), ("Hkv", hkv), ("D", d)])?;
                c.shape("v", v, [("pages", pages), ("P", p), ("Hkv", hkv), ("Dv", dv)])?;
                check_table(c, table, b, k)?;
                (hkv, dv)
            }
        };
        c.that(hq >= 1 && d >= 1, "q", "at least one head and D >= 1", self.q.shape())?;
        c.that(hkv >= 1, "k", "at least one head", k.shape())?;
        c.that(dv >= 1, "v", "Dv >= 1", v.shape())?;
        c.that(hq % hkv == 0, "k", format_args!("a number of heads that divides Hq={hq}"), hkv)?;
        c.product("the size of the outputs", &[t, hq, dv])?;

        check_scale(c, self.scale)?;
        if let Some(window) = self.window {
            c.that(
                self.causal && self.mask.is_none(),
                "window",
                "used with causal and without mask",
                format_args!("causal {}", self.causal),
            )?;
            c.that(window >= 1, "window", "at least 1", window)?;
        }
        if let Some(mask) = &self.mask {
            c.dtype("mask", mask, &[DType::U8, DType::Bool])?;
            let [_, columns] = c.rank("mask", mask, "[T, max L]")?;
            c.shape("mask", mask, [("T", t), ("max L", columns)])?;
        }
        if let Some(cap) = self.softcap {
            c.that(cap.is_finite() && cap > 0.0, "softcap", "finite and positive", cap)?;
        }
        if let Some(sinks) = &self.sinks {
            c.dtype("sinks", sinks, &[dtype, DType::F32])?;
            c.shape("sinks", sinks, [("Hq", hq)])?;
        }
        c.dtype("out", &self.out, &[dtype])?;
        c.shape("out", &self.out, [("T", t), ("Hq", hq), ("Dv", dv)])?;
        check_lse(c, self.lse.as_ref(), t, hq)
    }

    /// Work over the pairs that see each other (with a mask: all of them). Exact when both lengths are on the host; else sequences are taken to be of equal length, and paged ones to fill their table.
    fn cost(&self) -> Cost {
        let (k, v) = (self.kv.k(), self.kv.v());
        let assumed = match &self.kv {
            KvSource::Packed { k, .. } => k.dim(0) as f64,
            KvSource::Paged { k, table, .. } => table.numel() as f64 * k.dim(1) as f64,
        };
        let (causal, window) = (self.causal && self.mask.is_none(), self.window);
        let (pairs, keys) = visible_pairs((&self.q_lens, self.q.dim(0)), (&self.kv_lens, assumed), causal, window);
        let widths = k.shape().last_or_one() as f64 + v.shape().last_or_one() as f64;
        // Both products; then scale, maximum, difference, exponential and sum.
        let flops = pairs * self.q.dim(1) as f64 * (2.0 * widths + 5.0);
        if self.kv.table().is_none() {
            return Cost::streaming(self, flops);
        }
        // Of the cache, only the slots in use are read.
        let mut cost = Cost::streaming_but(self, flops, &["k", "v"]);
        cost.read_bytes += keys * self.kv.heads() as f64 * widths * (k.dtype().bits() / 8) as f64;
        cost
    }

    fn dtype(&self) -> DType {
        self.q.dtype()
    }

    fn variant(&self) -> &'static str {
        let sees = match (&self.mask, self.causal, self.window) {
            (Some(_), ..) => 3,
            (None, true, Some(_)) => 2,
            (None, true, None) => 1,
            (None, false, _) => 0,
        };
        Self::VARIANTS[sees + if self.kv.table().is_some() { 4 } else { 0 }]
    }
}

/// `table: [B, max_pages]` i32 for a cache `[pages, P, ..]`.
pub(super) fn check_table(c: Check, table: &TensorView, b: usize, cache: &TensorView) -> Result<()> {
    c.dtype("table", table, &[DType::I32])?;
    let [_, max_pages] = c.rank("table", table, "[B, max_pages]")?;
    c.shape("table", table, [("B", b), ("max_pages", max_pages)])?;
    c.that(cache.dim(1) >= 1, "table", "used with pages of at least one slot", format_args!("a cache of shape {}", cache.shape()))
}

pub(super) fn check_scale(c: Check, scale: f32) -> Result<()> {
    c.that(scale.is_finite(), "scale", "finite", scale)
}

pub(super) fn check_lse(c: Check, lse: Option<&TensorViewMut>, t: usize, hq: usize) -> Result<()> {
    let Some(lse) = lse else { return Ok(()) };
    c.dtype("lse", lse, &[DType::F32])?;
    c.shape("lse", lse, [("T", t), ("Hq", hq)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OpCall, host};

    fn zeros(dtype: DType, shape: impl Into<crate::Dims>) -> TensorView {
        host::zeros(dtype, shape).unwrap().view()
    }

    /// Two sequences, T = 6, Hq = 4, Hkv = 2, D = 8, Dv = 6.
    fn call(paged: bool) -> Attention {
        let kv = if paged {
            let (k, v) = (zeros(DType::F16, [5, 4, 2, 8]), zeros(DType::F16, [5, 4, 2, 6]));
            KvSource::Paged { k, v, table: zeros(DType::I32, [2, 3]) }
        } else {
            KvSource::Packed { k: zeros(DType::F16, [9, 2, 8]), v: zeros(DType::F16, [9, 2, 6]) }
        };
        let lens = || Lengths::new(zeros(DType::I32, [3]));
        Attention::new(zeros(DType::F16, [6, 4, 8]), kv, lens(), lens(), 0.5, zeros(DType::F16, [6, 4, 6]).to_mut())
    }

    /// The argument that the contract names when it refuses the call after `change`.
    fn fault(paged: bool, change: impl FnOnce(&mut Attention)) -> &'static str {
        let mut op = call(paged);
        change(&mut op);
        match OpCall::from(op).check() {
            Err(Error::Shape { argument, .. } | Error::DType { argument, .. } | Error::Argument { argument, .. }) => argument,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn good_calls_pass_and_know_their_variant() {
        let variant = |op: Attention| {
            OpCall::from(op.clone()).check().unwrap();
            op.variant()
        };
        assert_eq!(variant(call(false)), "packed_causal");
        assert_eq!(variant(call(true).without_causal()), "paged_full");
        assert_eq!(variant(call(false).with_window(1)), "packed_window");
        let everything = call(true).with_mask(zeros(DType::Bool, [6, 0])).with_sinks(zeros(DType::F32, [4])).with_softcap(30.0);
        assert_eq!(variant(everything.with_lse(zeros(DType::F32, [6, 4]).to_mut())), "paged_mask");
    }

    #[test]
    fn wrong_tensors_are_refused_by_name() {
        let kv = |k: TensorView, v: TensorView| KvSource::Packed { k, v };
        assert_eq!(fault(false, |op| op.q = zeros(DType::I8, [6, 4, 8])), "q");
        assert_eq!(fault(false, |op| op.q = zeros(DType::F16, [6, 32])), "q");
        assert_eq!(fault(false, |op| op.q = zeros(DType::F16, [6, 4, 7])), "k");
        assert_eq!(fault(false, |op| op.q = zeros(DType::BF16, [6, 4, 8])), "k");
        assert_eq!(fault(false, |op| op.q = zeros(DType::F16, [6, 3, 8])), "k", "heads must divide");
        assert_eq!(fault(false, |op| op.kv = kv(zeros(DType::F16, [9, 0, 8]), zeros(DType::F16, [9, 0, 6]))), "k");
        assert_eq!(fault(false, |op| op.kv = kv(zeros(DType::F16, [9, 2, 8]), zeros(DType::F16, [8, 2, 6]))), "v");
        assert_eq!(fault(false, |op| op.q_lens.cumulative = zeros(DType::I64, [3])), "q_lens");
        assert_eq!(fault(false, |op| op.q_lens.cumulative = zeros(DType::I32, [0])), "q_lens");
        assert_eq!(fault(false, |op| op.q_lens.host = Some([0, 6].into())), "q_lens");
        assert_eq!(fault(false, |op| op.kv_lens.cumulative = zeros(DType::I32, [4])), "kv_lens");
        assert_eq!(fault(false, |op| op.mask = Some(zeros(DType::U8, [5, 9]))), "mask");
        assert_eq!(fault(false, |op| op.mask = Some(zeros(DType::F16, [6, 9]))), "mask");
        assert_eq!(fault(false, |op| op.sinks = Some(zeros(DType::BF16, [4]))), "sinks");
        assert_eq!(fault(false, |op| op.sinks = Some(zeros(DType::F16, [2]))), "sinks");
        assert_eq!(fault(false, |op| op.out = zeros(DType::F16, [6, 4, 8]).to_mut()), "out");
        assert_eq!(fault(false, |op| op.out = zeros(DType::F32, [6, 4, 6]).to_mut()), "out");
        assert_eq!(fault(false, |op| op.lse = Some(zeros(DType::F16, [6, 4]).to_mut())), "lse");
        assert_eq!(fault(false, |op| op.lse = Some(zeros(DType::F32, [4, 6]).to_mut())), "lse");
    }

    #[test]
    fn wrong_pages_are_refused_by_name() {
        let paged = |pages: [usize; 2], table: TensorView| {
            let [n, p] = pages;
            KvSource::Paged { k: zeros(DType::F16, [n, p, 2, 8]), v: zeros(DType::F16, [n, p, 2, 6]), table }
        };
        assert_eq!(fault(true, |op| op.kv = paged([5, 4], zeros(DType::I32, [3, 3]))), "table");
        assert_eq!(fault(true, |op| op.kv = paged([5, 4], zeros(DType::I64, [2, 3]))), "table");
        assert_eq!(fault(true, |op| op.kv = paged([5, 4], zeros(DType::I32, [6]))), "table");
        assert_eq!(fault(true, |op| op.kv = paged([5, 0], zeros(DType::I32, [2, 3]))), "table");
    }

    #[test]
    fn wrong_parameters_are_refused_by_name() {
        assert_eq!(fault(false, |op| op.scale = f32::NAN), "scale");
        assert_eq!(fault(false, |op| op.softcap = Some(0.0)), "softcap");
        assert_eq!(fault(false, |op| op.softcap = Some(f32::INFINITY)), "softcap");
        assert_eq!(fault(false, |op| op.window = Some(0)), "window");
        assert_eq!(fault(false, |op| (op.window, op.causal) = (Some(3), false)), "window");
        assert_eq!(fault(false, |op| (op.window, op.mask) = (Some(3), Some(zeros(DType::U8, [6, 9])))), "window");
    }

    #[test]
    fn cost_counts_visible_pairs() {
        let mut op = call(false);
        op.q_lens.host = Some([0, 2, 6].into());
        op.kv_lens.host = Some([0, 5, 9].into());
        // Sequence 0: 4 + 5 pairs, sequence 1: 1 + 2 + 3 + 4; two products over D = 8 and Dv = 6 and five operations more.
        assert_eq!(op.cost().flops, 19.0 * 4.0 * (2.0 * 14.0 + 5.0));
        let mut paged = call(true);
        (paged.q_lens.host, paged.kv_lens.host) = (op.q_lens.host.clone(), op.kv_lens.host.clone());
        assert_eq!(paged.cost().flops, op.cost().flops);
        // The pages' 9 used slots are read, not the cache's 20.
        let table = 6.0 * 4.0;
        assert_eq!(paged.cost().read_bytes, op.cost().read_bytes + table);
    }
}
