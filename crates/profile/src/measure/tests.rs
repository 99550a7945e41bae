//! Measurements of a small layer on the CPU device.

use std::time::Duration;

use ascend_cpu::{CpuDevice, CpuOptions};
use ascend_hal::{FnKernel, KernelInfo, OpKind, Origin};

use super::*;
use crate::limits::Rates;
use crate::report::{Report, compare};
use crate::workload::{self, Model, Precision, Slice};

fn limits() -> Limits {
    let all = Rates { f32_gflops: 100.0, bf16_gflops: 100.0, int8_gops: 200.0, read_gbs: 10.0 };
    Limits { source: "made up".into(), measured_at: None, kept: false, all, one_thread: None, levels: Vec::new() }
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

fn subject(device: &CpuDevice, what: What, model: &Model, precision: Precision) -> Subject {
    Subject::new(device, what, model, Slice::default(), precision).unwrap()
}

fn names(point: &Point) -> Vec<&str> {
    point.phases.iter().map(|f| f.name.as_str()).collect()
}

#[test]
fn every_precision_and_path_is_measured() {
    let device = cpu();
    for precision in Precision::ALL {
        let slice = Slice { ep: 2, rank: 1, ..Slice::default() };
        let layer = Subject::new(&*device, What::Experts, &small(), slice, precision).unwrap();
        for (path, phases) in [(Path::Parts, 6), (Path::Fused, 2)] {
            let options = Options { repeats: 3, ..quick(path) };
            let point = profile(&*device, &layer, &Routing::Zipf(1.0), 24, &limits(), &options).unwrap();
            assert_eq!((point.phases.len(), point.experts.len(), point.repeats), (phases, 8, 3));
            for f in &point.phases {
                assert!(f.device_us.p10 > 0.0 && f.device_us.p10 <= f.device_us.p90 && f.rate.roofline.is_finite(), "{precision} {f:?}");
            }
            assert!(point.imbalance_cost.is_some());
            let share: f64 = point.experts.iter().map(|e| e.time_share).sum();
            assert!((share - 1.0).abs() < 1e-9);
            assert!(point.experts.iter().all(|e| (e.rows > 0) == (e.time_share > 0.0)), "{:?}", point.experts);
            assert!(point.experts_by.as_deref().is_some_and(|by| by.contains("threads")), "{:?}", point.experts_by);
        }
    }
}

/// The stages are those of the kernel's own threads; with the waiting they are the phase.
#[test]
fn fused_path_tells_its_stages() {
    let device = CpuDevice::with(CpuOptions::default().with_threads(2)).unwrap();
    for (precision, quantize) in [(Precision::Bf16, false), (Precision::W8a8, true)] {
        let layer = subject(&device, What::Experts, &small(), precision);
        let point = measure(&*device, &layer, &Routing::Uniform, 64, &limits(), &quick(Path::Fused)).unwrap();
        let experts = &point.phases[1];
        let mut stages: Vec<&str> = experts.stages.iter().map(|s| s.name.as_str()).collect();
        stages.sort_unstable();
        let mut expected = vec!["down", "finalize", "gate_up", "routing", "waiting"];
        if quantize {
            expected.insert(3, "quantize");
        }
        assert_eq!(stages, expected);
        assert!(experts.stages.iter().all(|s| s.name == "waiting" || s.us.median > 0.0), "{experts:?}");
        let products = experts.stages.iter().filter(|s| s.rate.is_some()).count();
        assert_eq!(products, 3);
        assert!(point.threads.iter().any(|s| s.track.starts_with("thread ") && s.name == "gate_up" && s.item.is_some()));
    }
}

#[test]
fn deepseek_gating_with_groups_is_measured() {
    let device = cpu();
    let model = Model { hidden: 128, experts: 32, moe_inner: 64, ..Model::find("deepseek-r1").unwrap() };
    let layer = subject(&device, What::Experts, &model, Precision::Bf16);
    assert!(measure(&*device, &layer, &Routing::Uniform, 8, &limits(), &quick(Path::Parts)).is_ok());
}

#[test]
fn attention_of_either_kind_is_measured_in_prefill_and_decode() {
    let device = cpu();
    let latent = |query_rank| workload::Attention::Latent {
        heads: 4,
        query_rank,
        kv_rank: 64,
        rope_dim: 16,
        nope_dim: 32,
        value_dim: 32,
        sparse: None,
    };
    let grouped = workload::Attention::Grouped { heads: 4, kv_heads: 2, head_dim: 32, window: None, head_norms: true };
    let of_grouped = ["norm", "qkv", "head_norms", "rope", "cache", "attention", "output"];
    let decoded = ["norm", "query", "latent", "rope", "cache", "absorb", "attention", "expand", "output"];
    let filled = ["norm", "query", "latent", "rope", "cache", "expand", "attention", "output"];
    let (decode, prefill) = (Step::Decode { context: 200 }, Step::Prefill);
    for (attention, step, expected) in [
        (grouped.clone(), decode, &of_grouped[..]),
        (grouped, prefill, &of_grouped),
        (latent(Some(48)), decode, &decoded),
        (latent(None), decode, &decoded),
        (latent(Some(48)), prefill, &filled),
    ] {
        let model = Model { attention, ..small() };
        for precision in [Precision::Bf16, Precision::W8a8] {
            let layer = subject(&device, What::Attention, &model, precision);
            let options = Options { step, repeats: 3, ..quick(Path::Parts) };
            let point = profile(&*device, &layer, &Routing::Uniform, 9, &limits(), &options).unwrap();
            assert_eq!(names(&point), expected);
            assert!(point.load.is_none() && point.experts.is_empty() && point.routing.is_empty());
        }
    }
}

#[test]
fn model_counts_each_kind_of_layer() {
    let device = cpu();
    let attention = workload::Attention::Grouped { heads: 4, kv_heads: 2, head_dim: 32, window: Some(16), head_norms: false };
    let model = Model { attention, layers: 7, dense_layers: 2, dense_inner: 64, shared: 1, vocab: 1000, ..small() };
    let layer = subject(&device, What::Model, &model, Precision::Bf16);
    let options = Options { step: Step::Decode { context: 64 }, repeats: 3, ..quick(Path::Fused) };
    let point = profile(&*device, &layer, &Routing::Uniform, 5, &limits(), &options).unwrap();
    let times: Vec<_> = point.phases.iter().map(|f| (f.name.as_str(), f.times)).collect();
    let expected = [
        ("embedding", 1),
        ("norm", 7),
        ("qkv", 7),
        ("rope", 7),
        ("cache", 7),
        ("attention_window", 4),
        ("attention", 3),
        ("output", 7),
        ("ffn_norm", 7),
        ("dense", 2),
        ("shared", 5),
        ("gating", 5),
        ("experts", 5),
        ("head", 1),
    ];
    assert_eq!(times, expected);
    let sum: f64 = point.phases.iter().map(|f| f.times as f64 * f.device_us.median).sum();
    assert_eq!(point.step_us, Some(sum));
    // A layer alone has each of its phases once, and no ends.
    let layer = subject(&device, What::Layer, &model, Precision::Bf16);
    let point = measure(&*device, &layer, &Routing::Uniform, 5, &limits(), &options).unwrap();
    assert!(point.phases.iter().all(|f| f.times == 1) && point.step_us.is_none());
    assert_eq!((names(&point)[0], names(&point).contains(&"shared"), names(&point).contains(&"head")), ("norm", true, false));
}

#[test]
fn sparse_attention_is_refused_and_its_experts_are_not() {
    let device = cpu();
    let model = Model { hidden: 128, experts: 32, moe_inner: 64, ..Model::find("deepseek-v3.2").unwrap() };
    let refused = Subject::new(&*device, What::Layer, &model, Slice::default(), Precision::Bf16).unwrap_err();
    assert!(refused.to_string().contains("indexer"), "{refused}");
    assert!(Subject::new(&*device, What::Experts, &model, Slice::default(), Precision::Bf16).is_ok());
}

#[test]
fn local_counts_are_those_of_the_rank() {
    let device = cpu();
    let layer = Subject::new(&*device, What::Experts, &small(), Slice { ep: 4, rank: 2, tp: 2, redundant: 0 }, Precision::Bf16).unwrap();
    assert_eq!(layer.local_counts(&[0, 8, 9, 8, 11, 12, 15]).unwrap(), [2, 1, 0, 1]);
}

#[test]
fn kernel_slowed_down_on_purpose_is_found_by_its_phase() {
    let device = cpu();
    let layer = subject(&device, What::Experts, &small(), Precision::Bf16);
    let report = || {
        let point = measure(&*device, &layer, &Routing::Uniform, 32, &limits(), &quick(Path::Parts)).unwrap();
        Report::new(device.info(), &small(), Slice::default(), limits(), vec![point])
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
    assert!(found.changes.iter().any(|c| c.regression && c.phase == "activation"), "{found:?}");
    let worst = found.changes.iter().filter(|c| c.phase != "whole").max_by(|a, b| a.ratio.total_cmp(&b.ratio)).unwrap();
    assert_eq!(worst.phase, "activation");
}

/// 16 experts and 8 copies in 24 places on 4 ranks: each has 6, of which the rows are near the mean.
#[test]
fn redundant_copies_level_the_ranks() {
    let device = cpu();
    for (what, path) in [(What::Experts, Path::Parts), (What::Layer, Path::Fused)] {
        for rank in [0, 3] {
            let ranks = |redundant| {
                let slice = Slice { ep: 4, rank, tp: 1, redundant };
                let layer = Subject::new(&*device, what, &small(), slice, Precision::Bf16).unwrap();
                let options = Options { repeats: 3, step: Step::Decode { context: 16 }, ..quick(path) };
                let point = measure(&*device, &layer, &Routing::Zipf(1.2), 200, &limits(), &options).unwrap();
                assert_eq!(point.load.as_ref().unwrap().counts.len(), (16 + redundant) / 4);
                (point.load.unwrap().rows() as f64, point.ranks.unwrap())
            };
            let ((_, plain), (rows, copied)) = (ranks(0), ranks(8));
            assert!(plain.busiest_over_mean > 1.3 && plain.without_copies.is_none(), "{plain:?}");
            assert!(copied.busiest_over_mean < 1.15 && copied.without_copies == Some(plain.busiest_over_mean), "{copied:?}");
            assert!((rows - 200.0 * copied.own_over_mean).abs() <= 6.0, "{rows} {copied:?}");
        }
    }
}

/// Ranks that share a layer have to sum what they computed: told, and modelled for a device whose links are known.
#[test]
fn slices_tell_what_communication_they_leave_out() {
    let device = cpu();
    let attention = workload::Attention::Grouped { heads: 4, kv_heads: 2, head_dim: 32, window: None, head_norms: false };
    let model = Model { attention, layers: 5, dense_layers: 1, dense_inner: 64, vocab: 1000, ..small() };
    let told = |what, slice| {
        let layer = Subject::new(&*device, what, &model, slice, Precision::Bf16).unwrap();
        let all = |info: &ascend_hal::DeviceInfo| communication::collectives(info, &layer, 7);
        let npu = ascend_hal::DeviceInfo { name: "Ascend910B2".into(), ..device.info().clone() };
        let (cpu, npu) = (all(device.info()), all(&npu));
        assert!(cpu.iter().all(|c| c.modelled_us.is_none()));
        npu.into_iter().map(|c| (c.name, c.times, c.ranks, c.bytes, c.modelled_us.map(f64::round))).collect::<Vec<_>>()
    };
    let bytes = 2.0 * 7.0 * 256.0;
    let of = |after: &str, times, ranks, us| (format!("all-reduce after {after}"), times, ranks, bytes, us);
    assert_eq!(told(What::Model, Slice::default()), []);
    let tp = Slice { tp: 2, ..Slice::default() };
    assert_eq!(told(What::Model, tp), [of("attention", 5, 2, Some(20.0)), of("experts", 4, 2, Some(20.0))]);
    let both = Slice { ep: 8, rank: 0, tp: 2, redundant: 0 };
    assert_eq!(told(What::Layer, both), [of("attention", 1, 2, Some(20.0)), of("experts", 1, 16, None)]);
    assert_eq!(told(What::Experts, Slice { ep: 4, ..Slice::default() }), [of("experts", 1, 4, Some(20.0))]);
}

/// Of MLA's products with weights, those with the folded matrices of decode are bf16.
#[test]
fn phases_of_attention_are_rated_by_what_they_multiply() {
    let device = cpu();
    let attention =
        workload::Attention::Latent { heads: 4, query_rank: None, kv_rank: 64, rope_dim: 16, nope_dim: 32, value_dim: 32, sparse: None };
    let layer = subject(&device, What::Attention, &Model { attention, ..small() }, Precision::W8a8);
    let integers = |step| {
        let parts = layer.parts(&*device, &[0; 8], step, Path::Parts).unwrap();
        parts.iter().filter(|part| part.precision == Precision::W8a8).map(|part| part.name).collect::<Vec<_>>()
    };
    assert_eq!(integers(Step::Decode { context: 16 }), ["query", "latent", "output"]);
    assert_eq!(integers(Step::Prefill), ["query", "latent", "expand", "output"]);
}

#[test]
fn a_device_with_a_kernel_for_the_layer_is_known() {
    let device = cpu();
    assert!(subject(&device, What::Experts, &small(), Precision::Bf16).has_fused_kernel(&*device));
    assert!(!subject(&device, What::Attention, &small(), Precision::Bf16).has_fused_kernel(&*device));
}

#[test]
fn measure_of_nothing_is_refused() {
    let device = cpu();
    let layer = subject(&device, What::Experts, &small(), Precision::Bf16);
    assert!(measure(&*device, &layer, &Routing::Uniform, 0, &limits(), &quick(Path::Parts)).is_err());
}
