//! The steps of pools: the mean as a product with ones, the maximum as STOREs.

use systole_isa::{Activations, Destination, Exec, Load, Pool, Source, Store};

use super::blocks::{Limits, Target, parameters};
use super::fill::{Rows, fill};
use super::layout::Map;
use super::step::{Block, Group, Product, Step, Steps};
use crate::NpuShape;
use crate::network::{GlobalAveragePool, MaxPool, Shape};

/// The mean over a map: a row of ones meets the map's pixels as weights. Rows behind a line or the
/// last pixel meet zeros, and are filled, because a program must not read what it has not written.
pub fn mean(limits: &Limits, pool: &GlobalAveragePool, map: &Map, target: &Target) -> Steps {
    let dim = limits.dim();
    let Shape { height, width, channels } = map.shape;
    let tiles = (height * map.pitch).div_ceil(dim);
    let one = |row: u32| u8::from(row / map.pitch < height && row % map.pitch < width);
    let group = Group {
        weights: (0..tiles * dim).map(one).collect(),
        unused: 0,
        first: (tiles * dim) as usize,
        pieces: vec![(tiles * dim) as usize],
        parameters: parameters(dim, &pool.requantise, 0..dim),
        parameters_last: 0,
        streamed: false,
    };
    let output = Shape::flat(channels);
    let block = |plane: u32| {
        let product = Product::OverMap(Exec {
            activations: Activations { row: 0, step: 1, k_step: 1 },
            weight_row: map.line(plane, 0) as u16,
            weight_k_step: dim as u16,
            m_rows: 1,
            k_tiles: tiles as u16,
            n_tiles: 1,
            ..Exec::default()
        });
        let store = target.store(dim, output, (plane..plane + 1, 0..1), (&pool.requantise, 0));
        Step::Block(Block { group: 0, products: vec![product], store, rows: 1 })
    };
    let fills = fills(&limits.shape, map).into_iter().map(Step::Load);
    let steps = fills.chain((0..map.planes(dim)).map(block)).collect();
    Steps { groups: vec![group], steps, table: None }
}

/// LOADs that read nothing and put zeros behind the lines and the planes of a map.
fn fills(shape: &NpuShape, map: &Map) -> Vec<Load> {
    let planes = map.planes(shape.dim);
    let lines = map.shape.height * map.pitch;
    let (behind_line, behind_plane) = (map.pitch - map.shape.width, map.plane_step - lines);
    let mut gaps = Vec::new();
    if behind_plane > 0 {
        gaps.push((map.row + lines, planes, map.plane_step, behind_plane));
    }
    if behind_line > 0 {
        let first = |plane| map.line(plane, 0) + map.shape.width;
        let gap = |plane| (first(plane), map.shape.height, map.pitch, behind_line);
        gaps.extend((0..planes).map(gap));
    }
    let fill = |(row, rows, row_step, count)| {
        let rows = Rows { row, lines: rows, line_step: row_step, count };
        fill(shape, rows, 0, 0..shape.dim)
    };
    gaps.into_iter().flat_map(fill).collect()
}

/// The maximum over windows, a STORE for each plane.
pub fn maximum(dim: u32, pool: &MaxPool, from: &Map, to: &Map) -> Steps {
    let output = to.shape;
    let store = |plane: u32| {
        Step::Move(Store {
            source: Source::MaxPool(Pool {
                row_pitch: from.pitch as u16,
                kernel_width: pool.kernel[1] as u8,
                kernel_height: pool.kernel[0] as u8,
                pad_left: pool.pads[1] as u8,
                pad_top: pool.pads[0] as u8,
                in_width: from.shape.width as u16,
                in_height: from.shape.height as u16,
                stride_x: pool.stride[1] as u8,
                stride_y: pool.stride[0] as u8,
                out_width: output.width as u16,
            }),
            destination: Destination::Scratchpad {
                row: to.line(plane, 0) as u16,
                row_step: 1,
                chunk_step: to.plane_step as u16,
                line_rows: 0,
                line_step: to.pitch as u16,
            },
            rows: output.pixels() as u16,
            columns: dim.min(output.channels - plane * dim) as u16,
            source_row: from.line(plane, 0) as u16,
            source_chunk_step: from.plane_step as u16,
            source_row_step: 0,
        })
    };
    Steps { table: None, groups: Vec::new(), steps: (0..to.planes(dim)).map(store).collect() }
}

/// Copies a map to memory, NHWC.
pub fn copy_out(map: &Map, address: u32) -> Steps {
    let Shape { height, width, channels } = map.shape;
    let parts = if map.is_dense() && map.shape.pixels() <= 0xffff { 1 } else { height };
    let rows = map.shape.pixels() / parts;
    let store = |part: u32| {
        Step::Move(Store {
            source: Source::Scratchpad,
            destination: Destination::Memory {
                address: address.wrapping_add(part * width * channels),
                stride: channels as i32,
            },
            rows: rows as u16,
            columns: channels as u16,
            source_row: map.line(0, part) as u16,
            source_chunk_step: map.plane_step as u16,
            source_row_step: 1,
        })
    };
    Steps { table: None, groups: Vec::new(), steps: (0..parts).map(store).collect() }
}
