//! What a grouped product may be asked: its lists, the shapes of their tensors, and the plan that comes of them.

use ascend_sys::ffi::ACL_INT8;

use super::check::{invalid, unsupported};
use super::grouped_matmul::{Call, WEIGHT_NZ};
use super::grouped_run::{Mode, Problem, multiply};
use super::groups::ListKind;
use super::matmul::WORKSPACE_BYTES;
use super::numeric::{code_shape, is_4bit};
use super::{Plan, Tensor};
use crate::fault::Outcome;

type List = Option<Vec<Tensor>>;

const MAX_TENSORS: usize = 128;
const MAX_GROUPS: usize = 1024;
const MAX_LAST: usize = 65536;

pub(super) fn plan(call: Call) -> Outcome<Plan> {
    if call.x.is_empty() || call.weight.is_empty() || call.out.is_empty() {
        return Err(invalid("x, weight and out: a tensor at least asked, none found"));
    }
    for (name, list) in [("x", &call.x), ("weight", &call.weight), ("out", &call.out)] {
        if list.len() > MAX_TENSORS {
            return Err(invalid(format!("{name}: {MAX_TENSORS} tensors at most asked, {} found", list.len())));
        }
    }
    let per_weight = [&call.bias, &call.scale, &call.offset, &call.anti, &call.anti_offset];
    if let Some(list) = per_weight.into_iter().flatten().find(|list| list.len() != call.weight.len()) {
        return Err(list[0].invalid(format!("{} tensors as of weight asked, {} found", call.weight.len(), list.len())));
    }
    let mode = call.mode()?;
    call.check_activation(mode)?;
    let kind = ListKind::of(call.list_type)?;
    if mode == Mode::CodesBy4 && kind != ListKind::Counts {
        return Err(invalid("groupListType: products of INT8 with INT4 count each group (1), whatever is said"));
    }
    if !(0..=3).contains(&call.split) {
        return Err(invalid(format!("splitItem: 0 to 3 asked, {} found", call.split)));
    }
    let single_out = call.split >= 2;
    if single_out && call.out.len() != 1 {
        return Err(invalid(format!("out: 1 tensor asked by splitItem {}, {} found", call.split, call.out.len())));
    }
    let group_type = match (call.group_type, &call.groups) {
        (Some(axis), _) => axis,
        (None, Some(_)) => 0,
        (None, None) => -1,
    };
    let by_rows = match group_type {
        -1 => false,
        0 => true,
        2 if mode == Mode::Float => return by_columns(call, kind),
        1 => return Err(invalid("groupType: groups of columns are not supported on A2")),
        other => return Err(invalid(format!("groupType: -1, 0 or 2 (floats) asked, {other} found"))),
    };
    if !by_rows && (call.version > 1 && (single_out || call.groups.is_some())) {
        return Err(invalid("groupType -1: splitItem 0 or 1 and no groupListOptional asked"));
    }
    let stacked = call.weight.len() == 1 && call.weight[0].rank() >= 3;
    if stacked && (!by_rows || call.version == 1 || call.x.len() != 1 || !single_out) {
        return Err(call.weight[0].invalid(format!("matrices asked, shape {:?} found", call.weight[0].dims())));
    }
    let experts = if stacked { call.weight[0].dim(0) } else { call.weight.len() };
    if !(1..=MAX_GROUPS).contains(&experts) {
        return Err(invalid(format!("weight: 1 to {MAX_GROUPS} groups asked, {experts} found")));
    }
    let problem = shapes(&call, mode, by_rows, stacked, experts)?;
    match &call.groups {
        Some(groups) => groups.check(kind, experts)?,
        None if call.x.len() == experts => {}
        None => return Err(invalid("groupListOptional: asked where x is one tensor, null found")),
    }
    if call.out.iter().all(Tensor::is_empty) {
        return Ok(Plan::nothing());
    }
    let problem = Problem { kind, ..problem };
    Ok(Plan::new(move |run| multiply(run, &problem)).with_workspace(WORKSPACE_BYTES))
}

/// Checks every shape, and makes of the call what its run needs.
fn shapes(call: &Call, mode: Mode, by_rows: bool, stacked: bool, experts: usize) -> Outcome<Problem> {
    let flat_rows = |tensor: &Tensor| tensor.dims()[..tensor.rank().saturating_sub(1)].iter().product::<usize>();
    if call.x.len() != 1 && call.x.len() != experts {
        return Err(invalid(format!("x: 1 or {experts} tensors asked, {} found", call.x.len())));
    }
    if call.split < 2 && call.out.len() != experts {
        return Err(invalid(format!("out: {experts} tensors as of weight asked by splitItem {}, {} found", call.split, call.out.len())));
    }
    for x in &call.x {
        x.nd()?;
        x.of_rank(if by_rows { 2..=2 } else { 2..=6 })?;
        if x.is_transposed() && x.dim_back(1) != 1 {
            return Err(x.invalid("transposed, which is only allowed where columns are grouped"));
        }
    }
    let k = if is_4bit(call.x[0].dtype()) { code_shape(&call.x[0]).1 } else { call.x[0].dim_back(0) };
    let mut weights = Vec::with_capacity(call.weight.len());
    for (i, weight) in call.weight.iter().enumerate() {
        weight.of_rank(if stacked { 3..=3 } else { 2..=2 })?;
        let k = if call.x.len() > 1 { call.x[i].dim_back(0) } else { k };
        let out = if call.out.len() > 1 { &call.out[i] } else { &call.out[0] };
        let weight = weight.within_padding(k, out.dim_back(0));
        if weight.is_transposed() != call.weight[0].is_transposed() {
            return Err(weight.invalid("all transposed or none asked"));
        }
        if matches!(mode, Mode::CodesBy4 | Mode::FourBit) && weight.is_transposed() {
            return Err(weight.invalid("transposed, which is not allowed for these types"));
        }
        let (rows, columns) = code_shape(&weight);
        let (rows, columns) = if is_4bit(weight.dtype()) { (rows, columns) } else { (weight.dim_back(1), weight.dim_back(0)) };
        if rows != k {
            return Err(weight.invalid(format!("{k} rows as x has columns asked, {rows} found in shape {:?}", weight.dims())));
        }
        if columns != out.dim_back(0) {
            return Err(out.invalid(format!("{columns} columns asked, shape {:?} found", out.dims())));
        }
        if k >= MAX_LAST || (if weight.is_transposed() { rows } else { columns }) >= MAX_LAST {
            return Err(weight.invalid(format!("last dimensions below {MAX_LAST} asked, {rows} x {columns} found")));
        }
        if is_4bit(weight.dtype()) && columns % 2 != 0 {
            return Err(weight.invalid(format!("an even number of columns asked, {columns} found")));
        }
        weights.push(weight);
    }
    let rows: usize = call.x.iter().map(flat_rows).sum();
    for (i, out) in call.out.iter().enumerate() {
        out.nd()?;
        if out.rank() > 2 {
            out.contiguous()?;
        }
        let same = match (call.out.len(), call.x.len()) {
            (1, _) => flat_rows(out) == rows,
            (_, 1) => true,
            _ => out.dims()[..out.rank() - 1] == call.x[i].dims()[..call.x[i].rank() - 1],
        };
        if !same {
            return Err(out.invalid(format!("rows as of x asked, shape {:?} found", out.dims())));
        }
    }
    let n = call.out[0].dim_back(0);
    let each = |list: &List, grouped: bool| -> Outcome<()> {
        for (i, tensor) in list.iter().flatten().enumerate() {
            let n = if call.out.len() > 1 { call.out[i].dim_back(0) } else { n };
            let fits = match (stacked, tensor.dims()) {
                (true, [e, width]) => (*e, *width) == (experts, n),
                (true, [e, groups, width]) => grouped && (*e, *width) == (experts, n) && *groups > 0 && k % groups == 0,
                (false, [width]) => *width == n,
                (false, [groups, width]) => grouped && *width == n && *groups > 0 && k % groups == 0,
                _ => false,
            };
            if !fits {
                let form = if stacked { format!("[{experts}, {n}]") } else { format!("[{n}]") };
                return Err(tensor.invalid(format!("shape {form} asked, {:?} found", tensor.dims())));
            }
        }
        Ok(())
    };
    let four = is_4bit(call.weight[0].dtype());
    each(&call.bias, false)?;
    each(&call.scale, four)?;
    each(&call.offset, four)?;
    each(&call.anti, four)?;
    each(&call.anti_offset, four)?;
    if let Some(per_token) = &call.per_token {
        if per_token.len() != 1 || call.x.len() != 1 || call.out.len() != 1 {
            return Err(per_token[0].invalid("x, out and it as one tensor each asked"));
        }
        per_token[0].of_shape(&[rows])?;
    }
    if mode == Mode::CodesBy4 {
        check_msd(call, stacked, k, n)?;
    }
    if let Some(hint) = call.tuning.as_ref().and_then(|tuning| tuning.first())
        && !(0..=rows as i64).contains(hint)
    {
        return Err(invalid(format!("tuningConfigOptional: 0 to {rows} rows asked, {hint} found")));
    }
    Ok(Problem {
        mode,
        x: call.x.clone(),
        weight: weights,
        out: call.out.clone(),
        widths: call.out.iter().map(|out| out.dim_back(0)).collect(),
        to_codes: mode == Mode::Codes && call.out[0].dtype() == ACL_INT8,
        bias: call.bias.clone(),
        scale: call.scale.clone(),
        offset: call.offset.clone(),
        anti: call.anti.clone(),
        anti_offset: call.anti_offset.clone(),
        per_token: call.per_token.as_ref().map(|list| list[0].clone()),
        groups: call.groups.clone(),
        kind: ListKind::Cumulative,
        stacked,
        experts,
        act: call.act,
    })
}

/// What INT8 with INT4 asks beyond: one stack of matrices, its widths, and groups of 256.
fn check_msd(call: &Call, stacked: bool, k: usize, n: usize) -> Outcome {
    if !stacked {
        return Err(call.weight[0].invalid("a stack of matrices asked for INT4 beside INT8"));
    }
    if !n.is_multiple_of(8) {
        return Err(call.weight[0].invalid(format!("a multiple of 8 columns asked, {n} found")));
    }
    let Some(scale) = call.scale.as_ref().map(|list| &list[0]) else { return Ok(()) };
    if call.offset.is_some() {
        if call.version != 5 && !matches!((k, n), (7168, 4096) | (2048, 7168)) {
            return Err(unsupported(format!("with an offset 7168 x 4096 or 2048 x 7168 asked, {k} x {n} found")));
        }
        return scale.of_shape(&[scale.dim(0), 1, n]);
    }
    if !k.is_multiple_of(256) || k > 18432 {
        return Err(call.weight[0].invalid(format!("a multiple of 256 rows up to 18432 asked, {k} found")));
    }
    if call.version == WEIGHT_NZ && call.quant_group != 256 {
        return Err(invalid(format!("quantGroupSize: 256 asked, {} found", call.quant_group)));
    }
    scale.of_shape(&[scale.dim(0), k / 256, n])
}

/// Groups of columns of x, which are rows of the weight: a matrix of results for each.
fn by_columns(call: Call, kind: ListKind) -> Outcome<Plan> {
    let ([x], [weight], [out]) = (&call.x[..], &call.weight[..], &call.out[..]) else {
        return Err(unsupported("groupType 2 is simulated for one tensor each of x, weight and out"));
    };
    if call.bias.is_some() {
        return Err(invalid("biasOptional: null asked by groupType 2"));
    }
    let Some(groups) = call.groups.clone() else { return Err(invalid("groupListOptional: asked by groupType 2, null found")) };
    x.of_rank(2..=2)?;
    weight.of_rank(2..=2)?;
    out.of_rank(3..=3)?;
    if !x.is_transposed() && x.dim(0) != 1 && x.dim(1) != 1 {
        return Err(x.invalid("a transposed view asked by groupType 2"));
    }
    if weight.is_transposed() || weight.is_fractal() {
        return Err(weight.invalid("a row-major matrix asked by groupType 2"));
    }
    let [m, k, n] = [x.dim(0), x.dim(1), weight.dim(1)];
    if weight.dim(0) != k {
        return Err(weight.invalid(format!("{k} rows asked, shape {:?} found", weight.dims())));
    }
    let experts = out.dim(0);
    out.of_shape(&[experts, m, n])?;
    groups.check(kind, experts)?;
    let (x, weight, out) = (x.clone(), weight.clone(), out.clone());
    Ok(Plan::new(move |run| {
        let (left, right) = (super::numeric::singles(run, &x)?, super::numeric::singles(run, &weight)?);
        let mut all = vec![0f64; experts * m * n];
        for group in groups.groups(run, kind, experts, k)? {
            let part: Vec<f32> = (0..m).flat_map(|r| group.rows.clone().map(move |c| (r, c))).map(|(r, c)| left[r * k + c]).collect();
            let result = super::numeric::product(run, &part, &right[group.rows.start * n..group.rows.end * n], [m, group.rows.len(), n])?;
            for (to, from) in all[group.expert * m * n..].iter_mut().zip(&result) {
                *to = f64::from(*from);
            }
        }
        run.put_floats(&out, &all)
    })
    .with_workspace(WORKSPACE_BYTES))
}
