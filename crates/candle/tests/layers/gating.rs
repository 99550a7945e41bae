//! Gating against candle's softmax, sort and gather.

use ascend_candle::{Error, Gating, ops::GroupScore, ops::Score};
use candle_core::{D, DType, Device, Tensor};

use crate::common::{assert_close, assert_same_bits, noise, sessions};

#[test]
fn choice_equals_candles_softmax_sort_and_gather() {
    for dtype in [DType::F32, DType::BF16] {
        let logits = (noise(1, &[23, 16], dtype).to_dtype(DType::F32).unwrap() * 4.0).unwrap().to_dtype(dtype).unwrap();
        let all = candle_nn::ops::softmax_last_dim(&logits.to_dtype(DType::F32).unwrap()).unwrap();
        let ids = all.arg_sort_last_dim(false).unwrap().narrow(D::Minus1, 0, 4).unwrap().contiguous().unwrap();
        let weights = all.gather(&ids, D::Minus1).unwrap();
        let normalized = weights.broadcast_div(&weights.sum_keepdim(D::Minus1).unwrap()).unwrap();
        for session in sessions() {
            let plain = Gating::new(&session, Score::SoftmaxTopK, 4);
            let routing = plain.forward(&logits).unwrap();
            if dtype == DType::F32 {
                assert_same_bits(&routing.ids, &ids);
            }
            assert_close(&routing.weights, &weights, 1e-6, "weights");
            let routing = plain.with_renormalize().with_scale(2.5).forward(&logits).unwrap();
            assert_close(&routing.weights, &(&normalized * 2.5).unwrap(), 1e-6, "normalised weights");
        }
    }
}

#[test]
fn bias_and_groups_limit_the_choice() {
    let logits = Tensor::new(&[[3f32, 0., 2., 1.]], &Device::Cpu).unwrap();
    let [session, _] = sessions();
    let sigmoid = Gating::new(&session, Score::Sigmoid, 2);
    let ids = |gating: &Gating| gating.forward(&logits).unwrap().ids.to_vec2::<u32>().unwrap();
    assert_eq!(ids(&sigmoid), [[0, 2]]);
    assert_eq!(ids(&sigmoid.clone().with_groups(2, 1, GroupScore::Max)), [[0, 1]]);
    let bias = Tensor::new(&[-5f32, 0., 0., 5.], &Device::Cpu).unwrap();
    assert_eq!(ids(&sigmoid.with_bias(&bias).unwrap()), [[3, 2]]);
}

#[test]
fn logits_that_do_not_fit_are_refused() {
    let logits = noise(1, &[3, 4], DType::F32);
    for session in sessions() {
        let gating = Gating::new(&session, Score::SoftmaxTopK, 2);
        assert!(matches!(gating.forward(&logits.to_dtype(DType::U32).unwrap()), Err(Error::DType { argument: "logits", .. })));
        assert!(matches!(gating.forward(&logits.flatten_all().unwrap()), Err(Error::Device(_))));
        assert!(matches!(gating.forward(&Tensor::new(1f32, &Device::Cpu).unwrap()), Err(Error::Device(_))));
        assert!(matches!(Gating::new(&session, Score::SoftmaxTopK, 5).forward(&logits), Err(Error::Device(_))));
        assert!(matches!(Gating::new(&session, Score::SoftmaxTopK, usize::MAX).forward(&logits), Err(Error::Device(_))));
        assert_eq!(gating.forward(&logits.narrow(0, 0, 0).unwrap()).unwrap().ids.dims(), [0, 2]);
    }
}
