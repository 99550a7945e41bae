//! `ascend plan` and `ascend kernels`.

use super::{ascend, code, json, text};

#[test]
fn plan_json_has_its_keys_and_the_text_its_assumptions() {
    let done = ascend(&[
        "plan",
        "--model",
        "r2-rumoured",
        "--npu",
        "910b2",
        "--cards",
        "64",
        "--tpot",
        "100",
        "--card-hour-usd",
        "1",
        "--json",
        "-",
    ]);
    assert_eq!(code(&done), Some(0), "{}", text(&done.stderr));
    let plan = json(&done.stdout);
    assert_eq!((plan["schema"].as_u64(), plan["cards"].as_u64(), plan["fits"].as_bool()), (Some(1), Some(64), Some(true)));
    for key in ["prefill_tokens_per_s_per_card", "decode_tokens_per_s_per_card", "tpot_ms", "usd_per_m_input", "usd_per_m_output"] {
        assert!(plan[key].as_f64().is_some_and(|x| x > 0.0), "{key}");
    }
    let printed = text(&done.stderr);
    for assumption in plan["assumptions"].as_array().unwrap() {
        assert!(printed.contains(assumption.as_str().unwrap()), "{assumption}");
    }
    assert!(printed.contains("RUMOUR"));
}

#[test]
fn plan_of_an_unknown_model_or_card_exits_2() {
    for args in [&["plan", "--model", "gpt-5"][..], &["plan", "--model", "deepseek-r1", "--npu", "h100"], &["plan"]] {
        assert_eq!(code(&ascend(args)), Some(2), "{args:?}");
    }
}

#[test]
fn plan_check_prints_every_row() {
    let done = ascend(&["plan", "--check"]);
    assert_eq!(code(&done), Some(0));
    let printed = text(&done.stdout);
    assert!(printed.lines().filter(|l| l.starts_with("| ")).count() > 18 && printed.contains("Median absolute error"), "{printed}");
    let written = json(&ascend(&["plan", "--check", "--json", "-"]).stdout);
    assert_eq!(written["schema"], 1);
    assert!(written["rows"].as_array().is_some_and(|rows| rows.len() > 16 && rows[0]["published"].is_array()), "{written}");
}

#[test]
fn kernels_refuses_json_of_what_is_a_table_only() {
    for table in ["--rates", "--check"] {
        let done = ascend(&["kernels", table, "--json", "-"]);
        assert!(code(&done) == Some(2) && text(&done.stderr).contains("--json"), "{}", text(&done.stderr));
    }
}
