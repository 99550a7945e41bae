//! Cases of top-k.

use ascend_hal::DType;
use ascend_hal::ops::{Coverage, TopK};

use crate::Case;

/// Rows, row length, k.
const SHAPES: [(usize, usize, usize); 9] =
    [(1, 1, 1), (3, 7, 2), (16, 128, 8), (33, 256, 8), (5, 257, 6), (4, 64, 1), (2, 4096, 2048), (1, 32000, 50), (1, 129_280, 20)];

pub(super) fn top_k(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[(usize, usize, usize)] = match c.rule {
            "plain" => &SHAPES,
            "empty" => &[(0, 5, 2), (3, 5, 0), (3, 0, 0)],
            "whole_row" => &[(1, 2, 2), (3, 17, 17), (2, 256, 256)],
            _ => &[(3, 7, 2), (16, 128, 8), (5, 257, 200)],
        };
        for &(t, n, k) in shapes {
            cases.push(Case::covering(c, format_args!("t{t}_n{n}_k{k}"), move |g| {
                let x = g.tensor(c.dtype, [t, n], |g, i| {
                    let (row, x) = (i / n, g.normal(3.0));
                    match (c.rule, g.below(4)) {
                        ("ties", at) => [0.0, 1.0, 1.0, 2.0][at],
                        ("signed_zeros", at) => [0.0, -0.0, -0.0, if g.below(8) == 0 { x } else { 0.0 }][at],
                        ("infinite", _) if row == 1 => f64::NEG_INFINITY,
                        ("infinite", 0) => f64::NEG_INFINITY,
                        ("infinite", 1) => f64::INFINITY,
                        ("nan", _) if row == 1 => f64::NAN,
                        ("nan", 0) => f64::NAN,
                        ("nan", 1) => f64::INFINITY,
                        _ => x,
                    }
                })?;
                let op = TopK::new(x, k, g.output(c.dtype, [t, k])?, g.output(DType::I32, [t, k])?);
                Ok(if c.variant == "smallest" { op.with_smallest() } else { op }.into())
            }));
        }
        if c.rule == "plain" {
            cases.push(Case::covering(c, "row_vector_n9_k3", move |g| {
                let op = TopK::new(g.normals(c.dtype, [9], 1.0)?, 3, g.output(c.dtype, [3])?, g.output(DType::I32, [3])?);
                Ok(if c.variant == "smallest" { op.with_smallest() } else { op }.into())
            }));
            cases.push(Case::covering(c, "strided_2x5x12_k4", move |g| {
                let x = g.normals(c.dtype, [2, 12, 5], 1.0)?.t()?;
                let op = TopK::new(x, 4, g.output(c.dtype, [2, 5, 4])?, g.output(DType::I32, [2, 5, 4])?);
                Ok(if c.variant == "smallest" { op.with_smallest() } else { op }.into())
            }));
        }
    }
    cases
}
