//! Two programs timed in turn: what slows the machine down slows both.

use std::fmt;
use std::time::Instant;

/// `f`'s milliseconds and result.
pub(crate) fn timed<T, E>(f: impl FnOnce() -> Result<T, E>) -> Result<(f64, T), E> {
    let start = Instant::now();
    let result = f()?;
    Ok((start.elapsed().as_secs_f64() * 1e3, result))
}

/// Times of pairs of runs.
#[derive(Debug)]
pub(crate) struct Pairs(Vec<[f64; 2]>);

impl Pairs {
    /// One pair to warm up and `pairs` that count. `run(false)` runs the first program, `run(true)` the second; each gives its milliseconds.
    pub(crate) fn measure<E>(pairs: usize, mut run: impl FnMut(bool) -> Result<f64, E>) -> Result<Self, E> {
        let mut times = Vec::new();
        for i in 0..=pairs {
            // Neither always goes first.
            let second_first = i % 2 == 1;
            let a = run(second_first)?;
            let b = run(!second_first)?;
            times.push(if second_first { [b, a] } else { [a, b] });
        }
        Ok(Self(times.split_off(1)))
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Both medians, and the median, least and greatest of the ratios within a pair.
impl fmt::Display for Pairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratios = || self.0.iter().map(|[a, b]| a / b);
        let (least, most) = ratios().fold((f64::INFINITY, 0f64), |(l, m), r| (l.min(r), m.max(r)));
        let ratio = format!("{:.2} ({least:.2}, {most:.2})", median(ratios()));
        write!(f, "{:>20.1} {:>14.1} {ratio:>22}", median(self.0.iter().map(|p| p[0])), median(self.0.iter().map(|p| p[1])))
    }
}
