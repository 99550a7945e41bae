//! What the checks are written with.

use std::sync::Arc;

use ascend_hal::ops::{Elementwise, Embedding};
use ascend_hal::{
    Buffer, BufferSlice, DType, Device, DeviceExt, DeviceId, Error, Event, EventImpl, Graph, HostFn, Location, Memory, Result, Stream,
    StreamImpl, TensorView, TensorViewMut,
};

/// Leaves the check when a condition does not hold.
macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err($crate::conformance::Violation::Rule(format!($($why)+)));
        }
    };
}
pub(super) use ensure;

/// Leaves the check when a call is accepted, or refused with another error than this.
macro_rules! refuses {
    ($call:expr, $error:pat $(if $guard:expr)?) => {
        match $call {
            Err($error) $(if $guard)? => {}
            Err(other) => {
                let (call, wanted) = (stringify!($call), stringify!($error));
                return Err($crate::conformance::Violation::Rule(format!("{call}: an error like {wanted} is due, got `{other}`")));
            }
            Ok(_) => {
                let (call, wanted) = (stringify!($call), stringify!($error));
                return Err($crate::conformance::Violation::Rule(format!("{call}: accepted, where an error like {wanted} is due")));
            }
        }
    };
}
pub(super) use refuses;

/// The list of a file's checks.
macro_rules! checks {
    ($group:literal: $($name:ident $(($mark:ident))?),* $(,)?) => {
        pub(super) const CHECKS: &[$crate::conformance::Check] = &[$($crate::conformance::probe::checks!(@one $group $name $($mark)?)),*];
    };
    (@one $group:literal $name:ident) => {
        $crate::conformance::Check::new($group, stringify!($name), $crate::conformance::Body::Borrows($name))
    };
    (@one $group:literal $name:ident values) => {
        $crate::conformance::probe::checks!(@one $group $name).with_value_checks()
    };
    (@one $group:literal $name:ident owns) => {
        $crate::conformance::Check::new($group, stringify!($name), $crate::conformance::Body::Owns($name))
    };
}
pub(super) use checks;

/// A new tensor of these elements.
pub(super) fn vector(device: &dyn Device, elements: &[f32]) -> Result<TensorView> {
    device.upload(elements, [elements.len()])
}

/// Enqueues `x = x * scale + offset`, in place: what comes before and after shows in the result.
pub(super) fn affine(device: &dyn Device, stream: &Stream, x: &TensorView, scale: f32, offset: f32) -> Result<()> {
    device.elementwise(stream, Elementwise::affine(x.clone(), scale, offset, x.to_mut()))
}

/// A look-up of one row with an id that does not exist: metadata is right, the value is found wrong when it executes.
pub(super) fn failing(device: &dyn Device) -> Result<Embedding> {
    let weight = device.upload(&[1f32, 2., 3., 4.], [2, 2])?;
    let ids = device.upload(&[7i32], [1])?;
    Ok(Embedding::new(weight, ids, device.empty(DType::F32, [1, 2])?))
}

/// Whether a failure is the one of [`failing`].
pub(super) fn is_bad_id(error: &Error) -> bool {
    matches!(error.root(), Error::Value { argument: "ids", .. })
}

/// A tensor with enough elements that an op on it takes a while.
pub(super) fn large(device: &dyn Device) -> Result<TensorViewMut> {
    device.zeros(DType::F32, [1 << 16])
}

/// A device that is not the one under test.
pub(super) const ELSEWHERE: DeviceId = DeviceId { backend: "elsewhere", index: 0 };

/// Memory, streams and events of another device implementation.
#[derive(Debug)]
pub(super) struct Foreign {
    /// The device that they claim to be of.
    pub(super) claims: DeviceId,
}

impl Foreign {
    pub(super) fn buffer(self) -> Buffer {
        Buffer::new(self)
    }
    pub(super) fn stream(self) -> Stream {
        Stream::new(self)
    }
    pub(super) fn event(self) -> Event {
        Event::new(self)
    }
}

impl Memory for Foreign {
    fn location(&self) -> Location {
        Location::Device(self.claims)
    }
    fn size_bytes(&self) -> usize {
        64
    }
}

/// The foreign handles are never worked with: whoever calls one gets this.
fn foreign<T>() -> Result<T> {
    Err(Error::ForeignHandle { what: "a handle of the conformance suite" })
}

impl StreamImpl for Foreign {
    fn device(&self) -> DeviceId {
        self.claims
    }
    fn synchronize(&self) -> Result<()> {
        foreign()
    }
    fn is_idle(&self) -> Result<bool> {
        foreign()
    }
    fn record(&self, _: &Event) -> Result<()> {
        foreign()
    }
    fn wait(&self, _: &Event) -> Result<()> {
        foreign()
    }
    fn call_host(&self, _: HostFn) -> Result<()> {
        foreign()
    }
    fn copy(&self, _: BufferSlice, _: BufferSlice) -> Result<()> {
        foreign()
    }
    fn begin_capture(&self) -> Result<()> {
        foreign()
    }
    fn end_capture(&self) -> Result<Graph> {
        foreign()
    }
}

impl EventImpl for Foreign {
    fn is_reached(&self) -> Result<bool> {
        foreign()
    }
    fn synchronize(&self) -> Result<()> {
        foreign()
    }
    fn elapsed_since(&self, _: &Event) -> Result<std::time::Duration> {
        foreign()
    }
}

/// A list that callbacks and threads append to.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<std::sync::Mutex<Vec<usize>>>);

impl Log {
    pub(super) fn push(&self, entry: usize) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(entry);
    }
    pub(super) fn entries(&self) -> Vec<usize> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}
