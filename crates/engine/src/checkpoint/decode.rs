//! Stored tensors as rows of numbers, piece by piece, so that a caller converts while it uploads.

mod blocks;
mod codes;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use ascend_compute::Float;
use half::{bf16, f16};

pub use self::codes::{CodeKind, Codes};
use super::{Checkpoint, Encoding, Stored};
use crate::{Error, Result};

/// Rows and columns that share a scale in fp8 checkpoints (`weight_block_size` of DeepSeek's configuration).
const FP8_BLOCK: usize = 128;
/// Values that share a scale in MXFP4.
const MX_BLOCK: usize = 32;
/// Values decoded at a time; a multiple of every block length.
const PIECE: usize = 256;
/// Values that a caller gets at a time: the host never holds a large tensor twice.
const PIECES_VALUES: usize = 1 << 18;

/// A tensor whose rows (along the last dimension) can be decoded in any order.
///
/// Beside the encodings themselves it knows two that take a companion tensor:
/// * fp8 e4m3 `NAME` with `NAME_scale_inv` (f32, one for each 128 × 128 block): `value · scale`. Source: DeepSeek-V3's `inference/kernel.py`.
/// * MXFP4 of GPT-OSS: `NAME_blocks` (U8 `[.., G, 16]`) with `NAME_scales` (U8 `[.., G]`) is `NAME` of shape `[.., 32·G]`. Byte `j` of a block holds
///   values `2j` (low nibble) and `2j + 1`. This is `[E, N, K]`: the unquantised tensor of the same name is stored as `[E, K, N]`.
///   Source: `integrations/mxfp4.py` of transformers.
#[derive(Debug)]
pub struct Decoder<'a> {
    path: PathBuf,
    name: String,
    values: Stored<'a>,
    scales: Option<Stored<'a>>,
    shape: Vec<usize>,
}

impl<'a> Decoder<'a> {
    /// The tensor `name` of a checkpoint with its companion, if there is such a tensor.
    ///
    /// # Errors
    /// [`Error::Format`] when values and companion do not fit each other, or a companion is missing.
    pub fn open(checkpoint: &'a dyn Checkpoint, name: &str) -> Result<Option<Self>> {
        let path = checkpoint.path();
        let companion = |suffix: &str| -> Result<Stored<'a>> {
            let name = format!("{name}{suffix}");
            checkpoint.tensor(&name)?.ok_or_else(|| Error::MissingTensor { path: path.to_owned(), name })
        };
        if let Some(values) = checkpoint.tensor(name)? {
            let scales = if values.encoding == Encoding::F8E4M3 { Some(companion("_scale_inv")?) } else { None };
            return Self::new(path, name, values, scales).map(Some);
        }
        match checkpoint.tensor(&format!("{name}_blocks"))? {
            Some(blocks) => Self::new(path, name, blocks, Some(companion("_scales")?)).map(Some),
            None => Ok(None),
        }
    }

    /// Values with their scales. `path` and `name` are for errors.
    fn new(path: &Path, name: &str, values: Stored<'a>, scales: Option<Stored<'a>>) -> Result<Self> {
        let broken = |message: String| Error::Format { path: path.to_owned(), message: format!("tensor `{name}`: {message}") };
        for part in std::iter::once(&values).chain(&scales) {
            if part.encoding.bytes_for(&part.shape) != Some(part.bytes.len()) {
                let message = format!("{} of shape {:?} cannot take {} bytes", part.encoding.name(), part.shape, part.bytes.len());
                return Err(broken(message));
            }
        }
        let shape = match (values.encoding, &scales) {
            (Encoding::F8E4M3, Some(scales)) => {
                let asked = match values.shape[..] {
                    [rows, cols] => vec![rows.div_ceil(FP8_BLOCK), cols.div_ceil(FP8_BLOCK)],
                    _ => return Err(broken(format!("block scales need two dimensions, found {:?}", values.shape))),
                };
                if !matches!(scales.encoding, Encoding::F32 | Encoding::BF16 | Encoding::F16) || scales.shape != asked {
                    let (encoding, found) = (scales.encoding.name(), &scales.shape);
                    return Err(broken(format!(
                        "its scales must be F32, BF16 or F16 of shape {asked:?}, found {encoding} of shape {found:?}"
                    )));
                }
                values.shape.clone()
            }
            (Encoding::U8, Some(scales)) => {
                let (bytes, groups) = match values.shape[..] {
                    [.., bytes] => (bytes, &values.shape[..values.shape.len() - 1]),
                    [] => return Err(broken("MXFP4 blocks have dimensions".into())),
                };
                let group_count = groups.last().copied().unwrap_or(0);
                if bytes != MX_BLOCK / 2 || scales.encoding != Encoding::U8 || scales.shape != groups || groups.is_empty() {
                    let message = format!("MXFP4 blocks [.., G, 16] need scales [.., G], found {:?} and {:?}", values.shape, scales.shape);
                    return Err(broken(message));
                }
                let cols = group_count.checked_mul(MX_BLOCK).ok_or_else(|| broken("its size overflows".into()))?;
                [&groups[..groups.len() - 1], &[cols]].concat()
            }
            (Encoding::U8 | Encoding::F8E4M3, None) => {
                return Err(broken(format!("{} without scales is no number", values.encoding.name())));
            }
            _ => values.shape.clone(),
        };
        Ok(Self { path: path.to_owned(), name: name.to_owned(), values, scales, shape })
    }

    /// The tensor's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The checkpoint.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Logical shape, outermost first.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How the values are encoded.
    pub fn encoding(&self) -> Encoding {
        self.values.encoding
    }

    /// Length of a row: the last dimension, 1 for a scalar.
    pub fn row_values(&self) -> usize {
        self.shape.last().copied().unwrap_or(1)
    }

    /// Number of rows: the product of all dimensions but the last.
    pub fn rows(&self) -> usize {
        // The product is at most the number of values, unless the rows are empty.
        self.shape.iter().rev().skip(1).fold(1, |n: usize, &d| n.saturating_mul(d))
    }

    /// Decodes whole rows, the first of them `first_row`, as many as `out` has room for. Values are computed in f32 and rounded once.
    ///
    /// # Errors
    /// [`Error::Format`] when `out` is not whole rows, or there are fewer rows.
    pub fn decode<T: Float>(&self, first_row: usize, out: &mut [T]) -> Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        let cols = self.row_values();
        let wanted = out.len().checked_div(cols).filter(|&rows| rows * cols == out.len());
        if wanted.and_then(|rows| rows.checked_add(first_row)).is_none_or(|end| end > self.rows()) {
            let message = format!(
                "tensor `{}` has {} rows of {cols}; {} values from row {first_row} were asked for",
                self.name,
                self.rows(),
                out.len()
            );
            return Err(Error::Format { path: self.path.clone(), message });
        }
        let mut piece = [0f32; PIECE];
        for (row, out) in (first_row..).zip(out.chunks_exact_mut(cols)) {
            for (k, out) in out.chunks_mut(PIECE).enumerate() {
                let piece = &mut piece[..out.len()];
                self.piece(row, k * PIECE, piece);
                for (to, &from) in out.iter_mut().zip(&*piece) {
                    *to = T::from_f32(from);
                }
            }
        }
        Ok(())
    }

    /// Calls `f` with all rows in order, as many at a time as make a quarter of a million values (at least one).
    ///
    /// # Errors
    /// None beyond those of [`decode`](Self::decode) and of `f`.
    pub fn pieces<T: Float>(&self, mut f: impl FnMut(&[T]) -> Result<()>) -> Result<()> {
        let (rows, columns) = (self.rows(), self.row_values());
        if rows == 0 || columns == 0 {
            return Ok(());
        }
        let at_once = (PIECES_VALUES / columns).clamp(1, rows);
        let mut values = vec![T::from_f32(0.0); at_once * columns];
        for first in (0..rows).step_by(at_once) {
            let values = &mut values[..at_once.min(rows - first) * columns];
            self.decode(first, values)?;
            f(values)?;
        }
        Ok(())
    }

    /// All rows at once.
    ///
    /// # Errors
    /// None beyond those of [`decode`](Self::decode).
    pub fn decode_all<T: Float>(&self) -> Result<Vec<T>> {
        // The length is bounded by that of the stored bytes, which are in the file.
        let mut out = vec![T::from_f32(0.0); if self.values.bytes.is_empty() { 0 } else { self.rows() * self.row_values() }];
        self.decode(0, &mut out)?;
        Ok(out)
    }

    /// Values `first..first + out.len()` of a row; `first` is a multiple of `PIECE`, and the piece is at most that long and whole blocks.
    fn piece(&self, row: usize, first: usize, out: &mut [f32]) {
        let cols = self.row_values();
        let encoding = self.values.encoding;
        if encoding == Encoding::U8 {
            return self.mxfp4_piece((row * cols + first) / MX_BLOCK, out);
        }
        let block = (row * cols + first) / encoding.block_values();
        let bytes = &self.values.bytes[block * encoding.block_bytes()..][..out.len() / encoding.block_values() * encoding.block_bytes()];
        unscaled(encoding, bytes, out);
        if encoding == Encoding::F8E4M3 {
            self.scale_fp8(row, first, out);
        }
    }

    fn scale_fp8(&self, row: usize, first: usize, out: &mut [f32]) {
        let Some(scales) = &self.scales else { return };
        let blocks_per_row = self.row_values().div_ceil(FP8_BLOCK);
        let at = row / FP8_BLOCK * blocks_per_row + first / FP8_BLOCK;
        let scale_bytes = scales.bytes.chunks_exact(scales.encoding.block_bytes()).skip(at);
        for (out, bytes) in out.chunks_mut(FP8_BLOCK).zip(scale_bytes) {
            let mut scale = [0.0];
            unscaled(scales.encoding, bytes, &mut scale);
            out.iter_mut().for_each(|x| *x *= scale[0]);
        }
    }

    fn mxfp4_piece(&self, first_block: usize, out: &mut [f32]) {
        let Some(scales) = &self.scales else { return };
        let blocks = self.values.bytes[first_block * (MX_BLOCK / 2)..].chunks_exact(MX_BLOCK / 2);
        for ((out, block), &scale) in out.chunks_exact_mut(MX_BLOCK).zip(blocks).zip(&scales.bytes[first_block..]) {
            let scale = blocks::e8m0(scale);
            for (pair, &codes) in out.chunks_exact_mut(2).zip(block) {
                pair[0] = blocks::e2m1(codes) * scale;
                pair[1] = blocks::e2m1(codes >> 4) * scale;
            }
        }
    }
}

/// Decodes blocks of `B` bytes to `V` values each.
fn each<const B: usize, const V: usize>(bytes: &[u8], out: &mut [f32], decode: impl Fn(&[u8; B], &mut [f32; V])) {
    for (block, values) in bytes.as_chunks::<B>().0.iter().zip(out.as_chunks_mut::<V>().0) {
        decode(block, values);
    }
}

/// Whole blocks of an encoding, without scales that are in another tensor.
fn unscaled(encoding: Encoding, bytes: &[u8], out: &mut [f32]) {
    match encoding {
        Encoding::F32 => each(bytes, out, |b: &[u8; 4], x: &mut [f32; 1]| x[0] = f32::from_le_bytes(*b)),
        Encoding::F16 => each(bytes, out, |b: &[u8; 2], x: &mut [f32; 1]| x[0] = f16::from_le_bytes(*b).to_f32()),
        Encoding::BF16 => each(bytes, out, |b: &[u8; 2], x: &mut [f32; 1]| x[0] = Float::to_f32(bf16::from_le_bytes(*b))),
        Encoding::F8E4M3 => each(bytes, out, |b: &[u8; 1], x: &mut [f32; 1]| x[0] = blocks::e4m3(b[0])),
        Encoding::U8 => {}
        Encoding::Mxfp4 => each(bytes, out, blocks::mxfp4),
        Encoding::Q8_0 => each(bytes, out, blocks::q8_0),
        Encoding::Q4_0 => each(bytes, out, blocks::q4_0),
        Encoding::Q4_1 => each(bytes, out, blocks::q4_1),
        Encoding::Q4K => each(bytes, out, blocks::q4_k),
        Encoding::Q6K => each(bytes, out, blocks::q6_k),
    }
}
