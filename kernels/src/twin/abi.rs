//! The C side of the twin, as `twin/src/abi.h` declares it.

use std::ffi::{c_char, c_void};

#[repr(C)]
pub(super) struct Entry {
    pub name: *const c_char,
    pub arguments: u32,
    pub aic: u32,
    pub aiv: u32,
    synchronised: u32,
    run_aic: Option<unsafe extern "C" fn(*const *mut c_void)>,
    run_aiv: Option<unsafe extern "C" fn(*const *mut c_void)>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub start: u64,
    pub bytes: u64,
    pub readable: u32,
}

#[repr(C)]
pub(super) struct Options {
    pub schedule: u32,
    pub count_only: u32,
    pub seed: u64,
    pub check_order: u32,
    pub skipped_count: u32,
    pub skipped: *const *const c_char,
    pub rates: *const f64,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(super) struct Report {
    pub instructions: u64,
    pub flags_waited: u64,
    pub cycles: f64,
    pub aic_busy: [f64; 7],
    pub aiv_busy: [f64; 7],
    pub hbm_busy: f64,
    pub hbm_read: u64,
    pub l2_read: u64,
    pub gm_written: u64,
    pub l0a_loaded: u64,
    pub l0b_loaded: u64,
    pub aic: u32,
    pub aiv: u32,
}

#[repr(C)]
pub(super) struct Refusal {
    pub rule: *const c_char,
    pub kernel: *const c_char,
    pub core: *const c_char,
    pub pipe: *const c_char,
    pub op: *const c_char,
    pub file: *const c_char,
    pub text: *const c_char,
    pub line: i32,
}

#[repr(C)]
pub(super) struct Site {
    pub place: *const c_char,
    pub passes: u64,
}

#[repr(C)]
pub(super) struct Pair {
    pub set: u32,
    pub wait: u32,
}

unsafe extern "C" {
    pub(super) static twin_entries: [Entry; 0];
    pub(super) static twin_entries_count: usize;
    pub(super) static twin_checks: [Entry; 0];
    pub(super) static twin_checks_count: usize;

    pub(super) fn twin_run(
        entry: *const Entry,
        blocks: u32,
        arguments: *const *mut c_void,
        argument_count: usize,
        ranges: *const Range,
        range_count: usize,
        options: *const Options,
    ) -> *mut c_void;
    pub(super) fn twin_refused(run: *const c_void, refusal: *mut Refusal) -> i32;
    pub(super) fn twin_report(run: *const c_void, report: *mut Report);
    pub(super) fn twin_sites(run: *const c_void, sites: *mut *const Site) -> usize;
    pub(super) fn twin_pairs(run: *const c_void, pairs: *mut *const Pair) -> usize;
    pub(super) fn twin_free(run: *mut c_void);
}
