//! Oracle.

use ascend_hal::Result;
use ascend_hal::ops::{Dequantize, Quantize};

use crate::{Output, Rounding};

pub(super) fn quantize(_op: &Quantize, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}

pub(super) fn dequantize(_op: &Dequantize, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![])
}
