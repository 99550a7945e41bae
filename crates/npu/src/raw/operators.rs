//! The aclnn operators that kernels call, each as one safe function: it makes the arguments, asks for a workspace, and enqueues.

use std::ffi::{CStr, c_void};
use std::ptr::null_mut;

use ascend_hal::{Result, TensorView};
use ascend_sys::Cann;
use ascend_sys::ffi::{aclDataType, aclIntArray, aclOpExecutor, aclScalar, aclTensor, aclTensorList, aclrtStream};

use super::queue::Queue;
use super::tensor::{Made, Scalar, number};
use crate::error::{CannResult, from_cann};

/// The second phase of an operator.
type Execute = unsafe fn(&Cann, *mut c_void, u64, *mut aclOpExecutor, aclrtStream) -> CannResult<()>;

/// Enqueues what the first phase has prepared.
fn execute(queue: &Queue, function: &'static str, bytes: u64, executor: *mut aclOpExecutor, run: Execute) -> Result<()> {
    let bytes_needed = usize::try_from(bytes).map_err(|_| ascend_hal::Error::Overflow { what: format!("the workspace of {function}") })?;
    Queue::note(function);
    queue.work(bytes_needed, |card, workspace, stream| {
        // SAFETY: the executor comes from the first phase, and is used once; the workspace has as many bytes as it asked for, and the stream's later work alone may
        // have it; the tensors are held by the stream.
        unsafe { run(card.cann(), workspace, bytes, executor, stream.handle()) }
    })
}

/// What a kernel gives for an argument.
macro_rules! given {
    (T) => { &TensorView };
    (OT) => { Option<&TensorView> };
    (U64) => { &TensorView };
    (L) => { &[&TensorView] };
    (OL) => { Option<&[&TensorView]> };
    (I) => { &[i64] };
    (OI) => { Option<&[i64]> };
    (S) => { Scalar };
    (OS) => { Option<Scalar> };
    (D) => { aclDataType };
    (N) => { &CStr };
    ($other:ty) => { $other };
}

/// What C gets for it.
macro_rules! handed {
    ($made:ident $queue:ident $x:ident T) => {
        $made.tensor($queue, $x, number($x.dtype()))?
    };
    ($made:ident $queue:ident $x:ident U64) => {
        $made.tensor($queue, $x, ascend_sys::ffi::ACL_UINT64)?
    };
    ($made:ident $queue:ident $x:ident OT) => {
        match $x {
            Some(x) => $made.tensor($queue, x, number(x.dtype()))?,
            None => null_mut::<aclTensor>(),
        }
    };
    ($made:ident $queue:ident $x:ident L) => {
        $made.list($queue, $x)?
    };
    ($made:ident $queue:ident $x:ident OL) => {
        match $x {
            Some(x) => $made.list($queue, x)?,
            None => null_mut::<aclTensorList>(),
        }
    };
    ($made:ident $queue:ident $x:ident I) => {
        $made.ints($x)?
    };
    ($made:ident $queue:ident $x:ident OI) => {
        match $x {
            Some(x) => $made.ints(x)?,
            None => null_mut::<aclIntArray>(),
        }
    };
    ($made:ident $queue:ident $x:ident S) => {
        $made.scalar($x)?
    };
    ($made:ident $queue:ident $x:ident OS) => {
        match $x {
            Some(x) => $made.scalar(x)?,
            None => null_mut::<aclScalar>(),
        }
    };
    ($made:ident $queue:ident $x:ident N) => {
        // CANN reads names, also where its declarations do not say so.
        $x.as_ptr().cast_mut()
    };
    ($made:ident $queue:ident $x:ident $other:ty) => {
        $x
    };
}

/// Declares operators: the name, the first phase's name, and the arguments in the vendor's order. Tensors are `T` (`OT` where null is allowed, `U64` where 8 bytes an
/// element are to count as uint64), lists `L` (`OL`), integer arrays `I` (`OI`), scalars `S` (`OS`), types `D`, names `N`; numbers are themselves.
macro_rules! operators {
    ($($(#[$doc:meta])* $name:ident, $first:ident ($($x:ident: $kind:tt),* $(,)?);)*) => {$(
        $(#[$doc])*
        #[allow(non_snake_case, reason = "operators keep the names that the vendor documents them under")]
        #[allow(clippy::too_many_arguments, reason = "the operators have as many as they have")]
        pub(crate) fn $name(queue: &Queue, $($x: given!($kind)),*) -> Result<()> {
            queue.card().bind().map_err(from_cann)?;
            let mut made = Made::new(queue.card().cann());
            let (mut bytes, mut executor) = (0u64, null_mut());
            $(let $x = handed!(made queue $x $kind);)*
            // SAFETY: every handle was made above for this call; the last two are places to write to.
            unsafe { queue.card().cann().opapi.$first($($x,)* &mut bytes, &mut executor) }.map_err(from_cann)?;
            execute(queue, stringify!($name), bytes, executor, |cann, workspace, bytes, executor, stream| unsafe {
                // SAFETY: `execute` keeps the operator's rules.
                cann.opapi.$name(workspace, bytes, executor, stream)
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
    aclnnGemmaRmsNorm, aclnnGemmaRmsNormGetWorkspaceSize(x: T, gamma: T, eps: f64, y: T, rstd: T);
    aclnnLayerNorm, aclnnLayerNormGetWorkspaceSize(x: T, shape: I, weight: OT, bias: OT, eps: f64, y: T, mean: OT, rstd: OT);
    aclnnDynamicQuant, aclnnDynamicQuantGetWorkspaceSize(x: T, smooth: OT, q: T, scale: T);
    aclnnMatmul, aclnnMatmulGetWorkspaceSize(a: T, b: T, out: T, cube_math: i8);
    aclnnBatchMatMul, aclnnBatchMatMulGetWorkspaceSize(a: T, b: T, out: T, cube_math: i8);
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
    aclnnScatterNdUpdate, aclnnScatterNdUpdateGetWorkspaceSize(to: T, indices: T, updates: T);
    aclnnFusedInferAttentionScoreV3, aclnnFusedInferAttentionScoreV3GetWorkspaceSize(
        query: T, key: L, value: L, pse: OT, mask: OT, q_lens: OI, kv_lens: OI, deq1: OT, quant1: OT, deq2: OT, quant2: OT, offset2: OT,
        antiquant_scale: OT, antiquant_offset: OT, table: OT, q_padding: OT, kv_padding: OT, k_scale: OT, k_offset: OT, v_scale: OT, v_offset: OT,
        k_prefix: OT, v_prefix: OT, prefix_len: OI, q_rope: OT, k_rope: OT, k_rope_scale: OT, heads: i64, scale: f64, before: i64, after: i64,
        layout: N, kv_heads: i64, sparse: i64, precise: i64, block: i64, antiquant_mode: i64, with_lse: bool, k_mode: i64, v_mode: i64, out: T, lse: T,
    );
    aclnnFusedInferAttentionScoreV4, aclnnFusedInferAttentionScoreV4GetWorkspaceSize(
        query: T, key: L, value: L, pse: OT, mask: OT, q_lens: OI, kv_lens: OI, deq1: OT, quant1: OT, deq2: OT, quant2: OT, offset2: OT,
        antiquant_scale: OT, antiquant_offset: OT, table: OT, q_padding: OT, kv_padding: OT, k_scale: OT, k_offset: OT, v_scale: OT, v_offset: OT,
        k_prefix: OT, v_prefix: OT, prefix_len: OI, q_rope: OT, k_rope: OT, k_rope_scale: OT, q_scale: OT, sinks: OT, heads: i64, scale: f64, before: i64, after: i64,
        layout: N, kv_heads: i64, sparse: i64, precise: i64, block: i64, antiquant_mode: i64, with_lse: bool, k_mode: i64, v_mode: i64, q_mode: i64, out: T, lse: T,
    );
}
