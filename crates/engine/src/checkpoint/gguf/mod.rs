//! GGUF files, presented in Hugging Face terms.
//!
//! * The configuration is a `config.json` of the model's family, made from the metadata. Beyond what such a file has:
//!   `rope_interleave: true` for `llama` files (dense and Mixtral), whose converter reorders query and key rows so that rotary pairs are neighbours;
//!   and `rope_scaling: {"rope_type": "factors", "factors": [..]}` where the file carries `rope_freqs.weight`, divisors of the rotary frequencies.
//! * Stacked expert tensors (`ffn_gate_exps`, `[E, N, K]`) appear as one tensor an expert, as in Hugging Face folders; they share the file's bytes.
//!   GPT-OSS has `mlp.experts.E.gate_proj` and `.up_proj` apart, each with `.weight` `[N, K]` and `.bias`.
//! * DeepSeek files with a split `kv_b_proj` have `k_b_proj.weight` `[heads, kv_lora_rank, qk_nope]` and `v_b_proj.weight` `[heads, v_head, kv_lora_rank]`.
//! * Shapes are outermost first; GGUF writes the innermost dimension first.

mod config;
mod names;
mod read;
mod tokenizer;
mod types;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;

use self::names::{HfName, hf_name};
use self::read::{TensorInfo, Value};
pub use self::tokenizer::{GgufTokenizer, TokenType};
use super::mapped::MappedFile;
use super::{Checkpoint, Encoding, Stored};
use crate::{Error, Result};

/// Most tensors once stacked experts are listed one by one: a few words of a hostile file must not become a long list.
const MAX_TENSORS: usize = 1 << 18;

/// Model families that GGUF files are read for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Architecture {
    Llama,
    Mixtral,
    Qwen3Moe,
    Deepseek2,
    GptOss,
}

/// A GGUF file, mapped into memory.
#[derive(Debug)]
pub struct GgufCheckpoint {
    file: MappedFile,
    metadata: BTreeMap<String, Value>,
    config: serde_json::Value,
    tensors: BTreeMap<String, Place>,
}

/// Where a tensor is, and how it is encoded: `Err` holds a type that is not supported.
#[derive(Clone, Debug)]
struct Place {
    encoding: Result<Encoding, String>,
    shape: Vec<usize>,
    begin: usize,
    end: usize,
}

impl GgufCheckpoint {
    /// Opens a file and checks its header, metadata and tensor list.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Format`] naming the metadata key or tensor that does not fit;
    /// [`Error::Unsupported`] for an architecture or version that is not known.
    pub fn open(path: &Path) -> Result<Self> {
        let file = MappedFile::open(path)?;
        let contents = read::contents(&file)?;
        let places = places(&file, &contents.tensors, contents.data_start)?;
        let (architecture, config) = config::translate(&file, &contents.metadata, &places)?;
        let mut tensors = BTreeMap::new();
        for (gguf, place) in places {
            let twice = |name: &str| file.broken(format!("tensor `{gguf}` is `{name}` once more"));
            match hf_name(architecture, gguf) {
                HfName::One(name) => {
                    if tensors.insert(name.clone(), place).is_some() {
                        return Err(twice(&name));
                    }
                }
                HfName::Experts { before, after } => {
                    for (expert, place) in experts(&file, gguf, &place, MAX_TENSORS.saturating_sub(tensors.len()))?.into_iter().enumerate()
                    {
                        let name = format!("{before}{expert}{after}");
                        if tensors.insert(name.clone(), place).is_some() {
                            return Err(twice(&name));
                        }
                    }
                }
            }
        }
        Ok(Self { metadata: contents.metadata, config, tensors, file })
    }
}

impl Checkpoint for GgufCheckpoint {
    fn path(&self) -> &Path {
        self.file.path()
    }

    fn config(&self) -> &serde_json::Value {
        &self.config
    }

    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    fn tensor(&self, name: &str) -> Result<Option<Stored<'_>>> {
        let Some(place) = self.tensors.get(name) else { return Ok(None) };
        let encoding = place.encoding.clone().map_err(|kind| Error::Unsupported {
            path: self.path().to_owned(),
            what: "tensor type",
            found: format!("{kind} of {name}"),
            supported: types::SUPPORTED.into(),
        })?;
        let bytes = self
            .file
            .bytes()
            .get(place.begin..place.end)
            .ok_or_else(|| self.file.broken(format!("tensor `{name}` lies outside the file")))?;
        Ok(Some(Stored { encoding, shape: place.shape.clone(), bytes: Cow::Borrowed(bytes) }))
    }

    fn tokenizer(&self) -> Result<Option<GgufTokenizer>> {
        tokenizer::read(&self.file, &self.metadata)
    }
}

/// Checks the tensor list against the length of the file: sizes, alignment, no overlap.
fn places<'a>(file: &MappedFile, tensors: &'a [TensorInfo], data_start: usize) -> Result<BTreeMap<&'a str, Place>> {
    let mut places = BTreeMap::new();
    let mut spans = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let TensorInfo { name, shape, .. } = tensor;
        let encoding = types::encoding(tensor.kind);
        // The size of a type that is not known is not known either: nothing of it is ever read.
        let bytes = match &encoding {
            Ok(encoding) => encoding.bytes_for(shape).ok_or_else(|| {
                let (kind, block) = (encoding.name(), encoding.block_values());
                file.broken(format!("tensor `{name}` of type {kind} has shape {shape:?}: its rows must be whole blocks of {block}, its size must not overflow"))
            })?,
            Err(_) => 0,
        };
        let begin = usize::try_from(tensor.offset).ok().and_then(|offset| offset.checked_add(data_start));
        let span = begin.and_then(|begin| Some((begin, begin.checked_add(bytes)?)));
        let Some((begin, end)) = span.filter(|&(_, end)| end <= file.bytes().len()) else {
            let (offset, len) = (tensor.offset, file.bytes().len());
            return Err(file.broken(format!(
                "tensor `{name}` of {bytes} bytes at {offset} of the data does not fit into the {len} bytes of the file"
            )));
        };
        spans.push((begin, end, name));
        places.insert(name.as_str(), Place { encoding, shape: shape.clone(), begin, end });
    }
    spans.sort_unstable();
    for pair in spans.windows(2) {
        if let [(_, end, first), (begin, _, second)] = pair
            && begin < end
        {
            return Err(file.broken(format!("tensors `{first}` and `{second}` overlap")));
        }
    }
    Ok(places)
}

/// A stacked tensor `[E, ..]` as its experts.
fn experts(file: &MappedFile, name: &str, stacked: &Place, room: usize) -> Result<Vec<Place>> {
    let Some((&count, shape)) = stacked.shape.split_first() else {
        return Err(file.broken(format!("tensor `{name}` is a scalar; stacked experts were expected")));
    };
    // No expert takes less than a byte, whatever its type: a shape with a 0 in it must not become a long list.
    let file_bytes = file.bytes().len();
    if count > file_bytes {
        return Err(file.broken(format!("tensor `{name}` holds {count} experts in a file of {file_bytes} bytes")));
    }
    if count > room {
        return Err(
            file.broken(format!("tensor `{name}` holds {count} experts; all of them together would be more than {MAX_TENSORS} tensors"))
        );
    }
    let bytes = (stacked.end - stacked.begin).checked_div(count).unwrap_or(0);
    let place = |e: usize| {
        let begin = stacked.begin + e * bytes;
        Place { encoding: stacked.encoding.clone(), shape: shape.to_vec(), begin, end: begin + bytes }
    };
    Ok((0..count).map(place).collect())
}
