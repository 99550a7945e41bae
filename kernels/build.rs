//! Compiles the twin and every kernel for the host, and lists the kernels. Without a C++ compiler the crate builds without the twin and says why.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{env, error::Error, fs};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Folders here that hold no kernel.
const NOT_KERNELS: [&str; 5] = ["twin", "include", "src", "tests", "examples"];
/// Folders of sources that are for the twin alone: no device image is made of them.
const CHECKS: [&str; 3] = ["examples", "tests/api", "tests/bad"];

/// Names the folders of further sources, those of the program that this is built for; `kernels/README.md` has an example.
const FURTHER: &str = "ASCEND_COMPUTE_KERNELS";

/// Core types by the name that the kernel's source gives them: cube cores and vector cores a block, and whether cores may wait for each other.
const CORE_TYPES: [(&str, u32, u32, bool); 6] = [
    ("KERNEL_TYPE_AIV_ONLY", 0, 1, false),
    ("KERNEL_TYPE_AIC_ONLY", 1, 0, false),
    ("KERNEL_TYPE_MIX_AIV_1_0", 0, 1, true),
    ("KERNEL_TYPE_MIX_AIC_1_0", 1, 0, true),
    ("KERNEL_TYPE_MIX_AIC_1_1", 1, 1, true),
    ("KERNEL_TYPE_MIX_AIC_1_2", 1, 2, true),
];

struct Entry {
    name: String,
    arguments: Vec<String>,
    aic: u32,
    aiv: u32,
    synchronised: bool,
}

struct Source {
    path: PathBuf,
    /// As the list of kernels gives it: relative to this folder, or the whole path of one from elsewhere.
    shown: String,
    entries: Vec<Entry>,
}

impl Source {
    /// A name of files and of a C++ namespace.
    fn stem(&self) -> String {
        let plain = |text: &str| text.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        if self.path != Path::new(&self.shown) {
            return plain(&self.shown);
        }
        // A whole path may be longer than a file's name can be.
        let mut hasher = DefaultHasher::new();
        self.path.hash(&mut hasher);
        format!("source_{}_{:x}", plain(&self.path.file_name().unwrap_or_default().to_string_lossy()), hasher.finish())
    }
}

fn main() -> Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rustc-check-cfg=cfg(twin)");
    println!("cargo::metadata=root={}", root.display());
    for folder in ["twin", "include", "build.rs"].into_iter().chain(CHECKS) {
        println!("cargo:rerun-if-changed={folder}");
    }
    let mut kernels = sources(&root)?;
    kernels.extend(further_sources()?);
    let mut checks = Vec::new();
    for folder in CHECKS {
        checks.extend(sources_in(&root.join(folder), folder)?);
    }

    if let Some(why) = no_twin(&root, &out) {
        let why = why.replace('\n', " ");
        println!("cargo:rustc-env=ASCEND_TWIN_MISSING={why}");
        println!("cargo::metadata=missing={why}");
        fs::write(out.join("kernels.rs"), "&[]")?;
        return Ok(());
    }
    let twin = hash_of(&[
        root.join("twin/include/twin"),
        root.join("twin/include"),
        root.join("twin/src"),
        root.join("include"),
        root.join("build.rs"),
    ])? ^ hash_of_compiler(&root)?;
    archive(&root, &out, "ascend_twin", twin, files(&root.join("twin/src"), "cpp")?)?;
    for (sources, table) in [(&mut kernels, "twin_entries"), (&mut checks, "twin_checks")] {
        for source in sources.iter_mut() {
            source.entries = entries(&expand(&root, &source.path)?, &source.shown)?;
            let mut units = Vec::new();
            for (core, define, used) in [
                ("aic", "__DAV_C220_CUBE__", source.entries.iter().any(|e| e.aic > 0)),
                ("aiv", "__DAV_C220_VEC__", source.entries.iter().any(|e| e.aiv > 0)),
            ] {
                if used {
                    let unit = out.join(format!("{table}_{}_{core}.cpp", source.stem()));
                    fs::write(&unit, wrapped(source, core, define))?;
                    units.push(unit);
                }
            }
            let folder = source.path.parent().map(Path::to_path_buf).unwrap_or_default();
            archive(&root, &out, &format!("ascend_{}", source.stem()), twin ^ hash_of(&[folder])?, units)?;
        }
        let unit = out.join(format!("{table}.cpp"));
        fs::write(&unit, registry(sources, table)?)?;
        archive(&root, &out, table, twin ^ hash_of(std::slice::from_ref(&unit))?, vec![unit])?;
    }
    refuse_same_names(&kernels, &checks)?;
    fs::write(out.join("kernels.rs"), list(&kernels)?)?;
    fs::write(out.join("entries.tsv"), table(&kernels)?)?;
    println!("cargo::metadata=entries={}", out.join("entries.tsv").display());
    let library = if env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple") { "c++" } else { "stdc++" };
    println!("cargo:rustc-link-lib={library}");
    println!("cargo:rustc-cfg=twin");
    Ok(())
}

/// Why the twin cannot be built here.
fn no_twin(root: &Path, out: &Path) -> Option<String> {
    if env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family != "unix") {
        return Some("the twin's cores are coroutines of a Unix system".to_owned());
    }
    // What the environment names need not be there, and a C compiler need not have C++: only compiling tells.
    let probe = out.join("probe.cpp");
    if let Err(error) = fs::write(&probe, "#include <vector>\nstd::vector<int> probe() { return {}; }\n") {
        return Some(format!("{}: {error}", probe.display()));
    }
    let outcome = compiler(root).cargo_metadata(false).file(&probe).try_compile("twin_probe");
    outcome.err().map(|error| {
        for variable in ["CXX", "PATH"] {
            println!("cargo:rerun-if-env-changed={variable}");
        }
        format!("no C++ compiler: {error}")
    })
}

fn compiler(root: &Path) -> cc::Build {
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .cpp_link_stdlib(None)
        .std("c++17")
        .opt_level(2)
        .debug(false)
        .include(root.join("twin/include"))
        .include(root.join("twin/src"))
        .include(root.join("include"))
        .warnings(true)
        .extra_warnings(true)
        // A kernel that runs on one kind of core leaves helpers and constants of the other unused.
        .flag_if_supported("-Wno-unused-function")
        .flag_if_supported("-Wno-unused-parameter")
        .flag_if_supported("-Wno-unused-const-variable");
    build
}

/// Compiles `units` into an archive, unless one of the same `hash` is there: a change to one kernel compiles that kernel.
fn archive(root: &Path, out: &Path, name: &str, hash: u64, units: Vec<PathBuf>) -> Result<()> {
    let stamp = out.join(format!("{name}.hash"));
    let library = out.join(format!("lib{name}.a"));
    if library.is_file() && fs::read_to_string(&stamp).is_ok_and(|known| known == hash.to_string()) {
        println!("cargo:rustc-link-lib=static={name}");
        println!("cargo:rustc-link-search=native={}", out.display());
        return Ok(());
    }
    compiler(root).files(units).try_compile(name)?;
    fs::write(stamp, hash.to_string())?;
    Ok(())
}

/// The compiler and its options as a number: another one compiles all.
fn hash_of_compiler(root: &Path) -> Result<u64> {
    let tool = compiler(root).try_get_compiler()?;
    let mut hasher = DefaultHasher::new();
    (tool.path(), tool.args()).hash(&mut hasher);
    Ok(hasher.finish())
}

/// The contents of files, and of the files in folders, as one number.
fn hash_of(paths: &[PathBuf]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        let mut names = if path.is_dir() {
            fs::read_dir(path)?.map(|e| e.map(|e| e.path())).collect::<std::io::Result<Vec<_>>>()?
        } else {
            vec![path.clone()]
        };
        names.sort();
        for name in names.iter().filter(|name| name.is_file()) {
            (name, fs::read(name)?).hash(&mut hasher);
        }
    }
    Ok(hasher.finish())
}

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn sources_in(folder: &Path, shown: &str) -> Result<Vec<Source>> {
    let shown_file = |path: &Path| format!("{shown}/{}", path.file_name().unwrap_or_default().to_string_lossy());
    Ok(files(folder, "cpp")?.into_iter().map(|path| Source { shown: shown_file(&path), path, entries: Vec::new() }).collect())
}

fn sources(root: &Path) -> Result<Vec<Source>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !NOT_KERNELS.contains(&name.as_str()) && !name.starts_with('.') {
            println!("cargo:rerun-if-changed={name}");
            found.extend(sources_in(&path, &name)?);
        }
    }
    found.sort_by(|a, b| a.shown.cmp(&b.shown));
    Ok(found)
}

/// The sources of the folders that [`FURTHER`] names.
fn further_sources() -> Result<Vec<Source>> {
    println!("cargo:rerun-if-env-changed={FURTHER}");
    let mut found = Vec::new();
    for folder in env::var_os(FURTHER).iter().flat_map(env::split_paths).filter(|folder| !folder.as_os_str().is_empty()) {
        let shown = folder.to_str().filter(|_| folder.is_absolute() && folder.is_dir()).map(|shown| shown.trim_end_matches('/'));
        let shown = shown.ok_or_else(|| format!("{FURTHER}: absolute paths of folders asked, `{}` found", folder.display()))?;
        println!("cargo:rerun-if-changed={shown}");
        let sources = sources_in(Path::new(shown), shown)?;
        if sources.is_empty() {
            return Err(format!("{FURTHER}: a folder with sources (*.cpp) asked, `{shown}` found, which has none").into());
        }
        found.extend(sources);
    }
    Ok(found)
}

/// Entries are found by their names, whichever source they are in.
fn refuse_same_names(kernels: &[Source], checks: &[Source]) -> Result<()> {
    let mut known = HashMap::new();
    // Further sources are the last of the kernels; it is they that need another name.
    for source in checks.iter().chain(kernels) {
        for entry in &source.entries {
            if let Some(other) = known.insert(&entry.name, &source.shown) {
                return Err(format!("{}: the entry {} is in {other} already; give it another name", source.shown, entry.name).into());
            }
        }
    }
    Ok(())
}

fn expand(root: &Path, source: &Path) -> Result<String> {
    let mut build = compiler(root);
    build.define("__DAV_C220_CUBE__", "1").flag("-P").file(source);
    Ok(String::from_utf8_lossy(&build.try_expand()?).into_owned())
}

/// The entry points of a preprocessed source: `extern "C" void name(uint8_t* a, ...) { static_assert((KERNEL_TYPE_...) ...`.
fn entries(text: &str, shown: &str) -> Result<Vec<Entry>> {
    const MARK: &str = "static_assert((KERNEL_TYPE_";
    let mut found = Vec::new();
    for piece in text.split("extern \"C\"").skip(1) {
        let Some(head) = piece.trim_start().strip_prefix("void") else { continue };
        let Some((declaration, body)) = head.split_once('{') else { continue };
        let Some((name, arguments)) = declaration.split_once('(') else { continue };
        let Some(core) = body.trim_start().strip_prefix(MARK).and_then(|rest| rest.split(')').next()) else {
            if declaration.contains("uint8_t*") {
                return Err(format!("{shown}: the first line of the entry {} must be KERNEL_TASK_TYPE_DEFAULT", name.trim()).into());
            }
            continue;
        };
        let core = format!("KERNEL_TYPE_{core}");
        let &(_, aic, aiv, synchronised) = CORE_TYPES
            .iter()
            .find(|row| row.0 == core)
            .ok_or_else(|| format!("{shown}: {} has the core type {core}, which does not exist", name.trim()))?;
        let arguments = arguments
            .trim_end()
            .trim_end_matches(')')
            .split(',')
            .map(|a| a.rsplit([' ', '*']).next().unwrap_or_default().to_owned())
            .collect();
        found.push(Entry { name: name.trim().to_owned(), arguments, aic, aiv, synchronised });
    }
    if found.is_empty() {
        return Err(format!(
            "{shown}: no entry: extern \"C\" __global__ __aicore__ void name(GM_ADDR ...) with KERNEL_TASK_TYPE_DEFAULT as its first line"
        )
        .into());
    }
    Ok(found)
}

/// The source for one core: its definitions in a namespace, its entries renamed, as the device compiler's two passes keep them apart.
fn wrapped(source: &Source, core: &str, define: &str) -> String {
    let mut text = format!("#define {define} 1\n#include \"kernel_operator.h\"\n");
    for entry in &source.entries {
        let _ = writeln!(text, "#define {0} {0}_mix_{core}", entry.name);
    }
    let _ = write!(text, "namespace {}_{core} {{\n#include \"{}\"\n}}\n", source.stem(), source.path.display());
    text
}

fn registry(sources: &[Source], table: &str) -> Result<String> {
    let mut text = String::from("#include \"abi.h\"\nextern \"C\" {\n");
    let mut rows = String::new();
    let mut count = 0;
    for entry in sources.iter().flat_map(|s| &s.entries) {
        let types = vec!["uint8_t*"; entry.arguments.len()].join(", ");
        let values = (0..entry.arguments.len()).map(|i| format!("static_cast<uint8_t*>(a[{i}])")).collect::<Vec<_>>().join(", ");
        let mut calls = Vec::new();
        for (core, cores) in [("aic", entry.aic), ("aiv", entry.aiv)] {
            if cores == 0 {
                calls.push("nullptr".to_owned());
                continue;
            }
            let name = format!("{}_mix_{core}", entry.name);
            writeln!(text, "void {name}({types});")?;
            writeln!(rows, "static void run_{name}(void* const* a) {{ {name}({values}); }}")?;
            calls.push(format!("run_{name}"));
        }
        count += 1;
        writeln!(
            rows,
            "#define ROW_{count} {{\"{}\", {}, {}, {}, {}, {}, {}}},",
            entry.name,
            entry.arguments.len(),
            entry.aic,
            entry.aiv,
            u8::from(entry.synchronised),
            calls[0],
            calls[1]
        )?;
    }
    let list = (1..=count).map(|i| format!("ROW_{i} ")).collect::<String>();
    // A table of no rows is not C++.
    write!(
        text,
        "}}\n{rows}extern const TwinEntry {table}[] = {{{list}{{nullptr, 0, 0, 0, 0, nullptr, nullptr}}}};\nextern const size_t {table}_count = {count};\n"
    )?;
    Ok(text.replace("extern const", "extern \"C\" const"))
}

/// The entries for the build of device images: name, source, arguments, cube cores, vector cores, whether cores wait for each other.
fn table(sources: &[Source]) -> Result<String> {
    let mut text = String::new();
    for source in sources {
        for entry in &source.entries {
            let arguments = entry.arguments.join(",");
            writeln!(
                text,
                "{}\t{}\t{arguments}\t{}\t{}\t{}",
                entry.name,
                source.shown,
                entry.aic,
                entry.aiv,
                u8::from(entry.synchronised)
            )?;
        }
    }
    Ok(text)
}

fn list(sources: &[Source]) -> Result<String> {
    let mut text = String::from("&[\n");
    for source in sources {
        for entry in &source.entries {
            writeln!(
                text,
                "    Kernel {{ name: {:?}, source: {:?}, arguments: &{:?}, cube_cores: {}, vector_cores: {}, synchronised: {} }},",
                entry.name, source.shown, entry.arguments, entry.aic, entry.aiv, entry.synchronised
            )?;
        }
    }
    text.push(']');
    Ok(text)
}
