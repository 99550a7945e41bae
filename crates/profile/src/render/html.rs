//! For a person with a browser: one file, nothing loaded from anywhere, no script.

use std::fmt::{self, Write};

use super::{Escaped, micros, plot};
use crate::report::{Point, Report};

const STYLE: &str = include_str!("style.css");

/// The profile as a self-contained page.
pub fn html(report: &Report) -> String {
    let mut out = String::with_capacity(1 << 16);
    // Writing to a `String` cannot fail.
    let _ = page(&mut out, report);
    out
}

fn page(out: &mut String, r: &Report) -> fmt::Result {
    let (model, l) = (Escaped(&r.model), &r.limits);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Profile: {model}</title>\n<style>\n{STYLE}</style></head>\n<body><main>\n\
         <h1>Expert layer of {model}</h1><p class=\"sub\">{} · {} · ascend-compute {}</p>\
         <p class=\"sub\">Limits ({}): bf16 {:.0} GFLOP/s, int8 {:.0} GOP/s, read {:.1} GB/s</p>\n",
        Escaped(&r.slice),
        Escaped(&r.device),
        Escaped(&r.version),
        Escaped(&l.source),
        l.bf16_gflops,
        l.int8_gops,
        l.read_gbs
    )?;
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
    writeln!(out, "</main></body></html>")
}

fn point(out: &mut String, p: &Point) -> fmt::Result {
    write!(
        out,
        "<section class=\"point\"><h3>{} tokens, {}, {}, {} path: {}</h3>{}<div class=\"scroll\"><table><thead><tr><th>phase</th><th>median</th><th>p10</th><th>p90</th><th>host</th>\
         <th>TFLOP/s</th><th>GB/s</th><th>roofline</th><th>bound by</th></tr></thead><tbody>",
        p.tokens,
        Escaped(&p.routing),
        p.precision,
        Escaped(&p.path),
        micros(p.whole_us.median),
        plot::bars(p)
    )?;
    for f in &p.phases {
        let d = f.device_us;
        write!(
            out,
            "<tr><td>{}{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{:.3}</td><td>{:.1}</td><td>{:.0} %</td><td>{}</td></tr>",
            plot::key(&f.name),
            Escaped(&f.name),
            micros(d.median),
            micros(d.p10),
            micros(d.p90),
            micros(f.host_us.median),
            f.tflops,
            f.gbs,
            100.0 * f.roofline,
            f.bound_by
        )?;
    }
    let n = &p.load;
    write!(
        out,
        "</tbody></table></div><p class=\"sub\">{} runs; phases add up to {:.1} % of the whole, marks cost {:+.1} %. Load: busiest {:.2} × mean, Gini {:.2}, {} idle; padding to tiles of 16 rows: +{:.0} %{}.</p>{}<ul>",
        p.repeats,
        100.0 * p.sum_over_whole,
        100.0 * p.overhead,
        n.max_over_mean,
        n.gini,
        n.idle,
        100.0 * p.padding_waste,
        p.imbalance_cost.map_or(String::new(), |c| format!("; imbalance costs {c:.2} × the time at uniform load")),
        plot::loads(p)
    )?;
    for hint in &p.hints {
        write!(out, "<li>{}</li>", Escaped(hint))?;
    }
    writeln!(out, "</ul></section>")
}
