//! `ascend plan`.

use std::process::ExitCode;

use ascend_profile::plan::{self, Checked, Npu, Request};
use ascend_profile::workload::{Model, Precision};
use clap::Args;
use serde::Serialize;

use crate::Result;
use crate::output::{self, Target};

/// Foretell what a deployment would give: tokens a second, latency, memory, price
///
/// A model with few parts, compared with what others published (--check). Everything that is assumed is printed. Exit codes: 0 planned (whether it fits or not), 2
/// could not plan.
#[derive(Args)]
pub(crate) struct Plan {
    /// A preset (`deepseek-r1`, `qwen3-30b-a3b`, ...) or a Hugging Face config.json
    #[arg(long, value_name = "MODEL", required_unless_present = "check")]
    model: Option<String>,
    /// The card: 910b1 to 910b4, or 910c
    #[arg(long, default_value = "910b2", value_name = "NAME")]
    npu: String,
    /// Cards of a decode instance; the fewest that do when left out
    #[arg(long, value_name = "N")]
    cards: Option<usize>,
    /// Dies that share the experts; all when left out
    #[arg(long, value_name = "N")]
    ep: Option<usize>,
    /// Dies that share the heads of a sequence; the best number when left out
    #[arg(long, value_name = "N")]
    tp: Option<usize>,
    /// Groups of dies with sequences of their own
    #[arg(long, value_name = "N")]
    dp: Option<usize>,
    /// Storage of weights: bf16, w8a8 or w4a16
    #[arg(long, default_value = "w8a8", value_name = "TYPE")]
    dtype: String,
    /// Bytes of a cached value: 2 (bf16) or 1 (int8)
    #[arg(long, default_value_t = 2, value_name = "BYTES", value_parser = clap::value_parser!(u8).range(1..=4))]
    cache_bytes: u8,
    /// Tokens of a sequence while it is decoded, on average
    #[arg(long, default_value_t = 4096, value_name = "TOKENS")]
    context: usize,
    /// Tokens of a prompt; as the context when left out
    #[arg(long, value_name = "TOKENS")]
    prompt: Option<usize>,
    /// The longest time an output token may take
    #[arg(long, default_value_t = 50.0, value_name = "MS")]
    tpot: f64,
    /// Sequences at once on all cards; as many as fit when left out
    #[arg(long, value_name = "N")]
    batch: Option<usize>,
    /// Rows of the busiest rank over the mean
    #[arg(long, value_name = "RATIO")]
    imbalance: Option<f64>,
    /// Price of a card for an hour
    #[arg(long, value_name = "USD")]
    card_hour_usd: Option<f64>,
    /// Count the cards for this many output tokens a second
    #[arg(long, value_name = "TOKENS_PER_S")]
    target: Option<f64>,
    /// Write the plan as JSON (`-`: to standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<Target>,
    /// Compare the model with published figures instead
    #[arg(long)]
    check: bool,
}

/// What `--check` writes as JSON.
#[derive(Serialize)]
struct Check<'a> {
    schema: u32,
    rows: &'a [Checked],
}

impl Plan {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if let Some(target) = &self.json {
            target.check()?;
        }
        let (text, json) = match &self.model {
            Some(model) if !self.check => {
                let plan = plan::plan(&self.request(model)?)?;
                (plan::text(&plan), serde_json::to_string_pretty(&plan)?)
            }
            _ => {
                let rows = plan::check(&plan::published()?)?;
                (plan::checked(&rows), serde_json::to_string_pretty(&Check { schema: 1, rows: &rows })?)
            }
        };
        if self.json.as_ref().is_some_and(Target::is_stdout) {
            output::note(&text)
        } else {
            output::print(&text)?
        }
        if let Some(target) = &self.json {
            target.write(&(json + "\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn request(&self, model: &str) -> Result<Request> {
        Ok(Request {
            cards: self.cards,
            ep: self.ep,
            tp: self.tp,
            dp: self.dp,
            precision: Precision::parse(&self.dtype)?,
            cache_bytes: self.cache_bytes.into(),
            context: self.context,
            prompt: self.prompt,
            tpot_ms: self.tpot,
            batch: self.batch,
            card_hour_usd: self.card_hour_usd,
            target_tokens_per_s: self.target,
            imbalance: self.imbalance,
            ..Request::new(Model::find(model)?, Npu::find(&self.npu)?)
        })
    }
}
