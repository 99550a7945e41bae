//! The simulated CANN as a shared object: every C function that `ascend-sys` declares, under its own name.
//!
//! `ascend_sim::install` lays a toolkit out of it, in which the functions that the simulated version has not, or that are not simulated, cannot be found.
//! Called all the same, in the bare file, such a function is refused by name.
//!
//! An exported function is one jump, so that it takes any arguments, to what `ascend-sim` resolves the name to when the file is loaded.

#![allow(missing_docs, reason = "the names are CANN's, and documented there")]

use std::arch::naked_asm;
use std::ffi::c_void;
use std::sync::atomic::{AtomicPtr, Ordering};

macro_rules! exports {
    ($count:literal; $($index:literal $name:ident)*) => {
        /// The names of the exported functions, in the order of their addresses.
        pub const NAMES: [&str; $count] = [$(stringify!($name)),*];

        /// Where each function is.
        static ADDRESSES: [AtomicPtr<c_void>; $count] = [const { AtomicPtr::new(std::ptr::null_mut()) }; $count];

        $(
            /// The C function of this name.
            ///
            /// # Safety
            /// * The arguments are what the vendor's documentation of the function asks for.
            #[unsafe(no_mangle)]
            #[unsafe(naked)]
            #[allow(non_snake_case, reason = "the names are CANN's")]
            pub unsafe extern "C" fn $name() {
                // The index is for what answers in place of a function that is not there.
                #[cfg(target_arch = "x86_64")]
                naked_asm!(
                    "lea rax, [rip + {addresses}]",
                    "mov r11d, {index}",
                    "jmp qword ptr [rax + 8 * {index}]",
                    addresses = sym ADDRESSES, index = const $index,
                );
                #[cfg(target_arch = "aarch64")]
                naked_asm!(
                    "adrp x16, {addresses}",
                    "add x16, x16, :lo12:{addresses}",
                    "mov x17, #{index}",
                    "ldr x16, [x16, x17, lsl #3]",
                    "br x16",
                    addresses = sym ADDRESSES, index = const $index,
                );
            }
        )*
    };
}

include!(concat!(env!("OUT_DIR"), "/exports.rs"));

/// Hands the index of the function that was called on as an argument.
#[unsafe(naked)]
unsafe extern "C" fn absent() {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("mov edi, r11d", "jmp {refuse}", refuse = sym refuse);
    #[cfg(target_arch = "aarch64")]
    naked_asm!("mov x0, x17", "b {refuse}", refuse = sym refuse);
}

extern "C" fn refuse(index: u32) -> i32 {
    ascend_sim::refuse(NAMES.get(index as usize).copied().unwrap_or("an unknown function"))
}

extern "C" fn fill() {
    for (name, place) in NAMES.iter().zip(&ADDRESSES) {
        let address = ascend_sim::find(name).unwrap_or(absent as unsafe extern "C" fn() as *const c_void);
        place.store(address.cast_mut(), Ordering::Release);
    }
}

/// Runs when the file is loaded, before anything of it can be called.
#[used]
#[unsafe(link_section = ".init_array")]
static FILL: extern "C" fn() = fill;
