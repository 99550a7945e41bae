//! A tensor as an argument of an operator: its description, and its place among the arguments.

use std::sync::{Arc, Mutex, PoisonError};

use ascend_hal::{DType, Dims, Layout};
use ascend_sys::ffi::*;

use crate::fault::{Fault, Outcome};
use crate::nnopbase::{Description, row_major};

#[derive(Clone)]
pub(crate) struct Tensor {
    slot: usize,
    name: &'static str,
    handle: usize,
    shared: Arc<Mutex<Description>>,
    description: Arc<Description>,
    /// FRACTAL_NZ, described by its storage: the matrix is known up to the padding of its blocks.
    padded: bool,
}

/// A tensor whose data changes its format in place.
pub(crate) struct AsBlocks {
    pub(crate) rows: Tensor,
    pub(crate) blocks: Tensor,
}

/// The blocks of FRACTAL_NZ that hold the matrices of a description, of which the last two dimensions may be exchanged by strides.
pub(super) fn blocks_of(description: &Description) -> Vec<usize> {
    let [batch @ .., rows, columns] = &description.dims[..] else { return description.storage.clone() };
    let exchanged = matches!(description.strides[..], [.., 1, stride] if stride == *rows) && *columns != 1;
    let (rows, columns) = if exchanged { (columns, rows) } else { (rows, columns) };
    let width = 256 / crate::nnopbase::bits(description.dtype).unwrap_or(8);
    batch.iter().copied().chain([columns.div_ceil(width), rows.div_ceil(16), 16, width]).collect()
}

/// Programs describe FRACTAL_NZ by the matrix beside its storage, or by the storage as the shape of both. Makes the first of the second.
fn view_the_padded_matrix(description: &mut Description) -> bool {
    let [batch @ .., columns, rows, 16, width] = &description.storage[..] else { return false };
    let mut dims = batch.to_vec();
    dims.extend([rows * 16, columns * width]);
    description.strides = row_major(&dims);
    description.dims = dims;
    true
}

impl Tensor {
    pub(super) fn new(slot: usize, name: &'static str, handle: usize, shared: Arc<Mutex<Description>>) -> Outcome<Self> {
        let mut description = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let padded = description.fractal() && description.dims == description.storage && view_the_padded_matrix(&mut description);
        if description.fractal() && description.storage.len() == 1 {
            // Programs that say how many elements there are, but not in what blocks.
            description.storage = blocks_of(&description);
        }
        let tensor = Self { slot, name, handle, shared, description: Arc::new(description), padded };
        if tensor.is_fractal() {
            tensor.check_fractal()?;
        }
        Ok(tensor)
    }

    /// The same elements as another shape. The caller has seen to it that they are as many, and contiguous.
    pub(crate) fn reshaped(&self, dims: &[usize]) -> Self {
        let description = Description { dims: dims.to_vec(), strides: row_major(dims), ..(*self.description).clone() };
        Self { description: Arc::new(description), ..self.clone() }
    }

    /// The first `rows` of its first dimension.
    pub(crate) fn head(&self, rows: usize) -> Self {
        let mut description = (*self.description).clone();
        if let Some(first) = description.dims.first_mut() {
            *first = rows.min(*first);
        }
        Self { description: Arc::new(description), ..self.clone() }
    }

    /// The tensor with its last two dimensions in the other order.
    pub(crate) fn transposed(&self) -> Self {
        let mut description = (*self.description).clone();
        let rank = description.dims.len();
        description.dims.swap(rank - 2, rank - 1);
        description.strides.swap(rank - 2, rank - 1);
        Self { description: Arc::new(description), ..self.clone() }
    }

    /// A FRACTAL_NZ tensor that was described by its storage only, as the matrix of `rows` times `columns` that its blocks hold. Others as they are.
    pub(crate) fn within_padding(&self, rows: usize, columns: usize) -> Self {
        if !self.padded || rows > self.dim_back(1) || columns > self.dim_back(0) {
            return self.clone();
        }
        let mut dims = self.dims().to_vec();
        let rank = dims.len();
        (dims[rank - 2], dims[rank - 1]) = (rows, columns);
        let fitting = self.reshaped(&dims);
        if fitting.check_fractal().is_ok() { fitting } else { self.clone() }
    }

    /// Its place among the tensors of the call.
    pub(super) fn slot(&self) -> usize {
        self.slot
    }

    /// What the documentation calls the argument.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn handle(&self) -> usize {
        self.handle
    }

    pub(crate) fn address(&self) -> usize {
        self.description.address
    }

    pub(crate) fn dims(&self) -> &[usize] {
        &self.description.dims
    }

    pub(crate) fn strides(&self) -> &[usize] {
        &self.description.strides
    }

    pub(crate) fn rank(&self) -> usize {
        self.description.dims.len()
    }

    /// Size of dimension `i`; 1 where there is none.
    pub(crate) fn dim(&self, i: usize) -> usize {
        self.dims().get(i).copied().unwrap_or(1)
    }

    /// Size of the `i`-th dimension from the end, the last being 0; 1 where there is none.
    pub(crate) fn dim_back(&self, i: usize) -> usize {
        self.dims().iter().rev().nth(i).copied().unwrap_or(1)
    }

    pub(crate) fn numel(&self) -> usize {
        self.description.numel()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.numel() == 0
    }

    pub(crate) fn dtype(&self) -> aclDataType {
        self.description.dtype
    }

    /// Whether the data is in FRACTAL_NZ.
    pub(crate) fn is_fractal(&self) -> bool {
        self.description.fractal()
    }

    pub(crate) fn storage(&self) -> &[usize] {
        &self.description.storage
    }

    /// Whether the elements lie row-major without gaps.
    pub(crate) fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        for (dim, stride) in self.dims().iter().zip(self.strides()).rev() {
            if *dim != 1 && *stride != expected {
                return self.is_empty();
            }
            expected *= dim;
        }
        !self.is_fractal()
    }

    /// Bytes from its address to its first element.
    pub(crate) fn offset_bytes(&self) -> usize {
        self.description.bytes(self.description.offset)
    }

    /// Bytes from its first element to the end of its last.
    pub(crate) fn extent_bytes(&self) -> usize {
        self.description.bytes(self.description.extent())
    }

    /// The storage type as the kernels of this project know it.
    pub(crate) fn kind(&self) -> Outcome<DType> {
        Ok(match self.dtype() {
            ACL_FLOAT => DType::F32,
            ACL_FLOAT16 => DType::F16,
            ACL_BF16 => DType::BF16,
            ACL_INT8 => DType::I8,
            ACL_INT4 => DType::I4,
            ACL_INT32 => DType::I32,
            ACL_INT64 | ACL_UINT64 => DType::I64,
            ACL_UINT8 => DType::U8,
            ACL_BOOL => DType::Bool,
            other => return Err(self.invalid(format!("data type {other}, which this operator is not simulated for"))),
        })
    }

    /// Where the elements are, counted from the first.
    pub(crate) fn layout(&self) -> Outcome<Layout> {
        let wrong = |error: ascend_hal::Error| self.invalid(error.to_string());
        let dims = |dims: &[usize]| Dims::new(dims).map_err(wrong);
        if !self.is_fractal() {
            return Layout::strided(dims(self.dims())?, dims(self.strides())?, 0).map_err(wrong);
        }
        if !self.is_transposed() {
            return Layout::fractal_nz(dims(self.dims())?).map_err(wrong);
        }
        let mut stored = self.dims().to_vec();
        let rank = stored.len();
        stored.swap(rank - 2, rank - 1);
        Layout::fractal_nz(dims(&stored)?).map_err(wrong)
    }

    /// Whether the last two dimensions are exchanged by their strides.
    pub(crate) fn is_transposed(&self) -> bool {
        match *self.strides() {
            [.., rows, columns] => rows == 1 && columns == self.dim_back(1) && self.dim_back(0) != 1,
            _ => false,
        }
    }

    /// A fractal storage must be that of the logical matrix.
    fn check_fractal(&self) -> Outcome {
        if self.rank() < 2 {
            return Err(self.invalid(format!("FRACTAL_NZ of shape {:?}, which is no matrix", self.dims())));
        }
        let (rows, columns) =
            if self.is_transposed() { (self.dim_back(0), self.dim_back(1)) } else { (self.dim_back(1), self.dim_back(0)) };
        let c0 = 256 / crate::nnopbase::bits(self.dtype()).unwrap_or(8);
        let batch = &self.dims()[..self.rank() - 2];
        let expected: Vec<usize> = batch.iter().copied().chain([columns.div_ceil(c0), rows.div_ceil(16), 16, c0]).collect();
        if self.storage() != expected {
            return Err(self.invalid(format!(
                "FRACTAL_NZ of shape {:?} stored as {:?}; {expected:?} is its form",
                self.dims(),
                self.storage()
            )));
        }
        Ok(())
    }

    /// The same memory as blocks of FRACTAL_NZ, which the caller's tensor is told to be as well.
    pub(super) fn becomes_blocks(slot: usize, name: &'static str, handle: usize, shared: Arc<Mutex<Description>>) -> Outcome<AsBlocks> {
        let rows = Self::new(slot, name, handle, shared.clone())?;
        if rows.is_fractal() || rows.rank() < 2 {
            return Err(rows.invalid(format!("a matrix in ND asked, shape {:?} found", rows.dims())));
        }
        let description =
            Description { format: ACL_FORMAT_FRACTAL_NZ, storage: blocks_of(&rows.description), ..(*rows.description).clone() };
        let blocks = Self { description: Arc::new(description), ..rows.clone() };
        Ok(AsBlocks { rows, blocks })
    }

    /// Tells the caller that the data is in the format that this tensor has.
    pub(crate) fn set_format(&self) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.format = self.description.format;
        shared.storage = self.description.storage.clone();
    }

    /// Tells the caller's tensor that its data is elsewhere.
    pub(crate) fn set_address(&self, address: usize) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).address = address;
    }

    /// Tells the caller what shape the result has, for operators that only know after they have run.
    pub(crate) fn set_view(&self, dims: Vec<usize>) {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.strides = row_major(&dims);
        shared.dims = dims;
    }

    /// The refusal of this argument: `found` is what is wrong with it.
    pub(crate) fn invalid(&self, found: impl std::fmt::Display) -> Fault {
        Fault::refused(ACLNN_ERR_PARAM_INVALID, format!("{}: {found}", self.name))
    }
}
