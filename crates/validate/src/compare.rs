//! When an output is right: the rules are in the docs of [`Judge`](crate::Judge).

use std::collections::BTreeMap;

use ascend_hal::ops::{Compare, Role};
use ascend_hal::{DType, OpCall, host};
use ascend_reference::{Aside, Output, Precision, Values};

use crate::fault::Fault;
use crate::metrics::{self, Errors, level, ratio, ulp};
use crate::report::OutputMetrics;
use crate::{Expected, Result};

/// What the oracle says about a call, in each precision.
#[derive(Debug)]
pub(crate) struct Reference {
    exact: Vec<Output>,
    model: Vec<Output>,
    shaken: Vec<Vec<Output>>,
}

/// Fewer elements than this are made up for by more shaken runs.
const SAMPLES: usize = 48;

impl Reference {
    pub(crate) fn of(call: &OpCall) -> Result<Self> {
        let exact = ascend_reference::run(call, Precision::Exact)?;
        let mut to_the_bit = Vec::new();
        call.visit(&mut |arg| {
            if arg.role == Role::Out(Compare::Exact) {
                to_the_bit.push(arg.name);
            }
        });
        let rounds = |o: &Output| !matches!((&o.values, &o.aside), (Values::Int(_), Aside::None));
        let noisy = |o: &&Output| rounds(o) && (o.aside != Aside::None || !to_the_bit.contains(&o.name));
        let model = if exact.iter().any(rounds) { ascend_reference::run(call, Precision::Model)? } else { exact.clone() };
        let fewest = exact.iter().filter(noisy).map(len).filter(|&n| n > 0).min();
        let runs = fewest.map_or(0, |n| (SAMPLES / n).clamp(2, 6) as u32);
        let shaken = (0..runs).map(|seed| ascend_reference::run(call, Precision::Shaken(seed))).collect::<Result<_, _>>()?;
        Ok(Self { exact, model, shaken })
    }

    /// The outputs with the exact values, in the order of the contract.
    pub(crate) fn outputs(&self) -> &[Output] {
        &self.exact
    }
}

fn len(o: &Output) -> usize {
    match &o.values {
        Values::Float(v) => v.len(),
        Values::Int(v) => v.len(),
    }
}

/// What comparing found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) metrics: BTreeMap<String, OutputMetrics>,
    /// Why the outputs are not right: the first fault of each output that has one.
    pub(crate) faults: Vec<Fault>,
}

/// Compares the outputs of `got` (host tensors, as a device left them) with the oracle's.
pub(crate) fn judge(got: &OpCall, reference: &Reference) -> Result<Verdict> {
    let mut outputs = Vec::new();
    got.visit(&mut |arg| {
        if let Role::Out(compare) = arg.role {
            outputs.push((arg.name, compare, arg.view));
        }
    });
    let mut verdict = Verdict::default();
    let mut other_choice = Vec::new();
    // Choices first: they say which rows of the other outputs can be compared.
    let is_choice = |o: &Output| matches!(o.aside, Aside::Scores { .. });
    let mut order: Vec<usize> = (0..reference.exact.len()).collect();
    order.sort_by_key(|&k| !is_choice(&reference.exact[k]));
    for k in order {
        let exact = &reference.exact[k];
        let Some(&(name, compare, view)) = outputs.iter().find(|(name, ..)| *name == exact.name) else {
            verdict.faults.push(Fault::whole(exact.name, "the oracle has this output, the call has not"));
            continue;
        };
        let model = &reference.model[k];
        let shaken: Vec<&Output> = reference.shaken.iter().filter_map(|s| s.get(k)).filter(|s| len(s) == len(exact)).collect();
        if len(exact) != view.numel() || len(model) != view.numel() {
            verdict.faults.push(Fault::whole(name, format_args!("the oracle gives {} elements for shape {}", len(exact), view.shape())));
            continue;
        }
        let judged = Judged { call: got, name, shape: view.shape(), exact, model, shaken, other_choice: &other_choice };
        let fault = match (&exact.values, &model.values) {
            (Values::Int(want), _) if !is_choice(exact) => judged.equal(&host::to_i64(view)?, want),
            (Values::Int(want), _) => {
                let (fault, rows) = judged.choice(&host::to_i64(view)?, want);
                other_choice = rows;
                fault
            }
            (Values::Float(_), Values::Float(model)) => {
                let values = host::to_f64(view)?;
                if exact.aside == Aside::Unrounded {
                    judged.codes(&values, model)
                } else if compare == Compare::Exact || !view.dtype().is_float() {
                    judged.equal_floats(&values, model)
                } else {
                    let (metrics, fault) = judged.floats(&values);
                    verdict.metrics.insert(name.into(), metrics);
                    fault
                }
            }
            _ => Some(Fault::whole(name, "the oracle gives integers in one precision and floats in the other")),
        };
        verdict.faults.extend(fault);
    }
    for (name, ..) in outputs {
        if !reference.exact.iter().any(|o| o.name == name) {
            verdict.faults.push(Fault::whole(name, "the call has this output, the oracle has not"));
        }
    }
    Ok(verdict)
}

struct Judged<'a> {
    call: &'a OpCall,
    name: &'a str,
    shape: &'a [usize],
    exact: &'a Output,
    model: &'a Output,
    shaken: Vec<&'a Output>,
    /// Rows (of the choice output) where another permitted choice was made.
    other_choice: &'a [bool],
}

fn floats(o: &Output) -> &[f64] {
    match &o.values {
        Values::Float(v) => v,
        Values::Int(_) => &[],
    }
}

/// Elements of a row: the last dimension, or everything in a vector.
fn row_len(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(1).max(1)
}

impl Judged<'_> {
    fn written(&self, i: usize) -> bool {
        self.exact.written.get(i).copied().unwrap_or(true)
    }

    fn fault(&self, i: usize, what: impl std::fmt::Display) -> Option<Fault> {
        Some(Fault::element(self.call, self.name, self.shape, i, what))
    }

    fn equal(&self, got: &[i64], want: &[i64]) -> Option<Fault> {
        let wrong: Vec<usize> = (0..want.len()).filter(|&i| self.written(i) && got[i] != want[i]).collect();
        let &i = wrong.first()?;
        self.fault(i, format_args!("{} instead of {}{}", got[i], want[i], among(wrong.len(), want.len())))
    }

    fn equal_floats(&self, got: &[f64], want: &[f64]) -> Option<Fault> {
        let same = |i: usize| got[i] == want[i] || got[i].is_nan() && want[i].is_nan();
        let wrong: Vec<usize> = (0..want.len()).filter(|&i| self.written(i) && !same(i)).collect();
        let &i = wrong.first()?;
        self.fault(i, format_args!("{:e} instead of {:e}, which it must equal{}", got[i], want[i], among(wrong.len(), want.len())))
    }

    /// Quantised codes against the model's values before rounding.
    fn codes(&self, got: &[f64], model: &[f64]) -> Option<Fault> {
        let row = row_len(self.shape);
        let mut wrong = Vec::new();
        for start in (0..model.len()).step_by(row) {
            let range = start..(start + row).min(model.len());
            let spread = self.shaken.iter().flat_map(|s| range.clone().map(|i| (floats(s)[i] - model[i]).abs())).fold(0.0, f64::max);
            wrong.extend(range.filter(|&i| {
                // 2^-20 of a code: two f32 operations on it.
                let slack = 3.0 * spread + model[i].abs() * 2f64.powi(-20);
                let clamped = self.exact.dtype.round(f64::MAX.copysign(model[i])).abs().min(model[i].abs()).copysign(model[i]);
                let off = (got[i] - clamped).abs();
                self.written(i) && (off.is_nan() || off > 0.5 + slack)
            }));
        }
        let &i = wrong.first()?;
        self.fault(i, format_args!("code {} for the value {:.4}{}", got[i], model[i], among(wrong.len(), model.len())))
    }

    /// Chosen indices. The second result says in which rows another permitted choice was made.
    fn choice(&self, got: &[i64], want: &[i64]) -> (Option<Fault>, Vec<bool>) {
        let k = row_len(self.shape);
        let (Aside::Scores { scores, candidates }, model) = (&self.exact.aside, &self.model.aside) else {
            return (self.equal(got, want), Vec::new());
        };
        let rows = want.len() / k;
        // A choice of one index per row may come without a dimension of its own.
        let k = if *candidates > 0 && scores.len() == want.len() * candidates { 1 } else { k };
        let rows = if k == 1 { want.len() } else { rows };
        let mut other = vec![false; rows];
        for row in 0..rows {
            let (got, want) = (&got[row * k..][..k], &want[row * k..][..k]);
            if got == want || !self.written(row * k) {
                continue;
            }
            let Some(exact) = scores.get(row * candidates..(row + 1) * candidates) else {
                return (Some(Fault::whole(self.name, format_args!("the oracle gives no scores for row {row}"))), other);
            };
            let noise = |i: usize| {
                let of = |aside: &Aside| match aside {
                    Aside::Scores { scores, .. } => scores.get(row * candidates + i).map_or(0.0, |s| (s - exact[i]).abs()),
                    _ => 0.0,
                };
                let most = self.shaken.iter().map(|s| of(&s.aside)).fold(of(model), f64::max);
                if most.is_nan() { 0.0 } else { most }
            };
            for slot in 0..k {
                let (g, w) = (got[slot], want[slot]);
                if g == w {
                    continue;
                }
                let at = row * k + slot;
                let (Some(&a), Some(&b)) =
                    (usize::try_from(g).ok().and_then(|g| exact.get(g)), usize::try_from(w).ok().and_then(|w| exact.get(w)))
                else {
                    return (self.fault(at, format_args!("{g} instead of {w}")), other);
                };
                if got[..slot].contains(&g) {
                    return (self.fault(at, format_args!("{g} is chosen twice")), other);
                }
                // Candidates that are excluded (-inf) are near nothing.
                let near = (a - b).is_finite()
                    && (a - b).abs() <= 3.0 * (noise(g as usize) + noise(w as usize)) + 2f64.powi(-21) * a.abs().max(b.abs());
                if a == b || !near {
                    let why = if a == b { "they tie, and the lowest index comes first" } else { "no near tie" };
                    return (self.fault(at, format_args!("{g} (score {a:e}) instead of {w} (score {b:e}): {why}")), other);
                }
                other[row] = true;
            }
        }
        (None, other)
    }

    /// Whether element `i` lies in a row where another permitted choice was made.
    fn chosen_otherwise(&self, i: usize) -> bool {
        let rows = self.other_choice.len();
        rows > 0 && self.shape.first() == Some(&rows) && self.other_choice[i / (self.shape.iter().product::<usize>() / rows).max(1)]
    }

    fn floats(&self, got: &[f64]) -> (OutputMetrics, Option<Fault>) {
        let dtype = self.exact.dtype;
        let (exact, model) = (floats(self.exact), floats(self.model));
        let runs: Vec<&[f64]> = std::iter::once(model).chain(self.shaken.iter().map(|s| floats(s))).collect();
        let judged: Vec<usize> = (0..exact.len()).filter(|&i| self.written(i) && !self.chosen_otherwise(i)).collect();
        let finite: Vec<usize> =
            judged.iter().copied().filter(|&i| got[i].is_finite() && exact[i].is_finite() && model[i].is_finite()).collect();
        let mut metrics = metrics::measure(dtype, got, exact, &finite);
        let (mean_fault, ratios) = self.means(dtype, got, &runs, &finite);
        metrics.mare_ratio = ratios.mare;
        metrics.mere_ratio = ratios.mere;
        metrics.rmse_ratio = ratios.rmse;
        metrics.differ_from_model = finite.iter().filter(|&&i| got[i] != model[i]).count();
        let (element_fault, bound_ratio) = self.elements(dtype, got, &runs, &finite);
        metrics.bound_ratio = bound_ratio;
        let fault = self.classes(got, &judged).or(element_fault).or_else(|| self.near_ties(dtype, got, &runs, &finite)).or(mean_fault);
        (metrics, fault)
    }

    /// Rule 1.
    fn classes(&self, got: &[f64], judged: &[usize]) -> Option<Fault> {
        let (exact, model) = (floats(self.exact), floats(self.model));
        let class = |x: f64| {
            if x.is_finite() {
                0
            } else if x.is_nan() {
                1
            } else if x > 0.0 {
                2
            } else {
                3
            }
        };
        let right = |i: usize| {
            let other = self.shaken.iter().any(|s| class(floats(s)[i]) == class(got[i]));
            class(got[i]) == class(model[i]) || other || !exact[i].is_finite() && class(got[i]) == class(exact[i])
        };
        let wrong: Vec<usize> = judged.iter().copied().filter(|&i| !right(i)).collect();
        let &i = wrong.first()?;
        self.fault(i, format_args!("{:e} instead of {:e}{}", got[i], exact[i], among(wrong.len(), judged.len())))
    }

    /// Rule 2; also the largest error in proportion to its bound.
    fn elements(&self, dtype: DType, got: &[f64], runs: &[&[f64]], finite: &[usize]) -> (Option<Fault>, f64) {
        let exact = floats(self.exact);
        let row = row_len(self.shape);
        let rows = exact.len().div_ceil(row);
        let (mut noise, mut largest) = (vec![0f64; rows], vec![0f64; rows]);
        for &i in finite {
            let half = ulp(dtype, exact[i]) / 2.0;
            let most = runs.iter().map(|r| (r[i] - exact[i]).abs()).filter(|e| e.is_finite()).fold(0.0, f64::max);
            noise[i / row] = noise[i / row].max(most - half);
            largest[i / row] = largest[i / row].max(exact[i].abs());
        }
        let relative = (0..rows).filter(|&r| largest[r] > 0.0).map(|r| noise[r] / largest[r]);
        // A 16-bit result shows its noise at near ties only: few rows have one, so the largest speaks for all.
        let typical = if dtype == DType::F32 { median(relative.collect()) } else { relative.fold(0.0, f64::max) };
        // Rows too short to have a spread of their own share the spread of all.
        let shared = if row < 16 { median((0..rows).filter(|&r| largest[r] > 0.0).map(|r| noise[r]).collect()) } else { 0.0 };
        let bound = |i: usize| {
            let r = i / row;
            let noise = noise[r].max(typical * largest[r]).max(if largest[r] > 0.0 { shared } else { 0.0 });
            let near_tie = if dtype == DType::F32 { 0.0 } else { ulp(dtype, exact[i]) / 16.0 };
            let sums = if self.shape.len() > 1 { ulp(DType::F32, largest[r]) } else { 0.0 };
            ulp(dtype, exact[i]) / 2.0 + near_tie + 3.0 * noise + 4.0 * ulp(DType::F32, exact[i]) + sums
        };
        let off = |i: usize| (got[i] - exact[i]).abs();
        let largest_ratio = finite.iter().filter(|&&i| off(i) > 0.0).map(|&i| ratio(off(i), bound(i))).fold(0.0, f64::max);
        let wrong: Vec<usize> = finite.iter().copied().filter(|&i| off(i) > bound(i)).collect();
        let fault = wrong.first().and_then(|&i| {
            let (off, bound, among) = (off(i), bound(i), among(wrong.len(), finite.len()));
            let what = format_args!("{:e} instead of {:e}: off by {off:.2e} where {bound:.2e} is allowed{among}", got[i], exact[i]);
            Some(self.fault(i, what)?.beyond(off, bound))
        });
        (fault, largest_ratio)
    }

    /// Rule 3.
    fn near_ties(&self, dtype: DType, got: &[f64], runs: &[&[f64]], finite: &[usize]) -> Option<Fault> {
        let (&model, shaken) = runs.split_first()?;
        if dtype == DType::F32 {
            return None;
        }
        let mut differing: Vec<usize> = finite.iter().copied().filter(|&i| got[i] != model[i]).collect();
        // One near tie of an intermediate result moves a whole row; a rounding step that is done otherwise moves them all.
        let row = row_len(self.shape);
        if model.len() / row >= 3 {
            let mut counts = vec![0usize; model.len() / row + 1];
            differing.iter().for_each(|&i| counts[i / row] += 1);
            let worst = (0..counts.len()).max_by_key(|&r| counts[r]);
            differing.retain(|&i| Some(i / row) != worst);
        }
        let n = finite.len() as f64;
        let changed: usize = shaken.iter().map(|s| finite.iter().filter(|&&i| s[i] != model[i]).count()).sum();
        let expected = 0.02 * n + 1.5 * changed as f64 / shaken.len().max(1) as f64;
        let allowed = expected + 3.0 * expected.sqrt() + 2.0;
        if differing.len() as f64 <= allowed {
            return None;
        }
        let &i = differing.first()?;
        self.fault(
            i,
            format_args!(
                "{:e} instead of the rounding model's {:e}: {} of {} elements differ from it where {:.0} near ties may; a rounding step is missing or done otherwise",
                got[i],
                model[i],
                differing.len(),
                finite.len(),
                allowed.floor()
            ),
        )
    }

    /// Rule 4; also the ratios for the report.
    fn means(&self, dtype: DType, got: &[f64], runs: &[&[f64]], finite: &[usize]) -> (Option<Fault>, Errors) {
        let exact = floats(self.exact);
        let limits = level(self.call.kind());
        let small = metrics::small_values(dtype).threshold;
        let own = metrics::errors(dtype, got, exact, finite);
        // Only runs that are finite where the model is.
        let runs: Vec<&[f64]> = runs.iter().copied().filter(|r| finite.iter().all(|&i| r[i].is_finite())).collect();
        let theirs: Vec<Errors> = runs.iter().map(|r| metrics::errors(dtype, r, exact, finite)).collect();
        let worst = |of: fn(&Errors) -> f64| {
            theirs.iter().map(of).enumerate().fold((0, 0.0), |best, (i, e)| if e > best.1 { (i, e) } else { best })
        };
        let (mere_run, mere) = worst(|e| e.mere);
        let (rmse_run, rmse) = worst(|e| e.rmse);
        let (_, mare) = worst(|e| e.mare);
        let (_, small_errors) = worst(|e| e.small_errors as f64);
        let ratios = Errors { mare: ratio(own.mare, mare), mere: ratio(own.mere, mere), rmse: ratio(own.rmse, rmse), ..Errors::default() };
        let Some((&mere_run, &rmse_run)) = runs.get(mere_run).zip(runs.get(rmse_run)) else { return (None, ratios) };
        let off = |r: &[f64], i: usize| (r[i] - exact[i]).abs();
        // An error that f32 itself makes is none, even where the model happens to have none at all.
        let floor = |i: usize| 2.0 * ulp(DType::F32, exact[i]);
        let mere_terms = finite
            .iter()
            .filter(|&&i| exact[i].abs() >= small)
            .map(|&i| (off(got, i) - limits.mere * off(mere_run, i).max(floor(i))) / exact[i].abs());
        let rmse_terms = finite.iter().map(|&i| off(got, i).powi(2) - (limits.rmse * off(rmse_run, i).max(floor(i))).powi(2));
        let too_many = own.small_errors as f64 > limits.small_errors * small_errors + 3.0 * small_errors.sqrt() + 3.0;
        let says = if ratios.mere > limits.mere && beyond(mere_terms) {
            format!("mean relative error {:.2e} is {:.2} times the rounding model's, {} allowed", own.mere, ratios.mere, limits.mere)
        } else if ratios.rmse > limits.rmse && beyond(rmse_terms) {
            format!("root mean square error {:.2e} is {:.2} times the rounding model's, {} allowed", own.rmse, ratios.rmse, limits.rmse)
        } else if too_many {
            format!("{} of {} small values are off, {} in the rounding model", own.small_errors, own.small, small_errors)
        } else {
            return (None, ratios);
        };
        let farthest = finite.iter().copied().max_by(|&a, &b| off(got, a).total_cmp(&off(got, b)));
        (farthest.and_then(|i| self.fault(i, format_args!("{:e} instead of {:e} is farthest off; {says}", got[i], exact[i]))), ratios)
    }
}

/// Whether the mean of `terms` lies above 0 by four standard errors.
fn beyond(terms: impl Iterator<Item = f64>) -> bool {
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for x in terms {
        // Welford's update.
        n += 1.0;
        let delta = x - mean;
        mean += delta / n;
        squares += delta * (x - mean);
    }
    n >= 16.0 && mean > 4.0 * (squares / (n - 1.0) / n).sqrt()
}

fn median(mut values: Vec<f64>) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(middle, f64::total_cmp).1 }
}

fn among(wrong: usize, all: usize) -> String {
    if wrong > 1 { format!("; {wrong} of {all} elements are wrong") } else { String::new() }
}

/// Compares an output with values from elsewhere. `None`: right.
pub(crate) fn matches(place: impl Fn(usize) -> String, got: &[f64], want: &Expected) -> Option<String> {
    if got.len() != want.values.len() {
        return Some(format!("{}: {} elements where the golden file has {}", want.name, got.len(), want.values.len()));
    }
    let right = |i: usize| {
        let (a, g) = (got[i], want.values[i]);
        let off_by_one = want.off_by_one_allowed.get(i) == Some(&true) && (a - g).abs() <= 1.0;
        let within = want.tolerance.is_some_and(|t| (a - g).abs() <= t.atol + t.rtol * g.abs());
        a == g || a.is_nan() && g.is_nan() || off_by_one || within
    };
    let wrong: Vec<usize> = (0..got.len()).filter(|&i| !right(i)).collect();
    let &i = wrong.first()?;
    let allowed =
        want.tolerance.map_or("it must be equal".into(), |t| format!("{:.2e} is allowed", t.atol + t.rtol * want.values[i].abs()));
    Some(format!(
        "{}: {:e} instead of the golden file's {:e}, {allowed}{}",
        place(i),
        got[i],
        want.values[i],
        among(wrong.len(), got.len())
    ))
}
