//! `ascend profile dispatch`.

use std::process::{Command, ExitCode};
use std::sync::Arc;

use ascend_compute::Device;
use ascend_compute::npu::NpuDevice;
use ascend_profile::dispatch;
use clap::Args;

use crate::Result;
use crate::output::{self, Target};

/// On a simulated NPU, operators compute nothing while this is measured.
#[derive(Args)]
pub(crate) struct Dispatch {
    /// The device
    #[arg(long, default_value = "sim:0", value_name = "NAME")]
    device: String,
    /// Write the costs as JSON (`-`: to standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<Target>,
}

/// What the simulated operators do.
const SIM_KERNELS: &str = "ASCEND_SIM_KERNELS";

impl Dispatch {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let simulated = self.device.starts_with("sim");
        if simulated && std::env::var_os(SIM_KERNELS).is_none() {
            // The simulation reads its variables once, so this program begins anew with another one.
            let program = std::env::current_exe()?;
            let status = Command::new(program).args(std::env::args_os().skip(1)).env(SIM_KERNELS, "null").status()?;
            return Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from));
        }
        if let Some(target) = &self.json {
            target.check()?;
        }
        let device: Arc<dyn Device> = match self.device.strip_prefix("sim") {
            // As a card would be opened: without a look at the values in its memory.
            Some(index) => {
                let index = index.trim_start_matches(':');
                let index =
                    if index.is_empty() { 0 } else { index.parse().map_err(|_| format!("`{index}` is not an index; say `sim:0`"))? };
                NpuDevice::open(Arc::new(ascend_compute::sim::cann()), "sim", index)?
            }
            None => ascend_compute::open(&self.device)?,
        };
        let costs = dispatch::dispatch(&*device)?;
        let text = dispatch::text(&costs);
        match &self.json {
            Some(target) if target.is_stdout() => output::note(&text),
            _ => output::print(&text)?,
        }
        if let Some(target) = &self.json {
            target.write(&(serde_json::to_string_pretty(&costs)? + "\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
