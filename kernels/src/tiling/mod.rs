//! What the host computes for a kernel: the plain struct that it reads, from the shapes and the number of cores.

mod attention;
pub mod dynamic_quant;
pub mod finalize_routing;
pub mod flash_attention;
pub mod gating_top_k;
pub mod grouped_matmul;
pub mod init_routing;
pub mod mla_decode;
pub mod rms_norm;
pub mod rope;

pub use attention::AttentionTiling;
