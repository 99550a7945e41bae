//! Handles are dropped in any order.

use std::sync::Arc;

use ascend_hal::{Device, DeviceExt, Event, GraphExec, Stream, TensorView};

use super::Outcome;
use super::probe::{affine, checks, ensure, large, vector};

checks!("lifetimes":
    buffers_may_be_dropped_before_their_work_is_done,
    event_outlives_its_stream,
    streams_may_be_dropped_with_work_under_way,
    stream_outlives_the_device_handle(owns),
    buffer_outlives_the_device_handle(owns),
    every_order_of_dropping(owns),
);

fn buffers_may_be_dropped_before_their_work_is_done(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let start = device.memory()?.used_bytes;
    let sum = vector(device, &[0.])?;
    for i in 0..20 {
        let x = large(device)?;
        affine(device, &stream, &x, 1., i as f32)?;
        let first = x.narrow(0, 0, 1)?;
        device.elementwise(&stream, ascend_hal::ops::Elementwise::add(sum.clone(), first, sum.to_mut()))?;
    }
    let got = device.download::<f32>(&stream, &sum)?;
    ensure!(got == [190.], "0 + 1 + ... + 19 over dropped buffers is {got:?}");
    drop(sum);
    device.synchronize()?;
    ensure!(device.memory()?.used_bytes == start, "buffers of finished work are not freed");
    Ok(())
}

fn event_outlives_its_stream(device: &dyn Device) -> Outcome {
    let (start, end) = (device.create_event()?, device.create_event()?);
    {
        let stream = device.create_stream()?;
        let x = large(device)?;
        stream.record(&start)?;
        affine(device, &stream, &x, 1., 1.)?;
        stream.record(&end)?;
    }
    end.synchronize()?;
    end.elapsed_since(&start)?;
    Ok(())
}

fn streams_may_be_dropped_with_work_under_way(device: &dyn Device) -> Outcome {
    let x = large(device)?;
    {
        let stream = device.create_stream()?;
        for _ in 0..8 {
            affine(device, &stream, &x, 1., 1.)?;
        }
    }
    device.synchronize()?;
    let got = device.download::<f32>(&device.create_stream()?, &x)?;
    ensure!(got.iter().all(|&v| v == 8.), "eight steps on a dropped stream gave {}", got[0]);
    Ok(())
}

fn stream_outlives_the_device_handle(device: Arc<dyn Device>) -> Outcome {
    let (stream, pinned) = (device.create_stream()?, device.alloc_pinned(4)?);
    let x = vector(&*device, &[1.])?;
    stream.begin_capture()?;
    affine(&*device, &stream, &x, 1., 1.)?;
    stream.copy(x.buffer().all(), pinned.all())?;
    let graph = stream.end_capture()?;
    drop((device, x));
    graph.instantiate()?.launch(&stream)?;
    stream.synchronize()?;
    let mut bytes = [0; 4];
    if let Some(memory) = pinned.as_host() {
        memory.read(0, &mut bytes)?;
        ensure!(f32::from_le_bytes(bytes) == 2., "a replay after the device handle was dropped gave {}", f32::from_le_bytes(bytes));
    }
    Ok(())
}

fn buffer_outlives_the_device_handle(device: Arc<dyn Device>) -> Outcome {
    let (a, b) = (device.alloc(100)?, device.alloc_pinned(100)?);
    let (event, info) = (device.create_event()?, device.info().clone());
    drop(device);
    ensure!(a.size_bytes() == 100 && b.size_bytes() == 100, "buffers change their size with the device's handle");
    ensure!(a.location() == ascend_hal::Location::Device(info.id), "a buffer moved to {}", a.location());
    drop((a, event, b));
    Ok(())
}

/// Everything that a program holds.
struct Held {
    device: Option<Arc<dyn Device>>,
    stream: Option<Stream>,
    event: Option<Event>,
    graph: Option<GraphExec>,
    tensor: Option<TensorView>,
}

fn hold(device: &Arc<dyn Device>) -> ascend_hal::Result<Held> {
    let (stream, event) = (device.create_stream()?, device.create_event()?);
    let x = vector(&**device, &[1.])?;
    stream.begin_capture()?;
    affine(&**device, &stream, &x, 1., 1.)?;
    let graph = stream.end_capture()?.instantiate()?;
    graph.launch(&stream)?;
    stream.record(&event)?;
    Ok(Held { device: Some(device.clone()), stream: Some(stream), event: Some(event), graph: Some(graph), tensor: Some(x) })
}

fn every_order_of_dropping(device: Arc<dyn Device>) -> Outcome {
    let start = device.memory()?.used_bytes;
    let mut orders = vec![vec![]];
    for kind in 0..5 {
        orders = orders.iter().flat_map(|order| (0..=order.len()).map(move |at| [&order[..at], &[kind], &order[at..]].concat())).collect();
    }
    ensure!(orders.len() == 120, "the check itself is wrong: {} orders", orders.len());
    for order in &orders {
        let mut held = hold(&device)?;
        for kind in order {
            match kind {
                0 => held.device = None,
                1 => held.stream = None,
                2 => held.event = None,
                3 => held.graph = None,
                _ => held.tensor = None,
            }
        }
    }
    device.synchronize()?;
    ensure!(device.memory()?.used_bytes == start, "{} bytes are left after everything was dropped", device.memory()?.used_bytes - start);
    Ok(())
}
