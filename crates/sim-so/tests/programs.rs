//! C programs, linked with the libraries of a toolkit that the simulation is installed in.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ascend_sim::install::{self, Toolkit};
use tempfile::TempDir;

fn toolkit(folder: &TempDir, cann: &str) -> Toolkit {
    install::install(&folder.path().join("toolkit"), &install::library().unwrap(), cann).unwrap()
}

/// Compiles a program of this folder; what it does not say about it is a warning. C programs are linked with the libraries, one in C++ looks for them when it runs.
fn compile(toolkit: &Toolkit, name: &str) -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (program, source) = (toolkit.folder().join(name), root.join("tests/programs").join(name));
    let cpp = source.with_extension("cpp").exists();
    let mut compiler = Command::new(if cpp { "c++" } else { "cc" });
    compiler.arg(if cpp { "-std=c++17" } else { "-std=c11" }).args(["-Wall", "-Wextra", "-O1", "-o"]).arg(&program);
    compiler.arg(source.with_extension(if cpp { "cpp" } else { "c" })).arg("-I").arg(root.join("../../sys/include"));
    if cpp {
        compiler.args(["-ldl", "-lpthread"]);
    } else {
        compiler.arg("-L").arg(toolkit.folder().join("lib64")).args(["-lascendcl", "-lnnopbase", "-lopapi", "-lhccl", "-lm"]);
    }
    let output = compiler.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(program) } else { Err(said) }
}

fn run(toolkit: &Toolkit, program: &Path, arguments: &[&str]) -> Output {
    let environment = toolkit.environment(|name| std::env::var_os(name));
    let summary = toolkit.folder().join("summary");
    Command::new(program).args(arguments).envs(environment).env("ASCEND_SIM_SUMMARY", summary).output().unwrap()
}

#[test]
fn a_right_program_runs_and_its_calls_are_told() {
    let folder = TempDir::new().unwrap();
    let toolkit = toolkit(&folder, "8.5.0");
    let program = compile(&toolkit, "right").unwrap();
    let output = run(&toolkit, &program, &[]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output.stdout == b"right\n" && said.is_empty(), "{:?}: {said}", output.status);
    let summary = std::fs::read_to_string(toolkit.folder().join("summary")).unwrap();
    assert!(summary.starts_with(ascend_sim::SUMMARY_HEADER), "{summary}");
    for line in ["called aclnnAddGetWorkspaceSize 1", "called aclrtMalloc 3", "called aclAppLog 1"] {
        assert!(summary.lines().any(|found| found == line), "{line} in {summary}");
    }
    assert!(!summary.lines().any(|line| line.starts_with("alive") || line.starts_with("report")), "{summary}");
}

#[test]
fn functions_that_came_later_are_not_in_an_older_toolkit() {
    let folder = TempDir::new().unwrap();
    // Notifies came with 9.0, and this program has them.
    let said = compile(&toolkit(&folder, "8.5.0"), "wrong").unwrap_err();
    assert!(said.contains("undefined reference to `aclrtCreateNotify'") && !said.contains("`aclrtMalloc'"), "{said}");
}

/// Runs every program of a collection, and tells how many there are and what was missed of them.
fn wrong_programs(collection: &str, cann: &str) -> (usize, Vec<String>) {
    let folder = TempDir::new().unwrap();
    let toolkit = toolkit(&folder, cann);
    let program = compile(&toolkit, collection).unwrap();
    let list = String::from_utf8(run(&toolkit, &program, &[]).stdout).unwrap();
    let mut missed = Vec::new();
    for line in list.lines() {
        let [name, function, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let output = run(&toolkit, &program, &[name]);
        let said = String::from_utf8_lossy(&output.stderr);
        let start = format!("ascend-sim: {function}: ");
        let named = said.lines().any(|line| line.starts_with(&start) && line.contains(text));
        // A host that touches device memory faults, as beside a card.
        if !named || output.status.success() == (function == "host") {
            missed.push(format!("{name}: {}, {said}", output.status));
        }
    }
    (list.lines().count(), missed)
}

#[test]
fn every_wrong_program_is_caught_and_named() {
    let mut all = 0;
    for (collection, cann, least) in [("wrong", "9.0.0", 70), ("wrong_copies", "8.1.RC1", 9)] {
        let (count, missed) = wrong_programs(collection, cann);
        assert!(missed.is_empty(), "{collection}: {} of {count} are missed:\n{}", missed.len(), missed.join("\n"));
        assert!(count >= least, "{collection}: {count}");
        all += count;
    }
    println!("{all} wrong programs, each caught and named");
}

/// Runs a correct program, which says so, on a version.
fn is_right(name: &str, cann: &str, arguments: &[&str]) {
    let folder = TempDir::new().unwrap();
    let toolkit = toolkit(&folder, cann);
    let output = run(&toolkit, &compile(&toolkit, name).unwrap(), arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output.stdout == b"right\n" && said.is_empty(), "{name}, {cann}: {:?}: {said}", output.status);
}

#[test]
fn right_copies_are_made_by_every_version() {
    for (cann, arguments) in [("8.1.RC1", &[][..]), ("8.5.0", &["newer"]), ("9.0.0", &["newer"])] {
        is_right("right_copies", cann, arguments);
    }
}

#[test]
fn a_program_like_a_framework_runs_on_every_version() {
    for cann in ["8.1.RC1", "8.5.0", "9.0.0"] {
        is_right("framework", cann, &[]);
    }
}

#[test]
fn a_missing_shared_object_says_how_to_build_it() {
    let missing = install::InstallError::LibraryMissing { searched: vec!["/nowhere/libascend_sim_so.so".into()] };
    assert!(
        missing.to_string().contains("/nowhere/") && missing.to_string().contains("cargo build --release -p ascend-sim-so"),
        "{missing}"
    );
    let folder = TempDir::new().unwrap();
    let wrong = folder.path().join("wrong.so");
    std::fs::write(&wrong, "text").unwrap();
    let refused = install::install(&folder.path().join("toolkit"), &wrong, "8.5.0").unwrap_err();
    assert!(refused.to_string().contains("wrong.so: not a shared object"), "{refused}");
}
