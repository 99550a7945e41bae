//! Shapes, strides and physical formats.

use std::fmt;
use std::ops::Deref;

use crate::{DType, Error, Result};

/// The largest number of dimensions a tensor may have (aclnn's own limit).
pub const MAX_RANK: usize = 8;

/// Up to [`MAX_RANK`] sizes, held inline: a shape or a list of strides.
#[derive(Clone, Copy)]
pub struct Dims {
    len: u8,
    sizes: [usize; MAX_RANK],
}

impl Dims {
    /// The sizes of `dims`; an error when there are more than [`MAX_RANK`].
    pub fn new(dims: &[usize]) -> Result<Self> {
        if dims.len() > MAX_RANK {
            return Err(Error::View { asked: format!("{} dimensions", dims.len()), found: format!("a limit of {MAX_RANK}") });
        }
        let mut sizes = [0; MAX_RANK];
        sizes[..dims.len()].copy_from_slice(dims);
        Ok(Self { len: dims.len() as u8, sizes })
    }

    /// The product of the sizes (1 for rank 0), or an error when it does not fit.
    pub fn numel(&self) -> Result<usize> {
        if self.contains(&0) {
            return Ok(0);
        }
        self.iter()
            .try_fold(1usize, |n, &d| n.checked_mul(d))
            .ok_or_else(|| Error::overflow(format!("the number of elements of shape {self}")))
    }

    /// The same sizes with dimension `at` removed.
    pub fn without(&self, at: usize) -> Self {
        let mut out = *self;
        out.sizes.copy_within(at + 1..self.len as usize, at);
        out.len -= 1;
        out
    }

    /// The last size; 1 for rank 0.
    pub fn last_or_one(&self) -> usize {
        self.last().copied().unwrap_or(1)
    }
}

impl<const N: usize> From<[usize; N]> for Dims {
    fn from(dims: [usize; N]) -> Self {
        const { assert!(N <= MAX_RANK) };
        let mut sizes = [0; MAX_RANK];
        sizes[..N].copy_from_slice(&dims);
        Self { len: N as u8, sizes }
    }
}

impl Deref for Dims {
    type Target = [usize];
    fn deref(&self) -> &[usize] {
        &self.sizes[..self.len as usize]
    }
}

impl std::ops::DerefMut for Dims {
    fn deref_mut(&mut self) -> &mut [usize] {
        &mut self.sizes[..self.len as usize]
    }
}

impl PartialEq for Dims {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}
impl Eq for Dims {}

impl fmt::Display for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, d) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{d}")?;
        }
        f.write_str("]")
    }
}
impl fmt::Debug for Dims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a tensor's elements lie in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Format {
    /// Plain strided data.
    #[default]
    Nd,
    /// The 910B's matrix format for weights: the last two dimensions `[R, C]` are cut into fractals of 16 rows × 32 bytes, columns of fractals first:
    /// `[C / C0, R / 16, 16, C0]` with `C0 = 32 bytes / element size`, both dimensions padded up. Leading dimensions are contiguous batches.
    FractalNz,
    /// The form that [`Device::prepare_weight`](crate::Device::prepare_weight) gave a weight: known to its device alone, and the whole buffer belongs to it.
    /// Ops take it for weights only; everything else, host copies included, refuses it.
    Packed,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nd => "ND",
            Self::FractalNz => "FRACTAL_NZ",
            Self::Packed => "PACKED",
        })
    }
}

/// Rows of one fractal.
pub const FRACTAL_ROWS: usize = 16;

/// Columns of one fractal, `C0`: as many elements as fit into 32 bytes.
pub const fn fractal_cols(dtype: DType) -> usize {
    32 * 8 / dtype.bits()
}

/// Shape, strides (in elements), offset (in elements) and physical format of a view.
///
/// A stride of 0 repeats an element (broadcast); outputs may not have one. In [`Format::FractalNz`] and [`Format::Packed`] the strides are those of the
/// logical shape and are not used for addressing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Layout {
    shape: Dims,
    strides: Dims,
    offset: usize,
    format: Format,
}

impl Layout {
    /// Row-major layout of `shape` starting at element 0.
    pub fn contiguous(shape: impl Into<Dims>) -> Result<Self> {
        let shape = shape.into();
        shape.numel()?;
        let mut strides = shape;
        let mut stride = 1usize;
        for i in (0..shape.len()).rev() {
            strides[i] = stride;
            stride = stride.saturating_mul(shape[i].max(1));
        }
        Ok(Self { shape, strides, offset: 0, format: Format::Nd })
    }

    /// Layout with explicit strides, in elements.
    pub fn strided(shape: impl Into<Dims>, strides: impl Into<Dims>, offset: usize) -> Result<Self> {
        let (shape, strides) = (shape.into(), strides.into());
        if shape.len() != strides.len() {
            return Err(Error::View { asked: format!("strides {strides}"), found: format!("shape {shape}") });
        }
        let layout = Self { shape, strides, offset, format: Format::Nd };
        layout.end(DType::U8)?;
        Ok(layout)
    }

    /// [`Format::FractalNz`] layout of the logical `shape` (two dimensions or more) starting at element 0.
    pub fn fractal_nz(shape: impl Into<Dims>) -> Result<Self> {
        let mut layout = Self::contiguous(shape)?;
        if layout.shape.len() < 2 {
            return Err(Error::View { asked: "FRACTAL_NZ".into(), found: format!("shape {}, which is not a matrix", layout.shape) });
        }
        layout.format = Format::FractalNz;
        Ok(layout)
    }

    /// [`Format::Packed`] layout of a weight of this logical shape (two dimensions or more).
    pub fn packed(shape: impl Into<Dims>) -> Result<Self> {
        let mut layout = Self::contiguous(shape)?;
        if layout.shape.len() < 2 {
            return Err(Error::View { asked: "PACKED".into(), found: format!("shape {}, which is not a matrix", layout.shape) });
        }
        layout.format = Format::Packed;
        Ok(layout)
    }

    /// The logical shape.
    pub fn shape(&self) -> &Dims {
        &self.shape
    }
    /// Strides in elements.
    pub fn strides(&self) -> &Dims {
        &self.strides
    }
    /// First element, in elements from the start of the buffer.
    pub fn offset(&self) -> usize {
        self.offset
    }
    /// Physical format.
    pub fn format(&self) -> Format {
        self.format
    }
    /// Number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }
    /// Number of logical elements.
    pub fn numel(&self) -> usize {
        // Every constructor has checked the product of a shape without zeros.
        if self.shape.contains(&0) { 0 } else { self.shape.iter().product() }
    }

    /// Whether the elements lie row-major without gaps.
    pub fn is_contiguous(&self) -> bool {
        if self.format != Format::Nd {
            return false;
        }
        if self.shape.contains(&0) {
            return true;
        }
        let mut expected = 1;
        for (&d, &s) in self.shape.iter().zip(self.strides.iter()).rev() {
            if d != 1 && s != expected {
                return false;
            }
            expected *= d;
        }
        true
    }

    /// One past the last element that the view can touch, in elements from the start of the buffer (0 when the view is empty). A packed form holds at least its
    /// elements; how much it has beside them is for its device to check.
    pub fn end(&self, dtype: DType) -> Result<usize> {
        let overflow = || Error::overflow(format!("the extent of shape {} with strides {}", self.shape, self.strides));
        self.shape.numel()?;
        if self.shape.contains(&0) {
            return Ok(0);
        }
        if self.format == Format::FractalNz {
            let (r, c) = (self.shape[self.rank() - 2], self.shape[self.rank() - 1]);
            let batch: usize = self.shape[..self.rank() - 2].iter().product();
            let c0 = fractal_cols(dtype);
            return r
                .checked_next_multiple_of(FRACTAL_ROWS)
                .zip(c.checked_next_multiple_of(c0))
                .and_then(|(r, c)| r.checked_mul(c))
                .and_then(|m| m.checked_mul(batch))
                .and_then(|n| n.checked_add(self.offset))
                .ok_or_else(overflow);
        }
        let mut last = self.offset;
        for (&d, &s) in self.shape.iter().zip(self.strides.iter()) {
            last = (d - 1).checked_mul(s).and_then(|n| n.checked_add(last)).ok_or_else(overflow)?;
        }
        last.checked_add(1).ok_or_else(overflow)
    }

    /// Buffer offset, in elements, of the element at `index`.
    pub fn offset_of(&self, dtype: DType, index: &[usize]) -> usize {
        if self.format == Format::FractalNz {
            let (r, c) = (self.shape[self.rank() - 2], self.shape[self.rank() - 1]);
            let c0 = fractal_cols(dtype);
            let (rows, cols) = (r.next_multiple_of(FRACTAL_ROWS), c.next_multiple_of(c0));
            let mut batch = 0;
            for (&i, &d) in index.iter().zip(self.shape.iter()).take(self.rank() - 2) {
                batch = batch * d + i;
            }
            let (i, j) = (index[self.rank() - 2], index[self.rank() - 1]);
            return self.offset + batch * rows * cols + ((j / c0) * rows + i) * c0 + j % c0;
        }
        self.offset + index.iter().zip(self.strides.iter()).map(|(i, s)| i * s).sum::<usize>()
    }

    /// Calls `f` with the buffer offset (in elements) of every element, in row-major order of the logical shape.
    pub fn for_each_offset(&self, dtype: DType, mut f: impl FnMut(usize)) {
        let n = self.numel();
        if n == 0 {
            return;
        }
        if self.rank() == 0 {
            return f(self.offset);
        }
        let inner = self.shape.last_or_one();
        let rank = self.rank();
        let mut index = [0usize; MAX_RANK];
        for _ in 0..n / inner {
            if self.format == Format::Nd {
                let base = self.offset_of(dtype, &index[..rank]);
                let stride = self.strides[rank - 1];
                for j in 0..inner {
                    f(base + j * stride);
                }
            } else {
                for j in 0..inner {
                    index[rank - 1] = j;
                    f(self.offset_of(dtype, &index[..rank]));
                }
                index[rank - 1] = 0;
            }
            for d in (0..rank - 1).rev() {
                index[d] += 1;
                if index[d] < self.shape[d] {
                    break;
                }
                index[d] = 0;
            }
        }
    }

    /// Calls `f` with the buffer offset (in elements) and the length of runs of elements that lie one after the other, in row-major order of the logical shape.
    pub fn for_each_run(&self, dtype: DType, mut f: impl FnMut(usize, usize)) {
        let (mut run, mut outer) = (1, self.rank());
        while self.format == Format::Nd && outer > 0 && (self.shape[outer - 1] == 1 || self.strides[outer - 1] == run) {
            run *= self.shape[outer - 1];
            outer -= 1;
        }
        let first = |dims: &Dims| Dims { len: outer as u8, sizes: dims.sizes };
        Self { shape: first(&self.shape), strides: first(&self.strides), ..*self }.for_each_offset(dtype, |at| f(at, run));
    }

    /// Elements from one index of the first dimension to the next, if those of each lie one after the other without gaps.
    pub(crate) fn row_pitch(&self) -> Option<usize> {
        let mut row = *self;
        let (pitch, rows) = (*self.strides.first()?, *self.shape.first()?);
        row.shape[0] = rows.min(1);
        (self.format == Format::Nd && row.is_contiguous()).then_some(pitch)
    }

    fn nd(&self, what: &str) -> Result<()> {
        match self.format {
            Format::Nd => Ok(()),
            Format::Packed => Err(Error::View {
                asked: format!("{what} of a strided view"),
                found: "format PACKED, which only the device knows; take the weight it was made from".into(),
            }),
            other => Err(Error::View { asked: format!("{what} of a strided view"), found: format!("format {other}; copy to ND first") }),
        }
    }

    fn dim(&self, dim: usize, what: &str) -> Result<usize> {
        self.shape
            .get(dim)
            .copied()
            .ok_or_else(|| Error::View { asked: format!("{what} of dimension {dim}"), found: format!("shape {}", self.shape) })
    }

    /// The view with dimensions `a` and `b` exchanged.
    pub fn transpose(mut self, a: usize, b: usize) -> Result<Self> {
        self.nd("transpose")?;
        self.dim(a, "transpose")?;
        self.dim(b, "transpose")?;
        self.shape.swap(a, b);
        self.strides.swap(a, b);
        Ok(self)
    }

    /// Indices `start..start + len` of dimension `dim`.
    pub fn narrow(mut self, dim: usize, start: usize, len: usize) -> Result<Self> {
        self.nd("narrow")?;
        let size = self.dim(dim, "narrow")?;
        if start.checked_add(len).is_none_or(|end| end > size) {
            return Err(Error::View {
                asked: format!("indices {start}..{} of dimension {dim}", start.saturating_add(len)),
                found: format!("shape {}", self.shape),
            });
        }
        self.shape[dim] = len;
        // An empty view has no first element, and its strides were never checked against anything.
        if self.numel() > 0 {
            self.offset += start * self.strides[dim];
        }
        Ok(self)
    }

    /// Index `at` of dimension `dim`, which disappears.
    pub fn select(self, dim: usize, at: usize) -> Result<Self> {
        let mut out = self.narrow(dim, at, 1)?;
        out.shape = out.shape.without(dim);
        out.strides = out.strides.without(dim);
        Ok(out)
    }

    /// The same elements under another shape; possible without a copy when the view is contiguous, or when only whole dimensions are merged or split that allow it.
    pub fn reshape(self, shape: impl Into<Dims>) -> Result<Self> {
        let shape = shape.into();
        self.nd("reshape")?;
        let refuse = |found: String| Error::View { asked: format!("shape {shape}"), found };
        if shape.numel()? != self.numel() {
            return Err(refuse(format!("shape {} with another number of elements", self.shape)));
        }
        let mut out = Self::contiguous(shape)?;
        out.offset = self.offset;
        if self.numel() == 0 || self.is_contiguous() {
            return Ok(out);
        }
        // Walk both shapes from the right; a run of old dimensions that is contiguous in itself can take any new split.
        let (mut old, mut new) = (self.rank(), shape.len());
        while old > 0 {
            let (mut have, inner) = (self.shape[old - 1], self.strides[old - 1]);
            old -= 1;
            while old > 0 && (self.shape[old - 1] == 1 || have.checked_mul(inner) == Some(self.strides[old - 1])) {
                have *= self.shape[old - 1];
                old -= 1;
            }
            let (mut taken, mut stride) = (1, inner);
            while new > 0 && taken < have {
                out.strides[new - 1] = stride;
                // Beyond the last dimension of the run the stride is not used any more.
                stride = stride.saturating_mul(shape[new - 1]);
                taken *= shape[new - 1];
                new -= 1;
            }
            if taken != have {
                return Err(refuse(format!("shape {} with strides {}, which needs a copy", self.shape, self.strides)));
            }
        }
        Ok(out)
    }

    /// The view repeated (stride 0) to `shape`: trailing dimensions must be equal or 1, as in NumPy.
    pub fn broadcast(self, shape: impl Into<Dims>) -> Result<Self> {
        let shape = shape.into();
        self.nd("broadcast")?;
        shape.numel()?;
        let refuse = || Error::View { asked: format!("broadcast to {shape}"), found: format!("shape {}", self.shape) };
        let extra = shape.len().checked_sub(self.rank()).ok_or_else(refuse)?;
        let mut strides = shape;
        for (i, s) in strides.iter_mut().enumerate() {
            *s = match i.checked_sub(extra) {
                None => 0,
                Some(j) if self.shape[j] == shape[i] => self.strides[j],
                Some(j) if self.shape[j] == 1 => 0,
                Some(_) => return Err(refuse()),
            };
        }
        Ok(Self { shape, strides, ..self })
    }

    /// Whether two different indices can address one element.
    pub fn repeats_elements(&self) -> bool {
        if self.format != Format::Nd {
            return false;
        }
        // Sorted by stride, each dimension must step over everything that the smaller ones reach.
        let mut all = [(0, 1); MAX_RANK];
        let dims = &mut all[..self.rank()];
        for (dim, (&s, &d)) in dims.iter_mut().zip(self.strides.iter().zip(self.shape.iter())) {
            *dim = (s, d);
        }
        if self.numel() == 0 {
            return false;
        }
        dims.sort_unstable();
        let mut reach = 0;
        for &(s, d) in dims.iter().filter(|(_, d)| *d > 1) {
            if s <= reach {
                return true;
            }
            reach += s * (d - 1);
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(l: &Layout) -> Vec<usize> {
        let mut v = vec![];
        l.for_each_offset(DType::F32, |o| v.push(o));
        v
    }

    #[test]
    fn transpose_reads_columns() {
        let l = Layout::contiguous([2, 3]).unwrap().transpose(0, 1).unwrap();
        assert_eq!(offsets(&l), [0, 3, 1, 4, 2, 5]);
        assert!(!l.is_contiguous());
        assert!(l.transpose(0, 1).unwrap().is_contiguous());
    }

    #[test]
    fn reshape_of_row_strided_view_splits_columns() {
        // The k part of a fused [T, q|k|v] buffer becomes heads without a copy.
        let l = Layout::contiguous([5, 24]).unwrap().narrow(1, 8, 8).unwrap().reshape([5, 2, 4]).unwrap();
        assert_eq!(&**l.strides(), [24, 4, 1]);
        assert_eq!(l.offset(), 8);
        let back = l.reshape([5, 8]).unwrap();
        assert_eq!(&**back.strides(), [24, 1]);
        assert!(l.reshape([40]).is_err(), "rows are not adjacent");
    }

    #[test]
    fn fractal_nz_addresses_every_element_once() {
        let l = Layout::fractal_nz([2, 17, 20]).unwrap();
        let mut o = offsets(&l);
        assert_eq!(l.end(DType::F16).unwrap(), 2 * 32 * 32);
        o.sort_unstable();
        o.dedup();
        assert_eq!(o.len(), 2 * 17 * 20);
        // Row 1, column 17 of a f16 matrix: second column of fractals.
        assert_eq!(l.offset_of(DType::F16, &[0, 1, 17]), (32 + 1) * 16 + 1);
    }

    #[test]
    fn packed_layout_cannot_be_cut_or_turned() {
        let l = Layout::packed([2, 3, 4]).unwrap();
        assert_eq!((l.format(), l.numel(), l.is_contiguous()), (Format::Packed, 24, false));
        assert!(l.transpose(1, 2).is_err() && l.narrow(0, 0, 1).is_err() && l.reshape([6, 4]).is_err() && l.broadcast([2, 3, 4]).is_err());
        assert!(Layout::packed([3]).is_err());
    }

    #[test]
    fn hostile_shapes_are_refused() {
        assert!(Layout::contiguous([usize::MAX, 2]).is_err());
        assert!(Layout::strided([2, 2], [usize::MAX, 1], 1).is_err());
        assert!(Layout::fractal_nz([usize::MAX, 1]).and_then(|l| l.end(DType::F16).map(|_| l)).is_err());
        assert!(Dims::new(&[1; 9]).is_err());
        assert!(Layout::contiguous([3]).unwrap().narrow(0, usize::MAX, 2).is_err());
        assert_eq!(Layout::contiguous([usize::MAX, 0, 7]).unwrap().numel(), 0);
    }

    #[test]
    fn repeated_elements_are_seen() {
        let l = Layout::contiguous([4, 3]).unwrap();
        assert!(!l.repeats_elements());
        assert!(!l.transpose(0, 1).unwrap().repeats_elements());
        assert!(Layout::contiguous([3]).unwrap().broadcast([4, 3]).unwrap().repeats_elements());
        assert!(Layout::strided([4, 3], [2, 1], 0).unwrap().repeats_elements());
    }
}
