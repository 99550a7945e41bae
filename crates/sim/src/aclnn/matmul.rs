//! Dense matrix products.
//!
//! Inputs are FLOAT, FLOAT16 or BF16, sums are kept in f32, the result is rounded once. Transposed operands come as strided views.

use ascend_hal::ops::{Matmul, Weight};
use ascend_sys::ffi::*;

use super::check::{FLOATS, broadcast_dims, invalid, unsupported};
use super::numeric::{product, singles};
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::Scalar;

operators! {
    fn aclnnMatmul(self_: T, mat2: T, out: MutT, cubeMathType: i8) = |a, b, out, math| matmul(a, b, out, math, 1..=6);
    fn aclnnMm(self_: T, mat2: T, out: MutT, cubeMathType: i8) = |a, b, out, math| matmul(a, b, out, math, 2..=2);
    fn aclnnBatchMatMul(self_: T, mat2: T, out: MutT, cubeMathType: i8) = |a, b, out, math| matmul(a, b, out, math, 3..=3);
    fn aclnnAddmm(self_: T, mat1: T, mat2: T, beta: S, alpha: S, out: MutT, cubeMathType: i8) = addmm;
}

/// Bytes of workspace that a product asks for.
pub(super) const WORKSPACE_BYTES: usize = 16 << 20;

/// 0 keep the type, 1 allow less precision, 2 force FLOAT16, 3 HF32, 4 FLOAT with sums in groups. The simulation is as precise as the type allows in every mode.
pub(super) fn check_math(mode: i8, tensors: &[&Tensor]) -> Outcome {
    if !(0..=4).contains(&mode) {
        return Err(invalid(format!("cubeMathType: 0 to 4 asked, {mode} found")));
    }
    if mode == 2 && tensors.iter().any(|tensor| tensor.dtype() == ACL_BF16) {
        return Err(invalid("cubeMathType: 2 makes FLOAT16 of the inputs, which is not possible for BF16"));
    }
    Ok(())
}

/// `out = self @ mat2`, as `torch.matmul`: vectors are rows or columns, batches broadcast.
pub(super) fn matmul(a: Tensor, b: Tensor, out: Tensor, math: i8, ranks: std::ops::RangeInclusive<usize>) -> Outcome<Plan> {
    for tensor in [&a, &b] {
        tensor.of_type(FLOATS)?;
        tensor.of_rank(ranks.clone())?;
    }
    b.of_type_of(&a)?;
    out.of_type_of(&a)?;
    a.nd()?;
    out.nd()?;
    check_math(math, &[&a, &b])?;
    let (m, k) = if a.rank() == 1 { (1, a.dim(0)) } else { (a.dim_back(1), a.dim_back(0)) };
    let (rows, n) = if b.rank() == 1 { (b.dim(0), 1) } else { (b.dim_back(1), b.dim_back(0)) };
    if rows != k {
        return Err(b.invalid(format!("{k} rows asked for self of shape {:?}, shape {:?} found", a.dims(), b.dims())));
    }
    let batch = |tensor: &Tensor| tensor.dims()[..tensor.rank().saturating_sub(2)].to_vec();
    let (left, right) = (batch(&a), batch(&b));
    let Some(batch) = broadcast_dims(&left, &right) else {
        return Err(b.invalid(format!("batch {right:?} does not broadcast with {left:?} of self")));
    };
    let mut dims = batch.clone();
    dims.extend((a.rank() > 1).then_some(m));
    dims.extend((b.rank() > 1).then_some(n));
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    let plan = Plan::new(move |run| {
        if k == 0 {
            return run.put_floats(&out, &vec![0.0; out.numel()]);
        }
        let count: usize = batch.iter().product();
        let shape = |matrices: &[usize], rows: usize, columns: usize| [matrices.iter().product(), rows, columns];
        let x = run.load(&a, &shape(&left, m, k))?;
        let w = run.load(&b, &shape(&right, k, n))?;
        let y = run.room(a.kind()?, &[count, m, n])?;
        let (x_of, w_of) = (super::check::spread(&left, &batch), super::check::spread(&right, &batch));
        for i in 0..count {
            let fault = |error: ascend_hal::Error| super::run::failed(error.to_string());
            let product = Matmul::new(
                x.select(0, x_of[i]).map_err(fault)?,
                Weight::kn(w.select(0, w_of[i]).map_err(fault)?),
                y.select(0, i).map_err(fault)?.to_mut(),
            );
            run.compute(product)?;
        }
        run.store(&out, &y)
    });
    Ok(plan.with_workspace(WORKSPACE_BYTES))
}

/// `out = beta * self + alpha * (mat1 @ mat2)`; `self` broadcasts. The product is not rounded before the sum.
fn addmm(c: Tensor, a: Tensor, b: Tensor, beta: Scalar, alpha: Scalar, out: Tensor, math: i8) -> Outcome<Plan> {
    for tensor in [&a, &b, &c] {
        tensor.of_type(FLOATS)?;
        tensor.nd()?;
    }
    a.of_rank(2..=2)?;
    b.of_rank(2..=2)?;
    b.of_type_of(&a)?;
    out.of_type_of(&a)?;
    check_math(math, &[&a, &b])?;
    if b.dim(0) != a.dim(1) {
        return Err(b.invalid(format!("{} rows asked for mat1 of shape {:?}, shape {:?} found", a.dim(1), a.dims(), b.dims())));
    }
    let dims = [a.dim(0), b.dim(1)];
    out.of_shape(&dims)?;
    if broadcast_dims(c.dims(), &dims).as_deref() != Some(&dims) {
        return Err(c.invalid(format!("shape {:?} does not broadcast to {dims:?}", c.dims())));
    }
    if c.dtype() != a.dtype() && c.dtype() != ACL_FLOAT {
        return Err(unsupported(format!("self: the type of mat1, or FLOAT, asked; type {} found", c.dtype())));
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    let plan = Plan::new(move |run: &Run<'_>| {
        let product = product(run, &singles(run, &a)?, &singles(run, &b)?, [a.dim(0), a.dim(1), b.dim(1)])?;
        let addend = run.floats(&c)?;
        let places = super::check::spread(c.dims(), out.dims());
        let (alpha, beta) = (alpha.float(), beta.float());
        let values: Vec<f64> = product.iter().zip(&places).map(|(p, i)| beta * addend[*i] + alpha * f64::from(*p)).collect();
        run.put_floats(&out, &values)
    });
    Ok(plan.with_workspace(WORKSPACE_BYTES))
}
