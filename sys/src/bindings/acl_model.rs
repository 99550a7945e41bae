//! Offline models: load, describe, execute.
//!
//! Made from `sys/include/acl/model.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_ATTR_NAME_DATA_DUMP_ORIGIN_OP_NAMES: &[u8; 28] = b"_datadump_original_op_names\0";
pub const ACL_DIM_ENDPOINTS: u32 = 2;
pub const ACL_DYNAMIC_AIPP_NAME: &[u8; 25] = b"ascend_dynamic_aipp_data\0";
pub const ACL_DYNAMIC_TENSOR_NAME: &[u8; 25] = b"ascend_mbatch_shape_data\0";
pub const ACL_INVALID_NODE_INDEX: u32 = 4294967295;
pub const ACL_MAX_BATCH_NUM: u32 = 128;
pub const ACL_MAX_DIM_CNT: u32 = 128;
pub const ACL_MAX_HW_NUM: u32 = 128;
pub const ACL_MAX_SHAPE_COUNT: u32 = 128;
pub const ACL_MAX_TENSOR_NAME_LEN: u32 = 128;
pub const ACL_MDL_LOAD_FROM_FILE: u32 = 1;
pub const ACL_MDL_LOAD_FROM_FILE_WITH_MEM: u32 = 2;
pub const ACL_MDL_LOAD_FROM_MEM: u32 = 3;
pub const ACL_MDL_LOAD_FROM_MEM_WITH_MEM: u32 = 4;
pub const ACL_MDL_LOAD_FROM_FILE_WITH_Q: u32 = 5;
pub const ACL_MDL_LOAD_FROM_MEM_WITH_Q: u32 = 6;
pub const ACL_TENSOR_SHAPE_RANGE_NUM: u32 = 2;
pub const ACL_TENSOR_VALUE_RANGE_NUM: u32 = 2;
pub const ACL_UNKNOWN_RANK: u64 = 18446744073709551614;
pub const ACL_WORKSPACE_MEM_OPTIMIZE_DEFAULT: u32 = 0;
pub const ACL_WORKSPACE_MEM_OPTIMIZE_INPUTOUTPUT: u32 = 1;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlDataset {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlDesc {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlConfigHandle {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlExecConfigHandle {
    _unused: [u8; 0],
}

pub const ACL_MDL_PRIORITY_INT32: aclmdlConfigAttr = 0;
pub const ACL_MDL_LOAD_TYPE_SIZET: aclmdlConfigAttr = 1;
pub const ACL_MDL_PATH_PTR: aclmdlConfigAttr = 2;
pub const ACL_MDL_MEM_ADDR_PTR: aclmdlConfigAttr = 3;
pub const ACL_MDL_MEM_SIZET: aclmdlConfigAttr = 4;
pub const ACL_MDL_WEIGHT_ADDR_PTR: aclmdlConfigAttr = 5;
pub const ACL_MDL_WEIGHT_SIZET: aclmdlConfigAttr = 6;
pub const ACL_MDL_WORKSPACE_ADDR_PTR: aclmdlConfigAttr = 7;
pub const ACL_MDL_WORKSPACE_SIZET: aclmdlConfigAttr = 8;
pub const ACL_MDL_INPUTQ_NUM_SIZET: aclmdlConfigAttr = 9;
pub const ACL_MDL_INPUTQ_ADDR_PTR: aclmdlConfigAttr = 10;
pub const ACL_MDL_OUTPUTQ_NUM_SIZET: aclmdlConfigAttr = 11;
pub const ACL_MDL_OUTPUTQ_ADDR_PTR: aclmdlConfigAttr = 12;
pub const ACL_MDL_WORKSPACE_MEM_OPTIMIZE: aclmdlConfigAttr = 13;
pub const ACL_MDL_WEIGHT_PATH_PTR: aclmdlConfigAttr = 14;
pub const ACL_MDL_MODEL_DESC_PTR: aclmdlConfigAttr = 15;
pub const ACL_MDL_MODEL_DESC_SIZET: aclmdlConfigAttr = 16;
pub const ACL_MDL_KERNEL_PTR: aclmdlConfigAttr = 17;
pub const ACL_MDL_KERNEL_SIZET: aclmdlConfigAttr = 18;
pub const ACL_MDL_KERNEL_ARGS_PTR: aclmdlConfigAttr = 19;
pub const ACL_MDL_KERNEL_ARGS_SIZET: aclmdlConfigAttr = 20;
pub const ACL_MDL_STATIC_TASK_PTR: aclmdlConfigAttr = 21;
pub const ACL_MDL_STATIC_TASK_SIZET: aclmdlConfigAttr = 22;
pub const ACL_MDL_DYNAMIC_TASK_PTR: aclmdlConfigAttr = 23;
pub const ACL_MDL_DYNAMIC_TASK_SIZET: aclmdlConfigAttr = 24;
pub const ACL_MDL_MEM_MALLOC_POLICY_SIZET: aclmdlConfigAttr = 25;
pub const ACL_MDL_FIFO_PTR: aclmdlConfigAttr = 26;
pub const ACL_MDL_FIFO_SIZET: aclmdlConfigAttr = 27;
pub type aclmdlConfigAttr = ::core::ffi::c_uint;
pub const ACL_MDL_STREAM_SYNC_TIMEOUT: aclmdlExecConfigAttr = 0;
pub const ACL_MDL_EVENT_SYNC_TIMEOUT: aclmdlExecConfigAttr = 1;
pub const ACL_MDL_WORK_ADDR_PTR: aclmdlExecConfigAttr = 2;
pub const ACL_MDL_WORK_SIZET: aclmdlExecConfigAttr = 3;
pub const ACL_MDL_MPAIMID_SIZET: aclmdlExecConfigAttr = 4;
pub const ACL_MDL_AICQOS_SIZET: aclmdlExecConfigAttr = 5;
pub const ACL_MDL_AICOST_SIZET: aclmdlExecConfigAttr = 6;
pub const ACL_MDL_MEC_TIMETHR_SIZET: aclmdlExecConfigAttr = 7;
pub type aclmdlExecConfigAttr = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlIODims {
    pub name: [::core::ffi::c_char; 128usize],
    pub dimCount: usize,
    pub dims: [i64; 128usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlIODims"][::core::mem::size_of::<aclmdlIODims>() - 1160usize];
    ["Alignment of aclmdlIODims"][::core::mem::align_of::<aclmdlIODims>() - 8usize];
    ["Offset of field: aclmdlIODims::name"][::core::mem::offset_of!(aclmdlIODims, name) - 0usize];
    ["Offset of field: aclmdlIODims::dimCount"][::core::mem::offset_of!(aclmdlIODims, dimCount) - 128usize];
    ["Offset of field: aclmdlIODims::dims"][::core::mem::offset_of!(aclmdlIODims, dims) - 136usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlIODimsRange {
    pub rangeCount: usize,
    pub range: [[i64; 2usize]; 128usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlIODimsRange"][::core::mem::size_of::<aclmdlIODimsRange>() - 2056usize];
    ["Alignment of aclmdlIODimsRange"][::core::mem::align_of::<aclmdlIODimsRange>() - 8usize];
    ["Offset of field: aclmdlIODimsRange::rangeCount"][::core::mem::offset_of!(aclmdlIODimsRange, rangeCount) - 0usize];
    ["Offset of field: aclmdlIODimsRange::range"][::core::mem::offset_of!(aclmdlIODimsRange, range) - 8usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlBatch {
    pub batchCount: usize,
    pub batch: [u64; 128usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlBatch"][::core::mem::size_of::<aclmdlBatch>() - 1032usize];
    ["Alignment of aclmdlBatch"][::core::mem::align_of::<aclmdlBatch>() - 8usize];
    ["Offset of field: aclmdlBatch::batchCount"][::core::mem::offset_of!(aclmdlBatch, batchCount) - 0usize];
    ["Offset of field: aclmdlBatch::batch"][::core::mem::offset_of!(aclmdlBatch, batch) - 8usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlHW {
    pub hwCount: usize,
    pub hw: [[u64; 2usize]; 128usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlHW"][::core::mem::size_of::<aclmdlHW>() - 2056usize];
    ["Alignment of aclmdlHW"][::core::mem::align_of::<aclmdlHW>() - 8usize];
    ["Offset of field: aclmdlHW::hwCount"][::core::mem::offset_of!(aclmdlHW, hwCount) - 0usize];
    ["Offset of field: aclmdlHW::hw"][::core::mem::offset_of!(aclmdlHW, hw) - 8usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclmdlExeOMDesc {
    pub workSize: usize,
    pub weightSize: usize,
    pub modelDescSize: usize,
    pub kernelSize: usize,
    pub kernelArgsSize: usize,
    pub staticTaskSize: usize,
    pub dynamicTaskSize: usize,
    pub fifoTaskSize: usize,
    pub reserved: [usize; 8usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclmdlExeOMDesc"][::core::mem::size_of::<aclmdlExeOMDesc>() - 128usize];
    ["Alignment of aclmdlExeOMDesc"][::core::mem::align_of::<aclmdlExeOMDesc>() - 8usize];
    ["Offset of field: aclmdlExeOMDesc::workSize"][::core::mem::offset_of!(aclmdlExeOMDesc, workSize) - 0usize];
    ["Offset of field: aclmdlExeOMDesc::weightSize"][::core::mem::offset_of!(aclmdlExeOMDesc, weightSize) - 8usize];
    ["Offset of field: aclmdlExeOMDesc::modelDescSize"][::core::mem::offset_of!(aclmdlExeOMDesc, modelDescSize) - 16usize];
    ["Offset of field: aclmdlExeOMDesc::kernelSize"][::core::mem::offset_of!(aclmdlExeOMDesc, kernelSize) - 24usize];
    ["Offset of field: aclmdlExeOMDesc::kernelArgsSize"][::core::mem::offset_of!(aclmdlExeOMDesc, kernelArgsSize) - 32usize];
    ["Offset of field: aclmdlExeOMDesc::staticTaskSize"][::core::mem::offset_of!(aclmdlExeOMDesc, staticTaskSize) - 40usize];
    ["Offset of field: aclmdlExeOMDesc::dynamicTaskSize"][::core::mem::offset_of!(aclmdlExeOMDesc, dynamicTaskSize) - 48usize];
    ["Offset of field: aclmdlExeOMDesc::fifoTaskSize"][::core::mem::offset_of!(aclmdlExeOMDesc, fifoTaskSize) - 56usize];
    ["Offset of field: aclmdlExeOMDesc::reserved"][::core::mem::offset_of!(aclmdlExeOMDesc, reserved) - 64usize];
};
