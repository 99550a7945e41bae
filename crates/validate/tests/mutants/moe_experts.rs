//! Broken expert networks.

use ascend_hal::ops::MoeExperts;
use ascend_hal::{Error, OpCall, OpKind, Result, TensorView, host};

use crate::patch::patch;
use crate::{Inner, Mutant};

fn op(call: &OpCall) -> &MoeExperts {
    call.try_into().expect("a call of the expert network")
}

pub fn mutants() -> Vec<Mutant> {
    let mutant = |breaks, run| Mutant { op: OpKind::MoeExperts, breaks, run };
    vec![
        mutant("zero_tokens", refuses_empty),
        mutant("no_slots", leaves_tokens_without_slots),
        mutant("empty_expert", adds_every_weight_times_0),
        mutant("one_expert", drops_the_last_token),
        mutant("local_range", wraps_foreign_ids),
        mutant("no_expert", |k, call| k.run(&with_ids(op(call), |op, id| if id == op.experts { op.first_expert } else { id })?)),
        mutant("repeated_expert", takes_an_expert_once),
        mutant("interleaved", |k, call| k.run(&MoeExperts { interleaved: false, ..op(call).clone() }.into())),
        mutant("biases", forgets_to_weigh_the_down_bias),
        mutant("zero_row", divides_by_a_scale_of_0),
        mutant("nan_token", lets_nan_reach_the_next_token),
        mutant("id_out_of_range", takes_any_id),
    ]
}

fn refuses_empty(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).x.numel() == 0 {
        return Err(Error::Value { op: OpKind::MoeExperts, argument: "x", asked: "not empty".into(), found: "nothing".into() });
    }
    k.run(call)
}

/// The same call with other ids.
fn with_ids(op: &MoeExperts, f: impl Fn(&MoeExperts, usize) -> usize) -> Result<OpCall> {
    let ids: Vec<i32> =
        host::to_vec::<i32>(&op.ids)?.into_iter().map(|id| f(op, usize::try_from(id).unwrap_or(usize::MAX)) as i32).collect();
    Ok(MoeExperts { ids: host::tensor(&ids, *op.ids.shape())?, ..op.clone() }.into())
}

fn leaves_tokens_without_slots(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    if op(call).ids.dim(1) == 0 { Ok(()) } else { k.run(call) }
}

fn adds_every_weight_times_0(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let zeros = |view: &TensorView| Ok::<f64, Error>(host::to_f64(view)?.iter().map(|x| 0.0 * x).sum());
    let weight = &op(call).gate_up;
    let sum = zeros(&weight.data)? + weight.quant.as_ref().map_or(Ok(0.0), |q| zeros(&q.scale))?;
    patch(&op(call).y, |y| y.iter_mut().for_each(|y| *y += sum))
}

fn drops_the_last_token(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let hidden = op(call).y.dim(1);
    patch(&op(call).y, |y| y.chunks_mut(hidden).next_back().expect("a token").fill(0.0))
}

fn wraps_foreign_ids(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(&with_ids(op(call), |op, id| op.first_expert + id % op.local().len())?)
}

/// Weights of later slots that name an expert again are ignored.
fn takes_an_expert_once(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let op = op(call);
    let (ids, slots) = (host::to_i64(&op.ids)?, op.ids.dim(1));
    let again = |at: usize| ids[at - at % slots..at].contains(&ids[at]);
    let weights = host::to_vec::<f32>(&op.weights)?;
    let weights: Vec<f32> = weights.into_iter().enumerate().map(|(at, w)| if again(at) { 0.0 } else { w }).collect();
    k.run(&MoeExperts { weights: host::tensor(&weights, *op.weights.shape())?, ..op.clone() }.into())
}

fn forgets_to_weigh_the_down_bias(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    let op = op(call);
    k.run(&MoeExperts { down_bias: None, ..op.clone() }.into())?;
    let (ids, slots, hidden) = (host::to_i64(&op.ids)?, op.ids.dim(1), op.y.dim(1));
    let bias = host::to_f64(op.down_bias.as_ref().expect("a bias"))?;
    patch(&op.y, |y| {
        for (at, id) in ids.iter().enumerate() {
            let bias = &bias[*id as usize * hidden..][..hidden];
            y[at / slots * hidden..][..hidden].iter_mut().zip(bias).for_each(|(y, b)| *y += b);
        }
    })
}

fn divides_by_a_scale_of_0(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let (x, hidden) = (host::to_f64(&op(call).x)?, op(call).y.dim(1));
    patch(&op(call).y, |y| {
        let rows = y.chunks_mut(hidden).zip(x.chunks(hidden));
        rows.filter(|(_, x)| x.iter().all(|&x| x == 0.0)).for_each(|(y, _)| y.fill(f64::NAN));
    })
}

fn lets_nan_reach_the_next_token(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(call)?;
    let hidden = op(call).y.dim(1);
    patch(&op(call).y, |y| {
        let first = y.iter().position(|y| y.is_nan()).expect("a NaN") / hidden;
        y[(first + 1) * hidden] = f64::NAN;
    })
}

fn takes_any_id(k: &Inner<'_>, call: &OpCall) -> Result<()> {
    k.run(&with_ids(op(call), |op, id| id.min(op.experts))?)
}
