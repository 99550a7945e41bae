//! Tables of rotary position embeddings, built on the host.

use std::f64::consts::{PI, TAU};

use crate::{Error, Result};

/// How a model stretches its rotary embedding beyond the context it was trained on. The fields are the keys of `rope_scaling` in a Hugging Face config.
#[derive(Clone, Debug, PartialEq, Default)]
#[non_exhaustive]
pub enum RopeScaling {
    /// Not at all.
    #[default]
    None,
    /// Every frequency divided by `factor`.
    Linear {
        /// Stretch.
        factor: f64,
    },
    /// NTK-aware: a larger base once the sequence is longer than the trained context.
    Dynamic {
        /// Stretch.
        factor: f64,
        /// The trained context.
        original_max_position_embeddings: f64,
        /// Length of the sequence that the table is for.
        seq_len: f64,
    },
    /// Slow frequencies divided by `factor`, fast ones kept, a ramp between.
    Yarn(Yarn),
    /// Llama 3.1: as YaRN in spirit, with the ramp over wavelengths.
    Llama3 {
        /// Stretch.
        factor: f64,
        /// Wavelengths longer than `original / low_freq_factor` are stretched.
        low_freq_factor: f64,
        /// Wavelengths shorter than `original / high_freq_factor` are kept.
        high_freq_factor: f64,
        /// The trained context.
        original_max_position_embeddings: f64,
    },
    /// Each frequency divided by its own factor: what a GGUF file holds in `rope_freqs.weight`, where its converter has worked out another stretch.
    Factors {
        /// `[R/2]`.
        factors: Vec<f64>,
    },
}

/// YaRN's parameters ([paper](https://arxiv.org/abs/2309.00071)).
#[derive(Clone, Debug, PartialEq)]
pub struct Yarn {
    /// Stretch.
    pub factor: f64,
    /// The trained context.
    pub original_max_position_embeddings: f64,
    /// Pairs that turn more often than this over the trained context are kept.
    pub beta_fast: f64,
    /// Pairs that turn less often than this are stretched.
    pub beta_slow: f64,
    /// The ends of the ramp are rounded outward to whole pairs (GPT-OSS: not).
    pub truncate: bool,
    /// What cos and sin are multiplied by; absent: by rule ([`Rotary::attention_scaling`]).
    pub attention_factor: Option<f64>,
    /// DeepSeek's scale of cos and sin.
    pub mscale: Option<f64>,
    /// DeepSeek's scale of the logits.
    pub mscale_all_dim: Option<f64>,
}

impl Yarn {
    /// YaRN with the paper's ramp (32 and 1, truncated) and the attention factor by rule.
    pub fn new(factor: f64, original_max_position_embeddings: f64) -> Self {
        Self {
            factor,
            original_max_position_embeddings,
            beta_fast: 32.0,
            beta_slow: 1.0,
            truncate: true,
            attention_factor: None,
            mscale: None,
            mscale_all_dim: None,
        }
    }

    /// `0.1 * m * ln(factor) + 1`, or 1 when nothing is stretched.
    fn magnitude(&self, m: f64) -> f64 {
        if self.factor <= 1.0 { 1.0 } else { 0.1 * m * self.factor.ln() + 1.0 }
    }

    /// The pair (as a real number) that turns `rotations` times over the trained context.
    fn pair_of(&self, rotations: f64, dim: f64, theta: f64) -> f64 {
        dim * (self.original_max_position_embeddings / (rotations * TAU)).ln() / (2.0 * theta.ln())
    }
}

/// A model's rotary embedding: base, width and stretch. Builds inverse frequencies and tables, all in `f64` until the last rounding to f32, so that large positions
/// keep their digits.
///
/// ```
/// use ascend_hal::Rotary;
/// let table = Rotary::new(10_000.0, 64).table(0..4096)?;
/// assert_eq!(table.cos.len(), 4096 * 32);
/// assert_eq!((table.cos[0], table.sin[0]), (1.0, 0.0));
/// # Ok::<(), ascend_hal::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Rotary {
    /// Base of the frequencies.
    pub theta: f64,
    /// `R`, the elements of a head that turn; even.
    pub dim: usize,
    /// Stretch.
    pub scaling: RopeScaling,
}

/// Cosines and sines by row, as [`Rope`](crate::ops::Rope) takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct RopeTable {
    /// Rows.
    pub rows: usize,
    /// Columns, `R/2`.
    pub pairs: usize,
    /// `[rows, R/2]`, with the attention factor in it.
    pub cos: Vec<f32>,
    /// `[rows, R/2]`.
    pub sin: Vec<f32>,
}

impl Rotary {
    /// An embedding that is not stretched.
    pub fn new(theta: f64, dim: usize) -> Self {
        Self { theta, dim, scaling: RopeScaling::None }
    }

    /// With a stretch.
    pub fn with_scaling(mut self, scaling: RopeScaling) -> Self {
        self.scaling = scaling;
        self
    }

    /// The angle by which each pair turns from one position to the next: `[R/2]`.
    ///
    /// # Errors
    /// [`Error::State`] when the parameters make no embedding: an odd width, a base not above 1, a stretch that is not positive, a ramp without extent, factors for another
    /// number of pairs.
    pub fn inv_freq(&self) -> Result<Vec<f64>> {
        self.check()?;
        let dim = self.dim as f64;
        let plain = |theta: f64| (0..self.dim / 2).map(move |i| theta.powf(-2.0 * i as f64 / dim));
        Ok(match &self.scaling {
            RopeScaling::None => plain(self.theta).collect(),
            RopeScaling::Linear { factor } => plain(self.theta).map(|f| f / factor).collect(),
            RopeScaling::Factors { factors } => plain(self.theta).zip(factors).map(|(f, factor)| f / factor).collect(),
            &RopeScaling::Dynamic { factor, original_max_position_embeddings: trained, seq_len } => {
                let stretch = factor * seq_len.max(trained) / trained - (factor - 1.0);
                // With one pair the exponent has no value, and the only frequency, theta^0, no use for it.
                let theta = if self.dim > 2 { self.theta * stretch.powf(dim / (dim - 2.0)) } else { self.theta };
                plain(theta).collect()
            }
            RopeScaling::Yarn(yarn) => {
                let (low, high) = (yarn.pair_of(yarn.beta_fast, dim, self.theta), yarn.pair_of(yarn.beta_slow, dim, self.theta));
                let (low, high) = if yarn.truncate { (low.floor(), high.ceil()) } else { (low, high) };
                let (low, high) = (low.max(0.0), high.min(dim - 1.0));
                let width = if low == high { 0.001 } else { high - low };
                let stretched = |i: usize| ((i as f64 - low) / width).clamp(0.0, 1.0);
                plain(self.theta).enumerate().map(|(i, f)| f / yarn.factor * stretched(i) + f * (1.0 - stretched(i))).collect()
            }
            &RopeScaling::Llama3 { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings: trained } => {
                plain(self.theta)
                    .map(|f| {
                        let turns = trained * f / (2.0 * PI);
                        if turns < low_freq_factor {
                            f / factor
                        } else if turns > high_freq_factor {
                            f
                        } else {
                            let kept = (turns - low_freq_factor) / (high_freq_factor - low_freq_factor);
                            (1.0 - kept) * f / factor + kept * f
                        }
                    })
                    .collect()
            }
        })
    }

    /// What cos and sin are multiplied by: 1 but for YaRN. There it is `attention_factor` if given; with `mscale` and `mscale_all_dim` (both non-zero) the ratio of their
    /// magnitudes `0.1 m ln(factor) + 1`; else the magnitude of `m = 1`.
    pub fn attention_scaling(&self) -> f64 {
        let RopeScaling::Yarn(yarn) = &self.scaling else { return 1.0 };
        match (yarn.attention_factor, yarn.mscale, yarn.mscale_all_dim) {
            (Some(factor), ..) => factor,
            (_, Some(m), Some(all)) if m != 0.0 && all != 0.0 => yarn.magnitude(m) / yarn.magnitude(all),
            _ => yarn.magnitude(1.0),
        }
    }

    /// DeepSeek's factor on the softmax scale: `(0.1 * mscale_all_dim * ln(factor) + 1)^2`, 1 without `mscale_all_dim`. DeepSeek-V3 (factor 40): 1.8738.
    pub fn softmax_factor(&self) -> f64 {
        match &self.scaling {
            RopeScaling::Yarn(yarn) => yarn.mscale_all_dim.filter(|&m| m != 0.0).map_or(1.0, |m| yarn.magnitude(m).powi(2)),
            _ => 1.0,
        }
    }

    /// Tables with a row for each of `positions`: `0..P` for use by position, or just the positions of a batch, with rows counted from 0.
    ///
    /// # Errors
    /// As [`inv_freq`](Self::inv_freq).
    pub fn table(&self, positions: impl IntoIterator<Item = u64>) -> Result<RopeTable> {
        let (freq, factor) = (self.inv_freq()?, self.attention_scaling());
        let mut table = RopeTable { rows: 0, pairs: freq.len(), cos: Vec::new(), sin: Vec::new() };
        for position in positions {
            table.rows += 1;
            for f in &freq {
                let (sin, cos) = (position as f64 * f).sin_cos();
                table.cos.push((cos * factor) as f32);
                table.sin.push((sin * factor) as f32);
            }
        }
        Ok(table)
    }

    fn check(&self) -> Result<()> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        let fault = if self.dim % 2 == 1 {
            Some(format!("an odd width of {}", self.dim))
        } else if !(positive(self.theta) && self.theta > 1.0) {
            Some(format!("a base of {}; it must be above 1", self.theta))
        } else {
            let sound = match &self.scaling {
                RopeScaling::None => true,
                RopeScaling::Linear { factor } => positive(*factor),
                RopeScaling::Factors { factors } => factors.len() == self.dim / 2 && factors.iter().all(|&factor| positive(factor)),
                RopeScaling::Dynamic { factor, original_max_position_embeddings: trained, seq_len } => {
                    *factor >= 1.0 && factor.is_finite() && positive(*trained) && positive(*seq_len)
                }
                RopeScaling::Yarn(y) => {
                    let given = [y.attention_factor, y.mscale, y.mscale_all_dim];
                    [y.factor, y.original_max_position_embeddings, y.beta_fast, y.beta_slow].into_iter().all(positive)
                        && given.into_iter().flatten().all(f64::is_finite)
                }
                RopeScaling::Llama3 { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings: trained } => {
                    [*factor, *low_freq_factor, *high_freq_factor, *trained].into_iter().all(positive) && high_freq_factor > low_freq_factor
                }
            };
            (!sound).then(|| format!("{:?}", self.scaling))
        };
        match fault {
            None => Ok(()),
            Some(found) => Err(Error::State { what: "rotary embedding", asked: "an even width, a base above 1, positive stretch", found }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-4 * want.abs(), "{got} is not {want}");
    }

    #[test]
    fn yarn_factors_of_known_models() {
        let deepseek = Yarn { mscale: Some(1.0), mscale_all_dim: Some(1.0), ..Yarn::new(40.0, 4096.0) };
        let v3 = Rotary::new(10_000.0, 64).with_scaling(RopeScaling::Yarn(deepseek));
        close(v3.attention_scaling(), 1.0);
        close(v3.softmax_factor(), 1.8738);
        close(192f64.powf(-0.5) * v3.softmax_factor(), 0.13523);
        let gpt_oss = Yarn { truncate: false, ..Yarn::new(32.0, 4096.0) };
        let gpt_oss = Rotary::new(150_000.0, 64).with_scaling(RopeScaling::Yarn(gpt_oss));
        close(gpt_oss.attention_scaling(), 1.3466);
        close(gpt_oss.softmax_factor(), 1.0);
    }

    #[test]
    fn linear_stretch_divides_and_dynamic_waits_for_length() {
        let plain = Rotary::new(10_000.0, 8);
        let freq = plain.inv_freq().unwrap();
        assert_eq!(freq.len(), 4);
        close(freq[1], 0.1);
        close(freq[3], 0.001);
        let linear = plain.clone().with_scaling(RopeScaling::Linear { factor: 4.0 }).inv_freq().unwrap();
        close(linear[1], 0.025);
        let factors = plain.clone().with_scaling(RopeScaling::Factors { factors: vec![1.0, 4.0, 8.0, 0.5] }).inv_freq().unwrap();
        close(factors[1], 0.025);
        close(factors[3], 0.002);
        let dynamic = |seq_len| {
            let scaling = RopeScaling::Dynamic { factor: 2.0, original_max_position_embeddings: 100.0, seq_len };
            plain.clone().with_scaling(scaling).inv_freq().unwrap()
        };
        close(dynamic(50.0)[3], 0.001);
        // Twice the length: base times (2 * 2 - 1)^(8/6); the slowest pair is theta^(-3/4).
        close(dynamic(200.0)[3], (10_000f64 * 3f64.powf(8.0 / 6.0)).powf(-0.75));
    }

    #[test]
    fn ramps_keep_fast_pairs_and_stretch_slow_ones() {
        let plain = Rotary::new(500_000.0, 128).inv_freq().unwrap();
        let yarn = RopeScaling::Yarn(Yarn::new(16.0, 8192.0));
        let llama3 =
            RopeScaling::Llama3 { factor: 16.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_max_position_embeddings: 8192.0 };
        for scaling in [yarn, llama3] {
            let freq = Rotary::new(500_000.0, 128).with_scaling(scaling).inv_freq().unwrap();
            close(freq[0], plain[0]);
            close(freq[63], plain[63] / 16.0);
            assert!(freq.windows(2).all(|f| f[0] > f[1]));
        }
    }

    #[test]
    fn large_positions_keep_their_digits() {
        // The fastest pair turns by one radian a position; cos(1e6) and sin(1e6) to 9 digits.
        let table = Rotary::new(10_000.0, 2).table([1_000_000]).unwrap();
        assert!((f64::from(table.cos[0]) - 0.936_752_127_5).abs() < 1e-7);
        assert!((f64::from(table.sin[0]) + 0.349_993_502_2).abs() < 1e-7);
    }

    #[test]
    fn parameters_that_make_no_embedding_are_refused() {
        let with = |scaling| Rotary::new(1e4, 8).with_scaling(scaling).inv_freq().is_err();
        assert!(Rotary::new(1e4, 7).inv_freq().is_err());
        assert!(Rotary::new(1.0, 8).inv_freq().is_err());
        assert!(Rotary::new(f64::NAN, 8).table([0]).is_err());
        assert!(with(RopeScaling::Linear { factor: 0.0 }));
        assert!(with(RopeScaling::Yarn(Yarn::new(f64::NAN, 4096.0))));
        assert!(with(RopeScaling::Llama3 {
            factor: 8.0,
            low_freq_factor: 4.0,
            high_freq_factor: 4.0,
            original_max_position_embeddings: 8192.0
        }));
        for factors in [vec![1.0; 3], vec![1.0; 5], vec![1.0, 0.0, 1.0, 1.0], vec![1.0, 1.0, f64::INFINITY, 1.0]] {
            assert!(with(RopeScaling::Factors { factors }));
        }
        assert_eq!(Rotary::new(1e4, 0).table(0..3).unwrap().pairs, 0);
    }
}
