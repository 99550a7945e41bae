//! Cases of softmax.

use ascend_hal::ops::{Coverage, Softmax};

use crate::Case;

const SHAPES: [(usize, usize); 6] = [(1, 1), (3, 7), (16, 128), (5, 257), (2, 4096), (33, 64)];

pub(super) fn softmax(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[(usize, usize)] = match c.rule {
            "plain" => &SHAPES,
            "empty" => &[(0, 5), (3, 0)],
            _ => &SHAPES[1..4],
        };
        for &(t, n) in shapes {
            cases.push(Case::covering(c, format_args!("t{t}_n{n}"), move |g| {
                let x = g.tensor(c.dtype, [t, n], |g, i| {
                    let (row, col) = (i / n, i % n);
                    let x = g.normal(3.0);
                    match c.rule {
                        "large_logits" => x * 1e4,
                        "some_masked" if g.below(3) == 0 && col > 0 => f64::NEG_INFINITY,
                        "all_masked" if row % 2 == 0 => f64::NEG_INFINITY,
                        "nan_row" if row == 1 && col == n / 2 => f64::NAN,
                        _ => x,
                    }
                })?;
                Ok(Softmax::new(x, g.output(c.dtype, [t, n])?).into())
            }));
        }
    }
    cases
}
