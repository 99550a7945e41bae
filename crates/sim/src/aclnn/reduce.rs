//! Reductions over dimensions, and sums along one.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{invalid, lines};
use super::numeric::is_float;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::Scalar;

operators! {
    fn aclnnReduceSum(self_: T, dims: IA, keepDims: bool, dtype: DataType, out: MutT) = |x, dims, keep, dtype, out| {
        typed(x, dims, keep, dtype, out, |v| v.iter().sum(), |v| v.iter().fold(0, |sum, v| sum.wrapping_add(*v)))
    };
    fn aclnnMean(self_: T, dim: IA, keepDim: bool, dtype: DataType, out: MutT) = |x, dims, keep, dtype, out: Tensor| {
        out.of_type(FLOATING)?;
        typed(x, dims, keep, dtype, out, mean, |_| 0)
    };
    fn aclnnMeanV2(self_: T, dim: IA, keepDim: bool, noopWithEmptyAxes: bool, out: MutT) = |x: Tensor, dims, keep, noop, out: Tensor| {
        x.of_type(FLOATING)?;
        out.of_type_of(&x)?;
        over(x, dims, keep, noop, out, mean, |_| 0)
    };
    fn aclnnMax(self_: T, out: MutT) = |x, out| extreme(x, Arc::new([]), false, false, out, true);
    fn aclnnMin(self_: T, out: MutT) = |x, out| extreme(x, Arc::new([]), false, false, out, false);
    fn aclnnAmax(self_: T, dim: IA, keepDim: bool, out: MutT) = |x, dims, keep, out| extreme(x, dims, keep, false, out, true);
    fn aclnnAmin(self_: T, dim: IA, keepDim: bool, out: MutT) = |x, dims, keep, out| extreme(x, dims, keep, false, out, false);
    fn aclnnMaxV2(self_: T, dims: IA, keepDims: bool, noopWithEmptyDims: bool, out: MutT) = |x, dims, keep, noop, out| extreme(x, dims, keep, noop, out, true);
    fn aclnnAny(self_: T, dim: IA, keepdim: bool, out: MutT) = |x, dims, keep, out| truth(x, dims, keep, out, true);
    fn aclnnAll(self_: T, dim: IA, keepdim: bool, out: MutT) = |x, dims, keep, out| truth(x, dims, keep, out, false);
    fn aclnnNorm(self_: T, pScalar: S, dim: IA, keepdim: bool, out: MutT) = norm;
    fn aclnnCumsum(self_: T, dim: i64, dtype: DataType, out: MutT) = |x, dim, dtype, out: Tensor| {
        out.of_type(&[dtype])?;
        cumsum(x, dim, false, false, out)
    };
    fn aclnnCumsumV2(self_: T, dim: i64, exclusive: bool, reverse: bool, out: MutT) = |x: Tensor, dim, exclusive, reverse, out: Tensor| {
        out.of_type_of(&x)?;
        cumsum(x, dim, exclusive, reverse, out)
    };
    fn aclnnBincount(self_: T, weights: T, minlength: i64, out: MutT) = bincount;
}

const FLOATING: &[aclDataType] = &[ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_DOUBLE];

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The elements that come together in each element of a result with the dimensions `kept`, which has 1 for those that go.
fn groups<T>(values: Vec<T>, dims: &[usize], kept: &[usize]) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = std::iter::repeat_with(Vec::new).take(kept.iter().product()).collect();
    for (value, place) in values.into_iter().zip(super::check::spread(kept, dims)) {
        groups[place].push(value);
    }
    groups
}

/// A reduction over dimensions; none named are all of them, unless `noop` says otherwise.
fn over(
    x: Tensor,
    axes: Arc<[i64]>,
    keep: bool,
    noop: bool,
    out: Tensor,
    float: impl Fn(&[f64]) -> f64 + Send + Sync + 'static,
    whole: impl Fn(&[i64]) -> i64 + Send + Sync + 'static,
) -> Outcome<Plan> {
    x.nd()?;
    out.nd()?;
    let mut gone = vec![axes.is_empty() && !noop; x.rank()];
    for axis in axes.iter() {
        let axis = x.axis(*axis)?;
        if let Some(gone) = gone.get_mut(axis)
            && std::mem::replace(gone, true)
        {
            return Err(invalid(format!("dim: dimension {axis} is named twice")));
        }
    }
    let kept: Vec<usize> = x.dims().iter().zip(&gone).map(|(dim, gone)| if *gone { 1 } else { *dim }).collect();
    let dims: Vec<usize> =
        x.dims().iter().zip(&gone).filter(|(_, gone)| keep || !**gone).map(|(dim, gone)| if *gone { 1 } else { *dim }).collect();
    // A whole reduction may be stored in one element of any rank.
    if !(dims.is_empty() && out.numel() == 1) {
        out.of_shape(&dims)?;
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        if is_float(x.dtype()) || is_float(out.dtype()) {
            let results: Vec<f64> = groups(run.floats(&x)?, x.dims(), &kept).iter().map(|group| float(group)).collect();
            return run.put_floats(&out, &results);
        }
        let results: Vec<i64> = groups(run.ints(&x)?, x.dims(), &kept).iter().map(|group| whole(group)).collect();
        run.put_ints(&out, &results)
    }))
}

fn typed(
    x: Tensor,
    axes: Arc<[i64]>,
    keep: bool,
    dtype: aclDataType,
    out: Tensor,
    float: impl Fn(&[f64]) -> f64 + Send + Sync + 'static,
    whole: impl Fn(&[i64]) -> i64 + Send + Sync + 'static,
) -> Outcome<Plan> {
    out.of_type(&[dtype])?;
    over(x, axes, keep, false, out, float, whole)
}

/// The greatest or the least. NaN is the result where there is one.
fn extreme(x: Tensor, axes: Arc<[i64]>, keep: bool, noop: bool, out: Tensor, greatest: bool) -> Outcome<Plan> {
    out.of_type_of(&x)?;
    x.not_empty()?;
    let float = move |values: &[f64]| {
        let better = |a: f64, b: f64| if a.is_nan() || (a > b) == greatest && a != b { a } else { b };
        values.iter().copied().reduce(|a, b| if b.is_nan() { b } else { better(a, b) }).unwrap_or(f64::NAN)
    };
    let whole = move |values: &[i64]| if greatest { values.iter().max() } else { values.iter().min() }.copied().unwrap_or_default();
    over(x, axes, keep, noop, out, float, whole)
}

/// Whether any, or whether all are not 0.
fn truth(x: Tensor, axes: Arc<[i64]>, keep: bool, out: Tensor, any: bool) -> Outcome<Plan> {
    out.of_type(&[ACL_BOOL, ACL_UINT8])?;
    let float =
        move |values: &[f64]| f64::from(u8::from(if any { values.iter().any(|v| *v != 0.0) } else { values.iter().all(|v| *v != 0.0) }));
    let whole = move |values: &[i64]| i64::from(if any { values.iter().any(|v| *v != 0) } else { values.iter().all(|v| *v != 0) });
    over(x, axes, keep, false, out, float, whole)
}

/// The p-norm; infinite p are the greatest and the least absolute value, 0 counts what is not 0.
fn norm(x: Tensor, p: Scalar, axes: Arc<[i64]>, keep: bool, out: Tensor) -> Outcome<Plan> {
    x.of_type(&[ACL_FLOAT, ACL_FLOAT16, ACL_BF16])?;
    out.of_type(&[ACL_FLOAT, ACL_FLOAT16, ACL_BF16])?;
    let p = p.float();
    let float = move |values: &[f64]| {
        let sizes = values.iter().map(|v| v.abs());
        match p {
            f64::INFINITY => sizes.fold(0.0, f64::max),
            f64::NEG_INFINITY => sizes.fold(f64::INFINITY, f64::min),
            0.0 => sizes.filter(|v| *v != 0.0).count() as f64,
            p => sizes.map(|v| v.powf(p)).sum::<f64>().powf(1.0 / p),
        }
    };
    over(x, axes, keep, false, out, float, |_| 0)
}

fn cumsum(x: Tensor, dim: i64, exclusive: bool, reverse: bool, out: Tensor) -> Outcome<Plan> {
    x.nd()?;
    out.nd()?;
    out.of_shape_of(&x)?;
    let axis = x.axis(dim)?;
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        if is_float(x.dtype()) || is_float(out.dtype()) {
            let results = sums(&run.floats(&x)?, x.dims(), axis, exclusive, reverse, |a, b| a + b);
            return run.put_floats(&out, &results);
        }
        run.put_ints(&out, &sums(&run.ints(&x)?, x.dims(), axis, exclusive, reverse, i64::wrapping_add))
    }))
}

fn sums<T: Copy + Default>(values: &[T], dims: &[usize], axis: usize, exclusive: bool, reverse: bool, add: impl Fn(T, T) -> T) -> Vec<T> {
    let mut results = vec![T::default(); values.len()];
    for places in lines(dims, axis) {
        let mut places: Vec<usize> = places.collect();
        if reverse {
            places.reverse();
        }
        let mut sum = T::default();
        for place in places {
            let next = add(sum, values[place]);
            results[place] = if exclusive { sum } else { next };
            sum = next;
        }
    }
    results
}

/// How often each number from 0 on comes, or the sum of the weights where it comes.
fn bincount(x: Tensor, weights: Option<Tensor>, least: i64, out: Tensor) -> Outcome<Plan> {
    x.of_type(&[ACL_INT8, ACL_UINT8, ACL_INT16, ACL_INT32, ACL_INT64])?;
    x.of_rank(1..=1)?;
    out.of_rank(1..=1)?;
    if least < 0 || (out.numel() as i64) < least {
        return Err(invalid(format!("minlength: 0 to {} asked, {least} found", out.numel())));
    }
    if let Some(weights) = &weights {
        weights.of_shape_of(&x)?;
        out.of_type(&[ACL_FLOAT, ACL_DOUBLE])?;
    } else {
        out.of_type(&[ACL_INT32, ACL_INT64])?;
    }
    Ok(Plan::new(move |run: &Run<'_>| {
        let weights = weights.as_ref().map(|weights| run.floats(weights)).transpose()?;
        let mut sums = vec![0.0; out.numel()];
        for (i, value) in run.ints(&x)?.into_iter().enumerate() {
            let Some(sum) = usize::try_from(value).ok().and_then(|value| sums.get_mut(value)) else {
                return Err(super::run::failed(format!("self: 0 to {} asked, {value} found", out.numel() - 1)));
            };
            *sum += weights.as_ref().map_or(1.0, |weights| weights[i]);
        }
        run.put_floats(&out, &sums)
    }))
}
