//! Measurements of a small layer on the CPU device.

use std::time::Duration;

use ascend_cpu::{CpuDevice, CpuOptions};
use ascend_hal::{FnKernel, KernelInfo, OpKind, Origin};

use super::*;
use crate::report::{Report, SCHEMA, compare};
use crate::workload::{Model, Slice};

fn limits() -> Limits {
    Limits { source: "made up".into(), f32_gflops: 100.0, bf16_gflops: 100.0, int8_gops: 200.0, read_gbs: 10.0 }
}

fn small() -> Model {
    Model { hidden: 256, experts: 16, top_k: 4, moe_inner: 128, ..Model::find("qwen3-30b-a3b").unwrap() }
}

fn quick(path: Path) -> Options {
    Options { path, repeats: 15, budget: Duration::from_secs(20), ..Options::default() }
}

fn cpu() -> std::sync::Arc<CpuDevice> {
    CpuDevice::with(CpuOptions::default().with_threads(1)).unwrap()
}

#[test]
fn every_precision_and_path_is_measured() {
    let device = cpu();
    for precision in Precision::ALL {
        let layer = Layer::new(&*device, &small(), Slice { ep: 2, rank: 1, tp: 1 }, precision).unwrap();
        for (path, phases) in [(Path::Parts, 6), (Path::Fused, 2)] {
            let options = Options { repeats: 3, ..quick(path) };
            let point = profile(&*device, &layer, &Routing::Zipf(1.0), 24, &limits(), &options).unwrap();
            assert_eq!((point.phases.len(), point.load.counts.len(), point.repeats), (phases, 8, 3));
            for f in &point.phases {
                assert!(f.device_us.p10 > 0.0 && f.device_us.p10 <= f.device_us.p90 && f.roofline.is_finite(), "{precision} {f:?}");
            }
            assert!(point.imbalance_cost.is_some());
            let share: f64 = point.expert_time_share.iter().sum();
            assert!((share - 1.0).abs() < 1e-9);
        }
    }
}

#[test]
fn deepseek_gating_with_groups_is_measured() {
    let device = cpu();
    let model = Model { hidden: 128, experts: 32, moe_inner: 64, ..Model::find("deepseek-r1").unwrap() };
    let layer = Layer::new(&*device, &model, Slice::default(), Precision::Bf16).unwrap();
    assert!(measure(&*device, &layer, &Routing::Uniform, 8, &limits(), &quick(Path::Parts)).is_ok());
}

#[test]
fn local_counts_are_those_of_the_rank() {
    let device = cpu();
    let layer = Layer::new(&*device, &small(), Slice { ep: 4, rank: 2, tp: 2 }, Precision::Bf16).unwrap();
    assert_eq!(layer.local_counts(&[0, 8, 9, 8, 11, 12, 15]), [2, 1, 0, 1]);
}

#[test]
fn kernel_slowed_down_on_purpose_is_found_by_its_phase() {
    let device = cpu();
    let layer = Layer::new(&*device, &small(), Slice::default(), Precision::Bf16).unwrap();
    let report = || Report {
        schema: SCHEMA,
        version: "test".into(),
        commit: None,
        model: "small".into(),
        slice: "all".into(),
        device: "cpu".into(),
        features: Vec::new(),
        limits: limits(),
        points: vec![measure(&*device, &layer, &Routing::Uniform, 32, &limits(), &quick(Path::Parts)).unwrap()],
    };
    let before = report();
    let info = KernelInfo {
        name: "sleepy".into(),
        op: OpKind::Glu,
        origin: Origin::User,
        dtypes: vec![ascend_hal::DType::BF16].into(),
        constraints: "".into(),
    };
    let sleepy = FnKernel::shared(info, |_, _| {
        std::thread::sleep(Duration::from_millis(20));
        Ok(())
    });
    device.kernels().register(sleepy).unwrap();
    let after = report();
    // So slow that a busy machine makes nothing else look as slow.
    let found = compare(&before, &after, 3.0).unwrap();
    assert!(found.iter().any(|c| c.regression && c.phase == "activation"), "{found:?}");
    let worst = found.iter().filter(|c| c.phase != "whole").max_by(|a, b| a.ratio.total_cmp(&b.ratio)).unwrap();
    assert_eq!(worst.phase, "activation");
}

#[test]
fn measure_of_nothing_is_refused() {
    let device = cpu();
    let layer = Layer::new(&*device, &small(), Slice::default(), Precision::Bf16).unwrap();
    assert!(measure(&*device, &layer, &Routing::Uniform, 0, &limits(), &quick(Path::Parts)).is_err());
}
