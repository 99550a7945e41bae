//! What phases are made of: calls, the work they do, and tensors with made-up values.

use ascend_hal::ops::{Glu, GluKind, Matmul, Norm, NormKind, Quantize, Weight};
use ascend_hal::{DType, Device, DeviceExt, Dims, OpCall, TensorView};

use crate::Result;
use crate::workload::Precision;

/// Rows of `K` that share a scale in 4-bit weights.
const GROUP: usize = 128;
/// A prime number of bytes that are repeated to fill a tensor: no row looks like the next.
const PATTERN: usize = 65_521;
/// The term that keeps a norm from a division by zero.
const EPS: f32 = 1e-6;

/// What a phase moves and computes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    pub flops: f64,
    pub bytes: f64,
}

/// A phase: its calls, in order.
#[derive(Debug)]
pub(crate) struct Part {
    pub name: &'static str,
    pub calls: Vec<OpCall>,
    pub work: Work,
    /// Products are of this kind.
    pub precision: Precision,
    /// How often a step of the model does this.
    pub times: usize,
    /// What its kernel is known to do inside, by the names that it gives its stages.
    pub stages: Vec<(&'static str, Work)>,
    /// Its kernel's tiles belong to experts.
    pub by_expert: bool,
}

impl Part {
    /// A phase whose work is what the contracts of its calls say.
    pub(super) fn new(name: &'static str, calls: Vec<OpCall>, precision: Precision) -> Self {
        let costs = calls.iter().map(OpCall::cost);
        let work =
            costs.fold(Work::default(), |sum, c| Work { flops: sum.flops + c.flops, bytes: sum.bytes + c.read_bytes + c.write_bytes });
        Self::with_work(name, calls, work, precision)
    }

    /// A phase whose work depends on values that the contracts do not see.
    pub(super) fn with_work(name: &'static str, calls: Vec<OpCall>, work: Work, precision: Precision) -> Self {
        Self { name, calls, work, precision, times: 1, stages: Vec::new(), by_expert: false }
    }
}

/// Fills a tensor with bytes that are small numbers in its type.
pub(super) fn filled(device: &dyn Device, dtype: DType, shape: impl Into<Dims>) -> Result<TensorView> {
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

/// Matrices of `[N, K]`, `E` of them or one, in the form that the device reads fastest.
pub(super) fn weight(device: &dyn Device, precision: Precision, experts: Option<usize>, n: usize, k: usize) -> Result<Weight> {
    let shape = |rows: usize, cols: usize| experts.map_or_else(|| Dims::from([rows, cols]), |e| Dims::from([e, rows, cols]));
    let raw = match precision {
        Precision::Bf16 => Weight::nk(filled(device, DType::BF16, shape(n, k))?)?,
        Precision::W8a8 => {
            let scale = experts.map_or_else(|| Dims::from([1, n]), |e| Dims::from([e, 1, n]));
            Weight::nk(filled(device, DType::I8, shape(n, k))?)?.per_channel(filled(device, DType::F32, scale)?)
        }
        Precision::W4a16 => {
            let scale = filled(device, DType::F32, shape(k.div_ceil(GROUP), n))?;
            Weight::nk(filled(device, DType::I4, shape(n, k))?)?.per_group(GROUP, scale, None)
        }
    };
    Ok(device.prepare_weight(&raw)?)
}

/// A matrix that rows are multiplied with.
#[derive(Debug)]
pub(super) struct Linear {
    weight: Weight,
    n: usize,
    precision: Precision,
}

impl Linear {
    /// `[N, K]`.
    pub(super) fn new(device: &dyn Device, precision: Precision, n: usize, k: usize) -> Result<Self> {
        Ok(Self { weight: weight(device, precision, None, n, k)?, n, precision })
    }

    /// Adds the calls for `x: [M, K]` (its codes first, for products of integers); gives the result, `[M, N]`.
    pub(super) fn apply(&self, device: &dyn Device, x: &TensorView, calls: &mut Vec<OpCall>) -> Result<TensorView> {
        let y = device.empty(DType::BF16, [x.dim(0), self.n])?;
        let op = if self.precision.is_integer() {
            let codes = device.empty(DType::I8, [x.dim(0), x.dim(1)])?;
            let scale = device.empty(DType::F32, [x.dim(0)])?;
            calls.push(Quantize::new(x.clone(), codes.clone(), scale.clone()).into());
            Matmul::new(codes.view(), self.weight.clone(), y.clone()).with_x_scale(scale.view())
        } else {
            Matmul::new(x.clone(), self.weight.clone(), y.clone())
        };
        calls.push(op.into());
        Ok(y.view())
    }
}

/// A network that every token passes: gate and up, activation, down.
#[derive(Debug)]
pub(super) struct Mlp {
    gate_up: Linear,
    down: Linear,
    inner: usize,
}

impl Mlp {
    pub(super) fn new(device: &dyn Device, precision: Precision, hidden: usize, inner: usize) -> Result<Self> {
        Ok(Self {
            gate_up: Linear::new(device, precision, 2 * inner, hidden)?,
            down: Linear::new(device, precision, hidden, inner)?,
            inner,
        })
    }

    /// The calls for `x: [T, H]`.
    pub(super) fn calls(&self, device: &dyn Device, x: &TensorView) -> Result<Vec<OpCall>> {
        let mut calls = Vec::new();
        let wide = self.gate_up.apply(device, x, &mut calls)?;
        let activated = device.empty(DType::BF16, [x.dim(0), self.inner])?;
        calls.push(Glu::new(wide, GluKind::Swiglu, activated.clone()).into());
        self.down.apply(device, &activated.view(), &mut calls)?;
        Ok(calls)
    }
}

/// The weight of a norm over the last dimension.
#[derive(Debug)]
pub(super) struct RmsNorm(TensorView);

impl RmsNorm {
    pub(super) fn new(device: &dyn Device, width: usize) -> Result<Self> {
        Ok(Self(filled(device, DType::BF16, [width])?))
    }

    /// Norms `x` into a tensor of its own.
    pub(super) fn apply(&self, device: &dyn Device, x: &TensorView, calls: &mut Vec<OpCall>) -> Result<TensorView> {
        let y = device.empty(DType::BF16, *x.shape())?;
        calls.push(Norm::new(x.clone(), self.0.clone(), NormKind::Rms, EPS, y.clone()).into());
        Ok(y.view())
    }

    /// Norms `x` in its place.
    pub(super) fn in_place(&self, x: &TensorView, calls: &mut Vec<OpCall>) {
        calls.push(Norm::new(x.clone(), self.0.clone(), NormKind::Rms, EPS, x.to_mut()).into());
    }

    /// Norms `x + residual`, and keeps the sum: what a decoder does between its halves.
    pub(super) fn with_residual(&self, device: &dyn Device, x: &TensorView, residual: &TensorView) -> Result<OpCall> {
        let empty = || device.empty(DType::BF16, *x.shape());
        let norm = Norm::new(x.clone(), self.0.clone(), NormKind::Rms, EPS, empty()?);
        Ok(norm.with_residual(residual.clone(), empty()?).into())
    }
}
