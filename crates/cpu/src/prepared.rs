//! What all packed forms of weights have in common.
//!
//! A packed weight is a header of eight words, which says what was packed, then its panels one after the other.

use ascend_hal::host::HostAccess;
use ascend_hal::ops::Weight;
use ascend_hal::{DType, Device, DeviceId, Error, Format, Layout, Location, OpKind, Result, TensorView};

use crate::gemm::Stored;
use crate::host::Host;

/// A buffer that holds something else is recognised by it. The first word tells forms apart.
pub(crate) type Header = [u64; 8];

pub(crate) const HEADER_BYTES: usize = size_of::<Header>();

/// Refuses a buffer, of the argument called `argument`, that is not of `total_bytes` with this header.
pub(crate) fn recognise(header: &Header, total_bytes: usize, op: OpKind, argument: &'static str, bytes: &[u8]) -> Result<()> {
    if bytes.len() == total_bytes && bytes.get(..HEADER_BYTES) == Some(bytemuck::bytes_of(header)) {
        return Ok(());
    }
    let asked = "a weight as prepare_weight of the CPU device gave it, with the same shape, type and scales".into();
    Err(Error::Argument { op, argument, asked, found: "other contents".into() })
}

/// Bytes of a packed weight. `None`: more than there are addresses.
pub(crate) fn total_bytes(panels: Option<usize>, panel_bytes: usize) -> Option<usize> {
    panels?.checked_mul(panel_bytes)?.checked_add(HEADER_BYTES)
}

/// Writes the header, and runs `write` on the memory of each panel, on all threads.
pub(crate) fn fill(
    host: &Host,
    header: &Header,
    panel_bytes: usize,
    bytes: &mut [u8],
    write: impl Fn(usize, &mut [u8]) + Sync,
) -> Result<()> {
    let (start, panels) = bytes.split_at_mut(HEADER_BYTES);
    start.copy_from_slice(bytemuck::bytes_of(header));
    host.share(host.pool.threads(), panels.chunks_mut(panel_bytes.max(1)).enumerate(), |(i, out)| {
        write(i, out);
        Ok(())
    })
}

/// Whether there is something in `weight` to pack.
///
/// # Errors
/// [`Error::WrongDevice`].
pub(crate) fn can_be(weight: &Weight) -> Result<bool> {
    let data = &weight.data;
    if data.location() != Location::Device(DeviceId::CPU) {
        return Err(Error::WrongDevice { what: "the weight".into(), asked: DeviceId::CPU, found: data.location().to_string() });
    }
    Ok(data.layout().format() != Format::Packed && data.rank() >= 2 && data.numel() > 0)
}

/// `weight` in `total_bytes` of new memory, which `pack` fills.
pub(crate) fn prepare(
    device: &dyn Device,
    weight: &Weight,
    total_bytes: usize,
    pack: impl FnOnce(&HostAccess<'_>, &Stored, &mut [u8]) -> Result<()>,
) -> Result<Weight> {
    let data = &weight.data;
    let buffer = device.alloc(total_bytes)?;
    let memory = TensorView::contiguous(buffer.clone(), DType::U8, [total_bytes])?.to_mut();
    let stored = Stored::of(data);
    let quant = weight.quant.as_ref();
    let parts = [
        quant.map(|q| ("weight.scale", &q.scale)),
        quant.and_then(|q| q.zero.as_ref()).map(|zero| ("weight.zero", zero)),
        quant.and_then(|q| q.offset.as_ref()).map(|offset| ("weight.offset", offset)),
    ];
    let inputs = [("weight", &stored.view)].into_iter().chain(parts.into_iter().flatten());
    {
        let access = HostAccess::lock(OpKind::Matmul, inputs, [("packed", &memory)])?;
        pack(&access, &stored, &mut access.write::<u8>(&memory)?)?;
    }
    Ok(Weight { data: TensorView::new(buffer, data.dtype(), Layout::packed(*data.shape())?)?, quant: weight.quant.clone() })
}

/// Whether `parts`, which are scales, zeros or offsets of `weight`, have the shape that the contracts ask for.
pub(crate) fn parts_fit<'a>(weight: &Weight, parts: impl IntoIterator<Item = &'a TensorView>) -> bool {
    let Some(q) = &weight.quant else { return true };
    let rest = weight.data.rank() - 2;
    let mut shape = *weight.data.shape();
    shape[rest] = q.groups(weight.data.dim(rest));
    parts.into_iter().all(|view| *view.shape() == shape && view.layout().format() == Format::Nd)
}
