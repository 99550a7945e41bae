//! The proof that a kernel needs every flag and barrier it has: without one, some schedule goes wrong.

use super::{Call, Error, Options, Outcome, Schedule};

/// A flag or barrier, or a set with its wait, that no schedule missed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undetected {
    /// The places that were left out, `file:line`.
    pub places: Vec<String>,
}

/// Leaves out every flag and barrier of a kernel in turn, and every set together with its wait, and runs the rest.
///
/// Each mutant must be refused (two accesses that nothing orders, a deadlock, a flag left over) or give a result that `right` rejects, in the eager run,
/// the lazy one or one of `seeds` random ones. Returns those that none detects; a place that is listed is not needed, or the case does not need it.
pub fn every_site_matters(call: &Call, seeds: u64, right: impl Fn(&Outcome) -> bool) -> Result<Vec<Undetected>, Error> {
    let report = call.run(&Options::default())?.report;
    let place = |index: usize| report.sites[index].place.clone();
    let singles = (0..report.sites.len()).map(|site| vec![place(site)]);
    let pairs = report.pairs.iter().map(|&(set, wait)| vec![place(set), place(wait)]);
    let mut undetected = Vec::new();
    for places in singles.chain(pairs) {
        let detected = Schedule::all(seeds).any(|schedule| {
            let options = Options { schedule, without: places.clone(), ..Options::default() };
            call.run(&options).map_or(true, |outcome| !right(&outcome))
        });
        if !detected {
            undetected.push(Undetected { places });
        }
    }
    Ok(undetected)
}
