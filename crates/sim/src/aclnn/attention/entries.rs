//! The C functions of inference attention. Each newer version has the arguments of the older ones, so all become one [`Request`].

use std::sync::Arc;

use super::inference::{Request, attend};
use super::{Tensor, operators};
use crate::fault::Outcome;

type Lengths = Option<Arc<[i64]>>;
type Maybe = Option<Tensor>;

operators! {
    fn aclnnFusedInferAttentionScore(
        query: T, key: TL, value: TL, pseShift: T, attenMask: T, actualSeqLengths: IA, actualSeqLengthsKv: IA, deqScale1: T, quantScale1: T,
        deqScale2: T, quantScale2: T, quantOffset2: T, antiquantScale: T, antiquantOffset: T, blockTable: T, queryPaddingSize: T,
        kvPaddingSize: T, numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64, inputLayout: MutStr, numKeyValueHeads: i64,
        sparseMode: i64, innerPrecise: i64, blockSize: i64, antiquantMode: i64, softmaxLseFlag: bool, attentionOut: T, softmaxLse: T
    ) = |query, key, value, bias, mask, query_lengths, key_lengths, d1, q1, d2, q2, o2, a, ao, table, qp, kp, heads, scale, before, after, layout,
         kv_heads, sparse, precise, block_size, _mode: i64, flag, out, lse| attend(Request {
        query, key, value, bias, mask, query_lengths, key_lengths, table, query_rope: None, key_rope: None, sink: None,
        others: vec![d1, q1, d2, q2, o2, a, ao, qp, kp], heads, scale, before, after, layout, kv_heads, sparse, precise, block_size,
        lse: asked(flag, lse)?, out,
    });
    fn aclnnFusedInferAttentionScoreV2(
        query: T, key: TL, value: TL, pseShiftOptional: T, attenMaskOptional: T, actualSeqLengthsOptional: IA, actualSeqLengthsKvOptional: IA,
        deqScale1Optional: T, quantScale1Optional: T, deqScale2Optional: T, quantScale2Optional: T, quantOffset2Optional: T,
        antiquantScaleOptional: T, antiquantOffsetOptional: T, blockTableOptional: T, queryPaddingSizeOptional: T, kvPaddingSizeOptional: T,
        keyAntiquantScaleOptional: T, keyAntiquantOffsetOptional: T, valueAntiquantScaleOptional: T, valueAntiquantOffsetOptional: T,
        keySharedPrefixOptional: T, valueSharedPrefixOptional: T, actualSharedPrefixLenOptional: IA, numHeads: i64, scaleValue: f64,
        preTokens: i64, nextTokens: i64, inputLayout: MutStr, numKeyValueHeads: i64, sparseMode: i64, innerPrecise: i64, blockSize: i64,
        antiquantMode: i64, softmaxLseFlag: bool, keyAntiquantMode: i64, valueAntiquantMode: i64, attentionOut: T, softmaxLse: T
    ) = |query, key, value, bias, mask, query_lengths, key_lengths, d1, q1, d2, q2, o2, a, ao, table, qp, kp, ka, ko, va, vo, kx, vx, _prefix: Lengths,
         heads, scale, before, after, layout, kv_heads, sparse, precise, block_size, _mode: i64, flag, _kmode: i64, _vmode: i64, out, lse| attend(Request {
        query, key, value, bias, mask, query_lengths, key_lengths, table, query_rope: None, key_rope: None, sink: None,
        others: vec![d1, q1, d2, q2, o2, a, ao, qp, kp, ka, ko, va, vo, kx, vx], heads, scale, before, after, layout, kv_heads, sparse, precise,
        block_size, lse: asked(flag, lse)?, out,
    });
    fn aclnnFusedInferAttentionScoreV3(
        query: T, key: TL, value: TL, pseShiftOptional: T, attenMaskOptional: T, actualSeqLengthsOptional: IA, actualSeqLengthsKvOptional: IA,
        deqScale1Optional: T, quantScale1Optional: T, deqScale2Optional: T, quantScale2Optional: T, quantOffset2Optional: T,
        antiquantScaleOptional: T, antiquantOffsetOptional: T, blockTableOptional: T, queryPaddingSizeOptional: T, kvPaddingSizeOptional: T,
        keyAntiquantScaleOptional: T, keyAntiquantOffsetOptional: T, valueAntiquantScaleOptional: T, valueAntiquantOffsetOptional: T,
        keySharedPrefixOptional: T, valueSharedPrefixOptional: T, actualSharedPrefixLenOptional: IA, queryRopeOptional: T, keyRopeOptional: T,
        keyRopeAntiquantScaleOptional: T, numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64, inputLayout: MutStr,
        numKeyValueHeads: i64, sparseMode: i64, innerPrecise: i64, blockSize: i64, antiquantMode: i64, softmaxLseFlag: bool,
        keyAntiquantMode: i64, valueAntiquantMode: i64, attentionOut: T, softmaxLse: T
    ) = |query, key, value, bias, mask, query_lengths, key_lengths, d1, q1, d2, q2, o2, a, ao, table, qp, kp, ka, ko, va, vo, kx, vx, _prefix: Lengths,
         query_rope, key_rope, _reserved: Maybe, heads, scale, before, after, layout, kv_heads, sparse, precise, block_size, _mode: i64, flag,
         _kmode: i64, _vmode: i64, out, lse| attend(Request {
        query, key, value, bias, mask, query_lengths, key_lengths, table, query_rope, key_rope, sink: None,
        others: vec![d1, q1, d2, q2, o2, a, ao, qp, kp, ka, ko, va, vo, kx, vx], heads, scale, before, after, layout, kv_heads, sparse, precise,
        block_size, lse: asked(flag, lse)?, out,
    });
    fn aclnnFusedInferAttentionScoreV4(
        query: T, key: TL, value: TL, pseShiftOptional: T, attenMaskOptional: T, actualSeqLengthsOptional: IA, actualSeqLengthsKvOptional: IA,
        deqScale1Optional: T, quantScale1Optional: T, deqScale2Optional: T, quantScale2Optional: T, quantOffset2Optional: T,
        antiquantScaleOptional: T, antiquantOffsetOptional: T, blockTableOptional: T, queryPaddingSizeOptional: T, kvPaddingSizeOptional: T,
        keyAntiquantScaleOptional: T, keyAntiquantOffsetOptional: T, valueAntiquantScaleOptional: T, valueAntiquantOffsetOptional: T,
        keySharedPrefixOptional: T, valueSharedPrefixOptional: T, actualSharedPrefixLenOptional: IA, queryRopeOptional: T, keyRopeOptional: T,
        keyRopeAntiquantScaleOptional: T, dequantScaleQueryOptional: T, learnableSinkOptional: T, numHeads: i64, scaleValue: f64,
        preTokens: i64, nextTokens: i64, inputLayout: MutStr, numKeyValueHeads: i64, sparseMode: i64, innerPrecise: i64, blockSize: i64,
        antiquantMode: i64, softmaxLseFlag: bool, keyAntiquantMode: i64, valueAntiquantMode: i64, queryQuantMode: i64, attentionOut: T,
        softmaxLse: T
    ) = |query, key, value, bias, mask, query_lengths, key_lengths, d1, q1, d2, q2, o2, a, ao, table, qp, kp, ka, ko, va, vo, kx, vx, _prefix: Lengths,
         query_rope, key_rope, _reserved: Maybe, dq, sink, heads, scale, before, after, layout, kv_heads, sparse, precise, block_size, _mode: i64, flag,
         _kmode: i64, _vmode: i64, _qmode: i64, out, lse| attend(Request {
        query, key, value, bias, mask, query_lengths, key_lengths, table, query_rope, key_rope, sink,
        others: vec![d1, q1, d2, q2, o2, a, ao, qp, kp, ka, ko, va, vo, kx, vx, dq], heads, scale, before, after, layout, kv_heads, sparse, precise,
        block_size, lse: asked(flag, lse)?, out,
    });
    fn aclnnPromptFlashAttention(
        query: T, key: T, value: T, pseShift: T, attenMask: T, actualSeqLengths: IA, numHeads: i64, scaleValue: f64, preTokens: i64,
        nextTokens: i64, inputLayout: MutStr, numKeyValueHeads: i64, attentionOut: T
    ) = |query, key, value, bias, mask, query_lengths: Lengths, heads, scale, before, after, layout, kv_heads, out| {
        let key_lengths = query_lengths.clone();
        prompt(Request { before, after, kv_heads, ..simple(query, vec![key], vec![value], bias, mask, query_lengths, key_lengths, heads, scale, layout, out) })
    };
    fn aclnnPromptFlashAttentionV2(
        query: T, key: T, value: T, pseShift: T, attenMask: T, actualSeqLengths: IA, actualSeqLengthsKv: IA, deqScale1: T, quantScale1: T,
        deqScale2: T, quantScale2: T, quantOffset2: T, numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64, inputLayout: MutStr,
        numKeyValueHeads: i64, sparseMode: i64, attentionOut: T
    ) = |query, key, value, bias, mask, ql, kl, d1, q1, d2, q2, o2, heads, scale, before, after, layout, kv_heads, sparse, out| prompt(Request {
        before, after, kv_heads, sparse, others: vec![d1, q1, d2, q2, o2],
        ..simple(query, vec![key], vec![value], bias, mask, ql, kl, heads, scale, layout, out)
    });
    fn aclnnPromptFlashAttentionV3(
        query: T, key: T, value: T, pseShift: T, attenMask: T, actualSeqLengths: IA, actualSeqLengthsKv: IA, deqScale1: T, quantScale1: T,
        deqScale2: T, quantScale2: T, quantOffset2: T, numHeads: i64, scaleValue: f64, preTokens: i64, nextTokens: i64, inputLayout: MutStr,
        numKeyValueHeads: i64, sparseMode: i64, innerPrecise: i64, attentionOut: T
    ) = |query, key, value, bias, mask, ql, kl, d1, q1, d2, q2, o2, heads, scale, before, after, layout, kv_heads, sparse, precise, out| prompt(Request {
        before, after, kv_heads, sparse, precise, others: vec![d1, q1, d2, q2, o2],
        ..simple(query, vec![key], vec![value], bias, mask, ql, kl, heads, scale, layout, out)
    });
    fn aclnnIncreFlashAttention(
        query: T, key: TL, value: TL, pseShift: T, attenMask: T, actualSeqLengths: IA, numHeads: i64, scaleValue: f64, inputLayout: MutStr,
        numKeyValueHeads: i64, attentionOut: T
    ) = |query, key, value, bias, mask, kl, heads, scale, layout, kv_heads, out| {
        single(Request { kv_heads, ..simple(query, key, value, bias, mask, None, kl, heads, scale, layout, out) })
    };
    fn aclnnIncreFlashAttentionV2(
        query: T, key: TL, value: TL, pseShift: T, attenMask: T, actualSeqLengths: IA, dequantScale1: T, quantScale1: T, dequantScale2: T,
        quantScale2: T, quantOffset2: T, numHeads: i64, scaleValue: f64, inputLayout: MutStr, numKeyValueHeads: i64, attentionOut: T
    ) = |query, key, value, bias, mask, kl, d1, q1, d2, q2, o2, heads, scale, layout, kv_heads, out| single(Request {
        kv_heads, others: vec![d1, q1, d2, q2, o2], ..simple(query, key, value, bias, mask, None, kl, heads, scale, layout, out)
    });
    fn aclnnIncreFlashAttentionV3(
        query: T, key: TL, value: TL, pseShift: T, attenMask: T, actualSeqLengths: IA, dequantScale1: T, quantScale1: T, dequantScale2: T,
        quantScale2: T, quantOffset2: T, antiquantScale: T, antiquantOffset: T, blocktable: T, numHeads: i64, scaleValue: f64,
        inputLayout: MutStr, numKeyValueHeads: i64, blockSize: i64, innerPrecise: i64, attentionOut: T
    ) = |query, key, value, bias, mask, kl, d1, q1, d2, q2, o2, a, ao, table, heads, scale, layout, kv_heads, block_size, precise, out| single(Request {
        kv_heads, table, block_size, precise, others: vec![d1, q1, d2, q2, o2, a, ao],
        ..simple(query, key, value, bias, mask, None, kl, heads, scale, layout, out)
    });
    fn aclnnIncreFlashAttentionV4(
        query: T, key: TL, value: TL, pseShift: T, attenMask: T, actualSeqLengths: IA, dequantScale1: T, quantScale1: T, dequantScale2: T,
        quantScale2: T, quantOffset2: T, antiquantScale: T, antiquantOffset: T, blocktable: T, kvPaddingSize: T, numHeads: i64,
        scaleValue: f64, inputLayout: MutStr, numKeyValueHeads: i64, blockSize: i64, innerPrecise: i64, attentionOut: T
    ) = |query, key, value, bias, mask, kl, d1, q1, d2, q2, o2, a, ao, table, kp, heads, scale, layout, kv_heads, block_size, precise, out| single(Request {
        kv_heads, table, block_size, precise, others: vec![d1, q1, d2, q2, o2, a, ao, kp],
        ..simple(query, key, value, bias, mask, None, kl, heads, scale, layout, out)
    });
}

/// The output for logarithms of sums, if the flag asks for one.
fn asked(flag: bool, lse: Maybe) -> Outcome<Maybe> {
    match (flag, lse) {
        (true, None) => Err(crate::fault::Fault::refused(
            ascend_sys::ffi::ACLNN_ERR_PARAM_NULLPTR,
            "softmaxLse is null, and softmaxLseFlag asks for it",
        )),
        (true, lse) => Ok(lse),
        (false, _) => Ok(None),
    }
}

/// What the older operators say; the rest is as without it.
#[allow(clippy::too_many_arguments, reason = "the operators' own")]
fn simple(
    query: Tensor,
    key: Vec<Tensor>,
    value: Vec<Tensor>,
    bias: Maybe,
    mask: Maybe,
    query_lengths: Lengths,
    key_lengths: Lengths,
    heads: i64,
    scale: f64,
    layout: String,
    out: Tensor,
) -> Request {
    Request {
        query,
        key,
        value,
        bias,
        mask,
        query_lengths,
        key_lengths,
        table: None,
        query_rope: None,
        key_rope: None,
        sink: None,
        others: Vec::new(),
        heads,
        scale,
        before: i64::MAX,
        after: i64::MAX,
        layout,
        kv_heads: 0,
        sparse: 0,
        precise: 0,
        block_size: 0,
        lse: None,
        out,
    }
}

fn of_layout(request: &Request, layouts: &[&str]) -> Outcome {
    if layouts.contains(&request.layout.as_str()) {
        return Ok(());
    }
    Err(super::super::check::unsupported(format!("inputLayout: one of {layouts:?} asked, {:?} found", request.layout)))
}

fn prompt(request: Request) -> Outcome<super::Plan> {
    of_layout(&request, &["BSH", "BSND", "BNSD", "BNSD_BSND"])?;
    attend(request)
}

/// One query of each sequence.
fn single(request: Request) -> Outcome<super::Plan> {
    of_layout(&request, &["BSH", "BSND", "BNSD"])?;
    let sequence = if request.layout == "BNSD" { request.query.dim(2) } else { request.query.dim(1) };
    if sequence != 1 {
        return Err(request.query.invalid(format!("one query of each sequence asked, shape {:?} found", request.query.dims())));
    }
    attend(request)
}
