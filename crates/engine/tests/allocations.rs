//! What the engine allocates on the host while it decodes: nothing. Kernels and the device's own book-keeping are not counted.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod edited;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use ascend_engine::models;
use ascend_engine::scheduler::{Request, Scheduler, SchedulerOptions};
use ascend_hal::{
    Buffer, BufferSlice, Choice, DType, Device, DeviceId, DeviceInfo, Event, Graph, GraphExec, GraphExecImpl, GraphImpl, HostFn,
    KernelRegistry, MemoryInfo, OpCall, Result, Stream, StreamImpl,
};
use edited::{Edited, cpu};

thread_local! {
    /// Depth of calls into the device.
    static IN_DEVICE: Cell<usize> = const { Cell::new(0) };
    /// Allocations outside of the device.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call is passed on to the system's allocator as it is; the counters are plain numbers that need no allocation.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if IN_DEVICE.get() == 0 {
            ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        }
        // SAFETY: the caller's promise is the one that the system's allocator asks for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as above; the block came from `System`.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `f` as a part of the device.
fn inside<T>(f: impl FnOnce() -> T) -> T {
    IN_DEVICE.set(IN_DEVICE.get() + 1);
    let result = f();
    IN_DEVICE.set(IN_DEVICE.get() - 1);
    result
}

/// A device whose calls are told from the engine's own work.
#[derive(Debug)]
struct Told(Arc<dyn Device>);

#[derive(Debug)]
struct ToldStream(Stream);

#[derive(Debug)]
struct ToldGraph(Graph);

#[derive(Debug)]
struct ToldExec(GraphExec);

fn inner(stream: &Stream) -> &Stream {
    &stream.downcast_ref::<ToldStream>().unwrap().0
}

impl Device for Told {
    fn info(&self) -> &DeviceInfo {
        self.0.info()
    }
    fn memory(&self) -> Result<MemoryInfo> {
        self.0.memory()
    }
    fn alloc(&self, bytes: usize) -> Result<Buffer> {
        inside(|| self.0.alloc(bytes))
    }
    fn alloc_pinned(&self, bytes: usize) -> Result<Buffer> {
        inside(|| self.0.alloc_pinned(bytes))
    }
    fn write(&self, dst: &Buffer, offset: usize, src: &[u8]) -> Result<()> {
        inside(|| self.0.write(dst, offset, src))
    }
    fn read(&self, src: &Buffer, offset: usize, dst: &mut [u8]) -> Result<()> {
        inside(|| self.0.read(src, offset, dst))
    }
    fn create_stream(&self) -> Result<Stream> {
        Ok(Stream::new(ToldStream(self.0.create_stream()?)))
    }
    fn create_event(&self) -> Result<Event> {
        self.0.create_event()
    }
    fn enqueue(&self, stream: &Stream, call: OpCall, choice: &Choice) -> Result<()> {
        inside(|| self.0.enqueue(inner(stream), call, choice))
    }
    fn kernels(&self) -> &KernelRegistry {
        self.0.kernels()
    }
    fn synchronize(&self) -> Result<()> {
        self.0.synchronize()
    }
}

impl StreamImpl for ToldStream {
    fn device(&self) -> DeviceId {
        self.0.device()
    }
    fn synchronize(&self) -> Result<()> {
        inside(|| self.0.synchronize())
    }
    fn is_idle(&self) -> Result<bool> {
        self.0.is_idle()
    }
    fn record(&self, event: &Event) -> Result<()> {
        self.0.record(event)
    }
    fn wait(&self, event: &Event) -> Result<()> {
        self.0.wait(event)
    }
    fn call_host(&self, f: HostFn) -> Result<()> {
        self.0.call_host(f)
    }
    fn copy(&self, src: BufferSlice, dst: BufferSlice) -> Result<()> {
        inside(|| self.0.copy(src, dst))
    }
    fn begin_capture(&self) -> Result<()> {
        self.0.begin_capture()
    }
    fn end_capture(&self) -> Result<Graph> {
        Ok(Graph::new(ToldGraph(self.0.end_capture()?)))
    }
}

impl GraphImpl for ToldGraph {
    fn task_count(&self) -> usize {
        self.0.task_count()
    }
    fn instantiate(self: Box<Self>) -> Result<GraphExec> {
        Ok(GraphExec::new(ToldExec(self.0.instantiate()?)))
    }
}

impl GraphExecImpl for ToldExec {
    fn launch(&self, stream: &Stream) -> Result<()> {
        inside(|| self.0.launch(inner(stream)))
    }
}

/// The most allocations of a step in which all sequences decode, after the first ones of its kind; and how many such steps there were.
fn allocations_of_a_step(model: &str, decode_graphs: bool) -> (usize, usize) {
    let device: Arc<dyn Device> = Arc::new(Told(cpu()));
    let model = models::load(&Edited::new(model), &device, DType::F32).unwrap();
    // Publishing a full page for reuse allocates its key.
    let options = SchedulerOptions { prefix_reuse: false, decode_graphs, ..SchedulerOptions::for_tokens(30 * 64) };
    let mut scheduler = Scheduler::new(device.clone(), model.into(), options).unwrap();
    for i in 0..24u32 {
        scheduler.submit(Request::new([i + 3, 7, 2 * i + 5], 60)).unwrap();
    }
    let (mut most, mut steps, mut settled) = (0, 0, None);
    for n in 0..50 {
        let before = ALLOCATIONS.get();
        let report = scheduler.step(&mut |_| ControlFlow::Continue(())).unwrap();
        // Tables are 1, 2 and 4 pages wide from tokens 3, 17 and 33 on: a pass as it is and a recording each.
        let first_of_its_kind = n < 3 || (13..=16).contains(&n) || (29..=32).contains(&n);
        if !first_of_its_kind {
            assert_eq!(report.decode_tokens, 24);
            most = most.max(ALLOCATIONS.get() - before);
            let memory = device.memory().unwrap().allocations;
            assert_eq!(*settled.get_or_insert(memory), memory, "step {n}");
            steps += 1;
        }
    }
    (most, steps)
}

#[test]
fn a_decode_step_allocates_nothing_on_the_host_or_the_device() {
    for model in ["llama_dense", "qwen3_moe", "deepseek_v3"] {
        assert_eq!(allocations_of_a_step(model, true), (0, 39), "{model}");
        // The host's copies of both lengths, which go with the calls.
        assert_eq!(allocations_of_a_step(model, false), (2, 39), "{model}");
    }
}
