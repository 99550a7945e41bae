//! A compute backend for Huawei Ascend NPUs: the kernels that mixture-of-experts language models live on (grouped matmul, routing, attention) behind one
//! [`Device`] trait, for people who write inference engines.
//!
//! ```
//! use ascend_compute::{DType, DeviceExt, ops::Softmax};
//!
//! let device = ascend_compute::open("cpu")?;
//! let stream = device.create_stream()?;
//!
//! let x = device.upload(&[0f32, 0., 1., f32::NEG_INFINITY], [2, 2])?;
//! let y = device.empty(DType::F32, [2, 2])?;
//! device.softmax(&stream, Softmax::new(x, y.clone()))?;
//!
//! assert_eq!(device.download::<f32>(&stream, &y)?, [0.5, 0.5, 1., 0.]);
//! # Ok::<(), ascend_compute::Error>(())
//! ```
//!
//! | you want | you use |
//! |---|---|
//! | a device | [`open`], [`devices`] |
//! | memory and tensors | [`DeviceExt::upload`], [`DeviceExt::empty`], [`DeviceExt::download`], [`TensorView`] |
//! | memory of your own in a tensor, without a copy | [`host::lend`] |
//! | to run an op | the method of its name in [`DeviceExt`] with its arguments from [`ops`] |
//! | order and time | [`Stream`], [`Event`]; [`Graph`] to record work and run it again |
//! | the CPU with some of its threads | [`cpu::CpuDevice::with`] |
//! | a real card whose values are checked too | [`npu::NpuDevice::open_with`] with [`Cann::open`] and [`npu::Values::Checked`] |
//! | what only a kind of device has | [`npu::NpuDevice::of`]; the CPU by `(&*device as &dyn Any).downcast_ref::<cpu::CpuDevice>()` |
//! | a kernel of your own | [`FnKernel`], [`Device::kernels`], [`KernelRegistry::register`] |
//!
//! Each op's page in [`ops`] states its formula, shapes, storage types, rounding points and edge rules; they hold on every device. What cannot be known
//! before an op executes (an index out of range, say) is reported by the next synchronisation of its stream, with the op's name.

#![deny(unsafe_code)]

mod images;
#[allow(unsafe_code, reason = "the twin works on the memory of the simulated device")]
mod own;
mod select;

pub use ascend_cpu as cpu;
#[cfg(feature = "ndarray")]
pub use ascend_hal::ArrayExt;
pub use ascend_hal::{
    Buffer, BufferSlice, Choice, DType, Device, DeviceExt, DeviceId, DeviceInfo, Dims, Element, Error, Event, EventImpl, Float, FnKernel,
    Format, Graph, GraphExec, GraphExecImpl, GraphImpl, HostFn, Kernel, KernelInfo, KernelRegistry, Label, Launch, Layout, Location,
    MAX_RANK, Marker, Memory, MemoryInfo, OpCall, OpKind, Origin, Result, RopeScaling, RopeTable, Rotary, Stream, StreamImpl, Support,
    TensorView, TensorViewMut, Watcher, Work, Yarn, admit, bf16, current_scope, f16, host, mark_scopes, ops, scope, to_host, watch,
    watcher,
};
pub use ascend_kernels as kernels;
pub use ascend_npu as npu;
pub use ascend_sim as sim;
pub use ascend_sys::{Cann, Search, toolkit};
pub use images::{DEVICE_IMAGES, DeviceImage, DeviceImages};
pub use select::{Probe, TOOLKIT_AT_BUILD, devices, open};
