//! A device with its stream, and tensors on it. Nothing is freed: the process ends with the tests.
#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod call;

use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::OnceLock;

use ascend_sys::ffi::*;
use ascend_sys::{Cann, Error, Result};

pub(crate) struct Device {
    pub(crate) cann: &'static Cann,
    pub(crate) stream: aclrtStream,
}

/// Bytes on a device.
pub(crate) struct Memory {
    device: &'static Cann,
    pub(crate) address: *mut c_void,
    bytes: usize,
    dtype: aclDataType,
}

pub(crate) struct Tensor {
    memory: Memory,
    pub(crate) handle: *mut aclTensor,
}

impl Device {
    pub(crate) fn new(index: i32) -> Self {
        static CANN: OnceLock<Cann> = OnceLock::new();
        let cann = CANN.get_or_init(|| {
            let cann = ascend_sim::cann();
            // SAFETY: the configuration may be null.
            unsafe { cann.acl.aclInit(null()) }.unwrap();
            cann
        });
        let mut stream = null_mut();
        // SAFETY: a place to write to.
        unsafe {
            cann.acl.aclrtSetDevice(index).unwrap();
            cann.acl.aclrtCreateStream(&mut stream).unwrap();
        }
        Self { cann, stream }
    }

    /// Elements of the type `dtype`, as bytes.
    pub(crate) fn bytes(&self, dtype: aclDataType, bytes: &[u8]) -> Memory {
        let mut address = null_mut();
        // SAFETY: a place to write to, and as many bytes as are copied.
        unsafe {
            self.cann.acl.aclrtMalloc(&mut address, bytes.len().max(1), ACL_MEM_MALLOC_HUGE_FIRST).unwrap();
            if !bytes.is_empty() {
                self.cann.acl.aclrtMemcpy(address, bytes.len(), bytes.as_ptr().cast(), bytes.len(), ACL_MEMCPY_HOST_TO_DEVICE).unwrap();
            }
        }
        Memory { device: self.cann, address, bytes: bytes.len(), dtype }
    }

    pub(crate) fn floats(&self, values: &[f32]) -> Memory {
        self.bytes(ACL_FLOAT, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
    }

    pub(crate) fn ints(&self, values: &[i32]) -> Memory {
        self.bytes(ACL_INT32, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
    }

    pub(crate) fn longs(&self, values: &[i64]) -> Memory {
        self.bytes(ACL_INT64, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
    }

    pub(crate) fn scalar(&self, mut value: f32) -> *mut aclScalar {
        // SAFETY: a value of the type that is said.
        unsafe { self.cann.nnopbase.aclCreateScalar((&raw mut value).cast(), ACL_FLOAT) }.unwrap()
    }

    pub(crate) fn synchronize(&self) {
        // SAFETY: the stream is alive.
        unsafe { self.cann.acl.aclrtSynchronizeStream(self.stream) }.unwrap();
    }

    /// Both calls of an operator, with the workspace that it asks for, to the end.
    pub(crate) fn run(
        &self,
        first: impl FnOnce(&Cann, *mut u64, *mut *mut aclOpExecutor) -> Result<()>,
        second: impl FnOnce(&Cann, *mut c_void, u64, *mut aclOpExecutor, aclrtStream) -> Result<()>,
    ) {
        let (mut size, mut executor, mut workspace) = (0, null_mut(), null_mut());
        first(self.cann, &mut size, &mut executor).unwrap();
        if size > 0 {
            // SAFETY: a place to write to.
            unsafe { self.cann.acl.aclrtMalloc(&mut workspace, size as usize, ACL_MEM_MALLOC_HUGE_FIRST) }.unwrap();
        }
        second(self.cann, workspace, size, executor, self.stream).unwrap();
        self.synchronize();
        if size > 0 {
            // SAFETY: nothing uses it any more.
            unsafe { self.cann.acl.aclrtFree(workspace) }.unwrap();
        }
    }
}

impl Memory {
    /// A tensor over it.
    pub(crate) fn view(self, dims: &[i64], strides: &[i64], offset: i64) -> Tensor {
        let storage = [self.bytes as i64];
        // SAFETY: the arrays are as long as is said.
        let handle = unsafe {
            self.device.nnopbase.aclCreateTensor(
                dims.as_ptr(),
                dims.len() as u64,
                self.dtype,
                strides.as_ptr(),
                offset,
                ACL_FORMAT_ND,
                storage.as_ptr(),
                1,
                self.address,
            )
        };
        Tensor { memory: self, handle: handle.unwrap() }
    }

    /// A row-major tensor over it.
    pub(crate) fn of(self, dims: &[i64]) -> Tensor {
        let mut strides = vec![1; dims.len()];
        for i in (1..dims.len()).rev() {
            strides[i - 1] = strides[i] * dims[i];
        }
        self.view(dims, &strides, 0)
    }
}

impl Tensor {
    pub(crate) fn address(&self) -> *mut c_void {
        self.memory.address
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0u8; self.memory.bytes];
        let acl = &self.memory.device.acl;
        // SAFETY: as many bytes as are copied.
        unsafe { acl.aclrtMemcpy(bytes.as_mut_ptr().cast(), bytes.len(), self.memory.address, bytes.len(), ACL_MEMCPY_DEVICE_TO_HOST) }
            .unwrap();
        bytes
    }

    /// The memory as f32.
    pub(crate) fn read(&self) -> Vec<f32> {
        self.bytes().as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
    }

    /// The memory as i32.
    pub(crate) fn read_ints(&self) -> Vec<i32> {
        self.bytes().as_chunks().0.iter().map(|b| i32::from_le_bytes(*b)).collect()
    }

    /// The memory as i64.
    pub(crate) fn read_longs(&self) -> Vec<i64> {
        self.bytes().as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect()
    }
}

/// The code and the message that a call was refused with.
pub(crate) fn refused(outcome: Result<()>) -> (i32, String) {
    match outcome {
        Err(Error::Call { code, message, .. }) => (code, message.map(String::from).unwrap_or_default()),
        other => panic!("a refusal expected, {other:?} found"),
    }
}
