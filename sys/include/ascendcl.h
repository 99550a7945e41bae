// Everything of libascendcl.
#ifndef ASCEND_SYS_ASCENDCL_H
#define ASCEND_SYS_ASCENDCL_H

#include "acl/errors.h"
#include "acl/runtime_errors.h"
#include "acl/base.h"
#include "acl/system.h"
#include "acl/device.h"
#include "acl/context.h"
#include "acl/stream.h"
#include "acl/event.h"
#include "acl/notify.h"
#include "acl/memory.h"
#include "acl/copy.h"
#include "acl/virtual_memory.h"
#include "acl/ipc.h"
#include "acl/callback.h"
#include "acl/kernel.h"
#include "acl/graph.h"
#include "acl/random.h"
#include "acl/exception.h"
#include "acl/allocator.h"
#include "acl/snapshot.h"
#include "acl/dump.h"
#include "acl/prof.h"
#include "acl/model.h"
#include "acl/aipp.h"
#include "acl/op.h"
#include "acl/op_compiler.h"

#endif
