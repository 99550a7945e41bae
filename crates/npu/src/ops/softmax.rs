//! Softmax over the last dimension: aclnnSoftmax.

use ascend_hal::Result;
use ascend_hal::ops::Softmax;

use super::{Builtin, all, builtin, dtypes};
use crate::context::Context;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[builtin!(Aclnn Softmax "aclnnSoftmax" ["aclnnSoftmax"] dtypes::<Softmax>(), "", all => run)];

fn run(cx: &Context<'_>, op: &Softmax) -> Result<()> {
    aclnnSoftmax(cx.queue(), &op.x, -1, &op.y)
}
