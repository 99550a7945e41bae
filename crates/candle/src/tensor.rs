//! candle's tensors, from and to host memory.

use std::ops::Deref;

use ascend_compute::{DType, DeviceId, Dims, Element, Error as DeviceError};
use candle_core::op::BackpropOp;
use candle_core::{CpuStorage, Layout, Shape, Storage, Tensor};

use crate::session::{Operand, not_float};
use crate::{Error, Result};

/// A tensor whose storage is kept from changing by `S`, candle's guard.
pub(crate) struct Held<'a, S> {
    storage: S,
    layout: &'a Layout,
}

/// Keeps the storage of `tensor` from changing. What type of guard candle has for it differs between its versions.
pub(crate) fn hold(tensor: &Tensor) -> Held<'_, impl Deref<Target = Storage> + '_> {
    let (storage, layout) = tensor.storage_and_layout();
    Held { storage, layout }
}

impl<S: Deref<Target = Storage>> Held<'_, S> {
    /// The storage and its layout.
    ///
    /// # Errors
    /// [`Error::Place`] when the tensor is not in host memory.
    pub(crate) fn operand(&self, argument: &'static str) -> Result<Operand<'_>> {
        match &*self.storage {
            Storage::Cpu(storage) => Ok((storage, self.layout)),
            other => Err(Error::Place { argument, found: other.device().location() }),
        }
    }
}

/// A tensor without history: what these layers compute cannot be differentiated.
pub(crate) fn tensor((storage, shape): (CpuStorage, Shape)) -> Tensor {
    Tensor::from_storage(Storage::Cpu(storage), shape, BackpropOp::none(), false)
}

/// Zeros for a result of `shape`.
///
/// # Errors
/// [`DeviceError::OutOfMemory`]: a view that repeats its elements can ask for any size.
pub(crate) fn zeros<T: Element>(shape: &[usize]) -> Result<Vec<T>> {
    let elements = Dims::new(shape)?.numel()?;
    let bytes = elements.checked_mul(size_of::<T>()).filter(|&bytes| isize::try_from(bytes).is_ok());
    bytes.and_then(|_| bytemuck::try_zeroed_vec(elements).ok()).ok_or_else(|| {
        let asked_bytes = elements.saturating_mul(size_of::<T>());
        DeviceError::OutOfMemory { device: DeviceId::CPU, asked_bytes, free_bytes: None }.into()
    })
}

/// Zeros of the type of `like`, which must be a float type.
pub(crate) fn zeros_like(argument: &'static str, like: &CpuStorage, shape: &[usize]) -> Result<CpuStorage> {
    Ok(match like {
        CpuStorage::F32(_) => CpuStorage::F32(zeros(shape)?),
        CpuStorage::F16(_) => CpuStorage::F16(zeros(shape)?),
        CpuStorage::BF16(_) => CpuStorage::BF16(zeros(shape)?),
        other => return Err(not_float(argument, other)),
    })
}

/// The type of a tensor of floats, and its bytes from its first element on. The tensor must be contiguous.
pub(crate) fn float_bytes<'a>(argument: &'static str, (storage, layout): Operand<'a>) -> Result<(DType, &'a [u8])> {
    let from = layout.start_offset();
    let to = from + layout.shape().elem_count();
    Ok(match storage {
        CpuStorage::F32(data) => (DType::F32, bytemuck::cast_slice(&data[from..to])),
        CpuStorage::F16(data) => (DType::F16, bytemuck::cast_slice(&data[from..to])),
        CpuStorage::BF16(data) => (DType::BF16, bytemuck::cast_slice(&data[from..to])),
        other => return Err(not_float(argument, other)),
    })
}
