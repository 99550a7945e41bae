//! Where a CANN toolkit is installed, if one is.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Environment variables that name the toolkit's folder, asked in this order. The toolkit's own `set_env.sh` sets them.
pub const VARIABLES: [&str; 2] = ["ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME"];

/// The folder of a default installation, asked last.
pub const DEFAULT: &str = "/usr/local/Ascend/ascend-toolkit/latest";

/// The folder of the installed toolkit: the first of [`VARIABLES`] and [`DEFAULT`] that holds AscendCL's headers or library.
pub fn find() -> Option<PathBuf> {
    find_with(|variable| std::env::var_os(variable), is_toolkit)
}

fn find_with(variable: impl Fn(&str) -> Option<OsString>, is_toolkit: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let named = VARIABLES.iter().filter_map(|name| variable(name)).map(PathBuf::from);
    named.chain([PathBuf::from(DEFAULT)]).find(|path| is_toolkit(path))
}

fn is_toolkit(path: &Path) -> bool {
    ["include/acl/acl.h", "lib64/libascendcl.so"].iter().any(|file| path.join(file).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_named_folder_that_holds_a_toolkit_is_taken() {
        let named = |name: &str| Some(OsString::from(if name == VARIABLES[0] { "/first" } else { "/second" }));
        assert_eq!(find_with(named, |_| true), Some("/first".into()));
        assert_eq!(find_with(named, |path| path != Path::new("/first")), Some("/second".into()));
        assert_eq!(find_with(|_| None, |_| true), Some(DEFAULT.into()));
        assert_eq!(find_with(named, |_| false), None);
    }

    #[test]
    fn a_folder_is_a_toolkit_by_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_toolkit(folder.path()));
        std::fs::create_dir_all(folder.path().join("include/acl")).unwrap();
        std::fs::write(folder.path().join("include/acl/acl.h"), "").unwrap();
        assert!(is_toolkit(folder.path()));
    }
}
