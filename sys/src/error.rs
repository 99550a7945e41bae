//! What can go wrong between this program and CANN.

use crate::search::Attempt;

/// What a call into CANN returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call into CANN did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No file of the library can be opened.
    #[error("{library} asked, none found ({}); install the CANN toolkit and source its set_env.sh, or name its folder", tried(searched))]
    LibraryMissing {
        /// The file's name.
        library: &'static str,
        /// Where it was looked for, in this order, and what was there.
        searched: Vec<Attempt>,
    },
    /// The library at hand has no such function.
    #[error("{symbol} asked, but {library} ({path}) has none; it came with CANN {since}")]
    SymbolMissing {
        /// The function.
        symbol: &'static str,
        /// The library's name.
        library: &'static str,
        /// The files that were opened, or the name of what stands in for them.
        path: String,
        /// The oldest version of CANN that is known to have it.
        since: &'static str,
    },
    /// A function returned another status than success.
    #[error("{call} returned {code} ({name}): {text}{}", added(message.as_deref()))]
    Call {
        /// The function.
        call: &'static str,
        /// What it returned.
        code: i32,
        /// The code's documented name.
        name: &'static str,
        /// What the code means.
        text: &'static str,
        /// What the library itself says about it (`aclGetRecentErrMsg`).
        message: Option<Box<str>>,
    },
}

impl Error {
    /// The status code, if a function returned one.
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Call { code, .. } => Some(*code),
            _ => None,
        }
    }
}

fn tried(searched: &[Attempt]) -> String {
    if searched.is_empty() {
        return "no folder is named".into();
    }
    searched.iter().map(Attempt::to_string).collect::<Vec<_>>().join("; ")
}

fn added(message: Option<&str>) -> String {
    message.map(|message| format!("; CANN says: {message}")).unwrap_or_default()
}
