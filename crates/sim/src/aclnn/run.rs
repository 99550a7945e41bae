//! The run of an operator on its stream: its tensors' data, and the CPU that computes.

use std::sync::{Arc, OnceLock};

use ascend_cpu::CpuDevice;
use ascend_hal::{Choice, DType, Device, DeviceExt, Dims, Format, OpCall, Stream, TensorView, TensorViewMut, host};
use ascend_sys::ffi::*;
use half::{bf16, f16};

use super::Tensor;
use crate::fault::{Fault, Outcome};
use crate::memory::Span;
use crate::nnopbase::bits;

pub(crate) struct Run<'a> {
    spans: &'a [Option<Span>],
}

/// The CPU device that computes, and this thread's stream on it.
struct Cpu {
    device: Arc<CpuDevice>,
    stream: Stream,
}

thread_local! {
    static CPU: OnceLock<Cpu> = const { OnceLock::new() };
}

fn cpu<T>(work: impl FnOnce(&Cpu) -> ascend_hal::Result<T>) -> Outcome<T> {
    static DEVICE: OnceLock<Result<Arc<CpuDevice>, String>> = OnceLock::new();
    let device = DEVICE.get_or_init(|| CpuDevice::new().map_err(|error| error.to_string()));
    let device = device.as_ref().map_err(|error| failed(error.clone()))?;
    CPU.with(|cpu| {
        if cpu.get().is_none() {
            let stream = device.create_stream().map_err(|error| failed(error.to_string()))?;
            // Nobody else sets this thread's.
            let _ = cpu.set(Cpu { device: device.clone(), stream });
        }
        match cpu.get() {
            Some(cpu) => work(cpu).map_err(|error| failed(error.to_string())),
            None => Err(failed("the thread has no CPU stream")),
        }
    })
}

/// What cannot be computed: wrong values in device memory, of which a card would make an exception of its cores, or nothing at all.
pub(crate) fn failed(what: impl Into<String>) -> Fault {
    Fault::misuse(ACL_ERROR_RT_AICORE_EXCEPTION, what)
}

impl<'a> Run<'a> {
    pub(crate) fn new(spans: &'a [Option<Span>]) -> Self {
        Self { spans }
    }

    /// The first byte of a tensor, and how many there are.
    fn bytes(&self, tensor: &Tensor) -> (*mut u8, usize) {
        match self.spans.get(tensor.slot()).and_then(Option::as_ref) {
            Some(span) => (span.address(), tensor.extent_bytes()),
            None => (std::ptr::NonNull::dangling().as_ptr(), 0),
        }
    }

    /// Calls `f` with the place, in elements from the first, of every element in row-major order.
    fn places(tensor: &Tensor, mut f: impl FnMut(usize)) -> Outcome {
        if tensor.is_empty() {
            return Ok(());
        }
        let layout = tensor.layout()?;
        if tensor.is_fractal() && tensor.is_transposed() {
            // The layout is that of the stored matrix; what is asked for is the other.
            let (rows, columns) = (tensor.dim_back(1), tensor.dim_back(0));
            let dtype = tensor.kind()?;
            let batch = tensor.numel() / (rows * columns);
            let one = ascend_hal::Layout::fractal_nz(Dims::new(&[batch, columns, rows]).map_err(|error| tensor.invalid(error))?);
            let one = one.map_err(|error| tensor.invalid(error))?;
            for b in 0..batch {
                for r in 0..rows {
                    for c in 0..columns {
                        f(one.offset_of(dtype, &[b, c, r]));
                    }
                }
            }
            return Ok(());
        }
        // The type matters to fractal formats only, which have none but these.
        let dtype = if layout.format() == Format::Nd { DType::U8 } else { tensor.kind()? };
        layout.for_each_offset(dtype, f);
        Ok(())
    }

    /// The elements, row-major, as they are stored. Elements smaller than a byte are unpacked, one a byte, with their sign.
    pub(crate) fn raw(&self, tensor: &Tensor) -> Outcome<Vec<u8>> {
        let (start, len) = self.bytes(tensor);
        let bits = bits(tensor.dtype()).unwrap_or(8);
        if bits == 4 {
            let mut values = Vec::with_capacity(tensor.numel());
            Self::places(tensor, |place| {
                // SAFETY: the span covers every element of the tensor.
                let byte = unsafe { start.add(place / 2).read() };
                values.push(host::nibble(byte, place).cast_unsigned());
            })?;
            return Ok(values);
        }
        let size = bits / 8;
        let mut bytes = vec![0u8; tensor.numel() * size];
        if tensor.is_contiguous() {
            // SAFETY: a contiguous tensor is its span, and the vector is as long.
            unsafe { std::ptr::copy_nonoverlapping(start, bytes.as_mut_ptr(), len.min(bytes.len())) };
            return Ok(bytes);
        }
        let mut to = 0;
        Self::places(tensor, |place| {
            // SAFETY: the span covers every element of the tensor, the vector has one place for each.
            unsafe { std::ptr::copy_nonoverlapping(start.add(place * size), bytes.as_mut_ptr().add(to), size) };
            to += size;
        })?;
        Ok(bytes)
    }

    /// Stores elements, row-major.
    pub(crate) fn put_raw(&self, tensor: &Tensor, bytes: &[u8]) -> Outcome {
        let (start, len) = self.bytes(tensor);
        let bits = bits(tensor.dtype()).unwrap_or(8);
        if bits == 4 {
            let mut from = bytes.iter();
            return Self::places(tensor, |place| {
                let Some(value) = from.next() else { return };
                // SAFETY: the span covers every element of the tensor.
                let byte = unsafe { &mut *start.add(place / 2) };
                *byte = if place % 2 == 0 { (*byte & 0xF0) | (value & 0xF) } else { (*byte & 0xF) | (value << 4) };
            });
        }
        let size = bits / 8;
        if bytes.len() != tensor.numel() * size {
            return Err(failed(format!(
                "{}: {} bytes for {} elements; this is a bug in the simulation",
                tensor.name(),
                bytes.len(),
                tensor.numel()
            )));
        }
        if tensor.is_contiguous() {
            // SAFETY: a contiguous tensor is its span.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), start, len.min(bytes.len())) };
            return Ok(());
        }
        let mut from = 0;
        Self::places(tensor, |place| {
            // SAFETY: the span covers every element of the tensor; as many bytes as it needs were just counted.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr().add(from), start.add(place * size), size) };
            from += size;
        })
    }

    /// Sets all bytes of a tensor to 0, the padding of its blocks too.
    pub(crate) fn clear(&self, tensor: &Tensor) {
        let (start, len) = self.bytes(tensor);
        // SAFETY: the span has that many bytes.
        unsafe { start.write_bytes(0, len) };
    }

    /// The elements as numbers, row-major.
    pub(crate) fn floats(&self, tensor: &Tensor) -> Outcome<Vec<f64>> {
        let raw = self.raw(tensor)?;
        Ok(match tensor.dtype() {
            ACL_FLOAT => each(&raw, |b| f64::from(f32::from_le_bytes(b))),
            ACL_FLOAT16 => each(&raw, |b| f64::from(f16::from_le_bytes(b))),
            ACL_BF16 => each(&raw, |b| f64::from(bf16::from_le_bytes(b))),
            ACL_DOUBLE => each(&raw, f64::from_le_bytes),
            _ => self.ints(tensor)?.into_iter().map(|value| value as f64).collect(),
        })
    }

    /// The elements as whole numbers, row-major; those of 64 unsigned bits by their bits.
    pub(crate) fn ints(&self, tensor: &Tensor) -> Outcome<Vec<i64>> {
        let raw = self.raw(tensor)?;
        Ok(match tensor.dtype() {
            ACL_INT4 | ACL_INT8 => raw.iter().map(|b| i64::from(b.cast_signed())).collect(),
            ACL_UINT8 | ACL_BOOL => raw.iter().map(|b| i64::from(*b)).collect(),
            ACL_INT16 => each(&raw, |b| i64::from(i16::from_le_bytes(b))),
            ACL_UINT16 => each(&raw, |b| i64::from(u16::from_le_bytes(b))),
            ACL_INT32 => each(&raw, |b| i64::from(i32::from_le_bytes(b))),
            ACL_UINT32 => each(&raw, |b| i64::from(u32::from_le_bytes(b))),
            ACL_INT64 | ACL_UINT64 => each(&raw, i64::from_le_bytes),
            _ => self.floats(tensor)?.into_iter().map(|value| value as i64).collect(),
        })
    }

    /// Stores numbers, rounded to the tensor's type: to the nearest, ties to even; to whole numbers towards zero, and to the end of their range where they lie
    /// outside, as casts of the vector unit do (Ascend C, Cast). NaN becomes 0.
    pub(crate) fn put_floats(&self, tensor: &Tensor, values: &[f64]) -> Outcome {
        let raw: Vec<u8> = match tensor.dtype() {
            ACL_FLOAT => values.iter().flat_map(|v| (*v as f32).to_le_bytes()).collect(),
            ACL_FLOAT16 => values.iter().flat_map(|v| f16::from_f32(*v as f32).to_le_bytes()).collect(),
            ACL_BF16 => values.iter().flat_map(|v| bf16::from_f32(*v as f32).to_le_bytes()).collect(),
            ACL_DOUBLE => values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ACL_BOOL => values.iter().map(|v| u8::from(*v != 0.0)).collect(),
            other => {
                let (low, high) = range(other);
                return self.put_ints(tensor, &values.iter().map(|v| (*v as i64).clamp(low, high)).collect::<Vec<_>>());
            }
        };
        self.put_raw(tensor, &raw)
    }

    /// Stores whole numbers; what does not fit loses its upper bits.
    pub(crate) fn put_ints(&self, tensor: &Tensor, values: &[i64]) -> Outcome {
        let raw: Vec<u8> = match tensor.dtype() {
            ACL_BOOL => values.iter().map(|v| u8::from(*v != 0)).collect(),
            ACL_INT4 => values.iter().map(|v| *v as u8).collect(),
            ACL_DOUBLE => values.iter().flat_map(|v| (*v as f64).to_le_bytes()).collect(),
            // By way of FLOAT, as on the vector unit.
            ACL_FLOAT | ACL_FLOAT16 | ACL_BF16 => {
                return self.put_floats(tensor, &values.iter().map(|v| f64::from(*v as f32)).collect::<Vec<_>>());
            }
            other => {
                let size = bits(other).unwrap_or(8) / 8;
                values.iter().flat_map(|v| v.to_le_bytes().into_iter().take(size)).collect()
            }
        };
        self.put_raw(tensor, &raw)
    }

    /// Stores the elements of another tensor of the same type and number of elements, bit by bit.
    pub(crate) fn move_elements(&self, from: &Tensor, to: &Tensor) -> Outcome {
        self.put_raw(to, &self.raw(from)?)
    }

    /// The elements, row-major, on the CPU device, in the shape `dims`.
    pub(crate) fn load(&self, tensor: &Tensor, dims: &[usize]) -> Outcome<TensorView> {
        let dtype = tensor.kind()?;
        let mut raw = self.raw(tensor)?;
        if dtype == DType::I4 {
            raw = raw.chunks(2).map(|pair| (pair[0] & 0xF) | (pair.get(1).copied().unwrap_or(0) << 4)).collect();
        }
        cpu(|cpu| {
            let buffer = cpu.device.alloc(raw.len())?;
            cpu.device.write(&buffer, 0, &raw)?;
            TensorView::contiguous(buffer, dtype, Dims::new(dims)?)
        })
    }

    /// Numbers as a tensor of the CPU device.
    pub(crate) fn make<T: ascend_hal::Element>(&self, values: &[T], dims: &[usize]) -> Outcome<TensorView> {
        cpu(|cpu| cpu.device.upload(values, Dims::new(dims)?))
    }

    /// A tensor of the CPU device, for a result.
    pub(crate) fn room(&self, dtype: DType, dims: &[usize]) -> Outcome<TensorViewMut> {
        cpu(|cpu| cpu.device.empty(dtype, Dims::new(dims)?))
    }

    /// Computes on the CPU device, to the end.
    pub(crate) fn compute(&self, call: impl Into<OpCall>) -> Outcome {
        cpu(|cpu| {
            cpu.device.enqueue(&cpu.stream, call.into(), &Choice::default())?;
            cpu.stream.synchronize()
        })
    }

    /// The elements of a result of the CPU device, as numbers.
    pub(crate) fn numbers(&self, result: &TensorView) -> Outcome<Vec<f64>> {
        host::to_f64(result).map_err(|error| failed(error.to_string()))
    }

    /// Stores a result of the CPU device. The types must be the same.
    pub(crate) fn store(&self, tensor: &Tensor, result: &TensorView) -> Outcome {
        if tensor.kind()? != result.dtype() {
            return Err(failed(format!("{}: {} computed; this is a bug in the simulation", tensor.name(), result.dtype())));
        }
        let mut bytes = vec![0; result.size_bytes()];
        cpu(|cpu| cpu.device.read(result.buffer(), 0, &mut bytes))?;
        if result.dtype() == DType::I4 {
            bytes = (0..result.numel()).map(|i| host::nibble(bytes[i / 2], i).cast_unsigned()).collect();
        }
        self.put_raw(tensor, &bytes)
    }
}

/// The whole numbers that a type holds. Those of 64 bits without sign are kept as far as i64 goes.
fn range(dtype: aclDataType) -> (i64, i64) {
    match dtype {
        ACL_INT4 => (-8, 7),
        ACL_INT8 => (i64::from(i8::MIN), i64::from(i8::MAX)),
        ACL_UINT8 => (0, i64::from(u8::MAX)),
        ACL_INT16 => (i64::from(i16::MIN), i64::from(i16::MAX)),
        ACL_UINT16 => (0, i64::from(u16::MAX)),
        ACL_INT32 => (i64::from(i32::MIN), i64::from(i32::MAX)),
        ACL_UINT32 => (0, i64::from(u32::MAX)),
        ACL_UINT64 => (0, i64::MAX),
        _ => (i64::MIN, i64::MAX),
    }
}

/// Elements of a fixed size, each made of its bytes.
fn each<const N: usize, T>(raw: &[u8], make: impl Fn([u8; N]) -> T) -> Vec<T> {
    raw.as_chunks::<N>().0.iter().map(|bytes| make(*bytes)).collect()
}
