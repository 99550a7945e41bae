//! Which experts the tokens go to.

use std::fmt;
use std::path::Path;

use super::random::Random;
use super::trace::Trace;
use crate::{Error, Result};

/// A way to route tokens to experts.
#[derive(Clone, Debug, PartialEq)]
pub enum Routing {
    /// Every expert is as likely as any other.
    Uniform,
    /// The r-th most popular expert is chosen with a weight of `r^-s`; which ones are popular depends on the seed.
    Zipf(f64),
    /// The first slot of every token goes to this expert, the others are uniform.
    OneHot(usize),
    /// As recorded.
    Trace(Trace),
}

impl Routing {
    /// `uniform`, `zipf:1.2`, `one-hot`, `one-hot:7`, or the path of a trace ([`Trace::read`]).
    ///
    /// # Errors
    /// A number that is none; a file that cannot be read.
    pub fn parse(text: &str) -> Result<Self> {
        let (name, value) = text.split_once(':').unwrap_or((text, ""));
        match name {
            "uniform" if value.is_empty() => Ok(Self::Uniform),
            "zipf" => match value.parse::<f64>() {
                Ok(s) if s.is_finite() && s >= 0.0 => Ok(Self::Zipf(s)),
                _ => Err(Error::option("routing", text, "the exponent must be a number of 0 or more, as in zipf:1.2")),
            },
            "one-hot" if value.is_empty() => Ok(Self::OneHot(0)),
            "one-hot" => {
                let expert = value.parse().map_err(|_| Error::option("routing", text, "the expert must be its number, as in one-hot:7"))?;
                Ok(Self::OneHot(expert))
            }
            _ if Path::new(text).is_file() => Ok(Self::Trace(Trace::read(Path::new(text))?)),
            _ => Err(Error::option("routing", text, "uniform, zipf:S, one-hot:E, or the file of a trace")),
        }
    }

    /// The experts of `tokens` tokens, `[T, k]` row-major; those of a token differ.
    ///
    /// # Errors
    /// An expert that does not exist, more experts per token than there are, a trace of another model.
    pub fn draw(&self, tokens: usize, experts: usize, k: usize, seed: u64) -> Result<Vec<i32>> {
        if k == 0 || k > experts || i32::try_from(experts).is_err() {
            return Err(Error::option("top-k", k, format!("1 to the {experts} experts there are")));
        }
        if tokens.checked_mul(k).is_none_or(|pairs| i32::try_from(pairs).is_err()) {
            return Err(Error::option("tokens", tokens, format!("fewer than 2^31 pairs of a token and one of its {k} experts")));
        }
        let mut random = Random::new(seed);
        let weights: Vec<f64> = match self {
            Self::Trace(trace) => return trace.cycle(tokens, experts, k),
            Self::OneHot(expert) if *expert >= experts => {
                return Err(Error::option("routing", self, format!("an expert of 0..{experts}")));
            }
            Self::OneHot(expert) => (0..experts).map(|e| if e == *expert { f64::INFINITY } else { 1.0 }).collect(),
            Self::Uniform => vec![1.0; experts],
            Self::Zipf(s) => {
                let mut weights = vec![0.0; experts];
                for (rank, expert) in random.permutation(experts).into_iter().enumerate() {
                    weights[expert] = (rank as f64 + 1.0).powf(-s);
                }
                weights
            }
        };
        // An exponential race: the k first arrivals are k draws without replacement, in the order in which they would be drawn.
        let mut ids = Vec::with_capacity(tokens * k);
        let mut race: Vec<(f64, i32)> = Vec::with_capacity(experts);
        for _ in 0..tokens {
            race.clear();
            race.extend(weights.iter().zip(0i32..).map(|(w, e)| (-random.unit().ln() / w, e)));
            race.select_nth_unstable_by(k - 1, |a, b| a.0.total_cmp(&b.0));
            race[..k].sort_by(|a, b| a.0.total_cmp(&b.0));
            ids.extend(race[..k].iter().map(|(_, e)| e));
        }
        Ok(ids)
    }
}

impl fmt::Display for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uniform => f.pad("uniform"),
            Self::Zipf(s) => f.pad(&format!("zipf:{s}")),
            Self::OneHot(e) => f.pad(&format!("one-hot:{e}")),
            Self::Trace(trace) => f.pad(&format!("trace of {} tokens", trace.tokens())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Load;
    use super::*;

    fn load(routing: &Routing) -> Load {
        Load::of(&routing.draw(4096, 128, 8, 1).unwrap(), 128)
    }

    #[test]
    fn draw_experts_of_a_token_differ_and_repeat_with_the_seed() {
        for routing in [Routing::Uniform, Routing::Zipf(1.0), Routing::OneHot(3)] {
            let ids = routing.draw(100, 16, 4, 9).unwrap();
            assert_eq!(ids, routing.draw(100, 16, 4, 9).unwrap());
            assert_ne!(ids, routing.draw(100, 16, 4, 10).unwrap());
            for token in ids.chunks(4) {
                let mut sorted = token.to_vec();
                sorted.sort_unstable();
                sorted.dedup();
                assert_eq!(sorted.len(), 4, "{token:?}");
                assert!(sorted.iter().all(|e| (0..16).contains(e)));
            }
        }
    }

    #[test]
    fn zipf_skew_grows_with_the_exponent() {
        let skews: Vec<f64> = [0.0, 0.5, 1.0, 1.5].map(|s| load(&Routing::Zipf(s)).max_over_mean).into();
        assert!(skews.is_sorted() && skews[0] < 1.3 && skews[3] > 8.0, "{skews:?}");
        assert!(load(&Routing::Uniform).gini < 0.06);
    }

    #[test]
    fn zipf_single_slot_follows_the_law() {
        let ids = Routing::Zipf(1.0).draw(200_000, 4, 1, 5).unwrap();
        let mut counts = Load::of(&ids, 4).counts;
        counts.sort_unstable_by(|a, b| b.cmp(a));
        // 1, 1/2, 1/3, 1/4 of 25/12.
        for (rank, count) in counts.iter().enumerate() {
            let wanted = 200_000.0 * 12.0 / 25.0 / (rank as f64 + 1.0);
            assert!((*count as f64 / wanted - 1.0).abs() < 0.02, "{counts:?}");
        }
    }

    #[test]
    fn one_hot_every_token_visits_the_expert_first() {
        let ids = Routing::OneHot(5).draw(64, 8, 2, 0).unwrap();
        assert!(ids.chunks(2).all(|t| t[0] == 5));
        assert!(Routing::OneHot(8).draw(1, 8, 2, 0).is_err());
        assert!(Routing::Uniform.draw(1, 8, 9, 0).is_err());
        for tokens in [1 << 31, usize::MAX] {
            assert!(Routing::Uniform.draw(tokens, 8, 2, 0).unwrap_err().to_string().starts_with("tokens"));
        }
    }

    #[test]
    fn parse_understands_what_it_prints() {
        for text in ["uniform", "zipf:1.25", "one-hot:7"] {
            assert_eq!(Routing::parse(text).unwrap().to_string(), text);
        }
        for text in ["zipf", "zipf:-1", "zipf:nan", "one-hot:x", "normal", "uniform:2"] {
            assert!(Routing::parse(text).unwrap_err().to_string().contains(text));
        }
    }
}
