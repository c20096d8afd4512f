//! Tests of the NPU with the interpreter: a memory with random stalls, a reference in plain Rust.

mod abort;
mod bus_window;
mod counters;
mod elaborate;
mod errors;
mod gemm;
mod layer;
mod lists;
mod machine;
mod memory;
mod random;
mod reference;
mod registers;
mod sequential;
mod sequential_store;
mod stores;
mod throughput;
mod trace;
mod units;
mod whole;
mod windows;

use crate::config::NpuConfig;

/// A small NPU of side `dim` with a bus of `bus` bytes.
fn config(dim: u32, bus: u32) -> NpuConfig {
    NpuConfig {
        dim,
        bus_bits: 8 * bus,
        scratchpad_rows: 256,
        accumulator_rows: 64,
        parameter_rows: 64,
        requantise_lanes: dim.div_ceil(2),
        double_rounding: dim > 2,
        int4_weights: true,
        sequential: false,
        outstanding_bursts: 4,
    }
}

/// A small sequential NPU.
fn sequential_config() -> NpuConfig {
    NpuConfig { sequential: true, int4_weights: false, ..config(4, 4) }
}

/// Shapes (dim, bus bytes) that cover every relation of the two.
const SHAPES: [(u32, u32); 7] = [(2, 4), (4, 4), (8, 8), (4, 8), (16, 16), (8, 4), (2, 32)];

/// NPUs of these shapes, and the sequential one.
fn with_sequential(shapes: &[(u32, u32)]) -> Vec<NpuConfig> {
    let parallel = shapes.iter().map(|&(dim, bus)| config(dim, bus));
    parallel.chain([sequential_config()]).collect()
}

/// Multiplies the number of random cases: `SYSTOLE_STRESS=100 cargo test ...` for a long run.
fn stress() -> u64 {
    std::env::var("SYSTOLE_STRESS").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}
