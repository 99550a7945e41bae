//! `ascend devices`.

use std::process::ExitCode;
use std::sync::Arc;

use ascend_compute::{Device, Probe};
use clap::Args;
use serde::Serialize;

use crate::{Result, output};

/// List the devices that were looked for: what they are, or why they are not there
#[derive(Args)]
pub(crate) struct Devices {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Listing {
    schema: u32,
    devices: Vec<Found>,
}

/// A device that was looked for.
#[derive(Serialize)]
pub(crate) struct Found {
    pub(crate) device: String,
    pub(crate) available: bool,
    pub(crate) name: String,
    pub(crate) compute_units: usize,
    pub(crate) memory_bytes: usize,
    pub(crate) features: Vec<String>,
    /// Why it is not available; empty when it is.
    pub(crate) why: String,
}

impl From<Probe> for Found {
    fn from(probe: Probe) -> Self {
        match probe.info {
            Ok(info) => Self {
                device: probe.name,
                available: true,
                name: info.name,
                compute_units: info.compute_units,
                memory_bytes: info.memory_bytes,
                features: info.features,
                why: String::new(),
            },
            Err(error) => Self {
                device: probe.name,
                available: false,
                name: String::new(),
                compute_units: 0,
                memory_bytes: 0,
                features: Vec::new(),
                why: error.to_string(),
            },
        }
    }
}

pub(crate) fn found() -> Vec<Found> {
    ascend_compute::devices().into_iter().map(Found::from).collect()
}

/// The devices called `names`, with commas between them; every available one for `all`.
pub(crate) fn open(names: &str) -> Result<Vec<Arc<dyn Device>>> {
    if names != "all" {
        return names.split(',').map(|name| Ok(ascend_compute::open(name.trim())?)).collect();
    }
    let available = ascend_compute::devices().into_iter().filter(|probe| probe.info.is_ok());
    available.map(|probe| Ok(ascend_compute::open(&probe.name)?)).collect()
}

pub(crate) fn gib(bytes: usize) -> String {
    format!("{:.1} GiB", bytes as f64 / f64::from(1u32 << 30))
}

/// A line for each device, then the reasons for those that are not there.
pub(crate) fn listing(devices: &[Found]) -> String {
    let mut table = output::table(&["device", "product", "units", "memory", "features"]);
    for d in devices.iter().filter(|d| d.available) {
        table.add_row([d.device.clone(), d.name.clone(), d.compute_units.to_string(), gib(d.memory_bytes), d.features.join(", ")]);
    }
    let mut text = output::text(&table);
    for d in devices.iter().filter(|d| !d.available) {
        text += &format!("\n{}: not available. {}\n", d.device, d.why);
    }
    text
}

impl Devices {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let devices = found();
        if self.json {
            output::print_json(&Listing { schema: 1, devices })?;
        } else {
            output::print(&listing(&devices))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
