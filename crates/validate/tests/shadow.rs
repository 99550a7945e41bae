//! The shadow device: it conforms like the device it wraps, and names the first call that leaves its bounds.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::sync::Arc;

use ascend_cpu::CpuDevice;
use ascend_hal::ops::{Elementwise, Embedding, Gating, KvCacheWrite, Matmul, Norm, NormKind, Score, Softmax, Weight};
use ascend_hal::{
    Buffer, Choice, DType, Device, DeviceExt, DeviceInfo, Error, Event, FnKernel, KernelInfo, KernelRegistry, MemoryInfo, OpCall, OpKind,
    Origin, Result, Stream, TensorView, host, scope,
};
use ascend_validate::{Shadow, ShadowLog, ShadowOptions, conformance, shadow::ShadowFault};

fn shadowed(options: ShadowOptions) -> (Arc<dyn Device>, ShadowLog) {
    Shadow::over(CpuDevice::new().unwrap(), options)
}

/// A shadow over a device whose kernel for `op` runs the right one, then `damage`.
fn broken(op: OpKind, damage: impl Fn(&OpCall) -> Result<()> + Send + Sync + 'static) -> (Arc<dyn Device>, Stream, ShadowLog) {
    let (device, log) = shadowed(ShadowOptions::default());
    let right = device.kernels().list(op).into_iter().next().unwrap();
    let info = KernelInfo { name: "broken".into(), op, origin: Origin::User, dtypes: DType::ALL.to_vec().into(), constraints: "".into() };
    let kernel = FnKernel::shared(info, move |at, call| {
        right.launch(at, call)?;
        damage(call)
    });
    device.kernels().register(kernel).unwrap();
    let stream = device.create_stream().unwrap();
    (device, stream, log)
}

/// Sets element `at` (counted from the start of its buffer) of an f32 tensor.
fn set(view: &TensorView, at: usize, x: f32) -> Result<()> {
    view.buffer().as_host().unwrap().write(at * 4, &x.to_le_bytes())
}

fn first(log: &ShadowLog) -> ShadowFault {
    log.first_fault().unwrap()
}

#[test]
fn shadow_conforms_like_the_device_that_it_wraps() {
    let open = || Ok(shadowed(ShadowOptions::default()).0);
    let mut violations = Vec::new();
    for check in conformance::checks() {
        if let Err(violation) = check.run(&open) {
            violations.push(format!("{check}: {violation}"));
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

#[test]
fn wrong_element_is_named_with_its_call_and_labels() {
    let (device, stream, log) = broken(OpKind::Softmax, |call| {
        let op: &Softmax = call.try_into()?;
        if op.y.dim(0) == 2 { set(&op.y, 5, 0.5) } else { Ok(()) }
    });
    for rows in [1, 2, 2] {
        let x = device.upload(&[0f32; 8][..4 * rows], [rows, 4]).unwrap();
        let y = device.empty(DType::F32, [rows, 4]).unwrap();
        scope(("layer", 3), || scope("head", || device.softmax(&stream, Softmax::new(x, y)))).unwrap();
    }
    let fault = first(&log);
    assert_eq!((fault.call, &*fault.scope, &*fault.op, &*fault.dtype), (2, "layer 3 / head", "softmax", "f32"));
    assert_eq!((&*fault.argument, &*fault.at, &*fault.place), ("y", &[1, 1][..], "y[1, 1] (row 1, column 1)"));
    assert_eq!(fault.kernel, "broken (user)");
    let (error, bound) = (fault.error.unwrap(), fault.bound.unwrap());
    assert!(error == 0.25 && bound > 0.0 && bound < 1e-6, "{fault}");
    let report = log.report();
    let record = &report.ops["softmax"];
    assert_eq!((report.calls, record.compared, record.faulty, report.faults.len()), (3, 3, 2, 2));
    assert!(record.worst_ratio > 1e5 && record.worst_at == "call 2, layer 3 / head, y", "{record:?}");
}

#[test]
fn call_in_place_is_judged_by_what_was_there_before() {
    let (device, log) = shadowed(ShadowOptions::default());
    let stream = device.create_stream().unwrap();
    // A residual update: the sum goes where the residual was.
    let x = device.upload(&[1f32, 2., 3., 4.], [1, 4]).unwrap();
    let residual = device.upload(&[1f32; 4], [1, 4]).unwrap();
    let weight = device.upload(&[1f32; 4], [4]).unwrap();
    for _ in 0..3 {
        let y = device.empty(DType::F32, [1, 4]).unwrap();
        device
            .norm(&stream, Norm::new(x.clone(), weight.clone(), NormKind::Rms, 1e-6, y).with_residual(residual.clone(), residual.to_mut()))
            .unwrap();
    }
    assert_eq!(device.download::<f32>(&stream, &residual).unwrap(), [4., 7., 10., 13.]);
    assert_eq!((log.first_fault(), log.report().compared()), (None, 3));

    // One that takes what it has written itself for its input.
    let (device, stream, log) = broken(OpKind::Elementwise, |call| {
        let op: &Elementwise = call.try_into()?;
        let twice = host::to_f64(&op.y)?[0] * 2.;
        set(&op.y, 0, twice as f32)
    });
    let x = device.upload(&[3f32, 5.], [2]).unwrap();
    device.elementwise(&stream, Elementwise::affine(x.clone(), 2., 0., x.to_mut())).unwrap();
    let fault = first(&log);
    assert!(fault.place == "y[0]" && fault.what.contains("1.2e1 instead of 6e0"), "{fault}");
}

#[test]
fn changed_input_and_changed_neighbour_of_a_view_are_faults() {
    let (device, stream, log) = broken(OpKind::Softmax, |call| {
        let op: &Softmax = call.try_into()?;
        set(&op.x, 1, 7.)
    });
    let x = device.upload(&[0f32; 4], [1, 4]).unwrap();
    device.softmax(&stream, Softmax::new(x, device.empty(DType::F32, [1, 4]).unwrap())).unwrap();
    assert_eq!((first(&log).place, first(&log).what), ("x[0, 1] (row 0, column 1)".into(), "an input was changed".into()));

    // Two columns of a matrix; the kernel writes to a third.
    let (device, stream, log) = broken(OpKind::Softmax, |call| {
        let op: &Softmax = call.try_into()?;
        set(&op.y, 2, 7.)
    });
    let (x, y) = (device.upload(&[0f32; 4], [2, 2]).unwrap(), device.zeros(DType::F32, [2, 3]).unwrap());
    device.softmax(&stream, Softmax::new(x, y.narrow(1, 0, 2).unwrap().to_mut())).unwrap();
    assert_eq!((first(&log).argument, first(&log).what), ("y".into(), "the gap around the view was changed".into()));
}

#[test]
fn cache_slot_that_no_row_goes_to_must_stay() {
    let write = |device: &Arc<dyn Device>, stream: &Stream| {
        let k = device.upload(&[1f32, 2., 3., 4.], [2, 1, 2]).unwrap();
        // Poisoned, as fresh device memory may be.
        let cache = device.upload(&[f32::NAN; 16], [2, 4, 1, 2]).unwrap();
        let slots = device.upload(&[6i32, 1], [2]).unwrap();
        device.kv_cache_write(stream, KvCacheWrite::new(k, slots, cache.to_mut())).unwrap();
    };
    let (device, log) = shadowed(ShadowOptions::default());
    write(&device, &device.create_stream().unwrap());
    assert_eq!((log.first_fault(), log.report().compared()), (None, 1));

    let (device, stream, log) = broken(OpKind::KvCacheWrite, |call| {
        let op: &KvCacheWrite = call.try_into()?;
        set(&op.k_cache, 14, 0.)
    });
    write(&device, &stream);
    let fault = first(&log);
    assert_eq!(fault.place, "k_cache[1, 3, 0, 0] (page 1, place 3, head 0, dim 0)");
    assert!(fault.what.contains("must leave untouched"), "{fault}");
}

#[test]
fn choice_of_equal_scores_is_the_lowest_index() {
    let route = |device: &Arc<dyn Device>, stream: &Stream| {
        let logits = device.upload(&[1f32, 3., 3., 0.], [1, 4]).unwrap();
        let (weights, ids) = (device.empty(DType::F32, [1, 1]).unwrap(), device.empty(DType::I32, [1, 1]).unwrap());
        device.gating(stream, Gating::new(logits, Score::SoftmaxTopK, weights, ids)).unwrap();
    };
    let (device, log) = shadowed(ShadowOptions::default());
    route(&device, &device.create_stream().unwrap());
    assert_eq!(log.first_fault(), None);
    let (device, stream, log) = broken(OpKind::Gating, |call| {
        let op: &Gating = call.try_into()?;
        op.ids.buffer().as_host().unwrap().write(0, &2i32.to_le_bytes())
    });
    route(&device, &stream);
    assert!(first(&log).argument == "ids" && first(&log).what.contains("they tie"), "{}", first(&log));
}

#[test]
fn launches_of_a_graph_are_compared_call_by_call() {
    let (device, stream, log) = broken(OpKind::Softmax, |call| {
        let op: &Softmax = call.try_into()?;
        // Wrong for one input only.
        if host::to_f64(&op.x)?[0] == 1.0 { set(&op.y, 0, 0.) } else { Ok(()) }
    });
    let x = device.upload(&[0f32, 2.], [1, 2]).unwrap();
    let y = device.empty(DType::F32, [1, 2]).unwrap();
    stream.begin_capture().unwrap();
    device.elementwise(&stream, Elementwise::affine(x.clone(), 1., 0.5, x.to_mut())).unwrap();
    scope("head", || device.softmax(&stream, Softmax::new(x.clone(), y))).unwrap();
    let graph = stream.end_capture().unwrap().instantiate().unwrap();
    assert_eq!(log.report().calls, 0, "a capture executes nothing");
    for _ in 0..3 {
        graph.launch(&stream).unwrap();
    }
    stream.synchronize().unwrap();
    assert_eq!(log.report().compared(), 6);
    let fault = first(&log);
    assert_eq!((fault.call, &*fault.op, &*fault.scope, log.report().faulty()), (4, "softmax", "head", 1));
}

#[test]
fn values_that_the_oracle_refuses_are_a_fault_of_who_accepts_them() {
    let embed = |device: &Arc<dyn Device>, stream: &Stream| {
        let table = device.upload(&[1f32, 2.], [2, 1]).unwrap();
        let ids = device.upload(&[0i32, 9], [2]).unwrap();
        device.embedding(stream, Embedding::new(table, ids, device.zeros(DType::F32, [2, 1]).unwrap()))
    };
    // The device itself refuses: no fault, the failure comes out of the stream.
    let (device, log) = shadowed(ShadowOptions::default());
    let stream = device.create_stream().unwrap();
    embed(&device, &stream).unwrap();
    embed(&device, &stream).unwrap();
    assert!(matches!(stream.synchronize(), Err(Error::Execution { op: OpKind::Embedding, skipped: 1, .. })));
    let record = log.report().ops["embedding"].clone();
    assert_eq!((record.calls, record.compared, record.not_run, record.faulty), (2, 0, 2, 0));

    let info = KernelInfo {
        name: "takes all".into(),
        op: OpKind::Embedding,
        origin: Origin::User,
        dtypes: vec![DType::F32].into(),
        constraints: "".into(),
    };
    device.kernels().register(FnKernel::shared(info, |_, _| Ok(()))).unwrap();
    embed(&device, &stream).unwrap();
    stream.synchronize().unwrap();
    let fault = first(&log);
    assert!(fault.argument == "ids" && fault.call == 3 && fault.what.contains("9"), "{fault}");
}

#[test]
fn sampling_takes_the_first_call_of_an_op_and_every_nth() {
    let options = ShadowOptions { every: 3, ops: vec![OpKind::Softmax], ..ShadowOptions::default() };
    let (device, log) = shadowed(options);
    let stream = device.create_stream().unwrap();
    for _ in 0..7 {
        let x = device.upload(&[0f32; 4], [1, 4]).unwrap();
        device.elementwise(&stream, Elementwise::affine(x.clone(), 2., 0., x.to_mut())).unwrap();
        device.softmax(&stream, Softmax::new(x.clone(), x.to_mut())).unwrap();
    }
    let report = log.report();
    assert_eq!((report.calls, report.ops["softmax"].calls, report.ops["softmax"].compared), (14, 7, 3));
    assert_eq!((report.ops["elementwise"].calls, report.ops["elementwise"].compared), (7, 0));
}

#[test]
fn call_that_is_too_large_is_counted_with_the_reason() {
    let (device, log) = shadowed(ShadowOptions { max_call_bytes: 31, ..ShadowOptions::default() });
    let stream = device.create_stream().unwrap();
    let (x, y) = (device.upload(&[0f32; 4], [1, 4]).unwrap(), device.empty(DType::F32, [1, 4]).unwrap());
    device.softmax(&stream, Softmax::new(x, y.clone())).unwrap();
    assert_eq!(device.download::<f32>(&stream, &y).unwrap(), [0.25; 4], "the call itself runs");
    let record = log.report().ops["softmax"].clone();
    assert_eq!((record.compared, record.not_comparable.values().sum::<u64>()), (0, 1));
    assert!(record.not_comparable.keys().all(|why| why.contains("31 bytes")), "{record:?}");
}

#[test]
fn refused_call_is_not_counted() {
    let (device, log) = shadowed(ShadowOptions::default());
    let stream = device.create_stream().unwrap();
    let (x, y) = (device.upload(&[0f32; 4], [1, 4]).unwrap(), device.empty(DType::F32, [1, 3]).unwrap());
    assert!(device.softmax(&stream, Softmax::new(x.clone(), y)).is_err());
    let call: OpCall = Softmax::new(x.clone(), x.to_mut()).into();
    assert!(matches!(device.enqueue(&stream, call.clone(), &Choice::Name("none".into())), Err(Error::NoSuchKernel { .. })));
    let foreign = CpuDevice::new().unwrap().create_stream().unwrap();
    assert!(matches!(device.enqueue(&foreign, call, &Choice::Auto), Err(Error::ForeignHandle { .. })));
    assert_eq!(log.report().calls, 0);
}

/// A device that reads weights in another order than they are stored in, and perhaps prepares them wrongly.
#[derive(Debug)]
struct Preparing {
    inner: Arc<dyn Device>,
    factor: f32,
}

impl Device for Preparing {
    fn info(&self) -> &DeviceInfo {
        self.inner.info()
    }
    fn memory(&self) -> Result<MemoryInfo> {
        self.inner.memory()
    }
    fn alloc(&self, bytes: usize) -> Result<Buffer> {
        self.inner.alloc(bytes)
    }
    fn alloc_pinned(&self, bytes: usize) -> Result<Buffer> {
        self.inner.alloc_pinned(bytes)
    }
    fn write(&self, dst: &Buffer, offset: usize, src: &[u8]) -> Result<()> {
        self.inner.write(dst, offset, src)
    }
    fn read(&self, src: &Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        self.inner.read(src, offset, dst)
    }
    fn create_stream(&self) -> Result<Stream> {
        self.inner.create_stream()
    }
    fn create_event(&self) -> Result<Event> {
        self.inner.create_event()
    }
    fn enqueue(&self, stream: &Stream, call: OpCall, choice: &Choice) -> Result<()> {
        self.inner.enqueue(stream, call, choice)
    }
    fn kernels(&self) -> &KernelRegistry {
        self.inner.kernels()
    }
    fn synchronize(&self) -> Result<()> {
        self.inner.synchronize()
    }
    fn prepare_weight(&self, weight: &Weight) -> Result<Weight> {
        let values = host::to_vec::<f32>(&ascend_hal::to_host(&*self.inner, &weight.data)?)?;
        let values: Vec<f32> = values.iter().map(|x| x * self.factor).collect();
        Ok(Weight::kn(self.inner.upload(&values, *weight.data.shape())?))
    }
}

#[test]
fn prepared_weight_is_what_runs_and_the_plain_one_what_it_must_mean() {
    for (factor, faulty) in [(1.0, 0), (2.0, 1)] {
        let preparing = Preparing { inner: CpuDevice::new().unwrap(), factor };
        let (device, log) = Shadow::over(Arc::new(preparing), ShadowOptions::default());
        let stream = device.create_stream().unwrap();
        let stored = device.upload(&[1f32, 2., 3., 4., 5., 6.], [3, 2]).unwrap();
        let weight = device.prepare_weight(&Weight::nk(stored.clone()).unwrap()).unwrap();
        // The memory that it came from is the caller's again.
        device.write(stored.buffer(), 0, &[0; 24]).unwrap();
        let (x, y) = (device.upload(&[1f32, 10.], [1, 2]).unwrap(), device.empty(DType::F32, [1, 3]).unwrap());
        device.matmul(&stream, Matmul::new(x, weight, y.clone())).unwrap();
        let got = device.download::<f32>(&stream, &y).unwrap();
        assert_eq!(got, [21., 43., 65.].map(|y| y * factor));
        assert_eq!((log.report().compared(), log.report().faulty()), (1, faulty));
    }
}

#[test]
fn prepared_weight_counts_toward_what_a_call_touches() {
    // A weight of 32 KiB, from a row of 256 bytes to one of 512.
    for (max_call_bytes, compared) in [(32 * 1024, 0), (33 * 1024, 1)] {
        let preparing = Preparing { inner: CpuDevice::new().unwrap(), factor: 1.0 };
        let (device, log) = Shadow::over(Arc::new(preparing), ShadowOptions { max_call_bytes, ..ShadowOptions::default() });
        let stream = device.create_stream().unwrap();
        let stored = device.upload(&[1f32; 128 * 64], [128, 64]).unwrap();
        let weight = device.prepare_weight(&Weight::nk(stored).unwrap()).unwrap();
        let (x, y) = (device.upload(&[1f32; 64], [1, 64]).unwrap(), device.empty(DType::F32, [1, 128]).unwrap());
        device.matmul(&stream, Matmul::new(x, weight, y)).unwrap();
        let record = &log.report().ops["matmul"];
        assert_eq!((record.compared, record.not_comparable.values().sum::<u64>()), (compared, 1 - compared));
    }
}
