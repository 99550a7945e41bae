//! Reading host tensors as arrays.

use ascend_hal::{Error, Result, TensorView, host};
use ndarray::{Array, ArrayD, Dimension};

/// The elements of a host tensor as an `f64` array of rank `D`.
pub fn read<D: Dimension>(view: &TensorView) -> Result<Array<f64, D>> {
    array(view, host::to_f64(view)?)
}

/// The elements of a host tensor of integers as an `i64` array of rank `D`.
pub fn ints<D: Dimension>(view: &TensorView) -> Result<Array<i64, D>> {
    array(view, host::to_i64(view)?)
}

fn array<T, D: Dimension>(view: &TensorView, data: Vec<T>) -> Result<Array<T, D>> {
    let rank = || Error::View {
        asked: D::NDIM.map_or("an array".into(), |n| format!("an array of {n} dimensions")),
        found: format!("shape {}", view.shape()),
    };
    ArrayD::from_shape_vec(view.shape().to_vec(), data).map_err(|_| rank())?.into_dimensionality().map_err(|_| rank())
}
