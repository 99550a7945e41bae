//! `libhccl.so`, collective communication.
//!
//! Made from `sys/include` by `cargo run -p xtask -- bindings`.

use core::ffi::*;

use crate::ffi::*;
use crate::table::table;

table! {
    /// `libhccl.so`, collective communication.
    pub struct Hccl in "libhccl.so";

    // Collective communication.
    status fn HcclAllGather(
        sendBuf: *mut c_void, recvBuf: *mut c_void, sendCount: u64, dataType: HcclDataType, comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclAllGather" since "8.1";
    status fn HcclAllGatherV(
        sendBuf: *mut c_void, sendCount: u64, recvBuf: *mut c_void, recvCounts: *const c_void, recvDispls: *const c_void,
        dataType: HcclDataType, comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclAllGatherV" since "8.1";
    status fn HcclAllReduce(
        sendBuf: *mut c_void, recvBuf: *mut c_void, count: u64, dataType: HcclDataType, op: HcclReduceOp, comm: HcclComm,
        stream: aclrtStream,
    ) -> HcclResult = "HcclAllReduce" since "8.1";
    status fn HcclAlltoAll(
        sendBuf: *const c_void, sendCount: u64, sendType: HcclDataType, recvBuf: *const c_void, recvCount: u64, recvType: HcclDataType,
        comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclAlltoAll" since "8.1";
    status fn HcclAlltoAllV(
        sendBuf: *const c_void, sendCounts: *const c_void, sdispls: *const c_void, sendType: HcclDataType, recvBuf: *const c_void,
        recvCounts: *const c_void, rdispls: *const c_void, recvType: HcclDataType, comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclAlltoAllV" since "8.1";
    status fn HcclAlltoAllVC(
        sendBuf: *const c_void, sendCountMatrix: *const c_void, sendType: HcclDataType, recvBuf: *const c_void, recvType: HcclDataType,
        comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclAlltoAllVC" since "8.5";
    status fn HcclBarrier(comm: HcclComm, stream: aclrtStream) -> HcclResult = "HcclBarrier" since "8.1";
    status fn HcclBatchSendRecv(
        sendRecvInfo: *mut HcclSendRecvItem, itemNum: u32, comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclBatchSendRecv" since "8.1";
    status fn HcclBroadcast(
        buf: *mut c_void, count: u64, dataType: HcclDataType, root: u32, comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclBroadcast" since "8.1";
    status fn HcclCommActivateCommMemory(
        comm: HcclComm, virPtr: *mut c_void, size: usize, offset: usize, handle: aclrtDrvMemHandle, flags: u64,
    ) -> HcclResult = "HcclCommActivateCommMemory" since "8.1";
    status fn HcclCommDeactivateCommMemory(comm: HcclComm, virPtr: *mut c_void) -> HcclResult = "HcclCommDeactivateCommMemory" since "8.1";
    status fn HcclCommDeregister(comm: HcclComm, handle: *mut c_void) -> HcclResult = "HcclCommDeregister" since "8.5";
    status fn HcclCommDestroy(comm: HcclComm) -> HcclResult = "HcclCommDestroy" since "8.1";
    status fn HcclCommExchangeMem(
        comm: HcclComm, windowHandle: *mut c_void, peerRanks: *mut u32, peerRankNum: u32,
    ) -> HcclResult = "HcclCommExchangeMem" since "8.5";
    status fn HcclCommInitAll(ndev: u32, devices: *mut i32, comms: *mut HcclComm) -> HcclResult = "HcclCommInitAll" since "8.1";
    status fn HcclCommInitClusterInfo(
        clusterInfo: *const c_char, rank: u32, comm: *mut HcclComm,
    ) -> HcclResult = "HcclCommInitClusterInfo" since "8.1";
    status fn HcclCommInitClusterInfoConfig(
        clusterInfo: *const c_char, rank: u32, config: *mut HcclCommConfig, comm: *mut HcclComm,
    ) -> HcclResult = "HcclCommInitClusterInfoConfig" since "8.1";
    status fn HcclCommInitRootInfo(
        nRanks: u32, rootInfo: *const HcclRootInfo, rank: u32, comm: *mut HcclComm,
    ) -> HcclResult = "HcclCommInitRootInfo" since "8.1";
    status fn HcclCommInitRootInfoConfig(
        nRanks: u32, rootInfo: *const HcclRootInfo, rank: u32, config: *const HcclCommConfig, comm: *mut HcclComm,
    ) -> HcclResult = "HcclCommInitRootInfoConfig" since "8.1";
    status fn HcclCommRegister(
        comm: HcclComm, addr: *mut c_void, size: u64, handle: *mut *mut c_void, flag: u32,
    ) -> HcclResult = "HcclCommRegister" since "8.5";
    status fn HcclCommResume(comm: HcclComm) -> HcclResult = "HcclCommResume" since "8.1";
    status fn HcclCommSetMemoryRange(
        comm: HcclComm, baseVirPtr: *mut c_void, size: usize, alignment: usize, flags: u64,
    ) -> HcclResult = "HcclCommSetMemoryRange" since "8.1";
    status fn HcclCommSuspend(comm: HcclComm) -> HcclResult = "HcclCommSuspend" since "8.1";
    status fn HcclCommUnsetMemoryRange(comm: HcclComm, baseVirPtr: *mut c_void) -> HcclResult = "HcclCommUnsetMemoryRange" since "8.1";
    status fn HcclCommWorkingDevNicSet(
        comm: HcclComm, ranks: *mut u32, useBackup: *mut bool, nRanks: u32,
    ) -> HcclResult = "HcclCommWorkingDevNicSet" since "8.5";
    status fn HcclCreateSubCommConfig(
        comm: *mut HcclComm, rankNum: u32, rankIds: *mut u32, subCommId: u64, subCommRankId: u32, config: *mut HcclCommConfig,
        subComm: *mut HcclComm,
    ) -> HcclResult = "HcclCreateSubCommConfig" since "8.1";
    status fn HcclGetCommAsyncError(comm: HcclComm, asyncError: *mut HcclResult) -> HcclResult = "HcclGetCommAsyncError" since "8.1";
    value fn HcclGetCommConfigCapability() -> u32 = "HcclGetCommConfigCapability" since "8.1";
    status fn HcclGetCommName(comm: HcclComm, commName: *mut c_char) -> HcclResult = "HcclGetCommName" since "8.1";
    status fn HcclGetConfig(config: HcclConfig, configValue: *mut HcclConfigValue) -> HcclResult = "HcclGetConfig" since "8.1";
    value fn HcclGetErrorString(code: HcclResult) -> *const c_char = "HcclGetErrorString" since "8.1";
    status fn HcclGetRankId(comm: HcclComm, rank: *mut u32) -> HcclResult = "HcclGetRankId" since "8.1";
    status fn HcclGetRankSize(comm: HcclComm, rankSize: *mut u32) -> HcclResult = "HcclGetRankSize" since "8.1";
    status fn HcclGetRootInfo(rootInfo: *mut HcclRootInfo) -> HcclResult = "HcclGetRootInfo" since "8.1";
    status fn HcclRecv(
        recvBuf: *mut c_void, count: u64, dataType: HcclDataType, srcRank: u32, comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclRecv" since "8.1";
    status fn HcclReduce(
        sendBuf: *mut c_void, recvBuf: *mut c_void, count: u64, dataType: HcclDataType, op: HcclReduceOp, root: u32, comm: HcclComm,
        stream: aclrtStream,
    ) -> HcclResult = "HcclReduce" since "8.1";
    status fn HcclReduceScatter(
        sendBuf: *mut c_void, recvBuf: *mut c_void, recvCount: u64, dataType: HcclDataType, op: HcclReduceOp, comm: HcclComm,
        stream: aclrtStream,
    ) -> HcclResult = "HcclReduceScatter" since "8.1";
    status fn HcclReduceScatterV(
        sendBuf: *mut c_void, sendCounts: *const c_void, sendDispls: *const c_void, recvBuf: *mut c_void, recvCount: u64,
        dataType: HcclDataType, op: HcclReduceOp, comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclReduceScatterV" since "8.1";
    status fn HcclScatter(
        sendBuf: *mut c_void, recvBuf: *mut c_void, recvCount: u64, dataType: HcclDataType, root: u32, comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclScatter" since "8.1";
    status fn HcclSend(
        sendBuf: *mut c_void, count: u64, dataType: HcclDataType, destRank: u32, comm: HcclComm, stream: aclrtStream,
    ) -> HcclResult = "HcclSend" since "8.1";
    status fn HcclSetConfig(config: HcclConfig, configValue: HcclConfigValue) -> HcclResult = "HcclSetConfig" since "8.1";
}
