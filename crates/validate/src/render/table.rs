//! The terminal's view: one line an op, then what failed and what was skipped.

use std::fmt::{self, Write};

use comfy_table::{Cell, CellAlignment, Table, TableComponent, presets};

use super::digest::{OpLine, by_op, command, several_devices, skip_reasons};
use super::number::{NONE, bits, count, error, micros, ratio};
use crate::report::{Report, Status, Summary};

/// Failing cases that are spelled out; the rest is counted. JSON, JUnit and HTML have them all.
const MAX_SPELLED_OUT: usize = 30;

/// The report as a table of plain text for a terminal of `width` columns, if that is known.
///
/// One line for each op (and device, when there are several), with the worst of its metrics; then each failing case with its reason and the command that runs it again; then
/// the reasons for skipped cases; last, the totals.
pub fn table(report: &Report, width: Option<u16>) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write(&mut out, report, width);
    out
}

fn write(out: &mut String, report: &Report, width: Option<u16>) -> fmt::Result {
    let lines = by_op(report);
    if !lines.is_empty() {
        for line in ops(&lines, several_devices(report), width).lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    let mut failed = report.cases.iter().filter(|c| c.status == Status::Failed);
    for case in failed.by_ref().take(MAX_SPELLED_OUT) {
        writeln!(out, "\nFAILED {} on {}", one_line(&case.name), case.device)?;
        for line in case.reason.lines() {
            writeln!(out, "  {}", one_line(line))?;
        }
        if !case.kernel.is_empty() {
            writeln!(out, "  kernel: {}", one_line(&case.kernel))?;
        }
        if !case.arguments.is_empty() {
            writeln!(out, "  arguments: {}", one_line(&case.arguments))?;
        }
        if case.source == "generated" {
            writeln!(out, "  again: {}", one_line(&command(report, case)))?;
        }
    }
    match failed.count() {
        0 => {}
        more => writeln!(out, "\n{} more failed; --json, --junit and --html list them all", count(more as u64))?,
    }
    for (reason, n) in skip_reasons(report) {
        writeln!(out, "\nskipped {}: {}", count(n as u64), one_line(reason))?;
    }
    writeln!(out, "\n{}", totals(report))
}

fn ops(lines: &[OpLine<'_>], several_devices: bool, width: Option<u16>) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─');
    // Times are the first to go where columns are dear; every other format has them.
    let times = width.is_none_or(|w| w >= 96);
    let mut header = vec!["op", "cases", "bits\nf32", "worst\nf16", "\nbf16", "max\nrel", "ratio\nMARE", "worst\nMERE", "\nRMSE"];
    header.extend(times.then_some("device\ntime"));
    header.push("verdict");
    if several_devices {
        header.insert(1, "device");
    }
    table.set_header(header);
    for line in lines {
        let w = &line.worst;
        let of = |dtype| line.by_dtype.get(dtype).map_or(NONE.into(), |w| bits(w.effective_bits));
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        let mut row = vec![
            Cell::new(line.op),
            right(count(line.counts.cases as u64)),
            right(of("f32")),
            right(of("f16")),
            right(of("bf16")),
            right(error(w.max_rel)),
            right(ratio(w.mare_ratio, 2)),
            right(ratio(w.mere_ratio, 2)),
            right(ratio(w.rmse_ratio, 2)),
        ];
        row.extend(times.then(|| right(micros(line.device_us))));
        row.push(Cell::new(verdict(&line.counts)));
        if several_devices {
            row.insert(1, Cell::new(line.device));
        }
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    table
}

fn verdict(n: &Summary) -> String {
    let state = if n.failed > 0 {
        format!("FAILED {}", count(n.failed as u64))
    } else if n.passed > 0 {
        "passed".into()
    } else {
        "not run".into()
    };
    if n.skipped > 0 { format!("{state}, skipped {}", count(n.skipped as u64)) } else { state }
}

fn totals(report: &Report) -> String {
    let (s, e) = (&report.summary, &report.environment);
    let n = |n: usize| count(n as u64);
    format!(
        "{}: {} cases, {} passed, {} failed, {} skipped in {:.1} s on {} (kernels {}, seed {})",
        if s.failed > 0 { "FAILED" } else { "passed" },
        n(s.cases),
        n(s.passed),
        n(s.failed),
        n(s.skipped),
        e.seconds,
        e.devices.join(", "),
        e.kernels,
        e.seed
    )
}

/// Text from elsewhere, without what a terminal would obey.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn table_has_a_line_for_each_op_and_spells_failures_out() {
        let report = sample::report();
        let text = table(&report, None);
        for op in ["matmul", "grouped_matmul", "attention", "softmax", "copy"] {
            assert!(text.lines().any(|l| l.trim_start().starts_with(op)), "{op} in\n{text}");
        }
        assert!(text.contains("y[token 3, column 17]: got 0.4375"), "{text}");
        assert!(text.contains("again: ascend validate --device cpu --seed 7 --case '^matmul/plain/f32/plain/t4_n64$'"), "{text}");
        assert!(text.contains("skipped 3: kernel `own`: dtype f16"), "{text}");
        assert!(
            text.trim_end().lines().last().is_some_and(|l| l.starts_with("FAILED: 255 cases, 250 passed, 2 failed, 3 skipped")),
            "{text}"
        );
    }

    #[test]
    fn table_fits_a_terminal_of_80_columns() {
        let mut report = sample::report();
        report.cases.retain(|c| c.status == Status::Passed);
        let text = table(&report, Some(80));
        let (ops, _) = text.split_once("\n\n").expect("the totals stand apart");
        assert!(ops.lines().all(|l| l.trim_end().chars().count() <= 80), "{text}");
    }

    #[test]
    fn table_sends_no_control_characters_to_the_terminal() {
        assert!(table(&sample::report(), None).chars().all(|c| c == '\n' || !c.is_control()));
    }

    #[test]
    fn table_spells_out_a_bounded_number_of_failures() {
        let mut report = sample::report();
        for case in &mut report.cases {
            case.status = Status::Failed;
            case.reason = "wrong".into();
        }
        let text = table(&report, None);
        assert_eq!(text.matches("\nFAILED ").count(), MAX_SPELLED_OUT);
        assert!(text.contains(&format!("{} more failed", report.cases.len() - MAX_SPELLED_OUT)));
    }
}
