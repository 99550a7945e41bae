//! Operands of bf16 arithmetic: keys and values of a block in pairs, weights in terms.
//!
//! Loops stay loops: functions that take closures are calls here, which pass vectors through memory.

#![allow(unsafe_code, reason = "SIMD kernels")]

use std::arch::x86_64::*;
use std::ops::Range;

use super::pack::{Ahead, Lines, Part};
use super::tile::WIDTH;
use crate::gemm::amx::{CHUNK_BYTES, ROW_BYTES, TERMS};
use crate::simd::{Avx512, LANES, Lane, Lanes};

/// Elements of a chunk of keys or weights.
pub(super) const CHUNK: usize = ROW_BYTES / 2;
/// Chunks of a block's keys.
pub(super) const CHUNKS: usize = WIDTH / CHUNK;
/// Bytes of a block's keys in one panel of values.
pub(super) const PANEL_BYTES: usize = CHUNKS * CHUNK_BYTES;

/// The first `count` of the sixteen-bit elements of a register, or all of them.
#[inline(always)]
fn first_elements(count: usize) -> u32 {
    u32::MAX.unbounded_shr(CHUNK.saturating_sub(count) as u32)
}

/// Keys of a head as a panel `[width / 2, WIDTH]` of pairs of elements, a key a column: rows `rows` of the part, at most [`WIDTH`]; further columns are 0, and so are
/// elements up to a whole number of chunks.
///
/// # Safety
/// * The processor has AVX-512 F and BW, and elements have two bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
pub(super) unsafe fn keys<T: Lane>(part: Part<'_, T>, head: usize, rows: &[usize], ahead: Ahead<'_>, panel: &mut [f32]) {
    let chunks = panel.as_chunks_mut::<{ LANES * WIDTH }>().0;
    let mut wanted = ahead.lines(part, WIDTH / LANES * chunks.len());
    for first in (0..WIDTH).step_by(LANES) {
        let mut keys: [&[T]; LANES] = [&[]; LANES];
        for (key, &row) in keys.iter_mut().zip(rows.get(first..).unwrap_or(&[])) {
            *key = part.row(row, head);
        }
        let whole = rows.len() >= first + LANES;
        for (chunk, out) in chunks.iter_mut().enumerate() {
            wanted.fetch();
            let mask = first_elements(part.width - chunk * CHUNK);
            let mut square = [Avx512::splat(0.0); LANES];
            for i in 0..LANES {
                let mask = if whole || !keys[i].is_empty() { mask } else { 0 };
                // SAFETY: of a key at most the elements from the chunk's first on; of none nothing is read.
                square[i] = Avx512(_mm512_castsi512_ps(unsafe {
                    _mm512_maskz_loadu_epi16(mask, keys[i].as_ptr().wrapping_add(chunk * CHUNK).cast())
                }));
            }
            let square = Avx512::transpose(square);
            for i in 0..LANES {
                if let Some((to, _)) = out[i * WIDTH + first..].split_first_chunk_mut() {
                    square[i].store(to);
                }
            }
        }
    }
}

/// Values of heads `groups` as panels `[WIDTH / 2, WIDTH]` of pairs of keys, those of a head one after the other: rows `rows` of the part, at most [`WIDTH`]; others are 0.
/// Rows are read one after the other, all heads of each, and lines of `wanted` asked for on the way. Whether all are finite; with `CLEAN` those that are not are 0.
///
/// # Safety
/// * The processor has AVX-512 F and BW, and elements have two bytes.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn values<T: Lane, const CLEAN: bool>(
    part: Part<'_, T>,
    groups: Range<usize>,
    rows: &[usize],
    wanted: &mut [Lines<'_, T>],
    panels: &mut [u8],
) -> bool {
    // Elements of two rows in turns.
    let mut turns = [[0u16; CHUNK]; 2];
    for (i, turn) in turns.as_flattened_mut().iter_mut().enumerate() {
        *turn = (i / 2 + i % 2 * CHUNK) as u16;
    }
    // SAFETY: tables of 64 bytes.
    let (low, high) = unsafe { (_mm512_loadu_si512(turns[0].as_ptr().cast()), _mm512_loadu_si512(turns[1].as_ptr().cast())) };
    let (no_sign, infinite) = (_mm512_set1_epi16(0x7fff), _mm512_set1_epi16(0x7f80));
    let mut largest = _mm512_setzero_si512();
    let group_bytes = panels.len() / groups.len().max(1);
    for pair in 0..WIDTH / 2 {
        let rows = rows.get(2 * pair..).unwrap_or(&[]);
        for (group, panels) in groups.clone().zip(panels.chunks_exact_mut(group_bytes.max(1))) {
            for lines in wanted.iter_mut() {
                lines.fetch();
            }
            let mut two: [&[T]; 2] = [&[]; 2];
            for (row, &place) in two.iter_mut().zip(rows) {
                *row = part.row(place, group);
            }
            for (panel, out) in panels.chunks_exact_mut(PANEL_BYTES).enumerate() {
                for (i, out) in out[pair * 4 * WIDTH..][..4 * WIDTH].as_chunks_mut::<{ 2 * ROW_BYTES }>().0.iter_mut().enumerate() {
                    let at = panel * WIDTH + i * CHUNK;
                    let mut both = [_mm512_setzero_si512(); 2];
                    for j in 0..2 {
                        // SAFETY: at most the elements of the row from `at` on are read.
                        both[j] = unsafe {
                            let from = two[j].as_ptr().wrapping_add(at);
                            if at + CHUNK <= two[j].len() {
                                _mm512_loadu_si512(from.cast())
                            } else {
                                let mask = if at < two[j].len() { first_elements(two[j].len() - at) } else { 0 };
                                _mm512_maskz_loadu_epi16(mask, from.cast())
                            }
                        };
                        let magnitude = _mm512_and_si512(both[j], no_sign);
                        if CLEAN {
                            both[j] = _mm512_maskz_mov_epi16(_mm512_cmplt_epu16_mask(magnitude, infinite), both[j]);
                        }
                        largest = _mm512_max_epu16(largest, magnitude);
                    }
                    let [even, odd] = both;
                    // SAFETY: 128 bytes.
                    unsafe {
                        let out = out.as_mut_ptr().cast::<__m512i>();
                        _mm512_storeu_si512(out, _mm512_permutex2var_epi16(even, low, odd));
                        _mm512_storeu_si512(out.add(1), _mm512_permutex2var_epi16(even, high, odd));
                    }
                }
            }
        }
    }
    _mm512_cmplt_epu16_mask(largest, infinite) == u32::MAX
}

/// Columns of a square as rows of `scores`, [`WIDTH`] apart: the first `rows` of them.
///
/// # Safety
/// * The processor has AVX-512 F, DQ, BW and VL.
#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")]
pub(super) unsafe fn turn(square: &[f32; LANES * LANES], rows: usize, scores: &mut [f32]) {
    let mut columns = [Avx512::splat(0.0); LANES];
    for (column, from) in columns.iter_mut().zip(square.as_chunks().0) {
        *column = Avx512::load(from);
    }
    for (row, to) in Avx512::transpose(columns).iter().zip(scores.chunks_mut(WIDTH)).take(rows) {
        if let Some((to, _)) = to.split_first_chunk_mut() {
            row.store(to);
        }
    }
}

/// What a number has beside its upper half, exactly.
#[inline]
#[target_feature(enable = "avx512f")]
fn lower(x: __m512) -> __m512 {
    let upper = _mm512_and_si512(_mm512_castps_si512(x), _mm512_set1_epi32(0xffff_0000_u32.cast_signed()));
    _mm512_sub_ps(x, _mm512_castsi512_ps(upper))
}

/// Rows of weights as the sums of [`TERMS`] bf16, exactly: the upper half of each, that of what is left, and the rest. `out` has the chunks of one after those of the
/// other, `chunk_bytes` each.
///
/// # Safety
/// * The processor has AVX-512 F and BW.
#[target_feature(enable = "avx512f,avx512bw")]
pub(super) unsafe fn divide(rows: &[[f32; WIDTH]], out: &mut [u8], chunk_bytes: usize) {
    let mut uppers = [0u16; CHUNK];
    for (i, upper) in uppers.iter_mut().enumerate() {
        *upper = (2 * i + 1) as u16;
    }
    // SAFETY: a table of 64 bytes.
    let uppers = unsafe { _mm512_loadu_si512(uppers.as_ptr().cast()) };
    for (i, row) in rows.iter().enumerate() {
        for (chunk, x) in row.as_chunks::<CHUNK>().0.iter().enumerate() {
            // SAFETY: 32 elements.
            let (mut first, mut second) = unsafe { (_mm512_loadu_ps(x.as_ptr()), _mm512_loadu_ps(x.as_ptr().add(LANES))) };
            for term in 0..TERMS {
                let upper = _mm512_permutex2var_epi16(_mm512_castps_si512(first), uppers, _mm512_castps_si512(second));
                // SAFETY: 64 bytes.
                unsafe {
                    _mm512_storeu_si512(
                        out[(term * CHUNKS + chunk) * chunk_bytes + i * ROW_BYTES..][..ROW_BYTES].as_mut_ptr().cast(),
                        upper,
                    );
                }
                (first, second) = (lower(first), lower(second));
            }
        }
    }
}
