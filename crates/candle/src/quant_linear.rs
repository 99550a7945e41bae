//! A linear layer with integer weights.

use ascend_compute::ops::{Matmul, Quantize, Weight};
use ascend_compute::{DType, DeviceExt, TensorView};
use candle_core::{CpuStorage, CustomOp1, Layout, Module, Shape, Tensor};

use crate::session::Operand;
use crate::tensor::{hold, tensor, zeros_like};
use crate::weights::{self, Quantization};
use crate::{Result, Session};

/// `y = x @ weight^T (+ bias)` with a quantised weight on the device. Use it where the model has a `Linear`.
///
/// ```
/// use ascend_candle::{QuantLinear, Quantization, Session};
/// use candle_core::{Device, Module, Tensor};
///
/// let weight = Tensor::randn(0f32, 0.1, (32, 64), &Device::Cpu)?;
/// let linear = QuantLinear::new(&Session::open("cpu")?, &weight, None, Quantization::W8A8)?;
///
/// let x = Tensor::randn(0f32, 1.0, (2, 5, 64), &Device::Cpu)?;
/// assert_eq!(x.apply(&linear)?.dims(), [2, 5, 32]);
/// # Ok::<(), candle_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct QuantLinear {
    session: Session,
    weight: Weight,
    /// `[N]` f32.
    bias: Option<TensorView>,
    quantize_activations: bool,
}

impl QuantLinear {
    /// Quantises `weight: [N, K]` on the device; `bias: [N]`.
    ///
    /// # Errors
    /// [`Error::DType`](crate::Error::DType); those of the device when the weight is no matrix or memory is short.
    pub fn new(session: &Session, weight: &Tensor, bias: Option<&Tensor>, quantization: Quantization) -> Result<Self> {
        weight.dims2()?;
        let stored = weights::upload(&**session.device(), "weight", weight)?;
        let weight = weights::prepare(session, stored, Some(quantization))?;
        Self::of(session, weight, bias, quantization == Quantization::W8A8)
    }

    /// With a weight that was quantised elsewhere: int8 or int4, by channel or by group, with zeros or without. Activations are not quantised.
    ///
    /// # Errors
    /// Those of the device.
    pub fn from_weight(session: &Session, weight: &Weight, bias: Option<&Tensor>) -> Result<Self> {
        Self::of(session, session.device().prepare_weight(weight)?, bias, false)
    }

    fn of(session: &Session, weight: Weight, bias: Option<&Tensor>, quantize_activations: bool) -> Result<Self> {
        let bias = bias.map(|bias| weights::upload_f32(&**session.device(), "bias", bias)).transpose()?;
        Ok(Self { session: session.clone(), weight, bias, quantize_activations })
    }

    /// `x: [.., K]` to `[.., N]`. The result has no history for gradients.
    ///
    /// # Errors
    /// What the contract has against shapes and types; [`Error::DType`](crate::Error::DType); [`Error::Place`](crate::Error::Place).
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.compute(hold(x).operand("x")?).map(tensor)
    }

    fn compute(&self, x: Operand<'_>) -> Result<(CpuStorage, Shape)> {
        let mut shape = x.1.dims().to_vec();
        if let Some(columns) = shape.last_mut() {
            *columns = self.weight.data.shape().last_or_one();
        }
        let mut y = zeros_like("x", x.0, &shape)?;
        self.session.call(|call| {
            let x = call.rows("x", x)?;
            let (rows, inner) = (x.dim(0), x.dim(1));
            let y = call.output_floats(&mut y, [rows, self.weight.data.shape().last_or_one()])?;
            let mut op = if self.quantize_activations {
                let (codes, scale) = (call.device.empty(DType::I8, [rows, inner])?, call.device.empty(DType::F32, [rows])?);
                call.device.quantize(call.stream, Quantize::new(x, codes.clone(), scale.clone()))?;
                Matmul::new(codes.view(), self.weight.clone(), y).with_x_scale(scale.view())
            } else {
                Matmul::new(x, self.weight.clone(), y)
            };
            op.bias.clone_from(&self.bias);
            Ok(call.device.matmul(call.stream, op)?)
        })?;
        Ok((y, Shape::from(shape)))
    }
}

impl Module for QuantLinear {
    fn forward(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        Ok(self.forward(x)?)
    }
}

impl CustomOp1 for QuantLinear {
    fn name(&self) -> &'static str {
        "ascend-quant-linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        Ok(self.compute((x, layout))?)
    }
}
