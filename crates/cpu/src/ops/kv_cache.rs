//! CPU kernels of [`KvCacheWrite`] and [`KvCacheGather`].

use ascend_hal::ops::{KvCacheGather, KvCacheWrite};
use ascend_hal::{DType, Element, OpKind, Result, TensorView, TensorViewMut, bf16, f16, host::HostAccess};

use super::attention::present;
use crate::context::Context;
use crate::rows::RowsMut;

pub(super) fn kv_cache_write(_: &Context<'_>, op: &KvCacheWrite) -> Result<()> {
    let inputs = [("k", Some(&op.k)), ("v", op.v.as_ref()), ("slots", Some(&op.slots))];
    let outputs = [("k_cache", Some(&op.k_cache)), ("v_cache", op.v_cache.as_ref())];
    let access = HostAccess::lock(OpKind::KvCacheWrite, inputs.into_iter().filter_map(present), outputs.into_iter().filter_map(present))?;
    let targets = op.targets(&access.read_i64(&op.slots)?)?;
    scatter(&access, &op.k, &op.k_cache, &targets)?;
    match (&op.v, &op.v_cache) {
        (Some(v), Some(v_cache)) => scatter(&access, v, v_cache, &targets),
        _ => Ok(()),
    }
}

fn scatter(access: &HostAccess<'_>, rows: &TensorView, cache: &TensorViewMut, targets: &[Option<usize>]) -> Result<()> {
    match rows.dtype() {
        DType::F16 => scatter_as::<f16>(access, rows, cache, targets),
        DType::BF16 => scatter_as::<bf16>(access, rows, cache, targets),
        DType::I8 => scatter_as::<i8>(access, rows, cache, targets),
        _ => scatter_as::<f32>(access, rows, cache, targets),
    }
}

/// Writes into the cache where it lies: a contiguous cache is not copied, however large it is.
fn scatter_as<T: Element>(access: &HostAccess<'_>, rows: &TensorView, cache: &TensorViewMut, targets: &[Option<usize>]) -> Result<()> {
    let width: usize = rows.shape()[1..].iter().product();
    let rows = access.read::<T>(rows)?;
    let mut cache = access.write::<T>(cache)?;
    for (t, slot) in targets.iter().enumerate() {
        if let Some(slot) = slot {
            cache[slot * width..][..width].copy_from_slice(&rows[t * width..][..width]);
        }
    }
    Ok(())
}

pub(super) fn kv_cache_gather(cx: &Context<'_>, op: &KvCacheGather) -> Result<()> {
    match op.cache.dtype() {
        DType::F16 => gather::<f16>(cx, op),
        DType::BF16 => gather::<bf16>(cx, op),
        DType::I8 => gather::<i8>(cx, op),
        _ => gather::<f32>(cx, op),
    }
}

fn gather<T: Element>(cx: &Context<'_>, op: &KvCacheGather) -> Result<()> {
    let inputs = [("cache", &op.cache), ("table", &op.table), ("kv_lens", &op.kv_lens.cumulative)];
    let access = HostAccess::lock(OpKind::KvCacheGather, inputs, [("out", &op.out)])?;
    let keys = op.rows(|view| access.read_i64(view))?;
    let cache = access.read::<T>(&op.cache)?;
    let mut out = access.write::<T>(&op.out)?;
    let width: usize = op.out.shape()[1..].iter().product();
    if width == 0 {
        return Ok(());
    }
    let rows: Vec<usize> = (0..keys.sequences()).flat_map(|b| (0..keys.len(b)).map(move |i| (b, i))).map(|(b, i)| keys.row(b, i)).collect();
    cx.by_rows(rows.len(), 2 * width, RowsMut::new(&mut out[..rows.len() * width], width), |range, mut out| {
        for (out, row) in out.iter().zip(&rows[range]) {
            out.copy_from_slice(&cache[row * width..][..width]);
        }
        Ok(())
    })
}
