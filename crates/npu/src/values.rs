//! Checks of values in device memory, as the contracts state them.

use ascend_hal::ops::check_expert_ids;
use ascend_hal::{OpCall, Result, TensorView};

/// Whether the call's contract says anything about values.
pub(crate) fn has_any(call: &OpCall) -> bool {
    matches!(
        call,
        OpCall::Embedding(_)
            | OpCall::GroupedMatmul(_)
            | OpCall::InitRouting(_)
            | OpCall::MoeExperts(_)
            | OpCall::FinalizeRouting(_)
            | OpCall::Rope(_)
            | OpCall::KvCacheWrite(_)
            | OpCall::KvCacheGather(_)
            | OpCall::Attention(_)
            | OpCall::MlaDecode(_)
            | OpCall::MlaPrefill(_)
    )
}

/// Checks the call's values, which `ints` reads.
///
/// # Errors
/// [`Error::Value`](ascend_hal::Error::Value) for the first that the contract does not allow.
pub(crate) fn check(call: &OpCall, ints: &dyn Fn(&TensorView) -> Result<Vec<i64>>) -> Result<()> {
    let small = |view: &TensorView| -> Result<Vec<i32>> { Ok(ints(view)?.into_iter().map(|value| value as i32).collect()) };
    match call {
        OpCall::Embedding(op) => ints(&op.ids)?.into_iter().enumerate().try_for_each(|(t, id)| op.row(t, id).map(|_| ())),
        OpCall::GroupedMatmul(op) => {
            let values = ints(op.groups.view())?;
            op.groups.groups(call.kind(), &values, op.weight.data.dim(0), op.x.dim(0)).map(|_| ())
        }
        OpCall::InitRouting(op) => check_expert_ids(call.kind(), &small(&op.ids)?, op.experts),
        OpCall::MoeExperts(op) => check_expert_ids(call.kind(), &small(&op.ids)?, op.experts),
        OpCall::FinalizeRouting(op) => {
            let rows = small(&op.flat_to_row)?;
            op.check_rows(&rows)?;
            op.ids.as_ref().map_or(Ok(()), |ids| op.check_ids(&small(ids)?, &rows))
        }
        OpCall::Rope(op) => op.table_rows(&ints(&op.positions)?).map(|_| ()),
        OpCall::KvCacheWrite(op) => op.targets(&ints(&op.slots)?).map(|_| ()),
        OpCall::KvCacheGather(op) => op.rows(ints).map(|_| ()),
        OpCall::Attention(op) => op.sequences(ints).map(|_| ()),
        OpCall::MlaDecode(op) => op.sequences(ints).map(|_| ()),
        OpCall::MlaPrefill(op) => op.sequences(ints).map(|_| ()),
        _ => Ok(()),
    }
}
