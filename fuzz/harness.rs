//! What an engine does with files that it did not write. Shared by the fuzz targets and by the test that replays their seeds, `crates/engine/tests/hostile.rs`.

#![allow(dead_code, unreachable_pub, reason = "each target uses its own part, as a module of its own")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use ascend_compute::cpu::{CpuDevice, CpuOptions};
use ascend_compute::{DType, Device};
use ascend_engine::checkpoint::{Checkpoint, Decoder, GgufCheckpoint, HfCheckpoint, Stored};
use ascend_engine::scheduler::{Request, Scheduler, SchedulerOptions};
use ascend_engine::text::Tokenizer;
use ascend_engine::{Error, Result, models};
use tempfile::TempDir;

/// Memory of the device that models are loaded onto: the tiny ones take a tenth of it.
pub const DEVICE_BYTES: usize = 8 << 20;

/// Tensors decoded at most, of those that a file lists.
const MAX_DECODED: usize = 256;

/// Texts that a tokenizer is tried on.
const TEXTS: [&str; 3] = ["", "ab a\u{a0}b\u{20ac} <s>AB\n\n42", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"];

fn folder() -> Result<TempDir> {
    // In memory where the system has such a place.
    let shm = Path::new("/dev/shm");
    let made = if shm.is_dir() { TempDir::new_in(shm) } else { TempDir::new() };
    made.map_err(|source| Error::Io { path: shm.into(), source })
}

fn put(folder: &TempDir, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).map_err(|source| Error::Io { path: path.clone(), source })?;
    Ok(path)
}

/// A GGUF file: opened, its tensors decoded, its tokenizer used, its model run.
pub fn gguf(bytes: &[u8]) -> Result<()> {
    with_gguf(bytes, |checkpoint| {
        read(checkpoint)?;
        if checkpoint.tokenizer()?.is_some() {
            speak(checkpoint)?;
        }
        run(checkpoint)
    })
}

/// A GGUF file, of which only the tokenizer is looked at.
pub fn tokenizer(bytes: &[u8]) -> Result<()> {
    with_gguf(bytes, speak)
}

/// A safetensors file as the weights of a folder.
pub fn safetensors(bytes: &[u8]) -> Result<()> {
    with_safetensors(bytes, read)
}

/// A `config.json` beside the weights of tiny models: all families' tensors in one file.
pub fn config(bytes: &[u8]) -> Result<()> {
    let folder = folder()?;
    put(&folder, "config.json", bytes)?;
    put(&folder, "model.safetensors", include_bytes!("seeds/all_families.safetensors"))?;
    run(&AllFamilies(HfCheckpoint::open(folder.path())?))
}

/// A checkpoint that does not tell which tensors it has, as most of them are of other families than the model is: a loader refuses what it has no use for.
#[derive(Debug)]
struct AllFamilies(HfCheckpoint);

impl Checkpoint for AllFamilies {
    fn path(&self) -> &Path {
        self.0.path()
    }
    fn config(&self) -> &serde_json::Value {
        self.0.config()
    }
    fn names(&self) -> Vec<&str> {
        Vec::new()
    }
    fn tensor(&self, name: &str) -> Result<Option<Stored<'_>>> {
        self.0.tensor(name)
    }
}

/// Opens a GGUF file.
pub fn with_gguf(bytes: &[u8], f: impl FnOnce(&dyn Checkpoint) -> Result<()>) -> Result<()> {
    let folder = folder()?;
    f(&GgufCheckpoint::open(&put(&folder, "model.gguf", bytes)?)?)
}

/// Opens a folder with this weight file.
pub fn with_safetensors(bytes: &[u8], f: impl FnOnce(&dyn Checkpoint) -> Result<()>) -> Result<()> {
    let folder = folder()?;
    put(&folder, "config.json", b"{}")?;
    put(&folder, "model.safetensors", bytes)?;
    f(&HfCheckpoint::open(folder.path())?)
}

/// Decodes what is stored.
pub fn read(checkpoint: &dyn Checkpoint) -> Result<()> {
    // Parts of a tensor are read with it.
    let names = checkpoint.names().into_iter().filter(|name| !name.ends_with("_scales"));
    for name in names.take(MAX_DECODED) {
        // A type that no model here uses is none of the file's faults.
        match Decoder::open(checkpoint, name.strip_suffix("_blocks").unwrap_or(name)) {
            Ok(Some(decoder)) => drop(decoder.decode_all::<f32>()?),
            Ok(None) | Err(Error::Unsupported { .. } | Error::MissingTensor { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

/// Turns texts into tokens and back.
pub fn speak(checkpoint: &dyn Checkpoint) -> Result<()> {
    let tokenizer = Tokenizer::of(checkpoint)?;
    for text in TEXTS {
        let tokens = tokenizer.encode(text)?;
        tokenizer.decode(&tokens)?;
        let mut stream = tokenizer.stream(&["ba".into()]);
        for &token in &tokens {
            stream.push(token)?;
        }
        stream.finish()?;
    }
    Ok(())
}

/// Loads the model and generates two tokens.
pub fn run(checkpoint: &dyn Checkpoint) -> Result<()> {
    generate(checkpoint, vec![0, 0, 0])
}

/// Loads the model and generates two tokens after a prompt.
pub fn generate(checkpoint: &dyn Checkpoint, prompt: Vec<u32>) -> Result<()> {
    static DEVICE: OnceLock<Arc<dyn Device>> = OnceLock::new();
    let device = match DEVICE.get() {
        Some(device) => device,
        None => {
            let options = CpuOptions::default().with_threads(1).with_memory_limit_bytes(DEVICE_BYTES);
            let device: Arc<dyn Device> = CpuDevice::with(options)?;
            DEVICE.get_or_init(|| device)
        }
    };
    let model: Arc<dyn models::Model> = models::load(checkpoint, device, DType::F32)?.into();
    let options = SchedulerOptions { page_tokens: 4, pages: 4, max_sequences: 1, step_tokens: 4, ..SchedulerOptions::for_tokens(16) };
    let mut scheduler = Scheduler::new(device.clone(), model, options)?;
    scheduler.submit(Request::new(prompt, 2))?;
    let mut failed = Ok(());
    while scheduler.unfinished() > 0 {
        scheduler.step(&mut |event| {
            if let ascend_engine::scheduler::Event::Failed { error, .. } = event {
                failed = Err(error);
            }
            std::ops::ControlFlow::Continue(())
        })?;
    }
    failed
}
