//! How the network's input gets into the scratchpad. A first convolution with few channels would
//! leave most lanes of a row empty; its taps are packed into the lanes instead, by LOADs that cut
//! the input into windows.

use std::ops::Range;

use systole_isa::{Load, Windows};

use super::blocks::Limits;
use super::layout::Map;
use super::stage::{Kind, Stage};
use crate::NpuShape;
use crate::network::{Convolution, Network, Shape};

/// Most blocks of output whose input is in the scratchpad at a time, where not the whole is.
const RING_BLOCKS: u32 = 3;

/// A convolution as the blocks see it: over a map in the scratchpad.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The map, whose channels may hold taps.
    pub map: Map,
    /// Height and width.
    pub kernel: [u32; 2],
    /// Down and to the right.
    pub stride: [u32; 2],
    /// Lines above and pixels to the left of the map.
    pub pads: [u32; 2],
}

impl View {
    /// A convolution over a map as it is.
    pub fn plain(map: Map, c: &Convolution) -> Self {
        Self { map, kernel: c.kernel, stride: c.stride, pads: [c.pads[0], c.pads[1]] }
    }
}

/// Which taps share a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Packing {
    /// Those of a line of the kernel; a row for each output column and input line.
    Line,
    /// All; a row for each output pixel.
    All,
}

/// The packed input of a first convolution.
pub struct Packed<'a> {
    shape: &'a NpuShape,
    convolution: &'a Convolution,
    input: Shape,
    output: Shape,
    packing: Packing,
    /// Lines of the packed map that are in the scratchpad at a time.
    held: u32,
    /// Input lines that were loaded.
    lines: u32,
}

impl<'a> Packed<'a> {
    /// How the network's input is packed for the first stage, if that is a convolution and the only
    /// reader. Its output's map lies beside the input if it is `kept`.
    pub fn of_network(
        shape: &'a NpuShape,
        network: &Network,
        stages: &'a [Stage],
        kept: bool,
    ) -> Option<Self> {
        let first = stages.first().filter(|first| first.input == network.input)?;
        let Kind::Convolution(convolution) = &first.kind else { return None };
        let residual = first.residual.as_ref().is_some_and(|r| r.0 == network.input);
        if residual || stages[1..].iter().any(|stage| stage.reads(network.input)) {
            return None;
        }
        let sizes = (network.shape(first.input), network.shape(first.output));
        Self::choose(shape, convolution, sizes, kept)
    }

    /// The packing that is expected to be fastest, or `None` where a map with a pixel's channels
    /// in each row is. The output's map lies beside it if it is `kept`.
    fn choose(
        shape: &'a NpuShape,
        convolution: &'a Convolution,
        (input, output): (Shape, Shape),
        kept: bool,
    ) -> Option<Self> {
        let c = convolution;
        let step = c.stride[1] * input.channels;
        let lead = c.pads[1] * input.channels;
        if c.depthwise || step > 255 || lead > 128 || input.width * input.channels > 0xffff {
            return None;
        }
        let pixels = output.pixels();
        let tiles = |channels: u32| channels.div_ceil(shape.dim);
        let n_tiles = tiles(output.channels);
        let beside = if kept { n_tiles * output.height * (output.width | 1) } else { 0 };
        // Cost, infinite where it does not fit, and rows of the map.
        let of = |load, exec, (map_rows, weights): (u32, u32)| {
            let fits = map_rows + beside + weights * shape.dim <= shape.scratchpad_rows;
            (if fits { cost(load, exec) } else { u64::MAX }, map_rows)
        };
        let sets = c.weight_sets();
        let planes = tiles(input.channels);
        let taps = sets * planes * c.kernel[0] * c.kernel[1];
        let map_rows = planes * input.pixels();
        let plain = of(map_rows, taps * pixels * n_tiles, (map_rows, taps));
        let packings = [Packing::Line, Packing::All].map(|packing| {
            let packed = Self::new(shape, c, (input, output), packing);
            let map = packed.view().map;
            let windows: u32 = match packing {
                Packing::Line => packed.runs(0).len() as u32 * input.height * output.width,
                Packing::All => {
                    (0..c.kernel[0]).map(|y| packed.runs(y).len() as u32).sum::<u32>() * pixels
                }
            };
            let taps = sets * map.planes(shape.dim) * packed.view().kernel[0];
            let map_rows = map.planes(shape.dim) * map.plane_step;
            (of(windows, taps * pixels * n_tiles, (map_rows, taps)), packed)
        });
        let best = packings.into_iter().min_by_key(|(cost, _)| *cost);
        best.filter(|(cost, _)| *cost < plain).map(|(_, packed)| packed)
    }

    /// A packing whose map is a ring where the whole would take more than half of the scratchpad.
    fn new(
        shape: &'a NpuShape,
        convolution: &'a Convolution,
        (input, output): (Shape, Shape),
        packing: Packing,
    ) -> Self {
        let held = if packing == Packing::Line { input.height } else { output.height };
        let mut packed = Self { shape, convolution, input, output, packing, held, lines: 0 };
        let map = packed.view().map;
        let rows = map.planes(shape.dim) * output.width;
        let limits = Limits { shape: *shape, ring_rows: 0 };
        let block = limits.early_lines(output).filter(|_| packing == Packing::All);
        if let Some(block) = block.filter(|_| rows * map.lines > shape.scratchpad_rows / 2) {
            // Whole blocks, so that none has lines on both ends of the ring.
            let blocks = (shape.scratchpad_rows * 3 / 8 / (rows * block)).clamp(2, RING_BLOCKS);
            packed.held = held.min(blocks * block);
        }
        packed
    }

    /// The convolution over the packed map, at row 0.
    pub fn view(&self) -> View {
        let c = self.convolution;
        let line = c.kernel[1] * self.input.channels;
        let width = self.output.width;
        let (height, channels) = match self.packing {
            Packing::Line => (self.input.height, line),
            Packing::All => (self.output.height, line * c.kernel[0]),
        };
        let shape = Shape { height, width, channels };
        let map =
            Map { row: 0, pitch: width, plane_step: width * self.held, lines: self.held, shape };
        let (kernel, stride, pads) = match self.packing {
            Packing::Line => ([c.kernel[0], 1], [c.stride[0], 1], [c.pads[0], 0]),
            Packing::All => ([1, 1], [1, 1], [0, 0]),
        };
        View { map, kernel, stride, pads }
    }

    /// Pieces of line `ky` of the kernel that fit a row: (channel of the map, byte from the
    /// window's start, bytes).
    fn runs(&self, ky: u32) -> Vec<(u32, u32, u32)> {
        let line = self.convolution.kernel[1] * self.input.channels;
        let first = if self.packing == Packing::All { ky * line } else { 0 };
        let dim = self.shape.dim;
        let mut runs = Vec::new();
        let mut at = 0;
        while at < line {
            let channel = first + at;
            let bytes = (line - at).min(dim - channel % dim).min(self.shape.bus_bytes);
            runs.push((channel, at, bytes));
            at += bytes;
        }
        runs
    }

    /// LOADs of what output lines `lines` need; to be called for all lines in order, and with a
    /// ring as often as all lines are needed. `map` is the view's map where it was placed, the
    /// input lies at `address`.
    pub fn loads(&mut self, map: &Map, address: u32, lines: Range<u32>) -> Vec<Load> {
        let c = self.convolution;
        let mut loads = Vec::new();
        if self.packing == Packing::Line {
            let end = ((lines.end - 1) * c.stride[0] + c.kernel[0]).saturating_sub(c.pads[0]);
            let end = if lines.end == self.output.height { self.input.height } else { end };
            let range = self.lines..end.min(self.input.height);
            if range.is_empty() {
                return loads;
            }
            self.lines = range.end;
            for run in self.runs(0) {
                loads.push(self.load(map, address, run, (range.clone(), 1, range.start)));
            }
            return loads;
        }
        for ky in 0..c.kernel[0] {
            // Output lines whose tap is above, in and below the map.
            let first = c.pads[0].saturating_sub(ky).div_ceil(c.stride[0]);
            let end = (self.input.height + c.pads[0]).saturating_sub(ky).div_ceil(c.stride[0]);
            let inside = first.clamp(lines.start, lines.end)..end.clamp(lines.start, lines.end);
            let inside = inside.start..inside.end.max(inside.start);
            for run in self.runs(ky) {
                let outside = [lines.start..inside.start, inside.end..lines.end];
                for outside in outside.into_iter().filter(|o| !o.is_empty()) {
                    loads.push(Load {
                        row_bytes: 0,
                        ..self.load(map, address, run, (outside, 1, 0))
                    });
                }
                if !inside.is_empty() {
                    let source = inside.start * c.stride[0] + ky - c.pads[0];
                    let lines = (inside.clone(), c.stride[0], source);
                    loads.push(self.load(map, address, run, lines));
                }
            }
        }
        loads
    }

    /// One LOAD into map lines `lines`, from input lines `first`, `first + step`...
    fn load(
        &self,
        map: &Map,
        address: u32,
        (channel, offset, bytes): (u32, u32, u32),
        (lines, step, first): (Range<u32>, u32, u32),
    ) -> Load {
        let c = self.convolution;
        let (dim, channels) = (self.shape.dim, self.input.channels);
        let line_bytes = self.input.width * channels;
        let lead = offset as i32 - (c.pads[1] * channels) as i32;
        // A window cannot start behind the row's first byte: the row starts later instead.
        let skip = (lead.max(0) as u32).min(line_bytes);
        Load {
            address: address.wrapping_add(first * line_bytes + skip),
            stride: (step * line_bytes) as i32,
            rows: lines.len() as u16,
            row_bytes: (line_bytes - skip) as u16,
            row: map.line(channel / dim, lines.start) as u16,
            row_step: map.pitch as u16,
            windows: Some(Windows {
                count: self.output.width as u16,
                row_step: 1,
                step: (c.stride[1] * channels) as u8,
                bytes: bytes as u8,
                lane: (channel % dim) as u8,
                pad_value: c.pad_value,
                lead: lead.min(0) as i8,
            }),
            ..Load::default()
        }
    }
}

/// The slower of two units that overlap, and some of the other.
fn cost(load: u32, exec: u32) -> u64 {
    let (load, exec) = (u64::from(load), u64::from(exec));
    load.max(exec) + load.min(exec) / 8
}

/// LOADs of a whole map with a pixel's channels in each row.
pub fn plain_loads(shape: &NpuShape, map: &Map, address: u32) -> Vec<Load> {
    let Shape { height, width, channels } = map.shape;
    let lanes = shape.dim.min(shape.bus_bytes);
    if channels <= lanes && channels <= 255 && width * channels <= 0xffff {
        let windows = Windows {
            count: width as u16,
            row_step: 1,
            step: channels as u8,
            bytes: channels as u8,
            ..Windows::default()
        };
        return vec![Load {
            address,
            stride: (width * channels) as i32,
            rows: height as u16,
            row_bytes: (width * channels) as u16,
            row: map.row as u16,
            row_step: map.pitch as u16,
            windows: Some(windows),
            ..Load::default()
        }];
    }
    let lines = if map.is_dense() && map.shape.pixels() <= 0xffff { 1 } else { height };
    (0..lines)
        .map(|y| Load {
            address: address.wrapping_add(y * width * channels),
            stride: channels as i32,
            rows: (map.shape.pixels() / lines) as u16,
            row_bytes: channels as u16,
            row: map.line(0, y) as u16,
            row_step: 1,
            chunk_step: map.plane_step as u16,
            ..Load::default()
        })
        .collect()
}
