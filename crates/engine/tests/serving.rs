//! Real models behind the scheduler: many sequences at once, with and without decode graphs, for a long time.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod edited;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use ascend_compute::{DType, Device};
use ascend_engine::Error;
use ascend_engine::models::{self, Model};
use ascend_engine::sampling::Sampling;
use ascend_engine::scheduler::{Event, Finish, Request, RequestId, Scheduler, SchedulerOptions};
use edited::{Edited, cpu};

const MODELS: [&str; 5] = ["llama_dense", "mixtral", "qwen3_moe", "gpt_oss", "deepseek_v3"];

/// A model and its device, which nobody else uses.
struct Loaded {
    device: Arc<dyn Device>,
    model: Arc<dyn Model>,
}

impl Loaded {
    fn new(name: &str) -> Self {
        let device = cpu();
        let model = models::load(&Edited::new(name), &device, DType::F32).unwrap().into();
        Self { device, model }
    }

    fn scheduler(&self, options: SchedulerOptions) -> Scheduler {
        Scheduler::new(self.device.clone(), self.model.clone(), options).unwrap()
    }

    fn solo(&self, request: &Request) -> Vec<(u32, Vec<u32>)> {
        let mut scheduler = self.scheduler(SchedulerOptions { max_sequences: 1, ..SchedulerOptions::for_tokens(128) });
        let id = scheduler.submit(request.clone()).unwrap();
        run(&mut scheduler).remove(&id).unwrap()
    }
}

fn tokens(answer: Vec<(u32, Vec<u32>)>) -> Vec<u32> {
    answer.into_iter().map(|(token, _)| token).collect()
}

/// Tokens that look random, without an obvious period.
fn prompt(seed: usize, len: usize) -> Vec<u32> {
    (0..len).map(|i| ((seed * 7919 + i * i * 31 + i * 17) % 251) as u32 + 3).collect()
}

/// Requests of many lengths, every other one drawn with a seed of its own.
fn request(i: usize) -> Request {
    let drawn = Sampling { temperature: 0.8, top_k: 30, seed: i as u64, ..Sampling::greedy() };
    let sampling = if i.is_multiple_of(2) { Sampling::greedy() } else { drawn };
    Request::new(prompt(i, 1 + i * 13 % 37), 2 + i * 7 % 19).with_sampling(sampling)
}

/// Tokens of each request, and the bits of the logits that they were chosen from.
type Answers = BTreeMap<RequestId, Vec<(u32, Vec<u32>)>>;

fn run(scheduler: &mut Scheduler) -> Answers {
    let mut answers = Answers::new();
    scheduler
        .run(&mut |event| {
            match event {
                Event::Token { request, token, logits } => {
                    answers.entry(request).or_default().push((token, logits.iter().map(|x| x.to_bits()).collect()));
                }
                Event::Failed { error, .. } => panic!("{error}"),
                _ => {}
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    answers
}

#[test]
fn sixty_four_sequences_of_a_mixture_of_experts_equal_their_solo_runs() {
    let model = Loaded::new("qwen3_moe");
    let requests: Vec<Request> = (0..64).map(request).collect();
    let alone: Vec<_> = requests.iter().map(|request| model.solo(request)).collect();
    for decode_graphs in [false, true] {
        let options = SchedulerOptions { step_tokens: 96, decode_graphs, ..SchedulerOptions::for_tokens(64 * 64) };
        let mut scheduler = model.scheduler(options);
        let ids: Vec<_> = requests.iter().map(|request| scheduler.submit(request.clone()).unwrap()).collect();
        let answers = run(&mut scheduler);
        for ((id, request), alone) in ids.iter().zip(&requests).zip(&alone) {
            assert_eq!(alone.len(), request.max_tokens);
            assert!(answers[id] == *alone, "graphs {decode_graphs}: {id:?}");
        }
    }
}

#[test]
fn graphs_give_the_same_logits_to_the_bit() {
    for name in MODELS {
        let model = Loaded::new(name);
        let [eager, graphs] = [false, true].map(|decode_graphs| {
            let options = SchedulerOptions { page_tokens: 4, pages: 100, decode_graphs, ..SchedulerOptions::for_tokens(0) };
            let mut scheduler = model.scheduler(options);
            for i in 0..5 {
                scheduler.submit(Request::new(prompt(i, 3 + i), 6 * i + 4)).unwrap();
            }
            let answers = run(&mut scheduler);
            // Prompts of a second round come between decode steps, and their pages are others.
            for i in 5..8 {
                scheduler.submit(Request::new(prompt(i, 20), 12)).unwrap();
            }
            let more = run(&mut scheduler);
            assert_eq!(scheduler.captured_graphs() > 3, decode_graphs, "{name}: {}", scheduler.captured_graphs());
            (answers, more)
        });
        assert!(eager == graphs, "{name}");
    }
}

#[test]
fn neighbours_of_a_cancelled_sequence_go_on_under_graphs() {
    let model = Loaded::new("deepseek_v3");
    let mut scheduler = model.scheduler(SchedulerOptions { decode_graphs: true, ..SchedulerOptions::for_tokens(256) });
    let requests: Vec<Request> = (0..3).map(|i| Request::new(prompt(i, 9), 16)).collect();
    let ids: Vec<_> = requests.iter().map(|request| scheduler.submit(request.clone()).unwrap()).collect();
    let mut heard = BTreeMap::<RequestId, Vec<u32>>::new();
    let mut hear = |event: Event<'_>| {
        if let Event::Token { request, token, .. } = event {
            heard.entry(request).or_default().push(token);
        }
        ControlFlow::Continue(())
    };
    for _ in 0..6 {
        scheduler.step(&mut hear).unwrap();
    }
    assert!(scheduler.cancel(ids[1]));
    scheduler.run(&mut hear).unwrap();
    for i in [0, 2] {
        assert_eq!(heard[&ids[i]], tokens(model.solo(&requests[i])));
    }
    assert_eq!(heard[&ids[1]].len(), 6);
}

#[test]
fn memory_is_flat_over_two_thousand_steps() {
    for decode_graphs in [false, true] {
        let sizes = SchedulerOptions { page_tokens: 8, pages: 24, max_sequences: 4, step_tokens: 64, ..SchedulerOptions::for_tokens(0) };
        let model = Loaded::new("mixtral");
        let mut scheduler = model.scheduler(SchedulerOptions { decode_graphs, ..sizes });
        // The largest step there can be: 64 tokens, and four rows of logits.
        for len in [61, 1, 1, 1] {
            scheduler.submit(Request::new(prompt(len, len), 2)).unwrap();
        }
        let (mut submitted, mut steady) = (0, None);
        for n in 0..2_000 {
            while scheduler.unfinished() < 6 {
                scheduler.submit(request(submitted)).unwrap();
                submitted += 1;
            }
            scheduler.step(&mut |_| ControlFlow::Continue(())).unwrap();
            let memory = model.device.memory().unwrap();
            if n > 3 {
                assert_eq!(*steady.get_or_insert(memory), memory, "step {n}, graphs {decode_graphs}");
            }
        }
        assert!(submitted > 300);
    }
}

#[test]
fn graphs_do_not_keep_activations_that_have_moved() {
    let used = |decode_graphs| {
        let model = Loaded::new("llama_dense");
        let options = SchedulerOptions { decode_graphs, ..SchedulerOptions::for_tokens(512) };
        let mut scheduler = model.scheduler(options);
        // Graphs of a decode step; then a prompt whose activations take more memory; then one pass that runs as it is.
        for len in [4, 200, 5] {
            scheduler.submit(Request::new(prompt(len, len), 12)).unwrap();
            run(&mut scheduler);
        }
        assert_eq!(scheduler.captured_graphs() > 0, decode_graphs);
        let memory = model.device.memory().unwrap();
        (memory.used_bytes, memory.allocations)
    };
    assert_eq!(used(true), used(false));
}

#[test]
fn who_exceeds_the_budget_waits_or_is_refused_and_others_go_on() {
    let model = Loaded::new("qwen3_moe");
    // Eight pages: a sequence of 100 tokens fits when nobody else is there, one of 140 never.
    let mut scheduler = model.scheduler(SchedulerOptions { decode_graphs: true, ..SchedulerOptions::for_tokens(128) });
    let requests = [Request::new(prompt(1, 20), 30), Request::new(prompt(2, 60), 40), Request::new(prompt(3, 10), 20)];
    let [first, long, last] = requests.each_ref().map(|request| scheduler.submit(request.clone()).unwrap());
    let refused = scheduler.submit(Request::new(prompt(4, 100), 40)).unwrap_err();
    assert!(matches!(&refused, Error::Request { found, .. } if found.contains("8 pages of 16 tokens")), "{refused}");
    scheduler.step(&mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((scheduler.waiting(), scheduler.unfinished()), (2, 3));
    let mut ends = Vec::new();
    let mut answers = BTreeMap::<RequestId, Vec<u32>>::new();
    scheduler
        .run(&mut |event| {
            match event {
                Event::Token { request, token, .. } => answers.entry(request).or_default().push(token),
                Event::Finished { request, reason } => ends.push((request, reason)),
                _ => {}
            }
            ControlFlow::Continue(())
        })
        .unwrap();
    // First come, first served: the last one does not overtake the long one.
    assert_eq!(ends, [first, long, last].map(|id| (id, Finish::Length)));
    assert_eq!(answers[&first], tokens(model.solo(&requests[0]))[1..]);
    assert_eq!(answers[&long], tokens(model.solo(&requests[1])));
    assert_eq!(answers[&last], tokens(model.solo(&requests[2])));
}
