//! What a shadow device has found, as data: the JSON report is this, serialised.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use ascend_hal::{DeviceInfo, OpKind};
use serde::{Deserialize, Serialize};

use super::Judgement;
use super::stream::Called;

/// Version of the JSON layout. Raised when a field changes its meaning or goes away.
pub const SHADOW_SCHEMA: u32 = 1;

/// Faults that are told in full; the rest is counted.
const MAX_FAULTS: usize = 100;

/// What became of the calls of a shadow device so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ShadowReport {
    /// [`SHADOW_SCHEMA`].
    pub schema: u32,
    /// Version of this crate.
    pub version: String,
    /// The wrapped device: name and product.
    pub device: String,
    /// Of each op the first call and then every n-th one was to be compared.
    pub every: usize,
    /// Wall time since the device was made, in seconds.
    pub seconds: f64,
    /// All calls that were executed or skipped by a failed stream.
    pub calls: u64,
    /// By the op's name.
    pub ops: BTreeMap<String, ShadowedOp>,
    /// Calls that were not right, the first ones.
    pub faults: Vec<ShadowFault>,
}

/// What became of the calls of one op.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ShadowedOp {
    /// All calls.
    pub calls: u64,
    /// Compared with the oracle.
    pub compared: u64,
    /// Compared and not right.
    pub faulty: u64,
    /// Of those to be compared, skipped or failed on their stream; its synchronisation tells why.
    pub not_run: u64,
    /// Calls that could not be compared, by reason.
    pub not_comparable: BTreeMap<String, u64>,
    /// The largest error of an element in proportion to the error that is allowed there: at most 1 when all calls were right. 0 where outputs must be equal to the bit.
    pub worst_ratio: f64,
    /// Where that was: call, labels, output.
    pub worst_at: String,
}

/// A call that was not right, and the first thing that is wrong with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShadowFault {
    /// Which call of the device it was; the first has number 1.
    pub call: u64,
    /// The labels that held when it was enqueued, outermost first; see [`ascend_hal::scope`].
    pub scope: String,
    /// The op.
    pub op: String,
    /// Its variant.
    pub variant: String,
    /// Storage type of the leading argument.
    pub dtype: String,
    /// The kernel that ran, with its origin.
    pub kernel: String,
    /// The argument at fault.
    pub argument: String,
    /// The element of it; empty when it is no one element.
    pub at: Vec<usize>,
    /// The element in the op's own terms.
    pub place: String,
    /// What is wrong with it.
    pub what: String,
    /// Its error, when the fault is an error beyond its bound.
    pub error: Option<f64>,
    /// The error that is allowed there.
    pub bound: Option<f64>,
    /// The call's arguments, printed.
    pub arguments: String,
}

impl fmt::Display for ShadowFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { call, scope, op, variant, dtype, kernel, place, what, .. } = self;
        write!(f, "call {call}, ")?;
        if !scope.is_empty() {
            write!(f, "{scope}, ")?;
        }
        write!(f, "{op} ({variant}, {dtype}, kernel {kernel}): {place}: {what}")
    }
}

/// The log of a shadow device: may be read at any time, from any thread. Clones are the same log.
#[derive(Clone, Debug)]
pub struct ShadowLog {
    report: Arc<Mutex<ShadowReport>>,
    started: Instant,
}

impl ShadowLog {
    pub(super) fn new(device: &DeviceInfo, every: usize) -> Self {
        let report = ShadowReport {
            schema: SHADOW_SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            device: format!("{} ({})", device.id, device.name),
            every,
            ..ShadowReport::default()
        };
        Self { report: Arc::new(Mutex::new(report)), started: Instant::now() }
    }

    /// The call that left its bounds first, if one has.
    pub fn first_fault(&self) -> Option<ShadowFault> {
        self.lock().faults.first().cloned()
    }

    /// Everything so far.
    pub fn report(&self) -> ShadowReport {
        let mut report = self.lock().clone();
        report.seconds = self.started.elapsed().as_secs_f64();
        report
    }

    fn lock(&self) -> MutexGuard<'_, ShadowReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a call; its number if `wanted`, which hears how many calls of the op came before, says that it is to be compared.
    pub(super) fn next(&self, op: OpKind, wanted: impl FnOnce(u64) -> bool) -> Option<u64> {
        let mut report = self.lock();
        report.calls += 1;
        let number = report.calls;
        let record = report.op(op);
        record.calls += 1;
        wanted(record.calls - 1).then_some(number)
    }

    pub(super) fn not_run(&self, called: &Called) {
        self.lock().op(called.call.kind()).not_run += 1;
    }

    pub(super) fn not_comparable(&self, called: &Called, why: String) {
        *self.lock().op(called.call.kind()).not_comparable.entry(why).or_default() += 1;
    }

    pub(super) fn judged(&self, number: u64, called: &Called, judgement: Judgement) {
        let Called { call, kernel, scope } = called;
        let mut report = self.lock();
        let record = report.op(call.kind());
        record.compared += 1;
        record.faulty += u64::from(judgement.fault.is_some());
        if let Some((ratio, output)) = judgement.worst.filter(|(ratio, _)| *ratio > record.worst_ratio) {
            record.worst_ratio = ratio;
            let scope = if scope.is_empty() { String::new() } else { format!("{scope}, ") };
            record.worst_at = format!("call {number}, {scope}{output}");
        }
        let Some(fault) = judgement.fault else { return };
        // Streams finish in any order: the faults stay in the order of the calls.
        let at = report.faults.partition_point(|f| f.call < number);
        let fault = ShadowFault {
            call: number,
            scope: scope.clone(),
            op: call.kind().name().into(),
            variant: call.variant().into(),
            dtype: call.dtype().to_string(),
            kernel: kernel.clone(),
            argument: fault.argument,
            at: fault.at,
            place: fault.place,
            what: fault.what,
            error: fault.excess.map(|(error, _)| error),
            bound: fault.excess.map(|(_, bound)| bound),
            arguments: format!("{call:?}"),
        };
        report.faults.insert(at, fault);
        report.faults.truncate(MAX_FAULTS);
    }
}

impl ShadowReport {
    /// Calls that were compared.
    pub fn compared(&self) -> u64 {
        self.ops.values().map(|op| op.compared).sum()
    }

    /// Calls that were compared and not right.
    pub fn faulty(&self) -> u64 {
        self.ops.values().map(|op| op.faulty).sum()
    }

    fn op(&mut self, op: OpKind) -> &mut ShadowedOp {
        self.ops.entry(op.name().into()).or_default()
    }
}
