//! The machine that is simulated, as the environment asks for it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::faults;

/// Environment variables, and what for.
pub const VARIABLES: [(&str, &str); 9] = [
    ("ASCEND_SIM_DEVICES", "number of simulated devices"),
    ("ASCEND_SIM_SOC", "name of the simulated chip"),
    ("ASCEND_SIM_HBM", "memory of a simulated device, as 64GiB"),
    ("ASCEND_SIM_CANN", "simulated version of CANN, 8.1.RC1 to 9.x"),
    ("ASCEND_SIM_STRICT", "what misuse of the simulated CANN does: report, abort or off"),
    ("ASCEND_SIM_BACKTRACE", "1: reports of misuse say where in the program it happened"),
    ("ASCEND_SIM_FAULTS", "faults on purpose, a rule a line"),
    ("ASCEND_SIM_KERNELS", "null: operators compute nothing, for measuring what is around them"),
    ("ASCEND_SIM_SUMMARY", "a file that takes what was called, missing and left alive when the process ends"),
];

/// A version of CANN, ordered by its first two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl FromStr for Version {
    type Err = String;

    /// Reads `8.5`, `8.5.0` or `8.1.RC1`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok(Self { major, minor }),
            _ => Err(format!("a version of CANN such as 8.5.0 asked, `{text}` found")),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What programs ask about a chip. Source: the toolkit's `platform_config` files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chip {
    pub(crate) cube_cores: u32,
    pub(crate) vector_cores: u32,
    pub(crate) l2_bytes: u64,
}

impl Chip {
    /// A chip by its name; one that is not known is like the 910B2.
    pub(crate) fn of(soc: &str) -> Self {
        let (cube_cores, l2_mib) = match soc {
            "Ascend910B3" => (20, 192),
            "Ascend910B4" => (20, 96),
            "Ascend910B4-1" => (20, 168),
            _ => (24, 192),
        };
        Self { cube_cores, vector_cores: 2 * cube_cores, l2_bytes: l2_mib << 20 }
    }
}

/// What misuse does besides being refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strict {
    Report,
    Abort,
    Off,
}

#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) devices: u32,
    pub(crate) soc: String,
    pub(crate) memory_bytes: u64,
    pub(crate) cann: Version,
    /// As it was asked for, with all its parts.
    pub(crate) cann_text: String,
    pub(crate) strict: Strict,
    pub(crate) backtrace: bool,
    pub(crate) faults: String,
    /// Whether operators compute.
    pub(crate) compute: bool,
    pub(crate) summary: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        let cann = Version { major: 8, minor: 5 };
        Self {
            devices: 8,
            soc: "Ascend910B2".into(),
            memory_bytes: 64 << 30,
            cann,
            cann_text: "8.5.0".into(),
            strict: Strict::Report,
            backtrace: false,
            faults: String::new(),
            compute: true,
            summary: None,
        }
    }
}

impl Config {
    /// The machine that the variables ask for, or what is wrong with one.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut config = Self::default();
        let [devices, soc, memory, cann, strict, backtrace, faults, kernels, summary] = VARIABLES.map(|(name, _)| (name, variable(name)));
        let wrong = |name: &str, asked: &str, found: &str| format!("{name}: {asked} asked, `{found}` found");
        if let (name, Some(text)) = devices {
            let number = text.parse().ok().filter(|number| (1..=64).contains(number));
            config.devices = number.ok_or_else(|| wrong(name, "a number from 1 to 64", &text))?;
        }
        if let (name, Some(text)) = soc {
            // The name goes out as a C string.
            config.soc = if text.is_empty() || text.contains('\0') { return Err(wrong(name, "a name", &text)) } else { text };
        }
        if let (name, Some(text)) = memory {
            config.memory_bytes = bytes(&text).ok_or_else(|| wrong(name, "a size such as 64GiB", &text))?;
        }
        if let (name, Some(text)) = cann {
            config.cann = text.parse().map_err(|error| format!("{name}: {error}"))?;
            config.cann_text = text;
        }
        if let (name, Some(text)) = strict {
            config.strict = match text.as_str() {
                "report" => Strict::Report,
                "abort" => Strict::Abort,
                "off" => Strict::Off,
                _ => return Err(wrong(name, "report, abort or off", &text)),
            };
        }
        if let (name, Some(text)) = kernels {
            config.compute = match text.as_str() {
                "null" => false,
                "cpu" => true,
                _ => return Err(wrong(name, "null or cpu", &text)),
            };
        }
        if let (name, Some(text)) = backtrace {
            config.backtrace = match text.as_str() {
                "0" => false,
                "1" => true,
                _ => return Err(wrong(name, "0 or 1", &text)),
            };
        }
        if let (name, Some(text)) = faults {
            faults::check(&text).map_err(|error| format!("{name}: {error}"))?;
            config.faults = text;
        }
        config.summary = summary.1.filter(|path| !path.is_empty()).map(PathBuf::from);
        Ok(config)
    }
}

fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_number() {
        let version = |text: &str| text.parse::<Version>().unwrap();
        assert!(version("8.1.RC1") < version("8.5.0") && version("8.5") < version("9.0.0") && version("9.0") < version("10.0"));
        assert!("nine".parse::<Version>().is_err() && "8".parse::<Version>().is_err());
    }

    #[test]
    fn variables_describe_the_machine_and_a_wrong_one_is_refused_by_name() {
        let read = |name: &'static str, value: &'static str| Config::read(|asked| (asked == name).then(|| value.into()));
        assert_eq!(read("ASCEND_SIM_HBM", "512MiB").unwrap().memory_bytes, 512 << 20);
        assert_eq!(read("ASCEND_SIM_DEVICES", "2").unwrap().devices, 2);
        assert_eq!(read("ASCEND_SIM_STRICT", "abort").unwrap().strict, Strict::Abort);
        for (name, value) in [
            ("ASCEND_SIM_HBM", "many"),
            ("ASCEND_SIM_HBM", "99999999999GiB"),
            ("ASCEND_SIM_DEVICES", "0"),
            ("ASCEND_SIM_STRICT", "yes"),
            ("ASCEND_SIM_CANN", "new"),
            ("ASCEND_SIM_BACKTRACE", "yes"),
            ("ASCEND_SIM_FAULTS", "fire"),
        ] {
            assert!(read(name, value).unwrap_err().starts_with(name), "{name}={value}");
        }
    }
}
