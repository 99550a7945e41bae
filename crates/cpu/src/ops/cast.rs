//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::Cast;

use crate::context::Context;

pub(super) fn cast(_cx: &Context<'_>, _op: &Cast) -> Result<()> {
    Ok(())
}
