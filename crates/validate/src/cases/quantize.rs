//! Cases.

use ascend_hal::ops::Coverage;

use crate::Case;

pub(super) fn quantize(_coverage: &[Coverage]) -> Vec<Case> {
    Vec::new()
}

pub(super) fn dequantize(_coverage: &[Coverage]) -> Vec<Case> {
    Vec::new()
}
