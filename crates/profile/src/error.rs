//! What can go wrong.

use std::path::{Path, PathBuf};

/// What a call into this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a profile or a plan could not be made.
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
    /// Two profiles are not of the same thing.
    #[error("profiles that can be compared asked, {what} of one is `{before}`, of the other `{after}`; measure both alike")]
    Unlike {
        /// What differs.
        what: &'static str,
        /// In the baseline.
        before: String,
        /// In the other.
        after: String,
    },
    /// An option is not understood, or does not fit the others.
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

impl Error {
    pub(crate) fn option(option: &'static str, found: impl ToString, message: impl Into<String>) -> Self {
        Self::Option { option, found: found.to_string(), message: message.into() }
    }

    pub(crate) fn format(path: &Path, message: impl ToString) -> Self {
        Self::Format { path: path.into(), message: message.to_string() }
    }

    pub(crate) fn io(path: &Path, source: std::io::Error) -> Self {
        Self::Io { path: path.into(), source }
    }
}
