//! Oracle of [`Copy`].

use ascend_hal::ops::Copy;
use ascend_hal::{Result, host};

use crate::{Output, Rounding};

/// `y = x`. The logical elements only: what lies between them is the contract's word, and its rules are tested on whole buffers.
pub(super) fn copy(op: &Copy, _r: Rounding) -> Result<Vec<Output>> {
    Ok(vec![if op.x.dtype().is_float() {
        Output::float("y", &op.y, host::to_f64(&op.x)?)
    } else {
        Output::int("y", &op.y, host::to_i64(&op.x)?)
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Precision, Values};
    use ascend_hal::DType;

    #[test]
    fn elements_come_in_the_order_of_the_view() {
        let x = host::tensor(&[1i32, 2, 3, 4, 5, 6], [2, 3]).unwrap().t().unwrap();
        let y = host::zeros(DType::I32, [3, 2]).unwrap();
        let out = copy(&Copy::new(x, y), Rounding(Precision::Exact)).unwrap();
        assert_eq!(out[0].values, Values::Int(vec![1, 4, 2, 5, 3, 6]));
    }
}
