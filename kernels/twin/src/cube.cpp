// The cube core: fractals into L0A and L0B, the multiplication, and the pipe that takes L0C out.
//
// Layouts: L1 and L0C zN, L0A zZ, L0B nZ; a fractal is 16 rows of 32 bytes, in L0C 16 x 16 sums.
#include <algorithm>

#include "numeric.h"
#include "rates.h"

namespace twin {
namespace {
constexpr uint64_t kFractal = 512;

void into_l0(const Ref& to, const Ref& from, const char* op, At at) {
    if (from.space != Space::L1 || (to.space != Space::L0A && to.space != Space::L0B))
        refuse_at("core-type", &core(), MTE1, op, at, std::string("loads from L1 into L0A or L0B, not from ") + space_name(from.space) + " into " + space_name(to.space));
    need_alignment(to, kFractal, "the destination", op, at);
    need_alignment(from, 32, "the source", op, at);
}
double load_cycles(const Ref& to, uint64_t bytes) {
    const bool a = to.space == Space::L0A;
    (a ? launch->report.l0a_loaded : launch->report.l0b_loaded) += bytes;
    return per(static_cast<double>(bytes), a ? Rate::L1ToL0A : Rate::L1ToL0B);
}

// Moves a square of `n` x `n` elements, transposed, with the validity of each.
void transpose_square(Core& self, Space to_space, const std::function<uint64_t(uint64_t, uint64_t)>& to, uint64_t from, uint64_t row_bytes, uint64_t n, uint64_t size) {
    uint8_t *d = self.local(to_space), *dv = self.valid(to_space);
    const uint8_t *s = self.local(Space::L1), *sv = self.valid(Space::L1);
    for (uint64_t row = 0; row < n; ++row) {
        for (uint64_t column = 0; column < n; ++column) {
            const uint64_t source = from + row * row_bytes + column * size, target = to(column, row);
            memcpy(d + target, s + source, size);
            memcpy(dv + target, sv + source, size);
        }
    }
}
}  // namespace

void load_2d(Ref to, Ref from, const LoadData2DParams& p, At at) {
    const char* op = "LoadData 2D";
    into_l0(to, from, op, at);
    const uint64_t size = type_size(to.type);
    if (p.ifTranspose && size != 2) refuse_at("field", &core(), MTE1, op, at, "ifTranspose is for 16-bit types; LoadDataWithTranspose moves others");
    if (p.addrMode != 0) refuse_at("field", &core(), MTE1, op, at, "addrMode counts upwards here: 0");
    if (p.repeatTimes == 0) return;
    Entry entry;
    entry.name = op;
    entry.at = at;
    entry.self_checked = true;
    const uint64_t start = from.addr + p.startIndex * kFractal;
    entry.reads = {{from.space, start, kFractal, p.repeatTimes, p.srcStride * kFractal}};
    entry.writes = {{to.space, to.addr, kFractal, p.repeatTimes, (uint64_t{p.dstGap} + 1) * kFractal}};
    entry.cycles = load_cycles(to, p.repeatTimes * kFractal);
    entry.run = [=, &self = core()] {
        for (uint64_t i = 0; i < p.repeatTimes; ++i) {
            const uint64_t source = start + i * p.srcStride * kFractal, target = to.addr + i * (uint64_t{p.dstGap} + 1) * kFractal;
            if (p.ifTranspose) {
                transpose_square(self, to.space, [&](uint64_t row, uint64_t column) { return target + (row * 16 + column) * 2; }, source, 32, 16, 2);
            } else {
                memcpy(self.local(to.space) + target, self.local(from.space) + source, kFractal);
                memcpy(self.valid(to.space) + target, self.valid(from.space) + source, kFractal);
            }
        }
    };
    issue(MTE1, std::move(entry));
}

void load_transpose(Ref to, Ref from, const LoadData2dTransposeParams& p, At at) {
    const char* op = "LoadDataWithTranspose";
    into_l0(to, from, op, at);
    const uint64_t size = type_size(to.type);
    if (p.addrMode != 0) refuse_at("field", &core(), MTE1, op, at, "addrMode counts upwards here: 0");
    if (p.repeatTimes == 0) return;
    // A square: 16 x 16 of 16 bits, 32 x 32 of 8 bits (two fractals).
    if (size > 2) refuse_at("field", &core(), MTE1, op, at, "transposes 8-bit and 16-bit elements here");
    const uint64_t n = 32 / size, square = n * 32, fractals = square / kFractal;
    Entry entry;
    entry.name = op;
    entry.at = at;
    entry.self_checked = true;
    const uint64_t start = from.addr + p.startIndex * square;
    const uint64_t step = (uint64_t{p.dstGap} + 1) * kFractal, fractal_step = (uint64_t{p.dstFracGap} + 1) * kFractal;
    entry.reads = {{from.space, start, square, p.repeatTimes, p.srcStride * square}};
    entry.writes = {{to.space, to.addr, kFractal, fractals, fractal_step, p.repeatTimes, step}};
    entry.cycles = load_cycles(to, p.repeatTimes * square);
    entry.run = [=, &self = core()] {
        for (uint64_t i = 0; i < p.repeatTimes; ++i) {
            const uint64_t target = to.addr + i * step;
            transpose_square(self, to.space, [&](uint64_t row, uint64_t column) { return target + row / 16 * fractal_step + (row % 16) * 32 + column * size; },
                             start + i * p.srcStride * square, 32, n, size);
        }
    };
    issue(MTE1, std::move(entry));
}

void set_image(const Image& image, bool right, At at) {
    need_field(image.height >= 1 && image.height <= 32767, "LoadData 3D", "l1H", image.height, 1, 32767, at);
    need_field(image.width >= 1 && image.width <= 32767, "LoadData 3D", "l1W", image.width, 1, 32767, at);
    core().image[right ? 1 : 0] = image;
}
void set_padding(uint64_t bits) { core().padding = bits; }

// An image [C1, H, W, C0] unfolded: row m is a place of the filter, column k a channel block, a place within the filter, and a channel of the block. A matrix is an image under a
// filter of 1 x 1.
void load_3d(Ref to, Ref from, const Window& w, At at) {
    const char* op = "LoadData 3D";
    into_l0(to, from, op, at);
    const Image image = core().image[w.right ? 1 : 0];
    if (image.height == 0) refuse_at("field", &core(), MTE1, op, at, "no size of the image has been set: SetFmatrix");
    const uint64_t size = type_size(to.type), c0 = 32 / size;
    const bool to_b = to.space == Space::L0B;
    if (w.transpose && size != 2) refuse_at("field", &core(), MTE1, op, at, "enTranspose is for 16-bit types");
    if (to_b && size != 2) refuse_at("field", &core(), MTE1, op, at, "into L0B it transposes fractals, 16-bit types only");
    need_field(w.stride_w >= 1 && w.stride_w <= 63, op, "strideW", w.stride_w, 1, 63, at);
    need_field(w.stride_h >= 1 && w.stride_h <= 63, op, "strideH", w.stride_h, 1, 63, at);
    need_field(w.filter_w >= 1, op, "filterW", w.filter_w, 1, 255, at);
    need_field(w.filter_h >= 1, op, "filterH", w.filter_h, 1, 255, at);
    need_field(w.dilation_w >= 1, op, "dilationFilterW", w.dilation_w, 1, 255, at);
    need_field(w.dilation_h >= 1, op, "dilationFilterH", w.dilation_h, 1, 255, at);
    const int64_t reach_w = (w.filter_w - 1) * w.dilation_w + 1, reach_h = (w.filter_h - 1) * w.dilation_h + 1;
    const int64_t padded_w = image.width + image.pad[0] + image.pad[1], padded_h = image.height + image.pad[2] + image.pad[3];
    need_field(reach_w <= padded_w, op, "the filter's width in the image", reach_w, 1, padded_w, at);
    need_field(reach_h <= padded_h, op, "the filter's height in the image", reach_h, 1, padded_h, at);
    const uint64_t out_w = static_cast<uint64_t>((padded_w - reach_w) / w.stride_w + 1), rows = out_w * static_cast<uint64_t>((padded_h - reach_h) / w.stride_h + 1);
    const uint64_t taps = uint64_t{w.filter_w} * w.filter_h, columns = (w.channels + c0 - 1) / c0 * c0 * taps;
    need_field(w.m_start % 16 == 0, op, "mStartPt (in multiples of 16)", w.m_start, 0, 65520, at);
    need_field(w.k_start % c0 == 0, op, "kStartPt (in whole blocks)", w.k_start, 0, 65535, at);
    need_field(w.m_extension % 16 == 0 && w.m_start + w.m_extension <= (rows + 15) / 16 * 16, op, "mExtension", w.m_extension, 16, static_cast<int64_t>(rows), at);
    need_field(w.k_extension % c0 == 0 && w.k_start + w.k_extension <= columns, op, "kExtension", w.k_extension, static_cast<int64_t>(c0), static_cast<int64_t>(columns), at);
    if (w.m_extension == 0 || w.k_extension == 0) return;
    const uint64_t m_fractals = w.m_extension / 16, k_fractals = w.k_extension / c0, plane = uint64_t{image.height} * image.width * 32;
    Entry entry;
    entry.name = op;
    entry.at = at;
    entry.self_checked = true;
    if (taps == 1 && rows * 32 == plane) {
        entry.reads = {{from.space, from.addr + w.k_start / c0 * plane + w.m_start * uint64_t{32}, std::min<uint64_t>(w.m_extension, rows - w.m_start) * 32, k_fractals, plane}};
    } else {
        const uint64_t first = w.k_start / c0 / taps, last = (w.k_start / c0 + k_fractals - 1) / taps;
        entry.reads = {{from.space, from.addr + first * plane, (last - first + 1) * plane}};
    }
    entry.reads[0].limit = from.end;
    entry.writes = {{to.space, to.addr, m_fractals * k_fractals * kFractal}};
    entry.writes[0].limit = to.end;
    entry.cycles = load_cycles(to, m_fractals * k_fractals * kFractal);
    const uint64_t padding = core().padding;
    entry.run = [=, &self = core()] {
        for (uint64_t f = 0; f < m_fractals * k_fractals; ++f) {
            const uint64_t strip = w.k_start / c0 + f % k_fractals, tap = strip % taps;
            uint8_t block[16][32], valid[16][32];
            for (uint64_t i = 0; i < 16; ++i) {
                const uint64_t m = w.m_start + f / k_fractals * 16 + i;
                const int64_t y = static_cast<int64_t>(m / out_w * w.stride_h + tap / w.filter_w * w.dilation_h) - image.pad[2];
                const int64_t x = static_cast<int64_t>(m % out_w * w.stride_w + tap % w.filter_w * w.dilation_w) - image.pad[0];
                const bool inside = m < rows && y >= 0 && y < image.height && x >= 0 && x < image.width;
                const uint64_t source = from.addr + strip / taps * plane + static_cast<uint64_t>(y * image.width + x) * 32;
                if (inside) {
                    memcpy(block[i], self.local(Space::L1) + source, 32);
                    memcpy(valid[i], self.valid(Space::L1) + source, 32);
                } else {
                    for (uint64_t j = 0; j < c0; ++j) memcpy(block[i] + j * size, &padding, size);
                    memset(valid[i], m < rows, 32);
                }
            }
            const bool turned = to_b || w.transpose;
            for (uint64_t i = 0; i < 16; ++i) {
                for (uint64_t j = 0; j < c0; ++j) {
                    const uint64_t target = to.addr + f * kFractal + (turned ? (j * 16 + i) * size : i * 32 + j * size);
                    memcpy(self.local(to.space) + target, block[i] + j * size, size);
                    memcpy(self.valid(to.space) + target, valid[i] + j * size, size);
                }
            }
        }
    };
    issue(MTE1, std::move(entry));
}

// Fractals straight from global memory, where they lie one behind the other or apart.
void load_global(Ref to, Ref from, const LoadData2DParams& p, At at) {
    const char* op = "LoadData 2D";
    if (to.space != Space::L1 && to.space != Space::L0A && to.space != Space::L0B) refuse_at("core-type", &core(), MTE2, op, at, std::string("loads from global memory into L1, L0A or L0B, not into ") + space_name(to.space));
    need_alignment(to, to.space == Space::L1 ? 32 : kFractal, "the destination", op, at);
    if (p.ifTranspose) refuse_at("field", &core(), MTE2, op, at, "ifTranspose is for loads from L1");
    if (p.addrMode != 0) refuse_at("field", &core(), MTE2, op, at, "addrMode counts upwards here: 0");
    if (p.repeatTimes == 0) return;
    Entry entry;
    entry.name = op;
    entry.at = at;
    const uint64_t start = p.startIndex * kFractal, from_step = p.srcStride * kFractal, to_step = (uint64_t{p.dstGap} + 1) * kFractal;
    entry.reads = {{from.space, from.addr + start, kFractal, p.repeatTimes, from_step}};
    entry.writes = {{to.space, to.addr, kFractal, p.repeatTimes, to_step}};
    entry.writes[0].limit = to.end;
    entry.run = [=, &self = core()] {
        for (uint64_t i = 0; i < p.repeatTimes; ++i) memcpy(bytes_of(self, to, i * to_step), bytes_of(self, from, start + i * from_step), kFractal);
    };
    issue(MTE2, std::move(entry));
}

void fill(Ref to, uint32_t repeats, uint32_t blocks, uint32_t gap, uint64_t bits, At at) {
    const char* op = "InitConstValue";
    const uint64_t unit = to.space == Space::L1 ? 32 : kFractal, size = type_size(to.type);
    if (to.space != Space::L1 && to.space != Space::L0A && to.space != Space::L0B) refuse_at("core-type", &core(), -1, op, at, std::string("fills L1, L0A and L0B, not ") + space_name(to.space));
    need_alignment(to, unit, "the destination", op, at);
    if (repeats == 0 || blocks == 0) return;
    Entry entry;
    entry.name = op;
    entry.at = at;
    entry.writes = {{to.space, to.addr, blocks * unit, repeats, (uint64_t{blocks} + gap) * unit}};
    entry.cycles = per(static_cast<double>(repeats * blocks * unit), Rate::L1ToL0B);
    entry.run = [=, &self = core()] {
        for (uint64_t i = 0; i < repeats; ++i)
            for (uint64_t j = 0; j < blocks * unit; j += size) memcpy(bytes_of(self, to, i * (uint64_t{blocks} + gap) * unit + j), &bits, size);
    };
    issue(to.space == Space::L1 ? MTE2 : MTE1, std::move(entry));
}

namespace {
bool triple_exists(Type a, Type b, Type c) {
    if (a != b) return false;
    if (a == Type::S8) return c == Type::S32;
    if (a == Type::F16) return c == Type::F32 || c == Type::F16;
    return (a == Type::BF16 || a == Type::F32) && c == Type::F32;
}

void need_unit_flag(uint8_t flag, const char* op, int lane, At at) {
    if (flag == 1 || flag > 3) refuse_at("field", &core(), lane, op, at, "unitFlag is " + std::to_string(flag) + "; it is 0, 2 to leave the flag or 3 to turn it");
}

struct Operand {
    std::vector<float> values;
    std::vector<uint8_t> valid;  // by row: whether all of its K elements are
};
// `rows` x `k` elements of L0A (zZ) or L0B (nZ seen by columns): fractals of 16 rows, `outer` fractals apart in k.
Operand unpack(Core& self, const Ref& ref, uint64_t rows, uint64_t k, bool b) {
    const uint64_t size = type_size(ref.type), k0 = 32 / size, strips = (rows + 15) / 16, depth = (k + k0 - 1) / k0;
    Operand operand{std::vector<float>(rows * k), std::vector<uint8_t>(rows, 1)};
    const uint8_t *data = self.local(ref.space), *valid = self.valid(ref.space);
    for (uint64_t row = 0; row < rows; ++row) {
        for (uint64_t kb = 0; kb < depth; ++kb) {
            const uint64_t fractal = b ? kb * strips + row / 16 : row / 16 * depth + kb;
            const uint64_t at = ref.addr + fractal * kFractal + row % 16 * 32, there = std::min(k0, k - kb * k0);
            if (memchr(valid + at, 0, there * size) != nullptr) operand.valid[row] = 0;
            for (uint64_t i = 0; i < there; ++i) operand.values[row * k + kb * k0 + i] = static_cast<float>(load(ref.type, data + at + i * size));
        }
    }
    return operand;
}
}  // namespace

void mmad(Ref to, Ref a, Ref b, const Ref* bias, const MmadParams& p, At at) {
    const char* op = "Mmad";
    if (!triple_exists(a.type, b.type, to.type))
        refuse_at("mmad-types", &core(), M, op, at, std::string("multiplies ") + type_name(a.type) + " by " + type_name(b.type) + " into " + type_name(to.type) + "; there is no such product");
    if (a.space != Space::L0A || b.space != Space::L0B || to.space != Space::L0C)
        refuse_at("core-type", &core(), M, op, at, "multiplies L0A by L0B into L0C, no other buffers");
    need_field(p.m <= 4095, op, "m", p.m, 0, 4095, at);
    need_field(p.n <= 4095, op, "n", p.n, 0, 4095, at);
    need_field(p.k <= 4095, op, "k", p.k, 0, 4095, at);
    if (p.m == 1) refuse_at("mmad-m", &core(), M, op, at, "m is 1, which reads A as a plain vector on this chip; round m up to 16");
    need_alignment(a, kFractal, "A", op, at);
    need_alignment(b, kFractal, "B", op, at);
    need_alignment(to, 1024, "C", op, at);
    need_unit_flag(p.unitFlag, op, M, at);
    if (bias != nullptr && bias->space != Space::BT) refuse_at("core-type", &core(), M, op, at, "the bias lies in the bias table (C2)");
    if (p.m == 0 || p.n == 0 || p.k == 0) return;
    const uint64_t size = type_size(a.type), k0 = 32 / size, m = p.m, n = p.n, k = p.k;
    const uint64_t m1 = (m + 15) / 16, n1 = (n + 15) / 16, depth = (k + k0 - 1) / k0, rows = m1 * 16;
    const uint64_t sum_size = type_size(to.type);
    Entry entry;
    entry.name = op;
    entry.at = at;
    entry.self_checked = true;
    entry.is_mmad = true;
    entry.deep_mmad = m1 * n1 >= 10;
    entry.reads = {{a.space, a.addr, m1 * depth * kFractal}, {b.space, b.addr, n1 * depth * kFractal}};
    if (bias != nullptr) entry.reads.push_back({bias->space, bias->addr, n * type_size(bias->type)});
    entry.writes = {{to.space, to.addr, m1 * n1 * 256 * sum_size}};
    const bool accumulates = !p.cmatrixInitVal && bias == nullptr;
    if (accumulates) entry.reads.push_back(entry.writes[0]);
    entry.cycles = rate(Rate::MmadStart) + static_cast<double>(m1 * n1 * depth) * rate(Rate::MmadFractal) * (a.type == Type::F32 ? 2 : 1);
    const Ref start = bias != nullptr ? *bias : Ref{Space::BT, Type::F32, 0, 0};
    const bool has_bias = bias != nullptr;
    entry.run = [=, &self = core()] {
        const Operand left = unpack(self, a, m, k, false), right = unpack(self, b, n, k, true);
        uint8_t *c = self.local(Space::L0C) + to.addr, *cv = self.valid(Space::L0C) + to.addr;
        for (uint64_t i = 0; i < rows; ++i) {
            for (uint64_t j = 0; j < n1 * 16; ++j) {
                const uint64_t place = (j / 16 * rows * 16 + i * 16 + j % 16) * sum_size;
                if (i >= m || j >= n) {
                    memset(cv + place, 0, sum_size);
                    continue;
                }
                const bool had = !accumulates || memchr(cv + place, 0, sum_size) == nullptr;
                memset(cv + place, had && left.valid[i] && right.valid[j], sum_size);
                const float *x = &left.values[i * k], *y = &right.values[j * k];
                if (to.type == Type::S32) {
                    int32_t sum = has_bias ? read<int32_t>(self.local(Space::BT) + start.addr + j * 4) : accumulates ? read<int32_t>(c + place) : 0;
                    for (uint64_t l = 0; l < k; ++l) sum += static_cast<int32_t>(x[l]) * static_cast<int32_t>(y[l]);
                    write<int32_t>(c + place, sum);
                } else {
                    float sum = has_bias ? read<float>(self.local(Space::BT) + start.addr + j * 4) : accumulates ? static_cast<float>(load(to.type, c + place)) : 0.0f;
                    for (uint64_t l = 0; l < k; ++l) sum += x[l] * y[l];
                    store(to.type, c + place, sum);
                }
            }
        }
    };
    const uint64_t made = entry.writes[0].bytes;
    if (p.unitFlag != 0) unit_wait(M, to.addr, made, op, at);
    issue(M, std::move(entry));
    if (p.unitFlag == 3) unit_set(M, to.addr, made, op, at);
}

void set_pre_quant(uint64_t scale) { core().pre_quant = scale; }
void set_matrices(uint16_t number, uint16_t source_step, uint16_t target_step, At at) {
    const char* op = "SetFixpipeNz2ndFlag";
    need_field(number >= 1, op, "ndNum", number, 1, 65535, at);
    if (number > 1) need_field(source_step >= 1 && source_step <= 512, op, "srcNdStride", source_step, 1, 512, at);
    if (number > 1) need_field(target_step >= 1, op, "dstNdStride", target_step, 1, 65535, at);
    core().nd_number = number;
    core().nd_source = source_step;
    core().nd_target = target_step;
}

// The older name of Fixpipe: scale and matrices in registers.
void copy_sums(Ref to, Ref from, const DataCopyCO12DstParams& p, At at) {
    const char* op = "DataCopy from CO1";
    if (p.clipReluPre != 0 || p.eltWiseOp != 0) refuse_at("chip", &core(), FIX, op, at, "clipReluPre and eltWiseOp are of other chips");
    if (p.nSize == 0 || p.mSize == 0) return;
    need_field(p.nSize % 16 == 0 || p.nz2ndEn, op, "nSize (in multiples of 16)", p.nSize, 16, 4080, at);
    FixpipeParamsV220 same(p.nSize, p.mSize, p.srcStride, p.dstStride, p.reluPre != 0);
    same.quantPre = p.quantPre;
    same.deqScalar = core().pre_quant;
    same.unitFlag = p.unitFlag;
    same.isChannelSplit = p.channelSplit;
    if (p.nz2ndEn) {
        same.ndNum = core().nd_number;
        same.srcNdStride = core().nd_source;
        same.dstNdStride = core().nd_target;
    }
    fixpipe(to, from, nullptr, p.nz2ndEn ? CO2Layout::ROW_MAJOR : CO2Layout::NZ, same, at);
}

void fixpipe(Ref to, Ref from, const Ref* scales, CO2Layout layout, const FixpipeParamsV220& p, At at) {
    const char* op = "Fixpipe";
    if (from.space != Space::L0C || (to.space != Space::GM && to.space != Space::L1)) refuse_at("core-type", &core(), FIX, op, at, "takes L0C to global memory or L1");
    need_field(p.mSize >= 1 && p.mSize <= 8192, op, "mSize", p.mSize, 1, 8192, at);
    need_field(p.nSize >= 1 && p.nSize <= 4095, op, "nSize", p.nSize, 1, 4095, at);
    const bool nz = layout == CO2Layout::NZ;
    need_unit_flag(p.unitFlag, op, FIX, at);
    need_field(p.ndNum >= 1 && (p.ndNum == 1 || !nz), op, "ndNum", p.ndNum, 1, nz ? 1 : 65535, at);
    const uint64_t matrices = p.ndNum;
    if (matrices > 1) need_field(p.srcNdStride >= 1 && p.srcNdStride <= 512, op, "srcNdStride", p.srcNdStride, 1, 512, at);
    if (matrices > 1) need_field(p.dstNdStride >= 1, op, "dstNdStride", p.dstNdStride, 1, 65535, at);
    if (matrices > 1 && p.unitFlag != 0) refuse_at("field", &core(), FIX, op, at, "unitFlag is of one matrix");
    need_alignment(from, 64, "the source", op, at);
    const Type in = from.type, out = to.type;
    const bool fits = (p.quantPre == NoQuant && in == out) || (p.quantPre == F322BF16 && in == Type::F32 && out == Type::BF16) || (p.quantPre == F322F16 && in == Type::F32 && out == Type::F16) ||
                      ((p.quantPre == DEQF16 || p.quantPre == VDEQF16) && in == Type::S32 && out == Type::F16);
    if (!fits) refuse_at("field", &core(), FIX, op, at, std::string("quantPre ") + std::to_string(p.quantPre) + " does not take " + type_name(in) + " to " + type_name(out));
    if (p.quantPre == VDEQF16 && (scales == nullptr || scales->space != Space::FB)) refuse_at("field", &core(), FIX, op, at, "VDEQF16 takes a scale per column from the fixpipe buffer");
    const uint64_t size = type_size(out), sum_size = type_size(in), m = p.mSize, n = p.nSize, n1 = (n + 15) / 16, stride = p.srcStride;
    need_field(stride >= m, op, "srcStride", p.srcStride, p.mSize, 65535, at);
    if (!nz && to.space == Space::L1) refuse_at("field", &core(), FIX, op, at, "into L1 it writes fractals: CFG_NZ");
    if (p.isChannelSplit && (!nz || in != Type::F32 || out != Type::F32)) refuse_at("field", &core(), FIX, op, at, "isChannelSplit is for float to float in fractals: CFG_NZ");
    // Columns of a strip: those of a fractal of sums, or of a block.
    const uint64_t c0 = size == 4 && !p.isChannelSplit ? 16 : 32 / size;
    Entry entry;
    entry.name = op;
    entry.at = at;
    entry.self_checked = true;
    const uint64_t from_step = p.srcNdStride * 256 * sum_size, to_step = p.dstNdStride * size;
    for (uint64_t nd = 0; nd < matrices; ++nd) entry.reads.push_back({from.space, from.addr + nd * from_step, m * 16 * sum_size, n1, stride * 16 * sum_size});
    if (nz) entry.writes = {{to.space, to.addr, m * c0 * size, (n + c0 - 1) / c0, uint64_t{p.dstStride} * 32}};
    else entry.writes = {{to.space, to.addr, n * size, m, p.dstStride * size, matrices, to_step}};
    if (scales != nullptr) entry.reads.push_back({scales->space, scales->addr, n * 8});
    if (to.space == Space::GM) entry.atomic = core().atomic;
    if (to.space != Space::GM) entry.cycles = per(static_cast<double>(entry.writes[0].total()), Rate::L0CWrite);
    const Ref table = scales != nullptr ? *scales : Ref{Space::FB, Type::U64, 0, 0};
    const uint8_t atomic = entry.atomic;
    entry.run = [=, &self = core()] {
        for (uint64_t row = 0; row < matrices * m; ++row) {
            const uint64_t i = row % m, nd = row / m;
            const uint8_t *c = self.local(Space::L0C) + from.addr + nd * from_step, *cv = self.valid(Space::L0C) + from.addr + nd * from_step;
            for (uint64_t j = 0; j < n; ++j) {
                const uint64_t place = (j / 16 * stride * 16 + i * 16 + j % 16) * sum_size;
                if (memchr(cv + place, 0, sum_size) != nullptr) {
                    Entry said;
                    said.name = op;
                    said.at = at;
                    refuse_entry("uninitialised", said, FIX, "takes row %llu, column %llu of L0C out, which no product of written operands has made", static_cast<unsigned long long>(i),
                                 static_cast<unsigned long long>(j));
                }
                uint8_t value[8];
                if (p.quantPre == NoQuant) memcpy(value, c + place, size);
                else if (in == Type::F32) store(out, value, read<float>(c + place));
                else {
                    uint64_t bits = p.quantPre == DEQF16 ? p.deqScalar : read<uint64_t>(self.local(Space::FB) + table.addr + j * 8);
                    uint32_t low = static_cast<uint32_t>(bits);
                    float scale;
                    memcpy(&scale, &low, 4);
                    store(out, value, static_cast<float>(read<int32_t>(c + place)) * scale);
                }
                if (p.reluEn && load(out, value) < 0) memset(value, 0, size);
                const uint64_t target = nz ? j / c0 * p.dstStride * 32 + (i * c0 + j % c0) * size : nd * to_step + (i * p.dstStride + j) * size;
                if (to.space == Space::GM) store_global(atomic, out, bytes_of(self, to, target), value, size);
                else {
                    memcpy(bytes_of(self, to, target), value, size);
                    memset(self.valid(to.space) + to.addr + target, 1, size);
                }
            }
        }
    };
    // All of a product's fractals, as the cube unit has written them.
    const uint64_t taken = n1 * ((m + 15) / 16) * 256 * sum_size;
    if (p.unitFlag != 0) unit_wait(FIX, from.addr, taken, op, at);
    issue(FIX, std::move(entry));
    if (p.unitFlag == 3) unit_set(FIX, from.addr, taken, op, at);
}
}  // namespace twin
