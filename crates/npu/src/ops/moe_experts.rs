//! The fused expert feed-forward network, from the parts that define it.

use ascend_hal::ops::{FinalizeRouting, Glu, GroupList, GroupedMatmul, InitRouting, MoeExperts, Quantize, Weight};
use ascend_hal::{DType, Result, TensorView};

use super::{Builtin, all, builtin, dtypes};
use crate::context::Context;

pub(super) const KERNELS: &[Builtin] = &[builtin!(
    Composed MoeExperts "moe_experts" [] dtypes::<MoeExperts>(), "init routing, two grouped products around a gated activation, finalize routing",
    all => run
)];

fn run(cx: &Context<'_>, op: &MoeExperts) -> Result<()> {
    let (hidden, pairs, local, width) = (op.x.dim(1), op.ids.numel(), op.gate_up.data.dim(0), op.gate_up.data.dim(2));
    if pairs == 0 || local == 0 {
        return cx.put(&cx.zero_of(op.y.dtype())?.broadcast(*op.y.shape())?, &op.y);
    }
    let dtype = op.x.dtype();
    let temp = |dtype, columns| cx.temp(dtype, [pairs, columns]);
    let vector = |dtype, n: usize| cx.temp(dtype, [n]);
    let (places, counts) = (vector(DType::I32, pairs)?, vector(DType::I64, local)?);
    let quantized = op.quantize_activations;
    let rows = temp(if quantized { DType::I8 } else { dtype }, hidden)?;
    let mut routing = InitRouting::new(op.x.clone(), op.ids.clone(), op.experts, rows.to_mut(), places.to_mut())
        .with_local(op.local())
        .with_counts(counts.to_mut());
    let mut scale = None;
    if quantized {
        let scales = vector(DType::F32, pairs)?;
        routing = routing.with_quantization(None, scales.to_mut());
        scale = Some(scales);
    }
    cx.run(routing)?;
    // Quantised, everything stays in f32 until it is codes.
    let inside = if quantized { DType::F32 } else { dtype };
    let product = |x: &TensorView, scale: Option<&TensorView>, weight: &Weight, bias: Option<&TensorView>, y: &TensorView| {
        let mut op = GroupedMatmul::new(x.clone(), weight.clone(), GroupList::Counts(counts.clone()), y.to_mut());
        op.x_scale = scale.cloned();
        op.bias = bias.map(|bias| if bias.dtype() == y.dtype() { Ok(bias.clone()) } else { cx.as_type(bias, DType::F32) }).transpose()?;
        cx.run(op)
    };
    let gates = temp(inside, width)?;
    product(&rows, scale.as_ref(), &op.gate_up, op.gate_up_bias.as_ref(), &gates)?;
    let mut active = temp(inside, width / 2)?;
    let glu = Glu::new(gates, op.glu, active.to_mut());
    cx.run(if op.interleaved { glu.interleaved() } else { glu })?;
    if quantized {
        let (codes, scales) = (temp(DType::I8, width / 2)?, vector(DType::F32, pairs)?);
        cx.run(Quantize::new(active, codes.to_mut(), scales.to_mut()))?;
        (active, scale) = (codes, Some(scales));
    }
    let outcomes = temp(dtype, hidden)?;
    product(&active, scale.as_ref(), &op.down, op.down_bias.as_ref(), &outcomes)?;
    cx.run(FinalizeRouting::new(outcomes, places, op.y.clone()).with_weights(op.weights.clone()))
}
