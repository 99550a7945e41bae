//! Markers and ranges for the profiling tools, and memory pools for the memory tools.
//!
//! Made from `sys/include/mstx.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub type mstxRangeId = u64;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mstxDomainRegistration_st {
    _unused: [u8; 0],
}

pub type mstxDomainRegistration_t = mstxDomainRegistration_st;
pub type mstxDomainHandle_t = *mut mstxDomainRegistration_t;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mstxMemHeap_st {
    _unused: [u8; 0],
}

pub type mstxMemHeap_t = mstxMemHeap_st;
pub type mstxMemHeapHandle_t = *mut mstxMemHeap_t;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mstxMemRegion_st {
    _unused: [u8; 0],
}

pub type mstxMemRegion_t = mstxMemRegion_st;
pub type mstxMemRegionHandle_t = *mut mstxMemRegion_t;
pub const MSTX_MEM_HEAP_USAGE_TYPE_SUB_ALLOCATOR: mstxMemHeapUsageType = 0;
pub type mstxMemHeapUsageType = ::core::ffi::c_uint;
pub const MSTX_MEM_TYPE_VIRTUAL_ADDRESS: mstxMemType = 0;
pub type mstxMemType = ::core::ffi::c_uint;
pub const MSTX_MEM_REGION_REF_TYPE_POINTER: mstxMemRegionRefType = 0;
pub const MSTX_MEM_REGION_REF_TYPE_HANDLE: mstxMemRegionRefType = 1;
pub type mstxMemRegionRefType = ::core::ffi::c_uint;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mstxMemVirtualRangeDesc_t {
    pub deviceId: u32,
    pub ptr: *const ::core::ffi::c_void,
    pub size: u64,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of mstxMemVirtualRangeDesc_t"][::core::mem::size_of::<mstxMemVirtualRangeDesc_t>() - 24usize];
    ["Alignment of mstxMemVirtualRangeDesc_t"][::core::mem::align_of::<mstxMemVirtualRangeDesc_t>() - 8usize];
    ["Offset of field: mstxMemVirtualRangeDesc_t::deviceId"][::core::mem::offset_of!(mstxMemVirtualRangeDesc_t, deviceId) - 0usize];
    ["Offset of field: mstxMemVirtualRangeDesc_t::ptr"][::core::mem::offset_of!(mstxMemVirtualRangeDesc_t, ptr) - 8usize];
    ["Offset of field: mstxMemVirtualRangeDesc_t::size"][::core::mem::offset_of!(mstxMemVirtualRangeDesc_t, size) - 16usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mstxMemHeapDesc_t {
    pub usage: mstxMemHeapUsageType,
    pub type_: mstxMemType,
    pub typeSpecificDesc: *const ::core::ffi::c_void,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of mstxMemHeapDesc_t"][::core::mem::size_of::<mstxMemHeapDesc_t>() - 16usize];
    ["Alignment of mstxMemHeapDesc_t"][::core::mem::align_of::<mstxMemHeapDesc_t>() - 8usize];
    ["Offset of field: mstxMemHeapDesc_t::usage"][::core::mem::offset_of!(mstxMemHeapDesc_t, usage) - 0usize];
    ["Offset of field: mstxMemHeapDesc_t::type_"][::core::mem::offset_of!(mstxMemHeapDesc_t, type_) - 4usize];
    ["Offset of field: mstxMemHeapDesc_t::typeSpecificDesc"][::core::mem::offset_of!(mstxMemHeapDesc_t, typeSpecificDesc) - 8usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mstxMemRegionsRegisterBatch_t {
    pub heap: mstxMemHeapHandle_t,
    pub regionType: mstxMemType,
    pub regionCount: usize,
    pub regionDescArray: *const ::core::ffi::c_void,
    pub regionHandleArrayOut: *mut mstxMemRegionHandle_t,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of mstxMemRegionsRegisterBatch_t"][::core::mem::size_of::<mstxMemRegionsRegisterBatch_t>() - 40usize];
    ["Alignment of mstxMemRegionsRegisterBatch_t"][::core::mem::align_of::<mstxMemRegionsRegisterBatch_t>() - 8usize];
    ["Offset of field: mstxMemRegionsRegisterBatch_t::heap"][::core::mem::offset_of!(mstxMemRegionsRegisterBatch_t, heap) - 0usize];
    ["Offset of field: mstxMemRegionsRegisterBatch_t::regionType"]
        [::core::mem::offset_of!(mstxMemRegionsRegisterBatch_t, regionType) - 8usize];
    ["Offset of field: mstxMemRegionsRegisterBatch_t::regionCount"]
        [::core::mem::offset_of!(mstxMemRegionsRegisterBatch_t, regionCount) - 16usize];
    ["Offset of field: mstxMemRegionsRegisterBatch_t::regionDescArray"]
        [::core::mem::offset_of!(mstxMemRegionsRegisterBatch_t, regionDescArray) - 24usize];
    ["Offset of field: mstxMemRegionsRegisterBatch_t::regionHandleArrayOut"]
        [::core::mem::offset_of!(mstxMemRegionsRegisterBatch_t, regionHandleArrayOut) - 32usize];
};

#[repr(C)]
#[derive(Copy, Clone)]
pub struct mstxMemRegionRef_t {
    pub refType: mstxMemRegionRefType,
    pub __bindgen_anon_1: mstxMemRegionRef_t__bindgen_ty_1,
}

#[repr(C)]
#[derive(Copy, Clone)]
pub union mstxMemRegionRef_t__bindgen_ty_1 {
    pub pointer: *const ::core::ffi::c_void,
    pub handle: mstxMemRegionHandle_t,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of mstxMemRegionRef_t__bindgen_ty_1"][::core::mem::size_of::<mstxMemRegionRef_t__bindgen_ty_1>() - 8usize];
    ["Alignment of mstxMemRegionRef_t__bindgen_ty_1"][::core::mem::align_of::<mstxMemRegionRef_t__bindgen_ty_1>() - 8usize];
    ["Offset of field: mstxMemRegionRef_t__bindgen_ty_1::pointer"]
        [::core::mem::offset_of!(mstxMemRegionRef_t__bindgen_ty_1, pointer) - 0usize];
    ["Offset of field: mstxMemRegionRef_t__bindgen_ty_1::handle"]
        [::core::mem::offset_of!(mstxMemRegionRef_t__bindgen_ty_1, handle) - 0usize];
};

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of mstxMemRegionRef_t"][::core::mem::size_of::<mstxMemRegionRef_t>() - 16usize];
    ["Alignment of mstxMemRegionRef_t"][::core::mem::align_of::<mstxMemRegionRef_t>() - 8usize];
    ["Offset of field: mstxMemRegionRef_t::refType"][::core::mem::offset_of!(mstxMemRegionRef_t, refType) - 0usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mstxMemRegionsUnregisterBatch_t {
    pub refCount: usize,
    pub refArray: *const mstxMemRegionRef_t,
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of mstxMemRegionsUnregisterBatch_t"][::core::mem::size_of::<mstxMemRegionsUnregisterBatch_t>() - 16usize];
    ["Alignment of mstxMemRegionsUnregisterBatch_t"][::core::mem::align_of::<mstxMemRegionsUnregisterBatch_t>() - 8usize];
    ["Offset of field: mstxMemRegionsUnregisterBatch_t::refCount"]
        [::core::mem::offset_of!(mstxMemRegionsUnregisterBatch_t, refCount) - 0usize];
    ["Offset of field: mstxMemRegionsUnregisterBatch_t::refArray"]
        [::core::mem::offset_of!(mstxMemRegionsUnregisterBatch_t, refArray) - 8usize];
};
