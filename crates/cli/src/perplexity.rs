//! `ascend perplexity`.

use std::path::PathBuf;
use std::process::ExitCode;

use ascend_engine::generate::{Perplexity as Measured, perplexity};
use ascend_engine::scheduler::{Scheduler, SchedulerOptions};
use clap::Args;
use serde::Serialize;

use crate::Result;
use crate::model::{Loaded, ModelOptions};
use crate::output::{self, Target};

/// Tell how well a model foretells a text: the measure of what storage types and quantisation cost
///
/// The text is cut into windows that know nothing of each other; the first token of each is not foretold.
#[derive(Args)]
pub(crate) struct Perplexity {
    #[command(flatten)]
    model: ModelOptions,
    /// The text, in UTF-8
    #[arg(long, value_name = "FILE")]
    file: PathBuf,
    /// Tokens in a window
    #[arg(long, default_value_t = 512, value_name = "N")]
    window: usize,
    /// Write the result as JSON (`-`: to standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<Target>,
}

#[derive(Serialize)]
struct Report {
    schema: u32,
    version: &'static str,
    device: String,
    window: usize,
    #[serde(flatten)]
    measured: Measured,
}

/// Version of [`Report`].
const SCHEMA: u32 = 1;

/// Tokens of a step. The logits of all of them are fetched, so a step is kept short.
const STEP_TOKENS: usize = 64;

impl Perplexity {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if let Some(target) = &self.json {
            target.check()?;
        }
        let text = std::fs::read_to_string(&self.file).map_err(|e| format!("cannot read {}: {e}", self.file.display()))?;
        let device = self.model.open_device()?;
        let Loaded { model, tokenizer } = self.model.load(&device)?;
        let tokens = tokenizer.encode(&text)?;
        // A shared page would hide logits of the next window.
        let options = SchedulerOptions {
            max_sequences: 1,
            step_tokens: STEP_TOKENS,
            prefix_reuse: false,
            ..SchedulerOptions::for_tokens(self.window.min(tokens.len()).max(1))
        };
        let mut scheduler = Scheduler::new(device.clone(), model, options)?;
        let measured = perplexity(&mut scheduler, &tokens, self.window)?;
        let line = format!("perplexity {:.4} ({:.4} nats a token, {} tokens)\n", measured.perplexity, measured.mean_nll, measured.tokens);
        if self.json.as_ref().is_some_and(Target::is_stdout) {
            output::note(&line)
        } else {
            output::print(&line)?
        }
        if let Some(target) = &self.json {
            let report = Report {
                schema: SCHEMA,
                version: env!("CARGO_PKG_VERSION"),
                device: device.info().id.to_string(),
                window: self.window,
                measured,
            };
            target.write(&(serde_json::to_string_pretty(&report)? + "\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
