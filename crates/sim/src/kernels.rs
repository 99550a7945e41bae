//! Kernels of programs: what a device binary's function does, by its name.
//!
//! The simulation cannot run a device binary. Whoever has the same kernel for the host registers it here; launches of that name run it on their stream.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::fault::Outcome;
use crate::machine::machine;
use crate::memory::Span;

/// One launch of a kernel.
#[derive(Debug)]
#[non_exhaustive]
pub struct Launch<'a> {
    /// How many blocks it runs as.
    pub blocks: u32,
    /// The bytes of its arguments, as the program laid them out; pointers among them are device addresses.
    pub arguments: &'a [u8],
}

impl Launch<'_> {
    /// The 64-bit argument at a byte offset, such as a device address.
    pub fn argument(&self, offset: usize) -> Option<u64> {
        let bytes = self.arguments.get(offset..offset.checked_add(8)?)?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    }

    /// The memory behind a range of device addresses, while the launch runs.
    ///
    /// # Errors
    /// What is wrong with the range.
    pub fn memory(&self, address: u64, bytes: usize) -> Result<DeviceMemory, String> {
        let address = usize::try_from(address).map_err(|_| format!("{address:#x} is no address"))?;
        let span = machine().memory().span(address, bytes).map_err(|fault| fault.to_string())?;
        Ok(DeviceMemory { span, bytes })
    }

    /// The memory from a device address to the end of its allocation: what a kernel reaches that is given the address alone.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn allocation(&self, address: u64) -> Result<DeviceMemory, String> {
        let range = usize::try_from(address).ok().and_then(|start| machine().memory().range_of(start));
        // An address without an allocation: of reserved memory, or wrong, which looking at a byte of it tells.
        let bytes = range.map_or(1, |(start, bytes)| bytes - (address as usize - start));
        self.memory(address, bytes)
    }
}

/// Bytes of a simulated device. They stay mapped for as long as the value lives.
pub struct DeviceMemory {
    span: Span,
    bytes: usize,
}

impl DeviceMemory {
    /// Where they are in this process.
    pub fn as_ptr(&self) -> *mut u8 {
        self.span.address()
    }

    /// How many there are.
    pub fn size_bytes(&self) -> usize {
        self.bytes
    }
}

/// A kernel: what is wrong with a launch comes out of the next synchronisation of its stream.
pub type Kernel = dyn Fn(&Launch<'_>) -> Result<(), String> + Send + Sync;

static KERNELS: Mutex<Option<HashMap<String, Arc<Kernel>>>> = Mutex::new(None);

fn kernels() -> MutexGuard<'static, Option<HashMap<String, Arc<Kernel>>>> {
    KERNELS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes launches of the function called `name` run `kernel`. It takes the place of one that was registered before.
pub fn register(name: &str, kernel: impl Fn(&Launch<'_>) -> Result<(), String> + Send + Sync + 'static) {
    kernels().get_or_insert_default().insert(name.to_owned(), Arc::new(kernel));
}

/// The kernel of a name.
pub(crate) fn find(name: &str) -> Option<Arc<Kernel>> {
    kernels().as_ref()?.get(name).cloned()
}

pub(crate) fn run(kernel: &Kernel, blocks: u32, arguments: &[u8]) -> Outcome {
    use ascend_sys::ffi::ACL_ERROR_RT_AICORE_EXCEPTION;
    kernel(&Launch { blocks, arguments }).map_err(|what| crate::fault::Fault::misuse(ACL_ERROR_RT_AICORE_EXCEPTION, what))
}
