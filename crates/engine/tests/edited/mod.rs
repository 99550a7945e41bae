//! Golden models with changes, and their logits.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ascend_compute::ops::Lengths;
use ascend_compute::{Buffer, Choice, DType, Device, DeviceExt, DeviceInfo, Event, KernelRegistry, MemoryInfo, OpCall, Stream};
use ascend_engine::Result;
use ascend_engine::cache::KvCache;
use ascend_engine::checkpoint::{Checkpoint, Encoding, HfCheckpoint, Stored};
use ascend_engine::models::{self, LoadOptions};
use ascend_engine::step::Step;
use serde_json::Value;

/// A golden model with changes.
#[derive(Debug)]
pub(crate) struct Edited {
    pub(crate) base: HfCheckpoint,
    pub(crate) config: Value,
    /// Tensors in place of the stored ones; `None`: there is none.
    pub(crate) tensors: BTreeMap<String, Option<Stored<'static>>>,
}

impl Edited {
    pub(crate) fn new(model: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/models").join(model);
        let base = HfCheckpoint::open(&folder).unwrap();
        let config = base.config().clone();
        Self { base, config, tensors: BTreeMap::new() }
    }

    pub(crate) fn with(mut self, key: &str, value: Value) -> Self {
        self.config[key] = value;
        self
    }

    pub(crate) fn without_tensor(mut self, name: &str) -> Self {
        self.tensors.insert(name.into(), None);
        self
    }

    pub(crate) fn with_tensor(mut self, name: &str, encoding: Encoding, shape: &[usize], bytes: Vec<u8>) -> Self {
        self.tensors.insert(name.into(), Some(Stored { encoding, shape: shape.into(), bytes: Cow::Owned(bytes) }));
        self
    }

    pub(crate) fn floats(&self, name: &str) -> Vec<f32> {
        ascend_engine::checkpoint::Decoder::open(self, name).unwrap().unwrap().decode_all().unwrap()
    }
}

impl Checkpoint for Edited {
    fn path(&self) -> &Path {
        self.base.path()
    }
    fn config(&self) -> &Value {
        &self.config
    }
    fn names(&self) -> Vec<&str> {
        let stored = self.base.names().into_iter().filter(|name| !self.tensors.contains_key(*name));
        stored.chain(self.tensors.iter().filter(|(_, tensor)| tensor.is_some()).map(|(name, _)| &**name)).collect()
    }
    fn tensor(&self, name: &str) -> Result<Option<Stored<'_>>> {
        self.tensors.get(name).map_or_else(|| self.base.tensor(name), |tensor| Ok(tensor.clone()))
    }
}

pub(crate) fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

pub(crate) fn cpu() -> Arc<dyn Device> {
    ascend_compute::open("cpu").unwrap()
}

/// A pass over the start of one sequence.
pub(crate) fn step(device: &dyn Device, tokens: &[i32]) -> Step {
    let n = tokens.len() as i32;
    let ints = |values: &[i32]| device.upload(values, [values.len()]).unwrap();
    let count: Vec<i32> = (0..n).collect();
    let lengths = || Lengths::new(ints(&[0, n])).with_host([0, n]);
    Step {
        tokens: ints(tokens),
        positions: ints(&count),
        slots: ints(&count),
        q_lens: lengths(),
        kv_lens: lengths(),
        tables: device.upload(&[0i32], [1, 1]).unwrap(),
        logit_rows: ints(&count),
    }
}

/// Logits of five tokens by the model of a checkpoint, `[5, V]`.
pub(crate) fn logits(checkpoint: &dyn Checkpoint) -> Vec<f32> {
    logits_with(checkpoint, DType::F32)
}

/// The same by a model that is held another way.
pub(crate) fn logits_with(checkpoint: &dyn Checkpoint, options: impl Into<LoadOptions>) -> Vec<f32> {
    let device = cpu();
    let model = models::load(checkpoint, &device, options).unwrap();
    let cache = KvCache::new(&device, &model.cache_spec(), 1, 16).unwrap();
    let stream = device.create_stream().unwrap();
    let logits = model.forward(&stream, &step(&*device, &[3, 141, 59, 26, 5]), &cache, None).unwrap();
    device.download(&stream, &logits).unwrap()
}

/// A device that counts its allocations, and takes weights as they are.
#[derive(Debug)]
pub(crate) struct Counting {
    pub(crate) inner: Arc<dyn Device>,
    pub(crate) allocations: AtomicUsize,
}

impl Counting {
    pub(crate) fn over(inner: Arc<dyn Device>) -> Self {
        Self { inner, allocations: AtomicUsize::new(0) }
    }
}

impl Device for Counting {
    fn info(&self) -> &DeviceInfo {
        self.inner.info()
    }
    fn memory(&self) -> ascend_compute::Result<MemoryInfo> {
        self.inner.memory()
    }
    fn alloc(&self, bytes: usize) -> ascend_compute::Result<Buffer> {
        self.allocations.fetch_add(1, Ordering::Relaxed);
        self.inner.alloc(bytes)
    }
    fn alloc_pinned(&self, bytes: usize) -> ascend_compute::Result<Buffer> {
        self.inner.alloc_pinned(bytes)
    }
    fn write(&self, dst: &Buffer, offset: usize, src: &[u8]) -> ascend_compute::Result<()> {
        self.inner.write(dst, offset, src)
    }
    fn read(&self, src: &Buffer, offset: usize, dst: &mut [u8]) -> ascend_compute::Result<()> {
        self.inner.read(src, offset, dst)
    }
    fn create_stream(&self) -> ascend_compute::Result<Stream> {
        self.inner.create_stream()
    }
    fn create_event(&self) -> ascend_compute::Result<Event> {
        self.inner.create_event()
    }
    fn enqueue(&self, stream: &Stream, call: OpCall, choice: &Choice) -> ascend_compute::Result<()> {
        self.inner.enqueue(stream, call, choice)
    }
    fn kernels(&self) -> &KernelRegistry {
        self.inner.kernels()
    }
    fn synchronize(&self) -> ascend_compute::Result<()> {
        self.inner.synchronize()
    }
}
