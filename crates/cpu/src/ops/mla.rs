//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::{MlaDecode, MlaPrefill};

use crate::context::Context;

pub(super) fn mla_decode(_cx: &Context<'_>, _op: &MlaDecode) -> Result<()> {
    Ok(())
}

pub(super) fn mla_prefill(_cx: &Context<'_>, _op: &MlaPrefill) -> Result<()> {
    Ok(())
}
