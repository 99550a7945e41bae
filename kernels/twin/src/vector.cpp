// Element-wise vector instructions, conversions and fills.
#include "lanes.h"

namespace twin {
namespace {
constexpr uint32_t kRepeatBytes = 256;

bool arithmetic(Type type) { return type == Type::S16 || type == Type::F16 || type == Type::S32 || type == Type::F32; }
bool floating(Type type) { return type == Type::F16 || type == Type::F32; }
bool bits16(Type type) { return type == Type::S16 || type == Type::U16; }
bool shiftable(Type type) { return bits16(type) || type == Type::S32 || type == Type::U32; }

const char* name_of(Unary op) {
    static const char* const names[] = {"Exp", "Ln", "Abs", "Reciprocal", "Sqrt", "Rsqrt", "Relu", "Not"};
    return names[static_cast<int>(op)];
}
const char* name_of(Binary op) {
    static const char* const names[] = {"Add", "Sub", "Mul", "Div", "Max", "Min", "And", "Or", "MulAddDst", "FusedMulAdd"};
    return names[static_cast<int>(op)];
}
const char* name_of(Scalar op) {
    static const char* const names[] = {"Adds", "Muls", "Maxs", "Mins", "LeakyRelu", "ShiftLeft", "ShiftRight", "ShiftRight", "Axpy"};
    return names[static_cast<int>(op)];
}

// NaN wins, as IEEE 754-2019 maximum and minimum have it.
double larger(double a, double b) { return std::isnan(a) || std::isnan(b) ? std::nan("") : std::max(a, b); }
double smaller(double a, double b) { return std::isnan(a) || std::isnan(b) ? std::nan("") : std::min(a, b); }

double apply(Unary op, double x) {
    switch (op) {
        case Unary::Exp: return std::exp(x);
        case Unary::Ln: return std::log(x);
        case Unary::Abs: return std::fabs(x);
        case Unary::Reciprocal: return 1.0 / x;
        case Unary::Sqrt: return std::sqrt(x);
        case Unary::Rsqrt: return 1.0 / std::sqrt(x);
        case Unary::Relu: return x > 0 || std::isnan(x) ? x : 0.0;
        default: return x;
    }
}
double apply(Binary op, double a, double b, double d) {
    switch (op) {
        case Binary::Add: return a + b;
        case Binary::Sub: return a - b;
        case Binary::Mul: return a * b;
        case Binary::Div: return a / b;
        case Binary::Max: return larger(a, b);
        case Binary::Min: return smaller(a, b);
        case Binary::MulAddDst: return a * b + d;
        case Binary::FusedMulAdd: return a * d + b;
        default: return a;
    }
}
int64_t apply(Binary op, int64_t a, int64_t b) {
    switch (op) {
        case Binary::Add: return a + b;
        case Binary::Sub: return a - b;
        case Binary::Mul: return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
        case Binary::Max: return std::max(a, b);
        case Binary::Min: return std::min(a, b);
        case Binary::And: return a & b;
        case Binary::Or: return a | b;
        default: return a;
    }
}
double apply(Scalar op, double x, double s, double d) {
    switch (op) {
        case Scalar::Adds: return x + s;
        case Scalar::Muls: return x * s;
        case Scalar::Maxs: return larger(x, s);
        case Scalar::Mins: return smaller(x, s);
        case Scalar::LeakyRelu: return x >= 0 ? x : x * s;
        case Scalar::Axpy: return x * s + d;
        default: return x;
    }
}
int64_t apply(Scalar op, int64_t x, int64_t s, Type type) {
    switch (op) {
        case Scalar::Adds: return x + s;
        case Scalar::Muls: return static_cast<int64_t>(static_cast<uint64_t>(x) * static_cast<uint64_t>(s));
        case Scalar::Maxs: return std::max(x, s);
        case Scalar::Mins: return std::min(x, s);
        case Scalar::ShiftLeft: return static_cast<int64_t>(static_cast<uint64_t>(x) << s);
        case Scalar::ShiftRightRound: return s <= 0 ? x : apply(Scalar::ShiftRight, x, s, type) + (x >> (s - 1) & 1);
        case Scalar::ShiftRight: return type == Type::U32 ? static_cast<int64_t>(static_cast<uint32_t>(x) >> s) : x >> s;
        default: return x;
    }
}
// A slow function costs several passes of the unit.
double passes(Unary op) { return op == Unary::Exp || op == Unary::Ln || op == Unary::Sqrt ? 2 : 1; }
}  // namespace

void vector_unary(Unary op, Ref to, Ref from, Lanes lanes, Walk to_walk, Walk from_walk, At at) {
    const char* name = name_of(op);
    const bool known = op == Unary::Not ? bits16(to.type) : op == Unary::Relu ? floating(to.type) || to.type == Type::S32 : floating(to.type);
    need_types(known, name, to.type, from.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    const uint32_t size = type_size(to.type);
    const Active active = activate(lanes, kRepeatBytes / size, name, at);
    const Walk d = fit(active, to_walk, size), s = fit(active, from_walk, size);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, from, active, s, size);
    add_lanes(entry.writes, to, active, d, size);
    entry.run = [=, &self = core()] {
        active.each([&](uint32_t r, uint32_t i) {
            const uint8_t* x = bytes_of(self, from, offset(s, r, i, size));
            uint8_t* y = bytes_of(self, to, offset(d, r, i, size));
            if (op == Unary::Not) write<uint16_t>(y, static_cast<uint16_t>(~read<uint16_t>(x)));
            else store(to.type, y, apply(op, load(from.type, x)));
        });
    };
    issue_vector(std::move(entry), active, passes(op));
}

void vector_binary(Binary op, Ref to, Ref a, Ref b, Lanes lanes, Walk to_walk, Walk a_walk, Walk b_walk, At at) {
    const char* name = name_of(op);
    bool known = arithmetic(to.type);
    if (op == Binary::Div || op == Binary::FusedMulAdd) known = floating(to.type);
    if (op == Binary::And || op == Binary::Or) known = bits16(to.type);
    if (op == Binary::MulAddDst) known = floating(to.type) && (a.type == to.type || (to.type == Type::F32 && a.type == Type::F16));
    need_types(known, name, to.type, a.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(a, "the first source", name, at);
    need_ub(b, "the second source", name, at);
    const uint32_t size = type_size(to.type), from_size = type_size(a.type);
    const Active active = activate(lanes, kRepeatBytes / size, name, at);
    const Walk d = fit(active, to_walk, size), wa = fit(active, a_walk, from_size), wb = fit(active, b_walk, from_size);
    const bool reads_target = op == Binary::MulAddDst || op == Binary::FusedMulAdd;
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, a, active, wa, from_size);
    add_lanes(entry.reads, b, active, wb, from_size);
    if (reads_target) add_lanes(entry.reads, to, active, d, size);
    add_lanes(entry.writes, to, active, d, size);
    const bool real = is_float(to.type);
    entry.run = [=, &self = core()] {
        active.each([&](uint32_t r, uint32_t i) {
            const uint8_t *x = bytes_of(self, a, offset(wa, r, i, from_size)), *y = bytes_of(self, b, offset(wb, r, i, from_size));
            uint8_t* z = bytes_of(self, to, offset(d, r, i, size));
            if (real) store(to.type, z, apply(op, load(a.type, x), load(b.type, y), reads_target ? load(to.type, z) : 0.0));
            else store_bits(to.type, z, static_cast<uint64_t>(apply(op, load_integer(a.type, x), load_integer(b.type, y))));
        });
    };
    issue_vector(std::move(entry), active, op == Binary::Div ? 2 : 1);
}

void vector_scalar(Scalar op, Ref to, Ref from, Value scalar, Lanes lanes, Walk to_walk, Walk from_walk, At at) {
    const char* name = name_of(op);
    bool known = arithmetic(to.type);
    if (op == Scalar::LeakyRelu) known = floating(to.type);
    if (op == Scalar::ShiftLeft || op == Scalar::ShiftRight || op == Scalar::ShiftRightRound) known = shiftable(to.type);
    if (op == Scalar::ShiftRightRound) known = to.type == Type::S16 || to.type == Type::S32;
    if (op == Scalar::ShiftLeft || op == Scalar::ShiftRight || op == Scalar::ShiftRightRound) {
        const int most = static_cast<int>(type_size(to.type)) * 8;
        need_field(scalar.real >= 0 && scalar.real <= most, name, "the shift", static_cast<int64_t>(scalar.real), 0, most, at);
    }
    if (op == Scalar::Axpy) known = floating(to.type) && (from.type == to.type || (to.type == Type::F32 && from.type == Type::F16));
    need_types(known, name, to.type, from.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    const uint32_t size = type_size(to.type), from_size = type_size(from.type);
    const Active active = activate(lanes, kRepeatBytes / size, name, at);
    const Walk d = fit(active, to_walk, size), s = fit(active, from_walk, from_size);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, from, active, s, from_size);
    if (op == Scalar::Axpy) add_lanes(entry.reads, to, active, d, size);
    add_lanes(entry.writes, to, active, d, size);
    const bool real = is_float(to.type);
    entry.run = [=, &self = core()] {
        active.each([&](uint32_t r, uint32_t i) {
            const uint8_t* x = bytes_of(self, from, offset(s, r, i, from_size));
            uint8_t* z = bytes_of(self, to, offset(d, r, i, size));
            if (real) store(to.type, z, apply(op, load(from.type, x), scalar.real, op == Scalar::Axpy ? load(to.type, z) : 0.0));
            else store_bits(to.type, z, static_cast<uint64_t>(apply(op, load_integer(from.type, x), static_cast<int64_t>(scalar.real), to.type)));
        });
    };
    issue_vector(std::move(entry), active);
}

namespace {
struct CastRow {
    Type from, to;
    bool plain, rounding;  // whether CAST_NONE exists, whether the rounding modes do
};
// The conversions of this chip; there are no others.
constexpr CastRow kCasts[] = {
    {Type::S8, Type::F16, true, false},  {Type::U8, Type::F16, true, false}, {Type::S16, Type::F16, true, true},   {Type::S16, Type::F32, true, false},
    {Type::F16, Type::S8, true, true},   {Type::F16, Type::U8, true, true},  {Type::F16, Type::S16, false, true},  {Type::F16, Type::S32, false, true},
    {Type::F16, Type::F32, true, false}, {Type::BF16, Type::S32, false, true}, {Type::BF16, Type::F32, true, false}, {Type::S32, Type::S16, true, false},
    {Type::S32, Type::F16, true, false}, {Type::S32, Type::F32, true, true}, {Type::S32, Type::S64, true, false},  {Type::F32, Type::S16, false, true},
    {Type::F32, Type::F16, true, true},  {Type::F32, Type::BF16, false, true}, {Type::F32, Type::S32, false, true}, {Type::F32, Type::F32, false, true},
    {Type::F32, Type::S64, false, true}, {Type::S64, Type::S32, true, false}, {Type::S64, Type::F32, false, true},
};
}  // namespace

void vector_cast(Ref to, Ref from, RoundMode mode, Lanes lanes, Walk to_walk, Walk from_walk, At at) {
    const char* name = "Cast";
    const CastRow* row = std::find_if(std::begin(kCasts), std::end(kCasts), [&](const CastRow& each) { return each.from == from.type && each.to == to.type; });
    if (row == std::end(kCasts)) refuse_at("cast-pair", &core(), V, name, at, std::string("from ") + type_name(from.type) + " to " + type_name(to.type) + " does not exist on this chip");
    if (mode == RoundMode::CAST_NONE ? !row->plain : !row->rounding) {
        refuse_at("cast-pair", &core(), V, name, at,
                  std::string("from ") + type_name(from.type) + " to " + type_name(to.type) + (row->plain ? " takes CAST_NONE, no rounding" : " needs a rounding, not CAST_NONE"));
    }
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    const uint32_t size = type_size(to.type), from_size = type_size(from.type);
    const Active active = activate(lanes, kRepeatBytes / std::max(size, from_size), name, at);
    const Walk d = fit(active, to_walk, size), s = fit(active, from_walk, from_size);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, from, active, s, from_size);
    add_lanes(entry.writes, to, active, d, size);
    const double scale = from.type == Type::S32 && to.type == Type::F16 ? core().deq_scale : 1.0;
    const bool rounds = from.type == to.type;
    entry.run = [=, &self = core()] {
        // The widest lane first would overwrite a source that shares its place: through a copy.
        std::vector<double> values;
        active.each([&](uint32_t r, uint32_t i) { values.push_back(load(from.type, bytes_of(self, from, offset(s, r, i, from_size)))); });
        size_t next = 0;
        active.each([&](uint32_t r, uint32_t i) {
            double value = values[next++] * scale;
            store(to.type, bytes_of(self, to, offset(d, r, i, size)), rounds ? round_to_integer(value, mode) : value, mode);
        });
    };
    issue_vector(std::move(entry), active);
}

void vector_duplicate(Ref to, Value value, Lanes lanes, Walk to_walk, At at) {
    const char* name = "Duplicate";
    const uint32_t size = type_size(to.type);
    need_types(size == 2 || size == 4, name, to.type, to.type, at);
    need_ub(to, "the destination", name, at);
    const Active active = activate(lanes, kRepeatBytes / size, name, at);
    const Walk d = fit(active, to_walk, size);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.writes, to, active, d, size);
    entry.run = [=, &self = core()] { active.each([&](uint32_t r, uint32_t i) { store_bits(to.type, bytes_of(self, to, offset(d, r, i, size)), value.bits); }); };
    issue_vector(std::move(entry), active);
}

void vector_index(Ref to, Value first, Lanes lanes, Walk to_walk, At at) {
    const char* name = "CreateVecIndex";
    const uint32_t size = type_size(to.type);
    need_types(arithmetic(to.type), name, to.type, to.type, at);
    need_ub(to, "the destination", name, at);
    const Active active = activate(lanes, kRepeatBytes / size, name, at);
    const Walk d = fit(active, to_walk, size);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.writes, to, active, d, size);
    entry.run = [=, &self = core()] {
        active.each([&](uint32_t r, uint32_t i) { store(to.type, bytes_of(self, to, offset(d, r, i, size)), first.real + static_cast<double>(r) * active.per + i); });
    };
    issue_vector(std::move(entry), active, 2);
}

void vector_brcb(Ref to, Ref from, uint32_t repeats, uint32_t block, uint32_t repeat, At at) {
    const char* name = "Brcb";
    const uint32_t size = type_size(to.type);
    need_types(size == 2 || size == 4, name, to.type, to.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    Entry entry = vector_entry(name, at);
    // Eight elements a repeat, each of which fills a block.
    entry.reads = {{from.space, from.addr, uint64_t{8} * size * repeats}};
    entry.writes = {{to.space, to.addr, 32, 8, uint64_t{block} * 32, repeats, uint64_t{repeat} * 32}};
    entry.run = [=, &self = core()] {
        for (uint32_t r = 0; r < repeats; ++r)
            for (uint32_t j = 0; j < 8; ++j)
                for (uint32_t i = 0; i < 32 / size; ++i)
                    memcpy(bytes_of(self, to, (uint64_t{r} * repeat + uint64_t{j} * block) * 32 + uint64_t{i} * size), bytes_of(self, from, (uint64_t{r} * 8 + j) * size), size);
    };
    issue_vector(std::move(entry), Active{8, repeats, -1, {0xFF, 0}, false});
}

void copy_lanes(Ref to, Ref from, Lanes lanes, const CopyRepeatParams& p, At at) {
    const char* name = "Copy";
    const uint32_t size = type_size(to.type);
    need_types(size == 2 || size == 4, name, to.type, from.type, at);
    need_ub(to, "the destination", name, at);
    need_ub(from, "the source", name, at);
    const Active active = activate(lanes, kRepeatBytes / size, name, at);
    const Walk d = fit(active, {p.dstStride, p.dstRepeatSize}, size), s = fit(active, {p.srcStride, p.srcRepeatSize}, size);
    Entry entry = vector_entry(name, at);
    add_lanes(entry.reads, from, active, s, size);
    add_lanes(entry.writes, to, active, d, size);
    entry.run = [=, &self = core()] {
        active.each([&](uint32_t r, uint32_t i) { memcpy(bytes_of(self, to, offset(d, r, i, size)), bytes_of(self, from, offset(s, r, i, size)), size); });
    };
    issue_vector(std::move(entry), active);
}
}  // namespace twin
