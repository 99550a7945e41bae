//! Operators that move elements, and casts.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{broadcast_dims, invalid, spread};
use super::numeric::is_float;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::bits;

operators! {
    fn aclnnInplaceCopy(selfRef: MutT, src: T) = copy;
    fn aclnnCast(self_: T, dtype: DataType, out: MutT) = cast;
    fn aclnnCat(tensors: TL, dim: i64, out: MutT) = cat;
    fn aclnnStack(tensors: TL, dim: i64, out: MutT) = stack;
    fn aclnnPermute(self_: T, dims: IA, out: MutT) = permute;
    fn aclnnNonzero(self_: T, out: MutT) = nonzero;
}

/// Elements of one type as another: as `torch.Tensor.to`.
fn convert(run: &Run<'_>, from: &Tensor, to: &Tensor) -> Outcome {
    if from.dtype() == to.dtype() {
        return run.move_elements(from, to);
    }
    if is_float(from.dtype()) { run.put_floats(to, &run.floats(from)?) } else { run.put_ints(to, &run.ints(from)?) }
}

/// `self = src`, which broadcasts and is cast.
fn copy(to: Tensor, from: Tensor) -> Outcome<Plan> {
    to.nd()?;
    from.nd()?;
    if broadcast_dims(from.dims(), to.dims()).as_deref() != Some(to.dims()) {
        return Err(from.invalid(format!("shape {:?} does not broadcast to {:?} of selfRef", from.dims(), to.dims())));
    }
    if to.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        if from.numel() == to.numel() {
            return convert(run, &from, &to);
        }
        let places = spread(from.dims(), to.dims());
        if is_float(from.dtype()) {
            let values = run.floats(&from)?;
            return run.put_floats(&to, &places.iter().map(|i| values[*i]).collect::<Vec<_>>());
        }
        let values = run.ints(&from)?;
        run.put_ints(&to, &places.iter().map(|i| values[*i]).collect::<Vec<_>>())
    }))
}

fn cast(from: Tensor, dtype: aclDataType, to: Tensor) -> Outcome<Plan> {
    from.nd()?;
    to.nd()?;
    to.of_type(&[dtype])?;
    to.of_shape_of(&from)?;
    if to.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| convert(run, &from, &to)))
}

/// The tensors one after the other along a dimension.
fn cat(tensors: Vec<Tensor>, dim: i64, out: Tensor) -> Outcome<Plan> {
    out.nd()?;
    let axis = out.axis(dim)?;
    // As in torch, an empty vector is left out whatever the other shapes are.
    let parts: Vec<Tensor> = tensors.into_iter().filter(|tensor| tensor.dims() != [0]).collect();
    let mut along = 0;
    for part in &parts {
        part.nd()?;
        part.of_type_of(&out)?;
        let mut dims = part.dims().to_vec();
        if dims.len() == out.rank() {
            along += dims[axis];
            dims[axis] = out.dim(axis);
        }
        if dims != out.dims() {
            return Err(part.invalid(format!("shape {:?} does not fit into {:?} along dimension {axis}", part.dims(), out.dims())));
        }
    }
    if along != out.dim(axis) && !(parts.is_empty() && out.is_empty()) {
        return Err(out.invalid(format!("{along} along dimension {axis} asked, shape {:?} found", out.dims())));
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| in_turns(run, &parts, axis, &out)))
}

/// The tensors, which have one shape, one after the other along a new dimension.
fn stack(tensors: Vec<Tensor>, dim: i64, out: Tensor) -> Outcome<Plan> {
    out.nd()?;
    let axis = out.axis(dim)?;
    let Some(first) = tensors.first() else { return Err(invalid("tensors: a tensor at least asked, none found")) };
    let mut dims = first.dims().to_vec();
    for tensor in &tensors {
        tensor.nd()?;
        tensor.of_type_of(&out)?;
        tensor.of_shape_of(first)?;
    }
    dims.insert(axis.min(dims.len()), tensors.len());
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| in_turns(run, &tensors, axis, &out)))
}

/// Writes the parts side by side along `axis`: a piece of each in turn, for every place in the dimensions before. There are elements.
fn in_turns(run: &Run<'_>, parts: &[Tensor], axis: usize, out: &Tensor) -> Outcome {
    let outer: usize = out.dims()[..axis].iter().product();
    let parts: Vec<Vec<u8>> = parts.iter().map(|part| run.raw(part)).collect::<Outcome<_>>()?;
    let mut all = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for i in 0..outer {
        for bytes in &parts {
            let piece = bytes.len() / outer;
            all.extend_from_slice(&bytes[i * piece..(i + 1) * piece]);
        }
    }
    run.put_raw(out, &all)
}

fn permute(from: Tensor, order: Arc<[i64]>, out: Tensor) -> Outcome<Plan> {
    from.nd()?;
    out.nd()?;
    out.of_type_of(&from)?;
    let order: Vec<usize> = order.iter().map(|dim| from.axis(*dim)).collect::<Outcome<_>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != (0..from.rank()).collect::<Vec<_>>() {
        return Err(invalid(format!("dims: each of {} dimensions once asked, {order:?} found", from.rank())));
    }
    out.of_shape(&order.iter().map(|dim| from.dim(*dim)).collect::<Vec<_>>())?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let size = bits(from.dtype()).unwrap_or(8).div_ceil(8);
        let bytes = run.raw(&from)?;
        let mut steps = vec![size; from.rank()];
        for i in (1..from.rank()).rev() {
            steps[i - 1] = steps[i] * from.dim(i);
        }
        let mut all = Vec::with_capacity(bytes.len());
        for i in 0..out.numel() {
            let (mut rest, mut place) = (i, 0);
            for (d, dim) in order.iter().enumerate().rev() {
                place += rest % out.dim(d) * steps[*dim];
                rest /= out.dim(d);
            }
            all.extend_from_slice(&bytes[place..place + size]);
        }
        run.put_raw(&out, &all)
    }))
}

/// Coordinates of the elements that are not 0, one a row. How many there are is known when it has run: the tensor's view is changed then.
fn nonzero(from: Tensor, out: Tensor) -> Outcome<Plan> {
    from.nd()?;
    out.of_type(&[ACL_INT64])?;
    if out.numel() < from.numel() * from.rank() {
        return Err(out.invalid(format!("room for {} elements asked, shape {:?} found", from.numel() * from.rank(), out.dims())));
    }
    Ok(Plan::new(move |run| {
        let mut found = Vec::new();
        for (i, value) in run.floats(&from)?.into_iter().enumerate() {
            if value == 0.0 {
                continue;
            }
            let (mut rest, start) = (i, found.len());
            for dim in from.dims().iter().rev() {
                found.insert(start, (rest % dim) as i64);
                rest /= dim;
            }
        }
        let rows = found.len() / from.rank().max(1);
        found.resize(out.numel(), 0);
        run.put_ints(&out, &found)?;
        out.set_view(vec![rows, from.rank()]);
        Ok(())
    }))
}
