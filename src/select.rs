//! Devices by name.

use std::sync::Arc;

use ascend_cpu::CpuDevice;
use ascend_hal::{Device, DeviceInfo, Error, Result};
use ascend_sys::toolkit;

/// The folder of the CANN toolkit that was installed where this crate was built.
pub const TOOLKIT_AT_BUILD: Option<&str> = option_env!("ASCEND_COMPUTE_TOOLKIT_AT_BUILD");

/// Opens the device called `name`.
///
/// | name | device |
/// |---|---|
/// | `cpu` | the host CPU |
/// | `npu:0`, `npu:1`, ... (`npu` for the first) | an Ascend NPU |
/// | `sim:0`, `sim:1`, ... (`sim` for the first) | an Ascend NPU on a simulated CANN |
/// | `auto` | the first NPU if there is one, else the CPU |
///
/// The CPU is opened anew each time, with kernels and memory accounting of its own; tensors can be passed between two of them, streams cannot.
///
/// # Errors
/// [`Error::NoDevice`] when there is none of that name: what was looked for, and why it is not there. [`Error::Setting`] when the environment asks the
/// device for something impossible.
pub fn open(name: &str) -> Result<Arc<dyn Device>> {
    let missing = |why: String| Err(Error::NoDevice { asked: name.into(), why });
    let (backend, index) = match name.split_once(':') {
        None => (name, 0),
        Some((backend, index)) => match index.parse::<u32>() {
            Ok(index) => (backend, index),
            Err(_) => return missing(format!("`{index}` is not an index; say `{backend}:0`")),
        },
    };
    match (backend, index) {
        ("auto", 0) if !name.contains(':') => open_npu("npu:0").or_else(|_| open("cpu")),
        ("cpu", 0) => Ok(CpuDevice::new()?),
        ("cpu", _) => missing("the host CPU is one device, `cpu`".into()),
        ("npu", _) => open_npu(name),
        ("sim", _) => open_sim(name),
        _ => missing("the names are `cpu`, `npu:N`, `sim:N` and `auto`".into()),
    }
}

fn open_npu(name: &str) -> Result<Arc<dyn Device>> {
    let toolkit = match (toolkit::find(), TOOLKIT_AT_BUILD) {
        (Some(path), _) => format!("a CANN toolkit is installed in {}", path.display()),
        (None, Some(path)) => format!("no CANN toolkit is installed here; one was in {path} when this program was built"),
        (None, None) => {
            let (variables, defaults) = (toolkit::VARIABLES.join(", $"), toolkit::DEFAULTS.join(", "));
            format!("no CANN toolkit is installed either: looked in ${variables}, {defaults}")
        }
    };
    Err(Error::NoDevice { asked: name.into(), why: format!("the NPU backend is not part of this version; use `cpu` ({toolkit})") })
}

fn open_sim(name: &str) -> Result<Arc<dyn Device>> {
    Err(Error::NoDevice { asked: name.into(), why: "the simulated NPU is not part of this version; use `cpu`".into() })
}

/// A device that was looked for.
#[derive(Debug)]
#[non_exhaustive]
pub struct Probe {
    /// Its name for [`open`].
    pub name: String,
    /// What it is, or why it cannot be opened.
    pub info: Result<DeviceInfo>,
}

/// Looks for every kind of device: those that are there, and for the others the first of their kind with the reason why it is not.
pub fn devices() -> Vec<Probe> {
    let probe = |name: &str| Probe { name: name.into(), info: open(name).map(|device| device.info().clone()) };
    ["cpu", "npu:0", "sim:0"].map(probe).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_and_auto_open_and_say_what_they_are() {
        for name in ["cpu", "cpu:0", "auto"] {
            let device = open(name).unwrap();
            assert_eq!(device.info().id.to_string(), "cpu");
            assert!(device.info().compute_units > 0 && device.info().memory_bytes > 0 && !device.info().name.is_empty());
        }
    }

    #[test]
    fn names_without_a_device_are_refused_with_the_reason() {
        for (name, reason) in [
            ("npu:0", "not part of this version"),
            ("npu", "not part of this version"),
            ("sim:3", "not part of this version"),
            ("cpu:1", "one device"),
            ("npu:x", "not an index"),
            ("npu:-1", "not an index"),
            ("auto:0", "the names are"),
            ("gpu", "the names are"),
            ("", "the names are"),
        ] {
            match open(name) {
                Err(Error::NoDevice { asked, why }) => assert!(asked == name && why.contains(reason), "{name}: {why}"),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn every_kind_of_device_is_probed() {
        let probes = devices();
        let names: Vec<&str> = probes.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names, ["cpu", "npu:0", "sim:0"]);
        assert!(probes[0].info.is_ok());
        assert!(matches!(probes[1].info, Err(Error::NoDevice { .. })));
    }
}
