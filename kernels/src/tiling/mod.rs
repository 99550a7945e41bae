//! What the host computes for a kernel: the plain struct that it reads, from the shapes and the number of cores.

pub mod dynamic_quant;
pub mod finalize_routing;
pub mod gating_top_k;
pub mod init_routing;
pub mod rms_norm;
pub mod rope;
