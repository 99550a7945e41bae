//! What the CPU device does beside what every device must do.

use std::sync::mpsc::channel;

use ascend_cpu::probe::Probe;
use ascend_cpu::{CpuDevice, CpuOptions, Isa};
use ascend_hal::ops::{Elementwise, Embedding};
use ascend_hal::{Choice, DType, Device, DeviceExt, Error, FnKernel, KernelInfo, OpCall, OpKind, Origin, Result, TensorView};

fn add_one(x: &TensorView) -> OpCall {
    Elementwise::affine(x.clone(), 1., 1., x.to_mut()).into()
}

fn info(name: &'static str) -> KernelInfo {
    KernelInfo { name: name.into(), op: OpKind::Elementwise, origin: Origin::User, dtypes: vec![DType::F32].into(), constraints: "".into() }
}

#[test]
fn options_are_met_or_refused() {
    let device = CpuDevice::with(CpuOptions::default().with_threads(3).with_memory_limit_bytes(1000).with_isa(Isa::Portable)).unwrap();
    assert_eq!((device.info().compute_units, device.info().memory_bytes, device.isa()), (3, 1000, Isa::Portable));
    assert!(device.info().features.contains(&"isa=portable".to_string()));
    let _held = device.alloc(600).unwrap();
    assert!(matches!(device.alloc(401), Err(Error::OutOfMemory { asked_bytes: 401, free_bytes: Some(400), .. })));
    let foreign = if Isa::Neon.is_available() { Isa::Avx2 } else { Isa::Neon };
    assert!(matches!(CpuDevice::with(CpuOptions::default().with_isa(foreign)), Err(Error::Setting { name: "isa", .. })));
    assert!(matches!(CpuDevice::with(CpuOptions::default().with_threads(1 << 20)), Err(Error::Setting { name: "threads", .. })));
    assert!(matches!(Probe::new(Isa::Portable, 1 << 20), Err(Error::Setting { name: "threads", .. })));
}

#[test]
fn callback_that_calls_into_the_device_is_refused_and_does_not_hang() {
    let device = CpuDevice::new().unwrap();
    let (stream, other) = (device.create_stream().unwrap(), device.create_stream().unwrap());
    let x = device.upload(&[1f32], [1]).unwrap();
    let (tell, told) = channel();
    let (inner, inner_device, inner_x) = (stream.clone(), device.clone(), x.clone());
    stream
        .call_host(move || {
            for stream in [&inner, &other] {
                tell.send(inner_device.enqueue(stream, add_one(&inner_x), &Choice::Auto)).unwrap();
                tell.send(stream.synchronize()).unwrap();
                tell.send(stream.copy(inner_x.buffer().slice(0, 2).unwrap(), inner_x.buffer().slice(2, 2).unwrap())).unwrap();
                tell.send(stream.call_host(|| ())).unwrap();
                tell.send(stream.begin_capture()).unwrap();
            }
            tell.send(inner_device.synchronize()).unwrap();
        })
        .unwrap();
    stream.synchronize().unwrap();
    let results: Vec<Result<()>> = told.iter().collect();
    assert_eq!(results.len(), 11);
    assert!(results.iter().all(|r| matches!(r, Err(Error::State { what: "host callback", .. }))), "{results:?}");
    device.enqueue(&stream, add_one(&x), &Choice::Auto).unwrap();
    assert_eq!(device.download::<f32>(&stream, &x).unwrap(), [2.], "the thread may call in again after the callback");
}

#[test]
fn composed_kernel_enqueues_on_its_own_stream_but_may_not_synchronise_it() {
    let device = CpuDevice::new().unwrap();
    let stream = device.create_stream().unwrap();
    let twice = FnKernel::shared(info("twice"), |at, call| {
        at.device.enqueue(at.stream, call.clone(), &Choice::Name("elementwise".into()))?;
        assert!(matches!(at.stream.synchronize(), Err(Error::State { .. })));
        assert!(matches!(at.stream.begin_capture(), Err(Error::State { .. })));
        assert!(matches!(at.device.synchronize(), Err(Error::State { .. })));
        at.device.enqueue(at.stream, call.clone(), &Choice::Name("elementwise".into()))
    });
    device.kernels().register(twice).unwrap();
    let x = device.upload(&[1f32], [1]).unwrap();
    device.enqueue(&stream, add_one(&x), &Choice::Auto).unwrap();
    assert_eq!(device.download::<f32>(&stream, &x).unwrap(), [3.]);
}

#[test]
fn failing_part_of_a_composed_kernel_is_the_one_reported() {
    let device = CpuDevice::new().unwrap();
    let stream = device.create_stream().unwrap();
    let (weight, ids) = (device.upload(&[1f32, 2.], [2, 1]).unwrap(), device.upload(&[-5i64], [1]).unwrap());
    let row = device.empty(DType::F32, [1, 1]).unwrap();
    let part: OpCall = Embedding::new(weight, ids, row).into();
    let composed = FnKernel::shared(info("composed"), move |at, call| {
        at.device.enqueue(at.stream, part.clone(), &Choice::Auto)?;
        at.device.enqueue(at.stream, call.clone(), &Choice::Name("elementwise".into()))
    });
    device.kernels().register(composed).unwrap();
    let x = device.upload(&[1f32], [1]).unwrap();
    device.enqueue(&stream, add_one(&x), &Choice::Auto).unwrap();
    match stream.synchronize() {
        Err(Error::Execution { op: OpKind::Embedding, skipped: 1, source, .. }) => {
            assert!(matches!(*source, Error::Value { argument: "ids", .. }), "{source}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(device.download::<f32>(&stream, &x).unwrap(), [1.]);
}

#[test]
fn stream_whose_kernel_runs_is_not_idle() {
    let device = CpuDevice::new().unwrap();
    let stream = device.create_stream().unwrap();
    let (tell, told) = channel();
    device
        .kernels()
        .register(FnKernel::shared(info("asks"), move |at, _| {
            tell.send(at.stream.is_idle()?).unwrap();
            Ok(())
        }))
        .unwrap();
    let x = device.upload(&[1f32], [1]).unwrap();
    device.enqueue(&stream, add_one(&x), &Choice::Auto).unwrap();
    stream.synchronize().unwrap();
    assert!(!told.recv().unwrap());
    assert!(stream.is_idle().unwrap());
}

#[test]
fn streams_of_another_cpu_device_are_refused() {
    let (one, two) = (CpuDevice::new().unwrap(), CpuDevice::new().unwrap());
    let x = one.upload(&[1f32], [1]).unwrap();
    assert!(matches!(one.enqueue(&two.create_stream().unwrap(), add_one(&x), &Choice::Auto), Err(Error::ForeignHandle { .. })));
    // Memory is the same for all.
    let stream = two.create_stream().unwrap();
    two.enqueue(&stream, add_one(&x), &Choice::Auto).unwrap();
    assert_eq!(two.download::<f32>(&stream, &x).unwrap(), [2.]);
    // Kernels that were recorded work with their device's threads.
    let recorder = one.create_stream().unwrap();
    recorder.begin_capture().unwrap();
    one.enqueue(&recorder, add_one(&x), &Choice::Auto).unwrap();
    let graph = recorder.end_capture().unwrap().instantiate().unwrap();
    assert!(matches!(graph.launch(&stream), Err(Error::ForeignHandle { .. })));
    graph.launch(&one.create_stream().unwrap()).unwrap();
    assert_eq!(two.download::<f32>(&stream, &x).unwrap(), [3.]);
}

#[test]
fn failure_is_not_lost_where_another_stream_captures() {
    let device = CpuDevice::new().unwrap();
    let (captures, fails) = (device.create_stream().unwrap(), device.create_stream().unwrap());
    captures.begin_capture().unwrap();
    let refuses = |_: &ascend_hal::Launch<'_>, _: &OpCall| Err(Error::Overflow { what: "the test".into() });
    device.kernels().register(FnKernel::shared(info("refuses"), refuses)).unwrap();
    let x = device.upload(&[1f32], [1]).unwrap();
    device.enqueue(&fails, add_one(&x), &Choice::Name("refuses".into())).unwrap();
    assert!(matches!(device.synchronize(), Err(Error::Execution { .. })));
    assert!(matches!(device.synchronize(), Err(Error::State { .. })));
    captures.end_capture().unwrap();
    device.synchronize().unwrap();
}

#[test]
fn calls_from_threads_of_another_pool_do_not_wait_for_each_other_for_ever() {
    let device = CpuDevice::with(CpuOptions::default().with_threads(2)).unwrap();
    let stream = device.create_stream().unwrap();
    let x = device.upload(&vec![0f32; 100_000], [100_000]).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|_| device.enqueue(&stream, add_one(&x), &Choice::Auto).unwrap());
        }
    });
    assert!(device.download::<f32>(&stream, &x).unwrap().iter().all(|&v| v == 50.));
}
