//! From an Ascend C kernel of your own to a validated kernel of an NPU: `cargo run --release --example 06_own_kernel_on_npu`
//!
//! The source is `kernels/examples/silu.cpp`, which `validate_silu.rs` beside it proves under every schedule. `sim:0` runs it on the twin; on `npu:0` the same lines launch the
//! device image of a source that has one. `kernels/README.md` says how a source of another package gets into both.

use ascend_compute::npu::{NpuDevice, OwnImage, OwnKernel, OwnLaunch};
use ascend_compute::ops::{Activation, ActivationKind};
use ascend_compute::{Choice, DEVICE_IMAGES, DType, DeviceExt, Error, KernelInfo, OpCall, OpKind, Origin, kernels::twin, open};
use ascend_validate::{Options, report::Status, run};
use regex::Regex;

const NAME: &str = "my_silu";
/// Floats of a tile. Two buffers of two tiles are in the unified buffer, and a tile ends where a block of 32 bytes does: no two cores write into one.
const TILE: u32 = 4096;

/// The launch for a call on a chip with so many cube cores, each with two vector cores; or why the kernel does not cover it.
fn plan(image: &OwnImage, call: &OpCall, cube_cores: u32) -> Result<OwnLaunch, String> {
    let op: &Activation = call.try_into().map_err(|error: Error| error.to_string())?;
    if op.kind != ActivationKind::Silu {
        return Err(format!("{:?} is not SiLU", op.kind));
    }
    if !op.x.is_contiguous() || !op.y.is_contiguous() || !op.y.byte_span().start.is_multiple_of(32) {
        return Err("x and y must be row-major, y at a multiple of 32 bytes".into());
    }
    let count = u32::try_from(op.x.numel()).map_err(|_| "more floats than 32 bits count")?;
    Ok(OwnLaunch {
        image: image.clone(),
        function: "silu_f32",
        blocks: count.div_ceil(TILE).clamp(1, 2 * cube_cores),
        // As the entry has them; workspace and tiling struct come behind.
        arguments: vec![Some(op.x.clone()), Some(op.y.view())],
        workspace_bytes: 0,
        tiling: [count, TILE].map(u32::to_le_bytes).concat(),
    })
}

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    if let Some(why) = twin::missing() {
        println!("skipped: {why}");
        return Ok(());
    }
    let device = open("sim:0")?;
    let npu = NpuDevice::of(&*device).ok_or("not an NPU")?;
    let image = DEVICE_IMAGES.load(npu, "silu_f32")?;
    let info = KernelInfo {
        name: NAME.into(),
        op: OpKind::Activation,
        origin: Origin::Own,
        dtypes: vec![DType::F32].into(),
        constraints: "SiLU of row-major tensors".into(),
    };
    npu.add_own([OwnKernel { info, automatic: false, plan: Box::new(move |call, cores| plan(&image, call, cores)) }])?;

    // Asked for by its name: it runs, or the call is refused.
    let mine = Choice::Name(NAME.into());
    let stream = device.create_stream()?;
    let (x, y) = (device.upload(&[-1f32, 0., 1., f32::NEG_INFINITY], [4])?, device.empty(DType::F32, [4])?);
    device.enqueue(&stream, Activation::new(x, ActivationKind::Silu, y.clone()).into(), &mine)?;
    println!("silu of -1, 0, 1, -inf: {:?}", device.download::<f32>(&stream, &y)?);

    // Every case of the op against the f64 reference. Those of other functions, types and layouts are skipped, with the reason.
    let options = Options { op: Some(Regex::new("^activation$")?), choice: mine, ..Options::default() };
    let report = run(&[device], &options, &|_| ())?;
    println!("{NAME}: {} passed, {} failed, {} skipped", report.summary.passed, report.summary.failed, report.summary.skipped);
    for case in report.cases.iter().filter(|case| case.status != Status::Skipped) {
        assert!(case.kernel.starts_with(NAME), "{}: `{}` ran in place of `{NAME}`", case.name, case.kernel);
        assert_eq!(case.status, Status::Passed, "{}: {}", case.name, case.reason);
    }
    assert!(report.summary.passed > 0, "no case was covered");
    Ok(())
}
