//! A host that touches device memory faults. Before it does, the simulation says why.

use std::mem::MaybeUninit;
use std::sync::{Once, OnceLock};

use crate::machine::machine;

/// What the process did at such a fault before.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

/// Has faults at device addresses named. Faults elsewhere, and what happens after the name was said, are what they were.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let mut before = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: a zeroed action is a valid one; the handler keeps the rules of handlers, and both structures are valid.
        unsafe {
            if libc::sigaction(libc::SIGSEGV, std::ptr::null(), before.as_mut_ptr()) != 0 {
                return;
            }
            let _ = BEFORE.set(before.assume_init());
            let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
            action.sa_sigaction = on_fault as extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void) as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            libc::sigaction(libc::SIGSEGV, &action, std::ptr::null_mut());
        }
    });
}

extern "C" fn on_fault(_signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the system hands a valid description over.
    let address = unsafe { (*info).si_addr() } as usize;
    // A thread that faults while memory is being allocated learns nothing, rather than waiting for itself.
    if machine().try_memory().is_some_and(|memory| memory.on_device(address)) {
        say(address);
    }
    // The instruction runs again, and meets what was there before.
    if let Some(before) = BEFORE.get() {
        // SAFETY: the action was the process's own.
        unsafe { libc::sigaction(libc::SIGSEGV, before, std::ptr::null_mut()) };
    }
}

/// Nothing is allocated here: a handler may not.
fn say(address: usize) {
    let mut text = *b"ascend-sim: host: the program dereferences 0x0000000000000000, which is device memory; copy it with aclrtMemcpy\n";
    const DIGITS: usize = 45;
    for (place, digit) in text[DIGITS..DIGITS + 16].iter_mut().zip(0..16) {
        *place = b"0123456789abcdef"[(address >> (60 - 4 * digit)) & 0xF];
    }
    // SAFETY: the text lives as long as the call, which is allowed in handlers.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
}

#[cfg(test)]
mod tests {
    #[test]
    fn digits_go_where_the_zeros_are() {
        assert_eq!("ascend-sim: host: the program dereferences 0x".len(), 45);
    }
}
