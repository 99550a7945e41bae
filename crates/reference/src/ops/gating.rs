//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::Gating;

use crate::{Output, Rounding};

pub(super) fn gating(_op: &Gating, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
