//! Qwen3-MoE put together from what candle publishes, around an expert block of the caller's choice.
//!
//! candle-transformers keeps its decoder layers to itself, so a block cannot be exchanged from outside. These are the same operators in the same order, attention
//! through the same kernel; what is not here is what the model does not need (biases, dense layers, devices other than the CPU).

use candle_core::{D, Device, IndexOp, Module, Result, Tensor};
use candle_nn::attention::{AttnMask, flash_attn};
use candle_nn::kv_cache::ConcatKvCache;
use candle_nn::{Embedding, Linear, RmsNorm, VarBuilder, embedding, linear_no_bias, rms_norm, rotary_emb};
use candle_transformers::models::qwen3_moe::Config;

/// The model, in f32. `F` is the block behind each attention.
#[derive(Debug)]
pub(crate) struct Decoder<F> {
    embed: Embedding,
    layers: Vec<Layer<F>>,
    norm: RmsNorm,
    head: Linear,
    /// `[context, D / 2]`, cosine and sine.
    rotary: (Tensor, Tensor),
}

impl<F: Module> Decoder<F> {
    /// The tensors of `vb`, named as in the checkpoint; `block` makes the block of a layer from its `mlp` tensors.
    pub(crate) fn new(cfg: &Config, vb: VarBuilder<'_>, mut block: impl FnMut(VarBuilder<'_>) -> Result<F>) -> Result<Self> {
        if cfg.attention_bias || cfg.use_sliding_window || cfg.decoder_sparse_step != 1 {
            candle_core::bail!("this example has no attention biases, sliding windows or dense layers");
        }
        let model = vb.pp("model");
        let embed = embedding(cfg.vocab_size, cfg.hidden_size, model.pp("embed_tokens"))?;
        let layers = (0..cfg.num_hidden_layers).map(|i| {
            let vb = model.pp("layers").pp(i);
            let norm = |name| rms_norm(cfg.hidden_size, cfg.rms_norm_eps, vb.pp(name));
            let (before, after) = (norm("input_layernorm")?, norm("post_attention_layernorm")?);
            Ok(Layer { before, attention: Attention::new(cfg, vb.pp("self_attn"))?, after, block: block(vb.pp("mlp"))? })
        });
        let layers = layers.collect::<Result<_>>()?;
        let head = match cfg.tie_word_embeddings {
            true => Linear::new(embed.embeddings().clone(), None),
            false => linear_no_bias(cfg.hidden_size, cfg.vocab_size, vb.pp("lm_head"))?,
        };
        let norm = rms_norm(cfg.hidden_size, cfg.rms_norm_eps, model.pp("norm"))?;
        Ok(Self { embed, layers, norm, head, rotary: rotary(cfg, vb.device())? })
    }

    /// Logits `[B, S, V]` of every position; `ids: [B, S]` stand at places `offset..` of their sequences.
    pub(crate) fn logits(&mut self, ids: &Tensor, offset: usize) -> Result<Tensor> {
        self.hidden(ids, offset)?.apply(&self.head)
    }

    /// Logits `[B, 1, V]` of the last position, as candle-transformers' `forward` gives them.
    pub(crate) fn last_logits(&mut self, ids: &Tensor, offset: usize) -> Result<Tensor> {
        self.hidden(ids, offset)?.i((.., ids.dim(1)? - 1.., ..))?.apply(&self.head)
    }

    /// The `tokens` ids that follow `prompt: [1, S]` when the likeliest is taken each time.
    pub(crate) fn greedy(&mut self, prompt: &Tensor, tokens: usize) -> Result<Vec<u32>> {
        self.clear_kv_cache();
        let (mut ids, mut offset, mut chosen) = (prompt.clone(), 0, Vec::with_capacity(tokens));
        while chosen.len() < tokens {
            let next = self.last_logits(&ids, offset)?.flatten_all()?.argmax(0)?;
            offset += ids.dim(1)?;
            ids = next.reshape((1, 1))?;
            chosen.push(next.to_scalar()?);
        }
        Ok(chosen)
    }

    /// Forgets the sequence.
    pub(crate) fn clear_kv_cache(&mut self) {
        for layer in &mut self.layers {
            layer.attention.cache.reset();
        }
    }

    fn hidden(&mut self, ids: &Tensor, offset: usize) -> Result<Tensor> {
        let tokens = ids.dim(1)?;
        let rotary = (self.rotary.0.narrow(0, offset, tokens)?, self.rotary.1.narrow(0, offset, tokens)?);
        let mut x = self.embed.forward(ids)?;
        for layer in &mut self.layers {
            let mixed = layer.attention.forward(&layer.before.forward(&x)?, &rotary, offset)?;
            x = (x + mixed)?;
            x = (&x + layer.block.forward(&layer.after.forward(&x)?)?)?;
        }
        self.norm.forward(&x)
    }
}

#[derive(Debug)]
struct Layer<F> {
    before: RmsNorm,
    attention: Attention,
    after: RmsNorm,
    block: F,
}

#[derive(Debug)]
struct Attention {
    q: Linear,
    k: Linear,
    v: Linear,
    out: Linear,
    q_norm: RmsNorm,
    k_norm: RmsNorm,
    cache: ConcatKvCache,
    head_dim: usize,
}

impl Attention {
    fn new(cfg: &Config, vb: VarBuilder<'_>) -> Result<Self> {
        let projection = |heads: usize, name| linear_no_bias(cfg.hidden_size, heads * cfg.head_dim, vb.pp(name));
        Ok(Self {
            q: projection(cfg.num_attention_heads, "q_proj")?,
            k: projection(cfg.num_key_value_heads, "k_proj")?,
            v: projection(cfg.num_key_value_heads, "v_proj")?,
            out: linear_no_bias(cfg.num_attention_heads * cfg.head_dim, cfg.hidden_size, vb.pp("o_proj"))?,
            q_norm: rms_norm(cfg.head_dim, cfg.rms_norm_eps, vb.pp("q_norm"))?,
            k_norm: rms_norm(cfg.head_dim, cfg.rms_norm_eps, vb.pp("k_norm"))?,
            cache: ConcatKvCache::new(2),
            head_dim: cfg.head_dim,
        })
    }

    fn forward(&mut self, x: &Tensor, (cos, sin): &(Tensor, Tensor), offset: usize) -> Result<Tensor> {
        let (batch, tokens, _) = x.dims3()?;
        let head_dim = self.head_dim;
        // [B, S, heads * D] to [B, heads, S, D].
        let heads = |x: Tensor| x.reshape((batch, tokens, (), head_dim))?.transpose(1, 2)?.contiguous();
        let (q, k, v) = (heads(x.apply(&self.q)?)?, heads(x.apply(&self.k)?)?, heads(x.apply(&self.v)?)?);
        let q = rotary_emb::rope(&self.q_norm.forward(&q)?, cos, sin)?;
        let k = rotary_emb::rope(&self.k_norm.forward(&k)?, cos, sin)?;
        let (k, v) = self.cache.append(&k, &v)?;
        let rows = |x: &Tensor| x.transpose(1, 2)?.contiguous();
        let scale = 1.0 / (head_dim as f32).sqrt();
        let mixed = flash_attn::<f32>(&rows(&q)?, &rows(&k)?, &rows(&v)?, scale, AttnMask::causal_with_offset(offset), None, None)?;
        mixed.transpose(1, 2)?.flatten_from(D::Minus2)?.apply(&self.out)
    }
}

fn rotary(cfg: &Config, device: &Device) -> Result<(Tensor, Tensor)> {
    let half = cfg.head_dim / 2;
    let frequency = |i: usize| 1.0 / cfg.rope_theta.powf(2.0 * i as f64 / cfg.head_dim as f64) as f32;
    let frequencies = Tensor::from_iter((0..half).map(frequency), device)?.unsqueeze(0)?;
    let places = Tensor::arange(0, cfg.max_position_embeddings as u32, device)?.to_dtype(candle_core::DType::F32)?.unsqueeze(1)?;
    let angles = places.matmul(&frequencies)?;
    Ok((angles.cos()?, angles.sin()?))
}
