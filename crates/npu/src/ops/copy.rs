//! Copy between layouts: aclnnInplaceCopy on strided views, of which FRACTAL_NZ is a few; aclnnNpuFormatCast between that and rows.

use ascend_hal::ops::Copy;
use ascend_hal::{DType, Dims, FRACTAL_ROWS, Format, Layout, Result, TensorView, fractal_cols};

use super::{Builtin, builtin, only};
use crate::context::Context;
use crate::raw::operators::aclnnNpuFormatCast;

/// Every type but i4, whose elements have no address of their own.
const BYTES: &[DType] = &[DType::F32, DType::F16, DType::BF16, DType::I8, DType::I32, DType::I64, DType::U8, DType::Bool];

pub(super) const KERNELS: &[Builtin] = &[
    builtin!(
        Aclnn Copy "aclnnInplaceCopy" ["aclnnInplaceCopy"] BYTES, "up to six dimensions from or to FRACTAL_NZ", covers => run
    ),
    builtin!(
        Aclnn Copy "aclnnInplaceCopy_bytes" ["aclnnInplaceCopy"] &[DType::I4], "i4 only as whole bytes: both row-major, of an even number",
        whole_bytes => run_bytes
    ),
    builtin!(
        Aclnn Copy "aclnnNpuFormatCast" ["aclnnNpuFormatCast"] &[DType::F16, DType::BF16, DType::I8],
        "between row-major matrices and FRACTAL_NZ, two to six dimensions", between_formats => format_cast
    ),
];

fn covers(op: &Copy) -> Result<(), String> {
    let fractal = [op.x.layout(), op.y.layout()].iter().any(|layout| layout.format() == Format::FractalNz);
    only(!fractal || op.x.rank() <= 6, "more than six dimensions in FRACTAL_NZ")
}

fn whole_bytes(op: &Copy) -> Result<(), String> {
    let plain = op.x.is_contiguous() && op.y.is_contiguous() && op.x.numel().is_multiple_of(2);
    only(plain, "i4 elements that do not lie as whole bytes have no operator")
}

fn between_formats(op: &Copy) -> Result<(), String> {
    let [from, to] = [op.x.layout(), op.y.layout()];
    let fractal = |layout: &Layout| layout.format() == Format::FractalNz;
    only(fractal(from) != fractal(to), "no change of the format")?;
    only([from, to].into_iter().all(|layout| fractal(layout) || layout.is_contiguous()), "rows with strides")?;
    only((2..=6).contains(&from.rank()), "less than two dimensions, or more than six")
}

fn format_cast(cx: &Context<'_>, op: &Copy) -> Result<()> {
    aclnnNpuFormatCast(cx.queue(), &op.x, &op.y)
}

fn run_bytes(cx: &Context<'_>, op: &Copy) -> Result<()> {
    let bytes = |view: &TensorView| {
        let layout = Layout::strided([view.numel() / 2], [1], view.layout().offset() / 2)?;
        TensorView::new(view.buffer().clone(), DType::U8, layout)
    };
    cx.put(&bytes(&op.x)?, &bytes(&op.y)?)
}

fn run(cx: &Context<'_>, op: &Copy) -> Result<()> {
    let [from_nz, to_nz] = [op.x.layout(), op.y.layout()].map(|layout| layout.format() == Format::FractalNz);
    if !from_nz && !to_nz {
        return cx.put(&op.x, &op.y);
    }
    if to_nz {
        cx.zero(&storage(&op.y)?)?;
    }
    for part in parts(op.x.shape(), op.x.dtype()) {
        cx.put(&part.of(&op.x)?, &part.of(&op.y)?)?;
    }
    Ok(())
}

/// The whole memory of a FRACTAL_NZ tensor, with its padding.
fn storage(view: &TensorView) -> Result<TensorView> {
    let (start, end) = (view.layout().offset(), view.layout().end(view.dtype())?);
    TensorView::new(view.buffer().clone(), view.dtype(), Layout::strided([end - start], [1], start)?)
}

/// Rows or columns of a matrix in steps of a fractal's: the full ones, or those of the last that is cut short.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    /// Number of fractals.
    count: usize,
    /// Rows or columns of each.
    size: usize,
}

fn spans(size: usize, step: usize) -> impl Iterator<Item = Span> + Clone {
    let (full, rest) = (size / step, size % step);
    let parts = [Span { start: 0, count: full, size: step }, Span { start: full * step, count: 1, size: rest }];
    parts.into_iter().filter(|span| span.count * span.size > 0)
}

/// A part of a matrix that is one strided view in either format.
struct Part {
    rows: Span,
    cols: Span,
}

fn parts(shape: &Dims, dtype: DType) -> Vec<Part> {
    let (r, c) = (shape[shape.len() - 2], shape[shape.len() - 1]);
    let cols = spans(c, fractal_cols(dtype));
    spans(r, FRACTAL_ROWS).flat_map(|rows| cols.clone().map(move |cols| Part { rows, cols })).collect()
}

impl Part {
    /// `[batch.., fractals of rows, rows, fractals of columns, columns]` of the part.
    fn of(&self, view: &TensorView) -> Result<TensorView> {
        let (batch, layout, c0) = (view.rank() - 2, view.layout(), fractal_cols(view.dtype()));
        let (shape, mut strides) = (layout.shape(), layout.strides()[..batch].to_vec());
        let (r, c) = (shape[batch], shape[batch + 1]);
        let (steps, start) = if layout.format() == Format::FractalNz {
            let (rows, cols) = (r.next_multiple_of(FRACTAL_ROWS), c.next_multiple_of(c0));
            let mut stride = rows * cols;
            for (at, &size) in shape[..batch].iter().enumerate().rev() {
                strides[at] = stride;
                stride *= size;
            }
            ([FRACTAL_ROWS * c0, c0, rows * c0, 1], self.rows.start * c0 + self.cols.start * rows)
        } else {
            let (row, col) = (layout.strides()[batch], layout.strides()[batch + 1]);
            ([row * FRACTAL_ROWS, row, col * c0, col], self.rows.start * row + self.cols.start * col)
        };
        let sizes = [&shape[..batch], &[self.rows.count, self.rows.size, self.cols.count, self.cols.size]].concat();
        strides.extend(steps);
        let layout = Layout::strided(Dims::new(&sizes)?, Dims::new(&strides)?, layout.offset() + start)?;
        TensorView::new(view.buffer().clone(), view.dtype(), layout)
    }
}
