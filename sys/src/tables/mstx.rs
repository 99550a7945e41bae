//! `libms_tools_ext.so`, markers and ranges for the profiling tools.
//!
//! Made from `sys/include` by `cargo run -p xtask -- bindings`.

use core::ffi::*;

use crate::ffi::*;
use crate::table::table;

table! {
    /// `libms_tools_ext.so`, markers and ranges for the profiling tools.
    pub struct MsTx in "libms_tools_ext.so";

    // Markers and ranges for the profiling tools, and memory pools for the memory tools.
    value fn mstxDomainCreateA(name: *const c_char) -> mstxDomainHandle_t = "mstxDomainCreateA" since "8.1";
    value fn mstxDomainDestroy(domain: mstxDomainHandle_t) -> () = "mstxDomainDestroy" since "8.1";
    value fn mstxDomainMarkA(domain: mstxDomainHandle_t, message: *const c_char, stream: aclrtStream) -> () = "mstxDomainMarkA" since "8.1";
    value fn mstxDomainRangeEnd(domain: mstxDomainHandle_t, id: mstxRangeId) -> () = "mstxDomainRangeEnd" since "8.1";
    value fn mstxDomainRangeStartA(
        domain: mstxDomainHandle_t, message: *const c_char, stream: aclrtStream,
    ) -> mstxRangeId = "mstxDomainRangeStartA" since "8.1";
    value fn mstxMarkA(message: *const c_char, stream: aclrtStream) -> () = "mstxMarkA" since "8.1";
    value fn mstxMemHeapRegister(
        domain: mstxDomainHandle_t, desc: *const mstxMemHeapDesc_t,
    ) -> mstxMemHeapHandle_t = "mstxMemHeapRegister" since "8.1";
    value fn mstxMemHeapUnregister(domain: mstxDomainHandle_t, heap: mstxMemHeapHandle_t) -> () = "mstxMemHeapUnregister" since "8.1";
    value fn mstxMemRegionsRegister(
        domain: mstxDomainHandle_t, desc: *const mstxMemRegionsRegisterBatch_t,
    ) -> () = "mstxMemRegionsRegister" since "8.1";
    value fn mstxMemRegionsUnregister(
        domain: mstxDomainHandle_t, desc: *const mstxMemRegionsUnregisterBatch_t,
    ) -> () = "mstxMemRegionsUnregister" since "8.1";
    value fn mstxRangeEnd(id: mstxRangeId) -> () = "mstxRangeEnd" since "8.1";
    value fn mstxRangeStartA(message: *const c_char, stream: aclrtStream) -> mstxRangeId = "mstxRangeStartA" since "8.1";
}
