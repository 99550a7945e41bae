//! The model of time, on a kernel whose bytes and cycles can be counted by hand.

#![cfg(test)]

use ascend_hal::DType;
use ascend_kernels::model::published::{Compared, compared, median_deviation};
use ascend_kernels::model::workload::{MODELS, Model, Step, each_changed};
use ascend_kernels::model::{Bound, Chip, Launch, Modelled, declare, launch, rates};
use ascend_kernels::plan::Plan;
use ascend_kernels::tiling::AttentionTiling;
use ascend_kernels::tiling::grouped_matmul::GroupedMatmulTiling;
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

/// A change to what the host planned.
type Change<'a> = &'a dyn Fn(&mut Plan);

/// The row of one kernel at one step of a model, with what the host planned changed.
fn modelled(kernel: &str, model: &Model, step: Step, change: Change<'_>) -> (Modelled, f64) {
    let mut found = None;
    each_changed(
        model,
        &chip(),
        |name, at| name == kernel && at == step,
        change,
        |row| {
            let figures = row.modelled.unwrap_or_else(|why| panic!("{kernel} of {}: {why}", row.model));
            assert!(found.replace((figures, row.least_us)).is_none(), "{kernel} comes twice in {step:?}");
        },
    )
    .unwrap();
    found.unwrap_or_else(|| panic!("no {kernel} of {} in {step:?}", model.name))
}

const PROMPT: Step = Step { phase: "prefill", tokens: 4096, context: None };
const CHUNK: Step = Step { phase: "prefill", tokens: 4096, context: Some(8192) };

/// Changes a tiling struct.
fn retiled<T: bytemuck::Pod>(change: fn(&mut T)) -> impl Fn(&mut Plan) {
    move |plan| {
        let mut tiling: T = bytemuck::pod_read_unaligned(&plan.tiling);
        change(&mut tiling);
        plan.tiling = bytemuck::bytes_of(&tiling).into();
    }
}

#[test]
fn grouped_products_of_a_prompt_take_no_longer_than_the_roofline_asks_for() {
    if missing().is_some() {
        return;
    }
    for model in &MODELS {
        let (modelled, least_us) = modelled("grouped_matmul", model, PROMPT, &|_| {});
        println!("| {} | {least_us:.0} | {:.0} | {:.1} % |", model.name, modelled.us, 100.0 * modelled.cube_utilisation);
        // A model of time that is faster than the roofline would be wrong; 5 % are for what starts and ends a launch, and for rows that fill up a tile.
        assert!((0.95..=1.005).contains(&(least_us / modelled.us)), "{}: {modelled:?}, at least {least_us} us", model.name);
    }
}

/// The share of the cube as planned, which is at least `least`, and with each change, which costs at least a tenth of it.
fn each_change_costs_a_tenth(kernel: &str, step: Step, least: f64, changes: &[(&str, Change<'_>)]) {
    let share = |change: Change<'_>| modelled(kernel, &MODELS[0], step, change).0.cube_utilisation;
    let planned = share(&|_| {});
    println!("| `{kernel}` | as planned | {:.1} % |", 100.0 * planned);
    assert!(planned >= least, "{kernel}: {planned}");
    for (what, change) in changes {
        let changed = share(change);
        println!("| `{kernel}` | {what} | {:.1} % |", 100.0 * changed);
        assert!(changed <= 0.9 * planned, "{kernel}, {what}: {changed} of {planned}");
    }
}

fn one_core(plan: &mut Plan) {
    plan.blocks = 1;
}

#[test]
fn a_grouped_product_without_one_of_its_tricks_keeps_less_of_the_cube() {
    if missing().is_some() {
        return;
    }
    each_change_costs_a_tenth(
        "grouped_matmul",
        PROMPT,
        0.75,
        &[
            ("nothing loaded ahead", &retiled::<GroupedMatmulTiling>(|t| t.l1_stages = 1)),
            ("half the tile", &retiled::<GroupedMatmulTiling>(|t| t.tile_m /= 2)),
            ("one core", &one_core),
        ],
    );
}

/// As planned for f16, whose weights are two numbers instead of three: less to multiply, as much to do for the vector cores.
fn in_f16(plan: &mut Plan) {
    plan.kernel = "flash_attention_f16";
    retiled::<AttentionTiling>(|t| t.weight_terms = 2)(plan);
}

#[test]
fn attention_in_f16_takes_less_time_than_in_bf16() {
    if missing().is_some() {
        return;
    }
    let [f16, bf16] = [&in_f16 as Change<'_>, &|_| {}].map(|change| modelled("flash_attention", &MODELS[0], CHUNK, change).0);
    println!("| `flash_attention` | f16: {:.0} us, bf16: {:.0} us | {:.1} % |", f16.us, bf16.us, 100.0 * f16.cube_utilisation);
    assert!(f16.cube_utilisation >= 0.35 && f16.us < bf16.us, "{f16:?}, {bf16:?}");
}

#[test]
fn attention_without_one_of_its_tricks_keeps_less_of_the_cube() {
    if missing().is_some() {
        return;
    }
    each_change_costs_a_tenth(
        "flash_attention",
        CHUNK,
        0.35,
        &[
            ("no step ahead", &retiled::<AttentionTiling>(|t| t.ahead = 0)),
            ("half the tile", &retiled::<AttentionTiling>(|t| t.tile_keys /= 2)),
            ("one core", &one_core),
        ],
    );
}
