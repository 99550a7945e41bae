//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::MoeExperts;

use crate::{Output, Rounding};

pub(super) fn moe_experts(_op: &MoeExperts, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
