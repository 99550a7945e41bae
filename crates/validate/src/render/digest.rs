//! A report, summed up by op.

use std::collections::BTreeMap;

use crate::report::{CaseReport, OutputMetrics, Report, Status, Summary};

/// The cases of one op on one device.
pub(super) struct OpLine<'a> {
    pub(super) op: &'a str,
    pub(super) device: &'a str,
    pub(super) counts: Summary,
    pub(super) device_us: f64,
    /// Over all outputs of all cases.
    pub(super) worst: Worst,
    /// The same for each storage type.
    pub(super) by_dtype: BTreeMap<&'a str, Worst>,
}

/// The worst of several outputs' metrics; NaN where there was none. (NaN loses every comparison of `min` and `max`.)
#[derive(Clone)]
pub(super) struct Worst {
    pub(super) effective_bits: f64,
    pub(super) max_rel: f64,
    pub(super) mare_ratio: f64,
    pub(super) mere_ratio: f64,
    pub(super) rmse_ratio: f64,
    /// Sum of the histograms.
    pub(super) ulp_histogram: Vec<u64>,
}

impl Default for Worst {
    fn default() -> Self {
        let nan = f64::NAN;
        Self { effective_bits: nan, max_rel: nan, mare_ratio: nan, mere_ratio: nan, rmse_ratio: nan, ulp_histogram: Vec::new() }
    }
}

impl Worst {
    /// Of all outputs of one case.
    pub(super) fn of(case: &CaseReport) -> Self {
        let mut worst = Self::default();
        compared(case).for_each(|(_, m)| worst.add(m));
        worst
    }

    fn add(&mut self, m: &OutputMetrics) {
        self.effective_bits = self.effective_bits.min(effective_bits(m));
        self.max_rel = self.max_rel.max(m.max_rel);
        self.mare_ratio = self.mare_ratio.max(m.mare_ratio);
        self.mere_ratio = self.mere_ratio.max(m.mere_ratio);
        self.rmse_ratio = self.rmse_ratio.max(m.rmse_ratio);
        add_histogram(&mut self.ulp_histogram, &m.ulp_histogram);
    }
}

/// The outputs of a case that had elements to compare.
pub(super) fn compared(case: &CaseReport) -> impl Iterator<Item = (&str, &OutputMetrics)> {
    case.metrics.iter().filter(|(_, m)| m.elements > 0).map(|(name, m)| (name.as_str(), m))
}

/// Effective bits of an output: infinite where it has no error at all, NaN where no element was large enough for a relative error.
pub(super) fn effective_bits(m: &OutputMetrics) -> f64 {
    const ALL_OF_AN_F64: f64 = 53.0;
    match m.effective_bits {
        _ if m.max_abs == 0.0 => f64::INFINITY,
        bits if bits >= ALL_OF_AN_F64 => f64::NAN,
        bits => bits,
    }
}

/// Adds the bins of `from` to those of `to`.
pub(super) fn add_histogram(to: &mut Vec<u64>, from: &[u64]) {
    if to.len() < from.len() {
        to.resize(from.len(), 0);
    }
    for (sum, n) in to.iter_mut().zip(from) {
        *sum = sum.saturating_add(*n);
    }
}

/// One line an op and device, in the order of the report.
pub(super) fn by_op(report: &Report) -> Vec<OpLine<'_>> {
    let mut lines: Vec<OpLine<'_>> = Vec::new();
    let mut index = BTreeMap::new();
    for case in &report.cases {
        let at = *index.entry((case.op.as_str(), case.device.as_str())).or_insert_with(|| {
            lines.push(OpLine {
                op: &case.op,
                device: &case.device,
                counts: Summary::default(),
                device_us: 0.0,
                worst: Worst::default(),
                by_dtype: BTreeMap::new(),
            });
            lines.len() - 1
        });
        let line = &mut lines[at];
        line.counts.cases += 1;
        *match case.status {
            Status::Passed => &mut line.counts.passed,
            Status::Failed => &mut line.counts.failed,
            Status::Skipped => &mut line.counts.skipped,
        } += 1;
        line.device_us += case.device_us;
        for (_, m) in compared(case) {
            line.worst.add(m);
            line.by_dtype.entry(&case.dtype).or_default().add(m);
        }
    }
    // All devices of an op side by side.
    let order: BTreeMap<&str, usize> = lines.iter().rev().map(|l| (l.op, index[&(l.op, l.device)])).collect();
    lines.sort_by_key(|l| order[l.op]);
    lines
}

/// Reasons of the skipped cases with their number, the most frequent first.
pub(super) fn skip_reasons(report: &Report) -> Vec<(&str, usize)> {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for case in report.cases.iter().filter(|c| c.status == Status::Skipped) {
        *reasons.entry(&case.reason).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|&(_, n)| std::cmp::Reverse(n));
    reasons
}

/// Whether the report has cases of more than one device.
pub(super) fn several_devices(report: &Report) -> bool {
    report.cases.iter().any(|c| Some(&c.device) != report.cases.first().map(|first| &first.device))
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// The command that runs this one case again.
pub(super) fn command(report: &Report, case: &CaseReport) -> String {
    let mut command = format!("ascend validate --device {} --seed {}", case.device, report.environment.seed);
    let kernels = report.environment.kernels.trim_matches('`');
    if !matches!(kernels, "" | "auto") {
        command += &format!(" --kernels {kernels}");
    }
    command += &format!(" --case '^{}$'", regex::escape(&case.name).replace('\'', r"'\''"));
    command
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn by_op_counts_and_keeps_the_worst() {
        let report = sample::report();
        let lines = by_op(&report);
        let matmul = lines.iter().find(|l| l.op == "matmul" && l.device == "cpu").expect("matmul ran");
        let cases = report.cases.iter().filter(|c| c.op == "matmul" && c.device == "cpu");
        assert_eq!(matmul.counts.cases, cases.clone().count());
        assert_eq!(matmul.counts.failed, 1);
        let least = cases.flat_map(|c| c.metrics.values()).map(|m| m.effective_bits).fold(f64::NAN, f64::min);
        assert_eq!(matmul.worst.effective_bits, least);
        assert_eq!(lines.iter().map(|l| l.counts.cases).sum::<usize>(), report.cases.len());
    }

    #[test]
    fn by_op_without_metrics_has_no_worst() {
        let mut report = sample::report();
        report.cases.retain(|c| c.status == Status::Skipped);
        assert!(by_op(&report).iter().all(|l| l.worst.effective_bits.is_nan() && l.by_dtype.is_empty()));
    }

    #[test]
    fn command_quotes_what_a_regex_and_a_shell_would_read() {
        let mut report = sample::report();
        report.cases[0].name = "rope/partial0.25/it's".into();
        report.environment.kernels = "`mine`".into();
        let text = command(&report, &report.cases[0]);
        assert!(text.ends_with(r"--kernels mine --case '^rope/partial0\.25/it'\''s$'"), "{text}");
    }
}
