//! Faults on purpose: what a card does when something breaks.
//!
//! A script says what breaks, one rule a line (or after a `;`; from `#` on a line is a comment):
//!
//! ```text
//! seed 7                          for rules of chance
//! alloc at 3                      the third allocation fails
//! call aclrtMemcpy at 2 code 507899   the second call of a function returns a code
//! phase-one aclnnRmsNorm          the first call of an operator fails
//! late aclnnGroupedMatmulV4 every 2   every second run of an operator, or of a copy by the name of its function, fails on its stream
//! hang aclnnMm                    an operator does not end: until it is aborted, or longer than the limit of operators
//! slow aclnnSwiGlu every 1 for-ms 3   an operator takes so much longer, and is right
//! lost device 0 after-ms 50       a device is lost; it comes back when it is reset
//! ecc device 0                    the next task on a device meets a memory error
//! link-down                       the next copy between devices fails
//! watch                           nothing breaks; occasions are counted, see [`occasions`]
//! ```
//!
//! After the name stand in any order: `at N` (the N-th occasion, counted from when the script was set; 1 if nothing is said), `every N`, `chance P`,
//! `after-ms N` (the first occasion after that time), `device N`, `code N`, and `for-ms N`: for what hangs a limit of its own, for what is slow how much. Occasions are counted a rule, in
//! the order of the calls: the same program meets the same faults, as far as its threads take turns in the same order.
//!
//! The script is taken from `ASCEND_SIM_FAULTS`; [`set`], or the C function `ascendSimSetFaults`, replaces it.

mod script;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ascend_sys::ffi::aclError;

use crate::abi::settings::EXECUTE_TIMEOUT;
use crate::context;
use crate::fault::{Fault, Outcome};
use crate::machine::machine;
use crate::stream::Flags;
use script::{Place, Rule, Script, When};

struct Active {
    rules: Vec<(Rule, u64)>,
    random: u64,
    since: Instant,
    lost: Vec<(u32, aclError)>,
    struck: Vec<String>,
    /// Occasions by what a rule about them begins with, if they are counted.
    watched: Option<BTreeMap<String, u64>>,
}

static ACTIVE: Mutex<Option<Active>> = Mutex::new(None);
/// Whether there is any rule or lost device: without, nothing is locked.
static ANY: AtomicBool = AtomicBool::new(false);
/// Counts scripts; a task that hangs for one ends with it.
static GENERATION: AtomicU64 = AtomicU64::new(0);

/// How often a task that hangs looks whether it may end.
const POLL: Duration = Duration::from_millis(2);

fn active() -> MutexGuard<'static, Option<Active>> {
    ACTIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Replaces the script; an empty one breaks nothing. Devices that were lost are there again, and what hangs goes on.
///
/// # Errors
/// What is wrong with which line; the script before stays.
pub fn set(script: &str) -> Result<(), String> {
    let Script { seed, watch, rules } = script.parse()?;
    ANY.store(watch || !rules.is_empty(), Ordering::Release);
    let rules = rules.into_iter().map(|rule| (rule, 0)).collect();
    // The generator must not begin at 0.
    let random = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    *active() =
        Some(Active { rules, random, since: Instant::now(), lost: Vec::new(), struck: Vec::new(), watched: watch.then(BTreeMap::new) });
    GENERATION.fetch_add(1, Ordering::AcqRel);
    Ok(())
}

/// Says what is wrong with a script.
pub(crate) fn check(script: &str) -> Result<(), String> {
    script.parse::<Script>().map(drop)
}

/// What has struck since the script was set: each time the rule's line, and what it met.
pub fn struck() -> Vec<String> {
    active().as_ref().map(|active| active.struck.clone()).unwrap_or_default()
}

/// The occasions since a script with `watch` was set: what a rule about each begins with (`alloc`, `call aclrtMalloc`, `late aclnnMm`), and how many there were.
pub fn occasions() -> BTreeMap<String, u64> {
    active().as_ref().and_then(|active| active.watched.clone()).unwrap_or_default()
}

impl Active {
    /// The next number of the sequence, from 0 to below 1.
    fn chance(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Counts an occasion, and says which rule strikes at it.
    fn occasion(&mut self, place: Place, name: &str, device: Option<u32>) -> Option<Rule> {
        if let Some(watched) = &mut self.watched {
            let begins = if place.has_names() { format!("{} {name}", place.word()) } else { place.word().to_owned() };
            *watched.entry(begins).or_default() += 1;
        }
        let mut found = None;
        for index in 0..self.rules.len() {
            let (rule, seen) = &mut self.rules[index];
            if rule.place != place || !rule.is_about(name, device) {
                continue;
            }
            *seen += 1;
            let (rule, seen) = (rule.clone(), *seen);
            let late = self.since.elapsed();
            let strikes = match rule.when {
                When::Nth(nth) => seen == nth,
                When::Every(every) => seen.is_multiple_of(every),
                When::Chance(chance) => self.chance() < chance,
                When::AfterMs(ms) => {
                    let early = late < Duration::from_millis(ms);
                    // Occasions before do not count: it is the first after that strikes.
                    if early {
                        self.rules[index].1 = 0;
                    }
                    !early && seen == 1
                }
            };
            if strikes && found.is_none() {
                self.struck.push(format!("{}: {name}", rule.text));
                found = Some(rule);
            }
        }
        found
    }
}

fn strike(place: Place, name: &str, device: Option<u32>) -> Option<Rule> {
    if !ANY.load(Ordering::Acquire) {
        return None;
    }
    active().as_mut()?.occasion(place, name, device)
}

fn fault(rule: &Rule, what: &str) -> Fault {
    Fault::refused(rule.code, format!("{what} (fault on purpose: `{}`)", rule.text))
}

fn refuse(rule: Option<Rule>, what: &str) -> Outcome {
    rule.map_or(Ok(()), |rule| Err(fault(&rule, what)))
}

/// Calls that a program makes to get rid of a lost device.
fn ends_things(name: &str) -> bool {
    ["Reset", "Destroy", "Free", "Release", "Unmap", "Finalize", "Abort", "LastError", "aclrtSetDevice", "Count"]
        .iter()
        .any(|part| name.contains(part))
}

/// What happens to a call of a function before it does anything.
pub(crate) fn on_call(name: &str) -> Outcome {
    if !ANY.load(Ordering::Acquire) {
        return Ok(());
    }
    let device = context::current().ok().map(|context| context.device());
    let mut guard = active();
    let Some(active) = guard.as_mut() else { return Ok(()) };
    if let Some(rule) = active.occasion(Place::Call, name, device) {
        return Err(fault(&rule, "the call fails"));
    }
    let Some(device) = device.filter(|_| !ends_things(name)) else { return Ok(()) };
    if let Some(rule) = active.occasion(Place::Lost, name, Some(device)) {
        active.lost.push((device, rule.code));
    }
    match active.lost.iter().find(|(lost, _)| *lost == device) {
        Some((_, code)) => {
            Err(Fault::refused(*code, format!("device {device} is lost (fault on purpose); aclrtResetDevice brings it back")))
        }
        None => Ok(()),
    }
}

/// A device is reset: if it was lost, it is there again.
pub(crate) fn device_reset(device: u32) {
    if let Some(active) = active().as_mut() {
        active.lost.retain(|(lost, _)| *lost != device);
    }
}

/// What happens to an allocation.
pub(crate) fn on_allocation(device: Option<u32>) -> Outcome {
    refuse(strike(Place::Alloc, "allocation", device), "no memory is left")
}

/// What happens to the first call of an operator.
pub(crate) fn phase_one(operator: &str) -> Outcome {
    refuse(strike(Place::PhaseOne, operator, None), "the operator cannot be planned")
}

/// What happens to a task of an operator or copy when its stream reaches it. `flags` are the stream's.
pub(crate) fn on_stream(name: &str, device: Option<u32>, flags: &Flags) -> Outcome {
    if !ANY.load(Ordering::Acquire) {
        return Ok(());
    }
    refuse(strike(Place::Ecc, name, device), "device memory has a multi-bit error")?;
    refuse(strike(Place::Late, name, device), "the task fails")?;
    if let Some(ms) = strike(Place::Slow, name, device).and_then(|rule| rule.for_ms) {
        std::thread::sleep(Duration::from_millis(ms));
    }
    match strike(Place::Hang, name, device) {
        Some(rule) => hang(&rule, flags),
        None => Ok(()),
    }
}

/// What happens to a copy between devices when its stream reaches it.
pub(crate) fn on_link(name: &str) -> Outcome {
    refuse(strike(Place::LinkDown, name, None), "the link between the devices is down")
}

fn hang(rule: &Rule, flags: &Flags) -> Outcome {
    let generation = GENERATION.load(Ordering::Acquire);
    let set = || machine().setting(EXECUTE_TIMEOUT, 0).and_then(|ms| u64::try_from(ms).ok());
    let limit = rule.for_ms.or_else(set).map(Duration::from_millis);
    let begin = Instant::now();
    while !flags.stopping() && GENERATION.load(Ordering::Acquire) == generation {
        if limit.is_some_and(|limit| begin.elapsed() >= limit) {
            return Err(fault(rule, "the task ran longer than the limit of operators"));
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}
