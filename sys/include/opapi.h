// Every aclnn operator that is declared here.
#ifndef ASCEND_SYS_OPAPI_H
#define ASCEND_SYS_OPAPI_H

#include "nnopbase.h"
#include "aclnn/errors.h"
#include "aclnn/matmul.h"
#include "aclnn/grouped_matmul.h"
#include "aclnn/routing.h"
#include "aclnn/attention.h"
#include "aclnn/norm.h"
#include "aclnn/rope.h"
#include "aclnn/activation.h"
#include "aclnn/quantize.h"
#include "aclnn/elementwise.h"
#include "aclnn/reduce.h"
#include "aclnn/index.h"
#include "aclnn/shape.h"
#include "aclnn/collective.h"

#endif
