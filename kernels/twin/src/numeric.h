// Numbers as the units compute them: loads widen to double or float, stores round once.
#pragma once
#include <cmath>
#include <cstring>

#include "core.h"

namespace twin {
/// Rounds to a multiple of one by `mode`; NONE and RINT are ties to even.
double round_to_integer(double value, RoundMode mode);
/// The 16-bit float nearest by `mode`.
uint16_t half_round(double value, RoundMode mode);
uint16_t bfloat_round(double value, RoundMode mode);

inline float bfloat_value(uint16_t bits) {
    uint32_t wide = static_cast<uint32_t>(bits) << 16;
    float value;
    memcpy(&value, &wide, 4);
    return value;
}
template <typename T> T read(const uint8_t* at) {
    T value;
    memcpy(&value, at, sizeof(T));
    return value;
}
template <typename T> void write(uint8_t* at, T value) { memcpy(at, &value, sizeof(T)); }

/// An element as a number; exact for all types but 64-bit integers beyond 2^53.
inline double load(Type type, const uint8_t* at) {
    switch (type) {
        case Type::F32: return read<float>(at);
        case Type::F16: return half_value(read<uint16_t>(at));
        case Type::BF16: return bfloat_value(read<uint16_t>(at));
        case Type::S8: return read<int8_t>(at);
        case Type::U8: return read<uint8_t>(at);
        case Type::S16: return read<int16_t>(at);
        case Type::U16: return read<uint16_t>(at);
        case Type::S32: return read<int32_t>(at);
        case Type::U32: return read<uint32_t>(at);
        case Type::S64: return static_cast<double>(read<int64_t>(at));
        case Type::U64: return static_cast<double>(read<uint64_t>(at));
        default: return 0;
    }
}
/// An integer element, sign-extended.
inline int64_t load_integer(Type type, const uint8_t* at) {
    switch (type) {
        case Type::S64: case Type::U64: return read<int64_t>(at);
        case Type::F32: case Type::S32: return read<int32_t>(at);
        case Type::U32: return read<uint32_t>(at);
        case Type::S8: return read<int8_t>(at);
        case Type::U8: return read<uint8_t>(at);
        case Type::S16: return read<int16_t>(at);
        default: return read<uint16_t>(at);
    }
}
inline void store_bits(Type type, uint8_t* at, uint64_t bits) { memcpy(at, &bits, type_size(type)); }
/// Rounds to the type: floats to nearest even, integers saturate.
void store(Type type, uint8_t* at, double value, RoundMode mode = RoundMode::CAST_RINT);
inline bool is_float(Type type) { return type == Type::F32 || type == Type::F16 || type == Type::BF16; }
}  // namespace twin
