//! Operators by the vendor's documents: cases in C with numbers worked out by hand, which know nothing of this project's kernels or callers.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "documents/cases.rs"]
mod cases;

use cases::Cases;

#[test]
fn operators_do_what_the_documents_say() {
    let folder = tempfile::tempdir().unwrap();
    let cases = Cases::open(folder.path());
    let failures = cases.failures();
    assert!(failures.is_empty(), "{} of {} cases fail:\n{}", failures.len(), cases.count, failures.join("\n"));
    println!("{} cases hold", cases.count);
}
