//! What operators that work on numbers have in common: matrices as numbers, their products, scales as the hardware takes them.

use ascend_hal::DType;
use ascend_hal::ops::{Matmul, Weight};
use ascend_sys::ffi::*;
use half::{bf16, f16};

use super::{Run, Tensor};
use crate::fault::Outcome;

/// The elements as f32, which holds each of FLOAT, FLOAT16 and BF16 exactly.
pub(super) fn singles(run: &Run<'_>, tensor: &Tensor) -> Outcome<Vec<f32>> {
    Ok(run.floats(tensor)?.into_iter().map(|value| value as f32).collect())
}

/// Whether its elements are whole numbers of 4 bits, one by one (INT4) or eight in an INT32.
pub(super) fn is_4bit(dtype: aclDataType) -> bool {
    matches!(dtype, ACL_INT4 | ACL_INT32)
}

/// The columns of a matrix of codes: an INT32 holds eight of INT4 along the dimension that is contiguous in memory.
pub(super) fn code_shape(tensor: &Tensor) -> (usize, usize) {
    let (rows, columns) = (tensor.dim_back(1), tensor.dim_back(0));
    match (tensor.dtype(), tensor.is_transposed()) {
        (ACL_INT32, false) => (rows, columns * 8),
        (ACL_INT32, true) => (rows * 8, columns),
        _ => (rows, columns),
    }
}

/// The codes of matrices of INT8, INT4, or INT32 that holds eight of INT4, the lowest bits first; row-major.
pub(super) fn codes(run: &Run<'_>, tensor: &Tensor) -> Outcome<Vec<i8>> {
    if tensor.dtype() != ACL_INT32 {
        return Ok(run.ints(tensor)?.into_iter().map(|value| value as i8).collect());
    }
    let transposed = tensor.is_transposed();
    let stored = if transposed { tensor.transposed() } else { tensor.clone() };
    let words = run.ints(&stored)?;
    let unpacked: Vec<i8> = words.iter().flat_map(|word| (0..8).map(move |i| ((word << (60 - 4 * i)) >> 60) as i8)).collect();
    if !transposed {
        return Ok(unpacked);
    }
    let (rows, columns) = (stored.dim_back(1), stored.dim_back(0) * 8);
    let mut turned = Vec::with_capacity(unpacked.len());
    for matrix in unpacked.chunks(rows * columns) {
        turned.extend((0..columns).flat_map(|c| (0..rows).map(move |r| matrix[r * columns + c])));
    }
    Ok(turned)
}

/// Eight codes of 4 bits in each word, the lowest bits first.
pub(super) fn pack_words(codes: &[i64]) -> Vec<i64> {
    codes.chunks(8).map(|eight| eight.iter().enumerate().fold(0, |word, (i, code)| word | (code & 0xF) << (4 * i))).collect()
}

/// `x @ w` with sums in f32.
pub(super) fn product(run: &Run<'_>, x: &[f32], w: &[f32], [m, k, n]: [usize; 3]) -> Outcome<Vec<f32>> {
    if m * n == 0 || k == 0 {
        return Ok(vec![0.0; m * n]);
    }
    let y = run.room(DType::F32, &[m, n])?;
    run.compute(Matmul::new(run.make(x, &[m, k])?, Weight::kn(run.make(w, &[k, n])?), y.clone()))?;
    Ok(run.numbers(&y)?.into_iter().map(|value| value as f32).collect())
}

/// `x @ w` of codes, exact.
pub(super) fn code_product(run: &Run<'_>, x: &[i8], w: &[i8], [m, k, n]: [usize; 3]) -> Outcome<Vec<i32>> {
    if m * n == 0 || k == 0 {
        return Ok(vec![0; m * n]);
    }
    let y = run.room(DType::I32, &[m, n])?;
    run.compute(Matmul::new(run.make(x, &[m, k])?, Weight::kn(run.make(w, &[k, n])?), y.clone()))?;
    Ok(run.numbers(&y)?.into_iter().map(|value| value as i32).collect())
}

/// A scale in the form that the fixed pipe of the matrix unit takes: the upper 19 bits of an f32, and what to add to a result of 8 bits.
///
/// Source of the fields: the document of aclnnTransQuantParamV2.
#[derive(Clone, Copy)]
pub(super) struct PipeScale {
    pub(super) scale: f32,
    pub(super) offset: f32,
}

impl PipeScale {
    pub(super) fn of(bits: i64) -> Self {
        // 9 bits with a sign, at 37 and up.
        let offset = (bits << (63 - 45)) >> (63 - 8);
        Self { scale: f32::from_bits(bits as u32 & 0xFFFF_E000), offset: offset as f32 }
    }
}

/// A whole number of `bits` bits with a sign: to the nearest, ties to even; what does not fit is the end of the range, NaN is 0, as a cast on the vector unit does.
pub(super) fn to_code(value: impl Into<f64>, bits: u32) -> i64 {
    let limit = 1i64 << (bits - 1);
    (value.into().round_ties_even() as i64).clamp(-limit, limit - 1)
}

pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

pub(super) fn silu(x: f32) -> f32 {
    x / (1.0 + (-x).exp())
}

/// `scale = max |row| / 127` and the codes of each row. A row of zeros has the scale 0 and the codes 0.
pub(super) fn quantise_row(row: &[f32]) -> (f32, Vec<i64>) {
    quantise_row_to(row, 127.0, 8)
}

/// The same for another largest code.
pub(super) fn quantise_row_to(row: &[f32], largest: f32, bits: u32) -> (f32, Vec<i64>) {
    // A NaN anywhere is the scale of its row.
    let top = row.iter().fold(0f32, |top, value| if value.is_nan() || top.is_nan() { f32::NAN } else { top.max(value.abs()) });
    let scale = top / largest;
    (scale, row.iter().map(|value| if scale == 0.0 { 0 } else { to_code(value / scale, bits) }).collect())
}

/// The value that a tensor of the type keeps of `value`: to the nearest, ties to even. 16-bit floats are made of f32, as a cast of the vector units does.
pub(super) fn rounded(dtype: aclDataType, value: f64) -> f64 {
    match dtype {
        ACL_FLOAT16 => f64::from(f16::from_f32(value as f32)),
        ACL_BF16 => f64::from(bf16::from_f32(value as f32)),
        ACL_FLOAT => f64::from(value as f32),
        _ => value,
    }
}

pub(super) fn is_float(dtype: aclDataType) -> bool {
    matches!(dtype, ACL_FLOAT | ACL_FLOAT16 | ACL_BF16 | ACL_DOUBLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_to_nearest_even_in_every_type() {
        // bf16 has 8 significant bits: 257 lies between 256 and 258, 259 between 258 and 260.
        assert_eq!((rounded(ACL_BF16, 257.0), rounded(ACL_BF16, 259.0)), (256.0, 260.0));
        // f16 has 11: 2049 lies between 2048 and 2050.
        assert_eq!(rounded(ACL_FLOAT16, 2049.0), 2048.0);
        assert_eq!((to_code(2.5, 8), to_code(3.5, 8), to_code(200.0, 8), to_code(-9.0, 4)), (2, 4, 127, -8));
        assert_eq!(to_code(f64::NAN, 8), 0);
    }
}
