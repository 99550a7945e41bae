//! Weights in a form of the device's own, and what they stand for.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ascend_hal::ops::Weight;
use ascend_hal::{Device, OpCall, Result, TensorView, to_host};

/// For each tensor of a prepared weight the plain one, on the host. Kept for as long as the device: a tensor's buffer must not be taken for another one's.
#[derive(Debug, Default)]
pub(super) struct Prepared(Mutex<HashMap<usize, Vec<Pair>>>);

#[derive(Debug)]
struct Pair {
    prepared: TensorView,
    plain: TensorView,
}

impl Prepared {
    /// Remembers what `prepared` stands for; copies it, as the caller may use the memory of `plain` again.
    pub(super) fn keep(&self, device: &dyn Device, prepared: &Weight, plain: &Weight) -> Result<()> {
        let mut pairs = vec![(&prepared.data, &plain.data)];
        if let (Some(prepared), Some(plain)) = (&prepared.quant, &plain.quant) {
            pairs.push((&prepared.scale, &plain.scale));
            pairs.extend(prepared.zero.as_ref().zip(plain.zero.as_ref()));
            pairs.extend(prepared.offset.as_ref().zip(plain.offset.as_ref()));
        }
        for (prepared, plain) in pairs.into_iter().filter(|(prepared, plain)| !prepared.same_elements(plain)) {
            let pair = Pair { prepared: prepared.clone(), plain: to_host(device, plain)? };
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(prepared.buffer().id()).or_default().push(pair);
        }
        Ok(())
    }

    /// The same call on plain weights.
    pub(super) fn plain(&self, call: &OpCall) -> Result<OpCall> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() {
            return Ok(call.clone());
        }
        call.map(&mut |arg| {
            let pair = all.get(&arg.view.buffer().id()).and_then(|pairs| pairs.iter().find(|pair| pair.prepared.same_elements(arg.view)));
            Ok(pair.map_or(arg.view, |pair| &pair.plain).clone())
        })
    }
}
