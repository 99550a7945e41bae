//! Kernels: registering, choosing, removing.

use std::sync::Arc;

use ascend_hal::ops::{Elementwise, ElementwiseKind};
use ascend_hal::{
    Choice, DType, Device, DeviceExt, Error, FnKernel, Kernel, KernelInfo, Launch, OpCall, OpKind, Origin, Stream, Support, TensorView,
};

use super::probe::{checks, ensure, refuses, vector};
use super::{Outcome, Violation};

checks!("registry":
    every_op_that_is_listed_has_a_kernel,
    user_kernel_goes_first,
    kernel_is_chosen_by_name_and_by_origin,
    second_kernel_of_a_name_is_refused,
    removed_kernel_is_gone,
    unknown_name_lists_what_exists,
    kernel_runs_only_the_types_that_it_names,
    kernel_that_does_not_cover_the_call_is_passed_over,
    support_tells_native_from_composed,
    panic_in_a_kernel_is_stopped_and_reported,
    recorded_call_keeps_its_kernel,
);

/// A kernel of elementwise that multiplies by `factor` whatever it was asked for: put together from the device's own kernel `base`.
fn factor(name: &'static str, origin: Origin, dtype: DType, factor: f32, base: String) -> Arc<dyn Kernel> {
    FnKernel::shared(info(name, origin, dtype), move |at: &Launch<'_>, call: &OpCall| {
        let op: &Elementwise = call.try_into()?;
        let op = Elementwise { kind: ElementwiseKind::Affine { scale: factor, offset: 0. }, ..op.clone() };
        at.device.enqueue(at.stream, op.into(), &Choice::Name(base.clone()))
    })
}

fn info(name: &'static str, origin: Origin, dtype: DType) -> KernelInfo {
    KernelInfo { name: name.into(), op: OpKind::Elementwise, origin, dtypes: vec![dtype].into(), constraints: "".into() }
}

/// The name of the kernel that the device came with.
fn built_in(device: &dyn Device) -> Result<String, Violation> {
    let kernels = device.kernels().list(OpKind::Elementwise);
    let name = kernels.iter().map(|k| k.info()).find(|info| info.origin != Origin::User).map(|info| info.name.to_string());
    name.ok_or_else(|| Violation::Rule("the device has no kernel for elementwise".into()))
}

/// `x + 1` with the chosen kernel, of `x = 1`.
fn one_plus_one(device: &dyn Device, stream: &Stream, choice: &Choice) -> ascend_hal::Result<f32> {
    let x = vector(device, &[1.])?;
    device.enqueue(stream, call(&x), choice)?;
    Ok(device.download::<f32>(stream, &x)?[0])
}

fn call(x: &TensorView) -> OpCall {
    Elementwise::affine(x.clone(), 1., 1., x.to_mut()).into()
}

fn every_op_that_is_listed_has_a_kernel(device: &dyn Device) -> Outcome {
    for &op in OpKind::ALL {
        let kernels = device.kernels().list(op);
        ensure!(kernels.iter().all(|k| k.info().op == op), "the kernels of {op} are of another op: {kernels:?}");
        let mut names: Vec<_> = kernels.iter().map(|k| k.info().name.to_string()).collect();
        names.sort();
        names.dedup();
        ensure!(names.len() == kernels.len(), "two kernels of {op} have one name: {kernels:?}");
    }
    built_in(device).map(|_| ())
}

fn user_kernel_goes_first(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    device.kernels().register(factor("threefold", Origin::User, DType::F32, 3., built_in(device)?))?;
    let got = one_plus_one(device, &stream, &Choice::Auto)?;
    ensure!(got == 3., "a user's kernel that gives 3 is registered, but the result is {got}");
    device.kernels().register(factor("fivefold", Origin::User, DType::F32, 5., built_in(device)?))?;
    let got = one_plus_one(device, &stream, &Choice::Auto)?;
    ensure!(got == 5., "the kernel registered last gives 5, but the result is {got}");
    Ok(())
}

fn kernel_is_chosen_by_name_and_by_origin(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let base = built_in(device)?;
    device.kernels().register(factor("threefold", Origin::User, DType::F32, 3., base.clone()))?;
    device.kernels().register(factor("sevenfold", Origin::Composed, DType::F32, 7., base.clone()))?;
    let choices = [
        (Choice::Name(base), 2.),
        (Choice::Name("threefold".into()), 3.),
        (Choice::Origin(Origin::User), 3.),
        (Choice::Name("sevenfold".into()), 7.),
    ];
    for (choice, wanted) in choices {
        let got = one_plus_one(device, &stream, &choice)?;
        ensure!(got == wanted, "choice {choice} is to give {wanted}, got {got}");
    }
    Ok(())
}

fn second_kernel_of_a_name_is_refused(device: &dyn Device) -> Outcome {
    let base = built_in(device)?;
    let kernel = |by| factor("threefold", Origin::User, DType::F32, by, base.clone());
    device.kernels().register(kernel(3.))?;
    refuses!(device.kernels().register(kernel(4.)), Error::KernelExists { op: OpKind::Elementwise, name } if name == "threefold");
    let got = one_plus_one(device, &device.create_stream()?, &Choice::Auto)?;
    ensure!(got == 3., "the kernel registered first gives 3, but the result is {got}");
    Ok(())
}

fn removed_kernel_is_gone(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    device.kernels().register(factor("threefold", Origin::User, DType::F32, 3., built_in(device)?))?;
    ensure!(device.kernels().remove(OpKind::Elementwise, "threefold"), "a registered kernel could not be removed");
    ensure!(!device.kernels().remove(OpKind::Elementwise, "threefold"), "a removed kernel was removed again");
    let got = one_plus_one(device, &stream, &Choice::Auto)?;
    ensure!(got == 2., "without the user's kernel, 1 + 1 is {got}");
    refuses!(one_plus_one(device, &stream, &Choice::Name("threefold".into())), Error::NoSuchKernel { .. });
    Ok(())
}

fn unknown_name_lists_what_exists(device: &dyn Device) -> Outcome {
    let (stream, base) = (device.create_stream()?, built_in(device)?);
    refuses!(
        one_plus_one(device, &stream, &Choice::Name("no such kernel".into())),
        Error::NoSuchKernel { op: OpKind::Elementwise, asked, found, .. } if asked.contains("no such kernel") && found.contains(&base)
    );
    refuses!(one_plus_one(device, &stream, &Choice::Origin(Origin::User)), Error::NoSuchKernel { .. });
    Ok(stream.synchronize()?)
}

fn kernel_runs_only_the_types_that_it_names(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    device.kernels().register(factor("halves", Origin::User, DType::F16, 3., built_in(device)?))?;
    let got = one_plus_one(device, &stream, &Choice::Auto)?;
    ensure!(got == 2., "a kernel for f16 was used for f32: {got}");
    refuses!(one_plus_one(device, &stream, &Choice::Name("halves".into())), Error::Unsupported { why, .. } if why.contains("f32"));
    Ok(())
}

/// A kernel that wants at least two elements.
struct Picky(KernelInfo);

impl Kernel for Picky {
    fn info(&self) -> &KernelInfo {
        &self.0
    }
    fn covers(&self, call: &OpCall) -> Result<(), String> {
        let mut elements = 0;
        call.visit(&mut |arg| elements = arg.view.numel());
        if elements >= 2 { Ok(()) } else { Err("fewer than two elements".into()) }
    }
    fn launch(&self, _: &Launch<'_>, _: &OpCall) -> ascend_hal::Result<()> {
        Err(Error::State { what: "kernel", asked: "a launch", found: "the call is not covered".into() })
    }
}

fn kernel_that_does_not_cover_the_call_is_passed_over(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    device.kernels().register(Arc::new(Picky(info("picky", Origin::User, DType::F32))))?;
    let got = one_plus_one(device, &stream, &Choice::Auto)?;
    ensure!(got == 2., "1 + 1 is {got}");
    refuses!(
        one_plus_one(device, &stream, &Choice::Name("picky".into())),
        Error::Unsupported { why, .. } if why.contains("fewer than two elements")
    );
    Ok(())
}

fn support_tells_native_from_composed(device: &dyn Device) -> Outcome {
    let x = vector(device, &[1.])?;
    let base = built_in(device)?;
    device.kernels().register(factor("sevenfold", Origin::Composed, DType::F32, 7., base.clone()))?;
    device.kernels().register(factor("threefold", Origin::User, DType::F32, 3., base))?;
    let support = |choice| device.support(&call(&x), &choice);
    let found = support(Choice::Name("sevenfold".into()));
    ensure!(found == Support::Composed, "a composed kernel is {found:?}");
    let found = support(Choice::Name("threefold".into()));
    ensure!(found == Support::Native, "a user's kernel is {found:?}");
    let found = support(Choice::Name("no such kernel".into()));
    ensure!(matches!(found, Support::Unsupported { .. }), "a kernel that does not exist is {found:?}");
    Ok(())
}

fn panic_in_a_kernel_is_stopped_and_reported(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let kernel = FnKernel::shared(info("panics", Origin::User, DType::F32), |_, _| std::panic::resume_unwind(Box::new("on purpose")));
    device.kernels().register(kernel)?;
    // A device may launch a kernel when it is enqueued or later.
    let outcome = one_plus_one(device, &stream, &Choice::Auto);
    let stopped = |e: &Error| matches!(e.root(), Error::Panicked { message } if message.contains("on purpose"));
    refuses!(&outcome, e if stopped(e));
    device.kernels().remove(OpKind::Elementwise, "panics");
    let got = one_plus_one(device, &stream, &Choice::Auto)?;
    ensure!(got == 2., "after a panic was stopped, 1 + 1 is {got}");
    Ok(())
}

fn recorded_call_keeps_its_kernel(device: &dyn Device) -> Outcome {
    let stream = device.create_stream()?;
    let x = vector(device, &[1.])?;
    device.kernels().register(factor("threefold", Origin::User, DType::F32, 3., built_in(device)?))?;
    stream.begin_capture()?;
    device.enqueue(&stream, call(&x), &Choice::Auto)?;
    let graph = stream.end_capture()?;
    device.kernels().remove(OpKind::Elementwise, "threefold");
    graph.instantiate()?.launch(&stream)?;
    let got = device.download::<f32>(&stream, &x)?;
    ensure!(got == [3.], "a call was recorded with a kernel that gives 3, its replay gave {got:?}");
    Ok(())
}
