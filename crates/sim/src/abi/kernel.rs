//! Device binaries, their functions, and launches.

use std::ffi::{CStr, c_char, c_void};
use std::sync::{Arc, Mutex, PoisonError};

use ascend_sys::ffi::*;

use super::{Address, functions, give, give_text, invalid};
use crate::context;
use crate::fault::{Fault, Outcome, call};
use crate::faults;
use crate::kernels;
use crate::machine::{Object, machine};

pub(super) const FUNCTIONS: &[(&str, Address)] = functions! {
    aclrtCreateBinary => create_binary,
    aclrtDestroyBinary => destroy_binary,
    aclrtBinaryLoad => load,
    aclrtBinaryLoadFromFile => load_file,
    aclrtBinaryLoadFromData => load_data,
    aclrtBinaryUnLoad => unload,
    aclrtBinaryGetFunction => function,
    aclrtGetFunctionName => function_name,
    aclrtKernelArgsInit => args_init,
    aclrtKernelArgsAppend => args_append,
    aclrtKernelArgsParaUpdate => args_update,
    aclrtKernelArgsFinalize => args_finalize,
    aclrtLaunchKernel => launch,
    aclrtLaunchKernelV2 => launch_v2,
    aclrtLaunchKernelWithConfig => launch_with_config,
};

const BINARY: &str = "binary";
const LOADED: &str = "loaded binary";
const FUNCTION: &str = "kernel function";
const ARGS: &str = "kernel arguments";

/// What is in a binary makes no difference; that there is something does.
fn checked_data(data: *const c_void, bytes: usize) -> Outcome {
    if data.is_null() || bytes == 0 { Err(invalid("the binary is null or empty")) } else { Ok(()) }
}

fn add<T: Send + Sync + 'static>(kind: &'static str, object: T) -> usize {
    machine().state().add(|_| Object::Other(kind, Arc::new(object)))
}

pub(super) unsafe extern "C" fn create_binary(data: *const c_void, bytes: usize) -> aclrtBinary {
    let mut made = 0;
    call("aclrtCreateBinary", || {
        checked_data(data, bytes)?;
        made = add(BINARY, ());
        Ok(())
    });
    made as aclrtBinary
}

pub(super) unsafe extern "C" fn destroy_binary(binary: aclrtBinary) -> aclError {
    call("aclrtDestroyBinary", || machine().state().take::<()>(binary, BINARY).map(drop))
}

/// Names of functions that programs have asked a binary for, and the handles that they got.
type Functions = Mutex<Vec<(String, usize)>>;

/// # Safety
/// * `handle` is null or valid for writing.
unsafe fn give_loaded(handle: *mut aclrtBinHandle) -> Outcome {
    context::current()?;
    // SAFETY: the caller promises it.
    unsafe { give(handle, std::ptr::null_mut(), "binHandle") }?;
    let made = add(LOADED, Functions::default());
    // SAFETY: as above.
    unsafe { give(handle, made as aclrtBinHandle, "binHandle") }
}

pub(super) unsafe extern "C" fn load(binary: aclrtBinary, handle: *mut aclrtBinHandle) -> aclError {
    call("aclrtBinaryLoad", || {
        machine().state().other::<()>(binary, BINARY)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give_loaded(handle) }
    })
}

pub(super) unsafe extern "C" fn load_file(
    path: *const c_char,
    _options: *mut aclrtBinaryLoadOptions,
    handle: *mut aclrtBinHandle,
) -> aclError {
    call("aclrtBinaryLoadFromFile", || {
        if path.is_null() {
            return Err(invalid("binPath is null"));
        }
        // SAFETY: the caller's pointer is a C string if it is not null, by the function's rules.
        let path = unsafe { CStr::from_ptr(path) }.to_string_lossy().into_owned();
        let size = std::fs::metadata(&path).map(|file| file.len());
        match size {
            Err(error) => return Err(Fault::misuse(ACL_ERROR_RT_FILE_OPEN, format!("{path}: {error}"))),
            Ok(0) => return Err(invalid(format!("{path} is empty"))),
            Ok(_) => {}
        }
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give_loaded(handle) }
    })
}

pub(super) unsafe extern "C" fn load_data(
    data: *const c_void,
    bytes: usize,
    _options: *const aclrtBinaryLoadOptions,
    handle: *mut aclrtBinHandle,
) -> aclError {
    call("aclrtBinaryLoadFromData", || {
        checked_data(data, bytes)?;
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give_loaded(handle) }
    })
}

pub(super) unsafe extern "C" fn unload(handle: aclrtBinHandle) -> aclError {
    call("aclrtBinaryUnLoad", || {
        let mut state = machine().state();
        let functions: Arc<Functions> = state.take(handle, LOADED)?;
        for (_, function) in functions.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            state.remove(*function as *const c_void);
        }
        Ok(())
    })
}

pub(super) unsafe extern "C" fn function(handle: aclrtBinHandle, name: *const c_char, function: *mut aclrtFuncHandle) -> aclError {
    call("aclrtBinaryGetFunction", || {
        if name.is_null() {
            return Err(invalid("kernelName is null"));
        }
        // SAFETY: the caller's pointer is a C string if it is not null, by the function's rules.
        let name = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
        let mut state = machine().state();
        let functions: Arc<Functions> = state.other(handle, LOADED)?;
        let mut functions = functions.lock().unwrap_or_else(PoisonError::into_inner);
        let known = functions.iter().find(|(other, _)| *other == name).map(|(_, handle)| *handle);
        let found = known.unwrap_or_else(|| {
            let made = state.add(|_| Object::Other(FUNCTION, Arc::new(name.clone())));
            functions.push((name, made));
            made
        });
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(function, found as aclrtFuncHandle, "funcHandle") }
    })
}

pub(super) unsafe extern "C" fn function_name(function: aclrtFuncHandle, room: u32, text: *mut c_char) -> aclError {
    call("aclrtGetFunctionName", || {
        let name: Arc<String> = machine().state().other(function, FUNCTION)?;
        // SAFETY: the caller's array is null or has that much room, by the function's rules.
        unsafe { give_text(text, room as usize, &name, "name") }
    })
}

/// Arguments that are being collected.
#[derive(Default)]
struct Arguments {
    bytes: Vec<u8>,
    /// Where each lies, by its handle.
    places: Vec<(usize, usize, usize)>,
    closed: bool,
}

type Shared = Mutex<Arguments>;

fn arguments(handle: aclrtArgsHandle) -> Outcome<Arc<Shared>> {
    machine().state().other(handle, ARGS)
}

pub(super) unsafe extern "C" fn args_init(function: aclrtFuncHandle, handle: *mut aclrtArgsHandle) -> aclError {
    call("aclrtKernelArgsInit", || {
        machine().state().other::<String>(function, FUNCTION)?;
        let made = add(ARGS, Shared::default());
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(handle, made as aclrtArgsHandle, "argsHandle") }
    })
}

/// # Safety
/// * `value` is null or has `bytes` bytes.
unsafe fn value(value: *const c_void, bytes: usize) -> Outcome<Vec<u8>> {
    if value.is_null() || bytes == 0 {
        return Err(invalid("param is null or empty"));
    }
    // SAFETY: the caller promises it.
    Ok(unsafe { std::slice::from_raw_parts(value.cast::<u8>(), bytes) }.to_vec())
}

/// An argument lies at a multiple of its size, up to eight bytes.
pub(super) unsafe extern "C" fn args_append(
    handle: aclrtArgsHandle,
    parameter: *mut c_void,
    bytes: usize,
    place: *mut aclrtParamHandle,
) -> aclError {
    call("aclrtKernelArgsAppend", || {
        let found = arguments(handle)?;
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        if found.closed {
            return Err(invalid("aclrtKernelArgsFinalize has closed the arguments"));
        }
        // SAFETY: the caller's pointer is null or has as many bytes, by the function's rules.
        let value = unsafe { value(parameter, bytes) }?;
        let start = found.bytes.len().next_multiple_of(bytes.next_power_of_two().min(8));
        found.bytes.resize(start, 0);
        found.bytes.extend(value);
        let made = found.places.len() + 1;
        found.places.push((made, start, bytes));
        // SAFETY: the caller's pointer is null or valid, by the function's rules.
        unsafe { give(place, made as aclrtParamHandle, "paramHandle") }
    })
}

pub(super) unsafe extern "C" fn args_update(
    handle: aclrtArgsHandle,
    place: aclrtParamHandle,
    parameter: *mut c_void,
    bytes: usize,
) -> aclError {
    call("aclrtKernelArgsParaUpdate", || {
        let found = arguments(handle)?;
        let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
        let at = found.places.iter().find(|(handle, _, size)| *handle == place as usize && *size == bytes).copied();
        let (_, start, _) = at.ok_or_else(|| invalid(format!("no parameter {place:p} of {bytes} bytes was appended")))?;
        // SAFETY: the caller's pointer is null or has as many bytes, by the function's rules.
        let value = unsafe { value(parameter, bytes) }?;
        found.bytes[start..start + bytes].copy_from_slice(&value);
        Ok(())
    })
}

pub(super) unsafe extern "C" fn args_finalize(handle: aclrtArgsHandle) -> aclError {
    call("aclrtKernelArgsFinalize", || {
        arguments(handle)?.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        Ok(())
    })
}

fn enqueue(function: aclrtFuncHandle, blocks: u32, arguments: Vec<u8>, stream: aclrtStream) -> Outcome {
    let name: Arc<String> = machine().state().other(function, FUNCTION)?;
    let stream = context::stream(stream)?;
    if blocks == 0 {
        return Err(invalid("0 blocks asked"));
    }
    let Some(kernel) = kernels::find(&name) else {
        let what = format!("the kernel `{name}` cannot be simulated: nothing is registered for that name");
        return Err(Fault::misuse(ACL_ERROR_RT_KERNEL_LOOKUP, what));
    };
    let device = context::current()?.device();
    stream.submit(Vec::new(), move |flags| {
        let outcome = faults::on_stream(&name, Some(device), flags).and_then(|()| kernels::run(&*kernel, blocks, &arguments));
        outcome.map_err(|fault| fault.of(&format!("fault kernel_name={name}")))
    })
}

pub(super) unsafe extern "C" fn launch(
    function: aclrtFuncHandle,
    blocks: u32,
    arguments: *const c_void,
    bytes: usize,
    stream: aclrtStream,
) -> aclError {
    call("aclrtLaunchKernel", || {
        // SAFETY: the caller's pointer is null or has as many bytes, by the function's rules.
        enqueue(function, blocks, unsafe { value(arguments, bytes) }?, stream)
    })
}

pub(super) unsafe extern "C" fn launch_v2(
    function: aclrtFuncHandle,
    blocks: u32,
    arguments: *const c_void,
    bytes: usize,
    _config: *mut aclrtLaunchKernelCfg,
    stream: aclrtStream,
) -> aclError {
    call("aclrtLaunchKernelV2", || {
        // SAFETY: the caller's pointer is null or has as many bytes, by the function's rules.
        enqueue(function, blocks, unsafe { value(arguments, bytes) }?, stream)
    })
}

/// The arguments' handle ends with the launch.
pub(super) unsafe extern "C" fn launch_with_config(
    function: aclrtFuncHandle,
    blocks: u32,
    stream: aclrtStream,
    _config: *mut aclrtLaunchKernelCfg,
    handle: aclrtArgsHandle,
    _reserve: *mut c_void,
) -> aclError {
    call("aclrtLaunchKernelWithConfig", || {
        let found = arguments(handle)?;
        let bytes = {
            let found = found.lock().unwrap_or_else(PoisonError::into_inner);
            if !found.closed {
                return Err(invalid("the arguments are not closed; aclrtKernelArgsFinalize comes first"));
            }
            found.bytes.clone()
        };
        enqueue(function, blocks, bytes, stream)?;
        machine().state().remove(handle);
        Ok(())
    })
}
