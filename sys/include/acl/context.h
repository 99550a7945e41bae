// Contexts and the settings of the calling thread.
#ifndef ASCEND_SYS_ACL_CONTEXT_H
#define ASCEND_SYS_ACL_CONTEXT_H

#include "base.h"
#include "device.h"
#include "system.h"

typedef enum aclrtGroupAttr {
    ACL_GROUP_AICORE_INT = 0,
    ACL_GROUP_AIV_INT = 1,
    ACL_GROUP_AIC_INT = 2,
    ACL_GROUP_SDMANUM_INT = 3,
    ACL_GROUP_ASQNUM_INT = 4,
    ACL_GROUP_GROUPID_INT = 5,
} aclrtGroupAttr;

typedef struct tagRtGroupInfo aclrtGroupInfo;

aclError aclrtCreateContext(aclrtContext *context, int32_t deviceId);
aclError aclrtDestroyContext(aclrtContext context);
aclError aclrtSetCurrentContext(aclrtContext context);
aclError aclrtGetCurrentContext(aclrtContext *context);
aclError aclrtCtxGetSysParamOpt(aclSysParamOpt opt, int64_t *value);
aclError aclrtCtxSetSysParamOpt(aclSysParamOpt opt, int64_t value);
aclError aclrtGetSysParamOpt(aclSysParamOpt opt, int64_t *value);
aclError aclrtSetSysParamOpt(aclSysParamOpt opt, int64_t value);
aclError aclrtSetGroup(int32_t groupId);
aclError aclrtGetGroupCount(uint32_t *count);
aclrtGroupInfo *aclrtCreateGroupInfo(void);
aclError aclrtDestroyGroupInfo(aclrtGroupInfo *groupInfo);
aclError aclrtGetAllGroupInfo(aclrtGroupInfo *groupInfo);
aclError aclrtGetGroupInfoDetail(
    const aclrtGroupInfo *groupInfo, int32_t groupIndex, aclrtGroupAttr attr, void *attrValue, size_t valueLen,
    size_t *paramRetSize);
SINCE(8.5) aclError aclrtUseStreamResInCurrentThread(aclrtStream stream);
SINCE(8.5) aclError aclrtUnuseStreamResInCurrentThread(aclrtStream stream);
SINCE(8.5) aclError aclrtGetResInCurrentThread(aclrtDevResLimitType type, uint32_t *value);
SINCE(9.0) aclError aclrtCtxGetCurrentDefaultStream(aclrtStream *stream);
SINCE(9.0) aclError aclrtGetPrimaryCtxState(int32_t deviceId, uint32_t *flags, int32_t *active);
SINCE(9.0) aclError aclrtCtxGetFloatOverflowAddr(void **overflowAddr);

#endif
