//! Broken attention kernels. Those that only look at sequences serve MLA too.

use ascend_hal::ops::{Attention, Role, Sequences};
use ascend_hal::{DType, Error, OpCall, OpKind, Result, TensorView, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &Attention {
    call.try_into().expect("an attention call")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::Attention, breaks, run };
    vec![
        mutant("no_tokens", refuses_no_tokens),
        mutant("empty_sequence", spoils_sequences_without_keys),
        mutant("causal_bottom_right", aligns_top_left),
        mutant("before_first_key", sees_the_first_key_always),
        mutant("window_exact", counts_the_window_without_its_own_place),
        mutant("masked_row", sees_everything_when_all_is_masked),
        mutant("sinks", forgets_sinks),
        mutant("sink_alone", forgets_sinks_of_rows_that_see_nothing),
        mutant("softcap", forgets_the_softcap),
        mutant("large_logits", overflows),
        mutant("infinite_logit", clears_nan),
        mutant("masked_nan", multiplies_masked_keys_by_zero),
        mutant("visible_nan", clears_nan),
        mutant("tail_untouched", clears_the_tail),
        mutant("unused_slots", multiplies_unused_slots_by_zero),
        mutant("bad_table", takes_any_table),
        mutant("bad_lengths", takes_any_lengths),
    ]
}

/// An output of a call.
fn output<'a>(call: &'a OpCall, name: &str) -> Option<&'a TensorView> {
    let mut found = None;
    call.visit(&mut |arg| {
        if arg.role != Role::In && arg.name == name {
            found = Some(arg.view);
        }
    });
    found
}

/// The call's outputs by row: `f` gets the row and its elements.
pub fn each_row(call: &OpCall, mut f: impl FnMut(usize, &mut [f64])) -> Result<()> {
    for name in ["out", "lse"] {
        let Some(view) = output(call, name).filter(|v| v.numel() > 0) else { continue };
        let width = view.numel() / view.dim(0);
        patch(view, |x| x.chunks_mut(width).enumerate().for_each(|(row, x)| f(row, x)))?;
    }
    Ok(())
}

/// The call's sequences.
pub fn sequences(call: &OpCall) -> Result<Sequences> {
    match call {
        OpCall::Attention(op) => op.sequences(host::to_i64),
        OpCall::MlaDecode(op) => op.sequences(host::to_i64),
        OpCall::MlaPrefill(op) => op.sequences(host::to_i64),
        other => panic!("{} has no sequences", other.kind()),
    }
}

/// Fills the rows of the sequences that `which` picks with NaN.
fn spoil(call: &OpCall, which: impl Fn(&Sequences, usize) -> bool) -> Result<()> {
    let seq = sequences(call)?;
    let bad: Vec<_> = (0..seq.queries.len()).filter(|&b| which(&seq, b)).map(|b| seq.queries[b].clone()).collect();
    each_row(call, |row, x| {
        if bad.iter().any(|rows| rows.contains(&row)) {
            x.fill(f64::NAN);
        }
    })
}

pub fn refuses_no_tokens(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if output(call, "out").is_some_and(|out| out.numel() == 0) {
        return Err(Error::Value { op: call.kind(), argument: "q_lens", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

pub fn spoils_sequences_without_keys(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    spoil(call, |seq, b| seq.keys.len(b) == 0)
}

/// The same call with a mask in place of causal and window: `sees` says whether query `i` of `S` sees key `j` of `L`.
fn with_sight(call: &OpCall, sees: impl Fn(&Attention, [i64; 4]) -> bool) -> Result<OpCall> {
    let (op, seq) = (op(call), sequences(call)?);
    let columns = (0..seq.keys.sequences()).map(|b| seq.keys.len(b)).max().unwrap_or(0);
    let mut mask = vec![0u8; op.q.dim(0) * columns];
    for (b, rows) in seq.queries.iter().enumerate() {
        for t in rows.clone() {
            for j in 0..seq.keys.len(b) {
                let at = [t - rows.start, rows.len(), j, seq.keys.len(b)].map(|x| x as i64);
                mask[t * columns + j] = u8::from(sees(op, at));
            }
        }
    }
    let mut op = op.clone().with_mask(host::tensor(&mask, [op.q.dim(0), columns])?);
    op.window = None;
    Ok(op.into())
}

fn within(op: &Attention, place: i64, j: i64) -> bool {
    j <= place && op.window.is_none_or(|w| place - j < w as i64)
}

fn aligns_top_left(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(&with_sight(call, |op, [i, _, j, _]| within(op, i, j))?)
}

fn sees_the_first_key_always(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(&with_sight(call, |op, [i, s, j, l]| within(op, (l - s + i).max(0), j))?)
}

/// As with the vendor's `preTokens = W`.
fn counts_the_window_without_its_own_place(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.window = op.window.map(|w| w + 1);
    k.run(&op.into())
}

fn sees_everything_when_all_is_masked(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    let view = op.mask.as_ref().expect("a mask");
    let mut mask = host::to_vec::<u8>(view)?;
    for row in mask.chunks_mut(view.dim(1)).filter(|row| row.iter().all(|&x| x == 0)) {
        row.fill(1);
    }
    op.mask = Some(host::tensor(&mask, *view.shape())?);
    k.run(&op.into())
}

fn forgets_sinks(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.sinks = None;
    k.run(&op.into())
}

fn forgets_sinks_of_rows_that_see_nothing(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let op = op(call);
    let (out, lse) = (host::zeros(op.out.dtype(), *op.out.shape())?, host::zeros(DType::F32, [op.q.dim(0), op.q.dim(1)])?);
    let mut alone = op.clone().with_lse(lse.clone());
    (alone.sinks, alone.out) = (None, out);
    k.run(&alone.into())?;
    let alone = host::to_f64(&lse)?;
    patch(op.lse.as_ref().expect("lse"), |x| x.iter_mut().zip(alone).filter(|(_, a)| *a == f64::NEG_INFINITY).for_each(|(x, a)| *x = a))
}

fn forgets_the_softcap(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let mut op = op(call).clone();
    op.softcap = None;
    k.run(&op.into())
}

/// Exponentials of logits as they are: their sum is infinite from `exp(88.8)` on.
pub fn overflows(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let lse = host::to_f64(output(call, "lse").expect("lse"))?;
    patch(output(call, "out").expect("out"), |out| {
        let width = out.len() / lse.len();
        for (out, _) in out.chunks_mut(width).zip(&lse).filter(|(_, lse)| **lse > 88.7) {
            out.fill(f64::NAN);
        }
    })
}

pub fn clears_nan(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    each_row(call, |_, x| x.iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = 0.0))
}

/// Masked keys get weight 0 and take part: 0 * NaN reaches every row of the sequence.
fn multiplies_masked_keys_by_zero(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let keys = op(call).kv.k();
    let values = host::to_f64(keys)?;
    let width: usize = keys.shape()[keys.rank() - 2..].iter().product();
    spoil(call, |seq, b| {
        let rows = (0..seq.keys.len(b)).map(|j| seq.keys.row(b, j));
        rows.into_iter().any(|row| values[row * width..][..width].iter().any(|x| x.is_nan()))
    })
}

pub fn clears_the_tail(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let rows = sequences(call)?.queries.last().map_or(0, |r| r.end);
    each_row(call, |row, x| {
        if row >= rows {
            x.fill(0.0);
        }
    })
}

/// The last page is read to its end with weight 0 for slots beyond the sequence: 0 * NaN.
pub fn multiplies_unused_slots_by_zero(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let page = match call {
        OpCall::MlaDecode(op) => op.latent_cache.dim(1),
        _ => op(call).kv.k().dim(1),
    };
    spoil(call, |seq, b| seq.keys.len(b) % page != 0)
}

pub fn takes_any_table(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    match k.run(call) {
        Err(Error::Value { argument: "table", .. }) => Ok(()),
        other => other,
    }
}

pub fn takes_any_lengths(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    match k.run(call) {
        Err(Error::Value { argument: "q_lens" | "kv_lens", .. }) => Ok(()),
        other => other,
    }
}
