// Arithmetic, casts and movement of elements.
#include "harness.h"

CASE(add_scales_the_second, "aclnnAdd: out = self + alpha * other") {
    tensor a = F32(DIMS(3), 1, 2, 3), b = F32(DIMS(3), 10, 20, 30), out = OUT(ACL_FLOAT, DIMS(3));
    RUN(aclnnAdd, a.handle, b.handle, harness_scalar(0.5f), out.handle);
    EXPECT(out, 6, 12, 18);
    return NULL;
}

CASE(add_broadcasts_a_column_and_a_row, "aclnnAdd: shapes broadcast") {
    tensor a = F32(DIMS(2, 1), 1, 2), b = F32(DIMS(3), 10, 20, 30), out = OUT(ACL_FLOAT, DIMS(2, 3));
    RUN(aclnnAdd, a.handle, b.handle, harness_scalar(1), out.handle);
    EXPECT(out, 11, 21, 31, 12, 22, 32);
    return NULL;
}

CASE(adds_scales_the_scalar, "aclnnAdds: out = self + alpha * other") {
    tensor a = I32(DIMS(2), 5, -5), out = OUT(ACL_INT32, DIMS(2));
    RUN(aclnnAdds, a.handle, harness_scalar(3), harness_scalar(2), out.handle);
    EXPECT(out, 11, 1);
    return NULL;
}

CASE(mul_rounds_once_to_bf16, "aclnnMul: bf16 is computed in float") {
    // 1.0078125 * 1.0078125 = 1.01568603515625; the bf16 numbers beside it are 1.015625 and 1.0234375.
    tensor a = BF16(DIMS(1), 1.0078125), out = OUT(ACL_BF16, DIMS(1));
    RUN(aclnnMul, a.handle, a.handle, out.handle);
    EXPECT(out, 1.015625);
    return NULL;
}

CASE(in_place_scaling_changes_every_second, "aclnnInplaceMuls; aclCreateTensor: strides are arbitrary") {
    tensor a = F32(DIMS(4), 1, 2, 3, 4);
    aclTensor *even = harness_view(a, DIMS(2), DIMS(2), 0);
    RUN(aclnnInplaceMuls, even, harness_scalar(10));
    EXPECT(a, 10, 2, 30, 4);
    return NULL;
}

CASE(copy_casts_and_broadcasts, "aclnnInplaceCopy: selfRef = src, cast and broadcast") {
    tensor to = OUT(ACL_FLOAT16, DIMS(2, 2)), from = I64(DIMS(2), 7, -9);
    RUN(aclnnInplaceCopy, to.handle, from.handle);
    EXPECT(to, 7, -9, 7, -9);
    return NULL;
}

CASE(cast_to_half_ties_to_even, "aclnnCast: RINT to 16-bit floats") {
    // 2049 and 2051 lie in the middle of the halves 2048, 2050, 2052.
    tensor a = F32(DIMS(3), 2049, 2051, -2049), out = OUT(ACL_FLOAT16, DIMS(3));
    RUN(aclnnCast, a.handle, ACL_FLOAT16, out.handle);
    EXPECT(out, 2048, 2052, -2048);
    return NULL;
}

CASE(cast_to_whole_numbers_cuts_off, "aclnnCast as torch.Tensor.to") {
    tensor a = F32(DIMS(4), 2.75, -2.75, 0.5, -0.5), out = OUT(ACL_INT32, DIMS(4));
    RUN(aclnnCast, a.handle, ACL_INT32, out.handle);
    EXPECT(out, 2, -2, 0, 0);
    return NULL;
}

CASE(cast_refuses_another_type_than_it_says, "aclnnCast: out has the type dtype") {
    tensor a = F32(DIMS(1), 1), out = OUT(ACL_INT32, DIMS(1));
    REFUSES(aclnnCast, a.handle, ACL_FLOAT16, out.handle);
    return NULL;
}

CASE(cat_joins_columns, "aclnnCat: along dim, counted from the back below 0") {
    tensor a = F32(DIMS(2, 1), 1, 2), b = F32(DIMS(2, 2), 3, 4, 5, 6), out = OUT(ACL_FLOAT, DIMS(2, 3));
    const aclTensor *both[] = {a.handle, b.handle};
    RUN(aclnnCat, FN(aclCreateTensorList)(both, 2), -1, out.handle);
    EXPECT(out, 1, 3, 4, 2, 5, 6);
    return NULL;
}

CASE(permute_moves_the_first_dimension_last, "aclnnPermute: dimension i of out is dims[i] of self") {
    tensor a = I32(DIMS(2, 1, 3), 1, 2, 3, 4, 5, 6), out = OUT(ACL_INT32, DIMS(1, 3, 2));
    RUN(aclnnPermute, a.handle, INTS(1, 2, 0), out.handle);
    EXPECT(out, 1, 4, 2, 5, 3, 6);
    return NULL;
}

CASE(nonzero_tells_the_number_of_rows_by_the_view, "aclnnNonzero: the caller reads the shape with aclGetViewShape") {
    tensor a = F32(DIMS(2, 2), 0, 3, 0, -1), out = OUT(ACL_INT64, DIMS(4, 2));
    RUN(aclnnNonzero, a.handle, out.handle);
    int64_t *dims = NULL;
    uint64_t rank = 0;
    if (FN(aclGetViewShape)(out.handle, &dims, &rank) != 0 || rank != 2 || dims[0] != 2 || dims[1] != 2)
        return harness_failed("shape [2, 2] expected, rank %lu found", (unsigned long)rank);
    int64_t found[4];
    FN(aclrtMemcpy)(found, sizeof found, out.address, sizeof found, ACL_MEMCPY_DEVICE_TO_HOST);
    if (found[0] != 0 || found[1] != 1 || found[2] != 1 || found[3] != 1) return harness_failed("rows (0, 1) and (1, 1) expected");
    return NULL;
}

CASE(softmax_of_two_equal_and_one_masked, "aclnnSoftmax: along dim, in float") {
    tensor a = F32(DIMS(1, 3), 5, 5, -INFINITY), out = OUT(ACL_FLOAT, DIMS(1, 3));
    RUN(aclnnSoftmax, a.handle, -1, out.handle);
    EXPECT_WITHIN(1e-7, out, 0.5, 0.5, 0);
    return NULL;
}

CASE(softmax_of_nothing_visible_is_nan, "aclnnSoftmax as torch: a row of -inf gives NaN") {
    tensor a = F32(DIMS(1, 2), -INFINITY, -INFINITY), out = OUT(ACL_FLOAT, DIMS(1, 2));
    RUN(aclnnSoftmax, a.handle, 1, out.handle);
    EXPECT(out, NAN, NAN);
    return NULL;
}

CASE(topk_gives_the_largest_in_order, "aclnnTopk: indices INT64, sorted") {
    tensor a = F32(DIMS(1, 4), 3, 9, -2, 5), values = OUT(ACL_FLOAT, DIMS(1, 2)), indices = OUT(ACL_INT64, DIMS(1, 2));
    RUN(aclnnTopk, a.handle, 2, -1, true, true, values.handle, indices.handle);
    EXPECT(values, 9, 5);
    EXPECT(indices, 1, 3);
    return NULL;
}

CASE(argmax_of_each_row, "aclnnArgMax: indices along dim") {
    tensor a = F32(DIMS(2, 3), 1, 7, 2, -1, -5, -3), out = OUT(ACL_INT64, DIMS(2));
    RUN(aclnnArgMax, a.handle, 1, false, out.handle);
    EXPECT(out, 1, 0);
    return NULL;
}

CASE(embedding_takes_rows, "aclnnEmbedding: out[i] = weight[indices[i]]") {
    tensor weight = F16(DIMS(3, 2), 1, 2, 3, 4, 5, 6), ids = I64(DIMS(2), 2, 0), out = OUT(ACL_FLOAT16, DIMS(2, 2));
    RUN(aclnnEmbedding, weight.handle, ids.handle, out.handle);
    EXPECT(out, 5, 6, 1, 2);
    return NULL;
}

CASE(index_select_takes_columns, "aclnnIndexSelect: along dim") {
    tensor a = F32(DIMS(2, 3), 1, 2, 3, 4, 5, 6), index = I32(DIMS(2), 2, 0), out = OUT(ACL_FLOAT, DIMS(2, 2));
    RUN(aclnnIndexSelect, a.handle, 1, index.handle, out.handle);
    EXPECT(out, 3, 1, 6, 4);
    return NULL;
}

CASE(scatter_nd_update_writes_rows, "aclnnScatterNdUpdate: varRef[indices] = updates") {
    tensor a = F32(DIMS(3, 2), 0, 0, 0, 0, 0, 0), indices = I64(DIMS(2, 1), 2, 0), rows = F32(DIMS(2, 2), 1, 2, 3, 4);
    RUN(aclnnScatterNdUpdate, a.handle, indices.handle, rows.handle);
    EXPECT(a, 3, 4, 0, 0, 1, 2);
    return NULL;
}

CASE(cumsum_along_a_dimension, "aclnnCumsum: inclusive, in the type dtype") {
    tensor a = I32(DIMS(4), 1, 0, 5, 2), out = OUT(ACL_INT64, DIMS(4));
    RUN(aclnnCumsum, a.handle, 0, ACL_INT64, out.handle);
    EXPECT(out, 1, 1, 6, 8);
    return NULL;
}
