// Flags and barriers as the kernels write them. On the chip each is the plain call; on the twin it is a place that a test can switch off, to prove
// that the kernel needs it.
#pragma once
#include "kernel_operator.h"

#ifdef ASCEND_TWIN
#define SYNC_SITE(call) (::twin::site(__FILE__, __LINE__) ? (call) : (void)0)
#else
#define SYNC_SITE(call) (call)
#endif

#define SYNC_SET(event, id) SYNC_SITE(AscendC::SetFlag<AscendC::event>(id))
#define SYNC_WAIT(event, id) SYNC_SITE(AscendC::WaitFlag<AscendC::event>(id))
#define SYNC_BARRIER(pipe) SYNC_SITE(AscendC::PipeBarrier<pipe>())
#define SYNC_CROSS_SET(mode, pipe, id) SYNC_SITE((AscendC::CrossCoreSetFlag<mode, pipe>(id)))
#define SYNC_CROSS_WAIT(mode, pipe, id) SYNC_SITE((AscendC::CrossCoreWaitFlag<mode, pipe>(id)))
#define SYNC_ALL(vectorOnly) SYNC_SITE(AscendC::SyncAll<vectorOnly>())
