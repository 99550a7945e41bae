//! The kernel for AMX: up to 16 rows times one panel, on tile registers.
//!
//! A tile of the right operand is [`CHUNK_STEPS`] steps of 16 columns: a panel has it as it is, its rows [`STEP_BYTES`] apart. A tile of the left operand is as many
//! steps of up to [`HEIGHT`] rows, 64 bytes each. One instruction multiplies the two. Of bf16 it sums the products of even and of odd `k` each in one chain (with fused
//! multiply-adds, subnormal numbers taken for and flushed to 0, rounding to nearest), adds the two, and that to the sum so far; of i8 sums are exact and wrap.
//! What a sum is depends on where chunks begin only, not on the rows around.

#![allow(unsafe_code, reason = "tile registers are used in assembly only")]

mod codes;

use std::arch::asm;
use std::arch::x86_64::*;
use std::marker::PhantomData;

use super::{Arithmetic, COLS, STEP_BYTES};
use crate::simd::{CACHE_LINE, Cache};

/// Rows of the largest tile.
pub(crate) const HEIGHT: usize = 16;
/// Steps that are multiplied by one instruction.
pub(crate) const CHUNK_STEPS: usize = 16;
/// Bytes of a row of a tile: a chunk's steps.
pub(crate) const ROW_BYTES: usize = 64;
/// Products of larger numbers with codes, and what is left of their sums, are never subnormal: smaller ones the unit may take for 0.
const TINY: f32 = 1.0 / (1u128 << 100) as f32;
/// bf16 numbers that an f32 is the sum of.
pub(crate) const TERMS: usize = 3;
/// Bytes of a chunk of a panel.
pub(crate) const CHUNK_BYTES: usize = CHUNK_STEPS * STEP_BYTES;
/// Bytes of a chunk of sixteen columns.
pub(crate) const SQUARE_BYTES: usize = CHUNK_STEPS * ROW_BYTES;

/// Whether the unit's products of these numbers with codes may be other than those of vectors.
pub(crate) fn has_tiny(values: &[f32]) -> bool {
    values.iter().fold(false, |tiny, x| tiny | (x.abs() < TINY && *x != 0.0))
}

/// What `ldtilecfg` reads.
#[repr(C, align(64))]
struct Config {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

/// The tile registers of this thread, set up until this is dropped: in use they make every switch to another thread dearer.
pub(crate) struct Unit {
    height: usize,
    /// Registers are a thread's own.
    of_thread: PhantomData<*const ()>,
}

/// Memory that is asked for while something is multiplied.
#[derive(Clone, Copy)]
pub(crate) struct Fetch {
    at: *const u8,
    /// Lines for each chunk.
    lines: usize,
    /// Where [`Unit::multiply`] has them brought. Other products have them brought into the second-level cache.
    to: Cache,
}

impl Fetch {
    pub(crate) const NOTHING: Self = Self { at: std::ptr::null(), lines: 0, to: Cache::First };

    /// What comes some way behind the chunks of `right` that are multiplied.
    pub(crate) fn behind(right: &[u8]) -> Self {
        Self { at: right.as_ptr().wrapping_add(TILES_AHEAD_BYTES), lines: CHUNK_BYTES / CACHE_LINE, to: Cache::First }
    }

    /// The `i`-th of `n` parts of `memory`, over `chunks` chunks.
    pub(crate) fn part(memory: &[u8], i: usize, n: usize, chunks: usize) -> Self {
        let lines = memory.len() / CACHE_LINE;
        let (start, end) = (lines * i / n, lines * (i + 1) / n);
        if start == end {
            Self::NOTHING
        } else {
            Self { at: memory[start * CACHE_LINE..].as_ptr(), lines: (end - start).div_ceil(chunks.max(1)), to: Cache::First }
        }
    }

    /// The same into the second-level cache only.
    pub(crate) fn to_second_level(self) -> Self {
        Self { to: Cache::Second, ..self }
    }
}

/// Where sums go: the unit's height of rows, `pitch` elements apart, with [`COLS`] columns at their beginning.
pub(crate) struct Sums<'a> {
    pub(crate) values: &'a mut [f32],
    pub(crate) pitch: usize,
    /// The sums so far are 0, whatever is there.
    pub(crate) first: bool,
}

impl Unit {
    /// Tiles of `height` rows.
    ///
    /// # Safety
    /// * The instruction set is [`Isa::Amx`](crate::Isa::Amx), which is handed out where it is permitted only.
    /// * No other unit of this thread is alive.
    pub(crate) unsafe fn new(height: usize) -> Self {
        assert!((1..=HEIGHT).contains(&height), "tiles of {height} rows");
        let mut config = Config { palette: 1, start_row: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
        config.row_bytes[..8].fill(ROW_BYTES as u16);
        // Registers 0 to 3 are sums, 4 rows of the left operand, the others chunks of the right one.
        config.rows[..5].fill(height as u8);
        config.rows[5..8].fill(CHUNK_STEPS as u8);
        // SAFETY: by the caller; the configuration is valid for palette 1.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) &config, options(nostack, preserves_flags, readonly));
        }
        Self { height, of_thread: PhantomData }
    }

    /// Bytes of a chunk of the left operand.
    pub(crate) fn chunk_bytes(&self) -> usize {
        self.height * ROW_BYTES
    }

    /// `sums += left @ right`: chunks of a tile of rows and of a panel.
    pub(crate) fn multiply(&self, arithmetic: Arithmetic, left: &[u8], right: &[u8], fetch: Fetch, sums: &mut Sums<'_>) {
        let chunks = right.len() / CHUNK_BYTES;
        assert!(chunks > 0 && right.len() == chunks * CHUNK_BYTES && left.len() == chunks * self.chunk_bytes(), "operands of other shapes");
        assert!(sums.pitch >= COLS && sums.values.len() >= (self.height - 1) * sums.pitch + COLS, "sums of another shape");
        let tile = Tile {
            left: left.as_ptr(),
            left_chunk: self.chunk_bytes(),
            right: right.as_ptr(),
            chunks,
            sums: sums.values.as_mut_ptr(),
            pitch_bytes: 4 * sums.pitch,
            first: sums.first,
            fetch,
        };
        // SAFETY: the unit is set up for tiles of this height, and the slices have what the kernel reads and writes.
        unsafe {
            match (arithmetic, fetch.to) {
                (Arithmetic::Int8, Cache::First) => int8(&tile),
                (Arithmetic::Int8, Cache::Second) => int8_far(&tile),
                (Arithmetic::Bf16, Cache::First) => bf16(&tile),
                (Arithmetic::Bf16, Cache::Second) => bf16_far(&tile),
                (Arithmetic::F32, _) => unreachable!("the unit has no f32"),
            }
        }
    }

    /// `sums += left @ right` in bf16 for 16 rows of `left`, `stride` bytes apart as they lie, and chunks `[16, 16]` of pairs of up to 16 columns: their sums are those of
    /// [`multiply`](Self::multiply) with the sides exchanged. With `first` the sums so far are 0.
    pub(crate) fn multiply_in_place(
        &self,
        left: &[u8],
        stride: usize,
        right: &[u8],
        sums: &mut [f32; HEIGHT * COLS / 4],
        first: bool,
        fetch: Fetch,
    ) {
        let chunks = right.len() / SQUARE_BYTES;
        assert!(chunks > 0 && right.len() == chunks * SQUARE_BYTES, "operands of other shapes");
        assert!(left.len() >= (HEIGHT - 1) * stride + chunks * ROW_BYTES, "rows of another shape");
        // SAFETY: the unit is set up, registers 5 to 7 for 16 rows of 64 bytes each, and the slices have what is read and written.
        unsafe {
            asm!(
                "tilezero tmm5",
                "test {first:e}, {first:e}",
                "jnz 2f",
                "tileloadd tmm5, [{sums} + {row}]",
                "2:",
                "tileloadd tmm6, [{left} + {stride}]",
                "tileloadd tmm7, [{right} + {row}]",
                "tdpbf16ps tmm5, tmm6, tmm7",
                "mov {line}, {lines}",
                "test {line}, {line}",
                "jz 4f",
                "3:",
                "prefetcht1 [{at}]",
                "add {at}, 64",
                "dec {line}",
                "jnz 3b",
                "4:",
                "add {left}, 64",
                "add {right}, 1024",
                "dec {chunks}",
                "jnz 2b",
                "tilestored [{sums} + {row}], tmm5",
                first = in(reg) u32::from(first),
                sums = in(reg) sums.as_mut_ptr(),
                row = in(reg) ROW_BYTES,
                left = inout(reg) left.as_ptr() => _,
                stride = in(reg) stride,
                right = inout(reg) right.as_ptr() => _,
                chunks = inout(reg) chunks => _,
                lines = in(reg) fetch.lines,
                line = out(reg) _,
                at = inout(reg) fetch.at => _,
                out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
        }
    }

    /// `sums += (left[0] + left[1] + left[2]) @ right` in bf16, chunk by chunk of `right`, which is loaded once for all terms: `left` has the chunks of one of the
    /// [`TERMS`] after those of the other, and the sums stay in registers.
    pub(crate) fn add_terms(&self, left: &[u8], right: &[u8], sums: &mut [f32], pitch: usize, fetch: Fetch) {
        let chunks = right.len() / CHUNK_BYTES;
        assert!(
            chunks > 0 && right.len() == chunks * CHUNK_BYTES && left.len() == TERMS * chunks * self.chunk_bytes(),
            "operands of other shapes"
        );
        assert!(pitch >= COLS && sums.len() >= (self.height - 1) * pitch + COLS, "sums of another shape");
        let term = chunks * self.chunk_bytes();
        // SAFETY: the unit is set up for tiles of this height, and the slices have what the kernel reads and writes.
        unsafe {
            asm!(
                "tileloadd tmm0, [{sums} + {pitch}]",
                "tileloadd tmm1, [{sums} + {pitch} + 64]",
                "tileloadd tmm2, [{sums} + {pitch} + 128]",
                "tileloadd tmm3, [{sums} + {pitch} + 192]",
                "2:",
                "tileloadd tmm5, [{right} + {step}]",
                "tileloadd tmm6, [{right} + {step} + 64]",
                "tileloadd tmm4, [{left} + {row}]",
                "tdpbf16ps tmm0, tmm4, tmm5",
                "tdpbf16ps tmm1, tmm4, tmm6",
                "tileloadd tmm4, [{second} + {row}]",
                "tdpbf16ps tmm0, tmm4, tmm5",
                "tdpbf16ps tmm1, tmm4, tmm6",
                "tileloadd tmm4, [{third} + {row}]",
                "tdpbf16ps tmm0, tmm4, tmm5",
                "tdpbf16ps tmm1, tmm4, tmm6",
                "tileloadd tmm7, [{right} + {step} + 128]",
                "tileloadd tmm5, [{right} + {step} + 192]",
                "tileloadd tmm4, [{left} + {row}]",
                "tdpbf16ps tmm2, tmm4, tmm7",
                "tdpbf16ps tmm3, tmm4, tmm5",
                "tileloadd tmm4, [{second} + {row}]",
                "tdpbf16ps tmm2, tmm4, tmm7",
                "tdpbf16ps tmm3, tmm4, tmm5",
                "tileloadd tmm4, [{third} + {row}]",
                "tdpbf16ps tmm2, tmm4, tmm7",
                "tdpbf16ps tmm3, tmm4, tmm5",
                "mov {line}, {lines}",
                "test {line}, {line}",
                "jz 4f",
                "3:",
                "prefetcht1 [{wanted}]",
                "add {wanted}, 64",
                "dec {line}",
                "jnz 3b",
                "4:",
                "add {left}, {left_chunk}",
                "add {second}, {left_chunk}",
                "add {third}, {left_chunk}",
                "add {right}, 4096",
                "dec {chunks}",
                "jnz 2b",
                "tilestored [{sums} + {pitch}], tmm0",
                "tilestored [{sums} + {pitch} + 64], tmm1",
                "tilestored [{sums} + {pitch} + 128], tmm2",
                "tilestored [{sums} + {pitch} + 192], tmm3",
                sums = in(reg) sums.as_mut_ptr(),
                pitch = in(reg) 4 * pitch,
                left = inout(reg) left.as_ptr() => _,
                second = inout(reg) left.as_ptr().add(term) => _,
                third = inout(reg) left.as_ptr().add(2 * term) => _,
                left_chunk = in(reg) self.chunk_bytes(),
                row = in(reg) ROW_BYTES,
                right = inout(reg) right.as_ptr() => _,
                step = in(reg) STEP_BYTES,
                chunks = inout(reg) chunks => _,
                lines = in(reg) fetch.lines,
                line = out(reg) _,
                wanted = inout(reg) fetch.at => _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
        }
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        // SAFETY: the unit was set up, so the instruction is there.
        unsafe {
            asm!("tilerelease", options(nostack, nomem, preserves_flags));
        }
    }
}

struct Tile {
    left: *const u8,
    left_chunk: usize,
    right: *const u8,
    chunks: usize,
    sums: *mut f32,
    pitch_bytes: usize,
    first: bool,
    fetch: Fetch,
}

/// How far ahead of the sums a panel is fetched.
const TILES_AHEAD_BYTES: usize = 8192;

/// Four tiles of sums stay in registers over all chunks.
macro_rules! kernel {
    ($name:ident, $multiply:literal, $fetch:literal) => {
        /// # Safety
        /// * The thread's tiles are set up; `left` and `right` have `chunks` chunks, and `sums` has the rows of a tile.
        unsafe fn $name(t: &Tile) {
            // SAFETY: by the caller; fetching is a hint, whatever the address.
            unsafe {
                asm!(
                    "test {first:e}, {first:e}",
                    "jz 2f",
                    "tilezero tmm0",
                    "tilezero tmm1",
                    "tilezero tmm2",
                    "tilezero tmm3",
                    "jmp 3f",
                    "2:",
                    "tileloadd tmm0, [{sums} + {pitch}]",
                    "tileloadd tmm1, [{sums} + {pitch} + 64]",
                    "tileloadd tmm2, [{sums} + {pitch} + 128]",
                    "tileloadd tmm3, [{sums} + {pitch} + 192]",
                    "3:",
                    "tileloadd tmm4, [{left} + {row}]",
                    "tileloadd tmm5, [{right} + {step}]",
                    concat!($multiply, " tmm0, tmm4, tmm5"),
                    "tileloadd tmm6, [{right} + {step} + 64]",
                    concat!($multiply, " tmm1, tmm4, tmm6"),
                    "tileloadd tmm7, [{right} + {step} + 128]",
                    concat!($multiply, " tmm2, tmm4, tmm7"),
                    "tileloadd tmm5, [{right} + {step} + 192]",
                    concat!($multiply, " tmm3, tmm4, tmm5"),
                    "mov {line}, {lines}",
                    "test {line}, {line}",
                    "jz 5f",
                    "4:",
                    concat!($fetch, " [{at}]"),
                    "add {at}, 64",
                    "dec {line}",
                    "jnz 4b",
                    "5:",
                    "add {left}, {left_chunk}",
                    "add {right}, 4096",
                    "dec {chunks}",
                    "jnz 3b",
                    "tilestored [{sums} + {pitch}], tmm0",
                    "tilestored [{sums} + {pitch} + 64], tmm1",
                    "tilestored [{sums} + {pitch} + 128], tmm2",
                    "tilestored [{sums} + {pitch} + 192], tmm3",
                    first = in(reg) u32::from(t.first),
                    sums = in(reg) t.sums,
                    pitch = in(reg) t.pitch_bytes,
                    left = inout(reg) t.left => _,
                    left_chunk = in(reg) t.left_chunk,
                    row = in(reg) ROW_BYTES,
                    right = inout(reg) t.right => _,
                    step = in(reg) STEP_BYTES,
                    chunks = inout(reg) t.chunks => _,
                    lines = in(reg) t.fetch.lines,
                    line = out(reg) _,
                    at = inout(reg) t.fetch.at => _,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                    out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                    options(nostack),
                );
            }
        }
    };
}

kernel!(bf16, "tdpbf16ps", "prefetcht0");
kernel!(bf16_far, "tdpbf16ps", "prefetcht1");
kernel!(int8, "tdpbssd", "prefetcht0");
kernel!(int8_far, "tdpbssd", "prefetcht1");

const _: () = assert!(TERMS == 3 && CHUNK_BYTES == 4096 && SQUARE_BYTES == 1024 && ROW_BYTES == 64 && COLS == 64, "as the assembly has it");

/// Multiplies registers of zeros, and returns the operations of one round.
///
/// # Safety
/// * As [`Unit::new`].
pub(crate) unsafe fn spin(int8: bool, rounds: usize) -> usize {
    const PRODUCTS: usize = 4;
    macro_rules! spin {
        ($multiply:literal) => {
            asm!(
                "2:",
                concat!($multiply, " tmm0, tmm4, tmm6"),
                concat!($multiply, " tmm1, tmm4, tmm7"),
                concat!($multiply, " tmm2, tmm4, tmm6"),
                concat!($multiply, " tmm3, tmm4, tmm7"),
                "dec {rounds}",
                "jnz 2b",
                rounds = inout(reg) rounds.max(1) => _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                options(nostack, nomem),
            )
        };
    }
    // SAFETY: by the caller; setting tiles up fills them with zeros.
    unsafe {
        let _unit = Unit::new(HEIGHT);
        if int8 { spin!("tdpbssd") } else { spin!("tdpbf16ps") }
    }
    let depth = ROW_BYTES / if int8 { 1 } else { 2 };
    PRODUCTS * 2 * HEIGHT * (COLS / 4) * depth
}

/// Copies a row's steps into the places that it has in each chunk, `chunk_bytes` apart; the last chunk is filled up with zeros.
///
/// # Safety
/// * The processor has AVX-512 F and BW.
#[target_feature(enable = "avx512f,avx512bw")]
pub(crate) unsafe fn place_row(row: &[u8], out: &mut [u8], chunk_bytes: usize) {
    for (part, out) in row.chunks(ROW_BYTES).zip(out.chunks_mut(chunk_bytes)) {
        let out = &mut out[..ROW_BYTES];
        let mask = u64::MAX >> (ROW_BYTES - part.len());
        // SAFETY: as many bytes as the part has are read, and a row's written.
        unsafe {
            _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_maskz_loadu_epi8(mask, part.as_ptr().cast()));
        }
    }
}

/// `sums += own * scale`, for as many rows of [`COLS`] columns as `own` has.
///
/// # Safety
/// * The processor has AVX-512 F.
#[target_feature(enable = "avx512f")]
pub(crate) unsafe fn add_scaled(own: &[[f32; COLS]], scale: &[f32; COLS], sums: &mut Sums<'_>) {
    for (own, values) in own.iter().zip(sums.values.chunks_mut(sums.pitch)) {
        let parts = own.as_chunks::<16>().0.iter().zip(scale.as_chunks::<16>().0).zip(values[..COLS].as_chunks_mut::<16>().0);
        for ((own, scale), values) in parts {
            // SAFETY: sixteen elements each.
            unsafe {
                let before = if sums.first { _mm512_setzero_ps() } else { _mm512_loadu_ps(values.as_ptr()) };
                let sum = _mm512_fmadd_ps(_mm512_loadu_ps(own.as_ptr()), _mm512_loadu_ps(scale.as_ptr()), before);
                _mm512_storeu_ps(values.as_mut_ptr(), sum);
            }
        }
    }
}
