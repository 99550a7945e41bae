//! Systems of linear equations.

use ascend_sys::ffi::{ACL_DOUBLE, ACL_FLOAT};

use super::check::invalid;
use super::{Plan, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnTriangularSolve(self_: T, A: T, upper: bool, transpose: bool, unitriangular: bool, xOut: MutT, mOut: MutT) = solve;
}

/// `x` with `A x = b`, or `A^T x = b`. Of `A` one triangle is read, and not its diagonal where that counts as ones; `m` is a copy of it.
fn solve(b: Tensor, a: Tensor, upper: bool, transpose: bool, unit: bool, x: Tensor, m: Tensor) -> Outcome<Plan> {
    for tensor in [&b, &a, &x, &m] {
        tensor.nd()?;
        tensor.of_type(&[ACL_FLOAT, ACL_DOUBLE])?;
        tensor.of_type_of(&b)?;
    }
    x.of_shape(b.dims())?;
    m.of_shape(a.dims())?;
    let ([batch @ .., n, columns], [batch_a @ .., rows, n_a]) = (b.dims(), a.dims()) else {
        return Err(invalid("self and A: at least two dimensions asked"));
    };
    if batch != batch_a || n != rows || n != n_a {
        return Err(invalid(format!("A: [.., {n}, {n}] with the leading dimensions of self asked, {:?} found", a.dims())));
    }
    let (n, columns) = (*n, *columns);
    if b.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let matrices = run.floats(&a)?;
        let mut solution = run.floats(&b)?;
        for (matrix, x) in matrices.chunks(n * n).zip(solution.chunks_mut(n * columns)) {
            let at = |i: usize, j: usize| if transpose { matrix[j * n + i] } else { matrix[i * n + j] };
            for step in 0..n {
                // From the end that has one unknown.
                let backwards = upper != transpose;
                let i = if backwards { n - 1 - step } else { step };
                let known = if backwards { i + 1..n } else { 0..i };
                for column in 0..columns {
                    let sum: f64 = known.clone().map(|j| at(i, j) * x[j * columns + column]).sum();
                    let rest = x[i * columns + column] - sum;
                    x[i * columns + column] = if unit { rest } else { rest / at(i, i) };
                }
            }
        }
        run.put_floats(&x, &solution)?;
        run.move_elements(&a, &m)
    }))
}
