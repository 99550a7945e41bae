//! Generators and checks for the developers of this project: `cargo run -p xtask -- help`.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{Error, Result, abi, bindings};

#[derive(Parser)]
#[command(about = "Generators and checks for the developers of ascend-compute")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Make the Rust declarations of `sys` from `sys/include` (needs libclang)
    Bindings {
        /// Write nothing; fail if the committed files are not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Compare `sys/include` with an installed toolkit's headers (needs libclang)
    AbiCheck {
        /// An include folder: `$ASCEND_HOME_PATH/include`, or several
        #[arg(long, required = true)]
        headers: Vec<PathBuf>,
        /// A further folder that the headers include from
        #[arg(long)]
        include: Vec<PathBuf>,
        /// Fail if fewer functions than this are in both
        #[arg(long, default_value_t = 1)]
        at_least: usize,
    },
}

fn run(task: Task) -> Result<ExitCode> {
    match task {
        Task::Bindings { check: false } => {
            let files = bindings::generate()?;
            bindings::write(&files)?;
            println!("{} files written", files.len());
        }
        Task::Bindings { check: true } => {
            let stale = bindings::stale(&bindings::generate()?)?;
            if !stale.is_empty() {
                println!("not what `cargo run -p xtask -- bindings` writes:");
                stale.iter().for_each(|path| println!("  {}", path.display()));
                return Ok(ExitCode::FAILURE);
            }
            println!("the committed bindings are up to date");
        }
        Task::AbiCheck { headers, include, at_least } => {
            let report = abi::check(&headers, &include)?;
            print!("{report}");
            if report.functions < at_least {
                println!("fewer than the {at_least} functions that were asked for are in both");
            }
            if report.conflicts() > 0 || report.functions < at_least {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Exit code when libclang is not installed, so that a script can leave a step out.
const NO_LIBCLANG: u8 = 3;

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(if matches!(error, Error::NoLibclang(_)) { NO_LIBCLANG } else { 2 })
        }
    }
}
