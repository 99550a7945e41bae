//! Change of storage type.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

/// `y = x` in another storage type, from every type to every type.
///
/// | from | to | |
/// |---|---|---|
/// | float, integer | float | to nearest, ties to even, in one rounding from the exact value; beyond the range: infinite |
/// | float | integer | towards zero; beyond the range: the nearest bound; NaN: 0 |
/// | integer | integer | the low bits (two's complement) |
/// | any | bool | whether it is not 0; NaN is true |
/// | bool | any | 0 or 1; any byte but 0 counts as true |
///
/// Float to int8 on the NPU differs by operator version outside of the type's range; quantisation is [`Quantize`](super::Quantize), which rounds to nearest.
///
/// | | |
/// |---|---|
/// | dtypes | `x`, `y`: any |
/// | rounding | once, to `y`'s dtype |
/// | source | aclnnCast In range it is PyTorch's `Tensor.to`; saturation and NaN as Rust's `as` |
#[derive(Clone, Debug)]
pub struct Cast {
    /// Any shape.
    pub x: TensorView,
    /// As `x`.
    pub y: TensorViewMut,
}

impl Cast {
    /// `x` in the storage type of `y`.
    pub fn new(x: TensorView, y: TensorViewMut) -> Self {
        Self { x, y }
    }
}

/// Bits of an integer that a type holds exactly: of the significand for floats, without the sign for signed integers.
const fn exact_bits(dtype: DType) -> u32 {
    match dtype {
        DType::Bool => 1,
        DType::I4 => 3,
        DType::I8 => 7,
        DType::U8 | DType::BF16 => 8,
        DType::F16 => 11,
        DType::F32 => 24,
        DType::I32 => 31,
        DType::I64 => 63,
    }
}

impl Op for Cast {
    const KIND: OpKind = OpKind::Cast;
    const DTYPES: &'static [DType] = &DType::ALL;
    const VARIANTS: &'static [&'static str] =
        &["to_f32", "to_f16", "to_bf16", "to_i8", "to_i4", "to_i32", "to_i64", "to_u8", "to_bool"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "A dimension of 0 gives an empty result." },
        Rule { name: "ties", text: "A value half-way between two floats goes to the one with the even significand." },
        Rule { name: "overflow", text: "A value beyond the float type's range becomes infinite." },
        Rule { name: "special", text: "Between floats NaN stays NaN, infinities and the sign of zero stay, and subnormals are not flushed." },
        Rule { name: "truncate", text: "Float to integer drops the fraction: -1.7 gives -1." },
        Rule { name: "saturate", text: "Float to integer beyond the range, infinite included, gives the type's nearest bound." },
        Rule { name: "nan_to_integer", text: "NaN gives the integer 0." },
        Rule { name: "wrap", text: "Integer to integer keeps the low bits: 200 as i8 is -56." },
        Rule { name: "truth", text: "Anything but 0 is true; NaN is, -0 is not." },
    ];

    fn applies(dtype: DType, variant: &str, rule: &str) -> bool {
        let Some(to) = variant.strip_prefix("to_").and_then(DType::parse) else {
            return false;
        };
        let float_to_integer = dtype.is_float() && !to.is_float() && to != DType::Bool;
        match rule {
            "ties" => to.is_float() && exact_bits(dtype) > exact_bits(to),
            "overflow" => match to {
                DType::F16 => matches!(dtype, DType::F32 | DType::BF16 | DType::I32 | DType::I64),
                DType::BF16 => dtype == DType::F32,
                _ => false,
            },
            "special" => dtype.is_float() && to.is_float(),
            "truncate" | "nan_to_integer" => float_to_integer,
            // The largest f16 lies within i32 and i64, but infinity lies in none.
            "saturate" => float_to_integer,
            "wrap" => {
                let negative_to_unsigned = to == DType::U8 && matches!(dtype, DType::I8 | DType::I4);
                !dtype.is_float() && !to.is_float() && to != DType::Bool && (exact_bits(dtype) > exact_bits(to) || negative_to_unsigned)
            }
            "truth" => to == DType::Bool,
            _ => true,
        }
    }

    tensors!(x: in, y: Exact);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("y", &self.y, Self::DTYPES)?;
        if self.y.shape() != self.x.shape() {
            let asked = format!("{}, as x", self.x.shape());
            return Err(Error::Shape { op: c.0, argument: "y", asked, found: self.y.shape().to_string() });
        }
        Ok(())
    }

    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        match self.y.dtype() {
            DType::F32 => "to_f32",
            DType::F16 => "to_f16",
            DType::BF16 => "to_bf16",
            DType::I8 => "to_i8",
            DType::I4 => "to_i4",
            DType::I32 => "to_i32",
            DType::I64 => "to_i64",
            DType::U8 => "to_u8",
            DType::Bool => "to_bool",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;

    #[test]
    fn every_pair_is_a_variant() {
        for from in DType::ALL {
            for to in DType::ALL {
                let op = Cast::new(host::zeros(from, [2, 4]).unwrap().view(), host::zeros(to, [2, 4]).unwrap());
                op.check().unwrap();
                assert!(Cast::VARIANTS.contains(&op.variant()));
                assert_eq!(op.variant(), format!("to_{to}"));
            }
        }
    }

    #[test]
    fn another_shape_is_refused() {
        let op = Cast::new(host::zeros(DType::F32, [2, 4]).unwrap().view(), host::zeros(DType::F16, [8]).unwrap());
        assert!(matches!(op.check(), Err(Error::Shape { argument: "y", .. })));
    }

    #[test]
    fn rules_apply_where_they_can_occur() {
        use DType::*;
        assert!(Cast::applies(F32, "to_bf16", "ties") && Cast::applies(I32, "to_f32", "ties"));
        assert!(!Cast::applies(I8, "to_bf16", "ties") && !Cast::applies(F32, "to_f32", "ties"));
        assert!(Cast::applies(U8, "to_i8", "wrap") && !Cast::applies(U8, "to_i32", "wrap"));
    }
}
