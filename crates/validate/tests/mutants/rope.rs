//! Mutants of rope.

use ascend_hal::OpKind;
use ascend_hal::ops::Rope;

use crate::Mutant;
use crate::activation::{as_if_contiguous, changed, refuses, twice};
use crate::patch::patch;

pub fn mutants() -> Vec<Mutant> {
    let rope = |breaks, run| Mutant { op: OpKind::Rope, breaks, run };
    vec![
        rope("empty", refuses),
        rope("partial", |inner, call| {
            let op: &Rope = call.try_into()?;
            inner.run(call)?;
            let (d, turned) = (op.x.dim(2), 2 * op.pairs());
            patch(&op.y, |y| y.chunks_mut(d).for_each(|head| head[turned..].fill(0.0)))
        }),
        rope("position_range", |inner, call| {
            let op: &Rope = call.try_into()?;
            let last = op.cos.dim(0) as f64 - 1.0;
            inner.run(&Rope { positions: changed(&op.positions, |p| p.clamp(0.0, last))?, ..op.clone() }.into())
        }),
        rope("empty_section", |inner, call| {
            // A section of no pairs takes one from its neighbour.
            let op: &Rope = call.try_into()?;
            let sections = op.mrope_sections.map(|s| match s {
                [t, 0, w] if t > 0 => [t - 1, 1, w],
                [0, h, w] if h > 0 => [1, h - 1, w],
                other => other,
            });
            inner.run(&Rope { mrope_sections: sections, ..op.clone() }.into())
        }),
        rope("nan", |inner, call| {
            // A NaN reaches all of its head.
            let op: &Rope = call.try_into()?;
            inner.run(call)?;
            let d = op.x.dim(2);
            patch(&op.y, |y| y.chunks_mut(d).filter(|head| head.iter().any(|y| y.is_nan())).for_each(|head| head.fill(f64::NAN)))
        }),
        rope("strided", |inner, call| {
            let op: &Rope = call.try_into()?;
            inner.run(&Rope { x: as_if_contiguous(&op.x)?, ..op.clone() }.into())
        }),
        rope("in_place", twice),
    ]
}
