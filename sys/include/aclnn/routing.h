// Mixture-of-experts gating, routing and finalisation.
#ifndef ASCEND_SYS_ACLNN_ROUTING_H
#define ASCEND_SYS_ACLNN_ROUTING_H

#include "../nnopbase.h"

ACLNN_OPERATOR(aclnnMoeComputeExpertTokens, const aclTensor *sortedExperts, int64_t numExperts, const aclTensor *out);
ACLNN_OPERATOR(aclnnMoeFinalizeRouting,
    const aclTensor *expandedX, const aclTensor *x1, const aclTensor *x2Optional, const aclTensor *bias,
    const aclTensor *scales, const aclTensor *expandedRowIdx, const aclTensor *expandedExpertIdx, const aclTensor *out);
ACLNN_OPERATOR(aclnnMoeFinalizeRoutingV2,
    const aclTensor *expandedX, const aclTensor *expandedRowIdx, const aclTensor *x1Optional,
    const aclTensor *x2Optional, const aclTensor *biasOptional, const aclTensor *scalesOptional,
    const aclTensor *expertIdxOptional, int64_t dropPadMode, const aclTensor *out);
SINCE(9.0) ACLNN_OPERATOR(aclnnMoeFinalizeRoutingV4,
    const aclTensor *expandedX, const aclTensor *expandedRowIdx, const aclTensor *x1Optional,
    const aclTensor *x2Optional, const aclTensor *biasOptional, const aclTensor *scalesOptional,
    const aclTensor *expertIdxOptional, const aclTensor *xOptional, const aclTensor *alpha1Optional,
    const aclTensor *alpha2Optional, const aclTensor *vOptional, int64_t dropPadMode,
    const aclIntArray *zeroExpertRange, const aclIntArray *copyExpertRange, const aclIntArray *constantExpertRange,
    int64_t k, const aclTensor *out);
ACLNN_OPERATOR(aclnnMoeFinalizeRoutingV2Grad,
    const aclTensor *gradY, const aclTensor *expandedRowIdx, const aclTensor *expandedXOptional,
    const aclTensor *scalesOptional, const aclTensor *expertIdxOptional, const aclTensor *biasOptional,
    int64_t dropPadMode, int64_t activeNum, int64_t expertNum, int64_t expertCapacity,
    const aclTensor *gradExpandedXOut, const aclTensor *gradScalesOut);
SINCE(8.3) ACLNN_OPERATOR(aclnnMoeFusedTopk,
    const aclTensor *x, const aclTensor *addNum, const aclTensor *mappingNum, const aclTensor *mappingTable,
    uint32_t groupNum, uint32_t groupTopk, uint32_t topN, uint32_t topK, uint32_t activateType, bool isNorm,
    float scale, bool enableExpertMapping, aclTensor *y, aclTensor *indices);
SINCE(8.2) ACLNN_OPERATOR(aclnnMoeGatingTopK,
    const aclTensor *x, const aclTensor *biasOptional, int64_t k, int64_t kGroup, int64_t groupCount,
    int64_t groupSelectMode, int64_t renorm, int64_t normType, bool outFlag, double routedScalingFactor, double eps,
    const aclTensor *yOut, const aclTensor *expertIdxOut, const aclTensor *outOut);
SINCE(9.0) ACLNN_OPERATOR(aclnnMoeGatingTopKV2,
    const aclTensor *x, const aclTensor *biasOptional, const aclTensor *inputIdsOptional,
    const aclTensor *tid2eidOptional, int64_t k, int64_t kGroup, int64_t groupCount, int64_t groupSelectMode,
    int64_t renorm, int64_t normType, bool outFlag, double routedScalingFactor, double eps, const aclTensor *yOut,
    const aclTensor *expertIdxOut, const aclTensor *outOut);
ACLNN_OPERATOR(aclnnMoeGatingTopKSoftmax,
    const aclTensor *x, const aclTensor *finishedOptional, int64_t k, const aclTensor *yOut,
    const aclTensor *expertIdxOut, const aclTensor *rowIdxOut);
ACLNN_OPERATOR(aclnnMoeGatingTopKSoftmaxV2,
    const aclTensor *x, const aclTensor *finishedOptional, int64_t k, int64_t renorm, bool outputSoftmaxResultFlag,
    const aclTensor *yOut, const aclTensor *expertIdxOut, const aclTensor *softmaxResultOutOptional);
ACLNN_OPERATOR(aclnnMoeInitRouting,
    const aclTensor *x, const aclTensor *rowIdx, const aclTensor *expertIdx, int64_t activeNum,
    const aclTensor *expandedXOut, const aclTensor *expandedRowIdxOut, const aclTensor *expandedExpertIdxOut);
ACLNN_OPERATOR(aclnnMoeInitRoutingV2,
    const aclTensor *x, const aclTensor *expertIdx, int64_t activeNumOptional, int64_t expertCapacityOptional,
    int64_t expertNumOptional, int64_t dropPadModeOptional, int64_t expertTokensCountOrCumsumFlagOptional,
    bool expertTokensBeforeCapacityFlagOptional, const aclTensor *expandedXOut, const aclTensor *expandedRowIdxOut,
    const aclTensor *expertTokensCountOrCumsumOutOptional, const aclTensor *expertTokensBeforeCapacityOutOptional);
SINCE(8.2) ACLNN_OPERATOR(aclnnMoeInitRoutingV3,
    const aclTensor *x, const aclTensor *expertIdx, const aclTensor *scaleOptional, const aclTensor *offsetOptional,
    int64_t activeNum, int64_t expertCapacity, int64_t expertNum, int64_t dropPadMode, int64_t expertTokensNumType,
    bool expertTokensNumFlag, int64_t quantMode, const aclIntArray *activeExpertRangeOptional, int64_t rowIdxType,
    const aclTensor *expandedXOut, const aclTensor *expandedRowIdxOut, const aclTensor *expertTokensCountOrCumsumOut,
    const aclTensor *expandedScaleOut);
ACLNN_OPERATOR(aclnnMoeInitRoutingQuant,
    const aclTensor *x, const aclTensor *rowIdx, const aclTensor *expertIdx, int64_t activeNum, double scale,
    double offset, const aclTensor *expandedXOut, const aclTensor *expandedRowIdxOut,
    const aclTensor *expandedExpertIdxOut);
ACLNN_OPERATOR(aclnnMoeInitRoutingQuantV2,
    const aclTensor *x, const aclTensor *expertIdx, const aclTensor *scaleOptional, const aclTensor *offsetOptional,
    int64_t activeNum, int64_t expertCapacity, int64_t expertNum, int64_t dropPadMode,
    int64_t expertTokensCountOrCumsumFlag, bool expertTokensBeforeCapacityFlag, int64_t quantMode,
    const aclTensor *expandedXOut, const aclTensor *expandedRowIdxOut,
    const aclTensor *expertTokensCountOrCumsumOutOptional, const aclTensor *expertTokensBeforeCapacityOutOptional,
    const aclTensor *dynamicQuantScaleOutOptional);
ACLNN_OPERATOR(aclnnMoeInitRoutingV2Grad,
    const aclTensor *gradExpandedX, const aclTensor *expandedRowIdx, int64_t topK, int64_t dropPadMode,
    int64_t activeNum, const aclTensor *out);
SINCE(8.2) ACLNN_OPERATOR(aclnnMoeReRouting,
    const aclTensor *tokens, const aclTensor *expertTokenNumPerRank, const aclTensor *perTokenScalesOptional,
    int64_t expertTokenNumType, int64_t idxType, const aclTensor *permuteTokensOut,
    const aclTensor *permutePerTokenScalesOut, const aclTensor *permuteTokenIdxOut, const aclTensor *expertTokenNumOut);
ACLNN_OPERATOR(aclnnMoeTokenPermute,
    const aclTensor *tokens, const aclTensor *indices, int64_t numOutTokens, bool paddedMode,
    const aclTensor *permuteTokensOut, const aclTensor *sortedIndicesOut);
SINCE(9.0) ACLNN_OPERATOR(aclnnMoeTokenPermuteV2,
    const aclTensor *tokens, const aclTensor *indices, int64_t numOutTokens, bool paddedMode, int64_t quantMode,
    const aclTensor *permuteTokensOut, const aclTensor *sortedIndicesOut, const aclTensor *expandedScaleOut);
ACLNN_OPERATOR(aclnnMoeTokenPermuteGrad,
    const aclTensor *permutedOutputGrad, const aclTensor *sortedIndices, int64_t numTopk, bool paddedMode,
    aclTensor *out);
SINCE(8.2) ACLNN_OPERATOR(aclnnMoeTokenPermuteWithRoutingMap,
    const aclTensor *tokens, const aclTensor *routingMap, const aclTensor *probsOptional, int64_t numOutTokens,
    bool dropAndPad, aclTensor *permuteTokensOut, aclTensor *permuteProbsOutOptional, aclTensor *sortedIndicesOut);
SINCE(8.2) ACLNN_OPERATOR(aclnnMoeTokenPermuteWithRoutingMapGrad,
    const aclTensor *permutedTokenOutputGrad, const aclTensor *permutedProbsOutputGradOptional,
    const aclTensor *sortedIndices, const aclTensor *routingMapOptional, int64_t numExperts, int64_t tokensNum,
    bool dropAndPad, aclTensor *tokensGradOut, aclTensor *probsGradOutOptional);
ACLNN_OPERATOR(aclnnMoeTokenUnpermute,
    const aclTensor *permutedTokens, const aclTensor *sortedIndices, const aclTensor *probsOptional, bool paddedMode,
    const aclIntArray *restoreShapeOptional, aclTensor *out);
ACLNN_OPERATOR(aclnnMoeTokenUnpermuteGrad,
    const aclTensor *permuteTokens, const aclTensor *unpermutedTokensGrad, const aclTensor *sortedIndices,
    const aclTensor *probsOptional, bool paddedMode, const aclIntArray *restoreShapeOptional,
    aclTensor *permutedTokensGradOut, aclTensor *probsGradOut);
SINCE(8.2) ACLNN_OPERATOR(aclnnMoeTokenUnpermuteWithRoutingMap,
    const aclTensor *permutedTokens, const aclTensor *sortedIndices, const aclTensor *routingMapOptional,
    const aclTensor *probsOptional, bool paddedMode, const aclIntArray *restoreShapeOptional,
    aclTensor *unpermutedTokens, aclTensor *outIndex, aclTensor *permuteTokenId, aclTensor *permuteProbs);
SINCE(8.5) ACLNN_OPERATOR(aclnnMoeUpdateExpert,
    const aclTensor *expertIds, const aclTensor *eplbTable, const aclTensor *expertScalesOptional,
    const aclTensor *pruningThresholdOptional, const aclTensor *activeMaskOptional, int64_t localRankId,
    int64_t worldSize, int64_t balanceMode, aclTensor *balancedExpertIds, aclTensor *balancedActiveMask);

#endif
