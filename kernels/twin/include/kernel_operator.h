// The Ascend C API that the kernels use, for a host CPU. Written from the documented signatures; what is not declared here is not part of the subset.
#pragma once
#include "twin/cube.h"
#include "twin/move.h"
#include "twin/params.h"
#include "twin/pipe.h"
#include "twin/reduce.h"
#include "twin/select.h"
#include "twin/sort.h"
#include "twin/sync.h"
#include "twin/tensor.h"
#include "twin/transpose.h"
#include "twin/types.h"
#include "twin/vector.h"
