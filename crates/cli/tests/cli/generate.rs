//! `ascend generate` and `ascend perplexity` on a tiny model.

use std::fs;
use std::path::Path;

use safetensors::SafeTensors;
use serde_json::{Map, json};
use tempfile::TempDir;

use super::{ascend, code, folder, json as parsed, path, text};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden/models/qwen3_moe");
/// Ends an answer of the golden models.
const END: u32 = 2;

/// A token as text: each of the 256 is one character.
fn character(token: u32) -> char {
    char::from_u32(0x100 + token).unwrap()
}

fn characters(tokens: &[u32]) -> String {
    tokens.iter().copied().map(character).collect()
}

/// The golden model with a tokenizer, which transformers did not need.
fn model() -> TempDir {
    let dir = folder();
    for entry in fs::read_dir(GOLDEN).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, dir.path().join(file.file_name().unwrap())).unwrap();
    }
    let vocab: Map<_, _> = (0..256).map(|token| (character(token).to_string(), token.into())).collect();
    let tokenizer = json!({
        "version": "1.0",
        "added_tokens": [],
        "model": {"type": "BPE", "vocab": vocab, "merges": []},
        "decoder": {"type": "Fuse"},
    });
    fs::write(dir.path().join("tokenizer.json"), tokenizer.to_string()).unwrap();
    dir
}

/// Prompt and greedy continuation by transformers.
fn golden(prompt: usize) -> (Vec<u32>, Vec<u32>) {
    let bytes = fs::read(Path::new(GOLDEN).join("goldens.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let ids = |name: &str| {
        let tensor = file.tensor(&format!("prompt{prompt}_{name}")).unwrap();
        tensor.data().chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect()
    };
    (ids("input_ids"), ids("greedy_ids"))
}

#[test]
fn generate_continues_as_transformers_does() {
    let dir = model();
    let model = dir.path().display().to_string();
    for prompt in [0, 1] {
        let (ids, mut greedy) = golden(prompt);
        let asked = greedy.len().to_string();
        greedy.truncate(greedy.iter().position(|&t| t == END).unwrap_or(greedy.len()));
        let report = path(&dir, "report.json");
        let output = ascend(&["generate", "--model", &model, "--raw", "--max-tokens", &asked, "--json", &report, &characters(&ids)]);
        assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
        assert_eq!(text(&output.stdout), characters(&greedy) + "\n");
        assert!(text(&output.stderr).contains("tokens/s"), "{}", text(&output.stderr));
        let report = parsed(&fs::read(report).unwrap());
        assert_eq!(report["text"], characters(&greedy));
        assert_eq!((&report["prompt_tokens"], &report["answer_tokens"]), (&json!(ids.len()), &json!(greedy.len())));
        assert_eq!(report["prompt_ids"], json!(ids));
        assert!(report["prefill_us"].as_f64().unwrap() > 0. && report["device_peak_bytes"].as_u64().unwrap() > 100_000);
    }
}

#[test]
fn generate_stops_at_a_text_draws_by_seed_and_quantises() {
    let dir = model();
    let model = dir.path().display().to_string();
    let (ids, greedy) = golden(0);
    let prompt = characters(&ids);
    let run = |more: &[&str]| {
        let output =
            ascend(&[&["generate", "--model", &model, "--raw", "--max-tokens", "24", "--json", "-"], more, &[prompt.as_str()]].concat());
        assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
        parsed(&output.stdout)
    };
    let stop = characters(&greedy[4..6]);
    let stopped = run(&["--stop", &stop]);
    let before = characters(&greedy);
    assert_eq!(stopped["text"], before[..before.find(&stop).unwrap()]);
    assert_eq!(stopped["ending"], "stop_text");

    let draw = |seed: &str| run(&["--temperature", "2", "--seed", seed])["text"].clone();
    assert_eq!(draw("1"), draw("1"));
    assert_ne!(draw("1"), draw("2"));
    let plain = run(&[])["device_peak_bytes"].as_u64().unwrap();
    for how in ["w8a8", "w4a16"] {
        let quantised = run(&["--quantize", how]);
        assert!(quantised["answer_tokens"].as_u64().unwrap() > 0);
        assert_ne!(quantised["device_peak_bytes"].as_u64().unwrap(), plain);
    }
}

#[test]
fn generate_applies_the_chat_template_and_says_when_there_is_none() {
    let dir = model();
    let model = dir.path().display().to_string();
    let output = ascend(&["generate", "--model", &model, "\u{103}"]);
    assert_eq!(code(&output), Some(2));
    assert!(text(&output.stderr).contains("no chat template; say --raw"), "{}", text(&output.stderr));

    let template = "{% for m in messages %}{{ m.content }}\u{1ff}{% endfor %}";
    fs::write(dir.path().join("chat_template.jinja"), template).unwrap();
    let output = ascend(&["generate", "--model", &model, "--system", "\u{110}", "--max-tokens", "1", "--json", "-", "\u{120}\u{121}"]);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    assert_eq!(parsed(&output.stdout)["prompt_ids"], json!([0x10, 0xff, 0x20, 0x21, 0xff]));
}

#[test]
fn generate_refuses_what_cannot_be_answered() {
    let dir = model();
    let model = dir.path().display().to_string();
    let too_long = "\u{105}".repeat(257);
    for (args, reason) in [
        (&["--raw", ""][..], "empty prompt"),
        (&["--raw", too_long.as_str()], "context is 256 tokens"),
        (&["--raw", "--temperature=-1", "\u{105}"], "temperature"),
        (&["--raw", "--quantize", "w1a1", "\u{105}"], "w8a8 or w4a16"),
        (&["--raw", "--device", "gpu", "\u{105}"], "gpu"),
    ] {
        let output = ascend(&[&["generate", "--model", &model], args].concat());
        assert_eq!(code(&output), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(reason), "{reason}: {}", text(&output.stderr));
    }
    fs::remove_file(dir.path().join("tokenizer.json")).unwrap();
    let output = ascend(&["generate", "--model", &model, "--raw", "\u{105}"]);
    assert_eq!(code(&output), Some(2));
    assert!(text(&output.stderr).contains("tokenizer.json"), "{}", text(&output.stderr));
}

#[test]
fn shadowed_generation_compares_every_op() {
    let dir = model();
    let model = dir.path().display().to_string();
    let output = ascend(&["generate", "--model", &model, "--raw", "--max-tokens", "2", "--shadow", "--json", "-", "\u{105}\u{106}"]);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    let shadow = &parsed(&output.stdout)["shadow"];
    for op in ["matmul", "moe_experts", "gating", "attention", "rope"] {
        assert!(shadow["ops"][op]["compared"].as_u64().unwrap() > 0, "{op}: {shadow}");
    }
    assert_eq!(shadow["faults"], json!([]));
}

#[test]
fn perplexity_is_that_of_the_golden_logits() {
    let dir = model();
    let (ids, _) = golden(0);
    let file = path(&dir, "text.txt");
    fs::write(&file, characters(&ids)).unwrap();
    let bytes = fs::read(Path::new(GOLDEN).join("goldens.safetensors")).unwrap();
    let logits = SafeTensors::deserialize(&bytes).unwrap();
    let logits = logits.tensor("prompt0_logits_f64").unwrap();
    let logits: Vec<f64> = logits.data().chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect();
    let nll = |row: &[f64], token: u32| row.iter().map(|x| x.exp()).sum::<f64>().ln() - row[token as usize];
    let want = logits.chunks_exact(256).zip(&ids[1..]).map(|(row, &next)| nll(row, next)).sum::<f64>() / (ids.len() - 1) as f64;

    let output = ascend(&["perplexity", "--model", &dir.path().display().to_string(), "--file", &file, "--json", "-"]);
    assert_eq!(code(&output), Some(0), "{}", text(&output.stderr));
    let report = parsed(&output.stdout);
    assert_eq!(report["tokens"], ids.len() - 1);
    let got = report["mean_nll"].as_f64().unwrap();
    assert!((got - want).abs() < 1e-4 && want > 1., "{got}, {want}");
    assert!((report["perplexity"].as_f64().unwrap() - got.exp()).abs() < 1e-9);
}

/// The kernel ends the process at the first attempt to make a socket.
#[cfg(target_os = "linux")]
mod sockets {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    use std::process::Command;

    use super::*;

    /// A child that may not make sockets.
    fn without_sockets(command: &mut Command) -> &mut Command {
        let stmt = |code: u32, k: u32| libc::sock_filter { code: code as u16, jt: 0, jf: 0, k };
        let filter = [
            // The number of the system call is the first word.
            stmt(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
            libc::sock_filter { jf: 1, ..stmt(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, libc::SYS_socket as u32) },
            stmt(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_KILL_PROCESS),
            stmt(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW),
        ];
        let install = move || {
            let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_ptr().cast_mut() };
            // SAFETY: plain system calls, which are allowed between fork and exec; the kernel copies the filter, which lives until they return.
            let failed = unsafe {
                libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
                    || libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) != 0
            };
            if failed { Err(std::io::Error::last_os_error()) } else { Ok(()) }
        };
        // SAFETY: `install` neither allocates nor takes locks.
        unsafe { command.pre_exec(install) }
    }

    #[test]
    fn generate_opens_none() {
        let dir = model();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ascend"));
        command.args(["generate", "--raw", "--max-tokens", "3", "--model"]).arg(dir.path()).arg("\u{105}");
        let output = without_sockets(&mut command).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{:?}: {}", output.status, text(&output.stderr));
        assert!(!output.stdout.is_empty());
    }

    #[test]
    fn the_ban_ends_who_opens_one() {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "generate::sockets::opens_one"]);
        assert_eq!(command.status().unwrap().code(), Some(0), "without the ban it may");
        assert_eq!(without_sockets(&mut command).output().unwrap().status.signal(), Some(libc::SIGSYS));
    }

    #[test]
    #[ignore = "run by the test above, in a process of its own"]
    fn opens_one() {
        std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    }
}

#[test]
fn routes_of_an_answer_are_a_workload_of_profile() {
    let dir = model();
    let [model, routes, report] = ["", "routes.jsonl", "report.json"].map(|name| path(&dir, name));
    let (ids, _) = golden(0);
    let done = ascend(&["generate", "--model", &model, "--raw", "--max-tokens", "3", "--routes", &routes, &characters(&ids)]);
    assert_eq!(code(&done), Some(0), "{}", text(&done.stderr));
    let lines: Vec<_> = fs::read_to_string(&routes).unwrap().lines().map(|line| parsed(line.as_bytes())).collect();
    let tokens: usize = lines.iter().map(|line| line["topk_ids"].as_array().unwrap().len()).sum();
    assert!(lines.len() > 1 && tokens > ids.len() && lines[0]["scope"].as_str().is_some_and(|scope| scope.contains("layer")), "{lines:?}");
    let config = path(&dir, "config.json");
    let args = ["profile", "moe", "--model", &config, "--routing", &routes, "--tokens", "8", "--repeats", "3", "--json", &report];
    let done = ascend(&args);
    assert_eq!(code(&done), Some(0), "{}", text(&done.stderr));
    let point = parsed(&fs::read(&report).unwrap())["points"][0].clone();
    assert_eq!(point["routing"], format!("trace of {tokens} tokens"));
    assert!(point["imbalance_cost"].is_f64(), "{point}");
}
