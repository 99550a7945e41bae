//! Device code for Ascend 910B in Ascend C, the host side of its tiling, and a twin that runs the very same sources on a CPU.
//!
//! A kernel is a folder here: `<kernel>/<kernel>.cpp` with one entry per element type, and `<kernel>_tiling.h` with the plain struct that the host fills
//! (`tiling::<kernel>`). Every argument of an entry is an address in global memory; the last is that of the tiling struct, the one before it that of the
//! workspace. [`twin`] says what running on the twin shows and what it cannot.

#![deny(unsafe_op_in_unsafe_fn)]

pub mod model;
pub mod ops;
pub mod plan;
pub mod tiling;
pub mod twin;

/// An entry point of the device code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel {
    /// Its name in a device image.
    pub name: &'static str,
    /// The source that defines it, relative to this package; the whole path of one that `ASCEND_COMPUTE_KERNELS` added.
    pub source: &'static str,
    /// The names of its arguments, each an address in global memory.
    pub arguments: &'static [&'static str],
    /// Cube cores that a block runs on.
    pub cube_cores: u32,
    /// Vector cores that a block runs on.
    pub vector_cores: u32,
    /// Whether its cores wait for each other: its core type is a mixed one.
    pub synchronised: bool,
}

/// Every entry point, in the order of their sources. Read from the preprocessed sources, so it is empty where there was no C++ compiler.
pub const KERNELS: &[Kernel] = include!(concat!(env!("OUT_DIR"), "/kernels.rs"));
