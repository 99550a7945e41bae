//! Golden files: cases that PyTorch computed, one safetensors file each. Format: `tests/golden/README.md`.

use std::path::{Path, PathBuf};

use ascend_hal::{DType, Dims, TensorView, bf16, f16, host};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use crate::{Error, Expected, Result, Tolerance};

/// One golden file, read and checked.
#[derive(Debug)]
pub struct GoldenFile {
    path: PathBuf,
    case: Value,
    bytes: Vec<u8>,
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
        let mut file = Self { path: path.into(), case: Value::Null, bytes: Vec::new() };
        if size > MAX_FILE_BYTES {
            return Err(file.error(format!("{size} bytes; a golden file has at most {MAX_FILE_BYTES}")));
        }
        file.bytes = std::fs::read(path).map_err(io)?;
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
