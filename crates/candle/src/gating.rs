//! From router logits to experts and their weights.

use ascend_compute::DeviceExt;
use ascend_compute::TensorView;
use ascend_compute::ops::{Gating as GatingOp, GroupLimit, GroupScore, Score};
use candle_core::{CpuStorage, Shape, Tensor};

use crate::session::Operand;
use crate::tensor::{hold, tensor, zeros};
use crate::{Result, Session, weights};

/// The experts that a router chose for each token.
#[derive(Clone, Debug)]
pub struct Routing {
    /// `[T, k]` u32, by falling choice score.
    pub ids: Tensor,
    /// `[T, k]` f32.
    pub weights: Tensor,
}

/// Chooses the `k` best experts of each token. See [`ascend_compute::ops::Gating`] for scores, order and ties.
///
/// A call gives two tensors, and a custom op of candle's only one; so this is no `CustomOp1`.
///
/// ```
/// use ascend_candle::{Gating, Session, ops::Score};
/// use candle_core::{Device, Tensor};
///
/// let gating = Gating::new(&Session::open("cpu")?, Score::SoftmaxTopK, 2).with_renormalize();
/// let logits = Tensor::new(&[[0f32, 2., 1., -1.]], &Device::Cpu)?;
/// let routing = gating.forward(&logits)?;
/// assert_eq!(routing.ids.to_vec2::<u32>()?, [[1, 2]]);
/// assert_eq!(routing.weights.sum_all()?.to_scalar::<f32>()?, 1.0);
/// # Ok::<(), ascend_candle::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Gating {
    session: Session,
    score: Score,
    k: usize,
    renormalize: bool,
    scale: f32,
    groups: Option<GroupLimit>,
    bias: Option<TensorView>,
}

impl Gating {
    /// The `k` best experts, with weights as they come from the score.
    pub fn new(session: &Session, score: Score, k: usize) -> Self {
        Self { session: session.clone(), score, k, renormalize: false, scale: 1.0, groups: None, bias: None }
    }

    /// With weights that add up to 1 (times the scale).
    pub fn with_renormalize(self) -> Self {
        Self { renormalize: true, ..self }
    }

    /// With a factor on the weights.
    pub fn with_scale(self, scale: f32) -> Self {
        Self { scale, ..self }
    }

    /// With a choice among the `keep` best of `groups` groups only (DeepSeek).
    pub fn with_groups(self, groups: usize, keep: usize, score: GroupScore) -> Self {
        Self { groups: Some(GroupLimit { groups, keep, score }), ..self }
    }

    /// With a correction bias `[E]` that takes part in the choice and not in the weights (DeepSeek-V3).
    ///
    /// # Errors
    /// Those of the copy to the device.
    pub fn with_bias(mut self, bias: &Tensor) -> Result<Self> {
        self.bias = Some(weights::upload_f32(&**self.session.device(), "bias", bias)?);
        Ok(self)
    }

    /// `logits: [T, E]` f32, f16 or bf16 to ids and weights `[T, k]`.
    ///
    /// # Errors
    /// What the contract has against shapes and types; [`Error::DType`](crate::Error::DType); [`Error::Place`](crate::Error::Place).
    pub fn forward(&self, logits: &Tensor) -> Result<Routing> {
        let held = hold(logits);
        let logits: Operand<'_> = held.operand("logits")?;
        let shape = [logits.1.dims().first().copied().unwrap_or(1), self.k];
        let (mut weights, mut ids) = (zeros::<f32>(&shape)?, zeros::<i32>(&shape)?);
        self.session.call(|call| {
            let (weights, ids) = (call.output(&mut weights, shape)?, call.output(&mut ids, shape)?);
            let mut op = GatingOp::new(call.floats("logits", logits)?, self.score, weights, ids).with_scale(self.scale);
            op.bias.clone_from(&self.bias);
            (op.groups, op.renormalize) = (self.groups, self.renormalize);
            Ok(call.device.gating(call.stream, op)?)
        })?;
        let shape = Shape::from(&shape);
        // Ids are never negative.
        let ids = tensor((CpuStorage::U32(bytemuck::cast_vec(ids)), shape.clone()));
        Ok(Routing { ids, weights: tensor((CpuStorage::F32(weights), shape)) })
    }
}
