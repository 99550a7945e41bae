// Tensors in global memory and on the chip: an address, an element type and an extent. No data lives here.
#pragma once
#include "twin/calls.h"

namespace AscendC {
template <typename T> class GlobalTensor {
public:
    using PrimType = T;
    void SetGlobalBuffer(__gm__ T* buffer, uint64_t bufferSize) {
        start_ = reinterpret_cast<uint64_t>(buffer);
        size_ = bufferSize;
    }
    void SetGlobalBuffer(__gm__ T* buffer) { SetGlobalBuffer(buffer, 0); }
    const __gm__ T* GetPhyAddr() const { return reinterpret_cast<const T*>(start_); }
    __gm__ T* GetPhyAddr(const uint64_t offset) const { return reinterpret_cast<T*>(start_ + offset * sizeof(T)); }
    T GetValue(const uint64_t offset, TWIN_AT) const {
        uint64_t bits = ::twin::scalar_load(Element(offset), at);
        T value;
        __builtin_memcpy(&value, &bits, sizeof(T));
        return value;
    }
    void SetValue(const uint64_t offset, T value, TWIN_AT) { ::twin::scalar_store(Element(offset), ::twin::value_of(value).bits, at); }
    uint64_t GetSize() const { return size_; }
    GlobalTensor operator[](const uint64_t offset) const {
        GlobalTensor tensor = *this;
        tensor.start_ += offset * sizeof(T);
        tensor.size_ = size_ > offset ? size_ - offset : 0;
        return tensor;
    }
    template <CacheRwMode rwMode = CacheRwMode::RW> void SetL2CacheHint(CacheMode) {}
    ::twin::Ref TwinRef() const { return {::twin::Space::GM, ::twin::type_of<T>(), start_, size_ ? start_ + size_ * sizeof(T) : UINT64_MAX}; }

private:
    ::twin::Ref Element(uint64_t offset) const { return {::twin::Space::GM, ::twin::type_of<T>(), start_ + offset * sizeof(T), start_ + (offset + 1) * sizeof(T)}; }
    uint64_t start_ = 0;
    uint64_t size_ = 0;
};

template <typename T> class LocalTensor {
public:
    using PrimType = T;
    LocalTensor() = default;
    LocalTensor(TPosition pos, uint32_t addr, uint32_t tileSize) : position_(pos), start_(addr), end_(addr + tileSize * sizeof(T)), size_(tileSize) {}
    T GetValue(const uint32_t index, TWIN_AT) const {
        uint64_t bits = ::twin::scalar_load(Element(index), at);
        T value;
        __builtin_memcpy(&value, &bits, sizeof(T));
        return value;
    }
    template <typename S> void SetValue(const uint32_t index, const S value, TWIN_AT) const {
        T element = static_cast<T>(value);
        ::twin::scalar_store(Element(index), ::twin::value_of(element).bits, at);
    }
    LocalTensor operator[](const uint32_t offset) const {
        LocalTensor tensor = *this;
        tensor.start_ += offset * sizeof(T);
        tensor.size_ = size_ > offset ? size_ - offset : 0;
        return tensor;
    }
    template <typename U> LocalTensor<U> ReinterpretCast() const {
        LocalTensor<U> tensor;
        tensor.TwinPlace(position_, start_, end_, static_cast<uint32_t>(uint64_t{size_} * sizeof(T) / sizeof(U)));
        return tensor;
    }
    uint32_t GetSize() const { return size_; }
    void SetSize(const uint32_t size) { size_ = size; }
    uint64_t GetPhyAddr() const { return start_; }
    int32_t GetPosition() const { return static_cast<int32_t>(position_); }
    ::twin::Ref TwinRef() const { return {::twin::space_of(position_), ::twin::type_of<T>(), start_, end_}; }
    void TwinPlace(TPosition position, uint64_t start, uint64_t end, uint32_t size) {
        position_ = position;
        start_ = start;
        end_ = end;
        size_ = size;
    }

private:
    ::twin::Ref Element(uint32_t index) const {
        uint64_t start = start_ + uint64_t{index} * sizeof(T);
        return {::twin::space_of(position_), ::twin::type_of<T>(), start, end_};
    }
    TPosition position_ = TPosition::VECCALC;
    uint64_t start_ = 0;
    uint64_t end_ = 0;
    uint32_t size_ = 0;
};
}  // namespace AscendC
