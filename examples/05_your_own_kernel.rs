//! Register a kernel of your own for an op and have it validated: `cargo run --release --example 05_your_own_kernel`

use std::sync::Arc;

use ascend_compute::{Choice, DType, Device, FnKernel, Kernel, KernelInfo, OpCall, OpKind, Origin, host::HostAccess, open, ops::Softmax};
use ascend_validate::{Options, report::Status, run};
use regex::Regex;

/// A softmax for f32 that subtracts `shift(row)` before the exponentials.
fn kernel(name: &'static str, shift: fn(&[f32]) -> f32) -> Arc<dyn Kernel> {
    let info = KernelInfo {
        name: name.into(),
        op: OpKind::Softmax,
        origin: Origin::User,
        dtypes: vec![DType::F32].into(),
        constraints: "".into(),
    };
    FnKernel::shared(info, move |_at, call: &OpCall| {
        let op: &Softmax = call.try_into()?;
        let access = HostAccess::lock(OpKind::Softmax, [("x", &op.x)], [("y", &op.y)])?;
        let (x, mut y) = (access.read::<f32>(&op.x)?, access.write::<f32>(&op.y)?);
        let n = op.x.dim(op.x.rank() - 1).max(1);
        for (x, y) in x.chunks(n).zip(y.chunks_mut(n)) {
            let shift = shift(x);
            let exponentials: Vec<f32> = x.iter().map(|x| (x - shift).exp()).collect();
            let sum: f32 = exponentials.iter().sum();
            y.iter_mut().zip(exponentials).for_each(|(y, e)| *y = e / sum);
        }
        Ok(())
    })
}

pub(crate) fn main() -> ascend_validate::Result<()> {
    let device: Arc<dyn Device> = open("cpu")?;
    // The formula as one would write it down first, and as the contract asks for it.
    device.kernels().register(kernel("my_naive_softmax", |_| 0.))?;
    device.kernels().register(kernel("my_softmax", |row| row.iter().fold(f32::NEG_INFINITY, |m, x| m.max(*x))))?;

    // Every case of softmax; those of other types than the kernel's are skipped.
    let softmax = Options { op: Regex::new("^softmax$").ok(), ..Options::default() };
    for (name, passes) in [("my_naive_softmax", false), ("my_softmax", true)] {
        let options = Options { choice: Choice::Name(name.into()), ..softmax.clone() };
        let report = run(std::slice::from_ref(&device), &options, &|_| ())?;
        println!("{name}: {} passed, {} failed, {} skipped", report.summary.passed, report.summary.failed, report.summary.skipped);
        if let Some(case) = report.cases.iter().find(|case| case.status == Status::Failed) {
            println!("  {}: {}", case.name, case.reason);
        }
        assert!(report.summary.passed > 0 && (report.summary.failed == 0) == passes);
    }
    Ok(())
}
