//! Blocks of the encodings, decoded to f32 with the arithmetic of ggml, so that the results are the same bits.
//!
//! Scalars are little-endian. Layouts (`d`, `m`: f16; `q`: codes), in the order in which they are stored:
//!
//! | encoding | bytes | layout | value |
//! |---|---|---|---|
//! | Q8_0 | 34 | `d`, 32 × i8 | `d·q` |
//! | Q4_0 | 18 | `d`, 16 bytes: value `j` in the low nibble of byte `j`, `j + 16` in the high one | `d·(q − 8)` |
//! | Q4_1 | 20 | `d`, `m`, 16 bytes as in Q4_0 | `d·q + m` |
//! | Q4_K | 144 | `d`, `m`, 12 bytes of 8 scales and 8 minima of 6 bits, 128 bytes: 64 values in 32 bytes, low nibbles first | `d·s·q − m·t` |
//! | Q6_K | 210 | 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 × i8 scales, `d` | `d·s·(q − 32)` |
//! | MXFP4 | 17 | exponent byte, 16 bytes of e2m1 as in Q4_0 | `2^(e − 127)·q` |
//!
//! Sources: `ggml-common.h` and `ggml-quants.c` of ggml; the OCP *Microscaling Formats (MX) Specification* 1.0 for e2m1 and e8m0;
//! the OCP *8-bit Floating Point Specification* 1.0 for e4m3.

use half::f16;

/// Values that share a scale in encodings of codes.
pub(super) const GROUP: usize = 32;

/// What integer codes stand for: `code * scale + offset`.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Affine {
    pub(super) scale: f32,
    pub(super) offset: f32,
}

/// Codes of Q8_0.
pub(super) fn q8_0_codes(block: &[u8; 34], codes: &mut [i8; 32], of: &mut [Affine; 1]) {
    codes.iter_mut().zip(&block[2..]).for_each(|(code, &q)| *code = q.cast_signed());
    of[0] = Affine { scale: half([block[0], block[1]]), offset: 0.0 };
}

/// Codes of Q4_0, signed.
pub(super) fn q4_0_codes(block: &[u8; 18], codes: &mut [i8; 32], of: &mut [Affine; 1]) {
    nibbles(&block[2..], codes);
    of[0] = Affine { scale: half([block[0], block[1]]), offset: 0.0 };
}

/// Codes of Q4_1, signed.
pub(super) fn q4_1_codes(block: &[u8; 20], codes: &mut [i8; 32], of: &mut [Affine; 1]) {
    nibbles(&block[4..], codes);
    let (d, m) = (half([block[0], block[1]]), half([block[2], block[3]]));
    of[0] = Affine { scale: d, offset: 8.0 * d + m };
}

/// Codes of Q4_K, signed.
pub(super) fn q4_k_codes(block: &[u8; 144], codes: &mut [i8; 256], of: &mut [Affine; 8]) {
    let (d, m) = (half([block[0], block[1]]), half([block[2], block[3]]));
    for (group, (codes, of)) in codes.as_chunks_mut::<GROUP>().0.iter_mut().zip(of).enumerate() {
        let (scale, minimum) = q4_k_scale(&block[4..16], group);
        let (d, m) = (d * f32::from(scale), m * f32::from(minimum));
        *of = Affine { scale: d, offset: 8.0 * d - m };
        for (code, &q) in codes.iter_mut().zip(&block[16 + group / 2 * 32..]) {
            *code = (if group % 2 == 0 { q & 15 } else { q >> 4 }).cast_signed() - 8;
        }
    }
}

/// The low nibbles, then the high ones, each less 8.
fn nibbles(bytes: &[u8], codes: &mut [i8; 32]) {
    for (j, &q) in bytes.iter().enumerate() {
        codes[j] = (q & 15).cast_signed() - 8;
        codes[j + 16] = (q >> 4).cast_signed() - 8;
    }
}

/// The 16 values of e2m1: sign, two exponent bits, one mantissa bit.
const E2M1: [f32; 16] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0];

/// The value of an e2m1 code: the low four bits.
pub(super) fn e2m1(code: u8) -> f32 {
    E2M1[usize::from(code & 15)]
}

/// The value of an e8m0 scale: `2^(e - 127)`, 255 is NaN.
pub(super) fn e8m0(e: u8) -> f32 {
    match e {
        255 => f32::NAN,
        0 => f32::from_bits(1 << 22),
        _ => f32::from_bits(u32::from(e) << 23),
    }
}

/// The value of an e4m3 number (the variant without infinities): bias 7, `S.1111.111` is NaN.
pub(super) fn e4m3(x: u8) -> f32 {
    let (exponent, mantissa) = ((x >> 3) & 15, f32::from(x & 7));
    let size = match (exponent, x & 7) {
        (15, 7) => f32::NAN,
        (0, _) => mantissa * 2f32.powi(-9),
        _ => (8.0 + mantissa) * 2f32.powi(i32::from(exponent) - 10),
    };
    if x & 0x80 == 0 { size } else { -size }
}

fn half(bytes: [u8; 2]) -> f32 {
    f16::from_le_bytes(bytes).to_f32()
}

pub(super) fn q8_0(block: &[u8; 34], out: &mut [f32; 32]) {
    let d = half([block[0], block[1]]);
    for (x, &q) in out.iter_mut().zip(&block[2..]) {
        *x = f32::from(q as i8) * d;
    }
}

pub(super) fn q4_0(block: &[u8; 18], out: &mut [f32; 32]) {
    let d = half([block[0], block[1]]);
    for (j, &q) in block[2..].iter().enumerate() {
        out[j] = (f32::from(q & 15) - 8.0) * d;
        out[j + 16] = (f32::from(q >> 4) - 8.0) * d;
    }
}

pub(super) fn q4_1(block: &[u8; 20], out: &mut [f32; 32]) {
    let (d, m) = (half([block[0], block[1]]), half([block[2], block[3]]));
    for (j, &q) in block[4..].iter().enumerate() {
        out[j] = f32::from(q & 15) * d + m;
        out[j + 16] = f32::from(q >> 4) * d + m;
    }
}

pub(super) fn mxfp4(block: &[u8; 17], out: &mut [f32; 32]) {
    let d = e8m0(block[0]);
    for (j, &q) in block[1..].iter().enumerate() {
        out[j] = e2m1(q) * d;
        out[j + 16] = e2m1(q >> 4) * d;
    }
}

pub(super) fn q4_k(block: &[u8; 144], out: &mut [f32; 256]) {
    let (d, m) = (half([block[0], block[1]]), half([block[2], block[3]]));
    let packed = &block[4..16];
    for group in 0..8 {
        let (scale, minimum) = q4_k_scale(packed, group);
        let (d, m) = (d * f32::from(scale), m * f32::from(minimum));
        let codes = &block[16 + group / 2 * 32..][..32];
        for (x, &q) in out[group * 32..].iter_mut().zip(codes) {
            *x = d * f32::from(if group % 2 == 0 { q & 15 } else { q >> 4 }) - m;
        }
    }
}

/// Scale and minimum of one of the eight groups. The first four have their six bits in one byte each (scales 0 to 3, minima 4 to 7);
/// the others their low four bits in bytes 8 to 11 (scale low, minimum high), and the upper two bits on top of those first bytes.
fn q4_k_scale(packed: &[u8], group: usize) -> (u8, u8) {
    if group < 4 {
        return (packed[group] & 63, packed[group + 4] & 63);
    }
    let low = packed[group + 4];
    ((low & 15) | (packed[group - 4] >> 6 << 4), (low >> 4) | (packed[group] >> 6 << 4))
}

pub(super) fn q6_k(block: &[u8; 210], out: &mut [f32; 256]) {
    let d = half([block[208], block[209]]);
    for part in 0..2 {
        let low = &block[part * 64..][..64];
        let high = &block[128 + part * 32..][..32];
        let scales = &block[192 + part * 8..][..8];
        for quarter in 0..4 {
            for l in 0..32 {
                let nibble = low[quarter % 2 * 32 + l] >> (quarter / 2 * 4) & 15;
                let code = nibble | (high[l] >> (quarter * 2) & 3) << 4;
                let scale = f32::from(scales[quarter * 2 + l / 16] as i8);
                out[part * 128 + quarter * 32 + l] = d * scale * (f32::from(code) - 32.0);
            }
        }
    }
}
