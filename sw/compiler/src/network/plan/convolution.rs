//! The blocks of a convolution: full, pointwise, depthwise, fully connected.

use std::ops::Range;
use std::rc::Rc;

use systole_isa::{Activations, Convolution as Geometry, Exec, Kernel, Load};

use super::blocks::{Limits, Target};
use super::first::{Packed, View};
use super::layout::Map;
use super::layout::has_depthwise_mode;
use super::stage::Stage;
use super::step::{Block, Product, Step, Steps};
use super::tiles::{Tiles, VECTOR_SHARE};
use crate::network::{Convolution, Network, Shape};

/// Longest side of a kernel in one EXEC.
const MAX_KERNEL: u32 = 7;

/// A stage's convolution.
#[derive(Clone, Copy)]
pub struct Lowering<'a> {
    /// What fits.
    pub limits: Limits,
    /// The layer: weights and rounding.
    pub convolution: &'a Convolution,
    /// Its [`Convolution::weight_sets`].
    pub weight_sets: u32,
    /// What is read.
    pub view: View,
    /// Its channels hold taps, and the rest of a row anything.
    pub packed: bool,
    /// Size of the output.
    pub output: Shape,
    /// Where it goes.
    pub target: Target,
    /// Nothing comes behind it.
    pub last: bool,
}

/// Loads of the input that output lines need.
pub type Loads<'a> = &'a mut dyn FnMut(Range<u32>) -> Vec<Load>;

/// A part of the products of a tile of channels: one EXEC.
#[derive(Clone)]
pub(super) struct Part {
    /// Which of the sets of weights.
    pub set: u32,
    /// Lines of the kernel.
    pub lines: Range<u32>,
    /// Taps of a line.
    pub taps: Range<u32>,
    /// Planes of the input.
    pub planes: Range<u32>,
}

impl Part {
    /// Tiles of weights.
    pub(super) fn tiles(&self) -> u32 {
        (self.lines.len() * self.taps.len() * self.planes.len()) as u32
    }
}

impl<'a> Lowering<'a> {
    /// The convolution of a stage over a map as it is.
    pub fn new(
        (limits, network): (Limits, &Network),
        (stage, convolution): (&Stage, &'a Convolution),
        map: Map,
        target: Target,
    ) -> Self {
        Self {
            limits,
            convolution,
            weight_sets: stage.weight_sets,
            view: View::plain(map, convolution),
            packed: false,
            output: network.shape(stage.output),
            target,
            last: stage.output == network.output,
        }
    }

    /// The steps over an input that is packed: it lies at `address`, its map at `map`. `None` as of
    /// [`Self::steps`].
    pub fn packed_steps(self, packed: &mut Packed, map: Map, address: u32) -> Option<Steps> {
        let packed_here = Self { packed: true, view: View { map, ..packed.view() }, ..self };
        packed_here.steps(Some(&mut |lines| packed.loads(&map, address, lines)))
    }

    /// The steps. With `loads` the input comes with the blocks that need it. `None` when a line of
    /// output does not fit half of the accumulators.
    pub fn steps(&self, loads: Option<Loads>) -> Option<Steps> {
        let dim = self.limits.dim();
        let early = loads.is_some() || self.view.map.planes(dim) == 1;
        let lines = match early {
            true => self.limits.early_lines(self.output)?,
            false => self.limits.lines(self.output)?,
        };
        let height = self.output.height;
        let mut chunks: Vec<_> =
            (0..height).step_by(lines as usize).map(|y| y..(y + lines).min(height)).collect();
        let long = self.view.kernel != [1, 1] || lines * self.output.width >= 4 * dim;
        if loads.is_some() && lines > 1 && long {
            // The array begins earlier. Where all taps share rows, a block costs many LOADs.
            let first = chunks[0].end / 2;
            chunks.splice(0..1, [0..first, first..chunks[0].end]);
        }
        // The input is to be there once: all channels of a part of the output come first.
        let share = match self.output.pixels() {
            _ if loads.is_some() => 1,
            1 => VECTOR_SHARE,
            _ => 6,
        };
        let groups = self.groups(share, lines * self.output.width);
        let mut steps = Steps::default();
        let mut parts = Vec::new();
        for (index, group) in groups.iter().enumerate() {
            steps.groups.push(Rc::new(self.group(group)));
            for chunk in &chunks {
                let block = |tiles| Step::Block(self.block((index, group), tiles, chunk.clone()));
                parts.push((chunk.clone(), group.bundles().map(block).collect()));
            }
        }
        let with_input = match (&loads, self.view.map.is_ring()) {
            (None, _) => 0,
            // Blocks of further groups find the whole input.
            (Some(_), false) => chunks.len(),
            (Some(_), true) => parts.len(),
        };
        steps.steps = match loads {
            Some(loads) => with_loads(parts, (with_input, true), |lines| {
                loads(lines).into_iter().map(Step::Load).collect()
            }),
            None => with_loads(parts, (with_input, true), |_| Vec::new()),
        };
        Some(steps)
    }

    /// Whether each plane of the input meets its own plane of the output.
    pub(super) fn depthwise(&self) -> bool {
        self.convolution.depthwise
    }

    pub(super) fn has_mode(&self) -> bool {
        has_depthwise_mode(self.limits.dim(), self.convolution)
    }

    pub(super) fn passes(&self) -> u32 {
        self.view.kernel[0].div_ceil(Geometry::lines_per_pass(self.limits.dim()))
    }

    /// Rows of weights for a tile of channels.
    pub(super) fn tile_rows(&self) -> u32 {
        let tiles = if self.depthwise() && self.has_mode() {
            self.weight_sets * self.passes()
        } else {
            self.parts(1).iter().map(Part::tiles).sum()
        };
        tiles * self.limits.dim()
    }

    /// The EXECs of tile `tile`, those of a set of weights before the next. The first tile comes
    /// while the last planes of the input are on their way from the stage before: these have EXECs
    /// of their own, but where a vector's tiles share EXECs. So have parts of the last tile where
    /// the end of the job waits for weights.
    pub(super) fn parts(&self, tile: u32) -> Vec<Part> {
        let dim = self.limits.dim();
        let planes = self.view.map.planes(dim);
        // Where a range ends.
        let one_tile = self.last && self.output.channels <= dim;
        let tile_0 = tile == 0 && (self.output.pixels() > 1 || one_tile);
        let ends = if self.depthwise() {
            vec![tile + 1]
        } else if tile_0 && planes > 2 {
            vec![planes - 2, planes - 1, planes]
        } else if tile_0 && planes == 2 {
            vec![1, 2]
        } else {
            vec![planes]
        };
        let ends = match tile + 1 == self.output.channels.div_ceil(dim) && self.drains() {
            true if planes >= 4 => vec![planes - planes / 2, planes - planes / 4, planes],
            _ => ends,
        };
        let mut start = if self.depthwise() { tile } else { 0 };
        let ranges = ends.into_iter().map(|end| std::mem::replace(&mut start, end)..end);
        let ranges: Vec<_> = ranges.collect();
        let sets = 0..self.weight_sets;
        sets.flat_map(|set| ranges.iter().flat_map(move |planes| self.parts_of(set, planes)))
            .collect()
    }

    /// The EXECs of a set of weights over some planes.
    pub(super) fn parts_of(&self, set: u32, planes: &Range<u32>) -> Vec<Part> {
        let pieces = |side: u32| {
            (0..side).step_by(MAX_KERNEL as usize).map(move |at| at..(at + MAX_KERNEL).min(side))
        };
        let [height, width] = self.view.kernel;
        let part = |lines: Range<u32>, taps| Part { set, lines, taps, planes: planes.clone() };
        pieces(height)
            .flat_map(|lines| pieces(width).map(move |taps| part(lines.clone(), taps)))
            .collect()
    }

    fn block(
        &self,
        (index, group): (usize, &Tiles),
        tiles: Range<u32>,
        lines: Range<u32>,
    ) -> Block {
        let dim = self.limits.dim();
        let count = tiles.len() as u32;
        let rows = lines.len() as u32 * self.output.width;
        let before = group.bundles().take_while(|bundle| bundle.start < tiles.start);
        let mut weight_row = before.map(|bundle| self.bundle_rows(&bundle)).sum();
        let mut products = Vec::new();
        if self.depthwise() && self.has_mode() {
            for set in 0..self.weight_sets {
                let product = self.depthwise_product(tiles.start, lines.clone(), weight_row);
                let product = Geometry { accumulate: set > 0, ..product };
                products.push((index, Product::Convolution(product)));
                weight_row += count * self.passes() * dim;
            }
        } else {
            for part in self.parts(tiles.start) {
                let accumulate = !products.is_empty();
                let product = self.product(&part, lines.clone(), weight_row, accumulate);
                products.push((index, product));
                weight_row += self.part_rows(&part, count);
            }
        }
        for (_, product) in &mut products {
            product.repeat(count, rows);
        }
        let requantise = (&self.convolution.requantise, 8 * (tiles.start - group.section.start));
        let store = self.target.store(dim, self.output, (tiles, lines), requantise);
        Block { products, store, rows: count * rows }
    }

    /// Whether the output has the pixels of the map, each of which depends on its own alone.
    fn is_matrix_product(&self) -> bool {
        let View { map, kernel, stride, pads } = &self.view;
        // The map's lines are those of the output, and no pads are behind them.
        let size = (map.shape.height, map.shape.width);
        let same = size == (self.output.height, self.output.width) && *pads == [0, 0];
        *kernel == [1, 1] && *stride == [1, 1] && same && map.is_dense()
    }

    /// Rows of weights of the last plane for channels that the map lacks, which the next tile of
    /// channels may begin in: what they are multiplied with is 0.
    pub(super) fn unused_rows(&self, part: &Part) -> u32 {
        let (map, dim) = (&self.view.map, self.limits.dim());
        let zeros = !self.depthwise() && !self.packed && self.is_matrix_product();
        match zeros && part.planes.end == map.planes(dim) {
            true => map.planes(dim) * dim - map.shape.channels,
            false => 0,
        }
    }

    /// Rows of weights from a tile of channels to the next.
    pub(super) fn part_step(&self, part: &Part) -> u32 {
        part.tiles() * self.limits.dim() - self.unused_rows(part)
    }

    /// Rows of weights of `count` tiles of channels.
    fn part_rows(&self, part: &Part, count: u32) -> u32 {
        count * self.part_step(part) + self.unused_rows(part)
    }

    /// Rows of weights of a block.
    fn bundle_rows(&self, tiles: &Range<u32>) -> u32 {
        let count = tiles.len() as u32;
        if self.depthwise() && self.has_mode() {
            return count * self.tile_rows();
        }
        self.parts(tiles.start).iter().map(|part| self.part_rows(part, count)).sum()
    }

    pub(super) fn product(
        &self,
        part: &Part,
        lines: Range<u32>,
        weight_row: u32,
        accumulate: bool,
    ) -> Product {
        let map = &self.view.map;
        let rows = lines.len() as u32 * self.output.width;
        if self.is_matrix_product() {
            return Product::Matrix(Exec {
                accumulate,
                activations: Activations {
                    row: map.line(part.planes.start, lines.start) as u16,
                    step: 1,
                    k_step: map.plane_step as u16,
                },
                weight_row: weight_row as u16,
                weight_k_step: self.limits.dim() as u16,
                weight_n_step: self.part_step(part) as u16,
                m_rows: rows as u16,
                k_tiles: part.planes.len() as u16,
                n_tiles: 1,
                ..Exec::default()
            });
        }
        let kernel = Kernel::Full { height: part.lines.len() as u8, width: part.taps.len() as u8 };
        let first = (part.planes.start, part.lines.start, part.taps.start);
        Product::Convolution(Geometry {
            accumulate,
            weight_row: weight_row as u16,
            k_tiles: part.planes.len() as u16,
            ..self.geometry(kernel, first, lines)
        })
    }

    pub(super) fn depthwise_product(
        &self,
        tile: u32,
        lines: Range<u32>,
        weight_row: u32,
    ) -> Geometry {
        Geometry {
            weight_row: weight_row as u16,
            k_tiles: self.passes() as u16,
            ..self.geometry(Kernel::Depthwise, (tile, 0, 0), lines)
        }
    }

    /// A convolution whose first tap is tap (`y`, `x`) on plane `plane`.
    fn geometry(
        &self,
        kernel: Kernel,
        (plane, y, x): (u32, u32, u32),
        lines: Range<u32>,
    ) -> Geometry {
        let View { map, stride, pads, .. } = &self.view;
        let first_y = (lines.start * stride[0] + y) as i32 - pads[0] as i32;
        let first_x = x as i32 - pads[1] as i32;
        let row = map.line(plane, 0) as i32 + first_y * map.pitch as i32 + first_x;
        Geometry {
            kernel,
            accumulate: false,
            int4: false,
            activation_row: row as u16,
            row_pitch: map.pitch as u16,
            plane_step: map.plane_step as u16,
            weight_row: 0,
            accumulator_row: 0,
            accumulator_n_step: 0,
            out_width: self.output.width as u16,
            out_height: lines.len() as u16,
            in_width: map.shape.width as u16,
            in_height: map.shape.height as u16,
            stride_x: stride[1] as u8,
            stride_y: stride[0] as u8,
            pad_value: self.convolution.pad_value,
            k_tiles: 1,
            n_tiles: 1,
            first_y: first_y as i16,
            first_x: first_x as i16,
        }
    }
}

/// Puts the loads of the first `with_input` parts of the output between the blocks of the part
/// before; behind them where they have no room `beside` its input, or where the input comes once
/// more, because its first lines may take the place of the last.
pub(super) fn with_loads(
    parts: Vec<(Range<u32>, Vec<Step>)>,
    (with_input, beside): (usize, bool),
    mut loads: impl FnMut(Range<u32>) -> Vec<Step>,
) -> Vec<Step> {
    let lines: Vec<_> = parts.iter().take(with_input).map(|(lines, _)| lines.clone()).collect();
    let mut steps = lines.first().map_or(Vec::new(), |lines| loads(lines.clone()));
    for (i, (of_part, blocks)) in parts.into_iter().enumerate() {
        let next = lines.get(i + 1).map_or(Vec::new(), |lines| loads(lines.clone()));
        let again = lines.get(i + 1).is_some_and(|next| next.start < of_part.start);
        let share = if again || !beside { 0 } else { next.len().div_ceil(blocks.len()) };
        let mut next = next.into_iter();
        for block in blocks {
            steps.push(block);
            steps.extend(next.by_ref().take(share));
        }
        steps.extend(next);
    }
    steps
}
