//! Stored tensors as integer codes, for devices that multiply these as they are.

use ascend_compute::DType;

use super::blocks::{self, Affine, GROUP};
use super::{Decoder, Encoding};

/// What a tensor of integer codes is: each value is `code * scale + offset`, with a scale (and an offset) for each [`CodeKind::GROUP`] values of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodeKind {
    /// I8, or I4 with codes from -8 to 7.
    pub dtype: DType,
    /// A type that holds every scale.
    pub scales: DType,
    /// Whether there are offsets; they are f32.
    pub offsets: bool,
}

impl CodeKind {
    /// Values that share a scale.
    pub const GROUP: usize = GROUP;
}

/// Codes of rows.
#[derive(Clone, Default, Debug)]
pub struct Codes {
    /// `[rows, K]`.
    pub codes: Vec<i8>,
    /// `[rows, K / GROUP]`.
    pub scales: Vec<f32>,
    /// The same; zeros for kinds without offsets.
    pub offsets: Vec<f32>,
}

impl Decoder<'_> {
    /// What codes the tensor is stored as: those of Q8_0, Q4_0, Q4_1 and Q4_K. `None`: the encoding has others, or numbers that are no such codes.
    pub fn code_kind(&self) -> Option<CodeKind> {
        let (dtype, scales, offsets) = match self.encoding() {
            Encoding::Q8_0 => (DType::I8, DType::F16, false),
            Encoding::Q4_0 => (DType::I4, DType::F16, false),
            Encoding::Q4_1 => (DType::I4, DType::F16, true),
            // Products of a 16-bit float and six bits.
            Encoding::Q4K => (DType::I4, DType::F32, true),
            _ => return None,
        };
        Some(CodeKind { dtype, scales, offsets })
    }

    /// Adds the codes of all rows to `to`; nothing, where there is no [`code_kind`](Self::code_kind). The offset is rounded to f32 once more than the encoding's own.
    pub fn append_codes(&self, to: &mut Codes) {
        let bytes = &*self.values.bytes;
        match self.encoding() {
            Encoding::Q8_0 => append(bytes, to, blocks::q8_0_codes),
            Encoding::Q4_0 => append(bytes, to, blocks::q4_0_codes),
            Encoding::Q4_1 => append(bytes, to, blocks::q4_1_codes),
            Encoding::Q4K => append(bytes, to, blocks::q4_k_codes),
            _ => {}
        }
    }
}

/// Blocks of `B` bytes, each `V` codes in `G` groups.
fn append<const B: usize, const V: usize, const G: usize>(
    bytes: &[u8],
    to: &mut Codes,
    block: impl Fn(&[u8; B], &mut [i8; V], &mut [Affine; G]),
) {
    let (mut codes, mut of) = ([0; V], [Affine::default(); G]);
    for bytes in bytes.as_chunks::<B>().0 {
        block(bytes, &mut codes, &mut of);
        to.codes.extend_from_slice(&codes);
        to.scales.extend(of.iter().map(|of| of.scale));
        to.offsets.extend(of.iter().map(|of| of.offset));
    }
}
