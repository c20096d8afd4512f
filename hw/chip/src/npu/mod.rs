//! The NPU: register port, front end, the units LOAD, EXEC and STORE, and their memories.
//!
//! docs/npu.md is the specification. The modules, from a job's start to its end:
//! [`registers`] (doorbell) -> [`fetch`] -> [`frontend`] (dispatch) -> [`tokens::gate`] of a unit ->
//! [`load`], [`compute`], [`store`] -> [`tokens`] -> [`frontend`] (job end) -> [`registers`].
//!
//! For the smallest devices there is another design behind the same ports: [`sequential`].

pub mod accumulators;
pub mod array;
pub mod bus_window;
pub mod causes;
pub mod compute;
pub mod counters;
pub mod descriptor;
mod double_rounding;
pub mod exec;
pub mod fetch;
pub mod frontend;
pub mod load;
pub mod load_aligner;
pub mod load_data;
pub mod load_requests;
pub mod load_rows;
pub mod load_windows;
pub mod parameters;
pub mod pe;
mod pipeline;
pub mod reads;
pub mod registers;
pub mod requantise;
pub mod requantise_lane;
pub mod residual;
pub mod residual_lane;
pub mod scratchpad;
mod sequential;
pub mod shape;
pub mod store;
pub mod store_align;
pub mod store_maximum;
pub mod store_parameters;
pub mod store_place;
pub mod store_read;
pub mod store_windows;
pub mod store_write;
pub mod table;
pub mod tokens;
mod top;
pub mod writes;

#[cfg(test)]
mod tests;

pub use top::npu;
