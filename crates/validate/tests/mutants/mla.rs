//! Broken kernels of latent attention.

use ascend_hal::ops::{Lengths, MlaDecode, MlaPrefill};
use ascend_hal::{OpCall, OpKind, Result, TensorView, host};

use crate::attention::{
    clears_nan, clears_the_tail, each_row, multiplies_unused_slots_by_zero, overflows, refuses_no_tokens, sequences,
    spoils_sequences_without_keys, takes_any_lengths, takes_any_table,
};
use crate::patch::patch;
use crate::{Inner, Mutant};

pub fn mutants() -> Vec<Mutant> {
    let decode = |breaks, run| Mutant { op: OpKind::MlaDecode, breaks, run };
    let prefill = |breaks, run| Mutant { op: OpKind::MlaPrefill, breaks, run };
    vec![
        decode("no_tokens", refuses_no_tokens),
        decode("empty_sequence", spoils_sequences_without_keys),
        decode("causal_bottom_right", aligns_top_left),
        decode("before_first_key", sees_the_first_key_always),
        decode("large_logits", overflows),
        decode("infinite_logit", clears_nan),
        decode("masked_nan", multiplies_masked_keys_by_zero),
        decode("visible_nan", clears_nan),
        decode("tail_untouched", clears_the_tail),
        decode("unused_slots", multiplies_unused_slots_by_zero),
        decode("bad_table", takes_any_table),
        decode("bad_lengths", takes_any_lengths),
        prefill("no_tokens", refuses_no_tokens),
        prefill("empty_sequence", spoils_sequences_without_keys),
        prefill("causal_bottom_right", sees_everything),
        prefill("before_first_key", takes_the_first_value),
        prefill("large_logits", overflows),
        prefill("infinite_logit", clears_nan),
        prefill("masked_nan", multiplies_masked_keys_by_zero),
        prefill("visible_nan", clears_nan),
        prefill("tail_untouched", clears_the_tail),
        prefill("bad_lengths", takes_any_lengths),
    ]
}

/// The same queries, each as a sequence of its own that sees the first `keys(i, S, L)` keys.
fn one_by_one(call: &OpCall, keys: impl Fn(usize, usize, usize) -> usize) -> Result<OpCall> {
    let op: &MlaDecode = call.try_into()?;
    let seq = sequences(call)?;
    let ids = host::to_vec::<i32>(&op.table)?;
    let columns = op.table.dim(1);
    let (mut table, mut q, mut kv) = (Vec::new(), vec![0i32], vec![0i32]);
    for (b, rows) in seq.queries.iter().enumerate() {
        for i in 0..rows.len() {
            table.extend_from_slice(&ids[b * columns..][..columns]);
            q.push(q[q.len() - 1] + 1);
            kv.push(kv[kv.len() - 1] + keys(i, rows.len(), seq.keys.len(b)) as i32);
        }
    }
    let lengths = |sum: &[i32]| -> Result<Lengths> { Ok(Lengths::new(host::tensor(sum, [sum.len()])?)) };
    let table = host::tensor(&table, [q.len() - 1, columns])?;
    Ok(MlaDecode { table, q_lens: lengths(&q)?, kv_lens: lengths(&kv)?, ..op.clone() }.into())
}

fn aligns_top_left(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(&one_by_one(call, |i, _, l| (i + 1).min(l))?)
}

fn sees_the_first_key_always(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(&one_by_one(call, |i, s, l| (l + i + 1).saturating_sub(s).max(1).min(l))?)
}

fn sees_everything(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let op: &MlaPrefill = call.try_into()?;
    k.run(&op.clone().without_causal().into())
}

/// Rows that see nothing get the first key's value.
fn takes_the_first_value(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op: &MlaPrefill = call.try_into()?;
    let (seq, v) = (sequences(call)?, host::to_f64(&op.v)?);
    let width = op.v.dim(1) * op.v.dim(2);
    patch(&op.out, |out| {
        for (b, rows) in seq.queries.iter().enumerate() {
            for t in rows.clone().take(rows.len().saturating_sub(seq.keys.len(b))) {
                out[t * width..][..width].copy_from_slice(&v[seq.keys.row(b, 0) * width..][..width]);
            }
        }
    })
}

/// Masked keys get weight 0 and take part: 0 * NaN reaches every row of the sequence.
fn multiplies_masked_keys_by_zero(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let rope: &TensorView = match call {
        OpCall::MlaDecode(op) => &op.rope_cache,
        OpCall::MlaPrefill(op) => &op.k_rope,
        other => panic!("{} has no rope part", other.kind()),
    };
    let (seq, rope_values, r) = (sequences(call)?, host::to_f64(rope)?, rope.shape().last_or_one());
    let nan = |b: usize| (0..seq.keys.len(b)).any(|j| rope_values[seq.keys.row(b, j) * r].is_nan());
    let bad: Vec<_> = (0..seq.queries.len()).filter(|&b| nan(b)).map(|b| seq.queries[b].clone()).collect();
    each_row(call, |row, x| {
        if bad.iter().any(|rows| rows.contains(&row)) {
            x.fill(f64::NAN);
        }
    })
}
