//! The `ascend` command. Every subcommand is a library call and a way to print what it gave.

#![forbid(unsafe_code)]

mod bench;
mod devices;
mod dispatch;
mod doctor;
mod generate;
mod kernels;
mod limits;
mod model;
mod output;
mod perplexity;
mod plan;
mod process;
mod profile;
mod selftest;
mod sim;
mod support;
mod validate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What a subcommand returns: its exit code, or why it could not do its work.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Kernels for mixture-of-experts models behind one device: check them, and see what runs where.
///
/// Exit codes: 0 done (validate: passed), 1 a case failed (generate: the shadow found a fault; profile: slower than the baseline), 2 could not run.
#[derive(Parser)]
#[command(name = "ascend", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Validate(validate::Validate),
    Generate(generate::Generate),
    Perplexity(perplexity::Perplexity),
    Bench(bench::Bench),
    Kernels(kernels::Kernels),
    Plan(plan::Plan),
    Profile(profile::Profile),
    Support(support::Support),
    Devices(devices::Devices),
    Doctor(doctor::Doctor),
    Selftest(selftest::Selftest),
    Sim(sim::Sim),
}

/// Exit code of a command that could not do its work; the same as clap's for a wrong option.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Validate(command) => command.run(),
        Command::Generate(command) => command.run(),
        Command::Perplexity(command) => command.run(),
        Command::Bench(command) => command.run(),
        Command::Kernels(command) => command.run(),
        Command::Plan(command) => command.run(),
        Command::Profile(command) => command.run(),
        Command::Support(command) => command.run(),
        Command::Devices(command) => command.run(),
        Command::Doctor(command) => command.run(),
        Command::Selftest(command) => command.run(),
        Command::Sim(command) => command.run(),
    };
    done.unwrap_or_else(|error| {
        output::note(&format!("error: {error}\n"));
        ExitCode::from(COULD_NOT_RUN)
    })
}
