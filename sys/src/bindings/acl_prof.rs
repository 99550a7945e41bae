//! Profiling: collection, steps, markers, subscription.
//!
//! Made from `sys/include/acl/prof.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_PROF_ACL_API: u64 = 1;
pub const ACL_PROF_EVENT_ATTR_VERSION: u64 = 1;
pub const ACL_PROF_TASK_TIME: u64 = 2;
pub const ACL_PROF_AICORE_METRICS: u64 = 4;
pub const ACL_PROF_AICPU: u64 = 8;
pub const ACL_PROF_TENSOR_DATA_SHAPE_LEN: u64 = 8;
pub const ACL_PROF_L2CACHE: u64 = 16;
pub const ACL_PROF_HCCL_TRACE: u64 = 32;
pub const ACL_PROF_TRAINING_TRACE: u64 = 64;
pub const ACL_PROF_MAX_OP_TYPE_LEN: u64 = 65;
pub const ACL_PROF_MSPROFTX: u64 = 128;
pub const ACL_PROF_RUNTIME_API: u64 = 256;
pub const ACL_PROF_MAX_OP_NAME_LEN: u64 = 257;
pub const ACL_PROF_GE_API_L0: u64 = 512;
pub const ACL_PROF_TASK_TIME_L0: u64 = 2048;
pub const ACL_PROF_TASK_MEMORY: u64 = 4096;
pub const ACL_PROF_TASK_TIME_L2: u64 = 8192;
pub const ACL_PROF_OP_ATTR: u64 = 16384;
pub const ACL_PROF_TASK_TIME_L3: u64 = 32768;
pub const ACL_PROF_GE_API_L1: u64 = 16777216;
pub const ACL_PROF_API_STATS: u64 = 17179869184;
pub const ACL_PROF_AICORE_SHAPE: u64 = 34359738368;
pub const ACL_AICORE_ARITHMETIC_UTILIZATION: aclprofAicoreMetrics = 0;
pub const ACL_AICORE_PIPE_UTILIZATION: aclprofAicoreMetrics = 1;
pub const ACL_AICORE_MEMORY_BANDWIDTH: aclprofAicoreMetrics = 2;
pub const ACL_AICORE_L0B_AND_WIDTH: aclprofAicoreMetrics = 3;
pub const ACL_AICORE_RESOURCE_CONFLICT_RATIO: aclprofAicoreMetrics = 4;
pub const ACL_AICORE_MEMORY_UB: aclprofAicoreMetrics = 5;
pub const ACL_AICORE_L2_CACHE: aclprofAicoreMetrics = 6;
pub const ACL_AICORE_PIPE_EXECUTE_UTILIZATION: aclprofAicoreMetrics = 7;
pub const ACL_AICORE_MEMORY_ACCESS: aclprofAicoreMetrics = 8;
pub const ACL_AICORE_NONE: aclprofAicoreMetrics = 255;
pub type aclprofAicoreMetrics = ::core::ffi::c_uint;
pub const ACL_STEP_START: aclprofStepTag = 0;
pub const ACL_STEP_END: aclprofStepTag = 1;
pub type aclprofStepTag = ::core::ffi::c_uint;
pub const ACL_PROF_ARGS_MIN: aclprofConfigType = 0;
pub const ACL_PROF_STORAGE_LIMIT: aclprofConfigType = 1;
pub const ACL_PROF_AIV_METRICS: aclprofConfigType = 2;
pub const ACL_PROF_SYS_HARDWARE_MEM_FREQ: aclprofConfigType = 3;
pub const ACL_PROF_LLC_MODE: aclprofConfigType = 4;
pub const ACL_PROF_SYS_IO_FREQ: aclprofConfigType = 5;
pub const ACL_PROF_SYS_INTERCONNECTION_FREQ: aclprofConfigType = 6;
pub const ACL_PROF_DVPP_FREQ: aclprofConfigType = 7;
pub const ACL_PROF_HOST_SYS: aclprofConfigType = 8;
pub const ACL_PROF_HOST_SYS_USAGE: aclprofConfigType = 9;
pub const ACL_PROF_HOST_SYS_USAGE_FREQ: aclprofConfigType = 10;
pub const ACL_PROF_LOW_POWER_FREQ: aclprofConfigType = 11;
pub const ACL_PROF_ARGS_MAX_until_8_5: aclprofConfigType = 11;
pub const ACL_PROF_SYS_MEM_SERVICEFLOW: aclprofConfigType = 12;
pub const ACL_PROF_SYS_CPU_FREQ: aclprofConfigType = 13;
pub const ACL_PROF_OPTYPE: aclprofConfigType = 14;
pub const ACL_PROF_NTS_METRICS: aclprofConfigType = 15;
pub const ACL_PROF_PATH: aclprofConfigType = 16;
pub const ACL_PROF_ARGS_MAX: aclprofConfigType = 17;
pub type aclprofConfigType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclprofConfig {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclprofStopConfig {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclprofAicoreEvents {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclprofSubscribeConfig {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclprofStepInfo {
    _unused: [u8; 0],
}

pub const ACL_SUBSCRIBE_OP: aclprofSubscribeOpFlag = 0;
pub const ACL_SUBSCRIBE_SUBGRAPH: aclprofSubscribeOpFlag = 1;
pub const ACL_SUBSCRIBE_OP_THREAD: aclprofSubscribeOpFlag = 2;
pub const ACL_SUBSCRIBE_NONE: aclprofSubscribeOpFlag = 255;
pub type aclprofSubscribeOpFlag = ::core::ffi::c_uint;
pub const ACL_SUBSCRIBE_ATTRI_THREADID: aclprofSubscribeOpAttri = 0;
pub const ACL_SUBSCRIBE_ATTRI_NONE: aclprofSubscribeOpAttri = 1;
pub type aclprofSubscribeOpAttri = ::core::ffi::c_uint;
pub const ACL_PROF_MESSAGE_TYPE_TENSOR_INFO: aclprofMessageType = 0;
pub type aclprofMessageType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclprofTensor {
    pub type_: u32,
    pub format: u32,
    pub dataType: u32,
    pub shapeDim: u32,
    pub shape: [u32; 8usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclprofTensor"][::core::mem::size_of::<aclprofTensor>() - 48usize];
    ["Alignment of aclprofTensor"][::core::mem::align_of::<aclprofTensor>() - 4usize];
    ["Offset of field: aclprofTensor::type_"][::core::mem::offset_of!(aclprofTensor, type_) - 0usize];
    ["Offset of field: aclprofTensor::format"][::core::mem::offset_of!(aclprofTensor, format) - 4usize];
    ["Offset of field: aclprofTensor::dataType"][::core::mem::offset_of!(aclprofTensor, dataType) - 8usize];
    ["Offset of field: aclprofTensor::shapeDim"][::core::mem::offset_of!(aclprofTensor, shapeDim) - 12usize];
    ["Offset of field: aclprofTensor::shape"][::core::mem::offset_of!(aclprofTensor, shape) - 16usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclprofTensorInfo {
    pub opNameId: u64,
    pub opTypeId: u64,
    pub resv: u32,
    pub tensorNum: u32,
    pub kernelType: u32,
    pub blockNums: u32,
    pub stream: *mut ::core::ffi::c_void,
    pub tensors: *mut aclprofTensor,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclprofTensorInfo"][::core::mem::size_of::<aclprofTensorInfo>() - 48usize];
    ["Alignment of aclprofTensorInfo"][::core::mem::align_of::<aclprofTensorInfo>() - 8usize];
    ["Offset of field: aclprofTensorInfo::opNameId"][::core::mem::offset_of!(aclprofTensorInfo, opNameId) - 0usize];
    ["Offset of field: aclprofTensorInfo::opTypeId"][::core::mem::offset_of!(aclprofTensorInfo, opTypeId) - 8usize];
    ["Offset of field: aclprofTensorInfo::resv"][::core::mem::offset_of!(aclprofTensorInfo, resv) - 16usize];
    ["Offset of field: aclprofTensorInfo::tensorNum"][::core::mem::offset_of!(aclprofTensorInfo, tensorNum) - 20usize];
    ["Offset of field: aclprofTensorInfo::kernelType"][::core::mem::offset_of!(aclprofTensorInfo, kernelType) - 24usize];
    ["Offset of field: aclprofTensorInfo::blockNums"][::core::mem::offset_of!(aclprofTensorInfo, blockNums) - 28usize];
    ["Offset of field: aclprofTensorInfo::stream"][::core::mem::offset_of!(aclprofTensorInfo, stream) - 32usize];
    ["Offset of field: aclprofTensorInfo::tensors"][::core::mem::offset_of!(aclprofTensorInfo, tensors) - 40usize];
};

#[repr(C)]
#[derive(Copy, Clone)]
pub struct aclprofEventAttributes {
    pub version: u16,
    pub size: u16,
    pub messageType: u32,
    pub message: aclprofEventAttributes__bindgen_ty_1,
}

#[repr(C)]
#[derive(Copy, Clone)]
pub union aclprofEventAttributes__bindgen_ty_1 {
    pub tensorInfo: *mut aclprofTensorInfo,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclprofEventAttributes__bindgen_ty_1"][::core::mem::size_of::<aclprofEventAttributes__bindgen_ty_1>() - 8usize];
    ["Alignment of aclprofEventAttributes__bindgen_ty_1"][::core::mem::align_of::<aclprofEventAttributes__bindgen_ty_1>() - 8usize];
    ["Offset of field: aclprofEventAttributes__bindgen_ty_1::tensorInfo"]
        [::core::mem::offset_of!(aclprofEventAttributes__bindgen_ty_1, tensorInfo) - 0usize];
};

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclprofEventAttributes"][::core::mem::size_of::<aclprofEventAttributes>() - 16usize];
    ["Alignment of aclprofEventAttributes"][::core::mem::align_of::<aclprofEventAttributes>() - 8usize];
    ["Offset of field: aclprofEventAttributes::version"][::core::mem::offset_of!(aclprofEventAttributes, version) - 0usize];
    ["Offset of field: aclprofEventAttributes::size"][::core::mem::offset_of!(aclprofEventAttributes, size) - 2usize];
    ["Offset of field: aclprofEventAttributes::messageType"][::core::mem::offset_of!(aclprofEventAttributes, messageType) - 4usize];
    ["Offset of field: aclprofEventAttributes::message"][::core::mem::offset_of!(aclprofEventAttributes, message) - 8usize];
};
