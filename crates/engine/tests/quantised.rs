//! Models whose matrices are quantised at load.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod edited;

use std::sync::Arc;

use ascend_compute::ops::Weight;
use ascend_compute::{DType, Device, host, to_host};
use ascend_engine::Error;
use ascend_engine::checkpoint::{Checkpoint, Encoding};
use ascend_engine::models::{self, LoadOptions};
use ascend_engine::quantize::Quantize;
use ascend_engine::weights::Weights;
use edited::{Counting, Edited, bytes, cpu, logits, logits_with};

const MODELS: [&str; 5] = ["llama_dense", "mixtral", "qwen3_moe", "gpt_oss", "deepseek_v3"];

/// A device that leaves weights as they are.
fn plain() -> Arc<dyn Device> {
    Arc::new(Counting::over(cpu()))
}

/// Codes in the order of the logical `[.., K, N]`, and scales `[.., G, N]`.
fn parts(device: &dyn Device, weight: &Weight) -> (Vec<i64>, Vec<f64>) {
    let scale = &weight.quant.as_ref().unwrap().scale;
    (host::to_i64(&to_host(device, &weight.data).unwrap()).unwrap(), host::to_f64(&to_host(device, scale).unwrap()).unwrap())
}

fn turned<T: Copy>(values: &[T], rows: usize) -> Vec<T> {
    let columns = values.len() / rows;
    (0..columns).flat_map(|c| (0..rows).map(move |r| values[r * columns + c])).collect()
}

#[test]
fn codes_of_a_little_matrix_in_literal_numbers() {
    // Scales 0.5, 0 and 2; halves go to the even code.
    let values = [63.5, -63.5, 0.25, 0.75, 0., 0., 0., 0., -254., 1., 3., 5.];
    let checkpoint = Edited::new("llama_dense").with_tensor("m", Encoding::F32, &[3, 4], bytes(&values));
    let device = plain();
    let weights = Weights { checkpoint: &checkpoint, device: &device, dtype: DType::F32, quantize: Some(Quantize::W8A8), stored: false };
    let (codes, scales) = parts(&*device, &weights.fused(&[("m".into(), 3)], 4).unwrap());
    assert_eq!(turned(&codes, 4), [127, -127, 0, 2, 0, 0, 0, 0, -127, 0, 2, 2]);
    assert_eq!(scales, [0.5, 0., 2.]);
}

#[test]
fn groups_of_a_little_matrix_in_literal_numbers() {
    // One row of three groups of 32 with scales 1, 0.5 and 0, and its double with a sign.
    let mut row = [0f32; 96];
    row[..8].copy_from_slice(&[7., -7., 1., 0.5, 1.5, -2.5, 6.4, -0.6]);
    row[63] = -3.5;
    row[32] = 1.25;
    let doubled: Vec<f32> = row.iter().map(|x| -2. * x).collect();
    let mut want = [0i64; 96];
    want[..8].copy_from_slice(&[7, -7, 1, 0, 2, -2, 6, -1]);
    (want[63], want[32]) = (-7, 2);
    let want: Vec<i64> = want.into_iter().chain(want.map(|c| -c)).collect();

    let values = [&row[..], &doubled].concat();
    let checkpoint = Edited::new("gpt_oss").with_tensor("nk", Encoding::F32, &[1, 2, 96], bytes(&values)).with_tensor(
        "kn",
        Encoding::F32,
        &[1, 96, 2],
        bytes(&turned(&values, 2)),
    );
    let device = plain();
    let weights = Weights { checkpoint: &checkpoint, device: &device, dtype: DType::F32, quantize: Some(Quantize::W4A16), stored: false };
    for weight in [weights.stacked_nk("nk", [1, 2, 96]).unwrap(), weights.stacked_kn("kn", [1, 96, 2]).unwrap()] {
        let (codes, scales) = parts(&*device, &weight);
        assert_eq!(turned(&codes, 96), want);
        assert_eq!(scales, [1., 2., 0.5, 1., 0., 0.]);
        assert_eq!(weight.quant.unwrap().group, 32);
    }
}

#[test]
fn groups_divide_what_they_can() {
    let groups = [4096, 576, 96, 128, 32, 200, 2880].map(|k| Quantize::W4A16.group(k));
    assert_eq!(groups, [128, 64, 32, 0, 0, 32, 64]);
    assert_eq!(Quantize::W8A8.group(4096), 0);
    assert!(Quantize::ALL.iter().all(|&q| Quantize::parse(q.name()) == Some(q)) && Quantize::parse("w2").is_none());
}

#[test]
fn memory_is_a_quarter_and_an_eighth() {
    let (n, k) = (512, 1024);
    let values: Vec<f32> = (0..n * k).map(|i| (i % 255) as f32 - 127.).collect();
    let checkpoint = Edited::new("llama_dense").with_tensor("m", Encoding::F32, &[n, k], bytes(&values));
    let used = |quantize| {
        let device = plain();
        let weights = Weights { checkpoint: &checkpoint, device: &device, dtype: DType::F32, quantize, stored: false };
        let _weight = weights.fused(&[("m".into(), n)], k).unwrap();
        device.memory().unwrap().used_bytes
    };
    let whole = used(None);
    assert_eq!(whole, n * k * 4);
    assert_eq!(used(Some(Quantize::W8A8)), whole / 4 + n * 4);
    assert_eq!(used(Some(Quantize::W4A16)), whole / 8 + n * k / 128 * 4);
}

#[test]
fn a_model_shrinks_by_its_matrices() {
    // Per layer: qkv 128, o 64, gate and up 320 rows of 64, down 64 rows of 160; two layers.
    let matrices = 2 * ((128 + 64 + 320) * 64 + 64 * 160);
    let columns = 2 * (128 + 64 + 320 + 64);
    let used = |options: LoadOptions| {
        let device = plain();
        let model = models::load(&Edited::new("llama_dense"), &device, options).unwrap();
        (device.memory().unwrap().used_bytes, model).0
    };
    let floats = used(DType::F32.into());
    let int8 = used(LoadOptions::from(DType::F32).with_quantize(Quantize::W8A8));
    assert_eq!(floats - int8, matrices * 3 - columns * 4);
}

#[test]
fn what_has_no_code_is_refused_by_name() {
    let name = "model.layers.1.mlp.down_proj.weight";
    for bad in [f32::NAN, f32::NEG_INFINITY] {
        let mut values = Edited::new("llama_dense").floats(name);
        values[1000] = bad;
        let checkpoint = Edited::new("llama_dense").with_tensor(name, Encoding::F32, &[64, 160], bytes(&values));
        for how in Quantize::ALL {
            let refused = models::load(&checkpoint, &cpu(), LoadOptions::from(DType::F32).with_quantize(how)).map(|_| ()).unwrap_err();
            assert!(matches!(&refused, Error::Format { message, .. } if message.contains(name)), "{refused}");
        }
        assert!(models::load(&checkpoint, &cpu(), DType::F32).is_ok());
    }
}

/// What the codes of a row stand for, as the documentation of [`Quantize`] says it.
fn dequantised(row: &[f32], how: Quantize) -> Vec<f32> {
    let group = if how.group(row.len()) == 0 { row.len() } else { how.group(row.len()) };
    let c = if how == Quantize::W8A8 { 127. } else { 7. };
    let of_group = |group: &[f32]| {
        let scale = group.iter().fold(0f32, |m, x| m.max(x.abs())) / c;
        group.iter().map(|x| if scale == 0. { 0. } else { (x / scale).round_ties_even() * scale }).collect::<Vec<_>>()
    };
    row.chunks(group).flat_map(of_group).collect()
}

/// A model of floats that stand where the codes of the quantised one do.
fn on_the_grid(model: &str, how: Quantize) -> Edited {
    let mut grid = Edited::new(model);
    let names: Vec<String> = grid.names().into_iter().map(str::to_owned).collect();
    for name in names {
        let projection = (name.contains("_proj") || name.contains(".experts.")) && !name.ends_with("bias");
        if !projection || name.contains("kv_b_proj") {
            continue;
        }
        let (values, shape) = (grid.floats(&name), grid.tensor(&name).unwrap().unwrap().shape);
        let rows = |values: &[f32], k: usize| values.chunks_exact(k).flat_map(|row| dequantised(row, how)).collect::<Vec<_>>();
        let new = match shape[..] {
            [_, k] => rows(&values, k),
            // [E, K, N].
            [_, k, n] => values.chunks_exact(k * n).flat_map(|of_expert| turned(&rows(&turned(of_expert, k), k), n)).collect(),
            _ => panic!("{name} of shape {shape:?}"),
        };
        grid = grid.with_tensor(&name, Encoding::F32, &shape, bytes(&new));
    }
    grid
}

/// For each position the root mean square of the logits' difference, as a share of that of `want`; in rising order.
fn relative_errors(got: &[f32], want: &[f32]) -> Vec<f64> {
    let squares = |x: &mut dyn Iterator<Item = f32>| x.map(|x| f64::from(x) * f64::from(x)).sum::<f64>();
    let mut errors: Vec<f64> = got
        .chunks(256)
        .zip(want.chunks(256))
        .map(|(got, want)| (squares(&mut got.iter().zip(want).map(|(a, b)| a - b)) / squares(&mut want.iter().copied())).sqrt())
        .collect();
    errors.sort_by(f64::total_cmp);
    errors
}

/// What the error of a logit should be about, as a share of the logits.
///
/// A code is off by up to half a step of `max / c`, `1 / sqrt(12)` of a step in the mean square. The largest of 64 normal numbers is about 2.5 standard deviations, so a
/// product is off by `2.5 / sqrt(12) / c` of itself, and by as much again, independently, when its activations have codes too. Four products a layer (qkv, o, gate and up,
/// down) add their errors to the residual stream, independently.
fn expected_error(how: Quantize, layers: usize) -> f64 {
    let rounded = if how == Quantize::W8A8 { 2. } else { 1. };
    2.5 / 12f64.sqrt() / f64::from(how.largest_code()) * (rounded * 4. * layers as f64).sqrt()
}

#[test]
fn quantised_models_are_off_by_what_their_steps_explain() {
    for model in MODELS {
        let floats = logits(&Edited::new(model));
        let layers = Edited::new(model).config["num_hidden_layers"].as_u64().unwrap() as usize;
        for how in Quantize::ALL {
            let got = logits_with(&Edited::new(model), LoadOptions::from(DType::F32).with_quantize(how));
            // The median: a token near the edge between two experts may go to the other one.
            let (error, expected) = (relative_errors(&got, &floats)[2], expected_error(how, layers));
            assert!(error < 2. * expected && error > expected / 4., "{model}, {how:?}: off by {error:.4}, expected about {expected:.4}");
        }
    }
}

#[test]
fn weight_only_models_equal_the_floats_that_their_codes_stand_for() {
    for model in MODELS {
        let got = logits_with(&Edited::new(model), LoadOptions::from(DType::F32).with_quantize(Quantize::W4A16));
        let errors = relative_errors(&got, &logits(&on_the_grid(model, Quantize::W4A16)));
        assert!(errors[4] < 1e-5, "{model}: {errors:?}");
    }
}

#[test]
fn int8_models_differ_from_the_floats_of_their_codes_by_their_activations() {
    for model in MODELS {
        let got = logits_with(&Edited::new(model), LoadOptions::from(DType::F32).with_quantize(Quantize::W8A8));
        let error = relative_errors(&got, &logits(&on_the_grid(model, Quantize::W8A8)))[2];
        let layers = Edited::new(model).config["num_hidden_layers"].as_u64().unwrap() as usize;
        let expected = expected_error(Quantize::W8A8, layers) / 2f64.sqrt();
        assert!(error < 2. * expected && error > expected / 4., "{model}: off by {error:.4}, expected about {expected:.4}");
    }
}

/// A model whose dense matrices are stored as codes: those of attention as Q4_1, the others and the embedding as Q8_0.
fn of_codes(model: &str) -> Edited {
    let mut edited = Edited::new(model);
    let names: Vec<String> = edited.names().into_iter().map(str::to_owned).collect();
    for name in names.into_iter().filter(|name| name.ends_with("_proj.weight") || name.contains("embed_tokens")) {
        let (values, shape) = (edited.floats(&name), edited.tensor(&name).unwrap().unwrap().shape);
        let half = |x: f32| ascend_compute::f16::from_f32(x).to_le_bytes();
        let four_bits = |block: &[f32]| {
            let (min, max) = block.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(min, max), &x| (min.min(x), max.max(x)));
            let d = (max - min) / 15.;
            let code = |x: f32| ((x - min) / d).round().clamp(0., 15.) as u8;
            [half(d), half(min)].into_iter().flatten().chain((0..16).map(|j| code(block[j]) | code(block[j + 16]) << 4)).collect::<Vec<_>>()
        };
        let eight_bits = |block: &[f32]| {
            let d = block.iter().fold(0f32, |max, x| max.max(x.abs())) / 127.;
            half(d).into_iter().chain(block.iter().map(|x| (x / d).round() as i8 as u8)).collect::<Vec<_>>()
        };
        let four = name.contains("self_attn");
        let stored = values.chunks(32).flat_map(|block| if four { four_bits(block) } else { eight_bits(block) }).collect();
        edited = edited.with_tensor(&name, if four { Encoding::Q4_1 } else { Encoding::Q8_0 }, &shape, stored);
    }
    edited
}

#[test]
fn stored_codes_give_the_logits_of_their_values() {
    for (model, tied) in [("llama_dense", false), ("llama_dense", true), ("qwen3_moe", false)] {
        let model = of_codes(model).with("tie_word_embeddings", tied.into());
        for dtype in [DType::F32, DType::F16] {
            let errors = relative_errors(&logits_with(&model, LoadOptions::from(dtype).with_stored()), &logits(&model));
            // The median in f16: a token near the edge between two experts may go to the other one.
            let fine = if dtype == DType::F32 { errors[4] < 1e-5 } else { errors[2] < 1e-2 };
            assert!(fine, "{dtype}, tied {tied}: {errors:?}");
        }
    }
}

#[test]
fn stored_codes_take_the_memory_of_codes() {
    let model = of_codes("llama_dense");
    let used = |options: LoadOptions| {
        let device = plain();
        let model = models::load(&model, &device, options).unwrap();
        (device.memory().unwrap().used_bytes, model).0
    };
    // Two layers: qkv 128 and o 64 rows of 64 in 4 bits, an f16 scale and an f32 offset for each 32; gate and up 320 rows of 64, down 64 of 160 in 8 bits.
    let (four, eight) = (2 * (128 + 64) * 64, 2 * (320 * 64 + 64 * 160));
    let saved = used(DType::F32.into()) - used(LoadOptions::from(DType::F32).with_stored());
    assert_eq!(saved, 4 * (four + eight) - (four / 2 + four / 32 * 6 + eight + eight / 32 * 2));
}

#[test]
fn matrices_of_several_kinds_that_one_product_takes_are_floats() {
    let device = plain();
    let (codes, floats) = (vec![0u8; 2 * 20], bytes(&[0.5; 64]));
    let checkpoint = Edited::new("llama_dense").with_tensor("codes", Encoding::Q4_1, &[2, 32], codes).with_tensor(
        "floats",
        Encoding::F32,
        &[2, 32],
        floats,
    );
    let weights = Weights { checkpoint: &checkpoint, device: &device, dtype: DType::F32, quantize: None, stored: true };
    let dtype = |parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|name| (name.to_string(), 2)).collect();
        weights.fused(&parts, 32).unwrap().data.dtype()
    };
    assert_eq!([dtype(&["codes"]), dtype(&["codes", "codes"]), dtype(&["codes", "floats"])], [DType::I4, DType::I4, DType::F32]);
}
