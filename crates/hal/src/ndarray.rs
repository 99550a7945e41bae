//! `ndarray` arrays in and out of device tensors.

use ndarray::{ArrayBase, ArrayD, Data, Dimension, IxDyn};

use crate::{Device, DeviceExt, Dims, Element, Error, Result, Stream, TensorView};

/// Arrays in and out of device memory. Implemented for every [`Device`], also behind `dyn`.
pub trait ArrayExt {
    /// Copies an array, whatever its layout, to a new row-major tensor of the same shape, now.
    ///
    /// # Errors
    /// [`Error::View`] when the array has more than [`MAX_RANK`](crate::MAX_RANK) dimensions; [`Error::OutOfMemory`].
    fn upload_array<T: Element, S: Data<Elem = T>, D: Dimension>(&self, array: &ArrayBase<S, D>) -> Result<TensorView>;

    /// Waits for `stream`, then copies `view` to a new row-major array of the same shape.
    ///
    /// # Errors
    /// As [`DeviceExt::download`]; [`Error::View`] for packed `I4`, whose elements no array can hold.
    fn download_array<T: Element>(&self, stream: &Stream, view: &TensorView) -> Result<ArrayD<T>>;
}

impl<Dev: Device + ?Sized> ArrayExt for Dev {
    fn upload_array<T: Element, S: Data<Elem = T>, D: Dimension>(&self, array: &ArrayBase<S, D>) -> Result<TensorView> {
        let shape = Dims::new(array.shape())?;
        match array.as_slice() {
            Some(elements) => self.upload(elements, shape),
            None => self.upload(&array.iter().copied().collect::<Vec<T>>(), shape),
        }
    }

    fn download_array<T: Element>(&self, stream: &Stream, view: &TensorView) -> Result<ArrayD<T>> {
        let elements = self.download::<T>(stream, view)?;
        ArrayD::from_shape_vec(IxDyn(view.shape()), elements)
            .map_err(|e| Error::View { asked: format!("an array of shape {}", view.shape()), found: format!("{view:?}: {e}") })
    }
}
