//! Cases of grouped matmul.

use std::sync::Arc;

use ascend_hal::host;
use ascend_hal::ops::{Coverage, Epilogue, GroupList, GroupedMatmul, Weight};
use ascend_hal::{DType, OpCall, TensorView};

use super::matmul::{BiasKind, GLU_KINDS, Spec, Storage, Strides, stored};
use crate::case::Bench;
use crate::generate::tensor;
use crate::{Case, Gen, GoldenFile, Result, Work};

/// How the rows of the experts are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ListKind {
    Counts,
    Cumulative,
    Sparse,
}

/// Parameters of one case beside those of its product.
#[derive(Clone, Debug)]
struct Grouped {
    spec: Spec,
    counts: Vec<usize>,
    /// Rows beyond the groups.
    tail: usize,
    list: ListKind,
    index: DType,
    glu: usize,
}

/// (rows of each expert, K, N): uneven, one row each, empty first and last, more than one tile.
const SHAPES: [(&[usize], usize, usize); 6] = [
    (&[3, 0, 5, 1], 17, 10),
    (&[1, 1, 1, 1, 1, 1, 1, 1], 64, 40),
    (&[0, 37], 31, 6),
    (&[16, 0, 1, 17], 96, 64),
    (&[130, 2, 0], 40, 270),
    (&[1], 1, 2),
];

/// Experts of real models, cut to few tokens and a part of the columns: Qwen3-30B gate-up and down, DeepSeek-V3 down, GPT-OSS gate-up, Mixtral down.
const MODEL_SHAPES: [(&[usize], usize, usize); 5] = [
    (&[1, 0, 2, 0, 0, 1, 0, 0], 2048, 192),
    (&[0, 3, 1, 0], 768, 512),
    (&[2, 0, 1], 2048, 256),
    (&[0, 0, 1, 1], 2880, 320),
    (&[1, 1], 14336, 64),
];

const QUANT_SHAPES: [(&[usize], usize, usize); 5] =
    [(&[3, 0, 5, 1], 64, 34), (&[0, 2, 2], 96, 16), (&[1, 1, 1, 1, 1], 160, 130), (&[40, 0, 61], 32, 6), (&[0, 1, 0, 1], 1024, 66)];

pub(super) fn grouped_matmul(coverage: &[Coverage]) -> Vec<Case> {
    coverage.iter().flat_map(|&c| if c.rule.starts_with("bad_") { refused(c) } else { accepted(c) }).collect()
}

fn grouped(c: Coverage, (counts, k, n): (&[usize], usize, usize), i: usize) -> Grouped {
    let rows = counts.iter().sum();
    let n = if c.variant.contains("glu") { n.next_multiple_of(2) } else { n };
    Grouped {
        spec: Spec::new(c, Some(counts.len()), (rows, k, n), i),
        counts: counts.to_vec(),
        tail: 0,
        list: [ListKind::Counts, ListKind::Cumulative, ListKind::Sparse][i % 3],
        index: if i.is_multiple_of(2) { DType::I64 } else { DType::I32 },
        glu: i % GLU_KINDS.len(),
    }
}

fn accepted(c: Coverage) -> Vec<Case> {
    let many = |shapes: &[(&[usize], usize, usize)]| shapes.iter().enumerate().map(|(i, &shape)| grouped(c, shape, i)).collect::<Vec<_>>();
    let with = |change: &dyn Fn(&mut Grouped, usize), shapes: &[(&[usize], usize, usize)]| {
        let mut all = many(shapes);
        for (i, one) in all.iter_mut().enumerate() {
            change(one, i);
        }
        all
    };
    const SMALL: [(&[usize], usize, usize); 3] = [(&[2, 0, 4], 40, 22), (&[1, 3], 64, 10), (&[0, 3, 1], 33, 18)];
    let int_only = c.variant == "w8a8_raw";
    let all = match c.rule {
        "plain" if c.variant.starts_with("dense") => [many(&SHAPES), many(&MODEL_SHAPES)].concat(),
        "plain" => many(&QUANT_SHAPES),
        "no_tokens" => many(&[(&[0, 0, 0], 8, 6), (&[0], 5, 4)]),
        "empty_expert" => many(&[(&[0, 4, 0, 0, 3, 0], 24, 10), (&[0, 0, 5], 16, 34)]),
        "all_empty" => with(&|one, _| one.tail = 5, &[(&[0, 0, 0], 8, 6), (&[0, 0], 40, 20), (&[0, 0], 16, 12)]),
        "one_expert" => many(&[(&[0, 0, 19, 0], 32, 12), (&[7], 48, 20)]),
        "tail" => with(&|one, i| one.tail = [3, 1, 100][i], &SMALL),
        "sparse_list" => with(&|one, _| one.list = ListKind::Sparse, &[(&[2, 0, 4, 0, 0, 1, 0, 3], 24, 8), (&[0, 0, 9], 16, 6)]),
        "zero_k" => with(
            &|one, i| {
                one.spec.bias = if i == 0 {
                    BiasKind::None
                } else if int_only {
                    BiasKind::I32
                } else {
                    BiasKind::Own
                }
            },
            &[(&[2, 0, 1], 0, 6), (&[1, 2], 0, 20)],
        ),
        "bias" => with(&|one, i| one.spec.bias = [BiasKind::Own, BiasKind::F32][i], &SMALL[..2]),
        "int_bias" => with(&|one, _| one.spec.bias = BiasKind::I32, &SMALL[..2]),
        "strided" => with(
            &|one, i| {
                one.spec.strides = [Strides::Gaps, Strides::Transposed][i];
                one.spec.bias = if int_only { BiasKind::I32 } else { BiasKind::F32 };
                one.spec.storage = Storage::Kn;
                one.tail = i;
            },
            &[(&[2, 0, 4], 40, 22), (&[1, 3], 64, 10)],
        ),
        "nz_weight" => with(&|one, _| one.spec.storage = Storage::Nz, &[(&[2, 0, 4], 48, 40), (&[1, 3], 130, 70)]),
        "extreme_sums" => many(&[(&[2, 0, 2], 2048, 4), (&[0, 1], ascend_hal::ops::MAX_INT_K, 2)]),
        "partial_group" => many(&[(&[2, 0, 1], 80, 18), (&[3], 46, 6)]),
        _ => many(&SMALL[..2]),
    };
    all.into_iter().map(case).collect()
}

impl Grouped {
    fn name(&self) -> String {
        let counts = self.counts.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
        let list = match self.list {
            ListKind::Counts => "counts",
            ListKind::Cumulative => "cumulative",
            ListKind::Sparse => "sparse",
        };
        let tail = if self.tail > 0 { format!("_tail{}", self.tail) } else { String::new() };
        format!("e{}_rows{counts}{tail}_{}_{list}_{}", self.counts.len(), self.spec.what(), self.index)
    }

    fn groups(&self, g: &mut Gen) -> Result<GroupList> {
        let numbers = |values: &[usize]| values.iter().map(|&v| v as f64).collect::<Vec<_>>();
        Ok(match self.list {
            ListKind::Counts => GroupList::Counts(self.list_tensor(g, &numbers(&self.counts), 1)?),
            ListKind::Cumulative => {
                let mut end = 0;
                let ends: Vec<usize> = self
                    .counts
                    .iter()
                    .map(|count| {
                        end += count;
                        end
                    })
                    .collect();
                GroupList::Cumulative(self.list_tensor(g, &numbers(&ends), 1)?)
            }
            ListKind::Sparse => {
                let order = g.permutation(self.counts.len());
                let mut pairs: Vec<f64> =
                    order.iter().filter(|&&e| self.counts[e] > 0).flat_map(|&e| [e as f64, self.counts[e] as f64]).collect();
                // An entry without rows may name anything.
                pairs.extend([-1.0, 0.0]);
                GroupList::Sparse(self.list_tensor(g, &pairs, 2)?)
            }
        })
    }

    fn list_tensor(&self, g: &mut Gen, values: &[f64], width: usize) -> Result<TensorView> {
        let shape = if width == 1 { [values.len()].into() } else { [values.len() / width, width].into() };
        self.spec.strided(g, self.index, shape, |_, i| values[i])
    }

    fn build(&self, g: &mut Gen, groups: GroupList) -> Result<GroupedMatmul> {
        let (spec, e) = (&self.spec, self.counts.len());
        let (c, used) = (spec.c, spec.rows);
        let rows = used + self.tail;
        let mut x = spec.x(g, [rows, spec.k].into())?;
        if self.tail > 0 && c.dtype.is_float() {
            // What lies beyond the groups must not come through.
            let values = host::to_f64(&x)?;
            x = spec.strided(g, c.dtype, [rows, spec.k].into(), |_, i| if i / spec.k.max(1) >= used { f64::NAN } else { values[i] })?;
        }
        if matches!(c.rule, "zero_row" | "nan_row") {
            let values = host::to_f64(&x)?;
            x = spec.strided(g, c.dtype, [rows, spec.k].into(), |_, i| match (c.rule, i / spec.k, i % spec.k) {
                ("zero_row", row, _) if row % 2 == 1 => 0.0,
                ("nan_row", 1, 3) => f64::NAN,
                ("nan_row", 2, 3) => f64::INFINITY,
                _ => values[i],
            })?;
        }
        let mut weight = spec.weight(g)?;
        if c.rule == "empty_expert" && weight.data.dtype().is_float() && spec.storage != Storage::Nz {
            weight = self.poisoned(g, &weight)?;
        }
        let n = spec.n;
        let glu = c.variant.contains("glu");
        let quantised = c.variant.ends_with("glu_quant");
        let columns = if glu { n / 2 } else { n };
        let kind = GLU_KINDS[self.glu];
        Ok(GroupedMatmul {
            x,
            weight,
            groups,
            x_scale: spec.x_scale(g, [rows].into())?,
            bias: spec.bias(g, [e, n].into())?,
            epilogue: match (glu, quantised) {
                (_, true) => Epilogue::GluQuant(kind),
                (true, _) => Epilogue::Glu(kind),
                _ => Epilogue::None,
            },
            y: spec.output(g, if quantised { DType::I8 } else { spec.y }, [rows, columns].into())?,
            y_scale: if quantised { Some(spec.output(g, DType::F32, [rows].into())?) } else { None },
        })
    }

    /// The weight with NaN in every expert that has no rows.
    fn poisoned(&self, g: &mut Gen, weight: &Weight) -> Result<Weight> {
        let shape = *weight.data.shape();
        let (values, matrix) = (host::to_f64(&weight.data)?, self.spec.k * self.spec.n);
        Ok(Weight::kn(g.tensor(weight.data.dtype(), shape, |_, i| if self.counts[i / matrix] == 0 { f64::NAN } else { values[i] })?))
    }
}

fn case(one: Grouped) -> Case {
    let c = one.spec.c;
    Case::covering(c, one.name(), move |g| {
        let groups = one.groups(g)?;
        Ok(one.build(g, groups)?.into())
    })
}

/// Lists that break the contract, for three experts and six rows.
fn refused(c: Coverage) -> Vec<Case> {
    let lists: &[(&str, &[f64])] = match c.rule {
        "bad_counts" => &[("negative", &[2.0, -1.0, 1.0]), ("beyond", &[3.0, 3.0, 1.0]), ("huge", &[2e9, 2e9, 2e9])],
        "bad_cumulative" => &[("decreasing", &[3.0, 2.0, 6.0]), ("negative", &[-1.0, 2.0, 6.0]), ("beyond", &[2.0, 4.0, 7.0])],
        _ => &[
            ("expert_beyond", &[0.0, 2.0, 3.0, 1.0]),
            ("expert_negative", &[-1.0, 2.0]),
            ("expert_twice", &[1.0, 2.0, 1.0, 1.0]),
            ("behind_unused", &[0.0, 2.0, 1.0, 0.0, 2.0, 1.0]),
            ("count_negative", &[0.0, -2.0]),
            ("beyond", &[2.0, 7.0]),
        ],
    };
    let of = |(i, &(what, values)): (usize, &(&'static str, &'static [f64]))| {
        let one = grouped(c, (&[2, 2, 2], 8, 6), i);
        Case::refused(c, what, "groups", move |g| {
            let shape = if c.rule == "bad_sparse" { vec![values.len() / 2, 2] } else { vec![values.len()] };
            let list = tensor(one.index, ascend_hal::Dims::new(&shape)?, values)?;
            let groups = match c.rule {
                "bad_counts" => GroupList::Counts(list),
                "bad_cumulative" => GroupList::Cumulative(list),
                _ => GroupList::Sparse(list),
            };
            Ok(one.build(g, groups)?.into())
        })
    };
    lists.iter().enumerate().map(of).collect()
}

/// A `grouped_matmul` file.
pub(super) fn golden(file: &GoldenFile) -> Result<Work> {
    let weight = stored(file, file.tensor("weight")?, ["ekn", "enk"])?;
    let bias = if file.flag("bias")? { Some(file.tensor("bias")?) } else { None };
    let groups = GroupList::Counts(file.tensor("group_counts")?);
    call(file, file.tensor("x")?, weight, groups, bias)
}

/// A `grouped_matmul_woq` file.
pub(super) fn golden_woq(file: &GoldenFile) -> Result<Work> {
    let symmetric = file.flag("symmetric")?;
    let (codes, zero) = match file.count("bits")? {
        4 => {
            // Unsigned codes become signed ones by subtracting 8: the highest bit of each nibble flips.
            let (flip, offset) = if symmetric { (0, 0.0) } else { (0x88, 8.0) };
            let codes = file.tensor("weight_q_i8")?;
            let packed: Vec<u8> = host::to_vec::<u8>(&file.tensor("weight_packed_u8")?)?.into_iter().map(|byte| byte ^ flip).collect();
            let data = host::tensor_of(DType::I4, &packed, *codes.shape())?;
            let plain: Vec<i64> = host::to_i64(&codes)?.into_iter().map(|code| code - offset as i64).collect();
            if host::to_i64(&data)? != plain {
                return Err(file.error("`weight_packed_u8` does not hold the codes of `weight_q_i8`".into()));
            }
            (data, if symmetric { None } else { Some((file.tensor("weight_zero_i8")?, offset)) })
        }
        8 => (file.tensor("weight_q_i8")?, if symmetric { None } else { Some((file.tensor("weight_zero_i8")?, 0.0)) }),
        other => return Err(file.error(format!("bits is {other}, which is neither 4 nor 8"))),
    };
    let zero = match zero {
        None => None,
        Some((zero, offset)) => {
            let values: Vec<f64> = host::to_f64(&zero)?.into_iter().map(|z| z - offset).collect();
            Some(tensor(DType::I8, *zero.shape(), &values)?)
        }
    };
    let weight = Weight::kn(codes).per_group(file.count("group")?, file.tensor("weight_scale")?, zero);
    let groups = GroupList::Cumulative(file.tensor("group_ends_cumsum")?);
    call(file, file.tensor("x")?, weight, groups, None)
}

fn call(file: &GoldenFile, x: TensorView, weight: Weight, groups: GroupList, bias: Option<TensorView>) -> Result<Work> {
    let (dtype, shape) = (file.dtype()?, [x.dim(0), weight.data.dim(2)]);
    let build = move |g: &mut Gen| {
        let mut op = GroupedMatmul::new(x.clone(), weight.clone(), groups.clone(), g.output(dtype, shape)?);
        op.bias = bias.clone();
        Ok(OpCall::GroupedMatmul(op))
    };
    Ok(Work::Golden { build: Arc::new(build), expected: vec![file.expected("y", "expected_y_f64", "y")?] })
}

/// A `grouped_matmul_w8a8` file: the integer sums of one call, and the scaled result of another.
pub(super) fn golden_w8a8(file: &GoldenFile) -> Result<Work> {
    let (x, x_scale) = (file.tensor("x_q_i8")?, file.tensor("x_scale")?);
    let codes = stored(file, file.tensor("weight_q_i8")?, ["ekn", "enk"])?.data;
    let scale = file.tensor("weight_scale")?;
    let scale = scale.reshape([scale.dim(0), 1, scale.dim(1)])?;
    let (counts, ends) = (file.tensor("group_counts")?, file.tensor("group_ends_cumsum")?);
    let shape = [x.dim(0), codes.dim(2)];
    let compose = move |bench: &Bench<'_>| {
        let up = |view: &TensorView| bench.to_device(view);
        let (x, codes) = (up(&x)?, up(&codes)?);
        let acc = ascend_hal::DeviceExt::empty(bench.device, DType::I32, shape)?;
        bench.run(GroupedMatmul::new(x.clone(), Weight::kn(codes.clone()), GroupList::Counts(up(&counts)?), acc.clone()))?;
        let y = ascend_hal::DeviceExt::empty(bench.device, DType::F32, shape)?;
        let weight = Weight::kn(codes).per_channel(up(&scale)?);
        bench.run(GroupedMatmul::new(x, weight, GroupList::Cumulative(up(&ends)?), y.clone()).with_x_scale(up(&x_scale)?))?;
        Ok(vec![("acc", acc.view()), ("y", y.view())])
    };
    let expected = vec![file.expected("acc", "expected_acc_i32", "acc")?, file.expected("y", "expected_y_f64", "y")?];
    Ok(Work::Composed { compose: Arc::new(compose), expected })
}
