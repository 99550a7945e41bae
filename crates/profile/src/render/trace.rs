//! For a trace viewer (Perfetto, `chrome://tracing`).

use serde_json::{Value, json};

use crate::report::Report;

/// The last run of each point as Chrome trace events: a process for each point, a track for its stream and one for the host.
pub fn trace(report: &Report) -> Value {
    let mut events = Vec::new();
    for (pid, point) in report.points.iter().enumerate() {
        events.push(json!({ "ph": "M", "name": "process_name", "pid": pid, "tid": 0, "args": { "name": point.key() } }));
        for (tid, track) in [(1, "stream"), (2, "host")] {
            events.push(json!({ "ph": "M", "name": "thread_name", "pid": pid, "tid": tid, "args": { "name": track } }));
            for span in point.timeline.iter().filter(|s| s.track == track) {
                let phase = point.phases.iter().find(|p| p.name == span.name);
                events.push(json!({
                    "ph": "X", "name": span.name, "cat": track, "pid": pid, "tid": tid, "ts": span.start_us, "dur": span.us,
                    "args": { "gbs": phase.map(|p| p.gbs), "tflops": phase.map(|p| p.tflops), "roofline": phase.map(|p| p.roofline) },
                }));
            }
        }
    }
    json!({ "traceEvents": events, "displayTimeUnit": "ms", "otherData": { "model": report.model, "device": report.device, "version": report.version } })
}
