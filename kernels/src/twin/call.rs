//! A launch with buffers of its own, that can be run again and again from the same contents.

use bytemuck::{AnyBitPattern, NoUninit, Pod, Zeroable};

use super::{Error, Memory, Options, Report, run};

/// Global memory is aligned as the device's allocator does it.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(512))]
struct Line([u8; 512]);

/// What an output holds before the kernel runs: a pattern that is no plausible result.
const POISON: u8 = 0xFD;
/// Room behind a tiling struct, so that a kernel with a larger one reads zeros.
pub(crate) const TILING_BYTES: usize = 4096;

#[derive(Clone)]
struct Buffer {
    lines: Vec<Line>,
    bytes: usize,
}

impl Buffer {
    fn new(bytes: &[u8], room: usize) -> Self {
        let mut lines = vec![Line([0; 512]); room.max(bytes.len()).div_ceil(512).max(1)];
        bytemuck::cast_slice_mut::<Line, u8>(&mut lines)[..bytes.len()].copy_from_slice(bytes);
        Self { lines, bytes: bytes.len() }
    }
}

/// A launch: an entry point, its number of blocks, and its buffers in the order of its arguments.
#[derive(Clone)]
pub struct Call {
    kernel: String,
    blocks: u32,
    buffers: Vec<Buffer>,
}

impl Call {
    /// A launch without arguments yet.
    pub fn new(kernel: impl Into<String>, blocks: u32) -> Self {
        Self { kernel: kernel.into(), blocks, buffers: Vec::new() }
    }

    /// The next argument: a buffer with these elements. It may be written too.
    pub fn input<T: NoUninit>(&mut self, elements: &[T]) -> &mut Self {
        self.buffers.push(Buffer::new(bytemuck::cast_slice(elements), 0));
        self
    }

    /// The next argument: a buffer of `elements` elements, poisoned.
    pub fn output<T: Pod>(&mut self, elements: usize) -> &mut Self {
        self.buffers.push(Buffer::new(&vec![POISON; elements * size_of::<T>()], 0));
        self
    }

    /// The next argument: the workspace, poisoned.
    pub fn workspace(&mut self, bytes: usize) -> &mut Self {
        self.output::<u8>(bytes)
    }

    /// The last argument: the tiling struct.
    pub fn tiling<T: NoUninit>(&mut self, tiling: &T) -> &mut Self {
        self.buffers.push(Buffer::new(bytemuck::bytes_of(tiling), TILING_BYTES));
        self
    }

    /// Runs it on copies of its buffers.
    pub fn run(&self, options: &Options) -> Result<Outcome, Error> {
        let mut buffers = self.buffers.clone();
        let starts: Vec<u64> = buffers.iter_mut().map(|buffer| buffer.lines.as_mut_ptr().expose_provenance() as u64).collect();
        let memory = Memory { buffers: starts.iter().copied().zip(buffers.iter().map(|b| b.bytes as u64)).collect(), unbacked: Vec::new() };
        // SAFETY: the buffers are this call's own and live until after it; `tiling` left room behind the struct for any kernel's.
        let report = unsafe { run(&self.kernel, self.blocks, &starts, &memory, options) }?;
        Ok(Outcome { report, buffers })
    }
}

/// What a launch left behind.
pub struct Outcome {
    /// What was counted.
    pub report: Report,
    buffers: Vec<Buffer>,
}

impl Outcome {
    /// The elements of the buffer of argument `argument`; empty if there is no such argument.
    pub fn read<T: AnyBitPattern>(&self, argument: usize) -> Vec<T> {
        let Some(buffer) = self.buffers.get(argument) else { return Vec::new() };
        let bytes = &bytemuck::cast_slice::<Line, u8>(&buffer.lines)[..buffer.bytes];
        bytes.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect()
    }
}
