//! The operator contracts: one file an op.
//!
//! A contract holds what is true on every device: the formula, the arguments with their shapes, the storage types in, out and accumulated, the rounding points, the
//! edge rules, [`check()`](Op::check) and [`cost()`](Op::cost). A device implements the arithmetic, never the rules.
//!
//! Shape letters: `T` tokens, `E` experts, `k` experts per token, `H` hidden, `I` expert intermediate, `M`/`N`/`K` rows, columns and contracted dimension of a matmul,
//! `Te` rows of expert e, `B` sequences, `S` query length, `L` key/value length, `Hq`/`Hkv` heads, `D` head dimension, `Dv` value dimension, `P` page size.

mod check;
mod lengths;
mod tensors;
mod weight;

use std::fmt;

pub(crate) use check::Check;
pub use lengths::{KeyRows, Lengths, Sequences};
pub use tensors::{Arg, Compare, Role, Tensors};
pub use weight::{MAX_INT_K, Weight, WeightQuant};

use crate::{DType, Error, Result, TensorView};

/// Work of a call, for profiler and roofline. A function of the metadata only; where the work depends on values (group lists, lengths), the contract says what is assumed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Arithmetic operations; a multiply-add counts as two.
    pub flops: f64,
    /// Bytes that must be read at least once.
    pub read_bytes: f64,
    /// Bytes that must be written.
    pub write_bytes: f64,
}

impl Cost {
    /// `flops` operations, and every input read and every output written once.
    pub fn streaming<O: Op>(op: &O, flops: f64) -> Self {
        Self::streaming_but(op, flops, &[])
    }

    /// As [`Cost::streaming`], without the inputs of these names: the caller counts what is read of them.
    pub fn streaming_but<O: Op>(op: &O, flops: f64, apart: &[&str]) -> Self {
        let mut cost = Self { flops, ..Self::default() };
        op.visit(&mut |arg| match arg.role {
            Role::In if apart.contains(&arg.name) => {}
            Role::In => cost.read_bytes += arg.view.size_bytes() as f64,
            Role::Out(_) => cost.write_bytes += arg.view.size_bytes() as f64,
        });
        cost
    }
}

/// An edge rule of a contract: something that every device must do alike where a naive kernel would not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Short name, used in case names and in the coverage list.
    pub name: &'static str,
    /// The rule, in a sentence.
    pub text: &'static str,
}

/// One thing that validation must cover: an op in a dtype and a variant, plain or at one of its edge rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Coverage {
    /// The op.
    pub op: OpKind,
    /// Storage type of the leading argument.
    pub dtype: DType,
    /// Variant of the op.
    pub variant: &'static str,
    /// Edge rule, or [`PLAIN`].
    pub rule: &'static str,
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}", self.op, self.variant, self.dtype, self.rule)
    }
}

/// The rule name of coverage without an edge.
pub const PLAIN: &str = "plain";

/// An op's arguments: what a contract file defines.
pub trait Op: Clone + fmt::Debug + Sized + Into<OpCall> {
    /// Which op it is.
    const KIND: OpKind;
    /// Storage types of the leading argument.
    const DTYPES: &'static [DType];
    /// Variants, each validated on its own.
    const VARIANTS: &'static [&'static str];
    /// Edge rules.
    const RULES: &'static [Rule];
    /// Pairs (input, output) that may be the very same view.
    const IN_PLACE: &'static [(&'static str, &'static str)] = &[];
    /// Weights: the arguments that may be [`Format::Packed`](crate::Format::Packed).
    const WEIGHTS: &'static [&'static str] = &[];

    /// Whether the edge rule can occur in this variant and dtype.
    fn applies(dtype: DType, variant: &str, rule: &str) -> bool {
        let _ = (dtype, variant, rule);
        true
    }

    /// Checks the arguments' metadata against the contract. Everything that can be known without reading device memory is refused here, on every device alike.
    fn check(&self) -> Result<()>;

    /// Work of the call.
    fn cost(&self) -> Cost;

    /// Storage type of the leading argument: what kernels are chosen by.
    fn dtype(&self) -> DType;

    /// Which of [`VARIANTS`](Self::VARIANTS) the arguments are.
    fn variant(&self) -> &'static str;

    /// Calls `f` for every tensor.
    fn visit<'a>(&'a self, f: &mut dyn FnMut(Arg<'a>));

    /// The same call on other tensors: `f` gives the replacement of each.
    fn map(&self, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self>;
}

macro_rules! ops {
    ($($module:ident { $($op:ident = $name:literal),* $(,)? })*) => {
        $(
            mod $module;
            pub use $module::*;
        )*

        /// Which op a call or kernel is.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[non_exhaustive]
        pub enum OpKind {
            $($(#[doc = concat!("See [`", stringify!($op), "`](crate::ops::", stringify!($op), ").")] $op,)*)*
        }

        impl OpKind {
            /// Every op, in the order of this documentation.
            pub const ALL: &'static [OpKind] = &[$($(OpKind::$op,)*)*];

            /// The name used in case names, reports and on the command line.
            pub const fn name(self) -> &'static str {
                match self { $($(Self::$op => $name,)*)* }
            }

            /// Storage types of the leading argument.
            pub fn dtypes(self) -> &'static [DType] {
                match self { $($(Self::$op => <$op as Op>::DTYPES,)*)* }
            }

            /// Variants, each validated on its own.
            pub fn variants(self) -> &'static [&'static str] {
                match self { $($(Self::$op => <$op as Op>::VARIANTS,)*)* }
            }

            /// Edge rules of the contract.
            pub fn rules(self) -> &'static [Rule] {
                match self { $($(Self::$op => <$op as Op>::RULES,)*)* }
            }

            /// Everything that validation must cover for this op.
            pub fn coverage(self) -> Vec<Coverage> {
                match self { $($(Self::$op => coverage::<$op>(),)*)* }
            }
        }

        /// One call of an op with its arguments: the only thing that is ever enqueued, recorded, shadowed or profiled.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        #[expect(clippy::large_enum_variant, reason = "calls are moved once into a stream; boxing would cost an allocation each")]
        pub enum OpCall {
            $($(#[doc = concat!("See [`", stringify!($op), "`](crate::ops::", stringify!($op), ").")] $op($op),)*)*
        }

        $($(
            impl From<$op> for OpCall {
                fn from(op: $op) -> Self { Self::$op(op) }
            }
            impl<'a> TryFrom<&'a OpCall> for &'a $op {
                type Error = Error;
                fn try_from(call: &'a OpCall) -> Result<&'a $op> {
                    match call {
                        OpCall::$op(op) => Ok(op),
                        other => Err(Error::Argument {
                            op: OpKind::$op,
                            argument: "call",
                            asked: $name.into(),
                            found: other.kind().to_string(),
                        }),
                    }
                }
            }
        )*)*

        impl OpCall {
            /// Which op it is.
            pub fn kind(&self) -> OpKind {
                match self { $($(Self::$op(_) => OpKind::$op,)*)* }
            }
            /// See [`Op::check`]; also refuses packed tensors that are no weights, and outputs that repeat elements or overlap other arguments where the contract does not allow it.
            pub fn check(&self) -> Result<()> {
                match self { $($(Self::$op(op) => { check::formats(op)?; check::overlaps(op)?; op.check() })*)* }
            }
            /// See [`Op::cost`].
            pub fn cost(&self) -> Cost {
                match self { $($(Self::$op(op) => op.cost(),)*)* }
            }
            /// See [`Op::dtype`].
            pub fn dtype(&self) -> DType {
                match self { $($(Self::$op(op) => op.dtype(),)*)* }
            }
            /// See [`Op::variant`].
            pub fn variant(&self) -> &'static str {
                match self { $($(Self::$op(op) => op.variant(),)*)* }
            }
            /// See [`Op::visit`].
            pub fn visit<'a>(&'a self, f: &mut dyn FnMut(Arg<'a>)) {
                match self { $($(Self::$op(op) => op.visit(f),)*)* }
            }
            /// See [`Op::map`].
            pub fn map(&self, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
                Ok(match self { $($(Self::$op(op) => Self::$op(op.map(f)?),)*)* })
            }
        }
    };
}

ops! {
    matmul { Matmul = "matmul" }
    grouped_matmul { GroupedMatmul = "grouped_matmul" }
    gating { Gating = "gating" }
    moe_experts { MoeExperts = "moe_experts" }
    init_routing { InitRouting = "init_routing" }
    finalize_routing { FinalizeRouting = "finalize_routing" }
    activation { Activation = "activation", Glu = "glu" }
    norm { Norm = "norm" }
    rope { Rope = "rope" }
    attention { Attention = "attention" }
    mla { MlaDecode = "mla_decode", MlaPrefill = "mla_prefill" }
    kv_cache { KvCacheWrite = "kv_cache_write", KvCacheGather = "kv_cache_gather" }
    quantize { Quantize = "quantize", Dequantize = "dequantize" }
    elementwise { Elementwise = "elementwise" }
    softmax { Softmax = "softmax" }
    top_k { TopK = "top_k" }
    embedding { Embedding = "embedding" }
    cast { Cast = "cast" }
    copy { Copy = "copy" }
    argmax { ArgMax = "argmax" }
}

impl OpKind {
    /// The op called `name`, if there is one.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|op| op.name() == name)
    }
}

impl fmt::Display for OpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn coverage<O: Op>() -> Vec<Coverage> {
    let mut all = Vec::new();
    for &variant in O::VARIANTS {
        for &dtype in O::DTYPES {
            if !O::applies(dtype, variant, PLAIN) {
                continue;
            }
            let rules = std::iter::once(PLAIN).chain(O::RULES.iter().map(|r| r.name).filter(|rule| O::applies(dtype, variant, rule)));
            all.extend(rules.map(|rule| Coverage { op: O::KIND, dtype, variant, rule }));
        }
    }
    all
}
