//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::Copy;

use crate::{Output, Rounding};

pub(super) fn copy(_op: &Copy, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
