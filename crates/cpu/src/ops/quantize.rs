//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::{Dequantize, Quantize};

use crate::context::Context;

pub(super) fn quantize(_cx: &Context<'_>, _op: &Quantize) -> Result<()> {
    Ok(())
}

pub(super) fn dequantize(_cx: &Context<'_>, _op: &Dequantize) -> Result<()> {
    Ok(())
}
