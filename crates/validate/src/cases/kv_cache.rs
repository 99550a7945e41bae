//! Cases of the paged cache: write and gather.

use ascend_hal::ops::{Coverage, KvCacheGather, KvCacheWrite};
use ascend_hal::{DType, Dims, TensorView};

use super::paging::{Paging, lengths, lengths_of};
use crate::generate::tensor;
use crate::{Case, Gen, Result};

/// Rows in order; `None` is skipped.
const SLOTS: [Option<usize>; 5] = [Some(7), Some(0), Some(11), Some(3), Some(8)];

/// `[T, row..]` with whatever the dtype holds.
fn rows(dtype: DType, rule: &str, shape: &[usize], g: &mut Gen) -> Result<TensorView> {
    const SPECIAL: [f64; 6] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 6e-8, -0.0];
    g.tensor(dtype, Dims::new(shape)?, |g, i| match rule {
        "special_values" => SPECIAL[i % SPECIAL.len()],
        _ if dtype == DType::I8 => g.below(256) as f64 - 128.0,
        _ => g.normal(1.0),
    })
}

fn slots(dtype: DType, slots: impl IntoIterator<Item = i64>) -> Result<TensorView> {
    let slots: Vec<f64> = slots.into_iter().map(|s| s as f64).collect();
    tensor(dtype, [slots.len()], &slots)
}

fn write(c: Coverage, index: DType, values: &[i64], pages: [usize; 2], row: &[usize], g: &mut Gen) -> Result<KvCacheWrite> {
    let with_row = |first: &[usize], row: &[usize]| -> Vec<usize> { first.iter().chain(row).copied().collect() };
    let k = rows(c.dtype, c.rule, &with_row(&[values.len()], row), g)?;
    let cache = g.output(c.dtype, Dims::new(&with_row(&pages, row))?)?;
    let op = KvCacheWrite::new(k, slots(index, values.iter().copied())?, cache);
    if c.variant == "keys" {
        return Ok(op);
    }
    // Values of another width; beside i8 keys, of another type.
    let (dtype, row) = (if c.dtype == DType::I8 { DType::BF16 } else { c.dtype }, [3]);
    let v = rows(dtype, c.rule, &[values.len(), 3], g)?;
    Ok(op.with_v(v, g.output(dtype, Dims::new(&with_row(&pages, &row))?)?))
}

pub(super) fn kv_cache_write(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        let of = |slots: &[Option<usize>]| -> Vec<i64> { slots.iter().map(|s| s.map_or(-1, |s| s as i64)).collect() };
        match c.rule {
            "plain" => {
                for index in [DType::I32, DType::I64] {
                    cases.push(Case::covering(c, format_args!("t5_p4_h2_d8_{index}"), move |g| {
                        Ok(write(c, index, &of(&SLOTS), [3, 4], &[2, 8], g)?.into())
                    }));
                }
                // A whole prefill of a real cache's shape, in random order; then pages of one slot.
                for (what, pages, t, row) in [("t130_p128_h4_d128", [2, 128], 130, [4, 128]), ("t7_p1_h1_d1", [9, 1], 7, [1, 1])] {
                    cases.push(Case::covering(c, what, move |g| {
                        let order: Vec<i64> = g.permutation(pages[0] * pages[1]).into_iter().take(t).map(|s| s as i64).collect();
                        Ok(write(c, DType::I32, &order, pages, &row, g)?.into())
                    }));
                }
                cases.push(Case::covering(
                    c,
                    "latents_t5_p4_c16",
                    move |g| Ok(write(c, DType::I32, &of(&SLOTS), [3, 4], &[16], g)?.into()),
                ));
                // Rows that are a part of a fused projection, and a cache that is every second page of a larger one.
                cases.push(Case::covering(c, "strided_t5_p4_h2_d8", move |g| {
                    let mut op = write(c, DType::I64, &of(&SLOTS), [3, 4], &[2, 8], g)?;
                    op.k = rows(c.dtype, c.rule, &[5, 40], g)?.narrow(1, 8, 16)?.reshape([5, 2, 8])?;
                    op.k_cache = g.output(c.dtype, [3, 2, 4, 2, 8])?.select(1, 1)?.to_mut();
                    Ok(op.into())
                }));
            }
            "no_tokens" => cases.push(Case::covering(c, "t0", move |g| Ok(write(c, DType::I32, &[], [3, 4], &[2, 8], g)?.into()))),
            "skip" => {
                let skipped = [None, Some(4), None, Some(11), None];
                cases.push(Case::covering(c, "t5_3_skipped", move |g| Ok(write(c, DType::I32, &of(&skipped), [3, 4], &[2, 8], g)?.into())));
                cases.push(Case::covering(c, "t5_all_skipped", move |g| {
                    Ok(write(c, DType::I64, &of(&[None; 5]), [3, 4], &[2, 8], g)?.into())
                }));
            }
            "bad_slot" => {
                for (what, slot) in [("beyond", 12), ("below", -2), ("far_beyond", i64::from(i32::MAX))] {
                    cases.push(Case::refused(c, what, "slots", move |g| {
                        Ok(write(c, DType::I32, &[7, 0, slot], [3, 4], &[2, 8], g)?.into())
                    }));
                }
            }
            "duplicate_slot" => {
                cases.push(Case::refused(c, "t4", "slots", move |g| Ok(write(c, DType::I64, &[7, 0, -1, 7], [3, 4], &[2, 8], g)?.into())));
            }
            _ => cases.push(Case::covering(c, "t5_p4_h2_d8", move |g| Ok(write(c, DType::I32, &of(&SLOTS), [3, 4], &[2, 8], g)?.into()))),
        }
    }
    cases
}

/// What is wrong with the call's values.
#[derive(Clone, Copy)]
enum Fault {
    None,
    Table(i32),
    Lengths(&'static [i32]),
}

fn gather(c: Coverage, lens: &[usize], page: usize, row: &[usize], tail: usize, fault: Fault, g: &mut Gen) -> Result<KvCacheGather> {
    let total: usize = lens.iter().sum();
    let width: usize = row.iter().product();
    let paging = Paging::new(g, lens, page);
    let values = ascend_hal::host::to_f64(&rows(c.dtype, c.rule, &[total, width], g)?)?;
    let cache = paging.cache(c.dtype, &values, row, if c.dtype == DType::I8 { 85.0 } else { 777.0 })?;
    let table = match fault {
        Fault::Table(id) => paging.table_with_last(id)?,
        _ => paging.table()?,
    };
    let kv_lens = match fault {
        Fault::Lengths(values) => lengths_of(values)?,
        _ => lengths(lens.iter().copied())?,
    };
    let shape: Vec<usize> = std::iter::once(total + tail).chain(row.iter().copied()).collect();
    Ok(KvCacheGather::new(cache, table, kv_lens, g.output(c.dtype, Dims::new(&shape)?)?))
}

pub(super) fn kv_cache_gather(coverage: &[Coverage]) -> Vec<Case> {
    type Shape = (&'static str, &'static [usize], usize, &'static [usize], usize);
    const PLAIN: [Shape; 5] = [
        ("l9_l4_l1_p4_h2_d8", &[9, 4, 1], 4, &[2, 8], 0),
        ("l130_l1_p128_h4_d128", &[130, 1], 128, &[4, 128], 0),
        ("latents_l33_p16_c512", &[33], 16, &[512], 0),
        ("l7_p1_c1", &[7], 1, &[1], 0),
        ("l16383_l16385_p64_c1", &[16_383, 16_385], 64, &[1], 0),
    ];
    let mut cases = Vec::new();
    for &c in coverage {
        let shapes: &[Shape] =
            match c.rule {
                "plain" => &PLAIN,
                "no_tokens" => &[("b0", &[], 4, &[2, 8], 0), ("b2_l0", &[0, 0], 4, &[2, 8], 0)],
                "empty_sequence" => &[("l3_l0_l0_l5_l0", &[3, 0, 0, 5, 0], 4, &[2, 8], 0)],
                "tail_untouched" => &[("tail3_l6_l2", &[6, 2], 4, &[2, 8], 3), ("tail2_b0", &[], 4, &[2, 8], 2)],
                "partial_page" => &[("l5_l3_l8_p4", &[5, 3, 8], 4, &[2, 8], 0)],
                "bad_table" => {
                    for (what, id) in [("none", -1), ("beyond", i32::MAX)] {
                        cases.push(Case::refused(c, what, "table", move |g| {
                            Ok(gather(c, &[6, 2], 4, &[2, 8], 0, Fault::Table(id), g)?.into())
                        }));
                    }
                    continue;
                }
                "bad_lengths" => {
                    let faults: [(&str, &'static [i32]); 4] =
                        [("start", &[1, 6, 8]), ("falls", &[0, 6, 5]), ("beyond_out", &[0, 6, 9]), ("negative", &[0, -1, 8])];
                    for (what, values) in faults {
                        cases.push(Case::refused(c, what, "kv_lens", move |g| {
                            Ok(gather(c, &[6, 2], 4, &[2, 8], 0, Fault::Lengths(values), g)?.into())
                        }));
                    }
                    // Longer than the table has columns for, within the rows of `out`.
                    cases.push(Case::refused(c, "beyond_table", "kv_lens", move |g| {
                        Ok(gather(c, &[6, 2], 4, &[2, 8], 8, Fault::Lengths(&[0, 14, 16]), g)?.into())
                    }));
                    continue;
                }
                _ => &[("l9_l4_p4_h2_d8", &[9, 4], 4, &[2, 8], 0)],
            };
        for &(what, lens, page, row, tail) in shapes {
            cases.push(Case::covering(c, what, move |g| Ok(gather(c, lens, page, row, tail, Fault::None, g)?.into())));
        }
    }
    cases
}
