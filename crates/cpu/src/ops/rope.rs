//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::Rope;

use crate::context::Context;

pub(super) fn rope(_cx: &Context<'_>, _op: &Rope) -> Result<()> {
    Ok(())
}
