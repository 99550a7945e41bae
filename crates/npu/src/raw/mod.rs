//! The layer that calls C: handles that own what they stand for, and calls that are safe to make.
//!
//! * A handle holds its [`Card`] and binds the card's context to the calling thread before each call, in `Drop` too.
//! * What a stream works on is kept by the stream ([`Queue`]) until it has passed the work.
//! * An error inside of `Drop` has nobody to go to; the card keeps the first one for the next synchronisation.

mod binary;
mod callback;
mod card;
mod entry;
mod event;
mod executors;
mod form;
mod model;
pub(crate) mod operators;
mod pool;
mod queue;
mod ranges;
mod stream;
mod tensor;
mod transfer;

pub(crate) use binary::Binary;
pub(crate) use callback::refuse_in_callback;
pub(crate) use card::{Card, count, reset};
pub(crate) use entry::{Culprit, Named, longest};
pub(crate) use event::RawEvent;
pub(crate) use model::Model;
pub(crate) use pool::{Arena, Block};
pub(crate) use queue::{Queue, Recording};
pub(crate) use ranges::Ranges;
pub(crate) use tensor::{Scalar, number};
pub(crate) use transfer::{End, HostBlock, read, write};

use std::ffi::c_void;

/// A handle of CANN's, or an address of device memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Handle(*mut c_void);

// SAFETY: handles are names; CANN allows every thread that has bound their context to use them.
unsafe impl Send for Handle {}
// SAFETY: as for `Send`.
unsafe impl Sync for Handle {}
