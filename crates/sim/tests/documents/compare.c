// Comparisons, truth values, bits, and what is picked or filled by them.
#include "harness.h"

CASE(bitwise_and_of_truths_is_the_logical_one, "aclnnBitwiseAndTensor: BOOL as logical and; shapes broadcast") {
    tensor a = BOOL(DIMS(2, 1), 1, 0), b = BOOL(DIMS(2), 1, 0), out = OUT(ACL_BOOL, DIMS(2, 2));
    RUN(aclnnBitwiseAndTensor, a.handle, b.handle, out.handle);
    EXPECT(out, 1, 0, 0, 0);
    return NULL;
}

CASE(bitwise_xor_of_tensors, "aclnnBitwiseXorTensor: out = self ^ other") {
    tensor a = I32(DIMS(3), 5, -1, 6), b = I32(DIMS(3), 3, 1, 6), out = OUT(ACL_INT32, DIMS(3));
    RUN(aclnnBitwiseXorTensor, a.handle, b.handle, out.handle);
    EXPECT(out, 6, -2, 0);
    return NULL;
}

CASE(bitwise_with_a_number, "aclnnBitwiseAndScalar, OrScalar, XorScalar") {
    tensor a = I64(DIMS(5), 5, 1, 2, 3, -1), out = OUT(ACL_INT64, DIMS(5));
    RUN(aclnnBitwiseAndScalar, a.handle, harness_whole(6), out.handle);
    EXPECT(out, 4, 0, 2, 2, 6);
    RUN(aclnnBitwiseOrScalar, a.handle, harness_whole(6), out.handle);
    EXPECT(out, 7, 7, 6, 7, -1);
    RUN(aclnnBitwiseXorScalar, a.handle, harness_whole(6), out.handle);
    EXPECT(out, 3, 7, 4, 5, -7);
    return NULL;
}

CASE(bitwise_with_a_truth, "aclnnBitwiseAndScalar, OrScalar, XorScalar: BOOL and BOOL are logical") {
    tensor a = BOOL(DIMS(2), 1, 0), out = OUT(ACL_BOOL, DIMS(2));
    RUN(aclnnBitwiseAndScalar, a.handle, harness_truth(true), out.handle);
    EXPECT(out, 1, 0);
    RUN(aclnnBitwiseOrScalar, a.handle, harness_truth(true), out.handle);
    EXPECT(out, 1, 1);
    RUN(aclnnBitwiseXorScalar, a.handle, harness_truth(true), out.handle);
    EXPECT(out, 0, 1);
    return NULL;
}

CASE(bitwise_number_is_taken_in_the_type_of_the_tensor, "data type derivation: a tensor and a scalar of one category have the tensor's type") {
    // 257 is 1 in eight bits.
    tensor a = I8(DIMS(2), 3, -1), out = OUT(ACL_INT32, DIMS(2));
    RUN(aclnnBitwiseAndScalar, a.handle, harness_whole(257), out.handle);
    EXPECT(out, 1, 1);
    return NULL;
}

CASE(bitwise_of_truths_and_a_number_is_a_number, "data type derivation: BOOL with INT64 is INT64, which is no BOOL again") {
    tensor a = BOOL(DIMS(2), 1, 0), out = OUT(ACL_INT64, DIMS(2)), truths = OUT(ACL_BOOL, DIMS(2));
    RUN(aclnnBitwiseOrScalar, a.handle, harness_whole(4), out.handle);
    EXPECT(out, 5, 4);
    REFUSES(aclnnBitwiseOrScalar, a.handle, harness_whole(4), truths.handle);
    return NULL;
}

CASE(bitwise_of_fractions_is_refused, "aclnnBitwiseAndScalar: whole numbers and BOOL; out of the shape of self") {
    tensor a = F32(DIMS(2), 1, 2), b = I32(DIMS(2), 1, 2), out = OUT(ACL_INT32, DIMS(2)), longer = OUT(ACL_INT32, DIMS(3));
    REFUSES(aclnnBitwiseAndScalar, a.handle, harness_whole(1), out.handle);
    REFUSES(aclnnBitwiseAndScalar, b.handle, harness_scalar(1), out.handle);
    REFUSES(aclnnBitwiseAndScalar, b.handle, harness_whole(1), longer.handle);
    REFUSES(aclnnBitwiseAndScalar, b.handle, NULL, out.handle);
    return NULL;
}

CASE(bitwise_in_place, "aclnnInplaceBitwiseAnd, Or, Xor with a tensor and with a number: selfRef = selfRef op other") {
    tensor a = I32(DIMS(2), 12, 10), b = I32(DIMS(1), 6);
    RUN(aclnnInplaceBitwiseAndTensor, a.handle, b.handle);
    EXPECT(a, 4, 2);
    RUN(aclnnInplaceBitwiseOrTensor, a.handle, b.handle);
    EXPECT(a, 6, 6);
    RUN(aclnnInplaceBitwiseXorTensor, a.handle, b.handle);
    EXPECT(a, 0, 0);
    RUN(aclnnInplaceBitwiseOrScalar, a.handle, harness_whole(9));
    EXPECT(a, 9, 9);
    RUN(aclnnInplaceBitwiseXorScalar, a.handle, harness_whole(3));
    EXPECT(a, 10, 10);
    RUN(aclnnInplaceBitwiseAndScalar, a.handle, harness_whole(2));
    EXPECT(a, 2, 2);
    tensor wider = I32(DIMS(2, 2), 1, 1, 1, 1);
    REFUSES(aclnnInplaceBitwiseAndTensor, a.handle, wider.handle);
    return NULL;
}

CASE(logical_xor_of_numbers, "aclnnLogicalXor: what is not 0 is true") {
    tensor a = F32(DIMS(4), 0, 2, 0, -3), b = F32(DIMS(4), 0, 0, 1, 5), out = OUT(ACL_BOOL, DIMS(4));
    RUN(aclnnLogicalXor, a.handle, b.handle, out.handle);
    EXPECT(out, 0, 1, 1, 0);
    return NULL;
}

CASE(order_of_two_tensors, "aclnnGtTensor, GeTensor, LtTensor, LeTensor: broadcast; nothing holds of NaN") {
    tensor a = F32(DIMS(4), 1, 2, 3, NAN), b = F32(DIMS(1), 2), out = OUT(ACL_BOOL, DIMS(4));
    RUN(aclnnGtTensor, a.handle, b.handle, out.handle);
    EXPECT(out, 0, 0, 1, 0);
    RUN(aclnnGeTensor, a.handle, b.handle, out.handle);
    EXPECT(out, 0, 1, 1, 0);
    RUN(aclnnLtTensor, a.handle, b.handle, out.handle);
    EXPECT(out, 1, 0, 0, 0);
    RUN(aclnnLeTensor, a.handle, b.handle, out.handle);
    EXPECT(out, 1, 1, 0, 0);
    return NULL;
}

CASE(le_against_a_number, "aclnnLeScalar: out = self <= other") {
    tensor a = I32(DIMS(3), 1, 2, 3), out = OUT(ACL_BOOL, DIMS(3));
    RUN(aclnnLeScalar, a.handle, harness_whole(2), out.handle);
    EXPECT(out, 1, 1, 0);
    return NULL;
}

CASE(infinities_are_not_nan, "aclnnIsInf: inf and -inf; out BOOL") {
    tensor a = F16(DIMS(4), -3.14, INFINITY, -INFINITY, NAN), out = OUT(ACL_BOOL, DIMS(4)), wrong = OUT(ACL_FLOAT, DIMS(4));
    RUN(aclnnIsInf, a.handle, out.handle);
    EXPECT(out, 0, 1, 1, 0);
    tensor whole = I32(DIMS(1), 7), no = OUT(ACL_BOOL, DIMS(1));
    RUN(aclnnIsInf, whole.handle, no.handle);
    EXPECT(no, 0);
    REFUSES(aclnnIsInf, a.handle, wrong.handle);
    return NULL;
}

CASE(max_of_columns_with_its_place, "aclnnMaxDim: the greatest along dim and its index") {
    tensor a = F32(DIMS(4, 2), 0, 1, 2, 3, 4, 5, -6, -7), out = OUT(ACL_FLOAT, DIMS(2)), at = OUT(ACL_INT32, DIMS(2));
    RUN(aclnnMaxDim, a.handle, 0, false, out.handle, at.handle);
    EXPECT(out, 4, 5);
    EXPECT(at, 2, 2);
    return NULL;
}

CASE(min_of_rows_with_its_place, "aclnnMinDim: keepdim leaves a dimension of 1") {
    tensor a = BF16(DIMS(2, 3), 3, -1, 2, 0.5, 4, 0.25), out = OUT(ACL_BF16, DIMS(2, 1)), at = OUT(ACL_INT64, DIMS(2, 1));
    RUN(aclnnMinDim, a.handle, -1, true, out.handle, at.handle);
    EXPECT(out, -1, 0.25);
    EXPECT(at, 1, 2);
    return NULL;
}

CASE(max_dim_of_other_types_and_dimensions_is_refused, "aclnnMaxDim: no INT32 on Atlas A2; dim within the rank; out of self's type") {
    tensor a = I32(DIMS(2), 1, 2), out = OUT(ACL_INT32, ONE), at = OUT(ACL_INT64, ONE);
    REFUSES(aclnnMaxDim, a.handle, 0, false, out.handle, at.handle);
    tensor b = F32(DIMS(2), 1, 2), right = OUT(ACL_FLOAT, ONE);
    REFUSES(aclnnMaxDim, b.handle, 1, false, right.handle, at.handle);
    REFUSES(aclnnMaxDim, b.handle, 0, false, out.handle, at.handle);
    return NULL;
}

CASE(amin_of_several_dimensions, "aclnnAmin: the least over dim, any dimensions") {
    tensor a = I32(DIMS(2, 2, 2), 1, 8, 3, 4, 5, 2, 7, 6), out = OUT(ACL_INT32, DIMS(2));
    RUN(aclnnAmin, a.handle, INTS(0, 2), false, out.handle);
    EXPECT(out, 1, 3);
    return NULL;
}

CASE(masked_fill_with_the_one_element_of_a_tensor, "aclnnInplaceMaskedFillTensor: selfRef = value where mask is true; the mask broadcasts") {
    tensor a = F32(DIMS(2, 2), 1, 2, 3, 4), mask = BOOL(DIMS(2), 0, 1), value = F32(ONE, 9), two = F32(DIMS(2), 7, 8);
    RUN(aclnnInplaceMaskedFillTensor, a.handle, mask.handle, value.handle);
    EXPECT(a, 1, 9, 3, 9);
    REFUSES(aclnnInplaceMaskedFillTensor, a.handle, mask.handle, two.handle);
    return NULL;
}
