//! Cases.

use ascend_hal::ops::Coverage;

use crate::Case;

pub(super) fn finalize_routing(_coverage: &[Coverage]) -> Vec<Case> {
    Vec::new()
}
