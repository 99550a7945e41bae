//! Files that nobody should trust: the seeds of the fuzz targets, replayed. Valid ones run, broken ones are refused by a typed error, and nobody allocates by what a
//! file claims before it is checked against what the file holds.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "../../../fuzz/harness.rs"]
mod harness;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use ascend_engine::{Error, Result};

thread_local! {
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
    static PEAK_BYTES: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, which knows the most that each thread had at once.
struct Counting;

fn count(bytes: isize) {
    let live = LIVE_BYTES.get() + bytes;
    LIVE_BYTES.set(live);
    PEAK_BYTES.set(PEAK_BYTES.get().max(live));
}

// SAFETY: every call goes to the system's allocator as it came; counting touches two thread-local numbers that need no allocation and no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        // SAFETY: the caller's promises are those of this very function.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that `f` had allocated in this thread at once, beyond what was there before.
fn peak_bytes<T>(f: impl FnOnce() -> T) -> (T, usize) {
    let before = LIVE_BYTES.get();
    PEAK_BYTES.set(before);
    let result = f();
    (result, (PEAK_BYTES.get() - before).max(0) as usize)
}

struct Seed {
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
}

fn seeds(target: &str) -> Vec<Seed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    paths.into_iter().map(|path| Seed { name: name(&path), bytes: std::fs::read(&path).unwrap(), path }).collect()
}

/// Replays the seeds of a target: each ends as its name says, without a panic.
fn replay(target: &str, f: impl Fn(&[u8]) -> Result<()>) {
    let mut wrong = Vec::new();
    let (mut valid, mut broken) = (0, 0);
    for Seed { name, path, bytes } in seeds(target) {
        let outcome = catch_unwind(AssertUnwindSafe(|| f(&bytes)));
        let as_named = match (&outcome, name.split('_').next()) {
            (Ok(result), Some("valid")) => {
                valid += 1;
                result.is_ok()
            }
            (Ok(result), Some("broken")) => {
                broken += 1;
                result.as_ref().is_err_and(blames_the_file)
            }
            (outcome, kind) => outcome.is_ok() && kind == Some("found"),
        };
        if !as_named {
            wrong.push(format!("{}: {outcome:?}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(valid >= 3 && broken >= 8, "{valid} valid and {broken} broken seeds of {target}");
}

/// Whether the error says what is wrong with the file, or that the device has no room for what a well-formed one asks for.
fn blames_the_file(error: &Error) -> bool {
    let file = matches!(error, Error::Format { .. } | Error::Unsupported { .. } | Error::TensorShape { .. } | Error::MissingTensor { .. });
    file || matches!(error, Error::Device(ascend_compute::Error::OutOfMemory { .. }))
}

/// No seed of a target makes `f` allocate more than `bound` says for a file of its size.
fn within(target: &str, f: impl Fn(&[u8]) -> Result<()>, bound: impl Fn(usize) -> usize) {
    // What is made once (the device, say) is no seed's fault.
    seeds(target).iter().filter(|s| s.name.starts_with("valid")).for_each(|s| drop(f(&s.bytes)));
    let mut wrong = Vec::new();
    for Seed { path, bytes, .. } in seeds(target) {
        let (_, peak) = peak_bytes(|| f(&bytes));
        if peak > bound(bytes.len()) {
            wrong.push(format!("{}: {peak} bytes allocated for a file of {}", path.display(), bytes.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a reader may need: names and lists cost a multiple of the bytes that hold them.
fn of_reading(file_bytes: usize) -> usize {
    (32 << 10) + 64 * file_bytes
}

/// What a loader may need beyond that: the device's memory, and pieces on their way there.
fn of_loading(file_bytes: usize) -> usize {
    of_reading(file_bytes) + harness::DEVICE_BYTES + (4 << 20)
}

#[test]
fn gguf_seeds_end_as_they_are_named() {
    replay("gguf", harness::gguf);
}

#[test]
fn gguf_files_allocate_a_multiple_of_what_they_hold() {
    within("gguf", |bytes| harness::with_gguf(bytes, harness::read), of_reading);
    within("gguf", harness::gguf, of_loading);
}

#[test]
fn tokenizer_seeds_end_as_they_are_named() {
    replay("tokenizer", harness::tokenizer);
}

#[test]
fn tokenizers_allocate_a_multiple_of_what_they_hold() {
    // Splitting text takes compiled expressions, whose size is the library's own.
    within("tokenizer", harness::tokenizer, |file_bytes| of_reading(file_bytes) + (8 << 20));
}

#[test]
fn safetensors_seeds_end_as_they_are_named() {
    replay("safetensors", harness::safetensors);
}

#[test]
fn safetensors_files_allocate_a_multiple_of_what_they_hold() {
    within("safetensors", harness::safetensors, of_reading);
}

#[test]
fn config_seeds_end_as_they_are_named() {
    replay("config", harness::config);
}

#[test]
fn configurations_allocate_no_more_than_a_device_has() {
    within("config", harness::config, of_loading);
}

#[test]
fn hostile_prompts_are_refused() {
    let valid = seeds("gguf").into_iter().find(|s| s.name == "valid_llama").unwrap();
    let refusal = |prompt: Vec<u32>| {
        let refused = harness::with_gguf(&valid.bytes, |checkpoint| harness::generate(checkpoint, prompt)).unwrap_err();
        assert!(matches!(refused, Error::Request { .. }), "{refused}");
        refused.to_string()
    };
    assert!(refusal(vec![]).contains("empty prompt"));
    assert!(refusal(vec![0; 65]).contains("context"), "{}", refusal(vec![0; 65]));
    assert!(refusal(vec![u32::MAX]).contains("vocabulary"));
}
