// Which tiles of a grouped product a core computes, in which order. The cube core and its vector cores walk alike.
#pragma once

#include "../grouped_matmul/grouped_matmul_tiling.h"
#include "tiling.h"

struct GroupedTile {
  uint32_t expert;
  uint32_t row;    // first row of x
  uint32_t m;      // rows
  uint32_t column; // first column
  uint32_t n;      // columns
  uint32_t group_rows;
};

// Tiles are numbered through all groups, so a core that had no tile in the last round of one group has the first tile of the next.
class GroupedWalk {
 public:
  // `columns`: those that are divided into tiles, `tile_n` a tile.
  __aicore__ inline void Init(const GroupedMatmulTiling& tiling, GM_ADDR groups, uint32_t columns, uint32_t tile_n, uint32_t core, uint32_t cores) {
    // Little endian: the low word of an entry is its value.
    list_ = Global<uint32_t>(groups);
    list_words_ = tiling.list_words;
    experts_ = tiling.experts;
    cumulative_ = tiling.cumulative != 0;
    columns_ = columns;
    tile_m_ = tiling.tile_m;
    tile_n_ = tile_n;
    swizzle_ = tiling.swizzle;
    cores_ = cores;
    next_ = core;
    tiles_n_ = CeilDiv(columns, tile_n);
    LoadGroup();
  }

  // Gives the core's next tile; false when there is none.
  __aicore__ inline bool Next(GroupedTile& tile) {
    while (expert_ < experts_ && next_ >= tiles_) {
      next_ -= tiles_;
      row_ += rows_;
      ++expert_;
      LoadGroup();
    }
    if (expert_ >= experts_) {
      return false;
    }
    uint32_t tile_row, tile_column;
    Place(next_, tile_row, tile_column);
    next_ += cores_;
    tile.expert = expert_;
    tile.row = row_ + tile_row * tile_m_;
    tile.m = Min(tile_m_, rows_ - tile_row * tile_m_);
    tile.column = tile_column * tile_n_;
    tile.n = Min(tile_n_, columns_ - tile.column);
    tile.group_rows = rows_;
    return true;
  }

  // Rows of all groups, when all are passed.
  __aicore__ inline uint32_t Rows() const { return row_; }

 private:
  __aicore__ inline void LoadGroup() {
    if (expert_ >= experts_) {
      return;
    }
    const uint32_t entry = list_.GetValue(expert_ * list_words_);
    rows_ = cumulative_ ? entry - row_ : entry;
    tiles_m_ = CeilDiv(rows_, tile_m_);
    tiles_ = tiles_m_ * tiles_n_;
  }

  // Bands of `swizzle_` tile rows; within a band column by column, every other band from right to left.
  __aicore__ inline void Place(uint32_t tile, uint32_t& row, uint32_t& column) const {
    const uint32_t band = tile / (swizzle_ * tiles_n_);
    const uint32_t in_band = tile - band * swizzle_ * tiles_n_;
    const uint32_t height = Min(swizzle_, tiles_m_ - band * swizzle_);
    column = in_band / height;
    row = band * swizzle_ + in_band % height;
    if (band % 2 == 1) {
      column = tiles_n_ - 1 - column;
    }
  }

  GlobalTensor<uint32_t> list_;
  bool cumulative_;
  uint32_t list_words_, experts_, columns_, tile_m_, tile_n_, swizzle_, cores_, tiles_n_;
  uint32_t next_ = 0;
  uint32_t expert_ = 0;
  uint32_t row_ = 0;
  uint32_t rows_ = 0;
  uint32_t tiles_m_ = 0;
  uint32_t tiles_ = 0;
};
