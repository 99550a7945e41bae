//! A folder that looks like a CANN toolkit, with the simulation in it: for programs that are not written in Rust, or that open CANN's libraries themselves.
//!
//! `DIR/lib64` holds one real file and the names of CANN's libraries as links to it, so that a process that opens several has one simulation.

mod hide;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::abi::lacking;
use crate::config::Version;

/// The file that `ascend-sim-so` is built as.
pub const LIBRARY: &str = "libascend_sim_so.so";

/// The names that the file goes by in a toolkit.
pub const LINKS: [&str; 13] = [
    "libascendcl.so",
    "libnnopbase.so",
    "libopapi.so",
    "libopapi_math.so",
    "libopapi_nn.so",
    "libopapi_cv.so",
    "libopapi_transformer.so",
    "libhccl.so",
    "libacl_op_compiler.so",
    "libge_runner.so",
    "libgraph.so",
    "libacl_tdt_channel.so",
    "libms_tools_ext.so",
];

/// Why there is no toolkit.
#[derive(Debug)]
#[non_exhaustive]
pub enum InstallError {
    /// The shared object has not been built.
    LibraryMissing {
        /// Where it was looked for.
        searched: Vec<PathBuf>,
    },
    /// The file is no shared object of this machine, or not ours.
    Library {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// A version that is none.
    Version(String),
    /// The folder holds something else than a simulated toolkit.
    Foreign {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refuses.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LibraryMissing { searched } => {
                let searched: Vec<_> = searched.iter().map(|path| path.display().to_string()).collect();
                write!(f, "the simulation's shared object asked, none found at {}; ", searched.join(", "))?;
                f.write_str("build it with `cargo build --release -p ascend-sim-so`")
            }
            Self::Library { path, what } => write!(f, "{}: {what}", path.display()),
            Self::Version(what) => f.write_str(what),
            Self::Foreign { folder } => {
                let folder = folder.display();
                write!(
                    f,
                    "a simulated toolkit asked, {folder} is none (lib64/{LIBRARY} is missing); name a folder that is new or empty, or that"
                )?;
                f.write_str(" `ascend sim install` made")
            }
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for InstallError {}

/// Does something with a file or folder, whose name goes into the error.
fn at<T>(path: &Path, f: impl FnOnce(&Path) -> io::Result<T>) -> Result<T, InstallError> {
    f(path).map_err(|error| InstallError::Io { path: path.to_owned(), error })
}

/// The shared object beside the running program, or where cargo puts it while it tests.
///
/// # Errors
/// [`InstallError::LibraryMissing`], which says how to build it.
pub fn library() -> Result<PathBuf, InstallError> {
    let program = std::env::current_exe().unwrap_or_default();
    let folders = program.ancestors().skip(1).take(2);
    let searched: Vec<PathBuf> = folders.map(|folder| folder.join(LIBRARY)).collect();
    let found = searched.iter().find(|path| path.is_file()).cloned();
    found.ok_or(InstallError::LibraryMissing { searched })
}

/// A toolkit's folder.
#[derive(Debug, Clone)]
pub struct Toolkit {
    folder: PathBuf,
    cann: String,
}

/// Lays a toolkit of the version out in `folder`: a new one, an empty one, or a simulated toolkit, which is replaced. `library` is the shared object, see [`library`].
///
/// # Errors
/// [`InstallError::Foreign`] for a folder with anything else in it, which stays as it is; what cannot be read or written.
pub fn install(folder: &Path, library: &Path, cann: &str) -> Result<Toolkit, InstallError> {
    let version: Version = cann.parse().map_err(InstallError::Version)?;
    if folder.exists() && !is_ours(folder) && at(folder, |path| std::fs::read_dir(path))?.next().is_some() {
        return Err(InstallError::Foreign { folder: folder.to_owned() });
    }
    let mut bytes = at(library, |path| std::fs::read(path))?;
    hide::hide(&mut bytes, &lacking(version)).map_err(|what| InstallError::Library { path: library.to_owned(), what })?;

    let folder = at(folder, |path| std::fs::create_dir_all(path).and_then(|()| path.canonicalize()))?;
    let libraries = folder.join("lib64");
    for path in [&libraries, &folder.join("compiler"), &folder.join("runtime"), &folder.join("opp"), &folder.join("opp/vendors")] {
        at(path, |path| std::fs::create_dir_all(path))?;
    }
    let real = libraries.join(LIBRARY);
    // Not written in place: a process that has the old file mapped keeps it.
    let new = libraries.join(format!("{LIBRARY}.new"));
    at(&new, |path| std::fs::write(path, &bytes))?;
    at(&real, |path| std::fs::rename(&new, path))?;
    for name in LINKS {
        link(Path::new(LIBRARY), &libraries.join(name))?;
    }
    link(Path::new("../lib64"), &folder.join("runtime/lib64"))?;
    link(Path::new("../lib64"), &folder.join("compiler/lib64"))?;
    for place in ["", "compiler", "runtime", "opp"] {
        at(&folder.join(place).join("version.info"), |path| std::fs::write(path, format!("Version={cann}\n")))?;
    }
    let toolkit = Toolkit { folder, cann: cann.to_owned() };
    let script: String = toolkit.environment(|name| Some(format!("${name}").into())).iter().fold(String::new(), |text, (name, value)| {
        // The loader's path may be unset.
        let value = value.to_string_lossy().replace(":$LD_LIBRARY_PATH", "${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}");
        format!("{text}export {name}=\"{value}\"\n")
    });
    at(&toolkit.folder.join("set_env.sh"), |path| std::fs::write(path, script))?;
    Ok(toolkit)
}

fn is_ours(folder: &Path) -> bool {
    folder.join("lib64").join(LIBRARY).is_file()
}

fn link(target: &Path, name: &Path) -> Result<(), InstallError> {
    at(name, |path| {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        std::os::unix::fs::symlink(target, path)
    })
}

impl Toolkit {
    /// The toolkit that [`install`] laid out in `folder`, as it is.
    ///
    /// # Errors
    /// [`InstallError::Foreign`] when the folder is no simulated toolkit; [`InstallError::Version`] when it does not say its version.
    pub fn open(folder: &Path) -> Result<Self, InstallError> {
        if !is_ours(folder) {
            return Err(InstallError::Foreign { folder: folder.to_owned() });
        }
        let folder = at(folder, |path| path.canonicalize())?;
        let info = at(&folder.join("version.info"), |path| std::fs::read_to_string(path))?;
        let cann = info.lines().find_map(|line| line.strip_prefix("Version=")).unwrap_or_default().trim();
        let _: Version = cann.parse().map_err(InstallError::Version)?;
        Ok(Self { cann: cann.to_owned(), folder })
    }

    /// The version of CANN.
    pub fn cann(&self) -> &str {
        &self.cann
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The variables that a program needs to find the toolkit. `variable` says what they are now.
    pub fn environment(&self, variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> Vec<(&'static str, std::ffi::OsString)> {
        let mut path = self.folder.join("lib64").into_os_string();
        if let Some(more) = variable("LD_LIBRARY_PATH").filter(|more| !more.is_empty()) {
            path.push(":");
            path.push(more);
        }
        let folder = || self.folder.clone().into_os_string();
        vec![
            ("LD_LIBRARY_PATH", path),
            ("ASCEND_HOME_PATH", folder()),
            ("ASCEND_TOOLKIT_HOME", folder()),
            ("ASCEND_OPP_PATH", self.folder.join("opp").into_os_string()),
            ("ASCEND_AICPU_PATH", folder()),
            ("ASCEND_SIM_CANN", self.cann.clone().into()),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_others_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("lib64/libascendcl.so");
        std::fs::create_dir(folder.path().join("lib64")).unwrap();
        std::fs::write(&real, "CANN").unwrap();
        for refused in [install(folder.path(), Path::new("none"), "8.5.0"), Toolkit::open(folder.path())] {
            match refused {
                Err(error @ InstallError::Foreign { .. }) => assert!(error.to_string().contains(LIBRARY), "{error}"),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(std::fs::read_to_string(real).unwrap(), "CANN");
    }

    #[test]
    fn a_toolkit_keeps_its_version() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("lib64")).unwrap();
        std::fs::write(folder.path().join("lib64").join(LIBRARY), "").unwrap();
        std::fs::write(folder.path().join("version.info"), "Version=9.0.0\n").unwrap();
        assert_eq!(Toolkit::open(folder.path()).unwrap().cann(), "9.0.0");
        std::fs::write(folder.path().join("version.info"), "").unwrap();
        assert!(matches!(Toolkit::open(folder.path()), Err(InstallError::Version(_))));
    }
}
