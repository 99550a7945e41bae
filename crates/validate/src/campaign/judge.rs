//! One fault: what it is, and whether the error that it leads to is the right one.

use std::fmt;

use ascend_hal::Error;

use super::owners::Owner;

/// The code that calls are broken with: an internal error of the runtime, and a resource that is exhausted.
pub(super) const CALL_CODES: [i32; 2] = [507_000, 207_005];

/// What breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Alloc,
    /// A call, with the code that it returns.
    Call(i32),
    PhaseOne,
    Late,
    Hang,
    Ecc,
    /// A link between devices, of which the layer has one only.
    LinkDown,
    Lost,
}

impl Kind {
    /// The kinds that rules which begin with this word have.
    pub(super) fn all(word: &str) -> Vec<Self> {
        match word {
            "alloc" => vec![Self::Alloc],
            "call" => CALL_CODES.map(Self::Call).into(),
            "phase-one" => vec![Self::PhaseOne],
            "late" => vec![Self::Late, Self::Hang],
            "ecc" => vec![Self::Ecc],
            "link-down" => vec![Self::LinkDown],
            "lost" => vec![Self::Lost],
            _ => Vec::new(),
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Alloc => "alloc",
            Self::Call(_) => "call",
            Self::PhaseOne => "phase-one",
            Self::Late => "late",
            Self::Hang => "hang",
            Self::Ecc => "ecc",
            Self::LinkDown => "link-down",
            Self::Lost => "lost",
        }
    }

    /// The code that CANN documents for it.
    fn code(self) -> i32 {
        match self {
            Self::Alloc => 207_001,
            Self::Call(code) => code,
            Self::PhaseOne => 561_000,
            Self::Late => 507_015,
            Self::Hang => 507_014,
            Self::Ecc => 507_054,
            Self::LinkDown => 507_056,
            Self::Lost => 507_010,
        }
    }
}

/// One fault at one occasion.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) kind: Kind,
    /// The function, operator or copy; empty where there is none to name.
    pub(super) about: String,
    pub(super) nth: u64,
    /// Whose task it is, for what fails on a stream.
    pub(super) owner: Option<Owner>,
}

/// How long a task that hangs does so, before the device's limit ends it.
const HANG_MS: u64 = 20;

impl fmt::Display for Fault {
    /// The rule of the script.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        if !self.about.is_empty() {
            write!(f, " {}", self.about)?;
        }
        write!(f, " at {} code {}", self.nth, self.kind.code())?;
        if self.kind == Kind::Hang { write!(f, " for-ms {HANG_MS}") } else { Ok(()) }
    }
}

impl Fault {
    /// Whether the call that fails is one that would have given something back: then that stays behind.
    pub(super) fn strands(&self) -> bool {
        const GIVE_BACK: [&str; 5] = ["Destroy", "Free", "Reset", "Release", "UnSubscribe"];
        matches!(self.kind, Kind::Call(_) | Kind::Lost) && (self.about.is_empty() || GIVE_BACK.iter().any(|part| self.about.contains(part)))
    }

    /// Whether the error is what a caller must get of this fault.
    ///
    /// # Errors
    /// What would have been right.
    pub(super) fn judge(&self, error: &Error) -> Result<(), String> {
        let code = self.kind.code();
        match error.root() {
            Error::OutOfMemory { .. } if code == 207_001 => return Ok(()),
            Error::Backend { code: found, .. } if *found == code => {}
            // A function that makes something returns no code, but null.
            Error::Backend { call, code: 0, .. } if matches!(self.kind, Kind::Call(_)) && *call == self.about => return Ok(()),
            _ => return Err(format!("an error with CANN's code {code} is due")),
        }
        match (self.kind, self.owner) {
            (Kind::Late | Kind::Hang, Some(owner)) => attributed(error, owner),
            (Kind::PhaseOne, _) => {
                let planned = format!("{}GetWorkspaceSize", self.about);
                let named = matches!(error.root(), Error::Backend { call, .. } if *call == planned);
                if named { Ok(()) } else { Err(format!("an error that names {planned} is due")) }
            }
            _ => Ok(()),
        }
    }
}

/// Whether a failure on a stream is said to be its owner's.
fn attributed(error: &Error, owner: Owner) -> Result<(), String> {
    match (error, owner) {
        (Error::Execution { op, .. }, Owner::Op(kind)) if *op == kind => Ok(()),
        (Error::Task { task: "copy", .. }, Owner::Copy) => Ok(()),
        (_, Owner::Op(kind)) => Err(format!("a failure of {kind} is due")),
        (_, Owner::Copy) => Err("a failure of a copy is due".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ascend_hal::OpKind;

    fn backend(code: i32) -> Error {
        Error::Backend { call: "aclrtSynchronizeStream", code, name: "N".into(), message: "m".into() }
    }

    fn execution(op: OpKind) -> Error {
        Error::Execution { op, kernel: "k".into(), skipped: 0, source: Box::new(backend(507_015)) }
    }

    #[test]
    fn a_late_failure_is_right_if_it_names_its_op_and_code() {
        let fault = Fault { kind: Kind::Late, about: "aclnnMm".into(), nth: 2, owner: Some(Owner::Op(OpKind::Matmul)) };
        assert_eq!(fault.to_string(), "late aclnnMm at 2 code 507015");
        assert!(fault.judge(&execution(OpKind::Matmul)).is_ok());
        assert!(fault.judge(&execution(OpKind::Norm)).unwrap_err().contains("matmul"));
        assert!(fault.judge(&backend(507_015)).is_err() && fault.judge(&backend(507_014)).is_err());
    }

    #[test]
    fn exhausted_memory_is_right_for_allocations_only() {
        let error = Error::OutOfMemory { device: ascend_hal::DeviceId::CPU, asked_bytes: 1, free_bytes: None };
        let fault = |kind| Fault { kind, about: "aclrtMalloc".into(), nth: 1, owner: None };
        assert!(fault(Kind::Alloc).judge(&error).is_ok() && fault(Kind::Call(207_005)).judge(&error).is_err());
    }
}
