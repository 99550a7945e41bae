//! What a case is.

use std::fmt;
use std::sync::Arc;

use ascend_hal::ops::Coverage;
use ascend_hal::{Choice, Device, OpCall, OpKind, Stream, TensorView};

use crate::{Gen, Result};

/// Where a case comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Source {
    /// A file computed by PyTorch.
    Golden,
    /// A generator.
    Generated,
    /// A saved failure.
    Replay,
}

/// An element passes if `|got - expected| <= atol + rtol * |expected|`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Tolerance {
    /// Absolute part.
    pub atol: f64,
    /// Relative part.
    pub rtol: f64,
}

/// An expected output that comes from elsewhere than the oracle.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The output's name in the contract (or, in a composition, the step's own name).
    pub name: &'static str,
    /// Expected elements, row-major.
    pub values: Vec<f64>,
    /// `None`: every element equal.
    pub tolerance: Option<Tolerance>,
    /// For codes next to a rounding boundary: elements where a difference of 1 is no error. Empty: none.
    pub off_by_one_allowed: Vec<bool>,
}

/// Builds a call on host tensors.
pub type Build = Arc<dyn Fn(&mut Gen) -> Result<OpCall> + Send + Sync>;

/// Computes something from several ops on a device and hands back named device tensors.
pub type Compose = Arc<dyn Fn(&Bench<'_>) -> Result<Vec<(&'static str, TensorView)>> + Send + Sync>;

/// A device to compute on, as a composition sees it.
#[derive(Debug)]
pub struct Bench<'a> {
    /// The device.
    pub device: &'a dyn Device,
    /// The stream to enqueue on.
    pub stream: &'a Stream,
    /// Which kernels to use.
    pub choice: &'a Choice,
}

impl Bench<'_> {
    /// Enqueues an op with the run's choice of kernels.
    pub fn run(&self, op: impl Into<OpCall>) -> Result<()> {
        Ok(self.device.enqueue(self.stream, op.into(), self.choice)?)
    }

    /// Copies a host tensor to the device, contiguous.
    pub fn to_device(&self, host: &TensorView) -> Result<TensorView> {
        crate::generate::to_device(self.device, host)
    }
}

/// What a case does.
#[derive(Clone)]
pub enum Work {
    /// Runs a call and compares every output with the oracle.
    Call(Build),
    /// Runs a call and compares the named outputs with these values *and* every output with the oracle.
    Golden {
        /// The call.
        build: Build,
        /// What a file says it should give.
        expected: Vec<Expected>,
    },
    /// Runs several ops and compares the tensors they leave.
    Composed {
        /// The ops.
        compose: Compose,
        /// What a file says they should give.
        expected: Vec<Expected>,
    },
    /// Runs a call whose device values break the contract: the synchronisation must name this op and argument. Skipped on a device that does not check values.
    Refused {
        /// The call.
        build: Build,
        /// The argument at fault.
        argument: &'static str,
    },
}

/// One check of one device. Its printed name is its filter.
#[derive(Clone)]
pub struct Case {
    /// `op/what`, unique, made of the case's own parameters.
    pub name: String,
    /// The op it is filed under.
    pub op: OpKind,
    /// Where it comes from.
    pub source: Source,
    /// The entries of the coverage list that it stands for.
    pub covers: Vec<Coverage>,
    /// What it does.
    pub work: Work,
}

impl Case {
    /// A generated case for one entry of the coverage list; `what` tells its parameters apart from those of other cases of the entry.
    pub fn covering(
        coverage: Coverage,
        what: impl fmt::Display,
        build: impl Fn(&mut Gen) -> Result<OpCall> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: format!("{coverage}/{what}"),
            op: coverage.op,
            source: Source::Generated,
            covers: vec![coverage],
            work: Work::Call(Arc::new(build)),
        }
    }

    /// A generated case whose device values break the contract; see [`Work::Refused`].
    pub fn refused(
        coverage: Coverage,
        what: impl fmt::Display,
        argument: &'static str,
        build: impl Fn(&mut Gen) -> Result<OpCall> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: format!("{coverage}/{what}"),
            op: coverage.op,
            source: Source::Generated,
            covers: vec![coverage],
            work: Work::Refused { build: Arc::new(build), argument },
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Case({})", self.name)
    }
}
