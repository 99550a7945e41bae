//! Functions that are there and refuse.

use ascend_sys::ffi::ACL_ERROR_API_NOT_SUPPORT;

use crate::fault::{Fault, call};

/// Refuses a call by name. It is reported: a program that goes on without what it asked for computes nonsense silently.
pub(super) fn refuse(name: &str) {
    call(name, || Err(Fault::misuse(ACL_ERROR_API_NOT_SUPPORT, "this function is not simulated")));
}

/// Declares functions that refuse with the code in front, or return what stands behind them.
macro_rules! unsupported {
    ($code:expr; $(fn $name:ident($($ty:ty),*) -> $returns:ty $(= $value:expr)?;)*) => {
        pub(super) const FUNCTIONS: &[(&str, super::Address)] = &[$({
            #[allow(unused_parens, clippy::unused_unit, clippy::too_many_arguments, reason = "one declaration for all")]
            unsafe extern "C" fn function($(_: $ty),*) -> $returns {
                super::unsupported::refuse(stringify!($name));
                super::unsupported::returned!($code $(, $value)?)
            }
            let function: ascend_sys::fns::$name = function;
            (stringify!($name), super::Address(function as *const std::ffi::c_void))
        },)*];
    };
}

macro_rules! returned {
    ($code:expr) => {
        $code
    };
    ($code:expr, $value:expr) => {
        $value
    };
}

pub(super) use {returned, unsupported};
