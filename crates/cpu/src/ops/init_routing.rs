//! CPU kernel of [`InitRouting`].

use ascend_hal::host::{HostAccess, Read};
use ascend_hal::ops::{InitRouting, check_expert_ids};
use ascend_hal::{DType, OpKind, Result, TensorViewMut, bf16, f16};

use crate::context::Context;
use crate::rows::RowsMut;
use crate::simd::{Lane, convert, row};

pub(super) fn init_routing(cx: &Context<'_>, op: &InitRouting) -> Result<()> {
    match op.x.dtype() {
        DType::F16 => run::<f16>(cx, op),
        DType::BF16 => run::<bf16>(cx, op),
        _ => run::<f32>(cx, op),
    }
}

fn run<T: Lane>(cx: &Context<'_>, op: &InitRouting) -> Result<()> {
    let inputs = [("x", &op.x), ("ids", &op.ids)].into_iter().chain(op.smooth.iter().map(|s| ("smooth", s)));
    let optional = [
        ("row_scale", &op.row_scale),
        ("row_to_flat", &op.row_to_flat),
        ("counts", &op.counts),
        ("cumulative", &op.cumulative),
        ("counts_before_drop", &op.counts_before_drop),
    ];
    let optional = optional.into_iter().filter_map(|(name, view)| view.as_ref().map(|view| (name, view)));
    let outputs = [("rows", &op.rows), ("flat_to_row", &op.flat_to_row)].into_iter().chain(optional);
    let access = HostAccess::lock(OpKind::InitRouting, inputs, outputs)?;

    let x = access.read::<T>(&op.x)?;
    let ids = access.read::<i32>(&op.ids)?;
    check_expert_ids(OpKind::InitRouting, &ids, op.experts)?;
    let plan = Plan::new(op, &ids);
    let move_rows = Move { op, plan: &plan, x, hidden: op.x.dim(1) };
    match &op.row_scale {
        None => move_rows.copy(cx, &mut access.write::<T>(&op.rows)?)?,
        Some(scale) => {
            let smooth = op.smooth.as_ref().map(|s| access.read_f32(s)).transpose()?;
            move_rows.quantize(cx, smooth.as_deref(), &mut access.write::<i8>(&op.rows)?, &mut access.write::<f32>(scale)?)?;
        }
    }
    access.write::<i32>(&op.flat_to_row)?.copy_from_slice(&plan.flat_to_row);
    if let Some(view) = &op.row_to_flat {
        access.write::<i32>(view)?.copy_from_slice(&plan.row_to_flat);
    }
    let put = |view: &Option<TensorViewMut>, values: &[i64]| -> Result<()> {
        if let Some(view) = view {
            access.write::<i64>(view)?.copy_from_slice(values);
        }
        Ok(())
    };
    let sum = |sum: &mut i64, n: &i64| {
        *sum += n;
        Some(*sum)
    };
    let cumulative: Vec<i64> = plan.counts.iter().scan(0, sum).collect();
    put(&op.counts, &plan.counts)?;
    put(&op.cumulative, &cumulative)?;
    put(&op.counts_before_drop, &plan.counts_before_drop)
}

/// Which pair goes to which row: a counting sort.
struct Plan {
    flat_to_row: Vec<i32>,
    row_to_flat: Vec<i32>,
    counts: Vec<i64>,
    counts_before_drop: Vec<i64>,
}

impl Plan {
    fn new(op: &InitRouting, ids: &[i32]) -> Self {
        let (tokens, k) = (op.ids.dim(0), op.ids.dim(1));
        let local = |id: i32| (id as usize).checked_sub(op.local.start).filter(|&e| e < op.local.len());
        let mut before_drop = vec![0i64; op.local.len()];
        ids.iter().filter_map(|&id| local(id)).for_each(|e| before_drop[e] += 1);
        let counts: Vec<i64> = before_drop.iter().map(|&n| op.capacity.map_or(n, |capacity| n.min(capacity as i64))).collect();

        // The row that each expert's next pair gets, and where its rows end.
        let mut next = Vec::with_capacity(counts.len());
        let mut start = 0;
        for (e, &n) in counts.iter().enumerate() {
            let first = op.capacity.map_or(start, |capacity| e * capacity);
            next.push((first, first + n as usize));
            start += n as usize;
        }
        let mut plan =
            Self { flat_to_row: vec![-1; ids.len()], row_to_flat: vec![-1; op.rows.dim(0)], counts, counts_before_drop: before_drop };
        for flat in 0..ids.len() {
            let (token, slot) = op.order.pair(flat, tokens, k);
            if let Some(e) = local(ids[token * k + slot]) {
                let (row, end) = &mut next[e];
                if *row < *end {
                    plan.flat_to_row[flat] = *row as i32;
                    plan.row_to_flat[*row] = flat as i32;
                    *row += 1;
                }
            }
        }
        plan
    }
}

/// The rows themselves.
struct Move<'a, T> {
    op: &'a InitRouting,
    plan: &'a Plan,
    x: Read<'a, T>,
    hidden: usize,
}

impl<T: Lane> Move<'_, T> {
    /// Token of row `row`, if it holds a pair.
    fn source(&self, row: usize) -> Option<usize> {
        let flat = usize::try_from(*self.plan.row_to_flat.get(row)?).ok()?;
        Some(self.op.order.pair(flat, self.op.ids.dim(0), self.op.ids.dim(1)).0)
    }

    fn token(&self, token: usize) -> &[T] {
        &self.x[token * self.hidden..][..self.hidden]
    }

    fn copy(&self, cx: &Context<'_>, rows: &mut [T]) -> Result<()> {
        let width = self.hidden.max(1);
        cx.by_rows(rows.len() / width, 2 * width, RowsMut::new(rows, width), |range, mut rows| {
            for (row, out) in range.zip(rows.iter()) {
                match self.source(row) {
                    Some(token) => out.copy_from_slice(self.token(token)),
                    None if self.op.capacity.is_some() => out.fill(T::from_f32(0.0)),
                    None => {}
                }
            }
            Ok(())
        })
    }

    fn quantize(&self, cx: &Context<'_>, smooth: Option<&[f32]>, rows: &mut [i8], scale: &mut [f32]) -> Result<()> {
        // Rows of each expert: needed for factors of its own.
        let expert_of = self.experts();
        let per_expert = self.op.smooth.as_ref().is_some_and(|s| s.rank() == 2);
        let (isa, outputs) = (cx.isa(), (RowsMut::new(rows, self.hidden), RowsMut::new(scale, 1)));
        cx.by_rows(self.op.rows.dim(0), 3 * self.hidden, outputs, |range, (mut rows, scale)| {
            let mut scaled = cx.scratch::<f32>(self.hidden)?;
            for ((row, out), scale) in range.zip(rows.iter()).zip(scale.data) {
                match self.source(row) {
                    Some(token) => {
                        convert::widen(isa, self.token(token), &mut scaled);
                        if let Some(smooth) = smooth {
                            let first = if per_expert { expert_of[row] * self.hidden } else { 0 };
                            row::affine(isa, &mut scaled, &smooth[first..], None);
                        }
                        *scale = row::quantize(isa, &scaled, out);
                    }
                    None if self.op.capacity.is_some() => {
                        out.fill(0);
                        *scale = 0.0;
                    }
                    None => {}
                }
            }
            Ok(())
        })
    }

    /// Local expert of each row.
    fn experts(&self) -> Vec<usize> {
        match self.op.capacity {
            Some(capacity) => (0..self.plan.row_to_flat.len()).map(|row| row / capacity).collect(),
            None => self.plan.counts.iter().enumerate().flat_map(|(e, &n)| std::iter::repeat_n(e, n as usize)).collect(),
        }
    }
}
