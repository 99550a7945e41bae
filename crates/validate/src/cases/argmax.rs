//! Cases of argmax.

use ascend_hal::DType;
use ascend_hal::ops::{ArgMax, Coverage};

use crate::Case;

/// Rows and row length; the longest are vocabularies.
const SHAPES: [(usize, usize); 8] = [(1, 1), (3, 7), (16, 128), (5, 257), (129, 8), (4, 4096), (2, 32000), (1, 151_936)];

pub(super) fn argmax(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[(usize, usize)] = match c.rule {
            "plain" => &SHAPES,
            "empty" => &[(0, 5), (0, 1)],
            _ => &SHAPES[1..5],
        };
        for &(t, n) in shapes {
            cases.push(Case::covering(c, format_args!("t{t}_n{n}"), move |g| {
                let x = g.tensor(c.dtype, [t, n], |g, i| {
                    let (row, x) = (i / n, g.normal(3.0));
                    match (c.rule, g.below(4)) {
                        ("ties", at) if row % 2 == 0 => [0.0, 1.0, 2.0, 2.0][at],
                        ("ties", at) => [-0.0, 0.0, -1.0, -2.0][at],
                        ("infinite", _) if row == 1 => f64::NEG_INFINITY,
                        ("infinite", 0) => f64::NEG_INFINITY,
                        ("infinite", 1) => f64::INFINITY,
                        ("nan", 0) => f64::NAN,
                        ("nan", 1) => f64::INFINITY,
                        _ => x,
                    }
                })?;
                Ok(ArgMax::new(x, g.output(DType::I32, [t])?).into())
            }));
        }
        if c.rule == "plain" {
            cases.push(Case::covering(c, "scalar_result_n9", move |g| {
                Ok(ArgMax::new(g.normals(c.dtype, [9], 1.0)?, g.output(DType::I32, [])?).into())
            }));
            cases.push(Case::covering(c, "strided_2x5x12", move |g| {
                Ok(ArgMax::new(g.normals(c.dtype, [2, 12, 5], 1.0)?.t()?, g.output(DType::I32, [2, 5])?).into())
            }));
        }
    }
    cases
}
