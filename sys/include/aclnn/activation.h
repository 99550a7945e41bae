// Activations and gated activations.
#ifndef ASCEND_SYS_ACLNN_ACTIVATION_H
#define ASCEND_SYS_ACLNN_ACTIVATION_H

#include "../nnopbase.h"

SINCE(9.0) ACLNN_OPERATOR(aclnnClippedSwiglu,
    const aclTensor *x, const aclTensor *groupIndexOptional, int64_t dim, double alpha, double limit, double bias,
    bool interleaved, const aclTensor *out);
ACLNN_OPERATOR(aclnnElu,
    const aclTensor *self, const aclScalar *alpha, const aclScalar *scale, const aclScalar *inputScale, aclTensor *out);
ACLNN_OPERATOR(aclnnGeGlu, const aclTensor *self, int64_t dim, int64_t approximate, aclTensor *out, aclTensor *outGelu);
ACLNN_OPERATOR(aclnnGeGluV3,
    const aclTensor *self, int64_t dim, int64_t approximate, bool activateLeft, aclTensor *out, aclTensor *outGelu);
ACLNN_OPERATOR(aclnnGelu, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnGeluV2, const aclTensor *x, int64_t approximate, aclTensor *y);
ACLNN_OPERATOR(aclnnGeluMul, const aclTensor *input, char *approximateOptional, const aclTensor *out);
ACLNN_OPERATOR(aclnnHardsigmoid, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnHardswish, const aclTensor *self, const aclTensor *out);
ACLNN_OPERATOR(aclnnInplaceThreshold, aclTensor *selfRef, const aclScalar *threshold, const aclScalar *value);
ACLNN_OPERATOR(aclnnLeakyRelu, const aclTensor *self, const aclScalar *negativeSlope, aclTensor *out);
ACLNN_OPERATOR(aclnnRelu, const aclTensor *self, const aclTensor *out);
ACLNN_OPERATOR(aclnnSigmoid, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnSilu, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnSiluBackward, const aclTensor *gradOutput, const aclTensor *self, aclTensor *gradInput);
ACLNN_OPERATOR(aclnnSoftplus, const aclTensor *self, const aclScalar *beta, const aclScalar *threshold, aclTensor *out);
ACLNN_OPERATOR(aclnnSwiGlu, const aclTensor *x, int64_t dim, const aclTensor *out);
ACLNN_OPERATOR(aclnnTanh, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnThresholdBackward,
    const aclTensor *gradOutput, const aclTensor *self, const aclScalar *threshold, aclTensor *out);

#endif
