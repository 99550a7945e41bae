#!/usr/bin/env bash
# PyTorch's adapter for Ascend NPUs on the simulated CANN: torch_npu, as PyPI has it, computes on `npu:0` what torch computes on the host.
#
#   tests/torch_npu.sh [--install] [FOLDER]      FOLDER has the virtual environment (default: target/torch_npu); with --install it is made where it is not there
#
# Making it takes python3 with venv and pip, and the network for some 3.5 GB (PyPI's torch for x86-64 brings CUDA's libraries along) that take 8 GB of disk. Where something is
# missing it leaves itself out and says why; a check that fails ends it with 1.
set -euo pipefail
install=
if [ "${1:-}" = --install ]; then
    install=yes
    shift
fi
folder=$(realpath -m "${1:-$(dirname "$0")/../target/torch_npu}")
cd "$(dirname "$0")/.."
version=2.9.0
leave_out() {
    echo "torch_npu left out: $1"
    exit 0
}

python=$folder/bin/python
installed() {
    "$python" -c 'import importlib.metadata as m; print(m.version("torch_npu"), m.version("torch"))' 2>/dev/null
}
if ! installed | grep -q "^$version"; then
    [ -n "$install" ] || leave_out "there is no virtual environment with torch and torch_npu $version in $folder; --install makes one (3.5 GB to fetch)"
    command -v python3 >/dev/null || leave_out "there is no python3"
    mkdir -p "$folder"
    free=$(df --output=avail -BG "$folder" | tail -n1 | tr -dc 0-9)
    [ "$free" -ge 14 ] || leave_out "its virtual environment needs 14 GB while it is made, $free are free in $folder"
    python3 -m venv "$folder" >"$folder/venv.log" 2>&1 || leave_out "python3 cannot make a virtual environment ($(tail -n1 "$folder/venv.log"))"
    echo "torch_npu: fetching torch and torch_npu $version (some minutes)"
    pip=("$folder/bin/pip" --disable-pip-version-check install --quiet --no-compile)
    # torch_npu asks for the CPU build of torch, which PyPI does not have for x86-64; the other one does as well.
    { "${pip[@]}" "torch==$version" numpy pyyaml && "${pip[@]}" --no-deps "torch_npu==$version"; } >"$folder/pip.log" 2>&1 ||
        leave_out "torch and torch_npu cannot be installed ($(tail -n1 "$folder/pip.log"))"
fi

cargo build --release --bin ascend
cargo build --release -p ascend-sim-so
# torch keeps memory and a stream for the next use and does not return them when it ends: only the cases count here, not what is left alive.
timeout 600 target/release/ascend sim run -- "$python" tests/torch_npu/check.py 2>"$folder/sim.log" || {
    code=$?
    tail -n 60 "$folder/sim.log"
    exit "$code"
}
