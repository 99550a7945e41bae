//! What stands out in a measurement, in words with their numbers.

use crate::report::{BoundBy, Point};
use crate::workload::{Load, Placement, Precision};

/// Ranks over which redundant copies are tried.
const RANKS: usize = 8;
/// Imbalance that is worth a word.
const UNEVEN: f64 = 1.5;

/// The hints for a point.
pub(crate) fn hints(p: &Point) -> Vec<String> {
    let mut hints = Vec::new();
    hints.extend(uneven(&p.load));
    let visited = p.load.counts.len() - p.load.idle;
    let rows = p.load.rows() as f64 / visited.max(1) as f64;
    let products: Vec<_> = p.phases.iter().filter(|f| ["gate_up", "down", "experts"].contains(&f.name.as_str())).collect();
    if !products.is_empty() && products.iter().all(|f| f.bound_by == BoundBy::Memory) {
        let cure = match p.precision {
            Precision::Bf16 => "w8a8 halves the bytes",
            Precision::W8a8 => "w4a16 halves the bytes",
            Precision::W4a16 => "a larger batch shares them",
        };
        hints.push(format!("{rows:.1} rows for each of {visited} visited experts: bound by reading weights; {cure}"));
    }
    if let Some(cost) = p.imbalance_cost.filter(|c| *c > 1.05) {
        hints.push(format!("imbalance costs: {cost:.2} times the time at uniform load"));
    }
    let device: f64 = p.phases.iter().map(|f| f.device_us.median).sum();
    let launched: f64 = p.phases.iter().filter(|f| f.bound_by == BoundBy::Launch).map(|f| f.device_us.median).sum();
    if launched > 0.2 * device {
        hints.push(format!("phases that wait for their launch are {:.0} % of the time: capture a graph", 100.0 * launched / device));
    }
    let around: f64 =
        p.phases.iter().filter(|f| ["init_routing", "activation", "finalize"].contains(&f.name.as_str())).map(|f| f.device_us.median).sum();
    if around > 0.25 * device {
        hints.push(format!(
            "routing and activation are {:.0} % of the time: --path fused saves their trips through memory",
            100.0 * around / device
        ));
    }
    hints
}

fn uneven(load: &Load) -> Option<String> {
    // A few rows are always uneven.
    if load.max_over_mean < UNEVEN || load.rows() < 2 * load.counts.len() {
        return None;
    }
    let (n, busiest) = (load.counts.len(), load.half_experts);
    let mut hint = format!(
        "{busiest} of {n} experts got {:.0} % of the rows, the busiest {:.1} times the mean",
        100.0 * load.share_of_busiest(busiest),
        load.max_over_mean
    );
    if n < 2 * RANKS {
        return Some(hint);
    }
    // Copies that share out, at least one for each rank.
    let copies = RANKS - n % RANKS;
    let before = Placement::contiguous(n, RANKS).ok()?.imbalance(&load.counts);
    if let Ok(placement) = Placement::balanced(&load.counts, copies, RANKS) {
        hint += &format!(
            "; over {RANKS} ranks that is {before:.2} times the mean, with {copies} redundant copies {:.2}",
            placement.imbalance(&load.counts)
        );
    }
    Some(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uneven_load_is_told_with_what_copies_would_give() {
        let mut counts = vec![4; 32];
        counts[3] = 200;
        let hint = uneven(&Load::of_counts(counts)).unwrap();
        assert!(hint.starts_with("1 of 32 experts got 62 % of the rows, the busiest 19.8 times the mean"), "{hint}");
        // Before: 200 + 12 rows on one of 8 ranks with 324 in all.
        assert!(hint.contains("5.23 times the mean, with 8 redundant copies 1."), "{hint}");
    }

    #[test]
    fn even_load_and_few_rows_give_no_hint() {
        assert_eq!(uneven(&Load::of_counts(vec![10; 32])), None);
        assert_eq!(uneven(&Load::of_counts(vec![0, 0, 1, 0])), None);
    }
}
