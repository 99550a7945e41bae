// Norms, rotary embeddings, attention and its cache.
#include "harness.h"

#include <stdlib.h>

enum { D = 64 };

// A tensor whose last dimension is D, each row filled with one of the values.
static tensor rows(aclDataType dtype, const int64_t *dims, const double *values, int count) {
    double *all = malloc(count * D * sizeof *all);
    for (int i = 0; i < count * D; i++) all[i] = values[i / D];
    tensor made = harness_tensor(dtype, all, dims);
    free(all);
    return made;
}
#define ROWS(dims, ...) rows(ACL_FLOAT16, dims, VALUES(__VA_ARGS__), sizeof VALUES(__VA_ARGS__) / sizeof(double))

// Null if each row holds the one value, all along.
static const char *expect_rows(const char *what, tensor of, const double *values, int count, double tolerance) {
    double *all = malloc(count * D * sizeof *all);
    for (int i = 0; i < count * D; i++) all[i] = values[i / D];
    const char *wrong = harness_expect(what, of, all, tolerance);
    free(all);
    return wrong;
}
#define EXPECT_ROWS(of, ...) \
    do { \
        const char *wrong_ = expect_rows(#of, of, VALUES(__VA_ARGS__), sizeof VALUES(__VA_ARGS__) / sizeof(double), 1e-3); \
        if (wrong_) return wrong_; \
    } while (0)

CASE(rms_norm_divides_by_the_root_mean_square, "aclnnRmsNorm: y = x / sqrt(mean(x^2) + eps) * gamma; rstd is FLOAT") {
    // Mean square of (3, 4) is 12.5.
    tensor x = F32(DIMS(1, 2), 3, 4), gamma = F32(DIMS(2), 1, 10), y = OUT(ACL_FLOAT, DIMS(1, 2)), rstd = OUT(ACL_FLOAT, DIMS(1, 1));
    RUN(aclnnRmsNorm, x.handle, gamma.handle, 0, y.handle, rstd.handle);
    EXPECT_WITHIN(1e-6, y, 0.8485281, 11.3137085);
    EXPECT_WITHIN(1e-6, rstd, 0.2828427);
    return NULL;
}

CASE(rms_norm_of_zeros_is_zero, "aclnnRmsNorm: rstd = 1 / sqrt(eps)") {
    tensor x = F32(DIMS(1, 2), 0, 0), gamma = F32(DIMS(2), 1, 1), y = OUT(ACL_FLOAT, DIMS(1, 2)), rstd = OUT(ACL_FLOAT, DIMS(1, 1));
    RUN(aclnnRmsNorm, x.handle, gamma.handle, 0.25, y.handle, rstd.handle);
    EXPECT(y, 0, 0);
    EXPECT_WITHIN(1e-6, rstd, 2);
    return NULL;
}

CASE(add_rms_norm_gives_the_sum_too, "aclnnAddRmsNorm: x = x1 + x2, y = norm of x") {
    tensor a = F32(DIMS(1, 2), 1, 5), b = F32(DIMS(1, 2), 2, -1), gamma = F32(DIMS(2), 1, 1);
    tensor y = OUT(ACL_FLOAT, DIMS(1, 2)), rstd = OUT(ACL_FLOAT, DIMS(1, 1)), x = OUT(ACL_FLOAT, DIMS(1, 2));
    RUN(aclnnAddRmsNorm, a.handle, b.handle, gamma.handle, 0, y.handle, rstd.handle, x.handle);
    EXPECT(x, 3, 4);
    EXPECT_WITHIN(1e-6, y, 0.8485281, 1.1313708);
    return NULL;
}

CASE(layer_norm_uses_the_biased_variance, "aclnnLayerNorm: (x - mean) / sqrt(var + eps) * w + b") {
    tensor x = F32(DIMS(1, 2), 1, 3), w = F32(DIMS(2), 2, 2), b = F32(DIMS(2), 10, 10), y = OUT(ACL_FLOAT, DIMS(1, 2));
    RUN(aclnnLayerNorm, x.handle, INTS(2), w.handle, b.handle, 0, y.handle, NULL, NULL);
    EXPECT_WITHIN(1e-6, y, 8, 12);
    return NULL;
}

CASE(rotation_of_halves_and_of_pairs, "aclnnRotaryPositionEmbedding: mode 0 half, 1 interleave") {
    tensor x = F32(DIMS(1, 1, 1, 4), 1, 2, 3, 4), cos = F32(DIMS(1, 1, 1, 4), 0, 0, 0, 0), sin = F32(DIMS(1, 1, 1, 4), 1, 1, 1, 1);
    tensor half = OUT(ACL_FLOAT, DIMS(1, 1, 1, 4)), pairs = OUT(ACL_FLOAT, DIMS(1, 1, 1, 4));
    RUN(aclnnRotaryPositionEmbedding, x.handle, cos.handle, sin.handle, 0, half.handle);
    EXPECT(half, -3, -4, 1, 2);
    RUN(aclnnRotaryPositionEmbedding, x.handle, cos.handle, sin.handle, 1, pairs.handle);
    EXPECT(pairs, -2, 1, -4, 3);
    return NULL;
}

CASE(rotation_takes_its_row_of_the_table, "aclnnRopeWithSinCosCache: cosines, then sines, of the position's row") {
    // Row 0 turns by nothing, row 1 by a quarter: the halves 1 and 2 become -2 and 1.
    double table[2 * D], q[D], turned[D];
    for (int i = 0; i < D; i++) {
        table[i] = i < D / 2;
        table[D + i] = i >= D / 2;
        q[i] = i < D / 2 ? 1 : 2;
        turned[i] = i < D / 2 ? -2 : 1;
    }
    tensor cache = harness_tensor(ACL_FLOAT16, table, DIMS(2, D)), query = harness_tensor(ACL_FLOAT16, q, DIMS(1, D));
    tensor at = I64(DIMS(1), 1), q_out = OUT(ACL_FLOAT16, DIMS(1, D)), k_out = OUT(ACL_FLOAT16, DIMS(1, D));
    RUN(aclnnRopeWithSinCosCache, at.handle, query.handle, query.handle, cache.handle, NULL, D, true, q_out.handle, k_out.handle);
    const char *wrong = harness_expect("queryOut", q_out, turned, 0);
    return wrong ? wrong : harness_expect("keyOut", k_out, turned, 0);
}

// All queries are 0, so every key that is seen weighs the same and a result is the mean of the values that its query sees.
typedef struct {
    tensor q, k, v, out, lse;
    aclTensor *mask, *table;
    aclIntArray *q_lens, *kv_lens;
    int64_t heads, kv_heads, sparse, before, after, precise, page;
    const char *layout;
} problem;

static tensor triangle(void) {
    double *all = calloc(2048 * 2048, sizeof *all);
    for (int i = 0; i < 2048; i++)
        for (int j = i + 1; j < 2048; j++) all[i * 2048 + j] = 1;
    tensor mask = harness_tensor(ACL_BOOL, all, DIMS(2048, 2048));
    free(all);
    return mask;
}

static const char *attend(problem p) {
    if (!p.heads) p.heads = p.kv_heads = 1;
    if (!p.layout) p.layout = "BNSD";
    RUN(aclnnFusedInferAttentionScoreV3, p.q.handle, harness_list(p.k.handle), harness_list(p.v.handle), NULL, p.mask, p.q_lens, p.kv_lens, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, p.table, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, p.heads, 0.125, p.before, p.after,
        (char *)p.layout, p.kv_heads, p.sparse, p.precise, p.page, 0, p.lse.handle != NULL, 0, 0, p.out.handle, p.lse.handle);
    return NULL;
}
#define ATTEND(...) \
    do { \
        const char *wrong_ = attend((problem){__VA_ARGS__}); \
        if (wrong_) return wrong_; \
    } while (0)

#define QUERIES(n) ROWS(DIMS(1, 1, n, D), 0, 0)
#define KEYS ROWS(DIMS(1, 1, 4, D), 1, 2, 3, 4)
#define SEEN ROWS(DIMS(1, 1, 4, D), 1, 2, 3, 6)
#define RESULT(n) OUT(ACL_FLOAT16, DIMS(1, 1, n, D))

CASE(attention_without_a_mask_sees_all, "aclnnFusedInferAttentionScore: sparseMode 0 without mask ignores preTokens and nextTokens") {
    tensor out = RESULT(2);
    ATTEND(.q = QUERIES(2), .k = KEYS, .v = SEEN, .out = out);
    EXPECT_ROWS(out, 3, 3);
    return NULL;
}

CASE(causal_attention_is_aligned_to_the_bottom_right, "aclnnFusedInferAttentionScore: sparseMode 3") {
    tensor out = RESULT(2);
    ATTEND(.q = QUERIES(2), .k = KEYS, .v = SEEN, .out = out, .mask = triangle().handle, .sparse = 3);
    EXPECT_ROWS(out, 2, 3);
    return NULL;
}

CASE(causal_attention_of_mode_2_is_aligned_to_the_top_left, "aclnnFusedInferAttentionScore: sparseMode 2") {
    tensor out = RESULT(2);
    ATTEND(.q = QUERIES(2), .k = KEYS, .v = SEEN, .out = out, .mask = triangle().handle, .sparse = 2);
    EXPECT_ROWS(out, 1, 1.5);
    return NULL;
}

CASE(band_of_p_keeps_p_and_one_keys, "aclnnFusedInferAttentionScore: sparseMode 4, preTokens counts the keys before the query's own") {
    tensor out = RESULT(2);
    ATTEND(.q = QUERIES(2), .k = KEYS, .v = SEEN, .out = out, .mask = triangle().handle, .sparse = 4, .before = 1, .after = 0);
    EXPECT_ROWS(out, 2.5, 4.5);
    return NULL;
}

CASE(true_in_a_mask_is_hidden, "aclnnFusedInferAttentionScore: attenMask true masks") {
    tensor out = RESULT(2), mask = BOOL(DIMS(2, 4), 0, 1, 1, 1, 1, 1, 0, 0);
    ATTEND(.q = QUERIES(2), .k = KEYS, .v = SEEN, .out = out, .mask = mask.handle, .sparse = 1);
    EXPECT_ROWS(out, 1, 4.5);
    return NULL;
}

CASE(lse_is_the_logarithm_of_the_sum, "aclnnFusedInferAttentionScore: softmaxLse [B, N, S, 1]") {
    tensor out = RESULT(1), lse = OUT(ACL_FLOAT, DIMS(1, 1, 1, 1));
    ATTEND(.q = ROWS(DIMS(1, 1, 1, D), 0), .k = KEYS, .v = SEEN, .out = out, .lse = lse);
    EXPECT_WITHIN(1e-6, lse, 1.3862944);
    return NULL;
}

CASE(sequence_without_keys_gives_zero_and_infinite_lse, "aclnnFusedInferAttentionScore: lse of an invalid row is +inf") {
    tensor out = OUT(ACL_FLOAT16, DIMS(2, 1, 1, D)), lse = OUT(ACL_FLOAT, DIMS(2, 1, 1, 1));
    ATTEND(.q = ROWS(DIMS(2, 1, 1, D), 0, 0), .k = ROWS(DIMS(2, 1, 2, D), 1, 2, 3, 4), .v = ROWS(DIMS(2, 1, 2, D), 1, 5, 7, 9), .out = out, .lse = lse,
           .q_lens = INTS(1, 1), .kv_lens = INTS(2, 0));
    EXPECT_ROWS(out, 3, 0);
    EXPECT_WITHIN(1e-6, lse, 0.6931472, INFINITY);
    return NULL;
}

CASE(query_heads_share_key_heads_in_order, "aclnnFusedInferAttentionScore: head h uses h / (N / Nkv)") {
    tensor out = OUT(ACL_FLOAT16, DIMS(1, 4, 1, D));
    ATTEND(.q = ROWS(DIMS(1, 4, 1, D), 0, 0, 0, 0), .k = ROWS(DIMS(1, 2, 1, D), 1, 2), .v = ROWS(DIMS(1, 2, 1, D), 10, 20), .out = out, .heads = 4, .kv_heads = 2);
    EXPECT_ROWS(out, 10, 10, 20, 20);
    return NULL;
}

CASE(pages_are_read_by_the_table, "aclnnFusedInferAttentionScore: blockTable, cache [blocks, Nkv, blockSize, D]") {
    // 18 keys: 16 of page 2 with value 1, 2 of page 0 with value 10.
    double pages[48];
    for (int i = 0; i < 48; i++) pages[i] = i < 16 ? 10 : i < 32 ? 1000 : 1;
    tensor v = rows(ACL_FLOAT16, DIMS(3, 1, 16, D), pages, 48), k = rows(ACL_FLOAT16, DIMS(3, 1, 16, D), pages, 48);
    tensor out = RESULT(1), table = I32(DIMS(1, 2), 2, 0);
    ATTEND(.q = ROWS(DIMS(1, 1, 1, D), 0), .k = k, .v = v, .out = out, .table = table.handle, .page = 16, .kv_lens = INTS(18));
    EXPECT_ROWS(out, 2);
    return NULL;
}

CASE(packed_sequences_end_where_the_sums_say, "aclnnFusedInferAttentionScore: TND, lengths are cumulative") {
    tensor out = OUT(ACL_FLOAT16, DIMS(3, 1, D));
    ATTEND(.q = ROWS(DIMS(3, 1, D), 0, 0, 0), .k = ROWS(DIMS(4, 1, D), 1, 2, 3, 4), .v = ROWS(DIMS(4, 1, D), 1, 3, 5, 7), .out = out, .layout = "TND",
           .mask = triangle().handle, .sparse = 3, .q_lens = INTS(1, 3), .kv_lens = INTS(2, 4));
    EXPECT_ROWS(out, 2, 5, 6);
    return NULL;
}

CASE(packed_queries_over_pages_have_plain_key_lengths, "aclnnFusedInferAttentionScore: TND over pages, key lengths are per sequence") {
    double pages[256];
    for (int i = 0; i < 256; i++) pages[i] = i == 0 ? 3 : i == 128 ? 5 : i == 129 ? 7 : 1000;
    tensor v = rows(ACL_FLOAT16, DIMS(2, 1, 128, D), pages, 256), out = OUT(ACL_FLOAT16, DIMS(2, 1, D)), table = I32(DIMS(2, 1), 0, 1);
    ATTEND(.q = ROWS(DIMS(2, 1, D), 0, 0), .k = v, .v = v, .out = out, .layout = "TND", .mask = triangle().handle, .sparse = 3, .q_lens = INTS(1, 2),
           .kv_lens = INTS(1, 2), .table = table.handle, .page = 128);
    EXPECT_ROWS(out, 3, 6);
    return NULL;
}

CASE(attention_refuses_heads_that_do_not_divide, "aclnnFusedInferAttentionScore: N is a multiple of Nkv") {
    tensor q = ROWS(DIMS(1, 3, 1, D), 0, 0, 0), k = ROWS(DIMS(1, 2, 1, D), 1, 2), out = OUT(ACL_FLOAT16, DIMS(1, 3, 1, D));
    REFUSES(aclnnFusedInferAttentionScoreV3, q.handle, harness_list(k.handle), harness_list(k.handle), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3, 0.125, 0, 0, "BNSD", 2, 0, 0, 0, 0, false, 0, 0,
            out.handle, NULL);
    return NULL;
}

CASE(sink_takes_weight_and_gives_nothing, "aclnnFusedInferAttentionScoreV4: learnableSink is a logit without a value") {
    // One key and a sink of the same logit: half of the value.
    tensor q = ROWS(DIMS(1, 1, 1, D), 0), k = ROWS(DIMS(1, 1, 1, D), 1), v = ROWS(DIMS(1, 1, 1, D), 8), out = RESULT(1), sink = F16(DIMS(1), 0);
    RUN(aclnnFusedInferAttentionScoreV4, q.handle, harness_list(k.handle), harness_list(v.handle), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, sink.handle, 1, 0.125, 0, 0, "BNSD", 1, 0, 0, 0, 0, false,
        0, 0, 0, out.handle, NULL);
    EXPECT_ROWS(out, 4);
    return NULL;
}

CASE(partial_results_merge_by_their_lse, "aclnnAttentionUpdate: weights exp(lse), +inf is no result") {
    // Weights 1 and 3 of the values 2 and 6; in the second row the first part is invalid.
    tensor l0 = F32(DIMS(2), 0, INFINITY), l1 = F32(DIMS(2), 1.0986123, 0), out = OUT(ACL_FLOAT, DIMS(2, D));
    tensor o0 = rows(ACL_FLOAT, DIMS(2, D), VALUES(2, 100), 2), o1 = rows(ACL_FLOAT, DIMS(2, D), VALUES(6, 7), 2);
    const aclTensor *lse[] = {l0.handle, l1.handle}, *parts[] = {o0.handle, o1.handle};
    RUN(aclnnAttentionUpdate, FN(aclCreateTensorList)(lse, 2), FN(aclCreateTensorList)(parts, 2), 0, out.handle, NULL);
    EXPECT_ROWS(out, 5, 7);
    return NULL;
}

CASE(cache_is_written_by_slots, "aclnnScatterPaKvCache: cache[slot / blockSize, slot % blockSize] = row") {
    double none[4] = {0};
    tensor k = ROWS(DIMS(2, 1, D), 1, 2), v = ROWS(DIMS(2, 1, D), 3, 4), slots = I32(DIMS(2), 3, 0);
    tensor kc = rows(ACL_FLOAT16, DIMS(2, 2, 1, D), none, 4), vc = rows(ACL_FLOAT16, DIMS(2, 2, 1, D), none, 4);
    RUN(aclnnScatterPaKvCache, k.handle, kc.handle, slots.handle, v.handle, vc.handle, NULL, NULL, NULL, "Norm", "None", NULL, NULL);
    EXPECT_ROWS(kc, 2, 0, 0, 1);
    EXPECT_ROWS(vc, 4, 0, 0, 3);
    return NULL;
}
