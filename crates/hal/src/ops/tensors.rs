//! Walking over the tensors of a call.

use crate::{Result, TensorView, TensorViewMut};

/// How a device's output is compared with the oracle's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compare {
    /// By error against the `f64` result and by error ratio against the rounding model.
    Float,
    /// Every bit equal: moves and integers.
    Exact,
    /// Quantised integers: a difference of one step is allowed where the unrounded value is near a half.
    Quantized,
    /// Chosen indices: equal, but where two candidates' scores are within rounding of each other either is right.
    Choice,
}

/// What a tensor is to a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Read only.
    In,
    /// Written (and read, where the contract leaves elements untouched).
    Out(Compare),
}

/// One tensor of a call.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'a> {
    /// Its name in the contract; parts of a nested argument as `weight.scale`.
    pub name: &'static str,
    /// What it is to the call.
    pub role: Role,
    /// The tensor.
    pub view: &'a TensorView,
}

/// Something that holds tensors of a call: a view, an optional view, or an argument made of several.
pub trait Tensors: Sized {
    /// Calls `f` for every tensor in it.
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>));
    /// The same with each tensor replaced.
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self>;
}

impl Tensors for TensorView {
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        f(Arg { name, role, view: self });
    }
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        f(Arg { name, role, view: self })
    }
}

impl Tensors for TensorViewMut {
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        f(Arg { name, role, view: self });
    }
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        Ok(f(Arg { name, role, view: self })?.to_mut())
    }
}

impl<X: Tensors> Tensors for Option<X> {
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        if let Some(x) = self {
            x.visit(name, role, f);
        }
    }
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        self.as_ref().map(|x| x.map_tensors(name, role, f)).transpose()
    }
}

/// Implements [`Op::visit`](super::Op::visit) and [`Op::map`](super::Op::map): `tensors!(x: in, bias: in, y: Float)`. Fields that hold no tensors are copied.
/// Where the comparison depends on the arguments, `[function]` takes the op and gives it: `rows: [Self::compare_rows]`.
macro_rules! tensors {
    (@role $op:ident in) => { $crate::ops::Role::In };
    (@role $op:ident [$compare:expr]) => { $crate::ops::Role::Out($compare($op)) };
    (@role $op:ident $compare:ident) => { $crate::ops::Role::Out($crate::ops::Compare::$compare) };
    ($($field:ident : $role:tt),* $(,)?) => {
        fn visit<'a>(&'a self, f: &mut dyn FnMut($crate::ops::Arg<'a>)) {
            use $crate::ops::Tensors;
            $(self.$field.visit(stringify!($field), $crate::ops::tensors::tensors!(@role self $role), f);)*
        }
        #[allow(clippy::needless_update, reason = "ops whose every field is a tensor leave nothing to copy")]
        fn map(&self, f: &mut dyn FnMut($crate::ops::Arg<'_>) -> $crate::Result<$crate::TensorView>) -> $crate::Result<Self> {
            use $crate::ops::Tensors;
            Ok(Self {
                $($field: self.$field.map_tensors(stringify!($field), $crate::ops::tensors::tensors!(@role self $role), f)?,)*
                ..self.clone()
            })
        }
    };
}
pub(crate) use tensors;
