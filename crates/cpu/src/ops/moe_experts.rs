//! CPU kernel of [`MoeExperts`]: the composition that defines it, on temporaries.

use ascend_hal::ops::{FinalizeRouting, Glu, GroupList, GroupedMatmul, InitRouting, MoeExperts, Quantize, Weight, check_expert_ids};
use ascend_hal::{DType, OpKind, Result, TensorView, TensorViewMut, host};

use super::{activation, finalize_routing, grouped_matmul, init_routing, quantize};
use crate::context::Context;

pub(super) fn moe_experts(cx: &Context<'_>, op: &MoeExperts) -> Result<()> {
    check_expert_ids(OpKind::MoeExperts, &host::to_vec::<i32>(&op.ids)?, op.experts)?;
    let (pairs, hidden, inner) = (op.ids.numel(), op.x.dim(1), op.down.data.dim(1));
    let local = op.local();

    let rows = Rows::new(op, if op.quantize_activations { DType::I8 } else { op.x.dtype() }, pairs, hidden)?;
    let flat_to_row = host::zeros(DType::I32, [pairs])?;
    let ends = host::zeros(DType::I64, [local.len()])?;
    let mut routing = InitRouting::new(op.x.clone(), op.ids.clone(), op.experts, rows.data.clone(), flat_to_row.clone())
        .with_local(local)
        .with_cumulative(ends.clone());
    routing.row_scale = rows.scale.clone();
    init_routing::init_routing(cx, &routing)?;

    let groups = GroupList::Cumulative(ends.view());
    let activated = activate(cx, op, &rows, &groups, pairs, inner)?;
    let out = host::zeros(op.x.dtype(), [pairs, hidden])?;
    product(cx, &activated, &op.down, &groups, op.down_bias.as_ref(), out.clone())?;
    let sum = FinalizeRouting::new(out.view(), flat_to_row.view(), op.y.clone()).with_weights(op.weights.clone());
    finalize_routing::finalize_routing(cx, &sum)
}

/// Rows on their way into a product, quantised or not.
struct Rows {
    data: TensorViewMut,
    scale: Option<TensorViewMut>,
}

impl Rows {
    fn new(op: &MoeExperts, dtype: DType, rows: usize, width: usize) -> Result<Self> {
        let scale = if op.quantize_activations { Some(host::zeros(DType::F32, [rows])?) } else { None };
        Ok(Self { data: host::zeros(dtype, [rows, width])?, scale })
    }
}

/// The gate-up product and its activation.
fn activate(cx: &Context<'_>, op: &MoeExperts, rows: &Rows, groups: &GroupList, pairs: usize, inner: usize) -> Result<Rows> {
    let bias = op.gate_up_bias.as_ref();
    if rows.scale.is_none() {
        let (both, out) = (host::zeros(op.x.dtype(), [pairs, 2 * inner])?, Rows::new(op, op.x.dtype(), pairs, inner)?);
        product(cx, rows, &op.gate_up, groups, bias, both.clone())?;
        activation::glu(cx, &Glu { interleaved: op.interleaved, ..Glu::new(both.view(), op.glu, out.data.clone()) })?;
        return Ok(out);
    }
    // From the integer sums to the codes everything stays in f32.
    let bias = bias.map(widened).transpose()?;
    let (out, out_scale) = (host::zeros(DType::I8, [pairs, inner])?, host::zeros(DType::F32, [pairs])?);
    if op.interleaved {
        let (both, values) = (host::zeros(DType::F32, [pairs, 2 * inner])?, host::zeros(DType::F32, [pairs, inner])?);
        product(cx, rows, &op.gate_up, groups, bias.as_ref(), both.clone())?;
        activation::glu(cx, &Glu { interleaved: true, ..Glu::new(both.view(), op.glu, values.clone()) })?;
        quantize::quantize(cx, &Quantize::new(values.view(), out.clone(), out_scale.clone()))?;
    } else {
        // The product's own epilogue works on two halves.
        let fused = grouped(rows, &op.gate_up, groups, bias, out.clone());
        grouped_matmul::grouped_matmul(cx, &fused.with_glu_quant(op.glu, out_scale.clone()))?;
    }
    Ok(Rows { data: out, scale: Some(out_scale) })
}

fn product(cx: &Context<'_>, rows: &Rows, weight: &Weight, groups: &GroupList, bias: Option<&TensorView>, y: TensorViewMut) -> Result<()> {
    grouped_matmul::grouped_matmul(cx, &grouped(rows, weight, groups, bias.cloned(), y))
}

fn grouped(rows: &Rows, weight: &Weight, groups: &GroupList, bias: Option<TensorView>, y: TensorViewMut) -> GroupedMatmul {
    let x_scale = rows.scale.as_ref().map(TensorViewMut::view);
    GroupedMatmul { x_scale, bias, ..GroupedMatmul::new(rows.data.view(), weight.clone(), groups.clone(), y) }
}

/// A bias in f32.
fn widened(bias: &TensorView) -> Result<TensorView> {
    if bias.dtype() == DType::F32 {
        return Ok(bias.clone());
    }
    let values: Vec<f32> = host::to_f64(bias)?.into_iter().map(|b| b as f32).collect();
    host::tensor(&values, *bias.shape())
}
