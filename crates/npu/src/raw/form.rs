//! What a call of an operator looks like, apart from where its tensors are: calls of one form can share an executor.

use std::cell::Cell;
use std::ffi::CStr;

use ascend_hal::{Format, Result, TensorView};
use ascend_sys::ffi::aclDataType;

use super::queue::Queue;
use super::tensor::Scalar;
use crate::memory;

/// The operator, the shapes, strides, types and formats of its tensors, which of them are the same memory, and every other argument, in numbers.
pub(super) struct Form {
    words: Vec<u64>,
    /// Where the tensors are, in the order of the arguments.
    addresses: Vec<usize>,
}

thread_local! {
    /// The memory of the thread's last form.
    static SPARE: Cell<(Vec<u64>, Vec<usize>)> = const { Cell::new((Vec::new(), Vec::new())) };
}

/// What begins each argument, so that forms with other arguments differ.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Tag {
    Absent,
    Tensor,
    Tensors,
    Ints,
    Float,
    Whole,
    Name,
}

impl Form {
    pub(super) fn of(operator: &'static str) -> Self {
        let (mut words, mut addresses) = SPARE.take();
        words.clear();
        addresses.clear();
        words.extend([operator.as_ptr().addr() as u64, operator.len() as u64]);
        Self { words, addresses }
    }

    /// The form in numbers, and where its tensors are. Tensors that are the same memory now may not be later, and the other way round.
    pub(super) fn parts(&mut self) -> (&[u64], &[usize]) {
        for (i, address) in self.addresses.iter().enumerate() {
            self.words.push(self.addresses[..i].iter().position(|other| other == address).unwrap_or(i) as u64);
        }
        (&self.words, &self.addresses)
    }

    pub(super) fn absent(&mut self) {
        self.words.push(Tag::Absent as u64);
    }

    /// A tensor, whose memory the stream keeps.
    pub(super) fn tensor(&mut self, queue: &Queue, view: &TensorView, dtype: aclDataType) -> Result<()> {
        let buffer = view.buffer();
        self.addresses.push(memory::of(queue.card().id(), "an argument", buffer)?.address());
        if memory::outlives_its_handle(buffer) {
            Queue::hold(buffer);
        }
        let layout = view.layout();
        let (dense, fractal) = (layout.is_contiguous(), layout.format() == Format::FractalNz);
        let kind = u64::from(dense) | u64::from(fractal) << 1 | (layout.rank() as u64) << 2 | u64::from(dtype.cast_unsigned()) << 8;
        self.words.extend([Tag::Tensor as u64 | kind << 8, buffer.size_bytes() as u64, layout.offset() as u64]);
        self.words.extend(layout.shape().iter().map(|&dim| dim as u64));
        if !dense {
            self.words.extend(layout.strides().iter().map(|&stride| stride as u64));
        }
        Ok(())
    }

    pub(super) fn tensors(&mut self, queue: &Queue, views: &[&TensorView], number: fn(&TensorView) -> aclDataType) -> Result<()> {
        self.words.push(Tag::Tensors as u64 | (views.len() as u64) << 8);
        views.iter().try_for_each(|view| self.tensor(queue, view, number(view)))
    }

    pub(super) fn ints(&mut self, values: &[i64]) {
        self.words.push(Tag::Ints as u64 | (values.len() as u64) << 8);
        self.words.extend(values.iter().map(|value| value.cast_unsigned()));
    }

    pub(super) fn scalar(&mut self, scalar: Scalar) {
        self.words.extend(match scalar {
            Scalar::F32(x) => [Tag::Float as u64, x.to_bits().into()],
            Scalar::I64(x) => [Tag::Whole as u64, x.cast_unsigned()],
        });
    }

    pub(super) fn name(&mut self, name: &CStr) {
        let bytes = name.to_bytes();
        self.words.push(Tag::Name as u64 | (bytes.len() as u64) << 8);
        self.words.extend(bytes.iter().map(|&byte| u64::from(byte)));
    }

    /// A number whose type the operator fixes.
    pub(super) fn number(&mut self, number: impl Number) {
        self.words.push(number.bits());
    }
}

impl Drop for Form {
    fn drop(&mut self) {
        // A thread that ends has no use for it.
        let _ = SPARE.try_with(|spare| spare.set((std::mem::take(&mut self.words), std::mem::take(&mut self.addresses))));
    }
}

/// A number as an argument.
pub(super) trait Number {
    fn bits(self) -> u64;
}

macro_rules! numbers {
    ($($ty:ty: $x:ident => $bits:expr;)*) => {$(
        impl Number for $ty {
            fn bits(self) -> u64 {
                let $x = self;
                $bits
            }
        }
    )*};
}

numbers! {
    bool: x => x.into();
    i8: x => i64::from(x).cast_unsigned();
    i32: x => i64::from(x).cast_unsigned();
    i64: x => x.cast_unsigned();
    f64: x => x.to_bits();
}
