//! Cases.

use ascend_hal::ops::Coverage;

use crate::Case;

pub(super) fn mla_decode(_coverage: &[Coverage]) -> Vec<Case> {
    Vec::new()
}

pub(super) fn mla_prefill(_coverage: &[Coverage]) -> Vec<Case> {
    Vec::new()
}
