//! What a deployment would give: throughput, latency, memory and price, from a model with few parts.
//!
//! * A step is the sum of its phases. A phase takes as long as the slowest of what it needs: arithmetic, memory, L2, links, launches. Peaks are the chip's; the share of
//!   them that kernels reach ([`Factors`]) is measured, each with its source.
//! * No factor is fitted to an end-to-end figure. [`published`] compares the model with those.
//! * What is not known is an assumption, and every plan lists its assumptions.

mod factors;
mod machine;
mod memory;
mod published;
mod search;
mod step;
mod text;

use serde::Serialize;

pub use factors::{Factor, Factors};
pub use machine::{Fabric, Npu, npus};
pub use memory::Memory;
pub use published::{Checked, Row, check, median_error, published};
pub use step::{Parallelism, Phase, Step};
pub use text::{checked, text};

use crate::render::counted;
use crate::workload::{Model, Precision};
use crate::{Error, Result};

/// What is to be planned. What is left out gets a default, which the plan lists.
#[derive(Clone, Debug)]
pub struct Request {
    /// The model.
    pub model: Model,
    /// The card.
    pub npu: Npu,
    /// Cards of one decode instance; the fewest (a power of two) that hold the model otherwise.
    pub cards: Option<usize>,
    /// Dies that share the experts.
    pub ep: Option<usize>,
    /// Dies that share a sequence's heads.
    pub tp: Option<usize>,
    /// Data-parallel groups.
    pub dp: Option<usize>,
    /// Storage of weights.
    pub precision: Precision,
    /// Bytes of a cached value.
    pub cache_bytes: f64,
    /// Tokens of a sequence, on average, while it is decoded.
    pub context: usize,
    /// Tokens of a prompt; as `context` otherwise.
    pub prompt: Option<usize>,
    /// The longest time that a token may take, ms.
    pub tpot_ms: f64,
    /// Sequences of the whole instance at once; as many as time and memory allow otherwise.
    pub batch: Option<usize>,
    /// Price of a card for an hour, in USD.
    pub card_hour_usd: Option<f64>,
    /// Output tokens a second for which cards are to be counted.
    pub target_tokens_per_s: Option<f64>,
    /// Rows of the busiest rank over the mean.
    pub imbalance: Option<f64>,
    /// Shares of the peaks.
    pub factors: Factors,
}

impl Request {
    /// A request with defaults for everything but model and card.
    pub fn new(model: Model, npu: Npu) -> Self {
        Self {
            model,
            npu,
            cards: None,
            ep: None,
            tp: None,
            dp: None,
            precision: Precision::W8a8,
            cache_bytes: 2.0,
            context: 4096,
            prompt: None,
            tpot_ms: 50.0,
            batch: None,
            card_hour_usd: None,
            target_tokens_per_s: None,
            imbalance: None,
            factors: Factors::default(),
        }
    }

    fn check(&self) -> Result<()> {
        let positive = |option, value: f64| {
            if value.is_finite() && value > 0.0 { Ok(()) } else { Err(Error::option(option, value, "a number above 0")) }
        };
        positive("tpot", self.tpot_ms)?;
        positive("card-hour-usd", self.card_hour_usd.unwrap_or(1.0))?;
        positive("target", self.target_tokens_per_s.unwrap_or(1.0))?;
        if self.imbalance.is_some_and(|i| !(1.0..=1e6).contains(&i)) {
            return Err(Error::option("imbalance", self.imbalance.unwrap_or_default(), "the busiest rank over the mean, 1 or more"));
        }
        let sizes = [
            ("cards", self.cards),
            ("ep", self.ep),
            ("tp", self.tp),
            ("dp", self.dp),
            ("batch", self.batch),
            ("context", Some(self.context)),
            ("prompt", self.prompt),
        ];
        for (option, size) in sizes {
            if let Some(n) = size.filter(|n| !(1..=1 << 24).contains(n)) {
                return Err(Error::option(option, n, "1 to 16777216"));
            }
        }
        Ok(())
    }
}

/// Tokens of a prefill step of one data-parallel group, at least.
const PREFILL_TOKENS: usize = 8192;
/// Probability that a foretold token is accepted.
const ACCEPTANCE: f64 = 0.7;
/// Cards that are tried where the request does not say, at most: a power of two.
const MOST_CARDS: usize = 512;

/// What a deployment would give.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Version of this structure.
    pub schema: u32,
    /// Version of the program.
    pub version: &'static str,
    /// The model's name.
    pub model: String,
    /// The card's name.
    pub npu: String,
    /// Cards of the decode instance.
    pub cards: usize,
    /// How it is spread.
    pub parallelism: Parallelism,
    /// Storage of weights.
    pub precision: Precision,
    /// Whether memory suffices and the time of a token can be kept.
    pub fits: bool,
    /// Why, or why not.
    pub why: String,
    /// Sequences of a card at once.
    pub batch_per_card: f64,
    /// Prompt tokens a second that a card of a prefill instance takes in; 0 if its memory does not suffice.
    pub prefill_tokens_per_s_per_card: f64,
    /// Tokens a second that a card of the decode instance puts out; 0 if it does not fit.
    pub decode_tokens_per_s_per_card: f64,
    /// Time of an output token, ms.
    pub tpot_ms: f64,
    /// Time of the first token, ms, without waiting for others.
    pub ttft_ms: f64,
    /// Memory of a die.
    pub memory: Memory,
    /// Phases of a decode step.
    pub decode: Step,
    /// Phases of a prefill step.
    pub prefill: Step,
    /// Decode cards for the target, if there was one.
    pub cards_for_target: Option<usize>,
    /// USD for a million prompt tokens.
    pub usd_per_m_input: Option<f64>,
    /// USD for a million output tokens.
    pub usd_per_m_output: Option<f64>,
    /// The factors used.
    pub factors: Factors,
    /// Everything that was assumed.
    pub assumptions: Vec<String>,
}

/// Plans a deployment: the best of the parallelisms that the request leaves open.
///
/// # Errors
/// A number out of range; parallelism that does not multiply to the dies of the cards.
pub fn plan(request: &Request) -> Result<Plan> {
    request.check()?;
    let mut assumptions = assumptions(request);
    let counts: Vec<usize> = match request.cards {
        Some(cards) => vec![cards],
        None => (0..=MOST_CARDS.ilog2()).map(|i| 1 << i).collect(),
    };
    let mut found = search::best(request, counts[0])?;
    for &cards in counts.iter().skip(1) {
        if found.fits() {
            break;
        }
        found = search::best(request, cards)?;
    }
    if request.cards.is_none() {
        assumptions.push(format!("{} cards: the fewest, by powers of two, with which the request can be kept (not given)", found.cards));
    }
    if request.ep.is_none() || request.tp.is_none() || request.dp.is_none() {
        assumptions.push("parallelism that was not given is the one with the most output tokens a second".into());
    }
    let dies = request.npu.dies as f64;
    let per_card = |rate: f64| rate * dies;
    let price = |rate: f64| request.card_hour_usd.filter(|_| rate > 0.0).map(|usd| usd / (rate * 3600.0) * 1e6);
    let prefill = search::prefill(request);
    let promised = |keeps: bool, rate: f64| if keeps { per_card(rate) } else { 0.0 };
    let (input, output) = (promised(prefill.memory.fits(), prefill.tokens_per_s), promised(found.fits(), found.tokens_per_s));
    let mut why = found.why.clone();
    if !prefill.memory.fits() {
        let (needed, dies) = (prefill.memory.needed_gib(), counted(prefill.dies, "die"));
        why += &format!("; prompts do not fit: {needed:.1} GiB on each of {dies} that take them in");
    }
    Ok(Plan {
        schema: 1,
        version: env!("CARGO_PKG_VERSION"),
        model: request.model.name.clone(),
        npu: request.npu.name.clone(),
        cards: found.cards,
        parallelism: found.parallelism,
        precision: request.precision,
        fits: found.fits(),
        why,
        batch_per_card: found.sequences_per_die * dies,
        prefill_tokens_per_s_per_card: input,
        decode_tokens_per_s_per_card: output,
        tpot_ms: found.tpot_ms,
        ttft_ms: prefill.step.ms,
        memory: found.memory,
        cards_for_target: request.target_tokens_per_s.filter(|_| output > 0.0).map(|target| (target / output).ceil() as usize),
        usd_per_m_input: price(input),
        usd_per_m_output: price(output),
        decode: found.step,
        prefill: prefill.step,
        factors: request.factors.clone(),
        assumptions,
    })
}

fn assumptions(r: &Request) -> Vec<String> {
    let mut all = vec![format!("model {}: {}", r.model.name, r.model.source)];
    all.extend(r.npu.assumptions.iter().cloned());
    if r.imbalance.is_none() {
        all.push(format!(
            "the busiest rank has {} times the mean rows by the placement of its experts, and what chance adds to that (not given)",
            step::PLACEMENT
        ));
    }
    if r.prompt.is_none() {
        all.push(format!("prompts of {} tokens, as the context (not given)", r.context));
    }
    if r.model.prediction_layers > 0 {
        all.push(format!(
            "decode foretells {}, each accepted with probability {ACCEPTANCE}",
            counted(r.model.prediction_layers, "further token")
        ));
    }
    all.push(format!(
        "prefill runs on cards of its own, on the fewest dies (by doubling) that hold the weights, in steps of {PREFILL_TOKENS} tokens (or a prompt) a die"
    ));
    all.push(format!("{} kernels a layer beside its products, graphs captured; {}", step::KERNELS_A_LAYER, r.factors.launch_us.source));
    if r.precision.is_integer() {
        all.push("the output head and, of latent attention, the expansion of keys and values stay in bf16 (cann-recipes-infer)".into());
    }
    all.push(format!(
        "grouped matrix products reach what dense ones do, when not bound by memory: none was published; {} % of memory stays free",
        100.0 * memory::RESERVE
    ));
    all.push(format!("an all-reduce takes {} µs at least", machine::ALL_REDUCE_LATENCY_US));
    if r.card_hour_usd.is_some() {
        all.push("every card is busy all the time: no idle hours, no margin, no second site".into());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(model: &str, npu: &str) -> Request {
        Request::new(Model::find(model).unwrap(), Npu::find(npu).unwrap())
    }

    fn r1() -> Request {
        Request { cards: Some(32), tpot_ms: 100.0, card_hour_usd: Some(1.0), ..request("deepseek-r1", "910b3") }
    }

    #[test]
    fn more_of_anything_is_never_slower() {
        let base = plan(&r1()).unwrap();
        assert!(base.fits);
        let upgrades: [fn(&mut Request); 6] = [
            |r| r.npu.hbm_gbs *= 1.5,
            |r| r.npu.int8_tops *= 1.5,
            |r| r.npu.bf16_tflops *= 1.5,
            |r| r.npu.fabric.far_gbs *= 2.0,
            |r| r.npu.fabric.near_gbs = r.npu.fabric.near_gbs.map(|b| b * 2.0),
            |r| r.npu.memory_gib *= 2.0,
        ];
        for (i, upgrade) in upgrades.iter().enumerate() {
            let mut better = r1();
            upgrade(&mut better);
            let better = plan(&better).unwrap();
            assert!(better.decode_tokens_per_s_per_card >= base.decode_tokens_per_s_per_card - 1e-9, "{i}");
            assert!(better.prefill_tokens_per_s_per_card >= base.prefill_tokens_per_s_per_card - 1e-9, "{i}");
            assert!(better.usd_per_m_output <= base.usd_per_m_output, "{i}");
        }
        // And the upgrade that the step is bound by does help.
        let mut faster = r1();
        faster.npu.hbm_gbs *= 2.0;
        assert!(plan(&faster).unwrap().decode_tokens_per_s_per_card > base.decode_tokens_per_s_per_card);
    }

    #[test]
    fn longer_context_and_tighter_tpot_give_less() {
        let rate = |context, tpot_ms| plan(&Request { context, tpot_ms, ..r1() }).unwrap().decode_tokens_per_s_per_card;
        assert!(rate(2048, 100.0) > rate(8192, 100.0));
        assert!(rate(4096, 100.0) > rate(4096, 60.0));
    }

    #[test]
    fn plan_keeps_the_time_of_a_token() {
        for tpot_ms in [40.0, 60.0, 100.0] {
            let plan = plan(&Request { tpot_ms, ..r1() }).unwrap();
            assert!(plan.fits && plan.tpot_ms <= tpot_ms, "{}", plan.tpot_ms);
            let rate = plan.batch_per_card / plan.tpot_ms * 1e3;
            assert!((rate / plan.decode_tokens_per_s_per_card - 1.0).abs() < 1e-9);
        }
    }

    /// R1 in W8A8 is about 671 GB, two nodes of 8 × 64 GB; Qwen3-30B runs on 2 cards in bf16 and on 1 in W8A8.
    #[test]
    fn memory_fits_where_it_is_known_to_fit() {
        let fits = |model: &str, precision, cards| {
            let r = Request { cards: Some(cards), precision, tpot_ms: 1000.0, context: 2048, ..request(model, "910b2") };
            plan(&r).unwrap().fits
        };
        assert!(fits("deepseek-r1", Precision::W8a8, 16) && !fits("deepseek-r1", Precision::W8a8, 8));
        assert!(fits("qwen3-30b-a3b", Precision::Bf16, 2));
        assert!(fits("qwen3-30b-a3b", Precision::W8a8, 1));
    }

    #[test]
    fn plan_that_does_not_fit_says_why_and_promises_nothing() {
        let memory = plan(&Request { cards: Some(4), ..r1() }).unwrap();
        assert!(!memory.fits && memory.why.contains("GiB"), "{}", memory.why);
        assert_eq!((memory.decode_tokens_per_s_per_card, memory.usd_per_m_output), (0.0, None));
        // Weights that do not fit take no prompts in either.
        assert!(
            memory.why.contains("prompts do not fit: ") && memory.why.ends_with("on each of 4 dies that take them in"),
            "{}",
            memory.why
        );
        assert_eq!((memory.prefill_tokens_per_s_per_card, memory.usd_per_m_input), (0.0, None));
        // A model too large for a server's dies takes prompts in on more of them.
        let large = request("r2-rumoured", "910b2");
        let large = plan(&Request { cards: Some(64), card_hour_usd: Some(1.0), tpot_ms: 100.0, ..large }).unwrap();
        assert!(large.fits && large.prefill_tokens_per_s_per_card > 0.0 && large.usd_per_m_input.is_some(), "{}", large.why);
        let time = plan(&Request { tpot_ms: 1.0, ..r1() }).unwrap();
        assert!(!time.fits && time.why.contains("ms"), "{}", time.why);
    }

    #[test]
    fn cards_are_found_when_none_are_given() {
        let plan = plan(&Request { tpot_ms: 100.0, ..request("deepseek-r1", "910b2") }).unwrap();
        assert_eq!((plan.fits, plan.cards), (true, 16));
        assert!(plan.assumptions.iter().any(|a| a.contains("16 cards")));
    }

    #[test]
    fn request_with_impossible_numbers_is_refused() {
        let refused = |r: Request| plan(&r).unwrap_err().to_string();
        assert!(refused(Request { tpot_ms: 0.0, ..r1() }).starts_with("tpot"));
        assert!(refused(Request { tpot_ms: f64::NAN, ..r1() }).starts_with("tpot"));
        assert!(refused(Request { cards: Some(0), ..r1() }).starts_with("cards"));
        assert!(refused(Request { tp: Some(5), ..r1() }).starts_with("tp"));
        assert!(refused(Request { tp: Some(2), dp: Some(32), ..r1() }).starts_with("dp"));
        assert!(refused(Request { imbalance: Some(0.5), ..r1() }).starts_with("imbalance"));
    }

    #[test]
    fn json_has_the_promised_keys() {
        let json = serde_json::to_value(plan(&r1()).unwrap()).unwrap();
        for key in [
            "prefill_tokens_per_s_per_card",
            "decode_tokens_per_s_per_card",
            "tpot_ms",
            "fits",
            "cards",
            "usd_per_m_input",
            "usd_per_m_output",
            "assumptions",
        ] {
            assert!(!json[key].is_null(), "{key}");
        }
    }
}
