// Status codes of the runtime, with a text each.
#ifndef ASCEND_SYS_ACL_RUNTIME_ERRORS_H
#define ASCEND_SYS_ACL_RUNTIME_ERRORS_H

#include "../cann.h"

#define ACL_RT_SUCCESS 0 // success
#define ACL_ERROR_RT_PARAM_INVALID 107000 // a parameter is not valid
#define ACL_ERROR_RT_INVALID_DEVICEID 107001 // no device has this id
#define ACL_ERROR_RT_CONTEXT_NULL 107002 // the calling thread has no current context
#define ACL_ERROR_RT_STREAM_CONTEXT 107003 // the stream belongs to another context
#define ACL_ERROR_RT_MODEL_CONTEXT 107004 // the model belongs to another context
#define ACL_ERROR_RT_STREAM_MODEL 107005 // the stream does not belong to the model
#define ACL_ERROR_RT_EVENT_TIMESTAMP_INVALID 107006 // the event has no time
#define ACL_ERROR_RT_EVENT_TIMESTAMP_REVERSAL 107007 // the events' times are in the wrong order
#define ACL_ERROR_RT_ADDR_UNALIGNED 107008 // the address is not aligned as required
#define ACL_ERROR_RT_FILE_OPEN 107009 // the file cannot be opened
#define ACL_ERROR_RT_FILE_WRITE 107010 // the file cannot be written
#define ACL_ERROR_RT_STREAM_SUBSCRIBE 107011 // the stream is subscribed already, or not at all
#define ACL_ERROR_RT_THREAD_SUBSCRIBE 107012 // the thread is subscribed already, or not at all
#define ACL_ERROR_RT_GROUP_NOT_SET 107013 // no group is set
#define ACL_ERROR_RT_GROUP_NOT_CREATE 107014 // the group has not been created
#define ACL_ERROR_RT_STREAM_NO_CB_REG 107015 // no callback is registered for the stream
#define ACL_ERROR_RT_INVALID_MEMORY_TYPE 107016 // the memory is of the wrong type
#define ACL_ERROR_RT_INVALID_HANDLE 107017 // the handle is not valid
#define ACL_ERROR_RT_INVALID_MALLOC_TYPE 107018 // the kind of allocation is not valid
#define ACL_ERROR_RT_WAIT_TIMEOUT 107019 // the wait timed out
#define ACL_ERROR_RT_TASK_TIMEOUT 107020 // the task timed out
#define ACL_ERROR_RT_SYSPARAMOPT_NOT_SET 107021 // the system option has not been set
#define ACL_ERROR_RT_DEVICE_TASK_ABORT 107022 // the device's tasks are being aborted
#define ACL_ERROR_RT_STREAM_ABORT 107023 // the stream's tasks are being aborted
#define ACL_ERROR_RT_CAPTURE_DEPENDENCY 107024 // a captured task depends on something outside of the capture
#define ACL_ERROR_RT_STREAM_UNJOINED 107025 // a stream forked in the capture was not joined
#define ACL_ERROR_RT_MODEL_CAPTURED 107026 // the model is being captured
#define ACL_ERROR_RT_STREAM_CAPTURED 107027 // the stream is being captured
#define ACL_ERROR_RT_EVENT_CAPTURED 107028 // the event is being captured
#define ACL_ERROR_RT_STREAM_NOT_CAPTURED 107029 // the stream is not being captured
#define ACL_ERROR_RT_CAPTURE_MODE_NOT_SUPPORT 107030 // the call is not supported in this capture mode
#define ACL_ERROR_RT_STREAM_CAPTURE_IMPLICIT 107031 // the default stream cannot be captured
#define ACL_ERROR_STREAM_CAPTURE_CONFLICT 107032 // two captures conflict
#define ACL_ERROR_STREAM_TASK_GROUP_STATUS 107033 // the task group is in the wrong state
#define ACL_ERROR_STREAM_TASK_GROUP_INTR 107034 // the task group was interrupted
#define ACL_ERROR_RT_TASK_ABORT_STOP 107035 // the abort of tasks was stopped
#define ACL_ERROR_RT_STREAM_CAPTURE_UNMATCHED 107036 // the capture was not begun on this stream
#define ACL_ERROR_RT_MODEL_RUNNING 107037 // the model is running
#define ACL_ERROR_RT_STREAM_CAPTURE_WRONG_THREAD 107038 // the capture was begun by another thread
#define ACL_ERROR_RT_INSUFFICIENT_INPUT_ARRAY 107039 // the array passed in is too short
#define ACL_ERROR_RT_MODEL_UPDATE_FAILED 107040 // the model cannot be updated
#define ACL_ERROR_RT_CAPTURE_MODE_BLOCK_ASYNC 107041 // the capture mode forbids this asynchronous call
#define ACL_ERROR_RT_SYMBOL_NOT_FOUND 107042 // there is no such symbol
#define ACL_ERROR_RT_INVALID_SYMBOL 107043 // the symbol is not valid
#define ACL_ERROR_RT_INVALID_DEVICE_FUNCTION 107044 // the device function is not valid
#define ACL_ERROR_RT_SUB_ACLGRAPH_IS_CAPTURING 107045 // a nested sequence is being captured
#define ACL_ERROR_RT_FEATURE_NOT_SUPPORT 207000 // the feature is not supported
#define ACL_ERROR_RT_MEMORY_ALLOCATION 207001 // memory cannot be allocated
#define ACL_ERROR_RT_MEMORY_FREE 207002 // memory cannot be freed
#define ACL_ERROR_RT_AICORE_OVER_FLOW 207003 // an AI core reported arithmetic overflow
#define ACL_ERROR_RT_NO_DEVICE 207004 // there is no device
#define ACL_ERROR_RT_RESOURCE_ALLOC_FAIL 207005 // a resource cannot be allocated
#define ACL_ERROR_RT_NO_PERMISSION 207006 // the process may not do this
#define ACL_ERROR_RT_NO_EVENT_RESOURCE 207007 // no event is left
#define ACL_ERROR_RT_NO_STREAM_RESOURCE 207008 // no stream is left
#define ACL_ERROR_RT_NO_NOTIFY_RESOURCE 207009 // no notify is left
#define ACL_ERROR_RT_NO_MODEL_RESOURCE 207010 // no model is left
#define ACL_ERROR_RT_NO_CDQ_RESOURCE 207011 // no command queue is left
#define ACL_ERROR_RT_OVER_LIMIT 207012 // a limit is exceeded
#define ACL_ERROR_RT_QUEUE_EMPTY 207013 // the queue is empty
#define ACL_ERROR_RT_QUEUE_FULL 207014 // the queue is full
#define ACL_ERROR_RT_REPEATED_INIT 207015 // initialised already
#define ACL_ERROR_RT_AIVEC_OVER_FLOW 207016 // a vector core reported arithmetic overflow
#define ACL_ERROR_RT_OVER_FLOW 207017 // arithmetic overflow
#define ACL_ERROR_RT_DEVICE_OOM 207018 // the device is out of memory
#define ACL_ERROR_RT_FEATURE_NOT_SUPPORT_UPDATE_OP 207019 // the operator does not support updates
#define ACL_ERROR_RT_TIMEOUT 207020 // the call timed out
#define ACL_ERROR_RT_LINK_TYPE_NOT_SUPPORTED 207021 // the type of link is not supported
#define ACL_ERROR_RT_INTERNAL_ERROR 507000 // an internal error of the runtime
#define ACL_ERROR_RT_TS_ERROR 507001 // an internal error of the task scheduler
#define ACL_ERROR_RT_STREAM_TASK_FULL 507002 // the stream's task queue is full
#define ACL_ERROR_RT_STREAM_TASK_EMPTY 507003 // the stream's task queue is empty
#define ACL_ERROR_RT_STREAM_NOT_COMPLETE 507004 // the stream's tasks are not complete
#define ACL_ERROR_RT_END_OF_SEQUENCE 507005 // the end of a data sequence
#define ACL_ERROR_RT_EVENT_NOT_COMPLETE 507006 // the event is not complete
#define ACL_ERROR_RT_CONTEXT_RELEASE_ERROR 507007 // the context cannot be released
#define ACL_ERROR_RT_SOC_VERSION 507008 // the chip cannot be identified or is the wrong one
#define ACL_ERROR_RT_TASK_TYPE_NOT_SUPPORT 507009 // the type of task is not supported
#define ACL_ERROR_RT_LOST_HEARTBEAT 507010 // the device's heartbeat is lost
#define ACL_ERROR_RT_MODEL_EXECUTE 507011 // the execution of a model failed
#define ACL_ERROR_RT_REPORT_TIMEOUT 507012 // no report arrived in time
#define ACL_ERROR_RT_SYS_DMA 507013 // a DMA transfer failed
#define ACL_ERROR_RT_AICORE_TIMEOUT 507014 // a kernel on an AI core timed out
#define ACL_ERROR_RT_AICORE_EXCEPTION 507015 // a kernel on an AI core raised an exception
#define ACL_ERROR_RT_AICORE_TRAP_EXCEPTION 507016 // a kernel on an AI core trapped
#define ACL_ERROR_RT_AICPU_TIMEOUT 507017 // a kernel on the device's CPU timed out
#define ACL_ERROR_RT_AICPU_EXCEPTION 507018 // a kernel on the device's CPU raised an exception
#define ACL_ERROR_RT_AICPU_DATADUMP_RSP_ERR 507019 // the device's CPU did not answer to a dump
#define ACL_ERROR_RT_AICPU_MODEL_RSP_ERR 507020 // the device's CPU did not answer to a model operation
#define ACL_ERROR_RT_PROFILING_ERROR 507021 // profiling failed
#define ACL_ERROR_RT_IPC_ERROR 507022 // communication between processes failed
#define ACL_ERROR_RT_MODEL_ABORT_NORMAL 507023 // the model was aborted
#define ACL_ERROR_RT_KERNEL_UNREGISTERING 507024 // the kernel is being unregistered
#define ACL_ERROR_RT_RINGBUFFER_NOT_INIT 507025 // the ring buffer is not initialised
#define ACL_ERROR_RT_RINGBUFFER_NO_DATA 507026 // the ring buffer has no data
#define ACL_ERROR_RT_KERNEL_LOOKUP 507027 // the kernel is not found
#define ACL_ERROR_RT_KERNEL_DUPLICATE 507028 // the kernel is registered already
#define ACL_ERROR_RT_DEBUG_REGISTER_FAIL 507029 // debugging cannot be registered
#define ACL_ERROR_RT_DEBUG_UNREGISTER_FAIL 507030 // debugging cannot be unregistered
#define ACL_ERROR_RT_LABEL_CONTEXT 507031 // the label belongs to another context
#define ACL_ERROR_RT_PROGRAM_USE_OUT 507032 // no program slot is left
#define ACL_ERROR_RT_DEV_SETUP_ERROR 507033 // the device cannot be set up
#define ACL_ERROR_RT_VECTOR_CORE_TIMEOUT 507034 // a kernel on a vector core timed out
#define ACL_ERROR_RT_VECTOR_CORE_EXCEPTION 507035 // a kernel on a vector core raised an exception
#define ACL_ERROR_RT_VECTOR_CORE_TRAP_EXCEPTION 507036 // a kernel on a vector core trapped
#define ACL_ERROR_RT_CDQ_BATCH_ABNORMAL 507037 // a batch of the command queue failed
#define ACL_ERROR_RT_DIE_MODE_CHANGE_ERROR 507038 // the die mode cannot be changed
#define ACL_ERROR_RT_DIE_SET_ERROR 507039 // the die cannot be set in this mode
#define ACL_ERROR_RT_INVALID_DIEID 507040 // no die has this id
#define ACL_ERROR_RT_DIE_MODE_NOT_SET 507041 // the die mode is not set
#define ACL_ERROR_RT_AICORE_TRAP_READ_OVERFLOW 507042 // a kernel on an AI core read out of range
#define ACL_ERROR_RT_AICORE_TRAP_WRITE_OVERFLOW 507043 // a kernel on an AI core wrote out of range
#define ACL_ERROR_RT_VECTOR_CORE_TRAP_READ_OVERFLOW 507044 // a kernel on a vector core read out of range
#define ACL_ERROR_RT_VECTOR_CORE_TRAP_WRITE_OVERFLOW 507045 // a kernel on a vector core wrote out of range
#define ACL_ERROR_RT_STREAM_SYNC_TIMEOUT 507046 // the synchronisation of the stream timed out
#define ACL_ERROR_RT_EVENT_SYNC_TIMEOUT 507047 // the synchronisation of the event timed out
#define ACL_ERROR_RT_FFTS_PLUS_TIMEOUT 507048 // a fused task timed out
#define ACL_ERROR_RT_FFTS_PLUS_EXCEPTION 507049 // a fused task raised an exception
#define ACL_ERROR_RT_FFTS_PLUS_TRAP_EXCEPTION 507050 // a fused task trapped
#define ACL_ERROR_RT_SEND_MSG 507051 // a message to the device cannot be sent
#define ACL_ERROR_RT_COPY_DATA 507052 // data cannot be copied
#define ACL_ERROR_RT_DEVICE_MEM_ERROR 507053 // device memory has an uncorrectable error
#define ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR 507054 // device memory has a multi-bit ECC error
#define ACL_ERROR_RT_SUSPECT_DEVICE_MEM_ERROR 507055 // device memory is suspected of an error
#define ACL_ERROR_RT_LINK_ERROR 507056 // a link between devices failed
#define ACL_ERROR_RT_SUSPECT_REMOTE_ERROR 507057 // a remote device is suspected of an error
#define ACL_ERROR_RT_DRV_INTERNAL_ERROR 507899 // an internal error of the driver
#define ACL_ERROR_RT_AICPU_INTERNAL_ERROR 507900 // an internal error of the device's CPU
#define ACL_ERROR_RT_SOCKET_CLOSE 507901 // the connection to the device is closed
#define ACL_ERROR_RT_AICPU_INFO_LOAD_RSP_ERR 507902 // the device's CPU did not answer to a load
#define ACL_ERROR_RT_STREAM_CAPTURE_INVALIDATED 507903 // the capture was invalidated by an earlier error
#define ACL_ERROR_RT_COMM_OP_RETRY_FAIL 507904 // the retry of a collective operation failed
#define ACL_ERROR_SNAPSHOT_LOCK_TIMEOUT 507905 // the lock for a snapshot timed out
#define ACL_ERROR_SNAPSHOT_LOCK_FAILED 507906 // the process cannot be locked for a snapshot
#define ACL_ERROR_SNAPSHOT_UNLOCK_FAILED 507907 // the process cannot be unlocked after a snapshot
#define ACL_ERROR_SNAPSHOT_BACKUP_FAILED 507908 // the snapshot cannot be taken
#define ACL_ERROR_SNAPSHOT_RESTORE_FAILED 507909 // the snapshot cannot be restored
#define ACL_ERROR_HOST_MEMORY_ALREADY_REGISTERED 507910 // the host memory is registered already
#define ACL_ERROR_HOST_MEMORY_NOT_REGISTERED 507911 // the host memory is not registered
#define ACL_ERROR_SNAPSHOT_CALLBACK_FAILED 507912 // a snapshot callback failed
#define ACL_ERROR_SNAPSHOT_REGISTER_CALLBACK_FAILED 507913 // a snapshot callback cannot be registered
#define ACL_ERROR_RT_L3_PORT_ERROR 507914 // a network port failed
#define ACL_ERROR_RT_CCU_TIMEOUT 507915 // the collective communication unit timed out
#define ACL_ERROR_RT_CCU_EXCEPTION 507916 // the collective communication unit raised an exception

#endif
