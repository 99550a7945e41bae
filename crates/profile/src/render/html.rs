//! For a person with a browser: one file, nothing loaded from anywhere, no script.

use std::fmt::{self, Write};

use super::{Escaped, micros, plot};
use crate::report::{PhaseReport, Point, Rate, Report};

const STYLE: &str = include_str!("style.css");

/// The profile as a self-contained page.
pub fn html(report: &Report) -> String {
    let mut out = String::with_capacity(1 << 16);
    // Writing to a `String` cannot fail.
    let _ = page(&mut out, report);
    out
}

fn page(out: &mut String, r: &Report) -> fmt::Result {
    let model = Escaped(&r.model);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Profile: {model}</title>\n<style>\n{STYLE}</style></head>\n<body><main>\n\
         <h1>{} of {model}</h1><p class=\"sub\">{} · {} · ascend-compute {}</p>\n",
        subject(r),
        Escaped(&r.slice),
        Escaped(&r.device),
        Escaped(&r.version)
    )?;
    for line in super::limits(&r.limits) {
        writeln!(out, "<p class=\"sub\">{}</p>", Escaped(&line))?;
    }
    if let Some(note) = &r.note {
        writeln!(out, "<p>{}</p>", Escaped(note))?;
    }
    writeln!(
        out,
        "<h2>How far from the roofline</h2><figure>{}<p class=\"sub\">Each circle is a phase of a point; its colour is that of the bars below. Phases without arithmetic are not drawn. \
         Nothing is clamped: a circle above the roof means that its bytes came from a cache.</p></figure>",
        plot::roofline(r)
    )?;
    if r.points.iter().any(|p| p.tokens != r.points[0].tokens) {
        writeln!(out, "<h2>Time by tokens</h2><figure>{}</figure>", plot::sweep(r))?;
    }
    writeln!(out, "<h2>Where the time goes</h2>")?;
    for p in &r.points {
        point(out, p)?;
    }
    if !r.device_ops.is_empty() {
        device_ops(out, r)?;
    }
    writeln!(out, "</main></body></html>")
}

/// What the points are of.
fn subject(r: &Report) -> &'static str {
    match r.points.first().map(|p| p.what.as_str()) {
        Some("attention") => "Attention",
        Some("layer") => "Decoder layer",
        Some("model") => "A step",
        _ => "Expert layer",
    }
}

fn point(out: &mut String, p: &Point) -> fmt::Result {
    write!(
        out,
        "<section class=\"point\"><h3>{}: {}</h3>{}<div class=\"scroll\"><table><thead><tr><th>phase</th><th>median</th><th>p10</th><th>p90</th><th>host</th>\
         <th>share</th><th>TFLOP/s</th><th>GB/s</th><th>roofline</th><th>bound by</th></tr></thead><tbody>",
        Escaped(&super::title(p)),
        micros(p.whole_us.median),
        plot::flame(p)
    )?;
    for f in &p.phases {
        phase(out, p, f)?;
    }
    out.push_str("</tbody></table></div><p class=\"sub\">");
    write!(
        out,
        "{}; phases add up to {:.1} % of the whole, marks cost {:+.1} %.",
        super::counted(p.repeats, "run"),
        100.0 * p.sum_over_whole,
        100.0 * p.overhead
    )?;
    if let Some(us) = p.step_us {
        let rate = p.tokens as f64 / us * 1e6;
        write!(out, " A step of all layers: {}, {rate:.1} tokens/s; each kind of layer was measured once.", micros(us))?;
    }
    for line in super::communication(p) {
        write!(out, " {}.", Escaped(&line))?;
    }
    if let Some(r) = &p.ranks {
        write!(out, " Rows: {}.", super::ranks(r))?;
    }
    if let Some(n) = &p.load {
        write!(
            out,
            " Load: busiest {:.2} × mean, Gini {:.2}, {} idle{}{}. Bars: rows of each expert, busiest first; time by {}.",
            n.max_over_mean,
            n.gini,
            n.idle,
            p.padding_waste.map_or(String::new(), |share| format!("; padding to tiles of 16 rows: +{:.0} %", 100.0 * share)),
            p.imbalance_cost.map_or(String::new(), |c| format!("; imbalance costs {c:.2} × the time at uniform load")),
            Escaped(p.experts_by.as_deref().unwrap_or_default())
        )?;
    }
    write!(out, "</p>{}<ul>", p.load.as_ref().map_or(String::new(), |load| plot::loads(p, load)))?;
    for hint in &p.hints {
        write!(out, "<li>{}</li>", Escaped(hint))?;
    }
    writeln!(out, "</ul></section>")
}

fn phase(out: &mut String, p: &Point, f: &PhaseReport) -> fmt::Result {
    let d = f.device_us;
    let times = if f.times == 1 { String::new() } else { format!(" ×{}", f.times) };
    write!(
        out,
        "<tr><td>{}{}{times}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.0} %</td>{}<td>{}</td></tr>",
        plot::key(&f.name),
        Escaped(&f.name),
        micros(d.median),
        micros(d.p10),
        micros(d.p90),
        micros(f.host_us.median),
        100.0 * p.share(f),
        rate(Some(&f.rate)),
        f.bound_by
    )?;
    for s in &f.stages {
        write!(
            out,
            "<tr class=\"stage\"><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td></td><td>{:.0} %</td>{}<td></td></tr>",
            Escaped(&s.name),
            micros(s.us.median),
            micros(s.us.p10),
            micros(s.us.p90),
            100.0 * p.share(f) * s.us.median / d.median,
            rate(s.rate.as_ref())
        )?;
    }
    Ok(())
}

fn rate(rate: Option<&Rate>) -> String {
    rate.map_or_else(
        || "<td></td><td></td><td></td>".to_owned(),
        |r| format!("<td>{:.3}</td><td>{:.1}</td><td>{:.0} %</td>", r.tflops, r.gbs, 100.0 * r.roofline),
    )
}

fn device_ops(out: &mut String, r: &Report) -> fmt::Result {
    out.push_str(
        "<h2>By the vendor&#39;s profiler</h2><section class=\"point\"><div class=\"scroll\"><table><thead><tr><th>operator</th><th>calls</th><th>total</th>\
         <th>a call</th><th>cube</th><th>cores</th><th>phases</th></tr></thead><tbody>",
    );
    for op in &r.device_ops {
        write!(
            out,
            "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            Escaped(&op.op_type),
            op.count,
            micros(op.total_us),
            micros(op.total_us / op.count.max(1) as f64),
            op.mac_ratio.map_or(String::new(), |share| format!("{:.0} %", 100.0 * share)),
            Escaped(&op.core_type),
            Escaped(&op.phases.join(", "))
        )?;
    }
    out.push_str("</tbody></table></div></section>\n");
    Ok(())
}
