//! Scopes as ranges of MSTX, which the vendor's profiler shows on its timeline.

use std::ffi::CString;
use std::ptr::null_mut;
use std::sync::Arc;

use ascend_hal::{Label, Marker};
use ascend_sys::Cann;

/// Marks scopes through the tools' library of a CANN. It holds no card: it lives as long as the process.
pub(crate) struct Ranges(Arc<Cann>);

impl Ranges {
    /// None when this CANN has no such library, or one without ranges.
    pub(crate) fn of(cann: Arc<Cann>) -> Option<Self> {
        let needed = ["mstxRangeStartA", "mstxRangeEnd"];
        let there = cann.mstx.availability().filter(|(symbol, there)| *there && needed.contains(&symbol.name)).count();
        (there == needed.len()).then_some(Self(cann))
    }
}

impl Marker for Ranges {
    fn begin(&self, label: Label) -> u64 {
        // A label is made of names in source text; one with a zero byte is not marked.
        let Ok(message) = CString::new(label.to_string()) else { return 0 };
        // SAFETY: the message ends with zero and is copied by the call; without a stream the range is one of the host.
        unsafe { self.0.mstx.mstxRangeStartA(message.as_ptr(), null_mut()) }.unwrap_or(0)
    }

    fn end(&self, mark: u64) {
        if mark != 0 {
            // A range that the tool does not end is the tool's to report.
            // SAFETY: any number may be passed.
            let _ = unsafe { self.0.mstx.mstxRangeEnd(mark) };
        }
    }
}
