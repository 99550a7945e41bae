// Gating, routing, permutation, and the activations of experts.
#include "harness.h"

// exp of these logits is 1, 2, 3, 4: their softmax is 0.1, 0.2, 0.3, 0.4.
#define LOGITS 0, 0.69314718, 1.09861229, 1.38629436

CASE(softmax_gating_does_not_renormalise, "aclnnMoeGatingTopKSoftmax: y are the softmax values") {
    tensor x = F32(DIMS(1, 4), LOGITS), y = OUT(ACL_FLOAT, DIMS(1, 2)), experts = OUT(ACL_INT32, DIMS(1, 2)), rows = OUT(ACL_INT32, DIMS(1, 2));
    RUN(aclnnMoeGatingTopKSoftmax, x.handle, NULL, 2, y.handle, experts.handle, rows.handle);
    EXPECT_WITHIN(1e-6, y, 0.4, 0.3);
    EXPECT(experts, 3, 2);
    return NULL;
}

CASE(softmax_gating_numbers_slots_by_column, "aclnnMoeGatingTopKSoftmax: rowIdx[i, j] = j * T + i") {
    tensor x = F32(DIMS(2, 3), 1, 2, 3, 3, 2, 1), y = OUT(ACL_FLOAT, DIMS(2, 2)), experts = OUT(ACL_INT32, DIMS(2, 2)), rows = OUT(ACL_INT32, DIMS(2, 2));
    RUN(aclnnMoeGatingTopKSoftmax, x.handle, NULL, 2, y.handle, experts.handle, rows.handle);
    EXPECT(experts, 2, 1, 0, 1);
    EXPECT(rows, 0, 2, 1, 3);
    return NULL;
}

CASE(finished_rows_go_to_no_expert, "aclnnMoeGatingTopKSoftmax: a finished row gets the number of experts") {
    tensor x = F32(DIMS(2, 3), 1, 2, 3, 3, 2, 1), done = BOOL(DIMS(2), 0, 1);
    tensor y = OUT(ACL_FLOAT, DIMS(2, 1)), experts = OUT(ACL_INT32, DIMS(2, 1)), rows = OUT(ACL_INT32, DIMS(2, 1));
    RUN(aclnnMoeGatingTopKSoftmax, x.handle, done.handle, 1, y.handle, experts.handle, rows.handle);
    EXPECT(experts, 2, 3);
    return NULL;
}

CASE(softmax_gating_renormalises_when_asked, "aclnnMoeGatingTopKSoftmaxV2: renorm 1 is top-k, then softmax") {
    tensor x = F32(DIMS(1, 4), LOGITS), y = OUT(ACL_FLOAT, DIMS(1, 2)), experts = OUT(ACL_INT32, DIMS(1, 2));
    RUN(aclnnMoeGatingTopKSoftmaxV2, x.handle, NULL, 2, 1, false, y.handle, experts.handle, NULL);
    EXPECT_WITHIN(1e-6, y, 4.0 / 7, 3.0 / 7);
    EXPECT(experts, 3, 2);
    return NULL;
}

CASE(bias_selects_and_does_not_weigh, "aclnnMoeGatingTopK: top-k of sigmoid + bias, weights without it") {
    // sigmoid(0) = 0.5, sigmoid(ln 3) = 0.75. The bias prefers experts 0 and 2; of the pair the weights are 0.5 / 1.25 and 0.75 / 1.25.
    tensor x = F32(DIMS(1, 4), 0, 0, 1.09861229, 0), bias = F32(DIMS(4), 1, 0, 0.1f, 0);
    tensor y = OUT(ACL_FLOAT, DIMS(1, 2)), experts = OUT(ACL_INT32, DIMS(1, 2)), all = OUT(ACL_FLOAT, DIMS(1, 4));
    RUN(aclnnMoeGatingTopK, x.handle, bias.handle, 2, 1, 1, 0, 1, 1, false, 2.5, 0, y.handle, experts.handle, all.handle);
    EXPECT(experts, 0, 2);
    EXPECT_WITHIN(1e-6, y, 1.0, 1.5);
    return NULL;
}

CASE(groups_that_lose_are_out_even_against_negative_scores, "aclnnMoeGatingTopK: other groups are -inf") {
    // Two groups of three, the best two of a group count (mode 1). Group 0 wins with -0.1 + -0.2; its third, -5, still comes before all of group 1.
    tensor x = F32(DIMS(1, 6), 0, 0, 0, 0, 0, 0), bias = F32(DIMS(6), -0.6f, -0.7f, -5.5, -0.8f, -0.9f, -1);
    tensor y = OUT(ACL_FLOAT, DIMS(1, 3)), experts = OUT(ACL_INT32, DIMS(1, 3)), all = OUT(ACL_FLOAT, DIMS(1, 6));
    RUN(aclnnMoeGatingTopK, x.handle, bias.handle, 3, 1, 2, 1, 1, 1, false, 1, 0, y.handle, experts.handle, all.handle);
    EXPECT(experts, 0, 1, 2);
    EXPECT_WITHIN(1e-6, y, 1.0 / 3, 1.0 / 3, 1.0 / 3);
    return NULL;
}

CASE(equal_scores_go_to_the_lower_expert, "aclnnMoeGatingTopK: stable descending sort") {
    tensor x = F32(DIMS(1, 4), 1, 1, 1, 1), y = OUT(ACL_FLOAT, DIMS(1, 2)), experts = OUT(ACL_INT32, DIMS(1, 2)), all = OUT(ACL_FLOAT, DIMS(1, 4));
    RUN(aclnnMoeGatingTopK, x.handle, NULL, 2, 1, 1, 0, 1, 1, false, 1, 0, y.handle, experts.handle, all.handle);
    EXPECT(experts, 0, 1);
    return NULL;
}

CASE(gating_refuses_more_experts_than_the_groups_have, "aclnnMoeGatingTopK: k <= E / groupCount * kGroup") {
    tensor x = F32(DIMS(1, 4), 1, 2, 3, 4), y = OUT(ACL_FLOAT, DIMS(1, 3)), experts = OUT(ACL_INT32, DIMS(1, 3)), all = OUT(ACL_FLOAT, DIMS(1, 4));
    REFUSES(aclnnMoeGatingTopK, x.handle, NULL, 3, 1, 2, 0, 1, 1, false, 1, 0, y.handle, experts.handle, all.handle);
    return NULL;
}

// Two tokens of two experts each. Sorted by expert, stable: slots 1 (expert 0), 2 (0), 0 (1), 3 (2).
#define ROUTED I32(DIMS(2, 2), 1, 0, 0, 2)
#define TOKENS F16(DIMS(2, 1), 10, 20)

CASE(init_routing_v2_tells_where_each_slot_went, "aclnnMoeInitRoutingV2: expandedRowIdx[slot] = position") {
    tensor x = TOKENS, ids = ROUTED, rows = OUT(ACL_FLOAT16, DIMS(4, 1)), where = OUT(ACL_INT32, DIMS(4)), counts = OUT(ACL_INT32, DIMS(3));
    RUN(aclnnMoeInitRoutingV2, x.handle, ids.handle, 0, 0, 3, 0, 1, false, rows.handle, where.handle, counts.handle, NULL);
    EXPECT(rows, 10, 20, 10, 20);
    EXPECT(where, 2, 0, 1, 3);
    EXPECT(counts, 2, 3, 4);
    return NULL;
}

CASE(init_routing_v2_counts_by_another_flag, "aclnnMoeInitRoutingV2: flag 1 is cumulative, 2 is counts, INT32") {
    tensor x = TOKENS, ids = ROUTED, rows = OUT(ACL_FLOAT16, DIMS(4, 1)), where = OUT(ACL_INT32, DIMS(4)), counts = OUT(ACL_INT32, DIMS(3));
    RUN(aclnnMoeInitRoutingV2, x.handle, ids.handle, 0, 0, 3, 0, 2, false, rows.handle, where.handle, counts.handle, NULL);
    EXPECT(counts, 2, 1, 1);
    return NULL;
}

CASE(init_routing_v2_drops_over_capacity_and_pads, "aclnnMoeInitRoutingV2: dropPadMode 1, -1 for dropped, zeros for unused") {
    tensor x = TOKENS, ids = ROUTED, rows = OUT(ACL_FLOAT16, DIMS(3, 1, 1)), where = OUT(ACL_INT32, DIMS(4)), before = OUT(ACL_INT32, DIMS(3));
    RUN(aclnnMoeInitRoutingV2, x.handle, ids.handle, 0, 1, 3, 1, 0, true, rows.handle, where.handle, NULL, before.handle);
    EXPECT(rows, 10, 10, 20);
    EXPECT(where, 1, 0, -1, 2);
    EXPECT(before, 2, 1, 1);
    return NULL;
}

CASE(init_routing_v3_places_slots_of_local_experts, "aclnnMoeInitRoutingV3: rowIdxType 0 is slot to position, -1 for slots of others; counts of the range, INT64") {
    tensor x = TOKENS, ids = ROUTED, rows = OUT(ACL_FLOAT16, DIMS(4, 1)), where = OUT(ACL_INT32, DIMS(4)), counts = OUT(ACL_INT64, DIMS(2));
    tensor scales = OUT(ACL_FLOAT, DIMS(4));
    RUN(aclnnMoeInitRoutingV3, x.handle, ids.handle, NULL, NULL, 4, 0, 3, 0, 1, true, -1, INTS(1, 3), 0, rows.handle, where.handle, counts.handle, scales.handle);
    EXPECT(where, 0, -1, -1, 1);
    EXPECT(counts, 1, 1);
    EXPECT(rows, 10, 20, UNWRITTEN, UNWRITTEN);
    return NULL;
}

CASE(init_routing_v3_tells_where_rows_come_from, "aclnnMoeInitRoutingV3: rowIdxType 1 is position to slot") {
    tensor x = TOKENS, ids = ROUTED, rows = OUT(ACL_FLOAT16, DIMS(4, 1)), from = OUT(ACL_INT32, DIMS(4)), sums = OUT(ACL_INT64, DIMS(3));
    tensor scales = OUT(ACL_FLOAT, DIMS(4));
    RUN(aclnnMoeInitRoutingV3, x.handle, ids.handle, NULL, NULL, 4, 0, 3, 0, 0, true, -1, INTS(0, 3), 1, rows.handle, from.handle, sums.handle, scales.handle);
    EXPECT(from, 1, 2, 0, 3);
    EXPECT(sums, 2, 3, 4);
    return NULL;
}

// Rows 1, 2, 3, 4 of two tokens with two slots each.
#define EXPANDED F16(DIMS(4, 1), 1, 2, 3, 4)

CASE(finalize_reads_rows_by_column, "aclnnMoeFinalizeRoutingV2: dropPadMode 0, slot i + k * T") {
    // Token 0 has slots 0 and 2, token 1 slots 1 and 3.
    tensor rows = EXPANDED, where = I32(DIMS(4), 3, 2, 1, 0), scales = F16(DIMS(2, 2), 1, 10, 1, 10), out = OUT(ACL_FLOAT16, DIMS(2, 1));
    RUN(aclnnMoeFinalizeRoutingV2, rows.handle, where.handle, NULL, NULL, NULL, scales.handle, NULL, 0, out.handle);
    EXPECT(out, 4 + 20, 3 + 10);
    return NULL;
}

CASE(finalize_reads_rows_by_row, "aclnnMoeFinalizeRoutingV2: dropPadMode 2, slot t * K + k") {
    tensor rows = EXPANDED, where = I32(DIMS(4), 3, 2, 1, 0), scales = F16(DIMS(2, 2), 1, 10, 1, 10), out = OUT(ACL_FLOAT16, DIMS(2, 1));
    RUN(aclnnMoeFinalizeRoutingV2, rows.handle, where.handle, NULL, NULL, NULL, scales.handle, NULL, 2, out.handle);
    EXPECT(out, 4 + 30, 2 + 10);
    return NULL;
}

CASE(finalize_leaves_dropped_slots_out, "aclnnMoeFinalizeRoutingV2: dropPadMode 3, -1 adds nothing") {
    tensor rows = F16(DIMS(2, 2, 1), 1, 2, 3, 4), where = I32(DIMS(4), 3, -1, 1, 0), scales = F16(DIMS(2, 2), 1, 10, 1, 10), out = OUT(ACL_FLOAT16, DIMS(2, 1));
    RUN(aclnnMoeFinalizeRoutingV2, rows.handle, where.handle, NULL, NULL, NULL, scales.handle, NULL, 3, out.handle);
    EXPECT(out, 4, 2 + 10);
    return NULL;
}

CASE(finalize_adds_bias_inside_and_the_rest_outside, "aclnnMoeFinalizeRoutingV2: x1 + x2 + sum scales * (row + bias[expert])") {
    tensor rows = F16(DIMS(2, 1), 1, 2), where = I32(DIMS(2), 0, 1), scales = F16(DIMS(1, 2), 2, 3), experts = I32(DIMS(1, 2), 1, 0);
    tensor bias = F16(DIMS(2, 1), 10, 20), x1 = F16(DIMS(1, 1), 100), x2 = F16(DIMS(1, 1), 1000), out = OUT(ACL_FLOAT16, DIMS(1, 1));
    RUN(aclnnMoeFinalizeRoutingV2, rows.handle, where.handle, x1.handle, x2.handle, bias.handle, scales.handle, experts.handle, 2, out.handle);
    // 1100 + 2 * (1 + 20) + 3 * (2 + 10)
    EXPECT(out, 1178);
    return NULL;
}

CASE(permute_and_unpermute_are_inverse, "aclnnMoeTokenPermute: sortedIndices[slot] = position") {
    tensor x = TOKENS, ids = ROUTED, rows = OUT(ACL_FLOAT16, DIMS(4, 1)), where = OUT(ACL_INT32, DIMS(4));
    RUN(aclnnMoeTokenPermute, x.handle, ids.handle, 0, false, rows.handle, where.handle);
    EXPECT(rows, 10, 20, 10, 20);
    EXPECT(where, 2, 0, 1, 3);
    tensor weights = F16(DIMS(2, 2), 0.25, 0.5, 1, 2), out = OUT(ACL_FLOAT16, DIMS(2, 1));
    RUN(aclnnMoeTokenUnpermute, rows.handle, where.handle, weights.handle, false, NULL, out.handle);
    EXPECT(out, 7.5, 60);
    return NULL;
}

CASE(unpermute_looks_at_the_shape_of_padded_rows_only_where_they_are, "aclnnMoeTokenUnpermute: restoreShapeOptional takes effect when paddedMode is true, which is not supported") {
    tensor rows = F32(DIMS(2, 2), 1, 2, 3, 4), where = I32(DIMS(2), 1, 0), out = OUT(ACL_FLOAT, DIMS(2, 2));
    RUN(aclnnMoeTokenUnpermute, rows.handle, where.handle, NULL, false, INTS(7, 9), out.handle);
    EXPECT(out, 3, 4, 1, 2);
    REFUSES(aclnnMoeTokenUnpermute, rows.handle, where.handle, NULL, true, INTS(2, 2), out.handle);
    return NULL;
}

CASE(expert_tokens_are_cumulative, "aclnnMoeComputeExpertTokens: last row of each expert, INT32") {
    tensor ids = I32(DIMS(5), 0, 0, 2, 2, 2), out = OUT(ACL_INT32, DIMS(4));
    RUN(aclnnMoeComputeExpertTokens, ids.handle, 4, out.handle);
    EXPECT(out, 2, 2, 5, 5);
    return NULL;
}

CASE(swiglu_gates_with_the_first_half, "aclnnSwiGlu: silu(a) * b of the halves a, b") {
    // silu(ln 3) = 0.75 * ln 3 = 0.8239592; silu(0) = 0.
    tensor x = F32(DIMS(1, 4), 1.09861229, 0, 2, 5), out = OUT(ACL_FLOAT, DIMS(1, 2));
    RUN(aclnnSwiGlu, x.handle, -1, out.handle);
    EXPECT_WITHIN(1e-6, out, 1.6479184, 0);
    return NULL;
}

CASE(clipped_swiglu_clamps_the_gate_above_only, "aclnnClippedSwiglu: g = min(g, limit), u = clamp(u), g * sigmoid(alpha * g) * (u + bias)") {
    // Halves: g = (9, -9), u = (9, -9), limit 7: 7 * sigmoid(700) * 8 = 56, and -9 * sigmoid(-900) * (-7 + 1) = 0.
    tensor x = F32(DIMS(1, 4), 9, -9, 9, -9), out = OUT(ACL_FLOAT, DIMS(1, 2));
    RUN(aclnnClippedSwiglu, x.handle, NULL, -1, 100, 7, 1, false, out.handle);
    EXPECT_WITHIN(1e-6, out, 56, 0);
    return NULL;
}

CASE(gelu_has_two_forms, "aclnnGeluV2: approximate 0 is erf, 1 is tanh") {
    // x * Phi(x) at 1: 0.8413447; the tanh form gives 0.8411920.
    tensor x = F32(DIMS(1), 1), exact = OUT(ACL_FLOAT, DIMS(1)), formula = OUT(ACL_FLOAT, DIMS(1));
    RUN(aclnnGeluV2, x.handle, 0, exact.handle);
    RUN(aclnnGeluV2, x.handle, 1, formula.handle);
    EXPECT_WITHIN(2e-6, exact, 0.8413447);
    EXPECT_WITHIN(2e-6, formula, 0.8411920);
    return NULL;
}

CASE(dequant_swiglu_quant_takes_counts, "aclnnDequantSwigluQuant: groupIndex is counts, one weight scale a group") {
    // Row 0 is of group 0 (scale 1), row 1 of group 1 (scale 2). f = acc * wScale * aScale; silu of 100 is 100.
    tensor x = I32(DIMS(2, 2), 100, 2, 100, 2), w = F32(DIMS(2, 2), 1, 1, 2, 2), a = F32(DIMS(2), 1, 1), groups = I64(DIMS(2), 1, 1);
    tensor smooth = F32(DIMS(2, 1), 1, 1), y = OUT(ACL_INT8, DIMS(2, 1)), scale = OUT(ACL_FLOAT, DIMS(2));
    RUN(aclnnDequantSwigluQuant, x.handle, w.handle, a.handle, NULL, smooth.handle, NULL, groups.handle, true, "dynamic", y.handle, scale.handle);
    EXPECT(y, 127, 127);
    EXPECT_WITHIN(1e-6, scale, 200.0 / 127, 800.0 / 127);
    return NULL;
}
