//! What marks between phases cost: runs of an expert layer with and without them, in alternating order, by the processor time of the one thread that runs them.
//!
//! `cargo run --release -p ascend-profile --example overhead`. Other programs take time away, but hardly any of this thread's processor time.

use std::time::Duration;

use ascend_cpu::{CpuDevice, CpuOptions};
use ascend_profile::measure::{Options, Path, Subject, What, overhead};
use ascend_profile::workload::{Model, Precision, Routing, Slice};

/// Seconds of processor time that the thread has had.
fn seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default().as_secs_f64()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let device = CpuDevice::with(CpuOptions::default().with_threads(1))?;
    let model = Model::find("qwen3-30b-a3b")?;
    let subject = Subject::new(&*device, What::Experts, &model, Slice { ep: 8, ..Slice::default() }, Precision::Bf16)?;
    println!("| path | tokens | pairs | a run | marks cost (median of the pairs; middle half) |\n|---|---|---|---|---|");
    for path in [Path::Parts, Path::Fused] {
        for tokens in [1, 16, 128] {
            let options = Options { path, warm_up: 10, repeats: 400, budget: Duration::from_secs(12), ..Options::default() };
            let mut pairs = overhead(&*device, &subject, &Routing::Uniform, tokens, &options, &seconds)?;
            pairs.sort_by(|a, b| (a[1] / a[0]).total_cmp(&(b[1] / b[0])));
            let at = |share: f64| {
                let [without, with] = pairs[(share * (pairs.len() - 1) as f64) as usize];
                100.0 * (with / without - 1.0)
            };
            let (middle, n) = (pairs[pairs.len() / 2][0], pairs.len());
            println!(
                "| {} | {tokens} | {n} | {:.2} ms | {:+.2} % ({:+.2} to {:+.2}) |",
                path.name(),
                1e3 * middle,
                at(0.5),
                at(0.25),
                at(0.75)
            );
        }
    }
    Ok(())
}
