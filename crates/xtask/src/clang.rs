//! C headers through libclang and bindgen, as Rust source text.

use std::path::PathBuf;

use bindgen::callbacks::{IntKind, ParseCallbacks};

use crate::{Error, Result};

/// Loads libclang for this thread; bindgen would panic without it.
pub(crate) fn load() -> Result<()> {
    if clang_sys::is_loaded() {
        return Ok(());
    }
    clang_sys::load().map_err(Error::NoLibclang)
}

/// The language that headers are read as.
#[derive(Clone, Copy)]
pub(crate) enum Language {
    /// Ours are C.
    C,
    /// The vendor's use `bool` and constants in array bounds without saying that they are C++.
    Cpp,
}

/// The declarations of `headers` and what they include from below `folders`, as Rust. Includes are found from `paths` too.
pub(crate) fn translate(headers: &[PathBuf], folders: &[PathBuf], paths: &[PathBuf], language: Language) -> Result<String> {
    load()?;
    let include: String = headers.iter().map(|header| format!("#include \"{}\"\n", header.display())).collect();
    let mut builder = bindgen::Builder::default()
        .header_contents("all.h", &include)
        .clang_args(match language {
            Language::C => ["-x", "c", "-std=c11"].as_slice(),
            // Headers for image processing refuse to be read without the macro.
            Language::Cpp => &["-x", "c++", "-std=c++17", "-DENABLE_DVPP_INTERFACE"],
        })
        .default_enum_style(bindgen::EnumVariation::Consts)
        .prepend_enum_name(false)
        .generate_comments(false)
        .use_core()
        .formatter(bindgen::Formatter::None)
        .parse_callbacks(Box::new(MacroTypes));
    for folder in folders.iter().chain(paths) {
        builder = builder.clang_arg("-I").clang_arg(folder.display().to_string());
    }
    for folder in folders {
        builder = builder.allowlist_file(format!("{}/.*", regex::escape(&folder.display().to_string())));
    }
    let failed = |reason: String| Error::Header { header: include.replace("#include ", "").replace('\n', " ").trim().to_owned(), reason };
    Ok(builder.generate().map_err(|error| failed(error.to_string()))?.to_string())
}

/// Types of integer macros: C says none.
#[derive(Debug)]
struct MacroTypes;

impl ParseCallbacks for MacroTypes {
    fn int_macro(&self, name: &str, _value: i64) -> Option<IntKind> {
        let status = ["ACL_ERROR", "ACL_SUCCESS", "ACL_RT_SUCCESS", "ACLNN_"].iter().any(|prefix| name.starts_with(prefix));
        match () {
            () if status => Some(IntKind::I32),
            // Bits of a 64-bit mask, and a size with all bits set but one.
            () if name.starts_with("ACL_PROF_") || name == "ACL_UNKNOWN_RANK" => Some(IntKind::U64),
            () => None,
        }
    }
}
