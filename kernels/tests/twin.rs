//! The twin itself, on a kernel that is small enough to see through.

mod common;
#[path = "../examples/validate_silu.rs"]
mod example;

use ascend_kernels::twin::{Call, Error, Options, Outcome, Schedule, every_site_matters};

const COUNT: usize = 1000;

fn x() -> Vec<f32> {
    (0..COUNT).map(|i| i as f32).collect()
}

fn add(blocks: u32, tile: u32) -> Call {
    let mut call = Call::new("add_f32", blocks);
    call.input(&x()).input(&vec![0.5f32; COUNT]).output::<f32>(COUNT).workspace(0).tiling(&[COUNT as u32, tile]);
    call
}

fn right(outcome: &Outcome) -> bool {
    outcome.read::<f32>(2).iter().zip(x()).all(|(z, x)| *z == x + 0.5)
}

#[test]
fn sums_are_right_under_every_schedule_and_number_of_blocks() {
    if common::no_twin() {
        return;
    }
    for blocks in [1, 2, 3, 20, 24] {
        for schedule in Schedule::all(20) {
            let outcome = add(blocks, 64).run(&Options::schedule(schedule)).unwrap_or_else(|e| panic!("{blocks} blocks, {schedule}: {e}"));
            assert!(right(&outcome), "{blocks} blocks, {schedule}");
            assert!(outcome.report.counts.flags_waited > 0 && outcome.report.counts.instructions > outcome.report.counts.flags_waited);
        }
    }
}

#[test]
fn a_mask_of_bits_leaves_other_lanes_alone() {
    if common::no_twin() {
        return;
    }
    let x: Vec<f32> = (0..64).map(|i| (i * 7 % 13) as f32).collect();
    let y: Vec<f32> = (0..64).map(|i| (i * 5 % 11) as f32).collect();
    let mut call = Call::new("masks_f32", 1);
    call.input(&x).input(&y).output::<f32>(4 * 64).workspace(0).tiling(&[0u32]);
    let results: [fn(f32, f32) -> f32; 4] =
        [|x, y| 1.0 + x * y, |x, _| 1.0 + 2.0 * x, |x, y| if x < y { x } else { 0.0 }, |x, y| if x < y { x } else { y }];
    let expected: Vec<f32> =
        results.iter().flat_map(|f| (0..64).map(|i| if i % 2 == 0 { f(x[i], y[i]) } else { 1.0 }).collect::<Vec<_>>()).collect();
    for schedule in Schedule::all(20) {
        assert_eq!(call.run(&Options::schedule(schedule)).unwrap().read::<f32>(2), expected, "{schedule}");
    }
}

#[test]
fn the_example_validates_its_kernel() {
    example::validate().unwrap();
}

#[test]
fn a_seed_gives_the_same_run_again() {
    if common::no_twin() {
        return;
    }
    // All flags are missing, so that the result shows the order.
    let without: Vec<String> = add(3, 64).run(&Options::default()).unwrap().report.sites.into_iter().map(|site| site.place).collect();
    let run = |seed| {
        let options = Options { schedule: Schedule::Random(seed), check_order: false, without: without.clone(), ..Options::default() };
        add(3, 64).run(&options).map(|outcome| outcome.read::<u32>(2)).map_err(|e| e.to_string())
    };
    for seed in 0..8 {
        assert_eq!(run(seed), run(seed));
    }
}

#[test]
fn every_flag_of_the_sample_is_needed() {
    if common::no_twin() {
        return;
    }
    assert_eq!(every_site_matters(&add(1, 64), 20, right), Ok(vec![]));
}

#[test]
fn schedules_alone_detect_a_missing_flag() {
    if common::no_twin() {
        return;
    }
    let report = add(1, 64).run(&Options::default()).unwrap().report;
    for (set, wait) in report.pairs {
        let without = vec![report.sites[set].place.clone(), report.sites[wait].place.clone()];
        let wrong = (1..=20)
            .filter(|&seed| {
                let options =
                    Options { schedule: Schedule::Random(seed), check_order: false, without: without.clone(), ..Options::default() };
                add(1, 64).run(&options).map_or(true, |outcome| !right(&outcome))
            })
            .count();
        assert!(wrong >= 8, "{without:?} went unnoticed in {} of 20 schedules", 20 - wrong);
    }
}

#[test]
fn launches_that_make_no_sense_are_errors() {
    if common::no_twin() {
        return;
    }
    assert!(matches!(Call::new("nothing", 1).run(&Options::default()), Err(Error::Unknown { .. })));
    assert!(matches!(Call::new("add_f32", 1).run(&Options::default()), Err(Error::Arguments { asked: 5, found: 0, .. })));
    let mut call = add(0, 64);
    assert!(matches!(call.input(&[0u8]).run(&Options::default()), Err(Error::Arguments { .. })));
    assert!(matches!(add(0, 64).run(&Options::default()), Err(Error::NoBlocks { .. })));
}
