//! What tensors and scalars say about themselves.

use ascend_sys::ffi::*;
use half::{bf16, f16};

/// Bits of an element, `None` for types that are not simulated.
pub(crate) fn bits(dtype: aclDataType) -> Option<usize> {
    Some(match dtype {
        ACL_INT4 => 4,
        ACL_INT8 | ACL_UINT8 | ACL_BOOL => 8,
        ACL_FLOAT16 | ACL_BF16 | ACL_INT16 | ACL_UINT16 => 16,
        ACL_FLOAT | ACL_INT32 | ACL_UINT32 => 32,
        ACL_DOUBLE | ACL_INT64 | ACL_UINT64 => 64,
        _ => return None,
    })
}

/// Strides of elements that lie row-major without gaps.
pub(crate) fn row_major(dims: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; dims.len()];
    for i in (1..dims.len()).rev() {
        strides[i - 1] = strides[i] * dims[i].max(1);
    }
    strides
}

/// A tensor: where its elements are, and what they are.
#[derive(Debug, Clone)]
pub(crate) struct Description {
    pub(crate) dims: Vec<usize>,
    /// In elements.
    pub(crate) strides: Vec<usize>,
    /// In elements, from the address.
    pub(crate) offset: usize,
    pub(crate) dtype: aclDataType,
    pub(crate) format: aclFormat,
    pub(crate) storage: Vec<usize>,
    pub(crate) address: usize,
}

impl Description {
    pub(crate) fn numel(&self) -> usize {
        self.dims.iter().product()
    }

    /// Elements from the first to one past the last that the tensor can touch. A fractal format touches its whole storage.
    pub(crate) fn extent(&self) -> usize {
        if self.numel() == 0 {
            return 0;
        }
        if self.fractal() {
            return self.storage.iter().product();
        }
        self.dims.iter().zip(&self.strides).map(|(dim, stride)| (dim - 1) * stride).sum::<usize>() + 1
    }

    /// Formats other than the fractal ones name dimensions and leave the data as it is.
    pub(crate) fn fractal(&self) -> bool {
        self.format == ACL_FORMAT_FRACTAL_NZ
    }

    /// Bytes of `elements` elements.
    pub(crate) fn bytes(&self, elements: usize) -> usize {
        (elements * bits(self.dtype).unwrap_or(8)).div_ceil(8)
    }
}

/// A scalar: a type and the bytes of one element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scalar {
    pub(crate) dtype: aclDataType,
    pub(crate) bytes: [u8; 8],
}

impl Scalar {
    pub(crate) fn whole(value: i64) -> Self {
        Self { dtype: ACL_INT64, bytes: value.to_le_bytes() }
    }

    pub(crate) fn one() -> Self {
        Self::whole(1)
    }

    /// The same whole number in another type of whole numbers: its lowest bits, as many as that has.
    pub(crate) fn in_type(&self, dtype: aclDataType) -> Self {
        Self { dtype, bytes: self.int().to_le_bytes() }
    }

    pub(crate) fn float(&self) -> f64 {
        let [a, b, c, d, ..] = self.bytes;
        match self.dtype {
            ACL_FLOAT => f64::from(f32::from_le_bytes([a, b, c, d])),
            ACL_FLOAT16 => f64::from(f16::from_le_bytes([a, b])),
            ACL_BF16 => f64::from(bf16::from_le_bytes([a, b])),
            ACL_DOUBLE => f64::from_le_bytes(self.bytes),
            _ => self.int() as f64,
        }
    }

    pub(crate) fn int(&self) -> i64 {
        let [a, b, c, d, ..] = self.bytes;
        match self.dtype {
            ACL_INT8 => i64::from(i8::from_le_bytes([a])),
            ACL_UINT8 | ACL_BOOL => i64::from(a),
            ACL_INT16 => i64::from(i16::from_le_bytes([a, b])),
            ACL_UINT16 => i64::from(u16::from_le_bytes([a, b])),
            ACL_INT32 => i64::from(i32::from_le_bytes([a, b, c, d])),
            ACL_UINT32 => i64::from(u32::from_le_bytes([a, b, c, d])),
            ACL_INT64 | ACL_UINT64 => i64::from_le_bytes(self.bytes),
            _ => self.float() as i64,
        }
    }
}
