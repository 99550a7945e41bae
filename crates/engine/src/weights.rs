//! Weights from a checkpoint onto the device: checked against the configuration, converted or quantised, fused, and prepared for the device's kernels.
//!
//! Matrices are loaded one by one: while a device reorders one, it holds that one twice, never the model.

use std::sync::Arc;

use ascend_compute::ops::Weight;
use ascend_compute::{Buffer, DType, Device, DeviceExt, Dims, Float, TensorView, bf16, f16};

use crate::checkpoint::{Checkpoint, Decoder};
use crate::quantize::{self, Quantize};
use crate::{Error, Result};

/// Loads the tensors of a checkpoint onto a device.
///
/// A name or shape that is not what the configuration asks for is refused before anything is allocated for it.
#[derive(Clone, Copy, Debug)]
pub struct Weights<'a> {
    /// Where they come from.
    pub checkpoint: &'a dyn Checkpoint,
    /// Where they go.
    pub device: &'a Arc<dyn Device>,
    /// Storage type of matrices on the device. Vectors (norm weights, biases, sinks) are always f32.
    pub dtype: DType,
    /// How the matrices of products are quantised.
    pub quantize: Option<Quantize>,
    /// Whether a matrix of its own that the checkpoint stores as codes stays what it is, whatever `quantize` says of others.
    pub stored: bool,
}

impl<'a> Weights<'a> {
    /// The same without codes, for matrices that stay floats.
    pub fn plain(&self) -> Self {
        Self { quantize: None, stored: false, ..*self }
    }

    /// The same without codes but those of the checkpoint.
    pub fn as_stored(&self) -> Self {
        Self { quantize: None, ..*self }
    }

    /// Matrices `[N_i, K]` of one input, stored one after the other as `[sum N_i, K]`: one product `y = x @ w^T` gives the columns of all.
    pub fn fused(&self, parts: &[(String, usize)], k: usize) -> Result<Weight> {
        let found = parts.iter().map(|(name, n)| self.find(name, &[*n, k])).collect::<Result<Vec<_>>>()?;
        let n = parts.iter().map(|(_, n)| n).sum();
        if self.stored
            && let Some(weight) = quantize::stored(&**self.device, &found, [n, k])?
        {
            return self.prepare(&weight);
        }
        self.rows(&found, [n, k])
    }

    /// For each expert the matrices `[N_i, K]` that `names` gives, as `[E, sum N_i, K]`.
    pub fn experts(&self, experts: usize, k: usize, names: impl Fn(usize) -> Vec<(String, usize)>) -> Result<Weight> {
        let (mut found, mut n) = (Vec::new(), 0);
        for e in 0..experts {
            let of_expert = names(e);
            n = of_expert.iter().map(|(_, n)| n).sum();
            for (name, rows) in of_expert {
                found.push(self.find(&name, &[rows, k])?);
            }
        }
        self.rows(&found, [experts, n, k])
    }

    /// The matrices of all experts in one tensor, stored `[E, N, K]`.
    pub fn stacked_nk(&self, name: &str, [experts, n, k]: [usize; 3]) -> Result<Weight> {
        self.rows(&[self.find(name, &[experts, n, k])?], [experts, n, k])
    }

    /// The matrices of all experts in one tensor, stored `[E, K, N]`.
    pub fn stacked_kn(&self, name: &str, [experts, k, n]: [usize; 3]) -> Result<Weight> {
        let found = self.find(name, &[experts, k, n])?;
        self.prepare(&match self.quantize {
            None => Weight::kn(self.upload(&[found], self.dtype, &[experts, k, n])?),
            Some(how) => quantize::columns(&**self.device, how, &found, [experts, k, n])?,
        })
    }

    /// A weight in the form that the device's kernels read fastest. The form given is freed with its last other user.
    pub fn prepare(&self, weight: &Weight) -> Result<Weight> {
        Ok(self.device.prepare_weight(weight)?)
    }

    /// Matrices whose rows are those of `parts`, one after the other: `[.., N, K]`.
    fn rows<const R: usize>(&self, parts: &[Decoder<'_>], shape: [usize; R]) -> Result<Weight> {
        self.prepare(&match self.quantize {
            None => Weight::nk(self.upload(parts, self.dtype, &shape)?)?,
            Some(how) => quantize::rows(&**self.device, how, parts, shape)?,
        })
    }

    /// Vectors one after the other, in f32.
    pub fn fused_vector(&self, parts: &[(String, usize)]) -> Result<TensorView> {
        let found = parts.iter().map(|(name, n)| self.find(name, &[*n])).collect::<Result<Vec<_>>>()?;
        let n = parts.iter().map(|(_, n)| n).sum();
        self.upload(&found, DType::F32, &[n])
    }

    /// A vector, in f32.
    pub fn vector(&self, name: &str, n: usize) -> Result<TensorView> {
        self.tensor_as(name, &[n], DType::F32)
    }

    /// A tensor as it is stored, in the device's storage type.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<TensorView> {
        self.tensor_as(name, shape, self.dtype)
    }

    /// A tensor as it is stored, in a storage type of its own.
    pub fn tensor_as(&self, name: &str, shape: &[usize], dtype: DType) -> Result<TensorView> {
        self.upload(&[self.find(name, shape)?], dtype, shape)
    }

    /// The values of a tensor on the host, for one that must be rearranged.
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.find(name, shape)?.decode_all()
    }

    /// Values as a tensor in the device's storage type.
    pub fn upload_floats(&self, values: &[f32], shape: &[usize]) -> Result<TensorView> {
        let shape = Dims::new(shape)?;
        Ok(match self.dtype {
            DType::F16 => self.device.upload(&values.iter().map(|&x| f16::from_f32(x)).collect::<Vec<_>>(), shape)?,
            DType::BF16 => self.device.upload(&values.iter().map(|&x| bf16::from_f32(x)).collect::<Vec<_>>(), shape)?,
            _ => self.device.upload(values, shape)?,
        })
    }

    /// Whether there is a tensor of that name.
    pub fn has(&self, name: &str) -> Result<bool> {
        Ok(self.checkpoint.tensor(name)?.is_some())
    }

    fn find(&self, name: &str, shape: &[usize]) -> Result<Decoder<'a>> {
        let path = || self.checkpoint.path().to_path_buf();
        let found = Decoder::open(self.checkpoint, name)?.ok_or_else(|| Error::MissingTensor { path: path(), name: name.into() })?;
        if found.shape() != shape {
            return Err(Error::TensorShape { path: path(), name: name.into(), asked: shape.into(), found: found.shape().into() });
        }
        Ok(found)
    }

    /// `parts` one after the other, as one tensor.
    fn upload(&self, parts: &[Decoder<'_>], dtype: DType, shape: &[usize]) -> Result<TensorView> {
        let whole = self.device.empty(dtype, Dims::new(shape)?)?;
        let mut at = 0;
        for part in parts {
            at = match dtype {
                DType::F16 => self.write::<f16>(part, whole.buffer(), at)?,
                DType::BF16 => self.write::<bf16>(part, whole.buffer(), at)?,
                _ => self.write::<f32>(part, whole.buffer(), at)?,
            };
        }
        Ok(whole.view())
    }

    /// Writes the elements of `part` from byte `at` on, and says where they end.
    fn write<T: Float>(&self, part: &Decoder<'_>, to: &Buffer, mut at: usize) -> Result<usize> {
        part.pieces(|values: &[T]| {
            let bytes: &[u8] = bytemuck::cast_slice(values);
            self.device.write(to, at, bytes)?;
            at += bytes.len();
            Ok(())
        })?;
        Ok(at)
    }
}
