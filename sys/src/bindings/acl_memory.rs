//! Allocation, host registration, managed memory, memory statistics.
//!
//! Made from `sys/include/acl/memory.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_HOST_REG_IOMEMORY: u32 = 4;
pub const ACL_HOST_REG_MAPPED: u32 = 2;
pub const ACL_HOST_REG_PINNED: u32 = 268435456;
pub const ACL_HOST_REG_READONLY: u32 = 8;
pub const ACL_RT_MEM_ATTACH_GLOBAL: u32 = 1;
pub const ACL_MEM_MALLOC_HUGE_FIRST: aclrtMemMallocPolicy = 0;
pub const ACL_MEM_MALLOC_HUGE_ONLY: aclrtMemMallocPolicy = 1;
pub const ACL_MEM_MALLOC_NORMAL_ONLY: aclrtMemMallocPolicy = 2;
pub const ACL_MEM_MALLOC_HUGE_FIRST_P2P: aclrtMemMallocPolicy = 3;
pub const ACL_MEM_MALLOC_HUGE_ONLY_P2P: aclrtMemMallocPolicy = 4;
pub const ACL_MEM_MALLOC_NORMAL_ONLY_P2P: aclrtMemMallocPolicy = 5;
pub const ACL_MEM_MALLOC_HUGE1G_ONLY: aclrtMemMallocPolicy = 6;
pub const ACL_MEM_MALLOC_HUGE1G_ONLY_P2P: aclrtMemMallocPolicy = 7;
pub const ACL_MEM_TYPE_LOW_BAND_WIDTH: aclrtMemMallocPolicy = 256;
pub const ACL_MEM_TYPE_HIGH_BAND_WIDTH: aclrtMemMallocPolicy = 4096;
pub const ACL_MEM_ACCESS_USER_SPACE_READONLY: aclrtMemMallocPolicy = 1048576;
pub type aclrtMemMallocPolicy = ::core::ffi::c_uint;
pub const ACL_HOST_REGISTER_MAPPED: aclrtHostRegisterType = 0;
pub const ACL_HOST_REGISTER_IOMEMORY: aclrtHostRegisterType = 4;
pub const ACL_HOST_REGISTER_READONLY: aclrtHostRegisterType = 8;
pub type aclrtHostRegisterType = ::core::ffi::c_uint;
pub const ACL_RT_MEM_ATTR_RSV: aclrtMallocAttrType = 0;
pub const ACL_RT_MEM_ATTR_MODULE_ID: aclrtMallocAttrType = 1;
pub const ACL_RT_MEM_ATTR_DEVICE_ID: aclrtMallocAttrType = 2;
pub const ACL_RT_MEM_ATTR_VA_FLAG: aclrtMallocAttrType = 3;
pub type aclrtMallocAttrType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Copy, Clone)]
pub union aclrtMallocAttrValue {
    pub moduleId: u16,
    pub deviceId: u32,
    pub vaFlag: u32,
    pub rsv: [u8; 8usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMallocAttrValue"][::core::mem::size_of::<aclrtMallocAttrValue>() - 8usize];
    ["Alignment of aclrtMallocAttrValue"][::core::mem::align_of::<aclrtMallocAttrValue>() - 4usize];
    ["Offset of field: aclrtMallocAttrValue::moduleId"][::core::mem::offset_of!(aclrtMallocAttrValue, moduleId) - 0usize];
    ["Offset of field: aclrtMallocAttrValue::deviceId"][::core::mem::offset_of!(aclrtMallocAttrValue, deviceId) - 0usize];
    ["Offset of field: aclrtMallocAttrValue::vaFlag"][::core::mem::offset_of!(aclrtMallocAttrValue, vaFlag) - 0usize];
    ["Offset of field: aclrtMallocAttrValue::rsv"][::core::mem::offset_of!(aclrtMallocAttrValue, rsv) - 0usize];
};

#[repr(C)]
#[derive(Copy, Clone)]
pub struct aclrtMallocAttribute {
    pub attr: aclrtMallocAttrType,
    pub value: aclrtMallocAttrValue,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMallocAttribute"][::core::mem::size_of::<aclrtMallocAttribute>() - 12usize];
    ["Alignment of aclrtMallocAttribute"][::core::mem::align_of::<aclrtMallocAttribute>() - 4usize];
    ["Offset of field: aclrtMallocAttribute::attr"][::core::mem::offset_of!(aclrtMallocAttribute, attr) - 0usize];
    ["Offset of field: aclrtMallocAttribute::value"][::core::mem::offset_of!(aclrtMallocAttribute, value) - 4usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtMallocConfig {
    pub attrs: *mut aclrtMallocAttribute,
    pub numAttrs: usize,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMallocConfig"][::core::mem::size_of::<aclrtMallocConfig>() - 16usize];
    ["Alignment of aclrtMallocConfig"][::core::mem::align_of::<aclrtMallocConfig>() - 8usize];
    ["Offset of field: aclrtMallocConfig::attrs"][::core::mem::offset_of!(aclrtMallocConfig, attrs) - 0usize];
    ["Offset of field: aclrtMallocConfig::numAttrs"][::core::mem::offset_of!(aclrtMallocConfig, numAttrs) - 8usize];
};

pub const ACL_DDR_MEM: aclrtMemAttr = 0;
pub const ACL_HBM_MEM: aclrtMemAttr = 1;
pub const ACL_DDR_MEM_HUGE: aclrtMemAttr = 2;
pub const ACL_DDR_MEM_NORMAL: aclrtMemAttr = 3;
pub const ACL_HBM_MEM_HUGE: aclrtMemAttr = 4;
pub const ACL_HBM_MEM_NORMAL: aclrtMemAttr = 5;
pub const ACL_DDR_MEM_P2P_HUGE: aclrtMemAttr = 6;
pub const ACL_DDR_MEM_P2P_NORMAL: aclrtMemAttr = 7;
pub const ACL_HBM_MEM_P2P_HUGE: aclrtMemAttr = 8;
pub const ACL_HBM_MEM_P2P_NORMAL: aclrtMemAttr = 9;
pub const ACL_HBM_MEM_HUGE1G: aclrtMemAttr = 10;
pub const ACL_HBM_MEM_P2P_HUGE1G: aclrtMemAttr = 11;
pub const ACL_MEM_NORMAL: aclrtMemAttr = 12;
pub const ACL_MEM_HUGE: aclrtMemAttr = 13;
pub const ACL_MEM_HUGE1G: aclrtMemAttr = 14;
pub const ACL_MEM_P2P_NORMAL: aclrtMemAttr = 15;
pub const ACL_MEM_P2P_HUGE: aclrtMemAttr = 16;
pub const ACL_MEM_P2P_HUGE1G: aclrtMemAttr = 17;
pub type aclrtMemAttr = ::core::ffi::c_uint;
pub const ACL_MEM_LOCATION_TYPE_HOST: aclrtMemLocationType = 0;
pub const ACL_MEM_LOCATION_TYPE_DEVICE: aclrtMemLocationType = 1;
pub const ACL_MEM_LOCATION_TYPE_UNREGISTERED: aclrtMemLocationType = 2;
pub const ACL_MEM_LOCATION_TYPE_MANAGED: aclrtMemLocationType = 3;
pub const ACL_MEM_LOCATION_TYPE_HOST_NUMA: aclrtMemLocationType = 4;
pub type aclrtMemLocationType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtMemLocation {
    pub id: u32,
    pub type_: aclrtMemLocationType,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMemLocation"][::core::mem::size_of::<aclrtMemLocation>() - 8usize];
    ["Alignment of aclrtMemLocation"][::core::mem::align_of::<aclrtMemLocation>() - 4usize];
    ["Offset of field: aclrtMemLocation::id"][::core::mem::offset_of!(aclrtMemLocation, id) - 0usize];
    ["Offset of field: aclrtMemLocation::type_"][::core::mem::offset_of!(aclrtMemLocation, type_) - 4usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtPtrAttributes {
    pub location: aclrtMemLocation,
    pub pageSize: u32,
    pub rsv: [u32; 4usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtPtrAttributes"][::core::mem::size_of::<aclrtPtrAttributes>() - 28usize];
    ["Alignment of aclrtPtrAttributes"][::core::mem::align_of::<aclrtPtrAttributes>() - 4usize];
    ["Offset of field: aclrtPtrAttributes::location"][::core::mem::offset_of!(aclrtPtrAttributes, location) - 0usize];
    ["Offset of field: aclrtPtrAttributes::pageSize"][::core::mem::offset_of!(aclrtPtrAttributes, pageSize) - 8usize];
    ["Offset of field: aclrtPtrAttributes::rsv"][::core::mem::offset_of!(aclrtPtrAttributes, rsv) - 12usize];
};

pub const ACL_MEM_ADVISE_SET_READ_MOSTLY: aclrtMemManagedAdviseType = 0;
pub const ACL_MEM_ADVISE_UNSET_READ_MOSTLY: aclrtMemManagedAdviseType = 1;
pub const ACL_MEM_ADVISE_SET_PREFERRED_LOCATION: aclrtMemManagedAdviseType = 2;
pub const ACL_MEM_ADVISE_UNSET_PREFERRED_LOCATION: aclrtMemManagedAdviseType = 3;
pub const ACL_MEM_ADVISE_SET_ACCESSED_BY: aclrtMemManagedAdviseType = 4;
pub const ACL_MEM_ADVISE_UNSET_ACCESSED_BY: aclrtMemManagedAdviseType = 5;
pub type aclrtMemManagedAdviseType = ::core::ffi::c_uint;
pub const ACL_MEM_LOCATIONTYPE_INVALID: aclrtMemManagedLocationType = 0;
pub const ACL_MEM_LOCATIONTYPE_DEVICE: aclrtMemManagedLocationType = 1;
pub const ACL_MEM_LOCATIONTYPE_HOST: aclrtMemManagedLocationType = 2;
pub const ACL_MEM_LOCATIONTYPE_HOST_NUMA: aclrtMemManagedLocationType = 3;
pub const ACL_MEM_LOCATIONTYPE_HOST_NUMA_CURRENT: aclrtMemManagedLocationType = 4;
pub type aclrtMemManagedLocationType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtMemManagedLocation {
    pub type_: aclrtMemManagedLocationType,
    pub id: i32,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMemManagedLocation"][::core::mem::size_of::<aclrtMemManagedLocation>() - 8usize];
    ["Alignment of aclrtMemManagedLocation"][::core::mem::align_of::<aclrtMemManagedLocation>() - 4usize];
    ["Offset of field: aclrtMemManagedLocation::type_"][::core::mem::offset_of!(aclrtMemManagedLocation, type_) - 0usize];
    ["Offset of field: aclrtMemManagedLocation::id"][::core::mem::offset_of!(aclrtMemManagedLocation, id) - 4usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtMemUsageInfo {
    pub name: [::core::ffi::c_char; 32usize],
    pub curMemSize: u64,
    pub memPeakSize: u64,
    pub reserved: [usize; 8usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtMemUsageInfo"][::core::mem::size_of::<aclrtMemUsageInfo>() - 112usize];
    ["Alignment of aclrtMemUsageInfo"][::core::mem::align_of::<aclrtMemUsageInfo>() - 8usize];
    ["Offset of field: aclrtMemUsageInfo::name"][::core::mem::offset_of!(aclrtMemUsageInfo, name) - 0usize];
    ["Offset of field: aclrtMemUsageInfo::curMemSize"][::core::mem::offset_of!(aclrtMemUsageInfo, curMemSize) - 32usize];
    ["Offset of field: aclrtMemUsageInfo::memPeakSize"][::core::mem::offset_of!(aclrtMemUsageInfo, memPeakSize) - 40usize];
    ["Offset of field: aclrtMemUsageInfo::reserved"][::core::mem::offset_of!(aclrtMemUsageInfo, reserved) - 48usize];
};

pub const ACL_MEM_RANGE_ATTRIBUTE_READ_MOSTLY: aclrtMemManagedRangeAttribute = 1;
pub const ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION: aclrtMemManagedRangeAttribute = 2;
pub const ACL_MEM_RANGE_ATTRIBUTE_ACCESSED_BY: aclrtMemManagedRangeAttribute = 3;
pub const ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_TYPE: aclrtMemManagedRangeAttribute = 4;
pub const ACL_MEM_RANGE_ATTRIBUTE_PREFERRED_LOCATION_ID: aclrtMemManagedRangeAttribute = 5;
pub const ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION: aclrtMemManagedRangeAttribute = 6;
pub const ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_TYPE: aclrtMemManagedRangeAttribute = 7;
pub const ACL_MEM_RANGE_ATTRIBUTE_LAST_PREFETCH_LOCATION_ID: aclrtMemManagedRangeAttribute = 8;
pub type aclrtMemManagedRangeAttribute = ::core::ffi::c_uint;
pub const ACL_RT_HOST_MEM_MAP_NOT_SUPPORTED: aclrtHostMemMapCapability = 0;
pub const ACL_RT_HOST_MEM_MAP_SUPPORTED: aclrtHostMemMapCapability = 1;
pub type aclrtHostMemMapCapability = ::core::ffi::c_uint;
pub const NORMAL_PAGE_TYPE: aclrtMemPgType = 0;
pub const HUGE_PAGE_TYPE: aclrtMemPgType = 1;
pub const HUGE1G_PAGE_TYPE: aclrtMemPgType = 2;
pub type aclrtMemPgType = ::core::ffi::c_uint;
pub const HBM_TYPE: aclrtMemType = 0;
pub const DDR_TYPE: aclrtMemType = 1;
pub const P2P_HBM_TYPE: aclrtMemType = 2;
pub const P2P_DDR_TYPE: aclrtMemType = 3;
pub type aclrtMemType = ::core::ffi::c_uint;
