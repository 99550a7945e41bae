//! Typed, shaped views of buffers.

use std::fmt;
use std::ops::Deref;

use crate::{Buffer, DType, Dims, Error, Format, Layout, Location, Result};

/// A read view of a tensor: a shared buffer handle with dtype, shape, strides, offset and format.
///
/// Cloning is cheap and shares the memory. Making a view checks that it lies inside its buffer, so every existing view does.
#[derive(Clone)]
pub struct TensorView {
    buffer: Buffer,
    dtype: DType,
    layout: Layout,
}

impl TensorView {
    /// A view of `buffer`.
    ///
    /// # Errors
    /// [`Error::View`] when the layout reaches beyond the buffer, or when an `I4` view has rows that start inside a byte; [`Error::Overflow`] when its extent overflows.
    pub fn new(buffer: Buffer, dtype: DType, layout: Layout) -> Result<Self> {
        let end = layout.end(dtype)?;
        let bytes = dtype.bytes_for(end).ok_or_else(|| Error::overflow(format!("the size of shape {} of {dtype}", layout.shape())))?;
        if bytes > buffer.size_bytes() {
            return Err(Error::View {
                asked: format!("{bytes} bytes for shape {} of {dtype}", layout.shape()),
                found: format!("a buffer of {} bytes", buffer.size_bytes()),
            });
        }
        let view = Self { buffer, dtype, layout };
        view.check_nibbles()?;
        Ok(view)
    }

    /// A row-major view of the whole of `shape` at the start of `buffer`.
    pub fn contiguous(buffer: Buffer, dtype: DType, shape: impl Into<Dims>) -> Result<Self> {
        Self::new(buffer, dtype, Layout::contiguous(shape)?)
    }

    fn check_nibbles(&self) -> Result<()> {
        if self.dtype != DType::I4 || self.layout.format() != Format::Nd {
            return Ok(());
        }
        let split = |s: &usize| s % 2 == 1;
        let (shape, strides) = (self.shape(), self.layout.strides());
        let units = strides.iter().zip(shape.iter()).filter(|&(&s, &d)| d > 1 && s == 1).count();
        let odd = strides.iter().zip(shape.iter()).any(|(s, &d)| d > 1 && *s != 1 && split(s));
        if units > 1 || odd || split(&self.layout.offset()) {
            return Err(Error::View {
                asked: format!("i4 shape {shape} with strides {strides} at {}", self.layout.offset()),
                found: "rows that start inside a byte; i4 needs an even packed dimension, even strides and an even offset".into(),
            });
        }
        Ok(())
    }

    fn with(&self, layout: Layout) -> Result<Self> {
        let view = Self { buffer: self.buffer.clone(), dtype: self.dtype, layout };
        view.check_nibbles()?;
        Ok(view)
    }

    /// The buffer.
    pub fn buffer(&self) -> &Buffer {
        &self.buffer
    }
    /// Storage type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }
    /// Shape, strides, offset and format.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
    /// Logical shape.
    pub fn shape(&self) -> &Dims {
        self.layout.shape()
    }
    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.layout.rank()
    }
    /// Number of elements.
    pub fn numel(&self) -> usize {
        self.layout.numel()
    }
    /// Size of dimension `dim`; 1 when there is no such dimension.
    pub fn dim(&self, dim: usize) -> usize {
        self.shape().get(dim).copied().unwrap_or(1)
    }
    /// Where the memory is.
    pub fn location(&self) -> Location {
        self.buffer.location()
    }
    /// Whether the elements lie row-major without gaps.
    pub fn is_contiguous(&self) -> bool {
        self.layout.is_contiguous()
    }
    /// Bytes of the logical elements (gaps and padding not counted).
    pub fn size_bytes(&self) -> usize {
        self.dtype.bytes_for(self.numel()).unwrap_or(usize::MAX)
    }

    /// First and one-past-last byte of the buffer that the view can touch.
    pub fn byte_span(&self) -> std::ops::Range<usize> {
        if self.layout.format() == Format::Packed {
            return 0..self.buffer.size_bytes();
        }
        if self.numel() == 0 {
            return 0..0;
        }
        let at = |elements: usize| self.dtype.bytes_for(elements).unwrap_or(usize::MAX);
        let end = self.layout.end(self.dtype).map_or(usize::MAX, at);
        self.layout.offset() * self.dtype.bits() / 8..end
    }

    /// The view with the last two dimensions exchanged: a weight stored `[N, K]` seen as `[K, N]`.
    pub fn t(&self) -> Result<Self> {
        match self.rank() {
            0 | 1 => Err(Error::View { asked: "a transpose".into(), found: format!("shape {}", self.shape()) }),
            r => self.transpose(r - 2, r - 1),
        }
    }
    /// See [`Layout::transpose`].
    pub fn transpose(&self, a: usize, b: usize) -> Result<Self> {
        self.with(self.layout.transpose(a, b)?)
    }
    /// See [`Layout::narrow`].
    pub fn narrow(&self, dim: usize, start: usize, len: usize) -> Result<Self> {
        self.with(self.layout.narrow(dim, start, len)?)
    }
    /// See [`Layout::select`].
    pub fn select(&self, dim: usize, at: usize) -> Result<Self> {
        self.with(self.layout.select(dim, at)?)
    }
    /// See [`Layout::reshape`].
    pub fn reshape(&self, shape: impl Into<Dims>) -> Result<Self> {
        self.with(self.layout.reshape(shape)?)
    }
    /// See [`Layout::broadcast`].
    pub fn broadcast(&self, shape: impl Into<Dims>) -> Result<Self> {
        self.with(self.layout.broadcast(shape)?)
    }
    /// The same bytes seen as another storage type of the same size (`u8` as `bool`, say).
    pub fn reinterpret(&self, dtype: DType) -> Result<Self> {
        if dtype.bits() != self.dtype.bits() {
            return Err(Error::View { asked: format!("{dtype}"), found: format!("{}, which has another size", self.dtype) });
        }
        if self.layout.format() == Format::Packed && dtype != self.dtype {
            return Err(Error::View { asked: format!("{dtype}"), found: format!("a packed weight of {}", self.dtype) });
        }
        let mut view = self.clone();
        view.dtype = dtype;
        view.check_nibbles()?;
        Ok(view)
    }
    /// The view as a place to write to. The caller says by this that nothing else needs the old contents.
    pub fn to_mut(&self) -> TensorViewMut {
        TensorViewMut(self.clone())
    }

    /// Whether both views are the very same elements in the same order (the one kind of overlap that in-place ops allow).
    pub fn same_elements(&self, other: &TensorView) -> bool {
        self.buffer.same_memory(&other.buffer) && self.layout == other.layout && self.dtype.bits() == other.dtype.bits()
    }

    /// Whether the views may share a byte. Exact for disjoint ranges and for column blocks of one matrix; otherwise it errs on the side of `true`.
    pub fn may_overlap(&self, other: &TensorView) -> bool {
        if !self.buffer.same_memory(&other.buffer) || self.numel() == 0 || other.numel() == 0 {
            return false;
        }
        let (a, b) = (self.byte_span(), other.byte_span());
        if a.end <= b.start || b.end <= a.start {
            return false;
        }
        match (self.columns(), other.columns()) {
            (Some((pitch_a, a)), Some((pitch_b, b))) if pitch_a == pitch_b => !(a.end <= b.start || b.end <= a.start),
            _ => true,
        }
    }

    /// The view as a block of columns of a matrix: row pitch in bytes, and the columns (in bytes) that each row covers.
    fn columns(&self) -> Option<(usize, std::ops::Range<usize>)> {
        if self.layout.format() != Format::Nd || self.dtype == DType::I4 {
            return None;
        }
        let size = self.dtype.bits() / 8;
        let dims = || self.shape().iter().zip(self.layout.strides().iter()).filter(|&(&d, _)| d > 1);
        let pitch = dims().map(|(_, &s)| s).max().filter(|&pitch| pitch > 0)?;
        let width: usize = dims().filter(|&(_, &s)| s < pitch).map(|(&d, &s)| (d - 1) * s).sum::<usize>() + 1;
        let start = self.layout.offset() % pitch;
        (start + width <= pitch).then(|| (pitch * size, start * size..(start + width) * size))
    }
}

impl fmt::Debug for TensorView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.dtype, self.shape())?;
        if !self.is_contiguous() {
            write!(f, " strides {} offset {}", self.layout.strides(), self.layout.offset())?;
        }
        if self.layout.format() != Format::Nd {
            write!(f, " {}", self.layout.format())?;
        }
        write!(f, " on {}", self.location())
    }
}

/// A view that an op writes to. Reads like a [`TensorView`].
#[derive(Clone)]
pub struct TensorViewMut(TensorView);

impl TensorViewMut {
    /// The view for reading.
    pub fn view(&self) -> TensorView {
        self.0.clone()
    }
}

impl Deref for TensorViewMut {
    type Target = TensorView;
    fn deref(&self) -> &TensorView {
        &self.0
    }
}

impl fmt::Debug for TensorViewMut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<TensorViewMut> for TensorView {
    fn from(view: TensorViewMut) -> Self {
        view.0
    }
}
