//! The paged key/value cache: device memory in pages of equal size.

use std::sync::Arc;

use ascend_compute::{DType, Device, DeviceExt, TensorViewMut};

use crate::Result;

/// What one layer keeps for each token: two tensors of `[pages, P, ..]`.
///
/// Grouped-query attention keeps keys `[Hkv, D]` and values `[Hkv, Dv]`; latent attention keeps the latent `[C]` and the rope part `[R]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheSpec {
    /// Layers, all alike.
    pub layers: usize,
    /// Shape of one slot of the first tensor.
    pub k: Vec<usize>,
    /// Shape of one slot of the second tensor.
    pub v: Vec<usize>,
    /// Storage type.
    pub dtype: DType,
}

/// The cache of all layers. Which page belongs to whom is the block allocator's business.
#[derive(Clone, Debug)]
pub struct KvCache {
    /// Tokens in a page.
    pub page_tokens: usize,
    /// Number of pages.
    pub pages: usize,
    /// For each layer its two tensors, `[pages, P, ..]`.
    pub layers: Vec<(TensorViewMut, TensorViewMut)>,
}

impl KvCache {
    /// Allocates `pages` pages of `page_tokens` tokens, zeroed.
    pub fn new(device: &Arc<dyn Device>, spec: &CacheSpec, pages: usize, page_tokens: usize) -> Result<Self> {
        let tensor = |slot: &[usize]| {
            let shape = [&[pages, page_tokens], slot].concat();
            device.zeros(spec.dtype, ascend_compute::Dims::new(&shape)?)
        };
        let layers = (0..spec.layers).map(|_| Ok((tensor(&spec.k)?, tensor(&spec.v)?))).collect::<ascend_compute::Result<_>>()?;
        Ok(Self { page_tokens, pages, layers })
    }
}
