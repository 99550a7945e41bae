//! The C functions.

use std::ffi::{c_char, c_void};
use std::slice;
use std::sync::{Arc, Mutex, PoisonError};

use ascend_sys::ffi::*;

use super::executor::described;
use super::{Description, Operand, Scalar, bits, operands, row_major};
use crate::abi::{Address, functions, give};
use crate::fault::{Fault, Outcome, call};

pub(crate) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclnnInit => init,
    aclnnFinalize => finalize,
    aclCreateTensor => create_tensor,
    aclInitTensor => init_tensor,
    aclCreateScalar => create_scalar,
    aclCreateIntArray => create_int_array,
    aclCreateFloatArray => create_float_array,
    aclCreateBoolArray => create_bool_array,
    aclCreateTensorList => create_tensor_list,
    aclCreateScalarList => create_scalar_list,
    aclDestroyTensor => destroy_tensor,
    aclDestroyScalar => destroy_scalar,
    aclDestroyIntArray => destroy_int_array,
    aclDestroyFloatArray => destroy_float_array,
    aclDestroyBoolArray => destroy_bool_array,
    aclDestroyTensorList => destroy_tensor_list,
    aclDestroyScalarList => destroy_scalar_list,
    aclGetViewShape => view_shape,
    aclGetStorageShape => storage_shape,
    aclGetViewStrides => view_strides,
    aclGetViewOffset => view_offset,
    aclGetFormat => format,
    aclGetDataType => data_type,
    aclGetRawTensorAddr => raw_address,
    aclSetRawTensorAddr => set_raw_address,
    aclGetIntArraySize => int_array_size,
    aclGetFloatArraySize => float_array_size,
    aclGetBoolArraySize => bool_array_size,
    aclGetTensorListSize => tensor_list_size,
    aclGetScalarListSize => scalar_list_size,
    aclSetAclOpExecutorRepeatable => set_repeatable,
    aclDestroyAclOpExecutor => destroy_executor,
    aclSetInputTensorAddr => set_input_address,
    aclSetOutputTensorAddr => set_output_address,
    aclSetTensorAddr => set_address,
    aclSetDynamicInputTensorAddr => set_dynamic_input_address,
    aclSetDynamicOutputTensorAddr => set_dynamic_output_address,
    aclSetDynamicTensorAddr => set_dynamic_address,
    AclSetInputTensorAddr => set_input_address,
    AclSetOutputTensorAddr => set_output_address,
    AclSetTensorAddr => set_address,
    AclSetDynamicInputTensorAddr => set_dynamic_input_address,
    AclSetDynamicOutputTensorAddr => set_dynamic_output_address,
    AclSetDynamicTensorAddr => set_dynamic_address,
};

fn invalid(what: impl Into<String>) -> Fault {
    Fault::misuse(ACLNN_ERR_PARAM_INVALID, what)
}

/// The most dimensions that a tensor can have.
const MAX_RANK: u64 = 8;

unsafe extern "C" fn init(_config: *const c_char) -> aclnnStatus {
    call("aclnnInit", || Ok(()))
}

unsafe extern "C" fn finalize() -> aclnnStatus {
    call("aclnnFinalize", || Ok(()))
}

/// The elements of a C array.
///
/// # Safety
/// * `start` is null, or has `count` elements.
unsafe fn elements<'a, T>(start: *const T, count: u64, name: &str) -> Outcome<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if start.is_null() {
        return Err(Fault::misuse(ACLNN_ERR_PARAM_NULLPTR, format!("{name} is null, {count} elements of it are asked")));
    }
    // SAFETY: the caller promises it.
    Ok(unsafe { slice::from_raw_parts(start, usize::try_from(count).unwrap_or(0)) })
}

fn sizes(values: &[i64], name: &str) -> Outcome<Vec<usize>> {
    let size = |&value: &i64| usize::try_from(value).map_err(|_| invalid(format!("{name}: {values:?} has a number below 0")));
    values.iter().map(size).collect()
}

/// # Safety
/// * Every pointer is null, or valid for as many elements as the number beside it says.
#[expect(clippy::too_many_arguments, reason = "the C function has as many")]
unsafe fn describe(
    dims: *const i64,
    rank: u64,
    dtype: aclDataType,
    strides: *const i64,
    offset: i64,
    format: aclFormat,
    storage: *const i64,
    storage_rank: u64,
    address: *mut c_void,
) -> Outcome<Description> {
    if rank > MAX_RANK || storage_rank > MAX_RANK {
        return Err(invalid(format!("at most {MAX_RANK} dimensions asked, {rank} and {storage_rank} found")));
    }
    if bits(dtype).is_none() {
        return Err(invalid(format!("data type {dtype} is not simulated")));
    }
    // SAFETY: the caller promises it.
    let (dims, storage) = unsafe { (elements(dims, rank, "viewDims")?, elements(storage, storage_rank, "storageDims")?) };
    let (dims, storage) = (sizes(dims, "viewDims")?, sizes(storage, "storageDims")?);
    let strides = if strides.is_null() {
        row_major(&dims)
    } else {
        // SAFETY: the caller promises as many strides as dimensions.
        sizes(unsafe { elements(strides, rank, "stride") }?, "stride")?
    };
    let offset = usize::try_from(offset).map_err(|_| invalid(format!("offset: {offset} is below 0")))?;
    let storage = if storage_rank == 0 { dims.clone() } else { storage };
    Ok(Description { dims, strides, offset, dtype, format, storage, address: address as usize })
}

/// Makes a handle, or null with the reason as the recent message.
fn create<T>(name: &str, make: impl FnOnce() -> Outcome<Operand>) -> *mut T {
    let mut handle = 0;
    call(name, || {
        // Before the lock: a list looks its members up.
        let operand = make()?;
        handle = operands().add(operand);
        Ok(())
    });
    handle as *mut T
}

unsafe extern "C" fn create_tensor(
    dims: *const i64,
    rank: u64,
    dtype: aclDataType,
    strides: *const i64,
    offset: i64,
    format: aclFormat,
    storage: *const i64,
    storage_rank: u64,
    address: *mut c_void,
) -> *mut aclTensor {
    create("aclCreateTensor", || {
        // SAFETY: the caller's pointers are as long as it says, by the function's rules.
        let description = unsafe { describe(dims, rank, dtype, strides, offset, format, storage, storage_rank, address) }?;
        Ok(Operand::Tensor(Arc::new(Mutex::new(description))))
    })
}

unsafe extern "C" fn init_tensor(
    tensor: *mut aclTensor,
    dims: *const i64,
    rank: u64,
    dtype: aclDataType,
    strides: *const i64,
    offset: i64,
    format: aclFormat,
    storage: *const i64,
    storage_rank: u64,
    address: *mut c_void,
) -> aclnnStatus {
    call("aclInitTensor", || {
        // SAFETY: the caller's pointers are as long as it says, by the function's rules.
        let description = unsafe { describe(dims, rank, dtype, strides, offset, format, storage, storage_rank, address) }?;
        *operands().tensor(tensor as usize, "tensor")?.lock().unwrap_or_else(PoisonError::into_inner) = description;
        Ok(())
    })
}

unsafe extern "C" fn create_scalar(value: *mut c_void, dtype: aclDataType) -> *mut aclScalar {
    create("aclCreateScalar", || {
        let Some(size) = bits(dtype).map(|bits| bits / 8).filter(|bytes| *bytes > 0) else {
            return Err(invalid(format!("a scalar of data type {dtype} is not simulated")));
        };
        if value.is_null() {
            return Err(Fault::misuse(ACLNN_ERR_PARAM_NULLPTR, "value is null"));
        }
        let mut bytes = [0; 8];
        // SAFETY: the caller's pointer has an element of the type that it says.
        unsafe { std::ptr::copy_nonoverlapping(value.cast::<u8>(), bytes.as_mut_ptr(), size) };
        Ok(Operand::Scalar(Scalar { dtype, bytes }))
    })
}

unsafe extern "C" fn create_int_array(value: *const i64, size: u64) -> *mut aclIntArray {
    // SAFETY: the caller's array has that many elements.
    create("aclCreateIntArray", || Ok(Operand::Ints(unsafe { elements(value, size, "value") }?.into())))
}

unsafe extern "C" fn create_float_array(value: *const f32, size: u64) -> *mut aclFloatArray {
    // SAFETY: the caller's array has that many elements.
    create("aclCreateFloatArray", || Ok(Operand::Floats(unsafe { elements(value, size, "value") }?.into())))
}

unsafe extern "C" fn create_bool_array(value: *const bool, size: u64) -> *mut aclBoolArray {
    // SAFETY: the caller's array has that many elements.
    create("aclCreateBoolArray", || Ok(Operand::Bools(unsafe { elements(value, size, "value") }?.into())))
}

/// The handles of a list's members, each of which must be alive.
///
/// # Safety
/// * `value` is null, or has `size` elements.
unsafe fn members<T>(value: *const *const T, size: u64, kind: &str) -> Outcome<Arc<[usize]>> {
    // SAFETY: the caller promises it.
    let handles: Arc<[usize]> = unsafe { elements(value, size, "value") }?.iter().map(|member| *member as usize).collect();
    let operands = operands();
    for handle in handles.iter().filter(|handle| **handle != 0) {
        operands.get(*handle, kind, "value")?;
    }
    Ok(handles)
}

unsafe extern "C" fn create_tensor_list(value: *const *const aclTensor, size: u64) -> *mut aclTensorList {
    // SAFETY: the caller's array has that many elements.
    create("aclCreateTensorList", || Ok(Operand::Tensors(unsafe { members(value, size, "aclTensor") }?)))
}

unsafe extern "C" fn create_scalar_list(value: *const *const aclScalar, size: u64) -> *mut aclScalarList {
    // SAFETY: the caller's array has that many elements.
    create("aclCreateScalarList", || Ok(Operand::Scalars(unsafe { members(value, size, "aclScalar") }?)))
}

/// Functions that end an operand. Null is refused like any other handle that is none.
macro_rules! destroys {
    ($($function:ident($kind:ident) = $name:literal;)*) => {$(
        unsafe extern "C" fn $function(handle: *const $kind) -> aclnnStatus {
            call($name, || operands().remove(handle as usize, stringify!($kind), "the operand"))
        }
    )*};
}

destroys! {
    destroy_tensor(aclTensor) = "aclDestroyTensor";
    destroy_scalar(aclScalar) = "aclDestroyScalar";
    destroy_int_array(aclIntArray) = "aclDestroyIntArray";
    destroy_float_array(aclFloatArray) = "aclDestroyFloatArray";
    destroy_bool_array(aclBoolArray) = "aclDestroyBoolArray";
    destroy_tensor_list(aclTensorList) = "aclDestroyTensorList";
    destroy_scalar_list(aclScalarList) = "aclDestroyScalarList";
}

/// Gives out an array that the caller frees with `delete[]`, which for a type without destructor is `free` with the C++ libraries that CANN is built for.
///
/// # Safety
/// * `place` and `count` are null, or valid for writing.
unsafe fn give_array(values: &[usize], place: *mut *mut i64, count: *mut u64) -> Outcome {
    let bytes = size_of_val(values).max(1);
    // SAFETY: malloc takes any size.
    let array = unsafe { libc::malloc(bytes) }.cast::<i64>();
    if array.is_null() {
        return Err(Fault::refused(ACLNN_ERR_INNER_NULLPTR, format!("no {bytes} bytes of host memory for the answer")));
    }
    for (i, value) in values.iter().enumerate() {
        // SAFETY: the array has room for every value.
        unsafe { array.add(i).write(*value as i64) };
    }
    // SAFETY: the caller promises it.
    unsafe {
        give(place, array, "the place for the array")?;
        give(count, values.len() as u64, "the place for its length")
    }
}

unsafe extern "C" fn view_shape(tensor: *const aclTensor, dims: *mut *mut i64, rank: *mut u64) -> aclnnStatus {
    // SAFETY: the caller's pointers are null or valid, by the function's rules.
    call("aclGetViewShape", || unsafe { give_array(&described(tensor as usize, "tensor")?.dims, dims, rank) })
}

unsafe extern "C" fn storage_shape(tensor: *const aclTensor, dims: *mut *mut i64, rank: *mut u64) -> aclnnStatus {
    // SAFETY: the caller's pointers are null or valid, by the function's rules.
    call("aclGetStorageShape", || unsafe { give_array(&described(tensor as usize, "tensor")?.storage, dims, rank) })
}

unsafe extern "C" fn view_strides(tensor: *const aclTensor, strides: *mut *mut i64, rank: *mut u64) -> aclnnStatus {
    // SAFETY: the caller's pointers are null or valid, by the function's rules.
    call("aclGetViewStrides", || unsafe { give_array(&described(tensor as usize, "tensor")?.strides, strides, rank) })
}

/// Functions that tell one thing about a tensor.
macro_rules! tells {
    ($($function:ident($type:ty) = $name:literal, |$description:ident| $value:expr;)*) => {$(
        unsafe extern "C" fn $function(tensor: *const aclTensor, place: *mut $type) -> aclnnStatus {
            call($name, || {
                let $description = described(tensor as usize, "tensor")?;
                // SAFETY: the caller's pointer is null or valid, by the function's rules.
                unsafe { give(place, $value, "the place for the answer") }
            })
        }
    )*};
}

tells! {
    view_offset(i64) = "aclGetViewOffset", |d| d.offset as i64;
    format(aclFormat) = "aclGetFormat", |d| d.format;
    data_type(aclDataType) = "aclGetDataType", |d| d.dtype;
    raw_address(*mut c_void) = "aclGetRawTensorAddr", |d| d.address as *mut c_void;
}

unsafe extern "C" fn set_raw_address(tensor: *mut aclTensor, address: *mut c_void) -> aclnnStatus {
    call("aclSetRawTensorAddr", || {
        let tensor = operands().tensor(tensor as usize, "tensor")?;
        tensor.lock().unwrap_or_else(PoisonError::into_inner).address = address as usize;
        Ok(())
    })
}

/// Functions that tell a list's length.
macro_rules! lengths {
    ($($function:ident($kind:ident, $($variant:ident)|+) = $name:literal;)*) => {$(
        unsafe extern "C" fn $function(list: *const $kind, size: *mut u64) -> aclnnStatus {
            call($name, || {
                let operands = operands();
                let length = match operands.get(list as usize, stringify!($kind), "the list")? {
                    $(Operand::$variant(values) => values.len() as u64,)+
                    other => return Err(super::operand::unexpected("the list", other)),
                };
                // SAFETY: the caller's pointer is null or valid, by the function's rules.
                unsafe { give(size, length, "size") }
            })
        }
    )*};
}

lengths! {
    int_array_size(aclIntArray, Ints) = "aclGetIntArraySize";
    float_array_size(aclFloatArray, Floats) = "aclGetFloatArraySize";
    bool_array_size(aclBoolArray, Bools) = "aclGetBoolArraySize";
    tensor_list_size(aclTensorList, Tensors) = "aclGetTensorListSize";
    scalar_list_size(aclScalarList, Scalars) = "aclGetScalarListSize";
}

unsafe extern "C" fn set_repeatable(executor: *mut aclOpExecutor) -> aclnnStatus {
    call("aclSetAclOpExecutorRepeatable", || {
        operands().executor(executor.cast())?.make_repeatable();
        Ok(())
    })
}

unsafe extern "C" fn destroy_executor(executor: *mut aclOpExecutor) -> aclnnStatus {
    call("aclDestroyAclOpExecutor", || operands().remove(executor as usize, "aclOpExecutor", "executor"))
}

/// Sets where a tensor's data is. `exact`: the index counts inputs and outputs in one row, so it says which place is meant.
fn move_tensor(
    name: &'static str,
    exact: bool,
    executor: *mut aclOpExecutor,
    index: usize,
    tensor: *mut aclTensor,
    address: *mut c_void,
) -> aclnnStatus {
    call(name, || {
        let operands = operands();
        operands.tensor(tensor as usize, "tensor")?;
        operands.executor(executor.cast())?.set_address((index, exact), tensor as usize, address as usize)
    })
}

/// The same for a member of a list.
fn move_member(
    name: &'static str,
    exact: bool,
    executor: *mut aclOpExecutor,
    (index, relative): (usize, usize),
    tensors: *mut aclTensorList,
    address: *mut c_void,
) -> aclnnStatus {
    call(name, || {
        let operands = operands();
        let members = match operands.get(tensors as usize, "aclTensorList", "tensors")? {
            Operand::Tensors(members) => members.clone(),
            other => return Err(super::operand::unexpected("tensors", other)),
        };
        let count = members.len();
        let Some(tensor) = members.get(relative) else { return Err(invalid(format!("member {relative} asked of a list of {count}"))) };
        operands.executor(executor.cast())?.set_address((index, exact), *tensor, address as usize)
    })
}

macro_rules! moves {
    ($($name:ident, $member_name:ident: $text:literal, $member_text:literal, $exact:literal;)*) => {$(
        unsafe extern "C" fn $name(executor: *mut aclOpExecutor, index: usize, tensor: *mut aclTensor, address: *mut c_void) -> aclnnStatus {
            move_tensor($text, $exact, executor, index, tensor, address)
        }

        unsafe extern "C" fn $member_name(
            executor: *mut aclOpExecutor, index: usize, relative: usize, tensors: *mut aclTensorList, address: *mut c_void,
        ) -> aclnnStatus {
            move_member($member_text, $exact, executor, (index, relative), tensors, address)
        }
    )*};
}

moves! {
    set_address, set_dynamic_address: "aclSetTensorAddr", "aclSetDynamicTensorAddr", true;
    set_input_address, set_dynamic_input_address: "aclSetInputTensorAddr", "aclSetDynamicInputTensorAddr", false;
    set_output_address, set_dynamic_output_address: "aclSetOutputTensorAddr", "aclSetDynamicOutputTensorAddr", false;
}
