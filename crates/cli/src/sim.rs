//! `ascend sim`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use ascend_sim::SUMMARY_HEADER;
use ascend_sim::Version;
use ascend_sim::install::{self, Toolkit};
use clap::{Args, Subcommand};

use crate::{Result, output};

/// The version of CANN where none is asked for.
const CANN: &str = "8.5.0";

/// Run programs that are written for CANN on a simulated one
#[derive(Args)]
pub(crate) struct Sim {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    Install(Install),
    Run(Run),
}

/// Lay a toolkit out in a folder, with the simulation in it
///
/// A folder with anything else in it than a simulated toolkit is refused.
#[derive(Args)]
struct Install {
    /// The folder: one that is not there, an empty one, or a simulated toolkit, which is replaced
    folder: PathBuf,
    /// The version of CANN: functions that came later cannot be found in the toolkit
    #[arg(long, default_value = CANN)]
    cann: String,
}

/// Run a program with a simulated CANN, and tell what it called, what it missed, and what it left alive
///
/// The exit code is the program's; the report goes to standard error.
#[derive(Args)]
struct Run {
    /// A toolkit that `ascend sim install` made, used as it is; without, one is made for the run
    #[arg(long)]
    toolkit: Option<PathBuf>,
    /// The version of CANN: the toolkit's own, or 8.5.0
    #[arg(long)]
    cann: Option<String>,
    /// The program, with its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

impl Sim {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self.action {
            Action::Install(install) => install.run(),
            Action::Run(run) => run.run(),
        }
    }
}

impl Install {
    fn run(self) -> Result<ExitCode> {
        let toolkit = install::install(&self.folder, &install::library()?, &self.cann)?;
        let folder = toolkit.folder().display();
        output::print(&format!("CANN {}, simulated, in {folder}\nsource {folder}/set_env.sh\n", self.cann))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A folder that goes with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("ascend-sim-{}", std::process::id()));
        std::fs::create_dir(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Run {
    fn run(self) -> Result<ExitCode> {
        let scratch = Scratch::new()?;
        let toolkit = match &self.toolkit {
            Some(folder) => at_hand(folder, self.cann.as_deref())?,
            None => install::install(&scratch.0.join("toolkit"), &install::library()?, self.cann.as_deref().unwrap_or(CANN))?,
        };
        let summary = scratch.0.join("summary");
        let code = execute(&toolkit, &self.command, &summary)?;
        output::note(&std::fs::read_to_string(&summary).map_or_else(
            |_| "the program did not use CANN, or did not end in the ordinary way: there is no summary\n".to_owned(),
            |text| told(&text),
        ));
        Ok(code)
    }
}

/// The toolkit in the folder, which is not changed.
fn at_hand(folder: &Path, cann: Option<&str>) -> Result<Toolkit> {
    let toolkit = Toolkit::open(folder)?;
    if let Some(asked) = cann
        && asked.parse::<Version>()? != toolkit.cann().parse()?
    {
        let (folder, found) = (folder.display(), toolkit.cann());
        return Err(format!(
            "CANN {asked} asked, {folder} is a toolkit of {found}; leave --cann out, or make one with `ascend sim install`"
        )
        .into());
    }
    Ok(toolkit)
}

fn execute(toolkit: &Toolkit, command: &[String], summary: &Path) -> Result<ExitCode> {
    let Some((program, arguments)) = command.split_first() else { return Err("no program is named".into()) };
    let environment = toolkit.environment(|name| std::env::var_os(name));
    let mut command = Command::new(program);
    let status = command.args(arguments).envs(environment).env("ASCEND_SIM_SUMMARY", summary).status();
    let status = status.map_err(|error| format!("cannot run {program}: {error}"))?;
    match status.code() {
        Some(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(u8::MAX))),
        None => Err(format!("{program} was ended by a signal: {status}").into()),
    }
}

/// What a summary says, for people.
fn told(summary: &str) -> String {
    let mut lines = summary.lines();
    if lines.next() != Some(SUMMARY_HEADER) {
        return "the summary is of another version of the simulation\n".to_owned();
    }
    let mut parts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (kind, what) in lines.filter_map(|line| line.split_once(' ')) {
        parts.entry(kind).or_default().push(what);
    }
    let mut text = String::from("\nsimulated CANN\n");
    for (kind, title) in [("called", "called"), ("missing", "looked for, and not there"), ("alive", "left alive"), ("report", "misuse")] {
        let Some(lines) = parts.get(kind) else { continue };
        text.push_str(&format!("  {title}: {}\n", lines.len()));
        lines.iter().for_each(|line| text.push_str(&format!("    {line}\n")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_told_part_by_part() {
        let text = told(&format!("{SUMMARY_HEADER}\ncalled aclInit 1\ncalled aclrtMalloc 3\nalive memory 0x10 of 64 bytes\n"));
        assert!(text.contains("called: 2\n    aclInit 1\n    aclrtMalloc 3\n  left alive: 1\n    memory 0x10"), "{text}");
        assert!(!text.contains("misuse"), "{text}");
        assert!(told("something else\n").contains("another version"));
    }
}
