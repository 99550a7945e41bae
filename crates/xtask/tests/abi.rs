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

const CHANGES: [Change; 12] = [
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
    // A member of another name, and one that is two: the size stays.
    Change {
        file: "acl/stream.h",
        from: "    size_t workSize;\n",
        to: "    size_t sizeOfWork;\n",
        conflicts: &["aclrtStreamConfigHandle.workSize", "aclrtStreamConfigHandle.sizeOfWork"],
    },
    Change {
        file: "acl/kernel.h",
        from: "    uint32_t timeoutLow;\n",
        to: "    uint16_t timeoutLow;\n    uint16_t reserved;\n",
        conflicts: &["aclrtTimeoutUs.timeoutLow", "aclrtTimeoutUs.reserved"],
    },
    // A member that is not marked as newer than the toolkit.
    Change { file: "acl/stream.h", from: "    uint32_t userCustomTag;\n", to: "", conflicts: &["aclrtStreamAttrValue.userCustomTag"] },
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

/// A member that is marked as newer than the toolkit.
const NEWER: (&str, &str, &str) = ("acl/stream.h", "    uint32_t streamPriority; // 9.0\n", "");

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
fn a_relative_folder_is_compared_like_an_absolute_one() {
    let Some(absolute) = compared(|_| ()) else { return };
    // Tests run in the folder of their package.
    let relative = abi::check(&["../../sys/include".into()], &[]).unwrap();
    assert_eq!(relative.to_string(), absolute.to_string());
}

#[test]
fn every_change_to_a_header_is_found_out_and_what_differs_by_version_is_known() {
    let edit = |folder: &Path| {
        for change in &CHANGES {
            replace(&folder.join(change.file), change.from, change.to);
        }
        for (file, from, to) in [OLDER, NEWER] {
            replace(&folder.join(file), from, to);
        }
    };
    let Some(report) = compared(edit) else { return };
    let (known, conflicts): (Vec<_>, Vec<_>) = report.differences.iter().partition(|difference| difference.known.is_some());
    let conflicts: BTreeSet<&str> = conflicts.iter().map(|difference| difference.name.as_str()).collect();
    let expected: BTreeSet<&str> = CHANGES.iter().flat_map(|change| change.conflicts).copied().collect();
    assert_eq!(conflicts, expected, "{report}");
    assert_eq!(report.conflicts(), expected.len());
    let known: Vec<_> = known.iter().map(|d| (d.name.as_str(), d.known.as_deref())).collect();
    assert_eq!(known, [("aclmdlRIDebugJsonPrint", Some("so up to 8.5")), ("aclrtStreamAttrValue.streamPriority", Some("since 9.0"))]);
}

#[test]
fn a_header_is_left_out_only_if_it_is_cpp_and_then_listed() {
    let edit = |folder: &Path| {
        replace(&folder.join("acl/device.h"), "aclrtSetDevice(int32_t", "aclrtSetDevice(int64_t");
        let comment = "/*\nclass of its own\n*/\n// namespace none\n";
        for (file, before) in
            [("acl/device.h", comment), ("acl/cpp.h", "namespace ge {\nconst int ACL_BF16 = 1;\n}\n"), ("other.h", "class Other;\n")]
        {
            let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
            std::fs::write(folder.join(file), before.to_owned() + &text).unwrap();
        }
    };
    let Some(report) = compared(edit) else { return };
    assert_eq!(report.differences.iter().map(|d| d.name.as_str()).collect::<Vec<_>>(), ["aclrtSetDevice"], "{report}");
    let [left_out] = report.unread.as_slice() else { panic!("{report}") };
    assert!(left_out.contains("acl/cpp.h: C++ (`namespace ge {`)"), "{left_out}");
}
