//! Lists the golden files of the workspace for `include_bytes!`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../../tests/golden/ops");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut list = String::from("&[\n");
    // Outside of the workspace there are none: the program then knows the generated cases, and those of `--golden DIR`.
    if let Ok(root) = root.canonicalize() {
        let mut files = Vec::new();
        for folder in std::fs::read_dir(&root)? {
            let folder: PathBuf = folder?.path();
            if folder.is_dir() {
                for file in std::fs::read_dir(folder)? {
                    files.push(file?.path());
                }
            }
        }
        files.sort();
        for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "safetensors")) {
            let name = file.strip_prefix(&root)?.display().to_string().replace('\\', "/");
            writeln!(list, "    ({name:?}, include_bytes!({:?}) as &[u8]),", file.display().to_string())?;
        }
    }
    list.push(']');
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("golden.rs"), list)?;
    Ok(())
}
