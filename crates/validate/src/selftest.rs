//! The first thing to run on a device that nobody has run this on: everything it must do, in one file to send back.

use std::time::{Duration, Instant};

use ascend_hal::ops::{GroupList, GroupedMatmul, Matmul, Norm, NormKind, Weight};
use ascend_hal::{Choice, DType, Device, DeviceExt, OpCall, Stream};
use serde::{Deserialize, Serialize};

use crate::conformance::{self, Check, Open};
use crate::report::Report;
use crate::support::support;
use crate::{Gen, Options, Progress, run};

/// Version of the JSON layout.
pub const SCHEMA: u32 = 1;

/// What a self-test found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SelfTest {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The device's name here, and its product name.
    pub device: [String; 2],
    /// Facts that the device tells of itself.
    pub features: Vec<String>,
    /// Memory in bytes.
    pub memory_bytes: usize,
    /// Each property of the conformance suite; those about values that the device does not check count as they must be, with [`NOT_CHECKED`] as their note.
    pub conformance: Vec<Finding>,
    /// Each op and variant that the device does not run on its own: composed of smaller operators, or not at all, with the reason.
    pub not_native: Vec<Finding>,
    /// Copies and ops at sizes of real models.
    pub timings: Vec<Timing>,
    /// The whole validation.
    pub validation: Report,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// A thing that was looked at.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// What.
    pub name: String,
    /// Whether it is as it must be.
    pub ok: bool,
    /// What was found otherwise, or what there is to say.
    pub note: String,
}

/// How long something takes, as medians of [`ROUNDS`] rounds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Timing {
    /// What.
    pub name: String,
    /// From the call to its return, in microseconds.
    pub host_us: f64,
    /// Between two events around it on the stream, in microseconds.
    pub device_us: f64,
    /// Bytes read and written at least, a second, in 10^9.
    pub gbytes_per_s: f64,
    /// Floating-point operations a second, in 10^12.
    pub tflops: f64,
    /// Why there is no time; empty when there is one.
    pub error: String,
}

/// What is noted of properties about values, on a device that does not look at values.
pub const NOT_CHECKED: &str = "not checked by this device";

/// Rounds of each timing, after one that warms up.
pub const ROUNDS: usize = 20;

impl SelfTest {
    /// Whether nothing is wrong: every property holds, every case passed or was skipped with a reason, every timing worked.
    pub fn passed(&self) -> bool {
        let conforms = self.conformance.iter().all(|finding| finding.ok);
        conforms
            && self.validation.summary.failed == 0
            && self.validation.summary.passed > 0
            && self.timings.iter().all(|t| t.error.is_empty())
    }
}

/// Tests the device that `open` opens: conformance, support, timings, and the validation that `options` say. `next` is told what is about to be done, before the
/// device is asked: a library that ends the process leaves that behind. The cases of the validation are told to `progress` when they are done.
///
/// # Errors
/// A device that cannot be opened, or options that cannot be met. What the device does wrong is in the result.
pub fn selftest(
    open: Open<'_>,
    options: &Options,
    next: &dyn Fn(&str),
    progress: &(dyn Fn(Progress<'_>) + Sync),
) -> crate::Result<SelfTest> {
    let started = Instant::now();
    let device = open()?;
    let info = device.info().clone();
    let conformance = properties(open, next)?;
    next("which ops are native");
    let not_native = support(&*device, &Choice::Auto)?
        .into_iter()
        .filter(|entry| entry.support != "native")
        .map(|entry| Finding {
            name: format!("{}/{}/{}", entry.op, entry.variant, entry.dtype),
            ok: entry.support == "composed",
            note: if entry.why.is_empty() { format!("{} by {}", entry.support, entry.kernel) } else { entry.why },
        })
        .collect();
    let timings = timings(&*device, next);
    next("validation");
    let validation = run(&[device], options, progress)?;
    Ok(SelfTest {
        schema: SCHEMA,
        device: [info.id.to_string(), info.name],
        features: info.features,
        memory_bytes: info.memory_bytes,
        conformance,
        not_native,
        timings,
        validation,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Whether the device that `open` opens has each property of the conformance suite.
///
/// # Errors
/// A device that cannot be opened.
pub fn conformance(open: Open<'_>) -> crate::Result<Vec<Finding>> {
    properties(open, &|_| {})
}

fn properties(open: Open<'_>, next: &dyn Fn(&str)) -> crate::Result<Vec<Finding>> {
    let values = open()?.checks_values();
    let finding = |check: &Check| {
        next(&format!("conformance: {check}"));
        if check.needs_value_checks && !values {
            return Finding { name: check.to_string(), ok: true, note: NOT_CHECKED.into() };
        }
        let wrong = check.run(open).err();
        Finding { name: check.to_string(), ok: wrong.is_none(), note: wrong.map(|violation| violation.to_string()).unwrap_or_default() }
    };
    Ok(conformance::checks().map(finding).collect())
}

/// Makes a call, with its tensors.
type MakeCall = fn(&dyn Device) -> crate::Result<OpCall>;

/// Bytes of a timed copy.
const COPY_BYTES: usize = 64 << 20;

fn timings(device: &dyn Device, next: &dyn Fn(&str)) -> Vec<Timing> {
    let timed = |name: &str, measure: &dyn Fn() -> crate::Result<Measured>| {
        next(&format!("timing: {name}"));
        timed(name, measure())
    };
    let copies: [(&str, bool, bool); 3] =
        [("copy host to device", false, true), ("copy device to host", true, false), ("copy on the device", true, true)];
    let mut all: Vec<Timing> = copies.map(|(name, from, to)| timed(name, &|| Ok(copy(device, from, to)?))).into();
    let ops: [(&str, MakeCall); 4] = [
        ("norm, rms, bf16 [1, 7168]", |device| {
            let (x, weight) = (random(device, [1, 7168])?, random(device, [7168])?);
            Ok(Norm::new(x, weight, NormKind::Rms, 1e-6, device.empty(DType::BF16, [1, 7168])?).into())
        }),
        ("matmul, bf16 [1, 2048] x [2048, 4096]", |device| matmul(device, 1)),
        ("matmul, bf16 [512, 2048] x [2048, 4096]", |device| matmul(device, 512)),
        ("grouped matmul, bf16 8 experts of 32 rows, [2048, 1536]", |device| {
            let (x, w) = (random(device, [256, 2048])?, random(device, [8, 2048, 1536])?);
            let counts = GroupList::Counts(device.upload(&[32i64; 8], [8])?);
            Ok(GroupedMatmul::new(x, Weight::kn(w), counts, device.empty(DType::BF16, [256, 1536])?).into())
        }),
    ];
    all.extend(ops.map(|(name, make)| timed(name, &|| op(device, make))));
    all
}

fn matmul(device: &dyn Device, rows: usize) -> crate::Result<OpCall> {
    let (x, w) = (random(device, [rows, 2048])?, random(device, [2048, 4096])?);
    Ok(Matmul::new(x, Weight::kn(w), device.empty(DType::BF16, [rows, 4096])?).into())
}

/// Small numbers of both signs.
fn random(device: &dyn Device, shape: impl Into<ascend_hal::Dims>) -> crate::Result<ascend_hal::TensorView> {
    crate::generate::to_device(device, &Gen::new(0, "selftest").uniforms(DType::BF16, shape, -0.25, 0.25)?)
}

/// Medians of host and device time, with the bytes and operations of one round.
struct Measured {
    host: Duration,
    device: Duration,
    bytes: f64,
    flops: f64,
}

fn timed(name: &str, measured: crate::Result<Measured>) -> Timing {
    let mut timing = Timing { name: name.into(), host_us: 0.0, device_us: 0.0, gbytes_per_s: 0.0, tflops: 0.0, error: String::new() };
    match measured {
        Ok(m) => {
            let seconds = m.device.as_secs_f64().max(1e-9);
            (timing.host_us, timing.device_us) = (m.host.as_secs_f64() * 1e6, seconds * 1e6);
            (timing.gbytes_per_s, timing.tflops) = (m.bytes / seconds / 1e9, m.flops / seconds / 1e12);
        }
        Err(error) => timing.error = error.to_string(),
    }
    timing
}

fn copy(device: &dyn Device, from_device: bool, to_device: bool) -> ascend_hal::Result<Measured> {
    let memory = |on_device: bool| if on_device { device.alloc(COPY_BYTES) } else { device.alloc_pinned(COPY_BYTES) };
    let (from, to) = (memory(from_device)?, memory(to_device)?);
    device.write(&from, 0, &vec![0x5A; COPY_BYTES])?;
    let measured = measure(device, |stream| stream.copy(from.all(), to.all()))?;
    let mut back = vec![0; COPY_BYTES];
    device.read(&to, 0, &mut back)?;
    if let Some(at) = back.iter().position(|byte| *byte != 0x5A) {
        return Err(ascend_hal::Error::State { what: "copy", asked: "the bytes of the source", found: format!("{:#x} at {at}", back[at]) });
    }
    Ok(Measured { bytes: 2.0 * COPY_BYTES as f64, ..measured })
}

fn op(device: &dyn Device, make: MakeCall) -> crate::Result<Measured> {
    let call = make(device)?;
    let cost = call.cost();
    let measured = measure(device, |stream| device.enqueue(stream, call.clone(), &Choice::Auto))?;
    Ok(Measured { bytes: cost.read_bytes + cost.write_bytes, flops: cost.flops, ..measured })
}

fn measure(device: &dyn Device, mut enqueue: impl FnMut(&Stream) -> ascend_hal::Result<()>) -> ascend_hal::Result<Measured> {
    let stream = device.create_stream()?;
    let (start, end) = (device.create_event()?, device.create_event()?);
    let (mut host, mut on_device) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        stream.record(&start)?;
        let begun = Instant::now();
        enqueue(&stream)?;
        let returned = begun.elapsed();
        stream.record(&end)?;
        stream.synchronize()?;
        if round > 0 {
            host.push(returned);
            on_device.push(end.elapsed_since(&start)?);
        }
    }
    Ok(Measured { host: median(host), device: median(on_device), bytes: 0.0, flops: 0.0 })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
