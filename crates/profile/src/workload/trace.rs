//! Recorded routing.

use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use crate::{Error, Result};

/// The experts of recorded tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    ids: Vec<i32>,
    k: usize,
}

/// Name of the tensor in a safetensors trace.
const TENSOR: &str = "topk_ids";

impl Trace {
    /// Reads a trace: a safetensors file with an i32 or i64 tensor `topk_ids` of `[T, k]`, or JSON lines, each of them a token (`[3, 17, ...]`) or an object whose
    /// `topk_ids` is a token or a list of tokens.
    ///
    /// # Errors
    /// A file that cannot be read, or that is neither; tokens of different lengths; ids that are negative or no integers.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|e| Error::io(path, e))?;
        let tokens = if path.extension().is_some_and(|e| e == "safetensors") { tensor(path, &bytes)? } else { lines(path, &bytes)? };
        let k = tokens.first().map_or(0, Vec::len);
        if k == 0 {
            return Err(Error::format(path, "no routed token in the trace"));
        }
        if let Some((at, token)) = tokens.iter().enumerate().find(|(_, t)| t.len() != k) {
            return Err(Error::format(path, format!("token {at} has {} experts, the first one {k}", token.len())));
        }
        Ok(Self { ids: tokens.concat(), k })
    }

    /// Recorded tokens.
    pub fn tokens(&self) -> usize {
        self.ids.len() / self.k
    }

    /// The first `tokens` tokens; from the beginning again when there are fewer.
    pub(super) fn cycle(&self, tokens: usize, experts: usize, k: usize) -> Result<Vec<i32>> {
        if self.k != k {
            return Err(Error::option("routing", "trace", format!("it has {} experts per token, the model {k}", self.k)));
        }
        if let Some(id) = self.ids.iter().find(|id| usize::try_from(**id).map_or(true, |id| id >= experts)) {
            return Err(Error::option("routing", "trace", format!("it names expert {id}, the model has 0..{experts}")));
        }
        Ok(self.ids.iter().copied().cycle().take(tokens * k).collect())
    }
}

fn tensor(path: &Path, bytes: &[u8]) -> Result<Vec<Vec<i32>>> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| Error::format(path, e))?;
    let tensor = file.tensor(TENSOR).map_err(|e| Error::format(path, e))?;
    let &[_, k] = tensor.shape() else {
        return Err(Error::format(path, format!("`{TENSOR}` must be [T, k], found {:?}", tensor.shape())));
    };
    let ids: Option<Vec<i32>> = match tensor.dtype() {
        Dtype::I32 => Some(tensor.data().as_chunks::<4>().0.iter().map(|b| i32::from_le_bytes(*b)).collect()),
        Dtype::I64 => tensor.data().as_chunks::<8>().0.iter().map(|b| i32::try_from(i64::from_le_bytes(*b)).ok()).collect(),
        other => return Err(Error::format(path, format!("`{TENSOR}` must be i32 or i64, found {other:?}"))),
    };
    let ids = ids.ok_or_else(|| Error::format(path, format!("`{TENSOR}` has an id that is no expert")))?;
    Ok(ids.chunks(k.max(1)).map(<[i32]>::to_vec).collect())
}

fn lines(path: &Path, bytes: &[u8]) -> Result<Vec<Vec<i32>>> {
    let text = std::str::from_utf8(bytes).map_err(|e| Error::format(path, e))?;
    let mut tokens = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |message: String| Error::format(path, format!("line {}: {message}", at + 1));
        let value: Value = serde_json::from_str(line).map_err(|e| wrong(e.to_string()))?;
        let ids = value.get(TENSOR).unwrap_or(&value);
        let list = ids.as_array().ok_or_else(|| wrong(format!("a list of expert ids, or an object with `{TENSOR}`, is expected")))?;
        let token = |value: &Value| -> Option<Vec<i32>> {
            value.as_array()?.iter().map(|id| id.as_i64().and_then(|id| i32::try_from(id).ok()).filter(|id| *id >= 0)).collect()
        };
        let several: Vec<&Value> = if list.first().is_some_and(Value::is_array) { list.iter().collect() } else { vec![ids] };
        for one in several {
            tokens.push(token(one).ok_or_else(|| wrong(format!("{one} is no list of expert ids")))?);
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use safetensors::tensor::TensorView;

    use super::*;

    fn read(name: &str, bytes: &[u8]) -> Result<Trace> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Trace::read(&path)
    }

    #[test]
    fn read_json_lines_and_safetensors_alike() {
        let lines = read("t.jsonl", b"[3, 1]\n\n{\"layer\": 2, \"topk_ids\": [0, 2]}\n{\"topk_ids\": [[1, 0], [2, 3]]}\n").unwrap();
        let ids: Vec<u8> = [3i64, 1, 0, 2, 1, 0, 2, 3].iter().flat_map(|id| id.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::I64, vec![4, 2], &ids).unwrap();
        let tensor = read("t.safetensors", &safetensors::serialize([(TENSOR, view)], None).unwrap()).unwrap();
        assert_eq!(lines, tensor);
        assert_eq!(lines.cycle(5, 4, 2).unwrap(), [3, 1, 0, 2, 1, 0, 2, 3, 3, 1]);
    }

    #[test]
    fn read_refuses_what_is_no_trace() {
        for (name, bytes) in [
            ("t.jsonl", &b""[..]),
            ("t.jsonl", b"[1, 2]\n[1]\n"),
            ("t.jsonl", b"[-1]\n"),
            ("t.jsonl", b"{\"ids\": [1]}\n"),
            ("t.jsonl", b"[1.5]\n"),
            ("t.jsonl", b"\xff\xfe"),
            ("t.safetensors", b"[1, 2]"),
        ] {
            assert!(matches!(read(name, bytes), Err(Error::Format { .. })), "{bytes:?}");
        }
    }

    #[test]
    fn cycle_refuses_another_model() {
        let trace = read("t.jsonl", b"[3, 1]\n").unwrap();
        assert!(trace.cycle(1, 4, 3).is_err());
        assert!(trace.cycle(1, 3, 2).unwrap_err().to_string().contains("expert 3"));
    }
}
