//! Process snapshots: lock, backup, restore.
//!
//! Made from `sys/include/acl/snapshot.h` by `cargo run -p xtask -- bindings`.

#![allow(unused_imports)]

use super::*;

pub const ACL_RT_SNAPSHOT_LOCK_PRE: aclrtSnapShotStage = 0;
pub const ACL_RT_SNAPSHOT_BACKUP_PRE: aclrtSnapShotStage = 1;
pub const ACL_RT_SNAPSHOT_BACKUP_POST: aclrtSnapShotStage = 2;
pub const ACL_RT_SNAPSHOT_RESTORE_PRE: aclrtSnapShotStage = 3;
pub const ACL_RT_SNAPSHOT_RESTORE_POST: aclrtSnapShotStage = 4;
pub const ACL_RT_SNAPSHOT_UNLOCK_POST: aclrtSnapShotStage = 5;
pub type aclrtSnapShotStage = ::core::ffi::c_uint;
pub type aclrtSnapShotCallBack = ::core::option::Option<unsafe extern "C" fn(arg1: i32, arg2: *mut ::core::ffi::c_void) -> u32>;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtSnapShotBackupArgs {
    pub backupFlags: u32,
    pub reserved: [::core::ffi::c_char; 60usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtSnapShotBackupArgs"][::core::mem::size_of::<aclrtSnapShotBackupArgs>() - 64usize];
    ["Alignment of aclrtSnapShotBackupArgs"][::core::mem::align_of::<aclrtSnapShotBackupArgs>() - 4usize];
    ["Offset of field: aclrtSnapShotBackupArgs::backupFlags"][::core::mem::offset_of!(aclrtSnapShotBackupArgs, backupFlags) - 0usize];
    ["Offset of field: aclrtSnapShotBackupArgs::reserved"][::core::mem::offset_of!(aclrtSnapShotBackupArgs, reserved) - 4usize];
};

#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct aclrtSnapShotRestoreArgs {
    pub restoreFlags: u32,
    pub reserved: [::core::ffi::c_char; 60usize],
}

#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of aclrtSnapShotRestoreArgs"][::core::mem::size_of::<aclrtSnapShotRestoreArgs>() - 64usize];
    ["Alignment of aclrtSnapShotRestoreArgs"][::core::mem::align_of::<aclrtSnapShotRestoreArgs>() - 4usize];
    ["Offset of field: aclrtSnapShotRestoreArgs::restoreFlags"][::core::mem::offset_of!(aclrtSnapShotRestoreArgs, restoreFlags) - 0usize];
    ["Offset of field: aclrtSnapShotRestoreArgs::reserved"][::core::mem::offset_of!(aclrtSnapShotRestoreArgs, reserved) - 4usize];
};

pub const ACL_RT_PROCESS_STATE_RUNNING: aclrtProcessState = 0;
pub const ACL_RT_PROCESS_STATE_LOCKED: aclrtProcessState = 1;
pub type aclrtProcessState = ::core::ffi::c_uint;
