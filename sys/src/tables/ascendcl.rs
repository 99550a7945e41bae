//! `libascendcl.so`, the runtime: devices, streams, events, memory, kernels, graphs.
//!
//! Made from `sys/include` by `cargo run -p xtask -- bindings`.

use core::ffi::*;

use crate::ffi::*;
use crate::table::table;

table! {
    /// `libascendcl.so`, the runtime: devices, streams, events, memory, kernels, graphs.
    pub struct AscendCl in "libascendcl.so";

    // Status codes, element types, memory formats, data buffers and tensor descriptions.
    variadic fn aclAppLog(
        logLevel: aclLogLevel, func: *const c_char, file: *const c_char, line: u32, fmt: *const c_char,
    ) -> () = "aclAppLog" since "8.1";
    value fn aclCreateDataBuffer(data: *mut c_void, size: usize) -> *mut aclDataBuffer = "aclCreateDataBuffer" since "8.1";
    value fn aclCreateTensorDesc(
        dataType: aclDataType, numDims: c_int, dims: *const i64, format: aclFormat,
    ) -> *mut aclTensorDesc = "aclCreateTensorDesc" since "8.1";
    value fn aclDataTypeSize(dataType: aclDataType) -> usize = "aclDataTypeSize" since "8.1";
    status fn aclDestroyDataBuffer(dataBuffer: *const aclDataBuffer) -> aclError = "aclDestroyDataBuffer" since "8.1";
    value fn aclDestroyTensorDesc(desc: *const aclTensorDesc) -> () = "aclDestroyTensorDesc" since "8.1";
    value fn aclFloat16ToFloat(value: aclFloat16) -> f32 = "aclFloat16ToFloat" since "8.1";
    value fn aclFloatToFloat16(value: f32) -> aclFloat16 = "aclFloatToFloat16" since "8.1";
    value fn aclGetDataBufferAddr(dataBuffer: *const aclDataBuffer) -> *mut c_void = "aclGetDataBufferAddr" since "8.1";
    value fn aclGetDataBufferSize(dataBuffer: *const aclDataBuffer) -> u32 = "aclGetDataBufferSize" since "8.1";
    value fn aclGetDataBufferSizeV2(dataBuffer: *const aclDataBuffer) -> usize = "aclGetDataBufferSizeV2" since "8.1";
    value fn aclGetTensorDescAddress(desc: *const aclTensorDesc) -> *mut c_void = "aclGetTensorDescAddress" since "8.1";
    value fn aclGetTensorDescByIndex(desc: *mut aclTensorDesc, index: usize) -> *mut aclTensorDesc = "aclGetTensorDescByIndex" since "8.1";
    value fn aclGetTensorDescDim(desc: *const aclTensorDesc, index: usize) -> i64 = "aclGetTensorDescDim" since "8.1";
    status fn aclGetTensorDescDimRange(
        desc: *const aclTensorDesc, index: usize, dimRangeNum: usize, dimRange: *mut i64,
    ) -> aclError = "aclGetTensorDescDimRange" since "8.1";
    status fn aclGetTensorDescDimV2(
        desc: *const aclTensorDesc, index: usize, dimSize: *mut i64,
    ) -> aclError = "aclGetTensorDescDimV2" since "8.1";
    value fn aclGetTensorDescElementCount(desc: *const aclTensorDesc) -> usize = "aclGetTensorDescElementCount" since "8.1";
    value fn aclGetTensorDescFormat(desc: *const aclTensorDesc) -> aclFormat = "aclGetTensorDescFormat" since "8.1";
    value fn aclGetTensorDescName(desc: *mut aclTensorDesc) -> *const c_char = "aclGetTensorDescName" since "8.1";
    value fn aclGetTensorDescNumDims(desc: *const aclTensorDesc) -> usize = "aclGetTensorDescNumDims" since "8.1";
    value fn aclGetTensorDescSize(desc: *const aclTensorDesc) -> usize = "aclGetTensorDescSize" since "8.1";
    value fn aclGetTensorDescType(desc: *const aclTensorDesc) -> aclDataType = "aclGetTensorDescType" since "8.1";
    status fn aclSetTensorConst(
        desc: *mut aclTensorDesc, dataBuffer: *mut c_void, length: usize,
    ) -> aclError = "aclSetTensorConst" since "8.1";
    value fn aclSetTensorDescName(desc: *mut aclTensorDesc, name: *const c_char) -> () = "aclSetTensorDescName" since "8.1";
    status fn aclSetTensorDynamicInput(
        desc: *mut aclTensorDesc, dynamicInputName: *const c_char,
    ) -> aclError = "aclSetTensorDynamicInput" since "8.1";
    status fn aclSetTensorFormat(desc: *mut aclTensorDesc, format: aclFormat) -> aclError = "aclSetTensorFormat" since "8.1";
    status fn aclSetTensorOriginFormat(desc: *mut aclTensorDesc, format: aclFormat) -> aclError = "aclSetTensorOriginFormat" since "8.1";
    status fn aclSetTensorOriginShape(
        desc: *mut aclTensorDesc, numDims: c_int, dims: *const i64,
    ) -> aclError = "aclSetTensorOriginShape" since "8.1";
    status fn aclSetTensorPlaceMent(desc: *mut aclTensorDesc, memType: aclMemType) -> aclError = "aclSetTensorPlaceMent" since "8.1";
    status fn aclSetTensorShape(desc: *mut aclTensorDesc, numDims: c_int, dims: *const i64) -> aclError = "aclSetTensorShape" since "8.1";
    status fn aclSetTensorShapeRange(
        desc: *mut aclTensorDesc, dimsCount: usize, dimsRange: *mut [i64; 2usize],
    ) -> aclError = "aclSetTensorShapeRange" since "8.1";
    status fn aclSetTensorStorageFormat(desc: *mut aclTensorDesc, format: aclFormat) -> aclError = "aclSetTensorStorageFormat" since "8.1";
    status fn aclSetTensorStorageShape(
        desc: *mut aclTensorDesc, numDims: c_int, dims: *const i64,
    ) -> aclError = "aclSetTensorStorageShape" since "8.1";
    status fn aclSetTensorValueRange(
        desc: *mut aclTensorDesc, valueCount: usize, valueRange: *mut [i64; 2usize],
    ) -> aclError = "aclSetTensorValueRange" since "8.1";
    status fn aclTransTensorDescFormat(
        srcDesc: *const aclTensorDesc, dstFormat: aclFormat, dstDesc: *mut *mut aclTensorDesc,
    ) -> aclError = "aclTransTensorDescFormat" since "8.1";
    status fn aclUpdateDataBuffer(
        dataBuffer: *mut aclDataBuffer, data: *mut c_void, size: usize,
    ) -> aclError = "aclUpdateDataBuffer" since "8.1";

    // Initialisation, version and capability queries.
    status fn aclFinalize() -> aclError = "aclFinalize" since "8.1";
    status fn aclFinalizeCallbackRegister(
        type_: aclRegisterCallbackType, cbFunc: aclFinalizeCallbackFunc, userData: *mut c_void,
    ) -> aclError = "aclFinalizeCallbackRegister" since "9.0";
    status fn aclFinalizeCallbackUnRegister(
        type_: aclRegisterCallbackType, cbFunc: aclFinalizeCallbackFunc,
    ) -> aclError = "aclFinalizeCallbackUnRegister" since "9.0";
    status fn aclFinalizeReference(refCount: *mut u64) -> aclError = "aclFinalizeReference" since "8.5";
    status fn aclGetCannAttribute(cannAttr: aclCannAttr, value: *mut i32) -> aclError = "aclGetCannAttribute" since "8.1";
    status fn aclGetCannAttributeList(
        cannAttrList: *mut *const aclCannAttr, num: *mut usize,
    ) -> aclError = "aclGetCannAttributeList" since "8.1";
    status fn aclGetDeviceCapability(
        deviceId: u32, deviceInfo: aclDeviceInfo, value: *mut i64,
    ) -> aclError = "aclGetDeviceCapability" since "8.1";
    value fn aclGetRecentErrMsg() -> *const c_char = "aclGetRecentErrMsg" since "8.1";
    status fn aclInit(configPath: *const c_char) -> aclError = "aclInit" since "8.1";
    status fn aclInitCallbackRegister(
        type_: aclRegisterCallbackType, cbFunc: aclInitCallbackFunc, userData: *mut c_void,
    ) -> aclError = "aclInitCallbackRegister" since "9.0";
    status fn aclInitCallbackUnRegister(
        type_: aclRegisterCallbackType, cbFunc: aclInitCallbackFunc,
    ) -> aclError = "aclInitCallbackUnRegister" since "9.0";
    status fn aclrtCheckArchCompatibility(
        socVersion: *const c_char, canCompatible: *mut i32,
    ) -> aclError = "aclrtCheckArchCompatibility" since "9.0";
    value fn aclrtGetSocName() -> *const c_char = "aclrtGetSocName" since "8.1";
    status fn aclrtGetVersion(
        majorVersion: *mut i32, minorVersion: *mut i32, patchVersion: *mut i32,
    ) -> aclError = "aclrtGetVersion" since "8.1";
    status fn aclsysGetCANNVersion(
        name: aclCANNPackageName, version: *mut aclCANNPackageVersion,
    ) -> aclError = "aclsysGetCANNVersion" since "8.1";
    status fn aclsysGetVersionNum(pkgName: *mut c_char, versionNum: *mut i32) -> aclError = "aclsysGetVersionNum" since "9.0";
    status fn aclsysGetVersionStr(pkgName: *mut c_char, versionStr: *mut c_char) -> aclError = "aclsysGetVersionStr" since "9.0";

    // Devices: selection, limits, topology, utilisation, peers.
    status fn aclrtDeviceCanAccessPeer(
        canAccessPeer: *mut i32, deviceId: i32, peerDeviceId: i32,
    ) -> aclError = "aclrtDeviceCanAccessPeer" since "8.1";
    status fn aclrtDeviceDisablePeerAccess(peerDeviceId: i32) -> aclError = "aclrtDeviceDisablePeerAccess" since "8.1";
    status fn aclrtDeviceEnablePeerAccess(peerDeviceId: i32, flags: u32) -> aclError = "aclrtDeviceEnablePeerAccess" since "8.1";
    status fn aclrtDeviceGetByPCIBusId(pciBusId: *const c_char, deviceId: *mut i32) -> aclError = "aclrtDeviceGetByPCIBusId" since "9.0";
    status fn aclrtDeviceGetHostAtomicCapabilities(
        capabilities: *mut u32, operations: *const aclrtAtomicOperation, count: u32, deviceId: i32,
    ) -> aclError = "aclrtDeviceGetHostAtomicCapabilities" since "9.0";
    status fn aclrtDeviceGetLimit(limit: aclrtDeviceLimit, value: *mut usize) -> aclError = "aclrtDeviceGetLimit" since "9.0";
    status fn aclrtDeviceGetP2PAtomicCapabilities(
        capabilities: *mut u32, operations: *const aclrtAtomicOperation, count: u32, srcDeviceId: i32, dstDeviceId: i32,
    ) -> aclError = "aclrtDeviceGetP2PAtomicCapabilities" since "9.0";
    status fn aclrtDeviceGetPCIBusId(deviceId: i32, pciBusId: *mut c_char, len: i32) -> aclError = "aclrtDeviceGetPCIBusId" since "9.0";
    status fn aclrtDeviceGetUuid(deviceId: i32, uuid: *mut aclrtUuid) -> aclError = "aclrtDeviceGetUuid" since "8.5";
    status fn aclrtDevicePeerAccessStatus(
        deviceId: i32, peerDeviceId: i32, status: *mut i32,
    ) -> aclError = "aclrtDevicePeerAccessStatus" since "9.0";
    status fn aclrtDeviceSetLimit(limit: aclrtDeviceLimit, value: usize) -> aclError = "aclrtDeviceSetLimit" since "9.0";
    status fn aclrtDeviceTaskAbort(deviceId: i32, timeout: u32) -> aclError = "aclrtDeviceTaskAbort" since "8.1";
    status fn aclrtGetDevice(deviceId: *mut i32) -> aclError = "aclrtGetDevice" since "8.1";
    status fn aclrtGetDeviceCapability(
        deviceId: i32, devFeatureType: aclrtDevFeatureType, value: *mut i32,
    ) -> aclError = "aclrtGetDeviceCapability" since "9.0";
    status fn aclrtGetDeviceCount(count: *mut u32) -> aclError = "aclrtGetDeviceCount" since "8.1";
    status fn aclrtGetDeviceInfo(deviceId: u32, attr: aclrtDevAttr, value: *mut i64) -> aclError = "aclrtGetDeviceInfo" since "9.0";
    status fn aclrtGetDeviceResLimit(
        deviceId: i32, type_: aclrtDevResLimitType, value: *mut u32,
    ) -> aclError = "aclrtGetDeviceResLimit" since "8.5";
    status fn aclrtGetDeviceSatMode(mode: *mut aclrtFloatOverflowMode) -> aclError = "aclrtGetDeviceSatMode" since "8.1";
    status fn aclrtGetDeviceUtilizationRate(
        deviceId: i32, utilizationInfo: *mut aclrtUtilizationInfo,
    ) -> aclError = "aclrtGetDeviceUtilizationRate" since "8.1";
    status fn aclrtGetDevicesTopo(deviceId: u32, otherDeviceId: u32, value: *mut u64) -> aclError = "aclrtGetDevicesTopo" since "9.0";
    status fn aclrtGetLogicDevIdByPhyDevId(phyDevId: i32, logicDevId: *mut i32) -> aclError = "aclrtGetLogicDevIdByPhyDevId" since "9.0";
    status fn aclrtGetLogicDevIdByUserDevId(userDevid: i32, logicDevId: *mut i32) -> aclError = "aclrtGetLogicDevIdByUserDevId" since "9.0";
    status fn aclrtGetOpExecuteTimeout(timeoutMs: *mut u32) -> aclError = "aclrtGetOpExecuteTimeout" since "9.0";
    status fn aclrtGetOpTimeOutInterval(interval: *mut u64) -> aclError = "aclrtGetOpTimeOutInterval" since "9.0";
    status fn aclrtGetPhyDevIdByLogicDevId(logicDevId: i32, phyDevId: *mut i32) -> aclError = "aclrtGetPhyDevIdByLogicDevId" since "9.0";
    status fn aclrtGetPhyDevIdByUserDevId(userDevId: i32, phyDevId: *mut i32) -> aclError = "aclrtGetPhyDevIdByUserDevId" since "9.0";
    status fn aclrtGetRunMode(runMode: *mut aclrtRunMode) -> aclError = "aclrtGetRunMode" since "8.1";
    status fn aclrtGetUserDevIdByLogicDevId(logicDevId: i32, userDevid: *mut i32) -> aclError = "aclrtGetUserDevIdByLogicDevId" since "9.0";
    status fn aclrtGetUserDevIdByPhyDevId(phyDevId: i32, userDevId: *mut i32) -> aclError = "aclrtGetUserDevIdByPhyDevId" since "9.0";
    status fn aclrtQueryDeviceStatus(
        deviceId: i32, deviceStatus: *mut aclrtDeviceStatus,
    ) -> aclError = "aclrtQueryDeviceStatus" since "8.1";
    status fn aclrtResetDevice(deviceId: i32) -> aclError = "aclrtResetDevice" since "8.1";
    status fn aclrtResetDeviceForce(deviceId: i32) -> aclError = "aclrtResetDeviceForce" since "8.1";
    status fn aclrtResetDeviceResLimit(deviceId: i32) -> aclError = "aclrtResetDeviceResLimit" since "8.5";
    status fn aclrtSetDevice(deviceId: i32) -> aclError = "aclrtSetDevice" since "8.1";
    status fn aclrtSetDeviceResLimit(
        deviceId: i32, type_: aclrtDevResLimitType, value: u32,
    ) -> aclError = "aclrtSetDeviceResLimit" since "8.5";
    status fn aclrtSetDeviceSatMode(mode: aclrtFloatOverflowMode) -> aclError = "aclrtSetDeviceSatMode" since "8.1";
    status fn aclrtSetOpExecuteTimeOut(timeout: u32) -> aclError = "aclrtSetOpExecuteTimeOut" since "8.1";
    status fn aclrtSetOpExecuteTimeOutV2(timeout: u64, actualTimeout: *mut u64) -> aclError = "aclrtSetOpExecuteTimeOutV2" since "8.5";
    status fn aclrtSetOpExecuteTimeOutWithMs(timeout: u32) -> aclError = "aclrtSetOpExecuteTimeOutWithMs" since "8.1";
    status fn aclrtSetOpWaitTimeout(timeout: u32) -> aclError = "aclrtSetOpWaitTimeout" since "8.1";
    status fn aclrtSetTsDevice(tsId: aclrtTsId) -> aclError = "aclrtSetTsDevice" since "8.1";
    status fn aclrtSynchronizeDevice() -> aclError = "aclrtSynchronizeDevice" since "8.1";
    status fn aclrtSynchronizeDeviceWithTimeout(timeout: i32) -> aclError = "aclrtSynchronizeDeviceWithTimeout" since "8.1";

    // Contexts and the settings of the calling thread.
    status fn aclrtCreateContext(context: *mut aclrtContext, deviceId: i32) -> aclError = "aclrtCreateContext" since "8.1";
    value fn aclrtCreateGroupInfo() -> *mut aclrtGroupInfo = "aclrtCreateGroupInfo" since "8.1";
    status fn aclrtCtxGetCurrentDefaultStream(stream: *mut aclrtStream) -> aclError = "aclrtCtxGetCurrentDefaultStream" since "9.0";
    status fn aclrtCtxGetFloatOverflowAddr(overflowAddr: *mut *mut c_void) -> aclError = "aclrtCtxGetFloatOverflowAddr" since "9.0";
    status fn aclrtCtxGetSysParamOpt(opt: aclSysParamOpt, value: *mut i64) -> aclError = "aclrtCtxGetSysParamOpt" since "8.1";
    status fn aclrtCtxSetSysParamOpt(opt: aclSysParamOpt, value: i64) -> aclError = "aclrtCtxSetSysParamOpt" since "8.1";
    status fn aclrtDestroyContext(context: aclrtContext) -> aclError = "aclrtDestroyContext" since "8.1";
    status fn aclrtDestroyGroupInfo(groupInfo: *mut aclrtGroupInfo) -> aclError = "aclrtDestroyGroupInfo" since "8.1";
    status fn aclrtGetAllGroupInfo(groupInfo: *mut aclrtGroupInfo) -> aclError = "aclrtGetAllGroupInfo" since "8.1";
    status fn aclrtGetCurrentContext(context: *mut aclrtContext) -> aclError = "aclrtGetCurrentContext" since "8.1";
    status fn aclrtGetGroupCount(count: *mut u32) -> aclError = "aclrtGetGroupCount" since "8.1";
    status fn aclrtGetGroupInfoDetail(
        groupInfo: *const aclrtGroupInfo, groupIndex: i32, attr: aclrtGroupAttr, attrValue: *mut c_void, valueLen: usize,
        paramRetSize: *mut usize,
    ) -> aclError = "aclrtGetGroupInfoDetail" since "8.1";
    status fn aclrtGetPrimaryCtxState(deviceId: i32, flags: *mut u32, active: *mut i32) -> aclError = "aclrtGetPrimaryCtxState" since "9.0";
    status fn aclrtGetResInCurrentThread(
        type_: aclrtDevResLimitType, value: *mut u32,
    ) -> aclError = "aclrtGetResInCurrentThread" since "8.5";
    status fn aclrtGetSysParamOpt(opt: aclSysParamOpt, value: *mut i64) -> aclError = "aclrtGetSysParamOpt" since "8.1";
    status fn aclrtSetCurrentContext(context: aclrtContext) -> aclError = "aclrtSetCurrentContext" since "8.1";
    status fn aclrtSetGroup(groupId: i32) -> aclError = "aclrtSetGroup" since "8.1";
    status fn aclrtSetSysParamOpt(opt: aclSysParamOpt, value: i64) -> aclError = "aclrtSetSysParamOpt" since "8.1";
    status fn aclrtUnuseStreamResInCurrentThread(stream: aclrtStream) -> aclError = "aclrtUnuseStreamResInCurrentThread" since "8.5";
    status fn aclrtUseStreamResInCurrentThread(stream: aclrtStream) -> aclError = "aclrtUseStreamResInCurrentThread" since "8.5";

    // Streams: creation, synchronisation, attributes, values in memory.
    status fn aclrtActiveStream(activeStream: aclrtStream, stream: aclrtStream) -> aclError = "aclrtActiveStream" since "9.0";
    status fn aclrtCreateStream(stream: *mut aclrtStream) -> aclError = "aclrtCreateStream" since "8.1";
    value fn aclrtCreateStreamConfigHandle() -> *mut aclrtStreamConfigHandle = "aclrtCreateStreamConfigHandle" since "8.1";
    status fn aclrtCreateStreamV2(
        stream: *mut aclrtStream, handle: *const aclrtStreamConfigHandle,
    ) -> aclError = "aclrtCreateStreamV2" since "8.1";
    status fn aclrtCreateStreamWithConfig(
        stream: *mut aclrtStream, priority: u32, flag: u32,
    ) -> aclError = "aclrtCreateStreamWithConfig" since "8.1";
    status fn aclrtDestroyStream(stream: aclrtStream) -> aclError = "aclrtDestroyStream" since "8.1";
    status fn aclrtDestroyStreamConfigHandle(
        handle: *mut aclrtStreamConfigHandle,
    ) -> aclError = "aclrtDestroyStreamConfigHandle" since "8.1";
    status fn aclrtDestroyStreamForce(stream: aclrtStream) -> aclError = "aclrtDestroyStreamForce" since "8.1";
    status fn aclrtDeviceGetStreamPriorityRange(
        leastPriority: *mut i32, greatestPriority: *mut i32,
    ) -> aclError = "aclrtDeviceGetStreamPriorityRange" since "9.0";
    status fn aclrtGetFloatOverflowStatus(
        outputAddr: *mut c_void, outputSize: u64, stream: aclrtStream,
    ) -> aclError = "aclrtGetFloatOverflowStatus" since "9.0";
    status fn aclrtGetOverflowStatus(
        outputAddr: *mut c_void, outputSize: usize, stream: aclrtStream,
    ) -> aclError = "aclrtGetOverflowStatus" since "8.1";
    status fn aclrtGetStreamAttribute(
        stream: aclrtStream, stmAttrType: aclrtStreamAttr, value: *mut aclrtStreamAttrValue,
    ) -> aclError = "aclrtGetStreamAttribute" since "9.0";
    status fn aclrtGetStreamAvailableNum(streamCount: *mut u32) -> aclError = "aclrtGetStreamAvailableNum" since "9.0";
    status fn aclrtGetStreamOverflowSwitch(stream: aclrtStream, flag: *mut u32) -> aclError = "aclrtGetStreamOverflowSwitch" since "8.1";
    status fn aclrtGetStreamResLimit(
        stream: aclrtStream, type_: aclrtDevResLimitType, value: *mut u32,
    ) -> aclError = "aclrtGetStreamResLimit" since "8.5";
    status fn aclrtNpuClearFloatOverFlowStatus(
        checkMode: u32, stream: aclrtStream,
    ) -> aclError = "aclrtNpuClearFloatOverFlowStatus" since "9.0";
    status fn aclrtNpuGetFloatOverFlowStatus(
        outputAddr: *mut c_void, outputSize: u64, checkMode: u32, stream: aclrtStream,
    ) -> aclError = "aclrtNpuGetFloatOverFlowStatus" since "9.0";
    status fn aclrtResetFloatOverflowStatus(stream: aclrtStream) -> aclError = "aclrtResetFloatOverflowStatus" since "9.0";
    status fn aclrtResetOverflowStatus(stream: aclrtStream) -> aclError = "aclrtResetOverflowStatus" since "8.1";
    status fn aclrtResetStreamResLimit(stream: aclrtStream) -> aclError = "aclrtResetStreamResLimit" since "8.5";
    status fn aclrtSetStreamAttribute(
        stream: aclrtStream, stmAttrType: aclrtStreamAttr, value: *mut aclrtStreamAttrValue,
    ) -> aclError = "aclrtSetStreamAttribute" since "8.5";
    status fn aclrtSetStreamConfigOpt(
        handle: *mut aclrtStreamConfigHandle, attr: aclrtStreamConfigAttr, attrValue: *const c_void, valueSize: usize,
    ) -> aclError = "aclrtSetStreamConfigOpt" since "8.1";
    status fn aclrtSetStreamFailureMode(stream: aclrtStream, mode: u64) -> aclError = "aclrtSetStreamFailureMode" since "8.1";
    status fn aclrtSetStreamOverflowSwitch(stream: aclrtStream, flag: u32) -> aclError = "aclrtSetStreamOverflowSwitch" since "8.1";
    status fn aclrtSetStreamResLimit(
        stream: aclrtStream, type_: aclrtDevResLimitType, value: u32,
    ) -> aclError = "aclrtSetStreamResLimit" since "9.0";
    status fn aclrtStreamAbort(stream: aclrtStream) -> aclError = "aclrtStreamAbort" since "8.1";
    status fn aclrtStreamGetFlags(stream: aclrtStream, flags: *mut u32) -> aclError = "aclrtStreamGetFlags" since "9.0";
    status fn aclrtStreamGetId(stream: aclrtStream, streamId: *mut i32) -> aclError = "aclrtStreamGetId" since "8.1";
    status fn aclrtStreamGetPriority(stream: aclrtStream, priority: *mut u32) -> aclError = "aclrtStreamGetPriority" since "9.0";
    status fn aclrtStreamQuery(stream: aclrtStream, status: *mut aclrtStreamStatus) -> aclError = "aclrtStreamQuery" since "8.1";
    status fn aclrtStreamStop(stream: aclrtStream) -> aclError = "aclrtStreamStop" since "9.0";
    status fn aclrtStreamWaitEvent(stream: aclrtStream, event: aclrtEvent) -> aclError = "aclrtStreamWaitEvent" since "8.1";
    status fn aclrtStreamWaitEventWithFlag(
        stream: aclrtStream, event: aclrtEvent, timeout: u32, flag: u32,
    ) -> aclError = "aclrtStreamWaitEventWithFlag" since "9.0";
    status fn aclrtStreamWaitEventWithTimeout(
        stream: aclrtStream, event: aclrtEvent, timeout: i32,
    ) -> aclError = "aclrtStreamWaitEventWithTimeout" since "9.0";
    status fn aclrtSwitchStream(
        leftValue: *mut c_void, cond: aclrtCondition, rightValue: *mut c_void, dataType: aclrtCompareDataType, trueStream: aclrtStream,
        falseStream: aclrtStream, stream: aclrtStream,
    ) -> aclError = "aclrtSwitchStream" since "9.0";
    status fn aclrtSynchronizeStream(stream: aclrtStream) -> aclError = "aclrtSynchronizeStream" since "8.1";
    status fn aclrtSynchronizeStreamWithTimeout(
        stream: aclrtStream, timeout: i32,
    ) -> aclError = "aclrtSynchronizeStreamWithTimeout" since "8.1";
    status fn aclrtValueWait(devAddr: *mut c_void, value: u64, flag: u32, stream: aclrtStream) -> aclError = "aclrtValueWait" since "9.0";
    status fn aclrtValueWrite(devAddr: *mut c_void, value: u64, flag: u32, stream: aclrtStream) -> aclError = "aclrtValueWrite" since "9.0";

    // Events: record, wait, query, elapsed time.
    status fn aclrtCreateEvent(event: *mut aclrtEvent) -> aclError = "aclrtCreateEvent" since "8.1";
    status fn aclrtCreateEventExWithFlag(event: *mut aclrtEvent, flag: u32) -> aclError = "aclrtCreateEventExWithFlag" since "8.1";
    status fn aclrtCreateEventWithFlag(event: *mut aclrtEvent, flag: u32) -> aclError = "aclrtCreateEventWithFlag" since "8.1";
    status fn aclrtDestroyEvent(event: aclrtEvent) -> aclError = "aclrtDestroyEvent" since "8.1";
    status fn aclrtEventElapsedTime(
        ms: *mut f32, startEvent: aclrtEvent, endEvent: aclrtEvent,
    ) -> aclError = "aclrtEventElapsedTime" since "8.1";
    status fn aclrtEventGetTimestamp(event: aclrtEvent, timestamp: *mut u64) -> aclError = "aclrtEventGetTimestamp" since "8.1";
    status fn aclrtGetEventAvailNum(eventCount: *mut u32) -> aclError = "aclrtGetEventAvailNum" since "9.0";
    status fn aclrtGetEventId(event: aclrtEvent, eventId: *mut u32) -> aclError = "aclrtGetEventId" since "9.0";
    status fn aclrtQueryEvent(event: aclrtEvent, status: *mut aclrtEventStatus) -> aclError = "aclrtQueryEvent" since "8.1";
    status fn aclrtQueryEventStatus(
        event: aclrtEvent, status: *mut aclrtEventRecordedStatus,
    ) -> aclError = "aclrtQueryEventStatus" since "8.1";
    status fn aclrtQueryEventWaitStatus(
        event: aclrtEvent, status: *mut aclrtEventWaitStatus,
    ) -> aclError = "aclrtQueryEventWaitStatus" since "8.1";
    status fn aclrtRecordEvent(event: aclrtEvent, stream: aclrtStream) -> aclError = "aclrtRecordEvent" since "8.1";
    status fn aclrtRecordEventWithFlag(
        event: aclrtEvent, stream: aclrtStream, flag: u32,
    ) -> aclError = "aclrtRecordEventWithFlag" since "9.0";
    status fn aclrtResetEvent(event: aclrtEvent, stream: aclrtStream) -> aclError = "aclrtResetEvent" since "8.1";
    status fn aclrtSynchronizeEvent(event: aclrtEvent) -> aclError = "aclrtSynchronizeEvent" since "8.1";
    status fn aclrtSynchronizeEventWithTimeout(
        event: aclrtEvent, timeout: i32,
    ) -> aclError = "aclrtSynchronizeEventWithTimeout" since "8.1";

    // Notifies, counting notifies and labels.
    status fn aclrtCntNotifyCreate(cntNotify: *mut aclrtCntNotify, flag: u64) -> aclError = "aclrtCntNotifyCreate" since "9.0";
    status fn aclrtCntNotifyDestroy(cntNotify: aclrtCntNotify) -> aclError = "aclrtCntNotifyDestroy" since "9.0";
    status fn aclrtCntNotifyGetId(cntNotify: aclrtCntNotify, notifyId: *mut u32) -> aclError = "aclrtCntNotifyGetId" since "9.0";
    status fn aclrtCntNotifyRecord(
        cntNotify: aclrtCntNotify, stream: aclrtStream, info: *mut aclrtCntNotifyRecordInfo,
    ) -> aclError = "aclrtCntNotifyRecord" since "9.0";
    status fn aclrtCntNotifyReset(cntNotify: aclrtCntNotify, stream: aclrtStream) -> aclError = "aclrtCntNotifyReset" since "9.0";
    status fn aclrtCntNotifyWaitWithTimeout(
        cntNotify: aclrtCntNotify, stream: aclrtStream, info: *mut aclrtCntNotifyWaitInfo,
    ) -> aclError = "aclrtCntNotifyWaitWithTimeout" since "9.0";
    status fn aclrtCreateLabel(label: *mut aclrtLabel) -> aclError = "aclrtCreateLabel" since "9.0";
    status fn aclrtCreateLabelList(
        labels: *mut aclrtLabel, num: usize, labelList: *mut aclrtLabelList,
    ) -> aclError = "aclrtCreateLabelList" since "9.0";
    status fn aclrtCreateNotify(notify: *mut aclrtNotify, flag: u64) -> aclError = "aclrtCreateNotify" since "9.0";
    status fn aclrtDestroyLabel(label: aclrtLabel) -> aclError = "aclrtDestroyLabel" since "9.0";
    status fn aclrtDestroyLabelList(labelList: aclrtLabelList) -> aclError = "aclrtDestroyLabelList" since "9.0";
    status fn aclrtDestroyNotify(notify: aclrtNotify) -> aclError = "aclrtDestroyNotify" since "9.0";
    status fn aclrtGetNotifyId(notify: aclrtNotify, notifyId: *mut u32) -> aclError = "aclrtGetNotifyId" since "9.0";
    status fn aclrtNotifyBatchReset(notifies: *mut aclrtNotify, num: usize) -> aclError = "aclrtNotifyBatchReset" since "9.0";
    status fn aclrtRecordNotify(notify: aclrtNotify, stream: aclrtStream) -> aclError = "aclrtRecordNotify" since "9.0";
    status fn aclrtSetLabel(label: aclrtLabel, stream: aclrtStream) -> aclError = "aclrtSetLabel" since "9.0";
    status fn aclrtSwitchLabelByIndex(
        ptr: *mut c_void, maxValue: u32, labelList: aclrtLabelList, stream: aclrtStream,
    ) -> aclError = "aclrtSwitchLabelByIndex" since "9.0";
    status fn aclrtWaitAndResetNotify(
        notify: aclrtNotify, stream: aclrtStream, timeout: u32,
    ) -> aclError = "aclrtWaitAndResetNotify" since "9.0";

    // Allocation, host registration, managed memory, memory statistics.
    status fn aclrtCheckMemType(
        addrList: *mut *mut c_void, size: u32, memType: u32, checkResult: *mut u32, reserve: u32,
    ) -> aclError = "aclrtCheckMemType" since "9.0";
    status fn aclrtFree(devPtr: *mut c_void) -> aclError = "aclrtFree" since "8.1";
    status fn aclrtFreeHost(hostPtr: *mut c_void) -> aclError = "aclrtFreeHost" since "8.1";
    status fn aclrtFreeHostWithDevSync(hostPtr: *mut c_void) -> aclError = "aclrtFreeHostWithDevSync" since "9.0";
    status fn aclrtFreeWithDevSync(devPtr: *mut c_void) -> aclError = "aclrtFreeWithDevSync" since "9.0";
    status fn aclrtGetMemInfo(attr: aclrtMemAttr, free: *mut usize, total: *mut usize) -> aclError = "aclrtGetMemInfo" since "8.1";
    status fn aclrtGetMemUsageInfo(
        deviceId: i32, memUsageInfo: *mut aclrtMemUsageInfo, inputNum: usize, outputNum: *mut usize,
    ) -> aclError = "aclrtGetMemUsageInfo" since "9.0";
    status fn aclrtGetMemUsageInfo_until_8_5(
        deviceId: u32, memUsageInfo: *mut aclrtMemUsageInfo, inputNum: usize, outputNum: *mut usize,
    ) -> aclError = "aclrtGetMemUsageInfo" since "8.5";
    status fn aclrtHostGetDevicePointer(
        pHost: *mut c_void, pDevice: *mut *mut c_void, flag: u32,
    ) -> aclError = "aclrtHostGetDevicePointer" since "9.0";
    status fn aclrtHostMemMapCapabilities(
        deviceId: u32, hacType: aclrtHacType, capabilities: *mut aclrtHostMemMapCapability,
    ) -> aclError = "aclrtHostMemMapCapabilities" since "9.0";
    status fn aclrtHostRegister(
        ptr: *mut c_void, size: u64, type_: aclrtHostRegisterType, devPtr: *mut *mut c_void,
    ) -> aclError = "aclrtHostRegister" since "8.1";
    status fn aclrtHostRegisterV2(ptr: *mut c_void, size: u64, flag: u32) -> aclError = "aclrtHostRegisterV2" since "9.0";
    status fn aclrtHostUnregister(ptr: *mut c_void) -> aclError = "aclrtHostUnregister" since "8.1";
    status fn aclrtMalloc(devPtr: *mut *mut c_void, size: usize, policy: aclrtMemMallocPolicy) -> aclError = "aclrtMalloc" since "8.1";
    status fn aclrtMallocAlign32(
        devPtr: *mut *mut c_void, size: usize, policy: aclrtMemMallocPolicy,
    ) -> aclError = "aclrtMallocAlign32" since "8.1";
    status fn aclrtMallocCached(
        devPtr: *mut *mut c_void, size: usize, policy: aclrtMemMallocPolicy,
    ) -> aclError = "aclrtMallocCached" since "8.1";
    status fn aclrtMallocForTaskScheduler(
        devPtr: *mut *mut c_void, size: usize, policy: aclrtMemMallocPolicy, cfg: *mut aclrtMallocConfig,
    ) -> aclError = "aclrtMallocForTaskScheduler" since "8.1";
    status fn aclrtMallocHost(hostPtr: *mut *mut c_void, size: usize) -> aclError = "aclrtMallocHost" since "8.1";
    status fn aclrtMallocHostWithCfg(
        ptr: *mut *mut c_void, size: u64, cfg: *mut aclrtMallocConfig,
    ) -> aclError = "aclrtMallocHostWithCfg" since "8.1";
    status fn aclrtMallocWithCfg(
        devPtr: *mut *mut c_void, size: usize, policy: aclrtMemMallocPolicy, cfg: *mut aclrtMallocConfig,
    ) -> aclError = "aclrtMallocWithCfg" since "8.1";
    status fn aclrtMemAllocManaged(ptr: *mut *mut c_void, size: u64, flag: u32) -> aclError = "aclrtMemAllocManaged" since "9.0";
    status fn aclrtMemManagedAdvise(
        ptr: *const c_void, size: u64, advise: aclrtMemManagedAdviseType, location: aclrtMemManagedLocation,
    ) -> aclError = "aclrtMemManagedAdvise" since "9.0";
    status fn aclrtMemManagedGetAttr(
        attribute: aclrtMemManagedRangeAttribute, ptr: *const c_void, size: usize, data: *mut c_void, dataSize: usize,
    ) -> aclError = "aclrtMemManagedGetAttr" since "9.0";
    status fn aclrtMemManagedGetAttrs(
        attributes: *mut aclrtMemManagedRangeAttribute, numAttributes: usize, ptr: *const c_void, size: usize, data: *mut *mut c_void,
        dataSizes: *mut usize,
    ) -> aclError = "aclrtMemManagedGetAttrs" since "9.0";
    status fn aclrtMemManagedPrefetchAsync(
        ptr: *const c_void, size: usize, location: aclrtMemManagedLocation, flags: u32, stream: aclrtStream,
    ) -> aclError = "aclrtMemManagedPrefetchAsync" since "9.0";
    status fn aclrtMemManagedPrefetchBatchAsync(
        ptrs: *mut *const c_void, sizes: *mut usize, count: usize, prefetchLocs: *mut aclrtMemManagedLocation, prefetchLocIdxs: *mut usize,
        numPrefetchLocs: usize, flags: u64, stream: aclrtStream,
    ) -> aclError = "aclrtMemManagedPrefetchBatchAsync" since "9.0";
    status fn aclrtPointerGetAttributes(
        ptr: *const c_void, attributes: *mut aclrtPtrAttributes,
    ) -> aclError = "aclrtPointerGetAttributes" since "8.1";

    // Copies, fills and cache operations.
    status fn aclrtCmoAsync(
        src: *mut c_void, size: usize, cmoType: aclrtCmoType, stream: aclrtStream,
    ) -> aclError = "aclrtCmoAsync" since "8.1";
    status fn aclrtCmoAsyncWithBarrier(
        src: *mut c_void, size: usize, cmoType: aclrtCmoType, barrierId: u32, stream: aclrtStream,
    ) -> aclError = "aclrtCmoAsyncWithBarrier" since "9.0";
    status fn aclrtCmoAsyncWithDesc(
        cmoDesc: *mut c_void, cmoType: aclrtCmoType, stream: aclrtStream, reserve: *const c_void,
    ) -> aclError = "aclrtCmoAsyncWithDesc" since "9.0";
    status fn aclrtCmoGetDescSize(size: *mut usize) -> aclError = "aclrtCmoGetDescSize" since "9.0";
    status fn aclrtCmoSetDesc(cmoDesc: *mut c_void, src: *mut c_void, size: usize) -> aclError = "aclrtCmoSetDesc" since "9.0";
    status fn aclrtCmoWaitBarrier(
        taskInfo: *mut aclrtBarrierTaskInfo, stream: aclrtStream, flag: u32,
    ) -> aclError = "aclrtCmoWaitBarrier" since "9.0";
    status fn aclrtDeviceL2CacheFlush(rsv: *mut c_void) -> aclError = "aclrtDeviceL2CacheFlush" since "9.0";
    status fn aclrtGetMemcpyDescSize(kind: aclrtMemcpyKind, descSize: *mut usize) -> aclError = "aclrtGetMemcpyDescSize" since "8.1";
    status fn aclrtGetSymbolAddress(symbol: *const c_void, devPtr: *mut *mut c_void) -> aclError = "aclrtGetSymbolAddress" since "9.0";
    status fn aclrtGetSymbolSize(symbol: *const c_void, size: *mut usize) -> aclError = "aclrtGetSymbolSize" since "9.0";
    status fn aclrtMemFlush(devPtr: *mut c_void, size: usize) -> aclError = "aclrtMemFlush" since "8.1";
    status fn aclrtMemInvalidate(devPtr: *mut c_void, size: usize) -> aclError = "aclrtMemInvalidate" since "8.1";
    status fn aclrtMemcpy(
        dst: *mut c_void, destMax: usize, src: *const c_void, count: usize, kind: aclrtMemcpyKind,
    ) -> aclError = "aclrtMemcpy" since "8.1";
    status fn aclrtMemcpy2d(
        dst: *mut c_void, dpitch: usize, src: *const c_void, spitch: usize, width: usize, height: usize, kind: aclrtMemcpyKind,
    ) -> aclError = "aclrtMemcpy2d" since "8.1";
    status fn aclrtMemcpy2dAsync(
        dst: *mut c_void, dpitch: usize, src: *const c_void, spitch: usize, width: usize, height: usize, kind: aclrtMemcpyKind,
        stream: aclrtStream,
    ) -> aclError = "aclrtMemcpy2dAsync" since "8.1";
    status fn aclrtMemcpyAsync(
        dst: *mut c_void, destMax: usize, src: *const c_void, count: usize, kind: aclrtMemcpyKind, stream: aclrtStream,
    ) -> aclError = "aclrtMemcpyAsync" since "8.1";
    status fn aclrtMemcpyAsyncWithCondition(
        dst: *mut c_void, destMax: usize, src: *const c_void, count: usize, kind: aclrtMemcpyKind, stream: aclrtStream,
    ) -> aclError = "aclrtMemcpyAsyncWithCondition" since "8.1";
    status fn aclrtMemcpyAsyncWithDesc(
        desc: *mut c_void, kind: aclrtMemcpyKind, stream: aclrtStream,
    ) -> aclError = "aclrtMemcpyAsyncWithDesc" since "8.1";
    status fn aclrtMemcpyAsyncWithOffset(
        dst: *mut *mut c_void, destMax: usize, dstDataOffset: usize, src: *mut *const c_void, count: usize, srcDataOffset: usize,
        kind: aclrtMemcpyKind, stream: aclrtStream,
    ) -> aclError = "aclrtMemcpyAsyncWithOffset" since "9.0";
    status fn aclrtMemcpyBatch(
        dsts: *mut *mut c_void, destMaxs: *mut usize, srcs: *mut *mut c_void, sizes: *mut usize, numBatches: usize,
        attrs: *mut aclrtMemcpyBatchAttr, attrsIndexes: *mut usize, numAttrs: usize, failIndex: *mut usize,
    ) -> aclError = "aclrtMemcpyBatch" since "8.5";
    status fn aclrtMemcpyBatchAsync(
        dsts: *mut *mut c_void, destMaxs: *mut usize, srcs: *mut *mut c_void, sizes: *mut usize, numBatches: usize,
        attrs: *mut aclrtMemcpyBatchAttr, attrsIndexes: *mut usize, numAttrs: usize, failIndex: *mut usize, stream: aclrtStream,
    ) -> aclError = "aclrtMemcpyBatchAsync" since "8.5";
    status fn aclrtMemcpyBatchAsyncV2(
        dsts: *mut *mut c_void, destMaxs: *mut usize, srcs: *mut *mut c_void, sizes: *mut usize, numBatches: usize,
        attrs: *mut aclrtMemcpyBatchAttr, attrsIndexes: *mut usize, numAttrs: usize, stream: aclrtStream,
    ) -> aclError = "aclrtMemcpyBatchAsyncV2" since "9.0";
    status fn aclrtMemcpyBatchV2(
        dsts: *mut *mut c_void, destMaxs: *mut usize, srcs: *mut *mut c_void, sizes: *mut usize, numBatches: usize,
        attrs: *mut aclrtMemcpyBatchAttr, attrsIndexes: *mut usize, numAttrs: usize,
    ) -> aclError = "aclrtMemcpyBatchV2" since "9.0";
    status fn aclrtMemcpyFromSymbol(
        dst: *mut c_void, dstMax: usize, symbol: *const c_void, count: usize, offset: usize, kind: aclrtMemcpyKind,
    ) -> aclError = "aclrtMemcpyFromSymbol" since "9.0";
    status fn aclrtMemcpyFromSymbolAsync(
        dst: *mut c_void, dstMax: usize, symbol: *const c_void, count: usize, offset: usize, kind: aclrtMemcpyKind, stream: aclrtStream,
    ) -> aclError = "aclrtMemcpyFromSymbolAsync" since "9.0";
    status fn aclrtMemcpyToSymbol(
        symbol: *const c_void, src: *const c_void, count: usize, offset: usize, kind: aclrtMemcpyKind,
    ) -> aclError = "aclrtMemcpyToSymbol" since "9.0";
    status fn aclrtMemcpyToSymbolAsync(
        symbol: *const c_void, src: *const c_void, count: usize, offset: usize, kind: aclrtMemcpyKind, stream: aclrtStream,
    ) -> aclError = "aclrtMemcpyToSymbolAsync" since "9.0";
    status fn aclrtMemset(devPtr: *mut c_void, maxCount: usize, value: i32, count: usize) -> aclError = "aclrtMemset" since "8.1";
    status fn aclrtMemsetAsync(
        devPtr: *mut c_void, maxCount: usize, value: i32, count: usize, stream: aclrtStream,
    ) -> aclError = "aclrtMemsetAsync" since "8.1";
    status fn aclrtMemsetD32(ptr: *mut c_void, memSize: usize, value: u32, N: usize) -> aclError = "aclrtMemsetD32" since "9.0";
    status fn aclrtMemsetD32Async(
        ptr: *mut c_void, memSize: usize, value: u32, N: usize, stream: aclrtStream,
    ) -> aclError = "aclrtMemsetD32Async" since "9.0";
    status fn aclrtReduceAsync(
        dst: *mut c_void, src: *const c_void, count: u64, kind: aclrtReduceKind, type_: aclDataType, stream: aclrtStream,
        reserve: *mut c_void,
    ) -> aclError = "aclrtReduceAsync" since "9.0";
    status fn aclrtSetMemcpyDesc(
        desc: *mut c_void, kind: aclrtMemcpyKind, srcAddr: *mut c_void, dstAddr: *mut c_void, count: usize, config: *mut c_void,
    ) -> aclError = "aclrtSetMemcpyDesc" since "8.1";

    // Virtual address ranges, physical memory and mappings.
    status fn aclrtFreePhysical(handle: aclrtDrvMemHandle) -> aclError = "aclrtFreePhysical" since "8.1";
    status fn aclrtMallocPhysical(
        handle: *mut aclrtDrvMemHandle, size: usize, prop: *const aclrtPhysicalMemProp, flags: u64,
    ) -> aclError = "aclrtMallocPhysical" since "8.1";
    status fn aclrtMapMem(
        virPtr: *mut c_void, size: usize, offset: usize, handle: aclrtDrvMemHandle, flags: u64,
    ) -> aclError = "aclrtMapMem" since "8.1";
    status fn aclrtMemGetAccess(
        virPtr: *mut c_void, location: *mut aclrtMemLocation, flag: *mut u64,
    ) -> aclError = "aclrtMemGetAccess" since "9.0";
    status fn aclrtMemGetAddressRange(
        ptr: *mut c_void, pbase: *mut *mut c_void, psize: *mut usize,
    ) -> aclError = "aclrtMemGetAddressRange" since "9.0";
    status fn aclrtMemGetAllocationGranularity(
        prop: *mut aclrtPhysicalMemProp, option: aclrtMemGranularityOptions, granularity: *mut usize,
    ) -> aclError = "aclrtMemGetAllocationGranularity" since "8.1";
    status fn aclrtMemGetAllocationPropertiesFromHandle(
        handle: aclrtDrvMemHandle, prop: *mut aclrtPhysicalMemProp,
    ) -> aclError = "aclrtMemGetAllocationPropertiesFromHandle" since "9.0";
    status fn aclrtMemMapNoAccess(
        virPtr: *mut c_void, size: usize, offset: usize, handle: aclrtDrvMemHandle, flags: u64,
    ) -> aclError = "aclrtMemMapNoAccess" since "9.0";
    status fn aclrtMemMapSelectedLink(
        virPtrDst: *mut c_void, size: usize, virPtrSrc: *mut c_void, linkIdx: u32,
    ) -> aclError = "aclrtMemMapSelectedLink" since "9.0";
    status fn aclrtMemMapSetLink(handle: aclrtDrvMemHandle, adviceLink: aclrtMemLinkType) -> aclError = "aclrtMemMapSetLink" since "9.0";
    status fn aclrtMemP2PMap(devPtr: *mut c_void, size: usize, dstDevId: i32, flags: u64) -> aclError = "aclrtMemP2PMap" since "9.0";
    status fn aclrtMemRetainAllocationHandle(
        virPtr: *mut c_void, handle: *mut aclrtDrvMemHandle,
    ) -> aclError = "aclrtMemRetainAllocationHandle" since "9.0";
    status fn aclrtMemSetAccess(
        virPtr: *mut c_void, size: usize, desc: *mut aclrtMemAccessDesc, count: usize,
    ) -> aclError = "aclrtMemSetAccess" since "9.0";
    status fn aclrtReleaseMemAddress(virPtr: *mut c_void) -> aclError = "aclrtReleaseMemAddress" since "8.1";
    status fn aclrtReserveMemAddress(
        virPtr: *mut *mut c_void, size: usize, alignment: usize, expectPtr: *mut c_void, flags: u64,
    ) -> aclError = "aclrtReserveMemAddress" since "8.1";
    status fn aclrtReserveMemAddressNoUCMemory(
        virPtr: *mut *mut c_void, size: usize, alignment: usize, expectPtr: *mut c_void, flags: u64,
    ) -> aclError = "aclrtReserveMemAddressNoUCMemory" since "9.0";
    status fn aclrtUnmapMem(virPtr: *mut c_void) -> aclError = "aclrtUnmapMem" since "8.1";

    // Memory, events and notifies shared between processes and servers.
    status fn aclrtDeviceGetBareTgid(pid: *mut i32) -> aclError = "aclrtDeviceGetBareTgid" since "8.1";
    status fn aclrtIpcGetEventHandle(
        event: aclrtEvent, handle: *mut aclrtIpcEventHandle,
    ) -> aclError = "aclrtIpcGetEventHandle" since "9.0";
    status fn aclrtIpcMemClose(key: *const c_char) -> aclError = "aclrtIpcMemClose" since "9.0";
    status fn aclrtIpcMemGetExportKey(
        devPtr: *mut c_void, size: usize, key: *mut c_char, len: usize, flags: u64,
    ) -> aclError = "aclrtIpcMemGetExportKey" since "9.0";
    status fn aclrtIpcMemImportByKey(
        devPtr: *mut *mut c_void, key: *const c_char, flags: u64,
    ) -> aclError = "aclrtIpcMemImportByKey" since "9.0";
    status fn aclrtIpcMemImportPidInterServer(
        key: *const c_char, serverPids: *mut aclrtServerPid, num: usize,
    ) -> aclError = "aclrtIpcMemImportPidInterServer" since "9.0";
    status fn aclrtIpcMemSetAttr(key: *const c_char, type_: aclrtIpcMemAttrType, attr: u64) -> aclError = "aclrtIpcMemSetAttr" since "9.0";
    status fn aclrtIpcMemSetImportPid(key: *const c_char, pid: *mut i32, num: usize) -> aclError = "aclrtIpcMemSetImportPid" since "9.0";
    status fn aclrtIpcOpenEventHandle(
        handle: aclrtIpcEventHandle, event: *mut aclrtEvent,
    ) -> aclError = "aclrtIpcOpenEventHandle" since "9.0";
    status fn aclrtMemExportToShareableHandle(
        handle: aclrtDrvMemHandle, handleType: aclrtMemHandleType, flags: u64, shareableHandle: *mut u64,
    ) -> aclError = "aclrtMemExportToShareableHandle" since "8.1";
    status fn aclrtMemExportToShareableHandleV2(
        handle: aclrtDrvMemHandle, flags: u64, shareType: aclrtMemSharedHandleType, shareableHandle: *mut c_void,
    ) -> aclError = "aclrtMemExportToShareableHandleV2" since "9.0";
    status fn aclrtMemImportFromShareableHandle(
        shareableHandle: u64, deviceId: i32, handle: *mut aclrtDrvMemHandle,
    ) -> aclError = "aclrtMemImportFromShareableHandle" since "8.1";
    status fn aclrtMemImportFromShareableHandleV2(
        shareableHandle: *mut c_void, shareType: aclrtMemSharedHandleType, flags: u64, handle: *mut aclrtDrvMemHandle,
    ) -> aclError = "aclrtMemImportFromShareableHandleV2" since "9.0";
    status fn aclrtMemSetPidToShareableHandle(
        shareableHandle: u64, pid: *mut i32, pidNum: usize,
    ) -> aclError = "aclrtMemSetPidToShareableHandle" since "8.1";
    status fn aclrtMemSetPidToShareableHandleV2(
        shareableHandle: *mut c_void, shareType: aclrtMemSharedHandleType, pid: *mut i32, pidNum: usize,
    ) -> aclError = "aclrtMemSetPidToShareableHandleV2" since "9.0";
    status fn aclrtNotifyGetExportKey(
        notify: aclrtNotify, key: *mut c_char, len: usize, flags: u64,
    ) -> aclError = "aclrtNotifyGetExportKey" since "9.0";
    status fn aclrtNotifyImportByKey(
        notify: *mut aclrtNotify, key: *const c_char, flags: u64,
    ) -> aclError = "aclrtNotifyImportByKey" since "9.0";
    status fn aclrtNotifySetImportPid(notify: aclrtNotify, pid: *mut i32, num: usize) -> aclError = "aclrtNotifySetImportPid" since "9.0";
    status fn aclrtNotifySetImportPidInterServer(
        notify: aclrtNotify, serverPids: *mut aclrtServerPid, num: usize,
    ) -> aclError = "aclrtNotifySetImportPidInterServer" since "9.0";

    // Host functions on streams, and state callbacks.
    status fn aclrtLaunchCallback(
        fn_: aclrtCallback, userData: *mut c_void, blockType: aclrtCallbackBlockType, stream: aclrtStream,
    ) -> aclError = "aclrtLaunchCallback" since "8.1";
    status fn aclrtLaunchHostFunc(
        stream: aclrtStream, fn_: aclrtHostFunc, args: *mut c_void,
    ) -> aclError = "aclrtLaunchHostFunc" since "9.0";
    status fn aclrtProcessHostFunc(timeout: i32) -> aclError = "aclrtProcessHostFunc" since "8.1";
    status fn aclrtProcessReport(timeout: i32) -> aclError = "aclrtProcessReport" since "8.1";
    status fn aclrtRegDeviceStateCallback(
        regName: *const c_char, callback: aclrtDeviceStateCallback, args: *mut c_void,
    ) -> aclError = "aclrtRegDeviceStateCallback" since "9.0";
    status fn aclrtRegStreamStateCallback(
        regName: *const c_char, callback: aclrtStreamStateCallback, args: *mut c_void,
    ) -> aclError = "aclrtRegStreamStateCallback" since "9.0";
    status fn aclrtSetDeviceTaskAbortCallback(
        regName: *const c_char, callback: aclrtDeviceTaskAbortCallback, args: *mut c_void,
    ) -> aclError = "aclrtSetDeviceTaskAbortCallback" since "9.0";
    status fn aclrtSubscribeHostFunc(hostFuncThreadId: u64, exeStream: aclrtStream) -> aclError = "aclrtSubscribeHostFunc" since "8.1";
    status fn aclrtSubscribeReport(threadId: u64, stream: aclrtStream) -> aclError = "aclrtSubscribeReport" since "8.1";
    status fn aclrtUnSubscribeHostFunc(hostFuncThreadId: u64, exeStream: aclrtStream) -> aclError = "aclrtUnSubscribeHostFunc" since "8.1";
    status fn aclrtUnSubscribeReport(threadId: u64, stream: aclrtStream) -> aclError = "aclrtUnSubscribeReport" since "8.1";

    // Device binaries, functions, arguments and launches.
    status fn aclrtBinaryGetDevAddress(
        binHandle: aclrtBinHandle, binAddr: *mut *mut c_void, binSize: *mut usize,
    ) -> aclError = "aclrtBinaryGetDevAddress" since "9.0";
    status fn aclrtBinaryGetFunction(
        binHandle: aclrtBinHandle, kernelName: *const c_char, funcHandle: *mut aclrtFuncHandle,
    ) -> aclError = "aclrtBinaryGetFunction" since "8.1";
    status fn aclrtBinaryGetFunctionByEntry(
        binHandle: aclrtBinHandle, funcEntry: u64, funcHandle: *mut aclrtFuncHandle,
    ) -> aclError = "aclrtBinaryGetFunctionByEntry" since "8.1";
    status fn aclrtBinaryGetGlobal(
        binHandle: aclrtBinHandle, name: *const c_char, dptr: *mut *mut c_void, size: *mut usize,
    ) -> aclError = "aclrtBinaryGetGlobal" since "9.0";
    status fn aclrtBinaryLoad(binary: aclrtBinary, binHandle: *mut aclrtBinHandle) -> aclError = "aclrtBinaryLoad" since "8.1";
    status fn aclrtBinaryLoadFromData(
        data: *const c_void, length: usize, options: *const aclrtBinaryLoadOptions, binHandle: *mut aclrtBinHandle,
    ) -> aclError = "aclrtBinaryLoadFromData" since "9.0";
    status fn aclrtBinaryLoadFromFile(
        binPath: *const c_char, options: *mut aclrtBinaryLoadOptions, binHandle: *mut aclrtBinHandle,
    ) -> aclError = "aclrtBinaryLoadFromFile" since "8.1";
    status fn aclrtBinaryUnLoad(binHandle: aclrtBinHandle) -> aclError = "aclrtBinaryUnLoad" since "8.1";
    value fn aclrtCreateBinary(data: *const c_void, dataLen: usize) -> aclrtBinary = "aclrtCreateBinary" since "8.1";
    status fn aclrtDestroyBinary(binary: aclrtBinary) -> aclError = "aclrtDestroyBinary" since "8.1";
    status fn aclrtFunctionGetAvailDynUbufPerBlock(
        func: *mut c_void, flags: u32, dynamicUbufSize: *mut usize,
    ) -> aclError = "aclrtFunctionGetAvailDynUbufPerBlock" since "9.0";
    status fn aclrtFunctionGetBinary(
        funcHandle: aclrtFuncHandle, binHandle: *mut aclrtBinHandle,
    ) -> aclError = "aclrtFunctionGetBinary" since "9.0";
    status fn aclrtFunctionGetParamCount(
        func: *const c_void, paramCount: *mut usize,
    ) -> aclError = "aclrtFunctionGetParamCount" since "9.0";
    status fn aclrtFunctionGetParamInfo(
        func: *const c_void, paramIndex: usize, paramOffset: *mut usize, paramSize: *mut usize,
    ) -> aclError = "aclrtFunctionGetParamInfo" since "9.0";
    status fn aclrtGetFuncBySymbol(
        symbol: *const c_void, funcHandle: *mut aclrtFuncHandle,
    ) -> aclError = "aclrtGetFuncBySymbol" since "9.0";
    status fn aclrtGetFunctionAddr(
        funcHandle: aclrtFuncHandle, aicAddr: *mut *mut c_void, aivAddr: *mut *mut c_void,
    ) -> aclError = "aclrtGetFunctionAddr" since "8.1";
    status fn aclrtGetFunctionAttribute(
        funcHandle: aclrtFuncHandle, attrType: aclrtFuncAttribute, attrValue: *mut i64,
    ) -> aclError = "aclrtGetFunctionAttribute" since "9.0";
    status fn aclrtGetFunctionName(
        funcHandle: aclrtFuncHandle, maxLen: u32, name: *mut c_char,
    ) -> aclError = "aclrtGetFunctionName" since "9.0";
    status fn aclrtGetFunctionSize(
        funcHandle: aclrtFuncHandle, aicSize: *mut usize, aivSize: *mut usize,
    ) -> aclError = "aclrtGetFunctionSize" since "9.0";
    status fn aclrtGetHardwareSyncAddr(addr: *mut *mut c_void) -> aclError = "aclrtGetHardwareSyncAddr" since "9.0";
    status fn aclrtKernelArgsAppend(
        argsHandle: aclrtArgsHandle, param: *mut c_void, paramSize: usize, paramHandle: *mut aclrtParamHandle,
    ) -> aclError = "aclrtKernelArgsAppend" since "8.1";
    status fn aclrtKernelArgsAppendPlaceHolder(
        argsHandle: aclrtArgsHandle, paramHandle: *mut aclrtParamHandle,
    ) -> aclError = "aclrtKernelArgsAppendPlaceHolder" since "8.1";
    status fn aclrtKernelArgsFinalize(argsHandle: aclrtArgsHandle) -> aclError = "aclrtKernelArgsFinalize" since "8.1";
    status fn aclrtKernelArgsGetHandleMemSize(
        funcHandle: aclrtFuncHandle, memSize: *mut usize,
    ) -> aclError = "aclrtKernelArgsGetHandleMemSize" since "8.1";
    status fn aclrtKernelArgsGetMemSize(
        funcHandle: aclrtFuncHandle, userArgsSize: usize, actualArgsSize: *mut usize,
    ) -> aclError = "aclrtKernelArgsGetMemSize" since "8.1";
    status fn aclrtKernelArgsGetPlaceHolderBuffer(
        argsHandle: aclrtArgsHandle, paramHandle: aclrtParamHandle, dataSize: usize, bufferAddr: *mut *mut c_void,
    ) -> aclError = "aclrtKernelArgsGetPlaceHolderBuffer" since "8.1";
    status fn aclrtKernelArgsInit(
        funcHandle: aclrtFuncHandle, argsHandle: *mut aclrtArgsHandle,
    ) -> aclError = "aclrtKernelArgsInit" since "8.1";
    status fn aclrtKernelArgsInitByUserMem(
        funcHandle: aclrtFuncHandle, argsHandle: aclrtArgsHandle, userHostMem: *mut c_void, actualArgsSize: usize,
    ) -> aclError = "aclrtKernelArgsInitByUserMem" since "8.1";
    status fn aclrtKernelArgsParaUpdate(
        argsHandle: aclrtArgsHandle, paramHandle: aclrtParamHandle, param: *mut c_void, paramSize: usize,
    ) -> aclError = "aclrtKernelArgsParaUpdate" since "8.1";
    status fn aclrtLaunchKernel(
        funcHandle: aclrtFuncHandle, numBlocks: u32, argsData: *const c_void, argsSize: usize, stream: aclrtStream,
    ) -> aclError = "aclrtLaunchKernel" since "8.1";
    status fn aclrtLaunchKernelV2(
        funcHandle: aclrtFuncHandle, numBlocks: u32, argsData: *const c_void, argsSize: usize, cfg: *mut aclrtLaunchKernelCfg,
        stream: aclrtStream,
    ) -> aclError = "aclrtLaunchKernelV2" since "9.0";
    status fn aclrtLaunchKernelWithArgsArray(
        func: *mut c_void, numBlocks: u32, stream: aclrtStream, cfg: *mut aclrtLaunchKernelCfg, args: *mut *mut c_void,
    ) -> aclError = "aclrtLaunchKernelWithArgsArray" since "9.0";
    status fn aclrtLaunchKernelWithConfig(
        funcHandle: aclrtFuncHandle, numBlocks: u32, stream: aclrtStream, cfg: *mut aclrtLaunchKernelCfg, argsHandle: aclrtArgsHandle,
        reserve: *mut c_void,
    ) -> aclError = "aclrtLaunchKernelWithConfig" since "8.1";
    status fn aclrtLaunchKernelWithHostArgs(
        funcHandle: aclrtFuncHandle, numBlocks: u32, stream: aclrtStream, cfg: *mut aclrtLaunchKernelCfg, hostArgs: *mut c_void,
        argsSize: usize, placeHolderArray: *mut aclrtPlaceHolderInfo, placeHolderNum: usize,
    ) -> aclError = "aclrtLaunchKernelWithHostArgs" since "9.0";
    status fn aclrtLaunchSIMTKernelWithArgsArray(
        func: *mut c_void, gridDim: dim3, blockDim: dim3, dynUbufSize: usize, stream: aclrtStream, cfg: *mut aclrtLaunchKernelCfg,
        args: *mut *mut c_void,
    ) -> aclError = "aclrtLaunchSIMTKernelWithArgsArray" since "9.0";
    status fn aclrtLaunchSIMTKernelWithHostArgs(
        func: *mut c_void, gridDim: dim3, blockDim: dim3, dynUbufSize: usize, stream: aclrtStream, cfg: *mut aclrtLaunchKernelCfg,
        hostArgs: *mut c_void, argsSize: usize, placeHolderArray: *mut aclrtPlaceHolderInfo, placeHolderNum: usize,
    ) -> aclError = "aclrtLaunchSIMTKernelWithHostArgs" since "9.0";
    status fn aclrtRegisterCpuFunc(
        handle: aclrtBinHandle, funcName: *const c_char, kernelName: *const c_char, funcHandle: *mut aclrtFuncHandle,
    ) -> aclError = "aclrtRegisterCpuFunc" since "9.0";

    // Captured task sequences: capture, replay, inspection and update.
    status fn aclmdlRIAbort(modelRI: aclmdlRI) -> aclError = "aclmdlRIAbort" since "9.0";
    status fn aclmdlRIAddCondTask(
        params: aclmdlRICondTaskParams, stream: aclrtStream, flags: u32,
    ) -> aclError = "aclmdlRIAddCondTask" since "9.0";
    status fn aclmdlRIBindStream(modelRI: aclmdlRI, stream: aclrtStream, flag: u32) -> aclError = "aclmdlRIBindStream" since "9.0";
    status fn aclmdlRIBuildBegin(modelRI: *mut aclmdlRI, flag: u32) -> aclError = "aclmdlRIBuildBegin" since "9.0";
    status fn aclmdlRIBuildEnd(modelRI: aclmdlRI, reserve: *mut c_void) -> aclError = "aclmdlRIBuildEnd" since "9.0";
    status fn aclmdlRICaptureBegin(stream: aclrtStream, mode: aclmdlRICaptureMode) -> aclError = "aclmdlRICaptureBegin" since "8.1";
    status fn aclmdlRICaptureEnd(stream: aclrtStream, modelRI: *mut aclmdlRI) -> aclError = "aclmdlRICaptureEnd" since "8.1";
    status fn aclmdlRICaptureGetInfo(
        stream: aclrtStream, status: *mut aclmdlRICaptureStatus, modelRI: *mut aclmdlRI,
    ) -> aclError = "aclmdlRICaptureGetInfo" since "8.1";
    status fn aclmdlRICaptureTaskGrpBegin(stream: aclrtStream) -> aclError = "aclmdlRICaptureTaskGrpBegin" since "8.1";
    status fn aclmdlRICaptureTaskGrpEnd(
        stream: aclrtStream, handle: *mut aclrtTaskGrp,
    ) -> aclError = "aclmdlRICaptureTaskGrpEnd" since "8.1";
    status fn aclmdlRICaptureTaskUpdateBegin(
        stream: aclrtStream, handle: aclrtTaskGrp,
    ) -> aclError = "aclmdlRICaptureTaskUpdateBegin" since "8.1";
    status fn aclmdlRICaptureTaskUpdateEnd(stream: aclrtStream) -> aclError = "aclmdlRICaptureTaskUpdateEnd" since "8.1";
    status fn aclmdlRICaptureThreadExchangeMode(
        mode: *mut aclmdlRICaptureMode,
    ) -> aclError = "aclmdlRICaptureThreadExchangeMode" since "8.1";
    status fn aclmdlRICaptureToModelRIBegin(
        stream: aclrtStream, modelRI: aclmdlRI, mode: aclmdlRICaptureMode,
    ) -> aclError = "aclmdlRICaptureToModelRIBegin" since "9.0";
    status fn aclmdlRICondHandleCreate(
        modelRI: aclmdlRI, defaultLaunchValue: u32, flag: aclmdlRICondHandleFlag, handle: *mut aclmdlRICondHandle,
    ) -> aclError = "aclmdlRICondHandleCreate" since "9.0";
    status fn aclmdlRICondHandleGetCondPtr(
        handle: aclmdlRICondHandle, ptr: *mut *mut u64,
    ) -> aclError = "aclmdlRICondHandleGetCondPtr" since "9.0";
    status fn aclmdlRIDebugJsonPrint(modelRI: aclmdlRI, path: *const c_char, flags: u32) -> aclError = "aclmdlRIDebugJsonPrint" since "9.0";
    status fn aclmdlRIDebugJsonPrint_until_8_5(modelRI: aclmdlRI, path: *const c_char) -> aclError = "aclmdlRIDebugJsonPrint" since "8.5";
    status fn aclmdlRIDebugPrint(modelRI: aclmdlRI) -> aclError = "aclmdlRIDebugPrint" since "8.1";
    status fn aclmdlRIDestroy(modelRI: aclmdlRI) -> aclError = "aclmdlRIDestroy" since "8.1";
    status fn aclmdlRIDestroyRegisterCallback(
        modelRI: aclmdlRI, func: aclrtCallback, userData: *mut c_void,
    ) -> aclError = "aclmdlRIDestroyRegisterCallback" since "9.0";
    status fn aclmdlRIDestroyUnregisterCallback(
        modelRI: aclmdlRI, func: aclrtCallback,
    ) -> aclError = "aclmdlRIDestroyUnregisterCallback" since "9.0";
    status fn aclmdlRIEndTask(modelRI: aclmdlRI, stream: aclrtStream) -> aclError = "aclmdlRIEndTask" since "9.0";
    status fn aclmdlRIExecute(modelRI: aclmdlRI, timeout: i32) -> aclError = "aclmdlRIExecute" since "9.0";
    status fn aclmdlRIExecuteAsync(modelRI: aclmdlRI, stream: aclrtStream) -> aclError = "aclmdlRIExecuteAsync" since "8.1";
    status fn aclmdlRIGetId(modelRI: aclmdlRI, modelRIId: *mut u32) -> aclError = "aclmdlRIGetId" since "9.0";
    status fn aclmdlRIGetName(modelRI: aclmdlRI, maxLen: u32, name: *mut c_char) -> aclError = "aclmdlRIGetName" since "9.0";
    status fn aclmdlRIGetStreams(
        modelRI: aclmdlRI, streams: *mut aclrtStream, numStreams: *mut u32,
    ) -> aclError = "aclmdlRIGetStreams" since "9.0";
    status fn aclmdlRIGetTasksByStream(
        stream: aclrtStream, tasks: *mut aclmdlRITask, numTasks: *mut u32,
    ) -> aclError = "aclmdlRIGetTasksByStream" since "9.0";
    status fn aclmdlRIKernelTaskGetAttribute(
        task: aclmdlRITask, attrId: aclrtLaunchKernelAttrId, attrValue: *mut aclrtLaunchKernelAttrValue,
    ) -> aclError = "aclmdlRIKernelTaskGetAttribute" since "9.0";
    status fn aclmdlRISetName(modelRI: aclmdlRI, name: *const c_char) -> aclError = "aclmdlRISetName" since "9.0";
    status fn aclmdlRITaskDisable(task: aclmdlRITask) -> aclError = "aclmdlRITaskDisable" since "9.0";
    status fn aclmdlRITaskGetParams(task: aclmdlRITask, params: *mut aclmdlRITaskParams) -> aclError = "aclmdlRITaskGetParams" since "9.0";
    status fn aclmdlRITaskGetSeqId(task: aclmdlRITask, id: *mut u32) -> aclError = "aclmdlRITaskGetSeqId" since "9.0";
    status fn aclmdlRITaskGetType(task: aclmdlRITask, type_: *mut aclmdlRITaskType) -> aclError = "aclmdlRITaskGetType" since "9.0";
    status fn aclmdlRITaskSetParams(task: aclmdlRITask, params: *mut aclmdlRITaskParams) -> aclError = "aclmdlRITaskSetParams" since "9.0";
    status fn aclmdlRIUnbindStream(modelRI: aclmdlRI, stream: aclrtStream) -> aclError = "aclmdlRIUnbindStream" since "9.0";
    status fn aclmdlRIUpdate(modelRI: aclmdlRI) -> aclError = "aclmdlRIUpdate" since "9.0";

    // Random numbers and updates of submitted tasks.
    status fn aclrtCacheLastTaskExtendInfo(
        extendInfoPtr: *const c_char, infoSize: usize,
    ) -> aclError = "aclrtCacheLastTaskExtendInfo" since "9.0";
    status fn aclrtCacheLastTaskOpInfo(infoPtr: *const c_void, infoSize: usize) -> aclError = "aclrtCacheLastTaskOpInfo" since "9.0";
    status fn aclrtGetThreadLastTaskId(taskId: *mut u32) -> aclError = "aclrtGetThreadLastTaskId" since "8.1";
    status fn aclrtPersistentTaskClean(stream: aclrtStream) -> aclError = "aclrtPersistentTaskClean" since "9.0";
    status fn aclrtRandomNumAsync(
        taskInfo: *const aclrtRandomNumTaskInfo, stream: aclrtStream, reserve: *mut c_void,
    ) -> aclError = "aclrtRandomNumAsync" since "9.0";
    status fn aclrtTaskUpdateAsync(
        taskStream: aclrtStream, taskId: u32, info: *mut aclrtTaskUpdateInfo, execStream: aclrtStream,
    ) -> aclError = "aclrtTaskUpdateAsync" since "9.0";

    // Exceptions on the device, memory faults and their repair.
    status fn aclrtBinarySetExceptionCallback(
        binHandle: aclrtBinHandle, callback: aclrtOpExceptionCallback, userData: *mut c_void,
    ) -> aclError = "aclrtBinarySetExceptionCallback" since "9.0";
    status fn aclrtExceptionInfoCallbackRegister(
        callback: aclrtExceptionInfoCallback,
    ) -> aclError = "aclrtExceptionInfoCallbackRegister" since "9.0";
    status fn aclrtExceptionInfoCallbackUnregister(
        callback: aclrtExceptionInfoCallback,
    ) -> aclError = "aclrtExceptionInfoCallbackUnregister" since "9.0";
    status fn aclrtGetArgsFromExceptionInfo(
        info: *const aclrtExceptionInfo, devArgsPtr: *mut *mut c_void, devArgsLen: *mut u32,
    ) -> aclError = "aclrtGetArgsFromExceptionInfo" since "9.0";
    value fn aclrtGetDeviceIdFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 = "aclrtGetDeviceIdFromExceptionInfo" since "8.1";
    value fn aclrtGetErrorCodeFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 = "aclrtGetErrorCodeFromExceptionInfo" since "8.1";
    status fn aclrtGetErrorVerbose(deviceId: i32, errorInfo: *mut aclrtErrorInfo) -> aclError = "aclrtGetErrorVerbose" since "9.0";
    status fn aclrtGetFuncHandleFromExceptionInfo(
        info: *const aclrtExceptionInfo, func: *mut aclrtFuncHandle,
    ) -> aclError = "aclrtGetFuncHandleFromExceptionInfo" since "9.0";
    status fn aclrtGetLastError(level: aclrtLastErrLevel) -> aclError = "aclrtGetLastError" since "8.1";
    status fn aclrtGetMemUceInfo(
        deviceId: i32, memUceInfoArray: *mut aclrtMemUceInfo, arraySize: usize, retSize: *mut usize,
    ) -> aclError = "aclrtGetMemUceInfo" since "8.1";
    value fn aclrtGetStreamIdFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 = "aclrtGetStreamIdFromExceptionInfo" since "8.1";
    value fn aclrtGetTaskIdFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 = "aclrtGetTaskIdFromExceptionInfo" since "8.1";
    value fn aclrtGetThreadIdFromExceptionInfo(info: *const aclrtExceptionInfo) -> u32 = "aclrtGetThreadIdFromExceptionInfo" since "8.1";
    status fn aclrtMemUceRepair(
        deviceId: i32, memUceInfoArray: *mut aclrtMemUceInfo, arraySize: usize,
    ) -> aclError = "aclrtMemUceRepair" since "8.1";
    status fn aclrtPeekAtLastError(level: aclrtLastErrLevel) -> aclError = "aclrtPeekAtLastError" since "8.1";
    status fn aclrtRepairError(deviceId: i32, errorInfo: *const aclrtErrorInfo) -> aclError = "aclrtRepairError" since "9.0";
    status fn aclrtSetExceptionInfoCallback(callback: aclrtExceptionInfoCallback) -> aclError = "aclrtSetExceptionInfoCallback" since "8.1";

    // Registration of a caller's memory allocator.
    value fn aclrtAllocatorCreateDesc() -> aclrtAllocatorDesc = "aclrtAllocatorCreateDesc" since "8.1";
    status fn aclrtAllocatorDestroyDesc(allocatorDesc: aclrtAllocatorDesc) -> aclError = "aclrtAllocatorDestroyDesc" since "8.1";
    status fn aclrtAllocatorGetByStream(
        stream: aclrtStream, allocatorDesc: *mut aclrtAllocatorDesc, allocator: *mut aclrtAllocator,
        allocFunc: *mut aclrtAllocatorAllocFunc, freeFunc: *mut aclrtAllocatorFreeFunc, allocAdviseFunc: *mut aclrtAllocatorAllocAdviseFunc,
        getAddrFromBlockFunc: *mut aclrtAllocatorGetAddrFromBlockFunc,
    ) -> aclError = "aclrtAllocatorGetByStream" since "9.0";
    status fn aclrtAllocatorRegister(
        stream: aclrtStream, allocatorDesc: aclrtAllocatorDesc,
    ) -> aclError = "aclrtAllocatorRegister" since "8.1";
    status fn aclrtAllocatorSetAllocAdviseFuncToDesc(
        allocatorDesc: aclrtAllocatorDesc, func: aclrtAllocatorAllocAdviseFunc,
    ) -> aclError = "aclrtAllocatorSetAllocAdviseFuncToDesc" since "8.1";
    status fn aclrtAllocatorSetAllocFuncToDesc(
        allocatorDesc: aclrtAllocatorDesc, func: aclrtAllocatorAllocFunc,
    ) -> aclError = "aclrtAllocatorSetAllocFuncToDesc" since "8.1";
    status fn aclrtAllocatorSetFreeFuncToDesc(
        allocatorDesc: aclrtAllocatorDesc, func: aclrtAllocatorFreeFunc,
    ) -> aclError = "aclrtAllocatorSetFreeFuncToDesc" since "8.1";
    status fn aclrtAllocatorSetGetAddrFromBlockFuncToDesc(
        allocatorDesc: aclrtAllocatorDesc, func: aclrtAllocatorGetAddrFromBlockFunc,
    ) -> aclError = "aclrtAllocatorSetGetAddrFromBlockFuncToDesc" since "8.1";
    status fn aclrtAllocatorSetObjToDesc(
        allocatorDesc: aclrtAllocatorDesc, allocator: aclrtAllocator,
    ) -> aclError = "aclrtAllocatorSetObjToDesc" since "8.1";
    status fn aclrtAllocatorUnregister(stream: aclrtStream) -> aclError = "aclrtAllocatorUnregister" since "8.1";

    // Process snapshots: lock, backup, restore.
    status fn aclrtSnapShotCallbackRegister(
        stage: aclrtSnapShotStage, callback: aclrtSnapShotCallBack, args: *mut c_void,
    ) -> aclError = "aclrtSnapShotCallbackRegister" since "9.0";
    status fn aclrtSnapShotCallbackUnregister(
        stage: aclrtSnapShotStage, callback: aclrtSnapShotCallBack,
    ) -> aclError = "aclrtSnapShotCallbackUnregister" since "9.0";
    status fn aclrtSnapShotProcessBackup(
        pid: c_int, args: *mut aclrtSnapShotBackupArgs,
    ) -> aclError = "aclrtSnapShotProcessBackup" since "9.0";
    status fn aclrtSnapShotProcessLock(pid: c_int, reserve: *mut c_void) -> aclError = "aclrtSnapShotProcessLock" since "9.0";
    status fn aclrtSnapShotProcessRestore(
        pid: c_int, args: *mut aclrtSnapShotRestoreArgs,
    ) -> aclError = "aclrtSnapShotProcessRestore" since "9.0";
    status fn aclrtSnapShotProcessUnlock(pid: c_int, reserve: *mut c_void) -> aclError = "aclrtSnapShotProcessUnlock" since "9.0";

    // Dumps of operator inputs, outputs and exceptions.
    status fn acldumpGetExceptionInfoPath(path: *mut c_char, maxLen: usize) -> aclError = "acldumpGetExceptionInfoPath" since "9.0";
    value fn acldumpGetPath(dumpType: acldumpType) -> *const c_char = "acldumpGetPath" since "9.0";
    status fn acldumpRegCallback(
        messageCallback: Option<unsafe extern "C" fn(*const acldumpChunk, i32) -> i32>, flag: i32,
    ) -> aclError = "acldumpRegCallback" since "9.0";
    status fn acldumpSaveExceptionInfo(
        fileName: *const c_char, userTag: *const c_char, tensors: *const acldumpTensorInfo, tensorCount: usize,
    ) -> aclError = "acldumpSaveExceptionInfo" since "9.0";
    value fn acldumpUnregCallback() -> () = "acldumpUnregCallback" since "9.0";
    status fn aclmdlFinalizeDump() -> aclError = "aclmdlFinalizeDump" since "8.1";
    status fn aclmdlInitDump() -> aclError = "aclmdlInitDump" since "8.1";
    status fn aclmdlSetDump(dumpCfgPath: *const c_char) -> aclError = "aclmdlSetDump" since "8.1";
    status fn aclopStartDumpArgs(dumpType: u32, path: *const c_char) -> aclError = "aclopStartDumpArgs" since "8.1";
    status fn aclopStopDumpArgs(dumpType: u32) -> aclError = "aclopStopDumpArgs" since "8.1";

    // Profiling: collection, steps, markers, subscription.
    value fn aclprofCreateConfig(
        deviceIdList: *mut u32, deviceNums: u32, aicoreMetrics: aclprofAicoreMetrics, aicoreEvents: *const aclprofAicoreEvents,
        dataTypeConfig: u64,
    ) -> *mut aclprofConfig = "aclprofCreateConfig" since "8.1";
    value fn aclprofCreateStamp() -> *mut c_void = "aclprofCreateStamp" since "8.1";
    value fn aclprofCreateStepInfo() -> *mut aclprofStepInfo = "aclprofCreateStepInfo" since "8.1";
    value fn aclprofCreateSubscribeConfig(
        timeInfoSwitch: i8, aicoreMetrics: aclprofAicoreMetrics, fd: *mut c_void,
    ) -> *mut aclprofSubscribeConfig = "aclprofCreateSubscribeConfig" since "8.1";
    status fn aclprofDestroyConfig(profilerConfig: *const aclprofConfig) -> aclError = "aclprofDestroyConfig" since "8.1";
    value fn aclprofDestroyStamp(stamp: *mut c_void) -> () = "aclprofDestroyStamp" since "8.1";
    value fn aclprofDestroyStepInfo(stepinfo: *mut aclprofStepInfo) -> () = "aclprofDestroyStepInfo" since "8.1";
    status fn aclprofDestroySubscribeConfig(
        profSubscribeConfig: *const aclprofSubscribeConfig,
    ) -> aclError = "aclprofDestroySubscribeConfig" since "8.1";
    status fn aclprofFinalize() -> aclError = "aclprofFinalize" since "8.1";
    value fn aclprofGetModelId(opInfo: *const c_void, opInfoLen: usize, index: u32) -> usize = "aclprofGetModelId" since "8.1";
    value fn aclprofGetOpAttriValue(
        opInfo: *const c_void, opInfoLen: usize, index: u32, attri: aclprofSubscribeOpAttri,
    ) -> *const c_char = "aclprofGetOpAttriValue" since "9.0";
    status fn aclprofGetOpDescSize(opDescSize: *mut usize) -> aclError = "aclprofGetOpDescSize" since "8.1";
    value fn aclprofGetOpDuration(opInfo: *const c_void, opInfoLen: usize, index: u32) -> u64 = "aclprofGetOpDuration" since "8.1";
    value fn aclprofGetOpEnd(opInfo: *const c_void, opInfoLen: usize, index: u32) -> u64 = "aclprofGetOpEnd" since "8.1";
    value fn aclprofGetOpFlag(
        opInfo: *const c_void, opInfoLen: usize, index: u32,
    ) -> aclprofSubscribeOpFlag = "aclprofGetOpFlag" since "9.0";
    status fn aclprofGetOpName(
        opInfo: *const c_void, opInfoLen: usize, index: u32, opName: *mut c_char, opNameLen: usize,
    ) -> aclError = "aclprofGetOpName" since "8.1";
    status fn aclprofGetOpNameLen(
        opInfo: *const c_void, opInfoLen: usize, index: u32, opNameLen: *mut usize,
    ) -> aclError = "aclprofGetOpNameLen" since "8.1";
    status fn aclprofGetOpNum(opInfo: *const c_void, opInfoLen: usize, opNumber: *mut u32) -> aclError = "aclprofGetOpNum" since "8.1";
    value fn aclprofGetOpStart(opInfo: *const c_void, opInfoLen: usize, index: u32) -> u64 = "aclprofGetOpStart" since "8.1";
    status fn aclprofGetOpType(
        opInfo: *const c_void, opInfoLen: usize, index: u32, opType: *mut c_char, opTypeLen: usize,
    ) -> aclError = "aclprofGetOpType" since "8.1";
    status fn aclprofGetOpTypeLen(
        opInfo: *const c_void, opInfoLen: usize, index: u32, opTypeLen: *mut usize,
    ) -> aclError = "aclprofGetOpTypeLen" since "8.1";
    status fn aclprofGetStepTimestamp(
        stepInfo: *mut aclprofStepInfo, tag: aclprofStepTag, stream: aclrtStream,
    ) -> aclError = "aclprofGetStepTimestamp" since "8.1";
    status fn aclprofInit(profilerResultPath: *const c_char, length: usize) -> aclError = "aclprofInit" since "8.1";
    status fn aclprofMark(stamp: *mut c_void) -> aclError = "aclprofMark" since "8.1";
    status fn aclprofMarkEx(msg: *const c_char, msgLen: usize, stream: aclrtStream) -> aclError = "aclprofMarkEx" since "8.1";
    status fn aclprofModelSubscribe(
        modelId: u32, profSubscribeConfig: *const aclprofSubscribeConfig,
    ) -> aclError = "aclprofModelSubscribe" since "8.1";
    status fn aclprofModelUnSubscribe(modelId: u32) -> aclError = "aclprofModelUnSubscribe" since "8.1";
    status fn aclprofPop() -> aclError = "aclprofPop" since "8.1";
    status fn aclprofPush(stamp: *mut c_void) -> aclError = "aclprofPush" since "8.1";
    status fn aclprofRangePop() -> aclError = "aclprofRangePop" since "9.0";
    status fn aclprofRangePushEx(attr: *mut aclprofEventAttributes) -> aclError = "aclprofRangePushEx" since "9.0";
    status fn aclprofRangeStart(stamp: *mut c_void, rangeId: *mut u32) -> aclError = "aclprofRangeStart" since "8.1";
    status fn aclprofRangeStop(rangeId: u32) -> aclError = "aclprofRangeStop" since "8.1";
    status fn aclprofSetConfig(
        configType: aclprofConfigType, config: *const c_char, configLength: usize,
    ) -> aclError = "aclprofSetConfig" since "8.1";
    status fn aclprofSetStampTraceMessage(
        stamp: *mut c_void, msg: *const c_char, msgLen: u32,
    ) -> aclError = "aclprofSetStampTraceMessage" since "8.1";
    status fn aclprofStart(profilerConfig: *const aclprofConfig) -> aclError = "aclprofStart" since "8.1";
    status fn aclprofStop(profilerConfig: *const aclprofConfig) -> aclError = "aclprofStop" since "8.1";
    value fn aclprofStr2Id(message: *const c_char) -> u64 = "aclprofStr2Id" since "9.0";
    status fn aclrtProfTrace(userdata: *mut c_void, length: i32, stream: aclrtStream) -> aclError = "aclrtProfTrace" since "9.0";

    // Offline models: load, describe, execute.
    status fn aclRecoverAllHcclTasks(deviceId: i32) -> aclError = "aclRecoverAllHcclTasks" since "8.5";
    status fn aclmdlAddDatasetBuffer(
        dataset: *mut aclmdlDataset, dataBuffer: *mut aclDataBuffer,
    ) -> aclError = "aclmdlAddDatasetBuffer" since "8.1";
    status fn aclmdlBundleGetModelId(bundleId: u32, index: usize, modelId: *mut u32) -> aclError = "aclmdlBundleGetModelId" since "8.1";
    status fn aclmdlBundleGetModelNum(bundleId: u32, modelNum: *mut usize) -> aclError = "aclmdlBundleGetModelNum" since "8.1";
    status fn aclmdlBundleLoadFromFile(modelPath: *const c_char, bundleId: *mut u32) -> aclError = "aclmdlBundleLoadFromFile" since "8.1";
    status fn aclmdlBundleLoadFromMem(
        model: *const c_void, modelSize: usize, bundleId: *mut u32,
    ) -> aclError = "aclmdlBundleLoadFromMem" since "8.1";
    status fn aclmdlBundleUnload(bundleId: u32) -> aclError = "aclmdlBundleUnload" since "8.1";
    status fn aclmdlCreateAndGetOpDesc(
        deviceId: u32, streamId: u32, taskId: u32, opName: *mut c_char, opNameLen: usize, inputDesc: *mut *mut aclTensorDesc,
        numInputs: *mut usize, outputDesc: *mut *mut aclTensorDesc, numOutputs: *mut usize,
    ) -> aclError = "aclmdlCreateAndGetOpDesc" since "8.1";
    value fn aclmdlCreateConfigHandle() -> *mut aclmdlConfigHandle = "aclmdlCreateConfigHandle" since "8.1";
    value fn aclmdlCreateDataset() -> *mut aclmdlDataset = "aclmdlCreateDataset" since "8.1";
    value fn aclmdlCreateDesc() -> *mut aclmdlDesc = "aclmdlCreateDesc" since "8.1";
    value fn aclmdlCreateExecConfigHandle() -> *mut aclmdlExecConfigHandle = "aclmdlCreateExecConfigHandle" since "8.1";
    status fn aclmdlDestroyConfigHandle(handle: *mut aclmdlConfigHandle) -> aclError = "aclmdlDestroyConfigHandle" since "8.1";
    status fn aclmdlDestroyDataset(dataset: *const aclmdlDataset) -> aclError = "aclmdlDestroyDataset" since "8.1";
    status fn aclmdlDestroyDesc(modelDesc: *mut aclmdlDesc) -> aclError = "aclmdlDestroyDesc" since "8.1";
    status fn aclmdlDestroyExecConfigHandle(
        handle: *const aclmdlExecConfigHandle,
    ) -> aclError = "aclmdlDestroyExecConfigHandle" since "8.1";
    status fn aclmdlExecute(
        modelId: u32, input: *const aclmdlDataset, output: *mut aclmdlDataset,
    ) -> aclError = "aclmdlExecute" since "8.1";
    status fn aclmdlExecuteAsync(
        modelId: u32, input: *const aclmdlDataset, output: *mut aclmdlDataset, stream: aclrtStream,
    ) -> aclError = "aclmdlExecuteAsync" since "8.1";
    status fn aclmdlExecuteAsyncV2(
        modelId: u32, input: *const aclmdlDataset, output: *mut aclmdlDataset, stream: aclrtStream, handle: *const aclmdlExecConfigHandle,
    ) -> aclError = "aclmdlExecuteAsyncV2" since "8.1";
    status fn aclmdlExecuteV2(
        modelId: u32, input: *const aclmdlDataset, output: *mut aclmdlDataset, stream: aclrtStream, handle: *const aclmdlExecConfigHandle,
    ) -> aclError = "aclmdlExecuteV2" since "8.1";
    status fn aclmdlGetCurOutputDims(
        modelDesc: *const aclmdlDesc, index: usize, dims: *mut aclmdlIODims,
    ) -> aclError = "aclmdlGetCurOutputDims" since "8.1";
    value fn aclmdlGetDatasetBuffer(
        dataset: *const aclmdlDataset, index: usize,
    ) -> *mut aclDataBuffer = "aclmdlGetDatasetBuffer" since "8.1";
    value fn aclmdlGetDatasetNumBuffers(dataset: *const aclmdlDataset) -> usize = "aclmdlGetDatasetNumBuffers" since "8.1";
    value fn aclmdlGetDatasetTensorDesc(
        dataset: *const aclmdlDataset, index: usize,
    ) -> *mut aclTensorDesc = "aclmdlGetDatasetTensorDesc" since "8.1";
    status fn aclmdlGetDesc(modelDesc: *mut aclmdlDesc, modelId: u32) -> aclError = "aclmdlGetDesc" since "8.1";
    status fn aclmdlGetDescFromFile(modelDesc: *mut aclmdlDesc, modelPath: *const c_char) -> aclError = "aclmdlGetDescFromFile" since "8.1";
    status fn aclmdlGetDescFromMem(
        modelDesc: *mut aclmdlDesc, model: *const c_void, modelSize: usize,
    ) -> aclError = "aclmdlGetDescFromMem" since "8.1";
    status fn aclmdlGetDynamicBatch(
        modelDesc: *const aclmdlDesc, batch: *mut aclmdlBatch,
    ) -> aclError = "aclmdlGetDynamicBatch" since "8.1";
    status fn aclmdlGetDynamicHW(
        modelDesc: *const aclmdlDesc, index: usize, hw: *mut aclmdlHW,
    ) -> aclError = "aclmdlGetDynamicHW" since "8.1";
    value fn aclmdlGetInputDataType(modelDesc: *const aclmdlDesc, index: usize) -> aclDataType = "aclmdlGetInputDataType" since "8.1";
    status fn aclmdlGetInputDims(
        modelDesc: *const aclmdlDesc, index: usize, dims: *mut aclmdlIODims,
    ) -> aclError = "aclmdlGetInputDims" since "8.1";
    status fn aclmdlGetInputDimsRange(
        modelDesc: *const aclmdlDesc, index: usize, dimsRange: *mut aclmdlIODimsRange,
    ) -> aclError = "aclmdlGetInputDimsRange" since "8.1";
    status fn aclmdlGetInputDimsV2(
        modelDesc: *const aclmdlDesc, index: usize, dims: *mut aclmdlIODims,
    ) -> aclError = "aclmdlGetInputDimsV2" since "8.1";
    status fn aclmdlGetInputDynamicDims(
        modelDesc: *const aclmdlDesc, index: usize, dims: *mut aclmdlIODims, gearCount: usize,
    ) -> aclError = "aclmdlGetInputDynamicDims" since "8.1";
    status fn aclmdlGetInputDynamicGearCount(
        modelDesc: *const aclmdlDesc, index: usize, gearCount: *mut usize,
    ) -> aclError = "aclmdlGetInputDynamicGearCount" since "8.1";
    value fn aclmdlGetInputFormat(modelDesc: *const aclmdlDesc, index: usize) -> aclFormat = "aclmdlGetInputFormat" since "8.1";
    status fn aclmdlGetInputIndexByName(
        modelDesc: *const aclmdlDesc, name: *const c_char, index: *mut usize,
    ) -> aclError = "aclmdlGetInputIndexByName" since "8.1";
    value fn aclmdlGetInputNameByIndex(
        modelDesc: *const aclmdlDesc, index: usize,
    ) -> *const c_char = "aclmdlGetInputNameByIndex" since "8.1";
    value fn aclmdlGetInputSizeByIndex(modelDesc: *mut aclmdlDesc, index: usize) -> usize = "aclmdlGetInputSizeByIndex" since "8.1";
    value fn aclmdlGetNumInputs(modelDesc: *mut aclmdlDesc) -> usize = "aclmdlGetNumInputs" since "8.1";
    value fn aclmdlGetNumOutputs(modelDesc: *mut aclmdlDesc) -> usize = "aclmdlGetNumOutputs" since "8.1";
    value fn aclmdlGetOpAttr(
        modelDesc: *mut aclmdlDesc, opName: *const c_char, attr: *const c_char,
    ) -> *const c_char = "aclmdlGetOpAttr" since "8.1";
    value fn aclmdlGetOutputDataType(modelDesc: *const aclmdlDesc, index: usize) -> aclDataType = "aclmdlGetOutputDataType" since "8.1";
    status fn aclmdlGetOutputDims(
        modelDesc: *const aclmdlDesc, index: usize, dims: *mut aclmdlIODims,
    ) -> aclError = "aclmdlGetOutputDims" since "8.1";
    value fn aclmdlGetOutputFormat(modelDesc: *const aclmdlDesc, index: usize) -> aclFormat = "aclmdlGetOutputFormat" since "8.1";
    status fn aclmdlGetOutputIndexByName(
        modelDesc: *const aclmdlDesc, name: *const c_char, index: *mut usize,
    ) -> aclError = "aclmdlGetOutputIndexByName" since "8.1";
    value fn aclmdlGetOutputNameByIndex(
        modelDesc: *const aclmdlDesc, index: usize,
    ) -> *const c_char = "aclmdlGetOutputNameByIndex" since "8.1";
    value fn aclmdlGetOutputSizeByIndex(modelDesc: *mut aclmdlDesc, index: usize) -> usize = "aclmdlGetOutputSizeByIndex" since "8.1";
    value fn aclmdlGetTensorRealName(
        modelDesc: *const aclmdlDesc, name: *const c_char,
    ) -> *const c_char = "aclmdlGetTensorRealName" since "8.1";
    status fn aclmdlLoadFromFile(modelPath: *const c_char, modelId: *mut u32) -> aclError = "aclmdlLoadFromFile" since "8.1";
    status fn aclmdlLoadFromFileWithMem(
        modelPath: *const c_char, modelId: *mut u32, workPtr: *mut c_void, workSize: usize, weightPtr: *mut c_void, weightSize: usize,
    ) -> aclError = "aclmdlLoadFromFileWithMem" since "8.1";
    status fn aclmdlLoadFromFileWithQ(
        modelPath: *const c_char, modelId: *mut u32, inputQ: *const u32, inputQNum: usize, outputQ: *const u32, outputQNum: usize,
    ) -> aclError = "aclmdlLoadFromFileWithQ" since "8.1";
    status fn aclmdlLoadFromMem(model: *const c_void, modelSize: usize, modelId: *mut u32) -> aclError = "aclmdlLoadFromMem" since "8.1";
    status fn aclmdlLoadFromMemWithMem(
        model: *const c_void, modelSize: usize, modelId: *mut u32, workPtr: *mut c_void, workSize: usize, weightPtr: *mut c_void,
        weightSize: usize,
    ) -> aclError = "aclmdlLoadFromMemWithMem" since "8.1";
    status fn aclmdlLoadFromMemWithQ(
        model: *const c_void, modelSize: usize, modelId: *mut u32, inputQ: *const u32, inputQNum: usize, outputQ: *const u32,
        outputQNum: usize,
    ) -> aclError = "aclmdlLoadFromMemWithQ" since "8.1";
    status fn aclmdlLoadWithConfig(handle: *const aclmdlConfigHandle, modelId: *mut u32) -> aclError = "aclmdlLoadWithConfig" since "8.1";
    status fn aclmdlQueryExeOMDesc(
        fileName: *const c_char, mdlPartitionSize: *mut aclmdlExeOMDesc,
    ) -> aclError = "aclmdlQueryExeOMDesc" since "8.1";
    status fn aclmdlQuerySize(
        fileName: *const c_char, workSize: *mut usize, weightSize: *mut usize,
    ) -> aclError = "aclmdlQuerySize" since "8.1";
    status fn aclmdlQuerySizeFromMem(
        model: *const c_void, modelSize: usize, workSize: *mut usize, weightSize: *mut usize,
    ) -> aclError = "aclmdlQuerySizeFromMem" since "8.1";
    status fn aclmdlSetConfigOpt(
        handle: *mut aclmdlConfigHandle, attr: aclmdlConfigAttr, attrValue: *const c_void, valueSize: usize,
    ) -> aclError = "aclmdlSetConfigOpt" since "8.1";
    status fn aclmdlSetDatasetTensorDesc(
        dataset: *mut aclmdlDataset, tensorDesc: *mut aclTensorDesc, index: usize,
    ) -> aclError = "aclmdlSetDatasetTensorDesc" since "8.1";
    status fn aclmdlSetDynamicBatchSize(
        modelId: u32, dataset: *mut aclmdlDataset, index: usize, batchSize: u64,
    ) -> aclError = "aclmdlSetDynamicBatchSize" since "8.1";
    status fn aclmdlSetDynamicHWSize(
        modelId: u32, dataset: *mut aclmdlDataset, index: usize, height: u64, width: u64,
    ) -> aclError = "aclmdlSetDynamicHWSize" since "8.1";
    status fn aclmdlSetExecConfigOpt(
        handle: *mut aclmdlExecConfigHandle, attr: aclmdlExecConfigAttr, attrValue: *const c_void, valueSize: usize,
    ) -> aclError = "aclmdlSetExecConfigOpt" since "8.1";
    status fn aclmdlSetInputDynamicDims(
        modelId: u32, dataset: *mut aclmdlDataset, index: usize, dims: *const aclmdlIODims,
    ) -> aclError = "aclmdlSetInputDynamicDims" since "8.1";
    status fn aclmdlUnload(modelId: u32) -> aclError = "aclmdlUnload" since "8.1";

    // Image preprocessing in offline models.
    value fn aclmdlCreateAIPP(batchSize: u64) -> *mut aclmdlAIPP = "aclmdlCreateAIPP" since "8.1";
    status fn aclmdlDestroyAIPP(aippParmsSet: *const aclmdlAIPP) -> aclError = "aclmdlDestroyAIPP" since "8.1";
    status fn aclmdlGetAippDataSize(batchSize: u64, size: *mut usize) -> aclError = "aclmdlGetAippDataSize" since "8.1";
    status fn aclmdlGetAippType(
        modelId: u32, index: usize, type_: *mut aclmdlInputAippType, dynamicAttachedDataIndex: *mut usize,
    ) -> aclError = "aclmdlGetAippType" since "8.1";
    status fn aclmdlGetFirstAippInfo(
        modelId: u32, index: usize, aippInfo: *mut aclAippInfo,
    ) -> aclError = "aclmdlGetFirstAippInfo" since "8.1";
    status fn aclmdlSetAIPPAxSwapSwitch(
        aippParmsSet: *mut aclmdlAIPP, axSwapSwitch: i8,
    ) -> aclError = "aclmdlSetAIPPAxSwapSwitch" since "8.1";
    status fn aclmdlSetAIPPByInputIndex(
        modelId: u32, dataset: *mut aclmdlDataset, index: usize, aippParmsSet: *const aclmdlAIPP,
    ) -> aclError = "aclmdlSetAIPPByInputIndex" since "8.1";
    status fn aclmdlSetAIPPCropParams(
        aippParmsSet: *mut aclmdlAIPP, cropSwitch: i8, cropStartPosW: i32, cropStartPosH: i32, cropSizeW: i32, cropSizeH: i32,
        batchIndex: u64,
    ) -> aclError = "aclmdlSetAIPPCropParams" since "8.1";
    status fn aclmdlSetAIPPCscParams(
        aippParmsSet: *mut aclmdlAIPP, cscSwitch: i8, cscMatrixR0C0: i16, cscMatrixR0C1: i16, cscMatrixR0C2: i16, cscMatrixR1C0: i16,
        cscMatrixR1C1: i16, cscMatrixR1C2: i16, cscMatrixR2C0: i16, cscMatrixR2C1: i16, cscMatrixR2C2: i16, cscOutputBiasR0: u8,
        cscOutputBiasR1: u8, cscOutputBiasR2: u8, cscInputBiasR0: u8, cscInputBiasR1: u8, cscInputBiasR2: u8,
    ) -> aclError = "aclmdlSetAIPPCscParams" since "8.1";
    status fn aclmdlSetAIPPDtcPixelMean(
        aippParmsSet: *mut aclmdlAIPP, dtcPixelMeanChn0: i16, dtcPixelMeanChn1: i16, dtcPixelMeanChn2: i16, dtcPixelMeanChn3: i16,
        batchIndex: u64,
    ) -> aclError = "aclmdlSetAIPPDtcPixelMean" since "8.1";
    status fn aclmdlSetAIPPDtcPixelMin(
        aippParmsSet: *mut aclmdlAIPP, dtcPixelMinChn0: f32, dtcPixelMinChn1: f32, dtcPixelMinChn2: f32, dtcPixelMinChn3: f32,
        batchIndex: u64,
    ) -> aclError = "aclmdlSetAIPPDtcPixelMin" since "8.1";
    status fn aclmdlSetAIPPInputFormat(
        aippParmsSet: *mut aclmdlAIPP, inputFormat: aclAippInputFormat,
    ) -> aclError = "aclmdlSetAIPPInputFormat" since "8.1";
    status fn aclmdlSetAIPPPaddingParams(
        aippParmsSet: *mut aclmdlAIPP, paddingSwitch: i8, paddingSizeTop: i32, paddingSizeBottom: i32, paddingSizeLeft: i32,
        paddingSizeRight: i32, batchIndex: u64,
    ) -> aclError = "aclmdlSetAIPPPaddingParams" since "8.1";
    status fn aclmdlSetAIPPPixelVarReci(
        aippParmsSet: *mut aclmdlAIPP, dtcPixelVarReciChn0: f32, dtcPixelVarReciChn1: f32, dtcPixelVarReciChn2: f32,
        dtcPixelVarReciChn3: f32, batchIndex: u64,
    ) -> aclError = "aclmdlSetAIPPPixelVarReci" since "8.1";
    status fn aclmdlSetAIPPRbuvSwapSwitch(
        aippParmsSet: *mut aclmdlAIPP, rbuvSwapSwitch: i8,
    ) -> aclError = "aclmdlSetAIPPRbuvSwapSwitch" since "8.1";
    status fn aclmdlSetAIPPScfParams(
        aippParmsSet: *mut aclmdlAIPP, scfSwitch: i8, scfInputSizeW: i32, scfInputSizeH: i32, scfOutputSizeW: i32, scfOutputSizeH: i32,
        batchIndex: u64,
    ) -> aclError = "aclmdlSetAIPPScfParams" since "8.1";
    status fn aclmdlSetAIPPSrcImageSize(
        aippParmsSet: *mut aclmdlAIPP, srcImageSizeW: i32, srcImageSizeH: i32,
    ) -> aclError = "aclmdlSetAIPPSrcImageSize" since "8.1";
    status fn aclmdlSetInputAIPP(
        modelId: u32, dataset: *mut aclmdlDataset, index: usize, aippParmsSet: *const aclmdlAIPP,
    ) -> aclError = "aclmdlSetInputAIPP" since "8.1";

    // Single operators by name (the interface that aclnn replaced).
    status fn aclopCast(
        srcDesc: *const aclTensorDesc, srcBuffer: *const aclDataBuffer, dstDesc: *const aclTensorDesc, dstBuffer: *mut aclDataBuffer,
        truncate: u8, stream: aclrtStream,
    ) -> aclError = "aclopCast" since "8.1";
    value fn aclopCreateAttr() -> *mut aclopAttr = "aclopCreateAttr" since "8.1";
    status fn aclopCreateHandle(
        opType: *const c_char, numInputs: c_int, inputDesc: *const *const aclTensorDesc, numOutputs: c_int,
        outputDesc: *const *const aclTensorDesc, opAttr: *const aclopAttr, handle: *mut *mut aclopHandle,
    ) -> aclError = "aclopCreateHandle" since "8.1";
    status fn aclopCreateHandleForCast(
        srcDesc: *mut aclTensorDesc, dstDesc: *mut aclTensorDesc, truncate: u8, handle: *mut *mut aclopHandle,
    ) -> aclError = "aclopCreateHandleForCast" since "8.1";
    status fn aclopCreateKernel(
        opType: *const c_char, kernelId: *const c_char, kernelName: *const c_char, binData: *mut c_void, binSize: c_int,
        enginetype: aclopEngineType, deallocator: aclDataDeallocator,
    ) -> aclError = "aclopCreateKernel" since "8.1";
    value fn aclopDestroyAttr(attr: *const aclopAttr) -> () = "aclopDestroyAttr" since "8.1";
    value fn aclopDestroyHandle(handle: *mut aclopHandle) -> () = "aclopDestroyHandle" since "8.1";
    status fn aclopExecWithHandle(
        handle: *mut aclopHandle, numInputs: c_int, inputs: *const *const aclDataBuffer, numOutputs: c_int,
        outputs: *const *mut aclDataBuffer, stream: aclrtStream,
    ) -> aclError = "aclopExecWithHandle" since "8.1";
    status fn aclopExecute(
        opType: *const c_char, numInputs: c_int, inputDesc: *const *const aclTensorDesc, inputs: *const *const aclDataBuffer,
        numOutputs: c_int, outputDesc: *const *const aclTensorDesc, outputs: *const *mut aclDataBuffer, attr: *const aclopAttr,
        stream: aclrtStream,
    ) -> aclError = "aclopExecute" since "8.1";
    status fn aclopExecuteV2(
        opType: *const c_char, numInputs: c_int, inputDesc: *mut *mut aclTensorDesc, inputs: *mut *mut aclDataBuffer, numOutputs: c_int,
        outputDesc: *mut *mut aclTensorDesc, outputs: *mut *mut aclDataBuffer, attr: *mut aclopAttr, stream: aclrtStream,
    ) -> aclError = "aclopExecuteV2" since "8.1";
    status fn aclopInferShape(
        opType: *const c_char, numInputs: c_int, inputDesc: *mut *mut aclTensorDesc, inputs: *mut *mut aclDataBuffer, numOutputs: c_int,
        outputDesc: *mut *mut aclTensorDesc, attr: *mut aclopAttr,
    ) -> aclError = "aclopInferShape" since "8.1";
    status fn aclopLoad(model: *const c_void, modelSize: usize) -> aclError = "aclopLoad" since "8.1";
    status fn aclopRegisterCompileFunc(opType: *const c_char, func: aclopCompileFunc) -> aclError = "aclopRegisterCompileFunc" since "8.1";
    status fn aclopSetAttrBool(attr: *mut aclopAttr, attrName: *const c_char, attrValue: u8) -> aclError = "aclopSetAttrBool" since "8.1";
    status fn aclopSetAttrDataType(
        attr: *mut aclopAttr, attrName: *const c_char, attrValue: aclDataType,
    ) -> aclError = "aclopSetAttrDataType" since "8.1";
    status fn aclopSetAttrFloat(
        attr: *mut aclopAttr, attrName: *const c_char, attrValue: f32,
    ) -> aclError = "aclopSetAttrFloat" since "8.1";
    status fn aclopSetAttrInt(attr: *mut aclopAttr, attrName: *const c_char, attrValue: i64) -> aclError = "aclopSetAttrInt" since "8.1";
    status fn aclopSetAttrListBool(
        attr: *mut aclopAttr, attrName: *const c_char, numValues: c_int, values: *const u8,
    ) -> aclError = "aclopSetAttrListBool" since "8.1";
    status fn aclopSetAttrListDataType(
        attr: *mut aclopAttr, attrName: *const c_char, numValues: c_int, values: *const aclDataType,
    ) -> aclError = "aclopSetAttrListDataType" since "8.1";
    status fn aclopSetAttrListFloat(
        attr: *mut aclopAttr, attrName: *const c_char, numValues: c_int, values: *const f32,
    ) -> aclError = "aclopSetAttrListFloat" since "8.1";
    status fn aclopSetAttrListInt(
        attr: *mut aclopAttr, attrName: *const c_char, numValues: c_int, values: *const i64,
    ) -> aclError = "aclopSetAttrListInt" since "8.1";
    status fn aclopSetAttrListListInt(
        attr: *mut aclopAttr, attrName: *const c_char, numLists: c_int, numValues: *const c_int, values: *const *const i64,
    ) -> aclError = "aclopSetAttrListListInt" since "8.1";
    status fn aclopSetAttrListString(
        attr: *mut aclopAttr, attrName: *const c_char, numValues: c_int, values: *mut *const c_char,
    ) -> aclError = "aclopSetAttrListString" since "8.1";
    status fn aclopSetAttrString(
        attr: *mut aclopAttr, attrName: *const c_char, attrValue: *const c_char,
    ) -> aclError = "aclopSetAttrString" since "8.1";
    status fn aclopSetKernelArgs(
        kernelDesc: *mut aclopKernelDesc, kernelId: *const c_char, blockDim: u32, args: *const c_void, argSize: u32,
    ) -> aclError = "aclopSetKernelArgs" since "8.1";
    status fn aclopSetKernelWorkspaceSizes(
        kernelDesc: *mut aclopKernelDesc, numWorkspaces: c_int, workspaceSizes: *mut usize,
    ) -> aclError = "aclopSetKernelWorkspaceSizes" since "8.1";
    status fn aclopSetMaxOpQueueNum(maxOpNum: u64) -> aclError = "aclopSetMaxOpQueueNum" since "8.1";
    status fn aclopSetModelDir(modelDir: *const c_char) -> aclError = "aclopSetModelDir" since "8.1";
    status fn aclopUnregisterCompileFunc(opType: *const c_char) -> aclError = "aclopUnregisterCompileFunc" since "8.1";
    status fn aclopUpdateParams(
        opType: *const c_char, numInputs: c_int, inputDesc: *const *const aclTensorDesc, numOutputs: c_int,
        outputDesc: *const *const aclTensorDesc, attr: *const aclopAttr,
    ) -> aclError = "aclopUpdateParams" since "8.1";

    // Compilation of single operators, with its options.
    value fn aclCreateGraphDumpOpt() -> *mut aclGraphDumpOption = "aclCreateGraphDumpOpt" since "8.1";
    status fn aclDestroyGraphDumpOpt(graphDumpOpt: *const aclGraphDumpOption) -> aclError = "aclDestroyGraphDumpOpt" since "8.1";
    status fn aclGenGraphAndDumpForOp(
        opType: *const c_char, numInputs: c_int, inputDesc: *const *const aclTensorDesc, inputs: *const *const aclDataBuffer,
        numOutputs: c_int, outputDesc: *const *const aclTensorDesc, outputs: *const *mut aclDataBuffer, attr: *const aclopAttr,
        engineType: aclopEngineType, graphDumpPath: *const c_char, graphDumpOpt: *const aclGraphDumpOption,
    ) -> aclError = "aclGenGraphAndDumpForOp" since "8.1";
    status fn aclGetCompileopt(opt: aclCompileOpt, value: *mut c_char, length: usize) -> aclError = "aclGetCompileopt" since "8.1";
    value fn aclGetCompileoptSize(opt: aclCompileOpt) -> usize = "aclGetCompileoptSize" since "8.1";
    status fn aclSetCompileopt(opt: aclCompileOpt, value: *const c_char) -> aclError = "aclSetCompileopt" since "8.1";
    status fn aclopCompile(
        opType: *const c_char, numInputs: c_int, inputDesc: *const *const aclTensorDesc, numOutputs: c_int,
        outputDesc: *const *const aclTensorDesc, attr: *const aclopAttr, engineType: aclopEngineType, compileFlag: aclopCompileType,
        opPath: *const c_char,
    ) -> aclError = "aclopCompile" since "8.1";
    status fn aclopCompileAndExecute(
        opType: *const c_char, numInputs: c_int, inputDesc: *const *const aclTensorDesc, inputs: *const *const aclDataBuffer,
        numOutputs: c_int, outputDesc: *const *const aclTensorDesc, outputs: *const *mut aclDataBuffer, attr: *const aclopAttr,
        engineType: aclopEngineType, compileFlag: aclopCompileType, opPath: *const c_char, stream: aclrtStream,
    ) -> aclError = "aclopCompileAndExecute" since "8.1";
    status fn aclopCompileAndExecuteV2(
        opType: *const c_char, numInputs: c_int, inputDesc: *mut *mut aclTensorDesc, inputs: *mut *mut aclDataBuffer, numOutputs: c_int,
        outputDesc: *mut *mut aclTensorDesc, outputs: *mut *mut aclDataBuffer, attr: *mut aclopAttr, engineType: aclopEngineType,
        compileFlag: aclopCompileType, opPath: *const c_char, stream: aclrtStream,
    ) -> aclError = "aclopCompileAndExecuteV2" since "8.1";
    status fn aclopSetCompileFlag(flag: aclOpCompileFlag) -> aclError = "aclopSetCompileFlag" since "8.1";
}
