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
mod generic;
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

use std::sync::Arc;

use ascend_cpu::CpuDevice;
use ascend_hal::{DType, Device, FnKernel, Kernel, KernelInfo, Launch, OpCall, OpKind, Origin, Result};
use ascend_validate::report::Status;
use ascend_validate::{Case, Options, Shadow, ShadowOptions, Work, run_cases};

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
    /// The kernel.
    pub kernel: &'a dyn Kernel,
    /// Its device and stream.
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

/// A CPU device whose kernel for `op` is `run`, with the correct one behind it.
fn device_with(op: OpKind, run: impl Fn(&Inner<'_>, &OpCall) -> Result<()> + Send + Sync + 'static) -> Arc<CpuDevice> {
    let device = CpuDevice::new().unwrap();
    let kernel = device.kernels().list(op).into_iter().next().unwrap();
    let info = KernelInfo { name: "mutant".into(), op, origin: Origin::User, dtypes: DType::ALL.to_vec().into(), constraints: "".into() };
    device.kernels().register(FnKernel::shared(info, move |at, call| run(&Inner { kernel: &*kernel, at }, call))).unwrap();
    device
}

/// Why each of `cases` fails; empty for one that passes.
fn reasons(device: &Arc<CpuDevice>, cases: &[Case]) -> Vec<String> {
    let options = Options { repeats: 2, threads: 1, ..Options::default() };
    let reports = run_cases(&[&**device], cases, &options, &|_| {}).unwrap();
    reports.into_iter().map(|r| if r.status == Status::Passed { String::new() } else { r.reason }).collect()
}

/// Whether one of `cases` fails with a reason that names the place: an element of `output` (of any output when empty), or the argument whose values were to be refused.
fn caught(device: &Arc<CpuDevice>, cases: &[Case], output: &str) -> Result<String, String> {
    let mut others = Vec::new();
    for case in cases {
        for reason in reasons(device, std::slice::from_ref(case)).into_iter().filter(|r| !r.is_empty()) {
            let named = reason.split("; ").any(|fault| {
                let name = fault.split(['[', ':']).next().unwrap_or("");
                let places = ["its values must be refused", "the gap around", "the padding of"];
                let place = fault[name.len()..].starts_with('[') || places.iter().any(|p| fault.contains(p));
                // A kernel that refuses what it should compute names the argument, and there is no element to name.
                let refuses = output.is_empty() && fault.contains("failed on its stream") && fault.contains("` must be ");
                refuses || place && !name.is_empty() && !name.contains(' ') && (output.is_empty() || name == output)
            });
            if named {
                return Ok(reason);
            }
            others.push(format!("{case}: {reason}"));
        }
    }
    match others.first() {
        Some(reason) => Err(format!("no reason names the place: {reason}")),
        None => Err(format!("all of {} cases pass", cases.len())),
    }
}

#[test]
fn every_broken_rule_is_caught_and_the_place_named() {
    let mut missed = Vec::new();
    for mutant in all() {
        let Mutant { op, breaks, run } = mutant;
        assert!(op.rules().iter().any(|r| r.name == breaks), "{op} has no rule `{breaks}`");
        let mut cases = ascend_validate::cases::generated(op);
        cases.retain(|c| c.covers.iter().any(|c| c.rule == breaks));
        if let Err(why) = caught(&device_with(op, run), &cases, "") {
            missed.push(format!("{op}, {breaks}: {why}"));
        }
    }
    assert!(missed.is_empty(), "{} not caught:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn every_broken_rule_is_seen_by_a_shadow_too() {
    let options = Options { repeats: 1, threads: 1, ..Options::default() };
    let mut missed = Vec::new();
    // Which NaN it is no f64 tells; the cases of this rule compare bytes.
    for Mutant { op, breaks, run } in all().into_iter().filter(|m| (m.op, m.breaks) != (OpKind::Copy, "bits")) {
        let (device, log) = Shadow::over(device_with(op, run), ShadowOptions::default());
        let mut cases = ascend_validate::cases::generated(op);
        cases.retain(|c| c.covers.iter().any(|c| c.rule == breaks));
        let seen = cases.iter().any(|case| {
            run_cases(&[&*device], std::slice::from_ref(case), &options, &|_| {}).unwrap();
            let record = log.report().ops.remove(op.name()).unwrap_or_default();
            // A kernel that refuses what it should compute gives nothing to compare.
            let refuses = record.not_run > 0 && !matches!(case.work, Work::Refused { .. });
            refuses || record.faulty > 0
        });
        let by_name =
            log.first_fault().is_none_or(|f| f.op == op.name() && f.kernel == "mutant (user)" && f.call > 0 && !f.place.is_empty());
        if !seen || !by_name {
            missed.push(format!("{op}, {breaks}: {:?}", log.first_fault()));
        }
    }
    assert!(missed.is_empty(), "{} not seen:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn every_rule_of_every_op_has_a_broken_kernel() {
    let mutants = all();
    let mut missing = Vec::new();
    for &op in OpKind::ALL {
        for rule in op.rules() {
            if !mutants.iter().any(|m| m.op == op && m.breaks == rule.name) {
                missing.push(format!("{op}, {}", rule.name));
            }
        }
    }
    assert!(missing.is_empty(), "{} rules without a mutant:\n{}", missing.len(), missing.join("\n"));
}
