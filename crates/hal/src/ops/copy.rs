//! Copy between layouts.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Error, Format, Result, TensorView, TensorViewMut};

/// `y = x`, element by element, between any strides and formats.
///
/// The way to make a view contiguous, to transpose, to fill by broadcasting, and to bring weights into FRACTAL_NZ and back.
///
/// | | |
/// |---|---|
/// | dtypes | `x`, `y`: any, the same |
/// | rounding | none: every bit is kept |
/// | source | aclnnInplaceCopy; aclnnNpuFormatCast for FRACTAL_NZ, which refuses empty tensors |
#[derive(Clone, Debug)]
pub struct Copy {
    /// Any shape.
    pub x: TensorView,
    /// As `x`.
    pub y: TensorViewMut,
}

impl Copy {
    /// The elements of `x` in the layout of `y`.
    pub fn new(x: TensorView, y: TensorViewMut) -> Self {
        Self { x, y }
    }
}

impl Op for Copy {
    const KIND: OpKind = OpKind::Copy;
    const DTYPES: &'static [DType] = &DType::ALL;
    const VARIANTS: &'static [&'static str] = &["nd", "nd_to_nz", "nz_to_nd", "nz"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "A dimension of 0 copies nothing." },
        Rule { name: "broadcast", text: "An x with stride 0 repeats its element." },
        Rule { name: "bits", text: "Every bit is kept: NaN payloads, the sign of zero, subnormals." },
        Rule { name: "nibbles", text: "An i4 row of odd length leaves the other half of its last byte as it was; the packed dimension may differ between x and y." },
        Rule { name: "gaps", text: "Memory between the strides of y keeps its contents." },
        Rule { name: "padding", text: "The padding of a FRACTAL_NZ y becomes zero; that of a FRACTAL_NZ x is not looked at." },
    ];

    fn applies(dtype: DType, variant: &str, rule: &str) -> bool {
        let (x_nd, y_nd) = (matches!(variant, "nd" | "nd_to_nz"), matches!(variant, "nd" | "nz_to_nd"));
        match rule {
            "broadcast" => x_nd,
            "bits" => dtype.is_float(),
            "nibbles" => dtype == DType::I4 && y_nd,
            "gaps" => y_nd,
            "padding" => variant != "nd",
            _ => true,
        }
    }

    tensors!(x: in, y: Exact);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("y", &self.y, &[self.x.dtype()])?;
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
        match (self.x.layout().format(), self.y.layout().format()) {
            (Format::Nd, Format::Nd) => "nd",
            (Format::Nd, Format::FractalNz) => "nd_to_nz",
            (Format::FractalNz, Format::Nd) => "nz_to_nd",
            // Packed tensors are refused before anyone asks.
            (Format::FractalNz | Format::Packed, _) | (_, Format::Packed) => "nz",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Layout, host};

    #[test]
    fn shapes_and_types_must_agree() {
        let x = host::zeros(DType::I8, [2, 4]).unwrap().view();
        assert!(Copy::new(x.clone(), host::zeros(DType::I8, [2, 4]).unwrap()).check().is_ok());
        let e = Copy::new(x.clone(), host::zeros(DType::I8, [4, 2]).unwrap()).check();
        assert!(matches!(e, Err(Error::Shape { argument: "y", .. })), "{e:?}");
        let e = Copy::new(x, host::zeros(DType::U8, [2, 4]).unwrap()).check();
        assert!(matches!(e, Err(Error::DType { argument: "y", .. })), "{e:?}");
    }

    #[test]
    fn formats_are_variants() {
        let flat = host::zeros(DType::F16, [1024]).unwrap().view();
        let view = |layout: Layout| TensorView::new(flat.buffer().clone(), DType::F16, layout).unwrap();
        let (nd, nz) = (view(Layout::contiguous([17, 20]).unwrap()), view(Layout::fractal_nz([17, 20]).unwrap()));
        let names: Vec<_> =
            [(&nd, &nd), (&nd, &nz), (&nz, &nd), (&nz, &nz)].map(|(x, y)| Copy::new(x.clone(), y.to_mut()).variant()).into();
        assert_eq!(names, Copy::VARIANTS);
    }

    #[test]
    fn a_transpose_onto_itself_is_an_overlap() {
        let x = host::zeros(DType::F32, [4, 4]).unwrap().view();
        let call = crate::OpCall::from(Copy::new(x.t().unwrap(), x.to_mut()));
        assert!(matches!(call.check(), Err(Error::Overlap { .. })));
    }
}
