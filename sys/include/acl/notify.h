// Notifies, counting notifies and labels.
#ifndef ASCEND_SYS_ACL_NOTIFY_H
#define ASCEND_SYS_ACL_NOTIFY_H

#include "base.h"

#define ACL_NOTIFY_DEFAULT 0x00000000U
#define ACL_NOTIFY_DEVICE_USE_ONLY 0x00000001U

SINCE(9.0) typedef enum aclrtCntNotifyRecordMode {
    ACL_RT_CNT_NOTIFY_RECORD_SET_VALUE_MODE = 0,
    ACL_RT_CNT_NOTIFY_RECORD_ADD_MODE = 1,
    ACL_RT_CNT_NOTIFY_RECORD_BIT_OR_MODE = 2,
    ACL_RT_CNT_NOTIFY_RECORD_BIT_AND_MODE = 4,
} aclrtCntNotifyRecordMode;

SINCE(9.0) typedef struct aclrtCntNotifyRecordInfo {
    aclrtCntNotifyRecordMode mode;
    uint32_t value;
} aclrtCntNotifyRecordInfo;

SINCE(9.0) typedef enum aclrtCntNotifyWaitMode {
    ACL_RT_CNT_NOTIFY_WAIT_LESS_MODE = 0,
    ACL_RT_CNT_NOTIFY_WAIT_EQUAL_MODE = 1,
    ACL_RT_CNT_NOTIFY_WAIT_BIGGER_MODE = 2,
    ACL_RT_CNT_NOTIFY_WAIT_BIGGER_OR_EQUAL_MODE = 3,
    ACL_RT_CNT_NOTIFY_WAIT_EQUAL_WITH_BITMASK_MODE = 4,
} aclrtCntNotifyWaitMode;

SINCE(9.0) typedef struct aclrtCntNotifyWaitInfo {
    aclrtCntNotifyWaitMode mode;
    uint32_t value;
    uint32_t timeout;
    uint8_t isClear;
    uint8_t rsv[3];
} aclrtCntNotifyWaitInfo;

SINCE(9.0) aclError aclrtCreateNotify(aclrtNotify *notify, uint64_t flag);
SINCE(9.0) aclError aclrtDestroyNotify(aclrtNotify notify);
SINCE(9.0) aclError aclrtCntNotifyCreate(aclrtCntNotify *cntNotify, uint64_t flag);
SINCE(9.0) aclError aclrtCntNotifyDestroy(aclrtCntNotify cntNotify);
SINCE(9.0) aclError aclrtRecordNotify(aclrtNotify notify, aclrtStream stream);
SINCE(9.0) aclError aclrtWaitAndResetNotify(aclrtNotify notify, aclrtStream stream, uint32_t timeout);
SINCE(9.0) aclError aclrtGetNotifyId(aclrtNotify notify, uint32_t *notifyId);
SINCE(9.0) aclError aclrtCreateLabel(aclrtLabel *label);
SINCE(9.0) aclError aclrtSetLabel(aclrtLabel label, aclrtStream stream);
SINCE(9.0) aclError aclrtDestroyLabel(aclrtLabel label);
SINCE(9.0) aclError aclrtCreateLabelList(aclrtLabel *labels, size_t num, aclrtLabelList *labelList);
SINCE(9.0) aclError aclrtDestroyLabelList(aclrtLabelList labelList);
SINCE(9.0) aclError aclrtSwitchLabelByIndex(void *ptr, uint32_t maxValue, aclrtLabelList labelList, aclrtStream stream);
SINCE(9.0) aclError aclrtNotifyBatchReset(aclrtNotify *notifies, size_t num);
SINCE(9.0) aclError aclrtCntNotifyRecord(aclrtCntNotify cntNotify, aclrtStream stream, aclrtCntNotifyRecordInfo *info);
SINCE(9.0) aclError aclrtCntNotifyWaitWithTimeout(
    aclrtCntNotify cntNotify, aclrtStream stream, aclrtCntNotifyWaitInfo *info);
SINCE(9.0) aclError aclrtCntNotifyReset(aclrtCntNotify cntNotify, aclrtStream stream);
SINCE(9.0) aclError aclrtCntNotifyGetId(aclrtCntNotify cntNotify, uint32_t *notifyId);

#endif
