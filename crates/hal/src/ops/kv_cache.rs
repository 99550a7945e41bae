//! Paged key/value cache: write and gather.

use super::attention::{BAD_LENGTHS, BAD_TABLE, EMPTY_SEQUENCE, NO_TOKENS, TAIL_UNTOUCHED, check_table};
use super::lengths::{KeyRows, Lengths};
use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

const CACHED: [DType; 4] = [DType::F32, DType::F16, DType::BF16, DType::I8];

const SPECIAL_VALUES: Rule = Rule { name: "special_values", text: "NaN, infinities, -0 and subnormal numbers are copied as they are." };

/// Reshape-and-cache: row `t` goes to slot `slots[t]`, that is page `slot / P`, place `slot % P`. Everything else in the cache is left untouched.
///
/// `k_cache[slots[t] / P, slots[t] % P] = k[t]`, and the same for `v`.
///
/// | | |
/// |---|---|
/// | dtypes | `k` and its cache: one of f32, f16, bf16, i8; `v` and its cache: one of these, perhaps another; `slots`: i32 or i64 |
/// | rounding | none: a copy of bits |
/// | source | aclnnScatterPaKvCache |
#[derive(Clone, Debug)]
pub struct KvCacheWrite {
    /// `[T, Hkv, D]` keys, or `[T, C]` latents.
    pub k: TensorView,
    /// `[T, Hkv, Dv]` values, or `[T, R]` rope parts.
    pub v: Option<TensorView>,
    /// `[T]` i32 or i64, unique; -1 skips the row.
    pub slots: TensorView,
    /// `[pages, P, ..]` as a row of `k`.
    pub k_cache: TensorViewMut,
    /// `[pages, P, ..]` as a row of `v`.
    pub v_cache: Option<TensorViewMut>,
}

impl KvCacheWrite {
    /// Writes the rows of `k`.
    pub fn new(k: TensorView, slots: TensorView, k_cache: TensorViewMut) -> Self {
        Self { k, v: None, slots, k_cache, v_cache: None }
    }

    /// And the rows of `v` to the same slots of their own cache.
    pub fn with_v(mut self, v: TensorView, v_cache: TensorViewMut) -> Self {
        (self.v, self.v_cache) = (Some(v), Some(v_cache));
        self
    }

    /// The slot of each row, `None` for skipped ones, from the values of `slots` as they were read.
    ///
    /// # Errors
    /// [`Error::Value`] when a slot is below -1, outside of the cache, or the target of two rows.
    pub fn targets(&self, slots: &[i64]) -> Result<Vec<Option<usize>>> {
        let total = self.k_cache.dim(0).saturating_mul(self.k_cache.dim(1));
        let refuse = |asked: String, found: String| Err(Error::Value { op: Self::KIND, argument: "slots", asked, found });
        let mut targets = Vec::with_capacity(slots.len());
        for (t, &slot) in slots.iter().enumerate() {
            match usize::try_from(slot) {
                Ok(slot) if slot < total => targets.push(Some(slot)),
                Err(_) if slot == -1 => targets.push(None),
                _ => return refuse(format!("-1 or below {total}"), format!("{slot} at {t}")),
            }
        }
        if targets.len() < 2 {
            return Ok(targets);
        }
        // A list, not a bit for each slot: caches are large and calls small.
        let mut used: Vec<usize> = targets.iter().copied().flatten().collect();
        used.sort_unstable();
        match used.windows(2).find(|w| w[0] == w[1]) {
            None => Ok(targets),
            Some(w) => refuse("different slots".into(), format!("slot {} twice", w[0])),
        }
    }
}

/// Copies the cached rows of each sequence one after the other: `out[cu[b] + i] = cache[table[b, i / P], i % P]`.
///
/// | | |
/// |---|---|
/// | dtypes | `cache` and `out`: one of f32, f16, bf16, i8; lengths and table: i32 |
/// | rounding | none: a copy of bits |
/// | source | aclnnGatherPaKvCache |
#[derive(Clone, Debug)]
pub struct KvCacheGather {
    /// `[pages, P, ..]`.
    pub cache: TensorView,
    /// `[B, max_pages]` i32; the first `ceil(L / P)` of a row must be pages of the cache, the others are not looked at.
    pub table: TensorView,
    /// Lengths `L`.
    pub kv_lens: Lengths,
    /// `[sum L, ..]`. Rows beyond the last sequence are left untouched.
    pub out: TensorViewMut,
}

impl KvCacheGather {
    /// Gathers the sequences of `table` from `cache`.
    pub fn new(cache: TensorView, table: TensorView, kv_lens: Lengths, out: TensorViewMut) -> Self {
        Self { cache, table, kv_lens, out }
    }

    /// Where the rows come from, with every value checked. `ints` reads an integer tensor.
    ///
    /// # Errors
    /// [`Error::Value`] naming `kv_lens` or `table`; see [`Lengths::ranges`] and [`KeyRows::paged`].
    pub fn rows(&self, ints: impl Fn(&TensorView) -> Result<Vec<i64>>) -> Result<KeyRows> {
        let lens = self.kv_lens.ranges(Self::KIND, "kv_lens", &ints(&self.kv_lens.cumulative)?, self.out.dim(0))?;
        KeyRows::paged(Self::KIND, lens, &self.table, &ints(&self.table)?, &self.cache)
    }
}

impl Op for KvCacheWrite {
    const KIND: OpKind = OpKind::KvCacheWrite;
    const DTYPES: &'static [DType] = &CACHED;
    const VARIANTS: &'static [&'static str] = &["keys", "keys_values"];
    const RULES: &'static [Rule] = &[
        Rule { name: "no_tokens", text: "T = 0 leaves the cache as it is." },
        Rule { name: "skip", text: "A row whose slot is -1 is written nowhere." },
        Rule { name: "rest_untouched", text: "Slots that no row goes to keep their contents." },
        SPECIAL_VALUES,
        Rule {
            name: "bad_slot",
            text: "A slot below -1 or outside of the cache is refused when the call executes, and nothing is written.",
        },
        Rule { name: "duplicate_slot", text: "Two rows for one slot are refused when the call executes, and nothing is written." },
    ];

    fn applies(dtype: DType, _: &str, rule: &str) -> bool {
        dtype.is_float() || rule != "special_values"
    }

    tensors!(k: in, v: in, slots: in, k_cache: Exact, v_cache: Exact);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        let t = self.k.dim(0);
        check_rows(c, ("k", &self.k), ("k_cache", &self.k_cache))?;
        c.that(self.slots.dtype().is_index(), "slots", "i32 or i64", self.slots.dtype())?;
        c.shape("slots", &self.slots, [("T", t)])?;
        let slots = c.product("the number of slots", &self.k_cache.shape()[..2])?;
        c.that(i64::try_from(slots).is_ok(), "k_cache", "addressable by slots", slots)?;
        match (&self.v, &self.v_cache) {
            (None, None) => Ok(()),
            (Some(v), Some(v_cache)) => {
                check_rows(c, ("v", v), ("v_cache", v_cache))?;
                c.that(v.dim(0) == t, "v", format_args!("[T={t}, ..], as k"), v.shape())?;
                let same = v_cache.shape()[..2] == self.k_cache.shape()[..2];
                c.that(same, "v_cache", format_args!("the pages of k_cache, {}", self.k_cache.shape()), v_cache.shape())
            }
            (v, _) => c.that(false, "v", "given together with v_cache", if v.is_some() { "v alone" } else { "v_cache alone" }),
        }
    }

    fn cost(&self) -> Cost {
        let mut cost = Cost::default();
        let rows = self.k.size_bytes() as f64 + self.v.as_ref().map_or(0.0, |v| v.size_bytes() as f64);
        cost.read_bytes = rows + self.slots.size_bytes() as f64;
        cost.write_bytes = rows;
        cost
    }

    fn dtype(&self) -> DType {
        self.k.dtype()
    }

    fn variant(&self) -> &'static str {
        if self.v.is_some() { "keys_values" } else { "keys" }
    }
}

impl Op for KvCacheGather {
    const KIND: OpKind = OpKind::KvCacheGather;
    const DTYPES: &'static [DType] = &CACHED;
    const VARIANTS: &'static [&'static str] = &["paged"];
    const RULES: &'static [Rule] = &[
        NO_TOKENS,
        EMPTY_SEQUENCE,
        TAIL_UNTOUCHED,
        SPECIAL_VALUES,
        Rule { name: "partial_page", text: "Of the last page of a sequence only the first L mod P slots are copied." },
        BAD_TABLE,
        BAD_LENGTHS,
    ];

    fn applies(dtype: DType, _: &str, rule: &str) -> bool {
        dtype.is_float() || rule != "special_values"
    }

    tensors!(cache: in, table: in, kv_lens: in, out: Exact);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        check_rows(c, ("out", &self.out), ("cache", &self.cache))?;
        self.kv_lens.check(c, "kv_lens")?;
        check_table(c, &self.table, self.kv_lens.sequences(), &self.cache)
    }

    /// Every row of `out` read and written once.
    fn cost(&self) -> Cost {
        let rows = self.out.size_bytes() as f64;
        let lists = self.table.size_bytes() as f64 + self.kv_lens.cumulative.size_bytes() as f64;
        Cost { flops: 0.0, read_bytes: rows + lists, write_bytes: rows }
    }

    fn dtype(&self) -> DType {
        self.cache.dtype()
    }

    fn variant(&self) -> &'static str {
        "paged"
    }
}

/// `rows: [T, ..]` and `cache: [pages, P, ..]` with the same row.
fn check_rows(c: Check, (row_name, rows): (&'static str, &TensorView), (cache_name, cache): (&'static str, &TensorView)) -> Result<()> {
    c.dtype(cache_name, cache, &CACHED)?;
    c.dtype(row_name, rows, &[cache.dtype()])?;
    c.that(rows.rank() >= 2, row_name, "[T, ..] with at least two dimensions", rows.shape())?;
    c.that(cache.rank() >= 3 && cache.dim(1) >= 1, cache_name, "[pages, P, ..] with P >= 1", cache.shape())?;
    c.that(
        cache.shape()[2..] == rows.shape()[1..],
        cache_name,
        format_args!("[pages, P, ..] with the rows of {row_name}"),
        format_args!("{} for rows of {}", cache.shape(), rows.shape()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OpCall, host};

    fn zeros(dtype: DType, shape: impl Into<crate::Dims>) -> TensorView {
        host::zeros(dtype, shape).unwrap().view()
    }

    fn write() -> KvCacheWrite {
        let op = KvCacheWrite::new(zeros(DType::I8, [3, 2, 8]), zeros(DType::I32, [3]), zeros(DType::I8, [5, 4, 2, 8]).to_mut());
        op.with_v(zeros(DType::F16, [3, 6]), zeros(DType::F16, [5, 4, 6]).to_mut())
    }

    fn gather() -> KvCacheGather {
        let lens = Lengths::new(zeros(DType::I32, [3]));
        KvCacheGather::new(zeros(DType::F32, [5, 4, 8]), zeros(DType::I32, [2, 3]), lens, zeros(DType::F32, [9, 8]).to_mut())
    }

    fn argument(call: impl Into<OpCall>) -> &'static str {
        match call.into().check() {
            Err(Error::Shape { argument, .. } | Error::DType { argument, .. } | Error::Argument { argument, .. }) => argument,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn write_refuses_wrong_arguments_by_name() {
        OpCall::from(write()).check().unwrap();
        let fault = |change: fn(&mut KvCacheWrite)| {
            let mut op = write();
            change(&mut op);
            argument(op)
        };
        assert_eq!(fault(|op| op.k = zeros(DType::U8, [3, 2, 8])), "k");
        assert_eq!(fault(|op| op.k = zeros(DType::I8, [3])), "k");
        assert_eq!(fault(|op| op.k_cache = zeros(DType::I32, [5, 4, 2, 8]).to_mut()), "k_cache");
        assert_eq!(fault(|op| op.k_cache = zeros(DType::I8, [5, 4, 16]).to_mut()), "k_cache");
        assert_eq!(fault(|op| op.k_cache = zeros(DType::I8, [5, 0, 2, 8]).to_mut()), "k_cache");
        assert_eq!(fault(|op| op.k_cache = zeros(DType::I8, [5]).to_mut()), "k_cache");
        assert_eq!(fault(|op| op.slots = zeros(DType::U8, [3])), "slots");
        assert_eq!(fault(|op| op.slots = zeros(DType::I64, [4])), "slots");
        assert_eq!(fault(|op| op.v = None), "v");
        assert_eq!(fault(|op| op.v_cache = None), "v");
        assert_eq!(fault(|op| op.v = Some(zeros(DType::F16, [2, 6]))), "v");
        assert_eq!(fault(|op| op.v_cache = Some(zeros(DType::F16, [4, 4, 6]).to_mut())), "v_cache");
    }

    #[test]
    fn gather_refuses_wrong_arguments_by_name() {
        OpCall::from(gather()).check().unwrap();
        let fault = |change: fn(&mut KvCacheGather)| {
            let mut op = gather();
            change(&mut op);
            argument(op)
        };
        assert_eq!(fault(|op| op.cache = zeros(DType::BF16, [5, 4, 8])), "out");
        assert_eq!(fault(|op| op.cache = zeros(DType::F32, [5, 4, 7])), "cache");
        assert_eq!(fault(|op| op.table = zeros(DType::I32, [3, 3])), "table");
        assert_eq!(fault(|op| op.kv_lens.cumulative = zeros(DType::I32, [0])), "kv_lens");
        assert_eq!(fault(|op| op.out = zeros(DType::F32, [9, 4, 2]).to_mut()), "cache");
    }

    #[test]
    fn slots_are_checked_when_they_are_read() {
        assert_eq!(write().targets(&[19, -1, 0]).unwrap(), [Some(19), None, Some(0)]);
        for bad in [[20, 0, 1], [-2, 0, 1], [i64::MAX, 0, 1], [7, -1, 7]] {
            assert!(matches!(write().targets(&bad), Err(Error::Value { argument: "slots", .. })), "{bad:?}");
        }
    }
}
