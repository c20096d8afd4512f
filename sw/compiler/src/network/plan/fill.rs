//! LOADs that read nothing and fill rows of the scratchpad.

use std::ops::Range;

use systole_isa::{Load, Windows};

use crate::NpuShape;

/// Lines of rows of the scratchpad.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rows {
    /// The first row.
    pub row: u32,
    /// Lines.
    pub lines: u32,
    /// Rows from one line to the next.
    pub line_step: u32,
    /// Rows of a line.
    pub count: u32,
}

/// Puts `value` into lanes `lanes` of rows; their other lanes keep what they hold.
pub fn fill(shape: &NpuShape, rows: Rows, value: i8, lanes: Range<u32>) -> Vec<Load> {
    let most = shape.dim.min(shape.bus_bytes);
    let load = |lane: u32| {
        let bytes = most.min(lanes.end - lane);
        Load {
            rows: rows.lines as u16,
            row: rows.row as u16,
            row_step: rows.line_step as u16,
            windows: Some(Windows {
                count: rows.count as u16,
                row_step: 1,
                step: bytes as u8,
                bytes: bytes as u8,
                lane: lane as u8,
                pad_value: value,
                lead: 0,
            }),
            ..Load::default()
        }
    };
    lanes.clone().step_by(most as usize).map(load).collect()
}
