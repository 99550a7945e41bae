//! Activations, alone and as the gate of the other half of a tensor. 16-bit floats are computed in f32 and rounded once.
//!
//! Sources: the documents of the operators, which give each formula.

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid};
use super::elementwise::unary;
use super::groups::{Group, ListKind};
use super::numeric::{sigmoid, silu, singles};
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnRelu(self_: T, out: T) = |x, y| unary(x, y, |x| if x.is_nan() { x } else { x.max(0.0) }, |x| x.max(0));
    fn aclnnSilu(self_: T, out: MutT) = |x, y| float_unary(x, y, silu);
    fn aclnnSigmoid(self_: T, out: MutT) = |x, y| float_unary(x, y, sigmoid);
    fn aclnnTanh(self_: T, out: MutT) = |x, y| float_unary(x, y, f32::tanh);
    fn aclnnGelu(self_: T, out: MutT) = |x, y| float_unary(x, y, gelu_tanh);
    fn aclnnGeluV2(x: T, approximate: i64, y: MutT) = |x, form, y| float_unary(x, y, gelu(form)?);
    fn aclnnGeluMul(input: T, approximateOptional: MutStr, out: T) = gelu_mul;
    fn aclnnSwiGlu(x: T, dim: i64, out: T) = |x, dim, y| gated(x, dim, y, None, false, |gate, up| silu(gate) * up);
    fn aclnnGeGlu(self_: T, dim: i64, approximate: i64, out: MutT, outGelu: MutT) = |x, dim, form, y, g: Tensor| {
        let gelu = gelu(form)?;
        ge_glu(x, dim, gelu, false, y, g)
    };
    fn aclnnGeGluV3(self_: T, dim: i64, approximate: i64, activateLeft: bool, out: MutT, outGelu: MutT) = |x, dim, form, left, y, g: Tensor| {
        let gelu = gelu(form)?;
        ge_glu(x, dim, gelu, left, y, g)
    };
    fn aclnnClippedSwiglu(x: T, groupIndexOptional: T, dim: i64, alpha: f64, limit: f64, bias: f64, interleaved: bool, out: T) = |x, groups: Option<Tensor>, dim, alpha: f64, limit: f64, bias: f64, interleaved, y| {
        let (alpha, limit, bias) = (alpha as f32, limit as f32, bias as f32);
        gated(x, dim, y, groups, interleaved, move |gate, up| clipped_swiglu(gate, up, alpha, limit, bias))
    };
}

/// The gate is clamped above only, what it opens on both sides. NaN stays.
pub(super) fn clipped_swiglu(gate: f32, up: f32, alpha: f32, limit: f32, bias: f32) -> f32 {
    let gate = if gate > limit { limit } else { gate };
    let up = if up.is_nan() { up } else { up.clamp(-limit.abs(), limit.abs()) };
    gate * sigmoid(alpha * gate) * (up + bias)
}

fn gelu_tanh(x: f32) -> f32 {
    let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
    0.5 * x * (1.0 + inner.tanh())
}

fn gelu_erf(x: f32) -> f32 {
    (0.5 * f64::from(x) * (1.0 + erf(f64::from(x) * std::f64::consts::FRAC_1_SQRT_2))) as f32
}

/// The error function: its series where it converges fast, the continued fraction of what it lacks to 1 elsewhere. Exact to f32.
fn erf(x: f64) -> f64 {
    let a = x.abs();
    let value = if a < 2.5 {
        let (mut term, mut sum) = (a, a);
        for n in 1..60 {
            term *= -a * a / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    } else if a < 30.0 {
        let mut tail = 0.0;
        for n in (1..60).rev() {
            tail = f64::from(n) / 2.0 / (a + tail);
        }
        1.0 - (-a * a).exp() / (a + tail) / std::f64::consts::PI.sqrt()
    } else if a.is_nan() {
        a
    } else {
        1.0
    };
    value.copysign(x)
}

/// 0 is the form with the error function, 1 the one with tanh.
fn gelu(form: i64) -> Outcome<fn(f32) -> f32> {
    match form {
        0 => Ok(gelu_erf),
        1 => Ok(gelu_tanh),
        other => Err(invalid(format!("approximate: 0 or 1 asked, {other} found"))),
    }
}

fn float_unary(x: Tensor, y: Tensor, f: fn(f32) -> f32) -> Outcome<Plan> {
    x.of_type(FLOATS)?;
    y.of_type(FLOATS)?;
    unary(x, y, move |value| f64::from(f(value as f32)), |value| value)
}

fn gelu_mul(x: Tensor, form: Option<String>, y: Tensor) -> Outcome<Plan> {
    let gelu = match form.as_deref() {
        None | Some("none") => gelu(0)?,
        Some("tanh") => gelu(1)?,
        Some(other) => return Err(invalid(format!("approximateOptional: none or tanh asked, {other} found"))),
    };
    gated(x, -1, y, None, false, move |gate, up| gelu(gate) * up)
}

/// The two halves along a dimension: rows before it, and the elements of one half.
fn halves(x: &Tensor, dim: i64, y: &Tensor) -> Outcome<[usize; 2]> {
    x.of_type(FLOATS)?;
    y.of_type_of(x)?;
    x.nd()?;
    y.nd()?;
    x.of_rank(1..=8)?;
    let axis = x.axis(dim)?;
    if !x.dim(axis).is_multiple_of(2) {
        return Err(x.invalid(format!("an even size of dimension {axis} asked, shape {:?} found", x.dims())));
    }
    let mut dims = x.dims().to_vec();
    dims[axis] /= 2;
    y.of_shape(&dims)?;
    Ok([dims[..axis].iter().product(), dims[axis..].iter().product()])
}

/// `f(gate, up)` of the two halves along a dimension, the first being the gate; or of neighbours along everything from that dimension on.
fn gated(
    x: Tensor,
    dim: i64,
    y: Tensor,
    groups: Option<Tensor>,
    interleaved: bool,
    f: impl Fn(f32, f32) -> f32 + Send + Sync + 'static,
) -> Outcome<Plan> {
    let [rows, half] = halves(&x, dim, &y)?;
    if let Some(groups) = &groups {
        groups.of_type(&[ACL_INT64])?;
        groups.of_rank(1..=1)?;
    }
    if y.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let used = match &groups {
            Some(groups) => used_rows(run, groups, rows)?,
            None => rows,
        };
        let values = singles(run, &x)?;
        let row = |row: &[f32]| -> Vec<f64> {
            let at = |i: usize| if interleaved { (row[2 * i], row[2 * i + 1]) } else { (row[i], row[half + i]) };
            (0..half).map(at).map(|(gate, up)| f64::from(f(gate, up))).collect()
        };
        let results: Vec<f64> = values.chunks(2 * half).take(used).flat_map(row).collect();
        run.put_floats(&flat(&y, rows, half).head(used), &results)
    }))
}

/// A result as rows. What is not contiguous has no rows to leave out.
fn flat(y: &Tensor, rows: usize, width: usize) -> Tensor {
    if y.is_contiguous() { y.reshaped(&[rows, width]) } else { y.clone() }
}

/// How many rows the groups have together: counts, of which no kernel knows that they fit.
fn used_rows(run: &Run<'_>, groups: &Tensor, rows: usize) -> Outcome<usize> {
    let list = super::groups::GroupList::Device(groups.clone());
    let groups: Vec<Group> = list.groups(run, ListKind::Counts, groups.numel(), rows)?;
    Ok(super::groups::used(&groups))
}

/// `gelu(gate) * up`, and `gelu(gate)` itself. The gate is the right half unless `left`.
fn ge_glu(x: Tensor, dim: i64, gelu: fn(f32) -> f32, left: bool, y: Tensor, g: Tensor) -> Outcome<Plan> {
    let [_, half] = halves(&x, dim, &y)?;
    g.of_type_of(&x)?;
    g.of_shape_of(&y)?;
    if y.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let values = singles(run, &x)?;
        let (mut products, mut gates) = (Vec::new(), Vec::new());
        for row in values.chunks(2 * half) {
            let (gate, up) = if left { row.split_at(half) } else { (&row[half..], &row[..half]) };
            gates.extend(gate.iter().map(|gate| f64::from(gelu(*gate))));
            products.extend(gate.iter().zip(up).map(|(gate, up)| f64::from(gelu(*gate) * up)));
        }
        run.put_floats(&y, &products)?;
        run.put_floats(&g, &gates)
    }))
}
