//! Changing what a correct kernel has written.

use ascend_hal::{DType, Element, Result, TensorView, bf16, f16, host};

/// Reads the elements of `view` (row-major, as `f64`), lets `f` change them, and writes the changed ones back.
pub fn patch(view: &TensorView, f: impl FnOnce(&mut [f64])) -> Result<()> {
    let old = host::to_f64(view)?;
    let mut new = old.clone();
    f(&mut new);
    let mut offsets = Vec::with_capacity(old.len());
    view.layout().for_each_offset(view.dtype(), |at| offsets.push(at));
    for ((at, old), new) in offsets.into_iter().zip(old).zip(new) {
        if old.to_bits() != new.to_bits() {
            write(view, at, new)?;
        }
    }
    Ok(())
}

/// Writes one element at offset `at` (in elements) of the view's buffer.
fn write(view: &TensorView, at: usize, x: f64) -> Result<()> {
    match view.dtype() {
        DType::F32 => put(view, at, x as f32),
        DType::F16 => put(view, at, f16::from_f64(x)),
        DType::BF16 => put(view, at, bf16::from_f64(x)),
        DType::I8 => put(view, at, x as i8),
        DType::I32 => put(view, at, x as i32),
        DType::I64 => put(view, at, x as i64),
        DType::I4 => {
            let (byte, shift) = (at / 2, 4 * (at % 2));
            let old = bytes(view)[byte];
            put(view, byte, (old & !(15 << shift)) | ((x as i8 as u8 & 15) << shift))
        }
        _ => put(view, at, x as u8),
    }
}

fn put<T: Element>(view: &TensorView, at: usize, x: T) -> Result<()> {
    view.buffer().as_host().expect("host memory").write(at * size_of::<T>(), host_bytes(&x))
}

fn host_bytes<T: Element>(x: &T) -> &[u8] {
    bytemuck::bytes_of(x)
}

/// The whole memory behind a view.
pub fn bytes(view: &TensorView) -> Vec<u8> {
    let mut all = vec![0; view.buffer().size_bytes()];
    view.buffer().as_host().expect("host memory").read(0, &mut all).expect("the whole buffer");
    all
}

/// Sets one byte of the memory behind a view.
pub fn set_byte(view: &TensorView, at: usize, byte: u8) -> Result<()> {
    view.buffer().as_host().expect("host memory").write(at, &[byte])
}

/// A host copy of a view's elements, row-major, on memory of its own.
pub fn copy(view: &TensorView) -> Result<TensorView> {
    let y = host::zeros(view.dtype(), *view.shape())?;
    patch(&y, |y| y.copy_from_slice(&host::to_f64(view).expect("host memory")))?;
    Ok(y.view())
}
