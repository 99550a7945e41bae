//! Device layer of ascend-compute: [`Device`], buffers, streams, tensor views, and the operator contracts in [`ops`].
//!
//! # Design
//!
//! * **One way in.** [`Device::enqueue`] takes an [`OpCall`], an enum of the contracts' argument structs. A registry, a shadowing or profiling wrapper and graph capture each hook in
//!   there and nowhere else. Typed methods are in [`DeviceExt`].
//! * **Contracts check, devices compute.** What an op accepts is decided by [`ops::Op::check`], from metadata alone, on every device alike. Values in device memory are checked when they are
//!   read; what is wrong with them comes out of the next synchronisation, with the op's name.
//! * **Handles own.** A [`TensorView`] shares its [`Buffer`]; enqueued work holds clones, so memory lives as long as any work needs it.
//! * **Kernels are a registry.** A device can have several kernels for an op, a user can add one, and [`KernelRegistry::pick`] has one rule. Nothing falls back silently.
//! * **Nothing panics** on what a caller, file, device or environment can cause: [`Error`] says what was asked, what was found and what to do.

mod buffer;
mod device;
mod dtype;
mod error;
mod ext;
pub mod host;
mod kernel;
mod layout;
#[cfg(feature = "ndarray")]
mod ndarray;
pub mod ops;
mod rope_table;
mod scope;
mod stream;
mod tensor;
mod watch;

#[cfg(feature = "ndarray")]
pub use crate::ndarray::ArrayExt;
pub use buffer::{Buffer, DeviceId, Location, Memory};
pub use device::{Device, DeviceInfo, MemoryInfo, admit};
pub use dtype::{DType, Element, Float};
pub use error::{Error, Result};
pub use ext::{DeviceExt, to_host};
pub use half::{bf16, f16};
pub use kernel::{Choice, FnKernel, Kernel, KernelInfo, KernelRegistry, Launch, Origin, Support};
pub use layout::{Dims, FRACTAL_ROWS, Format, Layout, MAX_RANK, fractal_cols};
pub use ops::{OpCall, OpKind};
pub use rope_table::{RopeScaling, RopeTable, Rotary, Yarn};
pub use scope::{Label, Marker, current_scope, mark_scopes, scope};
pub use stream::{BufferSlice, Event, EventImpl, Graph, GraphExec, GraphExecImpl, GraphImpl, HostFn, Stream, StreamImpl};
pub use tensor::{TensorView, TensorViewMut};
pub use watch::{Stretch, Watcher, Work, watch, watcher};
