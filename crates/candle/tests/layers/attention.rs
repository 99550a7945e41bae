//! Paged attention against attention over whole sequences in candle.

use ascend_candle::{CacheShape, Error, PagedAttention, PagedKvCache, Sequence, Session, Step};
use ascend_compute::Error as DeviceError;
use candle_core::{DType, Device, Tensor};

use crate::common::{assert_close, assert_same_bits, attention, bound, noise, sessions};

const SHAPE: CacheShape = CacheShape { pages: 9, page_tokens: 4, kv_heads: 2, head_dim: 16 };
const SCALE: f32 = 0.25;

fn layer(session: &Session, dtype: DType) -> (PagedKvCache, PagedAttention) {
    let cache = PagedKvCache::new(session, dtype, SHAPE).unwrap();
    (cache.clone(), PagedAttention::new(cache, SCALE))
}

fn whole(seed: u32, dtype: DType) -> [Tensor; 3] {
    [(4, 0), (2, 1), (2, 2)].map(|(heads, i)| noise(seed + i, &[13, heads, 16], dtype))
}

#[test]
fn chunks_and_decode_in_pages_equal_attention_over_the_whole() {
    for dtype in [DType::F32, DType::F16, DType::BF16] {
        let (a, b) = (whole(10, dtype), whole(20, dtype));
        for window in [usize::MAX, 3] {
            let expected = [&a, &b].map(|[q, k, v]| attention(q, k, v, f64::from(SCALE), window).unwrap());
            for session in sessions() {
                let (cache, mut layer) = layer(&session, dtype);
                if window != usize::MAX {
                    layer = layer.with_window(window);
                }
                // Pages out of order; `b` starts when `a` is in the middle. Each row: cached and new tokens of both.
                for ((a0, a1), (b0, b1)) in [((0, 7), (0, 0)), ((7, 1), (0, 5)), ((8, 4), (5, 1)), ((12, 1), (6, 7))] {
                    let sequences = [
                        Sequence { cached_tokens: a0, new_tokens: a1, pages: &[5, 0, 7, 2] },
                        Sequence { cached_tokens: b0, new_tokens: b1, pages: &[1, 8, 3, 4, 6] },
                    ];
                    let step = Step::new(&cache, &sequences).unwrap();
                    let rows = |i: usize| Tensor::cat(&[a[i].narrow(0, a0, a1).unwrap(), b[i].narrow(0, b0, b1).unwrap()], 0).unwrap();
                    let mixed = layer.forward(&rows(0), &rows(1), &rows(2), &step).unwrap();
                    for (expected, from, first, len) in [(&expected[0], 0, a0, a1), (&expected[1], a1, b0, b1)] {
                        if len > 0 {
                            let got = mixed.narrow(0, from, len).unwrap();
                            assert_close(&got, &expected.narrow(0, first, len).unwrap(), bound(dtype), &format!("{dtype:?} at {first}"));
                        }
                    }
                    assert_same_bits(&mixed, &rows(0).apply_op3_no_bwd(&rows(1), &rows(2), &layer.at(&step)).unwrap());
                }
            }
        }
    }
}

#[test]
fn a_sink_takes_its_share() {
    let [q, k, v] = whole(1, DType::F32).map(|t| t.narrow(0, 0, 1).unwrap());
    let [session, _] = sessions();
    let (cache, layer) = layer(&session, DType::F32);
    let step = Step::new(&cache, &[Sequence { cached_tokens: 0, new_tokens: 1, pages: &[3] }]).unwrap();
    let alone = layer.forward(&q, &k, &v, &step).unwrap();
    // One key of logit s and a sink of logit z: the value has the weight exp(s) / (exp(s) + exp(z)).
    let logits: Vec<f32> = (0..4)
        .map(|h| {
            let dot = (q.get(0).unwrap().get(h).unwrap() * k.get(0).unwrap().get(h / 2).unwrap()).unwrap();
            SCALE * dot.sum_all().unwrap().to_scalar::<f32>().unwrap()
        })
        .collect();
    let sinks = Tensor::new(&[0.5f32, -1.0, 2.0, 0.0], &Device::Cpu).unwrap();
    let shares: Vec<f32> = logits.iter().zip([0.5f32, -1.0, 2.0, 0.0]).map(|(s, z)| 1.0 / (1.0 + (z - s).exp())).collect();
    let expected = alone.broadcast_mul(&Tensor::from_vec(shares, (1, 4, 1), &Device::Cpu).unwrap()).unwrap();
    let with_sinks = layer.with_sinks(&sinks).unwrap();
    assert_close(&with_sinks.forward(&q, &k, &v, &step).unwrap(), &expected, 2e-6, "sinks");
}

#[test]
fn steps_that_a_cache_does_not_fit_are_refused() {
    for session in sessions() {
        let (cache, layer) = layer(&session, DType::F32);
        let step = |cached_tokens, new_tokens, pages: &[u32]| Step::new(&cache, &[Sequence { cached_tokens, new_tokens, pages }]);
        match step(4, 5, &[0, 1]) {
            Err(Error::Pages { sequence: 0, tokens: 9, page_tokens: 4, asked: 3, found: 2 }) => {}
            other => panic!("{other:?}"),
        }
        assert!(matches!(step(usize::MAX, 1, &[0]), Err(Error::Pages { .. })));

        let [q, k, v] = whole(1, DType::F32).map(|t| t.narrow(0, 0, 3).unwrap());
        let first = step(0, 3, &[4]).unwrap();
        layer.forward(&q, &k, &v, &first).unwrap();
        for asked in [9, u32::MAX] {
            match step(4, 1, &[asked, 0]) {
                Err(Error::Page { sequence: 0, page, pages: 9 }) => assert_eq!(page, asked),
                other => panic!("{other:?}"),
            }
        }

        let other = PagedKvCache::new(&session, DType::F32, CacheShape { page_tokens: 8, ..SHAPE }).unwrap();
        let refused = PagedAttention::new(other, SCALE).forward(&q, &k, &v, &first);
        assert!(matches!(refused, Err(Error::Device(DeviceError::Argument { argument: "step", .. }))), "{refused:?}");
        assert!(PagedKvCache::new(&session, DType::F32, CacheShape { page_tokens: 0, ..SHAPE }).is_err());
        assert!(matches!(PagedKvCache::new(&session, DType::U8, SHAPE), Err(Error::DType { found: DType::U8, .. })));
    }
}

#[test]
fn refused_call_leaves_the_cache_as_it_was() {
    for session in sessions() {
        let small = PagedKvCache::new(&session, DType::F32, CacheShape { pages: 5, ..SHAPE }).unwrap();
        let (large, _) = layer(&session, DType::F32);
        let layer = PagedAttention::new(small.clone(), SCALE);
        let step =
            |cache, cached_tokens, new_tokens, pages: &[u32]| Step::new(cache, &[Sequence { cached_tokens, new_tokens, pages }]).unwrap();
        let rows = |seed, first, len| whole(seed, DType::F32).map(|t| t.narrow(0, first, len).unwrap());

        let first = step(&small, 0, 3, &[4]);
        let [q, k, v] = rows(1, 0, 3);
        layer.forward(&q, &k, &v, &first).unwrap();

        // Each would write other keys and values to the places of the first.
        let [q, k, v] = rows(7, 0, 3);
        for (q, v, step, argument) in [
            (q.narrow(0, 0, 2).unwrap(), &v, &first, "q"),
            (q.narrow(2, 0, 8).unwrap(), &v, &first, "k"),
            (q.clone(), &v.narrow(0, 0, 2).unwrap(), &first, "v"),
            (q.clone(), &v, &step(&large, 4, 3, &[8, 4]), "step"),
        ] {
            match layer.forward(&q, &k, v, step) {
                Err(Error::Device(DeviceError::Argument { argument: found, .. } | DeviceError::Shape { argument: found, .. })) => {
                    assert_eq!(found, argument);
                }
                other => panic!("{argument}: {other:?}"),
            }
        }

        let [q, k, v] = rows(1, 3, 1);
        let got = layer.forward(&q, &k, &v, &step(&small, 3, 1, &[4])).unwrap();
        let [q, k, v] = rows(1, 0, 4);
        let expected = attention(&q, &k, &v, f64::from(SCALE), usize::MAX).unwrap();
        assert_close(&got, &expected.narrow(0, 3, 1).unwrap(), bound(DType::F32), "after refusals");
    }
}
