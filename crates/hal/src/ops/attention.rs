//! Attention: MHA, GQA and MQA over packed or paged keys and values.

use super::{Arg, Role, Tensors};
use super::tensors::tensors;
use super::{Cost, Op, OpKind, Rule};
use crate::{DType, Result, TensorView, TensorViewMut};

/// Lengths of the sequences in a batch: on the device for kernels, and perhaps on the host for operators that ask for host arrays.
#[derive(Clone, Debug)]
pub struct Lengths {
    /// `[B + 1]` i32: running sum, starting with 0.
    pub cumulative: TensorView,
    /// The same numbers on the host. An operator that needs them and does not find them here reads the device (and waits); in a captured graph they may not change.
    pub host: Option<std::sync::Arc<[i32]>>,
}

impl Tensors for Lengths {
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        self.cumulative.visit(name, role, f);
    }
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        Ok(Self { cumulative: self.cumulative.map_tensors(name, role, f)?, host: self.host.clone() })
    }
}

/// Where keys and values are.
#[derive(Clone, Debug)]
pub enum KvSource {
    /// Sequences one after the other: `k: [sum L, Hkv, D]`, `v: [sum L, Hkv, Dv]`.
    Packed {
        /// Keys.
        k: TensorView,
        /// Values.
        v: TensorView,
    },
    /// Pages: `k: [pages, P, Hkv, D]`, `v: [pages, P, Hkv, Dv]`, `table: [B, max_pages]` i32 (-1: none). Slots beyond a sequence's length are never read into a result.
    Paged {
        /// Keys.
        k: TensorView,
        /// Values.
        v: TensorView,
        /// Page ids of each sequence.
        table: TensorView,
    },
}

impl Tensors for KvSource {
    fn visit<'a>(&'a self, _: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        let (k, v, table) = match self {
            Self::Packed { k, v } => (k, v, None),
            Self::Paged { k, v, table } => (k, v, Some(table)),
        };
        k.visit("k", role, f);
        v.visit("v", role, f);
        if let Some(table) = table {
            table.visit("table", role, f);
        }
    }
    fn map_tensors(&self, _: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        Ok(match self {
            Self::Packed { k, v } => Self::Packed { k: k.map_tensors("k", role, f)?, v: v.map_tensors("v", role, f)? },
            Self::Paged { k, v, table } => {
                Self::Paged { k: k.map_tensors("k", role, f)?, v: v.map_tensors("v", role, f)?, table: table.map_tensors("table", role, f)? }
            }
        })
    }
}

/// `out = softmax(scale * q k^T) v` for each sequence and head; query head `h` uses key/value head `h / (Hq / Hkv)`.
#[derive(Clone, Debug)]
pub struct Attention {
    /// `[sum S, Hq, D]`.
    pub q: TensorView,
    /// Keys and values.
    pub kv: KvSource,
    /// Query lengths `S`.
    pub q_lens: Lengths,
    /// Key/value lengths `L`.
    pub kv_lens: Lengths,
    /// Factor on the dot products.
    pub scale: f32,
    /// Bottom-right aligned: query `i` stands at `p = L - S + i` and sees keys `j <= p`.
    pub causal: bool,
    /// With `causal`: only the last `window` keys up to and with its own place, `p - j < window`.
    pub window: Option<usize>,
    /// `[sum S, max L]` u8 or bool, 1 = visible; replaces `causal`. Row = packed query, column = key index within its sequence.
    pub mask: Option<TensorView>,
    /// `c * tanh(logit / c)` before the mask.
    pub softcap: Option<f32>,
    /// `[Hq]`: one more logit for each head, with no value.
    pub sinks: Option<TensorView>,
    /// `[sum S, Hq, Dv]`. Rows beyond the last sequence are left untouched.
    pub out: TensorViewMut,
    /// `[sum S, Hq]` f32: natural log of the softmax denominator, the sink included; -inf for a row that sees nothing.
    pub lse: Option<TensorViewMut>,
}

impl Op for Attention {
    const KIND: OpKind = OpKind::Attention;
    const DTYPES: &'static [DType] = &DType::FLOATS;
    const VARIANTS: &'static [&'static str] = &["default"];
    const RULES: &'static [Rule] = &[];

    tensors!(q: in, kv: in, q_lens: in, kv_lens: in, mask: in, sinks: in, out: Float, lse: Float);

    fn dtype(&self) -> DType {
        self.q.dtype()
    }
    fn variant(&self) -> &'static str {
        "default"
    }
    fn check(&self) -> Result<()> {
        Ok(())
    }
    fn cost(&self) -> Cost {
        Cost::streaming(self, 0.0)
    }
}
