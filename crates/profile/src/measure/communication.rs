//! What ranks have to tell each other in a step: nothing here measures it, so that it is said, and modelled where the links are known.

use ascend_hal::DeviceInfo;

use super::Subject;
use super::subject::What;
use crate::plan::Npu;
use crate::report::Collective;

/// The collectives of a step of `tokens` tokens on `device`. Every rank is measured with all of the tokens, so what the ranks compute of them is summed: behind the
/// attention that shares out heads, and behind the experts.
///
/// Times are those of [`Fabric::all_reduce`](crate::plan::Fabric::all_reduce), within a server of the NPU that the device is or simulates.
pub(super) fn collectives(device: &DeviceInfo, subject: &Subject, tokens: usize) -> Vec<Collective> {
    let (model, slice, what) = (subject.model(), subject.slice(), subject.what());
    let whole = what == What::Model;
    let fabric = Npu::of(device).ok().map(|npu| npu.fabric);
    let bytes = 2.0 * (tokens * model.hidden) as f64;
    let sum = |after: &str, ranks: usize, layers: usize| {
        let seconds = fabric.filter(|fabric| ranks <= fabric.node_dies).map(|fabric| fabric.all_reduce(ranks, bytes));
        let modelled_us = seconds.map(|seconds| 1e6 * seconds);
        Collective { name: format!("all-reduce after {after}"), times: if whole { layers } else { 1 }, ranks, bytes, modelled_us }
    };
    let attention = what.has_attention().then(|| sum("attention", slice.tp, model.layers));
    let experts = what.has_experts().then(|| sum("experts", slice.ep * slice.tp, model.moe_layers()));
    attention.into_iter().chain(experts).filter(|c| c.ranks > 1).collect()
}
