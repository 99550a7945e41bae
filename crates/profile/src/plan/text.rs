//! A plan, and the comparison with what others published, as text.

use std::fmt::Write;

use super::{Checked, Plan, Step, median_error};
use crate::render::counted;

/// The plan as lines for a terminal.
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    // Writing to a `String` cannot fail.
    let _ = write(&mut out, plan);
    out
}

fn write(out: &mut String, p: &Plan) -> std::fmt::Result {
    let q = p.parallelism;
    writeln!(
        out,
        "{} ({}) on {} × {}: experts over {}, attention in {} of {}",
        p.model,
        p.precision,
        p.cards,
        p.npu,
        counted(q.ep, "die"),
        counted(q.dp, "group"),
        q.tp
    )?;
    writeln!(out, "{}: {}\n", if p.fits { "fits" } else { "does not fit" }, p.why)?;
    writeln!(out, "prefill      {:>9.0} tokens/s a card   first token after {:.0} ms", p.prefill_tokens_per_s_per_card, p.ttft_ms)?;
    writeln!(
        out,
        "decode       {:>9.0} tokens/s a card   {:.1} ms a token, {} a card",
        p.decode_tokens_per_s_per_card,
        p.tpot_ms,
        counted(p.batch_per_card.round() as usize, "sequence")
    )?;
    if let (Some(input), Some(output)) = (p.usd_per_m_input, p.usd_per_m_output) {
        writeln!(out, "price        ${input:.3} a million input tokens, ${output:.3} a million output tokens")?;
    }
    if let Some(cards) = p.cards_for_target {
        writeln!(out, "target       {} to decode", counted(cards, "card"))?;
    }
    let m = p.memory;
    writeln!(
        out,
        "memory       {:.1} GiB weights + {:.1} cache + {:.1} activations + {:.1} kept free, of {:.0} a die",
        m.weights_gib, m.cache_gib, m.activations_gib, m.reserve_gib, m.available_gib
    )?;
    for (name, step) in [("decode", &p.decode), ("prefill", &p.prefill)] {
        phases(out, name, step)?;
    }
    writeln!(out, "\nfactors")?;
    for (name, f) in p.factors.all() {
        writeln!(out, "  {name:<25} {:>7} {:<18} {}", f.value, f.what, f.source)?;
    }
    writeln!(out, "\nassumptions")?;
    for assumption in &p.assumptions {
        writeln!(out, "  * {assumption}")?;
    }
    Ok(())
}

fn phases(out: &mut String, name: &str, step: &Step) -> std::fmt::Result {
    let sum: f64 = step.phases.iter().map(|p| p.ms).sum();
    writeln!(out, "\n{name} step of {:.1} ms ({:.1} without overlap)", step.ms, sum)?;
    for phase in &step.phases {
        writeln!(
            out,
            "  {:<26} {:>8.2} ms  {:>4.0} %  {}",
            phase.name,
            phase.ms,
            100.0 * phase.ms / sum.max(f64::MIN_POSITIVE),
            phase.bound_by
        )?;
    }
    Ok(())
}

/// The comparison as a Markdown table, with its median error in the last line.
pub fn checked(rows: &[Checked]) -> String {
    let mut out = String::from(
        "| source | workload | unit | published | predicted | error | assumed for this row |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let published = if row.published.0 == row.published.1 {
            format!("{:.0}", row.published.0)
        } else {
            format!("{:.0} – {:.0}", row.published.0, row.published.1)
        };
        let error = row.error.map_or_else(|| "–".to_owned(), |e| format!("{:+.0} %", 100.0 * e));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {published} | {:.0} | {error} | {} |",
            row.source, row.workload, row.unit, row.predicted, row.assumed
        );
    }
    let _ = writeln!(
        out,
        "\nMedian absolute error: {:.1} % over {} rows.",
        100.0 * median_error(rows),
        rows.iter().filter(|r| r.error.is_some()).count()
    );
    out
}
