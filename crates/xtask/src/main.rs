//! Generators and checks for the developers of this project: `cargo run -p xtask -- help`.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::{Error, Result, abi, bindings, operators};

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
    /// Make docs/operators.md: which aclnn operators each op comes down to, on each version of CANN
    Operators {
        /// Write nothing; fail if the committed page is not what would be written
        #[arg(long, conflicts_with = "trace")]
        check: bool,
        /// Instead, print what is called on the version that the environment asks for
        #[arg(long, hide = true)]
        trace: bool,
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
        Task::Operators { trace: true, .. } => print!("{}", operators::trace()?),
        Task::Operators { check, .. } => {
            let (page, path) = (operators::page()?, operators::path());
            if !check {
                std::fs::write(&path, page).map_err(|source| Error::Io { path, source })?;
            } else if std::fs::read_to_string(&path).unwrap_or_default() != page {
                println!("{} is not what `cargo run -p xtask -- operators` writes", path.display());
                return Ok(ExitCode::FAILURE);
            }
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
