//! Cases of finalize routing.

use std::sync::Arc;

use ascend_hal::DType;
use ascend_hal::ops::{Coverage, FinalizeRouting, SlotOrder};

use crate::{Case, Gen, GoldenFile, Result, Work, generate};

/// (T, k, H).
type Shape = (usize, usize, usize);

const SHAPES: [Shape; 9] =
    [(7, 2, 9), (13, 4, 16), (5, 8, 257), (1, 1, 1), (1, 8, 2048), (64, 6, 31), (3, 1, 7168), (33, 3, 64), (16_385, 1, 2)];

const EXPERTS: usize = 6;

pub(super) fn finalize_routing(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[Shape] = match c.rule {
            "plain" => &SHAPES,
            "zero_tokens" => &[(0, 4, 8)],
            "all_dropped" => &[(5, 2, 33), (4, 0, 7)],
            _ => &SHAPES[..3],
        };
        for &(t, k, h) in shapes {
            let what = format!("t{t}_k{k}_h{h}");
            match c.rule {
                "row_out_of_range" => {
                    for (name, row) in [("below", -2), ("beyond", (t * k) as i64)] {
                        let build = move |g: &mut Gen| Ok(call(g, c, (t, k, h), Some(row), None)?.into());
                        cases.push(Case::refused(c, format_args!("{what}_{name}"), "flat_to_row", build));
                    }
                }
                "id_out_of_range" => {
                    for (name, id) in [("below", -1), ("beyond", EXPERTS as i64)] {
                        let build = move |g: &mut Gen| Ok(call(g, c, (t, k, h), None, Some(id))?.into());
                        cases.push(Case::refused(c, format_args!("{what}_{name}"), "ids", build));
                    }
                }
                "mixed_dtype" => {
                    for dtype in [DType::F16, DType::BF16] {
                        cases.push(Case::covering(c, format_args!("{what}_to_{dtype}"), move |g| {
                            let op = call(g, c, (t, k, h), None, None)?;
                            let skip = op.skip.as_ref().map(|_| g.normals(dtype, [t, h], 1.0)).transpose()?;
                            Ok(FinalizeRouting { y: g.output(dtype, [t, h])?, skip, ..op }.into())
                        }));
                    }
                }
                _ => cases.push(Case::covering(c, what, move |g| Ok(call(g, c, (t, k, h), None, None)?.into()))),
            }
        }
    }
    cases
}

/// A call of the entry `c`; with a row number or an id put somewhere.
fn call(g: &mut Gen, c: Coverage, (t, k, h): Shape, row: Option<i64>, id: Option<i64>) -> Result<FinalizeRouting> {
    let pairs = t * k;
    let order = if c.rule == "slot_major" { SlotOrder::SlotMajor } else { SlotOrder::TokenMajor };
    // Rows that no pair names, with NaN in them.
    let unused = if c.rule == "unused_rows" { 3 } else { 0 };
    let shared = c.rule == "shared_row";
    let mut to_row: Vec<f64> = g.permutation(pairs + unused).into_iter().take(pairs).map(|row| row as f64).collect();
    if shared {
        to_row.iter_mut().for_each(|row| *row = g.below(2) as f64);
    }
    for (flat, to) in to_row.iter_mut().enumerate() {
        let dropped = match c.rule {
            "dropped" => g.below(3) == 0 || flat == 1,
            "all_dropped" => order.pair(flat, t, k).0 == 1,
            _ => false,
        };
        if dropped {
            *to = -1.0;
        }
    }
    let nan = |row: usize| match c.rule {
        "unused_rows" => !to_row.contains(&(row as f64)),
        "nan_row" => to_row.first() == Some(&(row as f64)),
        _ => false,
    };
    let rows = g.tensor(c.dtype, [if shared { 2 } else { pairs + unused }, h], |g, i| if nan(i / h) { f64::NAN } else { g.normal(1.0) })?;
    let has_row = |at: usize| to_row[order.flat(at / k, at % k, t, k)] >= 0.0;
    let weights = g.tensor(DType::F32, [t, k], |g, at| match c.rule {
        "dropped" if !has_row(at) => f64::NAN,
        "nan_row" if at == 0 => 0.0,
        _ => g.uniform(0.0, 1.0),
    })?;
    let ids = g.tensor(DType::I32, [t, k], |g, at| match id {
        Some(id) if at == pairs / 2 => id as f64,
        // Not looked at without a row.
        _ if !has_row(at) => EXPERTS as f64,
        _ => g.below(EXPERTS) as f64,
    })?;
    if let Some(row) = row {
        to_row[pairs / 2] = row as f64;
    }
    let mut op = FinalizeRouting::new(rows, generate::tensor(DType::I32, [pairs], &to_row)?, g.output(c.dtype, [t, h])?).with_order(order);
    if c.variant != "sum" {
        op = op.with_weights(weights);
    }
    if c.variant.contains("bias") {
        // Both storage types that the contract allows.
        let dtype = if h.is_multiple_of(2) { DType::F32 } else { c.dtype };
        op = op.with_bias(g.normals(dtype, [EXPERTS, h], 1.0)?, ids);
    }
    if c.variant.contains("skip") {
        op = op.with_skip(g.normals(c.dtype, [t, h], 1.0)?);
    }
    Ok(op)
}

/// `unpermute`.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let (rows, to_row, weights) = (file.tensor("rows")?, file.tensor("flat_to_row")?, file.tensor("topk_weights")?);
    let (ids, bias, skip) = (file.tensor("topk_ids")?, file.optional("expert_bias")?, file.optional("skip")?);
    let ([_, h], [t, _]) = (file.dims("rows", &rows)?, file.dims("topk_weights", &weights)?);
    let order = slot_order(file)?;
    let dtype = file.dtype()?;
    let expected = vec![file.expected("y", "expected_y_f64", "y")?];
    let build = move |g: &mut Gen| {
        let op =
            FinalizeRouting::new(rows.clone(), to_row.clone(), g.output(dtype, [t, h])?).with_order(order).with_weights(weights.clone());
        let op = bias.clone().map_or(op.clone(), |bias| op.with_bias(bias, ids.clone()));
        Ok(skip.clone().map_or(op.clone(), |skip| op.with_skip(skip)).into())
    };
    Ok(Work::Golden { build: Arc::new(build), expected })
}

/// The numbering of pairs that the parameter `flat_order` names.
pub(super) fn slot_order(file: &GoldenFile) -> Result<SlotOrder> {
    match file.text("flat_order")? {
        "token_major" => Ok(SlotOrder::TokenMajor),
        "slot_major" => Ok(SlotOrder::SlotMajor),
        other => Err(file.error(format!("flat_order `{other}` is neither token_major nor slot_major"))),
    }
}
