//! Validation of whole models, as a report: `ascend validate --models`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use ascend_compute::{DType, Device};
use ascend_validate::measure;
use ascend_validate::report::{CaseReport, Environment, OutputMetrics, Report, SCHEMA, Status, Summary};

use crate::checkpoint::HfCheckpoint;
use crate::golden::{self, Answer, Golden, Prompt, Setup, largest_difference};
use crate::models::{self, Model};
use crate::{Error, Result};

/// How many times transformers' own error in a 16-bit type may be reached there: roundings fall differently, and a router may choose other experts.
const ROUNDED_FACTOR: f64 = 4.0;

/// Checks every model folder in `dir` that has golden outputs, under every [`Setup`]: one case a model, prompt, setup and check.
///
/// | check | passes when |
/// |---|---|
/// | `logits` | each logit of the prompt is within the file's tolerance of transformers' in f32; in 16 bits within four times transformers' own error there |
/// | `hidden_states` | the same for what each layer leaves; the first wrong layer is named (f32 only) |
/// | `greedy_tokens` | all tokens of greedy decoding are equal (f32 only) |
///
/// Metrics are against transformers in f64. A model that cannot be loaded or run is a failed case.
///
/// # Errors
/// [`Error::Io`] when `dir` cannot be read; [`Error::Format`] when no folder in it has golden outputs.
pub fn validate_models(dir: &Path, device: &Arc<dyn Device>, dtype: DType) -> Result<Report> {
    let started = Instant::now();
    let folders = folders(dir)?;
    let mut cases = Vec::new();
    for folder in &folders {
        let model = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let judge = Judge { model: &model, device: device.info().id.to_string(), dtype };
        if let Err(e) = judge.folder(folder, device, &mut cases) {
            cases.push(judge.case("load", "", Status::Failed, e.to_string()));
        }
    }
    let count = |status| cases.iter().filter(|c| c.status == status).count();
    Ok(Report {
        schema: SCHEMA,
        environment: Environment {
            version: env!("CARGO_PKG_VERSION").into(),
            devices: vec![format!("{} ({})", device.info().id, device.info().name)],
            kernels: "auto".into(),
            seed: 0,
            seconds: started.elapsed().as_secs_f64(),
        },
        summary: Summary {
            cases: cases.len(),
            passed: count(Status::Passed),
            failed: count(Status::Failed),
            skipped: count(Status::Skipped),
        },
        cases,
    })
}

/// The folders in `dir` with golden outputs, or `dir` itself if it has them; in order of their names.
fn folders(dir: &Path) -> Result<Vec<PathBuf>> {
    if dir.join(golden::FILE).is_file() {
        return Ok(vec![dir.to_owned()]);
    }
    let io = |source| Error::Io { path: dir.to_owned(), source };
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let folder = entry.map_err(io)?.path();
        if folder.join(golden::FILE).is_file() {
            folders.push(folder);
        }
    }
    folders.sort();
    if folders.is_empty() {
        return Err(Error::Format { path: dir.to_owned(), message: format!("no folder in it has a `{}`", golden::FILE) });
    }
    Ok(folders)
}

/// Judges one model.
struct Judge<'a> {
    model: &'a str,
    device: String,
    dtype: DType,
}

impl Judge<'_> {
    fn folder(&self, folder: &Path, device: &Arc<dyn Device>, cases: &mut Vec<CaseReport>) -> Result<()> {
        let golden = Golden::read(folder)?;
        let model: Arc<dyn Model> = models::load(&HfCheckpoint::open(folder)?, device, self.dtype)?.into();
        for (n, prompt) in golden.prompts.iter().enumerate() {
            for setup in Setup::ALL {
                let from = cases.len();
                let started = Instant::now();
                let name = format!("prompt{n}/{}", setup.name);
                match golden::run(device, &model, setup, prompt) {
                    Ok(answer) => self.answer(&name, setup, &*model, &golden, prompt, &answer, cases),
                    Err(e) => cases.push(self.case(&format!("{name}/run"), setup.name, Status::Failed, e.to_string())),
                }
                // One run serves all checks; its time is told once.
                if let Some(first) = cases.get_mut(from) {
                    first.device_us = started.elapsed().as_secs_f64() * 1e6;
                }
                for case in cases.iter_mut().skip(from) {
                    case.arguments = format!(
                        "{} prompt tokens, {} new, pages of {}, passes of {}, {} neighbours",
                        prompt.ids.len(),
                        prompt.greedy.len(),
                        setup.page_tokens,
                        setup.chunk.unwrap_or(prompt.ids.len()),
                        setup.neighbours
                    );
                }
            }
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "what was asked, what was expected, what came")]
    fn answer(
        &self,
        name: &str,
        setup: &Setup,
        model: &dyn Model,
        golden: &Golden,
        prompt: &Prompt,
        answer: &Answer,
        cases: &mut Vec<CaseReport>,
    ) {
        let f32_only = self.dtype == DType::F32;
        let mut add = |check: &str, status: Status, reason: String, metrics: Option<OutputMetrics>| {
            let mut case = self.case(&format!("{name}/{check}"), setup.name, status, reason);
            case.metrics.extend(metrics.map(|m| (check.to_owned(), m)));
            cases.push(case);
        };
        let judge = |fault: Option<String>| fault.map_or((Status::Passed, String::new()), |fault| (Status::Failed, fault));

        let (status, reason) = judge(self.logits_fault(model.vocab(), golden, prompt, answer));
        let want = prompt.logits_f64.get(answer.first * model.vocab()..).unwrap_or_default();
        add("logits", status, reason, self.metrics(&answer.logits, want));
        if !f32_only {
            for check in ["hidden_states", "greedy_tokens"] {
                add(check, Status::Skipped, format!("compared in f32 only, and this run is in {}", self.dtype), None);
            }
            return;
        }
        let (status, reason) = judge(hidden_fault(golden, prompt, answer));
        let last = prompt.hidden_states.last().zip(answer.hidden_states.last());
        let metrics = last.and_then(|(want, got)| {
            let want: Vec<f64> = want.get(want.len().saturating_sub(got.len())..)?.iter().map(|&x| x.into()).collect();
            self.metrics(got, &want)
        });
        add("hidden_states", status, reason, metrics);
        let (status, reason) = judge(greedy_fault(prompt, answer));
        add("greedy_tokens", status, reason, None);
    }

    fn logits_fault(&self, vocab: usize, golden: &Golden, prompt: &Prompt, answer: &Answer) -> Option<String> {
        let from = answer.first * vocab;
        let (allowed, (off, at)) = if self.dtype == DType::F32 {
            let want = prompt.logits_f32.get(from..).unwrap_or_default();
            (golden.logits_atol, largest_difference(&answer.logits, want.iter().map(|&x| x.into())))
        } else {
            let want = prompt.logits_f64.get(from..).unwrap_or_default();
            (ROUNDED_FACTOR * golden.bf16_error, largest_difference(&answer.logits, want.iter().copied()))
        };
        let place = || format!("position {}, token {}", answer.first + at / vocab.max(1), at % vocab.max(1));
        (off > allowed).then(|| format!("logits: at {} off by {off:.3e}, allowed {allowed:.3e}", place()))
    }

    fn metrics(&self, got: &[f32], want: &[f64]) -> Option<OutputMetrics> {
        let got: Vec<f64> = got.iter().map(|&x| x.into()).collect();
        let at: Vec<usize> = (0..got.len()).filter(|&i| got[i].is_finite()).collect();
        (got.len() == want.len()).then(|| measure(self.dtype, &got, want, &at))
    }

    fn case(&self, name: &str, variant: &str, status: Status, reason: String) -> CaseReport {
        CaseReport {
            name: format!("models/{}/{name}", self.model),
            op: self.model.to_owned(),
            device: self.device.clone(),
            source: "golden".into(),
            status,
            reason,
            dtype: self.dtype.to_string(),
            variant: variant.to_owned(),
            kernel: String::new(),
            arguments: String::new(),
            device_us: 0.0,
            metrics: Default::default(),
        }
    }
}

/// The first layer whose hidden states are wrong.
fn hidden_fault(golden: &Golden, prompt: &Prompt, answer: &Answer) -> Option<String> {
    let (asked, found) = (prompt.hidden_states.len(), answer.hidden_states.len());
    if asked != found {
        return Some(format!("hidden states: {asked} of them (embedding and layers) expected, found {found}"));
    }
    let allowed = golden.logits_atol;
    prompt.hidden_states.iter().zip(&answer.hidden_states).enumerate().find_map(|(layer, (want, got))| {
        let width = want.len() / prompt.ids.len().max(1);
        let want = want.get(answer.first * width..).unwrap_or_default();
        let (off, at) = largest_difference(got, want.iter().map(|&x| x.into()));
        let what = match layer {
            0 => "the embedding".into(),
            _ if layer + 1 == asked => format!("layer {} and the final norm", layer - 1),
            _ => format!("layer {}", layer - 1),
        };
        let place = || format!("position {}, element {}", answer.first + at / width.max(1), at % width.max(1));
        (off > allowed).then(|| format!("hidden states: wrong first after {what}: at {} off by {off:.3e}, allowed {allowed:.3e}", place()))
    })
}

/// The first greedy token that differs.
fn greedy_fault(prompt: &Prompt, answer: &Answer) -> Option<String> {
    let n = prompt.greedy.iter().zip(&answer.greedy).take_while(|(want, got)| want == got).count();
    let show = |tokens: &[i32]| tokens.get(n).map_or("none".to_owned(), i32::to_string);
    (prompt.greedy != answer.greedy)
        .then(|| format!("greedy tokens: token {n} must be {}, found {}", show(&prompt.greedy), show(&answer.greedy)))
}
