// Arithmetic, comparison and bitwise operators.
#ifndef ASCEND_SYS_ACLNN_ELEMENTWISE_H
#define ASCEND_SYS_ACLNN_ELEMENTWISE_H

#include "../nnopbase.h"

ACLNN_OPERATOR(aclnnAbs, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnAdd, const aclTensor *self, const aclTensor *other, const aclScalar *alpha, aclTensor *out);
ACLNN_OPERATOR(aclnnAdds, const aclTensor *self, const aclScalar *other, const aclScalar *alpha, aclTensor *out);
ACLNN_OPERATOR(aclnnBitwiseAndScalar, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnBitwiseAndTensor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnBitwiseNot, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnBitwiseOrScalar, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnBitwiseOrTensor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnBitwiseXorScalar, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnBitwiseXorTensor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnCeil, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnClamp,
    const aclTensor *self, const aclScalar *clipValueMin, const aclScalar *clipValueMax, aclTensor *out);
ACLNN_OPERATOR(aclnnClampMin, const aclTensor *self, const aclScalar *clipValueMin, aclTensor *out);
ACLNN_OPERATOR(aclnnCos, const aclTensor *input, aclTensor *out);
ACLNN_OPERATOR(aclnnDiv, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnDivs, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnEqScalar, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnEqTensor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnExp, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnGeScalar, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnGeTensor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnGtScalar, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnGtTensor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnInplaceAdd, const aclTensor *selfRef, const aclTensor *other, const aclScalar *alpha);
ACLNN_OPERATOR(aclnnInplaceAddcdiv,
    const aclTensor *selfRef, const aclTensor *tensor1, const aclTensor *tensor2, const aclScalar *value);
ACLNN_OPERATOR(aclnnInplaceAddcmul,
    const aclTensor *selfRef, const aclTensor *tensor1, const aclTensor *tensor2, const aclScalar *value);
ACLNN_OPERATOR(aclnnInplaceAdds, const aclTensor *selfRef, const aclScalar *other, const aclScalar *alpha);
ACLNN_OPERATOR(aclnnInplaceBitwiseAndScalar, const aclTensor *selfRef, const aclScalar *other);
ACLNN_OPERATOR(aclnnInplaceBitwiseAndTensor, const aclTensor *selfRef, const aclTensor *other);
ACLNN_OPERATOR(aclnnInplaceBitwiseOrScalar, aclTensor *selfRef, const aclScalar *other);
ACLNN_OPERATOR(aclnnInplaceBitwiseOrTensor, aclTensor *selfRef, const aclTensor *other);
ACLNN_OPERATOR(aclnnInplaceBitwiseXorScalar, aclTensor *selfRef, const aclScalar *other);
ACLNN_OPERATOR(aclnnInplaceBitwiseXorTensor, aclTensor *selfRef, const aclTensor *other);
ACLNN_OPERATOR(aclnnInplaceClampMax, const aclTensor *selfRef, const aclScalar *clipValueMax);
ACLNN_OPERATOR(aclnnInplaceCos, aclTensor *inputRef);
ACLNN_OPERATOR(aclnnInplaceDiv, aclTensor *selfRef, const aclTensor *other);
ACLNN_OPERATOR(aclnnInplaceDivs, aclTensor *selfRef, const aclScalar *other);
ACLNN_OPERATOR(aclnnInplaceExp, aclTensor *selfRef);
ACLNN_OPERATOR(aclnnInplaceLerps, aclTensor *selfRef, const aclTensor *end, const aclScalar *weight);
ACLNN_OPERATOR(aclnnInplaceMul, aclTensor *selfRef, const aclTensor *other);
ACLNN_OPERATOR(aclnnInplaceMuls, aclTensor *selfRef, const aclScalar *other);
ACLNN_OPERATOR(aclnnInplaceSin, aclTensor *selfRef);
ACLNN_OPERATOR(aclnnInplaceSub, aclTensor *selfRef, const aclTensor *other, const aclScalar *alpha);
ACLNN_OPERATOR(aclnnInplaceSubs, aclTensor *selfRef, const aclScalar *other, const aclScalar *alpha);
ACLNN_OPERATOR(aclnnIsFinite, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnIsInf, const aclTensor *x, const aclTensor *out);
ACLNN_OPERATOR(aclnnLeScalar, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnLeTensor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnLog, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnLogicalAnd, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnLogicalNot, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnLogicalOr, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnLogicalXor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnLtScalar, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnLtTensor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnMaximum, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnMinimum, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnMul, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnMuls, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnNeScalar, const aclTensor *self, const aclScalar *other, aclTensor *out);
ACLNN_OPERATOR(aclnnNeTensor, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnNeg, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnPowScalarTensor, const aclScalar *self, const aclTensor *exponent, const aclTensor *out);
ACLNN_OPERATOR(aclnnPowTensorScalar, const aclTensor *self, const aclScalar *exponent, const aclTensor *out);
ACLNN_OPERATOR(aclnnRound, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnRsqrt, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnRsubs, const aclTensor *self, const aclScalar *other, const aclScalar *alpha, aclTensor *out);
ACLNN_OPERATOR(aclnnSign, const aclTensor *self, aclTensor *result);
ACLNN_OPERATOR(aclnnSin, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnSqrt, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnSub, const aclTensor *self, const aclTensor *other, const aclScalar *alpha, aclTensor *out);
ACLNN_OPERATOR(aclnnSubs, const aclTensor *self, const aclScalar *other, const aclScalar *alpha, aclTensor *out);

#endif
