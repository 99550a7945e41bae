//! Experts against candle's arithmetic, and against transformers' blocks.

use ascend_candle::{Error, Gating, MoeExperts, Quantization, Session, ops::Score};
use ascend_compute::Error as DeviceError;
use candle_core::{DType, Device, Tensor};

use crate::common::{assert_close, assert_same_bits, bound, moe_experts, noise, sessions};

const EXPERTS: usize = 6;
const HIDDEN: usize = 40;
const INNER: usize = 24;

struct Inputs {
    x: Tensor,
    ids: Tensor,
    weights: Tensor,
    gate_up: Tensor,
    down: Tensor,
}

/// 17 tokens of two experts each; expert 4 has none.
fn inputs(dtype: DType) -> Inputs {
    let ids: Vec<u32> = (0..17).flat_map(|t| [[0, 3], [1, 5], [3, 2], [5, 0]][t % 4]).collect();
    Inputs {
        x: noise(1, &[17, HIDDEN], dtype),
        ids: Tensor::from_vec(ids, (17, 2), &Device::Cpu).unwrap(),
        weights: noise(2, &[17, 2], DType::F32),
        gate_up: noise(3, &[EXPERTS, 2 * INNER, HIDDEN], dtype),
        down: noise(4, &[EXPERTS, HIDDEN, INNER], dtype),
    }
}

#[test]
fn experts_equal_candles_arithmetic_in_every_float_type() {
    for dtype in [DType::F32, DType::F16, DType::BF16] {
        let Inputs { x, ids, weights, gate_up, down } = inputs(dtype);
        let expected = moe_experts(&x, &ids, &weights, &gate_up, &down).unwrap();
        for session in sessions() {
            let layer = MoeExperts::new(&session, &gate_up, &down, None).unwrap();
            let y = layer.forward(&x, &ids, &weights).unwrap();
            assert_eq!(y.dtype(), dtype);
            assert_close(&y, &expected, bound(dtype), &format!("{dtype:?} on {}", session.device().info().id));
            assert_same_bits(&y, &x.apply_op3_no_bwd(&ids, &weights, &layer).unwrap());
            assert_same_bits(&y, &layer.forward(&x, &ids.to_dtype(DType::I32).unwrap(), &weights).unwrap());
        }
    }
}

#[test]
fn experts_loaded_one_by_one_are_the_same() {
    let Inputs { x, ids, weights, gate_up, down } = inputs(DType::BF16);
    for session in sessions() {
        for quantization in [None, Some(Quantization::W8A8)] {
            let whole = MoeExperts::new(&session, &gate_up, &down, quantization).unwrap();
            let parts = MoeExperts::load(&session, EXPERTS, quantization, |e| {
                let both = gate_up.get(e)?;
                Ok([both.narrow(0, 0, INNER)?, both.narrow(0, INNER, INNER)?, down.get(e)?])
            });
            let [whole, parts] = [whole, parts.unwrap()].map(|layer| layer.forward(&x, &ids, &weights).unwrap());
            assert_same_bits(&whole, &parts);
        }
    }
}

/// Integer weights are off by half a step of `max|w| / 127`; here `|w| <= 1`, and products sum up such errors at random.
#[test]
fn one_stack_at_a_time_is_there_in_two_forms() {
    let (experts, hidden, inner) = (4, 64, 32);
    let weight = |seed, shape: &[usize]| noise(seed, shape, DType::F32);
    let (gate_up_bytes, down_bytes) = (experts * 2 * inner * hidden * 4, experts * hidden * inner * 4);
    for quantization in [None, Some(Quantization::W8A16)] {
        // What the device held at most, beyond the layer itself.
        let beyond = |build: &dyn Fn(&Session) -> MoeExperts| {
            let session = Session::open("cpu").unwrap();
            let _layer = build(&session);
            let memory = session.device().memory().unwrap();
            memory.peak_bytes - memory.used_bytes
        };
        let whole = beyond(&|session| {
            let (gate_up, down) = (weight(1, &[experts, 2 * inner, hidden]), weight(2, &[experts, hidden, inner]));
            MoeExperts::new(session, &gate_up, &down, quantization).unwrap()
        });
        assert!(whole <= gate_up_bytes, "{quantization:?}: {whole} bytes");
        // Both stacks are filled before the first is prepared: of quantised ones the layer itself is a small part.
        let load = |_| Ok([weight(1, &[inner, hidden]), weight(2, &[inner, hidden]), weight(3, &[hidden, inner])]);
        let loaded = beyond(&|session| MoeExperts::load(session, experts, quantization, load).unwrap());
        let most = if quantization.is_none() { gate_up_bytes } else { gate_up_bytes + down_bytes };
        assert!(loaded <= most, "{quantization:?}: {loaded} bytes");
    }
}

#[test]
fn quantised_experts_are_near_and_take_less_than_half_of_the_memory() {
    let Inputs { x, ids, weights, gate_up, down } = inputs(DType::F32);
    let expected = moe_experts(&x, &ids, &weights, &gate_up, &down).unwrap();
    for quantization in [Quantization::W8A8, Quantization::W8A16] {
        for session in sessions() {
            let before = session.device().memory().unwrap().used_bytes;
            let layer = MoeExperts::new(&session, &gate_up, &down, Some(quantization)).unwrap();
            let used = session.device().memory().unwrap().used_bytes - before;
            let floats = 4 * 3 * EXPERTS * INNER * HIDDEN;
            assert!(used < floats / 2, "{used} bytes for what takes {floats} in f32");
            let y = layer.forward(&x, &ids, &weights).unwrap();
            assert_close(&y, &expected, 0.02, &format!("{quantization:?}"));
            let error = crate::common::error(&y, &expected);
            assert!(error > 1e-4, "{quantization:?}: an error of {error:e} means that nothing was quantised");
        }
    }
}

#[test]
fn biases_activation_order_and_range_reach_the_operator() {
    let Inputs { x, ids, weights, gate_up, down } = inputs(DType::F32);
    let [session, _] = sessions();
    let plain = MoeExperts::new(&session, &gate_up, &down, None).unwrap();
    let y = plain.forward(&x, &ids, &weights).unwrap();

    // Gates and ups one after the other, as GPT-OSS stores them.
    let halves = gate_up.reshape((EXPERTS, 2, INNER, HIDDEN)).unwrap();
    let alternating = halves.transpose(1, 2).unwrap().contiguous().unwrap().reshape((EXPERTS, 2 * INNER, HIDDEN)).unwrap();
    let interleaved = MoeExperts::new(&session, &alternating, &down, None).unwrap().with_interleaved();
    assert_same_bits(&y, &interleaved.forward(&x, &ids, &weights).unwrap());

    let (up_bias, down_bias) =
        (Tensor::zeros((EXPERTS, 2 * INNER), DType::F32, &Device::Cpu).unwrap(), noise(9, &[EXPERTS, HIDDEN], DType::F32));
    let biased = plain.clone().with_biases(&up_bias, &down_bias).unwrap().forward(&x, &ids, &weights).unwrap();
    let of_pairs = down_bias.index_select(&ids.flatten_all().unwrap(), 0).unwrap().reshape((17, 2, HIDDEN)).unwrap();
    let added = of_pairs.broadcast_mul(&weights.unsqueeze(2).unwrap()).unwrap().sum(1).unwrap();
    assert_close(&biased, &(&y + added).unwrap(), 2e-6, "bias");

    // Two halves of the experts, each on a rank of its own.
    let half = |first: usize| {
        let part = |t: &Tensor| t.narrow(0, first, EXPERTS / 2).unwrap();
        let layer = MoeExperts::new(&session, &part(&gate_up), &part(&down), None).unwrap();
        layer.with_expert_range(first, EXPERTS).unwrap().forward(&x, &ids, &weights).unwrap()
    };
    assert_close(&(half(0) + half(EXPERTS / 2)).unwrap(), &y, 2e-6, "two ranks");
}

#[test]
fn blocks_equal_those_of_transformers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/ops/moe_block");
    let [session, _] = sessions();
    for (style, renormalize) in [("qwen3_moe", true), ("olmoe", false), ("mixtral", true)] {
        for (name, dtype) in [("f32", DType::F32), ("bf16", DType::BF16)] {
            let path = format!("{folder}/{style}_{name}_t11_h32_i24_e8_k2.safetensors");
            let golden = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
            let names = if style == "mixtral" { ["w1", "w3", "w2"] } else { ["gate_proj", "up_proj", "down_proj"] };
            let experts =
                MoeExperts::load(&session, 8, None, |e| Ok(names.map(|n| golden[&format!("weights.experts.{e}.{n}.weight")].clone())));
            let mut gating = Gating::new(&session, Score::SoftmaxTopK, 2);
            if renormalize {
                gating = gating.with_renormalize();
            }
            let routing = gating.forward(&golden["expected_router_logits_f64"].to_dtype(DType::F32).unwrap()).unwrap();
            let expected_ids = golden["expected_topk_ids"].to_vec2::<i32>().unwrap();
            assert_eq!(routing.ids.to_dtype(DType::I32).unwrap().to_vec2::<i32>().unwrap(), expected_ids, "{path}");
            assert_close(&routing.weights, &golden["expected_topk_weights_f64"], 2e-6, &path);
            let y = experts.unwrap().forward(&golden["hidden"], &routing.ids, &routing.weights).unwrap();
            assert_close(&y, &golden["expected_out_f64"], bound(dtype), &path);
        }
    }
}

fn device_error(result: Result<Tensor, Error>) -> DeviceError {
    match result {
        Err(Error::Device(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn wrong_arguments_are_refused_by_name_and_leave_the_layer_usable() {
    let Inputs { x, ids, weights, gate_up, down } = inputs(DType::F32);
    for session in sessions() {
        let layer = MoeExperts::new(&session, &gate_up, &down, None).unwrap();
        let y = layer.forward(&x, &ids, &weights).unwrap();

        let of = |x: &Tensor, ids: &Tensor, weights: &Tensor| layer.forward(x, ids, weights);
        let cast = |t: &Tensor, dtype| t.to_dtype(dtype).unwrap();
        for (result, argument, found) in [
            (of(&cast(&x, DType::F64), &ids, &weights), "x", DType::F64),
            (of(&x, &cast(&ids, DType::I64), &weights), "ids", DType::I64),
            (of(&x, &cast(&ids, DType::F32), &weights), "ids", DType::F32),
            (of(&x, &ids, &cast(&weights, DType::U32)), "weights", DType::U32),
        ] {
            let matches = matches!(&result, Err(Error::DType { argument: a, found: f, .. }) if *a == argument && *f == found);
            assert!(matches, "{argument}: {result:?}");
        }
        let bf16 = device_error(of(&cast(&x, DType::BF16), &ids, &weights));
        assert!(matches!(bf16, DeviceError::DType { argument: "gate_up", .. }), "{bf16}");
        let narrow = device_error(of(&x.narrow(1, 0, 8).unwrap(), &ids, &weights));
        assert!(matches!(narrow, DeviceError::Shape { argument: "gate_up", .. }), "{narrow}");
        let flat = device_error(of(&x.flatten_all().unwrap(), &ids, &weights));
        assert!(matches!(flat, DeviceError::Shape { argument: "x", .. }), "{flat}");
        let fewer = device_error(of(&x, &ids.narrow(0, 0, 3).unwrap(), &weights));
        assert!(matches!(fewer, DeviceError::Shape { argument: "ids", .. }), "{fewer}");

        for bad in [EXPERTS as u32 + 1, u32::MAX] {
            let bad = Tensor::full(bad, (17, 2), &Device::Cpu).unwrap();
            let error = device_error(of(&x, &bad, &weights));
            assert!(matches!(error.root(), DeviceError::Value { argument: "ids", .. }), "{error}");
        }
        // candle's own error carries the message.
        let wrapped = x.apply_op3_no_bwd(&ids, &cast(&weights, DType::U32), &layer).unwrap_err();
        assert!(wrapped.to_string().contains("`weights` must be F32"), "{wrapped}");

        assert_same_bits(&y, &of(&x, &ids, &weights).unwrap());
    }
}

#[test]
fn misshapen_weights_are_refused_when_the_layer_is_built() {
    let Inputs { gate_up, down, .. } = inputs(DType::F32);
    let [session, _] = sessions();
    let device_refuses = |gate_up: &Tensor, down: &Tensor, quantization| match MoeExperts::new(&session, gate_up, down, quantization) {
        Err(Error::Device(_)) => {}
        other => panic!("{other:?}"),
    };
    for quantization in [None, Some(Quantization::W8A8)] {
        device_refuses(&gate_up, &down.narrow(0, 0, 2).unwrap(), quantization);
        device_refuses(&gate_up.narrow(1, 0, 7).unwrap(), &down, quantization);
        device_refuses(&gate_up.get(0).unwrap(), &down.get(0).unwrap(), quantization);
        device_refuses(&gate_up.flatten_all().unwrap(), &down, quantization);
    }
    device_refuses(&gate_up, &down.to_dtype(DType::BF16).unwrap(), None);
    let integers = MoeExperts::new(&session, &gate_up.to_dtype(DType::U8).unwrap(), &down, None);
    assert!(matches!(integers, Err(Error::DType { argument: "gate_up", found: DType::U8, .. })));

    let load = |bad: usize, shape: [usize; 2], dtype| {
        MoeExperts::load(&session, EXPERTS, None, |e| {
            let gate = if e == bad { noise(7, &shape, dtype) } else { noise(5, &[INNER, HIDDEN], DType::F32) };
            Ok([gate, noise(6, &[INNER, HIDDEN], DType::F32), noise(8, &[HIDDEN, INNER], DType::F32)])
        })
    };
    load(EXPERTS, [0, 0], DType::F32).unwrap();
    match load(3, [INNER, HIDDEN + 1], DType::F32) {
        Err(Error::Expert { argument: "gate", expert: 3, asked: [INNER, HIDDEN], found }) => assert_eq!(found, [INNER, HIDDEN + 1]),
        other => panic!("{other:?}"),
    }
    assert!(matches!(load(2, [INNER, HIDDEN], DType::F16), Err(Error::Device(_))));
    assert!(MoeExperts::load(&session, 0, None, |_| unreachable!()).is_err());
    let failing = MoeExperts::load(&session, 2, None, |_| candle_core::bail!("no such tensor"));
    assert!(matches!(failing, Err(Error::Candle(_))));
}

#[test]
fn layers_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<(Session, MoeExperts, Gating)>();
}
