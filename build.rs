//! Detects a CANN toolkit, so that `ascend doctor` can tell what the program was built next to. Does nothing else.

#[path = "src/toolkit.rs"]
#[allow(unreachable_pub, reason = "shared with the library, where it is public")]
mod toolkit;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=src/toolkit.rs");
    for variable in toolkit::VARIABLES {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    if let Some(path) = toolkit::find() {
        println!("cargo:rustc-env=ASCEND_COMPUTE_TOOLKIT_AT_BUILD={}", path.display());
    }
}
