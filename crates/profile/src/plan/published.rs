//! What others published end to end, and what this model says: its test. Nothing here is used to make a prediction.

use serde::Serialize;

use super::{Factors, Npu, Request, plan};
use crate::Result;
use crate::workload::{Model, Precision};

/// What is published.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Prompt tokens a second of a card.
    Prefill,
    /// Output tokens a second of a card that only decodes.
    Decode,
    /// Output tokens a second of a card, prompts of this many tokens for outputs of that many being taken in by the same cards.
    Mixed { prompt: f64, output: f64 },
    /// ms a token, no more than the figure: a bound, which has no error to speak of.
    TpotBound,
}

/// A published end-to-end figure and the request that stands for it.
#[derive(Clone, Debug)]
pub struct Row {
    source: &'static str,
    workload: &'static str,
    kind: Kind,
    request: Request,
    published: (f64, f64),
    /// What the source does not say.
    assumed: &'static str,
}

/// A published figure beside the predicted one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Checked {
    /// Who published it.
    pub source: &'static str,
    /// System and workload.
    pub workload: &'static str,
    /// Unit of the figures.
    pub unit: &'static str,
    /// The figure, or the ends of a range.
    pub published: (f64, f64),
    /// What the model says; 0 when it says that the workload does not fit.
    pub predicted: f64,
    /// Predicted over published (the middle of a range), less 1; none where only a bound was published.
    pub error: Option<f64>,
    /// What the source does not say.
    pub assumed: &'static str,
}

/// A long time: where a batch is given, the time of a token is a result.
const ANY_TPOT: f64 = 1e6;

/// Every published throughput that was found, each row with its source.
///
/// # Errors
/// None that the presets cause.
pub fn published() -> Result<Vec<Row>> {
    let base = |model: &str, npu: &str, cards: usize| -> Result<Request> {
        Ok(Request { cards: Some(cards), ..Request::new(Model::find(model)?, Npu::find(npu)?) })
    };
    let r1_910c = |cards, context, batch: Option<usize>, tpot_ms| -> Result<Request> {
        Ok(Request { context, batch: batch.map(|of_a_card: usize| of_a_card * cards), tpot_ms, ..base("deepseek-r1", "910c", cards)? })
    };
    let r1_a2 = |cards, context, tpot_ms| -> Result<Request> { Ok(Request { context, tpot_ms, ..base("deepseek-r1", "910b3", cards)? }) };
    let row = |source, workload, kind, request, published, assumed| Row { source, workload, kind, request, published, assumed };
    let one = |x| (x, x);
    let mut no_overlap = Factors::default();
    no_overlap.overlap_prefill.value = 1.0;
    let cm384 = "CloudMatrix384, arXiv 2506.12708";
    let recipes = "cann-recipes-infer";
    let sparse = |context| -> Result<Request> {
        Ok(Request { context, batch: Some(512), tpot_ms: ANY_TPOT, cache_bytes: 1.0, ..base("deepseek-v3.2", "910c", 64)? })
    };
    Ok(vec![
        row(cm384, "910C, R1 INT8, prefill 4K", Kind::Prefill, r1_910c(16, 4096, None, ANY_TPOT)?, one(5655.0), "16 cards"),
        row(
            cm384,
            "the same, ideally balanced",
            Kind::Prefill,
            Request { imbalance: Some(1.0), ..r1_910c(16, 4096, None, ANY_TPOT)? },
            one(6688.0),
            "16 cards",
        ),
        row(cm384, "910C, R1 decode EP320, batch 96, 4K", Kind::Decode, r1_910c(160, 4096, Some(96), ANY_TPOT)?, one(1943.0), ""),
        row(cm384, "the same, 1K/1K", Kind::Decode, r1_910c(160, 1536, None, 50.0)?, one(2733.0), "TPOT 50 ms, context 1.5K"),
        row(cm384, "the same, 4K at 24.6 ms", Kind::Decode, r1_910c(160, 4096, Some(24), ANY_TPOT)?, one(974.0), "batch 24"),
        row(cm384, "the same, 4K at 14.9 ms", Kind::Decode, r1_910c(160, 4096, Some(8), ANY_TPOT)?, one(538.0), "batch 8"),
        row(
            "Huawei best practice",
            "A2, R1 decode on 4 nodes, A8W8C16, 100 ms",
            Kind::Decode,
            r1_a2(32, 4096, 100.0)?,
            (723.0, 808.0),
            "910B3, context 4K",
        ),
        row(
            "Huawei best practice",
            "CM384, R1 decode on 144 cards, 50 ms",
            Kind::Decode,
            r1_910c(144, 4096, None, 50.0)?,
            one(1920.0),
            "context 4K",
        ),
        row(
            "xLLM, arXiv 2510.14686",
            "16 × 910B, R1, 2K/2K, TPOT ≤ 100 ms",
            Kind::Mixed { prompt: 2048.0, output: 2048.0 },
            Request { prompt: Some(2048), ..r1_a2(16, 3072, 100.0)? },
            one(709.0),
            "910B3, output tokens",
        ),
        row(
            "the same",
            "MindIE",
            Kind::Mixed { prompt: 2048.0, output: 2048.0 },
            Request { prompt: Some(2048), ..r1_a2(16, 3072, 100.0)? },
            one(530.0),
            "910B3, output tokens",
        ),
        row(
            "FlexNPU, arXiv 2606.04415",
            "384 × 910C, R1, prompts and outputs on the same cards",
            Kind::Mixed { prompt: 2048.0, output: 2048.0 },
            Request { prompt: Some(2048), ..r1_910c(384, 3072, None, 50.0)? },
            one(1646.0),
            "2K/2K, TPOT 50 ms, output tokens",
        ),
        row(
            recipes,
            "A3 64 chips, R1 decode, batch 6144, 4K, W8A8C8, perfect EPLB",
            Kind::Decode,
            Request { cache_bytes: 1.0, imbalance: Some(1.0), ..r1_910c(64, 4096, Some(96), ANY_TPOT)? },
            one(2138.0),
            "",
        ),
        row(
            recipes,
            "A3 16 cards, R1 prefill 4K, perfect EPLB, micro-batches",
            Kind::Prefill,
            Request { imbalance: Some(1.0), ..r1_910c(16, 4096, None, ANY_TPOT)? },
            one(6522.0),
            "",
        ),
        row(
            recipes,
            "the same without micro-batches",
            Kind::Prefill,
            Request { factors: no_overlap, imbalance: Some(1.0), ..r1_910c(16, 4096, None, ANY_TPOT)? },
            one(5237.0),
            "",
        ),
        row(recipes, "A3, V3.2 W8A8C8, 64K, batch 512", Kind::Decode, sparse(65_536)?, one(351.0), "64 chips"),
        row(recipes, "A3, V3.2 W8A8C8, 128K", Kind::Decode, sparse(131_072)?, one(310.0), "64 chips, batch 512"),
        row(
            recipes,
            "A3 64 cards, V4 Flash W8A8C16, 8K decode",
            Kind::Decode,
            Request { context: 8192, tpot_ms: 30.0, ..base("deepseek-v4-flash", "910c", 64)? },
            one(4388.0),
            "the attention's shapes",
        ),
        row(
            recipes,
            "A3 8 cards, Qwen3-235B bf16, batch 1: below 20 ms",
            Kind::TpotBound,
            Request { precision: Precision::Bf16, tp: Some(16), tpot_ms: ANY_TPOT, batch: Some(1), ..base("qwen3-235b-a22b", "910c", 8)? },
            one(20.0),
            "TP 16",
        ),
        row(
            "vllm-ascend",
            "A3, Qwen3-235B W8A8, output",
            Kind::Mixed { prompt: 3584.0, output: 1536.0 },
            Request { context: 4352, prompt: Some(3584), ..base("qwen3-235b-a22b", "910c", 8)? },
            (172.0, 179.0),
            "8 cards, 3.5K/1.5K, 50 ms",
        ),
    ])
}

/// Predicts each row.
///
/// # Errors
/// As [`plan`].
pub fn check(rows: &[Row]) -> Result<Vec<Checked>> {
    rows.iter().map(Row::check).collect()
}

impl Row {
    fn check(&self) -> Result<Checked> {
        let p = plan(&self.request)?;
        let (predicted, unit) = match self.kind {
            Kind::Prefill => (p.prefill_tokens_per_s_per_card, "input tok/s/card"),
            Kind::Decode => (p.decode_tokens_per_s_per_card, "tok/s/card"),
            Kind::TpotBound => (p.tpot_ms, "ms, at most"),
            Kind::Mixed { .. } if p.decode_tokens_per_s_per_card == 0.0 => (0.0, "tok/s/card"),
            Kind::Mixed { prompt, output } => {
                let seconds = 1.0 / p.decode_tokens_per_s_per_card + prompt / output / p.prefill_tokens_per_s_per_card;
                (1.0 / seconds, "tok/s/card")
            }
        };
        let middle = (self.published.0 + self.published.1) / 2.0;
        Ok(Checked {
            source: self.source,
            workload: self.workload,
            unit,
            published: self.published,
            predicted,
            error: (self.kind != Kind::TpotBound).then_some(predicted / middle - 1.0),
            assumed: self.assumed,
        })
    }
}

/// The median of the absolute errors.
pub fn median_error(rows: &[Checked]) -> f64 {
    let mut errors: Vec<f64> = rows.iter().filter_map(|r| r.error).map(f64::abs).collect();
    errors.sort_by(f64::total_cmp);
    match (errors.get(errors.len() / 2), errors.get((errors.len().max(1) - 1) / 2)) {
        (Some(a), Some(b)) => (a + b) / 2.0,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_rows_are_predicted_within_the_stated_error() {
        let rows = check(&published().unwrap()).unwrap();
        println!("{}", super::super::checked(&rows));
        assert!(rows.len() >= 18);
        // What docs/planning.md states.
        assert!((0.14..0.16).contains(&median_error(&rows)), "{}", median_error(&rows));
    }

    #[test]
    fn median_of_an_even_number_is_between_the_middle_two() {
        let row =
            |error| Checked { source: "", workload: "", unit: "", published: (1.0, 1.0), predicted: 1.0, error: Some(error), assumed: "" };
        assert_eq!(median_error(&[row(-0.3), row(0.1), row(0.2), row(9.0)]), 0.25);
        assert_eq!(median_error(&[row(-0.5)]), 0.5);
        assert_eq!(median_error(&[]), 0.0);
    }
}
