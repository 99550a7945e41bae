// Normalisation, alone and with residual or quantisation.
#ifndef ASCEND_SYS_ACLNN_NORM_H
#define ASCEND_SYS_ACLNN_NORM_H

#include "../nnopbase.h"

ACLNN_OPERATOR(aclnnAddLayerNorm,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *gamma, const aclTensor *beta,
    const aclTensor *biasOptional, double epsilon, bool additionalOutput, const aclTensor *yOut,
    const aclTensor *meanOut, const aclTensor *rstdOut, const aclTensor *xOut);
ACLNN_OPERATOR(aclnnAddRmsNorm,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *gamma, double epsilon, const aclTensor *yOut,
    const aclTensor *rstdOut, const aclTensor *xOut);
SINCE(8.2) ACLNN_OPERATOR(aclnnAddRmsNormCast,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *gamma, double epsilon, const aclTensor *y1Out,
    const aclTensor *y2Out, const aclTensor *rstdOut, const aclTensor *xOut);
ACLNN_OPERATOR(aclnnAddRmsNormDynamicQuant,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *gamma, const aclTensor *smoothScale1Optional,
    const aclTensor *smoothScale2Optional, double epsilon, const aclTensor *y1Out, const aclTensor *y2Out,
    const aclTensor *xOut, const aclTensor *scale1Out, const aclTensor *scale2Out);
SINCE(8.3) ACLNN_OPERATOR(aclnnAddRmsNormDynamicQuantV2,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *gamma, const aclTensor *smoothScale1Optional,
    const aclTensor *smoothScale2Optional, const aclTensor *betaOptional, double epsilon,
    const aclBoolArray *outputMaskOptional, aclTensor *y1Out, aclTensor *y2Out, aclTensor *xOut, aclTensor *scale1Out,
    aclTensor *scale2Out);
ACLNN_OPERATOR(aclnnAddRmsNormQuant,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *gamma, const aclTensor *scales1,
    const aclTensor *scales2Optional, const aclTensor *zeroPoints1Optional, const aclTensor *zeroPoints2Optional,
    int64_t axis, double epsilon, bool divMode, const aclTensor *y1Out, const aclTensor *y2Out, const aclTensor *xOut);
SINCE(8.3) ACLNN_OPERATOR(aclnnAddRmsNormQuantV2,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *gamma, const aclTensor *scales1,
    const aclTensor *scales2Optional, const aclTensor *zeroPoints1Optional, const aclTensor *zeroPoints2Optional,
    const aclTensor *betaOptional, int64_t axis, double epsilon, bool divMode, aclTensor *y1Out, aclTensor *y2Out,
    aclTensor *xOut, aclTensor *rmsNormOut);
ACLNN_OPERATOR(aclnnGemmaRmsNorm,
    const aclTensor *x, const aclTensor *gamma, double epsilon, const aclTensor *yOut, const aclTensor *rstdOut);
ACLNN_OPERATOR(aclnnGroupNorm,
    const aclTensor *self, const aclTensor *gamma, const aclTensor *beta, int64_t N, int64_t C, int64_t HxW,
    int64_t group, double eps, aclTensor *out, aclTensor *meanOut, aclTensor *rstdOut);
SINCE(9.0) ACLNN_OPERATOR(aclnnInplaceAddRmsNorm,
    aclTensor *x1Ref, aclTensor *x2Ref, const aclTensor *gamma, double epsilon, const aclTensor *rstdOut);
ACLNN_OPERATOR(aclnnLayerNorm,
    const aclTensor *input, const aclIntArray *normalizedShape, const aclTensor *weightOptional,
    const aclTensor *biasOptional, double eps, aclTensor *out, aclTensor *meanOutOptional, aclTensor *rstdOutOptional);
ACLNN_OPERATOR(aclnnNorm,
    const aclTensor *self, const aclScalar *pScalar, const aclIntArray *dim, bool keepdim, aclTensor *out);
ACLNN_OPERATOR(aclnnRmsNorm,
    const aclTensor *x, const aclTensor *gamma, double epsilon, const aclTensor *yOut, const aclTensor *rstdOut);
SINCE(9.0) ACLNN_OPERATOR(aclnnRmsNormDynamicQuant,
    const aclTensor *x, const aclTensor *gamma, const aclTensor *smoothScalesOptional, const aclTensor *betaOptional,
    double epsilon, int64_t dstType, const aclTensor *yOut, const aclTensor *scaleOut);
SINCE(9.0) ACLNN_OPERATOR(aclnnRmsNormQuant,
    const aclTensor *x, const aclTensor *gamma, const aclTensor *beta, const aclTensor *scale, const aclTensor *offset,
    double epsilon, aclTensor *y);

#endif
