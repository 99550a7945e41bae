"""Checks `ascend` against llama.cpp on one real model file. Run by tests/real_model.sh."""

import argparse
import json
import math
import statistics
import subprocess
import sys
import time

import llama_cpp
import numpy as np

# Question, and what the answer must hold.
FACTS = [
    ("What is the capital of France?", "Paris"),
    ("What is the capital of Japan?", "Tokyo"),
    ("What is 2+2?", "4"),
    ("What is the largest ocean on Earth?", "Pacific"),
    ("What is the chemical formula of water?", "H2O"),
    ("At what temperature in degrees Celsius does water boil?", "100"),
    ("What is the opposite of up?", "down"),
]

# What tokenizers disagree on: spaces, digits, contractions, scripts, marks inside of text, line ends.
TEXTS = [
    "Hello, world! It's 12345.67 o'clock; they'll've gone.",
    "  two spaces,\ttabs\t\tand\n\nblank lines \n  \n end  ",
    "naïve café, Straße, Ελληνικά, Привет, 你好世界, こんにちは, 🙂🙃 e\u0301",
    "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    "def f(x):\n    return x**2  # CamelCase snake_case HTTP2\r\n",
    "١٢٣ ½ ² x\u00a0y\u200bz",
]

WINDOW = 512
ROUNDS = 5
PREFILL_TOKENS = 512
DECODE_TOKENS = 64
# How our side holds the model; with `--stored` in the codes of the file.
FORMS = [("--dtype", "f32"), ("--dtype", "bf16"), ("--dtype", "f32", "--stored"), ("--dtype", "bf16", "--stored")]
failures = []


def check(name, fine, detail):
    print(f"{'ok    ' if fine else 'FAILED'} {name}: {detail}", flush=True)
    if not fine:
        failures.append(name)


def ascend(args, command, *words):
    done = subprocess.run([args.ascend, command, "--model", args.model, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"ascend {command} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def answer(args, prompt, *words):
    return json.loads(ascend(args, "generate", "--json", "-", *words, "--", prompt))


def negative_log_probabilities(logits, ids):
    logits = logits.astype(np.float64)
    top = logits.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0]
    return log_sum - logits[np.arange(len(ids)), ids]


def llama_perplexity(llama, ids):
    """Token by token: on some machines the batched kernels of this release give other logits for this file than its own single-token ones."""
    total, count = 0.0, 0
    for start in range(0, len(ids), WINDOW):
        window = ids[start : start + WINDOW]
        if len(window) < 2:
            continue
        llama.reset()
        for token in window:
            llama.eval([token])
        total += negative_log_probabilities(llama.scores[: len(window) - 1], window[1:]).sum()
        count += len(window) - 1
    return math.exp(total / count), count


def llama_speed(llama, ids):
    """Tokens a second of prefill and of greedy decoding; the choice of each token is part of decoding, as it is in `ascend`."""

    def best():
        return int(np.argmax(np.ctypeslib.as_array(llama._ctx.get_logits(), shape=(llama.n_vocab(),))))

    llama.reset()
    started = time.perf_counter()
    llama.eval(ids)
    token = best()
    first = time.perf_counter()
    for _ in range(DECODE_TOKENS - 1):
        llama.eval([token])
        token = best()
    ended = time.perf_counter()
    return len(ids) / (first - started), (DECODE_TOKENS - 1) / (ended - first)


def main():
    parser = argparse.ArgumentParser()
    for option in ("model", "ascend", "split-experts", "text"):
        parser.add_argument(f"--{option}", required=True)
    args = parser.parse_args()
    text = open(args.text, encoding="utf-8").read()
    # As many as ours, which takes all cores.
    doctor = subprocess.run([args.ascend, "doctor", "--json"], capture_output=True, text=True, check=True)
    threads = json.loads(doctor.stdout)["cpu"]["threads"]

    for question, fact in FACTS:
        said = answer(args, question, "--max-tokens", "48")["text"]
        check(f"fact {fact}", fact.lower() in said.lower(), repr(said))

    llama = llama_cpp.Llama(
        args.model, n_ctx=1024, n_batch=512, n_threads=threads, n_threads_batch=threads, logits_all=True, verbose=False
    )
    for sample in TEXTS:
        want = llama.tokenize(sample.encode(), add_bos=False, special=True)
        got = answer(args, sample, "--raw", "--max-tokens", "0")["prompt_ids"]
        check("tokens", got == want, f"{len(want)} tokens of {sample!r}" if got == want else f"{sample!r}: {got} instead of {want}")

    ids = llama.tokenize(text.encode(), add_bos=False, special=True)
    theirs, count = llama_perplexity(llama, ids)
    for form in FORMS:
        ours = json.loads(ascend(args, "perplexity", "--file", args.text, "--window", str(WINDOW), *form, "--json", "-"))
        off = ours["perplexity"] / theirs - 1
        check(
            f"perplexity {' '.join(form[1:])}",
            ours["tokens"] == count and abs(off) < 0.01,
            f"{ours['perplexity']:.4f}, llama.cpp {theirs:.4f} ({off:+.3%}) over {count} tokens",
        )
    del llama

    done = subprocess.run([args.split_experts, args.model, args.text], capture_output=True, text=True, check=False)
    check("mixture of experts", done.returncode == 0, (done.stdout + done.stderr).strip())

    # Speed: recorded, not judged. Alternating, so that both see the same machine.
    llama = llama_cpp.Llama(args.model, n_ctx=1024, n_batch=512, n_threads=threads, n_threads_batch=threads, verbose=False)
    prompt = llama.detokenize(ids[:PREFILL_TOKENS]).decode(errors="ignore")
    ids = llama.tokenize(prompt.encode(), add_bos=False, special=True)
    for form in FORMS:
        rows = []
        for _ in range(ROUNDS):
            # No end mark may cut the answer short: the continuation of a prose text runs on.
            said = answer(args, prompt, "--raw", "--max-tokens", str(DECODE_TOKENS), *form)
            rows.append((said["prefill_tokens_per_s"], said["decode_tokens_per_s"], *llama_speed(llama, ids)))
        for at, what in ((0, f"prefill {len(ids)}"), (1, f"decode {DECODE_TOKENS}")):
            ours, theirs = ([row[i] for row in rows] for i in (at, at + 2))
            ratio = statistics.median(o / t for o, t in zip(ours, theirs))
            print(
                f"speed  {what} {' '.join(form[1:])}: {statistics.median(ours):.1f} tokens/s, llama.cpp {statistics.median(theirs):.1f}, "
                f"ratio {ratio:.2f} (medians of {ROUNDS} pairs, {threads} threads)"
            )

    print(f"real model: {len(failures)} failed" if failures else "real model: all passed")
    sys.exit(bool(failures))


main()
