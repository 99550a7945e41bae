//! `ascend kernels`.

use std::process::ExitCode;

use ascend_compute::ops::Score;
use ascend_kernels::model::published::{self, Compared};
use ascend_kernels::model::workload::{self, MODELS, Model, Row};
use ascend_kernels::model::{Chip, rates};
use ascend_kernels::twin;
use ascend_profile::workload::{Attention, Model as Preset, Scoring};
use clap::Args;
use serde::Serialize;

use crate::Result;
use crate::output::{self, Target};

/// Model what this project's own kernels would take on a chip
///
/// Each kernel's instructions are counted on the twin for shapes of three models' layers and timed by documented throughputs: modelled, not measured. The time of a launch
/// itself (about 20 us from the host) is not in it. An attention that looks at picked tokens only is modelled as if it looked at all. Exit codes: 0 modelled, 2 could not.
#[derive(Args)]
pub(crate) struct Kernels {
    /// Kernels by name [default: all]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    kernel: Vec<String>,
    /// Presets (`deepseek-r1`, `qwen3-30b-a3b`, ...) or Hugging Face config.json files, as `ascend profile` and `ascend plan` take them [default: Qwen3-30B-A3B,DeepSeek-V3,GPT-OSS-120B]
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    model: Vec<String>,
    /// The chip: Ascend910B1 to Ascend910B4
    #[arg(long, default_value = "Ascend910B1", value_name = "NAME")]
    soc: String,
    /// Print the throughputs that the model knows, with their sources, and end
    #[arg(long, conflicts_with_all = ["check", "json"])]
    rates: bool,
    /// Hold the model against published measurements, and end
    #[arg(long, conflicts_with = "json")]
    check: bool,
    /// Write one JSON object a line (`-`: to standard output)
    #[arg(long, value_name = "FILE")]
    json: Option<Target>,
}

/// A row as JSON.
#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    kind: &'a str,
    kernel: &'a str,
    model: &'a str,
    phase: &'a str,
    tokens: usize,
    context: Option<usize>,
    soc: &'a str,
    modelled_us: Option<f64>,
    /// What the op's operations and bytes need at least.
    roofline_us: f64,
    cube_utilisation: Option<f64>,
    vector_utilisation: Option<f64>,
    mte2_utilisation: Option<f64>,
    hbm_utilisation: Option<f64>,
    bound: Option<&'a str>,
    /// Why there are no figures.
    not_covered: Option<&'a str>,
}

impl Kernels {
    pub(crate) fn run(self) -> Result<ExitCode> {
        if let Some(target) = &self.json {
            target.check()?;
        }
        if self.rates {
            let mut table = output::table(&["rate", "value", "unit", "source"]);
            for rate in rates() {
                table.add_row([rate.name.to_owned(), rate.value.to_string(), rate.unit.to_owned(), rate.source.to_owned()]);
            }
            output::print(&format!("{table}\n"))?;
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(why) = twin::missing() {
            return Err(format!(
                "kernels are modelled on their twin, which was not built: {why}; install a C++17 compiler and build again"
            )
            .into());
        }
        if self.check {
            output::print(&published_table(&published::compared()?))?;
            return Ok(ExitCode::SUCCESS);
        }
        let chip = Chip::named(&self.soc).ok_or_else(|| {
            let known: Vec<&str> = Chip::all().map(|chip| chip.name).collect();
            format!("{} is no chip that the model knows; those are {}", self.soc, known.join(", "))
        })?;
        let models: Vec<Model> = if self.model.is_empty() {
            MODELS.into()
        } else {
            self.model.iter().map(|name| shapes(&preset(name)?)).collect::<Result<_>>()?
        };
        let wanted = |kernel: &str, _| self.kernel.is_empty() || self.kernel.iter().any(|name| name == kernel);
        let mut rows: Vec<Row> = Vec::new();
        for model in &models {
            workload::each(model, &chip, wanted, |row| rows.push(row))?;
        }
        if rows.is_empty() {
            return Err(format!("no kernel is called {}; without --kernel all are listed", self.kernel.join(" or ")).into());
        }
        if let Some(target) = &self.json {
            let lines = rows
                .iter()
                .map(|row| serde_json::to_string(&line(row)).map(|line| line + "\n"))
                .collect::<std::result::Result<String, _>>()?;
            target.write(&lines)?;
        }
        if !self.json.as_ref().is_some_and(Target::is_stdout) {
            output::print(&text(&rows, &chip))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A preset by its name, however it is spelled, or a configuration by its path.
fn preset(name: &str) -> Result<Preset> {
    let known = ascend_profile::workload::presets().into_iter().find(|preset| preset.name.eq_ignore_ascii_case(name));
    Ok(known.map_or_else(|| Preset::find(name), Ok)?)
}

/// What of a model its kernels see. The report spells its three models as their makers do.
fn shapes(preset: &Preset) -> Result<Model> {
    let spelled = MODELS.iter().find(|model| model.name.eq_ignore_ascii_case(&preset.name));
    let model = Model {
        name: spelled.map_or_else(|| preset.name.clone().into(), |model| model.name.clone()),
        hidden: preset.hidden,
        intermediate: preset.moe_inner,
        experts: preset.experts,
        top_k: preset.top_k,
        heads: 0,
        kv_heads: 0,
        head_dim: 0,
        latent: None,
        // Of the families here, the one that scores after the choice.
        sinks: preset.scoring == Scoring::TopKSoftmax,
        score: match preset.scoring {
            Scoring::Softmax => Score::SoftmaxTopK,
            Scoring::TopKSoftmax => Score::TopKSoftmax,
            Scoring::Sigmoid => Score::Sigmoid,
            Scoring::SqrtSoftplus => Score::SqrtSoftplus,
        },
        groups: preset.groups,
    };
    if preset.experts == 0 {
        return Err(format!("{} has no experts; what is modelled are the kernels of a layer with experts", preset.name).into());
    }
    Ok(match preset.attention {
        Attention::Grouped { heads, kv_heads, head_dim, .. } => Model { heads, kv_heads, head_dim, ..model },
        Attention::Latent { heads, kv_rank, rope_dim, nope_dim, .. } => {
            Model { heads, kv_heads: heads, head_dim: nope_dim, latent: Some((kv_rank, rope_dim)), ..model }
        }
    })
}

fn line(row: &Row) -> Line<'_> {
    let modelled = row.modelled.as_ref().ok();
    Line {
        schema: 2,
        kind: "modelled",
        kernel: row.kernel,
        model: &row.model,
        phase: row.step.phase,
        tokens: row.step.tokens,
        context: row.step.context,
        soc: row.chip,
        modelled_us: modelled.map(|m| m.us),
        roofline_us: row.least_us,
        cube_utilisation: modelled.map(|m| m.cube_utilisation),
        vector_utilisation: modelled.map(|m| m.vector_utilisation),
        mte2_utilisation: modelled.map(|m| m.mte2_utilisation),
        hbm_utilisation: modelled.map(|m| m.hbm_utilisation),
        bound: modelled.map(|m| m.bound.name()),
        not_covered: row.modelled.as_ref().err().map(String::as_str),
    }
}

fn text(rows: &[Row], chip: &Chip) -> String {
    let mut table =
        output::table(&["model", "phase", "tokens", "context", "kernel", "us", "roofline", "cube", "vector", "mte2", "hbm", "bound"]);
    for row in rows {
        let mut cells = vec![
            row.model.clone().into_owned(),
            row.step.phase.to_owned(),
            row.step.tokens.to_string(),
            row.step.context.map_or(String::new(), |c| c.to_string()),
            row.kernel.to_owned(),
        ];
        match &row.modelled {
            Ok(m) => {
                cells.push(format!("{:.1}", m.us));
                cells.extend(
                    [row.least_us / m.us, m.cube_utilisation, m.vector_utilisation, m.mte2_utilisation, m.hbm_utilisation]
                        .map(|share| format!("{:.0} %", 100.0 * share)),
                );
                cells.push(m.bound.name().to_owned());
            }
            Err(why) => cells.push(format!("not covered: {why}")),
        }
        table.add_row(cells);
    }
    format!(
        "{table}\n\nModelled on {} from documented throughputs, not measured. roofline: what operations and bytes alone need, of the time. docs/kernels.md holds the model against published measurements.\n",
        chip.name
    )
}

fn published_table(points: &[Compared]) -> String {
    let mut table = output::table(&["what", "published us", "modelled us", "deviation", "source", "why"]);
    for Compared { point, us, deviation } in points {
        table.add_row([
            point.what.to_owned(),
            format!("{:.1}", point.us),
            format!("{us:.1}"),
            format!("{:+.0} %", 100.0 * deviation),
            point.source.to_owned(),
            point.reason.to_owned(),
        ]);
    }
    format!("{table}\n\nMedian deviation {:.0} %. Modelled, not measured.\n", 100.0 * published::median_deviation(points))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_of_the_report_are_presets() {
        for model in &MODELS {
            assert_eq!(shapes(&preset(&model.name).unwrap()).unwrap(), *model);
        }
    }

    #[test]
    fn a_scoring_that_the_kernel_does_not_know_is_not_covered() {
        let chip = Chip::named("Ascend910B1").unwrap();
        let mut model = MODELS[1].clone();
        for (score, covered) in [(Score::Sigmoid, true), (Score::SqrtSoftplus, false)] {
            model.score = score;
            let mut rows = Vec::new();
            workload::each(&model, &chip, |kernel, step| kernel == "gating_top_k" && step.tokens == 1, |row| rows.push(row)).unwrap();
            let whys: Vec<_> = rows.iter().map(|row| row.modelled.as_ref().err().cloned().unwrap_or_default()).collect();
            // Without a compiler for the twin nothing is modelled.
            assert!(covered == whys.iter().all(|why| !why.contains("none of its scores")) && rows.len() == 1, "{whys:?}");
        }
    }

    #[test]
    fn presets_are_taken_by_the_names_of_the_other_commands_however_spelled() {
        for name in ["deepseek-r1", "DeepSeek-R1", "qwen3-235b-a22b", "kimi-k2"] {
            let model = shapes(&preset(name).unwrap()).unwrap();
            assert!(model.name.eq_ignore_ascii_case(name) && model.heads > 0 && model.head_dim > 0, "{model:?}");
        }
        let error = preset("no-such-model").unwrap_err().to_string();
        assert!(error.contains("no-such-model") && error.contains("deepseek-r1"), "{error}");
    }
}
