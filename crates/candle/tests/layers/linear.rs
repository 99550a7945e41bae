//! Quantised linear layers against candle's products of what they stand for.

use ascend_candle::{Error, QuantLinear, Quantization, ops::Weight};
use ascend_compute::DeviceExt;
use candle_core::{D, DType, Device, Module, Tensor};

use crate::common::{assert_close, assert_same_bits, bound, noise, sessions};

/// Rows rounded to 255 steps of `max|row| / 127`, in f64.
fn rounded(rows: &Tensor) -> Tensor {
    let rows = rows.to_dtype(DType::F32).unwrap();
    let scale = (rows.abs().unwrap().max_keepdim(D::Minus1).unwrap() / 127.0).unwrap();
    let codes = rows.broadcast_div(&scale).unwrap().round().unwrap();
    codes.to_dtype(DType::F64).unwrap().broadcast_mul(&scale.to_dtype(DType::F64).unwrap()).unwrap()
}

#[test]
fn products_are_those_of_the_rounded_numbers() {
    for dtype in [DType::F32, DType::F16, DType::BF16] {
        let (x, weight) = (noise(1, &[2, 5, 48], dtype), noise(2, &[20, 48], dtype));
        let bias = noise(3, &[20], dtype);
        let rows = x.reshape((10, 48)).unwrap();
        let wide = |t: &Tensor| t.to_dtype(DType::F64).unwrap();
        let product = |x: &Tensor| {
            let y = x.matmul(&rounded(&weight).t().unwrap()).unwrap().broadcast_add(&wide(&bias)).unwrap();
            y.reshape((2, 5, 20)).unwrap()
        };
        for session in sessions() {
            let layer = |quantization| QuantLinear::new(&session, &weight, Some(&bias), quantization).unwrap();
            let y = layer(Quantization::W8A16).forward(&x).unwrap();
            assert_eq!(y.dtype(), dtype);
            assert_close(&y, &product(&wide(&rows)), bound(dtype), "W8A16");
            let w8a8 = layer(Quantization::W8A8);
            let y = w8a8.forward(&x).unwrap();
            assert_close(&y, &product(&rounded(&rows)), bound(dtype), "W8A8");
            assert_same_bits(&y, &Module::forward(&w8a8, &x).unwrap());
            assert_same_bits(&y, &x.apply_op1_no_bwd(&w8a8).unwrap());
        }
    }
}

#[test]
fn a_weight_of_int4_groups_made_elsewhere_is_taken() {
    let codes: Vec<i8> = (0..8 * 32).map(|i| ((i * 7 + i / 32) % 16) as i8 - 8).collect();
    let packed: Vec<u8> = codes.chunks(2).map(|pair| (pair[0] & 15) as u8 | ((pair[1] & 15) as u8) << 4).collect();
    // [N, K] codes, a scale for each 16 of K: [K / 16, N].
    let scales: Vec<f32> = (0..2 * 8).map(|i| 0.5 + i as f32 / 16.0).collect();
    let weight = Tensor::from_vec(
        (0..8 * 32).map(|i| f64::from(codes[i]) * f64::from(scales[(i % 32) / 16 * 8 + i / 32])).collect(),
        (8, 32),
        &Device::Cpu,
    );
    let x = noise(1, &[3, 32], DType::F32);
    let expected = x.to_dtype(DType::F64).unwrap().matmul(&weight.unwrap().t().unwrap()).unwrap();
    for session in sessions() {
        let device = session.device();
        let data = device.upload_bytes(ascend_compute::DType::I4, &packed, [8, 32]).unwrap();
        let weight = Weight::nk(data).unwrap().per_group(16, device.upload(&scales, [2, 8]).unwrap(), None);
        let layer = QuantLinear::from_weight(&session, &weight, None).unwrap();
        assert_close(&layer.forward(&x).unwrap(), &expected, bound(DType::F32), "W4A16");
    }
}

#[test]
fn what_is_no_product_is_refused() {
    let weight = noise(2, &[20, 48], DType::F32);
    for session in sessions() {
        let of = |weight: &Tensor| QuantLinear::new(&session, weight, None, Quantization::W8A8);
        assert!(matches!(of(&weight.flatten_all().unwrap()), Err(Error::Candle(_))));
        assert!(matches!(of(&weight.to_dtype(DType::F64).unwrap()), Err(Error::DType { argument: "weight", found: DType::F64, .. })));
        let layer = of(&weight).unwrap();
        for x in [noise(1, &[3, 47], DType::F32), noise(1, &[], DType::F32)] {
            assert!(matches!(layer.forward(&x), Err(Error::Device(_))), "{x:?}");
        }
        assert!(matches!(layer.forward(&noise(1, &[3, 48], DType::I64)), Err(Error::DType { argument: "x", .. })));
        assert_eq!(layer.forward(&noise(1, &[0, 4, 48], DType::F32)).unwrap().dims(), [0, 4, 20]);
    }
}
