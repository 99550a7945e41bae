//! The one error type: what was asked, what was found, what to do.

use crate::{DType, DeviceId, OpKind};

/// What a call into this crate returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call was refused or failed.
///
/// Messages read in one order: what was asked, what was found, what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument has the wrong shape.
    #[error("{op}: argument `{argument}` must have shape {asked}, found {found}")]
    Shape {
        /// The operator.
        op: OpKind,
        /// The argument's name in the contract.
        argument: &'static str,
        /// The shape that the contract asks for, in numbers and shape letters.
        asked: String,
        /// The shape that was given.
        found: String,
    },
    /// An argument has a storage type that the contract does not list.
    #[error("{op}: argument `{argument}` must be {asked}, found {found}; cast it first or pick another variant")]
    DType {
        /// The operator.
        op: OpKind,
        /// The argument's name in the contract.
        argument: &'static str,
        /// The types that the contract allows.
        asked: String,
        /// The type that was given.
        found: DType,
    },
    /// A parameter or a combination of arguments is outside of the contract.
    #[error("{op}: `{argument}` must be {asked}, found {found}")]
    Argument {
        /// The operator.
        op: OpKind,
        /// The argument's name in the contract.
        argument: &'static str,
        /// What the contract asks for.
        asked: String,
        /// What was given.
        found: String,
    },
    /// A value in device memory (an index, a length, a group list) is outside of the contract. Found when the op executes, so it comes out of a synchronisation.
    #[error("{op}: values of `{argument}` must be {asked}, found {found}")]
    Value {
        /// The operator.
        op: OpKind,
        /// The argument's name in the contract.
        argument: &'static str,
        /// What the contract asks for.
        asked: String,
        /// The first offending value and its place.
        found: String,
    },
    /// Two arguments share memory where the contract does not allow it.
    #[error(
        "{op}: output `{output}` overlaps argument `{other}`; give it memory of its own (or the very same view, where the contract allows in-place use)"
    )]
    Overlap {
        /// The operator.
        op: OpKind,
        /// The output.
        output: &'static str,
        /// The argument that it overlaps.
        other: &'static str,
    },
    /// A tensor lives on another device than the one asked to work on it.
    #[error("{what} is of {found}, but the call was made on {asked}; use one of that device, which a tensor can be copied to")]
    WrongDevice {
        /// The tensor, stream or event.
        what: String,
        /// The device of the call.
        asked: DeviceId,
        /// Where it lives.
        found: String,
    },
    /// A shape, stride or size computation does not fit into `usize`.
    #[error("{what} overflows the address space; make the shape smaller")]
    Overflow {
        /// What was computed.
        what: String,
    },
    /// A view cannot be made from the buffer or view at hand.
    #[error("cannot make a view: {asked} asked, {found} found")]
    View {
        /// What was asked for.
        asked: String,
        /// What there is.
        found: String,
    },
    /// A byte range lies outside of its buffer.
    #[error("{what}: bytes {offset}..{} asked, but the buffer has {size}", offset.saturating_add(*len))]
    OutOfRange {
        /// The copy or access.
        what: &'static str,
        /// First byte asked for.
        offset: usize,
        /// Number of bytes asked for.
        len: usize,
        /// Size of the buffer in bytes.
        size: usize,
    },
    /// The device has not enough memory.
    #[error("{device}: {asked_bytes} bytes of memory asked, {}; release buffers, or raise the device's memory limit if one is set", free(*free_bytes))]
    OutOfMemory {
        /// The device.
        device: DeviceId,
        /// Size of the allocation.
        asked_bytes: usize,
        /// What is left; `None`: not known, as the system refuses without saying.
        free_bytes: Option<usize>,
    },
    /// No kernel of the device covers the call.
    #[error("{device} cannot run {op}: {why}")]
    Unsupported {
        /// The device.
        device: DeviceId,
        /// The operator.
        op: OpKind,
        /// The reason each candidate gave.
        why: String,
    },
    /// A kernel was asked for by name or origin and there is none such.
    #[error("{device} has no kernel {asked} for {op}; it has: {found}")]
    NoSuchKernel {
        /// The device.
        device: DeviceId,
        /// The operator.
        op: OpKind,
        /// The name or origin asked for.
        asked: String,
        /// The kernels there are.
        found: String,
    },
    /// A kernel of that name is registered already.
    #[error("a kernel named `{name}` is registered for {op} already; choose another name or remove that one first")]
    KernelExists {
        /// The operator.
        op: OpKind,
        /// The name.
        name: String,
    },
    /// An op failed while it executed on a stream. Reported by the next synchronisation of that stream.
    #[error("{op} (kernel `{kernel}`) failed on its stream: {source}; {skipped} later calls on the stream were skipped")]
    Execution {
        /// The operator.
        op: OpKind,
        /// The kernel that ran.
        kernel: String,
        /// Calls behind the failed one that were not executed.
        skipped: usize,
        /// What went wrong.
        source: Box<Error>,
    },
    /// A copy or host callback failed on its stream. Reported by the next synchronisation of that stream.
    #[error("{task} failed on its stream: {source}; {skipped} later calls on the stream were skipped")]
    Task {
        /// The kind of task.
        task: &'static str,
        /// Calls behind the failed one that were not executed.
        skipped: usize,
        /// What went wrong.
        source: Box<Error>,
    },
    /// Code that a kernel or callback ran panicked; the panic was stopped at the stream.
    #[error("a panic was stopped: {message}; this is a bug in the kernel or callback")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// A stream, event or graph was used in a state that does not allow the call.
    #[error("{what}: {asked} asked, but {found}")]
    State {
        /// The object.
        what: &'static str,
        /// The operation.
        asked: &'static str,
        /// The state it is in.
        found: String,
    },
    /// The thing handed in belongs to another implementation of the device layer.
    #[error("{what} was made by another device implementation; make it with this device")]
    ForeignHandle {
        /// The kind of handle.
        what: &'static str,
    },
    /// No device of that name can be opened.
    #[error("no device `{asked}`: {why}")]
    NoDevice {
        /// The name asked for.
        asked: String,
        /// What was looked for and where, and what to install.
        why: String,
    },
    /// An option or environment variable that sets up a device cannot be met.
    #[error("{name}: {asked} asked, `{found}` found")]
    Setting {
        /// The option or variable.
        name: &'static str,
        /// What is accepted.
        asked: String,
        /// What was given.
        found: String,
    },
    /// A vendor library, or a function of it, is not there.
    #[error("{what} is not there: {why}")]
    Missing {
        /// The library or function.
        what: &'static str,
        /// What was looked for and where, what it came with, and what to install.
        why: String,
    },
    /// A vendor library call failed.
    #[error("{call} returned {code} ({name}): {message}")]
    Backend {
        /// The C function.
        call: &'static str,
        /// Its return code.
        code: i32,
        /// The code's documented name.
        name: String,
        /// The library's own message.
        message: String,
    },
}

fn free(bytes: Option<usize>) -> String {
    bytes.map_or_else(|| "which the system refuses".into(), |bytes| format!("{bytes} free"))
}

impl Error {
    /// The innermost error: what a deferred error was before a stream wrapped it.
    pub fn root(&self) -> &Error {
        match self {
            Self::Execution { source, .. } | Self::Task { source, .. } => source.root(),
            other => other,
        }
    }

    pub(crate) fn overflow(what: impl Into<String>) -> Self {
        Self::Overflow { what: what.into() }
    }
}
