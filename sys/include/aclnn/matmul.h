// Matrix products, quantised products, weight layouts, convolution.
#ifndef ASCEND_SYS_ACLNN_MATMUL_H
#define ASCEND_SYS_ACLNN_MATMUL_H

#include "../nnopbase.h"

aclnnStatus aclnnCalculateConvolutionWeightSize(
    const aclIntArray *tensorShape, bool transposed, int64_t groups, aclDataType dataType, uint64_t *weightTensorSize);
aclnnStatus aclnnCalculateMatmulWeightSize(const aclIntArray *tensorShape, uint64_t *weightTensorSize);
aclnnStatus aclnnCalculateMatmulWeightSizeV2(
    const aclIntArray *tensorShape, aclDataType dataType, uint64_t *weightTensorSize);
SINCE(8.3) aclnnStatus aclnnNpuFormatCastCalculateSizeAndFormat(
    const aclTensor *srcTensor, int dstFormat, int additionalDtype, int64_t **dstShape, uint64_t *dstShapeSize,
    int *actualFormat);

ACLNN_OPERATOR(aclnnAddmm,
    const aclTensor *self, const aclTensor *mat1, const aclTensor *mat2, const aclScalar *beta, const aclScalar *alpha,
    aclTensor *out, int8_t cubeMathType);
ACLNN_OPERATOR(aclnnBaddbmm,
    const aclTensor *self, const aclTensor *batch1, const aclTensor *batch2, const aclScalar *beta,
    const aclScalar *alpha, aclTensor *out, int8_t cubeMathType);
ACLNN_OPERATOR(aclnnBatchMatMul, const aclTensor *self, const aclTensor *mat2, aclTensor *out, int8_t cubeMathType);
SINCE(8.3) ACLNN_OPERATOR(aclnnBatchMatMulWeightNz,
    const aclTensor *self, const aclTensor *mat2, aclTensor *out, int8_t cubeMathType);
ACLNN_OPERATOR(aclnnConvolution,
    const aclTensor *input, const aclTensor *weight, const aclTensor *bias, const aclIntArray *stride,
    const aclIntArray *padding, const aclIntArray *dilation, bool transposed, const aclIntArray *outputPadding,
    const int64_t groups, aclTensor *output, int8_t cubeMathType);
ACLNN_OPERATOR(aclnnMatmul, const aclTensor *self, const aclTensor *mat2, aclTensor *out, int8_t cubeMathType);
SINCE(8.3) ACLNN_OPERATOR(aclnnMatmulWeightNz,
    const aclTensor *self, const aclTensor *mat2, aclTensor *out, int8_t cubeMathType);
ACLNN_OPERATOR(aclnnMm, const aclTensor *self, const aclTensor *mat2, aclTensor *out, int8_t cubeMathType);
ACLNN_OPERATOR(aclnnMv, const aclTensor *self, const aclTensor *vec, aclTensor *out, int8_t cubeMathType);
SINCE(8.3) ACLNN_OPERATOR(aclnnNpuFormatCast, const aclTensor *srcTensor, aclTensor *dstTensor);
ACLNN_OPERATOR(aclnnQuantMatmul,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *bias, float deqScale, aclTensor *out);
ACLNN_OPERATOR(aclnnQuantMatmulV2,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *bias, const aclTensor *deqScale, bool adjX1, bool adjX2,
    aclTensor *out);
ACLNN_OPERATOR(aclnnQuantMatmulV3,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *scale, const aclTensor *offset, const aclTensor *bias,
    bool transposeX1, bool transposeX2, const aclTensor *out);
ACLNN_OPERATOR(aclnnQuantMatmulV4,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *scale, const aclTensor *offset,
    const aclTensor *pertokenScaleOptional, const aclTensor *bias, bool transposeX1, bool transposeX2,
    const aclTensor *out);
SINCE(9.0) ACLNN_OPERATOR(aclnnQuantMatmulV5,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *x1Scale, const aclTensor *x2Scale,
    const aclTensor *yScale, const aclTensor *x1Offset, const aclTensor *x2Offset, const aclTensor *yOffset,
    const aclTensor *bias, bool transposeX1, bool transposeX2, int64_t groupSize, aclTensor *out);
ACLNN_OPERATOR(aclnnQuantMatmulWeightNz,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *x1Scale, const aclTensor *x2Scale,
    const aclTensor *yScale, const aclTensor *x1Offset, const aclTensor *x2Offset, const aclTensor *yOffset,
    const aclTensor *bias, bool transposeX1, bool transposeX2, int64_t groupSize, aclTensor *out);
ACLNN_OPERATOR(aclnnTransMatmulWeight, aclTensor *mmWeightRef);
SINCE(8.2) ACLNN_OPERATOR(aclnnTransposeBatchMatMul,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *bias, const aclTensor *scale, const aclIntArray *permX1,
    const aclIntArray *permX2, const aclIntArray *permY, int8_t cubeMathType, int32_t batchSplitFactor, aclTensor *out);
ACLNN_OPERATOR(aclnnTriangularSolve,
    const aclTensor *self, const aclTensor *A, bool upper, bool transpose, bool unitriangular, aclTensor *xOut,
    aclTensor *mOut);
ACLNN_OPERATOR(aclnnWeightQuantBatchMatmul,
    const aclTensor *x1, const aclTensor *x2, const aclTensor *diagonalMatrix, const aclTensor *deqOffset,
    const aclTensor *deqScale, const aclTensor *addOffset, const aclTensor *mulScale, const aclTensor *bias,
    bool transposeX1, bool transposeX2, float antiquantScale, float antiquantOffset, aclTensor *out);
ACLNN_OPERATOR(aclnnWeightQuantBatchMatmulV2,
    const aclTensor *x, const aclTensor *weight, const aclTensor *antiquantScale,
    const aclTensor *antiquantOffsetOptional, const aclTensor *quantScaleOptional, const aclTensor *quantOffsetOptional,
    const aclTensor *biasOptional, int antiquantGroupSize, const aclTensor *y);
ACLNN_OPERATOR(aclnnWeightQuantBatchMatmulV3,
    const aclTensor *x, const aclTensor *weight, const aclTensor *antiquantScale,
    const aclTensor *antiquantOffsetOptional, const aclTensor *quantScaleOptional, const aclTensor *quantOffsetOptional,
    const aclTensor *biasOptional, int antiquantGroupSize, int innerPrecise, const aclTensor *y);

#endif
