//! Shapes, strides and views made of any numbers: refused or right, never a panic.

#![allow(clippy::unwrap_used, reason = "tests")]

use ascend_hal::{DType, Dims, Layout, TensorView, host};
use proptest::prelude::*;

/// Sizes and strides of every kind: small ones, and those whose products overflow.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![
        6 => 0usize..5,
        1 => Just(16usize),
        1 => Just(1usize << 32),
        1 => Just(usize::MAX / 2),
        1 => Just(usize::MAX - 1),
        1 => Just(usize::MAX),
    ]
}

fn dims() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(size(), 0..6)
}

/// Shape and strides of one length.
fn strided() -> impl Strategy<Value = (Vec<usize>, Vec<usize>, usize)> {
    (0usize..6).prop_flat_map(|rank| (prop::collection::vec(size(), rank), prop::collection::vec(size(), rank), size()))
}

fn dtype() -> impl Strategy<Value = DType> {
    prop::sample::select(DType::ALL.to_vec())
}

/// Everything that can be asked of a layout.
fn exercise(layout: Layout, shape: &[usize], a: usize, b: usize, c: usize) {
    let results = [
        layout.transpose(a, b),
        layout.narrow(a, b, c),
        layout.select(a, b),
        layout.reshape(Dims::new(shape).unwrap()),
        layout.broadcast(Dims::new(shape).unwrap()),
    ];
    for l in results.into_iter().flatten().chain([layout]) {
        let empty = l.shape().contains(&0);
        assert_eq!(l.numel() == 0, empty);
        let _ = (l.is_contiguous(), l.repeats_elements(), l.end(DType::I4), l.end(DType::I64));
        if !empty {
            // What a view was made from bounds it: a refusal here would be a view of nothing.
            assert!(l.end(DType::U8).is_ok(), "{l:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn layouts_of_any_numbers((shape, strides, offset) in strided(), other in dims(), a in 0usize..6, b in size(), c in size()) {
        let (shape, strides) = (Dims::new(&shape).unwrap(), Dims::new(&strides).unwrap());
        for layout in [Layout::contiguous(shape), Layout::strided(shape, strides, offset), Layout::fractal_nz(shape)].into_iter().flatten() {
            if layout.end(DType::U8).is_ok() {
                exercise(layout, &other, a, b, c);
            }
        }
    }

    #[test]
    fn views_of_a_small_buffer_stay_inside((shape, strides, offset) in strided(), dtype in dtype(), other in strided(), a in 0usize..6, b in size()) {
        let memory = host::zeros(DType::U8, [64]).unwrap();
        let view = |(shape, strides, offset): &(Vec<usize>, Vec<usize>, usize)| {
            let layout = Layout::strided(Dims::new(shape)?, Dims::new(strides)?, *offset)?;
            TensorView::new(memory.buffer().clone(), dtype, layout)
        };
        let (x, y) = (view(&(shape, strides, offset)), view(&other));
        for x in x.iter().flat_map(|x| [Ok(x.clone()), x.t(), x.narrow(a, b, 1), x.select(a, b), x.reinterpret(DType::I8)]).flatten() {
            let span = x.byte_span();
            prop_assert!(span.start <= span.end && span.end <= 64, "{x:?} spans {span:?}");
            let _ = x.size_bytes();
            if let Ok(y) = &y {
                prop_assert_eq!(x.may_overlap(y), y.may_overlap(&x));
            }
            if x.numel() > 0 && x.numel() < 1000 {
                let mut last = 0;
                x.layout().for_each_offset(x.dtype(), |at| last = last.max(at));
                prop_assert!(x.dtype().bytes_for(last + 1).unwrap() <= span.end);
            }
        }
    }
}

#[test]
fn empty_views_of_huge_strides_can_be_narrowed() {
    let l = Layout::strided([2, 0], [usize::MAX, 1], usize::MAX).unwrap();
    assert_eq!(l.narrow(0, 1, 1).unwrap().numel(), 0);
}

#[test]
fn shapes_whose_product_overflows_before_a_zero_are_empty() {
    let l = Layout::contiguous([usize::MAX, 2, 0]).unwrap();
    assert_eq!(l.numel(), 0);
    assert!(l.is_contiguous());
    assert!(Layout::contiguous([0, usize::MAX, 2]).unwrap().is_contiguous());
}

#[test]
fn a_repeated_scalar_may_overlap_its_own_buffer() {
    let x = host::zeros(DType::F32, [4]).unwrap().view();
    let scalar = x.narrow(0, 0, 1).unwrap().broadcast([3, 2]).unwrap();
    assert!(scalar.may_overlap(&x));
    assert!(!scalar.may_overlap(&x.narrow(0, 1, 3).unwrap()));
}
