//! A mixture-of-experts layer from its parts, checked against a plain loop: `cargo run --release --example 03_moe_layer`

use ascend_compute::ops::{FinalizeRouting, Gating, GluKind, GroupList, GroupedMatmul, InitRouting, Matmul, Score, Weight};
use ascend_compute::{DType, DeviceExt, Result, open};

/// Tokens, experts, experts per token, hidden size, expert intermediate size.
const T: usize = 24;
const E: usize = 8;
const TOP: usize = 2;
const H: usize = 64;
const I: usize = 32;

fn noise(seed: usize, n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i + 1000 * seed) as f32 * 12.9898).sin() * 0.3).collect()
}

pub(crate) fn main() -> Result<()> {
    let device = open("auto")?;
    let stream = device.create_stream()?;
    let (x, router) = (noise(1, T * H), noise(2, E * H));
    let (gate_up, down) = (noise(3, E * 2 * I * H), noise(4, E * H * I));
    let x_dev = device.upload(&x, [T, H])?;

    // 1. The router: logits, and the best experts of each token.
    let logits = device.empty(DType::F32, [T, E])?;
    device.matmul(&stream, Matmul::new(x_dev.clone(), Weight::nk(device.upload(&router, [E, H])?)?, logits.clone()))?;
    let (weights, ids) = (device.empty(DType::F32, [T, TOP])?, device.empty(DType::I32, [T, TOP])?);
    device.gating(&stream, Gating::new(logits.view(), Score::SoftmaxTopK, weights.clone(), ids.clone()).with_renormalize())?;

    // 2. Token rows, copied in expert order.
    let (rows, flat_to_row) = (device.empty(DType::F32, [T * TOP, H])?, device.empty(DType::I32, [T * TOP])?);
    let ends = device.empty(DType::I64, [E])?;
    device
        .init_routing(&stream, InitRouting::new(x_dev, ids.view(), E, rows.clone(), flat_to_row.clone()).with_cumulative(ends.clone()))?;

    // 3. The experts: one matmul for each group of rows, with SwiGLU behind the first.
    let groups = || GroupList::Cumulative(ends.view());
    let (inner, outer) = (device.empty(DType::F32, [T * TOP, I])?, device.empty(DType::F32, [T * TOP, H])?);
    let (gate_up_dev, down_dev) = (device.upload(&gate_up, [E, 2 * I, H])?, device.upload(&down, [E, H, I])?);
    let up = GroupedMatmul::new(rows.view(), Weight::nk(gate_up_dev)?, groups(), inner.clone()).with_glu(GluKind::Swiglu);
    device.grouped_matmul(&stream, up)?;
    device.grouped_matmul(&stream, GroupedMatmul::new(inner.view(), Weight::nk(down_dev)?, groups(), outer.clone()))?;

    // 4. Back to token order, weighted and added up.
    let y = device.empty(DType::F32, [T, H])?;
    device.finalize_routing(&stream, FinalizeRouting::new(outer.view(), flat_to_row.view(), y.clone()).with_weights(weights.view()))?;

    let (got, ids) = (device.download::<f32>(&stream, &y)?, device.download::<i32>(&stream, &ids)?);
    let weights = device.download::<f32>(&stream, &weights)?;
    let mut worst = 0f32;
    for t in 0..T {
        let token = &x[t * H..][..H];
        let mut wanted = vec![0f32; H];
        for (&id, &weight) in ids[t * TOP..][..TOP].iter().zip(&weights[t * TOP..][..TOP]) {
            let e = id as usize;
            let dot = |row: &[f32], with: &[f32]| row.iter().zip(with).map(|(a, b)| a * b).sum::<f32>();
            let product = |n: usize| dot(&gate_up[(e * 2 * I + n) * H..][..H], token);
            let inner: Vec<f32> = (0..I).map(|i| product(i) / (1. + (-product(i)).exp()) * product(I + i)).collect();
            for (h, y) in wanted.iter_mut().enumerate() {
                *y += weight * dot(&down[(e * H + h) * I..][..I], &inner);
            }
        }
        worst = wanted.iter().zip(&got[t * H..]).fold(worst, |worst, (a, b)| worst.max((a - b).abs()));
    }
    println!("{T} tokens, {TOP} of {E} experts each: largest difference from a plain loop {worst:.2e}");
    println!("rows of each expert end at {:?}", device.download::<i64>(&stream, &ends)?);
    assert!(worst < 1e-4 && got.iter().any(|y| y.abs() > 1e-2));
    Ok(())
}
