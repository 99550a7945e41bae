//! Weights of candle's on a device.

use ascend_compute::ops::{Quantize, Weight};
use ascend_compute::{DType, Device, DeviceExt, Dims, TensorView, TensorViewMut};
use candle_core::Tensor;

use crate::tensor::{float_bytes, hold};
use crate::{Result, Session};

/// How int8 weights are used; both have one scale for each output column, `max|w| / 127`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantization {
    /// Activations are quantised too, each row by itself when it comes: integer products.
    W8A8,
    /// Weights are dequantised on their way into the product; activations stay as they are.
    W8A16,
}

/// A copy of `tensor` on the device, with its type.
pub(crate) fn upload(device: &dyn Device, argument: &'static str, tensor: &Tensor) -> Result<TensorView> {
    let tensor = tensor.contiguous()?;
    let held = hold(&tensor);
    let (dtype, bytes) = float_bytes(argument, held.operand(argument)?)?;
    Ok(device.upload_bytes(dtype, bytes, Dims::new(tensor.dims())?)?)
}

/// A copy of `tensor` on the device, in f32: biases and sinks.
pub(crate) fn upload_f32(device: &dyn Device, argument: &'static str, tensor: &Tensor) -> Result<TensorView> {
    upload(device, argument, &tensor.to_dtype(candle_core::DType::F32)?)
}

/// Copies the elements of `tensor` into `to`, which has its type, from byte `at` on; the number of bytes.
pub(crate) fn write(device: &dyn Device, to: &TensorViewMut, at: usize, argument: &'static str, tensor: &Tensor) -> Result<usize> {
    let tensor = tensor.contiguous()?;
    let held = hold(&tensor);
    let (dtype, bytes) = float_bytes(argument, held.operand(argument)?)?;
    if dtype != to.dtype() {
        let (asked, found) = (format!("{} weights, as the first", to.dtype()), dtype.to_string());
        return Err(ascend_compute::Error::View { asked, found }.into());
    }
    device.write(to.buffer(), at, bytes)?;
    Ok(bytes.len())
}

/// A weight stored `[.., N, K]`, quantised or not, in the form that the device reads fastest. Each form before it is freed once the next exists.
pub(crate) fn prepare(session: &Session, stored: TensorView, quantization: Option<Quantization>) -> Result<Weight> {
    let weight = match quantization {
        None => Weight::nk(stored)?,
        Some(_) => quantize(session, stored)?,
    };
    Ok(session.device().prepare_weight(&weight)?)
}

/// One scale for each of the `N` rows of `[.., N, K]`.
fn quantize(session: &Session, stored: TensorView) -> Result<Weight> {
    let device = session.device();
    let columns = stored.shape().last_or_one();
    let mut scale_shape = *stored.shape();
    let rank = scale_shape.len();
    if rank < 2 {
        return Ok(Weight::nk(stored)?);
    }
    // [.., N, K] has scales [.., 1, N].
    (scale_shape[rank - 1], scale_shape[rank - 2]) = (scale_shape[rank - 2], 1);
    let (codes, scale) = (device.empty(DType::I8, *stored.shape())?, device.empty(DType::F32, scale_shape)?);
    let rows = scale.numel();
    session.call(|call| {
        let rows =
            Quantize::new(stored.reshape([rows, columns])?, codes.reshape([rows, columns])?.to_mut(), scale.reshape([rows])?.to_mut());
        Ok(call.device.quantize(call.stream, rows)?)
    })?;
    Ok(Weight::nk(codes.view())?.per_channel(scale.view()))
}
