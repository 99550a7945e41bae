//! Weight matrices, plain and quantised: what dense, grouped and fused products share.

use super::{Arg, Check, OpKind, Role, Tensors};
use crate::{DType, Error, Format, Result, TensorView};

/// The largest `K` of an i8 × i8 product: `131071 * 128 * 128 < 2^31`, so no sum can overflow i32.
pub const MAX_INT_K: usize = 131_071;

/// How integer weights stand for real ones.
///
/// `W[k, n] = (data[k, n] - zero[k / group, n]) * scale[k / group, n] + offset[k / group, n]`, with `G = ceil(K / group)` groups along `K`; one group (per channel) when
/// `group` is 0. The difference is exact, the product is rounded to f32, and so is the sum. Leading dimensions (the expert `E`, a batch) are those of the weight.
/// An unsigned 4-bit checkpoint maps to `I4` by subtracting 8 from codes and zeros alike; blocks with a scale and a minimum (`d * q + m`: Q4_1 of GGUF files) by
/// subtracting 8 from codes and adding `8 * d` to `m`, which is the offset.
#[derive(Clone, Debug)]
pub struct WeightQuant {
    /// `[.., G, N]` f32, f16 or bf16.
    pub scale: TensorView,
    /// `[.., G, N]` i8; none for symmetric quantisation.
    pub zero: Option<TensorView>,
    /// `[.., G, N]` f32, f16 or bf16; none: 0. Instead of a zero, and in dense products only.
    pub offset: Option<TensorView>,
    /// Rows of `K` that share a scale; 0 for all of them. The last group may be shorter.
    pub group: usize,
}

impl WeightQuant {
    /// `G`: the number of groups along a `K` of this size.
    pub fn groups(&self, k: usize) -> usize {
        if self.group == 0 { 1 } else { k.div_ceil(self.group) }
    }
}

/// A weight matrix (or one for each expert), plain or quantised.
#[derive(Clone, Debug)]
pub struct Weight {
    /// Logical `[.., K, N]`; storage `[.., N, K]` is a transposed view ([`Weight::nk`]). May be `FRACTAL_NZ`, or `PACKED` by the device of the call.
    pub data: TensorView,
    /// Scales, when `data` is `I8` or `I4`. A packed weight holds their values too: changing them afterwards has no effect.
    pub quant: Option<WeightQuant>,
}

impl Weight {
    /// A weight stored `[.., K, N]`.
    pub fn kn(data: TensorView) -> Self {
        Self { data, quant: None }
    }

    /// A weight stored `[.., N, K]`, as checkpoints have it.
    ///
    /// # Errors
    /// [`Error::View`] when `data` is no matrix, or not strided (`FRACTAL_NZ` has one orientation).
    pub fn nk(data: TensorView) -> Result<Self> {
        Ok(Self { data: data.t()?, quant: None })
    }

    /// With one scale for each column: `scale: [.., 1, N]`.
    pub fn per_channel(self, scale: TensorView) -> Self {
        self.per_group(0, scale, None)
    }

    /// With a scale (and perhaps a zero) for each `group` rows of `K` and each column: `[.., G, N]`.
    pub fn per_group(mut self, group: usize, scale: TensorView, zero: Option<TensorView>) -> Self {
        self.quant = Some(WeightQuant { scale, zero, offset: None, group });
        self
    }

    /// With a scale and an offset for each `group` rows of `K` and each column: `[.., G, N]`.
    pub fn per_group_with_offset(mut self, group: usize, scale: TensorView, offset: TensorView) -> Self {
        self.quant = Some(WeightQuant { scale, zero: None, offset: Some(offset), group });
        self
    }

    /// Checks a weight of logical shape `sizes` (ending in `K`, `N`) for activations of type `x`: floats of that type; i8 or i4 with scales (weight-only); and
    /// beside i8 activations i8 with per-channel scales, or with none.
    pub(crate) fn check<const R: usize>(&self, c: Check, argument: &'static str, x: DType, sizes: [(&str, usize); R]) -> Result<()> {
        let Names { scale: scale_name, zero: zero_name, offset: offset_name } = part_names(argument);
        let allowed = [x, DType::I8, DType::I4];
        c.dtype(argument, &self.data, if x == DType::I8 { &allowed[..1] } else { &allowed })?;
        c.shape(argument, &self.data, sizes)?;
        let (Some(&(_, k)), Some(&(_, n))) = (sizes.get(R.wrapping_sub(2)), sizes.last()) else { return Ok(()) };
        let integer = !self.data.dtype().is_float();
        let Some(quant) = &self.quant else {
            return c.that(!integer || x == DType::I8, scale_name, format_args!("given for {} weights", self.data.dtype()), "none");
        };
        c.that(integer, scale_name, "none, as the weight is not quantised", format_args!("one for {} weights", self.data.dtype()))?;
        c.dtype(scale_name, &quant.scale, &DType::FLOATS)?;
        let mut parts = sizes;
        parts[R - 2] = ("G", quant.groups(k));
        parts[R - 1] = ("N", n);
        c.shape(scale_name, &quant.scale, parts)?;
        nd(c, scale_name, &quant.scale)?;
        if x == DType::I8 {
            c.that(
                quant.group == 0,
                argument,
                "quantised per channel (group 0) beside i8 activations",
                format_args!("group {}", quant.group),
            )?;
            c.that(quant.zero.is_none(), zero_name, "none beside i8 activations", "a zero")?;
        }
        if let Some(zero) = &quant.zero {
            c.dtype(zero_name, zero, &[DType::I8])?;
            c.shape(zero_name, zero, parts)?;
            nd(c, zero_name, zero)?;
        }
        if let Some(offset) = &quant.offset {
            c.that(c.0 == OpKind::Matmul && x != DType::I8, offset_name, "none but in a dense product of float activations", "an offset")?;
            c.that(quant.zero.is_none(), zero_name, "none beside an offset", "a zero")?;
            c.dtype(offset_name, offset, &DType::FLOATS)?;
            c.shape(offset_name, offset, parts)?;
            nd(c, offset_name, offset)?;
        }
        Ok(())
    }

    /// The part of a variant's name that tells the weight-only quantisations apart.
    pub(crate) fn weight_only_variant(&self) -> Option<&'static str> {
        let quant = self.quant.as_ref()?;
        let four_bits = self.data.dtype() == DType::I4;
        let names = match (quant.group, quant.zero.is_some(), quant.offset.is_some()) {
            (0, false, false) => ["woq8_channel", "woq4_channel"],
            (0, true, _) => ["woq8_channel_asym", "woq4_channel_asym"],
            (0, false, true) => ["woq8_channel_offset", "woq4_channel_offset"],
            (_, false, false) => ["woq8_group", "woq4_group"],
            (_, true, _) => ["woq8_group_asym", "woq4_group_asym"],
            (_, false, true) => ["woq8_group_offset", "woq4_group_offset"],
        };
        Some(names[usize::from(four_bits)])
    }
}

/// Everything but a weight's data is plain strided memory.
pub(crate) fn nd(c: Check, argument: &'static str, view: &TensorView) -> Result<()> {
    match view.layout().format() {
        Format::Nd => Ok(()),
        other => Err(Error::Argument { op: c.0, argument, asked: "in ND format".into(), found: other.to_string() }),
    }
}

impl Tensors for Weight {
    fn visit<'a>(&'a self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'a>)) {
        self.data.visit(name, role, f);
        if let Some(q) = &self.quant {
            let Names { scale, zero, offset } = part_names(name);
            q.scale.visit(scale, role, f);
            q.zero.visit(zero, role, f);
            q.offset.visit(offset, role, f);
        }
    }
    fn map_tensors(&self, name: &'static str, role: Role, f: &mut dyn FnMut(Arg<'_>) -> Result<TensorView>) -> Result<Self> {
        let Names { scale, zero, offset } = part_names(name);
        let data = self.data.map_tensors(name, role, f)?;
        let quant = match &self.quant {
            None => None,
            Some(q) => Some(WeightQuant {
                scale: q.scale.map_tensors(scale, role, f)?,
                zero: q.zero.map_tensors(zero, role, f)?,
                offset: q.offset.map_tensors(offset, role, f)?,
                group: q.group,
            }),
        };
        Ok(Self { data, quant })
    }
}

/// Names of the parts of a quantised weight in errors and case reports.
struct Names {
    scale: &'static str,
    zero: &'static str,
    offset: &'static str,
}

fn part_names(name: &str) -> Names {
    match name {
        "gate_up" => Names { scale: "gate_up.scale", zero: "gate_up.zero", offset: "gate_up.offset" },
        "down" => Names { scale: "down.scale", zero: "down.zero", offset: "down.offset" },
        _ => Names { scale: "weight.scale", zero: "weight.zero", offset: "weight.offset" },
    }
}
