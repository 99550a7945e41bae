//! Devices: selection, limits, topology, utilisation, peers.
//!
//! Made from `sys/include/acl/device.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_DEVICE_FORM_FACTOR_POD: u32 = 0;
pub const ACL_DEVICE_FORM_FACTOR_A_K: u32 = 1;
pub const ACL_DEVICE_FORM_FACTOR_A_X: u32 = 2;
pub const ACL_DEVICE_FORM_FACTOR_PCIE_CARD: u32 = 3;
pub const ACL_DEV_FEATURE_NOT_SUPPORT: u32 = 0;
pub const ACL_DEV_FEATURE_SUPPORT: u32 = 1;
pub const ACL_HOST_DEVICE_CONNECT_TYPE_PCIE: u32 = 0;
pub const ACL_HOST_DEVICE_CONNECT_TYPE_HCCS: u32 = 1;
pub const ACL_HOST_DEVICE_CONNECT_TYPE_UB: u32 = 2;
pub const ACL_RT_DEVS_TOPOLOGY_HCCS: u32 = 1;
pub const ACL_RT_DEVS_TOPOLOGY_PIX: u32 = 2;
pub const ACL_RT_DEVS_TOPOLOGY_PIB: u32 = 4;
pub const ACL_RT_DEVS_TOPOLOGY_PHB: u32 = 8;
pub const ACL_RT_DEVS_TOPOLOGY_SYS: u32 = 16;
pub const ACL_RT_DEVS_TOPOLOGY_SIO: u32 = 32;
pub const ACL_RT_DEVS_TOPOLOGY_HCCS_SW: u32 = 64;
pub const ACL_DEVICE: aclrtRunMode = 0;
pub const ACL_HOST: aclrtRunMode = 1;
pub type aclrtRunMode = ::core::ffi::c_uint;
pub const ACL_TS_ID_AICORE: aclrtTsId = 0;
pub const ACL_TS_ID_AIVECTOR: aclrtTsId = 1;
pub const ACL_TS_ID_RESERVED: aclrtTsId = 2;
pub type aclrtTsId = ::core::ffi::c_uint;
pub const ACL_RT_OVERFLOW_MODE_SATURATION: aclrtFloatOverflowMode = 0;
pub const ACL_RT_OVERFLOW_MODE_INFNAN: aclrtFloatOverflowMode = 1;
pub const ACL_RT_OVERFLOW_MODE_UNDEF: aclrtFloatOverflowMode = 2;
pub type aclrtFloatOverflowMode = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtUtilizationExtendInfo {
    _unused: [u8; 0],
}

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtUtilizationInfo {
    pub cubeUtilization: i32,
    pub vectorUtilization: i32,
    pub aicpuUtilization: i32,
    pub memoryUtilization: i32,
    pub utilizationExtend: *mut aclrtUtilizationExtendInfo,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtUtilizationInfo"][::core::mem::size_of::<aclrtUtilizationInfo>() - 24usize];
    ["Alignment of aclrtUtilizationInfo"][::core::mem::align_of::<aclrtUtilizationInfo>() - 8usize];
    ["Offset of field: aclrtUtilizationInfo::cubeUtilization"][::core::mem::offset_of!(aclrtUtilizationInfo, cubeUtilization) - 0usize];
    ["Offset of field: aclrtUtilizationInfo::vectorUtilization"][::core::mem::offset_of!(aclrtUtilizationInfo, vectorUtilization) - 4usize];
    ["Offset of field: aclrtUtilizationInfo::aicpuUtilization"][::core::mem::offset_of!(aclrtUtilizationInfo, aicpuUtilization) - 8usize];
    ["Offset of field: aclrtUtilizationInfo::memoryUtilization"]
        [::core::mem::offset_of!(aclrtUtilizationInfo, memoryUtilization) - 12usize];
    ["Offset of field: aclrtUtilizationInfo::utilizationExtend"]
        [::core::mem::offset_of!(aclrtUtilizationInfo, utilizationExtend) - 16usize];
};

pub const ACL_RT_DEVICE_STATUS_NORMAL: aclrtDeviceStatus = 0;
pub const ACL_RT_DEVICE_STATUS_ABNORMAL: aclrtDeviceStatus = 1;
pub const ACL_RT_DEVICE_STATUS_END: aclrtDeviceStatus = 65535;
pub type aclrtDeviceStatus = ::core::ffi::c_uint;
pub const ACL_DEV_ATTR_AICPU_CORE_NUM: aclrtDevAttr = 1;
pub const ACL_DEV_ATTR_AICORE_CORE_NUM: aclrtDevAttr = 101;
pub const ACL_DEV_ATTR_CUBE_CORE_NUM: aclrtDevAttr = 102;
pub const ACL_DEV_ATTR_VECTOR_CORE_NUM: aclrtDevAttr = 201;
pub const ACL_DEV_ATTR_WARP_SIZE: aclrtDevAttr = 202;
pub const ACL_DEV_ATTR_MAX_THREAD_PER_VECTOR_CORE: aclrtDevAttr = 203;
pub const ACL_DEV_ATTR_LOCAL_MEM_PER_VECTOR_CORE: aclrtDevAttr = 204;
pub const ACL_DEV_ATTR_UBUF_PER_VECTOR_CORE: aclrtDevAttr = 204;
pub const ACL_DEV_ATTR_MAX_GRID_DIM_X: aclrtDevAttr = 205;
pub const ACL_DEV_ATTR_MAX_GRID_DIM_Y: aclrtDevAttr = 206;
pub const ACL_DEV_ATTR_MAX_GRID_DIM_Z: aclrtDevAttr = 207;
pub const ACL_DEV_ATTR_MAX_BLOCK_PER_GRID: aclrtDevAttr = 208;
pub const ACL_DEV_ATTR_MAX_THREADS_PER_BLOCK: aclrtDevAttr = 209;
pub const ACL_DEV_ATTR_MAX_BLOCK_DIM_X: aclrtDevAttr = 210;
pub const ACL_DEV_ATTR_MAX_BLOCK_DIM_Y: aclrtDevAttr = 211;
pub const ACL_DEV_ATTR_MAX_BLOCK_DIM_Z: aclrtDevAttr = 212;
pub const ACL_DEV_ATTR_TOTAL_GLOBAL_MEM_SIZE: aclrtDevAttr = 301;
pub const ACL_DEV_ATTR_L2_CACHE_SIZE: aclrtDevAttr = 302;
pub const ACL_DEV_ATTR_SMP_ID: aclrtDevAttr = 401;
pub const ACL_DEV_ATTR_PHY_CHIP_ID: aclrtDevAttr = 402;
pub const ACL_DEV_ATTR_SUPER_POD_DEVIDE_ID: aclrtDevAttr = 403;
pub const ACL_DEV_ATTR_SUPER_POD_DEVICE_ID: aclrtDevAttr = 403;
pub const ACL_DEV_ATTR_SUPER_POD_SERVER_ID: aclrtDevAttr = 404;
pub const ACL_DEV_ATTR_SUPER_POD_ID: aclrtDevAttr = 405;
pub const ACL_DEV_ATTR_CUST_OP_PRIVILEGE: aclrtDevAttr = 406;
pub const ACL_DEV_ATTR_MAINBOARD_ID: aclrtDevAttr = 407;
pub const ACL_DEV_ATTR_HD_CONNECT_TYPE: aclrtDevAttr = 408;
pub const ACL_DEV_ATTR_DEVICE_FORM_FACTOR: aclrtDevAttr = 409;
pub const ACL_DEV_ATTR_IS_VIRTUAL: aclrtDevAttr = 501;
pub const ACL_DEV_ATTR_NPU_ARCH: aclrtDevAttr = 601;
pub type aclrtDevAttr = ::core::ffi::c_uint;
pub const ACL_FEATURE_TSCPU_TASK_UPDATE_SUPPORT_AIC_AIV: aclrtDevFeatureType = 1;
pub const ACL_FEATURE_SYSTEM_MEMQ_EVENT_CROSS_DEV: aclrtDevFeatureType = 21;
pub type aclrtDevFeatureType = ::core::ffi::c_uint;
pub const ACL_RT_DEV_RES_CUBE_CORE: aclrtDevResLimitType = 0;
pub const ACL_RT_DEV_RES_VECTOR_CORE: aclrtDevResLimitType = 1;
pub type aclrtDevResLimitType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtUuid {
    pub bytes: [::core::ffi::c_char; 16usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtUuid"][::core::mem::size_of::<aclrtUuid>() - 16usize];
    ["Alignment of aclrtUuid"][::core::mem::align_of::<aclrtUuid>() - 1usize];
    ["Offset of field: aclrtUuid::bytes"][::core::mem::offset_of!(aclrtUuid, bytes) - 0usize];
};

pub const ACL_RT_HAC_TYPE_STARS: aclrtHacType = 0;
pub const ACL_RT_HAC_TYPE_AICPU: aclrtHacType = 1;
pub const ACL_RT_HAC_TYPE_AIC: aclrtHacType = 2;
pub const ACL_RT_HAC_TYPE_AIV: aclrtHacType = 3;
pub const ACL_RT_HAC_TYPE_PCIEDMA: aclrtHacType = 4;
pub const ACL_RT_HAC_TYPE_RDMA: aclrtHacType = 5;
pub const ACL_RT_HAC_TYPE_SDMA: aclrtHacType = 6;
pub const ACL_RT_HAC_TYPE_DVPP: aclrtHacType = 7;
pub const ACL_RT_HAC_TYPE_UDMA: aclrtHacType = 8;
pub const ACL_RT_HAC_TYPE_CCU: aclrtHacType = 9;
pub type aclrtHacType = ::core::ffi::c_uint;
pub const ACL_RT_ATOMIC_CAPABILITY_SIGNED: aclrtAtomicOperationCapability = 1;
pub const ACL_RT_ATOMIC_CAPABILITY_UNSIGNED: aclrtAtomicOperationCapability = 2;
pub const ACL_RT_ATOMIC_CAPABILITY_REDUCATION: aclrtAtomicOperationCapability = 4;
pub const ACL_RT_ATOMIC_CAPABILITY_REDUCTION: aclrtAtomicOperationCapability = 4;
pub const ACL_RT_ATOMIC_CAPABILITY_SCALAR8: aclrtAtomicOperationCapability = 8;
pub const ACL_RT_ATOMIC_CAPABILITY_SCALAR16: aclrtAtomicOperationCapability = 16;
pub const ACL_RT_ATOMIC_CAPABILITY_SCALAR32: aclrtAtomicOperationCapability = 32;
pub const ACL_RT_ATOMIC_CAPABILITY_SCALAR64: aclrtAtomicOperationCapability = 64;
pub const ACL_RT_ATOMIC_CAPABILITY_SCALAR128: aclrtAtomicOperationCapability = 128;
pub const ACL_RT_ATOMIC_CAPABILITY_VECTOR32X4: aclrtAtomicOperationCapability = 256;
pub type aclrtAtomicOperationCapability = ::core::ffi::c_uint;
pub const ACL_RT_ATOMIC_OPERATION_INTEGER_ADD: aclrtAtomicOperation = 0;
pub const ACL_RT_ATOMIC_OPERATION_INTEGER_MIN: aclrtAtomicOperation = 1;
pub const ACL_RT_ATOMIC_OPERATION_INTEGER_MAX: aclrtAtomicOperation = 2;
pub const ACL_RT_ATOMIC_OPERATION_INTEGER_INCREMENT: aclrtAtomicOperation = 3;
pub const ACL_RT_ATOMIC_OPERATION_INTEGER_DECREMENT: aclrtAtomicOperation = 4;
pub const ACL_RT_ATOMIC_OPERATION_AND: aclrtAtomicOperation = 5;
pub const ACL_RT_ATOMIC_OPERATION_OR: aclrtAtomicOperation = 6;
pub const ACL_RT_ATOMIC_OPERATION_XOR: aclrtAtomicOperation = 7;
pub const ACL_RT_ATOMIC_OPERATION_EXCHANGE: aclrtAtomicOperation = 8;
pub const ACL_RT_ATOMIC_OPERATION_CAS: aclrtAtomicOperation = 9;
pub const ACL_RT_ATOMIC_OPERATION_FLOAT_ADD: aclrtAtomicOperation = 10;
pub const ACL_RT_ATOMIC_OPERATION_FLOAT_MIN: aclrtAtomicOperation = 11;
pub const ACL_RT_ATOMIC_OPERATION_FLOAT_MAX: aclrtAtomicOperation = 12;
pub const ACL_RT_ATOMIC_OPERATION_DMA_ADD: aclrtAtomicOperation = 30;
pub const ACL_RT_ATOMIC_OPERATION_DMA_MIN: aclrtAtomicOperation = 31;
pub const ACL_RT_ATOMIC_OPERATION_DMA_MAX: aclrtAtomicOperation = 32;
pub const ACL_RT_ATOMIC_OPERATION_SIMD_SCALAR_ADD: aclrtAtomicOperation = 40;
pub const ACL_RT_ATOMIC_OPERATION_SIMD_SCALAR_MIN: aclrtAtomicOperation = 41;
pub const ACL_RT_ATOMIC_OPERATION_SIMD_SCALAR_MAX: aclrtAtomicOperation = 42;
pub const ACL_RT_ATOMIC_OPERATION_SIMD_SCALAR_CAS: aclrtAtomicOperation = 43;
pub const ACL_RT_ATOMIC_OPERATION_SIMD_SCALAR_EXCH: aclrtAtomicOperation = 44;
pub type aclrtAtomicOperation = ::core::ffi::c_uint;
pub const ACL_RT_DEV_LIMIT_SIMT_STACK_SIZE: aclrtDeviceLimit = 0;
pub const ACL_RT_DEV_LIMIT_SIMT_DVG_WARP_STACK_SIZE: aclrtDeviceLimit = 1;
pub const ACL_RT_DEV_LIMIT_SIMD_STACK_SIZE: aclrtDeviceLimit = 2;
pub const ACL_RT_DEV_LIMIT_SIMD_PRINTF_FIFO_SIZE_PER_CORE: aclrtDeviceLimit = 3;
pub const ACL_RT_DEV_LIMIT_SIMT_PRINTF_FIFO_SIZE: aclrtDeviceLimit = 4;
pub type aclrtDeviceLimit = ::core::ffi::c_uint;
