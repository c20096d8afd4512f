//! The fields of STORE.

use super::{bits, high, low, map};
use crate::machine::NpuConfig;

/// Where a STORE reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Accumulators through the requantiser, int8.
    Requantised(Requantised),
    /// Accumulators, int32.
    Raw,
    /// Scratchpad, int8.
    Scratchpad,
    /// Maxima over windows of a feature map in the scratchpad, int8.
    Pool(Pool),
}

/// How a STORE requantises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Requantised {
    /// In integers, not in float32.
    pub double_rounding: bool,
    /// What becomes of the results.
    pub then: Then,
}

/// What becomes of a requantised result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Then {
    /// It stays as it is.
    Keep,
    /// It selects an entry of the table.
    Table,
    /// A scratchpad row is added.
    Add {
        /// Lies like the destination row.
        residual_row: u32,
    },
}

/// A maximum pool. Its `out_width` is the destination's `line_rows`, too.
#[expect(missing_docs, reason = "the field names of docs/npu.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pool {
    pub row_pitch: u32,
    pub kernel_width: u32,
    pub kernel_height: u32,
    pub pad_left: u32,
    pub pad_top: u32,
    pub in_width: u32,
    pub in_height: u32,
    pub stride_x: u32,
    pub stride_y: u32,
    pub out_width: u32,
}

/// Where a STORE writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Destination {
    /// Bytes at `address + r * stride + ...`.
    Memory {
        /// Byte address of the first row.
        address: u32,
        /// Bytes from one row to the next, wrapping.
        stride: u32,
    },
    /// Scratchpad rows.
    Scratchpad {
        /// First destination row.
        row: u32,
        /// Where the others lie.
        place: Place,
    },
}

/// `place(t, r)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// From one t to the next.
    pub chunk_step: u32,
    /// From one r to the next in its line.
    pub row_step: u32,
    /// Rows of a line, 0 for no lines.
    pub line_rows: u32,
    /// From one line to the next.
    pub line_step: u32,
}

impl Place {
    /// Rows from the first one to that of row r, for t = 0.
    pub fn of_row(&self, r: u32) -> u32 {
        if self.line_rows == 0 {
            return r.wrapping_mul(self.row_step);
        }
        let (line, in_line) = (r / self.line_rows, r % self.line_rows);
        line.wrapping_mul(self.line_step).wrapping_add(in_line.wrapping_mul(self.row_step))
    }

    /// Rows from the first one to that of row r of chunk t; the low 16 bits count.
    pub fn of(&self, t: u32, r: u32) -> u32 {
        t.wrapping_mul(self.chunk_step).wrapping_add(self.of_row(r))
    }
}

/// STORE.
#[expect(missing_docs, reason = "the field names of docs/npu.md")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Store {
    pub source: Source,
    pub destination: Destination,
    pub rows: u32,
    pub columns: u32,
    pub source_row: u32,
    pub source_chunk_step: u32,
    /// Not used by a pool.
    pub source_row_step: u32,
    pub parameter_row: u32,
    pub zero_point: i8,
    pub clamp_min: i8,
    pub clamp_max: i8,
}

impl Store {
    /// Bytes of one element at the destination.
    pub fn element_bytes(&self) -> u32 {
        if self.source == Source::Raw { 4 } else { 1 }
    }

    /// Rows of the parameter memory that a chunk of D results takes.
    pub fn parameter_rows(&self) -> u32 {
        match self.source {
            Source::Requantised(Requantised { double_rounding: true, .. }) => 9,
            Source::Requantised(_) => 8,
            _ => 0,
        }
    }
}

/// `None` when a field is bad.
pub(super) fn decode(w: &[u32; 8], config: &NpuConfig) -> Option<Store> {
    let source = source(w)?;
    let requantised = matches!(source, Source::Requantised(_));
    let pool = matches!(source, Source::Pool(_));
    let store = Store {
        source,
        destination: destination(w, &source)?,
        rows: low(w[3]),
        columns: high(w[3]),
        source_row: low(w[4]),
        source_chunk_step: high(w[4]),
        source_row_step: if pool { 0 } else { low(w[5]) },
        parameter_row: if requantised { high(w[5]) } else { 0 },
        zero_point: if requantised { w[6] as i8 } else { 0 },
        clamp_min: if requantised { (w[6] >> 8) as i8 } else { 0 },
        clamp_max: if requantised { (w[6] >> 16) as i8 } else { 0 },
    };
    let reserved = match source {
        Source::Requantised(_) if config.double_rounding => w[6] >> 25,
        Source::Requantised(_) => w[6] >> 24,
        Source::Raw | Source::Scratchpad => high(w[5]) | w[6],
        // Checked with its fields.
        Source::Pool(_) => 0,
    };
    let misaligned = source == Source::Raw && (w[1] | w[2]) & 3 != 0;
    let counts = store.rows != 0 && store.columns != 0;
    (reserved == 0 && w[0] >> 22 == 0 && counts && !misaligned).then_some(store)
}

fn source(w: &[u32; 8]) -> Option<Source> {
    let to_scratchpad = bits(w[0], 18, 1) == 1;
    let [add, table, pooled] = [19, 20, 21].map(|bit| bits(w[0], bit, 1) == 1);
    let requantised = |then| {
        let double_rounding = bits(w[6], 24, 1) == 1;
        Some(Source::Requantised(Requantised { double_rounding, then }))
    };
    match (bits(w[0], 16, 2), add, table, pooled) {
        (0, false, false, false) => requantised(Then::Keep),
        (0, false, true, false) => requantised(Then::Table),
        (0, true, false, false) if to_scratchpad => {
            requantised(Then::Add { residual_row: high(w[1]) })
        }
        (1, false, false, false) if !to_scratchpad => Some(Source::Raw),
        (2, false, false, false) => Some(Source::Scratchpad),
        (2, false, false, true) => pool(w).map(Source::Pool),
        _ => None,
    }
}

fn pool(w: &[u32; 8]) -> Option<Pool> {
    let map = map(w[6])?;
    let pool = Pool {
        row_pitch: low(w[5]),
        kernel_width: bits(w[5], 16, 3),
        kernel_height: bits(w[5], 19, 3),
        pad_left: bits(w[5], 22, 3),
        pad_top: bits(w[5], 25, 3),
        in_width: map.width,
        in_height: map.height,
        stride_x: map.stride_x,
        stride_y: map.stride_y,
        out_width: low(w[7]),
    };
    let kernel = pool.kernel_width != 0 && pool.kernel_height != 0;
    let width = (1..=4095).contains(&pool.out_width);
    (w[5] >> 28 == 0 && kernel && width).then_some(pool)
}

fn destination(w: &[u32; 8], source: &Source) -> Option<Destination> {
    let pool = matches!(source, Source::Pool(_));
    if bits(w[0], 18, 1) == 0 {
        let lines = if pool { high(w[7]) } else { w[7] };
        return (lines == 0).then_some(Destination::Memory { address: w[1], stride: w[2] });
    }
    let adds = matches!(source, Source::Requantised(Requantised { then: Then::Add { .. }, .. }));
    let place = Place {
        chunk_step: high(w[2]),
        row_step: low(w[2]),
        line_rows: low(w[7]),
        line_step: high(w[7]),
    };
    (adds || high(w[1]) == 0).then_some(Destination::Scratchpad { row: low(w[1]), place })
}
