//! A tile of weights that is loaded, and what is to be streamed through it.

use systole_hdl::prelude::*;

use crate::config::NpuConfig;

/// Bits of a pixel's coordinate, which may lie outside the map on either side.
pub const COORDINATE: u32 = 17;

/// Lines of taps that a depthwise pass takes at once, G of docs/npu.md.
pub const fn tap_lines(dim: u32) -> u32 {
    match dim / 4 {
        0 => 1,
        lines if lines > 3 => 3,
        lines => lines,
    }
}

/// Taps of a line in a depthwise pass, T of docs/npu.md.
pub const fn line_taps(dim: u32) -> u32 {
    if dim < 4 { dim } else { 4 }
}

/// One tile, from the sequencer to the streamers. A matrix product is a map of one line whose
/// pixels lie `step` rows apart.
#[derive(Clone, Copy)]
pub struct Tile {
    /// It is a depthwise one.
    pub taps: Signal,
    /// Pixels may lie outside the map.
    pub bounded: Signal,
    /// First tile of its command.
    pub first: Signal,
    /// Last tile of its command.
    pub last: Signal,
    /// Weight register that holds it.
    pub select: Signal,
    /// Its products overwrite the accumulators.
    pub overwrite: Signal,
    /// Scratchpad row of the first output's pixel (depthwise: of its first tap).
    pub row: Signal,
    /// Rows from one output's pixel to the next.
    pub step: Signal,
    /// Rows from one output line's pixels to the next.
    pub line_step: Signal,
    /// Rows from one line of the map to the next.
    pub pitch: Signal,
    /// Column and line of the first output's pixel.
    pub x: Signal,
    pub y: Signal,
    /// Pixels from one output to the next, 1 to 4.
    pub stride_x: Signal,
    pub stride_y: Signal,
    /// Outputs.
    pub out_width: Signal,
    pub out_height: Signal,
    /// The map.
    pub in_width: Signal,
    pub in_height: Signal,
    /// Value of channels outside the map.
    pub pad_value: Signal,
    /// Accumulator row of the first output.
    pub accumulator_row: Signal,
}

impl Tile {
    /// Names and widths of the fields, first the high bits.
    fn layout(config: &NpuConfig) -> [(&'static str, u32); 20] {
        let rows = config.scratchpad_rows.ilog2();
        [
            ("taps", 1),
            ("bounded", 1),
            ("first", 1),
            ("last", 1),
            ("select", 1),
            ("overwrite", 1),
            ("row", rows),
            ("step", rows),
            ("line_step", rows),
            ("pitch", rows),
            ("x", COORDINATE),
            ("y", COORDINATE),
            ("stride_x", 3),
            ("stride_y", 3),
            ("out_width", 16),
            ("out_height", 12),
            ("in_width", 12),
            ("in_height", 12),
            ("pad_value", 8),
            ("accumulator_row", config.accumulator_rows.ilog2()),
        ]
    }

    fn from_fields(fields: [Signal; 20]) -> Self {
        let [taps, bounded, first, last, select, overwrite, row, step, line_step, pitch, ..] =
            fields;
        let [.., x, y, stride_x, stride_y, out_width, out_height, in_width, in_height, _, _] =
            fields;
        let [.., pad_value, accumulator_row] = fields;
        Self {
            taps,
            bounded,
            first,
            last,
            select,
            overwrite,
            row,
            step,
            line_step,
            pitch,
            x,
            y,
            stride_x,
            stride_y,
            out_width,
            out_height,
            in_width,
            in_height,
            pad_value,
            accumulator_row,
        }
    }

    fn fields(&self) -> [Signal; 20] {
        [
            self.taps,
            self.bounded,
            self.first,
            self.last,
            self.select,
            self.overwrite,
            self.row,
            self.step,
            self.line_step,
            self.pitch,
            self.x,
            self.y,
            self.stride_x,
            self.stride_y,
            self.out_width,
            self.out_height,
            self.in_width,
            self.in_height,
            self.pad_value,
            self.accumulator_row,
        ]
    }

    /// Type of a packed tile.
    pub fn ty(config: &NpuConfig) -> Ty {
        U(Self::layout(config).iter().map(|(_, width)| width).sum())
    }

    /// As one word.
    pub fn pack(&self) -> Signal {
        cat(&self.fields())
    }

    /// From one word; the fields become wires `<prefix>_<field>`.
    pub fn unpack(config: &NpuConfig, prefix: &str, word: Signal) -> Self {
        let mut top = word.width();
        Self::from_fields(Self::layout(config).map(|(name, width)| {
            top -= width;
            word.bits(top + width - 1, top).named(format!("{prefix}_{name}"))
        }))
    }

    /// What a streamer keeps of its tile: registers `tile_<field>` that take the fields `names` at
    /// `start`; the other fields are still those of the offered tile.
    pub fn kept(self, m: M, config: &NpuConfig, start: Signal, names: &[&str]) -> Self {
        m.section("Tile");
        let mut fields = self.fields();
        let keeps = |(name, _): (&'static str, u32)| names.contains(&name).then_some(name);
        let names = Self::layout(config).map(keeps);
        let mut pairs = Vec::new();
        for (field, name) in fields.iter_mut().zip(names) {
            if let Some(name) = name {
                let register = m.reg(format!("tile_{name}"), field.ty());
                pairs.push((register, std::mem::replace(field, register)));
            }
        }
        m.clocked(|| {
            when(start, || {
                for (register, offered) in pairs {
                    register.set(offered);
                }
            });
        });
        Self::from_fields(fields)
    }
}
