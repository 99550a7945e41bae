//! What kernels compute with: the stream, memory for their parts, and small operators on whole tensors.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use ascend_hal::{Buffer, Choice, DType, Dims, Error, Launch, Layout, OpCall, Result, TensorView};
use ascend_sys::OpApi;

use crate::memory::NpuMemory;
use crate::raw::operators::*;
use crate::raw::{self, Card, Queue, Scalar, number};
use crate::stream::NpuStream;

/// Tables that a device keeps. Models need some dozens; whose shapes never come twice shall not fill the card with them.
const MOST_CONSTANTS: usize = 256;

/// What all kernels of a device share.
#[derive(Debug)]
pub(crate) struct Facts {
    card: Arc<Card>,
    /// The functions of the operator library at hand.
    present: HashSet<&'static str>,
    /// Tables that kernels need again and again, by name; no more than [`MOST_CONSTANTS`].
    constants: Mutex<HashMap<String, TensorView>>,
}

impl Facts {
    pub(crate) fn of(card: &Arc<Card>) -> Arc<Self> {
        let opapi: &OpApi = &card.cann().opapi;
        let present = opapi.availability().filter(|(_, there)| *there).map(|(symbol, _)| symbol.name).collect();
        Arc::new(Self { card: card.clone(), present, constants: Mutex::default() })
    }

    /// Whether the operator can be called.
    pub(crate) fn has(&self, operator: &str) -> bool {
        self.present.contains(operator)
    }
}

/// Where a kernel runs.
pub(crate) struct Context<'a> {
    at: &'a Launch<'a>,
    queue: &'a Queue,
    facts: &'a Facts,
}

impl<'a> Context<'a> {
    pub(crate) fn new(at: &'a Launch<'a>, facts: &'a Facts) -> Result<Self> {
        Ok(Self { at, queue: NpuStream::of(at.stream)?.queue(), facts })
    }

    pub(crate) fn queue(&self) -> &Queue {
        self.queue
    }

    pub(crate) fn has(&self, operator: &str) -> bool {
        self.facts.has(operator)
    }

    /// Enqueues another op as a part of this one.
    pub(crate) fn run(&self, op: impl Into<OpCall>) -> Result<()> {
        self.at.device.enqueue(self.at.stream, op.into(), &Choice::Auto)
    }

    /// A row-major tensor with arbitrary contents, for as long as this op runs.
    pub(crate) fn temp(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorView> {
        let layout = Layout::contiguous(shape)?;
        let bytes = dtype.bytes_for(layout.numel()).ok_or_else(|| Error::Overflow { what: format!("the size of {}", layout.shape()) })?;
        TensorView::new(self.queue.scratch(bytes)?, dtype, layout)
    }

    /// The tensor called `name`, which `make` gives the elements of when the device does not have it.
    pub(crate) fn constant(
        &self,
        name: String,
        dtype: DType,
        shape: impl Into<Dims>,
        make: impl FnOnce() -> Vec<u8>,
    ) -> Result<TensorView> {
        let mut constants = self.facts.constants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = constants.get(&name) {
            return Ok(found.clone());
        }
        let bytes = make();
        let memory = NpuMemory::uncounted(&self.facts.card, bytes.len())?;
        raw::write(&self.facts.card, &memory, 0, &bytes)?;
        let made = TensorView::contiguous(Buffer::new(memory), dtype, shape)?;
        if constants.len() >= MOST_CONSTANTS {
            // What streams and graphs work with they hold themselves.
            constants.clear();
        }
        constants.insert(name, made.clone());
        Ok(made)
    }

    /// `0, 1, .. n - 1` as i32.
    pub(crate) fn iota(&self, n: usize) -> Result<TensorView> {
        // A few tables serve for every length.
        let room = n.next_power_of_two().max(1024);
        let table = self.constant(format!("iota {room}"), DType::I32, [room], || (0..room as i32).flat_map(i32::to_le_bytes).collect())?;
        table.narrow(0, 0, n)
    }

    /// A tensor of one f32.
    pub(crate) fn number(&self, x: f32) -> Result<TensorView> {
        self.constant(format!("f32 {:08x}", x.to_bits()), DType::F32, [1], || x.to_le_bytes().into())
    }

    /// A tensor of one element, 0.
    pub(crate) fn zero_of(&self, dtype: DType) -> Result<TensorView> {
        self.constant(format!("zero {dtype}"), dtype, [1], || vec![0; dtype.bits() / 8])
    }

    /// `y = x`, in the layout and type of `y`.
    pub(crate) fn put(&self, x: &TensorView, y: &TensorView) -> Result<()> {
        if x.dtype() == y.dtype() { aclnnInplaceCopy(self.queue, y, x) } else { aclnnCast(self.queue, x, number(y.dtype()), y) }
    }

    /// `x` as another type, row-major.
    pub(crate) fn to(&self, x: &TensorView, dtype: DType) -> Result<TensorView> {
        let y = self.temp(dtype, *x.shape())?;
        self.put(x, &y)?;
        Ok(y)
    }

    /// `x` as `dtype`: itself where it is that already.
    pub(crate) fn as_type(&self, x: &TensorView, dtype: DType) -> Result<TensorView> {
        if x.dtype() == dtype { Ok(x.clone()) } else { self.to(x, dtype) }
    }

    /// `x` row-major: itself where it is that already.
    pub(crate) fn dense(&self, x: &TensorView) -> Result<TensorView> {
        if x.is_contiguous() { Ok(x.clone()) } else { self.to(x, x.dtype()) }
    }

    /// `a + b`, broadcast, into `y`.
    pub(crate) fn add(&self, a: &TensorView, b: &TensorView, y: &TensorView) -> Result<()> {
        aclnnAdd(self.queue, a, b, one(a.dtype()), y)
    }

    /// `a - b`, broadcast, into `y`.
    pub(crate) fn sub(&self, a: &TensorView, b: &TensorView, y: &TensorView) -> Result<()> {
        aclnnSub(self.queue, a, b, one(a.dtype()), y)
    }

    /// `a * b`, broadcast, into `y`.
    pub(crate) fn mul(&self, a: &TensorView, b: &TensorView, y: &TensorView) -> Result<()> {
        aclnnMul(self.queue, a, b, y)
    }

    /// `a + x` into `y`.
    pub(crate) fn adds(&self, a: &TensorView, x: f32, y: &TensorView) -> Result<()> {
        aclnnAdds(self.queue, a, Scalar::F32(x), Scalar::F32(1.), y)
    }

    /// `a * x` into `y`.
    pub(crate) fn muls(&self, a: &TensorView, x: f32, y: &TensorView) -> Result<()> {
        aclnnMuls(self.queue, a, Scalar::F32(x), y)
    }

    /// Sets every element of `y` to 0.
    pub(crate) fn zero(&self, y: &TensorView) -> Result<()> {
        aclnnInplaceZero(self.queue, y)
    }
}

/// The factor 1 beside elements of a type.
fn one(dtype: DType) -> Scalar {
    if dtype.is_float() { Scalar::F32(1.) } else { Scalar::I64(1) }
}
