//! The packed form of weights in blocks.
//!
//! A packed weight is a header of 64 bytes, then for each matrix its panels of [`COLS`] columns one after the other. A panel is its blocks one after the other, so that
//! whoever multiplies with it reads memory in one go; a block is
//!
//! | part | what |
//! |---|---|
//! | codes, i4 | `[16, 16, 2, 4]`: a pair of rows; the four codes of a 16-bit word are those of columns 16 apart |
//! | codes, i8 | `[32, 64]` |
//! | scales | `[64]`, f16 if the weight's are, else f32 |
//! | offsets | `[64]` likewise, if there are any |
//!
//! What has no column or row is 0.

use std::ops::Range;

use ascend_hal::host::HostAccess;
use ascend_hal::ops::Weight;
use ascend_hal::{DType, Device, Error, OpKind, Result, TensorView, f16};

use super::BLOCK;
use super::kernel::Panel;
use crate::ahead::Reading;
use crate::context::Context;
use crate::gemm::{COLS, Stored, Weights, encode};
use crate::host::Host;
use crate::prepared::{self, HEADER_BYTES, Header};
use crate::scratch::Scratch;

const MAGIC: u64 = u64::from_ne_bytes(*b"ascendb2");

/// Shape of a packed weight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    form: Form,
    matrices: usize,
    pub(super) k: usize,
    n: usize,
    /// Rows of `K` in a group; never 0.
    group: usize,
    /// Of a panel.
    pub(super) blocks: usize,
    panel_bytes: usize,
    total_bytes: usize,
}

/// What a block is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    pub(super) four_bits: bool,
    pub(super) scales: Part,
    /// [`Part::Absent`] without offsets.
    pub(super) offsets: Part,
}

impl Form {
    /// Bytes of the codes of a block.
    pub(super) fn code_bytes(self) -> usize {
        BLOCK * COLS / if self.four_bits { 2 } else { 1 }
    }

    pub(super) fn block_bytes(self) -> usize {
        self.code_bytes() + self.scales.bytes() + self.offsets.bytes()
    }
}

/// How scales or offsets are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    Absent,
    Half,
    Single,
}

impl Part {
    fn of(view: &TensorView) -> Self {
        if view.dtype() == DType::F16 { Self::Half } else { Self::Single }
    }

    /// Bytes of one block's.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Absent => 0,
            Self::Half => COLS * size_of::<f16>(),
            Self::Single => COLS * size_of::<f32>(),
        }
    }

    fn write(self, values: &[f32; COLS], out: &mut [u8]) {
        match self {
            Self::Absent => {}
            Self::Half => bytemuck::cast_slice_mut::<u8, f16>(out).copy_from_slice(&values.map(f16::from_f32)),
            Self::Single => bytemuck::cast_slice_mut::<u8, f32>(out).copy_from_slice(values),
        }
    }
}

impl Packing {
    /// How `weight` is packed.
    ///
    /// # Errors
    /// [`Error::View`] when it is no matrix of codes with scales; [`Error::Overflow`].
    pub(super) fn of(weight: &Weight) -> Result<Self> {
        let data = &weight.data;
        let (Some(rest), Some(q)) = (data.rank().checked_sub(2), &weight.quant) else {
            return Err(Error::View { asked: "a packed weight".into(), found: format!("{data:?}") });
        };
        let (k, n) = (data.dim(rest), data.dim(rest + 1));
        let overflow = || Error::Overflow { what: format!("the packed size of shape {} of {}", data.shape(), data.dtype()) };
        let group = if q.group == 0 { k.max(1) } else { q.group };
        let full = (k / group).checked_mul(group.div_ceil(BLOCK)).ok_or_else(overflow)?;
        let offsets = q.offset.as_ref().map_or(Part::Absent, Part::of);
        let mut packing = Self {
            form: Form { four_bits: data.dtype() == DType::I4, scales: Part::of(&q.scale), offsets },
            matrices: data.shape()[..rest].iter().product(),
            k,
            n,
            group,
            blocks: full + (k % group).div_ceil(BLOCK),
            panel_bytes: 0,
            total_bytes: 0,
        };
        packing.panel_bytes = packing.blocks.checked_mul(packing.form.block_bytes()).ok_or_else(overflow)?;
        packing.total_bytes =
            prepared::total_bytes(n.div_ceil(COLS).checked_mul(packing.matrices), packing.panel_bytes).ok_or_else(overflow)?;
        Ok(packing)
    }

    /// Whether sums of activations are needed.
    pub(super) fn has_offsets(&self) -> bool {
        self.form.offsets != Part::Absent
    }

    /// Blocks of a full group.
    fn blocks_of_group(&self) -> usize {
        self.group.div_ceil(BLOCK)
    }

    /// Rows of `K` in block `b`.
    pub(super) fn rows_of(&self, b: usize) -> Range<usize> {
        let (group, part) = (b / self.blocks_of_group(), b % self.blocks_of_group());
        let start = group * self.group + part * BLOCK;
        start..(start + BLOCK).min((group + 1).saturating_mul(self.group)).min(self.k)
    }

    fn header(&self) -> Header {
        let [matrices, k, n, group] = [self.matrices, self.k, self.n, self.group].map(|x| x as u64);
        let [scales, offsets] = [self.form.scales, self.form.offsets].map(|part| part as u64);
        [MAGIC, self.form.four_bits.into(), matrices, k, n, group, scales, offsets]
    }

    /// As [`prepared::recognise`].
    pub(super) fn recognise(&self, op: OpKind, argument: &'static str, bytes: &[u8]) -> Result<()> {
        prepared::recognise(&self.header(), self.total_bytes, op, argument, bytes)
    }

    /// Panel `panel` of matrix `e` among the `bytes` of the whole.
    pub(super) fn panel<'a>(&self, bytes: &'a [u8], e: usize, panel: usize) -> Panel<'a> {
        let at = HEADER_BYTES + (e * self.n.div_ceil(COLS) + panel) * self.panel_bytes;
        Panel { form: self.form, bytes: &bytes[at..][..self.panel_bytes] }
    }

    /// The panels of all matrices among the `bytes` of the whole, as they are read.
    pub(super) fn reading(&self, bytes: &[u8]) -> Reading {
        Reading::of(&bytes[HEADER_BYTES..], self.panel_bytes)
    }

    /// Fills the memory of one panel.
    fn write(&self, w: &Source<'_>, e: usize, panel: usize, out: &mut [u8]) {
        let mut stage = [[0f32; COLS]; BLOCK];
        for (b, out) in out.chunks_exact_mut(self.form.block_bytes()).enumerate() {
            let (codes, parts) = out.split_at_mut(self.form.code_bytes());
            let (scales, offsets) = parts.split_at_mut(self.form.scales.bytes());
            let group = b / self.blocks_of_group();
            self.form.scales.write(&w.weights.scales(e, panel, group), scales);
            if self.has_offsets() {
                self.form.offsets.write(&w.offsets(self, e, panel, group), offsets);
            }
            let rows = w.weights.stored_rows(e, panel, self.rows_of(b), &mut stage);
            codes.fill(0);
            if self.form.four_bits {
                encode(DType::I4, rows, codes);
            } else {
                codes.iter_mut().zip(rows.as_flattened()).for_each(|(out, &code)| *out = code as i8 as u8);
            }
        }
    }

    /// Fills the memory of the whole.
    fn pack(&self, host: &Host, w: &Source<'_>, bytes: &mut [u8]) -> Result<()> {
        let each = self.n.div_ceil(COLS).max(1);
        prepared::fill(host, &self.header(), self.panel_bytes, bytes, |i, out| self.write(w, i / each, i % each, out))
    }

    /// The packed form of a weight that was not prepared, for one call.
    pub(super) fn pack_for_call<'a>(&self, cx: &'a Context<'_>, w: &Source<'_>) -> Result<Scratch<'a, u8>> {
        let mut bytes = cx.scratch::<u8>(self.total_bytes)?;
        self.pack(cx.host, w, &mut bytes)?;
        Ok(bytes)
    }
}

/// A weight that is not packed, in the call's own memory.
pub(super) struct Source<'v> {
    weights: Weights<'v>,
    /// `[E, G, N]`.
    offsets: Vec<f32>,
}

impl<'v> Source<'v> {
    /// Reads the argument `weight`, of which `stored.view`, scale and offset are among the locked arguments.
    pub(super) fn read(access: &'v HostAccess<'_>, weight: &'v Weight, stored: &'v Stored) -> Result<Self> {
        let offset = weight.quant.as_ref().and_then(|q| q.offset.as_ref());
        Ok(Self {
            weights: Weights::read(OpKind::Matmul, access, "weight", weight, stored)?,
            offsets: offset.map(|offset| access.read_f32(offset)).transpose()?.unwrap_or_default(),
        })
    }

    fn offsets(&self, packing: &Packing, e: usize, panel: usize, group: usize) -> [f32; COLS] {
        let (groups, n) = (packing.k.div_ceil(packing.group), packing.n);
        let mut out = [0.0; COLS];
        let offsets = &self.offsets[(e * groups + group) * n..][..n][panel * COLS..];
        out.iter_mut().zip(offsets).for_each(|(out, &offset)| *out = offset);
        out
    }
}

/// See [`Device::prepare_weight`], of a weight that this module [`takes`](super::takes). What is no weight by the contracts, has no elements or is packed already stays
/// as it is.
pub(crate) fn prepare(device: &dyn Device, host: &Host, weight: &Weight) -> Result<Weight> {
    if !prepared::can_be(weight)? || !parts_fit(weight) {
        return Ok(weight.clone());
    }
    let packing = Packing::of(weight)?;
    prepared::prepare(device, weight, packing.total_bytes, |access, stored, bytes| {
        packing.pack(host, &Source::read(access, weight, stored)?, bytes)
    })
}

/// Whether scales and offsets are as the contract asks for them.
fn parts_fit(weight: &Weight) -> bool {
    let Some(q) = &weight.quant else { return false };
    let parts = || [&q.scale].into_iter().chain(&q.offset);
    parts().all(|view| view.dtype().is_float()) && prepared::parts_fit(weight, parts())
}
