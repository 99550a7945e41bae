// What the headers of the API ask of the machine: one plain function per family of instructions, so that the templates stay thin and the machine is
// compiled once. `At` is where the kernel wrote the call; every function takes it last.
#pragma once
#include "twin/params.h"

namespace twin {
using namespace ::AscendC;

struct At {
    const char* file;
    int line;
    static constexpr At here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return At{file, line}; }
};
#define TWIN_AT ::twin::At at = ::twin::At::here()

enum class Space : uint8_t { GM, UB, L1, L0A, L0B, L0C, BT, FB };
enum class Type : uint8_t { F32, F16, BF16, S4, S8, U8, S16, U16, S32, U32, S64, U64 };

/// Where a tensor starts and how far its buffer goes: host addresses in GM, byte offsets on the chip.
struct Ref {
    Space space;
    Type type;
    uint64_t addr;
    uint64_t end;
};

template <typename T> constexpr Type type_of() {
    if constexpr (std::is_same_v<T, float>) return Type::F32;
    else if constexpr (std::is_same_v<T, half>) return Type::F16;
    else if constexpr (std::is_same_v<T, bfloat16_t>) return Type::BF16;
    else if constexpr (std::is_same_v<T, int4b_t>) return Type::S4;
    else if constexpr (std::is_integral_v<T> && sizeof(T) == 1) return std::is_signed_v<T> ? Type::S8 : Type::U8;
    else if constexpr (std::is_integral_v<T> && sizeof(T) == 2) return std::is_signed_v<T> ? Type::S16 : Type::U16;
    else if constexpr (std::is_integral_v<T> && sizeof(T) == 4) return std::is_signed_v<T> ? Type::S32 : Type::U32;
    else {
        static_assert(std::is_integral_v<T> && sizeof(T) == 8, "no such element type on this chip");
        return std::is_signed_v<T> ? Type::S64 : Type::U64;
    }
}
constexpr Space space_of(TPosition position) {
    switch (position) {
        case TPosition::GM: return Space::GM;
        case TPosition::A1: case TPosition::B1: case TPosition::C1: return Space::L1;
        case TPosition::A2: return Space::L0A;
        case TPosition::B2: return Space::L0B;
        case TPosition::C2: return Space::BT;
        case TPosition::C2PIPE2GM: return Space::FB;
        case TPosition::CO1: return Space::L0C;
        default: return Space::UB;
    }
}

/// A scalar operand: its value, and its bits in the element type.
struct Value {
    double real;
    uint64_t bits;
};
template <typename T> Value value_of(T v) {
    Value value{0, 0};
    if constexpr (std::is_same_v<T, half>) value = {static_cast<double>(static_cast<float>(v)), v.bits};
    else if constexpr (std::is_same_v<T, bfloat16_t> || std::is_same_v<T, int4b_t>) value = {0, v.bits};
    else {
        value.real = static_cast<double>(v);
        __builtin_memcpy(&value.bits, &v, sizeof(T));
    }
    return value;
}

/// Which lanes of which repeats a vector instruction computes.
struct Lanes {
    enum Form : uint8_t { Count, Prefix, Bits, Register } form;
    uint64_t mask[2];
    uint32_t repeats;
    int64_t count;
};
inline Lanes lanes_count(int64_t count) { return {Lanes::Count, {0, 0}, 0, count}; }
inline Lanes lanes_mask(bool set, uint64_t mask, int64_t repeats) {
    return {set ? Lanes::Prefix : Lanes::Register, {mask, 0}, static_cast<uint32_t>(repeats), 0};
}
inline Lanes lanes_mask(bool set, const uint64_t mask[], int64_t repeats) {
    return {set ? Lanes::Bits : Lanes::Register, {set ? mask[0] : 0, set ? mask[1] : 0}, static_cast<uint32_t>(repeats), 0};
}
/// Strides of an operand in 32 B: between the blocks of a repeat, and between repeats.
struct Walk {
    uint32_t block = 1;
    uint32_t repeat = 8;
};

// --- the core ---------------------------------------------------------------------------------------------------------------------------------------
int64_t block_index();
int64_t block_count();
int64_t sub_block_index();
int64_t sub_block_count();
int64_t task_ratio();
void set_flag(HardEvent event, int32_t id, At at);
void wait_flag(HardEvent event, int32_t id, At at);
void barrier(pipe_t pipe, At at);
void cross_set(uint8_t mode, pipe_t pipe, uint16_t id, At at);
void cross_wait(uint8_t mode, pipe_t pipe, uint16_t id, At at);
void sync_all(bool vector_only, At at);
void cache_clean(Ref address, bool whole, At at);
void set_atomic(int kind, Type type);
/// Whether the flag or barrier written at this place is there in this run.
bool site(const char* file, int line);

// --- buffers ----------------------------------------------------------------------------------------------------------------------------------------
uint64_t allocate(Space space, uint64_t bytes, At at);
void release_buffers();
void pipe_events(bool keep);
int8_t event_fetch(HardEvent event, At at);
/// `queue`: a flag that is still set when the kernel ends is taken back by the queue's destructor.
int8_t event_alloc(HardEvent event, At at, bool queue = false);
void event_release(HardEvent event, int8_t id, At at);
[[noreturn]] void refuse(const char* rule, At at, const char* format, ...) __attribute__((format(printf, 3, 4)));

// --- scalars ----------------------------------------------------------------------------------------------------------------------------------------
uint64_t scalar_load(Ref from, At at);
void scalar_store(Ref to, uint64_t bits, At at);

// --- data movement ----------------------------------------------------------------------------------------------------------------------------------
struct Rows {
    uint32_t count;
    uint64_t bytes, from_step, to_step;
};
struct Pad {
    bool is_pad;
    uint32_t left, right;
    uint64_t bits;
};
void copy(Ref to, Ref from, Rows rows, At at);
void copy_pad_in(Ref to, Ref from, const DataCopyExtParams& params, Pad pad, At at);
void copy_pad_out(Ref to, Ref from, const DataCopyExtParams& params, At at);
void copy_nd2nz(Ref to, Ref from, const Nd2NzParams& params, At at);
void copy_nz2nd(Ref to, Ref from, const Nz2NdParamsFull& params, At at);
[[noreturn]] void no_way(Ref to, Ref from, const char* op, At at);
/// An instruction of the API that other chips have.
[[noreturn]] void not_here(const char* op, At at);
void copy_lanes(Ref to, Ref from, Lanes lanes, const CopyRepeatParams& params, At at);

// --- cube -------------------------------------------------------------------------------------------------------------------------------------------
void load_2d(Ref to, Ref from, const LoadData2DParams& params, At at);
void load_transpose(Ref to, Ref from, const LoadData2dTransposeParams& params, At at);
/// What a 3D load takes: the window of the unfolded matrix, the filter, and from which registers the image and the padding come unless it sets them itself.
struct Window {
    uint16_t channels, k_extension, m_extension, k_start, m_start;
    uint8_t stride_w, stride_h, filter_w, filter_h, dilation_w, dilation_h;
    bool transpose, right;
};
struct Image {
    uint16_t height = 0, width = 0;
    uint8_t pad[4] = {0, 0, 0, 0};  // left, right, top, bottom
};
void load_3d(Ref to, Ref from, const Window& window, At at);
void set_image(const Image& image, bool right, At at);
void set_padding(uint64_t bits);
void load_global(Ref to, Ref from, const LoadData2DParams& params, At at);
void fill(Ref to, uint32_t repeats, uint32_t blocks, uint32_t gap, uint64_t bits, At at);
void mmad(Ref to, Ref a, Ref b, const Ref* bias, const MmadParams& params, At at);
void copy_sums(Ref to, Ref from, const DataCopyCO12DstParams& params, At at);
void set_pre_quant(uint64_t scale);
void set_matrices(uint16_t number, uint16_t source_step, uint16_t target_step, At at);
void fixpipe(Ref to, Ref from, const Ref* scales, CO2Layout layout, const FixpipeParamsV220& params, At at);

// --- vector -----------------------------------------------------------------------------------------------------------------------------------------
enum class Unary : uint8_t { Exp, Ln, Abs, Reciprocal, Sqrt, Rsqrt, Relu, Not };
enum class Binary : uint8_t { Add, Sub, Mul, Div, Max, Min, And, Or, MulAddDst, FusedMulAdd };
enum class Scalar : uint8_t { Adds, Muls, Maxs, Mins, LeakyRelu, ShiftLeft, ShiftRight, ShiftRightRound, Axpy };
void vector_unary(Unary op, Ref to, Ref from, Lanes lanes, Walk to_walk, Walk from_walk, At at);
void vector_binary(Binary op, Ref to, Ref a, Ref b, Lanes lanes, Walk to_walk, Walk a_walk, Walk b_walk, At at);
void vector_scalar(Scalar op, Ref to, Ref from, Value scalar, Lanes lanes, Walk to_walk, Walk from_walk, At at);
void vector_cast(Ref to, Ref from, RoundMode mode, Lanes lanes, Walk to_walk, Walk from_walk, At at);
void vector_duplicate(Ref to, Value value, Lanes lanes, Walk to_walk, At at);
void vector_index(Ref to, Value first, Lanes lanes, Walk to_walk, At at);
void vector_brcb(Ref to, Ref from, uint32_t repeats, uint32_t block, uint32_t repeat, At at);
void vector_transpose(Ref to, Ref from, At at);
void transpose_image(Ref to, Ref from, Ref work, const TransposeParamsExt& params, At at);
/// `to` and `from`: 16 blocks of 32 bytes each.
void transpose_blocks(Type type, const Ref to[16], const Ref from[16], const TransDataTo5HDParams& params, At at);
void set_deq_scale(float scale);
void mask_mode(bool counter);
void mask_register(uint64_t high, uint64_t low);

enum class Reduce : uint8_t { Sum, Max, Min };
void reduce_all(Reduce op, Ref to, Ref from, Ref work, Lanes lanes, uint32_t repeat_stride, bool index, At at);
void reduce_whole(Reduce op, Ref to, Ref from, Lanes lanes, uint32_t to_step, Walk from_walk, ReduceOrder order, At at);
void reduce_block(Reduce op, Ref to, Ref from, Lanes lanes, uint32_t to_step, Walk from_walk, At at);
void reduce_pair(Ref to, Ref from, Lanes lanes, uint32_t to_step, Walk from_walk, At at);

/// The result of the last reduction to an extreme: the bits of its value and of its index.
void reduce_result(uint64_t& value, uint64_t& index, At at);

/// Into the mask of comparisons, for a `select` by it.
void compare_mask(Ref a, Ref b, CMPMODE mode, Lanes lanes, Walk a_walk, Walk b_walk, At at);
void set_compare_mask(Ref from, At at);
void get_compare_mask(Ref to, At at);
void select_by_mask(Ref to, Ref a, Ref b, SELMODE mode, uint32_t repeats, Walk to_walk, Walk a_walk, Walk b_walk, At at);
/// Bits from memory, and the other value from the mask of comparisons.
void select_scalar_of_mask(Ref to, Ref bits, Ref a, uint32_t repeats, Walk to_walk, Walk a_walk, At at);
void compare(Ref to, Ref a, const Ref* b, Value scalar, CMPMODE mode, Lanes lanes, Walk a_walk, Walk b_walk, At at);
void select(Ref to, Ref bits, Ref a, const Ref* b, Value scalar, SELMODE mode, Lanes lanes, Walk to_walk, Walk a_walk, Walk b_walk, At at);
void gather(Ref to, Ref from, Ref offsets, uint32_t base, Lanes lanes, uint32_t to_repeat, At at);
void gather_blocks(Ref to, Ref from, Ref offsets, uint32_t repeats, uint32_t to_block, uint32_t to_repeat, At at);
void scatter(Ref to, Ref from, Ref offsets, uint32_t base, Lanes lanes, uint32_t from_repeat, At at);
uint64_t gather_mask(Ref to, Ref from, const Ref* bits, uint8_t pattern, bool counter, uint32_t mask, const GatherMaskParams& params, At at);
void sort32(Ref to, Ref scores, Ref indices, uint32_t repeats, At at);
void merge_sort(Ref to, const Ref from[4], const MrgSort4Info& info, At at);
/// How many of each list the last merge has taken.
void merge_result(uint16_t taken[4], At at);
void extract(Ref values, Ref indices, Ref sorted, uint32_t repeats, At at);
}  // namespace twin
