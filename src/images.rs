//! The device images that were made when this crate was built.

/// A source of the kernels, compiled for a card.
#[derive(Clone, Copy)]
pub struct DeviceImage {
    /// The source, as [`kernels::Kernel::source`](crate::kernels::Kernel::source) has it.
    pub source: &'static str,
    /// The functions in it.
    pub functions: &'static [&'static str],
    /// What CANN loads.
    pub bytes: &'static [u8],
}

impl std::fmt::Debug for DeviceImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceImage").field("source", &self.source).field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// What became of this project's own kernels when the crate was built.
#[derive(Clone, Copy, Debug)]
pub struct DeviceImages {
    /// The chip that they were compiled for, and the architecture of its cores. An image runs on every chip with these cores.
    pub built_for: Option<(&'static str, &'static str)>,
    /// Why none was compiled: no toolkit, say, or no compiler in it.
    pub why_none: Option<&'static str>,
    /// Those that were compiled.
    pub images: &'static [DeviceImage],
    /// The sources that were not, each with the command that failed and all that it said.
    pub failed: &'static [(&'static str, &'static str)],
}

/// The device images in this program.
pub const DEVICE_IMAGES: DeviceImages = include!(concat!(env!("OUT_DIR"), "/device_images.rs"));
