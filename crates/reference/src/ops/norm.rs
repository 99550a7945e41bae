//! Oracle of [`Norm`].

use ascend_hal::Result;
use ascend_hal::ops::{Norm, NormKind};

use crate::{Output, Rounding, read};

/// `y = (x - center) / sqrt(mean((x - center)^2) + eps) * weight + bias` over the last dimension, of `x` or `x + residual`.
pub(super) fn norm(op: &Norm, r: Rounding) -> Result<Vec<Output>> {
    let dtype = op.y.dtype();
    let mut x = read::<ndarray::IxDyn>(&op.x)?;
    if let Some(residual) = &op.residual {
        x = x + read::<ndarray::IxDyn>(residual)?;
        x.mapv_inplace(|x| r.f32(x));
    }
    let weight = read::<ndarray::Ix1>(&op.weight)?;
    let bias = op.bias.as_ref().map(read::<ndarray::Ix1>).transpose()?;
    let mut y = Vec::with_capacity(x.len());
    for row in x.rows() {
        let row = normed(&row.to_vec(), op.kind, op.eps.into(), r);
        for (i, x) in row.into_iter().enumerate() {
            let scaled = match op.kind {
                NormKind::Rms => r.f32(x * weight[i]),
                NormKind::RmsGemma => r.f32(x * r.f32(1.0 + weight[i])),
                NormKind::Layer => r.f32(r.f32(x * weight[i]) + bias.as_ref().map_or(0.0, |b| b[i])),
            };
            y.push(r.to(dtype, scaled));
        }
    }
    let mut outputs = vec![Output::float("y", &op.y, y)];
    if let Some(sum) = &op.sum {
        outputs.push(Output::float("sum", sum, x.iter().map(|&x| r.to(dtype, x)).collect()));
    }
    Ok(outputs)
}

/// One row before weight and bias: centred (layer norm) and divided by its root mean square.
pub(super) fn normed(row: &[f64], kind: NormKind, eps: f64, r: Rounding) -> Vec<f64> {
    let h = row.len() as f64;
    let center = match kind {
        NormKind::Layer => r.f32(r.sum(row.iter().copied()) / h),
        NormKind::Rms | NormKind::RmsGemma => 0.0,
    };
    let row: Vec<f64> = row.iter().map(|x| r.f32(x - center)).collect();
    let square = r.f32(r.dot(row.iter().copied(), row.iter().copied()) / h);
    let scale = r.f32(1.0 / r.f32(r.f32(square + eps).sqrt()));
    row.iter().map(|x| r.f32(x * scale)).collect()
}

#[cfg(test)]
mod tests {
    use ascend_hal::{DType, TensorView, TensorViewMut, host};

    use super::*;
    use crate::{Precision, Values, run};

    fn row(values: &[f32]) -> TensorView {
        host::tensor(values, [1, values.len()]).unwrap()
    }

    fn out(h: usize) -> TensorViewMut {
        host::zeros(DType::F32, [1, h]).unwrap()
    }

    fn exact(op: Norm) -> Vec<Vec<f64>> {
        let outputs = run(&op.into(), Precision::Exact).unwrap();
        outputs.into_iter().map(|o| if let Values::Float(v) = o.values { v } else { panic!("not floats") }).collect()
    }

    #[test]
    fn rms_and_gemma_divide_by_the_root_mean_square() {
        // Mean square of (1, -1) is 1; with eps 3 a root of 2.
        let weight = host::tensor(&[2f32, 4.], [2]).unwrap();
        let op = Norm::new(row(&[1., -1.]), weight, NormKind::Rms, 3.0, out(2));
        assert_eq!(exact(op.clone()), [[1., -2.]]);
        assert_eq!(exact(Norm { kind: NormKind::RmsGemma, ..op }), [[1.5, -2.5]]);
    }

    #[test]
    fn layer_norm_of_a_sum() {
        // x + residual = (1, 3): mean 2, variance 1, with eps 3 a root of 2.
        let op = Norm::new(row(&[0., 5.]), host::tensor(&[2f32, 4.], [2]).unwrap(), NormKind::Layer, 3.0, out(2))
            .with_residual(row(&[1., -2.]), out(2))
            .with_bias(host::tensor(&[10f32, 20.], [2]).unwrap());
        assert_eq!(exact(op), [[9., 22.], [1., 3.]]);
    }

    #[test]
    fn rms_of_an_infinity_is_zero_beside_it() {
        let one = host::tensor(&[1f32, 1.], [2]).unwrap();
        let y = exact(Norm::new(row(&[1., f32::INFINITY]), one.clone(), NormKind::Rms, 1e-6, out(2)));
        assert_eq!(y[0][0], 0.0);
        assert!(y[0][1].is_nan());
        let y = exact(Norm::new(row(&[1., f32::INFINITY]), one, NormKind::Layer, 1e-6, out(2)));
        assert!(y[0].iter().all(|y| y.is_nan()));
    }
}
