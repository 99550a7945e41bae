//! Where a CANN toolkit is installed, if one is.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use crate::AscendCl;

/// Environment variables that name the toolkit's folder, asked in this order. The toolkit's own `set_env.sh` sets them.
pub const VARIABLES: [&str; 2] = ["ASCEND_HOME_PATH", "ASCEND_TOOLKIT_HOME"];

/// The folders of a default installation, looked at after the variables: since CANN 8.5, before it, and the packages that hold the runtime only.
pub const DEFAULTS: [&str; 4] =
    ["/usr/local/Ascend/cann", "/usr/local/Ascend/ascend-toolkit/latest", "/usr/local/Ascend/nnae/latest", "/usr/local/Ascend/nnrt/latest"];

/// Who names a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// The caller.
    Caller,
    /// This environment variable.
    Variable(&'static str),
    /// The vendor's default.
    Default,
    /// Nobody: the system's loader looks in its own places (`LD_LIBRARY_PATH`, `ld.so.conf`).
    Loader,
}

impl fmt::Display for NamedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Caller => write!(f, "as asked"),
            Self::Variable(name) => write!(f, "${name}"),
            Self::Default => write!(f, "default"),
            Self::Loader => write!(f, "the loader's path"),
        }
    }
}

/// A folder that may hold a toolkit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// The folder.
    pub path: PathBuf,
    /// Who names it.
    pub named_by: NamedBy,
}

impl Root {
    /// The files that may be this toolkit's library called `file`, in the order that they are tried: since CANN 8.5, by the host's architecture, in the packages that
    /// hold the runtime only, and in the folder itself.
    pub fn libraries(&self, file: &str) -> [PathBuf; 4] {
        let arch = format!("{}-linux/lib64", std::env::consts::ARCH);
        ["lib64", &arch, "runtime/lib64", ""].map(|folder| self.path.join(folder).join(file))
    }

    /// Whether there is a toolkit: AscendCL's headers, or its library in one of the places that it is opened from.
    fn is_toolkit(&self) -> bool {
        self.path.join("include/acl/acl.h").is_file() || self.libraries(AscendCl::FILE).iter().any(|file| file.is_file())
    }
}

/// The folders to look at, in this order: those that [`VARIABLES`] name, then [`DEFAULTS`].
pub fn roots() -> Vec<Root> {
    roots_with(|variable| std::env::var_os(variable))
}

pub(crate) fn roots_with(variable: impl Fn(&str) -> Option<OsString>) -> Vec<Root> {
    let named = VARIABLES.into_iter().filter_map(|name| {
        let path = variable(name).filter(|path| !path.is_empty())?;
        Some(Root { path: path.into(), named_by: NamedBy::Variable(name) })
    });
    let default = DEFAULTS.map(|path| Root { path: path.into(), named_by: NamedBy::Default });
    named.chain(default).collect()
}

/// The folder of the installed toolkit: the first of [`roots`] that holds AscendCL's headers or library.
pub fn find() -> Option<PathBuf> {
    roots().into_iter().find(Root::is_toolkit).map(|root| root.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_variables_name_come_before_the_defaults() {
        let roots = roots_with(|name| (name == VARIABLES[1]).then(|| "/named".into()));
        assert_eq!(roots[0], Root { path: "/named".into(), named_by: NamedBy::Variable(VARIABLES[1]) });
        assert_eq!(roots[1], Root { path: DEFAULTS[0].into(), named_by: NamedBy::Default });
        assert_eq!(roots.len(), 1 + DEFAULTS.len());
    }

    #[test]
    fn an_empty_variable_names_nothing() {
        assert_eq!(roots_with(|_| Some("".into())).len(), DEFAULTS.len());
    }

    #[test]
    fn a_folder_is_a_toolkit_by_its_headers_or_by_a_library_that_would_be_opened() {
        let arch = format!("{}-linux/lib64/libascendcl.so", std::env::consts::ARCH);
        for file in ["include/acl/acl.h", "lib64/libascendcl.so", &arch, "runtime/lib64/libascendcl.so", "libascendcl.so"] {
            let folder = tempfile::tempdir().unwrap();
            let root = Root { path: folder.path().into(), named_by: NamedBy::Default };
            assert!(!root.is_toolkit(), "{file}");
            let file = folder.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, "").unwrap();
            assert!(root.is_toolkit(), "{}", file.display());
        }
    }
}
