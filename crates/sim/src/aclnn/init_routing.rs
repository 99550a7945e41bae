//! The rows of tokens in the order of their experts.
//!
//! Sources: the documents of aclnnMoeInitRouting, V2, Quant, QuantV2 and V3, in their parts for Atlas A2.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{FLOATS, unsupported};
use super::numeric::{quantise_row, singles, to_code};
use super::run::failed;
use super::{Plan, Run, Tensor, operators};
use crate::fault::{Fault, Outcome};
use crate::nnopbase::bits;

type One = Option<Tensor>;

operators! {
    fn aclnnMoeInitRouting(x: T, rowIdx: T, expertIdx: T, activeNum: i64, expandedXOut: T, expandedRowIdxOut: T, expandedExpertIdxOut: T)
        = |x, rows, experts, active, out, places, sorted| by_column(x, rows, experts, active, None, out, places, sorted);
    fn aclnnMoeInitRoutingQuant(x: T, rowIdx: T, expertIdx: T, activeNum: i64, scale: f64, offset: f64, expandedXOut: T, expandedRowIdxOut: T, expandedExpertIdxOut: T)
        = |x, rows, experts, active, scale: f64, offset: f64, out, places, sorted| by_column(x, rows, experts, active, Some([scale as f32, offset as f32]), out, places, sorted);
    fn aclnnMoeInitRoutingV2(x: T, expertIdx: T, activeNumOptional: i64, expertCapacityOptional: i64, expertNumOptional: i64, dropPadModeOptional: i64, expertTokensCountOrCumsumFlagOptional: i64, expertTokensBeforeCapacityFlagOptional: bool, expandedXOut: T, expandedRowIdxOut: T, expertTokensCountOrCumsumOutOptional: T, expertTokensBeforeCapacityOutOptional: T)
        = |x, experts, active, capacity, number, pad, counts: i64, before: bool, out, places, counts_out: One, before_out: One| {
            let sizes = Sizes { active, capacity, number, pad };
            v2(Call { x, experts, scale: None, offset: None, quant: -1, out, places, scale_out: None }, sizes, counts, before, counts_out, before_out)
        };
    fn aclnnMoeInitRoutingQuantV2(x: T, expertIdx: T, scaleOptional: T, offsetOptional: T, activeNum: i64, expertCapacity: i64, expertNum: i64, dropPadMode: i64, expertTokensCountOrCumsumFlag: i64, expertTokensBeforeCapacityFlag: bool, quantMode: i64, expandedXOut: T, expandedRowIdxOut: T, expertTokensCountOrCumsumOutOptional: T, expertTokensBeforeCapacityOutOptional: T, dynamicQuantScaleOutOptional: T)
        = |x, experts, scale, offset, active, capacity, number, pad, counts: i64, before: bool, quant: i64, out, places, counts_out: One, before_out: One, scale_out: One| {
            if quant == -1 {
                return Err(unsupported("quantMode: 0 or 1 asked, -1 found"));
            }
            let sizes = Sizes { active, capacity, number, pad };
            v2(Call { x, experts, scale, offset, quant, out, places, scale_out }, sizes, counts, before, counts_out, before_out)
        };
    fn aclnnMoeInitRoutingV3(x: T, expertIdx: T, scaleOptional: T, offsetOptional: T, activeNum: i64, expertCapacity: i64, expertNum: i64, dropPadMode: i64, expertTokensNumType: i64, expertTokensNumFlag: bool, quantMode: i64, activeExpertRangeOptional: IA, rowIdxType: i64, expandedXOut: T, expandedRowIdxOut: T, expertTokensCountOrCumsumOut: T, expandedScaleOut: T)
        = |x, experts, scale, offset, active, capacity, number, pad, kind: i64, flag: bool, quant: i64, range: Option<Arc<[i64]>>, index: i64, out, places, counts_out: One, scale_out: One| {
            let sizes = Sizes { active, capacity, number, pad };
            v3(Call { x, experts, scale, offset, quant, out, places, scale_out }, sizes, kind, counts_out.filter(|_| flag), range, index)
        };
}

/// What comes first in a stable order of the experts: slots, which are numbered by row.
fn order(experts: &[i64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..experts.len()).collect();
    order.sort_by_key(|slot| experts[*slot]);
    order
}

/// Checks what all versions have: rows of tokens and the experts of each.
fn check_tokens(x: &Tensor, experts: &Tensor, types: &[aclDataType]) -> Outcome<[usize; 3]> {
    x.of_type(types)?;
    experts.of_type(&[ACL_INT32])?;
    x.nd()?;
    if x.rank() != 2 || experts.rank() != 2 || experts.dim(0) != x.dim(0) {
        return Err(unsupported(format!("x, expertIdx: a row for each token asked, shapes {:?} and {:?} found", x.dims(), experts.dims())));
    }
    Ok([x.dim(0), experts.dim(1), x.dim(1)])
}

fn check_shape(tensor: &Tensor, dims: &[usize]) -> Outcome {
    if tensor.dims() == dims {
        Ok(())
    } else {
        Err(unsupported(format!("{}: shape {dims:?} asked, {:?} found", tensor.name(), tensor.dims())))
    }
}

/// The first version: slots have the numbers that `rows` gives them, by column.
#[expect(clippy::too_many_arguments, reason = "the arguments of two C functions")]
fn by_column(
    x: Tensor,
    rows: Tensor,
    experts: Tensor,
    active: i64,
    quant: Option<[f32; 2]>,
    out: Tensor,
    places_out: Tensor,
    sorted: Tensor,
) -> Outcome<Plan> {
    let [tokens, k, width] = check_tokens(&x, &experts, FLOATS)?;
    rows.of_type(&[ACL_INT32])?;
    check_shape(&rows, &[tokens, k])?;
    if active < 0 {
        return Err(unsupported(format!("activeNum: 0 or more asked, {active} found")));
    }
    out.of_type(&[if quant.is_some() { ACL_INT8 } else { x.dtype() }])?;
    check_shape(&out, &[tokens.min(active as usize) * k, width])?;
    for tensor in [&places_out, &sorted] {
        tensor.of_type(&[ACL_INT32])?;
        check_shape(tensor, &[tokens * k])?;
    }
    if tokens * k == 0 {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (ids, numbers) = (run.ints(&experts)?, run.ints(&rows)?);
        let order = order(&ids);
        let mut places = vec![0; ids.len()];
        for (place, slot) in order.iter().enumerate() {
            let Some(to) = usize::try_from(numbers[*slot]).ok().and_then(|number| places.get_mut(number)) else {
                return Err(failed(format!("rowIdx: slot {} of {}", numbers[*slot], ids.len())));
            };
            *to = place as i64;
        }
        let from: Vec<usize> = order.iter().take(out.dim(0)).map(|slot| numbers[*slot] as usize % tokens).collect();
        match quant {
            Some([scale, offset]) => {
                let values = singles(run, &x)?;
                let codes: Vec<i64> =
                    from.iter().flat_map(|t| &values[t * width..][..width]).map(|value| to_code(value * scale + offset, 8)).collect();
                run.put_ints(&out, &codes)?;
            }
            None => run.put_raw(&out, &copied(run, &x, &from)?)?,
        }
        run.put_ints(&places_out, &places)?;
        run.put_ints(&sorted, &order.iter().map(|slot| ids[*slot]).collect::<Vec<_>>())
    }))
}

/// Rows of `x`, as bytes.
fn copied(run: &Run<'_>, x: &Tensor, from: &[usize]) -> Outcome<Vec<u8>> {
    let row = x.dim(1) * bits(x.dtype()).unwrap_or(8) / 8;
    let bytes = run.raw(x)?;
    Ok(from.iter().flat_map(|t| &bytes[t * row..(t + 1) * row]).copied().collect())
}

/// What the later versions have in common.
struct Call {
    x: Tensor,
    experts: Tensor,
    scale: One,
    offset: One,
    /// -1 none, 0 a given scale, 1 a scale for each row.
    quant: i64,
    out: Tensor,
    places: Tensor,
    scale_out: One,
}

struct Sizes {
    active: i64,
    capacity: i64,
    number: i64,
    pad: i64,
}

/// Where a row of the result comes from; `None` for rows of zeros.
type Source = Option<(usize, usize)>;

impl Call {
    /// Checks types, scales and the result, of `rows` rows in one dimension or two, for `experts` experts with scales of their own.
    fn check(&self, dims: &[usize], width: usize, experts: usize) -> Outcome {
        let codes = self.quant >= 0;
        if !(-1..=1).contains(&self.quant) {
            return Err(unsupported(format!("quantMode: -1, 0 or 1 asked on A2, {} found", self.quant)));
        }
        self.out.of_type(&[if codes { ACL_INT8 } else { self.x.dtype() }])?;
        let mut shape = dims.to_vec();
        shape.push(width);
        check_shape(&self.out, &shape)?;
        self.out.contiguous()?;
        self.places.of_type(&[ACL_INT32])?;
        check_shape(&self.places, &[self.experts.numel()])?;
        for tensor in [&self.scale, &self.offset, &self.scale_out].into_iter().flatten() {
            tensor.of_type(&[ACL_FLOAT])?;
        }
        match (self.quant, &self.scale, &self.offset) {
            (0, Some(scale), Some(offset)) => {
                check_shape(scale, &[1])?;
                check_shape(offset, &[1])?;
            }
            (0, _, _) => return Err(unsupported("scaleOptional, offsetOptional: asked by a given scale (quantMode 0), null found")),
            (1, Some(scale), _) if scale.dims() != [1, width] && scale.dims() != [experts, width] => {
                return Err(unsupported(format!(
                    "scaleOptional: shape [{experts}, {width}] or [1, {width}] asked, {:?} found",
                    scale.dims()
                )));
            }
            (-1, Some(scale), _) => check_shape(scale, &[self.x.dim(0)])?,
            _ => {}
        }
        match &self.scale_out {
            Some(out) if self.quant == 1 || self.quant == -1 && self.scale.is_some() => check_shape(out, &[dims.iter().product()]),
            None if self.quant == 1 => Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "the output for the scales is null")),
            _ => Ok(()),
        }
    }

    /// Writes the rows, and their scales. The experts of the sources count from the first that has a scale.
    fn write(&self, run: &Run<'_>, sources: &[Source]) -> Outcome {
        let width = self.x.dim(1);
        // Rows behind the last source are not written.
        let flat = self.out.reshaped(&[sources.len(), width]);
        if self.quant == -1 {
            let row = width * bits(self.x.dtype()).unwrap_or(8) / 8;
            let bytes = run.raw(&self.x)?;
            let mut all = Vec::with_capacity(sources.len() * row);
            for source in sources {
                match source {
                    Some((token, _)) => all.extend_from_slice(&bytes[token * row..(token + 1) * row]),
                    None => all.resize(all.len() + row, 0),
                }
            }
            run.put_raw(&flat, &all)?;
            if let (Some(scale), Some(out)) = (&self.scale, &self.scale_out) {
                let scales = run.floats(scale)?;
                let moved: Vec<f64> = sources.iter().map(|source| source.map_or(0.0, |(token, _)| scales[token])).collect();
                run.put_floats(&out.head(moved.len()), &moved)?;
            }
            return Ok(());
        }
        let values = singles(run, &self.x)?;
        let scale = self.scale.as_ref().map(|scale| singles(run, scale)).transpose()?;
        let offset = self.offset.as_ref().map(|offset| singles(run, offset)).transpose()?;
        let (mut codes, mut scales) = (Vec::new(), Vec::new());
        for source in sources {
            let Some((token, expert)) = source else {
                codes.resize(codes.len() + width, 0);
                scales.push(0.0);
                continue;
            };
            let row = &values[token * width..][..width];
            if self.quant == 0 {
                let (scale, offset) = (scale.as_ref().map_or(1.0, |scale| scale[0]), offset.as_ref().map_or(0.0, |offset| offset[0]));
                codes.extend(row.iter().map(|value| to_code(value * scale + offset, 8)));
                continue;
            }
            // One row of scales is everybody's.
            let smooth = scale.as_ref().map(|scale| &scale[if scale.len() == width { 0 } else { expert * width }..]);
            let row: Vec<f32> = row.iter().enumerate().map(|(i, value)| value * smooth.map_or(1.0, |smooth| smooth[i])).collect();
            let (scale, row) = quantise_row(&row);
            scales.push(f64::from(scale));
            codes.extend(row);
        }
        run.put_ints(&flat, &codes)?;
        match &self.scale_out {
            Some(out) if self.quant == 1 => run.put_floats(&out.head(scales.len()), &scales),
            _ => Ok(()),
        }
    }
}

/// The expert ids, which are in range where they are counted.
fn ids(run: &Run<'_>, experts: &Tensor, number: usize, counted: bool) -> Outcome<Vec<i64>> {
    let ids = run.ints(experts)?;
    match ids.iter().find(|id| **id < 0 || counted && **id >= number as i64) {
        Some(id) => Err(failed(format!("expertIdx: expert {id} of {number}"))),
        None => Ok(ids),
    }
}

fn histogram(ids: &[i64], number: usize) -> Vec<i64> {
    let mut counts = vec![0; number];
    for id in ids {
        counts[*id as usize] += 1;
    }
    counts
}

fn sums(counts: &[i64]) -> Vec<i64> {
    counts
        .iter()
        .scan(0, |sum, count| {
            *sum += count;
            Some(*sum)
        })
        .collect()
}

/// Drop and pad: `capacity` rows for each expert. Where each slot went (-1: nowhere), and where each row comes from.
fn padded(ids: &[i64], k: usize, number: usize, capacity: usize) -> (Vec<i64>, Vec<Source>) {
    let mut places = vec![-1; ids.len()];
    let mut sources = vec![None; number * capacity];
    let mut filled = vec![0; number];
    for slot in order(ids) {
        let expert = ids[slot] as usize;
        if filled[expert] < capacity {
            let place = expert * capacity + filled[expert];
            places[slot] = place as i64;
            sources[place] = Some((slot / k, expert));
            filled[expert] += 1;
        }
    }
    (places, sources)
}

fn check_sizes(sizes: &Sizes, tokens: usize) -> Outcome<[usize; 2]> {
    let Sizes { active, capacity, number, pad } = *sizes;
    if !(0..=1).contains(&pad) || active < -1 || capacity < 0 || !(0..=10240).contains(&number) {
        return Err(unsupported(format!(
            "dropPadMode {pad}, activeNum {active}, expertCapacity {capacity} or expertNum {number} is out of range"
        )));
    }
    if pad == 1 && (number == 0 || !(1..=tokens as i64).contains(&capacity)) {
        return Err(unsupported(format!(
            "dropPadMode 1: an expertCapacity of 1 to {tokens} and experts asked, {capacity} and {number} found"
        )));
    }
    Ok([capacity as usize, number as usize])
}

/// Slots are numbered by row; what is told about a slot is where it went. Counts are INT32.
fn v2(call: Call, sizes: Sizes, kind: i64, before: bool, counts_out: One, before_out: One) -> Outcome<Plan> {
    let [tokens, k, width] = check_tokens(&call.x, &call.experts, FLOATS)?;
    if !(0..=2).contains(&kind) || sizes.active < 0 {
        return Err(unsupported(format!(
            "expertTokensCountOrCumsumFlag: 0 to 2 asked, {kind} found; or activeNum {} below 0",
            sizes.active
        )));
    }
    let [capacity, number] = check_sizes(&sizes, tokens)?;
    let pad = sizes.pad == 1;
    let slots = tokens * k;
    let rows = if sizes.active == 0 { slots } else { slots.min(sizes.active as usize) };
    call.check(if pad { vec![number, capacity] } else { vec![rows] }.as_slice(), width, number)?;
    let counted = |out: One, asked: bool, name: &str| match out {
        Some(out) if asked => {
            out.of_type(&[ACL_INT32])?;
            check_shape(&out, &[number])?;
            if number == 0 { Err(unsupported("expertNum: experts to be counted asked, 0 found")) } else { Ok(Some(out)) }
        }
        None if asked => Err(Fault::refused(ACLNN_ERR_PARAM_NULLPTR, format!("{name} is null, although its flag is set"))),
        _ => Ok(None),
    };
    let counts_out = counted(counts_out, kind > 0 && !pad, "expertTokensCountOrCumsumOutOptional")?;
    let before_out = counted(before_out, before && pad, "expertTokensBeforeCapacityOutOptional")?;
    if slots == 0 {
        return Err(unsupported("x, expertIdx: tokens asked, none found"));
    }
    Ok(Plan::new(move |run| {
        let ids = ids(run, &call.experts, number, pad || counts_out.is_some())?;
        if pad {
            let (places, sources) = padded(&ids, k, number, capacity);
            call.write(run, &sources)?;
            run.put_ints(&call.places, &places)?;
            return before_out.as_ref().map_or(Ok(()), |out| run.put_ints(out, &histogram(&ids, number)));
        }
        let order = order(&ids);
        let sources: Vec<Source> = order.iter().take(rows).map(|slot| Some((slot / k, ids[*slot] as usize))).collect();
        call.write(run, &sources)?;
        let mut places = vec![0; slots];
        for (place, slot) in order.iter().enumerate() {
            places[*slot] = place as i64;
        }
        run.put_ints(&call.places, &places)?;
        let Some(out) = &counts_out else { return Ok(()) };
        let counts = histogram(&ids, number);
        run.put_ints(out, &if kind == 1 { sums(&counts) } else { counts })
    }))
}

/// Only experts of a range have rows here, those of others come after them and are not written. Counts are INT64, of the range.
fn v3(call: Call, sizes: Sizes, kind: i64, counts_out: One, range: Option<Arc<[i64]>>, index: i64) -> Outcome<Plan> {
    let [tokens, k, width] = check_tokens(&call.x, &call.experts, &[ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_INT8])?;
    if !(0..=2).contains(&kind) || !(0..=1).contains(&index) || (call.quant >= 0 && call.x.dtype() == ACL_INT8) {
        return Err(unsupported(format!("expertTokensNumType {kind} or rowIdxType {index} is out of range, or codes are to be quantised")));
    }
    // Without padding the capacity says nothing: torch_npu's own example passes -1.
    let sizes = Sizes { capacity: if sizes.pad == 0 { 0 } else { sizes.capacity }, ..sizes };
    let [capacity, number] = check_sizes(&sizes, tokens)?;
    let (start, end) = match range.as_deref() {
        None | Some([]) => (0, number as i64),
        Some([start, end]) => (*start, *end),
        Some(other) => return Err(unsupported(format!("activeExpertRangeOptional: 2 numbers asked, {other:?} found"))),
    };
    if !(0 <= start && start < end && end <= number as i64) || (kind == 2 && number > 5120) {
        return Err(unsupported(format!(
            "activeExpertRangeOptional: a part of {number} experts (5120 at most as pairs) asked, {start} to {end} found"
        )));
    }
    let pad = sizes.pad == 1;
    if pad && (start != 0 || end != number as i64 || index != 0) {
        return Err(unsupported("dropPadMode 1: all experts and rowIdxType 0 asked"));
    }
    let slots = tokens * k;
    let rows = if sizes.active <= 0 { slots } else { slots.min(sizes.active as usize) };
    let local = (end - start) as usize;
    call.check(if pad { vec![number, capacity] } else { vec![rows] }.as_slice(), width, local)?;
    if let Some(out) = &counts_out {
        out.of_type(&[ACL_INT64])?;
        check_shape(out, if kind == 2 { vec![number, 2] } else { vec![local] }.as_slice())?;
    }
    if slots == 0 && pad {
        return Err(unsupported("x: tokens asked by dropPadMode 1, none found"));
    }
    Ok(Plan::new(move |run| {
        let ids = ids(run, &call.experts, number, true)?;
        let here: Vec<i64> = ids.iter().filter(|id| (start..end).contains(*id)).map(|id| id - start).collect();
        let counts = histogram(&here, local);
        if pad {
            let (places, sources) = padded(&ids, k, number, capacity);
            call.write(run, &sources)?;
            run.put_ints(&call.places, &places)?;
        } else {
            // Experts of others sort behind all of the range.
            let keys: Vec<i64> = ids.iter().map(|id| if (start..end).contains(id) { *id } else { i64::MAX }).collect();
            let order: Vec<usize> = order(&keys).into_iter().take(here.len()).collect();
            let sources: Vec<Source> = order.iter().take(rows).map(|slot| Some((slot / k, (ids[*slot] - start) as usize))).collect();
            call.write(run, &sources)?;
            tell(run, &call.places, &order, index)?;
        }
        let Some(out) = &counts_out else { return Ok(()) };
        match kind {
            0 => run.put_ints(out, &sums(&counts)),
            1 => run.put_ints(out, &counts),
            _ => {
                let with_rows = counts.iter().enumerate().filter(|(_, count)| **count > 0);
                let mut pairs: Vec<i64> = with_rows.flat_map(|(expert, count)| [start + expert as i64, *count]).collect();
                pairs.resize(number * 2, 0);
                run.put_ints(out, &pairs)
            }
        }
    }))
}

/// 0: the row of each slot, -1 where it has none. 1: the slot of each row; behind the last, nothing is written. (The vendor's tests of npu_moe_init_routing_v2 compute it so, and
/// their callers read it so: what 0 gives goes into finalize and unpermute, what 1 gives is divided by `k` to be the token of a row.)
fn tell(run: &Run<'_>, out: &Tensor, order: &[usize], index: i64) -> Outcome {
    if index == 0 {
        let mut places = vec![-1; out.numel()];
        for (place, slot) in order.iter().enumerate() {
            places[*slot] = place as i64;
        }
        return run.put_ints(out, &places);
    }
    let slots: Vec<i64> = order.iter().map(|slot| *slot as i64).collect();
    if slots.is_empty() { Ok(()) } else { run.put_ints(&out.head(slots.len()), &slots) }
}
