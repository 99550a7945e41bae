//! Arguments of every kind against every contract: `check()` gives `Ok` or a typed error and `cost()` a number, without panic and without large allocations.
//!
//! Each test starts from the valid calls of the generated cases, so that every op, variant and optional argument takes part, and bends them: a size that several
//! arguments share becomes another one (huge ones by stride 0, which costs no memory), a tensor gets another type, rank or layout, a parameter another value.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::alloc::{GlobalAlloc, Layout as Alloc, System};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use ascend_hal::ops::{Cost, GroupLimit, Op, Weight};
use ascend_hal::{DType, Dims, Format, Layout, OpCall, OpKind, Result, TensorView};
use ascend_validate::{Gen, Options, Work};
use proptest::prelude::*;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, which notes the largest allocation of each thread.
struct Watch;

// SAFETY: every call is passed on unchanged.
unsafe impl GlobalAlloc for Watch {
    unsafe fn alloc(&self, layout: Alloc) -> *mut u8 {
        let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(layout.size())));
        // SAFETY: the caller's contract is `System`'s.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Alloc) {
        // SAFETY: as above.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static WATCH: Watch = Watch;

/// More than any message or list of arguments takes.
const MODEST_BYTES: usize = 16 << 10;

/// One small valid call for each op, variant and rule.
fn seeds() -> &'static [OpCall] {
    static SEEDS: OnceLock<Vec<OpCall>> = OnceLock::new();
    SEEDS.get_or_init(|| {
        let mut seen = BTreeSet::new();
        let mut seeds = Vec::new();
        for case in ascend_validate::cases(&Options::default()).unwrap() {
            let (Work::Call(build) | Work::Refused { build, .. }) = &case.work else { continue };
            let Some(c) = case.covers.first() else { continue };
            if seen.insert((c.op, c.variant, c.rule)) {
                seeds.push(build(&mut Gen::new(0, &case.name)).unwrap());
            }
        }
        seeds
    })
}

/// Random numbers that run out into zeros, which proptest can shrink.
struct Pick<'a>(std::slice::Iter<'a, u32>);

impl Pick<'_> {
    fn below(&mut self, n: usize) -> usize {
        self.0.next().map_or(0, |&x| x as usize % n.max(1))
    }
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }
    fn size(&mut self) -> usize {
        const SIZES: [usize; 16] = [
            0,
            1,
            2,
            3,
            16,
            1 << 16,
            i32::MAX as usize,
            1 << 31,
            1 << 32,
            1 << 40,
            1 << 62,
            usize::MAX / 3,
            usize::MAX / 2,
            (usize::MAX / 2) + 1,
            usize::MAX - 1,
            usize::MAX,
        ];
        SIZES[self.below(SIZES.len())]
    }
}

/// `view` with sizes replaced: dimensions that grow repeat, others keep their strides. A view that cannot be made stays as it is.
fn resized(view: &TensorView, replace: &[(usize, usize)], pick: &mut Pick<'_>) -> TensorView {
    let layout = view.layout();
    let (mut shape, mut strides) = (*layout.shape(), *layout.strides());
    for (d, s) in shape.iter_mut().zip(strides.iter_mut()) {
        if let Some(&(_, new)) = replace.iter().find(|(old, _)| old == d) {
            *s = if new > *d { 0 } else { *s };
            *d = new;
        }
    }
    if pick.one_in(24) {
        let mut longer = shape.to_vec();
        longer.insert(0, pick.size());
        let mut steps = strides.to_vec();
        steps.insert(0, 0);
        (shape, strides) = (Dims::new(&longer).unwrap_or(shape), Dims::new(&steps).unwrap_or(strides));
    } else if !shape.is_empty() && pick.one_in(24) {
        let at = pick.below(shape.len());
        (shape, strides) = (shape.without(at), strides.without(at));
    }
    let new = match layout.format() {
        Format::FractalNz => Layout::fractal_nz(shape),
        _ => Layout::strided(shape, strides, layout.offset()),
    };
    let dtype = if pick.one_in(24) { DType::ALL[pick.below(DType::ALL.len())] } else { view.dtype() };
    new.and_then(|layout| TensorView::new(view.buffer().clone(), dtype, layout)).unwrap_or_else(|_| view.clone())
}

fn bend_weight(weight: &mut Weight, pick: &mut Pick<'_>) {
    if let Some(quant) = &mut weight.quant {
        if pick.one_in(3) {
            quant.group = pick.size();
        }
        if pick.one_in(8) {
            quant.zero = None;
        }
    }
}

/// Parameters replaced by any numbers.
fn bend(call: &mut OpCall, pick: &mut Pick<'_>) {
    match call {
        OpCall::Matmul(op) => bend_weight(&mut op.weight, pick),
        OpCall::GroupedMatmul(op) => bend_weight(&mut op.weight, pick),
        OpCall::MoeExperts(op) => {
            bend_weight(&mut op.gate_up, pick);
            bend_weight(&mut op.down, pick);
            op.first_expert = if pick.one_in(2) { pick.size() } else { op.first_expert };
        }
        OpCall::Gating(op) => {
            op.k = if pick.one_in(2) { pick.size() } else { op.k };
            if pick.one_in(2) {
                let score = op.groups.map_or(ascend_hal::ops::GroupScore::Max, |g| g.score);
                op.groups = Some(GroupLimit { groups: pick.size(), keep: pick.size(), score });
            }
        }
        OpCall::InitRouting(op) => {
            op.experts = if pick.one_in(2) { pick.size() } else { op.experts };
            op.local = if pick.one_in(2) { pick.size()..pick.size() } else { op.local.clone() };
            op.capacity = if pick.one_in(2) { Some(pick.size()) } else { op.capacity };
        }
        OpCall::Attention(op) => op.window = if pick.one_in(2) { Some(pick.size()) } else { op.window },
        OpCall::Rope(op) => {
            op.mrope_sections = if pick.one_in(2) { Some([pick.size(), pick.size(), pick.size()]) } else { op.mrope_sections }
        }
        OpCall::TopK(op) => op.k = if pick.one_in(2) { pick.size() } else { op.k },
        OpCall::Embedding(op) => {
            (op.first_id, op.vocab) = if pick.one_in(2) { (pick.size(), pick.size()) } else { (op.first_id, op.vocab) };
        }
        _ => {}
    }
}

fn bent(seed: &OpCall, pick: &mut Pick<'_>) -> OpCall {
    let mut sizes = Vec::new();
    seed.visit(&mut |arg| sizes.extend(arg.view.shape().iter().copied()));
    sizes.sort_unstable();
    sizes.dedup();
    let replace: Vec<(usize, usize)> =
        (0..pick.below(4)).filter_map(|_| sizes.get(pick.below(sizes.len())).map(|&old| (old, pick.size()))).collect();
    let mut call = seed.map(&mut |arg| Ok(resized(arg.view, &replace, pick))).unwrap();
    if pick.one_in(2) {
        bend(&mut call, pick);
    }
    call
}

/// The contract's own `check()`, which the refusal of repeated outputs would otherwise keep huge outputs from.
fn contract(call: &OpCall) -> Result<()> {
    macro_rules! each {
        ($($op:ident),* $(,)?) => {
            match call {
                $(OpCall::$op(op) => op.check(),)*
                other => panic!("{} is missing here", other.kind()),
            }
        };
    }
    each!(
        Matmul,
        GroupedMatmul,
        Gating,
        MoeExperts,
        InitRouting,
        FinalizeRouting,
        Activation,
        Glu,
        Norm,
        Rope,
        Attention,
        MlaDecode,
        MlaPrefill,
        KvCacheWrite,
        KvCacheGather,
        Quantize,
        Dequantize,
        Elementwise,
        Softmax,
        TopK,
        Embedding,
        Cast,
        Copy,
        ArgMax,
    )
}

fn modest<R>(f: impl FnOnce() -> R) -> (R, usize) {
    LARGEST.with(|largest| largest.set(0));
    let r = f();
    (r, LARGEST.with(Cell::get))
}

fn sound(cost: Cost) -> bool {
    [cost.flops, cost.read_bytes, cost.write_bytes].iter().all(|x| x.is_finite() && *x >= 0.0)
}

#[test]
fn seeds_are_valid_and_stand_for_every_op() {
    for seed in seeds() {
        seed.check().unwrap_or_else(|e| panic!("{seed:?}: {e}"));
        assert!(sound(seed.cost()), "{seed:?}: {:?}", seed.cost());
        assert!(seed.kind().variants().contains(&seed.variant()), "{} has no variant {}", seed.kind(), seed.variant());
    }
    let missing: Vec<_> = OpKind::ALL.iter().filter(|&&op| !seeds().iter().any(|s| s.kind() == op)).collect();
    assert!(missing.is_empty(), "no cases of {missing:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn bent_calls_are_refused_or_accepted_without_panic(seed in any::<usize>(), bits in prop::collection::vec(any::<u32>(), 0..96)) {
        let call = bent(&seeds()[seed % seeds().len()], &mut Pick(bits.iter()));
        let (result, largest) = modest(|| call.check());
        prop_assert!(largest <= MODEST_BYTES, "check() allocated {largest} bytes: {call:?}");
        if let Err(e) = result {
            prop_assert!(!e.to_string().is_empty());
        }
        let (_, largest) = modest(|| contract(&call));
        prop_assert!(largest <= MODEST_BYTES, "the contract's check() allocated {largest} bytes: {call:?}");
        let (cost, largest) = modest(|| call.cost());
        prop_assert!(sound(cost), "{cost:?}: {call:?}");
        prop_assert!(largest <= MODEST_BYTES, "cost() allocated {largest} bytes: {call:?}");
        prop_assert!(!call.variant().is_empty());
    }
}
