//! Recorded work.

use std::sync::Arc;

use ascend_hal::{BufferSlice, Event, Graph, GraphExec, GraphExecImpl, GraphImpl, Kernel, OpCall, Result, Stream};

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

/// What a capture has recorded.
#[derive(Debug)]
struct CpuGraph(Vec<Task>);

/// The recording as a graph.
pub(crate) fn graph(tasks: Vec<Task>) -> Graph {
    Graph::new(CpuGraph(tasks))
}

impl GraphImpl for CpuGraph {
    fn task_count(&self) -> usize {
        self.0.len()
    }

    fn instantiate(self: Box<Self>) -> Result<GraphExec> {
        Ok(GraphExec::new(CpuGraphExec(self.0)))
    }
}

#[derive(Debug)]
struct CpuGraphExec(Vec<Task>);

impl GraphExecImpl for CpuGraphExec {
    fn launch(&self, stream: &Stream) -> Result<()> {
        CpuStream::of(stream)?.replay(stream, &self.0)
    }
}
