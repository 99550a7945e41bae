//! CPU kernel of [`Matmul`].

use ascend_hal::host::HostAccess;
use ascend_hal::ops::{Group, Matmul};
use ascend_hal::{DType, OpKind, Result, TensorView, bf16, f16};

use crate::context::Context;
use crate::gemm::{Bias, Held, Method, Product, Stored, Weights};
use crate::woq;

pub(super) fn matmul(cx: &Context<'_>, op: &Matmul) -> Result<()> {
    if op.y.numel() == 0 {
        return Ok(());
    }
    let stored = Stored::of(&op.weight.data);
    let access = HostAccess::lock(OpKind::Matmul, inputs(op, &stored), [("y", &op.y)])?;
    if woq::takes(&op.weight) {
        return woq::matmul(cx, op, &access, &stored);
    }
    let (x, bias) = (Held::read(OpKind::Matmul, &access, &op.x)?, Bias::read(&access, op.bias.as_ref())?);
    let weights = Weights::read(OpKind::Matmul, &access, "weight", &op.weight, &stored)?;
    let x_scale = op.x_scale.as_ref().map(|scale| access.read_f32(scale)).transpose()?;
    let method = Method::new(cx.isa(), op.x.dtype(), &weights);
    let rows = method.activations(cx, &x, &weights)?;
    let product = Product { method, x: rows.rows(), weights: &weights, x_scale: x_scale.as_deref(), bias: &bias };
    match op.y.dtype() {
        DType::I32 => product.write_i32(cx, &mut access.write(&op.y)?, &batches(op)),
        DType::F16 => product.write::<f16>(cx, &mut access.write(&op.y)?, &batches(op)),
        DType::BF16 => product.write::<bf16>(cx, &mut access.write(&op.y)?, &batches(op)),
        _ => product.write::<f32>(cx, &mut access.write(&op.y)?, &batches(op)),
    }
}

/// The matrices of a batch as groups of rows.
fn batches(op: &Matmul) -> Vec<Group> {
    let (batch, rows) = if op.y.rank() == 3 { (op.y.dim(0), op.y.dim(1)) } else { (1, op.y.dim(0)) };
    (0..batch).map(|b| Group { expert: b, rows: b * rows..(b + 1) * rows }).collect()
}

fn inputs<'a>(op: &'a Matmul, stored: &'a Stored) -> impl Iterator<Item = (&'static str, &'a TensorView)> {
    let quant = op.weight.quant.as_ref();
    [
        Some(("x", &op.x)),
        Some(("weight", &stored.view)),
        quant.map(|q| ("weight.scale", &q.scale)),
        quant.and_then(|q| q.zero.as_ref()).map(|zero| ("weight.zero", zero)),
        quant.and_then(|q| q.offset.as_ref()).map(|offset| ("weight.offset", offset)),
        op.x_scale.as_ref().map(|scale| ("x_scale", scale)),
        op.bias.as_ref().map(|bias| ("bias", bias)),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use ascend_hal::ops::{GroupList, GroupedMatmul, Weight};
    use ascend_hal::{Device, DeviceExt};

    use super::*;
    use crate::{CpuDevice, CpuOptions};

    /// Numbers that are no sums of a few powers of two, so that another order of additions shows.
    fn noise(n: usize, seed: usize) -> Vec<f32> {
        (0..n).map(|i| (((i * 7919 + seed * 104_729) % 65_537) as f32 / 65_537.0 - 0.5) * 3.0).collect()
    }

    fn product(device: &CpuDevice, x: &[f32], w: &TensorView, m: usize, k: usize, n: usize) -> Vec<f32> {
        let stream = device.create_stream().unwrap();
        let (x, y) = (device.upload(x, [m, k]).unwrap(), device.zeros(DType::F32, [m, n]).unwrap());
        device.matmul(&stream, Matmul::new(x, Weight::kn(w.clone()), y.clone())).unwrap();
        device.download(&stream, &y).unwrap()
    }

    #[test]
    fn row_of_a_product_has_the_same_bits_in_any_company() {
        let (m, k, n) = (211, 517, 301);
        let (x, w) = (noise(m * k, 1), noise(k * n, 2));
        let one = CpuDevice::with(CpuOptions::default().with_threads(1)).unwrap();
        let two = CpuDevice::with(CpuOptions::default().with_threads(2)).unwrap();
        let weight = one.upload(&w, [k, n]).unwrap();
        let all = product(&one, &x, &weight, m, k, n);
        let weight = two.upload(&w, [k, n]).unwrap();
        assert!(all == product(&two, &x, &weight, m, k, n), "threads change bits");
        for (start, rows) in [(0, 1), (5, 3), (100, 97), (210, 1)] {
            let some = product(&two, &x[start * k..][..rows * k], &weight, rows, k, n);
            assert!(some == all[start * n..][..rows * n], "rows {start}.. alone differ");
        }
        let column = two.upload(&(0..k).map(|i| w[i * n + 130]).collect::<Vec<_>>(), [k, 1]).unwrap();
        let alone = product(&two, &x, &column, m, k, 1);
        assert!((0..m).all(|r| alone[r] == all[r * n + 130]), "a column alone differs");
    }

    #[test]
    fn row_of_a_grouped_product_has_the_bits_of_a_dense_one() {
        let (t, k, n) = (130, 300, 140);
        let (x, w) = (noise(t * k, 3), noise(2 * k * n, 4));
        let device = CpuDevice::new().unwrap();
        let stream = device.create_stream().unwrap();
        let weight = device.upload(&w, [2, k, n]).unwrap();
        let y = device.zeros(DType::F32, [t, n]).unwrap();
        let groups = GroupList::Counts(device.upload(&[101i64, 29], [2]).unwrap());
        let call = GroupedMatmul::new(device.upload(&x, [t, k]).unwrap(), Weight::kn(weight.clone()), groups, y.clone());
        device.grouped_matmul(&stream, call).unwrap();
        let grouped = device.download::<f32>(&stream, &y).unwrap();
        for (e, rows) in [(0, 0..101), (1, 101..130)] {
            let dense = product(&device, &x[rows.start * k..rows.end * k], &weight.select(0, e).unwrap(), rows.len(), k, n);
            assert!(dense == grouped[rows.start * n..rows.end * n]);
        }
    }

    #[test]
    fn transposed_storage_is_the_same_product() {
        let (m, k, n) = (9, 270, 150);
        let (x, w) = (noise(m * k, 5), noise(k * n, 6));
        let device = CpuDevice::new().unwrap();
        let kn = device.upload(&w, [k, n]).unwrap();
        let nk: Vec<f32> = (0..n * k).map(|i| w[(i % k) * n + i / k]).collect();
        let nk = device.upload(&nk, [n, k]).unwrap().t().unwrap();
        let want = product(&device, &x, &kn, m, k, n);
        assert_eq!(want, product(&device, &x, &nk, m, k, n));
        let element: f64 = (0..k).map(|i| f64::from(x[3 * k + i]) * f64::from(w[i * n + 77])).sum();
        assert!((f64::from(want[3 * n + 77]) - element).abs() < 1e-3, "{} is not {element}", want[3 * n + 77]);
    }

    #[test]
    #[ignore = "prints a speed; run it by hand in a release build"]
    fn speed() {
        let (m, k, n) = (512, 2048, 1024);
        let device = CpuDevice::with(CpuOptions::default().with_threads(1)).unwrap();
        let w = device.upload(&noise(k * n, 2), [k, n]).unwrap();
        let x = noise(m * k, 1);
        product(&device, &x, &w, m, k, n);
        let start = std::time::Instant::now();
        product(&device, &x, &w, m, k, n);
        println!("{:.1} GFLOP/s", 2.0 * (m * k * n) as f64 / start.elapsed().as_secs_f64() / 1e9);
    }
}
