//! The steps of data that is moved. Where a plane of the output has its channels from one plane of a
//! source, lane by lane, STOREs copy rows of the scratchpad. Elsewhere the array moves lanes:
//! products with matrices of ones and zeros, one output plane after the other. What no piece covers
//! is filled by LOADs that read nothing, or by the requantiser's bias where a piece fills other
//! lanes of the same rows.

use std::rc::Rc;

use systole_isa::{Convolution, Destination, Kernel, Pool, Source, Store};

use super::blocks::{Limits, parameters};
use super::fill::{Rows, fill};
use super::layout::Map;
use super::step::{Block, Group, Product, Step, Steps};
use crate::network::{Arrange, Piece, Requantise, Shape};

/// Furthest from one line or pixel to the next in one descriptor.
const MAX_STEP: u32 = 4;

/// The pixels of pieces that lie alike.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    size: [u32; 2],
    to: [u32; 2],
    spread: [u32; 2],
}

impl Place {
    fn of(piece: &Piece) -> Self {
        let pixels = |of: [u32; 3]| [of[0], of[1]];
        Self { size: pixels(piece.size), to: pixels(piece.to), spread: pixels(piece.spread) }
    }

    /// The pixels of a map of this width, as indices.
    fn pixels(&self, width: u32) -> impl Iterator<Item = usize> {
        let Self { size, to, spread } = *self;
        let x = move |x| to[1] + x * spread[1];
        (0..size[0]).flat_map(move |y| {
            (0..size[1]).map(move |at| ((to[0] + y * spread[0]) * width + x(at)) as usize)
        })
    }
}

/// A piece, the map of its source and the map that is made.
#[derive(Clone, Copy)]
struct Part<'a> {
    piece: &'a Piece,
    source: &'a Map,
}

/// The steps of an arrangement of maps; `sources` are those of its pieces.
///
/// # Errors
/// What pieces no descriptor can copy.
pub fn steps(
    limits: &Limits,
    arrange: &Arrange,
    sources: &[Map],
    to: &Map,
) -> Result<Steps, &'static str> {
    let dim = limits.dim();
    let parts: Vec<Part> =
        arrange.pieces.iter().zip(sources).map(|(piece, source)| Part { piece, source }).collect();
    let (mut moves, mut blocks, mut fills) = (Vec::new(), Vec::new(), Vec::new());
    let mut groups = Vec::new();
    for plane in 0..to.planes(dim) {
        let here: Vec<Part> =
            parts.iter().filter(|part| part.touches(dim, plane)).copied().collect();
        let mut places: Vec<Place> = Vec::new();
        for place in here.iter().map(|part| Place::of(part.piece)) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        for rows in gaps(to, plane, &places)? {
            fills.extend(filled(limits, to, (plane, rows), arrange.fill));
        }
        for place in places {
            let alike: Vec<Part> =
                here.iter().filter(|part| Place::of(part.piece) == place).copied().collect();
            match alike.as_slice() {
                [part] if part.is_plain(dim, plane, to.shape.channels) => {
                    moves.extend(part.copies(dim, plane, to).into_iter().map(Step::Move));
                }
                _ => {
                    let lanes = Lanes { limits, parts: &alike, place, plane, to };
                    lanes.blocks(arrange.fill, (&mut groups, &mut blocks))?;
                }
            }
        }
    }
    let fills = fills.into_iter().map(Step::Load);
    Ok(Steps { groups, steps: fills.chain(moves).chain(blocks).collect(), table: None })
}

/// Rectangles of a plane that no piece covers.
fn gaps(to: &Map, plane: u32, places: &[Place]) -> Result<Vec<Rows>, &'static str> {
    let Shape { height, width, .. } = to.shape;
    let mut covered = vec![false; (height * width) as usize];
    for pixel in places.iter().flat_map(|place| place.pixels(width)) {
        if std::mem::replace(&mut covered[pixel], true) {
            return Err("pieces that lie differently share pixels of a plane of channels");
        }
    }
    let mut gaps: Vec<(u32, u32, Rows)> = Vec::new();
    for (y, line) in covered.chunks_exact(width as usize).enumerate() {
        let y = y as u32;
        let mut x = 0;
        for run in line.chunk_by(|a, b| a == b) {
            let (start, count) = (x, run.len() as u32);
            x += count;
            if run[0] {
                continue;
            }
            // Goes on with the gap above it, if that is as wide.
            let above = gaps
                .iter_mut()
                .find(|(at, end, rows)| *at == start && *end == y && rows.count == count);
            match above {
                Some((_, end, rows)) => (*end, rows.lines) = (y + 1, rows.lines + 1),
                None => {
                    let row = to.line(plane, y) + start;
                    let rows = Rows { row, lines: 1, line_step: to.pitch, count };
                    gaps.push((start, y + 1, rows));
                }
            }
        }
    }
    Ok(gaps.into_iter().map(|(_, _, rows)| rows).collect())
}

/// Fills the lanes of channels, and puts zeros behind the last.
fn filled(
    limits: &Limits,
    to: &Map,
    (plane, rows): (u32, Rows),
    value: i8,
) -> Vec<systole_isa::Load> {
    let dim = limits.dim();
    let used = dim.min(to.shape.channels - plane * dim);
    if value == 0 || used == dim {
        return fill(&limits.shape, rows, value, 0..dim);
    }
    let mut loads = fill(&limits.shape, rows, value, 0..used);
    loads.extend(fill(&limits.shape, rows, 0, used..dim));
    loads
}

impl Part<'_> {
    /// Whether it has channels in a plane of the output.
    fn touches(&self, dim: u32, plane: u32) -> bool {
        self.lanes(dim, plane).next().is_some()
    }

    /// Lanes of a plane of the output, each with the channel of the source that it gets.
    fn lanes(&self, dim: u32, plane: u32) -> impl Iterator<Item = (u32, u32)> {
        let Piece { size, from, step, to, spread, .. } = *self.piece;
        let channels = (0..size[2]).map(move |c| (to[2] + c * spread[2], from[2] + c * step[2]));
        channels.filter(move |(n, _)| n / dim == plane).map(move |(n, k)| (n % dim, k))
    }

    /// Whether all channels of a plane come from one plane, each from its own lane.
    fn is_plain(&self, dim: u32, plane: u32, channels: u32) -> bool {
        let used = dim.min(channels - plane * dim);
        let first = self.lanes(dim, plane).next().map_or(0, |(_, k)| k - k % dim);
        self.lanes(dim, plane).eq((0..used).map(|lane| (lane, first + lane)))
    }

    /// Row of its first pixel in a plane of the source.
    fn first_row(&self, plane: u32) -> u32 {
        self.source.line(plane, self.piece.from[0]) + self.piece.from[1]
    }

    /// STOREs of a plane: one, or one for each line where pixels are far apart.
    fn copies(&self, dim: u32, plane: u32, to: &Map) -> Vec<Store> {
        let Piece { size: [height, width, _], step, to: at, spread, .. } = *self.piece;
        let channel = self.lanes(dim, plane).next().map_or(0, |(_, k)| k);
        let near = step[0] <= MAX_STEP && step[1] <= MAX_STEP;
        let lines = if near { 1 } else { height };
        let columns = dim.min(to.shape.channels - plane * dim);
        let store = |line: u32| {
            let source_row = self.first_row(channel / dim) + line * step[0] * self.source.pitch;
            let (source, source_row_step) = match near {
                // The maximum of one pixel: it has a step down, too.
                true => (Source::MaxPool(self.window()), 0),
                false => (Source::Scratchpad, step[1]),
            };
            Store {
                source,
                destination: Destination::Scratchpad {
                    row: (to.line(plane, at[0] + line * spread[0]) + at[1]) as u16,
                    row_step: spread[1] as u16,
                    chunk_step: 0,
                    line_rows: 0,
                    line_step: if near { (spread[0] * to.pitch) as u16 } else { 0 },
                },
                rows: (height / lines * width) as u16,
                columns: columns as u16,
                source_row: source_row as u16,
                source_chunk_step: 0,
                source_row_step: source_row_step as u16,
            }
        };
        (0..lines).map(store).collect()
    }

    /// The box as a map of its own, each of whose windows is a pixel.
    fn window(&self) -> Pool {
        let Piece { size: [height, width, _], step, .. } = *self.piece;
        Pool {
            row_pitch: self.source.pitch as u16,
            kernel_width: 1,
            kernel_height: 1,
            pad_left: 0,
            pad_top: 0,
            in_width: ((width - 1) * step[1] + 1) as u16,
            in_height: ((height - 1) * step[0] + 1) as u16,
            stride_x: step[1] as u8,
            stride_y: step[0] as u8,
            out_width: width as u16,
        }
    }
}

/// Pieces that lie alike, in a plane of the output that gets its channels from other lanes.
struct Lanes<'a> {
    limits: &'a Limits,
    parts: &'a [Part<'a>],
    place: Place,
    plane: u32,
    to: &'a Map,
}

impl Lanes<'_> {
    /// Adds a group of matrices, and its blocks: some lines each.
    fn blocks(
        &self,
        fill: i8,
        (groups, blocks): (&mut Vec<Rc<Group>>, &mut Vec<Step>),
    ) -> Result<(), &'static str> {
        let [height, width] = self.place.size;
        let steps = |axis: usize| self.parts.iter().map(move |part| part.piece.step[axis]);
        if steps(1).any(|step| step > MAX_STEP) {
            return Err("it moves channels of pixels that are more than 4 apart");
        }
        let output = Shape { height, width, channels: self.limits.dim() };
        let lines = self.limits.lines(output);
        let lines = lines.ok_or("a line of a piece does not fit half of the accumulators")?;
        let lines = if steps(0).any(|step| step > MAX_STEP) { 1 } else { lines };
        let weights: Vec<u8> = self.parts.iter().flat_map(|part| self.matrices(part)).collect();
        let bytes = weights.len();
        let group = groups.len();
        groups.push(Rc::new(Group {
            weights,
            unused: 0,
            first: bytes,
            pieces: vec![bytes],
            parameters: parameters(self.limits.dim(), &self.biases(fill), 0..self.limits.dim()),
            parameters_last: 0,
            streamed: false,
        }));
        for first in (0..height).step_by(lines as usize) {
            let lines = (height - first).min(lines);
            blocks.push(Step::Block(self.block(group, first, lines)));
        }
        Ok(())
    }

    /// First and last plane of a source that a part's lanes come from.
    fn planes(&self, part: &Part) -> (u32, u32) {
        let dim = self.limits.dim();
        let planes = || part.lanes(dim, self.plane).map(|(_, k)| k / dim);
        (planes().min().unwrap_or(0), planes().max().unwrap_or(0))
    }

    /// A tile for each plane of the source: a one where a channel meets its lane.
    fn matrices(&self, part: &Part) -> Vec<u8> {
        let dim = self.limits.dim();
        let (first, last) = self.planes(part);
        let mut tiles = vec![0; ((last - first + 1) * dim * dim) as usize];
        for (lane, k) in part.lanes(dim, self.plane) {
            tiles[((k - first * dim) * dim + lane) as usize] = 1;
        }
        tiles
    }

    /// Lanes that no piece covers are filled, but those behind the last channel.
    fn biases(&self, fill: i8) -> Requantise {
        let dim = self.limits.dim();
        let used = dim.min(self.to.shape.channels - self.plane * dim);
        let covered = |lane: u32| {
            self.parts.iter().any(|part| part.lanes(dim, self.plane).any(|(n, _)| n == lane))
        };
        let bias = |lane: u32| if lane >= used || covered(lane) { 0 } else { fill.into() };
        Requantise {
            bias: (0..dim).map(bias).collect(),
            multiplier: vec![1.0],
            zero_point: 0,
            clamp_min: i8::MIN,
            clamp_max: i8::MAX,
        }
    }

    fn block(&self, group: usize, first: u32, lines: u32) -> Block {
        let dim = self.limits.dim();
        let Place { size: [_, width], to, spread } = self.place;
        let mut products = Vec::new();
        let mut weight_row = 0;
        for part in self.parts {
            let (low, high) = self.planes(part);
            let product = self.product(part, (low, high - low + 1), (first, lines));
            let product = Product::Convolution(Convolution {
                accumulate: !products.is_empty(),
                weight_row: weight_row as u16,
                ..product
            });
            products.push((group, product));
            weight_row += (high - low + 1) * dim;
        }
        let rows = lines * width;
        let store = Store {
            source: Source::Requantised {
                parameter_row: 0,
                zero_point: 0,
                clamp_min: i8::MIN,
                clamp_max: i8::MAX,
                double_rounding: false,
                then: systole_isa::Then::Keep,
            },
            destination: Destination::Scratchpad {
                row: (self.to.line(self.plane, to[0] + first * spread[0]) + to[1]) as u16,
                row_step: spread[1] as u16,
                chunk_step: 0,
                line_rows: width as u16,
                line_step: (spread[0] * self.to.pitch) as u16,
            },
            rows: rows as u16,
            columns: dim.min(self.to.shape.channels - self.plane * dim) as u16,
            source_row: 0,
            source_chunk_step: rows as u16,
            source_row_step: 1,
        };
        Block { products, store, rows }
    }

    /// Some lines of a part's box as a map of its own, under a kernel of one tap.
    fn product(
        &self,
        part: &Part,
        (plane, planes): (u32, u32),
        (first, lines): (u32, u32),
    ) -> Convolution {
        let [step_y, step_x, _] = part.piece.step;
        let width = self.place.size[1];
        let pitch = part.source.pitch;
        Convolution {
            kernel: Kernel::Full { height: 1, width: 1 },
            accumulate: false,
            int4: false,
            activation_row: (part.first_row(plane) + first * step_y * pitch) as u16,
            row_pitch: pitch as u16,
            plane_step: part.source.plane_step as u16,
            weight_row: 0,
            accumulator_row: 0,
            accumulator_n_step: 0,
            out_width: width as u16,
            out_height: lines as u16,
            in_width: ((width - 1) * step_x + 1) as u16,
            in_height: ((lines - 1) * step_y + 1) as u16,
            stride_x: step_x as u8,
            stride_y: if lines == 1 { 1 } else { step_y as u8 },
            pad_value: 0,
            k_tiles: planes as u16,
            n_tiles: 1,
            first_y: 0,
            first_x: 0,
        }
    }
}
