//! Numbers of ggml's tensor types. Source: `enum ggml_type` in `ggml.h`.

use super::Encoding;

/// The types that can be read.
pub(super) const SUPPORTED: &str = "F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q4_K, Q6_K, MXFP4";

/// The encoding of a type, or the name of one that cannot be read.
pub(super) fn encoding(kind: u32) -> Result<Encoding, String> {
    Ok(match kind {
        0 => Encoding::F32,
        1 => Encoding::F16,
        2 => Encoding::Q4_0,
        3 => Encoding::Q4_1,
        8 => Encoding::Q8_0,
        12 => Encoding::Q4K,
        14 => Encoding::Q6K,
        30 => Encoding::BF16,
        39 => Encoding::Mxfp4,
        _ => {
            return Err(NAMES
                .iter()
                .find(|(number, _)| *number == kind)
                .map_or_else(|| format!("number {kind}"), |(_, name)| (*name).into()));
        }
    })
}

const NAMES: [(u32, &str); 23] = [
    (6, "Q5_0"),
    (7, "Q5_1"),
    (9, "Q8_1"),
    (10, "Q2_K"),
    (11, "Q3_K"),
    (13, "Q5_K"),
    (15, "Q8_K"),
    (16, "IQ2_XXS"),
    (17, "IQ2_XS"),
    (18, "IQ3_XXS"),
    (19, "IQ1_S"),
    (20, "IQ4_NL"),
    (21, "IQ3_S"),
    (22, "IQ2_S"),
    (23, "IQ4_XS"),
    (24, "I8"),
    (25, "I16"),
    (26, "I32"),
    (27, "I64"),
    (28, "F64"),
    (29, "IQ1_M"),
    (34, "TQ1_0"),
    (35, "TQ2_0"),
];
