//! Writing to and reading from a cache of pages.

use ascend_sys::ffi::*;

use super::check::{invalid, unsupported};
use super::index::{INDICES, element_bytes, within};
use super::run::failed;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnScatterPaKvCache(
        key: T, keyCacheRef: MutT, slotMapping: T, value: T, valueCacheRef: MutT, compressLensOptional: T, compressSeqOffsetOptional: T,
        seqLensOptional: T, cacheModeOptional: Str, scatterModeOptional: Str, stridesOptional: IA, offsetsOptional: IA
    ) = |key, key_cache, slots, value, value_cache, lens: Option<Tensor>, starts: Option<Tensor>, counts: Option<Tensor>, mode: Option<String>, scatter: Option<String>,
         _strides: Option<std::sync::Arc<[i64]>>, _offsets: Option<std::sync::Arc<[i64]>>| {
        if lens.is_some() || starts.is_some() || counts.is_some() {
            return Err(unsupported("compressed keys and values are not simulated"));
        }
        scatter_cache(key, key_cache, slots, value, value_cache, mode, scatter)
    };
    fn aclnnGatherPaKvCache(
        keyCache: T, valueCache: T, blockTables: T, seqLens: T, keyRef: MutT, valueRef: MutT, seqOffsetOptional: T, cacheMode: Str,
        isSeqLensCumsum: bool
    ) = gather_cache;
}

/// What the cores of A2 move.
const TYPES: &[aclDataType] = &[ACL_FLOAT16, ACL_BF16, ACL_INT8];

/// How a page holds its tokens.
#[derive(Clone, Copy)]
enum Page {
    /// `[blocks, blockSize, heads, size]`
    Tokens,
    /// `[blocks, heads, blockSize, size]`
    Heads,
    /// `[blocks, heads * size / c0, blockSize, c0]` with c0 of 32 bytes, or the heads apart.
    Fractal,
}

/// A cache of pages with rows of `heads * size` elements.
#[derive(Clone)]
struct Cache {
    tensor: Tensor,
    page: Page,
    blocks: usize,
    block_size: usize,
    heads: usize,
    size: usize,
}

impl Cache {
    fn new(tensor: Tensor, page: Page, heads: usize, size: usize) -> Outcome<Self> {
        tensor.nd()?;
        let c0 = 32 / element_bytes(&tensor);
        let (blocks, block_size) = match page {
            Page::Tokens => (tensor.dim(0), tensor.dim(1)),
            _ => (tensor.dim(0), tensor.dim_back(1)),
        };
        let fits = match page {
            Page::Tokens => tensor.dims() == [blocks, block_size, heads, size],
            Page::Heads => tensor.dims() == [blocks, heads, block_size, size],
            Page::Fractal if !size.is_multiple_of(c0) => false,
            Page::Fractal => {
                tensor.dims() == [blocks, heads * size / c0, block_size, c0] || tensor.dims() == [blocks, heads, size / c0, block_size, c0]
            }
        };
        if !fits || tensor.is_empty() {
            return Err(tensor.invalid(format!("pages for rows of {heads} heads of {size} asked, shape {:?} found", tensor.dims())));
        }
        Ok(Self { tensor, page, blocks, block_size, heads, size })
    }

    fn row(&self) -> usize {
        self.heads * self.size
    }

    /// The place of element `i` of the row at `offset` of a block.
    fn place(&self, block: usize, offset: usize, i: usize) -> usize {
        let in_block = match self.page {
            Page::Tokens => offset * self.row() + i,
            Page::Heads => (i / self.size * self.block_size + offset) * self.size + i % self.size,
            Page::Fractal => {
                let c0 = 32 / element_bytes(&self.tensor);
                (i / c0 * self.block_size + offset) * c0 + i % c0
            }
        };
        block * self.block_size * self.row() + in_block
    }
}

fn scatter_cache(
    key: Tensor,
    key_cache: Tensor,
    slots: Tensor,
    value: Tensor,
    value_cache: Tensor,
    mode: Option<String>,
    scatter: Option<String>,
) -> Outcome<Plan> {
    let page = match (mode.as_deref().unwrap_or("Norm"), scatter.as_deref().unwrap_or("None")) {
        ("" | "Norm", "" | "None") => Page::Tokens,
        ("" | "Norm", "NHSD") => Page::Heads,
        ("PA_NZ", "" | "None") => Page::Fractal,
        ("" | "Norm", other @ ("Alibi" | "Rope" | "Omni" | "Nct")) => {
            return Err(unsupported(format!("scatterModeOptional {other} is not simulated")));
        }
        (mode, scatter) => {
            return Err(invalid(format!(
                "cacheModeOptional Norm or PA_NZ, and a scatterModeOptional for it, asked; {mode} and {scatter} found"
            )));
        }
    };
    slots.of_type(INDICES)?;
    slots.of_rank(1..=1)?;
    let mut parts = vec![(key.clone(), key_cache)];
    // A key without a value is for caches that hold both in one.
    if value.rank() > 0 && !value.is_empty() {
        parts.push((value, value_cache));
    } else if !matches!(page, Page::Tokens) {
        return Err(value.invalid("no elements, which is for the cacheMode Norm only"));
    }
    let mut jobs = Vec::new();
    for (rows, cache) in parts {
        rows.of_type(TYPES)?;
        cache.of_type_of(&rows)?;
        if !matches!(page, Page::Fractal) {
            rows.of_type_of(&key)?;
        }
        rows.of_rank(3..=3)?;
        rows.not_empty()?;
        let (tokens, heads) = (key.dim(0), key.dim(1));
        rows.of_shape(&[tokens, heads, rows.dim(2)])?;
        slots.of_shape(&[tokens])?;
        let bytes = rows.dim(2) * element_bytes(&rows);
        if matches!(page, Page::Heads | Page::Fractal) && !bytes.is_multiple_of(32) {
            return Err(rows.invalid(format!("heads of a multiple of 32 bytes asked, {bytes} found")));
        }
        let size = rows.dim(2);
        jobs.push((rows, Cache::new(cache, page, heads, size)?));
    }
    Ok(Plan::new(move |run| {
        let found = run.ints(&slots)?;
        for (rows, cache) in &jobs {
            let mut used = std::collections::HashSet::new();
            let (mut all, new, size) = (run.raw(&cache.tensor)?, run.raw(rows)?, element_bytes(rows));
            for (token, slot) in found.iter().enumerate() {
                let slot = within(&slots, *slot, cache.blocks * cache.block_size)?;
                if !used.insert(slot) {
                    return Err(failed(format!("slotMapping: each slot once asked, {slot} found twice")));
                }
                for i in 0..cache.row() {
                    let to = cache.place(slot / cache.block_size, slot % cache.block_size, i) * size;
                    let from = (token * cache.row() + i) * size;
                    all[to..to + size].copy_from_slice(&new[from..from + size]);
                }
            }
            run.put_raw(&cache.tensor, &all)?;
        }
        Ok(())
    }))
}

/// The tokens of each sequence one after the other, from the blocks that its table names.
#[allow(clippy::too_many_arguments, reason = "the operator's own")]
fn gather_cache(
    key_cache: Tensor,
    value_cache: Tensor,
    tables: Tensor,
    lengths: Tensor,
    key: Tensor,
    value: Tensor,
    offsets: Option<Tensor>,
    mode: String,
    cumulative: bool,
) -> Outcome<Plan> {
    let page = match mode.as_str() {
        "Norm" => Page::Tokens,
        "PA_NZ" => Page::Fractal,
        other => return Err(invalid(format!("cacheMode: Norm or PA_NZ asked, {other:?} found"))),
    };
    for tensor in [&tables, &lengths].into_iter().chain(&offsets) {
        tensor.of_type(&[ACL_INT32])?;
    }
    tables.of_rank(2..=2)?;
    tables.not_empty()?;
    let batch = tables.dim(0);
    lengths.of_shape(&[batch + usize::from(cumulative)])?;
    if let Some(offsets) = &offsets {
        offsets.of_shape(&[batch])?;
    }
    let mut jobs = Vec::new();
    for (cache, rows) in [(key_cache, key), (value_cache, value)] {
        cache.of_type(TYPES)?;
        rows.of_type_of(&cache)?;
        let (heads, size) = match page {
            Page::Tokens => {
                rows.of_rank(3..=3)?;
                (rows.dim(1), rows.dim(2))
            }
            _ => {
                rows.of_rank(2..=2)?;
                (1, rows.dim(1))
            }
        };
        jobs.push((Cache::new(cache, page, heads, size)?, rows));
    }
    Ok(Plan::new(move |run: &Run<'_>| {
        let mut counts = run.ints(&lengths)?;
        if cumulative {
            if counts[0] != 0 {
                return Err(failed(format!("seqLens: sums from 0 on asked, {} found first", counts[0])));
            }
            counts = counts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        }
        if let Some(count) = counts.iter().find(|count| **count < 0) {
            return Err(failed(format!("seqLens: no length below 0 asked, {count} found")));
        }
        let table = run.ints(&tables)?;
        let skipped = match &offsets {
            Some(offsets) => run.ints(offsets)?,
            None => vec![0; batch],
        };
        for (cache, rows) in &jobs {
            let (all, mut gathered, size) = (run.raw(&cache.tensor)?, run.raw(rows)?, element_bytes(rows));
            let mut row = 0;
            for (b, count) in counts.iter().enumerate() {
                for token in 0..*count as usize {
                    let entry = within(&tables, skipped[b] / cache.block_size as i64 + (token / cache.block_size) as i64, tables.dim(1))?;
                    let block = within(&tables, table[b * tables.dim(1) + entry], cache.blocks)?;
                    if row >= rows.dim(0) {
                        return Err(failed(format!(
                            "{}: room for {} tokens asked, shape {:?} found",
                            rows.name(),
                            counts.iter().sum::<i64>(),
                            rows.dims()
                        )));
                    }
                    for i in 0..cache.row() {
                        let from = cache.place(block, token % cache.block_size, i) * size;
                        let to = (row * cache.row() + i) * size;
                        gathered[to..to + size].copy_from_slice(&all[from..from + size]);
                    }
                    row += 1;
                }
            }
            run.put_raw(rows, &gathered)?;
        }
        Ok(())
    }))
}
