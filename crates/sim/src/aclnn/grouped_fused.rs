//! Grouped products with what follows them in a layer of experts: SwiGLU and quantisation, the way back to the tokens, or a sum in place.
//!
//! Sources: the documents of aclnnGroupedMatmulSwigluQuant (V2, WeightNZ), aclnnGroupedMatmulFinalizeRouting (V2, V3, WeightNz) and aclnnGroupedMatmulAdd,
//! in their parts for Atlas A2.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{invalid, unsupported};
use super::grouped_run::{Mode, Problem, rows};
use super::groups::{GroupList, ListKind, used};
use super::matmul::WORKSPACE_BYTES;
use super::numeric::{code_shape, is_4bit, product, quantise_row, silu, singles};
use super::run::failed;
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

type One = Option<Tensor>;
type List = Option<Vec<Tensor>>;
type Ints = Option<Arc<[i64]>>;

operators! {
    fn aclnnGroupedMatmulSwigluQuant(x: T, weight: T, bias: T, offset: T, weightScale: T, xScale: T, groupList: T, output: MutT, outputScale: MutT, outputOffset: MutT)
        = |x, w, bias: One, offset: One, scale, x_scale, list, y, y_scale, y_offset: One| {
            none([("offset", offset.is_some()), ("outputOffset", y_offset.is_some())])?;
            swiglu_quant(Parts { x, w, scale, bias, x_scale, list, kind: ListKind::Cumulative }, y, y_scale, false)
        };
    fn aclnnGroupedMatmulSwigluQuantWeightNZ(x: T, weight: T, bias: T, offset: T, weightScale: T, xScale: T, groupList: T, output: MutT, outputScale: MutT, outputOffset: MutT)
        = |x, w, bias: One, offset: One, scale, x_scale, list, y, y_scale, y_offset: One| {
            none([("offset", offset.is_some()), ("outputOffset", y_offset.is_some())])?;
            swiglu_quant(Parts { x, w, scale, bias, x_scale, list, kind: ListKind::Cumulative }, y, y_scale, true)
        };
    fn aclnnGroupedMatmulSwigluQuantV2(x: T, weight: TL, weightScale: TL, weightAssistMatrix: TL, bias: T, xScale: T, smoothScale: T, groupList: T, dequantMode: i64, dequantDtype: i64, quantMode: i64, groupListType: i64, tuningConfig: IA, output: MutT, outputScale: MutT)
        = |x, w, scale, assist: List, bias: One, x_scale, smooth: One, list, mode, _dtype: i64, quant_mode, kind, _tuning: Ints, y, y_scale| {
            none([("bias", bias.is_some()), ("smoothScale", smooth.is_some())])?;
            let parts = Parts { x, w: only(w, "weight")?, scale: only(scale, "weightScale")?, bias: assist.map(|list| only(list, "weightAssistMatrix")).transpose()?, x_scale, list, kind: ListKind::dense(kind)? };
            check_modes(&parts, mode, quant_mode)?;
            swiglu_quant(parts, y, y_scale, false)
        };
    fn aclnnGroupedMatmulSwigluQuantWeightNzV2(x: T, weight: TL, weightScale: TL, weightAssistMatrix: TL, bias: T, xScale: T, smoothScale: T, groupList: T, dequantMode: i64, dequantDtype: i64, quantMode: i64, groupListType: i64, tuningConfig: IA, output: MutT, outputScale: MutT)
        = |x, w, scale, assist: List, bias: One, x_scale, smooth: One, list, mode, _dtype: i64, quant_mode, kind, _tuning: Ints, y, y_scale| {
            none([("bias", bias.is_some()), ("smoothScale", smooth.is_some())])?;
            let parts = Parts { x, w: only(w, "weight")?, scale: only(scale, "weightScale")?, bias: assist.map(|list| only(list, "weightAssistMatrix")).transpose()?, x_scale, list, kind: ListKind::dense(kind)? };
            check_modes(&parts, mode, quant_mode)?;
            swiglu_quant(parts, y, y_scale, true)
        };
    fn aclnnGroupedMatmulFinalizeRouting(x: T, w: MutT, scaleOptional: T, biasOptional: T, pertokenScaleOptional: T, groupListOptional: T, sharedInputOptional: T, logitOptional: T, rowIndexOptional: T, dtype: i64, sharedInputWeight: f32, sharedInputOffset: i64, transposeX: bool, transposeW: bool, groupListType: i64, y: MutT)
        = |x, w, scale, bias, x_scale, list, shared, logit, index, dtype, weight, at, tx, tw, kind, out| {
            let parts = Parts { x, w, scale, bias, x_scale, list, kind: ListKind::dense(kind)? };
            finalize(parts, None, Way { shared, weight, at, logit, index, out }, (dtype, tx, tw), false)
        };
    fn aclnnGroupedMatmulFinalizeRoutingV2(x1: T, x2: MutT, scaleOptional: T, biasOptional: T, offsetOptional: T, antiquantScaleOptional: T, antiquantOffsetOptional: T, pertokenScaleOptional: T, groupListOptional: T, sharedInputOptional: T, logitOptional: T, rowIndexOptional: T, dtype: i64, sharedInputWeight: f32, sharedInputOffset: i64, transposeX1: bool, transposeX2: bool, groupListType: i64, out: MutT)
        = |x, w, scale, bias, offset: One, anti: One, anti_offset: One, x_scale, list, shared, logit, index, dtype, weight, at, tx, tw, kind, out| {
            none([("antiquantScaleOptional", anti.is_some()), ("antiquantOffsetOptional", anti_offset.is_some())])?;
            let parts = Parts { x, w, scale, bias, x_scale, list, kind: ListKind::dense(kind)? };
            finalize(parts, offset, Way { shared, weight, at, logit, index, out }, (dtype, tx, tw), false)
        };
    fn aclnnGroupedMatmulFinalizeRoutingV3(x1: T, x2: MutT, scaleOptional: T, biasOptional: T, offsetOptional: T, antiquantScaleOptional: T, antiquantOffsetOptional: T, pertokenScaleOptional: T, groupListOptional: T, sharedInputOptional: T, logitOptional: T, rowIndexOptional: T, dtype: i64, sharedInputWeight: f32, sharedInputOffset: i64, transposeX1: bool, transposeX2: bool, groupListType: i64, tuningConfigOptional: IA, out: MutT)
        = |x, w, scale, bias, offset: One, anti: One, anti_offset: One, x_scale, list, shared, logit, index, dtype, weight, at, tx, tw, kind, _tuning: Ints, out| {
            none([("antiquantScaleOptional", anti.is_some()), ("antiquantOffsetOptional", anti_offset.is_some())])?;
            let parts = Parts { x, w, scale, bias, x_scale, list, kind: ListKind::dense(kind)? };
            finalize(parts, offset, Way { shared, weight, at, logit, index, out }, (dtype, tx, tw), false)
        };
    fn aclnnGroupedMatmulFinalizeRoutingWeightNz(x1: T, x2: T, scale: T, bias: T, pertokenScaleOptional: T, groupList: T, sharedInput: T, logit: T, rowIndex: T, dtype: i64, sharedInputWeight: f32, sharedInputOffset: i64, transposeX1: bool, transposeX2: bool, groupListType: i64, out: MutT)
        = |x, w, scale, bias, x_scale, list, shared, logit, index, dtype, weight, at, tx, tw, kind, out| {
            let parts = Parts { x, w, scale, bias, x_scale, list, kind: ListKind::dense(kind)? };
            if is_4bit(parts.w.dtype()) {
                return Err(parts.w.invalid("INT8 asked by this version, 4 bits found"));
            }
            finalize(parts, None, Way { shared, weight, at, logit, index, out }, (dtype, tx, tw), true)
        };
    fn aclnnGroupedMatmulFinalizeRoutingWeightNzV2(x1: T, x2: MutT, scale: T, bias: T, offsetOptional: T, antiquantScaleOptional: T, antiquantOffsetOptional: T, pertokenScaleOptional: T, groupList: T, sharedInput: T, logit: T, rowIndex: T, dtype: i64, sharedInputWeight: f32, sharedInputOffset: i64, transposeX1: bool, transposeX2: bool, groupListType: i64, tuningConfigOptional: IA, out: MutT)
        = |x, w, scale, bias, offset: One, anti: One, anti_offset: One, x_scale, list, shared, logit, index, dtype, weight, at, tx, tw, kind, _tuning: Ints, out| {
            none([("antiquantScaleOptional", anti.is_some()), ("antiquantOffsetOptional", anti_offset.is_some())])?;
            let parts = Parts { x, w, scale, bias, x_scale, list, kind: ListKind::dense(kind)? };
            finalize(parts, offset, Way { shared, weight, at, logit, index, out }, (dtype, tx, tw), true)
        };
    fn aclnnGroupedMatmulAdd(x: T, weight: T, groupList: T, yRef: MutT, transposeX: bool, transposeWeight: bool, groupType: i64) = add;
}

/// Arguments that are reserved.
fn none<const N: usize>(given: [(&str, bool); N]) -> Outcome {
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((name, _)) => Err(invalid(format!("{name}: reserved, null asked"))),
        None => Ok(()),
    }
}

/// Lists that have room for later: one tensor for now.
fn only(list: Vec<Tensor>, name: &str) -> Outcome<Tensor> {
    match <[Tensor; 1]>::try_from(list) {
        Ok([tensor]) => Ok(tensor),
        Err(list) => Err(invalid(format!("{name}: 1 tensor asked, {} found", list.len()))),
    }
}

/// A product of INT8 with a stack of matrices.
struct Parts {
    x: Tensor,
    w: Tensor,
    scale: Tensor,
    /// What brings back the lower plane of x beside INT4.
    bias: One,
    x_scale: Tensor,
    list: Tensor,
    kind: ListKind,
}

impl Parts {
    /// Checks what the fused operators have in common; the problem, and its sizes M, K, N.
    fn problem(mut self, offset: One) -> Outcome<(Problem, [usize; 3])> {
        self.x.of_type(&[ACL_INT8])?;
        self.x.nd()?;
        self.x.of_rank(2..=2)?;
        let (m, k) = (self.x.dim(0), self.x.dim(1));
        self.w.of_rank(3..=3)?;
        let wanted = self.scale.dim_back(0);
        let columns = if self.w.dtype() == ACL_INT32 { wanted / 8 } else { wanted };
        self.w = self.w.within_padding(k, columns);
        if self.w.is_transposed() {
            return Err(self.w.invalid("transposed, which is not allowed here"));
        }
        let (rows, n) = code_shape(&self.w);
        let (rows, n) = if is_4bit(self.w.dtype()) { (rows, n) } else { (self.w.dim(1), self.w.dim(2)) };
        let experts = self.w.dim(0);
        if rows != k || experts == 0 {
            return Err(self.w.invalid(format!("{k} rows as x has columns asked, shape {:?} found", self.w.dims())));
        }
        self.x_scale.of_type(&[ACL_FLOAT])?;
        self.x_scale.of_shape(&[m])?;
        let mode = if is_4bit(self.w.dtype()) { Mode::CodesBy4 } else { Mode::Codes };
        if mode == Mode::CodesBy4 {
            self.scale.of_type(&[ACL_UINT64, ACL_INT64])?;
            let Some(bias) = &self.bias else { return Err(invalid("the bias that belongs to INT4 weights: asked, null found")) };
            bias.of_type(&[ACL_FLOAT])?;
            bias.of_shape(&[experts, n])?;
        } else {
            self.w.of_type(&[ACL_INT8])?;
            self.scale.of_type(&[ACL_FLOAT, ACL_FLOAT16, ACL_BF16])?;
            none([("bias (with INT8 weights)", self.bias.is_some()), ("offset (with INT8 weights)", offset.is_some())])?;
        }
        let fits = match *self.scale.dims() {
            [e, width] => (e, width) == (experts, n),
            [e, groups, width] => (e, width) == (experts, n) && (groups == 1 || mode == Mode::CodesBy4) && groups > 0 && k % groups == 0,
            _ => false,
        };
        if !fits {
            return Err(self.scale.invalid(format!("shape [{experts}, {n}] asked, {:?} found", self.scale.dims())));
        }
        if let Some(offset) = &offset {
            offset.of_type(&[ACL_FLOAT])?;
            offset.of_shape(&[experts, 1, n])?;
        }
        let groups = GroupList::Device(self.list);
        groups.check(self.kind, experts)?;
        let problem = Problem {
            mode,
            x: vec![self.x],
            weight: vec![self.w],
            out: Vec::new(),
            widths: vec![n],
            to_codes: false,
            bias: self.bias.map(|bias| vec![bias]),
            scale: Some(vec![self.scale]),
            offset: offset.map(|offset| vec![offset]),
            anti: None,
            anti_offset: None,
            per_token: Some(self.x_scale),
            groups: Some(groups),
            kind: self.kind,
            stacked: true,
            experts,
            act: 0,
        };
        Ok((problem, [m, k, n]))
    }
}

/// 0: a scale for each column; 1: for each column and group of rows. What comes out is quantised by rows.
fn check_modes(parts: &Parts, dequant: i64, quant: i64) -> Outcome {
    let grouped = parts.scale.rank() == 3;
    if dequant != i64::from(grouped) {
        return Err(invalid(format!(
            "dequantMode: {} asked for a weightScale of shape {:?}, {dequant} found",
            i64::from(grouped),
            parts.scale.dims()
        )));
    }
    if quant == 0 { Ok(()) } else { Err(invalid(format!("quantMode: 0 asked on A2, {quant} found"))) }
}

/// `silu(left) * right` of the halves of each row, then a scale for each row and the codes. Rows beyond the groups are not written.
fn swiglu_quant(parts: Parts, y: Tensor, y_scale: Tensor, must_be_nz: bool) -> Outcome<Plan> {
    let nz = parts.w.is_fractal();
    if !nz && (must_be_nz || !is_4bit(parts.w.dtype())) {
        return Err(parts.w.invalid("FRACTAL_NZ asked, ND found"));
    }
    let weight = parts.w.clone();
    let (problem, [m, k, n]) = parts.problem(None)?;
    let most = if problem.mode == Mode::CodesBy4 { 20_000 } else { 65_536 };
    if k >= most || n > 10_240 || n % 2 != 0 {
        return Err(weight.invalid(format!("less than {most} rows and an even number of columns up to 10240 asked, {k} x {n} found")));
    }
    y.of_type(&[ACL_INT8])?;
    y.of_shape(&[m, n / 2])?;
    y_scale.of_type(&[ACL_FLOAT])?;
    y_scale.of_shape(&[m])?;
    if m == 0 || n == 0 {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let Some(list) = &problem.groups else { return Ok(()) };
        let groups = list.groups(run, problem.kind, problem.experts, m)?;
        let values = rows(run, &problem, &groups)?;
        let (mut codes, mut scales) = (Vec::new(), Vec::new());
        for row in values.chunks(n) {
            let gated: Vec<f32> = (0..n / 2).map(|i| silu(row[i]) * row[n / 2 + i]).collect();
            let (scale, row) = quantise_row(&gated);
            scales.push(f64::from(scale));
            codes.extend(row);
        }
        let used = used(&groups);
        run.put_ints(&y.head(used), &codes)?;
        run.put_floats(&y_scale.head(used), &scales)
    })
    .with_workspace(WORKSPACE_BYTES))
}

/// The way back: which row of the result each row is added to, and with what weight.
struct Way {
    shared: One,
    weight: f32,
    at: i64,
    logit: One,
    index: Tensor,
    out: Tensor,
}

const MAX_ROWS: usize = 16 * 1024 * 8;

/// `out[index[i]] += logit[i] * row[i]`, on top of what the shared expert gave; other rows are 0.
fn finalize(parts: Parts, offset: One, way: Way, flags: (i64, bool, bool), nz: bool) -> Outcome<Plan> {
    let (dtype, transpose_x, transpose_w) = flags;
    if dtype != 0 || transpose_x || transpose_w {
        return Err(invalid(format!("dtype 0 and no transposition asked, {dtype}, {transpose_x}, {transpose_w} found")));
    }
    if parts.w.is_fractal() != nz {
        return Err(parts.w.invalid(if nz { "FRACTAL_NZ asked, ND found" } else { "ND asked, FRACTAL_NZ found" }));
    }
    if !nz && !is_4bit(parts.w.dtype()) {
        return Err(parts.w.invalid("4 bits asked in ND; INT8 has versions for FRACTAL_NZ"));
    }
    let four = is_4bit(parts.w.dtype());
    let (problem, [m, k, n]) = parts.problem(offset)?;
    let sizes = if four { k == 2048 && n == 7168 } else { matches!(k, 256 | 512 | 1024 | 1408 | 2048) && matches!(n, 2048 | 7168 | 7680) };
    if !sizes || !(1..=MAX_ROWS).contains(&m) || problem.experts > 256 {
        return Err(unsupported(format!("{m} rows through {} matrices of {k} x {n}: A2 has this for few sizes only", problem.experts)));
    }
    let Way { shared, weight, at, logit, index, out } = way;
    out.of_type(&[ACL_FLOAT])?;
    out.of_rank(2..=2)?;
    let batch = out.dim(0);
    out.of_shape(&[batch, n])?;
    out.not_empty()?;
    index.of_type(&[ACL_INT64, ACL_INT32])?;
    index.of_shape(&[m])?;
    if let Some(logit) = &logit {
        logit.of_type(&[ACL_FLOAT])?;
        logit.of_shape(&[m])?;
    }
    if let Some(shared) = &shared {
        shared.of_type(&[ACL_BF16])?;
        shared.of_rank(2..=2)?;
        if shared.dim(1) != n || at < 0 || at as usize + shared.dim(0) > batch {
            return Err(shared.invalid(format!("rows of {n} that fit into {batch} from {at} on asked, shape {:?} found", shared.dims())));
        }
    }
    Ok(Plan::new(move |run| {
        let mut sums = vec![0f32; batch * n];
        if let Some(shared) = &shared {
            for (to, from) in sums[at as usize * n..].iter_mut().zip(singles(run, shared)?) {
                *to = from * weight;
            }
        }
        let Some(list) = &problem.groups else { return Ok(()) };
        let groups = list.groups(run, problem.kind, problem.experts, m)?;
        let values = rows(run, &problem, &groups)?;
        let index = run.ints(&index)?;
        let logit = logit.as_ref().map(|logit| singles(run, logit)).transpose()?;
        for (i, row) in values.chunks(n).enumerate() {
            if !(0..batch as i64).contains(&index[i]) {
                return Err(failed(format!("rowIndex: {} for row {i}, the output has {batch} rows", index[i])));
            }
            let factor = logit.as_ref().map_or(1.0, |logit| logit[i]);
            for (to, from) in sums[index[i] as usize * n..].iter_mut().zip(row) {
                *to += factor * from;
            }
        }
        run.put_floats(&out, &sums.iter().map(|value| f64::from(*value)).collect::<Vec<_>>())
    })
    .with_workspace(WORKSPACE_BYTES))
}

/// `y[e] += x[e]^T @ weight[e]`, where the groups are rows of both: the gradient of stacked weights.
fn add(x: Tensor, weight: Tensor, list: Tensor, y: Tensor, transpose_x: bool, transpose_w: bool, group_type: i64) -> Outcome<Plan> {
    if !transpose_x || transpose_w || group_type != 2 {
        return Err(invalid(format!(
            "transposeX true, transposeWeight false, groupType 2 asked, {transpose_x}, {transpose_w}, {group_type} found"
        )));
    }
    x.of_type(&[ACL_FLOAT16, ACL_BF16])?;
    weight.of_type_of(&x)?;
    y.of_type(&[ACL_FLOAT])?;
    for tensor in [&x, &weight, &y] {
        tensor.nd()?;
        tensor.of_rank(2..=2)?;
    }
    let groups = GroupList::Device(list);
    let [k, m, n] = [x.dim(0), x.dim(1), weight.dim(1)];
    let experts = y.dim(0).checked_div(m).unwrap_or(0);
    groups.check(ListKind::Cumulative, experts)?;
    if weight.dim(0) != k || y.dims() != [experts * m, n] {
        return Err(unsupported(format!("yRef: shapes {:?} by {:?} into {:?} do not agree", x.dims(), weight.dims(), y.dims())));
    }
    Ok(Plan::new(move |run: &Run<'_>| {
        let (left, right, mut sums) = (singles(run, &x)?, singles(run, &weight)?, singles(run, &y)?);
        for group in groups.groups(run, ListKind::Cumulative, experts, k)? {
            let part: Vec<f32> = (0..m).flat_map(|c| group.rows.clone().map(move |r| (r, c))).map(|(r, c)| left[r * m + c]).collect();
            let result = product(run, &part, &right[group.rows.start * n..group.rows.end * n], [m, group.rows.len(), n])?;
            for (to, from) in sums[group.expert * m * n..].iter_mut().zip(&result) {
                *to += from;
            }
        }
        run.put_floats(&y, &sums.iter().map(|value| f64::from(*value)).collect::<Vec<_>>())
    })
    .with_workspace(WORKSPACE_BYTES))
}
