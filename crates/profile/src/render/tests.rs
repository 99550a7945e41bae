//! The renderers, on a made-up report.

use super::*;
use crate::limits::{Level, Limits, Rates};
use crate::report::{BoundBy, Comparison, ExpertRow, Percentiles, PhaseReport, Point, Rate, Report, SCHEMA, Span, Stage, compare};
use crate::workload::Load;

const HOSTILE: &str = "</style><b onclick='x()'>\"&";

fn report() -> Report {
    let time = |us: f64| Percentiles { p10: 0.9 * us, median: us, p90: 1.2 * us };
    let rate = |us: f64, flops: f64| Rate { tflops: flops / us / 1e6, gbs: 1e3 / us, roofline: 0.5 };
    let phase = |name: &str, us: f64, flops: f64| PhaseReport {
        name: name.into(),
        times: 1,
        device_us: time(us),
        host_us: time(us),
        flops,
        bytes: 1e6,
        rate: rate(us, flops),
        bound_by: BoundBy::Memory,
        stages: vec![Stage { name: HOSTILE.into(), us: time(us / 2.0), rate: Some(rate(us, flops)) }],
    };
    let span = |track: &str, start_us, us, item| Span { track: track.into(), name: "gate_up".into(), start_us, us, item };
    let point = |tokens| Point {
        tokens,
        routing: HOSTILE.into(),
        whole_us: time(110.0),
        phases: vec![phase("init_routing", 10.0, 0.0), phase("gate_up", 100.0, 1e9)],
        load: Some(Load::of_counts(vec![1, 0, 7])),
        experts: vec![ExpertRow { expert: 2, rows: 7, time_share: 0.8 }],
        experts_by: Some(HOSTILE.into()),
        padding_waste: Some(3.0),
        imbalance_cost: Some(1.5),
        hints: vec![HOSTILE.into()],
        timeline: vec![span("stream", 10.0, 100.0, None), span("host", 0.0, 2.0, None)],
        ..Point::empty()
    };
    let level = Level { bytes: 16 << 10, one_thread_gbs: 200.0, all_threads_gbs: 400.0 };
    Report {
        schema: SCHEMA,
        version: "0.1.0".into(),
        commit: None,
        model: HOSTILE.into(),
        slice: "all experts".into(),
        device: HOSTILE.into(),
        features: Vec::new(),
        limits: Limits {
            source: "made up".into(),
            measured_at: Some(HOSTILE.into()),
            kept: true,
            all: Rates { f32_gflops: 400.0, bf16_gflops: 900.0, int8_gops: 1800.0, read_gbs: 40.0 },
            one_thread: Some(Rates { f32_gflops: 200.0, bf16_gflops: 450.0, int8_gops: 900.0, read_gbs: 20.0 }),
            levels: vec![level],
        },
        note: Some(HOSTILE.into()),
        points: vec![point(1), point(64)],
        device_ops: Vec::new(),
        comparison: Comparison::default(),
    }
}

#[test]
fn html_loads_nothing_and_escapes_everything() {
    let page = html(&report());
    for outside in ["http://", "https://", "src=", "@import", "url(", "<link", "<script", "<img", HOSTILE, "<b onclick", "NaN", "inf"] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
    // A roofline, a sweep, and bars and loads for each point.
    assert_eq!(page.matches("<svg").count(), 2 + 2 * 2);
}

/// The rules of the trace event format (the document "Trace Event Format", sections on metadata and complete events): what a viewer asks of a file.
fn check_trace(trace: &serde_json::Value) {
    let keys = |v: &serde_json::Value| v.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert!(["ms", "ns"].contains(&trace["displayTimeUnit"].as_str().unwrap()) && trace["otherData"].is_object());
    let mut named = std::collections::BTreeSet::new();
    for e in trace["traceEvents"].as_array().unwrap() {
        assert!(e["name"].is_string() && e["pid"].is_u64() && e["tid"].is_u64() && e["args"].is_object(), "{e}");
        let thread = (e["pid"].as_u64(), e["tid"].as_u64());
        match e["ph"].as_str().unwrap() {
            "M" => match e["name"].as_str().unwrap() {
                "process_name" => assert!(e["args"]["name"].is_string()),
                "thread_name" => assert!(e["args"]["name"].is_string() && named.insert(thread), "named twice: {e}"),
                "thread_sort_index" => assert!(e["args"]["sort_index"].is_u64()),
                other => panic!("no metadata of this name: {other}"),
            },
            "X" => {
                assert_eq!(keys(e), ["args", "cat", "dur", "name", "ph", "pid", "tid", "ts"]);
                assert!(e["ts"].as_f64().is_some_and(|t| t >= 0.0) && e["dur"].as_f64().is_some_and(|t| t >= 0.0), "{e}");
                assert!(named.contains(&thread), "a track without a name: {e}");
            }
            other => panic!("a kind of event that is not used here: {other}"),
        }
    }
}

#[test]
fn trace_keeps_the_format_and_has_a_track_for_each_thread() {
    let mut report = report();
    let span = |track: &str, name: &str, item| Span { track: track.into(), name: name.into(), start_us: 1.5, us: 2.0, item };
    report.points[0].threads = vec![span("thread 0", "gate_up", None), span("thread 10", "down", Some(3)), span("thread 2", "down", None)];
    let trace = trace(&report);
    check_trace(&trace);
    let events = trace["traceEvents"].as_array().unwrap();
    assert_eq!(events.iter().filter(|e| e["ph"] == "X").count(), 4 + 3);
    let tracks: Vec<_> =
        events.iter().filter(|e| e["name"] == "thread_name" && e["pid"] == 0).map(|e| e["args"]["name"].as_str().unwrap()).collect();
    assert_eq!(tracks, ["stream", "host", "thread 0", "thread 2", "thread 10"]);
    assert!(events.iter().any(|e| e["args"]["expert"] == 3 && e["name"] == "down"));
}

#[test]
fn json_comes_back_as_it_was() {
    let text = serde_json::to_string(&report()).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report());
}

#[test]
fn compare_names_the_phase_that_became_slower() {
    let (before, mut after) = (report(), report());
    let slow = &mut after.points[1].phases[0].device_us;
    *slow = Percentiles { p10: 20.0, median: 25.0, p90: 30.0 };
    // Only the slow runs became slower: noise.
    after.points[0].phases[1].device_us.median *= 1.5;
    let found = compare(&before, &after, 0.2).unwrap();
    let slower: Vec<_> = found.changes.iter().filter(|c| c.regression).map(|c| (c.phase.as_str(), c.point.contains("T=64"))).collect();
    assert_eq!(slower, [("init_routing", true)]);
    let told = changes(&found, 0.15);
    assert!(told.lines().next().unwrap().contains("init_routing"));
    assert!(told.lines().last().unwrap().contains("slower by more than 15 %; most by init_routing"), "{told}");
}

#[test]
fn compare_of_different_models_is_refused() {
    let other = Report { model: "other".into(), ..report() };
    assert!(compare(&other, &report(), 0.1).is_err());
}

#[test]
fn table_has_a_line_for_each_phase() {
    let text = table(&report());
    assert_eq!(text.matches("\n  gate_up").count(), 2);
    assert!(text.contains("2 (7 rows, 80.0 %)") && text.lines().any(|line| line == HOSTILE), "{text}");
    assert!(text.contains("1.50 × the time at uniform load") && text.contains("16 KiB 400 (one thread 200)"));
}

#[test]
fn device_operators_are_shown_with_their_phases() {
    let mut report = report();
    let op = |op_type: &str| crate::msprof::DeviceOp {
        op_type: op_type.into(),
        count: 4,
        total_us: 400.0,
        mac_ratio: Some(0.5),
        ..Default::default()
    };
    crate::msprof::attach(&mut report, vec![op("GroupedMatmul"), op("MoeInitRoutingV3"), op(HOSTILE)]);
    let phases: Vec<_> = report.device_ops.iter().map(|o| o.phases.join(" ")).collect();
    assert_eq!(phases, ["gate_up", "init_routing", ""]);
    let text = table(&report);
    assert!(text.contains("GroupedMatmul                     4    400.0 µs    100.0 µs    50 %"), "{text}");
    let page = html(&report);
    assert!(page.contains("MoeInitRoutingV3") && !page.contains(HOSTILE));
}
