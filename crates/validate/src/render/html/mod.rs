//! A report for a person with a browser: one file, nothing loaded from anywhere.

mod plots;

use std::fmt::{self, Write};

use serde_json::json;

use super::digest::{OpLine, Worst, by_op, command, compared, several_devices, skip_reasons};
use super::number::{NONE, bits, count, error, micros, ratio, ulp_bin};
use super::{Escaped, digest};
use crate::report::{CaseReport, Report, Status};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Failing cases that get a card; the table has all of them.
const MAX_CARDS: usize = 50;
/// Cards that are open at first.
const OPEN_CARDS: usize = 3;

/// The report as a self-contained HTML page.
pub fn html(report: &Report) -> String {
    let mut out = String::with_capacity(1 << 16);
    // Writing to a `String` cannot fail.
    let _ = page(&mut out, report);
    out
}

fn page(out: &mut String, report: &Report) -> fmt::Result {
    let lines = by_op(report);
    let verdict = if report.summary.failed > 0 { "failed" } else { "passed" };
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>Validation {verdict}: {} cases</title>\n<style>\n{STYLE}</style></head>\n<body>\
         <a class=\"skip\" href=\"#cases\">Skip to the table of cases</a>\n<main>\n",
        count(report.summary.cases as u64)
    )?;
    heading(out, report, &lines)?;
    failures(out, report)?;
    ops(out, report, &lines)?;
    distributions(out, report, &lines)?;
    skipped(out, report)?;
    cases(out, report, &lines)?;
    environment(out, report)?;
    writeln!(out, "</main>\n<script>\n{SCRIPT}</script>\n</body></html>")
}

fn heading(out: &mut String, report: &Report, lines: &[OpLine<'_>]) -> fmt::Result {
    let (s, e) = (&report.summary, &report.environment);
    let (class, verdict) = if s.failed > 0 { ("failed", "Failed") } else { ("passed", "Passed") };
    let ops = lines.iter().map(|l| l.op).collect::<std::collections::BTreeSet<_>>().len();
    writeln!(
        out,
        "<header><div><p class=\"eyebrow\">ascend-compute {} · validation</p><h1>{} kernels against the f64 oracle</h1><p class=\"sub\">on {}</p></div>\
         <p class=\"verdict {class}\"><span aria-hidden=\"true\">{}</span> {verdict}</p></header>",
        Escaped(&e.version),
        Escaped(&device_names(report)),
        Escaped(&e.devices.join(", ")),
        if s.failed > 0 { "✕" } else { "✓" }
    )?;
    let tile = |class: &str, n: String, what: &str| format!("<div class=\"tile {class}\"><dd>{n}</dd><dt>{what}</dt></div>");
    let n = |n: usize| count(n as u64);
    writeln!(
        out,
        "<dl class=\"tiles\">{}{}{}{}{}{}</dl>",
        tile("", n(s.cases), "cases"),
        tile("passed", n(s.passed), "passed"),
        tile(if s.failed > 0 { "failed" } else { "" }, n(s.failed), "failed"),
        tile(if s.skipped > 0 { "skipped" } else { "" }, n(s.skipped), "skipped"),
        tile("", n(ops), if ops == 1 { "op" } else { "ops" }),
        tile("", micros(e.seconds * 1e6), "wall time"),
    )?;
    writeln!(out, "{}", proportion(s.passed, s.failed, s.skipped))
}

/// `cpu`, `npu:0 and cpu`, ...: what the heading names.
fn device_names(report: &Report) -> String {
    let mut names: Vec<&str> = report.cases.iter().map(|c| c.device.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() { "No".into() } else { names.join(" and ") }
}

/// A bar in three colours.
fn proportion(passed: usize, failed: usize, skipped: usize) -> String {
    let part = |class: &str, n: usize| if n > 0 { format!("<i class=\"{class}\" style=\"flex-grow:{n}\"></i>") } else { String::new() };
    format!(
        "<div class=\"proportion\" role=\"img\" aria-label=\"{passed} passed, {failed} failed, {skipped} skipped\">{}{}{}</div>",
        part("failed", failed),
        part("passed", passed),
        part("skipped", skipped)
    )
}

fn failures(out: &mut String, report: &Report) -> fmt::Result {
    let mut failed = report.cases.iter().filter(|c| c.status == Status::Failed).peekable();
    if failed.peek().is_none() {
        return Ok(());
    }
    writeln!(out, "<section id=\"failures\"><h2>What failed</h2>")?;
    for (i, case) in failed.by_ref().take(MAX_CARDS).enumerate() {
        let facts: Vec<&str> =
            [&case.device, &case.source, &case.kernel].into_iter().map(String::as_str).filter(|f| !f.is_empty()).collect();
        write!(
            out,
            "<details class=\"card\"{}><summary><h3>{}</h3> <span class=\"sub\">{}</span></summary><p class=\"reason\">{}</p>",
            if i < OPEN_CARDS { " open" } else { "" },
            Escaped(&case.name),
            Escaped(&facts.join(" · ")),
            Escaped(&case.reason)
        )?;
        metrics(out, case)?;
        if !case.arguments.is_empty() {
            write!(out, "<h4>Arguments</h4><pre>{}</pre>", Escaped(&case.arguments))?;
        }
        if case.source == "generated" {
            write!(out, "<h4>Run it again</h4><pre>{}</pre>", Escaped(&command(report, case)))?;
        }
        writeln!(out, "</details>")?;
    }
    match failed.count() {
        0 => {}
        more => writeln!(out, "<p>{} more are in <a href=\"#cases\">the table of cases</a>.</p>", count(more as u64))?,
    }
    writeln!(out, "</section>")
}

const METRIC_NAMES: [&str; 10] =
    ["output", "elements", "effective bits", "max abs", "max rel", "cosine", "NMSE", "MARE ratio", "MERE ratio", "RMSE ratio"];

fn metric_row<'a>(name: &'a str, m: &crate::report::OutputMetrics) -> [std::borrow::Cow<'a, str>; 10] {
    [
        name.into(),
        count(m.elements as u64).into(),
        bits(digest::effective_bits(m)).into(),
        error(m.max_abs).into(),
        error(m.max_rel).into(),
        ratio(m.cosine, 6).into(),
        error(m.nmse).into(),
        ratio(m.mare_ratio, 2).into(),
        ratio(m.mere_ratio, 2).into(),
        ratio(m.rmse_ratio, 2).into(),
    ]
}

fn metrics(out: &mut String, case: &CaseReport) -> fmt::Result {
    if compared(case).next().is_none() {
        return Ok(());
    }
    write!(out, "<div class=\"scroll\"><table class=\"metrics\"><thead><tr>")?;
    for name in METRIC_NAMES {
        write!(out, "<th scope=\"col\">{name}</th>")?;
    }
    write!(out, "</tr></thead><tbody>")?;
    for (name, m) in compared(case) {
        write!(out, "<tr>")?;
        for cell in metric_row(name, m) {
            write!(out, "<td>{}</td>", Escaped(&cell))?;
        }
        write!(out, "</tr>")?;
    }
    write!(out, "</tbody></table></div>")
}

fn ops(out: &mut String, report: &Report, lines: &[OpLine<'_>]) -> fmt::Result {
    let devices = several_devices(report);
    writeln!(
        out,
        "<section id=\"ops\"><h2>By op</h2><p class=\"note\">The worst of all outputs of an op's cases. <b>Effective bits</b> are −log<sub>2</sub> of the root mean square \
         relative error; storage has 24 (f32), 11 (f16) or 8 (bf16) significant bits. A <b>ratio</b> sets the kernel's error in proportion to that of plain arithmetic \
         with the contract's own rounding points: 1 is as good as the types allow, less is better.</p>\
         <div class=\"scroll\"><table class=\"ops\"><thead><tr><th scope=\"col\">op</th>{}<th scope=\"col\" class=\"r\">cases</th><th scope=\"col\">verdict</th>\
         <th scope=\"col\" class=\"r\">bits f32</th><th scope=\"col\" class=\"r\">bits f16</th><th scope=\"col\" class=\"r\">bits bf16</th><th scope=\"col\" class=\"r\">max rel</th>\
         <th scope=\"col\" class=\"r\">MARE ratio</th><th scope=\"col\" class=\"r\">MERE ratio</th><th scope=\"col\" class=\"r\">RMSE ratio</th>\
         <th scope=\"col\" class=\"r\">device time</th></tr></thead><tbody>",
        if devices { "<th scope=\"col\">device</th>" } else { "" }
    )?;
    for line in lines {
        let (n, w, op) = (&line.counts, &line.worst, Escaped(line.op));
        let of = |dtype| line.by_dtype.get(dtype).map_or(NONE.into(), |w| bits(w.effective_bits));
        let (class, verdict) = if n.failed > 0 {
            ("failed", format!("{} failed", count(n.failed as u64)))
        } else if n.passed > 0 {
            ("passed", "passed".into())
        } else {
            ("skipped", "not run".into())
        };
        write!(out, "<tr><th scope=\"row\"><a href=\"#cases\" data-op=\"{op}\">{op}</a></th>")?;
        if devices {
            write!(out, "<td>{}</td>", Escaped(line.device))?;
        }
        writeln!(
            out,
            "<td class=\"r\">{}</td><td><span class=\"pill {class}\">{verdict}</span>{}</td><td class=\"r\">{}</td><td class=\"r\">{}</td><td class=\"r\">{}</td>\
             <td class=\"r\">{}</td><td class=\"r\">{}</td><td class=\"r\">{}</td><td class=\"r\">{}</td><td class=\"r\">{}</td></tr>",
            count(n.cases as u64),
            proportion(n.passed, n.failed, n.skipped),
            of("f32"),
            of("f16"),
            of("bf16"),
            error(w.max_rel),
            ratio(w.mare_ratio, 2),
            ratio(w.mere_ratio, 2),
            ratio(w.rmse_ratio, 2),
            micros(line.device_us),
        )?;
    }
    writeln!(out, "</tbody></table></div></section>")
}

fn distributions(out: &mut String, report: &Report, lines: &[OpLine<'_>]) -> fmt::Result {
    if !report.cases.iter().any(|c| compared(c).next().is_some()) {
        return Ok(());
    }
    write!(
        out,
        "<section id=\"errors\"><h2>How the errors are distributed</h2>\
         <figure><figcaption><h3>Effective bits, by op and type</h3><p class=\"note\">Each circle stands for outputs of cases within half a bit of each other; its area is their \
         number. Further right is more accurate. Dashed lines: significant bits of the storage types.</p></figcaption><div class=\"scroll\">{}</div></figure>\n\
         <figure><figcaption><h3>Distance in units of the last place, by type</h3><p class=\"note\">Share of all compared elements at each distance from the oracle rounded to the \
         output's type. The axis is logarithmic, so that one element in a million is still seen.</p></figcaption><div class=\"multiples\">{}</div></figure>\n\
         <figure><figcaption><h3>Distance in units of the last place, by op and type</h3><p class=\"note\">The same shares for each op, from 0 on the left.</p></figcaption>\
         <div class=\"scroll\">{}</div></figure></section>\n",
        plots::effective_bits(report),
        plots::ulp_by_dtype(report),
        plots::ulp_by_op(lines)
    )
}

fn skipped(out: &mut String, report: &Report) -> fmt::Result {
    let reasons = skip_reasons(report);
    if reasons.is_empty() {
        return Ok(());
    }
    write!(out, "<section id=\"skipped\"><h2>What was skipped, and why</h2><ul>")?;
    for (reason, n) in reasons {
        write!(out, "<li><b>{}</b> {}</li>", count(n as u64), Escaped(reason))?;
    }
    writeln!(out, "</ul></section>")
}

fn cases(out: &mut String, report: &Report, lines: &[OpLine<'_>]) -> fmt::Result {
    let distinct = |of: fn(&CaseReport) -> &str| {
        let mut seen: Vec<&str> = report.cases.iter().map(of).collect();
        seen.sort_unstable();
        seen.dedup();
        seen.retain(|text| !text.is_empty());
        seen
    };
    let options = |all: Vec<&str>| all.iter().map(|o| format!("<option>{}</option>", Escaped(o))).collect::<String>();
    let mut ops: Vec<&str> = lines.iter().map(|l| l.op).collect();
    ops.dedup();
    let s = &report.summary;
    write!(
        out,
        "<section id=\"cases\"><h2>Every case</h2><form id=\"filter\" role=\"search\" hidden>\
         <label class=\"wide\">Search <input type=\"search\" id=\"q\" placeholder=\"name, reason, argument, kernel\" autocomplete=\"off\" spellcheck=\"false\"></label>\
         <label>Op <select id=\"f-op\"><option value=\"\">all</option>{}</select></label>\
         <label>Type <select id=\"f-dtype\"><option value=\"\">all</option>{}</select></label>\
         <label>Source <select id=\"f-source\"><option value=\"\">all</option>{}</select></label>\
         <label>Status <select id=\"f-status\"><option value=\"\">all</option><option value=\"failed\">failed ({})</option><option value=\"passed\">passed ({})</option>\
         <option value=\"skipped\">skipped ({})</option></select></label></form>\
         <p id=\"shown\" aria-live=\"polite\"></p>\n\
         <div class=\"scroll\"><table class=\"cases\"><thead><tr>",
        options(ops),
        options(distinct(|c| &c.dtype)),
        options(distinct(|c| &c.source)),
        count(s.failed as u64),
        count(s.passed as u64),
        count(s.skipped as u64),
    )?;
    for (key, name, class) in [
        ("status", "status", ""),
        ("name", "case", ""),
        ("dtype", "type", "opt"),
        ("source", "source", "opt"),
        ("bits", "effective bits", "r"),
        ("rel", "max rel", "r"),
        ("ratio", "MARE ratio", "r opt"),
        ("us", "device time", "r"),
    ] {
        write!(out, "<th scope=\"col\" class=\"{class}\" data-key=\"{key}\">{name}</th>")?;
    }
    writeln!(out, "</tr></thead><tbody>")?;
    // Failing cases first, then skipped ones.
    let mut order: Vec<&CaseReport> = report.cases.iter().collect();
    order.sort_by_key(|c| match c.status {
        Status::Failed => 0,
        Status::Skipped => 1,
        Status::Passed => 2,
    });
    let devices = several_devices(report);
    for (i, case) in order.iter().enumerate() {
        let w = Worst::of(case);
        let key = |x: f64| {
            if x.is_finite() {
                format!("{x:e}")
            } else if x.is_infinite() {
                "1e99".into()
            } else {
                String::new()
            }
        };
        writeln!(
            out,
            "<tr data-i=\"{i}\" data-op=\"{}\" data-bits=\"{}\" data-rel=\"{}\" data-ratio=\"{}\" data-us=\"{}\"><td><span class=\"pill {status}\">{status}</span></td>\
             <td class=\"name\"><button type=\"button\" aria-expanded=\"false\">{}</button>{}</td><td class=\"opt\">{}</td><td class=\"opt\">{}</td><td class=\"r\">{}</td>\
             <td class=\"r\">{}</td><td class=\"r opt\">{}</td><td class=\"r\">{}</td></tr>",
            Escaped(&case.op),
            key(w.effective_bits),
            key(w.max_rel),
            key(w.mare_ratio),
            key(case.device_us),
            Escaped(&case.name),
            if devices { format!(" <span class=\"sub\">{}</span>", Escaped(&case.device)) } else { String::new() },
            Escaped(&case.dtype),
            Escaped(&case.source),
            bits(w.effective_bits),
            error(w.max_rel),
            ratio(w.mare_ratio, 2),
            if case.status == Status::Skipped { NONE.into() } else { micros(case.device_us) },
            status = case.status.name(),
        )?;
    }
    writeln!(out, "</tbody></table></div><p><button type=\"button\" id=\"more\" hidden>Show more</button></p></section>")?;
    let details: Vec<_> = order.iter().map(|case| details(report, case)).collect();
    writeln!(
        out,
        "<script type=\"application/json\" id=\"details\">{}</script>",
        // No text of a report may end the script element or open another.
        json!({ "metrics": METRIC_NAMES, "cases": details })
            .to_string()
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
    )
}

/// What a row of the table shows when it is opened: pairs of heading and text, and the metrics. The script sets them as text.
fn details(report: &Report, case: &CaseReport) -> serde_json::Value {
    let again = if case.source == "generated" { command(report, case) } else { String::new() };
    let facts: Vec<[&str; 2]> = [
        ["Reason", case.reason.as_str()],
        ["Arguments", &case.arguments],
        ["Kernel", &case.kernel],
        ["Variant", &case.variant],
        ["Device", &case.device],
        ["Run it again", &again],
    ]
    .into_iter()
    .filter(|[_, text]| !text.is_empty())
    .collect();
    let rows: Vec<_> = digest::compared(case).map(|(name, m)| metric_row(name, m)).collect();
    let ulp: Vec<String> = digest::compared(case)
        .filter(|(_, m)| !m.ulp_histogram.is_empty())
        .map(|(name, m)| {
            let bins = m.ulp_histogram.iter().enumerate().filter(|(_, n)| **n > 0);
            let bins: Vec<String> = bins.map(|(i, &n)| format!("{} ulp: {}", ulp_bin(i, m.ulp_histogram.len()), count(n))).collect();
            format!("{name}  {}", bins.join("   "))
        })
        .collect();
    json!({ "facts": facts, "rows": rows, "ulp": ulp.join("\n") })
}

fn environment(out: &mut String, report: &Report) -> fmt::Result {
    let e = &report.environment;
    write!(out, "<section id=\"environment\"><h2>Environment</h2><dl class=\"facts\">")?;
    for (name, text) in [
        ("Version", e.version.clone()),
        ("Devices", e.devices.join(", ")),
        ("Kernels", e.kernels.clone()),
        ("Seed of generated inputs", e.seed.to_string()),
        ("Wall time", micros(e.seconds * 1e6)),
        ("Report schema", report.schema.to_string()),
    ] {
        write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", Escaped(&text))?;
    }
    writeln!(out, "</dl></section>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn html_loads_nothing() {
        let page = html(&sample::report());
        for outside in ["http://", "https://", "src=", "@import", "url(", "<link", "<iframe", "<img"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn html_escapes_every_text_of_the_report() {
        let mut report = sample::report();
        let bad = || sample::HOSTILE.to_owned();
        report.environment.devices = vec![bad()];
        report.environment.kernels = bad();
        report.environment.version = bad();
        for case in &mut report.cases {
            for text in [&mut case.name, &mut case.op, &mut case.device, &mut case.source, &mut case.reason, &mut case.dtype] {
                text.push_str(sample::HOSTILE);
            }
            case.variant = bad();
            case.kernel = bad();
            case.arguments = bad();
            case.metrics = std::mem::take(&mut case.metrics).into_iter().map(|(name, m)| (name + sample::HOSTILE, m)).collect();
        }
        report.cases[0].status = Status::Failed;
        report.cases[1].status = Status::Skipped;
        let page = html(&report);
        assert!(!page.contains("<b onclick"));
        assert_eq!(page.matches("</script>").count(), 2, "the page's own two scripts and no more");
    }

    #[test]
    fn html_has_failing_cases_first() {
        let page = html(&sample::report());
        let table = page.split_once("<table class=\"cases\">").expect("a table of cases").1;
        let first_passed = table.find("pill passed").expect("some passed");
        let last_failed = table.rfind("pill failed").expect("some failed");
        assert!(last_failed < first_passed);
        assert_eq!(table.matches("<tr data-i=").count(), sample::report().cases.len());
    }

    #[test]
    fn html_of_an_empty_run_is_a_page() {
        let mut report = sample::report();
        report.cases.clear();
        report.summary = Default::default();
        let page = html(&report);
        assert!(page.contains("</html>") && !page.contains("NaN"));
    }

    #[test]
    fn html_writes_no_value_that_is_not_a_number() {
        let page = html(&sample::report());
        assert!(!page.contains("NaN") && !page.contains(">inf"));
    }
}
