//! npu.
