//! Tables made from shared objects that the tests compile: the search order, libraries that cannot be loaded, operators spread over files.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::path::Path;
use std::process::Command;
use std::ptr::null_mut;

use ascend_sys::search::Found;
use ascend_sys::{Cann, Error, Library, OpApi, Search};

/// Compiles a shared object of one function that returns `code`. The project asks for a C compiler anyhow.
fn library(path: &Path, function: &str, code: i32) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let source = path.with_extension("c");
    std::fs::write(&source, format!("int {function}(void) {{ return {code}; }}\n")).unwrap();
    let status = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(path).arg(&source).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_named_toolkit_is_opened_and_its_functions_are_called() {
    let folder = tempfile::tempdir().unwrap();
    library(&folder.path().join("lib64/libascendcl.so"), "aclFinalize", 100_037);
    let cann = Cann::open(&Search::within(folder.path())).unwrap();
    // SAFETY: the function above takes nothing.
    let error = unsafe { cann.acl.aclFinalize() }.unwrap_err();
    assert!(matches!(error, Error::Call { code: 100_037, name: "ACL_ERROR_REPEAT_FINALIZE", message: None, .. }), "{error}");
    assert_eq!(cann.acl.library().paths().collect::<Vec<_>>(), [folder.path().join("lib64/libascendcl.so")]);
}

#[test]
fn a_toolkit_that_is_not_there_is_an_error_that_lists_where_it_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let error = Cann::open(&Search::within(folder.path())).unwrap_err();
    let Error::LibraryMissing { library: "libascendcl.so", searched } = &error else { panic!("{error}") };
    assert!(searched.iter().all(|attempt| attempt.found == Found::Nothing && attempt.candidate.path.starts_with(folder.path())));
    let text = error.to_string();
    assert!(text.contains("lib64/libascendcl.so (as asked): no such file") && text.contains("set_env.sh"), "{text}");
}

#[test]
fn a_file_that_cannot_be_loaded_is_reported_and_the_next_one_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lib64")).unwrap();
    std::fs::write(folder.path().join("lib64/libascendcl.so"), "not a library").unwrap();
    let search = Search::within(folder.path());
    let Err(Error::LibraryMissing { searched, .. }) = Cann::open(&search) else { panic!("nothing can be opened") };
    assert!(matches!(&searched[0].found, Found::Refused(reason) if reason.contains("libascendcl.so")), "{searched:?}");

    library(&folder.path().join("runtime/lib64/libascendcl.so"), "aclFinalize", 0);
    let cann = Cann::open(&search).unwrap();
    // SAFETY: the function above takes nothing.
    unsafe { cann.acl.aclFinalize() }.unwrap();
}

#[test]
fn toolkits_are_not_mixed() {
    let (named, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = |folder: &tempfile::TempDir, name: &str| folder.path().join("lib64").join(name);
    // The first is older: all operators in one library. The second has them split, and a library that the first lacks.
    library(&file(&named, "libopapi.so"), "aclnnRelu", 1);
    for name in ["libascendcl.so", "libopapi_nn.so", "libhccl.so"] {
        library(&file(&other, name), "aclnnRelu", 2);
    }
    // Asked in this order; nothing but the variables leads to the two.
    let opened = |with_acl: bool| {
        if with_acl {
            library(&file(&named, "libascendcl.so"), "aclFinalize", 0);
        }
        let mut test = Command::new(std::env::current_exe().unwrap());
        test.args(["--exact", "prints_what_the_environment_leads_to", "--ignored", "--nocapture"]);
        test.env("ASCEND_HOME_PATH", named.path()).env("ASCEND_TOOLKIT_HOME", other.path());
        test.env_remove("ASCEND_CUSTOM_OPP_PATH").env_remove("ASCEND_OPP_PATH");
        let output = String::from_utf8(test.output().unwrap().stdout).unwrap();
        let paths = output.lines().filter_map(|line| line.strip_prefix("opened ").map(Into::into));
        paths.collect::<Vec<std::path::PathBuf>>()
    };
    let of_other: Vec<_> = ["libascendcl.so", "libopapi_nn.so", "libhccl.so"].map(|name| file(&other, name)).into();
    assert_eq!(opened(false), of_other);
    assert_eq!(opened(true), ["libascendcl.so", "libopapi.so"].map(|name| file(&named, name)));
}

#[test]
#[ignore = "run by `toolkits_are_not_mixed` in an environment of its own"]
fn prints_what_the_environment_leads_to() {
    let cann = Cann::open(&Search::new()).unwrap();
    println!();
    for path in [cann.acl.library(), cann.opapi.library(), cann.hccl.library()].into_iter().flat_map(Library::paths) {
        println!("opened {}", path.display());
    }
}

#[test]
fn an_empty_folder_is_refused_and_the_loader_is_not_asked() {
    let error = Cann::open(&Search::within("")).unwrap_err();
    assert!(matches!(&error, Error::LibraryMissing { searched, .. } if searched.is_empty()), "{error}");
    assert!(error.to_string().contains("no folder is named"), "{error}");
}

#[test]
fn another_missing_library_is_reported_by_the_first_call_into_it() {
    let folder = tempfile::tempdir().unwrap();
    library(&folder.path().join("lib64/libascendcl.so"), "aclFinalize", 0);
    let cann = Cann::open(&Search::within(folder.path())).unwrap();
    // SAFETY: nothing is called.
    let error = unsafe { cann.hccl.HcclBarrier(null_mut(), null_mut()) }.unwrap_err();
    assert!(matches!(error, Error::LibraryMissing { library: "libhccl.so", .. }), "{error}");
}

#[test]
fn an_operator_comes_from_the_first_library_that_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join("lib64").join(name);
    library(&file("libopapi_nn.so"), "aclnnRelu", 561_002);
    library(&file("libopapi.so"), "aclnnRelu", 161_001);
    library(&file("libaclnn_math.so"), "aclnnAbs", 161_002);
    let operators = Library::open_operators(OpApi::FILE, &Search::within(folder.path()));
    assert_eq!(operators.paths().collect::<Vec<_>>(), [file("libopapi_nn.so"), file("libopapi.so"), file("libaclnn_math.so")]);
    let table = OpApi::new(operators);
    // SAFETY: the functions above read none of their arguments.
    let (relu, abs) =
        unsafe { (table.aclnnRelu(null_mut(), 0, null_mut(), null_mut()), table.aclnnAbs(null_mut(), 0, null_mut(), null_mut())) };
    assert_eq!(relu.unwrap_err().code(), Some(561_002));
    assert_eq!(abs.unwrap_err().code(), Some(161_002));
    // SAFETY: nothing is called.
    let missing = unsafe { table.aclnnNeg(null_mut(), 0, null_mut(), null_mut()) }.unwrap_err().to_string();
    assert!(missing.contains("libopapi_nn.so") && missing.contains("libaclnn_math.so"), "{missing}");
}
