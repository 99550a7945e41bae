//! Oracle of [`Matmul`], and the product that grouped and fused ops share.

use std::borrow::Cow;

use ascend_hal::ops::{Matmul, Weight};
use ascend_hal::{DType, Result, TensorView, host};

use crate::{Output, Precision, Rounding};

/// `y = x @ weight`, with scales and bias.
pub(super) fn matmul(op: &Matmul, r: Rounding) -> Result<Vec<Output>> {
    if op.y.numel() == 0 {
        return Ok(vec![Output::float("y", &op.y, vec![])]);
    }
    let product = Product::new(&op.x, &op.weight, op.x_scale.as_ref(), op.bias.as_ref())?;
    let rank = op.x.rank();
    let rows_of_matrix = op.x.dim(rank - 2);
    let rows = (0..op.y.numel() / op.y.shape().last_or_one()).map(|row| (row / rows_of_matrix, row));
    Ok(vec![if op.y.dtype() == DType::I32 {
        Output::int("y", &op.y, rows.flat_map(|(b, row)| product.sums(b, row)).map(|sum| sum as i64).collect())
    } else {
        Output::float("y", &op.y, rows.flat_map(|(b, row)| product.row(b, row, r)).map(|y| stored(op.y.dtype(), y, r)).collect())
    }])
}

/// `y` as its storage type holds it. A value beyond the range of that type is infinite in every precision.
fn stored(dtype: DType, y: f64, r: Rounding) -> f64 {
    let rounded = dtype.round(y);
    if rounded.is_infinite() { rounded } else { r.to(dtype, y) }
}

/// `x @ weight[e]` with scales and bias, row by row.
pub(super) struct Product {
    /// `[.., K]`.
    x: Vec<f64>,
    /// `[.., K, N]`, codes when quantised.
    w: Vec<f64>,
    k: usize,
    n: usize,
    quant: Option<Quant>,
    /// Activations are i8: sums are integers, and scales come after them.
    integer: bool,
    x_scale: Option<Vec<f64>>,
    bias: Option<Bias>,
}

struct Quant {
    /// `[.., G, N]`.
    scale: Vec<f64>,
    zero: Option<Vec<f64>>,
    offset: Option<Vec<f64>>,
    group: usize,
    groups: usize,
}

struct Bias {
    /// `[N]` or `[E, N]`.
    values: Vec<f64>,
    per_matrix: bool,
    integer: bool,
}

impl Product {
    pub(super) fn new(x: &TensorView, weight: &Weight, x_scale: Option<&TensorView>, bias: Option<&TensorView>) -> Result<Self> {
        let codes = x.dtype() == DType::I8;
        Self::of_rows(host::to_f64(x)?, codes, x_scale.map(host::to_f64).transpose()?, weight, bias)
    }

    /// Of rows that are computed; `codes` says that they are i8 codes and `x_scale` their scales.
    pub(super) fn of_rows(x: Vec<f64>, codes: bool, x_scale: Option<Vec<f64>>, weight: &Weight, bias: Option<&TensorView>) -> Result<Self> {
        let rank = weight.data.rank();
        let (k, n) = (weight.data.dim(rank - 2), weight.data.dim(rank - 1));
        let quant = match &weight.quant {
            None => None,
            Some(q) => Some(Quant {
                scale: host::to_f64(&q.scale)?,
                zero: q.zero.as_ref().map(host::to_f64).transpose()?,
                offset: q.offset.as_ref().map(host::to_f64).transpose()?,
                group: if q.group == 0 { k.max(1) } else { q.group },
                groups: q.groups(k),
            }),
        };
        Ok(Self {
            x,
            w: host::to_f64(&weight.data)?,
            k,
            n,
            quant,
            integer: codes,
            x_scale,
            bias: match bias {
                None => None,
                Some(b) => Some(Bias { values: host::to_f64(b)?, per_matrix: b.rank() > 1, integer: b.dtype() == DType::I32 }),
            },
        })
    }

    /// `w[k, ..]` of matrix `e` as a real number: `(code - zero) * scale`, rounded to f32, and with an offset once more.
    fn weights(&self, e: usize, k: usize, r: Rounding) -> Cow<'_, [f64]> {
        let codes = &self.w[(e * self.k + k) * self.n..][..self.n];
        let Some(q) = self.quant.as_ref().filter(|_| !self.integer) else { return codes.into() };
        let group = (e * q.groups + k / q.group) * self.n;
        let zero = |n: usize| q.zero.as_ref().map_or(0.0, |zero| zero[group + n]);
        let scaled = codes.iter().enumerate().map(|(n, code)| r.f32((code - zero(n)) * q.scale[group + n]));
        match &q.offset {
            None => scaled.collect(),
            Some(offset) => scaled.zip(&offset[group..]).map(|(scaled, offset)| r.f32(scaled + offset)).collect(),
        }
    }

    /// `sum_k x[row, k] * w[k, ..]`, one chain of f32 additions for each column.
    fn dots(&self, e: usize, row: usize, r: Rounding) -> Vec<f64> {
        let mut sums = vec![0.0; self.n];
        for (k, x) in self.x[row * self.k..][..self.k].iter().enumerate() {
            for (sum, w) in sums.iter_mut().zip(&*self.weights(e, k, r)) {
                *sum = r.f32(*sum + x * w);
            }
        }
        sums
    }

    fn bias(&self, e: usize, integer: bool) -> Option<&[f64]> {
        let bias = self.bias.as_ref().filter(|bias| bias.integer == integer)?;
        Some(&bias.values[if bias.per_matrix { e * self.n } else { 0 }..][..self.n])
    }

    /// Integer sums (below 2^31, so exact in `f64`) of row `row` of `x` and matrix `e`, with an i32 bias.
    pub(super) fn sums(&self, e: usize, row: usize) -> Vec<f64> {
        let mut sums = self.dots(e, row, Rounding(Precision::Exact));
        for (sum, b) in sums.iter_mut().zip(self.bias(e, true).into_iter().flatten()) {
            *sum = (*sum + b).clamp(f64::from(i32::MIN), f64::from(i32::MAX));
        }
        sums
    }

    /// Row `row` of `x` times matrix `e`, with scales and bias; not yet rounded to the storage type.
    pub(super) fn row(&self, e: usize, row: usize, r: Rounding) -> Vec<f64> {
        let mut y = if self.integer {
            let mut y = self.sums(e, row);
            for (n, y) in y.iter_mut().enumerate() {
                let scale = self.quant.as_ref().map_or(1.0, |q| q.scale[e * self.n + n]);
                let x_scale = self.x_scale.as_ref().map_or(1.0, |scale| scale[row]);
                *y = r.f32(r.f32(r.f32(*y) * scale) * x_scale);
            }
            y
        } else {
            self.dots(e, row, r)
        };
        for (y, b) in y.iter_mut().zip(self.bias(e, false).into_iter().flatten()) {
            *y = r.f32(*y + b);
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use ascend_hal::{OpCall, bf16, host::tensor, host::tensor_of};

    use super::*;
    use crate::Values;

    fn out(dtype: DType, shape: [usize; 2]) -> ascend_hal::TensorViewMut {
        host::zeros(dtype, shape).unwrap()
    }

    fn run(op: Matmul, precision: Precision) -> Values {
        crate::run(&OpCall::Matmul(op), precision).unwrap().remove(0).values
    }

    #[test]
    fn float_product_with_bias() {
        let x = tensor(&[1f32, 2., 3., 4.], [2, 2]).unwrap();
        let w = tensor(&[5f32, 6., 7., 8., 9., 10.], [2, 3]).unwrap();
        let bias = tensor(&[0.5f32, 0., -1.], [3]).unwrap();
        let op = Matmul::new(x.clone(), Weight::kn(w), out(DType::F32, [2, 3])).with_bias(bias);
        assert_eq!(run(op, Precision::Exact), Values::Float(vec![21.5, 24., 26., 47.5, 54., 60.]));
        let nk = tensor(&[5f32, 8., 6., 9., 7., 10.], [3, 2]).unwrap();
        let op = Matmul::new(x, Weight::nk(nk).unwrap(), out(DType::F32, [2, 3]));
        assert_eq!(run(op, Precision::Exact), Values::Float(vec![21., 24., 27., 47., 54., 61.]));
    }

    #[test]
    fn model_rounds_each_addition_to_f32_and_the_result_to_its_type() {
        // 2^24 + 1 is no f32; 257 is no bf16.
        let x = tensor(&[16_777_216f32, 1., 1.], [1, 3]).unwrap();
        let w = tensor(&[1f32; 3], [3, 1]).unwrap();
        let op = Matmul::new(x, Weight::kn(w), out(DType::F32, [1, 1]));
        assert_eq!(run(op.clone(), Precision::Exact), Values::Float(vec![16_777_218.]));
        assert_eq!(run(op, Precision::Model), Values::Float(vec![16_777_216.]));
        let b = |x: f32| bf16::from_f32(x);
        let x = tensor(&[b(256.), b(1.)], [1, 2]).unwrap();
        let w = tensor(&[b(1.), b(1.)], [2, 1]).unwrap();
        let op = Matmul::new(x, Weight::kn(w), out(DType::BF16, [1, 1]));
        assert_eq!(run(op.clone(), Precision::Exact), Values::Float(vec![257.]));
        assert_eq!(run(op, Precision::Model), Values::Float(vec![256.]));
    }

    #[test]
    fn int_product_scales_after_the_exact_sum() {
        let x = tensor(&[-128i8, 127], [1, 2]).unwrap();
        let w = tensor(&[-128i8, 1, 2, 3], [2, 2]).unwrap();
        let raw = Matmul::new(x.clone(), Weight::kn(w.clone()), out(DType::I32, [1, 2]));
        assert_eq!(run(raw.clone(), Precision::Model), Values::Int(vec![16384 + 254, -128 + 381]));
        let int_bias = tensor(&[i32::MAX, 7], [2]).unwrap();
        assert_eq!(run(raw.with_bias(int_bias.clone()), Precision::Exact), Values::Int(vec![i64::from(i32::MAX), 260]));
        let weight = Weight::kn(w).per_channel(tensor(&[0.5f32, 0.], [1, 2]).unwrap());
        let scaled = Matmul::new(x, weight, out(DType::F32, [1, 2])).with_x_scale(tensor(&[0.25f32], [1]).unwrap());
        assert_eq!(run(scaled.clone(), Precision::Exact), Values::Float(vec![16638. / 8., 0.]));
        let float_bias = tensor(&[1f32, -3.], [2]).unwrap();
        assert_eq!(run(scaled.with_bias(float_bias), Precision::Exact), Values::Float(vec![16638. / 8. + 1., -3.]));
    }

    #[test]
    fn weight_only_codes_are_dequantised_by_their_group() {
        // Codes of three rows in groups of two: [[1, -8], [7, 2]], [[-3, 4]].
        let codes = tensor_of(DType::I4, &[0x81, 0x27, 0x4d], [3, 2]).unwrap();
        let scale = tensor(&[2f32, 0.5, 10., 1.], [2, 2]).unwrap();
        let zero = tensor(&[1i8, 0, -128, 127], [2, 2]).unwrap();
        let x = tensor(&[1f32, 1., 1.], [1, 3]).unwrap();
        let weight = |zero| Weight::kn(codes.clone()).per_group(2, scale.clone(), zero);
        let op = |zero| Matmul::new(x.clone(), weight(zero), out(DType::F32, [1, 2]));
        assert_eq!(run(op(None), Precision::Exact), Values::Float(vec![(1. + 7.) * 2. - 30., (-8. + 2.) * 0.5 + 4.]));
        assert_eq!(run(op(Some(zero)), Precision::Exact), Values::Float(vec![(0. + 6.) * 2. + 1250., -3. - 123.]));
        let offset = tensor(&[0.25f32, 3., -1., 100.], [2, 2]).unwrap();
        let with_offset = Weight::kn(codes.clone()).per_group_with_offset(2, scale.clone(), offset);
        let op = Matmul::new(x.clone(), with_offset, out(DType::F32, [1, 2]));
        assert_eq!(run(op, Precision::Exact), Values::Float(vec![16. + 2. * 0.25 - 30. - 1., -3. + 2. * 3. + 4. + 100.]));
    }

    #[test]
    fn batch_and_empty_k() {
        let x = tensor(&[1f32, 2., 3., 4.], [2, 1, 2]).unwrap();
        let w = tensor(&[1f32, 1., 10., 1.], [2, 2, 1]).unwrap();
        let y = host::zeros(DType::F32, [2, 1, 1]).unwrap();
        assert_eq!(run(Matmul::new(x, Weight::kn(w), y), Precision::Exact), Values::Float(vec![3., 34.]));
        let (x, w) = (tensor::<f32>(&[], [2, 0]).unwrap(), tensor::<f32>(&[], [0, 1]).unwrap());
        let op = Matmul::new(x, Weight::kn(w), out(DType::F32, [2, 1])).with_bias(tensor(&[4f32], [1]).unwrap());
        assert_eq!(run(op, Precision::Exact), Values::Float(vec![4., 4.]));
    }
}
