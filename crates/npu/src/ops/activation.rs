//! Activations, plain and gated.

use ascend_hal::ops::{Activation, ActivationKind, Glu, GluKind};
use ascend_hal::{DType, Dims, Layout, Result, TensorView};

use super::{Builtin, all, builtin, dtypes, only};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(Composed Activation "activation_in_f32" ["aclnnSigmoid" "aclnnSilu" "aclnnGeluV2" "aclnnClamp"] dtypes::<Activation>(), "in f32 tensors", all => in_f32),
    builtin!(Aclnn Activation "aclnn" ["aclnnSilu" "aclnnGeluV2" "aclnnClamp"] dtypes::<Activation>(), "silu and the erf form of GELU", one_operator => activation),
    builtin!(Composed Glu "glu_in_f32" ["aclnnSigmoid" "aclnnSilu" "aclnnGeluV2" "aclnnClamp"] dtypes::<Glu>(), "in f32 tensors", all => glu),
    builtin!(Aclnn Glu "aclnnSwiGlu" ["aclnnSwiGlu" "aclnnClamp"] dtypes::<Glu>(), "swiglu of two halves", plain_swiglu => swiglu),
];

/// The lowest number of a type: in its place an infinity would come out of a product with 0 as NaN.
fn lowest(dtype: DType) -> f32 {
    match dtype {
        DType::F16 => -65504.,
        DType::BF16 => -3.389_531_4e38,
        _ => f32::MIN,
    }
}

/// `x` without -infinity.
fn bounded(cx: &Context<'_>, x: &TensorView) -> Result<TensorView> {
    let out = cx.temp(x.dtype(), *x.shape())?;
    aclnnClamp(cx.queue(), x, Some(Scalar::F32(lowest(x.dtype()))), None, &out)?;
    Ok(out)
}

/// `f(x)` into `y`, with `f(-inf) = 0`. The tanh form takes f32 only.
fn apply(cx: &Context<'_>, kind: ActivationKind, x: &TensorView, y: &TensorView) -> Result<()> {
    let (q, x) = (cx.queue(), bounded(cx, x)?);
    match kind {
        ActivationKind::Silu => aclnnSilu(q, &x, y),
        ActivationKind::GeluErf => aclnnGeluV2(q, &x, 0, y),
        ActivationKind::GeluTanh => {
            // (1 + tanh(z)) / 2 = sigmoid(2 z): the sum, as the operator has it, cancels below 0.
            let cube = cx.temp(DType::F32, *x.shape())?;
            cx.mul(&x, &x, &cube)?;
            cx.mul(&x, &cube, &cube)?;
            cx.muls(&cube, 0.044_715, &cube)?;
            cx.add(&x, &cube, &cube)?;
            cx.muls(&cube, (8. / std::f32::consts::PI).sqrt(), &cube)?;
            aclnnSigmoid(q, &cube, &cube)?;
            cx.mul(&x, &cube, y)
        }
    }
}

fn one_operator(op: &Activation) -> Result<(), String> {
    only(op.kind != ActivationKind::GeluTanh, "the tanh form of GELU loses digits below 0")
}

fn activation(cx: &Context<'_>, op: &Activation) -> Result<()> {
    apply(cx, op.kind, &op.x, &op.y)
}

fn in_f32(cx: &Context<'_>, op: &Activation) -> Result<()> {
    let y = cx.temp(DType::F32, *op.y.shape())?;
    apply(cx, op.kind, &cx.as_type(&op.x, DType::F32)?, &y)?;
    cx.put(&y, &op.y)
}

fn plain_swiglu(op: &Glu) -> Result<(), String> {
    only(op.kind == GluKind::Swiglu && !op.interleaved, "not the swiglu of two halves")?;
    only(op.y.is_contiguous(), "y is not row-major")
}

fn swiglu(cx: &Context<'_>, op: &Glu) -> Result<()> {
    // A gate of -inf, which is to give 0, would give NaN.
    let (last, half) = (op.x.rank() - 1, op.y.dim(op.y.rank() - 1));
    let x = cx.temp(op.x.dtype(), *op.x.shape())?;
    let (gate, up) = (op.x.narrow(last, 0, half)?, op.x.narrow(last, half, half)?);
    aclnnClamp(cx.queue(), &gate, Some(Scalar::F32(lowest(x.dtype()))), None, &x.narrow(last, 0, half)?)?;
    cx.put(&up, &x.narrow(last, half, half)?)?;
    aclnnSwiGlu(cx.queue(), &x, -1, &op.y)
}

/// Every second element of the last dimension, from `first` on.
fn every_second(x: &TensorView, first: usize) -> Result<TensorView> {
    let last = x.rank() - 1;
    let (mut shape, mut strides): (Dims, Dims) = (*x.shape(), *x.layout().strides());
    let offset = x.layout().offset() + first * strides[last];
    (shape[last], strides[last]) = (shape[last] / 2, strides[last] * 2);
    TensorView::new(x.buffer().clone(), x.dtype(), Layout::strided(shape, strides, offset)?)
}

fn glu(cx: &Context<'_>, op: &Glu) -> Result<()> {
    let last = op.x.rank() - 1;
    let half = op.y.dim(last);
    let (gate, up) = if op.interleaved {
        (every_second(&op.x, 0)?, every_second(&op.x, 1)?)
    } else {
        (op.x.narrow(last, 0, half)?, op.x.narrow(last, half, half)?)
    };
    let y = cx.temp(DType::F32, *op.y.shape())?;
    gated(cx, op.kind, &cx.to(&gate, DType::F32)?, &cx.to(&up, DType::F32)?, &y)?;
    cx.put(&y, &op.y)
}

/// `glu(gate, up)` into `y`; all f32, `gate` and `up` row-major tensors that may be overwritten.
pub(super) fn gated(cx: &Context<'_>, kind: GluKind, gate: &TensorView, up: &TensorView, y: &TensorView) -> Result<()> {
    let (q, active) = (cx.queue(), cx.temp(DType::F32, *gate.shape())?);
    match kind {
        GluKind::Swiglu => apply(cx, ActivationKind::Silu, gate, &active)?,
        GluKind::GegluErf => apply(cx, ActivationKind::GeluErf, gate, &active)?,
        GluKind::GegluTanh => apply(cx, ActivationKind::GeluTanh, gate, &active)?,
        GluKind::SwigluClamped { limit, alpha, up_bias } => {
            let (bounded, slope) = (cx.temp(DType::F32, *gate.shape())?, cx.temp(DType::F32, *gate.shape())?);
            aclnnClamp(q, gate, Some(Scalar::F32(f32::MIN)), Some(Scalar::F32(limit)), &bounded)?;
            cx.muls(&bounded, alpha, &slope)?;
            aclnnSigmoid(q, &slope, &active)?;
            cx.mul(&bounded, &active, &active)?;
            aclnnClamp(q, up, Some(Scalar::F32(-limit)), Some(Scalar::F32(limit)), up)?;
            cx.adds(up, up_bias, up)?;
        }
    }
    cx.mul(&active, up, y)
}
