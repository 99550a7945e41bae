//! Products of codes, with the scales of both sides: W8A8 and W4A4.
//!
//! Sources: the documents of aclnnQuantMatmulV3, V4, V5 and WeightNz, in their parts for Atlas A2. Of those, V5's scales by blocks and its INT8 with INT4 are not
//! simulated.

use ascend_sys::ffi::*;

use super::check::{broadcast_dims, invalid, spread};
use super::matmul::WORKSPACE_BYTES;
use super::numeric::{PipeScale, code_product, code_shape, codes, is_4bit, singles, to_code};
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

type One = Option<Tensor>;

operators! {
    fn aclnnQuantMatmulV3(x1: T, x2: T, scale: T, offset: T, bias: T, transposeX1: bool, transposeX2: bool, out: T)
        = |x1, x2, scale, offset, bias, t1, t2, out| plan(Call { x1, x2, scale, offset, per_token: None, bias, turned: [t1, t2], out });
    fn aclnnQuantMatmulV4(x1: T, x2: T, scale: T, offset: T, pertokenScaleOptional: T, bias: T, transposeX1: bool, transposeX2: bool, out: T)
        = |x1, x2, scale, offset, per_token, bias, t1, t2, out| plan(Call { x1, x2, scale, offset, per_token, bias, turned: [t1, t2], out });
    fn aclnnQuantMatmulV5(x1: T, x2: T, x1Scale: T, x2Scale: T, yScale: T, x1Offset: T, x2Offset: T, yOffset: T, bias: T, transposeX1: bool, transposeX2: bool, groupSize: i64, out: MutT)
        = |x1, x2, per_token, scale, ys: One, xo: One, offset, yo: One, bias, t1, t2, group: i64, out| {
            reserved([("yScale", ys), ("x1Offset", xo), ("yOffset", yo)], group)?;
            plan(Call { x1, x2, scale, offset, per_token, bias, turned: [t1, t2], out })
        };
    fn aclnnQuantMatmulWeightNz(x1: T, x2: T, x1Scale: T, x2Scale: T, yScale: T, x1Offset: T, x2Offset: T, yOffset: T, bias: T, transposeX1: bool, transposeX2: bool, groupSize: i64, out: MutT)
        = |x1, x2: Tensor, per_token, scale, ys: One, xo: One, offset, yo: One, bias, t1, t2, group: i64, out| {
            reserved([("yScale", ys), ("x1Offset", xo), ("yOffset", yo)], group)?;
            if !x2.is_fractal() {
                return Err(x2.invalid("FRACTAL_NZ asked, ND found"));
            }
            plan(Call { x1, x2, scale, offset, per_token, bias, turned: [t1, t2], out })
        };
}
const MAX_LAST: usize = 65535;

fn reserved(tensors: [(&str, One); 3], group: i64) -> Outcome {
    match tensors.iter().find(|(_, tensor)| tensor.as_ref().is_some_and(|tensor| !tensor.is_empty())) {
        Some((name, _)) => Err(invalid(format!("{name}: null asked on A2 for these types"))),
        None if group != 0 => Err(invalid(format!("groupSize: 0 asked on A2 for these types, {group} found"))),
        None => Ok(()),
    }
}

struct Call {
    x1: Tensor,
    x2: Tensor,
    scale: Tensor,
    offset: One,
    per_token: One,
    bias: One,
    turned: [bool; 2],
    out: Tensor,
}

impl Call {
    /// The combination of types, if A2 has it.
    fn check_types(&self) -> Outcome {
        let of = |tensor: &One| tensor.as_ref().map(Tensor::dtype);
        let (offset, per_token, bias) = (of(&self.offset), of(&self.per_token), of(&self.bias));
        let (scale, y) = (self.scale.dtype(), self.out.dtype());
        let four = is_4bit(self.x1.dtype()) && is_4bit(self.x2.dtype());
        let eight = self.x1.dtype() == ACL_INT8 && self.x2.dtype() == ACL_INT8;
        let one_of = |found: Option<aclDataType>, allowed: &[aclDataType]| found.is_none_or(|found| allowed.contains(&found));
        let fits = match (scale, y) {
            (ACL_UINT64 | ACL_INT64, ACL_FLOAT16) => offset.is_none() && per_token.is_none() && one_of(bias, &[ACL_INT32]),
            (ACL_UINT64 | ACL_INT64, ACL_INT8) => {
                eight && per_token.is_none() && one_of(offset, &[ACL_FLOAT]) && one_of(bias, &[ACL_INT32])
            }
            (ACL_FLOAT | ACL_BF16, ACL_BF16) => {
                offset.is_none()
                    && (eight || per_token.is_some())
                    && one_of(per_token, &[ACL_FLOAT])
                    && one_of(bias, &[ACL_INT32, ACL_BF16, ACL_FLOAT])
            }
            (ACL_FLOAT, ACL_FLOAT16) => {
                offset.is_none() && per_token == Some(ACL_FLOAT) && one_of(bias, &[ACL_INT32, ACL_FLOAT16, ACL_FLOAT])
            }
            (ACL_FLOAT | ACL_BF16, ACL_INT32) => eight && offset.is_none() && per_token.is_none() && one_of(bias, &[ACL_INT32]),
            _ => false,
        };
        if fits && (four || eight) {
            return Ok(());
        }
        Err(invalid(format!(
            "no such combination of types on A2: x1 {}, x2 {}, scale {scale}, offset {offset:?}, scale of rows {per_token:?}, bias {bias:?}, out {y}",
            self.x1.dtype(),
            self.x2.dtype()
        )))
    }
}

/// Rows and columns of a matrix of codes, turned if it is said to be the other way round.
fn matrix(tensor: &Tensor, turned: bool) -> (usize, usize) {
    let (rows, columns) = if tensor.dtype() == ACL_INT32 { code_shape(tensor) } else { (tensor.dim_back(1), tensor.dim_back(0)) };
    if turned { (columns, rows) } else { (rows, columns) }
}

/// The codes of matrices, each turned if it is said to be the other way round.
fn load(run: &Run<'_>, tensor: &Tensor, (rows, columns): (usize, usize), turned: bool) -> Outcome<Vec<i8>> {
    let stored = codes(run, tensor)?;
    if !turned {
        return Ok(stored);
    }
    Ok(stored.chunks(rows * columns).flat_map(|m| (0..rows).flat_map(move |r| (0..columns).map(move |c| m[c * rows + r]))).collect())
}

/// `((x1 @ x2) + whole bias) * scale * perTokenScale + float bias`; without a scale of rows into INT8 with an offset.
fn plan(mut call: Call) -> Outcome<Plan> {
    call.check_types()?;
    let four = is_4bit(call.x1.dtype());
    call.x1.nd()?;
    call.x1.of_rank(2..=6)?;
    let (m, k) = matrix(&call.x1, call.turned[0]);
    let n = call.out.dim_back(0);
    let width = |codes: usize| if call.x2.dtype() == ACL_INT32 { codes / 8 } else { codes };
    call.x2 = if call.turned[1] { call.x2.within_padding(n, width(k)) } else { call.x2.within_padding(k, width(n)) };
    call.x2.of_rank(if four { 2..=2 } else { 2..=6 })?;
    if four && (call.turned[0] || call.x2.is_fractal()) {
        return Err(invalid("x1, x2: matrices of 4 bits in ND, the first not transposed, asked"));
    }
    let (rows, columns) = matrix(&call.x2, call.turned[1]);
    if rows != k {
        return Err(call.x2.invalid(format!("{k} rows asked, {rows} x {columns} found")));
    }
    let last = |turned: bool, rows: usize, columns: usize| if turned { rows } else { columns };
    if last(call.turned[0], m, k) > MAX_LAST || last(call.turned[1], k, columns) > MAX_LAST {
        return Err(invalid(format!("x1, x2: last dimensions up to {MAX_LAST} asked, {m} x {k} and {k} x {columns} found")));
    }
    if four && last(call.turned[1], k, columns) % 2 != 0 {
        return Err(call.x2.invalid("an even last dimension asked"));
    }
    let batch = |tensor: &Tensor| tensor.dims()[..tensor.rank() - 2].to_vec();
    let (left, right) = (batch(&call.x1), batch(&call.x2));
    let Some(both) = broadcast_dims(&left, &right) else {
        return Err(call.x2.invalid(format!("batch {right:?} does not broadcast with {left:?}")));
    };
    let mut dims = both.clone();
    dims.extend([m, columns]);
    call.out.of_shape(&dims)?;
    for tensor in [&call.x1, &call.x2, &call.out] {
        tensor.not_empty()?;
    }
    for tensor in [Some(&call.scale), call.offset.as_ref()].into_iter().flatten() {
        if tensor.rank() != 1 || (tensor.numel() != 1 && tensor.numel() != n) {
            return Err(tensor.invalid(format!("shape [1] or [{n}] asked, {:?} found", tensor.dims())));
        }
    }
    if let Some(per_token) = &call.per_token {
        per_token.of_shape(&[m])?;
    }
    if let Some(bias) = &call.bias {
        let stacked = both.len() == 1 && bias.dims() == [both[0], 1, n] && !four;
        if bias.dims() != [n] && !stacked {
            return Err(bias.invalid(format!("shape [{n}] asked, {:?} found", bias.dims())));
        }
    }
    Ok(Plan::new(move |run| {
        let a = load(run, &call.x1, (m, k), call.turned[0])?;
        let b = load(run, &call.x2, (k, n), call.turned[1])?;
        let after = After::new(run, &call)?;
        let (a_of, b_of) = (spread(&left, &both), spread(&right, &both));
        let mut all = Vec::with_capacity(call.out.numel());
        for (i, (a_at, b_at)) in a_of.iter().zip(&b_of).enumerate() {
            let sums = code_product(run, &a[a_at * m * k..][..m * k], &b[b_at * k * n..][..k * n], [m, k, n])?;
            all.extend(sums.into_iter().enumerate().map(|(place, sum)| after.apply(sum, i, place / n, place % n, n)));
        }
        match call.out.dtype() {
            ACL_INT32 => run.put_ints(&call.out, &all.iter().map(|value| *value as i64).collect::<Vec<_>>()),
            ACL_INT8 => run.put_ints(&call.out, &all.iter().map(|value| to_code(*value as f32, 8)).collect::<Vec<_>>()),
            _ => run.put_floats(&call.out, &all),
        }
    })
    .with_workspace(WORKSPACE_BYTES))
}

/// What is done with each sum.
struct After {
    raw: bool,
    scale: Vec<f32>,
    offset: Vec<f32>,
    per_token: Option<Vec<f32>>,
    whole_bias: Vec<i64>,
    float_bias: Vec<f32>,
}

impl After {
    fn new(run: &Run<'_>, call: &Call) -> Outcome<Self> {
        let packed = matches!(call.scale.dtype(), ACL_UINT64 | ACL_INT64);
        let pipe: Vec<PipeScale> = if packed { run.ints(&call.scale)?.into_iter().map(PipeScale::of).collect() } else { Vec::new() };
        let offset = match (&call.offset, call.out.dtype()) {
            // Said twice, beside the scale and in it, it is meant once.
            (Some(offset), _) => singles(run, offset)?,
            (None, ACL_INT8) => pipe.iter().map(|pipe| pipe.offset).collect(),
            _ => Vec::new(),
        };
        let whole = call.bias.as_ref().is_some_and(|bias| bias.dtype() == ACL_INT32);
        Ok(Self {
            raw: call.out.dtype() == ACL_INT32,
            scale: if packed { pipe.iter().map(|pipe| pipe.scale).collect() } else { singles(run, &call.scale)? },
            offset,
            per_token: call.per_token.as_ref().map(|tensor| singles(run, tensor)).transpose()?,
            whole_bias: call.bias.as_ref().filter(|_| whole).map_or(Ok(Vec::new()), |bias| run.ints(bias))?,
            float_bias: call.bias.as_ref().filter(|_| !whole).map_or(Ok(Vec::new()), |bias| singles(run, bias))?,
        })
    }

    fn apply(&self, sum: i32, batch: usize, row: usize, column: usize, n: usize) -> f64 {
        let of_column = |len: usize| if len > n { batch * n + column } else { column % len.max(1) };
        let sum = self.whole_bias.get(of_column(self.whole_bias.len())).map_or(sum, |bias| sum.wrapping_add(*bias as i32));
        if self.raw {
            return f64::from(sum);
        }
        let scaled = sum as f32 * self.scale[of_column(self.scale.len())];
        let scaled = self.per_token.as_ref().map_or(scaled, |scale| scaled * scale[row]);
        let add = |value: f32, to: &[f32]| to.get(of_column(to.len())).map_or(value, |other| value + other);
        f64::from(add(add(scaled, &self.offset), &self.float_bias))
    }
}
