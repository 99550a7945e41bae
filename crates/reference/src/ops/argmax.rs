//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::ArgMax;

use crate::{Output, Rounding};

pub(super) fn argmax(_op: &ArgMax, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
