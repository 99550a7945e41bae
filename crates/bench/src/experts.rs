//! The fused expert layer.

use ascend_hal::ops::{MoeExperts, Weight};
use ascend_hal::{DeviceExt, OpCall, Result};

use crate::storage::{Storage, noise};
use crate::{Bench, Case, Spread, largest_error};

/// Experts, experts per token, hidden and intermediate size.
const CASES: [(&str, [usize; 4]); 3] = [("a", [128, 8, 2048, 768]), ("b", [16, 8, 7168, 2048]), ("c", [64, 6, 2048, 1408])];
/// Sets of experts that take turns.
const VARIANTS: usize = 4;

pub(crate) fn all(bench: &mut Bench<'_>) -> Result<()> {
    let storages = bench.storages()?;
    for (name, sizes) in chosen(bench)? {
        for &storage in &storages {
            let weights = Weights::new(bench, sizes, storage)?;
            for tokens in bench.options.tokens.clone() {
                let case = prepare(bench, name, sizes, storage, &weights, tokens)?;
                bench.measure(&case)?;
            }
        }
    }
    Ok(())
}

/// Names and sizes of the cases that are asked for.
pub(crate) fn chosen(bench: &Bench<'_>) -> Result<Vec<(&'static str, [usize; 4])>> {
    let chosen = bench.chosen(&CASES.map(|(name, _)| name))?;
    Ok(CASES.into_iter().filter(|(name, _)| chosen.contains(name)).collect())
}

/// The experts of a case.
pub(crate) struct Weights {
    gate_up: Weight,
    down: Weight,
}

impl Weights {
    pub(crate) fn new(bench: &Bench<'_>, [e, _, h, i]: [usize; 4], storage: Storage) -> Result<Self> {
        Ok(Self { gate_up: bench.weight(storage, &[e, 2 * i, h], 1)?, down: bench.weight(storage, &[e, h, i], 2)? })
    }
}

/// The layer on `tokens` tokens, checked.
pub(crate) fn prepare(
    bench: &Bench<'_>,
    name: &str,
    [e, k, h, i]: [usize; 4],
    storage: Storage,
    experts: &Weights,
    tokens: usize,
) -> Result<Case> {
    let (x, values) = bench.activations(storage, [tokens, h], storage.input_size(h))?;
    let routes: Vec<usize> = (0..tokens).flat_map(|t| choose(k, e, t as u64)).collect();
    let weights: Vec<f32> = (0..tokens * k).map(|i| 0.5 + 0.4 * noise(i, 5)).collect();
    let y = bench.empty(storage.activations(), [tokens, h])?;
    let ids = |variant: usize| {
        let mut ids: Vec<i32> = routes.iter().map(|id| ((id + 8 * variant) % e) as i32).collect();
        if bench.options.spread == Spread::HalfToOne {
            ids.chunks_mut(k).step_by(2).filter(|slots| !slots.contains(&0)).for_each(|slots| slots[0] = 0);
        }
        ids
    };
    let mut calls = Vec::new();
    for variant in 0..VARIANTS {
        let ids = bench.device.upload(&ids(variant), [tokens, k])?;
        let weights = bench.device.upload(&weights, [tokens, k])?;
        let op = MoeExperts::new(x.clone(), ids, weights, experts.gate_up.clone(), experts.down.clone(), y.clone());
        calls.push(OpCall::from(if storage == Storage::Int8 { op.with_quantized_activations() } else { op }));
    }
    bench.once(&calls[0])?;
    let (token, ids) = (tokens / 2, ids(0));
    let slots: Vec<(usize, f64)> = (token * k..(token + 1) * k).map(|at| (ids[at] as usize, weights[at].into())).collect();
    let want = network(storage, &values[token * h..][..h], &slots, h, i);
    let max_error = largest_error(&bench.read(&y)?[token * h..][..h], &want);
    let mut used = vec![false; e];
    ids.iter().for_each(|&id| used[id as usize] = true);
    let elements = (used.iter().filter(|&&used| used).count() * 3 * h * i) as f64;
    let weight_bytes = elements * storage.bits_per_weight() / 8.0;
    Ok(Case {
        name: name.into(),
        tokens,
        dtype: storage.name(),
        calls,
        flops: 6.0 * (tokens * k * h * i) as f64,
        bytes: weight_bytes,
        weight_bytes: Some(weight_bytes),
        peak: storage.peak(),
        max_error,
    })
}

/// `k` of `e` experts, each once.
fn choose(k: usize, e: usize, seed: u64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..e).collect();
    for i in 0..k {
        let other = i + ((noise(i, seed + 1000) + 1.0) / 2.0 * (e - i) as f32) as usize;
        all.swap(i, other.min(e - 1));
    }
    all.truncate(k);
    all
}

/// What one token should give.
fn network(storage: Storage, x: &[f32], slots: &[(usize, f64)], h: usize, i: usize) -> Vec<f64> {
    let x: Vec<f64> = x.iter().map(|&x| x.into()).collect();
    let mut y = vec![0.0; h];
    for &(e, weight) in slots {
        let gate_up: Vec<f64> = (0..2 * i).map(|row| storage.dot((e * 2 * i + row) * h, h, 1, &x)).collect();
        let activated: Vec<f64> = (0..i).map(|j| gate_up[j] / (1.0 + (-gate_up[j]).exp()) * gate_up[i + j]).collect();
        for (row, y) in y.iter_mut().enumerate() {
            *y += weight * storage.dot((e * h + row) * i, i, 2, &activated);
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choose_takes_every_expert_at_most_once() {
        for seed in 0..100 {
            let mut chosen = choose(8, 16, seed);
            chosen.sort_unstable();
            chosen.dedup();
            assert!(chosen.len() == 8 && chosen.iter().all(|&e| e < 16));
        }
    }
}
