//! Swaps the expert block of candle-transformers' Qwen3-MoE for one on an ascend-compute device ([`swap`]): equal logits on a tiny model, and a comparison of
//! speed on a larger one with random weights.
//!
//! ```sh
//! cargo run --release -p ascend-candle --example qwen3_moe            # on cpu
//! cargo run --release -p ascend-candle --example qwen3_moe -- npu:0   # on another device
//! ```

mod decoder;
mod golden;
mod pairs;
mod swap;

use ascend_candle::Session;
use candle_core::{DType, Device, Result, Tensor};
use candle_nn::{Activation, VarBuilder, VarMap};
use candle_transformers::models::qwen3_moe::{Config, ModelForCausalLM};

use decoder::Decoder;
use pairs::Pairs;
use swap::AscendMoe;

/// What logits may differ by: both sides sum in f32, in different orders.
const TOLERANCE: f64 = 2e-5;

fn main() -> Result<()> {
    let session = Session::open(std::env::args().nth(1).as_deref().unwrap_or("cpu"))?;
    let device = session.device().info();
    println!("experts on {} ({}), everything else in candle\n", device.id, device.name);
    equal_logits(&session)?;
    compare_speed(&session)
}

fn swapped(session: &Session, config: &Config, vb: VarBuilder<'_>) -> Result<Decoder<AscendMoe>> {
    Decoder::new(config, vb, |vb| AscendMoe::new(session, config, vb))
}

fn equal_logits(session: &Session) -> Result<()> {
    let (config, vb) = golden::model(&golden::folder())?;
    let mut theirs = ModelForCausalLM::new(&config, vb.clone())?;
    let mut ours = swapped(session, &config, vb)?;
    for (i, prompt) in golden::prompts(&golden::folder())?.iter().enumerate() {
        theirs.clear_kv_cache();
        let last = theirs.forward(&prompt.ids, 0)?;
        ours.clear_kv_cache();
        let to_candle = golden::difference(&ours.last_logits(&prompt.ids, 0)?, &last)?;
        ours.clear_kv_cache();
        let to_f64 = golden::difference(&ours.logits(&prompt.ids, 0)?, &prompt.logits)?;
        println!("prompt {i}: logits differ by at most {to_candle:.1e} from candle-transformers, {to_f64:.1e} from transformers in f64");
        if to_candle.max(to_f64) > TOLERANCE {
            candle_core::bail!("logits may differ by {TOLERANCE:e}");
        }
        if ours.greedy(&prompt.ids, prompt.greedy.len())? != prompt.greedy {
            candle_core::bail!("greedy tokens differ from those of transformers");
        }
    }
    Ok(())
}

/// A layer in the proportions of Qwen3-30B-A3B at half its width, with half as many experts.
fn larger() -> Config {
    Config {
        vocab_size: 256,
        hidden_size: 1024,
        intermediate_size: 3072,
        num_hidden_layers: 1,
        num_attention_heads: 16,
        head_dim: 64,
        attention_bias: false,
        num_key_value_heads: 2,
        max_position_embeddings: 1024,
        sliding_window: None,
        max_window_layers: 0,
        tie_word_embeddings: false,
        rope_theta: 1e6,
        rms_norm_eps: 1e-6,
        use_sliding_window: false,
        hidden_act: Activation::Silu,
        decoder_sparse_step: 1,
        moe_intermediate_size: 384,
        num_experts_per_tok: 8,
        num_experts: 64,
        norm_topk_prob: true,
    }
}

fn compare_speed(session: &Session) -> Result<()> {
    let (config, weights) = (larger(), VarMap::new());
    let vb = VarBuilder::from_varmap(&weights, DType::F32, &Device::Cpu);
    let mut theirs = ModelForCausalLM::new(&config, vb.clone())?;
    let mut ours = swapped(session, &config, vb)?;
    println!(
        "\none layer of {} experts of {}, {} per token, hidden {}, f32, random weights; whole model, milliseconds, medians",
        config.num_experts, config.moe_intermediate_size, config.num_experts_per_tok, config.hidden_size
    );
    println!("{:<24} {:>20} {:>14} {:>22}", "", "candle-transformers", "swapped", "ratio (least, most)");
    for (name, cached, tokens, pairs) in
        [("prefill of 256 tokens", 0, 256, 5), ("prefill of 32 tokens", 0, 32, 9), ("decode after 32", 32, 1, 15)]
    {
        let ids = |tokens: usize| Tensor::from_iter((0..tokens).map(|i| (i * 37 % config.vocab_size) as u32), &Device::Cpu)?.unsqueeze(0);
        let (before, ids) = (ids(cached.max(1))?, ids(tokens)?);
        let mut logits = [None, None];
        let measured = Pairs::measure(pairs, |swapped| {
            let time = if swapped {
                ours.clear_kv_cache();
                if cached > 0 {
                    ours.last_logits(&before, 0)?;
                }
                pairs::timed(|| ours.last_logits(&ids, cached))?
            } else {
                theirs.clear_kv_cache();
                if cached > 0 {
                    theirs.forward(&before, 0)?;
                }
                pairs::timed(|| theirs.forward(&ids, cached))?
            };
            logits[usize::from(swapped)] = Some(time.1);
            Result::Ok(time.0)
        })?;
        println!("{name:<24} {measured}");
        let [Some(a), Some(b)] = &logits else { continue };
        let difference = golden::difference(a, b)?;
        if difference > TOLERANCE {
            candle_core::bail!("the two models' logits differ by {difference:e}");
        }
    }
    Ok(())
}
