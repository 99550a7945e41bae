//! What a device can do at most: probed on the host and kept, from the platform files of CANN for an NPU.

use std::any::Any;

use ascend_compute::Device;
use ascend_compute::cpu::probe::{Peak, Probe, VERSION};
use ascend_compute::cpu::{CpuDevice, Isa};
use ascend_profile::limits::{self, Host, Level, Limits, Rates};
use ascend_profile::plan::Npu;

use crate::{Result, output};

/// Probes of each limit; the best counts, as a neighbour can only take away.
const PROBES: usize = 3;
/// What each thread reads over and over: in the first cache of a core, in its second, and in what cores share, on the machines of today.
const LEVEL_BYTES: [usize; 3] = [16 << 10, 512 << 10, 8 << 20];

/// The limits of `device`. A host is probed when nothing is kept of it, or when it is to be measured `again`.
pub(crate) fn of(device: &dyn Device, again: bool) -> Result<Limits> {
    let info = device.info();
    if let Some(cpu) = (device as &dyn Any).downcast_ref::<CpuDevice>() {
        let (isa, threads) = (cpu.isa(), info.compute_units);
        let host = Host { cpu: info.name.clone(), features: info.features.clone(), isa: isa.to_string(), threads, probe: VERSION };
        let mut note = |text: &str| output::note(&format!("{text}\n"));
        return Ok(limits::of_host(limits::file().as_deref(), &host, again, &mut note, || Ok(probe(isa, threads)?))?);
    }
    let npu = Npu::of(info)?;
    Ok(Limits {
        source: format!("platform files, {} for {}", npu.name, info.name),
        measured_at: None,
        kept: false,
        all: Rates {
            f32_gflops: npu.bf16_tflops * 250.0,
            bf16_gflops: npu.bf16_tflops * 1e3,
            int8_gops: npu.int8_tops * 1e3,
            read_gbs: npu.hbm_gbs,
        },
        one_thread: None,
        levels: Vec::new(),
    })
}

/// Probes the host with the probes of `ascend bench`: on one thread and on all, everything in turns.
fn probe(isa: Isa, threads: usize) -> ascend_compute::Result<Limits> {
    let probes = [Probe::new(isa, 1)?, Probe::new(isa, threads)?];
    let mut rates = [Rates::default(); 2];
    let mut levels = LEVEL_BYTES.map(|bytes| Level { bytes, one_thread_gbs: 0.0, all_threads_gbs: 0.0 });
    let raise = |most: &mut f64, found: f64| *most = most.max(found);
    for _ in 0..PROBES {
        for (probe, most) in probes.iter().zip(&mut rates) {
            raise(&mut most.f32_gflops, probe.peak_gflops(Peak::F32));
            raise(&mut most.bf16_gflops, probe.peak_gflops(Peak::Bf16));
            raise(&mut most.int8_gops, probe.peak_gflops(Peak::Int8));
            raise(&mut most.read_gbs, probe.read_gbs());
        }
        for level in &mut levels {
            raise(&mut level.one_thread_gbs, probes[0].reread_gbs(level.bytes));
            raise(&mut level.all_threads_gbs, probes[1].reread_gbs(level.bytes));
        }
    }
    let [one, all] = rates;
    let source = format!("probed with {isa} on {threads} {}", if threads == 1 { "thread" } else { "threads" });
    Ok(Limits { source, measured_at: None, kept: false, all, one_thread: Some(one), levels: levels.into() })
}
