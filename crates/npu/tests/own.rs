//! Kernels of a device image on the simulated CANN: loading, arguments, the order of the stream, and who is picked.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use ascend_hal::ops::{Activation, ActivationKind};
use ascend_hal::{Choice, DType, Device, DeviceExt, Error, KernelInfo, OpCall, OpKind, Origin};
use ascend_npu::{NpuDevice, OwnImage, OwnKernel, OwnLaunch};

/// `y = x * factor`, through the workspace.
fn scale(launch: &ascend_sim::kernels::Launch<'_>) -> Result<(), String> {
    let words = |argument: usize| {
        let memory = launch.allocation(launch.argument(8 * argument).ok_or("too few arguments")?)?;
        Ok::<_, String>((memory.as_ptr().cast::<f32>(), memory.size_bytes() / 4))
    };
    let ((x, _), (y, _), (workspace, room), (tiling, _)) = (words(0)?, words(1)?, words(3)?, words(4)?);
    if launch.argument(16) != Some(0) || launch.blocks != 3 || launch.arguments.len() != 40 {
        return Err(format!("not what was planned: {launch:?}"));
    }
    // SAFETY: the test's tensors have at least four elements, the tiling struct has two words.
    unsafe {
        let (count, factor) = (*tiling.cast::<u32>() as usize, *tiling.add(1));
        if room < count {
            return Err(format!("a workspace of {room} words"));
        }
        (0..count).for_each(|i| *workspace.add(i) = *x.add(i) * factor);
        (0..count).for_each(|i| *y.add(i) = *workspace.add(i));
    }
    Ok(())
}

fn plan(image: &OwnImage, call: &OpCall, cube_cores: u32) -> Result<OwnLaunch, String> {
    let OpCall::Activation(op) = call else { return Err("another op".into()) };
    if op.kind != ActivationKind::GeluTanh {
        return Err("another function".into());
    }
    assert!(cube_cores >= 20, "those of the chip");
    let (count, factor) = (op.x.numel(), 3f32);
    Ok(OwnLaunch {
        image: image.clone(),
        function: "npu_test_scale",
        blocks: 3,
        arguments: vec![Some(op.x.clone()), Some(op.y.view()), None],
        workspace_bytes: count * 4,
        tiling: [(count as u32).to_le_bytes(), factor.to_le_bytes()].concat(),
    })
}

fn kernel(image: OwnImage, info: KernelInfo, automatic: bool) -> OwnKernel {
    OwnKernel { info, automatic, plan: Box::new(move |call, cube_cores| plan(&image, call, cube_cores)) }
}

fn device(automatic: bool) -> Arc<NpuDevice> {
    device_at(0, automatic)
}

fn device_at(index: u32, automatic: bool) -> Arc<NpuDevice> {
    ascend_sim::kernels::register("npu_test_scale", scale);
    let device = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", index).unwrap();
    let info = KernelInfo {
        name: "scale".into(),
        op: OpKind::Activation,
        origin: Origin::Own,
        dtypes: vec![DType::F32].into(),
        constraints: "".into(),
    };
    device.add_own([kernel(device.load_image(b"an image").unwrap(), info, automatic)]).unwrap();
    device
}

fn activate(device: &NpuDevice, kind: ActivationKind, choice: &Choice) -> Result<Vec<f32>, Error> {
    let stream = device.create_stream()?;
    // Not at the start of its buffer.
    let x = device.upload(&[9f32, 9., 9., 9., 9., 9., 9., 9., 0., 1., -1., 2.], [12])?.narrow(0, 8, 4)?;
    let y = device.empty(DType::F32, [4])?;
    device.enqueue(&stream, Activation::new(x, kind, y.clone()).into(), choice)?;
    device.download::<f32>(&stream, &y)
}

#[test]
fn a_kernel_of_an_image_runs_when_it_is_asked_for() {
    let device = device(false);
    for choice in ["own", "scale"] {
        assert_eq!(activate(&device, ActivationKind::GeluTanh, &Choice::parse(choice)).unwrap(), [0., 3., -3., 6.]);
    }
    let automatic = activate(&device, ActivationKind::GeluTanh, &Choice::Auto).unwrap();
    assert!((automatic[1] - 0.8412).abs() < 1e-4, "the vendor's: {automatic:?}");
}

#[test]
fn a_kernel_of_an_image_goes_first_once_it_is_automatic() {
    assert_eq!(activate(&device(true), ActivationKind::GeluTanh, &Choice::Auto).unwrap(), [0., 3., -3., 6.]);
}

#[test]
fn a_call_that_is_not_covered_is_refused_with_the_reason_and_goes_elsewhere_by_itself() {
    let device = device(true);
    let refused = activate(&device, ActivationKind::Silu, &Choice::Origin(Origin::Own)).unwrap_err();
    assert!(matches!(&refused, Error::Unsupported { why, .. } if why.contains("`scale`: another function")), "{refused}");
    assert!((activate(&device, ActivationKind::Silu, &Choice::Auto).unwrap()[1] - 0.7311).abs() < 1e-4);
}

#[test]
fn a_second_image_with_a_kernel_of_the_same_name_is_refused() {
    let device = device(false);
    let info = device.kernels().list(OpKind::Activation).iter().find(|k| k.info().name == "scale").unwrap().info().clone();
    let again = device.add_own([kernel(device.load_image(b"another").unwrap(), info, true)]);
    assert!(matches!(again, Err(Error::KernelExists { .. })), "{again:?}");
}

#[test]
fn tiling_structs_that_never_come_twice_do_not_pile_up() {
    // A device of its own: what the other tests have on theirs is not counted.
    let device = device_at(1, false);
    let allocations = || ascend_sim::alive().iter().filter(|what| what.ends_with(" on device 1")).count();
    let stream = device.create_stream().unwrap();
    let x = device.upload(&[1f32; 3000], [3000]).unwrap();
    let y = device.empty(DType::F32, [3000]).unwrap();
    let own = Choice::Origin(Origin::Own);
    let before = allocations();
    for count in 4..3000 {
        let op = Activation::new(x.narrow(0, 0, count).unwrap(), ActivationKind::GeluTanh, y.view().narrow(0, 0, count).unwrap().to_mut());
        device.enqueue(&stream, op.into(), &own).unwrap();
        if count % 100 == 0 {
            // What is let go of is in use until the stream has passed it, and the stream may be far behind.
            stream.synchronize().unwrap();
        }
    }
    let more = allocations() - before;
    assert_eq!(device.download::<f32>(&stream, &y).unwrap()[..2999], [3f32; 2999]);
    assert!(more < 1000, "2996 structs left {more} allocations behind");
}

#[test]
fn an_image_of_another_device_is_refused() {
    let (device, other) = (device(false), NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0).unwrap());
    let info = device.kernels().list(OpKind::Activation).iter().find(|k| k.info().name == "scale").unwrap().info().clone();
    let foreign = KernelInfo { name: "foreign".into(), ..info };
    device.add_own([kernel(other.load_image(b"an image").unwrap(), foreign, false)]).unwrap();
    let refused = activate(&device, ActivationKind::GeluTanh, &Choice::parse("foreign"));
    assert!(matches!(refused, Err(Error::ForeignHandle { what: "the device image" })), "{refused:?}");
}

#[test]
fn an_empty_image_is_refused_by_cann() {
    let device = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0).unwrap();
    // From memory, or through a file.
    assert!(matches!(device.load_image(b""), Err(Error::Backend { call, .. }) if call.starts_with("aclrtBinaryLoadFrom")));
}
