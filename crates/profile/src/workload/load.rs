//! How evenly experts are loaded.

use serde::{Deserialize, Serialize};

/// Load statistics of routed tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Rows of each expert.
    pub counts: Vec<usize>,
    /// Rows of the busiest expert over the mean; 1 is balanced.
    pub max_over_mean: f64,
    /// Gini coefficient of the counts: 0 when all are equal, near 1 when one expert has everything.
    pub gini: f64,
    /// Experts without a row.
    pub idle: usize,
    /// The fewest experts that have at least half of all rows.
    pub half_experts: usize,
}

impl Load {
    /// The loads that `ids` make; ids outside of `0..experts` are not counted.
    pub fn of(ids: &[i32], experts: usize) -> Self {
        let mut counts = vec![0usize; experts];
        for &id in ids {
            if let Some(count) = usize::try_from(id).ok().and_then(|id| counts.get_mut(id)) {
                *count += 1;
            }
        }
        Self::of_counts(counts)
    }

    /// The statistics of these counts.
    pub fn of_counts(counts: Vec<usize>) -> Self {
        let mut sorted = counts.clone();
        sorted.sort_unstable();
        let (n, total) = (counts.len() as f64, counts.iter().sum::<usize>());
        let idle = counts.iter().filter(|c| **c == 0).count();
        if total == 0 {
            return Self { counts, max_over_mean: 1.0, gini: 0.0, idle, half_experts: 0 };
        }
        let ranked: f64 = sorted.iter().enumerate().map(|(i, c)| (i as f64 + 1.0) * *c as f64).sum();
        let max = sorted.last().copied().unwrap_or(0) as f64;
        Self {
            max_over_mean: max * n / total as f64,
            gini: 2.0 * ranked / (n * total as f64) - (n + 1.0) / n,
            idle,
            half_experts: fewest(&sorted, 0.5),
            counts,
        }
    }

    /// Rows in all.
    pub fn rows(&self) -> usize {
        self.counts.iter().sum()
    }

    /// The share of all rows that the `n` busiest experts have.
    pub fn share_of_busiest(&self, n: usize) -> f64 {
        let mut sorted = self.counts.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        sorted.iter().take(n).sum::<usize>() as f64 / self.rows().max(1) as f64
    }
}

/// The fewest of the `sorted` (rising) counts that have this share of the total.
fn fewest(sorted: &[usize], share: f64) -> usize {
    let wanted = share * sorted.iter().sum::<usize>() as f64;
    let mut sum = 0;
    let enough = sorted.iter().rev().position(|c| {
        sum += c;
        sum as f64 >= wanted
    });
    enough.map_or(0, |at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn load_of_equal_counts_is_balanced() {
        let load = Load::of(&[0, 1, 2, 3, 3, 2, 1, 0], 4);
        assert_eq!((load.max_over_mean, load.idle, load.half_experts, load.rows()), (1.0, 0, 2, 8));
        assert!(load.gini.abs() < 1e-12);
    }

    #[test]
    fn load_of_one_expert_has_the_extreme_values() {
        let load = Load::of(&[2; 10], 4);
        assert_eq!((load.max_over_mean, load.idle, load.half_experts), (4.0, 3, 1));
        assert!((load.gini - 0.75).abs() < 1e-12, "{}", load.gini);
    }

    /// Worked by hand: counts 1, 2, 3, 4; the sum over pairs of |a - b| is 20, 20 / (2 * 4 * 10) = 0.25.
    #[test]
    fn gini_is_the_mean_difference() {
        let load = Load::of_counts(vec![4, 1, 3, 2]);
        assert!((load.gini - 0.25).abs() < 1e-12);
        assert_eq!(load.share_of_busiest(2), 0.7);
    }

    #[test]
    fn load_without_rows_is_no_division_by_zero() {
        let load = Load::of(&[], 4);
        assert_eq!((load.max_over_mean, load.gini, load.idle, load.half_experts), (1.0, 0.0, 4, 0));
        assert_eq!(Load::of(&[7, -1], 4).rows(), 0);
    }
}
