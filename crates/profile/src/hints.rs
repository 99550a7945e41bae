//! What stands out in a measurement, in words with their numbers.

use crate::render::counted;
use crate::report::{BoundBy, PhaseReport, Point};
use crate::workload::{Load, Placement, Precision};

/// Ranks over which redundant copies are tried.
const RANKS: usize = 8;
/// Imbalance that is worth a word.
const UNEVEN: f64 = 1.5;
/// Share of the time that is worth a word.
const MUCH: f64 = 0.2;
/// Phases that move rows and compute little.
const AROUND: [&str; 3] = ["init_routing", "activation", "finalize"];

/// The hints for a point. `fuses`: the device has one kernel for the expert layer.
pub(crate) fn hints(p: &Point, fuses: impl FnOnce() -> bool) -> Vec<String> {
    let all = [p.load.as_ref().and_then(uneven), weights(p), imbalance(p), launches(p), around(p, fuses), waiting(p), keys(p)];
    all.into_iter().flatten().collect()
}

/// The share of the time that the phases have for which `f` holds.
fn share(p: &Point, f: impl Fn(&PhaseReport) -> bool) -> f64 {
    p.phases.iter().filter(|phase| f(phase)).map(|phase| p.share(phase)).sum()
}

fn weights(p: &Point) -> Option<String> {
    let load = p.load.as_ref()?;
    let mut products = p.phases.iter().filter(|f| ["gate_up", "down", "experts"].contains(&f.name.as_str())).peekable();
    products.peek()?;
    if !products.all(|f| f.bound_by == BoundBy::Memory) {
        return None;
    }
    let visited = load.counts.len() - load.idle;
    if visited == 0 {
        return None;
    }
    let rows = load.rows() as f64 / visited as f64;
    let cure = match p.precision {
        Precision::Bf16 => "w8a8 halves the bytes",
        Precision::W8a8 => "w4a16 halves the bytes",
        Precision::W4a16 => "a larger batch shares them",
    };
    Some(format!("{rows:.1} rows for each of {}: bound by reading weights; {cure}", counted(visited, "visited expert")))
}

fn imbalance(p: &Point) -> Option<String> {
    let cost = p.imbalance_cost.filter(|c| *c > 1.05)?;
    Some(format!("imbalance costs: {cost:.2} times the time at uniform load"))
}

fn launches(p: &Point) -> Option<String> {
    let launched = share(p, |f| f.bound_by == BoundBy::Launch);
    (launched > MUCH).then(|| {
        let step = if p.step.is_empty() { "the time" } else { p.step.split(' ').next().unwrap_or_default() };
        format!("host launch: phases that wait for it are {:.0} % of {step}; capture a graph", 100.0 * launched)
    })
}

fn around(p: &Point, fuses: impl FnOnce() -> bool) -> Option<String> {
    let part = share(p, |f| AROUND.contains(&f.name.as_str()));
    (part > MUCH).then(|| {
        let cure = if fuses() { ": --path fused saves their trips through memory" } else { "" };
        format!("routing and activation are {:.0} % of the time{cure}", 100.0 * part)
    })
}

fn waiting(p: &Point) -> Option<String> {
    p.phases.iter().find_map(|f| {
        let idle = f.stages.iter().find(|s| s.name == "waiting")?.us.median / f.device_us.median;
        (idle > MUCH).then(|| {
            format!("threads are idle for {:.0} % of {}: pieces too few or too uneven, or processors taken away", 100.0 * idle, f.name)
        })
    })
}

fn keys(p: &Point) -> Option<String> {
    let part = share(p, |f| f.name == "attention" && f.bound_by == BoundBy::Memory);
    (part > 2.0 * MUCH).then(|| {
        format!(
            "reading keys and values is {:.0} % of the time: fewer heads of keys on a rank (--tp), or latents, shorten it",
            100.0 * part
        )
    })
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
    use crate::report::{Percentiles, Rate, Stage};

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

    fn point(phases: Vec<PhaseReport>) -> Point {
        Point { phases, ..Point::empty() }
    }

    fn phase(name: &str, us: f64, bound_by: BoundBy) -> PhaseReport {
        let device_us = Percentiles { p10: us, median: us, p90: us };
        let rate = Rate { tflops: 0.0, gbs: 0.0, roofline: 0.0 };
        PhaseReport {
            name: name.into(),
            times: 1,
            device_us,
            host_us: device_us,
            flops: 0.0,
            bytes: 0.0,
            rate,
            bound_by,
            stages: Vec::new(),
        }
    }

    #[test]
    fn fusing_is_advised_where_there_is_a_kernel_for_it() {
        let layer = point(vec![phase("init_routing", 50.0, BoundBy::Copy), phase("gate_up", 50.0, BoundBy::Compute)]);
        let told = |fuses| hints(&layer, || fuses);
        assert_eq!(told(false), ["routing and activation are 50 % of the time"]);
        assert_eq!(told(true), ["routing and activation are 50 % of the time: --path fused saves their trips through memory"]);
    }

    #[test]
    fn launches_idle_threads_and_keys_are_told_with_their_shares() {
        let mut decode = point(vec![phase("norm", 38.0, BoundBy::Launch), phase("attention", 62.0, BoundBy::Memory)]);
        decode.step = "decode on 8 keys".into();
        let told = hints(&decode, || true);
        assert_eq!(told[0], "host launch: phases that wait for it are 38 % of decode; capture a graph");
        assert!(told[1].starts_with("reading keys and values is 62 %"), "{told:?}");
        let mut fused = phase("experts", 100.0, BoundBy::Compute);
        fused.stages = vec![Stage { name: "waiting".into(), us: Percentiles { p10: 0.0, median: 30.0, p90: 0.0 }, rate: None }];
        assert!(hints(&point(vec![fused]), || true)[0].starts_with("threads are idle for 30 % of experts"));
        assert_eq!(hints(&point(vec![phase("experts", 1.0, BoundBy::Compute)]), || true), Vec::<String>::new());
    }

    #[test]
    fn phases_of_many_layers_count_as_often() {
        let mut once = phase("head", 90.0, BoundBy::Compute);
        once.times = 1;
        let mut often = phase("norm", 10.0, BoundBy::Launch);
        often.times = 61;
        assert_eq!(hints(&point(vec![once, often]), || true).len(), 1);
    }
}
