//! The generated cases cover the contracts.

use std::collections::HashSet;

use ascend_validate::{Gen, Options, Work, cases, coverage};

#[test]
fn every_entry_of_every_contract_has_a_case() {
    let all = cases(&Options::default()).unwrap();
    let missing: Vec<String> = coverage(&all).iter().filter(|(_, n)| *n == 0).map(|(entry, _)| entry.to_string()).collect();
    assert!(missing.is_empty(), "{} entries without a case:\n{}", missing.len(), missing.join("\n"));
}

#[test]
fn cases_are_what_they_claim_to_cover() {
    let known: HashSet<_> = coverage(&[]).into_iter().map(|(entry, _)| entry).collect();
    for case in cases(&Options::default()).unwrap() {
        for claim in &case.covers {
            assert!(known.contains(claim), "{case} claims {claim}, which no contract lists");
            assert_eq!(claim.op, case.op, "{case}");
        }
        let (Some(claim), Work::Call(build) | Work::Refused { build, .. }) = (case.covers.first(), &case.work) else { continue };
        let call = build(&mut Gen::new(0, &case.name)).unwrap_or_else(|e| panic!("{case}: {e}"));
        assert_eq!((call.kind(), call.dtype(), call.variant()), (claim.op, claim.dtype, claim.variant), "{case}");
        call.check().unwrap_or_else(|e| panic!("{case}: {e}"));
    }
}

#[test]
fn case_names_are_unique() {
    let mut seen = HashSet::new();
    for case in cases(&Options::default()).unwrap() {
        assert!(seen.insert(case.name.clone()), "two cases are called {case}");
    }
}

#[test]
fn there_are_enough_cases() {
    let n = cases(&Options::default()).unwrap().len();
    assert!(n >= 1500, "{n} cases");
}
