//! The cases of the documents notice a simulation that has misunderstood them.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "documents/cases.rs"]
mod cases;

use ascend_sim::mutant::{self, Mutant};
use cases::Cases;

#[test]
fn every_misunderstanding_is_noticed_by_the_case_that_is_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let cases = Cases::open(folder.path());
    for (misunderstood, about) in [
        (Mutant::WiderWindow, "band_of_p_keeps_p_and_one_keys"),
        (Mutant::NarrowerWindow, "band_of_p_keeps_p_and_one_keys"),
        (Mutant::MaskPolarity, "true_in_a_mask_is_hidden"),
        (Mutant::GroupListKind, "grouped_matmul_takes_counts"),
    ] {
        mutant::set(Some(misunderstood));
        let failures = cases.failures();
        mutant::set(None);
        assert!(failures.iter().any(|failure| failure.starts_with(about)), "{misunderstood:?} is not noticed: {failures:?}");
    }
    assert!(cases.failures().is_empty());
}
