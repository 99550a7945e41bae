//! Products with integer weights in blocks: right, and the same bits however the weight is stored, the work is split and many rows there are.

#![allow(clippy::unwrap_used, reason = "tests")]

use ascend_cpu::{CpuDevice, CpuOptions, Isa};
use ascend_hal::ops::{Matmul, Weight};
use ascend_hal::{DType, Device, DeviceExt, Format, TensorView, bf16, f16};

/// Type of codes, group, type of scales, that of offsets if there are any.
type Kind = (DType, usize, DType, Option<DType>);

const KINDS: [Kind; 7] = [
    (DType::I4, 32, DType::F16, Some(DType::F32)),
    (DType::I4, 32, DType::F16, None),
    (DType::I8, 32, DType::F16, None),
    (DType::I4, 10, DType::F32, Some(DType::F16)),
    (DType::I8, 46, DType::BF16, Some(DType::BF16)),
    (DType::I4, 0, DType::F32, Some(DType::F32)),
    (DType::I8, 64, DType::F16, Some(DType::F16)),
];
/// More than one piece of rows, panel and chunk of blocks, none of them whole.
const SHAPE: (usize, usize, usize) = (515, 550, 138);

/// Numbers that are no sums of a few powers of two, so that another order of additions shows.
fn noise(i: usize, seed: usize) -> f32 {
    ((i * 7919 + seed * 104_729) % 65_537) as f32 / 65_537.0 - 0.5
}

fn code(dtype: DType, k: usize, n: usize) -> f32 {
    let codes = if dtype == DType::I4 { 16 } else { 256 };
    ((k * 31 + n * 57 + k * n) % codes) as f32 - codes as f32 / 2.0
}

fn floats(device: &CpuDevice, dtype: DType, shape: [usize; 2], value: impl Fn(usize) -> f32) -> TensorView {
    let values = (0..shape[0] * shape[1]).map(value);
    match dtype {
        DType::F16 => device.upload(&values.map(f16::from_f32).collect::<Vec<_>>(), shape),
        DType::BF16 => device.upload(&values.map(bf16::from_f32).collect::<Vec<_>>(), shape),
        _ => device.upload(&values.collect::<Vec<_>>(), shape),
    }
    .unwrap()
}

fn weight(device: &CpuDevice, (dtype, group, scales, offsets): Kind, form: &str) -> Weight {
    let (_, k, n) = SHAPE;
    let (shape, at): ([usize; 2], &dyn Fn(usize) -> f32) =
        if form == "kn" { ([k, n], &|i| code(dtype, i / n, i % n)) } else { ([n, k], &|i| code(dtype, i % k, i / k)) };
    let codes: Vec<i8> = (0..n * k).map(|i| at(i) as i8).collect();
    let data = if dtype == DType::I8 {
        device.upload(&codes, shape).unwrap()
    } else {
        let bytes: Vec<u8> = codes.chunks(2).map(|pair| (pair[0] & 15) as u8 | (pair[1] << 4) as u8).collect();
        device.upload_bytes(DType::I4, &bytes, shape).unwrap()
    };
    let data = if form == "kn" { Weight::kn(data) } else { Weight::nk(data).unwrap() };
    let groups = if group == 0 { 1 } else { k.div_ceil(group) };
    let scale = floats(device, scales, [groups, n], |i| 0.01 + 0.01 * noise(i, 7));
    let weight = match offsets {
        Some(dtype) => data.per_group_with_offset(group, scale, floats(device, dtype, [groups, n], |i| 0.1 * noise(i, 8))),
        None => data.per_group(group, scale, None),
    };
    if form != "packed" {
        return weight;
    }
    let packed = device.prepare_weight(&weight).unwrap();
    assert_eq!(packed.data.layout().format(), Format::Packed);
    packed
}

/// Rows `from..from + count` of the product, in f32.
fn run(isa: Isa, threads: usize, x: DType, kind: Kind, form: &str, from: usize, count: usize) -> Vec<f32> {
    let (_, k, n) = SHAPE;
    let device = CpuDevice::with(CpuOptions::default().with_threads(threads).with_isa(isa)).unwrap();
    let stream = device.create_stream().unwrap();
    let x = floats(&device, x, [count, k], |i| noise(from * k + i, 3));
    let y = device.empty(DType::F32, [count, n]).unwrap();
    let bias = floats(&device, DType::F32, [1, n], |i| noise(i, 4)).reshape([n]).unwrap();
    device.matmul(&stream, Matmul::new(x, weight(&device, kind, form), y.clone()).with_bias(bias)).unwrap();
    device.download(&stream, &y).unwrap()
}

#[test]
fn product_has_the_same_bits_however_the_weight_is_stored_and_the_work_is_split() {
    let (m, _, n) = SHAPE;
    for isa in Isa::available() {
        for (kind, x) in KINDS.into_iter().zip([DType::F32, DType::BF16, DType::F16].into_iter().cycle()) {
            let all = run(isa, 1, x, kind, "kn", 0, m);
            for (threads, form) in [(1, "nk"), (2, "packed")] {
                assert!(all == run(isa, threads, x, kind, form, 0, m), "{isa} {x} {kind:?}: {form} with {threads} threads differs");
            }
            for (from, count) in [(7, 1), (200, 5), (198, 7), (1, 33)] {
                let some = run(isa, 2, x, kind, "packed", from, count);
                assert!(some == all[from * n..(from + count) * n], "{isa} {x} {kind:?}: rows {from}.. of {count} alone differ");
            }
        }
    }
}

#[test]
fn product_is_right() {
    let (_, k, n) = SHAPE;
    let host = CpuDevice::new().unwrap();
    for isa in Isa::available() {
        for kind @ (dtype, group, scales, offsets) in KINDS {
            let group = if group == 0 { k } else { group };
            let part = |dtype: DType, size: f32, base: f32, seed: usize| {
                let view = floats(&host, dtype, [k.div_ceil(group), n], |i| base + size * noise(i, seed));
                ascend_hal::host::to_f64(&ascend_hal::to_host(&*host, &view).unwrap()).unwrap()
            };
            let (scale, offset) = (part(scales, 0.01, 0.01, 7), part(offsets.unwrap_or(DType::F32), 0.1, 0.0, 8));
            let got = run(isa, 2, DType::F32, kind, "packed", 0, 8);
            for (i, got) in got.into_iter().enumerate() {
                let (row, column) = (i / n, i % n);
                let mut size = f64::from(noise(column, 4)).abs();
                let mut want = f64::from(noise(column, 4));
                for j in 0..k {
                    let g = j / group * n + column;
                    let w = f64::from(code(dtype, j, column)) * scale[g] + if offsets.is_some() { offset[g] } else { 0.0 };
                    let term = f64::from(noise(row * k + j, 3)) * w;
                    (want, size) = (want + term, size + term.abs());
                }
                assert!((f64::from(got) - want).abs() <= 1e-6 * size, "{isa} {kind:?} at {row}, {column}: {got} is not {want}");
            }
        }
    }
}
