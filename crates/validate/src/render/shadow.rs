//! What a shadow device has found, for the terminal: one line an op, then the faults.

use std::fmt::{self, Write};

use comfy_table::{Cell, CellAlignment, Table, TableComponent, presets};

use super::number::{NONE, count, ratio};
use super::table::one_line;
use crate::shadow::ShadowReport;

/// Faults that are spelled out; the rest is counted. JSON has more of them.
const MAX_SPELLED_OUT: usize = 10;

/// The report of a shadow device as plain text: a line for each op with its largest error in proportion to the bound, the reasons for calls that were not compared,
/// the faults in the order of the calls, and last the verdict.
pub fn shadow(report: &ShadowReport) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write(&mut out, report);
    out
}

fn write(out: &mut String, report: &ShadowReport) -> fmt::Result {
    if !report.ops.is_empty() {
        for line in ops(report).lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        writeln!(out)?;
    }
    for (op, record) in &report.ops {
        if record.not_run > 0 {
            writeln!(out, "{op}: {} calls failed or were skipped on their stream", count(record.not_run))?;
        }
        for (reason, calls) in &record.not_comparable {
            writeln!(out, "{op}: {} calls were not compared: {}", count(*calls), one_line(reason))?;
        }
    }
    for fault in report.faults.iter().take(MAX_SPELLED_OUT) {
        writeln!(out, "FAULT {}", one_line(&fault.to_string()))?;
        writeln!(out, "  arguments: {}", one_line(&fault.arguments))?;
    }
    let more = report.faulty().saturating_sub(MAX_SPELLED_OUT as u64);
    if more > 0 {
        writeln!(out, "{} more calls were not right", count(more))?;
    }
    writeln!(out, "{}", verdict(report))
}

fn ops(report: &ShadowReport) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_header(["op", "calls", "compared", "not right", "error\nof bound", "largest at"]);
    for (op, record) in &report.ops {
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let worst = if record.worst_at.is_empty() { NONE.into() } else { ratio(record.worst_ratio, 2) };
        table.add_row(vec![
            Cell::new(op),
            right(count(record.calls)),
            right(count(record.compared)),
            right(count(record.faulty)),
            right(worst),
            Cell::new(&record.worst_at),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    table
}

fn verdict(report: &ShadowReport) -> String {
    let (compared, calls) = (report.compared(), report.calls);
    let which =
        if compared == calls { format!("all {} calls", count(calls)) } else { format!("{} of {} calls", count(compared), count(calls)) };
    let found = match report.faults.first() {
        // Nothing was looked at: that is no praise.
        None if compared == 0 => "nothing was found out".into(),
        None => "each within its bounds".into(),
        Some(first) => {
            format!("{} not right, the first one {}", count(report.faulty()), first.op)
                + &at(&first.scope)
                + &format!(" (call {})", first.call)
        }
    };
    format!("shadow: {which} on {} compared with the oracle in {:.1} s, {found}", report.device, report.seconds)
}

fn at(scope: &str) -> String {
    if scope.is_empty() { String::new() } else { format!(" in {scope}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shadow::{ShadowFault, ShadowedOp};

    fn report() -> ShadowReport {
        let norm =
            ShadowedOp { calls: 1200, compared: 1200, worst_ratio: 0.61, worst_at: "call 3, layer 0, y".into(), ..ShadowedOp::default() };
        ShadowReport {
            device: "cpu (a CPU)".into(),
            calls: 1200,
            seconds: 2.0,
            ops: [("norm".to_owned(), norm)].into(),
            ..ShadowReport::default()
        }
    }

    #[test]
    fn clean_run_says_how_near_the_bounds_it_came() {
        let text = shadow(&report());
        let line = text.lines().find(|l| l.starts_with("norm")).unwrap();
        assert_eq!(line.split_whitespace().collect::<Vec<_>>().join(" "), "norm 1,200 1,200 0 0.61 call 3, layer 0, y");
        assert!(
            text.ends_with("shadow: all 1,200 calls on cpu (a CPU) compared with the oracle in 2.0 s, each within its bounds\n"),
            "{text}"
        );
    }

    #[test]
    fn what_was_not_compared_is_said() {
        let mut report = report();
        let copy = ShadowedOp { calls: 3, not_run: 1, not_comparable: [("too\nlarge".to_owned(), 2)].into(), ..ShadowedOp::default() };
        report.calls += copy.calls;
        report.ops.insert("copy".into(), copy);
        let text = shadow(&report);
        assert!(text.contains("copy: 1 calls failed or were skipped") && text.contains("copy: 2 calls were not compared: too"), "{text}");
        assert!(text.contains("1,200 of 1,203 calls"), "{text}");
        let nothing = ShadowReport { calls: 1, ..ShadowReport::default() };
        assert!(shadow(&nothing).contains("nothing was found out"), "{}", shadow(&nothing));
    }

    #[test]
    fn first_fault_is_in_the_verdict_and_the_rest_is_counted() {
        let mut report = report();
        let fault = ShadowFault {
            call: 7,
            scope: "layer 0 / attention".into(),
            op: "norm".into(),
            variant: "rms".into(),
            dtype: "bf16".into(),
            kernel: "mine (user)".into(),
            argument: "y".into(),
            at: vec![1, 2],
            place: "y[1, 2] (token 1, column 2)".into(),
            what: "1e0 instead of 2e0".into(),
            error: Some(1.0),
            bound: Some(0.1),
            arguments: "Norm".into(),
        };
        report.faults = vec![fault; 12];
        report.ops.get_mut("norm").unwrap().faulty = 12;
        let text = shadow(&report);
        let told =
            "FAULT call 7, layer 0 / attention, norm (rms, bf16, kernel mine (user)): y[1, 2] (token 1, column 2): 1e0 instead of 2e0\n";
        assert_eq!(text.matches(told).count(), MAX_SPELLED_OUT, "{text}");
        assert!(text.contains("2 more calls were not right"), "{text}");
        assert!(text.contains("12 not right, the first one norm in layer 0 / attention (call 7)"), "{text}");
        let again: ShadowReport = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        assert_eq!((again.faults, again.ops), (report.faults, report.ops));
    }
}
