//! Executors that streams keep: results do not depend on them, and they are used again, moved and let go of as is said.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::sync::{Arc, Mutex, PoisonError};

use ascend_hal::ops::{Elementwise, ElementwiseKind, GroupList, GroupedMatmul, Norm, NormKind, Weight};
use ascend_hal::{Choice, Device, DeviceExt, OpCall, Stream, TensorView, TensorViewMut};
use ascend_npu::{ExecutorStats, NpuDevice};
use ascend_sim::faults;

/// There is one script of faults in a process. The tests that set one use operators that no other test here uses, and a device of their own.
static SCRIPT: Mutex<()> = Mutex::new(());

fn open() -> (Arc<NpuDevice>, Stream) {
    open_at(0)
}

fn open_at(index: u32) -> (Arc<NpuDevice>, Stream) {
    let device = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", index).unwrap();
    let stream = device.create_stream().unwrap();
    (device, stream)
}

/// The stream's sum of the numbers, in memory of its own.
fn sum(device: &NpuDevice, stream: &Stream, a: &[f32], b: &[f32]) -> ascend_hal::Result<Vec<f32>> {
    let tensor = |values: &[f32]| device.upload(values, [values.len()]);
    let (a, b, y) = (tensor(a)?, tensor(b)?, tensor(&vec![0.; a.len()])?);
    let op = Elementwise { a, b: Some(b), kind: ElementwiseKind::Add, y: y.to_mut() };
    device.enqueue(stream, op.into(), &Choice::Auto)?;
    device.download(stream, &y)
}

fn counts(stats: ExecutorStats) -> [u64; 3] {
    [stats.planned, stats.reused, stats.kept]
}

#[test]
fn form_that_comes_again_is_not_planned_again() {
    let (device, stream) = open();
    for (round, stats) in [[1, 0, 0], [2, 0, 1], [2, 1, 1], [2, 2, 1]].into_iter().enumerate() {
        let x = round as f32;
        assert_eq!(sum(&device, &stream, &[x, 2., 3.], &[10., x, 30.]).unwrap(), [x + 10., x + 2., 33.]);
        assert_eq!(counts(device.executors()), stats, "round {round}");
    }
    // Another shape is another form.
    sum(&device, &stream, &[1.], &[2.]).unwrap();
    assert_eq!(counts(device.executors()), [3, 2, 1]);
    // What a stream keeps ends with it.
    drop(stream);
    assert_eq!(device.executors().kept, 0);
}

#[test]
fn every_argument_makes_a_form() {
    let (device, stream) = open();
    let x = device.upload(&[1f32, 2., 3., 4.], [2, 2]).unwrap();
    let affine = |scale, offset, y: &TensorViewMut| {
        let kind = ElementwiseKind::Affine { scale, offset };
        let op = Elementwise { a: x.clone(), b: None, kind, y: y.clone() };
        device.enqueue(&stream, op.into(), &Choice::Auto).unwrap();
        device.download::<f32>(&stream, y).unwrap()
    };
    let y = device.zeros(ascend_hal::DType::F32, [2, 2]).unwrap();
    for _ in 0..3 {
        assert_eq!(affine(2., 1., &y), [3., 5., 7., 9.]);
        assert_eq!(affine(3., 1., &y), [4., 7., 10., 13.]);
        assert_eq!(affine(2., 5., &y), [7., 9., 11., 13.]);
    }
    // The same shape in the other order of its elements.
    let turned = x.t().unwrap();
    for _ in 0..3 {
        for (a, expected) in [(x.clone(), [2., 4., 6., 8.]), (turned.clone(), [2., 5., 5., 8.])] {
            let op = Elementwise { a, b: Some(x.clone()), kind: ElementwiseKind::Add, y: y.clone() };
            device.enqueue(&stream, op.into(), &Choice::Auto).unwrap();
            assert_eq!(device.download::<f32>(&stream, &y).unwrap(), expected);
        }
    }
}

#[test]
fn operands_that_are_one_memory_or_several_are_several_forms() {
    let (device, stream) = open();
    let twice = |in_place: bool| {
        let x = device.upload(&[1f32, 2.], [2]).unwrap();
        let (b, y) = if in_place {
            (x.clone(), x.clone())
        } else {
            (device.upload(&[5f32, 6.], [2]).unwrap(), device.upload(&[0f32; 2], [2]).unwrap())
        };
        let op = Elementwise { a: x, b: Some(b), kind: ElementwiseKind::Add, y: y.to_mut() };
        device.enqueue(&stream, op.into(), &Choice::Auto).unwrap();
        device.download::<f32>(&stream, &y).unwrap()
    };
    for _ in 0..3 {
        assert_eq!(twice(true), [2., 4.]);
        assert_eq!(twice(false), [6., 8.]);
    }
    assert_eq!(counts(device.executors()), [4, 2, 2]);
}

#[test]
fn members_of_lists_are_moved_too() {
    let (device, stream) = open();
    for round in 0..4u8 {
        let at = f32::from(round);
        let x = device.upload(&[1f32, at, 2., at], [2, 2]).unwrap();
        let w = device.upload(&[1f32, 0., 0., 1., at, 0., 0., at], [2, 2, 2]).unwrap();
        let groups = GroupList::Counts(device.upload(&[i64::from(round % 3), 2 - i64::from(round % 3)], [2]).unwrap());
        let y = device.zeros(ascend_hal::DType::F32, [2, 2]).unwrap();
        let op = GroupedMatmul::new(x, Weight::kn(w), groups, y.clone());
        device.enqueue(&stream, op.into(), &Choice::Auto).unwrap();
        let factor = |row: u8| if row < round % 3 { 1. } else { at };
        assert_eq!(
            device.download::<f32>(&stream, &y).unwrap(),
            [factor(0), at * factor(0), 2. * factor(1), at * factor(1)],
            "round {round}"
        );
    }
    assert_eq!(counts(device.executors()), [2, 2, 1]);
}

#[test]
fn recorded_work_keeps_the_addresses_it_was_recorded_with() {
    let (device, stream) = open();
    let (x, weight) = (device.upload(&[3f32, 4.], [1, 2]).unwrap(), device.upload(&[1f32, 1.], [2]).unwrap());
    let norm = |y: &TensorView| -> OpCall { Norm::new(x.clone(), weight.clone(), NormKind::Rms, 0., y.to_mut()).into() };
    let [first, second] = [(); 2].map(|()| device.upload(&[0f32; 2], [1, 2]).unwrap());
    for _ in 0..2 {
        device.enqueue(&stream, norm(&second), &Choice::Auto).unwrap();
    }
    stream.begin_capture().unwrap();
    device.enqueue(&stream, norm(&first), &Choice::Auto).unwrap();
    let graph = stream.end_capture().unwrap().instantiate().unwrap();
    device.enqueue(&stream, norm(&second), &Choice::Auto).unwrap();
    let expected: Vec<f32> = device.download(&stream, &second).unwrap();
    assert_eq!(device.download::<f32>(&stream, &first).unwrap(), [0., 0.]);
    graph.launch(&stream).unwrap();
    assert_eq!(device.download::<f32>(&stream, &first).unwrap(), expected);
    assert!(device.executors().reused >= 2, "{:?}", device.executors());
}

#[test]
fn streams_and_threads_do_not_share_executors_by_mistake() {
    let (device, shared) = open();
    std::thread::scope(|scope| {
        for thread in 0..4u8 {
            let (device, shared) = (&device, &shared);
            scope.spawn(move || {
                let own = device.create_stream().unwrap();
                for round in 0..50u8 {
                    let (a, b) = (f32::from(thread), f32::from(round));
                    for stream in [&own, shared] {
                        assert_eq!(sum(device, stream, &[a, b], &[b, b]).unwrap(), [a + b, b + b]);
                    }
                }
            });
        }
    });
    let stats = device.executors();
    // Two plans a stream: calls that meet on the shared one wait for each other.
    assert_eq!((stats.planned, stats.reused), (2 * 5, 4 * 50 * 2 - 2 * 5), "{stats:?}");
}

#[test]
fn stream_that_has_failed_plans_again() {
    let _alone = SCRIPT.lock().unwrap_or_else(PoisonError::into_inner);
    let (device, stream) = open_at(1);
    let (a, b) = ([1f32; 77], [2f32; 77]);
    let add = |expected| assert_eq!(sum(&device, &stream, &a, &b).map(|y| y[76]).ok(), expected);
    (0..3).for_each(|_| add(Some(3.)));
    assert_eq!(device.executors().kept, 1);
    let x = device.upload(&[0f32; 77], [77]).unwrap();
    let exp = Elementwise { a: x.clone(), b: None, kind: ElementwiseKind::Exp, y: x.to_mut() };
    faults::set("late aclnnExp at 1").unwrap();
    device.enqueue(&stream, exp.into(), &Choice::Auto).unwrap();
    assert!(matches!(stream.synchronize(), Err(ascend_hal::Error::Execution { op: ascend_hal::OpKind::Elementwise, .. })));
    faults::set("").unwrap();
    assert_eq!(device.executors().kept, 0);
    (0..3).for_each(|_| add(Some(3.)));
    assert_eq!(device.executors().kept, 1);
}

#[test]
fn failed_second_phase_is_told_and_tried_anew() {
    let _alone = SCRIPT.lock().unwrap_or_else(PoisonError::into_inner);
    let (device, stream) = open_at(1);
    let x = device.upload(&[4f32; 5], [5]).unwrap();
    let sigmoid = || {
        let op =
            Elementwise { a: x.clone(), b: None, kind: ElementwiseKind::Sigmoid, y: device.zeros(ascend_hal::DType::F32, [5]).unwrap() };
        device.enqueue(&stream, op.into(), &Choice::Auto).and_then(|()| stream.synchronize())
    };
    (0..3).for_each(|_| sigmoid().unwrap());
    assert_eq!(device.executors().kept, 1);
    faults::set("call aclnnSigmoid at 1 code 561103").unwrap();
    assert!(matches!(sigmoid(), Err(ascend_hal::Error::Backend { code: 561_103, .. })));
    faults::set("").unwrap();
    assert_eq!(device.executors().kept, 0);
    sigmoid().unwrap();
}
