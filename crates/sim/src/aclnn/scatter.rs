//! Operators that write at indices. An index out of range is undefined on a card and an error here; nothing is written then.

use ascend_sys::ffi::*;

use super::check::{around, broadcast_dims, invalid, spread};
use super::index::{INDICES, check_indices, element_bytes, indexed, within};
use super::numeric::{is_float, rounded};
use super::run::failed;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::{Scalar, row_major};

operators! {
    fn aclnnIndexPutImpl(selfRef: MutT, indices: TL, values: T, accumulate: bool, unsafe_: bool) = |x, indices, values, accumulate, _unsafe: bool| {
        index_put(x, indices, values, accumulate)
    };
    fn aclnnScatter(self_: T, dim: i64, index: T, src: T, reduce: i64, out: MutT)
        = |x, dim, index, src, reduce, out| scatter(x, dim, index, New::Of(src), reduce, out);
    fn aclnnInplaceScatter(selfRef: MutT, dim: i64, index: T, src: T, reduce: i64)
        = |x: Tensor, dim, index, src, reduce| scatter(x.clone(), dim, index, New::Of(src), reduce, x);
    fn aclnnScatterAdd(self_: T, dim: i64, index: T, src: T, out: MutT) = |x, dim, index, src, out| scatter(x, dim, index, New::Of(src), ADD, out);
    fn aclnnScatterValue(self_: T, dim: i64, index: T, value: S, reduce: i64, out: MutT)
        = |x, dim, index, value, reduce, out| scatter(x, dim, index, New::One(value), reduce, out);
    fn aclnnInplaceScatterValue(selfRef: MutT, dim: i64, index: T, value: S, reduce: i64)
        = |x: Tensor, dim, index, value, reduce| scatter(x.clone(), dim, index, New::One(value), reduce, x);
    fn aclnnIndexAdd(self_: T, dim: i64, index: T, source: T, alpha: S, out: MutT) = index_add;
    fn aclnnInplaceIndexCopy(selfRef: MutT, dim: i64, index: T, source: T) = index_copy;
    fn aclnnInplaceMaskedFillScalar(selfRef: MutT, mask: T, value: S) = |x, mask, value: Scalar| masked_fill(x, mask, move |_| Ok((value.float(), value.int())));
    fn aclnnInplaceMaskedFillTensor(selfRef: MutT, mask: T, value: T) = |x, mask, value: Tensor| {
        if value.numel() != 1 {
            return Err(value.invalid(format!("one element asked, shape {:?} found", value.dims())));
        }
        masked_fill(x, mask, move |run| if is_float(value.dtype()) {
            run.floats(&value).map(|v| (v[0], v[0] as i64))
        } else {
            run.ints(&value).map(|v| (v[0] as f64, v[0]))
        })
    };
    fn aclnnScatterNdUpdate(varRef: MutT, indices: T, updates: T) = scatter_nd_update;
    fn aclnnInplaceScatterUpdate(data: MutT, indices: T, updates: T, axis: i64) = scatter_update;
}

/// Writes elements `values[from]` to the places `to`, in order.
fn write(run: &Run<'_>, to: &Tensor, values: &Tensor, pairs: impl Iterator<Item = (usize, usize)>) -> Outcome {
    let (mut all, new, size) = (run.raw(to)?, run.raw(values)?, element_bytes(to));
    for (from, to) in pairs {
        all[to * size..(to + 1) * size].copy_from_slice(&new[from * size..(from + 1) * size]);
    }
    run.put_raw(to, &all)
}

/// Adds `factor * values[from]` at the places `to`. Every sum is rounded to the type, one after the other.
fn add(run: &Run<'_>, x: &Tensor, out: &Tensor, values: &Tensor, factor: &Scalar, pairs: impl Iterator<Item = (usize, usize)>) -> Outcome {
    if is_float(x.dtype()) {
        let (mut all, new) = (run.floats(x)?, run.floats(values)?);
        pairs.for_each(|(from, to)| all[to] = rounded(x.dtype(), all[to] + factor.float() * new[from]));
        return run.put_floats(out, &all);
    }
    let (mut all, new) = (run.ints(x)?, run.ints(values)?);
    pairs.for_each(|(from, to)| all[to] = all[to].wrapping_add(factor.int().wrapping_mul(new[from])));
    run.put_ints(out, &all)
}

/// `self[indices] = values`, or `+=`; the values broadcast.
fn index_put(x: Tensor, indices: Vec<Option<Tensor>>, values: Tensor, accumulate: bool) -> Outcome<Plan> {
    values.of_type_of(&x)?;
    x.nd()?;
    values.nd()?;
    check_indices(&x, &indices)?;
    if x.is_empty() || values.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (dims, places) = indexed(run, &x, &indices)?;
        if broadcast_dims(values.dims(), &dims).as_ref() != Some(&dims) {
            return Err(failed(format!("values: shape {:?} does not broadcast to {dims:?}", values.dims())));
        }
        let pairs = spread(values.dims(), &dims).into_iter().zip(places);
        if accumulate { add(run, &x, &x, &values, &Scalar::one(), pairs) } else { write(run, &x, &values, pairs) }
    }))
}

/// What is written: an element for each index, or the same everywhere.
enum New {
    Of(Tensor),
    One(Scalar),
}

/// `reduce` of aclnnScatter: what is there is replaced (0), added to, or multiplied.
const ADD: i64 = 1;
const MULTIPLY: i64 = 2;

/// `out = self`, and `out[.., index[p], ..]` takes `src[p]` for each place `p` of the index: along `dim` the index says where, along the others it is where `p` is. Where
/// several go to one place, they do so in order; on a card the order is not said.
fn scatter(x: Tensor, dim: i64, index: Tensor, new: New, reduce: i64, out: Tensor) -> Outcome<Plan> {
    x.nd()?;
    index.of_type(INDICES)?;
    index.of_rank(x.rank()..=x.rank())?;
    out.of_type_of(&x)?;
    out.of_shape_of(&x)?;
    let axis = x.axis(dim)?;
    let within_of = |other: &Tensor, except: Option<usize>| {
        let fits = |d: usize| Some(d) == except || index.dim(d) <= other.dim(d);
        if other.rank() == index.rank() && (0..index.rank()).all(fits) {
            return Ok(());
        }
        Err(index.invalid(format!("a shape within {:?} of {} asked, {:?} found", other.dims(), other.name(), index.dims())))
    };
    within_of(&x, Some(axis))?;
    if let New::Of(src) = &new {
        src.of_type_of(&x)?;
        within_of(src, None)?;
    }
    if !(0..=MULTIPLY).contains(&reduce) {
        return Err(invalid(format!("reduce: 0 (replace), 1 (add) or 2 (multiply) asked, {reduce} found")));
    }
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let pairs = across(run, &x, axis, &index, &new)?;
        if is_float(x.dtype()) {
            let values = match &new {
                New::Of(src) => run.floats(src)?,
                New::One(value) => vec![rounded(x.dtype(), value.float())],
            };
            let mut all = run.floats(&x)?;
            for (from, to) in pairs {
                let combined = match reduce {
                    ADD => all[to] + values[from],
                    MULTIPLY => all[to] * values[from],
                    _ => values[from],
                };
                all[to] = rounded(x.dtype(), combined);
            }
            return run.put_floats(&out, &all);
        }
        let values = match &new {
            New::Of(src) => run.ints(src)?,
            New::One(value) => vec![value.int()],
        };
        let mut all = run.ints(&x)?;
        for (from, to) in pairs {
            all[to] = match reduce {
                ADD => all[to].wrapping_add(values[from]),
                MULTIPLY => all[to].wrapping_mul(values[from]),
                _ => values[from],
            };
        }
        run.put_ints(&out, &all)
    }))
}

/// For each place of the index: which new element goes where in `x`.
fn across(run: &Run<'_>, x: &Tensor, axis: usize, index: &Tensor, new: &New) -> Outcome<Vec<(usize, usize)>> {
    let (here, there) = (row_major(index.dims()), row_major(x.dims()));
    let from = match new {
        New::Of(src) => row_major(src.dims()),
        // One element for all.
        New::One(_) => vec![0; index.rank()],
    };
    let place = |(p, found): (usize, i64)| {
        let (mut source, mut target) = (0, 0);
        for d in 0..index.rank() {
            let at = p / here[d] % index.dim(d);
            source += at * from[d];
            target += there[d] * if d == axis { within(index, found, x.dim(d))? } else { at };
        }
        Ok((source, target))
    };
    run.ints(index)?.into_iter().enumerate().map(place).collect()
}

/// Checks that `source` is `x` with as many steps along `dim` as there are indices; gives the dimension.
fn check_rows(x: &Tensor, dim: i64, index: &Tensor, source: &Tensor) -> Outcome<usize> {
    index.of_type(INDICES)?;
    index.of_rank(0..=1)?;
    source.of_type_of(x)?;
    let axis = x.axis(dim)?;
    let mut dims = x.dims().to_vec();
    dims.iter_mut().skip(axis).take(1).for_each(|dim| *dim = index.numel());
    source.of_shape(&dims)?;
    x.nd()?;
    Ok(axis)
}

/// From each element of `source` to its place in `x`.
fn rows(run: &Run<'_>, x: &Tensor, axis: usize, index: &Tensor) -> Outcome<Vec<(usize, usize)>> {
    let (before, count, behind) = around(x.dims(), axis);
    let found = run.ints(index)?.into_iter().map(|at| within(index, at, count)).collect::<Outcome<Vec<_>>>()?;
    let mut pairs = Vec::with_capacity(before * found.len() * behind);
    for b in 0..before {
        for at in &found {
            pairs.extend((0..behind).map(|i| (b * count + at) * behind + i));
        }
    }
    Ok(pairs.into_iter().enumerate().collect())
}

/// `out = self`, and `out[index[i]] += alpha * source[i]` along a dimension.
fn index_add(x: Tensor, dim: i64, index: Tensor, source: Tensor, alpha: Scalar, out: Tensor) -> Outcome<Plan> {
    let axis = check_rows(&x, dim, &index, &source)?;
    out.of_type_of(&x)?;
    out.of_shape_of(&x)?;
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let pairs = rows(run, &x, axis, &index)?;
        add(run, &x, &out, &source, &alpha, pairs.into_iter())
    }))
}

/// `self[index[i]] = source[i]` along a dimension.
fn index_copy(x: Tensor, dim: i64, index: Tensor, source: Tensor) -> Outcome<Plan> {
    let axis = check_rows(&x, dim, &index, &source)?;
    if source.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let pairs = rows(run, &x, axis, &index)?;
        write(run, &x, &source, pairs.into_iter())
    }))
}

/// `self = value` where the mask, which broadcasts, is true.
/// `value` is the number as one with a fraction and as a whole one.
fn masked_fill(x: Tensor, mask: Tensor, value: impl Fn(&Run<'_>) -> Outcome<(f64, i64)> + Send + Sync + 'static) -> Outcome<Plan> {
    mask.of_type(&[ACL_BOOL])?;
    x.nd()?;
    if broadcast_dims(mask.dims(), x.dims()).as_deref() != Some(x.dims()) {
        return Err(mask.invalid(format!("shape {:?} does not broadcast to {:?} of selfRef", mask.dims(), x.dims())));
    }
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (masked, (value, whole)) = (run.ints(&mask)?, value(run)?);
        let places = spread(mask.dims(), x.dims());
        if is_float(x.dtype()) {
            let mut all = run.floats(&x)?;
            all.iter_mut().zip(&places).filter(|(_, at)| masked[**at] != 0).for_each(|(v, _)| *v = value);
            return run.put_floats(&x, &all);
        }
        let mut all = run.ints(&x)?;
        all.iter_mut().zip(&places).filter(|(_, at)| masked[**at] != 0).for_each(|(v, _)| *v = whole);
        run.put_ints(&x, &all)
    }))
}

/// `var[indices[i, :]] = updates[i]`: the last dimension of the indices are coordinates in the first dimensions of `var`.
fn scatter_nd_update(x: Tensor, indices: Tensor, updates: Tensor) -> Outcome<Plan> {
    x.of_type(&[ACL_FLOAT16, ACL_FLOAT, ACL_BF16, ACL_BOOL, ACL_INT8, ACL_INT64])?;
    indices.of_type(INDICES)?;
    updates.of_type_of(&x)?;
    indices.of_rank(1..=8)?;
    let depth = indices.dim_back(0);
    if depth > x.rank() {
        return Err(indices.invalid(format!("at most {} coordinates asked, shape {:?} found", x.rank(), indices.dims())));
    }
    let dims: Vec<usize> = indices.dims()[..indices.rank() - 1].iter().chain(&x.dims()[depth..]).copied().collect();
    updates.of_shape(&dims)?;
    if updates.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let row: usize = x.dims()[depth..].iter().product();
        let mut pairs = Vec::with_capacity(updates.numel());
        for coordinates in run.ints(&indices)?.chunks(depth.max(1)) {
            let mut place = 0;
            for (at, dim) in coordinates.iter().zip(&x.dims()[..depth]) {
                place = place * dim + within(&indices, *at, *dim)?;
            }
            pairs.extend((0..row).map(|i| place * row + i));
        }
        write(run, &x, &updates, pairs.into_iter().enumerate())
    }))
}

/// `updates[b]` goes into `data[b]` from the index of `b` on along `axis`. Indices of two columns name the row of `data` as well.
fn scatter_update(data: Tensor, indices: Tensor, updates: Tensor, axis: i64) -> Outcome<Plan> {
    data.of_type(&[ACL_INT8, ACL_FLOAT16, ACL_FLOAT, ACL_INT32, ACL_BF16])?;
    updates.of_type_of(&data)?;
    indices.of_type(INDICES)?;
    data.of_rank(2..=8)?;
    updates.of_rank(data.rank()..=data.rank())?;
    data.not_empty()?;
    let axis = data.axis(axis)?;
    let batch = updates.dim(0);
    let pairs = indices.rank() == 2;
    match indices.dims() {
        [] if batch == 1 => {}
        [count] if *count == batch => {}
        [count, 2] if *count == batch => {}
        other => {
            return Err(
                indices.invalid(format!("an offset, or a row and an offset, for each of {batch} rows asked, shape {other:?} found"))
            );
        }
    }
    let fits = |d: usize| if d == axis { updates.dim(d) <= data.dim(d) } else { updates.dim(d) == data.dim(d) };
    if axis == 0 || !(1..data.rank()).all(fits) || batch > data.dim(0) {
        return Err(updates.invalid(format!(
            "shape {:?} does not fit into {:?} of data along dimension {axis}",
            updates.dims(),
            data.dims()
        )));
    }
    Ok(Plan::new(move |run| {
        let found = run.ints(&indices)?;
        let (before, count, behind) = around(&data.dims()[1..], axis - 1);
        let along = updates.dim(axis);
        let mut places = Vec::with_capacity(updates.numel());
        for b in 0..batch {
            let (row, start) = if pairs { (found[2 * b], found[2 * b + 1]) } else { (b as i64, found[b]) };
            let row = within(&indices, row, data.dim(0))?;
            let start = within(&indices, start, count + 1 - along)?;
            for outer in 0..before {
                places.extend((0..along * behind).map(|i| ((row * before + outer) * count + start) * behind + i));
            }
        }
        write(run, &data, &updates, places.into_iter().enumerate())
    }))
}
