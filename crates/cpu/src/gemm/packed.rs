//! The packed form of weights.
//!
//! A packed weight is a header of 64 bytes, then for each matrix its panels of [`COLS`] columns one after the other, each in one piece:
//!
//! | part | of | what |
//! |---|---|---|
//! | sums | i8 | `[64]` i32: the sum of each column's codes |
//! | scales | quantised | `[G, 64]` f32 |
//! | zeros | quantised with zeros | `[G, 64]` i8 |
//! | elements | f32, f16 | `[K, 64]` |
//! | | bf16 | `[K / 2, 64, 2]`: pairs of rows |
//! | | i8 | `[K / 4, 64, 4]`: four rows |
//! | | i4 | `[K / 2, 16, 2, 4]`: a pair of rows; the four codes of a 16-bit word are those of columns 16 apart, so that a shift and a table give a register |
//!
//! What has no column or row is 0. The form does not depend on the instruction set; kernels that do not read it as it is convert it block by block.

use ascend_hal::ops::Weight;
use ascend_hal::{DType, Device, Error, OpKind, Result};

use super::fill::{self, STAGE_ROWS};
use super::kernel::{COLS, STEP_BYTES};
use super::operand::Weights;
use crate::host::Host;
use crate::prepared::{self, HEADER_BYTES, Header};

const MAGIC: u64 = u64::from_ne_bytes(*b"ascendw1");

/// Shape of a packed weight.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packing {
    pub(super) dtype: DType,
    matrices: usize,
    k: usize,
    n: usize,
    /// As the weight says; 0: all rows.
    group: usize,
    /// 0 without scales.
    groups: usize,
    zeros: bool,
    panel_bytes: usize,
    total_bytes: usize,
}

/// The parts of one panel.
pub(super) struct Panel<'a> {
    pub(super) sums: &'a [i32],
    /// `[G, COLS]`.
    pub(super) scales: &'a [f32],
    pub(super) zeros: &'a [i8],
    pub(super) elements: &'a [u8],
}

impl Packing {
    /// How `weight` is packed.
    ///
    /// # Errors
    /// [`Error::View`] when it is no matrix of a type that can be packed; [`Error::Overflow`].
    pub(super) fn of(weight: &Weight) -> Result<Self> {
        let data = &weight.data;
        let refused = || Error::View { asked: "a packed weight".into(), found: format!("{data:?}") };
        let (Some(rest), true) = (data.rank().checked_sub(2), can_be_packed(data.dtype())) else { return Err(refused()) };
        let (k, n) = (data.dim(rest), data.dim(rest + 1));
        let matrices = data.shape()[..rest].iter().product::<usize>();
        let overflow = || Error::Overflow { what: format!("the packed size of shape {} of {}", data.shape(), data.dtype()) };
        let mut packing = Self { dtype: data.dtype(), matrices, k, n, group: 0, groups: 0, zeros: false, panel_bytes: 0, total_bytes: 0 };
        if let Some(q) = &weight.quant {
            (packing.group, packing.groups, packing.zeros) = (q.group, q.groups(k), q.zero.is_some());
        }
        let parts = [
            Some(packing.sums_bytes()),
            packing.groups.checked_mul(4 * COLS),
            packing.groups.checked_mul(if packing.zeros { COLS } else { 0 }),
            packing.rows_of_elements().checked_mul(packing.row_bytes()),
        ];
        packing.panel_bytes = parts.into_iter().try_fold(0usize, |sum, part| sum.checked_add(part?)).ok_or_else(overflow)?;
        packing.total_bytes = prepared::total_bytes(n.div_ceil(COLS).checked_mul(matrices), packing.panel_bytes).ok_or_else(overflow)?;
        Ok(packing)
    }

    fn sums_bytes(&self) -> usize {
        if self.dtype == DType::I8 { 4 * COLS } else { 0 }
    }

    /// Rows of `K` that lie in one row of elements.
    pub(super) fn depth(&self) -> usize {
        match self.dtype {
            DType::BF16 | DType::I4 => 2,
            DType::I8 => 4,
            _ => 1,
        }
    }

    fn rows_of_elements(&self) -> usize {
        self.k.div_ceil(self.depth())
    }

    /// Bytes of one row of elements.
    pub(super) fn row_bytes(&self) -> usize {
        match self.dtype {
            DType::F16 => STEP_BYTES / 2,
            DType::I4 => STEP_BYTES / 4,
            _ => STEP_BYTES,
        }
    }

    fn header(&self) -> Header {
        let dtype = DType::ALL.iter().position(|&d| d == self.dtype).unwrap_or(DType::ALL.len());
        let [dtype, matrices, k, n, group] = [dtype, self.matrices, self.k, self.n, self.group].map(|x| x as u64);
        [MAGIC, dtype, matrices, k, n, group, (self.groups > 0).into(), self.zeros.into()]
    }

    /// As [`prepared::recognise`].
    pub(super) fn recognise(&self, op: OpKind, argument: &'static str, bytes: &[u8]) -> Result<()> {
        prepared::recognise(&self.header(), self.total_bytes, op, argument, bytes)
    }

    /// Panel `panel` of matrix `e` among the `bytes` of the whole.
    pub(super) fn panel<'a>(&self, bytes: &'a [u8], e: usize, panel: usize) -> Panel<'a> {
        let at = HEADER_BYTES + (e * self.n.div_ceil(COLS) + panel) * self.panel_bytes;
        let (sums, rest) = bytes[at..][..self.panel_bytes].split_at(self.sums_bytes());
        let (scales, rest) = rest.split_at(self.groups * 4 * COLS);
        let (zeros, elements) = rest.split_at(if self.zeros { self.groups * COLS } else { 0 });
        Panel { sums: bytemuck::cast_slice(sums), scales: bytemuck::cast_slice(scales), zeros: bytemuck::cast_slice(zeros), elements }
    }

    /// Fills the memory of one panel.
    fn write(&self, w: &Weights<'_>, e: usize, panel: usize, out: &mut [u8]) {
        let (sums, rest) = out.split_at_mut(self.sums_bytes());
        let (scales, rest) = rest.split_at_mut(self.groups * 4 * COLS);
        let (zeros, elements) = rest.split_at_mut(if self.zeros { self.groups * COLS } else { 0 });
        for (g, scales) in bytemuck::cast_slice_mut::<u8, f32>(scales).chunks_exact_mut(COLS).enumerate() {
            scales.copy_from_slice(&w.scales(e, panel, g));
        }
        for (g, zeros) in zeros.chunks_exact_mut(COLS).enumerate() {
            for (out, zero) in zeros.iter_mut().zip(w.zeros(e, panel, g).unwrap_or([0.0; COLS])) {
                *out = zero as i8 as u8;
            }
        }
        let mut stage = [[0f32; COLS]; STAGE_ROWS];
        let mut total = [0i32; COLS];
        for (start, out) in (0..self.k).step_by(STAGE_ROWS).zip(elements.chunks_mut(STAGE_ROWS / self.depth() * self.row_bytes())) {
            let ks = start..(start + STAGE_ROWS).min(self.k);
            let stage = w.stored_rows(e, panel, ks, &mut stage);
            fill::encode(self.dtype, stage, out);
            if !sums.is_empty() {
                stage.iter().for_each(|row| total.iter_mut().zip(row).for_each(|(sum, &code)| *sum += code as i32));
            }
        }
        if !sums.is_empty() {
            bytemuck::cast_slice_mut::<u8, i32>(sums).copy_from_slice(&total);
        }
    }
}

fn can_be_packed(dtype: DType) -> bool {
    matches!(dtype, DType::F32 | DType::F16 | DType::BF16 | DType::I8 | DType::I4)
}

/// See [`Device::prepare_weight`]. What is no weight by the contracts, has no elements or is packed already stays as it is.
pub(crate) fn prepare(device: &dyn Device, host: &Host, weight: &Weight) -> Result<Weight> {
    if !prepared::can_be(weight)? || !can_be_packed(weight.data.dtype()) || !scales_fit(weight) {
        return Ok(weight.clone());
    }
    let packing = Packing::of(weight)?;
    prepared::prepare(device, weight, packing.total_bytes, |access, stored, bytes| {
        let weights = Weights::read(OpKind::Matmul, access, "weight", weight, stored)?;
        let each = weights.panels();
        prepared::fill(host, &packing.header(), packing.panel_bytes, bytes, |i, out| packing.write(&weights, i / each, i % each, out))
    })
}

/// Whether scales and zeros are as the contracts ask for them.
fn scales_fit(weight: &Weight) -> bool {
    let Some(q) = &weight.quant else { return true };
    let typed = q.scale.dtype().is_float() && q.zero.as_ref().is_none_or(|zero| zero.dtype() == DType::I8);
    !weight.data.dtype().is_float() && typed && prepared::parts_fit(weight, [&q.scale].into_iter().chain(&q.zero))
}
