//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::Matmul;

use crate::{Output, Rounding};

pub(super) fn matmul(_op: &Matmul, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
