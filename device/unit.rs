//! What the device compiler is given for a source: the source itself, and around it what the runtime wants to find in an image.
//!
//! An entry is called by the runtime under the name `<entry>`, `<entry>_mix_aic` or `<entry>_mix_aiv`: a kernel of a mixed type has a function for each kind of core
//! that it runs on, and the address of the cores' flags as an argument before its own. A section `.ascend.meta.<function>` says which kind it is, in records of type,
//! length and value. Source: CANN's `elf.cc` and `program.cc` (hicann/runtime) and the stubs that its `ascendc_library` writes (hicann/asc-devkit).

use std::fmt::Write as _;
use std::path::Path;

/// An entry point of the device code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// The source that defines it, relative to the kernels' folder, or its whole path.
    pub source: String,
    /// The names of its arguments, each an address in global memory.
    pub arguments: Vec<String>,
    /// Cube cores a block.
    pub cube_cores: u32,
    /// Vector cores a block.
    pub vector_cores: u32,
    /// Whether its core type is a mixed one: its cores wait for each other.
    pub synchronised: bool,
}

/// Reads the list of entries that the kernels' build writes: an entry a line, tabs between its fields.
///
/// # Errors
/// The line that is none.
pub fn parse_entries(list: &str) -> Result<Vec<Entry>, String> {
    let entry = |line: &str| {
        let [name, source, arguments, cube, vector, synchronised] = line.split('\t').collect::<Vec<_>>().try_into().ok()?;
        Some(Entry {
            name: name.into(),
            source: source.into(),
            arguments: arguments.split(',').map(str::to_owned).collect(),
            cube_cores: cube.parse().ok()?,
            vector_cores: vector.parse().ok()?,
            synchronised: synchronised == "1",
        })
    };
    list.lines().map(|line| entry(line).ok_or_else(|| format!("not an entry: {line}"))).collect()
}

/// A kind of core.
#[derive(Clone, Copy, Debug)]
pub struct Core {
    /// As the compiler's architectures end.
    pub name: &'static str,
    /// What functions of mixed kernels end in.
    suffix: &'static str,
    cube: bool,
}

/// The kinds of cores, in the order that the linker wants.
pub const CORES: [Core; 2] = [Core { name: "cube", suffix: "_mix_aic", cube: true }, Core { name: "vec", suffix: "_mix_aiv", cube: false }];

impl Core {
    /// Whether an entry runs on this kind.
    pub fn runs(&self, entry: &Entry) -> bool {
        (if self.cube { entry.cube_cores } else { entry.vector_cores }) > 0
    }
}

/// The kernel types of an image's metadata.
fn kernel_type(entry: &Entry) -> u32 {
    const CUBE: u32 = 2;
    const VECTOR: u32 = 3;
    const MIXED_CUBE_FIRST: u32 = 4;
    const MIXED_VECTOR_FIRST: u32 = 5;
    match (entry.synchronised, entry.cube_cores > 0) {
        (false, true) => CUBE,
        (false, false) => VECTOR,
        (true, true) => MIXED_CUBE_FIRST,
        (true, false) => MIXED_VECTOR_FIRST,
    }
}

/// The text to compile for one kind of core.
pub fn text(source: &Path, core: Core, entries: &[&Entry]) -> String {
    // Entries become functions that those below call. The headers come first, so that nothing of theirs is renamed.
    let mut text = String::from(
        "#include <stdint.h>\n#include \"kernel_operator.h\"\n\n#pragma push_macro(\"__global__\")\n#undef __global__\n#define __global__ inline\n",
    );
    for Entry { name, .. } in entries {
        let _ = writeln!(text, "#define {name} {name}_body");
    }
    // In a namespace of its own no name of the kernels can be mistaken for one of the headers', now or in another version.
    text.push_str("namespace kernel_source {\n");
    let path = source.display().to_string().replace('\\', "\\\\").replace('"', "\\\"");
    let _ = writeln!(text, "#include \"{path}\"\n}}");
    for Entry { name, .. } in entries {
        let _ = writeln!(text, "#undef {name}");
    }
    text.push_str(
        "#pragma pop_macro(\"__global__\")\n\nstruct ImageRecord {\n  uint16_t type;\n  uint16_t bytes;\n  uint32_t value;\n};\n",
    );
    for entry in entries {
        let Entry { name, arguments, cube_cores, vector_cores, synchronised, .. } = entry;
        let function = if *synchronised { format!("{name}{}", core.suffix) } else { name.clone() };
        let mut parameters: Vec<String> = arguments.iter().map(|argument| format!("GM_ADDR {argument}")).collect();
        let mut records = format!("{{1, sizeof(uint32_t), {}}}", kernel_type(entry));
        let mut body = String::new();
        if *synchronised {
            parameters.insert(0, "GM_ADDR core_flags".into());
            body.push_str("  AscendC::SetSyncBaseAddr(reinterpret_cast<uint64_t>(core_flags));\n");
            // Two numbers of 16 bits, cube cores before vector cores.
            let _ = write!(records, ", {{3, sizeof(uint32_t), {}}}", cube_cores | vector_cores << 16);
        }
        let _ = write!(
            text,
            "\nextern \"C\" __global__ __aicore__ void {function}({}) {{\n{body}  kernel_source::{name}_body({});\n}}\nstatic const ImageRecord {function}_records[] __attribute__((used, section(\".ascend.meta.{function}\"))) = {{{records}}};\n",
            parameters.join(", "),
            arguments.join(", ")
        );
    }
    text
}
