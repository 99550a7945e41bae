//! The host CPU as a [`Device`](ascend_hal::Device): every op, on several threads where that pays.
//!
//! Streams execute in the thread that enqueues. What fails comes out of the next synchronisation all the same, so a program behaves as it would on a
//! device with queues of its own.
//!
//! ```
//! use ascend_cpu::CpuDevice;
//! use ascend_hal::{Device, DeviceExt};
//!
//! let device = CpuDevice::new()?;
//! let x = device.upload(&[1f32, 2., 3.], [3])?;
//! let stream = device.create_stream()?;
//! assert_eq!(device.download::<f32>(&stream, &x)?, [1., 2., 3.]);
//! # Ok::<(), ascend_hal::Error>(())
//! ```

#![deny(unsafe_code)]

mod ahead;
#[cfg(target_arch = "x86_64")]
mod amx;
mod context;
mod device;
mod event;
mod flash;
mod gemm;
mod graph;
mod host;
mod isa;
mod memory;
mod ops;
mod pool;
mod prepared;
pub mod probe;
mod rows;
mod runs;
mod scratch;
mod simd;
mod stream;
mod woq;

pub use device::{CpuDevice, CpuOptions};
pub use isa::{ISA_VARIABLE, Isa};
