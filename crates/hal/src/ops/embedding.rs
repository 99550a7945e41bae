//! Embedding look-up.

use super::tensors::tensors;
use super::{Check, Cost, Op, OpKind, Rule};
use crate::{DType, Error, Result, TensorView, TensorViewMut};

/// `y[t] = weight[ids[t] - first_id]`; zeros for ids of other shards of the vocabulary.
///
/// With the vocabulary split over several devices each holds `V` rows from `first_id` on, and the sum of their results is the whole look-up.
///
/// | | |
/// |---|---|
/// | dtypes | `weight`, `y`: one of f32, f16, bf16, i8; `ids`: i32 or i64 |
/// | accumulated | nothing |
/// | rounding | none: rows are moved bit by bit |
/// | values | `0 <= ids[t] < vocab`, else [`Error::Value`]; aclnn does not validate ids |
/// | source | aclnnEmbedding |
#[derive(Clone, Debug)]
pub struct Embedding {
    /// `[V, H]`: all rows, or one shard of them.
    pub weight: TensorView,
    /// `[T]` i32 or i64.
    pub ids: TensorView,
    /// Ids in the whole vocabulary.
    pub vocab: usize,
    /// Id of the shard's first row; 0 without sharding. `first_id + V <= vocab`.
    pub first_id: usize,
    /// `[T, H]`.
    pub y: TensorViewMut,
}

impl Embedding {
    /// Look-up in a whole vocabulary.
    pub fn new(weight: TensorView, ids: TensorView, y: TensorViewMut) -> Self {
        let vocab = weight.dim(0);
        Self { weight, ids, vocab, first_id: 0, y }
    }

    /// `weight` holds the rows from `first_id` on of a vocabulary of `vocab` ids.
    pub fn with_shard(mut self, first_id: usize, vocab: usize) -> Self {
        (self.first_id, self.vocab) = (first_id, vocab);
        self
    }

    /// The row of `weight` that `id`, the one of token `t`, stands for; `None` when another shard has it.
    ///
    /// # Errors
    /// [`Error::Value`] when the vocabulary has no such id.
    pub fn row(&self, t: usize, id: i64) -> Result<Option<usize>> {
        match usize::try_from(id) {
            Ok(id) if id < self.vocab => Ok(id.checked_sub(self.first_id).filter(|&row| row < self.weight.dim(0))),
            _ => Err(Error::Value {
                op: Self::KIND,
                argument: "ids",
                asked: format!("at least 0 and less than vocab={}", self.vocab),
                found: format!("{id} for token {t}"),
            }),
        }
    }
}

impl Op for Embedding {
    const KIND: OpKind = OpKind::Embedding;
    const DTYPES: &'static [DType] = &[DType::F32, DType::F16, DType::BF16, DType::I8];
    const VARIANTS: &'static [&'static str] = &["whole", "shard"];
    const RULES: &'static [Rule] = &[
        Rule { name: "empty", text: "No tokens, or rows of no elements, give an empty result." },
        Rule { name: "repeated_ids", text: "An id may come more than once; every token gets the row." },
        Rule { name: "other_shard", text: "An id of the vocabulary outside of first_id..first_id + V gives a row of zeros." },
        Rule { name: "bad_id", text: "An id that is negative or not less than vocab is refused when the op executes." },
    ];

    fn applies(_: DType, variant: &str, rule: &str) -> bool {
        rule != "other_shard" || variant == "shard"
    }

    tensors!(weight: in, ids: in, y: Exact);

    fn check(&self) -> Result<()> {
        let c = Check(Self::KIND);
        c.dtype("weight", &self.weight, Self::DTYPES)?;
        c.dtype("ids", &self.ids, &[DType::I32, DType::I64])?;
        c.dtype("y", &self.y, &[self.weight.dtype()])?;
        let [v, h] = c.rank("weight", &self.weight, "[V, H]")?;
        let [t] = c.rank("ids", &self.ids, "[T]")?;
        c.shape("y", &self.y, [("T", t), ("H", h)])?;
        let end = self.first_id.checked_add(v).ok_or_else(|| Error::overflow("first_id + V of embedding"))?;
        c.that(end <= self.vocab, "vocab", format_args!("at least first_id + V = {end}"), self.vocab)
    }

    fn cost(&self) -> Cost {
        // One row a token, not the whole table.
        let y = self.y.size_bytes() as f64;
        Cost { flops: 0.0, read_bytes: y + self.ids.size_bytes() as f64, write_bytes: y }
    }

    fn dtype(&self) -> DType {
        self.weight.dtype()
    }

    fn variant(&self) -> &'static str {
        if self.first_id == 0 && self.weight.dim(0) == self.vocab { "whole" } else { "shard" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host;

    fn call(v: usize, t: usize) -> Embedding {
        let weight = host::zeros(DType::F32, [v, 3]).unwrap().view();
        let ids = host::zeros(DType::I32, [t]).unwrap().view();
        Embedding::new(weight, ids, host::zeros(DType::F32, [t, 3]).unwrap())
    }

    #[test]
    fn shard_must_lie_in_the_vocabulary() {
        assert!(call(10, 2).check().is_ok());
        assert!(call(10, 2).with_shard(20, 30).check().is_ok());
        let e = call(10, 2).with_shard(21, 30).check();
        assert!(matches!(e, Err(Error::Argument { argument: "vocab", .. })), "{e:?}");
        let e = call(10, 2).with_shard(usize::MAX, usize::MAX).check();
        assert!(matches!(e, Err(Error::Overflow { .. })), "{e:?}");
    }

    #[test]
    fn wrong_arguments_are_named() {
        let mut op = call(10, 2);
        op.ids = host::zeros(DType::F32, [2]).unwrap().view();
        assert!(matches!(op.check(), Err(Error::DType { argument: "ids", .. })));
        let mut op = call(10, 2);
        op.y = host::zeros(DType::F32, [2, 4]).unwrap();
        assert!(matches!(op.check(), Err(Error::Shape { argument: "y", .. })));
        let mut op = call(10, 2);
        op.weight = host::zeros(DType::F32, [30]).unwrap().view();
        assert!(matches!(op.check(), Err(Error::Shape { argument: "weight", .. })));
    }

    #[test]
    fn ids_map_to_rows_of_the_shard() {
        let op = call(10, 2).with_shard(20, 40);
        assert_eq!(op.row(0, 20).unwrap(), Some(0));
        assert_eq!(op.row(0, 29).unwrap(), Some(9));
        assert_eq!(op.row(0, 30).unwrap(), None);
        assert_eq!(op.row(0, 19).unwrap(), None);
        for bad in [-1, 40, i64::MIN, i64::MAX] {
            assert!(matches!(op.row(0, bad), Err(Error::Value { argument: "ids", .. })), "{bad}");
        }
    }
}
