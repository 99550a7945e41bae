//! Floats to codes and back, and scales in the form of the hardware.
//!
//! Sources: the documents of aclnnDynamicQuant (V2), aclnnAscendQuant (V3), aclnnAscendAntiQuant, aclnnTransQuantParamV2 and V3, in their parts for Atlas A2.

use ascend_sys::ffi::*;

use super::check::{FLOATS, broadcast_dims, invalid, spread};
use super::groups::{GroupList, ListKind};
use super::numeric::{codes, pack_words, quantise_row_to, singles, to_code};
use super::run::failed;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

type One = Option<Tensor>;

operators! {
    fn aclnnDynamicQuant(x: T, smoothScalesOptional: T, yOut: T, scaleOut: T) = |x, smooth, y: Tensor, scale| {
        let kind = i64::from(y.dtype());
        dynamic(x, smooth, None, kind, y, scale, None)
    };
    fn aclnnDynamicQuantV2(x: T, smoothScalesOptional: T, groupIndexOptional: T, dstType: i64, yOut: T, scaleOut: T, offsetOut: T) = dynamic;
    fn aclnnAscendQuant(x: T, scale: T, offset: T, sqrtMode: bool, roundMode: Str, dstType: i32, y: T)
        = |x, scale, offset, sqrt, round, kind, y| quant(x, scale, offset, (sqrt, round, kind, -1), y);
    fn aclnnAscendQuantV3(x: T, scale: T, offset: T, sqrtMode: bool, roundMode: Str, dstType: i32, axis: i32, y: T)
        = |x, scale, offset, sqrt, round, kind, axis, y| quant(x, scale, offset, (sqrt, round, kind, axis), y);
    fn aclnnAscendAntiQuant(x: T, scale: T, offset: T, dstType: i64, sqrtMode: bool, y: T) = anti_quant;
    fn aclnnTransQuantParamV2(scale: T, offset: T, out: T) = |scale, offset, out| trans_param(scale, offset, 0, out);
    fn aclnnTransQuantParamV3(scale: T, offset: T, roundMode: i64, out: T) = trans_param;
}

/// The form of a tensor of codes beside that of the numbers: INT32 holds eight of INT4.
pub(super) fn check_codes(numbers: &Tensor, codes: &Tensor, kind: i64) -> Outcome {
    codes.of_type(&[ACL_INT8, ACL_INT4, ACL_INT32])?;
    if kind != i64::from(codes.dtype()) {
        return Err(invalid(format!("dstType: {} as the type of {} asked, {kind} found", codes.dtype(), codes.name())));
    }
    let mut dims = numbers.dims().to_vec();
    let Some(last) = dims.last_mut() else { return Err(numbers.invalid("a dimension at least asked, none found")) };
    let unit = match codes.dtype() {
        ACL_INT4 => 2,
        ACL_INT32 => 8,
        _ => 1,
    };
    if *last % unit != 0 {
        return Err(numbers.invalid(format!("a last dimension that {unit} divides asked, {last} found")));
    }
    if codes.dtype() == ACL_INT32 {
        *last /= 8;
    }
    codes.of_shape(&dims)
}

/// Stores codes in any of the three types.
pub(super) fn put_codes(run: &Run<'_>, tensor: &Tensor, codes: &[i64]) -> Outcome {
    if tensor.dtype() == ACL_INT32 { run.put_ints(tensor, &pack_words(codes)) } else { run.put_ints(tensor, codes) }
}

/// A scale for each row: of its largest number, or with `offset_out` of its range. `smooth` multiplies each column first, by expert if there are groups.
fn dynamic(x: Tensor, smooth: One, groups: One, kind: i64, y: Tensor, scale: Tensor, offset_out: One) -> Outcome<Plan> {
    x.of_type(&[ACL_FLOAT16, ACL_BF16])?;
    x.nd()?;
    x.of_rank(2..=8)?;
    check_codes(&x, &y, kind)?;
    let rows = &x.dims()[..x.rank() - 1];
    let (count, width) = (rows.iter().product::<usize>(), x.dim_back(0));
    for tensor in [Some(&scale), offset_out.as_ref()].into_iter().flatten() {
        tensor.of_type(&[ACL_FLOAT])?;
        tensor.of_shape(rows)?;
    }
    if let Some(smooth) = &smooth {
        smooth.of_type_of(&x)?;
        match &groups {
            None => smooth.of_shape(&[width])?,
            Some(_) => smooth.of_shape(&[smooth.dim(0), width])?,
        }
        if groups.is_some() && smooth.dim(0) > 1024 {
            return Err(smooth.invalid(format!("1024 experts at most asked, {} found", smooth.dim(0))));
        }
    }
    if let Some(groups) = &groups {
        groups.of_type(&[ACL_INT32])?;
        let Some(smooth) = &smooth else { return Err(invalid("groupIndexOptional: null asked without smoothScalesOptional")) };
        groups.of_shape(&[smooth.dim(0)])?;
    }
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    let bits = if y.dtype() == ACL_INT8 { 8 } else { 4 };
    Ok(Plan::new(move |run| {
        let values = singles(run, &x)?;
        let smooth = smooth.as_ref().map(|smooth| singles(run, smooth)).transpose()?;
        let expert = match &groups {
            Some(groups) => experts_of_rows(run, groups, count)?,
            None => vec![0; count],
        };
        let (mut all, mut scales, mut offsets) = (Vec::new(), Vec::new(), Vec::new());
        for (i, row) in values.chunks(width).enumerate() {
            let row: Vec<f32> = match &smooth {
                Some(smooth) => row.iter().zip(&smooth[expert[i] * width..]).map(|(x, s)| x * s).collect(),
                None => row.to_vec(),
            };
            let (scale, row_codes) = if offset_out.is_some() {
                let (scale, offset, row_codes) = asymmetric(&row, bits);
                offsets.push(f64::from(offset));
                (scale, row_codes)
            } else {
                quantise_row_to(&row, ((1 << (bits - 1)) - 1) as f32, bits)
            };
            scales.push(f64::from(scale));
            all.extend(row_codes);
        }
        put_codes(run, &y, &all)?;
        run.put_floats(&scale, &scales)?;
        offset_out.as_ref().map_or(Ok(()), |offset| run.put_floats(offset, &offsets))
    }))
}

/// `scale = (max - min) / 255`, `offset = 127 - max / scale`; 15 and 7 for 4 bits. A row of one number has no range: its codes are those of its offset.
fn asymmetric(row: &[f32], bits: u32) -> (f32, f32, Vec<i64>) {
    let (most, top) = if bits == 8 { (255.0, 127.0) } else { (15.0, 7.0) };
    let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let min = row.iter().copied().fold(f32::INFINITY, f32::min);
    let scale = (max - min) / most;
    if scale == 0.0 {
        return (scale, top, vec![top as i64; row.len()]);
    }
    let offset = top - max / scale;
    (scale, offset, row.iter().map(|value| to_code(value / scale + offset, bits)).collect())
}

/// The expert of each row, from where the rows of each end.
fn experts_of_rows(run: &Run<'_>, ends: &Tensor, rows: usize) -> Outcome<Vec<usize>> {
    let list = GroupList::from(std::sync::Arc::<[i64]>::from(run.ints(ends)?));
    let groups = list.groups(run, ListKind::Cumulative, ends.numel(), rows)?;
    let experts: Vec<usize> = groups.iter().flat_map(|group| vec![group.expert; group.rows.len()]).collect();
    if experts.len() == rows {
        Ok(experts)
    } else {
        Err(failed(format!("groupIndexOptional: {rows} rows at the end asked, {} found", experts.len())))
    }
}

/// `round(x * scale + offset)`: the scale is the inverse of the step. With `sqrt` the scale is applied twice.
fn quant(x: Tensor, scale: Tensor, offset: One, (sqrt, round, kind, axis): (bool, String, i32, i32), y: Tensor) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    x.of_rank(1..=8)?;
    x.nd()?;
    scale.of_type_of(&x)?;
    check_codes(&x, &y, i64::from(kind))?;
    let axis = x.axis(i64::from(axis))?;
    if axis + 2 < x.rank() {
        return Err(invalid(format!("axis: one of the last two dimensions asked, {axis} of {} found", x.rank())));
    }
    let mut wanted = vec![1; x.rank()];
    wanted[axis] = if scale.numel() == 1 { 1 } else { x.dim(axis) };
    if scale.dims() != wanted && scale.dims() != [wanted[axis]] {
        return Err(scale.invalid(format!("shape [{}] or {wanted:?} asked, {:?} found", wanted[axis], scale.dims())));
    }
    if let Some(offset) = &offset {
        offset.of_type_of(&scale)?;
        offset.of_shape_of(&scale)?;
    }
    let round: fn(f32) -> f32 = match round.as_str() {
        "round" => f32::round_ties_even,
        "ceil" => f32::ceil,
        "floor" => f32::floor,
        "trunc" => f32::trunc,
        other => return Err(invalid(format!("roundMode: round, ceil, floor or trunc asked, {other} found"))),
    };
    if x.is_empty() {
        return Ok(Plan::nothing());
    }
    let bits = if y.dtype() == ACL_INT8 { 8 } else { 4 };
    Ok(Plan::new(move |run| {
        let places = spread(&wanted, x.dims());
        let factors = singles(run, &scale)?;
        let offsets = offset.as_ref().map(|offset| singles(run, offset)).transpose()?;
        let values: Vec<i64> = singles(run, &x)?
            .iter()
            .zip(&places)
            .map(|(x, i)| {
                let scaled = if sqrt { x * factors[*i] * factors[*i] } else { x * factors[*i] };
                to_code(round(scaled + offsets.as_ref().map_or(0.0, |offsets| offsets[*i])), bits)
            })
            .collect();
        put_codes(run, &y, &values)
    }))
}

/// `(x + offset) * scale`, twice the scale with `sqrt`.
fn anti_quant(x: Tensor, scale: Tensor, offset: One, kind: i64, sqrt: bool, y: Tensor) -> Outcome<Plan> {
    x.of_type(&[ACL_INT8, ACL_INT4, ACL_INT32])?;
    x.nd()?;
    scale.of_type(&[ACL_FLOAT, ACL_BF16])?;
    y.of_type(&[ACL_FLOAT16, ACL_BF16])?;
    if kind != i64::from(y.dtype()) {
        return Err(invalid(format!("dstType: {} as the type of y asked, {kind} found", y.dtype())));
    }
    let mut dims = x.dims().to_vec();
    if let (Some(last), ACL_INT32) = (dims.last_mut(), x.dtype()) {
        *last *= 8;
    }
    let width = dims.last().copied().unwrap_or(1);
    if x.dtype() == ACL_INT4 && width % 2 != 0 {
        return Err(x.invalid(format!("an even last dimension asked, {width} found")));
    }
    y.of_shape(&dims)?;
    if scale.rank() > 1 || (scale.numel() != 1 && scale.numel() != width) {
        return Err(scale.invalid(format!("1 or {width} numbers asked, shape {:?} found", scale.dims())));
    }
    if let Some(offset) = &offset {
        offset.of_type_of(&scale)?;
        offset.of_shape_of(&scale)?;
    }
    if y.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let factors = singles(run, &scale)?;
        let offsets = offset.as_ref().map(|offset| singles(run, offset)).transpose()?;
        let values: Vec<f64> = codes(run, &x)?
            .iter()
            .enumerate()
            .map(|(i, code)| {
                let i = i % width % factors.len();
                let shifted = f32::from(*code) + offsets.as_ref().map_or(0.0, |offsets| offsets[i]);
                f64::from(if sqrt { shifted * factors[i] * factors[i] } else { shifted * factors[i] })
            })
            .collect();
        run.put_floats(&y, &values)
    }))
}

/// The upper 19 bits of each scale, a flag at bit 46, and a whole offset of 9 bits at 37. Mode 1 rounds to the 19 bits, 0 cuts.
fn trans_param(scale: Tensor, offset: One, mode: i64, out: Tensor) -> Outcome<Plan> {
    scale.of_type(&[ACL_FLOAT])?;
    scale.not_empty()?;
    scale.nd()?;
    scale.of_rank(1..=2)?;
    out.of_type(&[ACL_UINT64, ACL_INT64])?;
    if !(0..=1).contains(&mode) {
        return Err(invalid(format!("roundMode: 0 or 1 asked, {mode} found")));
    }
    let mut dims = scale.dims().to_vec();
    if let Some(offset) = &offset {
        offset.of_type(&[ACL_FLOAT])?;
        offset.not_empty()?;
        offset.of_rank(1..=2)?;
        match broadcast_dims(scale.dims(), offset.dims()) {
            Some(both) if scale.rank() == 1 && offset.rank() == 1 => dims = both,
            Some(both) if both == dims => {}
            _ => return Err(offset.invalid(format!("shape {:?} does not go with {:?} of scale", offset.dims(), scale.dims()))),
        }
    }
    out.of_shape(&dims)?;
    Ok(Plan::new(move |run| {
        let scales = singles(run, &scale)?;
        let offsets = offset.as_ref().map(|offset| singles(run, offset)).transpose()?;
        let values: Vec<i64> = (0..out.numel())
            .map(|i| {
                let mut bits = scales[i % scales.len()].to_bits();
                if mode == 1 {
                    // To the nearest of the numbers with 19 bits, ties to even.
                    bits = bits.wrapping_add(0xFFF + ((bits >> 13) & 1));
                }
                let word = u64::from(bits & 0xFFFF_E000) | 1 << 46;
                let Some(offsets) = &offsets else { return word.cast_signed() };
                let offset = offsets[i % offsets.len()].round_ties_even().clamp(-256.0, 255.0) as i64;
                ((word & 0x4000_FFFF_FFFF) | (offset.cast_unsigned() & 0x1FF) << 37).cast_signed()
            })
            .collect();
        run.put_ints(&out, &values)
    }))
}
