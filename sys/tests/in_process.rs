//! Tables made from functions of this process: results, missing functions, texts of errors.

use std::ffi::{c_char, c_void};
use std::ptr::{null, null_mut};

use ascend_sys::ffi::{ACL_ERROR_RT_MEMORY_ALLOCATION, ACL_SUCCESS, aclError, aclrtMemMallocPolicy, aclrtStream};
use ascend_sys::{AscendCl, Cann, Error, Hccl, MsTx, NnOpBase, OpApi, fns};

unsafe extern "C" fn init(_config: *const c_char) -> aclError {
    ACL_SUCCESS
}

unsafe extern "C" fn malloc(_address: *mut *mut c_void, _size: usize, _policy: aclrtMemMallocPolicy) -> aclError {
    ACL_ERROR_RT_MEMORY_ALLOCATION
}

unsafe extern "C" fn synchronize(_stream: aclrtStream) -> aclError {
    123_456
}

unsafe extern "C" fn recent_message() -> *const c_char {
    c"EE1001: 2 GiB asked, 1 GiB free\n".as_ptr()
}

unsafe extern "C" fn data_type_size(_data_type: i32) -> usize {
    7
}

unsafe extern "C" fn barrier(_communicator: *mut c_void, _stream: aclrtStream) -> u32 {
    9
}

unsafe extern "C" fn print(_model: *mut c_void, _path: *const c_char) -> aclError {
    ACL_SUCCESS
}

/// What the types of `fns` are for: an implementation that does not fit its declaration does not compile.
fn resolve(name: &str) -> Option<*const c_void> {
    Some(match name {
        "aclInit" => init as fns::aclInit as *const c_void,
        "aclrtMalloc" => malloc as fns::aclrtMalloc as *const c_void,
        "aclrtSynchronizeStream" => synchronize as fns::aclrtSynchronizeStream as *const c_void,
        "aclGetRecentErrMsg" => recent_message as fns::aclGetRecentErrMsg as *const c_void,
        "aclDataTypeSize" => data_type_size as fns::aclDataTypeSize as *const c_void,
        "aclmdlRIDebugJsonPrint" => print as fns::aclmdlRIDebugJsonPrint_until_8_5 as *const c_void,
        "HcclBarrier" => barrier as fns::HcclBarrier as *const c_void,
        _ => return None,
    })
}

#[test]
fn functions_that_succeed_return_what_they_return() {
    let cann = Cann::in_process("test", resolve);
    // SAFETY: the functions above read none of their arguments.
    unsafe {
        cann.acl.aclInit(null()).unwrap();
        assert_eq!(cann.acl.aclDataTypeSize(0).unwrap(), 7);
    }
}

#[test]
fn a_failed_call_carries_the_code_its_meaning_and_the_librarys_own_message() {
    let cann = Cann::in_process("test", resolve);
    // SAFETY: the function reads none of its arguments.
    let error = unsafe { cann.acl.aclrtMalloc(null_mut(), 1, 0) }.unwrap_err();
    assert_eq!(error.code(), Some(207_001));
    assert_eq!(
        error.to_string(),
        "aclrtMalloc returned 207001 (ACL_ERROR_RT_MEMORY_ALLOCATION): memory cannot be allocated; CANN says: EE1001: 2 GiB asked, 1 GiB free"
    );
}

#[test]
fn a_code_that_is_not_documented_is_still_reported() {
    let cann = Cann::in_process("test", resolve);
    // SAFETY: the function reads none of its arguments.
    let error = unsafe { cann.acl.aclrtSynchronizeStream(null_mut()) }.unwrap_err();
    assert!(matches!(error, Error::Call { call: "aclrtSynchronizeStream", code: 123_456, name: "unknown", .. }), "{error}");
}

#[test]
fn codes_of_hccl_are_its_own() {
    let cann = Cann::in_process("test", resolve);
    // SAFETY: the function reads none of its arguments.
    let error = unsafe { cann.hccl.HcclBarrier(null_mut(), null_mut()) }.unwrap_err();
    assert!(matches!(error, Error::Call { code: 9, name: "HCCL_E_TIMEOUT", .. }), "{error}");
}

#[test]
fn a_missing_function_says_which_library_lacks_it_and_when_it_came() {
    let cann = Cann::in_process("a test's CANN", resolve);
    // SAFETY: nothing is called.
    let error = unsafe { cann.opapi.aclnnGroupedMatmulV5(null_mut(), 0, null_mut(), null_mut()) }.unwrap_err();
    assert!(matches!(error, Error::SymbolMissing { symbol: "aclnnGroupedMatmulV5", library: "libopapi.so", since: "8.2", .. }), "{error}");
    assert_eq!(error.to_string(), "aclnnGroupedMatmulV5 asked, but libopapi.so (a test's CANN) has none; it came with CANN 8.2");
}

#[test]
fn the_inventory_tells_what_is_there_and_what_is_lacking() {
    let cann = Cann::in_process("test", resolve);
    let inventory = cann.inventory();
    let of = |file: &str| inventory.iter().find(|entry| entry.library == file).unwrap();
    // The two forms of one function are both there: they are one symbol.
    assert_eq!((of(AscendCl::FILE).available, of(AscendCl::FILE).lacking.len()), (7, AscendCl::SYMBOLS.len() - 7));
    assert_eq!((of(Hccl::FILE).available, of(MsTx::FILE).available), (1, 0));
    assert!(of(AscendCl::FILE).lacking.iter().any(|symbol| symbol.name == "aclFinalize" && symbol.since == "8.1"));
}

#[test]
fn an_older_form_of_a_function_is_looked_up_under_the_same_symbol() {
    let cann = Cann::in_process("test", resolve);
    // SAFETY: the function reads none of its arguments.
    unsafe { cann.acl.aclmdlRIDebugJsonPrint_until_8_5(null_mut(), null()) }.unwrap();
}

#[test]
fn what_clients_call_is_declared() {
    let symbols = [AscendCl::SYMBOLS, NnOpBase::SYMBOLS, OpApi::SYMBOLS, Hccl::SYMBOLS, MsTx::SYMBOLS].concat();
    // A sample of what torch_npu, llama.cpp and the vendor's examples call, of each subject and version.
    for name in [
        "aclrtMallocAlign32",
        "aclmdlRICaptureGetInfo",
        "aclrtReserveMemAddress",
        "aclopCompileAndExecute",
        "aclprofSetConfig",
        "aclrtLaunchKernelWithHostArgs",
        "aclSetAclOpExecutorRepeatable",
        "aclnnCalculateMatmulWeightSizeV2",
        "aclnnMoeGatingTopKGetWorkspaceSize",
        "aclnnFusedInferAttentionScoreV4GetWorkspaceSize",
        "aclnnNpuFormatCastCalculateSizeAndFormat",
        "HcclCommInitRootInfoConfig",
        "mstxDomainRangeStartA",
    ] {
        assert!(symbols.iter().any(|symbol| symbol.name == name), "{name}");
    }
}
