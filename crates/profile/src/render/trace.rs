//! For a trace viewer (Perfetto, `chrome://tracing`).

use serde_json::{Value, json};

use crate::report::{Point, Report};

/// The last run of each point as Chrome trace events: a process for each point, and in it a track for its stream, one for the host, and one for each thread that worked
/// in kernels.
pub fn trace(report: &Report) -> Value {
    let mut events = Vec::new();
    for (pid, point) in report.points.iter().enumerate() {
        let named =
            |kind: &str, tid: usize, name: &str| json!({ "ph": "M", "name": kind, "pid": pid, "tid": tid, "args": { "name": name } });
        events.push(named("process_name", 0, &point.key()));
        for (tid, track) in tracks(point).into_iter().enumerate() {
            events.push(named("thread_name", tid, track));
            events.push(json!({ "ph": "M", "name": "thread_sort_index", "pid": pid, "tid": tid, "args": { "sort_index": tid } }));
            for span in point.timeline.iter().chain(&point.threads).filter(|s| s.track == track) {
                let phase = point.phases.iter().find(|p| p.name == span.name);
                let args = match phase.filter(|_| tid < 2) {
                    Some(p) => json!({ "gbs": p.rate.gbs, "tflops": p.rate.tflops, "roofline": p.rate.roofline }),
                    None => span.item.map_or_else(|| json!({}), |expert| json!({ "expert": expert })),
                };
                let cat = if tid < 2 { track } else { "thread" };
                events.push(json!({
                    "ph": "X", "name": span.name, "cat": cat, "pid": pid, "tid": tid, "ts": span.start_us, "dur": span.us, "args": args,
                }));
            }
        }
    }
    json!({ "traceEvents": events, "displayTimeUnit": "ms", "otherData": { "model": report.model, "device": report.device, "version": report.version } })
}

/// The tracks of a point: its stream and the host, then threads by their numbers.
fn tracks(point: &Point) -> Vec<&str> {
    let mut threads: Vec<&str> = point.threads.iter().map(|s| s.track.as_str()).collect();
    threads.sort_by_key(|name| (name.len(), *name));
    threads.dedup();
    ["stream", "host"].into_iter().chain(threads).collect()
}
