//! SwiGLU between what a product gives and what the next one takes: from sums or floats to codes.
//!
//! Sources: the documents of aclnnSwiGluQuant (V2) and aclnnDequantSwigluQuant (V2), in their parts for Atlas A2; how static scales are applied there is as in
//! the reference of torch_npu's test of npu_dequant_swiglu_quant.

use ascend_sys::ffi::*;

use super::activation::clipped_swiglu;
use super::check::{FLOATS, invalid};
use super::groups::{Group, GroupList, ListKind, used};
use super::numeric::{quantise_row_to, silu, singles, to_code};
use super::quantize::put_codes;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

type One = Option<Tensor>;

operators! {
    fn aclnnSwiGluQuant(x: T, smoothScalesOptional: T, offsetsOptional: T, groupIndexOptional: T, activateLeft: bool, quantModeOptional: MutStr, yOut: T, scaleOut: T)
        = |x, smooth, offsets, groups, left, mode, y, scale| swiglu_quant(x, Scales { smooth, offsets, groups, kind: ListKind::Cumulative }, (left, mode, 2), y, scale);
    fn aclnnSwiGluQuantV2(x: T, smoothScalesOptional: T, offsetsOptional: T, groupIndexOptional: T, activateLeft: bool, quantModeOptional: Str, groupListType: i64, dstType: i64, yOut: T, scaleOut: T)
        = |x, smooth, offsets, groups, left, mode, kind, dst, y, scale| {
            swiglu_quant(x, Scales { smooth, offsets, groups, kind: ListKind::dense(kind)? }, (left, mode, dst), y, scale)
        };
    fn aclnnDequantSwigluQuant(x: T, weightScaleOptional: T, activationScaleOptional: T, biasOptional: T, quantScaleOptional: T, quantOffsetOptional: T, groupIndexOptional: T, activateLeft: bool, quantModeOptional: MutStr, yOut: T, scaleOut: T)
        = |x, weight, activation, bias, smooth, offsets, groups, left, mode, y, scale| {
            let form = Form { left, oai: None };
            dequant(Input { x, weight, activation, bias }, Scales { smooth, offsets, groups, kind: ListKind::Counts }, form, mode, y, scale)
        };
    fn aclnnDequantSwigluQuantV2(x: T, weightScaleOptional: T, activationScaleOptional: T, biasOptional: T, quantScaleOptional: T, quantOffsetOptional: T, groupIndexOptional: T, activateLeft: bool, quantModeOptional: Str, dstType: i64, roundModeOptional: Str, activateDim: i64, swigluMode: i64, clampLimit: f64, gluAlpha: f64, gluBias: f64, yOut: T, scaleOut: T)
        = |x: Tensor, weight, activation, bias, smooth, offsets, groups, left, mode, dst: i64, round: Option<String>, dim: i64, variant: i64, limit: f64, alpha: f64, glu_bias: f64, y, scale| {
            if dst != 2 || !matches!(round.as_deref(), None | Some("rint")) || (dim != -1 && dim + 1 != x.rank() as i64) {
                return Err(invalid(format!("dstType 2, roundMode rint and activateDim -1 asked on A2, {dst}, {round:?} and {dim} found")));
            }
            let oai = match variant {
                0 => None,
                1 if left && limit > 0.0 && limit.is_finite() => Some([alpha as f32, limit as f32, glu_bias as f32]),
                1 => return Err(invalid(format!("swigluMode 1: activateLeft and a positive clampLimit asked, {left} and {limit} found"))),
                other => return Err(invalid(format!("swigluMode: 0 or 1 asked, {other} found"))),
            };
            dequant(Input { x, weight, activation, bias }, Scales { smooth, offsets, groups, kind: ListKind::Counts }, Form { left, oai }, mode, y, scale)
        };
}

/// How a row is gated: by its left or right half; or as GPT-OSS does, even places by odd ones, clipped.
#[derive(Clone, Copy)]
struct Form {
    left: bool,
    oai: Option<[f32; 3]>,
}

impl Form {
    fn gate(self, row: &[f32]) -> Vec<f32> {
        let half = row.len() / 2;
        if let Some([alpha, limit, bias]) = self.oai {
            return row.chunks(2).map(|pair| clipped_swiglu(pair[0], pair[1], alpha, limit, bias)).collect();
        }
        let (left, right) = row.split_at(half);
        let (gate, up) = if self.left { (left, right) } else { (right, left) };
        gate.iter().zip(up).map(|(gate, up)| silu(*gate) * up).collect()
    }
}

/// Scales of the columns of the result, by group.
struct Scales {
    smooth: One,
    offsets: One,
    groups: One,
    kind: ListKind,
}

impl Scales {
    fn count(&self) -> usize {
        self.groups.as_ref().map_or(1, Tensor::numel)
    }

    /// Each is `[groups]` or `[groups, width]`; without groups also `[width]`.
    fn check(&self, width: usize, types: &[aclDataType]) -> Outcome {
        let groups = self.count();
        for tensor in [&self.smooth, &self.offsets].into_iter().flatten() {
            tensor.of_type(types)?;
            let fits = tensor.dims() == [groups] || tensor.dims() == [groups, width] || self.groups.is_none() && tensor.dims() == [width];
            if !fits {
                return Err(tensor.invalid(format!("shape [{groups}, {width}] or [{groups}] asked, {:?} found", tensor.dims())));
            }
        }
        Ok(())
    }

    /// The groups of rows, all rows being one without a list. Rows that no group has are not written.
    fn groups(&self, run: &Run<'_>, rows: usize) -> Outcome<Vec<Group>> {
        match &self.groups {
            Some(list) => GroupList::from(std::sync::Arc::<[i64]>::from(run.ints(list)?)).groups(run, self.kind, list.numel(), rows),
            None => Ok(vec![Group { expert: 0, rows: 0..rows }]),
        }
    }
}

/// The value of column `i` in the row of `group` of numbers that are one or `width` for each group.
fn at(values: &[f32], groups: usize, group: usize, i: usize) -> f32 {
    let each = values.len() / groups;
    values[group * each + i % each]
}

fn is_dynamic(mode: Option<&str>) -> Outcome<bool> {
    match mode {
        Some("dynamic") => Ok(true),
        None | Some("static") => Ok(false),
        Some(other) => Err(invalid(format!("quantModeOptional: static or dynamic asked, {other} found"))),
    }
}

/// Checks the results; rows and the width of one.
fn check_results(x: &Tensor, y: &Tensor, scale: &Tensor, dst: i64) -> Outcome<[usize; 2]> {
    x.nd()?;
    x.of_rank(2..=8)?;
    if !x.dim_back(0).is_multiple_of(2) {
        return Err(x.invalid(format!("an even last dimension asked, shape {:?} found", x.dims())));
    }
    let kind = match dst {
        2 => ACL_INT8,
        29 if x.dim_back(0).is_multiple_of(4) => ACL_INT4,
        29 => return Err(x.invalid(format!("a last dimension that 4 divides asked for INT4, {} found", x.dim_back(0)))),
        other => return Err(invalid(format!("dstType: 2 or 29 asked, {other} found"))),
    };
    y.of_type(&[kind])?;
    let (rows, width) = (&x.dims()[..x.rank() - 1], x.dim_back(0) / 2);
    let mut dims = rows.to_vec();
    dims.push(width);
    y.of_shape(&dims)?;
    y.contiguous()?;
    scale.of_type(&[ACL_FLOAT])?;
    scale.of_shape(rows)?;
    scale.contiguous()?;
    Ok([rows.iter().product(), width])
}

fn swiglu_quant(x: Tensor, scales: Scales, (left, mode, dst): (bool, Option<String>, i64), y: Tensor, scale: Tensor) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    let [rows, width] = check_results(&x, &y, &scale, dst)?;
    if width > 4096 {
        return Err(x.invalid(format!("8192 at most in the last dimension asked, {} found", 2 * width)));
    }
    let dynamic = is_dynamic(mode.as_deref())?;
    if let Some(groups) = &scales.groups {
        groups.of_type(&[ACL_INT32])?;
        groups.of_rank(1..=1)?;
        if groups.numel() > rows {
            return Err(groups.invalid(format!("{rows} groups at most asked, {} found", groups.numel())));
        }
    }
    scales.check(width, &[ACL_FLOAT])?;
    if !dynamic && (scales.smooth.is_none() || scales.offsets.is_none()) {
        return Err(invalid("smoothScalesOptional and offsetsOptional: asked by static quantisation, null found"));
    }
    if x.is_empty() || scales.count() == 0 {
        return Ok(Plan::nothing());
    }
    let bits = if dst == 2 { 8 } else { 4 };
    let form = Form { left, oai: None };
    Ok(Plan::new(move |run| {
        let values = singles(run, &x)?;
        let smooth = scales.smooth.as_ref().map(|tensor| singles(run, tensor)).transpose()?;
        let offsets = scales.offsets.as_ref().map(|tensor| singles(run, tensor)).transpose()?;
        let groups = scales.groups(run, rows)?;
        let mut out = Out::default();
        for group in &groups {
            for row in values[group.rows.start * 2 * width..group.rows.end * 2 * width].chunks(2 * width) {
                let mut gated = form.gate(row);
                for (i, value) in gated.iter_mut().enumerate() {
                    *value *= smooth.as_ref().map_or(1.0, |smooth| at(smooth, scales.count(), group.expert, i));
                    if !dynamic {
                        *value += offsets.as_ref().map_or(0.0, |offsets| at(offsets, scales.count(), group.expert, i));
                    }
                }
                out.add(&gated, dynamic, bits);
            }
        }
        out.put(run, &y.reshaped(&[rows, width]), &scale.reshaped(&[rows]), used(&groups), dynamic)
    }))
}

/// What becomes of the rows.
#[derive(Default)]
struct Out {
    codes: Vec<i64>,
    scales: Vec<f64>,
}

impl Out {
    fn add(&mut self, row: &[f32], dynamic: bool, bits: u32) {
        if dynamic {
            let (scale, codes) = quantise_row_to(row, ((1 << (bits - 1)) - 1) as f32, bits);
            self.scales.push(f64::from(scale));
            self.codes.extend(codes);
        } else {
            self.codes.extend(row.iter().map(|value| to_code(*value, bits)));
        }
    }

    fn put(&self, run: &Run<'_>, y: &Tensor, scale: &Tensor, rows: usize, dynamic: bool) -> Outcome {
        put_codes(run, &y.head(rows), &self.codes)?;
        if dynamic { run.put_floats(&scale.head(rows), &self.scales) } else { Ok(()) }
    }
}

/// What is to be gated: INT32 sums of a product with the scales that belong to them, or floats.
struct Input {
    x: Tensor,
    weight: One,
    activation: One,
    bias: One,
}

impl Input {
    fn check(&self, groups: usize, grouped: bool) -> Outcome {
        self.x.of_type(&[ACL_INT32, ACL_BF16, ACL_FLOAT16])?;
        self.x.of_rank(2..=2)?;
        let (rows, width) = (self.x.dim(0), self.x.dim(1));
        let whole = self.x.dtype() == ACL_INT32;
        if whole && self.weight.is_none() {
            return Err(crate::fault::Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "weightScaleOptional is null, which INT32 sums need"));
        }
        for (tensor, types) in [(&self.weight, &[ACL_FLOAT][..]), (&self.bias, &[ACL_INT32, ACL_FLOAT, ACL_FLOAT16, ACL_BF16])] {
            let Some(tensor) = tensor else { continue };
            tensor.of_type(types)?;
            if !whole {
                return Err(tensor.invalid("null asked where x is not INT32"));
            }
            if tensor.dims() != [groups, width] && (grouped || tensor.dims() != [width]) {
                return Err(tensor.invalid(format!("shape [{groups}, {width}] asked, {:?} found", tensor.dims())));
            }
        }
        if let Some(activation) = &self.activation {
            activation.of_type(&[ACL_FLOAT])?;
            if activation.dims() != [rows] && activation.dims() != [rows, 1] {
                return Err(activation.invalid(format!("shape [{rows}] asked, {:?} found", activation.dims())));
            }
        }
        Ok(())
    }
}

/// Sums to floats: `(x + bias) * weightScale * activationScale`, a bias in floats after the scales; then gated, then to codes.
fn dequant(input: Input, scales: Scales, form: Form, mode: Option<String>, y: Tensor, scale: Tensor) -> Outcome<Plan> {
    let [rows, width] = check_results(&input.x, &y, &scale, 2)?;
    if let Some(groups) = &scales.groups {
        groups.of_type(&[ACL_INT64])?;
        groups.of_rank(1..=1)?;
    }
    let (count, grouped) = (scales.count(), scales.groups.is_some());
    input.check(count, grouped)?;
    scales.check(width, &[ACL_FLOAT, ACL_FLOAT16, ACL_BF16])?;
    let dynamic = is_dynamic(mode.as_deref())?;
    if !dynamic && scales.smooth.is_none() {
        return Err(crate::fault::Fault::refused(ACLNN_ERR_PARAM_NULLPTR, "quantScaleOptional is null, which static quantisation needs"));
    }
    if input.x.is_empty() || count == 0 {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let load = |tensor: &One| tensor.as_ref().map(|tensor| singles(run, tensor)).transpose();
        let (weight, activation, float_bias) = (load(&input.weight)?, load(&input.activation)?, load(&input.bias)?);
        let (smooth, offsets) = (load(&scales.smooth)?, load(&scales.offsets)?);
        let whole_bias = match &input.bias {
            Some(bias) if bias.dtype() == ACL_INT32 => Some(run.ints(bias)?),
            _ => None,
        };
        let float_bias = float_bias.filter(|_| whole_bias.is_none());
        let whole = input.x.dtype() == ACL_INT32;
        let (sums, floats) = if whole { (run.ints(&input.x)?, Vec::new()) } else { (Vec::new(), singles(run, &input.x)?) };
        let groups = scales.groups(run, rows)?;
        let mut out = Out::default();
        for group in &groups {
            for r in group.rows.clone() {
                let row: Vec<f32> = (0..2 * width)
                    .map(|i| {
                        if !whole {
                            return floats[r * 2 * width + i];
                        }
                        let bias = whole_bias.as_ref().map_or(0, |bias| bias[group.expert * 2 * width + i] as i32);
                        let sum = (sums[r * 2 * width + i] as i32).wrapping_add(bias) as f32;
                        let scaled = sum * weight.as_ref().map_or(1.0, |weight| weight[group.expert * 2 * width + i]);
                        let scaled = scaled * activation.as_ref().map_or(1.0, |activation| activation[r]);
                        scaled + float_bias.as_ref().map_or(0.0, |bias| bias[group.expert * 2 * width + i])
                    })
                    .collect();
                let mut gated = form.gate(&row);
                for (i, value) in gated.iter_mut().enumerate() {
                    let scale = smooth.as_ref().map_or(1.0, |smooth| at(smooth, count, group.expert, i));
                    if dynamic {
                        *value *= scale;
                    } else {
                        *value = *value / scale + offsets.as_ref().map_or(0.0, |offsets| at(offsets, count, group.expert, i));
                    }
                }
                out.add(&gated, dynamic, 8);
            }
        }
        out.put(run, &y, &scale, used(&groups), dynamic)
    }))
}
