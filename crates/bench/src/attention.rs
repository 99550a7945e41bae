//! Attention and MLA.

use ascend_cpu::probe::Peak;
use ascend_hal::ops::{Attention, KvSource, Lengths, MlaCache, MlaDecode, MlaQueries};
use ascend_hal::{DType, DeviceExt, OpCall, Result};

use crate::storage::Storage;
use crate::{Bench, Case};

/// Caches of a decode step that take turns.
const CACHES: usize = 16;

pub(crate) fn attention(bench: &mut Bench<'_>) -> Result<()> {
    let (heads, groups, d) = (32, 8, 128);
    // Queries, keys, and sets of them.
    let cases = [("prefill", 2048, 2048, 1), ("decode", 1, 4096, CACHES)];
    let chosen = bench.chosen(&cases.map(|(name, ..)| name))?;
    for (name, s, l, copies) in cases.into_iter().filter(|(name, ..)| chosen.contains(name)) {
        for storage in bench.storages()? {
            let dtype = storage.activations();
            let mut calls = Vec::new();
            for _ in 0..copies {
                let kv = KvSource::Packed { k: bench.floats(dtype, [l, groups, d])?, v: bench.floats(dtype, [l, groups, d])? };
                let (q, out) = (bench.floats(dtype, [s, heads, d])?, bench.empty(dtype, [s, heads, d])?);
                calls.push(Attention::new(q, kv, lengths(bench, s)?, lengths(bench, l)?, (d as f32).sqrt().recip(), out));
            }
            // The last query alone: what it sees does not depend on the others.
            let whole = &calls[0];
            let (q, out) = (whole.q.narrow(0, s - 1, 1)?, bench.empty(dtype, [1, heads, d])?);
            let last = Attention::new(q, whole.kv.clone(), lengths(bench, 1)?, whole.kv_lens.clone(), whole.scale, out);
            let (y, calls): (_, Vec<OpCall>) = (whole.out.view(), calls.into_iter().map(OpCall::from).collect());
            bench.once(&calls[0])?;
            let max_error = bench.error_against(&last.into(), &y)?;
            measure(bench, format!("{name}_s{s}_l{l}"), s, storage, calls, max_error)?;
        }
    }
    Ok(())
}

pub(crate) fn mla(bench: &mut Bench<'_>) -> Result<()> {
    let (heads, c, r, l, page) = (128, 512, 64, 4096, 128);
    bench.chosen(&["decode"])?;
    let pages: Vec<i32> = (0..(l / page) as i32).collect();
    let mut calls = Vec::new();
    for _ in 0..CACHES {
        let q = MlaQueries { latent: bench.floats(DType::BF16, [1, heads, c])?, rope: bench.floats(DType::BF16, [1, heads, r])? };
        let (latent, rope) = (bench.floats(DType::BF16, [l / page, page, c])?, bench.floats(DType::BF16, [l / page, page, r])?);
        let cache = MlaCache { latent, rope, table: bench.device.upload(&pages, [1, pages.len()])? };
        calls.push(MlaDecode::new(q, cache, lengths(bench, 1)?, lengths(bench, l)?, 0.07, bench.empty(DType::BF16, [1, heads, c])?));
    }
    let y = calls[0].out.view();
    let calls: Vec<OpCall> = calls.into_iter().map(OpCall::from).collect();
    bench.once(&calls[0])?;
    let max_error = bench.error_against(&calls[0], &y)?;
    measure(bench, format!("decode_h{heads}_l{l}"), 1, Storage::Bf16, calls, max_error)
}

fn measure(bench: &mut Bench<'_>, name: String, tokens: usize, storage: Storage, calls: Vec<OpCall>, max_error: f64) -> Result<()> {
    let (cost, f32) = (calls[0].cost(), storage.activations() == DType::F32);
    bench.measure(&Case {
        name,
        tokens,
        dtype: if f32 { "f32" } else { "bf16" },
        calls,
        flops: cost.flops,
        bytes: cost.read_bytes + cost.write_bytes,
        weight_bytes: None,
        peak: if f32 { Peak::F32 } else { Peak::Bf16 },
        max_error,
    })
}

fn lengths(bench: &Bench<'_>, length: usize) -> Result<Lengths> {
    let ends = vec![0, length as i32];
    Ok(Lengths::new(bench.device.upload(&ends, [ends.len()])?).with_host(ends))
}
