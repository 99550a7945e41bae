//! Saved failures: one safetensors file holds everything that a failing call was made with, and runs again without its generator.
//!
//! The tensors are the call's buffers, byte for byte (`b0`, `b1`, ... in the order in which the call first names them; gaps and poison included). The metadata key `failure` is a JSON object: which case it was,
//! the seed, and the call as it prints. To replay, the call is built by the case of that name, must print the same, and then gets the saved bytes: so a
//! generator may change its values, and a change of the case's parameters is an error rather than another test.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ascend_hal::{OpCall, OpKind};
use safetensors::tensor::View;
use safetensors::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

use crate::case::Build;
use crate::report::CaseReport;
use crate::{Case, Error, Gen, Result, Source, Work, golden, transfer};

/// Version of the layout.
const SCHEMA: u32 = 1;

/// Larger files are refused before they are read: a case is small.
const MAX_FILE_BYTES: u64 = 1 << 32;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Failure {
    schema: u32,
    version: String,
    case: String,
    seed: u64,
    device: String,
    reason: String,
    /// The call as it prints; empty for cases that are no single call (they need no tensors).
    call: String,
}

struct Bytes<'a> {
    bytes: &'a [u8],
    len: usize,
}

impl View for Bytes<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::U8
    }
    fn shape(&self) -> &[usize] {
        std::slice::from_ref(&self.len)
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(self.bytes)
    }
    fn data_len(&self) -> usize {
        self.len
    }
}

/// Ids of a call's buffers in the order in which it first names them.
fn buffers(call: &OpCall) -> Vec<ascend_hal::Buffer> {
    let mut all: Vec<ascend_hal::Buffer> = Vec::new();
    call.visit(&mut |arg| {
        if !all.iter().any(|b| b.same_memory(arg.view.buffer())) {
            all.push(arg.view.buffer().clone());
        }
    });
    all
}

/// Writes one file for a failing case into `dir`, which is made if need be.
pub(crate) fn save(dir: &Path, case: &Case, seed: u64, call: Option<&OpCall>, report: &CaseReport) -> Result<()> {
    let failure = Failure {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").into(),
        case: case.name.clone(),
        seed,
        device: report.device.clone(),
        reason: report.reason.clone(),
        call: call.map(|c| format!("{c:?}")).unwrap_or_default(),
    };
    let path = dir.join(file_name(&case.name, &report.device));
    let format = |message: String| Error::Format { path: path.clone(), message };
    let text = serde_json::to_string(&failure).map_err(|e| format(e.to_string()))?;
    let contents: Vec<Vec<u8>> = call.map_or(Vec::new(), buffers).iter().map(transfer::contents).collect::<ascend_hal::Result<_>>()?;
    let tensors = contents.iter().enumerate().map(|(i, bytes)| (format!("b{i}"), Bytes { bytes, len: bytes.len() }));
    let file = safetensors::serialize(tensors, Some(HashMap::from([("failure".into(), text)]))).map_err(|e| format(e.to_string()))?;
    let io = |source| Error::Io { path: path.clone(), source };
    std::fs::create_dir_all(dir).map_err(io)?;
    std::fs::write(&path, file).map_err(io)
}

/// A name that every file system takes: the readable part cut to fit, and a hash that keeps it unique.
fn file_name(case: &str, device: &str) -> String {
    let whole = format!("{case} on {device}");
    let readable: String = whole.chars().take(120).map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' }).collect();
    format!("{readable}-{:016x}.safetensors", Gen::new(0, &whole).bits())
}

/// Reads a saved failure; `golden_dir` is where its case is looked for beside the built-in ones.
///
/// # Errors
/// [`Error::Io`]; [`Error::Format`] when the file is not a saved failure or its case does not exist any more.
pub(crate) fn load(path: &Path, golden_dir: Option<&Path>) -> Result<Case> {
    let format = |message: String| Error::Format { path: path.into(), message };
    let io = |source| Error::Io { path: path.into(), source };
    let size = std::fs::metadata(path).map_err(io)?.len();
    if size > MAX_FILE_BYTES {
        return Err(format(format!("{size} bytes; a saved failure has at most {MAX_FILE_BYTES}")));
    }
    let bytes = std::fs::read(path).map_err(io)?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|e| format(format!("not a safetensors file: {e}")))?;
    let text = header.metadata().as_ref().and_then(|m| m.get("failure")).ok_or_else(|| format("no `failure` in its metadata".into()))?;
    let failure: Failure = serde_json::from_str(text).map_err(|e| format(format!("its `failure` is not understood: {e}")))?;
    if failure.schema != SCHEMA {
        return Err(format(format!("layout {} of saved failures; this program reads {SCHEMA}", failure.schema)));
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| format(format!("not a safetensors file: {e}")))?;
    let saved = (0..tensors.len())
        .map(|i| tensors.tensor(&format!("b{i}")).map(|t| t.data().to_vec()).map_err(|_| format(format!("no tensor `b{i}`"))))
        .collect::<Result<Vec<_>>>()?;

    let op = failure.case.split('/').next().and_then(OpKind::parse);
    let generated = op.map(crate::cases::generated).unwrap_or_default();
    let mut known = generated.into_iter().chain(golden::cases(None)?);
    let mut case = known.find(|c| c.name == failure.case);
    if let (None, Some(dir)) = (&case, golden_dir) {
        case = golden::cases(Some(dir))?.into_iter().find(|c| c.name == failure.case);
    }
    let mut case = case.ok_or_else(|| {
        format(format!("its case `{}` does not exist in this version (it was saved by {})", failure.case, failure.version))
    })?;
    let path: PathBuf = path.into();
    let restored =
        |build: Build| -> Build { Arc::new(move |_| restore(&path, &failure, &saved, build(&mut Gen::new(failure.seed, &failure.case))?)) };
    case.source = Source::Replay;
    case.work = match case.work {
        Work::Call(build) => Work::Call(restored(build)),
        Work::Golden { build, expected } => Work::Golden { build: restored(build), expected },
        Work::Refused { build, argument } => Work::Refused { build: restored(build), argument },
        composed @ Work::Composed { .. } => composed,
    };
    Ok(case)
}

fn restore(path: &Path, failure: &Failure, saved: &[Vec<u8>], call: OpCall) -> Result<OpCall> {
    let format = |message: String| Error::Format { path: path.into(), message };
    let (now, then) = (format!("{call:?}"), &failure.call);
    if now != *then {
        return Err(format(format!("the case's call has changed since it was saved: it was {then}, it is {now}")));
    }
    let buffers = buffers(&call);
    if buffers.len() != saved.len() {
        return Err(format(format!("{} tensors for a call of {} buffers", saved.len(), buffers.len())));
    }
    let mut contents = HashMap::new();
    for (i, (buffer, bytes)) in buffers.iter().zip(saved).enumerate() {
        if buffer.size_bytes() != bytes.len() {
            return Err(format(format!("tensor `b{i}` has {} bytes, the call needs {}", bytes.len(), buffer.size_bytes())));
        }
        contents.insert(buffer.id(), bytes.clone());
    }
    transfer::with_contents(&call, &contents)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, run_cases};
    use ascend_hal::{FnKernel, KernelInfo, Origin, TensorViewMut};

    fn softmax_case() -> Case {
        crate::cases::generated(OpKind::Softmax).into_iter().find(|c| c.name.contains("/f32/plain/")).unwrap()
    }

    fn report(reason: &str) -> CaseReport {
        CaseReport {
            name: String::new(),
            op: String::new(),
            device: "cpu".into(),
            source: String::new(),
            status: crate::report::Status::Failed,
            reason: reason.into(),
            dtype: String::new(),
            variant: String::new(),
            kernel: String::new(),
            arguments: String::new(),
            device_us: 0.0,
            metrics: Default::default(),
        }
    }

    fn build(case: &Case) -> Result<OpCall> {
        match &case.work {
            Work::Call(build) => build(&mut Gen::new(0, "another name and seed")),
            _ => unreachable!(),
        }
    }

    #[test]
    fn a_saved_failure_is_rebuilt_to_the_byte() {
        let dir = tempfile::tempdir().unwrap();
        let case = softmax_case();
        let Work::Call(make) = &case.work else { unreachable!() };
        // Values that no generator would give.
        let call = make(&mut Gen::new(7, &case.name)).unwrap();
        buffers(&call)[0].as_host().unwrap().fill(0x3f);
        save(dir.path(), &case, 7, Some(&call), &report("why")).unwrap();
        let file = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
        let again = load(&file, None).unwrap();
        assert_eq!((again.name.as_str(), again.source), (case.name.as_str(), Source::Replay));
        let rebuilt = build(&again).unwrap();
        assert_eq!(format!("{rebuilt:?}"), format!("{call:?}"));
        for (a, b) in buffers(&call).iter().zip(&buffers(&rebuilt)) {
            assert_eq!(transfer::contents(a).unwrap(), transfer::contents(b).unwrap());
        }
    }

    #[test]
    fn a_failing_run_leaves_a_file_that_fails_alike() {
        let dir = tempfile::tempdir().unwrap();
        let device = ascend_cpu::CpuDevice::new().unwrap();
        let info = KernelInfo {
            name: "zeros".into(),
            op: OpKind::Softmax,
            origin: Origin::User,
            dtypes: (&ascend_hal::DType::FLOATS).into(),
            constraints: "".into(),
        };
        let zeros = FnKernel::shared(info, |_, call| {
            let op: &ascend_hal::ops::Softmax = call.try_into()?;
            let y: &TensorViewMut = &op.y;
            let memory = y.buffer().as_host().map(|m| m.fill(0));
            memory.ok_or(ascend_hal::Error::ForeignHandle { what: "buffer" })
        });
        ascend_hal::Device::kernels(&*device).register(zeros).unwrap();
        let options = Options { save_failures: Some(dir.path().into()), ..Options::default() };
        let first = run_cases(&[&*device], &[softmax_case()], &options, &|_| {}).unwrap();
        assert_eq!(first[0].status, crate::report::Status::Failed);
        let file = std::fs::read_dir(dir.path()).unwrap().next().unwrap().unwrap().path();
        let replay = Options { replay: vec![file], seed: 99, ..Options::default() };
        let again = run_cases(&[&*device], &crate::cases(&replay).unwrap(), &replay, &|_| {}).unwrap();
        assert_eq!(again[0].reason, first[0].reason);
        assert_eq!(again[0].source, "replay");
    }

    #[test]
    fn files_that_are_no_saved_failures_are_refused_with_the_reason() {
        let dir = tempfile::tempdir().unwrap();
        let case = softmax_case();
        let Work::Call(make) = &case.work else { unreachable!() };
        let call = make(&mut Gen::new(0, &case.name)).unwrap();
        let write = |case: &Case, call: Option<&OpCall>| {
            let _ = std::fs::remove_dir_all(dir.path().join("x"));
            save(&dir.path().join("x"), case, 0, call, &report("")).unwrap();
            std::fs::read_dir(dir.path().join("x")).unwrap().next().unwrap().unwrap().path()
        };
        let says = |path: &Path| load(path, None).and_then(|c| build(&c)).unwrap_err().to_string();

        assert!(matches!(load(&dir.path().join("none"), None), Err(Error::Io { .. })));
        let gone = Case { name: "softmax/rows/f32/plain/gone".into(), ..case.clone() };
        assert!(says(&write(&gone, Some(&call))).contains("does not exist in this version"));
        // A case whose parameters changed, and one with too few tensors.
        let other = crate::cases::generated(OpKind::Softmax).into_iter().find(|c| c.name.contains("/bf16/plain/")).unwrap();
        assert!(says(&write(&other, Some(&call))).contains("has changed since"));
        let path = write(&case, Some(&call));
        let good = std::fs::read(&path).unwrap();
        let n = good.len();
        let lengths: [&[u8]; 4] = [&good[..n - 3], &good[..9], &[], &[0xff; 64]];
        for bad in lengths {
            std::fs::write(&path, bad).unwrap();
            assert!(says(&path).contains("not a safetensors file"), "{}", says(&path));
        }
        let text = String::from_utf8_lossy(&good[8..n]).into_owned();
        let at = 8 + text.find("failure").unwrap();
        let mut renamed = good.clone();
        renamed[at] = b'F';
        std::fs::write(&path, renamed).unwrap();
        assert!(says(&path).contains("no `failure`"));
    }
}
