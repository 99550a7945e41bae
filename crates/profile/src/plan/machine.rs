//! NPUs and the links between them.

use ascend_hal::DeviceInfo;
use serde::Serialize;

use crate::{Error, Result};

/// An accelerator card: one die, or a package of several that work as ranks of their own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Npu {
    /// Its name on the command line.
    pub name: String,
    /// Dies on a card.
    pub dies: usize,
    /// Dense bf16 peak of a die, TFLOP/s.
    pub bf16_tflops: f64,
    /// Dense int8 peak of a die, TOP/s.
    pub int8_tops: f64,
    /// Memory bandwidth of a die, GB/s.
    pub hbm_gbs: f64,
    /// L2 bandwidth of a die, GB/s.
    pub l2_gbs: f64,
    /// L2 of a die, MiB.
    pub l2_mib: f64,
    /// Memory of a die, GiB.
    pub memory_gib: f64,
    /// What connects the dies.
    pub fabric: Fabric,
    /// Inputs that no document at hand gives.
    pub assumptions: Vec<String>,
}

/// What connects dies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Fabric {
    /// Dies within which the fast links reach.
    pub node_dies: usize,
    /// Bandwidth of all-to-all traffic of a die, GB/s, at 8 ranks and at 128.
    pub near_gbs: [f64; 2],
    /// Bandwidth of a die to other nodes, GB/s.
    pub far_gbs: f64,
    /// Least time of an all-to-all, µs, at 8 ranks and at 256.
    pub latency_us: [f64; 2],
}

/// Between the values at two numbers of ranks, by the logarithm of the number; constant outside.
fn by_ranks(ranks: usize, low: usize, high: usize, values: [f64; 2]) -> f64 {
    let at = (ranks.max(1) as f64 / low as f64).ln() / (high as f64 / low as f64).ln();
    values[0] + (values[1] - values[0]) * at.clamp(0.0, 1.0)
}

impl Fabric {
    /// Seconds of an all-to-all over `ranks` in which each rank sends `bytes`, `slots` destinations for each token. Across nodes, a token travels once to each node.
    pub fn all_to_all(&self, ranks: usize, bytes: f64, slots: usize) -> f64 {
        if ranks <= 1 {
            return 0.0;
        }
        let nodes = ranks.div_ceil(self.node_dies) as f64;
        let near = bytes / by_ranks(ranks, 8, 128, self.near_gbs) / 1e9;
        let visited = (nodes - 1.0) * (1.0 - (1.0 - 1.0 / nodes).powi(slots as i32));
        let far = bytes / slots.max(1) as f64 * visited / self.far_gbs / 1e9;
        (by_ranks(ranks, 8, 256, self.latency_us) / 1e6).max(near).max(far)
    }

    /// Seconds of an all-reduce of `bytes` over `ranks`, which lie within a node.
    pub fn all_reduce(&self, ranks: usize, bytes: f64) -> f64 {
        if ranks <= 1 {
            return 0.0;
        }
        let share = 2.0 * (ranks as f64 - 1.0) / ranks as f64;
        ALL_REDUCE_LATENCY_US / 1e6 + share * bytes / self.near_gbs[0] / 1e9
    }
}

/// Least time of an all-reduce within a node, µs.
pub(super) const ALL_REDUCE_LATENCY_US: f64 = 20.0;

/// Cube cores × MHz as bf16 TFLOP/s: 16 × 16 × 16 multiply-adds a cycle.
fn cube(cores: f64, mhz: f64) -> f64 {
    cores * mhz * 1e6 * 8192.0 / 1e12
}

fn a2(name: &str, cores: f64, mhz: f64, hbm_gbs: f64, [memory_gib, l2_mib]: [f64; 2]) -> Npu {
    Npu {
        name: name.into(),
        dies: 1,
        bf16_tflops: cube(cores, mhz),
        int8_tops: 2.0 * cube(cores, mhz),
        hbm_gbs,
        l2_gbs: 5000.0,
        l2_mib,
        memory_gib,
        fabric: Fabric { node_dies: 8, near_gbs: [140.0, 140.0], far_gbs: 20.0, latency_us: [117.0, 150.0] },
        assumptions: vec![
            "links of an A2 server: 8 cards, 196 GB/s a card within it and 200 Gb/s a card between servers, 70 % and 80 % of them usable"
                .into(),
            "an all-to-all on A2 takes as long at least as on A3, for which there are measurements".into(),
        ],
    }
}

/// The A3 die with fewer cores.
const SMALL_DIE: &str = "910_9362";

/// Every NPU that can be planned for.
pub fn npus() -> Vec<Npu> {
    let a3_fabric = Fabric { node_dies: 768, near_gbs: [146.0, 57.0], far_gbs: 25.0, latency_us: [117.0, 150.0] };
    vec![
        a2("910b1", 24.0, 1850.0, 1600.0, [64.0, 192.0]),
        a2("910b2", 24.0, 1800.0, 1600.0, [64.0, 192.0]),
        a2("910b3", 20.0, 1800.0, 1600.0, [64.0, 192.0]),
        a2("910b4", 20.0, 1500.0, 800.0, [32.0, 96.0]),
        Npu {
            name: "910c".into(),
            dies: 2,
            fabric: a3_fabric,
            assumptions: vec![
                "a 910C package is two A3 dies of 363.7 TFLOP/s (Ascend910_9391.ini), each with 64 GiB at 1.6 TB/s; a die is a rank".into(),
            ],
            ..a2("910c", 24.0, 1850.0, 1600.0, [64.0, 192.0])
        },
    ]
}

impl Npu {
    /// The NPU that a device is, or simulates: variants of a chip count as the chip, and each device of an A3 (`910_93..`) as a die of a 910C.
    ///
    /// # Errors
    /// Nothing is known of the chip.
    pub fn of(device: &DeviceInfo) -> Result<Self> {
        let chip = device.name.to_lowercase().replace("ascend", "");
        let name = match chip.as_str() {
            "910b2c" => "910b2",
            "910b4-1" => "910b4",
            _ if chip.starts_with("910_93") => "910c",
            name => name,
        };
        Self::find(name).map(|npu| if chip == SMALL_DIE { npu.small_die() } else { npu }).map_err(|_| {
            let known =
                "limits are known of Ascend910B1 to 910B4, with their variants, and of 910_93 only; measure another with `--device`";
            Error::option("device", format!("{} ({})", device.id, device.name), known)
        })
    }

    /// As the 910C's die, with the cores, clock and memories of Ascend910_9362.ini.
    fn small_die(self) -> Self {
        Self { bf16_tflops: cube(20.0, 1500.0), int8_tops: 2.0 * cube(20.0, 1500.0), memory_gib: 32.0, l2_mib: 168.0, ..self }
    }

    /// The NPU of this name.
    ///
    /// # Errors
    /// There is none.
    pub fn find(name: &str) -> Result<Self> {
        let found = npus().into_iter().find(|n| n.name == name);
        found.ok_or_else(|| {
            Error::option("npu", name, format!("one of {}", npus().iter().map(|n| n.name.as_str()).collect::<Vec<_>>().join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the platform files of CANN 8.1, `Ascend910B*.ini` and `Ascend910_93*.ini`.
    #[test]
    fn peaks_are_those_of_the_platform_files() {
        for (name, tflops) in [("910b1", 363.7), ("910b2", 353.9), ("910b3", 294.9), ("910b4", 245.8), ("910c", 363.7)] {
            let npu = Npu::find(name).unwrap();
            assert!((npu.bf16_tflops - tflops).abs() < 0.1 && (npu.int8_tops - 2.0 * tflops).abs() < 0.2, "{npu:?}");
        }
        assert!(Npu::find("h800").unwrap_err().to_string().contains("910b2"));
    }

    #[test]
    fn variants_of_a_chip_have_its_limits_and_an_unknown_one_is_refused_by_the_option() {
        let of = |name: &str| {
            let id = ascend_hal::DeviceId { backend: "npu", index: 3 };
            Npu::of(&DeviceInfo { id, name: name.into(), compute_units: 1, memory_bytes: 0, features: Vec::new() })
        };
        let variants = [("Ascend910B3", "910b3"), ("Ascend910B2C", "910b2"), ("Ascend910B4-1", "910b4"), ("Ascend910_9391", "910c")];
        for (name, known) in variants {
            assert_eq!(of(name).unwrap(), Npu::find(known).unwrap(), "{name}");
        }
        let small = of("Ascend910_9362").unwrap();
        assert!(small.name == "910c" && (small.bf16_tflops - 245.8).abs() < 0.1, "{small:?}");
        let refused = of("Ascend310P3").unwrap_err().to_string();
        assert!(refused.starts_with("device `npu:3 (Ascend310P3)`: limits are known of Ascend910B1"), "{refused}");
    }

    /// The CloudMatrix384 paper (arXiv 2506.12708), 910C: dispatch of 8.2 MB at 8 ranks in 116 µs, at 256 in 152; combine of 15.5 MB in 118 and 149.
    #[test]
    fn all_to_all_at_8_ranks_takes_the_measured_time() {
        let fabric = Npu::find("910c").unwrap().fabric;
        for (ranks, bytes, us) in [(8, 8.2e6, 116.0), (8, 15.5e6, 118.0), (256, 8.2e6, 152.0)] {
            let predicted = fabric.all_to_all(ranks, bytes, 8) * 1e6;
            assert!((predicted / us - 1.0).abs() < 0.05, "{ranks}: {predicted}");
        }
        assert_eq!(fabric.all_to_all(1, 1e9, 8), 0.0);
    }
}
