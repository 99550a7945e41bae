// Process snapshots: lock, backup, restore.
#ifndef ASCEND_SYS_ACL_SNAPSHOT_H
#define ASCEND_SYS_ACL_SNAPSHOT_H

#include "base.h"

SINCE(9.0) typedef enum aclrtSnapShotStage {
    ACL_RT_SNAPSHOT_LOCK_PRE = 0,
    ACL_RT_SNAPSHOT_BACKUP_PRE = 1,
    ACL_RT_SNAPSHOT_BACKUP_POST = 2,
    ACL_RT_SNAPSHOT_RESTORE_PRE = 3,
    ACL_RT_SNAPSHOT_RESTORE_POST = 4,
    ACL_RT_SNAPSHOT_UNLOCK_POST = 5,
} aclrtSnapShotStage;

typedef uint32_t (*aclrtSnapShotCallBack)(int32_t, void *);

SINCE(9.0) typedef struct aclrtSnapShotBackupArgs {
    uint32_t backupFlags;
    char reserved[60];
} aclrtSnapShotBackupArgs;

SINCE(9.0) typedef struct aclrtSnapShotRestoreArgs {
    uint32_t restoreFlags;
    char reserved[60];
} aclrtSnapShotRestoreArgs;

SINCE(9.0) typedef enum aclrtProcessState {
    ACL_RT_PROCESS_STATE_RUNNING = 0,
    ACL_RT_PROCESS_STATE_LOCKED = 1,
} aclrtProcessState;

SINCE(9.0) aclError aclrtSnapShotProcessLock(int pid, void *reserve);
SINCE(9.0) aclError aclrtSnapShotProcessUnlock(int pid, void *reserve);
SINCE(9.0) aclError aclrtSnapShotProcessBackup(int pid, aclrtSnapShotBackupArgs *args);
SINCE(9.0) aclError aclrtSnapShotProcessRestore(int pid, aclrtSnapShotRestoreArgs *args);
SINCE(9.0) aclError aclrtSnapShotCallbackRegister(aclrtSnapShotStage stage, aclrtSnapShotCallBack callback, void *args);
SINCE(9.0) aclError aclrtSnapShotCallbackUnregister(aclrtSnapShotStage stage, aclrtSnapShotCallBack callback);

#endif
