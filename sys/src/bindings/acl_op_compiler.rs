//! Compilation of single operators, with its options.
//!
//! Made from `sys/include/acl/op_compiler.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_COMPILE_SYS: aclCompileType = 0;
pub const ACL_COMPILE_UNREGISTERED: aclCompileType = 1;
pub type aclCompileType = ::core::ffi::c_uint;
pub type aclopCompileType = aclCompileType;
pub const ACL_PRECISION_MODE: aclCompileOpt = 0;
pub const ACL_AICORE_NUM: aclCompileOpt = 1;
pub const ACL_AUTO_TUNE_MODE: aclCompileOpt = 2;
pub const ACL_OP_SELECT_IMPL_MODE: aclCompileOpt = 3;
pub const ACL_OPTYPELIST_FOR_IMPLMODE: aclCompileOpt = 4;
pub const ACL_OP_DEBUG_LEVEL: aclCompileOpt = 5;
pub const ACL_DEBUG_DIR: aclCompileOpt = 6;
pub const ACL_OP_COMPILER_CACHE_MODE: aclCompileOpt = 7;
pub const ACL_OP_COMPILER_CACHE_DIR: aclCompileOpt = 8;
pub const ACL_OP_PERFORMANCE_MODE: aclCompileOpt = 9;
pub const ACL_OP_JIT_COMPILE: aclCompileOpt = 10;
pub const ACL_OP_DETERMINISTIC: aclCompileOpt = 11;
pub const ACL_CUSTOMIZE_DTYPES: aclCompileOpt = 12;
pub const ACL_OP_PRECISION_MODE: aclCompileOpt = 13;
pub const ACL_ALLOW_HF32: aclCompileOpt = 14;
pub const ACL_PRECISION_MODE_V2: aclCompileOpt = 15;
pub const ACL_OP_DEBUG_OPTION: aclCompileOpt = 16;
pub type aclCompileOpt = ::core::ffi::c_uint;
pub const ACL_OP_COMPILE_DEFAULT: aclCompileFlag = 0;
pub const ACL_OP_COMPILE_FUZZ: aclCompileFlag = 1;
pub type aclCompileFlag = ::core::ffi::c_uint;
pub type aclOpCompileFlag = aclCompileFlag;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclGraphDumpOption {
    _unused: [u8; 0],
}
