//! Broken kernels that need no knowledge of the op: one changed element, a rounding step done otherwise.

use std::collections::BTreeMap;

use ascend_hal::ops::{Compare, PLAIN, Role};
use ascend_hal::{DType, Error, OpCall, OpKind, Result, TensorView};
use ascend_reference::{Aside, Precision, Values};
use ascend_validate::{Case, Gen, Work};

use crate::patch::patch;
use crate::{Inner, caught, device_with};

/// Cases tried for one mutant; the first that fails is enough.
const TRIES: usize = 8;

/// The outputs of `op`, each with cases (plain ones first, of every dtype) whose call has it.
fn outputs(op: OpKind, wanted: impl Fn(Compare, &TensorView) -> bool) -> BTreeMap<(&'static str, DType), Vec<Case>> {
    let mut all: BTreeMap<_, Vec<Case>> = BTreeMap::new();
    let mut cases = ascend_validate::cases::generated(op);
    cases.retain(|c| matches!(c.work, Work::Call(_)));
    cases.sort_by_key(|c| c.covers.first().is_none_or(|c| c.rule != PLAIN));
    for case in cases {
        let Work::Call(build) = &case.work else { continue };
        let call = build(&mut Gen::new(0, &case.name)).unwrap();
        call.visit(&mut |arg| {
            if let Role::Out(compare) = arg.role
                && arg.view.numel() > 0
                && wanted(compare, arg.view)
            {
                let tried = all.entry((arg.name, arg.view.dtype())).or_default();
                if tried.len() < TRIES {
                    tried.push(case.clone());
                }
            }
        });
    }
    all
}

/// Runs `f` on the output called `name`, if the call has it.
fn on_output(call: &OpCall, name: &str, f: impl FnOnce(&TensorView) -> Result<()>) -> Result<()> {
    let mut found = None;
    call.visit(&mut |arg| {
        if arg.name == name && arg.role != Role::In {
            found = Some(arg.view);
        }
    });
    found.map_or(Ok(()), f)
}

/// The unit in the last place of `x` in `dtype`.
fn unit(dtype: DType, x: f64) -> f64 {
    let bits = match dtype {
        DType::F16 => 10,
        DType::BF16 => 7,
        DType::F32 => 23,
        _ => return 1.0,
    };
    2f64.powi((x.abs().max(1e-30).log2().floor() as i32).max(if dtype == DType::F16 { -14 } else { -100 }) - bits)
}

/// A kernel of `op` that changes one element in the middle of output `name`: by 1 in integers, 3 units in 16-bit floats, 64 in f32.
fn one_element(inner: &Inner<'_>, call: &OpCall, name: &'static str) -> Result<()> {
    inner.run(call)?;
    on_output(call, name, |view| {
        let dtype = view.dtype();
        patch(view, |y| {
            let middle = y.len() / 2;
            let by = |x: f64| if dtype == DType::F32 { 64.0 } else { 3.0 } * unit(dtype, x);
            // From the middle on, the first element that is a number.
            let at = (middle..y.len()).chain(0..middle).find(|&i| y[i].is_finite() && (y[i] != 0.0 || !dtype.is_float()));
            let Some(at) = at else { return };
            y[at] = match dtype {
                DType::Bool => 1.0 - y[at],
                d if d.is_float() => y[at] + by(y[at]),
                d => {
                    if d.round(y[at] + 1.0) == y[at] {
                        y[at] - 1.0
                    } else {
                        y[at] + 1.0
                    }
                }
            };
        })
    })
}

#[test]
fn one_changed_element_is_caught_in_every_output_of_every_op() {
    let mut missed = Vec::new();
    for &op in OpKind::ALL {
        let outputs = outputs(op, |_, _| true);
        if outputs.is_empty() {
            missed.push(format!("{op}: no output in any case"));
        }
        for ((name, dtype), cases) in outputs {
            let device = device_with(op, move |inner, call| one_element(inner, call, name));
            if let Err(why) = caught(&device, &cases, name) {
                missed.push(format!("{op}, output {name} in {dtype}: {why}"));
            }
        }
    }
    assert!(missed.is_empty(), "{} not caught:\n{}", missed.len(), missed.join("\n"));
}

/// `x` cut off, not rounded, to `dtype`.
fn truncated(dtype: DType, x: f64) -> f64 {
    let near = dtype.round(x);
    if !dtype.is_float() {
        return x.trunc();
    }
    if near.abs() > x.abs() && near.is_finite() {
        dtype.round(near - unit(dtype, near * (1.0 - 2f64.powi(-20))).copysign(near))
    } else {
        near
    }
}

/// A kernel that has the exact results and stores them cut off: 16-bit floats and codes to their own type; f32 to a bf16, for lack of anything finer that is wrong on every input.
fn cut_off(inner: &Inner<'_>, call: &OpCall, name: &'static str) -> Result<()> {
    inner.run(call)?;
    for output in ascend_reference::run(call, Precision::Exact)?.into_iter().filter(|o| o.name == name) {
        let Values::Float(exact) = output.values else { continue };
        let to = if output.dtype == DType::F32 { DType::BF16 } else { output.dtype };
        on_output(call, name, |view| {
            patch(view, |y| {
                for (i, (y, x)) in y.iter_mut().zip(&exact).enumerate() {
                    if output.written.get(i).copied().unwrap_or(true) && x.is_finite() {
                        *y = truncated(to, *x);
                    }
                }
            })
        })?;
    }
    Ok(())
}

#[test]
fn results_cut_off_instead_of_rounded_are_caught_in_every_op_that_rounds() {
    let mut missed = Vec::new();
    for &op in OpKind::ALL {
        for ((name, dtype), cases) in outputs(op, |compare, _| matches!(compare, Compare::Float | Compare::Quantized)) {
            let rounds = |case: &Case| {
                let Work::Call(build) = &case.work else { return false };
                let call = build(&mut Gen::new(0, &case.name)).unwrap();
                let exact = ascend_reference::run(&call, Precision::Exact).unwrap();
                exact.iter().any(|o| {
                    o.name == name
                        && (o.dtype.is_float() || o.aside == Aside::Unrounded)
                        && matches!(&o.values, Values::Float(v) if v.iter().any(|&x| x.is_finite() && truncated(o.dtype, x) != o.dtype.round(x)))
                })
            };
            let cases: Vec<Case> = cases.into_iter().filter(rounds).collect();
            if cases.is_empty() {
                continue;
            }
            let device = device_with(op, move |inner, call| cut_off(inner, call, name));
            if let Err(why) = caught(&device, &cases, name) {
                missed.push(format!("{op}, output {name} in {dtype}: {why}"));
            }
        }
    }
    assert!(missed.is_empty(), "{} not caught:\n{}", missed.len(), missed.join("\n"));
}

/// A kernel that rounds once, at the end, where the contract rounds on the way too.
fn rounded_once(inner: &Inner<'_>, call: &OpCall) -> Result<()> {
    inner.run(call)?;
    for output in ascend_reference::run(call, Precision::Exact)? {
        let Values::Float(exact) = output.values else { continue };
        on_output(call, output.name, |view| {
            patch(view, |y| {
                for (i, (y, x)) in y.iter_mut().zip(&exact).enumerate() {
                    if output.written.get(i).copied().unwrap_or(true) && !x.is_nan() {
                        *y = output.dtype.round(*x);
                    }
                }
            })
        })?;
    }
    Ok(())
}

#[test]
fn a_rounding_step_on_the_way_that_is_left_out_is_caught() {
    let op = OpKind::MoeExperts;
    let device = device_with(op, rounded_once);
    let mut cases = ascend_validate::cases::generated(op);
    cases.retain(|c| matches!(c.work, Work::Call(_)) && c.covers.iter().any(|c| c.dtype != DType::F32 && c.rule == PLAIN));
    caught(&device, &cases, "y").unwrap_or_else(|why| panic!("{op}: {why}"));
}

#[test]
fn a_kernel_that_gives_other_bits_each_time_is_caught() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let device = device_with(OpKind::Softmax, |inner, call| {
        inner.run(call)?;
        let odd = RUNS.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        // One unit in f32: nobody could call it wrong, but it is not the same.
        on_output(call, "y", |view| patch(view, |y| y[0] += if odd { unit(DType::F32, y[0]) } else { 0.0 }))
    });
    let mut cases = ascend_validate::cases::generated(OpKind::Softmax);
    cases.retain(|c| c.name.contains("/f32/plain/"));
    let why = caught(&device, &cases, "y").unwrap();
    assert!(why.contains("a second run gives other bits"), "{why}");
}

#[test]
fn a_kernel_that_fails_or_panics_is_a_failing_case() {
    let refuses = device_with(OpKind::Softmax, |_, call| {
        Err(Error::Value { op: call.kind(), argument: "x", asked: "something else".into(), found: "this".into() })
    });
    let panics = device_with(OpKind::Softmax, |_, _| panic!("on purpose"));
    let mut cases = ascend_validate::cases::generated(OpKind::Softmax);
    cases.truncate(1);
    assert!(crate::reasons(&refuses, &cases)[0].contains("something else"));
    assert!(crate::reasons(&panics, &cases)[0].contains("on purpose"));
}

/// A correct kernel with another noise than that of any run it is judged by: every f32 rounding is off by up to a unit, twice what a real one costs.
fn otherwise_rounded(inner: &Inner<'_>, call: &OpCall) -> Result<()> {
    inner.run(call)?;
    for output in ascend_reference::run(call, Precision::Shaken(4711))? {
        let Values::Float(shaken) = output.values else { continue };
        if !output.dtype.is_float() {
            continue;
        }
        on_output(call, output.name, |view| {
            patch(view, |y| {
                for (i, (y, x)) in y.iter_mut().zip(&shaken).enumerate() {
                    if output.written.get(i).copied().unwrap_or(true) && !x.is_nan() {
                        *y = *x;
                    }
                }
            })
        })?;
    }
    Ok(())
}

#[test]
fn a_correct_kernel_with_other_rounding_noise_passes() {
    let mut refused = Vec::new();
    for &op in OpKind::ALL {
        let outputs = outputs(op, |compare, view| compare == Compare::Float && view.dtype().is_float());
        let device = device_with(op, otherwise_rounded);
        for ((name, dtype), cases) in outputs {
            for (case, reason) in cases.iter().zip(crate::reasons(&device, &cases)).filter(|(_, r)| !r.is_empty()) {
                refused.push(format!("{case} ({name} in {dtype}): {reason}"));
            }
        }
    }
    assert!(refused.is_empty(), "{} refused:\n{}", refused.len(), refused.join("\n"));
}
