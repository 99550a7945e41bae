//! Chips by the names that CANN has for them.

/// The architecture of a chip's cores, as the device compiler calls it, for the chips that this project has device code for: `dav-c220`, that of the 910B (Atlas A2) and
/// of the 910_93 (Atlas A3). Nothing for any other; an `Ascend910B` without a number is a chip of the first generation.
///
/// ```
/// use ascend_sys::soc::core_architecture;
///
/// assert_eq!(core_architecture("Ascend910B3"), Some("dav-c220"));
/// assert_eq!(core_architecture("Ascend310P3"), None);
/// ```
pub fn core_architecture(soc: &str) -> Option<&'static str> {
    let name = soc.to_ascii_lowercase();
    let numbered = |prefix: &str| name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    (numbered("ascend910b") || numbered("ascend910_93")).then_some("dav-c220")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chips_of_two_generations_have_cores_of_c220() {
        for soc in ["Ascend910B1", "Ascend910B2C", "ascend910b4-1", "Ascend910_9391", "Ascend910_9362"] {
            assert_eq!(core_architecture(soc), Some("dav-c220"), "{soc}");
        }
        for soc in ["Ascend910B", "Ascend910A", "Ascend910ProB", "Ascend310P1", "Ascend950PR_9599", "dav-c220", ""] {
            assert_eq!(core_architecture(soc), None, "{soc}");
        }
    }
}
