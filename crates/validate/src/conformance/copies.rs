//! Copies on streams.

use ascend_hal::{BufferSlice, Device, Error, Result};

use super::Outcome;
use super::probe::{ELSEWHERE, Foreign, checks, ensure, refuses};

checks!("copies":
    every_direction_works,
    parts_land_where_asked,
    bytes_go_every_direction_from_and_to_any_offset,
    recorded_copies_go_every_direction,
    empty_copies_are_allowed,
    different_lengths_are_refused,
    overlapping_ranges_are_refused,
    ranges_of_one_buffer_may_be_apart,
    ranges_made_by_hand_are_checked,
    buffers_of_another_device_are_refused,
);

fn every_direction_works(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (from, to) = (device.alloc_pinned(256)?, device.alloc_pinned(256)?);
    let (a, b) = (device.alloc(256)?, device.alloc(256)?);
    let bytes: Vec<u8> = (0..=255).collect();
    device.write(&from, 0, &bytes)?;
    for (src, dst) in [(&from, &a), (&a, &b), (&b, &to)] {
        stream.copy(src.all(), dst.all())?;
    }
    stream.synchronize()?;
    let mut back = vec![0; 256];
    device.read(&to, 0, &mut back)?;
    ensure!(back == bytes, "host to device to device to host changed the bytes to {back:?}");
    let beside = device.alloc_pinned(256)?;
    stream.copy(to.all(), beside.all())?;
    stream.synchronize()?;
    device.read(&beside, 0, &mut back)?;
    ensure!(back == bytes, "host to host changed the bytes to {back:?}");
    Ok(())
}

fn parts_land_where_asked(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (src, dst) = (device.alloc(8)?, device.alloc(8)?);
    device.write(&src, 0, &[1, 2, 3, 4, 5, 6, 7, 8])?;
    device.write(&dst, 0, &[0; 8])?;
    stream.copy(src.slice(5, 3)?, dst.slice(1, 3)?)?;
    stream.synchronize()?;
    let mut back = [9; 8];
    device.read(&dst, 0, &mut back)?;
    ensure!(back == [0, 6, 7, 8, 0, 0, 0, 0], "bytes 5..8 were to land at 1..4, but the buffer holds {back:?}");
    Ok(())
}

/// What lies at the offsets of a chain of copies host, device, device, host, host; each copies the 70 bytes that the one before has left.
fn chain(device: &dyn Device, offsets: [usize; 5]) -> Result<([BufferSlice; 5], Vec<u8>)> {
    const LEN: usize = 70;
    let bytes: Vec<u8> = (0..LEN as u8).map(|at| at.wrapping_mul(37) ^ offsets[0] as u8).collect();
    let mut places = Vec::new();
    for (at, offset) in offsets.into_iter().enumerate() {
        let buffer = if [1, 2].contains(&at) { device.alloc(256)? } else { device.alloc_pinned(256)? };
        device.write(&buffer, 0, &[0xee; 256])?;
        places.push(buffer.slice(offset, LEN)?);
    }
    device.write(&places[0].buffer, offsets[0], &bytes)?;
    let places = places.try_into().map_err(|_| Error::State { what: "chain", asked: "five places", found: "others".into() })?;
    Ok((places, bytes))
}

/// Whether a place holds the bytes, and nothing beside it was touched.
fn holds(device: &dyn Device, place: &BufferSlice, bytes: &[u8]) -> Outcome {
    let mut all = vec![0; place.buffer.size_bytes()];
    device.read(&place.buffer, 0, &mut all)?;
    let (before, rest) = all.split_at(place.offset);
    let (found, after) = rest.split_at(place.len);
    ensure!(found == bytes, "{} bytes were to land at {}, but there are {found:?}", bytes.len(), place.offset);
    ensure!(
        before.iter().chain(after).all(|byte| *byte == 0xee),
        "bytes beside {}..{} were written",
        place.offset,
        place.offset + place.len
    );
    Ok(())
}

fn bytes_go_every_direction_from_and_to_any_offset(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    for offsets in [[0, 64, 128, 64, 0], [3, 64, 0, 0, 64], [64, 5, 7, 0, 1], [0, 0, 1, 9, 63], [1, 2, 66, 33, 65]] {
        let (places, bytes) = chain(device, offsets)?;
        for pair in places.windows(2) {
            stream.copy(pair[0].clone(), pair[1].clone())?;
        }
        stream.synchronize()?;
        for place in &places {
            holds(device, place, &bytes)?;
        }
    }
    Ok(())
}

fn recorded_copies_go_every_direction(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    for offsets in [[0; 5], [1, 2, 66, 33, 65]] {
        let (places, mut bytes) = chain(device, offsets)?;
        stream.begin_capture()?;
        for pair in places.windows(2) {
            stream.copy(pair[0].clone(), pair[1].clone())?;
        }
        let graph = stream.end_capture()?;
        ensure!(graph.task_count() == 4, "four copies were recorded, the graph has {} tasks", graph.task_count());
        let exec = graph.instantiate()?;
        for _ in 0..2 {
            bytes.iter_mut().for_each(|byte| *byte = byte.wrapping_add(1));
            device.write(&places[0].buffer, places[0].offset, &bytes)?;
            exec.launch(&stream)?;
            stream.synchronize()?;
            holds(device, &places[4], &bytes)?;
        }
    }
    Ok(())
}

fn empty_copies_are_allowed(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (none, some) = (device.alloc(0)?, device.alloc(8)?);
    stream.copy(none.all(), some.slice(8, 0)?)?;
    stream.copy(some.slice(3, 0)?, none.all())?;
    stream.copy(some.slice(3, 0)?, some.slice(3, 0)?)?;
    Ok(stream.synchronize()?)
}

fn different_lengths_are_refused(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (a, b) = (device.alloc(8)?, device.alloc(9)?);
    refuses!(stream.copy(a.all(), b.all()), Error::OutOfRange { .. });
    Ok(stream.synchronize()?)
}

fn overlapping_ranges_are_refused(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let buffer = device.alloc(16)?;
    for (src, dst, len) in [(0, 0, 16), (0, 4, 8), (4, 0, 8), (3, 3, 1)] {
        refuses!(stream.copy(buffer.slice(src, len)?, buffer.slice(dst, len)?), Error::State { .. });
    }
    Ok(stream.synchronize()?)
}

fn ranges_of_one_buffer_may_be_apart(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let buffer = device.alloc(8)?;
    device.write(&buffer, 0, &[1, 2, 3, 4, 0, 0, 0, 0])?;
    stream.copy(buffer.slice(0, 4)?, buffer.slice(4, 4)?)?;
    stream.synchronize()?;
    let mut back = [0; 8];
    device.read(&buffer, 0, &mut back)?;
    ensure!(back == [1, 2, 3, 4, 1, 2, 3, 4], "the two halves are {back:?}");
    Ok(())
}

fn ranges_made_by_hand_are_checked(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (a, b) = (device.alloc(8)?, device.alloc(8)?);
    for (offset, len) in [(4, 5), (9, 1), (usize::MAX, 2)] {
        let wild = || BufferSlice { buffer: a.clone(), offset, len };
        let tame = || BufferSlice { buffer: b.clone(), offset: 0, len };
        refuses!(stream.copy(wild(), tame()), Error::OutOfRange { .. });
        refuses!(stream.copy(tame(), wild()), Error::OutOfRange { .. });
        refuses!(stream.copy(wild(), wild()), Error::OutOfRange { .. });
    }
    Ok(stream.synchronize()?)
}

fn buffers_of_another_device_are_refused(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let own = device.alloc(64)?;
    let elsewhere = Foreign { claims: ELSEWHERE }.buffer();
    refuses!(stream.copy(elsewhere.all(), own.all()), Error::WrongDevice { .. });
    refuses!(stream.copy(own.all(), elsewhere.all()), Error::WrongDevice { .. });
    let liar = Foreign { claims: device.info().id }.buffer();
    refuses!(stream.copy(liar.all(), own.all()), Error::ForeignHandle { .. });
    refuses!(stream.copy(own.all(), liar.all()), Error::ForeignHandle { .. });
    Ok(stream.synchronize()?)
}
