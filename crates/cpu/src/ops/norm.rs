//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::Norm;

use crate::context::Context;

pub(super) fn norm(_cx: &Context<'_>, _op: &Norm) -> Result<()> {
    Ok(())
}
