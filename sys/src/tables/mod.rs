//! One function table a library.
//!
//! Made from `sys/include` by `cargo run -p xtask -- bindings`.

pub mod ascendcl;
pub mod hccl;
pub mod mstx;
pub mod nnopbase;
pub mod opapi;
