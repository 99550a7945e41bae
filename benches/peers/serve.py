"""Times other CPU implementations of the expert layer, one call at a time, as `ascend bench peers` asks for them.

First a line with a JSON object: the peers and how their weights are stored, and what cannot be had and why. Then, for each line `PEER VARIANT` on standard input, a
line with the seconds that the call took. Weights are random; routing has `VARIANT` of 4, so that a cache does not hold all experts.
"""
import argparse
import ctypes
import importlib.util
import json
import os
import sys
import time

VARIANTS = 4


def answer(line):
    # Libraries print to standard output too; answers are marked.
    print(f"peers: {line}", flush=True)


try:
    import numpy as np
    import torch
    import torch.nn.functional as F
except (ImportError, OSError) as e:
    answer(json.dumps({"peers": {}, "missing": {getattr(e, "name", None) or "an import": str(e)}}))
    sys.exit(1)

BF16 = torch.bfloat16


def main():
    ap = argparse.ArgumentParser()
    for size in ["experts", "top-k", "hidden", "inner", "tokens", "threads"]:
        ap.add_argument(f"--{size}", type=int, required=True)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch.set_grad_enabled(False)
    peers, missing = build(a.experts, a.top_k, a.hidden, a.inner, a.tokens)
    answer(json.dumps({"peers": {name: dtype for name, (dtype, _) in peers.items()}, "missing": missing}))
    for line in sys.stdin:
        name, variant = line.split()
        call = peers[name][1]
        start = time.perf_counter()
        call(int(variant) % VARIANTS)
        answer(repr(time.perf_counter() - start))


def build(E, K, H, I, T):
    rng = np.random.default_rng(1234 + T + E)
    route = np.stack([rng.permutation(E)[:K] for _ in range(T)])
    ids = [torch.from_numpy(((route + v * 8) % E).astype(np.int32)) for v in range(VARIANTS)]
    w13 = torch.empty(E, 2 * I, H, dtype=BF16).uniform_(-0.03, 0.03)
    w2 = torch.empty(E, H, I, dtype=BF16).uniform_(-0.03, 0.03)
    x, out = torch.randn(T, H).to(BF16), torch.empty(T, H, dtype=BF16)
    weight = torch.rand(T, K)
    peers, missing = {}, {}
    for add in [zentorch, vllm, torch_grouped]:
        try:
            peers.update(add(E, H, I, w13, w2, x, out, weight, ids))
            for _, call in peers.values():
                call(0)
        except Exception as e:  # whatever a peer cannot do here is said, and the others run
            missing[add.__name__] = f"{type(e).__name__}: {e}".splitlines()[0]
    return peers, missing


def zentorch(E, H, I, w13, w2, x, out, weight, ids):
    import zentorch  # noqa: F401  registers torch.ops.zentorch

    moe = torch.ops.zentorch.zentorch_fused_moe
    return {"zentorch": ("bf16", lambda v: moe(out, x, w13, w2, None, None, weight, ids[v], False, "silu"))}


def vllm(E, H, I, w13, w2, x, out, weight, ids):
    """vLLM's own kernels, and SGLang's, which its wheel has too."""
    found = importlib.util.find_spec("vllm")
    if found is None:
        raise ImportError("No module named 'vllm'")
    where = found.submodule_search_locations[0]
    torch.ops.load_library(os.path.join(where, "_C.abi3.so"))
    C = torch.ops._C

    def own(isa):
        v13, v2 = torch.empty_like(w13), torch.empty_like(w2)
        C.prepack_moe_weight(w13, v13, isa)
        C.prepack_moe_weight(w2, v2, isa)
        return ("bf16", lambda v: C.cpu_fused_moe(out, x, v13, v2, None, None, weight, ids[v], False, "silu", isa))

    kernels = {"vllm": own("vec")}
    if matrix_unit():
        kernels["vllm_amx"] = own("amx")
    p13, p2 = C.convert_weight_packed(w13), C.convert_weight_packed(w2)
    s13, s2 = torch.full((E, 2 * I), 0.03 / 127), torch.full((E, H), 0.03 / 127)
    q13 = C.convert_weight_packed(torch.randint(-127, 127, (E, 2 * I, H), dtype=torch.int8))
    q2 = C.convert_weight_packed(torch.randint(-127, 127, (E, H, I), dtype=torch.int8))
    none8 = [None] * 8
    return kernels | {
        "sglang": ("bf16", lambda v: C.fused_experts_cpu(out, x, p13, p2, weight, ids[v], 0, None, None, *none8, True)),
        "sglang_int8": ("int8", lambda v: C.fused_experts_cpu(out, x, q13, q2, weight, ids[v], 1, s13, s2, *none8, True)),
    }


def matrix_unit():
    """Whether there is AMX; the system is asked to let this process use it, which vLLM's kernels do not do themselves."""
    try:
        flags = open("/proc/cpuinfo").read().split()
        permitted = ctypes.CDLL(None).syscall(158, 0x1023, 18) == 0  # arch_prctl(ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA)
    except OSError:
        return False
    return {"amx_tile", "amx_bf16"} <= set(flags) and permitted


def torch_grouped(E, H, I, w13, w2, x, out, weight, ids):
    T, K = weight.shape
    sorted_ = []
    for v in ids:
        flat = v.numpy().reshape(-1)
        order = np.argsort(flat, kind="stable")
        ends = np.cumsum(np.bincount(flat, minlength=E))
        sorted_.append((torch.from_numpy(order // K), torch.from_numpy(order), torch.from_numpy(ends).to(torch.int32)))
    weight_bf16 = weight.to(BF16)

    def call(v):
        token, order, ends = sorted_[v]
        h = torch._grouped_mm(x[token], w13.transpose(-2, -1), ends)
        y = torch._grouped_mm(F.silu(h[:, :I]) * h[:, I:], w2.transpose(-2, -1), ends)
        y.mul_(weight_bf16.reshape(-1)[order].unsqueeze(1))
        return torch.zeros(T, H, dtype=BF16).index_add_(0, token, y)

    return {"torch_grouped_mm": ("bf16", call)}


if __name__ == "__main__":
    main()
