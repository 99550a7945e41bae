//! Judging what was computed elsewhere.

use std::collections::HashMap;

use ascend_hal::OpCall;

use crate::compare::{self, Reference};
use crate::{Result, transfer};

/// The oracle's answer to a call, for judging what others made of the call's buffers, as often as one likes.
///
/// # When an output is right
///
/// Three results of the oracle stand for what a correct kernel may give: the exact one in `f64` (`exact`), the rounding model (`model`: the contract's rounding points,
/// f32 sums in order), and a few shaken models (`shaken`: every f32 rounding moved at random by up to one unit). The distances between them *are* the scale of a permitted error, for this op on these
/// inputs: they grow with the length of sums and with cancellation as a kernel's own error does. A float output is right when
///
/// 1. **Class.** NaN, +Inf and -Inf stand where the model (or a shaken one, or the exact result if it is not finite) has them.
/// 2. **Every element** lies within `u(exact) / 2 + 3 * noise + 4 * u32(exact) + u32(row's largest)` of the exact result, `u` being the unit in the last place of the
///    output's type and `u32` that of f32.
///    - Half a unit is the last rounding.
///    - `noise` is by how much the model and the shaken models miss the exact result beyond half a unit, the largest over the row (the last dimension); at least the median of the rows in
///      proportion to the row's largest element (in 16-bit types, which show noise at near ties only, the largest of the rows; and 1/16 of a unit is added), so that a row whose few samples happen to be good asks no more than its neighbours. Shaking moves by up to 1 unit where natural rounding moves by up to 1/2, so the shaken
///      spread is about 2.2 deviations of a natural one, and 3 times its maximum lies beyond 6 deviations even for rows of two elements.
///    - 4 units are what f32 `exp`, `tanh` and divisions of common libraries miss, which the oracle computes without error; one unit of the row's largest covers a sum that cancels.
/// 3. **Few elements differ from the model** (16-bit outputs): a correct kernel rounds to another neighbour only at near ties. Allowed are 2 % of the elements plus 1.5 times the share that shaking changes, plus three deviations of a
///    count of that size, plus 2; of three rows or more the one that differs most is left out, as one near tie of an intermediate result moves a whole row. A rounding step that is dropped or done by truncation changes 10 % and more.
/// 4. **Mean errors in proportion**: MERE, RMSE and the count of errors among small values are at most the multiple of the vendor's accuracy standard for the op's level (commercial acceptance: L0 2, L1 1.5, L2 1.2; small values 2) of the largest that the model and the shaken models
///    have. As that standard does, a ratio beyond the limit is judged again by statistics: it fails when the mean paired difference lies four standard errors beyond the limit, over 16 elements or more.
///    MARE is reported the same way; the element that it belongs to is judged by rule 2, which is sharper.
///
/// Other outputs: moves and integers are equal to the bit. A quantised code lies within half a step of the model's value before rounding, plus three times the shaken spread of the row. A chosen index is the oracle's own, or
/// one whose score is within rounding of it (equal scores are no near tie: there the contract's order holds); float outputs of a row with another permitted choice are left out.
#[derive(Debug)]
pub struct Judge {
    call: OpCall,
    reference: Reference,
}

impl Judge {
    /// Has the oracle compute `call`, which is on host tensors. Its outputs should be poisoned ([`Gen::output`](crate::Gen::output)).
    ///
    /// # Errors
    /// What the contract or the oracle has against the call.
    pub fn new(call: OpCall) -> Result<Self> {
        call.check()?;
        let reference = Reference::of(&call)?;
        Ok(Self { call, reference })
    }

    /// The call.
    pub fn call(&self) -> &OpCall {
        &self.call
    }

    /// What is wrong: in outputs, by the rules of a validation run, and in memory that the call must not touch. `after` holds the bytes of the call's buffers
    /// afterwards, by their id; a buffer that is not among them is taken as unchanged.
    ///
    /// # Errors
    /// Buffers of other sizes than the call's.
    pub fn faults(&self, after: &HashMap<usize, Vec<u8>>) -> Result<Vec<String>> {
        let touched = transfer::touched(&self.call, after, self.reference.outputs())?;
        let verdict = compare::judge(&transfer::with_contents(&self.call, after)?, &self.reference)?;
        Ok(touched.iter().chain(&verdict.faults).map(ToString::to_string).collect())
    }
}

#[cfg(test)]
mod tests {
    use ascend_hal::ops::{Activation, ActivationKind};
    use ascend_hal::{DType, host};

    use super::*;
    use crate::Gen;

    #[test]
    fn right_bytes_pass_and_wrong_ones_and_a_changed_input_are_faults() {
        let x = host::tensor(&[0f32, 1., -1.], [3]).unwrap();
        let y = Gen::new(0, "judge").output(DType::F32, [3]).unwrap();
        let (from, to) = (x.buffer().id(), y.buffer().id());
        let judge = Judge::new(Activation::new(x, ActivationKind::Silu, y).into()).unwrap();
        let bytes = |values: [f32; 3]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let sigmoid = |x: f32| 1. / (1. + (-x).exp());
        let right = [0., sigmoid(1.), -sigmoid(-1.)];
        let faults = |x, y| judge.faults(&HashMap::from([(from, bytes(x)), (to, bytes(y))])).unwrap();
        assert_eq!(faults([0., 1., -1.], right), [""; 0]);
        assert!(faults([0., 1., -1.], [0., 0.5, right[2]])[0].contains("y[1]"));
        assert!(faults([0., 1., 1.], right)[0].contains("an input was changed"));
        assert_eq!(judge.faults(&HashMap::new()).unwrap().len(), 1, "nothing was written");
    }
}
