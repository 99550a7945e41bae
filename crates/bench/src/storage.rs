//! Weights of numbers without a pattern, in every storage.

use ascend_cpu::probe::Peak;
use ascend_hal::ops::Weight;
use ascend_hal::{DType, Device, DeviceExt, Dims, Error, Result, TensorView, bf16};

use crate::Bench;

/// Rows of `K` that share a scale of 4-bit codes.
const GROUP: usize = 128;

/// A number between -1 and 1 for each index.
pub(crate) fn noise(i: usize, seed: u64) -> f32 {
    let mut x = (i as u64 ^ seed << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ x >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (x >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

/// How weights are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Storage {
    F32,
    Bf16,
    Int8,
    Int4,
}

impl Storage {
    const ALL: [Self; 4] = [Self::Bf16, Self::Int8, Self::Int4, Self::F32];

    pub(crate) fn parse(name: &str) -> Result<Self> {
        let names = || Self::ALL.map(Self::name).join(", ");
        let found = Self::ALL.into_iter().find(|storage| storage.name() == name);
        found.ok_or_else(|| Error::Setting { name: "dtype", asked: format!("one of {}", names()), found: name.into() })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::Bf16 => "bf16",
            Self::Int8 => "int8",
            Self::Int4 => "int4",
        }
    }

    /// Of weights.
    fn dtype(self) -> DType {
        match self {
            Self::F32 => DType::F32,
            Self::Bf16 => DType::BF16,
            Self::Int8 => DType::I8,
            Self::Int4 => DType::I4,
        }
    }

    /// Of activations and results.
    pub(crate) fn activations(self) -> DType {
        if self == Self::F32 { DType::F32 } else { DType::BF16 }
    }

    /// The arithmetic that products with such weights use.
    pub(crate) fn peak(self) -> Peak {
        match self {
            Self::F32 => Peak::F32,
            Self::Int8 => Peak::Int8,
            Self::Bf16 | Self::Int4 => Peak::Bf16,
        }
    }

    pub(crate) fn bits_per_weight(self) -> f64 {
        match self {
            Self::Int4 => 4.0 + 32.0 / GROUP as f64,
            other => other.dtype().bits() as f64,
        }
    }

    /// Element `i` of a weight, as a number of its storage type (a code for integers).
    fn element(self, i: usize, seed: u64) -> f32 {
        let x = noise(i, seed);
        match self {
            Self::F32 => x,
            Self::Bf16 => bf16::from_f32(x).to_f32(),
            Self::Int8 => (x * 127.0).round(),
            Self::Int4 => (x * 7.0).round(),
        }
    }

    /// What keeps products of `k` numbers at the size of their inputs, where the weights have no scale of their own for it.
    pub(crate) fn input_size(self, k: usize) -> f32 {
        if matches!(self, Self::F32 | Self::Bf16) { (3.0 / k as f32).sqrt() } else { 1.0 }
    }

    /// What a code is multiplied with.
    fn scale(self, k: usize) -> f32 {
        let size = (3.0 / k as f32).sqrt();
        match self {
            Self::F32 | Self::Bf16 => 1.0,
            Self::Int8 => size / 127.0,
            Self::Int4 => size / 7.0,
        }
    }

    /// `x` times `x.len()` elements of a weight from `at` on, of `k` rows.
    pub(crate) fn dot(self, at: usize, k: usize, seed: u64, x: &[f64]) -> f64 {
        let scale = f64::from(self.scale(k));
        x.iter().enumerate().map(|(i, x)| x * f64::from(self.element(at + i, seed)) * scale).sum()
    }
}

impl Bench<'_> {
    /// Storages that are asked for.
    pub(crate) fn storages(&self) -> Result<Vec<Storage>> {
        self.options.dtypes.iter().map(|name| Storage::parse(name)).collect()
    }

    /// Stored elements, written piece by piece, so that the host never holds a second copy.
    fn stored(&self, storage: Storage, shape: &[usize], seed: u64) -> Result<TensorView> {
        let dtype = storage.dtype();
        let tensor = self.device.empty(dtype, Dims::new(shape)?)?;
        let (len, piece) = (tensor.numel(), 1 << 22);
        for start in (0..len).step_by(piece) {
            let values = (start..(start + piece).min(len)).map(|i| storage.element(i, seed));
            let bytes: Vec<u8> = match storage {
                Storage::F32 => values.flat_map(f32::to_le_bytes).collect(),
                Storage::Bf16 => values.flat_map(|x| bf16::from_f32(x).to_le_bytes()).collect(),
                Storage::Int8 => values.map(|x| x as i8 as u8).collect(),
                Storage::Int4 => {
                    let codes: Vec<u8> = values.map(|x| x as i8 as u8 & 15).collect();
                    codes.chunks(2).map(|pair| pair[0] | pair.get(1).map_or(0, |high| high << 4)).collect()
                }
            };
            self.device.write(tensor.buffer(), start * dtype.bits() / 8, &bytes)?;
        }
        Ok(tensor.view())
    }

    /// A prepared weight stored `[.., N, K]`.
    pub(crate) fn weight(&self, storage: Storage, shape: &[usize], seed: u64) -> Result<Weight> {
        let (k, rest) = (shape[shape.len() - 1], &shape[..shape.len() - 2]);
        let n = shape[shape.len() - 2];
        let weight = Weight::nk(self.stored(storage, shape, seed)?)?;
        let groups = if storage == Storage::Int4 { k.div_ceil(GROUP) } else { 1 };
        let scales: Vec<usize> = rest.iter().copied().chain([groups, n]).collect();
        let scale = || self.device.upload(&vec![storage.scale(k); scales.iter().product()], Dims::new(&scales)?);
        self.device.prepare_weight(&match storage {
            Storage::F32 | Storage::Bf16 => weight,
            Storage::Int8 => weight.per_channel(scale()?),
            Storage::Int4 => weight.per_group(GROUP, scale()?, None),
        })
    }

    /// Activations between `-size` and `size`, and their values.
    pub(crate) fn activations(&self, storage: Storage, shape: [usize; 2], size: f32) -> Result<(TensorView, Vec<f32>)> {
        let values: Vec<f32> = (0..shape[0] * shape[1]).map(|i| bf16::from_f32(size * noise(i, 77)).to_f32()).collect();
        let view = match storage.activations() {
            DType::F32 => self.device.upload(&values, shape)?,
            _ => self.device.upload(&values.iter().map(|&x| bf16::from_f32(x)).collect::<Vec<_>>(), shape)?,
        };
        Ok((view, values))
    }
}
