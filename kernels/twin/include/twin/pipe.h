// On-chip buffers: TPipe hands out space and event ids, TBuf is a piece of space, TQue a ring of pieces whose flags it sets and waits for itself.
#pragma once
#include "twin/sync.h"

namespace AscendC {
template <TPosition pos = TPosition::LCM> class TBuf {
public:
    template <typename T> LocalTensor<T> Get() { return Get<T>(static_cast<uint32_t>(bytes_ / sizeof(T))); }
    template <typename T> LocalTensor<T> Get(uint32_t len) {
        LocalTensor<T> tensor;
        tensor.TwinPlace(pos, start_, start_ + bytes_, len);
        return tensor;
    }
    template <typename T> LocalTensor<T> GetWithOffset(uint32_t size, uint32_t bufOffset) {
        LocalTensor<T> tensor;
        tensor.TwinPlace(pos, start_ + bufOffset, start_ + bytes_, size);
        return tensor;
    }

private:
    friend class TPipe;
    uint64_t start_ = 0;
    uint64_t bytes_ = 0;
};

/// The two flags of a queue's ring: filled by the producing pipe, emptied by the consuming one.
constexpr HardEvent TwinFilled(TPosition src, TPosition dst) {
    if (src == TPosition::GM) return dst == TPosition::VECIN ? HardEvent::MTE2_V : HardEvent::MTE2_MTE1;
    if (src == TPosition::VECIN) return HardEvent::MTE2_MTE3;
    if (src == TPosition::VECCALC && dst == TPosition::VECCALC) return HardEvent::V_V;
    if (src == TPosition::A1 || src == TPosition::B1 || src == TPosition::C1) return HardEvent::MTE1_M;
    if (src == TPosition::CO1) return HardEvent::M_FIX;
    return HardEvent::V_MTE3;
}
constexpr HardEvent TwinEmptied(TPosition src, TPosition dst) {
    if (src == TPosition::GM) return dst == TPosition::VECIN ? HardEvent::V_MTE2 : HardEvent::MTE1_MTE2;
    if (src == TPosition::VECIN) return HardEvent::MTE3_MTE2;
    if (src == TPosition::VECCALC && dst == TPosition::VECCALC) return HardEvent::V_V;
    if (src == TPosition::A1 || src == TPosition::B1 || src == TPosition::C1) return HardEvent::M_MTE1;
    if (src == TPosition::CO1) return HardEvent::FIX_M;
    return HardEvent::MTE3_V;
}

template <TPosition src, TPosition dst, int32_t depth, auto mask = 0> class TQueBind {
public:
    template <typename T> LocalTensor<T> AllocTensor(TWIN_AT) {
        for (int tries = 0; tries < number_; ++tries, head_ = (head_ + 1) % number_) {
            Slot& slot = slots_[head_];
            if (slot.state != Idle) continue;
            if (slot.emptied >= 0) {
                ::twin::wait_flag(Emptied(), slot.emptied, at);
                ::twin::event_release(Emptied(), slot.emptied, at);
                slot.emptied = -1;
            }
            slot.state = Held;
            LocalTensor<T> tensor;
            tensor.TwinPlace(Position(), slot.start, slot.start + bytes_, static_cast<uint32_t>(bytes_ / sizeof(T)));
            head_ = (head_ + 1) % number_;
            return tensor;
        }
        ::twin::refuse("queue", at, "AllocTensor on a queue whose %d buffers are all taken; free one first", number_);
    }
    template <typename T> bool EnQue(const LocalTensor<T>& tensor, TWIN_AT) {
        int index = Find(tensor.GetPhyAddr(), Held, "EnQue", at);
        Slot& slot = slots_[index];
        if (queued_ == kMost) ::twin::refuse("queue", at, "EnQue on a full queue");
        slot.filled = ::twin::event_alloc(Filled(), at, true);
        ::twin::set_flag(Filled(), slot.filled, at);
        slot.state = Queued;
        order_[(first_ + queued_++) % kMost] = index;
        return true;
    }
    template <typename T> LocalTensor<T> DeQue(TWIN_AT) {
        if (queued_ == 0) ::twin::refuse("queue", at, "DeQue on an empty queue");
        Slot& slot = slots_[order_[first_]];
        first_ = (first_ + 1) % kMost;
        --queued_;
        ::twin::wait_flag(Filled(), slot.filled, at);
        ::twin::event_release(Filled(), slot.filled, at);
        slot.state = Held;
        LocalTensor<T> tensor;
        tensor.TwinPlace(Position(), slot.start, slot.start + bytes_, static_cast<uint32_t>(bytes_ / sizeof(T)));
        return tensor;
    }
    template <typename T> void FreeTensor(LocalTensor<T>& tensor, TWIN_AT) {
        Slot& slot = slots_[Find(tensor.GetPhyAddr(), Held, "FreeTensor", at)];
        slot.emptied = ::twin::event_alloc(Emptied(), at, true);
        ::twin::set_flag(Emptied(), slot.emptied, at);
        slot.state = Idle;
    }
    bool VacantInQue() const { return queued_ < depth; }
    bool HasTensorInQue() const { return queued_ > 0; }
    int32_t GetTensorCountInQue() const { return queued_; }
    bool HasIdleBuffer() const {
        for (int i = 0; i < number_; ++i)
            if (slots_[i].state == Idle) return true;
        return false;
    }
    void FreeAllEvent(TWIN_AT) {
        for (int i = 0; i < number_; ++i) {
            if (slots_[i].emptied < 0) continue;
            ::twin::wait_flag(Emptied(), slots_[i].emptied, at);
            ::twin::event_release(Emptied(), slots_[i].emptied, at);
            slots_[i].emptied = -1;
        }
    }

private:
    friend class TPipe;
    static constexpr int kMost = 16;
    enum State : uint8_t { Idle, Held, Queued };
    struct Slot {
        uint64_t start = 0;
        int8_t filled = -1;
        int8_t emptied = -1;
        State state = Idle;
    };
    static constexpr HardEvent Filled() { return TwinFilled(src, dst); }
    static constexpr HardEvent Emptied() { return TwinEmptied(src, dst); }
    static constexpr TPosition Position() { return dst == TPosition::GM || src == TPosition::VECIN ? src : dst; }
    int Find(uint64_t start, State state, const char* call, ::twin::At at) const {
        for (int i = 0; i < number_; ++i)
            if (slots_[i].start == start && slots_[i].state == state) return i;
        ::twin::refuse("queue", at, "%s of a tensor that this queue has not handed out", call);
    }
    Slot slots_[kMost];
    int order_[kMost] = {};
    uint64_t bytes_ = 0;
    int number_ = 0;
    int head_ = 0;
    int first_ = 0;
    int queued_ = 0;
};

/// The far end of a queue at one position: what comes from GM for inputs, what goes to GM for outputs.
constexpr TPosition TwinSource(TPosition pos) {
    switch (pos) {
        case TPosition::VECIN: case TPosition::A1: case TPosition::B1: case TPosition::C1: return TPosition::GM;
        case TPosition::A2: return TPosition::A1;
        case TPosition::B2: return TPosition::B1;
        default: return pos;
    }
}
constexpr TPosition TwinTarget(TPosition pos) {
    switch (pos) {
        case TPosition::VECOUT: case TPosition::CO1: return TPosition::GM;
        default: return pos;
    }
}
template <TPosition pos, int32_t depth, auto mask = 0> class TQue : public TQueBind<TwinSource(pos), TwinTarget(pos), depth, mask> {};

// On a cube core it sets M_MTE1 0 to 2 when it is made, for the matrix products of higher layers, and waits for them when it is destroyed (kernel_tpipe_impl.h).
class TPipe {
public:
    TPipe() { ::twin::pipe_events(true); }
    ~TPipe() { Destroy(); }
    void Init() {}
    void Reset() {
        ::twin::release_buffers();
        buffers_ = 0;
    }
    void Destroy() { ::twin::pipe_events(false); }
    template <class T> bool InitBuffer(T& que, uint8_t num, uint32_t len, TWIN_AT) {
        if (num > T::kMost) ::twin::refuse("capacity", at, "InitBuffer of %d buffers; a queue has at most %d", num, T::kMost);
        Count(num, at);
        que.number_ = num;
        que.bytes_ = (uint64_t{len} + 31) / 32 * 32;
        for (int i = 0; i < num; ++i) que.slots_[i].start = ::twin::allocate(::twin::space_of(T::Position()), que.bytes_, at);
        return true;
    }
    template <TPosition pos> bool InitBuffer(TBuf<pos>& buf, uint32_t len, TWIN_AT) {
        Count(1, at);
        buf.bytes_ = (uint64_t{len} + 31) / 32 * 32;
        buf.start_ = ::twin::allocate(::twin::space_of(pos), buf.bytes_, at);
        return true;
    }
    template <HardEvent evt> TEventID AllocEventID(TWIN_AT) { return ::twin::event_alloc(evt, at); }
    template <HardEvent evt> void ReleaseEventID(TEventID id, TWIN_AT) { ::twin::event_release(evt, id, at); }
    template <HardEvent evt> TEventID FetchEventID(TWIN_AT) { return ::twin::event_fetch(evt, at); }
    TEventID FetchEventID(HardEvent evt, TWIN_AT) { return ::twin::event_fetch(evt, at); }

private:
    void Count(uint32_t buffers, ::twin::At at) {
        buffers_ += buffers;
        if (buffers_ > 64) ::twin::refuse("capacity", at, "InitBuffer of buffer %u; a TPipe keeps at most 64", buffers_);
    }
    uint32_t buffers_ = 0;
};

/// Space of one memory, handed out from its start, in a kernel without a TPipe (CANN 9).
template <Hardware hard = Hardware::UB> class LocalMemAllocator {
public:
    uint32_t GetCurAddr() const { return next_; }
    template <TPosition pos, class T, uint32_t tileSize> LocalTensor<T> Alloc(TWIN_AT) { return Alloc<pos, T>(tileSize, at); }
    template <TPosition pos, class T> LocalTensor<T> Alloc(uint32_t tileSize, TWIN_AT) {
        static_assert(Of(::twin::space_of(pos)) == hard, "the position lies in another memory");
        const uint64_t start = ::twin::allocate(::twin::space_of(pos), (uint64_t{tileSize} * sizeof(T) + 31) / 32 * 32, at);
        next_ = static_cast<uint32_t>(start + (uint64_t{tileSize} * sizeof(T) + 31) / 32 * 32);
        return LocalTensor<T>(pos, static_cast<uint32_t>(start), tileSize);
    }

private:
    static constexpr Hardware Of(::twin::Space space) {
        switch (space) {
            case ::twin::Space::UB: return Hardware::UB;
            case ::twin::Space::L1: return Hardware::L1;
            case ::twin::Space::L0A: return Hardware::L0A;
            case ::twin::Space::L0B: return Hardware::L0B;
            case ::twin::Space::L0C: return Hardware::L0C;
            case ::twin::Space::BT: return Hardware::BIAS;
            case ::twin::Space::FB: return Hardware::FIXBUF;
            default: return Hardware::GM;
        }
    }
    uint32_t next_ = 0;
};
}  // namespace AscendC
