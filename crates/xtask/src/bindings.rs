//! The Rust declarations of `ascend-sys`, made from the C declarations in `sys/include`.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use quote::ToTokens;
use syn::{Item, Type};

use crate::clang::{self, Language};
use crate::headers::{self, Header, Headers, OLDEST};
use crate::model::{Function, Model};
use crate::{Error, Result, root};

/// A library of the toolkit, and the headers that declare its functions.
struct Library {
    /// The table's type.
    table: &'static str,
    /// The file's name in a toolkit.
    file: &'static str,
    title: &'static str,
    declares: fn(&str) -> bool,
}

const LIBRARIES: [Library; 5] = [
    Library {
        table: "AscendCl",
        file: "libascendcl.so",
        title: "the runtime: devices, streams, events, memory, kernels, graphs",
        declares: |h| h.starts_with("acl/"),
    },
    Library {
        table: "NnOpBase",
        file: "libnnopbase.so",
        title: "tensors, scalars, lists and executors of aclnn operators",
        declares: |h| h == "nnopbase",
    },
    Library { table: "OpApi", file: "libopapi.so", title: "the aclnn operators", declares: |h| h.starts_with("aclnn/") },
    Library { table: "Hccl", file: "libhccl.so", title: "collective communication", declares: |h| h == "hccl" },
    Library { table: "MsTx", file: "libms_tools_ext.so", title: "markers and ranges for the profiling tools", declares: |h| h == "mstx" },
];

/// The headers that include all others.
pub(crate) const ROOTS: [&str; 4] = ["ascendcl.h", "opapi.h", "hccl.h", "mstx.h"];

/// A file that the generator writes.
pub struct File {
    /// Where.
    pub path: PathBuf,
    /// What.
    pub text: String,
}

/// Our declarations, through libclang.
pub(crate) fn model() -> Result<Model> {
    let folder = headers::folder();
    let files = ROOTS.map(|file| folder.join(file));
    Model::parse(&clang::translate(&files, &[folder], &[], Language::C)?)
}

/// Makes the text of every generated file of `sys`.
///
/// # Errors
/// [`Error::NoLibclang`], [`Error::Header`] if a header is not C, [`Error::Format`] without rustfmt.
pub fn generate() -> Result<Vec<File>> {
    let headers = Headers::read(&ROOTS)?;
    let model = model()?;
    let sys = root().join("sys/src");
    let mut files = types(&headers, &model, &sys.join("bindings"))?;
    files.push(File { path: sys.join("bindings/codes.rs"), text: codes(&headers) });
    files.extend(tables(&headers, &model, &sys.join("tables"))?);
    for file in &mut files {
        file.text = format(&file.text)?;
    }
    Ok(files)
}

/// Writes the files.
///
/// # Errors
/// [`Error::Io`].
pub fn write(files: &[File]) -> Result<()> {
    for file in files {
        if let Some(folder) = file.path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::io(folder))?;
        }
        std::fs::write(&file.path, &file.text).map_err(Error::io(&file.path))?;
    }
    Ok(())
}

/// The files whose committed text is another one, or that nothing generates any more.
///
/// # Errors
/// [`Error::Io`].
pub fn stale(files: &[File]) -> Result<Vec<PathBuf>> {
    let differs = |file: &&File| std::fs::read_to_string(&file.path).ok().as_ref() != Some(&file.text);
    let mut stale: Vec<PathBuf> = files.iter().filter(differs).map(|file| file.path.clone()).collect();
    for folder in ["bindings", "tables"].map(|name| root().join("sys/src").join(name)) {
        for entry in std::fs::read_dir(&folder).map_err(Error::io(&folder))? {
            let path = entry.map_err(Error::io(&folder))?.path();
            if files.iter().all(|file| file.path != path) {
                stale.push(path);
            }
        }
    }
    Ok(stale)
}

fn preamble(title: &str, source: &str) -> String {
    format!("//! {title}\n//!\n//! Made from `{source}` by `cargo run -p xtask -- bindings`.\n\n")
}

/// One module of types and constants a header.
fn types(headers: &Headers, model: &Model, folder: &Path) -> Result<Vec<File>> {
    let mut modules: BTreeMap<&str, (&Header, String)> = BTreeMap::new();
    let mut current = None;
    for item in &model.items {
        // A layout assertion has no name; it follows what it is about.
        if let Some(name) = name_of(item) {
            current = Some(headers.declaring(&name).ok_or(Error::Homeless(name))?);
        }
        let Some(header) = current else { continue };
        let text = &mut modules.entry(&header.name).or_insert((header, String::new())).1;
        let block = matches!(item, Item::Struct(_) | Item::Union(_)) || name_of(item).is_none();
        let _ = writeln!(text, "{}{}", item.to_token_stream(), if block { "\n" } else { "" });
    }
    let mut files = Vec::new();
    let mut list = preamble("C types and constants, one module a header.", "sys/include");
    list.push_str("pub(crate) mod codes;\n");
    for (header, text) in modules.values() {
        let module = header.name.replace('/', "_");
        let source = format!("sys/include/{}.h", header.name);
        let imports = if text.contains("acl") || text.contains("mstx") || text.contains("Hccl") { "use super::*;\n\n" } else { "" };
        files.push(File {
            path: folder.join(format!("{module}.rs")),
            text: format!("{}#![allow(unused_imports)]\n\n{imports}{text}", preamble(&header.title, &source)),
        });
        let _ = writeln!(list, "mod {module};");
    }
    for (header, _) in modules.values() {
        let _ = writeln!(list, "pub use {}::*;", header.name.replace('/', "_"));
    }
    files.push(File { path: folder.join("mod.rs"), text: list });
    Ok(files)
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Type(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Union(item) => item.ident.to_string(),
        Item::Const(item) => item.ident.to_string(),
        _ => return None,
    };
    (name != "_").then_some(name)
}

/// The status codes, each with its text.
fn codes(headers: &Headers) -> String {
    let mut text = preamble("Status codes and their texts, by value.", "sys/include");
    text.push_str("use crate::codes::Code;\n\n");
    let mut list = |name: &str, what: &str, codes: Vec<headers::Code>| {
        let _ = writeln!(text, "/// {what}\npub(crate) const {name}: &[Code] = &[");
        for code in codes {
            let _ = writeln!(text, "Code {{ value: {}, name: {:?}, text: {:?} }},", code.value, code.name, code.text);
        }
        text.push_str("];\n\n");
    };
    list("ACL", "What AscendCL and aclnn return.", headers.codes(|header| header.starts_with("acl")));
    list("HCCL", "What HCCL returns.", headers.codes(|header| header == "hccl"));
    text
}

/// One function table a library.
fn tables(headers: &Headers, model: &Model, folder: &Path) -> Result<Vec<File>> {
    let since = headers.since();
    let mut files = Vec::new();
    let mut list = preamble("One function table a library.", "sys/include");
    for library in &LIBRARIES {
        let module = library.table.to_lowercase();
        let mut text = preamble(&format!("`{}`, {}.", library.file, library.title), "sys/include");
        text.push_str("use core::ffi::*;\n\nuse crate::ffi::*;\nuse crate::table::table;\n\ntable! {\n");
        let _ = writeln!(text, "    /// `{}`, {}.", library.file, library.title);
        let _ = writeln!(text, "    pub struct {} in \"{}\";", library.table, library.file);
        for header in headers.0.iter().filter(|header| (library.declares)(&header.name)) {
            let declared = model.functions.iter().filter(|(name, _)| headers.declaring(name).is_some_and(|h| h.name == header.name));
            let functions: Vec<String> = declared.map(|(name, function)| table_line(name, function, &since)).collect();
            if !functions.is_empty() {
                let _ = writeln!(text, "\n    // {}\n{}", header.title, functions.join("\n"));
            }
        }
        text.push_str("}\n");
        files.push(File { path: folder.join(format!("{module}.rs")), text });
        let _ = writeln!(list, "pub mod {module};");
    }
    for name in model.functions.keys() {
        let header = headers.declaring(name).ok_or_else(|| Error::Homeless(name.clone()))?;
        if !LIBRARIES.iter().any(|library| (library.declares)(&header.name)) {
            return Err(Error::Homeless(name.clone()));
        }
    }
    files.push(File { path: folder.join("mod.rs"), text: list });
    Ok(files)
}

/// A line of `table!`: `status fn name(argument: type) -> aclError = "symbol" since "8.1";`.
fn table_line(name: &str, function: &Function, since: &HashMap<String, String>) -> String {
    let returns = function.returns.as_ref().map_or("()".into(), show);
    let kind = match returns.as_str() {
        _ if function.variadic => "variadic",
        "aclError" | "aclnnStatus" | "HcclResult" => "status",
        _ => "value",
    };
    let symbol = name.split("_until_").next().unwrap_or(name);
    let since = since.get(name).map_or(OLDEST, String::as_str);
    let arguments: Vec<String> = function.arguments.iter().map(|(name, ty)| format!("{name}: {}", show(ty))).collect();
    let (head, tail) = (format!("    {kind} fn {name}("), format!(") -> {returns} = \"{symbol}\" since \"{since}\";"));
    let one = format!("{head}{}{tail}", arguments.join(", "));
    if one.len() <= WIDTH {
        return one;
    }
    let mut text = head;
    let mut line = String::from("       ");
    for argument in &arguments {
        if line.len() + argument.len() + 2 > WIDTH {
            let _ = write!(text, "\n{line}");
            line = String::from("       ");
        }
        let _ = write!(line, " {argument},");
    }
    format!("{text}\n{line}\n    {}", tail)
}

/// Width of a line, as in rustfmt.toml.
const WIDTH: usize = 140;

/// A type without its path; the tables import what they name.
fn show(ty: &Type) -> String {
    match ty {
        Type::Ptr(pointer) => format!("*{} {}", if pointer.mutability.is_some() { "mut" } else { "const" }, show(&pointer.elem)),
        Type::Array(array) => format!("[{}; {}]", show(&array.elem), array.len.to_token_stream()),
        Type::BareFn(function) => {
            let arguments: Vec<String> = function.inputs.iter().map(|argument| show(&argument.ty)).collect();
            let returns = match &function.output {
                syn::ReturnType::Default => String::new(),
                syn::ReturnType::Type(_, ty) => format!(" -> {}", show(ty)),
            };
            format!("unsafe extern \"C\" fn({}){returns}", arguments.join(", "))
        }
        Type::Path(path) => path.path.segments.last().map_or_else(String::new, |last| match &last.arguments {
            syn::PathArguments::AngleBracketed(inner) => {
                let inner: Vec<String> = inner
                    .args
                    .iter()
                    .map(|argument| match argument {
                        syn::GenericArgument::Type(ty) => show(ty),
                        other => other.to_token_stream().to_string(),
                    })
                    .collect();
                format!("{}<{}>", last.ident, inner.join(", "))
            }
            _ => last.ident.to_string(),
        }),
        other => other.to_token_stream().to_string(),
    }
}

/// The text as `cargo fmt` leaves it.
fn format(text: &str) -> Result<String> {
    let failed = |error: std::io::Error| Error::Format(error.to_string());
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path"])
        .arg(root().join("rustfmt.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut input = rustfmt.stdin.take();
    let source = text.to_owned();
    // rustfmt reads all before it writes, but a pipe holds little: write from beside it.
    let writer = std::thread::spawn(move || input.as_mut().map_or(Ok(()), |input| input.write_all(source.as_bytes())));
    let output = rustfmt.wait_with_output().map_err(failed)?;
    if writer.join().is_err() || !output.status.success() {
        return Err(Error::Format(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
