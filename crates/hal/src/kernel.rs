//! Kernels: which there are for an op on a device, and which one runs.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::{DType, Device, DeviceId, Error, OpCall, OpKind, Result, Stream};

/// Where a kernel comes from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Origin {
    /// Registered by the user of the library.
    User,
    /// Built into the CPU device.
    Cpu,
    /// This project's own Ascend C kernel.
    Own,
    /// An operator of the vendor's library.
    Aclnn,
    /// Put together from other ops of the same device.
    Composed,
}

impl Origin {
    /// The name used on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Cpu => "cpu",
            Self::Own => "own",
            Self::Aclnn => "aclnn",
            Self::Composed => "composed",
        }
    }

    /// Smaller is tried first: what the user put in goes before what came with the device, and whole kernels before compositions.
    const fn rank(self) -> u8 {
        match self {
            Self::User => 0,
            Self::Cpu | Self::Own => 1,
            Self::Aclnn => 2,
            Self::Composed => 3,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a kernel says about itself.
#[derive(Clone, Debug)]
pub struct KernelInfo {
    /// Unique among the kernels of one op on one device.
    pub name: Cow<'static, str>,
    /// The op it computes.
    pub op: OpKind,
    /// Where it comes from.
    pub origin: Origin,
    /// The dtypes (of the contract's leading argument) that it covers.
    pub dtypes: Cow<'static, [DType]>,
    /// Further limits, in words; empty when there are none.
    pub constraints: Cow<'static, str>,
}

/// Where a kernel is launched.
#[derive(Debug)]
pub struct Launch<'a> {
    /// The device; a composed kernel enqueues its parts on it.
    pub device: &'a dyn Device,
    /// The stream.
    pub stream: &'a Stream,
}

/// One implementation of an op on a device.
///
/// Arguments have passed the contract's `check()` before a kernel sees them; what the contract says about values (indices, group lists) is the kernel's to check
/// when it reads them.
pub trait Kernel: Send + Sync {
    /// What it is.
    fn info(&self) -> &KernelInfo;

    /// Whether the kernel can run this very call; the reason when it cannot. The registry has compared op and dtype already.
    fn covers(&self, call: &OpCall) -> Result<(), String> {
        let _ = call;
        Ok(())
    }

    /// Whether the kernel takes part when nobody asks for it; `false` for one that is to run only by name or origin, until it has shown that it is the better one.
    fn automatic(&self, call: &OpCall) -> bool {
        let _ = call;
        true
    }

    /// Runs or enqueues the call.
    fn launch(&self, at: &Launch<'_>, call: &OpCall) -> Result<()>;
}

impl fmt::Debug for dyn Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.info())
    }
}

/// A kernel made of a function: how most kernels are registered.
pub struct FnKernel<F> {
    info: KernelInfo,
    run: F,
}

impl<F> FnKernel<F>
where
    F: Fn(&Launch<'_>, &OpCall) -> Result<()> + Send + Sync + 'static,
{
    /// A kernel that runs `run`, ready to be registered.
    pub fn shared(info: KernelInfo, run: F) -> Arc<dyn Kernel> {
        Arc::new(Self { info, run })
    }
}

impl<F> Kernel for FnKernel<F>
where
    F: Fn(&Launch<'_>, &OpCall) -> Result<()> + Send + Sync,
{
    fn info(&self) -> &KernelInfo {
        &self.info
    }
    fn launch(&self, at: &Launch<'_>, call: &OpCall) -> Result<()> {
        (self.run)(at, call)
    }
}

/// Which kernel a caller wants.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Choice {
    /// The registry's rule.
    #[default]
    Auto,
    /// Only kernels of this origin, then the registry's rule.
    Origin(Origin),
    /// This kernel and no other.
    Name(String),
}

impl Choice {
    /// Reads `own`, `vendor`, another origin's name, or a kernel's name.
    pub fn parse(text: &str) -> Self {
        match text {
            "auto" => Self::Auto,
            "vendor" | "aclnn" => Self::Origin(Origin::Aclnn),
            "own" => Self::Origin(Origin::Own),
            "cpu" => Self::Origin(Origin::Cpu),
            "user" => Self::Origin(Origin::User),
            "composed" => Self::Origin(Origin::Composed),
            name => Self::Name(name.into()),
        }
    }

    fn admits(&self, info: &KernelInfo) -> bool {
        match self {
            Self::Auto => true,
            Self::Origin(origin) => info.origin == *origin,
            Self::Name(name) => info.name == *name,
        }
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Origin(o) => fmt::Display::fmt(o, f),
            Self::Name(n) => write!(f, "`{n}`"),
        }
    }
}

/// How well a device can run a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Support {
    /// One kernel of the device does it.
    Native,
    /// It is put together from other ops of the device.
    Composed,
    /// It cannot be run.
    Unsupported {
        /// The reason.
        why: String,
    },
}

/// The kernels of one device.
pub struct KernelRegistry {
    device: DeviceId,
    kernels: RwLock<Vec<Vec<Arc<dyn Kernel>>>>,
}

impl KernelRegistry {
    /// An empty registry.
    pub fn new(device: DeviceId) -> Self {
        Self { device, kernels: RwLock::new(vec![Vec::new(); OpKind::ALL.len()]) }
    }

    /// Adds a kernel. It takes part from the next call on.
    ///
    /// # Errors
    /// [`Error::KernelExists`] when the op has a kernel of that name.
    pub fn register(&self, kernel: Arc<dyn Kernel>) -> Result<()> {
        let (op, name) = (kernel.info().op, kernel.info().name.clone());
        let mut all = self.kernels.write().unwrap_or_else(PoisonError::into_inner);
        let kernels = &mut all[op as usize];
        if kernels.iter().any(|k| k.info().name == name) {
            return Err(Error::KernelExists { op, name: name.into() });
        }
        // Kept in the order of preference: by origin, and within one origin the latest first.
        let rank = kernel.info().origin.rank();
        let at = kernels.partition_point(|k| k.info().origin.rank() < rank);
        kernels.insert(at, kernel);
        Ok(())
    }

    /// Removes the kernel of that name; `false` when there is none.
    pub fn remove(&self, op: OpKind, name: &str) -> bool {
        let mut all = self.kernels.write().unwrap_or_else(PoisonError::into_inner);
        let kernels = &mut all[op as usize];
        let before = kernels.len();
        kernels.retain(|k| k.info().name != name);
        kernels.len() < before
    }

    /// The kernels of `op`, in the order in which they are tried.
    pub fn list(&self, op: OpKind) -> Vec<Arc<dyn Kernel>> {
        self.kernels.read().unwrap_or_else(PoisonError::into_inner)[op as usize].clone()
    }

    /// The kernel that runs `call`: **the first that `choice` admits and that covers the call**, in the order user, built in, vendor, composed,
    /// and among equals the one registered last. [`Choice::Auto`] admits those that are [`automatic`](Kernel::automatic).
    ///
    /// # Errors
    /// [`Error::NoSuchKernel`] when `choice` admits none; [`Error::Unsupported`] with each candidate's reason when none covers the call.
    pub fn pick(&self, call: &OpCall, choice: &Choice) -> Result<Arc<dyn Kernel>> {
        let (op, dtype) = (call.kind(), call.dtype());
        let all = self.kernels.read().unwrap_or_else(PoisonError::into_inner);
        let kernels = &all[op as usize];
        let mut reasons = Vec::new();
        for kernel in kernels.iter().filter(|k| choice.admits(k.info())) {
            let info = kernel.info();
            if *choice == Choice::Auto && !kernel.automatic(call) {
                reasons.push(format!("`{}`: runs when it is asked for only, by its name or origin", info.name));
                continue;
            }
            let covered =
                if info.dtypes.contains(&dtype) { kernel.covers(call) } else { Err(format!("dtype {dtype} is not among its types")) };
            match covered {
                Ok(()) => return Ok(kernel.clone()),
                Err(why) => reasons.push(format!("`{}`: {why}", info.name)),
            }
        }
        if reasons.is_empty() && *choice != Choice::Auto {
            let names: Vec<_> = kernels.iter().map(|k| format!("`{}` ({})", k.info().name, k.info().origin)).collect();
            let found = if names.is_empty() { "none".into() } else { names.join(", ") };
            return Err(Error::NoSuchKernel { device: self.device, op, asked: choice.to_string(), found });
        }
        let why = if reasons.is_empty() { "it has no kernel for this op".into() } else { reasons.join("; ") };
        Err(Error::Unsupported { device: self.device, op, why })
    }
}

impl fmt::Debug for KernelRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.kernels.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_list().entries(all.iter().flatten().map(|k| &k.info().name)).finish()
    }
}
