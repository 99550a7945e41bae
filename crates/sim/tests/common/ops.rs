//! Operands of more types than the common ones, and a call of an operator in one line.
#![allow(dead_code, unused_macros, reason = "each test program uses a part of it")]

use ascend_sys::ffi::*;
use ascend_sys::{Cann, Result};
use half::{bf16, f16};

use crate::common::{Device, Memory, Tensor, refused};

/// Both calls of an operator, to the end.
macro_rules! run {
    ($device:expr, $op:ident, $($argument:expr),* $(,)?) => {
        pastey::paste! {
            $device.run(
                // SAFETY: every handle is alive, and the places can be written.
                |cann, size, executor| unsafe { cann.opapi.[<$op GetWorkspaceSize>]($($argument,)* size, executor) },
                // SAFETY: the executor is of this operator, the workspace as large as it asked for.
                |cann, workspace, size, executor, stream| unsafe { cann.opapi.$op(workspace, size, executor, stream) },
            )
        }
    };
}

/// The code and message that the first call of an operator is refused with.
macro_rules! refuse {
    ($device:expr, $op:ident, $($argument:expr),* $(,)?) => {
        pastey::paste! {{
            let (mut size, mut executor) = (0, std::ptr::null_mut());
            // SAFETY: every handle is alive or null, and the places can be written.
            crate::common::refused(unsafe { $device.cann.opapi.[<$op GetWorkspaceSize>]($($argument,)* &mut size, &mut executor) })
        }}
    };
}

/// The message that the stream fails with: what the operator found in its data.
macro_rules! fail {
    ($device:expr, $op:ident, $($argument:expr),* $(,)?) => {
        pastey::paste! {
            crate::ops::failure(
                &$device,
                // SAFETY: every handle is alive, and the places can be written.
                |cann, size, executor| unsafe { cann.opapi.[<$op GetWorkspaceSize>]($($argument,)* size, executor) },
                // SAFETY: the executor is of this operator, the workspace as large as it asked for.
                |cann, workspace, size, executor, stream| unsafe { cann.opapi.$op(workspace, size, executor, stream) },
            )
        }
    };
}

pub(crate) fn failure(
    device: &Device,
    first: impl FnOnce(&Cann, *mut u64, *mut *mut aclOpExecutor) -> Result<()>,
    second: impl FnOnce(&Cann, *mut std::ffi::c_void, u64, *mut aclOpExecutor, aclrtStream) -> Result<()>,
) -> String {
    let (mut size, mut executor, mut workspace) = (0, std::ptr::null_mut(), std::ptr::null_mut());
    first(device.cann, &mut size, &mut executor).unwrap();
    // SAFETY: a place to write to; the stream is alive.
    unsafe {
        device.cann.acl.aclrtMalloc(&mut workspace, size.max(1) as usize, ACL_MEM_MALLOC_HUGE_FIRST).unwrap();
        second(device.cann, workspace, size, executor, device.stream).unwrap();
        refused(device.cann.acl.aclrtSynchronizeStream(device.stream)).1
    }
}

/// No tensor, or no list.
pub(crate) const NONE: *const aclTensor = std::ptr::null();
pub(crate) const NO_LIST: *const aclTensorList = std::ptr::null();

impl Device {
    pub(crate) fn halves(&self, values: &[f32]) -> Memory {
        self.bytes(ACL_FLOAT16, &values.iter().flat_map(|v| f16::from_f32(*v).to_le_bytes()).collect::<Vec<_>>())
    }

    pub(crate) fn bf16s(&self, values: &[f32]) -> Memory {
        self.bytes(ACL_BF16, &values.iter().flat_map(|v| bf16::from_f32(*v).to_le_bytes()).collect::<Vec<_>>())
    }

    pub(crate) fn flags(&self, values: &[bool]) -> Memory {
        self.bytes(ACL_BOOL, &values.iter().map(|v| u8::from(*v)).collect::<Vec<_>>())
    }

    pub(crate) fn words(&self, values: &[u64]) -> Memory {
        self.bytes(ACL_UINT64, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
    }

    /// A FRACTAL_NZ tensor over the memory, of the matrix `dims` in the blocks `storage`.
    pub(crate) fn blocks(&self, memory: &Tensor, dtype: aclDataType, dims: &[i64], storage: &[i64]) -> *mut aclTensor {
        let mut strides = vec![1; dims.len()];
        for i in (1..dims.len()).rev() {
            strides[i - 1] = strides[i] * dims[i];
        }
        // SAFETY: the arrays are as long as is said.
        let handle = unsafe {
            self.cann.nnopbase.aclCreateTensor(
                dims.as_ptr(),
                dims.len() as u64,
                dtype,
                strides.as_ptr(),
                0,
                ACL_FORMAT_FRACTAL_NZ,
                storage.as_ptr(),
                storage.len() as u64,
                memory.address(),
            )
        };
        handle.unwrap()
    }
}

impl Tensor {
    pub(crate) fn read_halves(&self) -> Vec<f32> {
        self.bytes().as_chunks().0.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect()
    }

    pub(crate) fn read_bf16s(&self) -> Vec<f32> {
        self.bytes().as_chunks().0.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect()
    }
}

/// Equal up to a millionth of the larger.
pub(crate) fn close(found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= 1e-6 * e.abs().max(1.0), "{found:?} found, {expected:?} expected");
    }
}
