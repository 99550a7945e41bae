//! A made-up report for the tests of the renderers: every status, several types, hostile texts.

use crate::Gen;
use crate::report::{CaseReport, Environment, OutputMetrics, Report, SCHEMA, Status, Summary};

/// Texts that would break out of XML, HTML or a script if they were not escaped.
pub(crate) const HOSTILE: &str = "</script><b onclick='x()'>\"&\u{0}\u{1b}[31m]]>";

pub(crate) fn report() -> Report {
    let mut g = Gen::new(7, "sample");
    let mut cases = Vec::new();
    for (op, variant, sizes) in [
        ("matmul", "plain", 12),
        ("grouped_matmul", "w8a8", 20),
        ("attention", "paged", 30),
        ("softmax", "rows", 18),
        ("copy", "strided", 5),
    ] {
        for (dtype, precision) in [("f32", 24.0), ("f16", 11.0), ("bf16", 8.0)] {
            for size in 0..sizes {
                let exact = op == "copy";
                let bits = precision + g.uniform(-0.6, 1.6);
                let n = 1 + g.below(4000);
                let off = if exact { 0 } else { n / 9 };
                let metrics = OutputMetrics {
                    elements: n,
                    max_abs: if exact { 0.0 } else { 2f64.powf(-bits) * 3.0 },
                    max_rel: if exact { 0.0 } else { 2f64.powf(-bits) * 2.0 },
                    cosine: 1.0,
                    nmse: if exact { 0.0 } else { 4f64.powf(-bits) },
                    ulp_histogram: vec![(n - off) as u64, (off - off / 20) as u64, (off / 20) as u64, 0, 0, 0],
                    effective_bits: if exact { 53.0 } else { bits },
                    mare_ratio: g.uniform(0.8, 1.4),
                    mere_ratio: g.uniform(0.9, 1.1),
                    rmse_ratio: g.uniform(0.9, 1.1),
                    ..OutputMetrics::default()
                };
                cases.push(CaseReport {
                    name: format!("{op}/{variant}/{dtype}/plain/t{}_n{}", size + 1, 16 * (size + 1)),
                    op: op.into(),
                    device: "cpu".into(),
                    source: if size % 4 == 0 { "golden" } else { "generated" }.into(),
                    status: Status::Passed,
                    reason: String::new(),
                    dtype: dtype.into(),
                    variant: variant.into(),
                    kernel: format!("{op} (cpu)"),
                    arguments: format!("x: {dtype} [{}, 64], y: {dtype} [{}, 16]", size + 1, size + 1),
                    device_us: g.uniform(2.0, 900.0),
                    metrics: [("y".to_owned(), metrics)].into(),
                });
            }
        }
    }
    let failed = &mut cases[3];
    failed.status = Status::Failed;
    failed.reason = "y[token 3, column 17]: got 0.4375, want 0.4297 (12 units in the last place); MARE ratio 31.2, at most 10".into();
    if let Some(m) = failed.metrics.get_mut("y") {
        (m.effective_bits, m.mare_ratio, m.max_rel) = (6.2, 31.2, 1.8e-2);
        m.ulp_histogram[5] = 1;
    }
    let hostile = &mut cases[40];
    hostile.status = Status::Failed;
    hostile.reason = format!("the device said {HOSTILE}");
    hostile.arguments = HOSTILE.into();
    hostile.name += HOSTILE;
    for case in &mut cases[60..63] {
        case.status = Status::Skipped;
        case.reason = "kernel `own`: dtype f16 is not among its types".into();
        case.metrics.clear();
        case.device_us = 0.0;
    }
    let of = |s| cases.iter().filter(|c: &&CaseReport| c.status == s).count();
    Report {
        schema: SCHEMA,
        environment: Environment {
            version: "0.1.0".into(),
            devices: vec!["cpu (a host, 2 threads)".into()],
            kernels: "auto".into(),
            seed: 7,
            seconds: 12.3,
        },
        summary: Summary { cases: cases.len(), passed: of(Status::Passed), failed: of(Status::Failed), skipped: of(Status::Skipped) },
        cases,
    }
}
