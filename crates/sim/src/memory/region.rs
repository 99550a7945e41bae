//! Mappings of this process.

use std::fs::File;
use std::os::fd::{AsRawFd, FromRawFd};
use std::ptr::NonNull;

/// A range of addresses.
pub(super) struct Region {
    address: NonNull<u8>,
    bytes: usize,
    /// Unmapped when dropped: memory of the program's own is not.
    own: bool,
}

// SAFETY: a region is memory that no thread owns; what is done in it is ordered by the program's streams and synchronisations, as on a card.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// Memory of zeros, taken when it is touched.
    pub(super) fn memory(bytes: usize) -> Option<Self> {
        Self::map(bytes, libc::PROT_READ | libc::PROT_WRITE)
    }

    /// Addresses that fault.
    pub(super) fn addresses(bytes: usize) -> Option<Self> {
        Self::map(bytes, libc::PROT_NONE)
    }

    /// Memory of the program's own.
    pub(super) fn of_program(address: usize, bytes: usize) -> Option<Self> {
        Some(Self { address: NonNull::new(address as *mut u8)?, bytes, own: false })
    }

    fn map(bytes: usize, protection: libc::c_int) -> Option<Self> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at an address of the system's choice touches no other memory.
        let address = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) };
        if address == libc::MAP_FAILED { None } else { Some(Self { address: NonNull::new(address.cast())?, bytes, own: true }) }
    }

    pub(super) fn start(&self) -> usize {
        self.address.as_ptr() as usize
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn contains(&self, address: usize) -> bool {
        address.checked_sub(self.start()).is_some_and(|offset| offset < self.bytes)
    }

    /// An address within it.
    pub(super) fn at(&self, offset: usize) -> *mut u8 {
        debug_assert!(offset <= self.bytes);
        // SAFETY: the callers stay within the region.
        unsafe { self.address.as_ptr().add(offset) }
    }

    /// Fills the beginning.
    pub(super) fn fill(&self, byte: u8, bytes: usize) {
        // SAFETY: the range lies within the region, which is memory that can be written.
        unsafe { self.address.as_ptr().write_bytes(byte, bytes.min(self.bytes)) };
    }

    /// Puts the pages of `file` behind a part of the region.
    pub(super) fn back(&self, offset: usize, bytes: usize, file: &File, file_offset: usize) -> bool {
        let Ok(file_offset) = libc::off_t::try_from(file_offset) else { return false };
        let flags = libc::MAP_SHARED | libc::MAP_FIXED;
        // SAFETY: the range lies within the region, which is this value's own, and holds nothing yet.
        let mapped =
            unsafe { libc::mmap(self.at(offset).cast(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, file.as_raw_fd(), file_offset) };
        mapped != libc::MAP_FAILED
    }

    /// Takes the pages from behind a part of the region: its addresses fault again.
    pub(super) fn unback(&self, offset: usize, bytes: usize) {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
        // SAFETY: the range lies within the region, which is this value's own, and no task uses it any more.
        unsafe { libc::mmap(self.at(offset).cast(), bytes, libc::PROT_NONE, flags, -1, 0) };
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        if self.own {
            // SAFETY: the mapping is this value's own, and nothing refers to it any more.
            unsafe { libc::munmap(self.address.as_ptr().cast(), self.bytes) };
        }
    }
}

/// Memory that can be mapped at several places.
pub(super) fn file_of(bytes: usize) -> Option<File> {
    // SAFETY: the name is a C string; the call makes a file that nobody else has.
    let descriptor = unsafe { libc::memfd_create(c"ascend-sim".as_ptr(), libc::MFD_CLOEXEC) };
    if descriptor < 0 {
        return None;
    }
    // SAFETY: the descriptor is new and this value's own.
    let file = unsafe { File::from_raw_fd(descriptor) };
    file.set_len(bytes as u64).ok()?;
    Some(file)
}
