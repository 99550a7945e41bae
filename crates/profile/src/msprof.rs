//! What the vendor's profiler measured on a card: the tables `op_summary_*.csv` and `op_statistic_*.csv` of `msprof`, beside our phases.
//!
//! Columns are found by their names, since their number differs with the version and options of the profiler. Names and units are those of the CANN documentation:
//! "op_summary (Operator Details)" and "op_statistic (Operator Calling Times and Time Consumption)",
//! `hiascend.com/document/detail/en/canncommercial/850/devaids/profiling/atlasprofiling_16_0067.html` and `..._0068.html`, which are the same in 8.0 to 9.1.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::report::Report;
use crate::{Error, Result};

/// An operator type on the device, all its calls together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceOp {
    /// Type of the operator, as CANN calls it: `GroupedMatmul`.
    pub op_type: String,
    /// The cores that it ran on: `AI_CORE`, `AI_VECTOR_CORE`, `MIX_AIC`, ...
    pub core_type: String,
    /// Calls.
    pub count: usize,
    /// Time of all calls.
    pub total_us: f64,
    /// Time that the calls waited for their cores, where it was recorded.
    pub wait_us: Option<f64>,
    /// Share of the cube cores' cycles in matrix instructions, weighted by time; where it was recorded.
    pub mac_ratio: Option<f64>,
    /// Phases of the profile that have such an operator.
    pub phases: Vec<String>,
}

/// The files that an argument names: itself, or those of the two kinds in a folder and the folders below.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.into()]);
    }
    let (mut found, mut folders) = (Vec::new(), vec![(path.to_path_buf(), 0)]);
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|e| Error::io(&folder, e))? {
            let entry = entry.map_err(|e| Error::io(&folder, e))?.path();
            let name = entry.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if entry.is_dir() && depth < DEPTH {
                folders.push((entry, depth + 1));
            } else if name.ends_with(".csv") && (name.starts_with("op_summary") || name.starts_with("op_statistic")) {
                found.push(entry);
            }
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(Error::format(
            path,
            "no op_summary*.csv or op_statistic*.csv in the folder; `msprof --export=on --output=DIR` makes them",
        ));
    }
    Ok(found)
}

/// Folders below the one that is named: `PROF_*/mindstudio_profiler_output`, and one more.
const DEPTH: usize = 3;

/// Reads what `msprof` wrote: a file of either kind, or a folder with some. Of a folder that has both kinds, the calls of `op_summary` count.
///
/// # Errors
/// A file that cannot be read, or that lacks a column.
pub fn read(path: &Path) -> Result<Vec<DeviceOp>> {
    let mut summaries = BTreeMap::new();
    let mut statistics = BTreeMap::new();
    for file in files(path)? {
        let text = std::fs::read_to_string(&file).map_err(|e| Error::io(&file, e))?;
        let table = Table::parse(&file, &text)?;
        if table.column("Total Time(us)").is_some() {
            statistic(&table, &mut statistics)?;
        } else {
            summary(&table, &mut summaries)?;
        }
    }
    let ops = if summaries.is_empty() { statistics } else { summaries };
    let mut ops: Vec<DeviceOp> = ops.into_values().map(Sums::op).collect();
    ops.sort_by(|a, b| b.total_us.total_cmp(&a.total_us));
    Ok(ops)
}

type Ops = BTreeMap<(String, String), Sums>;

/// An operator, and what its ratio is the mean of.
#[derive(Default)]
struct Sums {
    op: DeviceOp,
    /// Time of the calls that have a ratio, and the ratios times their time.
    mac: [f64; 2],
}

impl Sums {
    fn op(self) -> DeviceOp {
        let [us, sum] = self.mac;
        DeviceOp { mac_ratio: (us > 0.0).then_some(sum / us), ..self.op }
    }
}

fn entry<'a>(ops: &'a mut Ops, op_type: &str, core_type: &str) -> &'a mut Sums {
    let new = || Sums { op: DeviceOp { op_type: op_type.into(), core_type: core_type.into(), ..DeviceOp::default() }, ..Sums::default() };
    ops.entry((op_type.to_owned(), core_type.to_owned())).or_insert_with(new)
}

/// A line an operator type.
fn statistic(table: &Table<'_>, ops: &mut Ops) -> Result<()> {
    let [op_type, core, count, total] =
        [table.need("OP Type")?, table.need("Core Type")?, table.need("Count")?, table.need("Total Time(us)")?];
    for (line, row) in table.rows() {
        let op = &mut entry(ops, row[op_type], row[core]).op;
        op.count += table.number(line, row[count])? as usize;
        op.total_us += table.number(line, row[total])?;
    }
    Ok(())
}

/// A line a call.
fn summary(table: &Table<'_>, ops: &mut Ops) -> Result<()> {
    let [op_type, core, duration] = [table.need("OP Type")?, table.need("Task Type")?, table.need("Task Duration(us)")?];
    // Chips whose cube and vector units are one core have no `aic_` before it.
    let mac = table.column("aic_mac_ratio").or_else(|| table.column("mac_ratio"));
    let (wait, name) = (table.column("Task Wait Time(us)"), table.column("Op Name"));
    for (line, row) in table.rows() {
        let us = table.number(line, row[duration])?;
        // With `--task-time=l0` types are not collected; the names of the calls are all there is.
        let kind = name.filter(|_| row[op_type] == NOT_COLLECTED).unwrap_or(op_type);
        let Sums { op, mac: [mac_us, mac_sum] } = entry(ops, row[kind], row[core]);
        if let Some(at) = wait.filter(|at| is_number(row[*at])) {
            *op.wait_us.get_or_insert(0.0) += table.number(line, row[at])?;
        }
        if let Some(at) = mac.filter(|at| is_number(row[*at])) {
            *mac_us += us;
            *mac_sum += us * table.number(line, row[at])?;
        }
        op.count += 1;
        op.total_us += us;
    }
    Ok(())
}

/// What stands where the profiler has no value.
const NOT_COLLECTED: &str = "N/A";

/// The profiler writes `N/A` and nothing where it has no value.
fn is_number(field: &str) -> bool {
    field.trim().parse::<f64>().is_ok()
}

/// A table with a header. Fields may be quoted, and quoted ones hold commas; shapes do.
struct Table<'a> {
    path: &'a Path,
    header: Vec<&'a str>,
    rows: Vec<(usize, Vec<&'a str>)>,
}

impl<'a> Table<'a> {
    fn parse(path: &'a Path, text: &'a str) -> Result<Self> {
        let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let header = lines.next().map(|(_, line)| fields(line)).unwrap_or_default();
        let mut rows = Vec::new();
        for (at, line) in lines {
            let row = fields(line);
            if row.len() != header.len() {
                let message = format!("line {}: {} fields, the header has {}", at + 1, row.len(), header.len());
                return Err(Error::format(path, message));
            }
            rows.push((at + 1, row));
        }
        Ok(Self { path, header, rows })
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| *h == name)
    }

    fn need(&self, name: &str) -> Result<usize> {
        self.column(name).ok_or_else(|| {
            Error::format(
                self.path,
                format!("no column `{name}`, which op_summary and op_statistic have; found {}", self.header.join(", ")),
            )
        })
    }

    fn rows(&self) -> impl Iterator<Item = (usize, &Vec<&'a str>)> {
        self.rows.iter().map(|(line, row)| (*line, row))
    }

    fn number(&self, line: usize, field: &str) -> Result<f64> {
        let number = field.trim().parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
        number.ok_or_else(|| Error::format(self.path, format!("line {line}: a number of 0 or more is expected, found `{field}`")))
    }
}

fn fields(line: &str) -> Vec<&str> {
    let (mut all, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in line.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                all.push(&line[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    all.push(&line[start..]);
    all.into_iter().map(|field| field.trim().trim_matches('"')).collect()
}

/// Operator types of CANN by the start of their names, and the phases that they belong to. The longest start that fits counts.
const PHASES: &[(&str, &[&str])] = &[
    ("MoeGatingTopK", &["gating"]),
    ("MoeInitRouting", &["init_routing"]),
    ("MoeFinalizeRouting", &["finalize"]),
    ("MoeTokenPermute", &["init_routing"]),
    ("MoeTokenUnpermute", &["finalize"]),
    ("GroupedMatmul", &["gate_up", "down", "experts"]),
    ("SwiGlu", &["activation", "experts", "shared", "dense"]),
    ("DequantSwigluQuant", &["activation", "experts"]),
    ("DynamicQuant", &["init_routing", "activation", "qkv", "query", "output", "shared", "dense"]),
    ("RmsNorm", &["norm", "ffn_norm", "head_norms", "query", "latent", "head"]),
    ("AddRmsNorm", &["norm", "ffn_norm"]),
    ("Rope", &["rope"]),
    ("RotaryPositionEmbedding", &["rope"]),
    ("ApplyRotaryPosEmb", &["rope"]),
    ("InterleaveRope", &["rope"]),
    ("ScatterPaKvCache", &["cache"]),
    ("ReshapeAndCache", &["cache"]),
    ("FusedInferAttentionScore", &["attention", "attention_window"]),
    ("IncreFlashAttention", &["attention", "attention_window"]),
    ("PromptFlashAttention", &["attention", "attention_window"]),
    ("FlashAttention", &["attention", "attention_window"]),
    ("MatMul", &["gating", "qkv", "query", "latent", "output", "shared", "dense", "head"]),
    ("BatchMatMul", &["absorb", "expand"]),
    ("TransposeBatchMatMul", &["absorb", "expand"]),
    ("QuantBatchMatmul", &["qkv", "query", "latent", "output", "shared", "dense"]),
    ("WeightQuantBatchMatmul", &["qkv", "query", "latent", "output", "shared", "dense"]),
    ("Gather", &["embedding"]),
    ("Embedding", &["embedding"]),
    ("ArgMax", &["head"]),
];

/// Puts what the vendor's profiler measured beside a profile: each operator with those of its phases that the profile has.
pub fn attach(report: &mut Report, mut ops: Vec<DeviceOp>) {
    for op in &mut ops {
        let fits = PHASES.iter().filter(|(start, _)| op.op_type.to_lowercase().starts_with(&start.to_lowercase()));
        let phases = fits.max_by_key(|(start, _)| start.len()).map_or(&[][..], |(_, phases)| phases);
        let has = |name: &&&str| report.points.iter().any(|p| p.phases.iter().any(|f| f.name == **name));
        op.phases = phases.iter().filter(has).map(|name| (*name).to_owned()).collect();
    }
    report.device_ops = ops;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns of CANN 8.5 on an Atlas A2, `--task-time=l1 --aic-metrics=PipeUtilization`: times that end in a tab, shapes with commas in three quotes, and `N/A` for the
    /// cores that an operator does not use.
    const SUMMARY: &str = "Device_id,Model ID,Task ID,Stream ID,Op Name,OP Type,OP State,Task Type,Task Start Time(us),Task Duration(us),Task Wait Time(us),\
        Block Dim,Mix Block Dim,HF32 Eligible,Input Shapes,Input Data Types,Input Formats,Output Shapes,Output Data Types,Output Formats,Context ID,\
        aicore_time(us),aic_total_cycles,aic_mac_time(us),aic_mac_ratio,aiv_time(us),aiv_total_cycles,aiv_vec_time(us),aiv_vec_ratio,cube_utilization(%)\n\
        0,4294967295,2,3,aclnnGroupedMatmulV5_a,GroupedMatmul,dynamic,MIX_AIC,1790602788560636.620\t,300.0,1.5,24,48,NO,\"\"\"16,64;8,64\"\"\",\
        \"DT_BF16;DT_BF16\",\"ND;ND\",\"\"\"16,8\"\"\",DT_BF16,ND,N/A,290.0,12528000,145.0,0.5,1.0,86400,0.5,0.5,96.667\n\
        0,4294967295,3,3,aclnnGroupedMatmulV5_b,GroupedMatmul,dynamic,MIX_AIC,1790602788561636.620\t,100.0,0.5,24,48,NO,\"\"\"16,64\"\"\",\
        DT_BF16,ND,\"\"\"16,8\"\"\",DT_BF16,ND,N/A,90.0,3888000,81.0,0.9,1.0,86400,0.5,0.5,90.0\n\
        0,4294967295,4,3,aclnnRmsNorm,RmsNorm,dynamic,AI_VECTOR_CORE,1790602788562636.620\t,4.0,0.0,48,0,NO,\"\"\"8,2048\"\"\",\
        DT_BF16,ND,\"\"\"8,2048\"\"\",DT_BF16,ND,N/A,N/A,N/A,N/A,N/A,3.5,302400,2.0,0.57,0.0\n";
    const STATISTIC: &str = "Device_id,OP Type,Core Type,Count,Total Time(us),Min Time(us),Avg Time(us),Max Time(us),Ratio(%)\n\
        0,MoeGatingTopK,AI_VECTOR_CORE,8,900,90,112.5,140,5\n0,GroupedMatmul,MIX_AIC,8,8000,900,1000,1100,50\n";

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("PROF_1/mindstudio_profiler_output");
        std::fs::create_dir_all(&output).unwrap();
        for (name, text) in files {
            std::fs::write(output.join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn summary_adds_calls_up_by_type() {
        let folder = folder(&[("op_summary_1.csv", SUMMARY), ("op_statistic_1.csv", STATISTIC), ("other.csv", "a\nb,c\n")]);
        let ops = read(folder.path()).unwrap();
        let told: Vec<_> = ops.iter().map(|o| (o.op_type.as_str(), o.count, o.total_us, o.wait_us)).collect();
        assert_eq!(told, [("GroupedMatmul", 2, 400.0, Some(2.0)), ("RmsNorm", 1, 4.0, Some(0.0))]);
        // (300 * 0.5 + 100 * 0.9) / 400.
        assert!((ops[0].mac_ratio.unwrap() - 0.6).abs() < 1e-12 && ops[1].mac_ratio.is_none());
    }

    /// `--task-time=l0`: neither types nor the counters of the cores.
    #[test]
    fn summary_without_types_is_told_by_names() {
        let text = "Device_id,Model ID,Task ID,Stream ID,Op Name,OP Type,OP State,Task Type,Task Start Time(us),Task Duration(us),Task Wait Time(us),Block Dim\n\
            0,1,2,3,RmsNorm_a,N/A,N/A,N/A,1.0\t,4.0,0.5,0\n0,1,N/A,N/A,hcom_allReduce__1,N/A,N/A,N/A,2.0\t,9.0,0,0\n0,1,4,3,RmsNorm_a,N/A,N/A,N/A,3.0\t,2.0,0,0\n";
        let ops = read(folder(&[("op_summary_0.csv", text)]).path()).unwrap();
        let told: Vec<_> = ops.iter().map(|o| (o.op_type.as_str(), o.count, o.total_us)).collect();
        assert_eq!(told, [("hcom_allReduce__1", 1, 9.0), ("RmsNorm_a", 2, 6.0)]);
    }

    #[test]
    fn one_core_for_both_units_has_a_ratio_of_another_name() {
        let text = "OP Type,Task Type,Task Duration(us),mac_ratio\nMatMulV2,AI_CORE,4.0,0.25\n";
        assert_eq!(read(folder(&[("op_summary_0.csv", text)]).path()).unwrap()[0].mac_ratio, Some(0.25));
    }

    #[test]
    fn statistic_alone_is_enough() {
        let folder = folder(&[("op_statistic_20260101.csv", STATISTIC)]);
        let ops = read(folder.path()).unwrap();
        assert_eq!((ops[0].op_type.as_str(), ops[0].count, ops[1].total_us), ("GroupedMatmul", 8, 900.0));
        assert_eq!(read(&folder.path().join("PROF_1/mindstudio_profiler_output/op_statistic_20260101.csv")).unwrap(), ops);
    }

    #[test]
    fn tables_that_are_none_are_refused_with_their_line() {
        let refused = |text: &str| read(folder(&[("op_summary_1.csv", text)]).path()).unwrap_err().to_string();
        assert!(refused("OP Type,Task Type\nA,B\n").contains("`Task Duration(us)`"));
        assert!(refused("OP Type,Task Type,Task Duration(us)\nA,B\n").contains("line 2: 2 fields"));
        assert!(refused("OP Type,Task Type,Task Duration(us)\nA,B,fast\n").contains("line 2"));
        assert!(refused("OP Type,Task Type,Task Duration(us)\nA,B,-1\n").contains("-1"));
        assert!(refused("").contains("OP Type"));
        assert!(read(folder(&[]).path()).unwrap_err().to_string().contains("msprof --export"));
    }

    #[test]
    fn fields_may_be_quoted() {
        assert_eq!(fields("a,\"b,c\", d ,\"\"\"1,2;3\"\"\""), ["a", "b,c", "d", "1,2;3"]);
    }
}
