//! Short forms for tests of operators.

use std::ffi::c_void;
use std::ptr::null_mut;

use ascend_sys::ffi::*;
use ascend_sys::{Cann, Result};

use super::{Device, Memory, Tensor, refused};

/// Both calls of an operator, to the end.
#[allow(unused_macros, reason = "each test program uses a part of it")]
macro_rules! run {
    ($device:expr, $operator:ident($($argument:expr),* $(,)?)) => {
        pastey::paste! {
            $device.run(
                // SAFETY: every handle is alive, or is what the test is about.
                |cann, size, executor| unsafe { cann.opapi.[<$operator GetWorkspaceSize>]($($argument,)* size, executor) },
                // SAFETY: the workspace is as large as was asked for.
                |cann, workspace, size, executor, stream| unsafe { cann.opapi.$operator(workspace, size, executor, stream) },
            )
        }
    };
}

/// The code and the message that the first call of an operator is refused with.
#[allow(unused_macros, reason = "each test program uses a part of it")]
macro_rules! refusal {
    ($device:expr, $operator:ident($($argument:expr),* $(,)?)) => {
        pastey::paste! {{
            let (mut size, mut executor) = (0, std::ptr::null_mut());
            // SAFETY: every handle is alive, or is what the test is about.
            crate::common::refused(unsafe { $device.cann.opapi.[<$operator GetWorkspaceSize>]($($argument,)* &mut size, &mut executor) })
        }}
    };
}

/// The message of a failure on the stream, behind the second call.
#[allow(unused_macros, reason = "each test program uses a part of it")]
macro_rules! failure {
    ($device:expr, $operator:ident($($argument:expr),* $(,)?)) => {
        pastey::paste! {
            $device.fail(
                // SAFETY: every handle is alive.
                |cann, size, executor| unsafe { cann.opapi.[<$operator GetWorkspaceSize>]($($argument,)* size, executor) },
                // SAFETY: the workspace is as large as was asked for.
                |cann, workspace, size, executor, stream| unsafe { cann.opapi.$operator(workspace, size, executor, stream) },
            )
        }
    };
}

#[allow(unused_imports, reason = "each test program uses a part of it")]
pub(crate) use {failure, refusal, run};

/// No tensor, or no list.
pub(crate) const NONE: *const aclTensor = std::ptr::null();
pub(crate) const NO_LIST: *const aclTensorList = std::ptr::null();

impl Device {
    /// Numbers as elements of a floating-point type.
    pub(crate) fn reals(&self, dtype: aclDataType, values: &[f32]) -> Memory {
        let bytes: Vec<u8> = match dtype {
            ACL_FLOAT16 => values.iter().flat_map(|v| half::f16::from_f32(*v).to_le_bytes()).collect(),
            ACL_BF16 => values.iter().flat_map(|v| half::bf16::from_f32(*v).to_le_bytes()).collect(),
            _ => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
        };
        self.bytes(dtype, &bytes)
    }

    pub(crate) fn halves(&self, values: &[f32]) -> Memory {
        self.reals(ACL_FLOAT16, values)
    }

    pub(crate) fn bf16s(&self, values: &[f32]) -> Memory {
        self.reals(ACL_BF16, values)
    }

    pub(crate) fn words(&self, values: &[u64]) -> Memory {
        self.bytes(ACL_UINT64, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
    }

    pub(crate) fn int8s(&self, values: &[i8]) -> Memory {
        self.bytes(ACL_INT8, &values.iter().map(|v| v.cast_unsigned()).collect::<Vec<_>>())
    }

    pub(crate) fn bools(&self, values: &[u8]) -> Memory {
        self.bytes(ACL_BOOL, values)
    }

    pub(crate) fn int_array(&self, values: &[i64]) -> *mut aclIntArray {
        // SAFETY: as many values as are said.
        unsafe { self.cann.nnopbase.aclCreateIntArray(values.as_ptr(), values.len() as u64) }.unwrap()
    }

    pub(crate) fn bool_array(&self, values: &[bool]) -> *mut aclBoolArray {
        // SAFETY: as many values as are said.
        unsafe { self.cann.nnopbase.aclCreateBoolArray(values.as_ptr(), values.len() as u64) }.unwrap()
    }

    pub(crate) fn list(&self, tensors: &[&Tensor]) -> *mut aclTensorList {
        let handles: Vec<*const aclTensor> = tensors.iter().map(|tensor| tensor.handle.cast_const()).collect();
        // SAFETY: as many handles as are said.
        unsafe { self.cann.nnopbase.aclCreateTensorList(handles.as_ptr(), handles.len() as u64) }.unwrap()
    }

    pub(crate) fn int_scalar(&self, mut value: i64) -> *mut aclScalar {
        // SAFETY: a value of the type that is said.
        unsafe { self.cann.nnopbase.aclCreateScalar((&raw mut value).cast(), ACL_INT64) }.unwrap()
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

    /// Both calls of an operator that is to fail on the stream.
    pub(crate) fn fail(
        &self,
        first: impl FnOnce(&Cann, *mut u64, *mut *mut aclOpExecutor) -> Result<()>,
        second: impl FnOnce(&Cann, *mut c_void, u64, *mut aclOpExecutor, aclrtStream) -> Result<()>,
    ) -> String {
        let (mut size, mut executor, mut workspace) = (0, null_mut(), null_mut());
        first(self.cann, &mut size, &mut executor).unwrap();
        if size > 0 {
            // SAFETY: a place to write to.
            unsafe { self.cann.acl.aclrtMalloc(&mut workspace, size as usize, ACL_MEM_MALLOC_HUGE_FIRST) }.unwrap();
        }
        second(self.cann, workspace, size, executor, self.stream).unwrap();
        // SAFETY: the stream is alive.
        refused(unsafe { self.cann.acl.aclrtSynchronizeStream(self.stream) }).1
    }
}

impl Tensor {
    /// The memory as numbers of its floating-point type.
    pub(crate) fn reals(&self) -> Vec<f32> {
        let bytes = self.bytes();
        match self.memory.dtype {
            ACL_FLOAT16 => bytes.as_chunks().0.iter().map(|b| half::f16::from_le_bytes(*b).to_f32()).collect(),
            ACL_BF16 => bytes.as_chunks().0.iter().map(|b| half::bf16::from_le_bytes(*b).to_f32()).collect(),
            _ => self.read(),
        }
    }

    pub(crate) fn read_int8s(&self) -> Vec<i8> {
        self.bytes().into_iter().map(u8::cast_signed).collect()
    }
}

/// Equal to within one part in a million.
#[track_caller]
pub(crate) fn assert_close(found: &[f32], expected: &[f32]) {
    let near = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-6 * b.abs().max(1e-3);
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(near), "{expected:?} expected, {found:?} found");
}
