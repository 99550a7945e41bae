//! Calls into the compiled twin.

use std::ffi::{CStr, CString, c_char, c_void};
use std::{ptr, slice};

use super::{Counts, Error, Memory, Options, Refusal, Report, Schedule, Site, abi};

/// The schedule by modelled time.
const BY_TIME: u32 = 3;

/// A finished run, freed when dropped.
struct Run(*mut c_void);

impl Drop for Run {
    fn drop(&mut self) {
        // SAFETY: the handle came from `twin_run` and is freed once.
        unsafe { abi::twin_free(self.0) }
    }
}

fn entries() -> impl Iterator<Item = &'static abi::Entry> {
    // SAFETY: the build wrote the tables, each with as many rows as its count says; they are constant.
    unsafe {
        let kernels = slice::from_raw_parts((&raw const abi::twin_entries).cast::<abi::Entry>(), abi::twin_entries_count);
        let checks = slice::from_raw_parts((&raw const abi::twin_checks).cast::<abi::Entry>(), abi::twin_checks_count);
        kernels.iter().chain(checks)
    }
}

pub(super) fn find(name: &str) -> Option<&'static abi::Entry> {
    entries().find(|entry| {
        // SAFETY: names in the table are C string literals.
        unsafe { CStr::from_ptr(entry.name) }.to_bytes() == name.as_bytes()
    })
}

/// # Safety
///
/// `text` is null or a C string that lives for the call.
unsafe fn string(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    // SAFETY: by the function's contract.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// # Safety
///
/// As [`super::run`].
pub(super) unsafe fn run(name: &str, blocks: u32, arguments: &[u64], memory: &Memory, options: &Options) -> Result<Report, Error> {
    let entry = find(name).ok_or_else(|| Error::Unknown { name: name.to_owned() })?;
    let asked = entry.arguments as usize;
    if arguments.len() != asked {
        return Err(Error::Arguments { name: name.to_owned(), asked, found: arguments.len() });
    }
    if blocks == 0 {
        return Err(Error::NoBlocks { name: name.to_owned() });
    }
    let pointers: Vec<*mut c_void> = arguments.iter().map(|&address| ptr::with_exposed_provenance_mut(address as usize)).collect();
    let range = |readable: u32| move |&(start, bytes): &(u64, u64)| abi::Range { start, bytes, readable };
    let mut ranges: Vec<abi::Range> = memory.buffers.iter().map(range(1)).collect();
    if options.count_only {
        ranges.extend(memory.unbacked.iter().map(range(0)));
    }
    let without: Vec<CString> = options.without.iter().filter_map(|place| CString::new(place.as_str()).ok()).collect();
    let skipped: Vec<*const c_char> = without.iter().map(|place| place.as_ptr()).collect();
    let (schedule, seed) = match options.schedule {
        Schedule::Eager => (0, 0),
        Schedule::Lazy => (1, 0),
        Schedule::Random(seed) => (2, seed),
    };
    let (schedule, rates) = options.rates.as_ref().map_or((schedule, ptr::null()), |rates| (BY_TIME, rates.as_slice().as_ptr()));
    let raw = abi::Options {
        schedule,
        count_only: options.count_only.into(),
        seed,
        check_order: (options.check_order && !options.count_only).into(),
        skipped_count: skipped.len() as u32,
        skipped: skipped.as_ptr(),
        rates,
    };
    // SAFETY: all pointers live for the call; buffers and tiling by this function's contract.
    let run = Run(unsafe { abi::twin_run(entry, blocks, pointers.as_ptr(), pointers.len(), ranges.as_ptr(), ranges.len(), &raw) });
    let mut refusal = abi::Refusal {
        rule: ptr::null(),
        kernel: ptr::null(),
        core: ptr::null(),
        pipe: ptr::null(),
        op: ptr::null(),
        file: ptr::null(),
        text: ptr::null(),
        line: 0,
    };
    // SAFETY: the handle is alive, the target is writable.
    if unsafe { abi::twin_refused(run.0, &mut refusal) } != 0 {
        // SAFETY: the strings belong to the run, which is alive.
        let refusal = unsafe {
            let file = string(refusal.file);
            Refusal {
                rule: string(refusal.rule),
                kernel: string(refusal.kernel),
                core: string(refusal.core),
                pipe: string(refusal.pipe),
                op: string(refusal.op),
                file: file.rsplit('/').next().unwrap_or_default().to_owned(),
                line: u32::try_from(refusal.line).unwrap_or(0),
                text: string(refusal.text),
            }
        };
        return Err(Error::Refused(Box::new(refusal)));
    }
    let mut counted = abi::Report::default();
    let mut sites = ptr::null();
    let mut pairs = ptr::null();
    // SAFETY: the handle is alive; the tables that it hands out live as long as it does and have as many rows as it says.
    let (sites, pairs) = unsafe {
        abi::twin_report(run.0, &mut counted);
        let count = abi::twin_sites(run.0, &mut sites);
        let sites: Vec<Site> =
            (0..count).map(|i| sites.add(i)).map(|site| Site { place: string((*site).place), passes: (*site).passes }).collect();
        let count = abi::twin_pairs(run.0, &mut pairs);
        let pairs: Vec<(usize, usize)> =
            (0..count).map(|i| pairs.add(i)).map(|pair| ((*pair).set as usize, (*pair).wait as usize)).collect();
        (sites, pairs)
    };
    let counts = Counts {
        instructions: counted.instructions,
        flags_waited: counted.flags_waited,
        cube_cores: counted.aic,
        vector_cores: counted.aiv,
        hbm_read: counted.hbm_read,
        l2_read: counted.l2_read,
        gm_written: counted.gm_written,
        l0a_loaded: counted.l0a_loaded,
        l0b_loaded: counted.l0b_loaded,
        cycles: counted.cycles,
        cube_busy: counted.aic_busy,
        vector_busy: counted.aiv_busy,
        hbm_busy: counted.hbm_busy,
    };
    Ok(Report { counts, sites, pairs })
}
