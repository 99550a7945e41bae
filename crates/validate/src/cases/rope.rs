//! Cases of rope.

use std::sync::Arc;

use ascend_hal::ops::{Coverage, Rope, RopeStyle};
use ascend_hal::{DType, RopeScaling, RopeTable, Rotary, TensorView, Yarn, host};
use serde_json::Value;

use super::activation::{columns, output_columns};
use crate::{Case, Gen, GoldenFile, Result, Work};

/// Tokens, heads, head dimension, turned elements, rows of the table.
type Shape = (usize, usize, usize, usize, usize);

const PLAIN: [Shape; 10] = [
    (1, 1, 2, 2, 1),
    (7, 4, 64, 64, 33),
    (17, 8, 128, 128, 64),
    (33, 1, 64, 64, 4096),
    (5, 3, 80, 80, 7),
    (9, 2, 96, 96, 128),
    (1, 64, 64, 64, 1024),
    (128, 2, 16, 16, 257),
    (3, 5, 6, 6, 31),
    (2, 128, 64, 64, 163),
];

const PARTIAL: [Shape; 5] = [(5, 2, 80, 20, 33), (7, 3, 128, 64, 64), (4, 2, 9, 8, 16), (3, 2, 7, 2, 5), (3, 2, 5, 0, 5)];

pub(super) fn rope(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[Shape] = match c.rule {
            "plain" => &PLAIN,
            "partial" => &PARTIAL,
            "empty" => &[(0, 2, 8, 8, 5), (3, 0, 8, 8, 5), (3, 2, 0, 0, 5), (0, 2, 8, 8, 0)],
            _ => &[(3, 2, 16, 16, 9), (5, 3, 64, 48, 33)],
        };
        for (at, &shape) in shapes.iter().enumerate() {
            let (t, heads, d, r, p) = shape;
            let what = format!("t{t}_h{heads}_d{d}_r{r}_p{p}");
            if c.rule == "position_range" {
                for (wrong, name) in [(-1, "negative"), (p as i64, "behind"), (i64::from(i32::MAX), "far")] {
                    let build = move |g: &mut Gen| Ok(call(g, c, shape, at, Some(wrong))?.into());
                    cases.push(Case::refused(c, format_args!("{what}_{name}"), "positions", build));
                }
                continue;
            }
            cases.push(Case::covering(c, what, move |g| Ok(call(g, c, shape, at, None)?.into())));
        }
    }
    cases
}

fn call(g: &mut Gen, c: Coverage, (t, heads, d, r, p): Shape, at: usize, wrong: Option<i64>) -> Result<Rope> {
    let mrope = c.variant.ends_with("_mrope");
    let style = match c.variant.trim_end_matches("_mrope") {
        "half" => RopeStyle::Half,
        "interleaved" => RopeStyle::Interleaved,
        _ => RopeStyle::InterleavedToHalf,
    };
    let wide = if c.rule == "strided" { d + 8 } else { d };
    let x = g.tensor(c.dtype, [t, heads, wide], |g, i| match c.rule {
        "nan" if i % 11 == 4 => f64::NAN,
        _ => g.normal(1.0),
    })?;
    let rotary = match at % 3 {
        0 => Rotary::new(10_000.0, r),
        1 => Rotary::new(150_000.0, r).with_scaling(RopeScaling::Yarn(Yarn { truncate: false, ..Yarn::new(32.0, 4096.0) })),
        _ => Rotary::new(1_000_000.0, r),
    };
    let (cos, sin) = tables(&rotary.table(0..p as u64)?)?;
    let rows = if mrope { 3 } else { 1 };
    let dtype = if at.is_multiple_of(2) { DType::I32 } else { DType::I64 };
    let mut places: Vec<f64> = (0..rows * t).map(|_| g.below(p) as f64).collect();
    if let (Some(wrong), Some(last)) = (wrong, places.last_mut()) {
        *last = wrong as f64;
    }
    let positions = if mrope { g.tensor(dtype, [3, t], |_, i| places[i])? } else { g.tensor(dtype, [t], |_, i| places[i])? };
    let (x, y) = match c.rule {
        "strided" => (columns(&x, d)?, output_columns(g, c.dtype, [t, heads, d])?),
        "in_place" => (x.clone(), x.to_mut()),
        _ => (x, g.output(c.dtype, [t, heads, d])?),
    };
    let pairs = r / 2;
    let sections = match (c.rule, at % 3) {
        // Nothing follows the last row, where the wrong position is.
        ("position_range", 0) => [pairs - pairs / 3, pairs / 3, 0],
        ("empty_section", 0) => [pairs / 2, 0, pairs - pairs / 2],
        ("empty_section", _) => [0, pairs, 0],
        _ => [pairs / 4, pairs / 3, pairs - pairs / 4 - pairs / 3],
    };
    let op = Rope::new(x, cos, sin, positions, style, y);
    Ok(if mrope { op.with_mrope_sections(sections) } else { op })
}

fn tables(table: &RopeTable) -> Result<(TensorView, TensorView)> {
    let shape = [table.rows, table.pairs];
    Ok((host::tensor(&table.cos, shape)?, host::tensor(&table.sin, shape)?))
}

/// Positions up to here get a table of all positions; beyond, one of just those that occur.
const LONG_TABLE: i64 = 8192;

/// A file is refused before a table of more columns is made.
const MAX_DIM: usize = 1 << 14;

/// Golden op `rope`. Angles are computed in `f64`, so the `bigpos` cases need no wider tolerance than the others: their `tight` hint holds.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let style = match file.text("style")? {
        "half" | "mrope" => RopeStyle::Half,
        "interleaved" => RopeStyle::Interleaved,
        "interleaved_to_half" => RopeStyle::InterleavedToHalf,
        other => return Err(file.error(format!("style `{other}` is none of half, mrope, interleaved, interleaved_to_half"))),
    };
    let sections = match file.param("mrope_section") {
        Value::Null => None,
        value => Some(serde_json::from_value::<[usize; 3]>(value.clone()).map_err(|e| file.error(format!("mrope_section: {e}")))?),
    };
    let rotary = rotary(file)?;
    let (x, dtype, positions) = (file.tensor("x")?, file.dtype()?, file.tensor("positions")?);
    let places = host::to_i64(&positions)?;
    let unsigned = places.iter().map(|&p| u64::try_from(p)).collect::<Result<Vec<u64>, _>>();
    let unsigned = unsigned.map_err(|_| file.error("a negative position".into()))?;
    let last = places.iter().max().copied().unwrap_or(0);
    let (table, positions) = if last < LONG_TABLE {
        (rotary.table(0..=last as u64)?, positions)
    } else {
        let rows: Vec<i64> = (0..places.len() as i64).collect();
        (rotary.table(unsigned)?, host::tensor(&rows, *positions.shape())?)
    };
    let (cos, sin) = tables(&table)?;
    Ok(Work::Golden {
        build: Arc::new(move |g| {
            let y = g.output(dtype, *x.shape())?;
            let op = Rope::new(x.clone(), cos.clone(), sin.clone(), positions.clone(), style, y);
            Ok(Rope { mrope_sections: sections, ..op }.into())
        }),
        expected: vec![file.expected("y", "expected_y_f64", "y")?],
    })
}

/// The embedding that a file's parameters describe.
fn rotary(file: &GoldenFile) -> Result<Rotary> {
    let dim = file.count("rotary_dim")?;
    if dim > MAX_DIM {
        return Err(file.error(format!("rotary_dim {dim}; at most {MAX_DIM} is taken")));
    }
    let plain = Rotary::new(file.number("theta")?, dim);
    let scaling = file.param("rope_scaling");
    if scaling.is_null() {
        return Ok(plain);
    }
    let optional = |key: &str| scaling[key].as_f64();
    let number = |key: &str| optional(key).ok_or_else(|| file.error(format!("rope_scaling has no number `{key}`")));
    let kind = scaling["rope_type"].as_str().or(scaling["type"].as_str()).unwrap_or("default");
    Ok(plain.with_scaling(match kind {
        "default" => RopeScaling::None,
        "linear" => RopeScaling::Linear { factor: number("factor")? },
        "dynamic" => {
            let trained = number("original_max_position_embeddings")?;
            let seq_len = host::to_i64(&file.tensor("positions")?)?.into_iter().max().map_or(0.0, |last| last as f64 + 1.0);
            RopeScaling::Dynamic { factor: number("factor")?, original_max_position_embeddings: trained, seq_len: seq_len.max(trained) }
        }
        "yarn" => {
            let paper = Yarn::new(number("factor")?, number("original_max_position_embeddings")?);
            RopeScaling::Yarn(Yarn {
                beta_fast: optional("beta_fast").unwrap_or(paper.beta_fast),
                beta_slow: optional("beta_slow").unwrap_or(paper.beta_slow),
                truncate: scaling["truncate"].as_bool().unwrap_or(paper.truncate),
                attention_factor: optional("attention_factor"),
                mscale: optional("mscale"),
                mscale_all_dim: optional("mscale_all_dim"),
                ..paper
            })
        }
        "llama3" => RopeScaling::Llama3 {
            factor: number("factor")?,
            low_freq_factor: number("low_freq_factor")?,
            high_freq_factor: number("high_freq_factor")?,
            original_max_position_embeddings: number("original_max_position_embeddings")?,
        },
        other => return Err(file.error(format!("rope_type `{other}` is none of default, linear, dynamic, yarn, llama3"))),
    }))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn assert_close(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
        assert_eq!(got.len(), want.len(), "{what}");
        for (i, (g, w)) in got.iter().zip(want).enumerate() {
            assert!((g - w).abs() <= tolerance, "{what}[{i}]: {g} is not {w}");
        }
    }

    #[test]
    fn rope_tables_are_those_of_the_golden_files() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/ops/rope");
        let mut files = 0;
        for entry in std::fs::read_dir(&dir).unwrap() {
            let file = GoldenFile::open(&entry.unwrap().path()).unwrap();
            let rotary = rotary(&file).unwrap();
            let freq = rotary.inv_freq().unwrap();
            let want = file.values("inv_freq_f64").unwrap();
            assert_eq!(freq.len(), want.len());
            // Relative: the slowest pairs turn by less than 1e-6 a position.
            let relative: Vec<f64> = freq.iter().zip(&want).map(|(g, w)| g / w).collect();
            assert_close(file.name(), &relative, &vec![1.0; want.len()], 1e-12);
            assert!((rotary.attention_scaling() - file.number("attention_scaling").unwrap()).abs() < 1e-12, "{}", file.name());
            let places = host::to_i64(&file.tensor("positions").unwrap()).unwrap();
            let table = rotary.table(places.iter().map(|&p| p as u64)).unwrap();
            // Half a unit of f32 at 1 to 2, the size of cos and sin with YaRN's factor; a little for the last digits of angles of 1e6 and more.
            let f64s = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
            assert_close(file.name(), &f64s(&table.cos), &file.values("cos_f64").unwrap(), 7e-8);
            assert_close(file.name(), &f64s(&table.sin), &file.values("sin_f64").unwrap(), 7e-8);
            files += 1;
        }
        assert!(files >= 8, "{files} files in {}", dir.display());
    }
}
