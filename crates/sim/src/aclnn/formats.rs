//! Weights in FRACTAL_NZ: how large they are, and how they are made.
//!
//! Sources: the documents of aclnnCalculateMatmulWeightSize (V2), aclnnTransMatmulWeight and aclnnNpuFormatCast.

use std::ffi::c_int;

use ascend_sys::ffi::*;

use super::check::invalid;
use super::tensor::AsBlocks;
use super::{Plan, Tensor, operators};
use crate::abi::{Address, functions};
use crate::fault::{Fault, Outcome, call};
use crate::nnopbase::{Operand, bits, operands};

operators! {
    fn aclnnTransMatmulWeight(mmWeightRef: MutT) = trans_weight;
    fn aclnnNpuFormatCast(srcTensor: T, dstTensor: MutT) = format_cast;
}

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclnnCalculateMatmulWeightSize => weight_size,
    aclnnCalculateMatmulWeightSizeV2 => weight_size_v2,
    aclnnNpuFormatCastCalculateSizeAndFormat => cast_size,
};

/// Types of weights that have a form in blocks.
const TYPES: &[aclDataType] = &[ACL_FLOAT16, ACL_BF16, ACL_INT8];

/// The blocks that matrices of a type take.
fn blocks(dims: &[usize], dtype: aclDataType) -> Outcome<Vec<usize>> {
    let ([batch @ .., rows, columns], Some(bits)) = (dims, bits(dtype)) else {
        return Err(invalid(format!("a matrix of a known type asked, shape {dims:?} of type {dtype} found")));
    };
    let width = 256 / bits;
    Ok(batch.iter().copied().chain([columns.div_ceil(width), rows.div_ceil(16), 16, width]).collect())
}

/// # Safety
/// * `shape` is null or a handle; `size` is null or can be written.
unsafe fn elements(name: &str, shape: *const aclIntArray, dtype: aclDataType, size: *mut u64) -> aclnnStatus {
    call(name, || {
        if size.is_null() {
            return Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "weightTensorSize is null"));
        }
        let dims: Vec<usize> = match operands().get(shape as usize, "aclIntArray", "tensorShape")? {
            Operand::Ints(dims) => dims.iter().map(|dim| usize::try_from(*dim).unwrap_or(0)).collect(),
            _ => Vec::new(),
        };
        if !TYPES.contains(&dtype) || !(2..=6).contains(&dims.len()) || dims.contains(&0) {
            return Err(invalid(format!("tensorShape: matrices of FLOAT16, BF16 or INT8 asked, {dims:?} of type {dtype} found")));
        }
        let count: usize = blocks(&dims, dtype)?.iter().product();
        // SAFETY: it is not null, and the caller promises that it can be written.
        unsafe { size.write(count as u64) };
        Ok(())
    })
}

unsafe extern "C" fn weight_size(shape: *const aclIntArray, size: *mut u64) -> aclnnStatus {
    // SAFETY: the caller's pointers are null or valid, by the function's rules.
    unsafe { elements("aclnnCalculateMatmulWeightSize", shape, ACL_FLOAT16, size) }
}

unsafe extern "C" fn weight_size_v2(shape: *const aclIntArray, dtype: aclDataType, size: *mut u64) -> aclnnStatus {
    // SAFETY: the caller's pointers are null or valid, by the function's rules.
    unsafe { elements("aclnnCalculateMatmulWeightSizeV2", shape, dtype, size) }
}

/// Turns a matrix into blocks where it is; the tensor is told at once.
fn trans_weight(weight: AsBlocks) -> Outcome<Plan> {
    let AsBlocks { rows, blocks } = weight;
    rows.of_type(TYPES)?;
    rows.of_rank(2..=6)?;
    rows.not_empty()?;
    if !rows.is_contiguous() && !rows.is_transposed() {
        return Err(rows.invalid("row-major matrices, or their transposed views, asked"));
    }
    blocks.set_format();
    Ok(Plan::new(move |run| {
        let elements = run.raw(&rows)?;
        run.clear(&blocks);
        run.put_raw(&blocks, &elements)
    }))
}

/// The same elements in another format.
fn format_cast(from: Tensor, to: Tensor) -> Outcome<Plan> {
    to.of_type_of(&from)?;
    for tensor in [&from, &to] {
        tensor.of_rank(2..=6)?;
        tensor.not_empty()?;
    }
    let fit = |tensor: &Tensor, other: &Tensor| tensor.within_padding(other.dim_back(1), other.dim_back(0));
    let (from, to) = (fit(&from, &to), fit(&to, &from));
    to.of_shape_of(&from)?;
    Ok(Plan::new(move |run| {
        let elements = run.raw(&from)?;
        run.clear(&to);
        run.put_raw(&to, &elements)
    }))
}

/// The shape of the storage that [`format_cast`] needs, in memory that the caller frees.
unsafe extern "C" fn cast_size(
    from: *const aclTensor,
    format: c_int,
    _additional: c_int,
    shape: *mut *mut i64,
    count: *mut u64,
    actual: *mut c_int,
) -> aclnnStatus {
    call("aclnnNpuFormatCastCalculateSizeAndFormat", || {
        if shape.is_null() || count.is_null() || actual.is_null() {
            return Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "dstShape, dstShapeSize or actualFormat is null"));
        }
        let shared = operands().tensor(from as usize, "srcTensor")?;
        let tensor = Tensor::new(0, "srcTensor", from as usize, shared)?;
        tensor.not_empty()?;
        let dims = match format {
            ACL_FORMAT_FRACTAL_NZ => blocks(tensor.dims(), tensor.dtype())?,
            ACL_FORMAT_ND => tensor.dims().to_vec(),
            other => return Err(invalid(format!("dstFormat: {ACL_FORMAT_ND} or {ACL_FORMAT_FRACTAL_NZ} asked, {other} found"))),
        };
        // SAFETY: as many numbers as are written; the caller frees them. The places can be written, as the caller promises.
        unsafe {
            let numbers: *mut i64 = libc::malloc(dims.len() * size_of::<i64>()).cast();
            if numbers.is_null() {
                return Err(Fault::refused(ACLNN_ERR_INNER, "no memory for the shape"));
            }
            for (i, dim) in dims.iter().enumerate() {
                numbers.add(i).write(*dim as i64);
            }
            shape.write(numbers);
            count.write(dims.len() as u64);
            actual.write(format);
        }
        Ok(())
    })
}
