//! Names and texts of status codes.

use crate::ffi::codes;

/// A documented status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Code {
    /// What the function returns.
    pub value: i32,
    /// Its name in the vendor's headers.
    pub name: &'static str,
    /// What it means.
    pub text: &'static str,
}

/// The libraries that number their codes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// AscendCL, the runtime under it, and aclnn.
    Acl,
    /// HCCL.
    Hccl,
}

impl Domain {
    /// Every documented code, by value.
    pub fn codes(self) -> &'static [Code] {
        match self {
            Self::Acl => codes::ACL,
            Self::Hccl => codes::HCCL,
        }
    }

    /// The code of this value, if it is documented.
    ///
    /// ```
    /// let code = ascend_sys::Domain::Acl.describe(107002).unwrap();
    /// assert_eq!(code.name, "ACL_ERROR_RT_CONTEXT_NULL");
    /// ```
    pub fn describe(self, value: i32) -> Option<Code> {
        let codes = self.codes();
        codes.binary_search_by_key(&value, |code| code.value).ok().map(|at| codes[at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_each_has_a_name_and_a_text() {
        for domain in [Domain::Acl, Domain::Hccl] {
            assert!(domain.codes().is_sorted_by(|a, b| a.value < b.value));
            assert!(domain.codes().iter().all(|code| !code.name.is_empty() && !code.text.is_empty()));
        }
        assert!(Domain::Acl.codes().len() > 200 && Domain::Hccl.codes().len() > 20);
    }

    #[test]
    fn codes_of_every_library_are_found_by_value() {
        for (domain, value, name) in [
            (Domain::Acl, 100_002, "ACL_ERROR_REPEAT_INITIALIZE"),
            (Domain::Acl, 207_001, "ACL_ERROR_RT_MEMORY_ALLOCATION"),
            (Domain::Acl, 161_002, "ACLNN_ERR_PARAM_INVALID"),
            (Domain::Acl, 561_112, "ACLNN_ERR_INNER_OPP_KERNEL_PKG_NOT_FOUND"),
            (Domain::Hccl, 9, "HCCL_E_TIMEOUT"),
        ] {
            assert_eq!(domain.describe(value).map(|code| code.name), Some(name));
        }
        assert_eq!(Domain::Acl.describe(9), None);
        assert_eq!(Domain::Hccl.describe(107_002), None);
    }
}
