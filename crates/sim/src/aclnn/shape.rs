//! Operators that repeat, cut out and pad.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{around, invalid};
use super::index::{element_bytes, pick};
use super::numeric::is_float;
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::Scalar;

operators! {
    fn aclnnRepeat(self_: T, repeats: IA, out: MutT) = repeat;
    fn aclnnRepeatInterleaveIntWithDim(self_: T, repeats: i64, dim: i64, outputSize: i64, out: MutT) = repeat_interleave;
    fn aclnnSlice(self_: T, dim: i64, start: i64, end: i64, step: i64, out: MutT) = |x, dim, start, end, step, out| {
        slice(x, &[start], &[end], &[dim], &[step], out)
    };
    fn aclnnSliceV2(self_: T, starts: IA, ends: IA, axes: IA, steps: IA, out: MutT) = |x, starts: Arc<[i64]>, ends: Arc<[i64]>, axes: Arc<[i64]>, steps: Arc<[i64]>, out| {
        slice(x, &starts, &ends, &axes, &steps, out)
    };
    fn aclnnConstantPadNd(self_: T, pad: IA, value: S, out: MutT) = constant_pad;
    fn aclnnReflectionPad1d(self_: T, padding: IA, out: MutT) = reflection_pad;
}

/// For every element of `out`, the element of `x` that it is made of, by a rule for each dimension; none where there is none.
fn map(x: &Tensor, out: &[usize], from: impl Fn(usize, usize) -> Option<usize>) -> Vec<Option<usize>> {
    let extra = out.len() - x.rank();
    let total: usize = out.iter().product();
    let mut places = Vec::with_capacity(total);
    for i in 0..total {
        let (mut rest, mut place, mut step) = (i, Some(0), 1);
        for d in (0..out.len()).rev() {
            let at = rest % out[d];
            rest /= out[d];
            if d >= extra {
                let found = from(d - extra, at);
                place = place.zip(found).map(|(place, found)| place + found * step);
                step *= x.dim(d - extra);
            }
        }
        places.push(place);
    }
    places
}

/// A plan that copies elements of `x` to all of `out`.
fn copying(x: Tensor, out: Tensor, from: impl Fn(usize, usize) -> usize + Send + Sync + 'static) -> Outcome<Plan> {
    x.nd()?;
    out.nd()?;
    out.of_type_of(&x)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let places = map(&x, out.dims(), |d, at| Some(from(d, at)));
        pick(run, &x, places.into_iter().flatten().map(Ok), &out)
    }))
}

/// The tensor side by side with itself; there may be more repeats than dimensions.
fn repeat(x: Tensor, repeats: Arc<[i64]>, out: Tensor) -> Outcome<Plan> {
    let counts: Option<Vec<usize>> = repeats.iter().map(|count| usize::try_from(*count).ok()).collect();
    let Some(counts) = counts.filter(|counts| counts.len() >= x.rank()) else {
        return Err(invalid(format!("repeats: {} numbers from 0 on, or more, asked, {repeats:?} found", x.rank())));
    };
    let extra = counts.len() - x.rank();
    let dims: Vec<usize> = counts.iter().enumerate().map(|(d, count)| if d < extra { *count } else { count * x.dim(d - extra) }).collect();
    out.of_shape(&dims)?;
    let sizes = x.dims().to_vec();
    copying(x, out, move |d, at| at % sizes[d])
}

/// Each step along the dimension `repeats` times, one behind the other.
fn repeat_interleave(x: Tensor, repeats: i64, dim: i64, size: i64, out: Tensor) -> Outcome<Plan> {
    let axis = x.axis(dim)?;
    let Ok(count) = usize::try_from(repeats) else {
        return Err(invalid(format!("repeats: 0 or more asked, {repeats} found")));
    };
    let mut dims = x.dims().to_vec();
    dims.iter_mut().skip(axis).take(1).for_each(|dim| *dim *= count);
    if dims.get(axis).is_some_and(|dim| *dim as i64 != size) {
        return Err(invalid(format!("outputSize: {} asked, {size} found", dims[axis])));
    }
    out.of_shape(&dims)?;
    copying(x, out, move |d, at| if d == axis { at / count } else { at })
}

/// Every `step`-th from `start` to in front of `end`; below 0 they are counted from the back.
fn slice(x: Tensor, starts: &[i64], ends: &[i64], axes: &[i64], steps: &[i64], out: Tensor) -> Outcome<Plan> {
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err(invalid(format!(
            "starts, ends, axes and steps: as many of each asked, {starts:?}, {ends:?}, {axes:?} and {steps:?} found"
        )));
    }
    let mut cuts: Vec<(usize, usize)> = vec![(0, 1); x.rank()];
    let mut dims = x.dims().to_vec();
    for (((start, end), axis), step) in starts.iter().zip(ends).zip(axes).zip(steps) {
        let axis = x.axis(*axis)?;
        let size = x.dim(axis) as i64;
        let Some(step) = usize::try_from(*step).ok().filter(|step| *step > 0) else {
            return Err(invalid(format!("step: 1 or more asked, {step} found")));
        };
        let place = |at: i64| if at < 0 { at.saturating_add(size) } else { at }.clamp(0, size) as usize;
        let (start, end) = (place(*start), place(*end));
        if let (Some(cut), Some(dim)) = (cuts.get_mut(axis), dims.get_mut(axis)) {
            *cut = (start, step);
            *dim = end.saturating_sub(start).div_ceil(step);
        }
    }
    out.of_shape(&dims)?;
    copying(x, out, move |d, at| cuts[d].0 + at * cuts[d].1)
}

/// What is added in front of and behind each dimension, the last dimension first; below 0 it is cut off.
fn constant_pad(x: Tensor, pad: Arc<[i64]>, value: Scalar, out: Tensor) -> Outcome<Plan> {
    out.of_type_of(&x)?;
    x.nd()?;
    out.nd()?;
    if !pad.len().is_multiple_of(2) || pad.len() / 2 > x.rank() {
        return Err(invalid(format!("pad: up to {} pairs asked, {pad:?} found", x.rank())));
    }
    let mut front = vec![0; x.rank()];
    let mut dims = Vec::with_capacity(x.rank());
    for d in 0..x.rank() {
        let pair = 2 * (x.rank() - 1 - d);
        let (before, behind) = (pad.get(pair).copied().unwrap_or(0), pad.get(pair + 1).copied().unwrap_or(0));
        let size = usize::try_from(x.dim(d) as i64 + before + behind);
        dims.push(size.map_err(|_| invalid(format!("pad: {pad:?} cuts more off than {:?} has", x.dims())))?);
        front[d] = before;
    }
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let inside = |d: usize, at: usize| usize::try_from(at as i64 - front[d]).ok().filter(|at| *at < x.dim(d));
        // The value in the type of the tensor, over all of it; then the elements where they go.
        if is_float(out.dtype()) {
            run.put_floats(&out, &vec![value.float(); out.numel()])?;
        } else {
            run.put_ints(&out, &vec![value.int(); out.numel()])?;
        }
        let (mut all, bytes, size) = (run.raw(&out)?, run.raw(&x)?, element_bytes(&x));
        for (element, place) in all.chunks_mut(size).zip(map(&x, out.dims(), inside)) {
            if let Some(place) = place {
                element.copy_from_slice(&bytes[place * size..(place + 1) * size]);
            }
        }
        run.put_raw(&out, &all)
    }))
}

/// The last dimension continued by its mirror images, without the element at the edge.
fn reflection_pad(x: Tensor, padding: Arc<[i64]>, out: Tensor) -> Outcome<Plan> {
    x.of_rank(2..=3)?;
    x.of_type(&[ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_INT8, ACL_INT16, ACL_INT32, ACL_INT64, ACL_UINT8, ACL_BOOL, ACL_DOUBLE])?;
    let axis = x.rank() - 1;
    let (before, along, _) = around(x.dims(), axis);
    let [Ok(left), Ok(right)] = [0, 1].map(|i| usize::try_from(padding.get(i).copied().unwrap_or(-1))) else {
        return Err(invalid(format!("padding: 2 numbers from 0 on asked, {padding:?} found")));
    };
    if padding.len() != 2 || left >= along || right >= along || before == 0 {
        return Err(invalid(format!("padding: less than {along} on each side asked, {padding:?} found")));
    }
    let mut dims = x.dims().to_vec();
    dims[axis] = left + along + right;
    out.of_shape(&dims)?;
    copying(x, out, move |d, at| {
        if d != axis {
            return at;
        }
        let at = at.abs_diff(left);
        if at < along { at } else { 2 * (along - 1) - at }
    })
}
