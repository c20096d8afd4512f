//! The steps of a convolution whose maps pass through the scratchpad, a few lines at a time:
//!
//! ```text
//!  slot 0, slot 1 | operands of adds | ring of weights
//! ```
//!
//! While a chunk of the output is computed from one slot, the input of the next chunk comes into the
//! other. The weights come anew for each chunk, unless there is room for all of them.

use std::ops::Range;
use std::rc::Rc;

use systole_isa::{Convolution as Geometry, Source, Store};

use super::blocks::{Place, Target};
use super::convolution::{Lowering, with_loads};
use super::cut::{Cut, RESIDUAL_SLOTS};
use super::first::View;
use super::layout::Map;
use super::memory_map::MemoryMap;
use super::step::{Block, Product, Step, Steps};
use super::streamed_weights::{Piece, TileWeights};

/// What passes through the scratchpad, and where.
#[derive(Clone, Copy)]
pub struct Stream {
    /// The input; `None` if all of it is in the scratchpad.
    pub input: Option<MemoryMap>,
    /// What is added; `None` if it is in the scratchpad, or nothing is added.
    pub residual: Option<MemoryMap>,
    /// Into what it is cut.
    pub cut: Cut,
    /// First row of the slots.
    pub row: u32,
}

impl Stream {
    /// Lines of each chunk of an output.
    pub fn chunks(&self, height: u32) -> impl Iterator<Item = Range<u32>> + use<> {
        let lines = self.cut.lines;
        (0..height).step_by(lines as usize).map(move |y| y..(y + lines).min(height))
    }

    /// `map` as the chunk of the output that begins with line `line` finds its lines, from `first`
    /// on, in a slot.
    pub fn slot(&self, map: Map, planes: u32, (line, first): (u32, u32)) -> Map {
        let plane_step = self.cut.slot_lines * map.pitch;
        let slot = line / self.cut.lines % self.cut.slots * planes * plane_step;
        let row = (self.row + slot).wrapping_sub(first * map.pitch) & 0xffff;
        Map { row, plane_step, lines: map.shape.height, ..map }
    }
}

/// Lines of an input of `height` lines that lines `lines` of the output need, with a kernel of so
/// many lines, a stride, and lines of padding above.
pub fn input_lines(
    lines: &Range<u32>,
    (kernel, stride, pad): (u32, u32, u32),
    height: u32,
) -> Range<u32> {
    let end = ((lines.end - 1) * stride + kernel).saturating_sub(pad).min(height);
    (lines.start * stride).saturating_sub(pad).min(end)..end
}

impl Lowering<'_> {
    /// The steps of a convolution of which something passes through the scratchpad.
    pub fn streamed(&self, stream: &Stream) -> Steps {
        let (groups, tiles) = self.streamed_weights();
        let mut steps = Steps::default();
        let mut parts = Vec::new();
        for (chunk, lines) in stream.chunks(self.output.height).enumerate() {
            let first_group = if stream.cut.weights_stay { 0 } else { chunk * groups.len() };
            if first_group == steps.groups.len() {
                steps.groups.extend(groups.iter().map(Rc::clone));
            }
            let view = View { map: self.slot(stream, &lines), ..self.view };
            let of_chunk = Lowering { view, ..*self };
            let mut of_part = Vec::new();
            for (tile, weights) in tiles.iter().enumerate() {
                let slot = (chunk * tiles.len() + tile) as u32 % RESIDUAL_SLOTS;
                let place = (tile as u32, lines.clone());
                of_part.extend(of_chunk.tile_steps(stream, place, (first_group, weights), slot));
            }
            parts.push((lines, of_part));
        }
        let loads = (parts.len(), stream.cut.slots > 1);
        steps.steps = with_loads(parts, loads, |lines| self.chunk_loads(stream, &lines));
        steps
    }

    /// The lines of the input that lines of the output need.
    fn input_lines(&self, lines: &Range<u32>) -> Range<u32> {
        let View { map, kernel, stride, pads } = &self.view;
        input_lines(lines, (kernel[0], stride[0], pads[0]), map.shape.height)
    }

    /// The input's map for lines of the output.
    fn slot(&self, stream: &Stream, lines: &Range<u32>) -> Map {
        let map = self.view.map;
        let place = (lines.start, self.input_lines(lines).start);
        stream.input.map_or(map, |_| stream.slot(map, map.planes(self.limits.dim()), place))
    }

    fn chunk_loads(&self, stream: &Stream, lines: &Range<u32>) -> Vec<Step> {
        let Some(input) = &stream.input else { return Vec::new() };
        let dim = self.limits.dim();
        let planes = 0..self.view.map.planes(dim);
        let loads = input.loads(dim, &self.slot(stream, lines), planes, self.input_lines(lines));
        loads.into_iter().map(Step::Stream).collect()
    }

    /// The steps of a tile of channels in some lines; `slot` is that of the operands of an add.
    fn tile_steps(
        &self,
        stream: &Stream,
        place: (u32, Range<u32>),
        weights: (usize, &TileWeights),
        slot: u32,
    ) -> Vec<Step> {
        let Some(residual) = &stream.residual else {
            return vec![Step::Block(self.tile_block(place, weights))];
        };
        let dim = self.limits.dim();
        let (tile, lines) = place.clone();
        // The sum takes the place of what is added.
        let to = match self.target.place {
            Place::Map(map) => map,
            Place::Memory(_) => self.residual_slot(stream, lines.start, slot),
        };
        let target = Target { place: Place::Map(to), residual: Some(to), table: false };
        let adding = Lowering { target, ..*self };
        let loads = residual.loads(dim, &to, tile..tile + 1, lines.clone());
        let mut steps: Vec<_> = loads.into_iter().map(Step::Stream).collect();
        steps.push(Step::Block(adding.tile_block(place, weights)));
        if let Place::Memory(map) = &self.target.place {
            steps.push(Step::Move(Store {
                source: Source::Scratchpad,
                destination: map.destination(dim, tile, lines.start),
                rows: (lines.len() as u32 * self.output.width) as u16,
                columns: dim.min(self.output.channels - tile * dim) as u16,
                source_row: to.line(tile, lines.start) as u16,
                source_chunk_step: 0,
                source_row_step: 1,
            }));
        }
        steps
    }

    /// A map of which lines from `line` on of any plane lie in slot `slot` of those behind the input.
    fn residual_slot(&self, stream: &Stream, line: u32, slot: u32) -> Map {
        let input = stream.input.map_or(0, |_| {
            let map = &self.view.map;
            stream.cut.slots * map.planes(self.limits.dim()) * stream.cut.slot_lines * map.pitch
        });
        let pitch = self.output.width;
        let row = stream.row + input + slot * stream.cut.lines * pitch;
        let row = row.wrapping_sub(line * pitch) & 0xffff;
        Map { row, pitch, plane_step: 0, lines: self.output.height, shape: self.output }
    }

    fn tile_block(
        &self,
        (tile, lines): (u32, Range<u32>),
        (first_group, weights): (usize, &TileWeights),
    ) -> Block {
        let rows = lines.len() as u32 * self.output.width;
        let product = |(i, piece): (usize, &Piece)| {
            let mut product = match &piece.part {
                Some(part) => self.product(part, lines.clone(), piece.row, i > 0),
                None => Product::Convolution(Geometry {
                    accumulate: i > 0,
                    ..self.depthwise_product(tile, lines.clone(), piece.row)
                }),
            };
            product.repeat(1, rows);
            (first_group + piece.group, product)
        };
        let products = weights.pieces.iter().enumerate().map(product).collect();
        let requantise = (&self.convolution.requantise, 8 * (tile - weights.section));
        let place = (tile..tile + 1, lines.clone());
        let store = self.target.store(self.limits.dim(), self.output, place, requantise);
        Block { products, store, rows }
    }
}
