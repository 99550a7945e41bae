//! What a device can do at most; and where the limits of a host are kept once they were measured.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::workload::Precision;
use crate::{Error, Result};

/// What a device can do at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// How they are known.
    pub source: String,
    /// When they were measured, in UTC; nothing where they come from a table.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub measured_at: Option<String>,
    /// They were measured in an earlier run.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub kept: bool,
    /// Of the whole device.
    #[serde(flatten)]
    pub all: Rates,
    /// Of one thread, on a host.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub one_thread: Option<Rates>,
    /// GB/s read from caches, smallest first; empty where they are not known.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub levels: Vec<Level>,
}

/// Rates that nothing exceeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// GFLOP/s of f32.
    pub f32_gflops: f64,
    /// GFLOP/s of bf16.
    pub bf16_gflops: f64,
    /// GOP/s of int8.
    pub int8_gops: f64,
    /// GB/s read from main memory.
    pub read_gbs: f64,
}

impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { f32_gflops, bf16_gflops, int8_gops, read_gbs } = self;
        write!(f, "bf16 {bf16_gflops:.0} GFLOP/s, int8 {int8_gops:.0} GOP/s, f32 {f32_gflops:.0} GFLOP/s, read {read_gbs:.1} GB/s")
    }
}

/// Reading the same bytes over and over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// Bytes that each thread reads.
    pub bytes: usize,
    /// GB/s of one thread.
    pub one_thread_gbs: f64,
    /// GB/s of all threads together.
    pub all_threads_gbs: f64,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB {:.0} (one thread {:.0})", self.bytes >> 10, self.all_threads_gbs, self.one_thread_gbs)
    }
}

impl Limits {
    /// The peak of products of this kind, in GFLOP/s.
    pub fn peak_gflops(&self, precision: Precision) -> f64 {
        if precision.is_integer() { self.all.int8_gops } else { self.all.bf16_gflops }
    }

    /// Whether everything can be divided by.
    fn is_sound(&self) -> bool {
        let rates = [Some(self.all), self.one_thread].into_iter().flatten();
        let rates = rates.flat_map(|r| [r.f32_gflops, r.bf16_gflops, r.int8_gops, r.read_gbs]);
        rates.chain(self.levels.iter().flat_map(|l| [l.one_thread_gbs, l.all_threads_gbs])).all(|rate| rate.is_finite() && rate > 0.0)
    }
}

/// What limits of a host hold for: all of it has to be the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// The processor's product name.
    pub cpu: String,
    /// What it has, and what is used of it.
    pub features: Vec<String>,
    /// The instruction set that probes and kernels use.
    pub isa: String,
    /// Threads that a call uses.
    pub threads: usize,
    /// Version of the probes: figures of others are not comparable.
    pub probe: u32,
}

/// Version of the file that [`of_host`] keeps.
const SCHEMA: u32 = 1;

/// The file: an entry for each host that was measured by who shares this folder.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    schema: u32,
    hosts: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    host: Host,
    limits: Limits,
}

/// Where limits of hosts are kept: `ascend-compute/limits.json` in the user's folder for caches (`$XDG_CACHE_HOME`, else `~/.cache`). `None` where there is no such folder.
pub fn file() -> Option<PathBuf> {
    // By the base directory specification a relative path counts as none.
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))?;
    Some(caches.join("ascend-compute").join("limits.json"))
}

/// The limits of `host`: those that `file` keeps, or what `probe` measures, which is kept for the next time. With `again` it is measured in any case.
///
/// A file that cannot be read, or not be written, is no error: `note` is told, and the limits are measured.
///
/// # Errors
/// Those of `probe`.
pub fn of_host(
    file: Option<&Path>,
    host: &Host,
    again: bool,
    note: &mut dyn FnMut(&str),
    probe: impl FnOnce() -> Result<Limits>,
) -> Result<Limits> {
    let mut hosts = file.map_or_else(Vec::new, |path| {
        read(path).unwrap_or_else(|error| {
            note(&format!("what was kept of hosts' limits is of no use and is replaced: {error}"));
            Vec::new()
        })
    });
    let found = hosts.iter().find(|entry| entry.host == *host && !again);
    if let Some(limits) = found.map(|entry| entry.limits.clone()) {
        return Ok(Limits { kept: true, ..limits });
    }
    let limits = Limits { measured_at: Some(utc(SystemTime::now())), kept: false, ..probe()? };
    if let Some(path) = file {
        hosts.retain(|entry| entry.host != *host);
        hosts.push(Entry { host: host.clone(), limits: limits.clone() });
        match write(path, &Kept { schema: SCHEMA, hosts }) {
            Ok(()) => note(&format!("the limits of this host were measured, and are kept in {} (--probe measures again)", path.display())),
            Err(error) => note(&format!("the limits of this host were measured, and cannot be kept: {error}")),
        }
    }
    Ok(limits)
}

/// The entries of a file; none where there is no file yet.
fn read(path: &Path) -> Result<Vec<Entry>> {
    let text = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.map_err(|error| Error::io(path, error))?,
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|error| Error::format(path, error))?;
    if kept.schema != SCHEMA {
        return Err(Error::format(path, format!("a file of schema {SCHEMA} asked, one of {} found", kept.schema)));
    }
    match kept.hosts.iter().find(|entry| !entry.limits.is_sound()) {
        Some(entry) => Err(Error::format(path, format!("rates above 0 asked, others found for {}", entry.host.cpu))),
        None => Ok(kept.hosts),
    }
}

/// Replaces the file at once: who reads it meanwhile has the old one.
fn write(path: &Path, kept: &Kept) -> Result<()> {
    let text = serde_json::to_string_pretty(kept).map_err(|error| Error::format(path, error))?;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
    }
    let new = path.with_extension(format!("{}.new", std::process::id()));
    let replaced = std::fs::write(&new, text + "\n").and_then(|()| std::fs::rename(&new, path));
    replaced.map_err(|error| {
        // What is left of it is of no use to anybody; that it cannot be removed either changes nothing.
        let _ = std::fs::remove_file(&new);
        Error::io(path, error)
    })
}

/// A time as RFC 3339 writes it, to the second.
fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Years begin in March here, so that the leap day is a year's last. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use super::*;

    fn host(threads: usize) -> Host {
        Host { cpu: "a processor".into(), features: vec!["avx2".into()], isa: "avx2".into(), threads, probe: 1 }
    }

    fn limits(gbs: f64) -> Limits {
        let all = Rates { f32_gflops: 1.0, bf16_gflops: 2.0, int8_gops: 4.0, read_gbs: gbs };
        let levels = vec![Level { bytes: 1 << 14, one_thread_gbs: 1.0, all_threads_gbs: 2.0 }];
        Limits { source: "made up".into(), measured_at: None, kept: false, all, one_thread: Some(all), levels }
    }

    /// What a call says of `host`, and its notes. `gbs` is what a probe would find.
    fn ask(file: &Path, host: &Host, again: bool, gbs: f64) -> (Limits, Vec<String>) {
        let mut notes = Vec::new();
        let found = of_host(Some(file), host, again, &mut |note| notes.push(note.into()), || Ok(limits(gbs)));
        (found.unwrap(), notes)
    }

    #[test]
    fn limits_are_measured_once_for_each_host_and_again_when_asked() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("not/there/yet/limits.json");
        let (first, notes) = ask(&file, &host(2), false, 10.0);
        assert!(!first.kept && first.measured_at.is_some() && notes.len() == 1 && notes[0].contains("limits.json"), "{notes:?}");
        let (second, notes) = ask(&file, &host(2), false, 20.0);
        assert_eq!((second, notes), (Limits { kept: true, ..first }, vec![]));
        // Others are measured themselves, and take nothing away.
        for other in [host(3), Host { probe: 2, ..host(2) }, Host { isa: "amx".into(), ..host(2) }] {
            assert_eq!(ask(&file, &other, false, 30.0).0.all.read_gbs, 30.0);
        }
        assert_eq!(ask(&file, &host(2), false, 20.0).0.all.read_gbs, 10.0);
        assert!(!ask(&file, &host(2), true, 20.0).0.kept);
        assert_eq!(ask(&file, &host(2), false, 40.0).0.all.read_gbs, 20.0);
        assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing is left beside the file");
    }

    #[test]
    fn a_file_that_is_of_no_use_is_said_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("limits.json");
        ask(&file, &host(2), false, 10.0);
        let good = std::fs::read_to_string(&file).unwrap();
        let cases = [
            "",
            "{",
            "[1]",
            "\0\u{ff}",
            &good[..good.len() / 2],
            &good.replace("\"schema\": 1", "\"schema\": 9"),
            &good.replace("10.0", "0.0"),
        ];
        for text in cases {
            std::fs::write(&file, text).unwrap();
            let (found, notes) = ask(&file, &host(2), false, 20.0);
            assert!(found.all.read_gbs == 20.0 && notes[0].contains("of no use") && notes[0].contains("limits.json"), "{text}: {notes:?}");
            assert_eq!(ask(&file, &host(2), false, 30.0), (Limits { kept: true, ..found }, vec![]), "{text}");
        }
        std::fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(ask(&file, &host(2), false, 20.0).1[0].contains("of no use"));
    }

    #[test]
    fn where_nothing_can_be_kept_limits_are_measured_each_time() {
        let folder = tempfile::tempdir().unwrap();
        // A folder in the place of the file; a file in the place of its folder.
        let file = folder.path().join("limits.json");
        std::fs::create_dir(&file).unwrap();
        std::fs::write(folder.path().join("plain"), "").unwrap();
        for file in [file, folder.path().join("plain/limits.json")] {
            for gbs in [10.0, 20.0] {
                let (found, notes) = ask(&file, &host(2), false, gbs);
                assert!(found.all.read_gbs == gbs && notes.last().unwrap().contains("cannot be kept"), "{notes:?}");
            }
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing half-written is left");
        let probed = Cell::new(0);
        for _ in 0..2 {
            of_host(None, &host(2), false, &mut |_| (), || Ok(limits(f64::from(probed.replace(probed.get() + 1))))).unwrap();
        }
        assert_eq!(probed.get(), 2);
        assert!(of_host(None, &host(2), false, &mut |_| (), || Err(Error::option("probe", 1, "fails"))).is_err());
    }

    #[test]
    fn times_are_dates_of_the_calendar() {
        let at = |seconds| utc(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(at(951_868_800), "2000-03-01T00:00:00Z");
        assert_eq!(at(1_709_164_800), "2024-02-29T00:00:00Z");
        assert_eq!(at(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
