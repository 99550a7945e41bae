// Status codes of aclnn operators, with a text each.
#ifndef ASCEND_SYS_ACLNN_ERRORS_H
#define ASCEND_SYS_ACLNN_ERRORS_H

#include "../cann.h"

#define ACLNN_SUCCESS 0 // success
#define ACLNN_ERR_PARAM_NULLPTR 161001 // a required argument is a null pointer
#define ACLNN_ERR_PARAM_INVALID 161002 // an argument is not valid for the operator
#define ACLNN_ERR_RUNTIME_ERROR 361001 // a call of the runtime failed, or the chip is not supported
#define ACLNN_ERR_INNER 561000 // an internal error of the operator library
#define ACLNN_ERR_INNER_INFERSHAPE_ERROR 561001 // the output shape cannot be inferred
#define ACLNN_ERR_INNER_TILING_ERROR 561002 // no tiling fits the shapes
#define ACLNN_ERR_INNER_FIND_KERNEL_ERROR 561003 // no kernel fits; is the operator package of this chip installed?
#define ACLNN_ERR_INNER_CREATE_EXECUTOR 561101 // no executor can be created
#define ACLNN_ERR_INNER_NOT_TRANS_EXECUTOR 561102 // the executor was not handed over
#define ACLNN_ERR_INNER_NULLPTR 561103 // an internal null pointer
#define ACLNN_ERR_INNER_WRONG_ATTR_INFO_SIZE 561104 // the number of attributes is wrong
#define ACLNN_ERR_INNER_KEY_CONFILICT 561105 // two kernels have one key
#define ACLNN_ERR_INNER_INVALID_IMPL_MODE 561106 // the implementation mode is not valid
#define ACLNN_ERR_INNER_OPP_PATH_NOT_FOUND 561107 // ASCEND_OPP_PATH does not name an operator package
#define ACLNN_ERR_INNER_LOAD_JSON_FAILED 561108 // a kernel's description cannot be read
#define ACLNN_ERR_INNER_JSON_VALUE_NOT_FOUND 561109 // a kernel's description lacks a field
#define ACLNN_ERR_INNER_JSON_FORMAT_INVALID 561110 // a kernel's description has a format that is not valid
#define ACLNN_ERR_INNER_JSON_DTYPE_INVALID 561111 // a kernel's description has an element type that is not valid
#define ACLNN_ERR_INNER_OPP_KERNEL_PKG_NOT_FOUND 561112 // no kernel is loaded; install the operator package of this chip
#define ACLNN_ERR_INNER_OP_FILE_INVALID 561113 // a kernel's file is not valid
#define ACLNN_ERR_INNER_ATTR_NUM_OUT_OF_BOUND 561114 // the operator has fewer attributes than its description
#define ACLNN_ERR_INNER_ATTR_LEN_NOT_ENOUGH 561115 // an attribute is shorter than its description
#define ACLNN_ERR_INNER_INPUT_NUM_IN_JSON_TOO_LARGE 561116 // a kernel's description has too many inputs
#define ACLNN_ERR_INNER_INPUT_JSON_IS_NULL 561117 // a kernel's description is empty
#define ACLNN_ERR_INNER_STATIC_WORKSPACE_INVALID 561118 // a kernel's description has a workspace that is not valid
#define ACLNN_ERR_INNER_STATIC_BLOCK_DIM_INVALID 561119 // a kernel's description has a number of blocks that is not valid

#endif
