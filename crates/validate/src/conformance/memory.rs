//! Allocation, limits and accounting.

use ascend_hal::{DType, Device, DeviceExt, Error, Location, TensorView};

use super::Outcome;
use super::probe::{ELSEWHERE, Foreign, checks, ensure, refuses};

checks!("memory":
    zero_bytes_are_allowed,
    too_much_is_out_of_memory,
    what_does_not_fit_any_more_is_out_of_memory,
    accounting_returns_to_the_start,
    peak_is_the_most_at_once,
    clones_share_and_the_last_one_frees,
    bytes_come_back_as_written,
    allocations_are_apart,
    bytes_out_of_range_are_refused,
    views_beyond_the_buffer_are_refused,
    tensors_that_overflow_are_refused,
    pinned_memory_is_on_the_host,
    memory_of_another_device_is_refused,
);

fn zero_bytes_are_allowed(device: &dyn Device) -> Outcome {
    let buffer = device.alloc(0)?;
    ensure!(buffer.size_bytes() == 0, "the buffer has {} bytes", buffer.size_bytes());
    device.write(&buffer, 0, &[])?;
    device.read(&buffer, 0, &mut [])?;
    refuses!(device.read(&buffer, 0, &mut [0]), Error::OutOfRange { .. });
    Ok(())
}

fn too_much_is_out_of_memory(device: &dyn Device) -> Outcome {
    let before = device.memory()?;
    for bytes in [before.total_bytes.saturating_add(1), usize::MAX / 2, usize::MAX - 1, usize::MAX] {
        refuses!(device.alloc(bytes), Error::OutOfMemory { asked_bytes, .. } if asked_bytes == bytes);
        refuses!(device.alloc_pinned(usize::MAX - 1), Error::OutOfMemory { .. });
    }
    let after = device.memory()?;
    ensure!(after == before, "a refused allocation was counted: {before:?} became {after:?}");
    Ok(())
}

fn what_does_not_fit_any_more_is_out_of_memory(device: &dyn Device) -> Outcome {
    let held = device.alloc(1 << 20)?;
    let total = device.memory()?.total_bytes;
    // Fits into the whole device, but not beside the buffer that is held.
    refuses!(device.alloc(total - held.size_bytes() + 1), Error::OutOfMemory { .. });
    Ok(())
}

fn accounting_returns_to_the_start(device: &dyn Device) -> Outcome {
    let start = device.memory()?;
    {
        let buffers: Vec<_> = [1, 100, 4096, 0, 1 << 20].into_iter().map(|n| device.alloc(n)).collect::<Result<_, _>>()?;
        let now = device.memory()?;
        let asked: usize = buffers.iter().map(|b| b.size_bytes()).sum();
        ensure!(now.used_bytes >= start.used_bytes + asked, "{asked} bytes allocated, but {start:?} became {now:?}");
        ensure!(now.allocations == start.allocations + buffers.len(), "{} buffers allocated, but {start:?} became {now:?}", buffers.len());
    }
    device.synchronize()?;
    let end = device.memory()?;
    let (before, after) = ((start.used_bytes, start.allocations), (end.used_bytes, end.allocations));
    ensure!(before == after, "(bytes, allocations) were {before:?} and are {after:?} after everything was dropped");
    Ok(())
}

fn peak_is_the_most_at_once(device: &dyn Device) -> Outcome {
    let start = device.memory()?;
    drop(device.alloc(3 << 20)?);
    drop(device.alloc(1 << 20)?);
    device.synchronize()?;
    let end = device.memory()?;
    let least = start.used_bytes + (3 << 20);
    ensure!(end.peak_bytes >= least, "3 MiB were held at once, but the peak is {} of at least {least} bytes", end.peak_bytes);
    ensure!(end.peak_bytes < least + (1 << 20), "3 MiB were held at once and never 4, but the peak is {} bytes", end.peak_bytes);
    Ok(())
}

fn clones_share_and_the_last_one_frees(device: &dyn Device) -> Outcome {
    let start = device.memory()?.used_bytes;
    let first = device.alloc(1 << 16)?;
    let second = first.clone();
    device.write(&first, 5, &[42])?;
    drop(first);
    let mut byte = [0];
    device.read(&second, 5, &mut byte)?;
    ensure!(byte == [42], "a byte written through one handle reads {byte:?} through its clone");
    ensure!(device.memory()?.used_bytes >= start + (1 << 16), "the memory was freed while a handle was alive");
    drop(second);
    device.synchronize()?;
    ensure!(device.memory()?.used_bytes == start, "the memory was not freed with its last handle");
    Ok(())
}

fn bytes_come_back_as_written(device: &dyn Device) -> Outcome {
    let buffer = device.alloc(1000)?;
    let bytes: Vec<u8> = (0..1000).map(|i| (i * 7 % 251) as u8).collect();
    device.write(&buffer, 0, &bytes)?;
    device.write(&buffer, 500, &[1, 2, 3])?;
    let mut back = vec![0; 7];
    device.read(&buffer, 498, &mut back)?;
    let wanted = [bytes[498], bytes[499], 1, 2, 3, bytes[503], bytes[504]];
    ensure!(back == wanted, "wrote {wanted:?}, read {back:?}");
    Ok(())
}

fn allocations_are_apart(device: &dyn Device) -> Outcome {
    let buffers: Vec<_> = (0..8).map(|_| device.alloc(33)).collect::<Result<_, _>>()?;
    for (i, buffer) in buffers.iter().enumerate() {
        device.write(buffer, 0, &[i as u8; 33])?;
    }
    for (i, buffer) in buffers.iter().enumerate() {
        let mut back = [0xff; 33];
        device.read(buffer, 0, &mut back)?;
        ensure!(back == [i as u8; 33], "buffer {i} holds {back:?}: it shares memory with another one");
    }
    Ok(())
}

fn bytes_out_of_range_are_refused(device: &dyn Device) -> Outcome {
    let buffer = device.alloc(16)?;
    for (offset, len) in [(0, 17), (16, 1), (17, 0), (usize::MAX, 1), (usize::MAX, 2)] {
        refuses!(device.write(&buffer, offset, &vec![0; len]), Error::OutOfRange { .. });
        refuses!(device.read(&buffer, offset, &mut vec![0; len]), Error::OutOfRange { .. });
        refuses!(buffer.slice(offset, len), Error::OutOfRange { .. });
    }
    device.write(&buffer, 16, &[])?;
    device.read(&buffer, 15, &mut [0])?;
    Ok(())
}

fn views_beyond_the_buffer_are_refused(device: &dyn Device) -> Outcome {
    let buffer = device.alloc(16)?;
    refuses!(TensorView::contiguous(buffer.clone(), DType::F32, [5]), Error::View { .. });
    let view = TensorView::contiguous(buffer, DType::F32, [4])?;
    refuses!(view.narrow(0, 3, 2), Error::View { .. });
    refuses!(device.upload(&[1f32], [2]), Error::View { .. });
    Ok(())
}

fn tensors_that_overflow_are_refused(device: &dyn Device) -> Outcome {
    let before = device.memory()?;
    refuses!(device.empty(DType::F32, [usize::MAX, 2]), Error::Overflow { .. });
    refuses!(device.empty(DType::I64, [usize::MAX / 4]), Error::Overflow { .. });
    refuses!(device.zeros(DType::F32, [usize::MAX / 8]), Error::OutOfMemory { .. });
    ensure!(device.memory()? == before, "a refused tensor was counted");
    Ok(())
}

fn pinned_memory_is_on_the_host(device: &dyn Device) -> Outcome {
    let pinned = device.alloc_pinned(64)?;
    ensure!(pinned.location() == Location::Host, "pinned memory says that it is on {}", pinned.location());
    let on_device = device.alloc(64)?.location();
    ensure!(on_device == Location::Device(device.info().id), "device memory says that it is on {on_device}");
    device.write(&pinned, 3, &[9])?;
    let mut byte = [0];
    device.read(&pinned, 3, &mut byte)?;
    ensure!(byte == [9], "wrote 9 to pinned memory, read {byte:?}");
    Ok(())
}

fn memory_of_another_device_is_refused(device: &dyn Device) -> Outcome {
    let elsewhere = Foreign { claims: ELSEWHERE }.buffer();
    refuses!(device.write(&elsewhere, 0, &[1]), Error::WrongDevice { .. });
    refuses!(device.read(&elsewhere, 0, &mut [1]), Error::WrongDevice { .. });
    let liar = Foreign { claims: device.info().id }.buffer();
    refuses!(device.write(&liar, 0, &[1]), Error::ForeignHandle { .. });
    refuses!(device.read(&liar, 0, &mut [1]), Error::ForeignHandle { .. });
    Ok(())
}
