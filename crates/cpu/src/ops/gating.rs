//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::Gating;

use crate::context::Context;

pub(super) fn gating(_cx: &Context<'_>, _op: &Gating) -> Result<()> {
    Ok(())
}
