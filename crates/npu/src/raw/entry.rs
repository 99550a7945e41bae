//! What a stream was given, and which piece of it is to blame for a failure that CANN reports late.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use ascend_hal::{Buffer, BufferSlice, Choice, Device, Error, Event, OpCall, OpKind, Result, Stream};

use crate::graph::Shared;

/// Who is to blame when a piece of work fails.
#[derive(Clone, Debug)]
pub(crate) enum Culprit {
    Op { op: OpKind, kernel: Cow<'static, str> },
    Task(&'static str),
}

/// What a piece of work needs until the stream has passed it.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every entry is a call; boxing would cost each an allocation")]
pub(crate) enum Keep {
    Call(OpCall),
    Copy(BufferSlice, BufferSlice),
    Event(Event),
    Graph(Arc<Shared>),
    Nothing,
}

/// A piece of work that a stream was given.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(super) seq: u64,
    pub(super) by: Culprit,
    /// The operators that it called.
    pub(super) functions: Vec<&'static str>,
    pub(super) keep: Keep,
    /// Memory of parts that the call itself does not name.
    #[expect(dead_code, reason = "held, not read")]
    pub(super) parts: Vec<Buffer>,
}

impl Entry {
    /// Whether a failure before it means that it was not executed.
    fn counts(&self) -> bool {
        !matches!(self.keep, Keep::Event(_))
    }
}

/// The number of the stream that a message is about. CANN's say `stream_id=N`.
fn stream_of(text: &str) -> Option<i32> {
    let number = text.split("stream_id=").nth(1)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The failure of one of `entries`: of the one that CANN's message fits, or of the only one there is. A message about another stream than the one of this number
/// is that one's failure, which has stopped this one too.
pub(super) fn blame(source: Error, entries: &[Entry], stream: Option<i32>) -> Error {
    let text = source.to_string().to_lowercase();
    if let (Some(own), Some(failed)) = (stream, stream_of(&text))
        && own != failed
    {
        let skipped = entries.iter().filter(|entry| entry.counts()).count();
        return Error::Task { task: "work on another stream of the device", skipped, source: Box::new(source) };
    }
    let names = |entry: &Entry| -> Vec<&'static str> {
        match &entry.keep {
            Keep::Graph(graph) => graph.functions().collect(),
            _ => entry.functions.clone(),
        }
    };
    let found = entries
        .iter()
        .position(|entry| names(entry).iter().any(|name| text.contains(&name.to_lowercase())))
        .or_else(|| entries.iter().position(|entry| names(entry).iter().any(|name| text.contains(&base_name(name)))))
        .or(if let [_] = entries { Some(0) } else { None });
    let Some(at) = found else {
        let under_way: Vec<String> = entries.iter().map(|entry| entry.by.to_string()).collect();
        let task = if under_way.is_empty() { "earlier work" } else { "work that CANN does not name" };
        let mut source = source;
        if let Error::Backend { message, .. } = &mut source {
            message.push_str(&format!("; under way were: {}", shortened(&under_way)));
        }
        return Error::Task { task, skipped: 0, source: Box::new(source) };
    };
    let skipped = entries[at + 1..].iter().filter(|entry| entry.counts()).count();
    match &entries[at] {
        Entry { keep: Keep::Graph(graph), .. } => graph.blame(source, &text, skipped),
        Entry { by: Culprit::Op { op, kernel }, .. } => {
            Error::Execution { op: *op, kernel: kernel.to_string(), skipped, source: Box::new(source) }
        }
        Entry { by: Culprit::Task(task), .. } => Error::Task { task, skipped, source: Box::new(source) },
    }
}

/// The first few of many.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names[..names.len().min(SHOWN)].join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}

/// An operator's name as kernels carry it: without `aclnn` and the version.
fn base_name(function: &str) -> String {
    let name = function.trim_start_matches("aclnn").trim_end_matches(|c: char| c.is_ascii_digit());
    name.strip_suffix('V').unwrap_or(name).to_lowercase()
}

impl Entry {
    /// Gives the stream the same work again.
    pub(crate) fn enqueue(&self, device: &dyn Device, stream: &Stream) -> Result<()> {
        match (&self.by, &self.keep) {
            (Culprit::Op { kernel, .. }, Keep::Call(call)) => device.enqueue(stream, call.clone(), &Choice::Name(kernel.to_string())),
            (_, Keep::Copy(from, to)) => stream.copy(from.clone(), to.clone()),
            (Culprit::Task("wait"), Keep::Event(event)) => stream.wait(event),
            (_, Keep::Event(event)) => stream.record(event),
            _ => Err(Error::State { what: "graph", asked: "recording it again", found: format!("it holds a {}", self.by) }),
        }
    }

    pub(crate) fn functions(&self) -> &[&'static str] {
        &self.functions
    }

    pub(crate) fn culprit(&self) -> &Culprit {
        &self.by
    }

    pub(crate) fn is_work(&self) -> bool {
        self.counts()
    }

    /// Whether a message names an operator that the entry called.
    pub(crate) fn fits(&self, message: &str) -> bool {
        self.functions.iter().any(|name| message.contains(&name.to_lowercase()) || message.contains(&base_name(name)))
    }
}

impl fmt::Display for Culprit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Op { op, kernel } => write!(f, "{op} (`{kernel}`)"),
            Self::Task(task) => f.write_str(task),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(op: OpKind, functions: &[&'static str]) -> Entry {
        Entry { seq: 0, by: Culprit::Op { op, kernel: "k".into() }, functions: functions.into(), keep: Keep::Nothing, parts: Vec::new() }
    }

    fn failure(message: &str) -> Error {
        Error::Backend { call: "aclrtSynchronizeStream", code: 507_015, name: "NAME".into(), message: message.into() }
    }

    #[test]
    fn a_late_failure_is_that_of_the_op_that_the_message_names() {
        let entries = [
            entry(OpKind::Elementwise, &["aclnnAdd"]),
            entry(OpKind::GroupedMatmul, &["aclnnGroupedMatmulV4"]),
            entry(OpKind::Softmax, &["aclnnSoftmax"]),
        ];
        for message in ["aclnnGroupedMatmulV4: the list is wrong", "fault kernel_name=GroupedMatmul_ab12"] {
            match blame(failure(message), &entries, Some(3)) {
                Error::Execution { op: OpKind::GroupedMatmul, skipped: 1, .. } => {}
                other => panic!("{other}"),
            }
        }
    }

    #[test]
    fn where_the_message_names_nothing_what_was_under_way_is_listed() {
        let entries = [entry(OpKind::Softmax, &["aclnnSoftmax"]), entry(OpKind::Norm, &["aclnnRmsNorm"])];
        let text = blame(failure("aicore exception"), &entries, None).to_string();
        assert!(text.contains("softmax (`k`), norm (`k`)"), "{text}");
        let elsewhere = failure("stream_id=7: aicore exception of aclnnSoftmax");
        assert!(matches!(blame(elsewhere.clone(), &entries, Some(3)), Error::Task { skipped: 2, .. }));
        assert!(matches!(blame(elsewhere, &entries, Some(7)), Error::Execution { op: OpKind::Softmax, .. }));
        assert!(matches!(blame(failure("aicore exception"), &entries[..1], None), Error::Execution { op: OpKind::Softmax, .. }));
    }
}
