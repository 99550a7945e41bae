//! Recording where a model's tokens go, for [`Routing::Trace`](crate::workload::Routing).

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use ascend_hal::ops::Weight;
use ascend_hal::{
    Buffer, Choice, Device, DeviceExt, DeviceInfo, Event, KernelRegistry, MemoryInfo, OpCall, Result, Stream, Support, TensorView,
    current_scope,
};

/// A device over another one that notes the experts of each call of an expert layer. It waits for such a call's stream, so a step takes longer; recorded graphs are refused
/// by the stream, which cannot be waited for while it is recording.
#[derive(Debug)]
pub struct Recorder {
    device: Arc<dyn Device>,
    routes: Routes,
}

/// What was noted so far. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Routes(Arc<Mutex<Vec<Batch>>>);

/// The experts of the tokens of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The labels that held ([`ascend_hal::scope`]), as the layer's.
    pub scope: String,
    /// Of each token its experts. Tokens without experts, as padding is, are left out.
    pub topk_ids: Vec<Vec<i32>>,
}

impl Recorder {
    /// A device that does all that `device` does, and what it notes.
    pub fn over(device: Arc<dyn Device>) -> (Arc<dyn Device>, Routes) {
        let routes = Routes::default();
        (Arc::new(Self { device, routes: routes.clone() }), routes)
    }

    fn note(&self, stream: &Stream, ids: &TensorView, experts: usize) -> Result<()> {
        let k = ids.dim(ids.rank() - 1).max(1);
        let found = self.device.download::<i32>(stream, ids)?;
        let is_expert = |id: &i32| usize::try_from(*id).is_ok_and(|id| id < experts);
        let topk_ids: Vec<Vec<i32>> = found.chunks(k).filter(|token| token.iter().all(is_expert)).map(<[i32]>::to_vec).collect();
        if !topk_ids.is_empty() {
            self.routes.0.lock().unwrap_or_else(PoisonError::into_inner).push(Batch { scope: current_scope(), topk_ids });
        }
        Ok(())
    }
}

impl Routes {
    /// The calls, in order.
    pub fn batches(&self) -> Vec<Batch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The calls as JSON lines, each an object with `scope` and `topk_ids`: a trace that `--routing` takes.
    pub fn lines(&self) -> String {
        self.batches().iter().fold(String::new(), |mut lines, Batch { scope, topk_ids }| {
            // Writing to a `String` cannot fail.
            let _ = writeln!(lines, "{}", serde_json::json!({ "scope": scope, "topk_ids": topk_ids }));
            lines
        })
    }
}

/// The experts that a call is told, and how many there are.
fn ids_of(call: &OpCall) -> Option<(TensorView, usize)> {
    match call {
        OpCall::MoeExperts(op) => Some((op.ids.clone(), op.experts)),
        OpCall::InitRouting(op) => Some((op.ids.clone(), op.experts)),
        _ => None,
    }
}

impl Device for Recorder {
    fn info(&self) -> &DeviceInfo {
        self.device.info()
    }

    fn memory(&self) -> Result<MemoryInfo> {
        self.device.memory()
    }

    fn alloc(&self, bytes: usize) -> Result<Buffer> {
        self.device.alloc(bytes)
    }

    fn alloc_pinned(&self, bytes: usize) -> Result<Buffer> {
        self.device.alloc_pinned(bytes)
    }

    fn write(&self, dst: &Buffer, offset: usize, src: &[u8]) -> Result<()> {
        self.device.write(dst, offset, src)
    }

    fn read(&self, src: &Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        self.device.read(src, offset, dst)
    }

    fn create_stream(&self) -> Result<Stream> {
        self.device.create_stream()
    }

    fn create_event(&self) -> Result<Event> {
        self.device.create_event()
    }

    fn enqueue(&self, stream: &Stream, call: OpCall, choice: &Choice) -> Result<()> {
        let ids = ids_of(&call);
        self.device.enqueue(stream, call, choice)?;
        ids.map_or(Ok(()), |(ids, experts)| self.note(stream, &ids, experts))
    }

    fn kernels(&self) -> &KernelRegistry {
        self.device.kernels()
    }

    fn support(&self, call: &OpCall, choice: &Choice) -> Support {
        self.device.support(call, choice)
    }

    fn prepare_weight(&self, weight: &Weight) -> Result<Weight> {
        self.device.prepare_weight(weight)
    }

    fn synchronize(&self) -> Result<()> {
        self.device.synchronize()
    }
}

#[cfg(test)]
mod tests {
    use ascend_cpu::CpuDevice;
    use ascend_hal::DType;
    use ascend_hal::ops::InitRouting;

    use super::*;
    use crate::workload::Routing;

    #[test]
    fn what_was_recorded_is_a_trace_of_the_same_routing() {
        let (device, routes) = Recorder::over(CpuDevice::new().unwrap());
        let stream = device.create_stream().unwrap();
        let route = |ids: &[i32], tokens| {
            let x = device.upload(&vec![0f32; tokens * 4], [tokens, 4]).unwrap();
            let (rows, places) = (device.empty(DType::F32, [2 * tokens, 4]).unwrap(), device.empty(DType::I32, [2 * tokens]).unwrap());
            let op = InitRouting::new(x, device.upload(ids, [tokens, 2]).unwrap(), 8, rows, places);
            ascend_hal::scope("layer 3", || device.run(&stream, op)).unwrap();
        };
        let first = Routing::Zipf(1.0).draw(5, 8, 2, 1).unwrap();
        route(&first, 5);
        // The second token is padding.
        route(&[7, 6, 8, 8], 2);
        let batches = routes.batches();
        assert_eq!((batches.len(), batches[0].scope.as_str(), batches[1].topk_ids.clone()), (2, "layer 3", vec![vec![7, 6]]));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("routes.jsonl");
        std::fs::write(&file, routes.lines()).unwrap();
        let trace = Routing::parse(&file.display().to_string()).unwrap();
        assert_eq!(trace.draw(6, 8, 2, 0).unwrap(), [&first[..], &[7, 6]].concat());
    }

    #[test]
    fn a_stream_that_is_recording_cannot_be_noted() {
        let (device, routes) = Recorder::over(CpuDevice::new().unwrap());
        let stream = device.create_stream().unwrap();
        stream.begin_capture().unwrap();
        let (x, ids) = (device.upload(&[0f32; 4], [1, 4]).unwrap(), device.upload(&[1, 0], [1, 2]).unwrap());
        let (rows, places) = (device.empty(DType::F32, [2, 4]).unwrap(), device.empty(DType::I32, [2]).unwrap());
        assert!(device.run(&stream, InitRouting::new(x, ids, 8, rows, places)).is_err());
        assert!(stream.end_capture().is_ok() && routes.batches().is_empty());
    }
}
