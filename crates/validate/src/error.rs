//! What can go wrong beside a failing case.

use std::path::PathBuf;

/// What a call into this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why validation could not be done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The device or a contract refused a call.
    #[error(transparent)]
    Device(#[from] ascend_hal::Error),
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// A file does not hold what its format asks for.
    #[error("{}: {message}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A filter or option is not understood.
    #[error("{option} `{found}`: {message}")]
    Option {
        /// The option.
        option: &'static str,
        /// What was given.
        found: String,
        /// What is wrong with it.
        message: String,
    },
}
