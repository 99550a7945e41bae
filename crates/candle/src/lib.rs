//! Layers for [candle](https://github.com/huggingface/candle) that compute on an [`ascend_compute`] device.
//!
//! candle's `Device` is a closed enum, so its tensors cannot live on another one. Its custom operators are open. So the weights, which are large, live on our
//! device; activations, which are small, stay candle's CPU tensors and go in and out of each call.
//!
//! | layer | what it takes the place of | in | out |
//! |---|---|---|---|
//! | [`MoeExperts`] | the loop over experts of a mixture-of-experts block | `x`, `ids`, `weights` | `[T, H]` |
//! | [`Gating`] | softmax, sort and gather behind a router | `logits` | ids and weights `[T, k]` |
//! | [`PagedAttention`] | attention and its KV cache | `q`, `k`, `v` | `[T, Hq, D]` |
//! | [`QuantLinear`] | `Linear` | `x` | `[.., N]` |
//!
//! # What a call costs
//!
//! * On `cpu` nothing: kernels read candle's memory and write the result where candle finds it. On another device a call copies its activations there and back
//!   and waits for the result, so put as much between two copies as one layer holds.
//! * Inputs may have any strides. On a device other than `cpu` those that are not contiguous are gathered first.
//! * f32, f16 and bf16; the activations must have the type of the weights. candle itself has no product of bf16 matrices on the CPU.
//!
//! ```
//! use ascend_candle::{Gating, MoeExperts, Session, ops::Score};
//! use candle_core::{DType, Device, Tensor};
//!
//! let session = Session::open("cpu")?;
//! let random = |shape: &[usize]| Tensor::randn(0f32, 0.1, shape, &Device::Cpu)?.to_dtype(DType::BF16);
//! let (experts, hidden, inner) = (8, 32, 16);
//! let router = random(&[experts, hidden])?;
//! let gating = Gating::new(&session, Score::SoftmaxTopK, 2).with_renormalize();
//! let layer = MoeExperts::new(&session, &random(&[experts, 2 * inner, hidden])?, &random(&[experts, hidden, inner])?, None)?;
//!
//! let x = random(&[5, hidden])?;
//! let logits = x.to_dtype(DType::F32)?.matmul(&router.to_dtype(DType::F32)?.t()?)?;
//! let routing = gating.forward(&logits)?;
//! let y = layer.forward(&x, &routing.ids, &routing.weights)?;
//! assert_eq!((y.dims(), y.dtype()), (&[5, hidden][..], DType::BF16));
//! # Ok::<(), ascend_candle::Error>(())
//! ```
//!
//! `examples/qwen3_moe` swaps the expert block of a Qwen3-MoE model.

#![forbid(unsafe_code)]

mod error;
mod gating;
mod moe_experts;
mod paged_attention;
mod quant_linear;
mod session;
mod tensor;
mod weights;

pub use ascend_compute::ops;
pub use error::{Error, Result};
pub use gating::{Gating, Routing};
pub use moe_experts::MoeExperts;
pub use paged_attention::{CacheShape, PagedAttention, PagedAttentionAt, PagedKvCache, Sequence, Step};
pub use quant_linear::QuantLinear;
pub use session::Session;
pub use weights::Quantization;
