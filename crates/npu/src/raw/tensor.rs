//! Arguments of aclnn operators: tensors, lists, arrays and scalars as CANN wants them.

use std::ffi::c_void;
use std::sync::Arc;

use ascend_hal::{DType, Format, MAX_RANK, Result, TensorView, fractal_cols};
use ascend_sys::ffi::{
    ACL_BF16, ACL_BOOL, ACL_FLOAT, ACL_FLOAT16, ACL_FORMAT_FRACTAL_NZ, ACL_FORMAT_ND, ACL_INT4, ACL_INT8, ACL_INT32, ACL_INT64, ACL_UINT8,
    aclDataType, aclIntArray, aclOpExecutor, aclScalar, aclTensor, aclTensorList,
};

use super::card::Card;
use crate::error::{CannResult, from_cann};
use crate::memory;

/// The number of a storage type.
pub(crate) fn number(dtype: DType) -> aclDataType {
    match dtype {
        DType::F32 => ACL_FLOAT,
        DType::F16 => ACL_FLOAT16,
        DType::BF16 => ACL_BF16,
        DType::I8 => ACL_INT8,
        DType::I4 => ACL_INT4,
        DType::I32 => ACL_INT32,
        DType::I64 => ACL_INT64,
        DType::U8 => ACL_UINT8,
        // A type that is added to `DType` is added here.
        _ => ACL_BOOL,
    }
}

/// What an operator is planned with, destroyed when it is not needed any more.
pub(super) struct Made {
    card: Arc<Card>,
    tensors: Vec<*mut aclTensor>,
    lists: Vec<*mut aclTensorList>,
    ints: Vec<*mut aclIntArray>,
    scalars: Vec<*mut aclScalar>,
    /// Where the tensors are, in the order of the arguments.
    slots: Vec<Slot>,
    /// Tensors and lists among the arguments so far, those that are null too: what CANN counts places by.
    places: usize,
    /// Whether an integer array is among the inputs of the operator's prototype.
    array_inputs: bool,
}

// SAFETY: handles are names; CANN allows every thread to use them.
unsafe impl Send for Made {}

/// A tensor of a call.
struct Slot {
    place: usize,
    of: Of,
    /// What CANN was told last.
    address: usize,
}

enum Of {
    Tensor(*mut aclTensor),
    Member(*mut aclTensorList, usize),
}

impl Made {
    pub(super) fn new(card: Arc<Card>) -> Self {
        Self {
            card,
            tensors: Vec::new(),
            lists: Vec::new(),
            ints: Vec::new(),
            scalars: Vec::new(),
            slots: Vec::new(),
            places: 0,
            array_inputs: false,
        }
    }

    /// The next argument is an integer array that the operator's prototype has among its inputs.
    pub(super) fn has_array_inputs(&mut self) {
        self.array_inputs = true;
    }

    /// Whether a repeatable executor can be told where the tensors are. One that follows a prototype counts integer arrays among the inputs as places too; the document
    /// of aclSetTensorAddr counts tensors alone.
    pub(super) fn has_known_places(&self) -> bool {
        !self.array_inputs
    }

    /// A tensor or list that is null.
    pub(super) fn absent(&mut self) {
        self.places += 1;
    }

    /// Tells a repeatable executor where the tensors are now.
    pub(super) fn turn_to(&mut self, executor: *mut aclOpExecutor, addresses: &[usize]) -> CannResult<()> {
        let base = &self.card.cann().nnopbase;
        for (slot, &address) in self.slots.iter_mut().zip(addresses) {
            if slot.address == address {
                continue;
            }
            let (place, to) = (slot.place, address as *mut c_void);
            // SAFETY: the executor was planned with these handles, which are alive. The memory is held by the stream.
            unsafe {
                match slot.of {
                    Of::Tensor(tensor) => base.aclSetTensorAddr(executor, place, tensor, to)?,
                    Of::Member(list, member) => base.aclSetDynamicTensorAddr(executor, place, member, list, to)?,
                }
            }
            slot.address = address;
        }
        Ok(())
    }

    /// A tensor's handle, and its address.
    fn create(&self, view: &TensorView, dtype: aclDataType) -> Result<(*mut aclTensor, usize)> {
        let address = memory::of(self.card.id(), "an argument", view.buffer())?.address();
        let (layout, bits) = (view.layout(), view.dtype().bits());
        let sizes = |dims: &[usize]| {
            let mut out = [0i64; MAX_RANK];
            out.iter_mut().zip(dims).for_each(|(out, &d)| *out = d as i64);
            out
        };
        let (rank, shape, strides) = (view.rank() as u64, sizes(layout.shape()), sizes(layout.strides()));
        let mut storage = [0i64; MAX_RANK + 2];
        let (format, storage_rank) = if layout.format() == Format::FractalNz {
            let (batch, c0) = (view.rank() - 2, fractal_cols(view.dtype()));
            storage[..batch].copy_from_slice(&shape[..batch]);
            let (r, c) = (view.dim(batch), view.dim(batch + 1));
            storage[batch..batch + 4].copy_from_slice(&[c.div_ceil(c0) as i64, r.div_ceil(16) as i64, 16, c0 as i64]);
            (ACL_FORMAT_FRACTAL_NZ, batch + 4)
        } else {
            // The allocation as one row; shape, strides and offset say what of it is meant.
            storage[0] = (view.buffer().size_bytes() * 8 / bits) as i64;
            (ACL_FORMAT_ND, 1)
        };
        // SAFETY: the arrays have as many entries as their numbers say; CANN copies them. The address is that of device memory which the stream holds.
        let tensor = unsafe {
            self.card.cann().nnopbase.aclCreateTensor(
                shape.as_ptr(),
                rank,
                dtype,
                strides.as_ptr(),
                layout.offset() as i64,
                format,
                storage.as_ptr(),
                storage_rank as u64,
                address as *mut c_void,
            )
        };
        Ok((present("aclCreateTensor", tensor.map_err(from_cann)?)?, address))
    }

    pub(super) fn tensor(&mut self, view: &TensorView, dtype: aclDataType) -> Result<*mut aclTensor> {
        let (tensor, address) = self.create(view, dtype)?;
        self.tensors.push(tensor);
        self.slots.push(Slot { place: self.places, of: Of::Tensor(tensor), address });
        self.places += 1;
        Ok(tensor)
    }

    pub(super) fn list(&mut self, views: &[&TensorView]) -> Result<*mut aclTensorList> {
        let mut members: Vec<*const aclTensor> = Vec::with_capacity(views.len());
        let mut addresses = Vec::with_capacity(views.len());
        for view in views {
            match self.create(view, number(view.dtype())) {
                Ok((tensor, address)) => {
                    members.push(tensor);
                    addresses.push(address);
                }
                Err(error) => {
                    self.tensors.extend(members.iter().map(|tensor| tensor.cast_mut()));
                    return Err(error);
                }
            }
        }
        // SAFETY: the members are alive; the list owns them from here on.
        let list = unsafe { self.card.cann().nnopbase.aclCreateTensorList(members.as_ptr(), members.len() as u64) };
        let list = list.map_err(from_cann).and_then(|list| present("aclCreateTensorList", list));
        // Where there is no list, they are still this one's own.
        let list = list.inspect_err(|_| self.tensors.extend(members.iter().map(|tensor| tensor.cast_mut())))?;
        self.lists.push(list);
        let member = |(at, address)| Slot { place: self.places, of: Of::Member(list, at), address };
        self.slots.extend(addresses.into_iter().enumerate().map(member));
        self.places += 1;
        Ok(list)
    }

    pub(super) fn ints(&mut self, values: &[i64]) -> Result<*mut aclIntArray> {
        // SAFETY: CANN copies the values.
        let array = unsafe { self.card.cann().nnopbase.aclCreateIntArray(values.as_ptr(), values.len() as u64) };
        let array = present("aclCreateIntArray", array.map_err(from_cann)?)?;
        self.ints.push(array);
        Ok(array)
    }

    /// A scalar of type `dtype`, which has the bytes of `value`.
    pub(super) fn scalar(&mut self, scalar: Scalar) -> Result<*mut aclScalar> {
        let (mut float, mut int) = (0f32, 0i64);
        let (place, dtype): (*mut c_void, _) = match scalar {
            Scalar::F32(x) => {
                float = x;
                ((&raw mut float).cast(), ACL_FLOAT)
            }
            Scalar::I64(x) => {
                int = x;
                ((&raw mut int).cast(), ACL_INT64)
            }
        };
        // SAFETY: `place` holds a value of that type, which CANN copies.
        let made = unsafe { self.card.cann().nnopbase.aclCreateScalar(place, dtype) };
        // Both are read through `place` only.
        let _ = (float, int);
        let made = present("aclCreateScalar", made.map_err(from_cann)?)?;
        self.scalars.push(made);
        Ok(made)
    }
}

/// A number as an argument.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scalar {
    F32(f32),
    I64(i64),
}

fn present<T>(call: &'static str, made: *mut T) -> Result<*mut T> {
    if made.is_null() {
        let message = "CANN refuses to make it; see its log (~/ascend/log)".into();
        return Err(ascend_hal::Error::Backend { call, code: 0, name: "null".into(), message });
    }
    Ok(made)
}

impl Drop for Made {
    fn drop(&mut self) {
        let base = &self.card.cann().nnopbase;
        // SAFETY: each was made by this value, and is destroyed once; operators have taken what they need of them. A list's members go with it.
        unsafe {
            self.lists.iter().for_each(|&list| drop(base.aclDestroyTensorList(list)));
            self.tensors.iter().for_each(|&tensor| drop(base.aclDestroyTensor(tensor)));
            self.ints.iter().for_each(|&array| drop(base.aclDestroyIntArray(array)));
            self.scalars.iter().for_each(|&scalar| drop(base.aclDestroyScalar(scalar)));
        }
    }
}
