//! For the terminal.

use std::fmt::{self, Write};

use super::micros;
use crate::report::{Change, Point, Rate, Report};

/// Experts that are listed, the busiest.
const LISTED: usize = 5;

/// The profile as lines.
pub fn table(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, r: &Report) -> fmt::Result {
    let l = &r.limits;
    writeln!(out, "{}, {}, on {}", r.model, r.slice, r.device)?;
    writeln!(out, "limits ({}): bf16 {:.0} GFLOP/s, int8 {:.0} GOP/s, read {:.1} GB/s", l.source, l.bf16_gflops, l.int8_gops, l.read_gbs)?;
    if !l.levels.is_empty() {
        writeln!(out, "from caches, GB/s by bytes a thread: {}", super::levels(l))?;
    }
    for p in &r.points {
        point(out, p)?;
    }
    if r.device_ops.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nby the vendor's profiler\n  {:<28}{:>7}{:>12}{:>12}{:>8}  {:<16}phases",
        "operator", "calls", "total", "a call", "cube", "cores"
    )?;
    for op in &r.device_ops {
        let cube = op.mac_ratio.map_or(String::new(), |share| format!("{:.0} %", 100.0 * share));
        let each = micros(op.total_us / op.count.max(1) as f64);
        let (total, phases) = (micros(op.total_us), op.phases.join(", "));
        let line = format!("  {:<28}{:>7}{total:>12}{each:>12}{cube:>8}  {:<16}{phases}", op.op_type, op.count, op.core_type);
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn point(out: &mut String, p: &Point) -> fmt::Result {
    writeln!(out, "\n{}: {} ({} runs)", super::title(p), micros(p.whole_us.median), p.repeats)?;
    writeln!(
        out,
        "  {:<18}{:>11}{:>11}{:>11}{:>11}{:>7}{:>10}{:>9}{:>10}  bound by",
        "phase", "median", "p10", "p90", "host", "share", "TFLOP/s", "GB/s", "roofline"
    )?;
    let rate = |r: &Rate| format!("{:>10.3}{:>9.1}{:>8.0} %", r.tflops, r.gbs, 100.0 * r.roofline);
    for f in &p.phases {
        let d = f.device_us;
        let times = if f.times == 1 { f.name.clone() } else { format!("{} ×{}", f.name, f.times) };
        writeln!(
            out,
            "  {:<18}{:>11}{:>11}{:>11}{:>11}{:>5.0} %{}  {}",
            times,
            micros(d.median),
            micros(d.p10),
            micros(d.p90),
            micros(f.host_us.median),
            100.0 * p.share(f),
            rate(&f.rate),
            f.bound_by
        )?;
        for s in &f.stages {
            let share = 100.0 * p.share(f) * s.us.median / d.median;
            let known = s.rate.as_ref().map_or(String::new(), rate);
            let line = format!(
                "    {:<16}{:>11}{:>11}{:>11}{:>11}{share:>5.0} %{known}",
                s.name,
                micros(s.us.median),
                micros(s.us.p10),
                micros(s.us.p90),
                ""
            );
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    if let Some(us) = p.step_us {
        writeln!(
            out,
            "  a step of all layers: {}, {:.1} tokens/s; each kind of layer was measured once",
            micros(us),
            p.tokens as f64 / us * 1e6
        )?;
    }
    writeln!(out, "  phases add up to {:.1} % of the whole; the marks cost {:+.1} %", 100.0 * p.sum_over_whole, 100.0 * p.overhead)?;
    if let Some(n) = &p.load {
        writeln!(
            out,
            "  load: busiest {:.2} × mean, Gini {:.2}, {} of {} experts idle; padding to tiles of 16 rows would add {:.0} %",
            n.max_over_mean,
            n.gini,
            n.idle,
            n.counts.len(),
            100.0 * p.padding_waste.unwrap_or_default()
        )?;
        let mut busiest: Vec<_> = p.experts.iter().filter(|e| e.rows > 0).collect();
        busiest.sort_by(|a, b| b.time_share.total_cmp(&a.time_share));
        let listed: Vec<String> =
            busiest.iter().take(LISTED).map(|e| format!("{} ({} rows, {:.1} %)", e.expert, e.rows, 100.0 * e.time_share)).collect();
        writeln!(out, "  experts with the most time: {}; by {}", listed.join(", "), p.experts_by.as_deref().unwrap_or_default())?;
    }
    if let Some(cost) = p.imbalance_cost {
        writeln!(out, "  imbalance: {cost:.2} × the time at uniform load")?;
    }
    for hint in &p.hints {
        writeln!(out, "  → {hint}")?;
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
            "{:>6.2} ×  {:>10} → {:>10}  {:<18} {}{verdict}",
            c.ratio,
            micros(c.before_us),
            micros(c.after_us),
            c.phase,
            c.point
        );
    }
    out
}
