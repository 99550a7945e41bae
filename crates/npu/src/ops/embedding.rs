//! Embedding look-up: aclnnEmbedding; ids of other shards are looked up in a row of this one, and their rows set to zero.

use ascend_hal::ops::Embedding;
use ascend_hal::{DType, Result};

use super::{Builtin, builtin, dtypes, only};
use crate::context::Context;
use crate::raw::Scalar;
use crate::raw::operators::*;

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Composed Embedding "aclnnEmbedding_shard" ["aclnnEmbedding" "aclnnSWhere"] dtypes::<Embedding>(), "a shard with rows", has_rows => shard
    ),
    builtin!(Aclnn Embedding "aclnnEmbedding" ["aclnnEmbedding"] dtypes::<Embedding>(), "the whole vocabulary", whole => run),
];

fn whole(op: &Embedding) -> Result<(), String> {
    only(op.first_id == 0 && op.weight.dim(0) == op.vocab, "the weight is a shard of the vocabulary")
}

fn has_rows(op: &Embedding) -> Result<(), String> {
    only(op.weight.dim(0) > 0, "the shard has no rows")
}

fn run(cx: &Context<'_>, op: &Embedding) -> Result<()> {
    aclnnEmbedding(cx.queue(), &op.weight, &op.ids, &op.y)
}

fn shard(cx: &Context<'_>, op: &Embedding) -> Result<()> {
    let (q, tokens, rows) = (cx.queue(), op.ids.dim(0), op.weight.dim(0) as i64);
    let flags = || cx.temp(DType::Bool, [tokens]);
    let (ids, local) = (cx.as_type(&op.ids, DType::I64)?, cx.temp(DType::I64, [tokens])?);
    aclnnAdds(q, &ids, Scalar::I64(-(op.first_id as i64)), Scalar::I64(1), &local)?;
    let (low, high, own) = (flags()?, flags()?, flags()?);
    aclnnGeScalar(q, &local, Scalar::I64(0), &low)?;
    aclnnLtScalar(q, &local, Scalar::I64(rows), &high)?;
    aclnnBitwiseAndTensor(q, &low, &high, &own)?;
    let bounded = cx.temp(DType::I64, [tokens])?;
    aclnnClamp(q, &local, Some(Scalar::I64(0)), Some(Scalar::I64(rows - 1)), &bounded)?;
    let found = cx.temp(op.weight.dtype(), *op.y.shape())?;
    aclnnEmbedding(q, &op.weight, &bounded, &found)?;
    aclnnSWhere(q, &own.reshape([tokens, 1])?, &found, &cx.zero_of(found.dtype())?, &op.y)
}
