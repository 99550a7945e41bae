//! Device images: the kernels, compiled for a card by the Ascend C compiler of an installed toolkit. For the build script, and for the test that puts a fake
//! compiler in its way.
//!
//! Each source is compiled once for each kind of core that it runs on, and linked to an image of its own, so that one that fails takes no other with it.

mod toolchain;
mod unit;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fs, io};

pub use toolchain::{Toolchain, choose_soc, soc_of_card};
pub use unit::{Entry, parse_entries};

/// What decides about the images.
#[derive(Debug)]
pub struct Plan {
    /// The compiler and its headers.
    pub toolchain: Toolchain,
    /// The chip to compile for, by CANN's name.
    pub soc: String,
    /// The architecture of its cores.
    pub architecture: &'static str,
    /// The folder of the kernels.
    pub kernels: PathBuf,
    /// Their entries.
    pub entries: Vec<Entry>,
    /// Where images go.
    pub out: PathBuf,
    /// Compilers that may run at a time.
    pub jobs: usize,
}

/// A source that was compiled and linked.
#[derive(Debug, PartialEq, Eq)]
pub struct Image {
    /// The source, relative to the kernels' folder.
    pub source: String,
    /// Its entries.
    pub functions: Vec<String>,
    /// The image's file.
    pub path: PathBuf,
}

/// A source that was not.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The source, relative to the kernels' folder.
    pub source: String,
    /// The command that failed, as a shell takes it, or what was being done.
    pub command: String,
    /// All that it said.
    pub output: String,
}

impl Failure {
    /// The whole of it, for a person.
    pub fn text(&self) -> String {
        let source = Path::new("kernels").join(&self.source);
        format!("{} was not compiled for the card: this failed:\n{}\n{}", source.display(), self.command, self.output.trim_end())
    }
}

/// The images as a constant of the library. Without `required` whatever fails is told to `warn`, line by line, and the rest is built.
///
/// # Errors
/// With `required`: why nothing is compiled, or all that a compiler said about each source that failed.
pub fn build(plan: Result<Plan, String>, required: bool, warn: impl FnMut(&str)) -> Result<String, String> {
    let plan = match plan {
        Err(why) if required => return Err(format!("device images are required: {why}")),
        Err(why) => return Ok(rust_source_of_none(&why)),
        Ok(plan) => plan,
    };
    let (images, failures) = plan.build();
    let said: Vec<String> = failures.iter().map(Failure::text).collect();
    if required && !said.is_empty() {
        return Err(format!("device images are required.\n{}", said.join("\n")));
    }
    said.iter().flat_map(|text| text.lines()).for_each(warn);
    Ok(rust_source(&plan.soc, plan.architecture, &images, &failures))
}

impl Plan {
    /// Compiles every source. Those that fail are listed beside those that do not.
    pub fn build(&self) -> (Vec<Image>, Vec<Failure>) {
        let mut sources: Vec<&str> = self.entries.iter().map(|entry| entry.source.as_str()).collect();
        sources.dedup();
        let next = AtomicUsize::new(0);
        let worker = || {
            let mut done = Vec::new();
            while let Some(source) = sources.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.push(self.image(source));
            }
            done
        };
        let mut outcomes: Vec<Result<Image, Failure>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs.clamp(1, sources.len().max(1))).map(|_| scope.spawn(worker)).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        });
        let name = |outcome: &Result<Image, Failure>| outcome.as_ref().map_or_else(|f| f.source.clone(), |i| i.source.clone());
        outcomes.sort_by_key(name);
        let (mut images, mut failures) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            match outcome {
                Ok(image) => images.push(image),
                Err(failure) => failures.push(failure),
            }
        }
        (images, failures)
    }

    fn image(&self, source: &str) -> Result<Image, Failure> {
        let entries: Vec<&Entry> = self.entries.iter().filter(|entry| entry.source == source).collect();
        let stem = source.replace(['/', '.'], "_");
        let path = self.out.join(format!("{stem}.image.o"));
        let failed = |command: &str, output: String| Failure { source: source.to_owned(), command: command.to_owned(), output };
        // A source from elsewhere includes the kernels' headers by their names, as on the twin.
        let further = Path::new(source).is_absolute().then(|| self.kernels.join("include"));
        let mut steps: Vec<Vec<PathBuf>> = Vec::new();
        let mut objects = Vec::new();
        for core in unit::CORES {
            let here: Vec<&Entry> = entries.iter().copied().filter(|entry| core.runs(entry)).collect();
            if here.is_empty() {
                continue;
            }
            let unit = self.out.join(format!("{stem}_{}.cpp", core.name));
            let text = unit::text(&self.kernels.join(source), core, &here);
            write_if_new(&unit, &text).map_err(|error| failed(&format!("writing {}", unit.display()), error.to_string()))?;
            let object = self.out.join(format!("{stem}_{}.o", core.name));
            steps.push(self.toolchain.compile(&format!("{}-{}", self.architecture, core.name), further.clone(), &unit, &object));
            objects.push(object);
        }
        steps.push(self.toolchain.link(&objects, &path));
        let image = Image { source: source.to_owned(), functions: entries.iter().map(|entry| entry.name.clone()).collect(), path };
        let commands: String = steps.iter().map(|step| shown(step) + "\n").collect();
        let stamp = image.path.with_extension("made");
        if fs::read_to_string(&stamp).is_ok_and(|made| made == commands) && self.is_newer_than_its_sources(&image.path, source) {
            return Ok(image);
        }
        for step in &steps {
            run(step).map_err(|output| failed(&shown(step), output))?;
        }
        if !fs::metadata(&image.path).is_ok_and(|file| file.len() > 0) {
            return Err(failed(
                &shown(&steps[steps.len() - 1]),
                format!("it succeeded, but {} is not there or empty", image.path.display()),
            ));
        }
        // Without the stamp the image is only made again.
        let _ = fs::write(stamp, commands);
        Ok(image)
    }

    /// Whether an image is newer than all that goes into it, as far as this project has it.
    fn is_newer_than_its_sources(&self, image: &Path, source: &str) -> bool {
        let folder = Path::new(source).parent().map(|folder| self.kernels.join(folder));
        let inputs = [folder, Some(self.kernels.join("include"))].into_iter().flatten().chain([self.toolchain.compiler.clone()]);
        let newest = inputs.map(|path| newest(&path)).collect::<io::Result<Vec<_>>>().map(|times| times.into_iter().max());
        matches!((newest, fs::metadata(image).and_then(|file| file.modified())), (Ok(Some(input)), Ok(made)) if made > input)
    }
}

/// When a file, or the latest of a folder's files, was changed.
fn newest(path: &Path) -> io::Result<std::time::SystemTime> {
    let mut latest = fs::metadata(path)?.modified()?;
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            latest = latest.max(entry?.metadata()?.modified()?);
        }
    }
    Ok(latest)
}

fn write_if_new(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|known| known == text) { Ok(()) } else { fs::write(path, text) }
}

/// Runs a command; if it fails, all that it said.
fn run(command: &[PathBuf]) -> Result<(), String> {
    let Some((program, arguments)) = command.split_first() else { return Ok(()) };
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("it cannot be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{}({})", String::from_utf8_lossy(&said), output.status))
}

/// A command as a shell takes it.
fn shown(command: &[PathBuf]) -> String {
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_=+./:,".contains(c));
    let words = command.iter().map(|word| {
        let text = word.to_string_lossy();
        if plain(&text) { text.into_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The images as a constant of the library: what `src/images.rs` includes.
pub fn rust_source(soc: &str, architecture: &str, images: &[Image], failures: &[Failure]) -> String {
    let mut text = format!("DeviceImages {{\n    built_for: Some(({soc:?}, {architecture:?})),\n    why_none: None,\n    images: &[\n");
    for Image { source, functions, path } in images {
        let _ = writeln!(
            text,
            "        DeviceImage {{ source: {source:?}, functions: &{functions:?}, bytes: include_bytes!({:?}) }},",
            path.display().to_string()
        );
    }
    text.push_str("    ],\n    failed: &[\n");
    for failure in failures {
        let _ = writeln!(text, "        ({:?}, {:?}),", failure.source, failure.text());
    }
    text.push_str("    ],\n}\n");
    text
}

/// No images, and why.
pub fn rust_source_of_none(why: &str) -> String {
    format!("DeviceImages {{ built_for: None, why_none: Some({why:?}), images: &[], failed: &[] }}\n")
}
