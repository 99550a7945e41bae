// What every header here is written in: C types, and the version that a declaration is valid from.
#ifndef ASCEND_SYS_CANN_H
#define ASCEND_SYS_CANN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// These declarations are this project's own, written from the published interface. What they do not say:
//
// * An unmarked declaration is in CANN 8.1 already, the oldest version supported. SINCE(8.5) marks what came later: the
//   oldest version that is known to have it, of 8.1 to 9.0. A version in a comment behind a member or a constant means
//   the same for that one.
// * A name that ends in _until_8_5 is an older form of the name before it: same symbol, other arguments, value or layout
//   up to that version. The form without the ending holds after it.
//
// `cargo run -p xtask -- bindings` makes the Rust declarations from these files, and `abi-check` compares them with an
// installed toolkit's.
#define SINCE(version)

#endif
