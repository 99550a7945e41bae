//! Cases of embedding.

use ascend_hal::DType;
use ascend_hal::ops::{Coverage, Embedding};

use crate::{Case, Gen, Result};

/// Rows of the weight, row length, tokens.
const SHAPES: [(usize, usize, usize); 6] = [(1, 1, 1), (7, 3, 5), (100, 64, 17), (1000, 33, 256), (32, 7168, 5), (48, 2880, 16)];

pub(super) fn embedding(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[(usize, usize, usize)] = match c.rule {
            "plain" => &SHAPES,
            "empty" => &[(7, 3, 0), (7, 0, 5)],
            "other_shard" => &[(7, 3, 5), (100, 64, 17), (0, 16, 4)],
            _ => &SHAPES[1..3],
        };
        for &(v, h, t) in shapes {
            for ids in [DType::I32, DType::I64] {
                let what = format!("v{v}_h{h}_t{t}_ids_{ids}");
                if c.rule != "bad_id" {
                    cases.push(Case::covering(c, what, move |g| Ok(call(g, c, (v, h, t), ids, None)?.into())));
                    continue;
                }
                let vocab = if c.variant == "shard" { 3 * v + 4 } else { v } as f64;
                for (name, bad) in [("negative", -1.0), ("one_too_many", vocab), ("far_off", 2e9)] {
                    cases.push(Case::refused(c, format_args!("{what}_{name}"), "ids", move |g| {
                        Ok(call(g, c, (v, h, t), ids, Some(bad))?.into())
                    }));
                }
            }
        }
        if c.rule == "plain" {
            cases.push(Case::covering(c, "transposed_weight_v12_h6_t9", move |g| {
                let mut op = call(g, c, (12, 6, 9), DType::I32, None)?;
                op.weight = g.uniforms(c.dtype, [6, 12], -100.0, 100.0)?.t()?;
                Ok(op.into())
            }));
        }
    }
    cases
}

fn call(g: &mut Gen, c: Coverage, (v, h, t): (usize, usize, usize), ids: DType, bad: Option<f64>) -> Result<Embedding> {
    let (first, vocab) = if c.variant == "shard" { (v + 2, 3 * v + 4) } else { (0, v) };
    let weight = g.uniforms(c.dtype, [v, h], -100.0, 100.0)?;
    let ids = g.tensor(ids, [t], |g, i| match (c.rule, i) {
        ("bad_id", 3) => bad.unwrap_or(0.0),
        // First and last of the vocabulary, then both sides of the shard's bounds.
        ("other_shard", _) => [0, vocab - 1, first - 1, first + v, first + g.below(v)][i % 5] as f64,
        ("repeated_ids", _) => (first + g.below(2)) as f64,
        _ => g.below(vocab) as f64,
    })?;
    let op = Embedding::new(weight, ids, g.output(c.dtype, [t, h])?);
    Ok(if c.variant == "shard" { op.with_shard(first, vocab) } else { op })
}
