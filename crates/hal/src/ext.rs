//! Typed helpers on top of [`Device`].

use crate::ops::*;
use crate::{Choice, DType, Device, Dims, Element, Error, Layout, Result, Stream, TensorView, TensorViewMut};

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident($op:ident);)*) => {$(
        $(#[$doc])*
        fn $name(&self, stream: &Stream, args: $op) -> Result<()> {
            self.run(stream, args)
        }
    )*};
}

/// What callers use of a device: tensors in and out, and one method an op. Implemented for every [`Device`], also behind `dyn`.
pub trait DeviceExt {
    /// Enqueues any op. See [`Device::enqueue`].
    fn run(&self, stream: &Stream, op: impl Into<OpCall>) -> Result<()>;

    /// Allocates a row-major tensor with undefined contents.
    fn empty(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut>;

    /// Allocates a row-major tensor of zeros.
    fn zeros(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut>;

    /// Copies `data` to a new row-major tensor of `shape`, now.
    ///
    /// # Errors
    /// [`Error::View`] when `data` is not as long as the shape asks for.
    fn upload<T: Element>(&self, data: &[T], shape: impl Into<Dims>) -> Result<TensorView>;

    /// Copies raw `bytes` to a new row-major tensor, now: the way for `Bool` and packed `I4`, and for memory-mapped files.
    fn upload_bytes(&self, dtype: DType, bytes: &[u8], shape: impl Into<Dims>) -> Result<TensorView>;

    /// Waits for `stream`, then copies the elements of `view` to the host in row-major order.
    ///
    /// # Errors
    /// A failure that the stream still had to report; [`Error::DType`] when `T` does not store the view's type.
    fn download<T: Element>(&self, stream: &Stream, view: &TensorView) -> Result<Vec<T>>;

    methods! {
        /// See [`Matmul`].
        matmul(Matmul);
        /// See [`GroupedMatmul`].
        grouped_matmul(GroupedMatmul);
        /// See [`Gating`].
        gating(Gating);
        /// See [`MoeExperts`].
        moe_experts(MoeExperts);
        /// See [`InitRouting`].
        init_routing(InitRouting);
        /// See [`FinalizeRouting`].
        finalize_routing(FinalizeRouting);
        /// See [`Activation`].
        activation(Activation);
        /// See [`Glu`].
        glu(Glu);
        /// See [`Norm`].
        norm(Norm);
        /// See [`Rope`].
        rope(Rope);
        /// See [`Attention`].
        attention(Attention);
        /// See [`MlaDecode`].
        mla_decode(MlaDecode);
        /// See [`MlaPrefill`].
        mla_prefill(MlaPrefill);
        /// See [`KvCacheWrite`].
        kv_cache_write(KvCacheWrite);
        /// See [`KvCacheGather`].
        kv_cache_gather(KvCacheGather);
        /// See [`Quantize`].
        quantize(Quantize);
        /// See [`Dequantize`].
        dequantize(Dequantize);
        /// See [`Elementwise`].
        elementwise(Elementwise);
        /// See [`Softmax`].
        softmax(Softmax);
        /// See [`TopK`].
        top_k(TopK);
        /// See [`Embedding`].
        embedding(Embedding);
        /// See [`Cast`].
        cast(Cast);
        /// See [`Copy`](crate::ops::Copy).
        copy(Copy);
        /// See [`ArgMax`].
        argmax(ArgMax);
    }
}

impl<D: Device + ?Sized> DeviceExt for D {
    fn run(&self, stream: &Stream, op: impl Into<OpCall>) -> Result<()> {
        self.enqueue(stream, op.into(), &Choice::Auto)
    }

    fn empty(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut> {
        let layout = Layout::contiguous(shape)?;
        let bytes =
            dtype.bytes_for(layout.numel()).ok_or_else(|| Error::overflow(format!("the size of shape {} of {dtype}", layout.shape())))?;
        Ok(TensorView::new(self.alloc(bytes)?, dtype, layout)?.to_mut())
    }

    fn zeros(&self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut> {
        let tensor = self.empty(dtype, shape)?;
        // In pieces, so that a large tensor of zeros needs no second one on the host.
        let zeros = [0u8; 1 << 16];
        let size = tensor.buffer().size_bytes();
        for offset in (0..size).step_by(zeros.len()) {
            self.write(tensor.buffer(), offset, &zeros[..zeros.len().min(size - offset)])?;
        }
        Ok(tensor)
    }

    fn upload<T: Element>(&self, data: &[T], shape: impl Into<Dims>) -> Result<TensorView> {
        self.upload_bytes(T::DTYPE, bytemuck::cast_slice(data), shape)
    }

    fn upload_bytes(&self, dtype: DType, bytes: &[u8], shape: impl Into<Dims>) -> Result<TensorView> {
        let shape = shape.into();
        let wanted = dtype.bytes_for(shape.numel()?).ok_or_else(|| Error::overflow(format!("the size of shape {shape} of {dtype}")))?;
        if wanted != bytes.len() {
            return Err(Error::View {
                asked: format!("{wanted} bytes for shape {shape} of {dtype}"),
                found: format!("{} bytes of data", bytes.len()),
            });
        }
        let tensor = self.empty(dtype, shape)?;
        self.write(tensor.buffer(), 0, bytes)?;
        Ok(tensor.view())
    }

    fn download<T: Element>(&self, stream: &Stream, view: &TensorView) -> Result<Vec<T>> {
        stream.synchronize()?;
        crate::host::to_vec(&to_host(self, view)?)
    }
}

/// A copy of `view` in host memory, with the same shape and strides. Waits for no stream.
pub fn to_host<D: Device + ?Sized>(device: &D, view: &TensorView) -> Result<TensorView> {
    let span = view.byte_span();
    let mut bytes = vec![0u8; span.len()];
    device.read(view.buffer(), span.start, &mut bytes)?;
    let old = view.layout();
    let flat = crate::host::tensor_of(DType::U8, &bytes, [bytes.len()])?;
    let layout = match old.format() {
        crate::Format::Nd => Layout::strided(*old.shape(), *old.strides(), 0)?,
        crate::Format::FractalNz => Layout::fractal_nz(*old.shape())?,
        crate::Format::Packed => {
            let found = "a packed weight, which only its device can read; take the weight it was made from".into();
            return Err(Error::View { asked: "a copy on the host".into(), found });
        }
    };
    TensorView::new(flat.buffer().clone(), view.dtype(), layout)
}
