//! Weights that the device has put into blocks stand for the same matrices, and are read by operators that take blocks.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::Arc;

use ascend_hal::ops::{GroupList, GroupedMatmul, Matmul, Weight};
use ascend_hal::{Choice, DType, Device, DeviceExt, Dims, Error, Format, Layout, OpCall, OpKind, Stream, TensorView, host};
use ascend_npu::NpuDevice;
use half::{bf16, f16};

struct Bench {
    device: Arc<NpuDevice>,
    stream: Stream,
}

impl Bench {
    fn new() -> Self {
        let device = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0).unwrap();
        let stream = device.create_stream().unwrap();
        Self { device, stream }
    }

    /// Small whole numbers, all of which every type has.
    fn tensor(&self, dtype: DType, shape: &[usize], seed: usize) -> TensorView {
        let n: usize = shape.iter().product();
        let values = (0..n).map(|i| ((i * 7 + i / 3 * 5 + seed) % 11) as i8 - 5);
        let bytes: Vec<u8> = match dtype {
            DType::F32 => values.flat_map(|x| f32::from(x).to_le_bytes()).collect(),
            DType::F16 => values.flat_map(|x| f16::from_f32(x.into()).to_le_bytes()).collect(),
            DType::BF16 => values.flat_map(|x| bf16::from_f32(x.into()).to_le_bytes()).collect(),
            _ => values.map(i8::cast_unsigned).collect(),
        };
        let buffer = self.device.alloc(bytes.len()).unwrap();
        self.device.write(&buffer, 0, &bytes).unwrap();
        TensorView::contiguous(buffer, dtype, Dims::new(shape).unwrap()).unwrap()
    }

    /// The kernel that takes the call, and its result in `y`.
    fn run(&self, call: impl Into<OpCall>, y: &TensorView) -> (String, Vec<f64>) {
        let call = call.into();
        let kernel = self.device.kernels().pick(&call, &Choice::Auto).unwrap().info().name.to_string();
        self.device.enqueue(&self.stream, call, &Choice::Auto).unwrap();
        self.stream.synchronize().unwrap();
        (kernel, host::to_f64(&ascend_hal::to_host(&*self.device, y).unwrap()).unwrap())
    }

    fn has(&self, kernel: &str) -> bool {
        let of = |op| self.device.kernels().list(op).into_iter();
        of(OpKind::Matmul).chain(of(OpKind::GroupedMatmul)).any(|known| known.info().name == kernel)
    }

    /// A weight stored `[.., N, K]`, with a scale for each column if it is of codes.
    fn weight(&self, dtype: DType, shape: &[usize]) -> Weight {
        let (mut scales, n) = (shape.to_vec(), shape[shape.len() - 2]);
        let weight = Weight::nk(self.tensor(dtype, shape, 1)).unwrap();
        let rank = scales.len();
        (scales[rank - 2], scales[rank - 1]) = (1, n);
        if dtype == DType::I8 { weight.per_channel(self.tensor(DType::F32, &scales, 2)) } else { weight }
    }
}

/// The products of a plain and of a prepared weight, by `product`, which gives the kernel and the result; `native` is what takes blocks, where CANN has it.
fn same(bench: &Bench, weight: Weight, native: &str, product: impl Fn(Weight) -> (String, Vec<f64>)) {
    let prepared = bench.device.prepare_weight(&weight).unwrap();
    let blocks = prepared.data.layout().format() == Format::FractalNz;
    assert_eq!(blocks, bench.has(native), "{native}");
    let (_, expected) = product(weight);
    let (kernel, found) = product(prepared);
    assert_eq!(found, expected, "{kernel}");
    assert!(!blocks || kernel == native, "{kernel} in the place of {native}");
    assert!(expected.iter().any(|&x| x != 0.));
}

#[test]
fn prepared_matrices_give_the_same_products() {
    let bench = Bench::new();
    for dtype in [DType::F16, DType::BF16] {
        let (x, y) = (bench.tensor(dtype, &[5, 64], 3), bench.tensor(dtype, &[5, 40], 0));
        same(&bench, bench.weight(dtype, &[40, 64]), "aclnnMatmulWeightNz", |weight| {
            bench.run(Matmul::new(x.clone(), weight, y.to_mut()), &y)
        });
        let (x, y) = (bench.tensor(dtype, &[3, 5, 64], 3), bench.tensor(dtype, &[3, 5, 40], 0));
        same(&bench, bench.weight(dtype, &[3, 40, 64]), "aclnnMatmulWeightNz", |weight| {
            bench.run(Matmul::new(x.clone(), weight, y.to_mut()), &y)
        });
    }
}

#[test]
fn prepared_experts_give_the_same_products() {
    let bench = Bench::new();
    let groups = || GroupList::Counts(bench.device.upload(&[2i64, 0, 4], [3]).unwrap());
    for dtype in [DType::F16, DType::BF16] {
        let (x, y) = (bench.tensor(dtype, &[6, 64], 3), bench.tensor(dtype, &[6, 40], 0));
        same(&bench, bench.weight(dtype, &[3, 40, 64]), "aclnnGroupedMatmulWeightNz", |weight| {
            bench.run(GroupedMatmul::new(x.clone(), weight, groups(), y.to_mut()), &y)
        });
    }
    let (x, y) = (bench.tensor(DType::I8, &[6, 64], 3), bench.tensor(DType::F16, &[6, 40], 0));
    let rows = bench.tensor(DType::F32, &[6], 4);
    same(&bench, bench.weight(DType::I8, &[3, 40, 64]), "aclnnGroupedMatmulWeightNz_w8a8", |weight| {
        let mut op = GroupedMatmul::new(x.clone(), weight, groups(), y.to_mut());
        op.x_scale = Some(rows.clone());
        bench.run(op, &y)
    });
}

#[test]
fn prepared_codes_serve_both_kinds_of_activations() {
    let bench = Bench::new();
    let weight = bench.weight(DType::I8, &[40, 64]);
    let prepared = bench.device.prepare_weight(&weight).unwrap();
    assert_eq!(prepared.data.layout().format(), Format::FractalNz);
    for dtype in [DType::I8, DType::F16, DType::F32] {
        let x = bench.tensor(dtype, &[5, 64], 3);
        let y = bench.tensor(if dtype == DType::I8 { DType::F32 } else { dtype }, &[5, 40], 0);
        let product = |weight: &Weight| {
            let mut op = Matmul::new(x.clone(), weight.clone(), y.to_mut());
            op.x_scale = (dtype == DType::I8).then(|| bench.tensor(DType::F32, &[5], 4));
            bench.run(op, &y).1
        };
        assert_eq!(product(&prepared), product(&weight), "{dtype}");
    }
}

#[test]
fn weights_without_a_form_in_blocks_stay_as_they_are() {
    let bench = Bench::new();
    let f32s = bench.weight(DType::F32, &[40, 64]);
    // Seven rows would be padding.
    let odd = bench.weight(DType::F16, &[40, 57]);
    let by_group = Weight::kn(bench.tensor(DType::I8, &[64, 40], 1)).per_group(32, bench.tensor(DType::F32, &[2, 40], 2), None);
    for weight in [f32s, odd, by_group] {
        assert!(bench.device.prepare_weight(&weight).unwrap().data.same_elements(&weight.data));
    }
    let prepared = bench.device.prepare_weight(&bench.weight(DType::F16, &[40, 64])).unwrap();
    assert!(bench.device.prepare_weight(&prepared).unwrap().data.same_elements(&prepared.data), "twice is once");
    let elsewhere = Weight::kn(host::zeros(DType::F16, [64, 40]).unwrap().view());
    assert!(matches!(bench.device.prepare_weight(&elsewhere), Err(Error::WrongDevice { .. })));
}

#[test]
fn rows_that_only_pad_a_weight_do_not_reach_the_product() {
    let bench = Bench::new();
    let data = bench.tensor(DType::F16, &[60, 48], 1);
    // 60 rows lie in blocks of 64; the last four are NaN.
    let layout = Layout::fractal_nz([60, 48]).unwrap();
    let blocks = TensorView::new(bench.device.alloc(64 * 48 * 2).unwrap(), DType::F16, layout).unwrap();
    bench.device.write(blocks.buffer(), 0, &[0x7E; 64 * 48 * 2]).unwrap();
    let plain = host::to_vec::<f16>(&ascend_hal::to_host(&*bench.device, &data).unwrap()).unwrap();
    for (i, value) in plain.iter().enumerate() {
        let at = blocks.layout().offset_of(DType::F16, &[i / 48, i % 48]) * 2;
        bench.device.write(blocks.buffer(), at, &value.to_le_bytes()).unwrap();
    }
    let (x, y) = (bench.tensor(DType::F16, &[5, 60], 3), bench.tensor(DType::F16, &[5, 48], 0));
    let product = |data: &TensorView| bench.run(Matmul::new(x.clone(), Weight::kn(data.clone()), y.to_mut()), &y);
    let (kernel, found) = product(&blocks);
    assert_eq!(kernel, "matmul_in_f32");
    assert_eq!(found, product(&data).1);
}
