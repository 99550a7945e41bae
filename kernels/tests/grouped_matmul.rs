//! `grouped_matmul`, `grouped_matmul_w8a8`, `grouped_matmul_swiglu` and `grouped_matmul_swiglu_quant` on the twin.

mod common;

use ascend_hal::ops::{Epilogue, GluKind, GroupList, GroupedMatmul, Weight};
use ascend_hal::{DType, Dims, OpCall, host};
use ascend_kernels::tiling::grouped_matmul;
use ascend_validate::cases::fractal_nz;
use ascend_validate::{Gen, Result};
use common::Bench;

const BENCH: Bench = Bench {
    plan: |call, cores| match call {
        OpCall::GroupedMatmul(op) => grouped_matmul::plan(op, cores),
        other => Err(format!("{:?} is no grouped matmul", other.kind())),
    },
};

/// How a weight is stored.
#[derive(Clone, Copy, Debug)]
enum Stored {
    Kn,
    Nk,
    Nz,
}

#[derive(Clone, Copy, Debug)]
struct Case {
    x: DType,
    y: DType,
    stored: Stored,
    /// Rows of each expert.
    counts: &'static [usize],
    /// Rows beyond the groups.
    tail: usize,
    k: usize,
    /// Columns of a weight.
    n: usize,
    cumulative: bool,
    /// 32-bit words of an entry of the group list.
    words: usize,
    epilogue: Epilogue,
}

/// Groups of a few rows, of none, of more than a tile, of one row; tails of a tile in M, N and K, and a K of more than one stage.
const RAGGED: Case = Case {
    x: DType::BF16,
    y: DType::BF16,
    stored: Stored::Kn,
    counts: &[5, 0, 131, 1],
    tail: 3,
    k: 300,
    n: 272,
    cumulative: false,
    words: 2,
    epilogue: Epilogue::None,
};

fn call(g: &mut Gen, case: Case) -> Result<OpCall> {
    let Case { x, y, counts, k, n, .. } = case;
    let (experts, rows) = (counts.len(), counts.iter().sum::<usize>() + case.tail);
    let elements = |g: &mut Gen, shape: Dims| {
        if x == DType::I8 { g.tensor(x, shape, |g, _| g.below(256) as f64 - 128.0) } else { g.normals(x, shape, 0.3) }
    };
    let weight = match case.stored {
        Stored::Kn => Weight::kn(elements(g, [experts, k, n].into())?),
        Stored::Nk => Weight::nk(elements(g, [experts, n, k].into())?)?,
        Stored::Nz => Weight::kn(fractal_nz(&elements(g, [experts, k, n].into())?)?),
    };
    let mut sum = 0;
    let list: Vec<i64> = counts
        .iter()
        .map(|&count| {
            sum += count as i64;
            if case.cumulative { sum } else { count as i64 }
        })
        .collect();
    let list = if case.words == 2 {
        host::tensor(&list, [experts])?
    } else {
        host::tensor(&list.iter().map(|&entry| entry as i32).collect::<Vec<_>>(), [experts])?
    };
    let groups = if case.cumulative { GroupList::Cumulative(list) } else { GroupList::Counts(list) };
    let width = if case.epilogue == Epilogue::None { n } else { n / 2 };
    let weight = if x == DType::I8 { weight.per_channel(g.uniforms(DType::F32, [experts, 1, n], 1e-4, 2e-4)?) } else { weight };
    let mut op = GroupedMatmul::new(elements(g, [rows, k].into())?, weight, groups, g.output(y, [rows, width])?);
    op.epilogue = case.epilogue;
    if let Epilogue::GluQuant(kind) = case.epilogue {
        op = op.with_glu_quant(kind, g.output(DType::F32, [rows])?);
    }
    if x == DType::I8 {
        op = op.with_x_scale(g.uniforms(DType::F32, [rows], 0.5, 1.5)?);
    }
    Ok(op.into())
}

fn passes(case: Case) {
    BENCH.passes(&format!("{case:?}"), &|g| call(g, case));
}

const CLAMPED: GluKind = GluKind::SwigluClamped { limit: 0.5, alpha: 1.702, up_bias: 1.0 };

#[test]
fn products_of_every_type_and_storage_are_right_whatever_the_blocks_and_the_order() {
    for (x, y) in [(DType::BF16, DType::BF16), (DType::F16, DType::F16), (DType::BF16, DType::F32), (DType::F16, DType::F32)] {
        for stored in [Stored::Kn, Stored::Nk, Stored::Nz] {
            passes(Case { x, y, stored, cumulative: y == DType::F32, ..RAGGED });
        }
    }
}

#[test]
fn products_at_the_edges_of_tiles_are_right() {
    for (counts, k, n) in [
        (&[1][..], 1, 16),
        (&[0, 0, 0], 64, 32),
        (&[16, 17], 64, 64),
        (&[128, 129, 127], 33, 48),
        (&[1, 1, 1, 1, 1, 1, 1, 1], 256, 528),
        (&[40], 257, 272),
        (&[3, 2], 20, 5),
    ] {
        for stored in [Stored::Kn, Stored::Nk, Stored::Nz] {
            passes(Case { counts, k, n, stored, ..RAGGED });
        }
    }
}

#[test]
fn integer_products_are_right_whatever_the_blocks_and_the_order() {
    for y in [DType::BF16, DType::F16] {
        for stored in [Stored::Kn, Stored::Nk, Stored::Nz] {
            passes(Case { x: DType::I8, y, stored, k: 530, n: 288, ..RAGGED });
            passes(Case { x: DType::I8, y, stored, counts: &[1, 0, 2], k: 31, n: 48, cumulative: true, ..RAGGED });
        }
    }
}

#[test]
fn gated_products_are_right_whatever_the_blocks_and_the_order() {
    for (x, y) in [(DType::BF16, DType::BF16), (DType::F16, DType::F16), (DType::I8, DType::BF16), (DType::I8, DType::F16)] {
        for (stored, kind) in [(Stored::Kn, GluKind::Swiglu), (Stored::Nk, CLAMPED), (Stored::Nz, GluKind::Swiglu)] {
            passes(Case { x, y, stored, n: 320, epilogue: Epilogue::Glu(kind), ..RAGGED });
            passes(Case { x, y, stored, counts: &[1, 0, 2], n: 64, epilogue: Epilogue::Glu(kind), ..RAGGED });
        }
    }
}

#[test]
fn gated_products_quantised_by_row_are_right_whatever_the_blocks_and_the_order() {
    for x in [DType::BF16, DType::F16, DType::I8] {
        for (stored, kind) in [(Stored::Kn, GluKind::Swiglu), (Stored::Nk, CLAMPED), (Stored::Nz, GluKind::Swiglu)] {
            let case = Case { x, y: DType::I8, stored, n: 320, epilogue: Epilogue::GluQuant(kind), ..RAGGED };
            passes(case);
            passes(Case { counts: &[1, 0, 2], n: 64, cumulative: true, ..case });
        }
    }
    passes(Case { y: DType::I8, counts: &[0, 0], n: 64, epilogue: Epilogue::GluQuant(GluKind::Swiglu), ..RAGGED });
}

#[test]
fn group_lists_of_either_width_are_read() {
    for cumulative in [false, true] {
        passes(Case { words: 1, cumulative, k: 40, n: 48, ..RAGGED });
        passes(Case { words: 1, cumulative, k: 40, n: 64, epilogue: Epilogue::Glu(GluKind::Swiglu), ..RAGGED });
    }
}

#[test]
fn every_flag_and_barrier_is_needed() {
    // More steps than stages, more tiles than accumulators and slots, and more rows than a chunk.
    let deep = Case { counts: &[33, 0, 18], k: 600, n: 528, ..RAGGED };
    let narrow = Case { counts: &[5], n: 16, ..deep };
    let gated = Case { k: 40, n: 1056, epilogue: Epilogue::Glu(GluKind::Swiglu), ..deep };
    let clamped = Case { epilogue: Epilogue::Glu(CLAMPED), ..gated };
    let integer = Case { x: DType::I8, counts: &[70, 9], k: 64, n: 1040, ..RAGGED };
    // More rows of a vector core than stages and than scales that are stored at a time.
    let quantised = Case { counts: &[140], y: DType::I8, k: 40, n: 64, epilogue: Epilogue::GluQuant(GluKind::Swiglu), ..RAGGED };
    let [deep, narrow, gated, clamped, integer, quantised] =
        [deep, narrow, gated, clamped, integer, quantised].map(|case| move |g: &mut Gen| call(g, case));
    BENCH.needs_every_site(&[
        ("deep", 1, &deep),
        ("narrow", 1, &narrow),
        ("gated", 1, &gated),
        ("clamped", 1, &clamped),
        ("integer", 1, &integer),
        ("quantised", 1, &quantised),
    ]);
}

#[test]
fn what_the_kernels_do_not_cover_has_a_reason() {
    let refused = |words: &str, case: Case, change: fn(&mut GroupedMatmul)| {
        BENCH.does_not_cover(words, &|g| {
            let mut op = call(g, case)?;
            if let OpCall::GroupedMatmul(op) = &mut op {
                change(op);
            }
            Ok(op)
        });
    };
    refused("K of 0", Case { k: 0, ..RAGGED }, |_| {});
    refused("f32", Case { x: DType::F32, y: DType::F32, ..RAGGED }, |_| {});
    refused("multiple of 16", Case { n: 40, epilogue: Epilogue::Glu(GluKind::Swiglu), ..RAGGED }, |_| {});
    refused("GegluErf", Case { n: 320, epilogue: Epilogue::Glu(GluKind::GegluErf), ..RAGGED }, |_| {});
    refused("a bias", RAGGED, |op| op.bias = host::zeros(DType::F32, [4, 272]).ok().map(|bias| bias.view()));
    refused("sparse", RAGGED, |op| op.groups = GroupList::Sparse(op.groups.view().clone()));
}
