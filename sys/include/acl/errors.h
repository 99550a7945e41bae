// Status codes of AscendCL, with a text each.
#ifndef ASCEND_SYS_ACL_ERRORS_H
#define ASCEND_SYS_ACL_ERRORS_H

#include "../cann.h"

#define ACL_ERROR_NONE 0 // success
#define ACL_SUCCESS 0 // success
#define ACL_ERROR_INVALID_PARAM 100000 // a parameter is not valid
#define ACL_ERROR_UNINITIALIZE 100001 // aclInit has not been called
#define ACL_ERROR_REPEAT_INITIALIZE 100002 // aclInit has been called already
#define ACL_ERROR_INVALID_FILE 100003 // the file is not valid
#define ACL_ERROR_WRITE_FILE 100004 // the file cannot be written
#define ACL_ERROR_INVALID_FILE_SIZE 100005 // the file has a size that is not valid
#define ACL_ERROR_PARSE_FILE 100006 // the file cannot be parsed
#define ACL_ERROR_FILE_MISSING_ATTR 100007 // the file lacks an attribute
#define ACL_ERROR_FILE_ATTR_INVALID 100008 // the file has an attribute that is not valid
#define ACL_ERROR_INVALID_DUMP_CONFIG 100009 // the dump configuration is not valid
#define ACL_ERROR_INVALID_PROFILING_CONFIG 100010 // the profiling configuration is not valid
#define ACL_ERROR_INVALID_MODEL_ID 100011 // no model has this id
#define ACL_ERROR_DESERIALIZE_MODEL 100012 // the model cannot be deserialised
#define ACL_ERROR_PARSE_MODEL 100013 // the model cannot be parsed
#define ACL_ERROR_READ_MODEL_FAILURE 100014 // the model cannot be read
#define ACL_ERROR_MODEL_SIZE_INVALID 100015 // the model has a size that is not valid
#define ACL_ERROR_MODEL_MISSING_ATTR 100016 // the model lacks an attribute
#define ACL_ERROR_MODEL_INPUT_NOT_MATCH 100017 // an input does not fit the model
#define ACL_ERROR_MODEL_OUTPUT_NOT_MATCH 100018 // an output does not fit the model
#define ACL_ERROR_MODEL_NOT_DYNAMIC 100019 // the model has no dynamic shapes
#define ACL_ERROR_OP_TYPE_NOT_MATCH 100020 // the operator's type does not match
#define ACL_ERROR_OP_INPUT_NOT_MATCH 100021 // an input does not fit the operator
#define ACL_ERROR_OP_OUTPUT_NOT_MATCH 100022 // an output does not fit the operator
#define ACL_ERROR_OP_ATTR_NOT_MATCH 100023 // an attribute does not fit the operator
#define ACL_ERROR_OP_NOT_FOUND 100024 // there is no such operator
#define ACL_ERROR_OP_LOAD_FAILED 100025 // the operator cannot be loaded
#define ACL_ERROR_UNSUPPORTED_DATA_TYPE 100026 // the element type is not supported
#define ACL_ERROR_FORMAT_NOT_MATCH 100027 // the memory format does not match
#define ACL_ERROR_BIN_SELECTOR_NOT_REGISTERED 100028 // no binary selector is registered
#define ACL_ERROR_KERNEL_NOT_FOUND 100029 // there is no such kernel
#define ACL_ERROR_BIN_SELECTOR_ALREADY_REGISTERED 100030 // a binary selector is registered already
#define ACL_ERROR_KERNEL_ALREADY_REGISTERED 100031 // the kernel is registered already
#define ACL_ERROR_INVALID_QUEUE_ID 100032 // no queue has this id
#define ACL_ERROR_REPEAT_SUBSCRIBE 100033 // the stream is subscribed already
#define ACL_ERROR_STREAM_NOT_SUBSCRIBE 100034 // the stream is not subscribed
#define ACL_ERROR_THREAD_NOT_SUBSCRIBE 100035 // the thread is not subscribed
#define ACL_ERROR_WAIT_CALLBACK_TIMEOUT 100036 // no callback arrived in time
#define ACL_ERROR_REPEAT_FINALIZE 100037 // aclFinalize has been called already
#define ACL_ERROR_NOT_STATIC_AIPP 100038 // the model has no static image preprocessing
#define ACL_ERROR_COMPILING_STUB_MODE 100039 // the program was linked to a stub library
#define ACL_ERROR_GROUP_NOT_SET 100040 // no group is set
#define ACL_ERROR_GROUP_NOT_CREATE 100041 // the group has not been created
#define ACL_ERROR_PROF_ALREADY_RUN 100042 // profiling runs already
#define ACL_ERROR_PROF_NOT_RUN 100043 // profiling has not been started
#define ACL_ERROR_DUMP_ALREADY_RUN 100044 // a dump runs already
#define ACL_ERROR_DUMP_NOT_RUN 100045 // no dump has been started
#define ACL_ERROR_PROF_REPEAT_SUBSCRIBE 148046 // the model is subscribed to profiling already
#define ACL_ERROR_PROF_API_CONFLICT 148047 // two ways of profiling are mixed
#define ACL_ERROR_INVALID_MAX_OPQUEUE_NUM_CONFIG 148048 // the limit of the operator cache is not valid
#define ACL_ERROR_INVALID_OPP_PATH 148049 // ASCEND_OPP_PATH does not name an operator package
#define ACL_ERROR_OP_UNSUPPORTED_DYNAMIC 148050 // the operator does not support dynamic shapes
#define ACL_ERROR_RELATIVE_RESOURCE_NOT_CLEARED 148051 // a resource that depends on this one is still alive
#define ACL_ERROR_UNSUPPORTED_JPEG 148052 // the JPEG coding is not supported
#define ACL_ERROR_INVALID_BUNDLE_MODEL_ID 148053 // no model of the bundle has this id
#define ACL_ERROR_BAD_ALLOC 200000 // memory cannot be allocated
#define ACL_ERROR_API_NOT_SUPPORT 200001 // the call is not supported here
#define ACL_ERROR_INVALID_DEVICE 200002 // the device is not valid
#define ACL_ERROR_MEMORY_ADDRESS_UNALIGNED 200003 // the address is not aligned as required
#define ACL_ERROR_RESOURCE_NOT_MATCH 200004 // the resource belongs to another device or context
#define ACL_ERROR_INVALID_RESOURCE_HANDLE 200005 // the handle is not valid
#define ACL_ERROR_FEATURE_UNSUPPORTED 200006 // the feature is not supported
#define ACL_ERROR_PROF_MODULES_UNSUPPORTED 200007 // the profiling option is not supported
#define ACL_ERROR_STORAGE_OVER_LIMIT 300000 // storage is exhausted
#define ACL_ERROR_INTERNAL_ERROR 500000 // an internal error of AscendCL
#define ACL_ERROR_FAILURE 500001 // an internal error without a name
#define ACL_ERROR_GE_FAILURE 500002 // an internal error of the graph engine
#define ACL_ERROR_RT_FAILURE 500003 // an internal error of the runtime
#define ACL_ERROR_DRV_FAILURE 500004 // an internal error of the driver
#define ACL_ERROR_PROFILING_FAILURE 500005 // an internal error of profiling

#endif
