//! Use from many threads.

use std::thread;

use ascend_hal::{Device, DeviceExt};

use super::probe::{Log, affine, checks, ensure, vector};
use super::{Outcome, Violation};

checks!("threads":
    each_thread_with_a_stream_of_its_own,
    many_threads_on_one_stream,
    a_thread_sees_its_own_work_in_order_on_a_shared_stream,
    many_threads_allocate_and_free,
    work_is_handed_from_thread_to_thread,
);

const THREADS: usize = 8;

/// Runs `work` on several threads; the first violation counts.
fn on_many(work: impl Fn(usize) -> Outcome + Sync) -> Outcome {
    thread::scope(|scope| {
        let work = &work;
        let running: Vec<_> = (0..THREADS).map(|i| scope.spawn(move || work(i))).collect();
        running.into_iter().try_for_each(|t| t.join().unwrap_or(Err(Violation::Panicked)))
    })
}

fn each_thread_with_a_stream_of_its_own(device: &dyn Device) -> Outcome {
    on_many(|i| {
        let stream = device.create_stream()?;
        let x = vector(device, &[i as f32; 300])?;
        for _ in 0..30 {
            affine(device, &stream, &x, 1., 2.)?;
        }
        let got = device.download::<f32>(&stream, &x)?;
        ensure!(got == [i as f32 + 60.; 300], "thread {i}: thirty steps of 2 from {i} gave {}", got[0]);
        Ok(())
    })
}

fn many_threads_on_one_stream(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[0.; 300])?;
    on_many(|_| {
        for _ in 0..50 {
            affine(device, &stream, &x, 1., 1.)?;
        }
        Ok(())
    })?;
    let got = device.download::<f32>(&stream, &x)?;
    let wanted = (THREADS * 50) as f32;
    ensure!(got == [wanted; 300], "{THREADS} threads with 50 steps each should give {wanted} everywhere, got {} and {}", got[0], got[299]);
    Ok(())
}

fn a_thread_sees_its_own_work_in_order_on_a_shared_stream(device: &dyn Device) -> Outcome {
    let (stream, log) = (device.create_stream()?, Log::default());
    on_many(|i| {
        for step in 0..40 {
            let log = log.clone();
            stream.call_host(move || log.push(i * 1000 + step))?;
        }
        Ok(())
    })?;
    stream.synchronize()?;
    let entries = log.entries();
    for i in 0..THREADS {
        let own: Vec<_> = entries.iter().filter(|&&e| e / 1000 == i).map(|e| e % 1000).collect();
        ensure!(own == (0..40).collect::<Vec<_>>(), "the callbacks of thread {i} ran in the order {own:?}");
    }
    Ok(())
}

fn many_threads_allocate_and_free(device: &dyn Device) -> Outcome {
    let start = device.memory()?;
    on_many(|i| {
        for round in 0..100 {
            let buffer = device.alloc(64 + i * 100 + round)?;
            device.write(&buffer, round, &[i as u8])?;
            let mut byte = [0xff];
            device.read(&buffer, round, &mut byte)?;
            ensure!(byte == [i as u8], "thread {i} wrote {i} and read {byte:?}");
        }
        Ok(())
    })?;
    device.synchronize()?;
    let end = device.memory()?;
    let (before, after) = ((start.used_bytes, start.allocations), (end.used_bytes, end.allocations));
    ensure!(before == after, "(bytes, allocations) were {before:?} and are {after:?} after everything was dropped");
    Ok(())
}

fn work_is_handed_from_thread_to_thread(device: &dyn Device) -> Outcome {
    let mut stream = device.create_stream()?;
    let x = vector(device, &[1.])?;
    for step in 0..THREADS {
        // Each thread owns the handle, works with it, and gives it back.
        stream = thread::scope(|scope| {
            let x = &x;
            let work = move || affine(device, &stream, x, 1., 1.).map(|()| stream);
            scope.spawn(work).join().map_err(|_| Violation::Panicked)?.map_err(Violation::from)
        })?;
        let got = device.download::<f32>(&stream, &x)?;
        ensure!(got == [step as f32 + 2.], "{} steps on as many threads gave {got:?}", step + 1);
    }
    Ok(())
}
