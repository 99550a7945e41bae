//! What calls ask the allocator for once they have been made before: bookkeeping, but no memory of the size of their tensors.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use ascend_cpu::{CpuDevice, CpuOptions};
use ascend_hal::ops::{
    Attention, Embedding, Glu, GluKind, KvCacheWrite, KvSource, Lengths, Matmul, MoeExperts, Norm, NormKind, Rope, RopeStyle, Weight,
};
use ascend_hal::{DType, Device, DeviceExt, OpCall, TensorView, bf16};

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

/// Allocations of each op of a decode step of one sequence with `keys` keys, by the ops' names.
fn of_decode_step(device: &CpuDevice, keys: usize) -> Vec<(&'static str, usize)> {
    let floats = |shape: &[usize]| device.zeros(DType::F32, ascend_hal::Dims::new(shape).unwrap()).unwrap();
    let ints = |values: &[i32]| device.upload(values, [values.len()]).unwrap();
    let (h, inner, heads, d, page) = (576, 1536, 9, 64, 16);
    let quantised = |k: usize, n: usize| {
        let codes = Weight::nk(device.upload_bytes(DType::I4, &vec![0x37; k * n / 2], [n, k]).unwrap()).unwrap();
        let parts = || device.zeros(DType::F16, [k / 32, n]).unwrap().view();
        device.prepare_weight(&codes.per_group_with_offset(32, parts(), parts())).unwrap()
    };
    let (x, y, both) = (floats(&[1, h]), floats(&[1, h]), floats(&[1, 2 * inner]));
    let heads_of = |view: &TensorView| view.reshape([1, heads, d]).unwrap();
    let pages = keys.div_ceil(page);
    let cache = [(); 2].map(|()| floats(&[pages, page, 3, d]));
    let kv = KvSource::Paged {
        k: cache[0].view(),
        v: cache[1].view(),
        table: device.upload(&(0..pages as i32).collect::<Vec<_>>(), [1, pages]).unwrap(),
    };
    let lengths = |n: usize| Lengths::new(ints(&[0, n as i32]));
    let (table, last) = (floats(&[keys, d / 2]), ints(&[keys as i32 - 1]));
    let token = floats(&[1, 3, d]);
    let norm = Norm::new(y.view(), floats(&[h]).view(), NormKind::Rms, 1e-5, floats(&[1, h])).with_residual(x.view(), x.clone());
    let rope = Rope::new(heads_of(&x), table.view(), table.view(), last.clone(), RopeStyle::Half, heads_of(&x).to_mut());
    let write = KvCacheWrite::new(token.view(), last, cache[0].clone()).with_v(token.view(), cache[1].clone());
    let attention = Attention::new(heads_of(&x), kv, lengths(1), lengths(keys), 0.125, heads_of(&y).to_mut());
    let glu = Glu::new(both.view(), GluKind::Swiglu, floats(&[1, inner]));
    vec![
        ("embedding", of(device, Embedding::new(floats(&[100, h]).view(), ints(&[7]), x.clone())).0),
        ("norm", of(device, norm).0),
        ("product", of(device, Matmul::new(x.view(), quantised(h, 2 * inner), both.clone())).0),
        ("rope", of(device, rope).0),
        ("cache", of(device, write).0),
        ("attention", of(device, attention).0),
        ("glu", of(device, glu).0),
    ]
}

#[test]
fn calls_after_the_first_allocate_bookkeeping_only() {
    let device = CpuDevice::with(CpuOptions::default().with_threads(1)).unwrap();
    for keys in [100, 2000] {
        for (op, allocations) in of_decode_step(&device, keys) {
            println!("{op} with {keys} keys: {allocations}");
            // What an op reads of integers and checks: ids, positions and slots, lengths and pages. And the items of attention.
            let most = match op {
                "norm" | "product" | "glu" => 0,
                "attention" => 9,
                _ => 2,
            };
            assert!(allocations <= most, "{op} with {keys} keys: {allocations} allocations");
        }
    }
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
    // As many allocations whatever the number of rows; of attention, a list of partial results where there are several.
    assert_eq!(small.0, large.0, "{all:?}");
    assert!(long.0 <= short.0 + 1, "{all:?}");
    assert!(large.1 < 4096 && long.1 < 16 << 10, "{all:?}");
    // Of experts a plan: some words for each expert with tokens and each pair. Their results alone are 512 KiB.
    assert!(one.0 <= 60 && many.0 <= one.0 + 16, "{all:?}");
    assert!(many.1 - one.1 < 16 << 10, "{all:?}");
}
