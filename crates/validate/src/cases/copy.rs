//! Cases of copy.
//!
//! The rules speak about memory that is no element of `y` (gaps, padding, half bytes) and about bits that no number shows (NaN payloads), so their cases compare
//! whole buffers byte by byte.

use std::sync::Arc;

use ascend_hal::ops::{Copy, Coverage};
use ascend_hal::{DType, Dims, Layout, TensorView, host};

use crate::case::{Expected, Source, Work};
use crate::{Case, Gen, Result};

/// How a tensor of a case lies in memory.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Lie {
    Contiguous,
    /// The last two dimensions exchanged.
    Transposed,
    /// Columns of a wider matrix, from the second on.
    Columns,
    /// Each row the same.
    RowRepeated,
    Nz,
}

impl Lie {
    fn layout(self, shape: &[usize]) -> Result<Layout> {
        let mut stored = Dims::new(shape)?;
        let last = stored.len() - 1;
        Ok(match self {
            Self::Contiguous => Layout::contiguous(stored)?,
            Self::Nz => Layout::fractal_nz(stored)?,
            Self::Transposed => {
                stored.swap(last - 1, last);
                Layout::contiguous(stored)?.transpose(last - 1, last)?
            }
            Self::Columns => {
                // Even, so that i4 rows begin at a byte.
                stored[last] = stored[last].next_multiple_of(2) + 6;
                Layout::contiguous(stored)?.narrow(last, 2, shape[last])?
            }
            Self::RowRepeated => {
                stored[last - 1] = 1;
                Layout::contiguous(stored)?.broadcast(Dims::new(shape)?)?
            }
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Contiguous => "contiguous",
            Self::Transposed => "transposed",
            Self::Columns => "columns",
            Self::RowRepeated => "row_repeated",
            Self::Nz => "nz",
        }
    }
}

pub(super) fn copy(coverage: &[Coverage]) -> Vec<Case> {
    use Lie::{Columns, Contiguous, Nz, RowRepeated, Transposed};
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[&[usize]] = match (c.rule, c.variant) {
            ("empty", "nd") => &[&[0, 4], &[3, 0], &[2, 0, 4]],
            ("empty", _) => &[&[0, 4], &[3, 0]],
            ("plain", "nd") => &[&[1, 2], &[6, 10], &[2, 3, 4, 6], &[34, 258]],
            ("plain", _) => &[&[1, 2], &[16, 64], &[18, 20], &[2, 34, 70], &[2, 2, 16, 32], &[72, 96]],
            ("nibbles", _) => &[&[1, 7], &[5, 3]],
            ("broadcast", _) => &[&[6, 10], &[2, 18, 20]],
            _ => &[&[6, 10], &[2, 18, 34]],
        };
        let lies: &[(Lie, Lie)] = match (c.variant, c.rule) {
            ("nd", "broadcast") => &[(RowRepeated, Contiguous), (RowRepeated, Transposed)],
            ("nd_to_nz", "broadcast") => &[(RowRepeated, Nz)],
            ("nd", "empty") => &[(Contiguous, Contiguous)],
            ("nd", "gaps") => &[(Contiguous, Columns), (Columns, Columns), (Transposed, Columns)],
            ("nd", "nibbles") => &[(Contiguous, Contiguous), (Contiguous, Columns), (Columns, Columns), (Transposed, Columns)],
            ("nd", _) => &[(Contiguous, Contiguous), (Transposed, Contiguous), (Contiguous, Transposed), (Columns, Columns)],
            ("nz_to_nd", "gaps" | "nibbles") => &[(Nz, Columns)],
            ("nd_to_nz", "plain") => &[(Contiguous, Nz), (Transposed, Nz)],
            ("nd_to_nz", _) => &[(Contiguous, Nz)],
            ("nz_to_nd", "plain") => &[(Nz, Contiguous), (Nz, Transposed)],
            ("nz_to_nd", _) => &[(Nz, Contiguous)],
            _ => &[(Nz, Nz)],
        };
        for &shape in shapes {
            for &(from, to) in lies {
                let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
                let what = format!("{}_{}_to_{}", sizes.join("x"), from.name(), to.name());
                if !matches!(c.rule, "plain" | "empty" | "broadcast") {
                    // A shape that an i4 view cannot have in this lie has no case.
                    cases.extend(whole(c, &what, shape, from, to));
                    continue;
                }
                cases.push(Case::covering(c, what, move |g| {
                    let (x, y) = (from.layout(shape)?, to.layout(shape)?);
                    let (x_size, y_size) = (x.end(c.dtype)?, y.end(c.dtype)?);
                    let range = if c.dtype == DType::Bool { (0.0, 1.0) } else { (0.0, 7.0) };
                    let memory = g.uniforms(c.dtype, [x_size], range.0, range.1)?;
                    let x = TensorView::new(memory.buffer().clone(), c.dtype, x)?;
                    let y = TensorView::new(g.output(c.dtype, [y_size])?.buffer().clone(), c.dtype, y)?;
                    Ok(Copy::new(x, y.to_mut()).into())
                }));
            }
        }
    }
    cases
}

/// A case that compares the whole memory of `y`, byte by byte; `None` when an i4 view cannot lie so.
fn whole(c: Coverage, what: &str, shape: &[usize], from: Lie, to: Lie) -> Option<Case> {
    let name = format!("{c}/{what}");
    let mut g = Gen::new(0, &name);
    let (x, y) = (from.layout(shape).ok()?, to.layout(shape).ok()?);
    let mut memory = |layout: &Layout| -> Option<Vec<u8>> {
        let size = c.dtype.bytes_for(layout.end(c.dtype).ok()?)?;
        let mask = if c.dtype == DType::Bool { 1 } else { 0xff };
        Some((0..size).map(|_| g.bits() as u8 & mask).collect())
    };
    let (mut x_bytes, y_bytes) = (memory(&x)?, memory(&y)?);
    if c.rule == "bits" {
        x_bytes = special_floats(c.dtype, x_bytes.len());
    }
    let view = move |bytes: &[u8], layout: Layout| -> Result<TensorView> {
        let memory = host::tensor_of(DType::U8, bytes, [bytes.len()])?;
        Ok(TensorView::new(memory.buffer().clone(), c.dtype, layout)?)
    };
    view(&x_bytes, x).ok()?;
    view(&y_bytes, y).ok()?;
    let mut want = if to == Lie::Nz { vec![0; y_bytes.len()] } else { y_bytes.clone() };
    let offsets = |layout: &Layout| {
        let mut all = Vec::with_capacity(layout.numel());
        layout.for_each_offset(c.dtype, |at| all.push(at));
        all
    };
    for (from, to) in offsets(&x).into_iter().zip(offsets(&y)) {
        move_element(c.dtype, &x_bytes, from, &mut want, to);
    }
    let expected =
        Expected { name: "y", values: want.iter().map(|&b| b.into()).collect(), tolerance: None, off_by_one_allowed: Vec::new() };
    let compose = move |bench: &crate::case::Bench<'_>| {
        let x = bench.to_device(&view(&x_bytes, x)?)?;
        let y = bench.to_device(&view(&y_bytes, y)?)?;
        bench.run(Copy::new(x, y.to_mut()))?;
        Ok(vec![("y", TensorView::contiguous(y.buffer().clone(), DType::U8, [y_bytes.len()])?)])
    };
    let work = Work::Composed { compose: Arc::new(compose), expected: vec![expected] };
    Some(Case { name, op: c.op, source: Source::Generated, covers: vec![c], work })
}

fn move_element(dtype: DType, x: &[u8], from: usize, y: &mut [u8], to: usize) {
    if dtype == DType::I4 {
        let nibble = (x[from / 2] >> (4 * (from % 2))) & 15;
        let shift = 4 * (to % 2);
        y[to / 2] = (y[to / 2] & !(15 << shift)) | (nibble << shift);
    } else {
        let size = dtype.bits() / 8;
        y[to * size..][..size].copy_from_slice(&x[from * size..][..size]);
    }
}

/// Quiet and signalling NaNs with payloads, both zeros, subnormals.
fn special_floats(dtype: DType, bytes: usize) -> Vec<u8> {
    let bits: [u32; 8] = match dtype {
        DType::F16 => [0x7e01, 0x7c01, 0xfe55, 0x8000, 0, 1, 0x83ff, 0x3c00],
        DType::BF16 => [0x7fc1, 0x7f81, 0xffd5, 0x8000, 0, 1, 0x807f, 0x3f80],
        _ => [0x7fc0_0001, 0x7f80_0001, 0xffd5_5555, 0x8000_0000, 0, 1, 0x807f_ffff, 0x3f80_0000],
    };
    let size = dtype.bits() / 8;
    bits.iter().flat_map(|b| b.to_le_bytes()[..size].to_vec()).cycle().take(bytes).collect()
}
