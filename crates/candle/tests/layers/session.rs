//! What calls share: memory without copies, strides, threads.

use std::sync::mpsc;
use std::thread;

use ascend_candle::{Error, Gating, MoeExperts, QuantLinear, Quantization, Session, ops};
use ascend_compute::{DType as DeviceDType, FnKernel, KernelInfo, OpKind, Origin, host::HostAccess};
use candle_core::{CpuStorage, DType, Device, Storage, Tensor};

use crate::common::{assert_same_bits, noise, sessions};

fn address(tensor: &Tensor) -> usize {
    match &*tensor.storage_and_layout().0 {
        Storage::Cpu(CpuStorage::F32(data)) => data.as_ptr().addr(),
        Storage::Cpu(CpuStorage::U32(data)) => data.as_ptr().addr(),
        other => panic!("{:?}", other.dtype()),
    }
}

fn layer(session: &Session) -> MoeExperts {
    MoeExperts::new(session, &noise(3, &[4, 12, 8], DType::F32), &noise(4, &[4, 8, 6], DType::F32), None).unwrap()
}

fn routing(tokens: usize) -> (Tensor, Tensor) {
    (
        Tensor::from_vec((0..2 * tokens as u32).map(|i| i % 4).collect(), (tokens, 2), &Device::Cpu).unwrap(),
        noise(2, &[tokens, 2], DType::F32),
    )
}

#[test]
fn on_the_cpu_kernels_work_in_candles_memory() {
    let session = Session::open("cpu").unwrap();
    let layer = layer(&session);
    let (send, addresses) = mpsc::channel();
    let info = KernelInfo {
        name: "addresses".into(),
        op: OpKind::MoeExperts,
        origin: Origin::User,
        dtypes: vec![DeviceDType::F32].into(),
        constraints: "".into(),
    };
    let kernel = FnKernel::shared(info, move |_, call| {
        let op: &ops::MoeExperts = call.try_into()?;
        let access = HostAccess::lock(OpKind::MoeExperts, [("x", &op.x), ("ids", &op.ids), ("weights", &op.weights)], [("y", &op.y)])?;
        let inputs = [
            access.read::<f32>(&op.x)?.as_ptr().addr(),
            access.read::<i32>(&op.ids)?.as_ptr().addr(),
            access.read::<f32>(&op.weights)?.as_ptr().addr(),
        ];
        send.send((inputs, access.write::<f32>(&op.y)?.as_ptr().addr())).unwrap();
        Ok(())
    });
    let device = session.device();
    device.kernels().register(kernel).unwrap();
    let before = device.memory().unwrap();
    let (x, (ids, weights)) = (noise(1, &[300, 8], DType::F32), routing(300));
    let y = layer.forward(&x, &ids, &weights).unwrap();
    let (inputs, output) = addresses.try_recv().expect("the registered kernel was chosen");
    assert_eq!((inputs, output), ([address(&x), address(&ids), address(&weights)], address(&y)));
    assert_eq!(device.memory().unwrap(), before, "no device memory, not even for a moment");
}

#[test]
fn strides_make_no_difference() {
    for session in sessions() {
        let layer = layer(&session);
        let (ids, weights) = routing(9);
        // Columns 3..11 of a wider matrix, a transpose, a repeated row.
        let wide = noise(1, &[9, 16], DType::F32);
        let column_major = noise(1, &[8, 9], DType::F32);
        let row = noise(1, &[1, 8], DType::F32);
        for x in [wide.narrow(1, 3, 8).unwrap(), column_major.t().unwrap(), row.broadcast_as((9, 8)).unwrap()] {
            assert!(!x.is_contiguous());
            let y = layer.forward(&x.contiguous().unwrap(), &ids, &weights).unwrap();
            assert_same_bits(&y, &layer.forward(&x, &ids, &weights).unwrap());
        }
        let (ids_t, weights_t) = (ids.t().unwrap().contiguous().unwrap(), weights.t().unwrap().contiguous().unwrap());
        let x = noise(5, &[9, 8], DType::F32);
        let y = layer.forward(&x, &ids_t.t().unwrap(), &weights_t.t().unwrap()).unwrap();
        assert_same_bits(&y, &layer.forward(&x, &ids, &weights).unwrap());

        // Rows that cannot be joined to a matrix without a copy.
        let linear = QuantLinear::new(&session, &noise(6, &[5, 8], DType::F32), None, Quantization::W8A8).unwrap();
        let x = noise(7, &[3, 4, 8], DType::F32).transpose(0, 1).unwrap();
        assert_same_bits(&linear.forward(&x).unwrap(), &linear.forward(&x.contiguous().unwrap()).unwrap());
    }
}

#[test]
fn a_view_of_more_rows_than_memory_holds_is_refused() {
    let [session, _] = sessions();
    let huge = noise(1, &[1, 8], DType::F32).broadcast_as((1 << 50, 8)).unwrap();
    let (ids, weights) = routing(3);
    for result in [
        layer(&session).forward(&huge, &ids, &weights).map(|_| ()),
        Gating::new(&session, ops::Score::SoftmaxTopK, 2).forward(&huge).map(|_| ()),
    ] {
        assert!(matches!(result, Err(Error::Device(ascend_compute::Error::OutOfMemory { .. }))), "{result:?}");
    }
}

#[test]
fn threads_share_a_layer_and_each_hears_of_its_own_failures_only() {
    for session in sessions() {
        let layer = layer(&session);
        let (ids, weights) = routing(31);
        let expected: Vec<Tensor> = (0..4).map(|i| layer.forward(&noise(i, &[31, 8], DType::F32), &ids, &weights).unwrap()).collect();
        let bad = Tensor::full(77u32, (31, 2), &Device::Cpu).unwrap();
        thread::scope(|scope| {
            for (i, expected) in expected.iter().enumerate() {
                let (layer, ids, weights, bad) = (&layer, &ids, &weights, &bad);
                scope.spawn(move || {
                    let x = noise(i as u32, &[31, 8], DType::F32);
                    for _ in 0..20 {
                        if i == 0 {
                            assert!(matches!(layer.forward(&x, bad, weights), Err(Error::Device(_))));
                        }
                        assert_same_bits(&layer.forward(&x, ids, weights).unwrap(), expected);
                    }
                });
            }
        });
    }
}
