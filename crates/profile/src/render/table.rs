//! For the terminal.

use std::fmt::Write;

use super::micros;
use crate::report::{Change, Report};

/// The profile as lines.
pub fn table(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, r: &Report) -> std::fmt::Result {
    let l = &r.limits;
    writeln!(out, "{}, {}, on {}", r.model, r.slice, r.device)?;
    writeln!(out, "limits ({}): bf16 {:.0} GFLOP/s, int8 {:.0} GOP/s, read {:.1} GB/s", l.source, l.bf16_gflops, l.int8_gops, l.read_gbs)?;
    for p in &r.points {
        writeln!(
            out,
            "\n{} tokens, {}, {}, {} path: {} ({} runs)",
            p.tokens,
            p.routing,
            p.precision,
            p.path,
            micros(p.whole_us.median),
            p.repeats
        )?;
        writeln!(
            out,
            "  {:<13}{:>11}{:>11}{:>11}{:>11}{:>7}{:>10}{:>9}{:>10}  bound by",
            "phase", "median", "p10", "p90", "host", "share", "TFLOP/s", "GB/s", "roofline"
        )?;
        let sum: f64 = p.phases.iter().map(|f| f.device_us.median).sum();
        for f in &p.phases {
            let d = f.device_us;
            writeln!(
                out,
                "  {:<13}{:>11}{:>11}{:>11}{:>11}{:>5.0} %{:>10.3}{:>9.1}{:>8.0} %  {}",
                f.name,
                micros(d.median),
                micros(d.p10),
                micros(d.p90),
                micros(f.host_us.median),
                100.0 * d.median / sum,
                f.tflops,
                f.gbs,
                100.0 * f.roofline,
                f.bound_by
            )?;
        }
        writeln!(out, "  phases add up to {:.1} % of the whole; the marks cost {:+.1} %", 100.0 * p.sum_over_whole, 100.0 * p.overhead)?;
        let n = &p.load;
        writeln!(
            out,
            "  load: busiest {:.2} × mean, Gini {:.2}, {} of {} experts idle; padding to tiles of 16 rows would add {:.0} %",
            n.max_over_mean,
            n.gini,
            n.idle,
            n.counts.len(),
            100.0 * p.padding_waste
        )?;
        if let Some(cost) = p.imbalance_cost {
            writeln!(out, "  imbalance: {cost:.2} × the time at uniform load")?;
        }
        for hint in &p.hints {
            writeln!(out, "  → {hint}")?;
        }
    }
    Ok(())
}

/// A comparison as lines: what became slower first.
pub fn changes(changes: &[Change]) -> String {
    let mut out = String::new();
    let mut sorted: Vec<&Change> = changes.iter().collect();
    sorted.sort_by(|a, b| b.regression.cmp(&a.regression).then(b.ratio.total_cmp(&a.ratio)));
    for c in sorted {
        let verdict = if c.regression { "  SLOWER" } else { "" };
        let _ = writeln!(
            out,
            "{:>6.2} ×  {:>10} → {:>10}  {:<13} {}{verdict}",
            c.ratio,
            micros(c.before_us),
            micros(c.after_us),
            c.phase,
            c.point
        );
    }
    out
}
