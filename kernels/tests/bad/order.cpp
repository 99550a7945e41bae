// Kernels whose pipes or cores do not agree on an order, each on the line that says BAD.
#include "frame.h"

#define MIXED(name) KERNEL(name, KERNEL_TYPE_MIX_AIC_1_2)

VECTOR(bad_event_id)
    SetFlag<HardEvent::MTE2_V>(8);  // BAD
END
VECTOR(bad_event_pipe)
    SetFlag<HardEvent::M_FIX>(0);  // BAD
END
VECTOR(bad_flag_twice)
    SetFlag<HardEvent::V_MTE2>(0);
    SetFlag<HardEvent::V_MTE2>(0);  // BAD
    WaitFlag<HardEvent::V_MTE2>(0);
END
VECTOR(bad_flag_left)
    SetFlag<HardEvent::V_MTE2>(0);  // BAD
END
VECTOR(bad_deadlock)
    WaitFlag<HardEvent::V_S>(0);
END
VECTOR(bad_order_pipes)
    DataCopy(a, gx, 8);
    Adds(a, a, 1.0f, 8);  // BAD
END
VECTOR(bad_order_one_pipe)
    Duplicate(a, 1.0f, 8);
    Adds(a, a, 1.0f, 8);  // BAD
END
VECTOR(bad_order_overwrite)
    Duplicate(a, 1.0f, 8);
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    DataCopy(gx, a, 8);
    PipeBarrier<PIPE_V>();
    Duplicate(a, 2.0f, 8);  // BAD
END
VECTOR(bad_order_scalar)
    Duplicate(a, 1.0f, 8);
    gx.SetValue(0, a.GetValue(0));  // BAD
END
VECTOR(bad_order_cores)
    Duplicate(a, 1.0f, 64);
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    if (GetBlockIdx() == 0) DataCopy(gx, a, 8);
    PipeBarrier<PIPE_ALL>();
    if (GetBlockIdx() == 1) DataCopy(a[64], gx, 8);  // BAD
END
VECTOR(bad_shared_block)
    Duplicate(a, 1.0f, 8);
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    DataCopyPad(gx[GetBlockIdx() * 4], a, DataCopyExtParams(1, 16, 0, 0, 0));  // BAD
END
VECTOR(bad_cache_dirty)
    gx.SetValue(0, 1.0f);
    SetFlag<HardEvent::S_MTE2>(0);
    WaitFlag<HardEvent::S_MTE2>(0);
    DataCopy(a, gx, 8);  // BAD
END
VECTOR(bad_cache_stale)
    const float before = gx.GetValue(0);
    Duplicate(a, before + 1.0f, 8);
    SetFlag<HardEvent::V_MTE3>(0);
    WaitFlag<HardEvent::V_MTE3>(0);
    DataCopy(gx, a, 8);
    SetFlag<HardEvent::MTE3_S>(0);
    WaitFlag<HardEvent::MTE3_S>(0);
    gy.SetValue(0, gx.GetValue(0));  // BAD
END
VECTOR(bad_cross_in_vector)
    CrossCoreSetFlag<0, PIPE_MTE3>(0);  // BAD
END
MIXED(bad_event_of_pipe)
    if ASCEND_IS_AIC {
        SetFlag<HardEvent::M_MTE1>(2);  // BAD
    }
END
VECTOR(bad_sync_all_in_vector)
    SyncAll<true>();  // BAD
END
MIXED(bad_cross_id)
    if ASCEND_IS_AIC {
        CrossCoreSetFlag<2, PIPE_FIX>(16);  // BAD
    }
END
MIXED(bad_cross_pipe)
    if ASCEND_IS_AIC {
        CrossCoreSetFlag<2, PIPE_S>(0);  // BAD
    }
END
MIXED(bad_cross_overflow)
    if ASCEND_IS_AIC {
        for (int i = 0; i < 16; ++i) CrossCoreSetFlag<2, PIPE_FIX>(0);  // BAD
    }
END
MIXED(bad_cross_left)
    if ASCEND_IS_AIC {
        CrossCoreSetFlag<2, PIPE_FIX>(0);
    }
END
MIXED(bad_cross_deadlock)
    if ASCEND_IS_AIV {
        CrossCoreWaitFlag<2, PIPE_MTE2>(0);
    }
END
VECTOR(bad_queue)
    TQue<TPosition::VECIN, 1> queue;
    pipe.InitBuffer(queue, 1, 256);
    queue.AllocTensor<float>();
    queue.DeQue<float>();  // BAD
END
