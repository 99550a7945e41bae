//! One file an op: the same names as the contracts.

mod activation;
mod argmax;
mod attend;
mod attention;
mod cast;
mod copy;
mod elementwise;
mod embedding;
mod finalize_routing;
mod fused_attention;
mod gating;
mod grouped_matmul;
mod init_routing;
mod kv_cache;
mod matmul;
mod mla;
mod moe_experts;
mod norm;
mod on_device;
mod quantize;
mod rope;
mod rows;
mod softmax;
mod top_k;
mod weight;

use std::sync::Arc;

use ascend_hal::ops::Role;
use ascend_hal::{DType, Kernel, KernelInfo, Launch, OpCall, OpKind, Origin, Result};

use crate::context::{Context, Facts};

pub(crate) use weight::wants_blocks;

/// One built-in kernel: what it says about itself, what it needs, and the functions behind it.
struct Builtin {
    op: OpKind,
    name: &'static str,
    origin: Origin,
    dtypes: &'static [DType],
    constraints: &'static str,
    /// Operators without which there is no such kernel.
    needs: &'static [&'static str],
    covers: fn(&OpCall) -> Result<(), String>,
    run: fn(&Context<'_>, &OpCall) -> Result<()>,
}

/// What a kernel without further limits answers.
fn all<O>(_: &O) -> Result<(), String> {
    Ok(())
}

/// A condition of a kernel.
fn only(holds: bool, why: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(why.into()) }
}

macro_rules! builtin {
    ($origin:ident $op:ident $name:literal [$($need:literal)*] $dtypes:expr, $constraints:literal, $covers:path => $run:path) => {
        Builtin {
            op: ascend_hal::OpKind::$op,
            name: $name,
            origin: ascend_hal::Origin::$origin,
            dtypes: $dtypes,
            constraints: $constraints,
            needs: &[$($need),*],
            covers: |call| {
                let op: &ascend_hal::ops::$op = call.try_into().map_err(|e: ascend_hal::Error| e.to_string())?;
                $covers(op)
            },
            run: |cx, call| $run(cx, call.try_into()?),
        }
    };
}
use builtin;

/// The types of an op's leading argument.
const fn dtypes<O: ascend_hal::ops::Op>() -> &'static [DType] {
    O::DTYPES
}

/// A built-in kernel as the registry knows it.
struct NpuKernel {
    info: KernelInfo,
    covers: fn(&OpCall) -> Result<(), String>,
    run: fn(&Context<'_>, &OpCall) -> Result<()>,
    facts: Arc<Facts>,
}

impl Kernel for NpuKernel {
    fn info(&self) -> &KernelInfo {
        &self.info
    }

    fn covers(&self, call: &OpCall) -> Result<(), String> {
        (self.covers)(call)
    }

    fn launch(&self, at: &Launch<'_>, call: &OpCall) -> Result<()> {
        // Operators differ in whether they take tensors without elements.
        if gives_nothing(call) {
            return Ok(());
        }
        (self.run)(&Context::new(at, &self.facts)?, call)
    }
}

/// Whether none of the call's outputs has an element.
pub(crate) fn gives_nothing(call: &OpCall) -> bool {
    let mut elements = 0;
    call.visit(&mut |arg| elements += if arg.role == Role::In { 0 } else { arg.view.numel() });
    elements == 0
}

/// The kernels of each op, the preferred one last.
const LISTS: &[&[Builtin]] = &[
    elementwise::KERNELS,
    copy::KERNELS,
    cast::KERNELS,
    softmax::KERNELS,
    top_k::KERNELS,
    argmax::KERNELS,
    embedding::KERNELS,
    activation::KERNELS,
    norm::KERNELS,
    quantize::KERNELS,
    matmul::KERNELS,
    grouped_matmul::KERNELS,
    gating::KERNELS,
    init_routing::KERNELS,
    finalize_routing::KERNELS,
    moe_experts::KERNELS,
    rope::KERNELS,
    kv_cache::KERNELS,
    attention::KERNELS,
    mla::KERNELS,
];

/// Every built-in kernel that the operator library at hand has the operators for.
pub(crate) fn builtins(facts: &Arc<Facts>) -> impl Iterator<Item = Arc<dyn Kernel>> {
    LISTS.iter().copied().flatten().filter(|b| b.needs.iter().all(|operator| facts.has(operator))).map(|b| {
        let info =
            KernelInfo { name: b.name.into(), op: b.op, origin: b.origin, dtypes: b.dtypes.into(), constraints: b.constraints.into() };
        Arc::new(NpuKernel { info, covers: b.covers, run: b.run, facts: facts.clone() }) as Arc<dyn Kernel>
    })
}
