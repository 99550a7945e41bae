//! Attention, with numbers worked out by hand: queries of 0 see every key alike, so a result is the mean of the values that are seen.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod common;

use std::ptr::{null, null_mut};

use ascend_sys::ffi::*;
use common::call::{assert_close, failure, refusal, run};
use common::{Device, Tensor};

const D: usize = 64;

/// Rows of D elements, each filled with one value.
fn rows(device: &Device, dims: &[i64], values: &[f32]) -> Tensor {
    device.reals(ACL_FLOAT16, &values.iter().flat_map(|v| [*v; D]).collect::<Vec<_>>()).of(dims)
}

/// The first element of each row.
fn firsts(tensor: &Tensor) -> Vec<f32> {
    tensor.reals().chunks(D).map(|row| row[0]).collect()
}

fn triangle(device: &Device) -> Tensor {
    let mask: Vec<u8> = (0..2048usize).flat_map(|i| (0..2048usize).map(move |j| u8::from(j > i))).collect();
    device.bools(&mask).of(&[2048, 2048])
}

/// The arguments that change; the others are null or 0.
struct Call<'a> {
    q: &'a Tensor,
    k: &'a Tensor,
    v: &'a Tensor,
    out: &'a Tensor,
    bias: *const aclTensor,
    mask: *const aclTensor,
    q_lens: *const aclIntArray,
    kv_lens: *const aclIntArray,
    table: *const aclTensor,
    q_rope: *const aclTensor,
    k_rope: *const aclTensor,
    heads: i64,
    before: i64,
    layout: &'a std::ffi::CStr,
    kv_heads: i64,
    sparse: i64,
    precise: i64,
    block: i64,
    lse: *const aclTensor,
}

impl<'a> Call<'a> {
    fn new(q: &'a Tensor, k: &'a Tensor, v: &'a Tensor, out: &'a Tensor, layout: &'a std::ffi::CStr) -> Self {
        let (n, i) = (null(), null());
        Self {
            q,
            k,
            v,
            out,
            bias: n,
            mask: n,
            q_lens: i,
            kv_lens: i,
            table: n,
            q_rope: n,
            k_rope: n,
            heads: 1,
            before: 0,
            layout,
            kv_heads: 1,
            sparse: 0,
            precise: 0,
            block: 0,
            lse: n,
        }
    }
}

macro_rules! attend {
    ($with:ident, $device:expr, $c:expr) => {{
        let c = $c;
        // Lists take the tensors with them when they are destroyed, which no test does.
        let (k, v) = ($device.list(&[c.k]), $device.list(&[c.v]));
        let n = null();
        $with!(
            $device,
            aclnnFusedInferAttentionScoreV3(
                c.q.handle,
                k,
                v,
                c.bias,
                c.mask,
                c.q_lens,
                c.kv_lens,
                n,
                n,
                n,
                n,
                n,
                n,
                n,
                c.table,
                n,
                n,
                n,
                n,
                n,
                n,
                n,
                n,
                null(),
                c.q_rope,
                c.k_rope,
                n,
                c.heads,
                0.125,
                c.before,
                0,
                c.layout.as_ptr().cast_mut(),
                c.kv_heads,
                c.sparse,
                c.precise,
                c.block,
                0,
                !c.lse.is_null(),
                0,
                0,
                c.out.handle,
                c.lse
            )
        )
    }};
}

// The score of a key is scale * q . k: 0.125 * 64 * 0.125 * ln 3 = ln 3, so the second key weighs three times as much as the first.
#[test]
fn scores_are_scaled_products_and_a_shift_is_added() {
    let device = Device::new(0);
    let q = rows(&device, &[1, 1, 1, 64], &[0.125]);
    let k = rows(&device, &[1, 1, 2, 64], &[0., 1.098_612_3]);
    let v = rows(&device, &[1, 1, 2, 64], &[4., 8.]);
    let out = rows(&device, &[1, 1, 1, 64], &[9.]);
    let lse = device.floats(&[0.]).of(&[1, 1, 1, 1]);
    attend!(run, device, Call { lse: lse.handle, ..Call::new(&q, &k, &v, &out, c"BNSD") });
    assert_eq!(firsts(&out), [7.]);
    assert!((lse.read()[0] - 4f32.ln()).abs() < 1e-3);
    // pseShift is added to the scaled score: -ln 3 takes the difference away.
    let shift = device.reals(ACL_FLOAT16, &[0., -1.098_612_3]).of(&[1, 1, 1, 2]);
    attend!(run, device, Call { bias: shift.handle, ..Call::new(&q, &k, &v, &out, c"BNSD") });
    assert!((firsts(&out)[0] - 6.).abs() < 0.01);
}

#[test]
fn layouts_name_the_same_numbers() {
    let device = Device::new(0);
    // Two tokens, two heads; the heads have values of their own.
    let zero = |dims: &[i64]| rows(&device, dims, &[0.; 4]);
    for (layout, dims, values) in [
        (c"BNSD", vec![1, 2, 2, 64], [1., 3., 10., 30.]),
        (c"BSND", vec![1, 2, 2, 64], [1., 10., 3., 30.]),
        (c"BSH", vec![1, 2, 128], [1., 10., 3., 30.]),
    ] {
        let (q, v, out) = (zero(&dims), rows(&device, &dims, &values), zero(&dims));
        let mask = triangle(&device);
        let call = Call::new(&q, &q, &v, &out, layout);
        attend!(run, device, Call { heads: 2, kv_heads: 2, mask: mask.handle, sparse: 3, ..call });
        let expected = if layout == c"BNSD" { [1., 2., 10., 20.] } else { [1., 10., 2., 20.] };
        assert_eq!(firsts(&out), expected, "{layout:?}");
    }
    let (q, v) = (zero(&[1, 2, 2, 64]), rows(&device, &[1, 2, 2, 64], &[1., 3., 10., 30.]));
    let out = zero(&[1, 2, 2, 64]);
    attend!(run, device, Call { heads: 2, kv_heads: 2, ..Call::new(&q, &q, &v, &out, c"BNSD_BSND") });
    assert_eq!(firsts(&out), [2., 20., 2., 20.]);
}

// Positions are in the last 64 elements of a key of 192: queryRope and keyRope add to the product. Their heads are 128 and 64.
#[test]
fn rotated_parts_add_to_the_product() {
    let device = Device::new(0);
    let half = |dims: &[i64], size: usize, values: &[f32]| {
        device.reals(ACL_FLOAT16, &values.iter().flat_map(|v| vec![*v; size]).collect::<Vec<_>>()).of(dims)
    };
    let (q, k) = (half(&[1, 1, 128], 128, &[0.]), half(&[2, 1, 128], 128, &[0., 0.]));
    let (v, out) = (half(&[2, 1, 128], 128, &[4., 8.]), half(&[1, 1, 128], 128, &[9.]));
    let (q_rope, k_rope) = (half(&[1, 1, 64], 64, &[0.125]), half(&[2, 1, 64], 64, &[0., 1.098_612_3]));
    let (q_lens, kv_lens) = (device.int_array(&[1]), device.int_array(&[2]));
    let call = Call { q_lens, kv_lens, q_rope: q_rope.handle, k_rope: k_rope.handle, ..Call::new(&q, &k, &v, &out, c"TND") };
    attend!(run, device, call);
    assert!((out.reals()[0] - 7.).abs() < 0.01);
    let (code, message) = attend!(refusal, device, Call { q_lens, kv_lens, q_rope: q_rope.handle, ..Call::new(&q, &k, &v, &out, c"TND") });
    assert!(code == ACLNN_ERR_INNER_TILING_ERROR && message.contains("keyRope"), "{code}: {message}");
}

// Latent attention: keys and values are one cache of 512 elements in pages, there is one key head.
#[test]
fn latent_attention_reads_keys_and_values_from_one_cache() {
    let device = Device::new(0);
    let fill = |dims: &[i64], size: usize, values: &[f32]| {
        device.reals(ACL_BF16, &values.iter().flat_map(|v| vec![*v; size]).collect::<Vec<_>>()).of(dims)
    };
    let (q, out) = (fill(&[1, 2, 1, 512], 512, &[0., 0.]), fill(&[1, 2, 1, 512], 512, &[9., 9.]));
    let q_rope = fill(&[1, 2, 1, 64], 64, &[0., 0.]);
    let latent: Vec<f32> = (0..16)
        .map(|t| {
            if t == 0 {
                2.
            } else if t == 1 {
                6.
            } else {
                1000.
            }
        })
        .collect();
    let (cache, rope) = (fill(&[1, 1, 16, 512], 512, &latent), fill(&[1, 1, 16, 64], 64, &[0.; 16]));
    let again = fill(&[1, 1, 16, 512], 512, &latent);
    let (table, lens) = (device.ints(&[0]).of(&[1, 1]), device.int_array(&[2]));
    let call = |heads| Call {
        kv_lens: lens,
        table: table.handle,
        q_rope: q_rope.handle,
        k_rope: rope.handle,
        heads,
        block: 16,
        ..Call::new(&q, &cache, &again, &out, c"BNSD")
    };
    attend!(run, device, call(2));
    assert_eq!((out.reals()[0], out.reals()[512]), (4., 4.));
    // Without pages there is no kernel.
    let (code, message) = attend!(refusal, device, Call { table: null(), ..call(2) });
    assert!(code / 1000 == 561 && message.contains("blockTable"), "{code}: {message}");
}

#[test]
fn a_window_of_one_query_is_refused_where_the_kernel_would_ignore_it() {
    let device = Device::new(0);
    let (q, k, out) =
        (rows(&device, &[1, 1, 1, 64], &[0.]), rows(&device, &[1, 1, 3, 64], &[1., 2., 9.]), rows(&device, &[1, 1, 1, 64], &[0.]));
    let mask = triangle(&device);
    let call = |before| Call { mask: mask.handle, sparse: 4, before, ..Call::new(&q, &k, &k, &out, c"BNSD") };
    let (code, message) = attend!(refusal, device, call(1));
    assert!(code == ACLNN_ERR_INNER_TILING_ERROR && message.contains("sparseMode"), "{code}: {message}");
    attend!(run, device, call(2));
    assert_eq!(firsts(&out), [4.]);
    // The layout TND takes it: the last two keys are seen.
    let (q, k, out) = (rows(&device, &[1, 1, 64], &[0.]), rows(&device, &[3, 1, 64], &[1., 2., 9.]), rows(&device, &[1, 1, 64], &[0.]));
    let (q_lens, kv_lens) = (device.int_array(&[1]), device.int_array(&[3]));
    attend!(run, device, Call { mask: mask.handle, sparse: 4, before: 1, q_lens, kv_lens, ..Call::new(&q, &k, &k, &out, c"TND") });
    assert_eq!(firsts(&out), [5.5]);
}

// Queries behind the end of their sequence, and queries that see no key, are 0 with an infinite lse; rows behind the last packed sequence stay as they are.
#[test]
fn what_is_not_there_is_zero_or_left() {
    let device = Device::new(0);
    let (q, k) = (rows(&device, &[1, 1, 3, 64], &[0.; 3]), rows(&device, &[1, 1, 1, 64], &[5.]));
    let (out, lse) = (rows(&device, &[1, 1, 3, 64], &[9.; 3]), device.floats(&[0.; 3]).of(&[1, 1, 3, 1]));
    let mask = triangle(&device);
    let lens = device.int_array(&[2]);
    attend!(run, device, Call { q_lens: lens, mask: mask.handle, sparse: 3, lse: lse.handle, ..Call::new(&q, &k, &k, &out, c"BNSD") });
    assert_eq!(firsts(&out), [0., 5., 0.]);
    assert!(lse.read()[0] == f32::INFINITY && lse.read()[2] == f32::INFINITY && lse.read()[1].is_finite());
    let (q, out) = (rows(&device, &[3, 1, 64], &[0.; 3]), rows(&device, &[3, 1, 64], &[9.; 3]));
    let k = rows(&device, &[1, 1, 64], &[5.]);
    let (q_lens, kv_lens) = (device.int_array(&[1, 1]), device.int_array(&[1, 1]));
    attend!(run, device, Call { q_lens, kv_lens, ..Call::new(&q, &k, &k, &out, c"TND") });
    assert_eq!(firsts(&out), [5., 9., 9.]);
}

#[test]
fn blocks_and_triangles_that_are_none_fail_on_the_stream() {
    let device = Device::new(0);
    let (q, out) = (rows(&device, &[1, 1, 2, 64], &[0.; 2]), rows(&device, &[1, 1, 2, 64], &[0.; 2]));
    let pages = rows(&device, &[1, 1, 16, 64], &[1.; 16]);
    let (table, lens) = (device.ints(&[1]).of(&[1, 1]), device.int_array(&[3]));
    let message =
        attend!(failure, device, Call { kv_lens: lens, table: table.handle, block: 16, ..Call::new(&q, &pages, &pages, &out, c"BNSD") });
    assert!(message.contains("blockTable"), "{message}");
    let device = Device::new(0);
    let zeros = device.bools(&vec![0; 2048 * 2048]).of(&[2048, 2048]);
    let k = rows(&device, &[1, 1, 2, 64], &[1.; 2]);
    let message = attend!(failure, device, Call { mask: zeros.handle, sparse: 3, ..Call::new(&q, &k, &k, &out, c"BNSD") });
    assert!(message.contains("attenMask"), "{message}");
    let small = device.bools(&[0, 1, 0, 0]).of(&[2, 2]);
    let (code, message) = attend!(refusal, device, Call { mask: small.handle, sparse: 3, ..Call::new(&q, &k, &k, &out, c"BNSD") });
    assert!(code == ACLNN_ERR_INNER_TILING_ERROR && message.contains("2048"), "{code}: {message}");
    let (code, message) =
        attend!(refusal, device, Call { kv_lens: lens, table: table.handle, block: 20, ..Call::new(&q, &pages, &pages, &out, c"BNSD") });
    assert!(code == ACLNN_ERR_INNER_TILING_ERROR, "{code}: {message}");
}

#[test]
fn older_operators_are_the_same_attention() {
    let device = Device::new(0);
    let (q, k) = (rows(&device, &[1, 1, 2, 64], &[0.; 2]), rows(&device, &[1, 1, 2, 64], &[1., 3.]));
    let out = rows(&device, &[1, 1, 2, 64], &[0.; 2]);
    let n = null();
    run!(
        device,
        aclnnPromptFlashAttentionV3(
            q.handle,
            k.handle,
            k.handle,
            n,
            n,
            null(),
            null(),
            n,
            n,
            n,
            n,
            n,
            1,
            0.125,
            0,
            0,
            c"BNSD".as_ptr().cast_mut(),
            1,
            0,
            0,
            out.handle
        )
    );
    assert_eq!(firsts(&out), [2., 2.]);
    let (one, single) = (rows(&device, &[1, 1, 1, 64], &[0.]), rows(&device, &[1, 1, 1, 64], &[0.]));
    let lens = device.int_array(&[1]);
    run!(
        device,
        aclnnIncreFlashAttentionV4(
            one.handle,
            device.list(&[&k]),
            device.list(&[&k]),
            n,
            n,
            lens,
            n,
            n,
            n,
            n,
            n,
            n,
            n,
            n,
            n,
            1,
            0.125,
            c"BNSD".as_ptr().cast_mut(),
            1,
            0,
            0,
            single.handle
        )
    );
    assert_eq!(firsts(&single), [1.]);
    let (code, message) = refusal!(
        device,
        aclnnIncreFlashAttentionV4(
            q.handle,
            device.list(&[&rows(&device, &[1, 1, 2, 64], &[1., 3.])]),
            device.list(&[&rows(&device, &[1, 1, 2, 64], &[1., 3.])]),
            n,
            n,
            lens,
            n,
            n,
            n,
            n,
            n,
            n,
            n,
            n,
            n,
            1,
            0.125,
            c"BNSD".as_ptr().cast_mut(),
            1,
            0,
            0,
            out.handle
        )
    );
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("query"), "{code}: {message}");
}

// aclnnFlashAttentionScore: scale * (pse + q k); the greatest score and the sum are repeated eight times.
#[test]
fn training_gives_the_greatest_score_and_the_sum() {
    let device = Device::new(0);
    let q = device.floats(&[0., 0.]).of(&[2, 1, 1]);
    let (k, v) = (device.floats(&[0., 0.]).of(&[2, 1, 1]), device.floats(&[4., 8.]).of(&[2, 1, 1]));
    let (most, sum) = (device.floats(&[9.; 16]).of(&[1, 1, 2, 8]), device.floats(&[9.; 16]).of(&[1, 1, 2, 8]));
    let out = device.floats(&[9.; 2]).of(&[2, 1, 1]);
    // Scaled by 0.5, the shift of 2 ln 3 makes the second key weigh three times as much.
    let shift = device.floats(&[0., 2.197_224_6, 0., 2.197_224_6]).of(&[1, 1, 2, 2]);
    let mask = device.bools(&[0, 1, 0, 0]).of(&[2, 2]);
    run!(
        device,
        aclnnFlashAttentionScore(
            q.handle,
            k.handle,
            v.handle,
            shift.handle,
            null(),
            null(),
            mask.handle,
            null(),
            0.5,
            1.0,
            65536,
            65536,
            1,
            c"SBH".as_ptr().cast_mut(),
            0,
            0,
            most.handle,
            sum.handle,
            null(),
            out.handle
        )
    );
    assert_close(&out.read(), &[4., 7.]);
    assert_close(&most.read()[7..9], &[0., 1.098_612_3]);
    assert_close(&sum.read()[7..9], &[1., 4. / 3.]);
    let (code, _) = refusal!(
        device,
        aclnnFlashAttentionScore(
            q.handle,
            k.handle,
            v.handle,
            null(),
            null(),
            null(),
            null(),
            null(),
            0.5,
            1.0,
            0,
            0,
            1,
            c"TND".as_ptr().cast_mut(),
            0,
            0,
            most.handle,
            sum.handle,
            null(),
            out.handle
        )
    );
    assert_eq!(code, ACLNN_ERR_INNER_TILING_ERROR);
}

// Weights 1 and 3 of the values 2 and 6; ln 4 is the logarithm of their sum.
#[test]
fn parts_are_merged_by_the_logarithms_of_their_sums() {
    let device = Device::new(0);
    let (l0, l1) = (device.floats(&[0., f32::INFINITY]).of(&[2]), device.floats(&[1.098_612_3, 0.5]).of(&[2]));
    let (o0, o1) = (device.floats(&[[2.; 8], [f32::NAN; 8]].concat()).of(&[2, 8]), device.floats(&[[6.; 8], [7.; 8]].concat()).of(&[2, 8]));
    let (out, lse) = (device.floats(&[0.; 16]).of(&[2, 8]), device.floats(&[0.; 2]).of(&[2]));
    let (logs, parts) = (device.list(&[&l0, &l1]), device.list(&[&o0, &o1]));
    run!(device, aclnnAttentionUpdate(logs, parts, 1, out.handle, lse.handle));
    assert_close(&out.read()[7..9], &[5., 7.]);
    assert_close(&lse.read(), &[1.386_294_4, 0.5]);
    let (code, message) = refusal!(device, aclnnAttentionUpdate(logs, parts, 0, out.handle, lse.handle));
    assert!(code == ACLNN_ERR_PARAM_INVALID && message.contains("lseOut"), "{code}: {message}");
    let (code, message) = refusal!(device, aclnnAttentionUpdate(logs, parts, 1, out.handle, null_mut()));
    assert!(code == ACLNN_ERR_PARAM_NULLPTR && message.contains("lseOut"), "{code}: {message}");
}

// aclnnRingAttentionUpdate: sums 1 at the score 0 and 3 at the score 0 are weights 1 and 3.
#[test]
fn rings_are_merged_by_scores_and_sums() {
    let device = Device::new(0);
    let of = |value: f32| device.floats(&[value; 8]).of(&[1, 1, 1, 8]);
    let (out0, out1, out) = (device.floats(&[2.]).of(&[1, 1, 1]), device.floats(&[6.]).of(&[1, 1, 1]), device.floats(&[0.]).of(&[1, 1, 1]));
    let (max0, sum0, max1, sum1, max, sum) = (of(1.), of(1.), of(1.), of(3.), of(0.), of(0.));
    run!(
        device,
        aclnnRingAttentionUpdate(
            out0.handle,
            max0.handle,
            sum0.handle,
            out1.handle,
            max1.handle,
            sum1.handle,
            null(),
            c"SBH".as_ptr().cast_mut(),
            out.handle,
            max.handle,
            sum.handle
        )
    );
    assert_close(&out.read(), &[5.]);
    assert_eq!((max.read(), sum.read()), (vec![1.; 8], vec![4.; 8]));
    let (code, _) = refusal!(
        device,
        aclnnRingAttentionUpdate(
            out0.handle,
            max0.handle,
            sum0.handle,
            out1.handle,
            max1.handle,
            sum1.handle,
            null(),
            c"TND".as_ptr().cast_mut(),
            out.handle,
            max.handle,
            sum.handle
        )
    );
    assert_eq!(code, ACLNN_ERR_INNER_TILING_ERROR);
}
