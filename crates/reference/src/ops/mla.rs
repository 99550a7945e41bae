//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::{MlaDecode, MlaPrefill};

use crate::{Output, Rounding};

pub(super) fn mla_decode(_op: &MlaDecode, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}

pub(super) fn mla_prefill(_op: &MlaPrefill, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
