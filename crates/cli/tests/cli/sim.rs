//! `ascend sim`.

use std::process::Command;

use crate::{code, folder, text};

#[test]
fn without_the_shared_object_the_error_says_how_to_build_it() {
    // Nothing lies beside this copy of the program.
    let folder = folder();
    let program = folder.path().join("bin/ascend");
    std::fs::create_dir(folder.path().join("bin")).unwrap();
    // Copied by another process: a program that this one has written cannot start while another test forks ("text file busy").
    assert!(Command::new("cp").arg(env!("CARGO_BIN_EXE_ascend")).arg(&program).status().unwrap().success());
    for arguments in [&["sim", "run", "--", "true"][..], &["sim", "install", "toolkit"]] {
        let output = Command::new(&program).current_dir(folder.path()).args(arguments).output().unwrap();
        assert_eq!(code(&output), Some(2));
        let said = text(&output.stderr);
        assert!(said.contains("libascend_sim_so.so") && said.contains("cargo build --release -p ascend-sim-so"), "{said}");
    }
}

#[test]
fn a_toolkit_at_hand_is_used_as_it_is_or_refused() {
    let folder = folder();
    let run = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_ascend")).current_dir(folder.path()).args(["sim", "run"]).args(arguments).output().unwrap();
        (code(&output), text(&output.stdout), text(&output.stderr))
    };
    std::fs::create_dir_all(folder.path().join("toolkit/lib64")).unwrap();
    std::fs::write(folder.path().join("toolkit/lib64/libascendcl.so"), "CANN").unwrap();
    let (code, _, said) = run(&["--toolkit", "toolkit", "--", "true"]);
    assert!(code == Some(2) && said.contains("a simulated toolkit asked, toolkit is none"), "{said}");
    assert_eq!(std::fs::read_to_string(folder.path().join("toolkit/lib64/libascendcl.so")).unwrap(), "CANN");

    // What makes a folder a simulated toolkit, of 9.0.0.
    std::fs::write(folder.path().join("toolkit/lib64/libascend_sim_so.so"), "").unwrap();
    std::fs::write(folder.path().join("toolkit/version.info"), "Version=9.0.0\n").unwrap();
    for arguments in [&["--toolkit", "toolkit"][..], &["--toolkit", "toolkit", "--cann", "9.0"]] {
        let (code, told, said) = run(&[arguments, &["--", "sh", "-c", "echo $ASCEND_SIM_CANN"]].concat());
        assert_eq!((code, told.as_str()), (Some(0), "9.0.0\n"), "{said}");
    }
    let (code, _, said) = run(&["--toolkit", "toolkit", "--cann", "8.5.0", "--", "true"]);
    assert!(code == Some(2) && said.contains("CANN 8.5.0 asked, toolkit is a toolkit of 9.0.0"), "{said}");
}
