//! What operators are called with: tensors, scalars, arrays, lists, and executors.

mod abi;
mod executor;
mod operand;
mod tensor;

pub(crate) use abi::FUNCTIONS;
pub(crate) use executor::{Executor, launch};
pub(crate) use operand::{Operand, operands};
pub(crate) use tensor::{Description, Scalar, bits, row_major};
