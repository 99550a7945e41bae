//! Which instruction set the kernels use: decided once, here.

use std::fmt;

use ascend_hal::{Error, Result};

/// The environment variable that forces an instruction set by name.
pub const ISA_VARIABLE: &str = "ASCEND_CPU_ISA";

/// An instruction set that kernels are written for. Later ones are preferred.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Isa {
    /// What the compiler makes of plain Rust.
    Portable,
    /// 64-bit Arm with Advanced SIMD.
    Neon,
    /// x86-64 with AVX2, FMA and F16C.
    Avx2,
    /// As [`Avx2`](Self::Avx2), with AVX-512 F, BW, DQ and VL.
    Avx512,
    /// AVX-512 with dot products of four bytes (VNNI).
    Avx512Vnni,
    /// AVX-512 with dot products of four bytes and of bf16 pairs.
    Avx512Bf16,
    /// As [`Avx512Bf16`](Self::Avx512Bf16), with a matrix unit (AMX) for products of bf16 and of i8. Linux only, which has to permit it.
    Amx,
}

impl Isa {
    /// Every instruction set, on whatever machine.
    pub const ALL: [Isa; 7] = [Self::Portable, Self::Neon, Self::Avx2, Self::Avx512, Self::Avx512Vnni, Self::Avx512Bf16, Self::Amx];

    /// The name used in [`ISA_VARIABLE`] and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Neon => "neon",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Avx512Vnni => "avx512_vnni",
            Self::Avx512Bf16 => "avx512_bf16",
            Self::Amx => "amx",
        }
    }

    /// Whether this machine has it.
    pub fn is_available(self) -> bool {
        match self {
            Self::Portable => true,
            other => other.detect(),
        }
    }

    #[cfg(target_arch = "x86_64")]
    fn detect(self) -> bool {
        // Every one has the conversions of f16; kernels of a set use those of the sets before it.
        let avx2 = || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
        let avx512 = || {
            avx2()
                && is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
        };
        let avx512_bf16 = || avx512() && is_x86_feature_detected!("avx512vnni") && is_x86_feature_detected!("avx512bf16");
        match self {
            Self::Avx2 => avx2(),
            Self::Avx512 => avx512(),
            Self::Avx512Vnni => avx512() && is_x86_feature_detected!("avx512vnni"),
            Self::Avx512Bf16 => avx512_bf16(),
            Self::Amx => avx512_bf16() && crate::amx::is_permitted(),
            Self::Portable | Self::Neon => false,
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn detect(self) -> bool {
        self == Self::Neon && std::arch::is_aarch64_feature_detected!("neon")
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    fn detect(self) -> bool {
        false
    }

    /// Every instruction set of this machine, the preferred one last.
    pub fn available() -> Vec<Self> {
        Self::ALL.into_iter().filter(|isa| isa.is_available()).collect()
    }

    /// The preferred instruction set of this machine.
    pub fn best() -> Self {
        Self::available().pop().unwrap_or(Self::Portable)
    }

    /// The instruction set called `name`.
    ///
    /// # Errors
    /// [`Error::Setting`] when there is none of that name, or when this machine has not got it.
    pub fn parse(name: &str) -> Result<Self> {
        let isa = Self::ALL.into_iter().find(|isa| isa.name() == name);
        isa.ok_or_else(|| refused(ISA_VARIABLE, &Self::ALL, name))?.required(ISA_VARIABLE)
    }

    /// This one, which the setting `setting` asks for.
    ///
    /// # Errors
    /// [`Error::Setting`] when this machine has not got it.
    pub(crate) fn required(self, setting: &'static str) -> Result<Self> {
        if self.is_available() { Ok(self) } else { Err(refused(setting, &Self::available(), self.name())) }
    }

    /// What [`ISA_VARIABLE`] asks for, or else the best there is.
    pub(crate) fn from_environment() -> Result<Self> {
        match std::env::var_os(ISA_VARIABLE) {
            Some(name) => Self::parse(&name.to_string_lossy()),
            None => Ok(Self::best()),
        }
    }
}

fn refused(setting: &'static str, choices: &[Isa], found: &str) -> Error {
    let names: Vec<&str> = choices.iter().map(|isa| isa.name()).collect();
    Error::Setting { name: setting, asked: format!("one of {}", names.join(", ")), found: found.into() }
}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_available_name_is_understood() {
        for isa in Isa::available() {
            assert_eq!(Isa::parse(isa.name()).unwrap(), isa);
        }
        assert!(Isa::best().is_available());
    }

    #[test]
    fn unknown_and_unavailable_names_are_refused_with_the_choices() {
        let unknown = Isa::parse("sse9").unwrap_err().to_string();
        assert!(unknown.contains("sse9") && unknown.contains("portable"), "{unknown}");
        // No machine has both.
        let foreign = if Isa::Neon.is_available() { "avx2" } else { "neon" };
        let unavailable = Isa::parse(foreign).unwrap_err();
        assert!(
            matches!(&unavailable, Error::Setting { asked, found, .. } if !asked.contains(foreign) && found == foreign),
            "{unavailable}"
        );
    }
}
