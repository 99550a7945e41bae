//! Collective communication. Its functions are there so that programs that name them can be loaded; each says that it is not simulated.

use std::ffi::{c_char, c_void};

use ascend_sys::ffi::*;

use super::unsupported::unsupported;

unsupported! {
    HCCL_E_NOT_SUPPORT;
    fn HcclAllGather(*mut c_void, *mut c_void, u64, HcclDataType, HcclComm, aclrtStream) -> HcclResult;
    fn HcclAllGatherV(*mut c_void, u64, *mut c_void, *const c_void, *const c_void, HcclDataType, HcclComm, aclrtStream) -> HcclResult;
    fn HcclAllReduce(*mut c_void, *mut c_void, u64, HcclDataType, HcclReduceOp, HcclComm, aclrtStream) -> HcclResult;
    fn HcclAlltoAll(*const c_void, u64, HcclDataType, *const c_void, u64, HcclDataType, HcclComm, aclrtStream) -> HcclResult;
    fn HcclAlltoAllV(*const c_void, *const c_void, *const c_void, HcclDataType, *const c_void, *const c_void, *const c_void, HcclDataType, HcclComm, aclrtStream) -> HcclResult;
    fn HcclAlltoAllVC(*const c_void, *const c_void, HcclDataType, *const c_void, HcclDataType, HcclComm, aclrtStream) -> HcclResult;
    fn HcclBarrier(HcclComm, aclrtStream) -> HcclResult;
    fn HcclBatchSendRecv(*mut HcclSendRecvItem, u32, HcclComm, aclrtStream) -> HcclResult;
    fn HcclBroadcast(*mut c_void, u64, HcclDataType, u32, HcclComm, aclrtStream) -> HcclResult;
    fn HcclCommActivateCommMemory(HcclComm, *mut c_void, usize, usize, aclrtDrvMemHandle, u64) -> HcclResult;
    fn HcclCommDeactivateCommMemory(HcclComm, *mut c_void) -> HcclResult;
    fn HcclCommDeregister(HcclComm, *mut c_void) -> HcclResult;
    fn HcclCommDestroy(HcclComm) -> HcclResult;
    fn HcclCommExchangeMem(HcclComm, *mut c_void, *mut u32, u32) -> HcclResult;
    fn HcclCommInitAll(u32, *mut i32, *mut HcclComm) -> HcclResult;
    fn HcclCommInitClusterInfo(*const c_char, u32, *mut HcclComm) -> HcclResult;
    fn HcclCommInitClusterInfoConfig(*const c_char, u32, *mut HcclCommConfig, *mut HcclComm) -> HcclResult;
    fn HcclCommInitRootInfo(u32, *const HcclRootInfo, u32, *mut HcclComm) -> HcclResult;
    fn HcclCommInitRootInfoConfig(u32, *const HcclRootInfo, u32, *const HcclCommConfig, *mut HcclComm) -> HcclResult;
    fn HcclCommRegister(HcclComm, *mut c_void, u64, *mut *mut c_void, u32) -> HcclResult;
    fn HcclCommResume(HcclComm) -> HcclResult;
    fn HcclCommSetMemoryRange(HcclComm, *mut c_void, usize, usize, u64) -> HcclResult;
    fn HcclCommSuspend(HcclComm) -> HcclResult;
    fn HcclCommUnsetMemoryRange(HcclComm, *mut c_void) -> HcclResult;
    fn HcclCommWorkingDevNicSet(HcclComm, *mut u32, *mut bool, u32) -> HcclResult;
    fn HcclCreateSubCommConfig(*mut HcclComm, u32, *mut u32, u64, u32, *mut HcclCommConfig, *mut HcclComm) -> HcclResult;
    fn HcclGetCommAsyncError(HcclComm, *mut HcclResult) -> HcclResult;
    fn HcclGetCommConfigCapability() -> u32 = 0;
    fn HcclGetCommName(HcclComm, *mut c_char) -> HcclResult;
    fn HcclGetConfig(HcclConfig, *mut HcclConfigValue) -> HcclResult;
    fn HcclGetRankId(HcclComm, *mut u32) -> HcclResult;
    fn HcclGetRankSize(HcclComm, *mut u32) -> HcclResult;
    fn HcclGetRootInfo(*mut HcclRootInfo) -> HcclResult;
    fn HcclRecv(*mut c_void, u64, HcclDataType, u32, HcclComm, aclrtStream) -> HcclResult;
    fn HcclReduce(*mut c_void, *mut c_void, u64, HcclDataType, HcclReduceOp, u32, HcclComm, aclrtStream) -> HcclResult;
    fn HcclReduceScatter(*mut c_void, *mut c_void, u64, HcclDataType, HcclReduceOp, HcclComm, aclrtStream) -> HcclResult;
    fn HcclReduceScatterV(*mut c_void, *const c_void, *const c_void, *mut c_void, u64, HcclDataType, HcclReduceOp, HcclComm, aclrtStream) -> HcclResult;
    fn HcclScatter(*mut c_void, *mut c_void, u64, HcclDataType, u32, HcclComm, aclrtStream) -> HcclResult;
    fn HcclSend(*mut c_void, u64, HcclDataType, u32, HcclComm, aclrtStream) -> HcclResult;
    fn HcclSetConfig(HcclConfig, HcclConfigValue) -> HcclResult;
}
