//! This project's own kernels on NPU devices.
//!
//! On a simulated NPU they run on the twin: the image lists their names, and whoever launches one of these names gets the same source, compiled for the host.

use std::sync::Once;

use ascend_hal::{KernelInfo, OpCall, Origin, Result};
use ascend_kernels::ops::{Covering, OPS};
use ascend_kernels::twin::{self, Memory, Options};
use ascend_npu::{NpuDevice, OwnKernel, OwnLaunch};

/// Kernels that take part when nobody asks for them, by op and name.
///
/// None does yet: no card has shown one to be faster than the vendor's operator, or run it at all. `--kernels own`, a kernel's name or
/// [`Choice`](ascend_hal::Choice) asks for them.
const AUTOMATIC: &[(ascend_hal::OpKind, &str)] = &[];

/// More than any tiling struct has.
const TILING_BYTES: usize = 256;

/// Adds the kernels to a simulated NPU. Without the twin, which needs a C++ compiler when this crate is built, there are none to add.
///
/// # Errors
/// What the device has against the image.
pub(crate) fn add_to_simulated(device: &NpuDevice) -> Result<()> {
    if twin::missing().is_some() {
        return Ok(());
    }
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        ascend_kernels::KERNELS.iter().for_each(|kernel| ascend_sim::kernels::register(kernel.name, move |launch| run(kernel.name, launch)))
    });
    device.add_own(image().as_bytes(), kernels())
}

/// What stands for a device image on the simulation: the names of its functions.
fn image() -> String {
    ascend_kernels::KERNELS.iter().map(|kernel| format!("{}\n", kernel.name)).collect()
}

fn kernels() -> impl Iterator<Item = OwnKernel> {
    OPS.iter().map(|covering| OwnKernel {
        info: KernelInfo {
            name: covering.name.into(),
            op: covering.op,
            origin: Origin::Own,
            dtypes: covering.dtypes.into(),
            constraints: covering.constraints.into(),
        },
        automatic: AUTOMATIC.contains(&(covering.op, covering.name)),
        plan: Box::new(move |call, cube_cores| plan(covering, call, cube_cores)),
    })
}

fn plan(covering: &Covering, call: &OpCall, cube_cores: u32) -> std::result::Result<OwnLaunch, String> {
    let plan = covering.plan(call, cube_cores).map_err(|why| format!("not covered: {why}"))?;
    Ok(OwnLaunch {
        function: plan.kernel,
        blocks: plan.blocks,
        arguments: plan.arguments,
        workspace_bytes: plan.workspace_bytes,
        tiling: plan.tiling,
    })
}

/// A launch on the twin, with the device's memory where it lies in this process.
fn run(kernel: &str, launch: &ascend_sim::kernels::Launch<'_>) -> std::result::Result<(), String> {
    let mut arguments = Vec::new();
    let mut ranges = Vec::new();
    // Held until the launch is over.
    let mut held = Vec::new();
    for at in (0..launch.arguments.len()).step_by(size_of::<u64>()) {
        let address =
            launch.argument(at).ok_or_else(|| format!("{} bytes of arguments are not whole addresses", launch.arguments.len()))?;
        if address == 0 {
            arguments.push(0);
            continue;
        }
        let memory = launch.allocation(address)?;
        let start = memory.as_ptr().expose_provenance() as u64;
        arguments.push(start);
        ranges.push((start, memory.size_bytes() as u64));
        held.push(memory);
    }
    if held.last().is_none_or(|tiling| tiling.size_bytes() < TILING_BYTES) {
        return Err(format!("the last argument is no address of {TILING_BYTES} bytes with a tiling struct"));
    }
    let memory = Memory { buffers: ranges, unbacked: Vec::new() };
    // SAFETY: the ranges are mapped as long as `held` lives; that nothing else touches them is the order of the streams, as on a card. No kernel's tiling struct is
    // longer than what has been checked.
    unsafe { twin::run(kernel, launch.blocks, &arguments, &memory, &Options::default()) }.map(drop).map_err(|error| error.to_string())
}
