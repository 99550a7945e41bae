//! Products of floats with weights in codes, and how such weights are packed.
//!
//! Sources: the documents of aclnnWeightQuantBatchMatmulV2, V3 and aclnnConvertWeightToINT4Pack, in their parts for Atlas A2. Scales in the form of the fixed
//! pipe (UINT64) are not simulated.

use ascend_sys::ffi::*;

use super::check::{invalid, unsupported};
use super::matmul::WORKSPACE_BYTES;
use super::numeric::{PipeScale, code_shape, codes, is_4bit, pack_words, product, singles, to_code};
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;

type One = Option<Tensor>;

operators! {
    fn aclnnWeightQuantBatchMatmulV2(x: T, weight: T, antiquantScale: T, antiquantOffsetOptional: T, quantScaleOptional: T, quantOffsetOptional: T, biasOptional: T, antiquantGroupSize: i32, y: T)
        = |x, weight, scale, offset, out_scale, out_offset, bias, group, y| plan(Call { x, weight, scale, offset, out_scale, out_offset, bias, group, y });
    fn aclnnWeightQuantBatchMatmulV3(x: T, weight: T, antiquantScale: T, antiquantOffsetOptional: T, quantScaleOptional: T, quantOffsetOptional: T, biasOptional: T, antiquantGroupSize: i32, innerPrecise: i32, y: T)
        = |x, weight, scale, offset, out_scale, out_offset, bias, group, precise: i32, y| {
            if !(0..=1).contains(&precise) {
                return Err(invalid(format!("innerPrecise: 0 or 1 asked, {precise} found")));
            }
            plan(Call { x, weight, scale, offset, out_scale, out_offset, bias, group, y })
        };
    fn aclnnConvertWeightToINT4Pack(weight: T, weightInt4Pack: MutT) = pack;
}

struct Call {
    x: Tensor,
    weight: Tensor,
    scale: Tensor,
    offset: One,
    out_scale: One,
    out_offset: One,
    bias: One,
    group: i32,
    y: Tensor,
}

/// How many rows share a scale: all of them, or a group.
fn group_rows(call: &Call, k: usize, n: usize) -> Outcome<usize> {
    let group = call.group as usize;
    if call.group != 0 && (call.group < 32 || group >= k || !group.is_multiple_of(32)) {
        return Err(invalid(format!("antiquantGroupSize: 0 or a multiple of 32 from 32 to {} asked, {} found", k - 1, call.group)));
    }
    let fits = match (call.group, call.scale.dims()) {
        (0, [width] | [1, width]) => *width == 1 || *width == n,
        (_, [groups, width]) => call.group != 0 && *groups == k.div_ceil(group) && *width == n,
        _ => false,
    };
    if !fits {
        return Err(call.scale.invalid(format!(
            "a number for each tensor, column, or group of {} rows asked, shape {:?} found",
            call.group,
            call.scale.dims()
        )));
    }
    Ok(if group == 0 { k } else { group })
}

/// Which weights in blocks A2 has.
fn check_blocks(call: &Call, k: usize, n: usize) -> Outcome {
    let four = is_4bit(call.weight.dtype());
    let fits = match (call.group, four) {
        _ if call.out_scale.is_some() => false,
        (0, false) => call.scale.numel() == n,
        (0, true) => call.scale.numel() == n && call.weight.is_transposed(),
        (64 | 128, true) => {
            !call.weight.is_transposed() && !call.x.is_transposed() && k.is_multiple_of(call.group as usize) && n.is_multiple_of(64)
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else {
        Err(call.weight.invalid(format!("FRACTAL_NZ of {k} x {n} with groups of {} is not among the forms of A2", call.group)))
    }
}

/// `x @ ((weight + offset) * scale) + bias`, into INT8 with a scale of its own.
fn plan(mut call: Call) -> Outcome<Plan> {
    call.x.of_type(&[ACL_FLOAT16, ACL_BF16])?;
    call.x.nd()?;
    call.weight.of_type(&[ACL_INT8, ACL_INT4, ACL_INT32])?;
    if matches!(call.scale.dtype(), ACL_UINT64 | ACL_INT64) {
        return Err(unsupported("antiquantScale: scales of 64 bits are not simulated"));
    }
    call.scale.of_type_of(&call.x)?;
    if let Some(offset) = &call.offset {
        offset.of_type_of(&call.x)?;
        offset.of_shape_of(&call.scale)?;
    }
    match &call.out_scale {
        Some(scale) => {
            scale.of_type(&[ACL_UINT64])?;
            call.y.of_type(&[ACL_INT8])?;
        }
        None => call.y.of_type_of(&call.x)?,
    }
    call.x.of_rank(2..=2)?;
    let (m, k, n) = (call.x.dim(0), call.x.dim(1), call.y.dim_back(0));
    call.y.of_shape(&[m, n])?;
    let words = if call.weight.dtype() == ACL_INT32 { n / 8 } else { n };
    call.weight = call.weight.within_padding(k, words);
    call.weight.of_rank(2..=2)?;
    let shape = if call.weight.dtype() == ACL_INT32 { code_shape(&call.weight) } else { (call.weight.dim(0), call.weight.dim(1)) };
    if shape != (k, n) {
        return Err(call.weight.invalid(format!("{k} x {n} asked, {} x {} found", shape.0, shape.1)));
    }
    if m == 0 || !(1..=65535).contains(&k) || !(1..=65535).contains(&n) {
        return Err(invalid(format!("x, weight: 1 to 65535 rows and columns asked, {m} x {k} and {k} x {n} found")));
    }
    if call.weight.dtype() == ACL_INT4 && (if call.weight.is_transposed() { k } else { n }) % 2 != 0 {
        return Err(call.weight.invalid("an even size of the dimension that is contiguous asked"));
    }
    let rows = group_rows(&call, k, n)?;
    if call.weight.is_fractal() {
        check_blocks(&call, k, n)?;
    }
    if let Some(bias) = &call.bias {
        bias.of_type(&[if call.x.dtype() == ACL_FLOAT16 { ACL_FLOAT16 } else { ACL_FLOAT }])?;
        if bias.dims() != [n] && bias.dims() != [1, n] {
            return Err(bias.invalid(format!("shape [{n}] asked, {:?} found", bias.dims())));
        }
    }
    for tensor in [&call.out_scale, &call.out_offset].into_iter().flatten() {
        if tensor.numel() != 1 && tensor.numel() != n {
            return Err(tensor.invalid(format!("1 or {n} numbers asked, shape {:?} found", tensor.dims())));
        }
    }
    if let Some(offset) = &call.out_offset {
        offset.of_type(&[ACL_FLOAT])?;
        if call.out_scale.is_none() {
            return Err(invalid("quantOffsetOptional: null asked where quantScaleOptional is null"));
        }
    }
    Ok(Plan::new(move |run| {
        let scale = singles(run, &call.scale)?;
        let offset = call.offset.as_ref().map(|offset| singles(run, offset)).transpose()?;
        let width = call.scale.dim_back(0);
        let weight: Vec<f32> = codes(run, &call.weight)?
            .iter()
            .enumerate()
            .map(|(i, code)| {
                let place = i / n / rows * width + i % n % width;
                (f32::from(*code) + offset.as_ref().map_or(0.0, |offset| offset[place])) * scale[place]
            })
            .collect();
        let mut sums = product(run, &singles(run, &call.x)?, &weight, [m, k, n])?;
        if let Some(bias) = &call.bias {
            let bias = singles(run, bias)?;
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum += bias[i % n];
            }
        }
        let Some(out_scale) = &call.out_scale else {
            return run.put_floats(&call.y, &sums.iter().map(|sum| f64::from(*sum)).collect::<Vec<_>>());
        };
        let pipe: Vec<PipeScale> = run.ints(out_scale)?.into_iter().map(PipeScale::of).collect();
        let offsets = call.out_offset.as_ref().map(|offset| singles(run, offset)).transpose()?;
        let code = |(i, sum): (usize, &f32)| {
            let pipe = pipe[i % n % pipe.len()];
            to_code(sum * pipe.scale + offsets.as_ref().map_or(pipe.offset, |offsets| offsets[i % n % offsets.len()]), 8)
        };
        run.put_ints(&call.y, &sums.iter().enumerate().map(code).collect::<Vec<_>>())
    })
    .with_workspace(WORKSPACE_BYTES))
}

/// INT32 that hold a code each, to INT4, or to INT32 that hold eight, in rows or in blocks.
fn pack(from: Tensor, to: Tensor) -> Outcome<Plan> {
    from.of_type(&[ACL_INT32])?;
    from.nd()?;
    from.not_empty()?;
    from.of_rank(2..=3)?;
    to.of_type(&[ACL_INT4, ACL_INT32])?;
    let mut dims = from.dims().to_vec();
    let unit = if to.dtype() == ACL_INT4 { 2 } else { 8 };
    let last = dims.len() - 1;
    if !dims[last].is_multiple_of(unit) {
        return Err(from.invalid(format!("a last dimension that {unit} divides asked, {} found", dims[last])));
    }
    if unit == 8 {
        dims[last] /= 8;
    }
    let to = to.within_padding(dims[last - 1], dims[last]);
    to.of_shape(&dims)?;
    Ok(Plan::new(move |run| {
        let values = run.ints(&from)?;
        if let Some(value) = values.iter().find(|value| !(-8..8).contains(*value)) {
            return Err(super::run::failed(format!("weight: {value} does not fit into 4 bits")));
        }
        run.clear(&to);
        if unit == 8 { run.put_ints(&to, &pack_words(&values)) } else { run.put_ints(&to, &values) }
    }))
}
