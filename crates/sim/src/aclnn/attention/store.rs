//! Keys and values: in the layout of the queries, or in pages that a table names.

use super::{Layout, Run, Shape, Tensor, reals};
use crate::aclnn::check::{tiling, unsupported};
use crate::aclnn::index::within;
use crate::fault::Outcome;

/// How keys or values are stored.
#[derive(Clone)]
pub(super) enum Store {
    /// In the layout of the query; one tensor, or one for each batch.
    Rows {
        tensors: Vec<Tensor>,
        layout: Layout,
        shapes: Vec<Shape>,
    },
    Pages {
        tensor: Tensor,
        form: Pages,
        block_size: usize,
        heads: usize,
        size: usize,
    },
}

#[derive(Clone, Copy)]
pub(super) enum Pages {
    /// `[blocks, blockSize, N * D]`
    Tokens,
    /// `[blocks, N, blockSize, D]`
    Heads,
    /// `[blocks, N, D / 16, blockSize, 16]`
    Fractal,
}

impl Store {
    pub(super) fn pages(tensor: &Tensor, heads: usize, block_size: usize) -> Outcome<Self> {
        let (form, found, size) = match tensor.rank() {
            3 => (Pages::Tokens, tensor.dim(1), tensor.dim(2) / heads),
            4 => (Pages::Heads, tensor.dim(2), tensor.dim(3)),
            5 => (Pages::Fractal, tensor.dim(3), tensor.dim(2) * tensor.dim(4)),
            _ => return tiling(Err(tensor.invalid(format!("pages of 3 to 5 dimensions asked, shape {:?} found", tensor.dims())))),
        };
        let blocks = tensor.dim(0);
        let dims = match form {
            Pages::Tokens => vec![blocks, block_size, heads * size],
            Pages::Heads => vec![blocks, heads, block_size, size],
            Pages::Fractal => vec![blocks, heads, size / 16, block_size, 16],
        };
        if found != block_size || dims != tensor.dims() {
            let what = format!("pages of {block_size} tokens of {heads} heads asked, shape {:?} found", tensor.dims());
            return tiling(Err(tensor.invalid(what)));
        }
        if matches!(form, Pages::Tokens) && heads * size > 65535 {
            return Err(unsupported(format!("{}: rows of at most 65535 elements asked, {} found", tensor.name(), heads * size)));
        }
        Ok(Self::Pages { tensor: tensor.clone(), form, block_size, heads, size })
    }

    /// Elements of a head.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Rows { shapes, .. } => shapes[0].size,
            Self::Pages { size, .. } => *size,
        }
    }

    /// The data of each tensor.
    pub(super) fn read(&self, run: &Run<'_>) -> Outcome<Vec<Vec<f32>>> {
        match self {
            Self::Rows { tensors, .. } => tensors.iter().map(|tensor| reals(run, tensor)).collect(),
            Self::Pages { tensor, .. } => Ok(vec![reals(run, tensor)?]),
        }
    }

    /// The row of token `s` of the sequence of batch `b`, which starts at `start`, and of head `n`.
    pub(super) fn row(
        &self,
        data: &[Vec<f32>],
        table: Option<&Table<'_>>,
        b: usize,
        start: usize,
        s: usize,
        n: usize,
    ) -> Outcome<Vec<f32>> {
        match self {
            Self::Rows { tensors, layout, shapes } => {
                let (which, b) = if tensors.len() > 1 { (b, 0) } else { (0, b) };
                let place = layout.row(&shapes[which], b, start + s, n);
                Ok(data[which][place..place + shapes[which].size].to_vec())
            }
            Self::Pages { tensor, form, block_size, heads, size } => {
                let Some(table) = table else { return Ok(Vec::new()) };
                let (block, offset) = (table.block(b, s / block_size, tensor.dim(0))?, s % block_size);
                let place = |i: usize| match form {
                    Pages::Tokens => ((block * block_size + offset) * heads + n) * size + i,
                    Pages::Heads => ((block * heads + n) * block_size + offset) * size + i,
                    Pages::Fractal => (((block * heads + n) * (size / 16) + i / 16) * block_size + offset) * 16 + i % 16,
                };
                Ok((0..*size).map(|i| data[0][place(i)]).collect())
            }
        }
    }
}

/// A block table that was read.
pub(super) struct Table<'a> {
    tensor: &'a Tensor,
    blocks: Vec<i64>,
}

impl<'a> Table<'a> {
    pub(super) fn read(run: &Run<'_>, tensor: &'a Tensor) -> Outcome<Self> {
        Ok(Self { tensor, blocks: run.ints(tensor)? })
    }

    fn block(&self, b: usize, entry: usize, blocks: usize) -> Outcome<usize> {
        within(self.tensor, self.blocks[b * self.tensor.dim(1) + entry], blocks)
    }
}

/// Keys or values in the layout of the query.
pub(super) fn rows(tensors: &[Tensor], layout: Layout, heads: usize, query: &Shape) -> Outcome<Store> {
    let batch = if tensors.len() > 1 { 1 } else { query.batch };
    let mut shapes = Vec::new();
    for tensor in tensors {
        let Some(shape) = layout.shape(tensor, heads).filter(|shape| shape.batch == batch || layout.packed()) else {
            let what =
                format!("{heads} heads and {batch} batches in the layout {layout:?} of query asked, shape {:?} found", tensor.dims());
            return tiling(Err(tensor.invalid(what)));
        };
        shapes.push(shape);
    }
    if tensors.len() > 1 && (layout.packed() || tensors.len() != query.batch) {
        return Err(unsupported(format!(
            "key and value: one tensor, or one for each of {} batches, asked, {} found",
            query.batch,
            tensors.len()
        )));
    }
    if shapes.iter().any(|shape| shape.size != shapes[0].size) {
        return tiling(Err(tensors[0].invalid("heads of the same size in all tensors asked")));
    }
    Ok(Store::Rows { tensors: tensors.to_vec(), layout, shapes })
}
