//! What calls ask the allocator for once they have been made before: bookkeeping, but no memory of the size of their tensors.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use ascend_cpu::{CpuDevice, CpuOptions};
use ascend_hal::ops::{Attention, KvSource, Lengths, Matmul, MoeExperts, Weight};
use ascend_hal::{DType, Device, DeviceExt, OpCall, bf16};

thread_local! {
    static CALLS: Cell<usize> = const { Cell::new(0) };
    static BYTES: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which counts what each thread asks for: a device of one thread works in its caller.
struct Counting;

// SAFETY: everything is the system allocator's, counted.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.set(CALLS.get() + 1);
        BYTES.set(BYTES.get() + layout.size());
        // SAFETY: by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: by the caller.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations and bytes of one call, after two that fill the arena.
fn of(device: &CpuDevice, call: impl Into<OpCall>) -> (usize, usize) {
    let (stream, call) = (device.create_stream().unwrap(), call.into());
    let run = || {
        let call = call.clone();
        let before = (CALLS.get(), BYTES.get());
        device.run(&stream, call).unwrap();
        stream.synchronize().unwrap();
        (CALLS.get() - before.0, BYTES.get() - before.1)
    };
    run();
    run();
    run()
}

#[test]
fn calls_after_the_first_allocate_bookkeeping_only() {
    let device = CpuDevice::with(CpuOptions::default().with_threads(1)).unwrap();
    let floats = |shape: &[usize]| {
        let values: Vec<bf16> = (0..shape.iter().product()).map(|i| bf16::from_f32(i as f32 % 7.0 - 3.0)).collect();
        device.upload(&values, ascend_hal::Dims::new(shape).unwrap()).unwrap()
    };
    let weight = |shape: &[usize]| device.prepare_weight(&Weight::nk(floats(shape)).unwrap()).unwrap();
    let empty = |shape: &[usize]| device.empty(DType::BF16, ascend_hal::Dims::new(shape).unwrap()).unwrap();

    let (dense, [gate_up, down]) = (weight(&[512, 512]), [weight(&[8, 512, 512]), weight(&[8, 512, 256])]);
    let product = |m: usize| of(&device, Matmul::new(floats(&[m, 512]), dense.clone(), empty(&[m, 512])));
    let experts = |t: usize| {
        let ids = device.upload(&(0..2 * t).map(|i| (i % 8) as i32).collect::<Vec<_>>(), [t, 2]).unwrap();
        let weights = device.upload(&vec![0.5f32; 2 * t], [t, 2]).unwrap();
        of(&device, MoeExperts::new(floats(&[t, 512]), ids, weights, gate_up.clone(), down.clone(), empty(&[t, 512])))
    };
    let decode = |l: usize| {
        let lengths = |length: usize| Lengths::new(device.upload(&[0, length as i32], [2]).unwrap()).with_host(vec![0, length as i32]);
        let kv = KvSource::Packed { k: floats(&[l, 2, 64]), v: floats(&[l, 2, 64]) };
        of(&device, Attention::new(floats(&[1, 8, 64]), kv, lengths(1), lengths(l), 0.125, empty(&[1, 8, 64])))
    };
    let all = [product(1), product(256), experts(1), experts(256), decode(64), decode(4096)];
    println!("{all:?}");
    let [small, large, one, many, short, long] = all;
    // As many allocations whatever the number of rows; of attention, a few for each partial result.
    assert_eq!(small.0, large.0, "{all:?}");
    assert!(long.0 <= short.0 + 16, "{all:?}");
    assert!(large.1 < 4096 && long.1 < 16 << 10, "{all:?}");
    // Of experts a plan: some words for each expert with tokens and each pair. Their results alone are 512 KiB.
    assert!(one.0 <= 60 && many.0 <= one.0 + 16, "{all:?}");
    assert!(many.1 - one.1 < 16 << 10, "{all:?}");
}
