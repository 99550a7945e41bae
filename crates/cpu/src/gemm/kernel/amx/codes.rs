//! Products with codes of four bits, which become bf16 while the chunk before them is multiplied.

use std::arch::asm;
use std::mem::offset_of;

use super::super::avx512::CODES_AS_BF16;
use super::super::{CODE_STEP_BYTES, CodesBlock};
use super::{CHUNK_BYTES, CHUNK_STEPS, COLS, ROW_BYTES, STEP_BYTES, Unit};

/// Bytes of a chunk of codes.
const CODE_CHUNK_BYTES: usize = CHUNK_STEPS * CODE_STEP_BYTES;
const _: () = assert!(CODE_CHUNK_BYTES == 1024 && CHUNK_BYTES == 4096, "as the assembly has it");
/// How far ahead of the sums codes are fetched.
const CODES_AHEAD_BYTES: usize = 4096 - 64;

/// Assembly of four steps of codes, and hints for some to come.
macro_rules! widen_quarter {
    ($codes:literal, $to:literal) => {
        concat!(
            widen_step!($codes, " + 0]", $to, " + 0"),
            widen_step!($codes, " + 64]", $to, " + 256"),
            widen_step!($codes, " + 128]", $to, " + 512"),
            widen_step!($codes, " + 192]", $to, " + 768")
        )
    };
}
macro_rules! widen_step {
    ($codes:literal, $step:literal, $to:literal, $to_step:literal) => {
        concat!(
            "vmovdqu64 zmm16, zmmword ptr [{codes} + ",
            $codes,
            $step,
            "\n",
            "prefetcht1 [{codes} + {ahead} + ",
            $codes,
            $step,
            "\n",
            "vpsrlw zmm17, zmm16, 4\n",
            "vpsrlw zmm18, zmm16, 8\n",
            "vpsrlw zmm19, zmm16, 12\n",
            "vpermw zmm16, zmm16, zmm20\n",
            "vpermw zmm17, zmm17, zmm20\n",
            "vpermw zmm18, zmm18, zmm20\n",
            "vpermw zmm19, zmm19, zmm20\n",
            "vmovdqu64 zmmword ptr [{to} + ",
            $to,
            $to_step,
            "], zmm16\n",
            "vmovdqu64 zmmword ptr [{to} + ",
            $to,
            $to_step,
            " + 64], zmm17\n",
            "vmovdqu64 zmmword ptr [{to} + ",
            $to,
            $to_step,
            " + 128], zmm18\n",
            "vmovdqu64 zmmword ptr [{to} + ",
            $to,
            $to_step,
            " + 192], zmm19\n",
        )
    };
}

/// Assembly of the products of one chunk, with what is done between them.
macro_rules! multiply_chunk {
    ($first:expr, $second:expr, $third:expr, $fourth:expr) => {
        concat!(
            "tileloadd tmm4, [{left} + {row}]\n",
            $first,
            "tileloadd tmm5, [{from} + {step}]\n",
            "tdpbf16ps tmm0, tmm4, tmm5\n",
            $second,
            "tileloadd tmm6, [{from} + {step} + 64]\n",
            "tdpbf16ps tmm1, tmm4, tmm6\n",
            $third,
            "tileloadd tmm7, [{from} + {step} + 128]\n",
            "tdpbf16ps tmm2, tmm4, tmm7\n",
            $fourth,
            "tileloadd tmm5, [{from} + {step} + 192]\n",
            "tdpbf16ps tmm3, tmm4, tmm5\n",
        )
    };
}

/// Assembly that adds a part's sums, scaled, to those of all, and begins anew.
macro_rules! end_part {
    () => {
        concat!(
            "mov {at}, [{args} + {OWN}]\n",
            "tilestored [{at} + {step}], tmm0\n",
            "tilestored [{at} + {step} + 64], tmm1\n",
            "tilestored [{at} + {step} + 128], tmm2\n",
            "tilestored [{at} + {step} + 192], tmm3\n",
            "tilezero tmm0\n",
            "tilezero tmm1\n",
            "tilezero tmm2\n",
            "tilezero tmm3\n",
            "mov {to_sums}, [{args} + {SCALES}]\n",
            "vmovups zmm21, zmmword ptr [{to_sums}]\n",
            "vmovups zmm22, zmmword ptr [{to_sums} + 64]\n",
            "vmovups zmm23, zmmword ptr [{to_sums} + 128]\n",
            "vmovups zmm24, zmmword ptr [{to_sums} + 192]\n",
            "add {to_sums}, [{args} + {SCALE_STEP}]\n",
            "mov [{args} + {SCALES}], {to_sums}\n",
            "mov {to_sums}, [{args} + {SUMS}]\n",
            "mov {count}, [{args} + {HEIGHT}]\n",
            "6:\n",
            "vmovups zmm16, zmmword ptr [{at}]\n",
            "vmovups zmm17, zmmword ptr [{at} + 64]\n",
            "vmovups zmm18, zmmword ptr [{at} + 128]\n",
            "vmovups zmm19, zmmword ptr [{at} + 192]\n",
            "vfmadd213ps zmm16, zmm21, zmmword ptr [{to_sums}]\n",
            "vfmadd213ps zmm17, zmm22, zmmword ptr [{to_sums} + 64]\n",
            "vfmadd213ps zmm18, zmm23, zmmword ptr [{to_sums} + 128]\n",
            "vfmadd213ps zmm19, zmm24, zmmword ptr [{to_sums} + 192]\n",
            "vmovups zmmword ptr [{to_sums}], zmm16\n",
            "vmovups zmmword ptr [{to_sums} + 64], zmm17\n",
            "vmovups zmmword ptr [{to_sums} + 128], zmm18\n",
            "vmovups zmmword ptr [{to_sums} + 192], zmm19\n",
            "add {at}, {step}\n",
            "add {to_sums}, [{args} + {PITCH}]\n",
            "dec {count}\n",
            "jnz 6b\n",
        )
    };
}

/// What the assembly for codes needs rarely.
#[repr(C)]
struct CodesArgs {
    own: *mut f32,
    scales: *const f32,
    scale_step: usize,
    sums: *mut f32,
    pitch: usize,
    height: usize,
    left_chunk: usize,
    part_chunks: usize,
}

impl Unit {
    /// `sums += left @ block` in bf16, without `+` for the first block, part by part. A chunk of codes becomes numbers in `wide` while the one before is multiplied; `own`
    /// is for a part's sums. Rows of `sums` are `pitch` elements apart, with [`COLS`] columns at their beginning.
    pub(in crate::gemm) fn multiply_codes(
        &self,
        left: &[u8],
        block: &CodesBlock<'_>,
        wide: &mut [[u8; CHUNK_BYTES]; 2],
        own: &mut [[f32; COLS]],
        sums: &mut [f32],
        pitch: usize,
    ) {
        let (chunks, part_chunks) = (block.codes.len() / CODE_CHUNK_BYTES, block.part_steps / CHUNK_STEPS);
        let shape = block.codes.len() == chunks * CODE_CHUNK_BYTES && left.len() == chunks * self.chunk_bytes();
        assert!(chunks > 0 && part_chunks > 0 && block.part_steps.is_multiple_of(CHUNK_STEPS) && shape, "operands of other shapes");
        assert!(block.scales.len() >= if block.one_scale { 1 } else { chunks.div_ceil(part_chunks) }, "too few scales");
        assert!(pitch >= COLS && sums.len() >= (self.height - 1) * pitch + COLS && own.len() >= self.height, "sums of another shape");
        if block.first {
            sums.chunks_mut(pitch).take(self.height).for_each(|row| row[..COLS].fill(0.0));
        }
        let mut args = CodesArgs {
            own: own.as_mut_ptr().cast(),
            scales: block.scales.as_ptr().cast(),
            scale_step: if block.one_scale { 0 } else { 4 * COLS },
            sums: sums.as_mut_ptr(),
            pitch: 4 * pitch,
            height: self.height,
            left_chunk: self.chunk_bytes(),
            part_chunks,
        };
        let [this, other] = wide;
        // SAFETY: the unit is set up for tiles of this height, where there is AVX-512 BW, and the slices have what is read and written; fetching is a hint.
        unsafe {
            asm!(
                "vmovdqu64 zmm20, zmmword ptr [{at}]",
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                widen_quarter!("0", "0"),
                widen_quarter!("256", "1024"),
                widen_quarter!("512", "2048"),
                widen_quarter!("768", "3072"),
                "mov {in_part}, [{args} + {PART_CHUNKS}]",
                "jmp 3f",
                "2:",
                multiply_chunk!(widen_quarter!("0", "0"), widen_quarter!("256", "1024"), widen_quarter!("512", "2048"), widen_quarter!("768", "3072")),
                "add {left}, [{args} + {LEFT_CHUNK}]",
                "dec {in_part}",
                "jnz 3f",
                end_part!(),
                "mov {in_part}, [{args} + {PART_CHUNKS}]",
                "3:",
                "add {codes}, 1024",
                "xchg {to}, {from}",
                "dec {chunks}",
                "jnz 2b",
                multiply_chunk!("", "", "", ""),
                end_part!(),
                args = in(reg) &mut args,
                left = inout(reg) left.as_ptr() => _,
                row = in(reg) ROW_BYTES,
                step = in(reg) STEP_BYTES,
                codes = inout(reg) block.codes.as_ptr() => _,
                to = inout(reg) this => _,
                from = inout(reg) other => _,
                chunks = inout(reg) chunks => _,
                in_part = out(reg) _,
                at = inout(reg) &CODES_AS_BF16 => _,
                to_sums = out(reg) _,
                count = out(reg) _,
                ahead = const CODES_AHEAD_BYTES,
                OWN = const offset_of!(CodesArgs, own),
                SCALES = const offset_of!(CodesArgs, scales),
                SCALE_STEP = const offset_of!(CodesArgs, scale_step),
                SUMS = const offset_of!(CodesArgs, sums),
                PITCH = const offset_of!(CodesArgs, pitch),
                HEIGHT = const offset_of!(CodesArgs, height),
                LEFT_CHUNK = const offset_of!(CodesArgs, left_chunk),
                PART_CHUNKS = const offset_of!(CodesArgs, part_chunks),
                out("zmm16") _, out("zmm17") _, out("zmm18") _, out("zmm19") _, out("zmm20") _,
                out("zmm21") _, out("zmm22") _, out("zmm23") _, out("zmm24") _,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack),
            );
        }
    }
}
