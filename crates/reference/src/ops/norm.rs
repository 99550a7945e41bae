//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::Norm;

use crate::{Output, Rounding};

pub(super) fn norm(_op: &Norm, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
