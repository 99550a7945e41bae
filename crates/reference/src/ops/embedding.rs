//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::Embedding;

use crate::{Output, Rounding};

pub(super) fn embedding(_op: &Embedding, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
