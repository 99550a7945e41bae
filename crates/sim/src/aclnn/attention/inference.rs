//! Attention of inference: prompts and single queries, over keys that are contiguous or in pages.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::kernels::{check_bias, check_kernels};
use super::masks::{Extent, Mask, ends, lengths};
use super::store::{Store, Table, rows};
use super::{Layout, Plan, Problem, Run, Sequence, Shape, Tensor, reals, solve};
use crate::aclnn::check::{invalid, tiling, unsupported};
use crate::fault::Outcome;

/// The arguments that the operators have in common, in their newest form.
pub(super) struct Request {
    pub(super) query: Tensor,
    pub(super) key: Vec<Tensor>,
    pub(super) value: Vec<Tensor>,
    pub(super) bias: Option<Tensor>,
    pub(super) mask: Option<Tensor>,
    pub(super) query_lengths: Option<Arc<[i64]>>,
    pub(super) key_lengths: Option<Arc<[i64]>>,
    pub(super) table: Option<Tensor>,
    pub(super) query_rope: Option<Tensor>,
    pub(super) key_rope: Option<Tensor>,
    pub(super) sink: Option<Tensor>,
    /// What only quantised, padded and prefixed attention takes.
    pub(super) others: Vec<Option<Tensor>>,
    pub(super) heads: i64,
    pub(super) scale: f64,
    pub(super) before: i64,
    pub(super) after: i64,
    pub(super) layout: String,
    pub(super) kv_heads: i64,
    pub(super) sparse: i64,
    pub(super) precise: i64,
    pub(super) block_size: i64,
    /// The output with logarithms of sums, where it is asked for.
    pub(super) lse: Option<Tensor>,
    pub(super) out: Tensor,
}

/// The input and output layouts that there are.
const LAYOUTS: &[&str] = &[
    "BSH",
    "BSND",
    "BNSD",
    "TND",
    "NTD",
    "BNSD_BSND",
    "BSH_BNSD",
    "BSND_BNSD",
    "NTD_TND",
    "TND_NTD",
    "BSH_NBSD",
    "BSND_NBSD",
    "BNSD_NBSD",
];

const HALVES: &[aclDataType] = &[ACL_FLOAT16, ACL_BF16];

/// A request that a kernel takes.
struct Checked {
    input: Layout,
    output: Layout,
    shape: Shape,
    kv_heads: usize,
    keys: Store,
    values: Store,
    rope: Option<(Tensor, Shape, Store)>,
    sequences: Vec<Sequence>,
    mask: Mask,
    corrected: bool,
    out_shape: Shape,
}

pub(super) fn attend(request: Request) -> Outcome<Plan> {
    request.query.of_type(&[ACL_FLOAT16, ACL_BF16, ACL_INT8])?;
    if request.query.is_empty() || request.out.is_empty() {
        return Ok(Plan::nothing());
    }
    let checked = check(&request)?;
    let plan = Plan::new(move |run| execute(run, &request, &checked));
    Ok(plan.with_workspace(32 << 20))
}

fn check(request: &Request) -> Outcome<Checked> {
    let Request { query, key, value, out, .. } = request;
    if let Some(other) = request.others.iter().flatten().next() {
        return Err(unsupported(format!("{} is for quantised, padded or prefixed attention, which is not simulated", other.name())));
    }
    if !HALVES.contains(&query.dtype()) || key.iter().any(|key| key.dtype() == ACL_INT8) {
        return Err(unsupported("quantised attention is not simulated"));
    }
    for tensor in key.iter().chain(value).chain([out]) {
        tensor.of_type_of(query)?;
    }
    if key.is_empty() || key.len() != value.len() {
        return Err(invalid(format!("key and value: as many tensors asked, {} and {} found", key.len(), value.len())));
    }
    if !LAYOUTS.contains(&request.layout.as_str()) {
        return tiling(Err(invalid(format!("inputLayout: one of {LAYOUTS:?} asked, {:?} found", request.layout))));
    }
    let (first, second) = request.layout.split_once('_').unwrap_or((&request.layout, &request.layout));
    let (Some(input), Some(output)) = (Layout::named(first), Layout::named(second)) else {
        return tiling(Err(invalid(format!("inputLayout: {:?} found", request.layout))));
    };
    let heads = usize::try_from(request.heads).unwrap_or(0);
    let kv_heads = if request.kv_heads == 0 { heads } else { usize::try_from(request.kv_heads).unwrap_or(0) };
    if heads == 0 || heads > 256 || kv_heads == 0 || !heads.is_multiple_of(kv_heads) {
        let what = format!("numHeads: 1 to 256, and a multiple of numKeyValueHeads {} asked, {} found", request.kv_heads, request.heads);
        return tiling(Err(invalid(what)));
    }
    let Some(shape) = input.shape(query, heads) else {
        return tiling(Err(query.invalid(format!("{heads} heads in the layout {first} asked, shape {:?} found", query.dims()))));
    };
    if shape.size > 512 || !shape.size.is_multiple_of(16) {
        return Err(unsupported(format!("query: a head of a multiple of 16 elements, up to 512, asked, {} found", shape.size)));
    }
    let block_size = usize::try_from(request.block_size).unwrap_or(0);
    let store = |tensors: &[Tensor]| match &request.table {
        Some(_) if tensors.len() > 1 => Err(unsupported("blockTable: pages are of one tensor, not of a list")),
        Some(_) => Store::pages(&tensors[0], kv_heads, block_size),
        None => rows(tensors, input, kv_heads, &shape),
    };
    let (keys, values) = (store(key)?, store(value)?);
    if keys.size() != shape.size {
        return tiling(Err(key[0].invalid(format!("heads of {} elements asked, {} found", shape.size, keys.size()))));
    }
    let rope = match (&request.query_rope, &request.key_rope) {
        (None, None) => None,
        (Some(query_rope), Some(key_rope)) => {
            query_rope.of_type_of(query)?;
            key_rope.of_type_of(query)?;
            let rope_shape = Shape { size: 64, ..shape };
            tiling(query_rope.of_shape(&input.dims(&rope_shape)))?;
            let rope_keys = store(std::slice::from_ref(key_rope))?;
            if rope_keys.size() != 64 {
                return tiling(Err(key_rope.invalid(format!("heads of 64 elements asked, {} found", rope_keys.size()))));
            }
            Some((query_rope.clone(), rope_shape, rope_keys))
        }
        _ => return tiling(Err(invalid("queryRope and keyRope: both or none asked, one found"))),
    };
    let sequences = sequences(request, input, &shape, &keys, block_size)?;
    check_kernels(request, input, &shape, kv_heads, &values, rope.is_some())?;
    if let Some(sink) = &request.sink {
        sink.of_type_of(query)?;
        tiling(sink.of_shape(&[heads]))?;
        if ![64, 128].contains(&values.size()) || request.bias.is_some() {
            return Err(unsupported("learnableSink: heads of value of 64 or 128 elements and no pseShift asked"));
        }
    }
    let out_shape = Shape { size: values.size(), ..shape };
    tiling(out.of_shape(&output.dims(&out_shape)))?;
    if let Some(lse) = &request.lse {
        lse.of_type(&[ACL_FLOAT])?;
        let dims = if input.packed() { vec![shape.sequence, heads, 1] } else { vec![shape.batch, heads, shape.sequence, 1] };
        tiling(lse.of_shape(&dims))?;
    }
    let table_keys = request.table.as_ref().map_or(0, |table| table.dim(1) * block_size);
    let most = |of: fn(&Sequence) -> usize| sequences.iter().map(of).max().unwrap_or(0);
    let extent = Extent {
        batch: sequences.len(),
        heads: 1,
        queries: if input.packed() { most(|s| s.queries.1) } else { shape.sequence },
        keys: most(|s| s.keys.1).max(table_keys),
    };
    check_bias(request, &extent, heads)?;
    // The kernel for single queries takes no notice of the mode and reads the mask that it is given.
    let single =
        matches!(request.layout.as_str(), "BSH" | "BSND" | "BNSD") && shape.sequence == 1 && rope.is_none() && values.size() == shape.size;
    let mask = match (single, request.sparse) {
        (true, 0 | 1) => Mask::new(request.sparse, request.mask.clone(), i64::MAX, i64::MAX, &extent)?,
        (true, _) => Mask::of_single_query(request.sparse, request.before, request.after, &sequences)?,
        (false, _) => Mask::new(request.sparse, request.mask.clone(), request.before, request.after, &extent)?,
    };
    if !(0..=3).contains(&request.precise) {
        return tiling(Err(invalid(format!("innerPrecise: 0 to 3 asked, {} found", request.precise))));
    }
    let corrected = request.precise >= 2 || mask.corrects();
    Ok(Checked { input, output, shape, kv_heads, keys, values, rope, sequences, mask, corrected, out_shape })
}

/// Where each sequence is. Packed queries have the ends of their sequences; so have packed keys, unless they are in pages.
fn sequences(request: &Request, input: Layout, shape: &Shape, keys: &Store, block_size: usize) -> Outcome<Vec<Sequence>> {
    let missing = |name: &str| tiling(Err(invalid(format!("{name} is null; this layout, or pages, ask for it"))));
    let queries: Vec<(usize, usize)> = match &request.query_lengths {
        None if input.packed() => return missing("actualSeqLengths"),
        Some(list) if input.packed() => ends("actualSeqLengths", list, shape.sequence)?,
        // One query of each sequence: the list says nothing.
        Some(list) if shape.sequence > 1 => {
            lengths("actualSeqLengths", list, shape.batch, shape.sequence)?.into_iter().map(|count| (0, count)).collect()
        }
        _ => vec![(0, shape.sequence); shape.batch],
    };
    let batch = queries.len();
    let key_ends = match (keys, &request.key_lengths) {
        (Store::Pages { .. }, None) => return missing("actualSeqLengthsKv"),
        (Store::Pages { .. }, Some(list)) => {
            let Some(table) = &request.table else { return missing("blockTable") };
            table.of_type(&[ACL_INT32])?;
            tiling(table.of_rank(2..=2))?;
            if table.dim(0) != batch {
                return tiling(Err(table.invalid(format!("a row for each of {batch} sequences asked, shape {:?} found", table.dims()))));
            }
            lengths("actualSeqLengthsKv", list, batch, table.dim(1) * block_size)?.into_iter().map(|count| (0, count)).collect()
        }
        (Store::Rows { .. }, None) if input.packed() => return missing("actualSeqLengthsKv"),
        (Store::Rows { shapes, .. }, Some(list)) if input.packed() => {
            let found = ends("actualSeqLengthsKv", list, shapes[0].sequence)?;
            if found.len() != batch {
                return tiling(Err(invalid(format!("actualSeqLengthsKv: {batch} ends asked, {} found", found.len()))));
            }
            found
        }
        (Store::Rows { shapes, .. }, list) => {
            let most = |b: usize| shapes.get(b).unwrap_or(&shapes[0]).sequence;
            match list {
                Some(list) => {
                    let longest = shapes.iter().map(|shape| shape.sequence).max().unwrap_or(0);
                    let counts = lengths("actualSeqLengthsKv", list, batch, longest)?;
                    if let Some(b) = (0..batch).find(|b| counts[*b] > most(*b)) {
                        return tiling(Err(invalid(format!("actualSeqLengthsKv: 0 to {} asked, {} found", most(b), counts[b]))));
                    }
                    counts.into_iter().map(|count| (0, count)).collect::<Vec<_>>()
                }
                None => (0..batch).map(|b| (0, most(b))).collect(),
            }
        }
    };
    Ok(queries.into_iter().zip(key_ends).map(|(queries, keys)| Sequence { queries, keys }).collect())
}

fn execute(run: &Run<'_>, request: &Request, checked: &Checked) -> Outcome {
    let Checked { input, output, shape, sequences, .. } = checked;
    let queries = reals(run, &request.query)?;
    let (keys, values) = (checked.keys.read(run)?, checked.values.read(run)?);
    let rope = match &checked.rope {
        Some((query, shape, store)) => Some((reals(run, query)?, shape, store, store.read(run)?)),
        None => None,
    };
    let table = match &request.table {
        Some(tensor) => Some(Table::read(run, tensor)?),
        None => None,
    };
    let bias = request.bias.as_ref().map(|bias| run.floats(bias)).transpose()?;
    let sink = request.sink.as_ref().map(|sink| run.floats(sink)).transpose()?;
    let hidden = checked.mask.read(run, sequences)?;
    let place = |b: usize, i: usize| if input.packed() { (0, sequences[b].queries.0 + i) } else { (b, i) };
    let problem = Problem {
        sequences,
        heads: shape.heads,
        kv_heads: checked.kv_heads,
        scale: request.scale,
        query: &|b, i, n| {
            let (b, s) = place(b, i);
            let at = input.row(shape, b, s, n);
            let mut row = queries[at..at + shape.size].to_vec();
            if let Some((data, shape, ..)) = &rope {
                let at = input.row(shape, b, s, n);
                row.extend_from_slice(&data[at..at + shape.size]);
            }
            row
        },
        key: &|b, j, n| {
            let start = sequences[b].keys.0;
            let mut row = checked.keys.row(&keys, table.as_ref(), b, start, j, n)?;
            if let Some((_, _, store, data)) = &rope {
                row.extend(store.row(data, table.as_ref(), b, start, j, n)?);
            }
            Ok(row)
        },
        value: &|b, j, n| checked.values.row(&values, table.as_ref(), b, sequences[b].keys.0, j, n),
        value_size: checked.values.size(),
        hidden: &hidden,
        bias: &|b, n, i, j| match (&bias, &request.bias) {
            (Some(values), Some(tensor)) => {
                let b = if tensor.dim(0) == 1 { 0 } else { b };
                values[((b * tensor.dim(1) + n) * tensor.dim(2) + i) * tensor.dim(3) + j]
            }
            _ => 0.0,
        },
        sink: sink.as_deref(),
        corrected: checked.corrected,
    };
    // Tokens behind the last sequence of a packed tensor are not written; queries behind the end of theirs are 0.
    let mut out = if input.packed() { run.floats(&request.out)? } else { vec![0.0; request.out.numel()] };
    let mut sums = match &request.lse {
        Some(lse) if input.packed() => run.floats(lse)?,
        Some(lse) => vec![f64::INFINITY; lse.numel()],
        None => Vec::new(),
    };
    solve(&problem, &mut |b, i, n, row| {
        let (b, s) = place(b, i);
        let at = output.row(&checked.out_shape, b, s, n);
        out[at..at + row.values.len()].copy_from_slice(&row.values);
        if request.lse.is_some() {
            let at = if input.packed() { s * shape.heads + n } else { (b * shape.heads + n) * shape.sequence + s };
            sums[at] = row.lse();
        }
    })?;
    run.put_floats(&request.out, &out)?;
    match &request.lse {
        Some(lse) => run.put_floats(lse, &sums),
        None => Ok(()),
    }
}
