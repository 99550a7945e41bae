//! Where copies of experts are: expert parallelism, with and without redundant copies.

use crate::{Error, Result};

/// The experts (or copies of them) that each rank holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    experts: usize,
    /// For each rank, the experts that it holds.
    ranks: Vec<Vec<usize>>,
}

impl Placement {
    /// Equal blocks of consecutive experts, one for each rank.
    ///
    /// # Errors
    /// More ranks than experts, or no rank.
    pub fn contiguous(experts: usize, ranks: usize) -> Result<Self> {
        if ranks == 0 || ranks > experts {
            return Err(Error::option("ep", ranks, format!("1 to {experts}, the experts there are")));
        }
        let start = |rank: usize| rank * experts / ranks;
        Ok(Self { experts, ranks: (0..ranks).map(|r| (start(r)..start(r + 1)).collect()).collect() })
    }

    /// Balanced by recorded loads, with `redundant` further copies (in the manner of EPLB): each copy goes to the expert whose copies are busiest, then copies are
    /// packed, heaviest first, each on the least loaded rank that has a free place and no copy of the same expert.
    ///
    /// # Errors
    /// Copies that cannot be shared out equally; no rank.
    pub fn balanced(loads: &[usize], redundant: usize, ranks: usize) -> Result<Self> {
        let slots = loads.len() + redundant;
        if ranks == 0 || !slots.is_multiple_of(ranks) {
            let message = format!("{} experts and as many copies must be shared out equally to {ranks} ranks", loads.len());
            return Err(Error::option("redundant", redundant, message));
        }
        let mut copies = vec![1usize; loads.len()];
        let share = |copies: &[usize], e: usize| loads[e] as f64 / copies[e] as f64;
        for _ in 0..redundant {
            // A rank needs no two copies of one expert.
            let candidates = (0..loads.len()).filter(|&e| copies[e] < ranks);
            let Some(busiest) = candidates.max_by(|&a, &b| share(&copies, a).total_cmp(&share(&copies, b)).then(b.cmp(&a))) else {
                return Err(Error::option("redundant", redundant, format!("more copies than {ranks} ranks have use for")));
            };
            copies[busiest] += 1;
        }
        let mut order: Vec<usize> = (0..loads.len()).flat_map(|e| std::iter::repeat_n(e, copies[e])).collect();
        order.sort_by(|&a, &b| share(&copies, b).total_cmp(&share(&copies, a)).then(a.cmp(&b)));
        let places = slots / ranks;
        let mut held: Vec<(f64, Vec<usize>)> = vec![(0.0, Vec::with_capacity(places)); ranks];
        for expert in order {
            let free = |(_, experts): &&mut (f64, Vec<usize>)| experts.len() < places;
            // The copy of an expert beside another one helps nobody, but there may be no other place left.
            let best =
                held.iter_mut().filter(free).min_by(|a, b| a.1.contains(&expert).cmp(&b.1.contains(&expert)).then(a.0.total_cmp(&b.0)));
            if let Some((load, experts)) = best {
                *load += share(&copies, expert);
                experts.push(expert);
            }
        }
        Ok(Self { experts: loads.len(), ranks: held.into_iter().map(|(_, experts)| experts).collect() })
    }

    /// Ranks.
    pub fn ranks(&self) -> usize {
        self.ranks.len()
    }

    /// The experts that a rank holds; none for a rank that does not exist.
    pub fn held(&self, rank: usize) -> &[usize] {
        self.ranks.get(rank).map_or(&[], Vec::as_slice)
    }

    /// Rows of each rank when the copies of an expert share its `loads` equally.
    pub fn rank_loads(&self, loads: &[usize]) -> Vec<f64> {
        let mut copies = vec![0usize; self.experts];
        for &expert in self.ranks.iter().flatten() {
            copies[expert] += 1;
        }
        let of = |&e: &usize| loads.get(e).copied().unwrap_or(0) as f64 / copies[e] as f64;
        self.ranks.iter().map(|experts| experts.iter().map(of).sum()).collect()
    }

    /// Where the rows of `ids` go when the copies of an expert take turns: places, of which rank `r` has those from `r` times its number of experts on.
    ///
    /// # Errors
    /// An expert that has no place.
    pub fn places(&self, ids: &[i32]) -> Result<Vec<i32>> {
        let mut copies: Vec<(usize, Vec<i32>)> = vec![(0, Vec::new()); self.experts];
        for (place, expert) in (0i32..).zip(self.ranks.iter().flatten()) {
            copies[*expert].1.push(place);
        }
        let mut place = |id: &i32| {
            let (turn, places) = usize::try_from(*id).ok().and_then(|id| copies.get_mut(id))?;
            *turn += 1;
            places.get((*turn - 1) % places.len().max(1)).copied()
        };
        let unknown = |id: &i32| Error::option("routing", id, format!("one of the {} experts that are placed", self.experts));
        ids.iter().map(|id| place(id).ok_or_else(|| unknown(id))).collect()
    }

    /// The busiest rank's rows over the mean: the factor by which imbalance slows an expert phase that all ranks wait for.
    pub fn imbalance(&self, loads: &[usize]) -> f64 {
        let ranks = self.rank_loads(loads);
        let total: f64 = ranks.iter().sum();
        if total == 0.0 { 1.0 } else { ranks.iter().copied().fold(0.0, f64::max) * ranks.len() as f64 / total }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Load, Routing};
    use super::*;

    #[test]
    fn contiguous_holds_each_expert_once() {
        let placement = Placement::contiguous(10, 4).unwrap();
        let mut all: Vec<usize> = (0..4).flat_map(|r| placement.held(r).to_vec()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
        assert!(Placement::contiguous(3, 4).is_err() && Placement::contiguous(3, 0).is_err());
    }

    /// The first copy is of expert 0. With one on each rank it gets no other, so the second copy is of an expert with load 2.
    #[test]
    fn balanced_copies_the_busiest_and_levels_the_ranks() {
        let loads = [8, 2, 2, 2, 1, 1];
        let placement = Placement::balanced(&loads, 2, 2).unwrap();
        assert!((0..2).all(|r| placement.held(r).contains(&0) && placement.held(r).len() == 4));
        assert_eq!(placement.rank_loads(&loads).iter().sum::<f64>(), 16.0);
        assert!(placement.imbalance(&loads) < 1.13, "{:?}", placement.rank_loads(&loads));
        assert!(Placement::contiguous(6, 2).unwrap().imbalance(&loads) > 1.4);
    }

    #[test]
    fn balanced_is_never_worse_with_copies_on_skewed_loads() {
        for seed in 0..20 {
            let ids = Routing::Zipf(1.0).draw(2000, 64, 8, seed).unwrap();
            let loads = Load::of(&ids, 64).counts;
            let plain = Placement::contiguous(64, 8).unwrap().imbalance(&loads);
            let packed = Placement::balanced(&loads, 0, 8).unwrap().imbalance(&loads);
            let copied = Placement::balanced(&loads, 16, 8).unwrap().imbalance(&loads);
            assert!(packed <= plain && copied <= packed + 1e-9 && copied < 1.05, "{plain} {packed} {copied}");
        }
    }

    #[test]
    fn places_are_those_of_the_expert_and_its_copies_take_turns() {
        let ids = Routing::Zipf(1.0).draw(500, 16, 4, 3).unwrap();
        let loads = Load::of(&ids, 16).counts;
        let placement = Placement::balanced(&loads, 8, 4).unwrap();
        let held: Vec<usize> = (0..4).flat_map(|rank| placement.held(rank).to_vec()).collect();
        let places = placement.places(&ids).unwrap();
        assert!(places.iter().zip(&ids).all(|(place, id)| held[*place as usize] == *id as usize));
        // Copies share their expert's rows to one, and ranks have what `rank_loads` says.
        let rows = Load::of(&places, 24).counts;
        for (rank, expected) in placement.rank_loads(&loads).into_iter().enumerate() {
            let found: usize = rows[rank * 6..][..6].iter().sum();
            assert!((found as f64 - expected).abs() <= 6.0, "{found} {expected}");
        }
        assert!(placement.places(&[16]).is_err() && placement.places(&[-1]).is_err());
        assert_eq!(Placement::contiguous(16, 4).unwrap().places(&ids).unwrap(), ids);
    }

    #[test]
    fn balanced_refuses_copies_that_do_not_share_out() {
        assert!(Placement::balanced(&[1, 1, 1], 0, 2).is_err());
        assert!(Placement::balanced(&[1, 1], 0, 0).is_err());
        assert!(Placement::balanced(&[1, 1], 4, 2).is_err());
    }
}
