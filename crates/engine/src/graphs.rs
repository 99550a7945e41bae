//! Decode steps as captured graphs: recorded once for each shape, then launched as one.
//!
//! A graph works on fixed memory: the inputs of the [`Batch`](crate::batch::Batch), the activations and the cache. What changes from step to step (tokens, slots,
//! tables, lengths) is read from the device when the graph is launched.

use std::collections::HashMap;

use ascend_compute::{GraphExec, Stream, TensorView};

use crate::Result;
use crate::batch::DecodeShape;

/// The graphs of a scheduler.
#[derive(Debug, Default)]
pub struct DecodeGraphs {
    /// `None`: a pass of this shape has run, so that its activations have their memory, and the next one is recorded.
    graphs: HashMap<DecodeShape, Option<Captured>>,
}

#[derive(Debug)]
struct Captured {
    exec: GraphExec,
    /// In the memory that the graph writes.
    logits: TensorView,
}

impl DecodeGraphs {
    /// Enqueues a pass of `shape`, which `forward` does: the first one as it is, the second one as a recording, later ones from the recording.
    ///
    /// # Errors
    /// What `forward` and the capture say. The graphs are as before then.
    pub fn pass(&mut self, shape: DecodeShape, stream: &Stream, forward: impl FnOnce() -> Result<TensorView>) -> Result<TensorView> {
        match self.graphs.get(&shape) {
            None => {
                let logits = forward()?;
                self.forget_moved(&logits);
                self.graphs.insert(shape, None);
                Ok(logits)
            }
            Some(Some(captured)) => {
                captured.exec.launch(stream)?;
                Ok(captured.logits.clone())
            }
            Some(None) => {
                stream.begin_capture()?;
                let logits = forward();
                // Ended whatever came of it: a stream that records runs nothing.
                let graph = stream.end_capture();
                let (logits, exec) = (logits?, graph?.instantiate()?);
                exec.launch(stream)?;
                self.graphs.insert(shape, Some(Captured { exec, logits: logits.clone() }));
                Ok(logits)
            }
        }
    }

    /// Drops the graphs whose activations lie elsewhere than those of a pass that ran as it is and gave `logits`: the memory has been replaced by a larger one,
    /// and the graphs keep the old one alive.
    pub fn forget_moved(&mut self, logits: &TensorView) {
        let moved = |captured: &Captured| !captured.logits.buffer().same_memory(logits.buffer());
        for captured in self.graphs.values_mut() {
            captured.take_if(|captured| moved(captured));
        }
    }

    /// Number of graphs.
    pub fn captured(&self) -> usize {
        self.graphs.values().flatten().count()
    }
}
