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
