//! Models through the shadow device: nothing is found on the kernels there are, and a broken one is named by its layer.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ascend_compute::{DType, Device, FnKernel, KernelInfo, OpCall, OpKind, Origin, TensorView};
use ascend_engine::checkpoint::HfCheckpoint;
use ascend_engine::golden::Golden;
use ascend_engine::models;
use ascend_engine::scheduler::{Request, Scheduler, SchedulerOptions};
use ascend_validate::{Shadow, ShadowLog, ShadowOptions};

/// A prompt of six tokens in chunks and a shorter one beside it, and two tokens after each, through a model on a shadow of a device on which `prepare` was called.
fn run(model: &str, dtype: DType, prepare: impl FnOnce(&dyn Device)) -> ShadowLog {
    let cpu = ascend_compute::open("cpu").unwrap();
    prepare(&*cpu);
    let (device, log) = Shadow::over(cpu, ShadowOptions::default());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/models").join(model);
    let ids = &Golden::read(&folder).unwrap().prompts[0].ids;
    let model = models::load(&HfCheckpoint::open(&folder).unwrap(), &device, dtype).unwrap();
    let options = SchedulerOptions { page_tokens: 4, pages: 16, max_sequences: 2, step_tokens: 4, ..SchedulerOptions::for_tokens(64) };
    let mut scheduler = Scheduler::new(device, model.into(), options).unwrap();
    for len in [6, 3] {
        let prompt: Vec<u32> = ids[..len].iter().map(|&id| id as u32).collect();
        scheduler.submit(Request::new(prompt, 2)).unwrap();
    }
    while scheduler.unfinished() > 0 {
        scheduler.step(&mut |_| ControlFlow::Continue(())).unwrap();
    }
    log
}

#[test]
fn every_call_of_every_family_is_within_its_bounds() {
    for model in ["llama_dense", "mixtral", "qwen3_moe", "gpt_oss", "deepseek_v3"] {
        for dtype in [DType::F32, DType::BF16] {
            let log = run(model, dtype, |_| ());
            let report = log.report();
            assert!(report.faults.is_empty(), "{model} in {dtype}: {}", ascend_validate::render::shadow(&report));
            assert!(report.calls > 50 && report.compared() == report.calls, "{model} in {dtype}: {report:#?}");
            let worst = report.ops.values().map(|op| op.worst_ratio).fold(0.0, f64::max);
            assert!(worst > 0.0 && worst <= 1.0, "{model} in {dtype}: {worst}");
        }
    }
}

/// Registers a kernel for `op` that runs the device's own and then changes what it wrote, at its `nth` call only.
fn break_nth(device: &dyn Device, op: OpKind, nth: usize, damage: fn(&OpCall)) {
    let right = device.kernels().list(op).into_iter().next().unwrap();
    let calls = Arc::new(AtomicUsize::new(1));
    let dtypes = vec![DType::F32, DType::BF16].into();
    let info = KernelInfo { name: "broken".into(), op, origin: Origin::User, dtypes, constraints: "".into() };
    let kernel = FnKernel::shared(info, move |at, call| {
        right.launch(at, call)?;
        if calls.fetch_add(1, Ordering::Relaxed) == nth {
            damage(call);
        }
        Ok(())
    });
    device.kernels().register(kernel).unwrap();
}

/// Overwrites bytes of a tensor, from its element `at` on.
fn overwrite(view: &TensorView, at: usize, bytes: &[u8]) {
    let element_bytes = view.dtype().bits() / 8;
    view.buffer().as_host().unwrap().write(view.byte_span().start + at * element_bytes, bytes).unwrap();
}

/// The output of this name.
fn output<'a>(call: &'a OpCall, name: &str) -> &'a TensorView {
    let mut found = None;
    call.visit(&mut |arg| found = found.or((arg.name == name).then_some(arg.view)));
    found.unwrap()
}

#[test]
fn broken_kernel_is_named_at_its_first_call_with_op_layer_and_element() {
    // The second call of the first pass is that of the second layer.
    let log = run("llama_dense", DType::F32, |device| {
        break_nth(device, OpKind::Attention, 2, |call| overwrite(output(call, "out"), 3, &9f32.to_le_bytes()));
    });
    let fault = log.first_fault().unwrap();
    assert_eq!((&*fault.op, &*fault.scope, &*fault.argument), ("attention", "layer 1 / attention", "out"));
    assert_eq!((&*fault.at, &*fault.kernel), (&[0, 0, 3][..], "broken (user)"));
    assert!(fault.error.unwrap() > 1.0 && fault.bound.unwrap() < 1e-3, "{fault}");
    assert_eq!(log.report().faulty(), 1, "the calls behind it are judged by their own inputs");

    let log = run("qwen3_moe", DType::BF16, |device| {
        break_nth(device, OpKind::Gating, 1, |call| {
            let ids = output(call, "ids");
            let other = (ascend_compute::host::to_i64(ids).unwrap()[1] as i32).to_le_bytes();
            overwrite(ids, 0, &other);
        });
    });
    let fault = log.first_fault().unwrap();
    assert_eq!((&*fault.op, &*fault.scope, &*fault.argument), ("gating", "layer 0 / feed-forward", "ids"));
    assert_eq!(fault.at, [0, 0]);
}

#[test]
fn cache_row_in_the_wrong_slot_is_named() {
    let log = run("deepseek_v3", DType::F32, |device| {
        // The last place of the whole cache, which no row of the first pass goes to.
        break_nth(device, OpKind::KvCacheWrite, 1, |call| {
            let cache = output(call, "k_cache");
            overwrite(cache, cache.numel() - 1, &1f32.to_le_bytes());
        });
    });
    let fault = log.first_fault().unwrap();
    assert_eq!((&*fault.op, &*fault.scope), ("kv_cache_write", "layer 0 / attention"));
    assert!(fault.what.contains("must leave untouched"), "{fault}");
}
