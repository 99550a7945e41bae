//! Hugging Face folders: `config.json` beside `model.safetensors`, or beside the shards that `model.safetensors.index.json` lists.
//!
//! A safetensors file is a little-endian u64, the length of a JSON header, the header (`{"name": {"dtype", "shape", "data_offsets"}}`), then the data
//! without holes. Source: the format description of the `safetensors` project.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use super::mapped::MappedFile;
use super::{Checkpoint, Encoding, Stored};
use crate::{Error, Result};

/// Longest header, as in the reference implementation.
const MAX_HEADER_BYTES: usize = 100_000_000;
/// Longest text file of a folder: configurations, and tokenizers, of which the largest in use have 20 MB.
const MAX_TEXT_BYTES: u64 = 64 << 20;

/// A Hugging Face folder, its weights mapped into memory.
#[derive(Debug)]
pub struct HfCheckpoint {
    path: PathBuf,
    config: serde_json::Value,
    files: Vec<MappedFile>,
    tensors: BTreeMap<String, Place>,
}

/// Where a tensor is: bytes `begin..end` of a file, checked against its length.
#[derive(Debug)]
struct Place {
    file: usize,
    dtype: String,
    shape: Vec<usize>,
    begin: usize,
    end: usize,
}

impl HfCheckpoint {
    /// Opens a folder and checks the headers of all its weight files.
    ///
    /// # Errors
    /// [`Error::Io`] for a missing file; [`Error::Format`] naming the file and the tensor for whatever does not fit.
    pub fn open(folder: &Path) -> Result<Self> {
        let config_path = folder.join("config.json");
        let config = read_json(&config_path)?;
        if !config.is_object() {
            return Err(Error::Format { path: config_path, message: "the configuration must be a JSON object".into() });
        }
        let mut checkpoint = Self { path: folder.to_owned(), config, files: Vec::new(), tensors: BTreeMap::new() };
        let single = folder.join("model.safetensors");
        let index = folder.join("model.safetensors.index.json");
        if single.is_file() {
            checkpoint.tensors = checkpoint.add_file(&single)?;
        } else if index.is_file() {
            checkpoint.add_shards(&index)?;
        } else {
            let message = "the folder holds neither `model.safetensors` nor `model.safetensors.index.json`".into();
            return Err(Error::Format { path: folder.to_owned(), message });
        }
        Ok(checkpoint)
    }

    fn add_shards(&mut self, index: &Path) -> Result<()> {
        #[derive(Deserialize)]
        struct Index {
            weight_map: BTreeMap<String, String>,
        }
        let broken = |message| Error::Format { path: index.to_owned(), message };
        let Index { weight_map } = Index::deserialize(read_json(index)?).map_err(|e| broken(e.to_string()))?;
        let mut shards: BTreeMap<String, BTreeMap<String, Place>> = BTreeMap::new();
        for (name, shard) in weight_map {
            if !is_plain_file_name(&shard) {
                return Err(broken(format!("tensor `{name}` is said to be in `{shard}`, which is not the name of a file in this folder")));
            }
            if !shards.contains_key(&shard) {
                let places = self.add_file(&self.path.join(&shard))?;
                shards.insert(shard.clone(), places);
            }
            let place = shards.get_mut(&shard).and_then(|places| places.remove(&name));
            let place = place.ok_or_else(|| broken(format!("tensor `{name}` is said to be in `{shard}`, which does not hold it")))?;
            self.tensors.insert(name, place);
        }
        Ok(())
    }

    /// Maps a weight file; returns its tensors.
    fn add_file(&mut self, path: &Path) -> Result<BTreeMap<String, Place>> {
        let file = MappedFile::open(path)?;
        let places = read_header(&file, self.files.len())?;
        self.files.push(file);
        Ok(places)
    }
}

impl Checkpoint for HfCheckpoint {
    fn path(&self) -> &Path {
        &self.path
    }

    fn config(&self) -> &serde_json::Value {
        &self.config
    }

    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    fn tensor(&self, name: &str) -> Result<Option<Stored<'_>>> {
        let Some(place) = self.tensors.get(name) else { return Ok(None) };
        let Some(file) = self.files.get(place.file) else { return Ok(None) };
        let encoding = encoding(&place.dtype).ok_or_else(|| Error::Unsupported {
            path: file.path().to_owned(),
            what: "tensor type",
            found: format!("{} of {name}", place.dtype),
            supported: "F32, F16, BF16, F8_E4M3, U8".into(),
        })?;
        let bytes =
            file.bytes().get(place.begin..place.end).ok_or_else(|| file.broken(format!("tensor `{name}` lies outside the file")))?;
        Ok(Some(Stored { encoding, shape: place.shape.clone(), bytes: Cow::Borrowed(bytes) }))
    }
}

/// Whether joining the name to a folder stays in that folder.
fn is_plain_file_name(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part.to_str() == Some(name))
        && !name.contains(['\\', ':', '\0'])
}

/// A JSON file of a model folder.
pub(crate) fn read_json(path: &Path) -> Result<serde_json::Value> {
    let text = read_file(path)?;
    serde_json::from_slice(&text).map_err(|e| Error::Format { path: path.to_owned(), message: e.to_string() })
}

/// A text file of a model folder, whole.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>> {
    let io = |source| Error::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(io)?;
    let mut text = Vec::new();
    file.take(MAX_TEXT_BYTES + 1).read_to_end(&mut text).map_err(io)?;
    if text.len() as u64 > MAX_TEXT_BYTES {
        return Err(Error::Format { path: path.to_owned(), message: format!("longer than {MAX_TEXT_BYTES} bytes") });
    }
    Ok(text)
}

fn encoding(dtype: &str) -> Option<Encoding> {
    Some(match dtype {
        "F32" => Encoding::F32,
        "F16" => Encoding::F16,
        "BF16" => Encoding::BF16,
        "F8_E4M3" => Encoding::F8E4M3,
        "U8" => Encoding::U8,
        _ => return None,
    })
}

/// Bits of one element of every type that a safetensors file can hold, also those that no model here uses.
fn element_bits(dtype: &str) -> Option<usize> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E4M3" | "F8_E5M2" | "F8_E8M0" => 8,
        "U16" | "I16" | "F16" | "BF16" => 16,
        "U32" | "I32" | "F32" => 32,
        "U64" | "I64" | "F64" | "C64" => 64,
        _ => return None,
    })
}

/// Reads and checks the header of a safetensors file.
fn read_header(file: &MappedFile, number: usize) -> Result<BTreeMap<String, Place>> {
    let bytes = file.bytes();
    let Some((length, rest)) = bytes.split_first_chunk::<8>() else {
        return Err(file.broken(format!("{} bytes are too few for a safetensors file", bytes.len())));
    };
    let length = u64::from_le_bytes(*length);
    let header = usize::try_from(length).ok().filter(|&n| n <= MAX_HEADER_BYTES).and_then(|n| rest.split_at_checked(n));
    let Some((header, data)) = header else {
        return Err(
            file.broken(format!("a header of {length} bytes does not fit into the {} bytes of the file (or is absurd)", bytes.len()))
        );
    };
    let Header(entries) = serde_json::from_slice(header).map_err(|e| file.broken(format!("header: {e}")))?;

    let mut places = Vec::with_capacity(entries.len());
    for (name, entry) in entries {
        let (begin, end) = entry.data_offsets;
        let bits =
            element_bits(&entry.dtype).ok_or_else(|| file.broken(format!("tensor `{name}` has the unknown type `{}`", entry.dtype)))?;
        let asked = entry.shape.iter().try_fold(bits, |n, &d| n.checked_mul(d)).filter(|bits| bits % 8 == 0).map(|bits| bits / 8);
        if begin > end || end > data.len() {
            return Err(file.broken(format!("tensor `{name}` lies at bytes {begin}..{end} of {} bytes of data", data.len())));
        }
        if asked != Some(end - begin) {
            return Err(file.broken(format!(
                "tensor `{name}` of type {} and shape {:?} cannot take {} bytes",
                entry.dtype,
                entry.shape,
                end - begin
            )));
        }
        places.push((name, Place { file: number, dtype: entry.dtype, shape: entry.shape, begin, end }));
    }
    places.sort_by_key(|(_, place)| (place.begin, place.end));
    let mut at = 0;
    for (name, place) in &places {
        if place.begin != at {
            return Err(file.broken(format!("tensor `{name}` begins at byte {} of the data, the one before it ends at {at}", place.begin)));
        }
        at = place.end;
    }
    if at != data.len() {
        return Err(file.broken(format!("the tensors end at byte {at} of the data, the file at {}", data.len())));
    }
    let data_start = bytes.len() - data.len();
    Ok(places.into_iter().map(|(name, p)| (name, Place { begin: p.begin + data_start, end: p.end + data_start, ..p })).collect())
}

/// A tensor in the header.
#[derive(Deserialize)]
struct Entry {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (usize, usize),
}

/// All tensors of the header, without its `__metadata__`.
struct Header(BTreeMap<String, Entry>);

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Header;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of tensors")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if name == "__metadata__" {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    let entry = map.next_value().map_err(|e| A::Error::custom(format!("tensor `{name}`: {e}")))?;
                    if entries.insert(name.clone(), entry).is_some() {
                        return Err(A::Error::custom(format!("tensor `{name}` is listed twice")));
                    }
                }
                Ok(Header(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}
