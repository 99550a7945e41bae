//! Failures of enqueued work: reported by the next synchronisation, with the op's name.

use ascend_hal::{Device, DeviceExt, Error, OpKind};

use super::Outcome;
use super::probe::{Log, affine, checks, ensure, failing, is_bad_id, refuses, vector};

checks!("failures":
    failure_comes_out_of_the_synchronisation_with_its_op(values),
    later_work_is_skipped_and_counted(values),
    stream_works_again_after_reporting(values),
    first_failure_is_the_one_reported(values),
    other_streams_go_on(values),
    download_reports(values),
    device_synchronisation_reports(values),
    failure_of_a_dropped_stream_is_not_lost(values),
    marks_are_reached_on_a_failed_stream(values),
);

fn failure_comes_out_of_the_synchronisation_with_its_op(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    device.embedding(&stream, failing(device)?)?;
    let kernels: Vec<_> = device.kernels().list(OpKind::Embedding).iter().map(|k| k.info().name.to_string()).collect();
    match stream.synchronize() {
        Err(Error::Execution { op: OpKind::Embedding, kernel, skipped: 0, source }) if is_bad_id(&source) => {
            ensure!(kernels.contains(&kernel), "the failure names kernel `{kernel}`, which is none of {kernels:?}");
        }
        other => ensure!(false, "a failure of embedding that names argument `ids` is due, got {other:?}"),
    }
    Ok(())
}

fn later_work_is_skipped_and_counted(device: &dyn Device) -> Outcome {
    let (stream, log) = (device.create_stream()?, Log::default());
    let (x, y) = (vector(device, &[1.])?, vector(device, &[5.])?);
    affine(device, &stream, &x, 1., 1.)?;
    device.embedding(&stream, failing(device)?)?;
    affine(device, &stream, &x, 1., 10.)?;
    stream.copy(x.buffer().all(), y.buffer().all())?;
    let called = log.clone();
    stream.call_host(move || called.push(1))?;
    refuses!(stream.synchronize(), Error::Execution { op: OpKind::Embedding, skipped: 3, .. });
    let (x, y) = (device.download::<f32>(&stream, &x)?, device.download::<f32>(&stream, &y)?);
    ensure!(x == [2.], "work before the failure is to be done and work behind it is not: {x:?} in place of [2.0]");
    ensure!(y == [5.], "a copy behind the failure was made");
    ensure!(log.entries().is_empty(), "a callback behind the failure was called");
    Ok(())
}

fn stream_works_again_after_reporting(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1.])?;
    for round in 1..=3 {
        device.embedding(&stream, failing(device)?)?;
        refuses!(stream.synchronize(), Error::Execution { skipped: 0, .. });
        stream.synchronize()?;
        affine(device, &stream, &x, 1., 1.)?;
        let got = device.download::<f32>(&stream, &x)?;
        ensure!(got == [1. + round as f32], "after failure {round}, {round} steps from 1 gave {got:?}");
    }
    Ok(())
}

fn first_failure_is_the_one_reported(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    stream.call_host(|| std::panic::resume_unwind(Box::new("on purpose")))?;
    device.embedding(&stream, failing(device)?)?;
    refuses!(stream.synchronize(), Error::Task { skipped: 1, .. });
    Ok(stream.synchronize()?)
}

fn other_streams_go_on(device: &dyn Device) -> Outcome {
    let (bad, good) = (device.create_stream()?, device.create_stream()?);
    let x = vector(device, &[1.])?;
    device.embedding(&bad, failing(device)?)?;
    affine(device, &good, &x, 1., 1.)?;
    let got = device.download::<f32>(&good, &x)?;
    ensure!(got == [2.], "one stream's failure reached another: 1 + 1 is {got:?}");
    refuses!(bad.synchronize(), Error::Execution { .. });
    Ok(())
}

fn download_reports(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1.])?;
    device.embedding(&stream, failing(device)?)?;
    refuses!(device.download::<f32>(&stream, &x), Error::Execution { op: OpKind::Embedding, .. });
    Ok(())
}

fn device_synchronisation_reports(device: &dyn Device) -> Outcome {
    let (bad, good) = (device.create_stream()?, device.create_stream()?);
    let x = vector(device, &[1.])?;
    device.embedding(&bad, failing(device)?)?;
    affine(device, &good, &x, 1., 1.)?;
    refuses!(device.synchronize(), Error::Execution { op: OpKind::Embedding, .. });
    device.synchronize()?;
    Ok(bad.synchronize()?)
}

fn failure_of_a_dropped_stream_is_not_lost(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    device.embedding(&stream, failing(device)?)?;
    drop(stream);
    refuses!(device.synchronize(), Error::Execution { op: OpKind::Embedding, .. });
    Ok(device.synchronize()?)
}

fn marks_are_reached_on_a_failed_stream(device: &dyn Device) -> Outcome {
    let (bad, good, event) = (device.create_stream()?, device.create_stream()?, device.create_event()?);
    let x = vector(device, &[1.])?;
    device.embedding(&bad, failing(device)?)?;
    bad.record(&event)?;
    good.wait(&event)?;
    affine(device, &good, &x, 1., 1.)?;
    let got = device.download::<f32>(&good, &x)?;
    ensure!(got == [2.], "behind a failed stream's mark, 1 + 1 is {got:?}");
    event.synchronize()?;
    refuses!(bad.synchronize(), Error::Execution { skipped: 0, .. });
    Ok(())
}
