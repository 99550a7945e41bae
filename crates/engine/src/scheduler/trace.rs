//! Hidden states of the requests that ask for them, kept during a pass and told after it.

use ascend_compute::{Device, Stream, TensorView, host, to_host};

use super::{RequestId, Sequence};
use crate::Result;

/// Hidden states of one pass.
#[derive(Debug, Default)]
pub(super) struct HiddenStates {
    /// Of whom, from which row on, how many rows.
    wanted: Vec<(RequestId, usize, usize)>,
    /// Layer by layer.
    kept: Vec<(RequestId, usize, Vec<f32>)>,
}

impl HiddenStates {
    /// Nothing is kept yet; `in_step` are the sequences of the pass in their order.
    pub(super) fn wanted<'a>(in_step: impl Iterator<Item = &'a Sequence>) -> Self {
        let (mut states, mut row) = (Self::default(), 0);
        for sequence in in_step {
            if sequence.request.hidden_states && !sequence.decoding() {
                states.wanted.push((sequence.id, row, sequence.in_step));
            }
            row += sequence.in_step;
        }
        states
    }

    /// Whether nobody asks for any.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Copies what `layer` leaves, `x: [T, H]`, to the host.
    pub(super) fn keep(&mut self, device: &dyn Device, stream: &Stream, layer: usize, x: &TensorView) -> Result<()> {
        stream.synchronize()?;
        for &(request, row, rows) in &self.wanted {
            let floats = host::to_f64(&to_host(device, &x.narrow(0, row, rows)?)?)?;
            self.kept.push((request, layer, floats.into_iter().map(|x| x as f32).collect()));
        }
        Ok(())
    }

    /// Layers and states of a request.
    pub(super) fn of(&self, request: RequestId) -> impl Iterator<Item = (usize, &[f32])> {
        self.kept.iter().filter(move |(id, ..)| *id == request).map(|(_, layer, states)| (*layer, &states[..]))
    }
}
