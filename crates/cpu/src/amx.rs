//! Whether this process may use AMX, the matrix unit of x86-64 servers.

use std::sync::OnceLock;

/// Whether the processor has AMX with bf16 and i8, and the system lets this process use it, which it is asked for once.
pub(crate) fn is_permitted() -> bool {
    static PERMITTED: OnceLock<bool> = OnceLock::new();
    *PERMITTED.get_or_init(|| has_unit() && permit())
}

/// Whether the processor has the unit. The standard library's own detection of it is not stable.
#[cfg(not(miri))]
fn has_unit() -> bool {
    use std::arch::x86_64::{__cpuid_count, __get_cpuid_max};

    // Leaf 7, EDX: AMX-BF16, AMX-TILE, AMX-INT8.
    const FLAGS: u32 = 1 << 22 | 1 << 24 | 1 << 25;
    #[allow(unused_unsafe, reason = "safe in later versions of the standard library")]
    #[allow(unsafe_code, reason = "what the processor says of itself")]
    // SAFETY: every 64-bit processor has the instruction, and this one the leaf.
    unsafe {
        __get_cpuid_max(0).0 >= 7 && __cpuid_count(7, 0).edx & FLAGS == FLAGS
    }
}

#[cfg(miri)]
fn has_unit() -> bool {
    false
}

/// Asks for the use of tile registers, which Linux saves only for processes that do (`Documentation/arch/x86/xstate.rst`); it holds for all threads.
#[cfg(target_os = "linux")]
fn permit() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_long = 18;
    #[allow(unsafe_code, reason = "the standard library has no function for it")]
    // SAFETY: the call takes two numbers and touches no memory of the program.
    unsafe {
        libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0
    }
}

/// How other systems are asked is not tried anywhere, so the unit stays unused there.
#[cfg(not(target_os = "linux"))]
fn permit() -> bool {
    false
}
