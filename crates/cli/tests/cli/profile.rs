//! `ascend profile`.

use super::{ascend, code, folder, json, path, text};

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
    let slower: Vec<String> = text(&compared.stderr).lines().filter(|l| l.contains("SLOWER")).map(str::to_owned).collect();
    assert!(slower.len() == 1 && slower[0].contains("gate_up"), "{slower:?}");
    assert_eq!(code(&ascend(&["profile", "moe", "--compare", &out, &out])), Some(0));
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
