//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::Attention;

use crate::context::Context;

pub(super) fn attention(_cx: &Context<'_>, _op: &Attention) -> Result<()> {
    Ok(())
}
