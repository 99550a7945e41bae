//! Contexts, and which one is current in a thread.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ascend_sys::ffi::{ACL_ERROR_RT_CONTEXT_NULL, ACL_ERROR_RT_STREAM_CONTEXT, aclrtStream};

use crate::fault::{Fault, Outcome};
use crate::machine::machine;
use crate::stream::{Attributes, Halt, Stream};

pub(crate) struct Context {
    handle: usize,
    device: u32,
    alive: AtomicBool,
    halt: Arc<Halt>,
    default_stream: Arc<Stream>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Context>>> = const { RefCell::new(None) };
}

impl Context {
    pub(crate) fn new(handle: usize, device: u32) -> Arc<Self> {
        let halt = Arc::<Halt>::default();
        let default_stream = Stream::new(handle, halt.clone(), Attributes::default());
        Arc::new(Self { handle, device, alive: AtomicBool::new(true), halt, default_stream })
    }

    /// What its streams share.
    pub(crate) fn halt(&self) -> &Arc<Halt> {
        &self.halt
    }

    pub(crate) fn handle(&self) -> usize {
        self.handle
    }

    pub(crate) fn device(&self) -> u32 {
        self.device
    }

    pub(crate) fn default_stream(&self) -> &Arc<Stream> {
        &self.default_stream
    }

    /// Ends the context: what is on its default stream finishes, threads that have it current have none.
    pub(crate) fn end(&self) {
        self.alive.store(false, Ordering::Release);
        self.default_stream.close();
    }
}

pub(crate) fn set_current(context: Option<Arc<Context>>) {
    CURRENT.set(context);
}

/// The calling thread's context.
pub(crate) fn current() -> Outcome<Arc<Context>> {
    let context = CURRENT.with_borrow(Clone::clone).filter(|context| context.alive.load(Ordering::Acquire));
    context.ok_or_else(|| {
        Fault::refused(ACL_ERROR_RT_CONTEXT_NULL, "the calling thread has no context; call aclrtSetDevice or aclrtSetCurrentContext")
    })
}

/// Whether a stream is its context's default one, as far as the calling thread can see.
pub(crate) fn is_default(stream: &Arc<Stream>) -> bool {
    current().is_ok_and(|context| Arc::ptr_eq(&context.default_stream, stream))
}

/// The stream of a handle, null being the default one. It must belong to the calling thread's context.
pub(crate) fn stream(handle: aclrtStream) -> Outcome<Arc<Stream>> {
    let context = current()?;
    if handle.is_null() {
        return Ok(context.default_stream.clone());
    }
    let stream = machine().state().stream(handle)?;
    if stream.context() != context.handle {
        let what =
            format!("the stream {handle:p} belongs to context {:#x}, the calling thread's is {:#x}", stream.context(), context.handle);
        return Err(Fault::misuse(ACL_ERROR_RT_STREAM_CONTEXT, what));
    }
    Ok(stream)
}
