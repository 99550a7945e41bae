// Copies as the documents of every version allow them; called with a word, also as those of 8.5 and later do.
#include <stdlib.h>
#include <string.h>

#include "ascendcl.h"
#include "check.h"

enum { BYTES = 256, PART = 100 };

int main(int count, char **arguments) {
    (void)arguments;
    char *from, *to, *a, *b;
    aclrtStream stream;
    CHECK(aclInit(NULL));
    CHECK(aclrtSetDevice(0));
    CHECK(aclrtCreateStream(&stream));
    CHECK(aclrtMallocHost((void **)&from, BYTES));
    CHECK(aclrtMallocHost((void **)&to, BYTES));
    CHECK(aclrtMalloc((void **)&a, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    CHECK(aclrtMalloc((void **)&b, BYTES, ACL_MEM_MALLOC_HUGE_FIRST));
    for (int i = 0; i < BYTES; ++i) from[i] = (char)(i * 7);

    // Aligned, on a stream.
    memset(to, 0, BYTES);
    CHECK(aclrtMemcpyAsync(a + 64, PART, from + 128, PART, ACL_MEMCPY_HOST_TO_DEVICE, stream));
    CHECK(aclrtMemcpyAsync(b, PART, a + 64, PART, ACL_MEMCPY_DEVICE_TO_DEVICE, stream));
    CHECK(aclrtMemcpyAsync(to + 64, PART, b, PART, ACL_MEMCPY_DEVICE_TO_HOST, stream));
    CHECK(aclrtSynchronizeStream(stream));
    if (memcmp(to + 64, from + 128, PART) != 0) return 2;

    // At any address: by a function that waits, or as rows.
    memset(to, 0, BYTES);
    CHECK(aclrtMemcpy(a + 3, PART, from + 5, PART, ACL_MEMCPY_HOST_TO_DEVICE));
    CHECK(aclrtMemcpy(b + 9, PART, a + 3, PART, ACL_MEMCPY_DEVICE_TO_DEVICE));
    CHECK(aclrtMemcpy2dAsync(to + 1, PART, b + 9, PART, PART, 1, ACL_MEMCPY_DEVICE_TO_HOST, stream));
    CHECK(aclrtSynchronizeStream(stream));
    if (memcmp(to + 1, from + 5, PART) != 0) return 3;

    if (count > 1) {
        CHECK(aclrtMemcpyAsync(a + 1, PART, from + 2, PART, ACL_MEMCPY_HOST_TO_DEVICE, stream));
        // Memory that is not pinned holds the bytes when the call returns.
        char *pageable = malloc(PART);
        CHECK(aclrtMemcpyAsync(pageable, PART, a + 1, PART, ACL_MEMCPY_DEVICE_TO_HOST, stream));
        int differ = memcmp(pageable, from + 2, PART);
        free(pageable);
        if (differ != 0) return 4;
    }
    CHECK(aclrtFree(a));
    CHECK(aclrtFree(b));
    CHECK(aclrtFreeHost(from));
    CHECK(aclrtFreeHost(to));
    CHECK(aclrtDestroyStream(stream));
    CHECK(aclrtResetDevice(0));
    CHECK(aclFinalize());
    puts("right");
    return 0;
}
