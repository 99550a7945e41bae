//! Panels as the kernels read them, block by block, from weights in any form.
//!
//! What a kernel cannot read in place goes through a stage: rows of `K` in f32, which holds every storage type exactly.

use std::ops::Range;

use ascend_hal::host::nibble;
use ascend_hal::{DType, Float, Result, bf16, f16};

use super::kernel::{Arithmetic, Block, COLS, Kernels, STEP_BYTES};
#[cfg(target_arch = "x86_64")]
use super::kernel::{CODE_STEP_BYTES, CodesBlock};
use super::operand::{Elements, Matrices, Weights};
#[cfg(target_arch = "x86_64")]
use super::packed::{Packing, Panel};
use crate::scratch::{Arena, Scratch};

/// Steps of a block that is filled.
pub(super) const FILLED_STEPS: usize = 64;
/// Rows of the deepest such block.
pub(super) const STAGE_ROWS: usize = 4 * FILLED_STEPS;

/// Memory to fill a block in.
pub(super) struct Buffer<'a> {
    /// Rows of `K` in f32.
    stage: Scratch<'a, [f32; COLS]>,
    steps: Scratch<'a, [u8; STEP_BYTES]>,
    scale: [f32; COLS],
}

impl<'a> Buffer<'a> {
    pub(super) fn take(arena: &'a Arena) -> Result<Self> {
        Ok(Self { stage: arena.take(STAGE_ROWS)?, steps: arena.take(FILLED_STEPS)?, scale: [0.0; COLS] })
    }
}

/// Codes of four bits of one matrix, for products of bf16.
#[cfg(target_arch = "x86_64")]
pub(super) struct PlainCodes<'a> {
    packing: &'a Packing,
    bytes: &'a [u8],
    e: usize,
    steps: usize,
    /// Steps whose sums are scaled as one.
    group: usize,
}

#[cfg(target_arch = "x86_64")]
impl<'a> PlainCodes<'a> {
    /// A panel's blocks, and the steps of each. Their parts are cut as blocks are that are widened first: of a long group each part is scaled by itself.
    pub(super) fn blocks(&self, panel: usize) -> impl Iterator<Item = (Range<usize>, CodesBlock<'a>)> + use<'a> {
        let Panel { scales, elements, .. } = self.packing.panel(self.bytes, self.e, panel);
        let (steps, group) = (self.steps, self.group);
        let one_scale = group > FILLED_STEPS;
        let at_once = if one_scale { group } else { steps };
        (0..steps).step_by(at_once).enumerate().map(move |(i, first)| {
            let last = steps.min(first + at_once);
            let block = CodesBlock {
                codes: &elements[first * CODE_STEP_BYTES..last * CODE_STEP_BYTES],
                part_steps: group.min(FILLED_STEPS),
                scales: &scales.as_chunks().0[i..],
                one_scale,
                first: first == 0,
            };
            (first..last, block)
        })
    }
}

impl Weights<'_> {
    /// Whether kernels read these weights where they are.
    pub(super) fn is_native(&self, arithmetic: Arithmetic) -> bool {
        let dtype = match arithmetic {
            Arithmetic::F32 => DType::F32,
            Arithmetic::Bf16 => DType::BF16,
            Arithmetic::Int8 => DType::I8,
        };
        matches!(&self.data, Matrices::Packed { packing, .. } if packing.dtype == dtype)
    }

    /// Steps of a panel of matrix `e` where they are, if the weights are [native](Self::is_native).
    pub(super) fn steps_in_place(&self, e: usize, panel: usize, steps: Range<usize>) -> &[u8] {
        match &self.data {
            Matrices::Packed { bytes, packing } => {
                &packing.panel(bytes, e, panel).elements[steps.start * STEP_BYTES..steps.end * STEP_BYTES]
            }
            Matrices::Stored { .. } => &[],
        }
    }

    /// The codes of matrix `e`, if they are packed codes of four bits without zeros.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn plain_codes(&self, e: usize) -> Option<PlainCodes<'_>> {
        let (Matrices::Packed { bytes, packing }, Some(group)) = (&self.data, self.scaled_steps(Arithmetic::Bf16)) else { return None };
        let plain = packing.dtype == DType::I4 && self.zeros(e, 0, 0).is_none();
        plain.then(|| PlainCodes { packing, bytes, e, steps: Arithmetic::Bf16.steps(self.k), group })
    }

    /// Steps whose sums are scaled as one: products of 16-bit activations with codes. `None`: the elements are multiplied as the numbers that they stand for.
    pub(super) fn scaled_steps(&self, arithmetic: Arithmetic) -> Option<usize> {
        let quant = self.quant.as_ref().filter(|_| arithmetic == Arithmetic::Bf16)?;
        Some(quant.group.div_ceil(arithmetic.depth()).min(arithmetic.steps(self.k)))
    }

    /// Steps `steps` of a panel of matrix `e`, in place if that is possible. With [`scaled_steps`](Self::scaled_steps) they lie within one group.
    pub(super) fn block<'s>(
        &'s self,
        kernels: &Kernels,
        arithmetic: Arithmetic,
        e: usize,
        panel: usize,
        steps: Range<usize>,
        buffer: &'s mut Buffer<'_>,
    ) -> Block<'s> {
        if self.is_native(arithmetic) {
            return Block { at: steps.start, steps: self.steps_in_place(e, panel, steps), scale: None, next: &[] };
        }
        let depth = arithmetic.depth();
        if let (Matrices::Packed { bytes, packing }, Arithmetic::Bf16, Some(q)) = (&self.data, arithmetic, &self.quant)
            && self.zeros(e, panel, 0).is_none()
        {
            let elements = packing.panel(bytes, e, panel).elements;
            let at = steps.start * depth / packing.depth() * packing.row_bytes();
            if kernels.widen(packing.dtype, &elements[at..], &mut buffer.steps[..steps.len()]) {
                buffer.scale = self.scales(e, panel, steps.start * depth / q.group);
                return Block { at: steps.start, steps: buffer.steps[..steps.len()].as_flattened(), scale: Some(&buffer.scale), next: &[] };
            }
        }
        let ks = steps.start * depth..(steps.end * depth).min(self.k);
        let out = buffer.steps[..steps.len()].as_flattened_mut();
        let stage = self.stored_rows(e, panel, ks.clone(), &mut buffer.stage);
        let mut scaled = false;
        if let Some(q) = self.quant.as_ref().filter(|_| arithmetic != Arithmetic::Int8) {
            for group in ks.start / q.group..ks.end.div_ceil(q.group) {
                let rows = (group * q.group).max(ks.start) - ks.start..((group + 1).saturating_mul(q.group)).min(ks.end) - ks.start;
                let zeros = self.zeros(e, panel, group);
                if arithmetic == Arithmetic::F32 {
                    dequantise(&mut stage[rows], &self.scales(e, panel, group), zeros.as_ref());
                } else {
                    subtract(&mut stage[rows], zeros.as_ref());
                    buffer.scale = self.scales(e, panel, group);
                    scaled = true;
                }
            }
        }
        match arithmetic {
            Arithmetic::F32 => encode(DType::F32, stage, out),
            Arithmetic::Bf16 => encode(DType::BF16, stage, out),
            Arithmetic::Int8 => encode(DType::I8, stage, out),
        }
        Block { at: steps.start, steps: out, scale: scaled.then_some(&buffer.scale), next: &[] }
    }

    /// The sum of each column's codes.
    pub(super) fn column_sums(&self, e: usize, panel: usize, buffer: &mut Buffer<'_>) -> [i32; COLS] {
        let mut sums = [0; COLS];
        if let Matrices::Packed { bytes, packing } = &self.data
            && packing.dtype == DType::I8
        {
            sums.copy_from_slice(packing.panel(bytes, e, panel).sums);
            return sums;
        }
        for start in (0..self.k).step_by(STAGE_ROWS) {
            for row in self.stored_rows(e, panel, start..(start + STAGE_ROWS).min(self.k), &mut buffer.stage) {
                sums.iter_mut().zip(&*row).for_each(|(sum, &code)| *sum += code as i32);
            }
        }
        sums
    }

    /// The scales of one group; 0 where there is no column.
    pub(crate) fn scales(&self, e: usize, panel: usize, group: usize) -> [f32; COLS] {
        let mut out = [0.0; COLS];
        match (&self.data, &self.quant) {
            (Matrices::Packed { bytes, packing }, _) => out.copy_from_slice(&packing.panel(bytes, e, panel).scales[group * COLS..][..COLS]),
            (_, Some(q)) => {
                if let Some((scales, _)) = &q.values {
                    let scales = &scales[(e * q.groups + group) * self.n..][..self.n][panel * COLS..];
                    out.iter_mut().zip(scales).for_each(|(out, &scale)| *out = scale);
                }
            }
            _ => {}
        }
        out
    }

    /// The zeros of one group; `None` if the weight has none.
    pub(super) fn zeros(&self, e: usize, panel: usize, group: usize) -> Option<[f32; COLS]> {
        let mut out = [0.0; COLS];
        let q = self.quant.as_ref()?;
        let zeros = match (&self.data, &q.values) {
            (Matrices::Packed { bytes, packing }, _) => packing.panel(bytes, e, panel).zeros.get(group * COLS..)?,
            (_, Some((_, Some(zeros)))) => &zeros[(e * q.groups + group) * self.n..][..self.n][panel * COLS..],
            _ => return None,
        };
        if zeros.is_empty() {
            return None;
        }
        out.iter_mut().zip(zeros).for_each(|(out, &zero)| *out = f32::from(zero));
        Some(out)
    }

    /// Rows `ks` of a panel of matrix `e`, as they are stored; 0 where there is no column.
    pub(crate) fn stored_rows<'s>(&self, e: usize, panel: usize, ks: Range<usize>, stage: &'s mut [[f32; COLS]]) -> &'s mut [[f32; COLS]] {
        let out = &mut stage[..ks.len()];
        match &self.data {
            Matrices::Packed { bytes, packing } => {
                let elements = packing.panel(bytes, e, panel).elements;
                decode(packing.dtype, &elements[ks.start / packing.depth() * packing.row_bytes()..], out);
            }
            Matrices::Stored { held, transposed } => match held.elements() {
                Elements::F32(x) => self.gather(x, *transposed, e, panel, ks, out),
                Elements::F16(x) => self.gather(x, *transposed, e, panel, ks, out),
                Elements::BF16(x) => self.gather(x, *transposed, e, panel, ks, out),
                Elements::I8(x) => self.gather(x, *transposed, e, panel, ks, out),
                Elements::I4(x) => self.gather(Nibbles(x), *transposed, e, panel, ks, out),
            },
        }
        out
    }

    fn gather(&self, x: impl Source, transposed: bool, e: usize, panel: usize, ks: Range<usize>, out: &mut [[f32; COLS]]) {
        let base = e * self.k * self.n;
        let first = panel * COLS;
        let width = COLS.min(self.n - first);
        if width < COLS {
            out.fill([0.0; COLS]);
        }
        if !transposed {
            for (out, k) in out.iter_mut().zip(ks) {
                x.load(base + k * self.n + first, &mut out[..width]);
            }
            return;
        }
        let mut column = [0f32; STAGE_ROWS];
        let column = &mut column[..ks.len()];
        for j in 0..width {
            x.load(base + (first + j) * self.k + ks.start, column);
            for (out, &x) in out.iter_mut().zip(&*column) {
                out[j] = x;
            }
        }
    }
}

/// `(code - zero) * scale`.
fn dequantise(rows: &mut [[f32; COLS]], scale: &[f32; COLS], zero: Option<&[f32; COLS]>) {
    subtract(rows, zero);
    for row in rows {
        for j in 0..COLS {
            row[j] *= scale[j];
        }
    }
}

/// `code - zero`: below 2^8 in magnitude, so that bf16 holds it exactly.
fn subtract(rows: &mut [[f32; COLS]], zero: Option<&[f32; COLS]>) {
    let Some(zero) = zero else { return };
    for row in rows {
        for j in 0..COLS {
            row[j] -= zero[j];
        }
    }
}

/// Rows of a panel in the packed form of `dtype`, which holds their values exactly. The last rows of elements are filled up with zeros.
pub(crate) fn encode(dtype: DType, rows: &[[f32; COLS]], out: &mut [u8]) {
    match dtype {
        DType::F32 => out[..size_of_val(rows)].copy_from_slice(bytemuck::cast_slice(rows)),
        DType::F16 => {
            let out: &mut [[f16; COLS]] = bytemuck::cast_slice_mut(out);
            for (out, row) in out.iter_mut().zip(rows) {
                *out = row.map(f16::from_f32);
            }
        }
        DType::BF16 => {
            let out: &mut [[u32; COLS]] = bytemuck::cast_slice_mut(out);
            for (out, pair) in out.iter_mut().zip(rows.chunks(2)) {
                let second = pair.get(1).unwrap_or(&[0.0; COLS]);
                for j in 0..COLS {
                    out[j] = pair[0][j].to_bits() >> 16 | second[j].to_bits() & 0xffff_0000;
                }
            }
        }
        DType::I4 => {
            let out: &mut [[u16; COLS / 2]] = bytemuck::cast_slice_mut(out);
            for (out, pair) in out.iter_mut().zip(rows.chunks(2)) {
                *out = [0; COLS / 2];
                for (k, row) in pair.iter().enumerate() {
                    for (j, &code) in row.iter().enumerate() {
                        out[2 * (j % 16) + k] |= (code as i32 as u16 & 15) << (4 * (j / 16));
                    }
                }
            }
        }
        _ => {
            let out: &mut [[[i8; 4]; COLS]] = bytemuck::cast_slice_mut(out);
            for (out, four) in out.iter_mut().zip(rows.chunks(4)) {
                *out = [[0; 4]; COLS];
                for (k, row) in four.iter().enumerate() {
                    for j in 0..COLS {
                        out[j][k] = row[j] as i8;
                    }
                }
            }
        }
    }
}

/// The first `rows` of a panel in the packed form of `dtype`.
fn decode(dtype: DType, elements: &[u8], rows: &mut [[f32; COLS]]) {
    match dtype {
        DType::F32 => rows.copy_from_slice(&bytemuck::cast_slice(elements)[..rows.len()]),
        DType::F16 => {
            let elements: &[[u16; COLS]] = bytemuck::cast_slice(elements);
            for (row, elements) in rows.iter_mut().zip(elements) {
                *row = elements.map(widen);
            }
        }
        DType::BF16 => {
            let elements: &[[u32; COLS]] = bytemuck::cast_slice(elements);
            for (rows, elements) in rows.chunks_mut(2).zip(elements) {
                rows[0] = elements.map(|pair| f32::from_bits(pair << 16));
                if let Some(row) = rows.get_mut(1) {
                    *row = elements.map(|pair| f32::from_bits(pair & 0xffff_0000));
                }
            }
        }
        DType::I4 => {
            let elements: &[[[u16; 2]; 16]] = bytemuck::cast_slice(elements);
            for (rows, elements) in rows.chunks_mut(2).zip(elements) {
                for (k, row) in rows.iter_mut().enumerate() {
                    for (quarter, row) in row.as_chunks_mut::<16>().0.iter_mut().enumerate() {
                        for j in 0..16 {
                            // The code to the top of the word, and back with its sign.
                            row[j] = f32::from((elements[j][k] << (12 - 4 * quarter)) as i16 >> 12);
                        }
                    }
                }
            }
        }
        _ => {
            let elements: &[[[i8; 4]; COLS]] = bytemuck::cast_slice(elements);
            for (rows, elements) in rows.chunks_mut(4).zip(elements) {
                for (k, row) in rows.iter_mut().enumerate() {
                    for j in 0..COLS {
                        row[j] = f32::from(elements[j][k]);
                    }
                }
            }
        }
    }
}

/// A run of elements of a row-major operand, converted to f32.
pub(super) trait Source: Copy {
    fn load(self, start: usize, out: &mut [f32]);
}

impl Source for &[f32] {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        out.copy_from_slice(&self[start..][..out.len()]);
    }
}

impl Source for &[bf16] {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(&self[start..]) {
            *out = Float::to_f32(*x);
        }
    }
}

impl Source for &[f16] {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        for (out, x) in out.iter_mut().zip(&self[start..]) {
            *out = widen(x.to_bits());
        }
    }
}

impl Source for &[i8] {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        for (out, &x) in out.iter_mut().zip(&self[start..]) {
            *out = f32::from(x);
        }
    }
}

/// Packed 4-bit codes.
#[derive(Clone, Copy)]
pub(super) struct Nibbles<'a>(pub(super) &'a [u8]);

impl Source for Nibbles<'_> {
    #[inline]
    fn load(self, start: usize, out: &mut [f32]) {
        for (i, out) in out.iter_mut().enumerate() {
            *out = f32::from(nibble(self.0[(start + i) / 2], start + i));
        }
    }
}

/// An f16 as f32, without branches, so that loops over it vectorise.
#[inline]
fn widen(bits: u16) -> f32 {
    let bits = u32::from(bits);
    // Exponent and fraction in place, the exponent's bias corrected by a product that is exact for subnormal numbers too.
    let scaled = f32::from_bits((bits & 0x7fff) << 13) * f32::from_bits(0x7780_0000);
    let special = if scaled >= 65536.0 { 0x7f80_0000 } else { 0 };
    f32::from_bits(scaled.to_bits() | special | (bits & 0x8000) << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widen_every_f16_is_exact() {
        for bits in 0..=u16::MAX {
            let (got, want) = (widen(bits), f16::from_bits(bits).to_f32());
            assert!(got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()), "{bits:#x}: {got} is not {want}");
        }
    }

    #[test]
    fn packed_forms_give_back_what_they_were_made_of() {
        for dtype in [DType::F32, DType::F16, DType::BF16, DType::I8, DType::I4] {
            let codes = if dtype == DType::I4 { 16 } else { 256 };
            for k in [1, 2, 3, 4, 5, 12] {
                let rows: Vec<[f32; COLS]> =
                    (0..k).map(|i| std::array::from_fn(|j| ((i * 67 + j * 13) % codes) as f32 - codes as f32 / 2.0)).collect();
                let mut bytes = vec![[7u64; STEP_BYTES / 8]; k];
                encode(dtype, &rows, bytemuck::cast_slice_mut(&mut bytes));
                let mut back = vec![[f32::NAN; COLS]; k];
                decode(dtype, bytemuck::cast_slice(&bytes), &mut back);
                assert!(back == rows, "{dtype} with {k} rows");
            }
        }
    }
}
