//! The fields of LOAD.

use super::{bits, high, low};
use crate::machine::NpuConfig;

/// Destination memory of a LOAD.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Space {
    /// Rows of D int8.
    Scratchpad,
    /// Rows of D bytes.
    Parameters,
    /// Rows of 4 bytes.
    Table,
}

/// LOAD. Row numbers and steps are 16 bits.
#[expect(missing_docs, reason = "the field names of docs/npu.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Load {
    pub space: Space,
    pub address: u32,
    pub stride: u32,
    pub rows: u32,
    /// 0 only with `windows`.
    pub row_bytes: u32,
    pub row: u32,
    pub row_step: u32,
    /// Not used with `windows`.
    pub chunk_step: u32,
    pub windows: Option<Windows>,
}

/// How a LOAD cuts rows into windows.
#[expect(missing_docs, reason = "the field names of docs/npu.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Windows {
    /// `windows` of docs/npu.md.
    pub count: u32,
    pub window_row_step: u32,
    pub window_step: u32,
    pub window_bytes: u32,
    pub lane: u32,
    pub pad_value: i8,
    /// 0 or negative.
    pub lead: i8,
}

/// `None` when a field is bad.
pub(super) fn decode(w: &[u32; 8], config: &NpuConfig) -> Option<Load> {
    let space = match bits(w[0], 16, 2) {
        0 => Space::Scratchpad,
        1 => Space::Parameters,
        2 if config.dim > 2 => Space::Table,
        _ => return None,
    };
    let in_windows = bits(w[0], 18, 1) == 1;
    let load = Load {
        space,
        address: w[1],
        stride: w[2],
        rows: low(w[3]),
        row_bytes: high(w[3]),
        row: low(w[4]),
        row_step: high(w[4]),
        chunk_step: if in_windows { 0 } else { low(w[5]) },
        windows: if in_windows { Some(windows(w, config)?) } else { None },
    };
    let good = if in_windows {
        space == Space::Scratchpad
    } else {
        (high(w[5]) | w[6] | w[7]) == 0 && load.row_bytes != 0
    };
    (good && w[0] >> 19 == 0 && load.rows != 0).then_some(load)
}

fn windows(w: &[u32; 8], config: &NpuConfig) -> Option<Windows> {
    let windows = Windows {
        count: high(w[5]),
        window_row_step: low(w[5]),
        window_step: bits(w[6], 0, 8),
        window_bytes: bits(w[6], 8, 8),
        lane: bits(w[6], 16, 8),
        pad_value: (w[6] >> 24) as i8,
        lead: w[7] as i8,
    };
    let counts = windows.count != 0 && windows.window_step != 0 && windows.window_bytes != 0;
    let fits = windows.window_bytes <= config.bus_bytes
        && windows.lane + windows.window_bytes <= config.dim;
    (w[7] >> 8 == 0 && windows.lead <= 0 && counts && fits).then_some(windows)
}
