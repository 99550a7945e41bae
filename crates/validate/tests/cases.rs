//! Every case of every op passes on the CPU device. One test an op file: `cargo test -p ascend-validate --test cases matmul`. `CASE=regex` picks among the cases.

#![allow(clippy::unwrap_used, reason = "a test")]

use ascend_cpu::CpuDevice;
use ascend_hal::{Device, OpKind};
use ascend_validate::report::Status;
use ascend_validate::{Options, run_cases};

fn all_pass(ops: &[OpKind]) {
    let device = CpuDevice::new().unwrap();
    let options = Options { case: std::env::var("CASE").ok().map(|c| c.parse().unwrap()), ..Options::default() };
    let mut cases = ascend_validate::cases(&options).unwrap();
    cases.retain(|c| ops.contains(&c.op));
    let devices: [&dyn Device; 1] = [&*device];
    let reports = run_cases(&devices, &cases, &options, &|_| {}).unwrap();
    let failed: Vec<String> =
        reports.iter().filter(|r| r.status != Status::Passed).map(|r| format!("{}: {:?}: {}", r.name, r.status, r.reason)).collect();
    assert!(failed.is_empty(), "{} of {} cases did not pass:\n{}", failed.len(), reports.len(), failed.join("\n"));
    assert!(!reports.is_empty() || options.case.is_some(), "no cases");
}

macro_rules! op_files {
    ($($file:ident: $($op:ident),*;)*) => {
        $(#[test]
        fn $file() {
            all_pass(&[$(OpKind::$op),*]);
        })*

        #[test]
        fn every_op_is_in_a_test() {
            let tested = [$($(OpKind::$op,)*)*];
            assert!(OpKind::ALL.iter().all(|op| tested.contains(op)));
        }
    };
}

op_files! {
    activation: Activation, Glu;
    argmax: ArgMax;
    attention: Attention;
    cast: Cast;
    copy: Copy;
    elementwise: Elementwise;
    embedding: Embedding;
    finalize_routing: FinalizeRouting;
    gating: Gating;
    grouped_matmul: GroupedMatmul;
    init_routing: InitRouting;
    kv_cache: KvCacheWrite, KvCacheGather;
    matmul: Matmul;
    mla: MlaDecode, MlaPrefill;
    moe_experts: MoeExperts;
    norm: Norm;
    quantize: Quantize, Dequantize;
    rope: Rope;
    softmax: Softmax;
    top_k: TopK;
}
