//! A matmul in bf16, timed with events and checked by hand: `cargo run --release --example 02_matmul`

use ascend_compute::ops::{Matmul, Weight};
use ascend_compute::{DType, DeviceExt, OpCall, Result, bf16, open};

const M: usize = 64;
const K: usize = 512;
const N: usize = 256;

/// Numbers between -1 and 1 that look random.
fn noise(seed: usize, n: usize) -> Vec<bf16> {
    (0..n).map(|i| bf16::from_f32(((i + seed) as f32 * 12.9898).sin())).collect()
}

pub(crate) fn main() -> Result<()> {
    let device = open("auto")?;
    let stream = device.create_stream()?;
    let (start, end) = (device.create_event()?, device.create_event()?);

    // y = x @ w^T: checkpoints store a linear layer's weight as [N, K].
    let (x, w) = (noise(1, M * K), noise(2, N * K));
    let y = device.empty(DType::BF16, [M, N])?;
    let call: OpCall = Matmul::new(device.upload(&x, [M, K])?, Weight::nk(device.upload(&w, [N, K])?)?, y.clone()).into();

    stream.record(&start)?;
    device.run(&stream, call.clone())?;
    stream.record(&end)?;
    let got = device.download::<bf16>(&stream, &y)?;

    // Products of bf16 are exact in f64. The device sums in f32 and rounds once, to bf16 with its 8 bits.
    for (m, n) in [(0, 0), (M / 2, N / 3), (M - 1, N - 1)] {
        let wanted: f64 = (0..K).map(|k| x[m * K + k].to_f64() * w[n * K + k].to_f64()).sum();
        let got = got[m * N + n].to_f64();
        println!("y[{m}, {n}] = {got} (exactly {wanted:.4})");
        assert!((got - wanted).abs() <= wanted.abs() / 256. + 1e-3);
    }
    let (time, flops) = (end.elapsed_since(&start)?, call.cost().flops);
    println!("{}: {time:.1?}, {:.2} GFLOP/s", device.info().name, flops / time.as_secs_f64() / 1e9);
    Ok(())
}
