//! The scheduler over a model whose answer is a hash of what the KV cache holds for each sequence, found through slots, tables and lengths: a key in the wrong place, a wrong table, position
//! or length gives other tokens than the same hash of the plain history.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ascend_compute::{Dims, TensorViewMut};

use super::*;
use crate::cache::CacheSpec;
use crate::models::Trace;
use crate::sampling::Sampling;
use crate::step::Step;

const VOCAB: usize = 97;
/// After this token all logits are NaN.
const POISON: u32 = 96;

fn mix(hash: u64, token: u64, position: u64) -> u64 {
    let x = (hash ^ token.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ position.rotate_left(32)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 29)
}

fn logits_of(history: impl Iterator<Item = (u64, u64)>) -> Vec<f32> {
    let (mut hash, mut last) = (1, 0);
    for (token, position) in history {
        (hash, last) = (mix(hash, token, position), token);
    }
    // Nobody answers with the poison.
    let logit = |v: u64| if v == u64::from(POISON) { -1. } else { (mix(hash, v, 0) >> 40) as f32 / 4e6 };
    (0..VOCAB as u64).map(|v| if last == u64::from(POISON) { f32::NAN } else { logit(v) }).collect()
}

/// The answer by the plain history: no cache, no batch.
fn solo(request: &Request) -> Vec<u32> {
    let (mut tokens, mut sampler) = (request.prompt.clone(), Sampler::default());
    for n in 0..request.max_tokens {
        let logits = logits_of(tokens.iter().enumerate().map(|(p, &t)| (u64::from(t), p as u64)));
        let token = sampler.choose(&logits, &request.sampling, n as u64).unwrap();
        if request.stop_tokens.contains(&token) {
            break;
        }
        tokens.push(token);
    }
    tokens.split_off(request.prompt.len())
}

/// Two "layers", whose keys are the token and whose values are the position.
#[derive(Debug)]
struct Hash {
    device: Arc<dyn Device>,
    context: usize,
    /// Logits of up to 64 rows.
    out: TensorViewMut,
    /// (tokens, sequences) of each pass.
    passes: Mutex<Vec<(usize, usize)>>,
    fails: AtomicBool,
}

impl Model for Hash {
    fn vocab(&self) -> usize {
        VOCAB
    }
    fn context_tokens(&self) -> usize {
        self.context
    }
    fn cache_spec(&self) -> CacheSpec {
        CacheSpec { layers: 2, k: vec![1], v: vec![1, 1], dtype: DType::F32 }
    }
    fn forward(&self, stream: &Stream, step: &Step, cache: &KvCache, _: Option<Trace<'_>>) -> Result<TensorView> {
        if self.fails.swap(false, Ordering::Relaxed) {
            return Err(Error::Logits { found: "the card is on fire".into() });
        }
        let ints = |view: &TensorView| self.device.download::<i32>(stream, view).unwrap();
        let (tokens, positions, slots) = (ints(&step.tokens), ints(&step.positions), ints(&step.slots));
        let (q_lens, kv_lens) = (ints(&step.q_lens.cumulative), ints(&step.kv_lens.cumulative));
        let (tables, width) = (ints(&step.tables), step.tables.dim(1));
        self.passes.lock().unwrap().push((tokens.len(), q_lens.len() - 1));
        for (k, v) in &cache.layers {
            for (i, &slot) in slots.iter().enumerate() {
                assert!(slot >= 0, "token {i} has no slot");
                let write = |to: &TensorView, x: i32| self.device.write(to.buffer(), slot as usize * 4, &(x as f32).to_le_bytes()).unwrap();
                write(k, tokens[i]);
                write(v, positions[i]);
            }
        }
        let layer = |at: usize| {
            let (k, v) = &cache.layers[at];
            (self.device.download::<f32>(stream, k).unwrap(), self.device.download::<f32>(stream, v).unwrap())
        };
        let (keys, values) = layer(0);
        assert_eq!((&keys, &values), (&layer(1).0, &layer(1).1));
        let rows = ints(&step.logit_rows);
        let mut out = Vec::new();
        for &row in &rows {
            let b = q_lens.windows(2).position(|q| (q[0]..q[1]).contains(&row)).unwrap();
            // Causal by lengths, as attention is: the row's place counted from the end of the sequence's keys.
            let seen = kv_lens[b + 1] - kv_lens[b] - (q_lens[b + 1] - row) + 1;
            out.extend(logits_of((0..seen as usize).map(|j| {
                let slot = tables[b * width + j / cache.page_tokens] as usize * cache.page_tokens + j % cache.page_tokens;
                (keys[slot] as u64, values[slot] as u64)
            })));
        }
        let bytes: Vec<u8> = out.iter().flat_map(|l| l.to_le_bytes()).collect();
        self.device.write(self.out.buffer(), 0, &bytes)?;
        Ok(self.out.narrow(0, 0, rows.len())?)
    }
}

fn scheduler(options: SchedulerOptions) -> (Scheduler, Arc<Hash>) {
    let device = ascend_compute::open("cpu").unwrap();
    let out = device.empty(DType::F32, Dims::from([256, VOCAB])).unwrap();
    let model = Arc::new(Hash { device: device.clone(), context: 200, out, passes: Mutex::default(), fails: AtomicBool::new(false) });
    (Scheduler::new(device, model.clone(), options).unwrap(), model)
}

fn options(pages: usize, page_tokens: usize) -> SchedulerOptions {
    SchedulerOptions { page_tokens, pages, max_sequences: 64, step_tokens: 64, ..SchedulerOptions::for_tokens(0) }
}

/// Pseudo-random tokens without the poison.
fn prompt(seed: u64, len: usize) -> Vec<u32> {
    (0..len as u64).map(|i| (mix(seed, i, 7) % 90) as u32).collect()
}

/// Requests of many lengths, half of them drawn with seeds of their own.
fn request(i: u64) -> Request {
    let sampling =
        if i.is_multiple_of(2) { Sampling::greedy() } else { Sampling { temperature: 0.7, top_k: 20, seed: i, ..Sampling::greedy() } };
    Request::new(prompt(i, 1 + (i as usize * 13) % 40), 1 + (i as usize * 7) % 23).with_sampling(sampling)
}

#[derive(Default)]
struct Heard {
    answers: BTreeMap<RequestId, Vec<u32>>,
    ends: HashMap<RequestId, Result<Finish>>,
}

impl Heard {
    fn hear(&mut self, event: Event<'_>) -> ControlFlow<()> {
        match event {
            Event::PromptLogits { .. } | Event::HiddenStates { .. } => {}
            Event::Token { request, token, logits } => {
                assert_eq!(logits.len(), VOCAB);
                assert!(!self.ends.contains_key(&request));
                self.answers.entry(request).or_default().push(token);
            }
            Event::Finished { request, reason } => assert!(self.ends.insert(request, Ok(reason)).is_none()),
            Event::Failed { request, error } => assert!(self.ends.insert(request, Err(error)).is_none()),
        }
        ControlFlow::Continue(())
    }
}

fn run(scheduler: &mut Scheduler) -> Heard {
    let mut heard = Heard::default();
    scheduler.run(&mut |e| heard.hear(e)).unwrap();
    assert_eq!(scheduler.blocks().available_pages(), scheduler.blocks().page_count(), "pages were lost");
    heard
}

#[test]
fn sixty_four_concurrent_sequences_equal_their_solo_runs() {
    for (page_tokens, step_tokens) in [(16, 64), (3, 80), (128, 200), (1, 64)] {
        let mut options = options(64 * 64usize.div_ceil(page_tokens), page_tokens);
        options.step_tokens = step_tokens;
        let (mut scheduler, model) = scheduler(options);
        let requests: Vec<Request> = (0..64).map(request).collect();
        let ids: Vec<_> = requests.iter().map(|r| scheduler.submit(r.clone()).unwrap()).collect();
        let heard = run(&mut scheduler);
        for (id, request) in ids.iter().zip(&requests) {
            assert_eq!(heard.answers[id], solo(request), "pages of {page_tokens}, steps of {step_tokens}: {id:?}");
            assert!(matches!(heard.ends[id], Ok(Finish::Length)));
        }
        let passes = model.passes.lock().unwrap();
        assert!(passes.iter().all(|p| p.0 <= step_tokens), "{passes:?}");
        assert!(passes.iter().any(|p| p.1 > 20), "they were to run side by side: {passes:?}");
    }
}

#[test]
fn requests_that_come_while_others_run_change_nothing() {
    let (mut scheduler, _) = scheduler(options(40, 8));
    let mut heard = Heard::default();
    let mut expected = BTreeMap::new();
    for i in 0..30 {
        let request = request(i);
        expected.insert(scheduler.submit(request.clone()).unwrap(), solo(&request));
        scheduler.step(&mut |e| heard.hear(e)).unwrap();
    }
    scheduler.run(&mut |e| heard.hear(e)).unwrap();
    assert_eq!(heard.answers, expected);
}

#[test]
fn a_long_prompt_comes_in_chunks_and_holds_up_nobody() {
    let mut options = options(64, 16);
    (options.max_sequences, options.step_tokens) = (4, 10);
    let (mut scheduler, model) = scheduler(options);
    let short = Request::new(prompt(1, 3), 30);
    let long = Request::new(prompt(2, 95), 5);
    let (a, b) = (scheduler.submit(short.clone()).unwrap(), scheduler.submit(long.clone()).unwrap());
    let mut heard = Heard::default();
    let first = scheduler.step(&mut |e| heard.hear(e)).unwrap();
    assert_eq!((first.prompt_tokens, first.decode_tokens, first.unfinished), (10, 0, 2));
    for n in 2..=11 {
        let report = scheduler.step(&mut |e| heard.hear(e)).unwrap();
        assert_eq!((report.decode_tokens, heard.answers[&a].len()), (1, n));
    }
    scheduler.run(&mut |e| heard.hear(e)).unwrap();
    assert_eq!((&heard.answers[&a], &heard.answers[&b]), (&solo(&short), &solo(&long)));
    // 95 tokens at 7 and then 9 a step.
    assert_eq!(model.passes.lock().unwrap()[..12].iter().map(|p| p.0).collect::<Vec<_>>(), [10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 8, 2]);
}

#[test]
fn a_shared_prefix_is_computed_once_and_gives_the_same_tokens() {
    let (mut scheduler, _) = scheduler(options(64, 8));
    let system = prompt(5, 32);
    let with = |tail: u64, len| Request::new([system.clone(), prompt(tail, len)].concat(), 6);
    let mut reports = Vec::new();
    for request in [with(1, 5), with(2, 9), with(1, 5), Request::new(system.clone(), 6)] {
        let id = scheduler.submit(request.clone()).unwrap();
        let mut heard = Heard::default();
        reports.push(scheduler.step(&mut |e| heard.hear(e)).unwrap());
        scheduler.run(&mut |e| heard.hear(e)).unwrap();
        assert_eq!(heard.answers[&id], solo(&request));
    }
    let figures: Vec<_> = reports.iter().map(|r| (r.reused_tokens, r.prompt_tokens)).collect();
    // The last one is a prefix as a whole; its last token must be computed all the same, and pages are shared whole.
    assert_eq!(figures, [(0, 37), (32, 9), (32, 5), (24, 8)]);
    // An answer is part of a prefix too: a second turn of a conversation reuses the first.
    let first = with(7, 4);
    let answer = solo(&first);
    scheduler.submit(first.clone()).unwrap();
    run(&mut scheduler);
    let second = Request::new([first.prompt, answer, prompt(8, 3)].concat(), 6);
    let id = scheduler.submit(second.clone()).unwrap();
    let mut heard = Heard::default();
    assert_eq!(scheduler.step(&mut |e| heard.hear(e)).unwrap().reused_tokens, 40);
    scheduler.run(&mut |e| heard.hear(e)).unwrap();
    assert_eq!(heard.answers[&id], solo(&second));
}

#[test]
fn without_prefix_reuse_everything_is_computed() {
    let (mut scheduler, _) = scheduler(SchedulerOptions { prefix_reuse: false, ..options(64, 8) });
    for _ in 0..2 {
        scheduler.submit(Request::new(prompt(5, 30), 3)).unwrap();
        assert_eq!(scheduler.step(&mut |_| ControlFlow::Continue(())).unwrap().prompt_tokens, 30);
        run(&mut scheduler);
    }
    assert_eq!(scheduler.blocks().cached_pages(), 0);
}

#[test]
fn a_cancelled_neighbour_leaves_no_trace() {
    let (mut scheduler, _) = scheduler(options(16, 4));
    let requests: Vec<_> = (0..6).map(|i| Request::new(prompt(i, 5), 12)).collect();
    let ids: Vec<_> = requests.iter().map(|r| scheduler.submit(r.clone()).unwrap()).collect();
    let mut heard = Heard::default();
    for _ in 0..3 {
        scheduler.step(&mut |e| heard.hear(e)).unwrap();
    }
    // Four pages each: four run, two wait. One of each kind goes.
    assert_eq!(scheduler.waiting(), 2);
    assert!(scheduler.cancel(ids[1]) && scheduler.cancel(ids[5]));
    assert!(!scheduler.cancel(ids[1]));
    // And one is cancelled from within, at its sixth token.
    let mut third = 0;
    scheduler
        .run(&mut |e| {
            if let Event::Token { request, .. } = e
                && request == ids[2]
            {
                third += 1;
            }
            let cancel = third == 3 && matches!(e, Event::Token { request, .. } if request == ids[2]);
            let flow = heard.hear(e);
            if cancel { ControlFlow::Break(()) } else { flow }
        })
        .unwrap();
    for (i, n) in [(0, 12), (1, 3), (2, 6), (3, 12), (4, 12)] {
        assert_eq!(heard.answers[&ids[i]], solo(&requests[i])[..n], "{i}");
        assert_eq!(heard.ends.contains_key(&ids[i]), n == 12, "{i}");
    }
    assert!(!heard.answers.contains_key(&ids[5]));
    assert_eq!(scheduler.blocks().available_pages(), 16);
    assert!(!scheduler.cancel(ids[0]));
}

#[test]
fn who_does_not_fit_now_waits_and_who_never_fits_is_refused() {
    let (mut scheduler, model) = scheduler(options(5, 4));
    let fault = scheduler.submit(Request::new(prompt(1, 10), 12)).unwrap_err().to_string();
    assert!(fault.contains("6 pages of KV cache") && fault.contains("5 pages of 4 tokens"), "{fault}");
    // The last token of an answer takes no place: this fills the cache to the last slot.
    let requests: Vec<_> = [(10, 11), (3, 2), (9, 6), (1, 1)].map(|(n, max)| Request::new(prompt(n as u64, n), max)).into();
    let ids: Vec<_> = requests.iter().map(|r| scheduler.submit(r.clone()).unwrap()).collect();
    scheduler.step(&mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((scheduler.waiting(), scheduler.blocks().available_pages()), (3, 0));
    let heard = run(&mut scheduler);
    for (id, request) in ids.iter().zip(&requests).skip(1) {
        assert_eq!(heard.answers[id], solo(request));
    }
    assert_eq!(heard.answers[&ids[0]], solo(&requests[0])[1..]);
    assert!(model.passes.lock().unwrap().iter().all(|p| p.1 <= 3));
}

#[test]
fn requests_without_sense_are_refused_by_what_is_wrong() {
    let (mut scheduler, _) = scheduler(options(100, 4));
    let mut fault = |request: Request| scheduler.submit(request).unwrap_err().to_string();
    assert!(fault(Request::new([], 3)).contains("empty prompt"));
    assert!(fault(Request::new([1, 97], 3)).contains("token 97 at 1"));
    assert!(fault(Request::new(prompt(1, 201), 3)).contains("context is 200"));
    assert!(fault(Request::new([1], 3).with_sampling(Sampling { top_p: 0., ..Sampling::greedy() })).contains("top-p"));
    assert_eq!(scheduler.unfinished(), 0);
}

#[test]
fn an_answer_ends_at_stop_tokens_at_the_context_and_at_once() {
    let (mut scheduler, _) = scheduler(options(100, 4));
    let plain = Request::new(prompt(3, 9), 12);
    let answer = solo(&plain);
    let stop = answer[5];
    let until = answer.iter().position(|&t| t == stop).unwrap();
    let stopped = scheduler.submit(plain.clone().with_stop_tokens([500, stop])).unwrap();
    let none = scheduler.submit(Request { max_tokens: 0, ..plain }).unwrap();
    let full = scheduler.submit(Request::new(prompt(4, 190), usize::MAX)).unwrap();
    let over = scheduler.submit(Request::new(prompt(4, 200), 5)).unwrap();
    let heard = run(&mut scheduler);
    assert_eq!(heard.answers[&stopped], answer[..until]);
    assert!(matches!(heard.ends[&stopped], Ok(Finish::StopToken(t)) if t == stop));
    assert_eq!(heard.answers[&full], solo(&Request::new(prompt(4, 190), 10)));
    for id in [none, over] {
        assert!(!heard.answers.contains_key(&id) && matches!(heard.ends[&id], Ok(Finish::Length)));
    }
}

#[test]
fn logits_of_every_prompt_position_are_heard_in_order() {
    let mut options = options(64, 4);
    (options.max_sequences, options.step_tokens) = (3, 7);
    let (mut scheduler, _) = scheduler(options);
    let first = Request::new(prompt(1, 23), 4).with_prompt_logits();
    for reused in [0, 20] {
        let id = scheduler.submit(first.clone()).unwrap();
        let other = scheduler.submit(request(9)).unwrap();
        let (mut heard, mut next) = (Heard::default(), reused);
        scheduler
            .run(&mut |e| {
                if let Event::PromptLogits { request, position, logits } = e {
                    assert_eq!((request, position), (id, next));
                    assert_eq!(logits, logits_of(first.prompt[..=position].iter().enumerate().map(|(p, &t)| (u64::from(t), p as u64))));
                    next += 1;
                }
                heard.hear(e)
            })
            .unwrap();
        assert_eq!(next, 23);
        assert_eq!((&heard.answers[&id], &heard.answers[&other]), (&solo(&first), &solo(&request(9))));
    }
}

#[test]
fn a_request_whose_logits_are_nan_fails_alone() {
    let (mut scheduler, _) = scheduler(options(64, 4));
    let good = request(4);
    let poisoned = Request::new([prompt(1, 4), vec![POISON]].concat(), 5);
    let (a, b) = (scheduler.submit(poisoned).unwrap(), scheduler.submit(good.clone()).unwrap());
    let heard = run(&mut scheduler);
    assert!(matches!(&heard.ends[&a], Err(Error::Logits { found }) if found.contains("NaN")));
    assert_eq!(heard.answers[&b], solo(&good));
}

#[test]
fn a_step_that_failed_can_be_run_again() {
    let (mut scheduler, model) = scheduler(options(64, 4));
    let requests: Vec<_> = (0..5).map(request).collect();
    let ids: Vec<_> = requests.iter().map(|r| scheduler.submit(r.clone()).unwrap()).collect();
    let (mut heard, mut failures) = (Heard::default(), 0);
    for n in 0.. {
        model.fails.store(n % 3 == 1, Ordering::Relaxed);
        match scheduler.step(&mut |e| heard.hear(e)) {
            Ok(report) if report.unfinished == 0 => break,
            Ok(_) => {}
            Err(e) => {
                assert!(e.to_string().contains("on fire"));
                failures += 1;
            }
        }
    }
    assert!(failures > 3);
    for (id, request) in ids.iter().zip(&requests) {
        assert_eq!(heard.answers[id], solo(request));
    }
}

#[test]
fn memory_is_flat_over_two_thousand_steps() {
    let (mut scheduler, _) = scheduler(options(12, 8));
    let (mut i, mut steady) = (0, None);
    for n in 0..2_000 {
        while scheduler.unfinished() < 4 {
            scheduler.submit(request(i)).unwrap();
            i += 1;
        }
        scheduler.step(&mut |_| ControlFlow::Continue(())).unwrap();
        let memory = scheduler.device().memory().unwrap();
        let at = (memory.used_bytes, memory.allocations, memory.peak_bytes);
        if n > 20 {
            assert_eq!(*steady.get_or_insert(at), at, "step {n}");
        }
    }
    assert!(i > 100);
}

#[test]
fn options_that_do_not_fit_together_are_refused() {
    let device = ascend_compute::open("cpu").unwrap();
    let (_, model) = scheduler(options(4, 4));
    for wrong in [
        SchedulerOptions { page_tokens: 0, ..options(4, 4) },
        SchedulerOptions { pages: 0, ..options(4, 4) },
        SchedulerOptions { max_sequences: 0, ..options(4, 4) },
        SchedulerOptions { step_tokens: 63, ..options(4, 4) },
        options(usize::MAX, 4),
        options(1 << 30, 2),
    ] {
        assert!(matches!(Scheduler::new(device.clone(), model.clone(), wrong.clone()), Err(Error::Request { .. })), "{wrong:?}");
    }
}
