//! Dense matrix product: aclnnMatmul, aclnnBatchMatMul, aclnnQuantMatmulV4; the rest in f32 tensors or from integer sums.

use ascend_hal::ops::Matmul;
use ascend_hal::{DType, Format, Result, TensorView};

use super::{Builtin, builtin, only, rows, weight};
use crate::context::Context;
use crate::raw::operators::*;

const INT8: &[DType] = &[DType::I8];

/// The vendor's limit on the last dimension of quantised operands.
pub(super) const LAST: usize = 65_535;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed Matmul "matmul_in_f32" ["aclnnMatmul" "aclnnBatchMatMul"] &DType::FLOATS,
        "operands in f32 tensors: biases, f32 results of 16-bit operands, quantised weights", super::all => in_f32
    ),
    builtin!(
        Aclnn Matmul "aclnnMatmulWeightNz" ["aclnnMatmulWeightNz" "aclnnBatchMatMulWeightNz"] &[DType::F16, DType::BF16],
        "one type throughout, no bias, a weight in FRACTAL_NZ, K a multiple of 16", blocks_of_one_type => direct_blocks
    ),
    builtin!(
        Aclnn Matmul "aclnnMatmul" ["aclnnMatmul" "aclnnBatchMatMul"] &DType::FLOATS, "one type throughout, no bias, a weight in ND format",
        one_operator => direct
    ),
    builtin!(
        Composed Matmul "quant_matmul_i32" ["aclnnQuantMatmulV4"] INT8, "integer sums, scaled in f32 tensors; N and K up to 65535",
        integer => from_sums
    ),
    builtin!(
        Aclnn Matmul "aclnnQuantMatmulV4" ["aclnnQuantMatmulV4"] INT8,
        "matrices with a scale for each row, y f16 (scales f32) or bf16 (scales f32 or bf16), no bias; N and K up to 65535", scaled => quantized
    ),
];

fn one_operator(op: &Matmul) -> Result<(), String> {
    only(op.weight.data.layout().format() == Format::Nd, "the weight is not in ND format")?;
    one_type(op)
}

fn blocks_of_one_type(op: &Matmul) -> Result<(), String> {
    weight::in_blocks(&op.weight.data)?;
    one_type(op)
}

fn one_type(op: &Matmul) -> Result<(), String> {
    let dtype = op.x.dtype();
    only(op.weight.data.dtype() == dtype && op.y.dtype() == dtype, "operands and result are of several types")?;
    only(op.bias.is_none(), "a bias is to be added before the sum is rounded")?;
    only(op.x.dim(op.x.rank() - 1) > 0, "a product over nothing")
}

fn direct(cx: &Context<'_>, op: &Matmul) -> Result<()> {
    product(cx, &op.x, &op.weight.data, &op.y)
}

fn direct_blocks(cx: &Context<'_>, op: &Matmul) -> Result<()> {
    let (q, x, w, y) = (cx.queue(), &op.x, &op.weight.data, &*op.y);
    if x.rank() == 3 { aclnnBatchMatMulWeightNz(q, x, w, y, 0) } else { aclnnMatmulWeightNz(q, x, w, y, 0) }
}

/// `y = x @ w` in one type. The last argument keeps CANN from computing in a smaller one.
fn product(cx: &Context<'_>, x: &TensorView, w: &TensorView, y: &TensorView) -> Result<()> {
    if x.rank() == 3 { aclnnBatchMatMul(cx.queue(), x, w, y, 0) } else { aclnnMatmul(cx.queue(), x, w, y, 0) }
}

fn in_f32(cx: &Context<'_>, op: &Matmul) -> Result<()> {
    let sum = cx.temp(DType::F32, *op.y.shape())?;
    if op.x.dim(op.x.rank() - 1) == 0 {
        cx.zero(&sum)?;
    } else {
        product(cx, &cx.as_type(&op.x, DType::F32)?, &weight::dequantized(cx, &op.weight)?, &sum)?;
    }
    rows::scale(cx, &sum, None, None, op.bias.as_ref())?;
    cx.put(&sum, &op.y)
}

fn integer(op: &Matmul) -> Result<(), String> {
    let (rank, data) = (op.x.rank(), &op.weight.data);
    only(op.x.dim(rank - 1) <= LAST && data.dim(rank - 1) <= LAST, "K or N is above 65535")
}

fn scaled(op: &Matmul) -> Result<(), String> {
    integer(op)?;
    only(op.x.rank() == 2 && op.x.dim(1) > 0, "a batch, or a product over nothing")?;
    only(op.x_scale.is_some(), "no scale for each row")?;
    let scale = op.weight.quant.as_ref().map(|quant| quant.scale.dtype());
    let fits = match op.y.dtype() {
        DType::F16 => scale == Some(DType::F32),
        DType::BF16 => matches!(scale, Some(DType::F32 | DType::BF16)),
        _ => false,
    };
    only(fits, "the operator does not have this type of result with this type of scales")?;
    // Beyond the bounds of i32 the operator's sum with a bias is not the bound.
    only(op.bias.is_none(), "a bias")?;
    only(op.y.is_contiguous(), "y is not row-major")
}

/// The product of codes with the scales that the operator has.
fn quant_product(cx: &Context<'_>, op: &Matmul, scale: &TensorView, per_token: Option<&TensorView>, y: &TensorView) -> Result<()> {
    let (q, x, data) = (cx.queue(), cx.dense(&op.x)?, &op.weight.data);
    if cx.has("aclnnQuantMatmulWeightNz") && weight::in_blocks(data).is_ok() {
        return aclnnQuantMatmulWeightNz(q, &x, data, per_token, scale, None, None, None, None, None, false, false, 0, y);
    }
    let (w, transposed) = stored(cx, data)?;
    aclnnQuantMatmulV4(q, &x, &w, scale, None, per_token, None, false, transposed, y)
}

/// An i8 weight as the operator wants it, and whether it is the transpose of that.
fn stored(cx: &Context<'_>, data: &TensorView) -> Result<(TensorView, bool)> {
    let data = weight::nd(cx, data)?;
    let turned = data.t()?;
    if !data.is_contiguous() && turned.is_contiguous() { Ok((turned, true)) } else { Ok((cx.dense(&data)?, false)) }
}

fn quantized(cx: &Context<'_>, op: &Matmul) -> Result<()> {
    let Some(quant) = &op.weight.quant else { return from_sums(cx, op) };
    let scale = cx.dense(&quant.scale)?.reshape([op.y.dim(1)])?;
    let per_token = op.x_scale.as_ref().map(|scale| cx.dense(scale)).transpose()?;
    quant_product(cx, op, &scale, per_token.as_ref(), &op.y)
}

fn from_sums(cx: &Context<'_>, op: &Matmul) -> Result<()> {
    let rank = op.y.rank();
    let direct = op.y.dtype() == DType::I32 && op.y.is_contiguous();
    let sums = if direct { op.y.view() } else { cx.temp(DType::I32, *op.y.shape())? };
    let bias = |integer: bool| op.bias.as_ref().filter(|bias| (bias.dtype() == DType::I32) == integer);
    if op.x.dim(rank - 1) == 0 {
        cx.zero(&sums)?;
    } else {
        // The sums themselves have no scale; the operator wants one all the same.
        quant_product(cx, op, &cx.number(1.)?, None, &sums)?;
    }
    if let Some(bias) = bias(true) {
        rows::add_saturating(cx, &sums, bias)?;
    }
    let Some(quant) = &op.weight.quant else { return if direct { Ok(()) } else { cx.put(&sums, &op.y) } };
    let real = cx.to(&sums, DType::F32)?;
    let column = |view: &TensorView| {
        let mut shape = *op.y.shape();
        shape[rank - 1] = 1;
        cx.dense(view)?.reshape(shape)
    };
    let x_scale = op.x_scale.as_ref().map(column).transpose()?;
    rows::scale(cx, &real, Some(&quant.scale), x_scale.as_ref(), bias(false))?;
    cx.put(&real, &op.y)
}
