//! Broken copy kernels.

use ascend_hal::ops::Copy;
use ascend_hal::{DType, Error, OpCall, OpKind, Result};

use crate::patch::{bytes, patch, set_byte};
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &Copy {
    call.try_into().expect("a copy call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::Copy, breaks, run };
    vec![
        mutant("empty", refuses_empty),
        mutant("broadcast", copies_the_first_row_only),
        mutant("bits", makes_every_nan_the_same),
        mutant("nibbles", writes_whole_bytes),
        mutant("gaps", clears_the_gaps),
        mutant("padding", leaves_the_padding),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).x.numel() == 0 {
        return Err(Error::Value { op: OpKind::Copy, argument: "x", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

fn copies_the_first_row_only(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let n = op(call).y.shape().last_or_one();
    patch(&op(call).y, |y| y[n..].fill(0.0))
}

/// Goes through f64, where every NaN becomes the same.
fn makes_every_nan_the_same(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let y = &op(call).y;
    patch(y, |y| y.iter_mut().filter(|y| y.is_nan()).for_each(|y| *y = f64::NAN))
}

/// The bytes of y that its elements touch, and whether each of their halves belongs to one.
fn halves(view: &ascend_hal::TensorView) -> Vec<u8> {
    let mut touched = vec![0u8; view.buffer().size_bytes()];
    view.layout().for_each_offset(view.dtype(), |at| {
        if view.dtype() == DType::I4 {
            touched[at / 2] |= 15 << (4 * (at % 2));
        } else {
            let size = view.dtype().bits() / 8;
            touched[at * size..][..size].fill(0xff);
        }
    });
    touched
}

fn writes_whole_bytes(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let y = &op(call).y;
    let now = bytes(y);
    for (at, mask) in halves(y).into_iter().enumerate().filter(|(_, mask)| matches!(mask, 15 | 0xf0)) {
        set_byte(y, at, now[at] & mask)?;
    }
    Ok(())
}

fn clears_the_gaps(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let y = &op(call).y;
    for (at, _) in halves(y).into_iter().enumerate().filter(|(_, mask)| *mask == 0) {
        set_byte(y, at, 0)?;
    }
    Ok(())
}

/// Keeps what was in the padding of y.
fn leaves_the_padding(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let y = &op(call).y;
    let old = bytes(y);
    k.run(call)?;
    if call.variant() == "nz_to_nd" {
        // Reads the first element from the padding instead: what lies there is no zero.
        return set_byte(y, 0, !bytes(y)[0]);
    }
    for (at, _) in halves(y).into_iter().enumerate().filter(|(_, mask)| *mask == 0) {
        set_byte(y, at, old[at])?;
    }
    Ok(())
}
