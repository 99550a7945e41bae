//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::FinalizeRouting;

use crate::{Output, Rounding};

pub(super) fn finalize_routing(_op: &FinalizeRouting, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
