//! Kernels for so few rows that reading the weights is all that takes time: four-bit codes that stay codes until they are in registers, and sums that a matrix unit
//! makes, in its order, on vectors. These read one line after the other, with many on their way, where a tile's load asks for sixteen and waits for all of them.

#![allow(unsafe_code, reason = "SIMD kernels")]

use std::arch::asm;
use std::arch::x86_64::*;

use super::amx::CHUNK_STEPS;
use super::avx512::{PANEL_AHEAD_BYTES, WIDTH, codes_as_bf16, finish, row, start, step};
use super::{CODE_STEP_BYTES, COLS, CodesTile, MAX_ROWS, STEP_BYTES, Tile};
use crate::simd::{CACHE_LINE, Cache, prefetch};

/// Brings as much of `panel` nearer as kernels fetch ahead.
pub(in crate::gemm) fn fetch(panel: &[u8]) {
    for line in panel[..panel.len().min(PANEL_AHEAD_BYTES)].chunks(CACHE_LINE) {
        prefetch(line.as_ptr(), Cache::Second);
    }
}

/// How many parts ahead of the sums scales are fetched.
const SCALES_AHEAD: usize = 4;

/// Codes of a pair of rows: `[16, 2, 4]`, and a hint for some to come.
///
/// # Safety
/// * The panel has more than `s` steps of codes.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn codes(t: &Tile, s: usize) -> __m512i {
    let at = t.panel.wrapping_add(s * CODE_STEP_BYTES);
    prefetch(at.wrapping_add(PANEL_AHEAD_BYTES), Cache::First);
    // SAFETY: by the caller, these 64 bytes are the panel's.
    unsafe { _mm512_loadu_si512(at.cast()) }
}

/// Pairs of bf16 by codes that a table makes bf16, over all parts of a block: what widening them first gives.
///
/// # Safety
/// * As [`CodesKernel`](super::CodesKernel), for `R` rows of bf16, AVX-512 F, BW and BF16.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub(super) unsafe fn i4<const R: usize>(t: &CodesTile) {
    const { assert!(R <= MAX_ROWS) };
    for (i, first) in (0..t.steps).step_by(t.part_steps).enumerate() {
        let part = Tile {
            rows: t.rows.map(|row| row.wrapping_add(4 * first)),
            panel: t.codes.wrapping_add(first * CODE_STEP_BYTES),
            steps: t.part_steps.min(t.steps - first),
            sums: t.sums,
            pitch: t.pitch,
            first: t.first && i == 0,
            scale: t.scales.wrapping_add(i * t.scale_step),
            next: std::ptr::null(),
            pace: 0,
        };
        for j in 0..WIDTH {
            prefetch(part.scale.wrapping_add(SCALES_AHEAD * COLS + 16 * j), Cache::First);
        }
        // SAFETY: by the caller, this is a part of the rows and of the block.
        unsafe {
            i4_part::<R>(&part);
        }
    }
}

/// # Safety
/// * As [`i4`].
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
unsafe fn i4_part<const R: usize>(t: &Tile) {
    // SAFETY: by the caller, `R` rows of sums, of `t.steps` steps of panel and rows. The vector types have the same size, and any bits are bf16 numbers.
    unsafe {
        let pairs = |x: __m512i| std::mem::transmute::<__m512i, __m512bh>(x);
        let table = codes_as_bf16();
        let mut acc = [[_mm512_setzero_ps(); WIDTH]; R];
        for s in 0..t.steps {
            let words = codes(t, s);
            let words = [words, _mm512_srli_epi16::<4>(words), _mm512_srli_epi16::<8>(words), _mm512_srli_epi16::<12>(words)];
            let mut b = words;
            for j in 0..WIDTH {
                b[j] = _mm512_permutexvar_epi16(words[j], table);
            }
            for r in 0..R {
                let x = row(t, r, s);
                for j in 0..WIDTH {
                    acc[r][j] = _mm512_dpbf16_ps(acc[r][j], pairs(x), pairs(b[j]));
                }
            }
        }
        for r in 0..R {
            finish(t, r, acc[r]);
        }
    }
}

/// `MXCSR` with all exceptions masked, and with subnormal numbers taken for 0 and flushed to it.
const FLUSHING: u32 = 0x9fc0;

/// Assembly of one line of a step: even and odd numbers as f32, then both sums of each row.
macro_rules! line {
    ($at:literal, $(($even:literal, $odd:literal, $x_even:literal, $x_odd:literal)),+) => {
        concat!(
            "vpslld zmm28, zmmword ptr [{panel} + ", $at, "], 16\n",
            "vpandd zmm29, zmm31, zmmword ptr [{panel} + ", $at, "]\n",
            "prefetcht0 [{panel} + {ahead} + ", $at, "]\n",
            $("vfmadd231ps zmm", $even, ", zmm", $x_even, ", zmm28\n", "vfmadd231ps zmm", $odd, ", zmm", $x_odd, ", zmm29\n"),+
        )
    };
}

/// A kernel for rows of f32 that bf16 holds by bf16, even and odd numbers summed apart over each chunk and subnormal ones taken for 0, as a matrix unit does with bf16.
/// In assembly, as the compiler knows one set of rules for floats only. Each sum is given as row, vector and the registers of all, of even and of odd products.
macro_rules! bf16_in_chunks {
    ($name:ident, $rows:literal, $x:expr, [$($line:expr),+], $(($acc:literal, $at:literal, $even:literal, $odd:literal)),+) => {
        /// # Safety
        #[doc = concat!("* As [`Kernel`](super::Kernel), for ", $rows, " rows of f32, two a step, AVX-512 F.")]
        pub(super) unsafe fn $name(t: &Tile) {
            let mut acc = [[0f32; COLS]; $rows];
            let mut mxcsr = [FLUSHING, 0];
            let (whole, rest) = (t.steps / CHUNK_STEPS, t.steps % CHUNK_STEPS);
            for (first, chunks, steps) in [(0, whole, CHUNK_STEPS), (whole * CHUNK_STEPS, 1, rest)] {
                if chunks == 0 || steps == 0 {
                    continue;
                }
                // SAFETY: by the caller, the panel has `t.steps` steps and rows two numbers for each; fetching is a hint, whatever the address.
                unsafe {
                    asm!(
                        "stmxcsr [{mxcsr} + 4]",
                        "ldmxcsr [{mxcsr}]",
                        "vpternlogd zmm31, zmm31, zmm31, 255",
                        "vpslld zmm31, zmm31, 16",
                        $(concat!("vmovups zmm", $acc, ", zmmword ptr [{acc} + ", $at, "]"),)+
                        "2:",
                        "mov {step}, {steps}",
                        $(concat!("vpxord zmm", $even, ", zmm", $even, ", zmm", $even), concat!("vpxord zmm", $odd, ", zmm", $odd, ", zmm", $odd),)+
                        "3:",
                        $x,
                        $($line,)+
                        "add {panel}, 256",
                        "add {x0}, 8",
                        "add {x1}, 8",
                        "dec {step}",
                        "jnz 3b",
                        $(
                            concat!("vaddps zmm", $even, ", zmm", $even, ", zmm", $odd),
                            concat!("vaddps zmm", $acc, ", zmm", $acc, ", zmm", $even),
                        )+
                        "dec {chunks}",
                        "jnz 2b",
                        $(concat!("vmovups zmmword ptr [{acc} + ", $at, "], zmm", $acc),)+
                        "ldmxcsr [{mxcsr} + 4]",
                        mxcsr = in(reg) &mut mxcsr,
                        acc = in(reg) &mut acc,
                        panel = inout(reg) t.panel.add(first * STEP_BYTES) => _,
                        x0 = inout(reg) t.rows[0].add(8 * first) => _,
                        x1 = inout(reg) t.rows[$rows - 1].add(8 * first) => _,
                        chunks = inout(reg) chunks => _,
                        steps = in(reg) steps,
                        step = out(reg) _,
                        ahead = const PANEL_AHEAD_BYTES,
                        out("zmm0") _, out("zmm1") _, out("zmm2") _, out("zmm3") _, out("zmm4") _, out("zmm5") _, out("zmm6") _, out("zmm7") _,
                        out("zmm8") _, out("zmm9") _, out("zmm10") _, out("zmm11") _, out("zmm12") _, out("zmm13") _, out("zmm14") _, out("zmm15") _,
                        out("zmm16") _, out("zmm17") _, out("zmm18") _, out("zmm19") _, out("zmm20") _, out("zmm21") _, out("zmm22") _, out("zmm23") _,
                        out("zmm24") _, out("zmm25") _, out("zmm26") _, out("zmm27") _, out("zmm28") _, out("zmm29") _, out("zmm31") _,
                        options(nostack),
                    );
                }
            }
            let sums = acc.as_flattened();
            for r in 0..$rows {
                // SAFETY: by the caller, so many rows of sums may be written.
                unsafe {
                    t.sums.add(r * t.pitch).copy_from_nonoverlapping(sums[r * COLS..].as_ptr(), COLS);
                }
            }
        }
    };
}

bf16_in_chunks!(
    bf16_in_chunks_1,
    1,
    "vbroadcastss zmm24, dword ptr [{x0}]\nvbroadcastss zmm25, dword ptr [{x0} + 4]",
    [
        line!("0", ("4", "8", "24", "25")),
        line!("64", ("5", "9", "24", "25")),
        line!("128", ("6", "10", "24", "25")),
        line!("192", ("7", "11", "24", "25"))
    ],
    ("0", "0", "4", "8"),
    ("1", "64", "5", "9"),
    ("2", "128", "6", "10"),
    ("3", "192", "7", "11")
);

bf16_in_chunks!(
    bf16_in_chunks_2,
    2,
    concat!(
        "vbroadcastss zmm24, dword ptr [{x0}]\nvbroadcastss zmm25, dword ptr [{x0} + 4]\n",
        "vbroadcastss zmm26, dword ptr [{x1}]\nvbroadcastss zmm27, dword ptr [{x1} + 4]"
    ),
    [
        line!("0", ("8", "16", "24", "25"), ("12", "20", "26", "27")),
        line!("64", ("9", "17", "24", "25"), ("13", "21", "26", "27")),
        line!("128", ("10", "18", "24", "25"), ("14", "22", "26", "27")),
        line!("192", ("11", "19", "24", "25"), ("15", "23", "26", "27"))
    ],
    ("0", "0", "8", "16"),
    ("1", "64", "9", "17"),
    ("2", "128", "10", "18"),
    ("3", "192", "11", "19"),
    ("4", "256", "12", "20"),
    ("5", "320", "13", "21"),
    ("6", "384", "14", "22"),
    ("7", "448", "15", "23")
);

/// Rows of i8, which are made u8 on their way: 128 times the sum of each column is too much.
///
/// # Safety
/// * As [`Kernel`](super::Kernel), for `R` rows, AVX-512 F and VNNI.
#[target_feature(enable = "avx512f,avx512vnni")]
pub(super) unsafe fn int8_biased<const R: usize>(t: &Tile) {
    const { assert!(R <= MAX_ROWS) };
    // SAFETY: by the caller, `R` rows of sums, of `t.steps` steps of panel and rows.
    unsafe {
        let bias = _mm512_set1_epi8(i8::MIN);
        // Sums stay of one type: arrays that are converted go through memory.
        let mut acc = start::<R>(t);
        for s in 0..t.steps {
            let b = step(t, s);
            for r in 0..R {
                let x = _mm512_xor_si512(row(t, r, s), bias);
                for j in 0..WIDTH {
                    acc[r][j] = _mm512_castsi512_ps(_mm512_dpbusd_epi32(_mm512_castps_si512(acc[r][j]), x, b[j]));
                }
            }
        }
        for r in 0..R {
            finish(t, r, acc[r]);
        }
    }
}
