//! Paged key/value cache: write and gather.

use super::attention::Lengths;
use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// Reshape-and-cache: row `t` goes to slot `slots[t]`, that is page `slot / P`, place `slot % P`. Everything else in the cache is left untouched.
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

/// Copies the cached rows of each sequence one after the other: `out[cu[b] + i] = cache[table[b, i / P], i % P]`.
#[derive(Clone, Debug)]
pub struct KvCacheGather {
    /// `[pages, P, ..]`.
    pub cache: TensorView,
    /// `[B, max_pages]` i32.
    pub table: TensorView,
    /// Lengths `L`.
    pub kv_lens: Lengths,
    /// `[sum L, ..]`. Rows beyond the last sequence are left untouched.
    pub out: TensorViewMut,
}

impl Op for KvCacheWrite {
    const KIND: OpKind = OpKind::KvCacheWrite;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(k: in, v: in, slots: in, k_cache: Exact, v_cache: Exact);

    fn dtype(&self) -> DType {
        self.k.dtype()
    }
    fn variant(&self) -> &'static str {
        "default"
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }
}

impl Op for KvCacheGather {
    const KIND: OpKind = OpKind::KvCacheGather;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(cache: in, table: in, kv_lens: in, out: Exact);

    fn dtype(&self) -> DType {
        self.cache.dtype()
    }
    fn variant(&self) -> &'static str {
        "default"
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }
}
