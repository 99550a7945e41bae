//! An expert layer on a device: weights once, buffers and calls for each batch.

use ascend_hal::ops::{
    FinalizeRouting, Gating, Glu, GluKind, GroupList, GroupScore, GroupedMatmul, InitRouting, Matmul, MoeExperts, Quantize, Score, Weight,
};
use ascend_hal::{DType, Device, DeviceExt, OpCall, TensorView};

use super::Path;
use super::part::{Part, Work, filled, weight};
use crate::workload::{Model, Precision, Scoring, Slice};
use crate::{Error, Result};

/// The weights of one rank's expert layer.
#[derive(Debug)]
pub(super) struct Experts {
    model: Model,
    slice: Slice,
    precision: Precision,
    router: Weight,
    gate_up: Weight,
    down: Weight,
}

impl Experts {
    pub(super) fn new(device: &dyn Device, model: &Model, slice: Slice, precision: Precision) -> Result<Self> {
        slice.check(model)?;
        let (local, inner) = (slice.local(model).len(), slice.inner(model));
        if precision == Precision::W4a16 && inner % 2 == 1 {
            return Err(Error::option("tp", slice.tp, format!("an even intermediate size for 4-bit weights, found {inner}")));
        }
        Ok(Self {
            router: device.prepare_weight(&Weight::nk(filled(device, DType::BF16, [model.experts, model.hidden])?)?)?,
            gate_up: weight(device, precision, Some(local), 2 * inner, model.hidden)?,
            down: weight(device, precision, Some(local), model.hidden, inner)?,
            model: model.clone(),
            slice,
            precision,
        })
    }

    /// Rows of each local place that these places make.
    pub(super) fn local_counts(&self, ids: &[i32]) -> Vec<usize> {
        let local = self.slice.local(&self.model);
        let mut counts = vec![0; local.len()];
        for id in ids.iter().filter_map(|id| usize::try_from(*id).ok()).filter(|id| local.contains(id)) {
            counts[id - local.start] += 1;
        }
        counts
    }

    /// The phases of a batch whose tokens go to the places `ids`, `[T, k]`.
    pub(super) fn parts(&self, device: &dyn Device, ids: &[i32], path: Path) -> Result<Vec<Part>> {
        let (m, k) = (&self.model, self.model.top_k);
        let (tokens, h, inner) = (ids.len() / k.max(1), m.hidden, self.slice.inner(m));
        let local = self.slice.local(m);
        let counts = self.local_counts(ids);
        let (pairs, rows) = (tokens * k, counts.iter().sum::<usize>() as f64);
        let visited = counts.iter().filter(|c| **c > 0).count() as f64;
        let bf16 = |shape: [usize; 2]| device.empty(DType::BF16, shape);

        let x = filled(device, DType::BF16, [tokens, h])?;
        let ids = device.upload(ids, [tokens, k])?;
        let weights = filled(device, DType::F32, [tokens, k])?;
        let y = bf16([tokens, h])?;
        let mut parts = vec![self.gating(device, &x, tokens)?];
        let expert_bytes = visited * (h * inner) as f64 * self.precision.weight_bytes();
        let part = |name, calls, flops: f64, bytes: f64| Part::with_work(name, calls, Work { flops, bytes }, self.precision);
        let (h2, i2) = (2.0 * h as f64, 2.0 * inner as f64);

        if path == Path::Fused {
            let mut call = MoeExperts::new(x, ids, weights, self.gate_up.clone(), self.down.clone(), y)
                .with_expert_range(local.start, self.slice.places(m));
            call.quantize_activations = self.precision.is_integer();
            let product = (h * inner) as f64;
            let [gate_up, down, finalize] = [
                Work { flops: rows * (4.0 * product + 5.0 * inner as f64), bytes: 2.0 * expert_bytes + rows * (h2 + i2) },
                Work { flops: rows * 2.0 * product, bytes: expert_bytes + rows * (i2 + h2) },
                Work { flops: rows * h2, bytes: rows * h2 + tokens as f64 * h2 },
            ];
            let flops = gate_up.flops + down.flops + finalize.flops;
            // What lies between the stages is not counted: a fused kernel need not move it.
            let mut experts = part("experts", vec![call.into()], flops, 3.0 * expert_bytes + 2.0 * tokens as f64 * h2);
            experts.by_expert = true;
            experts.stages = vec![("gate_up", gate_up), ("down", down), ("finalize", finalize)];
            parts.push(experts);
            return Ok(parts);
        }

        let quantized = self.precision.is_integer();
        let row_type = if quantized { DType::I8 } else { DType::BF16 };
        let row_bytes = if quantized { h as f64 } else { h2 };
        let routed = device.empty(row_type, [pairs, h])?;
        let flat_to_row = device.empty(DType::I32, [pairs])?;
        let ends = device.empty(DType::I64, [local.len()])?;
        let mut init = InitRouting::new(x, ids, self.slice.places(m), routed.clone(), flat_to_row.clone())
            .with_local(local)
            .with_cumulative(ends.clone());
        let (row_scale, inner_scale) = (device.empty(DType::F32, [pairs])?, device.empty(DType::F32, [pairs])?);
        if quantized {
            init = init.with_quantization(None, row_scale.clone());
        }
        parts.push(part("init_routing", vec![init.into()], 0.0, tokens as f64 * h2 + rows * row_bytes));

        let groups = || GroupList::Cumulative(ends.view());
        let (wide, activated, outer) = (bf16([pairs, 2 * inner])?, bf16([pairs, inner])?, bf16([pairs, h])?);
        let mut up = GroupedMatmul::new(routed.view(), self.gate_up.clone(), groups(), wide.clone());
        let mut act: Vec<OpCall> = vec![Glu::new(wide.view(), GluKind::Swiglu, activated.clone()).into()];
        let mut down = GroupedMatmul::new(activated.view(), self.down.clone(), groups(), outer.clone());
        if quantized {
            let codes = device.empty(DType::I8, [pairs, inner])?;
            act.push(Quantize::new(activated.view(), codes.clone(), inner_scale.clone()).into());
            up = up.with_x_scale(row_scale.view());
            down.x = codes.view();
            down = down.with_x_scale(inner_scale.view());
        }
        parts.push(part("gate_up", vec![up.into()], rows * 4.0 * (h * inner) as f64, 2.0 * expert_bytes + rows * (row_bytes + 2.0 * i2)));
        // Elementwise calls know nothing of groups: rows that other ranks compute are passed over by them as well.
        let all = pairs as f64;
        parts.push(part("activation", act, all * 5.0 * inner as f64, all * inner as f64 * if quantized { 9.0 } else { 6.0 }));
        let in_bytes = if quantized { inner as f64 } else { i2 };
        parts.push(part("down", vec![down.into()], rows * 2.0 * (h * inner) as f64, expert_bytes + rows * (in_bytes + h2)));
        let finalize = FinalizeRouting::new(outer.view(), flat_to_row.view(), y).with_weights(weights);
        parts.push(part("finalize", vec![finalize.into()], rows * h2, rows * h2 + tokens as f64 * h2));
        for part in &mut parts {
            part.by_expert = part.name == "gate_up" || part.name == "down";
        }
        Ok(parts)
    }

    /// Router and choice of experts. What they give is thrown away: the workload says where tokens go.
    fn gating(&self, device: &dyn Device, x: &TensorView, tokens: usize) -> Result<Part> {
        let (m, experts) = (&self.model, self.model.experts);
        let logits = device.empty(DType::BF16, [tokens, experts])?;
        let matmul = Matmul::new(x.clone(), self.router.clone(), logits.clone());
        let (weights, ids) = (device.empty(DType::F32, [tokens, m.top_k])?, device.empty(DType::I32, [tokens, m.top_k])?);
        let score = match m.scoring {
            Scoring::Softmax => Score::SoftmaxTopK,
            Scoring::TopKSoftmax => Score::TopKSoftmax,
            Scoring::Sigmoid => Score::Sigmoid,
            Scoring::SqrtSoftplus => Score::SqrtSoftplus,
        };
        let mut gating = Gating::new(logits.view(), score, weights, ids);
        gating.renormalize = m.renormalize;
        if let Some((groups, keep)) = m.groups {
            gating = gating.with_groups(groups, keep, GroupScore::Top2Sum);
        }
        let (t, h, e) = (tokens as f64, m.hidden as f64, experts as f64);
        let work = Work { flops: t * e * (2.0 * h + 6.0), bytes: 2.0 * (e * h + t * h + 2.0 * t * e) };
        Ok(Part::with_work("gating", vec![matmul.into(), gating.into()], work, Precision::Bf16))
    }
}
