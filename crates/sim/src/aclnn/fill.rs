//! Filling with a value, ranges, and triangles.

use super::check::invalid;
use super::index::element_bytes;
use super::numeric::is_float;
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::Scalar;

operators! {
    fn aclnnInplaceFillScalar(selfRef: MutT, value: S) = fill;
    fn aclnnInplaceZero(selfRef: MutT) = |x| fill(x, Scalar::whole(0));
    fn aclnnInplaceOne(selfRef: T) = |x| fill(x, Scalar::one());
    fn aclnnArange(start: S, end: S, step: S, out: MutT) = arange;
    fn aclnnTriu(self_: T, diagonal: i64, out: MutT) = |x, diagonal, out| triangle(x, diagonal, out, true);
    fn aclnnInplaceTriu(selfRef: MutT, diagonal: i64) = |x: Tensor, diagonal| triangle(x.clone(), diagonal, x, true);
    fn aclnnTril(self_: T, diagonal: i64, out: MutT) = |x, diagonal, out| triangle(x, diagonal, out, false);
}

fn fill(x: Tensor, value: Scalar) -> Outcome<Plan> {
    x.nd()?;
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        if is_float(x.dtype()) {
            run.put_floats(&x, &vec![value.float(); x.numel()])
        } else {
            run.put_ints(&x, &vec![value.int(); x.numel()])
        }
    }))
}

/// `start`, `start + step` and so on, below (or, counting down, above) `end`.
fn arange(start: Scalar, end: Scalar, step: Scalar, out: Tensor) -> Outcome<Plan> {
    out.nd()?;
    let whole = ![&start, &end, &step].iter().any(|value| is_float(value.dtype));
    let count = if whole && step.int() != 0 {
        let span = i128::from(end.int()) - i128::from(start.int());
        let step = i128::from(step.int());
        (span + step - step.signum()) / step
    } else {
        let count = ((end.float() - start.float()) / step.float()).ceil();
        if !count.is_finite() {
            return Err(invalid(format!("step: a step from {} to {} asked, {} found", start.float(), end.float(), step.float())));
        }
        count as i128
    };
    let Some(count) = usize::try_from(count).ok() else {
        return Err(invalid(format!("step: a step from {} towards {} asked, {} found", start.float(), end.float(), step.float())));
    };
    out.of_shape(&[count])?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        if whole && !is_float(out.dtype()) {
            return run.put_ints(&out, &(0..count as i64).map(|i| start.int() + i * step.int()).collect::<Vec<_>>());
        }
        run.put_floats(&out, &(0..count).map(|i| start.float() + i as f64 * step.float()).collect::<Vec<_>>())
    }))
}

/// What lies on and above (or below) a diagonal of each matrix; the rest is 0.
fn triangle(x: Tensor, diagonal: i64, out: Tensor, upper: bool) -> Outcome<Plan> {
    x.of_rank(2..=8)?;
    x.nd()?;
    out.nd()?;
    out.of_type_of(&x)?;
    out.of_shape_of(&x)?;
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (mut all, size) = (run.raw(&x)?, element_bytes(&x));
        let (rows, columns) = (x.dim_back(1), x.dim_back(0));
        for (i, element) in all.chunks_mut(size).enumerate() {
            let distance = (i % columns) as i64 - (i / columns % rows) as i64;
            if (upper && distance < diagonal) || (!upper && distance > diagonal) {
                element.fill(0);
            }
        }
        run.put_raw(&out, &all)
    }))
}
