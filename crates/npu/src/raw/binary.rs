//! Device binaries: images of kernels, their functions, and launches.

use std::collections::HashMap;
use std::ffi::{CString, c_void};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::{Arc, Mutex, PoisonError};

use ascend_hal::{Error, Result, TensorView};

use super::Handle;
use super::card::Card;
use super::queue::Queue;
use crate::error::from_cann;
use crate::memory;

/// A loaded image. It stays loaded as long as the card is open: launches of its functions may be under way when nobody wants another.
#[derive(Debug)]
pub(crate) struct Binary {
    card: Arc<Card>,
    handle: Handle,
    functions: Mutex<HashMap<&'static str, Handle>>,
}

impl Binary {
    /// Loads an image: from memory, or through a file where CANN is too old for that.
    pub(crate) fn load(card: &Arc<Card>, image: &[u8]) -> Result<Self> {
        let acl = &card.cann().acl;
        let mut handle = null_mut();
        let mut from_memory = || {
            card.bind()?;
            // SAFETY: the image has as many bytes; CANN copies them; there are no options.
            unsafe { acl.aclrtBinaryLoadFromData(image.as_ptr().cast(), image.len(), std::ptr::null(), &mut handle) }
        };
        match from_memory() {
            Err(ascend_sys::Error::SymbolMissing { .. }) => {
                let file = ImageFile::new(image)?;
                let path = CString::new(file.0.as_os_str().as_bytes()).map_err(|_| not_written(&file.0, "its path has a zero byte"))?;
                card.bind().map_err(from_cann)?;
                // SAFETY: the path is a C string; there are no options.
                unsafe { acl.aclrtBinaryLoadFromFile(path.as_ptr(), null_mut(), &mut handle) }.map_err(from_cann)?;
            }
            outcome => outcome.map_err(from_cann)?,
        }
        card.unload_at_end(Handle(handle));
        Ok(Self { card: card.clone(), handle: Handle(handle), functions: Mutex::default() })
    }

    fn function(&self, name: &'static str) -> Result<Handle> {
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = functions.get(name) {
            return Ok(*found);
        }
        let symbol = CString::new(name).map_err(|_| Error::Missing { what: name, why: "the name has a zero byte".into() })?;
        let mut function = null_mut();
        self.card.bind().map_err(from_cann)?;
        // SAFETY: the image is loaded and the name is a C string.
        unsafe { self.card.cann().acl.aclrtBinaryGetFunction(self.handle.0, symbol.as_ptr(), &mut function) }.map_err(from_cann)?;
        functions.insert(name, Handle(function));
        Ok(Handle(function))
    }

    /// Enqueues a launch of the function `name` as `blocks` blocks. Its arguments are the addresses of tensors, null for those that are absent.
    ///
    /// What the function does with them is the image's: it was made for these arguments.
    pub(crate) fn launch(&self, queue: &Queue, name: &'static str, blocks: u32, arguments: &[Option<&TensorView>]) -> Result<()> {
        if !Arc::ptr_eq(&self.card, queue.card()) {
            return Err(Error::ForeignHandle { what: "the device image" });
        }
        let function = self.function(name)?;
        let mut addresses = Vec::with_capacity(arguments.len());
        for argument in arguments {
            addresses.push(match argument {
                None => 0u64,
                Some(view) => {
                    let memory = memory::of(self.card.id(), "an argument", view.buffer())?;
                    if memory::outlives_its_handle(view.buffer()) {
                        Queue::hold(view.buffer());
                    }
                    (memory.address() + view.byte_span().start) as u64
                }
            });
        }
        Queue::note(name);
        queue.work(0, |card, _, stream| {
            let acl = &card.cann().acl;
            let mut handle = null_mut();
            // SAFETY: the function's image is loaded; each argument is eight bytes, which CANN copies; the handle is filled, closed and launched once, in this order. The
            // memory behind the addresses is held by the stream.
            unsafe {
                acl.aclrtKernelArgsInit(function.0, &mut handle)?;
                for address in &mut addresses {
                    let mut place = null_mut();
                    acl.aclrtKernelArgsAppend(handle, (&raw mut *address).cast::<c_void>(), size_of::<u64>(), &mut place)?;
                }
                acl.aclrtKernelArgsFinalize(handle)?;
                acl.aclrtLaunchKernelWithConfig(function.0, blocks, stream.handle(), null_mut(), handle, null_mut())
            }
        })
    }
}

/// An image in a file of its own, for as long as the value lives.
struct ImageFile(PathBuf);

fn not_written(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::Missing {
        what: "a file for the device image",
        why: format!("{}: {why}; set TMPDIR to a folder that can be written", path.display()),
    }
}

impl ImageFile {
    fn new(image: &[u8]) -> Result<Self> {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("ascend-compute-{}-{number}.o", std::process::id()));
        let written = std::fs::OpenOptions::new().write(true).create_new(true).open(&path).and_then(|mut file| file.write_all(image));
        // From here on the file is removed, also one that was written in part.
        let file = Self(path);
        written.map_err(|error| not_written(&file.0, error))?;
        Ok(file)
    }
}

impl Drop for ImageFile {
    fn drop(&mut self) {
        // One that stays is in the way of nobody.
        let _ = std::fs::remove_file(&self.0);
    }
}
