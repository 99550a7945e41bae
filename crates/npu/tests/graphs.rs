//! Recorded work on several streams, and work behind a failure.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ascend_hal::ops::{Elementwise, ElementwiseKind};
use ascend_hal::{Choice, Device, DeviceExt, Error, OpCall, OpKind, TensorView};
use ascend_npu::NpuDevice;
use ascend_sim::faults;

/// There is one script of faults in a process.
static SCRIPT: Mutex<()> = Mutex::new(());

fn open() -> Arc<NpuDevice> {
    NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0).unwrap()
}

/// `y = kind(x)`; with `b`, of both.
fn call(x: &TensorView, b: Option<&TensorView>, kind: ElementwiseKind, y: &TensorView) -> OpCall {
    Elementwise { a: x.clone(), b: b.cloned(), kind, y: y.to_mut() }.into()
}

#[test]
fn launches_of_a_graph_on_two_streams_follow_one_another() {
    let _alone = SCRIPT.lock().unwrap_or_else(PoisonError::into_inner);
    let device = open();
    let [first, second, blocked] = [(); 3].map(|()| device.create_stream().unwrap());
    let x = device.upload(&[1f32, 2.], [2]).unwrap();
    first.begin_capture().unwrap();
    device.enqueue(&first, call(&x, Some(&x), ElementwiseKind::Add, &x), &Choice::Auto).unwrap();
    let graph = first.end_capture().unwrap().instantiate().unwrap();

    let (go, wait) = channel::<()>();
    let event = device.create_event().unwrap();
    blocked.call_host(Box::new(move || wait.recv().unwrap())).unwrap();
    blocked.record(&event).unwrap();
    first.wait(&event).unwrap();
    for stream in [&first, &first, &second, &second] {
        graph.launch(stream).unwrap();
    }
    std::thread::sleep(Duration::from_millis(100));
    assert!(!second.is_idle().unwrap(), "the second stream did not wait for the first");
    go.send(()).unwrap();
    assert_eq!(device.download::<f32>(&second, &x).unwrap(), [16., 32.]);
    // Back on the first, and on a stream that is gone.
    graph.launch(&first).unwrap();
    drop(second);
    graph.launch(&blocked).unwrap();
    assert_eq!(device.download::<f32>(&blocked, &x).unwrap(), [64., 128.]);
    device.synchronize().unwrap();
}

#[test]
fn operator_that_a_failed_stream_does_not_take_is_skipped_and_the_failure_comes_at_synchronisation() {
    let _alone = SCRIPT.lock().unwrap_or_else(PoisonError::into_inner);
    let device = open();
    let stream = device.create_stream().unwrap();
    let [x, y] = [(); 2].map(|()| device.upload(&[0f32; 3], [3]).unwrap());
    faults::set("late aclnnExp at 1").unwrap();
    device.enqueue(&stream, call(&x, None, ElementwiseKind::Exp, &y), &Choice::Auto).unwrap();
    // The stream comes to the failure.
    std::thread::sleep(Duration::from_millis(100));
    faults::set("").unwrap();
    device.enqueue(&stream, call(&y, None, ElementwiseKind::Sigmoid, &y), &Choice::Auto).unwrap();
    match stream.synchronize() {
        Err(Error::Execution { op: OpKind::Elementwise, skipped: 1, source, .. }) => {
            assert!(matches!(*source, Error::Backend { code: 507_015, .. }), "{source}");
        }
        other => panic!("{other:?}"),
    }
    device.enqueue(&stream, call(&x, None, ElementwiseKind::Sigmoid, &y), &Choice::Auto).unwrap();
    assert_eq!(device.download::<f32>(&stream, &y).unwrap(), [0.5; 3]);
}

#[test]
fn operator_that_cannot_be_launched_on_a_stream_that_works_is_refused() {
    let _alone = SCRIPT.lock().unwrap_or_else(PoisonError::into_inner);
    let device = open();
    let stream = device.create_stream().unwrap();
    let x = device.upload(&[0f32; 3], [3]).unwrap();
    faults::set("call aclnnSigmoid at 1 code 361001").unwrap();
    let refused = device.enqueue(&stream, call(&x, None, ElementwiseKind::Sigmoid, &x), &Choice::Auto);
    faults::set("").unwrap();
    assert!(matches!(refused, Err(Error::Backend { code: 361_001, .. })), "{refused:?}");
    stream.synchronize().unwrap();
}
