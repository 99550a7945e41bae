//! The model of time, on a kernel whose bytes and cycles can be counted by hand.

#![cfg(test)]

use ascend_hal::DType;
use ascend_kernels::model::published::{Compared, compared, median_deviation};
use ascend_kernels::model::workload::{MODELS, each};
use ascend_kernels::model::{Bound, Chip, Launch, Modelled, declare, launch, rates};
use ascend_kernels::twin::missing;

const COUNT: usize = 1 << 22;

fn chip() -> Chip {
    Chip::named("Ascend910B1").unwrap()
}

fn rate(name: &str) -> f64 {
    rates().find(|rate| rate.name == name).unwrap().value
}

/// `z = x + y` with `COUNT` floats, `tile` at a time.
fn add(blocks: u32, tile: u32) -> Modelled {
    let tensor = || Some(declare(DType::F32, [COUNT]).unwrap());
    let arguments = [tensor(), tensor(), tensor()];
    let tiling: Vec<u8> = [COUNT as u32, tile].iter().flat_map(|word| word.to_le_bytes()).collect();
    launch(&Launch { kernel: "add_f32", blocks, arguments: &arguments, workspace_bytes: 0, tiling: &tiling }, &chip()).unwrap()
}

#[test]
fn a_sum_takes_as_long_as_its_bytes_through_the_memory() {
    if missing().is_some() {
        return;
    }
    let modelled = add(48, 4096);
    assert_eq!(modelled.hbm_read, 8 * COUNT as u64);
    assert_eq!(modelled.bound, Bound::Hbm);
    let bytes = 12.0 * COUNT as f64;
    let least = chip().us(bytes / (rate("hbm") * f64::from(chip().cube_cores)));
    // The last bytes written may still be in L2 when the kernel ends.
    assert!((0.99..1.1).contains(&(modelled.us / least)), "{modelled:?}, at least {least} us");
    // 64 floats a cycle.
    let vector = chip().us(COUNT as f64 / 64.0 / 48.0) / modelled.us;
    assert!((modelled.vector_utilisation / vector - 1.0).abs() < 1e-6, "{modelled:?}");
}

#[test]
fn fewer_cores_and_smaller_tiles_take_longer() {
    if missing().is_some() {
        return;
    }
    let full = add(48, 4096).us;
    for (blocks, tile) in [(1, 4096), (4, 4096), (48, 16)] {
        let more = add(blocks, tile).us;
        assert!(more > 1.1 * full, "{blocks} blocks of {tile}: {more} us, {full} us with all");
    }
}

#[test]
fn the_same_launch_is_modelled_alike() {
    if missing().is_none() {
        assert_eq!(add(48, 4096), add(48, 4096));
    }
}

#[test]
fn published_measurements_are_met_within_a_fifth() {
    if missing().is_some() {
        return;
    }
    let points = compared().unwrap();
    let median = median_deviation(&points);
    assert!(median <= 0.2, "{median}: {points:?}");
    for Compared { point, us, deviation } in points {
        println!("| {} | {:.1} | {us:.1} | {:+.0} % |", point.what, point.us, 100.0 * deviation);
        assert!(deviation.abs() <= 0.2 || !point.reason.is_empty(), "{} is off by {deviation} for no reason", point.what);
    }
}

#[test]
fn grouped_products_of_a_prompt_keep_the_cube_at_work() {
    if missing().is_some() {
        return;
    }
    let mut seen = 0;
    let chip = chip();
    each(
        &MODELS[0],
        &chip,
        |kernel| kernel == "grouped_matmul",
        |row| {
            let modelled = row.modelled.unwrap_or_else(|why| panic!("{}: {why}", row.kernel));
            println!("{} {:?} {modelled:?}", row.kernel, row.step);
            if row.step.tokens == 4096 {
                seen += 1;
                assert!(modelled.cube_utilisation >= 0.75, "{modelled:?}");
            }
        },
    )
    .unwrap();
    assert_eq!(seen, 1);
}
