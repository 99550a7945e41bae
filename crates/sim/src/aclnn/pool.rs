//! Windows over images: pools, unfolding, and enlargement.

use std::sync::Arc;

use ascend_sys::ffi::*;

use super::check::{FLOATS, invalid};
use super::{Plan, Run, Tensor, operators};
use crate::fault::Outcome;

operators! {
    fn aclnnAvgPool2d(
        self_: T, kernelSize: IA, strides: IA, paddings: IA, ceilMode: bool, countIncludePad: bool, divisorOverride: i64, cubeMathType: i8,
        out: MutT
    ) = |x: Tensor, kernel: Arc<[i64]>, strides: Arc<[i64]>, pads: Arc<[i64]>, ceil, padded: bool, divisor: i64, _math: i8, out| {
        let strides = if strides.is_empty() { Arc::clone(&kernel) } else { strides };
        let window = Window::new(&x, &kernel, &strides, &pads, &[1, 1])?;
        pool(x, window, ceil, out, move |found, inside| {
            let count = if divisor != 0 { divisor as f64 } else if padded { inside as f64 } else { found.len() as f64 };
            found.iter().sum::<f64>() / count
        })
    };
    fn aclnnMaxPool(
        self_: T, kernelShape: IA, strides: IA, autoPad: i64, pads: IA, dilations: IA, ceilMode: i64, out: MutT
    ) = |x: Tensor, kernel: Arc<[i64]>, strides: Arc<[i64]>, auto: i64, pads: Arc<[i64]>, dilations: Arc<[i64]>, ceil: i64, out| {
        if auto != 0 {
            return Err(invalid(format!("autoPad: 0 asked, {auto} found")));
        }
        let window = Window::new(&x, &kernel, &strides, &pads, &dilations)?;
        pool(x, window, ceil != 0, out, |found, _| found.iter().fold(f64::NEG_INFINITY, |most, v| if v.is_nan() || *v > most { *v } else { most }))
    };
    fn aclnnIm2col(self_: T, kernelSize: IA, dilation: IA, padding: IA, stride: IA, out: T) = im2col;
    fn aclnnUpsampleNearest2d(self_: T, outputSize: IA, out: MutT) = |x, size, out| nearest(x, size, 0.0, 0.0, out);
    fn aclnnUpsampleNearest2dV2(self_: T, outputSize: IA, scalesH: f32, scalesW: f32, out: MutT) = nearest;
}

/// A window that moves over the last two dimensions.
#[derive(Clone, Copy)]
struct Window {
    kernel: [usize; 2],
    stride: [usize; 2],
    before: [usize; 2],
    behind: [usize; 2],
    dilation: [usize; 2],
}

impl Window {
    /// One number is for both dimensions; four of padding are those in front, then those behind.
    fn new(x: &Tensor, kernel: &[i64], stride: &[i64], pads: &[i64], dilation: &[i64]) -> Outcome<Self> {
        x.of_type(FLOATS)?;
        x.of_rank(3..=4)?;
        x.nd()?;
        let pair = |name: &str, values: &[i64], least: i64| {
            let both = match values {
                [both] => Some([*both, *both]),
                [first, second] => Some([*first, *second]),
                _ => None,
            };
            let both = both.filter(|both| both.iter().all(|v| *v >= least));
            both.map(|both| both.map(|v| v as usize))
                .ok_or_else(|| invalid(format!("{name}: 1 or 2 numbers from {least} on asked, {values:?} found")))
        };
        let (front, back) = if pads.len() == 4 { pads.split_at(2) } else { (pads, pads) };
        let one = [1];
        Ok(Self {
            kernel: pair("kernel", kernel, 1)?,
            stride: pair("strides", stride, 1)?,
            before: pair("paddings", if front.is_empty() { &[0] } else { front }, 0)?,
            behind: pair("paddings", if back.is_empty() { &[0] } else { back }, 0)?,
            dilation: pair("dilations", if dilation.is_empty() { &one } else { dilation }, 1)?,
        })
    }

    /// How often the window fits into `size`; with `ceil` it may go over the end, but starts inside.
    fn count(&self, d: usize, size: usize, ceil: bool) -> usize {
        let reach = self.dilation[d] * (self.kernel[d] - 1) + 1;
        let Some(room) = (size + self.before[d] + self.behind[d]).checked_sub(reach) else { return 0 };
        let count = if ceil { room.div_ceil(self.stride[d]) } else { room / self.stride[d] } + 1;
        if ceil && (count - 1) * self.stride[d] >= size + self.before[d] { count - 1 } else { count }
    }

    /// The place that element `k` of the window at `o` covers, none in the padding.
    fn place(&self, d: usize, o: usize, k: usize, size: usize) -> Option<usize> {
        (o * self.stride[d] + k * self.dilation[d]).checked_sub(self.before[d]).filter(|at| *at < size)
    }

    /// Elements of the window at `o` that are inside of the padded image.
    fn inside(&self, d: usize, o: usize, size: usize) -> usize {
        let end = size + self.before[d] + self.behind[d];
        (0..self.kernel[d]).filter(|k| o * self.stride[d] + k * self.dilation[d] < end).count()
    }
}

/// One number for what each window covers; `reduce` gets also how many elements it covers with the padding.
fn pool(
    x: Tensor,
    window: Window,
    ceil: bool,
    out: Tensor,
    reduce: impl Fn(&[f64], usize) -> f64 + Send + Sync + 'static,
) -> Outcome<Plan> {
    let (height, width) = (x.dim_back(1), x.dim_back(0));
    let (rows, columns) = (window.count(0, height, ceil), window.count(1, width, ceil));
    let mut dims = x.dims().to_vec();
    let rank = dims.len();
    dims[rank - 2..].copy_from_slice(&[rows, columns]);
    out.of_type_of(&x)?;
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run| {
        let values = run.floats(&x)?;
        let mut results = Vec::with_capacity(out.numel());
        for image in values.chunks(height * width) {
            for (r, c) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
                let covered: Vec<f64> = cover(&window, [r, c], [height, width]).flatten().map(|place| image[place]).collect();
                let inside = window.inside(0, r, height) * window.inside(1, c, width);
                results.push(reduce(&covered, inside));
            }
        }
        run.put_floats(&out, &results)
    }))
}

/// The places in an image that a window covers, row by row.
fn cover(window: &Window, at: [usize; 2], size: [usize; 2]) -> impl Iterator<Item = Option<usize>> {
    let window = *window;
    (0..window.kernel[0]).flat_map(move |i| {
        (0..window.kernel[1]).map(move |j| {
            let row = window.place(0, at[0], i, size[0])?;
            Some(row * size[1] + window.place(1, at[1], j, size[1])?)
        })
    })
}

/// As `torch.nn.Unfold`: `[N, C * kernel, windows]`, padding is 0.
fn im2col(x: Tensor, kernel: Arc<[i64]>, dilation: Arc<[i64]>, padding: Arc<[i64]>, stride: Arc<[i64]>, out: Tensor) -> Outcome<Plan> {
    let window = Window::new(&x, &kernel, &stride, &padding, &dilation)?;
    let (channels, height, width) = (x.dim_back(2), x.dim_back(1), x.dim_back(0));
    let (rows, columns) = (window.count(0, height, false), window.count(1, width, false));
    let area = window.kernel[0] * window.kernel[1];
    let mut dims = vec![channels * area, rows * columns];
    if x.rank() == 4 {
        dims.insert(0, x.dim(0));
    }
    out.of_type_of(&x)?;
    out.of_shape(&dims)?;
    if out.is_empty() {
        return Ok(Plan::nothing());
    }
    Ok(Plan::new(move |run: &Run<'_>| {
        let values = run.floats(&x)?;
        let mut results = Vec::with_capacity(out.numel());
        for image in values.chunks(height * width) {
            for k in 0..area {
                for (r, c) in (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c))) {
                    let (i, j) = (k / window.kernel[1], k % window.kernel[1]);
                    let place = window.place(0, r, i, height).zip(window.place(1, c, j, width));
                    results.push(place.map_or(0.0, |(row, column)| image[row * width + column]));
                }
            }
        }
        run.put_floats(&out, &results)
    }))
}

/// Each pixel is the one at its place divided by the scale; without scales they follow from the sizes.
fn nearest(x: Tensor, size: Arc<[i64]>, scale_h: f32, scale_w: f32, out: Tensor) -> Outcome<Plan> {
    x.of_type(&[ACL_FLOAT, ACL_FLOAT16, ACL_BF16, ACL_DOUBLE, ACL_UINT8])?;
    x.of_rank(4..=4)?;
    x.not_empty()?;
    out.of_type_of(&x)?;
    let (Some(rows), Some(columns)) = (wanted(&size, 0), wanted(&size, 1)) else {
        return Err(invalid(format!("outputSize: 2 numbers from 1 on asked, {size:?} found")));
    };
    out.of_shape(&[x.dim(0), x.dim(1), rows, columns])?;
    Ok(Plan::new(move |run| {
        let (height, width) = (x.dim(2), x.dim(3));
        let step = |scale: f32, from: usize, to: usize| if scale > 0.0 { 1.0 / scale } else { from as f32 / to as f32 };
        let (down, across) = (step(scale_h, height, rows), step(scale_w, width, columns));
        let place = |at: usize, step: f32, size: usize| ((at as f32 * step).floor() as usize).min(size - 1);
        let values = run.floats(&x)?;
        let mut results = Vec::with_capacity(out.numel());
        for image in values.chunks(height * width) {
            for r in 0..rows {
                let row = place(r, down, height) * width;
                results.extend((0..columns).map(|c| image[row + place(c, across, width)]));
            }
        }
        run.put_floats(&out, &results)
    }))
}

fn wanted(size: &[i64], i: usize) -> Option<usize> {
    size.get(i).and_then(|v| usize::try_from(*v).ok()).filter(|v| *v > 0 && size.len() == 2)
}
