//! Cases.

use ascend_hal::ops::Coverage;

use crate::Case;

pub(super) fn gating(_coverage: &[Coverage]) -> Vec<Case> {
    Vec::new()
}
