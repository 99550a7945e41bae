"""torch_npu on a simulated NPU: what it computes there against what torch computes on the host.

Run by `ascend sim run -- python check.py`. Ends with 1 when a case is wrong or cannot run.
"""

import sys

import torch
import torch.nn.functional as F
import torch_npu

CASES = []
torch.manual_seed(0)

# Largest errors: exact; what f32 leaves; what one rounding to f16 or bf16 leaves, of values below 8.
EXACT, SINGLE, HALF = 0.0, 1e-4, 0.06


def case(tolerance):
    """A function that gives pairs: what the NPU has, what is right."""

    def register(function):
        CASES.append((function, tolerance))
        return function

    return register


def npu(*tensors):
    moved = [tensor.npu() for tensor in tensors]
    return moved if len(moved) > 1 else moved[0]


def same(function, *tensors):
    """What a function gives on the NPU, and what it gives on the host."""
    return function(*[tensor.npu() for tensor in tensors]), function(*tensors)


x = torch.randn(8, 16)
y = torch.randn(16, 32)
half = x.bfloat16()
rows = torch.tensor([5, 1, 1])


@case(EXACT)
def copies_and_views():
    there = x.npu()
    assert there.device == torch.device("npu:0") and torch.npu.device_count() == 8
    yield there, x
    yield there.t().contiguous(), x.t().contiguous()
    yield there.view(2, 4, 16).permute(1, 0, 2).contiguous(), x.view(2, 4, 16).permute(1, 0, 2).contiguous()
    yield there[:1].expand(3, 16).contiguous(), x[:1].expand(3, 16).contiguous()
    yield x.pin_memory().to("npu", non_blocking=True), x
    yield there.to("npu:1") + 0, x
    yield there.to(torch.bfloat16), half
    yield (there * 10).to(torch.int32), (x * 10).to(torch.int32)


@case(SINGLE)
def arithmetic():
    yield same(lambda a: (a + a * 2.5 - 1) / 3, x)
    yield same(lambda a: a.pow(2) + a.exp() + a.cos() + torch.rsqrt(a.abs() + 1), x)
    yield same(lambda a: torch.where(a > 0, a, -a).clamp(-1, 1), x)
    yield same(lambda a: a.masked_fill(torch.logical_and(a > 0, a < 1), 7.0), x)
    yield same(lambda a: torch.logical_and(a > 0, a < 1), x)
    yield same(lambda a: torch.sigmoid(a) + F.silu(a), x)


@case(SINGLE)
def products():
    yield same(torch.matmul, x, y)
    yield same(lambda a, b: torch.bmm(a[None], b[None]), x, y)
    yield same(lambda a, b: F.linear(a, b.t().contiguous(), b[0, :1].expand(32).contiguous()), x, y)


@case(HALF)
def products_of_halves():
    yield torch.mm(*npu(half, y.bfloat16())) / 8, torch.mm(half.float(), y.bfloat16().float()) / 8


@case(SINGLE)
def reductions_and_norms():
    yield same(lambda a: a.sum(-1), x)
    yield same(lambda a: a.mean(-1, keepdim=True), x)
    yield same(lambda a: a.cumsum(1), x)
    yield same(lambda a: a.amax(-1), x)
    yield same(lambda a: torch.softmax(a, -1), x)
    yield same(lambda a: F.layer_norm(a, (16,)), x)


@case(EXACT)
def choice_and_order():
    yield same(lambda a: a.argmax(-1), x)
    yield same(lambda a: a.topk(4, -1)[0], x)
    yield same(lambda a: a.topk(4, -1)[1], x)
    yield same(lambda a: a.sort(-1)[0], x)
    yield same(lambda ids: torch.bincount(ids, minlength=8), rows)
    yield same(torch.nonzero, torch.tensor([0, 1, 2]))


@case(EXACT)
def indices():
    yield same(lambda a, i: a.index_select(0, i), x, rows)
    yield same(lambda a, i: a[i], x, rows)
    yield same(lambda a, i: F.embedding(i, a), x, rows)
    yield same(lambda a, i: torch.gather(a, 1, i[:, None]), x[:3], rows)
    yield same(lambda a, i: a.clone().index_put_((i[:2],), a[:2] * 0), x, rows)
    yield same(lambda a, i: (a[0] * 0).scatter_add(0, i, a[1, :3] * 0 + 1), x, rows)
    yield same(lambda a, i: (a[0] * 0).scatter(0, i[:2], 3.0), x, rows)
    yield same(lambda a: torch.cat([a, a], 1), x)
    yield same(lambda a: torch.stack([a, a], 1), x)
    yield same(lambda a: a.repeat_interleave(2, 0), x)
    yield same(torch.triu, x)


@case(EXACT)
def made_on_the_device():
    yield torch.arange(10, device="npu"), torch.arange(10)
    yield torch.full((3,), 7.0, device="npu"), torch.full((3,), 7.0)
    mean = torch.randn(10_000, device="npu").mean().item()
    assert abs(mean) < 0.05, mean
    yield torch.randperm(20, device="npu").sort()[0], torch.arange(20)


@case(EXACT)
def truth_values_and_bits():
    yield same(lambda a: (a > 0) & (a < 1), x)
    yield same(lambda a: (a > 1) | (a <= -1), x)
    yield same(lambda a: (a > 0) ^ ~(a >= 1), x)
    yield same(lambda a, b: (a < b) | (a == b), x, x.flip(0))
    yield same(lambda a, b: (a > b) & (a >= b) & (a != b), x, x.flip(0))
    yield same(lambda a, b: a <= b, x, x.flip(0))
    yield same(lambda i: (i & 3) | (i ^ 12), rows)
    yield same(lambda i, j: i & j, rows, rows.flip(0))
    truths = x > 0
    yield same(lambda m: m & True, truths)
    yield same(lambda m: (m.any(-1), m.all(0))[0], truths)
    yield same(lambda m: m.all(0), truths)
    odd = torch.tensor([1.0, float("inf"), -float("inf"), float("nan"), 0.0])
    yield same(torch.isfinite, odd)
    yield same(torch.isinf, odd)
    yield same(torch.isnan, odd)
    yield same(lambda a, m: a.masked_fill(m, -1.0), x, truths)
    yield same(lambda a, m: a.masked_fill(m, torch.tensor(2.0, device=a.device)), x, truths)
    yield same(lambda a, m: torch.where(m, a, a * 2), x, truths)
    yield same(lambda a, m: torch.where(m, a, 0.5), x, truths)


@case(SINGLE)
def reductions_over_dimensions():
    cube = torch.randn(3, 4, 5)
    yield same(lambda a: a.sum((0, 2)), cube)
    yield same(lambda a: a.sum(), cube)
    yield same(lambda a: a.mean((1, 2), keepdim=True), cube)
    yield same(lambda a: a.mean(0), cube)
    yield same(lambda a: a.max(), cube)
    yield same(lambda a: a.min(), cube)
    yield same(lambda a: a.amax((0, 1)), cube)
    yield same(lambda a: a.amin((0, 2), keepdim=True), cube)
    for dim in (0, 1, -1):
        for part in (0, 1):
            yield same(lambda a: a.max(dim)[part], cube)
            yield same(lambda a: a.min(dim, keepdim=True)[part], cube)
    yield same(lambda i: i.sum(), rows)
    yield same(lambda a: (a > 0).sum(-1), cube)


@case(EXACT)
def printing():
    """A tensor prints as it does on the host, but for where it is."""
    for tensor in (x, half, rows, x > 0, x[0, 0], torch.zeros(2, 0), torch.tensor([1.5, float("nan"), 1e9])):
        found, right = "".join(str(tensor.npu()).split()), "".join(str(tensor).split())
        assert found.replace(",device='npu:0'", "") == right, f"{found} for {right}"
    yield npu(x), x


@case(HALF)
def fused_operators():
    root = half.float() * torch.rsqrt(half.float().pow(2).mean(-1, keepdim=True) + 1e-6)
    yield torch_npu.npu_rms_norm(*npu(half, torch.ones(16).bfloat16()))[0], root
    yield torch_npu.npu_swiglu(npu(half)), F.silu(half[:, :8].float()) * half[:, 8:].float()
    codes, scales = torch_npu.npu_dynamic_quant(npu(half))
    yield codes.cpu().float() * scales.cpu()[:, None], half
    q = torch.randn(1, 4, 8, 32).half()
    right = F.scaled_dot_product_attention(q.float(), q.float(), q.float())
    yield F.scaled_dot_product_attention(*npu(q, q, q)), right
    yield torch_npu.npu_fused_infer_attention_score(*npu(q, q, q), num_heads=4, scale=32**-0.5, input_layout="BNSD")[0], right
    turned = torch.randn(1, 4, 2, 64).bfloat16()
    cos, sin = torch.randn(1, 4, 1, 64).bfloat16(), torch.randn(1, 4, 1, 64).bfloat16()
    back = torch.cat([-turned[..., 32:], turned[..., :32]], -1)
    yield torch_npu.npu_rotary_mul(*npu(turned, cos, sin)), turned.float() * cos.float() + back.float() * sin.float()


@case(HALF)
def mixture_of_experts():
    """The layer of inference engines: choice, rows by expert, grouped products, and back."""
    tokens, experts, k, hidden, inner = 12, 4, 2, 32, 16
    a = torch.randn(tokens, hidden).bfloat16()
    logits = torch.randn(tokens, experts)
    up = (torch.randn(experts, hidden, 2 * inner) / 8).bfloat16()
    down = (torch.randn(experts, inner, hidden) / 8).bfloat16()
    weights, ids, _ = torch_npu.npu_moe_gating_top_k_softmax(npu(logits), k=k)
    yield weights, torch.softmax(logits, -1).topk(k)[0]
    routed, places, counts, _ = torch_npu.npu_moe_init_routing_v2(
        npu(a), ids, active_num=tokens * k, expert_num=experts, expert_tokens_num_type=1, expert_tokens_num_flag=True,
        active_expert_range=[0, experts], quant_mode=-1, row_idx_type=0)
    grouped = lambda rows, matrices: torch_npu.npu_grouped_matmul(
        [rows], [npu(matrices)], group_list=counts, split_item=3, group_type=0, group_list_type=1)[0]
    out = grouped(torch_npu.npu_swiglu(grouped(routed, up)), down)
    mixed = (out.float()[places.long()].view(tokens, k, hidden) * weights[..., None]).sum(1)
    scores, chosen = torch.softmax(logits, -1).topk(k)
    right = torch.zeros(tokens, hidden)
    for token in range(tokens):
        for score, expert in zip(scores[token], chosen[token]):
            gate, value = (a[token].float() @ up[expert].float()).chunk(2)
            right[token] += score * ((F.silu(gate) * value) @ down[expert].float())
    yield mixed, right


@case(HALF)
def rows_to_experts_and_back():
    tokens, k = torch.randn(6, 8).bfloat16(), 2
    ids = torch.tensor([[0, 2], [1, 0], [2, 1], [0, 1], [2, 0], [1, 2]], dtype=torch.int32)
    probs = torch.rand(6, k).bfloat16()
    moved, places = torch_npu.npu_moe_token_permute(*npu(tokens, ids))
    order = torch.argsort(ids.flatten(), stable=True)
    yield moved, tokens[order // k]
    mixed = tokens.float() * probs.float().sum(-1, keepdim=True)
    yield torch_npu.npu_moe_token_unpermute(moved, places, npu(probs)), mixed
    yield torch_npu.npu_moe_token_unpermute(moved, places, npu(probs), padded_mode=False, restore_shape=tokens.shape), mixed


@case(SINGLE)
def training():
    def step(device):
        torch.manual_seed(1)
        net = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.SiLU(), torch.nn.Linear(32, 4)).to(device)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            net(x.to(device)).pow(2).mean().backward()
            optimizer.step()
        return net[0].weight.detach()

    yield step("npu"), step("cpu")


@case(SINGLE)
def streams_events_and_graphs():
    stream = torch.npu.Stream()
    first, last = torch.npu.Event(enable_timing=True), torch.npu.Event(enable_timing=True)
    a, b = npu(x, y)
    torch.npu.synchronize()
    with torch.npu.stream(stream):
        first.record()
        product = a @ b
        last.record()
    stream.synchronize()
    assert first.elapsed_time(last) >= 0
    yield product, x @ y
    ones = torch.ones(4).npu()
    graph = torch.npu.NPUGraph()
    with torch.npu.graph(graph):
        doubled = ones + ones
    ones.fill_(3)
    graph.replay()
    torch.npu.synchronize()
    yield doubled, torch.full((4,), 6.0)


def main():
    failed = 0
    for function, tolerance in CASES:
        name = function.__name__.replace("_", " ")
        count, worst = 0, 0.0
        try:
            for found, right in function():
                found = found.cpu()
                assert found.shape == right.shape, f"shape {tuple(found.shape)}, right is {tuple(right.shape)}"
                error = (found.double() - right.double()).abs().max().item()
                # NaN is above nothing.
                assert error <= tolerance, f"result {count}: largest error {error:.2e}, {tolerance:.0e} allowed"
                count, worst = count + 1, max(worst, error)
            print(f"ok      {name}: {count} results, largest error {worst:.1e}", flush=True)
        except Exception as error:  # whatever stops a case is a failure of it
            failed += 1
            print(f"FAILED  {name}, result {count}: {error}", flush=True)
    print(f"torch_npu {torch_npu.__version__}: {len(CASES) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
