//! Device binaries, functions, arguments and launches.
//!
//! Made from `sys/include/acl/kernel.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_RT_BINARY_MAGIC_ELF_VECTOR_CORE: u32 = 1094799942;
pub const ACL_RT_BINARY_MAGIC_ELF_CUBE_CORE: u32 = 1095320387;
pub const ACL_RT_BINARY_MAGIC_ELF_AICORE: u32 = 1129660997;
pub type aclrtBinary = *mut ::core::ffi::c_void;
pub type aclrtBinHandle = *mut ::core::ffi::c_void;
pub type aclrtArgsHandle = *mut ::core::ffi::c_void;
pub type aclrtParamHandle = *mut ::core::ffi::c_void;
pub const ACL_RT_BINARY_LOAD_OPT_LAZY_LOAD: aclrtBinaryLoadOptionType = 1;
pub const ACL_RT_BINARY_LOAD_OPT_LAZY_MAGIC: aclrtBinaryLoadOptionType = 2;
pub const ACL_RT_BINARY_LOAD_OPT_MAGIC: aclrtBinaryLoadOptionType = 2;
pub const ACL_RT_BINARY_LOAD_OPT_CPU_KERNEL_MODE: aclrtBinaryLoadOptionType = 3;
pub type aclrtBinaryLoadOptionType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Copy, Clone)]
pub union aclrtBinaryLoadOptionValue {
    pub isLazyLoad: u32,
    pub magic: u32,
    pub cpuKernelMode: i32,
    pub rsv: [u32; 4usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtBinaryLoadOptionValue"][::core::mem::size_of::<aclrtBinaryLoadOptionValue>() - 16usize];
    ["Alignment of aclrtBinaryLoadOptionValue"][::core::mem::align_of::<aclrtBinaryLoadOptionValue>() - 4usize];
    ["Offset of field: aclrtBinaryLoadOptionValue::isLazyLoad"][::core::mem::offset_of!(aclrtBinaryLoadOptionValue, isLazyLoad) - 0usize];
    ["Offset of field: aclrtBinaryLoadOptionValue::magic"][::core::mem::offset_of!(aclrtBinaryLoadOptionValue, magic) - 0usize];
    ["Offset of field: aclrtBinaryLoadOptionValue::cpuKernelMode"]
        [::core::mem::offset_of!(aclrtBinaryLoadOptionValue, cpuKernelMode) - 0usize];
    ["Offset of field: aclrtBinaryLoadOptionValue::rsv"][::core::mem::offset_of!(aclrtBinaryLoadOptionValue, rsv) - 0usize];
};

#[repr(C)]
#[derive(Copy, Clone)]
pub struct aclrtBinaryLoadOption {
    pub type_: aclrtBinaryLoadOptionType,
    pub value: aclrtBinaryLoadOptionValue,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtBinaryLoadOption"][::core::mem::size_of::<aclrtBinaryLoadOption>() - 20usize];
    ["Alignment of aclrtBinaryLoadOption"][::core::mem::align_of::<aclrtBinaryLoadOption>() - 4usize];
    ["Offset of field: aclrtBinaryLoadOption::type_"][::core::mem::offset_of!(aclrtBinaryLoadOption, type_) - 0usize];
    ["Offset of field: aclrtBinaryLoadOption::value"][::core::mem::offset_of!(aclrtBinaryLoadOption, value) - 4usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtBinaryLoadOptions {
    pub options: *mut aclrtBinaryLoadOption,
    pub numOpt: usize,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtBinaryLoadOptions"][::core::mem::size_of::<aclrtBinaryLoadOptions>() - 16usize];
    ["Alignment of aclrtBinaryLoadOptions"][::core::mem::align_of::<aclrtBinaryLoadOptions>() - 8usize];
    ["Offset of field: aclrtBinaryLoadOptions::options"][::core::mem::offset_of!(aclrtBinaryLoadOptions, options) - 0usize];
    ["Offset of field: aclrtBinaryLoadOptions::numOpt"][::core::mem::offset_of!(aclrtBinaryLoadOptions, numOpt) - 8usize];
};

pub const ACL_RT_LAUNCH_KERNEL_ATTR_SCHEM_MODE: aclrtLaunchKernelAttrId = 1;
pub const ACL_RT_LAUNCH_KERNEL_ATTR_LOCAL_MEMORY_SIZE: aclrtLaunchKernelAttrId = 2;
pub const ACL_RT_LAUNCH_KERNEL_ATTR_DYN_UBUF_SIZE: aclrtLaunchKernelAttrId = 2;
pub const ACL_RT_LAUNCH_KERNEL_ATTR_ENGINE_TYPE: aclrtLaunchKernelAttrId = 3;
pub const ACL_RT_LAUNCH_KERNEL_ATTR_BLOCKDIM_OFFSET: aclrtLaunchKernelAttrId = 4;
pub const ACL_RT_LAUNCH_KERNEL_ATTR_BLOCK_TASK_PREFETCH: aclrtLaunchKernelAttrId = 5;
pub const ACL_RT_LAUNCH_KERNEL_ATTR_DATA_DUMP: aclrtLaunchKernelAttrId = 6;
pub const ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT: aclrtLaunchKernelAttrId = 7;
pub const ACL_RT_LAUNCH_KERNEL_ATTR_TIMEOUT_US: aclrtLaunchKernelAttrId = 8;
pub const ACL_RT_LAUNCH_KERNEL_ATTR_ENABLE_PROFILING: aclrtLaunchKernelAttrId = 9;
pub type aclrtLaunchKernelAttrId = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtTimeoutUs {
    pub timeoutLow: u32,
    pub timeoutHigh: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtTimeoutUs"][::core::mem::size_of::<aclrtTimeoutUs>() - 8usize];
    ["Alignment of aclrtTimeoutUs"][::core::mem::align_of::<aclrtTimeoutUs>() - 4usize];
    ["Offset of field: aclrtTimeoutUs::timeoutLow"][::core::mem::offset_of!(aclrtTimeoutUs, timeoutLow) - 0usize];
    ["Offset of field: aclrtTimeoutUs::timeoutHigh"][::core::mem::offset_of!(aclrtTimeoutUs, timeoutHigh) - 4usize];
};

#[repr(C)]
#[derive(Copy, Clone)]
pub union aclrtLaunchKernelAttrValue {
    pub schemMode: u8,
    pub localMemorySize: u32,
    pub dynUBufSize: u32,
    pub engineType: aclrtEngineType,
    pub blockDimOffset: u32,
    pub isBlockTaskPrefetch: u8,
    pub isDataDump: u8,
    pub timeout: u16,
    pub timeoutUs: aclrtTimeoutUs,
    pub enableProfiling: u8,
    pub rsv: [u32; 4usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtLaunchKernelAttrValue"][::core::mem::size_of::<aclrtLaunchKernelAttrValue>() - 16usize];
    ["Alignment of aclrtLaunchKernelAttrValue"][::core::mem::align_of::<aclrtLaunchKernelAttrValue>() - 4usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::schemMode"][::core::mem::offset_of!(aclrtLaunchKernelAttrValue, schemMode) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::localMemorySize"]
        [::core::mem::offset_of!(aclrtLaunchKernelAttrValue, localMemorySize) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::dynUBufSize"][::core::mem::offset_of!(aclrtLaunchKernelAttrValue, dynUBufSize) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::engineType"][::core::mem::offset_of!(aclrtLaunchKernelAttrValue, engineType) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::blockDimOffset"]
        [::core::mem::offset_of!(aclrtLaunchKernelAttrValue, blockDimOffset) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::isBlockTaskPrefetch"]
        [::core::mem::offset_of!(aclrtLaunchKernelAttrValue, isBlockTaskPrefetch) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::isDataDump"][::core::mem::offset_of!(aclrtLaunchKernelAttrValue, isDataDump) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::timeout"][::core::mem::offset_of!(aclrtLaunchKernelAttrValue, timeout) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::timeoutUs"][::core::mem::offset_of!(aclrtLaunchKernelAttrValue, timeoutUs) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::enableProfiling"]
        [::core::mem::offset_of!(aclrtLaunchKernelAttrValue, enableProfiling) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttrValue::rsv"][::core::mem::offset_of!(aclrtLaunchKernelAttrValue, rsv) - 0usize];
};

#[repr(C)]
#[derive(Copy, Clone)]
pub struct aclrtLaunchKernelAttr {
    pub id: aclrtLaunchKernelAttrId,
    pub value: aclrtLaunchKernelAttrValue,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtLaunchKernelAttr"][::core::mem::size_of::<aclrtLaunchKernelAttr>() - 20usize];
    ["Alignment of aclrtLaunchKernelAttr"][::core::mem::align_of::<aclrtLaunchKernelAttr>() - 4usize];
    ["Offset of field: aclrtLaunchKernelAttr::id"][::core::mem::offset_of!(aclrtLaunchKernelAttr, id) - 0usize];
    ["Offset of field: aclrtLaunchKernelAttr::value"][::core::mem::offset_of!(aclrtLaunchKernelAttr, value) - 4usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtLaunchKernelCfg {
    pub attrs: *mut aclrtLaunchKernelAttr,
    pub numAttrs: usize,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtLaunchKernelCfg"][::core::mem::size_of::<aclrtLaunchKernelCfg>() - 16usize];
    ["Alignment of aclrtLaunchKernelCfg"][::core::mem::align_of::<aclrtLaunchKernelCfg>() - 8usize];
    ["Offset of field: aclrtLaunchKernelCfg::attrs"][::core::mem::offset_of!(aclrtLaunchKernelCfg, attrs) - 0usize];
    ["Offset of field: aclrtLaunchKernelCfg::numAttrs"][::core::mem::offset_of!(aclrtLaunchKernelCfg, numAttrs) - 8usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtPlaceHolderInfo {
    pub addrOffset: u32,
    pub dataOffset: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtPlaceHolderInfo"][::core::mem::size_of::<aclrtPlaceHolderInfo>() - 8usize];
    ["Alignment of aclrtPlaceHolderInfo"][::core::mem::align_of::<aclrtPlaceHolderInfo>() - 4usize];
    ["Offset of field: aclrtPlaceHolderInfo::addrOffset"][::core::mem::offset_of!(aclrtPlaceHolderInfo, addrOffset) - 0usize];
    ["Offset of field: aclrtPlaceHolderInfo::dataOffset"][::core::mem::offset_of!(aclrtPlaceHolderInfo, dataOffset) - 4usize];
};

pub const ACL_FUNC_ATTR_KERNEL_TYPE: aclrtFuncAttribute = 1;
pub const ACL_FUNC_ATTR_KERNEL_RATIO: aclrtFuncAttribute = 2;
pub const ACL_FUNC_ATTR_KERNEL_SCHED_MODE: aclrtFuncAttribute = 3;
pub type aclrtFuncAttribute = ::core::ffi::c_uint;
pub const ACL_KERNEL_TYPE_AICORE: aclrtKernelType = 0;
pub const ACL_KERNEL_TYPE_CUBE: aclrtKernelType = 1;
pub const ACL_KERNEL_TYPE_VECTOR: aclrtKernelType = 2;
pub const ACL_KERNEL_TYPE_MIX: aclrtKernelType = 3;
pub const ACL_KERNEL_TYPE_AICPU: aclrtKernelType = 100;
pub type aclrtKernelType = ::core::ffi::c_uint;
