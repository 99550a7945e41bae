//! The layers against candle's own arithmetic and against models that transformers computed.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod attention;
mod common;
mod gating;
mod linear;
mod moe_experts;
mod qwen3_moe;
mod remote;
mod session;
