//! Order and time: streams and events.

use std::time::{Duration, Instant};

use ascend_hal::{Device, DeviceExt, Error};

use super::Outcome;
use super::probe::{affine, checks, ensure, large, refuses, vector};

checks!("order":
    ops_of_a_stream_run_in_order,
    ops_and_copies_of_a_stream_run_in_order,
    event_orders_two_streams,
    wait_means_the_mark_recorded_last_before_it,
    unrecorded_event_counts_as_reached,
    event_is_reached_after_its_work,
    elapsed_time_is_that_of_the_work_between,
    elapsed_time_needs_two_marks,
    idle_after_synchronising,
    device_synchronises_all_streams,
);

fn ops_of_a_stream_run_in_order(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[0., 1., 2.])?;
    // x * 2 + 1, twenty times: x * 2^20 + 2^20 - 1. Any other order, or an op left out, gives another number.
    for _ in 0..20 {
        affine(device, &stream, &x, 2., 1.)?;
    }
    let (back, n) = (device.download::<f32>(&stream, &x)?, (1 << 20) as f32);
    ensure!(back == [n - 1., 2. * n - 1., 3. * n - 1.], "twenty steps of 2x + 1 from [0, 1, 2] gave {back:?}");
    Ok(())
}

fn ops_and_copies_of_a_stream_run_in_order(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (x, y) = (vector(device, &[1.; 1000])?, vector(device, &[0.; 1000])?);
    for _ in 0..10 {
        affine(device, &stream, &x, 1., 1.)?;
        stream.copy(x.buffer().all(), y.buffer().all())?;
        affine(device, &stream, &x, 2., 0.)?;
    }
    let mut wanted = 1f32;
    let mut copied = 0.;
    for _ in 0..10 {
        copied = wanted + 1.;
        wanted = copied * 2.;
    }
    let (x, y) = (device.download::<f32>(&stream, &x)?, device.download::<f32>(&stream, &y)?);
    ensure!(
        x == [wanted; 1000] && y == [copied; 1000],
        "ops and copies alternate: {wanted} and {copied} are due, got {} and {}",
        x[0],
        y[0]
    );
    Ok(())
}

fn event_orders_two_streams(device: &dyn Device) -> Outcome {
    let (one, two) = (device.create_stream()?, device.create_stream()?);
    let (there, back) = (device.create_event()?, device.create_event()?);
    let x = vector(device, &[1.; 4096])?;
    for _ in 0..8 {
        affine(device, &one, &x, 2., 0.)?;
        one.record(&there)?;
        two.wait(&there)?;
        affine(device, &two, &x, 1., 1.)?;
        two.record(&back)?;
        one.wait(&back)?;
    }
    one.synchronize()?;
    let wanted = (0..8).fold(1f32, |x, _| 2. * x + 1.);
    let got = device.download::<f32>(&two, &x)?;
    ensure!(got == [wanted; 4096], "two streams in turns should give {wanted}, got {}", got[0]);
    Ok(())
}

fn wait_means_the_mark_recorded_last_before_it(device: &dyn Device) -> Outcome {
    let (one, two) = (device.create_stream()?, device.create_stream()?);
    let event = device.create_event()?;
    let x = vector(device, &[1.; 64])?;
    one.record(&event)?;
    affine(device, &one, &x, 3., 0.)?;
    one.record(&event)?;
    two.wait(&event)?;
    affine(device, &two, &x, 1., 1.)?;
    two.synchronize()?;
    // Moves the mark; nobody may be left waiting for the old one.
    one.record(&event)?;
    event.synchronize()?;
    let got = device.download::<f32>(&two, &x)?;
    ensure!(got == [4.; 64], "the second stream did not wait for the second mark: {}", got[0]);
    Ok(())
}

fn unrecorded_event_counts_as_reached(device: &dyn Device) -> Outcome {
    let (stream, event) = (device.create_stream()?, device.create_event()?);
    ensure!(event.is_reached()?, "an event that was never recorded is not reached");
    event.synchronize()?;
    stream.wait(&event)?;
    let x = vector(device, &[1.])?;
    affine(device, &stream, &x, 1., 1.)?;
    let got = device.download::<f32>(&stream, &x)?;
    ensure!(got == [2.], "after waiting for an unrecorded event, 1 + 1 is {got:?}");
    Ok(())
}

fn event_is_reached_after_its_work(device: &dyn Device) -> Outcome {
    let (stream, event) = (device.create_stream()?, device.create_event()?);
    let x = large(device)?.view();
    for _ in 0..16 {
        affine(device, &stream, &x, 1., 1.)?;
    }
    stream.record(&event)?;
    event.synchronize()?;
    ensure!(event.is_reached()?, "an event is not reached after waiting for it");
    let mut first = [0; 4];
    device.read(x.buffer(), 0, &mut first)?;
    ensure!(f32::from_le_bytes(first) == 16., "the event was reached before its work was done: {}", f32::from_le_bytes(first));
    Ok(())
}

fn elapsed_time_is_that_of_the_work_between(device: &dyn Device) -> Outcome {
    const NAP: Duration = Duration::from_millis(20);
    let stream = device.create_stream()?;
    let (start, middle, end) = (device.create_event()?, device.create_event()?, device.create_event()?);
    let clock = Instant::now();
    stream.record(&start)?;
    stream.call_host(|| std::thread::sleep(NAP))?;
    stream.record(&middle)?;
    stream.call_host(|| std::thread::sleep(NAP))?;
    stream.record(&end)?;
    stream.synchronize()?;
    let wall = clock.elapsed();
    let (half, all) = (middle.elapsed_since(&start)?, end.elapsed_since(&start)?);
    // Clocks of device and host may differ by a little.
    let slack = Duration::from_millis(2);
    ensure!(half + slack >= NAP, "{NAP:?} of work between two marks took {half:?}");
    ensure!(all + slack >= 2 * NAP && all >= half, "{:?} of work between the first and the last mark took {all:?}", 2 * NAP);
    ensure!(all <= wall + slack, "the marks are {all:?} apart, but only {wall:?} went by");
    Ok(())
}

fn elapsed_time_needs_two_marks(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (set, unset) = (device.create_event()?, device.create_event()?);
    stream.record(&set)?;
    stream.synchronize()?;
    refuses!(set.elapsed_since(&unset), Error::State { .. });
    refuses!(unset.elapsed_since(&set), Error::State { .. });
    let same = set.elapsed_since(&set)?;
    ensure!(same == Duration::ZERO, "an event is {same:?} from itself");
    Ok(())
}

fn idle_after_synchronising(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    ensure!(stream.is_idle()?, "a new stream is not idle");
    let x = large(device)?.view();
    affine(device, &stream, &x, 1., 1.)?;
    stream.synchronize()?;
    ensure!(stream.is_idle()?, "a stream is not idle after synchronising");
    Ok(())
}

fn device_synchronises_all_streams(device: &dyn Device) -> Outcome {
    let streams: Vec<_> = (0..4).map(|_| device.create_stream()).collect::<Result<_, _>>()?;
    let tensors: Vec<_> = streams.iter().map(|_| large(device)).collect::<Result<_, _>>()?;
    for (stream, x) in streams.iter().zip(&tensors) {
        for _ in 0..4 {
            affine(device, stream, x, 1., 1.)?;
        }
    }
    device.synchronize()?;
    for (i, x) in tensors.iter().enumerate() {
        let mut last = [0; 4];
        device.read(x.buffer(), x.buffer().size_bytes() - 4, &mut last)?;
        ensure!(f32::from_le_bytes(last) == 4., "stream {i} was not done: {}", f32::from_le_bytes(last));
    }
    Ok(())
}
