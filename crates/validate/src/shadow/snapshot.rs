//! What a call works on, copied to the host.

use std::collections::HashMap;
use std::ops::Range;

use ascend_hal::host::HOST_ALIGN;
use ascend_hal::ops::Role;
use ascend_hal::{Buffer, DType, Device, Error, Format, Layout, Location, OpCall, Result, TensorView, host};

use crate::transfer::contents;

/// A call on host memory that holds what the device's memory held when it was taken.
pub(super) struct Snapshot {
    pub(super) call: OpCall,
    spans: Vec<Span>,
}

/// Bytes of a device buffer that a call's views can touch, gaps between their elements included, and their copy.
struct Span {
    buffer: Buffer,
    bytes: Range<usize>,
    is_output: bool,
    copy: Buffer,
}

/// Whether `buffer` needs no copy: on the host are plain copies of prepared weights, as a device works on memory of its own.
fn is_copy(buffer: &Buffer) -> bool {
    buffer.location() == Location::Host
}

/// The bytes that a call's views can touch, in disjoint ranges of its buffers.
fn ranges(call: &OpCall) -> Vec<(Buffer, Range<usize>, bool)> {
    let mut all = Vec::new();
    call.visit(&mut |arg| {
        let bytes = arg.view.byte_span();
        if !bytes.is_empty() {
            // Where a copy begins, an element of any type may begin.
            all.push((arg.view.buffer().clone(), bytes.start / HOST_ALIGN * HOST_ALIGN..bytes.end, arg.role != Role::In));
        }
    });
    all.sort_by_key(|(buffer, bytes, _)| (buffer.id(), bytes.start));
    let mut disjoint: Vec<(Buffer, Range<usize>, bool)> = Vec::new();
    for (buffer, bytes, is_output) in all {
        match disjoint.last_mut() {
            Some((last, range, written)) if last.same_memory(&buffer) && bytes.start < range.end => {
                range.end = range.end.max(bytes.end);
                *written |= is_output;
            }
            _ => disjoint.push((buffer, bytes, is_output)),
        }
    }
    disjoint
}

/// How many bytes a call's views can touch, prepared weights by the size of what they stand for.
pub(super) fn bytes(call: &OpCall) -> usize {
    ranges(call).iter().fold(0, |sum, (_, bytes, _)| sum.saturating_add(bytes.len()))
}

impl Snapshot {
    /// Copies what the views of `call` can touch. Work on it that is enqueued must be done.
    pub(super) fn take(device: &dyn Device, call: &OpCall) -> Result<Self> {
        let mut spans = Vec::new();
        for (buffer, bytes, is_output) in ranges(call).into_iter().filter(|(buffer, ..)| !is_copy(buffer)) {
            let copy = copied(device, &buffer, &bytes)?;
            let copy = host::tensor_of(DType::U8, &copy, [copy.len()])?.buffer().clone();
            spans.push(Span { buffer, bytes, is_output, copy });
        }
        let call = call.map(&mut |arg| on_host(arg.view, &spans))?;
        Ok(Self { call, spans })
    }

    /// What the device's memory holds now, by the id of the copy's buffer; inputs only where they have changed.
    pub(super) fn changed(&self, device: &dyn Device) -> Result<HashMap<usize, Vec<u8>>> {
        let mut all = HashMap::new();
        for span in &self.spans {
            let now = copied(device, &span.buffer, &span.bytes)?;
            if span.is_output || now != contents(&span.copy)? {
                all.insert(span.copy.id(), now);
            }
        }
        Ok(all)
    }
}

fn copied(device: &dyn Device, buffer: &Buffer, bytes: &Range<usize>) -> Result<Vec<u8>> {
    let mut copy = vec![0; bytes.len()];
    device.read(buffer, bytes.start, &mut copy)?;
    Ok(copy)
}

/// `view` on the copy of its memory.
fn on_host(view: &TensorView, spans: &[Span]) -> Result<TensorView> {
    if is_copy(view.buffer()) {
        return Ok(view.clone());
    }
    let (dtype, layout) = (view.dtype(), *view.layout());
    let touched = view.byte_span();
    if touched.is_empty() {
        return TensorView::new(host::zeros(dtype, [0])?.buffer().clone(), dtype, layout);
    }
    let holds = |s: &&Span| s.buffer.same_memory(view.buffer()) && s.bytes.start <= touched.start && touched.end <= s.bytes.end;
    let lost = || Error::View { asked: format!("a copy of {view:?}"), found: "none of its memory".into() };
    let span = spans.iter().find(holds).ok_or_else(lost)?;
    let first = span.bytes.start * 8 / dtype.bits();
    let layout = match layout.format() {
        Format::Nd => Layout::strided(*layout.shape(), *layout.strides(), layout.offset() - first)?,
        _ if first == 0 => layout,
        other => {
            return Err(Error::View { asked: format!("a copy of {view:?}"), found: format!("format {other} at byte {}", touched.start) });
        }
    };
    TensorView::new(span.copy.clone(), dtype, layout)
}

#[cfg(test)]
mod tests {
    use ascend_hal::DeviceExt;
    use ascend_hal::ops::Elementwise;

    use super::*;

    #[test]
    fn views_of_one_buffer_keep_what_they_share_and_leave_the_rest_out() {
        let device = ascend_cpu::CpuDevice::new().unwrap();
        let all: Vec<f32> = (0..1000).map(|i| i as f32).collect();
        let all = device.upload(&all, [1000]).unwrap();
        let (x, y) = (all.narrow(0, 500, 8).unwrap(), all.narrow(0, 508, 8).unwrap());
        let call: OpCall = Elementwise::affine(x, 1., 1., y.to_mut()).into();
        // From the cache line of element 496 to element 516.
        assert_eq!(bytes(&call), 20 * 4);
        let snapshot = Snapshot::take(&*device, &call).unwrap();
        let mut views = Vec::new();
        snapshot.call.visit(&mut |arg| views.push(arg.view.clone()));
        assert_eq!(host::to_f64(&views[0]).unwrap(), (500..508).map(f64::from).collect::<Vec<_>>());
        assert_eq!(host::to_f64(&views[1]).unwrap()[7], 515.);
        assert!(views[0].buffer().same_memory(views[1].buffer()));
    }

    #[test]
    fn call_in_place_keeps_its_input() {
        let device = ascend_cpu::CpuDevice::new().unwrap();
        let stream = device.create_stream().unwrap();
        let x = device.upload(&[1f32, 2.], [2]).unwrap();
        let call: OpCall = Elementwise::affine(x.clone(), 10., 0., x.to_mut()).into();
        let snapshot = Snapshot::take(&*device, &call).unwrap();
        device.run(&stream, call).unwrap();
        let changed = snapshot.changed(&*device).unwrap();
        assert_eq!(changed.len(), 1);
        let mut before = Vec::new();
        snapshot.call.visit(&mut |arg| before = host::to_f64(arg.view).unwrap());
        assert_eq!(before, [1., 2.]);
    }
}
