//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::Copy;

use crate::context::Context;

pub(super) fn copy(_cx: &Context<'_>, _op: &Copy) -> Result<()> {
    Ok(())
}
