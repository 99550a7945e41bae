//! A header that says something else than ours is found out.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::path::Path;

use xtask::abi::{self, Report};

/// A change to a copy of our headers, and what it must be reported as.
struct Change {
    file: &'static str,
    from: &'static str,
    to: &'static str,
    conflicts: &'static [&'static str],
}

const CHANGES: [Change; 9] = [
    // An argument of another type.
    Change { file: "acl/device.h", from: "aclrtSetDevice(int32_t", to: "aclrtSetDevice(int64_t", conflicts: &["aclrtSetDevice"] },
    // An argument of another signedness.
    Change { file: "acl/device.h", from: "aclrtResetDevice(int32_t", to: "aclrtResetDevice(uint32_t", conflicts: &["aclrtResetDevice"] },
    // An argument too many. A published crate has this one wrong; no version of CANN has it.
    Change { file: "acl/system.h", from: "aclFinalize(void)", to: "aclFinalize(int reset)", conflicts: &["aclFinalize"] },
    // An operator's argument left out.
    Change {
        file: "aclnn/activation.h",
        from: "aclnnSwiGlu, const aclTensor *x, int64_t dim,",
        to: "aclnnSwiGlu, const aclTensor *x,",
        conflicts: &["aclnnSwiGluGetWorkspaceSize"],
    },
    // An enum constant and a status code of another value.
    Change { file: "acl/base.h", from: "ACL_BF16 = 27,", to: "ACL_BF16 = 28,", conflicts: &["ACL_BF16"] },
    Change {
        file: "acl/runtime_errors.h",
        from: "CONTEXT_NULL 107002",
        to: "CONTEXT_NULL 107003",
        conflicts: &["ACL_ERROR_RT_CONTEXT_NULL"],
    },
    // Members at other places.
    Change {
        file: "acl/memory.h",
        from: "    uint64_t curMemSize;\n    uint64_t memPeakSize;\n",
        to: "    uint64_t memPeakSize;\n    uint64_t curMemSize;\n",
        conflicts: &["aclrtMemUsageInfo.curMemSize", "aclrtMemUsageInfo.memPeakSize"],
    },
    // A struct of another size.
    Change { file: "acl/device.h", from: "    char bytes[16];", to: "    char bytes[32];", conflicts: &["aclrtUuid", "aclrtUuid.bytes"] },
    // Only spelling and `const` differ: no conflict.
    Change {
        file: "acl/device.h",
        from: "aclError aclrtGetDeviceCount(uint32_t *",
        to: "int aclrtGetDeviceCount(const unsigned *",
        conflicts: &[],
    },
];

/// An older form that we declare: the toolkit has the form of the version that is named.
const OLDER: (&str, &str, &str) = (
    "acl/graph.h",
    "aclmdlRIDebugJsonPrint(aclmdlRI modelRI, const char *path, uint32_t flags)",
    "aclmdlRIDebugJsonPrint(aclmdlRI modelRI, const char *path)",
);

/// Compares our own headers with a copy of them that `edit` has changed. `None` without libclang.
fn compared(edit: impl Fn(&Path)) -> Option<Report> {
    if let Err(reason) = xtask::libclang() {
        println!("skipped: {reason}");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sys/include"), folder.path());
    edit(folder.path());
    Some(abi::check(&[folder.path().to_owned()], &[]).unwrap())
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copied = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &copied);
        } else {
            std::fs::copy(&path, copied).unwrap();
        }
    }
}

fn replace(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(text.matches(from).count(), 1, "`{from}` must be in {} once", path.display());
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn our_own_headers_agree_with_themselves_in_everything() {
    let Some(report) = compared(|_| ()) else { return };
    assert_eq!(report.differences.len(), 0, "{report}");
    assert!(report.functions > 1200 && report.constants > 800 && report.layouts > 60 && report.fields > 300, "{report}");
    assert!(report.unread.is_empty(), "{report}");
}

#[test]
fn every_change_to_a_header_is_found_out_and_an_older_form_is_known() {
    let edit = |folder: &Path| {
        for change in &CHANGES {
            replace(&folder.join(change.file), change.from, change.to);
        }
        replace(&folder.join(OLDER.0), OLDER.1, OLDER.2);
    };
    let Some(report) = compared(edit) else { return };
    let (known, conflicts): (Vec<_>, Vec<_>) = report.differences.iter().partition(|difference| difference.until.is_some());
    let conflicts: BTreeSet<&str> = conflicts.iter().map(|difference| difference.name.as_str()).collect();
    let expected: BTreeSet<&str> = CHANGES.iter().flat_map(|change| change.conflicts).copied().collect();
    assert_eq!(conflicts, expected, "{report}");
    assert_eq!(report.conflicts(), expected.len());
    assert_eq!(known.iter().map(|d| (d.name.as_str(), d.until.as_deref())).collect::<Vec<_>>(), [("aclmdlRIDebugJsonPrint", Some("8.5"))]);
}
