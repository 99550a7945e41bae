//! Graph capture and replay.

use ascend_hal::{DType, Device, DeviceExt, Error, OpKind};

use super::Outcome;
use super::probe::{Log, affine, checks, ensure, failing, refuses, vector};

checks!("graphs":
    capture_records_and_does_not_execute,
    replay_works_on_what_the_buffers_hold,
    replays_are_in_order_with_the_stream,
    graph_runs_on_other_streams,
    empty_capture_is_a_graph,
    second_begin_is_refused_and_the_capture_goes_on,
    end_without_begin_is_refused,
    synchronising_while_capturing_is_refused,
    callback_while_capturing_is_refused,
    refused_call_is_not_recorded,
    stream_executes_again_after_the_capture,
    graph_keeps_its_buffers,
    failure_in_a_replay_is_reported(values),
);

fn capture_records_and_does_not_execute(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (x, y) = (vector(device, &[1., 2.])?, vector(device, &[0., 0.])?);
    stream.begin_capture()?;
    affine(device, &stream, &x, 2., 0.)?;
    affine(device, &stream, &x, 1., 1.)?;
    stream.copy(x.buffer().all(), y.buffer().all())?;
    let graph = stream.end_capture()?;
    ensure!(graph.task_count() == 3, "two ops and a copy were recorded, the graph has {} tasks", graph.task_count());
    let exec = graph.instantiate()?;
    stream.synchronize()?;
    let before = device.download::<f32>(&stream, &x)?;
    ensure!(before == [1., 2.], "a capture has executed: {before:?}");
    exec.launch(&stream)?;
    let after = device.download::<f32>(&stream, &y)?;
    ensure!(after == [3., 5.], "2x + 1 of [1, 2], replayed, gave {after:?}");
    Ok(())
}

fn replay_works_on_what_the_buffers_hold(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[0., 0.])?;
    let y = device.zeros(DType::F32, [2])?;
    stream.begin_capture()?;
    device.elementwise(&stream, ascend_hal::ops::Elementwise::affine(x.clone(), 3., 1., y.clone()))?;
    let exec = stream.end_capture()?.instantiate()?;
    for input in [[1f32, 2.], [10., -1.], [0., 0.5]] {
        let bytes: Vec<u8> = input.iter().flat_map(|v| v.to_le_bytes()).collect();
        device.write(x.buffer(), 0, &bytes)?;
        exec.launch(&stream)?;
        let got = device.download::<f32>(&stream, &y)?;
        let wanted = input.map(|v| 3. * v + 1.);
        ensure!(got == wanted, "a replay with input {input:?} gave {got:?}, not {wanted:?}");
    }
    Ok(())
}

fn replays_are_in_order_with_the_stream(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1.])?;
    stream.begin_capture()?;
    affine(device, &stream, &x, 2., 0.)?;
    affine(device, &stream, &x, 1., 1.)?;
    let exec = stream.end_capture()?.instantiate()?;
    for _ in 0..3 {
        affine(device, &stream, &x, 1., 10.)?;
        exec.launch(&stream)?;
        exec.clone().launch(&stream)?;
    }
    let wanted = (0..3).fold(1f32, |x, _| 2. * (2. * (x + 10.) + 1.) + 1.);
    let got = device.download::<f32>(&stream, &x)?;
    ensure!(got == [wanted], "ops and replays in turns should give {wanted}, got {got:?}");
    Ok(())
}

fn graph_runs_on_other_streams(device: &dyn Device) -> Outcome {
    let (one, two) = (device.create_stream()?, device.create_stream()?);
    let x = vector(device, &[1.])?;
    one.begin_capture()?;
    affine(device, &one, &x, 1., 1.)?;
    let exec = one.end_capture()?.instantiate()?;
    drop(one);
    exec.launch(&two)?;
    let got = device.download::<f32>(&two, &x)?;
    ensure!(got == [2.], "a graph of a dropped stream, launched on another one, gave {got:?}");
    Ok(())
}

fn empty_capture_is_a_graph(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    stream.begin_capture()?;
    let graph = stream.end_capture()?;
    ensure!(graph.task_count() == 0, "nothing was recorded, the graph has {} tasks", graph.task_count());
    graph.instantiate()?.launch(&stream)?;
    Ok(stream.synchronize()?)
}

fn second_begin_is_refused_and_the_capture_goes_on(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1.])?;
    stream.begin_capture()?;
    affine(device, &stream, &x, 1., 1.)?;
    refuses!(stream.begin_capture(), Error::State { .. });
    affine(device, &stream, &x, 1., 1.)?;
    let tasks = stream.end_capture()?.task_count();
    ensure!(tasks == 2, "two ops were recorded around a refused begin, the graph has {tasks} tasks");
    Ok(())
}

fn end_without_begin_is_refused(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    refuses!(stream.end_capture(), Error::State { .. });
    stream.begin_capture()?;
    stream.end_capture()?;
    refuses!(stream.end_capture(), Error::State { .. });
    Ok(stream.synchronize()?)
}

fn synchronising_while_capturing_is_refused(device: &dyn Device) -> Outcome {
    let (stream, other) = (device.create_stream()?, device.create_stream()?);
    stream.begin_capture()?;
    refuses!(stream.synchronize(), Error::State { .. });
    other.synchronize()?;
    stream.end_capture()?;
    Ok(stream.synchronize()?)
}

fn callback_while_capturing_is_refused(device: &dyn Device) -> Outcome {
    let (stream, log) = (device.create_stream()?, Log::default());
    stream.begin_capture()?;
    let called = log.clone();
    refuses!(stream.call_host(move || called.push(1)), Error::State { .. });
    let tasks = stream.end_capture()?.task_count();
    ensure!(tasks == 0 && log.entries().is_empty(), "a refused callback left {tasks} tasks and {:?} calls", log.entries());
    Ok(stream.synchronize()?)
}

fn refused_call_is_not_recorded(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (x, y) = (vector(device, &[1.])?, device.empty(DType::F32, [2])?);
    stream.begin_capture()?;
    refuses!(device.elementwise(&stream, ascend_hal::ops::Elementwise::affine(x, 1., 0., y)), Error::Shape { .. } | Error::Argument { .. });
    let tasks = stream.end_capture()?.task_count();
    ensure!(tasks == 0, "a refused call was recorded");
    Ok(())
}

fn stream_executes_again_after_the_capture(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1.])?;
    stream.begin_capture()?;
    affine(device, &stream, &x, 1., 100.)?;
    drop(stream.end_capture()?);
    affine(device, &stream, &x, 1., 1.)?;
    let got = device.download::<f32>(&stream, &x)?;
    ensure!(got == [2.], "after a capture that was thrown away, 1 + 1 is {got:?}");
    Ok(())
}

fn graph_keeps_its_buffers(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let start = device.memory()?.used_bytes;
    let y = device.alloc_pinned(4)?;
    let exec = {
        let x = vector(device, &[1.])?;
        stream.begin_capture()?;
        affine(device, &stream, &x, 1., 1.)?;
        stream.copy(x.buffer().all(), y.all())?;
        stream.end_capture()?.instantiate()?
    };
    exec.launch(&stream)?;
    exec.launch(&stream)?;
    drop(exec);
    stream.synchronize()?;
    let mut bytes = [0; 4];
    device.read(&y, 0, &mut bytes)?;
    let got = f32::from_le_bytes(bytes);
    ensure!(got == 3., "two replays on a buffer that only the graph holds gave {got}");
    drop(y);
    device.synchronize()?;
    ensure!(device.memory()?.used_bytes == start, "a dropped graph still holds its buffers");
    Ok(())
}

fn failure_in_a_replay_is_reported(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1.])?;
    stream.begin_capture()?;
    affine(device, &stream, &x, 1., 1.)?;
    device.embedding(&stream, failing(device)?)?;
    affine(device, &stream, &x, 1., 1.)?;
    let exec = stream.end_capture()?.instantiate()?;
    stream.synchronize()?;
    exec.launch(&stream)?;
    refuses!(stream.synchronize(), Error::Execution { op: OpKind::Embedding, skipped: 1, .. });
    exec.launch(&stream)?;
    refuses!(stream.synchronize(), Error::Execution { op: OpKind::Embedding, skipped: 1, .. });
    let got = device.download::<f32>(&stream, &x)?;
    ensure!(got == [3.], "two replays that stop after their first step from 1 gave {got:?}");
    Ok(())
}
