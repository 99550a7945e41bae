//! One file an op: the same names as the contracts.

mod activation;
mod argmax;
mod attention;
mod cast;
mod copy;
mod elementwise;
mod embedding;
mod finalize_routing;
mod gating;
mod grouped_matmul;
mod init_routing;
mod kv_cache;
mod matmul;
mod mla;
mod moe_experts;
mod norm;
mod quantize;
mod rope;
mod softmax;
mod top_k;

use ascend_hal::{Error, OpCall, Result};

use crate::{Output, Precision, Rounding};

/// The outputs that `call` should have, in the order of its contract. Its tensors must be readable by the host.
///
/// # Errors
/// What the contract's `check()` refuses, and values (indices, group lists, lengths) that the contract does not allow.
pub fn run(call: &OpCall, precision: Precision) -> Result<Vec<Output>> {
    call.check()?;
    let r = Rounding(precision);
    match call {
        OpCall::Matmul(op) => matmul::matmul(op, r),
        OpCall::GroupedMatmul(op) => grouped_matmul::grouped_matmul(op, r),
        OpCall::Gating(op) => gating::gating(op, r),
        OpCall::MoeExperts(op) => moe_experts::moe_experts(op, r),
        OpCall::InitRouting(op) => init_routing::init_routing(op, r),
        OpCall::FinalizeRouting(op) => finalize_routing::finalize_routing(op, r),
        OpCall::Activation(op) => activation::activation(op, r),
        OpCall::Glu(op) => activation::glu(op, r),
        OpCall::Norm(op) => norm::norm(op, r),
        OpCall::Rope(op) => rope::rope(op, r),
        OpCall::Attention(op) => attention::attention(op, r),
        OpCall::MlaDecode(op) => mla::mla_decode(op, r),
        OpCall::MlaPrefill(op) => mla::mla_prefill(op, r),
        OpCall::KvCacheWrite(op) => kv_cache::kv_cache_write(op, r),
        OpCall::KvCacheGather(op) => kv_cache::kv_cache_gather(op, r),
        OpCall::Quantize(op) => quantize::quantize(op, r),
        OpCall::Dequantize(op) => quantize::dequantize(op, r),
        OpCall::Elementwise(op) => elementwise::elementwise(op, r),
        OpCall::Softmax(op) => softmax::softmax(op, r),
        OpCall::TopK(op) => top_k::top_k(op, r),
        OpCall::Embedding(op) => embedding::embedding(op, r),
        OpCall::Cast(op) => cast::cast(op, r),
        OpCall::Copy(op) => copy::copy(op, r),
        OpCall::ArgMax(op) => argmax::argmax(op, r),
        other => Err(Error::Argument {
            op: other.kind(),
            argument: "call",
            asked: "an op that the oracle knows".into(),
            found: other.kind().to_string(),
        }),
    }
}
