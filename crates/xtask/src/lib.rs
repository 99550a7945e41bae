//! Generators and checks for the developers of this project.
//!
//! | module | what it does |
//! |---|---|
//! | [`bindings`] | makes the Rust declarations of `ascend-sys` from the C declarations in `sys/include` |
//! | [`abi`] | compares those C declarations with the headers of an installed toolkit |
//! | [`operators`] | makes `docs/operators.md` by running the NPU device on the simulated CANN |
//!
//! The first two run bindgen, which needs libclang (Debian: `apt-get install libclang-dev`). Nothing else in this workspace does.
#![forbid(unsafe_code)]

pub mod abi;
pub mod bindings;
mod clang;
#[cfg(test)]
mod facts;
mod headers;
mod model;
pub mod operators;

use std::path::{Path, PathBuf};

/// What a task returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a task could not run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// libclang cannot be loaded.
    #[error("libclang is needed, but {0}; install it (Debian: apt-get install libclang-dev)")]
    NoLibclang(String),
    /// A C header cannot be translated.
    #[error("{header} cannot be read as C: {reason}")]
    Header {
        /// What was read.
        header: String,
        /// The compiler's diagnostics.
        reason: String,
    },
    /// bindgen's output is not what this program expects of it.
    #[error("bindgen's output cannot be read as Rust: {0}")]
    Syntax(#[from] syn::Error),
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// rustfmt cannot format a generated file.
    #[error("rustfmt: {0}")]
    Format(String),
    /// The simulated NPU cannot run what the table of operators is made from.
    #[error("the operators of the NPU device: {0}")]
    Operators(String),
    /// A declaration in `sys/include` that no header of a known library holds.
    #[error("`{0}` is declared, but in no header of sys/include; declare it there")]
    Homeless(String),
}

impl Error {
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        |source| Self::Io { path: path.to_owned(), source }
    }
}

/// Whether libclang can be loaded.
///
/// # Errors
/// [`Error::NoLibclang`] with the reason why it cannot.
pub fn libclang() -> Result<()> {
    clang::load()
}

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    // This crate lies two folders below the root.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().and_then(Path::parent).unwrap_or(here)
}
