//! Host callbacks.

use ascend_hal::{Device, DeviceExt, Error};

use super::Outcome;
use super::probe::{Log, affine, checks, ensure, refuses, vector};

checks!("callbacks":
    callbacks_run_once_and_in_order,
    callback_comes_after_earlier_work_and_before_later,
    callbacks_of_two_streams_are_ordered_by_an_event,
    panic_in_a_callback_is_stopped_and_reported,
);

fn callbacks_run_once_and_in_order(device: &dyn Device) -> Outcome {
    let (stream, log) = (device.create_stream()?, Log::default());
    let x = vector(device, &[1.])?;
    for i in 0..50 {
        let log = log.clone();
        affine(device, &stream, &x, 1., 1.)?;
        stream.call_host(move || log.push(i))?;
    }
    stream.synchronize()?;
    let entries = log.entries();
    ensure!(entries == (0..50).collect::<Vec<_>>(), "callbacks ran in the order {entries:?}");
    Ok(())
}

fn callback_comes_after_earlier_work_and_before_later(device: &dyn Device) -> Outcome {
    let (stream, log) = (device.create_stream()?, Log::default());
    let pinned = device.alloc_pinned(4)?;
    let x = vector(device, &[1.])?;
    affine(device, &stream, &x, 1., 1.)?;
    stream.copy(x.buffer().all(), pinned.all())?;
    let (seen, host) = (log.clone(), pinned.clone());
    stream.call_host(move || {
        std::thread::sleep(std::time::Duration::from_millis(10));
        let mut bytes = [0; 4];
        if host.as_host().is_some_and(|memory| memory.read(0, &mut bytes).is_ok()) {
            seen.push(f32::from_le_bytes(bytes) as usize);
        }
    })?;
    affine(device, &stream, &x, 1., 1.)?;
    stream.copy(x.buffer().all(), pinned.all())?;
    stream.synchronize()?;
    // Pinned memory that the host cannot reach directly shows nothing here.
    let seen = log.entries();
    ensure!(seen == [2] || (seen.is_empty() && pinned.as_host().is_none()), "between two steps from 1, the callback saw {seen:?}");
    Ok(())
}

fn callbacks_of_two_streams_are_ordered_by_an_event(device: &dyn Device) -> Outcome {
    let (one, two, event) = (device.create_stream()?, device.create_stream()?, device.create_event()?);
    let log = Log::default();
    let (first, second) = (log.clone(), log.clone());
    one.call_host(move || {
        std::thread::sleep(std::time::Duration::from_millis(10));
        first.push(1);
    })?;
    one.record(&event)?;
    two.wait(&event)?;
    two.call_host(move || second.push(2))?;
    two.synchronize()?;
    let entries = log.entries();
    ensure!(entries == [1, 2], "callbacks of two streams ran in the order {entries:?}");
    Ok(one.synchronize()?)
}

fn panic_in_a_callback_is_stopped_and_reported(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1.])?;
    stream.call_host(|| std::panic::resume_unwind(Box::new("on purpose")))?;
    affine(device, &stream, &x, 1., 1.)?;
    refuses!(
        stream.synchronize(),
        Error::Task { skipped: 1, source, .. } if matches!(&*source, Error::Panicked { message } if message.contains("on purpose"))
    );
    affine(device, &stream, &x, 1., 1.)?;
    let got = device.download::<f32>(&stream, &x)?;
    ensure!(got == [2.], "one step from 1 was skipped and one was done, but the result is {got:?}");
    Ok(())
}
