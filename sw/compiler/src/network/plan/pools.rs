//! The steps of pools: the mean as a product with ones, the maximum as STOREs.

use std::ops::Range;
use std::rc::Rc;

use systole_isa::{Activations, Destination, Exec, Load, Pool, Source, Store};

use super::blocks::{Limits, Place, Target, parameters};
use super::fill::{Rows, fill};
use super::layout::Map;
use super::memory_map::MemoryMap;
use super::step::{Block, Group, Product, Step, Steps};
use crate::NpuShape;
use crate::network::{GlobalAveragePool, MaxPool, Shape};

/// The mean over a map: a row of ones meets the map's pixels as weights. Rows behind a line or the
/// last pixel meet zeros, and are filled, because a program must not read what it has not written.
pub fn mean(limits: &Limits, pool: &GlobalAveragePool, map: &Map, target: &Target) -> Steps {
    let dim = limits.dim();
    let planes = 0..map.planes(dim);
    let fills = fills(&limits.shape, map, planes.clone()).into_iter().map(Step::Load);
    let steps = fills.chain(planes.map(|plane| mean_block(dim, pool, map, target, plane)));
    Steps { steps: steps.collect(), groups: vec![ones(dim, pool, map)], table: None }
}

/// Tiles of rows of a plane of a map.
fn tiles(dim: u32, map: &Map) -> u32 {
    (map.shape.height * map.pitch).div_ceil(dim)
}

/// The row of ones for the pixels of a map, and the parameters of a mean.
pub fn ones(dim: u32, pool: &GlobalAveragePool, map: &Map) -> Rc<Group> {
    let Shape { height, width, .. } = map.shape;
    let one = |row: u32| u8::from(row / map.pitch < height && row % map.pitch < width);
    let bytes = (tiles(dim, map) * dim) as usize;
    Rc::new(Group {
        weights: (0..bytes as u32).map(one).collect(),
        first: bytes,
        pieces: vec![bytes],
        parameters: parameters(dim, &pool.requantise, 0..dim),
        ..Group::default()
    })
}

/// The mean of the channels of a plane.
pub fn mean_block(
    dim: u32,
    pool: &GlobalAveragePool,
    map: &Map,
    target: &Target,
    plane: u32,
) -> Step {
    let product = Product::OverMap(Exec {
        activations: Activations { row: 0, step: 1, k_step: 1 },
        weight_row: map.line(plane, 0) as u16,
        weight_k_step: dim as u16,
        m_rows: 1,
        k_tiles: tiles(dim, map) as u16,
        n_tiles: 1,
        ..Exec::default()
    });
    let output = Shape::flat(map.shape.channels);
    let store = target.store(dim, output, (plane..plane + 1, 0..1), (&pool.requantise, 0));
    Step::Block(Block { products: vec![(0, product)], store, rows: 1 })
}

/// LOADs that read nothing and put zeros behind the lines and the planes of a map.
pub fn fills(shape: &NpuShape, map: &Map, planes: Range<u32>) -> Vec<Load> {
    let lines = map.shape.height * map.pitch;
    let (behind_line, behind_plane) = (map.pitch - map.shape.width, map.plane_step - lines);
    let mut gaps = Vec::new();
    if behind_plane > 0 {
        let first = map.line(planes.start, 0).wrapping_add(lines);
        gaps.push((first, planes.len() as u32, map.plane_step, behind_plane));
    }
    if behind_line > 0 {
        let first = |plane| map.line(plane, 0).wrapping_add(map.shape.width);
        let gap = |plane| (first(plane), map.shape.height, map.pitch, behind_line);
        gaps.extend(planes.map(gap));
    }
    let fill = |(row, rows, row_step, count)| {
        let rows = Rows { row, lines: rows, line_step: row_step, count };
        fill(shape, rows, 0, 0..shape.dim)
    };
    gaps.into_iter().flat_map(fill).collect()
}

/// The maximum over windows, a STORE for each plane.
pub fn maximum(dim: u32, pool: &MaxPool, from: &Map, to: &Map) -> Steps {
    let lines = 0..to.shape.height;
    let place = Place::Map(*to);
    let store = |plane| maximum_store(dim, pool, from, (&place, to.shape), (plane, &lines));
    let steps = (0..to.planes(dim)).map(store).map(Step::Move);
    Steps { steps: steps.collect(), ..Steps::default() }
}

/// The maximum of lines `lines` of the output of a plane, over what is in `map` from the first line on
/// that they need.
pub fn maximum_store(
    dim: u32,
    pool: &MaxPool,
    map: &Map,
    (place, output): (&Place, Shape),
    (plane, lines): (u32, &Range<u32>),
) -> Store {
    let above = pool.pads[0].saturating_sub(lines.start * pool.stride[0]);
    let first = (lines.start * pool.stride[0] + above) - pool.pads[0];
    let destination = match place {
        Place::Memory(map) => map.destination(dim, plane, lines.start),
        Place::Map(map) => Destination::Scratchpad {
            row: map.line(plane, lines.start) as u16,
            row_step: 1,
            chunk_step: map.plane_step as u16,
            line_rows: 0,
            line_step: map.pitch as u16,
        },
    };
    Store {
        source: Source::MaxPool(Pool {
            row_pitch: map.pitch as u16,
            kernel_width: pool.kernel[1] as u8,
            kernel_height: pool.kernel[0] as u8,
            pad_left: pool.pads[1] as u8,
            pad_top: above as u8,
            in_width: map.shape.width as u16,
            in_height: (map.shape.height - first.min(map.shape.height - 1)) as u16,
            stride_x: pool.stride[1] as u8,
            stride_y: pool.stride[0] as u8,
            out_width: output.width as u16,
        }),
        destination,
        rows: (lines.len() as u32 * output.width) as u16,
        columns: dim.min(output.channels - plane * dim) as u16,
        source_row: map.line(plane, first) as u16,
        source_chunk_step: map.plane_step as u16,
        source_row_step: 0,
    }
}

/// Copies a map to memory, in order of pixels.
pub fn copy_out(dim: u32, map: &Map, to: &MemoryMap) -> Steps {
    let Shape { height, channels, .. } = map.shape;
    let parts = if map.is_dense() && map.shape.pixels() <= 0xffff { 1 } else { height };
    let rows = map.shape.pixels() / parts;
    let store = |part: u32| {
        Step::Move(Store {
            source: Source::Scratchpad,
            destination: to.destination(dim, 0, part),
            rows: rows as u16,
            columns: channels as u16,
            source_row: map.line(0, part) as u16,
            source_chunk_step: map.plane_step as u16,
            source_row_step: 1,
        })
    };
    Steps { steps: (0..parts).map(store).collect(), ..Steps::default() }
}
