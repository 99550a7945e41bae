//! Rotary position embedding.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

/// Which elements of a head form a pair, and where the turned pair is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopeStyle {
    /// Pairs `(i, i + R/2)` (NeoX, Llama, Qwen).
    Half,
    /// Pairs `(2i, 2i + 1)`, in place (GPT-J).
    Interleaved,
    /// Pairs `(2i, 2i + 1)` read, stored at `(i, i + R/2)` (DeepSeek in transformers, aclnn's fused MLA operators).
    InterleavedToHalf,
}

impl RopeStyle {
    /// Where pair `i` of a head with `r` turned elements is read from.
    pub fn source(self, i: usize, r: usize) -> (usize, usize) {
        match self {
            Self::Half => (i, i + r / 2),
            Self::Interleaved | Self::InterleavedToHalf => (2 * i, 2 * i + 1),
        }
    }

    /// Where pair `i` of a head with `r` turned elements is stored.
    pub fn target(self, i: usize, r: usize) -> (usize, usize) {
        match self {
            Self::Interleaved => (2 * i, 2 * i + 1),
            Self::Half | Self::InterleavedToHalf => (i, i + r / 2),
        }
    }
}

/// Turns the first `R` elements of each head by its token's position; the rest is copied. `R = 2 * cos.dim(1)`.
///
/// With `c = cos[p, i]`, `s = sin[p, i]` for pair `i` of a token at position `p`: `y1 = x1 * c - x2 * s`, `y2 = x2 * c + x1 * s`.
/// [`Rotary`](crate::Rotary) builds the tables.
///
/// | | |
/// |---|---|
/// | dtypes | `x`, `y`: one of f32, f16, bf16; tables f32; positions i32 or i64 |
/// | inside | f32 |
/// | rounding | once, to `y`'s dtype; elements that do not turn are copied bit for bit |
/// | source | aclnnRopeWithSinCosCache, aclnnRotaryPositionEmbedding, InterleaveRope |
#[derive(Clone, Debug)]
pub struct Rope {
    /// `[T, Hn, D]`, any strides (a part of a fused projection).
    pub x: TensorView,
    /// `[P, R/2]` f32 table by position, with the attention factor in it.
    pub cos: TensorView,
    /// `[P, R/2]` f32.
    pub sin: TensorView,
    /// `[T]` i32 or i64; `[3, T]` with `mrope_sections`. Each in `0..P`.
    pub positions: TensorView,
    /// Pairing.
    pub style: RopeStyle,
    /// Multimodal rope: pair `i` takes the position row of the section that `i` falls in; sums to `R/2`.
    pub mrope_sections: Option<[usize; 3]>,
    /// As `x`; may be the very view of `x`.
    pub y: TensorViewMut,
}

impl Rope {
    /// Turns `x` into `y`.
    pub fn new(x: TensorView, cos: TensorView, sin: TensorView, positions: TensorView, style: RopeStyle, y: TensorViewMut) -> Self {
        Self { x, cos, sin, positions, style, mrope_sections: None, y }
    }

    /// With three rows of positions, and how many pairs follow each.
    pub fn with_mrope_sections(mut self, sections: [usize; 3]) -> Self {
        self.mrope_sections = Some(sections);
        self
    }

    /// Number of pairs, `R/2`.
    pub fn pairs(&self) -> usize {
        self.cos.dim(1)
    }

    /// The position row that pair `i` follows.
    pub fn position_row(&self, i: usize) -> usize {
        match self.mrope_sections {
            Some([t, h, _]) => usize::from(i >= t) + usize::from(i >= t.saturating_add(h)),
            None => 0,
        }
    }

    /// The positions as rows of the tables.
    ///
    /// # Errors
    /// [`Error::Value`] naming the first that is negative or beyond the tables.
    pub fn table_rows(&self, positions: &[i64]) -> Result<Vec<usize>> {
        let rows = self.cos.dim(0);
        let row = |(at, &p): (usize, &i64)| {
            usize::try_from(p).ok().filter(|&p| p < rows).ok_or_else(|| Error::Value {
                op: OpKind::Rope,
                argument: "positions",
                asked: format!("in 0..{rows}, the rows of the tables"),
                found: format!("{p} at element {at}"),
            })
        };
        positions.iter().enumerate().map(row).collect()
    }
}

impl Op for Rope {
    const KIND: OpKind = OpKind::Rope;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] =
        &["half", "interleaved", "interleaved_to_half", "half_mrope", "interleaved_mrope", "interleaved_to_half_mrope"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "No tokens, no heads or heads of no elements give an empty result." },
        Rule { name: "partial", text: "Elements from R on are copied bit for bit." },
        Rule { name: "position_range", text: "A position that is negative or beyond the tables is an error, also in a row that no pair follows." },
        Rule { name: "empty_section", text: "A section of 0 pairs is passed over." },
        Rule { name: "nan", text: "A NaN reaches its own pair only." },
        Rule { name: "strided", text: "x may have any strides, and y any that repeat no element." },
        Rule { name: "in_place", text: "y may be the very view of x." },
    ];
    const IN_PLACE: &'static [(&'static str, &'static str)] = &[("x", "y")];

    fn applies(_: DType, variant: &str, rule: &str) -> bool {
        rule != "empty_section" || variant.ends_with("mrope")
    }

    tensors!(x: in, cos: in, sin: in, positions: in, y: Float);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("x", &self.x, Self::DTYPES)?;
        c.dtype("y", &self.y, &[self.x.dtype()])?;
        c.dtype("cos", &self.cos, &[DType::F32])?;
        c.dtype("sin", &self.sin, &[DType::F32])?;
        c.dtype("positions", &self.positions, &[DType::I32, DType::I64])?;
        let [t, heads, d] = c.rank("x", &self.x, "[T, Hn, D]")?;
        let [p, pairs] = c.rank("cos", &self.cos, "[P, R/2]")?;
        c.that(pairs <= d / 2, "cos", format_args!("[P, R/2] with R at most D={d}"), self.cos.shape())?;
        c.shape("sin", &self.sin, [("P", p), ("R/2", pairs)])?;
        match self.mrope_sections {
            None => c.shape("positions", &self.positions, [("T", t)])?,
            Some(sections) => {
                c.shape("positions", &self.positions, [("sections", 3), ("T", t)])?;
                let sum = sections.iter().try_fold(0usize, |sum, &n| sum.checked_add(n));
                let asked = format_args!("three numbers that sum to R/2={pairs}");
                c.that(sum == Some(pairs), "mrope_sections", asked, format_args!("{sections:?}"))?;
            }
        }
        c.shape("y", &self.y, [("T", t), ("Hn", heads), ("D", d)])
    }

    fn cost(&self) -> Cost {
        // Four products and two sums a pair. Of the tables, only the rows of the tokens are read.
        let (t, pairs) = (self.x.dim(0) as f64, self.pairs() as f64);
        let mut cost = Cost::streaming_but(self, 6.0 * t * self.x.dim(1) as f64 * pairs, &["cos", "sin"]);
        cost.read_bytes += 2.0 * (self.cos.size_bytes() as f64).min(4.0 * t * pairs);
        cost
    }

    fn dtype(&self) -> DType {
        self.x.dtype()
    }

    fn variant(&self) -> &'static str {
        match (self.style, self.mrope_sections.is_some()) {
            (RopeStyle::Half, false) => "half",
            (RopeStyle::Interleaved, false) => "interleaved",
            (RopeStyle::InterleavedToHalf, false) => "interleaved_to_half",
            (RopeStyle::Half, true) => "half_mrope",
            (RopeStyle::Interleaved, true) => "interleaved_mrope",
            (RopeStyle::InterleavedToHalf, true) => "interleaved_to_half_mrope",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dims, host};

    fn zeros(dtype: DType, shape: impl Into<Dims>) -> TensorViewMut {
        host::zeros(dtype, shape).unwrap()
    }

    fn rope() -> Rope {
        let table = zeros(DType::F32, [10, 3]).view();
        let positions = zeros(DType::I32, [4]).view();
        Rope::new(zeros(DType::F16, [4, 2, 8]).view(), table.clone(), table, positions, RopeStyle::Half, zeros(DType::F16, [4, 2, 8]))
    }

    fn argument(result: Result<()>) -> &'static str {
        match result.unwrap_err() {
            Error::Argument { argument, .. } | Error::DType { argument, .. } | Error::Shape { argument, .. } => argument,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn rope_refuses_each_misfit_by_name() {
        assert!(rope().check().is_ok());
        assert_eq!(argument(Rope { x: zeros(DType::F16, [8, 8]).view(), ..rope() }.check()), "x");
        assert_eq!(argument(Rope { x: zeros(DType::I32, [4, 2, 8]).view(), ..rope() }.check()), "x");
        assert_eq!(argument(Rope { y: zeros(DType::F32, [4, 2, 8]), ..rope() }.check()), "y");
        assert_eq!(argument(Rope { y: zeros(DType::F16, [4, 2, 6]), ..rope() }.check()), "y");
        assert_eq!(argument(Rope { cos: zeros(DType::F16, [10, 3]).view(), ..rope() }.check()), "cos");
        assert_eq!(argument(Rope { cos: zeros(DType::F32, [10, 5]).view(), ..rope() }.check()), "cos");
        assert_eq!(argument(Rope { sin: zeros(DType::F32, [9, 3]).view(), ..rope() }.check()), "sin");
        assert_eq!(argument(Rope { positions: zeros(DType::I32, [5]).view(), ..rope() }.check()), "positions");
        assert_eq!(argument(Rope { positions: zeros(DType::U8, [4]).view(), ..rope() }.check()), "positions");
    }

    #[test]
    fn rope_mrope_needs_three_rows_and_sections_that_sum() {
        let mrope = |sections, rows| Rope { positions: zeros(DType::I64, [rows, 4]).view(), ..rope() }.with_mrope_sections(sections);
        assert!(mrope([1, 1, 1], 3).check().is_ok());
        assert!(mrope([0, 3, 0], 3).check().is_ok());
        assert_eq!(argument(mrope([1, 1, 1], 2).check()), "positions");
        assert_eq!(argument(mrope([1, 1, 2], 3).check()), "mrope_sections");
        assert_eq!(argument(mrope([usize::MAX, 2, 2], 3).check()), "mrope_sections");
        let rows: Vec<usize> = (0..3).map(|i| mrope([1, 0, 2], 3).position_row(i)).collect();
        assert_eq!(rows, [0, 2, 2]);
    }

    #[test]
    fn rope_positions_outside_of_the_tables_are_named() {
        assert_eq!(rope().table_rows(&[0, 9]).unwrap(), [0, 9]);
        for bad in [-1, 10, i64::MIN, i64::MAX] {
            match rope().table_rows(&[3, bad]) {
                Err(Error::Value { argument: "positions", found, .. }) => assert_eq!(found, format!("{bad} at element 1")),
                other => panic!("{other:?}"),
            }
        }
    }
}
