//! Broken embedding kernels.

use ascend_hal::ops::Embedding;
use ascend_hal::{Error, OpCall, OpKind, Result, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &Embedding {
    call.try_into().expect("an embedding call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::Embedding, breaks, run };
    vec![
        mutant("empty", refuses_empty),
        mutant("repeated_ids", serves_an_id_once),
        mutant("other_shard", leaves_rows_of_other_shards),
        mutant("bad_id", takes_any_id),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).y.numel() == 0 {
        return Err(Error::Value { op: OpKind::Embedding, argument: "ids", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

/// Only the first token of an id gets its row.
fn serves_an_id_once(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let ids = host::to_i64(&op(call).ids)?;
    let h = op(call).y.dim(1);
    patch(&op(call).y, |y| {
        for (t, row) in y.chunks_mut(h).enumerate().filter(|(t, _)| ids[..*t].contains(&ids[*t])) {
            row.fill(t as f64);
        }
    })
}

fn leaves_rows_of_other_shards(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let old = host::to_f64(&op(call).y)?;
    k.run(call)?;
    let ids = host::to_i64(&op(call).ids)?;
    let h = op(call).y.dim(1);
    patch(&op(call).y, |y| {
        for (t, (row, old)) in y.chunks_mut(h).zip(old.chunks(h)).enumerate() {
            if op(call).row(t, ids[t]).is_ok_and(|row| row.is_none()) {
                row.copy_from_slice(old);
            }
        }
    })
}

fn takes_any_id(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    match k.run(call) {
        Err(Error::Value { argument: "ids", .. }) => Ok(()),
        other => other,
    }
}
