//! The interface of single operators by name, which the aclnn operators have replaced. Its functions are there so that programs that name them can be
//! loaded; each says that it is not simulated.

use std::ffi::{c_char, c_int, c_void};

use ascend_sys::ffi::*;

use super::unsupported::unsupported;

unsupported! {
    ACL_ERROR_API_NOT_SUPPORT;
    fn aclDestroyGraphDumpOpt(*const aclGraphDumpOption) -> aclError;
    fn aclGenGraphAndDumpForOp(*const c_char, c_int, *const *const aclTensorDesc, *const *const aclDataBuffer, c_int, *const *const aclTensorDesc, *const *mut aclDataBuffer, *const aclopAttr, aclopEngineType, *const c_char, *const aclGraphDumpOption) -> aclError;
    fn aclopCast(*const aclTensorDesc, *const aclDataBuffer, *const aclTensorDesc, *mut aclDataBuffer, u8, aclrtStream) -> aclError;
    fn aclopCompile(*const c_char, c_int, *const *const aclTensorDesc, c_int, *const *const aclTensorDesc, *const aclopAttr, aclopEngineType, aclopCompileType, *const c_char) -> aclError;
    fn aclopCompileAndExecute(*const c_char, c_int, *const *const aclTensorDesc, *const *const aclDataBuffer, c_int, *const *const aclTensorDesc, *const *mut aclDataBuffer, *const aclopAttr, aclopEngineType, aclopCompileType, *const c_char, aclrtStream) -> aclError;
    fn aclopCompileAndExecuteV2(*const c_char, c_int, *mut *mut aclTensorDesc, *mut *mut aclDataBuffer, c_int, *mut *mut aclTensorDesc, *mut *mut aclDataBuffer, *mut aclopAttr, aclopEngineType, aclopCompileType, *const c_char, aclrtStream) -> aclError;
    fn aclopCreateAttr() -> *mut aclopAttr = std::ptr::null_mut();
    fn aclopCreateHandle(*const c_char, c_int, *const *const aclTensorDesc, c_int, *const *const aclTensorDesc, *const aclopAttr, *mut *mut aclopHandle) -> aclError;
    fn aclopCreateHandleForCast(*mut aclTensorDesc, *mut aclTensorDesc, u8, *mut *mut aclopHandle) -> aclError;
    fn aclopCreateKernel(*const c_char, *const c_char, *const c_char, *mut c_void, c_int, aclopEngineType, aclDataDeallocator) -> aclError;
    fn aclopDestroyAttr(*const aclopAttr) -> () = ();
    fn aclopDestroyHandle(*mut aclopHandle) -> () = ();
    fn aclopExecWithHandle(*mut aclopHandle, c_int, *const *const aclDataBuffer, c_int, *const *mut aclDataBuffer, aclrtStream) -> aclError;
    fn aclopExecute(*const c_char, c_int, *const *const aclTensorDesc, *const *const aclDataBuffer, c_int, *const *const aclTensorDesc, *const *mut aclDataBuffer, *const aclopAttr, aclrtStream) -> aclError;
    fn aclopExecuteV2(*const c_char, c_int, *mut *mut aclTensorDesc, *mut *mut aclDataBuffer, c_int, *mut *mut aclTensorDesc, *mut *mut aclDataBuffer, *mut aclopAttr, aclrtStream) -> aclError;
    fn aclopInferShape(*const c_char, c_int, *mut *mut aclTensorDesc, *mut *mut aclDataBuffer, c_int, *mut *mut aclTensorDesc, *mut aclopAttr) -> aclError;
    fn aclopLoad(*const c_void, usize) -> aclError;
    fn aclopRegisterCompileFunc(*const c_char, aclopCompileFunc) -> aclError;
    fn aclopSetAttrBool(*mut aclopAttr, *const c_char, u8) -> aclError;
    fn aclopSetAttrDataType(*mut aclopAttr, *const c_char, aclDataType) -> aclError;
    fn aclopSetAttrFloat(*mut aclopAttr, *const c_char, f32) -> aclError;
    fn aclopSetAttrInt(*mut aclopAttr, *const c_char, i64) -> aclError;
    fn aclopSetAttrListBool(*mut aclopAttr, *const c_char, c_int, *const u8) -> aclError;
    fn aclopSetAttrListDataType(*mut aclopAttr, *const c_char, c_int, *const aclDataType) -> aclError;
    fn aclopSetAttrListFloat(*mut aclopAttr, *const c_char, c_int, *const f32) -> aclError;
    fn aclopSetAttrListInt(*mut aclopAttr, *const c_char, c_int, *const i64) -> aclError;
    fn aclopSetAttrListListInt(*mut aclopAttr, *const c_char, c_int, *const c_int, *const *const i64) -> aclError;
    fn aclopSetAttrListString(*mut aclopAttr, *const c_char, c_int, *mut *const c_char) -> aclError;
    fn aclopSetAttrString(*mut aclopAttr, *const c_char, *const c_char) -> aclError;
    fn aclopSetKernelArgs(*mut aclopKernelDesc, *const c_char, u32, *const c_void, u32) -> aclError;
    fn aclopSetKernelWorkspaceSizes(*mut aclopKernelDesc, c_int, *mut usize) -> aclError;
    fn aclopSetMaxOpQueueNum(u64) -> aclError;
    fn aclopSetModelDir(*const c_char) -> aclError;
    fn aclopUnregisterCompileFunc(*const c_char) -> aclError;
    fn aclopUpdateParams(*const c_char, c_int, *const *const aclTensorDesc, c_int, *const *const aclTensorDesc, *const aclopAttr) -> aclError;
}
