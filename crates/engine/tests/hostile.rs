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

/// What a tokenizer may need: splitting text takes compiled expressions, whose size is the library's own.
fn of_splitting(file_bytes: usize) -> usize {
    of_reading(file_bytes) + (8 << 20)
}

/// What a loader may need beyond that: the device's memory, and pieces on their way there.
fn of_loading(file_bytes: usize) -> usize {
    of_splitting(file_bytes) + harness::DEVICE_BYTES
}

/// A generator of numbers (xorshift), so that every run tries the same.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
    fn range(&mut self, len: usize) -> std::ops::Range<usize> {
        let start = self.below(len + 1);
        start..start + self.below((len - start).min(64) + 1)
    }
}

/// Numbers that a careless reader stumbles over.
const AWKWARD: [u64; 10] = [0, 1, 0xff, 1 << 31, (1 << 31) - 1, u32::MAX as u64, 1 << 32, 1 << 62, u64::MAX / 2, u64::MAX];

/// A seed with some changes, and with parts of `other`.
fn changed(seed: &[u8], other: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(bytes.len());
        match numbers.below(8) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << numbers.below(8),
            1 if !bytes.is_empty() => bytes[at] = numbers.next() as u8,
            2 if !bytes.is_empty() => bytes[at] = b"0123456789-.eE[]{}\","[numbers.below(20)],
            3 | 4 => {
                let width = [1, 4, 8, 8][numbers.below(4)];
                let number = AWKWARD[numbers.below(AWKWARD.len())].to_le_bytes();
                bytes.iter_mut().skip(at).zip(&number[..width]).for_each(|(byte, new)| *byte = *new);
            }
            5 => drop(bytes.drain(numbers.range(seed.len().min(bytes.len())))),
            6 => {
                let part = other[numbers.range(other.len())].to_vec();
                drop(bytes.splice(at..at, part));
            }
            _ => bytes.truncate(at + bytes.len() / 2),
        }
    }
    bytes
}

/// Runs `f` on seeds with changes, as many as fit into `ASCEND_HOSTILE_SECONDS` (or 150): none panics, none allocates more than `bound` says.
fn changed_seeds(target: &str, f: impl Fn(&[u8]) -> Result<()>, bound: impl Fn(usize) -> usize) {
    let seconds = std::env::var("ASCEND_HOSTILE_SECONDS").ok().and_then(|s| s.parse::<u64>().ok());
    let (started, mut numbers, mut tried) = (std::time::Instant::now(), Numbers(0x9e37_79b9_7f4a_7c15), 0u64);
    let seeds = seeds(target);
    seeds.iter().for_each(|s| drop(f(&s.bytes)));
    while seconds.map_or(tried < 150, |limit| started.elapsed().as_secs() < limit) {
        let (seed, other) = (&seeds[numbers.below(seeds.len())], &seeds[numbers.below(seeds.len())]);
        let bytes = changed(&seed.bytes, &other.bytes, &mut numbers);
        let (outcome, peak) = peak_bytes(|| catch_unwind(AssertUnwindSafe(|| f(&bytes).is_ok())));
        if outcome.is_err() || peak > bound(bytes.len()) {
            let kept = std::env::temp_dir().join(format!("hostile_{target}_{tried}"));
            std::fs::write(&kept, &bytes).unwrap();
            panic!("{} with changes, kept as {}: {outcome:?}, {peak} bytes allocated", seed.path.display(), kept.display());
        }
        tried += 1;
    }
    println!("{target}: {tried} changed seeds in {:.0} s", started.elapsed().as_secs_f64());
}

#[test]
fn changed_gguf_files_end_orderly() {
    changed_seeds("gguf", harness::gguf, of_loading);
}

#[test]
fn changed_tokenizers_end_orderly() {
    changed_seeds("tokenizer", harness::tokenizer, of_splitting);
}

#[test]
fn changed_safetensors_files_end_orderly() {
    changed_seeds("safetensors", harness::safetensors, of_reading);
}

#[test]
fn changed_configurations_end_orderly() {
    changed_seeds("config", harness::config, of_loading);
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
    within("tokenizer", harness::tokenizer, of_splitting);
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
