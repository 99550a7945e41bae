//! CPU kernel of [`GroupedMatmul`].

use ascend_hal::host::HostAccess;
use ascend_hal::ops::{Epilogue, GluKind, Group, GroupedMatmul};
use ascend_hal::{DType, OpKind, Result, TensorView, bf16, f16};

use super::activation::gate;
use crate::context::Context;
use crate::gemm::{Bias, Held, MAX_PART, Method, Product, Stored, Weights, tiles};
use crate::rows::RowsMut;
use crate::simd::{Lane, convert, row};

const OP: OpKind = OpKind::GroupedMatmul;

pub(super) fn grouped_matmul(cx: &Context<'_>, op: &GroupedMatmul) -> Result<()> {
    let stored = Stored::of(&op.weight.data);
    let outputs = [Some(("y", &op.y)), op.y_scale.as_ref().map(|scale| ("y_scale", scale))];
    let access = HostAccess::lock(OP, inputs(op, &stored), outputs.into_iter().flatten())?;
    let list = access.read_i64(op.groups.view())?;
    let groups = op.groups.groups(OP, &list, op.weight.data.dim(0), op.x.dim(0))?;
    let (x, bias) = (Held::read(OP, &access, &op.x)?, Bias::read(&access, op.bias.as_ref())?);
    let weights = Weights::read(OP, &access, "weight", &op.weight, &stored)?;
    let x_scale = op.x_scale.as_ref().map(|scale| access.read_f32(scale)).transpose()?;
    let method = Method::new(cx.isa(), op.x.dtype(), &weights);
    let rows = method.activations(cx, &x, &weights)?;
    let product = Product { method, x: rows.rows(), weights: &weights, x_scale: x_scale.as_deref(), bias: &bias };
    match (op.epilogue, op.y.dtype()) {
        (Epilogue::GluQuant(kind), _) => glu_quant(cx, op, &access, &product, &groups, kind),
        (_, DType::I32) => product.write_i32(cx, &mut access.write(&op.y)?, &groups),
        (_, DType::F16) => floats::<f16>(cx, op, &access, &product, &groups),
        (_, DType::BF16) => floats::<bf16>(cx, op, &access, &product, &groups),
        _ => floats::<f32>(cx, op, &access, &product, &groups),
    }
}

fn floats<T: Lane>(cx: &Context<'_>, op: &GroupedMatmul, access: &HostAccess<'_>, product: &Product<'_>, groups: &[Group]) -> Result<()> {
    let mut y = access.write::<T>(&op.y)?;
    if let Epilogue::Glu(kind) = op.epilogue {
        return glu(cx, op.y.dim(1), &mut y, product, groups, kind);
    }
    product.write(cx, &mut y, groups)
}

/// The gated activation of the product's two halves, into `y: [.., half]`.
fn glu<T: Lane>(cx: &Context<'_>, half: usize, y: &mut [T], product: &Product<'_>, groups: &[Group], kind: GluKind) -> Result<()> {
    tiles(cx, product.method.extent().of_pairs(), y, (product.depth(), half), groups, |memory, mut tile| {
        let up_cols = tile.cols.start + half..tile.cols.end + half;
        let [gate_values, up_values] = product.pair(memory, tile.expert, tile.rows.clone(), tile.cols.clone(), up_cols);
        for i in 0..tile.rows.len() {
            let mut pair = [[0f32; MAX_PART]; 2];
            let [gates, ups] = pair.each_mut().map(|part| &mut part[..tile.cols.len()]);
            gates.copy_from_slice(gate_values.row(i));
            ups.copy_from_slice(up_values.row(i));
            gate(cx.isa(), kind, gates, ups);
            convert::narrow(cx.isa(), gates, tile.row(i));
        }
    })
}

/// The gated activation, then dynamic quantisation of whole rows.
fn glu_quant(
    cx: &Context<'_>,
    op: &GroupedMatmul,
    access: &HostAccess<'_>,
    product: &Product<'_>,
    groups: &[Group],
    kind: GluKind,
) -> Result<()> {
    let Some(y_scale) = &op.y_scale else { unreachable!("the contract asks for y_scale") };
    let (mut y, mut y_scale) = (access.write::<i8>(&op.y)?, access.write::<f32>(y_scale)?);
    let half = op.y.dim(1);
    let used = groups.last().map_or(0, |group| group.rows.end);
    let mut values = cx.scratch::<f32>(used * half)?;
    glu(cx, half, &mut values, product, groups, kind)?;
    if half == 0 {
        y_scale[..used].fill(0.0);
        return Ok(());
    }
    let outputs = (RowsMut::new(&mut y[..used * half], half), RowsMut::new(&mut y_scale[..used], 1));
    cx.by_rows(used, half, outputs, |range, (mut y, scales)| {
        for ((row, y), scale) in range.zip(y.iter()).zip(scales.data) {
            *scale = row::quantize(cx.isa(), &values[row * half..(row + 1) * half], y);
        }
        Ok(())
    })
}

fn inputs<'a>(op: &'a GroupedMatmul, stored: &'a Stored) -> impl Iterator<Item = (&'static str, &'a TensorView)> {
    let quant = op.weight.quant.as_ref();
    [
        Some(("x", &op.x)),
        Some(("weight", &stored.view)),
        quant.map(|q| ("weight.scale", &q.scale)),
        quant.and_then(|q| q.zero.as_ref()).map(|zero| ("weight.zero", zero)),
        Some(("groups", op.groups.view())),
        op.x_scale.as_ref().map(|scale| ("x_scale", scale)),
        op.bias.as_ref().map(|bias| ("bias", bias)),
    ]
    .into_iter()
    .flatten()
}
