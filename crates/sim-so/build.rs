//! Writes the list of the C functions that the shared object exports: everything that `ascend-sys` declares.

use std::fmt::Write;
use std::path::PathBuf;

use ascend_sys::{AscendCl, Hccl, MsTx, NnOpBase, OpApi};

fn main() -> std::io::Result<()> {
    let tables = [AscendCl::SYMBOLS, NnOpBase::SYMBOLS, OpApi::SYMBOLS, Hccl::SYMBOLS, MsTx::SYMBOLS];
    let mut names: Vec<&str> = tables.into_iter().flatten().map(|symbol| symbol.name).collect();
    names.extend(["ascendSimSetFaults", "ascendSimReports"]);
    // Two tables declare a function that two libraries have.
    names.sort_unstable();
    names.dedup();
    let mut text = format!("exports! {{ {};\n", names.len());
    for (index, name) in names.iter().enumerate() {
        let _ = writeln!(text, "    {index} {name}");
    }
    text.push_str("}\n");
    println!("cargo::rerun-if-changed=build.rs");
    let folder = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    std::fs::write(folder.join("exports.rs"), text)
}
