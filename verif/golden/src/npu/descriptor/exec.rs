//! The fields of EXEC: matrix products and convolutions.

use super::{Operation, bits, high, low, map};
use crate::machine::NpuConfig;

/// EXEC of a matrix product. Row numbers and steps are 16 bits.
#[expect(missing_docs, reason = "the field names of docs/npu.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exec {
    pub accumulate: bool,
    pub int4: bool,
    pub activation_row: u32,
    pub activation_step: u32,
    pub weight_row: u32,
    pub weight_k_step: u32,
    pub accumulator_row: u32,
    pub m_rows: u32,
    pub k_tiles: u32,
    pub activation_k_step: u32,
    pub n_tiles: u32,
    pub weight_n_step: u32,
    pub accumulator_n_step: u32,
}

/// Which channels meet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kernel {
    /// Mode 1: all input channels meet each output channel, in `height` times `width` taps.
    Full {
        /// Lines of taps, 1 to 7.
        height: u32,
        /// Taps of a line, 1 to 7.
        width: u32,
    },
    /// Mode 2: each channel by itself.
    Depthwise,
}

/// EXEC of a convolution. Row numbers and steps are 16 bits.
#[expect(missing_docs, reason = "the field names of docs/npu.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Convolution {
    pub kernel: Kernel,
    pub accumulate: bool,
    pub int4: bool,
    pub activation_row: u32,
    pub row_pitch: u32,
    pub weight_row: u32,
    pub plane_step: u32,
    pub accumulator_row: u32,
    pub accumulator_n_step: u32,
    pub out_width: u32,
    pub out_height: u32,
    pub pad_value: i8,
    pub in_width: u32,
    pub in_height: u32,
    pub stride_x: u32,
    pub stride_y: u32,
    pub k_tiles: u32,
    pub n_tiles: u32,
    pub first_y: i32,
    pub first_x: i32,
}

/// Taps of a line that a depthwise pass takes, T, on an array of side `dim`.
pub(crate) fn depthwise_taps(dim: u32) -> u32 {
    dim.min(4)
}

/// Lines that a depthwise pass takes, G, on an array of side `dim`.
pub(crate) fn depthwise_lines(dim: u32) -> u32 {
    (dim / 4).clamp(1, 3)
}

/// `None` when a field is bad.
pub(super) fn decode(w: &[u32; 8], config: &NpuConfig) -> Option<Operation> {
    let reserved = if config.int4_weights { 20 } else { 19 };
    if w[0] >> reserved != 0 {
        return None;
    }
    match bits(w[0], 17, 2) {
        0 => product(w).map(Operation::Exec),
        mode @ (1 | 2) => convolution(w, mode, config).map(Operation::Convolution),
        _ => None,
    }
}

fn product(w: &[u32; 8]) -> Option<Exec> {
    let exec = Exec {
        accumulate: bits(w[0], 16, 1) == 1,
        int4: bits(w[0], 19, 1) == 1,
        activation_row: low(w[1]),
        activation_step: high(w[1]),
        weight_row: low(w[2]),
        weight_k_step: high(w[2]),
        accumulator_row: low(w[3]),
        m_rows: high(w[3]),
        k_tiles: low(w[4]),
        activation_k_step: high(w[4]),
        n_tiles: low(w[5]),
        weight_n_step: high(w[5]),
        accumulator_n_step: low(w[6]),
    };
    let counts = exec.m_rows != 0 && exec.k_tiles != 0 && exec.n_tiles != 0;
    ((high(w[6]) | w[7]) == 0 && counts).then_some(exec)
}

fn convolution(w: &[u32; 8], mode: u32, config: &NpuConfig) -> Option<Convolution> {
    let map = map(w[5])?;
    let (height, width) = (bits(w[6], 24, 3), bits(w[6], 27, 3));
    let convolution = Convolution {
        kernel: if mode == 1 { Kernel::Full { height, width } } else { Kernel::Depthwise },
        accumulate: bits(w[0], 16, 1) == 1,
        int4: bits(w[0], 19, 1) == 1,
        activation_row: low(w[1]),
        row_pitch: high(w[1]),
        weight_row: low(w[2]),
        plane_step: high(w[2]),
        accumulator_row: low(w[3]),
        accumulator_n_step: high(w[3]),
        out_width: bits(w[4], 0, 12),
        out_height: bits(w[4], 12, 12),
        pad_value: (w[4] >> 24) as i8,
        in_width: map.width,
        in_height: map.height,
        stride_x: map.stride_x,
        stride_y: map.stride_y,
        k_tiles: bits(w[6], 0, 12),
        n_tiles: bits(w[6], 12, 12),
        first_y: i32::from(low(w[7]) as i16),
        first_x: i32::from(high(w[7]) as i16),
    };
    let c = &convolution;
    let counts = [c.out_width, c.out_height, c.k_tiles, c.n_tiles].iter().all(|&count| count != 0);
    let good = match c.kernel {
        Kernel::Full { .. } => height != 0 && width != 0,
        Kernel::Depthwise => {
            let banks = depthwise_lines(config.dim) == 1 || c.row_pitch % 2 == 1;
            height == 0 && width == 0 && (-3..=0).contains(&c.first_x) && banks
        }
    };
    (good && counts && w[6] >> 30 == 0).then_some(convolution)
}
