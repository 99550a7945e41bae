//! Planned launches on the twin, judged by the oracle.

#![allow(dead_code, reason = "each test uses a part")]
#![allow(clippy::unwrap_used, unreachable_pub, reason = "tests")]

use std::collections::HashMap;

use ascend_hal::{Buffer, OpCall};
use ascend_kernels::plan::{Plan, Planned};
use ascend_kernels::twin::{Call, Options, Outcome, Schedule, every_site_matters, missing};
use ascend_validate::{Gen, Judge, Result};

/// Blocks of a launch that are tried: few, and those of whole chips.
pub const BLOCKS: [u32; 5] = [1, 2, 3, 20, 24];
/// Random schedules.
pub const SEEDS: u64 = 20;

/// What makes a call on host tensors.
pub type Build<'a> = &'a dyn Fn(&mut Gen) -> Result<OpCall>;

/// A call with a plan for it.
struct Case {
    judge: Judge,
    plan: Plan,
}

fn contents(buffer: &Buffer) -> Vec<u8> {
    let mut bytes = vec![0; buffer.size_bytes()];
    buffer.as_host().unwrap().read(0, &mut bytes).unwrap();
    bytes
}

impl Case {
    /// The launch on the twin. Arguments are copies: no two share a buffer.
    fn launch(&self) -> Call {
        let mut call = Call::new(self.plan.kernel, self.plan.blocks);
        for argument in &self.plan.arguments {
            let bytes = argument.as_ref().map(|view| contents(view.buffer())[view.byte_span()].to_vec());
            call.input(&bytes.unwrap_or_default());
        }
        call.workspace(self.plan.workspace_bytes);
        call.input(&self.plan.tiling);
        call
    }

    fn faults(&self, outcome: &Outcome) -> Vec<String> {
        let mut after: HashMap<usize, Vec<u8>> = HashMap::new();
        for (at, view) in self.plan.arguments.iter().enumerate() {
            let Some(view) = view else { continue };
            let whole = after.entry(view.buffer().id()).or_insert_with(|| contents(view.buffer()));
            whole[view.byte_span()].copy_from_slice(&outcome.read::<u8>(at));
        }
        self.judge.faults(&after).unwrap()
    }

    /// Whether the launch goes wrong without these flags and barriers.
    fn needs(&self, call: &Call, places: &[String]) -> bool {
        Schedule::all(SEEDS).any(|schedule| {
            let options = Options { without: places.to_vec(), ..Options::schedule(schedule) };
            call.run(&options).map_or(true, |outcome| !self.faults(&outcome).is_empty())
        })
    }
}

/// Whether there is no twin to run kernels on: without a C++ compiler, tests of kernels are skipped and say so.
pub fn no_twin() -> bool {
    missing().is_some_and(|why| {
        eprintln!("skipped: {why}");
        true
    })
}

/// Runs calls through a kernel.
pub struct Bench {
    /// The host side.
    pub plan: fn(&OpCall, u32) -> Planned,
}

impl Bench {
    fn case(&self, name: &str, build: Build<'_>, cores: u32) -> Case {
        let judge = Judge::new(build(&mut Gen::new(0, name)).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let plan = (self.plan)(judge.call(), cores).unwrap_or_else(|why| panic!("{name}: not covered: {why}"));
        Case { judge, plan }
    }

    /// The call is right with every number of blocks under every schedule.
    pub fn passes(&self, name: &str, build: Build<'_>) {
        if no_twin() {
            return;
        }
        for cores in BLOCKS {
            let case = self.case(name, build, cores);
            let call = case.launch();
            for schedule in Schedule::all(SEEDS) {
                let outcome = call.run(&Options::schedule(schedule)).unwrap_or_else(|e| panic!("{name}, {cores} cores, {schedule}: {e}"));
                let faults = case.faults(&outcome);
                assert!(faults.is_empty(), "{name}, {cores} cores, {schedule}: {}", faults.join("; "));
            }
        }
    }

    /// The kernel does not cover the call, for a reason that has these words.
    pub fn does_not_cover(&self, words: &str, build: Build<'_>) {
        match (self.plan)(&build(&mut Gen::new(0, words)).unwrap(), 2) {
            Err(why) => assert!(why.contains(words), "{why}"),
            Ok(plan) => panic!("planned: {plan:?}"),
        }
    }

    /// Without any one of the flags and barriers that the calls pass, or a flag with its wait, one of the calls goes wrong.
    pub fn needs_every_site(&self, calls: &[(&str, u32, Build<'_>)]) {
        if no_twin() {
            return;
        }
        let cases: Vec<(Case, Call)> = calls
            .iter()
            .map(|(name, cores, build)| {
                let case = self.case(name, *build, *cores);
                let call = case.launch();
                (case, call)
            })
            .collect();
        let mut spare = Vec::new();
        for (at, (case, call)) in cases.iter().enumerate() {
            let undetected = every_site_matters(call, SEEDS, |outcome| case.faults(outcome).is_empty())
                .unwrap_or_else(|e| panic!("{}: {e}", calls[at].0));
            // What this call does not need, another may.
            let others = cases.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
            spare.extend(
                undetected.into_iter().map(|u| u.places).filter(|places| !others.clone().any(|(case, call)| case.needs(call, places))),
            );
        }
        assert!(spare.is_empty(), "no call needs these: {spare:?}");
    }
}
