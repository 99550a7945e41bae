//! Products of rows with the matrix of their group: which calls there are, and what they may be asked.
//!
//! Sources: the documents of aclnnGroupedMatmul, V2 to V5 and WeightNz, in their parts for Atlas A2.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{invalid, unsupported};
use super::grouped_run::{Mode, Problem, multiply};
use super::groups::{GroupList, ListKind};
use super::numeric::{code_shape, is_4bit};
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;

type List = Option<Vec<Tensor>>;
type Ints = Option<Arc<[i64]>>;
type One = Option<Tensor>;

operators! {
    fn aclnnGroupedMatmul(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, groupListOptional: IA, splitItem: i64, y: TL)
        = |x, w, bias, scale, offset, anti, anti_offset, groups: Ints, split, y| {
            plan(Call { version: 1, split, group_type: None, groups: groups.map(Into::into), ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, None]))
        };
    fn aclnnGroupedMatmulV2(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, groupListOptional: IA, splitItem: i64, groupType: i64, y: TL)
        = |x, w, bias, scale, offset, anti, anti_offset, groups: Ints, split, group_type, y| {
            plan(Call { version: 2, split, group_type: Some(group_type), groups: groups.map(Into::into), ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, None]))
        };
    fn aclnnGroupedMatmulV3(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, groupListOptional: T, splitItem: i64, groupType: i64, y: TL)
        = |x, w, bias, scale, offset, anti, anti_offset, groups: One, split, group_type, y| {
            plan(Call { version: 3, split, group_type: Some(group_type), groups: groups.map(Into::into), ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, None]))
        };
    fn aclnnGroupedMatmulV4(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, perTokenScaleOptional: TL, groupListOptional: T, activationInputOptional: TL, activationQuantScaleOptional: TL, activationQuantOffsetOptional: TL, splitItem: i64, groupType: i64, groupListType: i64, actType: i64, out: MutTL, activationFeatureOutOptional: MutTL, dynQuantScaleOutOptional: MutTL)
        = |x, w, bias, scale, offset, anti, anti_offset, per_token, groups: One, a: List, b: List, c: List, split, group_type, list_type, act, y, d: List, e: List| {
            reserved([a, b, c, d, e])?;
            plan(Call { version: 4, split, group_type: Some(group_type), groups: groups.map(Into::into), list_type, act, ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, per_token]))
        };
    fn aclnnGroupedMatmulV5(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, perTokenScaleOptional: TL, groupListOptional: T, activationInputOptional: TL, activationQuantScaleOptional: TL, activationQuantOffsetOptional: TL, splitItem: i64, groupType: i64, groupListType: i64, actType: i64, tuningConfigOptional: MutIA, out: MutTL, activationFeatureOutOptional: MutTL, dynQuantScaleOutOptional: MutTL)
        = |x, w, bias, scale, offset, anti, anti_offset, per_token, groups: One, a: List, b: List, c: List, split, group_type, list_type, act, tuning: Ints, y, d: List, e: List| {
            reserved([a, b, c, d, e])?;
            plan(Call { version: 5, split, group_type: Some(group_type), groups: groups.map(Into::into), list_type, act, tuning, ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, per_token]))
        };
    fn aclnnGroupedMatmulWeightNz(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, perTokenScaleOptional: TL, groupListOptional: T, activationInputOptional: TL, activationQuantScaleOptional: TL, activationQuantOffsetOptional: TL, splitItem: i64, groupType: i64, groupListType: i64, actType: i64, tuningConfigOptional: MutIA, quantGroupSize: i64, out: MutTL, activationFeatureOutOptional: MutTL, dynQuantScaleOutOptional: MutTL)
        = |x, w, bias, scale, offset, anti, anti_offset, per_token, groups: One, a: List, b: List, c: List, split, group_type, list_type, act, tuning: Ints, quant_group, y, d: List, e: List| {
            reserved([a, b, c, d, e])?;
            plan(Call { version: WEIGHT_NZ, split, group_type: Some(group_type), groups: groups.map(Into::into), list_type, act, tuning, quant_group, ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, per_token]))
        };
}

/// Comes after version 5.
const WEIGHT_NZ: u8 = 6;
const MAX_TENSORS: usize = 128;
const MAX_GROUPS: usize = 1024;
const MAX_LAST: usize = 65536;
const WORKSPACE_BYTES: usize = 16 << 20;

fn reserved(lists: [List; 5]) -> Outcome {
    let names = [
        "activationInputOptional",
        "activationQuantScaleOptional",
        "activationQuantOffsetOptional",
        "activationFeatureOutOptional",
        "dynQuantScaleOutOptional",
    ];
    match lists.iter().zip(names).find(|(list, _)| present(list)) {
        Some((_, name)) => Err(invalid(format!("{name}: reserved, null asked"))),
        None => Ok(()),
    }
}

/// Callers pass nothing as null, as a list of none, or as a list of tensors without elements.
fn present(list: &List) -> bool {
    list.as_ref().is_some_and(|list| list.iter().any(|tensor| !tensor.is_empty()))
}

struct Call {
    version: u8,
    x: Vec<Tensor>,
    weight: Vec<Tensor>,
    out: Vec<Tensor>,
    /// Bias, scale, offset, scale and offset of the weights, scale of the rows of x.
    bias: List,
    scale: List,
    offset: List,
    anti: List,
    anti_offset: List,
    per_token: List,
    groups: Option<GroupList>,
    split: i64,
    group_type: Option<i64>,
    list_type: i64,
    act: i64,
    tuning: Ints,
    quant_group: i64,
}

impl Call {
    fn new(x: Vec<Tensor>, weight: Vec<Tensor>, out: Vec<Tensor>) -> Self {
        Self {
            version: 0,
            x,
            weight,
            out,
            bias: None,
            scale: None,
            offset: None,
            anti: None,
            anti_offset: None,
            per_token: None,
            groups: None,
            split: 0,
            group_type: None,
            list_type: 0,
            act: 0,
            tuning: None,
            quant_group: 0,
        }
    }

    fn with(mut self, lists: [List; 6]) -> Self {
        let [bias, scale, offset, anti, anti_offset, per_token] = lists.map(|list| if present(&list) { list } else { None });
        (self.bias, self.scale, self.offset) = (bias, scale, offset);
        (self.anti, self.anti_offset, self.per_token) = (anti, anti_offset, per_token);
        self
    }

    /// The type of the elements of a list, which is one.
    fn type_of(list: &[Tensor]) -> Outcome<aclDataType> {
        for tensor in list {
            tensor.of_type_of(&list[0])?;
        }
        Ok(list[0].dtype())
    }

    fn optional_type(list: &List) -> Outcome<Option<aclDataType>> {
        list.as_ref().map(|list| Self::type_of(list)).transpose()
    }

    /// The combination of types, if A2 has it.
    fn mode(&self) -> Outcome<Mode> {
        let (x, w, y) = (Self::type_of(&self.x)?, Self::type_of(&self.weight)?, Self::type_of(&self.out)?);
        let scale = Self::optional_type(&self.scale)?;
        let (anti, anti_offset) = (Self::optional_type(&self.anti)?, Self::optional_type(&self.anti_offset)?);
        let (bias, offset, per_token) =
            (Self::optional_type(&self.bias)?, Self::optional_type(&self.offset)?, Self::optional_type(&self.per_token)?);
        let nz = self.weight[0].is_fractal();
        let one_of = |found: Option<aclDataType>, allowed: &[aclDataType]| found.is_none_or(|found| allowed.contains(&found));
        let float_bias = if x == ACL_FLOAT16 { ACL_FLOAT16 } else { ACL_FLOAT };
        let (mode, fits) = match (x, w) {
            (ACL_FLOAT | ACL_FLOAT16 | ACL_BF16, _) if x == w => {
                let fits = y == x && [scale, offset, anti, anti_offset, per_token] == [None; 5] && one_of(bias, &[float_bias]);
                // V1 knows no FLOAT, and FLOAT has no form in blocks.
                (Mode::Float, fits && (x != ACL_FLOAT || self.version > 1 && !nz))
            }
            (ACL_INT8, ACL_INT8) => {
                let fits = match (scale, y) {
                    (Some(ACL_UINT64), ACL_INT8) => per_token.is_none() && one_of(bias, &[ACL_INT32]) && !nz,
                    (None, ACL_INT32) => self.version >= 4 && per_token.is_none() && one_of(bias, &[ACL_INT32]),
                    (Some(ACL_BF16), ACL_BF16) if self.version == 5 => one_of(bias, &[ACL_INT32, ACL_BF16]),
                    (Some(ACL_BF16), ACL_BF16) => self.version >= 4 && one_of(bias, &[ACL_INT32]),
                    (Some(ACL_FLOAT), ACL_BF16) => self.version == 5 && one_of(bias, &[ACL_BF16]),
                    (Some(ACL_FLOAT), ACL_FLOAT16) => self.version >= 4 && one_of(bias, &[ACL_INT32]),
                    _ => false,
                };
                (Mode::Codes, fits && offset.is_none() && anti.is_none() && anti_offset.is_none() && one_of(per_token, &[ACL_FLOAT]))
            }
            (ACL_INT8, _) if is_4bit(w) => {
                let y_fits = y == ACL_FLOAT16 || y == ACL_BF16 && offset.is_none();
                let fits = (scale, bias, per_token) == (Some(ACL_UINT64), Some(ACL_FLOAT), Some(ACL_FLOAT)) && one_of(offset, &[ACL_FLOAT]);
                (Mode::CodesBy4, self.version >= 4 && y_fits && fits && anti.is_none() && anti_offset.is_none())
            }
            (ACL_FLOAT16 | ACL_BF16, _) if w == ACL_INT8 || is_4bit(w) => {
                let fits = y == x && anti == Some(x) && one_of(anti_offset, &[x]) && one_of(bias, &[float_bias]);
                let plain = scale.is_none() && offset.is_none() && per_token.is_none();
                (Mode::Weights, fits && plain && (w == ACL_INT8 || self.version >= 4))
            }
            _ if is_4bit(x) && is_4bit(w) => {
                let fits = (bias, offset, anti, anti_offset) == (None, None, None, None) && one_of(per_token, &[ACL_FLOAT]);
                (Mode::FourBit, self.version >= 4 && scale == Some(ACL_UINT64) && fits && matches!(y, ACL_FLOAT16 | ACL_BF16))
            }
            _ => (Mode::Float, false),
        };
        if fits {
            return Ok(mode);
        }
        Err(invalid(format!(
            "no such combination of types on A2 in this version: x {x}, weight {w} ({}), bias {bias:?}, scale {scale:?}, offset {offset:?}, antiquantScale {anti:?}, \
             antiquantOffset {anti_offset:?}, perTokenScale {per_token:?}, out {y}",
            if nz { "FRACTAL_NZ" } else { "ND" }
        )))
    }

    /// The activation, which only products of codes with a scale can have.
    fn check_activation(&self, mode: Mode) -> Outcome {
        match self.act {
            0 => Ok(()),
            1 | 2 | 4 | 5 if mode == Mode::Codes && self.scale.is_some() && self.out[0].dtype() != ACL_INT8 => Ok(()),
            1 | 2 | 4 | 5 => Err(invalid(format!("actType: 0 asked for these types, {} found", self.act))),
            other => Err(invalid(format!("actType: 0, 1, 2, 4 or 5 asked, {other} found"))),
        }
    }
}

fn plan(call: Call) -> Outcome<Plan> {
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
