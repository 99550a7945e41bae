//! Grouped (expert) matrix product.

use super::activation::GluKind;
use super::matmul::Weight;
use super::tensors::tensors;
use super::{Arg, Cost, Op, OpKind, Role, Rule, Tensors};
use crate::{DType, Result, TensorView, TensorViewMut};

/// Which rows of `x` belong to which expert. Rows are sorted by expert; the list is on the device, i64 or i32.
#[derive(Clone, Debug)]
pub enum GroupList {
    /// `[E]`: entry e is one past the last row of expert e.
    Cumulative(TensorView),
    /// `[E]`: entry e is the number of rows of expert e.
    Counts(TensorView),
    /// `[G, 2]`: pairs (expert, number of rows) in row order, used entries first, the rest with 0 rows.
    Sparse(TensorView),
}

impl GroupList {
    /// The list itself.
    pub fn view(&self) -> &TensorView {
        match self {
            Self::Cumulative(v) | Self::Counts(v) | Self::Sparse(v) => v,
        }
    }
}

impl Tensors for GroupList {
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        self.view().visit(name, role, f);
    }
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        let view = self.view().map_tensors(name, role, f)?;
        Ok(match self {
            Self::Cumulative(_) => Self::Cumulative(view),
            Self::Counts(_) => Self::Counts(view),
            Self::Sparse(_) => Self::Sparse(view),
        })
    }
}

/// What is done to a row of the product before it is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Epilogue {
    /// Nothing.
    None,
    /// A gated activation over the two halves of `N`: `y: [T, N / 2]`.
    Glu(GluKind),
    /// A gated activation, then dynamic quantisation of each row: `y: [T, N / 2]` i8 with `y_scale: [T]`.
    GluQuant(GluKind),
}

/// `y[r] = x[r] @ weight[e] (+ bias[e])` for the rows `r` of each expert `e`.
#[derive(Clone, Debug)]
pub struct GroupedMatmul {
    /// `[T, K]`.
    pub x: TensorView,
    /// `[E, K, N]`; storage `[E, N, K]` by [`Weight::nk`].
    pub weight: Weight,
    /// Rows of each expert.
    pub groups: GroupList,
    /// `[T]` f32, for i8 `x`.
    pub x_scale: Option<TensorView>,
    /// `[E, N]`, in `y`'s dtype or f32.
    pub bias: Option<TensorView>,
    /// What follows the product.
    pub epilogue: Epilogue,
    /// `[T, N]`, or `[T, N / 2]` with a gated epilogue. Rows beyond the groups are left untouched.
    pub y: TensorViewMut,
    /// `[T]` f32, with [`Epilogue::GluQuant`].
    pub y_scale: Option<TensorViewMut>,
}

impl Op for GroupedMatmul {
    const KIND: OpKind = OpKind::GroupedMatmul;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(x: in, weight: in, groups: in, x_scale: in, bias: in, y: Float, y_scale: Float);

    fn dtype(&self) -> DType {
        self.x.dtype()
    }
    fn variant(&self) -> &'static str {
        "default"
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }
}
