//! What the kernels of A2 take, of what the types allow.

use ascend_sys::ffi::*;

use super::inference::Request;
use super::masks::Extent;
use super::store::Store;
use super::{Layout, Shape};
use crate::aclnn::check::{tiling, unsupported};
use crate::fault::Outcome;

/// What the kernels of A2 take, by the tables of the documentation.
pub(super) fn check_kernels(request: &Request, input: Layout, shape: &Shape, kv_heads: usize, values: &Store, rope: bool) -> Outcome {
    let (size, value_size) = (shape.size, values.size());
    let layout = request.layout.as_str();
    let paged = request.table.is_some();
    if rope && size == 512 {
        // Latent attention: queries of the latent space against a cache that is both keys and values.
        let layouts = ["BSH", "BSND", "BNSD", "BNSD_NBSD", "BSND_NBSD", "BSH_NBSD", "TND", "TND_NTD"];
        if !layouts.contains(&layout) || kv_heads != 1 || !shape.heads.is_power_of_two() || shape.heads > 128 || !paged {
            return Err(unsupported(format!(
                "heads of 512: one of {layouts:?}, 1, 2, 4 to 128 heads, one key head and a blockTable asked"
            )));
        }
        if ![0, 3, 4].contains(&request.sparse) || (input.packed() && request.lse.is_some()) || request.bias.is_some() {
            return Err(unsupported("heads of 512: sparseMode 0, 3 or 4, no pseShift, and no softmaxLse in the layout TND asked"));
        }
    } else if size == 512 && input.packed() {
        return Err(unsupported("heads of 512 in the layout TND: queryRope and keyRope asked"));
    } else if rope && (size != 128 || value_size != 128 || request.bias.is_some()) {
        return Err(unsupported(format!("queryRope: heads of 128 or 512 elements and no pseShift asked, {size} and {value_size} found")));
    } else if matches!(layout, "BNSD_NBSD" | "BSND_NBSD" | "BSH_NBSD" | "TND_NTD") {
        return Err(unsupported(format!("inputLayout {layout}: heads of 512 elements with queryRope asked, {size} found")));
    } else if input.packed() {
        let grouped = shape.heads != kv_heads;
        let fits = rope
            || [(64, 64), (128, 128), (192, 128)].contains(&(size, value_size))
            || (layout == "TND" && grouped && request.precise == 0 && size == value_size && size <= 256);
        if !fits || request.bias.is_some() {
            let what = "heads of 64, 128, or 192 with 128 for values, or with grouped heads, innerPrecise 0 and TND any up to 256, and no pseShift";
            return Err(unsupported(format!("inputLayout {layout}: {what} asked, {size} and {value_size} found")));
        }
        if request.sparse == 1 || request.sparse == 2 || (request.sparse == 0 && request.mask.is_some()) {
            return Err(unsupported(format!("inputLayout {layout}: sparseMode 0 without a mask, 3 or 4 asked, {} found", request.sparse)));
        }
        if request.precise > i64::from(!grouped && request.query.dtype() == ACL_FLOAT16) {
            return Err(unsupported(format!(
                "inputLayout {layout}: innerPrecise 0, or 1 for FLOAT16 without groups, asked, {} found",
                request.precise
            )));
        }
    }
    if !paged {
        return Ok(());
    }
    let small = rope || ([64, 128].contains(&size) && size == value_size) || input.packed();
    let (step, most) = if small {
        (16, 1024)
    } else if shape.sequence > 1 {
        (128, 1024)
    } else {
        (16, 512)
    };
    let block_size = request.block_size;
    if block_size <= 0 || block_size > most || block_size % step != 0 {
        return Err(unsupported(format!("blockSize: a multiple of {step} up to {most} asked, {block_size} found")));
    }
    Ok(())
}

/// What is added to the scores: `[B or 1, N, rows, columns]` with at least as many as there are queries and keys, or one row for one query.
pub(super) fn check_bias(request: &Request, extent: &Extent, heads: usize) -> Outcome {
    let Some(bias) = &request.bias else { return Ok(()) };
    bias.of_type_of(&request.query)?;
    let fits = bias.rank() == 4
        && (bias.dim(0) == 1 || bias.dim(0) == extent.batch)
        && bias.dim(1) == heads
        && bias.dim(2) >= extent.queries
        && bias.dim(3) >= extent.keys;
    if fits {
        return Ok(());
    }
    let what = format!(
        "[{} or 1, {heads}, {} or more, {} or more] asked, shape {:?} found",
        extent.batch,
        extent.queries,
        extent.keys,
        bias.dims()
    );
    tiling(Err(bias.invalid(what)))
}
