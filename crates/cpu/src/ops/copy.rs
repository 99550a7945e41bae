//! CPU kernel of [`Copy`].

use ascend_hal::host::HostAccess;
use ascend_hal::ops::Copy;
use ascend_hal::{DType, Element, Format, Layout, OpKind, Result, TensorView, bf16, f16};

use crate::context::Context;
use crate::rows::RowsMut;

pub(super) fn copy(cx: &Context<'_>, op: &Copy) -> Result<()> {
    match op.x.dtype() {
        DType::F32 => elements::<f32>(cx, op),
        DType::F16 => elements::<f16>(cx, op),
        DType::BF16 => elements::<bf16>(cx, op),
        DType::I8 => elements::<i8>(cx, op),
        DType::I32 => elements::<i32>(cx, op),
        DType::I64 => elements::<i64>(cx, op),
        // Bytes: u8, bool, and packed i4.
        _ => elements::<u8>(cx, op),
    }
}

fn elements<T: Element>(cx: &Context<'_>, op: &Copy) -> Result<()> {
    if op.y.layout().format() == Format::FractalNz {
        return fractals::<T>(op);
    }
    let access = HostAccess::lock(OpKind::Copy, [("x", &op.x)], [("y", &op.y)])?;
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<T>(&op.y)?;
    cx.by_rows(x.len(), 1, RowsMut::new(&mut y, 1), |range, y| {
        y.data.copy_from_slice(&x[range]);
        Ok(())
    })
}

/// To FRACTAL_NZ: the memory of `y` as a row of elements, zeros first for the padding.
fn fractals<T: Element>(op: &Copy) -> Result<()> {
    let (dtype, layout) = (op.y.dtype(), op.y.layout());
    let size = layout.end(dtype)?;
    let memory = TensorView::new(op.y.buffer().clone(), dtype, Layout::contiguous([size])?)?.to_mut();
    let access = HostAccess::lock(OpKind::Copy, [("x", &op.x)], [("y", &memory)])?;
    let x = access.read::<T>(&op.x)?;
    let mut y = access.write::<T>(&memory)?;
    y.fill(T::zeroed());
    let mut i = 0;
    layout.for_each_offset(dtype, |at| {
        if dtype == DType::I4 {
            let (x, y): (&[u8], &mut [u8]) = (bytemuck::cast_slice(&x), bytemuck::cast_slice_mut(&mut y));
            y[at / 2] |= ((x[i / 2] >> (4 * (i % 2))) & 15) << (4 * (at % 2));
        } else {
            y[at] = x[i];
        }
        i += 1;
    });
    Ok(())
}
