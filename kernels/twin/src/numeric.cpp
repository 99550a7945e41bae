#include "numeric.h"

#include <algorithm>
#include <limits>

namespace twin {
double round_to_integer(double value, RoundMode mode) {
    switch (mode) {
        case RoundMode::CAST_FLOOR: return std::floor(value);
        case RoundMode::CAST_CEIL: return std::ceil(value);
        case RoundMode::CAST_ROUND: return std::round(value);
        case RoundMode::CAST_TRUNC: return std::trunc(value);
        default: return std::nearbyint(value);
    }
}

namespace {
// `significant` bits with the hidden one, exponents from `least` to `most`.
double round_significant(double value, int significant, int least, RoundMode mode) {
    int exponent = 0;
    std::frexp(value, &exponent);
    const int unit = std::max(exponent - 1, least) - (significant - 1);
    return std::ldexp(round_to_integer(std::ldexp(value, -unit), mode), unit);
}
}  // namespace

uint16_t half_round(double value, RoundMode mode) {
    const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
    if (std::isnan(value)) return sign | 0x7E00;
    double rounded = std::isinf(value) ? value : round_significant(value, 11, -14, mode);
    double magnitude = std::fabs(rounded);
    if (magnitude > 65504.0) return sign | 0x7C00;
    if (magnitude < 0x1p-14) return static_cast<uint16_t>(sign | static_cast<uint16_t>(std::ldexp(magnitude, 24)));
    int exponent = 0;
    double fraction = std::frexp(magnitude, &exponent);
    return static_cast<uint16_t>(sign | ((exponent + 14) << 10) | (static_cast<int>(std::ldexp(fraction, 11)) & 0x3FF));
}
uint16_t bfloat_round(double value, RoundMode mode) {
    if (std::isnan(value)) return static_cast<uint16_t>((std::signbit(value) ? 0x8000 : 0) | 0x7FC0);
    double rounded = std::isinf(value) || value == 0 ? value : round_significant(value, 8, -126, mode);
    float narrow = static_cast<float>(rounded);
    uint32_t bits;
    memcpy(&bits, &narrow, 4);
    return static_cast<uint16_t>(bits >> 16);
}
uint16_t half_bits(float value) { return half_round(value, RoundMode::CAST_RINT); }
float half_value(uint16_t bits) {
    const int exponent = bits >> 10 & 31, fraction = bits & 0x3FF;
    float magnitude;
    if (exponent == 31) magnitude = fraction ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
    else if (exponent == 0) magnitude = std::ldexp(static_cast<float>(fraction), -24);
    else {
        uint32_t wide = static_cast<uint32_t>(exponent + 112) << 23 | static_cast<uint32_t>(fraction) << 13;
        memcpy(&magnitude, &wide, 4);
    }
    return bits & 0x8000 ? -magnitude : magnitude;
}

namespace {
template <typename T> void saturate(uint8_t* at, double value, RoundMode mode) {
    if (std::isnan(value)) return write<T>(at, 0);
    const double rounded = round_to_integer(value, mode);
    if (rounded <= static_cast<double>(std::numeric_limits<T>::min())) return write<T>(at, std::numeric_limits<T>::min());
    if (rounded >= static_cast<double>(std::numeric_limits<T>::max())) return write<T>(at, std::numeric_limits<T>::max());
    write<T>(at, static_cast<T>(rounded));
}
}  // namespace

void store(Type type, uint8_t* at, double value, RoundMode mode) {
    switch (type) {
        case Type::F32: return write<float>(at, static_cast<float>(value));
        case Type::F16: return write<uint16_t>(at, half_round(value, mode));
        case Type::BF16: return write<uint16_t>(at, bfloat_round(value, mode));
        case Type::S8: return saturate<int8_t>(at, value, mode);
        case Type::U8: return saturate<uint8_t>(at, value, mode);
        case Type::S16: return saturate<int16_t>(at, value, mode);
        case Type::U16: return saturate<uint16_t>(at, value, mode);
        case Type::S32: return saturate<int32_t>(at, value, mode);
        case Type::U32: return saturate<uint32_t>(at, value, mode);
        case Type::S64: return saturate<int64_t>(at, value, mode);
        case Type::U64: return saturate<uint64_t>(at, value, mode);
        default: return;
    }
}
}  // namespace twin
