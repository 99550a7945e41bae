//! Matrix products per expert, and what is fused with them.
//!
//! Made from `sys/include/aclnn/grouped_matmul.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

pub const GMM_ACT_TYPE_NONE: GMMActType = 0;
pub const GMM_ACT_TYPE_RELU: GMMActType = 1;
pub const GMM_ACT_TYPE_GELU_TANH: GMMActType = 2;
pub const GMM_ACT_TYPE_GELU_ERR_FUNC: GMMActType = 3;
pub const GMM_ACT_TYPE_FAST_GELU: GMMActType = 4;
pub const GMM_ACT_TYPE_SILU: GMMActType = 5;
pub type GMMActType = ::core::ffi::c_uint;
