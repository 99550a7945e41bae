//! Device images, with a fake compiler in a fake toolkit: what it is given, and what becomes of what it says.

#![cfg(unix)]
#![allow(clippy::unwrap_used, unreachable_pub, unused_imports, dead_code, reason = "tests, of a module that the build script shares")]

#[path = "../device/mod.rs"]
mod device;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use ascend_compute::kernels::{KERNELS, twin};
use device::{Entry, Plan, Toolchain};

/// Notes each word of each command, refuses units that have a word of the file `fails` in their name, and else writes what starts like an object.
const PROGRAM: &str = r#"#!/bin/sh
here=${0%/*}
printf '%s\n' "$@" '' >> "$here/log.${0##*/}"
for word in "$@"; do
  [ "$last" = -o ] && out=$word
  last=$word
  for fails in $(cat "$here/fails" 2>/dev/null); do
    case "$word" in *"$fails"*) echo "fatal: $fails"; echo "1 error generated." >&2; exit 7;; esac
  done
done
printf '\177ELF %s' "$*" > "$out"
"#;

struct Toolkit(tempfile::TempDir);

impl Toolkit {
    /// A toolkit in a folder with a space, with its compiler in `folder`.
    fn new(folder: &str, compiler: &str) -> Self {
        let toolkit = Self(tempfile::tempdir().unwrap());
        let (bin, headers) = (toolkit.0.path().join(folder), toolkit.root().join("compiler/tikcpp/tikcfw/interface"));
        fs::create_dir_all(&bin).unwrap();
        fs::create_dir_all(&headers).unwrap();
        fs::write(headers.join("kernel_operator.h"), "").unwrap();
        // Copied by another process: a program that this one has written cannot start while another test forks ("text file busy").
        let original = toolkit.0.path().join("program");
        fs::write(&original, PROGRAM).unwrap();
        fs::set_permissions(&original, fs::Permissions::from_mode(0o755)).unwrap();
        for program in [compiler, "ld.lld"] {
            assert!(Command::new("cp").arg(&original).arg(bin.join(program)).status().unwrap().success());
        }
        toolkit
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("tool kit")
    }

    fn plan(&self, entries: Vec<Entry>) -> Plan {
        let out = self.0.path().join("the output");
        fs::create_dir_all(&out).unwrap();
        let toolchain = Toolchain::find(&self.root(), None).unwrap();
        let kernels = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
        Plan { toolchain, soc: "Ascend910B1".into(), architecture: "dav-c220", kernels, entries, out, jobs: 1 }
    }

    /// The commands that a program has got, without what its folder is called.
    fn commands(&self, program: &Path) -> Vec<Vec<String>> {
        let log = program.with_file_name(format!("log.{}", program.file_name().unwrap().to_str().unwrap()));
        let text = fs::read_to_string(log).unwrap_or_default().replace(self.0.path().to_str().unwrap(), "TMP");
        text.split_terminator("\n\n").map(|command| command.lines().map(str::to_owned).collect()).collect()
    }
}

const FOLDER: &str = "compiler/ccec_compiler/bin";

fn entry(source: &str, name: &str, cores: (u32, u32), synchronised: bool) -> Entry {
    let arguments = ["x", "y", "workspace", "tiling"].map(str::to_owned).into();
    Entry { name: name.into(), source: source.into(), arguments, cube_cores: cores.0, vector_cores: cores.1, synchronised }
}

fn some_entries() -> Vec<Entry> {
    vec![
        entry("attend/attend.cpp", "attend_bf16", (1, 2), true),
        entry("attend/attend.cpp", "attend_f16", (1, 2), true),
        entry("multiply/multiply.cpp", "multiply", (1, 0), false),
        entry("norm/norm.cpp", "norm", (0, 1), false),
    ]
}

/// What the compiler is given: all of it.
fn compiled(unit: &str, core: &str) -> Vec<String> {
    let options = "-c -x cce -O3 -std=c++17 --cce-aicore-arch=dav-c220-CORE --cce-aicore-only --cce-auto-sync=off \
        -mllvm -cce-aicore-stack-size=0x8000 -mllvm -cce-aicore-function-stack-size=0x8000 -mllvm -cce-aicore-record-overflow=true \
        -mllvm -cce-aicore-addr-transform -mllvm -cce-aicore-dcci-insert-for-scalar=false -DASCENDC_DUMP=0";
    let mut words: Vec<String> = options.replace("CORE", core).split_whitespace().map(str::to_owned).collect();
    for folder in ["", "/interface"] {
        words.extend(["-I".into(), format!("TMP/tool kit/compiler/tikcpp/tikcfw{folder}")]);
    }
    words.extend([format!("TMP/the output/{unit}_{core}.cpp"), "-o".into(), format!("TMP/the output/{unit}_{core}.o")]);
    words
}

fn linked(unit: &str, cores: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = ["-m", "aicorelinux", "-Ttext=0"].map(str::to_owned).into();
    words.extend(cores.iter().map(|core| format!("TMP/the output/{unit}_{core}.o")));
    words.extend(["-static".into(), "-o".into(), format!("TMP/the output/{unit}.image.o")]);
    words
}

#[test]
fn a_source_is_compiled_for_each_kind_of_core_that_it_runs_on_and_linked_to_an_image() {
    let toolkit = Toolkit::new(&format!("tool kit/{FOLDER}"), "bisheng");
    let plan = toolkit.plan(some_entries());
    let (images, failures) = plan.build();
    assert_eq!(failures, []);
    assert_eq!(
        toolkit.commands(&plan.toolchain.compiler),
        [
            compiled("attend_attend_cpp", "cube"),
            compiled("attend_attend_cpp", "vec"),
            compiled("multiply_multiply_cpp", "cube"),
            compiled("norm_norm_cpp", "vec"),
        ]
    );
    assert_eq!(
        toolkit.commands(&plan.toolchain.linker),
        [linked("attend_attend_cpp", &["cube", "vec"]), linked("multiply_multiply_cpp", &["cube"]), linked("norm_norm_cpp", &["vec"])]
    );
    assert_eq!(images[0].functions, ["attend_bf16", "attend_f16"]);
    for image in &images {
        assert!(fs::read(&image.path).unwrap().starts_with(b"\x7fELF"));
    }
    // What the library includes names the files as they are.
    let source = device::rust_source(&plan.soc, plan.architecture, &images, &failures);
    assert!(source.contains("the output/norm_norm_cpp.image.o") && source.contains("\"Ascend910B1\", \"dav-c220\""), "{source}");
}

#[test]
fn a_source_of_another_package_is_compiled_where_it_is_and_finds_the_headers() {
    let toolkit = Toolkit::new(&format!("tool kit/{FOLDER}"), "bisheng");
    let mine = toolkit.0.path().join("mine.cpp");
    fs::write(&mine, "").unwrap();
    let plan = toolkit.plan(vec![entry(mine.to_str().unwrap(), "mine_f32", (0, 1), false)]);
    let (images, failures) = plan.build();
    assert!(failures.is_empty() && images[0].source == mine.to_str().unwrap(), "{failures:?}");
    let command = &toolkit.commands(&plan.toolchain.compiler)[0];
    let includes: Vec<&String> = command.windows(2).filter(|words| words[0] == "-I").map(|words| &words[1]).collect();
    assert_eq!(
        includes.last().unwrap().as_str(),
        plan.kernels.join("include").to_str().unwrap().replace(toolkit.0.path().to_str().unwrap(), "TMP")
    );
    let unit = command[command.len() - 3].replace("TMP", toolkit.0.path().to_str().unwrap());
    assert!(fs::read_to_string(unit).unwrap().contains(&format!("#include \"{}\"", mine.display())));
}

#[test]
fn a_failure_is_told_whole_and_the_rest_is_built() {
    let toolkit = Toolkit::new(&format!("tool kit/{FOLDER}"), "ccec");
    fs::write(toolkit.root().join(FOLDER).join("fails"), "attend_attend_cpp_vec.cpp multiply_multiply_cpp.image").unwrap();
    let mut plan = toolkit.plan(some_entries());
    plan.jobs = 3;
    let (images, failures) = plan.build();
    assert_eq!(images.iter().map(|image| image.source.as_str()).collect::<Vec<_>>(), ["norm/norm.cpp"]);
    let [compiling, linking] = &failures[..] else { panic!("{failures:?}") };
    let text = compiling.text();
    for part in [
        "kernels/attend/attend.cpp was not compiled",
        "ccec' -c -x cce",
        "fatal: attend_attend_cpp_vec.cpp",
        "1 error generated.",
        "exit status: 7",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(linking.source == "multiply/multiply.cpp" && linking.command.contains("ld.lld' -m aicorelinux"), "{linking:?}");
    // It compiles once what made it fail is gone.
    fs::remove_file(toolkit.root().join(FOLDER).join("fails")).unwrap();
    let (images, failures) = plan.build();
    assert!(images.len() == 3 && failures.is_empty(), "{failures:?}");
}

/// Sources of which one does not compile.
fn one_that_fails(toolkit: &Toolkit) -> Plan {
    fs::write(toolkit.root().join(FOLDER).join("fails"), "attend_attend_cpp_vec.cpp").unwrap();
    let plan = toolkit.plan(some_entries());
    // A compiler says more than one line.
    fs::write(&plan.toolchain.compiler, PROGRAM.replace("fatal: $fails", "fatal: $fails:3:7\n   Exp(a)\n   ^~~ no such function")).unwrap();
    plan
}

#[test]
fn required_images_fail_the_build_with_all_that_the_compiler_said() {
    let toolkit = Toolkit::new(&format!("tool kit/{FOLDER}"), "bisheng");
    let error = device::build(Ok(one_that_fails(&toolkit)), true, |line| panic!("the error says it: {line}")).unwrap_err();
    let whole = "fatal: attend_attend_cpp_vec.cpp:3:7\n   Exp(a)\n   ^~~ no such function\n1 error generated.\n(exit status: 7)";
    assert!(error.contains("required") && error.contains("kernels/attend/attend.cpp was not compiled") && error.contains(whole), "{error}");
    assert!(error.contains("bisheng' -c -x cce"), "{error}");
    // And when there is nothing to compile with.
    let error = device::build(Err("no CANN toolkit was found".into()), true, |line| panic!("{line}")).unwrap_err();
    assert_eq!(error, "device images are required: no CANN toolkit was found");
    // With nothing in the way they are just made.
    fs::remove_file(toolkit.root().join(FOLDER).join("fails")).unwrap();
    let source = device::build(Ok(toolkit.plan(some_entries())), true, |line| panic!("{line}")).unwrap();
    assert!(source.contains("attend_attend_cpp.image.o"), "{source}");
}

#[test]
fn images_that_nobody_requires_may_fail_and_the_rest_is_built() {
    let toolkit = Toolkit::new(&format!("tool kit/{FOLDER}"), "bisheng");
    let mut said = Vec::new();
    let source = device::build(Ok(one_that_fails(&toolkit)), false, |line| said.push(line.to_owned())).unwrap();
    for built in ["multiply_multiply_cpp.image.o", "norm_norm_cpp.image.o", "failed: &[\n        (\"attend/attend.cpp\""] {
        assert!(source.contains(built), "{built}: {source}");
    }
    assert!(!source.contains("attend_attend_cpp.image.o"), "{source}");
    for line in ["fatal: attend_attend_cpp_vec.cpp:3:7", "   ^~~ no such function", "1 error generated.", "(exit status: 7)"] {
        assert!(said.iter().any(|text| text == line), "{line}: {said:?}");
    }
    let source = device::build(Err("no CANN toolkit was found".into()), false, |line| panic!("{line}")).unwrap();
    assert!(source.contains("why_none: Some(\"no CANN toolkit was found\")"), "{source}");
}

#[test]
fn a_compiler_that_cannot_be_started_or_writes_nothing_is_a_failure() {
    let toolkit = Toolkit::new(&format!("tool kit/{FOLDER}"), "bisheng");
    let plan = toolkit.plan(some_entries());
    fs::write(&plan.toolchain.linker, "#!/bin/sh\n").unwrap();
    let (images, failures) = plan.build();
    assert!(images.is_empty() && failures.len() == 3 && failures[0].text().contains("is not there or empty"), "{failures:?}");
    fs::remove_file(&plan.toolchain.compiler).unwrap();
    assert!(plan.build().1[0].text().contains("it cannot be started"));
}

#[test]
fn an_image_is_made_again_when_something_that_goes_into_it_changes() {
    let toolkit = Toolkit::new(&format!("tool kit/{FOLDER}"), "bisheng");
    let mut plan = toolkit.plan(some_entries());
    plan.kernels = toolkit.0.path().join("kernels");
    for source in ["attend/attend.cpp", "multiply/multiply.cpp", "norm/norm.cpp", "include/shared.h"] {
        let path = plan.kernels.join(source);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
    }
    let count = || toolkit.commands(&plan.toolchain.linker).len();
    plan.build();
    assert_eq!(count(), 3);
    plan.build();
    assert_eq!(count(), 3, "nothing has changed");
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(60);
    fs::File::options().append(true).open(plan.kernels.join("norm/norm.cpp")).unwrap().set_modified(later).unwrap();
    plan.build();
    assert_eq!(count(), 4, "one source has");
}

#[test]
fn compilers_are_found_in_the_folders_of_toolkits_and_on_the_path() {
    for (folder, compiler) in [("tool kit/tools/bisheng_compiler/bin", "bisheng"), ("tool kit/bin", "ccec"), ("elsewhere", "bisheng")] {
        let toolkit = Toolkit::new(folder, compiler);
        let path = std::env::join_paths([PathBuf::from("/nowhere"), toolkit.0.path().join("elsewhere")]).unwrap();
        let found = Toolchain::find(&toolkit.root(), Some(&path)).unwrap();
        assert_eq!(found.compiler, toolkit.0.path().join(folder).join(compiler));
        assert_eq!(found.linker, toolkit.0.path().join(folder).join("ld.lld"));
    }
    let toolkit = Toolkit::new("tool kit/bin", "bisheng");
    fs::remove_dir_all(toolkit.root().join("compiler")).unwrap();
    assert!(Toolchain::find(&toolkit.root(), None).unwrap_err().contains("kernel_operator.h"));
    fs::remove_file(toolkit.root().join("bin/ld.lld")).unwrap();
    assert!(Toolchain::find(&toolkit.root(), None).unwrap_err().contains("no Ascend C compiler"));
}

#[test]
fn a_list_of_entries_that_is_none_is_refused() {
    let line = "norm_f32\tnorm/norm.cpp\tx,y\t0\t1\t0\n";
    let entry = Entry { arguments: vec!["x".into(), "y".into()], ..entry("norm/norm.cpp", "norm_f32", (0, 1), false) };
    assert_eq!(device::parse_entries(line), Ok(vec![entry]));
    for wrong in ["norm_f32", "a\tb\tc\td\te\tf", "a\tb\tc\t1\t1"] {
        assert!(device::parse_entries(wrong).unwrap_err().contains(wrong));
    }
}

/// The units are C++: each is compiled by this machine's compiler against the twin's headers, and its object has the functions and sections that a runtime looks for.
#[test]
fn units_of_the_kernels_hold_the_functions_and_the_records_of_an_image() {
    if let Some(why) = twin::missing() {
        eprintln!("skipped: {why}");
        return;
    }
    let kernels = Path::new(env!("CARGO_MANIFEST_DIR")).join("kernels");
    let toolkit = Toolkit::new(&format!("tool kit/{FOLDER}"), "bisheng");
    let entries: Vec<Entry> = KERNELS
        .iter()
        .map(|kernel| Entry {
            name: kernel.name.into(),
            source: kernel.source.into(),
            arguments: kernel.arguments.iter().map(|&argument| argument.into()).collect(),
            cube_cores: kernel.cube_cores,
            vector_cores: kernel.vector_cores,
            synchronised: kernel.synchronised,
        })
        .collect();
    let plan = toolkit.plan(entries);
    let (images, failures) = plan.build();
    let functions = images.iter().map(|image| image.functions.len()).sum::<usize>();
    assert!(failures.is_empty() && functions == KERNELS.len(), "{failures:?}");
    // One of each kind: vector cores; vector cores that wait for each other; cube cores; both.
    let records =
        |kind: u32, more: &[u32]| [&[1 | 4 << 16, kind], more].concat().iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    for (unit, core, function, expected) in [
        ("rms_norm_rms_norm_cpp_vec", "VEC", "rms_norm_bf16", records(3, &[])),
        ("init_routing_init_routing_cpp_vec", "VEC", "init_routing_mix_aiv", records(5, &[3 | 4 << 16, 1 << 16])),
        ("grouped_matmul_grouped_matmul_cpp_cube", "CUBE", "grouped_matmul_f16_nz", records(2, &[])),
        (
            "grouped_matmul_grouped_matmul_w8a8_cpp_cube",
            "CUBE",
            "grouped_matmul_w8a8_bf16_kn_mix_aic",
            records(4, &[3 | 4 << 16, 1 | 2 << 16]),
        ),
        (
            "grouped_matmul_grouped_matmul_w8a8_cpp_vec",
            "VEC",
            "grouped_matmul_w8a8_bf16_kn_mix_aiv",
            records(4, &[3 | 4 << 16, 1 | 2 << 16]),
        ),
    ] {
        let object = plan.out.join("host.o");
        let compiler = std::env::var_os("CXX").unwrap_or_else(|| "c++".into());
        let output = Command::new(compiler)
            .args(["-c", "-std=c++17", "-w", &format!("-D__DAV_C220_{core}__=1")])
            .arg("-I")
            .arg(kernels.join("twin/include"))
            .arg(plan.out.join(unit).with_extension("cpp"))
            .arg("-o")
            .arg(&object)
            .output()
            .unwrap();
        assert!(output.status.success(), "{unit}: {}", String::from_utf8_lossy(&output.stderr));
        let bytes = fs::read(&object).unwrap();
        let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(has(format!("\0{function}\0").as_bytes()), "{unit} has no function {function}");
        assert!(has(format!("\0.ascend.meta.{function}\0").as_bytes()), "{unit} has no records of {function}");
        assert!(has(&expected), "{unit} has other records of {function}");
    }
}
