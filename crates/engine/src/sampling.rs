//! The next token from the final logits: greedy, or drawn by a seed. Runs on the host.
//!
//! Draws do not depend on company or history: token number `n` of a request is decided by its logits, its seed and `n`.

use crate::{Error, Result};

/// How tokens are chosen. The default is greedy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
    /// Logits are divided by it; 0 takes the largest logit, the first of equals, whatever the other fields say.
    pub temperature: f32,
    /// Only the `k` most probable tokens are drawn; 0: all.
    pub top_k: usize,
    /// Only the most probable tokens are drawn, as few as reach this share of what `top_k` left; 1: all.
    pub top_p: f32,
    /// Only tokens are drawn that are at least this many times as probable as the most probable one; 0: all.
    pub min_p: f32,
    /// Decides the draws.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0., top_k: 0, top_p: 1., min_p: 0., seed: 0 }
    }
}

impl Sampling {
    /// The most probable token, always.
    pub fn greedy() -> Self {
        Self::default()
    }

    /// Whether the numbers make sense.
    ///
    /// # Errors
    /// [`Error::Request`] naming the one that does not.
    pub fn check(&self) -> Result<()> {
        let range = |name: &str, value: f32, wanted: &str, fits: bool| match fits {
            true => Ok(()),
            false => Err(Error::Request { asked: format!("{name} {value}"), found: format!("it must be {wanted}") }),
        };
        range("temperature", self.temperature, "0 or a positive number", self.temperature >= 0. && self.temperature.is_finite())?;
        range("top-p", self.top_p, "more than 0 and at most 1", self.top_p > 0. && self.top_p <= 1.)?;
        range("min-p", self.min_p, "from 0 to 1", (0. ..=1.).contains(&self.min_p))
    }
}

/// Chooses tokens; keeps the memory that this takes.
#[derive(Debug, Default)]
pub struct Sampler {
    /// Candidates and their probabilities (unnormalised), the most probable first.
    candidates: Vec<(u32, f64)>,
}

impl Sampler {
    /// The token that follows, from the logits over the vocabulary. `n` is the number of the token within its request.
    ///
    /// # Errors
    /// [`Error::Logits`] when there are none, one is NaN, or all are -inf.
    pub fn choose(&mut self, logits: &[f32], sampling: &Sampling, n: u64) -> Result<u32> {
        let (best, max) = largest(logits)?;
        if sampling.temperature == 0. || sampling.top_k == 1 {
            return Ok(best as u32);
        }
        // exp((l - max) / t); infinite logits leave nothing to the finite ones.
        let weight = |l: f32| match l == max {
            true => 1.,
            false => ((f64::from(l) - f64::from(max)) / f64::from(sampling.temperature)).exp(),
        };
        let candidates = &mut self.candidates;
        candidates.clear();
        let least = f64::from(sampling.min_p).max(f64::MIN_POSITIVE);
        // Top-p counts shares of all, so min-p may only come first when top-p takes all.
        let early = if sampling.top_p < 1. { f64::MIN_POSITIVE } else { least };
        candidates.extend(logits.iter().enumerate().map(|(i, &l)| (i as u32, weight(l))).filter(|&(_, w)| w >= early));
        let falling = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if sampling.top_k > 0 && sampling.top_k < candidates.len() {
            candidates.select_nth_unstable_by(sampling.top_k, falling);
            candidates.truncate(sampling.top_k);
        }
        candidates.sort_unstable_by(falling);
        if sampling.top_p < 1. {
            let wanted = f64::from(sampling.top_p) * candidates.iter().map(|c| c.1).sum::<f64>();
            let mut sum = 0.;
            let reached = candidates.iter().position(|c| {
                sum += c.1;
                sum >= wanted
            });
            candidates.truncate(reached.map_or(candidates.len(), |last| last + 1));
        }
        let kept = candidates.partition_point(|c| c.1 >= least);
        let kept = candidates.get(..kept.max(1)).unwrap_or_default();

        let mut left = uniform(sampling.seed, n) * kept.iter().map(|c| c.1).sum::<f64>();
        for &(token, w) in kept {
            left -= w;
            if left < 0. {
                return Ok(token);
            }
        }
        // Rounding of the sum: what is left over belongs to the last.
        Ok(kept.last().map_or(best as u32, |c| c.0))
    }
}

/// The largest logit and its place, the first of equals.
fn largest(logits: &[f32]) -> Result<(usize, f32)> {
    let refuse = |found: String| Err(Error::Logits { found });
    let mut best: Option<(usize, f32)> = None;
    for (i, &l) in logits.iter().enumerate() {
        if l.is_nan() {
            return refuse(format!("the logit of token {i} is NaN"));
        }
        if best.is_none_or(|(_, max)| l > max) {
            best = Some((i, l));
        }
    }
    match best {
        Some((_, f32::NEG_INFINITY)) => refuse("all logits are -inf".into()),
        Some(best) => Ok(best),
        None => refuse("there are no logits".into()),
    }
}

/// Number `n` of the stream `seed`, in `[0, 1)`: SplitMix64 at a place that `seed` and `n` decide (Steele, Lea, Flood 2014).
fn uniform(seed: u64, n: u64) -> f64 {
    let mix = |x: u64| {
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
    // The seed is mixed first, so that neighbouring seeds do not give the same stream, shifted.
    let bits = mix(mix(seed.wrapping_add(GOLDEN)).wrapping_add(GOLDEN.wrapping_mul(n.wrapping_add(1))));
    (bits >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(logits: &[f32], sampling: Sampling, n: u64) -> u32 {
        Sampler::default().choose(logits, &sampling, n).unwrap()
    }

    /// How often each token comes in `draws` draws.
    fn counts(logits: &[f32], sampling: Sampling, draws: u64) -> Vec<u64> {
        let mut sampler = Sampler::default();
        let mut counts = vec![0; logits.len()];
        for n in 0..draws {
            counts[sampler.choose(logits, &sampling, n).unwrap() as usize] += 1;
        }
        counts
    }

    /// Natural logarithms of 1, 2, 3, 4: probabilities 0.1, 0.2, 0.3, 0.4.
    const TENTHS: [f32; 4] = [0., std::f32::consts::LN_2, 1.098_612_3, 2. * std::f32::consts::LN_2];
    const DRAWN: Sampling = Sampling { temperature: 1., top_k: 0, top_p: 1., min_p: 0., seed: 7 };

    #[test]
    fn greedy_takes_the_largest_and_the_first_of_equals() {
        assert_eq!(choose(&[1., 5., 5., -2.], Sampling::greedy(), 0), 1);
        assert_eq!(choose(&[f32::NEG_INFINITY, -1e30], Sampling::greedy(), 3), 1);
        assert_eq!(choose(&[f32::INFINITY, 3., f32::INFINITY], Sampling::greedy(), 0), 0);
        assert_eq!(choose(&[-0., 0.], Sampling::greedy(), 0), 0);
        // Temperature 0 wins over everything else.
        assert_eq!(choose(&[0., 1.], Sampling { top_p: 0.1, min_p: 1., top_k: 2, ..Sampling::greedy() }, 0), 1);
    }

    #[test]
    fn logits_that_say_nothing_are_refused() {
        let fault = |logits: &[f32], sampling| Sampler::default().choose(logits, &sampling, 0).unwrap_err().to_string();
        for sampling in [Sampling::greedy(), DRAWN] {
            assert!(fault(&[0., f32::NAN, 1.], sampling).contains("token 1 is NaN"));
            assert!(fault(&[f32::NEG_INFINITY; 3], sampling).contains("all logits are -inf"));
            assert!(fault(&[], sampling).contains("no logits"));
        }
    }

    #[test]
    fn draws_follow_the_probabilities() {
        let draws = 100_000;
        for (temperature, squared) in [(1., false), (0.5, true)] {
            let got = counts(&TENTHS, Sampling { temperature, ..DRAWN }, draws);
            let weights = [1., 2., 3., 4f64].map(|w| if squared { w * w } else { w });
            let total: f64 = weights.iter().sum();
            // Chi-squared with 3 degrees of freedom: above 16.3 once in a thousand seeds.
            let chi: f64 = got
                .iter()
                .zip(weights)
                .map(|(&n, w)| {
                    let wanted = w / total * draws as f64;
                    (n as f64 - wanted).powi(2) / wanted
                })
                .sum();
            assert!(chi < 16.3, "temperature {temperature}: {got:?}, chi squared {chi}");
        }
    }

    #[test]
    fn filters_keep_what_they_promise() {
        let kept = |sampling| counts(&TENTHS, sampling, 2_000).iter().map(|&n| n > 0).collect::<Vec<_>>();
        assert_eq!(kept(DRAWN), [true, true, true, true]);
        assert_eq!(kept(Sampling { top_k: 2, ..DRAWN }), [false, false, true, true]);
        assert_eq!(kept(Sampling { top_k: 1, ..DRAWN }), [false, false, false, true]);
        assert_eq!(kept(Sampling { top_k: 9, ..DRAWN }), [true, true, true, true]);
        // 0.4 + 0.3 reach 0.69, 0.4 alone reaches 0.39.
        assert_eq!(kept(Sampling { top_p: 0.69, ..DRAWN }), [false, false, true, true]);
        assert_eq!(kept(Sampling { top_p: 0.39, ..DRAWN }), [false, false, false, true]);
        assert_eq!(kept(Sampling { top_p: 1e-9, ..DRAWN }), [false, false, false, true]);
        // 0.2 / 0.4 is kept at 0.49, not at 0.51.
        assert_eq!(kept(Sampling { min_p: 0.49, ..DRAWN }), [false, true, true, true]);
        assert_eq!(kept(Sampling { min_p: 0.51, ..DRAWN }), [false, false, true, true]);
        assert_eq!(kept(Sampling { min_p: 1., ..DRAWN }), [false, false, false, true]);
        // Top-p counts shares of what top-k left: 0.4 of 0.7 reach 0.57.
        assert_eq!(kept(Sampling { top_k: 2, top_p: 0.57, ..DRAWN }), [false, false, false, true]);
        assert_eq!(kept(Sampling { top_k: 2, top_p: 0.58, ..DRAWN }), [false, false, true, true]);
        // And min-p does not change the shares: 0.4 + 0.3 of 1 do not reach 0.75.
        assert_eq!(kept(Sampling { min_p: 0.6, top_p: 0.75, ..DRAWN }), [false, false, true, true]);
        // Equal tokens: the first are kept.
        assert_eq!(counts(&[1., 1., 1.], Sampling { top_k: 2, ..DRAWN }, 200)[2], 0);
    }

    #[test]
    fn infinite_logits_leave_nothing_to_the_others() {
        let got = counts(&[f32::INFINITY, 3e38, f32::INFINITY, f32::NEG_INFINITY], DRAWN, 500);
        assert!(got[0] > 150 && got[2] > 150 && got[1] == 0 && got[3] == 0, "{got:?}");
        assert_eq!(counts(&[f32::NEG_INFINITY, 0.], DRAWN, 50), [0, 50]);
        // A temperature so small that every other probability is 0.
        assert_eq!(counts(&TENTHS, Sampling { temperature: 1e-30, ..DRAWN }, 50), [0, 0, 0, 50]);
    }

    #[test]
    fn a_draw_depends_on_seed_and_number_only() {
        let one: Vec<u32> = (0..64).map(|n| choose(&TENTHS, DRAWN, n)).collect();
        let again: Vec<u32> = (0..64).rev().map(|n| choose(&TENTHS, DRAWN, n)).collect();
        assert!(one.iter().eq(again.iter().rev()));
        let other: Vec<u32> = (0..64).map(|n| choose(&TENTHS, Sampling { seed: 8, ..DRAWN }, n)).collect();
        assert_ne!(one, other);
        let mean = (0..10_000).map(|n| uniform(3, n)).sum::<f64>() / 1e4;
        assert!((mean - 0.5).abs() < 0.015, "{mean}");
    }

    #[test]
    fn parameters_out_of_range_are_refused_by_name() {
        let fault = |s: Sampling| s.check().unwrap_err().to_string();
        for t in [-1., f32::NAN, f32::INFINITY] {
            assert!(fault(Sampling { temperature: t, ..DRAWN }).contains("temperature"));
        }
        for p in [0., -0.1, 1.1, f32::NAN] {
            assert!(fault(Sampling { top_p: p, ..DRAWN }).contains("top-p"));
        }
        for p in [-0.1, 1.1, f32::NAN] {
            assert!(fault(Sampling { min_p: p, ..DRAWN }).contains("min-p"));
        }
        assert!(DRAWN.check().is_ok() && Sampling::default().check().is_ok());
    }
}
