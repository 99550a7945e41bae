// Who is who in a mixed kernel: one cube core with two vector cores.
#pragma once

// The cube core that this core is, or belongs to.
__aicore__ inline uint32_t CubeCore() {
  if ASCEND_IS_AIV {
    return static_cast<uint32_t>(GetBlockIdx() / GetTaskRation());
  }
  return static_cast<uint32_t>(GetBlockIdx());
}
