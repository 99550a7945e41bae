//! The run of a grouped product, for every combination of types.

use ascend_sys::ffi::*;

use super::groups::{Group, GroupList, ListKind, used};
use super::numeric::{PipeScale, code_product, codes, product, silu, singles, to_code};
use super::{Run, Tensor};
use crate::fault::Outcome;

/// What is multiplied with what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mode {
    Float,
    /// INT8 with INT8.
    Codes,
    /// INT8 with INT4: the rows are split into two planes of 4 bits, the bias brings back what the lower lost.
    CodesBy4,
    /// Floats with INT8 or INT4.
    Weights,
    /// INT4 with INT4.
    FourBit,
}

pub(super) struct Problem {
    pub(super) mode: Mode,
    pub(super) x: Vec<Tensor>,
    pub(super) weight: Vec<Tensor>,
    /// Where the results go. Empty if the caller asks for the [`rows`] themselves.
    pub(super) out: Vec<Tensor>,
    /// Columns of the results: of each expert, or of all.
    pub(super) widths: Vec<usize>,
    /// The result is INT8: what is packed beside the scales is added.
    pub(super) to_codes: bool,
    pub(super) bias: Option<Vec<Tensor>>,
    pub(super) scale: Option<Vec<Tensor>>,
    pub(super) offset: Option<Vec<Tensor>>,
    pub(super) anti: Option<Vec<Tensor>>,
    pub(super) anti_offset: Option<Vec<Tensor>>,
    pub(super) per_token: Option<Tensor>,
    pub(super) groups: Option<GroupList>,
    pub(super) kind: ListKind,
    /// All weights are one tensor.
    pub(super) stacked: bool,
    pub(super) experts: usize,
    pub(super) act: i64,
}

/// Numbers for each expert: `[groups of k, n]`.
struct PerExpert {
    values: Vec<Vec<f32>>,
}

impl Problem {
    fn width(&self, expert: usize) -> usize {
        self.widths[if self.widths.len() > 1 { expert } else { 0 }]
    }
}

impl PerExpert {
    fn load(
        list: &Option<Vec<Tensor>>,
        stacked: bool,
        experts: usize,
        load: impl Fn(&Tensor) -> Outcome<Vec<f32>>,
    ) -> Outcome<Option<Self>> {
        let Some(list) = list else { return Ok(None) };
        let mut values = Vec::with_capacity(experts);
        for tensor in list {
            let all = load(tensor)?;
            if stacked {
                values.extend(all.chunks(all.len() / experts).map(<[f32]>::to_vec));
            } else {
                values.push(all);
            }
        }
        Ok(Some(Self { values }))
    }
}

/// Scales as numbers: those of 64 bits are an f32 in the lower half, cut to 19 bits where the fixed pipe applies them.
fn scales(run: &Run<'_>, tensor: &Tensor, mode: Mode) -> Outcome<Vec<f32>> {
    if !matches!(tensor.dtype(), ACL_UINT64 | ACL_INT64) {
        return singles(run, tensor);
    }
    let bits = run.ints(tensor)?;
    Ok(match mode {
        Mode::CodesBy4 => bits.into_iter().map(|bits| f32::from_bits(bits as u32)).collect(),
        _ => bits.into_iter().map(|bits| PipeScale::of(bits).scale).collect(),
    })
}

fn activate(act: i64, value: f32) -> f32 {
    match act {
        1 => value.max(0.0),
        2 => {
            let inner = (2.0 / std::f32::consts::PI).sqrt() * (value + 0.044_715 * value * value * value);
            0.5 * value * (1.0 + inner.tanh())
        }
        4 => value / (1.0 + (-1.702 * value).exp()),
        5 => silu(value),
        _ => value,
    }
}

/// Every product of the problem. Rows that no group has are not written.
pub(super) fn multiply(run: &Run<'_>, p: &Problem) -> Outcome {
    let rows_of = |tensor: &Tensor| tensor.dims()[..tensor.rank() - 1].iter().product::<usize>();
    let total: usize = p.x.iter().map(rows_of).sum();
    let own: Vec<usize> = p.x.iter().map(rows_of).collect();
    let groups = match &p.groups {
        Some(list) => {
            let groups = list.groups(run, p.kind, p.experts, total)?;
            if p.x.len() > 1 {
                check_rows("x", &groups, &own)?;
            }
            if p.out.len() > 1 && p.x.len() == 1 {
                check_rows("out", &groups, &p.out.iter().map(rows_of).collect::<Vec<_>>())?;
            }
            groups
        }
        None => {
            let mut start = 0;
            let rows = own.iter().enumerate().map(|(expert, rows)| {
                start += rows;
                Group { expert, rows: start - rows..start }
            });
            rows.filter(|group| !group.rows.is_empty()).collect()
        }
    };
    if p.out.len() > 1 {
        let loaded = Loaded::new(run, p)?;
        for group in &groups {
            store(run, &p.out[group.expert], &loaded.group(run, p, group)?)?;
        }
        return Ok(());
    }
    let all = rows(run, p, &groups)?;
    if all.is_empty() {
        return Ok(());
    }
    let out = if p.out[0].rank() == 2 { p.out[0].head(used(&groups)) } else { p.out[0].reshaped(&[used(&groups), p.width(0)]) };
    store(run, &out, &all)
}

/// The results of all groups, one row after the other.
pub(super) fn rows(run: &Run<'_>, p: &Problem, groups: &[Group]) -> Outcome<Vec<f32>> {
    let mut all = Vec::new();
    if !groups.is_empty() {
        let loaded = Loaded::new(run, p)?;
        for group in groups {
            all.extend(loaded.group(run, p, group)?);
        }
    }
    Ok(all)
}

/// A list of tensors that is grouped already must be as the group list says.
fn check_rows(name: &str, groups: &[Group], own: &[usize]) -> Outcome {
    let mut rows = vec![0; own.len()];
    for group in groups {
        rows[group.expert] = group.rows.len();
    }
    if rows == own { Ok(()) } else { Err(super::run::failed(format!("the group list says {rows:?} rows, {name} has {own:?}"))) }
}

/// Whole numbers are whole already.
fn store(run: &Run<'_>, out: &Tensor, values: &[f32]) -> Outcome {
    match out.dtype() {
        // Sums of codes beyond 2^24 do not fit into f32: they come as their bits.
        ACL_INT32 => run.put_ints(out, &values.iter().map(|v| i64::from(v.to_bits().cast_signed())).collect::<Vec<_>>()),
        ACL_INT8 => run.put_ints(out, &values.iter().map(|v| to_code(*v, 8)).collect::<Vec<_>>()),
        _ => run.put_floats(out, &values.iter().map(|v| f64::from(*v)).collect::<Vec<_>>()),
    }
}

enum Rows {
    Floats(Vec<f32>),
    Codes(Vec<i8>),
}

/// Everything but the weights, as numbers.
struct Loaded {
    x: Rows,
    weight: Option<Rows>,
    scale: Option<PerExpert>,
    pipe_offset: Option<PerExpert>,
    bias: Option<PerExpert>,
    offset: Option<PerExpert>,
    anti: Option<PerExpert>,
    anti_offset: Option<PerExpert>,
    per_token: Option<Vec<f32>>,
}

impl Loaded {
    fn new(run: &Run<'_>, p: &Problem) -> Outcome<Self> {
        let float = matches!(p.mode, Mode::Float | Mode::Weights);
        let x = if float {
            let mut all = Vec::new();
            for x in &p.x {
                all.extend(singles(run, x)?);
            }
            Rows::Floats(all)
        } else {
            let mut all = Vec::new();
            for x in &p.x {
                all.extend(codes(run, x)?);
            }
            Rows::Codes(all)
        };
        let list = |list: &Option<Vec<Tensor>>| PerExpert::load(list, p.stacked, p.experts, |tensor| singles(run, tensor));
        // A static product into INT8 adds what is packed beside its scale.
        let pipe_offset = PerExpert::load(if p.to_codes { &p.scale } else { &None }, p.stacked, p.experts, |tensor| {
            Ok(run.ints(tensor)?.into_iter().map(|bits| PipeScale::of(bits).offset).collect())
        })?;
        Ok(Self {
            x,
            weight: if p.stacked { Some(weights(run, p, 0)?) } else { None },
            scale: PerExpert::load(&p.scale, p.stacked, p.experts, |tensor| scales(run, tensor, p.mode))?,
            pipe_offset,
            bias: list(&p.bias)?,
            offset: list(&p.offset)?,
            anti: list(&p.anti)?,
            anti_offset: list(&p.anti_offset)?,
            per_token: p.per_token.as_ref().map(|tensor| singles(run, tensor)).transpose()?,
        })
    }

    /// The rows of one group times its matrix, and all that is done with each sum.
    fn group(&self, run: &Run<'_>, p: &Problem, group: &Group) -> Outcome<Vec<f32>> {
        let e = group.expert;
        let m = group.rows.len();
        let n = p.width(e);
        let own = if self.weight.is_none() { Some(weights(run, p, e)?) } else { None };
        let weight = own.as_ref().or(self.weight.as_ref());
        let at = |list: &'_ Option<PerExpert>| list.as_ref().map(|list| list.values[e].clone());
        let stack = |len: usize| if p.stacked { e * (len / p.experts)..(e + 1) * (len / p.experts) } else { 0..len };
        let first = |k: usize| {
            // Lists of x may differ in width; what is before them has been laid out one after the other.
            if p.x.len() == 1 { group.rows.start * k } else { p.x[..e].iter().map(Tensor::numel).sum() }
        };
        match (&self.x, weight) {
            (Rows::Floats(x), Some(Rows::Floats(w))) => {
                let w = &w[stack(w.len())];
                let k = w.len() / n;
                let x = &x[first(k)..][..m * k];
                let sums = product(run, x, w, [m, k, n])?;
                Ok(self.finish(p, group, n, sums))
            }
            (Rows::Floats(x), Some(Rows::Codes(w))) => {
                let w = &w[stack(w.len())];
                let k = w.len() / n;
                let (scale, offset) = (at(&self.anti).unwrap_or_default(), at(&self.anti_offset));
                let per = k / (scale.len() / n).max(1);
                let real: Vec<f32> = w
                    .iter()
                    .enumerate()
                    .map(|(i, code)| {
                        let place = i / n / per * n + i % n;
                        (f32::from(*code) + offset.as_ref().map_or(0.0, |offset| offset[place])) * scale[place]
                    })
                    .collect();
                let sums = product(run, &x[first(k)..][..m * k], &real, [m, k, n])?;
                Ok(self.finish(p, group, n, sums))
            }
            (Rows::Codes(x), Some(Rows::Codes(w))) => {
                let w = &w[stack(w.len())];
                let k = w.len() / n;
                self.codes(run, p, group, &x[first(k)..][..m * k], w, [m, k, n])
            }
            _ => Err(super::run::failed("codes beside float weights; this is a bug in the simulation")),
        }
    }

    fn codes(&self, run: &Run<'_>, p: &Problem, group: &Group, x: &[i8], w: &[i8], [m, k, n]: [usize; 3]) -> Outcome<Vec<f32>> {
        let scale = self.scale.as_ref().map(|list| &list.values[group.expert]);
        if p.mode == Mode::Codes {
            let mut sums = code_product(run, x, w, [m, k, n])?;
            let whole = p.bias.as_ref().is_some_and(|bias| bias[0].dtype() == ACL_INT32);
            if let (true, Some(bias)) = (whole, &p.bias) {
                let (tensor, start) = if p.stacked { (&bias[0], group.expert * n) } else { (&bias[group.expert], 0) };
                let bias = run.ints(tensor)?;
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.wrapping_add(bias[start + i % n] as i32);
                }
            }
            let Some(scale) = scale else {
                return Ok(sums.into_iter().map(|sum| f32::from_bits(sum.cast_unsigned())).collect());
            };
            let offset = self.pipe_offset.as_ref().map(|list| &list.values[group.expert]);
            let scaled =
                sums.iter().enumerate().map(|(i, sum)| *sum as f32 * scale[i % n] + offset.map_or(0.0, |offset| offset[i % n])).collect();
            return Ok(self.finish(p, group, n, scaled));
        }
        // 4 bits: sums of each group of k by its own scale.
        let Some(scale) = scale else { return Err(super::run::failed("no scale; this is a bug in the simulation")) };
        let parts = (scale.len() / n).max(1);
        let per = k / parts;
        let mut sums = vec![0f32; m * n];
        for part in 0..parts {
            let rows: Vec<i8> = (0..m).flat_map(|r| x[r * k + part * per..][..per].iter().copied()).collect();
            let matrix = &w[part * per * n..(part + 1) * per * n];
            let whole = code_product(run, &rows, matrix, [m, per, n])?;
            // The lower plane of x is x & 15 minus 8: each sum lacks 8 times the column of the weight.
            let lost: Vec<i32> = match p.mode {
                Mode::CodesBy4 => (0..n).map(|c| 8 * (0..per).map(|r| i32::from(matrix[r * n + c])).sum::<i32>()).collect(),
                _ => vec![0; n],
            };
            for (i, sum) in sums.iter_mut().enumerate() {
                *sum += (whole[i] - lost[i % n]) as f32 * scale[part * n + i % n];
            }
        }
        if let Some(offset) = self.offset.as_ref().map(|list| &list.values[group.expert]) {
            for (i, sum) in sums.iter_mut().enumerate() {
                let row: i32 = x[i / n * k..][..k].iter().map(|code| i32::from(*code)).sum();
                *sum += row as f32 * offset[i % n];
            }
        }
        Ok(self.finish(p, group, n, sums))
    }

    /// Scale of the row, bias in floats, activation. The bias of split codes comes before the scale of the row.
    fn finish(&self, p: &Problem, group: &Group, n: usize, mut values: Vec<f32>) -> Vec<f32> {
        let float_bias = p.bias.as_ref().is_some_and(|bias| bias[0].dtype() != ACL_INT32);
        let bias = self.bias.as_ref().filter(|_| float_bias).map(|list| &list.values[group.expert]);
        for (i, value) in values.iter_mut().enumerate() {
            let per_token = self.per_token.as_ref().map_or(1.0, |scale| scale[group.rows.start + i / n]);
            let bias = bias.map_or(0.0, |bias| bias[i % n]);
            *value = if p.mode == Mode::CodesBy4 { (*value + bias) * per_token } else { *value * per_token + bias };
            *value = activate(p.act, *value);
        }
        values
    }
}

fn weights(run: &Run<'_>, p: &Problem, i: usize) -> Outcome<Rows> {
    let weight = &p.weight[if p.stacked { 0 } else { i }];
    Ok(match weight.dtype() {
        ACL_FLOAT | ACL_FLOAT16 | ACL_BF16 => Rows::Floats(singles(run, weight)?),
        _ => Rows::Codes(codes(run, weight)?),
    })
}
