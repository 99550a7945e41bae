//! What the host decides about a launch, from an op's arguments.

use ascend_hal::{DType, TensorView};

/// One launch of a kernel that covers an op.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Name of the entry.
    pub kernel: &'static str,
    /// Blocks to launch.
    pub blocks: u32,
    /// The tensors behind the entry's arguments, in their order, before the workspace and the tiling struct; `None` is a null address.
    pub arguments: Vec<Option<TensorView>>,
    /// Bytes of scratch memory that the kernel wants; it need not be cleared.
    pub workspace_bytes: usize,
    /// The tiling struct.
    pub tiling: Vec<u8>,
}

/// A plan, or the reason why the kernel does not cover the call.
pub type Planned<T = Plan> = Result<T, String>;

/// Bytes of the unified buffer that a vector kernel uses: 192 KiB less what is reserved for the API.
pub(crate) const UB_BYTES: usize = 184 * 1024;
/// Bytes that two cores must not share when they write.
pub(crate) const BLOCK_BYTES: usize = 32;

/// How `rows` rows are dealt out: rows per block of the launch, a multiple of `granule`, and the number of blocks, at least one.
pub(crate) fn deal(rows: usize, granule: usize, cores: u32) -> (usize, u32) {
    let per_block = rows.div_ceil(cores.max(1) as usize).next_multiple_of(granule).max(granule);
    // At most `cores`, so it fits.
    (per_block, rows.div_ceil(per_block).max(1) as u32)
}

/// The fewest rows of so many bytes that end where a block of 32 bytes does.
pub(crate) fn granule(row_bytes: usize) -> usize {
    let mut shared = BLOCK_BYTES;
    while !row_bytes.is_multiple_of(shared) {
        shared /= 2;
    }
    BLOCK_BYTES / shared
}

/// The smallest number that is a multiple of both; both are powers of two.
pub(crate) fn both(a: usize, b: usize) -> usize {
    a.max(b)
}

/// A size as kernels count.
pub(crate) fn word(value: usize, what: &str) -> Planned<u32> {
    u32::try_from(value).ok().filter(|value| *value <= i32::MAX as u32).ok_or_else(|| format!("{what} of {value} does not fit 31 bits"))
}

/// A condition of a kernel.
pub(crate) fn only(holds: bool, why: impl FnOnce() -> String) -> Planned<()> {
    if holds { Ok(()) } else { Err(why()) }
}

/// An argument that is read: row-major.
pub(crate) fn input(view: &TensorView, name: &str) -> Planned<Option<TensorView>> {
    only(view.is_contiguous(), || format!("{name} is not row-major"))?;
    Ok(Some(view.clone()))
}

/// An argument that is written: row-major, and at a multiple of 32 bytes, so that blocks of the launch can share none.
pub(crate) fn output(view: &TensorView, name: &str) -> Planned<Option<TensorView>> {
    only(view.byte_span().start.is_multiple_of(BLOCK_BYTES), || format!("{name} does not start at a multiple of {BLOCK_BYTES} bytes"))?;
    input(view, name)
}

/// An argument that may be absent.
pub(crate) fn optional(
    view: Option<&TensorView>,
    name: &str,
    as_argument: fn(&TensorView, &str) -> Planned<Option<TensorView>>,
) -> Planned<Option<TensorView>> {
    view.map_or(Ok(None), |view| as_argument(view, name))
}

/// Picks an entry by the type of its main argument.
pub(crate) fn entry(dtype: DType, entries: [&'static str; 3]) -> Planned<&'static str> {
    let [bf16, f16, f32] = entries;
    match dtype {
        DType::BF16 => Ok(bf16),
        DType::F16 => Ok(f16),
        DType::F32 => Ok(f32),
        other => Err(format!("{other} is not among its types")),
    }
}

/// A number per element as whole 32-byte blocks.
pub(crate) fn padded(count: usize, dtype: DType) -> usize {
    count.next_multiple_of(BLOCK_BYTES * 8 / dtype.bits())
}

/// How a vector of parameters is stored beside values of type `like`: 0 none, 1 as those, 2 f32.
pub(crate) fn parameter_kind(view: Option<&TensorView>, like: DType) -> u32 {
    match view {
        None => 0,
        Some(view) if view.dtype() == DType::F32 => 2,
        Some(view) => u32::from(view.dtype() == like),
    }
}

/// Floats of room that reductions of `count` numbers use; `ReduceRoom` of the kernels.
pub(crate) fn reduce_room(count: usize) -> usize {
    2 * count.div_ceil(64).next_multiple_of(64) + 64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deal_gives_blocks_that_cover_the_rows_and_share_no_granule() {
        for rows in [0, 1, 7, 8, 9, 100, 4096] {
            for granule in [1, 2, 8, 32] {
                for cores in [1, 2, 3, 20, 24, 48] {
                    let (per_block, blocks) = deal(rows, granule, cores);
                    assert!(per_block % granule == 0 && blocks >= 1 && blocks <= cores);
                    assert!(per_block * blocks as usize >= rows);
                    assert!(rows == 0 || per_block * (blocks as usize - 1) < rows, "no block without rows");
                }
            }
        }
    }

    #[test]
    fn granule_is_the_fewest_rows_that_end_at_a_block() {
        for bytes in 1..200 {
            let fewest = (1..).find(|rows| rows * bytes % BLOCK_BYTES == 0);
            assert_eq!(Some(granule(bytes)), fewest, "{bytes} bytes");
        }
        assert_eq!(granule(0), 1);
    }
}
