// Rotary embedding.
#ifndef ASCEND_SYS_ACLNN_ROPE_H
#define ASCEND_SYS_ACLNN_ROPE_H

#include "../nnopbase.h"

ACLNN_OPERATOR(aclnnApplyRotaryPosEmb,
    aclTensor *queryRef, aclTensor *keyRef, const aclTensor *cos, const aclTensor *sin, int64_t layout);
SINCE(8.5) ACLNN_OPERATOR(aclnnApplyRotaryPosEmbV2,
    aclTensor *queryRef, aclTensor *keyRef, const aclTensor *cos, const aclTensor *sin, int64_t layout,
    char *rotaryMode);
SINCE(8.5) ACLNN_OPERATOR(aclnnInterleaveRope,
    const aclTensor *x, const aclTensor *cos, const aclTensor *sin, aclTensor *out);
SINCE(9.0) ACLNN_OPERATOR(aclnnQkvRmsNormRopeCache,
    const aclTensor *qkv, const aclTensor *qGamma, const aclTensor *kGamma, const aclTensor *cos, const aclTensor *sin,
    const aclTensor *index, aclTensor *qOut, aclTensor *kCache, aclTensor *vCache, const aclTensor *kScaleOptional,
    const aclTensor *vScaleOptional, const aclTensor *kOffsetOptional, const aclTensor *vOffsetOptional,
    const aclIntArray *qkvSize, const aclIntArray *headNums, double epsilon, const char *cacheModeOptional,
    const aclTensor *qOutBeforeQuant, const aclTensor *kOutBeforeQuant, const aclTensor *vOutBeforeQuant);
ACLNN_OPERATOR(aclnnRopeWithSinCosCache,
    const aclTensor *positions, const aclTensor *queryIn, const aclTensor *keyIn, const aclTensor *cosSinCache,
    const aclIntArray *mropeSection, int64_t headSize, bool isNeoxStyle, aclTensor *queryOut, aclTensor *keyOut);
SINCE(9.0) ACLNN_OPERATOR(aclnnRopeWithSinCosCacheV2,
    const aclTensor *positions, const aclTensor *queryIn, const aclTensor *keyIn, const aclTensor *cosSinCache,
    const aclIntArray *mropeSection, int64_t headSize, bool isNeoxStyle, int64_t cacheMode, aclTensor *queryOut,
    aclTensor *keyOut);
SINCE(8.5) ACLNN_OPERATOR(aclnnRotaryPositionEmbedding,
    const aclTensor *x, const aclTensor *cos, const aclTensor *sin, int64_t mode, aclTensor *out);

#endif
