//! Operands of a product, in the call's own memory.

use ascend_hal::host::{HostAccess, Read};
use ascend_hal::ops::Weight;
use ascend_hal::{DType, Error, Format, OpKind, Result, TensorView, bf16, f16};

use super::fill::{Nibbles, Source};
use super::packed::Packing;

/// Elements of an argument in its storage type, for as long as the call's locks are held.
pub(crate) enum Held<'v> {
    F32(Read<'v, f32>),
    F16(Read<'v, f16>),
    BF16(Read<'v, bf16>),
    I8(Read<'v, i8>),
    I4(Read<'v, u8>),
}

impl<'v> Held<'v> {
    /// Reads an argument of the call that `access` has locked.
    pub(crate) fn read(op: OpKind, access: &'v HostAccess<'_>, view: &'v TensorView) -> Result<Self> {
        Ok(match view.dtype() {
            DType::F32 => Self::F32(access.read(view)?),
            DType::F16 => Self::F16(access.read(view)?),
            DType::BF16 => Self::BF16(access.read(view)?),
            DType::I8 => Self::I8(access.read(view)?),
            DType::I4 => Self::I4(access.read(view)?),
            found => return Err(Error::DType { op, argument: "(kernel access)", asked: "a matrix operand".into(), found }),
        })
    }

    pub(crate) fn elements(&self) -> Elements<'_> {
        match self {
            Self::F32(x) => Elements::F32(x),
            Self::F16(x) => Elements::F16(x),
            Self::BF16(x) => Elements::BF16(x),
            Self::I8(x) => Elements::I8(x),
            Self::I4(x) => Elements::I4(x),
        }
    }
}

/// Row-major elements in their storage type.
#[derive(Clone, Copy)]
pub(crate) enum Elements<'a> {
    F32(&'a [f32]),
    F16(&'a [f16]),
    BF16(&'a [bf16]),
    I8(&'a [i8]),
    I4(&'a [u8]),
}

impl Elements<'_> {
    /// Elements `start..` as f32.
    pub(crate) fn load(self, start: usize, out: &mut [f32]) {
        match self {
            Self::F32(x) => x.load(start, out),
            Self::F16(x) => x.load(start, out),
            Self::BF16(x) => x.load(start, out),
            Self::I8(x) => x.load(start, out),
            Self::I4(x) => Nibbles(x).load(start, out),
        }
    }

    /// Number of elements.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::F32(x) => x.len(),
            Self::F16(x) => x.len(),
            Self::BF16(x) => x.len(),
            Self::I8(x) => x.len(),
            Self::I4(x) => 2 * x.len(),
        }
    }
}

/// How a weight's data lies in memory, decided before the call's arguments are locked.
///
/// A contiguous `[.., N, K]` storage behind a transposed view is read in place, and so is a packed weight; any other view as [`HostAccess`] gives it, row-major.
pub(crate) struct Stored {
    /// The view to lock and read instead of the weight's own.
    pub(crate) view: TensorView,
    transposed: bool,
}

impl Stored {
    pub(crate) fn of(data: &TensorView) -> Self {
        // A packed weight has no other orientation; to ask for it would cost a refusal in words.
        let turned = if data.layout().format() == Format::Nd && !data.is_contiguous() { data.t().ok() } else { None };
        match turned.filter(TensorView::is_contiguous) {
            Some(view) => Self { view, transposed: true },
            None => Self { view: data.clone(), transposed: false },
        }
    }
}

/// The matrices of a [`Weight`], `[E, K, N]` or one, in host memory.
pub(crate) struct Weights<'v> {
    pub(super) data: Matrices<'v>,
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) quant: Option<Quant<'v>>,
}

/// Where the elements are.
pub(super) enum Matrices<'v> {
    /// Row-major; `[N, K]` if `transposed`.
    Stored {
        held: Held<'v>,
        transposed: bool,
    },
    Packed {
        bytes: &'v [u8],
        packing: Packing,
    },
}

/// What integer elements stand for.
pub(super) struct Quant<'v> {
    /// Rows of `K` in a group; never 0.
    pub(super) group: usize,
    pub(super) groups: usize,
    /// Scales and zeros, `[E, G, N]`; packed weights have them among their elements.
    pub(super) values: Option<(Vec<f32>, Option<Read<'v, i8>>)>,
}

impl<'v> Weights<'v> {
    /// Reads the argument called `name`, of which `stored.view`, the scale and the zero are among the locked arguments.
    pub(crate) fn read(op: OpKind, access: &'v HostAccess<'_>, name: &'static str, weight: &'v Weight, stored: &'v Stored) -> Result<Self> {
        let rank = weight.data.rank();
        let (k, n) = (weight.data.dim(rank.wrapping_sub(2)), weight.data.dim(rank.wrapping_sub(1)));
        let packed = weight.data.layout().format() == Format::Packed;
        let quant = match &weight.quant {
            None => None,
            Some(q) => {
                let zero = || q.zero.as_ref().map(|zero| access.read::<i8>(zero)).transpose();
                let values = if packed { None } else { Some((access.read_f32(&q.scale)?, zero()?)) };
                Some(Quant { group: if q.group == 0 { k.max(1) } else { q.group }, groups: q.groups(k), values })
            }
        };
        let data = if packed {
            let packing = Packing::of(weight)?;
            let bytes = access.packed(&weight.data)?;
            packing.recognise(op, name, bytes)?;
            Matrices::Packed { bytes, packing }
        } else {
            Matrices::Stored { held: Held::read(op, access, &stored.view)?, transposed: stored.transposed }
        };
        Ok(Self { data, k, n, quant })
    }

    /// `K`.
    pub(crate) fn depth(&self) -> usize {
        self.k
    }

    /// Panels of each matrix.
    pub(super) fn panels(&self) -> usize {
        self.n.div_ceil(super::COLS)
    }

    /// Whether the elements are floats, and of which type.
    pub(super) fn dtype(&self) -> DType {
        match &self.data {
            Matrices::Packed { packing, .. } => packing.dtype,
            Matrices::Stored { held: Held::F32(_), .. } => DType::F32,
            Matrices::Stored { held: Held::F16(_), .. } => DType::F16,
            Matrices::Stored { held: Held::BF16(_), .. } => DType::BF16,
            Matrices::Stored { held: Held::I8(_), .. } => DType::I8,
            Matrices::Stored { held: Held::I4(_), .. } => DType::I4,
        }
    }
}

/// A bias, one row of `N` for each matrix (or one for all).
pub(crate) enum Bias {
    None,
    Float { values: Vec<f32>, per_matrix: bool },
    Int { values: Vec<i32>, per_matrix: bool },
}

impl Bias {
    /// Reads `[N]` or `[E, N]`.
    pub(crate) fn read(access: &HostAccess<'_>, bias: Option<&TensorView>) -> Result<Self> {
        let Some(view) = bias else { return Ok(Self::None) };
        let per_matrix = view.rank() > 1;
        Ok(match view.dtype() {
            DType::I32 => Self::Int { values: access.read::<i32>(view)?.to_vec(), per_matrix },
            _ => Self::Float { values: access.read_f32(view)?, per_matrix },
        })
    }

    /// The part of `values` that belongs to matrix `e`.
    pub(super) fn row<T>(values: &[T], per_matrix: bool, e: usize, n: usize) -> &[T] {
        &values[if per_matrix { e * n } else { 0 }..][..n]
    }
}
