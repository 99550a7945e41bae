//! `ascend doctor`.

use std::process::ExitCode;

use ascend_compute::cpu::{ISA_VARIABLE, Isa};
use ascend_compute::kernels::twin;
use ascend_compute::{DEVICE_IMAGES, DeviceImages, sim};
use ascend_sys::{Cann, Error, Search, search, toolkit};
use clap::Args;
use serde::Serialize;

use crate::devices::{self, Found, gib};
use crate::{Result, output};

/// Show what this program finds on this machine: processor, devices, toolkit, environment variables
#[derive(Args)]
pub(crate) struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Layout version of the JSON.
const SCHEMA: u32 = 1;

/// The environment variables that the project reads beside those of the simulation, and what for.
const VARIABLES: [(&str, &str); 5] = [
    (ISA_VARIABLE, "forces the instruction set of the CPU kernels"),
    search::VARIABLES[0],
    search::VARIABLES[1],
    search::VARIABLES[2],
    search::VARIABLES[3],
];

#[derive(Serialize)]
pub(crate) struct Facts {
    schema: u32,
    version: &'static str,
    system: System,
    cpu: Cpu,
    devices: Vec<Found>,
    toolkit: Toolkit,
    own_kernels: OwnKernels,
    variables: Vec<Variable>,
}

#[derive(Serialize)]
struct System {
    os: String,
    arch: &'static str,
}

#[derive(Serialize)]
struct Cpu {
    model: String,
    isa: String,
    isa_available: Vec<&'static str>,
    threads: usize,
    memory_bytes: usize,
}

#[derive(Serialize)]
struct Toolkit {
    /// Where one is installed now.
    found: Option<String>,
    /// Where one was when the program was built.
    at_build: Option<&'static str>,
    /// Where it is looked for, in this order.
    searched: Vec<String>,
    /// Its libraries, as they were opened. None if there is no AscendCL.
    libraries: Vec<Library>,
    /// What was tried when there is no AscendCL.
    tried: Vec<String>,
}

/// The Ascend C kernels in this program.
#[derive(Serialize)]
struct OwnKernels {
    /// Why there is no twin to run them on a simulated NPU; nothing where there is one.
    twin_missing: Option<&'static str>,
    /// The chip that device images were compiled for.
    images_for: Option<&'static str>,
    /// Why there are none.
    why_no_images: Option<&'static str>,
    /// The sources that were compiled.
    compiled: Vec<&'static str>,
    /// Those that were not.
    failed: Vec<NotCompiled>,
}

#[derive(Serialize)]
struct NotCompiled {
    source: &'static str,
    /// The command that failed and all that it said.
    output: &'static str,
}

impl OwnKernels {
    fn of(twin_missing: Option<&'static str>, images: &DeviceImages) -> Self {
        Self {
            twin_missing,
            images_for: images.built_for.map(|(soc, _)| soc),
            why_no_images: images.why_none,
            compiled: images.images.iter().map(|image| image.source).collect(),
            failed: images.failed.iter().map(|&(source, output)| NotCompiled { source, output }).collect(),
        }
    }

    fn on_a_simulated_npu(&self) -> String {
        self.twin_missing.map_or_else(|| "on their twin, when asked for".into(), |why| format!("no: the twin was not built: {why}"))
    }

    fn on_a_card(&self) -> String {
        let Some(soc) = self.images_for else {
            return format!("no device images: {}", self.why_no_images.unwrap_or("this program was built without"));
        };
        let mut text = format!("{} sources compiled for {soc}", self.compiled.len());
        for NotCompiled { source, output } in &self.failed {
            let why = output.lines().find(|line| line.contains("error")).or(output.lines().next()).unwrap_or_default();
            text += &format!("; {source} failed: {}", why.trim());
        }
        text
    }
}

#[derive(Serialize)]
struct Library {
    library: &'static str,
    /// The files that were opened, or why none was.
    source: String,
    /// How many of the functions that this program knows it has.
    available: usize,
    /// How many this program knows.
    known: usize,
    /// Those that it lacks.
    lacking: Vec<&'static str>,
}

#[derive(Serialize)]
struct Variable {
    name: &'static str,
    value: Option<String>,
    purpose: &'static str,
}

pub(crate) fn facts() -> Facts {
    let devices = devices::found();
    let cpu = devices.iter().find(|d| d.device == "cpu" && d.available);
    let variable = |name: &str| std::env::var_os(name).map(|v| v.to_string_lossy().into_owned());
    Facts {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        system: System { os: os(), arch: std::env::consts::ARCH },
        cpu: Cpu {
            model: cpu.map(|d| d.name.clone()).unwrap_or_default(),
            isa: variable(ISA_VARIABLE).unwrap_or_else(|| Isa::best().name().into()),
            isa_available: Isa::available().into_iter().map(Isa::name).collect(),
            threads: cpu.map_or(0, |d| d.compute_units),
            memory_bytes: cpu.map_or(0, |d| d.memory_bytes),
        },
        toolkit: toolkit_facts(),
        own_kernels: OwnKernels::of(twin::missing(), &DEVICE_IMAGES),
        variables: VARIABLES
            .iter()
            .chain(&sim::VARIABLES)
            .map(|&(name, purpose)| Variable { name, value: variable(name), purpose })
            .collect(),
        devices,
    }
}

fn toolkit_facts() -> Toolkit {
    let variables = toolkit::VARIABLES.iter().map(|variable| format!("${variable}"));
    let (libraries, tried) = match Cann::open(&Search::new()) {
        Ok(cann) => (cann.inventory(), Vec::new()),
        Err(Error::LibraryMissing { searched, .. }) => (Vec::new(), searched.iter().map(ToString::to_string).collect()),
        Err(error) => (Vec::new(), vec![error.to_string()]),
    };
    let library = |found: ascend_sys::Inventory| Library {
        library: found.library,
        source: found.source.unwrap_or_else(|_| "not found".into()),
        available: found.available,
        known: found.available + found.lacking.len(),
        lacking: found.lacking.iter().map(|symbol| symbol.name).collect(),
    };
    Toolkit {
        found: toolkit::find().map(|path| path.display().to_string()),
        at_build: ascend_compute::TOOLKIT_AT_BUILD,
        searched: variables.chain(toolkit::DEFAULTS.map(str::to_owned)).chain(["the loader's path".into()]).collect(),
        libraries: libraries.into_iter().map(library).collect(),
        tried,
    }
}

/// The system's own name for itself, where it has one.
fn os() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|l| l.strip_prefix("PRETTY_NAME=")).map(|n| n.trim_matches('"').to_owned());
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").map(|k| format!(", kernel {}", k.trim())).unwrap_or_default();
    name.unwrap_or_else(|| std::env::consts::OS.into()) + &kernel
}

pub(crate) fn text(f: &Facts) -> String {
    let or_none = |s: Option<&str>| s.unwrap_or("none").to_owned();
    let mut table = output::table(&["fact", "value"]);
    for (name, value) in [
        ("ascend-compute", f.version.to_owned()),
        ("system", format!("{}, {}", f.system.os, f.system.arch)),
        ("processor", f.cpu.model.clone()),
        ("instruction set", format!("{} (available: {})", f.cpu.isa, f.cpu.isa_available.join(", "))),
        ("threads", f.cpu.threads.to_string()),
        ("memory", gib(f.cpu.memory_bytes)),
        ("CANN toolkit", or_none(f.toolkit.found.as_deref())),
        ("CANN toolkit at build time", or_none(f.toolkit.at_build)),
        ("looked for in", f.toolkit.searched.join(", ")),
        ("own kernels on sim:N", f.own_kernels.on_a_simulated_npu()),
        ("own kernels on npu:N", f.own_kernels.on_a_card()),
    ] {
        table.add_row([name.to_owned(), value]);
    }
    let mut variables = output::table(&["variable", "value", "purpose"]);
    for v in &f.variables {
        variables.add_row([v.name, v.value.as_deref().unwrap_or("(not set)"), v.purpose]);
    }
    let mut libraries = output::table(&["CANN library", "functions", "from"]);
    for l in &f.toolkit.libraries {
        libraries.add_row([l.library.to_owned(), format!("{} of {}", l.available, l.known), l.source.clone()]);
    }
    let libraries = if f.toolkit.libraries.is_empty() { String::new() } else { output::text(&libraries) + "\n" };
    format!("{}\n{libraries}{}\n{}", output::text(&table), devices::listing(&f.devices), output::text(&variables))
}

impl Doctor {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let facts = facts();
        if self.json {
            output::print_json(&facts)?;
        } else {
            output::print(&text(&facts))?;
        }
        // The CPU is the one device that is always there; without it nothing works.
        Ok(if facts.devices.iter().any(|d| d.device == "cpu" && d.available) {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(crate::COULD_NOT_RUN)
        })
    }
}

#[cfg(test)]
mod tests {
    use ascend_compute::DeviceImage;

    use super::*;

    #[test]
    fn own_kernels_tell_what_was_compiled_and_why_the_rest_was_not() {
        let none = DeviceImages { built_for: None, why_none: Some("no CANN toolkit was found"), images: &[], failed: &[] };
        let without = OwnKernels::of(Some("no C++ compiler"), &none);
        assert!(without.on_a_simulated_npu().contains("no C++ compiler"));
        assert!(without.on_a_card().contains("no CANN toolkit was found"));
        let built = DeviceImages {
            built_for: Some(("Ascend910B1", "dav-c220")),
            why_none: None,
            images: &[DeviceImage { source: "rope/rope.cpp", functions: &["rope_f32"], bytes: b"ELF" }],
            failed: &[("norm/norm.cpp", "this failed:\nbisheng -c\nnorm.cpp:3: error: no such thing\n")],
        };
        let with = OwnKernels::of(None, &built);
        assert_eq!(with.on_a_card(), "1 sources compiled for Ascend910B1; norm/norm.cpp failed: norm.cpp:3: error: no such thing");
        assert!(with.on_a_simulated_npu().contains("twin"));
    }
}
