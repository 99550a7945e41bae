//! An opened library: a set of files, or something in this process that stands in for one.

use std::ffi::{CStr, c_char, c_void};
use std::fmt;
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::ptr::NonNull;

use crate::search::{Attempt, Candidate, Found, OPERATOR_LIBRARIES, Search};
use crate::toolkit::NamedBy;
use crate::{Domain, Error, Result};

/// A function that a table knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: &'static str,
    /// The oldest version of CANN that is known to have it.
    pub since: &'static str,
}

/// Finds the addresses of functions of this process, in place of a library. The simulated CANN is one.
pub type Resolver = fn(&str) -> Option<*const c_void>;

/// `aclGetRecentErrMsg`: what went wrong last in the calling thread, or null.
pub(crate) type RecentMessage = unsafe extern "C" fn() -> *const c_char;

/// A library of the toolkit. What is opened stays loaded until the process ends.
pub struct Library {
    file: &'static str,
    source: Source,
    message: Option<RecentMessage>,
    domain: Domain,
}

enum Source {
    /// In the order that they are asked.
    Files(Vec<(PathBuf, ManuallyDrop<libloading::Library>)>),
    Process {
        name: &'static str,
        resolver: Resolver,
    },
    /// No file could be opened.
    Missing(Vec<Attempt>),
}

impl Library {
    /// Opens the first file called `file` that `search` finds. If there is none, the library is empty: asking it for a function says where it was looked for.
    pub fn open(file: &'static str, search: &Search) -> Self {
        let (opened, attempts) = open_first(&search.candidates(file));
        let source = if opened.is_empty() { Source::Missing(attempts) } else { Source::Files(opened) };
        Self::new(file, source)
    }

    /// Opens every library that aclnn operators come in: those of custom operators, then the toolkit's own, all from the first place that has one.
    pub fn open_operators(file: &'static str, search: &Search) -> Self {
        let mut opened = Vec::new();
        let mut attempts = Vec::new();
        for candidate in search.custom_operators() {
            let (files, tried) = open_first(std::slice::from_ref(candidate));
            opened.extend(files);
            attempts.extend(tried);
        }
        let custom = opened.len();
        for place in search.places() {
            for name in OPERATOR_LIBRARIES {
                let (files, tried) = open_first(&place.candidates(name));
                opened.extend(files);
                // Which of the libraries exist depends on the version; the one that all have had is the one to report.
                attempts.extend(tried.into_iter().filter(|_| name == file));
            }
            if opened.len() > custom {
                break;
            }
        }
        let source = if opened.is_empty() { Source::Missing(attempts) } else { Source::Files(opened) };
        Self::new(file, source)
    }

    /// Functions of this process in place of the library `file`; `name` is what errors call them.
    pub fn in_process(file: &'static str, name: &'static str, resolver: Resolver) -> Self {
        Self::new(file, Source::Process { name, resolver })
    }

    fn new(file: &'static str, source: Source) -> Self {
        let domain = if file == crate::Hccl::FILE { Domain::Hccl } else { Domain::Acl };
        Self { file, source, message: None, domain }
    }

    /// Takes the texts of errors from `message`.
    pub(crate) fn with_message(mut self, message: Option<RecentMessage>) -> Self {
        self.message = message;
        self
    }

    /// The library's name in a toolkit.
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// The files that were opened, in the order that they are asked. None if the library is missing or functions of this process stand in for it.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let files = match &self.source {
            Source::Files(files) => files.as_slice(),
            Source::Process { .. } | Source::Missing(_) => &[],
        };
        files.iter().map(|(path, _)| path.as_path())
    }

    /// Fails if there is no library.
    ///
    /// # Errors
    /// [`Error::LibraryMissing`], with every place that was looked at.
    pub fn present(&self) -> Result<()> {
        match &self.source {
            Source::Missing(searched) => Err(Error::LibraryMissing { library: self.file, searched: searched.clone() }),
            Source::Files(_) | Source::Process { .. } => Ok(()),
        }
    }

    /// The address of the function called `name`.
    pub fn symbol(&self, name: &str) -> Option<NonNull<c_void>> {
        let address = match &self.source {
            Source::Files(files) => files.iter().find_map(|(_, file)| {
                // SAFETY: only the address is read, as the untyped pointer that it is.
                unsafe { file.get::<*mut c_void>(name.as_bytes()) }.ok().map(|symbol| *symbol).filter(|address| !address.is_null())
            }),
            Source::Process { resolver, .. } => resolver(name).map(<*const c_void>::cast_mut),
            Source::Missing(_) => None,
        };
        address.and_then(NonNull::new)
    }

    /// The error of a function that is not there.
    #[cold]
    pub(crate) fn missing(&self, symbol: &'static str, since: &'static str) -> Error {
        if let Err(error) = self.present() {
            return error;
        }
        Error::SymbolMissing { symbol, library: self.file, path: self.to_string(), since }
    }

    /// What the status that `call` returned amounts to.
    #[inline]
    pub(crate) fn outcome(&self, call: &'static str, status: impl Status) -> Result<()> {
        match status.value() {
            0 => Ok(()),
            code => Err(self.failed(call, code)),
        }
    }

    #[cold]
    fn failed(&self, call: &'static str, code: i32) -> Error {
        let known = self.domain.describe(code);
        let (name, text) = known.map_or(("unknown", "this code is not documented"), |code| (code.name, code.text));
        let message = self.message.and_then(|message| {
            // SAFETY: the function takes nothing. It returns null or a string of its own, which is copied before anything else is called.
            let text = unsafe {
                let text = message();
                (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy())
            };
            text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).map(String::into_boxed_str)
        });
        Error::Call { call, code, name, text, message }
    }
}

/// Where its functions come from.
impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Files(files) => {
                let paths: Vec<_> = files.iter().map(|(path, _)| path.display().to_string()).collect();
                f.write_str(&paths.join(", "))
            }
            Source::Process { name, .. } => f.write_str(name),
            Source::Missing(_) => f.write_str("not found"),
        }
    }
}

impl fmt::Debug for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Library({}: {self})", self.file)
    }
}

/// A status as C libraries return it.
pub(crate) trait Status {
    fn value(self) -> i32;
}

impl Status for i32 {
    fn value(self) -> i32 {
        self
    }
}

impl Status for u32 {
    fn value(self) -> i32 {
        self.cast_signed()
    }
}

type Opened = Vec<(PathBuf, ManuallyDrop<libloading::Library>)>;

/// Opens the first candidate that can be opened, and says what came of each that was tried.
fn open_first(candidates: &[Candidate]) -> (Opened, Vec<Attempt>) {
    let mut attempts = Vec::new();
    for candidate in candidates {
        let bare = candidate.named_by == NamedBy::Loader;
        let found = if bare || candidate.path.exists() {
            // SAFETY: the library's initialisers run. They ask for nothing, and which file is opened is the decision of whoever runs this program.
            match unsafe { libloading::Library::new(&candidate.path) } {
                Ok(library) => return (vec![(candidate.path.clone(), ManuallyDrop::new(library))], attempts),
                Err(_) if bare => Found::Nothing,
                Err(error) => Found::Refused(error.to_string()),
            }
        } else {
            Found::Nothing
        };
        attempts.push(Attempt { candidate: candidate.clone(), found });
    }
    (Vec::new(), attempts)
}
