//! The experts of a mixture-of-experts layer.

use ascend_compute::ops::{GluKind, MoeExperts as MoeExpertsOp, Weight};
use ascend_compute::{Choice, DType, DeviceExt, OpCall, TensorView};
use candle_core::{CpuStorage, CustomOp3, Layout, Shape, Tensor};

use crate::session::Operand;
use crate::tensor::{hold, tensor, zeros_like};
use crate::weights::{self, Quantization};
use crate::{Error, Result, Session};

/// `y[t] = sum_s weights[t, s] * ffn(ids[t, s], x[t])` with `ffn(e, x) = (silu(x @ gate[e]^T) * (x @ up[e]^T)) @ down[e]^T`, in one call for all experts.
///
/// The weights of the experts live on the device. See [`ascend_compute::ops::MoeExperts`] for rounding and edge rules.
///
/// ```
/// use ascend_candle::{MoeExperts, Session};
/// use candle_core::{Device, Tensor};
///
/// let session = Session::open("cpu")?;
/// let (experts, hidden, inner) = (4, 16, 8);
/// let gate_up = Tensor::randn(0f32, 0.1, (experts, 2 * inner, hidden), &Device::Cpu)?;
/// let down = Tensor::randn(0f32, 0.1, (experts, hidden, inner), &Device::Cpu)?;
/// let layer = MoeExperts::new(&session, &gate_up, &down, None)?;
///
/// let x = Tensor::randn(0f32, 1.0, (3, hidden), &Device::Cpu)?;
/// let ids = Tensor::new(&[[0u32, 2], [3, 1], [2, 0]], &Device::Cpu)?;
/// let weights = Tensor::new(&[[0.75f32, 0.25], [0.5, 0.5], [1.0, 0.0]], &Device::Cpu)?;
/// assert_eq!(layer.forward(&x, &ids, &weights)?.dims(), [3, hidden]);
/// # Ok::<(), ascend_candle::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct MoeExperts {
    session: Session,
    gate_up: Weight,
    down: Weight,
    dtype: DType,
    quantization: Option<Quantization>,
    /// `[E, 2I]` and `[E, H]`.
    biases: Option<(TensorView, TensorView)>,
    glu: GluKind,
    interleaved: bool,
    /// First local expert, and experts in all.
    range: (usize, usize),
}

impl MoeExperts {
    /// Experts with weights `gate_up: [E, 2I, H]` (gates in the first `I` rows) and `down: [E, H, I]`, f32, f16 or bf16, to be used for activations of that
    /// type.
    ///
    /// # Errors
    /// What the operator's contract has against the shapes; [`Error::DType`]; [`ascend_compute::Error::OutOfMemory`]; [`ascend_compute::Error::Unsupported`].
    pub fn new(session: &Session, gate_up: &Tensor, down: &Tensor, quantization: Option<Quantization>) -> Result<Self> {
        let device = &**session.device();
        let gate_up = weights::upload(device, "gate_up", gate_up)?;
        Self::of(session, gate_up, || weights::upload(device, "down", down), quantization)
    }

    /// As [`new`](Self::new), from tensors of their own for each expert, as checkpoints have them: `load` gives `gate: [I, H]`, `up: [I, H]` and `down: [H, I]`
    /// of expert `e`. One expert at a time is in candle's memory; the two stacks are on the device, one of them twice while it is prepared.
    ///
    /// # Errors
    /// As `new`; [`Error::Expert`] when the shapes of an expert are not those of the first; what `load` says.
    pub fn load(
        session: &Session,
        experts: usize,
        quantization: Option<Quantization>,
        mut load: impl FnMut(usize) -> candle_core::Result<[Tensor; 3]>,
    ) -> Result<Self> {
        let device = &**session.device();
        let mut stacked = None;
        let mut at = (0, 0);
        for expert in 0..experts {
            let [gate, up, down] = load(expert)?;
            let (inner, hidden) = gate.dims2()?;
            let (gate_up_all, down_all) = match &stacked {
                Some(stacked) => stacked,
                None => {
                    let dtype = {
                        let held = hold(&gate);
                        crate::tensor::float_bytes("gate", held.operand("gate")?)?.0
                    };
                    stacked.insert((device.empty(dtype, [experts, 2 * inner, hidden])?, device.empty(dtype, [experts, hidden, inner])?))
                }
            };
            let (hidden, inner) = (down_all.dim(1), down_all.dim(2));
            for (argument, tensor, asked) in
                [("gate", &gate, [inner, hidden]), ("up", &up, [inner, hidden]), ("down", &down, [hidden, inner])]
            {
                if tensor.dims() != asked {
                    return Err(Error::Expert { argument, expert, asked, found: tensor.dims().to_vec() });
                }
            }
            at.0 += weights::write(device, gate_up_all, at.0, "gate", &gate)?;
            at.0 += weights::write(device, gate_up_all, at.0, "up", &up)?;
            at.1 += weights::write(device, down_all, at.1, "down", &down)?;
        }
        let (gate_up, down) = match stacked {
            // The only handles, so that each stack is freed once it is prepared.
            Some((gate_up, down)) => (gate_up.view(), down.view()),
            None => (device.empty(DType::F32, [0, 0, 0])?.view(), device.empty(DType::F32, [0, 0, 0])?.view()),
        };
        Self::of(session, gate_up, || Ok(down), quantization)
    }

    /// `down` is asked for when `gate_up` is prepared: one stack at a time is there in two forms.
    fn of(
        session: &Session,
        gate_up: TensorView,
        down: impl FnOnce() -> Result<TensorView>,
        quantization: Option<Quantization>,
    ) -> Result<Self> {
        let (dtype, experts) = (gate_up.dtype(), gate_up.dim(0));
        let layer = Self {
            session: session.clone(),
            gate_up: weights::prepare(session, gate_up, quantization)?,
            down: weights::prepare(session, down()?, quantization)?,
            dtype,
            quantization,
            biases: None,
            glu: GluKind::Swiglu,
            interleaved: false,
            range: (0, experts),
        };
        layer.checked()
    }

    /// With biases `gate_up: [E, 2I]` and `down: [E, H]` on the two products.
    ///
    /// # Errors
    /// What the contract has against their shapes.
    pub fn with_biases(mut self, gate_up: &Tensor, down: &Tensor) -> Result<Self> {
        let device = &**self.session.device();
        self.biases = Some((weights::upload_f32(device, "gate_up_bias", gate_up)?, weights::upload_f32(device, "down_bias", down)?));
        self.checked()
    }

    /// With another gated activation than `silu(gate) * up`.
    pub fn with_glu(self, glu: GluKind) -> Self {
        Self { glu, ..self }
    }

    /// With gate and up rows that alternate (GPT-OSS), not in two halves.
    pub fn with_interleaved(self) -> Self {
        Self { interleaved: true, ..self }
    }

    /// These experts are those from `first` on, of `experts` in all; what others would add is left out.
    ///
    /// # Errors
    /// What the contract has against the range.
    pub fn with_expert_range(self, first: usize, experts: usize) -> Result<Self> {
        Self { range: (first, experts), ..self }.checked()
    }

    /// `x: [T, H]`, `ids: [T, k]` u32 or i32, `weights: [T, k]` f32 to `[T, H]`. The result has no history for gradients.
    ///
    /// # Errors
    /// What the contract has against shapes, types and ids; [`Error::DType`]; [`Error::Place`].
    pub fn forward(&self, x: &Tensor, ids: &Tensor, weights: &Tensor) -> Result<Tensor> {
        let (x, ids, weights) = (hold(x), hold(ids), hold(weights));
        self.compute(x.operand("x")?, ids.operand("ids")?, weights.operand("weights")?).map(tensor)
    }

    fn compute(&self, x: Operand<'_>, ids: Operand<'_>, weights: Operand<'_>) -> Result<(CpuStorage, Shape)> {
        let mut y = zeros_like("x", x.0, x.1.dims())?;
        self.session.call(|call| {
            let (x, ids, weights) = (call.floats("x", x)?, call.indices("ids", ids)?, call.floats("weights", weights)?);
            let y = call.output_floats(&mut y, *x.shape())?;
            Ok(call.device.moe_experts(call.stream, self.op(x, ids, weights, y.view()))?)
        })?;
        Ok((y, x.1.shape().clone()))
    }

    fn op(&self, x: TensorView, ids: TensorView, weights: TensorView, y: TensorView) -> MoeExpertsOp {
        let mut op = MoeExpertsOp::new(x, ids, weights, self.gate_up.clone(), self.down.clone(), y.to_mut()).with_glu(self.glu);
        if let Some((gate_up, down)) = &self.biases {
            op = op.with_biases(gate_up.clone(), down.clone());
        }
        op.interleaved = self.interleaved;
        op.quantize_activations = self.quantization == Some(Quantization::W8A8);
        op.with_expert_range(self.range.0, self.range.1)
    }

    /// The layer, if the contract accepts a call without tokens and the device has a kernel for it.
    fn checked(self) -> Result<Self> {
        let device = self.session.device();
        let tokens = |dtype, columns: usize| Ok::<_, Error>(device.empty(dtype, [0, columns])?.view());
        let hidden = self.gate_up.data.dim(1);
        let (x, y) = (tokens(self.dtype, hidden)?, tokens(self.dtype, hidden)?);
        let call = OpCall::from(self.op(x, tokens(DType::I32, 1)?, tokens(DType::F32, 1)?, y));
        call.check()?;
        device.kernels().pick(&call, &Choice::Auto)?;
        Ok(self)
    }
}

impl CustomOp3 for MoeExperts {
    fn name(&self) -> &'static str {
        "ascend-moe-experts"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        ids: &CpuStorage,
        ids_layout: &Layout,
        weights: &CpuStorage,
        weights_layout: &Layout,
    ) -> candle_core::Result<(CpuStorage, Shape)> {
        Ok(self.compute((x, x_layout), (ids, ids_layout), (weights, weights_layout))?)
    }
}
