//! Kernels in plain Rust, in a shape that compilers vectorise.

#![allow(unsafe_code, reason = "kernels read their operands through pointers, as those of every instruction set do")]

use std::slice::from_raw_parts;

use super::{COLS, MAX_ROWS, STEP_BYTES, Tile};

/// Columns that are summed at a time.
const PART: usize = 16;

/// In f64, which holds products exactly: a step rounds its sum to f64 and then to f32, hardly ever another number than a fused multiply-add gives, which is a slow
/// library call where the processor has none.
///
/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows.
pub(super) unsafe fn f32<const R: usize>(t: &Tile) {
    // SAFETY: by the caller.
    unsafe { floats::<R>(t, |x, b, sum| (f64::from(x) * f64::from(b) + f64::from(sum)) as f32) }
}

/// With fused multiply-adds, for instruction sets that have them.
///
/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows.
#[cfg(target_arch = "aarch64")]
pub(super) unsafe fn f32_fused<const R: usize>(t: &Tile) {
    // SAFETY: by the caller.
    unsafe { floats::<R>(t, f32::mul_add) }
}

/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows.
#[inline(always)]
unsafe fn floats<const R: usize>(t: &Tile, multiply_add: impl Fn(f32, f32, f32) -> f32) {
    const { assert!(R <= MAX_ROWS) };
    // SAFETY: by the caller; panels are aligned to their elements, rows are read as bytes.
    let panel = unsafe { from_raw_parts(t.panel.cast::<[f32; COLS]>(), t.steps) };
    for part in (0..COLS).step_by(PART) {
        let mut acc = [[0f32; PART]; R];
        // SAFETY: by the caller, `R` rows of `COLS` sums that nothing else touches.
        let sums = |r: usize| unsafe { &mut *t.sums.add(r * t.pitch + part).cast::<[f32; PART]>() };
        if !t.first {
            for r in 0..R {
                acc[r] = *sums(r);
            }
        }
        for (s, b) in panel.iter().enumerate() {
            for r in 0..R {
                // SAFETY: by the caller, row `r` has `t.steps` f32.
                let x = unsafe { t.rows[r].cast::<f32>().add(s).read_unaligned() };
                for j in 0..PART {
                    acc[r][j] = multiply_add(x, b[part + j], acc[r][j]);
                }
            }
        }
        for r in 0..R {
            *sums(r) = acc[r];
        }
    }
}

/// Rows are i16.
///
/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows.
pub(super) unsafe fn int8<const R: usize>(t: &Tile) {
    const { assert!(R <= MAX_ROWS) };
    // SAFETY: by the caller.
    let panel = unsafe { from_raw_parts(t.panel.cast::<[[i8; 4]; COLS]>(), t.steps) };
    const { assert!(size_of::<[[i8; 4]; COLS]>() == STEP_BYTES) };
    for r in 0..R {
        // SAFETY: by the caller, a row of `COLS` sums that nothing else touches.
        let sums = unsafe { &mut *t.sums.add(r * t.pitch).cast::<[i32; COLS]>() };
        let mut acc = if t.first { [0; COLS] } else { *sums };
        for (s, b) in panel.iter().enumerate() {
            // SAFETY: by the caller, the row has `t.steps` steps of eight bytes.
            let x = unsafe { t.rows[r].cast::<[i16; 4]>().add(s).read_unaligned() }.map(i32::from);
            for (acc, b) in acc.iter_mut().zip(b) {
                *acc += x[0] * i32::from(b[0]) + x[1] * i32::from(b[1]) + x[2] * i32::from(b[2]) + x[3] * i32::from(b[3]);
            }
        }
        *sums = acc;
    }
}
