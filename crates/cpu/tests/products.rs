//! Products of every instruction set, packed and not: exact where numbers are small integers, the same bits however weights are stored, refused when a buffer
//! holds something else.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use ascend_cpu::{CpuDevice, CpuOptions, Isa};
use ascend_hal::ops::{GroupList, GroupedMatmul, Matmul, MoeExperts, Weight};
use ascend_hal::{DType, Device, DeviceExt, Error, Format, Stream, TensorView, TensorViewMut, bf16, f16, watch};

struct Bench {
    device: Arc<CpuDevice>,
    stream: Stream,
}

impl Bench {
    fn new(isa: Isa, threads: usize) -> Self {
        let device = CpuDevice::with(CpuOptions::default().with_threads(threads).with_isa(isa)).unwrap();
        Self { stream: device.create_stream().unwrap(), device }
    }

    /// Each value rounded to `dtype`; i4 low nibble first.
    fn tensor<const N: usize>(&self, dtype: DType, shape: [usize; N], value: impl Fn(usize) -> f32) -> TensorView {
        let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
        match dtype {
            DType::F32 => self.device.upload(&values, shape),
            DType::F16 => self.device.upload(&values.iter().map(|&x| f16::from_f32(x)).collect::<Vec<_>>(), shape),
            DType::BF16 => self.device.upload(&values.iter().map(|&x| bf16::from_f32(x)).collect::<Vec<_>>(), shape),
            DType::I8 => self.device.upload(&values.iter().map(|&x| x as i8).collect::<Vec<_>>(), shape),
            DType::I32 => self.device.upload(&values.iter().map(|&x| x as i32).collect::<Vec<_>>(), shape),
            _ => {
                let pack = |pair: &[f32]| (pair[0] as i8 & 15) as u8 | (pair.get(1).map_or(0, |&x| x as i8) << 4) as u8;
                self.device.upload_bytes(DType::I4, &values.chunks(2).map(pack).collect::<Vec<_>>(), shape)
            }
        }
        .unwrap()
    }

    fn bits(&self, y: &TensorViewMut) -> Vec<u8> {
        self.stream.synchronize().unwrap();
        let mut bytes = vec![0; y.buffer().size_bytes()];
        self.device.read(y.buffer(), 0, &mut bytes).unwrap();
        bytes
    }
}

/// Numbers that are no sums of a few powers of two, so that another order of additions shows.
fn noise(i: usize, seed: usize) -> f32 {
    ((i * 7919 + seed * 104_729) % 65_537) as f32 / 65_537.0 - 0.5
}

/// The largest size of the products whose every shape is tried.
const LARGEST: usize = 70;

/// Codes of -8..=7: all sums are integers that every type of sum holds.
fn code(i: usize, seed: usize) -> f32 {
    ((i * 31 + seed * 17 + i / 7) % 16) as f32 - 8.0
}

/// Products of rows and a `[k, n]` matrix of such codes.
struct Small<'b> {
    bench: &'b Bench,
    dtype: DType,
    k: usize,
    n: usize,
    weight: Weight,
}

impl<'b> Small<'b> {
    fn new(bench: &'b Bench, dtype: DType, k: usize, n: usize) -> Self {
        let weight = Weight::kn(bench.tensor(dtype, [k, n], |i| code(i, 2)));
        let weight = if n.is_multiple_of(2) { bench.device.prepare_weight(&weight).unwrap() } else { weight };
        Self { bench, dtype, k, n, weight }
    }

    fn x(bench: &Bench, dtype: DType, m: usize, k: usize) -> TensorView {
        bench.tensor(dtype, [m, k], |i| code(i / k * LARGEST + i % k, 1))
    }

    fn product(&self, x: &TensorView) -> Vec<f64> {
        let out = if self.dtype == DType::I8 { DType::I32 } else { DType::F32 };
        let y = self.bench.device.empty(out, [x.dim(0), self.n]).unwrap();
        self.bench.device.matmul(&self.bench.stream, Matmul::new(x.clone(), self.weight.clone(), y.clone())).unwrap();
        ascend_hal::host::to_f64(&ascend_hal::to_host(&*self.bench.device, &y).unwrap()).unwrap()
    }

    fn exact(&self, row: usize, col: usize) -> f64 {
        (0..self.k).map(|k| f64::from(code(row * LARGEST + k, 1) * code(k * self.n + col, 2))).sum()
    }
}

#[test]
fn product_of_every_small_matrix_is_exact() {
    for isa in Isa::available() {
        let bench = Bench::new(isa, 1);
        for dtype in [DType::F32, DType::BF16, DType::I8] {
            for k in 1..=LARGEST {
                let xs = [1 + k % LARGEST, 1 + k * 37 % LARGEST].map(|m| Small::x(&bench, dtype, m, k));
                for n in 1..=LARGEST {
                    let (small, x) = (Small::new(&bench, dtype, k, n), &xs[n % xs.len()]);
                    for (i, got) in small.product(x).into_iter().enumerate() {
                        // Some rows and columns of each, all of them over the shapes.
                        if (i + k) % 5 == 0 {
                            assert_eq!(got, small.exact(i / n, i % n), "{isa} {dtype} m{} k{k} n{n} at {}, {}", x.dim(0), i / n, i % n);
                        }
                    }
                }
            }
            bench.stream.synchronize().unwrap();
        }
    }
}

#[test]
#[ignore = "six million products take some minutes: cargo test --release -p ascend-cpu --test products -- --ignored"]
fn product_of_every_small_shape_is_exact() {
    for isa in Isa::available() {
        let bench = Bench::new(isa, 1);
        for dtype in [DType::F32, DType::BF16, DType::I8] {
            for k in 1..=LARGEST {
                let x = Small::x(&bench, dtype, LARGEST, k);
                for n in 1..=LARGEST {
                    let small = Small::new(&bench, dtype, k, n);
                    let want: Vec<f64> = (0..LARGEST * n).map(|i| small.exact(i / n, i % n)).collect();
                    for m in 1..=LARGEST {
                        assert!(small.product(&x.narrow(0, 0, m).unwrap()) == want[..m * n], "{isa} {dtype} m{m} k{k} n{n}");
                    }
                }
            }
            bench.stream.synchronize().unwrap();
            println!("{isa} {dtype}");
        }
    }
}

/// A kind of product: types of rows and codes, the group of scales, whether there are zeros.
const KINDS: [(DType, DType, Option<usize>, bool); 13] = [
    (DType::F32, DType::F32, None, false),
    (DType::F16, DType::F16, None, false),
    (DType::BF16, DType::BF16, None, false),
    (DType::I8, DType::I8, None, false),
    (DType::I8, DType::I8, Some(0), false),
    (DType::BF16, DType::I8, Some(0), false),
    (DType::BF16, DType::I8, Some(32), true),
    (DType::BF16, DType::I4, Some(128), false),
    (DType::BF16, DType::I4, Some(32), true),
    (DType::BF16, DType::I4, Some(10), true),
    (DType::F32, DType::I8, Some(16), true),
    (DType::F16, DType::I4, Some(0), true),
    (DType::F32, DType::I4, Some(64), false),
];

/// A weight of shape `[e, k, n]`, stored that way or `[e, n, k]`.
fn weight(bench: &Bench, dtype: DType, [e, k, n]: [usize; 3], group: Option<usize>, zeros: bool, nk: bool) -> Weight {
    let value = |e: usize, k: usize, n: usize| match dtype {
        DType::I8 => ((e * 101 + k * 31 + n * 57 + k * n) % 256) as f32 - 128.0,
        DType::I4 => ((e * 101 + k * 31 + n * 57 + k * n) % 16) as f32 - 8.0,
        _ => noise((e * 1009 + k) * 1013 + n, 5),
    };
    let weight = if nk {
        Weight::nk(bench.tensor(dtype, [e, n, k], |i| value(i / (n * k), i % k, i / k % n))).unwrap()
    } else {
        Weight::kn(bench.tensor(dtype, [e, k, n], |i| value(i / (n * k), i / n % k, i % n)))
    };
    let Some(group) = group else { return weight };
    let groups = if group == 0 { 1 } else { k.div_ceil(group) };
    let scale = bench.tensor(DType::F32, [e, groups, n], |i| 0.01 + 0.01 * noise(i, 7));
    let zero = zeros.then(|| bench.tensor(DType::I8, [e, groups, n], |i| (i * 37 % 256) as f32 - 128.0));
    weight.per_group(group, scale, zero)
}

fn rows(bench: &Bench, dtype: DType, rows: usize, k: usize) -> TensorView {
    bench.tensor(dtype, [rows, k], |i| if dtype == DType::I8 { (i * 73 % 256) as f32 - 128.0 } else { noise(i, 3) })
}

#[test]
fn product_has_the_same_bits_however_the_weight_is_stored_and_the_work_is_split() {
    for isa in Isa::available() {
        for (x_type, w_type, group, zeros) in KINDS {
            // More than one tile of rows, panel and block of K, none of them whole.
            let (t, e, k, n) = (215, 2, 550, 326);
            let run = |threads: usize, form: &str, from: usize, count: usize| {
                let bench = Bench::new(isa, threads);
                let weight = weight(&bench, w_type, [e, k, n], group, zeros, form == "nk");
                let weight = if form == "packed" { bench.device.prepare_weight(&weight).unwrap() } else { weight };
                assert_eq!(weight.data.layout().format() == Format::Packed, form == "packed");
                let x = rows(&bench, x_type, t, k).narrow(0, from, count).unwrap();
                let out = if x_type != DType::I8 {
                    x_type
                } else if group.is_none() {
                    DType::I32
                } else {
                    DType::F32
                };
                let y = bench.device.empty(out, [count, n]).unwrap();
                let first = 205usize.saturating_sub(from).min(count);
                let counts = bench.device.upload(&[first as i64, (count - first) as i64], [2]).unwrap();
                bench.device.grouped_matmul(&bench.stream, GroupedMatmul::new(x, weight, GroupList::Counts(counts), y.clone())).unwrap();
                bench.bits(&y)
            };
            let all = run(1, "kn", 0, t);
            let row = all.len() / t;
            for (threads, form) in [(2, "kn"), (1, "nk"), (1, "packed"), (3, "packed")] {
                assert!(all == run(threads, form, 0, t), "{isa} {x_type} by {w_type} {group:?}: {form} with {threads} threads differs");
            }
            for (form, from, count) in [("packed", 7, 1), ("packed", 200, 9), ("kn", 198, 7)] {
                let some = run(2, form, from, count);
                assert!(some == all[from * row..(from + count) * row], "{isa} {x_type} by {w_type} {group:?}: rows {from}.. alone differ");
            }
        }
    }
}

#[test]
fn few_rows_have_the_bits_that_they_have_among_many() {
    // Sums in f32, which no rounding hides.
    let (t, n) = (37, 198);
    let kinds = [
        (DType::BF16, None),
        (DType::I8, None),
        (DType::I4, Some(0)),
        (DType::I4, Some(32)),
        (DType::I4, Some(92)),
        (DType::I4, Some(128)),
        (DType::I4, Some(192)),
        (DType::I4, Some(256)),
    ];
    for isa in Isa::available() {
        for ((w_type, group), k) in kinds.into_iter().flat_map(|kind| [64, 1101, 1120].map(|k| (kind, k))) {
            let bench = Bench::new(isa, 2);
            let codes = weight(&bench, w_type, [1, k, n], group, false, false);
            let flat = if w_type == DType::BF16 {
                // Some columns so small that products with small rows are below every normal number.
                let scaled = |i: usize| noise(i, 5) * if (i % n).is_multiple_of(3) { 2f32.powi(-70) } else { 1.0 };
                Weight::kn(bench.tensor(DType::BF16, [k, n], scaled))
            } else {
                let one = |view: &TensorView| view.select(0, 0).unwrap();
                let flat = Weight::kn(one(&codes.data));
                codes.quant.as_ref().map_or(flat.clone(), |q| flat.per_group(q.group, one(&q.scale), None))
            };
            let packed = bench.device.prepare_weight(&flat).unwrap();
            let x = match w_type {
                DType::I8 => rows(&bench, DType::I8, t, k),
                // Of rows 4, 9, .. all are small, of rows 3, 8, .. some.
                _ => bench.tensor(DType::BF16, [t, k], |i| {
                    let small = i / k % 5 == 4 || (i / k % 5 == 3 && i % 11 == 0);
                    noise(i, 3) * if small { 2f32.powi(-60 - (i % 68) as i32) } else { 1.0 }
                }),
            };
            let run = |from: usize, count: usize| {
                let y = bench.device.empty(if w_type == DType::I8 { DType::I32 } else { DType::F32 }, [count, n]).unwrap();
                let x = x.narrow(0, from, count).unwrap();
                bench.device.matmul(&bench.stream, Matmul::new(x, packed.clone(), y.clone())).unwrap();
                bench.bits(&y)
            };
            let all = run(0, t);
            for (from, count) in (1..=7).chain([12, 16]).flat_map(|count| [(0, count), (3, count), (19, count)]) {
                let same = run(from, count) == all[from * n * 4..(from + count) * n * 4];
                assert!(same, "{isa} {w_type} {group:?} k{k}: rows {from}.. of {count} differ");
            }
        }
    }
}

#[test]
fn experts_have_the_same_bits_however_weights_are_stored_and_the_work_is_split() {
    for isa in Isa::available() {
        for (x_type, w_type, group, zeros) in KINDS {
            let quantised = x_type == DType::I8;
            if w_type == DType::I8 && group.is_none() {
                continue;
            }
            let x_type = if quantised { DType::BF16 } else { x_type };
            let (tokens, k, e, hidden, inner) = (70, 3, 5, 134, 90);
            let run = |threads: usize, packed: bool, from: usize, count: usize| {
                let bench = Bench::new(isa, threads);
                let prepare = |weight: Weight| if packed { bench.device.prepare_weight(&weight).unwrap() } else { weight };
                let gate_up = prepare(weight(&bench, w_type, [e, hidden, 2 * inner], group, zeros, true));
                let down = prepare(weight(&bench, w_type, [e, inner, hidden], group, zeros, false));
                let x = rows(&bench, x_type, tokens, hidden).narrow(0, from, count).unwrap();
                // Most pairs go to expert 0; some to none.
                let ids = bench.tensor(DType::I32, [tokens, k], |i| if i % 3 == 0 { 0.0 } else { (i * 7 % 6) as f32 });
                let weights = bench.tensor(DType::F32, [tokens, k], |i| noise(i, 9));
                let (ids, weights) = (ids.narrow(0, from, count).unwrap(), weights.narrow(0, from, count).unwrap());
                let y = bench.device.empty(x_type, [count, hidden]).unwrap();
                let mut op = MoeExperts::new(x, ids, weights, gate_up, down, y.clone());
                op.quantize_activations = quantised;
                bench.device.moe_experts(&bench.stream, op).unwrap();
                bench.bits(&y)
            };
            let all = run(1, false, 0, tokens);
            let row = all.len() / tokens;
            for (threads, packed, from, count) in [(2, false, 0, tokens), (1, true, 0, tokens), (3, true, 0, tokens), (2, true, 33, 1)] {
                let some = run(threads, packed, from, count);
                assert!(
                    some == all[from * row..(from + count) * row],
                    "{isa} {x_type} by {w_type} {group:?}: tokens {from}.. of {count} differ"
                );
            }
        }
    }
}

#[test]
fn weight_that_is_packed_otherwise_is_refused() {
    let bench = Bench::new(Isa::best(), 1);
    let plain = Weight::kn(bench.tensor(DType::BF16, [64, 128], |i| noise(i, 1)));
    let packed = bench.device.prepare_weight(&plain).unwrap();
    let again = bench.device.prepare_weight(&packed).unwrap();
    assert!(again.data.same_elements(&packed.data), "packed twice");
    let run = |data: TensorView| {
        let (x, y) =
            (bench.device.zeros(DType::BF16, [1, data.dim(0)]).unwrap(), bench.device.zeros(DType::BF16, [1, data.dim(1)]).unwrap());
        bench.device.matmul(&bench.stream, Matmul::new(x.view(), Weight::kn(data), y)).unwrap();
        bench.stream.synchronize()
    };
    run(packed.data.clone()).unwrap();
    // The same size, as another shape; and a buffer that was never packed.
    let other = |buffer: &ascend_hal::Buffer, shape: [usize; 2]| {
        TensorView::new(buffer.clone(), DType::BF16, ascend_hal::Layout::packed(shape).unwrap()).unwrap()
    };
    for wrong in [other(packed.data.buffer(), [128, 64]), other(plain.data.buffer(), [64, 128])] {
        match run(wrong) {
            Err(Error::Execution { source, .. }) => assert!(matches!(*source, Error::Argument { .. }), "{source}"),
            found => panic!("{found:?}"),
        }
    }
    assert!(matches!(ascend_hal::to_host(&*bench.device, &packed.data), Err(Error::View { .. })));
    let odd = Weight::kn(bench.tensor(DType::I32, [2, 2], |i| i as f32));
    assert!(bench.device.prepare_weight(&odd).unwrap().data.same_elements(&odd.data), "what is no weight stays as it is");
}

#[test]
fn experts_name_the_weight_that_is_refused() {
    let bench = Bench::new(Isa::best(), 1);
    // A buffer of the size of a packed weight that was never packed.
    let never_packed = |weight: &Weight| {
        let packed = bench.device.prepare_weight(weight).unwrap().data;
        let bytes = bench.device.zeros(DType::U8, [packed.buffer().size_bytes()]).unwrap();
        Weight::kn(TensorView::new(bytes.buffer().clone(), packed.dtype(), *packed.layout()).unwrap())
    };
    let [gate_up, down] = [[2, 8, 16], [2, 8, 8]].map(|shape| Weight::kn(bench.tensor(DType::F32, shape, |i| noise(i, 1))));
    let run = |gate_up: Weight, down: Weight| {
        let x = bench.tensor(DType::F32, [1, 8], |i| noise(i, 2));
        let (ids, weights) = (bench.tensor(DType::I32, [1, 1], |_| 1.0), bench.tensor(DType::F32, [1, 1], |_| 1.0));
        let y = bench.device.zeros(DType::F32, [1, 8]).unwrap();
        bench.device.moe_experts(&bench.stream, MoeExperts::new(x, ids, weights, gate_up, down, y)).unwrap();
        bench.stream.synchronize()
    };
    run(gate_up.clone(), down.clone()).unwrap();
    let wrong = [("gate_up", never_packed(&gate_up), down.clone()), ("down", gate_up, never_packed(&down))];
    for (name, gate_up, down) in wrong {
        match run(gate_up, down) {
            Err(Error::Execution { source, .. }) => {
                assert!(matches!(*source, Error::Argument { argument, .. } if argument == name), "{source} is not about {name}");
            }
            found => panic!("{found:?}"),
        }
    }
}

#[test]
fn subnormal_bf16_counts_as_zero_in_products_of_pairs_only() {
    let tiny = 2f32.powi(-130);
    for isa in Isa::available() {
        let bench = Bench::new(isa, 1);
        let want = if matches!(isa, Isa::Avx512Bf16 | Isa::Amx) { 0.0 } else { 2.0 * tiny };
        let x = bench.tensor(DType::BF16, [1, 2], |_| tiny);
        let y = bench.device.zeros(DType::F32, [1, 1]).unwrap();
        let ones = |shape: &[usize]| {
            let values = vec![bf16::ONE; shape.iter().product()];
            Weight::kn(bench.device.upload(&values, ascend_hal::Dims::new(shape).unwrap()).unwrap())
        };
        bench.device.matmul(&bench.stream, Matmul::new(x.clone(), ones(&[2, 1]), y.clone())).unwrap();
        assert_eq!(bench.bits(&y), want.to_le_bytes(), "{isa}, dense");
        let groups = GroupList::Counts(bench.device.upload(&[1i64], [1]).unwrap());
        bench.device.grouped_matmul(&bench.stream, GroupedMatmul::new(x, ones(&[1, 2, 1]), groups, y.clone())).unwrap();
        assert_eq!(bench.bits(&y), want.to_le_bytes(), "{isa}, grouped");
    }
}

#[test]
fn weight_of_another_location_is_refused() {
    let bench = Bench::new(Isa::best(), 1);
    let host = Weight::kn(ascend_hal::host::zeros(DType::F32, [2, 2]).unwrap().view());
    assert!(matches!(bench.device.prepare_weight(&host), Err(Error::WrongDevice { .. })));
}

#[test]
fn watched_products_tell_of_their_experts_and_unwatched_ones_of_nothing() {
    let bench = Bench::new(Isa::available()[0], 2);
    let one = |i: usize| (i % 3) as f32;
    let x = bench.tensor(DType::F32, [6, 64], one);
    let w = Weight::nk(bench.tensor(DType::F32, [3, 48, 64], one)).unwrap();
    let groups = GroupList::Counts(bench.device.upload(&[4i64, 0, 2], [3]).unwrap());
    let y = bench.device.empty(DType::F32, [6, 48]).unwrap();
    let op = GroupedMatmul::new(x, w, groups, y);
    let ((), work) = watch(|| bench.device.grouped_matmul(&bench.stream, op.clone()).unwrap());
    let mut experts: Vec<_> = work.iter().filter(|w| w.name == "tile").map(|w| w.item).collect();
    experts.sort_unstable();
    experts.dedup();
    assert_eq!(experts, [Some(0), Some(2)]);
    // Tiles lie within the time that their thread was busy.
    for tile in work.iter().filter(|w| w.name == "tile") {
        let busy = |w: &&ascend_hal::Work| w.name == "busy" && w.thread == tile.thread && w.start <= tile.start && tile.end <= w.end;
        assert!(work.iter().any(|w| busy(&w)), "{tile:?}");
    }
    let ((), none) = watch(|| ());
    assert!(none.is_empty());
}
