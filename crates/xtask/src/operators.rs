//! `docs/operators.md`: which aclnn operators each op comes down to, on each version of CANN. Found by running one case of each on the simulated NPU.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::Command;

use ascend_validate::report::Status;
use ascend_validate::support::plain_cases;
use ascend_validate::{Options, run_cases};

use crate::{Error, Result};

/// The versions that the table has a column for.
pub const VERSIONS: [&str; 3] = ["8.1.RC1", "8.5.0", "9.0.0"];

/// What separates the columns of a line that one version's run prints.
const SEPARATOR: char = '\t';

/// Runs one plain case of each op, variant and storage type on `sim:0`, and gives a line for each: op, variant, type, and what was called.
///
/// # Errors
/// The simulated NPU does not open, or a case cannot be made.
pub fn trace() -> Result<String> {
    let failed = |error: String| Error::Operators(error);
    let device = ascend_compute::open("sim:0").map_err(|error| failed(error.to_string()))?;
    let options = Options { repeats: 1, threads: 1, ..Options::default() };
    let mut lines = String::new();
    for (entry, case) in plain_cases() {
        let before = ascend_sim::calls().made;
        let reports = run_cases(&[&*device], std::slice::from_ref(&case), &options, &|_| {}).map_err(|error| failed(error.to_string()))?;
        let Some(report) = reports.first() else { continue };
        let what = match report.status {
            Status::Skipped => format!("no: {}", report.reason),
            Status::Failed => return Err(failed(format!("{}: {}", report.name, report.reason))),
            Status::Passed => called(&before, &ascend_sim::calls().made),
        };
        let _ = writeln!(lines, "{}{SEPARATOR}{}{SEPARATOR}{}{SEPARATOR}{what}", entry.op, entry.variant, entry.dtype);
    }
    Ok(lines)
}

/// The operators that were called in between, by name.
fn called(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) -> String {
    let operators = after.iter().filter(|(name, count)| {
        name.starts_with("aclnn") && !name.ends_with("GetWorkspaceSize") && before.get(*name).copied().unwrap_or(0) < **count
    });
    let names: Vec<&str> = operators.map(|(name, _)| name.strip_prefix("aclnn").unwrap_or(name)).collect();
    if names.is_empty() { "copies only".into() } else { names.join(", ") }
}

/// One row of the table.
struct Row {
    op: String,
    variant: String,
    dtypes: Vec<String>,
    /// By version.
    cells: Vec<String>,
}

/// The page, made by running this program once for each version.
///
/// # Errors
/// A run that fails.
pub fn page() -> Result<String> {
    let program = std::env::current_exe().map_err(|error| Error::Operators(error.to_string()))?;
    let mut rows: Vec<Row> = Vec::new();
    let mut by_version = Vec::new();
    for version in VERSIONS {
        let output = Command::new(&program).args(["operators", "--trace"]).env("ASCEND_SIM_CANN", version).output();
        let output = output.map_err(|error| Error::Operators(error.to_string()))?;
        if !output.status.success() {
            return Err(Error::Operators(format!("on {version}: {}", String::from_utf8_lossy(&output.stderr))));
        }
        by_version.push(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut columns: Vec<_> = by_version.iter().map(|text| text.lines()).collect();
    while let Some(lines) = columns.iter_mut().map(Iterator::next).collect::<Option<Vec<&str>>>() {
        let fields: Vec<Vec<&str>> = lines.iter().map(|line| line.splitn(4, SEPARATOR).collect()).collect();
        let [op, variant, dtype, _] = fields[0][..] else { continue };
        let cells: Vec<String> = fields.iter().map(|field| field.get(3).copied().unwrap_or_default().to_owned()).collect();
        match rows.last_mut() {
            Some(row) if row.op == op && row.variant == variant && row.cells == cells => row.dtypes.push(dtype.into()),
            _ => rows.push(Row { op: op.into(), variant: variant.into(), dtypes: vec![dtype.into()], cells }),
        }
    }
    Ok(render(&rows))
}

fn render(rows: &[Row]) -> String {
    let mut page = String::from(
        "# Which operators an op comes down to\n\n\
         Made by `cargo run --release -p xtask -- operators`: one plain case of each op, variant and storage type, run on the simulated NPU, with the aclnn operators that it called\n\
         (without the prefix `aclnn`). More than one is a composition. Other shapes of the same variant may take another way; `ascend support --device npu:0` tells for the\n\
         toolkit at hand, and a report of `ascend validate` names the kernel of each case.\n\n",
    );
    let _ =
        writeln!(page, "| op | variant | storage | CANN {} | {} | {} |\n|---|---|---|---|---|---|", VERSIONS[0], VERSIONS[1], VERSIONS[2]);
    for row in rows {
        let cells: Vec<&str> =
            row.cells.iter().enumerate().map(|(i, cell)| if i > 0 && *cell == row.cells[i - 1] { "same" } else { cell.as_str() }).collect();
        let _ = writeln!(page, "| {} | {} | {} | {} |", row.op, row.variant, row.dtypes.join(", "), cells.join(" | "));
    }
    page
}

/// Where the page is.
pub fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/operators.md")
}
