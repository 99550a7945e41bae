//! Golden files: cases that PyTorch computed, one safetensors file each. Format: `tests/golden/README.md`.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ascend_hal::{DType, Dims, OpKind, TensorView, bf16, f16, host};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use crate::{Case, Error, Expected, Result, Source, Tolerance, Work};

/// The golden files of this project, by their path under `tests/golden/ops`: an installed program validates without them.
const BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/golden.rs"));

/// One golden file, read and checked.
#[derive(Debug)]
pub struct GoldenFile {
    path: PathBuf,
    case: Value,
    bytes: Cow<'static, [u8]>,
}

/// Larger files are refused before they are read: a golden case is small.
const MAX_FILE_BYTES: u64 = 1 << 30;

impl GoldenFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] when it is no safetensors file or carries no case.
    pub fn open(path: &Path) -> Result<Self> {
        let io = |source| Error::Io { path: path.into(), source };
        let size = std::fs::metadata(path).map_err(io)?.len();
        if size > MAX_FILE_BYTES {
            let message = format!("{size} bytes; a golden file has at most {MAX_FILE_BYTES}");
            return Err(Error::Format { path: path.into(), message });
        }
        Self::read(path, std::fs::read(path).map_err(io)?.into())
    }

    fn read(path: &Path, bytes: Cow<'static, [u8]>) -> Result<Self> {
        let mut file = Self { path: path.into(), case: Value::Null, bytes };
        let (_, header) = SafeTensors::read_metadata(&file.bytes).map_err(|e| file.error(format!("not a safetensors file: {e}")))?;
        SafeTensors::deserialize(&file.bytes).map_err(|e| file.error(format!("not a safetensors file: {e}")))?;
        let text = header.metadata().as_ref().and_then(|m| m.get("case")).ok_or_else(|| file.error("no `case` in its metadata".into()))?;
        file.case = serde_json::from_str(text).map_err(|e| file.error(format!("its case is not JSON: {e}")))?;
        Ok(file)
    }

    /// An error about this file.
    pub fn error(&self, message: String) -> Error {
        Error::Format { path: self.path.clone(), message }
    }

    /// The op name that the file carries.
    pub fn op(&self) -> &str {
        self.case["op"].as_str().unwrap_or("")
    }

    /// The case's name.
    pub fn name(&self) -> &str {
        self.case["case"].as_str().unwrap_or("")
    }

    /// A parameter; [`Value::Null`] when there is none of that name.
    pub fn param(&self, name: &str) -> &Value {
        &self.case["params"][name]
    }

    /// A parameter that must be a number.
    pub fn number(&self, name: &str) -> Result<f64> {
        self.param(name).as_f64().ok_or_else(|| self.error(format!("parameter `{name}` is not a number")))
    }

    /// A parameter that must be a non-negative integer.
    pub fn count(&self, name: &str) -> Result<usize> {
        let n = self.param(name).as_u64().ok_or_else(|| self.error(format!("parameter `{name}` is not a count")))?;
        usize::try_from(n).map_err(|_| self.error(format!("parameter `{name}` is too large")))
    }

    /// A parameter that must be a truth value.
    pub fn flag(&self, name: &str) -> Result<bool> {
        self.param(name).as_bool().ok_or_else(|| self.error(format!("parameter `{name}` is not true or false")))
    }

    /// A parameter that must be a text.
    pub fn text(&self, name: &str) -> Result<&str> {
        self.param(name).as_str().ok_or_else(|| self.error(format!("parameter `{name}` is not a text")))
    }

    /// The storage type that the parameter `dtype` names.
    pub fn dtype(&self) -> Result<DType> {
        let name = self.text("dtype")?;
        DType::parse(name).filter(|d| d.is_float()).ok_or_else(|| self.error(format!("dtype `{name}` is none of f32, f16, bf16")))
    }

    fn with<R>(&self, name: &str, f: impl FnOnce(safetensors::tensor::TensorView<'_>) -> Result<R>) -> Result<R> {
        let all = SafeTensors::deserialize(&self.bytes).map_err(|e| self.error(e.to_string()))?;
        f(all.tensor(name).map_err(|_| self.error(format!("no tensor `{name}`")))?)
    }

    /// Whether the file has a tensor of that name.
    pub fn has(&self, name: &str) -> bool {
        self.with(name, |_| Ok(())).is_ok()
    }

    /// A tensor, as a host tensor of its own type.
    pub fn tensor(&self, name: &str) -> Result<TensorView> {
        self.with(name, |t| {
            let dtype = match t.dtype() {
                Dtype::F32 => DType::F32,
                Dtype::F16 => DType::F16,
                Dtype::BF16 => DType::BF16,
                Dtype::I8 => DType::I8,
                Dtype::I32 => DType::I32,
                Dtype::I64 => DType::I64,
                Dtype::U8 => DType::U8,
                Dtype::BOOL => DType::Bool,
                other => return Err(self.error(format!("tensor `{name}` is {other:?}, which no op takes"))),
            };
            Ok(host::tensor_of(dtype, t.data(), Dims::new(t.shape())?)?)
        })
    }

    /// A tensor that may be missing.
    pub fn optional(&self, name: &str) -> Result<Option<TensorView>> {
        if self.has(name) { self.tensor(name).map(Some) } else { Ok(None) }
    }

    /// The sizes of a tensor that must have `N` dimensions; `name` is for the error.
    pub fn dims<const N: usize>(&self, name: &str, tensor: &TensorView) -> Result<[usize; N]> {
        <[usize; N]>::try_from(&tensor.shape()[..])
            .map_err(|_| self.error(format!("tensor `{name}` has shape {}; {N} dimensions asked", tensor.shape())))
    }

    /// A tensor's elements, whatever its type.
    pub fn values(&self, name: &str) -> Result<Vec<f64>> {
        self.with(name, |t| {
            let data = t.data();
            Ok(match t.dtype() {
                Dtype::F64 => data.as_chunks::<8>().0.iter().map(|&b| f64::from_le_bytes(b)).collect(),
                Dtype::F32 => data.as_chunks::<4>().0.iter().map(|&b| f32::from_le_bytes(b).into()).collect(),
                Dtype::F16 => data.as_chunks::<2>().0.iter().map(|&b| f16::from_le_bytes(b).into()).collect(),
                Dtype::BF16 => data.as_chunks::<2>().0.iter().map(|&b| bf16::from_le_bytes(b).into()).collect(),
                Dtype::I64 => data.as_chunks::<8>().0.iter().map(|&b| i64::from_le_bytes(b) as f64).collect(),
                Dtype::I32 => data.as_chunks::<4>().0.iter().map(|&b| i32::from_le_bytes(b).into()).collect(),
                Dtype::I8 => data.iter().map(|&b| f64::from(b as i8)).collect(),
                Dtype::U8 | Dtype::BOOL => data.iter().map(|&b| b.into()).collect(),
                other => return Err(self.error(format!("tensor `{name}` is {other:?}, which is not known"))),
            })
        })
    }

    /// What output `output` should be: tensor `tensor` of the file, within the file's hint for `hint` (`tight` for f32 and integers, `loose` for f16 and bf16; `None` without a hint: exact).
    pub fn expected(&self, output: &'static str, tensor: &str, hint: &str) -> Result<Expected> {
        let hint = &self.case["tolerance"][hint];
        let level = if hint["dtype"] == "f32" || hint["loose"].is_null() { "tight" } else { "loose" };
        let tolerance = match (&hint[level]["atol"], &hint[level]["rtol"]) {
            (Value::Number(a), Value::Number(r)) => Some(Tolerance { atol: a.as_f64().unwrap_or(0.0), rtol: r.as_f64().unwrap_or(0.0) }),
            _ => None,
        };
        Ok(Expected { name: output, values: self.values(tensor)?, tolerance, off_by_one_allowed: Vec::new() })
    }
}

/// The cases of the golden files in `dir`, or of the built-in ones.
///
/// # Errors
/// A directory that cannot be read or that holds no golden file.
pub(crate) fn cases(dir: Option<&Path>) -> Result<Vec<Case>> {
    let Some(dir) = dir else {
        return Ok(BUILT_IN.iter().map(|&(path, bytes)| case(path, GoldenFile::read(Path::new(path), bytes.into()))).collect());
    };
    let mut paths = Vec::new();
    find(dir, 0, &mut paths)?;
    if paths.is_empty() {
        return Err(Error::Option { option: "--golden", found: dir.display().to_string(), message: "no .safetensors file in it".into() });
    }
    paths.sort();
    Ok(paths.iter().map(|path| case(&path.strip_prefix(dir).unwrap_or(path).display().to_string(), GoldenFile::open(path))).collect())
}

/// Folders below this depth are not searched: golden files lie one folder an op.
const MAX_DEPTH: usize = 4;

fn find(dir: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    let io = |source| Error::Io { path: dir.into(), source };
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.is_dir() && depth < MAX_DEPTH {
            find(&path, depth + 1, found)?;
        } else if path.extension().is_some_and(|e| e == "safetensors") {
            found.push(path);
        }
    }
    Ok(())
}

/// A file as a case: filed under the op that its name stands for; a file that cannot be used is a case that fails with the reason.
fn case(path: &str, file: Result<GoldenFile>) -> Case {
    let what = path.trim_end_matches(".safetensors").replace('\\', "/");
    let named = file.as_ref().ok().and_then(|f| op_kind(f.op()));
    let op = named.or_else(|| what.split('/').rev().nth(1).and_then(op_kind)).unwrap_or(OpKind::Copy);
    let work = file.and_then(|f| crate::cases::golden(&f)).unwrap_or_else(|e| {
        let (path, message) = match e {
            Error::Format { path, message } => (path, message),
            other => (PathBuf::from(path), other.to_string()),
        };
        Work::Call(Arc::new(move |_| Err(Error::Format { path: path.clone(), message: message.clone() })))
    });
    Case { name: format!("{op}/golden/{what}"), op, source: Source::Golden, covers: Vec::new(), work }
}

/// The op that a golden file's op name is filed under.
fn op_kind(name: &str) -> Option<OpKind> {
    Some(match name {
        "linear" => OpKind::Matmul,
        "grouped_matmul" | "grouped_matmul_w8a8" | "grouped_matmul_woq" => OpKind::GroupedMatmul,
        "route" | "gate_linear_route" => OpKind::Gating,
        "permute" | "permute_capacity" => OpKind::InitRouting,
        "unpermute" => OpKind::FinalizeRouting,
        "dynamic_quant" => OpKind::Quantize,
        "dequant" => OpKind::Dequantize,
        "moe_block" => OpKind::MoeExperts,
        "attention" | "attention_varlen" | "attention_paged" => OpKind::Attention,
        "mla" => OpKind::MlaPrefill,
        "mla_decode_paged" => OpKind::MlaDecode,
        other => return OpKind::parse(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gen;
    use std::collections::HashMap;

    fn read(bytes: Vec<u8>) -> Result<GoldenFile> {
        GoldenFile::read(Path::new("hostile.safetensors"), bytes.into())
    }

    fn says(bytes: Vec<u8>) -> String {
        match read(bytes) {
            Err(e @ Error::Format { .. }) => e.to_string(),
            other => panic!("{other:?}"),
        }
    }

    /// A file with this header text and this many bytes of data.
    fn raw(header: &str, data: usize) -> Vec<u8> {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend(vec![0; data]);
        file
    }

    fn with_case(case: &str) -> Vec<u8> {
        let data = [0u8; 8];
        let x = safetensors::tensor::TensorView::new(Dtype::F32, vec![2], &data).unwrap();
        safetensors::serialize([("x", x)], Some(HashMap::from([("case".into(), case.into())]))).unwrap()
    }

    #[test]
    fn built_in_files_are_all_there_and_read() {
        let cases = cases(None).unwrap();
        assert_eq!(cases.len(), 135);
        for (path, bytes) in BUILT_IN {
            let file = GoldenFile::read(Path::new(path), (*bytes).into()).unwrap();
            assert!(op_kind(file.op()).is_some(), "{path}: op {}", file.op());
        }
    }

    #[test]
    fn truncated_and_absurd_files_are_refused() {
        let good = with_case("{}");
        for len in [0, 4, 8, 9, good.len() / 2, good.len() - 1] {
            assert!(says(good[..len].to_vec()).contains("not a safetensors file"));
        }
        let mut absurd = good.clone();
        absurd[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(says(absurd).contains("not a safetensors file"));
        let trailing = [good.clone(), vec![0; 3]].concat();
        assert!(says(trailing).contains("not a safetensors file"));
    }

    #[test]
    fn headers_that_lie_are_refused() {
        let tensor = |dtype: &str, shape: &str, offsets: &str| {
            format!(r#"{{"__metadata__":{{"case":"{{}}"}},"x":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#)
        };
        assert!(read(raw(&tensor("F32", "[2]", "[0,8]"), 8)).is_ok());
        for (dtype, shape, offsets) in [
            ("F32", "[2]", "[0,800]"),
            ("F32", "[2]", "[8,0]"),
            ("F32", "[3]", "[0,8]"),
            ("F16", "[2]", "[0,8]"),
            ("F99", "[2]", "[0,8]"),
            ("F32", "[18446744073709551615,2]", "[0,8]"),
            ("F32", "[-1]", "[0,8]"),
        ] {
            assert!(says(raw(&tensor(dtype, shape, offsets), 8)).contains("not a safetensors file"), "{dtype} {shape} {offsets}");
        }
        assert!(says(raw(&"[".repeat(100_000), 0)).contains("not a safetensors file"));
    }

    #[test]
    fn cases_that_are_none_are_refused() {
        assert!(says(with_case("{")).contains("not JSON"));
        assert!(says(with_case(&"[".repeat(100_000))).contains("not JSON"));
        let x = safetensors::tensor::TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
        assert!(says(safetensors::serialize([("x", x)], None).unwrap()).contains("no `case`"));
        for odd in ["3", "[]", "null", r#"{"op": 7, "params": []}"#] {
            let file = read(with_case(odd)).unwrap();
            assert_eq!(file.op(), "");
            assert!(file.number("k").is_err() && file.count("k").is_err() && file.text("k").is_err() && file.flag("k").is_err());
            assert!(crate::cases::golden(&file).is_err());
        }
        let file = read(with_case(r#"{"params": {"k": -1, "n": 1e300, "dtype": "i8"}}"#)).unwrap();
        assert!(file.count("k").is_err() && file.count("n").is_err() && file.dtype().is_err());
        assert!(file.tensor("y").is_err() && !file.has("y"));
    }

    #[test]
    fn damaged_files_never_panic() {
        let mut g = Gen::new(1, "damage");
        let mut last = "";
        for (path, bytes) in BUILT_IN {
            // One file a folder.
            let folder = path.split('/').next().unwrap_or("");
            if std::mem::replace(&mut last, folder) == folder {
                continue;
            }
            let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
            for _ in 0..60 {
                let mut damaged = bytes.to_vec();
                let at = g.below(header);
                damaged[at] ^= 1 << g.below(8);
                let _ = read(damaged).and_then(|f| crate::cases::golden(&f));
            }
        }
    }

    #[test]
    fn a_folder_without_golden_files_is_an_error_and_a_broken_file_a_failing_case() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(cases(Some(dir.path())), Err(Error::Option { .. })));
        assert!(matches!(cases(Some(&dir.path().join("none"))), Err(Error::Io { .. })));
        std::fs::create_dir(dir.path().join("linear")).unwrap();
        std::fs::write(dir.path().join("linear/bad.safetensors"), [0; 5]).unwrap();
        let cases = cases(Some(dir.path())).unwrap();
        assert_eq!((cases[0].name.as_str(), cases[0].op), ("matmul/golden/linear/bad", OpKind::Matmul));
        let Work::Call(build) = &cases[0].work else { panic!("a golden case of a broken file") };
        assert!(build(&mut Gen::new(0, "")).is_err());
    }
}
