//! The calls of three models' layers, declared without memory.

use std::borrow::Cow;

use ascend_hal::ops::{
    Attention, Cost, FinalizeRouting, Gating, GluKind, GroupList, GroupScore, GroupedMatmul, InitRouting, KvSource, Lengths, MlaCache,
    MlaDecode, MlaQueries, Norm, NormKind, Op, Quantize, Rope, RopeStyle, Score, Weight,
};
use ascend_hal::{DType, Result, TensorView};

use super::{Chip, Launch, Modelled, declare, declare_with, launch, rates};
use crate::plan::{Plan, Planned};
use crate::tiling::{
    dynamic_quant, finalize_routing, flash_attention, gating_top_k, grouped_matmul, init_routing, mla_decode, rms_norm, rope,
};

/// Rows and keys of a step of attention.
const TILE: usize = 128;
/// Slots of a page of the cache.
const PAGE: usize = 128;

/// Shapes of a model's layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// Its name.
    pub name: Cow<'static, str>,
    /// H.
    pub hidden: usize,
    /// I.
    pub intermediate: usize,
    /// E.
    pub experts: usize,
    /// k.
    pub top_k: usize,
    /// Hq.
    pub heads: usize,
    /// Hkv; Hq for latent attention, whose prompts are computed on expanded keys.
    pub kv_heads: usize,
    /// D, without a rope part that lies apart.
    pub head_dim: usize,
    /// Latent and rope widths, for latent attention.
    pub latent: Option<(usize, usize)>,
    /// One more logit a head.
    pub sinks: bool,
    /// How logits of experts become weights.
    pub score: Score,
    /// Groups of experts, and how many of them a token may choose from.
    pub groups: Option<(usize, usize)>,
}

/// The models of the report; `ascend kernels` takes others.
pub const MODELS: [Model; 3] = [
    Model {
        name: Cow::Borrowed("Qwen3-30B-A3B"),
        hidden: 2048,
        intermediate: 768,
        experts: 128,
        top_k: 8,
        heads: 32,
        kv_heads: 4,
        head_dim: 128,
        latent: None,
        sinks: false,
        score: Score::SoftmaxTopK,
        groups: None,
    },
    Model {
        name: Cow::Borrowed("DeepSeek-V3"),
        hidden: 7168,
        intermediate: 2048,
        experts: 256,
        top_k: 8,
        heads: 128,
        kv_heads: 128,
        head_dim: 128,
        latent: Some((512, 64)),
        sinks: false,
        score: Score::Sigmoid,
        groups: Some((8, 4)),
    },
    Model {
        name: Cow::Borrowed("GPT-OSS-120B"),
        hidden: 2880,
        intermediate: 2880,
        experts: 128,
        top_k: 4,
        heads: 64,
        kv_heads: 8,
        head_dim: 64,
        latent: None,
        sinks: true,
        score: Score::TopKSoftmax,
        groups: None,
    },
];

/// Decode steps of so many tokens.
pub const DECODE: [usize; 3] = [1, 16, 128];
/// Tokens of a prefill step.
pub const PREFILL: usize = 4096;
/// Lengths that attention is modelled at.
pub const CONTEXTS: [usize; 3] = [1024, 8192, 32_768];

/// A step of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// `decode` or `prefill`.
    pub phase: &'static str,
    /// Tokens of the step, all sequences together.
    pub tokens: usize,
    /// Keys of each sequence, for attention.
    pub context: Option<usize>,
}

/// A launch of a model's step, modelled on a chip.
#[derive(Clone, Debug)]
pub struct Row {
    /// The kernel.
    pub kernel: &'static str,
    /// The model.
    pub model: Cow<'static, str>,
    /// The step.
    pub step: Step,
    /// The chip.
    pub chip: &'static str,
    /// The figures; or why there are none.
    pub modelled: std::result::Result<Modelled, String>,
    /// The roofline: microseconds that the op needs if each byte of it passes the chip's memory once, and nothing but that and the cube takes time.
    pub least_us: f64,
}

/// A call with the host side of its kernel.
enum Call {
    Product(GroupedMatmul),
    Attention(Attention),
    Latent(MlaDecode),
    Gating(Gating),
    Init(InitRouting),
    Finalize(FinalizeRouting),
    Norm(Norm),
    Rope(Rope),
    Quantize(Quantize),
}

impl Call {
    fn plan(&self, chip: &Chip) -> Planned {
        let (cube, vector) = (chip.cube_cores, chip.vector_cores);
        match self {
            Call::Product(op) => grouped_matmul::plan(op, cube),
            Call::Attention(op) => flash_attention::plan(op, cube),
            Call::Latent(op) => mla_decode::plan(op, cube),
            Call::Gating(op) => gating_top_k::plan(op, vector),
            Call::Init(op) => init_routing::plan(op, vector),
            Call::Finalize(op) => finalize_routing::plan(op, vector),
            Call::Norm(op) => rms_norm::plan(op, vector),
            Call::Rope(op) => rope::plan(op, vector),
            Call::Quantize(op) => dynamic_quant::plan(op, vector),
        }
    }

    /// What the roofline asks for. `used`: the part of the experts that have rows. Of attention the contract's work counts, not the terms that a weight is split into.
    fn least_us(&self, used: f64, chip: &Chip) -> f64 {
        let cube = |cost, x: &TensorView| least_us(cost, Some(x.dtype().bits()), chip);
        match self {
            Call::Product(op) => {
                let mut cost = op.cost();
                cost.read_bytes -= op.weight.data.size_bytes() as f64 * (1.0 - used);
                cube(cost, &op.x)
            }
            Call::Attention(op) => cube(op.cost(), &op.q),
            Call::Latent(op) => cube(op.cost(), &op.q_latent),
            Call::Gating(op) => least_us(op.cost(), None, chip),
            Call::Init(op) => least_us(op.cost(), None, chip),
            Call::Finalize(op) => least_us(op.cost(), None, chip),
            Call::Norm(op) => least_us(op.cost(), None, chip),
            Call::Rope(op) => least_us(op.cost(), None, chip),
            Call::Quantize(op) => least_us(op.cost(), None, chip),
        }
    }
}

/// Microseconds of so many operations of the cube on elements of so many bits, or of reading and writing the bytes once: whichever is more.
fn least_us(cost: Cost, element_bits: Option<usize>, chip: &Chip) -> f64 {
    let per_cycle =
        |name: &str| rates().find(|rate| rate.name == name).map_or(f64::INFINITY, |rate| rate.value * f64::from(chip.cube_cores));
    let memory = (cost.read_bytes + cost.write_bytes) / per_cycle("hbm");
    // 16 x 16 sums over 32 bytes a fractal: a multiply-add is two operations.
    let cube = element_bits.map_or(0.0, |bits| cost.flops * bits as f64 / (2.0 * 16.0 * 16.0 * 256.0) / per_cycle("mmad_fractal"));
    chip.us(memory.max(cube))
}

fn bf16(shape: impl Into<ascend_hal::Dims>) -> Result<TensorView> {
    declare(DType::BF16, shape)
}

/// Running sum of `sequences` lengths.
fn lengths(sequences: usize, length: usize) -> Result<Lengths> {
    let sums: Vec<i32> = (0..=sequences).map(|i| (i * length) as i32).collect();
    Ok(Lengths::new(declare_with(DType::I32, [sequences + 1], &sums)?))
}

/// Rows of each expert when every token picks `top_k` of them, all as likely: the same draw each time.
fn counts(tokens: usize, model: &Model) -> Vec<i64> {
    let mut counts = vec![0; model.experts];
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    for _ in 0..tokens {
        let mut picked = Vec::new();
        while picked.len() < model.top_k {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let expert = (state >> 33) as usize % model.experts;
            if !picked.contains(&expert) {
                picked.push(expert);
                counts[expert] += 1;
            }
        }
    }
    counts
}

/// `rows` rows through the experts' weights `[E, K, N]`, stored `[E, N, K]`; with `quantised`, int8 with a scale for each row and column.
fn product(model: &Model, tokens: usize, k: usize, n: usize, gated: bool, quantised: bool) -> Result<GroupedMatmul> {
    let rows = tokens * model.top_k;
    let dtype = if quantised { DType::I8 } else { DType::BF16 };
    let mut weight = Weight::nk(declare(dtype, [model.experts, n, k])?)?;
    if quantised {
        weight = weight.per_channel(declare(DType::F32, [model.experts, n])?);
    }
    let groups = GroupList::Counts(declare_with(DType::I64, [model.experts], &counts(tokens, model))?);
    let width = if gated { n / 2 } else { n };
    let mut op = GroupedMatmul::new(declare(dtype, [rows, k])?, weight, groups, bf16([rows, width])?.to_mut());
    if quantised {
        op = op.with_x_scale(declare(DType::F32, [rows])?);
    }
    if gated {
        op = op.with_glu(GluKind::Swiglu);
    }
    Ok(op)
}

/// The first product of W8A8 experts, as the second one wants it: int8 with a scale for each row.
fn quantised_product(model: &Model, tokens: usize) -> Result<GroupedMatmul> {
    let rows = tokens * model.top_k;
    let mut op = product(model, tokens, model.hidden, 2 * model.intermediate, true, true)?;
    op.y = declare(DType::I8, [rows, model.intermediate])?.to_mut();
    Ok(op.with_glu_quant(GluKind::Swiglu, declare(DType::F32, [rows])?.to_mut()))
}

/// The kernels of the expert layer and what surrounds it.
fn layer(model: &Model, tokens: usize) -> Result<Vec<(&'static str, Call)>> {
    let &Model { hidden, intermediate, experts, top_k, .. } = model;
    let pairs = tokens * top_k;
    let x = || bf16([tokens, hidden]);
    let norm = || Ok::<_, ascend_hal::Error>(Norm::new(x()?, bf16([hidden])?, NormKind::Rms, 1e-6, x()?.to_mut()));
    let turned = model.latent.map_or(model.head_dim, |(_, rope)| rope);
    let turn = || bf16([tokens, model.heads, turned]);
    let table = || declare(DType::F32, [PREFILL, turned / 2]);
    let positions = declare(DType::I32, [tokens])?;
    let logits = declare(DType::F32, [tokens, experts])?;
    let (weights, ids) = (declare(DType::F32, [tokens, top_k])?, declare(DType::I32, [tokens, top_k])?);
    let mut gating = Gating::new(logits, model.score, weights.to_mut(), ids.to_mut());
    // A softmax of the best sums to one as it is.
    gating.renormalize = model.score != Score::TopKSoftmax;
    let softmax = model.score == Score::SoftmaxTopK || model.score == Score::TopKSoftmax;
    if !softmax {
        gating = gating.with_bias(declare(DType::F32, [experts])?).with_scale(2.5);
    }
    if let Some((groups, keep)) = model.groups {
        gating = gating.with_groups(groups, keep, if softmax { GroupScore::Max } else { GroupScore::Top2Sum });
    }
    let to_row = || declare(DType::I32, [pairs]);
    Ok(vec![
        ("rms_norm", Call::Norm(norm()?)),
        ("add_rms_norm", Call::Norm(norm()?.with_residual(x()?, x()?.to_mut()))),
        ("rope", Call::Rope(Rope::new(turn()?, table()?, table()?, positions, RopeStyle::Half, turn()?.to_mut()))),
        ("gating_top_k", Call::Gating(gating)),
        (
            "init_routing",
            Call::Init(
                InitRouting::new(x()?, ids.clone(), experts, bf16([pairs, hidden])?.to_mut(), to_row()?.to_mut())
                    .with_counts(declare(DType::I64, [experts])?.to_mut()),
            ),
        ),
        (
            "dynamic_quant",
            Call::Quantize(Quantize::new(x()?, declare(DType::I8, [tokens, hidden])?.to_mut(), declare(DType::F32, [tokens])?.to_mut())),
        ),
        ("grouped_matmul", Call::Product(product(model, tokens, hidden, 2 * intermediate, false, false)?)),
        ("grouped_matmul_w8a8", Call::Product(product(model, tokens, hidden, 2 * intermediate, false, true)?)),
        ("grouped_matmul_swiglu", Call::Product(product(model, tokens, hidden, 2 * intermediate, true, false)?)),
        ("grouped_matmul_swiglu_quant", Call::Product(quantised_product(model, tokens)?)),
        ("grouped_matmul_down", Call::Product(product(model, tokens, intermediate, hidden, false, false)?)),
        ("finalize_routing", Call::Finalize(FinalizeRouting::new(bf16([pairs, hidden])?, to_row()?, x()?.to_mut()).with_weights(weights))),
    ])
}

/// Steps of 128 x 128 scores that a launch is modelled on at most; of more, a part of the sequences or heads is taken, which are all alike.
const STEPS: usize = 1 << 15;

/// The largest part of `of` (a divisor by a power of two) with no more steps than [`STEPS`], if each is `steps` of them.
fn part(of: usize, steps: usize) -> usize {
    let mut part = of;
    while part.is_multiple_of(2) && part * steps > STEPS {
        part /= 2;
    }
    part
}

/// One query for each of `sequences` sequences of `context` keys in pages.
fn decode(model: &Model, sequences: usize, context: usize) -> Result<(&'static str, Call)> {
    let pages = context.div_ceil(PAGE);
    let ids: Vec<i32> = (0..(sequences * pages) as i32).collect();
    let table = declare_with(DType::I32, [sequences, pages], &ids)?;
    let (q_lens, kv_lens) = (lengths(sequences, 1)?, lengths(sequences, context)?);
    if let Some((latent, rope)) = model.latent {
        let part = |width: usize| bf16([sequences, model.heads, width]);
        let cache = MlaCache { latent: bf16([sequences * pages, PAGE, latent])?, rope: bf16([sequences * pages, PAGE, rope])?, table };
        let queries = MlaQueries { latent: part(latent)?, rope: part(rope)? };
        return Ok(("mla_decode", Call::Latent(MlaDecode::new(queries, cache, q_lens, kv_lens, 0.1, part(latent)?.to_mut()))));
    }
    let q = || bf16([sequences, model.heads, model.head_dim]);
    let cache = || bf16([sequences * pages, PAGE, model.kv_heads, model.head_dim]);
    let op = Attention::new(q()?, KvSource::Paged { k: cache()?, v: cache()?, table }, q_lens, kv_lens, 0.1, q()?.to_mut());
    Ok(("flash_attention", Call::Attention(if model.sinks { op.with_sinks(declare(DType::F32, [model.heads])?) } else { op })))
}

/// The last `tokens` queries of a sequence of `context` keys, causal, for `kv_heads` of the model's heads of keys.
fn prefill(model: &Model, tokens: usize, context: usize, kv_heads: usize) -> Result<(&'static str, Call)> {
    // A prompt's latent attention is computed on expanded keys.
    let d = model.head_dim + model.latent.map_or(0, |(_, rope)| rope);
    let heads = model.heads / model.kv_heads * kv_heads;
    let keys = |width: usize| bf16([context, kv_heads, width]);
    let queries = |width: usize| bf16([tokens, heads, width]);
    let kv = KvSource::Packed { k: keys(d)?, v: keys(model.head_dim)? };
    let op = Attention::new(queries(d)?, kv, lengths(1, tokens)?, lengths(1, context)?, 0.1, queries(model.head_dim)?.to_mut());
    Ok(("flash_attention", Call::Attention(if model.sinks { op.with_sinks(declare(DType::F32, [heads])?) } else { op })))
}

/// `whole`: how often what is modelled comes in the launch.
fn row(model: &Model, chip: &Chip, step: Step, whole: usize, (kernel, call): (&'static str, Call), change: impl Fn(&mut Plan)) -> Row {
    let modelled = call.plan(chip).and_then(|mut plan| {
        change(&mut plan);
        let asked = Launch {
            kernel: plan.kernel,
            blocks: plan.blocks,
            arguments: &plan.arguments,
            workspace_bytes: plan.workspace_bytes,
            tiling: &plan.tiling,
        };
        launch(&asked, chip).map(|part| Modelled { us: part.us * whole as f64, ..part }).map_err(|error| error.to_string())
    });
    let counts = counts(step.tokens, model);
    let used = counts.iter().filter(|&&rows| rows > 0).count() as f64 / counts.len() as f64;
    Row { kernel, model: model.name.clone(), step, chip: chip.name, modelled, least_us: call.least_us(used, chip) * whole as f64 }
}

/// Models the kernels of a model's steps, those that `wanted` says by name and step, one row at a time as they are done.
///
/// A prompt's attention is that of its last [`PREFILL`] tokens. Of long contexts a part of the sequences or heads is modelled, and the time scaled.
///
/// # Errors
/// A shape is too large.
pub fn each(model: &Model, chip: &Chip, wanted: impl Fn(&str, Step) -> bool, f: impl FnMut(Row)) -> Result<()> {
    each_changed(model, chip, wanted, |_| {}, f)
}

/// As [`each`], of plans that are changed first: what a choice of the host is worth.
///
/// # Errors
/// As [`each`].
pub fn each_changed(
    model: &Model,
    chip: &Chip,
    wanted: impl Fn(&str, Step) -> bool,
    change: impl Fn(&mut Plan),
    mut f: impl FnMut(Row),
) -> Result<()> {
    let steps = DECODE.map(|tokens| ("decode", tokens)).into_iter().chain([("prefill", PREFILL)]);
    for (phase, tokens) in steps {
        for call in layer(model, tokens)? {
            let step = Step { phase, tokens, context: None };
            if wanted(call.0, step) {
                f(row(model, chip, step, 1, call, &change));
            }
        }
    }
    for context in CONTEXTS {
        let keys = context.div_ceil(TILE);
        for tokens in DECODE {
            let sequences = part(tokens, keys * if model.latent.is_some() { model.heads.div_ceil(TILE / 2) } else { model.kv_heads });
            let call = decode(model, sequences, context)?;
            let step = Step { phase: "decode", tokens, context: Some(context) };
            if wanted(call.0, step) {
                f(row(model, chip, step, tokens / sequences, call, &change));
            }
        }
        let tokens = context.min(PREFILL);
        let kv_heads = part(model.kv_heads, (tokens * model.heads / model.kv_heads).div_ceil(TILE) * keys);
        let call = prefill(model, tokens, context, kv_heads)?;
        let step = Step { phase: "prefill", tokens, context: Some(context) };
        if wanted(call.0, step) {
            f(row(model, chip, step, model.kv_heads / kv_heads, call, &change));
        }
    }
    Ok(())
}
