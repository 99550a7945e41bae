//! Status codes, element types, memory formats, data buffers and tensor descriptions.
//!
//! Made from `sys/include/acl/base.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub type aclrtStream = *mut ::core::ffi::c_void;
pub type aclrtEvent = *mut ::core::ffi::c_void;
pub type aclrtContext = *mut ::core::ffi::c_void;
pub type aclError = ::core::ffi::c_int;
pub type aclFloat16 = u16;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclDataBuffer {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclTensorDesc {
    _unused: [u8; 0],
}

pub type aclrtTaskGrp = *mut ::core::ffi::c_void;
pub const ACL_DT_UNDEFINED: aclDataType = -1;
pub const ACL_FLOAT: aclDataType = 0;
pub const ACL_FLOAT16: aclDataType = 1;
pub const ACL_INT8: aclDataType = 2;
pub const ACL_INT32: aclDataType = 3;
pub const ACL_UINT8: aclDataType = 4;
pub const ACL_INT16: aclDataType = 6;
pub const ACL_UINT16: aclDataType = 7;
pub const ACL_UINT32: aclDataType = 8;
pub const ACL_INT64: aclDataType = 9;
pub const ACL_UINT64: aclDataType = 10;
pub const ACL_DOUBLE: aclDataType = 11;
pub const ACL_BOOL: aclDataType = 12;
pub const ACL_STRING: aclDataType = 13;
pub const ACL_COMPLEX64: aclDataType = 16;
pub const ACL_COMPLEX128: aclDataType = 17;
pub const ACL_BF16: aclDataType = 27;
pub const ACL_INT4: aclDataType = 29;
pub const ACL_UINT1: aclDataType = 30;
pub const ACL_COMPLEX32: aclDataType = 33;
pub const ACL_HIFLOAT8: aclDataType = 34;
pub const ACL_FLOAT8_E5M2: aclDataType = 35;
pub const ACL_FLOAT8_E4M3FN: aclDataType = 36;
pub const ACL_FLOAT8_E8M0: aclDataType = 37;
pub const ACL_FLOAT6_E3M2: aclDataType = 38;
pub const ACL_FLOAT6_E2M3: aclDataType = 39;
pub const ACL_FLOAT4_E2M1: aclDataType = 40;
pub const ACL_FLOAT4_E1M2: aclDataType = 41;
pub type aclDataType = ::core::ffi::c_int;
pub const ACL_FORMAT_UNDEFINED: aclFormat = -1;
pub const ACL_FORMAT_NCHW: aclFormat = 0;
pub const ACL_FORMAT_NHWC: aclFormat = 1;
pub const ACL_FORMAT_ND: aclFormat = 2;
pub const ACL_FORMAT_NC1HWC0: aclFormat = 3;
pub const ACL_FORMAT_FRACTAL_Z: aclFormat = 4;
pub const ACL_FORMAT_NC1HWC0_C04: aclFormat = 12;
pub const ACL_FORMAT_HWCN: aclFormat = 16;
pub const ACL_FORMAT_NDHWC: aclFormat = 27;
pub const ACL_FORMAT_FRACTAL_NZ: aclFormat = 29;
pub const ACL_FORMAT_NCDHW: aclFormat = 30;
pub const ACL_FORMAT_NDC1HWC0: aclFormat = 32;
pub const ACL_FRACTAL_Z_3D: aclFormat = 33;
pub const ACL_FORMAT_NC: aclFormat = 35;
pub const ACL_FORMAT_NCL: aclFormat = 47;
pub const ACL_FORMAT_FRACTAL_NZ_C0_16: aclFormat = 50;
pub const ACL_FORMAT_FRACTAL_NZ_C0_32: aclFormat = 51;
pub const ACL_FORMAT_FRACTAL_NZ_C0_2: aclFormat = 52;
pub const ACL_FORMAT_FRACTAL_NZ_C0_4: aclFormat = 53;
pub const ACL_FORMAT_FRACTAL_NZ_C0_8: aclFormat = 54;
pub type aclFormat = ::core::ffi::c_int;
pub const ACL_DEBUG: aclLogLevel = 0;
pub const ACL_INFO: aclLogLevel = 1;
pub const ACL_WARNING: aclLogLevel = 2;
pub const ACL_ERROR: aclLogLevel = 3;
pub type aclLogLevel = ::core::ffi::c_uint;
pub const ACL_MEMTYPE_DEVICE: aclMemType = 0;
pub const ACL_MEMTYPE_HOST: aclMemType = 1;
pub const ACL_MEMTYPE_HOST_COMPILE_INDEPENDENT: aclMemType = 2;
pub type aclMemType = ::core::ffi::c_uint;
pub type aclrtDrvMemHandle = *mut ::core::ffi::c_void;
pub type aclrtFuncHandle = *mut ::core::ffi::c_void;
pub type aclrtNotify = *mut ::core::ffi::c_void;
pub type aclrtCntNotify = *mut ::core::ffi::c_void;
pub type aclrtLabel = *mut ::core::ffi::c_void;
pub type aclrtLabelList = *mut ::core::ffi::c_void;
pub const ACL_RT_ENGINE_TYPE_AIC: aclrtEngineType = 0;
pub const ACL_RT_ENGINE_TYPE_AIV: aclrtEngineType = 1;
pub type aclrtEngineType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct dim3 {
    pub x: u32,
    pub y: u32,
    pub z: u32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of dim3"][::core::mem::size_of::<dim3>() - 12usize];
    ["Alignment of dim3"][::core::mem::align_of::<dim3>() - 4usize];
    ["Offset of field: dim3::x"][::core::mem::offset_of!(dim3, x) - 0usize];
    ["Offset of field: dim3::y"][::core::mem::offset_of!(dim3, y) - 4usize];
    ["Offset of field: dim3::z"][::core::mem::offset_of!(dim3, z) - 8usize];
};

pub const ACL_ENGINE_SYS: aclEngineType = 0;
pub const ACL_ENGINE_AICORE: aclEngineType = 1;
pub const ACL_ENGINE_VECTOR: aclEngineType = 2;
pub type aclEngineType = ::core::ffi::c_uint;
