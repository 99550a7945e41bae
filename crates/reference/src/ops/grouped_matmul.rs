//! Oracle of [`GroupedMatmul`].

use ascend_hal::ops::{Epilogue, GroupedMatmul};
use ascend_hal::{DType, OpKind, Result, host};

use super::activation::gated;
use super::matmul::Product;
use super::quantize::quantize_row;
use crate::{Aside, Output, Rounding};

/// `y[r] = epilogue(x[r] @ weight[e] (+ bias[e]))` for the rows `r` of each expert `e`.
pub(super) fn grouped_matmul(op: &GroupedMatmul, r: Rounding) -> Result<Vec<Output>> {
    let (rows, width) = (op.x.dim(0), op.y.dim(1));
    let groups = op.groups.groups(OpKind::GroupedMatmul, &host::to_i64(op.groups.view())?, op.weight.data.dim(0), rows)?;
    let product = Product::new(&op.x, &op.weight, op.x_scale.as_ref(), op.bias.as_ref())?;
    let used = groups.last().map_or(0, |group| group.rows.end);
    let mut y = Vec::new();
    let mut y_scale = Vec::new();
    for group in &groups {
        for row in group.rows.clone() {
            if op.y.dtype() == DType::I32 {
                y.extend(product.sums(group.expert, row));
                continue;
            }
            let values = product.row(group.expert, row, r);
            let glu = |kind| (0..width).map(|i| gated(kind, values[i], values[width + i], r)).collect::<Vec<_>>();
            match op.epilogue {
                Epilogue::None => y.extend(values.iter().map(|&v| r.to(op.y.dtype(), v))),
                Epilogue::Glu(kind) => y.extend(glu(kind).into_iter().map(|v| r.to(op.y.dtype(), v))),
                Epilogue::GluQuant(kind) => {
                    let (scale, codes) = quantize_row(&glu(kind), r);
                    y_scale.push(scale);
                    y.extend(codes);
                }
            }
        }
    }
    // Rows beyond the groups keep what they hold.
    let written = |columns: usize| (0..rows * columns).map(|i| i / columns < used).collect::<Vec<_>>();
    let full = |mut values: Vec<f64>, columns: usize| {
        values.resize(rows * columns, 0.0);
        values
    };
    let y = full(y, width);
    let mut outputs = vec![if op.y.dtype() == DType::I32 {
        Output::int("y", &op.y, y.into_iter().map(|sum| sum as i64).collect())
    } else {
        Output::float("y", &op.y, y)
    }];
    if let Some(view) = &op.y_scale {
        outputs[0].aside = Aside::Unrounded;
        outputs.push(Output::float("y_scale", view, full(y_scale, 1)).written(written(1)));
    }
    outputs[0].written = written(width);
    Ok(outputs)
}

#[cfg(test)]
mod tests {
    use ascend_hal::host::tensor;
    use ascend_hal::ops::{GluKind, GroupList, Weight};
    use ascend_hal::{Error, OpCall, TensorView, TensorViewMut};

    use super::*;
    use crate::{Precision, Values};

    fn run(op: GroupedMatmul) -> Result<Vec<Output>> {
        crate::run(&OpCall::GroupedMatmul(op), Precision::Exact)
    }

    fn out(dtype: DType, shape: [usize; 2]) -> TensorViewMut {
        host::zeros(dtype, shape).unwrap()
    }

    /// Four rows of one number; three experts that multiply by 1, 10 and 100.
    fn op(groups: GroupList) -> GroupedMatmul {
        let x = tensor(&[1f32, 2., 3., 4.], [4, 1]).unwrap();
        let w = tensor(&[1f32, 10., 100.], [3, 1, 1]).unwrap();
        GroupedMatmul::new(x, Weight::kn(w), groups, out(DType::F32, [4, 1]))
    }

    fn list(values: &[i64]) -> TensorView {
        tensor(values, [values.len()]).unwrap()
    }

    #[test]
    fn kinds_of_list_name_the_same_rows() {
        let want = Values::Float(vec![10., 20., 300., 0.]);
        let pairs = tensor(&[1i32, 2, 2, 1, 7, 0], [3, 2]).unwrap();
        for groups in [GroupList::Counts(list(&[0, 2, 1])), GroupList::Cumulative(list(&[0, 2, 3])), GroupList::Sparse(pairs)] {
            let y = run(op(groups)).unwrap().remove(0);
            assert_eq!(y.values, want);
            assert_eq!(y.written, [true, true, true, false]);
        }
        let pairs = tensor(&[2i64, 1, 0, 3], [2, 2]).unwrap();
        assert_eq!(run(op(GroupList::Sparse(pairs))).unwrap()[0].values, Values::Float(vec![100., 2., 3., 4.]));
    }

    #[test]
    fn bad_list_is_refused_by_value() {
        let pairs = |values: &[i64]| GroupList::Sparse(tensor(values, [values.len() / 2, 2]).unwrap());
        for groups in [
            GroupList::Counts(list(&[0, -1, 1])),
            GroupList::Counts(list(&[2, 2, 1])),
            GroupList::Counts(list(&[i64::MAX, i64::MAX, 2])),
            GroupList::Cumulative(list(&[2, 1, 4])),
            GroupList::Cumulative(list(&[-1, 1, 4])),
            GroupList::Cumulative(list(&[1, 1, 5])),
            pairs(&[3, 1]),
            pairs(&[-1, 1]),
            pairs(&[1, 1, 1, 1]),
            pairs(&[0, 0, 1, 1]),
            pairs(&[0, 5]),
            pairs(&[0, -5]),
        ] {
            let shown = format!("{groups:?}");
            let error = run(op(groups)).unwrap_err();
            assert!(matches!(error, Error::Value { argument: "groups", .. }), "{shown}: {error}");
        }
    }

    #[test]
    fn gated_epilogue_takes_gates_then_ups_and_quantises_rows() {
        let x = tensor(&[1f32, 0.], [2, 1]).unwrap();
        // A gate of 100 is its own silu.
        let w = tensor(&[100f32, 100., 2., -1.], [1, 1, 4]).unwrap();
        let counts = GroupList::Counts(list(&[2]));
        let op = GroupedMatmul::new(x, Weight::kn(w), counts, out(DType::F32, [2, 2])).with_glu(GluKind::Swiglu);
        assert_eq!(run(op.clone()).unwrap()[0].values, Values::Float(vec![200., -100., 0., 0.]));
        let mut op = op.with_glu_quant(GluKind::Swiglu, host::zeros(DType::F32, [2]).unwrap());
        op.y = out(DType::I8, [2, 2]);
        let outputs = run(op).unwrap();
        let Values::Float(codes) = &outputs[0].values else { panic!("codes come unrounded") };
        assert!((codes[0] - 127.0).abs() < 1e-4 && (codes[1] + 63.5).abs() < 1e-4 && codes[2..] == [0., 0.], "{codes:?}");
        assert_eq!(outputs[1].values, Values::Float(vec![200. / 127., 0.]));
        assert_eq!(outputs[0].aside, Aside::Unrounded);
    }
}
