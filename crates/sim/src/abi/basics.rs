//! Data types, half-precision numbers, data buffers and tensor descriptions.

use std::ffi::{CString, c_char, c_int, c_void};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ascend_sys::ffi::*;

use super::{Address, functions, give, invalid};
use crate::calls::count;
use crate::fault::{Outcome, call};
use crate::machine::{Object, machine};

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclDataTypeSize => data_type_size,
    aclFloat16ToFloat => half_to_float,
    aclFloatToFloat16 => float_to_half,
    aclCreateDataBuffer => create_buffer,
    aclDestroyDataBuffer => destroy_buffer,
    aclUpdateDataBuffer => update_buffer,
    aclGetDataBufferAddr => buffer_address,
    aclGetDataBufferSize => buffer_size,
    aclGetDataBufferSizeV2 => buffer_size_v2,
    aclCreateTensorDesc => create_description,
    aclDestroyTensorDesc => destroy_description,
    aclGetTensorDescType => description_type,
    aclGetTensorDescFormat => description_format,
    aclGetTensorDescSize => description_size,
    aclGetTensorDescElementCount => description_elements,
    aclGetTensorDescNumDims => description_rank,
    aclGetTensorDescDim => description_dim,
    aclGetTensorDescDimV2 => description_dim_v2,
    aclSetTensorDescName => set_name,
    aclGetTensorDescName => name,
    aclSetTensorFormat => set_format,
    aclSetTensorStorageFormat => set_storage_format,
    aclSetTensorOriginFormat => set_origin_format,
    aclSetTensorShape => set_shape,
    aclSetTensorStorageShape => set_storage_shape,
    aclSetTensorOriginShape => set_origin_shape,
    aclSetTensorPlaceMent => set_placement,
};

/// Bytes of an element; 0 for types that have none of their own, of less than a byte among them.
fn size_of(dtype: aclDataType) -> usize {
    match dtype {
        ACL_INT8 | ACL_UINT8 | ACL_BOOL | ACL_HIFLOAT8 | ACL_FLOAT8_E5M2 | ACL_FLOAT8_E4M3FN | ACL_FLOAT8_E8M0 => 1,
        ACL_FLOAT16 | ACL_BF16 | ACL_INT16 | ACL_UINT16 => 2,
        ACL_FLOAT | ACL_INT32 | ACL_UINT32 | ACL_COMPLEX32 => 4,
        ACL_DOUBLE | ACL_INT64 | ACL_UINT64 | ACL_COMPLEX64 => 8,
        ACL_COMPLEX128 => 16,
        _ => 0,
    }
}

pub(super) unsafe extern "C" fn data_type_size(dtype: aclDataType) -> usize {
    count("aclDataTypeSize");
    size_of(dtype)
}

pub(super) unsafe extern "C" fn half_to_float(value: aclFloat16) -> f32 {
    count("aclFloat16ToFloat");
    half::f16::from_bits(value).to_f32()
}

pub(super) unsafe extern "C" fn float_to_half(value: f32) -> aclFloat16 {
    count("aclFloatToFloat16");
    half::f16::from_f32(value).to_bits()
}

const BUFFER: &str = "data buffer";

/// An address and a size.
type Buffer = Mutex<(usize, usize)>;

fn buffer(handle: *const aclDataBuffer) -> Outcome<Arc<Buffer>> {
    machine().state().other(handle.cast(), BUFFER)
}

fn buffer_range(name: &str, handle: *const aclDataBuffer) -> (usize, usize) {
    let mut found = (0, 0);
    call(name, || {
        found = *buffer(handle)?.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(())
    });
    found
}

pub(super) unsafe extern "C" fn create_buffer(data: *mut c_void, bytes: usize) -> *mut aclDataBuffer {
    count("aclCreateDataBuffer");
    machine().state().add(|_| Object::Other(BUFFER, Arc::new(Buffer::new((data as usize, bytes))))) as *mut aclDataBuffer
}

pub(super) unsafe extern "C" fn destroy_buffer(handle: *const aclDataBuffer) -> aclError {
    call("aclDestroyDataBuffer", || machine().state().take::<Buffer>(handle.cast(), BUFFER).map(drop))
}

pub(super) unsafe extern "C" fn update_buffer(handle: *mut aclDataBuffer, data: *mut c_void, bytes: usize) -> aclError {
    call("aclUpdateDataBuffer", || {
        *buffer(handle)?.lock().unwrap_or_else(PoisonError::into_inner) = (data as usize, bytes);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn buffer_address(handle: *const aclDataBuffer) -> *mut c_void {
    buffer_range("aclGetDataBufferAddr", handle).0 as *mut c_void
}

pub(super) unsafe extern "C" fn buffer_size(handle: *const aclDataBuffer) -> u32 {
    buffer_range("aclGetDataBufferSize", handle).1 as u32
}

pub(super) unsafe extern "C" fn buffer_size_v2(handle: *const aclDataBuffer) -> usize {
    buffer_range("aclGetDataBufferSizeV2", handle).1
}

const DESCRIPTION: &str = "tensor description";

struct Description {
    dtype: aclDataType,
    format: aclFormat,
    dims: Vec<i64>,
    name: CString,
}

type Shared = Mutex<Description>;

fn lock(description: &Shared) -> MutexGuard<'_, Description> {
    description.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Does something to a description, or nothing if the handle is none.
fn with<T>(name: &str, handle: *const aclTensorDesc, otherwise: T, f: impl FnOnce(&mut Description) -> T) -> T {
    let mut result = None;
    call(name, || {
        let found: Arc<Shared> = machine().state().other(handle.cast(), DESCRIPTION)?;
        result = Some(f(&mut lock(&found)));
        Ok(())
    });
    result.unwrap_or(otherwise)
}

fn change(name: &str, handle: *const aclTensorDesc, f: impl FnOnce(&mut Description) -> Outcome) -> aclError {
    call(name, || {
        let found: Arc<Shared> = machine().state().other(handle.cast(), DESCRIPTION)?;
        f(&mut lock(&found))
    })
}

/// # Safety
/// * `dims` is null or has as many elements as `rank` says.
unsafe fn read_dims(rank: c_int, dims: *const i64) -> Outcome<Vec<i64>> {
    let rank = usize::try_from(rank).map_err(|_| invalid(format!("a number of dimensions asked, {rank} found")))?;
    if rank == 0 {
        return Ok(Vec::new());
    }
    if dims.is_null() {
        return Err(invalid("dims is null"));
    }
    // SAFETY: the caller promises it.
    Ok(unsafe { std::slice::from_raw_parts(dims, rank) }.to_vec())
}

pub(super) unsafe extern "C" fn create_description(
    dtype: aclDataType,
    rank: c_int,
    dims: *const i64,
    format: aclFormat,
) -> *mut aclTensorDesc {
    let mut made = 0;
    call("aclCreateTensorDesc", || {
        // SAFETY: the caller's array is null or has that many elements, by the function's rules.
        let dims = unsafe { read_dims(rank, dims) }?;
        let description = Description { dtype, format, dims, name: CString::default() };
        made = machine().state().add(|_| Object::Other(DESCRIPTION, Arc::new(Mutex::new(description))));
        Ok(())
    });
    made as *mut aclTensorDesc
}

/// Null is nothing to destroy.
pub(super) unsafe extern "C" fn destroy_description(handle: *const aclTensorDesc) {
    call("aclDestroyTensorDesc", || match handle.is_null() {
        true => Ok(()),
        false => machine().state().take::<Shared>(handle.cast(), DESCRIPTION).map(drop),
    });
}

pub(super) unsafe extern "C" fn description_type(handle: *const aclTensorDesc) -> aclDataType {
    with("aclGetTensorDescType", handle, ACL_DT_UNDEFINED, |description| description.dtype)
}

pub(super) unsafe extern "C" fn description_format(handle: *const aclTensorDesc) -> aclFormat {
    with("aclGetTensorDescFormat", handle, ACL_FORMAT_UNDEFINED, |description| description.format)
}

fn elements(description: &Description) -> usize {
    description.dims.iter().try_fold(1usize, |count, dim| count.checked_mul(usize::try_from(*dim).ok()?)).unwrap_or(0)
}

pub(super) unsafe extern "C" fn description_size(handle: *const aclTensorDesc) -> usize {
    with("aclGetTensorDescSize", handle, 0, |description| elements(description).saturating_mul(size_of(description.dtype)))
}

pub(super) unsafe extern "C" fn description_elements(handle: *const aclTensorDesc) -> usize {
    with("aclGetTensorDescElementCount", handle, 0, |description| elements(description))
}

pub(super) unsafe extern "C" fn description_rank(handle: *const aclTensorDesc) -> usize {
    with("aclGetTensorDescNumDims", handle, 0, |description| description.dims.len())
}

pub(super) unsafe extern "C" fn description_dim(handle: *const aclTensorDesc, index: usize) -> i64 {
    with("aclGetTensorDescDim", handle, -1, |description| description.dims.get(index).copied().unwrap_or(-1))
}

pub(super) unsafe extern "C" fn description_dim_v2(handle: *const aclTensorDesc, index: usize, dim: *mut i64) -> aclError {
    change("aclGetTensorDescDimV2", handle, |description| {
        let found = description.dims.get(index).copied();
        let found = found.ok_or_else(|| invalid(format!("dimension {index} asked of {}", description.dims.len())))?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(dim, found, "dimSize") }
    })
}

pub(super) unsafe extern "C" fn set_name(handle: *mut aclTensorDesc, name: *const c_char) {
    with("aclSetTensorDescName", handle, (), |description| {
        if !name.is_null() {
            // SAFETY: the caller's pointer is a C string if it is not null, by the function's rules.
            description.name = unsafe { std::ffi::CStr::from_ptr(name) }.to_owned();
        }
    });
}

/// Valid until the description is named anew or destroyed.
pub(super) unsafe extern "C" fn name(handle: *mut aclTensorDesc) -> *const c_char {
    with("aclGetTensorDescName", handle, c"".as_ptr(), |description| description.name.as_ptr())
}

pub(super) unsafe extern "C" fn set_format(handle: *mut aclTensorDesc, format: aclFormat) -> aclError {
    change("aclSetTensorFormat", handle, |description| {
        description.format = format;
        Ok(())
    })
}

/// What a description says of storage and origin is for the compiler of operators, which is not here.
pub(super) unsafe extern "C" fn set_storage_format(handle: *mut aclTensorDesc, _format: aclFormat) -> aclError {
    change("aclSetTensorStorageFormat", handle, |_| Ok(()))
}

pub(super) unsafe extern "C" fn set_origin_format(handle: *mut aclTensorDesc, _format: aclFormat) -> aclError {
    change("aclSetTensorOriginFormat", handle, |_| Ok(()))
}

pub(super) unsafe extern "C" fn set_shape(handle: *mut aclTensorDesc, rank: c_int, dims: *const i64) -> aclError {
    change("aclSetTensorShape", handle, |description| {
        // SAFETY: the caller's array is null or has that many elements, by the function's rules.
        description.dims = unsafe { read_dims(rank, dims) }?;
        Ok(())
    })
}

pub(super) unsafe extern "C" fn set_storage_shape(handle: *mut aclTensorDesc, rank: c_int, dims: *const i64) -> aclError {
    // SAFETY: the caller's array is null or has that many elements, by the function's rules.
    change("aclSetTensorStorageShape", handle, |_| unsafe { read_dims(rank, dims) }.map(drop))
}

pub(super) unsafe extern "C" fn set_origin_shape(handle: *mut aclTensorDesc, rank: c_int, dims: *const i64) -> aclError {
    // SAFETY: the caller's array is null or has that many elements, by the function's rules.
    change("aclSetTensorOriginShape", handle, |_| unsafe { read_dims(rank, dims) }.map(drop))
}

pub(super) unsafe extern "C" fn set_placement(handle: *mut aclTensorDesc, placement: aclMemType) -> aclError {
    change("aclSetTensorPlaceMent", handle, |_| {
        if placement > ACL_MEMTYPE_HOST_COMPILE_INDEPENDENT {
            return Err(invalid(format!("a placement from 0 to 2 asked, {placement} found")));
        }
        Ok(())
    })
}
