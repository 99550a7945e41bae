// Dense, quantised and grouped matrix products.
#include "harness.h"

CASE(matmul_of_two_matrices, "aclnnMatmul: out = self @ mat2") {
    tensor a = F32(DIMS(2, 3), 1, 2, 3, 4, 5, 6), b = F32(DIMS(3, 2), 1, 0, 0, 1, 2, 2), out = OUT(ACL_FLOAT, DIMS(2, 2));
    RUN(aclnnMatmul, a.handle, b.handle, out.handle, 0);
    EXPECT(out, 7, 8, 16, 17);
    return NULL;
}

CASE(matmul_takes_a_transpose_by_its_strides, "aclnnMatmul: a transposed operand is a strided view, not a flag") {
    tensor a = F32(DIMS(1, 2), 10, 1), b = F32(DIMS(3, 2), 1, 2, 3, 4, 5, 6), out = OUT(ACL_FLOAT, DIMS(1, 3));
    RUN(aclnnMatmul, a.handle, harness_view(b, DIMS(2, 3), DIMS(1, 2), 0), out.handle, 0);
    EXPECT(out, 12, 34, 56);
    return NULL;
}

CASE(matmul_broadcasts_batches, "aclnnMatmul as torch.matmul") {
    tensor a = F32(DIMS(2, 1, 2), 1, 2, 3, 4), b = F32(DIMS(2, 1), 10, 1), out = OUT(ACL_FLOAT, DIMS(2, 1, 1));
    RUN(aclnnMatmul, a.handle, b.handle, out.handle, 0);
    EXPECT(out, 12, 34);
    return NULL;
}

CASE(matmul_sums_in_float, "aclnnMatmul: FLOAT accumulation of 16-bit inputs") {
    // In FLOAT16 the sum 2048 + 1 would stay 2048 twice.
    tensor a = F16(DIMS(1, 3), 2048, 1, 1), b = F16(DIMS(3, 1), 1, 1, 1), out = OUT(ACL_FLOAT16, DIMS(1, 1));
    RUN(aclnnMm, a.handle, b.handle, out.handle, 0);
    EXPECT(out, 2050);
    return NULL;
}

CASE(matmul_refuses_other_inner_sizes, "aclnnMatmul: columns of self are rows of mat2") {
    tensor a = F32(DIMS(1, 3), 1, 2, 3), b = F32(DIMS(2, 1), 1, 2), out = OUT(ACL_FLOAT, DIMS(1, 1));
    REFUSES(aclnnMatmul, a.handle, b.handle, out.handle, 0);
    REFUSES(aclnnMatmul, a.handle, NULL, out.handle, 0);
    return NULL;
}

CASE(matmul_refuses_to_force_half_of_bf16, "cubeMathType 2 is not for BF16") {
    tensor a = BF16(DIMS(1, 1), 1), out = OUT(ACL_BF16, DIMS(1, 1));
    REFUSES(aclnnMatmul, a.handle, a.handle, out.handle, 2);
    return NULL;
}

CASE(addmm_weighs_both_parts, "aclnnAddmm: out = beta * self + alpha * mat1 @ mat2") {
    tensor c = F32(DIMS(2), 100, 200), a = F32(DIMS(2, 1), 1, 2), b = F32(DIMS(1, 2), 3, 4), out = OUT(ACL_FLOAT, DIMS(2, 2));
    RUN(aclnnAddmm, c.handle, a.handle, b.handle, harness_scalar(0.5f), harness_scalar(2), out.handle, 0);
    EXPECT(out, 56, 108, 62, 116);
    return NULL;
}

CASE(quant_matmul_scales_columns_and_rows, "aclnnQuantMatmulV4: acc * scale[n] * pertoken[m]") {
    tensor x = I8(DIMS(2, 2), 1, 2, -3, 4), w = I8(DIMS(2, 2), 5, 6, 7, 8), out = OUT(ACL_BF16, DIMS(2, 2));
    tensor scale = F32(DIMS(2), 0.5, 2), rows = F32(DIMS(2), 1, 4);
    // acc: 19 22 / 13 14
    RUN(aclnnQuantMatmulV4, x.handle, w.handle, scale.handle, NULL, rows.handle, NULL, false, false, out.handle);
    EXPECT(out, 9.5, 44, 26, 112);
    return NULL;
}

CASE(quant_matmul_adds_whole_bias_before_scaling, "aclnnQuantMatmulV4: INT32 bias is added to the accumulator") {
    tensor x = I8(DIMS(1, 1), 3), w = I8(DIMS(1, 1), 4), bias = I32(DIMS(1), 8), out = OUT(ACL_BF16, DIMS(1, 1));
    tensor scale = F32(DIMS(1), 0.5), rows = F32(DIMS(1), 2);
    RUN(aclnnQuantMatmulV4, x.handle, w.handle, scale.handle, NULL, rows.handle, bias.handle, false, false, out.handle);
    EXPECT(out, 20);
    return NULL;
}

CASE(quant_matmul_transposes_by_a_flag, "aclnnQuantMatmulV4: transposeX2 says that x2 is [N, K]") {
    tensor x = I8(DIMS(1, 2), 1, 10), w = I8(DIMS(3, 2), 1, 2, 3, 4, 5, 6), out = OUT(ACL_BF16, DIMS(1, 3));
    tensor scale = F32(DIMS(1), 1), rows = F32(DIMS(1), 1);
    RUN(aclnnQuantMatmulV4, x.handle, w.handle, scale.handle, NULL, rows.handle, NULL, false, true, out.handle);
    EXPECT(out, 21, 43, 65);
    return NULL;
}

CASE(quant_param_keeps_19_bits_and_sets_a_flag, "aclnnTransQuantParamV2: (bits & 0xFFFFE000) | 1 << 46") {
    // 1.0f is 0x3F800000; 0.1f is 0x3DCCCCCD, of which 0x3DCCC000 stays.
    tensor scale = F32(DIMS(2), 1, 0.1f), out = OUT(ACL_UINT64, DIMS(2));
    RUN(aclnnTransQuantParamV2, scale.handle, NULL, out.handle);
    EXPECT(out, 70368744177664.0 + 1065353216.0, 70368744177664.0 + 1036828672.0);
    return NULL;
}

CASE(weight_only_matmul_adds_the_offset_before_scaling, "aclnnWeightQuantBatchMatmulV2: x @ ((w + offset) * scale)") {
    tensor x = F16(DIMS(1, 2), 1, 1), w = I8(DIMS(2, 2), 10, 20, 30, 40), out = OUT(ACL_FLOAT16, DIMS(1, 2));
    tensor scale = F16(DIMS(2), 0.5, 2), offset = F16(DIMS(2), -10, 5);
    RUN(aclnnWeightQuantBatchMatmulV2, x.handle, w.handle, scale.handle, offset.handle, NULL, NULL, NULL, 0, out.handle);
    EXPECT(out, 10, 140);
    return NULL;
}

// Three experts with weights 1, 10 and 100 of one row and one column.
static tensor weights(aclDataType dtype) { return harness_tensor(dtype, VALUES(1, 10, 100), DIMS(3, 1, 1)); }

#define GROUPED(x, w, bias, list, kind, out) \
    harness_list((x).handle), harness_list((w).handle), bias, NULL, NULL, NULL, NULL, NULL, (list).handle, NULL, NULL, NULL, 3, 0, kind, 0, \
        harness_list((out).handle), NULL, NULL

CASE(grouped_matmul_takes_sums_of_counts, "aclnnGroupedMatmulV4: groupListType 0 is cumulative") {
    tensor x = F16(DIMS(4, 1), 1, 2, 3, 4), w = weights(ACL_FLOAT16), list = I64(DIMS(3), 1, 3, 4), out = OUT(ACL_FLOAT16, DIMS(4, 1));
    RUN(aclnnGroupedMatmulV4, GROUPED(x, w, NULL, list, 0, out));
    EXPECT(out, 1, 20, 30, 400);
    return NULL;
}

CASE(grouped_matmul_takes_counts, "aclnnGroupedMatmulV4: groupListType 1 is counts") {
    tensor x = F16(DIMS(4, 1), 1, 2, 3, 4), w = weights(ACL_FLOAT16), list = I64(DIMS(3), 1, 2, 1), out = OUT(ACL_FLOAT16, DIMS(4, 1));
    RUN(aclnnGroupedMatmulV4, GROUPED(x, w, NULL, list, 1, out));
    EXPECT(out, 1, 20, 30, 400);
    return NULL;
}

CASE(grouped_matmul_passes_over_an_idle_expert, "aclnnGroupedMatmulV4: a group may be empty") {
    tensor x = F16(DIMS(2, 1), 1, 2), w = weights(ACL_FLOAT16), list = I64(DIMS(3), 1, 1, 2), out = OUT(ACL_FLOAT16, DIMS(2, 1));
    RUN(aclnnGroupedMatmulV4, GROUPED(x, w, NULL, list, 0, out));
    EXPECT(out, 1, 200);
    return NULL;
}

CASE(grouped_matmul_leaves_rows_behind_the_last_group, "aclnnGroupedMatmulV4: rows after the sum are not written") {
    tensor x = F16(DIMS(4, 1), 1, 2, 3, 4), w = weights(ACL_FLOAT16), list = I64(DIMS(3), 1, 1, 0), out = OUT(ACL_FLOAT16, DIMS(4, 1));
    RUN(aclnnGroupedMatmulV4, GROUPED(x, w, NULL, list, 1, out));
    EXPECT(out, 1, 20, UNWRITTEN, UNWRITTEN);
    return NULL;
}

CASE(grouped_matmul_takes_transposed_weights_as_a_view, "aclnnGroupedMatmulV4: W may be a transposed view of [E, N, K]") {
    tensor x = F16(DIMS(1, 2), 1, 10), w = F16(DIMS(1, 3, 2), 1, 2, 3, 4, 5, 6), list = I64(DIMS(1), 1), out = OUT(ACL_FLOAT16, DIMS(1, 3));
    aclTensor *turned = harness_view(w, DIMS(1, 2, 3), DIMS(6, 1, 2), 0);
    RUN(aclnnGroupedMatmulV4, harness_list(x.handle), harness_list(turned), NULL, NULL, NULL, NULL, NULL, NULL, list.handle, NULL, NULL, NULL, 3, 0, 0, 0,
        harness_list(out.handle), NULL, NULL);
    EXPECT(out, 21, 43, 65);
    return NULL;
}

CASE(grouped_matmul_wants_float_bias_for_bf16, "aclnnGroupedMatmulV4: bias is FLOAT for BF16, BF16 is not accepted") {
    tensor x = BF16(DIMS(1, 1), 2), w = BF16(DIMS(1, 1, 1), 3), list = I64(DIMS(1), 1), out = OUT(ACL_BF16, DIMS(1, 1));
    tensor right = F32(DIMS(1, 1), 0.5), wrong = BF16(DIMS(1, 1), 0.5);
    RUN(aclnnGroupedMatmulV4, GROUPED(x, w, harness_list(right.handle), list, 0, out));
    EXPECT(out, 6.5);
    REFUSES(aclnnGroupedMatmulV4, GROUPED(x, w, harness_list(wrong.handle), list, 0, out));
    return NULL;
}

CASE(grouped_matmul_gives_whole_sums, "aclnnGroupedMatmulV4: INT8 without scale gives INT32") {
    tensor x = I8(DIMS(2, 2), 100, 100, 1, 2), w = I8(DIMS(2, 2, 1), 100, 100, 3, 4), list = I64(DIMS(2), 1, 2), out = OUT(ACL_INT32, DIMS(2, 1));
    RUN(aclnnGroupedMatmulV4, GROUPED(x, w, NULL, list, 0, out));
    EXPECT(out, 20000, 11);
    return NULL;
}

CASE(grouped_matmul_scales_by_expert_and_token, "aclnnGroupedMatmulV4: acc * scale[e, n] * pertoken[m], BF16") {
    tensor x = I8(DIMS(2, 1), 2, 3), w = I8(DIMS(2, 1, 1), 5, 7), list = I64(DIMS(2), 1, 1), out = OUT(ACL_BF16, DIMS(2, 1));
    tensor scale = BF16(DIMS(2, 1), 0.5, 2), rows = F32(DIMS(2), 1, 0.25);
    RUN(aclnnGroupedMatmulV4, harness_list(x.handle), harness_list(w.handle), NULL, harness_list(scale.handle), NULL, NULL, NULL, harness_list(rows.handle),
        list.handle, NULL, NULL, NULL, 3, 0, 1, 0, harness_list(out.handle), NULL, NULL);
    EXPECT(out, 5, 10.5);
    return NULL;
}

CASE(grouped_matmul_of_whole_weights_adds_the_offset_first, "aclnnGroupedMatmulV4, A16W8: x @ ((w + offset) * scale)") {
    tensor x = F16(DIMS(1, 1), 2), w = I8(DIMS(1, 1, 1), 10), list = I64(DIMS(1), 1), out = OUT(ACL_FLOAT16, DIMS(1, 1));
    tensor scale = F16(DIMS(1, 1), 0.5), offset = F16(DIMS(1, 1), 6);
    RUN(aclnnGroupedMatmulV4, harness_list(x.handle), harness_list(w.handle), NULL, NULL, NULL, harness_list(scale.handle), harness_list(offset.handle), NULL,
        list.handle, NULL, NULL, NULL, 3, 0, 0, 0, harness_list(out.handle), NULL, NULL);
    EXPECT(out, 16);
    return NULL;
}

CASE(grouped_matmul_refuses_a_list_of_32_bits, "aclnnGroupedMatmulV4: groupList is INT64") {
    tensor x = F16(DIMS(1, 1), 1), w = F16(DIMS(1, 1, 1), 1), list = I32(DIMS(1), 1), out = OUT(ACL_FLOAT16, DIMS(1, 1));
    REFUSES(aclnnGroupedMatmulV4, GROUPED(x, w, NULL, list, 0, out));
    return NULL;
}

CASE(dynamic_quant_scales_by_the_largest, "aclnnDynamicQuant: scale = max|x| / 127, round half to even") {
    // Scale 1: 126.5 is a tie, and goes to the even 126.
    tensor x = F16(DIMS(1, 3), 127, 126.5, -2), y = OUT(ACL_INT8, DIMS(1, 3)), scale = OUT(ACL_FLOAT, DIMS(1));
    RUN(aclnnDynamicQuant, x.handle, NULL, y.handle, scale.handle);
    EXPECT(y, 127, 126, -2);
    EXPECT(scale, 1);
    return NULL;
}

CASE(static_quant_multiplies_by_the_reciprocal, "aclnnAscendQuant: round(x * scale + offset)") {
    tensor x = F16(DIMS(3), 1, 2.5, -100), scale = F16(DIMS(1), 2), offset = F16(DIMS(1), 1), y = OUT(ACL_INT8, DIMS(3));
    RUN(aclnnAscendQuant, x.handle, scale.handle, offset.handle, false, "round", ACL_INT8, y.handle);
    EXPECT(y, 3, 6, -128);
    return NULL;
}
