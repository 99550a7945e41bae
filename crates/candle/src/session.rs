//! A device for candle's threads, and one call on it.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use ascend_compute::host::{self, Lender};
use ascend_compute::ops::Copy;
use ascend_compute::{Device, DeviceExt, DeviceId, Dims, Element, Layout, Location, Stream, TensorView, TensorViewMut};
use candle_core::CpuStorage;

use crate::{Error, Result};

/// A device, and the streams that candle's threads compute on. Cheap to clone; one serves all layers of a model.
///
/// Layers may be called from any number of threads: each call has a stream to itself, so that what fails in one is not reported by another.
#[derive(Clone, Debug)]
pub struct Session(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    device: Arc<dyn Device>,
    idle: Mutex<Vec<Stream>>,
}

impl Session {
    /// Computes on `device`.
    pub fn new(device: Arc<dyn Device>) -> Self {
        Self(Arc::new(Inner { device, idle: Mutex::default() }))
    }

    /// Computes on the device called `name`: `cpu`, `npu:0`, `sim:0` or `auto`. See [`ascend_compute::open`].
    ///
    /// # Errors
    /// [`ascend_compute::Error::NoDevice`].
    pub fn open(name: &str) -> Result<Self> {
        Ok(Self::new(ascend_compute::open(name)?))
    }

    /// The device.
    pub fn device(&self) -> &Arc<dyn Device> {
        &self.0.device
    }

    /// Enqueues what `f` asks for, waits for it, and copies outputs back where the device does not write to them itself.
    pub(crate) fn call<'env>(&self, f: impl FnOnce(&Call<'_, 'env>) -> Result<()>) -> Result<()> {
        let device = &*self.0.device;
        let idle = || self.0.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = idle().pop();
        let stream = taken.map_or_else(|| device.create_stream(), Ok)?;
        let result = host::lend(Location::Device(DeviceId::CPU), |lender| {
            let in_place = device.info().id == DeviceId::CPU;
            let call = Call { device, stream: &stream, lender, in_place, returns: RefCell::default() };
            let enqueued = f(&call);
            // Also after a refusal: work that was enqueued before it uses what is lent.
            let done = stream.synchronize();
            enqueued?;
            done?;
            for (view, bytes) in call.returns.into_inner() {
                device.read(view.buffer(), 0, bytes)?;
            }
            Ok(())
        });
        idle().push(stream);
        result
    }
}

/// A tensor of candle's, in host memory.
pub(crate) type Operand<'a> = (&'a CpuStorage, &'a candle_core::Layout);

/// One call on a device: candle's tensors as it sees them. What is borrowed for `'env` is lent to a device that computes in host memory, and copied for others.
pub(crate) struct Call<'a, 'env> {
    pub(crate) device: &'a dyn Device,
    pub(crate) stream: &'a Stream,
    lender: &'a Lender<'env>,
    in_place: bool,
    /// Outputs on the device, and where they go in the end.
    returns: RefCell<Vec<(TensorView, &'env mut [u8])>>,
}

impl<'env> Call<'_, 'env> {
    /// An argument of floats, with the shape and strides that it has.
    pub(crate) fn floats(&self, argument: &'static str, (storage, layout): Operand<'env>) -> Result<TensorView> {
        match storage {
            CpuStorage::F32(data) => self.input(data, layout),
            CpuStorage::F16(data) => self.input(data, layout),
            CpuStorage::BF16(data) => self.input(data, layout),
            other => Err(not_float(argument, other)),
        }
    }

    /// An argument of floats as a matrix: all dimensions but the last are rows.
    pub(crate) fn rows(&self, argument: &'static str, operand: Operand<'env>) -> Result<TensorView> {
        let view = self.floats(argument, operand)?;
        let rows = &view.shape()[..view.rank().saturating_sub(1)];
        let shape = [Dims::new(rows)?.numel()?, view.shape().last_or_one()];
        if let Ok(matrix) = view.reshape(shape) {
            return Ok(matrix);
        }
        let copy = self.device.empty(view.dtype(), *view.shape())?;
        self.device.copy(self.stream, Copy::new(view, copy.clone()))?;
        Ok(copy.reshape(shape)?)
    }

    /// An argument of indices: candle's `U32` or `I32`.
    pub(crate) fn indices(&self, argument: &'static str, (storage, layout): Operand<'env>) -> Result<TensorView> {
        match storage {
            CpuStorage::I32(data) => self.input(data, layout),
            // What is beyond i32 becomes negative, which every contract refuses as well.
            CpuStorage::U32(data) => self.input::<i32>(bytemuck::cast_slice(data), layout),
            other => Err(Error::DType { argument, asked: "U32 or I32", found: dtype(other) }),
        }
    }

    fn input<T: Element>(&self, data: &'env [T], layout: &candle_core::Layout) -> Result<TensorView> {
        let (shape, strides) = (Dims::new(layout.dims())?, Dims::new(layout.stride())?);
        let view = self.lender.read_only(data, Layout::strided(shape, strides, layout.start_offset())?)?;
        if self.in_place {
            return Ok(view);
        }
        Ok(match layout.contiguous_offsets() {
            Some((from, to)) => self.device.upload(&data[from..to], shape)?,
            None => self.device.upload(&host::to_vec::<T>(&view)?, shape)?,
        })
    }

    /// A place for a result, row-major.
    pub(crate) fn output<T: Element>(&self, data: &'env mut [T], shape: impl Into<Dims>) -> Result<TensorViewMut> {
        if self.in_place {
            return Ok(self.lender.writable(data, shape)?);
        }
        let view = self.device.empty(T::DTYPE, shape)?;
        self.returns.borrow_mut().push((view.view(), bytemuck::cast_slice_mut(data)));
        Ok(view)
    }

    /// A place for a result of floats.
    pub(crate) fn output_floats(&self, storage: &'env mut CpuStorage, shape: impl Into<Dims>) -> Result<TensorViewMut> {
        match storage {
            CpuStorage::F32(data) => self.output(data, shape),
            CpuStorage::F16(data) => self.output(data, shape),
            CpuStorage::BF16(data) => self.output(data, shape),
            other => Err(not_float("out", other)),
        }
    }
}

pub(crate) fn not_float(argument: &'static str, found: &CpuStorage) -> Error {
    Error::DType { argument, asked: "F32, F16 or BF16", found: dtype(found) }
}

fn dtype(storage: &CpuStorage) -> candle_core::DType {
    candle_core::backend::BackendStorage::dtype(storage)
}
