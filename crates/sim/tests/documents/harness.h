// What the cases are written with: C, the vendor's function names, and numbers worked out by hand.
//
// A case is a function that returns null when what the document says holds, else what was found instead. It knows CANN by its C interface only: a function
// is looked up by its name, with the type that the declarations in sys/include give it.
#ifndef ASCEND_SIM_HARNESS_H
#define ASCEND_SIM_HARNESS_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "ascendcl.h"
#include "nnopbase.h"
#include "opapi.h"

typedef const char *(*case_body)(void);

// A case registers itself before the first is run. `source` names the document that the expectation is worked out from.
void harness_register(const char *name, const char *source, case_body body);
void *harness_find(const char *symbol);
const char *harness_failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define CASE(name, source) \
    static const char *name(void); \
    __attribute__((constructor)) static void register_##name(void) { harness_register(#name, source, name); } \
    static const char *name(void)

// The function of that name. It is called, never linked.
#define FN(name) ((__typeof__(&name))harness_find(#name))

typedef struct {
    aclTensor *handle;
    void *address;
    aclDataType dtype;
    int64_t elements;
} tensor;

// Device memory with these values (null: all NaN or all ones), seen in that shape. Dimensions end with -1.
tensor harness_tensor(aclDataType dtype, const double *values, const int64_t *dims);
// The same memory under other strides and offset. Both lists end with -1.
aclTensor *harness_view(tensor of, const int64_t *dims, const int64_t *strides, int64_t offset);
// Null if the memory holds these values: floats within a relative and absolute `tolerance`, NaN where NaN is expected, the rest exactly.
const char *harness_expect(const char *what, tensor of, const double *values, double tolerance);
aclTensorList *harness_list(aclTensor *one);
aclIntArray *harness_ints(const int64_t *values, int64_t count);
aclScalar *harness_scalar(float value);
aclScalar *harness_whole(int64_t value);
aclScalar *harness_truth(bool value);
aclrtStream harness_stream(void);
void *harness_workspace(uint64_t bytes);
const char *harness_synchronise(void);

#define DIMS(...) ((const int64_t[]){__VA_ARGS__, -1})
// Of a tensor of one element without dimensions.
#define ONE ((const int64_t[]){-1})
#define VALUES(...) ((const double[]){__VA_ARGS__})
#define INTS(...) harness_ints((const int64_t[]){__VA_ARGS__}, sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t))
#define F32(dims, ...) harness_tensor(ACL_FLOAT, VALUES(__VA_ARGS__), dims)
#define F16(dims, ...) harness_tensor(ACL_FLOAT16, VALUES(__VA_ARGS__), dims)
#define BF16(dims, ...) harness_tensor(ACL_BF16, VALUES(__VA_ARGS__), dims)
#define I8(dims, ...) harness_tensor(ACL_INT8, VALUES(__VA_ARGS__), dims)
#define I32(dims, ...) harness_tensor(ACL_INT32, VALUES(__VA_ARGS__), dims)
#define I64(dims, ...) harness_tensor(ACL_INT64, VALUES(__VA_ARGS__), dims)
#define BOOL(dims, ...) harness_tensor(ACL_BOOL, VALUES(__VA_ARGS__), dims)
// For a result: every byte 0xFF, so that what is not written shows.
#define OUT(dtype, dims) harness_tensor(dtype, NULL, dims)

// Both calls of an operator, to the end. Any refusal or failure is the case's.
#define RUN(op, ...) \
    do { \
        uint64_t size_ = 0; \
        aclOpExecutor *executor_ = NULL; \
        if (!harness_find(#op)) return harness_failed("%s is not there", #op); \
        aclnnStatus status_ = FN(op##GetWorkspaceSize)(__VA_ARGS__, &size_, &executor_); \
        if (status_ == 0) status_ = FN(op)(harness_workspace(size_), size_, executor_, harness_stream()); \
        if (status_ != 0) return harness_failed("%s returned %d: %s", #op, status_, FN(aclGetRecentErrMsg)()); \
        const char *late_ = harness_synchronise(); \
        if (late_) return late_; \
    } while (0)

// The first call refuses, with one of the codes that stand for what is wrong.
#define REFUSES(op, ...) \
    do { \
        uint64_t size_ = 0; \
        aclOpExecutor *executor_ = NULL; \
        if (!harness_find(#op)) return harness_failed("%s is not there", #op); \
        aclnnStatus status_ = FN(op##GetWorkspaceSize)(__VA_ARGS__, &size_, &executor_); \
        if (status_ != 161001 && status_ != 161002 && status_ != 361001 && status_ / 1000 != 561) \
            return harness_failed("%s: a refusal expected, %d found", #op, status_); \
    } while (0)

#define EXPECT_WITHIN(tolerance, of, ...) \
    do { \
        const char *wrong_ = harness_expect(#of, of, VALUES(__VA_ARGS__), tolerance); \
        if (wrong_) return wrong_; \
    } while (0)
#define EXPECT(of, ...) EXPECT_WITHIN(0.0, of, __VA_ARGS__)

// A value of memory that nothing has written: NaN for floats.
#define UNWRITTEN NAN

#endif
