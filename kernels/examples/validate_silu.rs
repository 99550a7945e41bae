//! Hold a kernel of your own to the reference, without a card: `cargo run --release -p ascend-kernels --example validate_silu`
//!
//! The kernel is `silu.cpp` beside this file; the build compiles every source of this folder for the twin.

use std::collections::HashMap;
use std::error::Error;

use ascend_hal::ops::{Activation, ActivationKind, Op as _};
use ascend_hal::{DType, OpCall};
use ascend_kernels::model::{Chip, Launch, declare, launch};
use ascend_kernels::twin::{Call, Options, Outcome, Schedule, every_site_matters, missing};
use ascend_validate::{Gen, Judge};

/// Floats of a tile: two buffers of two tiles fit the unified buffer.
const TILE: u32 = 8192;

/// `SiluTiling` of the kernel.
fn tiling(count: usize, tile: u32) -> [u32; 2] {
    [count as u32, tile]
}

/// Validates the kernel, and says how.
///
/// # Errors
/// What is wrong with the kernel.
pub(crate) fn validate() -> Result<(), Box<dyn Error>> {
    if let Some(why) = missing() {
        println!("skipped: {why}");
        return Ok(());
    }
    for count in [1, 63, 4096, 10_000] {
        // A call of the contract on generated inputs, and the oracle's answer to it.
        let mut g = Gen::new(0, "silu");
        let (x, y) = (g.normals(DType::F32, [count], 3.0)?, g.output(DType::F32, [count])?);
        let (id, values) = (y.buffer().id(), ascend_hal::host::to_vec::<f32>(&x)?);
        let judge = Judge::new(OpCall::from(Activation::new(x, ActivationKind::Silu, y)))?;
        let faults = |outcome: &Outcome| -> Result<Vec<String>, ascend_validate::Error> {
            judge.faults(&HashMap::from([(id, outcome.read::<u8>(1))]))
        };
        for blocks in [1, 3, 48] {
            // The launch: buffers in the order of the entry's arguments.
            let mut call = Call::new("silu_f32", blocks);
            call.input(&values).output::<f32>(count).workspace(0).tiling(&tiling(count, 1024));
            // Every order of pipes and cores that the flags allow must give the right numbers, and keep the chip's rules.
            for schedule in Schedule::all(20) {
                let outcome =
                    call.run(&Options::schedule(schedule)).map_err(|e| format!("{count} floats, {blocks} blocks, {schedule}: {e}"))?;
                let wrong = faults(&outcome)?;
                if !wrong.is_empty() {
                    return Err(format!("{count} floats, {blocks} blocks, {schedule}: {}", wrong.join("; ")).into());
                }
            }
            // And no flag or barrier may be there for nothing; with few tiles some are.
            if (count, blocks) == (10_000, 1) {
                let spare = every_site_matters(&call, 20, |outcome| faults(outcome).is_ok_and(|wrong| wrong.is_empty()))?;
                if !spare.is_empty() {
                    return Err(format!("these may go: {spare:?}").into());
                }
                println!("every flag and barrier is needed");
            }
        }
        println!("{count} floats: right under 22 schedules with 1, 3 and 48 blocks");
    }
    // What it would take on a chip, from documented throughputs.
    let count = 1 << 24;
    let (x, y) = (declare(DType::F32, [count])?, declare(DType::F32, [count])?);
    let cost = Activation::new(x.clone(), ActivationKind::Silu, y.to_mut()).cost();
    let chip = Chip::named("Ascend910B1").ok_or("no such chip")?;
    let tiling: Vec<u8> = tiling(count, TILE).iter().flat_map(|word| word.to_le_bytes()).collect();
    let asked =
        Launch { kernel: "silu_f32", blocks: chip.vector_cores, arguments: &[Some(x), Some(y)], workspace_bytes: 0, tiling: &tiling };
    let modelled = launch(&asked, &chip)?;
    println!(
        "{count} floats on {}: modelled {:.0} us for {:.0} MB, bound by {}",
        chip.name,
        modelled.us,
        (cost.read_bytes + cost.write_bytes) / 1e6,
        modelled.bound.name()
    );
    Ok(())
}

#[allow(dead_code, reason = "a test includes this file")]
fn main() -> Result<(), Box<dyn Error>> {
    validate()
}
