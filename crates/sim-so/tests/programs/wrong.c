// Wrong programs on CANN 9.0, which has everything that they call.
#include "aclnn/elementwise.h"
#include "cases.h"
#include "nnopbase.h"

static char host[4096];

static aclrtEvent new_event(void) {
    aclrtEvent event = NULL;
    aclrtCreateEvent(&event);
    return event;
}

// A stream that waits for a notify, and is busy so.
static aclrtStream busy_stream(aclrtNotify *notify) {
    aclrtStream stream = new_stream();
    aclrtCreateNotify(notify, 0);
    aclrtWaitAndResetNotify(*notify, stream, 0);
    return stream;
}

static void wake(aclrtNotify notify, aclrtStream sleeper) {
    aclrtRecordNotify(notify, NULL);
    aclrtSynchronizeStream(sleeper);
}

static aclTensor *tensor(void *address, int64_t elements) {
    const int64_t stride = 1;
    return aclCreateTensor(&elements, 1, ACL_FLOAT, &stride, 0, ACL_FORMAT_ND, &elements, 1, address);
}

static aclScalar *one(void) {
    float value = 1;
    return aclCreateScalar(&value, ACL_FLOAT);
}

// The first call of a sum of four numbers.
static aclOpExecutor *plan(uint64_t *bytes) {
    aclOpExecutor *executor = NULL;
    aclnnAddGetWorkspaceSize(tensor(device(16), 4), tensor(device(16), 4), one(), tensor(device(16), 4), bytes, &executor);
    return executor;
}

#define CASES(X) \
    X(host_reads_device, "host", "device memory") \
    X(host_writes_device, "host", "device memory") \
    X(host_reads_freed, "host", "device memory") \
    X(host_copies_from_device, "host", "device memory") \
    X(use_before_init, "aclrtSetDevice", "aclInit has not been called") \
    X(finalize_without_init, "aclFinalize", "aclInit has not been called") \
    X(use_after_free, "aclrtMemcpy", "after it was freed") \
    X(set_after_free, "aclrtMemset", "after it was freed") \
    X(double_free, "aclrtFree", "freed already") \
    X(free_within, "aclrtFree", "lies within the allocation") \
    X(free_of_host, "aclrtFree", "no device memory") \
    X(free_host_of_device, "aclrtFreeHost", "no host memory that aclrtMallocHost gave out") \
    X(double_free_host, "aclrtFreeHost", "no host memory that aclrtMallocHost gave out") \
    X(free_while_busy, "aclrtFree", "while a task on a stream uses it") \
    X(copy_past_the_end, "aclrtMemcpy", "of an allocation of 64") \
    X(copy_more_than_room, "aclrtMemcpy", "no more than the 8 of the destination") \
    X(copy_nothing, "aclrtMemcpy", "at least 1") \
    X(copy_wrong_way, "aclrtMemcpy", "is on the host by the kind of copy") \
    X(copy_host_as_device, "aclrtMemcpy", "no device memory") \
    X(copy_of_null, "aclrtMemcpy", "src is null") \
    X(copy_of_no_kind, "aclrtMemcpy", "no kind of copy") \
    X(copy_to_other_device, "aclrtMemcpy", "aclrtDeviceEnablePeerAccess") \
    X(copy_async_within_host, "aclrtMemcpyAsync", "no asynchronous copies within the host") \
    X(rows_within_host, "aclrtMemcpy2d", "a copy within the host found") \
    X(rows_too_many, "aclrtMemcpy2d", "rows asked") \
    X(rows_wider_than_pitch, "aclrtMemcpy2d", "no wider than the pitches") \
    X(set_past_the_end, "aclrtMemset", "of an allocation of 64") \
    X(malloc_nothing, "aclrtMalloc", "0 bytes asked") \
    X(malloc_to_null, "aclrtMalloc", "devPtr is null") \
    X(stream_destroyed_twice, "aclrtDestroyStream", "has been destroyed") \
    X(stream_destroyed_busy, "aclrtDestroyStream", "not finished") \
    X(stream_used_after_destroy, "aclrtMemsetAsync", "has been destroyed") \
    X(stream_of_other_context, "aclrtSynchronizeStream", "belongs to context") \
    X(event_as_stream, "aclrtSynchronizeStream", "another kind: event") \
    X(stream_as_event, "aclrtRecordEvent", "another kind: stream") \
    X(number_as_handle, "aclrtSynchronizeEvent", "no handle at all") \
    X(event_destroyed_twice, "aclrtDestroyEvent", "has been destroyed") \
    X(time_of_unrecorded_event, "aclrtEventElapsedTime", "has no time") \
    X(times_in_wrong_order, "aclrtEventElapsedTime", "before the start event") \
    X(event_with_unknown_flag, "aclrtCreateEventWithFlag", "of the flag") \
    X(context_with_streams_destroyed, "aclrtDestroyContext", "still has the stream") \
    X(context_of_device_destroyed, "aclrtDestroyContext", "aclrtResetDevice ends it") \
    X(device_reset_too_often, "aclrtResetDevice", "not set") \
    X(device_reset_with_stream, "aclrtResetDevice", "was not destroyed") \
    X(negative_timeout, "aclrtSynchronizeStreamWithTimeout", "a time limit above 0") \
    X(capture_of_default_stream, "aclmdlRICaptureBegin", "default stream") \
    X(capture_begun_twice, "aclmdlRICaptureBegin", "being captured already") \
    X(capture_ended_unbegun, "aclmdlRICaptureEnd", "not being captured") \
    X(wait_in_capture, "aclrtSynchronizeStream", "being captured") \
    X(copy_in_capture, "aclrtMemcpy", "while a capture runs") \
    X(fork_without_join, "aclmdlRICaptureEnd", "does not wait for") \
    X(event_from_outside_capture, "aclrtStreamWaitEvent", "not recorded in the capture") \
    X(group_outside_of_capture, "aclmdlRICaptureTaskGrpBegin", "is not being captured") \
    X(group_ended_unbegun, "aclmdlRICaptureTaskGrpEnd", "no group of tasks has been begun") \
    X(group_of_a_fill, "aclrtMemsetAsync", "takes single operators") \
    X(update_of_no_group, "aclmdlRICaptureTaskUpdateBegin", "no handle at all") \
    X(update_with_too_little, "aclmdlRICaptureTaskUpdateEnd", "the 1 operators of the group asked, 0 found") \
    X(update_with_too_much, "aclnnAdd", "nothing more asked as number 1") \
    X(update_with_another_operator, "aclnnMul", "aclnnAdd asked as number 0") \
    X(update_after_destroy, "aclmdlRICaptureTaskUpdateBegin", "has been destroyed") \
    X(replay_after_free, "aclmdlRIExecuteAsync", "after it was freed") \
    X(replay_destroyed, "aclmdlRIExecuteAsync", "has been destroyed") \
    X(callback_unsubscribed, "aclrtLaunchCallback", "aclrtSubscribeReport") \
    X(mapped_twice, "aclrtMapMem", "mapped at") \
    X(released_while_mapped, "aclrtReleaseMemAddress", "still mapped") \
    X(physical_freed_while_mapped, "aclrtFreePhysical", "still mapped") \
    X(unmapped_memory_used, "aclrtMemset", "nothing is mapped") \
    X(unknown_kernel, "aclrtLaunchKernel", "nothing is registered") \
    X(executor_used_twice, "aclnnAdd", "") \
    X(executor_of_other_operator, "aclnnMul", "planned by aclnnAddGetWorkspaceSize") \
    X(executor_after_free_of_input, "aclnnAdd", "after it was freed") \
    X(tensor_destroyed_twice, "aclDestroyTensor", "") \
    X(tensor_as_scalar, "aclDestroyScalar", "") \
    X(tensor_larger_than_memory, "aclnnAdd", "of an allocation of 8") \
    X(memory_left, "aclFinalize", "memory") \
    X(stream_left, "aclFinalize", "stream") \
    X(executor_left, "aclFinalize", "aclOpExecutor") \
    X(collective, "HcclCommDestroy", "not simulated")

extern uint32_t HcclCommDestroy(void *comm);

static volatile char sink;

static void host_reads_device(void) { sink = *(char *)device(64); }
static void host_writes_device(void) { *(char *)device(64) = 1; }
static void host_reads_freed(void) { char *a = device(64); aclrtFree(a); sink = *a; }
static void host_copies_from_device(void) { memcpy(host, device(64), 64); }
static void use_before_init(void) { aclrtSetDevice(0); }
static void finalize_without_init(void) { aclFinalize(); }
static void use_after_free(void) { void *a = device(64); aclrtFree(a); aclrtMemcpy(host, 64, a, 64, ACL_MEMCPY_DEVICE_TO_HOST); }
static void set_after_free(void) { void *a = device(64); aclrtFree(a); aclrtMemset(a, 64, 0, 64); }
static void double_free(void) { void *a = device(64); aclrtFree(a); aclrtFree(a); }
static void free_within(void) { aclrtFree((char *)device(64) + 8); }
static void free_of_host(void) { aclrtFree(host); }
static void free_host_of_device(void) { aclrtFreeHost(device(64)); }
static void double_free_host(void) { void *a = NULL; aclrtMallocHost(&a, 64); aclrtFreeHost(a); aclrtFreeHost(a); }
static void free_while_busy(void) {
    aclrtNotify notify; aclrtStream stream = busy_stream(&notify); void *a = device(64);
    aclrtMemsetAsync(a, 64, 0, 64, stream);
    aclrtFree(a);
    wake(notify, stream);
}
static void copy_past_the_end(void) { aclrtMemcpy(host, 128, device(64), 65, ACL_MEMCPY_DEVICE_TO_HOST); }
static void copy_more_than_room(void) { aclrtMemcpy(device(64), 8, host, 9, ACL_MEMCPY_HOST_TO_DEVICE); }
static void copy_nothing(void) { aclrtMemcpy(device(64), 8, host, 0, ACL_MEMCPY_HOST_TO_DEVICE); }
static void copy_wrong_way(void) { aclrtMemcpy(host, 64, device(64), 64, ACL_MEMCPY_HOST_TO_DEVICE); }
static void copy_host_as_device(void) { aclrtMemcpy(host, 64, host + 64, 64, ACL_MEMCPY_DEVICE_TO_HOST); }
static void copy_of_null(void) { aclrtMemcpy(device(64), 64, NULL, 64, ACL_MEMCPY_HOST_TO_DEVICE); }
static void copy_of_no_kind(void) { aclrtMemcpy(device(64), 64, host, 64, (aclrtMemcpyKind)99); }
static void copy_to_other_device(void) {
    void *a = device(64); aclrtSetDevice(1);
    aclrtMemcpy(device(64), 64, a, 64, ACL_MEMCPY_DEVICE_TO_DEVICE);
}
static void copy_async_within_host(void) { aclrtMemcpyAsync(host, 64, host + 64, 64, ACL_MEMCPY_HOST_TO_HOST, new_stream()); }
static void rows_within_host(void) { aclrtMemcpy2d(host, 8, host + 64, 8, 8, 2, ACL_MEMCPY_HOST_TO_HOST); }
static void rows_too_many(void) {
    size_t rows = 5 * 1024 * 1024 + 1; char *from = malloc(rows);
    aclrtMemcpy2d(device(rows), 1, from, 1, 1, rows, ACL_MEMCPY_HOST_TO_DEVICE);
    free(from);
}
static void rows_wider_than_pitch(void) { aclrtMemcpy2d(device(64), 8, host, 8, 9, 2, ACL_MEMCPY_HOST_TO_DEVICE); }
static void set_past_the_end(void) { aclrtMemset(device(64), 128, 0, 65); }
static void malloc_nothing(void) { device(0); }
static void malloc_to_null(void) { aclrtMalloc(NULL, 64, ACL_MEM_MALLOC_HUGE_FIRST); }
static void stream_destroyed_twice(void) { aclrtStream s = new_stream(); aclrtDestroyStream(s); aclrtDestroyStream(s); }
static void stream_destroyed_busy(void) {
    aclrtNotify notify; aclrtStream stream = busy_stream(&notify);
    aclrtDestroyStream(stream);
    wake(notify, stream);
}
static void stream_used_after_destroy(void) { aclrtStream s = new_stream(); aclrtDestroyStream(s); aclrtMemsetAsync(device(64), 64, 0, 64, s); }
static void stream_of_other_context(void) { aclrtStream s = new_stream(); aclrtContext c; aclrtCreateContext(&c, 0); aclrtSynchronizeStream(s); }
static void event_as_stream(void) { aclrtSynchronizeStream(new_event()); }
static void stream_as_event(void) { aclrtStream s = new_stream(); aclrtRecordEvent(s, s); }
static void number_as_handle(void) { aclrtSynchronizeEvent((aclrtEvent)0x1234); }
static void event_destroyed_twice(void) { aclrtEvent e = new_event(); aclrtDestroyEvent(e); aclrtDestroyEvent(e); }
static void time_of_unrecorded_event(void) { float ms; aclrtEventElapsedTime(&ms, new_event(), new_event()); }
static void times_in_wrong_order(void) {
    aclrtEvent a = new_event(), b = new_event(); aclrtStream s = new_stream(); float ms;
    aclrtRecordEvent(a, s); aclrtSynchronizeStream(s); aclrtRecordEvent(b, s); aclrtSynchronizeStream(s);
    aclrtEventElapsedTime(&ms, b, a);
}
static void event_with_unknown_flag(void) { aclrtEvent e; aclrtCreateEventWithFlag(&e, 0x8000); }
static void context_with_streams_destroyed(void) { aclrtContext c; aclrtCreateContext(&c, 0); new_stream(); aclrtDestroyContext(c); }
static void context_of_device_destroyed(void) { aclrtContext c; aclrtGetCurrentContext(&c); aclrtDestroyContext(c); }
static void device_reset_too_often(void) { aclrtResetDevice(0); aclrtResetDevice(0); }
static void device_reset_with_stream(void) { new_stream(); aclrtResetDevice(0); }
static void negative_timeout(void) { aclrtSynchronizeStreamWithTimeout(new_stream(), -2); }
static void capture_of_default_stream(void) { aclmdlRICaptureBegin(NULL, ACL_MODEL_RI_CAPTURE_MODE_RELAXED); }
static aclrtStream capturing(void) { aclrtStream s = new_stream(); aclmdlRICaptureBegin(s, ACL_MODEL_RI_CAPTURE_MODE_GLOBAL); return s; }
static void capture_begun_twice(void) { aclmdlRICaptureBegin(capturing(), ACL_MODEL_RI_CAPTURE_MODE_GLOBAL); }
static void capture_ended_unbegun(void) { aclmdlRI m; aclmdlRICaptureEnd(new_stream(), &m); }
static void wait_in_capture(void) { aclrtSynchronizeStream(capturing()); }
static void copy_in_capture(void) { void *a = device(64); capturing(); aclrtMemcpy(a, 64, host, 64, ACL_MEMCPY_HOST_TO_DEVICE); }
static void fork_without_join(void) {
    aclrtStream first = capturing(), second = new_stream(); aclrtEvent fork = new_event(); aclmdlRI m;
    aclrtRecordEvent(fork, first); aclrtStreamWaitEvent(second, fork);
    aclrtMemsetAsync(device(64), 64, 0, 64, second);
    aclmdlRICaptureEnd(first, &m);
}
static void event_from_outside_capture(void) { aclrtEvent e = new_event(); aclrtRecordEvent(e, NULL); aclrtStreamWaitEvent(capturing(), e); }
static aclmdlRI captured(void *address) {
    aclmdlRI model = NULL; aclrtStream s = capturing();
    aclrtMemsetAsync(address, 64, 0, 64, s);
    aclmdlRICaptureEnd(s, &model);
    return model;
}
static void replay_after_free(void) { void *a = device(64); aclmdlRI m = captured(a); aclrtFree(a); aclmdlRIExecuteAsync(m, NULL); }
static void replay_destroyed(void) { aclmdlRI m = captured(device(64)); aclmdlRIDestroy(m); aclmdlRIExecuteAsync(m, NULL); }
static void group_outside_of_capture(void) { aclmdlRICaptureTaskGrpBegin(new_stream()); }
static void group_ended_unbegun(void) { aclrtTaskGrp g; aclmdlRICaptureTaskGrpEnd(capturing(), &g); }
static void group_of_a_fill(void) {
    void *a = device(64); aclrtStream s = capturing();
    aclmdlRICaptureTaskGrpBegin(s);
    aclrtMemsetAsync(a, 64, 0, 64, s);
}
static void add(aclrtStream s) { uint64_t bytes; aclOpExecutor *e = plan(&bytes); aclnnAdd(bytes ? device(bytes) : NULL, bytes, e, s); }
// A group of one sum.
static aclrtTaskGrp grouped(aclmdlRI *model) {
    aclrtTaskGrp group = NULL; aclrtStream s = capturing();
    aclmdlRICaptureTaskGrpBegin(s); add(s); aclmdlRICaptureTaskGrpEnd(s, &group);
    aclmdlRICaptureEnd(s, model);
    return group;
}
static void update_of_no_group(void) { aclmdlRICaptureTaskUpdateBegin(new_stream(), (aclrtTaskGrp)0x1234); }
static aclrtStream updating(void) {
    aclmdlRI model; aclrtStream s = new_stream();
    aclmdlRICaptureTaskUpdateBegin(s, grouped(&model));
    return s;
}
static void update_with_too_little(void) { aclmdlRICaptureTaskUpdateEnd(updating()); }
static void update_with_too_much(void) { aclrtStream s = updating(); add(s); add(s); }
static void update_with_another_operator(void) {
    uint64_t bytes = 0; aclOpExecutor *e = NULL; aclrtStream s = updating();
    aclnnMulGetWorkspaceSize(tensor(device(16), 4), tensor(device(16), 4), tensor(device(16), 4), &bytes, &e);
    aclnnMul(bytes ? device(bytes) : NULL, bytes, e, s);
}
static void update_after_destroy(void) {
    aclmdlRI model; aclrtTaskGrp group = grouped(&model);
    aclmdlRIDestroy(model);
    aclmdlRICaptureTaskUpdateBegin(new_stream(), group);
}
static void nothing(void *argument) { (void)argument; }
static void callback_unsubscribed(void) { aclrtLaunchCallback(nothing, NULL, ACL_CALLBACK_NO_BLOCK, new_stream()); }

enum { GRANULE = 2 << 20 };
static void *reserved(aclrtDrvMemHandle *part) {
    void *address = NULL;
    aclrtPhysicalMemProp wish = {ACL_MEM_HANDLE_TYPE_NONE, ACL_MEM_ALLOCATION_TYPE_PINNED, ACL_HBM_MEM_HUGE, {0, ACL_MEM_LOCATION_TYPE_DEVICE}, 0};
    aclrtReserveMemAddress(&address, 2 * (size_t)GRANULE, 0, NULL, 1);
    aclrtMallocPhysical(part, GRANULE, &wish, 0);
    aclrtMapMem(address, GRANULE, 0, *part, 0);
    return address;
}
static void mapped_twice(void) { aclrtDrvMemHandle p; void *a = reserved(&p); aclrtMapMem(a, GRANULE, 0, p, 0); }
static void released_while_mapped(void) { aclrtDrvMemHandle p; aclrtReleaseMemAddress(reserved(&p)); }
static void physical_freed_while_mapped(void) { aclrtDrvMemHandle p; reserved(&p); aclrtFreePhysical(p); }
static void unmapped_memory_used(void) { aclrtDrvMemHandle p; void *a = reserved(&p); aclrtMemset((char *)a + GRANULE - 8, 64, 0, 64); }
static void unknown_kernel(void) {
    aclrtBinHandle binary; aclrtFuncHandle function; void *argument = NULL;
    aclrtBinaryLoadFromData("\x7f" "ELF", 4, NULL, &binary);
    aclrtBinaryGetFunction(binary, "mine", &function);
    aclrtLaunchKernel(function, 1, &argument, sizeof argument, NULL);
}
static void executor_used_twice(void) {
    uint64_t bytes; aclOpExecutor *e = plan(&bytes); void *w = bytes ? device(bytes) : NULL;
    aclnnAdd(w, bytes, e, NULL); aclrtSynchronizeStream(NULL); aclnnAdd(w, bytes, e, NULL);
}
static void executor_of_other_operator(void) { uint64_t bytes; aclOpExecutor *e = plan(&bytes); aclnnMul(bytes ? device(bytes) : NULL, bytes, e, NULL); }
static void executor_after_free_of_input(void) {
    void *a = device(16); uint64_t bytes = 0; aclOpExecutor *e = NULL;
    aclnnAddGetWorkspaceSize(tensor(a, 4), tensor(device(16), 4), one(), tensor(device(16), 4), &bytes, &e);
    aclrtFree(a);
    aclnnAdd(bytes ? device(bytes) : NULL, bytes, e, NULL);
}
static void tensor_destroyed_twice(void) { aclTensor *t = tensor(device(16), 4); aclDestroyTensor(t); aclDestroyTensor(t); }
static void tensor_as_scalar(void) { aclDestroyScalar((aclScalar *)tensor(device(16), 4)); }
static void tensor_larger_than_memory(void) {
    uint64_t bytes = 0; aclOpExecutor *e = NULL;
    aclnnAddGetWorkspaceSize(tensor(device(8), 4), tensor(device(16), 4), one(), tensor(device(16), 4), &bytes, &e);
    aclnnAdd(bytes ? device(bytes) : NULL, bytes, e, NULL);
}
static void memory_left(void) { device(64); aclFinalize(); }
static void stream_left(void) { new_stream(); aclFinalize(); }
static void executor_left(void) { uint64_t bytes; plan(&bytes); aclFinalize(); }
static void collective(void) { HcclCommDestroy(NULL); }

static const struct wrong cases[] = {CASES(ENTRY)};

static int starts_itself(void (*run)(void)) { return run == use_before_init || run == finalize_without_init; }

int main(int count, char **arguments) { return run_one_of(cases, sizeof cases / sizeof *cases, starts_itself, count, arguments); }
