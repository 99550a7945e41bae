//! Tensors of which only the shape is there, and those with a few values that steer a kernel.

use ascend_hal::{Buffer, DType, Dims, Layout, Location, Memory as Allocation, Result, TensorView};
use bytemuck::{NoUninit, cast_slice};

use crate::twin::Memory;

/// Where tensors without memory are put: addresses that no process has.
pub(super) const FIRST_ADDRESS: u64 = 1 << 60;
/// As the device's allocator aligns.
const ALIGNMENT: u64 = 512;

/// An allocation that is declared, perhaps with its values.
#[derive(Debug)]
struct Declared {
    bytes: usize,
    values: Vec<u64>,
}

impl Allocation for Declared {
    fn location(&self) -> Location {
        Location::Host
    }
    fn size_bytes(&self) -> usize {
        self.bytes
    }
}

/// A row-major tensor without memory.
///
/// # Errors
/// The shape is too large.
pub fn declare(dtype: DType, shape: impl Into<Dims>) -> Result<TensorView> {
    let layout = Layout::contiguous(shape)?;
    let bytes = (layout.numel() * dtype.bits()).div_ceil(8);
    TensorView::new(Buffer::new(Declared { bytes, values: Vec::new() }), dtype, layout)
}

/// A row-major tensor with values, which a kernel's scalars read while it is counted.
///
/// # Errors
/// The shape does not fit the values.
pub fn declare_with<T: NoUninit>(dtype: DType, shape: impl Into<Dims>, values: &[T]) -> Result<TensorView> {
    let bytes: &[u8] = cast_slice(values);
    let mut words = vec![0u64; bytes.len().div_ceil(8).max(1)];
    bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..bytes.len()].copy_from_slice(bytes);
    TensorView::new(Buffer::new(Declared { bytes: bytes.len(), values: words }), dtype, Layout::contiguous(shape)?)
}

/// The address of a tensor's values, if it has any.
pub(super) fn address(buffer: &Buffer) -> Option<u64> {
    let declared = buffer.downcast_ref::<Declared>()?;
    (!declared.values.is_empty()).then(|| declared.values.as_ptr().expose_provenance() as u64)
}

/// An address for so many bytes that are not there.
pub(super) fn place(memory: &mut Memory, next: &mut u64, bytes: u64) -> u64 {
    let start = *next;
    memory.unbacked.push((start, bytes));
    *next += bytes.next_multiple_of(ALIGNMENT) + ALIGNMENT;
    start
}
