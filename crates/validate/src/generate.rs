//! Random inputs, the same for the same seed on every machine.

use ascend_hal::{DType, Device, DeviceExt, Dims, TensorView, TensorViewMut, bf16, f16, host};

use crate::Result;

/// A seeded source of host tensors (SplitMix64).
#[derive(Clone, Debug)]
pub struct Gen {
    state: u64,
}

impl Gen {
    /// A generator for one case: the run's seed and the case's name decide everything.
    pub fn new(seed: u64, case: &str) -> Self {
        // FNV-1a over the name.
        let hash = case.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3));
        Self { state: seed ^ hash }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `0..n`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }

    /// Uniform in `lo..hi`.
    pub fn uniform(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * ((self.bits() >> 11) as f64 / (1u64 << 53) as f64)
    }

    /// Normal with mean 0 and the given deviation (Box–Muller).
    pub fn normal(&mut self, deviation: f64) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform(0.0, 1.0)).ln()).sqrt();
        deviation * radius * (std::f64::consts::TAU * self.uniform(0.0, 1.0)).cos()
    }

    /// A random permutation of `0..n`.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut p: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            p.swap(i, self.below(i + 1));
        }
        p
    }

    /// A host tensor with these elements, rounded to `dtype` (packed for `I4`).
    pub fn tensor(&mut self, dtype: DType, shape: impl Into<Dims>, mut element: impl FnMut(&mut Self, usize) -> f64) -> Result<TensorView> {
        let shape = shape.into();
        let n = shape.numel()?;
        let values: Vec<f64> = (0..n).map(|i| element(self, i)).collect();
        tensor(dtype, shape, &values)
    }

    /// A host tensor of normal numbers.
    pub fn normals(&mut self, dtype: DType, shape: impl Into<Dims>, deviation: f64) -> Result<TensorView> {
        self.tensor(dtype, shape, |g, _| g.normal(deviation))
    }

    /// A host tensor of uniform numbers (for integer types: uniform integers in `lo..=hi`).
    pub fn uniforms(&mut self, dtype: DType, shape: impl Into<Dims>, lo: f64, hi: f64) -> Result<TensorView> {
        let hi = if dtype.is_float() { hi } else { hi + 1.0 };
        self.tensor(dtype, shape, |g, _| if dtype.is_float() { g.uniform(lo, hi) } else { g.uniform(lo, hi).floor() })
    }

    /// A host tensor to be written by an op, poisoned: NaN in floats, a recognisable pattern in integers, so that an element that the op forgets is seen.
    pub fn output(&mut self, dtype: DType, shape: impl Into<Dims>) -> Result<TensorViewMut> {
        let out = host::zeros(dtype, shape)?;
        if let Some(memory) = out.buffer().as_host() {
            // 0xff.. is a NaN in every float type and -1 (255) in the integers; 0xa5 keeps integer outputs from passing for the marker -1.
            memory.fill(if dtype.is_float() { 0xff } else { 0xa5 });
        }
        Ok(out)
    }
}

/// A host tensor of `values`, each rounded to `dtype` (packed for `I4`).
pub(crate) fn tensor(dtype: DType, shape: impl Into<Dims>, values: &[f64]) -> Result<TensorView> {
    let shape = shape.into();
    let bytes: Vec<u8> = match dtype {
        DType::F32 => values.iter().flat_map(|&x| (x as f32).to_le_bytes()).collect(),
        DType::F16 => values.iter().flat_map(|&x| f16::from_f64(x).to_le_bytes()).collect(),
        DType::BF16 => values.iter().flat_map(|&x| bf16::from_f64(x).to_le_bytes()).collect(),
        DType::I64 => values.iter().flat_map(|&x| (x as i64).to_le_bytes()).collect(),
        DType::I32 => values.iter().flat_map(|&x| (x as i32).to_le_bytes()).collect(),
        DType::I8 => values.iter().map(|&x| (x as i8) as u8).collect(),
        DType::I4 => values.chunks(2).map(|p| (p[0] as i8 as u8 & 15) | (p.get(1).map_or(0, |&x| x as i8 as u8 & 15) << 4)).collect(),
        _ => values.iter().map(|&x| x as u8).collect(),
    };
    Ok(host::tensor_of(dtype, &bytes, shape)?)
}

/// Copies a host tensor to `device`, keeping shape, strides and format (gaps included).
pub(crate) fn to_device(device: &dyn Device, view: &TensorView) -> Result<TensorView> {
    let span = 0..view.byte_span().end;
    let mut bytes = vec![0u8; span.len()];
    if let Some(memory) = view.buffer().as_host() {
        memory.read(0, &mut bytes)?;
    }
    let flat = device.upload_bytes(DType::U8, &bytes, [bytes.len()])?;
    Ok(TensorView::new(flat.buffer().clone(), view.dtype(), *view.layout())?)
}
