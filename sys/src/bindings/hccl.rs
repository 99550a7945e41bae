//! Collective communication.
//!
//! Made from `sys/include/hccl.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub type HcclComm = *mut ::core::ffi::c_void;
pub const HCCL_SUCCESS: HcclResult = 0;
pub const HCCL_E_PARA: HcclResult = 1;
pub const HCCL_E_PTR: HcclResult = 2;
pub const HCCL_E_MEMORY: HcclResult = 3;
pub const HCCL_E_INTERNAL: HcclResult = 4;
pub const HCCL_E_NOT_SUPPORT: HcclResult = 5;
pub const HCCL_E_NOT_FOUND: HcclResult = 6;
pub const HCCL_E_UNAVAIL: HcclResult = 7;
pub const HCCL_E_SYSCALL: HcclResult = 8;
pub const HCCL_E_TIMEOUT: HcclResult = 9;
pub const HCCL_E_OPEN_FILE_FAILURE: HcclResult = 10;
pub const HCCL_E_TCP_CONNECT: HcclResult = 11;
pub const HCCL_E_ROCE_CONNECT: HcclResult = 12;
pub const HCCL_E_TCP_TRANSFER: HcclResult = 13;
pub const HCCL_E_ROCE_TRANSFER: HcclResult = 14;
pub const HCCL_E_RUNTIME: HcclResult = 15;
pub const HCCL_E_DRV: HcclResult = 16;
pub const HCCL_E_PROFILING: HcclResult = 17;
pub const HCCL_E_CCE: HcclResult = 18;
pub const HCCL_E_NETWORK: HcclResult = 19;
pub const HCCL_E_AGAIN: HcclResult = 20;
pub const HCCL_E_REMOTE: HcclResult = 21;
pub const HCCL_E_SUSPENDING: HcclResult = 22;
pub const HCCL_E_OPRETRY_FAIL: HcclResult = 23;
pub const HCCL_E_RESERVED_until_8_1: HcclResult = 23;
pub const HCCL_E_RESERVED: HcclResult = 24;
pub type HcclResult = ::core::ffi::c_uint;
pub const HCCL_REDUCE_SUM: HcclReduceOp = 0;
pub const HCCL_REDUCE_PROD: HcclReduceOp = 1;
pub const HCCL_REDUCE_MAX: HcclReduceOp = 2;
pub const HCCL_REDUCE_MIN: HcclReduceOp = 3;
pub const HCCL_REDUCE_RESERVED: HcclReduceOp = 255;
pub type HcclReduceOp = ::core::ffi::c_uint;
pub const HCCL_DATA_TYPE_INT8: HcclDataType = 0;
pub const HCCL_DATA_TYPE_INT16: HcclDataType = 1;
pub const HCCL_DATA_TYPE_INT32: HcclDataType = 2;
pub const HCCL_DATA_TYPE_FP16: HcclDataType = 3;
pub const HCCL_DATA_TYPE_FP32: HcclDataType = 4;
pub const HCCL_DATA_TYPE_INT64: HcclDataType = 5;
pub const HCCL_DATA_TYPE_UINT64: HcclDataType = 6;
pub const HCCL_DATA_TYPE_UINT8: HcclDataType = 7;
pub const HCCL_DATA_TYPE_UINT16: HcclDataType = 8;
pub const HCCL_DATA_TYPE_UINT32: HcclDataType = 9;
pub const HCCL_DATA_TYPE_FP64: HcclDataType = 10;
pub const HCCL_DATA_TYPE_BFP16: HcclDataType = 11;
pub const HCCL_DATA_TYPE_INT128: HcclDataType = 12;
pub const HCCL_DATA_TYPE_HIF8: HcclDataType = 14;
pub const HCCL_DATA_TYPE_FP8E4M3: HcclDataType = 15;
pub const HCCL_DATA_TYPE_FP8E5M2: HcclDataType = 16;
pub const HCCL_DATA_TYPE_FP8E8M0: HcclDataType = 17;
pub const HCCL_DATA_TYPE_RESERVED: HcclDataType = 255;
pub type HcclDataType = ::core::ffi::c_uint;
pub const HCCL_DETERMINISTIC: HcclConfig = 0;
pub const HCCL_ACCELERATOR: HcclConfig = 1;
pub const HCCL_CONFIG_RESERVED_until_8_1: HcclConfig = 1;
pub const HCCL_CONFIG_RESERVED: HcclConfig = 2;
pub type HcclConfig = ::core::ffi::c_uint;
pub const HCCL_COMM_CONFIG_BUFFER_SIZE: HcclCommConfigCapability = 0;
pub const HCCL_COMM_CONFIG_DETERMINISTIC: HcclCommConfigCapability = 1;
pub const HCCL_COMM_CONFIG_COMM_NAME: HcclCommConfigCapability = 2;
pub const HCCL_COMM_CONFIG_OP_EXPANSION_MODE: HcclCommConfigCapability = 3;
pub const HCCL_COMM_CONFIG_SUPPORT_INIT_BY_ENV: HcclCommConfigCapability = 4;
pub const HCCL_COMM_CONFIG_WORLD_RANKID: HcclCommConfigCapability = 5;
pub const HCCL_COMM_CONFIG_RESERVED_until_8_1: HcclCommConfigCapability = 5;
pub const HCCL_COMM_CONFIG_JOBID: HcclCommConfigCapability = 6;
pub const HCCL_COMM_CONFIG_RESERVED: HcclCommConfigCapability = 7;
pub type HcclCommConfigCapability = ::core::ffi::c_uint;
pub const HCCL_SEND: HcclSendRecvType = 0;
pub const HCCL_RECV: HcclSendRecvType = 1;
pub const HCCL_SEND_RECV_RESERVED: HcclSendRecvType = 2;
pub type HcclSendRecvType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Copy, Clone)]
pub union HcclConfigValue {
    pub value: i32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of HcclConfigValue"][::core::mem::size_of::<HcclConfigValue>() - 4usize];
    ["Alignment of HcclConfigValue"][::core::mem::align_of::<HcclConfigValue>() - 4usize];
    ["Offset of field: HcclConfigValue::value"][::core::mem::offset_of!(HcclConfigValue, value) - 0usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct HcclRootInfoDef {
    pub internal: [::core::ffi::c_char; 4108usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of HcclRootInfoDef"][::core::mem::size_of::<HcclRootInfoDef>() - 4108usize];
    ["Alignment of HcclRootInfoDef"][::core::mem::align_of::<HcclRootInfoDef>() - 1usize];
    ["Offset of field: HcclRootInfoDef::internal"][::core::mem::offset_of!(HcclRootInfoDef, internal) - 0usize];
};

pub type HcclRootInfo = HcclRootInfoDef;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct HcclCommConfigDef_until_8_1 {
    pub reserved: [::core::ffi::c_char; 24usize],
    pub hcclBufferSize: u32,
    pub hcclDeterministic: u32,
    pub hcclCommName: [::core::ffi::c_char; 128usize],
    pub hcclUdi: [::core::ffi::c_char; 128usize],
    pub hcclOpExpansionMode: u32,
    pub hcclRdmaTrafficClass: u32,
    pub hcclRdmaServiceLevel: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of HcclCommConfigDef_until_8_1"][::core::mem::size_of::<HcclCommConfigDef_until_8_1>() - 300usize];
    ["Alignment of HcclCommConfigDef_until_8_1"][::core::mem::align_of::<HcclCommConfigDef_until_8_1>() - 4usize];
    ["Offset of field: HcclCommConfigDef_until_8_1::reserved"][::core::mem::offset_of!(HcclCommConfigDef_until_8_1, reserved) - 0usize];
    ["Offset of field: HcclCommConfigDef_until_8_1::hcclBufferSize"]
        [::core::mem::offset_of!(HcclCommConfigDef_until_8_1, hcclBufferSize) - 24usize];
    ["Offset of field: HcclCommConfigDef_until_8_1::hcclDeterministic"]
        [::core::mem::offset_of!(HcclCommConfigDef_until_8_1, hcclDeterministic) - 28usize];
    ["Offset of field: HcclCommConfigDef_until_8_1::hcclCommName"]
        [::core::mem::offset_of!(HcclCommConfigDef_until_8_1, hcclCommName) - 32usize];
    ["Offset of field: HcclCommConfigDef_until_8_1::hcclUdi"][::core::mem::offset_of!(HcclCommConfigDef_until_8_1, hcclUdi) - 160usize];
    ["Offset of field: HcclCommConfigDef_until_8_1::hcclOpExpansionMode"]
        [::core::mem::offset_of!(HcclCommConfigDef_until_8_1, hcclOpExpansionMode) - 288usize];
    ["Offset of field: HcclCommConfigDef_until_8_1::hcclRdmaTrafficClass"]
        [::core::mem::offset_of!(HcclCommConfigDef_until_8_1, hcclRdmaTrafficClass) - 292usize];
    ["Offset of field: HcclCommConfigDef_until_8_1::hcclRdmaServiceLevel"]
        [::core::mem::offset_of!(HcclCommConfigDef_until_8_1, hcclRdmaServiceLevel) - 296usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct HcclCommConfigDef {
    pub reserved: [::core::ffi::c_char; 24usize],
    pub hcclBufferSize: u32,
    pub hcclDeterministic: u32,
    pub hcclCommName: [::core::ffi::c_char; 128usize],
    pub hcclUdi: [::core::ffi::c_char; 128usize],
    pub hcclOpExpansionMode: u32,
    pub hcclRdmaTrafficClass: u32,
    pub hcclRdmaServiceLevel: u32,
    pub hcclWorldRankID: u32,
    pub hcclJobID: u64,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of HcclCommConfigDef"][::core::mem::size_of::<HcclCommConfigDef>() - 312usize];
    ["Alignment of HcclCommConfigDef"][::core::mem::align_of::<HcclCommConfigDef>() - 8usize];
    ["Offset of field: HcclCommConfigDef::reserved"][::core::mem::offset_of!(HcclCommConfigDef, reserved) - 0usize];
    ["Offset of field: HcclCommConfigDef::hcclBufferSize"][::core::mem::offset_of!(HcclCommConfigDef, hcclBufferSize) - 24usize];
    ["Offset of field: HcclCommConfigDef::hcclDeterministic"][::core::mem::offset_of!(HcclCommConfigDef, hcclDeterministic) - 28usize];
    ["Offset of field: HcclCommConfigDef::hcclCommName"][::core::mem::offset_of!(HcclCommConfigDef, hcclCommName) - 32usize];
    ["Offset of field: HcclCommConfigDef::hcclUdi"][::core::mem::offset_of!(HcclCommConfigDef, hcclUdi) - 160usize];
    ["Offset of field: HcclCommConfigDef::hcclOpExpansionMode"][::core::mem::offset_of!(HcclCommConfigDef, hcclOpExpansionMode) - 288usize];
    ["Offset of field: HcclCommConfigDef::hcclRdmaTrafficClass"]
        [::core::mem::offset_of!(HcclCommConfigDef, hcclRdmaTrafficClass) - 292usize];
    ["Offset of field: HcclCommConfigDef::hcclRdmaServiceLevel"]
        [::core::mem::offset_of!(HcclCommConfigDef, hcclRdmaServiceLevel) - 296usize];
    ["Offset of field: HcclCommConfigDef::hcclWorldRankID"][::core::mem::offset_of!(HcclCommConfigDef, hcclWorldRankID) - 300usize];
    ["Offset of field: HcclCommConfigDef::hcclJobID"][::core::mem::offset_of!(HcclCommConfigDef, hcclJobID) - 304usize];
};

pub type HcclCommConfig = HcclCommConfigDef;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct HcclSendRecvItemDef {
    pub sendRecvType: HcclSendRecvType,
    pub buf: *mut ::core::ffi::c_void,
    pub count: u64,
    pub dataType: HcclDataType,
    pub remoteRank: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of HcclSendRecvItemDef"][::core::mem::size_of::<HcclSendRecvItemDef>() - 32usize];
    ["Alignment of HcclSendRecvItemDef"][::core::mem::align_of::<HcclSendRecvItemDef>() - 8usize];
    ["Offset of field: HcclSendRecvItemDef::sendRecvType"][::core::mem::offset_of!(HcclSendRecvItemDef, sendRecvType) - 0usize];
    ["Offset of field: HcclSendRecvItemDef::buf"][::core::mem::offset_of!(HcclSendRecvItemDef, buf) - 8usize];
    ["Offset of field: HcclSendRecvItemDef::count"][::core::mem::offset_of!(HcclSendRecvItemDef, count) - 16usize];
    ["Offset of field: HcclSendRecvItemDef::dataType"][::core::mem::offset_of!(HcclSendRecvItemDef, dataType) - 24usize];
    ["Offset of field: HcclSendRecvItemDef::remoteRank"][::core::mem::offset_of!(HcclSendRecvItemDef, remoteRank) - 28usize];
};

pub type HcclSendRecvItem = HcclSendRecvItemDef;
