//! Cases.

use ascend_hal::ops::Coverage;

use crate::Case;

pub(super) fn argmax(_coverage: &[Coverage]) -> Vec<Case> {
    Vec::new()
}
