//! The state of the simulated machine: what is initialised, and which handles are alive.

use std::any::Any;
use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ascend_sys::ffi::{
    ACL_ERROR_INVALID_PARAM, ACL_ERROR_REPEAT_FINALIZE, ACL_ERROR_REPEAT_INITIALIZE, ACL_ERROR_RT_INVALID_HANDLE,
    ACL_ERROR_RT_PARAM_INVALID, ACL_ERROR_UNINITIALIZE,
};

use crate::capture::Model;
use crate::config::Config;
use crate::context::Context;
use crate::event::Event;
use crate::fault::{Fault, Outcome, report};
use crate::memory::Memory;
use crate::nnopbase::operands;
use crate::stream::Stream;
use crate::{faults, guard, summary};

/// What a handle stands for.
#[derive(Clone)]
pub(crate) enum Object {
    Context(Arc<Context>),
    Stream(Arc<Stream>),
    Event(Arc<Event>),
    Model(Arc<Model>),
    /// What nobody but its own functions looks at, by the name of its kind.
    Other(&'static str, Arc<dyn Any + Send + Sync>),
}

impl Object {
    fn kind(&self) -> &'static str {
        match self {
            Self::Context(_) => "context",
            Self::Stream(_) => "stream",
            Self::Event(_) => "event",
            Self::Model(_) => "model",
            Self::Other(kind, _) => kind,
        }
    }
}

/// A device's own context, and how many `aclrtSetDevice` have not been undone.
pub(crate) struct Primary {
    pub(crate) context: Arc<Context>,
    pub(crate) users: u32,
}

pub(crate) struct State {
    life: Life,
    handles: HashMap<usize, Object>,
    next_handle: usize,
    pub(crate) primaries: HashMap<u32, Primary>,
}

#[derive(PartialEq)]
enum Life {
    New,
    Initialised,
    Finalised,
}

pub(crate) struct Machine {
    config: Config,
    /// Why the environment's wishes cannot be met; the defaults stand in for them.
    refused: Option<String>,
    state: Mutex<State>,
    memory: Mutex<Memory>,
    settings: Mutex<HashMap<(&'static str, u64), i64>>,
}

/// Handles look like addresses that nothing can be mapped at: dereferencing one faults. None is given out twice.
const FIRST_HANDLE: usize = 0x5100_0000_0000_0010;
const HANDLE_STEP: usize = 16;

pub(crate) fn machine() -> &'static Machine {
    static MACHINE: OnceLock<Machine> = OnceLock::new();
    MACHINE.get_or_init(|| {
        let (config, refused) = match Config::read(|name| std::env::var(name).ok()) {
            Ok(config) => (config, None),
            Err(reason) => (Config::default(), Some(reason)),
        };
        // Checked when the variables were read.
        let _ = faults::set(&config.faults);
        if config.summary.is_some() {
            summary::at_exit();
        }
        let state = State { life: Life::New, handles: HashMap::new(), next_handle: FIRST_HANDLE, primaries: HashMap::new() };
        let memory = Memory::new(config.devices, config.memory_bytes);
        Machine { refused, state: Mutex::new(state), memory: Mutex::new(memory), settings: Mutex::default(), config }
    })
}

impl Machine {
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a program has set, of the whole process or of a device.
    pub(crate) fn setting(&self, name: &'static str, of: u64) -> Option<i64> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).get(&(name, of)).copied()
    }

    /// Sets it, or takes it back.
    pub(crate) fn set(&self, name: &'static str, of: u64, value: Option<i64>) {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        match value {
            Some(value) => settings.insert((name, of), value),
            None => settings.remove(&(name, of)),
        };
    }

    /// The memory, unless a thread holds it.
    pub(crate) fn try_memory(&self) -> Option<MutexGuard<'_, Memory>> {
        self.memory.try_lock().ok()
    }

    pub(crate) fn initialise(&self) -> Outcome {
        if let Some(reason) = &self.refused {
            return Err(Fault::refused(ACL_ERROR_INVALID_PARAM, reason.clone()));
        }
        let mut state = self.state();
        if state.life == Life::Initialised {
            return Err(Fault::refused(ACL_ERROR_REPEAT_INITIALIZE, "aclInit has been called already"));
        }
        state.life = Life::Initialised;
        guard::install();
        Ok(())
    }

    /// What the program has made and not ended, in words.
    pub(crate) fn alive(&self) -> Vec<String> {
        let state = self.state();
        // A device's own context is not the program's to destroy.
        let own: Vec<usize> = state.primaries.values().map(|primary| primary.context.handle()).collect();
        let handles = state.handles.iter().filter(|(handle, _)| !own.contains(handle));
        let mut alive: Vec<String> = handles.map(|(handle, object)| format!("{} {handle:#x}", object.kind())).collect();
        drop(state);
        alive.extend(self.memory().alive());
        alive.extend(operands().alive());
        alive.sort();
        alive
    }

    /// Ends the use of the runtime, and tells of everything that the program has left alive.
    pub(crate) fn finalise(&self) -> Outcome {
        let mut state = self.state();
        match state.life {
            Life::Initialised => state.life = Life::Finalised,
            Life::Finalised => return Err(Fault::refused(ACL_ERROR_REPEAT_FINALIZE, "aclFinalize has been called already")),
            Life::New => return Err(Fault::misuse(ACL_ERROR_UNINITIALIZE, "aclInit has not been called")),
        }
        drop(state);
        self.alive().into_iter().for_each(|what| report(format!("aclFinalize: {what} is still alive")));
        Ok(())
    }

    pub(crate) fn initialised(&self) -> Outcome {
        if self.state().life == Life::Initialised {
            return Ok(());
        }
        Err(Fault::misuse(ACL_ERROR_UNINITIALIZE, "aclInit has not been called"))
    }
}

impl State {
    /// A handle for what `make` makes of it.
    pub(crate) fn add(&mut self, make: impl FnOnce(usize) -> Object) -> usize {
        let handle = self.next_handle;
        self.next_handle += HANDLE_STEP;
        self.handles.insert(handle, make(handle));
        handle
    }

    fn get(&self, handle: *const c_void, wanted: &str) -> Outcome<&Object> {
        let address = handle as usize;
        if address == 0 {
            return Err(Fault::misuse(ACL_ERROR_RT_PARAM_INVALID, format!("the {wanted} is null")));
        }
        let given_out = (FIRST_HANDLE..self.next_handle).contains(&address) && (address - FIRST_HANDLE).is_multiple_of(HANDLE_STEP);
        match self.handles.get(&address) {
            Some(object) if object.kind() == wanted => Ok(object),
            Some(object) => {
                let what = format!("a {wanted} asked, but {address:#x} is a handle of another kind: {}", object.kind());
                Err(Fault::misuse(ACL_ERROR_RT_INVALID_HANDLE, what))
            }
            None if given_out => Err(Fault::misuse(ACL_ERROR_RT_INVALID_HANDLE, format!("the {wanted} {address:#x} has been destroyed"))),
            None => Err(Fault::misuse(ACL_ERROR_RT_INVALID_HANDLE, format!("a {wanted} asked, but {address:#x} is no handle at all"))),
        }
    }

    pub(crate) fn context(&self, handle: *const c_void) -> Outcome<Arc<Context>> {
        match self.get(handle, "context")? {
            Object::Context(context) => Ok(context.clone()),
            other => Err(Fault::misuse(ACL_ERROR_RT_INVALID_HANDLE, format!("a context asked, a {} found", other.kind()))),
        }
    }

    pub(crate) fn stream(&self, handle: *const c_void) -> Outcome<Arc<Stream>> {
        match self.get(handle, "stream")? {
            Object::Stream(stream) => Ok(stream.clone()),
            other => Err(Fault::misuse(ACL_ERROR_RT_INVALID_HANDLE, format!("a stream asked, a {} found", other.kind()))),
        }
    }

    pub(crate) fn event(&self, handle: *const c_void) -> Outcome<Arc<Event>> {
        match self.get(handle, "event")? {
            Object::Event(event) => Ok(event.clone()),
            other => Err(Fault::misuse(ACL_ERROR_RT_INVALID_HANDLE, format!("an event asked, a {} found", other.kind()))),
        }
    }

    pub(crate) fn model(&self, handle: *const c_void) -> Outcome<Arc<Model>> {
        match self.get(handle, "model")? {
            Object::Model(model) => Ok(model.clone()),
            other => Err(Fault::misuse(ACL_ERROR_RT_INVALID_HANDLE, format!("a model asked, a {} found", other.kind()))),
        }
    }

    /// What a handle of the kind stands for.
    pub(crate) fn other<T: Any + Send + Sync>(&self, handle: *const c_void, kind: &'static str) -> Outcome<Arc<T>> {
        let found = match self.get(handle, kind)? {
            Object::Other(_, object) => object.clone().downcast().ok(),
            _ => None,
        };
        found.ok_or_else(|| Fault::misuse(ACL_ERROR_RT_INVALID_HANDLE, format!("a {kind} asked, something else found")))
    }

    /// Ends a handle of the kind.
    pub(crate) fn take<T: Any + Send + Sync>(&mut self, handle: *const c_void, kind: &'static str) -> Outcome<Arc<T>> {
        let found = self.other(handle, kind)?;
        self.remove(handle);
        Ok(found)
    }

    /// Ends a handle; with a model, those of its parts.
    pub(crate) fn remove(&mut self, handle: *const c_void) {
        if let Some(Object::Model(model)) = self.handles.remove(&(handle as usize)) {
            model.groups().iter().for_each(|group| {
                self.handles.remove(group);
            });
        }
    }

    /// Every context of a device.
    pub(crate) fn contexts_on(&self, device: u32) -> Vec<Arc<Context>> {
        let contexts = self.handles.values().filter_map(|object| match object {
            Object::Context(context) if context.device() == device => Some(context.clone()),
            _ => None,
        });
        contexts.collect()
    }

    /// Every stream of a device, the default ones of its contexts included.
    pub(crate) fn streams_on(&self, device: u32) -> Vec<Arc<Stream>> {
        let contexts = self.contexts_on(device);
        let own = contexts.iter().map(|context| context.default_stream().clone());
        own.chain(contexts.iter().flat_map(|context| self.streams_of(context.handle())).map(|(_, stream)| stream)).collect()
    }

    /// The streams of a context, its default one excepted.
    pub(crate) fn streams_of(&self, context: usize) -> Vec<(usize, Arc<Stream>)> {
        let streams = self.handles.iter().filter_map(|(handle, object)| match object {
            Object::Stream(stream) if stream.context() == context => Some((*handle, stream.clone())),
            _ => None,
        });
        streams.collect()
    }
}
