//! What this machine gives at this moment: the limits that kernels are compared with.
//!
//! Clock rates and the neighbours on a shared machine move figures by factors, so a limit is to be probed in the same process and the same seconds as what is
//! compared with it. A probe takes some milliseconds.

use std::hint::black_box;
use std::time::Instant;

use ascend_hal::{DeviceId, Error, Result};
use memmap2::MmapMut;

use crate::host;
use crate::isa::Isa;

/// A kind of arithmetic with a peak of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Peak {
    /// f32 multiply-adds.
    F32,
    /// Products of bf16 in f32, on the unit that the instruction set has for them; where there is none, as [`Peak::F32`].
    Bf16,
    /// Products of i8 in i32, likewise.
    Int8,
}

/// Probes of one instruction set on a number of threads.
#[derive(Debug)]
pub struct Probe {
    memory: MmapMut,
    isa: Isa,
    threads: usize,
}

/// Changes when a probe measures something else, or in another way: figures of different versions are not comparable.
pub const VERSION: u32 = 1;

/// Larger than the caches that one machine's guests share.
const MEMORY_BYTES: usize = 512 << 20;
/// Bytes that a thread reads from a cache in a probe.
const REREAD_BYTES: usize = 256 << 20;
/// Bytes that a thread reads at a time from each of its streams.
const CHUNK_BYTES: usize = 4096;
/// Streams that a thread reads from at once: more than one engages more of the processor's prefetchers.
const STREAMS: usize = 4;

impl Probe {
    /// Probes of `isa`, which must be available, on `threads` threads (at least 1). Takes 512 MiB of memory.
    ///
    /// # Errors
    /// [`Error::OutOfMemory`]; [`Error::Setting`] when this machine has not got the instruction set, or for a silly number of threads.
    pub fn new(isa: Isa, threads: usize) -> Result<Self> {
        let isa = isa.required("isa")?;
        host::check_threads(threads)?;
        let refused = |_| Error::OutOfMemory { device: DeviceId::CPU, asked_bytes: MEMORY_BYTES, free_bytes: None };
        let mut memory = MmapMut::map_anon(MEMORY_BYTES).map_err(refused)?;
        #[cfg(target_os = "linux")]
        // A hint: without huge pages the probe works as well, and reads what is possible without them.
        let _ = memory.advise(memmap2::Advice::HugePage);
        memory.fill(1);
        Ok(Self { memory, isa, threads: threads.max(1) })
    }

    /// Threads that probe.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Bandwidth of reading main memory, in GB/s.
    pub fn read_gbs(&self) -> f64 {
        let part = self.memory.len() / self.threads / (STREAMS * CHUNK_BYTES) * (STREAMS * CHUNK_BYTES);
        let seconds = self.run(|thread| {
            black_box(read(self.isa, &self.memory[thread * part..][..part]));
        });
        (part * self.threads) as f64 / seconds / 1e9
    }

    /// Bandwidth of reading the same bytes over and over, so many on each thread, in GB/s: that of the cache which holds them.
    pub fn reread_gbs(&self, bytes: usize) -> f64 {
        let whole = STREAMS * CHUNK_BYTES;
        let part = (bytes / whole).max(1).min(self.memory.len() / self.threads / whole) * whole;
        let rounds = REREAD_BYTES / part.max(1);
        let seconds = self.run(|thread| {
            let own = &self.memory[thread * part..][..part];
            // The first time brings them into the cache.
            for _ in 0..=rounds {
                black_box(read(self.isa, black_box(own)));
            }
        });
        (part * (rounds + 1) * self.threads) as f64 / seconds / 1e9
    }

    /// Peak rate of arithmetic on registers, in GFLOP/s (a multiply-add counts as two).
    pub fn peak_gflops(&self, peak: Peak) -> f64 {
        const ROUNDS: usize = 200_000;
        let per_round = black_box(spin(self.isa, peak, 1));
        let seconds = self.run(|_| {
            black_box(spin(self.isa, peak, ROUNDS));
        });
        (per_round * ROUNDS * self.threads) as f64 / seconds / 1e9
    }

    /// Seconds that `f` takes on all threads.
    fn run(&self, f: impl Fn(usize) + Sync) -> f64 {
        let start = Instant::now();
        std::thread::scope(|scope| {
            for thread in 1..self.threads {
                let f = &f;
                scope.spawn(move || f(thread));
            }
            f(0);
        });
        start.elapsed().as_secs_f64()
    }
}

fn read(isa: Isa, bytes: &[u8]) -> u64 {
    match isa {
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "a call into code for other instructions than the program's")]
        // SAFETY: probes are made for available instruction sets only.
        Isa::Avx512 | Isa::Avx512Vnni | Isa::Avx512Bf16 | Isa::Amx => unsafe { x86::read_avx512(bytes) },
        #[cfg(target_arch = "x86_64")]
        #[allow(unsafe_code, reason = "a call into code for other instructions than the program's")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { x86::read_avx2(bytes) },
        _ => read_streams(bytes),
    }
}

/// The sum of all words, read from a few places at once.
#[inline(always)]
fn read_streams(bytes: &[u8]) -> u64 {
    let words: &[u64] = bytemuck::cast_slice(bytes);
    let stream = words.len() / STREAMS;
    let mut sums = [[0u64; 16]; STREAMS];
    for at in (0..stream).step_by(16) {
        for (s, sums) in sums.iter_mut().enumerate() {
            let Some(line) = words.get(s * stream + at..).and_then(|rest| rest.first_chunk::<16>()) else { continue };
            for (sum, word) in sums.iter_mut().zip(line) {
                *sum = sum.wrapping_add(*word);
            }
        }
    }
    sums.as_flattened().iter().fold(0, |all, sum| all.wrapping_add(*sum))
}

/// Multiply-adds on registers; returns the operations of one round.
fn spin(isa: Isa, peak: Peak, rounds: usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "a call into code for other instructions than the program's")]
    // SAFETY: probes are made for available instruction sets only.
    unsafe {
        match (isa, peak) {
            (Isa::Amx, Peak::Bf16 | Peak::Int8) => return crate::gemm::amx::spin(peak == Peak::Int8, rounds),
            (Isa::Avx512Bf16, Peak::Bf16) => return x86::bf16_avx512(rounds),
            (Isa::Avx512Bf16 | Isa::Avx512Vnni, Peak::Int8) => return x86::int8_avx512(rounds),
            (Isa::Avx512 | Isa::Avx512Vnni | Isa::Avx512Bf16 | Isa::Amx, Peak::F32 | Peak::Bf16) => return x86::f32_avx512(rounds),
            (Isa::Avx2 | Isa::Avx512, Peak::Int8) => return x86::int8_avx2(rounds),
            (Isa::Avx2, Peak::F32 | Peak::Bf16) => return x86::f32_avx2(rounds),
            _ => {}
        }
    }
    let _ = (isa, peak);
    let (x, y) = (black_box([1f32; 4]), black_box([0f32; 4]));
    let mut sums = [[0f32; 4]; 12];
    for _ in 0..rounds {
        for sum in &mut sums {
            for j in 0..4 {
                sum[j] += x[j] * y[j];
            }
        }
    }
    black_box(sums);
    2 * sums.as_flattened().len()
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![allow(unsafe_code, reason = "SIMD kernels")]

    use std::arch::x86_64::*;
    use std::hint::black_box;

    use super::read_streams;

    /// # Safety
    /// * The processor has AVX-512 F.
    #[target_feature(enable = "avx512f")]
    pub(super) unsafe fn read_avx512(bytes: &[u8]) -> u64 {
        read_streams(bytes)
    }

    /// # Safety
    /// * The processor has AVX2.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn read_avx2(bytes: &[u8]) -> u64 {
        read_streams(bytes)
    }

    /// A function that keeps `$chains` sums busy.
    macro_rules! spin {
        ($(#[$doc:meta])* $name:ident, $features:literal, $chains:literal, $operations:literal, $zero:expr, |$x:ident, $sum:ident| $step:expr) => {
            $(#[$doc])*
            #[target_feature(enable = $features)]
            pub(super) unsafe fn $name(rounds: usize) -> usize {
                let $x = black_box($zero);
                let mut sums = [black_box($zero); $chains];
                for _ in 0..rounds {
                    for $sum in &mut sums {
                        *$sum = $step;
                    }
                }
                black_box(sums);
                $chains * $operations
            }
        };
    }

    spin!(
        /// # Safety
        /// * The processor has AVX-512 F.
        f32_avx512, "avx512f", 24, 32, _mm512_setzero_ps(), |x, sum| _mm512_fmadd_ps(x, x, *sum)
    );
    spin!(
        /// # Safety
        /// * The processor has AVX-512 F and BF16.
        bf16_avx512, "avx512f,avx512bf16", 24, 64, _mm512_setzero_ps(), |x, sum| {
            // SAFETY: the types have the same size, and any bits are bf16 numbers.
            let x = unsafe { std::mem::transmute::<__m512, __m512bh>(x) };
            _mm512_dpbf16_ps(*sum, x, x)
        }
    );
    spin!(
        /// # Safety
        /// * The processor has AVX-512 F and VNNI.
        int8_avx512, "avx512f,avx512vnni", 24, 128, _mm512_setzero_si512(), |x, sum| _mm512_dpbusd_epi32(*sum, x, x)
    );
    spin!(
        /// # Safety
        /// * The processor has AVX2 and FMA.
        f32_avx2, "avx2,fma", 12, 16, _mm256_setzero_ps(), |x, sum| _mm256_fmadd_ps(x, x, *sum)
    );
    spin!(
        /// # Safety
        /// * The processor has AVX2.
        int8_avx2, "avx2", 12, 32, _mm256_setzero_si256(), |x, sum| _mm256_add_epi32(*sum, _mm256_madd_epi16(black_box(x), x))
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_rates_on_every_instruction_set() {
        for isa in Isa::available() {
            let probe = Probe::new(isa, 1).unwrap();
            // Of nothing, of more than there is, and of a cache.
            for bytes in [0, usize::MAX, 1 << 16] {
                let rate = probe.reread_gbs(bytes);
                assert!(rate > 0.0 && rate.is_finite(), "{isa}: {rate}");
            }
            for rate in [probe.read_gbs(), probe.peak_gflops(Peak::F32), probe.peak_gflops(Peak::Bf16), probe.peak_gflops(Peak::Int8)] {
                assert!(rate > 0.0 && rate.is_finite(), "{isa}: {rate}");
            }
        }
    }

    #[test]
    fn every_byte_is_read() {
        let words: Vec<u64> = (0..(STREAMS * CHUNK_BYTES / 8) as u64 * 3).collect();
        assert_eq!(read(Isa::best(), bytemuck::cast_slice(&words)), words.iter().sum());
    }
}
