//! CPU kernels.

use ascend_hal::Result;
use ascend_hal::ops::Embedding;

use crate::context::Context;

pub(super) fn embedding(_cx: &Context<'_>, _op: &Embedding) -> Result<()> {
    Ok(())
}
