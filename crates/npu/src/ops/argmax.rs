//! Index of the largest element of each row: a stable sort, as aclnnArgMax does not say which of equal elements it finds.

use ascend_hal::Result;
use ascend_hal::ops::ArgMax;

use super::top_k::sorted;
use super::{Builtin, all, builtin, dtypes};
use crate::context::Context;

pub(super) const KERNELS: &[Builtin] =
    &[builtin!(Composed ArgMax "aclnnSort" ["aclnnSort"] dtypes::<ArgMax>(), "sorts whole rows", all => run)];

fn run(cx: &Context<'_>, op: &ArgMax) -> Result<()> {
    let (_, indices) = sorted(cx, &op.x, true)?;
    cx.put(&indices.select(op.x.rank() - 1, 0)?, &op.y)
}
