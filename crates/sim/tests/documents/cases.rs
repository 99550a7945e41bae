//! The cases in C, compiled and opened.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::process::Command;

type Lookup = unsafe extern "C" fn(*const c_char) -> *mut c_void;

unsafe extern "C" fn lookup(name: *const c_char) -> *mut c_void {
    // SAFETY: the cases pass literals.
    let name = unsafe { CStr::from_ptr(name) }.to_str().unwrap_or_default();
    ascend_sim::resolve(name).map_or(std::ptr::null_mut(), <*const c_void>::cast_mut)
}

/// The cases, compiled.
fn compile(folder: &Path) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = here.join("tests/documents");
    let library = folder.join("libdocuments.so");
    let files =
        std::fs::read_dir(&sources).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "c"));
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let output = Command::new(&compiler)
        .args(["-std=gnu11", "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg("-I")
        .arg(here.join("../../sys/include"))
        .args(files)
        .arg("-lm")
        .output()
        .unwrap_or_else(|error| panic!("a C compiler asked ({compiler}; set CC), {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    library
}

pub(crate) struct Cases {
    library: libloading::Library,
    pub(crate) count: c_int,
}

impl Cases {
    /// On the newest CANN: the cases are of any version.
    pub(crate) fn open(folder: &Path) -> Self {
        // SAFETY: each test program has one test, and nothing has started yet that reads the environment.
        unsafe { std::env::set_var("ASCEND_SIM_CANN", "9.0.0") };
        // SAFETY: what was just compiled has only initialisers that register its cases.
        let library = unsafe { libloading::Library::new(compile(folder)) }.unwrap();
        // SAFETY: the function has this type.
        let count = unsafe { library.get::<unsafe extern "C" fn(Lookup) -> c_int>(b"documents_begin").unwrap()(lookup) };
        assert!(count > 0, "the simulation does not begin");
        Self { library, count }
    }

    fn text(&self, function: &str, case: c_int) -> Option<String> {
        // SAFETY: the functions have this type, and return null or a string that lives until the next call.
        unsafe {
            let text = self.library.get::<unsafe extern "C" fn(c_int) -> *const c_char>(function.as_bytes()).unwrap()(case);
            (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
        }
    }

    /// The names of the cases that fail, with what they found.
    pub(crate) fn failures(&self) -> Vec<String> {
        let failed = (0..self.count).filter_map(|case| {
            let found = self.text("documents_run", case)?;
            let (name, source) = (self.text("documents_name", case)?, self.text("documents_source", case)?);
            Some(format!("{name} ({source}): {found}"))
        });
        failed.collect()
    }
}
