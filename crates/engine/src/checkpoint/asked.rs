//! Which tensors of a checkpoint nobody asked for.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::{Checkpoint, GgufTokenizer, Stored};
use crate::Result;

/// What older files carry though it follows from their configuration.
const FOLLOWS: &str = ".rotary_emb.inv_freq";

/// A checkpoint that remembers the names that it was asked for: a tensor of a layer that is not among them is a part of the model that is not computed.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    checkpoint: &'a dyn Checkpoint,
    names: Mutex<HashSet<String>>,
}

impl<'a> Asked<'a> {
    pub(crate) fn of(checkpoint: &'a dyn Checkpoint) -> Self {
        Self { checkpoint, names: Mutex::default() }
    }

    /// Tensors of the first `layers` layers that nobody has asked for, in order of their names. Others belong to parts that follow the layers, like the prediction of further tokens.
    pub(crate) fn left_over(&self, layers: usize) -> Vec<&str> {
        let asked = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let of_layer = |name: &str| name.strip_prefix("model.layers.").and_then(|rest| rest.split_once('.')?.0.parse::<usize>().ok());
        let mut left = self.checkpoint.names();
        left.retain(|name| of_layer(name).is_some_and(|layer| layer < layers) && !name.ends_with(FOLLOWS) && !asked.contains(*name));
        left.sort_unstable();
        left
    }
}

impl Checkpoint for Asked<'_> {
    fn path(&self) -> &Path {
        self.checkpoint.path()
    }

    fn config(&self) -> &serde_json::Value {
        self.checkpoint.config()
    }

    fn names(&self) -> Vec<&str> {
        self.checkpoint.names()
    }

    fn tensor(&self, name: &str) -> Result<Option<Stored<'_>>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        self.checkpoint.tensor(name)
    }

    fn tokenizer(&self) -> Result<Option<GgufTokenizer>> {
        self.checkpoint.tokenizer()
    }
}
