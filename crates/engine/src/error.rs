//! What can go wrong.

use std::path::PathBuf;

/// What a call into this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a model could not be loaded or run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The device or a contract refused a call, or an op failed.
    #[error(transparent)]
    Device(#[from] ascend_compute::Error),
    /// A file could not be read.
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
    /// A model file asks for something that this engine does not know.
    #[error("{}: {what} `{found}` is not supported; supported: {supported}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Architecture, quantisation, rope scaling, ...
        what: &'static str,
        /// What the file asks for.
        found: String,
        /// What there is.
        supported: String,
    },
    /// A tensor is missing.
    #[error("{}: no tensor `{name}`", path.display())]
    MissingTensor {
        /// The checkpoint.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor has another shape than the configuration asks for.
    #[error("{}: tensor `{name}` must have shape {asked:?} by the configuration, found {found:?}", path.display())]
    TensorShape {
        /// The checkpoint.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// By the configuration.
        asked: Vec<usize>,
        /// In the file.
        found: Vec<usize>,
    },
    /// No token can be chosen from a model's logits.
    #[error("no token can be chosen: {found}")]
    Logits {
        /// What is wrong with them.
        found: String,
    },
    /// A request cannot be served.
    #[error("the request asks for {asked}, but {found}")]
    Request {
        /// What was asked for.
        asked: String,
        /// Why it cannot be done.
        found: String,
    },
}
