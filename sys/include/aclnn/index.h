// Gather, scatter, embedding, selection.
#ifndef ASCEND_SYS_ACLNN_INDEX_H
#define ASCEND_SYS_ACLNN_INDEX_H

#include "../nnopbase.h"

ACLNN_OPERATOR(aclnnEmbedding, const aclTensor *weight, const aclTensor *indices, const aclTensor *out);
ACLNN_OPERATOR(aclnnGather, const aclTensor *self, const int64_t dim, const aclTensor *index, aclTensor *out);
ACLNN_OPERATOR(aclnnGatherV2, const aclTensor *self, int64_t dim, const aclTensor *index, aclTensor *out);
SINCE(8.2) ACLNN_OPERATOR(aclnnGatherV3,
    const aclTensor *self, int64_t dim, const aclTensor *index, int64_t batchDims, int64_t mode, aclTensor *out);
ACLNN_OPERATOR(aclnnIndex, const aclTensor *self, const aclTensorList *indices, aclTensor *out);
ACLNN_OPERATOR(aclnnIndexAdd,
    const aclTensor *self, const int64_t dim, const aclTensor *index, const aclTensor *source, const aclScalar *alpha,
    aclTensor *out);
ACLNN_OPERATOR(aclnnIndexPutImpl,
    aclTensor *selfRef, const aclTensorList *indices, const aclTensor *values, const bool accumulate,
    const bool unsafe);
ACLNN_OPERATOR(aclnnIndexSelect, const aclTensor *self, int64_t dim, const aclTensor *index, aclTensor *out);
ACLNN_OPERATOR(aclnnInplaceIndexCopy, aclTensor *selfRef, int64_t dim, const aclTensor *index, const aclTensor *source);
ACLNN_OPERATOR(aclnnInplaceMaskedFillScalar, aclTensor *selfRef, const aclTensor *mask, const aclScalar *value);
ACLNN_OPERATOR(aclnnInplaceMaskedFillTensor,
    aclTensor *selfRef, const aclTensor *mask, const aclTensor *value);
ACLNN_OPERATOR(aclnnInplaceScatter,
    aclTensor *selfRef, int64_t dim, const aclTensor *index, const aclTensor *src, int64_t reduce);
ACLNN_OPERATOR(aclnnInplaceScatterUpdate,
    aclTensor *data, const aclTensor *indices, const aclTensor *updates, int64_t axis);
ACLNN_OPERATOR(aclnnInplaceScatterValue,
    aclTensor *selfRef, int64_t dim, const aclTensor *index, const aclScalar *value, int64_t reduce);
ACLNN_OPERATOR(aclnnMaskedSelect, const aclTensor *self, const aclTensor *mask, aclTensor *out);
ACLNN_OPERATOR(aclnnNonzero, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnNonzeroV2, const aclTensor *self, aclTensor *out);
ACLNN_OPERATOR(aclnnOneHot,
    const aclTensor *self, int numClasses, const aclTensor *onValue, const aclTensor *offValue, int64_t axis,
    aclTensor *out);
ACLNN_OPERATOR(aclnnSWhere, const aclTensor *condition, const aclTensor *self, const aclTensor *other, aclTensor *out);
ACLNN_OPERATOR(aclnnScatter,
    const aclTensor *self, int64_t dim, const aclTensor *index, const aclTensor *src, int64_t reduce, aclTensor *out);
ACLNN_OPERATOR(aclnnScatterAdd,
    const aclTensor *self, int64_t dim, const aclTensor *index, const aclTensor *src, aclTensor *out);
ACLNN_OPERATOR(aclnnScatterNdUpdate, aclTensor *varRef, const aclTensor *indices, const aclTensor *updates);
ACLNN_OPERATOR(aclnnScatterValue,
    const aclTensor *self, int64_t dim, const aclTensor *index, const aclScalar *value, int64_t reduce, aclTensor *out);

#endif
