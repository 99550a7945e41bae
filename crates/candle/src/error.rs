//! What can go wrong between candle and a device.

use candle_core::{DType, DeviceLocation};

/// What a call into this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a layer could not be built or run.
///
/// Turns into a [`candle_core::Error`] with `?`. candle keeps the message of a foreign error and not its type, so match on this one where you need the type: call a
/// layer's own `forward` and not `apply_op3`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The device refused or failed: shapes and types that the operator's contract does not allow, indices out of range, memory.
    #[error(transparent)]
    Device(#[from] ascend_compute::Error),
    /// candle failed, before or after the device had its part.
    #[error(transparent)]
    Candle(#[from] candle_core::Error),
    /// A tensor has a type that the device layer does not take in this place.
    #[error("argument `{argument}` must be {asked}, found {found:?}; cast it with `to_dtype`")]
    DType {
        /// The argument.
        argument: &'static str,
        /// The types that are taken.
        asked: &'static str,
        /// The tensor's type.
        found: DType,
    },
    /// A tensor is not in host memory.
    #[error("argument `{argument}` must be on candle's CPU device, found {found:?}; move it with `to_device(&Device::Cpu)`")]
    Place {
        /// The argument.
        argument: &'static str,
        /// Where the tensor is.
        found: DeviceLocation,
    },
    /// The weights of one expert have another shape than those of the first.
    #[error("weights `{argument}` of expert {expert} must have shape {asked:?}, found {found:?}")]
    Expert {
        /// Which of an expert's tensors.
        argument: &'static str,
        /// Index of the expert.
        expert: usize,
        /// The shape that the first expert implies.
        asked: [usize; 2],
        /// The tensor's shape.
        found: Vec<usize>,
    },
    /// A sequence has too few pages for its tokens.
    #[error("sequence {sequence} has {tokens} tokens, which need {asked} pages of {page_tokens}, found {found}; give it more pages")]
    Pages {
        /// Index of the sequence in the step.
        sequence: usize,
        /// Tokens in the cache after the step.
        tokens: usize,
        /// Tokens of a page.
        page_tokens: usize,
        /// Pages that it needs.
        asked: usize,
        /// Pages that it was given.
        found: usize,
    },
    /// A sequence has a page that the cache has not.
    #[error("pages of sequence {sequence} must be below {pages}, as the cache has that many, found {page}")]
    Page {
        /// Index of the sequence in the step.
        sequence: usize,
        /// The page.
        page: u32,
        /// Pages of the cache.
        pages: usize,
    },
}

impl From<Error> for candle_core::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Candle(error) => error,
            other => candle_core::Error::wrap(other),
        }
    }
}
