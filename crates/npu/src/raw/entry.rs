//! What a stream was given, and which piece of it is to blame for a failure that CANN reports late.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use ascend_hal::{Buffer, BufferSlice, Choice, Device, Error, Event, OpCall, OpKind, Result, Stream};

use crate::error::from_cann;
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
fn stream_of(message: &str) -> Option<i32> {
    let number = message.split("stream_id=").nth(1)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The words of CANN's message that name what failed, in lower case: those behind the keys that kernels and operators are named by, and those that begin as operators do.
pub(crate) struct Named(Vec<String>);

impl Named {
    fn of(message: &str) -> Self {
        const KEYS: [&str; 6] = ["kernel_name", "func_name", "op_name", "op_type", "node_name", "node_type"];
        let text = message.to_lowercase();
        let mut before = "";
        let mut named = Vec::new();
        for word in text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
            if KEYS.contains(&before) || word.starts_with("aclnn") {
                named.push(word.to_owned());
            }
            before = word;
        }
        Self(named)
    }

    /// How long the name of an operator is that is found in the words; 0 where it is not.
    fn letters_of(&self, function: &str) -> usize {
        let function = function.to_lowercase();
        let kernel = base_name(&function);
        let found = |word: &String| {
            let plain = word.strip_prefix("aclnn").or(word.strip_prefix("te_")).unwrap_or(word);
            let full = if begins(word, &function) { function.len() } else { 0 };
            full.max(if begins(plain, kernel) { kernel.len() } else { 0 })
        };
        self.0.iter().map(found).max().unwrap_or(0)
    }
}

/// Whether a word is a name, or a name with a version (`v2`) or with what kernels carry behind it (`_` and a hash).
fn begins(word: &str, name: &str) -> bool {
    let Some(rest) = word.strip_prefix(name) else { return false };
    let version = rest.strip_prefix('v').filter(|version| version.starts_with(|c: char| c.is_ascii_digit()));
    let rest = version.map_or(rest, |version| version.trim_start_matches(|c: char| c.is_ascii_digit()));
    rest.is_empty() || rest.starts_with('_')
}

/// An operator's name as kernels carry it: without `aclnn` and the version.
fn base_name(function: &str) -> &str {
    let name = function.strip_prefix("aclnn").unwrap_or(function);
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit());
    plain.strip_suffix('v').filter(|_| plain.len() < name.len()).unwrap_or(name)
}

/// The first of those with the longest name.
pub(crate) fn longest(letters: impl Iterator<Item = usize>) -> Option<usize> {
    let mut longest = (0, None);
    for (at, letters) in letters.enumerate() {
        if letters > longest.0 {
            longest = (letters, Some(at));
        }
    }
    longest.1
}

/// The failure of one of `entries`: of the one whose operator CANN's message names, by the longest name, or of the only one there is. A message about another stream than
/// the one of this number is that one's failure, which has stopped this one too.
pub(super) fn blame(failure: ascend_sys::Error, entries: &[Entry], stream: Option<i32>) -> Error {
    // CANN's own words: what the code means, and what to do about it, is of this program.
    let said = match &failure {
        ascend_sys::Error::Call { message: Some(message), .. } => message.to_string(),
        _ => String::new(),
    };
    let mut source = from_cann(failure);
    if let (Some(own), Some(failed)) = (stream, stream_of(&said))
        && own != failed
    {
        let skipped = entries.iter().filter(|entry| entry.counts()).count();
        return Error::Task { task: "work on another stream of the device", skipped, source: Box::new(source) };
    }
    let named = Named::of(&said);
    let only = || {
        let mut work = (0..entries.len()).filter(|&at| entries[at].counts());
        work.next().filter(|_| work.next().is_none())
    };
    let found = longest(entries.iter().map(|entry| entry.letters(&named))).or_else(only);
    let Some(at) = found else {
        let under_way: Vec<String> = entries.iter().map(|entry| entry.by.to_string()).collect();
        let task = if under_way.is_empty() { "earlier work" } else { "work that CANN does not name" };
        if let Error::Backend { message, .. } = &mut source {
            message.push_str(&format!("; under way were: {}", shortened(&under_way)));
        }
        return Error::Task { task, skipped: 0, source: Box::new(source) };
    };
    let skipped = entries[at + 1..].iter().filter(|entry| entry.counts()).count();
    match &entries[at] {
        Entry { keep: Keep::Graph(graph), .. } => graph.blame(source, &named, skipped),
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

    pub(crate) fn culprit(&self) -> &Culprit {
        &self.by
    }

    pub(crate) fn is_work(&self) -> bool {
        self.counts()
    }

    /// How long the longest name is of an operator that the entry called and that CANN names; 0 where it names none.
    pub(crate) fn letters(&self, named: &Named) -> usize {
        let own = self.functions.iter().map(|function| named.letters_of(function)).max().unwrap_or(0);
        if let Keep::Graph(graph) = &self.keep { own.max(graph.letters(named)) } else { own }
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

    fn failure(message: &str) -> ascend_sys::Error {
        ascend_sys::Error::Call {
            call: "aclrtSynchronizeStream",
            code: 507_015,
            name: "ACL_ERROR_RT_AICORE_EXCEPTION",
            text: "a core of the chip failed: a kernel has read or written an address that it may not",
            message: Some(message.into()),
        }
    }

    /// As the runtime words it.
    fn of_kernel(name: &str) -> ascend_sys::Error {
        failure(&format!(
            "Aicore kernel execute failed, device_id=0, stream_id=2, report_stream_id=2, task_id=28475, flip_num=25, fault kernel_name={name}, \
             fault kernel info ext=none, program id=348, hash=5015448876688064660.[FUNC:GetError][FILE:stream.cc][LINE:1119]"
        ))
    }

    fn blamed(failure: ascend_sys::Error, functions: &[&'static str]) -> Option<(String, usize)> {
        let called = |function: &&'static str| {
            let by = Culprit::Op { op: OpKind::Copy, kernel: (*function).into() };
            Entry { by, ..entry(OpKind::Copy, &[*function]) }
        };
        let entries: Vec<Entry> = functions.iter().map(called).collect();
        match blame(failure, &entries, Some(2)) {
            Error::Execution { kernel, skipped, .. } => Some((kernel, skipped)),
            Error::Task { task: "work that CANN does not name", skipped: 0, .. } => None,
            other => panic!("{other}"),
        }
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
    fn kernels_are_told_by_their_whole_names() {
        let hash = "ee98c6628030785f610b924ab1557b31_high_performance_210000000";
        let functions = ["aclnnMatmul", "aclnnAdd", "aclnnAddRmsNorm", "aclnnGroupedMatmulV4", "aclnnAdd", "rms_norm", "rms_norm_bf16"];
        let expected = [
            ("MatMulV2", "aclnnMatmul", 6),
            ("Add", "aclnnAdd", 5),
            ("AddRmsNorm", "aclnnAddRmsNorm", 4),
            ("GroupedMatmul", "aclnnGroupedMatmulV4", 3),
            ("te_GroupedMatmul", "aclnnGroupedMatmulV4", 3),
            ("rms_norm", "rms_norm", 1),
            ("rms_norm_bf16", "rms_norm_bf16", 0),
        ];
        for (name, function, skipped) in expected {
            let found = blamed(of_kernel(&format!("{name}_{hash}")), &functions);
            assert_eq!(found, Some((function.into(), skipped)), "{name}");
        }
        for name in ["BatchMatMulV2", "AddLayerNorm", "GatherV3", "Adds"] {
            assert_eq!(blamed(of_kernel(&format!("{name}_{hash}")), &functions), None, "{name}");
        }
        let node = failure("[AIC_INFO] node_name:aclnnAdd_AddAiCore_Add, node_type:Add, stream_id:2");
        assert_eq!(blamed(node, &functions), Some(("aclnnAdd".into(), 5)));
    }

    #[test]
    fn words_that_happen_to_hold_a_name_name_nothing() {
        let functions = ["aclnnLog", "aclnnAdd", "aclnnExp", "aclnnSort", "aclnnCast"];
        for message in [
            "EZ9999: the log of the device has the address; the exception was broadcast in this sort of stream, add 1",
            "Aicore kernel execute failed, fault kernel_name=, fault kernel info ext=none",
            "",
        ] {
            assert_eq!(blamed(failure(message), &functions), None, "{message}");
        }
    }

    #[test]
    fn the_version_that_is_named_comes_before_others() {
        let functions = ["aclnnGroupedMatmulV4", "aclnnGroupedMatmulV5"];
        assert_eq!(blamed(failure("aclnnGroupedMatmulV5: wrong"), &functions), Some(("aclnnGroupedMatmulV5".into(), 0)));
        assert_eq!(blamed(failure("aclnnGroupedMatmul: wrong"), &functions), Some(("aclnnGroupedMatmulV4".into(), 1)));
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
