//! For the terminal.

use std::fmt::{self, Write};

use super::{counted, micros};
use crate::report::{Change, Comparison, Point, Rate, Report, WHOLE};

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
    writeln!(out, "{}, {}, on {}", r.model, r.slice, r.device)?;
    for line in super::limits(&r.limits) {
        writeln!(out, "{line}")?;
    }
    if let Some(note) = &r.note {
        writeln!(out, "{note}")?;
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
    writeln!(out, "\n{}: {} ({})", super::title(p), micros(p.whole_us.median), counted(p.repeats, "run"))?;
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
    for line in super::communication(p) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "  phases add up to {:.1} % of the whole; the marks cost {:+.1} %", 100.0 * p.sum_over_whole, 100.0 * p.overhead)?;
    if let Some(n) = &p.load {
        writeln!(
            out,
            "  load: busiest {:.2} × mean, Gini {:.2}, {} of {} idle{}",
            n.max_over_mean,
            n.gini,
            n.idle,
            counted(n.counts.len(), "expert"),
            p.padding_waste.map_or(String::new(), |share| format!("; padding to tiles of 16 rows would add {:.0} %", 100.0 * share))
        )?;
        let mut busiest: Vec<_> = p.experts.iter().filter(|e| e.rows > 0).collect();
        busiest.sort_by(|a, b| b.time_share.total_cmp(&a.time_share));
        let listed: Vec<String> = busiest
            .iter()
            .take(LISTED)
            .map(|e| format!("{} ({}, {:.1} %)", e.expert, counted(e.rows, "row"), 100.0 * e.time_share))
            .collect();
        if !listed.is_empty() {
            writeln!(out, "  experts with the most time: {}; by {}", listed.join(", "), p.experts_by.as_deref().unwrap_or_default())?;
        }
    }
    if let Some(r) = &p.ranks {
        writeln!(out, "  rows: {}", super::ranks(r))?;
    }
    if let Some(cost) = p.imbalance_cost {
        writeln!(out, "  imbalance: {cost:.2} × the time at uniform load")?;
    }
    for hint in &p.hints {
        writeln!(out, "  → {hint}")?;
    }
    Ok(())
}

/// A comparison as lines: points that one side has, what both have with what became slower first, then what it means. `threshold` is that of the comparison. Nothing if
/// nothing was compared.
pub fn changes(comparison: &Comparison, threshold: f64) -> String {
    let mut out = String::new();
    for (keys, whose) in [(&comparison.only_before, "only in the baseline"), (&comparison.only_after, "not in the baseline")] {
        keys.iter().for_each(|key| out.push_str(&format!("{whose}: {key}\n")));
    }
    let mut sorted: Vec<&Change> = comparison.changes.iter().collect();
    sorted.sort_by(|a, b| b.regression.cmp(&a.regression).then(b.ratio.total_cmp(&a.ratio)));
    for c in &sorted {
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
    let percent = 100.0 * threshold;
    // The whole is slower because a phase is: it has the blame only if no phase has.
    let phases = || sorted.iter().filter(|c| c.regression && c.phase != WHOLE);
    let worst = phases().max_by(|a, b| (a.after_us - a.before_us).total_cmp(&(b.after_us - b.before_us)));
    let _ = match worst.or(sorted.iter().find(|c| c.regression)) {
        Some(c) => writeln!(
            out,
            "{} of {} became slower by more than {percent:.0} %; most by {}, which takes {} more in {}",
            phases().count(),
            counted(sorted.iter().filter(|c| c.phase != WHOLE).count(), "phase"),
            c.phase,
            micros(c.after_us - c.before_us),
            c.point
        ),
        None if sorted.is_empty() => Ok(()),
        None => writeln!(out, "nothing became slower by more than {percent:.0} %"),
    };
    out
}
