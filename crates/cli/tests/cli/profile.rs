//! `ascend profile`.

use std::time::Duration;

use ascend_compute::cpu::{CpuDevice, CpuOptions};
use ascend_compute::{DType, Device, FnKernel, KernelInfo, OpKind, Origin};
use ascend_profile::limits::{Limits, Rates};
use ascend_profile::measure::{Options, Subject, What, measure};
use ascend_profile::report::Report;
use ascend_profile::workload::{Model, Precision, Routing, Slice};

use super::{ascend, ascend_with, code, folder, json, path, text};

/// A model so small that a debug build measures it in a moment.
const CONFIG: &str = r#"{"model_type":"qwen3_moe","num_hidden_layers":2,"hidden_size":128,"num_experts":8,"num_experts_per_tok":2,"moe_intermediate_size":64,
    "norm_topk_prob":true,"num_attention_heads":4,"num_key_value_heads":2,"head_dim":32,"vocab_size":1000}"#;

#[test]
fn profile_writes_its_reports_and_finds_what_became_slower() {
    let folder = folder();
    let file = |name: &str| path(&folder, name);
    std::fs::write(file("config.json"), CONFIG).unwrap();
    let (config, out, html, trace) = (file("config.json"), file("p.json"), file("p.html"), file("t.json"));
    let base = ["profile", "moe", "--model", &config, "--tokens", "1,8", "--skew", "0,1", "--dtype", "bf16,w8a8", "--repeats", "5"];
    let done = ascend(&[&base[..], &["--json", &out, "--html", &html, "--trace", &trace]].concat());
    assert_eq!(code(&done), Some(0), "{}", text(&done.stderr));
    let mut report = json(&std::fs::read(&out).unwrap());
    assert_eq!((report["schema"].as_u64(), report["points"].as_array().map(Vec::len)), (Some(2), Some(8)));
    assert!(std::fs::read_to_string(&html).unwrap().contains("<svg"));
    assert!(json(&std::fs::read(&trace).unwrap())["traceEvents"].as_array().is_some_and(|e| e.len() > 8 * 12));

    // A baseline that was a thousand times faster in one phase.
    for key in ["p10", "median", "p90"] {
        let time = &mut report["points"][0]["phases"][2]["device_us"][key];
        *time = (time.as_f64().unwrap() / 1000.0).into();
    }
    let faster = file("faster.json");
    std::fs::write(&faster, report.to_string()).unwrap();
    let compared = ascend(&["profile", "moe", "--compare", &faster, &out]);
    assert_eq!(code(&compared), Some(1));
    let said = text(&compared.stderr);
    let (lines, blamed) = slower(&said);
    assert!(lines.len() == 1 && lines[0].contains("gate_up") && blamed.contains("most by gate_up"), "{said}");
    assert_eq!(code(&ascend(&["profile", "moe", "--compare", &out, &out])), Some(0));
}

/// The lines about what became slower, and the last one, which says what is to blame.
fn slower(said: &str) -> (Vec<&str>, &str) {
    (said.lines().filter(|line| line.ends_with("SLOWER")).collect(), said.lines().last().unwrap_or_default())
}

/// So much slower that a busy machine makes nothing else look alike: what is slowed down takes hundreds of times as long.
const MUCH: [&str; 2] = ["--threshold", "10"];

#[test]
fn kernel_that_somebody_registered_and_that_sleeps_is_found_between_two_profiles() {
    const NAP: Duration = Duration::from_millis(200);
    let folder = folder();
    let [config, before, after] = ["config.json", "before.json", "after.json"].map(|name| path(&folder, name));
    std::fs::write(&config, CONFIG).unwrap();
    let device = CpuDevice::with(CpuOptions::default().with_threads(1)).unwrap();
    let (model, slice) = (Model::find(&config).unwrap(), Slice::default());
    let subject = Subject::new(&*device, What::Experts, &model, slice, Precision::Bf16).unwrap();
    let all = Rates { f32_gflops: 1.0, bf16_gflops: 1.0, int8_gops: 1.0, read_gbs: 1.0 };
    let limits = Limits { source: "made up".into(), measured_at: None, kept: false, all, one_thread: None, levels: Vec::new() };
    let options = Options { repeats: 7, budget: Duration::from_secs(60), ..Options::default() };
    let profile = |file: &str| {
        let point = measure(&*device, &subject, &Routing::Uniform, 16, &limits, &options).unwrap();
        let report = Report::new(device.info(), &model, slice, limits.clone(), vec![point]);
        std::fs::write(file, serde_json::to_string(&report).unwrap()).unwrap();
    };
    profile(&before);
    let info = KernelInfo {
        name: "sleepy".into(),
        op: OpKind::FinalizeRouting,
        origin: Origin::User,
        dtypes: vec![DType::BF16].into(),
        constraints: "".into(),
    };
    let sleepy = FnKernel::shared(info, |_, _| {
        std::thread::sleep(NAP);
        Ok(())
    });
    device.kernels().register(sleepy).unwrap();
    profile(&after);

    let changes = path(&folder, "changes.json");
    let compared = ascend(&[&["profile", "moe", "--compare", &before, &after, "--json", &changes], &MUCH[..]].concat());
    assert_eq!(code(&compared), Some(1), "{}", text(&compared.stderr));
    let said = text(&compared.stderr);
    let (lines, blamed) = slower(&said);
    assert!(lines.iter().any(|line| line.contains("finalize")) && blamed.contains("most by finalize, which takes "), "{said}");
    let written = json(&std::fs::read(&changes).unwrap());
    let regressed = written["changes"].as_array().unwrap().iter().find(|c| c["phase"] == "finalize").unwrap();
    assert_eq!((&regressed["regression"], &written["threshold"]), (&true.into(), &10.0.into()));
    assert!(regressed["after_us"].as_f64().unwrap() >= 1e6 * NAP.as_secs_f64(), "{regressed}");
    // The other way round it became faster.
    let back = ascend(&[&["profile", "moe", "--compare", &after, &before], &MUCH[..]].concat());
    assert_eq!(code(&back), Some(0), "{}", text(&back.stderr));
    assert!(text(&back.stderr).contains("nothing became slower by more than 1000 %"));
}

#[test]
fn operator_that_is_slowed_down_is_found_by_a_baseline() {
    let folder = folder();
    let [config, base, now] = ["config.json", "base.json", "now.json"].map(|name| path(&folder, name));
    std::fs::write(&config, CONFIG).unwrap();
    let args = ["profile", "moe", "--model", &config, "--device", "sim:0", "--tokens", "16", "--repeats", "7", "--budget", "60"];
    let done = ascend(&[&args[..], &["--json", &base]].concat());
    assert_eq!(code(&done), Some(0), "{}", text(&done.stderr));
    let slow = [("ASCEND_SIM_FAULTS", "slow aclnnSwiGlu every 1 for-ms 300")];
    let done = ascend_with(&slow, &[&args[..], &MUCH, &["--baseline", &base, "--json", &now]].concat());
    let said = text(&done.stderr);
    assert_eq!(code(&done), Some(1), "{said}");
    assert!(slower(&said).1.contains("most by activation, which takes "), "{said}");
    let report = json(&std::fs::read(&now).unwrap());
    assert!(report["note"].as_str().is_some_and(|note| note.starts_with("simulated")) && text(&done.stdout).contains("simulated: times"));
    let changes = report["changes"].clone();
    let regressed: Vec<_> = changes.as_array().unwrap().iter().filter(|c| c["regression"] == true && c["phase"] == "activation").collect();
    assert!(regressed.len() == 1 && regressed[0]["after_us"].as_f64().unwrap() >= 300e3, "{changes}");
}

#[test]
fn limits_of_the_host_are_measured_once_and_said_in_every_report() {
    let folder = folder();
    let [config, caches, out, html] = ["config.json", "caches", "p.json", "p.html"].map(|name| path(&folder, name));
    std::fs::write(&config, CONFIG).unwrap();
    let args = ["profile", "moe", "--model", &config, "--tokens", "1", "--repeats", "3", "--json", &out, "--html", &html];
    let run = |more: &[&str]| {
        let done = ascend_with(&[("XDG_CACHE_HOME", &caches)], &[&args[..], more].concat());
        assert_eq!(code(&done), Some(0), "{}", text(&done.stderr));
        (json(&std::fs::read(&out).unwrap())["limits"].clone(), text(&done.stdout), text(&done.stderr))
    };
    let (first, table, notes) = run(&[]);
    let at = first["measured_at"].as_str().unwrap();
    assert!(table.contains(at) && std::fs::read_to_string(&html).unwrap().contains(at) && notes.contains("limits.json"), "{table}{notes}");
    for rates in [&first, &first["one_thread"]] {
        for rate in ["f32_gflops", "bf16_gflops", "int8_gops", "read_gbs"] {
            assert!(rates[rate].as_f64().is_some_and(|rate| rate > 0.0), "{rate}: {rates}");
        }
    }
    let (second, table, notes) = run(&[]);
    assert_eq!(
        (&second["measured_at"], &second["bf16_gflops"], &second["kept"]),
        (&first["measured_at"], &first["bf16_gflops"], &true.into())
    );
    assert!(table.contains(&format!("as measured {at}")) && notes.is_empty(), "{table}{notes}");
    assert_eq!(run(&["--probe"]).0["kept"], serde_json::Value::Null);
    let (anew, _, notes) = {
        std::fs::write(path(&folder, "caches/ascend-compute/limits.json"), "{\"schema\":").unwrap();
        run(&[])
    };
    assert!(anew["kept"].is_null() && notes.contains("of no use"), "{notes}");
}

#[test]
fn profile_that_cannot_run_exits_2_and_says_what_to_do() {
    let refused = |args: &[&str]| {
        let done = ascend(&[&["profile", "moe"], args].concat());
        assert_eq!(code(&done), Some(2), "{args:?}");
        text(&done.stderr)
    };
    assert!(refused(&["--model", "gpt-5"]).contains("presets"));
    assert!(refused(&["--model", "qwen3-30b-a3b", "--ep", "7"]).contains("ep"));
    assert!(refused(&["--model", "qwen3-30b-a3b", "--budget=-1"]).contains("budget"));
    assert!(refused(&["--model", "qwen3-30b-a3b", "--baseline", "/nowhere.json"]).contains("nowhere"));
    assert!(!refused(&[]).is_empty());
    assert!(refused(&["--model", "qwen3-30b-a3b", "--ep", "32", "--tokens", "99999999999"]).contains("fewer tokens"));
    assert!(refused(&["--model", "qwen3-30b-a3b", "--ep", "8", "--redundant", "3"]).contains("3 copies"));
    assert!(refused(&["--model", "qwen3-30b-a3b", "--redundant", "8"]).contains("redundant"));
    assert!(refused(&["--model", "qwen3-30b-a3b", "--device", "sim:0", "--cold"]).contains("only the caches of the CPU"));
}

#[test]
fn profile_of_attention_layer_and_model_has_their_phases() {
    let folder = folder();
    let (config, out) = (path(&folder, "config.json"), path(&folder, "p.json"));
    std::fs::write(&config, CONFIG).unwrap();
    for (what, first, last, points) in
        [("attention", "norm", "output", 1), ("layer", "norm", "experts", 2), ("model", "embedding", "head", 2)]
    {
        let args = ["profile", what, "--model", &config, "--tokens", "4", "--skew", "0,1", "--context", "40", "--path", "fused"];
        let done = ascend(&[&args[..], &["--repeats", "3", "--json", &out]].concat());
        assert_eq!(code(&done), Some(0), "{}", text(&done.stderr));
        let report = json(&std::fs::read(&out).unwrap());
        let found = report["points"].as_array().unwrap();
        let phases = found[0]["phases"].as_array().unwrap();
        let names = (phases[0]["name"].as_str(), phases[phases.len() - 1]["name"].as_str());
        assert_eq!((names, found.len()), ((Some(first), Some(last)), points), "{what}");
        assert_eq!(found[0]["step_us"].is_f64(), what == "model");
    }
}

#[test]
fn profile_takes_the_tables_of_the_vendors_profiler() {
    let folder = folder();
    let (config, csv, out) = (path(&folder, "config.json"), path(&folder, "op_statistic_1.csv"), path(&folder, "p.json"));
    std::fs::write(&config, CONFIG).unwrap();
    std::fs::write(&csv, "OP Type,Core Type,Count,Total Time(us)\nGroupedMatmul,MIX_AIC,8,8000\n").unwrap();
    let args = ["profile", "moe", "--model", &config, "--tokens", "4", "--repeats", "3", "--msprof", &csv, "--json", &out];
    let done = ascend(&args);
    assert_eq!(code(&done), Some(0), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("GroupedMatmul"));
    let report = json(&std::fs::read(&out).unwrap());
    assert_eq!(report["device_ops"][0]["phases"], serde_json::json!(["gate_up", "down"]));
}

#[test]
fn profile_dispatch_measures_the_simulated_npu() {
    let done = ascend(&["profile", "dispatch", "--json", "-"]);
    assert_eq!(code(&done), Some(0), "{}", text(&done.stderr));
    let costs = json(&done.stdout);
    assert!(costs["device"].as_str().is_some_and(|d| d.starts_with("sim:0")));
    let ops = costs["ops"].as_array().unwrap();
    assert!(ops.len() > 10 && ops.iter().all(|o| o["again_us"]["median"].as_f64().is_some_and(|us| us > 0.0)), "{ops:?}");
}
