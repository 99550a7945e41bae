//! Whether the C declarations in `sys/include` agree with the headers of an installed toolkit.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use comfy_table::{ContentArrangement, Table, presets};

use crate::bindings;
use crate::clang::{self, Language};
use crate::model::Model;
use crate::{Error, Result};

/// What a comparison found. Its text form is the table and a summary.
#[derive(Debug, Default)]
pub struct Report {
    /// Functions that both have.
    pub functions: usize,
    /// Constants that both have.
    pub constants: usize,
    /// Structs and unions that both have.
    pub layouts: usize,
    /// Fields of those.
    pub fields: usize,
    /// What differs.
    pub differences: Vec<Difference>,
    /// Headers that could not be read, with the reason.
    pub unread: Vec<String>,
}

/// A declaration in which the two disagree.
#[derive(Debug)]
pub struct Difference {
    /// The function, constant, struct or `struct.field`.
    pub name: String,
    /// What `sys/include` says.
    pub ours: String,
    /// What the toolkit's header says.
    pub theirs: String,
    /// The version up to which ours says the same as theirs, where it knows such an older form.
    pub until: Option<String>,
}

impl Report {
    /// Number of differences that our declarations do not know of.
    pub fn conflicts(&self) -> usize {
        self.differences.iter().filter(|difference| difference.until.is_none()).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.differences.is_empty() {
            let mut table = Table::new();
            table.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
            table.set_header(["declaration", "sys/include", "this toolkit", "verdict"]);
            for d in &self.differences {
                let verdict = d.until.as_ref().map_or("CONFLICT".into(), |version| format!("known: so up to {version}"));
                table.add_row([&d.name, &d.ours, &d.theirs, &verdict]);
            }
            writeln!(f, "{table}")?;
        }
        for header in &self.unread {
            writeln!(f, "not read: {header}")?;
        }
        let (functions, constants, layouts, fields) = (self.functions, self.constants, self.layouts, self.fields);
        write!(f, "compared {functions} functions, {constants} constants, {layouts} structs and unions with {fields} fields: ")?;
        writeln!(f, "{} conflicts, {} known differences", self.conflicts(), self.differences.len() - self.conflicts())
    }
}

/// Compares every declaration that `sys/include` and the headers below `folders` have both.
///
/// A folder is one that `#include` paths start from; `paths` are further such folders, whose own headers are not compared. What only one side has is no difference: versions differ in what they hold.
///
/// # Errors
/// [`Error::NoLibclang`], [`Error::Io`] when a folder cannot be read, [`Error::Header`] when no header of it can.
pub fn check(folders: &[PathBuf], paths: &[PathBuf]) -> Result<Report> {
    let ours = bindings::model()?;
    let mut report = Report::default();
    let headers = relevant(folders, &ours)?;
    let theirs = match read(&headers, folders, paths) {
        Ok(model) => vec![model],
        // One header that is not plain C must not hide the others.
        Err(_) if headers.len() > 1 => {
            let read = |header: &PathBuf| read(std::slice::from_ref(header), folders, paths);
            let (good, bad): (Vec<_>, Vec<_>) = headers.iter().map(read).partition(Result::is_ok);
            report.unread = bad.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect();
            good.into_iter().flatten().collect()
        }
        Err(error) => return Err(error),
    };
    let mut seen = BTreeSet::new();
    for model in &theirs {
        compare(&ours, model, &mut seen, &mut report);
    }
    Ok(report)
}

fn read(headers: &[PathBuf], folders: &[PathBuf], paths: &[PathBuf]) -> Result<Model> {
    Model::parse(&clang::translate(headers, folders, paths, Language::Cpp)?)
}

/// The headers that mention a function or a struct of ours and are not C++ by nature.
fn relevant(folders: &[PathBuf], ours: &Model) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in folders {
        let mut queue = vec![folder.clone()];
        while let Some(folder) = queue.pop() {
            for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
                let path = entry.map_err(Error::io(&folder))?.path();
                if path.is_dir() {
                    queue.push(path);
                } else if path.extension().is_some_and(|ending| ending == "h") && mentions(&path, ours)? {
                    found.push(path.canonicalize().map_err(Error::io(&path))?);
                }
            }
        }
    }
    found.sort();
    Ok(found)
}

fn mentions(path: &Path, ours: &Model) -> Result<bool> {
    let bytes = std::fs::read(path).map_err(Error::io(path))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines().map(str::trim_start);
    if lines.any(|line| ["namespace ", "template <", "template<", "class "].iter().any(|word| line.starts_with(word))) {
        return Ok(false);
    }
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    Ok(words.any(|word| ours.functions.contains_key(word) || ours.layouts.contains_key(word) || ours.constants.contains_key(word)))
}

/// Older forms of `name` in ours: the version up to which each holds, with the name that it is declared under.
fn older<'a>(name: &str, names: impl Iterator<Item = &'a String>) -> Vec<(String, &'a String)> {
    let prefix = format!("{name}_until_");
    names.filter_map(|other| Some((other.strip_prefix(&prefix)?.replace('_', "."), other))).collect()
}

/// Adds to the report what the two have both, each name once.
fn compare(ours: &Model, theirs: &Model, seen: &mut BTreeSet<String>, report: &mut Report) {
    for (name, function) in &theirs.functions {
        let Some(own) = ours.functions.get(name).filter(|_| seen.insert(format!("fn {name}"))) else { continue };
        report.functions += 1;
        let (own, their) = (ours.signature(own), theirs.signature(function));
        if own != their {
            let same = older(name, ours.functions.keys()).into_iter().find(|(_, old)| ours.signature(&ours.functions[*old]) == their);
            report.add(name.clone(), own, their, same.map(|(version, _)| version));
        }
    }
    for (name, their) in &theirs.constants {
        let Some(own) = ours.constants.get(name).filter(|_| seen.insert(format!("const {name}"))) else { continue };
        report.constants += 1;
        if own != their {
            let same = older(name, ours.constants.keys()).into_iter().find(|(_, old)| ours.constants[*old] == *their);
            report.add(name.clone(), own.clone(), their.clone(), same.map(|(version, _)| version));
        }
    }
    for (name, their) in &theirs.layouts {
        let Some(own) = ours.layouts.get(name).filter(|_| seen.insert(format!("struct {name}"))) else { continue };
        report.layouts += 1;
        let layout = if (own.size, own.align) == (their.size, their.align) {
            own
        } else {
            let mut older = older(name, ours.layouts.keys()).into_iter().map(|(version, old)| (version, &ours.layouts[old]));
            let same = older.find(|(_, old)| (old.size, old.align) == (their.size, their.align));
            let text = |size: usize, align: usize| format!("{size} bytes, aligned to {align}");
            let (layout, until) = same.map_or((own, None), |(version, layout)| (layout, Some(version)));
            report.add(name.clone(), text(own.size, own.align), text(their.size, their.align), until);
            layout
        };
        for (field, (their_offset, their_type)) in &their.fields {
            let Some((own_offset, own_type)) = layout.fields.get(field) else { continue };
            report.fields += 1;
            if (own_offset, own_type) != (their_offset, their_type) {
                let text = |offset: &usize, ty: &String| format!("{ty} at byte {offset}");
                report.add(format!("{name}.{field}"), text(own_offset, own_type), text(their_offset, their_type), None);
            }
        }
    }
}

impl Report {
    fn add(&mut self, name: String, ours: String, theirs: String, until: Option<String>) {
        self.differences.push(Difference { name, ours, theirs, until });
    }
}
