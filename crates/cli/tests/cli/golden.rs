//! Golden files: folders of one's own, altered and damaged files, saved failures.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{ascend, code, folder, is_well_formed, json, path, text};

/// A golden file of the project.
fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ops").join(name)
}

/// Where the data of a tensor begin in a safetensors file.
fn data_start(file: &[u8], tensor: &str) -> usize {
    let header = u64::from_le_bytes(file[..8].try_into().expect("8 bytes")) as usize;
    let entry = &json(&file[8..8 + header])[tensor];
    8 + header + entry["data_offsets"][0].as_u64().unwrap_or_else(|| panic!("no tensor {tensor}")) as usize
}

/// A folder with one golden file whose first expected value was altered.
fn tampered() -> TempDir {
    let dir = folder();
    std::fs::create_dir(dir.path().join("activation")).unwrap();
    let mut file = std::fs::read(golden("activation/silu_f32.safetensors")).unwrap();
    let at = data_start(&file, "expected_y_f64");
    let old = f64::from_le_bytes(file[at..at + 8].try_into().unwrap());
    file[at..at + 8].copy_from_slice(&(old + 0.5).to_le_bytes());
    std::fs::write(dir.path().join("activation/silu_f32.safetensors"), file).unwrap();
    dir
}

#[test]
fn golden_folder_runs_its_files_and_nothing_else() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("activation")).unwrap();
    for name in ["silu_f32.safetensors", "silu_bf16.safetensors"] {
        std::fs::copy(golden("activation").join(name), dir.path().join("activation").join(name)).unwrap();
    }
    let output = ascend(&["validate", "--device", "cpu", "--golden", &dir.path().display().to_string(), "--json", "-"]);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    let report = json(&output.stdout);
    assert_eq!(report["summary"]["passed"], 2);
    assert!(report["cases"].as_array().expect("cases").iter().all(|c| c["source"] == "golden"));
}

#[test]
fn golden_file_with_an_altered_value_fails_and_the_reports_are_written() {
    let (dir, out) = (tampered(), folder());
    let [j, h, x] = ["r.json", "r.html", "r.xml"].map(|name| path(&out, name));
    let output =
        ascend(&["validate", "--device", "cpu", "--golden", &dir.path().display().to_string(), "--json", &j, "--html", &h, "--junit", &x]);
    assert_eq!(code(&output), Some(1), "{}", text(&output.stderr));
    let report = json(&std::fs::read(&j).unwrap());
    let case = &report["cases"][0];
    assert_eq!((&case["status"], &report["summary"]["failed"]), (&"failed".into(), &1.into()));
    let reason = case["reason"].as_str().expect("a reason");
    assert!(reason.contains('y') && reason.contains("[0"), "the output and the place: {reason}");
    assert!(text(&output.stdout).contains("FAILED"));
    assert!(std::fs::read_to_string(&h).unwrap().contains("What failed"));
    let xml = std::fs::read_to_string(&x).unwrap();
    assert!(is_well_formed(&xml) && xml.contains("<failure "));
}

/// A file that cannot be read is a case that fails: the others of its folder still run.
#[test]
fn golden_file_that_is_truncated_fails_and_the_others_run() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("activation")).unwrap();
    std::fs::copy(golden("activation/silu_f32.safetensors"), dir.path().join("activation/whole.safetensors")).unwrap();
    let file = std::fs::read(golden("activation/silu_f16.safetensors")).unwrap();
    std::fs::write(dir.path().join("activation/cut.safetensors"), &file[..file.len() / 2]).unwrap();
    let output = ascend(&["validate", "--device", "cpu", "--golden", &dir.path().display().to_string(), "--json", "-"]);
    assert_eq!(code(&output), Some(1));
    let report = json(&output.stdout);
    assert_eq!((&report["summary"]["passed"], &report["summary"]["failed"]), (&1.into(), &1.into()));
    let cases = report["cases"].as_array().expect("cases");
    let cut = cases.iter().find(|c| c["status"] == "failed").expect("one failed");
    assert!(cut["reason"].as_str().is_some_and(|r| r.contains("not a safetensors file")), "{cut}");
}

#[test]
fn saved_failure_is_replayed() {
    let (dir, failures) = (tampered(), folder());
    let saved = path(&failures, "saved");
    let output = ascend(&["validate", "--device", "cpu", "--golden", &dir.path().display().to_string(), "--save-failures", &saved]);
    assert_eq!(code(&output), Some(1));
    let files: Vec<PathBuf> = std::fs::read_dir(&saved).expect("a folder").map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let output = ascend(&["validate", "--device", "cpu", "--replay", &files[0].display().to_string(), "--json", "-"]);
    let report = json(&output.stdout);
    assert_eq!((&report["summary"]["cases"], &report["cases"][0]["source"]), (&1.into(), &"replay".into()));
    assert_eq!(code(&output), Some(i32::from(report["summary"]["failed"] == 1)));
}
