//! Cases of the fused expert network.

use std::fmt;
use std::sync::Arc;

use ascend_hal::ops::{
    Coverage, Elementwise, FinalizeRouting, Glu, GluKind, GroupList, GroupedMatmul, InitRouting, Matmul, MoeExperts, Weight,
};
use ascend_hal::{DType, DeviceExt, TensorView};

use super::router::{Routed, Router};
use crate::case::Bench;
use crate::{Case, Gen, GoldenFile, Result, Work, generate};

/// What a case is made of.
#[derive(Clone, Copy)]
struct Params {
    t: usize,
    h: usize,
    i: usize,
    /// Local experts.
    e: usize,
    k: usize,
    biases: bool,
    interleaved: bool,
    /// Integer weights with zeros.
    zeros: bool,
    /// Erf instead of tanh in GeGLU.
    erf: bool,
    /// First local expert, and experts in all.
    range: Option<(usize, usize)>,
}

impl Params {
    const fn new(t: usize, h: usize, i: usize, e: usize, k: usize) -> Self {
        Self { t, h, i, e, k, biases: false, interleaved: false, zeros: false, erf: false, range: None }
    }
    const fn biases(self) -> Self {
        Self { biases: true, ..self }
    }
    const fn interleaved(self) -> Self {
        Self { interleaved: true, ..self }
    }
    const fn zeros(self) -> Self {
        Self { zeros: true, ..self }
    }
    const fn erf(self) -> Self {
        Self { erf: true, ..self }
    }
    const fn range(self, first: usize, experts: usize) -> Self {
        Self { range: Some((first, experts)), ..self }
    }
    fn experts(&self) -> usize {
        self.range.map_or(self.e, |(_, experts)| experts)
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}_h{}_i{}_e{}_k{}", self.t, self.h, self.i, self.e, self.k)?;
        if let Some((first, experts)) = self.range {
            write!(f, "_from{first}of{experts}")?;
        }
        for (name, set) in [("_bias", self.biases), ("_interleaved", self.interleaved), ("_zeros", self.zeros), ("_erf", self.erf)] {
            f.write_str(if set { name } else { "" })?;
        }
        Ok(())
    }
}

/// Of even `H` and `I`, so that 4-bit weights are whole bytes.
const SHAPES: [Params; 8] = [
    // Mixtral, Qwen3-MoE, DeepSeek-V3 on one of four ranks, GPT-OSS; all scaled down.
    Params::new(7, 64, 48, 8, 2),
    Params::new(3, 64, 24, 64, 8).zeros(),
    Params::new(5, 112, 32, 16, 8).range(16, 64).erf(),
    Params::new(9, 90, 90, 4, 4).biases().interleaved(),
    // A decode step; shapes that break things.
    Params::new(1, 256, 64, 8, 2).erf().zeros(),
    Params::new(1, 2, 2, 1, 1),
    Params::new(33, 34, 6, 3, 1).biases(),
    Params::new(131, 16, 10, 5, 2).interleaved().zeros(),
];

const SMALL: Params = Params::new(11, 40, 24, 6, 3);

fn params(c: Coverage) -> Vec<Params> {
    match c.rule {
        "plain" => {
            let odd = Params::new(17, 33, 7, 3, 2);
            SHAPES.into_iter().chain((!c.variant.starts_with("woq4")).then_some(odd)).collect()
        }
        "zero_tokens" => vec![Params { t: 0, ..SMALL }],
        "no_slots" => vec![Params { k: 0, ..SMALL }],
        "local_range" => vec![SMALL.range(6, 18)],
        "interleaved" => vec![SMALL.interleaved(), SMALL.interleaved().biases()],
        "biases" | "zero_row" => vec![SMALL.biases()],
        _ => vec![SMALL],
    }
}

pub(super) fn moe_experts(coverage: &[Coverage]) -> Vec<Case> {
    let mut cases = Vec::new();
    for &c in coverage {
        for p in params(c) {
            if c.rule == "id_out_of_range" {
                for (name, id) in [("below", -1.0), ("beyond", (p.experts() + 1) as f64)] {
                    let build = move |g: &mut Gen| Ok(call(g, c, p, Some(id))?.into());
                    cases.push(Case::refused(c, format_args!("{p}_{name}"), "ids", build));
                }
            } else {
                cases.push(Case::covering(c, p, move |g| Ok(call(g, c, p, None)?.into())));
            }
        }
    }
    cases
}

/// A call of the entry `c`, with one id replaced.
fn call(g: &mut Gen, c: Coverage, p: Params, replaced: Option<f64>) -> Result<MoeExperts> {
    let pairs = p.t * p.k;
    let order: Vec<Vec<usize>> = (0..p.t).map(|_| g.permutation(p.experts())).collect();
    let ids = g.tensor(DType::I32, [p.t, p.k], |g, at| match (c.rule, replaced) {
        (_, Some(id)) if at == pairs / 2 => id,
        ("no_expert", _) if at % 4 == 1 => p.experts() as f64,
        ("one_expert", _) => 2.0,
        ("repeated_expert", _) => g.below(2) as f64,
        // The last expert has no tokens.
        ("empty_expert", _) => g.below(p.e - 1) as f64,
        _ => order[at / p.k][at % p.k % p.experts()] as f64,
    })?;
    let weights = g.tensor(DType::F32, [p.t, p.k], |g, at| match c.rule {
        "no_expert" if at % 4 == 1 => f64::NAN,
        _ => g.uniform(0.1, 1.0),
    })?;
    let x = g.tensor(c.dtype, [p.t, p.h], |g, at| match (c.rule, at / p.h) {
        ("zero_row", 1) => 0.0,
        ("nan_token", 2) if at % p.h == p.h / 2 => f64::NAN,
        _ => g.normal(1.0),
    })?;
    let (gate_up, down) = (weight(g, c, p, p.h, 2 * p.i)?, weight(g, c, p, p.i, p.h)?);
    let mut op = MoeExperts::new(x, ids, weights, gate_up, down, g.output(c.dtype, [p.t, p.h])?);
    op.glu = match c.variant {
        "swiglu_clamped" => GluKind::SwigluClamped { limit: 1.5, alpha: 1.702, up_bias: 1.0 },
        "geglu" if p.erf => GluKind::GegluErf,
        "geglu" => GluKind::GegluTanh,
        // Quantised weights go with every activation.
        _ if p.interleaved && c.variant != "swiglu" => GluKind::SwigluClamped { limit: 7.0, alpha: 1.702, up_bias: 1.0 },
        _ => GluKind::Swiglu,
    };
    op.interleaved = p.interleaved;
    op.quantize_activations = c.variant == "w8a8";
    if p.biases {
        // Both storage types that the contract allows.
        op = op.with_biases(g.normals(c.dtype, [p.e, 2 * p.i], 0.5)?, g.normals(DType::F32, [p.e, p.h], 0.5)?);
    }
    Ok(match p.range {
        Some((first, experts)) => op.with_expert_range(first, experts),
        None => op,
    })
}

/// Weights of logical shape `[E, K, N]` that keep the size of what they are multiplied with. Those of the last expert are NaN where it must not matter.
fn weight(g: &mut Gen, c: Coverage, p: Params, k: usize, n: usize) -> Result<Weight> {
    let unused = |at: usize, per_expert: usize| c.rule == "empty_expert" && at / per_expert == p.e - 1;
    let size = 1.0 / (k as f64).sqrt();
    let (dtype, most) = match c.variant {
        "w8a8" | "woq8" | "woq8_group" => (DType::I8, 127.0),
        "woq4" | "woq4_group" => (DType::I4, 7.0),
        // As checkpoints store them: GPT-OSS input by output, others output by input.
        _ if p.interleaved => {
            return Ok(Weight::kn(g.tensor(c.dtype, [p.e, k, n], |g, at| if unused(at, k * n) { f64::NAN } else { g.normal(size) })?));
        }
        _ => return Ok(Weight::nk(g.tensor(c.dtype, [p.e, n, k], |g, at| if unused(at, k * n) { f64::NAN } else { g.normal(size) })?)?),
    };
    let codes = Weight::kn(g.uniforms(dtype, [p.e, k, n], -most, most)?);
    // Not a divisor of every K here, so that there are shorter last groups.
    let group = if c.variant.ends_with("group") { 16 } else { 0 };
    let groups = if group == 0 { 1 } else { k.div_ceil(group) };
    let scale_dtype = if c.variant == "w8a8" { DType::F32 } else { c.dtype };
    let scale =
        g.tensor(
            scale_dtype,
            [p.e, groups, n],
            |g, at| {
                if unused(at, groups * n) { f64::NAN } else { g.uniform(0.5, 1.5) * size * 1.7 / most }
            },
        )?;
    let zeros = p.zeros && c.variant != "w8a8";
    let zero = if zeros { Some(g.uniforms(DType::I8, [p.e, groups, n], -most / 4.0, most / 4.0)?) } else { None };
    Ok(codes.per_group(group, scale, zero))
}

/// `moe_block`: router, experts and shared experts, once with the fused op and once with the ops that define it.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let block = Block::of(file)?;
    let mut expected = block.router.expected(file)?;
    expected.push(file.expected("y", "expected_out_f64", "out")?);
    expected.push(file.expected("y of parts", "expected_out_f64", "out")?);
    let compose = move |bench: &Bench<'_>| {
        let routed = block.router.route(bench)?;
        let x = bench.to_device(&block.router.hidden)?;
        let shared = block.shared.as_ref().map(|shared| shared.run(bench, &x)).transpose()?;
        let y = block.fused(bench, &x, &routed, shared.as_ref())?;
        let parts = block.parts(bench, &x, &routed, shared)?;
        let mut all = routed.named();
        all.extend([("y", y), ("y of parts", parts)]);
        Ok(all)
    };
    Ok(Work::Composed { compose: Arc::new(compose), expected })
}

/// A gate-up and a down weight on the host, as stored, with biases.
struct Network {
    /// `[.., 2I, H]`, or `[.., H, 2I]` when interleaved.
    gate_up: TensorView,
    /// `[.., H, I]`, or `[.., I, H]` when interleaved.
    down: TensorView,
    biases: Option<(TensorView, TensorView)>,
    glu: GluKind,
    interleaved: bool,
}

impl Network {
    fn weights(&self, bench: &Bench<'_>) -> Result<(Weight, Weight)> {
        let (gate_up, down) = (bench.to_device(&self.gate_up)?, bench.to_device(&self.down)?);
        Ok(if self.interleaved { (Weight::kn(gate_up), Weight::kn(down)) } else { (Weight::nk(gate_up)?, Weight::nk(down)?) })
    }

    /// A dense network on every token: the shared experts.
    fn run(&self, bench: &Bench<'_>, x: &TensorView) -> Result<TensorView> {
        let (gate_up, down) = self.weights(bench)?;
        let (t, dtype, width, hidden) = (x.dim(0), x.dtype(), gate_up.data.dim(1), down.data.dim(1));
        let both = bench.device.empty(dtype, [t, width])?;
        bench.run(Matmul::new(x.clone(), gate_up, both.clone()))?;
        let activated = bench.device.empty(dtype, [t, width / 2])?;
        bench.run(Glu::new(both.view(), self.glu, activated.clone()))?;
        let y = bench.device.empty(dtype, [t, hidden])?;
        bench.run(Matmul::new(activated.view(), down, y.clone()))?;
        Ok(y.view())
    }
}

struct Block {
    router: Router,
    experts: Network,
    shared: Option<Network>,
}

impl Block {
    fn of(file: &GoldenFile) -> Result<Self> {
        if file.has("weights.experts.gate_up_proj") {
            let router = Router::of(file, "weights.router.weight", "weights.router.bias", None)?;
            let [_, _, _] = file.dims("gate_up_proj", &file.tensor("weights.experts.gate_up_proj")?)?;
            let (limit, alpha) = (file.number("limit")? as f32, file.number("alpha")? as f32);
            let biases = (file.tensor("weights.experts.gate_up_proj_bias")?, file.tensor("weights.experts.down_proj_bias")?);
            let experts = Network {
                gate_up: file.tensor("weights.experts.gate_up_proj")?,
                down: file.tensor("weights.experts.down_proj")?,
                biases: Some(biases),
                glu: GluKind::SwigluClamped { limit, alpha, up_bias: 1.0 },
                interleaved: true,
            };
            return Ok(Self { router, experts, shared: None });
        }
        let correction = Some("weights.gate.e_score_correction_bias");
        let router = Router::of(file, "weights.gate.weight", "weights.gate.bias", correction)?;
        let names = if file.has("weights.experts.0.w1.weight") { ["w1", "w3", "w2"] } else { ["gate_proj", "up_proj", "down_proj"] };
        let experts: Vec<String> = (0..router.experts).map(|e| format!("weights.experts.{e}")).collect();
        let shared = "weights.shared_experts";
        let shared = if file.has(&format!("{shared}.down_proj.weight")) {
            let Network { gate_up, down, biases, glu, interleaved } =
                stacked(file, &[shared.into()], ["gate_proj", "up_proj", "down_proj"])?;
            Some(Network { gate_up: gate_up.select(0, 0)?, down: down.select(0, 0)?, biases, glu, interleaved })
        } else {
            None
        };
        Ok(Self { experts: stacked(file, &experts, names)?, router, shared })
    }

    fn fused(&self, bench: &Bench<'_>, x: &TensorView, routed: &Routed, shared: Option<&TensorView>) -> Result<TensorView> {
        let (gate_up, down) = self.experts.weights(bench)?;
        let y = bench.device.empty(x.dtype(), *x.shape())?;
        let mut op =
            MoeExperts::new(x.clone(), routed.ids.clone(), routed.weights.clone(), gate_up, down, y.clone()).with_glu(self.experts.glu);
        op.interleaved = self.experts.interleaved;
        if let Some((gate_up, down)) = &self.experts.biases {
            op = op.with_biases(bench.to_device(gate_up)?, bench.to_device(down)?);
        }
        bench.run(op)?;
        let Some(shared) = shared else { return Ok(y.view()) };
        let sum = bench.device.empty(x.dtype(), *x.shape())?;
        bench.run(Elementwise::add(y.view(), shared.clone(), sum.clone()))?;
        Ok(sum.view())
    }

    fn parts(&self, bench: &Bench<'_>, x: &TensorView, routed: &Routed, shared: Option<TensorView>) -> Result<TensorView> {
        let (gate_up, down) = self.experts.weights(bench)?;
        let (dtype, e, pairs, hidden, width) = (x.dtype(), gate_up.data.dim(0), routed.ids.numel(), x.dim(1), gate_up.data.dim(2));
        let empty = |dtype, width| bench.device.empty(dtype, [pairs, width]);
        let biases =
            self.experts.biases.as_ref().map(|(a, b)| Ok::<_, crate::Error>((bench.to_device(a)?, bench.to_device(b)?))).transpose()?;

        let (rows, flat_to_row) = (empty(dtype, hidden)?, bench.device.empty(DType::I32, [pairs])?);
        let counts = bench.device.empty(DType::I64, [e])?;
        bench.run(InitRouting::new(x.clone(), routed.ids.clone(), e, rows.clone(), flat_to_row.clone()).with_counts(counts.clone()))?;
        let groups = GroupList::Counts(counts.view());
        let both = empty(dtype, width)?;
        let mut product = GroupedMatmul::new(rows.view(), gate_up, groups.clone(), both.clone());
        product.bias = biases.as_ref().map(|b| b.0.clone());
        bench.run(product)?;
        let activated = empty(dtype, width / 2)?;
        bench.run(Glu { interleaved: self.experts.interleaved, ..Glu::new(both.view(), self.experts.glu, activated.clone()) })?;
        let out = empty(dtype, hidden)?;
        bench.run(GroupedMatmul::new(activated.view(), down, groups, out.clone()))?;
        let y = bench.device.empty(dtype, *x.shape())?;
        // The down bias belongs to the expert, so finalize routing can add it as well as the product.
        let mut sum = FinalizeRouting::new(out.view(), flat_to_row.view(), y.clone()).with_weights(routed.weights.clone());
        if let Some((_, bias)) = biases {
            sum = sum.with_bias(bias, routed.ids.clone());
        }
        sum.skip = shared;
        bench.run(sum)?;
        Ok(y.view())
    }
}

/// Networks `prefixes` of a file one on another: `[n, 2I, H]` and `[n, H, I]`. `names` are those of gate, up and down.
fn stacked(file: &GoldenFile, prefixes: &[String], names: [&str; 3]) -> Result<Network> {
    let (mut gate_up, mut down) = (Vec::new(), Vec::new());
    let (mut inner, mut hidden) = (0, 0);
    for prefix in prefixes {
        let [gate, up, out] = names.map(|name| format!("{prefix}.{name}.weight"));
        [inner, hidden] = file.dims(&gate, &file.tensor(&gate)?)?;
        for (name, shape, values) in [(&gate, [inner, hidden], &mut gate_up), (&out, [hidden, inner], &mut down)] {
            values.extend(matrix(file, name, shape)?);
        }
        // Behind the gates of the same expert.
        gate_up.extend(matrix(file, &up, [inner, hidden])?);
    }
    let (n, dtype) = (prefixes.len(), file.dtype()?);
    if gate_up.len() != n * 2 * inner * hidden {
        return Err(file.error("its experts have different sizes".into()));
    }
    Ok(Network {
        gate_up: generate::tensor(dtype, [n, 2 * inner, hidden], &gate_up)?,
        down: generate::tensor(dtype, [n, hidden, inner], &down)?,
        biases: None,
        glu: GluKind::Swiglu,
        interleaved: false,
    })
}

fn matrix(file: &GoldenFile, name: &str, shape: [usize; 2]) -> Result<Vec<f64>> {
    let found: [usize; 2] = file.dims(name, &file.tensor(name)?)?;
    if found != shape {
        return Err(file.error(format!("`{name}` has shape {found:?} where {shape:?} is asked")));
    }
    file.values(name)
}
