//! A file mapped into memory: the only `unsafe` of this crate.

use std::fs::File;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use crate::{Error, Result};

/// A file, mapped read-only. Nothing is read before it is looked at.
#[derive(Debug)]
pub(super) struct MappedFile {
    path: PathBuf,
    map: Mmap,
}

impl MappedFile {
    /// Maps a regular file. It must not be shortened or written while it is mapped.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let io = |source| Error::Io { path: path.to_owned(), source };
        let file = File::open(path).map_err(io)?;
        if !file.metadata().map_err(io)?.is_file() {
            return Err(Error::Format { path: path.to_owned(), message: "not a regular file".into() });
        }
        // SAFETY: the mapping is read-only and private, and lives as long as the slices that are taken from it. That nobody changes a model file while
        // it is loaded is what every reader of mapped weights asks of its user; every length and offset is checked against the mapped length.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        Ok(Self { path: path.to_owned(), map })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// The file breaks its format.
    pub(super) fn broken(&self, message: impl Into<String>) -> Error {
        Error::Format { path: self.path.clone(), message: message.into() }
    }
}
