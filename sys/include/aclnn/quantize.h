// Quantisation of activations, weights and scales.
#ifndef ASCEND_SYS_ACLNN_QUANTIZE_H
#define ASCEND_SYS_ACLNN_QUANTIZE_H

#include "../nnopbase.h"

aclnnStatus aclnnTransQuantParam(
    const float *scaleArray, uint64_t scaleSize, const float *offsetArray, uint64_t offsetSize, uint64_t **quantParam,
    uint64_t *quantParamSize);

ACLNN_OPERATOR(aclnnAscendAntiQuant,
    const aclTensor *x, const aclTensor *scale, const aclTensor *offset, int64_t dstType, bool sqrtMode,
    const aclTensor *y);
ACLNN_OPERATOR(aclnnAscendQuant,
    const aclTensor *x, const aclTensor *scale, const aclTensor *offset, bool sqrtMode, const char *roundMode,
    int32_t dstType, const aclTensor *y);
ACLNN_OPERATOR(aclnnAscendQuantV3,
    const aclTensor *x, const aclTensor *scale, const aclTensor *offset, bool sqrtMode, const char *roundMode,
    int32_t dstType, int32_t axis, const aclTensor *y);
ACLNN_OPERATOR(aclnnConvertWeightToINT4Pack, const aclTensor *weight, aclTensor *weightInt4Pack);
ACLNN_OPERATOR(aclnnDequantSwigluQuant,
    const aclTensor *x, const aclTensor *weightScaleOptional, const aclTensor *activationScaleOptional,
    const aclTensor *biasOptional, const aclTensor *quantScaleOptional, const aclTensor *quantOffsetOptional,
    const aclTensor *groupIndexOptional, bool activateLeft, char *quantModeOptional, const aclTensor *yOut,
    const aclTensor *scaleOut);
SINCE(9.0) ACLNN_OPERATOR(aclnnDequantSwigluQuantV2,
    const aclTensor *x, const aclTensor *weightScaleOptional, const aclTensor *activationScaleOptional,
    const aclTensor *biasOptional, const aclTensor *quantScaleOptional, const aclTensor *quantOffsetOptional,
    const aclTensor *groupIndexOptional, bool activateLeft, const char *quantModeOptional, int64_t dstType,
    const char *roundModeOptional, int64_t activateDim, int64_t swigluMode, double clampLimit, double gluAlpha,
    double gluBias, const aclTensor *yOut, const aclTensor *scaleOut);
ACLNN_OPERATOR(aclnnDynamicQuant,
    const aclTensor *x, const aclTensor *smoothScalesOptional, const aclTensor *yOut, const aclTensor *scaleOut);
ACLNN_OPERATOR(aclnnDynamicQuantV2,
    const aclTensor *x, const aclTensor *smoothScalesOptional, const aclTensor *groupIndexOptional, int64_t dstType,
    const aclTensor *yOut, const aclTensor *scaleOut, const aclTensor *offsetOut);
ACLNN_OPERATOR(aclnnSwiGluQuant,
    const aclTensor *x, const aclTensor *smoothScalesOptional, const aclTensor *offsetsOptional,
    const aclTensor *groupIndexOptional, bool activateLeft, char *quantModeOptional, const aclTensor *yOut,
    const aclTensor *scaleOut);
SINCE(8.2) ACLNN_OPERATOR(aclnnSwiGluQuantV2,
    const aclTensor *x, const aclTensor *smoothScalesOptional, const aclTensor *offsetsOptional,
    const aclTensor *groupIndexOptional, bool activateLeft, const char *quantModeOptional, int64_t groupListType,
    int64_t dstType, const aclTensor *yOut, const aclTensor *scaleOut);
ACLNN_OPERATOR(aclnnTransQuantParamV2, const aclTensor *scale, const aclTensor *offset, const aclTensor *out);
SINCE(8.2) ACLNN_OPERATOR(aclnnTransQuantParamV3,
    const aclTensor *scale, const aclTensor *offset, int64_t roundMode, const aclTensor *out);

#endif
