//! The aclnn operators that kernels call, each as one safe function: it makes the arguments, asks for a workspace, and enqueues; or takes the
//! executor of an earlier call of the same form.

use std::ffi::CStr;
use std::ptr::null_mut;

use ascend_hal::{Result, TensorView};
use ascend_sys::ffi::{aclDataType, aclIntArray, aclScalar, aclTensor, aclTensorList};

use super::executors::{self, Execute};
use super::form::Form;
use super::queue::Queue;
use super::tensor::{Scalar, number};
use crate::error::from_cann;

/// What a kernel gives for an argument.
macro_rules! given {
    (T) => { &TensorView };
    (OT) => { Option<&TensorView> };
    (U64) => { &TensorView };
    (L) => { &[&TensorView] };
    (OL) => { Option<&[&TensorView]> };
    (I) => { &[i64] };
    (OI) => { Option<&[i64]> };
    (OV) => { Option<&[i64]> };
    (S) => { Scalar };
    (OS) => { Option<Scalar> };
    (D) => { aclDataType };
    (N) => { &CStr };
    ($other:ty) => { $other };
}

/// What is noted of it.
macro_rules! noted {
    ($form:ident $queue:ident $x:ident T) => {
        $form.tensor($queue, $x, number($x.dtype()))?
    };
    ($form:ident $queue:ident $x:ident U64) => {
        $form.tensor($queue, $x, ascend_sys::ffi::ACL_UINT64)?
    };
    ($form:ident $queue:ident $x:ident L) => {
        $form.tensors($queue, $x, |view| number(view.dtype()))?
    };
    ($form:ident $queue:ident $x:ident I) => {
        $form.ints($x)
    };
    ($form:ident $queue:ident $x:ident S) => {
        $form.scalar($x)
    };
    ($form:ident $queue:ident $x:ident N) => {
        $form.name($x)
    };
    ($form:ident $queue:ident $x:ident OT) => {
        noted!($form $queue $x ? T)
    };
    ($form:ident $queue:ident $x:ident OL) => {
        noted!($form $queue $x ? L)
    };
    ($form:ident $queue:ident $x:ident OI) => {
        noted!($form $queue $x ? I)
    };
    ($form:ident $queue:ident $x:ident OV) => {
        noted!($form $queue $x ? I)
    };
    ($form:ident $queue:ident $x:ident OS) => {
        noted!($form $queue $x ? S)
    };
    ($form:ident $queue:ident $x:ident ? $kind:tt) => {
        match $x {
            Some(x) => noted!($form $queue x $kind),
            None => $form.absent(),
        }
    };
    ($form:ident $queue:ident $x:ident $other:tt) => {
        $form.number($x)
    };
}

/// What C gets for it.
macro_rules! handed {
    ($made:ident $x:ident T) => {
        $made.tensor($x, number($x.dtype()))?
    };
    ($made:ident $x:ident U64) => {
        $made.tensor($x, ascend_sys::ffi::ACL_UINT64)?
    };
    ($made:ident $x:ident OT) => {
        match $x {
            Some(x) => $made.tensor(x, number(x.dtype()))?,
            None => {
                $made.absent();
                null_mut::<aclTensor>()
            }
        }
    };
    ($made:ident $x:ident L) => {
        $made.list($x)?
    };
    ($made:ident $x:ident OL) => {
        match $x {
            Some(x) => $made.list(x)?,
            None => {
                $made.absent();
                null_mut::<aclTensorList>()
            }
        }
    };
    ($made:ident $x:ident I) => {
        $made.ints($x)?
    };
    ($made:ident $x:ident OI) => {
        match $x {
            Some(x) => $made.ints(x)?,
            None => null_mut::<aclIntArray>(),
        }
    };
    ($made:ident $x:ident OV) => {{
        $made.has_array_inputs();
        handed!($made $x OI)
    }};
    ($made:ident $x:ident S) => {
        $made.scalar($x)?
    };
    ($made:ident $x:ident OS) => {
        match $x {
            Some(x) => $made.scalar(x)?,
            None => null_mut::<aclScalar>(),
        }
    };
    ($made:ident $x:ident N) => {
        // CANN reads names, also where its declarations do not say so.
        $x.as_ptr().cast_mut()
    };
    ($made:ident $x:ident $other:ty) => {
        $x
    };
}

/// Declares operators: the name, the first phase's name, and the arguments in the vendor's order. Tensors are `T` (`OT` where null is allowed, `U64` where 8 bytes an
/// element are to count as uint64), lists `L` (`OL`), integer arrays `I` (`OI`; `OV` where the prototype has them among its inputs), scalars `S` (`OS`), types `D`, names `N`; numbers are themselves.
macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident, $first:ident ($($x:ident: $kind:tt),* $(,)?);)*) => {$(
        $(#[$doc])*
        #[allow(non_snake_case, reason = "operators keep the names that the vendor documents them under")]
        #[allow(clippy::too_many_arguments, reason = "the operators have as many as they have")]
        pub(crate) fn $name(queue: &Queue, $($x: given!($kind)),*) -> Result<()> {
            let mut form = Form::of(stringify!($name));
            $(noted!(form queue $x $kind);)*
            let run: Execute = |cann, workspace, bytes, executor, stream| unsafe {
                // SAFETY: the caller keeps the operator's rules.
                cann.opapi.$name(workspace, bytes, executor, stream)
            };
            executors::enqueue(queue, stringify!($name), form, run, |made, bytes, executor| {
                $(let $x = handed!(made $x $kind);)*
                // SAFETY: every handle was made above for this call; the last two are places to write to.
                unsafe { queue.card().cann().opapi.$first($($x,)* bytes, executor) }.map_err(from_cann)
            })
        }
    )*};
}

operators! {
    aclnnAbs, aclnnAbsGetWorkspaceSize(a: T, out: T);
    aclnnAdd, aclnnAddGetWorkspaceSize(a: T, b: T, alpha: S, out: T);
    aclnnAdds, aclnnAddsGetWorkspaceSize(a: T, b: S, alpha: S, out: T);
    aclnnSub, aclnnSubGetWorkspaceSize(a: T, b: T, alpha: S, out: T);
    aclnnMul, aclnnMulGetWorkspaceSize(a: T, b: T, out: T);
    aclnnMuls, aclnnMulsGetWorkspaceSize(a: T, b: S, out: T);
    aclnnDiv, aclnnDivGetWorkspaceSize(a: T, b: T, out: T);
    aclnnDivs, aclnnDivsGetWorkspaceSize(a: T, b: S, out: T);
    aclnnMaximum, aclnnMaximumGetWorkspaceSize(a: T, b: T, out: T);
    aclnnMinimum, aclnnMinimumGetWorkspaceSize(a: T, b: T, out: T);
    aclnnClamp, aclnnClampGetWorkspaceSize(a: T, low: OS, high: OS, out: T);
    aclnnRound, aclnnRoundGetWorkspaceSize(a: T, out: T);
    aclnnCeil, aclnnCeilGetWorkspaceSize(a: T, out: T);
    aclnnSigmoid, aclnnSigmoidGetWorkspaceSize(a: T, out: T);
    aclnnExp, aclnnExpGetWorkspaceSize(a: T, out: T);
    aclnnLog, aclnnLogGetWorkspaceSize(a: T, out: T);
    aclnnTanh, aclnnTanhGetWorkspaceSize(a: T, out: T);
    aclnnSqrt, aclnnSqrtGetWorkspaceSize(a: T, out: T);
    aclnnSoftplus, aclnnSoftplusGetWorkspaceSize(a: T, beta: S, threshold: S, out: T);
    aclnnNeTensor, aclnnNeTensorGetWorkspaceSize(a: T, b: T, out: T);
    aclnnGather, aclnnGatherGetWorkspaceSize(a: T, dim: i64, index: T, out: T);
    aclnnIsFinite, aclnnIsFiniteGetWorkspaceSize(a: T, out: T);
    aclnnGtScalar, aclnnGtScalarGetWorkspaceSize(a: T, b: S, out: T);
    aclnnGeScalar, aclnnGeScalarGetWorkspaceSize(a: T, b: S, out: T);
    aclnnLtScalar, aclnnLtScalarGetWorkspaceSize(a: T, b: S, out: T);
    aclnnBitwiseAndTensor, aclnnBitwiseAndTensorGetWorkspaceSize(a: T, b: T, out: T);
    aclnnSWhere, aclnnSWhereGetWorkspaceSize(condition: T, a: T, b: T, out: T);
    aclnnAmax, aclnnAmaxGetWorkspaceSize(a: T, dims: I, keep: bool, out: T);
    aclnnReduceSum, aclnnReduceSumGetWorkspaceSize(a: T, dims: I, keep: bool, dtype: D, out: T);
    aclnnCumsum, aclnnCumsumGetWorkspaceSize(a: T, dim: i64, dtype: D, out: T);
    aclnnCast, aclnnCastGetWorkspaceSize(a: T, dtype: D, out: T);
    aclnnInplaceCopy, aclnnInplaceCopyGetWorkspaceSize(to: T, from: T);
    aclnnInplaceZero, aclnnInplaceZeroGetWorkspaceSize(y: T);
    aclnnSort, aclnnSortGetWorkspaceSize(a: T, stable: bool, dim: i64, descending: bool, values: T, indices: T);
    aclnnIndexSelect, aclnnIndexSelectGetWorkspaceSize(a: T, dim: i64, index: T, out: T);
    aclnnEmbedding, aclnnEmbeddingGetWorkspaceSize(weight: T, ids: T, out: T);
    aclnnSoftmax, aclnnSoftmaxGetWorkspaceSize(a: T, dim: i64, out: T);
    aclnnSilu, aclnnSiluGetWorkspaceSize(a: T, out: T);
    aclnnGeluV2, aclnnGeluV2GetWorkspaceSize(a: T, approximate: i64, out: T);
    aclnnSwiGlu, aclnnSwiGluGetWorkspaceSize(a: T, dim: i64, out: T);
    aclnnRmsNorm, aclnnRmsNormGetWorkspaceSize(x: T, gamma: T, eps: f64, y: T, rstd: T);
    aclnnAddRmsNorm, aclnnAddRmsNormGetWorkspaceSize(x: T, residual: T, gamma: T, eps: f64, y: T, rstd: T, sum: T);
    aclnnGemmaRmsNorm, aclnnGemmaRmsNormGetWorkspaceSize(x: T, gamma: T, eps: f64, y: T, rstd: T);
    aclnnLayerNorm, aclnnLayerNormGetWorkspaceSize(x: T, shape: I, weight: OT, bias: OT, eps: f64, y: T, mean: OT, rstd: OT);
    aclnnDynamicQuant, aclnnDynamicQuantGetWorkspaceSize(x: T, smooth: OT, q: T, scale: T);
    aclnnMatmul, aclnnMatmulGetWorkspaceSize(a: T, b: T, out: T, cube_math: i8);
    aclnnBatchMatMul, aclnnBatchMatMulGetWorkspaceSize(a: T, b: T, out: T, cube_math: i8);
    aclnnMatmulWeightNz, aclnnMatmulWeightNzGetWorkspaceSize(a: T, b: T, out: T, cube_math: i8);
    aclnnBatchMatMulWeightNz, aclnnBatchMatMulWeightNzGetWorkspaceSize(a: T, b: T, out: T, cube_math: i8);
    aclnnQuantMatmulWeightNz, aclnnQuantMatmulWeightNzGetWorkspaceSize(
        x: T, w: T, per_token: OT, scale: T, y_scale: OT, x_offset: OT, offset: OT, y_offset: OT, bias: OT, transpose_x: bool, transpose_w: bool,
        group: i64, out: T,
    );
    aclnnNpuFormatCast, aclnnNpuFormatCastGetWorkspaceSize(from: T, to: T);
    aclnnQuantMatmulV4, aclnnQuantMatmulV4GetWorkspaceSize(
        x: T, w: T, scale: T, offset: OT, per_token: OT, bias: OT, transpose_x: bool, transpose_w: bool, out: T,
    );
    aclnnGroupedMatmulV4, aclnnGroupedMatmulV4GetWorkspaceSize(
        x: L, weight: L, bias: OL, scale: OL, offset: OL, antiquant_scale: OL, antiquant_offset: OL, per_token: OL, groups: OT,
        activation_input: OL, activation_scale: OL, activation_offset: OL, split_item: i64, group_type: i64, list_type: i64, act_type: i64,
        out: L, activation_feature: OL, dynamic_scale: OL,
    );
    aclnnGroupedMatmulV5, aclnnGroupedMatmulV5GetWorkspaceSize(
        x: L, weight: L, bias: OL, scale: OL, offset: OL, antiquant_scale: OL, antiquant_offset: OL, per_token: OL, groups: OT,
        activation_input: OL, activation_scale: OL, activation_offset: OL, split_item: i64, group_type: i64, list_type: i64, act_type: i64,
        tuning: OI, out: L, activation_feature: OL, dynamic_scale: OL,
    );
    aclnnGroupedMatmulWeightNz, aclnnGroupedMatmulWeightNzGetWorkspaceSize(
        x: L, weight: L, bias: OL, scale: OL, offset: OL, antiquant_scale: OL, antiquant_offset: OL, per_token: OL, groups: OT,
        activation_input: OL, activation_scale: OL, activation_offset: OL, split_item: i64, group_type: i64, list_type: i64, act_type: i64,
        tuning: OI, quant_group: i64, out: L, activation_feature: OL, dynamic_scale: OL,
    );
    aclnnMoeInitRoutingV3, aclnnMoeInitRoutingV3GetWorkspaceSize(
        x: T, ids: T, scale: OT, offset: OT, active: i64, capacity: i64, experts: i64, pad: i64, count_kind: i64, with_counts: bool, quant: i64,
        local: I, row_kind: i64, rows: T, row_of: T, counts: T, row_scale: T,
    );
    aclnnMoeFinalizeRoutingV2, aclnnMoeFinalizeRoutingV2GetWorkspaceSize(
        rows: T, row_of: T, skip: OT, second_skip: OT, bias: OT, weights: OT, ids: OT, pad: i64, out: T,
    );
    aclnnScatterNdUpdate, aclnnScatterNdUpdateGetWorkspaceSize(to: T, indices: T, updates: T);
    aclnnFusedInferAttentionScoreV3, aclnnFusedInferAttentionScoreV3GetWorkspaceSize(
        query: T, key: L, value: L, pse: OT, mask: OT, q_lens: OV, kv_lens: OV, deq1: OT, quant1: OT, deq2: OT, quant2: OT, offset2: OT,
        antiquant_scale: OT, antiquant_offset: OT, table: OT, q_padding: OT, kv_padding: OT, k_scale: OT, k_offset: OT, v_scale: OT, v_offset: OT,
        k_prefix: OT, v_prefix: OT, prefix_len: OV, q_rope: OT, k_rope: OT, k_rope_scale: OT, heads: i64, scale: f64, before: i64, after: i64,
        layout: N, kv_heads: i64, sparse: i64, precise: i64, block: i64, antiquant_mode: i64, with_lse: bool, k_mode: i64, v_mode: i64, out: T, lse: T,
    );
    aclnnFusedInferAttentionScoreV4, aclnnFusedInferAttentionScoreV4GetWorkspaceSize(
        query: T, key: L, value: L, pse: OT, mask: OT, q_lens: OV, kv_lens: OV, deq1: OT, quant1: OT, deq2: OT, quant2: OT, offset2: OT,
        antiquant_scale: OT, antiquant_offset: OT, table: OT, q_padding: OT, kv_padding: OT, k_scale: OT, k_offset: OT, v_scale: OT, v_offset: OT,
        k_prefix: OT, v_prefix: OT, prefix_len: OV, q_rope: OT, k_rope: OT, k_rope_scale: OT, q_scale: OT, sinks: OT, heads: i64, scale: f64, before: i64, after: i64,
        layout: N, kv_heads: i64, sparse: i64, precise: i64, block: i64, antiquant_mode: i64, with_lse: bool, k_mode: i64, v_mode: i64, q_mode: i64, out: T, lse: T,
    );
}
