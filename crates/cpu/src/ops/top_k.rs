//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::TopK;

use crate::context::Context;

pub(super) fn top_k(_cx: &Context<'_>, _op: &TopK) -> Result<()> {
    Ok(())
}
