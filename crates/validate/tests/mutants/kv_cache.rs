//! Broken kernels of the paged cache.

use ascend_hal::ops::{KvCacheGather, KvCacheWrite};
use ascend_hal::{Error, OpCall, OpKind, Result, host};

use crate::attention::{takes_any_lengths, takes_any_table};
use crate::patch::patch;
use crate::{Inner, Mutant};

pub fn mutants() -> Vec<Mutant> {
    let write = |breaks, run| Mutant { op: OpKind::KvCacheWrite, breaks, run };
    let gather = |breaks, run| Mutant { op: OpKind::KvCacheGather, breaks, run };
    vec![
        write("no_tokens", clears_the_first_slot),
        write("skip", writes_skipped_rows_to_the_first_slot),
        write("rest_untouched", clears_the_rest),
        write("special_values", clears_nan_in_the_cache),
        write("bad_slot", takes_any_slots),
        write("duplicate_slot", takes_any_slots),
        gather("no_tokens", refuses_no_tokens),
        gather("empty_sequence", stops_at_an_empty_sequence),
        gather("tail_untouched", clears_the_tail),
        gather("special_values", clears_nan_in_the_rows),
        gather("partial_page", copies_whole_pages),
        gather("bad_table", takes_any_table),
        gather("bad_lengths", takes_any_lengths),
    ]
}

fn written(call: &OpCall) -> &KvCacheWrite {
    call.try_into().expect("a cache write")
}

fn gathered(call: &OpCall) -> &KvCacheGather {
    call.try_into().expect("a cache gather")
}

fn clears_the_first_slot(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&written(call).k_cache, |cache| cache[0] = 0.0)
}

fn writes_skipped_rows_to_the_first_slot(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op = written(call);
    let (slots, rows) = (host::to_i64(&op.slots)?, host::to_f64(&op.k)?);
    let width = rows.len() / slots.len();
    patch(&op.k_cache, |cache| {
        for (row, _) in rows.chunks(width).zip(&slots).filter(|(_, slot)| **slot == -1) {
            cache[..width].copy_from_slice(row);
        }
    })
}

fn clears_the_rest(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op = written(call);
    let slots = host::to_i64(&op.slots)?;
    let width = op.k.numel() / slots.len();
    patch(&op.k_cache, |cache| {
        for (slot, row) in cache.chunks_mut(width).enumerate().filter(|(slot, _)| !slots.contains(&(*slot as i64))) {
            row.fill(slot as f64);
        }
    })
}

fn clears_nan_in_the_cache(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op = written(call);
    let slots = host::to_i64(&op.slots)?;
    let width = op.k.numel() / slots.len();
    patch(&op.k_cache, |cache| {
        for slot in slots {
            cache[slot as usize * width..][..width].iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.0);
        }
    })
}

fn takes_any_slots(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    match k.run(call) {
        Err(Error::Value { argument: "slots", .. }) => Ok(()),
        other => other,
    }
}

fn refuses_no_tokens(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if gathered(call).out.numel() == 0 {
        return Err(Error::Value { op: OpKind::KvCacheGather, argument: "kv_lens", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

/// Rows of sequences behind an empty one are not copied.
fn stops_at_an_empty_sequence(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let old = host::to_f64(&gathered(call).out)?;
    k.run(call)?;
    let keys = gathered(call).rows(host::to_i64)?;
    let width: usize = gathered(call).out.shape()[1..].iter().product();
    let Some(empty) = (0..keys.sequences()).find(|&b| keys.len(b) == 0) else { return Ok(()) };
    let from = keys.start(empty) * width;
    patch(&gathered(call).out, |out| out[from..].copy_from_slice(&old[from..]))
}

fn clears_the_tail(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let keys = gathered(call).rows(host::to_i64)?;
    let rows: usize = (0..keys.sequences()).map(|b| keys.len(b)).sum();
    let width: usize = gathered(call).out.shape()[1..].iter().product();
    patch(&gathered(call).out, |out| out[rows * width..].fill(0.0))
}

fn clears_nan_in_the_rows(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    patch(&gathered(call).out, |out| out.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.0))
}

/// Junk behind a sequence's last key lands on the first rows of the next sequence.
fn copies_whole_pages(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op = gathered(call);
    let keys = op.rows(host::to_i64)?;
    let cache = host::to_f64(&op.cache)?;
    let width: usize = op.out.shape()[1..].iter().product();
    patch(&op.out, |out| {
        for b in 0..keys.sequences().saturating_sub(1) {
            let len = keys.len(b);
            if len % op.cache.dim(1) != 0 {
                let (from, to) = ((keys.row(b, len - 1) + 1) * width, (keys.start(b) + len) * width);
                out[to..][..width].copy_from_slice(&cache[from..][..width]);
            }
        }
    })
}
