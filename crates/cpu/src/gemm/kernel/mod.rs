//! The inner kernels: a few rows times one panel of [`COLS`] columns, for each instruction set.
//!
//! A panel is a row of *steps* of [`STEP_BYTES`]: for each column one f32, two bf16 or four i8 that lie behind one another along `K`. A kernel keeps the sums of
//! its rows in registers while it goes over the steps of a block, so every sum is one chain over rising `k`, whatever the tile around it.

#[cfg(target_arch = "x86_64")]
pub(crate) mod amx;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod few;
#[cfg(target_arch = "x86_64")]
pub(super) use few::fetch;
mod portable;

use std::ops::Range;

use ascend_hal::DType;

use crate::isa::Isa;
use crate::simd::CACHE_LINE;

/// Columns of a panel.
pub(crate) const COLS: usize = 64;
/// Bytes of one step of a panel.
pub(super) const STEP_BYTES: usize = 4 * COLS;
/// Bytes of the codes of four bits that are one step of bf16.
#[cfg(target_arch = "x86_64")]
pub(super) const CODE_STEP_BYTES: usize = STEP_BYTES / 4;
/// Rows of the largest register tile.
pub(super) const MAX_ROWS: usize = 6;

/// What is multiplied, and in what sums are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Arithmetic {
    /// f32 by f32 in f32.
    F32,
    /// bf16 by bf16 in f32, two at a time.
    Bf16,
    /// i8 by i8 in i32, four at a time; sums wrap.
    Int8,
}

impl Arithmetic {
    /// Rows of `K` in a step.
    pub(super) fn depth(self) -> usize {
        match self {
            Self::F32 => 1,
            Self::Bf16 => 2,
            Self::Int8 => 4,
        }
    }

    /// Steps of a `K` of this size, the last one filled up with zeros.
    pub(super) fn steps(self, k: usize) -> usize {
        k.div_ceil(self.depth())
    }
}

/// How a kernel wants the rows of an integer product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum IntRows {
    /// As they are.
    Plain,
    /// As i16.
    Wide,
    /// As u8, 128 added: what is too much is 128 times the sum of each column.
    Biased,
}

/// Arguments of a kernel. `rows` are as many as the kernel is for.
struct Tile {
    /// Where each row's part of the block begins.
    rows: [*const u8; MAX_ROWS],
    /// `steps * STEP_BYTES` bytes.
    panel: *const u8,
    steps: usize,
    /// Rows of [`COLS`] f32 (i32 for integers), `pitch` elements apart.
    sums: *mut f32,
    pitch: usize,
    /// The sums so far are 0, whatever `sums` holds.
    first: bool,
    /// Null, or for pairs of bf16 [`COLS`] factors of the block's own sums before they are added.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only kernels of x86-64 scale sums"))]
    scale: *const f32,
    /// Lines of memory that are wanted afterwards, and how many 65536ths of one to ask for in each half of a step. Null: those of the panel itself.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only kernels of x86-64 fetch ahead"))]
    next: *const u8,
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only kernels of x86-64 fetch ahead"))]
    pace: usize,
}

/// # Safety
/// * The processor has the instruction set of the kernel.
/// * The pointers of [`Tile`] are valid for what they stand for, and nothing else touches `sums`.
type Kernel = unsafe fn(&Tile);

/// Arguments of a kernel that multiplies with codes of four bits. `rows` are as many as the kernel is for.
#[cfg(target_arch = "x86_64")]
struct CodesTile {
    /// Where each row's part of the block begins.
    rows: [*const u8; MAX_ROWS],
    /// `steps * CODE_STEP_BYTES` bytes.
    codes: *const u8,
    steps: usize,
    /// Steps of a part, whose sums are scaled as one; at least 1.
    part_steps: usize,
    /// [`COLS`] for each part, `scale_step` apart.
    scales: *const f32,
    scale_step: usize,
    /// As in [`Tile`].
    sums: *mut f32,
    pitch: usize,
    first: bool,
}

/// # Safety
/// * The processor has the instruction set of the kernel.
/// * The pointers of [`CodesTile`] are valid for what they stand for, and nothing else touches `sums`.
#[cfg(target_arch = "x86_64")]
type CodesKernel = unsafe fn(&CodesTile);

/// The kernels of one instruction set, each for 1 to [`MAX_ROWS`] rows.
pub(super) struct Kernels {
    f32: [Kernel; MAX_ROWS],
    bf16: Option<Bf16Kernels>,
    int8: [Kernel; MAX_ROWS],
    pub(super) int_rows: IntRows,
    /// Products of bf16 and of i8 are those of [`amx`] instead.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "only kernels of x86-64 have one"))]
    pub(super) matrix_unit: bool,
    /// For few rows of bf16 by codes of four bits.
    #[cfg(target_arch = "x86_64")]
    pub(super) codes: Option<CodesKernels>,
}

/// Kernels for few rows by codes of four bits.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct CodesKernels(&'static [CodesKernel; MAX_ROWS]);

/// Codes of four bits of one panel, and what the sums of their parts are multiplied with.
#[cfg(target_arch = "x86_64")]
pub(super) struct CodesBlock<'a> {
    /// [`CODE_STEP_BYTES`] for each step.
    pub(super) codes: &'a [u8],
    pub(super) part_steps: usize,
    pub(super) scales: &'a [[f32; COLS]],
    /// All parts have the first scales.
    pub(super) one_scale: bool,
    /// The sums so far are 0.
    pub(super) first: bool,
}

/// One kernel for each number of rows.
macro_rules! by_rows {
    ($($kernel:ident)::+) => {
        [$($kernel)::+::<1>, $($kernel)::+::<2>, $($kernel)::+::<3>, $($kernel)::+::<4>, $($kernel)::+::<5>, $($kernel)::+::<6>]
    };
}

/// Kernels for few rows beside a matrix unit.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) enum Few {
    /// bf16, widened to f32, by bf16: a whole panel.
    Bf16,
    /// i8 by i8; 128 times the sum of each column is too much.
    Int8,
}

#[cfg(target_arch = "x86_64")]
impl Few {
    fn kernels(self) -> &'static [Kernel] {
        match self {
            // More rows keep the processor busier with sums than memory with lines.
            Self::Bf16 => &[few::bf16_in_chunks_1, few::bf16_in_chunks_2],
            Self::Int8 => const { &by_rows!(few::int8_biased) },
        }
    }

    /// The most rows that there is a kernel for.
    pub(super) fn rows(self) -> usize {
        self.kernels().len()
    }
}

/// What an instruction set with dot products of bf16 pairs adds.
#[derive(Clone, Copy)]
struct Bf16Kernels {
    multiply: [Kernel; MAX_ROWS],
    widen_i4: Widen,
    widen_i8: Widen,
}

/// Packed codes as steps of bf16, as many as there is room for.
///
/// # Safety
/// * The processor has the instruction set of the kernel.
type Widen = unsafe fn(&[u8], &mut [[u8; STEP_BYTES]]);

static PORTABLE: Kernels = Kernels {
    f32: by_rows!(portable::f32),
    bf16: None,
    int8: by_rows!(portable::int8),
    int_rows: IntRows::Wide,
    matrix_unit: false,
    #[cfg(target_arch = "x86_64")]
    codes: None,
};

#[cfg(target_arch = "aarch64")]
static NEON: Kernels = Kernels { f32: by_rows!(portable::f32_fused), ..PORTABLE };

#[cfg(target_arch = "x86_64")]
static AVX2: Kernels = Kernels { f32: by_rows!(avx2::f32), int8: by_rows!(avx2::int8), ..PORTABLE };

#[cfg(target_arch = "x86_64")]
static AVX512: Kernels = Kernels { f32: by_rows!(avx512::f32), ..AVX2 };

#[cfg(target_arch = "x86_64")]
static AVX512_VNNI: Kernels = Kernels { int8: by_rows!(avx512::int8), int_rows: IntRows::Biased, ..AVX512 };

#[cfg(target_arch = "x86_64")]
static AVX512_BF16: Kernels = Kernels {
    bf16: Some(Bf16Kernels { multiply: by_rows!(avx512::bf16), widen_i4: avx512::widen_i4, widen_i8: avx512::widen_i8 }),
    codes: Some(CodesKernels(&by_rows!(few::i4))),
    ..AVX512_VNNI
};

#[cfg(target_arch = "x86_64")]
static AMX: Kernels = Kernels {
    int_rows: IntRows::Plain,
    matrix_unit: true,
    // The unit multiplies codes itself, for any number of rows.
    codes: None,
    ..AVX512_BF16
};

/// Rows of activations in the form that an [`Arithmetic`] reads.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    bytes: &'a [u8],
    stride: usize,
    index: Option<&'a [u32]>,
    /// Bytes of each row that come before those that are here.
    before: usize,
}

impl<'a> Rows<'a> {
    /// Rows of `stride` bytes, one after the other.
    pub(crate) fn new(bytes: &'a [u8], stride: usize) -> Self {
        Self { bytes, stride, index: None, before: 0 }
    }

    /// Of these rows those that `index` names, in its order.
    pub(crate) fn gathered(self, index: &'a [u32]) -> Self {
        Self { index: Some(index), ..self }
    }

    /// Bytes `part` of rows `rows`, copied to `out`: side by side, so that a kernel's rows do not fall on the same few lines of a cache as rows do that are a power of two
    /// apart. There is room for [`packed_bytes`](Self::packed_bytes).
    pub(super) fn packed<'o>(&self, rows: Range<usize>, part: Range<usize>, out: &'o mut [u8]) -> Rows<'o> {
        let stride = part.len() + CACHE_LINE;
        for (row, out) in rows.clone().zip(out.chunks_mut(stride)) {
            out[..part.len()].copy_from_slice(&self.row(row)[part.clone()]);
        }
        Rows { bytes: &out[..rows.len() * stride], stride, index: None, before: part.start }
    }

    /// Bytes that `rows` rows of `part` bytes take when they are packed.
    pub(super) const fn packed_bytes(rows: usize, part: usize) -> usize {
        rows * (part + CACHE_LINE)
    }

    /// What tells these rows from others, as long as none of them move.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn identity(&self) -> [usize; 2] {
        [self.bytes.as_ptr() as usize, self.index.map_or(0, |index| index.as_ptr() as usize)]
    }

    /// Bytes `part` of row `i`.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn part(&self, i: usize, part: Range<usize>) -> &'a [u8] {
        &self.row(i)[part.start - self.before..part.end - self.before]
    }

    fn row(&self, i: usize) -> &'a [u8] {
        let i = self.index.map_or(i, |index| index[i] as usize);
        &self.bytes[i * self.stride..][..self.stride]
    }
}

/// A block of a panel, and what its sums are multiplied with: for [`Arithmetic::Bf16`] only.
pub(super) struct Block<'a> {
    /// The first step.
    pub(super) at: usize,
    /// The steps, [`STEP_BYTES`] each.
    pub(super) steps: &'a [u8],
    pub(super) scale: Option<&'a [f32; COLS]>,
    /// The block that is multiplied after it, if it is to be fetched meanwhile.
    pub(super) next: &'a [u8],
}

impl Kernels {
    /// Those that an available instruction set uses.
    pub(super) fn of(isa: Isa) -> &'static Self {
        match isa {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => &AVX2,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => &AVX512,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Vnni => &AVX512_VNNI,
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512Bf16 => &AVX512_BF16,
            #[cfg(target_arch = "x86_64")]
            Isa::Amx => &AMX,
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => &NEON,
            _ => &PORTABLE,
        }
    }

    /// Whether products of this arithmetic are those of the matrix unit.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn on_matrix_unit(&self, arithmetic: Arithmetic) -> bool {
        self.matrix_unit && arithmetic != Arithmetic::F32
    }

    pub(super) fn has_bf16(&self) -> bool {
        self.bf16.is_some()
    }

    /// Packed codes of type `dtype` as `steps` of bf16. `false`: there is no kernel for this.
    pub(super) fn widen(&self, dtype: DType, codes: &[u8], steps: &mut [[u8; STEP_BYTES]]) -> bool {
        let widen = match (&self.bf16, dtype) {
            (Some(bf16), DType::I4) => bf16.widen_i4,
            (Some(bf16), DType::I8) => bf16.widen_i8,
            _ => return false,
        };
        #[allow(unsafe_code, reason = "the call of a kernel")]
        // SAFETY: kernels of an instruction set are handed out where it is available only.
        unsafe {
            widen(codes, steps);
        }
        true
    }

    /// Bytes of one step of a row.
    pub(super) fn row_step_bytes(&self, arithmetic: Arithmetic) -> usize {
        if arithmetic == Arithmetic::Int8 && self.int_rows == IntRows::Wide { 8 } else { 4 }
    }

    /// `sums[i, ..] += rows[first_row + i] @ block`, without `+` for the first block, for all rows of `sums`, which are `pitch` elements apart and have the block's columns at their beginning.
    /// Sums of integers are i32 bits.
    pub(super) fn multiply(
        &self,
        arithmetic: Arithmetic,
        rows: Rows<'_>,
        first_row: usize,
        block: &Block<'_>,
        sums: &mut [f32],
        pitch: usize,
    ) {
        let kernels = match (arithmetic, &self.bf16) {
            (Arithmetic::Bf16, Some(bf16)) => &bf16.multiply,
            (Arithmetic::Bf16, None) => unreachable!("a method without kernels for its arithmetic"),
            (Arithmetic::Int8, _) => &self.int8,
            (Arithmetic::F32, _) => &self.f32,
        };
        assert!(block.scale.is_none() || arithmetic == Arithmetic::Bf16, "a scale that no kernel looks at");
        let (row_step, steps) = (self.row_step_bytes(arithmetic), block.steps.len() / STEP_BYTES);
        let bytes = block.at * row_step - rows.before..(block.at + steps) * row_step - rows.before;
        let m = (sums.len() + pitch - COLS) / pitch;
        let tiles = m.div_ceil(MAX_ROWS);
        let mut done = 0;
        for i in 0..tiles {
            // Of nearly equal heights: a tile of one row costs as much as one of three.
            let height = m / tiles + usize::from(i < m % tiles);
            let mut part = [&[][..]; MAX_ROWS];
            for (i, part) in part[..height].iter_mut().enumerate() {
                *part = &rows.row(first_row + done + i)[bytes.clone()];
            }
            // Each tile fetches a part of the next block, so that memory is as busy as the arithmetic.
            let lines = block.next.len() / CACHE_LINE;
            let next = &block.next[lines * i / tiles * CACHE_LINE..lines * (i + 1) / tiles * CACHE_LINE];
            tile(kernels, row_step, &part[..height], &Block { next, ..*block }, &mut sums[done * pitch..], pitch);
            done += height;
        }
    }

    /// [`multiply`](Self::multiply) of few rows, which are given as the block's part of each, by a kernel of their own.
    #[cfg(target_arch = "x86_64")]
    pub(super) fn multiply_few(&self, kernel: Few, rows: &[&[u8]], block: &Block<'_>, sums: &mut [f32], pitch: usize) {
        assert!(self.matrix_unit, "kernels of another instruction set");
        let row_step = if matches!(kernel, Few::Int8) { self.row_step_bytes(Arithmetic::Int8) } else { 2 * size_of::<f32>() };
        tile(kernel.kernels(), row_step, rows, block, sums, pitch);
    }
}

#[cfg(target_arch = "x86_64")]
impl CodesKernels {
    /// As [`Kernels::multiply`], of rows that are given as the block's part of each.
    pub(super) fn multiply(&self, rows: &[&[u8]], block: &CodesBlock<'_>, sums: &mut [f32], pitch: usize) {
        let steps = block.codes.len() / CODE_STEP_BYTES;
        let parts = if block.one_scale { 1 } else { steps.div_ceil(block.part_steps) };
        assert!(pitch >= COLS && block.codes.len() == steps * CODE_STEP_BYTES && block.scales.len() >= parts, "a block that is no panel");
        let sums = &mut sums[..(rows.len() - 1) * pitch + COLS];
        let tile = CodesTile {
            rows: starts(rows, steps * 4),
            codes: block.codes.as_ptr(),
            steps,
            part_steps: block.part_steps,
            scales: block.scales.as_ptr().cast(),
            scale_step: if block.one_scale { 0 } else { COLS },
            sums: sums.as_mut_ptr(),
            pitch,
            first: block.first,
        };
        #[allow(unsafe_code, reason = "the call of a kernel")]
        // SAFETY: kernels of an instruction set are handed out where it is available only; all pointers are to as much as the kernel reads and writes, by the slices that
        // they were taken from.
        unsafe {
            self.0[rows.len() - 1](&tile);
        }
    }
}

/// Where rows begin, each of which has `bytes`.
fn starts(rows: &[&[u8]], bytes: usize) -> [*const u8; MAX_ROWS] {
    let mut starts = [std::ptr::null(); MAX_ROWS];
    for (start, row) in starts.iter_mut().zip(rows) {
        assert!(row.len() >= bytes, "a row that is shorter than its block");
        *start = row.as_ptr();
    }
    starts
}

/// One register tile: `sums[i, ..] += rows[i] @ block`, of as many rows as there are kernels for at most. A step of a row has `row_step` bytes.
fn tile(kernels: &[Kernel], row_step: usize, rows: &[&[u8]], block: &Block<'_>, sums: &mut [f32], pitch: usize) {
    let steps = block.steps.len() / STEP_BYTES;
    assert!(pitch >= COLS && block.steps.len() == steps * STEP_BYTES, "a block that is no panel");
    let sums = &mut sums[..(rows.len() - 1) * pitch + COLS];
    let scale = block.scale.map_or(std::ptr::null(), |scale| scale.as_ptr());
    let tile = Tile {
        rows: starts(rows, steps * row_step),
        panel: block.steps.as_ptr(),
        steps,
        sums: sums.as_mut_ptr(),
        pitch,
        first: block.at == 0,
        scale,
        next: if block.next.is_empty() { std::ptr::null() } else { block.next.as_ptr() },
        pace: ((block.next.len() / CACHE_LINE) << 16) / (2 * steps).max(1),
    };
    #[allow(unsafe_code, reason = "the call of a kernel")]
    // SAFETY: kernels of an instruction set are handed out where it is available only; there are a kernel's number of rows with the block's steps, `sums` has their rows
    // of COLS elements, the panel is `steps` steps long and the scale COLS factors, all by the slices that they were taken from.
    unsafe {
        kernels[rows.len() - 1](&tile);
    }
}
