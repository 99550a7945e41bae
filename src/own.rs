//! This project's own kernels on NPU devices.
//!
//! A card loads the device images that were made when this crate was built. On a simulated NPU the kernels run on the twin: whoever launches one by its name there gets
//! the same source, compiled for the host. Where neither is at hand the kernels are listed all the same, and say why they do not cover a call.

use std::collections::HashMap;
use std::sync::{Arc, Once};

use ascend_hal::{Device as _, Error, KernelInfo, OpCall, Origin, Result};
use ascend_kernels::KERNELS;
use ascend_kernels::ops::{Covering, OPS};
use ascend_kernels::twin::{self, Memory, Options};
use ascend_npu::{NpuDevice, OwnImage, OwnKernel, OwnLaunch};
use ascend_sys::soc::core_architecture;

use crate::images::{DeviceImage, DeviceImages};

/// Kernels that take part when nobody asks for them, by op and name.
///
/// None does yet: no card has shown one to be faster than the vendor's operator, or run it at all. `--kernels own`, a kernel's name or
/// [`Choice`](ascend_hal::Choice) asks for them.
const AUTOMATIC: &[(ascend_hal::OpKind, &str)] = &[];

/// More than any tiling struct has.
const TILING_BYTES: usize = 256;

/// Where a device finds the functions of the kernels.
enum Functions {
    /// In these images, or nowhere for the reason given.
    Loaded(HashMap<&'static str, std::result::Result<OwnImage, Arc<str>>>),
    /// Nowhere, for one reason.
    Nowhere(String),
}

impl Functions {
    fn image_of(&self, function: &str) -> std::result::Result<OwnImage, String> {
        match self {
            Self::Nowhere(why) => Err(why.clone()),
            Self::Loaded(functions) => match functions.get(function) {
                Some(Ok(image)) => Ok(image.clone()),
                Some(Err(why)) => Err(why.to_string()),
                None => Err(format!("no device image has a function {function}")),
            },
        }
    }
}

/// Adds the kernels to a simulated NPU.
///
/// # Errors
/// What the device has against the image.
pub(crate) fn add_to_simulated(device: &NpuDevice) -> Result<()> {
    if let Some(why) = twin::missing() {
        return add(device, Functions::Nowhere(format!("the kernels' twin was not built: {why}")));
    }
    register_twin();
    // What stands for an image there is the names of its functions.
    let image = device.load_image(KERNELS.iter().map(|kernel| format!("{}\n", kernel.name)).collect::<String>().as_bytes())?;
    add(device, Functions::Loaded(KERNELS.iter().map(|kernel| (kernel.name, Ok(image.clone()))).collect()))
}

/// Has the simulated CANN run the kernels on the twin.
fn register_twin() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| KERNELS.iter().for_each(|kernel| simulate(kernel.name)));
}

/// Has the simulated CANN run an entry of the twin.
fn simulate(function: &str) {
    let name = function.to_owned();
    ascend_sim::kernels::register(function, move |launch| run(&name, launch));
}

impl DeviceImages {
    /// The image with `function`, loaded on a device, for an [`OwnKernel`] of a program's own. On a simulated NPU it stands for the function, which then runs on the kernels'
    /// [twin](ascend_kernels::twin) there.
    ///
    /// Sources of other packages get into twin and images by `ASCEND_COMPUTE_KERNELS`, the folders that they are in; `kernels/README.md` goes through the steps, and
    /// `examples/06_own_kernel_on_npu.rs` is one that runs.
    ///
    /// # Errors
    /// [`Error::Missing`] with the reason why there is none; [`Error::Backend`] when CANN does not load it.
    pub fn load(&self, device: &NpuDevice, function: &str) -> Result<OwnImage> {
        let missing = |why: String| Error::Missing { what: "a device image for the kernel", why: format!("`{function}`: {why}") };
        if device.info().id.backend == "sim" {
            if let Some(why) = twin::missing() {
                return Err(missing(format!("the kernels' twin was not built: {why}")));
            }
            if !twin::has(function) {
                return Err(missing(
                    "the kernels' twin has no entry of this name; ASCEND_COMPUTE_KERNELS names the folders of further sources when it is built".into(),
                ));
            }
            simulate(function);
            return device.load_image(function.as_bytes());
        }
        on_card(device, self, |image| image.functions.contains(&function)).image_of(function).map_err(missing)
    }
}

/// Adds the kernels of device images to a card. An image that the card does not load takes its own kernels away, no more: the vendor's work without it.
///
/// # Errors
/// An op has a kernel of one's name already.
pub(crate) fn add_to_card(device: &NpuDevice, images: &DeviceImages) -> Result<()> {
    add(device, on_card(device, images, |_| true))
}

/// The functions of those images that are `wanted`, loaded on a card.
fn on_card(device: &NpuDevice, images: &DeviceImages, wanted: impl Fn(&DeviceImage) -> bool) -> Functions {
    let soc = &device.info().name;
    match images.built_for {
        None => Functions::Nowhere(format!("there are no device images: {}", images.why_none.unwrap_or("this program was built without"))),
        Some((built_for, architecture)) if core_architecture(soc) != Some(architecture) => Functions::Nowhere(format!(
            "the device images are for {built_for}, and this is {soc}; build with ASCEND_COMPUTE_SOC={soc} if there is device code for it"
        )),
        Some(_) => {
            let mut functions = HashMap::new();
            for image in images.images.iter().filter(|image| wanted(image)) {
                let loaded = device
                    .load_image(image.bytes)
                    .map_err(|error| format!("CANN does not load the image of {}: {error}", image.source).into());
                functions.extend(image.functions.iter().map(|&function| (function, loaded.clone())));
            }
            for (source, _) in images.failed {
                let why: Arc<str> = format!("{source} was not compiled when this program was built; `ascend doctor` shows why").into();
                functions.extend(KERNELS.iter().filter(|kernel| kernel.source == *source).map(|kernel| (kernel.name, Err(why.clone()))));
            }
            Functions::Loaded(functions)
        }
    }
}

fn add(device: &NpuDevice, functions: Functions) -> Result<()> {
    let functions = Arc::new(functions);
    device.add_own(OPS.iter().map(|covering| {
        let functions = functions.clone();
        OwnKernel {
            info: KernelInfo {
                name: covering.name.into(),
                op: covering.op,
                origin: Origin::Own,
                dtypes: covering.dtypes.into(),
                constraints: covering.constraints.into(),
            },
            automatic: AUTOMATIC.contains(&(covering.op, covering.name)),
            plan: Box::new(move |call, cube_cores| {
                plan(covering, &functions, call, cube_cores).map_err(|why| format!("not covered: {why}"))
            }),
        }
    }))
}

fn plan(covering: &Covering, functions: &Functions, call: &OpCall, cube_cores: u32) -> std::result::Result<OwnLaunch, String> {
    let plan = covering.plan(call, cube_cores)?;
    Ok(OwnLaunch {
        image: functions.image_of(plan.kernel)?,
        function: plan.kernel,
        blocks: plan.blocks,
        arguments: plan.arguments,
        workspace_bytes: plan.workspace_bytes,
        tiling: plan.tiling,
    })
}

/// A launch on the twin, with the device's memory where it lies in this process.
fn run(kernel: &str, launch: &ascend_sim::kernels::Launch<'_>) -> std::result::Result<(), String> {
    let mut arguments = Vec::new();
    let mut ranges = Vec::new();
    // Held until the launch is over.
    let mut held = Vec::new();
    for at in (0..launch.arguments.len()).step_by(size_of::<u64>()) {
        let address =
            launch.argument(at).ok_or_else(|| format!("{} bytes of arguments are not whole addresses", launch.arguments.len()))?;
        if address == 0 {
            arguments.push(0);
            continue;
        }
        let memory = launch.allocation(address)?;
        let start = memory.as_ptr().expose_provenance() as u64;
        arguments.push(start);
        ranges.push((start, memory.size_bytes() as u64));
        held.push(memory);
    }
    if held.last().is_none_or(|tiling| tiling.size_bytes() < TILING_BYTES) {
        return Err(format!("the last argument is no address of {TILING_BYTES} bytes with a tiling struct"));
    }
    let memory = Memory { buffers: ranges, unbacked: Vec::new() };
    // SAFETY: the ranges are mapped as long as `held` lives; that nothing else touches them is the order of the streams, as on a card. No kernel's tiling struct is
    // longer than what has been checked.
    unsafe { twin::run(kernel, launch.blocks, &arguments, &memory, &Options::default()) }.map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use ascend_hal::ops::{Norm, NormKind};
    use ascend_hal::{Choice, DType, DeviceExt};

    use super::*;

    const RMS_NORM: DeviceImage =
        DeviceImage { source: "rms_norm/rms_norm.cpp", functions: &["rms_norm_bf16", "rms_norm_f16", "rms_norm_f32"], bytes: b"an image" };
    const IMAGES: DeviceImages = DeviceImages {
        built_for: Some(("Ascend910B3", "dav-c220")),
        why_none: None,
        images: &[RMS_NORM],
        failed: &[("add_rms_norm/add_rms_norm.cpp", "why")],
    };

    fn device(images: &DeviceImages) -> Arc<NpuDevice> {
        register_twin();
        let device = NpuDevice::open(Arc::new(ascend_sim::cann()), "sim", 0).unwrap();
        add_to_card(&device, images).unwrap();
        device
    }

    fn norm(device: &NpuDevice) -> std::result::Result<Vec<f32>, Error> {
        let stream = device.create_stream()?;
        let x = device.upload(&[3f32, -3., 3., 3., -3., 3., 3., 3.], [1, 8])?;
        let weight = device.upload(&[1f32; 8], [8])?;
        let y = device.empty(DType::F32, [1, 8])?;
        device.enqueue(&stream, Norm::new(x, weight, NormKind::Rms, 0., y.clone()).into(), &Choice::Origin(Origin::Own))?;
        device.download::<f32>(&stream, &y)
    }

    fn why(outcome: std::result::Result<Vec<f32>, Error>) -> String {
        match outcome {
            Err(Error::Unsupported { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn kernels_of_an_image_run_on_a_card_and_those_that_failed_say_so() {
        let device = device(&IMAGES);
        if twin::missing().is_none() {
            assert_eq!(norm(&device).unwrap(), [1., -1., 1., 1., -1., 1., 1., 1.]);
        }
        let stream = device.create_stream().unwrap();
        let [x, residual] = [0; 2].map(|_| device.upload(&[1f32; 8], [1, 8]).unwrap());
        let [y, sum] = [0; 2].map(|_| device.empty(DType::F32, [1, 8]).unwrap());
        let weight = device.upload(&[1f32; 8], [8]).unwrap();
        let norm = Norm::new(x, weight, NormKind::Rms, 0., y).with_residual(residual, sum);
        let refused = device.enqueue(&stream, norm.into(), &Choice::Origin(Origin::Own)).map(|()| Vec::new());
        // Which functions a source has is known where there is a twin only.
        let expected = if twin::missing().is_none() { "add_rms_norm/add_rms_norm.cpp was not compiled" } else { "no device image has" };
        let found = why(refused);
        assert!(found.contains(expected), "{found}");
    }

    #[test]
    fn without_images_or_with_those_of_another_chip_the_reason_is_given() {
        let none = DeviceImages { built_for: None, why_none: Some("no CANN toolkit was found"), images: &[], failed: &[] };
        assert!(why(norm(&device(&none))).contains("no CANN toolkit was found"));
        let other = DeviceImages { built_for: Some(("Ascend999", "dav-c999")), ..IMAGES };
        assert!(why(norm(&device(&other))).contains("are for Ascend999"));
        let empty = DeviceImages { images: &[DeviceImage { bytes: b"", ..RMS_NORM }], ..IMAGES };
        assert!(why(norm(&device(&empty))).contains("does not load the image of rms_norm/rms_norm.cpp"));
    }

    #[test]
    fn an_image_is_loaded_by_a_function_in_it_or_the_reason_is_given() {
        let open = |backend| NpuDevice::open(Arc::new(ascend_sim::cann()), backend, 0).unwrap();
        let refused = |images: &DeviceImages, backend, function| match images.load(&open(backend), function) {
            Err(Error::Missing { why, .. }) => why,
            other => panic!("{other:?}"),
        };
        let none = DeviceImages { built_for: None, why_none: Some("no CANN toolkit was found"), images: &[], failed: &[] };
        // A card's images are what was built, a simulated device has all that is on the twin.
        IMAGES.load(&open("npu"), "rms_norm_f32").unwrap();
        assert!(refused(&IMAGES, "npu", "rope_f32").contains("`rope_f32`: no device image has"));
        assert!(refused(&none, "npu", "rms_norm_f32").contains("no CANN toolkit was found"));
        if twin::missing().is_none() {
            none.load(&open("sim"), "rms_norm_f32").unwrap();
            assert!(refused(&none, "sim", "rms_norm").contains("no entry of this name; ASCEND_COMPUTE_KERNELS"));
        }
    }
}
