//! What a launch would take on a chip: modelled from documented throughputs, not measured.
//!
//! The kernel's own instructions are counted on the [twin](crate::twin), without moving data: each takes its pipe for the time that its bytes or fractals
//! need, after the flags it waits for and, for global memory, after what L2 and the one HBM of the chip have been asked before. The launch lasts until the
//! last pipe of the last core is done. `rates.tsv` holds the throughputs with their sources, `docs/kernels.md` what published measurements say about them.

mod chip;
mod declared;
pub mod published;
pub mod workload;

pub use chip::{Chip, Rate, Rates, rates};
pub use declared::{declare, declare_with};

use std::collections::HashMap;

use ascend_hal::TensorView;

use crate::twin::{Counts, Error, Memory, Options};

/// What holds a launch up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The cube unit.
    Cube,
    /// The vector unit.
    Vector,
    /// Each core's way to global memory.
    Mte2,
    /// The chip's memory.
    Hbm,
    /// None is busy half of the time: pipes wait for each other, or cores have nothing to do.
    Latency,
}

impl Bound {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Bound::Cube => "cube",
            Bound::Vector => "vector",
            Bound::Mte2 => "mte2",
            Bound::Hbm => "hbm",
            Bound::Latency => "latency",
        }
    }
}

/// A modelled launch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Modelled {
    /// Microseconds on the device, without what it takes to launch.
    pub us: f64,
    /// Of the cube cores' time, what they multiply.
    pub cube_utilisation: f64,
    /// Of the vector cores' time, what their vector unit works.
    pub vector_utilisation: f64,
    /// Of the time of the cores that load most (cube or vector), what they read global memory.
    pub mte2_utilisation: f64,
    /// Of the time, what HBM is at work.
    pub hbm_utilisation: f64,
    /// What holds it up.
    pub bound: Bound,
    /// Bytes read from HBM.
    pub hbm_read: u64,
    /// Instructions of all cores.
    pub instructions: u64,
}

/// Indices of pipes in the twin's counts.
const V: usize = 1;
const M: usize = 2;
const MTE2: usize = 4;

impl Modelled {
    fn new(counts: &Counts, chip: &Chip) -> Self {
        let cycles = counts.cycles.max(f64::MIN_POSITIVE);
        let cube = counts.cube_busy[M] / (cycles * f64::from(chip.cube_cores));
        let vector = counts.vector_busy[V] / (cycles * f64::from(chip.vector_cores));
        let loads = |busy: &[f64; 7], cores: u32| busy[MTE2] / (cycles * f64::from(cores));
        let mte2 = loads(&counts.cube_busy, chip.cube_cores).max(loads(&counts.vector_busy, chip.vector_cores));
        let hbm = counts.hbm_busy / cycles;
        // HBM first: when it is the limit, the pipes that wait for it are busy too.
        let most = [(Bound::Hbm, hbm), (Bound::Cube, cube), (Bound::Vector, vector), (Bound::Mte2, mte2)]
            .into_iter()
            .rev()
            .max_by(|a, b| a.1.total_cmp(&b.1));
        let bound = most.filter(|(_, share)| *share >= 0.5).map_or(Bound::Latency, |(bound, _)| bound);
        Self {
            us: chip.us(cycles),
            cube_utilisation: cube,
            vector_utilisation: vector,
            mte2_utilisation: mte2,
            hbm_utilisation: hbm,
            bound,
            hbm_read: counts.hbm_read,
            instructions: counts.instructions,
        }
    }
}

/// A launch to model: an entry point, its arguments in order, then workspace and tiling struct.
///
/// Tensors may be [declared](declare) only; those that steer the kernel (group lists, page tables, lengths) need [their values](declare_with).
#[derive(Clone, Copy, Debug)]
pub struct Launch<'a> {
    /// The entry point.
    pub kernel: &'a str,
    /// Blocks.
    pub blocks: u32,
    /// Tensors behind the arguments; `None` is a null address.
    pub arguments: &'a [Option<TensorView>],
    /// Bytes of scratch memory.
    pub workspace_bytes: usize,
    /// The tiling struct.
    pub tiling: &'a [u8],
}

/// Models a launch.
///
/// # Errors
/// As [`crate::twin::run`]: the rules hold here too, but those about values.
pub fn launch(launch: &Launch<'_>, chip: &Chip) -> Result<Modelled, Error> {
    let mut memory = Memory::default();
    let mut next = declared::FIRST_ADDRESS;
    let mut starts: HashMap<usize, u64> = HashMap::new();
    let mut arguments = Vec::new();
    for argument in launch.arguments {
        let Some(view) = argument else {
            arguments.push(0);
            continue;
        };
        let buffer = view.buffer();
        let start = *starts.entry(buffer.id()).or_insert_with(|| match declared::address(buffer) {
            Some(address) => {
                memory.buffers.push((address, buffer.size_bytes() as u64));
                address
            }
            None => declared::place(&mut memory, &mut next, buffer.size_bytes() as u64),
        });
        arguments.push(start + view.byte_span().start as u64);
    }
    arguments.push(declared::place(&mut memory, &mut next, launch.workspace_bytes as u64));
    let mut tiling = vec![0u64; crate::twin::TILING_BYTES / 8 + launch.tiling.len().div_ceil(8)];
    bytemuck::cast_slice_mut::<u64, u8>(&mut tiling)[..launch.tiling.len()].copy_from_slice(launch.tiling);
    let address = tiling.as_mut_ptr().expose_provenance() as u64;
    memory.buffers.push((address, tiling.len() as u64 * 8));
    arguments.push(address);
    let options = Options { rates: Some(Rates::of(chip)), count_only: true, ..Options::default() };
    // SAFETY: nothing is written while counting; what is read is the tiling struct and tensors with values, which live until after the call.
    let report = unsafe { crate::twin::run(launch.kernel, launch.blocks, &arguments, &memory, &options) }?;
    Ok(Modelled::new(&report.counts, chip))
}
