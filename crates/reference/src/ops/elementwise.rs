//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::Elementwise;

use crate::{Output, Rounding};

pub(super) fn elementwise(_op: &Elementwise, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
