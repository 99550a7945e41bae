//! Generated cases, one file an op: the same names as the contracts.

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
mod mla_layer;
mod moe_experts;
mod norm;
mod paging;
mod quantize;
mod rope;
mod router;
mod softmax;
mod top_k;

pub use matmul::fractal_nz;

use ascend_hal::OpKind;

use crate::{Case, GoldenFile, Result, Work};

/// The generated cases of `op`: at least one for each entry of its coverage list, then shapes of real models and shapes that break things.
pub fn generated(op: OpKind) -> Vec<Case> {
    match op {
        OpKind::Matmul => matmul::matmul(&op.coverage()),
        OpKind::GroupedMatmul => grouped_matmul::grouped_matmul(&op.coverage()),
        OpKind::Gating => gating::gating(&op.coverage()),
        OpKind::MoeExperts => moe_experts::moe_experts(&op.coverage()),
        OpKind::InitRouting => init_routing::init_routing(&op.coverage()),
        OpKind::FinalizeRouting => finalize_routing::finalize_routing(&op.coverage()),
        OpKind::Activation => activation::activation(&op.coverage()),
        OpKind::Glu => activation::glu(&op.coverage()),
        OpKind::Norm => norm::norm(&op.coverage()),
        OpKind::Rope => rope::rope(&op.coverage()),
        OpKind::Attention => attention::attention(&op.coverage()),
        OpKind::MlaDecode => mla::mla_decode(&op.coverage()),
        OpKind::MlaPrefill => mla::mla_prefill(&op.coverage()),
        OpKind::KvCacheWrite => kv_cache::kv_cache_write(&op.coverage()),
        OpKind::KvCacheGather => kv_cache::kv_cache_gather(&op.coverage()),
        OpKind::Quantize => quantize::quantize(&op.coverage()),
        OpKind::Dequantize => quantize::dequantize(&op.coverage()),
        OpKind::Elementwise => elementwise::elementwise(&op.coverage()),
        OpKind::Softmax => softmax::softmax(&op.coverage()),
        OpKind::TopK => top_k::top_k(&op.coverage()),
        OpKind::Embedding => embedding::embedding(&op.coverage()),
        OpKind::Cast => cast::cast(&op.coverage()),
        OpKind::Copy => copy::copy(&op.coverage()),
        OpKind::ArgMax => argmax::argmax(&op.coverage()),
        _ => Vec::new(),
    }
}

/// The work of a golden file, by the op name that the file carries.
///
/// # Errors
/// An op name that no case file knows; a tensor or parameter that is missing or misshapen.
pub fn golden(file: &GoldenFile) -> Result<Work> {
    match file.op() {
        "linear" => matmul::golden(file),
        "grouped_matmul" => grouped_matmul::golden(file),
        "grouped_matmul_w8a8" => grouped_matmul::golden_w8a8(file),
        "grouped_matmul_woq" => grouped_matmul::golden_woq(file),
        "activation" => activation::golden(file),
        "glu" => activation::golden_glu(file),
        "dynamic_quant" => quantize::golden(file),
        "dequant" => quantize::golden_dequantize(file),
        "norm" => norm::golden(file),
        "rope" => rope::golden(file),
        "route" => gating::golden(file),
        "gate_linear_route" => gating::golden_linear(file),
        "permute" => init_routing::golden(file),
        "permute_capacity" => init_routing::golden_capacity(file),
        "unpermute" => finalize_routing::golden(file),
        "moe_block" => moe_experts::golden(file),
        "attention" | "attention_varlen" | "attention_paged" => attention::golden(file),
        "mla" => mla_layer::golden(file),
        "mla_decode_paged" => mla::golden(file),
        other => Err(file.error(format!("op `{other}` is not known; known are the ops of the golden README"))),
    }
}
