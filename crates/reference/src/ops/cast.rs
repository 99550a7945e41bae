//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::Cast;

use crate::{Output, Rounding};

pub(super) fn cast(_op: &Cast, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
