//! The aclnn operators, by the vendor's documentation: argument checks and error codes in the first call, arithmetic by `ascend-cpu` on the stream.
//!
//! One file holds a family. Each says in [`operators!`] which C functions it has and which Rust function plans each.

mod activation;
mod argument;
mod attention;
mod batch_matmul;
mod check;
mod compare;
mod convolution;
mod elementwise;
mod extremes;
mod fill;
mod finalize_routing;
mod formats;
mod functions;
mod gated_quant;
mod gating;
mod grouped_check;
mod grouped_fused;
mod grouped_matmul;
mod grouped_run;
mod groups;
mod index;
mod init_routing;
mod kv_cache;
mod loss;
mod matmul;
mod movement;
mod norm;
mod norm_quant;
mod numeric;
mod permute;
mod pool;
mod quant_matmul;
mod quantize;
mod random;
mod reduce;
mod rope;
mod run;
mod scatter;
mod shape;
mod softmax;
mod solve;
mod sort;
mod tensor;
mod weight_quant;

use std::ffi::c_void;

use ascend_sys::ffi::{ACLNN_ERR_PARAM_NULLPTR, aclOpExecutor, aclnnStatus};

pub(crate) use argument::{Arguments, Tensors};
pub(crate) use run::Run;
pub(crate) use tensor::Tensor;

use crate::abi::Address;
use crate::fault::{Fault, Outcome, call};
use crate::faults;
use crate::nnopbase::{Executor, Operand, operands};

/// What an operator will do when its stream reaches it.
pub(crate) struct Plan {
    workspace_bytes: u64,
    run: Box<dyn Fn(&Run<'_>) -> Outcome + Send + Sync>,
}

impl Plan {
    /// A plan that runs `run` on the stream. All that can be known without the data has been checked before.
    pub(crate) fn new(run: impl Fn(&Run<'_>) -> Outcome + Send + Sync + 'static) -> Self {
        Self { workspace_bytes: 0, run: Box::new(run) }
    }

    /// A plan that does nothing: there are no elements.
    pub(crate) fn nothing() -> Self {
        Self::new(|_| Ok(()))
    }

    /// The operator needs device memory for the time of its run. How much is the simulation's own choice; that it is some is the vendor's.
    pub(crate) fn with_workspace(mut self, bytes: usize) -> Self {
        self.workspace_bytes = bytes as u64;
        self
    }

    pub(crate) fn workspace_bytes(&self) -> u64 {
        self.workspace_bytes
    }

    pub(crate) fn run(&self, run: &Run<'_>) -> Outcome {
        (self.run)(run)
    }
}

/// Short names of C types, for the declarations in [`operators!`].
#[allow(dead_code, unused_imports, reason = "a vocabulary: which words the declarations use changes with them")]
pub(crate) mod c {
    pub(crate) type T = *const ascend_sys::ffi::aclTensor;
    pub(crate) type MutT = *mut ascend_sys::ffi::aclTensor;
    pub(crate) type TL = *const ascend_sys::ffi::aclTensorList;
    pub(crate) type MutTL = *mut ascend_sys::ffi::aclTensorList;
    pub(crate) type S = *const ascend_sys::ffi::aclScalar;
    pub(crate) type IA = *const ascend_sys::ffi::aclIntArray;
    pub(crate) type MutIA = *mut ascend_sys::ffi::aclIntArray;
    pub(crate) type BA = *const ascend_sys::ffi::aclBoolArray;
    pub(crate) type FA = *const ascend_sys::ffi::aclFloatArray;
    pub(crate) type Str = *const std::ffi::c_char;
    pub(crate) type MutStr = *mut std::ffi::c_char;
    pub(crate) type DataType = ascend_sys::ffi::aclDataType;
    pub(crate) use core::primitive::{bool, f32, f64, i8, i32, i64, u32, u64};
}

/// Declares operators: each the C function's name, its arguments with the short names of their C types, and the function that plans it. That function takes
/// the arguments in the form it wants: [`Tensor`] where null is refused, `Option<Tensor>` where it is allowed, and so on (see [`Arguments::take`]). A
/// declaration that is not what `ascend-sys` declares for the name does not compile.
macro_rules! operators {
    ($(fn $operator:ident($($argument:ident: $ty:ident),* $(,)?) = $plan:expr;)*) => {
        pub(in $crate::aclnn) const OPERATORS: &[(&str, $crate::abi::Address)] = &[$(
            {
                pastey::paste! {
                    #[allow(non_snake_case, reason = "C functions and their arguments have the names that the vendor documents")]
                    unsafe extern "C" fn [<$operator GetWorkspaceSize>](
                        $($argument: $crate::aclnn::c::$ty,)* size: *mut u64, executor: *mut *mut ascend_sys::ffi::aclOpExecutor,
                    ) -> ascend_sys::ffi::aclnnStatus {
                        // SAFETY: the caller's pointers are null or valid, by the function's rules.
                        unsafe {
                            $crate::aclnn::plan(stringify!($operator), stringify!([<$operator GetWorkspaceSize>]), size, executor, |arguments| {
                                $(let $argument = arguments.take($argument, stringify!($argument))?;)*
                                let plan = $plan;
                                plan($($argument),*)
                            })
                        }
                    }
                    let first: ascend_sys::fns::[<$operator GetWorkspaceSize>] = [<$operator GetWorkspaceSize>];
                    (stringify!([<$operator GetWorkspaceSize>]), $crate::abi::Address(first as *const std::ffi::c_void))
                }
            },
            {
                unsafe extern "C" fn launch(
                    workspace: *mut std::ffi::c_void, bytes: u64, executor: *mut ascend_sys::ffi::aclOpExecutor, stream: ascend_sys::ffi::aclrtStream,
                ) -> ascend_sys::ffi::aclnnStatus {
                    $crate::nnopbase::launch(stringify!($operator), workspace, bytes, executor, stream)
                }
                let second: ascend_sys::fns::$operator = launch;
                (stringify!($operator), $crate::abi::Address(second as *const std::ffi::c_void))
            },
        )*];
    };
}
use operators;

/// The operators of every family.
const FAMILIES: &[&[(&str, Address)]] = &[
    activation::OPERATORS,
    attention::ENTRIES,
    attention::MERGE,
    attention::TRAINING,
    batch_matmul::OPERATORS,
    compare::OPERATORS,
    convolution::OPERATORS,
    elementwise::OPERATORS,
    extremes::OPERATORS,
    fill::OPERATORS,
    finalize_routing::OPERATORS,
    formats::FUNCTIONS,
    formats::OPERATORS,
    functions::OPERATORS,
    gated_quant::OPERATORS,
    gating::OPERATORS,
    grouped_fused::OPERATORS,
    grouped_matmul::OPERATORS,
    index::OPERATORS,
    init_routing::OPERATORS,
    kv_cache::OPERATORS,
    loss::OPERATORS,
    matmul::OPERATORS,
    movement::OPERATORS,
    norm::OPERATORS,
    norm_quant::OPERATORS,
    pool::OPERATORS,
    permute::OPERATORS,
    quant_matmul::OPERATORS,
    quantize::OPERATORS,
    random::OPERATORS,
    reduce::OPERATORS,
    rope::OPERATORS,
    scatter::OPERATORS,
    shape::OPERATORS,
    softmax::OPERATORS,
    solve::OPERATORS,
    sort::OPERATORS,
    weight_quant::OPERATORS,
];

/// Every C function of every operator.
pub(crate) fn functions() -> impl Iterator<Item = (&'static str, Address)> {
    FAMILIES.iter().copied().flatten().copied()
}

/// The first call of an operator: checks and plans, and gives out an executor.
///
/// # Safety
/// * `size` and `executor` are null or valid for writing.
unsafe fn plan(
    operator: &'static str,
    name: &str,
    size: *mut u64,
    executor: *mut *mut aclOpExecutor,
    make: impl FnOnce(&mut Arguments) -> Outcome<Plan>,
) -> aclnnStatus {
    call(name, || {
        if size.is_null() || executor.is_null() {
            return Err(Fault::misuse(ACLNN_ERR_PARAM_NULLPTR, "workspaceSize or executor is null"));
        }
        faults::phase_one(operator)?;
        let mut arguments = Arguments::of(operator);
        let plan = make(&mut arguments)?;
        let bytes = plan.workspace_bytes();
        let handle = operands().add(Operand::Executor(Executor::new(operator, plan, arguments.tensors()).into()));
        // SAFETY: neither is null, and the caller promises that they can be written.
        unsafe {
            size.write(bytes);
            executor.write((handle as *mut c_void).cast());
        }
        Ok(())
    })
}
