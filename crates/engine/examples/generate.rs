//! The tokens that a model finds likeliest after a prompt: `cargo run --release -p ascend-engine --example generate -- DEVICE MODEL COUNT PROMPT`
//!
//! DEVICE is `cpu`, `npu:0`, `sim:0` or `auto`, MODEL a Hugging Face folder or a GGUF file, PROMPT a text, or token ids (`12,7,41`) for a model without a tokenizer.

use std::{error::Error, ops::ControlFlow, path::Path};

use ascend_compute::DType;
use ascend_engine::scheduler::{Event, Request, Scheduler, SchedulerOptions};
use ascend_engine::{checkpoint, models, text::Tokenizer};

/// Up to `count` tokens, each the likeliest one, and their text if the prompt is one.
pub(crate) fn generate(device: &str, model: &Path, count: usize, prompt: &str) -> Result<(Vec<u32>, Option<String>), Box<dyn Error>> {
    let device = ascend_compute::open(device)?;
    let checkpoint = checkpoint::open(model)?;
    let model = models::load(&*checkpoint, &device, DType::F32)?;
    let (tokenizer, prompt) = match prompt.split(',').map(|id| id.trim().parse()).collect::<Result<Vec<u32>, _>>() {
        Ok(ids) => (None, ids),
        Err(_) => {
            let tokenizer = Tokenizer::of(&*checkpoint)?;
            let ids = tokenizer.encode(prompt)?;
            (Some(tokenizer), ids)
        }
    };
    let stop = tokenizer.as_ref().map_or_else(Vec::new, |tokenizer| tokenizer.stop_tokens().to_vec());
    let mut scheduler = Scheduler::new(device, model.into(), SchedulerOptions::for_tokens(prompt.len() + count))?;
    scheduler.submit(Request::new(prompt, count).with_stop_tokens(stop))?;
    let (mut tokens, mut failure) = (Vec::new(), None);
    scheduler.run(&mut |event| {
        match event {
            Event::Token { token, .. } => tokens.push(token),
            Event::Failed { error, .. } => failure = Some(error),
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    failure.map_or(Ok(()), Err)?;
    let text = tokenizer.map(|tokenizer| tokenizer.decode(&tokens)).transpose()?;
    Ok((tokens, text))
}

#[allow(dead_code, reason = "a test includes this file")]
fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [device, model, count, prompt] = &arguments[..] else { return Err("usage: generate DEVICE MODEL COUNT PROMPT".into()) };
    let (tokens, text) = generate(device, Path::new(model), count.parse()?, prompt)?;
    println!("{tokens:?}{}", text.map_or_else(String::new, |text| format!("\n{text}")));
    Ok(())
}
