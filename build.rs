//! Detects a CANN toolkit, so that `ascend doctor` can tell what the program was built next to. Does nothing else.

use ascend_sys::toolkit;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    for variable in toolkit::VARIABLES {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    if let Some(path) = toolkit::find() {
        println!("cargo:rustc-env=ASCEND_COMPUTE_TOOLKIT_AT_BUILD={}", path.display());
    }
}
