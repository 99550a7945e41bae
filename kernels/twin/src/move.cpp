// Copies: between global memory and the chip, on the chip, and the one that makes fractals of a row-major matrix.
#include <algorithm>

#include "core.h"
#include "numeric.h"
#include "rates.h"

namespace twin {
namespace {
Entry move_entry(const char* name, At at) {
    Entry entry;
    entry.name = name;
    entry.at = at;
    return entry;
}
Region rows_region(const Ref& ref, uint64_t bytes, uint64_t count, uint64_t step) { return {ref.space, ref.addr, bytes, count, step}; }

int lane_between(Space to, Space from, const char* op, At at) {
    if (from == Space::GM) return MTE2;
    if (to == Space::GM) return MTE3;
    if (from == Space::UB && to == Space::UB) return V;
    if (from == Space::L1 && to == Space::BT) return MTE1;
    if (from == Space::L1 && to == Space::FB) return FIX;
    refuse_at("core-type", &core(), -1, op, at, std::string("there is no way from ") + space_name(from) + " to " + space_name(to) + " on this chip");
}

void within(const Ref& ref, uint64_t span, const char* what, const char* op, At at) {
    if (ref.addr + span > ref.end) {
        refuse_at("capacity", &core(), -1, op, at,
                  std::string(what) + " needs " + std::to_string(span) + " bytes; its buffer ends after " + std::to_string(ref.end > ref.addr ? ref.end - ref.addr : 0));
    }
}

void combine(Type type, uint8_t kind, uint8_t* to, const uint8_t* from, uint64_t bytes) {
    const uint32_t size = type_size(type);
    for (uint64_t i = 0; i + size <= bytes; i += size) {
        double old = load(type, to + i), value = load(type, from + i);
        store(type, to + i, kind == 1 ? old + value : std::max(old, value));
    }
}
}  // namespace

/// Bytes into global memory, as the atomic mode of the instruction says.
void store_global(uint8_t atomic, Type type, uint8_t* to, const uint8_t* from, uint64_t bytes) {
    if (atomic == 0) memmove(to, from, bytes);
    else combine(type, atomic, to, from, bytes);
}

void copy(Ref to, Ref from, Rows rows, At at) {
    const char* op = "DataCopy";
    const int lane = lane_between(to.space, from.space, op, at);
    need_field(rows.count <= 4095, op, "blockCount", rows.count, 0, 4095, at);
    if (rows.bytes % 32 != 0)
        refuse_at("alignment", &core(), lane, op, at, "moves " + std::to_string(rows.bytes) + " bytes; DataCopy moves multiples of 32, DataCopyPad any number");
    if (rows.count == 0 || rows.bytes == 0) return;
    if (from.space != Space::GM) need_alignment(from, 32, "the source", op, at);
    if (to.space != Space::GM) need_alignment(to, to.space == Space::BT || to.space == Space::FB ? 64 : 32, "the destination", op, at);
    Entry entry = move_entry(op, at);
    const Region source = rows_region(from, rows.bytes, rows.count, rows.from_step), target = rows_region(to, rows.bytes, rows.count, rows.to_step);
    within(from, source.span(), "the source", op, at);
    within(to, target.span(), "the destination", op, at);
    entry.reads = {source};
    entry.writes = {target};
    if (to.space == Space::GM) entry.atomic = core().atomic;
    if (from.space != Space::GM && to.space != Space::GM) entry.cycles = rate(Rate::VectorStart) + static_cast<double>(source.total()) / 256 * rate(Rate::VectorRepeat);
    const uint8_t atomic = entry.atomic;
    const Type type = core().atomic_type;
    entry.run = [=, &self = core()] {
        for (uint32_t i = 0; i < rows.count; ++i) {
            uint8_t* d = bytes_of(self, to, i * rows.to_step);
            const uint8_t* s = bytes_of(self, from, i * rows.from_step);
            store_global(atomic, type, d, s, rows.bytes);
        }
    };
    issue(lane, std::move(entry));
}

void copy_pad_in(Ref to, Ref from, const DataCopyExtParams& p, Pad pad, At at) {
    const char* op = "DataCopyPad";
    const uint32_t size = type_size(to.type);
    const int lane = lane_between(to.space, from.space, op, at);
    need_field(p.blockCount <= 4095, op, "blockCount", p.blockCount, 0, 4095, at);
    need_field(p.blockLen <= 2097151, op, "blockLen", p.blockLen, 0, 2097151, at);
    need_field(pad.left * size <= 32, op, "leftPadding", pad.left, 0, 32 / size, at);
    need_field(pad.right * size <= 32, op, "rightPadding", pad.right, 0, 32 / size, at);
    need_alignment(to, 32, "the destination", op, at);
    if (p.blockCount == 0 || p.blockLen == 0) return;
    const uint64_t left = pad.is_pad ? pad.left * size : 0, right = pad.is_pad ? pad.right * size : 0;
    const uint64_t written = left + p.blockLen + right, room = (written + 31) / 32 * 32;
    const uint64_t from_step = uint64_t{p.blockLen} + p.srcStride, to_step = room + uint64_t{p.dstStride} * 32;
    Entry entry = move_entry(op, at);
    // The filler up to 32 bytes is written, but with nothing that may be read.
    entry.self_checked = true;
    entry.reads = {rows_region(from, p.blockLen, p.blockCount, from_step)};
    entry.writes = {rows_region(to, room, p.blockCount, to_step)};
    within(from, entry.reads[0].span(), "the source", op, at);
    within(to, entry.writes[0].span(), "the destination", op, at);
    entry.run = [=, &self = core()] {
        for (uint32_t i = 0; i < p.blockCount; ++i) {
            uint8_t* d = bytes_of(self, to, i * to_step);
            uint8_t* valid = self.valid(to.space) + to.addr + i * to_step;
            for (uint64_t j = 0; j < left; j += size) memcpy(d + j, &pad.bits, size);
            memcpy(d + left, bytes_of(self, from, i * from_step), p.blockLen);
            for (uint64_t j = 0; j < right; j += size) memcpy(d + left + p.blockLen + j, &pad.bits, size);
            memset(valid, 1, written);
            memset(valid + written, 0, room - written);
        }
    };
    issue(lane, std::move(entry));
}

void copy_pad_out(Ref to, Ref from, const DataCopyExtParams& p, At at) {
    const char* op = "DataCopyPad";
    const int lane = lane_between(to.space, from.space, op, at);
    need_field(p.blockCount <= 4095, op, "blockCount", p.blockCount, 0, 4095, at);
    need_field(p.blockLen <= 2097151, op, "blockLen", p.blockLen, 0, 2097151, at);
    need_alignment(from, 32, "the source", op, at);
    if (p.blockCount == 0 || p.blockLen == 0) return;
    const uint64_t room = (uint64_t{p.blockLen} + 31) / 32 * 32;
    const uint64_t from_step = room + uint64_t{p.srcStride} * 32, to_step = uint64_t{p.blockLen} + p.dstStride;
    Entry entry = move_entry(op, at);
    entry.reads = {rows_region(from, p.blockLen, p.blockCount, from_step)};
    entry.writes = {rows_region(to, p.blockLen, p.blockCount, to_step)};
    within(from, entry.reads[0].span(), "the source", op, at);
    within(to, entry.writes[0].span(), "the destination", op, at);
    entry.atomic = core().atomic;
    const uint8_t atomic = entry.atomic;
    const Type type = core().atomic_type;
    entry.run = [=, &self = core()] {
        for (uint32_t i = 0; i < p.blockCount; ++i) {
            uint8_t* d = bytes_of(self, to, i * to_step);
            const uint8_t* s = bytes_of(self, from, i * from_step);
            store_global(atomic, type, d, s, p.blockLen);
        }
    };
    issue(lane, std::move(entry));
}

void copy_nd2nz(Ref to, Ref from, const Nd2NzParams& p, At at) {
    const char* op = "DataCopy nd2nz";
    const uint64_t size = type_size(to.type), c0 = 32 / size;
    need_field(p.ndNum <= 4095, op, "ndNum", p.ndNum, 0, 4095, at);
    need_field(p.nValue <= 16384, op, "nValue", p.nValue, 0, 16384, at);
    need_field(p.srcDValue >= 1, op, "srcDValue", p.srcDValue, 1, 65535, at);
    need_field(p.dstNzC0Stride >= 1 && p.dstNzC0Stride <= 16384, op, "dstNzC0Stride", p.dstNzC0Stride, 1, 16384, at);
    need_field(p.dstNzNStride >= 1 && p.dstNzNStride <= 16384, op, "dstNzNStride", p.dstNzNStride, 1, 16384, at);
    need_alignment(to, 32, "the destination", op, at);
    if (to.space != Space::L1) refuse_at("core-type", &core(), MTE2, op, at, std::string("nd2nz writes L1, not ") + space_name(to.space));
    if (p.ndNum == 0 || p.nValue == 0 || p.dValue == 0) return;
    const uint64_t columns = (p.dValue + c0 - 1) / c0;
    Entry entry = move_entry(op, at);
    for (uint64_t nd = 0; nd < p.ndNum; ++nd) {
        entry.reads.push_back({from.space, from.addr + nd * p.srcNdMatrixStride * size, p.dValue * size, p.nValue, p.srcDValue * size});
        entry.writes.push_back({to.space, to.addr + nd * p.dstNzMatrixStride * size, 32, p.nValue, p.dstNzNStride * uint64_t{32}, columns, p.dstNzC0Stride * uint64_t{32}});
        within(from, nd * p.srcNdMatrixStride * size + entry.reads.back().span(), "the source", op, at);
        within(to, nd * p.dstNzMatrixStride * size + entry.writes.back().span(), "the destination", op, at);
    }
    entry.run = [=, &self = core()] {
        for (uint64_t nd = 0; nd < p.ndNum; ++nd) {
            for (uint64_t row = 0; row < p.nValue; ++row) {
                const uint8_t* s = bytes_of(self, from, (nd * p.srcNdMatrixStride + row * p.srcDValue) * size);
                for (uint64_t column = 0; column < columns; ++column) {
                    uint8_t* d = bytes_of(self, to, nd * p.dstNzMatrixStride * size + column * p.dstNzC0Stride * 32 + row * p.dstNzNStride * 32);
                    const uint64_t there = std::min<uint64_t>(32, p.dValue * size - column * 32);
                    memcpy(d, s + column * 32, there);
                    memset(d + there, 0, 32 - there);
                }
            }
        }
    };
    issue(MTE2, std::move(entry));
}

void no_way(Ref to, Ref from, const char* op, At at) {
    refuse_at("core-type", &core(), -1, op, at, std::string("there is no way from ") + space_name(from.space) + " to " + space_name(to.space) + " on this chip");
}
void not_here(const char* op, At at) { refuse_at("chip", &core(), -1, op, at, "other chips have this; dav-c220 does not"); }

// Fractals of 16 columns each in UB -> rows in global memory.
void copy_nz2nd(Ref to, Ref from, const Nz2NdParamsFull& p, At at) {
    const char* op = "DataCopy nz2nd";
    const uint64_t size = type_size(to.type), piece = 16 * size;
    if (from.space != Space::UB) no_way(to, from, op, at);
    need_field(p.ndNum <= 4095, op, "ndNum", p.ndNum, 0, 4095, at);
    if (p.ndNum == 0) return;
    need_field(p.nValue >= 1 && p.nValue <= 8192, op, "nValue", p.nValue, 1, 8192, at);
    need_field(p.dValue >= 16 && p.dValue <= 8192 && p.dValue % 16 == 0, op, "dValue (in multiples of 16)", p.dValue, 16, 8192, at);
    need_field(p.srcNStride <= 4096, op, "srcNStride", p.srcNStride, 0, 4096, at);
    need_field(p.dstDStride >= 1, op, "dstDStride", p.dstDStride, 1, 65535, at);
    if (p.ndNum > 1) {
        need_field(p.srcNdMatrixStride >= 1 && p.srcNdMatrixStride <= 512, op, "srcNdMatrixStride", p.srcNdMatrixStride, 1, 512, at);
        need_field(p.dstNdMatrixStride >= 1, op, "dstNdMatrixStride", p.dstNdMatrixStride, 1, 65535, at);
    }
    need_alignment(from, 32, "the source", op, at);
    const uint64_t strips = p.dValue / 16;
    Entry entry = move_entry(op, at);
    for (uint64_t nd = 0; nd < p.ndNum; ++nd) {
        const uint64_t source = nd * p.srcNdMatrixStride * 256 * size, target = nd * p.dstNdMatrixStride * size;
        entry.reads.push_back({from.space, from.addr + source, p.nValue * piece, strips, p.srcNStride * piece});
        entry.writes.push_back({to.space, to.addr + target, p.dValue * size, p.nValue, p.dstDStride * size});
        within(from, source + entry.reads.back().span(), "the source", op, at);
        within(to, target + entry.writes.back().span(), "the destination", op, at);
    }
    entry.atomic = core().atomic;
    const uint8_t atomic = entry.atomic;
    const Type type = core().atomic_type;
    entry.run = [=, &self = core()] {
        for (uint64_t nd = 0; nd < p.ndNum; ++nd)
            for (uint64_t row = 0; row < p.nValue; ++row)
                for (uint64_t strip = 0; strip < strips; ++strip)
                    store_global(atomic, type, bytes_of(self, to, (nd * p.dstNdMatrixStride + row * p.dstDStride + strip * 16) * size),
                                 bytes_of(self, from, nd * p.srcNdMatrixStride * 256 * size + strip * p.srcNStride * piece + row * piece), piece);
    };
    issue(MTE3, std::move(entry));
}

void set_atomic(int kind, Type type) {
    core().atomic = static_cast<uint8_t>(kind);
    core().atomic_type = type;
}
}  // namespace twin
