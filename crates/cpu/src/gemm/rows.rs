//! Activations as the kernels read them.

use std::ops::Range;

use ascend_hal::{Result, bf16};

use super::Method;
use super::fill::{Nibbles, Source};
use super::kernel::{Arithmetic, IntRows, Kernels, Rows};
use super::operand::Elements;
use crate::context::Context;
use crate::isa::Isa;
use crate::rows::RowsMut;
use crate::scratch::Scratch;
use crate::simd::convert;

/// Elements converted at a time.
const PIECE: usize = 256;

/// Rows in the form of an arithmetic: the call's own memory where it has that form already.
pub(crate) enum Activations<'a> {
    Borrowed { bytes: &'a [u8], stride: usize },
    Converted { bytes: Scratch<'a, u8>, stride: usize },
}

impl<'a> Activations<'a> {
    /// `x: [rows, K]` for `method`.
    pub(super) fn prepare(cx: &'a Context<'_>, method: &Method, x: Elements<'a>, k: usize) -> Result<Self> {
        let Method { kernels, arithmetic, .. } = *method;
        match (arithmetic, x) {
            (Arithmetic::F32, Elements::F32(x)) => return Ok(Self::Borrowed { bytes: bytemuck::cast_slice(x), stride: 4 * k }),
            (Arithmetic::Bf16, Elements::BF16(x)) if k.is_multiple_of(2) => {
                return Ok(Self::Borrowed { bytes: bytemuck::cast_slice(x), stride: 2 * k });
            }
            (Arithmetic::Int8, Elements::I8(x)) if kernels.int_rows == IntRows::Plain && k.is_multiple_of(4) => {
                return Ok(Self::Borrowed { bytes: bytemuck::cast_slice(x), stride: k });
            }
            _ => {}
        }
        let rows = x.len().checked_div(k).unwrap_or(0);
        let stride = stride(kernels, arithmetic, k);
        let mut bytes = cx.scratch::<u8>(rows * stride)?;
        cx.by_rows(rows, k, RowsMut::new(&mut bytes, stride), |range, mut out| {
            for (row, out) in range.zip(out.iter()) {
                convert_row(method, x, row * k..(row + 1) * k, out);
            }
            Ok(())
        })?;
        Ok(Self::Converted { bytes, stride })
    }

    pub(crate) fn rows(&self) -> Rows<'_> {
        match self {
            Self::Borrowed { bytes, stride } => Rows::new(bytes, *stride),
            Self::Converted { bytes, stride } => Rows::new(bytes, *stride),
        }
    }
}

/// Bytes of a converted row, a multiple of what any element needs.
pub(super) fn stride(kernels: &Kernels, arithmetic: Arithmetic, k: usize) -> usize {
    arithmetic.steps(k) * kernels.row_step_bytes(arithmetic)
}

/// Elements `at` of `x` as a row for `method`, filled up with zeros.
fn convert_row(method: &Method, x: Elements<'_>, at: Range<usize>, out: &mut [u8]) {
    match x {
        Elements::F32(x) => method.encode(&x[at], out),
        Elements::F16(x) => encode_pieces(method, x, at, out),
        Elements::BF16(x) => encode_pieces(method, x, at, out),
        Elements::I8(x) => encode_codes(method.kernels, &x[at], out),
        Elements::I4(x) => encode_pieces(method, Nibbles(x), at, out),
    }
}

fn encode_pieces(method: &Method, x: impl Source, at: Range<usize>, out: &mut [u8]) {
    let width = if method.arithmetic == Arithmetic::Bf16 { 2 } else { 4 };
    let mut buffer = [0f32; PIECE];
    for (start, out) in at.clone().step_by(PIECE).zip(out.chunks_mut(PIECE * width)) {
        let piece = &mut buffer[..PIECE.min(at.end - start)];
        x.load(start, piece);
        method.encode(piece, out);
    }
}

/// Values as elements of a row of `arithmetic`, which holds them exactly, filled up with zeros.
pub(super) fn encode(isa: Isa, arithmetic: Arithmetic, values: &[f32], out: &mut [u8]) {
    if arithmetic == Arithmetic::F32 {
        return out.copy_from_slice(bytemuck::cast_slice(values));
    }
    let (values_out, rest) = bytemuck::cast_slice_mut::<u8, bf16>(out).split_at_mut(values.len());
    convert::narrow(isa, values, values_out);
    rest.fill(bf16::ZERO);
}

/// Codes as an integer kernel wants them, filled up with zeros.
pub(super) fn encode_codes(kernels: &Kernels, codes: &[i8], out: &mut [u8]) {
    match kernels.int_rows {
        IntRows::Plain => {
            let (out, rest) = out.split_at_mut(codes.len());
            out.copy_from_slice(bytemuck::cast_slice(codes));
            rest.fill(0);
        }
        IntRows::Wide => {
            let (out, rest) = bytemuck::cast_slice_mut::<u8, i16>(out).split_at_mut(codes.len());
            out.iter_mut().zip(codes).for_each(|(out, &x)| *out = x.into());
            rest.fill(0);
        }
        IntRows::Biased => {
            let (out, rest) = out.split_at_mut(codes.len());
            out.iter_mut().zip(codes).for_each(|(out, &x)| *out = x as u8 ^ 0x80);
            rest.fill(0);
        }
    }
}
