//! Attention on a paged cache that lives on the device.

use ascend_compute::ops::{Attention, KvCacheWrite, KvSource, Lengths};
use ascend_compute::{Choice, DType, DeviceExt, Error as DeviceError, OpCall, OpKind, TensorView, TensorViewMut};
use candle_core::{CpuStorage, CustomOp3, Layout, Shape, Tensor};

use crate::session::Operand;
use crate::tensor::{hold, tensor, zeros_like};
use crate::{Error, Result, Session, weights};

/// Sizes of a [`PagedKvCache`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheShape {
    /// Number of pages.
    pub pages: usize,
    /// Tokens of a page, `P`.
    pub page_tokens: usize,
    /// Key/value heads, `Hkv`.
    pub kv_heads: usize,
    /// Head dimension, `D`.
    pub head_dim: usize,
}

/// Keys and values of one layer in pages, on the device. Clones share the memory.
#[derive(Clone, Debug)]
pub struct PagedKvCache {
    session: Session,
    k: TensorViewMut,
    v: TensorViewMut,
}

impl PagedKvCache {
    /// An empty cache for keys and values of type `dtype`: `F32`, `F16` or `BF16`.
    ///
    /// # Errors
    /// [`Error::DType`]; [`ascend_compute::Error::OutOfMemory`]; [`ascend_compute::Error::Argument`] when pages hold no tokens.
    pub fn new(session: &Session, dtype: candle_core::DType, shape: CacheShape) -> Result<Self> {
        let dtype = match dtype {
            candle_core::DType::F32 => DType::F32,
            candle_core::DType::F16 => DType::F16,
            candle_core::DType::BF16 => DType::BF16,
            found => return Err(Error::DType { argument: "dtype", asked: "F32, F16 or BF16", found }),
        };
        let CacheShape { pages, page_tokens, kv_heads, head_dim } = shape;
        if page_tokens == 0 {
            let (asked, found) = ("pages of at least 1 token".into(), "0".into());
            return Err(DeviceError::Argument { op: OpKind::KvCacheWrite, argument: "page_tokens", asked, found }.into());
        }
        let empty = || session.device().empty(dtype, [pages, page_tokens, kv_heads, head_dim]);
        Ok(Self { session: session.clone(), k: empty()?, v: empty()? })
    }

    fn pages(&self) -> usize {
        self.k.dim(0)
    }

    fn page_tokens(&self) -> usize {
        self.k.dim(1)
    }
}

/// One sequence in a step.
#[derive(Clone, Copy, Debug)]
pub struct Sequence<'a> {
    /// Tokens that the cache has from earlier steps.
    pub cached_tokens: usize,
    /// Tokens of this step; they follow the cached ones.
    pub new_tokens: usize,
    /// Its pages in order, enough for both, all of them in the cache.
    pub pages: &'a [u32],
}

/// Where the tokens of one forward pass lie in the caches; the same for all layers.
#[derive(Clone, Debug)]
pub struct Step {
    /// Pages that a cache must have.
    pages: usize,
    page_tokens: usize,
    slots: TensorView,
    table: TensorView,
    q_lens: Lengths,
    kv_lens: Lengths,
}

impl Step {
    /// A step of `sequences`, whose new tokens stand one sequence after the other in `q`, `k` and `v`. `cache` is that of any layer: all have as many pages, of one size.
    ///
    /// # Errors
    /// [`Error::Pages`] when a sequence has too few pages; [`Error::Page`] when it has one that is not in the cache.
    pub fn new(cache: &PagedKvCache, sequences: &[Sequence<'_>]) -> Result<Self> {
        let page_tokens = cache.page_tokens();
        let max_pages = sequences.iter().map(|s| s.pages.len()).max().unwrap_or(0);
        let (mut slots, mut table) = (Vec::new(), vec![-1i32; sequences.len() * max_pages]);
        let (mut q_lens, mut kv_lens) = (vec![0i32], vec![0i32]);
        for (b, sequence) in sequences.iter().enumerate() {
            let Sequence { cached_tokens, new_tokens, pages } = *sequence;
            let tokens = cached_tokens.saturating_add(new_tokens);
            let asked = tokens.div_ceil(page_tokens);
            if asked > pages.len() {
                return Err(Error::Pages { sequence: b, tokens, page_tokens, asked, found: pages.len() });
            }
            if let Some(&page) = pages.iter().find(|&&page| page as usize >= cache.pages()) {
                return Err(Error::Page { sequence: b, page, pages: cache.pages() });
            }
            for (place, &page) in table[b * max_pages..].iter_mut().zip(pages) {
                *place = page as i32;
            }
            slots.extend(
                (cached_tokens..tokens).map(|at| i64::from(pages[at / page_tokens]) * page_tokens as i64 + (at % page_tokens) as i64),
            );
            for (sums, len) in [(&mut q_lens, new_tokens), (&mut kv_lens, tokens)] {
                let before = sums.last().copied().unwrap_or(0);
                sums.push(before.saturating_add(i32::try_from(len).unwrap_or(i32::MAX)));
            }
        }
        let device = cache.session.device();
        let lengths = |sums: Vec<i32>| Ok::<_, Error>(Lengths::new(device.upload(&sums, [sums.len()])?).with_host(sums));
        Ok(Self {
            pages: cache.pages(),
            page_tokens,
            slots: device.upload(&slots, [slots.len()])?,
            table: device.upload(&table, [sequences.len(), max_pages])?,
            q_lens: lengths(q_lens)?,
            kv_lens: lengths(kv_lens)?,
        })
    }
}

/// Causal attention of one layer: writes the new keys and values to its cache, then attends to all that is cached of each sequence. Grouped-query heads by their
/// number: query head `h` uses key/value head `h / (Hq / Hkv)`. See [`ascend_compute::ops::Attention`].
///
/// ```
/// use ascend_candle::{CacheShape, PagedAttention, PagedKvCache, Sequence, Session, Step};
/// use candle_core::{DType, Device, Tensor};
///
/// let session = Session::open("cpu")?;
/// let shape = CacheShape { pages: 8, page_tokens: 16, kv_heads: 2, head_dim: 32 };
/// let cache = PagedKvCache::new(&session, DType::F32, shape)?;
/// let attention = PagedAttention::new(cache.clone(), 1.0 / 32f32.sqrt());
///
/// // A prompt of 20 tokens beside a sequence that goes on with its seventh token.
/// let sequences = [
///     Sequence { cached_tokens: 0, new_tokens: 20, pages: &[5, 2] },
///     Sequence { cached_tokens: 6, new_tokens: 1, pages: &[0] },
/// ];
/// let step = Step::new(&cache, &sequences)?;
/// let rows = |heads| Tensor::randn(0f32, 1.0, (21, heads, 32), &Device::Cpu);
/// let mixed = attention.forward(&rows(4)?, &rows(2)?, &rows(2)?, &step)?;
/// assert_eq!(mixed.dims(), [21, 4, 32]);
/// # Ok::<(), ascend_candle::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PagedAttention {
    cache: PagedKvCache,
    scale: f32,
    window: Option<usize>,
    softcap: Option<f32>,
    sinks: Option<TensorView>,
}

impl PagedAttention {
    /// Attention with `scale` on the dot products.
    pub fn new(cache: PagedKvCache, scale: f32) -> Self {
        Self { cache, scale, window: None, softcap: None, sinks: None }
    }

    /// Each token sees the last `window` tokens, itself included.
    pub fn with_window(self, window: usize) -> Self {
        Self { window: Some(window), ..self }
    }

    /// Logits go through `c * tanh(logit / c)`.
    pub fn with_softcap(self, c: f32) -> Self {
        Self { softcap: Some(c), ..self }
    }

    /// With one more logit for each head: `[Hq]`.
    ///
    /// # Errors
    /// Those of the copy to the device.
    pub fn with_sinks(mut self, sinks: &Tensor) -> Result<Self> {
        self.sinks = Some(weights::upload_f32(&**self.cache.session.device(), "sinks", sinks)?);
        Ok(self)
    }

    /// `q: [T, Hq, D]`, `k: [T, Hkv, D]`, `v: [T, Hkv, D]` of the step's new tokens, in any strides, to `[T, Hq, D]`. The result has no history for gradients.
    ///
    /// # Errors
    /// What the contracts have against shapes, types and pages; [`Error::DType`]; [`Error::Place`]; no kernel. The cache is then as it was. When the device fails at
    /// the attention itself, the new keys and values have been written.
    pub fn forward(&self, q: &Tensor, k: &Tensor, v: &Tensor, step: &Step) -> Result<Tensor> {
        let (q, k, v) = (hold(q), hold(k), hold(v));
        self.compute(q.operand("q")?, k.operand("k")?, v.operand("v")?, step).map(tensor)
    }

    /// The layer in a step, as a custom op of three tensors `q`, `k`, `v`.
    pub fn at(&self, step: &Step) -> PagedAttentionAt {
        PagedAttentionAt { attention: self.clone(), step: step.clone() }
    }

    fn compute(&self, q: Operand<'_>, k: Operand<'_>, v: Operand<'_>, step: &Step) -> Result<(CpuStorage, Shape)> {
        let PagedKvCache { session, k: k_cache, v: v_cache } = &self.cache;
        let refuse = |argument, asked, found| Err(DeviceError::Argument { op: OpKind::Attention, argument, asked, found }.into());
        let (pages, page_tokens) = (self.cache.pages(), self.cache.page_tokens());
        if step.page_tokens != page_tokens || step.pages > pages {
            let asked = format!("made for at most {pages} pages of {page_tokens} tokens");
            return refuse("step", asked, format!("{} pages of {}", step.pages, step.page_tokens));
        }
        let tokens = step.slots.dim(0);
        if q.1.dims().first() != Some(&tokens) {
            return refuse("q", format!("[T={tokens}, Hq, D], as the step has new tokens"), format!("{:?}", q.1.dims()));
        }
        let mut out = zeros_like("q", q.0, q.1.dims())?;
        session.call(|call| {
            let q = call.floats("q", q)?;
            let out = call.output_floats(&mut out, *q.shape())?;
            let kv = KvSource::Paged { k: k_cache.view(), v: v_cache.view(), table: step.table.clone() };
            let mut op = Attention::new(q, kv, step.q_lens.clone(), step.kv_lens.clone(), self.scale, out);
            (op.window, op.softcap) = (self.window, self.softcap);
            op.sinks.clone_from(&self.sinks);
            // A refused call must not have written. What contracts leave to execution, `Step` and the checks above have seen to.
            let attention = OpCall::from(op);
            attention.check()?;
            call.device.kernels().pick(&attention, &Choice::Auto)?;
            let write = KvCacheWrite::new(call.floats("k", k)?, step.slots.clone(), k_cache.clone());
            call.device.kv_cache_write(call.stream, write.with_v(call.floats("v", v)?, v_cache.clone()))?;
            Ok(call.device.run(call.stream, attention)?)
        })?;
        Ok((out, q.1.shape().clone()))
    }
}

/// See [`PagedAttention::at`].
#[derive(Clone, Debug)]
pub struct PagedAttentionAt {
    attention: PagedAttention,
    step: Step,
}

impl CustomOp3 for PagedAttentionAt {
    fn name(&self) -> &'static str {
        "ascend-paged-attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        Ok(self.attention.compute((q, q_layout), (k, k_layout), (v, v_layout), &self.step)?)
    }
}
