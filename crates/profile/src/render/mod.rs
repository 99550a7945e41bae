//! A profile as text, as a trace for a viewer, and as a page for a browser.

mod html;
mod plot;
mod table;
mod trace;

pub use html::html;
pub use table::{changes, table};
pub use trace::trace;

use crate::report::{Level, Limits, Point};

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
    let tokens = if p.tokens == 1 { "1 token".to_owned() } else { format!("{} tokens", p.tokens) };
    let parts = [tokens, p.routing.clone(), p.precision.to_string(), path, p.step.clone()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Bandwidths of the caches.
fn levels(limits: &Limits) -> String {
    limits.levels.iter().map(Level::to_string).collect::<Vec<_>>().join(", ")
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
