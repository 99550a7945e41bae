//! CPU kernel of [`Matmul`].

use ascend_hal::host::HostAccess;
use ascend_hal::ops::{Group, Matmul};
use ascend_hal::{DType, Float, OpKind, Result, TensorView, bf16, f16};

use crate::context::Context;
use crate::gemm::{Bias, Held, Product, Stored, Weights, tiles};

pub(super) fn matmul(cx: &Context<'_>, op: &Matmul) -> Result<()> {
    if op.y.numel() == 0 {
        return Ok(());
    }
    let stored = Stored::of(&op.weight.data);
    let access = HostAccess::lock(OpKind::Matmul, inputs(op, &stored), [("y", &op.y)])?;
    let product = Product {
        x: Held::read(OpKind::Matmul, &access, &op.x)?,
        weights: Weights::read(OpKind::Matmul, &access, &op.weight, &stored)?,
        x_scale: op.x_scale.as_ref().map(|scale| access.read_f32(scale)).transpose()?,
        bias: Bias::read(&access, op.bias.as_ref())?,
    };
    match op.y.dtype() {
        DType::I32 => {
            let mut y = access.write::<i32>(&op.y)?;
            tiles(cx, &mut y, op.y.shape().last_or_one(), &batches(op), |scratch, tile| {
                let sums = product.tile_i32(scratch, tile.expert, tile.rows, tile.cols);
                for (i, y) in tile.y.into_iter().enumerate() {
                    y.copy_from_slice(sums.row(i));
                }
            });
            Ok(())
        }
        DType::F16 => floats::<f16>(cx, op, &access, &product),
        DType::BF16 => floats::<bf16>(cx, op, &access, &product),
        _ => floats::<f32>(cx, op, &access, &product),
    }
}

fn floats<T: Float>(cx: &Context<'_>, op: &Matmul, access: &HostAccess<'_>, product: &Product<'_>) -> Result<()> {
    let mut y = access.write::<T>(&op.y)?;
    tiles(cx, &mut y, op.y.shape().last_or_one(), &batches(op), |scratch, tile| {
        let values = product.tile(scratch, tile.expert, tile.rows, tile.cols);
        for (i, y) in tile.y.into_iter().enumerate() {
            for (y, &v) in y.iter_mut().zip(values.row(i)) {
                *y = T::from_f32(v);
            }
        }
    });
    Ok(())
}

/// The matrices of a batch as groups of rows.
fn batches(op: &Matmul) -> Vec<Group> {
    let (batch, rows) = if op.y.rank() == 3 { (op.y.dim(0), op.y.dim(1)) } else { (1, op.y.dim(0)) };
    (0..batch).map(|b| Group { expert: b, rows: b * rows..(b + 1) * rows }).collect()
}

fn inputs<'a>(op: &'a Matmul, stored: &'a Stored) -> impl Iterator<Item = (&'static str, &'a TensorView)> {
    let quant = op.weight.quant.as_ref();
    [
        Some(("x", &op.x)),
        Some(("weight", &stored.view)),
        quant.map(|q| ("weight.scale", &q.scale)),
        quant.and_then(|q| q.zero.as_ref()).map(|zero| ("weight.zero", zero)),
        op.x_scale.as_ref().map(|scale| ("x_scale", scale)),
        op.bias.as_ref().map(|bias| ("bias", bias)),
    ]
    .into_iter()
    .flatten()
}
