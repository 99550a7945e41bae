//! The Ascend C compiler of an installed toolkit, how it is called, and which chip it compiles for.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use ascend_sys::soc::core_architecture;

/// The chip that images are made for when nobody says so and there is no card: the most common of those with this core.
const DEFAULT_SOC: &str = "Ascend910B3";

/// Programs that may be the compiler, the driver of newer toolkits first.
const COMPILERS: [&str; 2] = ["bisheng", "ccec"];

/// Folders of a toolkit with the compiler: those of CANN 8 by host, as tools or in its compiler package, and those of CANN 9.
fn compiler_folders(toolkit: &Path) -> Vec<PathBuf> {
    let of_host = format!("{}-linux/ccec_compiler/bin", std::env::consts::ARCH);
    let folders = [
        of_host.as_str(),
        "tools/ccec_compiler/bin",
        "compiler/ccec_compiler/bin",
        "tools/bisheng_compiler/bin",
        "compiler/bishengir/bin",
        "bin",
    ];
    folders.map(|folder| toolkit.join(folder)).into()
}

/// Folders of a toolkit with `kernel_operator.h` in one of their folders.
fn header_folders(toolkit: &Path) -> Vec<PathBuf> {
    let of_host = format!("{}-linux/tikcpp/tikcfw", std::env::consts::ARCH);
    ["compiler/tikcpp/tikcfw", of_host.as_str(), "tikcpp/tikcfw"].map(|folder| toolkit.join(folder)).into()
}

/// The device compiler, its linker and its headers.
#[derive(Debug, PartialEq, Eq)]
pub struct Toolchain {
    /// The compiler.
    pub compiler: PathBuf,
    /// The linker beside it: no other knows what an image is.
    pub linker: PathBuf,
    /// Folders of headers.
    pub includes: Vec<PathBuf>,
    /// The header with the toolkit's version, which newer headers want first.
    pub version_header: Option<PathBuf>,
}

impl Toolchain {
    /// Looks in the toolkit's folders, then in those of `PATH`.
    ///
    /// # Errors
    /// What is missing, where it was looked for, and what to install.
    pub fn find(toolkit: &Path, path: Option<&OsStr>) -> Result<Self, String> {
        let mut folders = compiler_folders(toolkit);
        folders.extend(path.iter().flat_map(std::env::split_paths));
        let found = folders.iter().find_map(|folder| {
            let compiler = COMPILERS.map(|name| folder.join(name)).into_iter().find(|file| file.is_file())?;
            let linker = folder.join("ld.lld");
            linker.is_file().then_some((compiler, linker))
        });
        let Some((compiler, linker)) = found else {
            return Err(format!(
                "the toolkit in {} has no Ascend C compiler: no `bisheng` or `ccec` with its `ld.lld` in its folders or on the PATH; install CANN's toolkit package, not only its runtime",
                toolkit.display()
            ));
        };
        let headers = header_folders(toolkit);
        let Some(base) =
            headers.iter().find(|folder| ["", "interface"].iter().any(|sub| folder.join(sub).join("kernel_operator.h").is_file()))
        else {
            let looked: Vec<String> = headers.iter().map(|folder| folder.display().to_string()).collect();
            return Err(format!("the toolkit has no kernel_operator.h: looked in {}; install CANN's toolkit package", looked.join(", ")));
        };
        let includes = [base.clone(), base.join("impl"), base.join("interface"), toolkit.join("include")];
        let version = ["compiler/include/version/cann_version.h", "include/version/cann_version.h"].map(|file| toolkit.join(file));
        Ok(Self {
            compiler,
            linker,
            includes: includes.into_iter().filter(|folder| folder.is_dir()).collect(),
            version_header: version.into_iter().find(|file| file.is_file()),
        })
    }

    /// The command that compiles `unit` for the cores `architecture` (`dav-c220-cube`, `dav-c220-vec`). Of one name, a header in `further_include` comes last.
    ///
    /// No flag is inserted: the kernels set those that they need, which the twin proves.
    pub fn compile(&self, architecture: &str, further_include: Option<PathBuf>, unit: &Path, object: &Path) -> Vec<PathBuf> {
        let mut command = vec![self.compiler.clone()];
        let mut add = |words: &[&str]| command.extend(words.iter().map(PathBuf::from));
        add(&["-c", "-x", "cce", "-O3", "-std=c++17"]);
        add(&[&format!("--cce-aicore-arch={architecture}"), "--cce-aicore-only", "--cce-auto-sync=off"]);
        for option in [
            "-cce-aicore-stack-size=0x8000",
            "-cce-aicore-function-stack-size=0x8000",
            "-cce-aicore-record-overflow=true",
            "-cce-aicore-addr-transform",
            "-cce-aicore-dcci-insert-for-scalar=false",
        ] {
            add(&["-mllvm", option]);
        }
        add(&["-DASCENDC_DUMP=0"]);
        if let Some(header) = &self.version_header {
            command.extend([PathBuf::from("-include"), header.clone()]);
        }
        for folder in self.includes.iter().cloned().chain(further_include) {
            command.extend([PathBuf::from("-I"), folder]);
        }
        command.extend([unit.to_path_buf(), PathBuf::from("-o"), object.to_path_buf()]);
        command
    }

    /// The command that makes an image of objects, that of the cube cores first.
    pub fn link(&self, objects: &[PathBuf], image: &Path) -> Vec<PathBuf> {
        let mut command = vec![self.linker.clone()];
        command.extend(["-m", "aicorelinux", "-Ttext=0"].map(PathBuf::from));
        command.extend_from_slice(objects);
        command.extend([PathBuf::from("-static"), PathBuf::from("-o"), image.to_path_buf()]);
        command
    }
}

/// The chip to compile for and the architecture of its cores: the one asked for, else that of the card, else [`DEFAULT_SOC`].
///
/// # Errors
/// There is no device code for the chip that was asked for.
pub fn choose_soc(asked: Option<&str>, card: impl FnOnce() -> Option<String>) -> Result<(String, &'static str), String> {
    let known = |soc: String| core_architecture(&soc).map(|architecture| (soc, architecture));
    match asked.map(str::trim).filter(|soc| !soc.is_empty()) {
        Some(soc) => known(soc.to_owned()).ok_or_else(|| {
            format!("ASCEND_COMPUTE_SOC={soc}: there is no device code for it; the kernels are for Ascend910B1 to Ascend910B4 and Ascend910_93xx")
        }),
        None => card().and_then(known).or_else(|| known(DEFAULT_SOC.to_owned())).ok_or_else(|| format!("{DEFAULT_SOC} is not known")),
    }
}

/// What `npu-smi info -m` calls the first chip that it lists.
pub fn soc_of_card() -> Option<String> {
    let output = Command::new("npu-smi").args(["info", "-m"]).output().ok()?;
    chip_name(&String::from_utf8_lossy(&output.stdout))
}

/// A line of the list ends with the name of its chip, in one word or two.
fn chip_name(list: &str) -> Option<String> {
    list.lines().find_map(|line| {
        let name: String = line[line.find("Ascend")?..].split_whitespace().collect();
        core_architecture(&name).map(|_| name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chip_is_the_one_asked_for_then_that_of_the_card_then_the_default() {
        let chosen = |asked, card: Option<&str>| choose_soc(asked, || card.map(str::to_owned)).map(|(soc, _)| soc);
        assert_eq!(chosen(Some("Ascend910B1"), Some("Ascend910B4")).as_deref(), Ok("Ascend910B1"));
        assert_eq!(chosen(None, Some("Ascend910B4")).as_deref(), Ok("Ascend910B4"));
        assert_eq!(chosen(Some(" "), None).as_deref(), Ok(DEFAULT_SOC));
        assert_eq!(chosen(None, Some("Ascend310P3")).as_deref(), Ok(DEFAULT_SOC), "a card without kernels changes nothing");
        assert!(chosen(Some("Ascend310P3"), None).unwrap_err().contains("Ascend310P3"));
    }

    #[test]
    fn a_list_of_chips_tells_the_first_that_has_kernels() {
        let list = "\tNPU ID    Chip ID    Chip Logic ID    Chip Name\n\t0         0          0                Ascend 910B4\n\t0         1          -                Mcu\n";
        assert_eq!(chip_name(list).as_deref(), Some("Ascend910B4"));
        assert_eq!(chip_name("0 0 0 Ascend 310P3\n1 0 1 Ascend910_9391\n").as_deref(), Some("Ascend910_9391"));
        assert_eq!(chip_name("npu-smi: no device\n"), None);
    }
}
