// Tiles handed from a cube core to its two vector cores through slots in global memory.
//
// The cube core fills slot i % slots once both vector cores have read what was there; flags count the tiles that are full and the slots that are free again.
#pragma once

#include "sync.h"
#include "tiling.h"

constexpr uint16_t SLOT_FULL = 0;
constexpr uint16_t SLOT_FREE = 1;

// Bytes of all cores' slots: where the rest of a workspace starts.
template <typename T>
__aicore__ inline uint64_t SlotBytes(uint32_t slots, uint32_t elements, uint32_t cores) {
  return static_cast<uint64_t>(cores) * slots * elements * sizeof(T);
}

class SlotRing {
 public:
  // `workspace` holds `slots` slots of `elements` elements for each cube core.
  template <typename T>
  __aicore__ inline GlobalTensor<T> Init(GM_ADDR workspace, uint32_t slots, uint32_t elements, uint32_t core) {
    slots_ = slots;
    elements_ = elements;
    return Global<T>(workspace)[static_cast<uint64_t>(core) * slots * elements];
  }

  // Where the slot at hand starts.
  __aicore__ inline uint64_t Offset() const { return static_cast<uint64_t>(count_ % slots_) * elements_; }

  // Cube core: waits until the slot at hand may be written.
  __aicore__ inline void Acquire() {
    if (count_ >= slots_) {
      SYNC_CROSS_WAIT(2, PIPE_FIX, SLOT_FREE);
    }
  }

  // Cube core: the stores into the slot have been issued.
  __aicore__ inline void Publish() {
    SYNC_CROSS_SET(2, PIPE_FIX, SLOT_FULL);
    ++count_;
  }

  // Cube core: takes back the flags of the last slots.
  __aicore__ inline void Drain() {
    for (uint32_t i = 0; i < Min(count_, slots_); ++i) {
      SYNC_CROSS_WAIT(2, PIPE_FIX, SLOT_FREE);
    }
  }

  // Vector core: waits until the slot at hand is full.
  __aicore__ inline void Await() { SYNC_CROSS_WAIT(2, PIPE_MTE2, SLOT_FULL); }

  // Vector core: the loads from the slot have been issued.
  __aicore__ inline void Release() {
    SYNC_CROSS_SET(2, PIPE_MTE2, SLOT_FREE);
    ++count_;
  }

 private:
  uint32_t slots_ = 1;
  uint32_t elements_ = 0;
  uint32_t count_ = 0;
};
