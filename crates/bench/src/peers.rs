//! Other implementations of the expert layer beside the CPU device's, in turns.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use ascend_cpu::probe::Probe;
use ascend_hal::{Error, Result};
use serde::{Deserialize, Serialize};

use crate::figure::median;
use crate::storage::Storage;
use crate::{Bench, Case, Clock, Each, Options, What, experts};

/// Version of [`PeerFigure`].
const SCHEMA: u32 = 1;
/// What answers begin with; libraries print other lines.
const MARK: &str = "peers: ";

/// Where the peers are.
#[derive(Clone, Debug)]
pub struct Peers {
    /// A Python virtual environment that has them.
    pub venv: PathBuf,
    /// The program that runs them: `benches/peers/serve.py`.
    pub script: PathBuf,
}

/// A peer's time on one case beside the CPU device's.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct PeerFigure {
    /// Version of this structure.
    pub schema: u32,
    /// `peers`.
    pub op: &'static str,
    /// The case.
    pub case: String,
    /// Tokens.
    pub tokens: usize,
    /// How both store weights.
    pub dtype: &'static str,
    /// The peer.
    pub peer: String,
    /// The instruction set of the CPU device.
    pub isa: &'static str,
    /// Threads of both.
    pub threads: usize,
    /// Rounds that medians are taken over.
    pub rounds: usize,
    /// Time of the CPU device's call.
    pub median_ms: f64,
    /// Time of the peer's call.
    pub peer_median_ms: f64,
    /// How many times as long the peer takes: the median of each round's ratio.
    pub peer_takes_times: f64,
    /// Bandwidth of reading memory in the same rounds.
    pub probe_read_gbs: f64,
}

/// What the peers' program says first.
#[derive(Deserialize)]
struct Offer {
    /// Names and storages.
    peers: BTreeMap<String, String>,
    /// Names, and why they cannot be had.
    missing: BTreeMap<String, String>,
}

/// Measures cases of the expert layer and the peers' in turns, by the wall's clock. `note` hears, once, of each peer that cannot run and of each storage that none has.
///
/// # Errors
/// As [`run`](crate::run); [`Error::Setting`] when the peers' program does not start or none of them can run, [`Error::State`] when it stops or answers what is no time.
pub fn run_peers(
    peers: &Peers,
    options: &Options,
    note: &mut dyn FnMut(&str),
    each: &mut dyn FnMut(PeerFigure) -> Result<()>,
) -> Result<()> {
    let options = Options { clock: Clock::Wall, ..options.clone() };
    let mut no_figures = |_| Ok(());
    let bench = Bench::open(What::Moe, &options, Each::Figure(&mut no_figures))?;
    let storages = bench.storages()?;
    let mut said = BTreeSet::new();
    let mut note = |what: String| {
        if !said.contains(&what) {
            note(&what);
            said.insert(what);
        }
    };
    for (name, sizes) in experts::chosen(&bench)? {
        let weights = storages.iter().map(|&storage| experts::Weights::new(&bench, sizes, storage)).collect::<Result<Vec<_>>>()?;
        for &tokens in &bench.options.tokens {
            let (mut server, offer) = Server::start(peers, sizes, tokens, bench.options.threads)?;
            offer.missing.iter().for_each(|(peer, why)| note(format!("cannot run {peer}: {why}")));
            for (&storage, weights) in storages.iter().zip(&weights) {
                let names: Vec<&str> =
                    offer.peers.iter().filter(|(_, dtype)| *dtype == storage.name()).map(|(name, _)| name.as_str()).collect();
                if names.is_empty() {
                    note(format!("no peer that runs here stores weights as {}", storage.name()));
                    continue;
                }
                let case = experts::prepare(&bench, name, sizes, storage, weights, tokens)?;
                in_turns(&bench, &case, storage, &names, &mut server, each)?;
            }
        }
    }
    Ok(())
}

/// Rounds of one case and the peers that store weights alike.
fn in_turns(
    bench: &Bench<'_>,
    case: &Case,
    storage: Storage,
    peers: &[&str],
    server: &mut Server,
    each: &mut dyn FnMut(PeerFigure) -> Result<()>,
) -> Result<()> {
    let once = bench.time(case, 1, 0)?;
    let tries = if once < 0.05 { 3 } else { 1 };
    let (mut ours, mut reads, mut theirs) = (Vec::new(), Vec::new(), vec![Vec::new(); peers.len()]);
    let begin = Instant::now();
    let mut variant = 0;
    while ours.len() < 3 || begin.elapsed() < Duration::from_secs_f64(bench.options.seconds) {
        let mut best_of = |f: &mut dyn FnMut(usize) -> Result<f64>| {
            (0..tries).try_fold(f64::MAX, |best, _| {
                variant += 1;
                Ok::<_, Error>(best.min(f(variant)?))
            })
        };
        reads.push((0..tries).map(|_| bench.limit(Probe::read_gbs)).fold(0.0, f64::max));
        ours.push(best_of(&mut |variant| bench.time(case, 1, variant))?);
        for (peer, times) in peers.iter().zip(&mut theirs) {
            times.push(best_of(&mut |variant| server.time(peer, variant))?);
        }
    }
    for (peer, times) in peers.iter().zip(theirs) {
        let ratios = times.iter().zip(&ours).map(|(theirs, ours)| theirs / ours).collect();
        each(PeerFigure {
            schema: SCHEMA,
            op: "peers",
            case: case.name.clone(),
            tokens: case.tokens,
            dtype: storage.name(),
            peer: (*peer).into(),
            isa: bench.device.isa().name(),
            threads: bench.options.threads,
            rounds: times.len(),
            median_ms: median(ours.clone()) * 1e3,
            peer_median_ms: median(times) * 1e3,
            peer_takes_times: median(ratios),
            probe_read_gbs: median(reads.clone()),
        })?;
    }
    Ok(())
}

/// The peers' program, for one case.
struct Server {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Server {
    fn start(peers: &Peers, [e, k, h, i]: [usize; 4], tokens: usize, threads: usize) -> Result<(Self, Offer)> {
        let python = peers.venv.join("bin/python");
        let refused = |path: &Path, found: String| Error::Setting {
            name: "venv",
            asked: "an environment that benches/peers/setup.sh made, and the program benches/peers/serve.py".into(),
            found: format!("{}: {found}", path.display()),
        };
        if !peers.script.is_file() {
            return Err(refused(&peers.script, "no such file".into()));
        }
        let sizes = [("--experts", e), ("--top-k", k), ("--hidden", h), ("--inner", i), ("--tokens", tokens), ("--threads", threads)];
        let mut command = Command::new(&python);
        command.arg(&peers.script).args(sizes.iter().flat_map(|(name, size)| [(*name).into(), size.to_string()]));
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|found| refused(&python, found.to_string()))?;
        let (Some(asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(stopped("no pipes"));
        };
        let mut server = Self { child, asks, answers: BufReader::new(answers) };
        let line = server.answer()?;
        let offer: Offer = serde_json::from_str(&line).map_err(|found| stopped(&format!("{line}: {found}")))?;
        if offer.peers.is_empty() {
            let why: Vec<String> = offer.missing.iter().map(|(peer, why)| format!("{peer}: {why}")).collect();
            return Err(refused(&peers.venv, format!("no peer can run there ({})", why.join("; "))));
        }
        Ok((server, offer))
    }

    /// Seconds of one call.
    fn time(&mut self, peer: &str, variant: usize) -> Result<f64> {
        writeln!(self.asks, "{peer} {variant}").map_err(|found| stopped(&found.to_string()))?;
        let line = self.answer()?;
        line.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds > 0.0).ok_or_else(|| stopped(&line))
    }

    fn answer(&mut self) -> Result<String> {
        let mut line = String::new();
        loop {
            line.clear();
            match self.answers.read_line(&mut line) {
                Ok(0) => return Err(stopped("it has ended")),
                Ok(_) => {}
                Err(found) => return Err(stopped(&found.to_string())),
            }
            if let Some(answer) = line.strip_prefix(MARK) {
                return Ok(answer.trim().into());
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends by itself when nothing can be asked any more; a call that it is in is not waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn stopped(found: &str) -> Error {
    Error::State { what: "the peers' program", asked: "the time of a call", found: found.into() }
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    /// An environment whose python is a shell, and whose script is written for it. No program is written: starting one that was just
    /// written fails ("text file busy") while another thread of this process forks.
    fn environment(name: &str, script: &str) -> Peers {
        let venv = std::env::temp_dir().join(format!("ascend-bench-{}-{name}", std::process::id()));
        std::fs::create_dir_all(venv.join("bin")).unwrap();
        std::os::unix::fs::symlink("/bin/sh", venv.join("bin/python")).unwrap();
        let peers = Peers { script: venv.join("serve"), venv };
        std::fs::write(&peers.script, script).unwrap();
        peers
    }

    #[test]
    fn peers_answer_through_whatever_their_libraries_print() {
        let peers = environment(
            "speaks",
            r#"echo hello; echo 'peers: {"peers": {"p": "bf16"}, "missing": {"q": "no q"}}'; while read ask; do echo noise; echo 'peers: 0.25'; done"#,
        );
        let (mut server, offer) = Server::start(&peers, [1, 1, 1, 1], 1, 1).unwrap();
        assert_eq!((offer.peers["p"].as_str(), offer.missing["q"].as_str()), ("bf16", "no q"));
        assert_eq!((server.time("p", 0).unwrap(), server.time("p", 1).unwrap()), (0.25, 0.25));
        std::fs::remove_dir_all(&peers.venv).unwrap();
    }

    #[test]
    fn peers_that_end_or_speak_nonsense_are_errors() {
        let start = |peers: &Peers| Server::start(peers, [1, 1, 1, 1], 1, 1).map(|_| ()).unwrap_err().to_string();
        let silent = environment("silent", "exit 3");
        assert!(start(&silent).contains("ended"), "{}", start(&silent));
        let odd = environment("odd", "echo peers: what; cat >/dev/null");
        assert!(start(&odd).contains("what"), "{}", start(&odd));
        let empty = environment("empty", r#"echo 'peers: {"peers": {}, "missing": {"torch": "no torch"}}'"#);
        assert!(start(&empty).contains("setup.sh") && start(&empty).contains("no torch"), "{}", start(&empty));
        let none = Peers { venv: "/nonexistent".into(), script: "/nonexistent/serve.py".into() };
        assert!(start(&none).contains("setup.sh"), "{}", start(&none));
        for peers in [silent, odd, empty] {
            std::fs::remove_dir_all(&peers.venv).unwrap();
        }
    }
}
