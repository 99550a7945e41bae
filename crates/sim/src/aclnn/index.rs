//! Operators that read at indices. An index out of range is undefined on a card and an error here.

use ascend_sys::ffi::*;

use super::check::{around, broadcast_dims, invalid, lines, spread};
use super::run::failed;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::bits;

operators! {
    fn aclnnEmbedding(weight: T, indices: T, out: T) = |weight: Tensor, indices: Tensor, out| {
        weight.of_rank(2..=2)?;
        select(weight, 0, indices, 0, out)
    };
    fn aclnnIndexSelect(self_: T, dim: i64, index: T, out: MutT) = |x: Tensor, dim, index: Tensor, out| {
        index.of_rank(0..=1)?;
        let axis = x.axis(dim)?;
        select(x, axis, index, 0, out)
    };
    fn aclnnGatherV2(self_: T, dim: i64, index: T, out: MutT) = |x: Tensor, dim, index, out| {
        let axis = x.axis(dim)?;
        select(x, axis, index, 0, out)
    };
    fn aclnnGatherV3(self_: T, dim: i64, index: T, batchDims: i64, mode: i64, out: MutT) = gather_v3;
    fn aclnnGather(self_: T, dim: i64, index: T, out: MutT) = gather;
    fn aclnnIndex(self_: T, indices: TL, out: MutT) = index;
    fn aclnnMaskedSelect(self_: T, mask: T, out: MutT) = masked_select;
    fn aclnnOneHot(self_: T, numClasses: i32, onValue: T, offValue: T, axis: i64, out: MutT) = one_hot;
    fn aclnnSWhere(condition: T, self_: T, other: T, out: MutT) = choose;
}

pub(super) const INDICES: &[aclDataType] = &[ACL_INT32, ACL_INT64];

/// Bytes of an element in the form that [`Run::raw`] gives it.
pub(super) fn element_bytes(tensor: &Tensor) -> usize {
    bits(tensor.dtype()).unwrap_or(8).div_ceil(8)
}

/// An index that is read from memory, into `count` places.
pub(super) fn within(tensor: &Tensor, found: i64, count: usize) -> Outcome<usize> {
    let index = usize::try_from(found).ok().filter(|index| *index < count);
    index.ok_or_else(|| failed(format!("{}: 0 to {} asked, {found} found", tensor.name(), count as i64 - 1)))
}

/// The elements at these places.
pub(super) fn pick(run: &Run<'_>, from: &Tensor, places: impl Iterator<Item = Outcome<usize>>, to: &Tensor) -> Outcome {
    let (bytes, size) = (run.raw(from)?, element_bytes(from));
    let mut picked = Vec::with_capacity(to.numel() * size);
    for place in places {
        let place = place? * size;
        picked.extend_from_slice(&bytes[place..place + size]);
    }
    run.put_raw(to, &picked)
}

/// `out[a.., i.., b..] = self[a.., index[i..], b..]`; the first `batch` dimensions of both go together.
fn select(x: Tensor, axis: usize, index: Tensor, batch: usize, out: Tensor) -> Outcome<Plan> {
    index.of_type(INDICES)?;
    out.of_type_of(&x)?;
    for tensor in [&x, &index, &out] {
        tensor.nd()?;
    }
    let (before, count, behind) = around(x.dims(), axis);
    let dims: Vec<usize> =
        x.dims().iter().take(axis).chain(&index.dims()[batch..]).chain(x.dims().iter().skip(axis + 1)).copied().collect();
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    let batches: usize = x.dims()[..batch].iter().product();
    Ok(Plan::new(move |run| {
        let indices = run.ints(&index)?;
        let each = indices.len() / batches;
        let places = (0..before).flat_map(|b| {
            let indices = &indices[b * batches / before * each..][..each];
            let index = &index;
            indices.iter().flat_map(move |found| {
                let row = within(index, *found, count);
                (0..behind).map(move |i| Ok((b * count + row.clone()?) * behind + i))
            })
        });
        pick(run, &x, places, &out)
    }))
}

/// Mode 0 and 1 differ in speed only.
fn gather_v3(x: Tensor, dim: i64, index: Tensor, batch: i64, mode: i64, out: Tensor) -> Outcome<Plan> {
    let axis = x.axis(dim)?;
    if !(0..=1).contains(&mode) {
        return Err(invalid(format!("mode: 0 or 1 asked, {mode} found")));
    }
    let limit = axis.min(index.rank());
    let Some(batch) = usize::try_from(batch).ok().filter(|batch| *batch <= limit) else {
        return Err(invalid(format!("batchDims: 0 to {limit} asked, {batch} found")));
    };
    if x.dims()[..batch] != index.dims()[..batch] {
        return Err(index.invalid(format!("the first {batch} dimensions of {:?} of self asked, {:?} found", x.dims(), index.dims())));
    }
    select(x, axis, index, batch, out)
}

/// As `torch.gather`: `out[i][j] = self[index[i][j]][j]` for dimension 0.
fn gather(x: Tensor, dim: i64, index: Tensor, out: Tensor) -> Outcome<Plan> {
    index.of_type(INDICES)?;
    out.of_type_of(&x)?;
    out.of_shape_of(&index)?;
    index.of_rank(x.rank()..=x.rank())?;
    let axis = x.axis(dim)?;
    if (0..x.rank()).any(|i| i != axis && index.dim(i) > x.dim(i)) {
        return Err(index.invalid(format!("at most {:?} of self asked, {:?} found", x.dims(), index.dims())));
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let found = run.ints(&index)?;
        let mut steps = vec![1; x.rank()];
        for i in (1..x.rank()).rev() {
            steps[i - 1] = steps[i] * x.dim(i);
        }
        let places = (0..found.len()).map(|i| {
            let (mut rest, mut place) = (i, 0);
            for d in (0..x.rank()).rev() {
                let at = rest % index.dim(d);
                rest /= index.dim(d);
                place += steps[d] * if d == axis { within(&index, found[i], x.dim(d))? } else { at };
            }
            Ok(place)
        });
        pick(run, &x, places, &out)
    }))
}

/// What is picked along one dimension of a tensor that is indexed.
enum Picked {
    /// Everything.
    All,
    /// These, in the common shape of all index tensors.
    At(Vec<i64>, Vec<usize>),
}

/// Checks index tensors for a tensor. Those of BOOL stand for the coordinates where they are true, in as many dimensions as they have.
pub(super) fn check_indices(x: &Tensor, indices: &[Option<Tensor>]) -> Outcome {
    let mut used = 0;
    for index in indices {
        let Some(index) = index.as_ref().filter(|index| !index.is_empty()) else {
            used += 1;
            continue;
        };
        if index.dtype() != ACL_BOOL && index.dtype() != ACL_UINT8 {
            index.of_type(INDICES)?;
            used += 1;
            continue;
        }
        let dims = x.dims().get(used..used + index.rank()).unwrap_or_default();
        index.of_shape(dims)?;
        used += index.rank();
    }
    if used > x.rank().max(1) {
        return Err(invalid(format!("indices: at most {} asked for self of shape {:?}, {used} found", x.rank(), x.dims())));
    }
    Ok(())
}

/// The shape of `self[indices]`, and the place of each of its elements.
pub(super) fn indexed(run: &Run<'_>, x: &Tensor, indices: &[Option<Tensor>]) -> Outcome<(Vec<usize>, Vec<usize>)> {
    let mut picks = Vec::new();
    for index in indices {
        let Some(index) = index.as_ref().filter(|index| !index.is_empty()) else {
            picks.push(Picked::All);
            continue;
        };
        let found = run.ints(index)?;
        if INDICES.contains(&index.dtype()) {
            let count = x.dim(picks.len());
            let wrapped = |at: i64| within(index, if at < 0 { at + count as i64 } else { at }, count).map(|at| at as i64);
            picks.push(Picked::At(found.into_iter().map(wrapped).collect::<Outcome<_>>()?, index.dims().to_vec()));
            continue;
        }
        let mut coordinates = vec![Vec::new(); index.rank()];
        for (mut rest, _) in found.iter().enumerate().filter(|(_, value)| **value != 0) {
            for (d, dim) in index.dims().iter().enumerate().rev() {
                coordinates[d].push((rest % dim) as i64);
                rest /= dim;
            }
        }
        picks.extend(coordinates.into_iter().map(|at| {
            let dims = vec![at.len()];
            Picked::At(at, dims)
        }));
    }
    picks.resize_with(x.rank().max(picks.len()), || Picked::All);
    let mut common = Vec::new();
    let mut chosen = Vec::new();
    for (d, picked) in picks.iter().enumerate() {
        if let Picked::At(_, dims) = picked {
            chosen.push(d);
            common =
                broadcast_dims(&common, dims).ok_or_else(|| failed(format!("indices: shapes {common:?} and {dims:?} do not broadcast")))?;
        }
    }
    // As in torch: the common shape stands where the indexed dimensions were if they are neighbours, else in front.
    let neighbours = chosen.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let front = if neighbours { chosen.first().copied().unwrap_or(0) } else { 0 };
    let free: Vec<usize> = (0..x.rank()).filter(|d| !chosen.contains(d)).collect();
    let dims: Vec<usize> =
        free[..front].iter().map(|d| x.dim(*d)).chain(common.iter().copied()).chain(free[front..].iter().map(|d| x.dim(*d))).collect();
    let mut steps = vec![1; x.rank().max(1)];
    for i in (1..x.rank()).rev() {
        steps[i - 1] = steps[i] * x.dim(i);
    }
    let count: usize = common.iter().product();
    let mut offsets = vec![0; count];
    for d in &chosen {
        if let Picked::At(at, shape) = &picks[*d] {
            offsets.iter_mut().zip(spread(shape, &common)).for_each(|(offset, i)| *offset += at[i] as usize * steps[*d]);
        }
    }
    let mut places = Vec::with_capacity(dims.iter().product());
    let free_places = |free: &[usize]| -> Vec<usize> {
        free.iter().fold(vec![0], |places, d| {
            let (count, step) = (x.dim(*d), steps[*d]);
            places.iter().flat_map(|place| (0..count).map(move |i| place + i * step)).collect()
        })
    };
    let (outer, inner) = (free_places(&free[..front]), free_places(&free[front..]));
    for before in &outer {
        for offset in &offsets {
            places.extend(inner.iter().map(|behind| before + offset + behind));
        }
    }
    Ok((dims, places))
}

fn index(x: Tensor, indices: Vec<Option<Tensor>>, out: Tensor) -> Outcome<Plan> {
    out.of_type_of(&x)?;
    x.nd()?;
    out.nd()?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    check_indices(&x, &indices)?;
    Ok(Plan::new(move |run| {
        let (dims, places) = indexed(run, &x, &indices)?;
        if dims != out.dims() {
            return Err(failed(format!("out: shape {dims:?} asked, {:?} found", out.dims())));
        }
        pick(run, &x, places.into_iter().map(Ok), &out)
    }))
}

/// The elements where the mask is true, after both broadcast. How many there are is known when it has run: the tensor's view is changed then.
fn masked_select(x: Tensor, mask: Tensor, out: Tensor) -> Outcome<Plan> {
    mask.of_type(&[ACL_BOOL, ACL_UINT8])?;
    out.of_type_of(&x)?;
    out.of_rank(1..=1)?;
    let dims = super::check::broadcast(&x, &mask)?;
    let most: usize = dims.iter().product();
    if out.numel() < most {
        return Err(out.invalid(format!("room for {most} elements asked, shape {:?} found", out.dims())));
    }
    Ok(Plan::new(move |run| {
        let (from, where_) = (spread(x.dims(), &dims), spread(mask.dims(), &dims));
        let (chosen, bytes, size) = (run.ints(&mask)?, run.raw(&x)?, element_bytes(&x));
        let mut all = run.raw(&out)?;
        let mut count = 0;
        for (from, _) in from.iter().zip(where_).filter(|(_, at)| chosen[*at] != 0) {
            all[count * size..(count + 1) * size].copy_from_slice(&bytes[from * size..(from + 1) * size]);
            count += 1;
        }
        run.put_raw(&out, &all)?;
        out.set_view(vec![count]);
        Ok(())
    }))
}

/// `onValue` at the class of each element and `offValue` elsewhere, with the classes as the dimension `axis`. A class out of range is nowhere.
fn one_hot(x: Tensor, classes: i32, on: Tensor, off: Tensor, axis: i64, out: Tensor) -> Outcome<Plan> {
    x.of_type(&[ACL_INT32, ACL_INT64, ACL_UINT8])?;
    for value in [&on, &off] {
        value.of_type_of(&out)?;
        if value.numel() != 1 {
            return Err(value.invalid(format!("1 element asked, shape {:?} found", value.dims())));
        }
    }
    let classes = usize::try_from(classes).map_err(|_| invalid(format!("numClasses: 0 or more asked, {classes} found")))?;
    let rank = x.rank() as i64;
    if !(-1..=rank).contains(&axis) {
        return Err(invalid(format!("axis: -1 to {rank} asked, {axis} found")));
    }
    let axis = if axis < 0 { x.rank() } else { axis as usize };
    let mut dims = x.dims().to_vec();
    dims.insert(axis, classes);
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (on, off, found) = (run.raw(&on)?, run.raw(&off)?, run.ints(&x)?);
        let mut all = off.repeat(out.numel());
        for (places, class) in lines(out.dims(), axis).zip(found) {
            if let Some(place) = usize::try_from(class).ok().and_then(|class| places.clone().nth(class)) {
                all[place * on.len()..(place + 1) * on.len()].copy_from_slice(&on);
            }
        }
        run.put_raw(&out, &all)
    }))
}

/// `self` where the condition is true, `other` where it is not; all broadcast.
fn choose(condition: Tensor, x: Tensor, other: Tensor, out: Tensor) -> Outcome<Plan> {
    condition.of_type(&[ACL_BOOL, ACL_UINT8])?;
    other.of_type_of(&x)?;
    out.of_type_of(&x)?;
    for tensor in [&condition, &x, &other, &out] {
        tensor.nd()?;
    }
    let both = super::check::broadcast(&x, &other)?;
    let dims = broadcast_dims(&both, condition.dims())
        .ok_or_else(|| condition.invalid(format!("shape {:?} does not broadcast with {both:?}", condition.dims())))?;
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (yes, no, size) = (run.raw(&x)?, run.raw(&other)?, element_bytes(&x));
        let chosen = run.ints(&condition)?;
        let places = spread(condition.dims(), &dims).into_iter().zip(spread(x.dims(), &dims)).zip(spread(other.dims(), &dims));
        let mut all = Vec::with_capacity(out.numel() * size);
        for ((condition, a), b) in places {
            let (from, place) = if chosen[condition] != 0 { (&yes, a) } else { (&no, b) };
            all.extend_from_slice(&from[place * size..(place + 1) * size]);
        }
        run.put_raw(&out, &all)
    }))
}
