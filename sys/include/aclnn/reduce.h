// Reductions, softmax, sorting, sampling, losses.
#ifndef ASCEND_SYS_ACLNN_REDUCE_H
#define ASCEND_SYS_ACLNN_REDUCE_H

#include "../nnopbase.h"

ACLNN_OPERATOR(aclnnAll, const aclTensor *self, const aclIntArray *dim, bool keepdim, aclTensor *out);
ACLNN_OPERATOR(aclnnAmax, const aclTensor *self, const aclIntArray *dim, bool keepDim, aclTensor *out);
ACLNN_OPERATOR(aclnnAmin, const aclTensor *self, const aclIntArray *dim, bool keepDim, aclTensor *out);
ACLNN_OPERATOR(aclnnAny, const aclTensor *self, const aclIntArray *dim, bool keepdim, aclTensor *out);
SINCE(8.2) ACLNN_OPERATOR(aclnnApplyTopKTopP,
    const aclTensor *logits, const aclTensor *p, const aclTensor *k, aclTensor *out);
ACLNN_OPERATOR(aclnnArgMax, const aclTensor *self, int64_t dim, bool keepdim, aclTensor *out);
ACLNN_OPERATOR(aclnnArgsort, const aclTensor *self, int64_t dim, bool descending, aclTensor *out);
ACLNN_OPERATOR(aclnnBincount, const aclTensor *self, const aclTensor *weights, int64_t minlength, aclTensor *out);
ACLNN_OPERATOR(aclnnCumsum, const aclTensor *self, int64_t dim, aclDataType dtype, aclTensor *out);
ACLNN_OPERATOR(aclnnCumsumV2, const aclTensor *self, int64_t dim, bool exclusive, bool reverse, aclTensor *out);
ACLNN_OPERATOR(aclnnLogSoftmax, const aclTensor *self, int64_t dim, aclTensor *out);
ACLNN_OPERATOR(aclnnLogSoftmaxBackward,
    const aclTensor *gradOutput, const aclTensor *output, int64_t dim, aclTensor *out);
ACLNN_OPERATOR(aclnnMax, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnMaxDim,
    const aclTensor *self, int64_t dim, bool keepdim, aclTensor *out, aclTensor *indices);
ACLNN_OPERATOR(aclnnMaxV2,
    const aclTensor *self, const aclIntArray *dims, bool keepDims, bool noopWithEmptyDims, aclTensor *out);
ACLNN_OPERATOR(aclnnMaxPool,
    const aclTensor *self, const aclIntArray *kernelShape, const aclIntArray *strides, const int64_t autoPad,
    const aclIntArray *pads, const aclIntArray *dilations, const int64_t ceilMode, aclTensor *out);
ACLNN_OPERATOR(aclnnMean,
    const aclTensor *self, const aclIntArray *dim, bool keepDim, aclDataType dtype, aclTensor *out);
ACLNN_OPERATOR(aclnnMeanV2,
    const aclTensor *self, const aclIntArray *dim, bool keepDim, bool noopWithEmptyAxes, aclTensor *out);
ACLNN_OPERATOR(aclnnMin, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnMinDim,
    const aclTensor *self, int64_t dim, bool keepdim, aclTensor *out, aclTensor *indices);
ACLNN_OPERATOR(aclnnMultinomial,
    const aclTensor *self, int64_t numsamples, bool replacement, int64_t seed, int64_t offset, aclTensor *out);
ACLNN_OPERATOR(aclnnNLLLoss,
    const aclTensor *self, const aclTensor *target, const aclTensor *weight, int64_t reduction, int64_t ignoreIndex,
    aclTensor *out, aclTensor *totalWeightOut);
ACLNN_OPERATOR(aclnnNLLLossBackward,
    const aclTensor *gradOutput, const aclTensor *self, const aclTensor *target, const aclTensor *weight,
    int64_t reduction, int64_t ignoreIndex, const aclTensor *totalWeight, aclTensor *out);
ACLNN_OPERATOR(aclnnReduceSum,
    const aclTensor *self, const aclIntArray *dims, bool keepDims, aclDataType dtype, aclTensor *out);
ACLNN_OPERATOR(aclnnSoftmax, const aclTensor *self, int64_t dim, aclTensor *out);
SINCE(9.0) ACLNN_OPERATOR(aclnnSoftmaxCrossEntropyWithLogits,
    const aclTensor *features, aclTensor *labels, aclTensor *loss, aclTensor *backprop);
ACLNN_OPERATOR(aclnnSort,
    const aclTensor *self, bool stable, int64_t dim, bool descending, aclTensor *valuesOut, aclTensor *indicesOut);
SINCE(9.0) ACLNN_OPERATOR(aclnnTopKTopPSample,
    const aclTensor *logits, const aclTensor *topK, const aclTensor *topP, const aclTensor *q, double eps,
    bool isNeedLogits, int64_t topKGuess, const aclTensor *logitsSelectIdx, const aclTensor *logitsTopKPSelect);
SINCE(9.0) ACLNN_OPERATOR(aclnnTopKTopPSampleV2,
    const aclTensor *logits, const aclTensor *topK, const aclTensor *topP, const aclTensor *q, const aclTensor *minPs,
    double eps, bool isNeedLogits, int64_t topKGuess, int64_t ksMax, bool inputIsLogits, bool isNeedSampleResult,
    const aclTensor *logitsSelectIdx, const aclTensor *logitsTopKPSelect, const aclTensor *logitsIdx,
    const aclTensor *logitsSortMasked);
ACLNN_OPERATOR(aclnnTopk,
    const aclTensor *self, int64_t k, int64_t dim, bool largest, bool sorted, aclTensor *valuesOut,
    aclTensor *indicesOut);

#endif
