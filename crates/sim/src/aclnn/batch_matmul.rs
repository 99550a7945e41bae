//! Matrix products with weights in FRACTAL_NZ, with a sum, and with the batch in the middle.
//!
//! Sources: the documents of aclnnMatmulWeightNz, aclnnBatchMatMulWeightNz, aclnnBaddbmm and aclnnTransposeBatchMatMul.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{FLOATS, broadcast_dims, invalid, spread, unsupported};
use super::matmul::{WORKSPACE_BYTES, check_math, matmul};
use super::numeric::{PipeScale, product, singles, to_code};
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;
use crate::nnopbase::Scalar;

operators! {
    fn aclnnMatmulWeightNz(self_: T, mat2: T, out: MutT, cubeMathType: i8) = |a, b, out, math| weight_nz(a, b, out, math, 2);
    fn aclnnBatchMatMulWeightNz(self_: T, mat2: T, out: MutT, cubeMathType: i8) = |a, b, out, math| weight_nz(a, b, out, math, 3);
    fn aclnnBaddbmm(self_: T, batch1: T, batch2: T, beta: S, alpha: S, out: MutT, cubeMathType: i8) = baddbmm;
    fn aclnnTransposeBatchMatMul(x1: T, x2: T, bias: T, scale: T, permX1: IA, permX2: IA, permY: IA, cubeMathType: i8, batchSplitFactor: i32, out: MutT)
        = |x1, x2, bias: Option<Tensor>, scale, p1, p2, p3, math, split, out| {
            if bias.is_some() {
                return Err(invalid("bias: null asked on A2"));
            }
            transposed(x1, x2, scale, [p1, p2, p3], (math, split), out)
        };
}

/// `self @ mat2`, with mat2 in FRACTAL_NZ.
fn weight_nz(a: Tensor, b: Tensor, out: Tensor, math: i8, rank: usize) -> Outcome<Plan> {
    a.of_type(&[ACL_FLOAT16, ACL_BF16])?;
    if !b.is_fractal() {
        return Err(b.invalid("FRACTAL_NZ asked, ND found"));
    }
    for tensor in [&a, &out] {
        tensor.not_empty()?;
    }
    let b = b.within_padding(a.dim_back(0), out.dim_back(0));
    matmul(a, b, out, math, rank..=rank)
}

/// `out = beta * self + alpha * (batch1 @ batch2)`; `self` broadcasts. The product is not rounded before the sum.
fn baddbmm(c: Tensor, a: Tensor, b: Tensor, beta: Scalar, alpha: Scalar, out: Tensor, math: i8) -> Outcome<Plan> {
    for tensor in [&a, &b, &c] {
        tensor.of_type(FLOATS)?;
        tensor.nd()?;
    }
    a.of_rank(3..=3)?;
    b.of_rank(3..=3)?;
    b.of_type_of(&a)?;
    out.of_type_of(&a)?;
    check_math(math, &[&a, &b])?;
    let [batch, m, k] = [a.dim(0), a.dim(1), a.dim(2)];
    let n = b.dim(2);
    b.of_shape(&[batch, k, n])?;
    let dims = [batch, m, n];
    out.of_shape(&dims)?;
    if broadcast_dims(c.dims(), &dims).as_deref() != Some(&dims) {
        return Err(c.invalid(format!("shape {:?} does not broadcast to {dims:?}", c.dims())));
    }
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let (x, w, addend) = (singles(run, &a)?, singles(run, &b)?, run.floats(&c)?);
        let places = spread(c.dims(), out.dims());
        let (alpha, beta) = (alpha.float(), beta.float());
        let mut all = Vec::with_capacity(out.numel());
        for i in 0..batch {
            let sums = product(run, &x[i * m * k..][..m * k], &w[i * k * n..][..k * n], [m, k, n])?;
            all.extend(sums.into_iter().map(f64::from));
        }
        for (sum, place) in all.iter_mut().zip(places) {
            *sum = beta * addend[place] + alpha * *sum;
        }
        run.put_floats(&out, &all)
    })
    .with_workspace(WORKSPACE_BYTES))
}

/// `y[m, b, n] = x1[b, m, :] @ x2[b, :, n]`: batches are heads, and come back between rows and columns. A split factor cuts the heads into parts that come first.
fn transposed(
    x1: Tensor,
    x2: Tensor,
    scale: Option<Tensor>,
    [p1, p2, p3]: [Arc<[i64]>; 3],
    (math, split): (i8, i32),
    out: Tensor,
) -> Outcome<Plan> {
    x1.of_type(FLOATS)?;
    x2.of_type_of(&x1)?;
    for tensor in [&x1, &x2, &out] {
        tensor.nd()?;
        tensor.of_rank(3..=3)?;
        tensor.not_empty()?;
    }
    check_math(math, &[&x1, &x2])?;
    let middle = match p1[..] {
        [0, 1, 2] => false,
        [1, 0, 2] => true,
        _ => return Err(invalid(format!("permX1: [0, 1, 2] or [1, 0, 2] asked, {p1:?} found"))),
    };
    let turned = match p2[..] {
        [0, 1, 2] => false,
        [0, 2, 1] => true,
        _ => return Err(invalid(format!("permX2: [0, 1, 2] or [0, 2, 1] asked, {p2:?} found"))),
    };
    if p3[..] != [1, 0, 2] {
        return Err(invalid(format!("permY: [1, 0, 2] asked, {p3:?} found")));
    }
    let (batch, m, k) = if middle { (x1.dim(1), x1.dim(0), x1.dim(2)) } else { (x1.dim(0), x1.dim(1), x1.dim(2)) };
    let (rows, n) = if turned { (x2.dim(2), x2.dim(1)) } else { (x2.dim(1), x2.dim(2)) };
    if x2.dim(0) != batch || rows != k {
        return Err(x2.invalid(format!("{batch} matrices of {k} rows asked, shape {:?} found", x2.dims())));
    }
    if batch >= 65536 || n >= 65536 {
        return Err(unsupported(format!("x2: batches and columns below 65536 asked on A2, {batch} and {n} found")));
    }
    let parts = usize::try_from(split).unwrap_or(0);
    if parts == 0 || batch % parts != 0 {
        return Err(invalid(format!("batchSplitFactor: a divisor of {batch} asked, {split} found")));
    }
    if let Some(scale) = &scale {
        scale.of_type(&[ACL_UINT64, ACL_INT64])?;
        scale.of_shape(&[batch * n])?;
        x1.of_type(&[ACL_FLOAT16])?;
        out.of_type(&[ACL_INT8])?;
        if parts != 1 || batch * n >= 65536 {
            return Err(invalid(format!(
                "with a scale a batchSplitFactor of 1 and less than 65536 columns asked, {split} and {} found",
                batch * n
            )));
        }
        out.of_shape(&[m, 1, batch * n])?;
    } else {
        out.of_type_of(&x1)?;
        out.of_shape(&if parts == 1 { [m, batch, n] } else { [parts, m, batch * n / parts] })?;
    }
    Ok(Plan::new(move |run| {
        let (left, right) = (singles(run, &x1)?, singles(run, &x2)?);
        let heads = batch / parts;
        let mut all = vec![0f32; batch * m * n];
        for b in 0..batch {
            let at = |r: usize, c: usize| if middle { left[(r * batch + b) * k + c] } else { left[(b * m + r) * k + c] };
            let x: Vec<f32> = (0..m * k).map(|i| at(i / k, i % k)).collect();
            let own = &right[b * k * n..][..k * n];
            let w: Vec<f32> = if turned { (0..k * n).map(|i| own[i % n * k + i / n]).collect() } else { own.to_vec() };
            for (i, value) in product(run, &x, &w, [m, k, n])?.into_iter().enumerate() {
                all[((b / heads * m + i / n) * heads + b % heads) * n + i % n] = value;
            }
        }
        let Some(scale) = &scale else { return run.put_floats(&out, &all.iter().map(|value| f64::from(*value)).collect::<Vec<_>>()) };
        let pipe: Vec<PipeScale> = run.ints(scale)?.into_iter().map(PipeScale::of).collect();
        let code = |(i, value): (usize, &f32)| to_code(value * pipe[i % pipe.len()].scale + pipe[i % pipe.len()].offset, 8);
        run.put_ints(&out, &all.iter().enumerate().map(code).collect::<Vec<_>>())
    })
    .with_workspace(WORKSPACE_BYTES))
}
