//! CPU kernels of [`Activation`] and [`Glu`].

use ascend_hal::ops::{Activation, ActivationKind, Glu, GluKind};
use ascend_hal::{DType, OpKind, Result, bf16, f16, host::HostAccess};

use crate::context::Context;
use crate::isa::Isa;
use crate::rows::RowsMut;
use crate::simd::{Lane, convert, row};

/// Elements that are widened at a time: they stay in the first-level cache.
const CHUNK: usize = 1024;

pub(super) fn activation(cx: &Context<'_>, op: &Activation) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => plain::<f16>(cx, op),
        DType::BF16 => plain::<bf16>(cx, op),
        _ => plain::<f32>(cx, op),
    }
}

fn plain<T: Lane>(cx: &Context<'_>, op: &Activation) -> Result<()> {
    let access = HostAccess::lock(OpKind::Activation, [("x", &op.x)], [("y", &op.y)])?;
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<T>(&op.y)?;
    cx.by_rows(y.len(), 4, RowsMut::new(&mut y, 1), |range, y| {
        let mut buffer = [0f32; CHUNK];
        for (y, x) in y.data.chunks_mut(CHUNK).zip(x[range].chunks(CHUNK)) {
            let buffer = &mut buffer[..x.len()];
            convert::widen(cx.isa(), x, buffer);
            activate(cx.isa(), op.kind, buffer);
            convert::narrow(cx.isa(), buffer, y);
        }
        Ok(())
    })
}

pub(super) fn glu(cx: &Context<'_>, op: &Glu) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => gates::<f16>(cx, op),
        DType::BF16 => gates::<bf16>(cx, op),
        _ => gates::<f32>(cx, op),
    }
}

fn gates<T: Lane>(cx: &Context<'_>, op: &Glu) -> Result<()> {
    let access = HostAccess::lock(OpKind::Glu, [("x", &op.x)], [("y", &op.y)])?;
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<T>(&op.y)?;
    let width = op.y.shape().last_or_one();
    if y.is_empty() {
        return Ok(());
    }
    let isa = cx.isa();
    cx.by_rows(y.len() / width, 6 * width, RowsMut::new(&mut y, width), |range, mut y| {
        let mut buffers = [[0f32; CHUNK]; 2];
        let [gates, ups] = &mut buffers;
        for (t, y) in range.zip(y.iter()) {
            let x = &x[2 * t * width..][..2 * width];
            for (i, y) in y.chunks_mut(CHUNK).enumerate() {
                let (gates, ups) = (&mut gates[..y.len()], &mut ups[..y.len()]);
                if op.interleaved {
                    for ((gate, up), pair) in gates.iter_mut().zip(&mut *ups).zip(x[2 * i * CHUNK..].as_chunks::<2>().0) {
                        (*gate, *up) = (pair[0].to_f32(), pair[1].to_f32());
                    }
                } else {
                    convert::widen(isa, &x[i * CHUNK..][..y.len()], gates);
                    convert::widen(isa, &x[width + i * CHUNK..][..y.len()], ups);
                }
                gate(isa, op.kind, gates, ups);
                convert::narrow(isa, gates, y);
            }
        }
        Ok(())
    })
}

/// A plain activation, in place.
pub(super) fn activate(isa: Isa, kind: ActivationKind, x: &mut [f32]) {
    match kind {
        ActivationKind::Silu => row::swish(isa, x, 1.0),
        ActivationKind::GeluErf => x.iter_mut().for_each(|x| *x = gelu_erf(*x)),
        ActivationKind::GeluTanh => row::gelu_tanh(isa, x),
    }
}

/// A gated activation: `gates` become the results.
pub(super) fn gate(isa: Isa, kind: GluKind, gates: &mut [f32], ups: &mut [f32]) {
    match kind {
        GluKind::Swiglu => activate(isa, ActivationKind::Silu, gates),
        GluKind::GegluErf => activate(isa, ActivationKind::GeluErf, gates),
        GluKind::GegluTanh => activate(isa, ActivationKind::GeluTanh, gates),
        GluKind::SwigluClamped { limit, alpha, up_bias } => {
            // Comparisons, not `min` and `max`: a NaN must come through.
            for (gate, up) in gates.iter_mut().zip(&mut *ups) {
                *gate = if *gate > limit { limit } else { *gate };
                *up = if *up > limit { limit } else { *up };
                *up = (if *up < -limit { -limit } else { *up }) + up_bias;
            }
            row::swish(isa, gates, alpha);
        }
    }
    row::affine(isa, gates, ups, None);
}

/// `x Phi(x)` with `Phi(x) = erfc(-x / sqrt 2) / 2`: unlike 1 + erf, it keeps its digits where Phi is small. 0 at -inf.
fn gelu_erf(x: f32) -> f32 {
    if x == f32::NEG_INFINITY { 0.0 } else { x * (0.5 * libm::erfcf(-x * std::f32::consts::FRAC_1_SQRT_2)) }
}
