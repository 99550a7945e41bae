//! Cases of softmax.

use ascend_hal::ops::{Coverage, Softmax};

use crate::Case;

const SHAPES: [(usize, usize); 9] = [(1, 1), (3, 7), (16, 128), (5, 257), (2, 4096), (33, 64), (64, 256), (2, 16_385), (1, 32_000)];

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
                        "inf_row" if row == 1 && col == n / 2 => f64::INFINITY,
                        _ => x,
                    }
                })?;
                let y = if c.rule == "in_place" { x.to_mut() } else { g.output(c.dtype, [t, n])? };
                Ok(Softmax::new(x, y).into())
            }));
        }
        if c.rule == "plain" {
            cases.push(Case::covering(c, "strided_2x5x12", move |g| {
                Ok(Softmax::new(g.normals(c.dtype, [2, 12, 5], 2.0)?.t()?, g.output(c.dtype, [2, 5, 12])?).into())
            }));
        }
    }
    cases
}
