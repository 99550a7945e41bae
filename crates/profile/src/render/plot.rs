//! Drawings, as SVG.

use std::fmt::Write;

use super::{Escaped, micros};
use crate::limits::Limits;
use crate::report::{Point, Report};
use crate::workload::Load;

/// Class of a phase or stage: its colour.
fn colour(name: &str) -> usize {
    match name {
        "gating" | "routing" => 0,
        "init_routing" | "quantize" => 1,
        "gate_up" | "experts" => 2,
        "activation" => 3,
        "down" => 4,
        "finalize" => 5,
        "qkv" | "query" | "latent" => 6,
        "attention" | "attention_window" => 7,
        "output" | "absorb" | "expand" => 8,
        "norm" | "ffn_norm" | "head_norms" | "rope" | "cache" => 9,
        "shared" | "dense" => 10,
        "embedding" | "head" => 11,
        _ => 12,
    }
}

/// A logarithmic axis between two powers of ten.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let logs: Vec<f64> = values.filter(|v| *v > 0.0 && v.is_finite()).map(f64::log10).collect();
        let low = logs.iter().copied().fold(f64::INFINITY, f64::min);
        let high = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low > high {
            return Self { low: 0.0, high: 1.0, from, to };
        }
        Self { low: low.floor(), high: high.ceil().max(low.floor() + 1.0), from, to }
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value.max(f64::MIN_POSITIVE).log10() - self.low) / (self.high - self.low);
        self.from + (self.to - self.from) * share.clamp(0.0, 1.0)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        (self.low as i32..=self.high as i32).map(|e| 10f64.powi(e))
    }
}

/// A power of ten as people write it.
fn tick(value: f64) -> String {
    if (0.01..100_000.0).contains(&value) { format!("{value}") } else { format!("{value:e}") }
}

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 380.0;
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 330.0;

fn frame(out: &mut String, x: &Axis, y: &Axis, across: &str, up: &str, label: &str) {
    let _ = write!(out, "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">", Escaped(label));
    for v in x.ticks() {
        let at = x.at(v);
        let _ = write!(
            out,
            "<path class=\"grid\" d=\"M{at:.1} 16V{BOTTOM}\"/><text x=\"{at:.1}\" y=\"348\" text-anchor=\"middle\">{}</text>",
            tick(v)
        );
    }
    for v in y.ticks() {
        let at = y.at(v);
        let _ = write!(
            out,
            "<path class=\"grid\" d=\"M{LEFT} {at:.1}H740\"/><text x=\"56\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            at + 4.0,
            tick(v)
        );
    }
    let _ = write!(out, "<text x=\"740\" y=\"370\" text-anchor=\"end\">{across}</text><text x=\"{LEFT}\" y=\"11\">{up}</text>");
}

/// Every phase of every point under the roof of the device.
pub(super) fn roofline(report: &Report) -> String {
    let phases = || report.points.iter().flat_map(|p| p.phases.iter().filter(|f| f.flops > 0.0 && f.bytes > 0.0).map(move |f| (p, f)));
    let l: &Limits = &report.limits;
    let top = l.all.bf16_gflops.max(l.all.int8_gops);
    let ridge = top / l.all.read_gbs;
    let x = Axis::around(phases().map(|(_, f)| f.flops / f.bytes).chain([0.5, 2.0 * ridge]), LEFT, 740.0);
    let y = Axis::around(phases().map(|(_, f)| f.rate.tflops * 1e3).chain([top, 1.0]), BOTTOM, 16.0);
    let mut out = String::new();
    frame(&mut out, &x, &y, "operations per byte", "GFLOP/s", "Roofline with every phase");
    let mut peaks = vec![("bf16", l.all.bf16_gflops)];
    if report.points.iter().any(|p| p.precision.is_integer()) {
        peaks.push(("int8", l.all.int8_gops));
    }
    for (name, peak) in peaks {
        let (first, last) = (10f64.powf(x.low), 10f64.powf(x.high));
        let knee = peak / l.all.read_gbs;
        // The slope leaves the drawing at the bottom rather than bending along its edge.
        let start = first.max(10f64.powf(y.low) / l.all.read_gbs);
        let _ = write!(
            out,
            "<path class=\"roof\" d=\"M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}\"/><text x=\"736\" y=\"{:.1}\" text-anchor=\"end\">{name} {peak:.0}</text>",
            x.at(start),
            y.at(start * l.all.read_gbs),
            x.at(knee),
            y.at(peak),
            x.at(last),
            y.at(peak),
            y.at(peak) - 5.0
        );
    }
    for level in &l.levels {
        let (from, to) = (10f64.powf(x.low).max(10f64.powf(y.low) / level.all_threads_gbs), top / level.all_threads_gbs);
        if from < to {
            let _ = write!(
                out,
                "<path class=\"level\" d=\"M{:.1} {:.1}L{:.1} {:.1}\"><title>{}</title></path>",
                x.at(from),
                y.at(from * level.all_threads_gbs),
                x.at(to),
                y.at(top),
                Escaped(&level.to_string())
            );
        }
    }
    for (p, f) in phases() {
        let _ = write!(
            out,
            "<circle class=\"p{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\"><title>{}</title></circle>",
            colour(&f.name),
            x.at(f.flops / f.bytes),
            y.at(f.rate.tflops * 1e3),
            Escaped(&format!(
                "{}, {}: {:.3} TFLOP/s, {:.1} GB/s, {:.0} % of the roofline",
                f.name,
                p.key(),
                f.rate.tflops,
                f.rate.gbs,
                100.0 * f.rate.roofline
            ))
        );
    }
    out += "</svg>";
    out
}

/// Height of a row of [`flame`].
const ROW: f64 = 30.0;

/// Phases side by side, as wide as they are long, and below them the stages of their kernels.
pub(super) fn flame(point: &Point) -> String {
    let rows = if point.phases.iter().any(|f| !f.stages.is_empty()) { 2.0 } else { 1.0 };
    let mut out = format!("<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"Phases by time\">", ROW * rows);
    let mut at = 0.0;
    for f in &point.phases {
        let width = point.share(f) * WIDTH;
        block(&mut out, &f.name, at, 0.0, width, micros(f.times as f64 * f.device_us.median), point.share(f));
        let mut from = at;
        // Medians need not add up; the stages stay below their phase.
        let staged = f.stages.iter().map(|s| s.us.median).sum::<f64>().max(f.device_us.median);
        for s in &f.stages {
            let part = s.us.median / staged;
            block(&mut out, &s.name, from, ROW, part * width, micros(f.times as f64 * s.us.median), part * point.share(f));
            from += part * width;
        }
        at += width;
    }
    out += "</svg>";
    out
}

fn block(out: &mut String, name: &str, x: f64, y: f64, width: f64, time: String, share: f64) {
    let title = format!("{name}: {time} ({:.1} %)", 100.0 * share);
    let _ = write!(
        out,
        "<g><title>{}</title><rect class=\"p{}\" x=\"{x:.1}\" y=\"{y}\" width=\"{:.1}\" height=\"{}\"/>",
        Escaped(&title),
        colour(name),
        (width - 1.0).max(0.3),
        ROW - 2.0
    );
    if width > 7.5 * name.len() as f64 + 8.0 {
        let _ = write!(
            out,
            "<text class=\"on\" x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            x + width / 2.0,
            y + 18.0,
            Escaped(name)
        );
    }
    out.push_str("</g>");
}

/// Rows of each expert, busiest first.
pub(super) fn loads(point: &Point, load: &Load) -> String {
    let mut counts: Vec<(usize, usize)> = load.counts.iter().copied().enumerate().collect();
    counts.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let (most, each) = (counts.first().map_or(1, |c| c.1).max(1) as f64, WIDTH / counts.len().max(1) as f64);
    let mean = load.rows() as f64 / counts.len().max(1) as f64;
    let mut out = format!("<svg viewBox=\"0 0 {WIDTH} 110\" role=\"img\" aria-label=\"Rows of each expert\">");
    for (i, (expert, rows)) in counts.iter().enumerate() {
        let height = *rows as f64 / most * 90.0;
        let share = point.experts.get(*expert).map_or(0.0, |e| e.time_share);
        let _ = write!(
            out,
            "<rect class=\"load\" x=\"{:.2}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{height:.1}\"><title>expert {expert}: {rows} rows, {:.1} % of the products&#39; time</title></rect>",
            i as f64 * each,
            104.0 - height,
            (each * 0.86).max(0.5),
            100.0 * share
        );
    }
    let level = 104.0 - mean / most * 90.0;
    let _ = write!(
        out,
        "<path class=\"roof\" d=\"M0 {level:.1}H{WIDTH}\"/><text x=\"{WIDTH}\" y=\"{:.1}\" text-anchor=\"end\">mean {mean:.1}</text></svg>",
        level - 4.0
    );
    out
}

/// Time over tokens, a line for each storage type, path and routing.
pub(super) fn sweep(report: &Report) -> String {
    let mut lines: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for p in &report.points {
        let parts = [p.precision.name(), &p.path, &p.routing, &p.step];
        let name = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let point = (p.tokens as f64, p.whole_us.median);
        match lines.iter_mut().find(|(n, _)| *n == name) {
            Some((_, points)) => points.push(point),
            None => lines.push((name, vec![point])),
        }
    }
    let all = || lines.iter().flat_map(|(_, points)| points.iter());
    let x = Axis::around(all().map(|p| p.0), LEFT, 740.0);
    let y = Axis::around(all().map(|p| p.1), BOTTOM, 16.0);
    let mut out = String::new();
    frame(&mut out, &x, &y, "tokens", "µs", "Time by number of tokens");
    for (i, (name, points)) in lines.iter_mut().enumerate() {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let path: Vec<String> = points.iter().map(|p| format!("{:.1} {:.1}", x.at(p.0), y.at(p.1))).collect();
        let _ = write!(out, "<path class=\"line s{}\" d=\"M{}\"><title>{}</title></path>", i % 8, path.join("L"), Escaped(name));
        for (t, us) in points.iter() {
            let title = format!("{name}, {t} tokens: {}", micros(*us));
            let _ = write!(
                out,
                "<circle class=\"p{}\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\"><title>{}</title></circle>",
                i % 8,
                x.at(*t),
                y.at(*us),
                Escaped(&title)
            );
        }
        let _ = write!(out, "<text class=\"key t{}\" x=\"76\" y=\"{}\">{}</text>", i % 8, 32 + 16 * i, Escaped(name));
    }
    out += "</svg>";
    out
}

/// A patch in the colour of a phase.
pub(super) fn key(name: &str) -> String {
    format!("<i class=\"key p{}\"></i>", colour(name))
}
