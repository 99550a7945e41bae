//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::TopK;

use crate::{Output, Rounding};

pub(super) fn top_k(_op: &TopK, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
