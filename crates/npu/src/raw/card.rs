//! An opened device: its context, and what every handle needs of it.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};

use ascend_hal::{DeviceId, Error, Result};
use ascend_sys::Cann;
use ascend_sys::ffi::{ACL_ERROR_REPEAT_INITIALIZE, ACL_ERROR_RT_NO_DEVICE, ACL_HBM_MEM, ACL_PKG_NAME_CANN, aclCANNPackageVersion};

use super::Handle;
use super::executors::Counters;
use super::pool::Pool;
use crate::error::{CannResult, from_cann};

/// A context of CANN's. What is made in it holds it, so it ends last.
#[derive(Debug)]
pub(super) struct Context {
    cann: Arc<Cann>,
    handle: Handle,
}

impl Context {
    fn new(cann: &Arc<Cann>, index: u32) -> CannResult<Arc<Self>> {
        let mut context = null_mut();
        // SAFETY: `context` is a place to write to; the index is one that CANN has.
        unsafe { cann.acl.aclrtCreateContext(&mut context, index.cast_signed()) }?;
        Ok(Arc::new(Self { cann: cann.clone(), handle: Handle(context) }))
    }

    /// Makes the context that of the calling thread.
    pub(super) fn bind(&self) -> CannResult<()> {
        // SAFETY: the context lives as long as `self`.
        unsafe { self.cann.acl.aclrtSetCurrentContext(self.handle.0) }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: nothing made in the context is alive: each holds it. There may be nobody left to tell of an error.
        let _ = unsafe { self.cann.acl.aclrtDestroyContext(self.handle.0) };
    }
}

/// A device. Everything that is made on it holds it, so it ends last.
pub(crate) struct Card {
    cann: Arc<Cann>,
    id: DeviceId,
    /// What streams, events and graphs are made in. A failure that stops its streams for good makes another take its place; memory belongs to the device, and stays.
    context: Mutex<Arc<Context>>,
    pool: Pool,
    executors: Counters,
    copies_aligned_only: bool,
    /// Device images that are loaded.
    binaries: Mutex<Vec<Handle>>,
    /// The first failure that had nobody to be reported to.
    orphan: Mutex<Option<Error>>,
}

impl Card {
    /// Starts CANN, if this process has not yet, and opens device `id.index` with a new context.
    pub(crate) fn open(cann: Arc<Cann>, id: DeviceId) -> Result<Arc<Self>> {
        let count = count(&cann)?;
        if id.index >= count {
            let why = format!("CANN sees {count} devices, `{backend}:0` to `{backend}:{}`", count.saturating_sub(1), backend = id.backend);
            let why = if count == 0 {
                "CANN is installed, but sees no device; see that the driver is loaded (`npu-smi info`)".into()
            } else {
                why
            };
            return Err(Error::NoDevice { asked: id.to_string(), why });
        }
        let context = Context::new(&cann, id.index).map_err(from_cann)?;
        let copies_aligned_only = version(&cann).is_none_or(|version| version < (8, 5));
        let mut card = Self {
            cann,
            id,
            context: Mutex::new(context),
            pool: Pool::default(),
            executors: Counters::default(),
            copies_aligned_only,
            binaries: Mutex::default(),
            orphan: Mutex::default(),
        };
        let (_, total) = card.memory_info()?;
        card.pool = Pool::new(total);
        Ok(Arc::new(card))
    }

    pub(crate) fn cann(&self) -> &Cann {
        &self.cann
    }

    /// For what outlives the card.
    pub(crate) fn shared_cann(&self) -> Arc<Cann> {
        self.cann.clone()
    }

    pub(crate) fn id(&self) -> DeviceId {
        self.id
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// What is counted of executors.
    pub(crate) fn executors(&self) -> &Counters {
        &self.executors
    }

    /// Whether CANN's documents ask for aligned addresses of asynchronous copies: up to 8.3, and where the version is not known.
    pub(super) fn copies_aligned_only(&self) -> bool {
        self.copies_aligned_only
    }

    /// The context that things are made in now.
    pub(super) fn context(&self) -> Arc<Context> {
        self.context.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes that context the calling thread's.
    pub(super) fn bind(&self) -> CannResult<()> {
        self.context().bind()
    }

    /// Puts a new context in the place of one whose streams take no more work, unless somebody has done so already.
    pub(super) fn replace(&self, stopped: &Arc<Context>) -> CannResult<()> {
        let mut context = self.context.lock().unwrap_or_else(PoisonError::into_inner);
        if Arc::ptr_eq(&context, stopped) {
            *context = Context::new(&self.cann, self.id.index)?;
        }
        Ok(())
    }

    /// Gives something back by `give_back`. Whether a context can be bound before makes no difference to that; it must not stay behind for want of one.
    pub(super) fn release(&self, context: &Context, give_back: impl FnOnce() -> CannResult<()>) {
        let bound = context.bind();
        let outcome = give_back();
        self.given_back(bound.and(outcome));
    }

    /// Has an image unloaded when the card is closed.
    pub(super) fn unload_at_end(&self, binary: Handle) {
        self.binaries.lock().unwrap_or_else(PoisonError::into_inner).push(binary);
    }

    /// Keeps a failure that nobody is there to hear of now.
    pub(crate) fn keep_failure(&self, failure: Error) {
        self.orphan.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
    }

    /// The failure that was kept.
    pub(crate) fn take_failure(&self) -> Option<Error> {
        self.orphan.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The outcome of giving something back.
    pub(super) fn given_back(&self, outcome: CannResult<()>) {
        if let Err(error) = outcome {
            self.keep_failure(from_cann(error));
        }
    }

    /// Free and total bytes of the device's memory.
    pub(crate) fn memory_info(&self) -> Result<(usize, usize)> {
        let (mut free, mut total) = (0, 0);
        let mut call = || {
            self.bind()?;
            // SAFETY: both are places to write to.
            unsafe { self.cann.acl.aclrtGetMemInfo(ACL_HBM_MEM, &mut free, &mut total) }
        };
        call().map_err(from_cann)?;
        Ok((free, total))
    }

    /// The chip's name.
    pub(crate) fn soc_name(&self) -> Result<String> {
        self.bind().map_err(from_cann)?;
        // SAFETY: the function returns null or a string that stays.
        let name = unsafe {
            let name = self.cann.acl.aclrtGetSocName().map_err(from_cann)?;
            if name.is_null() { "unknown".into() } else { CStr::from_ptr(name).to_string_lossy().into_owned() }
        };
        Ok(name)
    }

    /// The version of the runtime's interface.
    pub(crate) fn runtime_version(&self) -> Result<String> {
        let (mut major, mut minor, mut patch) = (0, 0, 0);
        // SAFETY: all three are places to write to.
        unsafe { self.cann.acl.aclrtGetVersion(&mut major, &mut minor, &mut patch) }.map_err(from_cann)?;
        Ok(format!("{major}.{minor}.{patch}"))
    }
}

/// The first two numbers of CANN's version, if it tells them.
fn version(cann: &Cann) -> Option<(u32, u32)> {
    let mut found = MaybeUninit::<aclCANNPackageVersion>::zeroed();
    // SAFETY: `found` is a place to write to; texts are all that is in it, for which zeros are valid.
    let found = unsafe {
        cann.acl.aclsysGetCANNVersion(ACL_PKG_NAME_CANN, found.as_mut_ptr()).ok()?;
        found.assume_init()
    };
    let text: String = found.version.iter().map(|&c| char::from(c as u8)).take_while(|c| *c != '\0').collect();
    let mut numbers = text.split('.').map(|part| part.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

/// Starts CANN, if this process has not yet.
fn start(cann: &Cann) -> Result<()> {
    // SAFETY: the configuration may be null.
    match unsafe { cann.acl.aclInit(std::ptr::null()) } {
        Err(error) if error.code() != Some(ACL_ERROR_REPEAT_INITIALIZE) => Err(from_cann(error)),
        // A program that holds this library may have started CANN itself.
        _ => Ok(()),
    }
}

/// Resets a device, whoever in this process uses it.
pub(crate) fn reset(cann: &Cann, index: u32) -> Result<()> {
    start(cann)?;
    // SAFETY: neither call takes a pointer. The calling thread has no context afterwards; every call of this crate sets its own.
    let outcome = unsafe {
        cann.acl.aclrtSetDevice(index.cast_signed()).and_then(|()| match cann.acl.aclrtResetDeviceForce(index.cast_signed()) {
            Err(ascend_sys::Error::SymbolMissing { .. }) => cann.acl.aclrtResetDevice(index.cast_signed()),
            outcome => outcome,
        })
    };
    outcome.map_err(from_cann)
}

/// How many devices CANN sees, which is started if this process has not yet.
pub(crate) fn count(cann: &Cann) -> Result<u32> {
    let mut count = 0;
    // SAFETY: `count` is a place to write to.
    match start(cann).and_then(|()| unsafe { cann.acl.aclrtGetDeviceCount(&mut count) }.map_err(from_cann)) {
        Err(Error::Backend { code: ACL_ERROR_RT_NO_DEVICE, .. }) => Ok(0),
        done => done.map(|()| count),
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        self.pool.drain(self);
        let context = self.context();
        for binary in self.binaries.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            // SAFETY: the image is loaded, and no stream is alive that could run its functions.
            let _ = unsafe { context.bind().and_then(|()| self.cann.acl.aclrtBinaryUnLoad(binary.0)) };
        }
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Card({})", self.id)
    }
}
