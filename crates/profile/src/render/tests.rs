//! The renderers, on a made-up report.

use super::*;
use crate::report::{BoundBy, Limits, Percentiles, PhaseReport, Point, Report, SCHEMA, Span, compare};
use crate::workload::{Load, Precision};

const HOSTILE: &str = "</style><b onclick='x()'>\"&";

fn report() -> Report {
    let time = |us: f64| Percentiles { p10: 0.9 * us, median: us, p90: 1.2 * us };
    let phase = |name: &str, us: f64, flops: f64| PhaseReport {
        name: name.into(),
        device_us: time(us),
        host_us: time(us),
        flops,
        bytes: 1e6,
        tflops: flops / us / 1e6,
        gbs: 1e3 / us,
        roofline: 0.5,
        bound_by: BoundBy::Memory,
    };
    let point = |tokens| Point {
        path: "parts".into(),
        precision: Precision::Bf16,
        tokens,
        routing: HOSTILE.into(),
        repeats: 3,
        whole_us: time(110.0),
        phases: vec![phase("init_routing", 10.0, 0.0), phase("gate_up", 100.0, 1e9)],
        sum_over_whole: 1.0,
        overhead: 0.0,
        load: Load::of_counts(vec![1, 0, 7]),
        expert_time_share: vec![0.2, 0.0, 0.8],
        padding_waste: 3.0,
        imbalance_cost: Some(1.5),
        hints: vec![HOSTILE.into()],
        timeline: vec![
            Span { track: "stream".into(), name: "gate_up".into(), start_us: 10.0, us: 100.0 },
            Span { track: "host".into(), name: "gate_up".into(), start_us: 0.0, us: 2.0 },
        ],
    };
    Report {
        schema: SCHEMA,
        version: "0.1.0".into(),
        commit: None,
        model: HOSTILE.into(),
        slice: "all experts".into(),
        device: HOSTILE.into(),
        features: Vec::new(),
        limits: Limits { source: "made up".into(), f32_gflops: 400.0, bf16_gflops: 900.0, int8_gops: 1800.0, read_gbs: 40.0 },
        points: vec![point(1), point(64)],
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

/// The keys that the trace event format asks of complete events and metadata.
#[test]
fn trace_events_have_the_keys_of_the_format() {
    let trace = trace(&report());
    let events = trace["traceEvents"].as_array().unwrap();
    let complete: Vec<_> = events.iter().filter(|e| e["ph"] == "X").collect();
    assert_eq!(complete.len(), 4);
    for e in complete {
        assert!(
            e["name"].is_string() && e["pid"].is_u64() && e["tid"].is_u64() && e["ts"].is_f64() && e["dur"].as_f64().unwrap() > 0.0,
            "{e}"
        );
    }
    for e in events.iter().filter(|e| e["ph"] == "M") {
        assert!(e["args"]["name"].is_string() && ["process_name", "thread_name"].contains(&e["name"].as_str().unwrap()));
    }
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
    let slower: Vec<_> = found.iter().filter(|c| c.regression).map(|c| (c.phase.as_str(), c.point.contains("T=64"))).collect();
    assert_eq!(slower, [("init_routing", true)]);
    assert!(changes(&found).lines().next().unwrap().contains("init_routing"));
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
    assert!(text.contains("1.50 × the time at uniform load"));
}
