// Copies, concatenation, permutation, padding, ranges, filling (with random numbers too), pooling.
#ifndef ASCEND_SYS_ACLNN_SHAPE_H
#define ASCEND_SYS_ACLNN_SHAPE_H

#include "../nnopbase.h"

ACLNN_OPERATOR(aclnnArange, const aclScalar *start, const aclScalar *end, const aclScalar *step, aclTensor *out);
ACLNN_OPERATOR(aclnnAvgPool2d,
    const aclTensor *self, const aclIntArray *kernelSize, const aclIntArray *strides, const aclIntArray *paddings,
    const bool ceilMode, const bool countIncludePad, const int64_t divisorOverride, const int8_t cubeMathType,
    aclTensor *out);
ACLNN_OPERATOR(aclnnCast, const aclTensor *self, const aclDataType dtype, aclTensor *out);
ACLNN_OPERATOR(aclnnCat, const aclTensorList *tensors, int64_t dim, aclTensor *out);
ACLNN_OPERATOR(aclnnConstantPadNd,
    const aclTensor *self, const aclIntArray *pad, const aclScalar *value, aclTensor *out);
ACLNN_OPERATOR(aclnnIm2col,
    const aclTensor *self, const aclIntArray *kernelSize, const aclIntArray *dilation, const aclIntArray *padding,
    const aclIntArray *stride, const aclTensor *out);
ACLNN_OPERATOR(aclnnInplaceCopy, aclTensor *selfRef, const aclTensor *src);
ACLNN_OPERATOR(aclnnInplaceFillScalar, aclTensor *selfRef, const aclScalar *value);
ACLNN_OPERATOR(aclnnInplaceNormal, const aclTensor *selfRef, float mean, float std, int64_t seed, int64_t offset);
ACLNN_OPERATOR(aclnnInplaceOne, const aclTensor *selfRef);
ACLNN_OPERATOR(aclnnInplaceRandom,
    const aclTensor *selfRef, int64_t from, int64_t to, int64_t seed, int64_t offset);
ACLNN_OPERATOR(aclnnInplaceTriu, aclTensor *selfRef, int64_t diagonal);
ACLNN_OPERATOR(aclnnInplaceUniform,
    const aclTensor *selfRef, double from, double to, uint64_t seed, uint64_t offset);
ACLNN_OPERATOR(aclnnInplaceZero, aclTensor *selfRef);
ACLNN_OPERATOR(aclnnPermute, const aclTensor *self, const aclIntArray *dims, aclTensor *out);
ACLNN_OPERATOR(aclnnRandperm, int64_t n, int64_t seed, int64_t offset, aclTensor *out);
ACLNN_OPERATOR(aclnnReflectionPad1d, const aclTensor *self, const aclIntArray *padding, aclTensor *out);
ACLNN_OPERATOR(aclnnRepeat, const aclTensor *self, const aclIntArray *repeats, aclTensor *out);
ACLNN_OPERATOR(aclnnRepeatInterleaveIntWithDim,
    const aclTensor *self, int64_t repeats, int64_t dim, int64_t outputSize, aclTensor *out);
ACLNN_OPERATOR(aclnnSlice,
    const aclTensor *self, int64_t dim, int64_t start, int64_t end, int64_t step, aclTensor *out);
ACLNN_OPERATOR(aclnnSliceV2,
    const aclTensor *self, const aclIntArray *starts, const aclIntArray *ends, const aclIntArray *axes,
    const aclIntArray *steps, aclTensor *out);
ACLNN_OPERATOR(aclnnStack, const aclTensorList *tensors, int64_t dim, aclTensor *out);
ACLNN_OPERATOR(aclnnTril, const aclTensor *self, int64_t diagonal, aclTensor *out);
ACLNN_OPERATOR(aclnnTriu, const aclTensor *self, int64_t diagonal, aclTensor *out);
ACLNN_OPERATOR(aclnnUpsampleNearest2d, const aclTensor *self, const aclIntArray *outputSize, aclTensor *out);
ACLNN_OPERATOR(aclnnUpsampleNearest2dV2,
    const aclTensor *self, const aclIntArray *outputSize, float scalesH, float scalesW, aclTensor *out);

#endif
