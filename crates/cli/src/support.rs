//! `ascend support`.

use std::process::ExitCode;

use ascend_compute::{Choice, DType};
use ascend_validate::support::{CoverageEntry, SupportEntry, coverage, support};
use clap::Args;
use comfy_table::{Cell, CellAlignment};
use serde::Serialize;

use crate::{Result, devices, output};

/// Layout version of the JSON.
const SCHEMA: u32 = 1;

/// Show which ops, variants and storage types each device runs, and with which kernel
#[derive(Args)]
pub(crate) struct Support {
    /// The device to ask, or `all`
    #[arg(long, default_value = "all", value_name = "NAME")]
    device: String,
    /// Ask for these kernels only: `own`, `vendor`, another origin, or a kernel's name
    #[arg(long, default_value = "auto", value_name = "WHICH")]
    kernels: String,
    /// Instead, list everything that validation must cover, made from the contracts, with the number of generated cases
    #[arg(long)]
    coverage: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Matrix {
    schema: u32,
    kernels: String,
    support: Vec<SupportEntry>,
}

#[derive(Serialize)]
struct CoverageList {
    schema: u32,
    summary: CoverageSummary,
    coverage: Vec<CoverageEntry>,
}

#[derive(Serialize)]
struct CoverageSummary {
    entries: usize,
    covered: usize,
    cases: usize,
}

impl Support {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if self.coverage {
            let entries = coverage();
            let summary = CoverageSummary {
                entries: entries.len(),
                covered: entries.iter().filter(|e| e.cases > 0).count(),
                cases: entries.iter().map(|e| e.cases).sum(),
            };
            let list = CoverageList { schema: SCHEMA, summary, coverage: entries };
            if self.json {
                output::print_json(&list)?
            } else {
                output::print(&coverage_text(&list))?
            }
            return Ok(ExitCode::SUCCESS);
        }
        let choice = Choice::parse(&self.kernels);
        let mut entries = Vec::new();
        for device in devices::open(&self.device)? {
            entries.extend(support(&*device, &choice)?);
        }
        let matrix = Matrix { schema: SCHEMA, kernels: choice.to_string(), support: entries };
        if self.json {
            output::print_json(&matrix)?
        } else {
            output::print(&matrix_text(&matrix.support))?
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A line for each op and variant, a column for each storage type.
fn matrix_text(entries: &[SupportEntry]) -> String {
    let dtypes: Vec<&str> = DType::ALL.iter().map(|d| d.name()).filter(|d| entries.iter().any(|e| e.dtype == *d)).collect();
    let mut text = String::new();
    let mut rest = entries;
    while let Some(first) = rest.first() {
        let (of_device, others) = rest.split_at(rest.iter().position(|e| e.device != first.device).unwrap_or(rest.len()));
        rest = others;
        let mut header = vec!["op", "variant"];
        header.extend(&dtypes);
        let mut table = output::table(&header);
        let mut last_op = "";
        for row in of_device.chunk_by(|a, b| (a.op, a.variant) == (b.op, b.variant)) {
            let (op, variant) = (row[0].op, row[0].variant);
            let mut cells = vec![if op == last_op { "" } else { op }, variant];
            cells.extend(
                dtypes.iter().map(|d| row.iter().find(|e| e.dtype == *d).map_or("", |e| if e.why.is_empty() { e.support } else { "no" })),
            );
            table.add_row(cells);
            last_op = op;
        }
        text += &format!("{}\n\n{}", first.device, output::text(&table));
        let refused = of_device.iter().filter(|e| !e.why.is_empty());
        let reasons: Vec<String> = refused.map(|e| format!("{} {} {}: {}\n", e.op, e.variant, e.dtype, e.why)).collect();
        let count = |support| of_device.iter().filter(|e| e.support == support).count();
        text += &format!(
            "\n{}{} native, {} composed, {} unsupported\n",
            reasons.concat(),
            count("native"),
            count("composed"),
            count("unsupported")
        );
        if !rest.is_empty() {
            text.push('\n');
        }
    }
    text
}

fn coverage_text(list: &CoverageList) -> String {
    let mut table = output::table(&["op", "variant", "dtype", "rule", "cases"]);
    for e in &list.coverage {
        table.add_row([
            Cell::new(e.op),
            Cell::new(e.variant),
            Cell::new(e.dtype),
            Cell::new(e.rule),
            Cell::new(e.cases).set_alignment(CellAlignment::Right),
        ]);
    }
    let s = &list.summary;
    format!("{}\n{} of {} entries covered, by {} generated cases\n", output::text(&table), s.covered, s.entries, s.cases)
}
