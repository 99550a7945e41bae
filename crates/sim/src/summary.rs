//! What a process did with the simulation, written to a file when it ends.

use std::fmt::Write;
use std::sync::Once;

use crate::calls::calls;
use crate::fault::all_reports;
use crate::machine::machine;

/// The first line of a summary, with the version of what follows.
pub const SUMMARY_HEADER: &str = "ascend-sim summary 1";

/// Has the summary written when the process ends in the ordinary way.
pub(crate) fn at_exit() {
    extern "C" fn write() {
        let _ = std::panic::catch_unwind(write_summary);
    }
    static ONCE: Once = Once::new();
    // SAFETY: the function may run at exit, once; it touches only what lives as long as the process.
    ONCE.call_once(|| unsafe {
        libc::atexit(write);
    });
}

fn write_summary() {
    let Some(path) = &machine().config().summary else { return };
    if let Err(error) = std::fs::write(path, text()) {
        eprintln!("ascend-sim: the summary cannot be written to {}: {error}", path.display());
    }
}

/// One line each: `called NAME TIMES`, `missing NAME TIMES`, `alive WHAT`, `report TEXT`.
fn text() -> String {
    let mut text = format!("{SUMMARY_HEADER}\n");
    let calls = calls();
    for (kind, counts) in [("called", &calls.made), ("missing", &calls.missing)] {
        for (name, times) in counts {
            let _ = writeln!(text, "{kind} {name} {times}");
        }
    }
    for what in machine().alive() {
        let _ = writeln!(text, "alive {what}");
    }
    for report in all_reports() {
        let _ = writeln!(text, "report {}", report.lines().next().unwrap_or_default());
    }
    text
}
