//! The kernels on a host CPU: their own sources, compiled against an Ascend C that this package wrote, on a machine with the 910B's cores, pipes and memories.
//!
//! The twin shows that a kernel computes the right numbers under every order of execution that its flags allow, keeps to the documented rules, and stays
//! within its buffers. It does not show that the device compiler accepts the source, how long anything takes, or how caches behave beyond the scalar
//! unit's. `kernels/twin/README.md` lists the rules.
//!
//! ```no_run
//! use ascend_kernels::twin::{Call, Options};
//!
//! let x: Vec<f32> = vec![1.0; 4096];
//! let mut call = Call::new("rms_norm_f32", 2);
//! call.input(&x).input(&x).output::<f32>(4096).workspace(0).tiling(&[0u32; 8]);
//! let outcome = call.run(&Options::default())?;
//! println!("{:?}", outcome.read::<f32>(2));
//! # Ok::<(), ascend_kernels::twin::Error>(())
//! ```

#[cfg(twin)]
mod abi;
mod call;
mod proof;
#[cfg(twin)]
mod run;

pub(crate) use call::TILING_BYTES;
pub use call::{Call, Outcome};
pub use proof::{Undetected, every_site_matters};

use std::fmt;

use crate::model::Rates;

/// In which order what is independent happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Schedule {
    /// Every instruction as soon as its flags allow.
    #[default]
    Eager,
    /// Every instruction as late as possible, consumers before producers.
    Lazy,
    /// Any legal order, chosen by a seed.
    Random(u64),
}

impl Schedule {
    /// Eager, lazy, and `seeds` random ones.
    pub fn all(seeds: u64) -> impl Iterator<Item = Schedule> {
        [Schedule::Eager, Schedule::Lazy].into_iter().chain((1..=seeds).map(Schedule::Random))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Schedule::Eager => f.write_str("eager"),
            Schedule::Lazy => f.write_str("lazy"),
            Schedule::Random(seed) => write!(f, "random {seed}"),
        }
    }
}

/// How a kernel is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The order of what is independent.
    pub schedule: Schedule,
    /// Count instructions and bytes, but move and compute nothing. Only scalars in global memory are read.
    pub count_only: bool,
    /// Refuse two accesses to the same bytes that no flag or barrier orders, whichever came first in this run. Without it such a pair shows only when
    /// the schedule makes the result wrong.
    pub check_order: bool,
    /// Flags and barriers that are left out, by place (`file:line`, see [`Report::sites`]).
    pub without: Vec<String>,
    /// The throughputs to time instructions by; with them the order is that of modelled time, whatever `schedule` says.
    pub rates: Option<Rates>,
}

impl Default for Options {
    fn default() -> Self {
        Self { schedule: Schedule::Eager, count_only: false, check_order: true, without: Vec::new(), rates: None }
    }
}

impl Options {
    /// With this schedule, else the default.
    pub fn schedule(schedule: Schedule) -> Self {
        Self { schedule, ..Self::default() }
    }
}

/// Addresses that a launch may touch: buffers by address and length in bytes.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Address and length in bytes of each buffer.
    pub buffers: Vec<(u64, u64)>,
    /// Address and length of buffers without memory behind them; they count with [`Options::count_only`] only.
    pub unbacked: Vec<(u64, u64)>,
}

/// A flag or barrier of the sources that a run has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// `file:line`.
    pub place: String,
    /// How often it was passed.
    pub passes: u64,
}

/// What a run counted, over all cores. Pipes are in the order S, V, M, MTE1, MTE2, MTE3, FIX.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Instructions that were issued to a pipe.
    pub instructions: u64,
    /// Flags that a pipe waited for.
    pub flags_waited: u64,
    /// Cube cores that ran.
    pub cube_cores: u32,
    /// Vector cores that ran.
    pub vector_cores: u32,
    /// Bytes read from global memory; with rates, those that L2 did not hold.
    pub hbm_read: u64,
    /// With rates: bytes read from L2.
    pub l2_read: u64,
    /// Bytes written to global memory.
    pub gm_written: u64,
    /// Bytes loaded into L0A.
    pub l0a_loaded: u64,
    /// Bytes loaded into L0B.
    pub l0b_loaded: u64,
    /// With rates: cycles until the last core was done.
    pub cycles: f64,
    /// With rates: cycles that the pipes of the cube cores were at work.
    pub cube_busy: [f64; 7],
    /// With rates: cycles that the pipes of the vector cores were at work.
    pub vector_busy: [f64; 7],
    /// With rates: cycles that HBM was at work.
    pub hbm_busy: f64,
}

/// What a run left to say.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Instructions, bytes, and modelled time.
    pub counts: Counts,
    /// Flags and barriers that were passed.
    pub sites: Vec<Site>,
    /// Which wait met which set, as indices into `sites`.
    pub pairs: Vec<(usize, usize)>,
}

/// A rule that a kernel broke, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The rule's name, as in `kernels/twin/README.md`.
    pub rule: String,
    /// The entry point.
    pub kernel: String,
    /// The core, such as `AIV 3.1`.
    pub core: String,
    /// The pipe, or `-`.
    pub pipe: String,
    /// The instruction.
    pub op: String,
    /// The source file.
    pub file: String,
    /// The line of the source.
    pub line: u32,
    /// What was asked, what is there, what to do.
    pub text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {} on {} (pipe {}): {} {} [{}]",
            self.file, self.line, self.kernel, self.core, self.pipe, self.op, self.text, self.rule
        )
    }
}

/// Why a kernel did not run on the twin, or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The package was built without the twin.
    #[error("the kernel twin was not built: {why}; install a C++17 compiler and build again")]
    Missing {
        /// What the build found.
        why: &'static str,
    },
    /// There is no such entry point.
    #[error("asked for kernel {name}, of which there is no entry point")]
    Unknown {
        /// The name that was asked for.
        name: String,
    },
    /// The arguments do not fit the entry point.
    #[error("kernel {name} got {found} arguments and takes {asked}")]
    Arguments {
        /// The entry point.
        name: String,
        /// How many it takes.
        asked: usize,
        /// How many it got.
        found: usize,
    },
    /// There is nothing to run.
    #[error("kernel {name} was launched with 0 blocks; a launch has at least 1")]
    NoBlocks {
        /// The entry point.
        name: String,
    },
    /// The kernel broke a rule.
    #[error("{0}")]
    Refused(Box<Refusal>),
}

/// Why there is no twin in this build; nothing where there is one.
pub fn missing() -> Option<&'static str> {
    if cfg!(twin) { None } else { Some(option_env!("ASCEND_TWIN_MISSING").unwrap_or("no C++ compiler")) }
}

/// Whether there is an entry point of this name: of [`KERNELS`](crate::KERNELS), or of the examples and checks that only the twin has.
pub fn has(name: &str) -> bool {
    #[cfg(twin)]
    {
        run::find(name).is_some()
    }
    #[cfg(not(twin))]
    {
        let _ = name;
        false
    }
}

/// Runs `blocks` blocks of the entry point `name`; `arguments` are its addresses in order.
///
/// # Safety
///
/// * Each of `memory`'s buffers is readable and writable for the whole call and nobody else touches it; with `count_only`, only those that the kernel
///   reads scalars from.
/// * The last argument is the address of the kernel's tiling struct, readable in its whole length.
pub unsafe fn run(name: &str, blocks: u32, arguments: &[u64], memory: &Memory, options: &Options) -> Result<Report, Error> {
    #[cfg(twin)]
    {
        // SAFETY: the caller's promises are passed on.
        unsafe { run::run(name, blocks, arguments, memory, options) }
    }
    #[cfg(not(twin))]
    {
        let _ = (name, blocks, arguments, memory, options);
        Err(Error::Missing { why: missing().unwrap_or_default() })
    }
}
