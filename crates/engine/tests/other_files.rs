//! Models from files that store the same weights another way: fp8 blocks, MXFP4, and the tensors of GGUF files.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod edited;

use std::path::Path;

use ascend_compute::DType;
use ascend_engine::checkpoint::{Checkpoint, Encoding, HfCheckpoint};
use ascend_engine::models;
use edited::{Edited, bytes, cpu, logits};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Writes a checkpoint as a Hugging Face folder.
fn write_folder(checkpoint: &Edited, folder: &Path) {
    std::fs::write(folder.join("config.json"), serde_json::to_vec(&checkpoint.config).unwrap()).unwrap();
    let stored: Vec<_> = checkpoint.names().into_iter().map(|name| (name, checkpoint.tensor(name).unwrap().unwrap())).collect();
    let views = stored.iter().map(|(name, tensor)| {
        let dtype = match tensor.encoding {
            Encoding::F32 => Dtype::F32,
            Encoding::BF16 => Dtype::BF16,
            Encoding::F8E4M3 => Dtype::F8_E4M3,
            Encoding::U8 => Dtype::U8,
            other => panic!("{name} is {other:?}"),
        };
        (*name, TensorView::new(dtype, tensor.shape.clone(), &tensor.bytes).unwrap())
    });
    safetensors::serialize_to_file(views, None, &folder.join("model.safetensors")).unwrap();
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0., |m, x| m.max(x.abs()))
}

/// The largest difference, as a share of the largest logit.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0f32, |m, (a, b)| m.max((a - b).abs())) / largest(b)
}

/// The root mean square of the difference, as a share of that of `b`, in the position where it is the median of all.
fn median_error(a: &[f32], b: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x) * f64::from(x);
    let of = |a: &[f32], b: &[f32]| {
        let difference: f64 = a.iter().zip(b).map(|(a, b)| square(a - b)).sum();
        (difference / b.iter().map(|&x| square(x)).sum::<f64>()).sqrt()
    };
    let mut errors: Vec<f64> = a.chunks(256).zip(b.chunks(256)).map(|(a, b)| of(a, b)).collect();
    errors.sort_by(f64::total_cmp);
    errors[errors.len() / 2]
}

/// The place of the number nearest to `x`.
fn nearest(numbers: &[f32], x: f32) -> usize {
    (0..numbers.len()).min_by(|&i, &j| (numbers[i] - x).abs().total_cmp(&(numbers[j] - x).abs())).unwrap()
}

/// What the bytes 0 to 126 stand for in e4m3: a sign, four bits of exponent (bias 7), three of mantissa.
fn e4m3() -> Vec<f32> {
    let number = |byte: i32| {
        let (exponent, mantissa) = (byte >> 3, (byte & 7) as f32 / 8.);
        if exponent == 0 { mantissa / 64. } else { (1. + mantissa) * 2f32.powi(exponent - 7) }
    };
    (0..127).map(number).collect()
}

#[test]
fn fp8_folder_of_deepseek_equals_the_floats_that_it_stands_for() {
    let numbers = e4m3();
    let (mut packed, mut floats) = (Edited::new("deepseek_v3"), Edited::new("deepseek_v3"));
    packed.config["quantization_config"] = serde_json::json!({"quant_method": "fp8", "weight_block_size": [128, 128]});
    let names: Vec<String> = packed.names().into_iter().filter(|name| name.contains("_proj")).map(str::to_owned).collect();
    assert!(names.len() > 70, "{}", names.len());
    for name in names {
        let values = floats.floats(&name);
        let shape = floats.tensor(&name).unwrap().unwrap().shape;
        let (rows, columns) = (shape[0], shape[1]);
        let (across, down) = (columns.div_ceil(128), rows.div_ceil(128));
        let block = |i: usize| i / columns / 128 * across + i % columns / 128;
        let mut scales = vec![0f32; across * down];
        for (i, x) in values.iter().enumerate() {
            scales[block(i)] = scales[block(i)].max(x.abs() / 448.);
        }
        let (mut codes, mut decoded) = (Vec::new(), Vec::new());
        for (i, x) in values.iter().enumerate() {
            let code = nearest(&numbers, x.abs() / scales[block(i)]);
            codes.push(code as u8 | if *x < 0. { 128 } else { 0 });
            decoded.push(numbers[code].copysign(*x) * scales[block(i)]);
        }
        packed = packed.with_tensor(&name, Encoding::F8E4M3, &shape, codes).with_tensor(
            &format!("{name}_scale_inv"),
            Encoding::F32,
            &[down, across],
            bytes(&scales),
        );
        floats = floats.with_tensor(&name, Encoding::F32, &shape, bytes(&decoded));
    }
    let folder = tempfile::tempdir().unwrap();
    write_folder(&packed, folder.path());
    let got = logits(&HfCheckpoint::open(folder.path()).unwrap());
    assert_eq!(got, logits(&floats));
    // Three bits of mantissa: a value is off by up to a sixteenth of itself, a quarter of that in the mean.
    let off = median_error(&got, &logits(&Edited::new("deepseek_v3")));
    assert!(off > 0.005 && off < 0.2, "{off}");
}

#[test]
fn mxfp4_folder_of_gpt_oss_equals_the_floats_that_it_stands_for() {
    let numbers = [0f32, 0.5, 1., 1.5, 2., 3., 4., 6.];
    let (mut packed, mut floats) = (Edited::new("gpt_oss"), Edited::new("gpt_oss"));
    for (name, k, n) in (0..2).flat_map(|layer| {
        let name = |part: &str| format!("model.layers.{layer}.mlp.experts.{part}_proj");
        [(name("gate_up"), 64usize, 64usize), (name("down"), 32, 64)]
    }) {
        let values = floats.floats(&name);
        let experts = values.len() / (k * n);
        let (mut blocks, mut scales, mut decoded) = (Vec::new(), Vec::new(), vec![0f32; values.len()]);
        // Blocks of 32 along K of [E, N, K]; the floats are [E, K, N].
        for (e, column, from) in (0..experts).flat_map(|e| (0..n).flat_map(move |c| (0..k).step_by(32).map(move |from| (e, c, from)))) {
            let place = |i: usize| (e * k + from + i) * n + column;
            let max = (0..32).fold(0f32, |m, i| m.max(values[place(i)].abs()));
            // The largest number of the type is 1.5 * 2^2.
            let exponent = max.log2().floor() as i32 - 2;
            let scale = 2f32.powi(exponent);
            let codes: Vec<u8> = (0..32)
                .map(|i| {
                    let x = values[place(i)];
                    let code = nearest(&numbers, x.abs() / scale);
                    decoded[place(i)] = numbers[code].copysign(x) * scale;
                    code as u8 | if x < 0. { 8 } else { 0 }
                })
                .collect();
            blocks.extend(codes.chunks(2).map(|pair| pair[0] | pair[1] << 4));
            scales.push((exponent + 127) as u8);
        }
        packed = packed
            .without_tensor(&name)
            .with_tensor(&format!("{name}_blocks"), Encoding::U8, &[experts, n, k / 32, 16], blocks)
            .with_tensor(&format!("{name}_scales"), Encoding::U8, &[experts, n, k / 32], scales);
        floats = floats.with_tensor(&name, Encoding::F32, &[experts, k, n], bytes(&decoded));
    }
    let folder = tempfile::tempdir().unwrap();
    write_folder(&packed, folder.path());
    let got = logits(&HfCheckpoint::open(folder.path()).unwrap());
    assert!(difference(&got, &logits(&floats)) < 1e-5);
    let off = median_error(&got, &logits(&Edited::new("gpt_oss")));
    assert!(off > 0.01 && off < 0.5, "{off}");
}

#[test]
fn gpt_oss_with_a_tensor_for_each_expert_is_the_same_model() {
    let whole = Edited::new("gpt_oss");
    let (experts, hidden, inner) = (4usize, 64usize, 32usize);
    let mut apart = Edited::new("gpt_oss");
    for layer in 0..2 {
        let mlp = format!("model.layers.{layer}.mlp.experts");
        let [gate_up, gate_up_bias, down, down_bias] =
            ["gate_up_proj", "gate_up_proj_bias", "down_proj", "down_proj_bias"].map(|part| format!("{mlp}.{part}"));
        let (g, gb, d, db) = (whole.floats(&gate_up), whole.floats(&gate_up_bias), whole.floats(&down), whole.floats(&down_bias));
        for e in 0..experts {
            for (part, first) in [("gate_proj", 0), ("up_proj", 1)] {
                let rows: Vec<f32> = (0..inner)
                    .flat_map(|j| (0..hidden).map(move |i| (i, 2 * j + first)))
                    .map(|(i, column)| g[(e * hidden + i) * 2 * inner + column])
                    .collect();
                let bias: Vec<f32> = gb[e * 2 * inner..][..2 * inner].iter().skip(first).step_by(2).copied().collect();
                apart = apart.with_tensor(&format!("{mlp}.{e}.{part}.weight"), Encoding::F32, &[inner, hidden], bytes(&rows)).with_tensor(
                    &format!("{mlp}.{e}.{part}.bias"),
                    Encoding::F32,
                    &[inner],
                    bytes(&bias),
                );
            }
            let rows: Vec<f32> =
                (0..hidden).flat_map(|i| (0..inner).map(move |j| (j, i))).map(|(j, i)| d[(e * inner + j) * hidden + i]).collect();
            apart = apart.with_tensor(&format!("{mlp}.{e}.down_proj.weight"), Encoding::F32, &[hidden, inner], bytes(&rows)).with_tensor(
                &format!("{mlp}.{e}.down_proj.bias"),
                Encoding::F32,
                &[hidden],
                bytes(&db[e * hidden..][..hidden]),
            );
        }
        for name in [&gate_up, &gate_up_bias, &down, &down_bias] {
            apart = apart.without_tensor(name);
        }
    }
    assert!(difference(&logits(&apart), &logits(&whole)) < 1e-5);
}

#[test]
fn deepseek_with_keys_and_values_apart_is_the_same_model() {
    let whole = Edited::new("deepseek_v3");
    let (heads, latent, nope, value) = (4usize, 24usize, 16usize, 16usize);
    let mut apart = Edited::new("deepseek_v3");
    for layer in 0..3 {
        let name = |part: &str| format!("model.layers.{layer}.self_attn.{part}.weight");
        let rows = whole.floats(&name("kv_b_proj"));
        let of_head = |h: usize| &rows[h * (nope + value) * latent..][..(nope + value) * latent];
        let keys: Vec<f32> =
            (0..heads).flat_map(|h| (0..latent).flat_map(move |c| (0..nope).map(move |d| of_head(h)[d * latent + c]))).collect();
        let values: Vec<f32> = (0..heads).flat_map(|h| of_head(h)[nope * latent..].iter().copied()).collect();
        apart = apart
            .without_tensor(&name("kv_b_proj"))
            .with_tensor(&name("k_b_proj"), Encoding::F32, &[heads, latent, nope], bytes(&keys))
            .with_tensor(&name("v_b_proj"), Encoding::F32, &[heads, value, latent], bytes(&values));
    }
    assert_eq!(logits(&apart), logits(&whole));
    // Without the other half it is the part that is missing, and without both the whole.
    for (absent, named) in [("v_b_proj", "v_b_proj"), ("k_b_proj", "kv_b_proj")] {
        apart = apart.without_tensor(&format!("model.layers.0.self_attn.{absent}.weight"));
        let refused = models::load(&apart, &cpu(), DType::F32).map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains(named), "{refused}");
    }
}
