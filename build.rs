//! Compiles device images from the kernels where a CANN toolkit with an Ascend C compiler is installed; else there are none, and the library says why.
//!
//! | variable | |
//! |---|---|
//! | `ASCEND_HOME_PATH`, `ASCEND_TOOLKIT_HOME` | the toolkit's folder |
//! | `ASCEND_COMPUTE_SOC` | the chip to compile for, such as `Ascend910B3`; else that of the card in this machine, else that |
//! | `ASCEND_COMPUTE_REQUIRE_KERNELS` | `1`: the build fails when a kernel is not compiled |

#[allow(unreachable_pub, unused_imports, reason = "shared with a test, which uses more of it")]
mod device;

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use ascend_sys::toolkit;
use device::{Plan, Toolchain};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=device");
    for variable in toolkit::VARIABLES.into_iter().chain(["ASCEND_COMPUTE_SOC", "ASCEND_COMPUTE_REQUIRE_KERNELS"]) {
        println!("cargo:rerun-if-env-changed={variable}");
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let required = env::var("ASCEND_COMPUTE_REQUIRE_KERNELS").is_ok_and(|value| value == "1");
    let found = toolkit::find();
    if let Some(path) = &found {
        println!("cargo:rustc-env=ASCEND_COMPUTE_TOOLKIT_AT_BUILD={}", path.display());
    }
    let plan = plan(found.as_deref(), out.join("device"));
    let source = device::build(plan, required, |line| println!("cargo:warning={line}"))?;
    fs::write(out.join("device_images.rs"), source)?;
    Ok(())
}

/// What to compile with what, or why nothing is compiled.
fn plan(toolkit: Option<&Path>, out: PathBuf) -> Result<Plan, String> {
    let toolkit = toolkit.ok_or("no CANN toolkit was found; set ASCEND_HOME_PATH to its folder and build again")?;
    let toolchain = Toolchain::find(toolkit, env::var_os("PATH").as_deref())?;
    let kernels = PathBuf::from(env::var_os("DEP_ASCEND_KERNELS_ROOT").ok_or("the kernels' build says nothing of their folder")?);
    let list = env::var_os("DEP_ASCEND_KERNELS_ENTRIES").ok_or_else(|| {
        let why = env::var("DEP_ASCEND_KERNELS_MISSING").unwrap_or_default();
        format!("the list of kernels is read from their sources by a C++ compiler: {why}")
    })?;
    let list = fs::read_to_string(&list).map_err(|error| format!("{}: {error}", Path::new(&list).display()))?;
    let entries = device::parse_entries(&list)?;
    let (soc, architecture) = device::choose_soc(env::var("ASCEND_COMPUTE_SOC").ok().as_deref(), device::soc_of_card)?;
    fs::create_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let folders: BTreeSet<&Path> =
        entries.iter().filter_map(|entry| Path::new(&entry.source).parent()).chain([Path::new("include")]).collect();
    for folder in folders {
        println!("cargo:rerun-if-changed={}", kernels.join(folder).display());
    }
    let jobs = env::var("NUM_JOBS").ok().and_then(|jobs| jobs.parse().ok()).unwrap_or(1);
    Ok(Plan { toolchain, soc, architecture, kernels, entries, out, jobs })
}
