// The cube half of attention: scores = q @ k^T and values = weights @ v, one step of keys at a time, scores a step ahead.
#pragma once

#include "attention_walk.h"
#include "cube.h"

// Keys, values and queries of plain attention: packed or paged rows, [.., Hkv, D].
template <typename T>
struct AttentionSource {
  static constexpr bool SHARED = false;  // values are not part of the keys' tile

  AttentionTiling t;
  GlobalTensor<T> q, k, v;
  GlobalTensor<int32_t> table;

  __aicore__ inline void LoadQ(const LocalTensor<T>& l1, const AttentionTask& task) const {
    LoadQueries(l1, q, t, task, t.d);
  }
  __aicore__ inline void LoadK(const LocalTensor<T>& l1, const AttentionStep& step) const { LoadKeys(l1, k, t, table, step, t.d, t.kv_heads); }
  __aicore__ inline void LoadV(const LocalTensor<T>& l1, const AttentionStep& step) const { LoadKeys(l1, v, t, table, step, t.dv, t.kv_heads); }
};

// Rows of a tile from [tokens, Hq, width] -> zN.
template <typename T>
__aicore__ inline void LoadQueries(const LocalTensor<T>& l1, const GlobalTensor<T>& q, const AttentionTiling& t, const AttentionTask& task, uint32_t width) {
  const uint32_t group = t.heads / t.kv_heads;
  const uint32_t rows_l1 = RoundUp(task.rows, FRACTAL_ROWS);
  ForQueries(task.row, task.rows, group, [&](uint32_t row, uint32_t queries, uint32_t heads) __aicore__ {
    Nd2NzParams p;
    p.ndNum = queries;
    p.nValue = heads;
    p.dValue = width;
    // Beyond 16 bits for 128 heads of 512, whose tiles are parts of one query.
    p.srcNdMatrixStride = queries > 1 ? t.heads * width : 0;
    p.srcDValue = width;
    p.dstNzC0Stride = rows_l1;
    p.dstNzNStride = 1;
    p.dstNzMatrixStride = queries > 1 ? heads * K0<T>() : 0;
    const uint64_t head = static_cast<uint64_t>(task.token + row / group) * t.heads + task.kv_head * group + row % group;
    DataCopy(l1[(row - task.row) * K0<T>()], q[head * width], p);
  });
}

// Keys of a step from [keys, heads, width] or [pages, P, heads, width] -> zN.
template <typename T>
__aicore__ inline void LoadKeys(const LocalTensor<T>& l1, const GlobalTensor<T>& k, const AttentionTiling& t, const GlobalTensor<int32_t>& table, const AttentionStep& step, uint32_t width, uint32_t heads) {
  const uint32_t rows_l1 = RoundUp(step.keys, FRACTAL_ROWS);
  ForPages(t, table, step.task, step.key, step.keys, [&](uint32_t done, uint32_t rows, uint64_t slot) __aicore__ {
    LoadNd2Nz(l1[done * K0<T>()], k[(slot * heads + step.task.kv_head) * width], rows, width, heads * width, rows_l1);
  });
}

// Events MTE1_MTE2: 0 queries, 1..2 the values of a step (which may be its keys), 3 weights. MTE2_MTE1: 1..2 keys, 3 weights; a step's queries are loaded before its
// keys, and its values before its weights, those of a partial step when the vector cores have cleaned them. The others by CubeUnit.
template <typename T, typename Source>
class AttentionCube {
 public:
  __aicore__ inline void Init(TPipe& pipe, const AttentionTiling& tiling, const Source& source, GM_ADDR workspace, uint32_t core) {
    t_ = tiling;
    source_ = source;
    slots_.Init(tiling, workspace, core);
    rows_ = RoundUp(t_.tile_rows, FRACTAL_ROWS);
    keys_elements_ = t_.tile_keys * RoundUp(t_.d, FRACTAL_ROWS);
    values_elements_ = Source::SHARED ? 0 : t_.tile_keys * RoundUp(t_.dv, FRACTAL_ROWS);
    pipe.InitBuffer(q_, rows_ * RoundUp(t_.d, FRACTAL_ROWS) * sizeof(T));
    pipe.InitBuffer(k_, 2 * keys_elements_ * sizeof(T));
    if constexpr (!Source::SHARED) {
      pipe.InitBuffer(v_, 2 * values_elements_ * sizeof(T));
    }
    pipe.InitBuffer(p_, t_.weight_terms * rows_ * t_.tile_keys * sizeof(T));
    unit_.Init(pipe, 2);
    for (uint32_t i = 0; i < EVENTS; ++i) {
      SYNC_SET(HardEvent::MTE1_MTE2, i);
    }
  }

  __aicore__ inline void Run(AttentionWalk& walk) {
    AttentionStep step, last;
    bool pending = false;
    step.number = 0;
    while (walk.Next(step.task)) {
      for (step.key = step.task.key_begin; step.key < step.task.key_end; step.key += t_.tile_keys) {
        Measure(t_, step);
        Scores(step);
        if (pending) {
          Values(last);
        }
        last = step;
        pending = t_.ahead != 0;
        if (!pending) {
          Values(step);
        }
        ++step.number;
      }
    }
    if (pending) {
      Values(last);
    }
    for (uint32_t i = 0; i < EVENTS; ++i) {
      SYNC_WAIT(HardEvent::MTE1_MTE2, i);
    }
    unit_.Drain();
  }

 private:
  static constexpr uint32_t QUERIES = 0;
  static constexpr uint32_t TILE = 1;
  static constexpr uint32_t WEIGHTS = 3;
  static constexpr uint32_t EVENTS = 4;
  static constexpr uint32_t SLICE = 128;

  __aicore__ inline LocalTensor<T> Keys(uint32_t stage) { return k_.template Get<T>()[stage * keys_elements_]; }

  // The values of a step.
  __aicore__ inline LocalTensor<T> Tile(uint32_t stage) {
    if constexpr (Source::SHARED) {
      return Keys(stage);
    } else {
      return v_.template Get<T>()[stage * values_elements_];
    }
  }

  __aicore__ inline void Scores(const AttentionStep& step) {
    const uint32_t stage = step.number % 2;
    const LocalTensor<T> q = q_.template Get<T>();
    if (step.first) {
      SYNC_WAIT(HardEvent::MTE1_MTE2, QUERIES);
      source_.LoadQ(q, step.task);
    }
    // Keys that are no values have been read by now: MTE2 has waited for weights that were made of their scores.
    if constexpr (Source::SHARED) {
      SYNC_WAIT(HardEvent::MTE1_MTE2, TILE + stage);
    }
    source_.LoadK(Keys(stage), step);
    SYNC_SET(HardEvent::MTE2_MTE1, TILE + stage);
    if constexpr (!Source::SHARED) {
      SYNC_WAIT(HardEvent::MTE1_MTE2, TILE + stage);
      if (!step.partial) {
        source_.LoadV(Tile(stage), step);
      }
    }
    SYNC_WAIT(HardEvent::MTE2_MTE1, TILE + stage);
    unit_.template Accumulate<BLayout::NK>(q, Keys(stage), step.task.rows, step.keys, t_.d, SLICE, true, [&]() __aicore__ {
      if (step.last) {
        SYNC_SET(HardEvent::MTE1_MTE2, QUERIES);
      }
    });
    unit_.Finish(slots_.Scores(step.number), step.task.rows, step.keys, t_.tile_keys);
    SYNC_CROSS_SET(2, PIPE_FIX, SCORES_READY);
  }

  __aicore__ inline void Values(const AttentionStep& step) {
    const uint32_t stage = step.number % 2;
    const uint32_t rows = step.task.rows;
    const uint32_t rows_l1 = RoundUp(rows, FRACTAL_ROWS);
    const uint32_t rows_v = RoundUp(step.keys, FRACTAL_ROWS);
    const LocalTensor<T> p = p_.template Get<T>();
    const LocalTensor<T> v = Tile(stage);
    SYNC_CROSS_WAIT(2, PIPE_MTE2, WEIGHTS_READY);
    // Over keys that are values too: they have been read, since there are weights.
    if (step.partial) {
      LoadNd2Nz(v, slots_.Clean(step.number), step.keys, t_.dv, t_.dv, rows_v);
    }
    SYNC_WAIT(HardEvent::MTE1_MTE2, WEIGHTS);
    for (uint32_t term = 0; term < t_.weight_terms; ++term) {
      LoadNd2Nz(p[term * rows_ * t_.tile_keys], slots_.Weights(step.number)[term * t_.tile_rows * t_.tile_keys], rows, step.keys, t_.tile_keys, rows_l1);
    }
    SYNC_SET(HardEvent::MTE2_MTE1, WEIGHTS);
    SYNC_WAIT(HardEvent::MTE2_MTE1, WEIGHTS);
    for (uint32_t column = 0; column < t_.dv; column += SLICE) {
      const uint32_t columns = Min(SLICE, t_.dv - column);
      for (uint32_t term = 0; term < t_.weight_terms; ++term) {
        const bool done = column + columns == t_.dv && term + 1 == t_.weight_terms;
        unit_.template Accumulate<BLayout::KN>(p[term * rows_ * t_.tile_keys], v[column * rows_v], rows, columns, step.keys, SLICE, term == 0, [&]() __aicore__ {
          if (done) {
            SYNC_SET(HardEvent::MTE1_MTE2, WEIGHTS);
            SYNC_SET(HardEvent::MTE1_MTE2, TILE + stage);
          }
        });
      }
      unit_.Finish(slots_.Values(step.number)[column], rows, columns, t_.dv);
    }
    SYNC_CROSS_SET(2, PIPE_FIX, VALUES_READY);
  }

  AttentionTiling t_;
  Source source_;
  AttentionSlots<T> slots_;
  TBuf<TPosition::A1> q_, k_, v_, p_;
  CubeUnit<T, float> unit_;
  uint32_t rows_, keys_elements_, values_elements_;
};
