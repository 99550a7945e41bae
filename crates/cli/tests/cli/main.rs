//! The `ascend` program from outside: exit codes, filters, reports.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod generate;
mod golden;
mod plan;
mod profile;
mod sim;

use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

fn ascend(args: &[&str]) -> Output {
    ascend_with(&[], args)
}

fn ascend_with(variables: &[(&str, &str)], args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ascend"));
    // Not the caches of who runs the tests.
    command.env("XDG_CACHE_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.envs(variables.iter().copied()).args(args).output().expect("the program starts")
}

fn code(output: &Output) -> Option<i32> {
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
    output.status.code()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap_or_else(|e| panic!("{e}: {}", text(bytes)))
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// Whether every element is closed in order and every `&` begins an entity.
fn is_well_formed(xml: &str) -> bool {
    let mut open = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find('<') {
        let body = &rest[start + 1..];
        // `>` is escaped in attributes, so the next one ends the tag.
        let Some(end) = body.find('>') else { return false };
        let tag = &body[..end];
        if tag.contains('<') || !tag.matches('"').count().is_multiple_of(2) {
            return false;
        }
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => {}
            None if tag.ends_with('/') || tag.starts_with('?') => {}
            None => open.push(tag.split_whitespace().next().unwrap_or_default()),
        }
        rest = &body[end + 1..];
    }
    let entities = xml.split('&').skip(1).all(|e| ["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|known| e.starts_with(known)));
    open.is_empty() && entities
}

#[test]
fn validate_passes_and_writes_every_report() {
    let dir = folder();
    let [j, h, x] = ["r.json", "r.html", "r.xml"].map(|name| path(&dir, name));
    let output = ascend(&["validate", "--device", "cpu", "--op", "^softmax$", "--json", &j, "--html", &h, "--junit", &x]);
    assert_eq!(code(&output), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
    assert!(text(&output.stdout).contains("softmax"));
    assert!(text(&output.stderr).is_empty(), "no progress bar where nobody looks");

    let report = json(&std::fs::read(&j).unwrap());
    assert_eq!(report["schema"], 1);
    let cases = report["cases"].as_array().expect("cases");
    let summary = &report["summary"];
    assert_eq!(summary["cases"], cases.len());
    let count = |status: &str| cases.iter().filter(|c| c["status"] == status).count();
    for status in ["passed", "failed", "skipped"] {
        assert_eq!(summary[status], count(status), "{status}");
    }
    assert!(count("passed") > 20 && count("failed") == 0);
    for case in cases {
        for field in ["name", "op", "device", "source", "status", "reason"] {
            assert!(case[field].is_string(), "{field} of {case}");
        }
        assert!(case["metrics"].is_object());
        assert_eq!((&case["op"], &case["device"]), (&"softmax".into(), &"cpu".into()));
    }
    let names: std::collections::HashSet<&str> = cases.iter().filter_map(|c| c["name"].as_str()).collect();
    assert_eq!(names.len(), cases.len(), "names are unique");

    let page = std::fs::read_to_string(&h).unwrap();
    assert!(page.contains("<svg") && page.contains("</html>"));
    for outside in ["http://", "https://", "src=", "<link", "@import"] {
        assert!(!page.contains(outside), "{outside}");
    }

    let xml = std::fs::read_to_string(&x).unwrap();
    assert!(is_well_formed(&xml));
    assert_eq!(xml.matches("<testcase ").count(), cases.len());
}

#[test]
fn validate_filters_by_case_name_and_runs_the_cpu_and_the_simulated_npu() {
    let output = ascend(&["validate", "--case", "^softmax/rows/f32/nan_row/", "--json", "-"]);
    assert_eq!(code(&output), Some(0));
    let report = json(&output.stdout);
    let cases = report["cases"].as_array().expect("cases");
    for device in ["cpu", "sim:0"] {
        assert!(cases.iter().any(|c| c["device"] == device && c["status"] == "passed"), "{device}");
    }
    assert!(cases.iter().all(|c| c["name"].as_str().is_some_and(|n| n.starts_with("softmax/rows/f32/nan_row/"))));
    assert!(text(&output.stderr).contains("softmax"), "the table makes room for the report");
}

#[test]
fn validate_gives_other_inputs_for_another_seed_and_the_same_for_the_same() {
    let metrics = |seed: &str| {
        let output = ascend(&["validate", "--case", "^softmax/rows/f32/plain/", "--seed", seed, "--json", "-"]);
        assert_eq!(code(&output), Some(0));
        let report = json(&output.stdout);
        assert_eq!(report["environment"]["seed"].to_string(), seed);
        report["cases"].as_array().expect("cases").iter().map(|c| c["metrics"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(metrics("7"), metrics("7"));
    assert_ne!(metrics("7"), metrics("8"));
}

#[test]
fn validate_that_cannot_run_exits_with_2_and_says_why() {
    let dir = folder();
    let nowhere = path(&dir, "missing/r.json");
    let no_golden = path(&dir, "missing");
    let junk = path(&dir, "junk");
    std::fs::write(&junk, b"no saved failure").unwrap();
    for (args, why) in [
        (vec!["--op", "("], "--op"),
        (vec!["--seed", "x"], "--seed"),
        (vec!["--frobnicate"], "--frobnicate"),
        (vec!["--device", "npu:0"], "npu:0"),
        (vec!["--device", "toaster"], "toaster"),
        (vec!["--op", "^no_such_op$"], "no case is selected"),
        (vec!["--op", "^softmax$", "--json", &nowhere], "no folder"),
        (vec!["--op", "^softmax$", "--json", "-", "--html", "-"], "standard output"),
        (vec!["--golden", &no_golden], "missing"),
        (vec!["--golden", &dir.path().display().to_string()], ".safetensors"),
        (vec!["--replay", &junk], "junk"),
        (vec!["--op", "^softmax$", "--kernels", "own"], "no case could run"),
    ] {
        let output = ascend(&[&["validate"], &args[..]].concat());
        assert_eq!(code(&output), Some(2), "{args:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(why), "{args:?}: {}", text(&output.stderr));
    }
}

#[test]
fn validate_skips_what_a_forced_kernel_does_not_cover_and_says_so() {
    let output = ascend(&["validate", "--case", "^softmax/rows/f32/plain/", "--kernels", "own", "--json", "-"]);
    assert_eq!(code(&output), Some(2), "nothing ran");
    let report = json(&output.stdout);
    assert_eq!(report["summary"]["skipped"], report["summary"]["cases"]);
    assert!(report["cases"][0]["reason"].as_str().is_some_and(|r| r.contains("own")), "{}", report["cases"][0]);
}

#[test]
fn support_lists_every_op_with_its_types() {
    let output = ascend(&["support", "--device", "cpu", "--json"]);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    let list = json(&output.stdout);
    assert_eq!(list["schema"], 1);
    let entries = list["support"].as_array().expect("entries");
    let printed = text(&ascend(&["support"]).stdout);
    for op in ascend_compute::OpKind::ALL {
        assert!(entries.iter().any(|e| e["op"] == op.name() && e["device"] == "cpu"), "{op}");
        assert!(printed.lines().any(|l| l.trim_start().starts_with(op.name())), "{op} in\n{printed}");
    }
    assert!(entries.iter().all(|e| ["native", "composed", "unsupported"].iter().any(|s| e["support"] == *s)));
}

#[test]
fn support_of_kernels_that_a_device_has_not_is_unsupported_with_the_reason() {
    let list = json(&ascend(&["support", "--device", "cpu", "--kernels", "vendor", "--json"]).stdout);
    let entries = list["support"].as_array().expect("entries");
    assert!(entries.iter().all(|e| e["support"] == "unsupported" && e["why"].as_str().is_some_and(|w| !w.is_empty())));
}

#[test]
fn coverage_has_a_case_for_every_entry_of_the_contracts() {
    let output = ascend(&["support", "--coverage", "--json"]);
    assert_eq!(code(&output), Some(0));
    let list = json(&output.stdout);
    let entries = list["coverage"].as_array().expect("entries");
    let expected: usize = ascend_compute::OpKind::ALL.iter().map(|op| op.coverage().len()).sum();
    assert_eq!((entries.len(), &list["summary"]["entries"]), (expected, &expected.into()));
    let bare: Vec<&Value> = entries.iter().filter(|e| e["cases"] == 0).collect();
    assert!(bare.is_empty(), "{bare:#?}");
}

#[test]
fn devices_and_doctor_say_what_is_there_and_why_the_rest_is_not() {
    for command in ["devices", "doctor"] {
        let output = ascend(&[command, "--json"]);
        assert_eq!(code(&output), Some(0));
        let facts = json(&output.stdout);
        assert_eq!(facts["schema"], 1);
        let devices = facts["devices"].as_array().expect("devices");
        let cpu = devices.iter().find(|d| d["device"] == "cpu").expect("the CPU is always there");
        assert_eq!(cpu["available"], true);
        assert!(cpu["compute_units"].as_u64() > Some(0));
        for missing in devices.iter().filter(|d| d["available"] == false) {
            assert!(missing["why"].as_str().is_some_and(|w| !w.is_empty()), "{missing}");
        }
        let printed = text(&ascend(&[command]).stdout);
        assert!(devices.iter().all(|d| d["device"].as_str().is_some_and(|name| printed.contains(name))), "{printed}");
    }
}

#[test]
fn doctor_shows_the_variables_that_are_read() {
    let output = Command::new(env!("CARGO_BIN_EXE_ascend")).args(["doctor", "--json"]).env("ASCEND_CPU_ISA", "portable").output().unwrap();
    assert_eq!(code(&output), Some(0));
    let facts = json(&output.stdout);
    assert_eq!(facts["cpu"]["isa"], "portable");
    let variables = facts["variables"].as_array().expect("variables");
    assert!(variables.iter().any(|v| v["name"] == "ASCEND_CPU_ISA" && v["value"] == "portable"));
}

#[test]
fn doctor_tells_where_own_kernels_run() {
    let facts = json(&ascend(&["doctor", "--json"]).stdout);
    let own = &facts["own_kernels"];
    // Built with a toolkit or without one, it is one or the other.
    assert!(own["images_for"].is_string() != own["why_no_images"].is_string(), "{own}");
    let printed = text(&ascend(&["doctor"]).stdout);
    assert!(printed.contains("own kernels on sim:N") && printed.contains("own kernels on npu:N"), "{printed}");
}

#[test]
fn doctor_opens_the_toolkit_that_the_environment_names_and_counts_its_functions() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lib64")).unwrap();
    let (source, library) = (folder.path().join("acl.c"), folder.path().join("lib64/libascendcl.so"));
    std::fs::write(&source, "int aclInit(const char *path) { return !path; }\n").unwrap();
    assert!(Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status().unwrap().success());
    let doctor = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_ascend")).args(arguments).env("ASCEND_HOME_PATH", folder.path()).output().unwrap()
    };
    let facts = json(&doctor(&["doctor", "--json"]).stdout);
    let acl = &facts["toolkit"]["libraries"][0];
    assert_eq!((&acl["library"], &acl["available"]), (&"libascendcl.so".into(), &1.into()));
    assert_eq!(acl["source"].as_str(), library.to_str());
    let lacking = acl["lacking"].as_array().expect("a list");
    assert!(lacking.iter().any(|name| name == "aclrtMalloc") && !lacking.iter().any(|name| name == "aclInit"));
    assert!(text(&doctor(&["doctor"]).stdout).contains("libascendcl.so"));
}

#[test]
fn doctor_tells_of_a_setting_that_cannot_be_met() {
    let output = Command::new(env!("CARGO_BIN_EXE_ascend")).arg("doctor").env("ASCEND_CPU_ISA", "sse9").output().unwrap();
    assert_eq!(code(&output), Some(2));
    assert!(text(&output.stdout).contains("sse9"));
}

#[test]
fn a_simulated_npu_is_listed_and_validates_with_the_vendors_operators() {
    let facts = json(&ascend(&["devices", "--json"]).stdout);
    let devices = facts["devices"].as_array().expect("devices");
    assert!(devices.iter().any(|d| d["device"] == "sim:0" && d["available"] == true), "{facts}");
    let output = ascend(&["validate", "--device", "sim:0", "--case", "^softmax/rows/f32/", "--json", "-"]);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    let report = json(&output.stdout);
    let cases = report["cases"].as_array().expect("cases");
    assert!(!cases.is_empty() && cases.iter().all(|c| c["kernel"].as_str().is_some_and(|k| k.contains("aclnnSoftmax"))), "{report}");
}

/// As in `ascend support | head -1`.
#[test]
fn reader_that_leaves_is_no_error() {
    for args in [&["support", "--coverage", "--json"][..], &["validate", "--case", "^softmax/rows/f32/plain/", "--json", "-"]] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ascend"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    }
}
