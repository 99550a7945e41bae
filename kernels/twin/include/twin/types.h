// Keywords, scalar types and enumerations of Ascend C for dav-c220, with the values and the order that the toolkit documents.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#define ASCEND_TWIN 1
#define __NPU_ARCH__ 2201
#define __CCE_AICORE__ 220
#define __DAV_C220__ 1

#define __aicore__
#define __global__
#define __gm__
#define __ubuf__
#define __cbuf__
#define __ca__
#define __cb__
#define __cc__
#define __fbuf__
// How CANN 9 names the cores of an entry. This project's builds read KERNEL_TASK_TYPE_DEFAULT, which every entry has as well.
#define __cube__
#define __vector__
#define __mix__(cube, vector)
#define __schedmode__(mode)
#define __inout_pipe__(pipe)
#define GM_ADDR __gm__ uint8_t*

namespace twin {
/// IEEE half precision and bfloat16 as bits; rounding is to nearest, ties to even.
uint16_t half_bits(float value);
float half_value(uint16_t bits);
}

/// A scalar of 16 bits. Arithmetic goes through float, as in the scalar unit.
struct half {
    uint16_t bits;
    half() = default;
    half(float value) : bits(twin::half_bits(value)) {}
    half(double value) : bits(twin::half_bits(static_cast<float>(value))) {}
    half(int value) : bits(twin::half_bits(static_cast<float>(value))) {}
    operator float() const { return twin::half_value(bits); }
};
/// Carried, never computed with: this chip has no bf16 arithmetic.
struct bfloat16_t {
    uint16_t bits;
};
/// Two of them to a byte.
struct int4b_t {
    uint8_t bits;
};

enum pipe_t { PIPE_S = 0, PIPE_V, PIPE_M, PIPE_MTE1, PIPE_MTE2, PIPE_MTE3, PIPE_ALL, PIPE_FIX = 10 };
enum QuantMode_t { NoQuant = 0, VREQ8 = 8, REQ8 = 9, VDEQF16 = 10, DEQF16 = 11, F322F16 = 1, F322BF16 = 16 };
enum { EVENT_ID0, EVENT_ID1, EVENT_ID2, EVENT_ID3, EVENT_ID4, EVENT_ID5, EVENT_ID6, EVENT_ID7 };

// The core type of a kernel is read from the source by the build; here it is only checked to be one of those that exist.
enum KernelMetaType { KERNEL_TYPE_AIV_ONLY, KERNEL_TYPE_AIC_ONLY, KERNEL_TYPE_MIX_AIV_1_0, KERNEL_TYPE_MIX_AIC_1_0, KERNEL_TYPE_MIX_AIC_1_1, KERNEL_TYPE_MIX_AIC_1_2 };
#define KERNEL_TASK_TYPE_DEFAULT(type) static_assert((type) <= KERNEL_TYPE_MIX_AIC_1_2, "kernel type")

namespace AscendC {
enum CoreType { AIC = 1, AIV = 2 };
#if defined(__DAV_C220_CUBE__)
constexpr CoreType g_coreType = AIC;
#elif defined(__DAV_C220_VEC__)
constexpr CoreType g_coreType = AIV;
#endif

enum class TPosition : uint8_t { GM, A1, A2, B1, B2, C1, C2, CO1, CO2, VECIN, VECOUT, VECCALC, LCM = VECCALC, C2PIPE2GM = 16 };
using QuePosition = TPosition;
enum class Hardware : uint8_t { GM, UB, L1, L0A, L0B, L0C, BIAS, FIXBUF, MAX };
enum class HardEvent : uint8_t {
    MTE2_MTE1, MTE1_MTE2, MTE1_M, M_MTE1, MTE2_V, V_MTE2, MTE3_V, V_MTE3, M_V, V_M, V_V, MTE3_MTE1, MTE1_MTE3, MTE1_V, MTE2_M, M_MTE2, V_MTE1, M_FIX,
    FIX_M, MTE3_MTE2, MTE2_MTE3, S_V, V_S, S_MTE2, MTE2_S, S_MTE3, MTE3_S, MTE2_FIX, FIX_MTE2, FIX_S, M_S, FIX_MTE3, MTE1_FIX, FIX_MTE1, FIX_FIX, MAX,
};
using TEventID = int8_t;
enum class RoundMode { CAST_NONE = 0, CAST_RINT, CAST_FLOOR, CAST_CEIL, CAST_ROUND, CAST_TRUNC, CAST_ODD, UNKNOWN = 0xFF };
enum class CMPMODE { LT = 0, GT, EQ, LE, GE, NE };
enum class SELMODE { VSEL_CMPMASK_SPR = 0, VSEL_TENSOR_SCALAR_MODE, VSEL_TENSOR_TENSOR_MODE };
enum class ReduceOrder { ORDER_VALUE_INDEX = 0, ORDER_INDEX_VALUE, ORDER_ONLY_VALUE, ORDER_ONLY_INDEX };
enum class CacheMode { CACHE_MODE_DISABLE = 0, CACHE_MODE_NORMAL = 1, CACHE_MODE_LAST = 2, CACHE_MODE_PERSISTENT = 4 };
enum class CacheRwMode { READ = 1, WRITE = 2, RW = 3 };
enum class CacheLine : uint64_t { SINGLE_CACHE_LINE = 0, ENTIRE_DATA_CACHE };
enum class DcciDst : uint64_t { CACHELINE_ALL = 0, CACHELINE_UB, CACHELINE_OUT, CACHELINE_ATOMIC };
enum class MemDsbT : uint64_t { ALL = 0, DDR, UB, SEQ };
enum class MaskMode : uint8_t { NORMAL = 0, COUNTER };
enum class CO2Layout : uint8_t { NZ = 0, ROW_MAJOR, COLUMN_MAJOR };
enum class GatherMaskMode : uint8_t { VERSION_V1 = 0, VERSION_V2 };
constexpr GatherMaskMode defaultGatherMaskMode = GatherMaskMode::VERSION_V1;
struct FixpipeConfig {
    CO2Layout format;
};
enum class FmatrixMode : uint8_t { FMATRIX_LEFT = 0, FMATRIX_RIGHT = 1 };
enum class TransposeType : uint8_t {
    TRANSPOSE_TYPE_NONE, TRANSPOSE_NZ2ND_0213, TRANSPOSE_NZ2NZ_0213, TRANSPOSE_NZ2NZ_012_WITH_N, TRANSPOSE_NZ2ND_012_WITH_N, TRANSPOSE_NZ2ND_012_WITHOUT_N,
    TRANSPOSE_NZ2NZ_012_WITHOUT_N, TRANSPOSE_ND2ND_ONLY, TRANSPOSE_ND_UB_GM, TRANSPOSE_GRAD_ND_UB_GM, TRANSPOSE_ND2ND_B16, TRANSPOSE_NCHW2NHWC, TRANSPOSE_NHWC2NCHW,
};
constexpr int32_t NCHW_CONV_ADDR_LIST_SIZE = 16;
/// Whether a `LoadData` 3D sets the registers of the image's size and of the padding itself; else those of `SetFmatrix` and `SetLoadDataPaddingValue` hold.
struct IsResetLoad3dConfig {
    bool isSetFMatrix = true;
    bool isSetPadding = true;
};
constexpr IsResetLoad3dConfig IS_RESER_LOAD3D_DEFAULT_CONFIG = {true, true};
template <typename T> using PrimT = T;
template <typename T, typename U> using IsSameType = std::is_same<T, U>;
constexpr FixpipeConfig CFG_NZ = {CO2Layout::NZ};
constexpr FixpipeConfig CFG_ROW_MAJOR = {CO2Layout::ROW_MAJOR};
}  // namespace AscendC

#define ASCEND_IS_AIC constexpr(::AscendC::g_coreType == ::AscendC::AIC)
#define ASCEND_IS_AIV constexpr(::AscendC::g_coreType == ::AscendC::AIV)
