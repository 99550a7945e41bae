use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Tensors in memory.
#[derive(Debug, Default)]
struct Memory(Vec<(&'static str, Encoding, Vec<usize>, Vec<u8>)>);

impl Checkpoint for Memory {
    fn path(&self) -> &Path {
        Path::new("memory")
    }
    fn config(&self) -> &Value {
        &Value::Null
    }
    fn names(&self) -> Vec<&str> {
        self.0.iter().map(|t| t.0).collect()
    }
    fn tensor(&self, name: &str) -> Result<Option<Stored<'_>>> {
        let found = self.0.iter().find(|t| t.0 == name);
        Ok(found.map(|(_, encoding, shape, bytes)| Stored { encoding: *encoding, shape: shape.clone(), bytes: Cow::Borrowed(bytes) }))
    }
}

fn decoded(encoding: Encoding, shape: &[usize], bytes: &[u8]) -> Vec<f32> {
    let memory = Memory(vec![("w", encoding, shape.to_vec(), bytes.to_vec())]);
    Decoder::open(&memory, "w").unwrap().unwrap().decode_all().unwrap()
}

fn half(x: f32) -> [u8; 2] {
    f16::from_f32(x).to_le_bytes()
}

/// Byte `i` is `step * i + first`.
fn ramp(len: usize, step: usize, first: usize) -> Vec<u8> {
    (0..len).map(|i| (step * i + first) as u8).collect()
}

/// Sum of `(i + 1) * x_i`: wrong values and wrong places change it.
fn weighted(values: &[f32]) -> f64 {
    values.iter().enumerate().map(|(i, &x)| (i + 1) as f64 * f64::from(x)).sum()
}

#[test]
fn plain_floats_decode_to_themselves() {
    assert_eq!(decoded(Encoding::F32, &[2], &[0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0]), [1.5, -2.0]);
    assert_eq!(decoded(Encoding::F16, &[3], &[0x00, 0x3c, 0x01, 0x00, 0x00, 0xfc]), [1.0, 2f32.powi(-24), f32::NEG_INFINITY]);
    assert_eq!(decoded(Encoding::BF16, &[2], &[0x80, 0x3f, 0x49, 0xc0]), [1.0, -3.140625]);
}

#[test]
fn q8_0_is_code_times_scale() {
    let mut block = half(0.5).to_vec();
    block.extend(ramp(32, 37, 11));
    let values = decoded(Encoding::Q8_0, &[32], &block);
    // 11, 48, 85, 122, then 159 - 256.
    assert_eq!(values[..5], [5.5, 24.0, 42.5, 61.0, -48.5]);
    assert_eq!(weighted(&values), -1944.0);
}

#[test]
fn q4_0_keeps_the_second_half_in_high_nibbles() {
    let mut block = half(-0.25).to_vec();
    block.extend(ramp(16, 29, 3));
    let values = decoded(Encoding::Q4_0, &[32], &block);
    // Bytes 0x03, 0x20: low nibbles 3, 0; high nibbles 0, 2; less 8, times -0.25.
    assert_eq!(values[..2], [1.25, 2.0]);
    assert_eq!(values[16..18], [2.0, 1.5]);
    assert_eq!(weighted(&values), 132.75);
}

#[test]
fn q4_1_adds_a_minimum() {
    let mut block = [half(0.125), half(-1.5)].concat();
    block.extend(ramp(16, 29, 3));
    let values = decoded(Encoding::Q4_1, &[32], &block);
    assert_eq!(values[..2], [-1.125, -1.5]);
    assert_eq!(values[16..18], [-1.5, -1.25]);
    assert_eq!(weighted(&values), -330.375);
}

#[test]
fn gguf_mxfp4_keeps_the_second_half_in_high_nibbles() {
    let mut block = vec![125];
    block.extend(ramp(16, 29, 3));
    let values = decoded(Encoding::Mxfp4, &[32], &block);
    // Scale 1/4; code 3 is 1.5, code 0 is 0; high codes 0 and 2 are 0 and 1.
    assert_eq!(values[..2], [0.375, 0.0]);
    assert_eq!(values[16..18], [0.0, 0.25]);
    assert_eq!(weighted(&values), 77.375);
}

/// The expected numbers are those of the `gguf` Python package for these bytes.
#[test]
fn q4_k_unpacks_six_bit_scales_and_minima() {
    let mut block = [half(0.0625), half(0.25)].concat();
    block.extend(ramp(12, 53, 201));
    block.extend(ramp(128, 29, 3));
    let values = decoded(Encoding::Q4K, &[256], &block);
    // Scale byte 201 & 63 = 9, minimum byte (4 * 53 + 201) & 63 = 29: 0.0625 * 9 * 3 - 0.25 * 29.
    assert_eq!(values[0], -5.5625);
    let at = [31, 32, 63, 64, 95, 96, 127, 128, 159, 160, 191, 192, 223, 224, 255].map(|i: usize| values[i]);
    let expected = [-3.875, -4.5, 26.5, 7.8125, 17.375, 10.0, -10.0, -0.5625, 8.625, -1.0, 26.0, -1.1875, 0.875, 13.75, 5.75];
    assert_eq!(at, expected);
    assert_eq!(weighted(&values), 298_899.5);
}

/// The expected numbers are those of the `gguf` Python package for these bytes.
#[test]
fn q6_k_joins_nibbles_and_bit_pairs() {
    let mut block = [ramp(128, 29, 3), ramp(64, 43, 7), ramp(16, 91, 130)].concat();
    block.extend(half(0.03125));
    let values = decoded(Encoding::Q6K, &[256], &block);
    // Nibble 3, bits 7 & 3 = 3: code 51; scale 130 - 256 = -126: 0.03125 * -126 * (51 - 32).
    assert_eq!(values[0], -74.8125);
    let at = [31, 32, 63, 64, 95, 96, 127, 128, 159, 160, 191, 192, 223, 224, 255].map(|i: usize| values[i]);
    let expected = [28.4375, -22.75, -74.9375, 18.0, 54.75, 63.25, 0.9375, 53.4375, 60.9375, -6.5, 73.5625, -7.25, -4.125, -7.75, -7.6875];
    assert_eq!(at, expected);
    assert_eq!(weighted(&values), 11_581.625);
}

#[test]
fn e4m3_has_subnormals_and_nan_but_no_infinity() {
    let codes = [0x00, 0x01, 0x07, 0x08, 0x38, 0x3c, 0x7e, 0xfe, 0x80];
    let values = codes.map(blocks::e4m3);
    assert_eq!(values, [0.0, 0.001953125, 0.013671875, 0.015625, 1.0, 1.5, 448.0, -448.0, 0.0]);
    assert!(values[8].is_sign_negative());
    assert!(blocks::e4m3(0x7f).is_nan() && blocks::e4m3(0xff).is_nan());
}

#[test]
fn e8m0_is_a_power_of_two() {
    assert_eq!([0, 1, 126, 127, 128, 254].map(blocks::e8m0), [2f32.powi(-127), 2f32.powi(-126), 0.5, 1.0, 2.0, 2f32.powi(127)]);
    assert!(blocks::e8m0(255).is_nan());
}

#[test]
fn fp8_takes_the_scale_of_its_128_by_128_block() {
    // Rows 0 to 129, columns 0 to 259: two blocks down, three across; every value is 1.
    let (rows, cols) = (130, 260);
    let scales = || (1..=6u8).map(f32::from);
    for (encoding, scales) in [
        (Encoding::F32, scales().flat_map(f32::to_le_bytes).collect::<Vec<u8>>()),
        (Encoding::BF16, scales().flat_map(|x| bf16::from_f32(x).to_le_bytes()).collect()),
        (Encoding::F16, scales().flat_map(|x| f16::from_f32(x).to_le_bytes()).collect()),
    ] {
        let memory =
            Memory(vec![("w", Encoding::F8E4M3, vec![rows, cols], vec![0x38; rows * cols]), ("w_scale_inv", encoding, vec![2, 3], scales)]);
        let decoder = Decoder::open(&memory, "w").unwrap().unwrap();
        let mut two = vec![0f32; 2 * cols];
        decoder.decode(127, &mut two).unwrap();
        let at = [0, 127, 128, 255, 256, 259];
        assert_eq!(at.map(|c| two[c]), [1.0, 1.0, 2.0, 2.0, 3.0, 3.0]);
        assert_eq!(at.map(|c| two[cols + c]), [4.0, 4.0, 5.0, 5.0, 6.0, 6.0]);
    }
}

#[test]
fn gpt_oss_mxfp4_keeps_neighbours_in_one_byte() {
    let blocks = [[0x21; 16], [0xf7; 16]].concat();
    let memory =
        Memory(vec![("w_blocks", Encoding::U8, vec![1, 2, 1, 16], blocks), ("w_scales", Encoding::U8, vec![1, 2, 1], vec![127, 129])]);
    let decoder = Decoder::open(&memory, "w").unwrap().unwrap();
    assert_eq!(decoder.shape(), [1, 2, 32]);
    let values: Vec<f32> = decoder.decode_all().unwrap();
    assert_eq!(values[..4], [0.5, 1.0, 0.5, 1.0]);
    assert_eq!(values[32..36], [24.0, -24.0, 24.0, -24.0]);
}

#[test]
fn wrong_companions_are_refused_by_name() {
    let lone = Memory(vec![("w", Encoding::F8E4M3, vec![2, 2], vec![0; 4])]);
    assert!(matches!(Decoder::open(&lone, "w"), Err(Error::MissingTensor { name, .. }) if name == "w_scale_inv"));
    let small = Memory(vec![("w", Encoding::F8E4M3, vec![129, 2], vec![0; 258]), ("w_scale_inv", Encoding::F32, vec![1, 1], vec![0; 4])]);
    let error = Decoder::open(&small, "w").unwrap_err().to_string();
    assert!(error.contains("`w`") && error.contains("[2, 1]"), "{error}");
    let blocks = Memory(vec![("w_blocks", Encoding::U8, vec![2, 1, 15], vec![0; 30]), ("w_scales", Encoding::U8, vec![2, 1], vec![0; 2])]);
    assert!(Decoder::open(&blocks, "w").is_err());
    let raw = Memory(vec![("w", Encoding::U8, vec![2], vec![0; 2])]);
    assert!(Decoder::open(&raw, "w").is_err());
    assert!(Decoder::open(&raw, "v").unwrap().is_none());
}

#[test]
fn rows_out_of_range_are_refused() {
    let memory = Memory(vec![("w", Encoding::F32, vec![2, 3], vec![0; 24]), ("empty", Encoding::F32, vec![4, 0], vec![])]);
    let decoder = Decoder::open(&memory, "w").unwrap().unwrap();
    assert!(decoder.decode(0, &mut [0f32; 6]).is_ok());
    assert!(decoder.decode(2, &mut [0f32; 0]).is_ok());
    for (first, len) in [(1, 6), (2, 3), (0, 4), (usize::MAX, 3)] {
        assert!(decoder.decode(first, &mut vec![0f32; len]).is_err(), "{first} {len}");
    }
    let empty = Decoder::open(&memory, "empty").unwrap().unwrap();
    assert!(empty.decode_all::<f32>().unwrap().is_empty());
    assert!(empty.decode(0, &mut [0f32; 1]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Floats that a type can hold come back as they were, in rows of any length and in pieces.
    #[test]
    fn floats_round_trip(rows in 1usize..4, cols in 1usize..600, seed in any::<u32>()) {
        let values: Vec<f32> = (0..rows * cols).map(|i| (seed.wrapping_mul(i as u32 + 1) >> 24) as f32 - 128.0).collect();
        let f32s: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let f16s: Vec<u8> = values.iter().flat_map(|&x| half(x)).collect();
        let bf16s: Vec<u8> = values.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes()).collect();
        for (encoding, bytes) in [(Encoding::F32, f32s), (Encoding::F16, f16s), (Encoding::BF16, bf16s)] {
            let memory = Memory(vec![("w", encoding, vec![rows, cols], bytes)]);
            let decoder = Decoder::open(&memory, "w").unwrap().unwrap();
            for row in 0..rows {
                let mut out = vec![bf16::ZERO; cols];
                decoder.decode(row, &mut out).unwrap();
                prop_assert!(out.iter().zip(&values[row * cols..]).all(|(a, b)| a.to_f32() == *b));
            }
        }
    }

    /// A row of nibble or byte codes comes back as these codes.
    #[test]
    fn codes_round_trip(codes in proptest::collection::vec(0u8..16, 32 * 5)) {
        let mut q8 = Vec::new();
        let mut q4 = Vec::new();
        for block in codes.chunks(32) {
            q8.extend(half(2.0));
            q8.extend(block.iter().map(|&c| (c as i8 - 8) as u8));
            q4.extend(half(2.0));
            q4.extend((0..16).map(|j| block[j] | block[j + 16] << 4));
        }
        let expected: Vec<f32> = codes.iter().map(|&c| 2.0 * (f32::from(c) - 8.0)).collect();
        prop_assert_eq!(&decoded(Encoding::Q8_0, &[1, 160], &q8), &expected);
        prop_assert_eq!(&decoded(Encoding::Q4_0, &[160], &q4), &expected);
    }
}

/// What the codes of a tensor stand for.
fn from_codes(encoding: Encoding, shape: &[usize], bytes: &[u8]) -> Option<(CodeKind, Vec<f32>)> {
    let memory = Memory(vec![("w", encoding, shape.to_vec(), bytes.to_vec())]);
    let decoder = Decoder::open(&memory, "w").unwrap().unwrap();
    let (kind, mut all) = (decoder.code_kind()?, Codes::default());
    decoder.append_codes(&mut all);
    let range = if kind.dtype == ascend_compute::DType::I4 { -8..=7 } else { -128..=127 };
    assert!(all.codes.iter().all(|code| range.contains(code)), "{encoding:?}");
    assert!(kind.offsets || all.offsets.iter().all(|&offset| offset == 0.0), "{encoding:?}");
    let held = |&scale: &f32| kind.scales == ascend_compute::DType::F32 || f16::from_f32(scale).to_f32() == scale;
    assert!(all.scales.iter().all(held), "{encoding:?}");
    let groups = all.codes.chunks(CodeKind::GROUP).zip(all.scales.iter().zip(&all.offsets));
    Some((kind, groups.flat_map(|(codes, (scale, offset))| codes.iter().map(move |&code| f32::from(code) * scale + offset)).collect()))
}

#[test]
fn codes_stand_for_the_values() {
    for (encoding, scalars) in [(Encoding::Q8_0, 1), (Encoding::Q4_0, 1), (Encoding::Q4_1, 2), (Encoding::Q4K, 2)] {
        // Two rows of two blocks, with scales that have few bits, so that no sum is rounded.
        let columns = 2 * encoding.block_values();
        let block = |i: usize| {
            let scalars: Vec<u8> = (0..scalars).flat_map(|j| half([0.25, -1.5, 0.75, 3.0][(i + j) % 4])).collect();
            [&scalars[..], &ramp(encoding.block_bytes() - scalars.len(), 29 + 2 * i, i)].concat()
        };
        let bytes: Vec<u8> = (0..4).flat_map(block).collect();
        let (kind, values) = from_codes(encoding, &[2, columns], &bytes).unwrap();
        assert_eq!(values, decoded(encoding, &[2, columns], &bytes), "{encoding:?}");
        assert_eq!(kind.offsets, scalars == 2, "{encoding:?}");
    }
}

#[test]
fn other_encodings_have_no_codes() {
    for (encoding, bytes) in [(Encoding::F32, 4 * 256), (Encoding::BF16, 2 * 256), (Encoding::Mxfp4, 17 * 8), (Encoding::Q6K, 210)] {
        assert!(from_codes(encoding, &[1, 256], &vec![0; bytes]).is_none(), "{encoding:?}");
    }
}
