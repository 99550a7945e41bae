//! Which files a library is looked for in, and in which order.
//!
//! 1. The folder that the caller names. If there is one, nothing else is looked at: another toolkit than the one asked for must not answer.
//! 2. The folders that `ASCEND_HOME_PATH` and `ASCEND_TOOLKIT_HOME` name.
//! 3. The folders of a default installation, [`toolkit::DEFAULTS`].
//! 4. The loader's own path (`LD_LIBRARY_PATH`, `ld.so.conf`).
//!
//! The first of these that has AscendCL has all: libraries of two versions do not work together, so what one toolkit lacks is not taken from another.
//!
//! aclnn operators are spread over several libraries, and users add their own. A symbol is taken from the first that has it: custom operators
//! (`ASCEND_CUSTOM_OPP_PATH`, then `ASCEND_OPP_PATH/vendors` in the order of its `config.ini`), then the toolkit's libraries, the split ones first.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::toolkit::{self, NamedBy, Root};

/// The libraries that the toolkit's own aclnn operators come in, in the order they are asked. Which exist depends on the version.
pub const OPERATOR_LIBRARIES: [&str; 13] = [
    "libopapi_math.so",
    "libopapi_nn.so",
    "libopapi_cv.so",
    "libopapi_transformer.so",
    "libopapi_oam.so",
    "libopapi_legacy.so",
    "libopapi.so",
    "libaclnn_ops_infer.so",
    "libaclnn_ops_train.so",
    "libaclnn_math.so",
    "libaclnn_sparse.so",
    "libaclnn_fft.so",
    "libaclnn_rand.so",
];

/// The library of a package of custom operators.
const CUSTOM_LIBRARY: &str = "op_api/lib/libcust_opapi.so";

/// Environment variables that the search reads, and what for.
pub const VARIABLES: [(&str, &str); 4] = [
    (toolkit::VARIABLES[0], "folder of the CANN toolkit, asked first"),
    (toolkit::VARIABLES[1], "folder of the CANN toolkit, asked second"),
    ("ASCEND_CUSTOM_OPP_PATH", "folders of custom operators, separated by colons"),
    ("ASCEND_OPP_PATH", "folder of operators; its vendors/ holds custom ones"),
];

/// A file to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// What is handed to the loader: a path, or a bare name that it looks for itself.
    pub path: PathBuf,
    /// Who names the folder.
    pub named_by: NamedBy,
}

/// A file that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The file.
    pub candidate: Candidate,
    /// What came of it.
    pub found: Found,
}

/// What came of trying a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It was opened.
    Opened,
    /// There is none.
    Nothing,
    /// It is there, but the loader refuses it, for this reason.
    Refused(String),
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): ", self.candidate.path.display(), self.candidate.named_by)?;
        match &self.found {
            Found::Opened => write!(f, "opened"),
            Found::Nothing => write!(f, "no such file"),
            Found::Refused(reason) => write!(f, "cannot be loaded: {reason}"),
        }
    }
}

/// Where to look for CANN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    roots: Vec<Root>,
    custom: Vec<Candidate>,
    loader: bool,
}

impl Search {
    /// The places that the environment names, the defaults, and the loader's own.
    pub fn new() -> Self {
        Self::with(|variable| std::env::var_os(variable))
    }

    /// This folder only, which is a toolkit's or holds the libraries itself. Custom operators are still those that the environment names.
    ///
    /// An empty path names no folder, and nothing is found; the current one is `.`.
    pub fn within(folder: impl Into<PathBuf>) -> Self {
        let path = Some(folder.into()).filter(|path| !path.as_os_str().is_empty());
        let roots = path.map(|path| Root { path, named_by: NamedBy::Caller }).into_iter().collect();
        Self { roots, loader: false, ..Self::new() }
    }

    fn with(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        Self { roots: toolkit::roots_with(&variable), custom: custom(&variable), loader: true }
    }

    /// The folders that are looked at, in this order.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// The files that may be the library called `file`; the first that can be opened is taken.
    pub fn candidates(&self, file: &str) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = Vec::new();
        for root in &self.roots {
            candidates.extend(root.libraries(file).map(|path| Candidate { path, named_by: root.named_by }));
        }
        if self.loader {
            candidates.push(Candidate { path: file.into(), named_by: NamedBy::Loader });
        }
        candidates
    }

    /// Each place on its own, in this order: libraries that are to work together are taken from one of them.
    pub fn places(&self) -> impl Iterator<Item = Self> {
        let place = |roots: Vec<Root>, loader| Self { roots, custom: self.custom.clone(), loader };
        self.roots.iter().map(move |root| place(vec![root.clone()], false)).chain(self.loader.then(|| place(Vec::new(), true)))
    }

    /// The libraries of custom operators, asked before the toolkit's own.
    pub fn custom_operators(&self) -> &[Candidate] {
        &self.custom
    }
}

impl Default for Search {
    fn default() -> Self {
        Self::new()
    }
}

fn custom(variable: impl Fn(&str) -> Option<OsString>) -> Vec<Candidate> {
    let [.., (named, _), (operators, _)] = VARIABLES;
    let mut found = Vec::new();
    for folder in std::env::split_paths(&variable(named).unwrap_or_default()).filter(|path| !path.as_os_str().is_empty()) {
        // The variable names a package, or a folder of packages.
        for package in [folder.clone()].into_iter().chain(folders_in(&folder)) {
            found.push(Candidate { path: package.join(CUSTOM_LIBRARY), named_by: NamedBy::Variable(named) });
        }
    }
    let vendors = variable(operators).filter(|path| !path.is_empty()).map(|path| Path::new(&path).join("vendors"));
    if let Some(vendors) = vendors {
        for package in priority(&std::fs::read_to_string(vendors.join("config.ini")).unwrap_or_default()) {
            found.push(Candidate { path: vendors.join(package).join(CUSTOM_LIBRARY), named_by: NamedBy::Variable(operators) });
        }
    }
    found.retain(|candidate| candidate.path.is_file());
    found
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

/// The packages that `load_priority=a,b,c` lists.
fn priority(config: &str) -> impl Iterator<Item = &str> {
    let line = config.lines().find_map(|line| line.trim().strip_prefix("load_priority")?.trim_start().strip_prefix('='));
    line.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_looked_for_in_the_documented_order() {
        let search = Search::with(|name| (name == "ASCEND_HOME_PATH").then(|| "/home".into()));
        let candidates = search.candidates("libx.so");
        let at = |path: &str| candidates.iter().position(|c| c.path == Path::new(path)).unwrap_or_else(|| panic!("{path}: {candidates:?}"));
        assert_eq!(at("/home/lib64/libx.so"), 0);
        assert!(at("/home/runtime/lib64/libx.so") < at("/usr/local/Ascend/cann/lib64/libx.so"));
        assert!(at("/usr/local/Ascend/cann/lib64/libx.so") < at("/usr/local/Ascend/ascend-toolkit/latest/lib64/libx.so"));
        assert_eq!(candidates.last(), Some(&Candidate { path: "libx.so".into(), named_by: NamedBy::Loader }));
    }

    #[test]
    fn a_folder_that_the_caller_names_is_the_only_one() {
        let candidates = Search::within("/mine").candidates("libx.so");
        assert!(candidates.iter().all(|c| c.path.starts_with("/mine") && c.named_by == NamedBy::Caller));
        assert!(candidates.iter().any(|c| c.path == Path::new("/mine/libx.so")));
    }

    #[test]
    fn an_empty_folder_names_nothing_and_the_loader_is_not_asked() {
        assert_eq!(Search::within("").candidates("libx.so"), []);
        assert_eq!(Search::within("").places().count(), 0);
    }

    #[test]
    fn places_are_the_parts_of_the_search_in_its_order() {
        let search = Search::with(|name| (name == "ASCEND_HOME_PATH").then(|| "/home".into()));
        let parts: Vec<_> = search.places().flat_map(|place| place.candidates("libx.so")).collect();
        assert_eq!(parts, search.candidates("libx.so"));
        assert_eq!(search.places().count(), 2 + toolkit::DEFAULTS.len());
    }

    #[test]
    fn custom_operators_are_found_in_the_order_that_the_vendor_documents() {
        let folder = tempfile::tempdir().unwrap();
        let package = |path: &str| {
            let file = folder.path().join(path).join(CUSTOM_LIBRARY);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "").unwrap();
            file
        };
        let expected = [package("one"), package("many/a"), package("many/b"), package("opp/vendors/second"), package("opp/vendors/first")];
        package("opp/vendors/not-listed");
        std::fs::write(folder.path().join("opp/vendors/config.ini"), "load_priority = second, first,gone\n").unwrap();
        let search = Search::with(|name| match name {
            "ASCEND_CUSTOM_OPP_PATH" => std::env::join_paths([folder.path().join("one"), folder.path().join("many")]).ok(),
            "ASCEND_OPP_PATH" => Some(folder.path().join("opp").into()),
            _ => None,
        });
        let found: Vec<_> = search.custom_operators().iter().map(|c| c.path.clone()).collect();
        assert_eq!(found, expected);
    }
}
