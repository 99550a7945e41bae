//! Cases.

use ascend_hal::ops::Coverage;

use crate::Case;

pub(super) fn copy(_coverage: &[Coverage]) -> Vec<Case> {
    Vec::new()
}
