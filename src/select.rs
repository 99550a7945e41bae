//! Devices by name.

use std::sync::Arc;

use ascend_cpu::CpuDevice;
use ascend_hal::{Device, DeviceInfo, Error, Result};
use ascend_npu::{NpuDevice, Values};
use ascend_sys::{Cann, Search, toolkit};

use crate::images::DEVICE_IMAGES;
use crate::own;

/// The folder of the CANN toolkit that was installed where this crate was built.
pub const TOOLKIT_AT_BUILD: Option<&str> = option_env!("ASCEND_COMPUTE_TOOLKIT_AT_BUILD");

/// Opens the device called `name`.
///
/// | name | device |
/// |---|---|
/// | `cpu` | the host CPU |
/// | `npu:0`, `npu:1`, ... (`npu` for the first) | an Ascend NPU |
/// | `sim:0`, `sim:1`, ... (`sim` for the first) | an Ascend NPU on a simulated CANN, in this process; values in its memory are checked |
/// | `auto` | the first NPU; where there is no CANN, or CANN sees no card, the CPU |
///
/// The CPU is opened anew each time, with kernels and memory accounting of its own; tensors can be passed between two of them, streams cannot. It uses all threads;
/// `cpu::CpuDevice::with(CpuOptions::default().with_threads(n))` opens it with `n`.
///
/// # Errors
/// [`Error::NoDevice`] when there is none of that name: what was looked for, and why it is not there. [`Error::Setting`] when the environment asks the
/// device for something impossible. [`Error::Backend`] and [`Error::Missing`] when there is a card that does not start, with `auto` too.
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
        ("auto", 0) if !name.contains(':') => or_cpu(open_npu("npu:0", 0)),
        ("cpu", 0) => Ok(CpuDevice::new()?),
        ("cpu", _) => missing("the host CPU is one device, `cpu`".into()),
        ("npu", _) => open_npu(name, index),
        ("sim", _) => open_sim(index),
        _ => missing("the names are `cpu`, `npu:N`, `sim:N` and `auto`".into()),
    }
}

/// The NPU, or the CPU where there is none. One that is there and fails is not passed over: whoever has a card wants to know.
fn or_cpu(npu: Result<Arc<dyn Device>>) -> Result<Arc<dyn Device>> {
    match npu {
        Err(Error::NoDevice { .. }) => open("cpu"),
        npu => npu,
    }
}

fn open_npu(name: &str, index: u32) -> Result<Arc<dyn Device>> {
    let device = NpuDevice::open(installed(name, index)?, "npu", index)?;
    own::add_to_card(&device, &DEVICE_IMAGES)?;
    Ok(device)
}

/// The CANN of this machine, for the device called `name`.
fn installed(name: &str, index: u32) -> Result<Arc<Cann>> {
    let missing = |why: String| Error::NoDevice { asked: name.into(), why };
    let cann = Cann::open(&Search::new()).map_err(|error| {
        let at_build = match (toolkit::find(), TOOLKIT_AT_BUILD) {
            (Some(path), _) => format!("; a CANN toolkit is in {}, but its runtime cannot be opened", path.display()),
            (None, Some(path)) => format!("; one was in {path} when this program was built"),
            (None, None) => String::new(),
        };
        missing(format!("{error}{at_build}; `sim:{index}` is a simulated one, and needs nothing"))
    })?;
    cann.acl.library().present().map_err(|error| missing(error.to_string()))?;
    Ok(Arc::new(cann))
}

fn open_sim(index: u32) -> Result<Arc<dyn Device>> {
    let device = NpuDevice::open_with(Arc::new(ascend_sim::cann()), "sim", index, Values::Checked)?;
    own::add_to_simulated(&device)?;
    Ok(device)
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

/// Looks for every kind of device: the CPU, each card that CANN sees, and the first of the simulated ones, which are alike. Where there is no card, `npu:0` says why.
pub fn devices() -> Vec<Probe> {
    let cards = installed("npu:0", 0).and_then(|cann| NpuDevice::count(&cann)).unwrap_or(0);
    let npus = (0..cards.max(1)).map(|index| format!("npu:{index}"));
    let names = ["cpu".to_owned()].into_iter().chain(npus).chain(["sim:0".to_owned()]);
    names.map(|name| Probe { info: open(&name).map(|device| device.info().clone()), name }).collect()
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
            ("sim:8", "`sim:0` to `sim:7`"),
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
    fn a_simulated_npu_is_always_there() {
        for (name, id) in [("sim", "sim:0"), ("sim:3", "sim:3")] {
            let device = open(name).unwrap();
            assert_eq!(device.info().id.to_string(), id);
            assert!(device.info().name.starts_with("Ascend910B") && device.info().memory_bytes > 0);
        }
    }

    #[test]
    fn an_npu_without_cann_says_what_was_searched_and_what_to_install() {
        if Cann::open(&Search::new()).is_ok() {
            return;
        }
        for name in ["npu:0", "npu"] {
            match open(name) {
                Err(Error::NoDevice { asked, why }) => {
                    assert_eq!(asked, name);
                    for part in ["libascendcl.so", toolkit::DEFAULTS[0], "install the CANN toolkit", "sim:0"] {
                        assert!(why.contains(part), "{why}");
                    }
                }
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn every_kind_of_device_is_probed() {
        let probes = devices();
        let names: Vec<&str> = probes.iter().map(|p| p.name.as_str()).collect();
        assert!(names.len() >= 3 && names[0] == "cpu" && names[1] == "npu:0" && names[names.len() - 1] == "sim:0", "{names:?}");
        assert!(probes[0].info.is_ok() && probes[probes.len() - 1].info.is_ok());
        if Cann::open(&Search::new()).is_err() {
            assert_eq!(names.len(), 3);
        }
    }

    #[test]
    fn auto_passes_over_an_npu_that_is_not_there_and_no_other() {
        let missing = Error::NoDevice { asked: "npu:0".into(), why: "no CANN".into() };
        assert_eq!(or_cpu(Err(missing)).unwrap().info().id.to_string(), "cpu");
        let failed = Error::Backend { call: "aclInit", code: 500_000, name: "ACL_ERROR_INTERNAL_ERROR".into(), message: String::new() };
        assert!(matches!(or_cpu(Err(failed)), Err(Error::Backend { code: 500_000, .. })));
        assert_eq!(or_cpu(open("sim:0")).unwrap().info().id.to_string(), "sim:0");
    }

    #[test]
    fn a_cann_counts_its_cards() {
        assert_eq!(NpuDevice::count(&ascend_sim::cann()).unwrap(), 8);
    }
}
