//! JUnit XML, as build servers read it: one suite for each op and device.

use std::fmt::{self, Write};

use super::Escaped;
use super::digest::by_op;
use crate::report::{Report, Status};

/// The report as JUnit XML.
pub fn junit(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, report: &Report) -> fmt::Result {
    let s = &report.summary;
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="ascend validate" tests="{}" failures="{}" errors="0" skipped="{}" time="{:.3}">"#,
        s.cases, s.failed, s.skipped, report.environment.seconds
    )?;
    for line in by_op(report) {
        let (op, device, n) = (Escaped(line.op), Escaped(line.device), line.counts);
        writeln!(
            out,
            r#"  <testsuite name="{op} on {device}" tests="{}" failures="{}" errors="0" skipped="{}" time="{:.6}">"#,
            n.cases,
            n.failed,
            n.skipped,
            line.device_us / 1e6
        )?;
        for case in report.cases.iter().filter(|c| c.op == line.op && c.device == line.device) {
            let (name, seconds, reason) = (Escaped(&case.name), case.device_us / 1e6, Escaped(&case.reason));
            write!(out, r#"    <testcase classname="ascend.{device}.{op}" name="{name}" time="{seconds:.6}""#)?;
            match case.status {
                Status::Passed => writeln!(out, "/>")?,
                Status::Skipped => writeln!(out, "><skipped message=\"{}\"/></testcase>", attribute(&case.reason))?,
                Status::Failed => writeln!(
                    out,
                    "><failure message=\"{}\" type=\"{}\">{reason}\narguments: {}\nkernel: {}</failure></testcase>",
                    attribute(&case.reason),
                    Escaped(&case.source),
                    Escaped(&case.arguments),
                    Escaped(&case.kernel)
                )?,
            }
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// The first line of a text, as an attribute: readers fold line ends in attributes into spaces.
fn attribute(text: &str) -> String {
    Escaped(text.lines().next().unwrap_or_default()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn junit_counts_agree_with_its_elements() {
        let report = sample::report();
        let xml = junit(&report);
        let n = |what: &str| xml.matches(what).count();
        assert_eq!(n("<testcase "), report.summary.cases);
        assert_eq!(n("<failure "), report.summary.failed);
        assert_eq!(n("<skipped "), report.summary.skipped);
        assert_eq!(n("<testsuite "), n("</testsuite>"));
    }

    #[test]
    fn junit_escapes_markup_and_leaves_out_control_characters() {
        let xml = junit(&sample::report());
        assert!(xml.contains("&lt;/script&gt;&lt;b onclick=&#39;x()&#39;&gt;&quot;&amp;[31m]]&gt;"));
        assert!(!xml.contains("<b "));
        assert!(xml.chars().all(|c| c == '\n' || !c.is_control()));
    }
}
