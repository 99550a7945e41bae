//! The example's model: logits of candle-transformers and of transformers, with the experts swapped.

use candle_core::IndexOp;
use candle_transformers::models::qwen3_moe::ModelForCausalLM;

use crate::common::sessions;
use decoder::Decoder;
use golden::{difference, folder, model, prompts};
use swap::AscendMoe;

#[path = "../../examples/qwen3_moe/decoder.rs"]
mod decoder;
#[path = "../../examples/qwen3_moe/golden.rs"]
mod golden;
#[path = "../../examples/qwen3_moe/swap.rs"]
mod swap;

/// Sums in f32 on both sides; logits are of the size of 1.
const TOLERANCE: f64 = 2e-5;

#[test]
fn logits_equal_those_of_candle_and_of_transformers() {
    let (config, vb) = model(&folder()).unwrap();
    for session in sessions() {
        let mut ours = Decoder::new(&config, vb.clone(), |vb| AscendMoe::new(&session, &config, vb)).unwrap();
        let mut theirs = ModelForCausalLM::new(&config, vb.clone()).unwrap();
        let prompts = prompts(&folder()).unwrap();
        assert_eq!(prompts.len(), 2);
        for prompt in prompts {
            ours.clear_kv_cache();
            theirs.clear_kv_cache();
            let logits = ours.logits(&prompt.ids, 0).unwrap();
            assert!(difference(&logits, &prompt.logits).unwrap() < TOLERANCE);
            let last = logits.i((0, prompt.ids.dim(1).unwrap() - 1)).unwrap();
            assert!(difference(&last, &theirs.forward(&prompt.ids, 0).unwrap()).unwrap() < TOLERANCE);
            assert_eq!(ours.greedy(&prompt.ids, prompt.greedy.len()).unwrap(), prompt.greedy);
        }
    }
}
