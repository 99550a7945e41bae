//! `ascend generate`.

use std::ops::ControlFlow;
use std::process::ExitCode;
use std::time::Duration;

use ascend_engine::generate::{Ending, GenerateOptions, Generated, generate};
use ascend_engine::sampling::Sampling;
use ascend_engine::scheduler::{Scheduler, SchedulerOptions};
use ascend_engine::text::Message;
use ascend_profile::record::Recorder;
use ascend_validate::shadow::ShadowReport;
use ascend_validate::{Shadow, ShadowOptions, render};
use clap::Args;
use serde::Serialize;

use crate::model::{Loaded, ModelOptions};
use crate::output::{self, Target};
use crate::{Result, process};

/// Answer a prompt with a language model, the text streamed to standard output
///
/// The prompt goes through the model's chat template, unless --raw is given. Nothing is sent anywhere: the model is read from disk, no socket is opened.
/// Speeds and memory are told on standard error when the answer is complete.
#[derive(Args)]
pub(crate) struct Generate {
    #[command(flatten)]
    model: ModelOptions,
    /// What to answer or, with --raw, what to continue
    prompt: String,
    /// Most tokens of the answer
    #[arg(long, default_value_t = 256, value_name = "N")]
    max_tokens: usize,
    /// Divides the logits before a token is drawn; 0 takes the most probable token
    #[arg(long, default_value_t = 0.0, value_name = "T")]
    temperature: f32,
    /// Draw from the K most probable tokens; 0: from all
    #[arg(long, default_value_t = 0, value_name = "K")]
    top_k: usize,
    /// Draw from the most probable tokens that have this share together
    #[arg(long, default_value_t = 1.0, value_name = "P")]
    top_p: f32,
    /// Draw from the tokens that are at least this many times as probable as the most probable one
    #[arg(long, default_value_t = 0.0, value_name = "P")]
    min_p: f32,
    /// Decides the draws: the same seed gives the same answer
    #[arg(long, default_value_t = 0, value_name = "S")]
    seed: u64,
    /// A text that ends the answer; may be given several times
    #[arg(long, value_name = "TEXT")]
    stop: Vec<String>,
    /// What the model is told before the prompt
    #[arg(long, value_name = "TEXT", conflicts_with = "raw")]
    system: Option<String>,
    /// Continue the prompt as it is, without the chat template
    #[arg(long)]
    raw: bool,
    /// Record a decode step once for each size of batch and block table, and replay it. Saves the host's time for each op; on `npu:N` attention then reads every page that
    /// the table has room for, which costs more than it saves where contexts are long
    #[arg(long)]
    graphs: bool,
    /// Have every op computed by the f64 oracle too, and name the first one that leaves its bounds (slow; exit code 1 if one does)
    #[arg(long)]
    shadow: bool,
    /// With --shadow: of each op compare the first call, and then every N-th one
    #[arg(long, default_value_t = 1, value_name = "N", requires = "shadow")]
    shadow_every: usize,
    /// Write which experts each token went to, layer by layer, as JSON lines: `ascend profile --routing FILE` takes them
    #[arg(long, value_name = "FILE", conflicts_with = "graphs")]
    routes: Option<Target>,
    /// Write the answer and its figures as JSON (`-`: to standard output, in place of the text)
    #[arg(long, value_name = "FILE")]
    json: Option<Target>,
}

/// What `--json` writes. Times are in microseconds.
#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    version: &'static str,
    device: String,
    device_name: &'a str,
    prompt_ids: &'a [u32],
    prompt_tokens: usize,
    reused_tokens: usize,
    answer_tokens: usize,
    ending: &'a Ending,
    text: &'a str,
    prefill_us: f64,
    decode_us: f64,
    prefill_tokens_per_s: f64,
    decode_tokens_per_s: f64,
    device_peak_bytes: usize,
    /// Of the whole process; null where the system does not tell.
    process_peak_bytes: Option<u64>,
    /// With --shadow; else null.
    shadow: Option<ShadowReport>,
}

/// Version of [`Report`].
const SCHEMA: u32 = 1;

impl Generate {
    pub(crate) fn run(self) -> Result<ExitCode> {
        for target in [&self.json, &self.routes].into_iter().flatten() {
            target.check()?;
        }
        let sampling = Sampling { temperature: self.temperature, top_k: self.top_k, top_p: self.top_p, min_p: self.min_p, seed: self.seed };
        sampling.check()?;
        let mut device = self.model.open_device()?;
        let mut shadow = None;
        if self.shadow {
            let every = self.shadow_every;
            let (shadowed, log) = Shadow::over(device, ShadowOptions { every, ..ShadowOptions::default() });
            (device, shadow) = (shadowed, Some(log));
        }
        let mut routes = None;
        if self.routes.is_some() {
            let (recorder, noted) = Recorder::over(device);
            (device, routes) = (recorder, Some(noted));
        }
        let Loaded { model, tokenizer } = self.model.load(&device)?;
        let prompt = if self.raw {
            tokenizer.encode(&self.prompt)?
        } else if tokenizer.chat_template().is_none() {
            return Err("the model has no chat template; say --raw to have the prompt continued as it is".into());
        } else {
            let system = self.system.into_iter().map(Message::system);
            tokenizer.encode_chat(&system.chain([Message::user(self.prompt)]).collect::<Vec<_>>())?
        };
        let tokens = prompt.len().saturating_add(self.max_tokens).min(model.context_tokens().max(prompt.len()));
        let one = SchedulerOptions { max_sequences: 1, decode_graphs: self.graphs, ..SchedulerOptions::for_tokens(tokens.max(1)) };
        let mut scheduler = Scheduler::new(device.clone(), model, one)?;
        let options = GenerateOptions { max_tokens: self.max_tokens, sampling, stop: self.stop };

        let to_stdout = self.json.as_ref().is_none_or(|target| !target.is_stdout());
        let (mut text, mut unwritten) = (String::new(), None);
        let answer = generate(&mut scheduler, &tokenizer, prompt.clone(), &options, &mut |piece| {
            text.push_str(piece);
            match if to_stdout { output::print(piece) } else { Ok(()) } {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    unwritten = Some(error);
                    ControlFlow::Break(())
                }
            }
        });
        let shadow = shadow.map(|log| log.report());
        if let Some(report) = &shadow {
            output::note(&format!("\n{}", render::shadow(report)));
        }
        // An op that went wrong is worth telling all the more when something has failed after it.
        let answer = answer?;
        if let Some(error) = unwritten {
            return Err(error);
        }
        if to_stdout {
            output::print("\n")?;
        }

        let (memory, process_peak_bytes) = (device.memory()?, process::peak_bytes());
        output::note(&figures(&answer, memory.peak_bytes, process_peak_bytes));
        if let (Some(target), Some(routes)) = (&self.routes, routes) {
            target.write(&routes.lines())?;
        }
        let at_fault = shadow.as_ref().is_some_and(|report| !report.faults.is_empty());
        if let Some(target) = &self.json {
            let us = |time: Duration| time.as_secs_f64() * 1e6;
            let report = Report {
                schema: SCHEMA,
                version: env!("CARGO_PKG_VERSION"),
                device: device.info().id.to_string(),
                device_name: &device.info().name,
                prompt_ids: &prompt,
                prompt_tokens: answer.prompt_tokens,
                reused_tokens: answer.reused_tokens,
                answer_tokens: answer.answer_tokens,
                ending: &answer.ending,
                text: &text,
                prefill_us: us(answer.prefill),
                decode_us: us(answer.decode),
                prefill_tokens_per_s: answer.prefill_tokens_per_s(),
                decode_tokens_per_s: answer.decode_tokens_per_s(),
                device_peak_bytes: memory.peak_bytes,
                process_peak_bytes,
                shadow,
            };
            target.write(&(serde_json::to_string_pretty(&report)? + "\n"))?;
        }
        Ok(if at_fault { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// The figures in words.
fn figures(answer: &Generated, device_peak_bytes: usize, process_peak_bytes: Option<u64>) -> String {
    let ending = match answer.ending {
        Ending::StopToken(_) => "the model ended it",
        Ending::StopText => "a stop text ended it",
        Ending::Length => "as long as was asked for",
        Ending::Cancelled => "cut off",
    };
    let mb = |bytes: f64| bytes / 1e6;
    let process = process_peak_bytes.map_or_else(String::new, |bytes| format!(", {:.0} MB of the process", mb(bytes as f64)));
    format!(
        "\nprompt  {} tokens, {:.1} tokens/s\nanswer  {} tokens, {:.1} tokens/s ({ending})\nmemory  peak {:.0} MB on the device{process}\n",
        answer.prompt_tokens,
        answer.prefill_tokens_per_s(),
        answer.answer_tokens,
        answer.decode_tokens_per_s(),
        mb(device_peak_bytes as f64),
    )
}
