//! An expert layer on a device: weights once, buffers and calls for each batch.

use ascend_hal::ops::{
    FinalizeRouting, Gating, Glu, GluKind, GroupList, GroupScore, GroupedMatmul, InitRouting, Matmul, MoeExperts, Quantize, Score, Weight,
};
use ascend_hal::{DType, Device, DeviceExt, Dims, OpCall, TensorView};

use super::Path;
use crate::workload::{Model, Precision, Scoring, Slice};
use crate::{Error, Result};

/// Rows of `K` that share a scale in 4-bit weights.
const GROUP: usize = 128;
/// A prime number of bytes that are repeated to fill a tensor: no row looks like the next.
const PATTERN: usize = 65_521;

/// The weights of one rank's expert layer.
#[derive(Debug)]
pub struct Layer {
    model: Model,
    slice: Slice,
    precision: Precision,
    router: Weight,
    gate_up: Weight,
    down: Weight,
}

/// What a phase moves and computes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Work {
    pub flops: f64,
    pub bytes: f64,
}

/// A phase of the layer: its calls, in order.
#[derive(Debug)]
pub(super) struct Part {
    pub name: &'static str,
    pub calls: Vec<OpCall>,
    pub work: Work,
    /// Products are of this kind.
    pub precision: Precision,
}

/// Fills a tensor with bytes that are small numbers in its type.
fn filled(device: &dyn Device, dtype: DType, shape: impl Into<Dims>) -> Result<TensorView> {
    let tensor = device.empty(dtype, shape)?;
    let mut state = 0x2545_f491_4f6c_dd1du64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let bytes: Vec<u8> = match dtype {
        // Sign and fraction at random, exponents of 2^-8 to 2^-5.
        DType::BF16 => (0..PATTERN)
            .flat_map(|_| {
                let r = next();
                ((((r >> 16) & 0x8000) | (119 + ((r >> 8) & 3)) << 7 | (r & 0x7f)) as u16).to_le_bytes()
            })
            .collect(),
        DType::F32 => std::iter::repeat_n(0.01f32.to_le_bytes(), PATTERN).flatten().collect(),
        _ => (0..PATTERN).map(|_| (next() >> 24) as u8).collect(),
    };
    let size = tensor.buffer().size_bytes();
    for at in (0..size).step_by(bytes.len()) {
        device.write(tensor.buffer(), at, &bytes[..bytes.len().min(size - at)])?;
    }
    Ok(tensor.view())
}

/// `E` matrices stored `[N, K]`, in the form that the device reads fastest.
fn weight(device: &dyn Device, precision: Precision, experts: usize, n: usize, k: usize) -> Result<Weight> {
    let raw = match precision {
        Precision::Bf16 => Weight::nk(filled(device, DType::BF16, [experts, n, k])?)?,
        Precision::W8a8 => {
            Weight::nk(filled(device, DType::I8, [experts, n, k])?)?.per_channel(filled(device, DType::F32, [experts, 1, n])?)
        }
        Precision::W4a16 => {
            let scale = filled(device, DType::F32, [experts, k.div_ceil(GROUP), n])?;
            Weight::nk(filled(device, DType::I4, [experts, n, k])?)?.per_group(GROUP, scale, None)
        }
    };
    Ok(device.prepare_weight(&raw)?)
}

impl Layer {
    /// Puts the weights of a slice of the model's expert layer on the device. Their values are made up.
    ///
    /// # Errors
    /// A slice that does not divide the model; [`ascend_hal::Error::OutOfMemory`].
    pub fn new(device: &dyn Device, model: &Model, slice: Slice, precision: Precision) -> Result<Self> {
        slice.check(model)?;
        let (local, inner) = (slice.local(model).len(), slice.inner(model));
        if precision == Precision::W4a16 && inner % 2 == 1 {
            return Err(Error::option("tp", slice.tp, format!("an even intermediate size for 4-bit weights, found {inner}")));
        }
        Ok(Self {
            router: device.prepare_weight(&Weight::nk(filled(device, DType::BF16, [model.experts, model.hidden])?)?)?,
            gate_up: weight(device, precision, local, 2 * inner, model.hidden)?,
            down: weight(device, precision, local, model.hidden, inner)?,
            model: model.clone(),
            slice,
            precision,
        })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// How weights are stored.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Rows of each local expert that these ids make.
    pub fn local_counts(&self, ids: &[i32]) -> Vec<usize> {
        let local = self.slice.local(&self.model);
        let mut counts = vec![0; local.len()];
        for id in ids.iter().filter_map(|id| usize::try_from(*id).ok()).filter(|id| local.contains(id)) {
            counts[id - local.start] += 1;
        }
        counts
    }

    /// The phases of a batch whose tokens go to `ids`, `[T, k]`.
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
        let part = |name, calls, flops: f64, bytes: f64| Part { name, calls, work: Work { flops, bytes }, precision: self.precision };
        let (h2, i2) = (2.0 * h as f64, 2.0 * inner as f64);

        if path == Path::Fused {
            let mut call =
                MoeExperts::new(x, ids, weights, self.gate_up.clone(), self.down.clone(), y).with_expert_range(local.start, m.experts);
            call.quantize_activations = self.precision.is_integer();
            let flops = rows * (6.0 * (h * inner) as f64 + 5.0 * inner as f64 + 2.0 * h as f64);
            parts.push(part("experts", vec![call.into()], flops, 3.0 * expert_bytes + 2.0 * tokens as f64 * h2));
            return Ok(parts);
        }

        let quantized = self.precision.is_integer();
        let row_type = if quantized { DType::I8 } else { DType::BF16 };
        let row_bytes = if quantized { h as f64 } else { h2 };
        let routed = device.empty(row_type, [pairs, h])?;
        let flat_to_row = device.empty(DType::I32, [pairs])?;
        let ends = device.empty(DType::I64, [local.len()])?;
        let mut init =
            InitRouting::new(x, ids, m.experts, routed.clone(), flat_to_row.clone()).with_local(local).with_cumulative(ends.clone());
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
        Ok(Part { name: "gating", calls: vec![matmul.into(), gating.into()], work, precision: Precision::Bf16 })
    }
}
