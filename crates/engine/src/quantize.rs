//! Weights quantised while they are loaded: symmetric, to the nearest code, one scale for each column or for each group of a column.
//!
//! Quantised are the matrices of attention, of dense networks and of experts: nearly all that a model holds. Floats stay
//! * the embedding and the vocabulary head: an error there is an error of a logit, not one of many terms of a sum, and they are read once a pass;
//! * the router: a wrong expert costs more than its few numbers;
//! * `kv_b_proj` of latent attention, which is absorbed into queries and outputs along either of its dimensions, where a scale fits one only;
//! * norms, biases and sinks.
//!
//! A checkpoint that holds codes itself need not be quantised: a matrix can be kept as it is stored ([`LoadOptions::stored`](crate::models::LoadOptions::stored)).

use ascend_compute::ops::Weight;
use ascend_compute::{DType, Device, DeviceExt, Dims, TensorViewMut, f16};

use crate::checkpoint::{CodeKind, Codes, Decoder};
use crate::{Error, Result};

/// How the matrices of products are quantised.
///
/// `scale = max|w| / c`, `code = round_half_even(w / scale)`, with `c` the largest code; a column or group of zeros has scale 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Quantize {
    /// int8 weights, a scale for each output column; activations are quantised per token when a product runs.
    W8A8,
    /// int4 weights in groups along `K`; activations stay floats.
    W4A16,
}

impl Quantize {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::W8A8, Self::W4A16];

    /// The name on command lines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::W8A8 => "w8a8",
            Self::W4A16 => "w4a16",
        }
    }

    /// The one called `name`, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|q| q.name() == name)
    }

    /// Storage type of the codes.
    pub const fn dtype(self) -> DType {
        match self {
            Self::W8A8 => DType::I8,
            Self::W4A16 => DType::I4,
        }
    }

    /// The largest code `c`; the smallest is `-c`.
    pub const fn largest_code(self) -> i8 {
        match self {
            Self::W8A8 => 127,
            Self::W4A16 => 7,
        }
    }

    /// Values along `K` that share a scale; 0: all of them.
    ///
    /// Groups of 128, as the checkpoints of GPTQ and AWQ have them, where they fit; else the largest of 64 and 32 that divides `k` (a hidden size of 576 has nine
    /// groups of 64), so that no group is shorter than the others; else 32 with a short last one.
    pub fn group(self, k: usize) -> usize {
        let group = match self {
            Self::W8A8 => return 0,
            Self::W4A16 => [128, 64, 32].into_iter().find(|&group| k.is_multiple_of(group)).unwrap_or(32),
        };
        if group < k { group } else { 0 }
    }

    /// How many values that is; at least 1.
    fn values_of_scale(self, k: usize) -> usize {
        if self.group(k) == 0 { k.max(1) } else { self.group(k) }
    }

    /// The scale of values of which the largest magnitude is `max`.
    fn scale(self, max: f32) -> f32 {
        max / f32::from(self.largest_code())
    }

    fn code(self, value: f32, scale: f32) -> i8 {
        let c = f32::from(self.largest_code());
        if scale == 0.0 { 0 } else { (value / scale).round_ties_even().clamp(-c, c) as i8 }
    }
}

/// Matrices whose rows are those of `parts`, one after the other: shape `[.., N, K]`, scales `[.., G, N]`.
pub(crate) fn rows<const R: usize>(device: &dyn Device, how: Quantize, parts: &[Decoder<'_>], shape: [usize; R]) -> Result<Weight> {
    const { assert!(R >= 2, "a matrix has two dimensions") };
    let (n, k) = (shape[R - 2], shape[R - 1]);
    let mut writer = Writer::new(device, how.dtype(), &shape)?;
    let group = how.values_of_scale(k);
    let mut scales = Vec::new();
    for part in parts {
        part.pieces(|values| {
            for values in values.chunks_exact(k).flat_map(|row| row.chunks(group)) {
                let scale = how.scale(largest(part, values.iter().copied())?);
                scales.push(scale);
                writer.codes.extend(values.iter().map(|&x| how.code(x, scale)));
            }
            writer.flush()
        })?;
    }
    let groups = k.div_ceil(group).max(1);
    let mut of_scales = shape;
    (of_scales[R - 2], of_scales[R - 1]) = (groups, n);
    let scale = device.upload(&by_group(&scales, n, groups), Dims::new(&of_scales)?)?;
    Ok(Weight::nk(writer.codes_of.view())?.per_group(how.group(k), scale, None))
}

/// Numbers of groups that came row by row, as `[.., N, G]`, in the order of `[.., G, N]`.
fn by_group<T: Copy>(values: &[T], n: usize, groups: usize) -> Vec<T> {
    let matrices = values.chunks_exact((n * groups).max(1));
    matrices.flat_map(|of| (0..groups).flat_map(move |g| of.iter().skip(g).step_by(groups))).copied().collect()
}

/// A matrix `[N, K]` whose rows are those of `parts`, one after the other, as the codes that the checkpoint stores; `None`, where they are no codes, or not of one kind.
pub(crate) fn stored(device: &dyn Device, parts: &[Decoder<'_>], [n, k]: [usize; 2]) -> Result<Option<Weight>> {
    let kind = parts.first().and_then(Decoder::code_kind);
    let Some(kind) = kind.filter(|kind| parts.iter().all(|part| part.code_kind() == Some(*kind))) else { return Ok(None) };
    let mut writer = Writer::new(device, kind.dtype, &[n, k])?;
    let mut codes = Codes::default();
    for part in parts {
        part.append_codes(&mut codes);
        writer.codes.append(&mut codes.codes);
        writer.flush()?;
    }
    let groups = k / CodeKind::GROUP;
    let (scales, offsets) = (by_group(&codes.scales, n, groups), by_group(&codes.offsets, n, groups));
    let scale = match kind.scales {
        DType::F16 => device.upload(&scales.into_iter().map(f16::from_f32).collect::<Vec<_>>(), [groups, n])?,
        _ => device.upload(&scales, [groups, n])?,
    };
    let weight = Weight::nk(writer.codes_of.view())?;
    Ok(Some(match kind.offsets {
        true => weight.per_group_with_offset(CodeKind::GROUP, scale, device.upload(&offsets, [groups, n])?),
        false => weight.per_group(CodeKind::GROUP, scale, None),
    }))
}

/// The matrices of `part`, stored `[E, K, N]`, with scales `[E, G, N]`.
pub(crate) fn columns(device: &dyn Device, how: Quantize, part: &Decoder<'_>, [experts, k, n]: [usize; 3]) -> Result<Weight> {
    let mut writer = Writer::new(device, how.dtype(), &[experts, k, n])?;
    let group = how.values_of_scale(k);
    let mut scales: Vec<f32> = Vec::new();
    let mut values = Vec::new();
    for first in (0..experts).flat_map(|e| (0..k).step_by(group).map(move |at| (e, at))) {
        let (e, at) = first;
        values.resize(group.min(k - at) * n, 0.0);
        part.decode(e * k + at, &mut values)?;
        let from = scales.len();
        for column in 0..n {
            scales.push(how.scale(largest(part, values.iter().skip(column).step_by(n).copied())?));
        }
        for row in values.chunks_exact(n.max(1)) {
            writer.codes.extend(row.iter().zip(&scales[from..]).map(|(&x, &scale)| how.code(x, scale)));
        }
        writer.flush()?;
    }
    let groups = k.div_ceil(group).max(1);
    let scale = device.upload(&scales, [experts, groups, n])?;
    Ok(Weight::kn(writer.codes_of.view()).per_group(how.group(k), scale, None))
}

/// The largest magnitude; a value that is not finite has no code.
fn largest(part: &Decoder<'_>, values: impl Iterator<Item = f32>) -> Result<f32> {
    let (mut max, mut finite) = (0f32, true);
    for x in values {
        max = max.max(x.abs());
        finite &= x.is_finite();
    }
    if finite {
        return Ok(max);
    }
    let message = format!("tensor `{}` holds NaN or infinity, which cannot be quantised; load it as floats", part.name());
    Err(Error::Format { path: part.path().into(), message })
}

/// Writes codes one behind the other into a tensor on the device.
struct Writer<'a> {
    device: &'a dyn Device,
    codes_of: TensorViewMut,
    /// Codes that are not written yet: whole rows.
    codes: Vec<i8>,
    packed: Vec<u8>,
    at_byte: usize,
}

impl<'a> Writer<'a> {
    fn new(device: &'a dyn Device, dtype: DType, shape: &[usize]) -> Result<Self> {
        let codes_of = device.empty(dtype, Dims::new(shape)?)?;
        Ok(Self { device, codes_of, codes: Vec::new(), packed: Vec::new(), at_byte: 0 })
    }

    fn flush(&mut self) -> Result<()> {
        let bytes: &[u8] = if self.codes_of.dtype() == DType::I4 {
            self.packed.clear();
            // Rows of an i4 tensor have an even length, so no byte is shared by two pieces.
            self.packed.extend(self.codes.chunks(2).map(|pair| (pair[0] as u8 & 15) | pair.get(1).map_or(0, |&high| (high as u8) << 4)));
            &self.packed
        } else {
            bytemuck::cast_slice(&self.codes)
        };
        self.device.write(self.codes_of.buffer(), self.at_byte, bytes)?;
        self.at_byte += bytes.len();
        self.codes.clear();
        Ok(())
    }
}
