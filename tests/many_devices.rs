//! The device conformance suite on eight simulated NPUs at once, from sixteen threads. Prints its figures: `cargo test --test many_devices -- --nocapture`; with
//! `--ignored`, a hundred rounds.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use ascend_compute::sim;
use ascend_validate::conformance::{Check, checks};

const DEVICES: usize = 8;
const THREADS: usize = 16;

/// Each round is every check once. The threads share the checks out, in every round others, and on other devices.
fn conform(rounds: usize) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (begun, checks): (_, Vec<&Check>) = (Instant::now(), checks().collect());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (checks, failed) = (&checks, &failed);
            scope.spawn(move || {
                for round in 0..rounds {
                    for (index, check) in checks.iter().enumerate().filter(|(index, _)| (index + round) % THREADS == thread) {
                        let device = format!("sim:{}", (index + 3 * round) % DEVICES);
                        if let Err(why) = check.run(&|| ascend_compute::open(&device)) {
                            failed.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{check} on {device}: {why}"));
                        }
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    // A row that does not exist is looked up on purpose, by the checks that are about failures.
    let (alive, mut misuse) = (sim::alive(), sim::take_reports());
    misuse.retain(|report| !report.contains("aclnnEmbedding: indices"));
    println!(
        "{rounds} rounds of {} checks, {THREADS} threads, {DEVICES} devices: {} failed, {} left alive, {} reports, {:.1} s",
        checks.len(),
        failed.len(),
        alive.len(),
        misuse.len(),
        begun.elapsed().as_secs_f64()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(alive.is_empty() && misuse.is_empty(), "{alive:?} {misuse:?}");
}

#[test]
fn eight_simulated_npus_conform_from_sixteen_threads() {
    conform(2);
}

#[test]
#[ignore = "takes longer; a step of CI runs it"]
fn eight_simulated_npus_conform_from_sixteen_threads_in_a_hundred_rounds() {
    conform(100);
}
