//! Whether the C declarations in `sys/include` agree with the headers of an installed toolkit.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::path::PathBuf;

use comfy_table::{ContentArrangement, Table, presets};

use crate::bindings;
use crate::clang::{self, Language};
use crate::headers::{Headers, pattern};
use crate::model::{Layout, Model};
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
    /// Relevant that could not be read, or were not tried because they are C++ by nature, with the reason.
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
    /// Of which versions ours says the same as theirs, where it knows: "so up to 8.5" of an older form, "since 9.0" of a member that theirs is too old for.
    pub known: Option<String>,
}

impl Report {
    /// Number of differences that our declarations do not know of.
    pub fn conflicts(&self) -> usize {
        self.differences.iter().filter(|difference| difference.known.is_none()).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.differences.is_empty() {
            let mut table = Table::new();
            table.load_preset(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
            table.set_header(["declaration", "sys/include", "this toolkit", "verdict"]);
            for d in &self.differences {
                let verdict = d.known.as_ref().map_or("CONFLICT".into(), |versions| format!("known: {versions}"));
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
/// A folder is one that `#include` paths start from; `paths` are further such folders, whose own headers are not compared. A function, constant or struct that only one side has is no
/// difference: versions differ in what they hold. A field that only one side's struct has is one; it is known if ours is marked with a later version.
///
/// # Errors
/// [`Error::NoLibclang`], [`Error::Io`] when a folder cannot be read, [`Error::Header`] when no header of it can.
pub fn check(folders: &[PathBuf], paths: &[PathBuf]) -> Result<Report> {
    // Headers are known by their real paths, and what they declare by the folder it is in.
    let real = |folders: &[PathBuf]| folders.iter().map(|f| f.canonicalize().map_err(Error::io(f))).collect::<Result<Vec<_>>>();
    let (folders, paths) = (&real(folders)?[..], &real(paths)?[..]);
    let ours = bindings::model()?;
    let Relevant { c: headers, cpp } = relevant(folders, &ours)?;
    let mut report = Report { unread: cpp, ..Report::default() };
    let theirs = match read(&headers, folders, paths) {
        Ok(model) => vec![model],
        // One header that is not plain C must not hide the others.
        Err(_) if headers.len() > 1 => {
            let read = |header: &PathBuf| read(std::slice::from_ref(header), folders, paths);
            let (good, bad): (Vec<_>, Vec<_>) = headers.iter().map(read).partition(Result::is_ok);
            report.unread.extend(bad.into_iter().filter_map(Result::err).map(|error| error.to_string()));
            good.into_iter().flatten().collect()
        }
        Err(error) => return Err(error),
    };
    let members = Headers::read(&bindings::ROOTS)?.members_since();
    let mut seen = BTreeSet::new();
    for model in &theirs {
        compare(&ours, model, &members, &mut seen, &mut report);
    }
    Ok(report)
}

fn read(headers: &[PathBuf], folders: &[PathBuf], paths: &[PathBuf]) -> Result<Model> {
    Model::parse(&clang::translate(headers, folders, paths, Language::Cpp)?)
}

/// The headers that mention a function, a constant or a struct of ours.
#[derive(Default)]
struct Relevant {
    /// Those that are C, or nearly.
    c: Vec<PathBuf>,
    /// Those that are C++ by nature, each with what shows it.
    cpp: Vec<String>,
}

fn relevant(folders: &[PathBuf], ours: &Model) -> Result<Relevant> {
    let mut found = Relevant::default();
    for folder in folders {
        let mut queue = vec![folder.clone()];
        while let Some(folder) = queue.pop() {
            for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
                let path = entry.map_err(Error::io(&folder))?.path();
                if path.is_dir() {
                    queue.push(path);
                } else if path.extension().is_some_and(|ending| ending == "h") {
                    let bytes = std::fs::read(&path).map_err(Error::io(&path))?;
                    let text = String::from_utf8_lossy(&bytes);
                    if !mentions(&text, ours) {
                        continue;
                    }
                    match cpp(&text) {
                        Some(line) => found.cpp.push(format!("{}: C++ (`{line}`)", path.display())),
                        None => found.c.push(path.canonicalize().map_err(Error::io(&path))?),
                    }
                }
            }
        }
    }
    found.c.sort();
    found.cpp.sort();
    Ok(found)
}

fn mentions(text: &str, ours: &Model) -> bool {
    let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| ours.functions.contains_key(word) || ours.layouts.contains_key(word) || ours.constants.contains_key(word))
}

/// The first line that only C++ can have. Comments are none.
fn cpp(text: &str) -> Option<String> {
    let text = pattern(r"(?s)/\*.*?\*/|//[^\n]*").replace_all(text, "");
    let mut lines = text.lines().map(str::trim);
    let line = lines.find(|line| ["namespace ", "template <", "template<", "class "].iter().any(|word| line.starts_with(word)))?;
    Some(line.to_owned())
}

/// Older forms of `name` in ours: the version up to which each holds, with the name that it is declared under.
fn older<'a>(name: &str, names: impl Iterator<Item = &'a String>) -> Vec<(String, &'a String)> {
    let prefix = format!("{name}_until_");
    names.filter_map(|other| Some((other.strip_prefix(&prefix)?.replace('_', "."), other))).collect()
}

/// Adds to the report what the two have both, each name once.
fn compare(ours: &Model, theirs: &Model, members: &HashMap<String, String>, seen: &mut BTreeSet<String>, report: &mut Report) {
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
        report.fields += their.fields.keys().filter(|field| own.fields.contains_key(*field)).count();
        if own == their {
            continue;
        }
        let same = older(name, ours.layouts.keys()).into_iter().find(|(_, old)| ours.layouts[*old] == *their);
        let (size, known) = ((own.size, own.align) != (their.size, their.align), same.is_some());
        if size || known {
            let text = |layout: &Layout| format!("{} bytes, aligned to {}", layout.size, layout.align);
            report.add(name.clone(), text(own), text(their), same.map(|(version, _)| version));
        }
        if !known {
            report.compare_fields(name, own, their, members);
        }
    }
}

impl Report {
    fn compare_fields(&mut self, name: &str, ours: &Layout, theirs: &Layout, since: &HashMap<String, String>) {
        let text = |field: Option<&(usize, String)>| field.map_or("no such field".into(), |(offset, ty)| format!("{ty} at byte {offset}"));
        for field in ours.fields.keys().chain(theirs.fields.keys()).collect::<BTreeSet<_>>() {
            let (own, their) = (ours.fields.get(field), theirs.fields.get(field));
            if own != their {
                let name = format!("{name}.{field}");
                let known = since.get(&name).filter(|_| their.is_none()).map(|version| format!("since {version}"));
                self.differences.push(Difference { name, ours: text(own), theirs: text(their), known });
            }
        }
    }

    fn add(&mut self, name: String, ours: String, theirs: String, until: Option<String>) {
        let known = until.map(|version| format!("so up to {version}"));
        self.differences.push(Difference { name, ours, theirs, known });
    }
}
