//! What is refused before anything is enqueued, and what is not.

use ascend_hal::ops::{Copy, Elementwise};
use ascend_hal::{Choice, DType, Device, DeviceExt, Error, OpKind, Support, host};

use super::Outcome;
use super::probe::{ELSEWHERE, Foreign, affine, checks, ensure, refuses, vector};

checks!("arguments":
    empty_tensors_go_through_ops_and_copies,
    overlapping_output_is_refused,
    two_rows_of_one_buffer_are_apart,
    in_place_is_allowed_where_the_contract_says_so,
    repeated_output_elements_are_refused,
    wrong_shapes_are_refused_and_leave_the_stream_alone,
    tensors_of_another_device_are_refused,
    streams_of_another_device_are_refused,
    events_of_another_device_are_refused,
    unsupported_calls_say_why,
);

fn empty_tensors_go_through_ops_and_copies(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    for shape in [[0, 4], [3, 0], [0, 0]] {
        let (x, y) = (device.zeros(DType::F32, shape)?, device.empty(DType::F32, shape)?);
        device.elementwise(&stream, Elementwise::affine(x.view(), 2., 1., y.clone()))?;
        device.copy(&stream, Copy::new(x.view(), y.clone()))?;
        stream.copy(x.buffer().all(), y.buffer().all())?;
        let back = device.download::<f32>(&stream, &y)?;
        ensure!(back.is_empty(), "shape {shape:?} came back with {} elements", back.len());
    }
    Ok(())
}

fn overlapping_output_is_refused(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1., 2., 3., 4.])?;
    let (a, y) = (x.narrow(0, 0, 3)?, x.narrow(0, 1, 3)?.to_mut());
    refuses!(
        device.elementwise(&stream, Elementwise::affine(a, 1., 1., y)),
        Error::Overlap { op: OpKind::Elementwise, output: "y", other: "a" }
    );
    let back = device.download::<f32>(&stream, &x)?;
    ensure!(back == [1., 2., 3., 4.], "a refused call has written: {back:?}");
    Ok(())
}

fn two_rows_of_one_buffer_are_apart(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = device.upload(&[1f32, 2., 0., 0.], [2, 2])?;
    device.elementwise(&stream, Elementwise::affine(x.select(0, 0)?, 10., 0., x.select(0, 1)?.to_mut()))?;
    let back = device.download::<f32>(&stream, &x)?;
    ensure!(back == [1., 2., 10., 20.], "row 1 was to be ten times row 0: {back:?}");
    Ok(())
}

fn in_place_is_allowed_where_the_contract_says_so(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1., 2., 3.])?;
    affine(device, &stream, &x, 2., 0.)?;
    device.elementwise(&stream, Elementwise::add(x.clone(), x.clone(), x.to_mut()))?;
    let back = device.download::<f32>(&stream, &x)?;
    ensure!(back == [4., 8., 12.], "doubled twice in place, [1, 2, 3] became {back:?}");
    let copy = Copy::new(x.clone(), x.narrow(0, 0, 3)?.to_mut());
    if ascend_hal::OpCall::from(copy.clone()).check().is_err() {
        refuses!(device.copy(&stream, copy), Error::Overlap { .. });
    }
    Ok(())
}

fn repeated_output_elements_are_refused(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1., 2., 3.])?;
    let y = vector(device, &[0.])?.broadcast([3])?.to_mut();
    refuses!(device.elementwise(&stream, Elementwise::affine(x, 1., 0., y)), Error::Overlap { .. });
    Ok(stream.synchronize()?)
}

fn wrong_shapes_are_refused_and_leave_the_stream_alone(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (x, y) = (vector(device, &[1., 2., 3.])?, device.empty(DType::F32, [4])?);
    let z = device.empty(DType::F16, [3])?;
    refuses!(device.elementwise(&stream, Elementwise::affine(x.clone(), 1., 0., y)), Error::Shape { .. } | Error::Argument { .. });
    refuses!(device.elementwise(&stream, Elementwise::affine(x.clone(), 1., 0., z)), Error::DType { .. });
    stream.synchronize()?;
    affine(device, &stream, &x, 1., 1.)?;
    let back = device.download::<f32>(&stream, &x)?;
    ensure!(back == [2., 3., 4.], "after refused calls, x + 1 is {back:?}");
    Ok(())
}

fn tensors_of_another_device_are_refused(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let (own, on_host) = (vector(device, &[1., 2.])?, host::tensor(&[1f32, 2.], [2])?);
    let read = Elementwise::affine(on_host.clone(), 1., 0., own.to_mut());
    let written = Elementwise::affine(own.clone(), 1., 0., on_host.to_mut());
    refuses!(device.elementwise(&stream, read), Error::WrongDevice { what, .. } if what.contains("`a`"));
    refuses!(device.elementwise(&stream, written), Error::WrongDevice { what, .. } if what.contains("`y`"));
    let elsewhere = ascend_hal::TensorView::contiguous(Foreign { claims: ELSEWHERE }.buffer(), DType::F32, [2])?;
    refuses!(device.elementwise(&stream, Elementwise::affine(elsewhere, 1., 0., own.to_mut())), Error::WrongDevice { .. });
    Ok(stream.synchronize()?)
}

fn streams_of_another_device_are_refused(device: &dyn Device) -> Outcome {
    let x = vector(device, &[1.])?;
    let call = || Elementwise::affine(x.clone(), 1., 0., x.to_mut());
    refuses!(device.elementwise(&Foreign { claims: ELSEWHERE }.stream(), call()), Error::WrongDevice { .. });
    refuses!(device.elementwise(&Foreign { claims: device.info().id }.stream(), call()), Error::ForeignHandle { .. });
    let own = device.create_stream()?;
    own.begin_capture()?;
    affine(device, &own, &x, 1., 0.)?;
    let graph = own.end_capture()?.instantiate()?;
    refuses!(graph.launch(&Foreign { claims: ELSEWHERE }.stream()), Error::WrongDevice { .. } | Error::ForeignHandle { .. });
    Ok(())
}

fn events_of_another_device_are_refused(device: &dyn Device) -> Outcome {
    let (stream, own) = (device.create_stream()?, device.create_event()?);
    let foreign = Foreign { claims: ELSEWHERE }.event();
    refuses!(stream.record(&foreign), Error::ForeignHandle { .. });
    refuses!(stream.wait(&foreign), Error::ForeignHandle { .. });
    stream.record(&own)?;
    stream.synchronize()?;
    refuses!(own.elapsed_since(&foreign), Error::ForeignHandle { .. });
    Ok(())
}

fn unsupported_calls_say_why(device: &dyn Device) -> Outcome {
    let x = vector(device, &[1.])?;
    let call = ascend_hal::OpCall::from(Elementwise::affine(x.clone(), 1., 0., x.to_mut()));
    let plain = device.support(&call, &Choice::Auto);
    ensure!(plain != (Support::Unsupported { why: String::new() }) && !matches!(plain, Support::Unsupported { .. }), "{plain:?}");
    let Support::Unsupported { why } = device.support(&call, &Choice::Name("no such kernel".into())) else {
        return Err(super::Violation::Rule("a kernel that does not exist is supported".into()));
    };
    ensure!(why.contains("no such kernel"), "the reason does not name what was asked for: {why}");
    Ok(())
}
