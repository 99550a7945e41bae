//! Attention over a paged cache, compared with attention over packed keys and values: `cargo run --release --example 04_paged_attention`

use ascend_compute::ops::{Attention, KvCacheWrite, KvSource, Lengths};
use ascend_compute::{DType, DeviceExt, Result, TensorView, open};

/// Query heads, key/value heads, head dimension, page size, pages in the cache.
const HQ: usize = 4;
const HKV: usize = 2;
const D: usize = 16;
const P: usize = 4;
const PAGES: usize = 8;

fn noise(seed: usize, n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i + 1000 * seed) as f32 * 12.9898).sin()).collect()
}

pub(crate) fn main() -> Result<()> {
    let device = open("auto")?;
    let stream = device.create_stream()?;
    let lengths = |ends: &[i32]| Ok::<_, ascend_compute::Error>(Lengths::new(device.upload(ends, [ends.len()])?));

    // Two sequences with 6 and 9 keys. Their pages lie anywhere: sequence 0 has pages 5 and 2, sequence 1 has pages 0, 7 and 3.
    let lens = [6, 9];
    let table = [[5, 2, -1], [0, 7, 3]];
    let tokens = 15;
    let (k, v) =
        (device.upload(&noise(1, tokens * HKV * D), [tokens, HKV, D])?, device.upload(&noise(2, tokens * HKV * D), [tokens, HKV, D])?);

    // Each key goes to its slot: page * P + place in the page.
    let (k_cache, v_cache) = (device.zeros(DType::F32, [PAGES, P, HKV, D])?, device.zeros(DType::F32, [PAGES, P, HKV, D])?);
    let slots: Vec<i32> = (0..2).flat_map(|b| (0..lens[b]).map(move |i| table[b][i / P] * P as i32 + (i % P) as i32)).collect();
    let write = KvCacheWrite::new(k.clone(), device.upload(&slots, [tokens])?, k_cache.clone()).with_v(v.clone(), v_cache.clone());
    device.kv_cache_write(&stream, write)?;

    // One step of decoding: a query for each sequence, at the place of its last key.
    let q = device.upload(&noise(3, 2 * HQ * D), [2, HQ, D])?;
    let attend = |kv: KvSource| -> Result<Vec<f32>> {
        let out = device.empty(DType::F32, [2, HQ, D])?;
        let scale = 1. / (D as f32).sqrt();
        device.attention(&stream, Attention::new(q.clone(), kv, lengths(&[0, 1, 2])?, lengths(&[0, 6, 15])?, scale, out.clone()))?;
        device.download(&stream, &out)
    };
    let table: TensorView = device.upload(table.as_flattened(), [2, 3])?;
    let paged = attend(KvSource::Paged { k: k_cache.view(), v: v_cache.view(), table })?;
    let packed = attend(KvSource::Packed { k, v })?;

    let worst = paged.iter().zip(&packed).fold(0f32, |worst, (a, b)| worst.max((a - b).abs()));
    println!("sequence 0, head 0: {:.3?} ...", &paged[..4]);
    println!("largest difference between paged and packed keys: {worst:.2e}");
    assert!(worst < 1e-6 && paged.iter().all(|y| y.is_finite()) && paged.iter().any(|y| y.abs() > 1e-2));
    Ok(())
}
