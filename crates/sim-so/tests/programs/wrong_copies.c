// Copies that CANN 8.1 refuses and later versions do not: addresses of asynchronous copies are multiples of 64 there, and rows are copied between host and device only.
#include "cases.h"

#define CASES(X) \
    X(to_device_from_unaligned, "aclrtMemcpyAsync", "src: an address that is a multiple of 64 asked") \
    X(to_unaligned_device, "aclrtMemcpyAsync", "dst: an address that is a multiple of 64 asked") \
    X(from_unaligned_device, "aclrtMemcpyAsync", "src: an address that is a multiple of 64 asked") \
    X(to_host_unaligned, "aclrtMemcpyAsync", "dst: an address that is a multiple of 64 asked") \
    X(within_device_unaligned, "aclrtMemcpyAsync", "src: an address that is a multiple of 64 asked") \
    X(direction_found_unaligned, "aclrtMemcpyAsync", "dst: an address that is a multiple of 64 asked") \
    X(on_condition_unaligned, "aclrtMemcpyAsyncWithCondition", "dst: an address that is a multiple of 64 asked") \
    X(on_condition_within_host, "aclrtMemcpyAsyncWithCondition", "no asynchronous copies within the host") \
    X(rows_within_device, "aclrtMemcpy2dAsync", "a copy within the device found")

static char *pinned(void) {
    void *address = NULL;
    aclrtMallocHost(&address, 256);
    return address;
}

static void to_device_from_unaligned(void) { aclrtMemcpyAsync(device(64), 64, pinned() + 8, 64, ACL_MEMCPY_HOST_TO_DEVICE, new_stream()); }
static void to_unaligned_device(void) {
    aclrtMemcpyAsync((char *)device(256) + 32, 64, pinned(), 64, ACL_MEMCPY_HOST_TO_DEVICE, new_stream());
}
static void from_unaligned_device(void) {
    aclrtMemcpyAsync(pinned(), 64, (char *)device(256) + 1, 64, ACL_MEMCPY_DEVICE_TO_HOST, new_stream());
}
static void to_host_unaligned(void) { aclrtMemcpyAsync(pinned() + 63, 64, device(64), 64, ACL_MEMCPY_DEVICE_TO_HOST, new_stream()); }
static void within_device_unaligned(void) {
    aclrtMemcpyAsync(device(256), 64, (char *)device(256) + 4, 64, ACL_MEMCPY_DEVICE_TO_DEVICE, new_stream());
}
static void direction_found_unaligned(void) { aclrtMemcpyAsync((char *)device(256) + 2, 64, pinned(), 64, ACL_MEMCPY_DEFAULT, new_stream()); }
static void on_condition_unaligned(void) {
    aclrtMemcpyAsyncWithCondition((char *)device(256) + 16, 64, pinned(), 64, ACL_MEMCPY_HOST_TO_DEVICE, new_stream());
}
static void on_condition_within_host(void) {
    aclrtMemcpyAsyncWithCondition(pinned(), 64, pinned(), 64, ACL_MEMCPY_HOST_TO_HOST, new_stream());
}
static void rows_within_device(void) {
    aclrtMemcpy2dAsync(device(64), 8, device(64), 8, 8, 2, ACL_MEMCPY_DEVICE_TO_DEVICE, new_stream());
}

static const struct wrong cases[] = {CASES(ENTRY)};

int main(int count, char **arguments) { return run_one_of(cases, sizeof cases / sizeof *cases, NULL, count, arguments); }
