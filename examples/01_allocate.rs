//! Allocate device memory, copy into it and out of it, look at it through views: `cargo run --example 01_allocate`

use ascend_compute::{DType, DeviceExt, Error, Result, open};

pub(crate) fn main() -> Result<()> {
    for probe in ascend_compute::devices() {
        match probe.info {
            Ok(info) => println!("{:6} {}, {} threads, {} MiB", probe.name, info.name, info.compute_units, info.memory_bytes >> 20),
            Err(why) => println!("{:6} {why}", probe.name),
        }
    }
    let device = open("auto")?;
    let stream = device.create_stream()?;

    // Copies from and to slices are done when they return.
    let x = device.upload(&[1f32, 2., 3., 4., 5., 6.], [2, 3])?;
    assert_eq!(device.download::<f32>(&stream, &x)?, [1., 2., 3., 4., 5., 6.]);

    // Views share the memory: a column, the transpose.
    assert_eq!(device.download::<f32>(&stream, &x.narrow(1, 1, 1)?)?, [2., 5.]);
    assert_eq!(device.download::<f32>(&stream, &x.t()?)?, [1., 4., 2., 5., 3., 6.]);

    // Copies on a stream take buffers, and pinned ones on the host's side. They are in order with everything else on the stream.
    let y = device.empty(DType::F32, [2, 3])?;
    let pinned = device.alloc_pinned(y.size_bytes())?;
    stream.copy(x.buffer().all(), y.buffer().all())?;
    stream.copy(y.buffer().all(), pinned.all())?;
    stream.synchronize()?;
    let mut last = [0; 4];
    device.read(&pinned, 20, &mut last)?;
    assert_eq!(f32::from_le_bytes(last), 6.);

    // Dropping the last handle frees the memory.
    let before = device.memory()?;
    drop((x, y, pinned));
    let after = device.memory()?;
    println!("in use: {} bytes, then {}; at most {}", before.used_bytes, after.used_bytes, after.peak_bytes);
    assert_eq!(after.used_bytes, 0);

    // Too much is an error, not an abort.
    match device.alloc(usize::MAX) {
        Err(e @ Error::OutOfMemory { .. }) => println!("{e}"),
        other => panic!("{other:?}"),
    }
    Ok(())
}
