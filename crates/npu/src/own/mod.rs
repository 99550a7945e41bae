//! Kernels of a device image beside those of the vendor's library.

use std::sync::Arc;

use ascend_hal::{DType, Kernel, KernelInfo, Launch, OpCall, Result, TensorView};

use crate::context::{Context, Facts};
use crate::raw::Binary;

/// How the host launches a kernel.
pub type LaunchPlan = Box<dyn Fn(&OpCall, u32) -> std::result::Result<OwnLaunch, String> + Send + Sync>;

/// A kernel in a device image: what it covers, and how the host launches it.
pub struct OwnKernel {
    /// What it says about itself.
    pub info: KernelInfo,
    /// Whether it takes part when nobody asks for it; see [`Kernel::automatic`].
    pub automatic: bool,
    /// The launch for a call on a chip with so many cube cores, or why the kernel does not cover the call.
    pub plan: LaunchPlan,
}

/// A device image that a device has loaded; see [`NpuDevice::load_image`](crate::NpuDevice::load_image). It stays loaded as long as the device's card is open.
#[derive(Clone, Debug)]
pub struct OwnImage(pub(crate) Arc<Binary>);

/// One launch of a function of a device image.
#[derive(Clone, Debug)]
pub struct OwnLaunch {
    /// The image.
    pub image: OwnImage,
    /// The function's name in the image.
    pub function: &'static str,
    /// Blocks to launch.
    pub blocks: u32,
    /// The tensors that the function is given the addresses of, `None` for a null; behind them come the workspace and the tiling struct.
    pub arguments: Vec<Option<TensorView>>,
    /// Bytes of scratch memory.
    pub workspace_bytes: usize,
    /// The tiling struct.
    pub tiling: Vec<u8>,
}

/// An [`OwnKernel`] as the registry knows it.
pub(crate) struct Registered {
    pub(crate) kernel: OwnKernel,
    pub(crate) facts: Arc<Facts>,
    pub(crate) cube_cores: u32,
}

impl Kernel for Registered {
    fn info(&self) -> &KernelInfo {
        &self.kernel.info
    }

    fn covers(&self, call: &OpCall) -> std::result::Result<(), String> {
        (self.kernel.plan)(call, self.cube_cores).map(drop)
    }

    fn automatic(&self, _: &OpCall) -> bool {
        self.kernel.automatic
    }

    fn launch(&self, at: &Launch<'_>, call: &OpCall) -> Result<()> {
        if crate::ops::gives_nothing(call) {
            return Ok(());
        }
        let launch = (self.kernel.plan)(call, self.cube_cores).map_err(|why| ascend_hal::Error::Unsupported {
            device: at.device.info().id,
            op: call.kind(),
            why: format!("`{}`: {why}", self.kernel.info.name),
        })?;
        let cx = Context::new(at, &self.facts)?;
        // A null is as good as no bytes.
        let workspace = if launch.workspace_bytes == 0 { None } else { Some(cx.temp(DType::U8, [launch.workspace_bytes])?) };
        // Few shapes come up, and again and again: each struct is copied once.
        let tiling = cx.constant(format!("tiling {:x?}", launch.tiling), DType::U8, [launch.tiling.len()], || launch.tiling.clone())?;
        let mut arguments: Vec<Option<&TensorView>> = launch.arguments.iter().map(Option::as_ref).collect();
        arguments.push(workspace.as_ref());
        arguments.push(Some(&tiling));
        launch.image.0.launch(cx.queue(), launch.function, launch.blocks, &arguments)
    }
}
