// Transposition in UB.
#include "lanes.h"

namespace twin {
void vector_transpose(Ref to, Ref from, At at) {
    const char* name = "Transpose";
    need_types(type_size(to.type) == 2, name, to.type, from.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    Entry entry = vector_entry(name, at);
    entry.reads = {{from.space, from.addr, 512}};
    entry.writes = {{to.space, to.addr, 512}};
    entry.run = [=, &self = core()] {
        uint16_t square[256];
        memcpy(square, bytes_of(self, from), 512);
        for (uint64_t row = 0; row < 16; ++row)
            for (uint64_t column = 0; column < 16; ++column) write<uint16_t>(bytes_of(self, to, (column * 16 + row) * 2), square[row * 16 + column]);
    };
    issue_vector(std::move(entry), Active{128, 2, -1, {~uint64_t{0}, ~uint64_t{0}}, false});
}


namespace {
constexpr uint32_t kList = NCHW_CONV_ADDR_LIST_SIZE;
constexpr uint64_t kBlock = 32;

// Where element `j` of source block `i` goes: a block and a byte in it. Of 8-bit elements one half of each block is read and one half written.
struct Place {
    uint32_t block;
    uint64_t byte;
};
Place transposed(uint32_t size, uint32_t i, uint32_t j, bool high) {
    if (size == 4) return {2 * j + i / 8, uint64_t{i % 8} * 4};
    return {j, (uint64_t{i} + (size == 1 && high ? 16 : 0)) * size};
}
}  // namespace

void transpose_blocks(Type type, const Ref to[16], const Ref from[16], const TransDataTo5HDParams& p, At at) {
    const char* name = "TransDataTo5HD";
    const uint32_t size = type_size(type);
    need_types(size <= 4 && type != Type::BF16 && type != Type::S4, name, type, type, at);
    if (p.repeatTimes == 0) return;
    std::array<Ref, kList> d, s;
    Entry entry = vector_entry(name, at);
    const uint64_t part = size == 1 ? kBlock / 2 : kBlock;
    const uint64_t to_part = size == 1 && p.dstHighHalf ? part : 0, from_part = size == 1 && p.srcHighHalf ? part : 0;
    for (uint32_t i = 0; i < kList; ++i) {
        d[i] = to[i];
        s[i] = from[i];
        need_ub(d[i], "a destination", name, at);
        need_ub(s[i], "a source", name, at);
        entry.reads.push_back({Space::UB, s[i].addr + from_part, part, p.repeatTimes, p.srcRepStride * kBlock});
        entry.reads.back().limit = s[i].end;
        entry.writes.push_back({Space::UB, d[i].addr + to_part, part, p.repeatTimes, p.dstRepStride * kBlock});
        entry.writes.back().limit = d[i].end;
    }
    entry.run = [=, &self = core()] {
        const uint32_t elements = static_cast<uint32_t>(part) / size;
        for (uint64_t r = 0; r < p.repeatTimes; ++r) {
            uint8_t blocks[kList][kBlock];
            for (uint32_t i = 0; i < kList; ++i) memcpy(blocks[i], bytes_of(self, s[i], r * p.srcRepStride * kBlock + from_part), part);
            for (uint32_t i = 0; i < kList; ++i)
                for (uint32_t j = 0; j < elements; ++j) {
                    const Place place = transposed(size, i, j, p.dstHighHalf);
                    memcpy(bytes_of(self, d[place.block], r * p.dstRepStride * kBlock + place.byte), blocks[i] + j * size, size);
                }
        }
    };
    issue_vector(std::move(entry), Active{64, p.repeatTimes, -1, {~uint64_t{0}, 0}, false}, 2);
}

void transpose_image(Ref to, Ref from, Ref work, const TransposeParamsExt& p, At at) {
    const char* name = "Transpose";
    if (p.transposeType == TransposeType::TRANSPOSE_ND2ND_B16) return vector_transpose(to, from, at);
    const bool last = p.transposeType == TransposeType::TRANSPOSE_NCHW2NHWC;
    if (!last && p.transposeType != TransposeType::TRANSPOSE_NHWC2NCHW)
        refuse_at("field", &core(), V, name, at, "transposeType " + std::to_string(static_cast<int>(p.transposeType)) + "; with a shape there are TRANSPOSE_ND2ND_B16, TRANSPOSE_NCHW2NHWC and TRANSPOSE_NHWC2NCHW");
    const uint32_t size = type_size(to.type);
    need_types(size <= 4 && to.type != Type::BF16 && to.type != Type::S4, name, to.type, from.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    need_ub(work, "the work buffer", name, at);
    need_field(p.cSize >= 1 && p.cSize <= 4095, name, "cSize", p.cSize, 1, 4095, at);
    const uint64_t image = uint64_t{p.hSize} * p.wSize, channels = p.cSize, all = p.nSize * channels * image * size;
    if (image * size % 32 != 0) refuse_at("alignment", &core(), V, name, at, "an image of " + std::to_string(image * size) + " bytes a channel; it must be a multiple of 32");
    if (all == 0) return;
    Entry entry = vector_entry(name, at);
    entry.reads = {{from.space, from.addr, all}};
    entry.writes = {{to.space, to.addr, all}, {work.space, work.addr, work.end - work.addr}};
    entry.reads[0].limit = from.end;
    entry.writes[0].limit = to.end;
    entry.run = [=, &self = core()] {
        memset(bytes_of(self, work), 0xFF, work.end - work.addr);
        const std::vector<uint8_t> source(bytes_of(self, from), bytes_of(self, from) + all);
        const uint64_t outer = last ? channels : image, inner = last ? image : channels;
        for (uint64_t n = 0; n < p.nSize; ++n)
            for (uint64_t i = 0; i < outer; ++i)
                for (uint64_t j = 0; j < inner; ++j) memcpy(bytes_of(self, to, ((n * inner + j) * outer + i) * size), &source[((n * outer + i) * inner + j) * size], size);
    };
    // Each piece of 512 bytes passes the unit as in TransDataTo5HD, and is put in its place by a copy.
    const uint32_t pieces = static_cast<uint32_t>((all + 511) / 512);
    issue_vector(std::move(entry), Active{64, pieces, -1, {~uint64_t{0}, 0}, false}, 4);
}
}  // namespace twin
