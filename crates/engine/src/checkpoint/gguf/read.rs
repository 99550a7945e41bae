//! The GGUF container: header, metadata, tensor list. Every count and length is checked against the file before anything is allocated for it.
//!
//! Source: `docs/gguf.md` of ggml. Versions 2 and 3, little-endian.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::super::mapped::MappedFile;
use crate::{Error, Result};

/// Longest key and tensor name, as the format says of keys.
const MAX_NAME_BYTES: u64 = 65_535;
/// Most dimensions of a tensor.
const MAX_DIMS: u32 = 4;
/// How deep arrays may hold arrays.
const MAX_ARRAY_DEPTH: usize = 4;
/// Alignment of tensor data unless `general.alignment` says otherwise.
const DEFAULT_ALIGNMENT: usize = 32;

/// What the front of a GGUF file says.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) metadata: BTreeMap<String, Value>,
    pub(super) tensors: Vec<TensorInfo>,
    /// Where tensor data starts.
    pub(super) data_start: usize,
}

/// A tensor of the list.
#[derive(Debug)]
pub(super) struct TensorInfo {
    pub(super) name: String,
    /// Outermost first: GGUF writes the innermost first.
    pub(super) shape: Vec<usize>,
    /// Number of its ggml type.
    pub(super) kind: u32,
    /// Begin of its data, from `data_start`.
    pub(super) offset: u64,
}

/// A metadata value. Arrays stay in the file.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Value {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    Array(Array),
}

/// An array in the file, walked once from end to end.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Array {
    element: u32,
    pub(super) len: usize,
    bytes: Range<usize>,
}

impl Array {
    /// All elements; those of arrays of arrays are arrays.
    pub(super) fn values(&self, file: &MappedFile) -> Result<Vec<Value>> {
        // Every element takes a byte at least, so the length is bounded by that of the file.
        let mut values = Vec::with_capacity(self.len);
        let mut reader = Reader { file, at: self.bytes.start };
        for _ in 0..self.len {
            values.push(reader.value(self.element, 1)?);
        }
        Ok(values)
    }
}

/// Reads the front of a file.
pub(super) fn contents(file: &MappedFile) -> Result<Contents> {
    let mut reader = Reader { file, at: 0 };
    if reader.array::<4>("the magic number")? != *b"GGUF" {
        return Err(file.broken("does not begin with `GGUF`"));
    }
    let version = reader.u32("the version")?;
    if version != 2 && version != 3 {
        let found = if version.swap_bytes() <= 3 { "big-endian".into() } else { version.to_string() };
        return Err(Error::Unsupported {
            path: file.path().to_owned(),
            what: "GGUF version",
            found,
            supported: "2, 3 (little-endian)".into(),
        });
    }
    let tensor_count = reader.u64("the number of tensors")?;
    let entry_count = reader.u64("the number of metadata entries")?;
    // The least that an entry takes: the length of its key, its type, a byte. A tensor: the length of its name, three numbers.
    reader.fits(entry_count, 13, "metadata entries")?;
    reader.fits(tensor_count, 24, "tensors")?;

    let mut metadata = BTreeMap::new();
    for i in 0..entry_count {
        let key = reader.name(&format!("the key of metadata entry {i}"))?;
        let kind = reader.u32(&key)?;
        let value = reader.value(kind, 0).map_err(|e| within(e, &format!("metadata `{key}`")))?;
        if metadata.insert(key.clone(), value).is_some() {
            return Err(file.broken(format!("metadata `{key}` is there twice")));
        }
    }
    let mut names = BTreeSet::new();
    let mut tensors = Vec::new();
    for i in 0..tensor_count {
        let tensor = reader.tensor(i)?;
        if !names.insert(tensor.name.clone()) {
            return Err(file.broken(format!("tensor `{}` is listed twice", tensor.name)));
        }
        tensors.push(tensor);
    }
    let alignment = match metadata.get("general.alignment") {
        None => DEFAULT_ALIGNMENT,
        Some(&Value::Unsigned(n)) if n.is_power_of_two() && n <= 1 << 30 => n as usize,
        Some(other) => return Err(file.broken(format!("`general.alignment` must be a power of two, found {other:?}"))),
    };
    Ok(Contents { metadata, tensors, data_start: reader.at.next_multiple_of(alignment) })
}

/// The same error, said to be about `what`.
fn within(error: Error, what: &str) -> Error {
    match error {
        Error::Format { path, message } => Error::Format { path, message: format!("{what}: {message}") },
        other => other,
    }
}

/// Reads a file from front to back.
struct Reader<'a> {
    file: &'a MappedFile,
    at: usize,
}

impl<'a> Reader<'a> {
    fn left(&self) -> usize {
        self.file.bytes().len() - self.at
    }

    /// Refuses a count that the rest of the file cannot hold.
    fn fits(&self, count: u64, least_bytes: u64, what: &str) -> Result<usize> {
        let left = self.left();
        match count.checked_mul(least_bytes) {
            Some(bytes) if bytes <= left as u64 => Ok(count as usize),
            _ => Err(self.file.broken(format!("{count} {what} cannot be in the {left} bytes after byte {}", self.at))),
        }
    }

    fn take(&mut self, len: usize, what: &str) -> Result<&'a [u8]> {
        let bytes = self.file.bytes().get(self.at..).and_then(|rest| rest.get(..len));
        let bytes = bytes.ok_or_else(|| self.file.broken(format!("ends within {what}, {len} bytes at byte {}", self.at)))?;
        self.at += len;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        bytes.copy_from_slice(self.take(N, what)?);
        Ok(bytes)
    }

    fn u32(&mut self, what: &str) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array(what)?))
    }

    fn u64(&mut self, what: &str) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array(what)?))
    }

    fn text(&mut self, what: &str, max_bytes: u64) -> Result<&'a str> {
        let length = self.u64(what)?;
        if length > max_bytes {
            return Err(self.file.broken(format!("{what} is {length} bytes long, at most {max_bytes} are allowed")));
        }
        let length = self.fits(length, 1, "bytes of text")?;
        let start = self.at;
        std::str::from_utf8(self.take(length, what)?).map_err(|_| self.file.broken(format!("{what} at byte {start} is not UTF-8")))
    }

    fn name(&mut self, what: &str) -> Result<String> {
        Ok(self.text(what, MAX_NAME_BYTES)?.to_owned())
    }

    fn tensor(&mut self, number: u64) -> Result<TensorInfo> {
        let name = self.name(&format!("the name of tensor {number}"))?;
        let what = format!("tensor `{name}`");
        let dims = self.u32(&what)?;
        if dims > MAX_DIMS {
            return Err(self.file.broken(format!("{what} has {dims} dimensions, at most {MAX_DIMS} are allowed")));
        }
        let mut shape = Vec::new();
        for _ in 0..dims {
            let dim = self.u64(&what)?;
            shape.push(usize::try_from(dim).map_err(|_| self.file.broken(format!("{what} has a dimension of {dim}")))?);
        }
        shape.reverse();
        Ok(TensorInfo { name, shape, kind: self.u32(&what)?, offset: self.u64(&what)? })
    }

    /// A value of this type; arrays are walked over.
    fn value(&mut self, kind: u32, depth: usize) -> Result<Value> {
        const WHAT: &str = "a value";
        Ok(match kind {
            0 => Value::Unsigned(u8::from_le_bytes(self.array(WHAT)?).into()),
            1 => Value::Signed(i8::from_le_bytes(self.array(WHAT)?).into()),
            2 => Value::Unsigned(u16::from_le_bytes(self.array(WHAT)?).into()),
            3 => Value::Signed(i16::from_le_bytes(self.array(WHAT)?).into()),
            4 => Value::Unsigned(self.u32(WHAT)?.into()),
            5 => Value::Signed(i32::from_le_bytes(self.array(WHAT)?).into()),
            6 => Value::Float(f32::from_le_bytes(self.array(WHAT)?).into()),
            7 => Value::Bool(self.array::<1>(WHAT)? != [0]),
            8 => Value::Text(self.text("a text", u64::MAX)?.to_owned()),
            9 => Value::Array(self.array_value(depth)?),
            10 => Value::Unsigned(self.u64(WHAT)?),
            11 => Value::Signed(i64::from_le_bytes(self.array(WHAT)?)),
            12 => Value::Float(f64::from_le_bytes(self.array(WHAT)?)),
            _ => return Err(self.file.broken(format!("unknown value type {kind}"))),
        })
    }

    fn array_value(&mut self, depth: usize) -> Result<Array> {
        if depth == MAX_ARRAY_DEPTH {
            return Err(self.file.broken(format!("arrays are nested more than {MAX_ARRAY_DEPTH} deep")));
        }
        let element = self.u32("an array's element type")?;
        let count = self.u64("an array's length")?;
        let element_bytes = match element {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            8 | 10..=12 => 8,
            9 => 12,
            _ => return Err(self.file.broken(format!("unknown element type {element} of an array"))),
        };
        let len = self.fits(count, element_bytes, "array elements")?;
        let start = self.at;
        match element {
            8 => (0..len).try_for_each(|_| self.text("a text of an array", u64::MAX).map(drop))?,
            9 => (0..len).try_for_each(|_| self.array_value(depth + 1).map(drop))?,
            _ => drop(self.take(len * element_bytes as usize, "an array")?),
        }
        Ok(Array { element, len, bytes: start..self.at })
    }
}
