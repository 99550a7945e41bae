//! The plots, as SVG inside of the page. Colours and type come from the page's style sheet.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::super::Escaped;
use super::super::digest::{self, OpLine, add_histogram, compared};
use super::super::number::{count, percent, ulp_bin};
use crate::report::Report;

/// Storage types in the order of their lanes; others follow.
const DTYPES: [&str; 3] = ["f32", "f16", "bf16"];

/// Style class of a type's colour.
fn class(dtype: &str) -> &'static str {
    match dtype {
        "f32" => "d-f32",
        "f16" => "d-f16",
        "bf16" => "d-bf16",
        _ => "d-other",
    }
}

fn rank(dtype: &str) -> usize {
    DTYPES.iter().position(|d| *d == dtype).unwrap_or(DTYPES.len())
}

/// The types of `lanes`, known ones first.
fn sorted<'a>(lanes: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all: Vec<&str> = lanes.collect();
    all.sort_by_key(|d| (rank(d), *d));
    all.dedup();
    all
}

fn legend(dtypes: &[&str]) -> String {
    let keys: String = dtypes.iter().map(|d| format!("<span><i class=\"{}\"></i>{}</span>", class(d), Escaped(d))).collect();
    format!("<p class=\"legend\">{keys}</p>")
}

/// Bins of half a bit from 0 to [`MAX_BITS`], and one more for outputs without any error.
const BINS_PER_BIT: usize = 2;
const MAX_BITS: usize = 28;

fn bin(bits: f64) -> Option<usize> {
    match bits {
        b if b.is_nan() => None,
        f64::INFINITY => Some(MAX_BITS * BINS_PER_BIT),
        b => Some(((b.max(0.0) * BINS_PER_BIT as f64) as usize).min(MAX_BITS * BINS_PER_BIT - 1)),
    }
}

/// How many outputs fall into each bin of the axis.
type OutputsByBin = BTreeMap<usize, u64>;

/// For each op a lane for each type, with circles along an axis of bits.
pub(super) fn effective_bits(report: &Report) -> String {
    // In the report's order of ops.
    let mut ops: Vec<(&str, BTreeMap<&str, OutputsByBin>)> = Vec::new();
    for case in &report.cases {
        for bin in compared(case).filter_map(|(_, m)| bin(digest::effective_bits(m))) {
            let at = ops.iter().position(|(op, _)| *op == case.op).unwrap_or_else(|| {
                ops.push((&case.op, BTreeMap::new()));
                ops.len() - 1
            });
            *ops[at].1.entry(&case.dtype).or_default().entry(bin).or_default() += 1;
        }
    }
    let most = ops.iter().flat_map(|(_, lanes)| lanes.values().flat_map(|bins| bins.values())).copied().max().unwrap_or(1) as f64;

    const LEFT: f64 = 148.0;
    const PER_BIT: f64 = 24.0;
    const LANE: f64 = 15.0;
    const TOP: f64 = 34.0;
    let x = |bits: f64| LEFT + PER_BIT * bits;
    let exact = x(MAX_BITS as f64 + 1.4);
    let width = exact + 40.0;
    let lanes: usize = ops.iter().map(|(_, lanes)| lanes.len()).sum();
    let bottom = TOP + lanes as f64 * LANE + ops.len() as f64 * 8.0;

    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg class=\"plot\" viewBox=\"0 0 {width} {}\" style=\"min-width:{}px\" role=\"img\" aria-label=\"Effective bits of every output, by op and type\">",
        bottom + 44.0,
        width * 0.8
    );
    for bits in (0..=MAX_BITS).step_by(4) {
        let at = x(bits as f64);
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{at} {TOP}V{bottom}\"/><text class=\"tick\" x=\"{at}\" y=\"{}\" text-anchor=\"middle\">{bits}</text>",
            bottom + 16.0
        );
    }
    let _ = write!(
        svg,
        "<path class=\"grid\" d=\"M{exact} {TOP}V{bottom}\"/><text class=\"tick\" x=\"{exact}\" y=\"{}\" text-anchor=\"middle\">exact</text>\
         <text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">effective bits</text>",
        bottom + 16.0,
        x(MAX_BITS as f64 / 2.0),
        bottom + 36.0
    );
    for (dtype, bits) in [("bf16", 8.0), ("f16", 11.0), ("f32", 24.0)] {
        let at = x(bits);
        let _ = write!(
            svg,
            "<path class=\"mark {c}\" d=\"M{at} {}V{bottom}\"/><text class=\"tick {c}\" x=\"{at}\" y=\"{}\" text-anchor=\"middle\">{dtype} · {bits}</text>",
            TOP - 8.0,
            TOP - 14.0,
            c = class(dtype)
        );
    }
    let mut y = TOP;
    for (op, lanes) in &ops {
        let height = lanes.len() as f64 * LANE + 8.0;
        let middle = y + height / 2.0;
        let _ = write!(
            svg,
            "<path class=\"rule\" d=\"M0 {y}H{width}\"/><text class=\"label\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LEFT - 14.0,
            middle + 4.0,
            Escaped(op)
        );
        for (lane, dtype) in sorted(lanes.keys().copied()).into_iter().enumerate() {
            let cy = y + 4.0 + LANE * (lane as f64 + 0.5);
            for (&bin, &n) in &lanes[dtype] {
                let half = 0.5 / BINS_PER_BIT as f64;
                let (cx, range) = if bin == MAX_BITS * BINS_PER_BIT {
                    (exact, "exact".to_owned())
                } else {
                    let from = bin as f64 / BINS_PER_BIT as f64;
                    let range = match bin {
                        0 => format!("less than {} effective bits", 2.0 * half),
                        b if b + 1 == MAX_BITS * BINS_PER_BIT => format!("{from} effective bits or more"),
                        _ => format!("{from} to {} effective bits", from + 2.0 * half),
                    };
                    (x(from + half), range)
                };
                let r = 2.2 + 6.3 * (n as f64 / most).sqrt();
                let (op, what) = (Escaped(op), if n == 1 { "output" } else { "outputs" });
                let _ = write!(
                    svg,
                    "<circle class=\"{}\" cx=\"{cx:.1}\" cy=\"{cy:.1}\" r=\"{r:.1}\"><title>{op} {}: {} {what}, {range}</title></circle>",
                    class(dtype),
                    Escaped(dtype),
                    count(n)
                );
            }
        }
        y += height;
    }
    svg.push_str("</svg>");
    legend(&sorted(ops.iter().flat_map(|(_, lanes)| lanes.keys().copied()))) + &svg
}

/// One small bar chart a type: the share of elements in each bin, on a logarithmic axis.
pub(super) fn ulp_by_dtype(report: &Report) -> String {
    let mut by_dtype: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for case in &report.cases {
        for (_, m) in compared(case) {
            add_histogram(by_dtype.entry(&case.dtype).or_default(), &m.ulp_histogram);
        }
    }
    by_dtype.retain(|_, bins| bins.iter().any(|n| *n > 0));
    // One scale for all, so that the charts can be compared: from 1 down to a decade below the smallest share, at most to one in a billion.
    let share = |bins: &[u64]| bins.iter().filter(|n| **n > 0).min().map_or(1.0, |&n| n as f64 / bins.iter().sum::<u64>() as f64);
    let least = by_dtype.values().map(|bins| share(bins)).fold(1.0, f64::min);
    let decades = (1.0 - least.log10().floor()).clamp(2.0, 9.0);
    let used = by_dtype.values().filter_map(|bins| bins.iter().rposition(|n| *n > 0)).max().unwrap_or(0) + 1;
    sorted(by_dtype.keys().copied()).into_iter().map(|dtype| ulp_bars(dtype, &by_dtype[dtype], used, decades)).collect()
}

fn ulp_bars(dtype: &str, bins: &[u64], used: usize, decades: f64) -> String {
    let total: u64 = bins.iter().sum();

    const LEFT: f64 = 58.0;
    const TOP: f64 = 40.0;
    const HEIGHT: f64 = 150.0;
    const BAR: f64 = 46.0;
    let width = LEFT + BAR * used.max(4) as f64 + 8.0;
    let bottom = TOP + HEIGHT;
    let y = |share: f64| bottom - HEIGHT * (1.0 + share.log10() / decades).clamp(0.0, 1.0);
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg class=\"plot\" viewBox=\"0 0 {width} {}\" style=\"width:{width}px\" role=\"img\" aria-label=\"{dtype}: share of elements by distance in units of the last place\">\
         <text class=\"label {}\" x=\"0\" y=\"16\">{dtype}</text><text class=\"tick\" x=\"{width}\" y=\"16\" text-anchor=\"end\">{} elements</text>",
        bottom + 40.0,
        class(dtype),
        count(total),
        dtype = Escaped(dtype),
    );
    for decade in 0..=decades as i32 {
        let at = y(10f64.powi(-decade));
        let name = if decade <= 4 { format!("{} %", 10f64.powi(2 - decade)) } else { format!("1e-{} %", decade - 2) };
        let _ = write!(
            svg,
            "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{width}\"/><text class=\"tick\" x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
            LEFT - 6.0,
            at + 4.0
        );
    }
    for (i, &n) in bins.iter().take(used).enumerate() {
        let middle = LEFT + BAR * (i as f64 + 0.5);
        let name = ulp_bin(i, bins.len());
        // Wide ranges would run into each other under their bars.
        let short = name.split_once('–').filter(|_| name.chars().count() > 5).map_or(name.clone(), |(_, to)| format!("≤ {to}"));
        let _ =
            write!(svg, "<text class=\"tick\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>", bottom + 16.0, Escaped(&short));
        if n > 0 {
            let top = y(n as f64 / total as f64).min(bottom - 1.5);
            let _ = write!(
                svg,
                "<rect class=\"{}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"><title>{}: {} elements</title></rect>\
                 <text class=\"value\" x=\"{middle}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                class(dtype),
                middle - BAR * 0.36,
                BAR * 0.72,
                bottom - top,
                Escaped(&name),
                count(n),
                top - 5.0,
                Escaped(&percent(n, total))
            );
        }
    }
    let _ = write!(
        svg,
        "<path class=\"base\" d=\"M{LEFT} {bottom}H{width}\"/><text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">units of the last place</text></svg>",
        (LEFT + width) / 2.0,
        bottom + 35.0
    );
    svg
}

/// Segments of the stacked bars: 0, 1, 2, 3-4, 5-8 and everything above.
const SEGMENTS: usize = 6;

/// For each op and type one bar of 100 %, in segments of growing distance.
pub(super) fn ulp_by_op(lines: &[OpLine<'_>]) -> String {
    // Devices of one op are added up.
    let mut ops: Vec<(&str, BTreeMap<&str, Vec<u64>>)> = Vec::new();
    for line in lines {
        if ops.last().is_none_or(|(op, _)| *op != line.op) {
            ops.push((line.op, BTreeMap::new()));
        }
        for (dtype, worst) in &line.by_dtype {
            if let Some((_, lanes)) = ops.last_mut().filter(|_| worst.ulp_histogram.iter().any(|n| *n > 0)) {
                add_histogram(lanes.entry(dtype).or_default(), &worst.ulp_histogram);
            }
        }
    }
    ops.retain(|(_, lanes)| !lanes.is_empty());

    const LEFT: f64 = 188.0;
    const WIDTH: f64 = 560.0;
    const LANE: f64 = 17.0;
    let lanes: usize = ops.iter().map(|(_, lanes)| lanes.len()).sum();
    let height = lanes as f64 * LANE + ops.len() as f64 * 8.0;
    let width = LEFT + WIDTH + 108.0;
    let bins = ops.iter().flat_map(|(_, lanes)| lanes.values().map(Vec::len)).max().unwrap_or(0);
    let name = |segment: usize| if segment + 1 < SEGMENTS { ulp_bin(segment, bins.max(SEGMENTS + 1)) } else { "more".into() };
    let mut svg = String::from("<p class=\"legend\">");
    for segment in 0..SEGMENTS {
        let _ = write!(svg, "<span><i class=\"u{segment}\"></i>{}{}</span>", name(segment), if segment == 0 { " ulp" } else { "" });
    }
    let _ = write!(
        svg,
        "</p><svg class=\"plot\" viewBox=\"0 0 {width} {height}\" style=\"min-width:{}px\" role=\"img\" aria-label=\"Share of elements by distance in units of the last place, by op and type\">",
        width * 0.8
    );
    let mut y = 0.0;
    for (op, lanes) in &ops {
        let rows = lanes.len() as f64 * LANE;
        let _ = write!(
            svg,
            "<path class=\"rule\" d=\"M0 {y}H{width}\"/><text class=\"label\" x=\"134\" y=\"{}\" text-anchor=\"end\">{}</text>",
            y + 4.0 + rows / 2.0 + 4.0,
            Escaped(op)
        );
        for (lane, dtype) in sorted(lanes.keys().copied()).into_iter().enumerate() {
            let top = y + 4.0 + lane as f64 * LANE;
            let bins = &lanes[dtype];
            let total: u64 = bins.iter().sum();
            let _ = write!(
                svg,
                "<text class=\"tick {}\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
                class(dtype),
                LEFT - 8.0,
                top + 12.0,
                Escaped(dtype)
            );
            let mut x = LEFT;
            for segment in 0..SEGMENTS {
                let n: u64 = if segment + 1 < SEGMENTS { bins.get(segment).copied().unwrap_or(0) } else { bins.iter().skip(segment).sum() };
                if n == 0 {
                    continue;
                }
                let w = WIDTH * n as f64 / total as f64;
                let _ = write!(
                    svg,
                    "<rect class=\"u{segment}\" x=\"{x:.2}\" y=\"{:.1}\" width=\"{:.2}\" height=\"{}\"><title>{} {}: {} of {} elements at {} ulp</title></rect>",
                    top + 1.5,
                    w.max(0.6),
                    LANE - 3.0,
                    Escaped(op),
                    Escaped(dtype),
                    count(n),
                    count(total),
                    name(segment)
                );
                x += w;
            }
            let within: u64 = bins.iter().take(2).sum();
            let _ = write!(
                svg,
                "<text class=\"tick\" x=\"{}\" y=\"{}\">{} ≤ 1</text>",
                LEFT + WIDTH + 10.0,
                top + 12.0,
                Escaped(&percent(within, total))
            );
        }
        y += rows + 8.0;
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bin_covers_every_value() {
        assert_eq!(bin(f64::NAN), None);
        assert_eq!(bin(f64::NEG_INFINITY), Some(0));
        assert_eq!(bin(-3.0), Some(0));
        assert_eq!(bin(0.6), Some(1));
        assert_eq!(bin(500.0), Some(MAX_BITS * BINS_PER_BIT - 1));
        assert_eq!(bin(f64::INFINITY), Some(MAX_BITS * BINS_PER_BIT));
    }

    #[test]
    fn plots_show_every_output_once() {
        let report = crate::render::sample::report();
        let svg = effective_bits(&report);
        let drawn: u64 = svg
            .split("<title>")
            .skip(1)
            .filter_map(|t| t.split_once(": ")?.1.split_once(" output")?.0.replace(',', "").parse::<u64>().ok())
            .sum();
        let outputs: usize = report.cases.iter().map(|c| c.metrics.len()).sum();
        assert_eq!(drawn, outputs as u64);
    }
}
