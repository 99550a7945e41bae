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

use std::sync::Arc;

use ascend_hal::{DType, Kernel, KernelInfo, Launch, OpCall, OpKind, Origin, Result};

use crate::context::Context;
use crate::host::Host;

/// One built-in kernel: what it says about itself, and the function behind it.
struct Builtin {
    op: OpKind,
    name: &'static str,
    dtypes: &'static [DType],
    run: fn(&Context<'_>, &OpCall) -> Result<()>,
}

macro_rules! builtin {
    ($op:ident, $name:literal, $module:ident :: $run:ident) => {
        Builtin {
            op: OpKind::$op,
            name: $name,
            dtypes: <ascend_hal::ops::$op as ascend_hal::ops::Op>::DTYPES,
            run: |cx, call| $module::$run(cx, call.try_into()?),
        }
    };
}

/// Every built-in kernel.
const BUILTINS: &[Builtin] = &[
    builtin!(Matmul, "matmul", matmul::matmul),
    builtin!(GroupedMatmul, "grouped_matmul", grouped_matmul::grouped_matmul),
    builtin!(Gating, "gating", gating::gating),
    builtin!(MoeExperts, "moe_experts", moe_experts::moe_experts),
    builtin!(InitRouting, "init_routing", init_routing::init_routing),
    builtin!(FinalizeRouting, "finalize_routing", finalize_routing::finalize_routing),
    builtin!(Activation, "activation", activation::activation),
    builtin!(Glu, "glu", activation::glu),
    builtin!(Norm, "norm", norm::norm),
    builtin!(Rope, "rope", rope::rope),
    builtin!(Attention, "attention", attention::attention),
    builtin!(MlaDecode, "mla_decode", mla::mla_decode),
    builtin!(MlaPrefill, "mla_prefill", mla::mla_prefill),
    builtin!(KvCacheWrite, "kv_cache_write", kv_cache::kv_cache_write),
    builtin!(KvCacheGather, "kv_cache_gather", kv_cache::kv_cache_gather),
    builtin!(Quantize, "quantize", quantize::quantize),
    builtin!(Dequantize, "dequantize", quantize::dequantize),
    builtin!(Elementwise, "elementwise", elementwise::elementwise),
    builtin!(Softmax, "softmax", softmax::softmax),
    builtin!(TopK, "top_k", top_k::top_k),
    builtin!(Embedding, "embedding", embedding::embedding),
    builtin!(Cast, "cast", cast::cast),
    builtin!(Copy, "copy", copy::copy),
    builtin!(ArgMax, "argmax", argmax::argmax),
];

/// A built-in kernel as the registry knows it.
struct CpuKernel {
    info: KernelInfo,
    run: fn(&Context<'_>, &OpCall) -> Result<()>,
    host: Arc<Host>,
}

impl Kernel for CpuKernel {
    fn info(&self) -> &KernelInfo {
        &self.info
    }

    fn launch(&self, _: &Launch<'_>, call: &OpCall) -> Result<()> {
        (self.run)(&Context { host: &self.host }, call)
    }
}

/// Every built-in kernel, computing with `host`.
pub(crate) fn builtins(host: &Arc<Host>) -> impl Iterator<Item = Arc<dyn Kernel>> {
    BUILTINS.iter().map(|b| {
        let info = KernelInfo { name: b.name.into(), op: b.op, origin: Origin::Cpu, dtypes: b.dtypes.into(), constraints: "".into() };
        Arc::new(CpuKernel { info, run: b.run, host: host.clone() }) as Arc<dyn Kernel>
    })
}
