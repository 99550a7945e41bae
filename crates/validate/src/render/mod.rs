//! A [`Report`] as text: a table for the terminal, JUnit XML for a build server, HTML for a person.
//!
//! All of them say the same; what differs is who reads it. JSON is the report itself, serialised ([`json`]).

mod digest;
mod html;
mod junit;
mod number;
mod shadow;
mod table;

pub use html::html;
pub use junit::junit;
pub use shadow::shadow;
pub use table::table;

use crate::report::Report;

/// The report as indented JSON.
///
/// # Errors
/// None that the types of the report can cause; the signature is that of the serialiser.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(report)
}

/// Text inside of XML or HTML, content or quoted attribute. Characters that XML 1.0 cannot hold are left out.
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
                '\t' | '\n' | '\r' => f.write_char(c)?,
                '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod sample;
