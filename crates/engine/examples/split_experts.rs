//! The same real weights as a mixture of experts: each dense network of a Llama-like model becomes 8 experts that all tokens go through with weight 1, so routing, grouped
//! matmul and finalize run on real activations, and must give the dense model's logits.
//!
//! `cargo run --release -p ascend-engine --example split_experts -- MODEL TEXT_FILE`; exit code 1 when the logits differ by more than rounding.

use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use ascend_compute::{DType, Device};
use ascend_engine::checkpoint::{self, Checkpoint, SplitExperts};
use ascend_engine::models;
use ascend_engine::scheduler::{Event, Request, Scheduler, SchedulerOptions};
use ascend_engine::text::Tokenizer;

const EXPERTS: usize = 8;
/// Tokens of the text that are run.
const TOKENS: usize = 128;
/// Sums of the same terms in another order, through every layer: some dozen roundings at the size of the largest logit.
const ALLOWED_ROUNDINGS: f32 = 64.0;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, text] = &arguments[..] else { return Err("usage: split_experts MODEL TEXT_FILE".into()) };
    let dense = checkpoint::open(Path::new(model))?;
    let mut tokens = Tokenizer::of(&*dense)?.encode(&std::fs::read_to_string(text)?)?;
    tokens.truncate(TOKENS);

    let device = ascend_compute::open("cpu")?;
    let want = logits(&*dense, &device, &tokens)?;
    let got = logits(&SplitExperts::new(&*dense, EXPERTS)?, &device, &tokens)?;
    let largest = want.iter().fold(0f32, |m, x| m.max(x.abs()));
    let off = want.iter().zip(&got).fold(0f32, |m, (a, b)| if (a - b).is_nan() { f32::INFINITY } else { m.max((a - b).abs()) });
    let allowed = ALLOWED_ROUNDINGS * f32::EPSILON * largest;
    println!("{} logits as {EXPERTS} experts: largest difference {off:.2e}, allowed {allowed:.2e} (largest logit {largest:.1})", got.len());
    let fine = !want.is_empty() && want.len() == got.len() && off <= allowed;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The logits of all positions of a prompt, in f32.
fn logits(checkpoint: &dyn Checkpoint, device: &Arc<dyn Device>, tokens: &[u32]) -> Result<Vec<f32>> {
    let model = models::load(checkpoint, device, DType::F32)?;
    let options = SchedulerOptions { max_sequences: 1, ..SchedulerOptions::for_tokens(tokens.len()) };
    let mut scheduler = Scheduler::new(device.clone(), model.into(), options)?;
    scheduler.submit(Request::new(tokens, 0).with_prompt_logits())?;
    let (mut all, mut failure) = (Vec::new(), None);
    scheduler.run(&mut |event| {
        match event {
            Event::PromptLogits { logits, .. } => all.extend_from_slice(logits),
            Event::Failed { error, .. } => failure = Some(error),
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    failure.map_or(Ok(all), |error| Err(error.into()))
}
