//! A campaign of faults: one layer of a mixture-of-experts model is run again and again, each time with one thing broken.
//!
//! Every call of the runtime that the layer makes, every operator, every copy and every allocation is broken in turn, in every way that [`Breakable`] knows.
//! After each, four things must hold: the caller got the right error, or the right result if the device could do without; a failure on a stream names the op that failed; nothing is
//! left behind; and the layer, run again on the same device (on a lost device: after a reset), computes the same bits as if nothing had happened.

mod judge;
mod layer;
mod owners;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use ascend_hal::Device;
use comfy_table::{Table, presets};
use serde::Serialize;

use judge::{Fault, Kind};
use owners::Owners;

/// The version of the report's layout.
pub const SCHEMA: u32 = 1;

/// The longest that one fault may take. No layer computes more than a moment; whoever needs longer waits for something that does not come.
pub const LIMIT: Duration = Duration::from_secs(300);

/// A device that breaks when it is told to.
pub trait Breakable: Send + Sync {
    /// Opens the device.
    ///
    /// # Errors
    /// Why it cannot be opened; perhaps that is the fault.
    fn open(&self) -> ascend_hal::Result<Arc<dyn Device>>;

    /// Says what breaks from here on, and mends what broke before: `KIND [NAME] at N code C`, or nothing. `watch` breaks nothing and counts occasions.
    ///
    /// # Errors
    /// What is wrong with the script.
    fn set(&self, script: &str) -> Result<(), String>;

    /// The occasions since a script that watches was set, by what a rule about each begins with.
    fn occasions(&self) -> BTreeMap<String, u64>;

    /// Whether anything has broken since the script was set.
    fn struck(&self) -> bool;

    /// What has been made on the device and not given back.
    fn alive(&self) -> Vec<String>;

    /// Every misuse of the device since the last call.
    fn misuse(&self) -> Vec<String>;

    /// Resets the device, of which nothing is open.
    ///
    /// # Errors
    /// Why it cannot be reset.
    fn reset(&self) -> ascend_hal::Result<()>;
}

/// Which occasions of each kind are broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The first and the last; of what hangs, and of calls with the second of their codes, the first.
    Ends,
    /// Each.
    Each,
}

/// What came of a campaign.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// See [`SCHEMA`].
    pub schema: u32,
    /// The device.
    pub device: String,
    /// A line for each kind of fault and what it is about.
    pub rows: Vec<Row>,
    /// Faults that struck.
    pub tried: u64,
    /// Of those, after which all was well.
    pub survived: u64,
    /// The others.
    pub lost: Vec<Lost>,
    /// Kinds of fault for which the layer has no occasion.
    pub without_occasion: Vec<&'static str>,
    /// How long it took.
    pub seconds: f64,
}

/// The faults of one kind about one function, operator or copy.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Row {
    /// The kind of fault.
    pub fault: String,
    /// The function, operator or copy; empty for faults that are about none.
    pub about: String,
    /// How often the layer gives occasion.
    pub occasions: u64,
    /// Faults that struck.
    pub tried: u64,
    /// The caller got the right error.
    pub refused: u64,
    /// The device did without, and the result was right.
    pub absorbed: u64,
    /// Handles that stay behind because the call that gives them back is the one that failed.
    pub stranded: u64,
    /// Faults that did not strike: how often a stream is polled depends on time.
    pub not_met: u64,
    /// Faults after which something was wrong.
    pub lost: u64,
}

/// A fault after which something was wrong.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Lost {
    /// The rule.
    pub fault: String,
    /// What was wrong.
    pub why: String,
}

/// What came of one fault.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Refused { stranded: usize },
    Absorbed { stranded: usize },
    NotMet,
    Lost(String),
}

/// Runs the campaign. `progress` is told how many faults are done, of how many, and the next one.
///
/// # Errors
/// Why the layer does not run with nothing broken, or a script that the device does not understand.
pub fn run(machine: &Arc<dyn Breakable>, depth: Depth, progress: &dyn Fn(usize, usize, &str)) -> crate::Result<Report> {
    let started = Instant::now();
    let Survey { expected, faults, device } = survey(&**machine, depth)?;
    let expected = Arc::new(expected);
    let mut rows: BTreeMap<(&str, String), Row> = BTreeMap::new();
    let mut lost = Vec::new();
    for (done, (fault, occasions)) in faults.iter().enumerate() {
        progress(done, faults.len(), &fault.to_string());
        let row = rows.entry((fault.kind.word(), fault.about.clone())).or_insert_with(|| Row {
            fault: fault.kind.word().into(),
            about: fault.about.clone(),
            occasions: *occasions,
            ..Row::default()
        });
        let verdict = within_limit(machine, fault, &expected);
        row.tried += u64::from(verdict != Verdict::NotMet);
        match verdict {
            Verdict::Refused { stranded } => {
                row.refused += 1;
                row.stranded += stranded as u64;
            }
            Verdict::Absorbed { stranded } => {
                row.absorbed += 1;
                row.stranded += stranded as u64;
            }
            Verdict::NotMet => row.not_met += 1,
            Verdict::Lost(why) => {
                row.lost += 1;
                lost.push(Lost { fault: fault.to_string(), why });
            }
        }
    }
    machine.set("").map_err(state)?;
    let rows: Vec<Row> = rows.into_values().collect();
    let tried = rows.iter().map(|row| row.tried).sum();
    let words = ["alloc", "call", "phase-one", "late", "hang", "ecc", "lost", "link-down"];
    let without_occasion = words.into_iter().filter(|word| rows.iter().all(|row| row.fault != *word || row.tried == 0)).collect();
    Ok(Report {
        schema: SCHEMA,
        device,
        tried,
        survived: tried - lost.len() as u64,
        rows,
        lost,
        without_occasion,
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn state(found: String) -> ascend_hal::Error {
    ascend_hal::Error::State { what: "fault script", asked: "a rule that the device knows", found }
}

/// What the layer does when nothing is broken.
struct Survey {
    /// What it computes.
    expected: Vec<u8>,
    /// Every fault that there is occasion for, with the number of its occasions.
    faults: Vec<(Fault, u64)>,
    device: String,
}

/// Runs the layer with nothing broken.
fn survey(machine: &dyn Breakable, depth: Depth) -> crate::Result<Survey> {
    let mut owners = Owners::default();
    machine.set("watch").map_err(state)?;
    let device = machine.open()?;
    let name = format!("{} ({})", device.info().id, device.info().name);
    let expected = layer::run(&*device, &mut |stream, step| owners.learn(stream, step, &|| machine.occasions()))?;
    drop(device);
    // Once more, as it is run when something breaks.
    machine.set("watch").map_err(state)?;
    let device = machine.open()?;
    let again = layer::run(&*device, &mut |_, _| Ok(()))?;
    device.synchronize()?;
    drop(device);
    let occasions = machine.occasions();
    machine.set("").map_err(state)?;
    machine.misuse();
    if expected != again {
        return Err(ascend_hal::Error::State { what: "layer", asked: "the same bits twice", found: "others".into() }.into());
    }
    let mut faults = Vec::new();
    for (begins, count) in occasions {
        let (word, about) = begins.split_once(' ').unwrap_or((&begins, ""));
        for kind in Kind::all(word) {
            for nth in chosen(kind, count, depth) {
                let owner = if kind.word() == "late" || kind.word() == "hang" { owners.of(about, nth) } else { None };
                faults.push((Fault { kind, about: about.into(), nth, owner }, count));
            }
        }
    }
    Ok(Survey { expected, faults, device: name })
}

/// The occasions, counted from 1, that are broken.
fn chosen(kind: Kind, count: u64, depth: Depth) -> Vec<u64> {
    match depth {
        Depth::Each => (1..=count).collect(),
        Depth::Ends => {
            let mut ends = match kind {
                Kind::Call(code) if code != judge::CALL_CODES[0] => vec![1],
                Kind::Hang => vec![1],
                _ => vec![1, count],
            };
            ends.dedup();
            ends
        }
    }
}

/// Tries one fault in a thread of its own. A thread that hangs stays behind.
fn within_limit(machine: &Arc<dyn Breakable>, fault: &Fault, expected: &Arc<Vec<u8>>) -> Verdict {
    let (tell, told) = channel();
    let (machine, fault, expected) = (machine.clone(), fault.clone(), expected.clone());
    std::thread::spawn(move || {
        let tried = catch_unwind(AssertUnwindSafe(|| attempt(&*machine, &fault, &expected)));
        let _ = tell.send(tried.unwrap_or_else(|_| Verdict::Lost("a panic came out of the device".into())));
    });
    told.recv_timeout(LIMIT).unwrap_or_else(|e| match e {
        RecvTimeoutError::Timeout => Verdict::Lost(format!("no end after {} s", LIMIT.as_secs())),
        RecvTimeoutError::Disconnected => Verdict::Lost("the thread ended without a word".into()),
    })
}

/// Runs the layer with the fault, then without.
fn attempt(machine: &dyn Breakable, fault: &Fault, expected: &[u8]) -> Verdict {
    let before = machine.alive();
    let outcome = broken(machine, fault, expected);
    let verdict = outcome.unwrap_or_else(Verdict::Lost);
    let mut left = machine.alive();
    left.retain(|what| !before.contains(what));
    let misuse = machine.misuse();
    match verdict {
        Verdict::Lost(_) => verdict,
        _ if !misuse.is_empty() => Verdict::Lost(format!("misuse: {}", misuse.join("; "))),
        _ if left.is_empty() => verdict,
        Verdict::Refused { .. } if fault.strands() => Verdict::Refused { stranded: left.len() },
        Verdict::Absorbed { .. } if fault.strands() => Verdict::Absorbed { stranded: left.len() },
        _ => Verdict::Lost(format!("left behind: {}", left.join(", "))),
    }
}

/// What comes of the fault, but for what is left behind; `Err` says what is wrong.
fn broken(machine: &dyn Breakable, fault: &Fault, expected: &[u8]) -> Result<Verdict, String> {
    let layer = |device: &dyn Device| layer::run(device, &mut |_, _| Ok(()));
    machine.set(&fault.to_string())?;
    let (mut device, first) = match machine.open() {
        Ok(device) => {
            let computed = layer(&*device);
            let outcome = computed.and_then(|bytes| device.synchronize().map(|()| bytes));
            (Some(device), outcome)
        }
        Err(error) => (None, Err(error)),
    };
    if !machine.struck() {
        // It strikes when the device is closed, or not at all.
        device = None;
    }
    if !machine.struck() {
        return match first {
            Ok(bytes) if bytes == expected => Ok(Verdict::NotMet),
            Ok(_) => Err("nothing broke, but the result is wrong".into()),
            Err(error) => Err(format!("nothing broke, but: {error}")),
        };
    }
    let verdict = match first {
        Ok(bytes) if bytes == expected => Verdict::Absorbed { stranded: 0 },
        Ok(_) => return Err("no error, and a wrong result".into()),
        Err(error) => match fault.judge(&error) {
            Ok(()) => Verdict::Refused { stranded: 0 },
            Err(due) => return Err(format!("{due}, got: {error}")),
        },
    };
    if fault.kind == Kind::Lost {
        if let Some(device) = device.take()
            && layer(&*device).is_ok()
        {
            return Err("the layer runs on a device that is lost".into());
        }
        machine.reset().map_err(|error| format!("after the device was lost, a reset is refused: {error}"))?;
    }
    machine.set("")?;
    let device = match device {
        Some(device) => {
            // Streams that were dropped with failures of their own have left them to the device; the caller knows already that something broke.
            let _ = device.synchronize();
            device
        }
        None => machine.open().map_err(|error| format!("afterwards the device cannot be opened: {error}"))?,
    };
    let again = layer(&*device).and_then(|bytes| device.synchronize().map(|()| bytes));
    match again {
        Ok(bytes) if bytes == expected => Ok(verdict),
        Ok(_) => Err("afterwards the result is wrong".into()),
        Err(error) => Err(format!("afterwards: {error}")),
    }
}

impl Report {
    /// Whether every fault that was tried was survived, and there were some.
    pub fn passed(&self) -> bool {
        self.tried > 0 && self.lost.is_empty()
    }

    /// A table for the terminal, with what was lost below it, and the totals.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_header(["fault", "about", "occasions", "tried", "refused", "absorbed", "stranded", "not met", "lost"]);
        for row in &self.rows {
            let counts = [row.occasions, row.tried, row.refused, row.absorbed, row.stranded, row.not_met, row.lost];
            table.add_row([row.fault.clone(), row.about.clone()].into_iter().chain(counts.map(|count| count.to_string())));
        }
        let mut text: String = table.lines().map(|line| line.trim_end().to_owned() + "\n").collect();
        // Writing to a `String` cannot fail.
        for lost in &self.lost {
            let _ = write!(text, "\nLOST {}\n  {}\n", lost.fault, lost.why);
        }
        if !self.without_occasion.is_empty() {
            let _ = writeln!(text, "\nno occasion on the layer: {}", self.without_occasion.join(", "));
        }
        let _ = writeln!(
            text,
            "\n{}: tried {}, survived {}, lost {}; {:.1} s",
            self.device,
            self.tried,
            self.survived,
            self.lost.len(),
            self.seconds
        );
        text
    }
}
