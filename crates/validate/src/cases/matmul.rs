//! Cases of matmul, and the operands that grouped products share.

use std::sync::Arc;

use ascend_hal::host;
use ascend_hal::ops::{Coverage, GluKind, Matmul, Weight};
use ascend_hal::{Buffer, DType, Dims, Layout, OpCall, TensorView, TensorViewMut};

use crate::{Case, Gen, GoldenFile, Result, Work};

/// How a generated weight is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Storage {
    Kn,
    Nk,
    Nz,
}

impl Storage {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kn => "kn",
            Self::Nk => "nk",
            Self::Nz => "nz",
        }
    }
}

/// A generated bias.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BiasKind {
    None,
    /// In the result's type.
    Own,
    F32,
    I32,
}

/// Views with gaps or exchanged dimensions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Strides {
    Contiguous,
    /// Rows with something between them.
    Gaps,
    Transposed,
}

/// Parameters of one product `[lead.., rows, k] @ [lead.., k, n]`.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    pub(super) c: Coverage,
    /// The batch, or the experts.
    pub(super) lead: Option<usize>,
    pub(super) rows: usize,
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) storage: Storage,
    pub(super) bias: BiasKind,
    pub(super) strides: Strides,
    /// Bits of weight-only codes; 0 for others.
    pub(super) bits: usize,
    pub(super) group: usize,
    pub(super) asym: bool,
    /// Type of the result before any quantising epilogue.
    pub(super) y: DType,
}

impl Spec {
    /// The spec that the variant of `c` asks for; `i` spreads what the variant leaves open over its cases.
    pub(super) fn new(c: Coverage, lead: Option<usize>, (rows, k, n): (usize, usize, usize), i: usize) -> Self {
        let v = c.variant;
        let bits = match v {
            _ if v.starts_with("woq4") => 4,
            _ if v.starts_with("woq8") => 8,
            _ if v.starts_with("woq") => [8, 4][i % 2],
            _ => 0,
        };
        let open = v.starts_with("woq_");
        let even = |x: usize| if bits == 4 { x.next_multiple_of(2) } else { x };
        let y = match c.dtype {
            DType::I8 if v == "w8a8_raw" => DType::I32,
            DType::I8 if v.ends_with("glu_quant") => DType::F32,
            DType::I8 => DType::FLOATS[i % 3],
            _ if v == "dense_f32" => DType::F32,
            own => own,
        };
        Self {
            c,
            lead,
            rows,
            k: even(k),
            n: even(n),
            storage: if i.is_multiple_of(2) { Storage::Kn } else { Storage::Nk },
            bias: BiasKind::None,
            strides: Strides::Contiguous,
            bits,
            group: if v.contains("group") || (open && i % 4 > 1) { 32 } else { 0 },
            asym: v.ends_with("asym") || (open && i % 4 == 3),
            y,
        }
    }

    /// The spec's parameters as part of a case name.
    pub(super) fn what(&self) -> String {
        let mut what = format!("k{}_n{}_{}", self.k, self.n, self.storage.name());
        if self.group > 0 {
            what += &format!("_g{}", self.group);
        }
        if self.c.variant.starts_with("woq_") {
            what += &format!("_w{}{}", self.bits, if self.asym { "_asym" } else { "" });
        }
        if self.c.dtype == DType::I8 {
            what += &format!("_to_{}", self.y);
        }
        what += match self.bias {
            BiasKind::None => "",
            BiasKind::Own => "_bias",
            BiasKind::F32 => "_bias_f32",
            BiasKind::I32 => "_bias_i32",
        };
        what + match self.strides {
            Strides::Contiguous => "",
            Strides::Gaps => "_gaps",
            Strides::Transposed => "_transposed",
        }
    }

    fn rule(&self, rule: &str) -> bool {
        self.c.rule == rule
    }

    fn with_lead<const N: usize>(&self, sizes: [usize; N]) -> Result<Dims> {
        let all: Vec<usize> = self.lead.into_iter().chain(sizes).collect();
        Ok(Dims::new(&all)?)
    }

    /// `x`, of shape `sizes` ending in `K`.
    pub(super) fn x(&self, g: &mut Gen, shape: Dims) -> Result<TensorView> {
        let k = self.k.max(1);
        self.strided(g, self.c.dtype, shape, |g, i| {
            let (row, col) = (i / k, i % k);
            match self.c.rule {
                // One sign and odd: sums grow with K and use every bit.
                "extreme_sums" => {
                    if g.below(64) == 0 {
                        126.0
                    } else {
                        127.0
                    }
                }
                "int_bias" => -127.0,
                "overflow" => g.uniform(100.0, 200.0) * if row % 2 == 0 { 1.0 } else { -1.0 },
                "nan_inf" if row == 1 && col == k / 2 => f64::NAN,
                "nan_inf" if row == 2 && col == k / 3 => f64::INFINITY,
                "nan_inf" if row % 3 == 0 && col == 0 => 0.0,
                _ if self.c.dtype == DType::I8 => g.below(256) as f64 - 128.0,
                _ => g.normal(1.0),
            }
        })
    }

    /// The weight with its scales.
    pub(super) fn weight(&self, g: &mut Gen) -> Result<Weight> {
        let (k, n) = (self.k, self.n);
        let dtype = match (self.bits, self.c.dtype) {
            (4, _) => DType::I4,
            (8, _) | (_, DType::I8) => DType::I8,
            (_, float) => float,
        };
        let (low, high) = if self.bits == 4 { (-8.0, 7.0) } else { (-128.0, 127.0) };
        let deviation = 1.0 / (k.max(1) as f64).sqrt();
        let transposed = self.storage == Storage::Nk;
        let (rows, cols) = if transposed { (n, k) } else { (k, n) };
        let shape = self.with_lead([rows, cols])?;
        let data = g.tensor(dtype, shape, |g, i| {
            let (a, b) = ((i / cols) % rows, i % cols);
            let (row, col) = if transposed { (b, a) } else { (a, b) };
            match self.c.rule {
                "extreme_sums" | "int_bias" => 127.0,
                "extreme_codes" if (row + col) % 2 == 0 => low,
                "extreme_codes" => high,
                "overflow" => g.uniform(50.0, 100.0),
                // Meets a 0 of x in some rows.
                "nan_inf" if dtype.is_float() && row == 0 && col == n - 1 => f64::INFINITY,
                _ if !dtype.is_float() => low + g.below((high - low) as usize + 1) as f64,
                _ => g.normal(deviation),
            }
        })?;
        let weight = match self.storage {
            Storage::Kn => Weight::kn(data),
            Storage::Nk => Weight::nk(data)?,
            Storage::Nz => Weight::kn(fractal_nz(&data)?),
        };
        if self.bits == 0 && (self.c.dtype != DType::I8 || self.c.variant == "w8a8_raw") {
            return Ok(weight);
        }
        let groups = if self.group == 0 { 1 } else { k.div_ceil(self.group) };
        let scale_dtype = match g.below(2) {
            0 if self.c.dtype != DType::I8 => self.c.dtype,
            0 => DType::BF16,
            _ => DType::F32,
        };
        // Scaled products are of the size of 1.
        let unit = match self.bits {
            4 => deviation / 5.0,
            8 => deviation / 74.0,
            _ => deviation / 74.0 / 74.0,
        };
        let parts = self.with_lead([groups, n])?;
        let scale = self.strided(g, scale_dtype, parts, |g, i| {
            let zero = self.rule("zero_scale") && i % n.max(1) % 3 == 1;
            if zero { 0.0 } else { unit * g.uniform(0.5, 1.5) }
        })?;
        let zero = if self.asym {
            let zero = g.tensor(DType::I8, parts, |g, i| match self.c.rule {
                "extreme_codes" => [127.0, -128.0][i % 2],
                _ => low + g.below((high - low) as usize + 1) as f64,
            })?;
            Some(zero)
        } else {
            None
        };
        if self.c.variant.ends_with("offset") {
            // As large as codes at the end of their range.
            let offset = self.strided(g, scale_dtype, parts, |g, _| unit * g.uniform(low, high))?;
            return Ok(weight.per_group_with_offset(self.group, scale, offset));
        }
        Ok(weight.per_group(self.group, scale, zero))
    }

    /// The scale of each row of `x`, when the variant has one; of shape `sizes`.
    pub(super) fn x_scale(&self, g: &mut Gen, shape: Dims) -> Result<Option<TensorView>> {
        if self.c.dtype != DType::I8 || matches!(self.c.variant, "w8a8_raw" | "w8a8_static") {
            return Ok(None);
        }
        self.strided(g, DType::F32, shape, |g, i| if self.rule("zero_scale") && i % 3 == 2 { 0.0 } else { g.uniform(0.5, 1.5) }).map(Some)
    }

    /// The bias, of shape `[N]`, or `[E, N]` for experts.
    pub(super) fn bias(&self, g: &mut Gen, shape: Dims) -> Result<Option<TensorView>> {
        Ok(match self.bias {
            BiasKind::None => None,
            BiasKind::Own => Some(self.strided(g, self.y, shape, |g, _| g.normal(1.0))?),
            BiasKind::F32 => Some(self.strided(g, DType::F32, shape, |g, _| g.normal(1.0))?),
            BiasKind::I32 => Some(self.strided(g, DType::I32, shape, |g, i| match i % 4 {
                // With sums of -127 * 127 * K, the lower bound is passed.
                0 => f64::from(i32::MIN),
                1 => f64::from(i32::MAX),
                _ => g.below(200_001) as f64 - 100_000.0,
            })?),
        })
    }

    /// An input with the spec's strides.
    pub(super) fn strided(
        &self,
        g: &mut Gen,
        dtype: DType,
        shape: Dims,
        element: impl FnMut(&mut Gen, usize) -> f64,
    ) -> Result<TensorView> {
        let dense = g.tensor(dtype, shape, element)?;
        if self.strides == Strides::Contiguous {
            return Ok(dense);
        }
        let values = host::to_f64(&dense)?;
        let (last, width) = (shape.len() - 1, shape.last_or_one());
        let (mut outer, poison) = (shape, if dtype.is_float() { f64::NAN } else { 111.0 });
        if self.strides == Strides::Transposed && last > 0 {
            outer.swap(last, last - 1);
            let (rows, matrix) = (shape[last - 1], shape[last - 1] * width);
            let from = |i: usize| i / matrix * matrix + i % rows * width + i % matrix / rows;
            return Ok(g.tensor(dtype, outer, |_, i| values[from(i)])?.t()?);
        }
        outer[last] = 2 * width + 3;
        let inside = |i: usize| (2..2 + width).contains(&(i % (2 * width + 3)));
        let mut next = values.iter();
        let wide = g.tensor(dtype, outer, |_, i| if inside(i) { next.next().copied().unwrap_or(poison) } else { poison })?;
        Ok(wide.narrow(last, 2, width)?)
    }

    /// An output with the spec's strides.
    pub(super) fn output(&self, g: &mut Gen, dtype: DType, shape: Dims) -> Result<TensorViewMut> {
        if self.strides == Strides::Contiguous {
            return g.output(dtype, shape);
        }
        let mut outer = shape;
        let last = shape.len() - 1;
        if self.strides == Strides::Transposed && last > 0 {
            outer.swap(last, last - 1);
            return Ok(g.output(dtype, outer)?.t()?.to_mut());
        }
        outer[last] = 2 * shape[last] + 3;
        let view = g.output(dtype, outer)?.narrow(last, 2, shape[last])?;
        Ok(view.to_mut())
    }
}

/// The matrices of a row-major host tensor in the fractal format; what pads them is poison.
///
/// # Errors
/// [`Error`](crate::Error) of the device layer when the shape is no matrix or memory is short.
pub fn fractal_nz(data: &TensorView) -> Result<TensorView> {
    let (dtype, layout) = (data.dtype(), Layout::fractal_nz(*data.shape())?);
    let size = dtype.bytes_for(layout.end(dtype)?).unwrap_or(usize::MAX);
    let flat = host::zeros(DType::U8, [size])?;
    let mut bytes = vec![if dtype.is_float() { 0xff } else { 0x77 }; size];
    let (mut source, width) = (vec![0u8; data.byte_span().end], dtype.bits() / 8);
    if let Some(memory) = data.buffer().as_host() {
        memory.read(0, &mut source)?;
    }
    let mut from = 0;
    layout.for_each_offset(dtype, |to| {
        if dtype == DType::I4 {
            let code = (source[from / 2] >> (4 * (from % 2))) & 15;
            let byte = &mut bytes[to / 2];
            *byte = (*byte & !(15 << (4 * (to % 2)))) | code << (4 * (to % 2));
        } else {
            bytes[to * width..][..width].copy_from_slice(&source[from * width..][..width]);
        }
        from += 1;
    });
    let buffer: Buffer = flat.buffer().clone();
    if let Some(memory) = buffer.as_host() {
        memory.write(0, &bytes)?;
    }
    Ok(TensorView::new(buffer, dtype, layout)?)
}

/// The gated activations, one after the other.
pub(super) const GLU_KINDS: [GluKind; 4] =
    [GluKind::Swiglu, GluKind::SwigluClamped { limit: 7.0, alpha: 1.702, up_bias: 1.0 }, GluKind::GegluTanh, GluKind::GegluErf];

/// (M, K, N): single elements, primes, one row, more than one tile either way.
const SHAPES: [(usize, usize, usize); 8] =
    [(1, 1, 1), (3, 17, 33), (16, 64, 48), (33, 127, 19), (5, 257, 130), (1, 512, 256), (130, 96, 16), (97, 260, 129)];

/// Projections of real models, few rows: DeepSeek-V3 kv_a and router, Qwen3 expert, GPT-OSS qkv, Mixtral down; vocabulary slices of 16k +- 1 columns.
const MODEL_SHAPES: [(usize, usize, usize); 7] =
    [(1, 7168, 576), (2, 7168, 256), (4, 2048, 768), (1, 2880, 640), (1, 14336, 256), (2, 64, 16383), (1, 128, 16385)];

const QUANT_SHAPES: [(usize, usize, usize); 6] = [(1, 64, 34), (3, 96, 16), (17, 128, 67), (5, 160, 130), (1, 2048, 96), (100, 32, 5)];

pub(super) fn matmul(coverage: &[Coverage]) -> Vec<Case> {
    coverage.iter().flat_map(|&c| specs(c)).map(case).collect()
}

fn specs(c: Coverage) -> Vec<Spec> {
    let lead = (c.variant == "batched").then_some(3);
    let spec = |shape, i| Spec::new(c, lead, shape, i);
    let many = |shapes: &[(usize, usize, usize)]| shapes.iter().enumerate().map(|(i, &shape)| spec(shape, i)).collect::<Vec<_>>();
    let with_bias =
        |biases: &[BiasKind]| biases.iter().enumerate().map(|(i, &bias)| Spec { bias, ..spec((5, 40, 22), i) }).collect::<Vec<_>>();
    match c.rule {
        "plain" if c.variant.starts_with("dense") => [many(&SHAPES), many(&MODEL_SHAPES)].concat(),
        "plain" if c.variant == "batched" => {
            let mut specs = many(&SHAPES[..5]);
            // Heads of absorbed MLA: q_nope @ W_UK.
            specs.push(Spec { lead: Some(16), ..spec((2, 128, 512), 0) });
            specs.push(Spec { lead: Some(1), ..spec((7, 33, 12), 1) });
            specs
        }
        "plain" => {
            let mut specs = many(&QUANT_SHAPES);
            specs.push(Spec { lead: Some(3), ..spec((4, 64, 20), 0) });
            specs
        }
        "empty" => {
            let mut specs = many(&[(0, 4, 6), (3, 4, 0), (0, 0, 0)]);
            if lead.is_some() {
                specs.push(Spec { lead: Some(0), ..spec((2, 3, 4), 0) });
            }
            specs
        }
        "zero_k" => {
            let bias = if c.variant == "w8a8_raw" { BiasKind::I32 } else { BiasKind::Own };
            vec![spec((3, 0, 6), 0), Spec { bias, ..spec((2, 0, 20), 0) }]
        }
        "bias" => with_bias(&[BiasKind::Own, BiasKind::F32]),
        "int_bias" => {
            let mut specs = with_bias(&[BiasKind::I32]);
            specs.push(Spec { bias: BiasKind::I32, ..spec((2, 300, 9), 1) });
            specs
        }
        "strided" => [Strides::Gaps, Strides::Transposed]
            .into_iter()
            .map(|strides| {
                let bias = if c.variant == "w8a8_raw" { BiasKind::I32 } else { BiasKind::F32 };
                Spec { strides, bias, storage: Storage::Kn, ..spec((7, 48, 26), 0) }
            })
            .collect(),
        "nz_weight" => many(&[(5, 48, 40), (2, 130, 70)]).into_iter().map(|spec| Spec { storage: Storage::Nz, ..spec }).collect(),
        "extreme_sums" => {
            let mut specs = many(&[(4, 2048, 8)]);
            // The largest K there is, with the largest sums.
            specs.push(spec((1, ascend_hal::ops::MAX_INT_K, 2), 1));
            specs
        }
        "partial_group" => many(&[(3, 80, 18), (2, 46, 6)]),
        "nan_inf" | "overflow" => many(&[(7, 64, 33), (4, 16, 130)]),
        _ => many(&[(4, 64, 30), (7, 96, 17)]),
    }
}

fn case(spec: Spec) -> Case {
    let batch = spec.lead.map_or(String::new(), |b| format!("b{b}_"));
    let what = format!("{batch}m{}_{}", spec.rows, spec.what());
    Case::covering(spec.c, what, move |g| {
        let (m, n) = (spec.rows, spec.n);
        let x = spec.x(g, spec.with_lead([m, spec.k])?)?;
        let weight = spec.weight(g)?;
        let x_scale = spec.x_scale(g, spec.with_lead([m])?)?;
        let bias = spec.bias(g, [n].into())?;
        let y = spec.output(g, spec.y, spec.with_lead([m, n])?)?;
        Ok(Matmul { x, weight, x_scale, bias, y }.into())
    })
}

/// A `linear` file.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let x = file.tensor("x")?;
    let weight = stored(file, file.tensor("weight")?, ["kn", "nk"])?;
    let bias = if file.flag("bias")? { Some(file.tensor("bias")?) } else { None };
    let (m, n) = (x.dim(0), weight.data.dim(1));
    let dtype = file.dtype()?;
    let build = move |g: &mut Gen| {
        let y = g.output(dtype, [m, n])?;
        Ok(OpCall::Matmul(Matmul { x: x.clone(), weight: weight.clone(), x_scale: None, bias: bias.clone(), y }))
    };
    Ok(Work::Golden { build: Arc::new(build), expected: vec![file.expected("y", "expected_y_f64", "y")?] })
}

/// A file's weight tensor by its parameter `weight_layout`, which is one of `layouts`: input-major, output-major.
pub(super) fn stored(file: &GoldenFile, data: TensorView, layouts: [&str; 2]) -> Result<Weight> {
    match file.text("weight_layout")? {
        layout if layout == layouts[0] => Ok(Weight::kn(data)),
        layout if layout == layouts[1] => Ok(Weight::nk(data)?),
        other => Err(file.error(format!("weight_layout `{other}` is none of {layouts:?}"))),
    }
}
