//! Broken kernels that validation must catch: for every op one for each rule of its contract, each in the op's own file.

#![allow(unreachable_pub, dead_code, reason = "a test binary has no callers outside")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

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
mod patch;
mod quantize;
mod rope;
mod softmax;
mod top_k;

use ascend_hal::{Kernel, Launch, OpCall, OpKind, Result};

/// A kernel that breaks one rule of an op's contract and keeps all others.
pub struct Mutant {
    /// The op.
    pub op: OpKind,
    /// Name of the rule in the contract.
    pub breaks: &'static str,
    /// The kernel.
    pub run: fn(&Inner<'_>, &OpCall) -> Result<()>,
}

/// The correct kernel behind a mutant, and where it runs.
pub struct Inner<'a> {
    pub kernel: &'a dyn Kernel,
    pub at: &'a Launch<'a>,
}

impl Inner<'_> {
    /// Runs a call on the correct kernel.
    pub fn run(&self, call: &OpCall) -> Result<()> {
        self.kernel.launch(self.at, call)
    }
}

/// Every mutant of every op file.
fn all() -> Vec<Mutant> {
    [
        activation::mutants(),
        argmax::mutants(),
        attention::mutants(),
        cast::mutants(),
        copy::mutants(),
        elementwise::mutants(),
        embedding::mutants(),
        finalize_routing::mutants(),
        gating::mutants(),
        grouped_matmul::mutants(),
        init_routing::mutants(),
        kv_cache::mutants(),
        matmul::mutants(),
        mla::mutants(),
        moe_experts::mutants(),
        norm::mutants(),
        quantize::mutants(),
        rope::mutants(),
        softmax::mutants(),
        top_k::mutants(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_mutant_breaks_a_rule_of_its_contract() {
    for mutant in all() {
        assert!(mutant.op.rules().iter().any(|r| r.name == mutant.breaks), "{} has no rule `{}`", mutant.op, mutant.breaks);
    }
}
