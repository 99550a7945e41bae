//! Cases.

use ascend_hal::ops::Coverage;

use crate::Case;

pub(super) fn cast(_coverage: &[Coverage]) -> Vec<Case> {
    Vec::new()
}
