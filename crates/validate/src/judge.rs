//! Judging what was computed elsewhere.

use std::collections::HashMap;

use ascend_hal::OpCall;

use crate::compare::{self, Reference};
use crate::{Result, transfer};

/// The oracle's answer to a call, for judging what others made of the call's buffers, as often as one likes.
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
