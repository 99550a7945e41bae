//! Arguments of operators: from what C passes to what a plan is made of.

use std::ffi::{CStr, c_char};
use std::sync::Arc;

use ascend_sys::ffi::*;

use super::Tensor;
use super::tensor::AsBlocks;
use crate::fault::{Fault, Outcome};
use crate::nnopbase::{Operand, Scalar, operands};

/// The arguments of a call, taken one after the other.
pub(crate) struct Arguments {
    tensors: Tensors,
    /// Whether the operator's prototype has integer arrays among its inputs, which take places as tensors do.
    array_inputs: bool,
}

/// The tensors of a call, in order.
#[derive(Default)]
pub(crate) struct Tensors {
    pub(crate) list: Vec<Tensor>,
    /// For each, the place of its argument in the operator's prototype: tensors and lists of them are counted, and integer arrays that are inputs there, those that are null too.
    pub(crate) places: Vec<usize>,
    /// How many such places there are.
    pub(crate) count: usize,
}

impl Tensors {
    fn push(&mut self, tensor: Tensor) {
        self.list.push(tensor);
        self.places.push(self.count - 1);
    }
}

/// What C passes for an argument.
pub(crate) trait Passed {
    /// Whether it is a tensor or a list of them.
    const TENSORS: bool = false;
    /// Whether it is an array of integers.
    const INTS: bool = false;
}

macro_rules! passed {
    ($($ty:ty)*) => {$( impl Passed for $ty {} )*};
    (tensors: $($ty:ty)*) => {$( impl Passed for $ty { const TENSORS: bool = true; } )*};
    (ints: $($ty:ty)*) => {$( impl Passed for $ty { const INTS: bool = true; } )*};
}

passed!(bool i8 i32 i64 u32 u64 f32 f64 *const aclScalar *const aclFloatArray *const aclBoolArray *const c_char *mut c_char);
passed!(ints: *const aclIntArray *mut aclIntArray);
passed!(tensors: *const aclTensor *mut aclTensor *const aclTensorList *mut aclTensorList);

impl Arguments {
    pub(super) fn of(operator: &str) -> Self {
        /// Those whose prototypes have lengths of sequences among the inputs.
        const LENGTHS: [&str; 3] = ["aclnnFusedInferAttentionScore", "aclnnIncreFlashAttention", "aclnnPromptFlashAttention"];
        Self { tensors: Tensors::default(), array_inputs: LENGTHS.iter().any(|name| operator.starts_with(name)) }
    }

    /// The argument `name` in the form `A`.
    ///
    /// # Safety
    /// * A string is null, or ends with a zero byte.
    pub(crate) unsafe fn take<C: Passed, A: Take<C>>(&mut self, argument: C, name: &'static str) -> Outcome<A> {
        self.tensors.count += usize::from(C::TENSORS || (C::INTS && self.array_inputs));
        // SAFETY: the caller promises it.
        unsafe { A::take(self, argument, name) }
    }

    /// The tensors among them, in order.
    pub(super) fn tensors(self) -> Tensors {
        self.tensors
    }

    fn tensor(&mut self, handle: usize, name: &'static str) -> Outcome<Tensor> {
        let shared = operands().tensor(handle, name)?;
        let tensor = Tensor::new(self.tensors.list.len(), name, handle, shared)?;
        self.tensors.push(tensor.clone());
        Ok(tensor)
    }
}

/// A form that an argument of the C type `C` can be taken in.
pub(crate) trait Take<C>: Sized {
    /// # Safety
    /// * As for [`Arguments::take`].
    unsafe fn take(arguments: &mut Arguments, argument: C, name: &'static str) -> Outcome<Self>;
}

/// Numbers and truth values are what they are.
macro_rules! plain {
    ($($ty:ty)*) => {$(
        impl Take<$ty> for $ty {
            unsafe fn take(_: &mut Arguments, argument: $ty, _: &'static str) -> Outcome<Self> {
                Ok(argument)
            }
        }
    )*};
}

plain!(bool i8 i32 i64 u32 u64 f32 f64);

/// The same argument through a pointer that may be written through.
macro_rules! also_mut {
    ($($ty:ty: $c:ty;)*) => {$(
        impl Take<*mut $c> for $ty {
            unsafe fn take(arguments: &mut Arguments, argument: *mut $c, name: &'static str) -> Outcome<Self> {
                // SAFETY: the caller promises it.
                unsafe { <Self as Take<*const $c>>::take(arguments, argument.cast_const(), name) }
            }
        }
        impl Take<*mut $c> for Option<$ty> {
            unsafe fn take(arguments: &mut Arguments, argument: *mut $c, name: &'static str) -> Outcome<Self> {
                // SAFETY: the caller promises it.
                unsafe { <Self as Take<*const $c>>::take(arguments, argument.cast_const(), name) }
            }
        }
        /// Null is allowed.
        impl Take<*const $c> for Option<$ty> {
            unsafe fn take(arguments: &mut Arguments, argument: *const $c, name: &'static str) -> Outcome<Self> {
                if argument.is_null() {
                    return Ok(None);
                }
                // SAFETY: the caller promises it.
                unsafe { <$ty as Take<*const $c>>::take(arguments, argument, name) }.map(Some)
            }
        }
    )*};
}

also_mut! {
    Tensor: aclTensor;
    Vec<Tensor>: aclTensorList;
    Scalar: aclScalar;
    Arc<[i64]>: aclIntArray;
    Arc<[f32]>: aclFloatArray;
    Arc<[bool]>: aclBoolArray;
    String: c_char;
}

impl Take<*const aclTensor> for Tensor {
    unsafe fn take(arguments: &mut Arguments, argument: *const aclTensor, name: &'static str) -> Outcome<Self> {
        arguments.tensor(argument as usize, name)
    }
}

/// A tensor that the operator turns into FRACTAL_NZ where it is, which may need more room than its rows do.
impl Take<*mut aclTensor> for AsBlocks {
    unsafe fn take(arguments: &mut Arguments, argument: *mut aclTensor, name: &'static str) -> Outcome<Self> {
        let shared = operands().tensor(argument as usize, name)?;
        let both = Tensor::becomes_blocks(arguments.tensors.list.len(), name, argument as usize, shared)?;
        arguments.tensors.push(both.blocks.clone());
        Ok(both)
    }
}

/// A list's members; those that are null are left out.
impl Take<*const aclTensorList> for Vec<Tensor> {
    unsafe fn take(arguments: &mut Arguments, argument: *const aclTensorList, name: &'static str) -> Outcome<Self> {
        let members = match operands().get(argument as usize, "aclTensorList", name)? {
            Operand::Tensors(members) => members.clone(),
            _ => Arc::default(),
        };
        members.iter().filter(|member| **member != 0).map(|member| arguments.tensor(*member, name)).collect()
    }
}

/// A list's members by their place; null and empty ones are none.
impl Take<*const aclTensorList> for Vec<Option<Tensor>> {
    unsafe fn take(arguments: &mut Arguments, argument: *const aclTensorList, name: &'static str) -> Outcome<Self> {
        let members = match operands().get(argument as usize, "aclTensorList", name)? {
            Operand::Tensors(members) => members.clone(),
            _ => Arc::default(),
        };
        let member = |handle: &usize| if *handle == 0 { Ok(None) } else { arguments.tensor(*handle, name).map(Some) };
        members.iter().map(member).collect()
    }
}

/// The other operands are values, looked up by the kind that the C type says.
macro_rules! values {
    ($($ty:ty: $c:ident, $variant:ident;)*) => {$(
        impl Take<*const $c> for $ty {
            unsafe fn take(_: &mut Arguments, argument: *const $c, name: &'static str) -> Outcome<Self> {
                match operands().get(argument as usize, stringify!($c), name)? {
                    Operand::$variant(value) => Ok(value.clone()),
                    other => Err(Fault::misuse(ACLNN_ERR_PARAM_INVALID, format!("{name} is an {}", other.kind()))),
                }
            }
        }
    )*};
}

values! {
    Scalar: aclScalar, Scalar;
    Arc<[i64]>: aclIntArray, Ints;
    Arc<[f32]>: aclFloatArray, Floats;
    Arc<[bool]>: aclBoolArray, Bools;
}

impl Take<*const c_char> for String {
    unsafe fn take(_: &mut Arguments, argument: *const c_char, name: &'static str) -> Outcome<Self> {
        if argument.is_null() {
            return Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, format!("{name} is null")));
        }
        // SAFETY: it is not null, and the caller promises that it ends with a zero byte.
        let text = unsafe { CStr::from_ptr(argument) };
        let text = text.to_str().map_err(|_| Fault::refused(ACLNN_ERR_PARAM_INVALID, format!("{name} is no text: {text:?}")))?;
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use std::ptr::null;

    use super::*;

    #[test]
    fn arrays_take_places_where_they_are_inputs() {
        let places = |operator| {
            let mut arguments = Arguments::of(operator);
            // SAFETY: no argument is a string.
            unsafe {
                arguments.take::<_, Option<Tensor>>(null::<aclTensor>(), "query").unwrap();
                arguments.take::<_, Option<Arc<[i64]>>>(null::<aclIntArray>(), "actualSeqLengths").unwrap();
                arguments.take::<_, Option<Tensor>>(null::<aclTensor>(), "blockTable").unwrap();
            }
            arguments.tensors().count
        };
        assert_eq!(places("aclnnFusedInferAttentionScoreV3"), 3);
        assert_eq!(places("aclnnLayerNorm"), 2);
    }
}
