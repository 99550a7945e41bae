//! What it costs the host to enqueue: an op through the device, beside the bare C calls that it comes down to (with an executor that is planned each time, and with one
//! that is kept), and a captured graph beside its ops one by one.
//!
//! The simulated operators compute nothing here (`ASCEND_SIM_KERNELS=null`), so a time is that of the calls. `cargo bench -p ascend-npu`.
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run ends")]
#![allow(missing_docs, reason = "criterion makes a public function")]

use std::ffi::c_void;
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::Duration;

use ascend_hal::ops::{GroupList, GroupedMatmul, Norm, NormKind, Weight};
use ascend_hal::{Choice, DType, Device, DeviceExt, OpCall, Stream};
use ascend_npu::NpuDevice;
use ascend_sys::Cann;
use ascend_sys::ffi::*;
use criterion::{Criterion, criterion_group};

/// Calls between two waits for the stream: a queue that grows without end would be another thing to measure.
const BATCH: usize = 64;

/// A device, and the same CANN bare.
struct Setup {
    device: Arc<NpuDevice>,
    stream: Stream,
    cann: Cann,
    bare: aclrtStream,
}

fn setup() -> Setup {
    let cann = ascend_sim::cann();
    let device = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0).unwrap();
    let stream = device.create_stream().unwrap();
    let mut bare = null_mut();
    // SAFETY: the device is initialised; a place to write to.
    unsafe {
        cann.acl.aclrtSetDevice(0).unwrap();
        cann.acl.aclrtCreateStream(&mut bare).unwrap();
    }
    Setup { device, stream, cann, bare }
}

impl Setup {
    fn norm(&self) -> OpCall {
        let (x, weight) = (self.device.zeros(DType::BF16, [8, 2048]).unwrap(), self.device.zeros(DType::BF16, [2048]).unwrap());
        let y = self.device.empty(DType::BF16, [8, 2048]).unwrap();
        Norm::new(x.view(), weight.view(), NormKind::Rms, 1e-6, y).into()
    }

    fn grouped(&self) -> OpCall {
        let (x, w) = (self.device.zeros(DType::BF16, [16, 64]).unwrap(), self.device.zeros(DType::BF16, [8, 64, 64]).unwrap());
        let groups = GroupList::Counts(self.device.upload(&[2i64; 8], [8]).unwrap());
        GroupedMatmul::new(x.view(), Weight::kn(w.view()), groups, self.device.empty(DType::BF16, [16, 64]).unwrap()).into()
    }

    fn enqueue(&self, call: &OpCall) {
        self.device.enqueue(&self.stream, call.clone(), &Choice::Auto).unwrap();
    }

    /// Device memory of the bare calls. It lives as long as the process.
    fn malloc(&self, bytes: usize) -> *mut c_void {
        let mut address = null_mut();
        // SAFETY: a place to write to.
        unsafe { self.cann.acl.aclrtMalloc(&mut address, bytes, ACL_MEM_MALLOC_HUGE_FIRST) }.unwrap();
        address
    }

    /// A row-major tensor handle.
    fn tensor(&self, dims: &[i64], dtype: aclDataType, address: *mut c_void) -> *mut aclTensor {
        let mut strides = [1; 4];
        for i in (1..dims.len()).rev() {
            strides[i - 1] = strides[i] * dims[i];
        }
        let rank = dims.len() as u64;
        // SAFETY: the arrays have as many elements as is said.
        let made = unsafe {
            let base = &self.cann.nnopbase;
            base.aclCreateTensor(dims.as_ptr(), rank, dtype, strides.as_ptr(), 0, ACL_FORMAT_ND, dims.as_ptr(), rank, address)
        };
        made.unwrap()
    }

    fn list(&self, tensor: *mut aclTensor) -> *mut aclTensorList {
        // SAFETY: the array has one element.
        unsafe { self.cann.nnopbase.aclCreateTensorList([tensor.cast_const()].as_ptr(), 1) }.unwrap()
    }
}

/// An operator by the C calls alone: what it is planned with, and both phases.
struct Bare<'a> {
    setup: &'a Setup,
    workspace: *mut c_void,
    plan: Plan,
    launch: unsafe fn(&Cann, *mut c_void, u64, *mut aclOpExecutor, aclrtStream) -> ascend_sys::Result<()>,
    end: fn(&Setup, Handles),
    memory: [*mut c_void; 4],
}

/// The handles that an operator was planned with.
type Handles = [*mut c_void; 4];

type Plan = fn(&Setup, [*mut c_void; 4], &mut u64, &mut *mut aclOpExecutor) -> Handles;

impl Bare<'_> {
    /// Handles made, planned, enqueued, handles destroyed: what a program does that keeps nothing.
    fn whole(&self) {
        let (mut bytes, mut executor) = (0, null_mut());
        let handles = (self.plan)(self.setup, self.memory, &mut bytes, &mut executor);
        self.enqueue(bytes, executor);
        (self.end)(self.setup, handles);
    }

    /// The second phase.
    fn enqueue(&self, bytes: u64, executor: *mut aclOpExecutor) {
        // SAFETY: every handle is alive; the workspace is as large as any that is asked for here.
        unsafe { (self.launch)(&self.setup.cann, self.workspace, bytes, executor, self.setup.bare) }.unwrap();
    }

    /// An executor that stays, and what it asks for. It and its handles live as long as the process.
    fn kept(&self) -> (u64, *mut aclOpExecutor) {
        let (mut bytes, mut executor) = (0, null_mut());
        (self.plan)(self.setup, self.memory, &mut bytes, &mut executor);
        // SAFETY: the executor has just been planned.
        unsafe { self.setup.cann.nnopbase.aclSetAclOpExecutorRepeatable(executor) }.unwrap();
        (bytes, executor)
    }
}

fn plan_norm(s: &Setup, [x, gamma, y, rstd]: [*mut c_void; 4], bytes: &mut u64, executor: &mut *mut aclOpExecutor) -> Handles {
    let x = s.tensor(&[8, 2048], ACL_BF16, x);
    let gamma = s.tensor(&[2048], ACL_BF16, gamma);
    let y = s.tensor(&[8, 2048], ACL_BF16, y);
    let rstd = s.tensor(&[8, 1], ACL_FLOAT, rstd);
    // SAFETY: every handle is alive.
    unsafe { s.cann.opapi.aclnnRmsNormGetWorkspaceSize(x, gamma, 1e-6, y, rstd, bytes, executor) }.unwrap();
    [x, gamma, y, rstd].map(|tensor| tensor.cast())
}

fn end_norm(s: &Setup, handles: Handles) {
    // SAFETY: tensors that were made for this call.
    handles.iter().for_each(|tensor| unsafe { s.cann.nnopbase.aclDestroyTensor((*tensor).cast()) }.unwrap());
}

fn plan_grouped(s: &Setup, [x, w, groups, y]: [*mut c_void; 4], bytes: &mut u64, executor: &mut *mut aclOpExecutor) -> Handles {
    let none = null_mut::<aclTensorList>();
    let x = s.list(s.tensor(&[16, 64], ACL_BF16, x));
    let w = s.list(s.tensor(&[8, 64, 64], ACL_BF16, w));
    let y = s.list(s.tensor(&[16, 64], ACL_BF16, y));
    let groups = s.tensor(&[8], ACL_INT64, groups);
    // SAFETY: every handle is alive or null where that is allowed.
    let first = unsafe {
        s.cann.opapi.aclnnGroupedMatmulV5GetWorkspaceSize(
            x,
            w,
            none,
            none,
            none,
            none,
            none,
            none,
            groups,
            none,
            none,
            none,
            3,
            0,
            1,
            0,
            null_mut(),
            y,
            none,
            none,
            bytes,
            executor,
        )
    };
    first.unwrap();
    [x.cast(), w.cast(), groups.cast(), y.cast()]
}

fn end_grouped(s: &Setup, [x, w, groups, y]: Handles) {
    // SAFETY: lists and a tensor that were made for this call.
    unsafe {
        for list in [x, w, y] {
            s.cann.nnopbase.aclDestroyTensorList(list.cast()).unwrap();
        }
        s.cann.nnopbase.aclDestroyTensor(groups.cast()).unwrap();
    }
}

/// What the calling thread has computed so far: a machine that does other things beside does not count.
fn processor_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: a place to write to.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The time of `enqueue` alone; the stream is emptied between batches.
fn timed(c: &mut Criterion, name: &str, enqueue: impl Fn(), wait: impl Fn()) {
    c.bench_function(name, |b| {
        b.iter_custom(|rounds| {
            let mut total = Duration::ZERO;
            let mut left = rounds as usize;
            while left > 0 {
                let batch = left.min(BATCH);
                let start = processor_time();
                for _ in 0..batch {
                    enqueue();
                }
                total += processor_time() - start;
                wait();
                left -= batch;
            }
            total
        });
    });
}

fn ops(c: &mut Criterion) {
    let s = setup();
    let memory = [1 << 20; 4].map(|bytes| s.malloc(bytes));
    let workspace = s.malloc(64 << 20);
    // SAFETY: the stream is alive.
    let wait_bare = || unsafe { s.cann.acl.aclrtSynchronizeStream(s.bare) }.unwrap();
    let wait = || s.stream.synchronize().unwrap();
    // The device has made its own context current in this thread.
    // SAFETY: the device exists.
    let rebind = || unsafe { s.cann.acl.aclrtSetDevice(0) }.unwrap();

    let bare = |plan, launch, end| Bare { setup: &s, workspace, plan, launch, end, memory };
    let norm = bare(
        plan_norm,
        |cann, workspace, bytes, executor, stream| {
            // SAFETY: the caller keeps the operator's rules.
            unsafe { cann.opapi.aclnnRmsNorm(workspace, bytes, executor, stream) }
        },
        end_norm,
    );
    let grouped = bare(
        plan_grouped,
        |cann, workspace, bytes, executor, stream| {
            // SAFETY: the caller keeps the operator's rules.
            unsafe { cann.opapi.aclnnGroupedMatmulV5(workspace, bytes, executor, stream) }
        },
        end_grouped,
    );
    for (name, bare, call) in [("rms_norm", norm, s.norm()), ("grouped_matmul", grouped, s.grouped())] {
        rebind();
        timed(c, &format!("{name}/bare, planned each time"), || bare.whole(), wait_bare);
        let (bytes, executor) = bare.kept();
        timed(c, &format!("{name}/bare, executor kept"), || bare.enqueue(bytes, executor), wait_bare);
        timed(c, &format!("{name}/device"), || s.enqueue(&call), wait);
    }
}

/// As many ops as a decoder layer comes down to.
const LAYER_OPS: usize = 60;

fn graphs(c: &mut Criterion) {
    let s = setup();
    let (norm, grouped) = (s.norm(), s.grouped());
    let layer = || (0..LAYER_OPS).for_each(|i| s.enqueue(if i % 2 == 0 { &norm } else { &grouped }));
    let wait = || s.stream.synchronize().unwrap();
    timed(c, "layer of 60 ops/eager", layer, wait);
    s.stream.begin_capture().unwrap();
    layer();
    let graph = s.stream.end_capture().unwrap().instantiate().unwrap();
    timed(c, "layer of 60 ops/graph", || graph.launch(&s.stream).unwrap(), wait);
}

fn benches(c: &mut Criterion) {
    ops(c);
    graphs(c);
}

criterion_group!(all, benches);

fn main() {
    // SAFETY: nothing else runs yet.
    unsafe { std::env::set_var("ASCEND_SIM_KERNELS", "null") };
    all();
    Criterion::default().configure_from_args().final_summary();
}
