// A correct program: memory, streams, an operator, and nothing left at the end.
#include <math.h>

#include "aclnn/elementwise.h"
#include "ascendcl.h"
#include "check.h"
#include "nnopbase.h"

int main(void) {
    const int64_t dims[1] = {4}, strides[1] = {1};
    float a[4] = {1, 2, 3, 4}, b[4] = {10, 20, 30, 40}, sum[4] = {0}, two = 2;
    void *device[3];
    aclTensor *tensors[3];
    aclrtStream stream;
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    for (int i = 0; i < 3; ++i) {
        CHECK(aclrtMalloc(&device[i], sizeof a, ACL_MEM_MALLOC_HUGE_FIRST));
        tensors[i] = aclCreateTensor(dims, 1, ACL_FLOAT, strides, 0, ACL_FORMAT_ND, dims, 1, device[i]);
    }
    CHECK(aclrtMemcpy(device[0], sizeof a, a, sizeof a, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK(aclrtMemcpy(device[1], sizeof b, b, sizeof b, ACL_MEMCPY_HOST_TO_DEVICE));
    aclScalar *alpha = aclCreateScalar(&two, ACL_FLOAT);
    uint64_t bytes = 0;
    aclOpExecutor *executor = NULL;
    void *workspace = NULL;
    CHECK(aclnnAddGetWorkspaceSize(tensors[0], tensors[1], alpha, tensors[2], &bytes, &executor));
    if (bytes > 0) CHECK(aclrtMalloc(&workspace, bytes, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclnnAdd(workspace, bytes, executor, stream));
    CHECK(aclrtSynchronizeStream(stream));
    CHECK(aclrtMemcpy(sum, sizeof sum, device[2], sizeof sum, ACL_MEMCPY_DEVICE_TO_HOST));
    for (int i = 0; i < 4; ++i) {
        if (fabsf(sum[i] - (a[i] + 2 * b[i])) > 0) return 2;
    }
    if (workspace) CHECK(aclrtFree(workspace));
    for (int i = 0; i < 3; ++i) {
        CHECK(aclDestroyTensor(tensors[i]));
        CHECK(aclrtFree(device[i]));
    }
    CHECK(aclDestroyScalar(alpha));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    // Its arguments are of any number and kind.
    aclAppLog(ACL_INFO, __func__, __FILE__, __LINE__, "%d %f %s", 1, 2.0, "three");
    puts("right");
    return 0;
}
