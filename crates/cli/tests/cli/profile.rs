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
    assert_eq!((report["schema"].as_u64(), report["points"].as_array().map(Vec::len)), (Some(1), Some(8)));
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
