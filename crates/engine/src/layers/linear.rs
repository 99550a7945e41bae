//! A dense product with perhaps a bias.

use ascend_compute::ops::{Matmul, Quantize, Weight};
use ascend_compute::{DType, DeviceExt, TensorView, TensorViewMut};

use super::Context;
use crate::Result;
use crate::weights::Weights;

/// `y = x @ w^T (+ b)`; beside an int8 weight with a scale for each column `x` is quantised per token first.
#[derive(Clone, Debug)]
pub struct Linear {
    /// Logical `[K, N]`.
    pub weight: Weight,
    /// `[N]` f32.
    pub bias: Option<TensorView>,
}

impl Linear {
    /// `{name}.weight: [N, K]`, and `{name}.bias: [N]` with `bias`.
    pub fn load(weights: &Weights<'_>, name: &str, n: usize, k: usize, bias: bool) -> Result<Self> {
        Self::fused(weights, &[(name.to_owned(), n)], k, bias)
    }

    /// Several of one input, their outputs side by side.
    pub fn fused(weights: &Weights<'_>, parts: &[(String, usize)], k: usize, bias: bool) -> Result<Self> {
        let named = |what: &str| parts.iter().map(|(name, n)| (format!("{name}.{what}"), *n)).collect::<Vec<_>>();
        let bias = if bias { Some(weights.fused_vector(&named("bias"))?) } else { None };
        Ok(Self { weight: weights.fused(&named("weight"), k)?, bias })
    }

    /// Number of columns `N`.
    pub fn columns(&self) -> usize {
        self.weight.data.shape().last_or_one()
    }

    /// `x: [T, K]` to `[T, N]`.
    pub fn forward(&self, cx: Context<'_>, x: &TensorView) -> Result<TensorView> {
        let y = cx.empty([x.dim(0), self.columns()])?;
        self.forward_into(cx, x, &y)?;
        Ok(y.view())
    }

    /// The same into `y`, which may be f32 whatever `x` is: router logits, vocabulary logits.
    pub fn forward_into(&self, cx: Context<'_>, x: &TensorView, y: &TensorViewMut) -> Result<()> {
        let product = |x| Matmul::new(x, self.weight.clone(), y.clone());
        let per_column = self.weight.quant.as_ref().is_some_and(|quant| quant.group == 0);
        let mut op = if self.weight.data.dtype() == DType::I8 && per_column {
            let (codes, scale) = (cx.empty_of(DType::I8, *x.shape())?, cx.empty_of(DType::F32, [x.dim(0)])?);
            cx.device.quantize(cx.stream, Quantize::new(x.clone(), codes.clone(), scale.clone()))?;
            product(codes.view()).with_x_scale(scale.view())
        } else {
            product(x.clone())
        };
        op.bias.clone_from(&self.bias);
        Ok(cx.device.matmul(cx.stream, op)?)
    }
}
