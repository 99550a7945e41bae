//! `libnnopbase.so`, tensors, scalars, lists and executors of aclnn operators.
//!
//! Made from `sys/include` by `cargo run -p xtask -- bindings`.

use core::ffi::*;

use crate::ffi::*;
use crate::table::table;

table! {
    /// `libnnopbase.so`, tensors, scalars, lists and executors of aclnn operators.
    pub struct NnOpBase in "libnnopbase.so";

    // Tensors, scalars, lists and executors of aclnn operators.
    status fn AclSetDynamicInputTensorAddr(
        executor: *mut aclOpExecutor, irIndex: usize, relativeIndex: usize, tensors: *mut aclTensorList, addr: *mut c_void,
    ) -> aclnnStatus = "AclSetDynamicInputTensorAddr" since "8.1";
    status fn AclSetDynamicOutputTensorAddr(
        executor: *mut aclOpExecutor, irIndex: usize, relativeIndex: usize, tensors: *mut aclTensorList, addr: *mut c_void,
    ) -> aclnnStatus = "AclSetDynamicOutputTensorAddr" since "8.1";
    status fn AclSetDynamicTensorAddr(
        executor: *mut aclOpExecutor, irIndex: usize, relativeIndex: usize, tensors: *mut aclTensorList, addr: *mut c_void,
    ) -> aclnnStatus = "AclSetDynamicTensorAddr" since "8.1";
    status fn AclSetInputTensorAddr(
        executor: *mut aclOpExecutor, index: usize, tensor: *mut aclTensor, addr: *mut c_void,
    ) -> aclnnStatus = "AclSetInputTensorAddr" since "8.1";
    status fn AclSetOutputTensorAddr(
        executor: *mut aclOpExecutor, index: usize, tensor: *mut aclTensor, addr: *mut c_void,
    ) -> aclnnStatus = "AclSetOutputTensorAddr" since "8.1";
    status fn AclSetTensorAddr(
        executor: *mut aclOpExecutor, index: usize, tensor: *mut aclTensor, addr: *mut c_void,
    ) -> aclnnStatus = "AclSetTensorAddr" since "8.1";
    value fn aclCreateBoolArray(value: *const bool, size: u64) -> *mut aclBoolArray = "aclCreateBoolArray" since "8.1";
    value fn aclCreateFloatArray(value: *const f32, size: u64) -> *mut aclFloatArray = "aclCreateFloatArray" since "8.1";
    value fn aclCreateIntArray(value: *const i64, size: u64) -> *mut aclIntArray = "aclCreateIntArray" since "8.1";
    value fn aclCreateScalar(value: *mut c_void, dataType: aclDataType) -> *mut aclScalar = "aclCreateScalar" since "8.1";
    value fn aclCreateScalarList(value: *const *const aclScalar, size: u64) -> *mut aclScalarList = "aclCreateScalarList" since "8.1";
    value fn aclCreateTensor(
        viewDims: *const i64, viewDimsNum: u64, dataType: aclDataType, stride: *const i64, offset: i64, format: aclFormat,
        storageDims: *const i64, storageDimsNum: u64, tensorData: *mut c_void,
    ) -> *mut aclTensor = "aclCreateTensor" since "8.1";
    value fn aclCreateTensorList(value: *const *const aclTensor, size: u64) -> *mut aclTensorList = "aclCreateTensorList" since "8.1";
    status fn aclDestroyAclOpExecutor(executor: *mut aclOpExecutor) -> aclnnStatus = "aclDestroyAclOpExecutor" since "8.1";
    status fn aclDestroyBoolArray(array: *const aclBoolArray) -> aclnnStatus = "aclDestroyBoolArray" since "8.1";
    status fn aclDestroyFloatArray(array: *const aclFloatArray) -> aclnnStatus = "aclDestroyFloatArray" since "8.1";
    status fn aclDestroyIntArray(array: *const aclIntArray) -> aclnnStatus = "aclDestroyIntArray" since "8.1";
    status fn aclDestroyScalar(scalar: *const aclScalar) -> aclnnStatus = "aclDestroyScalar" since "8.1";
    status fn aclDestroyScalarList(array: *const aclScalarList) -> aclnnStatus = "aclDestroyScalarList" since "8.1";
    status fn aclDestroyTensor(tensor: *const aclTensor) -> aclnnStatus = "aclDestroyTensor" since "8.1";
    status fn aclDestroyTensorList(array: *const aclTensorList) -> aclnnStatus = "aclDestroyTensorList" since "8.1";
    status fn aclGetBoolArraySize(array: *const aclBoolArray, size: *mut u64) -> aclnnStatus = "aclGetBoolArraySize" since "8.1";
    status fn aclGetDataType(tensor: *const aclTensor, dataType: *mut aclDataType) -> aclnnStatus = "aclGetDataType" since "8.1";
    status fn aclGetFloatArraySize(array: *const aclFloatArray, size: *mut u64) -> aclnnStatus = "aclGetFloatArraySize" since "8.1";
    status fn aclGetFormat(tensor: *const aclTensor, format: *mut aclFormat) -> aclnnStatus = "aclGetFormat" since "8.1";
    status fn aclGetIntArraySize(array: *const aclIntArray, size: *mut u64) -> aclnnStatus = "aclGetIntArraySize" since "8.1";
    status fn aclGetRawTensorAddr(tensor: *const aclTensor, addr: *mut *mut c_void) -> aclnnStatus = "aclGetRawTensorAddr" since "8.1";
    status fn aclGetScalarListSize(scalarList: *const aclScalarList, size: *mut u64) -> aclnnStatus = "aclGetScalarListSize" since "8.1";
    status fn aclGetStorageShape(
        tensor: *const aclTensor, storageDims: *mut *mut i64, storageDimsNum: *mut u64,
    ) -> aclnnStatus = "aclGetStorageShape" since "8.1";
    status fn aclGetTensorListSize(tensorList: *const aclTensorList, size: *mut u64) -> aclnnStatus = "aclGetTensorListSize" since "8.1";
    status fn aclGetViewOffset(tensor: *const aclTensor, offset: *mut i64) -> aclnnStatus = "aclGetViewOffset" since "8.1";
    status fn aclGetViewShape(
        tensor: *const aclTensor, viewDims: *mut *mut i64, viewDimsNum: *mut u64,
    ) -> aclnnStatus = "aclGetViewShape" since "8.1";
    status fn aclGetViewStrides(
        tensor: *const aclTensor, stridesValue: *mut *mut i64, stridesNum: *mut u64,
    ) -> aclnnStatus = "aclGetViewStrides" since "8.1";
    status fn aclInitTensor(
        tensor: *mut aclTensor, viewDims: *const i64, viewDimsNum: u64, dataType: aclDataType, stride: *const i64, offset: i64,
        format: aclFormat, storageDims: *const i64, storageDimsNum: u64, tensorDataAddr: *mut c_void,
    ) -> aclnnStatus = "aclInitTensor" since "8.1";
    status fn aclSetAclOpExecutorRepeatable(executor: *mut aclOpExecutor) -> aclnnStatus = "aclSetAclOpExecutorRepeatable" since "8.1";
    status fn aclSetDynamicInputTensorAddr(
        executor: *mut aclOpExecutor, irIndex: usize, relativeIndex: usize, tensors: *mut aclTensorList, addr: *mut c_void,
    ) -> aclnnStatus = "aclSetDynamicInputTensorAddr" since "8.1";
    status fn aclSetDynamicOutputTensorAddr(
        executor: *mut aclOpExecutor, irIndex: usize, relativeIndex: usize, tensors: *mut aclTensorList, addr: *mut c_void,
    ) -> aclnnStatus = "aclSetDynamicOutputTensorAddr" since "8.1";
    status fn aclSetDynamicTensorAddr(
        executor: *mut aclOpExecutor, irIndex: usize, relativeIndex: usize, tensors: *mut aclTensorList, addr: *mut c_void,
    ) -> aclnnStatus = "aclSetDynamicTensorAddr" since "8.1";
    status fn aclSetInputTensorAddr(
        executor: *mut aclOpExecutor, index: usize, tensor: *mut aclTensor, addr: *mut c_void,
    ) -> aclnnStatus = "aclSetInputTensorAddr" since "8.1";
    status fn aclSetOutputTensorAddr(
        executor: *mut aclOpExecutor, index: usize, tensor: *mut aclTensor, addr: *mut c_void,
    ) -> aclnnStatus = "aclSetOutputTensorAddr" since "8.1";
    status fn aclSetRawTensorAddr(tensor: *mut aclTensor, addr: *mut c_void) -> aclnnStatus = "aclSetRawTensorAddr" since "8.1";
    status fn aclSetTensorAddr(
        executor: *mut aclOpExecutor, index: usize, tensor: *mut aclTensor, addr: *mut c_void,
    ) -> aclnnStatus = "aclSetTensorAddr" since "8.1";
    status fn aclnnFinalize() -> aclnnStatus = "aclnnFinalize" since "8.1";
    status fn aclnnInit(configPath: *const c_char) -> aclnnStatus = "aclnnInit" since "8.1";
}
