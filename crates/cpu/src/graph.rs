//! Recorded work.

use std::sync::Arc;

use ascend_hal::{BufferSlice, Event, Graph, GraphExec, GraphExecImpl, GraphImpl, Kernel, OpCall, Result, Stream};

use crate::device::Inner;
use crate::stream::CpuStream;

/// One thing that a stream does, and can do again.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every task is an op; boxing would cost each an allocation")]
pub(crate) enum Task {
    /// Runs a call with the kernel that was picked when it was enqueued.
    Op {
        call: OpCall,
        kernel: Arc<dyn Kernel>,
    },
    Copy {
        src: BufferSlice,
        dst: BufferSlice,
    },
    Record(Event),
    Wait,
}

/// What a capture has recorded, for streams of one device: kernels work with its threads.
#[derive(Debug)]
struct Recording {
    device: Arc<Inner>,
    tasks: Vec<Task>,
}

#[derive(Debug)]
struct CpuGraph(Recording);

/// The recording as a graph.
pub(crate) fn graph(device: Arc<Inner>, tasks: Vec<Task>) -> Graph {
    Graph::new(CpuGraph(Recording { device, tasks }))
}

impl GraphImpl for CpuGraph {
    fn task_count(&self) -> usize {
        self.0.tasks.len()
    }

    fn instantiate(self: Box<Self>) -> Result<GraphExec> {
        Ok(GraphExec::new(CpuGraphExec(self.0)))
    }
}

#[derive(Debug)]
struct CpuGraphExec(Recording);

impl GraphExecImpl for CpuGraphExec {
    fn launch(&self, stream: &Stream) -> Result<()> {
        CpuStream::of(stream, &self.0.device)?.replay(stream, &self.0.tasks)
    }
}
