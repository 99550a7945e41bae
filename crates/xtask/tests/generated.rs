//! The committed bindings are what the generator writes.

use xtask::bindings;

#[test]
fn committed_bindings_are_what_the_generator_writes() {
    if let Err(reason) = xtask::libclang() {
        println!("skipped: {reason}");
        return;
    }
    let stale = bindings::stale(&bindings::generate().unwrap()).unwrap();
    assert!(stale.is_empty(), "run `cargo run -p xtask -- bindings`: {stale:?}");
}
