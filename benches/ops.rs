//! The cases of `ascend bench` under criterion: `cargo bench -- moe/a/bf16` for some of them, all without a filter, which takes an hour. Each case is checked against f64
//! arithmetic before it is timed. And what a call costs that has almost no work.

#![allow(missing_docs, reason = "what criterion_group! makes is public and has no documentation")]

use std::hint::black_box;
use std::time::Duration;

use ascend_bench::{Case, Options, What, visit};
use ascend_compute::ops::Softmax;
use ascend_compute::{Choice, DType, Device, DeviceExt, Error, OpCall, Result, Stream, bf16};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Cases with the same storages and numbers of tokens.
struct Family {
    what: What,
    name: &'static str,
    cases: &'static [&'static str],
    dtypes: &'static [&'static str],
    tokens: &'static [usize],
}

const ALL: &[&str] = &["bf16", "int8", "int4", "f32"];
const FAMILIES: [Family; 6] = [
    Family { what: What::Moe, name: "moe", cases: &["a", "b", "c"], dtypes: ALL, tokens: &[1, 16, 128, 1024] },
    Family {
        what: What::Gemm,
        name: "gemm",
        cases: &["7168x2048", "2048x7168", "4096x4096", "2048x1408"],
        dtypes: ALL,
        tokens: &[1, 64, 1024],
    },
    Family { what: What::Attention, name: "attention", cases: &["prefill", "decode"], dtypes: &["bf16", "f32"], tokens: &[1] },
    Family { what: What::Mla, name: "mla", cases: &["decode"], dtypes: &["bf16"], tokens: &[1] },
    Family { what: What::Routing, name: "routing", cases: &["softmax", "deepseek-v3"], dtypes: &["f32"], tokens: &[1, 4096] },
    Family {
        what: What::Vectors,
        name: "vectors",
        cases: &["rms_norm", "swiglu", "rope", "quantize", "cast_to_f32", "cast_to_bf16", "init_routing", "finalize_routing"],
        dtypes: &["bf16"],
        tokens: &[16, 4096],
    },
];

/// Times a call; several on different memory take turns.
fn time(c: &mut Criterion, name: &str, throughput: Option<Throughput>, device: &dyn Device, stream: &Stream, calls: &[OpCall]) {
    let (family, case) = name.split_once('/').unwrap_or((name, ""));
    let mut group = c.benchmark_group(family);
    if let Some(throughput) = throughput {
        group.throughput(throughput);
    }
    let mut next = calls.iter().cycle();
    group.bench_function(case, |b| {
        b.iter(|| {
            let done = next.next().map_or(Ok(()), |call| device.enqueue(stream, black_box(call.clone()), &Choice::Auto));
            if let Err(e) = done.and_then(|()| stream.synchronize()) {
                panic!("{e}");
            }
        });
    });
    group.finish();
}

/// The filter among the arguments, as criterion has it: cases take long to prepare, so those that it leaves out are not. What might be an option's value is no filter.
fn filter() -> Option<String> {
    let args: Vec<String> = std::env::args().collect();
    let is_value = |before: &String| before.starts_with("--") && before != "--bench";
    args.windows(2).find(|pair| !pair[1].starts_with('-') && !is_value(&pair[0])).map(|pair| pair[1].clone())
}

fn cases(c: &mut Criterion) -> Result<()> {
    let filter = filter();
    for Family { what, name, cases, dtypes, tokens } in FAMILIES {
        for (case, dtype, tokens) in
            cases.iter().flat_map(|case| dtypes.iter().flat_map(move |dtype| tokens.iter().map(move |t| (case, dtype, *t))))
        {
            let name = format!("{name}/{case}/{dtype}/{tokens}");
            if filter.as_ref().is_some_and(|filter| !name.contains(filter.as_str())) {
                continue;
            }
            let options =
                Options { cases: vec![(*case).into()], dtypes: vec![(*dtype).into()], tokens: vec![tokens], ..Options::default() };
            visit(what, &options, &mut |device, stream, case: &Case| {
                let throughput =
                    if case.flops > 0.0 { Throughput::Elements(case.flops as u64) } else { Throughput::Bytes(case.bytes as u64) };
                time(c, &name, Some(throughput), device, stream, &case.calls);
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// A call with almost no work: what checking, choosing a kernel and enqueuing cost.
fn dispatch(c: &mut Criterion) -> Result<()> {
    let device = ascend_compute::open("cpu")?;
    let stream = device.create_stream()?;
    let call = Softmax::new(device.upload(&[bf16::ONE], [1, 1])?, device.empty(DType::BF16, [1, 1])?);
    time(c, "dispatch/softmax", None, &*device, &stream, &[call.into()]);
    Ok(())
}

fn all(c: &mut Criterion) {
    if let Err::<(), Error>(e) = dispatch(c).and_then(|()| cases(c)) {
        panic!("{e}");
    }
}

criterion_group! {
    name = benches;
    // Quick by default; `cargo bench -- --measurement-time 10` for more.
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = all
}
criterion_main!(benches);
