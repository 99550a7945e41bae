//! Bindings to CANN, the software of Huawei's Ascend NPUs: AscendCL, the aclnn operators, HCCL and mstx.
//!
//! * Nothing of CANN is linked. [`Cann::open`] opens the libraries that are installed; one program runs with CANN 8.1 to 9.x, and without any.
//! * Each function has its own availability. Calling one that the installed version has not is [`Error::SymbolMissing`], with the version that it came with.
//! * A status other than success is [`Error::Call`]: the code's name and meaning, and what `aclGetRecentErrMsg` says.
//! * [`Cann::in_process`] takes functions of this process in place of libraries; the simulated CANN comes in through it.
//! * Nothing panics.
//!
//! | you want | you use |
//! |---|---|
//! | to call CANN | [`Cann`] and its tables [`AscendCl`], [`NnOpBase`], [`OpApi`], [`Hccl`], [`MsTx`] |
//! | C types and constants | [`ffi`]: handles are pointers, enums are integers with constants |
//! | the types of C functions, to implement one | [`fns`] |
//! | to know where libraries are looked for | [`search`], [`toolkit`] |
//! | to know which cores a chip has | [`soc`] |
//! | the meaning of a code | [`Domain::describe`] |
//!
//! The Rust declarations are made from the C declarations in `include/`, which are this project's own; so using this crate needs no libclang.
//! `cargo run -p xtask -- abi-check --headers DIR` compares them with a toolkit's headers.
//!
//! Methods carry the names of the C functions and the safety rules of the vendor's documentation. This crate is safe in one respect only: a function that
//! is not there cannot be called. `ascend-npu` builds safe types on it.

mod cann;
mod codes;
mod error;
#[path = "bindings/mod.rs"]
#[allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "C declarations keep the names that the vendor documents them under"
)]
pub mod ffi;
mod library;
pub mod search;
pub mod soc;
mod table;
#[allow(non_camel_case_types, non_snake_case, reason = "functions keep the names that the vendor documents them under")]
#[allow(clippy::too_many_arguments, reason = "the operators have as many as they have")]
#[allow(unreachable_pub, reason = "the tables and the types of their functions are exported from here by name")]
mod tables;
pub mod toolkit;

pub use cann::{Cann, Inventory};
pub use codes::{Code, Domain};
pub use error::{Error, Result};
pub use library::{Library, Resolver, Symbol};
pub use search::Search;
pub use tables::ascendcl::AscendCl;
pub use tables::hccl::Hccl;
pub use tables::mstx::MsTx;
pub use tables::nnopbase::NnOpBase;
pub use tables::opapi::OpApi;

/// The types of the C functions' pointers, by the functions' names: what an implementation of CANN has to provide.
#[allow(non_camel_case_types, reason = "types carry the names of the functions")]
pub mod fns {
    pub use crate::tables::ascendcl::fns::*;
    pub use crate::tables::hccl::fns::*;
    pub use crate::tables::mstx::fns::*;
    pub use crate::tables::nnopbase::fns::*;
    pub use crate::tables::opapi::fns::*;
}
