#include "harness.h"

#include <stdarg.h>
#include <stdlib.h>

enum { MAX_CASES = 256 };

static struct {
    const char *name, *source;
    case_body body;
} cases[MAX_CASES];
static int count;
static void *(*find)(const char *);
static aclrtStream stream;
static char message[512];

void harness_register(const char *name, const char *source, case_body body) {
    if (count < MAX_CASES) {
        cases[count].name = name;
        cases[count].source = source;
        cases[count++].body = body;
    }
}

void *harness_find(const char *symbol) { return find(symbol); }
aclrtStream harness_stream(void) { return stream; }

const char *harness_failed(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return message;
}

static void must(int status, const char *what) {
    if (status != 0) {
        fprintf(stderr, "harness: %s returned %d\n", what, status);
        abort();
    }
}

static int bytes_of(aclDataType dtype) {
    switch (dtype) {
    case ACL_FLOAT: case ACL_INT32: case ACL_UINT32: return 4;
    case ACL_FLOAT16: case ACL_BF16: case ACL_INT16: return 2;
    case ACL_INT64: case ACL_UINT64: case ACL_DOUBLE: return 8;
    default: return 1;
    }
}

// The values that the cases use are exact in 16 bits, so cutting off is enough.
static uint16_t to_half(double value) {
    uint16_t sign = value < 0 ? 0x8000 : 0;
    if (value == 0) return 0;
    if (isnan(value)) return 0x7E00;
    if (isinf(value)) return sign | 0x7C00;
    int exponent;
    double fraction = frexp(fabs(value), &exponent);
    return (uint16_t)(sign | ((exponent + 14) << 10) | ((int)(fraction * 2048) & 0x3FF));
}

static double from_half(uint16_t bits) {
    int exponent = bits >> 10 & 31, fraction = bits & 0x3FF;
    double value = exponent == 31 ? (fraction ? NAN : INFINITY)
                   : exponent == 0 ? ldexp(fraction, -24) : ldexp(fraction + 1024, exponent - 25);
    return bits & 0x8000 ? -value : value;
}

static void put(aclDataType dtype, void *to, double value) {
    float single = (float)value;
    uint32_t bits;
    uint16_t half;
    int64_t whole = isnan(value) || isinf(value) ? 0 : (int64_t)value;
    switch (dtype) {
    case ACL_FLOAT: memcpy(to, &single, 4); break;
    case ACL_BF16: memcpy(&bits, &single, 4); half = (uint16_t)(bits >> 16); memcpy(to, &half, 2); break;
    case ACL_FLOAT16: half = to_half(value); memcpy(to, &half, 2); break;
    default: memcpy(to, &whole, bytes_of(dtype)); break;
    }
}

static double get(aclDataType dtype, const void *from) {
    float single;
    uint32_t bits;
    uint16_t half;
    int32_t whole;
    int64_t longer;
    switch (dtype) {
    case ACL_FLOAT: memcpy(&single, from, 4); return single;
    case ACL_BF16: memcpy(&half, from, 2); bits = (uint32_t)half << 16; memcpy(&single, &bits, 4); return single;
    case ACL_FLOAT16: memcpy(&half, from, 2); return from_half(half);
    case ACL_INT8: return *(const int8_t *)from;
    case ACL_INT32: memcpy(&whole, from, 4); return whole;
    case ACL_INT64: case ACL_UINT64: memcpy(&longer, from, 8); return (double)longer;
    default: return *(const uint8_t *)from;
    }
}

static uint64_t length(const int64_t *list) {
    uint64_t n = 0;
    while (list[n] != -1) n++;
    return n;
}

aclTensor *harness_view(tensor of, const int64_t *dims, const int64_t *strides, int64_t offset) {
    return FN(aclCreateTensor)(dims, length(dims), of.dtype, strides, offset, ACL_FORMAT_ND, &of.elements, 1, of.address);
}

tensor harness_tensor(aclDataType dtype, const double *values, const int64_t *dims) {
    tensor made = {.dtype = dtype, .elements = 1};
    uint64_t rank = length(dims);
    int64_t strides[9] = {0};
    for (uint64_t i = rank; i-- > 0; made.elements *= dims[i]) strides[i] = made.elements;
    strides[rank] = -1;
    size_t size = bytes_of(dtype), bytes = (made.elements ? made.elements : 1) * size;
    char *host = malloc(bytes);
    memset(host, 0xFF, bytes);
    for (int64_t i = 0; values && i < made.elements; i++) put(dtype, host + i * size, values[i]);
    must(FN(aclrtMalloc)(&made.address, bytes, ACL_MEM_MALLOC_HUGE_FIRST), "aclrtMalloc");
    must(FN(aclrtMemcpy)(made.address, bytes, host, bytes, ACL_MEMCPY_HOST_TO_DEVICE), "aclrtMemcpy");
    free(host);
    made.handle = harness_view(made, dims, strides, 0);
    return made;
}

const char *harness_expect(const char *what, tensor of, const double *values, double tolerance) {
    size_t size = bytes_of(of.dtype), bytes = of.elements * size;
    char *host = malloc(bytes);
    must(FN(aclrtMemcpy)(host, bytes, of.address, bytes, ACL_MEMCPY_DEVICE_TO_HOST), "aclrtMemcpy");
    const char *wrong = NULL;
    for (int64_t i = 0; i < of.elements && !wrong; i++) {
        double found = get(of.dtype, host + i * size), wanted = values[i];
        bool same = isnan(wanted) ? isnan(found) : found == wanted || fabs(found - wanted) <= tolerance * fmax(1.0, fabs(wanted));
        if (!same) wrong = harness_failed("%s[%ld] is %g, %g expected", what, (long)i, found, wanted);
    }
    free(host);
    return wrong;
}

aclTensorList *harness_list(aclTensor *one) {
    const aclTensor *members[] = {one};
    return FN(aclCreateTensorList)(members, 1);
}

aclIntArray *harness_ints(const int64_t *values, int64_t n) { return FN(aclCreateIntArray)(values, n); }
aclScalar *harness_scalar(float value) { return FN(aclCreateScalar)(&value, ACL_FLOAT); }
aclScalar *harness_whole(int64_t value) { return FN(aclCreateScalar)(&value, ACL_INT64); }
aclScalar *harness_truth(bool value) { return FN(aclCreateScalar)(&value, ACL_BOOL); }

void *harness_workspace(uint64_t bytes) {
    void *address = NULL;
    if (bytes) must(FN(aclrtMalloc)(&address, bytes, ACL_MEM_MALLOC_HUGE_FIRST), "aclrtMalloc");
    return address;
}

const char *harness_synchronise(void) {
    int status = FN(aclrtSynchronizeStream)(stream);
    return status ? harness_failed("the stream failed with %d: %s", status, FN(aclGetRecentErrMsg)()) : NULL;
}

// What the test program calls: once, then for each case.
int documents_begin(void *(*lookup)(const char *)) {
    find = lookup;
    int status = FN(aclInit)(NULL);
    if (status != 0 && status != ACL_ERROR_REPEAT_INITIALIZE) return -1;
    must(FN(aclrtSetDevice)(0), "aclrtSetDevice");
    must(FN(aclrtCreateStream)(&stream), "aclrtCreateStream");
    return count;
}

const char *documents_name(int i) { return cases[i].name; }
const char *documents_source(int i) { return cases[i].source; }
const char *documents_run(int i) { return cases[i].body(); }
