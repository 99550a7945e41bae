//! What the text of `sys/include` says beyond C: which header declares a name, since when, and what a status code means.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::{Error, Result, root};

/// The oldest version that the declarations hold for; an unmarked one has been there since.
pub(crate) const OLDEST: &str = "8.1";

/// Folder of our C declarations.
pub(crate) fn folder() -> PathBuf {
    root().join("sys/include")
}

/// One header.
pub(crate) struct Header {
    /// Its path in the folder without the ending: `acl/stream`.
    pub(crate) name: String,
    /// Its first line: what it declares.
    pub(crate) title: String,
    text: String,
    words: HashSet<String>,
}

/// A status code with its text.
pub(crate) struct Code {
    pub(crate) value: i64,
    pub(crate) name: String,
    pub(crate) text: String,
}

/// All headers, each behind those it includes: the first one that holds a name declares it.
pub(crate) struct Headers(pub(crate) Vec<Header>);

impl Headers {
    pub(crate) fn read(roots: &[&str]) -> Result<Self> {
        let mut headers = Self(Vec::new());
        let mut seen = HashSet::new();
        for file in roots {
            headers.visit(&folder().join(file), &mut seen)?;
        }
        Ok(headers)
    }

    fn visit(&mut self, path: &Path, seen: &mut HashSet<PathBuf>) -> Result<()> {
        let path = path.canonicalize().map_err(Error::io(path))?;
        if !seen.insert(path.clone()) {
            return Ok(());
        }
        let text = std::fs::read_to_string(&path).map_err(Error::io(&path))?;
        for include in pattern(r#"(?m)^#include "(.*)"$"#).captures_iter(&text) {
            self.visit(&path.with_file_name(&include[1]), seen)?;
        }
        let home = folder();
        let name = path.strip_prefix(home.canonicalize().unwrap_or(home)).unwrap_or(&path).with_extension("");
        self.0.push(Header {
            name: name.to_string_lossy().into_owned(),
            title: text.lines().next().unwrap_or_default().trim_start_matches("// ").to_owned(),
            words: pattern(r"//.*|(\w+)").captures_iter(&text).filter_map(|word| Some(word.get(1)?.as_str().to_owned())).collect(),
            text,
        });
        Ok(())
    }

    /// The header that declares `name`, which may be a name that bindgen gave to something anonymous inside of it.
    pub(crate) fn declaring(&self, name: &str) -> Option<&Header> {
        let name = name.split("__bindgen").next().unwrap_or(name);
        let name = name.strip_suffix("GetWorkspaceSize").filter(|operator| operator.starts_with("aclnn")).unwrap_or(name);
        self.0.iter().find(|header| header.words.contains(name))
    }

    /// The version that each marked function came with.
    pub(crate) fn since(&self) -> HashMap<String, String> {
        let marked = pattern(r"SINCE\((\d+\.\d+)\)\s*(?:ACLNN_OPERATOR\((\w+)|[^;{(]*?(\w+)\()");
        let mut since = HashMap::new();
        for found in self.0.iter().flat_map(|header| marked.captures_iter(&header.text)) {
            let version = found[1].to_owned();
            if let Some(operator) = found.get(2) {
                since.insert(format!("{}GetWorkspaceSize", operator.as_str()), version.clone());
            }
            if let Some(name) = found.get(2).or(found.get(3)) {
                since.insert(name.as_str().to_owned(), version);
            }
        }
        since
    }

    /// The version that each marked member of a struct or union came with, by `struct.member`.
    pub(crate) fn members_since(&self) -> HashMap<String, String> {
        let block = pattern(r"(?ms)^(?:SINCE\([\d.]+\) )?typedef (?:struct|union) (\w+) \{$(.*?)^\}");
        let member = pattern(r"(?m)(\w+)(?:\[\w+\])*; // (\d+\.\d+)$");
        let mut since = HashMap::new();
        for found in self.0.iter().flat_map(|header| block.captures_iter(&header.text)) {
            let marked = member.captures_iter(found.get(2).map_or("", |members| members.as_str()));
            since.extend(marked.map(|marked| (format!("{}.{}", &found[1], &marked[1]), marked[2].to_owned())));
        }
        since
    }

    /// The status codes in headers whose names match, by value. Of several names of one value the first is kept.
    pub(crate) fn codes(&self, wanted: impl Fn(&str) -> bool) -> Vec<Code> {
        let line = pattern(r"(?m)^(?:#define |    )(\w+) (?:= )?(\d+),? // (?:\d\.\d: )?(.*[a-z].*)$");
        let mut codes = BTreeMap::new();
        for header in self.0.iter().filter(|header| wanted(&header.name)) {
            for found in line.captures_iter(&header.text) {
                let Ok(value) = found[2].parse::<i64>() else { continue };
                codes.entry(value).or_insert(Code { value, name: found[1].into(), text: found[3].into() });
            }
        }
        codes.into_values().collect()
    }
}

#[expect(clippy::expect_used, reason = "the patterns are constants of this program")]
pub(crate) fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a valid pattern")
}
