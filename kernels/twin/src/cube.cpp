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

void load_3d(Ref to, Ref from, const LoadData3DParamsV2<half>& p, At at) {
    const char* op = "LoadData 3D";
    into_l0(to, from, op, at);
    const uint64_t size = type_size(to.type), c0 = 32 / size, rows = uint64_t{p.l1H} * p.l1W;
    if (p.filterW != 1 || p.filterH != 1 || p.strideW != 1 || p.strideH != 1 || p.padList[0] + p.padList[1] + p.padList[2] + p.padList[3] != 0)
        refuse_at("field", &core(), MTE1, op, at, "only a filter of 1 x 1 with stride 1 and no padding is known here: a matrix");
    const bool to_b = to.space == Space::L0B;
    if (p.enTranspose != false && size != 2) refuse_at("field", &core(), MTE1, op, at, "enTranspose is for 16-bit types");
    need_field(p.mExtension % 16 == 0 && p.mStartPt + p.mExtension <= (rows + 15) / 16 * 16, op, "mExtension", p.mExtension, 16, static_cast<int64_t>(rows), at);
    need_field(p.kExtension % c0 == 0 && p.kStartPt + p.kExtension <= (p.channelSize + c0 - 1) / c0 * c0, op, "kExtension", p.kExtension, static_cast<int64_t>(c0), p.channelSize, at);
    if (p.mExtension == 0 || p.kExtension == 0) return;
    if (to_b && size != 2) refuse_at("field", &core(), MTE1, op, at, "into L0B it transposes fractals, 16-bit types only");
    const uint64_t m_fractals = p.mExtension / 16, k_fractals = p.kExtension / c0;
    Entry entry;
    entry.name = op;
    entry.at = at;
    entry.self_checked = true;
    const uint64_t start = from.addr + (p.kStartPt / c0 * rows + p.mStartPt) * 32;
    entry.reads = {{from.space, start, uint64_t{p.mExtension} * 32, k_fractals, rows * 32}};
    entry.writes = {{to.space, to.addr, m_fractals * k_fractals * kFractal}};
    entry.cycles = load_cycles(to, m_fractals * k_fractals * kFractal);
    entry.run = [=, &self = core()] {
        for (uint64_t m = 0; m < m_fractals; ++m) {
            for (uint64_t k = 0; k < k_fractals; ++k) {
                const uint64_t source = start + k * rows * 32 + m * kFractal, target = to.addr + (m * k_fractals + k) * kFractal;
                if (to_b || p.enTranspose) {
                    transpose_square(self, to.space, [&](uint64_t row, uint64_t column) { return target + (row * 16 + column) * 2; }, source, 32, 16, 2);
                } else {
                    memcpy(self.local(to.space) + target, self.local(from.space) + source, kFractal);
                    memcpy(self.valid(to.space) + target, self.valid(from.space) + source, kFractal);
                }
            }
        }
    };
    issue(MTE1, std::move(entry));
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
    if (p.unitFlag != 0) refuse_at("field", &core(), M, op, at, "unitFlag is not modelled; use the flags M_FIX and FIX_M");
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
    issue(M, std::move(entry));
}

void fixpipe(Ref to, Ref from, const Ref* scales, CO2Layout layout, const FixpipeParamsV220& p, At at) {
    const char* op = "Fixpipe";
    if (from.space != Space::L0C || (to.space != Space::GM && to.space != Space::L1)) refuse_at("core-type", &core(), FIX, op, at, "takes L0C to global memory or L1");
    need_field(p.mSize >= 1 && p.mSize <= 8192, op, "mSize", p.mSize, 1, 8192, at);
    need_field(p.nSize >= 1 && p.nSize <= 4095, op, "nSize", p.nSize, 1, 4095, at);
    need_field(p.ndNum == 1, op, "ndNum", p.ndNum, 1, 1, at);
    if (p.unitFlag != 0) refuse_at("field", &core(), FIX, op, at, "unitFlag is not modelled; use the flags M_FIX and FIX_M");
    need_alignment(from, 64, "the source", op, at);
    const Type in = from.type, out = to.type;
    const bool fits = (p.quantPre == NoQuant && in == out) || (p.quantPre == F322BF16 && in == Type::F32 && out == Type::BF16) || (p.quantPre == F322F16 && in == Type::F32 && out == Type::F16) ||
                      ((p.quantPre == DEQF16 || p.quantPre == VDEQF16) && in == Type::S32 && out == Type::F16);
    if (!fits) refuse_at("field", &core(), FIX, op, at, std::string("quantPre ") + std::to_string(p.quantPre) + " does not take " + type_name(in) + " to " + type_name(out));
    if (p.quantPre == VDEQF16 && (scales == nullptr || scales->space != Space::FB)) refuse_at("field", &core(), FIX, op, at, "VDEQF16 takes a scale per column from the fixpipe buffer");
    const uint64_t size = type_size(out), sum_size = type_size(in), m = p.mSize, n = p.nSize, n1 = (n + 15) / 16, stride = p.srcStride;
    need_field(stride >= m, op, "srcStride", p.srcStride, p.mSize, 65535, at);
    const bool nz = layout == CO2Layout::NZ;
    if (!nz && to.space == Space::L1) refuse_at("field", &core(), FIX, op, at, "into L1 it writes fractals: CFG_NZ");
    const uint64_t c0 = 32 / size;
    Entry entry;
    entry.name = op;
    entry.at = at;
    entry.self_checked = true;
    entry.reads = {{from.space, from.addr, m * 16 * sum_size, n1, stride * 16 * sum_size}};
    if (nz) entry.writes = {{to.space, to.addr, m * 32, (n + c0 - 1) / c0, uint64_t{p.dstStride} * 32}};
    else entry.writes = {{to.space, to.addr, n * size, m, p.dstStride * size}};
    if (scales != nullptr) entry.reads.push_back({scales->space, scales->addr, n * 8});
    if (to.space == Space::GM) entry.atomic = core().atomic;
    if (to.space != Space::GM) entry.cycles = per(static_cast<double>(entry.writes[0].total()), Rate::L0CWrite);
    const Ref table = scales != nullptr ? *scales : Ref{Space::FB, Type::U64, 0, 0};
    const uint8_t atomic = entry.atomic;
    entry.run = [=, &self = core()] {
        const uint8_t *c = self.local(Space::L0C) + from.addr, *cv = self.valid(Space::L0C) + from.addr;
        for (uint64_t i = 0; i < m; ++i) {
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
                const uint64_t target = nz ? j / c0 * p.dstStride * 32 + i * 32 + j % c0 * size : (i * p.dstStride + j) * size;
                if (to.space == Space::GM) store_global(atomic, out, bytes_of(self, to, target), value, size);
                else {
                    memcpy(bytes_of(self, to, target), value, size);
                    memset(self.valid(to.space) + to.addr + target, 1, size);
                }
            }
        }
    };
    issue(FIX, std::move(entry));
}
}  // namespace twin
