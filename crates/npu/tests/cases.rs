//! Ops that have both operators of their own and compositions, on the simulated CANN: every case of their contracts, and every golden file. `CASE=regex` picks among the
//! cases; `ASCEND_SIM_CANN` is the version that is simulated.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use ascend_hal::ops::Lengths;
use ascend_hal::{Device, OpCall, OpKind, host};
use ascend_npu::{NpuDevice, Values};
use ascend_validate::report::{CaseReport, Status};
use ascend_validate::{Case, Options, Work, run_cases};

fn options() -> Options {
    Options { case: std::env::var("CASE").ok().map(|c| c.parse().unwrap()), ..Options::default() }
}

fn cases(ops: &[OpKind]) -> Vec<Case> {
    let mut cases = ascend_validate::cases(&options()).unwrap();
    cases.retain(|c| ops.contains(&c.op));
    cases
}

fn pass(cases: &[Case]) -> Vec<CaseReport> {
    let (options, device) = (options(), NpuDevice::open_with(Arc::new(ascend_sim::cann()), "sim", 0, Values::Checked).unwrap());
    let devices: [&dyn Device; 1] = [&*device];
    let reports = run_cases(&devices, cases, &options, &|_| {}).unwrap();
    let failed: Vec<String> =
        reports.iter().filter(|r| r.status != Status::Passed).map(|r| format!("{}: {:?}: {}", r.name, r.status, r.reason)).collect();
    assert!(failed.is_empty(), "{} of {} cases did not pass:\n{}", failed.len(), reports.len(), failed.join("\n"));
    assert!(!reports.is_empty() || options.case.is_some(), "no cases");
    reports
}

fn all_pass(ops: &[OpKind]) {
    pass(&cases(ops));
}

/// With the same numbers on the host: then the vendor's operator takes what it can.
fn known(lens: &mut Lengths) {
    lens.host = Some(host::to_vec::<i32>(&lens.cumulative).unwrap().into());
}

/// The case with its call changed; none where it is no single call.
fn changed(case: Case, change: fn(&mut OpCall)) -> Option<Case> {
    let Work::Call(build) = case.work.clone() else { return None };
    let build = move |g: &mut ascend_validate::Gen| {
        let mut call = build(g)?;
        change(&mut call);
        Ok(call)
    };
    Some(Case { work: Work::Call(Arc::new(build)), ..case })
}

fn with_lengths_on_the_host(call: &mut OpCall) {
    match call {
        OpCall::Attention(op) => [&mut op.q_lens, &mut op.kv_lens].map(known),
        OpCall::MlaDecode(op) => [&mut op.q_lens, &mut op.kv_lens].map(known),
        OpCall::MlaPrefill(op) => [&mut op.q_lens, &mut op.kv_lens].map(known),
        _ => [(); 2],
    };
}

/// Cases of finite values in 16 bits, each with its lengths on the host; some must be the fused operator's.
fn fused_pass(op: OpKind) {
    let finite = |case: &Case| !case.covers.iter().any(|c| c.rule.ends_with("_nan") || c.rule == "infinite_logit" || c.dtype.bits() != 16);
    let chosen: Vec<Case> = cases(&[op]).into_iter().filter(finite).filter_map(|case| changed(case, with_lengths_on_the_host)).collect();
    let reports = pass(&chosen);
    let fused = reports.iter().filter(|r| r.kernel.starts_with("aclnnFusedInferAttentionScore")).count();
    assert!(fused > 0 || options().case.is_some(), "none of {} cases is the fused operator's", reports.len());
}

/// CANN does not say by what place fused attention is told where a tensor is.
#[test]
fn fused_attention_is_planned_each_time() {
    let options = Options { repeats: 4, threads: 1, ..Options::default() };
    let mut alone = 0;
    let mut chosen = ascend_validate::cases(&Options::default()).unwrap();
    chosen.retain(|case| case.op == OpKind::Attention);
    for case in chosen.into_iter().filter_map(|case| changed(case, with_lengths_on_the_host)) {
        let device = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0).unwrap();
        let report = &run_cases(&[&*device], &[case], &options, &|_| {}).unwrap()[0];
        let stats = device.executors();
        // Those that the fused operator alone computes.
        if report.kernel.starts_with("aclnnFusedInferAttentionScore") && stats.planned + stats.reused == 4 {
            assert_eq!(stats.reused, 0, "{}", report.name);
            alone += 1;
        }
        if alone == 3 {
            return;
        }
    }
    panic!("the fused operator alone computes {alone} cases");
}

#[test]
fn fused_attention() {
    fused_pass(OpKind::Attention);
}

#[test]
fn fused_mla_decode() {
    fused_pass(OpKind::MlaDecode);
}

#[test]
fn fused_mla_prefill() {
    fused_pass(OpKind::MlaPrefill);
}

/// Some of the reports must be the kernel's, where CANN has its operator.
fn some_are_by(reports: &[CaseReport], kernel: &str) {
    let there = ascend_sim::cann().opapi.availability().any(|(symbol, there)| there && symbol.name == kernel);
    let used = reports.iter().any(|r| r.kernel.starts_with(kernel));
    assert!(used == there || options().case.is_some(), "{kernel}: there {there}, used {used}");
}

#[test]
fn init_routing() {
    some_are_by(&pass(&cases(&[OpKind::InitRouting])), "aclnnMoeInitRoutingV3");
}

#[test]
fn finalize_routing() {
    some_are_by(&pass(&cases(&[OpKind::FinalizeRouting])), "aclnnMoeFinalizeRoutingV2");
}

#[test]
fn norm() {
    some_are_by(&pass(&cases(&[OpKind::Norm])), "aclnnAddRmsNorm");
}

#[test]
fn rope() {
    all_pass(&[OpKind::Rope]);
}

#[test]
fn kv_cache() {
    all_pass(&[OpKind::KvCacheWrite, OpKind::KvCacheGather]);
}

#[test]
fn attention() {
    all_pass(&[OpKind::Attention]);
}

#[test]
fn mla() {
    all_pass(&[OpKind::MlaDecode, OpKind::MlaPrefill]);
}

#[test]
fn wrong_values_are_not_sent_to_a_device_that_trusts_values() {
    let mut cases = ascend_validate::cases(&Options::default()).unwrap();
    cases.retain(|case| matches!(case.work, Work::Refused { .. }));
    assert!(cases.len() > 50, "{} cases of wrong values", cases.len());
    let device = NpuDevice::open_with(Arc::new(ascend_sim::cann()), "sim", 0, Values::Trusted).unwrap();
    let reports = run_cases(&[&*device], &cases, &Options::default(), &|_| {}).unwrap();
    for report in &reports {
        assert_eq!((report.status, report.device_us), (Status::Skipped, 0.), "{}: {}", report.name, report.reason);
    }
    let about_values = reports.iter().filter(|report| report.reason.contains("not checked by this device")).count();
    assert!(about_values * 2 > cases.len(), "{about_values} of {}", cases.len());
}
