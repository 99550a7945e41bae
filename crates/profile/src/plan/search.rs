//! The best parallelism and the largest batch.

use super::memory::Memory;
use super::step::{Parallelism, Setting, Step, Tokens};
use super::{ACCEPTANCE, MOST_CARDS, PREFILL_TOKENS, Request};
use crate::{Error, Result};

/// One way to decode.
#[derive(Clone, Debug)]
pub(super) struct Decode {
    pub cards: usize,
    pub parallelism: Parallelism,
    pub sequences_per_die: f64,
    /// Tokens a second of a die.
    pub tokens_per_s: f64,
    pub tpot_ms: f64,
    pub memory: Memory,
    pub step: Step,
    pub why: String,
    kept: bool,
}

impl Decode {
    pub(super) fn fits(&self) -> bool {
        self.kept
    }
}

/// One way to take prompts in.
#[derive(Clone, Debug)]
pub(super) struct Prefill {
    pub dies: usize,
    pub memory: Memory,
    /// Tokens a second of a die.
    pub tokens_per_s: f64,
    pub step: Step,
}

/// Sequences of a group, at most: beyond what any step's time allows.
const MOST_SEQUENCES: usize = 1 << 16;

fn setting(r: &Request, parallelism: Parallelism) -> Setting<'_> {
    Setting {
        model: &r.model,
        npu: &r.npu,
        factors: &r.factors,
        precision: r.precision,
        cache_bytes: r.cache_bytes,
        parallelism,
        imbalance: r.imbalance,
    }
}

/// The parallelisms that the request leaves open on so many dies.
fn candidates(r: &Request, dies: usize) -> Result<Vec<Parallelism>> {
    let widths: Vec<usize> = match (r.tp, r.dp) {
        (Some(tp), _) => vec![tp],
        (None, Some(dp)) => vec![dies / dp.max(1)],
        (None, None) => [1, 2, 4, 8].into_iter().filter(|tp| dies.is_multiple_of(*tp) && *tp <= r.npu.fabric.node_dies).collect(),
    };
    let mut all = Vec::new();
    for tp in widths {
        if tp == 0 || !dies.is_multiple_of(tp) {
            return Err(Error::option("tp", tp, format!("a divisor of the {dies} dies")));
        }
        let dp = dies / tp;
        if let Some(asked) = r.dp.filter(|asked| *asked != dp) {
            return Err(Error::option("dp", asked, format!("{dp}, as {dies} dies are {dp} groups of {tp}")));
        }
        let ep = r.ep.unwrap_or(dies);
        if ep > dies || !dies.is_multiple_of(ep) {
            return Err(Error::option("ep", ep, format!("a divisor of the {dies} dies")));
        }
        all.push(Parallelism { ep, tp, dp });
    }
    Ok(all)
}

/// The way to decode on `cards` with the most tokens a second; if none keeps the request, the one that comes nearest.
pub(super) fn best(r: &Request, cards: usize) -> Result<Decode> {
    let dies = cards * r.npu.dies;
    let tried = candidates(r, dies)?.into_iter().map(|p| decode(r, cards, p));
    let better = |a: &Decode, b: &Decode| {
        // Of those that keep nothing, the one that lacks the least memory.
        a.kept.cmp(&b.kept).then(a.tokens_per_s.total_cmp(&b.tokens_per_s)).then(b.memory.needed_gib().total_cmp(&a.memory.needed_gib()))
    };
    tried.max_by(better).ok_or_else(|| Error::option("cards", cards, "no parallelism is possible"))
}

/// The largest batch that memory and the time of a token allow (or the one that was asked for).
fn decode(r: &Request, cards: usize, parallelism: Parallelism) -> Decode {
    let s = setting(r, parallelism);
    let ahead = r.model.prediction_layers as f64;
    let (positions, accepted) = (1.0 + ahead, 1.0 + ahead * ACCEPTANCE);
    let at = |sequences: f64| {
        let step = s.step(Tokens::Decode { sequences, context: r.context as f64, positions });
        let memory = Memory::of(&s, sequences, r.context as f64, sequences * positions);
        let tpot_ms = step.ms / accepted;
        (step, memory, tpot_ms)
    };
    let keeps = |sequences: usize| {
        let (_, memory, tpot_ms) = at(sequences as f64);
        memory.fits() && tpot_ms <= r.tpot_ms
    };
    let dies_of_group = parallelism.tp as f64;
    let asked = r.batch.map(|batch| batch as f64 / parallelism.dp as f64);
    let sequences = asked.unwrap_or_else(|| {
        let (mut low, mut high) = (1, MOST_SEQUENCES);
        while low < high {
            let middle = (low + high).div_ceil(2);
            if keeps(middle) { low = middle } else { high = middle - 1 }
        }
        low as f64
    });
    let (step, memory, tpot_ms) = at(sequences);
    let batch = sequences / dies_of_group * r.npu.dies as f64;
    let kept = memory.fits() && tpot_ms <= r.tpot_ms;
    let why = if !memory.fits() {
        format!("{:.1} GiB are needed on a die for a batch of {batch:.1} a card, it has {:.0}", memory.needed_gib(), memory.available_gib)
    } else if !kept {
        format!("a token takes {tpot_ms:.1} ms with a batch of {batch:.1} a card, {:.1} are allowed", r.tpot_ms)
    } else {
        let limit = match (r.batch, keeps(sequences as usize + 1)) {
            (Some(_), _) => "as was asked for",
            (None, true) => "the most that is tried",
            (None, false) if at(sequences + 1.0).1.fits() => "one more would take too long",
            (None, false) => "one more would not fit into memory",
        };
        format!("{:.1} of {:.0} GiB are used on a die; batch of {batch:.1} a card: {limit}", memory.needed_gib(), memory.available_gib)
    };
    let tokens_per_s = sequences / dies_of_group * 1e3 / tpot_ms;
    Decode { cards, parallelism, sequences_per_die: sequences / dies_of_group, tokens_per_s, tpot_ms, memory, step, why, kept }
}

/// Prefill on the fewest dies (by doubling) that hold the weights, each with prompts of its own; on the most that there may be, if none do.
pub(super) fn prefill(r: &Request) -> Prefill {
    let prompt = r.prompt.unwrap_or(r.context) as f64;
    let rows = prompt.max(PREFILL_TOKENS as f64);
    let most = (r.cards.unwrap_or(MOST_CARDS) * r.npu.dies).max(1);
    let mut dies = r.npu.dies;
    let at = |dies: usize| setting(r, Parallelism { ep: r.ep.map_or(dies, |ep| ep.min(dies)), tp: 1, dp: dies });
    let memory = |dies: usize| Memory::of(&at(dies), rows / prompt, prompt, rows);
    while dies < most && !memory(dies).fits() {
        dies = (dies * 2).min(most);
    }
    let step = at(dies).step(Tokens::Prefill { tokens: rows, prompt });
    Prefill { dies, memory: memory(dies), tokens_per_s: rows * 1e3 / step.ms, step }
}
