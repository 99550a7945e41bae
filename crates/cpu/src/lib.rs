//! The host CPU as a [`Device`](ascend_hal::Device): every op, threaded.

mod context;
mod ops;
