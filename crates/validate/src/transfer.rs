//! A call's tensors on their way to a device and back.

use std::collections::HashMap;

use ascend_hal::ops::Role;
use ascend_hal::{Buffer, DType, Device, DeviceExt, Format, OpCall, OpKind, TensorView, host};
use ascend_reference::Output;

use crate::Result;
use crate::fault::Fault;

/// One buffer of a call: on the host, and its copy on the device.
struct Copied {
    host: Vec<u8>,
    device: Buffer,
    is_output: bool,
}

/// A call on device memory. Views that share a buffer on the host share its copy; strides, offsets and what lies in gaps are kept.
pub(crate) struct Placed {
    pub(crate) call: OpCall,
    buffers: HashMap<usize, Copied>,
}

impl Placed {
    pub(crate) fn new(device: &dyn Device, call: &OpCall) -> Result<Self> {
        let mut buffers: HashMap<usize, Copied> = HashMap::new();
        let placed = call.map(&mut |arg| {
            let buffer = arg.view.buffer();
            let copy = match buffers.entry(buffer.id()) {
                std::collections::hash_map::Entry::Occupied(e) => e.into_mut(),
                std::collections::hash_map::Entry::Vacant(e) => {
                    let bytes = contents(buffer)?;
                    let on_device = device.upload_bytes(DType::U8, &bytes, [bytes.len()])?;
                    e.insert(Copied { host: bytes, device: on_device.buffer().clone(), is_output: false })
                }
            };
            copy.is_output |= arg.role != Role::In;
            TensorView::new(copy.device.clone(), arg.view.dtype(), *arg.view.layout())
        })?;
        Ok(Self { call: placed, buffers })
    }

    /// Gives the outputs' buffers their first contents again.
    pub(crate) fn reset(&self, device: &dyn Device) -> Result<()> {
        for buffer in self.buffers.values().filter(|b| b.is_output) {
            device.write(&buffer.device, 0, &buffer.host)?;
        }
        Ok(())
    }

    /// What the device's copies of `call`'s buffers hold now, by the host buffer.
    pub(crate) fn read(&self, device: &dyn Device) -> Result<HashMap<usize, Vec<u8>>> {
        let mut all = HashMap::new();
        for (&id, buffer) in &self.buffers {
            let mut bytes = vec![0; buffer.host.len()];
            device.read(&buffer.device, 0, &mut bytes)?;
            all.insert(id, bytes);
        }
        Ok(all)
    }
}

/// The first thing that changed though no output element that the op writes lies there. `call` is on the host and holds what was there before; `after` has what is
/// there now, by the id of the buffer. A buffer that is not in `after` is taken as unchanged.
pub(crate) fn touched(call: &OpCall, after: &HashMap<usize, Vec<u8>>, outputs: &[Output]) -> Result<Option<Fault>> {
    let mut before: HashMap<usize, Vec<u8>> = HashMap::new();
    let mut views = Vec::new();
    let mut read = Ok(());
    call.visit(&mut |arg| {
        views.push(arg);
        let buffer = arg.view.buffer();
        if after.contains_key(&buffer.id()) && !before.contains_key(&buffer.id()) && read.is_ok() {
            match contents(buffer) {
                Ok(bytes) => _ = before.insert(buffer.id(), bytes),
                Err(e) => read = Err(e),
            }
        }
    });
    read?;
    // For each buffer, the bits that may change.
    let mut free: HashMap<usize, Vec<u8>> = before.iter().map(|(&id, bytes)| (id, vec![0; bytes.len()])).collect();
    for arg in &views {
        let Some(free) = free.get_mut(&arg.view.buffer().id()).filter(|_| arg.role != Role::In) else { continue };
        let written = outputs.iter().find(|o| o.name == arg.name).map_or(&[][..], |o| &o.written);
        let bits = arg.view.dtype().bits();
        let mut element = 0;
        arg.view.layout().for_each_offset(arg.view.dtype(), |at| {
            if written.get(element).copied().unwrap_or(true) {
                if bits < 8 {
                    free[at / 2] |= 0x0f << (4 * (at % 2));
                } else {
                    free[at * bits / 8..(at + 1) * bits / 8].fill(0xff);
                }
            }
            element += 1;
        });
        if bits < 8 && call.kind() != OpKind::Copy && arg.view.is_contiguous() && element % 2 == 1 {
            // The other half of the last byte belongs to no element; only a copy promises to leave it.
            free[arg.view.byte_span().end - 1] = 0xff;
        }
        if arg.view.layout().format() == Format::FractalNz {
            // Padding is part of the format: it is written, and it is zero.
            let span = arg.view.byte_span();
            let bytes = after.get(&arg.view.buffer().id()).and_then(|b| b.get(span.clone())).unwrap_or_default();
            if free[span.clone()].iter().zip(bytes).any(|(free, byte)| *byte & !*free != 0) {
                return Ok(Some(Fault::whole(arg.name, "the padding of its FRACTAL_NZ storage is not zero")));
            }
            free[span].fill(0xff);
        }
    }
    let mut in_a_gap = None;
    for arg in views {
        let id = arg.view.buffer().id();
        let (Some(before), Some(after), Some(free)) = (before.get(&id), after.get(&id), free.get(&id)) else { continue };
        let changed = |at: usize| (before[at] ^ after[at]) & !free[at] != 0;
        if before == after || !(0..after.len()).any(changed) {
            continue;
        }
        // Said in the terms of the first view that has the byte; otherwise it lies in a gap.
        let (mut element, mut found) = (0, None);
        let bits = arg.view.dtype().bits();
        arg.view.layout().for_each_offset(arg.view.dtype(), |at| {
            let bytes = at * bits / 8..((at + 1) * bits).div_ceil(8);
            if found.is_none() && bytes.into_iter().any(changed) {
                found = Some(element);
            }
            element += 1;
        });
        let what = if arg.role == Role::In { "an input was changed" } else { "a place that the op must leave untouched was changed" };
        if let Some(element) = found {
            return Ok(Some(Fault::element(call, arg.name, arg.view.shape(), element, what)));
        }
        in_a_gap.get_or_insert(Fault::whole(arg.name, "the gap around the view was changed"));
    }
    Ok(in_a_gap)
}

/// All bytes of a host buffer.
pub(crate) fn contents(buffer: &Buffer) -> ascend_hal::Result<Vec<u8>> {
    let mut bytes = vec![0; buffer.size_bytes()];
    let memory = buffer.as_host().ok_or_else(|| ascend_hal::Error::WrongDevice {
        what: "a tensor of a case".into(),
        asked: ascend_hal::DeviceId::CPU,
        found: buffer.location().to_string(),
    })?;
    memory.read(0, &mut bytes)?;
    Ok(bytes)
}

/// `call` on host memory that holds these bytes, by the id of each of its buffers; a buffer without bytes stays as it is.
pub(crate) fn with_contents(call: &OpCall, bytes: &HashMap<usize, Vec<u8>>) -> Result<OpCall> {
    let mut made: HashMap<usize, Buffer> = HashMap::new();
    Ok(call.map(&mut |arg| {
        let id = arg.view.buffer().id();
        let buffer = match made.get(&id) {
            Some(buffer) => buffer.clone(),
            None => {
                let buffer = match bytes.get(&id) {
                    Some(data) => host::tensor_of(DType::U8, data, [data.len()])?.buffer().clone(),
                    None => arg.view.buffer().clone(),
                };
                made.insert(id, buffer.clone());
                buffer
            }
        };
        TensorView::new(buffer, arg.view.dtype(), *arg.view.layout())
    })?)
}
