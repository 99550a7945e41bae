//! A profile as text, as a trace for a viewer, and as a page for a browser.

mod html;
mod plot;
mod table;
mod trace;

pub use html::html;
pub use table::{changes, table};
pub use trace::trace;

use crate::limits::Limits;
use crate::report::{Collective, Point, Ranks};

/// Text inside of HTML or SVG, content or quoted attribute.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write;
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// What a point is, in words.
fn title(p: &Point) -> String {
    let path = if p.path.is_empty() { String::new() } else { format!("{} path", p.path) };
    let parts = [
        counted(p.tokens, "token"),
        p.routing.clone(),
        p.precision.to_string(),
        path,
        p.step.clone(),
        if p.cold { "cold" } else { "" }.into(),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// So many of something.
pub(crate) fn counted(number: usize, what: &str) -> String {
    counted_as(number, what, &format!("{what}s"))
}

/// So many of something whose plural is another.
fn counted_as(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// How evenly ranks share the rows.
fn ranks(r: &Ranks) -> String {
    let copies = match r.without_copies {
        Some(without) => format!(" with {}, {without:.2} without", counted_as(r.redundant, "redundant copy", "redundant copies")),
        None => String::new(),
    };
    format!(
        "of {} the busiest has {:.2} × the mean{copies}; this one {:.2} ×",
        counted(r.ranks, "rank"),
        r.busiest_over_mean,
        r.own_over_mean
    )
}

/// What a point leaves out: a line for each collective.
fn communication(p: &Point) -> Vec<String> {
    let line = |c: &Collective| {
        let times = if c.times == 1 { String::new() } else { format!(" ×{}", c.times) };
        let time = c.modelled_us.map_or_else(
            || "nothing is known of links over so many ranks of this device".to_owned(),
            |us| format!("{} as modelled", micros(us * c.times as f64)),
        );
        format!("not measured: {}{times}, {}, {:.1} KiB each: {time}", c.name, counted(c.ranks, "rank"), c.bytes / 1024.0)
    };
    p.communication.iter().map(line).collect()
}

/// What the device can do at most, and since when that is known: a line for everything, one for a thread, one for the caches.
fn limits(l: &Limits) -> Vec<String> {
    let when = l.measured_at.as_ref().map_or(String::new(), |at| format!(", {} {at}", if l.kept { "as measured" } else { "measured" }));
    let mut lines = vec![format!("limits ({}{when}): {}", l.source, l.all)];
    lines.extend(l.one_thread.map(|one| format!("of one thread: {one}")));
    if !l.levels.is_empty() {
        let levels: Vec<String> = l.levels.iter().map(ToString::to_string).collect();
        lines.push(format!("from caches, GB/s by bytes a thread: {}", levels.join(", ")));
    }
    lines
}

/// A time with its unit.
fn micros(us: f64) -> String {
    match us {
        us if us >= 1e6 => format!("{:.2} s", us / 1e6),
        us if us >= 1e3 => format!("{:.2} ms", us / 1e3),
        us => format!("{us:.1} µs"),
    }
}

#[cfg(test)]
mod tests;
