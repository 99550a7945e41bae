//! Oracle of [`Rope`].

use ascend_hal::Result;
use ascend_hal::ops::Rope;

use crate::{Output, Rounding, ints, read};

/// `(y1, y2) = (x1 c - x2 s, x2 c + x1 s)` for every pair; the elements from `R` on stay.
pub(super) fn rope(op: &Rope, r: Rounding) -> Result<Vec<Output>> {
    let x = read::<ndarray::Ix3>(&op.x)?;
    let (cos, sin) = (read::<ndarray::Ix2>(&op.cos)?, read::<ndarray::Ix2>(&op.sin)?);
    let positions = op.table_rows(&ints::<ndarray::IxDyn>(&op.positions)?.into_iter().collect::<Vec<_>>())?;
    let (tokens, heads, _) = x.dim();
    let turned = 2 * op.pairs();
    let mut y = x.clone();
    for t in 0..tokens {
        for i in 0..op.pairs() {
            let p = positions[op.position_row(i) * tokens + t];
            let (c, s) = (cos[[p, i]], sin[[p, i]]);
            let ((from1, from2), (to1, to2)) = (op.style.source(i, turned), op.style.target(i, turned));
            for h in 0..heads {
                let (x1, x2) = (x[[t, h, from1]], x[[t, h, from2]]);
                y[[t, h, to1]] = r.to(op.y.dtype(), r.f32(r.f32(x1 * c) - r.f32(x2 * s)));
                y[[t, h, to2]] = r.to(op.y.dtype(), r.f32(r.f32(x2 * c) + r.f32(x1 * s)));
            }
        }
    }
    Ok(vec![Output::float("y", &op.y, y.into_iter().collect())])
}

#[cfg(test)]
mod tests {
    use ascend_hal::ops::RopeStyle;
    use ascend_hal::{DType, host};

    use super::*;
    use crate::{Precision, Values, run};

    /// One head of five elements, of which four turn: the first pair by a quarter turn at position 1, the second by a half turn.
    fn turned(style: RopeStyle, position: i32) -> Vec<f64> {
        let x = host::tensor(&[1f32, 2., 3., 4., 5.], [1, 1, 5]).unwrap();
        let cos = host::tensor(&[1f32, 1., 0., -1.], [2, 2]).unwrap();
        let sin = host::tensor(&[0f32, 0., 1., 0.], [2, 2]).unwrap();
        let positions = host::tensor(&[position], [1]).unwrap();
        let y = host::zeros(DType::F32, [1, 1, 5]).unwrap();
        let outputs = run(&Rope::new(x, cos, sin, positions, style, y).into(), Precision::Exact).unwrap();
        let Values::Float(y) = &outputs[0].values else { panic!("not floats") };
        y.clone()
    }

    #[test]
    fn rope_styles_pair_and_store_by_their_names() {
        assert_eq!(turned(RopeStyle::Half, 0), [1., 2., 3., 4., 5.]);
        assert_eq!(turned(RopeStyle::Half, 1), [-3., -2., 1., -4., 5.]);
        assert_eq!(turned(RopeStyle::Interleaved, 1), [-2., 1., -3., -4., 5.]);
        assert_eq!(turned(RopeStyle::InterleavedToHalf, 1), [-2., -3., 1., -4., 5.]);
        assert_eq!(turned(RopeStyle::InterleavedToHalf, 0), [1., 3., 2., 4., 5.]);
    }
}
