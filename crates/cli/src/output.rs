//! Where text goes.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::str::FromStr;

use comfy_table::{Table, TableComponent, presets};
use serde::Serialize;

use crate::Result;

/// A file to write, or `-` for standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target(String);

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text.is_empty() { Err("a file name, or - for standard output".into()) } else { Ok(Self(text.into())) }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Target {
    pub(crate) fn is_stdout(&self) -> bool {
        self.0 == "-"
    }

    /// Finds out before a long run that its result could not be kept.
    pub(crate) fn check(&self) -> Result<()> {
        let path = Path::new(&self.0);
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if self.is_stdout() || (folder.is_dir() && !path.is_dir()) {
            return Ok(());
        }
        Err(if path.is_dir() {
            format!("{self} is a folder; name a file")
        } else {
            format!("cannot write {self}: there is no folder {}; make it first", folder.display())
        }
        .into())
    }

    pub(crate) fn write(&self, text: &str) -> Result<()> {
        if self.is_stdout() { print(text) } else { std::fs::write(&self.0, text).map_err(|e| format!("cannot write {self}: {e}").into()) }
    }
}

/// Writes to standard output. A reader that has left (`ascend support | head`) is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(format!("cannot write to standard output: {e}").into()),
        _ => Ok(()),
    }
}

/// Prints a value as indented JSON.
pub(crate) fn print_json(value: &impl Serialize) -> Result<()> {
    print(&(serde_json::to_string_pretty(value)? + "\n"))
}

/// Writes to standard error, where nobody may be listening.
pub(crate) fn note(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// A table without borders, in the look of all commands.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_style(TableComponent::HeaderLines, '─')
        .set_style(TableComponent::MiddleHeaderIntersections, '─');
    table.set_header(header);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

/// A table's text without the blanks at the ends of its lines.
pub(crate) fn text(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}
