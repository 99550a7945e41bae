// A program of the kind that a framework is on CANN: functions found by name when it starts, a caching allocator on segments that grow, streams per thread, executors that are
// used again, events across streams, callbacks, host memory that the device reaches, and graphs of two streams whose operators change between replays.
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "aclnn/elementwise.h"
#include "ascendcl.h"
#include "nnopbase.h"
}

#define RUNTIME(X) \
    X(aclInit) X(aclFinalize) X(aclGetRecentErrMsg) X(aclrtSetDevice) X(aclrtResetDevice) X(aclrtGetDeviceCount) X(aclrtGetCurrentContext) \
    X(aclrtSetCurrentContext) X(aclrtGetMemInfo) X(aclrtMalloc) X(aclrtMallocAlign32) X(aclrtFree) X(aclrtMallocHost) X(aclrtFreeHost) X(aclrtMemcpy) \
    X(aclrtMemcpyAsync) X(aclrtReserveMemAddress) X(aclrtReleaseMemAddress) X(aclrtMallocPhysical) X(aclrtFreePhysical) X(aclrtMapMem) X(aclrtUnmapMem) \
    X(aclrtMemGetAllocationGranularity) X(aclrtCreateStreamWithConfig) X(aclrtSetStreamFailureMode) X(aclrtDestroyStream) X(aclrtDestroyStreamForce) \
    X(aclrtSynchronizeStream) X(aclrtSynchronizeStreamWithTimeout) X(aclrtSynchronizeDevice) X(aclrtCreateEventExWithFlag) X(aclrtDestroyEvent) \
    X(aclrtRecordEvent) X(aclrtStreamWaitEvent) X(aclrtQueryEventStatus) X(aclrtSynchronizeEvent) X(aclrtEventElapsedTime) X(aclrtHostRegister) \
    X(aclrtHostUnregister) X(aclrtSubscribeReport) X(aclrtUnSubscribeReport) X(aclrtLaunchCallback) X(aclrtProcessReport) X(aclrtDeviceCanAccessPeer) \
    X(aclrtDeviceEnablePeerAccess) X(aclmdlRICaptureBegin) X(aclmdlRICaptureEnd) X(aclmdlRIExecuteAsync) X(aclmdlRIDestroy) \
    X(aclmdlRICaptureThreadExchangeMode) X(aclmdlRICaptureTaskGrpBegin) X(aclmdlRICaptureTaskGrpEnd) X(aclmdlRICaptureTaskUpdateBegin) \
    X(aclmdlRICaptureTaskUpdateEnd)
#define OPERANDS(X) \
    X(aclCreateTensor) X(aclDestroyTensor) X(aclCreateScalar) X(aclDestroyScalar) X(aclSetAclOpExecutorRepeatable) X(aclDestroyAclOpExecutor) \
    X(aclSetInputTensorAddr) X(aclSetOutputTensorAddr)
#define OPERATORS(X) X(aclnnAddGetWorkspaceSize) X(aclnnAdd) X(aclnnMulsGetWorkspaceSize) X(aclnnMuls)

namespace {

struct Cann {
#define MEMBER(name) decltype(&::name) name;
    RUNTIME(MEMBER) OPERANDS(MEMBER) OPERATORS(MEMBER)
    // Came with 9.0.
    decltype(&::aclrtLaunchHostFunc) aclrtLaunchHostFunc;

    Cann() {
        void *runtime = open("libascendcl.so"), *operands = open("libnnopbase.so"), *operators = open("libopapi.so");
#define FROM(library, name) name = reinterpret_cast<decltype(name)>(find(library, #name));
#define FROM_RUNTIME(name) FROM(runtime, name)
#define FROM_OPERANDS(name) FROM(operands, name)
#define FROM_OPERATORS(name) FROM(operators, name)
        RUNTIME(FROM_RUNTIME) OPERANDS(FROM_OPERANDS) OPERATORS(FROM_OPERATORS)
        aclrtLaunchHostFunc = reinterpret_cast<decltype(aclrtLaunchHostFunc)>(dlsym(runtime, "aclrtLaunchHostFunc"));
    }

    static void *open(const char *name) {
        void *library = dlopen(name, RTLD_NOW);
        if (!library) throw std::runtime_error(dlerror());
        return library;
    }
    static void *find(void *library, const char *name) {
        void *symbol = dlsym(library, name);
        if (!symbol) throw std::runtime_error(dlerror());
        return symbol;
    }
};

const Cann *cann;

void check(int code, const char *call) {
    if (code == 0) return;
    const char *message = cann->aclGetRecentErrMsg();
    throw std::runtime_error(std::string(call) + ": code " + std::to_string(code) + ", " + (message ? message : "no message"));
}
#define CALL(name, ...) check(static_cast<int>(cann->name(__VA_ARGS__)), #name)

void expect(bool holds, const char *what) {
    if (!holds) throw std::runtime_error(std::string("expected: ") + what);
}
#define EXPECT(condition) expect(condition, #condition)

// Blocks of one range of addresses; physical memory is mapped behind it as it is needed.
class Segments {
public:
    Segments() {
        property_ = {ACL_MEM_HANDLE_TYPE_NONE, ACL_MEM_ALLOCATION_TYPE_PINNED, ACL_HBM_MEM_HUGE, {0, ACL_MEM_LOCATION_TYPE_DEVICE}, 0};
        CALL(aclrtMemGetAllocationGranularity, &property_, ACL_RT_MEM_ALLOC_GRANULARITY_RECOMMENDED, &granule_);
        EXPECT(granule_ > 0 && room_ % granule_ == 0);
        CALL(aclrtReserveMemAddress, reinterpret_cast<void **>(&start_), room_, 0, nullptr, 1);
    }
    ~Segments() {
        for (size_t at = 0; at < handles_.size(); ++at) {
            cann->aclrtUnmapMem(start_ + at * granule_);
            cann->aclrtFreePhysical(handles_[at]);
        }
        cann->aclrtReleaseMemAddress(start_);
    }
    void *take(size_t bytes) {
        // What a framework asks for: 32 bytes more, in steps of 512.
        size_t block = (bytes + 32 + 511) / 512 * 512;
        std::lock_guard<std::mutex> lock(mutex_);
        auto &free = free_[block];
        if (!free.empty()) {
            void *found = free.back();
            free.pop_back();
            return found;
        }
        EXPECT(used_ + block <= room_);
        while (handles_.size() * granule_ < used_ + block) {
            aclrtDrvMemHandle handle;
            CALL(aclrtMallocPhysical, &handle, granule_, &property_, 0);
            CALL(aclrtMapMem, start_ + handles_.size() * granule_, granule_, 0, handle, 0);
            handles_.push_back(handle);
        }
        void *address = start_ + used_;
        used_ += block;
        return address;
    }
    void put_back(void *address, size_t bytes) {
        std::lock_guard<std::mutex> lock(mutex_);
        free_[(bytes + 32 + 511) / 512 * 512].push_back(address);
    }
    size_t mapped() const { return handles_.size(); }

private:
    const size_t room_ = size_t(64) << 20;
    aclrtPhysicalMemProp property_;
    size_t granule_ = 0, used_ = 0;
    char *start_ = nullptr;
    std::vector<aclrtDrvMemHandle> handles_;
    std::map<size_t, std::vector<void *>> free_;
    std::mutex mutex_;
};

Segments *segments;

// n floats on the device.
struct Array {
    explicit Array(int64_t n, float value = 0) : n(n), address(segments->take(bytes())) { set(value); }
    Array(const Array &) = delete;
    ~Array() { segments->put_back(address, bytes()); }
    size_t bytes() const { return static_cast<size_t>(n) * sizeof(float); }
    void set(float value) {
        std::vector<float> host(static_cast<size_t>(n), value);
        CALL(aclrtMemcpy, address, bytes(), host.data(), bytes(), ACL_MEMCPY_HOST_TO_DEVICE);
    }
    bool is(float value) const {
        std::vector<float> host(static_cast<size_t>(n));
        CALL(aclrtMemcpy, host.data(), bytes(), address, bytes(), ACL_MEMCPY_DEVICE_TO_HOST);
        for (float found : host) {
            if (found != value) return false;
        }
        return true;
    }
    int64_t n;
    void *address;
};

aclTensor *tensor(void *address, int64_t n) {
    const int64_t stride = 1;
    return cann->aclCreateTensor(&n, 1, ACL_FLOAT, &stride, 0, ACL_FORMAT_ND, &n, 1, address);
}

aclScalar *scalar(float value) { return cann->aclCreateScalar(&value, ACL_FLOAT); }

struct Stream {
    Stream() {
        CALL(aclrtCreateStreamWithConfig, &handle, 0, ACL_STREAM_FAST_LAUNCH | ACL_STREAM_FAST_SYNC);
        CALL(aclrtSetStreamFailureMode, handle, ACL_STOP_ON_FAILURE);
    }
    ~Stream() {
        // A stream may be destroyed when its tasks are done, says its document.
        cann->aclrtSynchronizeStream(handle);
        cann->aclrtDestroyStream(handle);
    }
    void wait() const { CALL(aclrtSynchronizeStreamWithTimeout, handle, 3600000); }
    aclrtStream handle = nullptr;
};

struct Event {
    Event() { CALL(aclrtCreateEventExWithFlag, &handle, ACL_EVENT_SYNC | ACL_EVENT_TIME_LINE); }
    ~Event() { cann->aclrtDestroyEvent(handle); }
    aclrtEvent handle = nullptr;
};

// y = x * factor, an operator that is planned each time. Its workspace goes back when the stream is done.
void scale(void *x, float factor, void *y, int64_t n, const Stream &stream) {
    aclTensor *from = tensor(x, n), *to = tensor(y, n);
    aclScalar *by = scalar(factor);
    uint64_t bytes = 0;
    aclOpExecutor *executor = nullptr;
    CALL(aclnnMulsGetWorkspaceSize, from, by, to, &bytes, &executor);
    void *workspace = bytes ? segments->take(bytes) : nullptr;
    CALL(aclnnMuls, workspace, bytes, executor, stream.handle);
    if (workspace) segments->put_back(workspace, bytes);
    cann->aclDestroyTensor(from);
    cann->aclDestroyTensor(to);
    cann->aclDestroyScalar(by);
}

// out = a + b by one executor, whose tensors move.
class Adder {
public:
    explicit Adder(int64_t n) : n_(n), a_(n), b_(n), out_(n), alpha_(scalar(1)) {
        tensors_ = {tensor(a_.address, n), tensor(b_.address, n), tensor(out_.address, n)};
        CALL(aclnnAddGetWorkspaceSize, tensors_[0], tensors_[1], alpha_, tensors_[2], &bytes_, &executor_);
        CALL(aclSetAclOpExecutorRepeatable, executor_);
        if (bytes_) workspace_ = segments->take(bytes_);
    }
    ~Adder() {
        cann->aclDestroyAclOpExecutor(executor_);
        for (aclTensor *each : tensors_) cann->aclDestroyTensor(each);
        cann->aclDestroyScalar(alpha_);
        if (workspace_) segments->put_back(workspace_, bytes_);
    }
    void run(const Array &a, const Array &b, Array &out, const Stream &stream) {
        EXPECT(a.n == n_ && b.n == n_ && out.n == n_);
        CALL(aclSetInputTensorAddr, executor_, 0, tensors_[0], a.address);
        CALL(aclSetInputTensorAddr, executor_, 1, tensors_[1], b.address);
        CALL(aclSetOutputTensorAddr, executor_, 0, tensors_[2], out.address);
        CALL(aclnnAdd, workspace_, bytes_, executor_, stream.handle);
    }

private:
    int64_t n_;
    Array a_, b_, out_;
    aclScalar *alpha_;
    std::vector<aclTensor *> tensors_;
    uint64_t bytes_ = 0;
    aclOpExecutor *executor_ = nullptr;
    void *workspace_ = nullptr;
};

void executors_in_threads() {
    std::vector<std::thread> threads;
    std::atomic<int> right{0};
    std::mutex mutex;
    std::string first;
    for (int thread = 0; thread < 4; ++thread) {
        threads.emplace_back([thread, &right, &mutex, &first] {
            try {
                CALL(aclrtSetDevice, 0);
                Stream stream;
                Adder adder(1000 + thread);
                Array x(1000 + thread, 1), sum(1000 + thread);
                for (int round = 0; round < 50; ++round) {
                    Array y(1000 + thread, static_cast<float>(round + thread));
                    adder.run(x, y, sum, stream);
                    stream.wait();
                    if (sum.is(static_cast<float>(round + thread + 1))) ++right;
                }
            } catch (const std::exception &error) {
                std::lock_guard<std::mutex> lock(mutex);
                first = error.what();
            }
        });
    }
    for (auto &thread : threads) thread.join();
    if (!first.empty()) throw std::runtime_error(first);
    EXPECT(right == 200);
}

void events_across_streams() {
    Stream producer, consumer;
    Event begun, made, used;
    Array x(5000, 1), y(5000), z(5000);
    CALL(aclrtRecordEvent, begun.handle, producer.handle);
    for (int round = 0; round < 20; ++round) {
        scale(x.address, static_cast<float>(round), y.address, y.n, producer);
        CALL(aclrtRecordEvent, made.handle, producer.handle);
        CALL(aclrtStreamWaitEvent, consumer.handle, made.handle);
        scale(y.address, 2, z.address, z.n, consumer);
        CALL(aclrtRecordEvent, used.handle, consumer.handle);
        CALL(aclrtStreamWaitEvent, producer.handle, used.handle);
    }
    CALL(aclrtSynchronizeEvent, used.handle);
    aclrtEventRecordedStatus status = ACL_EVENT_RECORDED_STATUS_NOT_READY;
    CALL(aclrtQueryEventStatus, used.handle, &status);
    EXPECT(status == ACL_EVENT_RECORDED_STATUS_COMPLETE);
    float ms = -1;
    CALL(aclrtEventElapsedTime, &ms, begun.handle, used.handle);
    EXPECT(ms >= 0 && z.is(38));
}

void pinned_and_registered_host_memory() {
    Stream stream;
    const size_t bytes = 4096;
    void *pinned = nullptr, *mine = nullptr, *seen = nullptr;
    CALL(aclrtMallocHost, &pinned, bytes);
    static_cast<float *>(pinned)[0] = 7;
    Array x(bytes / sizeof(float));
    CALL(aclrtMemcpyAsync, x.address, bytes, pinned, bytes, ACL_MEMCPY_HOST_TO_DEVICE, stream.handle);
    CALL(aclrtMemcpyAsync, static_cast<char *>(pinned) + 64, 64, x.address, 64, ACL_MEMCPY_DEVICE_TO_HOST, stream.handle);
    stream.wait();
    EXPECT(static_cast<float *>(pinned)[16] == 7);
    // A ring that the host writes and an operator reads where it is.
    EXPECT(posix_memalign(&mine, 4096, bytes) == 0);
    for (size_t at = 0; at < bytes / sizeof(float); ++at) static_cast<float *>(mine)[at] = 3;
    CALL(aclrtHostRegister, mine, bytes, ACL_HOST_REGISTER_MAPPED, &seen);
    scale(seen, 5, x.address, x.n, stream);
    stream.wait();
    EXPECT(x.is(15));
    scale(x.address, 2, seen, x.n, stream);
    stream.wait();
    EXPECT(static_cast<float *>(mine)[9] == 30);
    CALL(aclrtHostUnregister, mine);
    free(mine);
    CALL(aclrtFreeHost, pinned);
}

void append(void *text) { static_cast<std::string *>(text)->append("c"); }

void callbacks() {
    Stream stream;
    Array x(64, 1);
    std::string order;
    aclrtContext context;
    CALL(aclrtGetCurrentContext, &context);
    std::atomic<bool> ends{false};
    std::thread reports([context, &ends] {
        cann->aclrtSetCurrentContext(context);
        while (!ends) cann->aclrtProcessReport(20);
    });
    // Codes of what follows are looked at when the thread has ended.
    int codes[4] = {0, 0, 0, 0};
    codes[0] = cann->aclrtSubscribeReport(static_cast<uint64_t>(reports.native_handle()), stream.handle);
    for (int round = 0; round < 3 && codes[1] == 0; ++round) codes[1] = cann->aclrtLaunchCallback(append, &order, ACL_CALLBACK_BLOCK, stream.handle);
    codes[2] = cann->aclrtSynchronizeStream(stream.handle);
    codes[3] = cann->aclrtUnSubscribeReport(static_cast<uint64_t>(reports.native_handle()), stream.handle);
    ends = true;
    reports.join();
    for (int code : codes) check(code, "callbacks");
    EXPECT(order == "ccc");
    if (cann->aclrtLaunchHostFunc) {
        CALL(aclrtLaunchHostFunc, stream.handle, append, &order);
        stream.wait();
        EXPECT(order == "cccc");
    }
}

// b = 2a on one stream, c = 3a on another, d = b + c on the first.
void graph_of_two_streams() {
    Stream first, second, updates;
    Event fork, join;
    Array a(300, 1), b(300), c(300), d(300);
    Adder adder(300);
    aclmdlRI graph = nullptr;
    aclrtTaskGrp group = nullptr;
    aclmdlRICaptureMode mode = ACL_MODEL_RI_CAPTURE_MODE_RELAXED;
    CALL(aclmdlRICaptureThreadExchangeMode, &mode);
    CALL(aclmdlRICaptureBegin, first.handle, ACL_MODEL_RI_CAPTURE_MODE_RELAXED);
    CALL(aclrtRecordEvent, fork.handle, first.handle);
    CALL(aclrtStreamWaitEvent, second.handle, fork.handle);
    scale(a.address, 2, b.address, b.n, first);
    CALL(aclmdlRICaptureTaskGrpBegin, second.handle);
    scale(a.address, 3, c.address, c.n, second);
    CALL(aclmdlRICaptureTaskGrpEnd, second.handle, &group);
    CALL(aclrtRecordEvent, join.handle, second.handle);
    CALL(aclrtStreamWaitEvent, first.handle, join.handle);
    adder.run(b, c, d, first);
    CALL(aclmdlRICaptureEnd, first.handle, &graph);
    CALL(aclmdlRICaptureThreadExchangeMode, &mode);
    EXPECT(d.is(0));
    for (int round = 1; round <= 3; ++round) {
        a.set(static_cast<float>(round));
        CALL(aclmdlRIExecuteAsync, graph, first.handle);
        first.wait();
        EXPECT(d.is(static_cast<float>(5 * round)));
    }
    // c = 10a from here on.
    Event updated;
    CALL(aclmdlRICaptureTaskUpdateBegin, updates.handle, group);
    scale(a.address, 10, c.address, c.n, updates);
    CALL(aclmdlRICaptureTaskUpdateEnd, updates.handle);
    CALL(aclrtRecordEvent, updated.handle, updates.handle);
    CALL(aclrtStreamWaitEvent, first.handle, updated.handle);
    CALL(aclmdlRIExecuteAsync, graph, first.handle);
    first.wait();
    EXPECT(d.is(36));
    CALL(aclmdlRIDestroy, graph);
}

void two_devices() {
    void *here = nullptr, *there = nullptr;
    int32_t can = 0;
    float value = 11, found = 0;
    CALL(aclrtMallocAlign32, &here, 512, ACL_MEM_MALLOC_HUGE_FIRST);
    CALL(aclrtMemcpy, here, 4, &value, 4, ACL_MEMCPY_HOST_TO_DEVICE);
    CALL(aclrtDeviceCanAccessPeer, &can, 0, 1);
    EXPECT(can == 1);
    CALL(aclrtDeviceEnablePeerAccess, 1, 0);
    CALL(aclrtSetDevice, 1);
    CALL(aclrtDeviceEnablePeerAccess, 0, 0);
    CALL(aclrtMallocAlign32, &there, 512, ACL_MEM_MALLOC_HUGE_FIRST);
    {
        Stream stream;
        CALL(aclrtMemcpyAsync, there, 4, here, 4, ACL_MEMCPY_DEVICE_TO_DEVICE, stream.handle);
        stream.wait();
    }
    CALL(aclrtMemcpy, &found, 4, there, 4, ACL_MEMCPY_DEVICE_TO_HOST);
    EXPECT(found == 11);
    CALL(aclrtFree, there);
    CALL(aclrtResetDevice, 1);
    CALL(aclrtSetDevice, 0);
    CALL(aclrtFree, here);
}

}  // namespace

int main() {
    try {
        static const Cann functions;
        cann = &functions;
        CALL(aclInit, nullptr);
        CALL(aclrtSetDevice, 0);
        {
            Segments all;
            segments = &all;
            size_t free_before = 0, free_after = 0, total = 0;
            CALL(aclrtGetMemInfo, ACL_HBM_MEM, &free_before, &total);
            executors_in_threads();
            CALL(aclrtGetMemInfo, ACL_HBM_MEM, &free_after, &total);
            EXPECT(all.mapped() > 0 && free_after < free_before);
            events_across_streams();
            pinned_and_registered_host_memory();
            callbacks();
            graph_of_two_streams();
            two_devices();
            CALL(aclrtSynchronizeDevice);
        }
        // Each thread has set the device once more.
        for (int users = 0; users < 6; ++users) cann->aclrtResetDevice(0);
        CALL(aclFinalize);
        std::puts("right");
        return 0;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
