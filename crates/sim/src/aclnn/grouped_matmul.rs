//! Products of rows with the matrix of their group: which calls there are, and what they may be asked.
//!
//! Sources: the documents of aclnnGroupedMatmul, V2 to V5 and WeightNz, in their parts for Atlas A2.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::invalid;
use super::grouped_check::plan;
use super::grouped_run::Mode;
use super::groups::GroupList;
use super::numeric::is_4bit;
use super::{Tensor, operators};
use crate::fault::Outcome;

type List = Option<Vec<Tensor>>;
type Ints = Option<Arc<[i64]>>;
type One = Option<Tensor>;

operators! {
    fn aclnnGroupedMatmul(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, groupListOptional: IA, splitItem: i64, y: TL)
        = |x, w, bias, scale, offset, anti, anti_offset, groups: Ints, split, y| {
            plan(Call { version: 1, split, group_type: None, groups: groups.map(Into::into), ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, None]))
        };
    fn aclnnGroupedMatmulV2(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, groupListOptional: IA, splitItem: i64, groupType: i64, y: TL)
        = |x, w, bias, scale, offset, anti, anti_offset, groups: Ints, split, group_type, y| {
            plan(Call { version: 2, split, group_type: Some(group_type), groups: groups.map(Into::into), ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, None]))
        };
    fn aclnnGroupedMatmulV3(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, groupListOptional: T, splitItem: i64, groupType: i64, y: TL)
        = |x, w, bias, scale, offset, anti, anti_offset, groups: One, split, group_type, y| {
            plan(Call { version: 3, split, group_type: Some(group_type), groups: groups.map(Into::into), ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, None]))
        };
    fn aclnnGroupedMatmulV4(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, perTokenScaleOptional: TL, groupListOptional: T, activationInputOptional: TL, activationQuantScaleOptional: TL, activationQuantOffsetOptional: TL, splitItem: i64, groupType: i64, groupListType: i64, actType: i64, out: MutTL, activationFeatureOutOptional: MutTL, dynQuantScaleOutOptional: MutTL)
        = |x, w, bias, scale, offset, anti, anti_offset, per_token, groups: One, a: List, b: List, c: List, split, group_type, list_type, act, y, d: List, e: List| {
            reserved([a, b, c, d, e])?;
            plan(Call { version: 4, split, group_type: Some(group_type), groups: groups.map(Into::into), list_type, act, ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, per_token]))
        };
    fn aclnnGroupedMatmulV5(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, perTokenScaleOptional: TL, groupListOptional: T, activationInputOptional: TL, activationQuantScaleOptional: TL, activationQuantOffsetOptional: TL, splitItem: i64, groupType: i64, groupListType: i64, actType: i64, tuningConfigOptional: MutIA, out: MutTL, activationFeatureOutOptional: MutTL, dynQuantScaleOutOptional: MutTL)
        = |x, w, bias, scale, offset, anti, anti_offset, per_token, groups: One, a: List, b: List, c: List, split, group_type, list_type, act, tuning: Ints, y, d: List, e: List| {
            reserved([a, b, c, d, e])?;
            plan(Call { version: 5, split, group_type: Some(group_type), groups: groups.map(Into::into), list_type, act, tuning, ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, per_token]))
        };
    fn aclnnGroupedMatmulWeightNz(x: TL, weight: TL, biasOptional: TL, scaleOptional: TL, offsetOptional: TL, antiquantScaleOptional: TL, antiquantOffsetOptional: TL, perTokenScaleOptional: TL, groupListOptional: T, activationInputOptional: TL, activationQuantScaleOptional: TL, activationQuantOffsetOptional: TL, splitItem: i64, groupType: i64, groupListType: i64, actType: i64, tuningConfigOptional: MutIA, quantGroupSize: i64, out: MutTL, activationFeatureOutOptional: MutTL, dynQuantScaleOutOptional: MutTL)
        = |x, w, bias, scale, offset, anti, anti_offset, per_token, groups: One, a: List, b: List, c: List, split, group_type, list_type, act, tuning: Ints, quant_group, y, d: List, e: List| {
            reserved([a, b, c, d, e])?;
            plan(Call { version: WEIGHT_NZ, split, group_type: Some(group_type), groups: groups.map(Into::into), list_type, act, tuning, quant_group, ..Call::new(x, w, y) }.with([bias, scale, offset, anti, anti_offset, per_token]))
        };
}

/// Comes after version 5.
pub(super) const WEIGHT_NZ: u8 = 6;

fn reserved(lists: [List; 5]) -> Outcome {
    let names = [
        "activationInputOptional",
        "activationQuantScaleOptional",
        "activationQuantOffsetOptional",
        "activationFeatureOutOptional",
        "dynQuantScaleOutOptional",
    ];
    match lists.iter().zip(names).find(|(list, _)| present(list)) {
        Some((_, name)) => Err(invalid(format!("{name}: reserved, null asked"))),
        None => Ok(()),
    }
}

/// Callers pass nothing as null, as a list of none, or as a list of tensors without elements.
fn present(list: &List) -> bool {
    list.as_ref().is_some_and(|list| list.iter().any(|tensor| !tensor.is_empty()))
}

pub(super) struct Call {
    pub(super) version: u8,
    pub(super) x: Vec<Tensor>,
    pub(super) weight: Vec<Tensor>,
    pub(super) out: Vec<Tensor>,
    /// Bias, scale, offset, scale and offset of the weights, scale of the rows of x.
    pub(super) bias: List,
    pub(super) scale: List,
    pub(super) offset: List,
    pub(super) anti: List,
    pub(super) anti_offset: List,
    pub(super) per_token: List,
    pub(super) groups: Option<GroupList>,
    pub(super) split: i64,
    pub(super) group_type: Option<i64>,
    pub(super) list_type: i64,
    pub(super) act: i64,
    pub(super) tuning: Ints,
    pub(super) quant_group: i64,
}

impl Call {
    fn new(x: Vec<Tensor>, weight: Vec<Tensor>, out: Vec<Tensor>) -> Self {
        Self {
            version: 0,
            x,
            weight,
            out,
            bias: None,
            scale: None,
            offset: None,
            anti: None,
            anti_offset: None,
            per_token: None,
            groups: None,
            split: 0,
            group_type: None,
            list_type: 0,
            act: 0,
            tuning: None,
            quant_group: 0,
        }
    }

    fn with(mut self, lists: [List; 6]) -> Self {
        let [bias, scale, offset, anti, anti_offset, per_token] = lists.map(|list| if present(&list) { list } else { None });
        (self.bias, self.scale, self.offset) = (bias, scale, offset);
        (self.anti, self.anti_offset, self.per_token) = (anti, anti_offset, per_token);
        self
    }

    /// The type of the elements of a list, which is one.
    fn type_of(list: &[Tensor]) -> Outcome<aclDataType> {
        for tensor in list {
            tensor.of_type_of(&list[0])?;
        }
        Ok(list[0].dtype())
    }

    fn optional_type(list: &List) -> Outcome<Option<aclDataType>> {
        list.as_ref().map(|list| Self::type_of(list)).transpose()
    }

    /// The combination of types, if A2 has it.
    pub(super) fn mode(&self) -> Outcome<Mode> {
        let (x, w, y) = (Self::type_of(&self.x)?, Self::type_of(&self.weight)?, Self::type_of(&self.out)?);
        let scale = Self::optional_type(&self.scale)?;
        let (anti, anti_offset) = (Self::optional_type(&self.anti)?, Self::optional_type(&self.anti_offset)?);
        let (bias, offset, per_token) =
            (Self::optional_type(&self.bias)?, Self::optional_type(&self.offset)?, Self::optional_type(&self.per_token)?);
        let nz = self.weight[0].is_fractal();
        let one_of = |found: Option<aclDataType>, allowed: &[aclDataType]| found.is_none_or(|found| allowed.contains(&found));
        let float_bias = if x == ACL_FLOAT16 { ACL_FLOAT16 } else { ACL_FLOAT };
        let (mode, fits) = match (x, w) {
            (ACL_FLOAT | ACL_FLOAT16 | ACL_BF16, _) if x == w => {
                let fits = y == x && [scale, offset, anti, anti_offset, per_token] == [None; 5] && one_of(bias, &[float_bias]);
                // V1 knows no FLOAT, and FLOAT has no form in blocks.
                (Mode::Float, fits && (x != ACL_FLOAT || self.version > 1 && !nz))
            }
            (ACL_INT8, ACL_INT8) => {
                let fits = match (scale, y) {
                    (Some(ACL_UINT64), ACL_INT8) => per_token.is_none() && one_of(bias, &[ACL_INT32]) && !nz,
                    (None, ACL_INT32) => self.version >= 4 && per_token.is_none() && one_of(bias, &[ACL_INT32]),
                    (Some(ACL_BF16), ACL_BF16) if self.version == 5 => one_of(bias, &[ACL_INT32, ACL_BF16]),
                    (Some(ACL_BF16), ACL_BF16) => self.version >= 4 && one_of(bias, &[ACL_INT32]),
                    (Some(ACL_FLOAT), ACL_BF16) => self.version == 5 && one_of(bias, &[ACL_BF16]),
                    (Some(ACL_FLOAT), ACL_FLOAT16) => self.version >= 4 && one_of(bias, &[ACL_INT32]),
                    _ => false,
                };
                (Mode::Codes, fits && offset.is_none() && anti.is_none() && anti_offset.is_none() && one_of(per_token, &[ACL_FLOAT]))
            }
            (ACL_INT8, _) if is_4bit(w) => {
                let y_fits = y == ACL_FLOAT16 || y == ACL_BF16 && offset.is_none();
                let fits = (scale, bias, per_token) == (Some(ACL_UINT64), Some(ACL_FLOAT), Some(ACL_FLOAT)) && one_of(offset, &[ACL_FLOAT]);
                (Mode::CodesBy4, self.version >= 4 && y_fits && fits && anti.is_none() && anti_offset.is_none())
            }
            (ACL_FLOAT16 | ACL_BF16, _) if w == ACL_INT8 || is_4bit(w) => {
                let fits = y == x && anti == Some(x) && one_of(anti_offset, &[x]) && one_of(bias, &[float_bias]);
                let plain = scale.is_none() && offset.is_none() && per_token.is_none();
                (Mode::Weights, fits && plain && (w == ACL_INT8 || self.version >= 4))
            }
            _ if is_4bit(x) && is_4bit(w) => {
                let fits = (bias, offset, anti, anti_offset) == (None, None, None, None) && one_of(per_token, &[ACL_FLOAT]);
                (Mode::FourBit, self.version >= 4 && scale == Some(ACL_UINT64) && fits && matches!(y, ACL_FLOAT16 | ACL_BF16))
            }
            _ => (Mode::Float, false),
        };
        if fits {
            return Ok(mode);
        }
        Err(invalid(format!(
            "no such combination of types on A2 in this version: x {x}, weight {w} ({}), bias {bias:?}, scale {scale:?}, offset {offset:?}, antiquantScale {anti:?}, \
             antiquantOffset {anti_offset:?}, perTokenScale {per_token:?}, out {y}",
            if nz { "FRACTAL_NZ" } else { "ND" }
        )))
    }

    /// The activation, which only products of codes with a scale can have.
    pub(super) fn check_activation(&self, mode: Mode) -> Outcome {
        match self.act {
            0 => Ok(()),
            1 | 2 | 4 | 5 if mode == Mode::Codes && self.scale.is_some() && self.out[0].dtype() != ACL_INT8 => Ok(()),
            1 | 2 | 4 | 5 => Err(invalid(format!("actType: 0 asked for these types, {} found", self.act))),
            other => Err(invalid(format!("actType: 0, 1, 2, 4 or 5 asked, {other} found"))),
        }
    }
}
